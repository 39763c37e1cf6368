"""What every answer says to the browser beside the page; who may ask; and how much anybody may send."""

import itertools
import re
from io import BytesIO
from operator import itemgetter

import pytest
from conftest import OFFICER, PASSWORD, WISH, Page, Person, book, check_page, logged_in
from helpers import error_at, filled, one_app
from helpers_district import ask, crawl, fill_in_everything
from wtforms import FieldList, PasswordField, StringField

import catalogue
import models
from forms import (
    AcceptForm,
    AssigneeForm,
    BookingForm,
    DeclineReasonForm,
    ColleagueForm,
    Form,
    InviteForm,
    JournalForm,
    PlaceNotesForm,
    PrivacyNoticeForm,
    TellMeForm,
)
from forms.bot_check import FormToken, Honeypot
from forms.planning import AbsenceForm, AgreedVisitForm, OfferForm, VisitForm
from models import db

pytestmark = pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")

# Of each header: what it must be, and why it is there.
HEADERS = {
    "Content-Security-Policy": r"default-src 'self'; img-src 'self' data: ?; base-uri 'none'; form-action 'self'; "
                               r"frame-ancestors 'none'; object-src 'none'",  # nothing from elsewhere, in no frame
    "X-Frame-Options": "DENY",  # for browsers that do not read frame-ancestors
    "X-Content-Type-Options": "nosniff",  # a photo is a photo
    "Referrer-Policy": "same-origin|no-referrer",  # secret links stay here
    "Cross-Origin-Opener-Policy": "same-origin",  # no window that we have not opened holds on to ours
    "Permissions-Policy": r"geolocation=\(self\), accelerometer=\(\), .*camera=\(\), .*microphone=\(\), .*usb=\(\).*",
}
ONLY_BEHIND_TLS = {"Strict-Transport-Security": "max-age=31536000"}
KEPT_BY_BROWSERS = re.compile(r"(/en)?/(static|leaflet|kort)/")


def assert_headers(path: str, response, tls: bool) -> None:
    for name, wanted in {**HEADERS, **(ONLY_BEHIND_TLS if tls else {})}.items():
        assert re.fullmatch(wanted, response.headers.get(name, "")), f"{path}: {name}: {response.headers.get(name)}"
    for name in {} if tls else ONLY_BEHIND_TLS:
        assert name not in response.headers, f"{path}: {name}"
    assert KEPT_BY_BROWSERS.match(path) or response.headers["Cache-Control"] == "no-store", f"{path} may be kept"
    assert "Server" not in response.headers and "X-Powered-By" not in response.headers, path


# What makes a browser ask somebody else, and not only tell it where there is more.
ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source|embed|object|video|audio)[^>]*(?:src|data)=["']?(?:https?:)?//"""
    r"""|<link(?! rel="(?:canonical|alternate|self)")[^>]*href=["']?(?:https?:)?//"""
    r"""|<form[^>]*action=["']?(?:https?:)?//"""
    r"""|@import|url\(["']?(?:https?:)?//|http-equiv=["']?refresh""", re.I)
ODD_REQUESTS = (
    ("/findes-ikke", "GET", {}), ("/kontor/", "GET", {}), ("/kontor/log-ud", "GET", {}), ("/", "OPTIONS", {}),
    ("/", "PUT", {}), ("/find", "POST", {}), ("/find", "POST", {"data": b"x" * 1_100_000}),
    ("/", "GET", {"headers": {"Host": "evil.example"}}), ("/find", "HEAD", {}))


def assert_asks_nobody_else(path: str, response) -> set[str]:
    """Of an answer to somebody behind TLS; the files of ours that its page asks for."""
    assert_headers(path, response, tls=True)
    found = ELSEWHERE.search(response.get_data().decode("utf-8", "replace"))
    assert not found, f"{path} asks elsewhere: {found[0]}"
    is_page = response.status_code == 200 and response.mimetype == "text/html"
    return set(re.findall(r"/(?:static|leaflet)/[^\s\"']+", response.get_data(as_text=True))) if is_page else set()


