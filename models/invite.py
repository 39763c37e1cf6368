"""An invitation to the office: a link that lets one new officer in, once."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, OpenedByLink, UTCDateTime, db, now, one_of
from .event import Kind, record
from .officer import Officer, Role

LIFETIME = timedelta(days=3)


class Invite(OpenedByLink, db.Model):
    """Mailed to a colleague, who sets a name and a password of their own. Whoever invites never knows the password.
    `closed_at` is set when it is used, withdrawn, or followed by a newer one."""

    __tablename__ = "invites"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(one_of(Role))
    language: Mapped[str] = mapped_column(String(2))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    officer: Mapped[Officer | None] = relationship()

    @classmethod
    def send(cls, officer: Officer | None, email: str, role: Role, language: str = "da") -> "Invite":
        """`officer` is empty where the operator invites."""
        email = email.strip().casefold()
        known = Officer.by_email(email)
        if known and known.active:
            raise NotAllowed("that account is there already")
        for earlier in cls.open():
            if earlier.email == email:
                earlier.close()
        invite = cls(email=email, role=role, language=language, officer=officer, expires_at=now() + LIFETIME)
        db.session.add(invite)
        db.session.flush()  # its number is in the letter
        record(Kind.INVITED, officer=officer, invite=invite.id)
        return invite

    @classmethod
    def open(cls) -> list["Invite"]:
        return list(db.session.scalars(select(cls).where(cls.closed_at.is_(None), cls.expires_at > now())))

    @property
    def works(self) -> bool:
        return self.closed_at is None and now() < self.expires_at

    def accept(self, name: str, password: str) -> Officer:
        """The new officer, or one who comes back and begins anew."""
        officer = Officer.by_email(self.email)
        if not self.works or officer and officer.active:
            raise NotAllowed(f"invitation {self.id} does not work any more")
        self.close()
        if officer is None:
            return Officer.add(self.email, name, password, self.role)
        officer.name, officer.role, officer.active = name, self.role, True
        officer.set_password(password)
        officer.drop_second_factor()
        return officer

    def close(self) -> None:
        self.closed_at = now()
