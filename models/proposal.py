"""A date that somebody has proposed for a booking: wished by the citizen, or offered by us."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .agenda import in_units
from .base import UTCDateTime, db, fold, now
from .workdays import today

if TYPE_CHECKING:
    from .booking import Booking

LONGEST_ROAD = timedelta(hours=10)  # each way


class Proposal(db.Model):
    """A date until it is agreed, refused or lapsed (`closed_at`). It holds nobody's time: whoever agrees first has it.

    What we offer says by when to answer, and what the visit would take: the units of each part, `travel` minutes each
    way, and the place as our letters name it.
    """

    __tablename__ = "proposals"
    __table_args__ = (Index(None, "booking_id", "closed_at"), Index(None, "closed_at", "starts_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer_by: Mapped[date | None] = mapped_column(Date)
    takes: Mapped[dict] = mapped_column(JSON, default=dict)
    travel: Mapped[int] = mapped_column(Integer, default=0)
    where: Mapped[str] = mapped_column(String(160), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    booking: Mapped["Booking"] = relationship(back_populates="proposals")

    @classmethod
    def overlapping(cls, starts_at: datetime, ends_at: datetime, units: Iterable[str],
                    but: Iterable["Booking"]) -> list["Proposal"]:
        """Open proposals of other bookings that could not be kept if `units` were taken then. A wish names no unit, so
        every wish at that time is one of them."""
        found = db.session.scalars(select(cls).where(
            cls.closed_at.is_(None), cls.starts_at < ends_at + LONGEST_ROAD, cls.ends_at > starts_at - LONGEST_ROAD,
            cls.booking_id.not_in([b.id for b in but])).order_by(cls.starts_at, cls.id))
        keys = set(map(fold, units))
        return [p for p in found if p.occupied[0] < ends_at and p.occupied[1] > starts_at
                and (not p.takes or keys & {fold(u) for u in p.units})]

    @classmethod
    def unanswered(cls) -> list["Booking"]:
        """Bookings whose offered dates nobody has answered in time."""
        return list(dict.fromkeys(p.booking for p in db.session.scalars(select(cls).where(
            cls.closed_at.is_(None), cls.answer_by < today()).order_by(cls.id))))

    @property
    def is_open(self) -> bool:
        in_time = self.answer_by is None or self.answer_by >= today()
        return self.closed_at is None and self.starts_at > now() and in_time

    @property
    def is_offer(self) -> bool:
        return self.answer_by is not None

    @property
    def units(self) -> list[str]:
        return [unit for _, unit in in_units(self.takes)]

    @property
    def occupied(self) -> tuple[datetime, datetime]:
        """From when to when it would take its units, the road there and back included."""
        road = timedelta(minutes=self.travel)
        return self.starts_at - road, self.ends_at + road
