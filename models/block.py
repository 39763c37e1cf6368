"""Addresses to which a form alone sends no letters any more, because their reader or an officer has said so."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import UTCDateTime, db, now
from .event import Kind, record

if TYPE_CHECKING:
    from .booking import Booking
    from .officer import Officer


class Block(db.Model):
    """`key` is a keyed hash of the address, which itself is not kept: known again, but not read off. `officer` is
    empty where the reader of the address has blocked it, `booking` where it was about no case."""

    __tablename__ = "blocks"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))

    booking: Mapped["Booking | None"] = relationship()
    officer: Mapped["Officer | None"] = relationship()

    @classmethod
    def of(cls, key: str) -> "Block | None":
        return db.session.scalar(select(cls).where(cls.key == key))

    @classmethod
    def add(cls, key: str, booking: "Booking | None", officer: "Officer | None" = None) -> None:
        """Blocked twice is blocked once."""
        if cls.of(key) is None:
            db.session.add(cls(key=key, booking=booking, officer=officer))
        if booking:
            record(Kind.BLOCKED, booking=booking, officer=officer)

    def lift(self, officer: "Officer") -> None:
        if self.booking:
            record(Kind.UNBLOCKED, booking=self.booking, officer=officer)
        db.session.delete(self)
