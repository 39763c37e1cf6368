"""Whether people's data may be removed, and what has been: both appended to, never changed."""

from datetime import date, datetime, timedelta

from sqlalchemy import Date, ForeignKey, Integer, String, event, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, Numbered, UTCDateTime, Versioned, db, now, require
from .officers import Officer
from .working_days import midnight, today


class RetentionDecision(Versioned, db.Model):
    """The National Archives' decision that we may remove, as an officer has entered it. The newest counts.

    A state authority may remove nothing without one, so without one nothing is removed. `decision` is its number and
    date, `months` how long data is kept after the case is closed; nothing goes before `first`. A version without a
    decision withdraws the one before.
    """

    __tablename__ = "permits"

    decision: Mapped[str] = mapped_column(String(200), default="")
    months: Mapped[int | None] = mapped_column(Integer)
    first: Mapped[date | None] = mapped_column(Date)

    @classmethod
    def present(cls) -> "RetentionDecision | None":
        newest = db.session.scalar(select(cls).order_by(cls.id.desc()).limit(1))
        return newest if newest and newest.decision else None

    @classmethod
    def enter(cls, officer: Officer, decision: str, months: int, first: date) -> "RetentionDecision":
        """From tomorrow at the earliest: what an officer enters by mistake has removed nothing before they see it."""
        require(first > today() and months >= 1, "removal begins on a day to come, after a month at least")
        return cls.add(officer, decision=decision, months=months, first=first)

    @classmethod
    def withdraw(cls, officer: Officer) -> "RetentionDecision":
        """The removal stops. What is removed stays so."""
        require(cls.present(), "nothing is permitted")
        return cls.add(officer)

    def due_on(self, ended: date) -> date:
        """When what came to an end on that day is removed."""
        return max(months_after(ended, self.months), self.first)

    def ended_before(self, on: date) -> datetime:
        """What came to an end before this moment is due on that day."""
        last = months_after(on, -self.months)
        while months_after(last, self.months) > on:
            last -= timedelta(days=1)
        return midnight(last + timedelta(days=1))


class RemovalRecord(Numbered, db.Model):
    """One line of the ledger: what was removed, when and by which permit, and nothing about whom.

    `what` is a case, a visit, or a table whose rows belong to neither; `reference` is the case's, or the visit's
    number. By `copies_until`, the last backup that still holds it is gone.
    """

    __tablename__ = "removals"

    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    permit_id: Mapped[int] = mapped_column(ForeignKey("permits.id"))
    what: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(16), default="")
    number: Mapped[int] = mapped_column(Integer, default=1)
    copies_until: Mapped[date] = mapped_column(Date)

    permit: Mapped[RetentionDecision] = relationship()


@event.listens_for(RetentionDecision, "before_update")
@event.listens_for(RetentionDecision, "before_delete")
@event.listens_for(RemovalRecord, "before_update")
@event.listens_for(RemovalRecord, "before_delete")
def _refuse(_mapper, _connection, line):
    raise NotAllowed(f"{type(line).__name__} {line.id} is only appended to")


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the first of the next where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:  # the 31st of a short month
        return months_after(day.replace(day=1), months + 1)
