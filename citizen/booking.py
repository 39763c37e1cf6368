"""Booking: fill in, check, send, and the receipt; and what there is while a service is paused."""

import re

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from itsdangerous import BadSignature, Signer

import catalogue
import ratelimits
from catalogue import Service
from forms import BookingForm, Form, JoinForm, PressForm, TellMeForm, in_my_language
from labels import day
from mail.letters import CITIZEN_PATHS, link_to
from models import (
    Booking,
    Channel,
    EventKind,
    IntakePause,
    Place,
    WaitlistEntry,
    db,
    limits,
    mailbox,
    road_key,
    start_writing,
    writing_beside_others,
)
from page_cache import rendered_once
from reporting import WaitEstimate, estimate_for_booking, estimate_for_service, known_here
from web import commit_and_redirect, needs_press, reads_first

from .blueprint import booking_of, citizen


@citizen.route(CITIZEN_PATHS["book"], methods=["GET", "POST"])
@rendered_once()
@reads_first()
@ratelimits.booking_limit
def book(slug: str):
    """Fill in, check, send. What was typed travels in the form itself, so nothing is kept before it is sent. A link
    may name the place, as those of results do.

    During a pause only those come in who are let in, or who join others at a place.
    """
    service = catalogue.by_slug(slug) or abort(404)
    waiter = admitted_entry(service)
    pause = None if waiter else IntakePause.pauses().get(service.key)
    join = JoinForm() if pause and "join" in request.form else None
    joins = join is not None and join.validate() and ensure_joins(service, join, pause)
    if pause and not joins and (join or request.method != "POST"):
        return paused_page(service, pause, **({"join": join} if join else {}))
    form = service.questions(data={"road": request.args.get("vej", ""), "postcode": request.args.get("postnr", "")})
    if request.form.get("change") == "language":
        form.language.data = str(get_locale())
    waiting = estimate_for_service(service.key)
    page = {"service": service, "form": form, "pause": pause, "waiting": waiting,
            "stated_wait": _signer(service).sign(str(waiting.most or "")).decode()}
    if request.method != "POST" or join or "change" in request.form:
        return render_template("citizen/book.html", **page)
    if not form.validate():
        return render_template("citizen/book.html", **page), 422
    if pause and not (Booking.one_by(form_token=form.sent_as) or ensure_joins(service, form, pause)):
        return render_template("citizen/book.html", **page | {"pause": None}), 422
    if "send" not in request.form:
        return _check_page(service, form)
    return _send(service, form, _stated_wait(service, waiting), waiter)


def _check_page(service: Service, form: BookingForm) -> str:
    place = form.place()
    asked = known_here(service.key, road=place["road"], postcode=place["postcode"], **form.exact_pin())
    return render_template("citizen/check.html", service=service, form=form, place=place, asked=asked,
                           elsewhere=current_app.config["DISTRICT"].neighbour(place["postcode"]))


def _signer(service: Service) -> Signer:
    return Signer(current_app.secret_key, salt=f"waiting time {service.key}")


def _stated_wait(service: Service, waiting: WaitEstimate) -> int | None:
    """Within how many working days an answer comes, as the form in hand has named it: what somebody has read is kept,
    though it would name another number by now. A form that carries none of ours stands for the present one."""
    try:
        named = _signer(service).unsign(request.form.get("stated_wait", ""))
    except BadSignature:
        return waiting.most
    return int(named) if named else None


def _send(service: Service, form: BookingForm, stated_wait: int | None, waiter: WaitlistEntry | None):
    place = form.place()
    # What two bookings could dispute: their form, their place, how many letters their address has had today, and who of
    # the waiting list they come from.
    disputed = [form.token, f"{place['postcode']} {road_key(place['road'], place['town'])}"]
    disputed += [mailbox(form.email.data)] if form.email.data else []
    disputed += [waiter.secret] if waiter else []
    start_writing()
    # All that is new goes to the database at once, with the commit.
    with writing_beside_others(*disputed), db.session.no_autoflush:
        sent = Booking.from_form(form.token)
        same = next((booking for booking in sent if booking.form_token == form.sent_as), None)
        if same and same.is_open:
            return commit_and_redirect(_receipt_of(same), gettext(
                "We already have this booking. If there is anything to add, write it on your page."))
        if sent:
            form.once.renew()
            flash(gettext("You have sent this booking already, and it is closed by now. If it is to be sent anew, "
                          "press the button once more.") if same else
                  gettext("You have sent a booking with this form already, with other words in it. If this is another "
                          "one, press the button once more."), "warning")
            return _check_page(service, form), 409
        admitted = waiter and admitted_entry(service)  # anew: it may have been used, or removed, since it was read
        if waiter and not admitted and service.key in IntakePause.pauses():
            _say_not_open_any_more()
            return _check_page(service, form), 409
        booking = Booking.receive(
            form_token=form.sent_as, place=Place.at(**place), service=service.key, stated_wait=stated_wait,
            shown_at=form.once.shown_at, answers=form.own_answers(), wishes=form.wishes(), **form.columns())
        if admitted:
            admitted.leave()
        return commit_and_redirect(_receipt_of(booking))


