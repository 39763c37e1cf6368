"""For whoever got a letter of ours without having asked for anything: somebody has written their address."""

from flask import abort, redirect, render_template, request, url_for
from sqlalchemy import select

import throttle
from forms import PressForm
from letters import address_key, named_in
from models import Block, Booking, Waiter, db

from . import public


@public.route("/ikke-mig/<token>", methods=["GET", "POST"])
@throttle.writing
def not_me(token: str):
    """By the link that stands in the letter alone, and not on the pages of whoever booked: looking changes nothing, one
    button closes it, and then another one keeps further such letters away."""
    named, key = named_in(token) or abort(404)
    booking = Booking.by_reference(named)
    waiter = db.session.get(Waiter, int(named[1:])) if named.startswith("v") else None
    open_for_them = waiter or booking and address_key(booking.email) == key and (
        booking.is_open or booking.may_hear_more)
    if request.method == "POST" and PressForm().validate():
        if "block" in request.form:
            Block.add(key, booking)
        elif open_for_them:
            _close(booking, waiter)
        db.session.commit()
        return redirect(url_for(".not_me", token=token), 303)
    return render_template("public/not_me.html", booking=booking, is_open=bool(open_for_them), press=PressForm(None),
                           blocked=Block.of(key))


def _close(booking: Booking | None, waiter: Waiter | None) -> None:
    if waiter:
        for one in db.session.scalars(select(Waiter).where(Waiter.email == waiter.email)):
            one.leave()
    elif booking.is_open:
        booking.set_aside()
    else:
        booking.unfollow()
