"""People's data: what may be removed and what goes next, all that is stored on one person, and the notice on it."""

import io
import json
from datetime import timedelta
from zipfile import ZIP_DEFLATED, ZipFile

from flask import g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from catalogue import SERVICES
from forms import PersonForm, PrivacyNoticeForm, RetentionDecisionForm, as_stored
from labels import day, moment, reference as in_halves
from languages import LANGUAGES
from models import (
    FIRST,
    Assignee,
    Booking,
    EventKind,
    Feedback,
    FindingsLink,
    Invite,
    PrivacyNotice,
    RemovalRecord,
    RetentionDecision,
    WaitlistEntry,
    containing,
    db,
    fold,
    in_ascii,
    in_small_letters,
    today,
)
from privacy import removal
from privacy.retention import notice, period
from reporting.export import case_as_json, csv_stream
from web import commit_and_redirect, download, form_page, needs_press, reads_first

from .blueprint import audit_also, office
from .versions import is_done

AHEAD = timedelta(days=30)  # what goes by then is listed, so that it can be journalised
# What a person may read of their case: what they have been told, and what is disclosed to whoever asks for it.
THEIRS = frozenset(kind for kind in EventKind if kind.type.visible or kind.type.disclosed)
# What somebody without an account here may have been sent, besides letters about cases, lists and tasks.
LINKS = {Invite: _l("an invitation to the office"), FindingsLink: _l("entering the findings of a visit")}


@office.route("/data", methods=["GET", "POST"])
def retention():
    permit = RetentionDecision.present()
    form = RetentionDecisionForm(obj=permit if request.method == "POST" else None)  # a new one starts with nothing
    if form.validate_on_submit():
        RetentionDecision.enter(g.officer, form.decision.data, form.months.data, form.first.data)
        return commit_and_redirect(url_for(".retention"), gettext("Saved."))
    return form_page(
        "office/retention.html", form, permit=permit, period=permit and period(permit),
        history=RetentionDecision.history(),
        tonight=_due(timedelta(days=1)), coming=[(booking, []) for booking in _due(AHEAD)], ahead=AHEAD.days,
        held=removal.blocked_cases(today() + AHEAD), most=removal.MOST,
        ledger=db.session.scalars(_ledger().limit(20)).all())


@office.post("/data/traek-tilbage")
@needs_press
def withdraw_permit():
    if not RetentionDecision.present():
        return redirect(url_for(".retention"), 303)
    RetentionDecision.withdraw(g.officer)
    return commit_and_redirect(url_for(".retention"), gettext("Nothing more is removed."))


@office.get("/data/sager.zip")
def export_due_cases():
    """One file for the journal for each case that is listed as going."""
    bookings, file = [*_due(AHEAD), *(booking for booking, _ in removal.blocked_cases(today() + AHEAD))], io.BytesIO()
    audit_also(bookings)
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for booking in bookings:
            packed.writestr(f"{booking.reference}.json", case_as_json(booking))
    return download(file.getvalue(), "application/zip", "sager.zip")


@office.get("/data/fjernet.csv")
def ledger():
    lines = [["at", "what", "reference", "number", "decision", "copies_until"], *(
        [moment(r.at), r.what, r.reference, r.number, r.permit.decision, r.copies_until.isoformat()]
        for r in db.session.scalars(_ledger()))]
    return download(list(csv_stream(lines)), "text/csv", "fjernet.csv")


@office.route("/data/person", methods=["GET", "POST"])
@reads_first()
def person():
    """Found by what is typed, ticked by the officer, shown or taken out: nothing of it stands in an address."""
    form, found = PersonForm(), []
    asked = as_stored((form.q.data or "").strip())
    if fold(asked):
        chosen, _ = containing(select(Booking), asked)
        found = list(db.session.scalars(chosen.order_by(Booking.id.desc()).limit(50)))
        form.cases.offer({b.reference: f"{in_halves(b.reference)}, {b.name or '–'}, {b.email or b.phone}, "
                        f"{b.road}, {day(b.received_at)}" for b in found})
    if not form.validate_on_submit():
        return form_page("office/person.html", form, file=None)
    bookings = [b for b in found if b.reference in (form.cases.data or ())]
    audit_also(bookings)
    known = {asked, *(b.email for b in bookings)}
    file = _file(bookings, known) if {"show", "json"} & request.form.keys() else None
    if "json" in request.form:
        return download(json.dumps(file, ensure_ascii=False, indent=1), "application/json", "person.json")
    return render_template("office/person.html", form=form, found=found, file=file, today=today())


@office.route("/data/privatliv", methods=["GET", "POST"])
def edit_notice():
    """A new version of the privacy notice, shown before it is kept."""
    versions = PrivacyNotice.history()
    present = next(iter(versions), None)
    form = PrivacyNoticeForm(data={"texts": {language: notice(language, present) for language in LANGUAGES}})
    ready = form.validate_on_submit()
    if ready and is_done(form, lambda: PrivacyNotice.add(g.officer, texts=form.texts.data)):
        return commit_and_redirect(url_for(".edit_notice"), gettext(
            "Saved. From now on this is what people are given."))
    return form_page("office/notice.html", form, shown=ready, versions=versions, first=FIRST)


def _due(ahead: timedelta) -> list[Booking]:
    return list(db.session.scalars(select(Booking).where(removal.due_cases(today() + ahead)).order_by(
        Booking.closed_at, Booking.id).limit(removal.MOST)))


def _ledger():
    return select(RemovalRecord).options(selectinload(RemovalRecord.permit)).order_by(RemovalRecord.id.desc())


def _file(bookings: list[Booking], known: set[str]) -> dict:
    """All that is stored on one person, in words: the cases, and what else came from one of the addresses in `known`.
    Officers' own notes stand apart: whether they are handed out is to be
    decided each time. What tells of a visit that nobody may know of is not theirs, nor is anybody else's name."""
    addresses = {in_small_letters(form) for address in known if address for form in (address, in_ascii(address))}
    return {
        "made": day(today()), "language": str(get_locale()), "cases": [_case(b) for b in bookings],
        "waits_for": [{"service": str(SERVICES[w.service].name), "email": w.email, "since": day(w.asked_on)}
                      for w in _under(WaitlistEntry, addresses)],
        "accessibility": [{"at": moment(m.received_at), "page": m.page, "words": m.words, "email": m.email}
                          for m in _under(Feedback, addresses)],
        "tasks": [{"name": o.name, "email": o.email, "tasks": [t.what for t in o.tasks]}
                  for o in _under(Assignee, addresses)],
        "links": [{"to": str(what), "email": link.email} 
                  for kind, what in LINKS.items() for link in _under(kind, addresses)],
        "consider": [{"reference": b.reference, "at": moment(e.at), "words": e.words}
                     for b in bookings for e in b.events if e.words and e.kind not in THEIRS]}


def _under(kind: type, addresses: set[str]) -> list:
    """What is stored under one of these addresses. SQLite's lower() knows no Æ, Ø and Å."""
    return [row for row in db.session.scalars(select(kind).where(kind.email != ""))
            if in_small_letters(row.email) in addresses]


def _case(booking: Booking) -> dict:
    """The case as the person may read it: what they were told, and what they told us."""
    whole = json.loads(case_as_json(booking))
    own = [said for said, e in zip(whole["events"], booking.events, strict=True) if e.kind in THEIRS]
    return {**whole, "visits": [], "events": [{**said, "officer": ""} for said in own]}
