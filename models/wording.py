"""How a no is worded: what the officer has written in place of the catalogue's sentences, version by version."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import UTCDateTime, db, now

if TYPE_CHECKING:
    from .officer import Officer


class Wording(db.Model):
    """One version of a reason's sentence. Rows are only added: the newest counts, the others are its history.

    `texts` holds the sentence in each language, with fields such as {by} that are filled in for each case. `name` is
    what officers call a reason of their own. What is `put_away` is not offered, such as snow in summer.
    """

    __tablename__ = "wordings"
    __table_args__ = (Index(None, "service", "reason", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(60), default="")
    texts: Mapped[dict] = mapped_column(JSON, default=dict)
    put_away: Mapped[bool] = mapped_column(Boolean, default=False)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    officer: Mapped["Officer | None"] = relationship()

    @classmethod
    def keep(cls, officer: "Officer", *, service: str, reason: str, name: str, texts: dict[str, str],
             put_away: bool) -> "Wording":
        """A new version. Without a `reason` it is one of the officer's own, and gets the next number."""
        if not reason:
            own = db.session.scalar(select(func.count(func.distinct(cls.reason))).where(cls.reason.startswith("own-")))
            reason = f"own-{own + 1}"
        version = cls(service=service, reason=reason, name=name, texts=texts, put_away=put_away, officer=officer,
                      at=now())
        db.session.add(version)
        return version

    @classmethod
    def newest(cls, service: str) -> dict[str, "Wording"]:
        """How each reason that was ever reworded stands, in the order in which they were first written."""
        return {row.reason: row for row in db.session.scalars(
            select(cls).where(cls.service == service).order_by(cls.id))}

    @classmethod
    def history(cls, service: str, reason: str) -> list["Wording"]:
        """All versions, the newest first."""
        return list(db.session.scalars(select(cls).where(cls.service == service, cls.reason == reason)
                                       .order_by(cls.id.desc())))

    @classmethod
    def name_of(cls, reason: str) -> str:
        """What an officer's own reason is called now."""
        return db.session.scalar(select(cls.name).where(cls.reason == reason).order_by(cls.id.desc()).limit(1)) or ""
