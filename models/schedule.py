"""Whose time is taken, by visits or by days off; when we come at all; and the dates that are proposed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Date, Engine, ForeignKey, Index, Integer, String, Time, event, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, Numbered, UTCDateTime, db, fold, now, require
from .enums import BookingStatus
from .events import Event, EventKind, record_event
from .working_days import COPENHAGEN, add_working_days, is_closed, local, midnight, today

if TYPE_CHECKING:
    from . import Booking, Officer, Visit

SEARCH_DAYS = 28  # days before and after a date within which another one is looked for
STEP = timedelta(minutes=30)
DEFAULT_HOURS = (time(8), time(21))
UNIT_LENGTH = 80  # also of its key, though some letters are two when they are compared


def unit_key(unit: str) -> str:
    """A unit as units are compared: "fotovogn1" is "Fotovogn 1"."""
    return fold(unit).replace(" ", "")[:UNIT_LENGTH]


class HasTimes:
    """From when to when something is."""

    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Reservation(HasTimes, Numbered, db.Model):
    """Time of one unit, a crew or a van, that a visit or an absence occupies, the road there and back included.

    `resource` is what the unit does in the visit. An absence has no visit, and without a unit it is everybody's;
    `away_id` says which officer's absence has made it, and nothing where it was entered in the calendar. That no visit
    occupies what another has, PostgreSQL also enforces by a constraint (migration 0011). An absence may lie over a
    visit; that none is planned into it is kept by ensure_free under the write lock alone.
    """

    __tablename__ = "taken"
    __table_args__ = (Index(None, "unit_key", "starts_at"), Index(None, "starts_at"))

    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"), index=True)
    resource: Mapped[str] = mapped_column("part", String(16), default="")
    unit: Mapped[str] = mapped_column(String(UNIT_LENGTH), default="")
    unit_key: Mapped[str] = mapped_column(String(UNIT_LENGTH), default="")
    words: Mapped[str] = mapped_column(String(200), default="")
    away_id: Mapped[int | None] = mapped_column(ForeignKey("aways.id"))

    visit: Mapped["Visit | None"] = relationship(back_populates="reservations")

    @classmethod
    def absence(cls, unit: str, starts_at: datetime, ends_at: datetime, words: str) -> "Reservation":
        """A day off, a holiday, a day in the workshop. Visits that lie in it stay: the officer sees them beside it."""
        return cls.create(unit=unit, unit_key=unit_key(unit), starts_at=starts_at, ends_at=ends_at, words=words)

    @classmethod
    def absences(cls, since: datetime) -> list["Reservation"]:
        """Those that end after `since`, the first one first."""
        return list(db.session.scalars(select(cls).where(cls.visit_id.is_(None), cls.ends_at > since)
                                       .order_by(cls.starts_at, cls.id)))

    @classmethod
    def between(cls, starts_at: datetime, ends_at: datetime, units: Iterable[str] | None = None) -> list["Reservation"]:
        """What overlaps that time; with `units`, only what keeps one of them away."""
        found = select(cls).where(cls.starts_at < ends_at, cls.ends_at > starts_at).order_by(cls.starts_at, cls.id)
        if units is not None:
            key = func.replace(cls.unit_key, " ", "")  # in earlier versions it kept its spaces
            found = found.where(key.in_({"", *map(unit_key, units)}))
        return list(db.session.scalars(found))

    @property
    def meanwhile(self) -> list["Visit"]:
        """The planned visits that an absence stands in the way of."""
        return list(dict.fromkeys(
            t.visit for t in Reservation.between(self.starts_at, self.ends_at, [self.unit] if self.unit else None)
            if t.visit and t.visit.is_planned))

    @property
    def offered_meanwhile(self) -> list["Booking"]:
        """Who has been offered dates that an absence stands in the way of."""
        found = Proposal.overlapping(self.starts_at, self.ends_at, [self.unit] if self.unit else [], ())
        return list(dict.fromkeys(proposal.booking for proposal in found if proposal.is_offer))

    def end(self) -> None:
        """An absence is off. What a visit takes is the visit's own affair."""
        require(not self.visit, f"{self.unit} is taken by visit {self.visit_id}")
        db.session.delete(self)


class Clash(NotAllowed):
    """A unit is elsewhere at that time. `other` is the time that is taken."""

    def __init__(self, other: Reservation):
        super().__init__(f"{other.unit or 'everybody'} is taken from {other.starts_at} to {other.ends_at}")
        self.other = other


