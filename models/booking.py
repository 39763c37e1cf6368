"""A citizen's wish about a place, from receipt to answer."""

import enum
import hmac
import secrets
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, Date, Float, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from .base import NotAllowed, UTCDateTime, db, fold, now, one_of
from .event import Event, Kind, record
from .letter import Fate, Way
from .workdays import add_working_days, local, today

if TYPE_CHECKING:
    from .letter import Letter
    from .officer import Officer
    from .place import Place
    from .visit import Visit

REFERENCE_LETTERS = "2346789ACDEFGHJKMNPQRTUVWXY"  # no look-alikes: 0O, 1IL, 5S, 8B and 2Z are never both there
REOPEN_DAYS = 30  # after an answer, the citizen may ask for the case to be taken up again


class Status(enum.StrEnum):
    RECEIVED = "received"
    NEEDS_INFORMATION = "needs_information"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    DECLINED = "declined"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"


class Reply(enum.StrEnum):
    """How the citizen wants the answer."""

    EMAIL = "email"
    PHONE = "phone"
    LETTER = "letter"


OPEN = frozenset({Status.RECEIVED, Status.NEEDS_INFORMATION, Status.ACCEPTED})
CLOSED = frozenset(Status) - OPEN
NEXT_STEPS = {
    Status.RECEIVED: CLOSED - {Status.ANSWERED} | {Status.NEEDS_INFORMATION, Status.ACCEPTED},
    Status.NEEDS_INFORMATION: CLOSED - {Status.ANSWERED} | {Status.RECEIVED, Status.ACCEPTED},
    Status.ACCEPTED: CLOSED,
    Status.ANSWERED: {Status.RECEIVED},
    Status.DECLINED: {Status.RECEIVED},
    Status.REFERRED: {Status.RECEIVED},
    Status.WITHDRAWN: frozenset(),
}


