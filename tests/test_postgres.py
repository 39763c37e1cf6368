"""What PostgreSQL is there for: several processes at once, and a database that itself refuses what must not be."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.utils import make_msgid
from pathlib import Path
from urllib.parse import urlencode

import databases
import psycopg
import pytest
import time_machine
from browser import Mailbox, Site
from conftest import OFFICER, PASSWORD, ROOT, WISH, Person, book, logged_in
from flask_migrate import upgrade
from helpers import how_many
from helpers_servers import CREW, HOUR, Browser, assert_one_has_it, at_once, codes, slot, wishes
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError

import models.base
from app import create_app
from models import (
    AuditEntry,
    Booking,
    Channel,
    Clash,
    DeliveryStatus,
    Letter,
    Officer,
    Place,
    Visit,
    db,
    now,
    reading_only,
    verify_audit_chain,
)

pytestmark = [pytest.mark.system, pytest.mark.postgres,
              pytest.mark.skipif(not databases.SERVER, reason="needs a PostgreSQL server: TEST_POSTGRES_URL")]
MANY = 20
BO = "bo@politi.example"


class Post(Mailbox):
    """Notes under which Message-ID each mail came, and over whose connection. Takes none before two have come with one:
    else whoever starts first may be done before the other is there."""

    def __init__(self):
        super().__init__()
        self.came, self.callers = [], set()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.callers.add(session.peer)
        while len(self.callers) < 2:
            await asyncio.sleep(.01)
        self.came.append((message_from_bytes(envelope.content)["Message-ID"], session.peer))
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def site(template, tmp_path):
    """Two web processes at one door."""
    site = Site(databases.copied(template, tmp_path / "site"))
    site.mailbox = Post()
    try:
        site.serve()
        site.serve()
        yield site
    finally:
        with site.app.app_context():
            db.session.remove()
            db.engine.dispose()
        site.stop()
        databases.forgotten(site.folder)


def officers(site, count: int = 1) -> list[Browser]:
    """The same officer at as many browsers."""
    found = [Browser(site) for _ in range(count)]
    for ida in found:
        ida.get("/kontor/log-ind")
        assert ida.press("/kontor/log-ind", email=OFFICER, password=PASSWORD).status == 303
    return found


# Several processes.


def test_two_workers_send_two_hundred_letters_once_each(site):
    with site.app.app_context():
        for n in range(200):
            db.session.add(Letter(channel=Channel.EMAIL, kind="received", language="da",
                                  recipient=f"anna{n}@example.dk",
                                  delivery_status=DeliveryStatus.WAITING, message_id=make_msgid(), text="Kære Anna\n",
                                  subject="Vi har modtaget din bestilling"))
        db.session.commit()
    site.mailbox.open()
    for _ in range(2):
        site._run("letter_worker", "--seconds", "0.1")
    for n in range(200):
        site.mailbox.wait_for(f"anna{n}@example.dk", 1)
    assert len({number for number, _ in site.mailbox.came}) == len(site.mailbox.came) == 200
    assert len({peer for _, peer in site.mailbox.came}) >= 2, "both had a hand in it"


def test_a_worker_passes_over_a_letter_that_another_is_claiming(app):
    for _ in range(2):
        book(Person(app))
    with app.app_context(), databases.outside(app.instance_path) as other:
        first, second = db.session.scalars(db.select(Letter.id).order_by(Letter.id))
        db.session.rollback()
        other.execute("BEGIN")
        other.execute(f"SELECT id FROM letters WHERE id = {first} FOR UPDATE")
        assert Letter.claim().id == second and Letter.claim() is None
        db.session.commit()
        other.execute("ROLLBACK")
        assert Letter.claim().id == first
        db.session.rollback()


def test_a_worker_takes_no_letter_of_a_reader_whose_earlier_one_another_is_claiming(app):
    book(Person(app))
    with app.app_context(), databases.outside(app.instance_path) as other:
        booking = db.session.query(Booking).one()
        booking.withdraw()
        db.session.commit()
        first, second = db.session.scalars(db.select(Letter.id).order_by(Letter.id))
        db.session.rollback()
        other.execute("BEGIN")
        other.execute(f"SELECT id FROM letters WHERE id = {first} FOR UPDATE")
        assert Letter.claim() is None
        db.session.commit()
        other.execute("ROLLBACK")
        assert Letter.claim().id == first
        db.session.commit()
        assert Letter.claim() is None, "it is in hand"
        db.session.get(Letter, first).mark_sent()
        db.session.commit()
        assert Letter.claim().id == second
        db.session.rollback()


def test_one_of_twenty_has_the_crew(site):
    start = slot(0)
    made = wishes(site, MANY, start)
    citizens = [Browser(site) for _ in made]
    for citizen, wish in zip(citizens, made, strict=True):
        citizen.get(wish["page"])
    answers = at_once([lambda c=citizen, w=wish: c.press(f"{w['page']}/tid/{w['offers'][start]}")
                       for citizen, wish in zip(citizens, made, strict=True)])
    assert codes(answers) == {303: 1, 409: MANY - 1}
    assert_one_has_it(site, start, made, next(w for w, a in zip(made, answers, strict=True) if a.status == 303))


def test_a_form_that_is_sent_twenty_times_at_once_is_one_booking(site):
    citizen, path = Browser(site), "/bestil/faerdselskontrol"
    once = citizen.get(path).hidden["once"][0]
    data = {**WISH, "once": once, "send": "1", "csrf_token": citizen.token}
    citizen.press(path, **{k: v for k, v in data.items() if k != "send"})
    pairs = [(k, one) for k, v in data.items() for one in (v if isinstance(v, list) else [v])]
    answers = at_once([lambda: citizen._ask("POST", path, urlencode(pairs)) for _ in range(MANY)])
    assert codes(answers) == {303: MANY} and len({a.goes_to for a in answers}) == 1
    with site.app.app_context():
        assert db.session.query(Booking).count() == db.session.query(Letter).count() == 1


def test_two_officers_press_the_same_decision_and_one_letter_goes(site):
    made, (ida, again) = wishes(site, 10, slot(0), offered=False), officers(site, 2)
    for wish in made:
        path = f"/kontor/sag/{wish['reference']}/afslag"
        seen = ida.get(path).hidden["seen"][0]
        again.get(path)
        said = {"reason": "resources", "words": "", "instead": "", "seen": seen, "send": "1"}
        answers = at_once([lambda o=one: o.press(path, **said) for one in (ida, again)])
        assert 303 in codes(answers)
        with site.app.app_context():
            assert [letter.kind for letter in db.session.get(Booking, wish["id"]).letters] == ["declined"]


def test_the_log_is_whole_after_two_hundred_reads_at_once(site):
    readers = officers(site, MANY)
    answers = at_once([lambda r=reader: [r.get("/kontor/").status for _ in range(10)] for reader in readers])
    assert answers == [[200] * 10] * MANY
    with site.app.app_context():
        number, count, _, _ = verify_audit_chain()
        assert number is None and count == 11 * MANY == db.session.query(AuditEntry).count()


def test_two_starts_at_once_make_one_database(tmp_path):
    folder = databases.made_in(tmp_path / "new")
    env = {**os.environ, "BOOKING_INSTANCE": str(folder)}
    starts = [subprocess.Popen([sys.executable, "-m", "flask", "--app", "app", "db", "upgrade"], cwd=ROOT, env=env)
              for _ in range(3)]
    assert [start.wait(60) for start in starts] == [0, 0, 0]
    with databases.outside(folder) as one:
        assert len(one.execute("SELECT * FROM alembic_version").fetchall()) == 1
    databases.forgotten(folder)


# What the database refuses by itself, when the door at which writers queue stands open.


@pytest.fixture
def open_door(monkeypatch):
    """Everybody has a lock of their own, so nobody waits for anybody."""
    class Number:
        def __format__(self, _):
            return str(threading.get_ident() % 2**40)

    monkeypatch.setattr(models.base, "WRITE_LOCK_ID", Number())
    monkeypatch.setattr(models.base, "LOG_LOCK_ID", Number())


def plan(app, start: datetime, gate: threading.Barrier | None = None):
    """A visit of the one crew, planned when all are ready; what became of it. Where two wait for each other's row,
    PostgreSQL ends one, which then looks once more."""
    with app.app_context():
        ida, place = db.session.get(Officer, 1), db.session.get(Place, 1)
        try:
            if gate:
                gate.wait()
            Visit.plan(ida, service="traffic", place=place, starts_at=start, ends_at=start + HOUR,
                       resource_units={"crew": "Ida Betjent"}, bookings=[])
            db.session.commit()
            return None
        except Clash as clash:
            db.session.rollback()
            return clash.other.unit, clash.other.starts_at, str(clash.other.visit.place)
        except OperationalError as error:
            db.session.rollback()
            assert isinstance(error.orig, psycopg.errors.DeadlockDetected)
    return plan(app, start)


@pytest.mark.parametrize("broken", [False, True])
def test_no_crew_is_in_two_places_even_where_nobody_looks(app, monkeypatch, open_door, broken):
    book(Person(app))
    if broken:
        monkeypatch.setattr("models.visits.ensure_free", lambda *args: None)
    start, gate = slot(3), threading.Barrier(10)
    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(lambda n: plan(app, start + timedelta(minutes=n), gate), range(10)))
    assert outcomes.count(None) == 1 == how_many(app, Visit)
    [taken] = {other for other in outcomes if other}
    assert taken[0] == CREW and taken[2] == "Bygaden, 4690 Haslev"
    assert plan(app, start + 2 * HOUR) is None, "one after the other they may"


def test_who_was_not_seen_coming_reads_what_the_database_says(app, monkeypatch, officer):
    """The page says with whose visit it crosses, as it does where we saw it ourselves."""
    reference, _ = book(officer, slug="dialogmoede")
    start = slot(4)
    assert plan(app, start) is None
    monkeypatch.setattr("models.visits.ensure_free", lambda *args: None)
    path = f"/kontor/sag/{reference}/besoeg"
    page = officer.post(path, {
        "crew": CREW, "travel": "30", "road": "Bygaden 7", "postcode": "4690", "place_told": "Haslev Bibliotek",
        "words": "", "day": f"{start:%Y-%m-%d}", "starts": "18:30", "ends": "19:30", "bookings": reference,
        "send": "1"})
    assert page.status == 422 and any(f"{CREW} er optaget ved" in error for error in page.errors)
    assert how_many(app, Visit) == 1


def test_the_log_takes_one_entry_after_another_or_none(app, open_door):
    person = logged_in(app)

    def read(_):
        with app.app_context():
            try:
                with models.autonomous_transaction() as own:
                    AuditEntry(officer_id=1, what="office.x", about="").append(own, changed=False)
            except IntegrityError:
                return "refused"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(40)))
    with app.app_context():
        assert verify_audit_chain()[0] is None
    assert person.get("/kontor/").status == 200


# One page, one moment; reading never writes.


def test_what_one_page_reads_is_of_one_moment_and_changes_nothing(app):
    book(Person(app))
    with app.app_context():
        held = reading_only.set(True)
        try:
            assert db.session.scalar(db.select(db.func.count(Booking.id))) == 1
            with databases.outside(app.instance_path) as other:
                other.execute("DELETE FROM letters; DELETE FROM events; DELETE FROM bookings")
            assert db.session.scalar(db.select(db.func.count(Booking.id))) == 1
            with pytest.raises(InternalError, match="read-only transaction"):
                db.session.execute(db.update(Booking).values(name="Bo"))
        finally:
            db.session.rollback()
            reading_only.reset(held)


# When it says no for now.


def typed(app, change=lambda: None, **words):
    """What comes back to somebody who books while the database cannot."""
    citizen = Person(app)
    page = citizen.get("/bestil/faerdselskontrol")
    change()
    return citizen.client.post("/bestil/faerdselskontrol", data=WISH | words | {
        "csrf_token": page.token, "once": page.hidden["once"][0], "send": "1"})


@pytest.mark.parametrize("code", ["53100", "57P03", "55P03", "57014", "58030"])
def test_what_passes_is_told_and_what_was_typed_stays(app, code):
    """Full, starting, locked, too slow, a disk that fails: said by a trigger in the server's own words."""
    with databases.outside(app.instance_path) as one:
        one.execute("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
                    f"USING ERRCODE = '{code}'; END $$; CREATE TRIGGER no BEFORE INSERT ON bookings EXECUTE FUNCTION no()")
    answer = typed(app)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 503 and "Vi kan ikke gemme noget lige nu" in html and WISH["text"] in html
    with databases.outside(app.instance_path) as one:
        one.execute("DROP TRIGGER no ON bookings")
    assert typed(app).status_code == 303


