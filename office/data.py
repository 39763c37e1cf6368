"""People's data: what may be removed and what goes next, all that is stored on one person, and the notice on it."""

import io
import json
from datetime import timedelta
from zipfile import ZIP_DEFLATED, ZipFile

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

import removal
import services
from forms import NoticeForm, PermitForm, PersonForm
from models import FIRST, Booking, Feedback, Kind, Notice, Owner, Permit, Removal, Waiter, containing, db, fold, today
from retention import notice, period
from words import day, moment
from words import reference as in_halves

from . import also_about, office, pressed
from .bookings import for_the_journal
from .figures import csv_lines

AHEAD = timedelta(days=30)  # what goes within a month is listed, so that it can be journalised
OWN = {Kind.RATED, Kind.PUT_RIGHT}  # what a person may read of their case besides what they have been told


@office.route("/data", methods=["GET", "POST"])
def data():
    form = PermitForm()
    if form.validate_on_submit():
        Permit.enter(g.officer, form.decision.data, form.months.data, form.first.data)
        db.session.commit()
        flash(gettext("Kept."))
        return redirect(url_for(".data"), 303)
    permit = Permit.present()
    return render_template(
        "office/data.html", form=form, permit=permit, period=permit and period(permit), history=Permit.history(),
        tonight=_due(timedelta(days=1)), coming=[(booking, []) for booking in _due(AHEAD)],
        held=removal.held(today() + AHEAD), most=removal.MOST,
        ledger=db.session.scalars(_ledger().limit(20)).all()), 422 if form.errors else 200


@office.post("/data/traek-tilbage")
def withdraw_permit():
    if pressed() and Permit.present():
        Permit.withdraw(g.officer)
        db.session.commit()
        flash(gettext("Nothing more is removed."))
    return redirect(url_for(".data"), 303)


@office.get("/data/sager.zip")
def take_out_due():
    """One file for the journal for each case that goes within a month."""
    bookings, file = [*_due(AHEAD), *(booking for booking, _ in removal.held(today() + AHEAD))], io.BytesIO()
    also_about(bookings)
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for booking in bookings:
            packed.writestr(f"{booking.reference}.json", for_the_journal(booking))
    return Response(file.getvalue(), mimetype="application/zip", headers={
        "Content-Disposition": "attachment; filename=sager.zip"})


@office.get("/data/fjernet.csv")
def ledger():
    lines = [["at", "what", "reference", "number", "decision", "copies_until"], *(
        [moment(r.at), r.what, r.reference, r.number, r.permit.decision, r.copies_until.isoformat()]
        for r in db.session.scalars(_ledger()))]
    return Response(list(csv_lines(lines)), mimetype="text/csv", headers={
        "Content-Disposition": "attachment; filename=fjernet.csv"})


@office.route("/data/person", methods=["GET", "POST"])
def person():
    """Found by what is typed, ticked by the officer, shown or taken out: nothing of it stands in an address."""
    form, found = PersonForm(), []
    if fold(form.q.data or ""):
        chosen, _ = containing(select(Booking), form.q.data)
        found = list(db.session.scalars(chosen.order_by(Booking.id.desc()).limit(50)))
        form.sag.offer({b.reference: f"{in_halves(b.reference)}, {b.name or '–'}, {b.email or b.phone}, "
                        f"{b.road}, {day(b.received_at)}" for b in found})
    if not form.validate_on_submit():
        return render_template("office/person.html", form=form, file=None), 422 if form.errors else 200
    bookings = [b for b in found if b.reference in (form.sag.data or ())]
    also_about(bookings)
    known = {form.q.data.strip(), *(b.email for b in bookings)}
    file = _file(bookings, known) if {"show", "json"} & request.form.keys() else None
    if "json" in request.form:
        return Response(json.dumps(file, ensure_ascii=False, indent=1), mimetype="application/json", headers={
            "Content-Disposition": "attachment; filename=person.json"})
    return render_template("office/person.html", form=form, found=found, file=file, today=today())


@office.route("/data/privatliv", methods=["GET", "POST"])
def edit_notice():
    """A new version of the privacy notice, shown before it is kept."""
    versions, form = Notice.versions(), NoticeForm()
    if not form.is_submitted():
        form.da.data, form.en.data = (notice(language, next(iter(versions), None)) for language in ("da", "en"))
    ready = form.validate_on_submit()
    if ready and "send" in request.form:
        Notice.keep(g.officer, form.da.data, form.en.data)
        db.session.commit()
        flash(gettext("Kept. From now on this is what people are given."))
        return redirect(url_for(".edit_notice"), 303)
    return render_template("office/notice.html", form=form, shown=ready, versions=versions,
                           first=FIRST), 422 if form.errors else 200


def _due(ahead: timedelta) -> list[Booking]:
    return list(db.session.scalars(select(Booking).where(removal.cases(today() + ahead)).order_by(
        Booking.closed_at, Booking.id).limit(removal.MOST)))


def _ledger():
    return select(Removal).options(selectinload(Removal.permit)).order_by(Removal.id.desc())


def _file(bookings: list[Booking], known: set[str]) -> dict:
    """All that is stored on one person, in words: the cases, and what else came from one of the addresses in `known`.
    Officers' own notes stand apart: whether they are handed out is to be
    decided each time. What tells of a visit that nobody may know of is not theirs, nor is anybody else's name."""
    addresses = {address.casefold() for address in known if address}
    return {
        "made": day(today()), "language": str(get_locale()), "cases": [_case(b) for b in bookings],
        "waits_for": [{"service": str(services.SERVICES[w.service].name), "email": w.email, "since": day(w.asked_on)}
                      for w in db.session.scalars(select(Waiter).where(func.lower(Waiter.email).in_(addresses)))],
        "accessibility": [{"at": moment(m.received_at), "page": m.page, "words": m.words, "email": m.email}
                          for m in db.session.scalars(
                              select(Feedback).where(func.lower(Feedback.email).in_(addresses)))],
        "tasks": [{"name": o.name, "email": o.email, "tasks": [t.what for t in o.tasks]}
                  for o in db.session.scalars(select(Owner).where(func.lower(Owner.email).in_(addresses)))],
        "consider": [{"reference": b.reference, "at": moment(e.at), "words": e.words}
                     for b in bookings for e in b.events if e.words and not (e.is_told or e.kind in OWN)]}


def _case(booking: Booking) -> dict:
    """The case as the person may read it: what they were told, and what they told us."""
    whole = json.loads(for_the_journal(booking))
    own = [said for said, e in zip(whole["events"], booking.events, strict=True) if e.is_told or e.kind in OWN]
    return {**whole, "visits": [], "events": [{**said, "officer": ""} for said in own]}
