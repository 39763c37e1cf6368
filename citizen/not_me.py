"""For whoever got a letter of ours without having asked for anything: somebody has written their address."""

from flask import abort, render_template, request, url_for
from sqlalchemy import select

import ratelimits
from forms import PressForm
from mail.letters import CITIZEN_PATHS, address_key, named_in
from models import BlockedAddress, Booking, WaitlistEntry, db
from web import commit_and_redirect, needs_press

from .blueprint import citizen


@citizen.route(CITIZEN_PATHS["not_me"], methods=["GET", "POST"])
@ratelimits.change_limit
@needs_press
def not_me(token: str):
    """By the link that stands in the letter alone, and not on the pages of whoever booked: looking changes nothing, one
    button closes it, and then another one keeps further such letters away."""
    named, key = named_in(token) or abort(404)
    booking = Booking.by_reference(named)
    waiter = db.session.get(WaitlistEntry, int(named[1:])) if named.startswith("v") else None
    reader = waiter or booking  # by now perhaps with another address, or under a number that was given anew
    is_theirs = reader is None or address_key(reader.email) == key
    open_for_them = is_theirs and (waiter or booking and (booking.is_open or booking.may_hear_more))
    if request.method == "POST":
        if "block" in request.form:
            BlockedAddress.add(key, booking)
        elif open_for_them:
            _close(booking, waiter)
        return commit_and_redirect(url_for(".not_me", token=token))
    return render_template("citizen/not_me.html", booking=booking, is_open=bool(open_for_them),
                           is_theirs=is_theirs, press=PressForm(None),
                           blocked=BlockedAddress.one_by(key=key))


def _close(booking: Booking | None, waiter: WaitlistEntry | None) -> None:
    if waiter:
        for one in db.session.scalars(select(WaitlistEntry).where(WaitlistEntry.email == waiter.email)):
            one.leave()
    elif booking.is_open:
        booking.mark_as_spam()
    else:
        booking.unfollow()
