"""SQLite's write lock is held only while something is written: whoever does what takes long, keeps nobody waiting."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from io import BytesIO

import databases
import pytest
from conftest import OFFICER, PASSWORD, ROOT, WISH, Person, book, logged_in
from flask import template_rendered
from helpers import wish
from PIL import Image
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.security import generate_password_hash
from werkzeug.test import encode_multipart

import forms.photos
import models.officers
import office.figures
import reporting.export
from models import Invite, Officer, Place, Role, Visit, db, now, reading_only
from models.base import WriteQueue

pytestmark = pytest.mark.sqlite
NEW = "heste går ikke i skole"


@pytest.fixture
def is_free(app):
    """Whether somebody else could take the write lock at this moment."""
    def asked() -> bool:
        with closing(sqlite3.connect(f"{app.instance_path}/bookings.sqlite", timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True
    return asked


@pytest.fixture
def hashing(monkeypatch, is_free) -> list[bool]:
    """For each password that was hashed, whether the lock was free."""
    free = []
    for name in ("check_password_hash", "generate_password_hash"):
        def watched(*values, real=getattr(models.officers, name)):
            free.append(is_free())
            return real(*values)
        monkeypatch.setattr(models.officers, name, watched)
    return free


@pytest.mark.parametrize(("email", "password"), [
    (OFFICER, PASSWORD), (OFFICER, "forkert"), ("ingen@politi.example", PASSWORD)], ids=["right", "wrong", "unknown"])
def test_a_log_in_hashes_before_it_takes_the_write_lock(app, hashing, email, password):
    Person(app).post("/kontor/log-ind", {"email": email, "password": password})
    assert hashing == [True]


@pytest.mark.parametrize(("path", "typed"), [
    ("/kontor/konto/adgangskode", {"new_password": NEW}), ("/kontor/konto/kode", {"code": "123456"}),
    ("/kontor/konto/noedkoder", {})])
@pytest.mark.parametrize("password", [PASSWORD, "forkert"], ids=["right", "wrong"])
def test_whoever_confirms_a_change_hashes_before_the_write_lock(officer, hashing, path, typed, password):
    officer.post(path, {"password": password, **typed})
    assert hashing and all(hashing)


def test_who_was_invited_hashes_before_the_write_lock(app, hashing):
    with app.app_context():
        invite = Invite.send(db.session.query(Officer).one(), "bo@politi.example", Role.COORDINATOR)
        db.session.commit()
        path = f"/kontor/invitation/{invite.id}/{invite.secret}"
    Person(app).post(path, {"name": "Bo Betjent", "password": NEW})
    assert hashing == [True]
    with app.app_context():
        assert Officer.by_email("bo@politi.example").active


@pytest.mark.parametrize(("another", "status"), [
    (generate_password_hash("et andet", "scrypt:256:8:1"), 422),
    (generate_password_hash(PASSWORD, "scrypt:256:8:1"), 303)])
def test_a_password_that_changes_while_it_is_checked_counts_as_it_is_now(app, monkeypatch, another, status):
    """It was right when the hash was computed, and may not be any more when the log-in is written; where another
    log-in only made the hash anew, it still is."""
    def meanwhile(known, password, real=models.officers.check_password_hash):
        if known != another:
            with closing(sqlite3.connect(f"{app.instance_path}/bookings.sqlite")) as other, other:
                other.execute("UPDATE officers SET password_hash = ?", (another,))
        return real(known, password)

    monkeypatch.setattr(models.officers, "check_password_hash", meanwhile)
    page = Person(app).post("/kontor/log-ind", {"email": OFFICER, "password": PASSWORD}, follow=False)
    assert page.status == status


@pytest.fixture
def compiled(app, monkeypatch, is_free) -> list[tuple[str, bool]]:
    """The templates that are compiled from here on, as in a process that has just started, and whether the lock was
    free."""
    found, environment = [], app.jinja_env
    environment.cache.clear()
    environment.__dict__.pop("_letters", None)
    monkeypatch.setattr(environment, "bytecode_cache", None)

    def watched(source, name=None, *others, real=environment.compile):
        found.append((name, is_free()))
        return real(source, name, *others)

    monkeypatch.setattr(environment, "compile", watched)
    yield found
    environment.cache.clear()


@pytest.mark.parametrize("typed", [{}, {"send": "1"}], ids=["the check page", "the letter"])
def test_the_first_post_of_a_process_compiles_its_templates_before_it_holds_the_write_lock(app, compiled, typed):
    assert Person(app).post("/bestil/faerdselskontrol", {**WISH, **typed}).status == 200
    assert {"letters/received.txt", "findings/traffic.txt"} <= dict(compiled).keys()
    assert [name for name, free in compiled if not free] == []


def test_the_first_preview_of_a_process_compiles_its_templates_before_it_holds_the_write_lock(app, compiled):
    booking, officer = wish(app), logged_in(app)
    app.jinja_env.cache.clear()
    app.jinja_env.__dict__.pop("_letters", None)
    compiled.clear()
    page = officer.post(f"/en/kontor/sag/{booking.reference}/afslag", {"reason": "resources", "words": "", "show": "1"})
    assert page.status == 200 and {"office/decide.html", "letters/declined.txt"} <= dict(compiled).keys()
    assert [name for name, free in compiled if not free] == []


class Slow(BytesIO):
    """A body that arrives piece by piece; `free` tells for each whether the lock was."""

    def __init__(self, body: bytes, is_free):
        super().__init__(body)
        self.is_free, self.free = is_free, []

    def read(self, *size):
        self.free.append(self.is_free())
        return super().read(*size)

    def readinto(self, buffer):
        self.free.append(self.is_free())
        return super().readinto(buffer)


def sent_slowly(person: Person, path: str, is_free, **typed) -> list[bool]:
    boundary, body = encode_multipart(MultiDict({"csrf_token": person.token, **typed}))
    line = Slow(body, is_free)
    answer = person.client.post(path, input_stream=line, content_length=len(body),
                                content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code in (200, 303), answer.get_data(as_text=True)
    return line.free


def begun_meeting(app) -> int:
    with app.app_context():
        visit = Visit.plan(
            db.session.query(Officer).one(), service="meeting", starts_at=now() - timedelta(hours=2),
            ends_at=now() - timedelta(hours=1), resource_units={"crew": "Ida"}, method="", bookings=[],
            place=Place.at(road="Skolevej", postcode="4690", town="Haslev", municipality="Faxe"))
        db.session.commit()
        return visit.id


def test_the_write_lock_is_free_while_an_officers_photo_arrives_and_is_made_small(app, officer, is_free, monkeypatch):
    made_small = []

    def watched(file, real=forms.photos.taken_anew):
        made_small.append(is_free())
        return real(file)

    monkeypatch.setattr(forms.photos, "taken_anew", watched)
    jpeg = BytesIO()
    Image.new("RGB", (3000, 2000)).save(jpeg, "JPEG")
    jpeg.seek(0)
    arrived = sent_slowly(officer, f"/kontor/besoeg/{begun_meeting(app)}/opgaver", is_free, what="En lampe.",
                          owner="municipality", status="new", once="photo", photo=FileStorage(jpeg, "photo.jpg"))
    assert arrived and all(arrived) and made_small == [True]


@pytest.mark.parametrize("person", [Person, logged_in])
def test_the_write_lock_is_free_while_any_body_arrives(app, is_free, person):
    reference, secret = book(Person(app))
    path = f"/sag/{reference}/{secret}/besked" if person is Person else f"/kontor/sag/{reference}/notat"
    arrived = sent_slowly(person(app), path, is_free, words="Hej " * 200)
    assert arrived and all(arrived)


@pytest.mark.parametrize(("path", "typed"), [
    ("/bestil/faerdselskontrol", {}), ("/bestil/faerdselskontrol", WISH), ("/find", {}),
    ("{case}/besked", {"words": ""}),
    ("/kontor/log-ind", {"email": "x"}), ("/kontor/sag/{reference}/imoedekom", {"words": ""}),
    ("/kontor/sag/{reference}/notat", {"words": ""}), ("/kontor/data/person", {"q": "Anna"})])
def test_a_page_that_a_post_gets_is_rendered_after_the_write_lock_is_given_back(app, officer, is_free, path, typed):
    reference, secret = book(Person(app))
    path, free = path.format(reference=reference, case=f"/sag/{reference}/{secret}"), []

    def look(_app, template, **_shown):
        if template.name.endswith(".html"):
            free.append(is_free())

    with template_rendered.connected_to(look, app):
        answer = officer.client.post(path, data={"csrf_token": officer.token, **typed})
    assert answer.status_code in (200, 422) and free and all(free)


@pytest.mark.parametrize("file", ["sager.csv", "sager.json", "tal.csv", "tal.json"])
def test_a_file_that_streams_takes_no_write_lock_and_stays_under_the_guard(app, officer, is_free, file, monkeypatch):
    for _ in range(3):
        book(Person(app))
    tried = []

    def refused() -> bool:
        try:
            db.session.execute(text("UPDATE places SET town = ''"))
        except OperationalError:
            return True
        return False

    name = "_case" if file.startswith("sager") else "report"
    room = office.figures if file == "tal.csv" else reporting.export

    def watched(*values, real=getattr(room, name)):
        tried.append((reading_only.get(), is_free(), refused()))
        return real(*values)

    monkeypatch.setattr(room, name, watched)
    with closing(officer.client.get(f"/kontor/{file}", buffered=False)) as answer:
        free = [is_free() for _ in answer.iter_encoded()]
    assert set(tried) == {(True, True, True)} and free and all(free)
    with app.app_context():
        assert not reading_only.get(), "the next one in this thread may write"


def test_writers_get_the_write_lock_in_the_order_in_which_they_came():
    queue, came, writers = WriteQueue(), [], []
    first = queue.enter()

    def write(nth: int) -> None:
        turn = queue.enter()
        came.append(nth)
        queue.leave(turn)

    for nth in range(20):
        writers.append(threading.Thread(target=write, args=(nth,)))
        writers[-1].start()
        while len(queue._turns) < nth + 2:  # until this one stands in the queue
            time.sleep(.001)
    queue.leave(first)
    for writer in writers:
        writer.join(60)
    assert came == list(range(20)) and not queue._turns


@pytest.mark.parametrize("ends", ["commit", "rollback", "remove"])
def test_a_writers_turn_ends_with_its_transaction(app, is_free, ends):
    with app.app_context():
        Officer.by_email(OFFICER)
        assert not is_free()
        getattr(db.session, ends)()
        assert is_free()
        Officer.by_email(OFFICER)
        db.session.rollback()


MOST_QUESTIONS = 9  # of one booking to the database, beside the rows that it writes


def test_a_booking_takes_the_write_lock_once_and_asks_the_database_little(app):
    """Its rows are written in one flush, with the commit; and nothing is asked once more for what was known."""
    citizen, asked, flushes = Person(app), [], []
    book(citizen)  # a road that is known from here on
    typed = {"csrf_token": citizen.token, "once": citizen.get("/bestil/faerdselskontrol").hidden["once"][0]}

    def note(_connection, _cursor, statement, *_):
        asked.append(statement.split()[0])

    def flushed(*_):
        flushes.append(1)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    event.listen(db.session, "before_flush", flushed)
    answer = citizen.client.post("/bestil/faerdselskontrol", data=WISH | typed | {"send": "1"})
    event.remove(engine, "before_cursor_execute", note)
    event.remove(db.session, "before_flush", flushed)
    assert answer.status_code == 303 and len(flushes) == 1
    assert asked.count("BEGIN") == 2 and asked.count("INSERT") == 3 and asked.count("SELECT") <= MOST_QUESTIONS


FIRST_REQUESTS = """
import sys
from conftest import Person, book, logged_in
from app import create_app
from models.base import WriteQueue

enter, leave, before, meanwhile = WriteQueue.enter, WriteQueue.leave, {}, set()

def entered(queue):
    turn = enter(queue)
    before[turn] = set(sys.modules)
    return turn

def left(queue, turn):
    meanwhile.update(set(sys.modules) - before.pop(turn))
    leave(queue, turn)

WriteQueue.enter, WriteQueue.leave = entered, left
app = create_app({"INSTANCE": sys.argv[1], "TESTING": True})
for slug in ("faerdselskontrol", "dialogmoede"):
    reference, _ = book(Person(app), slug=slug)
logged_in(app).post(f"/kontor/sag/{reference}/imoedekom", {"words": "", "send": "1"})
print(*sorted(name for name in meanwhile if not name.startswith("encodings.")))
"""


@pytest.mark.system
def test_no_package_is_imported_with_the_write_lock_by_the_first_requests_of_a_process(template, tmp_path):
    """Such as the holidays of every country in the world, for 180 ms after each start."""
    databases.copied(template, tmp_path / "site")
    said = subprocess.run([sys.executable, "-c", FIRST_REQUESTS, str(tmp_path / "site")], text=True, check=True,
                          capture_output=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"})
    assert said.stdout.strip() == ""
