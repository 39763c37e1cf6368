"""How often one address, and the network around it, may knock at the doors that somebody could try to force.

Many may share an address: a school, a town hall, the customers of a mobile network. On the worst day of the real
service, 75 wishes came from the whole district. So who is stopped is hardly a person; if they are, their page is kept
and says when to go on. Who has one address of a network may have them all, so it gets three times as much, no more.
"""

from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_network

from flask import request
from flask.logging import default_handler
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


def _asking(bits4: int, bits6: int) -> str:
    asking = get_remote_address()
    try:
        address = ip_address(asking)
    except ValueError:  # a proxy of ours has called it something else
        return asking
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network((address.packed, bits4 if address.version == 4 else bits6), strict=False))


ADDRESS, NETWORK = partial(_asking, 32, 64), partial(_asking, 24, 48)  # of IPv6, one household has a /64
limiter = Limiter(ADDRESS)
limiter.logger.addHandler(default_handler)  # that Redis is gone is worth a line; who was held off is not


def _at_most(each: str, together: str, **rules) -> Callable:
    """At most so many posts from each address, and from those of its network together."""
    def limited(view):
        for amount, whose in ((each, ADDRESS), (together, NETWORK)):
            view = limiter.limit(amount, key_func=whose, methods=["POST"], **rules)(view)
        return view
    return limited


# A class of pupils who all book in one lesson. Only what would be kept counts, however often one goes back and forth.
booking = _at_most("30 per hour; 100 per day", "90 per hour; 300 per day",
                   exempt_when=lambda: "send" not in request.form)
# Nobody looks for so many cases; whoever guesses at them would need a hundred billion tries.
finding = _at_most("10 per 10 minutes; 60 per day", "30 per 10 minutes; 180 per day")
# One address is written each time, and its owner may not know. Whoever is on the list needs it once.
waiting = _at_most("10 per 10 minutes; 30 per day", "30 per 10 minutes; 90 per day")
# A whole station comes to work behind one address; who guesses at one account is stopped there sooner.
getting_in = _at_most("20 per 10 minutes", "60 per 10 minutes")
# What cannot be used is told once, and perhaps once more.
telling = _at_most("10 per hour; 30 per day", "30 per hour; 90 per day")
# By a link that only they have: it is the link that is the lock, and this is for programs that have gone wild.
writing = _at_most("60 per hour", "180 per hour")
