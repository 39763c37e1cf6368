"""Texts that officers write and that are kept version by version: reasons for a no, the privacy notice, advice."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from .base import Versioned, db
from .officers import Officer
from .rules import HasServiceRules


class DeclineReason(HasServiceRules, Versioned, db.Model):
    """One version of a reason's sentence. Rows are only added: the newest counts, the others are its history.

    `texts` holds the sentence in each language, with fields such as {by} that are filled in for each case. `name` is
    what officers call a reason of their own. What is `put_away` is not offered, such as snow in summer.
    """

    __tablename__ = "wordings"
    __table_args__ = (Index(None, "service", "reason", "id"),)

    reason: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(60), default="")
    texts: Mapped[dict] = mapped_column(JSON, default=dict)
    put_away: Mapped[bool] = mapped_column(Boolean, default=False)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))

    @classmethod
    def write(cls, officer: Officer, *, reason: str, **columns) -> "DeclineReason":
        """A new version. Without a `reason` it is one of the officer's own, and gets the next number."""
        if not reason:
            own = db.session.scalar(select(func.count(func.distinct(cls.reason))).where(cls.reason.startswith("own-")))
            reason = f"own-{own + 1}"
        return cls.add(officer, reason=reason, **columns)

    @classmethod
    def newest(cls, service: str) -> dict[str, "DeclineReason"]:
        """How each reason that was ever reworded stands, in the order in which they were first written."""
        return {row.reason: row for row in db.session.scalars(
            select(cls).where(cls.service == service).order_by(cls.id))}

    @classmethod
    def name_of(cls, reason: str) -> str:
        """What an officer's own reason is called now."""
        return db.session.scalar(select(cls.name).where(cls.reason == reason).order_by(cls.id.desc()).limit(1)) or ""


FIRST = 0  # the text that the site begins with, which stands in a template


class PrivacyNotice(Versioned, db.Model):
    """One version, its text by language. Its number is its id; the newest is what people are given, and a booking knows
    which it was.
    """

    __tablename__ = "notices"

    texts: Mapped[dict] = mapped_column(JSON)

    @classmethod
    def number(cls, at: datetime | None = None) -> int:
        """That of the present version, or of the one that people were given `at` a moment."""
        versions = select(func.max(cls.id))
        return db.session.scalar(versions.where(cls.at <= at) if at else versions) or FIRST


class AdviceText(Versioned, db.Model):
    """One version of the advice about a topic, by language, and where the official advice stands. The newest counts."""

    topic: Mapped[str] = mapped_column(String(32), index=True)
    texts: Mapped[dict] = mapped_column(JSON)
    link: Mapped[str] = mapped_column(String(200))

    @classmethod
    def newest(cls) -> dict[str, "AdviceText"]:
        """That of each topic whose advice was ever written anew."""
        return {row.topic: row for row in reversed(cls.history())}
