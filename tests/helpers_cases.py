"""What happens to a case, done as an officer or the software does it, without pages."""

import random
from datetime import date, timedelta

import pytest
from conftest import OFFICER

from models import Booking, BookingStatus, IntakePause, Officer, Place, Visit, db, is_working_day, local, now, today

SECRETS = ("ATK HEMMELIG", "hemmeligt notat", "godt sted bag hækken")


def link(booking: Booking, step: str = "") -> str:
    return f"/en/sag/{booking.reference}/{booking.secret}{step and '/' + step}"


def change(app, booking: Booking, verb) -> Booking:
    """Do something with the booking as an officer or as the software does it."""
    with app.app_context():
        verb(Booking.by_reference(booking.reference), Officer.by_email(OFFICER))
        db.session.commit()
    return booking


def does(app, verb) -> None:
    """Do something else as an officer or as the software does it."""
    with app.app_context():
        verb(Officer.by_email(OFFICER))
        db.session.commit()


def seen_now(app, booking: Booking) -> Booking:
    with app.app_context():
        found = Booking.by_reference(booking.reference)
        _ = found.events, found.letters
        db.session.expunge_all()
        return found


def accept(app, booking):
    return change(app, booking, lambda b, o: b.accept(o, ""))


def ask(app, booking, words="Hvor på vejen er det?"):
    return change(app, booking, lambda b, o: b.ask(o, words, date(2030, 1, 4)))


def planned(app, *bookings, start=None, crew=SECRETS[0]) -> int:
    """A visit for bookings, which are accepted first where they are not."""
    with app.app_context():
        ida = Officer.by_email(OFFICER)
        found = [Booking.by_reference(b.reference) for b in bookings]
        for booking in found:
            if booking.status is BookingStatus.RECEIVED:
                booking.accept(ida, "")
        start = start or now() + timedelta(days=5)
        visit = Visit.plan(
            ida,
            service="traffic",
            place=found[0].place,
            starts_at=start,
            ends_at=start + timedelta(hours=2),
            resource_units={"crew": crew},
            method="atk",
            bookings=found,
        )
        db.session.commit()
        return visit.id

FOUND = {
    "performed": "yes",
    "method": "atk",
    "place": "Bygaden",
    "passed": 94,
    "charged": 0,
    "limit": "50",
    "prelim": True,
    "periods": [{"day": "2026-05-08", "starts": "17:00", "ends": "19:00"}],
    "next": ["closed"],
    "suit": "suitable",
}


def reported(app, *bookings, findings=FOUND):
    id = planned(app, *bookings, start=now() - timedelta(hours=3))
    with app.app_context():
        visit, ida = db.session.get(Visit, id), Officer.by_email(OFFICER)
        visit.enter_findings(ida, findings)
        visit.report(ida)
        db.session.commit()
    return id

MONDAY = date(2026, 5, 11)


def receive(app, count: int = 1, service: str = "traffic", **columns) -> list[int]:
    with app.app_context():
        bookings = [Booking.receive(
            form_token=f"{service} {n} {now()} {random.random()}", service=service, language="da", name="Anna",
            email="", phone="12345678", capacity="private", org="", from_to="", reply="phone", road="Bygaden",
            answers={"problem": "speeding"},
            place=Place.at(road="Bygaden", postcode="4690", town="Haslev", municipality="Faxe"), **columns)
            for n in range(count)]
        db.session.commit()
        return [booking.id for booking in bookings]


def decide(app, *ids: int) -> None:
    with app.app_context():
        for id in ids:
            db.session.get(Booking, id).refer(db.session.get(Officer, 1), "municipality", "")
        db.session.commit()


def answered_lately(app, clock, waits=range(1, 6), each: int = 5) -> None:
    """`each` answered after each of `waits` working days, all on one Monday a week before MONDAY."""
    day = MONDAY - timedelta(days=7)
    ids = []
    for wait in waits:
        clock.move_to(f"{_before(day, wait)}T10:00:00+02:00")
        ids += receive(app, each)
    clock.move_to(f"{day}T12:00:00+02:00")
    decide(app, *ids)
    clock.move_to(f"{MONDAY}T10:00:00+02:00")


def _before(day: date, count: int) -> date:
    while count:
        day -= timedelta(days=1)
        count -= is_working_day(day)
    return day

FINDINGS = {
    "performed": "yes", "method": "atk", "place": "Bygaden, Terslev", "limit": "50", "passed": "94", "charged": "0",
    "prelim": "y", "suit": "suitable", "next": ["closed"],
}


def findings_of(visit, **changes):
    return {**FINDINGS, "periods-0-day": local(visit.starts_at).date().isoformat(), "periods-0-starts": "17:00",
            "periods-0-ends": "19:00", **changes}

TERSLEV = {
    "performed": "yes",
    "method": "atk",
    "place": "Terslev Bygade",
    "limit": "50",
    "passed": "94",
    "charged": "0",
    "prelim": "y",
    "suit": "suitable",
    "next": ["closed"],
    "periods-0-day": "2026-11-06",
    "periods-0-starts": "18:00",
    "periods-0-ends": "20:30",
}


def place_of(app, booking: Booking) -> int:
    with app.app_context():
        return Booking.by_reference(booking.reference).place_id

TEXTS = {"da": "Vi er bagud & <travle>.", "en": "We are behind & <busy>."}
WORDS = {f"texts-{language}": text for language, text in TEXTS.items()}  # as they are typed


@pytest.fixture
def paused(app):
    with app.app_context():
        IntakePause.pause(db.session.get(Officer, 1), "traffic", today() + timedelta(days=14), TEXTS)
        db.session.commit()
    return app