class Booking(db.Model):
    """One wish. What the officer sorts, filters, counts or writes on is a column; the rest is in `answers`.

    `answers` is written whole by its service's validated form and never changed in place.
    `once` is the token of the form it came from: the same form sent twice is one booking.
    `news` is true while the citizen has said something that no officer has reacted to.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        Index(None, "status", "news", "due_on", "id"),
        Index(None, "news", "due_on", "id"),
        Index(None, "closed_at", "id"),
        Index(None, "received_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    secret: Mapped[str] = mapped_column(String(32))
    once: Mapped[str] = mapped_column(String(64), unique=True)
    service: Mapped[str] = mapped_column(String(32))
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.RECEIVED)
    news: Mapped[bool] = mapped_column(Boolean, default=False)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    phone: Mapped[str] = mapped_column(String(20), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    capacity: Mapped[str] = mapped_column(String(32))
    org: Mapped[str] = mapped_column(String(120), default="")
    reply: Mapped[Reply] = mapped_column(one_of(Reply))
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[str] = mapped_column(String(16), default="web")

    road: Mapped[str] = mapped_column(String(120))
    from_to: Mapped[str] = mapped_column(String(200), default="")
    lat: Mapped[float | None] = mapped_column(Float)
    lng: Mapped[float | None] = mapped_column(Float)
    public: Mapped[bool] = mapped_column(Boolean, default=False)
    answers: Mapped[dict] = mapped_column(JSON, default=dict)
    search: Mapped[str] = mapped_column(Text, default="")

    place: Mapped["Place"] = relationship(back_populates="bookings")
    visits: Mapped[list["Visit"]] = relationship(secondary="visit_bookings", back_populates="bookings",
                                                 order_by="Visit.starts_at")
    events: Mapped[list["Event"]] = relationship(back_populates="booking", order_by="Event.id")
    letters: Mapped[list["Letter"]] = relationship(back_populates="booking", order_by="Letter.id")

    @validates("reply")
    def _as_reply(self, _column, value: str) -> Reply:
        """Forms speak plain words; here they become what the rest of the program compares with."""
        return Reply(value)

    @classmethod
    def receive(cls, *, once: str, place: "Place", answer_within: int, officer: "Officer | None" = None,
                **columns) -> "Booking":
        """Take in a wish; the officer is named where it came by phone or on paper.

        The promise runs from today: `answer_within` working days.
        """
        booking = cls(reference="".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8)),
                      secret=secrets.token_urlsafe(18), once=once, place=place, status=Status.RECEIVED,
                      received_at=now(), due_on=add_working_days(today(), answer_within), **columns)
        db.session.add(booking)
        booking._refresh_search()
        record(Kind.RECEIVED, booking=booking, officer=officer, due_on=booking.due_on.isoformat())
        return booking

    @classmethod
    def by_reference(cls, typed: str) -> "Booking | None":
        """Found by its reference as people write it: small letters, spaces and dashes do not matter."""
        reference = "".join(c for c in typed.upper() if c.isalnum())
        return db.session.scalar(select(cls).where(cls.reference == reference)) if len(reference) == 8 else None

    @classmethod
    def by_link(cls, reference: str, secret: str) -> "Booking | None":
        booking = cls.by_reference(reference)
        return booking if booking and hmac.compare_digest(booking.secret.encode(), secret.encode()) else None

    @classmethod
    def once_received(cls, once: str) -> "Booking | None":
        """The booking that this form has become, if it was sent before."""
        return db.session.scalar(select(cls).where(cls.once == once))

    def belongs_to(self, contact: str) -> bool:
        """Whether `contact` is this booking's e-mail address or the last four digits of its phone number."""
        email, digits = contact.strip().casefold(), "".join(c for c in contact if c.isdigit())
        by_email = bool(self.email) and hmac.compare_digest(self.email.casefold().encode(), email.encode())
        by_phone = bool(self.phone) and len(digits) >= 4 and self.phone[-4:] == digits[-4:]
        return by_email or ("@" not in contact and by_phone)

    # What an officer does with it, in the order of a case's life.

    def ask(self, officer: "Officer", words: str, answer_by: date) -> Event:
        """Ask the citizen for information; without an answer by `answer_by` the officer decides on what is known."""
        self._step(Status.NEEDS_INFORMATION)
        self.due_on = max(self.due_on, answer_by)
        return record(Kind.INFORMATION_ASKED, booking=self, officer=officer, words=words,
                      answer_by=answer_by.isoformat())

    def accept(self, officer: "Officer", words: str, act_within: int, answer_within: int) -> Event:
        """Grant the wish. The promise is now the outcome: `act_within` working days from receipt, but never
        sooner than `answer_within` from today, which a late acceptance could not keep."""
        self._step(Status.ACCEPTED)
        self.due_on = max(add_working_days(local(self.received_at).date(), act_within),
                          add_working_days(today(), answer_within))
        return record(Kind.ACCEPTED, booking=self, officer=officer, words=words, due_on=self.due_on.isoformat())

    def delay(self, officer: "Officer", words: str, due_on: date) -> Event:
        """Tell what the case waits for (`words`) and give a new date, as good administrative practice asks."""
        self._must_be_open()
        if due_on <= today():
            raise NotAllowed("a new date lies in the future")
        self.due_on, self.news = due_on, False
        return record(Kind.DELAYED, booking=self, officer=officer, words=words, due_on=due_on.isoformat())

    def decline(self, officer: "Officer", reason: str, words: str, instead: str) -> Event:
        """Say no, with a reason code, the officer's own words, and another way where there is one."""
        self._step(Status.DECLINED)
        return record(Kind.DECLINED, booking=self, officer=officer, words=words, reason=reason, instead=instead)

    def refer(self, officer: "Officer", authority: str, words: str) -> Event:
        """Send the citizen to whoever can help."""
        self._step(Status.REFERRED)
        return record(Kind.REFERRED, booking=self, officer=officer, words=words, authority=authority)

    def answer(self, officer: "Officer", visit: "Visit") -> Event:
        """The visit's findings are the answer to this wish; Visit.report calls it for every booking."""
        self._step(Status.ANSWERED)
        return record(Kind.ANSWERED, booking=self, visit=visit, officer=officer)

    def postpone(self, officer: "Officer", visit: "Visit", due_on: date) -> Event:
        """The visit could not be carried out; the wish stands, with a new promise."""
        self._must_be_open()
        self.due_on = due_on
        return record(Kind.POSTPONED, booking=self, visit=visit, officer=officer, due_on=due_on.isoformat())

    def note(self, officer: "Officer", words: str) -> Event:
        """An internal note: never sent, never shown outside."""
        return record(Kind.NOTED, booking=self, officer=officer, words=words)

    def see(self, officer: "Officer") -> Event:
        """The officer has read what the citizen wrote and nothing more is needed."""
        self.news = False
        return record(Kind.SEEN, booking=self, officer=officer)

    def move(self, officer: "Officer", place: "Place") -> Event:
        """It was about another place than it was filed under."""
        before, self.place = self.place, place
        self._refresh_search()
        return record(Kind.MOVED, booking=self, officer=officer, before=str(before), after=str(place))

    # What the citizen does, on their page or, where an officer is named, by phone or on paper.

    def give_information(self, words: str, answer_within: int, officer: "Officer | None" = None) -> Event:
        """More from the citizen. Where it answers a question, the promise starts anew."""
        self._must_be_open()
        if self.status is Status.NEEDS_INFORMATION:
            self._step(Status.RECEIVED)
            self.due_on = add_working_days(today(), answer_within)
        self.news = officer is None
        return record(Kind.INFORMATION_GIVEN, booking=self, officer=officer, words=words)

    def change_contact(self, *, name: str, email: str, phone: str, address: str, reply: Reply,
                       officer: "Officer | None" = None) -> Event:
        """Letters that still wait go where the citizen can be reached now."""
        self.name, self.email, self.phone, self.address, self.reply = name, email, phone, address, reply
        self._refresh_search()
        for letter in self.letters:
            if letter.fate is Fate.WAITING and self.reached_by(letter.way):
                letter.recipient = self.reached_by(letter.way)
        return record(Kind.CONTACT_CHANGED, booking=self, officer=officer)

    def withdraw(self, officer: "Officer | None" = None) -> Event:
        self._step(Status.WITHDRAWN)
        return record(Kind.WITHDRAWN, booking=self, officer=officer)

    def reopen(self, words: str, answer_within: int, officer: "Officer | None" = None) -> Event:
        """The citizen was not helped and says why, within REOPEN_DAYS of the answer."""
        if not self.may_reopen:
            raise NotAllowed(f"{self.reference} cannot be taken up again")
        self._step(Status.RECEIVED)
        self.news, self.due_on = officer is None, add_working_days(today(), answer_within)
        return record(Kind.REOPENED, booking=self, officer=officer, words=words, due_on=self.due_on.isoformat())

    # What can be read off it.

    def reached_by(self, way: Way) -> str:
        """The address for letters of this way; empty where there is none."""
        return {Way.EMAIL: self.email, Way.PHONE: self.phone,
                Way.POST: f"{self.name}\n{self.address}" if self.address else ""}[way]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def may_reopen(self) -> bool:
        return (Status.RECEIVED in NEXT_STEPS[self.status] and self.closed_at is not None
                and now() <= self.closed_at + timedelta(days=REOPEN_DAYS))

    @property
    def awaits_visit(self) -> bool:
        return self.status is Status.ACCEPTED and not any(v.is_open for v in self.visits)

    @property
    def outcomes(self) -> list["Visit"]:
        """The visits whose findings this citizen has been sent, oldest first."""
        return [v for v in self.visits if v.findings]

    @property
    def question(self) -> Event | None:
        """What the citizen was last asked, while the answer is missing."""
        asked = [e for e in self.events if e.kind is Kind.INFORMATION_ASKED]
        return asked[-1] if asked and self.status is Status.NEEDS_INFORMATION else None

    def waits_for(self, visit: "Visit") -> bool:
        """Whether this visit's findings are still owed to this wish."""
        return self.status is Status.ACCEPTED and not any(e.kind is Kind.ANSWERED and e.visit is visit
                                                          for e in self.events)

    def allows(self, status: Status) -> bool:
        return status in NEXT_STEPS[self.status]

    def _step(self, status: Status) -> None:
        """The one place where a status changes."""
        if not self.allows(status):
            raise NotAllowed(f"{self.reference} is {self.status} and cannot become {status}")
        if self.status is Status.ACCEPTED and status is not Status.ANSWERED:
            for visit in [v for v in self.visits if v.is_planned]:
                visit.bookings.remove(self)
                record(Kind.UNPLANNED, booking=self, visit=visit)
        self.status, self.news = status, self.news and status is Status.ANSWERED  # findings react to no message
        self.closed_at = now() if status in CLOSED else None

    def _must_be_open(self) -> None:
        if not self.is_open:
            raise NotAllowed(f"{self.reference} is {self.status}")

    def _refresh_search(self) -> None:
        place = self.place
        self.search = fold(" ".join((self.reference, self.name, self.org, self.road, self.from_to, place.road,
                                     place.postcode, place.town, self.email, self.phone)))
