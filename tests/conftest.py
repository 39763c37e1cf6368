"""A district of one's own for every test: a real database, the real application, real letters."""

import gc
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from hashlib import sha1
from html import unescape
from pathlib import Path
from time import sleep

import pytest

ROOT = Path(__file__).parent.parent

pytest.register_assert_rewrite(*(file.stem for file in Path(__file__).parent.glob("helpers*.py")))
# Those with fixtures.
pytest_plugins = ["helpers_browser", "helpers_cases", "helpers_demo", "helpers_district", "helpers_servers"]

import databases
import time_machine
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import get_locale
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from jinja2 import BytecodeCache
from sqlalchemy import Engine, event
from werkzeug.security import generate_password_hash

import models.officers
from app import create_app
from languages import LANGUAGES, MAIN
from mail import outbox
from models import COPENHAGEN, Booking, Event, EventKind, Letter, LogIn, Officer, Place, Visit, db, now  # noqa: F401
from ratelimits import limiter

ROOT = Path(__file__).parent.parent
PASSWORD = "en lang adgangskode"
REAL_HASHES = {name: getattr(models.officers, name) for name in ("HASHING", "_NOBODY")}
models.officers.HASHING = "scrypt:256:8:1"  # soon reckoned, for thousands of log-ins
models.officers._NOBODY = generate_password_hash("", models.officers.HASHING)
OFFICER = "ida@politi.example"
# What hypothesis tries is the same every time, so that a red test means that the code has changed and not the dice. A
# walk makes a database and commits at every step: that is its purpose.
settings.register_profile("same every time", deadline=None, derandomize=True, database=None, suppress_health_check=[
    HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.load_profile("same every time")
LONGEST_TEST = 20  # seconds, of those that count on the day
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC and shutil.disk_usage(
        MEMORY).free > 2**31:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))  # no test waits for a disk


@event.listens_for(Engine, "connect")
def no_waiting_for_the_disk(connection, _record):
    """After the pragmas of models/base.py. Only in this process: the servers that tests start and kill do wait."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def pytest_addoption(parser):
    parser.addoption("--today", default=os.environ.get("BOOKING_TEST_DATE"), metavar="2027-02-28[T23:30]",
                     help="what happens in the tests' own process happens on this day; all else is left out")


def pytest_configure(config):
    """The clock of --today; and the catalogue as people read it, compiled from what stands in the tree."""
    if config.option.today:
        begin = datetime.fromisoformat(config.option.today)
        if begin.time() == time():
            begin = datetime.combine(begin, datetime.now(UTC).time())
        time_machine.travel(begin.replace(tzinfo=UTC)).start()
    for source in ROOT.glob("translations/*/LC_MESSAGES/messages.po"):
        new = source.with_suffix(f".{os.getpid()}")
        with source.open("rb") as words, new.open("wb") as compiled:
            write_mo(compiled, read_po(words))
        new.rename(source.with_suffix(".mo"))


def pytest_collection_modifyitems(config, items):
    """PostgreSQL gets what it could break, and the browser's chief journeys. Programs that tests start know nothing of
    --today."""
    def has(item, *markers: str) -> bool:
        return any(item.get_closest_marker(marker) for marker in markers)

    kept = list(items)
    if databases.SERVER:
        kept = [i for i in kept if has(i, "chief") or has(i, "postgres") and not has(i, "sqlite", "slow")]
    if config.option.today:
        kept = [i for i in kept if not has(i, "system", "browser")]
    config.hook.pytest_deselected(items=[i for i in items if i not in kept])
    items[:] = kept


def pytest_collection_finish():
    """What has been imported stays: the collector need not look through it after every test, nor every few pages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def pytest_runtest_setup():
    """No day ends within a test, here or in Copenhagen: in its last seconds, wait for the next one."""
    for zone in (UTC, COPENHAGEN):
        tomorrow = datetime.combine(datetime.now(zone) + timedelta(days=1), time(), zone)
        left = (tomorrow - datetime.now(zone)).total_seconds()
        if left < LONGEST_TEST:
            sleep(left)


def pytest_sessionfinish():
    databases.all_forgotten()


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """A database as the migrations make it, with one officer: made once, copied for each test."""
    folder = databases.made_in(tmp_path_factory.mktemp("template"))
    app = create_app({"INSTANCE": str(folder), "TESTING": True})
    with app.app_context():
        upgrade()
        Officer.add(OFFICER, "Ida Betjent", PASSWORD)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return databases.sealed(folder)


class _Compiled(BytecodeCache):
    """The templates of pages, compiled once in this process and language for all applications of its tests."""

    kept = {}

    def load_bytecode(self, bucket):
        bucket.code = self.kept.get((bucket.key, bucket.checksum, str(get_locale())))

    def dump_bytecode(self, bucket):
        self.kept[bucket.key, bucket.checksum, str(get_locale())] = bucket.code


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Compiled()}