def test_what_grows_too_long_by_folding_is_kept_and_no_failure(app):
    """ß is ss where words are compared, and PostgreSQL means it when a column has a length."""
    answer = typed(app, road="ß" * 120)
    assert answer.status_code == 303 and how_many(app, Booking) == 1


def test_a_server_that_is_gone_gets_a_page_with_what_was_typed(app):
    def go():
        with app.app_context():
            db.engine.dispose()
            event.listen(db.engine, "do_connect", nobody)

    def nobody(_dialect, _record, _args, _kwargs):
        return psycopg.connect(host="127.0.0.1", port=1, dbname="nowhere")

    answer = typed(app, go)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 503 and WISH["text"] in html and "Send igen" in html
    assert app.test_client().get("/health").status_code == 503
    with app.app_context():
        event.remove(db.engine, "do_connect", nobody)
    assert typed(app).status_code == 303, "and back again, nobody has to start anything"


def test_a_server_that_was_started_anew_is_not_noticed(app):
    person = Person(app)
    reference, secret = book(person)
    with psycopg.connect(databases.address(app.instance_path), autocommit=True) as one:
        one.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid()")
    assert person.get(f"/sag/{reference}/{secret}").status == 200


def test_an_account_that_may_not_make_extensions_is_told_what_to_do(tmp_path):
    folder = databases.made_in(tmp_path / "new")
    role = f"plain_{os.getpid()}"
    with databases.outside(folder) as one:
        one.execute(f"CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role}")
    uri = re.sub(r"//[^@]*@", f"//{role}@", re.search(r"'(.*)'", (folder / "config.py").read_text())[1])
    env = {**os.environ, "BOOKING_INSTANCE": str(folder), "BOOKING_SQLALCHEMY_DATABASE_URI": uri}
    done = subprocess.run([sys.executable, "-m", "flask", "--app", "app", "db", "upgrade"], cwd=ROOT, env=env,
                          capture_output=True, text=True)
    assert done.returncode and "CREATE EXTENSION btree_gist;" in done.stderr and "Traceback" not in done.stderr
    with databases.outside(folder) as one:
        one.execute("CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")
        done = subprocess.run([sys.executable, "-m", "flask", "--app", "app", "db", "upgrade"], cwd=ROOT, env=env)
        assert done.returncode == 0
        one.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
    databases.forgotten(folder)