def assert_kept_by_browsers(client, files: set[str]) -> None:
    assert all(re.search(r"\?v=[0-9a-f]{16}$", file) for file in files), files
    for file in files:
        kept = ask(client, file)
        assert kept.status_code == 200 and "immutable" in kept.headers["Cache-Control"], file


def test_every_answer_to_everybody_has_its_headers_and_asks_nobody_else_for_anything(district):
    app = district.app
    person = Person(app)
    stranger = person.client

    def odd_answers() -> list:
        return [(path, stranger.open(path, method=method, **how)) for path, method, how in ODD_REQUESTS]

    for path, response in [*odd_answers(), *crawl(stranger, "/")]:
        assert_headers(path, response, tls=False)
    app.config["PREFERRED_URL_SCHEME"] = "https"
    answers = [*crawl(stranger, "/", "/en/", "/health", "/sag/A2346789/x"), *odd_answers(),
               *((path, page.response) for path, page in fill_in_everything(person))]
    assert len(answers) > 70 and {r.status_code for _, r in answers} >= {200, 302, 400, 404, 405, 422}
    files = set().union(*(assert_asks_nobody_else(path, response) for path, response in answers))
    assert len(files) >= 5
    assert_kept_by_browsers(stranger, files)


def test_looking_changes_nothing_not_even_for_officers_and_every_answer_to_them_has_its_headers(district):
    officer, files = logged_in(district.app).client, set()
    district.app.config["PREFERRED_URL_SCHEME"] = "https"
    before = district.kept()
    keys = [district.people[name] for name in ("asked", "answered")]
    for rule, addresses in itertools.groupby(district.addresses(keys), key=itemgetter(0)):
        if "GET" in rule.methods:
            paths = [path for _, path, _ in addresses]
            answers = [ask(officer, path) for path in paths]
            assert all(answer.status_code < 500 for answer in answers), paths
            assert ask(officer, paths[0], "HEAD").status_code == answers[0].status_code, paths[0]
            assert district.kept() == before, f"looking at one of {paths} changed something"
            for path, answer in zip(paths, answers, strict=True):
                files |= assert_asks_nobody_else(path, answer)
    for query in ("q=x", "bunke=alle", "bunke=resultat", "bunke=breve", "bunke=lukket&efter=2026-01-01_1", "efter=x",
                  f"bunke=lukket&efter=2026-01-01_{2**64}", "q=%00", "kommune=%00"):
        assert officer.get(f"/kontor/?{query}").status_code == 200
    assert district.kept() == before
    assert len(files) >= 7
    assert_kept_by_browsers(officer, files)


def test_an_answer_to_a_failure_of_ours_has_them_too(make_app):
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    def fail():
        raise RuntimeError("on purpose")

    app.view_functions["citizen.how"] = fail
    app.testing = False
    response = app.test_client().get("/saadan-virker-det")
    assert response.status_code == 500
    assert_headers("/saadan-virker-det", response, tls=False)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_is_ours_alone_and_one_logs_in_with_it(make_app, scheme):
    app = make_app(PREFERRED_URL_SCHEME=scheme)
    client = app.test_client()
    page = client.get("/kontor/log-ind", base_url=f"{scheme}://localhost")
    name, *rules = page.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(rules) and ("Secure" in rules) == (scheme == "https")
    assert name.startswith("__Host-session=" if scheme == "https" else "session=")
    assert not any(rule.startswith(("Domain", "Expires", "Max-Age")) for rule in rules)
    answer = client.post("/kontor/log-ind", base_url=f"{scheme}://localhost", data={
        "csrf_token": Page(page).token, "email": OFFICER, "password": PASSWORD})
    assert answer.status_code == 303
    assert client.get("/en/kontor/", base_url=f"{scheme}://localhost").status_code == 200


# Who is asked.

@pytest.fixture(scope="module")
def named(template, tmp_path_factory):
    with one_app(template, tmp_path_factory, SERVER_NAME="book.example.dk") as app:
        yield app


