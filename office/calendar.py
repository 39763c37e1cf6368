"""The calendar: every visit by month and by day, when nobody can come, and the officer's own feed."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, abort, current_app, g, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import selectinload

from forms import AbsenceForm, Form, OfficerAbsenceForm, OpeningHoursForm
from labels import HOLIDAYS
from mail.letters import OFFICE_PATHS, address_of
from models import (
    OPEN,
    Booking,
    BookingStatus,
    Officer,
    OfficerAbsence,
    OpeningHours,
    Reservation,
    Visit,
    VisitStatus,
    db,
    midnight,
    now,
    public_holiday,
    start_audit,
    today,
    visits_by_day,
)
from reporting import paging
from reporting.work_list import letters_to_see_to
from web import commit_and_redirect, form_page, needs_press

from .blueprint import office, page_key
from .dates import known_units

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """One day, by its first moment."""

    at: datetime
    visits: list[Visit]
    absences: list[Reservation]
    holiday: str  # its name, or empty


@office.get("/kalender")
def calendar():
    first = midnight(request.args.get("maaned", today().replace(day=1), type=paging.month))
    return render_template("office/calendar.html", first=first, weeks=_weeks(first), today=today(), pages=[
        (first - DAY, gettext("Previous month")), (first + 32 * DAY, gettext("Next month"))])


@office.get("/rute")
def route():
    """The chosen visits of a day on paper, in the order in which they are driven to."""
    start = midnight(request.args.get("dag", today(), type=paging.day))
    visits = list(db.session.scalars(select(Visit).where(
        Visit.status == VisitStatus.PLANNED, Visit.starts_at >= start, Visit.starts_at < start + DAY)
        .order_by(Visit.starts_at, Visit.id).options(selectinload(Visit.place), selectinload(Visit.bookings))))
    chosen = [v for v in visits if str(v.id) in request.args.getlist("besoeg")] or visits
    stops = [(visit, before and None not in (before.place.lat, visit.place.lat) and before.place.metres_to(
        visit.place.lat, visit.place.lng) / 1000) for before, visit in zip([None, *chosen], chosen, strict=False)]
    points = [{"lat": v.place.lat, "lng": v.place.lng, "number": n, "text": str(v.place)}
              for n, (v, _km) in enumerate(stops, 1) if v.place.lat is not None]
    return render_template("office/route.html", start=start, visits=visits, chosen=chosen, stops=stops, points=points)


@office.get("/kalender/indstillinger")
def calendar_settings():
    return _settings_page()


@office.post("/kalender/indstillinger/fravaer")
def absence():
    form = AbsenceForm()
    if form.validate_on_submit():
        starts, ends = form.period()
        return commit_and_redirect(url_for(".calendar_settings"), _saved(
            [Reservation.absence(unit, starts, ends, form.words.data or "") for unit in form.units()]))
    return _settings_page(absence=form)


@office.post("/kalender/indstillinger/fravaer/<int:id>/fjern")
@needs_press
def end_absence(id: int):
    db.get_or_404(Reservation, id).end()
    return commit_and_redirect(url_for(".calendar_settings"), gettext("Removed."))


@office.post("/kalender/indstillinger/aabningstider")
def hours():
    form = OpeningHoursForm.of(OpeningHours.week())
    if form.validate_on_submit():
        OpeningHours.enter(form.week())
        return commit_and_redirect(url_for(".calendar_settings"), gettext("Saved."))
    return _settings_page(hours=form)


@office.post("/kalender/adresse")
@needs_press
def renew_feed():
    g.officer.renew_feed_key()
    return commit_and_redirect(url_for(".calendar_settings"), gettext(
        "Here is your new address. The one before shows nothing any more."))


@office.get(OFFICE_PATHS["feed"])
def feed(key: str):
    """An officer's calendar, by its secret address: calendar programs cannot log in."""
    from mail import ics

    officer = Officer.by_feed_key(key) or abort(404)
    start_audit(officer.id, page_key(), "kalender.ics")
    return Response(ics.officer_feed(officer), mimetype="text/calendar")


