"""One booking, and what an officer can do with it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import MultiDict

import services
import wording
from figures import answer_by
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
    RightForm,
    SpamForm,
    WordsForm,
    authorities,
    taken_in,
)
from letters import address_key, previewed, without_links
from models import UNDECIDED, Block, Booking, Letter, Place, Status, add_working_days, db, newest_event, today
from services import Service
from words import HAPPENED, day, moment, span, state_in_words, status_for_officer
from words import reference as in_halves

from . import also_about, happened_since, office, pressed, safe_next
from .dates import wished


@dataclass(frozen=True)
class Action:
    """What an officer can do with one booking, or with many at once. `form` is made for all of them, out of what was
    typed. Where it `writes` to the citizens, the letters are shown before the officer sends them."""

    name: str
    allowed: Callable[[Booking], bool]
    form: Callable[[list[Booking], MultiDict | None], Form]
    verb: Callable[[Booking, Form, Service], object]
    many: bool = True
    writes: bool = True


def _services_of(bookings: list[Booking]) -> list[Service]:
    return [services.SERVICES[key] for key in dict.fromkeys(b.service for b in bookings)]


def _reasons_for(bookings: list[Booking]) -> dict:
    """The reasons for a no that fit all of them."""
    first, *others = [wording.offered(service) for service in _services_of(bookings)]
    return {code: name for code, name in first.items() if all(code in reasons for reasons in others)}


def _set_aside(booking: Booking, block: bool) -> None:
    booking.set_aside(g.officer)
    if block and booking.email:
        Block.add(address_key(booking.email), booking, g.officer)


ACTIONS = {
    "imoedekom": Action(
        _l("Accept"), lambda b: b.allows(Status.ACCEPTED), lambda bs, typed: WordsForm(typed),
        lambda b, form, s: b.accept(g.officer, form.words.data or "", s.act_within, s.answer_within)),
    "spoerg": Action(
        _l("Ask for information"), lambda b: b.allows(Status.NEEDS_INFORMATION),
        lambda bs, typed: AskForm(typed, answer_by=add_working_days(
            today(), max(s.answer_within for s in _services_of(bs)))),
        lambda b, form, s: b.ask(g.officer, form.words.data, form.answer_by.data)),
    "afslag": Action(
        _l("Decline"), lambda b: b.allows(Status.DECLINED),
        lambda bs, typed: DeclineForm(typed).offer(_reasons_for(bs), {
            s.key: wording.reworded(s) for s in _services_of(bs)}),
        lambda b, form, s: b.decline(g.officer, form.reason.data, form.words.data or "", form.instead.data or "",
                                     wording.sentence(form.reworded[s.key].get(form.reason.data, {}), b))),
    "henvis": Action(
        _l("Refer to somebody else"), lambda b: b.allows(Status.REFERRED),
        lambda bs, typed: ReferForm(typed).offer(authorities(
            current_app.config["DISTRICT"], ", ".join(sorted({b.place.municipality for b in bs})))),
        lambda b, form, s: b.refer(g.officer, form.authority.data, form.words.data or "")),
    "oplys": Action(
        _l("The citizen has phoned or written"), lambda b: b.is_open, lambda bs, typed: InformationForm(typed),
        lambda b, form, s: b.give_information(form.words.data, s.answer_within, g.officer), many=False, writes=False),
    "traek-tilbage": Action(
        _l("Withdraw for the citizen"), lambda b: b.is_open, lambda bs, typed: PressForm(typed),
        lambda b, form, s: b.withdraw(g.officer), many=False),
    "genoptag": Action(
        _l("Take up again"), lambda b: b.may_reopen, lambda bs, typed: ReopenForm(typed),
        lambda b, form, s: b.reopen(form.words.data, s.answer_within, g.officer), many=False),
    "udsaet": Action(
        _l("Tell of a delay"), lambda b: b.is_open, lambda bs, typed: DelayForm(typed).after(
            max(b.due_on for b in bs), answer_by(max(bs, key=lambda b: b.id))),
        lambda b, form, s: b.delay(g.officer, form.words.data, form.due_on.data)),
    "flyt": Action(
        _l("Move to another place"), lambda b: True,
        lambda bs, typed: MoveForm(typed, obj=bs[0].place if len(bs) == 1 else None),
        lambda b, form, s: b.move(g.officer, Place.at(**form.place())), writes=False),
    "spam": Action(
        _l("Not genuine"), lambda b: b.status in UNDECIDED, lambda bs, typed: SpamForm(typed),
        lambda b, form, s: _set_aside(b, form.block.data), writes=False),
}

FOR_MANY = {name: action for name, action in ACTIONS.items() if action.many}


@office.get("/sag/<reference>")
def booking(reference: str):
    return _booking_page(_found(reference))


def _rule(names) -> str:
    return f"<any({', '.join(name if name.isalpha() else repr(name) for name in names)}):name>"


@office.route(f"/sag/<reference>/{_rule(ACTIONS)}", methods=["GET", "POST"])
def act(reference: str, name: str):
    booking = _found(reference)
    back = url_for(".booking", reference=reference)
    if not ACTIONS[name].allowed(booking):
        flash(gettext("That is not possible any more. Below you see how the case stands now."), "warning")
        return redirect(back, 303)
    return _act(ACTIONS[name], [booking], back)


@office.route(f"/flere/{_rule(FOR_MANY)}", methods=["GET", "POST"])
def act_on_many(name: str):
    """The same for all that are ticked on a list, all or none: one transaction, one event and one letter each."""
    back, bookings = safe_next(request.form.get("back")) or url_for(".desk"), ticked()
    also_about(bookings)
    return _act(ACTIONS[name], bookings, back, many=True) if bookings else none_ticked(back)


def ticked() -> list[Booking]:
    """The bookings that are ticked on a list, alone or by their place, or all of its page."""
    page = request.form.get("page", "").split()
    if "all" in request.form:
        return _in_full(page)
    here, asked = request.form.getlist("sted"), select(Booking.reference, Booking.place_id)
    places = dict(db.session.execute(asked.where(Booking.reference.in_(page))).all()) if here else {}
    return _in_full([*request.form.getlist("sag"), *(r for r in page if str(places.get(r)) in here)])


def _in_full(named: list[str]) -> list[Booking]:
    """The bookings of these references with what deciding on them needs, read at once however many they are."""
    found = db.session.scalars(select(Booking).where(Booking.reference.in_(named)).options(*map(
        selectinload, (Booking.place, Booking.visits, Booking.proposals, Booking.events))))
    return sorted(found, key=lambda b: named.index(b.reference))


def none_ticked(back: str):
    if request.method == "POST":
        flash(gettext("Nothing is ticked. Tick the cases, or “All on this page”, and then press a button."), "warning")
    return redirect(back, 303)


def for_many(bookings: list[Booking]) -> dict[str, Action]:
    """What can be done with at least one of them when it is ticked."""
    return {n: a for n, a in FOR_MANY.items() if any(a.allowed(b) for b in bookings)}


def _act(action: Action, bookings: list[Booking], back: str, many: bool = False):
    """One booking in which something has happened since it was shown is shown anew; among many, it is left out."""
    newest, since, posted = newest_event(), happened_since(bookings), request.method == "POST"
    chosen = [b for b in bookings if action.allowed(b) and not (many and b in since)]
    shown = {"action": action, "chosen": chosen, "left_out": [b for b in bookings if b not in chosen], "since": since,
             "back": back, "many": many, "newest": newest, "form": None, "letters": None}
    if not chosen:
        return render_template("office/act.html", **shown)
    typed = request.form if posted and (not many or {"send", "show"} & request.form.keys()) else None
    form = shown["form"] = action.form(chosen, typed)

    def change() -> None:
        for booking in chosen:
            action.verb(booking, form, services.SERVICES[booking.service])

    if typed is not None and not form.validate():
        return render_template("office/act.html", **shown), 422
    if "send" in request.form and (many or not since):
        change()
        db.session.commit()
        _say_done(action, shown)
        return redirect(back, 303)
    if posted and action.writes and (typed is not None or not any(f.flags.required for f in form)):
        named, letters = [b.reference for b in bookings], previewed(change)
        _in_full(named)  # again: the preview has taken back what was known of them
        shown["letters"] = _alike(chosen, letters)
    return render_template("office/act.html", **shown)


def _alike(bookings: list[Booking], letters: list[Letter]) -> list[list[Letter]]:
    """The letters, one for each booking, by what makes them differ: service, language and way."""
    alike: dict[tuple, list[Letter]] = {}
    for booking, letter in zip(bookings, letters, strict=True):
        alike.setdefault((booking.service, letter.language, letter.way), []).append(letter)
    return list(alike.values())


def _say_done(action: Action, shown: dict) -> None:
    count = len(shown["chosen"])
    if not action.writes:
        flash(ngettext("Done for %(num)s case.", "Done for %(num)s cases.", count))
    elif not shown["many"]:
        flash(gettext("Done. The letter goes by e-mail, or waits for you under “Letters to see to”."))
    else:
        flash(ngettext("Done for %(num)s case. The letter goes by e-mail, or waits for you under “Letters to see to”.",
                       "Done for %(num)s cases. The letters go by e-mail, or wait for you under “Letters to see to”.",
                       count))
    if shown["left_out"]:
        flash(gettext("Left out, because something has happened there meanwhile: %(cases)s",
                      cases=", ".join(in_halves(b.reference) for b in shown["left_out"])), "warning")


@office.get("/sag/<reference>/eksport.json")
def export(reference: str):
    return Response(for_the_journal(_found(reference)), mimetype="application/json", headers={
        "Content-Disposition": f"attachment; filename={reference}.json"})


def for_the_journal(booking: Booking) -> str:
    """All of one case in words (offentlighedsloven § 15), without its secret link."""
    service = services.SERVICES[booking.service]
    whole = {
        "reference": booking.reference, "journal": booking.journal,
        "service": str(service.name), "status": status_for_officer(booking),
        "received": moment(booking.received_at), "promised": day(booking.due_on), "channel": booking.channel,
        "closed": moment(booking.closed_at) if booking.closed_at else "", "notice": booking.notice,
        "contact": {name: getattr(booking, name) for name in ("name", "org", "email", "phone", "address", "language")},
        "place": ", ".join(filter(None, (
            booking.road, booking.from_to, f"{booking.place.postcode} {booking.place.town}"))),
        "pin": [booking.lat, booking.lng] if booking.lat is not None else [],
        "visits": [f"{span(v.starts_at, v.ends_at)}: {state_in_words(v)}" for v in booking.visits],
        "answers": [list(said) for said in service.questions.describe(booking.answers)],
        "corrections": [[moment(e.at), e.words] for e in booking.corrections],
        "events": [{"at": moment(e.at), "what": str(HAPPENED[e.kind]), "officer": e.officer.name if e.officer else "",
                    "words": e.words, "instead": e.facts.get("instead", "")} for e in booking.events],
        "letters": [{"at": moment(letter.made_at), "way": letter.way, "to": letter.recipient, "subject": letter.subject,
                     "text": letter.text} for letter in booking.letters],
        "outcomes": [[list(found) for found in service.findings.describe(visit.findings)]
                     for visit in booking.outcomes]}
    return without_links(json.dumps(whole, ensure_ascii=False, indent=1), booking)


# What is changed on the case page itself: the name of the form there, the form, the verb.
KEPT = {
    "notat": ("note", NoteForm, lambda b, form: b.note(g.officer, form.words.data)),
    "rettelse": ("right", RightForm, lambda b, form: b.put_right(g.officer, form.right.data)),
    "journal": ("journal", JournalForm, lambda b, form: b.journalise(g.officer, form.journal.data or "")),
    "kontakt": ("contact", ContactForm, lambda b, form: b.change_contact(**form.contact(), officer=g.officer)),
}


@office.route(f"/sag/<reference>/{_rule(KEPT)}", methods=["GET", "POST"])
def keep(reference: str, name: str):
    booking, (shown_as, kind, verb) = _found(reference), KEPT[name]
    form = kind()
    if request.method != "POST":
        return redirect(url_for(".booking", reference=reference))
    if not form.validate():
        return _booking_page(booking, **{shown_as: form}), 422
    verb(booking, form)
    db.session.commit()
    return redirect(url_for(".booking", reference=reference), 303)


@office.get("/sag/<reference>/udskrift")
def print_out(reference: str):
    """The whole case on paper, without its secret link."""
    booking = _found(reference)
    service = services.SERVICES[booking.service]
    page = render_template("office/print_out.html", booking=booking, service=service,
                           answers=service.questions.describe(booking.answers))
    return without_links(page, booking)


@office.post("/sag/<reference>/laest")
def seen(reference: str):
    booking = _found(reference)
    if pressed() and not happened_since([booking]):
        booking.see(g.officer)
        db.session.commit()
    return redirect(url_for(".booking", reference=reference), 303)


@office.route("/ny/<slug>", methods=["GET", "POST"])
def take_in(slug: str):
    """A booking made by phone or on paper."""
    service = services.by_slug(slug) or abort(404)
    form = taken_in(service.questions)()
    form.language.data = form.language.data or str(get_locale())
    if not form.validate_on_submit():
        return (render_template("office/take_in.html", service=service, form=form),
                422 if request.method == "POST" else 200)
    booking = Booking.once_received(form.once.data) or Booking.receive(
        once=form.once.data, place=Place.at(**form.place()), answer_within=service.answer_within, officer=g.officer,
        service=service.key, answers=form.own_answers(), wishes=form.wishes(), **form.columns())
    db.session.commit()
    flash(gettext("Taken in. Tell the citizen the reference: %(reference)s", reference=in_halves(booking.reference)))
    return redirect(url_for(".booking", reference=booking.reference), 303)


def _found(reference: str) -> Booking:
    return Booking.by_reference(reference) or abort(404)


def _booking_page(booking: Booking, **typed):
    service = services.SERVICES[booking.service]
    if g.officer.is_reader:
        return render_template("office/read.html", booking=booking, service=service,
                               answers=service.questions.describe(booking.answers))
    forms = {"note": NoteForm(None), "place": MoveForm(None, obj=booking.place),
             "contact": ContactForm(None, obj=booking), "journal": JournalForm(None, obj=booking),
             "right": RightForm(None), "spam": SpamForm(None)}
    return render_template(
        "office/booking.html", booking=booking, service=service, forms=forms | typed, typed=typed,
        actions={n: a for n, a in ACTIONS.items() if a.allowed(booking)},
        answers=service.questions.describe(booking.answers), neighbours=booking.place.neighbours(),
        wishes=wished(booking) if service.date_is_told else [])
