"""Visits: planned for bookings, carried out, and reported to everyone who asked."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

import services
from forms import CancelForm, VisitForm
from letters import previewed
from models import (
    COPENHAGEN,
    Booking,
    Clash,
    Place,
    State,
    Status,
    Visit,
    add_working_days,
    db,
    local,
    now,
    today,
)
from services import Service
from words import day, moment, reference

from . import office, pressed


@office.get("/besoeg/")
def visits():
    both = select(Visit).options(selectinload(Visit.place), selectinload(Visit.bookings))
    coming = db.session.scalars(both.where(Visit.state == State.PLANNED, Visit.ends_at >= now())
                                .order_by(Visit.starts_at)).all()
    past = db.session.scalars(both.where((Visit.state != State.PLANNED) | (Visit.ends_at < now()))
                              .order_by(Visit.starts_at.desc()).limit(100)).all()
    return render_template("office/visits.html", coming=coming, past=past, services=services.SERVICES)


@office.route("/sag/<reference>/besoeg", methods=["GET", "POST"])
def plan(reference: str):
    """Plan a visit for a booking, and for those nearby that wait for one."""
    first = Booking.by_reference(reference) or abort(404)
    service, place = services.SERVICES[first.service], first.place
    waiting = place.waiting_for_visit(service.key)
    form = _visit_form(service, waiting, obj=place)
    if request.method != "POST":
        form.bookings.data = [b.reference for b in waiting if b.place is place]
    elif form.validate():
        starts_at, ends_at = form.times(COPENHAGEN)
        try:
            visit = Visit.plan(g.officer, service=service.key, place=_place(form), starts_at=starts_at,
                               ends_at=ends_at, crew=form.crew.data, method=form.method.data or "",
                               bookings=_chosen(form))
            db.session.commit()
            return redirect(url_for(".visit", id=visit.id), 303)
        except Clash as clash:
            _explain(form, clash)
    return (render_template("office/plan.html", form=form, service=service, place=place, booking=first),
            422 if form.errors else 200)


@office.get("/besoeg/<int:id>")
def visit(id: int):
    return _visit_page(_found(id))


@office.route("/besoeg/<int:id>/flyt", methods=["GET", "POST"])
def reschedule(id: int):
    visit = _found(id)
    service = services.SERVICES[visit.service]
    if not visit.is_planned:
        return redirect(url_for(".visit", id=id))
    waiting = [*visit.bookings, *visit.place.waiting_for_visit(service.key)]
    form = _visit_form(service, waiting, obj=visit.place, data={
        "day": local(visit.starts_at).date(), "starts": local(visit.starts_at).time(),
        "ends": local(visit.ends_at).time(), "crew": visit.crew, "method": visit.method})
    if request.method != "POST":
        form.bookings.data = [b.reference for b in visit.bookings]
    elif form.validate():
        starts_at, ends_at = form.times(COPENHAGEN)
        try:
            visit.reschedule(g.officer, place=_place(form), starts_at=starts_at, ends_at=ends_at,
                             crew=form.crew.data, method=form.method.data or "")
            visit.choose(g.officer, _chosen(form))
            db.session.commit()
            return redirect(url_for(".visit", id=id), 303)
        except Clash as clash:
            _explain(form, clash)
    return (render_template("office/plan.html", form=form, service=service, place=visit.place, visit=visit),
            422 if form.errors else 200)


@office.route("/besoeg/<int:id>/aflys", methods=["GET", "POST"])
def cancel(id: int):
    visit, form = _found(id), CancelForm()
    if request.method != "POST":
        return redirect(url_for(".visit", id=id))
    if not form.validate():
        return _visit_page(visit, cancel=form), 422
    visit.cancel(g.officer, form.words.data)
    db.session.commit()
    flash(gettext("The visit is cancelled. Its bookings wait for another one."))
    return redirect(url_for(".visit", id=id), 303)


@office.route("/besoeg/<int:id>/resultat", methods=["GET", "POST"])
def findings(id: int):
    """Enter what was found. Nobody is told before the officer has seen the letters."""
    visit = _found(id)
    service = services.SERVICES[visit.service]
    if visit.starts_at > now() or visit.state is State.CANCELLED:
        flash(gettext("Findings can be entered when the visit has taken place."))
        return redirect(url_for(".visit", id=id))
    form = service.findings(data=visit.draft or visit.findings or service.start_findings(visit))
    if form.validate_on_submit():
        visit.enter_findings(g.officer, form.answers())
        db.session.commit()
        return redirect(url_for(".report", id=id), 303)
    return (render_template("office/findings.html", visit=visit, service=service, form=form),
            422 if form.errors else 200)


@office.route("/besoeg/<int:id>/svar", methods=["GET", "POST"])
def report(id: int):
    """Every letter as it will be sent; one press sends them all."""
    visit = _found(id)
    service = services.SERVICES[visit.service]
    if visit.draft is None:
        if request.method == "POST" and visit.findings:  # pressed twice
            flash(gettext("Done. The letters go by e-mail, or wait for you under “Letters to see to”."))
        return redirect(url_for(".visit", id=id))
    retry_by = add_working_days(today(), service.act_within) if service.keeps_open(visit.draft) else None
    if request.method == "POST" and pressed():
        visit.report(g.officer, retry_by)
        db.session.commit()
        flash(gettext("Done. The letters go by e-mail, or wait for you under “Letters to see to”."))
        return redirect(url_for(".visit", id=id), 303)
    preview = previewed(lambda: visit.report(g.officer, retry_by))
    return render_template("office/report.html", visit=visit, service=service, preview=preview,
                           answers=service.findings.describe(visit.draft, internal=True))


@office.get("/besoeg/<int:id>/jobark")
def job_sheet(id: int):
    """For the field: the place and what is asked, without anybody's name or contact."""
    visit = _found(id)
    service = services.SERVICES[visit.service]
    return render_template("office/job_sheet.html", visit=visit, service=service,
                           wishes=[(b, service.questions.describe(b.answers)) for b in visit.bookings])


def _found(id: int) -> Visit:
    return db.session.get(Visit, id) or abort(404)


def _visit_page(visit: Visit, cancel: CancelForm | None = None):
    service = services.SERVICES[visit.service]
    told = visit.draft or visit.findings
    return render_template("office/visit.html", visit=visit, service=service, cancel=cancel or CancelForm(None),
                           begun=visit.starts_at <= now(),
                           answers=service.findings.describe(told, internal=True) if told else [])


def _visit_form(service: Service, bookings: list[Booking], **start) -> VisitForm:
    words = {b.reference: f"{reference(b.reference)} · {b.road}{', ' if b.from_to else ''}{b.from_to} · "
                          f"{service.about(b.answers)} · {day(b.received_at)}" for b in bookings}
    return VisitForm(**start).offer(service.methods, words)


def _place(form: VisitForm) -> Place:
    """The place of the plan, with the stretch as the officer names it."""
    place = Place.at(**form.place())  # without a pin: the one at hand belongs to the place planned from
    place.from_to = form.from_to.data or place.from_to
    return place


def _chosen(form: VisitForm) -> list[Booking]:
    chosen = set(form.bookings.data or ())
    return list(db.session.scalars(select(Booking).where(
        Booking.reference.in_(chosen), Booking.status == Status.ACCEPTED)))


def _explain(form: VisitForm, clash: Clash) -> None:
    other = clash.other
    db.session.rollback()
    form.crew.errors = [gettext("%(crew)s is at %(place)s from %(start)s to %(end)s.", crew=other.crew,
                                place=other.place, start=moment(other.starts_at), end=moment(other.ends_at))]