@pytest.mark.parametrize(("host", "status"), [
    ("book.example.dk", 200), ("book.example.dk:443", 200), ("BOOK.example.dk", 200), ("localhost", 200),
    ("127.0.0.1:8000", 200), ("evil.example", 400), ("book.example.dk.evil.example", 400),
    ("evil.example:80@book.example.dk", 400), ("book.example.dk@evil.example", 400), ("<script>", 400), ("", 200),
    ("a b", 400), ("x" * 3000, 400), ("book.example.dk:99999", 400), ("evil.example\\.book.example.dk", 400)])
@pytest.mark.parametrize("path", ["/", "/en/find", "/kontor/log-ind", "/static/style.css", "/findes-ikke"])
def test_the_site_answers_under_its_own_names_only(named, host, status, path):
    answer = named.test_client().get(path, headers={"Host": host}, buffered=True)
    assert answer.status_code == (status if status == 400 or path != "/findes-ikke" else 404)
    if status == 400:
        page = Page(answer)
        check_page(page, path)
        assert not host or host not in page.html and "evil" not in page.html and "evil" not in str(answer.headers)


def test_who_says_no_name_at_all_is_answered_and_a_proxy_is_believed_as_far_as_it_is_ours(make_app):
    app = make_app(SERVER_NAME="book.example.dk", PROXIES=1)
    environ = {"SERVER_NAME": "0.0.0.0", "SERVER_PORT": "8000"}  # noqa: S104
    assert app.test_client().get("/health", headers={"X-Forwarded-Host": "book.example.dk"},
                                 environ_overrides=environ).status_code == 200
    assert app.test_client().get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400
    alone = make_app(SERVER_NAME="book.example.dk")
    assert alone.test_client().get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200


def test_other_names_can_be_allowed(make_app):
    client = make_app(SERVER_NAME="book.example.dk", TRUSTED_HOSTS=[".politi.example"]).test_client()
    answers = {host: client.get("/", headers={"Host": host}).status_code for host in (
        "book.example.dk", "bestil.politi.example", "localhost")}
    assert answers == {"book.example.dk": 200, "bestil.politi.example": 200, "localhost": 400}


def test_links_in_letters_begin_with_our_name_whatever_name_was_asked(make_app):
    app = make_app(SERVER_NAME="book.example.dk", PREFERRED_URL_SCHEME="http",
                   TRUSTED_HOSTS=["localhost", "other.example"])
    ours = app.wsgi_app
    app.wsgi_app = lambda environ, start: ours({**environ, "HTTP_HOST": "other.example"}, start)
    book(Person(app))
    with app.app_context():
        text = db.session.query(models.Letter).one().text
    assert set(re.findall(r"https?://([^/\s]+)", text)) == {"book.example.dk"} and "other" not in text


# How much may be sent.

@pytest.mark.parametrize(("how", "statuses"), [
    ({"data": b"text=" + b"x" * 290_000}, {422}),
    ({"data": b"text=" + b"x" * 990_000}, {422}),
    ({"data": b"x" * 1_100_000}, {413}),
    ({"data": {f"a{n}": "1" for n in range(1990)}, "content_type": "multipart/form-data"}, {422}),
    ({"data": {f"a{n}": "1" for n in range(2010)}, "content_type": "multipart/form-data"}, {413}),
    ({"data": {"text": "x" * 310_000}, "content_type": "multipart/form-data"}, {413}),
    ({"data": {"photo": (BytesIO(b"x" * 400_000), "x.jpg")}, "content_type": "multipart/form-data"}, {422}),
    ({"data": b"&".join([b"a=1"] * 70_000)}, {422}),
], ids=["much", "very much", "too much", "many parts", "too many parts", "a long part", "a photo", "many fields"])
def test_there_is_an_end_to_what_is_taken_in(make_app, how, statuses):
    how.setdefault("content_type", "application/x-www-form-urlencoded")
    answer = make_app().test_client().post("/find", buffered=True, **how)
    assert answer.status_code in statuses, answer.status_code
    check_page(Page(answer), "/find")