# Settings of which few values are tried: an application stands for each of their combinations.
SWITCHES = {"BOT_CHECK", "DEMO", "IDLE_MINUTES", "PROXIES", "RATELIMIT_ENABLED", "SECOND_FACTOR"}
# Those of which every test has values of its own: Flask-Mail alone reads them, anew whenever an application is lent.
OF_MAIL = {"MAIL_PASSWORD", "MAIL_PORT", "MAIL_SERVER", "MAIL_SUPPRESS_SEND", "MAIL_USERNAME", "MAIL_USE_TLS"}


@pytest.fixture(scope="session")
def standing(template, tmp_path_factory) -> Callable[..., Flask]:
    """Applications without settings of a test's own. Building one takes longer than most tests, so each serves one
    test after another, in the same folder with everything in it new. `n` tells those of one test from each other."""
    home, built = tmp_path_factory.mktemp("standing"), {}

    def nth(n: int, **switches) -> Flask:
        app = built.get(key := (n, *sorted(switches.items())))
        folder = Path(app.instance_path) if app else home / str(len(built))
        shutil.rmtree(folder, ignore_errors=True)
        databases.copied(template, folder)
        app = built.setdefault(key, app or build(folder, **switches))
        limiter.enabled = app.config["RATELIMIT_ENABLED"]  # there is one limiter for all applications
        if limiter.enabled:
            limiter.reset()
        return app

    return nth


def build(folder: Path, **config) -> Flask:
    return create_app({"INSTANCE": str(folder), "TESTING": True, "RATELIMIT_ENABLED": False, **config})


@pytest.fixture
def restart():
    """Starts the application of a person's browser anew, as with a new version of the product."""
    made = []

    def start(person: "Person", **config) -> None:
        person.app = person.client.application = build(Path(person.app.instance_path), **config)
        made.append(person.app)

    yield start
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def make_app(template, tmp_path, standing):
    lent, own = [], []

    def make(**config):
        if config.keys() - SWITCHES - OF_MAIL:
            own.append(build(databases.copied(template, tmp_path / f"instance{len(own)}"), **config))
            return own[-1]
        app = standing(len(lent), **{name: value for name, value in config.items() if name in SWITCHES})
        lent.append((app, dict(app.config), dict(app.view_functions), app.wsgi_app))
        app.config.update(config)
        outbox.mail.init_app(app)
        return app

    yield make
    for app in own + [app for app, *_ in lent]:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    for app in own:
        databases.forgotten(Path(app.instance_path))
    for app, config, views, wsgi_app in lent:  # as it was lent
        app.config.clear()
        app.config.update(config)
        app.view_functions.update(views)
        app.wsgi_app = wsgi_app


@pytest.fixture
def app(make_app):
    return make_app()


_RAW = re.compile(r"(<(pre|textarea)\b.*?</\2>)", re.S)
_BROKEN_TAG = re.compile(r"<[^<>\n]*\n[^<>]*>")


def one_line(html: str) -> str:
    """Without the line breaks of the templates' layout: between tags, and inside a tag but not in its attributes."""
    def joined(tag: re.Match) -> str:
        return re.sub(r'("[^"]*")|\s*\n\s*', lambda part: part[1] or " ", tag[0])

    parts = _RAW.split(html)
    for n in range(0, len(parts), 3):  # between what stands as it is typed
        parts[n] = re.sub(r"(?<=>)\s*\n\s*|\s*\n\s*(?=<)", "", _BROKEN_TAG.sub(joined, parts[n]))
    del parts[2::3]
    return "".join(parts)


class Page:
    """What a person sees of an answer, with the rules that hold for every page."""

    def __init__(self, response):
        self.response, self.status = response, response.status_code

    @cached_property
    def sent(self) -> str:
        """As it was sent, for rules that hold wherever its lines break."""
        return self.response.get_data(as_text=True)

    @cached_property
    def html(self) -> str:
        return one_line(self.sent)

    @classmethod
    def of(cls, html: str) -> "Page":
        """A page that came over a real line."""
        page = cls.__new__(cls)
        page.response, page.status, page.sent = None, 200, html
        return page

    @cached_property
    def text(self) -> str:
        text = re.sub(r"<(script|style|title).*?</\1>", " ", self.html, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())

    @property
    def errors(self) -> list[str]:
        return [" ".join(unescape(re.sub(r"<[^>]+>", "", e)).split())
                for e in re.findall(r'<p class="form-error-message".*?</p>', self.html, re.S)
                ] if "form-error-message" in self.sent else []

    @property
    def hidden(self) -> dict[str, list[str]]:
        found = {}
        for tag in re.findall(r"<input[^>]*>", self.html):
            if 'type="hidden"' in tag:
                name = re.search(r'name="([^"]*)"', tag)[1]
                found.setdefault(name, []).append(unescape((re.search(r'value="([^"]*)"', tag) or [0, ""])[1]))
        return found

    @property
    def token(self) -> str:
        return self.hidden["csrf_token"][0]


