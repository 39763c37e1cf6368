"""A district of one's own for every test: a real database, the real application, real letters."""

import os
import re
import shutil
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# aiosmtpd imports a package called `public`, as a module of ours is called: it goes first, then the name is ours.
sys.path[:] = [folder for folder in sys.path if Path(folder or ".").resolve() != ROOT]
import aiosmtpd.controller  # noqa: E402, F401

sys.modules.pop("public", None)
sys.path.insert(0, str(ROOT))

import databases  # noqa: E402
from babel.messages.mofile import write_mo  # noqa: E402
from babel.messages.pofile import read_po  # noqa: E402
from flask import Flask  # noqa: E402
from flask_migrate import upgrade  # noqa: E402
from jinja2 import FileSystemBytecodeCache  # noqa: E402

import models.officer  # noqa: E402
from app import create_app  # noqa: E402
from models import COPENHAGEN, Booking, Event, Kind, Letter, Officer, Place, Visit, db, now  # noqa: E402, F401
from throttle import limiter  # noqa: E402

PASSWORD = "en lang adgangskode"
REAL_HASHING, models.officer.HASHING = models.officer.HASHING, "scrypt:256:8:1"  # soon reckoned, for thousands of log-ins
OFFICER = "ida@politi.example"


def pytest_configure():
    """The catalogue as people read it: compiled from what stands in the tree."""
    for source in ROOT.glob("translations/*/LC_MESSAGES/messages.po"):
        new = source.with_suffix(f".{os.getpid()}")
        with source.open("rb") as words, new.open("wb") as compiled:
            write_mo(compiled, read_po(words))
        new.rename(source.with_suffix(".mo"))


def pytest_collection_modifyitems(config, items):
    """On PostgreSQL, what is about SQLite's own files is left out, and, but for the browser's chief journeys, what a
    browser sees and what is done once more."""
    if databases.SERVER:
        out = [i for i in items if i.get_closest_marker("sqlite") or not i.get_closest_marker("chief") and (
            i.get_closest_marker("browser") or i.get_closest_marker("slow"))]
        config.hook.pytest_deselected(items=out)
        items[:] = [i for i in items if i not in out]


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


@pytest.fixture(scope="session")
def standing(template, tmp_path_factory) -> Callable[[int], Flask]:
    """Applications as they are without settings of a test's own. Building one takes longer than most tests, so each
    serves one test after another, in the same folder with everything in it new."""
    home, built = tmp_path_factory.mktemp("standing"), []

    def nth(n: int) -> Flask:
        folder = home / str(n)
        shutil.rmtree(folder, ignore_errors=True)
        databases.copied(template, folder)
        if n == len(built):
            built.append(build(folder, template))
        limiter.enabled = False  # another application may have switched it on: there is one for all
        return built[n]

    return nth


def build(folder: Path, template: Path, **config) -> Flask:
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "RATELIMIT_ENABLED": False, **config})
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(template))  # compiled once for all tests
    return app


@pytest.fixture
def make_app(template, tmp_path, standing):
    lent, own = [], []

    def make(**config):
        if config:
            own.append(build(databases.copied(template, tmp_path / f"instance{len(own)}"), template, **config))
            return own[-1]
        app = standing(len(lent))
        lent.append((app, dict(app.config), dict(app.view_functions), app.wsgi_app))
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


class Page:
    """What a person sees of an answer, with the rules that hold for every page."""

    def __init__(self, response):
        self.response, self.status, self.html = response, response.status_code, response.get_data(as_text=True)

    @classmethod
    def of(cls, html: str) -> "Page":
        """A page that came over a real line."""
        page = cls.__new__(cls)
        page.response, page.status, page.html = None, 200, html
        return page

    @cached_property
    def text(self) -> str:
        text = re.sub(r"<(script|style|title).*?</\1>", " ", self.html, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())

    @property
    def errors(self) -> list[str]:
        return [" ".join(unescape(re.sub(r"<[^>]+>", "", e)).split())
                for e in re.findall(r'<p class="form-error-message".*?</p>', self.html, re.S)]

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
        self.ids = re.findall(r' id="([^"]+)"', html)
        self.title = unescape((re.search(r"<title>(.*?)</title>", html, re.S) or ["", ""])[1])
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
    rules = _Rules(page.html)
    assert rules.headings == ["h1"], f"{path}: one h1, not {len(rules.headings)}"
    assert rules.title.strip(" –"), f"{path}: a title"
    assert rules.langs == ["en" if path.startswith("/en") else "da"], f"{path}: its language"
    twice = {i for i in rules.ids if rules.ids.count(i) > 1}
    assert not twice, f"{path}: ids twice: {twice}"
    assert set(rules.fields) <= set(rules.labels), f"{path}: fields without label: {set(rules.fields) - set(rules.labels)}"
    assert all(f["token"] for f in rules.forms if f["method"] == "post"), f"{path}: a form without a token"
    assert "fonts.g" not in page.html and not re.search(r'(src|<link[^>]*href)="https?://', page.html), path
    assert not re.search(r"<[^>]+ (style|on\w+)=", page.html), f"{path}: inline style or script"
    if page.errors:
        assert re.match(r"(Fejl|Error):", rules.title), f"{path}: the title says that there are errors"


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

    def post(self, path: str, data: dict | None = None, *, token_from: str | None = None, follow: bool = True) -> Page:
        """Fill in a form of the page at `token_from` (or at `path`) and send it to `path`."""
        token = self.get(token_from or path, check=False).token
        page = Page(self.client.post(path, data={"csrf_token": token, **(data or {})}, follow_redirects=follow))
        if follow and page.response.mimetype == "text/html":
            root = page.response.request.root_path
            check_page(page, root + page.response.request.path)
        return page


