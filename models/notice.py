"""What people are told of how their data is used: the officer's text, version by version."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import UTCDateTime, db, now

if TYPE_CHECKING:
    from .officer import Officer

FIRST = 0  # the text that the site begins with, which stands in a template


class Notice(db.Model):
    """One version; its number is its id. The newest is what people are given; a booking knows which it was."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    da: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)

    officer: Mapped["Officer"] = relationship()

    @classmethod
    def keep(cls, officer: "Officer", da: str, en: str) -> "Notice":
        notice = cls(at=now(), officer=officer, da=da, en=en)
        db.session.add(notice)
        return notice

    @classmethod
    def number(cls) -> int:
        """That of the present version."""
        return db.session.scalar(select(func.max(cls.id))) or FIRST

    @classmethod
    def versions(cls) -> list["Notice"]:
        """The newest first, without the one that the site began with."""
        return list(db.session.scalars(select(cls).order_by(cls.id.desc())))

    def words(self, language: str) -> str:
        return self.en if language == "en" else self.da
