"""What is counted once: what each quarter came to, as everybody may read it, and what each month adds to the office's
figures, counted anew when something happens to it."""

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import JSON, Date, Integer, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from . import limits
from .base import db, now
from .bookings import Booking
from .events import Event
from .visits import Visit
from .working_days import add_working_days, local, month_begins, today

SETTLED = timedelta(hours=1)  # after which no transaction is open any more that has taken a number for an event
FAR_BEHIND = 1000  # events; a page looks through no more than about so many to see which months they are about


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


class MonthCount(db.Model):
    """One month that is over, such as "2026-05"; `counts` are those of reporting/months.py.

    They hold what had happened up to the event of number `as_of`. Where a later one is about a booking or a visit of
    the month, they are not used, and the worker counts anew: no verb needs to think of them.
    """

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    counts: Mapped[dict] = mapped_column(JSON)
    as_of: Mapped[int] = mapped_column(Integer)

    @classmethod
    def valid(cls, first: str, last: str) -> dict[str, dict]:
        """The counts of the months from `first` to `last` that nothing has happened to since, by month."""
        kept = db.session.scalars(select(cls).where(cls.month.between(first, last))).all()
        changed = _last_changes(min(month.as_of for month in kept)) if kept else {}
        return {month.month: month.counts for month in kept if changed.get(month.month, 0) <= month.as_of}

    @classmethod
    def renew(cls, count: Callable[[str, str], dict[str, dict]]) -> bool:
        """Count the next month that is over and not kept, has changed or is FAR_BEHIND; false where there is none. One
        at a time, so that nobody who writes waits for long. The counting is handed in: it is reporting's, which models
        do not know."""
        settled = db.session.scalar(
            select(Event.id).where(Event.at < now() - SETTLED).order_by(Event.id.desc()).limit(1)) or 0
        kept = dict(db.session.execute(select(cls.month, cls.as_of)).all())
        changed = _last_changes(min(kept.values(), default=settled))
        earliest = db.session.scalar(select(func.min(Booking.received_on))) or today()
        *over, _this_month, _next_month = month_begins(earliest, today())
        for month in (f"{begin:%Y-%m}" for begin in over):
            as_of = kept.get(month, -FAR_BEHIND)
            if settled >= as_of + FAR_BEHIND or as_of < changed.get(month, 0) <= settled:
                db.session.merge(cls(month=month, counts=count(month, month).get(month, {}), as_of=settled))
                return True
        return False


def _last_changes(after: int) -> dict[str, int]:
    """The months of the bookings and visits that the events after the one of number `after` are about, and the number
    of the last about each. The 0 keeps SQLite from starting at years of bookings to find a few events."""
    of_bookings = select(Event.id, Booking.received_on, Booking.decided_on).join(
        Booking, Booking.id == Event.booking_id + 0).where(Event.id > after)
    of_visits = select(Event.id, Visit.starts_at).join(Visit, Visit.id == Event.visit_id + 0).where(Event.id > after)
    found = [(number, day) for number, *days in db.session.execute(of_bookings) for day in days if day]
    found += [(number, local(at)) for number, at in db.session.execute(of_visits)]
    return {f"{day:%Y-%m}": number for number, day in sorted(found, key=lambda change: change[0])}
