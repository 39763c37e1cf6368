"""Where most is at stake: the open wishes by place, and why one place comes before another. Reads only.

Only services whose visits are secret until their findings work through places; a meeting is agreed with whoever asks
for it.
"""

from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, partial

from flask_babel import gettext, ngettext
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from catalogue import HARMS, SERVICES
from labels import share
from models import (
    OPEN,
    Booking,
    BookingStatus,
    Place,
    Visit,
    VisitStatistic,
    VisitStatus,
    db,
    limits,
    local,
    now,
    today,
)

PER_ASKER, MOST_FOR_ASKERS, PER_WEEK, MOST_FOR_AGE = 3, 30, 1, 10
HARM, MANY_CHARGED, NEVER, UNSUITABLE = 6, 6, 2, -12
MANY, FEW = 0.05, 0.01  # of the vehicles; 2 to 3 in 100 are usual where citizens ask (Vestegnen 2019)


@dataclass
class Hotspot:
    """A place with what is asked and known of it. `wishes` are its open bookings' (reference, status, received_at)."""

    place: Place
    service: str
    wishes: list[tuple[str, BookingStatus, datetime]] = field(default_factory=list)
    hours: Counter = field(default_factory=Counter)  # how many wishes name (weekday, hour)
    harms: Counter = field(default_factory=Counter)  # how many name a school road, an accident
    visits: list[Visit] = field(default_factory=list)  # reported in the last year, the newest first
    coming: Visit | None = None  # the next that is planned

    @property
    def asking(self) -> int:
        return len(self.wishes)

    @property
    def since(self) -> datetime | None:
        return min((at for _, _, at in self.wishes), default=None)

    @property
    def last(self) -> Visit | None:
        return self.visits[0] if self.visits else None

    @property
    def share_last(self) -> float | None:
        """What part of the vehicles was charged, the last time that they were counted."""
        return next((part for part in map(share_charged, self.visits) if part is not None), None)

    @property
    def not_before(self) -> date:
        """The earliest day of the next control: as the officer said, else limits.CONTROL_WEEKS after the last one."""
        rested = self.last.found_on + timedelta(weeks=limits.CONTROL_WEEKS) if self.last else today()
        return max(today(), self.place.again_on or rested)

    @property
    def points(self) -> list[tuple[str, int]]:
        """Why it stands where it stands, in words. The officer decides all the same."""
        return [(words(), points) for words, points in self._weights]

    @cached_property
    def score(self) -> int:
        return sum(points for _, points in self._weights)

    @property
    def _weights(self) -> list[tuple[Callable[[], str], int]]:
        """The words are only said of the places that are shown."""
        weeks = (now() - self.since).days // 7 if self.since else 0
        found = [
            (lambda: ngettext("%(num)s asks", "%(num)s ask", self.asking),
             min(PER_ASKER * self.asking, MOST_FOR_ASKERS)),
            (lambda: ngettext("the first has waited %(num)s week", "the first has waited %(num)s weeks", weeks),
             min(PER_WEEK * weeks, MOST_FOR_AGE)),
            *((partial(str, HARMS[harm]), HARM) for harm in HARMS if self.harms[harm]),
        ]
        if self.last is None:
            found.append((lambda: gettext(
                "never measured, or more than %(days)s days ago", days=limits.CONTROL_MEMORY_DAYS), NEVER))
        elif (part := self.share_last) is not None and (part >= MANY or part < FEW):
            found.append((lambda: gettext("%(share)s charged the last time", share=share(part)),
                          MANY_CHARGED if part >= MANY else -MANY_CHARGED))
        if self.not_before > today():
            found.append((lambda: gettext("just measured, or to be left alone for a while"), -MANY_CHARGED))
        if self.place.suits == "unsuitable":
            found.append((lambda: gettext("no safe place to stand"), UNSUITABLE))
        return [(words, points) for words, points in found if points]

    @property
    def busiest(self) -> list[tuple[list[int], int, int]]:
        """The hours that most wishes name, as (weekdays, from, to)."""
        most, spans = max(self.hours.values(), default=0), []
        for hour in range(24):
            days = [day for day in range(7) if most and self.hours[day, hour] == most]
            if days and spans and spans[-1][0] == days and spans[-1][2] == hour:
                spans[-1] = (days, spans[-1][1], hour + 1)
            elif days:
                spans.append((days, hour, hour + 1))
        return spans

    @property
    def measured(self) -> set[tuple[int, int]]:
        """The (weekday, hour) at which controls were made."""
        return {(at.weekday(), at.hour) for visit in self.visits for at in _hours_of(visit)}


