"""What is handed out at a meeting: a page of facts and advice, chosen by an officer."""

from typing import Self

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Versioned, db, new_secret
from .places import Place
from .visits import Visit


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
        visit.handout = visit.handout or cls()
        for name, value in columns.items():
            setattr(visit.handout, name, value)
        return visit.handout

    @classmethod
    def by_secret(cls, secret: str) -> Self | None:
        return db.session.scalar(select(cls).where(cls.secret == secret))

    @classmethod
    def last_in(cls, municipality: str) -> Self | None:
        """The one of the last visit there that had one."""
        return db.session.scalar(select(cls).join(cls.visit).join(Visit.place).where(
            Place.municipality == municipality).order_by(cls.visit_id.desc()).limit(1))


class AdviceText(Versioned, db.Model):
    """One version of the advice about a topic, by language, and where the official advice stands. The newest counts."""

    topic: Mapped[str] = mapped_column(String(32), index=True)
    texts: Mapped[dict] = mapped_column(JSON)
    link: Mapped[str] = mapped_column(String(200))

    @classmethod
    def newest(cls) -> dict[str, Self]:
        """That of each topic whose advice was ever written anew."""
        return {row.topic: row for row in reversed(cls.history())}
