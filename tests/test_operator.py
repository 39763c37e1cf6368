"""For whoever runs the site: commands, configuration, health, the database's versions."""

import re
import resource
import stat
import traceback
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from conftest import OFFICER, PASSWORD, build
from flask_limiter import Limiter
from flask_migrate import upgrade
from helpers import how_many, wish
from helpers_cases import planned

import app as app_module
import citizen  # noqa: F401  (its pages are limited by the limiter of this process)
import ratelimits
from app import create_app
from models import Invite, Letter, Officer, Role, db, now
from models.places import INDEX
from ratelimits import ADDRESS


@pytest.fixture
def flask(app):
    """flask ..., and what it says."""

    def run(*words, code=0) -> str:
        done = app.test_cli_runner().invoke(args=words)
        assert done.exit_code == code, done.output + done.stderr
        return done.output + (done.stderr if code else "")

    return run


@pytest.fixture
def fresh(tmp_path):
    """Applications on machines where nothing has been yet."""
    made = []

    def make(folder="new", **config):
        made.append(create_app({"INSTANCE": str(tmp_path / folder), **config}))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.session.remove()
            db.engine.dispose()


def lets_in(app, email, password) -> bool:
    with app.app_context():
        found = Officer.log_in(email, password) is not None
        db.session.rollback()
        return found


# Officers.


def test_a_new_officer_gets_a_password_that_works_and_is_told_once(app, flask):
    said = flask("officer", "add", "Bo@Politi.Example", "--name", "Bo Betjent")
    password = re.search(r"password (\S+)", said)[1]
    assert len(password) >= 12 and lets_in(app, "bo@politi.example", password) and "/kontor/" in said
    assert "Bo Betjent" in flask("officer", "list") and password not in flask("officer", "list")
    with app.app_context():
        assert Officer.by_email("bo@politi.example").password_hash.startswith("scrypt:")


def test_a_password_can_be_chosen(app, flask):
    flask("officer", "add", "bo@politi.example", "--password", "tre skildpadder i regnvejr")
    assert lets_in(app, "bo@politi.example", "tre skildpadder i regnvejr")


NO_ADDRESS = ["", " ", "ikke en adresse", "x@y.dk\nBcc: z@y.dk", "x@y.dk\r\nBcc: z@y.dk", "@y.dk", "bo@", "søren@y.dk",
              f"{'x' * 250}@y.dk", "bo@politi.example, ida@politi.example"]


@pytest.mark.parametrize("verb", ["add", "invite"])
@pytest.mark.parametrize("email", NO_ADDRESS)
def test_what_is_no_address_is_neither_let_in_nor_invited(app, flask, verb, email):
    said = flask("officer", verb, email, code=1)
    assert said.startswith("Nothing was changed.\n")
    assert len(said.strip().splitlines()) >= 2, "and it says why"
    assert how_many(app, Officer) == 1 and how_many(app, Invite) == how_many(app, Letter) == 0


@pytest.mark.parametrize("password, why", [("a", "At least 12 characters"), ("adgangskode1", "soon guessed"),
                                           ("bo.betjent1234", "soon guessed"), ("x y" * 70, "at most 200")])
def test_a_password_that_the_pages_would_refuse_is_refused(app, flask, password, why):
    assert why in flask("officer", "add", "bo.betjent@politi.example", "--password", password, code=1)
    assert why in flask("officer", "password", OFFICER, "--password", password, code=1)
    assert how_many(app, Officer) == 1 and lets_in(app, OFFICER, PASSWORD)


def test_a_name_that_does_not_fit_is_refused(app, flask):
    assert "80 characters" in flask("officer", "add", "bo@politi.example", "--name", "n" * 81, code=1)
    assert how_many(app, Officer) == 1


def test_an_address_that_is_probably_meant_otherwise_is_taken_as_it_stands(flask):
    assert "bo@gmial.com can log in" in flask("officer", "add", "bo@gmial.com")


def test_whoever_closes_the_last_account_that_can_do_something_is_told(app, flask):
    with app.app_context():
        Officer.add("laeser@politi.example", "Lis Læser", PASSWORD, Role.READER)
        Officer.add("bo@politi.example", "Bo Betjent", PASSWORD)
        db.session.commit()
    assert "Nobody" not in flask("officer", "remove", "bo@politi.example")
    assert "Nobody else can, but for readers" in flask("officer", "remove", OFFICER)


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "1e300", "x"])
def test_a_pause_that_no_worker_can_make_is_refused_in_a_sentence(flask, seconds):
    said = flask("worker", "--seconds", seconds, code=2)
    assert "Invalid value for '--seconds'" in said and "Traceback" not in said