# Backups are the server's own.


def test_backups_say_whose_they_are_and_neither_alarm_nor_reassure(app, officer):
    done = app.test_cli_runner().invoke(args=["backup"])
    assert done.exit_code and "pg_dump --format=custom" in done.output
    page = officer.get("/kontor/sikkerhedskopi")
    assert "pg_dump" in page.text and "status-answered" not in page.html and "status-declined" not in page.html
    assert "Sikkerhedskopier:" not in officer.get("/kontor/").text


# Moving house.


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory):
    """A district on SQLite with a year behind it, and officers who have been in it."""
    folder = tmp_path_factory.mktemp("old")
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "RATELIMIT_ENABLED": False, "DEMO": True})
    with app.app_context():
        assert db.engine.dialect.name == "sqlite"
        upgrade()
        Officer.add(OFFICER, "Ida Betjent", PASSWORD)
        db.session.commit()
        assert app.test_cli_runner().invoke(args=["demo"]).exit_code == 0
    ida = logged_in(app)
    for path in ("/kontor/", "/kontor/steder"):
        ida.get(path)
    leave(app)
    return folder


def leave(app):
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def empty(tmp_path):
    folder = databases.made_in(tmp_path / "empty")
    yield folder
    databases.forgotten(folder)


def moved(folder: Path, target: Path) -> subprocess.CompletedProcess:
    env = {**os.environ, "BOOKING_INSTANCE": str(folder), "BOOKING_DEMO": "true"}
    return subprocess.run([sys.executable, "-m", "flask", "--app", "app", "move-to", databases.address(target)],
                          cwd=ROOT, env=env, capture_output=True, text=True)


