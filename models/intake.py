"""Whether a service takes in wishes at present, and who is to be told when it does again."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, OpenedByLink, UTCDateTime, db, now
from .event import Event, Kind, record
from .workdays import today

if TYPE_CHECKING:
    from .officer import Officer

KEPT = timedelta(days=7)  # how long who has been told, or has never confirmed, stays on the list of an open form


class Intake(db.Model):
    """One press of the switch of one service; the newest says how it stands, and the rows are its history.

    `until` is the day on which the form opens again by itself; without one, it is open. The words say why.
    """

    __tablename__ = "intakes"
    __table_args__ = (Index(None, "service", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    until: Mapped[date | None] = mapped_column(Date)
    words_da: Mapped[str] = mapped_column(Text, default="")
    words_en: Mapped[str] = mapped_column(Text, default="")

    officer: Mapped["Officer"] = relationship()

    @classmethod
    def history(cls, service: str) -> list["Intake"]:
        """Every press, the newest first."""
        return list(db.session.scalars(select(cls).where(cls.service == service).order_by(cls.id.desc())))

    @classmethod
    def pauses(cls) -> dict[str, "Intake"]:
        """The services that take in nothing at present."""
        newest = select(func.max(cls.id)).group_by(cls.service)
        return {i.service: i for i in db.session.scalars(select(cls).where(cls.id.in_(newest))) if i.is_pause}

    @classmethod
    def pause(cls, officer: "Officer", service: str, until: date, words_da: str, words_en: str) -> "Intake":
        """Take in nothing before `until`; during a pause, this is another date or other words for it."""
        if until <= today():
            raise NotAllowed("a pause ends on a day to come")
        return cls._press(officer, service, until=until, words_da=words_da, words_en=words_en)

    @classmethod
    def open(cls, officer: "Officer", service: str) -> "Intake":
        """Take in again at once. Whoever wanted to know is told by duties.py."""
        if service not in cls.pauses():
            raise NotAllowed(f"{service} is open")
        return cls._press(officer, service)

    @classmethod
    def _press(cls, officer: "Officer", service: str, **columns) -> "Intake":
        pressed = cls(service=service, at=now(), officer=officer, **columns)
        db.session.add(pressed)
        return pressed

    @property
    def is_pause(self) -> bool:
        return self.until is not None and today() < self.until

    def words(self, language: str) -> str:
        return self.words_en if language == "en" else self.words_da


class Waiter(OpenedByLink, db.Model):
    """Somebody who wants to be told when a service takes in wishes again: an address and nothing more.

    The secret opens their own page. Nobody gets a second letter who has not confirmed the first. Until `open_until`
    the form opens for them, before it does for everybody; `told_on` is the day on which they were told that it does.
    """

    __tablename__ = "waiters"
    __table_args__ = (UniqueConstraint("service", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(32))
    email: Mapped[str] = mapped_column(String(254), index=True)
    language: Mapped[str] = mapped_column(String(2))
    asked_on: Mapped[date] = mapped_column(Date, default=today)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    open_until: Mapped[date | None] = mapped_column(Date)
    told_on: Mapped[date | None] = mapped_column(Date)

    @classmethod
    def ask(cls, service: str, email: str, language: str) -> None:
        """Put an address on the list, once. The letter that asks for a confirmation goes only where no other such
        letter lies unanswered, whatever service it was for."""
        email = email.casefold()
        known = {w.service: w for w in db.session.scalars(select(cls).where(cls.email == email))}
        if again := known.get(service):
            again._wait_again()
            return
        waiter = cls(service=service, email=email, language=language)
        db.session.add(waiter)
        db.session.flush()
        if all(other.confirmed_at for other in known.values()):
            waiter._record(Kind.WAITER_ASKED)

    @classmethod
    def waiting(cls, service: str) -> list["Waiter"]:
        """Those who have confirmed and have not been told, in the order in which they confirmed."""
        return list(db.session.scalars(select(cls).where(
            cls.service == service, cls.confirmed_at.is_not(None), cls.told_on.is_(None))
            .order_by(cls.confirmed_at, cls.id)))

    @classmethod
    def let_in(cls, officer: "Officer", service: str, count: int, days: int) -> int:
        """Open the form for the next `count` of them, for so many days; how many there were."""
        batch = cls.waiting(service)[:count]
        for waiter in batch:
            waiter.told_on, waiter.open_until = today(), today() + timedelta(days=days)
            waiter._record(Kind.WAITER_LET_IN, officer=officer, until=waiter.open_until.isoformat())
        return len(batch)

    @classmethod
    def tell_all(cls) -> None:
        """Where a form is open again, all who wait are told, and after a while are off the list."""
        paused = Intake.pauses()
        for waiter in db.session.scalars(select(cls).where(cls.service.not_in(paused))):
            if waiter.confirmed_at and not waiter.told_on:
                waiter.told_on = today()
                waiter._record(Kind.WAITER_TOLD)
            elif (waiter.told_on or waiter.asked_on) + KEPT < today():
                waiter.leave()

    def confirm(self) -> None:
        """It is their address, so the other services that were asked for with it count as well."""
        for waiter in db.session.scalars(select(Waiter).where(Waiter.email == self.email)):
            waiter.confirmed_at = waiter.confirmed_at or now()
        self._wait_again()

    def leave(self) -> None:
        """Off the list, because they say so, or have booked, or were told a while ago."""
        db.session.delete(self)

    @property
    def is_let_in(self) -> bool:
        return self.open_until is not None and today() <= self.open_until

    @property
    def is_on_the_list(self) -> bool:
        return self.confirmed_at is not None and self.told_on is None

    def _wait_again(self) -> None:
        """Whoever was told before, and is not let in at present, waits once more."""
        if not self.is_let_in:
            self.told_on = self.open_until = None

    def _record(self, kind: Kind, officer: "Officer | None" = None, **facts) -> Event:
        """The history knows a number only, no address."""
        return record(kind, officer=officer, waiter=self.id, service=self.service, **facts)
