"""The ordeal in short (bin/ordeal is the long one): killed three times, a full disk, a lock; and a clock set back."""

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import databases
import pytest
import time_machine
from conftest import OFFICER, PASSWORD, WISH, Person, book, logged_in
from ordeal import Ordeal, strange_inputs
from sqlalchemy import event

from mail import outbox
from models import Booking, DeliveryStatus, Letter, db, now
from models.base import LOG_LOCK_ID, WRITE_LOCK_ID

# The ordeal opens the file itself; tests/test_postgres.py has its like for a server.
of_the_file = pytest.mark.sqlite


@pytest.fixture
def ordeal(template, tmp_path):
    shutil.copytree(template, tmp_path / "site")
    ordeal = Ordeal(tmp_path / "site")
    yield ordeal
    ordeal.leave()


@of_the_file
@pytest.mark.system
def test_killed_three_times_under_load_nothing_is_lost_and_every_letter_goes_once(ordeal):
    random.seed(5)
    ordeal.run(3, (.1, .7))
    assert len(ordeal.lines) == 7


@of_the_file
@pytest.mark.system
def test_on_a_full_disk_what_was_typed_stays_and_with_room_it_goes_on(ordeal):
    ordeal.full_disk()


def test_strange_inputs_meet_no_error_of_ours_and_learn_nothing(tmp_path):
    line = strange_inputs(tmp_path / "site", 40, 5)
    assert line.startswith("40 strange inputs to all") and "of 1 times the database was sound" in line


@of_the_file
@pytest.mark.system
def test_who_sends_while_the_database_is_locked_waits_and_is_served(ordeal):
    ordeal.locked(1)


@of_the_file
@pytest.mark.system
def test_letters_wait_while_the_relay_denies_them_and_all_go_afterwards(ordeal):
    ordeal.denied(3)


@of_the_file
@pytest.mark.system
def test_of_two_officers_who_press_on_the_same_page_one_goes_through(ordeal):
    ordeal.stale(4)


@of_the_file
@pytest.mark.system
def test_the_write_lock_is_held_for_a_moment_whatever_else_goes_on(ordeal):
    ordeal.held(500, 5)
    assert "holds of the write lock" in ordeal.lines[0]


@pytest.fixture
def locked(app):
    """Somebody holds the database for longer than anybody waits: here, a fifth of a second."""
    def impatient(connection, _record):
        connection.execute("SET lock_timeout = 200" if databases.SERVER else "PRAGMA busy_timeout = 200")
        connection.commit()

    with app.app_context():
        engine = db.engine
    event.listen(engine, "connect", impatient)
    engine.dispose()
    with databases.outside(app.instance_path) as other:
        yield lambda: other.execute(f"SELECT pg_advisory_lock({LOG_LOCK_ID}), pg_advisory_lock({WRITE_LOCK_ID})"
                                    if databases.SERVER else "BEGIN IMMEDIATE")
    event.remove(engine, "connect", impatient)
    engine.dispose()


@pytest.mark.postgres
def test_a_booking_that_cannot_be_saved_comes_back_in_its_form(app, locked):
    citizen = Person(app)
    citizen.get("/bestil/faerdselskontrol")
    token = citizen.get("/bestil/faerdselskontrol").hidden
    locked()
    typed = WISH | {"csrf_token": token["csrf_token"][0], "once": token["once"][0]}
    assert citizen.client.post("/bestil/faerdselskontrol", data=typed).status_code == 200, "what only checks, reads"
    page = citizen.client.post("/bestil/faerdselskontrol", data=typed | {"send": "1"})
    html = page.get_data(as_text=True)
    assert page.status_code == 503 and "Vi kan ikke gemme noget lige nu" in html
    assert WISH["text"] in html and 'value="Bygaden"' in html and f'value="{token["once"][0]}"' in html


@pytest.mark.postgres
def test_what_an_officer_typed_is_sent_again_by_a_button(app, locked, officer):
    reference, secret = book(Person(app))
    data = {"csrf_token": officer.get(f"/kontor/sag/{reference}").token, "words": 'Ring <til> "Bo"'}
    locked()
    page = officer.client.post(f"/kontor/sag/{reference}/notat", data=data)
    html = page.get_data(as_text=True)
    assert page.status_code == 503 and "Send igen" in html
    assert 'name="words" value="Ring &lt;til&gt; &#34;Bo&#34;"' in html and data["csrf_token"] in html
    assert Person(app).get(f"/sag/{reference}/{secret}").status == 200, "a citizen who only reads does not wait"
    shown = officer.client.get(f"/kontor/sag/{reference}")
    assert shown.status_code == 503 and WISH["text"] not in shown.get_data(as_text=True), "nothing is shown unlogged"


@pytest.mark.postgres
def test_a_password_is_not_written_into_a_page(app, locked):
    person = Person(app)
    token = person.get("/kontor/log-ind").token
    locked()
    page = person.client.post("/kontor/log-ind", data={"csrf_token": token, "email": OFFICER, "password": PASSWORD})
    assert page.status_code == 503 and PASSWORD not in page.get_data(as_text=True)


def test_nor_is_a_new_one(app, locked):
    person, path = logged_in(app), "/kontor/konto/adgangskode"
    both = {"csrf_token": person.get(path).token, "password": PASSWORD, "new_password": "heste går ikke i skole"}
    locked()
    page = person.client.post(path, data=both).get_data(as_text=True)
    assert "csrf_token" in page and PASSWORD not in page and both["new_password"] not in page


@of_the_file
def test_a_database_that_is_no_more_is_still_a_failure_of_ours(app, citizen):
    citizen.get("/")
    with app.app_context(), closing(sqlite3.connect(db.engine.url.database)) as one:
        one.execute("DROP TABLE intakes")
    assert citizen.client.get("/bestil/faerdselskontrol").status_code == 500


def test_a_clock_that_is_set_back_an_hour_breaks_nothing(make_app):
    """Tokens and sessions from the future are not valid: one logs in again, and what was typed is still there."""
    real = now()
    with time_machine.travel(real) as clock:
        app = make_app()
        officer, citizen = Person(app), Person(app)
        officer.post("/kontor/log-ind", {"email": OFFICER, "password": PASSWORD})
        first, _ = book(citizen)
        form = citizen.get("/bestil/faerdselskontrol").hidden
        clock.move_to(real - timedelta(hours=1))
        page = citizen.client.post("/bestil/faerdselskontrol", data=WISH | {
            "csrf_token": form["csrf_token"][0], "once": form["once"][0], "send": "1"})
        assert page.status_code == 422 and WISH["text"] in page.get_data(as_text=True)
        second, _ = book(citizen)
        officer.post("/kontor/log-ind", {"email": OFFICER, "password": PASSWORD})
        for reference in (first, second):
            assert officer.post(f"/kontor/sag/{reference}/imoedekom", {"words": "", "send": "1"}).status == 200
        with app.app_context():
            outbox.send_due()
            clock.move_to(real + timedelta(minutes=1))
            outbox.send_due()
            assert {x.delivery_status for x in db.session.query(Letter)} == {DeliveryStatus.SENT}
            assert {b.status.value for b in db.session.query(Booking)} == {"accepted"}
