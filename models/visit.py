"""The police at a place: planned, carried out, reported. One visit answers many bookings."""

import enum
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, UTCDateTime, db, fold, now, one_of
from .booking import Booking, Status
from .event import Event, Kind, record

if TYPE_CHECKING:
    from .officer import Officer
    from .place import Place
    from .task import Owner, Task

visit_bookings = Table(
    "visit_bookings", db.metadata,
    Column("visit_id", ForeignKey("visits.id"), primary_key=True),
    Column("booking_id", ForeignKey("bookings.id"), primary_key=True, index=True),
)


class State(enum.StrEnum):
    PLANNED = "planned"
    DONE = "done"  # findings are entered, and not yet sent
    REPORTED = "reported"
    CANCELLED = "cancelled"


class Clash(NotAllowed):
    """The crew is elsewhere at that time. `other` is the visit in the way."""

    def __init__(self, other: "Visit"):
        super().__init__(f"{other.crew} has visit {other.id} at that time")
        self.other = other


class Visit(db.Model):
    """One visit. `draft` are findings as entered, `findings` as last sent: a citizen only ever sees the second."""

    __tablename__ = "visits"
    __table_args__ = (Index(None, "state", "ends_at"), Index(None, "crew_key", "starts_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(32))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), index=True)
    state: Mapped[State] = mapped_column(one_of(State), default=State.PLANNED)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    crew: Mapped[str] = mapped_column(String(80))
    crew_key: Mapped[str] = mapped_column(String(80))
    method: Mapped[str] = mapped_column(String(32), default="")
    draft: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    findings: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    reported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    protocol_public: Mapped[bool] = mapped_column(Boolean, default=False)

    place: Mapped["Place"] = relationship(back_populates="visits")
    bookings: Mapped[list["Booking"]] = relationship(secondary=visit_bookings, back_populates="visits",
                                                     order_by="Booking.id")
    events: Mapped[list["Event"]] = relationship(back_populates="visit", order_by="Event.id")
    tasks: Mapped[list["Task"]] = relationship(back_populates="visit", order_by="Task.number")
    owners: Mapped[list["Owner"]] = relationship(back_populates="visit", order_by="Owner.id")

    @classmethod
    def plan(cls, officer: "Officer", *, service: str, place: "Place", starts_at: datetime, ends_at: datetime,
             crew: str, method: str, bookings: list[Booking]) -> "Visit":
        """Plan a visit for accepted bookings. Raises Clash where the crew is already taken."""
        visit = cls(service=service, place=place, state=State.PLANNED, method=method)
        visit._take(starts_at, ends_at, crew)
        db.session.add(visit)
        record(Kind.PLANNED, visit=visit, officer=officer, starts_at=starts_at.isoformat(), crew=crew)
        visit.choose(officer, bookings)
        return visit

    def reschedule(self, officer: "Officer", *, place: "Place", starts_at: datetime, ends_at: datetime, crew: str,
                   method: str) -> Event:
        self._must_be(State.PLANNED)
        self.place, self.method = place, method
        self._take(starts_at, ends_at, crew)
        return record(Kind.RESCHEDULED, visit=self, officer=officer, starts_at=starts_at.isoformat(), crew=crew)

    def choose(self, officer: "Officer", bookings: list[Booking]) -> None:
        """Make `bookings` the ones that this visit answers; those left out wait for another visit."""
        self._must_be(State.PLANNED, State.DONE)
        for booking in bookings:
            if booking.status is not Status.ACCEPTED or booking.service != self.service:
                raise NotAllowed(f"{booking.reference} is {booking.status} and cannot be answered by this visit")
        for booking in set(bookings) - set(self.bookings):
            record(Kind.PLANNED, booking=booking, visit=self, officer=officer)
        for booking in set(self.bookings) - set(bookings):
            record(Kind.UNPLANNED, booking=booking, visit=self, officer=officer)
        self.bookings = sorted(bookings, key=lambda b: b.reference)

    def cancel(self, officer: "Officer", reason: str) -> Event:
        """It will not take place; its bookings wait for another visit."""
        self._must_be(State.PLANNED)
        self.state = State.CANCELLED
        for booking in self.bookings:
            record(Kind.UNPLANNED, booking=booking, visit=self, officer=officer)
        return record(Kind.CANCELLED, visit=self, officer=officer, words=reason)

    def enter_findings(self, officer: "Officer", draft: dict) -> Event:
        """Keep what was found; nobody is told before `report`."""
        self._must_be(State.PLANNED, State.DONE, State.REPORTED)
        if self.starts_at > now():
            raise NotAllowed(f"visit {self.id} has not taken place")
        self.draft = draft
        if self.state is State.PLANNED:
            self.state = State.DONE
        return record(Kind.FINDINGS_ENTERED, visit=self, officer=officer)

    def report(self, officer: "Officer", retry_by: date | None = None) -> Event:
        """Send the findings to everyone who asked. A second report is a correction and goes to the same people.

        `retry_by` is set where nothing could be carried out and the wishes stand: the day of their new promise.
        """
        self._must_be(State.DONE, State.REPORTED)
        if self.draft is None:
            raise NotAllowed(f"visit {self.id} has nothing new to report")
        corrects, told = self.state is State.REPORTED, self.recipients
        if not corrects:
            self.bookings = told
        self.findings, self.draft = self.draft, None
        self.state, self.reported_at = State.REPORTED, now()
        for booking in told:
            if not booking.waits_for(self) or (corrects and retry_by):
                record(Kind.CORRECTED, booking=booking, visit=self, officer=officer)
            elif retry_by:
                booking.postpone(officer, self, retry_by)
            else:
                booking.answer(officer, self)
        return record(Kind.REPORTED, visit=self, officer=officer, corrects=corrects)

    def publish(self, officer: "Officer", shown: bool) -> Event:
        """Let anybody read the protocol, or nobody any more. Which tasks it shows is each task's own affair."""
        if shown and not self.has_begun:
            raise NotAllowed(f"visit {self.id} has not begun")
        self.protocol_public = shown
        return record(Kind.PUBLISHED if shown else Kind.UNPUBLISHED, visit=self, officer=officer)

    @property
    def agreed(self) -> list["Task"]:
        """The tasks that those who asked for the visit have been told of with its findings."""
        return [task for task in self.tasks if self.reported_at and task.entered_at <= self.reported_at]

    @property
    def recipients(self) -> list[Booking]:
        """Whose wish the findings answer: accepted when they are first sent, and the same people ever after, but
        for those who have withdrawn since."""
        if self.state is State.REPORTED:
            return [b for b in self.bookings if b.status is not Status.WITHDRAWN]
        return [b for b in self.bookings if b.status is Status.ACCEPTED]

    @property
    def is_planned(self) -> bool:
        return self.state is State.PLANNED

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= now() and self.state is not State.CANCELLED

    @property
    def is_overdue(self) -> bool:
        """Over, and nobody has said what was found."""
        return self.state is State.PLANNED and self.ends_at < now()

    @property
    def is_open(self) -> bool:
        """Whether its findings are still to be sent."""
        return self.state in (State.PLANNED, State.DONE)

    def _take(self, starts_at: datetime, ends_at: datetime, crew: str) -> None:
        """Take the crew for that time. Reading and writing are one transaction, so nobody can come between."""
        if ends_at <= starts_at:
            raise NotAllowed("a visit ends after it starts")
        taken = select(Visit).where(Visit.crew_key == fold(crew), Visit.state.in_((State.PLANNED, State.DONE)),
                                    Visit.id != self.id, Visit.starts_at < ends_at, Visit.ends_at > starts_at)
        with db.session.no_autoflush:
            other = db.session.scalar(taken.limit(1)) if crew else None
        if other:
            raise Clash(other)
        self.starts_at, self.ends_at, self.crew, self.crew_key = starts_at, ends_at, crew, fold(crew)

    def _must_be(self, *states: State) -> None:
        if self.state not in states:
            raise NotAllowed(f"visit {self.id} is {self.state}")
