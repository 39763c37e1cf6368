"""What somebody cannot use on our site, and our answer within the ten working days that the agency asks for."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Date, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, UTCDateTime, db, now
from .event import Event, Kind, record
from .workdays import add_working_days, today

if TYPE_CHECKING:
    from .officer import Officer

ANSWER_WITHIN = 10  # working days


class Feedback(db.Model):
    """One message about accessibility. `email` is empty where no answer is wanted."""

    __tablename__ = "feedbacks"

    id: Mapped[int] = mapped_column(primary_key=True)
    once: Mapped[str] = mapped_column(String(64), unique=True)
    page: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(2))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))

    officer: Mapped["Officer | None"] = relationship()

    @classmethod
    def receive(cls, *, once: str, **columns) -> "Feedback":
        """The same form sent twice is one message."""
        if known := db.session.scalar(select(cls).where(cls.once == once)):
            return known
        message = cls(once=once, received_at=now(), due_on=add_working_days(today(), ANSWER_WITHIN), **columns)
        db.session.add(message)
        db.session.flush()
        record(Kind.FEEDBACK_GIVEN, feedback=message.id)
        return message

    @classmethod
    def unanswered(cls) -> list["Feedback"]:
        """The oldest first."""
        return list(db.session.scalars(select(cls).where(cls.closed_at.is_(None)).order_by(cls.due_on, cls.id)))

    def answer(self, officer: "Officer", words: str) -> Event:
        """By letter where there is an address; else it is only noted as seen to."""
        if self.closed_at:
            raise NotAllowed(f"message {self.id} is answered")
        self.closed_at, self.officer = now(), officer
        return record(Kind.FEEDBACK_ANSWERED, officer=officer, words=words, feedback=self.id)
