"""Who works in the office: accounts and their locks, log-ins, invitations, absences."""

import hmac
import secrets
from base64 import b32encode
from datetime import date, datetime, timedelta
from hashlib import sha256

import pyotp
from sqlalchemy import JSON, Boolean, Date, ForeignKey, Integer, String, delete, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

from languages import MAIN

from . import limits
from .base import (
    ByOfficer,
    Numbered,
    OpenedByLink,
    UTCDateTime,
    db,
    is_same_secret,
    new_secret,
    now,
    one_of,
    require,
    start_writing,
)
from .enums import Role
from .events import EventKind, record_event
from .letters import in_small_letters, mailbox
from .schedule import Reservation, unit_key
from .tasks import FindingsLink
from .working_days import midnight, today

LOG_IN_RETENTION = timedelta(days=2)  # by then no session lasts, and its row goes


class LogIn(Numbered, db.Model):
    """One officer's log-in at one browser. The cookie holds a random key and the table its hash: whoever reads the
    table gets in nowhere, and a cookie that was copied is worth nothing once the row is gone. No address is kept.

    `last_press` is the newest press that changed something, as {"press": a digest of all that was sent and of what it
    has left behind, "answer": where it led, and what was said}: kept in the transaction of the change, so that the same
    press that comes twice, as by a double click, is known.
    """

    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"), index=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column("seen", UTCDateTime, default=now)
    browser: Mapped[str] = mapped_column(String(40))
    last_press: Mapped[dict | None] = mapped_column(JSON)

    officer: Mapped["Officer"] = relationship(back_populates="log_ins")

    @classmethod
    def start(cls, officer: "Officer", browser: str = "") -> str:
        """A new session. Returns its key, for the cookie; only the key's hash is stored."""
        db.session.execute(delete(cls).where(cls.last_seen_at < now() - LOG_IN_RETENTION))
        key = secrets.token_urlsafe(32)
        cls.create(officer=officer, key_hash=_hashed(key), browser=browser, since=now(), last_seen_at=now())
        return key

    @classmethod
    def by_key(cls, key: str) -> "LogIn | None":
        return db.session.scalar(select(cls).options(joinedload(cls.officer)).where(cls.key_hash == _hashed(key)))

    def lasts(self, idle: timedelta, longest: timedelta) -> bool:
        return now() - self.last_seen_at <= idle and now() - self.since <= longest


TRIES_BEFORE_LOCK = 5  # wrong passwords before the account is locked; each further one doubles the wait
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=12)
STEPS_AROUND = 2  # half minutes that the code of a clock before ours is ahead of one behind it
HASHING = "scrypt:32768:8:3"  # what OWASP asks for; who logs in with an older hash gets a new one
# Checked where no account exists, so that the answer takes as long as where one does. No password has this hash.
_NOBODY = f"{HASHING}${'0' * 16}${'0' * 128}"
RECOVERY_CODES, RECOVERY_BYTES = 10, 16


