"""Rate limits: how often one address, and the network around it, may send forms, log in or guess.

Many may share an address: a school, a town hall, the customers of a mobile network. On the worst day of the real
service, 75 wishes came from the whole district. So who is stopped is hardly a person; if they are, their page is kept
and says when to go on. Who has one address of a network may have them all, so it gets three times as much, no more.
"""

import re
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_network

from flask import g, request
from flask.logging import default_handler
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


def _asking(bits4: int, bits6: int) -> str:
    """The network of so many bits from which a request comes; one for all whose address is none."""
    try:
        address = ip_address(_written_plainly(get_remote_address()))
    except ValueError:
        return "unknown"
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network((address.packed, bits4 if address.version == 4 else bits6), strict=False))


def _written_plainly(address: str) -> str:
    """Without the port and the brackets that some proxies write: [2001:db8::1]:443, 192.0.2.1:443."""
    bracketed = re.match(r"\[(.*)\]", address)
    if bracketed:
        return bracketed[1]
    return address.partition(":")[0] if address.count(":") == 1 else address


ADDRESS, NETWORK = partial(_asking, 32, 64), partial(_asking, 24, 48)  # of IPv6, one household has a /64
limiter = Limiter(ADDRESS)
limiter.logger.addHandler(default_handler)  # that Redis is gone is worth a line; who was held off is not


def _at_most(each: str, together: str, methods: tuple[str, ...] = ("POST",), **rules) -> Callable:
    """At most so many posts from each address, and from those of its network together."""
    def limited(view):
        for amount, whose in ((each, ADDRESS), (together, NETWORK)):
            view = limiter.limit(amount, key_func=whose, methods=list(methods), **rules)(view)
        return view
    return limited


def _is_kept(response) -> bool:
    """Whether a form was taken: what has to be put right costs nobody a try, however often they go back and forth."""
    return response.status_code == 303


# A class of pupils who all book in one lesson.
booking_limit = _at_most("30 per hour; 100 per day", "90 per hour; 300 per day",
                         exempt_when=lambda: "send" not in request.form, deduct_when=_is_kept)
# Nobody looks for so many cases; whoever guesses at them would need a hundred billion tries.
lookup_limit = _at_most("10 per 10 minutes; 60 per day", "30 per 10 minutes; 180 per day")
# One address is written each time, and its owner may not know. Whoever is on the list needs it once.
waitlist_limit = _at_most("10 per 10 minutes; 30 per day", "30 per 10 minutes; 90 per day", deduct_when=_is_kept)
# A whole station comes to work behind one address; who guesses at one account is stopped there sooner.
login_limit = _at_most("20 per 10 minutes", "60 per 10 minutes")
# What cannot be used is told once, and perhaps once more.
feedback_limit = _at_most("10 per hour; 30 per day", "30 per hour; 90 per day", deduct_when=_is_kept)
# A school whose 200 phones share one address mistypes a code now and then; half a million codes are to be guessed at.
poll_code_limit = _at_most("200 per hour", "600 per hour", methods=("GET", "HEAD", "POST"),
                      deduct_when=lambda _response: "wrong_code" in g)
# Two rounds of 200 phones, each of which changes its mind a few times.
poll_answer_limit = _at_most("2000 per hour", "6000 per hour")
# By a link that only they have: it is the link that is the lock, and this is for programs that have gone wild.
change_limit = _at_most("60 per hour", "180 per hour")