@pytest.mark.parametrize("command", [
    "officer add s\udcf8ren@politi.example", "officer add bo@politi.example --name S\udcf8ren",
    "officer password s\udcf8ren@politi.example", f"officer password {OFFICER} --password blåbærgr\udcf8d-og-mere",
    "officer second-factor s\udcf8ren@politi.example --reset", "officer invite s\udcf8ren@politi.example",
    "officer remove s\udcf8ren@politi.example", "audit verify --knows \udcf8", "move-to postgresql://\udcf8/x",
    f"drill {__file__} --key \udcf8"], ids=ascii)
def test_what_is_typed_in_another_coding_than_utf_8_is_refused_in_a_sentence(app, flask, command):
    said = flask(*command.split(), code=2)
    assert "Invalid value: what was typed is not UTF-8." in said and "Traceback" not in said
    assert how_many(app, Officer) == 1 and not how_many(app, Invite)


def test_a_file_may_be_called_what_is_not_utf_8(flask, tmp_path):
    file = tmp_path / "tal-s\udcf8r.csv"
    file.write_text("No figures.\n")
    assert "We found no figures in the file." in flask("facts", "import", str(file), code=1)


def test_nobody_is_added_twice(flask):
    assert "there already" in flask("officer", "add", OFFICER.upper(), code=1)


def test_a_new_password_replaces_the_old_and_lifts_a_lock(app, flask):
    with app.app_context():
        Officer.by_email(OFFICER).locked_until = now() + timedelta(hours=1)
        db.session.commit()
    assert "locked" in flask("officer", "list")
    password = re.search(r"password (\S+)", flask("officer", "password", OFFICER))[1]
    assert lets_in(app, OFFICER, password) and not lets_in(app, OFFICER, PASSWORD)
    assert "locked" not in flask("officer", "list")


def test_who_is_removed_is_out_and_may_be_let_in_again(app, flask):
    flask("officer", "remove", OFFICER)
    assert not lets_in(app, OFFICER, PASSWORD) and OFFICER not in flask("officer", "list")
    flask("officer", "add", OFFICER, "--password", "kom ind igen")
    assert lets_in(app, OFFICER, "kom ind igen") and f"{OFFICER}\tIda Betjent" in flask("officer", "list")


def test_to_which_visits_somebody_else_must_go_is_said_when_an_account_is_closed(app, flask):
    booking = wish(app)
    visit = planned(app, booking, crew="Ida Betjent, Bo Holm")
    assert f"Somebody else must go: http://127.0.0.1:8000/kontor/besoeg/{visit}" in flask("officer", "remove", OFFICER)


def test_a_name_has_no_comma_which_would_make_two_who_go_on_a_visit(flask):
    assert "without a comma" in flask("officer", "add", "bo@politi.example", "--name", "Holm, Bo", code=1)


def test_who_comes_back_has_the_name_and_the_role_that_a_new_officer_has(app, flask):
    with app.app_context():
        Officer.add("bo@politi.example", "Bo", "tre skildpadder i regnvejr", Role.READER)
        db.session.commit()
    flask("officer", "remove", "bo@politi.example")
    flask("officer", "add", "bo@politi.example", "--name", "Bo Holm")
    with app.app_context():
        found = Officer.by_email("bo@politi.example")
        assert (found.name, found.role, found.temporary) == ("Bo Holm", Role.COORDINATOR, True)


@pytest.mark.parametrize("verb", ["password", "remove"])
def test_an_unknown_officer_is_said_to_be_unknown(flask, verb):
    assert "There is no" in flask("officer", verb, "ingen@politi.example", code=1)


def test_a_password_for_a_removed_officer_does_not_pretend_to_work(app, flask):
    flask("officer", "remove", OFFICER)
    done = app.test_cli_runner().invoke(args=["officer", "password", OFFICER, "--password", "x"])
    assert lets_in(app, OFFICER, "x") or done.exit_code != 0


def test_the_first_start_makes_one_officer_and_later_ones_none(fresh):
    new = fresh()
    with new.app_context():
        upgrade()
    said = new.test_cli_runner().invoke(args=["officer", "first"]).output
    email, password = re.search(r"^(\S+@\S+) can log in at (?:\S+) with the password (\S+)", said, re.M).groups()
    assert lets_in(new, email, password)
    assert new.test_cli_runner().invoke(args=["officer", "first"]).output == ""
    assert how_many(new, Officer) == 1


