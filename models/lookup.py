"""How a booking is found: by its link, its reference or its form; or by having the links mailed."""

import hmac
import re
import secrets
from functools import cache
from typing import Self

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from . import limits
from .base import db, is_same_secret
from .enums import OPEN
from .events import EventKind, record_event
from .letters import whole_address
from .working_days import midnight, today

# Two halves of a reference, wherever they stand, and whatever stands between them.
REFERENCE = re.compile(r"(?<![A-Z0-9])(?=({0})\W{{0,3}}({0})(?![A-Z0-9]))".format(f"[{limits.REFERENCE_LETTERS}]{{4}}"))


def new_code(length: int) -> str:
    """A code that people read from paper or from a wall, and type."""
    return "".join(secrets.choice(limits.REFERENCE_LETTERS) for _ in range(length))


@cache  # each page of a case asks it, and to put it together takes twice as long as to ask it
def _of_references(bookings: type) -> Select:
    return select(bookings).options(joinedload(bookings.place)).where(
        bookings.reference.in_(bindparam("references", expanding=True)))


class HasLookup:
    """A booking, as its owner finds it."""

    @classmethod
    def by_reference(cls, typed: str) -> Self | None:
        """Found by its reference as people write or paste it: in small letters, in quotes, with spaces and dashes, or
        in the middle of a letter's subject."""
        halves = REFERENCE.findall(typed.upper())
        whole = "".join(c for c in typed.upper() if c.isalnum())
        return db.session.scalar(_of_references(cls), {"references": [whole, *map("".join, halves)]})

    @classmethod
    def by_link(cls, reference: str, secret: str) -> Self | None:
        booking = cls.by_reference(reference)
        return booking if booking and is_same_secret(booking.secret, secret) else None

    @classmethod
    def from_form(cls, token: str) -> list[Self]:
        """What forms with this token have become, whatever stood in them. Asked by bounds, which an index knows, and
        not by LIKE: the token's names go from "." to "/", which follows it."""
        return list(db.session.scalars(select(cls).where(
            cls.form_token > f"{token}.", cls.form_token < f"{token}/")))

    def belongs_to(self, contact: str) -> bool:
        """Whether `contact` is this booking's e-mail address or the last digits of its phone number."""
        if "@" in contact:
            return self.email != "" and hmac.compare_digest(
                whole_address(self.email).encode(), whole_address(contact).encode())
        last = "".join(c for c in contact if c.isdigit())[-limits.CONTACT_DIGITS:]
        return len(last) == limits.CONTACT_DIGITS and self.phone.endswith(last)

    @classmethod
    def open_at(cls, email: str) -> list[Self]:
        """The open ones of whoever reads what is sent to this address, the oldest first."""
        found = db.session.scalars(select(cls).where(cls.status.in_(OPEN), cls.email != "").order_by(cls.id))
        return [booking for booking in found if whole_address(booking.email) == whole_address(email)]

    @classmethod
    def send_links(cls, email: str) -> None:
        """Mail the links of the open ones to their reader, so many times a day as an address gets receipts. Where there
        are none, nothing happens."""
        own = cls.open_at(email)
        sent = [e for b in own for e in b.events if e.kind is EventKind.LINKS_SENT and e.at >= midnight(today())]
        if own and len(sent) < limits.RECEIPTS_A_DAY:
            record_event(EventKind.LINKS_SENT, booking=own[-1])
