"""When an officer is away, and who stands in."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Date, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .agenda import Taken
from .base import db
from .workdays import midnight, today

if TYPE_CHECKING:
    from .officer import Officer


class Away(db.Model):
    """From `first` to `last` an officer is away. The texts, if any, stand on the public pages meanwhile."""

    __tablename__ = "aways"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date, index=True)
    words_da: Mapped[str] = mapped_column(Text, default="")
    words_en: Mapped[str] = mapped_column(Text, default="")

    officer: Mapped["Officer"] = relationship(foreign_keys=officer_id)
    stand_in: Mapped["Officer | None"] = relationship(foreign_keys=stand_in_id)

    @classmethod
    def enter(cls, officer: "Officer", first: date, last: date, off: bool = False, **columns) -> "Away":
        """`off` keeps those days free of visits, too."""
        away = cls(officer=officer, first=first, last=last, **columns)
        db.session.add(away)
        if off:
            Taken.absence(officer.name, midnight(first), midnight(last + timedelta(days=1)), "")
        return away

    @classmethod
    def coming(cls) -> list["Away"]:
        """Those that are not over, the first one first."""
        return list(db.session.scalars(select(cls).where(cls.last >= today()).order_by(cls.first, cls.id)))

    @classmethod
    def at_present(cls) -> list["Away"]:
        return [away for away in cls.coming() if away.first <= today()]

    def words(self, language: str) -> str:
        return self.words_en if language == "en" else self.words_da

    def end(self) -> None:
        """Back, or not gone at all; days that were kept free are free no more."""
        for absence in Taken.absences(midnight(self.first)):
            if (absence.unit, absence.starts_at, absence.ends_at) == (
                    self.officer.name, midnight(self.first), midnight(self.last + timedelta(days=1))):
                absence.end()
        db.session.delete(self)
