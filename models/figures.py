"""Facts for meetings: one number about one area in one year, with whose it is; and the page that is handed out."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Self

from sqlalchemy import JSON, Date, Float, ForeignKey, Integer, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import db, new_secret, require
from .places import Place
from .visits import Visit
from .working_days import today


class FigureRow(NamedTuple):
    """A figure as a file states it, before it is stored. `area` is a code of Statistics Denmark's, or the district;
    `measure` and `source` are keys that the facts package explains."""

    area: str
    measure: str
    year: int
    value: float
    source: str

    @property
    def key(self) -> tuple[str, str, int]:
        return self.area, self.measure, self.year


class Figure(db.Model):
    """One number: of a measure, in an area, in a year. A count of a year is an annual count, a population that of 1
    January, a share a number of per cent."""

    area: Mapped[str] = mapped_column(String(8), primary_key=True)
    measure: Mapped[str] = mapped_column(String(32), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    value: Mapped[float] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String(32))
    stored_on: Mapped[date] = mapped_column(Date, default=today)

    @classmethod
    def all(cls) -> list[Self]:
        return list(db.session.scalars(select(cls)))

    @classmethod
    def overview(cls) -> list:
        """Of each measure: the measure, how many figures of how many areas, first and last year, when stored last."""
        return list(db.session.execute(select(
            cls.measure, func.count().label("count"), func.count(cls.area.distinct()).label("areas"),
            func.min(cls.year).label("first"), func.max(cls.year).label("last"),
            func.max(cls.stored_on).label("stored_on")).group_by(cls.measure)))

    @classmethod
    def differences(cls, rows: Iterable[FigureRow]) -> tuple[list[FigureRow], list[tuple[FigureRow, float]]]:
        """What storing `rows` would do: the new ones, and those that change with the value until now."""
        known = {(f.area, f.measure, f.year): f.value for f in cls.all()}
        new = [row for row in rows if row.key not in known]
        return new, [(row, known[row.key]) for row in rows if known.get(row.key, row.value) != row.value]

    @classmethod
    def store(cls, rows: Iterable[FigureRow]) -> int:
        """Keep what is new or has changed, and say how many that is; the same rows again change nothing."""
        new, changed = cls.differences(list(rows))
        for row in new:
            cls.create(**row._asdict())
        for row, _ in changed:
            figure = db.session.get(cls, row.key)
            figure.value, figure.source, figure.stored_on = row.value, row.source, today()
        return len(new) + len(changed)


class Handout(db.Model):
    """One page for one visit, made of the newest figures whenever it is opened. Its secret is its address.

    `measures` are the facts that it tells, `topics` what it gives advice about, `words` the officer's own line by
    language, `languages` those in which it is printed.
    """

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(32), default=new_secret, unique=True)
    measures: Mapped[list] = mapped_column(JSON)
    topics: Mapped[list] = mapped_column(JSON)
    words: Mapped[dict] = mapped_column(JSON)
    languages: Mapped[list] = mapped_column(JSON)

    visit: Mapped["Visit"] = relationship(back_populates="handout")

    @classmethod
    def prepare(cls, visit: "Visit", **columns) -> Self:
        """Make it, or make it anew under the same address."""
        require(not visit.removed_on, f"what was written for visit {visit.id} is removed")
        visit.handout = visit.handout or cls()
        visit.handout.assign(**columns)
        return visit.handout

    @classmethod
    def last_in(cls, municipality: str) -> Self | None:
        """The one of the last visit there that had one."""
        return db.session.scalar(select(cls).join(cls.visit).join(Visit.place).where(
            Place.municipality == municipality).order_by(cls.visit_id.desc()).limit(1))