@pytest.fixture
def citizen(app) -> Person:
    return Person(app)


@pytest.fixture
def stranger(app) -> Person:
    return Person(app)


@pytest.fixture
def officer(app) -> Person:
    return logged_in(app)


def logged_in(app, email: str = OFFICER, password: str = PASSWORD) -> Person:
    person = Person(app)
    person.post("/kontor/log-ind", {"email": email, "password": password})
    return person


WISH = {
    "problem": "speeding", "road": "Bygaden", "from_to": "fra kirken til skolen", "postcode": "4690",
    "direction": "both", "limit": "50", "roadtype": "through", "days": ["weekdays"], "times": ["06-09", "14-18"],
    "frequency": "daily", "since": "longer", "who": ["schoolchildren"], "special": ["school"],
    "text": "Bilerne suser forbi skolebørnene hver morgen.", "name": "Anna Jensen", "email": "anna@example.dk",
    "phone": "", "capacity": "private", "org": "", "reply": "email", "address": "", "language": "da",
    "emergency": "y",
}


_WHO = {"name": "Anna Jensen", "email": "anna@example.dk", "phone": "", "capacity": "residents",
        "org": "Terslev Borgerforening", "reply": "email", "address": "", "language": "da", "emergency": "y",
        "postcode": "4690", "contact_day": "Bo Holm", "contact_day_phone": "12345678", "public": "yes"}
# A wish for each service whose date is agreed, by slug; `book` proposes the times.
WISHES = {
    "dialogmoede": {
        **_WHO, "kind": "residents", "topics": ["burglary", "unease"], "why": "Der har været indbrud på Vestergade.",
        "way": "room", "road": "Forsamlingshuset, Bygaden 4", "from_to": "Terslev by", "facilities": ["projector"],
        "duration": "90", "number": "40", "age": ["adults", "elderly"], "open": "yes", "press": "unknown"},
    "tryghedsvandring": {
        **_WHO, "areatype": "school", "reasons": ["lighting", "path"], "text": "", "road": "Skolestien",
        "from_to": "ved skolen", "owners": ["municipality", "housing"], "owners_names": "", "access": "yes",
        "spots-0-place": "Tunnelen", "spots-0-feel": "unsafe", "spots-0-why": "Lampen er slukket",
        "spots-1-place": "Legepladsen", "spots-1-feel": "pleasant", "spots-1-why": "",
        "invited": ["residents", "municipality"], "decision": "yes", "number": "15", "role": "part", "light": "dark",
        "follow": "no", "follow_day": ""},
    "mobil-politistation": {
        **_WHO, "purpose": "event", "text": "", "event": "Byfest i Terslev", "organiser": "Terslev Borgerforening",
        "permit": "applied", "themes": ["burglary"], "road": "Torvet", "from_to": "ved fontænen", "ground": "asphalt",
        "space": ["room", "headroom"], "owner_ok": "municipal", "power": "yes", "wc": "yes", "access": "yes",
        "visitors": "200", "others": ["fire"]},
}


def times_ahead(*days: int, starts: str = "19:00", ends: str = "21:00") -> dict[str, str]:
    """Rows of times that would suit, so many days from the present that the test lives in."""
    today = datetime.now(COPENHAGEN).date()
    return {f"dates-{row}-{part}": value for row, ahead in enumerate(days or (40, 47)) for part, value in (
        ("day", (today + timedelta(days=ahead)).isoformat()), ("starts", starts), ("ends", ends))}


def book(person: Person, language: str = "", slug: str = "faerdselskontrol", wish: dict | None = None,
         **changes) -> tuple[str, str]:
    """Book as a citizen does, through all three pages; the reference and secret of the booking."""
    path = f"{language}/bestil/{slug}"
    once = person.get(path).hidden["once"][0]
    wish = wish or WISHES.get(slug, WISH)
    times = times_ahead() if "contact_day" in wish else {}
    wish = {**times, **wish, "language": "en" if language else "da", "once": once, **changes}
    check = person.post(path, wish)
    assert check.status == 200, check.errors
    sent = person.post(path, {**wish, "send": "1"}, follow=False)
    assert sent.status == 303, sent.text
    reference, secret = re.search(r"/sag/(\w{8})/([\w-]+)/kvittering", sent.response.location).groups()
    return reference, secret
