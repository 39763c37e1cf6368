"""On PostgreSQL, bookings are written at the same moment; what two of them could dispute is decided all the same."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

import databases
import pytest
from conftest import Person, book
from flask import before_render_template
from helpers import how_many
from sqlalchemy import event

from models import Booking, DeliveryStatus, Event, Letter, Place, db, limits, newest_event, reading_only

pytestmark = [pytest.mark.system, pytest.mark.postgres,
              pytest.mark.skipif(not databases.SERVER, reason="needs a PostgreSQL server: TEST_POSTGRES_URL")]
ELSEWHERE = {"road": "Skolevej", "email": "bo@example.dk"}
WAITING = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted AND datname = " \
          "current_database()"
MANY = 20


class Halted:
    """The first booking, which has begun to write and stays where it is until it `may_go_on`."""

    def __init__(self):
        self.is_there, self.may_go_on = threading.Event(), threading.Event()
        self.booking: Future | None = None

    def stay(self, *_args, template=None, **_values) -> None:
        """Listens to templates, of which the letter alone counts, or to flushes."""
        if (template is None or template.name == "letters/received.txt") and not self.is_there.is_set():
            self.is_there.set()
            assert self.may_go_on.wait(60)


@contextmanager
def first_halted(app, pool: ThreadPoolExecutor, *, when_numbered: bool = False) -> Iterator[Future]:
    """The first one has its locks and has written nothing yet; or, `when_numbered`, its event has a number."""
    first = Halted()
    if when_numbered:
        event.listen(db.session, "after_flush", first.stay)
    else:
        before_render_template.connect(first.stay, app)
    try:
        first.booking = pool.submit(book, Person(app))
        assert first.is_there.wait(60)
        yield first.booking
    finally:
        first.may_go_on.set()
        wait([first.booking])
        if when_numbered:
            event.remove(db.session, "after_flush", first.stay)
        else:
            before_render_template.disconnect(first.stay, app)


def wait_until_somebody_waits(app) -> None:
    """Until a connection stands in the queue of a lock."""
    with databases.outside(app.instance_path) as other:
        until = time.monotonic() + 60
        while other.execute(WAITING).fetchone() == (0,):
            assert time.monotonic() < until, "nobody waits"
            time.sleep(.01)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(MANY) as pool:
        yield pool


def test_a_booking_that_has_begun_to_write_keeps_no_other_booking_waiting(app, pool):
    with first_halted(app, pool) as first:
        book(Person(app), **ELSEWHERE)
        assert not first.done()
    assert first.result() and how_many(app, Booking) == 2


@pytest.mark.parametrize("same", ["road", "email"])
def test_a_booking_of_the_same_place_or_address_waits_for_the_first_one(app, pool, same):
    """Else two would make one place twice, or an address would get a letter too many."""
    with first_halted(app, pool):
        second = pool.submit(book, Person(app), **{k: v for k, v in ELSEWHERE.items() if k != same})
        wait_until_somebody_waits(app)
        assert not second.done()
    assert second.result() and how_many(app, Place) == (1 if same == "road" else 2)


def test_an_officer_who_writes_waits_for_bookings_that_have_begun_and_reading_waits_for_none(app, officer, pool):
    reference, _ = book(Person(app), **ELSEWHERE)
    with first_halted(app, pool):
        assert officer.get(f"/kontor/sag/{reference}").status == 200, "and its entry in the access log is written"
        decision = pool.submit(officer.post, f"/kontor/sag/{reference}/imoedekom", {"words": "", "send": "1"})
        wait_until_somebody_waits(app)
        assert not decision.done()
    assert decision.result().status == 200
    with app.app_context():
        assert [letter.kind for letter in Booking.by_reference(reference).letters] == ["received", "accepted"]


def test_events_come_to_be_seen_in_the_order_of_their_numbers(app, pool):
    """Else a page of the newest number could lack an older one."""
    with first_halted(app, pool, when_numbered=True) as first:
        second = pool.submit(book, Person(app), **ELSEWHERE)
        wait_until_somebody_waits(app)
        with app.app_context():
            held = reading_only.set(True)
            assert newest_event() == 0 and not second.done()
            reading_only.reset(held)
    assert first.result() and second.result()
    with app.app_context():
        assert [e.booking.email for e in db.session.query(Event).order_by(Event.id)] == [
            "anna@example.dk", "bo@example.dk"]


def test_of_twenty_bookings_at_once_by_one_address_on_one_road_each_is_kept(app, pool):
    """On one place, and the address gets as many receipts as it may in a day."""
    assert len(set(pool.map(book, [Person(app) for _ in range(MANY)]))) == MANY
    assert how_many(app, Place) == 1 and how_many(app, Booking) == MANY
    with app.app_context():
        waiting = db.session.query(Letter).filter_by(delivery_status=DeliveryStatus.WAITING).count()
        assert waiting == limits.RECEIPTS_A_DAY
