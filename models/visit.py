"""The police at a place: planned, carried out, reported. One visit answers many bookings."""

import enum
import secrets
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .agenda import Taken, ensure_free, in_units
from .base import NotAllowed, UTCDateTime, db, now, one_of
from .booking import Booking
from .event import Event, Kind, record
from .status import Status
from .workdays import add_working_days, local, today

if TYPE_CHECKING:
    from .field import FieldLink
    from .officer import Officer
    from .place import Place
    from .proposal import Proposal
    from .task import Owner, Task

visit_bookings = Table(
    "visit_bookings", db.metadata,
    Column("visit_id", ForeignKey("visits.id"), primary_key=True),
    Column("booking_id", ForeignKey("bookings.id"), primary_key=True, index=True),
)


class Sum(db.Model):
    """A number that a visit's findings add to the figures, such as vehicles measured, or 1 for a worry heard."""

    __tablename__ = "sums"

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)


class State(enum.StrEnum):
    PLANNED = "planned"
    DONE = "done"  # findings are entered, and not yet sent
    REPORTED = "reported"
    CANCELLED = "cancelled"


class Visit(db.Model):
    """One visit. `draft` are findings as entered, `findings` as last sent: a citizen only ever sees the second.

    `told` is true where the date was agreed with those who asked; where it is false, nobody outside the office may
    know of the visit before its findings. `place_told` is the place as our letters and the public calendar name it,
    `public` whether that calendar shows it: only where everyone who asked has agreed. `crew` names all units of
    `takes`, and `travel` is how many minutes each way they are on the road. `uid` is what people outside know the visit
    by, for its number would tell how many others there are; `sequence` counts the changes that their calendars follow.
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index(None, "state", "ends_at"),
        Index(None, "starts_at"),
        Index(None, "reported_at", sqlite_where=text("draft IS NOT NULL"), postgresql_where=text("draft IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(32))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), index=True)
    state: Mapped[State] = mapped_column(one_of(State), default=State.PLANNED)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    crew: Mapped[str] = mapped_column(String(80))
    travel: Mapped[int] = mapped_column(Integer, default=0)
    method: Mapped[str] = mapped_column(String(32), default="")
    told: Mapped[bool] = mapped_column(Boolean, default=False)
    public: Mapped[bool] = mapped_column(Boolean, default=False)
    place_told: Mapped[str] = mapped_column(String(160), default="")
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
    takes: Mapped[list["Taken"]] = relationship(back_populates="visit", cascade="all, delete-orphan",
                                                order_by="Taken.id")
    events: Mapped[list["Event"]] = relationship(back_populates="visit", order_by="Event.id")
    tasks: Mapped[list["Task"]] = relationship(back_populates="visit", order_by="Task.number")
    owners: Mapped[list["Owner"]] = relationship(back_populates="visit", order_by="Owner.id")
    field_links: Mapped[list["FieldLink"]] = relationship(back_populates="visit", order_by="FieldLink.id")
    sums: Mapped[list[Sum]] = relationship(cascade="all, delete-orphan")

    @classmethod
    def plan(cls, officer: "Officer | None", *, service: str, place: "Place", starts_at: datetime, ends_at: datetime,
             takes: dict[str, str], bookings: list[Booking], method: str = "", travel: int = 0, told: bool = False,
             place_told: str = "", public: bool = False, report_within: int = 0, words: str = "") -> "Visit":
        """Plan a visit for the bookings that it answers. Raises Clash where a unit of `takes` is already taken.

        Where the date is `told`, the bookings are accepted with it, their letters carry the officer's `words`, and the
        outcome is promised `report_within` working days after.
        """
        visit = cls(service=service, place=place, state=State.PLANNED, method=method, told=told, place_told=place_told,
                    uid=secrets.token_urlsafe(12), sequence=0)
        visit._take(starts_at, ends_at, takes, travel)
        db.session.add(visit)
        record(Kind.PLANNED, visit=visit, officer=officer, starts_at=starts_at.isoformat(), crew=visit.crew)
        visit.choose(officer, bookings, report_within, words)
        visit.show(public)
        return visit

    @classmethod
    def agree(cls, proposal: "Proposal", report_within: int) -> "Visit":
        """The citizen takes a date that we offered. Raises Clash where somebody else was quicker."""
        booking = proposal.booking
        if not (proposal.is_open and proposal.is_offer and booking.awaits_visit):
            raise NotAllowed(f"{booking.reference} cannot have this date any more")
        return cls.plan(None, service=booking.service, place=booking.place, starts_at=proposal.starts_at,
                        ends_at=proposal.ends_at, takes=proposal.takes, travel=proposal.travel, bookings=[booking],
                        told=True, place_told=proposal.where, public=True, report_within=report_within)

    def reschedule(self, officer: "Officer", *, place: "Place", starts_at: datetime, ends_at: datetime,
                   takes: dict[str, str], method: str = "", travel: int = 0, place_told: str = "",
                   report_within: int = 0, words: str = "") -> Event:
        """Another time, place or crew. Whoever was told the date hears of it, unless only the crew changes."""
        self._must_be(State.PLANNED)
        before = self.starts_at, self.ends_at, self.place_told
        self.place, self.method, self.place_told = place, method, place_told
        self._take(starts_at, ends_at, takes, travel)
        if self.told and before != (self.starts_at, self.ends_at, self.place_told):
            self.sequence, self.reminded_at = self.sequence + 1, None
            for booking in self.bookings:
                booking.due_on = self._promise(report_within)
                record(Kind.AGREED_ANEW, booking=booking, visit=self, officer=officer, words=words,
                       before=before[0].isoformat(), **self._times())
        return record(Kind.RESCHEDULED, visit=self, officer=officer, starts_at=starts_at.isoformat(), crew=self.crew)

    def choose(self, officer: "Officer | None", bookings: list[Booking], report_within: int = 0,
               words: str = "") -> None:
        """Make `bookings` the ones that this visit answers; those left out wait for another visit. Nobody who was told
        the date is left out: it is called off, or they withdraw."""
        self._must_be(State.PLANNED)
        new, left_out = [b for b in bookings if b not in self.bookings], [b for b in self.bookings if b not in bookings]
        for booking in new:
            if not booking.may_be_visited(self.told) or booking.service != self.service:
                raise NotAllowed(f"{booking.reference} is {booking.status} and cannot be answered by this visit")
        if self.told and left_out:
            raise NotAllowed(f"visit {self.id} is agreed with {left_out[0].reference}")
        for booking in new:
            if self.told:
                booking.agree(officer, self, self._promise(report_within), words, **self._times())
            else:
                record(Kind.PLANNED, booking=booking, visit=self, officer=officer)
        for booking in left_out:
            record(Kind.UNPLANNED, booking=booking, visit=self, officer=officer)
        self.bookings = sorted(bookings, key=lambda b: b.reference)
        self.show(self.public)

    def show(self, public: bool) -> None:
        """Show it in the public calendar, or not: only a date that is told, and only if everyone who asked agreed."""
        self.public = public and self.told and bool(self.bookings) and all(b.public for b in self.bookings)

    def cancel(self, officer: "Officer", reason: str, words: str = "", answer_within: int = 0) -> Event:
        """It will not take place; its bookings wait for another visit. Whoever was told the date hears why at once,
        and by when we propose another: acute duty wins, and that is normal."""
        self._must_be(State.PLANNED)
        for booking in self.bookings:
            if self.told:
                booking.call_off(officer, self, reason, words, answer_within)
            else:
                record(Kind.UNPLANNED, booking=booking, visit=self, officer=officer)
        return self._drop(officer, words, reason)

    def leave(self, booking: Booking) -> None:
        """`booking` is closed before the visit. An agreed date that nobody wants any more is nobody's time."""
        self.bookings.remove(booking)
        record(Kind.UNPLANNED, booking=booking, visit=self)
        if self.told and not self.bookings:
            self._drop(None)

    def remind(self) -> None:
        """Remind both sides of the date: everyone who asked, and the office."""
        self.reminded_at = now()
        for booking in [*self.bookings, None]:
            record(Kind.REMINDED, booking=booking, visit=self)

    def enter_findings(self, officer: "Officer | None", draft: dict, by: str = "") -> Event:
        """Keep what was found; nobody is told before `report`. `by` is who entered it by a link of their own."""
        self._must_be(State.PLANNED, State.DONE, State.REPORTED)
        if self.starts_at > now():
            raise NotAllowed(f"visit {self.id} has not taken place")
        self.draft = draft
        if self.state is State.PLANNED:
            self.state = State.DONE
        return record(Kind.FINDINGS_ENTERED, visit=self, officer=officer, words=by)

    def report(self, officer: "Officer", retry_by: date | None = None, adds: dict[str, int] | None = None) -> Event:
        """Send the findings to everyone who asked. A second report is a correction and goes to the same people.

        `retry_by` is set where nothing could be carried out and the wishes stand: the day of their new promise.
        `adds` is what the findings add to the figures.
        """
        self._must_be(State.DONE, State.REPORTED)
        if self.draft is None:
            raise NotAllowed(f"visit {self.id} has nothing new to report")
        corrects, told = self.state is State.REPORTED, self.recipients
        if not corrects:
            self.bookings = told
        self.findings, self.draft = self.draft, None
        self.sums = [Sum(what=what, number=number) for what, number in (adds or {}).items()]
        self.state, self.reported_at = State.REPORTED, now()
        for booking in told:
            if booking.may_hear_more and not booking.has_heard_of(self):
                if not retry_by:  # where nothing was carried out there is nothing more to hear
                    record(Kind.FOLLOWED_UP, booking=booking, visit=self, officer=officer)
            elif not booking.waits_for(self) or (corrects and retry_by):
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

    def forget(self, emptied: dict) -> None:
        """What was written about it is taken out, and the photos; what was found, in numbers and choices, stays."""
        self._must_be(State.REPORTED, State.CANCELLED)
        for name, value in emptied.items():
            setattr(self, name, value)
        for task in self.tasks:
            task.photo, task.ask_on = None, None
        self.removed_on, self.protocol_public = today(), False

    @property
    def agreed(self) -> list["Task"]:
        """The tasks that those who asked for the visit have been told of with its findings."""
        return [task for task in self.tasks if self.reported_at and task.entered_at <= self.reported_at]

    @property
    def recipients(self) -> list[Booking]:
        """Whose wish the findings answer: accepted when they are first sent, or answered before and still following;
        and the same people ever after, but for those who have withdrawn since or been set aside."""
        if self.state is State.REPORTED:
            return [b for b in self.bookings if b.status not in (Status.WITHDRAWN, Status.SPAM)]
        return [b for b in self.bookings if b.status is Status.ACCEPTED or b.may_hear_more]

    @property
    def parts(self) -> dict[str, str]:
        """The units of each part: {"crew": "Ida, Bo"}."""
        parts: dict[str, list[str]] = {}
        for taken in self.takes:
            parts.setdefault(taken.part, []).append(taken.unit)
        return {part: ", ".join(units) for part, units in parts.items()}

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

    @classmethod
    def to_remind(cls, day: date) -> list["Visit"]:
        """Visits up to the end of `day` whose date was told and of which nobody has been reminded."""
        found = db.session.scalars(select(cls).where(
            cls.state == State.PLANNED, cls.told.is_(True), cls.reminded_at.is_(None), cls.starts_at > now(),
            cls.starts_at < now() + timedelta(days=14)).order_by(cls.starts_at))
        return [v for v in found if local(v.starts_at).date() <= day]

    def _take(self, starts_at: datetime, ends_at: datetime, takes: dict[str, str], travel: int) -> None:
        """Take the units for that time, with the road there and back; Clash where one of them is elsewhere."""
        if ends_at <= starts_at:
            raise NotAllowed("a visit ends after it starts")
        units, road = in_units(takes), timedelta(minutes=travel)
        ensure_free([unit for _, unit in units], starts_at - road, ends_at + road, self)
        self.starts_at, self.ends_at, self.travel = starts_at, ends_at, travel
        self.crew = ", ".join(dict.fromkeys(unit for _, unit in units))[:80]
        self.takes = [Taken.of(part, unit, starts_at - road, ends_at + road) for part, unit in units]

    def _times(self) -> dict[str, str]:
        return {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}

    def _promise(self, report_within: int) -> date:
        return add_working_days(local(self.ends_at).date(), report_within)

    def _drop(self, officer: "Officer | None", words: str = "", reason: str = "") -> Event:
        self.state, self.takes, self.sequence = State.CANCELLED, [], self.sequence + 1
        return record(Kind.CANCELLED, visit=self, officer=officer, words=words, cause=reason)

    def _must_be(self, *states: State) -> None:
        if self.state not in states:
            raise NotAllowed(f"visit {self.id} is {self.state}")
