"""Whose time is taken, by visits or by days off, and when we come at all."""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine, ForeignKey, Index, String, Time, event, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, UTCDateTime, db, fold, now
from .workdays import COPENHAGEN, is_holiday, local

if TYPE_CHECKING:
    from .visit import Visit

FARTHEST = 28  # days before and after a date within which another one is looked for
STEP = timedelta(minutes=30)
USUAL = (time(8), time(21))


class Taken(db.Model):
    """Time of one unit, a crew or a van, that a visit or an absence occupies, the road there and back included.

    `part` is what the unit does in the visit. An absence has no visit, and without a unit it is everybody's. That no
    visit takes what another has, PostgreSQL also sees to itself (migration 0011). An absence may lie over a visit, so
    that none is planned into it is kept by ensure_free and the door alone.
    """

    __tablename__ = "taken"
    __table_args__ = (Index(None, "unit_key", "starts_at"), Index(None, "starts_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"), index=True)
    part: Mapped[str] = mapped_column(String(16), default="")
    unit: Mapped[str] = mapped_column(String(80), default="")
    unit_key: Mapped[str] = mapped_column(String(80), default="")
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    words: Mapped[str] = mapped_column(String(200), default="")

    visit: Mapped["Visit | None"] = relationship(back_populates="takes")

    @classmethod
    def absence(cls, unit: str, starts_at: datetime, ends_at: datetime, words: str) -> "Taken":
        """A day off, a holiday, a day in the workshop. Visits that lie in it stay: the officer sees them beside it."""
        absence = cls.of("", unit, starts_at, ends_at)
        absence.words = words
        db.session.add(absence)
        return absence

    @classmethod
    def absences(cls, since: datetime) -> list["Taken"]:
        """Those that end after `since`, the first one first."""
        return list(db.session.scalars(select(cls).where(cls.visit_id.is_(None), cls.ends_at > since)
                                       .order_by(cls.starts_at, cls.id)))

    @classmethod
    def of(cls, part: str, unit: str, starts_at: datetime, ends_at: datetime) -> "Taken":
        return cls(part=part, unit=unit, unit_key=fold(unit), starts_at=starts_at, ends_at=ends_at)

    @classmethod
    def between(cls, starts_at: datetime, ends_at: datetime, units: Iterable[str] | None = None) -> list["Taken"]:
        """What overlaps that time; with `units`, only what keeps one of them away."""
        found = select(cls).where(cls.starts_at < ends_at, cls.ends_at > starts_at).order_by(cls.starts_at, cls.id)
        if units is not None:
            found = found.where(cls.unit_key.in_({"", *map(fold, units)}))
        return list(db.session.scalars(found))

    @property
    def meanwhile(self) -> list["Visit"]:
        """The planned visits that an absence stands in the way of."""
        others = Taken.between(self.starts_at, self.ends_at, [self.unit] if self.unit else None)
        return list(dict.fromkeys(t.visit for t in others if t.visit and t.visit.is_planned))

    def end(self) -> None:
        """An absence is off. What a visit takes is the visit's own affair."""
        if self.visit:
            raise NotAllowed(f"{self.unit} is taken by visit {self.visit_id}")
        db.session.delete(self)


class Clash(NotAllowed):
    """A unit is elsewhere at that time. `other` is the time that is taken."""

    def __init__(self, other: Taken):
        super().__init__(f"{other.unit or 'everybody'} is taken from {other.starts_at} to {other.ends_at}")
        self.other = other


class Crossed(Clash):
    """PostgreSQL's own no to two visits that take one unit at one time, should anybody ever come between the check and
    the write. To whom the unit belongs by now is asked when the refused transaction is over."""

    def __init__(self, unit_key: str, visit_id: str):
        NotAllowed.__init__(self, f"visit {visit_id} has taken {unit_key}")
        self.found = select(Taken).where(Taken.visit_id == int(visit_id), Taken.unit_key == unit_key).limit(1)

    @property
    def other(self) -> Taken:
        return db.session.scalar(self.found)


@event.listens_for(Engine, "handle_error")
def _as_clash(failed) -> None:
    error = failed.original_exception
    if getattr(error, "sqlstate", None) == "23P01":  # exclusion_violation: "...=(ida, 2, [...)) conflicts with ...=("
        raise Crossed(*re.findall(r"=\(([^,]*), (\d+), ", error.diag.message_detail)[-1])


class Hours(db.Model):
    """From when to when we come, on one weekday (Monday is 0); not at all where both are the same."""

    __tablename__ = "hours"

    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)

    @classmethod
    def week(cls) -> list[tuple[time, time]]:
        """All seven days, as entered or as usual."""
        entered = {h.weekday: (h.opens, h.closes) for h in db.session.scalars(select(cls))}
        return [entered.get(day, USUAL) for day in range(7)]

    @classmethod
    def enter(cls, week: list[tuple[time, time]]) -> None:
        for weekday, (opens, closes) in enumerate(week):
            db.session.merge(cls(weekday=weekday, opens=opens, closes=closes))


def is_within_hours(starts_at: datetime, ends_at: datetime) -> bool:
    """Whether we come at that time of the week, and it is no public holiday."""
    start, end = local(starts_at), local(ends_at)
    opens, closes = Hours.week()[start.weekday()]
    open_then = start.date() == end.date() and opens <= start.time() and end.time() <= closes
    return open_then and not is_holiday(start.date())


def free_times(units: Iterable[str], near: datetime, length: timedelta, travel: timedelta = timedelta(),
               count: int = 3, earliest: datetime | None = None) -> list[datetime]:
    """When all of `units` could come instead: on the `count` nearest days with a free time, the one nearest to the
    time of day of `near`, in order. `earliest` is two days ahead."""
    earliest = earliest or now() + timedelta(days=2)
    wished, week, found = local(near), Hours.week(), []
    days = timedelta(days=FARTHEST + 1)
    taken = [(t.starts_at, t.ends_at) for t in Taken.between(near - days, near + days, units)]
    for away in sorted(range(-FARTHEST, FARTHEST + 1), key=abs):
        day = wished.date() + timedelta(days=away)
        opens, closes = (datetime.combine(day, at, COPENHAGEN) for at in week[day.weekday()])
        starts = [opens + STEP * n for n in range(max(0, (closes - opens - length) // STEP + 1))]
        free = [s for s in starts if s >= earliest and not is_holiday(day)
                and not any(t < s + length + travel and u > s - travel for t, u in taken)]
        if free:
            found.append(min(free, key=lambda s: abs(_minutes(s) - _minutes(wished))))
        if len(found) == count:
            break
    return sorted(found)


def _minutes(at: datetime) -> int:
    return at.hour * 60 + at.minute


def ensure_free(units: Iterable[str], starts_at: datetime, ends_at: datetime, visit: "Visit | None" = None) -> None:
    """Raise Clash where one of `units` is taken by something else than `visit`. Reading and what is written next are
    one transaction, so nobody can come between."""
    with db.session.no_autoflush:
        others = [t for t in Taken.between(starts_at, ends_at, units) if visit is None or t.visit is not visit]
    if others:
        raise Clash(others[0])


def in_units(takes: dict[str, str]) -> list[tuple[str, str]]:
    """Parts and the units that fill them; several are parted by commas: "Ida, Bo"."""
    return [(part, unit.strip()) for part, units in takes.items() for unit in units.split(",") if unit.strip()]