class ConstraintClash(Clash):
    """PostgreSQL's own no to two visits that take one unit at one time, should anybody ever come between the check and
    the write. To whom the unit belongs by now is asked when the refused transaction is over."""

    def __init__(self, unit_key: str, visit_id: str):
        NotAllowed.__init__(self, f"visit {visit_id} has taken {unit_key}")
        self.found = select(Reservation).where(Reservation.visit_id == int(visit_id),
                                               Reservation.unit_key == unit_key).limit(1)

    @property
    def other(self) -> Reservation:
        return db.session.scalar(self.found)


@event.listens_for(Engine, "handle_error")
def _as_clash(failed) -> None:
    error = failed.original_exception
    if getattr(error, "sqlstate", None) == "23P01":  # exclusion_violation: "...=(ida, 2, [...)) conflicts with ...=("
        raise ConstraintClash(*re.findall(r"=\(([^,]*), (\d+), ", error.diag.message_detail)[-1])


class OpeningHours(db.Model):
    """From when to when we come, on one weekday (Monday is 0); not at all where both are the same."""

    __tablename__ = "hours"

    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)

    @classmethod
    def week(cls) -> list[tuple[time, time]]:
        """All seven days, as entered or as usual."""
        entered = {h.weekday: (h.opens, h.closes) for h in db.session.scalars(select(cls))}
        return [entered.get(day, DEFAULT_HOURS) for day in range(7)]

    @classmethod
    def enter(cls, week: list[tuple[time, time]]) -> None:
        for weekday, (opens, closes) in enumerate(week):
            db.session.merge(cls(weekday=weekday, opens=opens, closes=closes))


def is_within_hours(starts_at: datetime, ends_at: datetime) -> bool:
    """Whether we come at that time of the week, and the office is not closed that day."""
    start, end = local(starts_at), local(ends_at)
    opens, closes = OpeningHours.week()[start.weekday()]
    open_then = start.date() == end.date() and opens <= start.time() and end.time() <= closes
    return open_then and not is_closed(start.date())


