"""A meeting or walk that is today, and phones that answer its poll."""

from datetime import timedelta

from conftest import OFFICER, Person
from helpers import wish

from models import Booking, Officer, Poll, Visit, db, now

HELD = {"held": "yes", "day": "2026-05-11", "starts": "10:00", "ends": "11:00", "place": "Hallen", "number": 38,
        "topics": ["burglary"], "worries": ["burglary"], "summary": "Tak for i dag."}


def meeting_today(app, service: str = "meeting", **columns) -> int:
    """A visit that began an hour ago, agreed with one who asked."""
    booking = wish(app, service=service, answers={"kind": "public", "areatype": "park"}, **{
        "postcode": "4700", "town": "Næstved", "municipality": "Næstved", **columns})
    with app.app_context():
        found, ida = Booking.by_reference(booking.reference), Officer.by_email(OFFICER)
        start = now() - timedelta(hours=1)
        visit = Visit.plan(ida, service=service, place=found.place, starts_at=start, ends_at=start + timedelta(hours=2),
                           resource_units={"crew": booking.reference}, bookings=[found], date_agreed=True,
                           public_place="Hallen")
        db.session.commit()
        return visit.id


def poll_of(visit: int) -> Poll:
    return db.session.get(Visit, visit).poll


def code_of(app, visit: int) -> str:
    with app.app_context():
        return poll_of(visit).code


def answer(app, code: str, poll_round: str, **answers) -> Person:
    """A phone of its own that answers."""
    phone = Person(app)
    assert phone.get(f"/m/{code}").status == 200
    assert phone.post(f"/m/{code}", {"round": poll_round, **answers}).status == 200
    return phone