def _weeks(first: datetime) -> list[list[Day]]:
    """The weeks that a month touches, Monday first."""
    weeks = [[midnight(day) for day in week]
             for week in Calendar().monthdatescalendar(first.year, first.month)]
    start, end = weeks[0][0], weeks[-1][-1] + DAY
    visits = visits_by_day(db.session.scalars(
        select(Visit).where(Visit.starts_at >= start, Visit.starts_at < end).order_by(Visit.starts_at, Visit.id)
        .options(selectinload(Visit.place), selectinload(Visit.bookings))))
    absences = Reservation.absences(start)
    return [[Day(at, visits.get(at, []), [a for a in absences if a.starts_at < at + DAY and a.ends_at > at],
                 HOLIDAYS.get(public_holiday(at.date()), "")) for at in week] for week in weeks]


def _settings_page(**typed: Form):
    forms = {"absence": AbsenceForm(None), "hours": OpeningHoursForm.of(OpeningHours.week(), None), **typed}
    units = [*known_units(), *(unit for of in current_app.config["DISTRICT"].units.values() for unit in of)]
    address = g.officer.feed_key and address_of("office.feed", str(get_locale()), key=g.officer.feed_key)
    return render_template("office/calendar_settings.html", absences=Reservation.absences(now()), units=units,
                           address=address, **forms), 422 if typed else 200


MOST = 100  # of each list: what is more, the work list shows


@office.route("/fravaer", methods=["GET", "POST"])
def officer_absence():
    form = OfficerAbsenceForm()
    form.stand_in.offer({str(o.id): o.name for o in Officer.coordinators() if o is not g.officer})
    if not form.validate_on_submit():
        return form_page("office/officer_absence.html", form, coming=OfficerAbsence.coming())
    stand_in = db.session.get(Officer, int(form.stand_in.data)) if form.stand_in.data else None
    return commit_and_redirect(url_for(".officer_absence"), _saved(OfficerAbsence.enter(
        g.officer, form.first.data, form.last.data, form.off.data, stand_in=stand_in, texts=form.texts.data).days_off))


def _saved(absences: list[Reservation]) -> str:
    """What is said of days off: that visits are left without who was to come, or proposed dates are not possible any
    more, if there are any; below, the page names them."""
    return gettext("Saved. There are visits or proposed dates at that time: see below.") if any(
        absence.meanwhile or absence.offered_meanwhile for absence in absences) else gettext("Saved.")


@office.post("/fravaer/<int:id>/fjern")
@needs_press
def end_officer_absence(id: int):
    db.get_or_404(OfficerAbsence, id).end()
    return commit_and_redirect(url_for(".officer_absence"), gettext("Removed."))


@office.get("/overlevering")
def handover():
    """For the present or next time that somebody is away, or the one that is chosen; else for the coming two weeks."""
    coming = OfficerAbsence.coming()
    chosen = next((a for a in coming if str(a.id) == request.args.get("fravaer")), next(iter(coming), None))
    first, last = (chosen.first, chosen.last) if chosen else (today(), today() + timedelta(days=14))
    promised = _bookings(Booking.status.in_(OPEN), Booking.due_on <= last)
    return render_template(
        "office/handover.html", away=chosen, coming=coming, first=first, last=last, most=MOST,
        lists={gettext("Promises that fall due"): promised,
               gettext("Messages that nobody has read"): _bookings(Booking.has_unread.is_(True)),
               gettext("New"): _bookings(Booking.status == BookingStatus.RECEIVED, Booking.has_unread.is_(False)),
               gettext("Waiting for the citizen"): _bookings(Booking.status == BookingStatus.NEEDS_INFORMATION)},
        visits=db.session.scalars(select(Visit).options(selectinload(Visit.place), selectinload(Visit.bookings)).where(
            or_(Visit.status == VisitStatus.DONE, and_(
                Visit.status == VisitStatus.PLANNED, Visit.starts_at < midnight(last + timedelta(days=1)))))
            .order_by(Visit.starts_at).limit(MOST)).all(),
        letters=db.session.scalars(letters_to_see_to().limit(MOST)).all())


def _bookings(*rules) -> list[Booking]:
    """The oldest promises first."""
    return list(db.session.scalars(select(Booking).options(*map(selectinload, (
        Booking.place, Booking.visits, Booking.proposals, Booking.events))).where(*rules).order_by(
        Booking.due_on, Booking.id).limit(MOST)))
