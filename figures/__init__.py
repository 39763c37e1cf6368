"""What it all adds up to. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from models import OPEN, Booking, Place, State, Visit, db

from .tables import Chosen, Table, cases, report, said_of_answers


@dataclass(frozen=True)
class AskedHere:
    """What a stranger may know of a place: how many wait for an answer, since when, and what was last found.

    Nothing of it changes when a visit is planned.
    """

    waiting: int
    since: datetime | None
    last: Visit | None


def asked_here(service: str, **where) -> AskedHere:
    """`where` is road, postcode and perhaps a pin, as for Place.near."""
    places = [p.id for p in Place.near(**where)]
    waiting, since = db.session.execute(select(func.count(), func.min(Booking.received_at)).where(
        Booking.place_id.in_(places), Booking.service == service, Booking.status.in_(OPEN))).one()
    last = db.session.scalar(select(Visit).where(
        Visit.place_id.in_(places), Visit.service == service, Visit.state == State.REPORTED)
        .order_by(Visit.ends_at.desc()).limit(1))
    return AskedHere(waiting, since, last)
