"""One booking, and what an officer can do with it."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

import services
from forms import (
    AskForm,
    ContactForm,
    DeclineForm,
    DelayForm,
    Form,
    InformationForm,
    JournalForm,
    MoveForm,
    NoteForm,
    PressForm,
    ReferForm,
    ReopenForm,
    WordsForm,
    authorities,
    taken_in,
)
from letters import previewed
from models import Booking, Place, Status, add_working_days, db, today
from services import Service
from words import HAPPENED, day, moment, span, state_in_words, status_for_officer

from . import office, pressed
from .dates import wished


@dataclass(frozen=True)
class Action:
    """Something that writes to the citizen: previewed first, done when the officer presses."""

    name: str
    allowed: Callable[[Booking], bool]
    form: Callable[[Booking, Service], Form]
    verb: Callable[[Booking, Form, Service], object]


def _ask_form(booking: Booking, service: Service) -> Form:
    form = AskForm()
    form.answer_by.data = form.answer_by.data or add_working_days(today(), service.answer_within)
    return form


ACTIONS = {
    "imoedekom": Action(
        _l("Accept"), lambda b: b.allows(Status.ACCEPTED), lambda b, s: WordsForm(),
        lambda b, form, s: b.accept(g.officer, form.words.data or "", s.act_within, s.answer_within)),
    "spoerg": Action(
        _l("Ask for information"), lambda b: b.allows(Status.NEEDS_INFORMATION), _ask_form,
        lambda b, form, s: b.ask(g.officer, form.words.data, form.answer_by.data)),
    "afslag": Action(
        _l("Decline"), lambda b: b.allows(Status.DECLINED), lambda b, s: DeclineForm().offer(s.reason_names()),
        lambda b, form, s: b.decline(g.officer, form.reason.data, form.words.data or "", form.instead.data or "")),
    "henvis": Action(
        _l("Refer to somebody else"), lambda b: b.allows(Status.REFERRED),
        lambda b, s: ReferForm().offer(authorities(current_app.config["DISTRICT"], b.place.municipality)),
        lambda b, form, s: b.refer(g.officer, form.authority.data, form.words.data or "")),
    "oplys": Action(
        _l("The citizen has phoned or written"), lambda b: b.is_open, lambda b, s: InformationForm(),
        lambda b, form, s: b.give_information(form.words.data, s.answer_within, g.officer)),
    "traek-tilbage": Action(
        _l("Withdraw for the citizen"), lambda b: b.is_open, lambda b, s: PressForm(),
        lambda b, form, s: b.withdraw(g.officer)),
    "genoptag": Action(
        _l("Take up again"), lambda b: b.may_reopen, lambda b, s: ReopenForm(),
        lambda b, form, s: b.reopen(form.words.data, s.answer_within, g.officer)),
    "udsaet": Action(
        _l("Tell of a delay"), lambda b: b.is_open, lambda b, s: DelayForm().after(b.due_on),
        lambda b, form, s: b.delay(g.officer, form.words.data, form.due_on.data)),
}


@office.get("/sag/<reference>")
def booking(reference: str):
    return _booking_page(_found(reference))


NAMES = ", ".join(name if name.isalpha() else repr(name) for name in ACTIONS)  # as a rule of the address writes them


@office.route(f"/sag/<reference>/<any({NAMES}):name>", methods=["GET", "POST"])
def act(reference: str, name: str):
    booking, action = _found(reference), ACTIONS[name]
    service = services.SERVICES[booking.service]
    if not action.allowed(booking):
        flash(gettext("That is not possible any more. Below you see how the case stands now."), "warning")
        return redirect(url_for(".booking", reference=reference), 303)
    form, preview, code = action.form(booking, service), None, 200
    if request.method == "POST":
        if not form.validate():
            code = 422
        elif "send" not in request.form:
            preview = previewed(lambda: action.verb(booking, form, service))
        else:
            action.verb(booking, form, service)
            db.session.commit()
            flash(gettext("Done. The letter goes by e-mail, or waits for you under “Letters to see to”."))
            return redirect(url_for(".booking", reference=reference), 303)
    return render_template("office/act.html", booking=booking, service=service, action=action, form=form,
                           preview=preview, answers=service.questions.describe(booking.answers)), code


@office.get("/sag/<reference>/eksport.json")
def export(reference: str):
    """All of one case in words, to be put into the journal (offentlighedsloven § 15), without its secret link."""
    booking = _found(reference)
    service = services.SERVICES[booking.service]
    whole = {
        "reference": booking.reference, "journal": booking.journal,
        "service": str(service.name), "status": status_for_officer(booking),
        "received": moment(booking.received_at), "promised": day(booking.due_on), "channel": booking.channel,
        "closed": moment(booking.closed_at) if booking.closed_at else "",
        "contact": {name: getattr(booking, name) for name in ("name", "org", "email", "phone", "address", "language")},
        "place": ", ".join(filter(None, (
            booking.road, booking.from_to, f"{booking.place.postcode} {booking.place.town}"))),
        "visits": [f"{span(v.starts_at, v.ends_at)}: {state_in_words(v)}" for v in booking.visits],
        "answers": [list(said) for said in service.questions.describe(booking.answers)],
        "events": [{"at": moment(e.at), "what": str(HAPPENED[e.kind]), "officer": e.officer.name if e.officer else "",
                    "words": e.words} for e in booking.events],
        "letters": [{"at": moment(letter.made_at), "way": letter.way, "subject": letter.subject,
                     "text": letter.text} for letter in booking.letters],
        "outcomes": [[list(found) for found in service.findings.describe(visit.findings)]
                     for visit in booking.outcomes]}
    file = json.dumps(whole, ensure_ascii=False, indent=1).replace(booking.secret, "…")
    return Response(file, mimetype="application/json", headers={
        "Content-Disposition": f"attachment; filename={booking.reference}.json"})


@office.route("/sag/<reference>/notat", methods=["GET", "POST"])
def note(reference: str):
    booking, form = _found(reference), NoteForm()
    if request.method != "POST":
        return redirect(url_for(".booking", reference=reference))
    if not form.validate():
        return _booking_page(booking, note=form), 422
    booking.note(g.officer, form.words.data)
    db.session.commit()
    return redirect(url_for(".booking", reference=reference), 303)


@office.route("/sag/<reference>/journal", methods=["GET", "POST"])
def journal(reference: str):
    booking, form = _found(reference), JournalForm()
    if request.method != "POST":
        return redirect(url_for(".booking", reference=reference))
    if not form.validate():
        return _booking_page(booking, journal=form), 422
    booking.journalise(g.officer, form.journal.data or "")
    db.session.commit()
    return redirect(url_for(".booking", reference=reference), 303)


@office.get("/sag/<reference>/udskrift")
def print_out(reference: str):
    """The whole case on paper, without its secret link."""
    booking = _found(reference)
    service = services.SERVICES[booking.service]
    page = render_template("office/print_out.html", booking=booking, service=service,
                           answers=service.questions.describe(booking.answers))
    return page.replace(booking.secret, "…")


@office.post("/sag/<reference>/laest")
def seen(reference: str):
    booking = _found(reference)
    if pressed():
        booking.see(g.officer)
        db.session.commit()
    return redirect(url_for(".booking", reference=reference), 303)


@office.route("/sag/<reference>/kontakt", methods=["GET", "POST"])
def contact(reference: str):
    """The citizen says by phone how to be reached."""
    booking, form = _found(reference), ContactForm()
    if request.method != "POST":
        return redirect(url_for(".booking", reference=reference))
    if not form.validate():
        return _booking_page(booking, contact=form), 422
    booking.change_contact(**form.contact(), officer=g.officer)
    db.session.commit()
    return redirect(url_for(".booking", reference=reference), 303)


@office.route("/sag/<reference>/sted", methods=["GET", "POST"])
def move(reference: str):
    booking, form = _found(reference), MoveForm()
    if request.method != "POST":
        return redirect(url_for(".booking", reference=reference))
    if not form.validate():
        return _booking_page(booking, place=form), 422
    booking.move(g.officer, Place.at(**form.place()))
    db.session.commit()
    flash(gettext("Moved to %(place)s.", place=booking.place))
    return redirect(url_for(".booking", reference=reference), 303)


@office.route("/ny/<slug>", methods=["GET", "POST"])
def take_in(slug: str):
    """A booking made by phone or on paper."""
    service = services.by_slug(slug) or abort(404)
    form = taken_in(service.questions)()
    form.once.data = (form.once.data or "")[:64] or secrets.token_urlsafe(18)
    form.language.data = form.language.data or str(get_locale())
    if not form.validate_on_submit():
        return (render_template("office/take_in.html", service=service, form=form),
                422 if request.method == "POST" else 200)
    booking = Booking.once_received(form.once.data) or Booking.receive(
        once=form.once.data, place=Place.at(**form.place()), answer_within=service.answer_within, officer=g.officer,
        service=service.key, answers=form.own_answers(), wishes=form.wishes(), **form.columns())
    db.session.commit()
    flash(gettext("Taken in. Tell the citizen the reference: %(reference)s",
                  reference=f"{booking.reference[:4]} {booking.reference[4:]}"))
    return redirect(url_for(".booking", reference=booking.reference), 303)


def _found(reference: str) -> Booking:
    return Booking.by_reference(reference) or abort(404)


def _booking_page(booking: Booking, **typed):
    service = services.SERVICES[booking.service]
    forms = {"note": NoteForm(None), "place": MoveForm(None, obj=booking.place),
             "contact": ContactForm(None, obj=booking), "journal": JournalForm(None, obj=booking)}
    return render_template(
        "office/booking.html", booking=booking, service=service, forms=forms | typed, typed=typed,
        actions={n: a for n, a in ACTIONS.items() if a.allowed(booking)},
        answers=service.questions.describe(booking.answers), neighbours=booking.place.neighbours(),
        wishes=wished(booking) if service.date_is_told else [])