# Configuration.


def test_the_order_is_defaults_file_environment_argument(fresh, tmp_path, monkeypatch):
    (tmp_path / "new").mkdir()
    assert fresh().config["DIGEST_MINUTES"] == app_module.DEFAULTS["DIGEST_MINUTES"]
    (tmp_path / "new" / "config.py").write_text(
        "DIGEST_MINUTES = 1\nIDLE_MINUTES = 1\nWARN_DAYS = 1\nMAIL_SERVER = 'file'\n"
    )
    monkeypatch.setenv("BOOKING_IDLE_MINUTES", "2")
    monkeypatch.setenv("BOOKING_WARN_DAYS", "2")
    config = fresh(WARN_DAYS=3).config
    assert (config["DIGEST_MINUTES"], config["IDLE_MINUTES"], config["WARN_DAYS"], config["MAIL_SERVER"]) == (
        1,
        2,
        3,
        "file",
    )


def test_the_extensions_own_keys_work(fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("BOOKING_SQLALCHEMY_DATABASE_URI", f"sqlite:///{tmp_path}/elsewhere.sqlite")
    monkeypatch.setenv("BOOKING_MAIL_SERVER", "mail.example.dk")
    monkeypatch.setenv("BOOKING_MAIL_PORT", "2525")
    new = fresh()
    with new.app_context():
        upgrade()
    assert (tmp_path / "elsewhere.sqlite").exists() and not (tmp_path / "new" / "bookings.sqlite").exists()
    assert new.extensions["mail"].server == "mail.example.dk" and new.extensions["mail"].port == 2525


def test_the_instance_folder_can_be_moved(tmp_path, monkeypatch):
    monkeypatch.setenv("BOOKING_INSTANCE", str(tmp_path / "moved" / "here"))
    new = create_app()
    assert (
        new.instance_path == str(tmp_path / "moved" / "here") and (tmp_path / "moved" / "here" / "secret_key").exists()
    )
    assert new.config["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path}/moved/here/bookings.sqlite"


def test_a_relative_instance_folder_is_where_it_was_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOOKING_INSTANCE", "here")
    assert create_app().instance_path == str(tmp_path / "here")


def test_the_secret_key_is_made_once_and_is_nobody_elses(fresh, tmp_path):
    first, second, other = fresh(), fresh(), fresh("other")
    file = tmp_path / "new" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first.config["SECRET_KEY"] == second.config["SECRET_KEY"] == file.read_text() != other.config["SECRET_KEY"]
    assert len(file.read_text()) >= 64 and sorted(p.name for p in (tmp_path / "new").iterdir()) == ["secret_key"]


def test_a_secret_key_of_ones_own_is_used(fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("BOOKING_SECRET_KEY", "a key from the vault")
    assert fresh().config["SECRET_KEY"] == "a key from the vault" and not (tmp_path / "new" / "secret_key").exists()


def test_an_empty_secret_key_file_is_no_key(fresh, tmp_path):
    """Such as a full disk leaves behind."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "secret_key").touch()
    with pytest.raises(RuntimeError, match="secret_key"):
        fresh()


@pytest.mark.sqlite
@pytest.mark.parametrize("command", [
    "officer list", "officer invite bo@politi.example", "audit verify", "facts import", "remove", "demo", "seed"])
def test_where_there_is_no_database_yet_a_command_says_so_and_a_backup_is_none_of_nothing(fresh, tmp_path, command):
    run = fresh().test_cli_runner().invoke
    said = run(args=command.split())
    assert said.exit_code == 1 and f"there is no database in {tmp_path / 'new'} yet" in said.output
    said = run(args=["backup"])  # of the empty file that looking for one leaves
    assert said.exit_code == 1 and "the database is empty" in said.output


COMMANDS = ["officer list", "officer first", "audit verify", "facts import", "roads import {file}", "remove", "worker",
            "demo", "seed"]


@pytest.mark.sqlite
@pytest.mark.parametrize("command", [*COMMANDS, "db upgrade", "backup"])
def test_a_command_says_in_a_sentence_that_the_database_is_damaged_and_what_to_do(fresh, tmp_path, command):
    run = fresh().test_cli_runner().invoke
    (tmp_path / "new" / "bookings.sqlite").write_bytes(b"this is not a database" * 100)
    said = run(args=command.format(file=__file__).split())
    assert said.exit_code == 1 and isinstance(said.exception, SystemExit), said.exception
    assert said.output.startswith("Not done: ") and "file is not a database" in said.output
    assert "flask restore" in said.output or command == "backup"


@pytest.mark.sqlite
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_in_a_sentence_that_the_database_is_of_an_earlier_version_and_does_nothing(app, command):
    with app.app_context():
        db.session.execute(db.text("UPDATE alembic_version SET version_num = '0024'"))
        db.session.commit()
    said = app.test_cli_runner().invoke(args=command.format(file=__file__).split())
    assert said.exit_code == 1 and isinstance(said.exception, SystemExit), said.exception
    assert re.fullmatch(r"Not done: the database is of version 0024, and this site of \d{4}: flask db upgrade brings it "
                        r"up to date\.\n", said.output)


@pytest.mark.parametrize("command", ["officer", "officer add", "facts import", "remove"])
def test_where_there_is_no_database_yet_the_help_is_there(fresh, tmp_path, command):
    said = fresh().test_cli_runner().invoke(args=[*command.split(), "--help"])
    assert said.exit_code == 0 and "Usage:" in said.output and not list(tmp_path.glob("new/*.sqlite"))


def test_a_district_file_that_is_missing_is_named(tmp_path):
    with pytest.raises((OSError, ValueError), match="nowhere.toml"):
        create_app({"INSTANCE": str(tmp_path), "DISTRICT_FILE": str(tmp_path / "nowhere.toml")})


def test_over_https_the_cookie_stays_there(fresh):
    assert fresh(PREFERRED_URL_SCHEME="https").config["SESSION_COOKIE_SECURE"]
    assert not fresh().config["SESSION_COOKIE_SECURE"]


def test_a_demonstration_says_so_on_every_page(make_app):
    demo, real = make_app(DEMO=True), make_app()
    for path in ("/en/", "/en/find", "/en/kontor/log-ind", "/en/nowhere", "/en/bestil/faerdselskontrol"):
        assert "Demonstration." in demo.test_client().get(path).get_data(as_text=True), path
    assert "Demonstration." not in real.test_client().get("/en/").get_data(as_text=True)


SECRET = "hemmeligt7"


@pytest.mark.parametrize("line", [
    f"MAIL_PASSWORD = '{SECRET}", f"MAIL_PASSWORD = {SECRET}", f"MAIL_PASSWORD = '{SECRET}' + 1",
    f"MAIL_PASSWORD = ('{SECRET}'", f"MAIL_PASSWORD = '{SECRET}\xe6'", f"int('{SECRET}')",
    f"SQLALCHEMY_DATABASE_URI = 'postgresql://bo:{SECRET}@host:port/x'", f"SQLALCHEMY_DATABASE_URI = '{SECRET}'",
    f"SQLALCHEMY_DATABASE_URI = 'nosuch://bo:{SECRET}@host/x'",
    f"SQLALCHEMY_DATABASE_URI = 'postgresql://a:b@{SECRET}:{SECRET}/x'",
    f"RATELIMIT_STORAGE_URI = 'redis//:{SECRET}@host'", f"RATELIMIT_STORAGE_URI = 'redis://:{SECRET}/x@host'",
    f"MAIL_PORT = '{SECRET}'", f"MAIL_PASSWORD = ['{SECRET}']", f"SECRET_KEY = b'{SECRET}'",
])
def test_a_mistake_in_config_py_is_told_without_its_words_which_may_be_a_password(
        fresh, tmp_path, monkeypatch, line):
    monkeypatch.setattr(ratelimits, "limiter", Limiter(ADDRESS))  # the one of this process has its storage by now
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "config.py").write_bytes(f"PROXIES = 1\n{line}\n".encode("latin-1"))
    try:
        fresh()
    except Exception as error:
        said = "".join(traceback.format_exception(error))
        assert SECRET not in said and (line.split(" ")[0] in said or "config.py, line 2" in said), said
    else:
        pytest.fail("it was not refused")


@pytest.mark.parametrize("url", [f"postgresql://bo:{SECRET}@host:port/x", f"postgresql//bo:{SECRET}@host/x",
                                 f"postgresql://bo:p/{SECRET}:{SECRET}@host/x", f"mysql://bo:{SECRET}@host/x"])
def test_a_mistake_in_the_address_to_move_to_is_told_without_it(flask, url):
    said = flask("move-to", url, code=1)
    assert "Not done" in said and SECRET not in said


@pytest.mark.parametrize("setting, given, taken", [
    ("PROXIES", "1", 1), ("MAIL_PORT", "587", 587), ("DEMO", "false", False), ("BOT_CHECK", "false", False),
    ("BACKUP_HOUR", None, None), ("BACKUP_HOUR", "4", 4), ("TRUSTED_HOSTS", ("A.example",), ["a.example"]),
    ("SERVER_NAME", "Book.Example:8000", "book.example:8000"),
    *(("MAIL_DEFAULT_SENDER", sender, sender) for sender in (
        "nord@sønder-jylland.dk", "Politi <n.o+r=d@politi.example>", "root@localhost",
        ("Politi, Nord", "nord@xn--snderjylland-vjb.dk"))),
    ("SERVER_NAME", "book-sønderjylland.dk", "xn--book-snderjylland-50b.dk")])
def test_a_setting_is_taken_for_what_it_means(fresh, setting, given, taken):
    known = fresh(**{setting: given}).config[setting]
    assert (known[:1] if setting == "TRUSTED_HOSTS" else known) == taken


@pytest.mark.parametrize("setting, given", [
    ("MAIL_DEFAULT_SENDER", "Politi, Nord <nord@politi.example>"), ("MAIL_DEFAULT_SENDER", "Politi Nord"),
    ("MAIL_DEFAULT_SENDER", "ærlig@x.dk"), ("MAIL_DEFAULT_SENDER", "Politi Nord <ærlig@x.dk>"),
    ("MAIL_DEFAULT_SENDER", ["Politi Nord", "ærlig@x.dk"]), ("MAIL_DEFAULT_SENDER", ["Politi Nord", "Nord"]),
    ("MAIL_DEFAULT_SENDER", "nord@politi.example\n"),
    *(("MAIL_DEFAULT_SENDER", f"Politi{sign}Nord <nord@politi.example>") for sign in ":[]()\x01\x7f"),
    ("MAIL_DEFAULT_SENDER", '"Politi \\" <nord@politi.example>'),
    ("PROXIES", "one"), ("PROXIES", None), ("BACKUP_HOUR", 24), ("BACKUP_HOUR", "3 a.m."), ("BOT_CHECK", "no"),
    ("SERVER_NAME", None), ("MAIL_PASSWORD", 12345), ("TRUSTED_HOSTS", "a.example"),
    ("SERVER_NAME", ""), ("SERVER_NAME", "https://book.dk"), ("SERVER_NAME", "book.dk/"), ("SERVER_NAME", " book.dk"),
    ("SERVER_NAME", "book_web:8000"), ("SERVER_NAME", "localhost:99999"), ("SERVER_NAME", "a..b"),
    ("SERVER_NAME", f"{'x' * 64}.dk"), ("SERVER_NAME", "-book.dk"),
    ("SERVER_NAME", "[::1]:8000"), ("PREFERRED_URL_SCHEME", "https://"), ("PROXIES", -1), ("MAX_CONTENT_LENGTH", 0),
    ("BABEL_DEFAULT_TIMEZONE", "UTC"), ("BABEL_DEFAULT_LOCALE", "xx"), ("SESSION_COOKIE_SAMESITE", "Foo"),
    ("SESSION_HOURS", 0), ("BACKUP_DAYS", 0), ("BACKUP_MONTHS", 99_999), ("SESSION_HOURS", 10**9),
    ("MAIL_PORT", 70_000), ("IDLE_MINUTES", 10**12), ("WARN_DAYS", 10**7),
    ("BACKUP_PUBLIC_KEY", "abc"), ("BACKUP_PUBLIC_KEY", f"{'æ' * 43}="), ("BACKUP_PUBLIC_KEY", "YWJj"),
    ("BACKUP_PUBLIC_KEY", f"{'A' * 43}=")])
def test_a_setting_that_cannot_be_meant_is_refused_at_the_start_by_its_name(fresh, setting, given):
    with pytest.raises(RuntimeError, match=f"^{setting}: (Expected|Invalid)"):
        fresh(**{setting: given})


def test_with_one_proxy_written_as_a_text_the_address_before_it_counts(make_app):
    """As PROXIES = "1" in config.py: a site that shows error pages alone is no site."""
    assert make_app(PROXIES="1").test_client().get("/", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200


@pytest.mark.parametrize("name", ["#1 to ord", "hvad? æøå", "%41 100%", "a'b\"c;d&e=f[*]", "a:b@c", "a\\b\nc"])
def test_the_instance_folder_may_be_called_anything_that_a_folder_can(tmp_path, name):
    app = build(tmp_path / name)
    with app.app_context():
        upgrade()
        assert Path(db.engine.url.database).parent == tmp_path / name
    wish(app)
    run = app.test_cli_runner().invoke
    assert run(args=["backup"]).exit_code == 0
    [file] = (tmp_path / name / "backups").glob("bookings-*")
    done = run(args=["restore", str(file), "--force"])
    assert done.exit_code == 0, done.output
    assert app.test_client().get("/health").json == {"database": "ok", "letters": "ok"}
    assert {f.name.partition("-")[0] for f in (tmp_path / name).iterdir() if f.is_file()} == {
        "bookings", "bookings.sqlite", "secret_key"}
    assert [f.name for f in tmp_path.iterdir()] == [name]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


# Health.


def test_health_is_json_and_says_that_all_is_well(app):
    answer = app.test_client().get("/health")
    assert answer.status_code == 200 and answer.is_json and answer.json["database"] == "ok"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("minutes, code", [(1, 200), (14, 200), (16, 503)])
def test_health_complains_when_letters_wait_that_somebody_should_have_sent(app, minutes, code):
    wish(app)
    with app.app_context():
        db.session.query(Letter).one().next_try_at = now() - timedelta(minutes=minutes)
        db.session.commit()
    answer = app.test_client().get("/health")
    assert answer.status_code == code and (answer.json["letters"] == "ok") is (code == 200)


def test_a_letter_that_waits_for_an_officer_or_for_its_next_try_is_not_stuck(app):
    wish(app, reply="phone", phone="12345678")
    with app.app_context():
        letter = db.session.query(Letter).one()
        letter.channel, letter.next_try_at = "phone", now() - timedelta(days=9)
        db.session.commit()
    wish(app)
    with app.app_context():
        db.session.query(Letter).filter_by(channel="email").one().next_try_at = now() + timedelta(hours=8)
        db.session.commit()
    assert app.test_client().get("/health").status_code == 200


@pytest.mark.parametrize(
    "uri", ["sqlite:////nowhere/at/all.sqlite", "sqlite:///{tmp}/empty.sqlite", "sqlite:///{tmp}/broken.sqlite"]
)
def test_health_complains_when_the_database_is_gone(fresh, tmp_path, uri):
    (tmp_path / "broken.sqlite").write_bytes(b"this is not a database" * 100)
    answer = fresh(SQLALCHEMY_DATABASE_URI=uri.format(tmp=tmp_path)).test_client().get("/health")
    assert answer.status_code == 503 and answer.is_json and answer.json["database"] == "gone"


@pytest.mark.sqlite
def test_health_complains_when_nothing_can_be_written(app):
    """The disk is full: reading goes on, and so do the pages that need no more."""
    client, (_, most) = app.test_client(), resource.getrlimit(resource.RLIMIT_FSIZE)
    assert client.get("/health").status_code == 200
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
    try:
        full, front = client.get("/health"), client.get("/")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert (full.status_code, full.json) == (503, {"database": "cannot write", "letters": "ok"})
    assert front.status_code == 200
    assert client.get("/health").json == {"database": "ok", "letters": "ok"}


def test_when_the_database_is_gone_a_citizen_gets_a_page(fresh):
    new = fresh(SQLALCHEMY_DATABASE_URI="sqlite:////nowhere/at/all.sqlite")
    answer = new.test_client().get("/en/sag/K7MDPXQA/secret")
    assert answer.status_code == 500 and "Something went wrong with us" in answer.get_data(as_text=True)
    assert new.test_client().get("/en/find").status_code == 200, "what needs no database is there"


# The database's versions.


def differences(app) -> list:
    with app.app_context(), db.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={
            "compare_type": True, "include_name": lambda name, kind, _parents: not str(name).startswith(INDEX)}),
            db.metadata)


def test_a_database_made_by_the_migrations_is_what_the_models_say(app):
    assert differences(app) == []


def test_the_migrations_are_complete(app):
    done = app.test_cli_runner().invoke(args=["db", "check"])
    assert done.exit_code == 0, done.output


def test_there_is_one_line_of_migrations(app):
    assert len(ScriptDirectory(app.extensions["migrate"].directory).get_heads()) == 1


def test_migrating_again_does_no_harm(app):
    wish(app)
    with app.app_context():
        upgrade()
    assert how_many(app, Letter) == 1 and differences(app) == []


def test_the_tree_stays_clean_of_what_a_running_site_keeps():
    ignored = Path(app_module.__file__).parent / "instance" / ".gitignore"
    assert ignored.exists() and "*" in ignored.read_text()