@contextmanager
def at(folder: Path):
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "RATELIMIT_ENABLED": False, "DEMO": True,
                      "SECRET_KEY": "the same"})
    try:
        yield app
    finally:
        leave(app)


PAGES = ["", "?bunke=alle", "?bunke=lukket", "?bunke=planlaeg", "?bunke=besked", "?bunke=breve", "?bunke=opgaver",
         "?q=bygaden", "?q=a", "steder", "tal", "kalender", "fravaer", "ordlyd", "konto", "sted/1", "sted/2",
         "besoeg/1",
         "besoeg/2", "breve/1"]


def seen(folder: Path) -> dict[str, str]:
    """All that the office and ten citizens see there, apart from tokens."""
    with at(folder) as app:
        ida = logged_in(app)
        with app.app_context():
            cases = [(b.reference, b.secret) for b in db.session.scalars(db.select(Booking).order_by(Booking.id))]
        paths = [f"/kontor/{page}" for page in PAGES] + [f"/kontor/sag/{r}" for r, _ in cases]
        paths += [f"/sag/{r}/{s}" for r, s in cases[::len(cases) // 10]]
        paths += ["/", "/kalender", "/resultater", "/resultater.csv", "/resultater.atom", "/regnskab", "/kontor/fakta"]
        return {path: re.sub(r'(csrf_token" value=")[^"]*', r"\1", ida.client.get(path).get_data(as_text=True))
                for path in paths}


def test_a_district_moves_whole_and_everybody_sees_the_same(lived_in, empty):
    with at(lived_in) as app, app.app_context():
        before = list(db.session.connection().connection.iterdump())
    done = moved(lived_in, empty)
    assert done.returncode == 0, done.stderr
    with at(lived_in) as app, app.app_context():
        assert list(db.session.connection().connection.iterdump()) == before, "nothing is changed where it came from"
        for table in db.metadata.sorted_tables:
            rows = db.session.scalar(db.select(db.func.count()).select_from(table))
            assert re.search(rf"^{table.name} +{rows} rows  \w{{16}}$", done.stdout, re.M), table.name
    with time_machine.travel(now(), tick=False):  # the account page says when one was here last
        here, there = seen(lived_in), seen(empty)
    assert len(here) > 110 and here.keys() == there.keys()
    assert not [path for path in here if here[path] != there[path]]
    with at(empty) as app:
        assert "unbroken" in app.test_cli_runner().invoke(args=["audit", "verify"]).output
        book(Person(app)), "numbers go on where they were"
    again = moved(lived_in, empty)
    assert again.returncode and "not empty" in again.stderr and "bookings" in again.stderr


@pytest.mark.parametrize("change", ["NEW.text = NEW.text || '.'",
                                    "NEW.made_at = NEW.made_at + interval '1 microsecond'",
                                    "RETURN NULL"])
def test_a_row_that_changes_on_its_way_is_found_and_nothing_moves(lived_in, empty, change):
    with at(empty) as app, app.app_context():
        upgrade()
    with databases.outside(empty) as one:
        one.execute(f"CREATE FUNCTION hm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change}; RETURN NEW; END $$; "
                    "CREATE TRIGGER hm BEFORE INSERT ON letters FOR EACH ROW WHEN (NEW.id = 7) EXECUTE FUNCTION hm()")
        done = moved(lived_in, empty)
        assert done.returncode and "letters differs" in done.stderr and "nothing was moved" in done.stderr
        assert {one.execute(f"SELECT count(*) FROM {t}").fetchone() for t in databases.tables(one)
                if t != "alembic_version"} == {(0,)}


def test_a_word_that_does_not_fit_is_told_and_not_quoted(lived_in, empty, tmp_path):
    shutil.copytree(lived_in, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "bookings.sqlite")) as one, one:
        one.execute("UPDATE bookings SET name = 'Kvæx ' || hex(zeroblob(50)) WHERE id = 5")
    done = moved(tmp_path / "copy", empty)
    assert done.returncode and "bookings cannot be moved: value too long for type character varying(80)" in done.stderr
    assert "Kvæx" not in done.stderr and "Traceback" not in done.stderr


def test_a_site_that_runs_does_not_move(lived_in, empty):
    with at(lived_in) as app, app.app_context():
        db.session.execute(db.select(Booking.id))
        done = moved(lived_in, empty)
    assert done.returncode and "in use" in done.stderr
