"""The police at a place: planned, carried out, reported. One visit answers many bookings."""

from datetime import UTC, date, datetime, timedelta
from textwrap import shorten
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from . import limits
from .base import Numbered, UTCDateTime, db, new_secret, now, one_of, require
from .bookings import Booking
from .enums import BookingStatus, VisitStatus
from .events import Event, EventKind, record_event
from .publication import HasResult
from .rules import HasServiceRules
from .schedule import HasTimes, Proposal, Reservation, ensure_free, in_units, unit_key
from .working_days import add_working_days, local, midnight, today

if TYPE_CHECKING:
    from . import Assignee, FindingsLink, Handout, Officer, Place, Poll, Task

visit_bookings = Table(
    "visit_bookings", db.metadata,
    Column("visit_id", ForeignKey("visits.id"), primary_key=True),
    Column("booking_id", ForeignKey("bookings.id"), primary_key=True, index=True),
)


class VisitStatistic(db.Model):
    """A number that a visit's findings add to the figures, such as vehicles measured, or 1 for a worry heard."""

    __tablename__ = "sums"

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)


class Visit(HasServiceRules, HasResult, HasTimes, Numbered, db.Model):
    """One visit. `draft` are findings as entered, `findings` as last sent: a citizen only ever sees the second.

    `date_agreed` is true where the date was agreed with those who asked; where it is false, nobody outside the office
    may know of the visit before its findings. `public_place` is the place as letters and the public calendar name it,
    `public` whether that calendar shows it: only where everyone who asked has agreed. `crew` names all units of
    `resource_units`, and `travel` is how many minutes each way they are on the road. `uid` is what people outside know
    the visit by, for its number would tell how many others there are; `sequence` counts the changes that their
    calendars follow.
    """

    __table_args__ = (
        Index(None, "state", "ends_at"),
        Index(None, "starts_at"),
        Index("ix_visits_hotspots", "place_id", "ends_at", "service", "state"),
        Index(None, "reported_at", sqlite_where=text("draft IS NOT NULL")),  # on PostgreSQL, too, see Booking
    )

    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    status: Mapped[VisitStatus] = mapped_column("state", one_of(VisitStatus), default=VisitStatus.PLANNED)
    crew: Mapped[str] = mapped_column(String(limits.CREW_LENGTH))
    travel: Mapped[int] = mapped_column(Integer, default=0)
    method: Mapped[str] = mapped_column(String(32), default="")
    date_agreed: Mapped[bool] = mapped_column("told", Boolean, default=False)
    public: Mapped[bool] = mapped_column(Boolean, default=False)
    public_place: Mapped[str] = mapped_column("place_told", String(160), default="")
    uid: Mapped[str] = mapped_column(String(32), default="")
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    draft: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    findings: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    reported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    protocol_public: Mapped[bool] = mapped_column(Boolean, default=False)
    removed_on: Mapped[date | None] = mapped_column(Date)

    place: Mapped["Place"] = relationship(back_populates="visits")
    bookings: Mapped[list["Booking"]] = relationship(secondary=visit_bookings, back_populates="visits",
                                                     order_by="Booking.id")
    reservations: Mapped[list["Reservation"]] = relationship(back_populates="visit", cascade="all, delete-orphan",
                                                             order_by="Reservation.id")
    events: Mapped[list["Event"]] = relationship(back_populates="visit", order_by="Event.id")
    tasks: Mapped[list["Task"]] = relationship(back_populates="visit", order_by="Task.number")
    assignees: Mapped[list["Assignee"]] = relationship(back_populates="visit", order_by="Assignee.id")
    field_links: Mapped[list["FindingsLink"]] = relationship(back_populates="visit", order_by="FindingsLink.id")
    poll: Mapped["Poll | None"] = relationship(back_populates="visit")
    statistics: Mapped[list[VisitStatistic]] = relationship(cascade="all, delete-orphan")
    handout: Mapped["Handout | None"] = relationship(back_populates="visit", cascade="all, delete-orphan")

    @classmethod
    def plan(cls, officer: "Officer | None", *, service: str, place: "Place", starts_at: datetime, ends_at: datetime,
             resource_units: dict[str, str], bookings: list[Booking], method: str = "", travel: int = 0,
             date_agreed: bool = False, public_place: str = "", public: bool = False, words: str = "") -> "Visit":
        """Plan a visit for the bookings that it answers. Raises Clash where one of the units is taken already.

        Where the date is `date_agreed`, the bookings are accepted with it, their letters carry the officer's `words`,
        and the outcome is promised some working days after (`report_within`).
        """
        visit = cls(service=service, place=place, status=VisitStatus.PLANNED, method=method, date_agreed=date_agreed,
                    public=public, public_place=public_place, uid=new_secret(12), sequence=0)
        visit._take(starts_at, ends_at, resource_units, travel)
        visit._remind_unless_near()
        db.session.add(visit)  # not before: a Clash leaves nothing behind
        record_event(EventKind.PLANNED, visit=visit, officer=officer, starts_at=starts_at.isoformat(), crew=visit.crew)
        visit.choose(officer, bookings, words)
        return visit

    @classmethod
    def agreed_after(cls, since: datetime, *rules: ColumnElement[bool]) -> list["Visit"]:
        """Those of which whoever asked was told the date, and that end after `since`; the called-off are among them.
        Where all may know of them, `rules` ask for the public ones."""
        return list(db.session.scalars(
            select(cls).where(cls.date_agreed.is_(True), cls.ends_at > since, *rules).order_by(cls.starts_at, cls.id)
            .options(selectinload(cls.bookings), selectinload(cls.events))))

    @classmethod
    def agree(cls, proposal: Proposal) -> "Visit":
        """The citizen takes a date that we offered. Raises Clash where somebody else was quicker."""
        booking = proposal.booking
        require(proposal.is_open and proposal.is_offer and booking.awaits_visit,
                f"{booking.reference} cannot have this date any more")
        return cls.plan(None, service=booking.service, place=booking.place, starts_at=proposal.starts_at,
                        ends_at=proposal.ends_at, resource_units=proposal.resource_units, travel=proposal.travel,
                        bookings=[booking], date_agreed=True, public_place=proposal.where, public=True)

    def reschedule(self, officer: "Officer", *, place: "Place", starts_at: datetime, ends_at: datetime,
                   resource_units: dict[str, str], method: str = "", travel: int = 0, public_place: str = "",
                   words: str = "") -> Event:
        """Another time, place or crew. Those with whom the date was agreed hear of it, unless only the crew changes."""
        self._must_be(VisitStatus.PLANNED)
        before = self.starts_at, self.ends_at, self.public_place
        require(self.is_movable or before[:2] == (starts_at, ends_at), f"visit {self.id} has tasks")
        self.place, self.method, self.public_place = place, method, public_place
        self._take(starts_at, ends_at, resource_units, travel)
        if self.date_agreed and before != (self.starts_at, self.ends_at, self.public_place):
            self.sequence += 1
            self._remind_unless_near()
            for booking in self.bookings:
                booking.due_on = self._report_due
                record_event(EventKind.AGREED_ANEW, booking=booking, visit=self, officer=officer, words=words,
                             before=before[0].isoformat(), **self._times())
        return record_event(EventKind.RESCHEDULED, visit=self, officer=officer, starts_at=starts_at.isoformat(),
                            crew=self.crew)

    def choose(self, officer: "Officer | None", bookings: list[Booking], words: str = "") -> None:
        """Make `bookings` the ones that this visit answers; those left out wait for another visit. Nobody who was told
        the date is left out: it is called off, or they withdraw. Where the date is not told, the plan is also the yes
        to those who have not had one."""
        self._must_be(VisitStatus.PLANNED)
        new, left_out = [b for b in bookings if b not in self.bookings], [b for b in self.bookings if b not in bookings]
        for booking in bookings:
            if not self.date_agreed and booking.is_accepted_by_plan:
                with booking.kept_unread():
                    booking.accept(officer, "")
        for booking in new:
            require(booking.may_be_visited(self.date_agreed) and booking.service == self.service,
                    f"{booking.reference} is {booking.status} and cannot be answered by this visit")
        require(not (left_out and self.date_agreed), f"visit {self.id} is agreed with those who are left out")
        for booking in new:
            if self.date_agreed:
                with booking.kept_unread():
                    booking.agree(officer, self, self._report_due, words, **self._times())
            else:
                record_event(EventKind.PLANNED, booking=booking, visit=self, officer=officer)
        for booking in left_out:
            record_event(EventKind.UNPLANNED, booking=booking, visit=self, officer=officer)
        self.bookings = sorted(bookings, key=lambda b: b.reference)
        self.show(self.public)

    def show(self, public: bool) -> None:
        """Show it in the public calendar, or not: only an agreed date, and only if everyone who asked wants that."""
        self.public = public and self.date_agreed and bool(self.bookings) and all(b.public for b in self.bookings)

    def cancel(self, officer: "Officer", reason: str, words: str = "") -> Event:
        """It will not take place; its bookings wait for another visit. Whoever was told the date hears why at once,
        and by when we propose another: acute duty wins, and that is normal."""
        require(self.may_be_called_off, f"visit {self.id} is {self.status}, or took place")
        for booking in self.bookings:
            if self.date_agreed:
                booking.call_off(officer, self, reason, words)
            else:
                record_event(EventKind.UNPLANNED, booking=booking, visit=self, officer=officer)
        return self._drop(officer, words, reason)

    def leave(self, booking: Booking) -> None:
        """`booking` is closed before the findings. An agreed date that nobody wants any more is nobody's time, but what
        has begun took place, and what was found there is entered."""
        self.bookings.remove(booking)
        record_event(EventKind.UNPLANNED, booking=booking, visit=self)
        if self.date_agreed and self.bookings:
            self.sequence += 1  # one reader's calendar takes it out
        elif self.date_agreed and self.may_be_called_off:
            self._drop(None)

    def displaced(self) -> dict[Booking, list[Proposal]]:
        """Whose proposed dates could not be kept any more if this visit takes its units, and which dates. Only a visit
        whose date was agreed takes precedence."""
        lost: dict[Booking, list[Proposal]] = {}
        if self.date_agreed:
            db.session.flush()
            first, units = self.reservations[0], [taken.unit for taken in self.reservations]
            for proposal in Proposal.overlapping(first.starts_at, first.ends_at, units, self.bookings):
                lost.setdefault(proposal.booking, []).append(proposal)
        return lost

    def needing_new_offer(self, lost: dict[Booking, list[Proposal]]) -> list[Booking]:
        """The losers who have no other date left. What another service would take, nobody knows yet: an officer looks
        at it."""
        return [b for b, proposals in lost.items() if b.service == self.service
                and all(p in proposals for p in (*b.wishes, *b.offers))]

    def offer_others(self, officer: "Officer", lost: dict[Booking, list[Proposal]]) -> None:
        """Offer other dates, by the same units, to the losers who have none left."""
        for booking in self.needing_new_offer(lost):
            booking.offer_instead(lost[booking][0], officer, self.resource_units, self.travel)

    def remind(self) -> None:
        """Remind both sides of the date: everyone who asked, and the office."""
        self.reminded_at = now()
        for booking in [*self.bookings, None]:
            record_event(EventKind.REMINDED, booking=booking, visit=self)

    def enter_findings(self, officer: "Officer | None", draft: dict, by: str = "") -> Event | None:
        """Keep what was found; nobody is told before `report`. `by` is who entered it by a link of their own.
        Saving again what is waiting already is no event: None."""
        self._must_be(VisitStatus.PLANNED, VisitStatus.DONE, VisitStatus.REPORTED)
        require(self.starts_at <= now(), f"visit {self.id} has not taken place")
        if draft == self.draft:
            return None
        self.draft = draft
        if self.status is VisitStatus.PLANNED:
            self.status = VisitStatus.DONE
        return record_event(EventKind.FINDINGS_ENTERED, visit=self, officer=officer, words=by)

    def report(self, officer: "Officer", withhold: str = "") -> None:
        """Send the findings to everyone who asked. A second report is a correction and goes to the same people.

        Where nothing could be carried out the wishes stand, with a new promise. The findings become public later, and
        corrections at once, unless there is a reason to `withhold` them.
        """
        self._must_be(VisitStatus.DONE, VisitStatus.REPORTED)
        require(self.draft is not None, f"visit {self.id} has nothing new to report")
        corrects, told = self.status is VisitStatus.REPORTED, self.recipients
        if not corrects:
            self.bookings = told
        self.findings, self.draft = self.draft, None
        self.statistics = [VisitStatistic(what=what, number=number)
                           for what, number in self.rules.statistics(self.findings).items()]
        self.status, self.reported_at = VisitStatus.REPORTED, now()
        in_vain = self.rules.keeps_open(self.findings)
        for booking in told:
            waits, knows = booking.waits_for(self), booking.has_findings_of(self)
            if waits and not in_vain:
                booking.answer(officer, self)
            elif waits and not knows:
                booking.postpone(officer, self)
            elif knows:
                record_event(EventKind.CORRECTED, booking=booking, visit=self, officer=officer)
            elif booking.hears_of_further_visits and not in_vain:  # of one in vain there is nothing more to hear
                record_event(EventKind.FOLLOWED_UP, booking=booking, visit=self, officer=officer)
        record_event(EventKind.REPORTED, visit=self, officer=officer, corrects=corrects)
        if withhold:
            self.withhold(officer, withhold)
        else:
            self.schedule_release()

    def lead_to(self, officer: "Officer", **case) -> list[Booking]:
        """Start another case for each of those who asked, as Booking.lead_to says; those that were started."""
        return [*filter(None, (booking.lead_to(officer, self, **case) for booking in self.recipients))]

    def publish(self, officer: "Officer", shown: bool) -> Event:
        """Let anybody read the protocol, or nobody any more. Which tasks it shows is each task's own affair."""
        require(self.has_begun or not shown, f"visit {self.id} has not begun")
        self.protocol_public = shown
        self.refresh_result()
        return record_event(EventKind.PUBLISHED if shown else EventKind.UNPUBLISHED, visit=self, officer=officer)

    def anonymise(self, anonymised: dict) -> None:
        """Words and photos go; what was found, in numbers and choices, stays. What nobody has reported is off,
        and nothing is left to send."""
        if self.is_open:
            self._drop(None)
        self.assign(**anonymised)
        self.draft = None
        for task in self.tasks:
            task.photo, task.ask_on, task.has_unread = None, None, False
        self.removed_on, self.protocol_public, self.handout = today(), False, None

    @property
    def agreed(self) -> list["Task"]:
        """The tasks that those who asked for the visit have been told of with its findings."""
        return [task for task in self.tasks if self.reported_at and task.entered_at <= self.reported_at]

    @property
    def recipients(self) -> list[Booking]:
        """Whose wish the findings answer: accepted when they are first sent, or answered before and still following;
        and the same people ever after, but for those who have withdrawn since, been set aside or been removed."""
        if self.status is VisitStatus.REPORTED:
            gone = (BookingStatus.WITHDRAWN, BookingStatus.SPAM)
            return [b for b in self.bookings if b.status not in gone and not b.removed_on]
        return [b for b in self.bookings if b.status is BookingStatus.ACCEPTED or b.hears_of_further_visits]

    @property
    def resource_units(self) -> dict[str, str]:
        """The units of each part: {"crew": "Ida, Bo"}."""
        parts = dict.fromkeys(taken.resource for taken in self.reservations)
        return {part: ", ".join(taken.unit for taken in self.reservations if taken.resource == part) for part in parts}

    @property
    def is_planned(self) -> bool:
        return self.status is VisitStatus.PLANNED

    @property
    def is_movable(self) -> bool:
        """Whether its time may be moved: tasks make it one that took place."""
        return self.is_planned and not self.tasks

    @property
    def may_be_called_off(self) -> bool:
        """What was agreed and has begun took place; where it was not held, the findings say so."""
        return self.is_movable and not (self.date_agreed and self.has_begun)

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= now() and self.status is not VisitStatus.CANCELLED

    @property
    def is_on_its_day(self) -> bool:
        """Whether it is the day of the visit, which may end after midnight."""
        first, last = local(self.starts_at).date(), local(self.ends_at).date()
        return self.status is not VisitStatus.CANCELLED and first <= today() <= last

    @property
    def is_overdue(self) -> bool:
        """Over, and nobody has said what was found."""
        return self.status is VisitStatus.PLANNED and self.ends_at < now()

    @property
    def is_open(self) -> bool:
        """Whether its findings are still to be sent."""
        return self.status in (VisitStatus.PLANNED, VisitStatus.DONE)

    @classmethod
    def remind_due(cls) -> None:
        """Both sides are reminded of an agreed date, limits.REMIND_DAYS before it at the latest, once."""
        due = select(cls).where(
            cls.status == VisitStatus.PLANNED, cls.date_agreed.is_(True), cls.reminded_at.is_(None),
            cls.starts_at > now(), cls.starts_at < _reminded_before()).order_by(cls.starts_at)
        for visit in db.session.scalars(due).all():
            visit.remind()

    def _remind_unless_near(self) -> None:
        """Whoever hears only now of a date that is to be reminded of needs no second letter."""
        self.reminded_at = now() if self.starts_at < _reminded_before() else None

    def _take(self, starts_at: datetime, ends_at: datetime, resource_units: dict[str, str], travel: int) -> None:
        """Take the units for that time, with the road there and back; Clash where one of them is elsewhere. Times of
        one zone are compared and reckoned with by what its clock shows, so they are put in UTC first."""
        starts_at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
        require(starts_at < ends_at, "a visit ends after it starts")
        units, road = in_units(resource_units), timedelta(minutes=travel)
        ensure_free([unit for _, unit in units], starts_at - road, ends_at + road, self)
        self.starts_at, self.ends_at, self.travel = starts_at, ends_at, travel
        self.crew = ", ".join(dict.fromkeys(unit for _, unit in units))
        if len(self.crew) > limits.CREW_LENGTH:  # of an offer that was made before there was a limit
            self.crew = shorten(self.crew, limits.CREW_LENGTH, placeholder=" …")
        self.reservations = [Reservation(resource=part, unit=unit, unit_key=unit_key(unit), starts_at=starts_at - road,
                                         ends_at=ends_at + road) for part, unit in units]

    def _times(self) -> dict[str, str]:
        return {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}

    @property
    def _report_due(self) -> date:
        return add_working_days(local(self.ends_at).date(), self.rules.report_within)

    def _drop(self, officer: "Officer | None", words: str = "", reason: str = "") -> Event:
        self.status, self.reservations, self.sequence = VisitStatus.CANCELLED, [], self.sequence + 1
        return record_event(EventKind.CANCELLED, visit=self, officer=officer, words=words, cause=reason)

    def _must_be(self, *states: VisitStatus) -> None:
        require(self.status in states, f"visit {self.id} is {self.status}")


def _reminded_before() -> datetime:
    """Visits that start before this moment are reminded of today."""
    return midnight(add_working_days(today(), limits.REMIND_DAYS) + timedelta(days=1))
