"""What each quarter came to, as everybody may read it."""

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import JSON, Date, func, select
from sqlalchemy.orm import Mapped, mapped_column

from . import limits
from .base import db
from .bookings import Booking
from .working_days import add_working_days, today


class QuarterAccount(db.Model):
    """One quarter of the public account, from its first day.

    `people` counts wishes and answers, small numbers left out (reporting/withheld.py). It is made once and stands:
    what happens to a case later changes nothing here, and nobody learns from what changed between two looks.
    `work` counts what was done, such as controls and vehicles, and follows what is public of it, day by day.
    """

    __tablename__ = "accounts"

    first: Mapped[date] = mapped_column(Date, primary_key=True)
    people: Mapped[dict] = mapped_column(JSON)
    made_on: Mapped[date] = mapped_column(Date)
    work: Mapped[dict] = mapped_column(JSON)
    renewed_on: Mapped[date] = mapped_column(Date)

    @property
    def last(self) -> date:
        return last_of_quarter(self.first)

    @classmethod
    def renew(cls, count_people: Callable[[date], dict], count_work: Callable[[date], dict]) -> bool:
        """Make the next account that is due, or else count anew, once a day, what was done in one quarter; false where
        there is nothing to do. One at a time, so that nobody who writes waits for long. The counting is handed in: it
        is reporting's, which models do not know."""
        first = cls.next_due()
        if first:
            cls.create(first=first, people=count_people(first), made_on=today(), work=count_work(first),
                       renewed_on=today())
            return True
        account = db.session.scalar(select(cls).where(cls.renewed_on < today()).limit(1))
        if account:
            account.work, account.renewed_on = count_work(account.first), today()
        return account is not None

    @classmethod
    def next_due(cls) -> date | None:
        """The first day of the earliest quarter without an account, where it is over by limits.ACCOUNT_DAYS working
        days; None where there is no such quarter."""
        last = db.session.scalar(select(func.max(cls.first)))
        earliest = db.session.scalar(select(func.min(Booking.received_on)))
        if earliest is None:
            return None
        first = next_quarter(last) if last else earliest.replace(month=earliest.month - (earliest.month - 1) % 3, day=1)
        return first if add_working_days(last_of_quarter(first), limits.ACCOUNT_DAYS) <= today() else None

    @classmethod
    def history(cls) -> list["QuarterAccount"]:
        """All of them, the oldest first."""
        return list(db.session.scalars(select(cls).order_by(cls.first)))


def last_of_quarter(first: date) -> date:
    """The last day of the quarter that begins with `first`."""
    return next_quarter(first) - timedelta(days=1)


def next_quarter(first: date) -> date:
    """The first day of the quarter after the one that begins with `first`."""
    return (first + timedelta(days=95)).replace(day=1)
