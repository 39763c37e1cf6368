"""A letter is a row before it is a mail: written with the change it tells of, sent when the post allows."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import idna
from sqlalchemy import ColumnElement, ForeignKey, Index, Integer, String, Text, and_, exists, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from .base import ByOfficer, Numbered, UTCDateTime, db, now, one_of, require
from .enums import NOT_GONE, UNSENT, BookingStatus, Channel, DeliveryStatus
from .event_types import DATED, REMINDER
from .events import Event, EventKind, record_event
from .working_days import midnight, today

if TYPE_CHECKING:
    from . import Assignee, Booking, Officer, Visit

GIVE_UP_AFTER = timedelta(hours=72)  # how long a mail server may be away before a letter has failed
RETRY_DELAYS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60, 120, 240, 480))
READERS_ERRORS = ("refused", "address")  # how errors begin that are one reader's, and not the server's
CLAIM_TIMEOUT = timedelta(minutes=10)  # after which a letter that a killed worker had in hand is tried again


GMAIL = {"gmail.com", "googlemail.com"}  # one and the same: its mailboxes have no dots and no plus


def in_small_letters(address: str) -> str:
    """An e-mail address as one reader may write it in two ways. Each letter by itself stays the same letter: ß is not
    ss, and ς is not σ, for DNS knows domains that nothing else tells apart (RFC 5894)."""
    return "".join(letter.lower() for letter in address.strip())


def in_ascii(address: str) -> str:
    """An e-mail address as it travels: the domain as DNS writes it (IDNA 2008), the rest as it is."""
    name, _, host = address.rpartition("@")
    if host.isascii():
        return f"{name}@{host.rstrip('.').lower()}"
    try:
        host = idna.encode(host.rstrip("."), uts46=True).decode()
    except idna.IDNAError:  # a domain that DNS could not have
        host = in_small_letters(host)
    return f"{name}@{host}"


def whole_address(address: str) -> str:
    """An e-mail address as addresses are compared where something is disclosed: in small letters, with the domain as
    DNS writes it. What stands behind a plus may make it another's: of one host alone it is known that it does not."""
    name, _, host = in_small_letters(in_ascii(address)).rpartition("@")
    if host in GMAIL:
        return f"{name.partition('+')[0].replace('.', '')}@gmail.com"
    return f"{name}@{host}"


def mailbox(address: str) -> str:
    """An e-mail address as addresses are compared for limits and blocks, and for nothing else: without what anybody may
    put behind a plus."""
    name, _, host = whole_address(address).rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


