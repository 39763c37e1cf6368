"""Who is logged in, and where: a row for each, so that ending one is the end of it."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from .base import UTCDateTime, db, now

if TYPE_CHECKING:
    from .officer import Officer

FORGOTTEN = timedelta(days=2)  # by then no session lasts, and its row goes


class LogIn(db.Model):
    """One officer's log-in at one browser. The cookie holds a random key and the table its hash: whoever reads the
    table gets in nowhere, and a cookie that was copied is worth nothing once the row is gone. No address is kept."""

    __tablename__ = "log_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"), index=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    seen: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    browser: Mapped[str] = mapped_column(String(40))

    officer: Mapped["Officer"] = relationship(back_populates="log_ins")

    @classmethod
    def start(cls, officer: "Officer", browser: str = "") -> str:
        """A new session; the key is for the cookie and is told this once."""
        db.session.execute(delete(cls).where(cls.seen < now() - FORGOTTEN))
        key = secrets.token_urlsafe(32)
        db.session.add(cls(officer=officer, key_hash=_hashed(key), browser=browser, since=now(), seen=now()))
        return key

    @classmethod
    def by_key(cls, key: str) -> "LogIn | None":
        return db.session.scalar(select(cls).options(joinedload(cls.officer)).where(cls.key_hash == _hashed(key)))

    def lasts(self, idle: timedelta, longest: timedelta) -> bool:
        return now() - self.seen <= idle and now() - self.since <= longest


def _hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()
