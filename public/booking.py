"""Booking: fill in, check, send, and the receipt."""

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.exc import IntegrityError

import services
import throttle
from figures import Waiting, asked_here, wait_for, wait_of
from forms import BookingForm, JoinForm
from letters import link_to
from models import Booking, Fate, Intake, Kind, Place, Waiter, db
from services import Service

from . import public
from .case import own
from .intake import ensure_joins, let_in, paused_page


@public.route("/bestil/<slug>", methods=["GET", "POST"])
@throttle.booking
def book(slug: str):
    """Fill in, check, send. What was typed travels in the form itself, so nothing is kept before it is sent.

    During a pause only those come in who are let in, or who join others at a place.
    """
    service = services.by_slug(slug) or abort(404)
    waiter = let_in(service)
    pause = None if waiter else Intake.pauses().get(service.key)
    join = JoinForm() if pause and "join" in request.form else None
    joins = join is not None and join.validate() and ensure_joins(service, join, pause)
    if pause and not joins and (join or request.method != "POST"):
        return paused_page(service, pause, **({"join": join} if join else {})), 422 if join else 200
    form = service.questions()
    form.language.data = form.language.data or str(get_locale())
    page = {"service": service, "form": form, "pause": pause, "waiting": wait_for(service.key)}
    if request.method != "POST" or join or "change" in request.form or "unsaved" in g:
        return render_template("public/book.html", **page)
    if not form.validate() or pause and not (
            Booking.once_received(form.once.data) or ensure_joins(service, form, pause)):
        return render_template("public/book.html", **page), 422
    if "send" not in request.form:
        place = form.place()
        asked = asked_here(service.key, road=place["road"], postcode=place["postcode"], **form.pin())
        return render_template("public/check.html", service=service, form=form, place=place, asked=asked,
                               elsewhere=current_app.config["DISTRICT"].neighbour(place["postcode"]))
    return _send(service, form, page["waiting"], waiter)


def _send(service: Service, form: BookingForm, waiting: Waiting, waiter: Waiter | None):
    booking = Booking.once_received(form.once.data)
    if booking:
        flash(gettext("We already have this booking. If there is anything to add, write it on your page."))
    else:
        booking = Booking.receive(
            once=form.once.data, place=Place.at(**form.place()), service=service.key, stated=waiting.most,
            answer_within=waiting.promise(service.answer_within), answers=form.own_answers(),
            wishes=form.wishes(), **form.columns())
        if waiter:
            waiter.leave()
        try:
            db.session.commit()
        except IntegrityError:  # the same form, sent twice at the same moment
            db.session.rollback()
            booking = Booking.once_received(form.once.data) or abort(500)
    return redirect(url_for(".receipt", reference=booking.reference, secret=booking.secret), 303)


@public.get("/sag/<reference>/<secret>/kvittering")
def receipt(reference: str, secret: str):
    booking = own(reference, secret)
    held_back = any(x.kind == Kind.RECEIVED and x.fate is Fate.HELD for x in booking.letters)
    return render_template("public/receipt.html", booking=booking, service=services.SERVICES[booking.service],
                           link=link_to(booking), waiting=wait_of(booking), held_back=held_back)
