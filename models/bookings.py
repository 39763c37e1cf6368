"""A citizen's wish about a place, from receipt to answer."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, Date, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from . import limits
from .base import HasPoint, Numbered, UTCDateTime, db, fold, new_secret, now, one_of, require
from .enums import CLOSED, DECIDED, NEXT_STEPS, OPEN, UNDECIDED, BookingStatus, Channel, DeliveryStatus
from .events import MASK, Event, EventKind, mask_events, masked, record_event
from .history import HasHistory
from .letters import mailbox
from .lookup import HasLookup, new_code
from .road_names import road_key, road_name
from .rules import SERVICE_RULES, HasServiceRules
from .schedule import HasProposals, Proposal
from .texts import FIRST, PrivacyNotice
from .working_days import add_working_days, local, today, working_days_until

if TYPE_CHECKING:
    from . import Letter, Officer, Place, Visit


class Booking(HasHistory, HasLookup, HasProposals, HasServiceRules, HasPoint, Numbered, db.Model):
    """One wish. What the officer sorts, filters, counts or writes on is a column; the rest is in `answers`.

    `answers` is written whole by its service's validated form and never changed in place.
    `form_token` is that of the form it came from: the same form sent twice is one booking.
    `has_unread` is true while the citizen has said something that no officer has reacted to; `read_until` is the number
    of the event that was the newest when one did.
    `accuracy` is within how many metres the pin is right; None where nobody knows.
    `public` says that its date, once agreed, may stand in the public calendar.
    `wait` is how many working days passed from `received_on` to `decided_on`, the first yes or no; `stated_wait` is
    within how many of them, as the form said, four of five were answered. `reason` is why the answer was no. `helped`
    and `helped_why` are the citizen's answer to the one question after ours. `journal` is the number in the journal.
    `follows` is whether somebody who was answered wants to hear of further visits to the place. `notice` is the version
    of the privacy notice that they were given. From `removed_on`, nothing tells any more whose wish it was.
    """

    __table_args__ = (
        Index(None, "status", "news", "due_on", "id"),
        # Of the few with news alone: it must not tempt a database that looks for the others.
        # PostgreSQL's rule stands in the migration alone: here it would load that dialect for every SQLite, 2 MB.
        Index(None, "news", "due_on", "id", sqlite_where=text("news IS 1")),
        Index(None, "closed_at", "id"),
        Index(None, "received_at", "id"),
        Index(None, "place_id", "status"),
        # What the figures count by, so that they need not look at the bookings themselves.
        Index("ix_bookings_figures_received", "received_on", "service", "place_id", "status", "stated",
              "wait"),
        Index("ix_bookings_figures_decided", "decided_on", "service", "status", "wait", "place_id", "reason", "helped",
              "helped_why"),
    )

    reference: Mapped[str] = mapped_column(String(8), unique=True)
    secret: Mapped[str] = mapped_column(String(32))
    form_token: Mapped[str] = mapped_column("once", String(64), unique=True)
    status: Mapped[BookingStatus] = mapped_column(one_of(BookingStatus), default=BookingStatus.RECEIVED)
    has_unread: Mapped[bool] = mapped_column("news", Boolean, default=False)
    read_until: Mapped[int] = mapped_column(Integer, default=0)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    received_on: Mapped[date] = mapped_column(Date, default=today)
    decided_on: Mapped[date | None] = mapped_column(Date)
    wait: Mapped[int | None] = mapped_column(Integer)
    stated_wait: Mapped[int | None] = mapped_column("stated", Integer)
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
    capacity: Mapped[str] = mapped_column(String(32), default="")  # as what they write; asked no more
    org: Mapped[str] = mapped_column(String(120), default="")
    reply: Mapped[Channel] = mapped_column(one_of(Channel))
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[str] = mapped_column(String(16), default="web")

    road: Mapped[str] = mapped_column(String(120))
    from_to: Mapped[str] = mapped_column(String(200), default="")
    accuracy: Mapped[float | None] = mapped_column(Float)
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
    def _as_reply(self, _column, value: str) -> Channel:
        return Channel(value)  # forms speak plain words

    @classmethod
    def receive(cls, *, form_token: str, place: "Place", service: str, stated_wait: int | None = None,
                shown_at: datetime | None = None, officer: "Officer | None" = None,
                wishes: Sequence[tuple[datetime, datetime]] = (), origin: str = "", **columns) -> "Booking":
        """Take in a wish; the officer is named where it came by phone or on paper.

        The promise runs from today and is no sooner than `stated_wait`, the working days that the form named. The
        privacy notice that was given is that of `shown_at`, when the form was first shown; else the present one.
        `wishes` are the dates that would suit, `origin` is the reference of the case that it grew out of."""
        booking = cls.create(
            reference=new_code(limits.REFERENCE_LENGTH),
            secret=new_secret(), form_token=form_token, place=place, service=service, stated_wait=stated_wait,
            status=BookingStatus.RECEIVED, received_at=now(), received_on=today(),
            due_on=SERVICE_RULES[service].answer_due(stated_wait), notice=PrivacyNotice.number(shown_at), **columns)
        booking.refresh_search()
        booking.proposals = [Proposal(starts_at=start, ends_at=end) for start, end in wishes]
        record_event(EventKind.RECEIVED, booking=booking, officer=officer, due_on=booking.due_on.isoformat(),
                     **({"origin": origin} if origin else {}))
        return booking

    # What an officer does with it, in the order of a case's life.

    def ask(self, officer: "Officer", words: str, answer_by: date) -> Event:
        """Ask the citizen for information; without an answer by `answer_by` the officer decides on what is known."""
        self._step(BookingStatus.NEEDS_INFORMATION, officer)
        self.due_on = max(self.due_on, answer_by)
        return record_event(EventKind.INFORMATION_ASKED, booking=self, officer=officer, words=words,
                            answer_by=answer_by.isoformat())

    def accept(self, officer: "Officer", words: str) -> Event:
        """Grant the wish. The promise is now the outcome, but never sooner than an answer to what arrives today: a late
        acceptance could not keep it."""
        self._step(BookingStatus.ACCEPTED, officer)
        outcome_due = add_working_days(local(self.received_at).date(), self.rules.act_within)
        self.due_on = max(outcome_due, self.rules.answer_due())
        return record_event(EventKind.ACCEPTED, booking=self, officer=officer, words=words,
                            due_on=self.due_on.isoformat())

    def delay(self, officer: "Officer", words: str, due_on: date) -> Event:
        """Tell what the case waits for (`words`) and give a new date, as good administrative practice asks."""
        self._must_be_open()
        require(due_on > today(), "a new date lies in the future")
        self.due_on = due_on
        self._react(officer)
        return record_event(EventKind.DELAYED, booking=self, officer=officer, words=words, due_on=due_on.isoformat())

    def decline(self, officer: "Officer", reason: str, words: str, instead: str, said: str = "") -> Event:
        """Say no, with a reason code, the officer's own words, and another way where there is one. `said` is the
        reason's sentence where it is not the catalogue's: what was written stays, whatever is written next year."""
        event = self._end(BookingStatus.DECLINED, EventKind.DECLINED, officer, words=words, reason=reason,
                          instead=instead, **({"said": said} if said else {}))
        self.reason = reason
        return event

    def refer(self, officer: "Officer", authority: str, words: str) -> Event:
        """Send the citizen to whoever can help."""
        return self._end(BookingStatus.REFERRED, EventKind.REFERRED, officer, words=words, authority=authority)

    def mark_as_spam(self, officer: "Officer | None" = None) -> Event:
        """It is not genuine; where no officer is named, the reader of its address says that they never asked. Nobody
        gets a letter."""
        return self._end(BookingStatus.SPAM, EventKind.SPAM, officer)

    def answer(self, officer: "Officer", visit: "Visit") -> Event:
        """The visit's findings are the answer to this wish; Visit.report calls it for every booking."""
        self._step(BookingStatus.ANSWERED, None)  # findings react to no message
        return record_event(EventKind.ANSWERED, booking=self, visit=visit, officer=officer)

    def lead_to(self, officer: "Officer", visit: "Visit", *, service: str, place: "Place", number: int = 0,
                words: str = "") -> "Booking | None":
        """Start another case for the same citizen out of this one's visit, or of its task of that `number`;
        Visit.lead_to calls it for every booking. The citizen has answered nothing yet: the `words` why it is started
        are the officer's, and are noted as such. None where one that was started like this is still open, or was
        withdrawn: that was a no."""
        led = [e.facts["led_to"] for e in self.events if e.kind is EventKind.LED_TO and e.visit is visit
               and e.facts.get("task", 0) == number]
        if any(started.service == service and (started.is_open or started.status is BookingStatus.WITHDRAWN)
               for started in map(Booking.by_reference, led)):
            return None
        same = ("name", "email", "phone", "address", "capacity", "org", "reply", "language")
        started = Booking.receive(
            form_token=new_secret(), place=place, service=service, officer=officer, origin=self.reference,
            road=place.road, from_to=place.from_to or "", lat=place.lat, lng=place.lng, answers={},
            channel="office", **{name: getattr(self, name) for name in same})
        record_event(EventKind.LED_TO, booking=self, visit=visit, officer=officer, led_to=started.reference,
                     **({"task": number} if number else {}))
        if words:
            started.note(officer, words)
        return started

    def note(self, officer: "Officer", words: str) -> Event:
        """An internal note: never sent, never shown outside."""
        return record_event(EventKind.NOTED, booking=self, officer=officer, words=words)

    def rectify(self, officer: "Officer", words: str) -> Event:
        """What was said stands as it was said; beside it, from now on, what is right."""
        return record_event(EventKind.PUT_RIGHT, booking=self, officer=officer, words=words)

    def mask(self, officer: "Officer", words: list[str]) -> Event:
        """Take out of what was answered, written later, and called by it, whatever points to a person; only that it was
        done is kept."""
        masks, before = dict.fromkeys(words, MASK), road_name(self.road, self.place.town)
        self.answers, self.road, self.from_to = masked([self.answers, self.road, self.from_to], masks)
        # The name of a place has lost what looks like a house's number; half a number plate may have stayed in it.
        after = road_name(self.road, self.place.town)
        if after.replace(MASK, "").strip() != before:
            masks[f"{before},"] = f"{after},"
        mask_events(self.id, masks)
        for proposal in self.proposals:
            proposal.where = masked(proposal.where, masks)
        for visit in {*self.visits, *(event.visit for event in self.events if event.visit)}:  # also what it has left
            visit.public_place = masked(visit.public_place, masks)
        for place in self.place.named_by(masks):
            place.mask(masks)
        self.refresh_search()
        return record_event(EventKind.MASKED, booking=self, officer=officer)

    def anonymise(self, anonymised: dict) -> None:
        """Take out whose wish it was and what was written. `anonymised` has the new values of its columns."""
        require(not self.is_open, f"{self.reference} is {self.status}")
        self.assign(**anonymised)
        self.removed_on, self.follows, self.has_unread = today(), False, False
        self.refresh_search()

    def journalise(self, officer: "Officer", journal: str) -> Event:
        """Under which number it stands in the journal; none where it was entered by mistake."""
        self.journal = journal
        self.refresh_search()
        return record_event(EventKind.JOURNALISED, booking=self, officer=officer, journal=journal)

    def mark_read(self, officer: "Officer") -> Event:
        """The officer has read what the citizen wrote and nothing more is needed."""
        self._react(officer)
        return record_event(EventKind.SEEN, booking=self, officer=officer)

    def move(self, officer: "Officer", place: "Place") -> Event:
        """It was about another place than it was filed under, and dates that were offered were for that one."""
        if self.offers and place is not self.place:
            self.take_back_offers(officer)
        return self.file_under(officer, place)

    def file_under(self, officer: "Officer", place: "Place") -> Event:
        """The same place by another name, or a part of it that is now one of its own: what was offered stands."""
        before, self.place = self.place, place
        self.refresh_search()
        return record_event(EventKind.MOVED, booking=self, officer=officer, before=before.in_full, after=place.in_full)

    # What the citizen does, on their page or, where an officer is named, by phone or on paper.

    def give_information(self, words: str, officer: "Officer | None" = None) -> Event:
        """More from the citizen. Where it answers a question, the promise starts anew."""
        self._must_be_open()
        if self.status is BookingStatus.NEEDS_INFORMATION:
            self._step(BookingStatus.RECEIVED, officer)
            self.due_on = self.rules.answer_due()
        self.has_unread = True
        self._react(officer)
        return record_event(EventKind.INFORMATION_GIVEN, booking=self, officer=officer, words=words)

    def change_contact(self, *, name: str, email: str, phone: str, address: str, reply: Channel,
                       officer: "Officer | None" = None) -> Event:
        """Letters that still wait go where the citizen can be reached now. Where an officer enters another mailbox,
        the one before was perhaps somebody else's: its link opens nothing any more."""
        secret = self.secret
        if officer and self.email and mailbox(email) != mailbox(self.email):
            self.secret = new_secret()
        self.name, self.email, self.phone, self.address, self.reply = name, email, phone, address, reply
        self.refresh_search()
        for letter in self.letters:
            letter.renew_link(secret, self.secret)
            if letter.delivery_status is DeliveryStatus.WAITING:
                letter.follow_reader()
        return record_event(EventKind.CONTACT_CHANGED, booking=self, officer=officer)

    def withdraw(self, officer: "Officer | None" = None) -> Event:
        return self._end(BookingStatus.WITHDRAWN, EventKind.WITHDRAWN, officer)

    def unfollow(self) -> Event:
        """The citizen does not want to hear of further visits."""
        self.follows = False
        return record_event(EventKind.UNFOLLOWED, booking=self)

    def reopen(self, words: str, officer: "Officer | None" = None) -> Event:
        """The citizen was not helped and says why, within limits.REOPEN_DAYS of the answer."""
        require(self.may_reopen, f"{self.reference} cannot be taken up again")
        self._wish_again()
        self._step(BookingStatus.RECEIVED, officer)
        self.reason = self.helped = self.helped_why = ""  # of an answer that is not the last one
        self.has_unread, self.due_on = True, self.rules.answer_due()
        self._react(officer)
        return record_event(EventKind.REOPENED, booking=self, officer=officer, words=words,
                            due_on=self.due_on.isoformat())

    def rate(self, helped: str, why: str, words: str) -> Event:
        """Whether our answer helped, and why; the words are for officers alone. Whoever changes their mind says so."""
        require(self.may_rate, f"{self.reference} has not been answered")
        self.helped, self.helped_why = helped, why
        return record_event(EventKind.RATED, booking=self, words=words, helped=helped, why=why)

    # What can be read off it.

    def reached_by(self, channel: Channel) -> str:
        """The address for letters by this channel; empty where there is none."""
        return {Channel.EMAIL: self.email, Channel.PHONE: self.phone,
                Channel.POST: f"{self.name}\n{self.address}" if self.address else ""}[channel]

    @property
    def in_own_words(self) -> str:
        """Where, with the house number that it names; the place alone where an officer has moved it to another road."""
        road = self.road if road_key(self.road, self.place.town) == self.place.road_key else self.place.road
        return f"{road}, {self.place.postcode} {self.place.town}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def may_reopen(self) -> bool:
        return (BookingStatus.RECEIVED in NEXT_STEPS[self.status] and self.closed_at is not None and not self.removed_on
                and now() <= self.closed_at + timedelta(days=limits.REOPEN_DAYS))

    @property
    def may_rate(self) -> bool:
        rated = (BookingStatus.ANSWERED, BookingStatus.DECLINED, BookingStatus.REFERRED)
        return self.status in rated and not self.removed_on

    @property
    def awaits_visit(self) -> bool:
        return self.status is BookingStatus.ACCEPTED and not any(v.is_open for v in self.visits)

    @property
    def may_join_visit(self) -> bool:
        """Whether a visit that is planned already could answer it as well, or tell it more."""
        return self.awaits_visit or self.is_accepted_by_plan or self.may_hear_more

    def may_be_visited(self, date_agreed: bool) -> bool:
        """Whether a visit may be planned for it; an agreed date is itself the acceptance, and the only one."""
        if date_agreed:
            return self.is_open and not any(v.is_open for v in self.visits)
        return self.status is BookingStatus.ACCEPTED or self.may_hear_more

    @property
    def may_be_planned(self) -> bool:
        """Whether an officer may plan a visit for it. Only an agreed date must be new to the booking."""
        return self.may_be_visited(date_agreed=True) if self.rules.date_is_agreed else self.is_open

    @property
    def is_accepted_by_plan(self) -> bool:
        """Whether planning a visit for it is also the yes; an agreed date would itself be one."""
        return self.status in UNDECIDED and not self.rules.date_is_agreed

    @property
    def may_hear_more(self) -> bool:
        """Answered by a visit, and further ones at the place are told as well, as long as that is wanted."""
        return self.status is BookingStatus.ANSWERED and self.follows and not any(v.date_agreed for v in self.visits)

    @property
    def hears_of_further_visits(self) -> bool:
        """Also while it is taken up again, which an officer answers apart from them."""
        return self.may_hear_more or self.status in UNDECIDED and self.follows

    def allows(self, status: BookingStatus) -> bool:
        return status in NEXT_STEPS[self.status]

    def _step(self, status: BookingStatus, officer: "Officer | None") -> None:
        """The one place where a status changes."""
        require(self.allows(status), f"{self.reference} is {self.status} and cannot become {status}")
        if status in CLOSED and status is not BookingStatus.ANSWERED:
            for visit in [v for v in self.visits if v.is_planned]:
                visit.leave(self)
        self.status = status
        self._react(officer)
        self.closed_at = now() if status in CLOSED else None
        if status in DECIDED and self.decided_on is None:
            self.decided_on, self.wait = today(), working_days_until(today(), self.received_on)
        if status in CLOSED:
            self._close(self.proposals)

    def _react(self, officer: "Officer | None") -> None:
        """What an officer does has read what the citizen said; what a citizen or the software does reads nothing."""
        if officer:
            self.has_unread, self.read_until = False, self.newest

    def _must_be_open(self) -> None:
        require(self.is_open, f"{self.reference} is {self.status}")

    def refresh_search(self) -> None:
        place = self.place
        self.search = fold(" ".join((self.reference, self.name, self.org, self.road, self.from_to, place.road,
                                     place.road_key, place.postcode, place.town, self.email, self.phone,
                                     self.journal or "")))
