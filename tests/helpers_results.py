"""What tests of public results share: a clock, letters that go, and all that anybody can download."""

from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER
from helpers_cases import FOUND, planned

from mail import outbox
from models import Officer, Visit, db, now

LISTS = ("/resultater", "/resultater/kort", "/resultater/data", "/resultater.atom", "/resultater.csv",
         "/resultater.json", "/resultater.geojson", "/resultater?kommune=Faxe", "/resultater.atom?kommune=Faxe",
         "/sitemap.xml", "/robots.txt", "/", "/kalender")


@pytest.fixture
def clock():
    """A Monday, which a test moves on instead of waiting."""
    with time_machine.travel("2026-06-08T10:00:00+02:00", tick=False) as moved:
        yield moved


def downloads(app, *more: str) -> dict[str, tuple]:
    """Every public page and file about results, and `more`, in both languages: status, headers and bytes."""
    client = app.test_client(use_cookies=False)
    found = {}
    for path in (root + path for root in ("", "/en") for path in (*LISTS, *more)):
        answer = client.get(path, buffered=True)
        found[path] = (answer.status_code, sorted(answer.headers), answer.data)
    return found


def post_letters(app) -> None:
    """What the worker does, until nothing waits."""
    with app.app_context():
        outbox.send_due(lambda: False)


def release(app) -> None:
    """One run of the job that makes results public."""
    with app.app_context():
        Visit.release_due()
        db.session.commit()


def days_later(app, clock, days: int) -> None:
    """So many days on, each with a run of the worker."""
    for _ in range(days):
        post_letters(app)
        clock.shift(timedelta(days=1))
        release(app)


def reported(app, *bookings, findings: dict = FOUND) -> int:
    """A control of this morning, by a crew of its own, whose findings are sent; the number of its visit."""
    if findings.get("periods") == FOUND["periods"]:
        findings = findings | {"periods": [{"day": now().date().isoformat(), "starts": "07:00", "ends": "08:00"}]}
    id = planned(app, *bookings, start=now() - timedelta(hours=3), crew=bookings[0].reference)
    with_visit(app, id, lambda visit, officer: visit.enter_findings(officer, findings))
    with_visit(app, id, lambda visit, officer: visit.report(officer))
    return id


def with_visit(app, id: int, verb) -> None:
    """Do something with a visit as an officer does it."""
    with app.app_context():
        verb(db.session.get(Visit, id), Officer.by_email(OFFICER))
        db.session.commit()


def correct(app, id: int, **findings) -> None:
    def verb(visit: Visit, officer: Officer) -> None:
        visit.enter_findings(officer, visit.findings | findings)
        visit.report(officer)

    with_visit(app, id, verb)


__all__ = ["clock", "correct", "days_later", "downloads", "now", "post_letters", "release", "reported", "with_visit"]