def all_forms(of: type = Form) -> set[type]:
    return {of} | {form for child in of.__subclasses__() for form in all_forms(child)}


def test_every_field_for_words_has_an_end(app):
    """Also those of rows, and of what a service makes for itself."""
    seen = 0
    with app.test_request_context():
        made = {f for s in catalogue.SERVICES.values() for f in (s.questions, s.findings,
            getattr(s.tasks, "form", s.tasks)) if f}
        for kind in all_forms() | {f for f in made if isinstance(f, type)}:
            try:
                form = kind(None)
            except TypeError:
                continue  # the base of some, which asks for more
            for field in form:
                field = field.entries[0] if isinstance(field, FieldList) else field
                fields = list(field.form) if hasattr(field, "form") else [field]
                for one in fields:
                    if isinstance(one, (StringField, PasswordField)) and not isinstance(one,
                            (FormToken, Honeypot)) and (
                            type(one).__name__ in ("Line", "Text", "StringField", "TextAreaField", "PasswordField")):
                        longest = [r.max for r in one.validators if getattr(r, "max", -1) and getattr(r, "max", -1) > 0]
                        assert longest and min(longest) <= (12_000 if kind is PrivacyNoticeForm
                            else 4000), f"{kind.__name__}.{one.name} has no end"
                        seen += 1
    assert seen > 100


KEPT_IN = [
    (BookingForm, models.Booking, {"email", "name", "org", "road", "from_to"}),
    (BookingForm, models.Place, {"road", "from_to"}),
    (TellMeForm, models.WaitlistEntry, {"email"}), (ColleagueForm, models.FindingsLink, {"email"}),
    (InviteForm, models.Invite, {"email"}), (AcceptForm, models.Officer, {"name"}),
    (JournalForm, models.Booking, {"journal"}), (AssigneeForm, models.Assignee, {"name", "email"}),
    (DeclineReasonForm, models.DeclineReason, {"name"}), (PlaceNotesForm, models.Place, {"from_to"}),
    (AbsenceForm, models.Reservation, {"unit", "words"}), (AgreedVisitForm, models.Visit, {"place_told"}),
    (OfferForm, models.Visit, {"place_told"}), (VisitForm, models.Place, {"road", "from_to"}),
]


@pytest.mark.parametrize(("form", "model", "names"), KEPT_IN, ids=lambda p: getattr(p, "__name__", ""))
def test_what_a_field_takes_fits_into_its_column(app, form, model, names):
    with app.test_request_context():
        made = form(None)
        for name in names:
            if name in made:
                [limit] = [r.max for r in made[name].validators if getattr(r, "max", 0)]
                assert limit <= model.__table__.c[name].type.length, name


def test_what_grows_when_it_is_compared_still_fits(app):
    person = Person(app)
    for road, fits in (("ß" * 120, True), ("ß" * 121, False), ("ﬃ" * 120, True), ("Æ" * 120, True)):
        page = person.post("/en/bestil/faerdselskontrol", {**WISH, **filled(road=road), "send": "1"}, follow=False)
        assert (page.status == 303) == fits, road
        assert fits or "These are 121, which is 1 too many." in error_at(page, "road")
    with app.app_context():
        known = models.db.session.query(models.Place).all()
        assert len(known) == 3 == len({place.road_key for place in known})
        for place in known:
            assert len(place.road_key) <= models.Place.__table__.c.road_key.type.length
            assert models.Place.near(place.road, place.postcode, town=place.town) == [place]
        assert len(models.unit_key("ß" * 80)) <= models.Reservation.__table__.c.unit_key.type.length


def test_letters_are_counted_as_they_are_typed(app):
    """What is two letters when it is compared is one in its field, and in the words about it."""
    form = {**WISH, **filled()}
    assert Person(app).post("/en/bestil/faerdselskontrol", form | {"text": "ß" * 1000}).status == 200
    page = Person(app).post("/en/bestil/faerdselskontrol", form | {"text": "ß" * 1001})
    assert "at most 1000 characters. These are 1001, which is 1 too many." in error_at(page, "text")
