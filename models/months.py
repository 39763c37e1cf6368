"""What each month that is over adds to the office's figures: counted once, and anew when something happens to it."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import JSON, Integer, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from .base import db, now
from .bookings import Booking
from .events import Event
from .visits import Visit
from .working_days import local, month_begins, today

SETTLED = timedelta(hours=1)  # after which no transaction is open any more that has taken a number for an event
FAR_BEHIND = 1000  # events; a page looks through no more than about so many to see which months they are about


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