def how_we_choose() -> list[tuple[str, int]]:
    """What a place gets points for, in words for everybody. How long a place is left alone is not among them: whoever
    knew it could reckon when its next control comes."""
    return [
        (gettext("each who asks for a control there, up to %(most)s points", most=MOST_FOR_ASKERS), PER_ASKER),
        (gettext("each week that the first of them has waited, up to %(most)s points", most=MOST_FOR_AGE), PER_WEEK),
        *((str(words), HARM) for words in HARMS.values()),
        (gettext("never measured, or more than %(days)s days ago", days=limits.CONTROL_MEMORY_DAYS), NEVER),
        (gettext("%(share)s of the vehicles or more charged the last time", share=share(MANY)), MANY_CHARGED),
        (gettext("fewer than %(share)s of the vehicles charged the last time", share=share(FEW)), -MANY_CHARGED),
        (gettext("measured lately"), -MANY_CHARGED),
        (gettext("no safe place to stand"), UNSUITABLE)]


def hotspots() -> list[Hotspot]:
    """Every place that somebody asks about, the most pressing first; of the visits, those that its points rest on."""
    return sorted(_spots(_open_wishes(), _newest), key=lambda spot: (-spot.score, spot.place.id))


def at_place(place: Place) -> list[Hotspot]:
    """What is asked and known of one place, for each service that anybody has to do with there."""
    return _spots(_open_wishes().where(Booking.place_id == place.id), _lately,
                  {(place.id, v.service) for v in place.visits if _is_secret(v.service)})


def effect(visits: list[Visit]) -> tuple[float, float] | None:
    """Before and after: the share charged at the first and at the last control where vehicles were counted."""
    parts = [part for part in map(share_charged, sorted(visits, key=lambda v: v.starts_at)) if part is not None]
    return (parts[0], parts[-1]) if len(parts) > 1 else None


def share_charged(visit: Visit) -> float | None:
    sums = SERVICES[visit.service].statistics(visit.findings) if visit.findings else {}
    return sums["of_passed"] / sums["passed"] if sums.get("passed") else None


def _is_secret(service: str) -> bool:
    return not SERVICES[service].date_is_agreed


def _open_wishes() -> Select:
    """In their order. The 0 keeps SQLite from going through all bookings by number to find the few that are open."""
    return select(Booking.reference, Booking.status, Booking.received_at, Booking.service, Booking.place_id,
                  Booking.answers).where(Booking.status.in_(OPEN), Booking.service.in_(filter(_is_secret, SERVICES))
                                         ).order_by(Booking.id + 0)


def _lately(places: Set[int]) -> ColumnElement[bool]:
    """A visit to these places that counts, or is still to come."""
    return and_(Visit.place_id.in_(places), Visit.ends_at > now() - timedelta(days=limits.CONTROL_MEMORY_DAYS))


def _newest(places: Set[int]) -> ColumnElement[bool]:
    """The newest visit of its service at its place that was carried out, or at which vehicles were counted."""
    columns = Visit.place_id, Visit.service
    newest = select(*columns, func.max(Visit.ends_at)).join(Visit.statistics).where(
        _lately(places), VisitStatistic.what.in_(("done", "passed")), VisitStatistic.number > 0)
    return tuple_(*columns, Visit.ends_at).in_(newest.group_by(*columns, VisitStatistic.what))


def _spots(wishes: Select, chosen: Callable[[Set[int]], ColumnElement[bool]],
           also: Set[tuple[int, str]] = frozenset()) -> list[Hotspot]:
    """Of each (place, service) of these wishes, and those that are named besides; with the next visit, and those of the
    reported ones that are `chosen`."""
    asked = db.session.execute(wishes).all()
    keys = {(row.place_id, row.service) for row in asked} | also
    ids = {place_id for place_id, _ in keys}
    places = {p.id: p for p in db.session.scalars(select(Place).where(Place.id.in_(ids)))}
    found = {(place_id, service): Hotspot(places[place_id], service) for place_id, service in keys}
    visits = db.session.scalars(select(Visit).where(_lately(ids), or_(
        and_(Visit.status == VisitStatus.PLANNED, Visit.ends_at > now()),
        and_(Visit.status == VisitStatus.REPORTED, chosen(ids)))).order_by(Visit.ends_at.desc()))
    for visit in visits:
        spot = found.get((visit.place_id, visit.service))
        if spot and visit.is_planned:
            spot.coming = visit
        elif spot and SERVICES[visit.service].statistics(visit.findings):
            spot.visits.append(visit)
    for row in asked:
        spot, service = found[row.place_id, row.service], SERVICES[row.service]
        spot.wishes.append((row.reference, row.status, row.received_at))
        spot.hours += Counter(service.hours(row.answers))
        spot.harms += Counter(service.harms(row.answers))
    return list(found.values())


def _hours_of(visit: Visit) -> list[datetime]:
    start = local(visit.starts_at).replace(minute=0, second=0, microsecond=0)
    return [start + timedelta(hours=n) for n in range(int((local(visit.ends_at) - start) / timedelta(hours=1) + 0.999))]