def _receipt_of(booking: Booking) -> str:
    return url_for(".receipt", reference=booking.reference, secret=booking.secret)


@citizen.get("/sag/<reference>/<secret>/kvittering")
def receipt(reference: str, secret: str):
    """Of a wish to which nothing has happened yet; later, its page tells how it stands."""
    booking = booking_of(reference, secret)
    if booking.newest_visible != booking.events[0].id:
        return redirect(url_for(".case", reference=reference, secret=secret, sendt=1))
    letter = next((x for x in booking.letters if x.kind == EventKind.RECEIVED and x.channel is Channel.EMAIL), None)
    return render_template("citizen/receipt.html", booking=booking, service=catalogue.SERVICES[booking.service],
                           link=link_to(booking), waiting=estimate_for_booking(booking), letter=letter)


# While a service takes in nothing: why and until when, and being told when the form opens.


def admitted_entry(service: Service) -> WaitlistEntry | None:
    """Whoever came by the link of their letter, while the form is open for them."""
    # Behind the secret may stand what a link is often pasted with.
    found = re.match(r"([0-9]{1,9})-([\w-]{,24})", request.args.get("adgang", ""), re.ASCII)
    waiter = WaitlistEntry.by_link(int(found[1]), found[2]) if found else None
    return waiter if waiter and waiter.service == service.key and waiter.is_admitted else None


def ensure_joins(service: Service, form: Form, pause: IntakePause) -> bool:
    """Whether others wait for an answer at this place, so that one more costs us nothing; else the page says why not.
    Where a date is agreed, nobody is told who else has asked, and one visit answers one wish."""
    if not service.date_is_agreed and known_here(service.key, road=form.road.data, postcode=form.postcode.data).waiting:
        return True
    if "adgang" in request.args:
        _say_not_open_any_more()
    elif service.date_is_agreed:
        flash(gettext("Nothing was sent: we take in no new wishes just now. The form opens again on %(day)s.",
                      day=day(pause.until)), "warning")
        flash(in_my_language(pause.texts))
    else:
        form.road.errors = [gettext("Nobody waits for an answer at this place, so we can take in your wish from "
                                    "%(day)s.", day=day(pause.until))]
    return False


def _say_not_open_any_more() -> None:
    flash(gettext("Nothing was sent: the form is not open for you any more. A booking has been sent by the link in "
                  "your letter already, the days for which it was open for you are over, or your address has been "
                  "taken off the list."), "warning")


def paused_page(service: Service, pause: IntakePause, **typed: Form):
    forms = {"join": JoinForm(None), "tell": TellMeForm(None), **typed}
    return render_template("citizen/paused.html", service=service, pause=pause, forms=forms,
                           typed=next(iter(typed.values()), None)), 422 if typed else 200


@citizen.post("/bestil/<slug>/besked")
@ratelimits.waitlist_limit
def join_waitlist(slug: str):
    """An address for the list. Whether it stood there before is nobody's business, so the answer is always the same."""
    service = catalogue.by_slug(slug) or abort(404)
    pause, form = IntakePause.pauses().get(service.key), TellMeForm()
    if pause is None:
        return redirect(url_for(".book", slug=slug), 303)
    if not form.validate():
        return paused_page(service, pause, tell=form)
    WaitlistEntry.ask(service.key, form.email.data, str(get_locale()))
    return commit_and_redirect(url_for(".book", slug=slug), gettext(
        "Thank you. If the address is not on the list yet, there is a letter on its way to it, unless it "
        "has had %(count)s from us today or wants none. "
        "It counts from when you have pressed the link in the letter.", count=limits.RECEIPTS_A_DAY))


@citizen.route(CITIZEN_PATHS["waitlist_entry"], methods=["GET", "POST"])
@ratelimits.change_limit
@needs_press
def waitlist_entry(id: int, secret: str):
    """One's own place on the list, by the link of the letter: looking changes nothing, a button does."""
    waiter = WaitlistEntry.by_link(id, secret) or abort(404)
    service = catalogue.SERVICES[waiter.service]
    if "leave" in request.form:
        waiter.leave()
        return commit_and_redirect(url_for(".book", slug=service.slug), gettext("You are off the list."))
    if request.method == "POST":
        waiter.confirm()
        return commit_and_redirect(url_for(".waitlist_entry", id=id, secret=secret))
    return render_template("citizen/waitlist_entry.html", waiter=waiter, service=service, press=PressForm(None),
                           pause=IntakePause.pauses().get(service.key))
