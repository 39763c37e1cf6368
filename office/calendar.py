"""The calendar: every visit by month and by day, when nobody can come, and the officer's own feed."""

import re
from calendar import Calendar
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from calendars import by_day, officer_feed
from forms import AbsenceForm, Form, HoursForm
from letters import feed_address
from models import (
    COPENHAGEN,
    Deed,
    Hours,
    Officer,
    State,
    Taken,
    Visit,
    db,
    holiday_name,
    in_hand,
    midnight,
    now,
    today,
)

from . import office, pressed
from .dates import known_units

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """One day, by its first moment."""

    at: datetime
    visits: list[Visit]
    absences: list[Taken]
    holiday: str


@office.get("/kalender")
def calendar():
    first = _month(request.args.get("maaned", ""))
    return render_template("office/calendar.html", first=first, weeks=_weeks(first), today=today(), pages=[
        (first - DAY, gettext("Previous month")), (first + 32 * DAY, gettext("Next month"))])


@office.get("/rute")
def route():
    """The chosen visits of a day on paper, in the order in which they are driven to."""
    start = midnight(_day(request.args.get("dag", "")))
    visits = list(db.session.scalars(select(Visit).where(
        Visit.state == State.PLANNED, Visit.starts_at >= start, Visit.starts_at < start + DAY)
        .order_by(Visit.starts_at, Visit.id).options(selectinload(Visit.place), selectinload(Visit.bookings))))
    chosen = [v for v in visits if str(v.id) in request.args.getlist("besoeg")] or visits
    stops = [(visit, before and visit.place.lat is not None and before.place.metres_to(
        visit.place.lat, visit.place.lng) / 1000) for before, visit in zip([None, *chosen], chosen, strict=False)]
    points = [{"lat": v.place.lat, "lng": v.place.lng, "number": n, "text": str(v.place)}
              for n, (v, _km) in enumerate(stops, 1) if v.place.lat is not None]
    return render_template("office/route.html", start=start, visits=visits, chosen=chosen, stops=stops, points=points)


@office.get("/kalender/indstillinger")
def calendar_settings():
    return _settings_page()


@office.route("/kalender/fravaer", methods=["GET", "POST"])
def absence():
    form = AbsenceForm()
    if form.validate_on_submit():
        starts, ends = form.period(COPENHAGEN)
        absences = [Taken.absence(unit, starts, ends, form.words.data or "") for unit in form.units()]
        lost = [visit for absence in absences for visit in absence.meanwhile]
        db.session.commit()
        flash(gettext("Kept. There are visits at that time: move them, or send somebody else.") if lost
              else gettext("Kept."))
    return _back_or_again(absence=form)


@office.post("/kalender/fravaer/<int:id>/fjern")
def end_absence(id: int):
    absence = db.session.get(Taken, id) or abort(404)
    if pressed():
        absence.end()
        db.session.commit()
        flash(gettext("Removed."))
    return redirect(url_for(".calendar_settings"), 303)


@office.route("/kalender/aabningstider", methods=["GET", "POST"])
def hours():
    form = HoursForm()
    if form.validate_on_submit():
        Hours.enter(form.week())
        db.session.commit()
        flash(gettext("Kept."))
    return _back_or_again(hours=form)


@office.post("/kalender/adresse")
def renew_feed():
    if pressed():
        g.officer.renew_feed_key()
        db.session.commit()
        flash(gettext("Here is your new address. The one before shows nothing any more."))
    return redirect(url_for(".calendar_settings"), 303)


@office.get("/kalender/<key>.ics")
def feed(key: str):
    """An officer's calendar, by its secret address: calendar programs cannot log in."""
    officer = Officer.by_feed_key(key) or abort(404)
    in_hand(Deed(officer.id, request.endpoint, "kalender.ics"))
    return Response(officer_feed(officer), mimetype="text/calendar")


def _month(typed: str) -> datetime:
    """The first moment of a month such as 2026-12; of the present one where it is none."""
    known = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", typed)
    year, month = map(int, known.groups()) if known else (today().year, today().month)
    return datetime(year, month, 1, tzinfo=COPENHAGEN)


def _day(typed: str) -> date:
    """A day such as 2026-12-24; today where it is none."""
    with suppress(ValueError):
        day = date.fromisoformat(typed)
        if 2000 <= day.year < 2100:
            return day
    return today()


def _weeks(first: datetime) -> list[list[Day]]:
    """The weeks that a month touches, Monday first."""
    weeks = [[midnight(day) for day in week]
             for week in Calendar().monthdatescalendar(first.year, first.month)]
    start, end, language = weeks[0][0], weeks[-1][-1] + DAY, str(get_locale())
    visits = by_day(db.session.scalars(
        select(Visit).where(Visit.starts_at >= start, Visit.starts_at < end).order_by(Visit.starts_at, Visit.id)
        .options(selectinload(Visit.place), selectinload(Visit.bookings))))
    absences = Taken.absences(start)
    return [[Day(at, visits.get(at, []), [a for a in absences if a.starts_at < at + DAY and a.ends_at > at],
                 holiday_name(at.date(), language)) for at in week] for week in weeks]


def _back_or_again(**typed: Form):
    """After a press, or when somebody reloads or changes the language after an error."""
    (form,) = typed.values()
    return (_settings_page(**typed), 422) if form.errors else redirect(url_for(".calendar_settings"), 303)


def _settings_page(**typed: Form) -> str:
    forms = {"absence": AbsenceForm(None), "hours": HoursForm.of(Hours.week()), **typed}
    units = [*known_units(), *(unit for of in current_app.config["DISTRICT"].units.values() for unit in of)]
    address = g.officer.feed_key and feed_address(str(get_locale()), g.officer.feed_key)
    return render_template("office/calendar_settings.html", absences=Taken.absences(now()), units=units,
                           address=address, **forms)
