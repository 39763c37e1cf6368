"""Nothing lost: backups that are known to work, put back without harm, and tried out every night."""

import gzip
import json
import os
import shutil
import sqlite3
import stat
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from conftest import OFFICER, PASSWORD, ROOT, Person, book, build, logged_in
from flask_migrate import upgrade
from helpers_polls import meeting_today, poll_of

import backups
from mail import outbox
from models import BlockedAddress, Booking, Officer, Poll, PollStatus, Role, Visit, WaitlistEntry, db, now

pytestmark = pytest.mark.sqlite

MONDAY = datetime(2026, 5, 11, 7, 0, tzinfo=UTC)


@pytest.fixture
def flask(app):
    """flask ..., and what it says."""

    def run(*words, code=0) -> str:
        done = app.test_cli_runner().invoke(args=[str(word) for word in words])
        assert done.exit_code == code, done.output + done.stderr
        return done.output + done.stderr

    return run


def folder(app) -> Path:
    return Path(app.instance_path, "backups")


def kept(app) -> list[Path]:
    return sorted(folder(app).glob("bookings-*"))


def here(app) -> Path:
    return Path(app.instance_path, "bookings.sqlite")


def leave(app) -> None:
    """Nobody has the database open any more."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def how_many(app) -> int:
    with closing(sqlite3.connect(here(app))) as one:
        return one.execute("SELECT count(*) FROM bookings").fetchone()[0]


def test_a_backup_is_a_checked_copy_for_its_owner_alone(app, citizen, flask):
    reference, _ = book(citizen)
    assert "checked copy" in flask("backup")
    [file] = kept(app)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(folder(app).stat().st_mode) == 0o700
    copy = folder(app) / "opened.sqlite"
    copy.write_bytes(gzip.decompress(file.read_bytes()))
    with closing(sqlite3.connect(copy)) as one:
        assert one.execute("SELECT reference FROM bookings").fetchall() == [(reference,)]
    assert not list(folder(app).glob(".making*"))


def test_a_backup_keeps_nobody_waiting_and_is_of_one_moment(app, citizen, flask):
    """Somebody writes all the time; the copy is sound, and no write waits for it."""
    book(citizen)
    over, waits = threading.Event(), []

    def write():
        with closing(sqlite3.connect(here(app), isolation_level=None, timeout=60)) as one:
            while not over.is_set():
                begun = time.monotonic()
                one.execute("UPDATE bookings SET journal = ?", (str(begun),))
                waits.append(time.monotonic() - begun)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            flask("backup")
    finally:
        over.set()
        writer.join()
    assert len(waits) > 20 and max(waits) < 10, max(waits)


@pytest.mark.system
def test_a_sealed_backup_opens_with_the_private_key_alone(app, citizen, flask):
    private, public = backups.new_keys()
    app.config["BACKUP_PUBLIC_KEY"] = public
    reference, _ = book(citizen)
    flask("backup", "--drill")  # tried out before it is sealed: the private key is not on this machine
    [file] = kept(app)
    assert file.suffix == ".sealed" and b"SQLite" not in file.read_bytes()
    with pytest.raises(OSError):
        gzip.decompress(file.read_bytes())
    assert "needs the private key" in flask("drill", code=1)
    assert "cannot be opened" in flask("drill", "--key", backups.new_keys()[0], code=1)
    with app.app_context():
        assert not backups.troubles(), "neither says anything of the last night's"
    assert "site runs on it" in flask("drill", "--key", private)
    leave(app)
    here(app).unlink()
    flask("restore", file, "--key", private)
    with app.app_context():
        assert Booking.by_reference(reference)


def test_two_keys_are_made_and_the_private_one_is_kept_nowhere(app, flask):
    said = flask("backup-key")
    private = said.split("safe:")[1].split()[0]
    for file in Path(app.instance_path).rglob("*"):
        assert not file.is_file() or private.encode() not in file.read_bytes()
    assert private != said.split('"')[1]


def test_a_restored_database_is_the_old_one_and_what_was_there_lies_beside_it(app, citizen, flask):
    first, _ = book(citizen)
    flask("backup")
    second, _ = book(citizen)
    leave(app)
    [file] = kept(app)
    assert "knows of more" in flask("restore", file, code=1) and how_many(app) == 2
    said = flask("restore", file, "--force")
    assert how_many(app) == 1
    aside = next(here(app).parent.glob("bookings-before-*.sqlite"))
    assert str(aside) in said
    with closing(sqlite3.connect(aside)) as one:
        assert {r for r, in one.execute("SELECT reference FROM bookings")} == {first, second}
    third, _ = book(Person(app))
    with closing(sqlite3.connect(here(app))) as one:
        assert {r for r, in one.execute("SELECT reference FROM bookings")} == {first, third}


@pytest.mark.parametrize("change", [
    lambda flask: flask("officer", "remove", OFFICER), lambda flask: flask("officer", "add", "ny@politi.example"),
    lambda _: outbox.send_due(), lambda _: BlockedAddress.add("a key", None),
    lambda _: db.session.query(WaitlistEntry).one().leave()], ids=["removed", "added", "sent", "blocked", "left"])
def test_a_database_in_which_anything_was_done_since_knows_of_more(app, citizen, flask, change):
    book(citizen)
    with app.app_context():
        WaitlistEntry.ask("traffic", "bo@example.dk", "da")
        db.session.flush()
        db.session.query(WaitlistEntry).one().confirm()
        db.session.commit()
    flask("backup")
    with app.app_context():
        change(flask)
        db.session.commit()
    leave(app)
    assert "knows of more" in flask("restore", *kept(app), code=1)


@pytest.mark.parametrize("again", [False, True], ids=["answered", "changed"])
def test_a_database_that_has_answers_of_an_open_poll_knows_of_more(app, flask, again):
    """They have no time, and leave no event."""
    visit = meeting_today(app)
    with app.app_context():
        poll = Poll.of(db.session.get(Visit, visit))
        db.session.flush()
        poll.open(Officer.by_email(OFFICER), PollStatus.BEFORE_OPEN)
        poll.answer("one", {"burglary": "more"})
        db.session.commit()
    flask("backup")
    leave(app)
    with app.app_context():
        poll_of(visit).answer("one" if again else "two", {"burglary": "fewer"})
        db.session.commit()
    leave(app)
    assert "knows of more" in flask("restore", *kept(app), code=1)
    flask("restore", *kept(app), "--force")
    with app.app_context():
        assert [answer.answers for answer in poll_of(visit).answers] == [{"burglary": "more"}]


def test_a_database_in_use_is_replaced_by_force_alone_and_then_in_one_step(app, citizen, flask):
    first, secret = book(citizen)
    flask("backup")
    book(citizen)
    with closing(sqlite3.connect(here(app))) as other:
        other.execute("SELECT count(*) FROM bookings").fetchone()
        assert "in use" in flask("restore", *kept(app), code=1) and how_many(app) == 2
        flask("restore", *kept(app), "--force")
        assert other.execute("SELECT count(*) FROM bookings").fetchone() == (1,)
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert citizen.get(f"/sag/{first}/{secret}").status == 200


@pytest.mark.parametrize("harm", [lambda b: b[:-200], lambda b: b[:300] + b"xxxx" + b[304:], lambda b: b"no backup",
                                  lambda b: gzip.compress(b"")[:10] + b"\xff" * 50,  # which gzip itself trips over
                                  lambda b: gzip.compress(gzip.decompress(b)[:40_000] + b"\0" * 8000)])
def test_a_damaged_backup_is_refused_and_the_database_left_as_it_is(app, citizen, flask, harm):
    book(citizen)
    flask("backup")
    leave(app)
    [file] = kept(app)
    file.write_bytes(harm(file.read_bytes()))
    assert "Not done" in flask("restore", file, "--force", code=1) and how_many(app) == 1
    assert "Not done" in flask("drill", code=1)
    with app.app_context():
        assert backups.last_result("drill")["error"] and "drill" in backups.troubles()


def with_version(version: str):
    def change(file: Path) -> None:
        with closing(sqlite3.connect(file)) as one, one:
            one.execute("UPDATE alembic_version SET version_num = ?", (version,))
    return change


def of_another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as one, one:
        one.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        one.execute("CREATE TABLE songs (name TEXT)")


def without_a_version(file: Path) -> None:
    with closing(sqlite3.connect(file)) as one, one:
        one.execute("DELETE FROM alembic_version")


@pytest.mark.parametrize("change, why", [
    (lambda file: file.write_bytes(b""), "empty"), (of_another_program, "another program"),
    (without_a_version, "another program"), (with_version("9999"), "newer"), (with_version(""), "newer")])
def test_a_backup_that_is_empty_foreign_or_newer_is_refused_before_anything_is_replaced(app, citizen, flask, change,
                                                                                        why):
    book(citizen)
    flask("backup")
    leave(app)
    [file] = kept(app)
    plain = file.with_name("opened.sqlite")
    plain.write_bytes(gzip.decompress(file.read_bytes()))
    change(plain)
    file.write_bytes(gzip.compress(plain.read_bytes()))
    before = here(app).read_bytes(), sorted(here(app).parent.iterdir())
    said = flask("restore", file, "--force", code=1)
    assert "Not done" in said and why in said
    assert (here(app).read_bytes(), sorted(here(app).parent.iterdir())) == before
    assert why in flask("drill", code=1)


def test_zero_bytes_are_no_backup(app, citizen, flask):
    """Such as a full disk leaves behind when a backup is brought elsewhere."""
    book(citizen)
    empty = Path(app.instance_path, "bookings-20260101T000000Z.sqlite.gz")
    empty.touch()
    assert "Not done" in flask("restore", empty, "--force", code=1) and "Not done" in flask("drill", empty, code=1)
    assert how_many(app) == 1


@pytest.mark.parametrize("in_use", [True, False])
def test_what_stands_in_the_folder_is_for_its_owner_alone_whatever_the_umask(tmp_path, in_use):
    """After a restoration, too, and after a first start by hand that let others read."""
    before = os.umask(0)
    try:
        app = build(tmp_path / "open")
        with app.app_context():
            upgrade()
        book(Person(app))
        run = app.test_cli_runner().invoke
        assert run(args=["backup"]).exit_code == 0
        with app.app_context():
            outbox.send_due()
        for file in here(app).parent.glob("bookings.sqlite*"):
            file.chmod(0o644)
        leave(app)
        with closing(sqlite3.connect(here(app))) as other:
            if in_use:
                other.execute("SELECT count(*) FROM bookings").fetchone()
            done = run(args=["restore", str(kept(app)[0]), "--force"])
            assert done.exit_code == 0, done.output
            files = [here(app).parent, *here(app).parent.rglob("*")]
            assert len([f for f in files if f.suffix == ".sqlite"]) == 2 and any(f.suffix == ".eml" for f in files)
            assert {str(f): oct(f.stat().st_mode) for f in files if f.stat().st_mode & 0o077} == {}
        leave(app)
    finally:
        os.umask(before)


def test_a_full_disk_does_not_stop_a_restoration_halfway(app, citizen, flask, monkeypatch):
    """Once the old database is aside, nothing more is written that could fail."""
    book(citizen)
    flask("backup")
    leave(app)
    monkeypatch.setattr(shutil, "copyfile", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    flask("restore", *kept(app), "--force")
    assert how_many(app) == 1


def test_a_damaged_database_can_be_replaced_without_force(app, citizen, flask):
    book(citizen)
    flask("backup")
    leave(app)
    here(app).write_bytes(b"garbage" * 1000)
    flask("restore", *kept(app))
    assert how_many(app) == 1


def test_what_is_damaged_is_not_copied_as_if_it_were_sound(app, citizen, flask):
    book(citizen)
    flask("backup")
    before = kept(app)
    leave(app)
    with here(app).open("r+b") as file:
        file.seek(20_000)
        file.write(b"\xff" * 60_000)
    assert "Not done" in flask("backup", code=1) and kept(app) == before


def test_days_weeks_and_months_are_kept_and_the_last_day_whole(app):
    with app.app_context():
        backups._made_folder()
        at = MONDAY
        for _ in range(500 * 2):
            (folder(app) / f"{at:{backups.STAMP}}.sqlite.gz").touch()
            at -= timedelta(hours=12)
        with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
            backups.make()
        left = list(backups.list_backups().values())
    days = [d for d in left if d > MONDAY - timedelta(days=7)]
    assert len({d.date() for d in days}) == 7 and len(left) <= 7 + 5 + 12 + 2
    assert min(left) < MONDAY - timedelta(days=310) and len({(d.year, d.month) for d in left}) == 12
    assert sum(d >= MONDAY - timedelta(hours=22) for d in left) == 3, "what was made today is all there"


def test_a_killed_backup_leaves_nothing_behind(app, flask):
    left = folder(app) / ".making-dead"
    left.mkdir(parents=True)
    (left / "bookings.sqlite").write_bytes(b"half")
    flask("backup")
    assert not left.exists() and len(kept(app)) == 1


@pytest.mark.system
def test_the_drill_opens_the_pages_and_says_when_one_does_not_open(app, citizen, flask):
    book(citizen)
    flask("backup")
    assert "site runs on it" in flask("drill")
    leave(app)
    with closing(sqlite3.connect(here(app))) as one, one:
        one.execute("UPDATE bookings SET service = 'unknown'")
    for sound in kept(app):
        sound.unlink()
    flask("backup")
    assert "does not run" in flask("drill", code=1)
    assert not list(folder(app).glob(".drill*"))


@pytest.mark.system
def test_a_trial_of_another_file_raises_no_alarm_about_the_last_night(app, citizen, flask, tmp_path):
    book(citizen)
    flask("backup", "--drill")
    (tmp_path / "some.csv").write_text("no backup")
    flask("drill", str(tmp_path / "some.csv"), code=1)
    with app.app_context():
        assert not backups.last_result("drill")["error"]


@pytest.mark.system
@pytest.mark.parametrize("change", [
    {"temporary": True, "role": Role.READER, "locked_until": MONDAY + timedelta(days=9999)}, {"active": False}])
def test_the_drill_hangs_on_nobodys_account(app, citizen, flask, change):
    """Whoever has yet to choose a password, as everybody has on the first day and after a reset, is no fault."""
    book(citizen)
    with app.app_context():
        for name, value in change.items():
            setattr(Officer.by_email(OFFICER), name, value)
        db.session.commit()
    flask("backup")
    assert "site runs on it" in flask("drill")


@pytest.mark.system
def test_a_drill_knows_the_backup_alone_and_leaves_the_real_database_as_it_is(app, citizen, flask, monkeypatch):
    monkeypatch.setenv("BOOKING_SQLALCHEMY_DATABASE_URI", "sqlite:////nowhere/another.sqlite")
    book(citizen)
    flask("backup")
    leave(app)
    before = here(app).read_bytes()
    flask("drill")
    assert here(app).read_bytes() == before


# What the office sees.


@pytest.mark.system
def test_the_work_list_tells_of_a_backup_that_is_missing_old_or_failed_and_else_is_silent(app, citizen, flask):
    desk = "/en/kontor/"
    book(citizen)
    officer = logged_in(app)
    assert "There is no backup yet." in officer.get(desk).text
    flask("backup", "--drill")
    assert "ackup" not in officer.get(desk).text.replace("Backups Who can log in", "")
    assert "Good" in officer.get("/en/kontor/sikkerhedskopi").text
    with time_machine.travel(now() + timedelta(hours=40)):
        officer = logged_in(app)
        said = officer.get(desk).text
        assert "The newest backup is 40 hours old." in said and "successfully 40 hours ago" in said
        assert "See to it" in officer.get("/en/kontor/sikkerhedskopi").text
    (folder(app) / "last-drill.json").write_text(json.dumps(
        {"at": now().isoformat(), "error": "it is damaged", "good_at": now().isoformat()}))
    officer = logged_in(app)
    assert "tried out" in officer.get(desk).text and "The last try failed." in officer.get(desk).text
    assert "it is damaged" in officer.get("/en/kontor/sikkerhedskopi").text


def test_a_demonstration_warns_of_no_backup(make_app):
    officer = logged_in(make_app(DEMO=True))
    assert "There is no backup yet." not in officer.get("/en/kontor/").text
    assert officer.get("/kontor/sikkerhedskopi").status == 200


# The night.


@pytest.fixture
def begun(app, monkeypatch):
    """The backups that the worker starts."""
    begun = []

    class Process:
        def __init__(self, words, **_how):
            begun.append(words)

        def poll(self):
            return 0

    monkeypatch.setattr(backups.subprocess, "Popen", Process)
    with app.app_context():
        yield begun


def noted(app, at, error="", what="backup"):
    folder(app).mkdir(exist_ok=True)
    (folder(app) / f"last-{what}.json").write_text(json.dumps({"at": at.isoformat(), "error": error}))


def test_each_night_at_three_a_backup_begins_once(app, begun):
    with time_machine.travel(MONDAY, tick=False) as clock:  # nine o'clock in Denmark
        nightly = backups.Nightly()
        nightly()
        nightly()
        assert len(begun) == 1, "there was none, so one is made at once"
        noted(app, MONDAY)
        for hours in range(1, 49):
            clock.move_to(MONDAY + timedelta(hours=hours))
            before = len(begun)
            nightly()
            if len(begun) > before:
                assert (MONDAY + timedelta(hours=hours)).hour == 1, "three o'clock in Denmark"
                noted(app, MONDAY + timedelta(hours=hours))
        assert len(begun) == 3


@pytest.mark.parametrize("what", ["backup", "drill"])
def test_what_failed_is_tried_again_in_an_hour(app, begun, what):
    with time_machine.travel(MONDAY, tick=False) as clock:
        noted(app, MONDAY)
        noted(app, MONDAY, "disk full", what)
        nightly = backups.Nightly()
        nightly()
        assert not begun
        clock.move_to(MONDAY + timedelta(minutes=61))
        nightly()
        nightly()
        assert len(begun) == 1


def test_a_folder_that_cannot_be_written_to_does_not_start_a_backup_every_two_seconds(app, begun):
    nightly = backups.Nightly()
    for _ in range(5):
        nightly()
    assert len(begun) == 1


def test_no_hour_no_backup(app, begun):
    app.config["BACKUP_HOUR"] = None
    backups.Nightly()()
    assert not begun


@pytest.mark.system
def test_the_night_really_makes_one_and_tries_it_out(app, citizen):
    book(citizen)
    with app.app_context():
        nightly = backups.Nightly()
        nightly()
        assert nightly.process.wait(60) == 0
        assert len(kept(app)) == 1 and not backups.troubles()


@pytest.mark.system
def test_a_fresh_site_shows_a_green_page_after_its_first_night_and_stays_so(tmp_path, monkeypatch):
    """Nothing has happened on it but its first start, which made an account whose password is temporary."""
    app = build(tmp_path / "fresh")
    with app.app_context():
        upgrade()
    assert "with the password" in app.test_cli_runner().invoke(args=["officer", "first"]).output
    begun = now()
    for days in range(2):
        ahead = timedelta(days=days)
        monkeypatch.setattr(backups, "flask_command", lambda *words: [
            sys.executable, str(ROOT / "tests" / "clocked.py"), str(ahead.total_seconds()), "flask", "--app", "app",
            *words])
        with time_machine.travel(begun + ahead), app.app_context():
            nightly = backups.Nightly()
            nightly()
            assert nightly.process.wait(60) == 0
            assert backups.last_result("drill")["at"] > (now() - timedelta(hours=1)).isoformat(), "this night's"
            if days == 0:
                Officer.add(OFFICER, "Ida Betjent", PASSWORD)
                db.session.commit()
            page = logged_in(app).get("/en/kontor/sikkerhedskopi").text
            assert page.count("Good") == 2 and "See to it" not in page, page
    leave(app)


def test_another_folder_can_be_named(app, flask, tmp_path):
    app.config["BACKUP_FOLDER"] = str(tmp_path / "disk" / "two")
    flask("backup")
    assert len(list((tmp_path / "disk" / "two").glob("bookings-*"))) == 1 and not folder(app).exists()
    shutil.rmtree(tmp_path / "disk")