class Officer(Numbered, db.Model):
    """An officer with a log-in. One who left is put out of use, never deleted: the history names them.

    A password that the operator's command has made (`temporary`) is good for choosing another one and nothing else.
    The second factor is a code from an app (TOTP). `totp_step` is the half minute whose code was used last, so that
    a code that somebody has looked at is worth nothing; `recovery` holds the hashes of the codes for a lost phone.
    """

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
        return cls.begin(email, name, generate_password_hash(password, HASHING), role, temporary)

    @classmethod
    def begin(cls, email: str, name: str, password_hash: str, role: Role, temporary: bool = False) -> "Officer":
        """A new officer, or one who comes back and begins anew."""
        officer = cls.by_email(email) or cls.create(email=in_small_letters(email))
        officer.assign(name=name, role=role, active=True, feed_key="")
        officer._keep_password(password_hash, temporary)
        officer.drop_second_factor()
        return officer

    @classmethod
    def by_email(cls, email: str) -> "Officer | None":
        return db.session.scalar(select(cls).where(cls.email == in_small_letters(email)))

    @classmethod
    def in_use(cls) -> list["Officer"]:
        return list(db.session.scalars(select(cls).where(cls.active.is_(True)).order_by(cls.id)))

    @classmethod
    def coordinators(cls) -> list["Officer"]:
        return [officer for officer in cls.in_use() if not officer.is_reader]

    @classmethod
    def by_feed_key(cls, key: str) -> "Officer | None":
        """Whose calendar this address shows: everyone's is compared, so that the time it takes tells nothing."""
        found = [o for o in cls.coordinators() if o.feed_key and is_same_secret(o.feed_key, key)]
        return found[0] if found else None

    @classmethod
    def log_in(cls, email: str, password: str, code: str | None = None) -> "Officer | None":
        """The officer, or None: an unknown account, a wrong password, a wrong code and a locked account look and take
        the same."""
        officer = cls.by_email(email)
        if officer is None or not officer.active:
            check_password_hash(_NOBODY, password)
            start_writing()
            return None
        return officer if officer.confirms(password, code) else None

    def confirms(self, password: str, code: str | None = None) -> bool:
        """Check who it is, at log-in and before something grave: a wrong try counts. `code` is None where no second
        factor is asked for; who has set up none yet needs none. A recovery code also opens a locked account: it is too
        long to be guessed, and so nobody can keep an officer out by wrong tries."""
        known = self.password_hash
        right, anew = check_password_hash(known, password), ""
        if right and not known.startswith(f"{HASHING}$"):
            anew = generate_password_hash(password, HASHING)
        start_writing()
        # Changed meanwhile: by a new password, or by another log-in that hashed it anew
        if self.password_hash != known:
            known, anew = self.password_hash, ""
            right = check_password_hash(known, password)
        right = right and self.active
        if self.is_locked:
            if not right or not self._uses_recovery_code(code or ""):
                return False
        elif not right or code is not None and self.totp_secret and not self._takes(code):
            self._count_wrong_try()
            return False
        self.password_hash = anew or known
        self.wrong_tries, self.locked_until = 0, None
        return True

    def set_password(self, password: str, temporary: bool = False) -> None:
        self._keep_password(generate_password_hash(password, HASHING), temporary)

    def change_password(self, password: str, code: str | None, new: str) -> bool:
        """A password of their own choice, if they know the present one."""
        new_hash = generate_password_hash(new, HASHING)
        confirmed = self.confirms(password, code)
        if confirmed:
            self._keep_password(new_hash)
        return confirmed

    def _keep_password(self, password_hash: str, temporary: bool = False) -> None:
        self.password_hash, self.temporary = password_hash, temporary
        self.wrong_tries, self.locked_until = 0, None
        self._changed("password")

    def set_second_factor(self, secret: str, code: str) -> list[str]:
        """The recovery codes, stored as hashes only; none where `code` is not one of `secret`."""
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

    def leave(self) -> list:
        """Nobody gets in by this account any more, nor by an invitation or a link to findings that it has sent, perhaps
        to another mailbox of the same person, or that lies in its own. Nor does it stand in for anybody, or come to
        anybody: dates offered with it are taken back, and returned are the planned visits to which somebody else is to
        go."""
        self.active = False
        self.log_ins.clear()
        for invite in Invite.open():
            if invite.officer is self or self.is_reached_at(invite.email):
                invite.close()
        for link in FindingsLink.held_by(self):
            link.withdraw(self)
        for absence in OfficerAbsence.coming():
            if absence.officer is self:
                absence.end()
            elif absence.stand_in is self:
                absence.stand_in = None
        if unit_key(self.name) in {unit_key(officer.name) for officer in Officer.in_use()}:
            return []  # it is somebody's second account
        gone = Reservation(unit=self.name, starts_at=now(), ends_at=now() + timedelta(days=3650))
        for booking in gone.offered_meanwhile:
            booking.take_back_offers()
        visits = gone.meanwhile
        for visit in visits:
            for booking in visit.bookings:
                booking.has_unread = True
                record_event(EventKind.UNSTAFFED, booking=booking, visit=visit)
        return visits

    def renew_feed_key(self) -> None:
        """A new address for the officer's calendar; whoever has the old one sees no more."""
        self.feed_key = new_secret(24)

    def is_reached_at(self, address: str) -> bool:
        return mailbox(address) == mailbox(self.email)

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
            record_event(EventKind.ACCESS_CHANGED, officer=self, what=what)

    def _count_wrong_try(self) -> None:
        self.wrong_tries += 1
        over = self.wrong_tries - TRIES_BEFORE_LOCK
        if over >= 0:
            self.locked_until = now() + min(FIRST_LOCK * 2 ** min(over, 20), LONGEST_LOCK)
        if over == 0:
            record_event(EventKind.ACCESS_CHANGED, officer=self, what="locked")

    def _takes(self, code: str) -> bool:
        """A code of the app's that is newer than the last one, or a recovery code; either works once. A last one
        that is not due yet was taken before the clock was set back, and keeps nobody out until then."""
        step = _step_of(self.totp_secret, code)
        if step is not None and (step > self.totp_step or self.totp_step > step + STEPS_AROUND):
            self.totp_step = step
            return True
        return self._uses_recovery_code(code)

    def _uses_recovery_code(self, code: str) -> bool:
        left = [known for known in self.recovery if not hmac.compare_digest(known, _hashed(code))]
        found = len(left) < len(self.recovery)
        self.recovery = left
        return found