class Letter(Numbered, db.Model):
    """One letter to one reader, as it was sent. `error` is the last refusal in plain words; `calendar` is the entry
    for the reader's calendar (iCalendar) that a mail brings along. `refused_since` is when the server has first refused
    it in the way of its last refusal: for its reader, or all that we send. `mailbox` is the recipient as addresses are
    compared, empty where it is none: it follows from `recipient`. `event` is what it tells of; a digest or a warning
    to officers tells of many.

    The Message-ID stays the same at every try, so that a repeat is recognised as one.
    """

    __table_args__ = (Index(None, "fate", "way", "next_try_at"), Index(None, "kind", "made_at"),
                      Index(None, "mailbox", "made_at"))

    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    kind: Mapped[str] = mapped_column(String(32))
    channel: Mapped[Channel] = mapped_column("way", one_of(Channel))
    recipient: Mapped[str] = mapped_column(Text)
    mailbox: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    delivery_status: Mapped[DeliveryStatus] = mapped_column("fate", one_of(DeliveryStatus),
        default=DeliveryStatus.WAITING)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(String(300), default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    first_tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refused_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    give_up_at: Mapped[datetime] = mapped_column(UTCDateTime, default=lambda: now() + GIVE_UP_AFTER)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))

    booking: Mapped["Booking | None"] = relationship(back_populates="letters")
    assignee: Mapped["Assignee | None"] = relationship(back_populates="letters")
    event: Mapped[Event | None] = relationship()
    done_by: Mapped["Officer | None"] = relationship()

    @validates("recipient")
    def _to_mailbox(self, _column, recipient: str) -> str:
        self.mailbox = mailbox(recipient) if "@" in recipient else ""
        return recipient

    @classmethod
    def claim(cls) -> "Letter | None":
        """The next letter that is due, held for this worker alone. Commit before sending it.

        A letter in hand for longer than CLAIM_TIMEOUT belonged to a worker that was killed; it is due again. One that
        another worker is just claiming is passed over.
        """
        due = (select(cls.id).where(cls.is_to_be_mailed(), cls._is_due()).order_by(cls.next_try_at, cls.id).limit(1)
               .with_for_update(skip_locked=True))
        found = db.session.scalar(due)
        if found is None:
            return None
        taken = db.session.execute(
            update(cls).where(cls.id == found, cls._is_due())
            .values(delivery_status=DeliveryStatus.SENDING, next_try_at=now() + CLAIM_TIMEOUT, tries=cls.tries + 1,
                    first_tried_at=func.coalesce(cls.first_tried_at, now())))
        return db.session.get(cls, found, populate_existing=True) if taken.rowcount == 1 else None

    @classmethod
    def is_to_be_mailed(cls) -> ColumnElement[bool]:
        """It waits for a worker, and nothing does that was written before it to the same reader about the same case:
        who reads of a change has read of what is changed. What an officer phones or posts holds up no mail."""
        earlier = cls.__table__.alias().c
        waits = exists().where(
            earlier.id < cls.id, earlier.way == Channel.EMAIL, earlier.fate.in_(UNSENT),
            or_(earlier.booking_id == cls.booking_id, earlier.owner_id == cls.owner_id))
        return and_(cls.channel == Channel.EMAIL, cls.delivery_status.in_(UNSENT), ~waits)

    @classmethod
    def is_put_off(cls) -> ColumnElement[bool]:
        """It is a mail, and its next try lies ahead."""
        return and_(cls.channel == Channel.EMAIL, cls.delivery_status == DeliveryStatus.WAITING,
                    cls.next_try_at > now())

    @classmethod
    def try_earlier(cls, *which: ColumnElement[bool]) -> None:
        """What was put off, and is one of `which`, is tried at once."""
        db.session.execute(update(cls).where(cls.is_put_off(), *which).values(next_try_at=now()).execution_options(
            synchronize_session=False))

    @classmethod
    def _is_due(cls) -> ColumnElement[bool]:
        """Its next try has come, or lies farther ahead than any pause: then the clock has been set back."""
        too_far = [and_(cls.tries == tries, cls.next_try_at > now() + pause)
                   for tries, pause in enumerate((timedelta(), *RETRY_DELAYS))]
        return or_(cls.next_try_at <= now(), cls.next_try_at > now() + RETRY_DELAYS[-1],
                   and_(cls.delivery_status == DeliveryStatus.WAITING, or_(*too_far)))

    @classmethod
    def today_to(cls, address: str, kinds: Iterable[str]) -> int:
        """How many mails of these kinds were written to this address today and not held back."""
        return db.session.scalar(select(func.count()).where(
            cls.mailbox == mailbox(address), cls.made_at >= midnight(today()), cls.kind.in_(kinds),
            cls.channel == Channel.EMAIL, cls.delivery_status != DeliveryStatus.SUPPRESSED))

    @classmethod
    def hold_back_past(cls) -> None:
        """Nobody is told any more of a date that has come, or reminded of it; what is told on the way there goes."""
        dated = select(cls).where(
            cls.kind.in_((*DATED, REMINDER)), cls.delivery_status.in_(NOT_GONE),
            or_(cls.booking_id.is_not(None), cls.give_up_at <= now()))  # those to officers are given up at the date
        for letter in db.session.scalars(dated).all():
            visit = letter.booking and letter.booking.agreed_visit
            if letter.booking is None or visit and letter.made_at < visit.starts_at <= now():
                letter.suppress("void")

    @property
    def why_void(self) -> str:
        """Why it is not to go any more, or nothing: its case is set aside, or something has happened since it was
        written after which its words hold no more."""
        if self.booking and self.booking.status is BookingStatus.SPAM:
            return "aside"
        events = self.about.events if self.about else ()
        return "void" if any(e.at > self.made_at and self.kind in e.kind.type.voids for e in events) else ""

    @property
    def reader(self) -> "Booking | Assignee | None":
        """Whose letter it is, where that may change how they are reached; none of officers and of the waiting list."""
        return self.booking or self.assignee

    @property
    def about(self) -> "Booking | Visit | None":
        """The case, or else the visit, in whose history stands whether its words still hold."""
        return self.booking or self.event and self.event.visit

    @property
    def newer(self) -> list["Letter"]:
        """What was written to its reader in the same case since, but for what is held back. Read after what they have
        had of these, its words may be false; and what waits may say so."""
        letters = self.reader.letters if self.reader else []
        return [letter for letter in letters
                if letter.id > self.id and letter.delivery_status is not DeliveryStatus.SUPPRESSED]

    @property
    def is_task(self) -> bool:
        """Whether an officer must phone or post it."""
        return self.channel is not Channel.EMAIL and self.delivery_status is DeliveryStatus.WAITING

    @property
    def _pause(self) -> timedelta:
        return RETRY_DELAYS[min(self.tries, len(RETRY_DELAYS)) - 1]

    @property
    def tried_at(self) -> datetime:
        """When it was tried last; of a letter that waits for its last try, the earliest that it can have been."""
        pauses = {DeliveryStatus.WAITING: self._pause, DeliveryStatus.SENDING: CLAIM_TIMEOUT}
        return self.next_try_at - pauses.get(self.delivery_status, timedelta())

    def mark_sent(self) -> None:
        self.delivery_status, self.sent_at, self.error = DeliveryStatus.SENT, now(), ""

    def mark_failed(self, error: str) -> None:
        """The mail server will never take it."""
        self._note_refusal(error)
        self.delivery_status, self.next_try_at = DeliveryStatus.FAILED, now()

    def suppress(self, why: str) -> None:
        """It is not sent, and whoever looks at it sees why."""
        self.delivery_status, self.error = DeliveryStatus.SUPPRESSED, why

    def retry_later(self, error: str) -> None:
        """The mail server could not take it now: a growing pause, then a last try at `give_up_at`, after which it has
        failed. The time for that begins with the first try; a reminder to officers is of use until the date. What a
        citizen should know before a date is given up half-way there, so that an officer can still phone."""
        if self.tries == 1 and self.kind != REMINDER:
            self.give_up_at = now() + GIVE_UP_AFTER
        self._note_refusal(error)
        coming = self.booking and self.booking.coming_visit
        if coming:
            self.give_up_at = min(self.give_up_at, self.first_tried_at + (coming.starts_at - self.first_tried_at) / 2)
        self.delivery_status, self.next_try_at = (DeliveryStatus.FAILED, now()) if now() >= self.give_up_at else (
            DeliveryStatus.WAITING, min(now() + self._pause, self.give_up_at))
        if self.delivery_status is DeliveryStatus.WAITING:
            self.follow_reader()  # who may have moved while it was in hand

    def _note_refusal(self, error: str) -> None:
        """The pauses begin anew where it is now the server, and no more the reader, or the other way round: that may
        pass sooner."""
        if not self.error or self.error.startswith(READERS_ERRORS) != error.startswith(READERS_ERRORS):
            self.refused_since, self.tries = now(), min(self.tries, 1)
        self.error = error[:300]

    def follow_reader(self) -> None:
        """It goes where its reader can be reached now: by its own way, or where that is gone, by the one that they have
        chosen, and what has become of it elsewhere does not count. Links that an address has asked for go to no other
        one."""
        if self.reader is None:
            return
        channel = self.channel if self.reader.reached_by(self.channel) else self.reader.reply
        if channel is None or self.kind == EventKind.LINKS_SENT and self.recipient != self.reader.email:
            self.suppress("unreached")
        elif (channel, self.reader.reached_by(channel)) != (self.channel, self.recipient):
            self.channel, self.recipient = channel, self.reader.reached_by(channel)
            self._begin_anew()

    def _begin_anew(self) -> None:
        self.delivery_status, self.tries, self.error, self.first_tried_at = DeliveryStatus.WAITING, 0, "", None
        self.next_try_at, self.give_up_at = now(), now() + GIVE_UP_AFTER

    def renew_link(self, before: str, secret: str) -> None:
        """What has not gone yet brings the link that opens its reader's page now."""
        if self.delivery_status in (*UNSENT, DeliveryStatus.FAILED):
            self.text, self.calendar = self.text.replace(before, secret), self.calendar.replace(before, secret)

    def send_again(self) -> None:
        """An officer tries once more with the same words, where its reader can be reached now."""
        require(self.delivery_status is DeliveryStatus.FAILED, f"letter {self.id} is {self.delivery_status}")
        self._begin_anew()
        self.follow_reader()

    def do_by_hand(self, officer: "Officer") -> None:
        """The officer has phoned or posted it, or reached the citizen otherwise after it failed."""
        require(self.is_task or self.delivery_status is DeliveryStatus.FAILED,
                f"letter {self.id} is {self.delivery_status}")
        self.delivery_status, self.sent_at, self.done_by, self.error = DeliveryStatus.SENT, now(), officer, ""


class BlockedAddress(ByOfficer, Numbered, db.Model):
    """`key` is a keyed hash of the address, which itself is not kept: known again, but not read off. `officer` is
    empty where the reader of the address has blocked it, `booking` where it was about no case."""

    __tablename__ = "blocks"

    key: Mapped[str] = mapped_column(String(32), unique=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)

    booking: Mapped["Booking | None"] = relationship()

    @classmethod
    def add(cls, key: str, booking: "Booking | None", officer: "Officer | None" = None) -> None:
        """Blocked twice is blocked once."""
        if cls.one_by(key=key) is None:
            cls.create(key=key, booking=booking, officer=officer)
        if booking:
            record_event(EventKind.BLOCKED, booking=booking, officer=officer)

    def lift(self, officer: "Officer") -> None:
        if self.booking:
            record_event(EventKind.UNBLOCKED, booking=self.booking, officer=officer)
        db.session.delete(self)
