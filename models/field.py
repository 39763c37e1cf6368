"""A link by which a colleague in the field enters what a visit found, without an account."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, OpenedByLink, UTCDateTime, db, now
from .event import Event, Kind, record

if TYPE_CHECKING:
    from .officer import Officer
    from .visit import Visit

LIFETIME = timedelta(days=7)  # after the visit: what has not been entered by then, the officer asks for


class FieldLink(OpenedByLink, db.Model):
    """Opens the findings of one visit and nothing else, until they are reported, or it expires or is withdrawn.

    Photo vans are largely manned by civilians, who have no business among the citizens' cases.
    """

    __tablename__ = "field_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    visit: Mapped["Visit"] = relationship(back_populates="field_links")

    @classmethod
    def send(cls, officer: "Officer", visit: "Visit", email: str, language: str) -> "FieldLink":
        """Mail a new link; the letter says nothing of where and when."""
        if not visit.is_open:
            raise NotAllowed(f"visit {visit.id} is {visit.state}")
        link = cls(visit=visit, email=email, language=language, expires_at=max(visit.ends_at, now()) + LIFETIME)
        db.session.add(link)
        db.session.flush()  # its number is in the letter
        record(Kind.FIELD_ASKED, visit=visit, officer=officer, words=email, link=link.id)
        return link

    @property
    def works(self) -> bool:
        return self.withdrawn_at is None and now() < self.until and self.visit.is_open

    @property
    def until(self) -> datetime:
        """A visit that is moved takes its link along."""
        return max(self.expires_at, self.visit.ends_at + LIFETIME)

    def enter_findings(self, draft: dict) -> Event:
        if not self.works:
            raise NotAllowed(f"link {self.id} does not work any more")
        return self.visit.enter_findings(None, draft, by=self.email)

    def withdraw(self, officer: "Officer") -> Event:
        self.withdrawn_at = now()
        return record(Kind.FIELD_WITHDRAWN, visit=self.visit, officer=officer, words=self.email)