def _step_of(secret: str, code: str) -> int | None:
    """The half minute that a code belongs to: the present one, or its neighbours where clocks differ a little."""
    totp, code = pyotp.TOTP(secret), "".join(filter(str.isalnum, code))
    present = totp.timecode(now())
    return next((step for step in (present, present + 1, present - 1)
                 if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())), None)


def _hashed(code: str) -> str:
    """As it is kept, however it was typed, also with digits that no code has. The codes are long enough that a plain
    hash cannot be tried through."""
    letters = code.upper().translate(str.maketrans("018", "OIB"))
    return sha256("".join(filter(str.isalnum, letters)).encode()).hexdigest()


class Invite(ByOfficer, OpenedByLink, db.Model):
    """Mailed to a colleague, who sets a name and a password of their own. Whoever invites never knows the password.
    `closed_at` is set when it is used, withdrawn, or followed by a newer one."""

    role: Mapped[Role] = mapped_column(one_of(Role))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def send(cls, officer: Officer | None, email: str, role: Role, language: str = MAIN) -> "Invite":
        """`officer` is empty where the operator invites."""
        email = in_small_letters(email)
        known = Officer.by_email(email)
        require(known is None or not known.active, "that account is there already")
        for earlier in cls.open():
            if earlier.email == email:
                earlier.close()
        invite = cls.create(email=email, role=role, language=language, officer=officer,
                            expires_at=now() + timedelta(days=limits.INVITATION_DAYS))
        db.session.flush()  # its number is in the letter
        record_event(EventKind.INVITED, officer=officer, invite=invite.id)
        return invite

    @classmethod
    def open(cls) -> list["Invite"]:
        return list(db.session.scalars(select(cls).where(cls.closed_at.is_(None), cls.expires_at > now())))

    @property
    def works(self) -> bool:
        return self.closed_at is None and now() < self.expires_at

    def accept(self, name: str, password: str) -> Officer:
        """The officer whom it lets in."""
        password_hash = generate_password_hash(password, HASHING)
        start_writing()
        known = Officer.by_email(self.email)
        require(self.works and not (known and known.active), f"invitation {self.id} does not work any more")
        self.close()
        return Officer.begin(self.email, name, password_hash, self.role)

    def close(self) -> None:
        self.closed_at = now()


class OfficerAbsence(Numbered, db.Model):
    """From `first` to `last` an officer is away. The texts, if any, stand on the public pages meanwhile, and `days_off`
    keep visits away."""

    __tablename__ = "aways"

    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date, index=True)
    texts: Mapped[dict] = mapped_column(JSON, default=dict)  # by language

    officer: Mapped["Officer"] = relationship(foreign_keys=officer_id)
    stand_in: Mapped["Officer | None"] = relationship(foreign_keys=stand_in_id)
    days_off: Mapped[list[Reservation]] = relationship(cascade="all")

    @classmethod
    def enter(cls, officer: "Officer", first: date, last: date, off: bool = False, **columns) -> "OfficerAbsence":
        """`off` keeps those days free of visits, too."""
        till = midnight(last + timedelta(days=1))
        days = [Reservation.absence(officer.name, midnight(first), till, "")] if off else []
        return cls.create(officer=officer, first=first, last=last, days_off=days, **columns)

    @classmethod
    def coming(cls) -> list["OfficerAbsence"]:
        """Those that are not over, the first one first."""
        return list(db.session.scalars(select(cls).where(cls.last >= today()).order_by(cls.first, cls.id)))

    @classmethod
    def at_present(cls) -> list["OfficerAbsence"]:
        return [away for away in cls.coming() if away.first <= today()]

    def end(self) -> None:
        """Back, or not gone at all; the days that were kept free for this are free no more."""
        db.session.delete(self)