_TAG = re.compile(r"<(title|html|h1|label|input|select|textarea|form)\b((?:[^>\"]|\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


class _Rules:
    """Collects what check_page looks at."""

    def __init__(self, html: str):
        self.headings, self.langs, self.labels, self.fields, self.forms = [], [], [], [], []
        self.ids = re.findall(r'\sid="([^"]+)"', html)
        self.title = unescape((re.search(r"<title>(.*?)</title>", html, re.S) or ["", ""])[1]).strip()
        for tag, inside in _TAG.findall(html):
            attrs = dict(_ATTRIBUTE.findall(inside))
            if tag == "h1":
                self.headings.append(tag)
            elif tag == "html":
                self.langs.append(attrs.get("lang"))
            elif tag == "label":
                self.labels.append(attrs.get("for"))
            elif tag == "form":
                self.forms.append({"method": attrs.get("method", "get").lower(), "token": False})
            elif attrs.get("name") == "csrf_token" and self.forms:
                self.forms[-1]["token"] = True
            elif tag in ("input", "select", "textarea") and attrs.get("type") != "hidden":
                self.fields.append(attrs.get("id"))


def check_page(page: Page, path: str) -> None:
    """What must hold for every page that we send."""
    rules, html = _Rules(page.sent), page.sent
    assert rules.headings == ["h1"], f"{path}: one h1, not {len(rules.headings)}"
    assert rules.title.strip(" –"), f"{path}: a title"
    language = next((code for code in LANGUAGES if code != MAIN and path.startswith(f"/{code}")), MAIN)
    assert rules.langs == [language], f"{path}: its language"
    twice = {i for i in rules.ids if rules.ids.count(i) > 1}
    assert not twice, f"{path}: ids twice: {twice}"
    assert set(rules.fields) <= set(
        rules.labels), f"{path}: fields without label: {set(rules.fields) - set(rules.labels)}"
    assert all(f["token"] for f in rules.forms if f["method"] == "post"), f"{path}: a form without a token"
    assert "fonts.g" not in html and not re.search(
        r'(src|<link(?!\s+rel="(canonical|alternate)")[^>]*href)="https?://', html), path
    assert not re.search(r"<[^>]+\s(style|on\w+)=", html), f"{path}: inline style or script"
    assert not re.search(r'datetime="[^"]*\d\.\d{4}', html), f"{path}: HTML knows no microseconds"
    if page.errors:
        assert re.match(r"\W?(Fejl|Error)", rules.title), f"{path}: the title says that there are errors"


class Person:
    """Somebody at a browser: opens pages, fills in forms, follows where they lead."""

    def __init__(self, app):
        self.app, self.client = app, app.test_client()

    def get(self, path: str, check: bool = True) -> Page:
        page = Page(self.client.get(path, follow_redirects=True))
        if check and page.response.mimetype == "text/html":
            check_page(page, page.response.request.path if not page.response.request.root_path
                       else page.response.request.root_path + page.response.request.path)
        return page

    @property
    def token(self) -> str:
        """As the forms of this person's session carry it: no page needs to be opened for it."""
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", sha1(os.urandom(64)).hexdigest())
        return URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(raw)

    def post(self, path: str, data: dict | None = None, *, follow: bool = True, check: bool = True) -> Page:
        """Send a form to `path`."""
        page = Page(self.client.post(path, data={"csrf_token": self.token, **(data or {})}, follow_redirects=follow))
        if check and follow and page.response.mimetype == "text/html":
            root = page.response.request.root_path
            check_page(page, root + page.response.request.path)
        return page


@pytest.fixture
def real_hashing(monkeypatch) -> str:
    """How passwords are kept outside of tests."""
    for name, value in REAL_HASHES.items():
        monkeypatch.setattr(models.officers, name, value)
    return models.officers.HASHING


@pytest.fixture
def citizen(app) -> Person:
    return Person(app)


@pytest.fixture
def stranger(app) -> Person:
    return Person(app)


@pytest.fixture
def officer(app) -> Person:
    return logged_in(app)


@pytest.fixture
def ida(app) -> Person:
    """An officer, where there is a colleague, too."""
    return logged_in(app)


@pytest.fixture
def bo(app) -> Person:
    """The colleague: another log-in."""
    return logged_in(app)


def logged_in(app, email: str = OFFICER) -> Person:
    """An officer who has logged in, without the time that a password and two pages take."""
    person = Person(app)
    with app.app_context():
        with person.client.session_transaction() as session:
            session["log_in"] = LogIn.start(Officer.by_email(email))
        db.session.commit()
    return person


def logged_in_by_form(app, email: str = OFFICER, password: str = PASSWORD) -> Person:
    """The same as people do it, for what is about the door itself."""
    person = Person(app)
    person.post("/kontor/log-ind", {"email": email, "password": password})
    return person


WISH = {
    "problem": "speeding", "road": "Bygaden", "from_to": "fra kirken til skolen", "postcode": "4690",
    "worst": ["morning", "afternoon"], "special": ["school"], "text": "Bilerne suser forbi skolebørnene hver morgen.",
    "name": "Anna Jensen", "email": "anna@example.dk", "phone": "", "org": "", "reply": "email", "address": "",
    "language": "da",
}


_WHO = {"name": "Anna Jensen", "email": "anna@example.dk", "phone": "87654321", "org": "Terslev Borgerforening",
        "reply": "email", "address": "", "language": "da", "postcode": "4690", "contact_day": "Bo Holm",
        "contact_day_phone": "12345678", "public": "yes"}
# A wish for each service whose date is agreed, by slug; `book` proposes the times.
WISHES = {
    "dialogmoede": {
        **_WHO, "kind": "residents", "topics": ["burglary", "unease"], "why": "Der har været indbrud på Vestergade.",
        "way": "room", "road": "Forsamlingshuset, Bygaden 4", "from_to": "Terslev by", "facilities": ["projector"],
        "duration": "90", "number": "40", "age": ["adults", "elderly"], "press": "unknown"},
    "tryghedsvandring": {
        **_WHO, "areatype": "school", "reasons": ["lighting", "path"], "text": "", "road": "Skolestien",
        "from_to": "ved skolen", "owners": ["municipality", "housing"], "access": "yes",
        "spots-0-place": "Tunnelen", "spots-0-feel": "unsafe", "spots-0-why": "Lampen er slukket",
        "spots-1-place": "Legepladsen", "spots-1-feel": "pleasant", "spots-1-why": "",
        "decision": "yes", "number": "15", "role": "part", "follow": "no"},
    "mobil-politistation": {
        **_WHO, "purpose": "event", "text": "", "event": "Byfest i Terslev", "organiser": "Terslev Borgerforening",
        "permit": "applied", "themes": ["burglary"], "road": "Torvet", "from_to": "ved fontænen", "stand": "yes",
        "power": "yes", "wc": "yes", "access": "yes", "visitors": "200", "others": ["fire"]},
}


def times_ahead(*days: int, starts: str = "19:00", ends: str = "21:00") -> dict[str, str]:
    """Rows of times that would suit, so many days from the present that the test lives in."""
    today = datetime.now(COPENHAGEN).date()
    return {f"dates-{row}-{part}": value for row, ahead in enumerate(days or (40, 47)) for part, value in (
        ("day", (today + timedelta(days=ahead)).isoformat()), ("starts", starts), ("ends", ends))}


def book(person: Person, language: str = "", slug: str = "faerdselskontrol", wish: dict | None = None,
         **changes) -> tuple[str, str]:
    """What a citizen's last press sends, without the pages before it; the reference and secret of the booking."""
    wish = wish or WISHES.get(slug, WISH)
    times = times_ahead() if "contact_day" in wish else {}
    sent = person.post(f"{language}/bestil/{slug}", {
        **times, **wish, "language": language.strip("/") or MAIN, "once": form_name(person.app), **changes,
        "send": "1"}, follow=False)
    assert sent.status == 303, sent.errors
    reference, secret = re.search(r"/sag/(\w{8})/([\w-]+)/kvittering", sent.response.location).groups()
    return reference, secret


def book_through_all_pages(person: Person, language: str = "", slug: str = "faerdselskontrol",
                           wish: dict | None = None, **changes) -> tuple[str, str]:
    """The same from the empty form on, for what is about those pages."""
    path, wish = f"{language}/bestil/{slug}", wish or WISHES.get(slug, WISH)
    once = person.get(path).hidden["once"][0]
    times = times_ahead() if "contact_day" in wish else {}
    check = person.post(path, {**times, **wish, "language": language.strip("/") or MAIN, "once": once, **changes})
    assert check.status == 200, check.errors
    return book(person, language, slug, wish, once=once, **changes)


def form_name(app) -> str:
    """What a page of `app` would call a form that it shows now; without one, each sending is a form of its own."""
    return TimestampSigner(app.secret_key, salt="once").sign(secrets.token_urlsafe(18)).decode()
