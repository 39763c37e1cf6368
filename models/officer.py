"""Who may enter the office, and the lock on its door."""

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Boolean, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.security import check_password_hash, generate_password_hash

from .base import UTCDateTime, db, now

FREE_TRIES = 5  # wrong passwords before the account is locked; each further one doubles the wait
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=12)
# Checked where no account exists, so that the answer takes as long as where one does.
_NOBODY = generate_password_hash(secrets.token_hex())


class Officer(db.Model):
    """An officer with a log-in. One who left is put out of use, never deleted: the history names them."""

    __tablename__ = "officers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(255))
    feed_key: Mapped[str] = mapped_column(String(32), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    wrong_tries: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def add(cls, email: str, name: str, password: str) -> "Officer":
        officer = cls(email=email.strip().casefold(), name=name, active=True, wrong_tries=0)
        officer.set_password(password)
        db.session.add(officer)
        return officer

    @classmethod
    def by_email(cls, email: str) -> "Officer | None":
        return db.session.scalar(select(cls).where(cls.email == email.strip().casefold()))

    @classmethod
    def in_use(cls) -> list["Officer"]:
        return list(db.session.scalars(select(cls).where(cls.active.is_(True)).order_by(cls.id)))

    @classmethod
    def by_feed_key(cls, key: str) -> "Officer | None":
        """Whose calendar this address shows: everyone's is compared, so that the time it takes tells nothing."""
        found = [o for o in cls.in_use() if o.feed_key and hmac.compare_digest(o.feed_key.encode(), key.encode())]
        return found[0] if found else None

    @classmethod
    def log_in(cls, email: str, password: str) -> "Officer | None":
        """The officer, or None: an unknown account, a wrong password and a locked account look and take the same."""
        officer = cls.by_email(email)
        usable = officer is not None and officer.active
        right = check_password_hash(officer.password_hash if usable else _NOBODY, password)
        if not usable or officer.is_locked:
            return None
        if not right:
            officer._count_wrong_try()
            return None
        officer.wrong_tries, officer.locked_until = 0, None
        return officer

    def set_password(self, password: str) -> None:
        self.password_hash = generate_password_hash(password)
        self.wrong_tries, self.locked_until = 0, None

    def renew_feed_key(self) -> None:
        """A new address for the officer's calendar; whoever has the old one sees no more."""
        self.feed_key = secrets.token_urlsafe(24)

    @property
    def pass_key(self) -> str:
        """Changes with the password: a session that holds another one has ended."""
        return self.password_hash[-16:]

    @property
    def is_locked(self) -> bool:
        return self.locked_until is not None and now() < self.locked_until

    def _count_wrong_try(self) -> None:
        self.wrong_tries += 1
        over = self.wrong_tries - FREE_TRIES
        if over >= 0:
            self.locked_until = now() + min(FIRST_LOCK * 2 ** min(over, 20), LONGEST_LOCK)
