"""Booking: fill in, check, send, and the receipt."""

import secrets

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.exc import IntegrityError

import services
from figures import asked_here
from letters import link_to
from models import Booking, Place, db
from throttle import limiter

from . import public
from .case import own


@public.route("/bestil/<slug>", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"], exempt_when=lambda: "send" not in request.form)
def book(slug: str):
    """Fill in, check, send. What was typed travels in the form itself, so nothing is kept before it is sent."""
    service = services.by_slug(slug) or abort(404)
    form = service.questions()
    form.once.data = (form.once.data or "")[:64] or secrets.token_urlsafe(18)
    form.language.data = form.language.data or str(get_locale())
    if request.method != "POST" or "change" in request.form:
        return render_template("public/book.html", service=service, form=form)
    if not form.validate():
        return render_template("public/book.html", service=service, form=form), 422
    if "send" not in request.form:
        place = form.place()
        asked = asked_here(service.key, road=place["road"], postcode=place["postcode"], **form.pin())
        return render_template("public/check.html", service=service, form=form, place=place, asked=asked,
                               elsewhere=current_app.config["DISTRICT"].neighbour(place["postcode"]))
    return _send(service, form)


def _send(service, form):
    booking = Booking.once_received(form.once.data)
    if booking:
        flash(gettext("We already have this booking. If there is anything to add, write it on your page."))
    else:
        booking = Booking.receive(
            once=form.once.data, place=Place.at(**form.place()), answer_within=service.answer_within,
            service=service.key, answers=form.own_answers(), wishes=form.wishes(), **form.columns())
        try:
            db.session.commit()
        except IntegrityError:  # the same form, sent twice at the same moment
            db.session.rollback()
            booking = Booking.once_received(form.once.data) or abort(500)
    return redirect(url_for(".receipt", reference=booking.reference, secret=booking.secret), 303)


@public.get("/sag/<reference>/<secret>/kvittering")
def receipt(reference: str, secret: str):
    booking = own(reference, secret)
    return render_template("public/receipt.html", booking=booking, service=services.SERVICES[booking.service],
                           link=link_to(booking))
