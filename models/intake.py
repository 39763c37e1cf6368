"""What stands at the edge of booking: services on pause, who wants to hear of it, and messages
of whoever cannot use a page."""

from datetime import date, datetime, timedelta

from sqlalchemy import JSON, Date, Index, Select, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from . import limits
from .base import ByOfficer, Numbered, OpenedByLink, UTCDateTime, Versioned, db, now, require
from .enums import UNSENT
from .events import Event, EventKind, record_event
from .letters import Letter, in_ascii, in_small_letters, mailbox, whole_address
from .officers import Officer
from .rules import HasServiceRules
from .working_days import add_working_days, today


class IntakePause(HasServiceRules, Versioned, db.Model):
    """One press of the switch of one service; the newest says how it stands, and the rows are its history.

    `until` is the day on which the form opens again by itself; without one, it is open. `texts` say why, by language.
    """

    __tablename__ = "intakes"
    __table_args__ = (Index(None, "service", "id"),)

    until: Mapped[date | None] = mapped_column(Date)
    texts: Mapped[dict] = mapped_column(JSON, default=dict)

    @classmethod
    def pauses(cls) -> dict[str, "IntakePause"]:
        """The services that take in nothing at present."""
        newest = select(func.max(cls.id)).group_by(cls.service)
        return {row.service: row for row in db.session.scalars(select(cls).where(
            cls.id.in_(newest), cls.until > today()))}

    @classmethod
    def pause(cls, officer: Officer, service: str, until: date, texts: dict[str, str]) -> "IntakePause":
        """Take in nothing before `until`; during a pause, this is another date or other words for it."""
        require(until > today(), "a pause ends on a day to come")
        return cls.add(officer, service=service, until=until, texts=texts)

    @classmethod
    def open(cls, officer: Officer, service: str) -> "IntakePause":
        """Take in again at once. Those on the waiting list hear by WaitlistEntry.notify_all."""
        require(service in cls.pauses(), f"{service} is open")
        return cls.add(officer, service=service)


class WaitlistEntry(HasServiceRules, OpenedByLink, db.Model):
    """Somebody who wants to be told when a service takes in wishes again: an address and nothing more.

    The secret opens their own page. Who has not confirmed gets no second letter while one is on its way. Until
    `open_until` the form opens for them, before it does for everybody; `notified_on` is the day on which they were told
    that it does. History knows a number only, no address.
    """

    __tablename__ = "waiters"
    __table_args__ = (UniqueConstraint("service", "email"),)

    email: Mapped[str] = mapped_column(String(254), index=True)
    asked_on: Mapped[date] = mapped_column(Date, default=today)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    open_until: Mapped[date | None] = mapped_column(Date)
    notified_on: Mapped[date | None] = mapped_column("told_on", Date)

    @classmethod
    def ask(cls, service: str, email: str, language: str) -> None:
        """Put an address on the list of one service, once. It counts when the letter's link has been pressed, so each
        service has a letter of its own: whatever becomes of the others, this one can be confirmed. Who asks again has
        lost the letter, and gets another one, in the language in which they ask now."""
        waiter = cls._under(service, email) or cls.create(
            service=service, email=in_small_letters(in_ascii(email)), language=language)
        waiter.assign(language=language, asked_on=today())
        waiter._wait_again()
        db.session.flush()
        on_its_way = select(Letter.id).where(
            Letter.mailbox == mailbox(email), Letter.text.contains(waiter.secret, autoescape=True),
            Letter.delivery_status.in_(UNSENT))
        if waiter.confirmed_at is None and db.session.scalar(on_its_way) is None:
            waiter._record(EventKind.WAITER_ASKED)

    @classmethod
    def _under(cls, service: str, email: str) -> "WaitlistEntry | None":
        """Who is on the list of a service under this address, however it is written."""
        wanted, entries = whole_address(email), db.session.scalars(select(cls).where(cls.service == service))
        return next((entry for entry in entries if whole_address(entry.email) == wanted), None)

    @classmethod
    def waiting(cls, service: str) -> list["WaitlistEntry"]:
        """Those who have confirmed and have not been told, in the order in which they confirmed."""
        return list(db.session.scalars(select(cls).where(
            cls.service == service, cls.confirmed_at.is_not(None), cls.notified_on.is_(None))
            .order_by(cls.confirmed_at, cls.id)))

    @classmethod
    def admit(cls, officer: Officer, service: str, count: int, days: int) -> int:
        """Open the form for the next `count` of them, for so many days; how many there were."""
        batch = cls.waiting(service)[:count]
        for waiter in batch:
            waiter.notified_on, waiter.open_until = today(), today() + timedelta(days=days)
            waiter._record(EventKind.WAITER_LET_IN, officer=officer, until=waiter.open_until.isoformat())
        return len(batch)

    @classmethod
    def notify_all(cls) -> None:
        """Where a form is open again, all who wait are told. Whoever was told a while ago, or has never confirmed, is
        off the list, pause or not."""
        paused = IntakePause.pauses()
        for waiter in db.session.scalars(select(cls)):
            if waiter.is_on_the_list and waiter.service not in paused:
                waiter.notified_on = today()
                waiter._record(EventKind.WAITER_TOLD)
            elif not waiter.is_on_the_list and waiter._kept_until < today():
                waiter.leave()

    def confirm(self) -> None:
        """It is their address, and they want to be told."""
        self.confirmed_at = self.confirmed_at or now()
        self._wait_again()

    def leave(self) -> None:
        """Off the list, because they say so, or have booked, or were told a while ago."""
        db.session.delete(self)

    @property
    def is_admitted(self) -> bool:
        return self.open_until is not None and today() <= self.open_until

    @property
    def is_on_the_list(self) -> bool:
        return self.confirmed_at is not None and self.notified_on is None

    @property
    def _kept_until(self) -> date:
        return max(filter(None, (self.notified_on or self.asked_on, self.open_until))) + timedelta(
            days=limits.WAITING_LIST_DAYS)

    def _wait_again(self) -> None:
        """Whoever was told before, and is not admitted at present, waits once more."""
        if not self.is_admitted:
            self.notified_on = self.open_until = None

    def _record(self, kind: EventKind, officer: Officer | None = None, **facts) -> Event:
        return record_event(kind, officer=officer, waiter=self.id, service=self.service, **facts)


class Feedback(ByOfficer, Numbered, db.Model):
    """One message about accessibility. `email` is empty where no answer is wanted."""

    form_token: Mapped[str] = mapped_column("once", String(64), unique=True)
    page: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(2))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def receive(cls, *, form_token: str, **columns) -> "Feedback":
        """The same form sent twice is one message."""
        if known := cls.one_by(form_token=form_token):
            return known
        message = cls.create(form_token=form_token, received_at=now(),
                             due_on=add_working_days(today(), limits.FEEDBACK_DAYS), **columns)
        db.session.flush()
        record_event(EventKind.FEEDBACK_GIVEN, feedback=message.id)
        return message

    @classmethod
    def unanswered(cls) -> Select:
        """The oldest first."""
        return select(cls).where(cls.closed_at.is_(None)).order_by(cls.due_on, cls.id)

    def answer(self, officer: Officer, words: str) -> Event:
        """By letter where there is an address; else it is only noted as seen to."""
        require(not self.closed_at, f"message {self.id} is answered")
        self.closed_at, self.officer = now(), officer
        return record_event(EventKind.FEEDBACK_ANSWERED, officer=officer, words=words, feedback=self.id)
