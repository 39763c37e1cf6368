"""A citizen's wish about a place, from receipt to answer."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, Date, Float, ForeignKey, Index, Integer, String, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from .agenda import ensure_free, free_times, in_units
from .base import NotAllowed, UTCDateTime, db, fold, now, one_of
from .event import Event, Kind, record
from .letter import Fate, Way
from .notice import FIRST, Notice
from .proposal import Proposal
from .status import CLOSED, DECIDED, NEXT_STEPS, OPEN, Reply, Status
from .workdays import add_working_days, local, today, working_days_until

if TYPE_CHECKING:
    from .letter import Letter
    from .officer import Officer
    from .place import Place
    from .visit import Visit

REFERENCE_LETTERS = "2346789ACDEFGHJKMNPQRTUVWXY"  # no look-alikes: 0O, 1IL, 5S, 8B and 2Z are never both there
REOPEN_DAYS = 30  # after an answer, the citizen may ask for the case to be taken up again


class Booking(db.Model):
    """One wish. What the officer sorts, filters, counts or writes on is a column; the rest is in `answers`.

    `answers` is written whole by its service's validated form and never changed in place.
    `once` is the token of the form it came from: the same form sent twice is one booking.
    `news` is true while the citizen has said something that no officer has reacted to.
    `public` says that its date, once agreed, may stand in the public calendar.
    `wait` is how many working days passed from `received_on` to `decided_on`, the first yes or no; `stated` is within
    how many of them, as the form said, four of five were answered. `reason` is why the answer was no. `helped` and
    `helped_why` are the citizen's answer to the one question after ours. `journal` is the number in the journal.
    `follows` is whether somebody who was answered wants to hear of further visits to the place. `notice` is the version
    of the privacy notice that they were given. From `removed_on`, nothing tells any more whose wish it was.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        Index(None, "status", "news", "due_on", "id"),
        # Of the few with news alone: it must not tempt a database that looks for the others.
        Index(None, "news", "due_on", "id", sqlite_where=text("news IS 1"), postgresql_where=text("news IS TRUE")),
        Index(None, "closed_at", "id"),
        Index(None, "received_at", "id"),
        Index(None, "place_id", "status"),
        # What the figures count by, so that they need not look at the bookings themselves.
        Index("ix_bookings_figures_received", "received_on", "service", "place_id", "status"),
        Index("ix_bookings_figures_decided", "decided_on", "service", "status", "wait", "place_id", "reason", "helped",
              "helped_why"),
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
    received_on: Mapped[date] = mapped_column(Date, default=today)
    decided_on: Mapped[date | None] = mapped_column(Date)
    wait: Mapped[int | None] = mapped_column(Integer)
    stated: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(32), default="")
    helped: Mapped[str] = mapped_column(String(16), default="")
    helped_why: Mapped[str] = mapped_column(String(32), default="")
    journal: Mapped[str] = mapped_column(String(40), default="")
    follows: Mapped[bool] = mapped_column(Boolean, default=True)
    notice: Mapped[int] = mapped_column(Integer, default=FIRST)
    removed_on: Mapped[date | None] = mapped_column(Date)

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
    proposals: Mapped[list["Proposal"]] = relationship(back_populates="booking", order_by="Proposal.starts_at")
    events: Mapped[list["Event"]] = relationship(back_populates="booking", order_by="Event.id")
    letters: Mapped[list["Letter"]] = relationship(back_populates="booking", order_by="Letter.id")

    @validates("reply")
    def _as_reply(self, _column, value: str) -> Reply:
        """Forms speak plain words; here they become what the rest of the program compares with."""
        return Reply(value)

    @classmethod
    def receive(cls, *, once: str, place: "Place", answer_within: int, officer: "Officer | None" = None,
                wishes: Sequence[tuple[datetime, datetime]] = (), origin: str = "", **columns) -> "Booking":
        """Take in a wish; the officer is named where it came by phone or on paper.

        The promise runs from today: `answer_within` working days. `wishes` are the dates that would suit, `origin` is
        the reference of the case that it grew out of.
        """
        booking = cls(reference="".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8)),
                      secret=secrets.token_urlsafe(18), once=once, place=place, status=Status.RECEIVED,
                      received_at=now(), received_on=today(), due_on=add_working_days(today(), answer_within),
                      notice=Notice.number(), **columns)
        db.session.add(booking)
        booking._refresh_search()
        booking.proposals = [Proposal(starts_at=start, ends_at=end) for start, end in wishes]
        record(Kind.RECEIVED, booking=booking, officer=officer, due_on=booking.due_on.isoformat(),
               **({"origin": origin} if origin else {}))
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

    def offer(self, officer: "Officer | None", times: Sequence[tuple[datetime, datetime]], *, takes: dict[str, str],
              travel: int, where: str, answer_by: date, words: str = "", **facts) -> Event:
        """Propose dates, of which the citizen takes one or none by `answer_by`; what was offered before is void.

        Raises Clash where a unit is not free then. No officer is named where a date was lost to somebody quicker.
        """
        if not self.may_be_visited(told=True):
            raise NotAllowed(f"{self.reference} is {self.status} and can be offered no date")
        if self.status is not Status.ACCEPTED:
            self._step(Status.ACCEPTED)
        self._close(self.offers)
        for start, end in times:
            offered = Proposal(starts_at=start, ends_at=end, answer_by=answer_by, takes=takes, travel=travel,
                               where=where)
            ensure_free(offered.units, *offered.occupied)
            self.proposals.append(offered)
        self.due_on, self.news = max(self.due_on, answer_by), False
        return record(Kind.DATES_OFFERED, booking=self, officer=officer, words=words, answer_by=answer_by.isoformat(),
                      times=[[start.isoformat(), end.isoformat()] for start, end in times], **facts)

    def agree(self, officer: "Officer | None", visit: "Visit", due_on: date, words: str, **times) -> Event:
        """The date is agreed; Visit calls it. The promise is now the outcome."""
        if self.status is not Status.ACCEPTED:
            self._step(Status.ACCEPTED)
        self._close(self.proposals)
        self.due_on, self.news = due_on, False
        return record(Kind.AGREED, booking=self, visit=visit, officer=officer, words=words, **times)

    def offer_instead(self, lost: "Proposal", answer_by: date, officer: "Officer | None" = None,
                      takes: dict[str, str] | None = None, travel: int = 0) -> Event:
        """The nearest other dates in place of one that is taken, by the same units, or those of `takes` where a wish
        named none. Where there is none, an officer looks for one."""
        takes, travel, length = lost.takes or takes or {}, lost.travel or travel, lost.ends_at - lost.starts_at
        starts = free_times([u for _, u in in_units(takes)], lost.starts_at, length, timedelta(minutes=travel))
        lost.closed_at = now()
        if not starts:
            self.news = True
            return record(Kind.DATES_REFUSED, booking=self, officer=officer, instead_of=lost.starts_at.isoformat())
        return self.offer(officer, [(start, start + length) for start in starts], takes=takes, travel=travel,
                          where=lost.where or f"{self.place.postcode} {self.place.town}", answer_by=answer_by,
                          instead_of=lost.starts_at.isoformat())

    def refuse_offers(self, words: str, answer_within: int) -> Event:
        """None of the dates fits, and why; an officer looks for others within `answer_within` working days."""
        if not self.offers:
            raise NotAllowed(f"{self.reference} has been offered no date")
        self._close(self.offers)
        self.news, self.due_on = True, add_working_days(today(), answer_within)
        return record(Kind.DATES_REFUSED, booking=self, words=words)

    def lapse(self, answer_within: int) -> Event:
        """Nobody answered the offered dates in time. The wish stands, and the officer looks at it again."""
        self._close(self.offers)
        self.due_on = add_working_days(today(), answer_within)
        return record(Kind.DATES_LAPSED, booking=self)

    def call_off(self, officer: "Officer", visit: "Visit", cause: str, words: str, answer_within: int) -> Event:
        """The agreed date is off; Visit.cancel calls it. By the new promise we propose another."""
        self.due_on = add_working_days(today(), answer_within)
        self._wish_again(visit)
        return record(Kind.CALLED_OFF, booking=self, visit=visit, officer=officer, words=words, cause=cause,
                      due_on=self.due_on.isoformat(), starts_at=visit.starts_at.isoformat())

    def delay(self, officer: "Officer", words: str, due_on: date) -> Event:
        """Tell what the case waits for (`words`) and give a new date, as good administrative practice asks."""
        self._must_be_open()
        if due_on <= today():
            raise NotAllowed("a new date lies in the future")
        self.due_on, self.news = due_on, False
        return record(Kind.DELAYED, booking=self, officer=officer, words=words, due_on=due_on.isoformat())

    def decline(self, officer: "Officer", reason: str, words: str, instead: str, said: str = "") -> Event:
        """Say no, with a reason code, the officer's own words, and another way where there is one. `said` is the
        reason's sentence where it is not the catalogue's: what was written stays, whatever is written next year."""
        self._step(Status.DECLINED)
        self.reason = reason
        return record(Kind.DECLINED, booking=self, officer=officer, words=words, reason=reason, instead=instead,
                      **({"said": said} if said else {}))

    def refer(self, officer: "Officer", authority: str, words: str) -> Event:
        """Send the citizen to whoever can help."""
        self._step(Status.REFERRED)
        return record(Kind.REFERRED, booking=self, officer=officer, words=words, authority=authority)

    def set_aside(self, officer: "Officer | None" = None) -> Event:
        """It is taken for not genuine; where no officer is named, the reader of its address has said that they never
        asked. Nobody gets a letter."""
        self._step(Status.SPAM)
        return record(Kind.SPAM, booking=self, officer=officer)

    def answer(self, officer: "Officer", visit: "Visit") -> Event:
        """The visit's findings are the answer to this wish; Visit.report calls it for every booking."""
        self._step(Status.ANSWERED)
        return record(Kind.ANSWERED, booking=self, visit=visit, officer=officer)

    def postpone(self, officer: "Officer", visit: "Visit", due_on: date) -> Event:
        """The visit could not be carried out; the wish stands, with a new promise."""
        self._must_be_open()
        self.due_on = due_on
        self._wish_again(visit)
        return record(Kind.POSTPONED, booking=self, visit=visit, officer=officer, due_on=due_on.isoformat())

    def lead_to(self, officer: "Officer", visit: "Visit", *, service: str, answer_within: int, answers: dict,
                place: "Place", number: int = 0) -> "Booking":
        """Start another case for the same people out of this one's visit, or of its task of that `number`. Pressed
        twice, it is one case."""
        once = f"from {visit.id} {service} {number}"
        known = Booking.once_received(once)
        if known:
            return known
        same = ("name", "email", "phone", "address", "capacity", "org", "reply", "language")
        started = Booking.receive(
            once=once, place=place, answer_within=answer_within, officer=officer, origin=self.reference,
            road=place.road, from_to=place.from_to or "", lat=place.lat, lng=place.lng, service=service,
            answers=answers, channel="office", **{name: getattr(self, name) for name in same})
        record(Kind.LED_TO, booking=self, visit=visit, officer=officer, led_to=started.reference,
               **({"task": number} if number else {}))
        return started

    def note(self, officer: "Officer", words: str) -> Event:
        """An internal note: never sent, never shown outside."""
        return record(Kind.NOTED, booking=self, officer=officer, words=words)

    def put_right(self, officer: "Officer", words: str) -> Event:
        """What was said stands as it was said; beside it, from now on, what is right."""
        return record(Kind.PUT_RIGHT, booking=self, officer=officer, words=words)

    def forget(self, emptied: dict) -> None:
        """Whose wish it was, and what was written, is taken out; what was wished, where and when, and what came of it
        stays. `emptied` is what stands in its columns from now on."""
        if self.is_open:
            raise NotAllowed(f"{self.reference} is {self.status}")
        for name, value in emptied.items():
            setattr(self, name, value)
        self.removed_on, self.follows, self.news = today(), False, False
        self._refresh_search()

    def journalise(self, officer: "Officer", journal: str) -> Event:
        """Under which number it stands in the journal; none where it was entered by mistake."""
        self.journal = journal
        self._refresh_search()
        return record(Kind.JOURNALISED, booking=self, officer=officer, journal=journal)

    def see(self, officer: "Officer") -> Event:
        """The officer has read what the citizen wrote and nothing more is needed."""
        self.news = False
        return record(Kind.SEEN, booking=self, officer=officer)

    def move(self, officer: "Officer", place: "Place") -> Event:
        """It was about another place than it was filed under."""
        before, self.place = self.place, place
        self._refresh_search()
        return record(Kind.MOVED, booking=self, officer=officer, before=before.in_full, after=place.in_full)

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

    def unfollow(self) -> Event:
        """The citizen does not want to hear of further visits."""
        self.follows = False
        return record(Kind.UNFOLLOWED, booking=self)

    def reopen(self, words: str, answer_within: int, officer: "Officer | None" = None) -> Event:
        """The citizen was not helped and says why, within REOPEN_DAYS of the answer."""
        if not self.may_reopen:
            raise NotAllowed(f"{self.reference} cannot be taken up again")
        self._step(Status.RECEIVED)
        self.news, self.due_on = officer is None, add_working_days(today(), answer_within)
        return record(Kind.REOPENED, booking=self, officer=officer, words=words, due_on=self.due_on.isoformat())

    def rate(self, helped: str, why: str, words: str) -> Event:
        """Whether our answer helped, and why; the words are for officers alone. Whoever changes their mind says so."""
        if not self.may_rate:
            raise NotAllowed(f"{self.reference} has not been answered")
        self.helped, self.helped_why = helped, why
        return record(Kind.RATED, booking=self, words=words, helped=helped, why=why)

    # What can be read off it.

    def reached_by(self, way: Way) -> str:
        """The address for letters of this way; empty where there is none."""
        return {Way.EMAIL: self.email, Way.PHONE: self.phone,
                Way.POST: f"{self.name}\n{self.address}" if self.address else ""}[way]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def newest(self) -> int:
        """The number of its newest event."""
        return self.events[-1].id if self.events else 0

    @property
    def may_reopen(self) -> bool:
        return (Status.RECEIVED in NEXT_STEPS[self.status] and self.closed_at is not None and not self.removed_on
                and now() <= self.closed_at + timedelta(days=REOPEN_DAYS))

    @property
    def may_rate(self) -> bool:
        return self.status in (Status.ANSWERED, Status.DECLINED, Status.REFERRED) and not self.removed_on

    @property
    def awaits_visit(self) -> bool:
        return self.status is Status.ACCEPTED and not any(v.is_open for v in self.visits)

    def may_be_visited(self, told: bool) -> bool:
        """Whether a visit may be planned for it; a date that is told is itself the acceptance, and the only one."""
        if told:
            return self.is_open and not any(v.is_open for v in self.visits)
        return self.status is Status.ACCEPTED or self.may_hear_more

    @property
    def may_hear_more(self) -> bool:
        """Answered by a visit, and further ones at the place are told as well, as long as that is wanted."""
        return self.status is Status.ANSWERED and self.follows and not any(v.told for v in self.visits)

    @property
    def visit_agreed(self) -> "Visit | None":
        """The coming visit whose date this citizen knows."""
        return next((v for v in self.visits if v.told and v.is_planned), None)

    @property
    def offers(self) -> list["Proposal"]:
        """Dates that we have proposed and that nobody has answered."""
        return [p for p in self.proposals if p.is_offer and p.closed_at is None]

    @property
    def wishes(self) -> list["Proposal"]:
        """Dates that the citizen has proposed and that are still to come."""
        return [p for p in self.proposals if p.is_open and not p.is_offer]

    @property
    def outcomes(self) -> list["Visit"]:
        """The visits whose findings this citizen has been sent, oldest first."""
        return [v for v in self.visits if v.findings and self.has_heard_of(v)]

    @property
    def corrections(self) -> list[Event]:
        """What is right where an answer is not, oldest first."""
        return [e for e in self.events if e.kind is Kind.PUT_RIGHT and e.words]

    @property
    def question(self) -> Event | None:
        """What the citizen was last asked, while the answer is missing."""
        asked = [e for e in self.events if e.kind is Kind.INFORMATION_ASKED]
        return asked[-1] if asked and self.status is Status.NEEDS_INFORMATION else None

    def has_heard_of(self, visit: "Visit") -> bool:
        return any(e.visit is visit and e.is_told for e in self.events)

    def waits_for(self, visit: "Visit") -> bool:
        """Whether this visit's findings are still owed to this wish: no other date is agreed by now."""
        return self.status is Status.ACCEPTED and not self.visit_agreed and not any(
            e.kind in (Kind.ANSWERED, Kind.FOLLOWED_UP) and e.visit is visit for e in self.events)

    def allows(self, status: Status) -> bool:
        return status in NEXT_STEPS[self.status]

    def _step(self, status: Status) -> None:
        """The one place where a status changes."""
        if not self.allows(status):
            raise NotAllowed(f"{self.reference} is {self.status} and cannot become {status}")
        if self.status is Status.ACCEPTED and status is not Status.ANSWERED:
            for visit in [v for v in self.visits if v.is_planned]:
                visit.leave(self)
        self.status, self.news = status, self.news and status is Status.ANSWERED  # findings react to no message
        self.closed_at = now() if status in CLOSED else None
        if status in DECIDED and self.decided_on is None:
            self.decided_on, self.wait = today(), working_days_until(today(), self.received_on)
        if status in CLOSED:
            self._close(self.proposals)

    def _close(self, proposals: list["Proposal"]) -> None:
        for proposal in proposals:
            proposal.closed_at = proposal.closed_at or now()

    def _wish_again(self, visit: "Visit") -> None:
        """`visit` comes to nothing, so the other dates that the citizen wished may be agreed after all."""
        for wish in self.proposals:
            if not wish.is_offer and wish.starts_at != visit.starts_at:
                wish.closed_at = None

    def _must_be_open(self) -> None:
        if not self.is_open:
            raise NotAllowed(f"{self.reference} is {self.status}")

    def _refresh_search(self) -> None:
        place = self.place
        self.search = fold(" ".join((self.reference, self.name, self.org, self.road, self.from_to, place.road,
                                     place.postcode, place.town, self.email, self.phone, self.journal or "")))