def free_times(units: Iterable[str], near: datetime, length: timedelta, travel: timedelta = timedelta(),
               count: int = 3) -> list[datetime]:
    """When all of `units` could come instead: on the `count` nearest days with a free time, the one nearest to the
    time of day of `near`, in order; two days ahead at the earliest."""
    earliest = now() + timedelta(days=2)
    wished, week, found = local(near), OpeningHours.week(), []
    days = timedelta(days=SEARCH_DAYS + 1)
    taken = [(t.starts_at, t.ends_at) for t in Reservation.between(near - days, near + days, units)]
    for away in sorted(range(-SEARCH_DAYS, SEARCH_DAYS + 1), key=abs):
        day = wished.date() + timedelta(days=away)
        opens, closes = (datetime.combine(day, at, COPENHAGEN).astimezone(UTC) for at in week[day.weekday()])
        starts = [opens + STEP * n for n in range(max(0, (closes - opens - length) // STEP + 1))]
        free = [s for s in starts if s >= earliest and not is_closed(day)
                and not any(t < s + length + travel and u > s - travel for t, u in taken)]
        if free:
            found.append(min(free, key=lambda s: abs(_minutes(local(s)) - _minutes(wished))))
        if len(found) == count:
            break
    return sorted(found)


def _minutes(at: datetime) -> int:
    return at.hour * 60 + at.minute


def ensure_free(units: Iterable[str], starts_at: datetime, ends_at: datetime, visit: "Visit | None" = None) -> None:
    """Raise Clash where one of `units` is taken by something else than `visit`. Reading and what is written next are
    one transaction, so nobody can come between."""
    with db.session.no_autoflush:
        others = [t for t in Reservation.between(starts_at, ends_at, units) if visit is None or t.visit is not visit]
    if others:
        raise Clash(others[0])


def in_units(resource_units: dict[str, str]) -> list[tuple[str, str]]:
    """Parts and the units that fill them; several are parted by commas: "Ida, Bo"."""
    return [(part, unit.strip()) for part, units in resource_units.items() for unit in units.split(",") if unit.strip()]


LONGEST_ROAD = timedelta(hours=10)  # each way


class Proposal(HasTimes, Numbered, db.Model):
    """A date until it is agreed, refused or lapsed (`closed_at`). It holds nobody's time: whoever agrees first has it.

    What we offer says by when to answer, and what the visit would take: the units of each part, `travel` minutes each
    way, and the place as our letters name it.
    """

    __table_args__ = (Index(None, "booking_id", "closed_at"), Index(None, "closed_at", "starts_at"))

    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    answer_by: Mapped[date | None] = mapped_column(Date)
    resource_units: Mapped[dict] = mapped_column("takes", JSON, default=dict)
    travel: Mapped[int] = mapped_column(Integer, default=0)
    where: Mapped[str] = mapped_column(String(160), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    booking: Mapped["Booking"] = relationship(back_populates="proposals")

    @classmethod
    def overlapping(cls, starts_at: datetime, ends_at: datetime, units: Iterable[str],
                    but: Iterable["Booking"]) -> list["Proposal"]:
        """Open proposals of other bookings that could not be kept if `units`, or with none everybody, were taken then.
        A wish names no unit, so every wish at that time is one of them."""
        found = db.session.scalars(select(cls).where(
            cls.closed_at.is_(None), cls.starts_at < ends_at + LONGEST_ROAD, cls.ends_at > starts_at - LONGEST_ROAD,
            cls.booking_id.not_in([b.id for b in but])).order_by(cls.starts_at, cls.id))
        keys = set(map(unit_key, units))
        return [p for p in found if p.occupied[0] < ends_at and p.occupied[1] > starts_at
                and (not keys or not p.resource_units or keys.intersection(map(unit_key, p.units)))]

    @classmethod
    def lapse_due(cls) -> None:
        """Dates that nobody has answered in time are void."""
        late = select(cls).where(cls.closed_at.is_(None), cls.answer_by < today()).order_by(cls.id)
        for booking in dict.fromkeys(proposal.booking for proposal in db.session.scalars(late).all()):
            booking.lapse()

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and self.starts_at > now() and (
            self.answer_by is None or self.answer_by >= today())

    @property
    def is_offer(self) -> bool:
        return self.answer_by is not None

    @property
    def units(self) -> list[str]:
        return [unit for _, unit in in_units(self.resource_units)]

    @property
    def occupied(self) -> tuple[datetime, datetime]:
        """From when to when it would take its units, the road there and back included."""
        road = timedelta(minutes=self.travel)
        return self.starts_at - road, self.ends_at + road


class HasProposals:
    """What becomes of a booking's dates: those that the citizen wishes and those that we offer, until one is agreed or
    all are refused, lapse or are called off."""

    def offer(self, officer: "Officer | None", times: Sequence[tuple[datetime, datetime]], *,
              resource_units: dict[str, str], travel: int, where: str, answer_by: date, words: str = "",
              **facts) -> Event:
        """Propose dates, of which the citizen takes one or none by `answer_by`; what was offered before is void.

        Raises Clash where a unit is not free then. No officer is named where a date was lost to somebody quicker.
        """
        require(self.may_be_visited(date_agreed=True), f"{self.reference} is {self.status} and can be offered no date")
        if self.status is not BookingStatus.ACCEPTED:
            self._step(BookingStatus.ACCEPTED, officer)
        self._close(self.offers)
        for start, end in times:
            offered = Proposal(starts_at=start, ends_at=end, answer_by=answer_by, resource_units=resource_units,
                               travel=travel, where=where)
            ensure_free(offered.units, *offered.occupied)
            self.proposals.append(offered)
        self.due_on = max(self.due_on, answer_by)
        self._react(officer)
        return record_event(EventKind.DATES_OFFERED, booking=self, officer=officer, words=words,
                            answer_by=answer_by.isoformat(),
                            times=[[start.isoformat(), end.isoformat()] for start, end in times], **facts)

    @contextmanager
    def kept_unread(self) -> Iterator[None]:
        """What is done to many cases at once, or for the sake of another one, reads nobody's message."""
        before = self.has_unread, self.read_until
        yield
        self.has_unread, self.read_until = before

    def agree(self, officer: "Officer | None", visit: "Visit", due_on: date, words: str, **times) -> Event:
        """The date is agreed; Visit calls it. The promise is now the outcome."""
        if self.status is not BookingStatus.ACCEPTED:
            self._step(BookingStatus.ACCEPTED, officer)
        self._close(self.proposals)
        self.due_on = due_on
        self._react(officer)
        return record_event(EventKind.AGREED, booking=self, visit=visit, officer=officer, words=words, **times)

    def offer_instead(self, lost: "Proposal", officer: "Officer | None" = None,
                      resource_units: dict[str, str] | None = None, travel: int = 0) -> Event:
        """The nearest other dates in place of one that is taken, by the same units, or those of `resource_units` where
        a wish named none. Where there is none, an officer looks for one."""
        resource_units = lost.resource_units or resource_units or {}
        travel = lost.travel or travel
        units, length = [unit for _, unit in in_units(resource_units)], lost.ends_at - lost.starts_at
        starts = free_times(units, lost.starts_at, length, timedelta(minutes=travel))
        lost.closed_at = now()
        if not starts:
            self.has_unread = True
            if officer and lost.is_offer:
                return self.take_back_offers(officer)
            self._close(self.offers)  # no other one is free either, and the citizen's own press shows it
            return record_event(EventKind.DATES_REFUSED, booking=self, officer=officer,
                                instead_of=lost.starts_at.isoformat())
        times = [(start, start + length) for start in starts]
        with self.kept_unread():
            return self.offer(officer, times, resource_units=resource_units, travel=travel,
                              answer_by=self.rules.choice_due(starts),
                              where=lost.where or f"{self.place.postcode} {self.place.town}",
                              instead_of=lost.starts_at.isoformat())

    def refuse_offers(self, words: str) -> Event:
        """None of the dates fits, and why; an officer looks for others, with a new promise."""
        require(self.offers, f"{self.reference} has been offered no date")
        self._close(self.offers)
        self.has_unread, self.due_on = True, self.rules.answer_due()
        return record_event(EventKind.DATES_REFUSED, booking=self, words=words)

    def lapse(self) -> Event:
        """Nobody answered the offered dates in time. The wish stands, and by a new promise we propose others."""
        self._close(self.offers)
        self.due_on = self.rules.answer_due()
        return record_event(EventKind.DATES_LAPSED, booking=self, due_on=self.due_on.isoformat())

    def take_back_offers(self, officer: "Officer | None" = None) -> Event:
        """We cannot keep the offered dates. The wish stands, and by a new promise we propose others."""
        self._close(self.offers)
        self.due_on = self.rules.answer_due()
        return record_event(EventKind.DATES_TAKEN_BACK, booking=self, officer=officer, due_on=self.due_on.isoformat())

    def call_off(self, officer: "Officer", visit: "Visit", cause: str, words: str) -> Event:
        """The agreed date is off; Visit.cancel calls it. By the new promise we propose another."""
        self.due_on = self.rules.answer_due()
        self._wish_again()
        return record_event(EventKind.CALLED_OFF, booking=self, visit=visit, officer=officer, words=words, cause=cause,
                            due_on=self.due_on.isoformat(), starts_at=visit.starts_at.isoformat())

    def postpone(self, officer: "Officer", visit: "Visit") -> Event:
        """The visit could not be carried out; the wish stands, with a new promise."""
        self._must_be_open()
        self.due_on = add_working_days(today(), self.rules.act_within)
        self._wish_again()
        return record_event(EventKind.POSTPONED, booking=self, visit=visit, officer=officer,
                            due_on=self.due_on.isoformat())

    @property
    def agreed_visit(self) -> "Visit | None":
        """The visit whose date this citizen knows, until they are sent what came of it."""
        return next((v for v in self.visits if v.date_agreed and v.is_open), None)

    @property
    def coming_visit(self) -> "Visit | None":
        """The agreed one, while it lies ahead."""
        visit = self.agreed_visit
        return visit if visit and not visit.has_begun else None

    @property
    def offers(self) -> list["Proposal"]:
        """Dates that we have proposed and that nobody has answered; none once the case is closed."""
        return [p for p in self.proposals if p.is_offer and p.closed_at is None] if self.is_open else []

    @property
    def wishes(self) -> list["Proposal"]:
        """Dates that the citizen has proposed and that are still to come."""
        return [p for p in self.proposals if p.is_open and not p.is_offer]

    def _end(self, status: BookingStatus, kind: EventKind, officer: "Officer | None", **said) -> Event:
        """It is closed without findings. Where a date was agreed and lies ahead, the event tells which one is off."""
        visit = self.coming_visit
        off = {"visit": visit, "starts_at": visit.starts_at.isoformat()} if visit else {}
        self._step(status, officer)
        return record_event(kind, booking=self, officer=officer, **off, **said)

    def _close(self, proposals: list["Proposal"]) -> None:
        for proposal in proposals:
            proposal.closed_at = proposal.closed_at or now()

    def _wish_again(self) -> None:
        """The case goes on, so the dates that the citizen wished may be agreed after all; but for those of visits that
        came to nothing, and for those that stood beside a date on which the wish was answered."""
        in_vain = {visit.starts_at for visit in self.visits}
        answered = max((event.at for event in self.events if event.kind is EventKind.ANSWERED), default=None)
        for wish in self.proposals:
            spent = answered and wish.closed_at and wish.closed_at <= answered
            if not (wish.is_offer or wish.starts_at in in_vain or spent):
                wish.closed_at = None


def visits_by_day(visits: Iterable["Visit"]) -> dict[datetime, list["Visit"]]:
    """Visits in order, by the first moment of the day on which they start."""
    return {day: list(those) for day, those in groupby(visits, lambda visit: midnight(local(visit.starts_at)))}
