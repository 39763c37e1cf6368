"""Who may enter the office, and the lock on its door."""

import enum
import hmac
import secrets
from base64 import b32encode
from datetime import datetime, timedelta
from hashlib import sha256

import pyotp
from sqlalchemy import JSON, Boolean, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

from .base import UTCDateTime, db, now, one_of
from .event import Kind, record
from .log_in import LogIn

FREE_TRIES = 5  # wrong passwords before the account is locked; each further one doubles the wait
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=12)
HASHING = "scrypt:32768:8:3"  # what OWASP asks for; who logs in with an older hash gets a new one
# Checked where no account exists, so that the answer takes as long as where one does.
_NOBODY = generate_password_hash(secrets.token_hex(), HASHING)
RECOVERY_CODES, RECOVERY_BYTES = 10, 16


class Role(enum.StrEnum):
    """A coordinator does everything; a reader sees figures and bookings, and nobody's contact data."""

    COORDINATOR = "coordinator"
    READER = "reader"


class Officer(db.Model):
    """An officer with a log-in. One who left is put out of use, never deleted: the history names them.

    A password that the operator's command has made (`temporary`) is good for choosing another one and nothing else.
    The second factor is a code from an app (TOTP). `totp_step` is the half minute whose code was used last, so that
    a code that somebody has looked at is worth nothing; `recovery` holds the hashes of the codes for a lost phone.
    """

    __tablename__ = "officers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(255))
    temporary: Mapped[bool] = mapped_column(Boolean, default=False)
    feed_key: Mapped[str] = mapped_column(String(32), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    wrong_tries: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    role: Mapped[Role] = mapped_column(one_of(Role), default=Role.COORDINATOR)
    totp_secret: Mapped[str] = mapped_column(String(64), default="")
    totp_step: Mapped[int] = mapped_column(Integer, default=0)
    recovery: Mapped[list] = mapped_column(JSON, default=list)

    log_ins: Mapped[list[LogIn]] = relationship(back_populates="officer", cascade="all, delete-orphan",
                                                order_by=LogIn.id.desc())

    @classmethod
    def add(cls, email: str, name: str, password: str, role: Role = Role.COORDINATOR, temporary=False) -> "Officer":
        officer = cls(email=email.strip().casefold(), name=name, active=True, role=role)
        officer.set_password(password, temporary)
        db.session.add(officer)
        return officer

    @classmethod
    def by_email(cls, email: str) -> "Officer | None":
        return db.session.scalar(select(cls).where(cls.email == email.strip().casefold()))

    @classmethod
    def in_use(cls) -> list["Officer"]:
        return list(db.session.scalars(select(cls).where(cls.active.is_(True)).order_by(cls.id)))

    @classmethod
    def coordinators(cls) -> list["Officer"]:
        return [officer for officer in cls.in_use() if not officer.is_reader]

    @classmethod
    def by_feed_key(cls, key: str) -> "Officer | None":
        """Whose calendar this address shows: everyone's is compared, so that the time it takes tells nothing."""
        found = [o for o in cls.coordinators() if o.feed_key and hmac.compare_digest(o.feed_key.encode(), key.encode())]
        return found[0] if found else None

    @classmethod
    def log_in(cls, email: str, password: str, code: str | None = None) -> "Officer | None":
        """The officer, or None: an unknown account, a wrong password, a wrong code and a locked account look and take
        the same."""
        officer = cls.by_email(email)
        if officer is None or not officer.active:
            check_password_hash(_NOBODY, password)
            return None
        return officer if officer.confirms(password, code) else None

    def confirms(self, password: str, code: str | None = None) -> bool:
        """At the door, and once more before something grave: a wrong try counts. `code` is None where no second factor
        is asked for; who has set up none yet needs none. A recovery code also opens a locked account: it is too long
        to be guessed, and so nobody can keep an officer out by wrong tries."""
        right = check_password_hash(self.password_hash, password)
        if self.is_locked:
            if not right or not self._strikes_off(code or ""):
                return False
        elif not right or code is not None and self.totp_secret and not self._takes(code):
            self._count_wrong_try()
            return False
        if not self.password_hash.startswith(f"{HASHING}$"):
            self.password_hash = generate_password_hash(password, HASHING)
        self.wrong_tries, self.locked_until = 0, None
        return True

    def set_password(self, password: str, temporary: bool = False) -> None:
        self.password_hash, self.temporary = generate_password_hash(password, HASHING), temporary
        self.wrong_tries, self.locked_until = 0, None
        self._changed("password")

    def set_second_factor(self, secret: str, code: str) -> list[str]:
        """The recovery codes, told this once; none where `code` does not show that the app has taken `secret` in."""
        step = _step_of(secret, code)
        if step is None:
            return []
        self.totp_secret, self.totp_step = secret, step
        return self.renew_recovery("phone")

    def renew_recovery(self, what: str = "codes") -> list[str]:
        """New codes for a lost phone; those before open nothing any more."""
        codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().rstrip("=") for _ in range(RECOVERY_CODES)]
        self.recovery = [_hashed(code) for code in codes]
        self._changed(what)
        return codes

    def drop_second_factor(self) -> None:
        """The phone is lost, and the codes with it: the next log-in sets up another."""
        self.totp_secret, self.totp_step, self.recovery = "", 0, []
        self._changed("phone")

    def renew_feed_key(self) -> None:
        """A new address for the officer's calendar; whoever has the old one sees no more."""
        self.feed_key = secrets.token_urlsafe(24)

    @property
    def is_reader(self) -> bool:
        return self.role is Role.READER

    @property
    def is_locked(self) -> bool:
        return self.locked_until is not None and now() < self.locked_until

    def _changed(self, what: str) -> None:
        """Whoever is logged in with what was good before is out, and a mail says so, in case it was somebody else."""
        self.log_ins.clear()
        if self.id:
            record(Kind.ACCESS_CHANGED, officer=self, what=what)

    def _count_wrong_try(self) -> None:
        self.wrong_tries += 1
        over = self.wrong_tries - FREE_TRIES
        if over >= 0:
            self.locked_until = now() + min(FIRST_LOCK * 2 ** min(over, 20), LONGEST_LOCK)
        if over == 0:
            record(Kind.ACCESS_CHANGED, officer=self, what="locked")

    def _takes(self, code: str) -> bool:
        """A code of the app's that is newer than the last one, or a recovery code; either works once."""
        step = _step_of(self.totp_secret, code)
        if step is not None and step > self.totp_step:
            self.totp_step = step
            return True
        return self._strikes_off(code)

    def _strikes_off(self, code: str) -> bool:
        left = [known for known in self.recovery if not hmac.compare_digest(known, _hashed(code))]
        found = len(left) < len(self.recovery)
        self.recovery = left
        return found


def _step_of(secret: str, code: str) -> int | None:
    """The half minute that a code belongs to: the present one, or its neighbours where clocks differ a little."""
    totp, code = pyotp.TOTP(secret), "".join(code.split())
    present = totp.timecode(now())
    return next((step for step in (present, present + 1, present - 1)
                 if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())), None)


def _hashed(code: str) -> str:
    """As it is kept, however it was typed. The codes are long enough that a plain hash cannot be tried through."""
    return sha256("".join(c for c in code.upper() if c.isalnum()).encode()).hexdigest()
