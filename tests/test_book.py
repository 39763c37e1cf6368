"""Booking a traffic control: fill in, check, send, receipt."""

import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO
from time import process_time

import databases
import pytest
import time_machine
from conftest import OFFICER, WISH, Page, Person, check_page
from werkzeug.datastructures import MultiDict

from app import create_app
from models import Booking, Letter, Officer, Place, State, Status, Visit, db, now
from services import SERVICES

BOOK = "/en/bestil/faerdselskontrol"
ASKED = "Already asked at this place"
PIN = (55.3220, 11.9680)  # where the pins below are measured from
METRES = 1 / 111_195  # degrees of latitude


# Helpers, also for the other tests of this folder.


class _Controls(HTMLParser):
    """What a browser would send from each form of a page."""

    def __init__(self):
        super().__init__()
        self.forms, self._area, self._select, self._fresh = [], None, None, False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append([])
        if not self.forms:
            return
        name, kind = attrs.get("name"), attrs.get("type", "text")
        if (
            tag == "input"
            and name
            and kind not in ("submit", "button")
            and (kind not in ("checkbox", "radio") or "checked" in attrs)
        ):
            self.forms[-1].append((name, attrs.get("value", "on" if kind in ("checkbox", "radio") else "")))
        if tag == "textarea":
            self._area, self._fresh = [name, ""], True
        if tag == "select":
            self._select = [name, None, None]
        if tag == "option" and self._select:
            value = attrs.get("value", "")
            self._select[1] = value if self._select[1] is None else self._select[1]
            self._select[2] = value if "selected" in attrs else self._select[2]

    def handle_data(self, data):
        if self._area:
            self._area[1] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._area:
            # A browser drops the first line break of a text area.
            self.forms[-1].append((self._area[0], re.sub(r"^\r?\n", "", self._area[1])))
            self._area = None
        if tag == "select" and self._select:
            name, first, chosen = self._select
            self.forms[-1].append((name, first if chosen is None else chosen))
            self._select = None


def as_sent(page: Page, having: str) -> dict[str, list[str]]:
    """What a browser would send if the page's form that has the field `having` were sent as it stands."""
    controls = _Controls()
    controls.feed(page.html)
    form = next(f for f in controls.forms if having in {name for name, _ in f})
    return MultiDict(form).to_dict(flat=False)


def token_of(person: Person) -> str:
    """The token of this person's session, fetched once."""
    if not hasattr(person, "held_token"):
        person.held_token = person.get("/find", check=False).token
    return person.held_token


def press(person: Person, path: str, data: dict | None = None, follow: bool = True, check: bool = True) -> Page:
    """Send a form, with the token that this person already holds."""
    page = Page(
        person.client.post(path, data={"csrf_token": token_of(person), **(data or {})}, follow_redirects=follow)
    )
    if follow and check and page.response.mimetype == "text/html":
        check_page(page, page.response.request.root_path + page.response.request.path)
    return page


_count = iter(range(10**9))


def wish(
    app,
    *,
    road="Bygaden",
    postcode="4690",
    town="Haslev",
    municipality="Faxe",
    lat=None,
    lng=None,
    answers=None,
    **changes,
) -> Booking:
    """A booking as the form would have made it, without the walk through its pages. Detached, to be read only."""
    with app.app_context():
        columns = {
            "name": "Anna Jensen",
            "email": "anna@example.dk",
            "phone": "",
            "address": "",
            "capacity": "private",
            "org": "",
            "reply": "email",
            "language": "en",
            "from_to": "fra kirken til skolen",
            "service": "traffic",
            **changes,
        }
        booking = Booking.receive(
            once=f"once-{next(_count)}",
            answer_within=10,
            road=road,
            lat=lat,
            lng=lng,
            place=Place.at(road=road, postcode=postcode, town=town, municipality=municipality, lat=lat, lng=lng),
            answers=answers
            or {
                "problem": "speeding",
                "text": "De kører stærkt.",
                "days": ["weekdays"],
                "times": ["06-09"],
                "frequency": "daily",
            },
            **columns,
        )
        db.session.commit()
        db.session.refresh(booking)
        _ = booking.place.road
        db.session.expunge_all()
    return booking


def how_many(app, kind) -> int:
    with app.app_context():
        return db.session.query(kind).count()


@contextmanager
def one_app(template, tmp_path_factory):
    """An application that many tests share."""
    folder = tmp_path_factory.mktemp("shared") / "instance"
    databases.copied(template, folder)
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "RATELIMIT_ENABLED": False})
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def desk_app(template, tmp_path_factory):
    """One application for all tests here that store nothing."""
    with one_app(template, tmp_path_factory) as app:
        yield app


@pytest.fixture(scope="module")
def typist(desk_app) -> Person:
    return Person(desk_app)


def filled(**changes) -> dict:
    return {
        k: v for k, v in {**WISH, "language": "en", "once": f"form-{next(_count)}", **changes}.items() if v is not None
    }


def error_at(page: Page, field: str) -> str:
    """The message that stands at this field."""
    found = re.search(rf'<p class="form-error-message" id="{field}-error">(.*?)</p>', page.html, re.S)
    assert found, f"no message at {field}: {page.errors}"
    return found[1].strip()


def english(app):
    """What happens inside is a request for the English form."""
    return app.test_request_context("/bestil/faerdselskontrol", base_url="http://127.0.0.1:8000/en")


def questions(**typed):
    return SERVICES["traffic"].questions(
        MultiDict([(k, v) for k, vs in filled(**typed).items() for v in (vs if isinstance(vs, list) else [vs])]),
        meta={"csrf": False},
    )


# What must be filled in.


@pytest.mark.parametrize(
    "field",
    ["problem", "text", "road", "from_to", "postcode", "days", "times", "frequency", "name", "email", "emergency"],
)
def test_a_required_field_left_out_is_asked_for_and_everything_else_is_still_there(typist, field):
    wanted = filled(
        **{
            "from_to": "ved nr. 12–20",
            "towards": "mod Haslev",
            "direction": "towards",
            "contacted": "no",
            "ground": "yes",
            "place_van": "På pladsen\nved kirken",
            field: None,
        }
    )
    page = press(typist, BOOK, wanted)
    assert page.status == 422
    assert error_at(page, field)
    assert f'href="#{field}' in page.html, "the summary on top leads to the field"
    still = as_sent(page, "once")
    for name, value in wanted.items():
        if name not in (field, "csrf_token"):
            assert [v.replace("\r\n", "\n") for v in still[name]] == (value if isinstance(value, list) else [value]), (
                name
            )
    assert how_many(typist.app, Booking) == 0


@pytest.mark.parametrize("field", ["road", "from_to", "text", "name"])
def test_spaces_are_no_answer(typist, field):
    assert error_at(press(typist, BOOK, filled(**{field: "  \t "})), field)


def test_an_empty_form_says_what_is_missing_and_breaks_nothing(typist):
    page = press(typist, BOOK, {})
    assert page.status == 422 and len(page.errors) >= 10


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"reply": "email", "email": "", "phone": "12345678"}, "email"),
        ({"reply": "phone", "phone": "", "email": "a@example.dk"}, "phone"),
        ({"reply": "letter", "address": "", "email": "a@example.dk"}, "address"),
        ({"reply": "letter", "address": "Bygaden 1\n4690 Haslev", "email": "", "phone": ""}, "email"),  # one at least
    ],
)
def test_the_answer_can_only_go_where_we_have_an_address(typist, changes, field):
    assert error_at(press(typist, BOOK, filled(**changes)), field)


@pytest.mark.parametrize(
    "changes",
    [
        {"reply": "phone", "phone": "12 34 56 78", "email": ""},
        {"reply": "email", "phone": "", "email": "anna@example.dk"},
        {"reply": "letter", "address": "Bygaden 1\n4690 Haslev", "email": "", "phone": "12345678"},
    ],
)
def test_one_way_to_reach_me_is_enough(desk_app, changes):
    with english(desk_app):
        form = questions(**changes)
        assert form.validate(), form.errors


@pytest.mark.parametrize(
    "capacity", ["residents", "association", "school", "youth", "housing", "business", "authority"]
)
def test_who_writes_for_others_names_them(desk_app, capacity):
    with english(desk_app):
        form = questions(capacity=capacity, org="")
        assert not form.validate() and form.org.errors
        assert questions(capacity=capacity, org="Terslev Borgerforening").validate()
        assert questions(capacity="private", org="").validate()


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("12345678", "12345678"),
        ("12 34 56 78", "12345678"),
        ("1234 5678", "12345678"),
        ("12-34-56-78", "12345678"),
        ("+45 12 34 56 78", "12345678"),
        ("0045 12345678", "12345678"),
        ("(+45) 12345678", "12345678"),
        ("+46 70 123 45 67", "+46701234567"),
        ("0046 70 123 45 67", "+46701234567"),
        ("+49 30 1234567", "+49301234567"),
        ("+298 123456", "+298123456"),
    ],
)
def test_phone_numbers_in_danish_and_foreign_forms_are_understood(desk_app, typed, kept):
    with english(desk_app):
        form = questions(reply="phone", phone=typed)
        assert form.validate(), form.errors
        assert form.columns()["phone"] == kept


@pytest.mark.parametrize(
    "typed",
    [
        "1234567",
        "123456789",
        "abc",
        "12345678 eller 87654321",
        "+45 123",
        "++4512345678",
        "１２３４５６７８",
        "112",
        "+",
        "-",
    ],
)
def test_what_is_no_phone_number_is_not_taken_for_one(desk_app, typed):
    with english(desk_app):
        form = questions(reply="phone", phone=typed)
        assert not form.validate() and form.phone.errors


@pytest.mark.parametrize(
    "typed",
    [
        "anna",
        "anna@",
        "@example.dk",
        "anna@example",
        "a b@example.dk",
        "a@example.dk, b@example.dk",
        "a@example.dk\nBcc: b@example.dk",
    ],
)
def test_what_is_no_email_address_is_not_taken_for_one(desk_app, typed):
    with english(desk_app):
        form = questions(email=typed)
        assert not form.validate() and form.email.errors


def test_an_ordinary_space_that_cannot_break_is_no_obstacle(desk_app):
    """What is copied from a map or a web page often carries such spaces."""
    with english(desk_app):
        form = questions(road="Ny\u00a0Bygade", name="Anna\u00a0Jensen", phone="12\u00a034\u00a056\u00a078")
        assert form.validate(), form.errors


# Where it is.


@pytest.mark.parametrize(
    "postcode, district",
    [
        ("2100", "Copenhagen Police"),
        ("4600", "Central and West Zealand Police"),
        ("8000", "East Jutland Police"),
        ("5000", "Funen Police"),
        ("9000", "North Jutland Police"),
    ],
)
def test_a_place_elsewhere_is_sent_to_the_right_district_by_name(typist, postcode, district):
    page = press(typist, BOOK, filled(postcode=postcode))
    assert page.status == 422 and district in error_at(page, "postcode")
    assert "https://politi.dk/" in error_at(page, "postcode")
    assert as_sent(page, "once")["text"] == [WISH["text"]]


@pytest.mark.parametrize("postcode", ["9999", "0000", "4691"])
def test_a_postcode_that_does_not_exist_is_said_not_to(desk_app, postcode):
    with english(desk_app):
        form = questions(postcode=postcode)
        if postcode == "4691":  # within a neighbour's range or nobody's: refused in any case
            assert not form.validate() and form.postcode.errors
        else:
            assert not form.validate() and "no Danish postcode" in form.postcode.errors[0]


@pytest.mark.parametrize(
    "postcode", ["469", "46900", "abcd", "46 90", "-469", "4690\n"[:4] + "x", "46.9"]
)
def test_a_postcode_is_four_digits(desk_app, postcode):
    with english(desk_app):
        form = questions(postcode=postcode)
        assert not form.validate() and "four digits" in " ".join(form.postcode.errors)


@pytest.mark.parametrize(
    "postcode, town, municipality",
    [("4690", "Haslev", "Faxe"), (" 4760 ", "Vordingborg", "Vordingborg"), ("4800", "Nykøbing F", "Guldborgsund")],
)
def test_town_and_municipality_follow_from_the_postcode(typist, postcode, town, municipality):
    page = press(typist, BOOK, filled(postcode=postcode))
    assert page.status == 200 and f"{town} ({municipality} Municipality)" in page.text


def test_a_postcode_that_is_mostly_elsewhere_is_taken_with_a_hint(typist):
    page = press(typist, BOOK, filled(postcode="4100"))
    assert page.status == 200 and "Central and West Zealand Police" in page.text


@pytest.mark.parametrize(
    "lat, lng",
    [
        ("", ""),
        ("55.3", ""),
        ("abc", "def"),
        ("nan", "nan"),
        ("inf", "-inf"),
        ("1e999", "0"),
        ("500", "12"),
        ("55,3", "12,0"),
        ("55.3\x00", "12"),
    ],
)
def test_a_pin_that_makes_no_sense_is_no_obstacle(desk_app, lat, lng):
    with english(desk_app):
        form = questions(lat=lat, lng=lng)
        assert form.validate(), form.errors
        assert form.place()["lat"] is None and form.place()["lng"] is None
        assert form.columns()["lat"] is None


def test_a_pin_is_kept_with_the_booking_and_its_place(app):
    person = Person(app)
    data = filled(lat="55.322", lng="11.968")
    assert "Pin on the map" in press(person, BOOK, data).text
    press(person, BOOK, {**data, "send": "1"})
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.lat, booking.lng) == (55.322, 11.968) == (booking.place.lat, booking.place.lng)


# What must not be written.

PERSONAL = [
    "010190-1234",
    "0101901234",
    "010190 1234",
    "010190 - 1234",
    "Manden hedder noget og har 311299-4321.",
    "AB 12 345",
    "AB12345",
    "ab12345",
    "Ab 12345",
    "ÆØ 12 345",
    "en hvid bil, XY 98 765, hver dag",
    "AF 12 345",
    "AT 12 345",
    "NO12345",
    "bilen(AB12345)",
    "naboen@example.dk",
    "skriv til n.n+x@mail.example.com.",
    "x@y.dk",
    "12345678",
    "12 34 56 78",
    "1234 5678",
    "+45 12 34 56 78",
    "+4512345678",
    "004512345678",
    "ring 20304050!",
    "tlf.12345678",
    "12-34-56-78",
    "12.34.56.78",
    "+46 70 123 45 67",
    "+298 123456",
]
ORDINARY = [
    "kl. 14-18",
    "kl. 07.30-08.15",
    "kl 0730-0815",
    "kl. 7-9 og 14-18",
    "06-09, 14-18 og 18-23",
    "i 2024 og 2025",
    "2024 2025",
    "2024-2025",
    "80-100 km/t",
    "80 - 100 km/t",
    "50 km/t",
    "ca. 120 km/t",
    "nr. 12-20",
    "nr 12 20",
    "Bygaden 12-20",
    "rute 22",
    "E47",
    "rute 9 og 54",
    "4690 Haslev",
    "4690 og 4683",
    "mellem 4690 Haslev og 4683 Rønnede",
    "500 kr.",
    "kr. 12.500",
    "kr 12 500",
    "12.345 kr",
    "10.000 biler",
    "10000 biler i døgnet",
    "ca 10000 biler",
    "de 12000 biler om dagen",
    "om dagen 10 000 biler",
    "of 10000 cars",
    "op 10 000",
    "1.000.000",
    "12/5-2026",
    "12.5.2026",
    "12-05-2026",
    "2026-05-12",
    "den 12. maj kl. 16",
    "uge 20-22",
    "3 ud af 4 biler",
    "200 m før skolen",
    "100-200 meter",
    "mellem nr. 2, 4, 6 og 8",
    "2 x 30 minutter",
    "50/60/70",
    "hver dag 7-9, 12-13, 15-17",
    "Kl. 15 30 70 biler",
    "5 10 15 20",
    "vej 153",
    "hastighed 50, kører 80",
    "ÅDT 3400",
    "§ 42",
    "100 %",
    "a@",
    "@ hjørnet",
    "7.b og 8.a",
    "2. th.",
    "for 14 dage siden",
    "40-zone",
    "2-1 vej",
    "30/1-5/2",
    "km 12,345",
]


@pytest.mark.parametrize("words", PERSONAL)
def test_what_points_to_a_person_is_refused(desk_app, words):
    with english(desk_app):
        form = questions(text=f"Det er farligt. {words}")
        assert not form.validate() and form.text.errors, words


@pytest.mark.parametrize("words", ORDINARY)
def test_ordinary_words_about_traffic_are_not_refused(desk_app, words):
    with english(desk_app):
        form = questions(text=f"Det er farligt {words} og om aftenen", from_to=words[:200])
        assert form.validate(), form.errors


@pytest.mark.parametrize("field", ["text", "place_van", "from_to", "road", "towards"])
def test_every_box_for_free_words_refuses_a_plate_and_keeps_what_was_typed(typist, field):
    page = press(typist, BOOK, filled(direction="towards", **{"towards": "Haslev", field: "AB 12 345 ved kirken"}))
    assert page.status == 422
    assert "AB 12 345" in error_at(page, field), "it says what was found"
    assert as_sent(page, "once")[field] == ["AB 12 345 ved kirken"]


# Input that means harm, or a broken browser.

HOSTILE = {
    "markup": {"road": "<script>alert(1)</script>", "text": "<img src=x onerror=alert(1)>", "name": '"><b>x</b>'},
    "template": {"road": "{{ config }}", "text": "{% raw %}${7*7}#{7*7}%(x)s %s {0}", "name": "{{ 7*7 }}"},
    "nulls": {"road": "By\x00gaden", "text": "a\x00b", "name": "\x00", "postcode": "46\x0090", "once": "\x00"},
    "right to left": {"road": "\u202eedagyB", "text": "\u202e\u2066\u200fabc", "name": "\u202eAnna"},
    "very long": {"road": "x " * 50_000, "text": "y " * 50_000, "name": "z" * 100_000, "once": "o" * 100_000},
    "very long numbers": {"postcode": "4" * 5_000, "lat": "9" * 5_000, "lng": "1e" + "9" * 5_000, "phone": "1" * 5_000},
    "all of them lists": {k: [v, v] if isinstance(v, str) else v * 9 for k, v in WISH.items()} | {"once": ["a", "b"]},
    "brackets": {"text[]": "x", "text[a]": "y", "days[]": "weekdays", "times[0]": "06-09"},
    "wrong types": {"problem": "0", "days": "", "times": "1", "limit": "-5", "lat": "[]", "emergency": "false"},
    "forged choices": {
        "problem": "murder",
        "days": ["weekdays", "friday"],
        "times": ["00-24"],
        "frequency": "'",
        "limit": "999",
        "capacity": "king",
        "reply": "pigeon",
        "language": "xx",
        "direction": "up",
    },
    "forged columns": {
        "status": "answered",
        "id": "1",
        "reference": "AAAAAAAA",
        "secret": "x",
        "channel": "paper",
        "due_on": "2099-01-01",
        "place_id": "1",
        "service": "x",
        "news": "1",
    },
    "surrogates and emoji": {"road": "Vej 😀", "text": "\U0001f600" * 300, "name": "👮"},
    "sql": {"road": "'; DROP TABLE bookings; --", "name": "' OR 1=1", "text": '" OR ""="'},
    "line breaks": {
        "road": "Bygaden\r\nBcc: x@example.dk",
        "name": "A\nB",
        "email": "a@example.dk\r\nBcc: b@example.dk",
    },
    "missing": dict.fromkeys(WISH),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("button", [{}, {"send": "1"}, {"change": "1"}], ids=["check", "send", "change"])
def test_hostile_input_gets_a_page_and_never_an_error_of_ours(desk_app, typist, what, button):
    page = press(typist, BOOK, {**filled(**HOSTILE[what]), **button}, check=False)
    assert page.status in (200, 422), what
    assert "<script>alert" not in page.html and "<img src=x" not in page.html and "<b>x</b>" not in page.html
    assert "SECRET" not in page.html and ">49<" not in page.html


@pytest.mark.parametrize("words", ["y", "1", "a.", "1 ", "a@", "ab", "+"])
def test_looking_through_a_very_long_text_takes_no_longer_than_reading_it(desk_app, words):
    """Otherwise one request could keep the server busy for minutes."""
    for length in (12_000, 100_000):
        with english(desk_app):
            form, begun = questions(text=(words * length)[:length]), process_time()
            assert not form.text.validate(form)
            assert process_time() - begun < 0.3, f"{length} characters"


def test_forged_choices_are_refused_one_by_one(desk_app):
    with english(desk_app):
        for name, value in HOSTILE["forged choices"].items():
            form = questions(**{name: value})
            assert not form.validate() and form[name].errors, name


def test_no_field_of_ours_can_be_forged_into_the_database(app):
    page = press(Person(app), BOOK, {**filled(**HOSTILE["forged columns"]), "send": "1"})
    assert page.status == 200
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.status, booking.channel, booking.service, booking.news) == ("received", "web", "traffic", False)
        assert booking.reference != "AAAAAAAA" and booking.secret != "x" and booking.due_on.year < 2099


def test_what_is_no_form_at_all_is_answered(desk_app):
    client = desk_app.test_client()
    for kwargs in (
        {"json": {"text": 5, "road": None, "days": [1]}},
        {"json": [1, 2]},
        {"json": "x"},
        {"json": {"text": ["x"], "days": {"a": 1}}},
        {"data": b"\xff\xfe\x00", "content_type": "text/plain"},
        {"data": b"a=%ff&text=%c3%28&%00=1", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"text": (BytesIO(b"x"), "x.txt"), "road": "y"}, "content_type": "multipart/form-data"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"text=" + b"x" * 1_100_000, "content_type": "application/x-www-form-urlencoded"},
        {"data": "&".join(f"a{n}=1" for n in range(3000)), "content_type": "application/x-www-form-urlencoded"},
    ):
        page = Page(client.post(BOOK, **kwargs))
        assert page.status in (400, 413, 422), kwargs
        assert "<h1" in page.html


@pytest.mark.parametrize("query", ["\xff\xfe", "a=%ff", "%", "a=" + "x" * 5000, "next=//evil", "<script>"])
@pytest.mark.parametrize("path", ["/", "/en/", BOOK, "/nowhere", "/en/kontor/"])
def test_an_odd_question_mark_behind_an_address_breaks_no_page(desk_app, path, query):
    response = desk_app.test_client().get(path, environ_overrides={"QUERY_STRING": query})
    assert response.status_code in (200, 302, 404)
    assert "<script>" not in response.get_data(as_text=True).replace("<script src", "")


@pytest.mark.parametrize("path", ["//evil.example/", "/en//evil.example/", "///evil.example", "/en///evil.example"])
def test_no_address_makes_our_page_link_elsewhere(desk_app, path):
    response = desk_app.test_client().get("/", environ_overrides={"PATH_INFO": path})
    assert not re.search(r'href="//', response.get_data(as_text=True))
    assert not response.headers.get("Location", "").startswith("//")


@pytest.mark.parametrize("slug", ["", "x", "faerdselskontrol/", "..", "%2e%2e", "faerdselskontrol%00"])
def test_a_service_that_does_not_exist_is_not_found(desk_app, slug):
    assert desk_app.test_client().get(f"/bestil/{slug}").status_code in (404, 308)


# The page to check before sending.


def test_the_check_page_shows_everything_that_was_answered_and_sends_nothing(app):
    person = Person(app)
    page = press(
        person,
        BOOK,
        filled(
            direction="towards",
            towards="mod Haslev",
            place_van="Ved kirken er der plads.",
            ground="no",
            contacted="yes",
            capacity="residents",
            org="Terslev Borgerforening",
            phone="12 34 56 78",
            reply="letter",
            address="Bygaden 1\n4690 Haslev",
            who=["cyclists", "elderly"],
            special=["works", "accident"],
        ),
    )
    assert page.status == 200, page.errors
    for words in (
        "Speeding",
        WISH["text"],
        "Bygaden",
        "fra kirken til skolen",
        "4690",
        "Haslev (Faxe Municipality)",
        "Towards",
        "mod Haslev",
        "50 km/h",
        "Through road in town",
        "Weekdays",
        "06–09",
        "14–18",
        "Daily",
        "More than 6 months",
        "Cyclists",
        "Elderly people",
        "Road works",
        "Recent accident",
        "Ved kirken er der plads.",
        "Residents' association",
        "Terslev Borgerforening",
        "Anna Jensen",
        "anna@example.dk",
        "12345678",
        "Letter by post",
        "Bygaden 1",
        "English",
    ):
        assert words in page.text.replace("’", "'"), words
    assert how_many(app, Booking) == how_many(app, Letter) == how_many(app, Place) == 0


def test_going_back_to_change_keeps_everything(typist):
    typed = filled(
        direction="towards",
        towards="mod Haslev",
        place_van="Linje 1\r\nLinje 2",
        lat="55.3",
        lng="11.9",
        days=["saturday", "sunday"],
        times=["18-23", "23-06"],
        who=["animals"],
        special=["works"],
        phone="12 34 56 78",
        reply="phone",
        text='Æ ø å <b> & "citat"',
    )
    check = press(typist, BOOK, typed)
    assert check.status == 200, check.errors
    hidden = as_sent(check, "once")
    page = press(typist, BOOK, {**hidden, "change": "1"})
    assert page.status == 200 and not page.errors
    still = as_sent(page, "once")
    for name, value in typed.items():
        assert [v.replace("\r\n", "\n") for v in still[name]] == [
            v.replace("\r\n", "\n") for v in (value if isinstance(value, list) else [value])
        ], name


def asked_here(app, **changes) -> str:
    page = press(Person(app), BOOK, filled(**changes))
    assert page.status == 200, page.errors
    return page.text


@pytest.mark.parametrize("road", ["Bygaden", "bygaden", "BYGADEN", "  Bygaden  ", "bygaden", "Bygaden,"])
def test_who_asked_for_the_same_road_is_told_however_it_is_written(app, road):
    wish(app)
    assert "One other person waits" in asked_here(app, road=road)


def test_the_same_road_is_known_by_its_danish_letters(app):
    wish(app, road="Østre  Åvej")
    assert ASKED in asked_here(app, road="ØSTRE ÅVEJ")
    assert ASKED in asked_here(app, road="Østre A\u030avej"), "å typed as a and a ring"
    assert ASKED not in asked_here(app, road="Ostre Avej")


def test_an_abbreviation_is_the_same_road_with_and_without_its_dot(app):
    wish(app, road="Sdr. Strandvej")
    assert ASKED in asked_here(app, road="Sdr Strandvej")


def test_nobody_asked_means_that_nothing_is_said(app):
    wish(app)
    assert ASKED not in asked_here(app, road="Kirkevej")
    assert ASKED not in asked_here(app, postcode="4683"), "the same name in another town is another road"


@pytest.mark.parametrize("metres, told", [(240, True), (300, False)])
def test_a_pin_within_250_metres_is_the_same_place_across_a_postcode_border(app, metres, told):
    wish(app, lat=PIN[0], lng=PIN[1])
    told_here = asked_here(app, road="Skolevej", postcode="4683", lat=str(PIN[0] + metres * METRES), lng=str(PIN[1]))
    assert (ASKED in told_here) is told


def test_a_pin_given_later_for_a_known_road_is_found_too(app):
    wish(app)
    wish(app, lat=PIN[0], lng=PIN[1])
    assert ASKED in asked_here(app, road="Skolevej", postcode="4683", lat=str(PIN[0]), lng=str(PIN[1]))


def test_only_those_who_still_wait_are_counted(app):
    first, second, third = wish(app), wish(app), wish(app)
    with app.app_context():
        Booking.by_reference(first.reference).withdraw()
        Booking.by_reference(second.reference).decline(Officer.by_email(OFFICER), "resources", "", "")
        db.session.commit()
    assert "One other person waits" in asked_here(app)
    with app.app_context():
        Booking.by_reference(third.reference).withdraw()
        db.session.commit()
    assert ASKED not in asked_here(app)


def test_how_many_and_since_when_and_what_the_last_control_found(app):
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC)):
        wish(app)
    wish(app)
    with app.app_context():
        at = datetime(2026, 2, 6, 17, tzinfo=UTC)
        db.session.add(
            Visit(
                service="traffic",
                place_id=1,
                state=State.REPORTED,
                crew="X",
                method="atk",
                starts_at=at,
                ends_at=at + timedelta(hours=2),
                findings={
                    "performed": "yes",
                    "method": "atk",
                    "place": "Bygaden",
                    "passed": 94,
                    "charged": 0,
                    "next": ["closed"],
                },
            )
        )
        db.session.commit()
    words = asked_here(app)
    assert "2 others wait for an answer here, the first since 2 March 2026" in words
    assert "February 2026" in words and "94 vehicles measured, nobody charged with speeding" in words


@pytest.mark.parametrize("state", [State.PLANNED, State.DONE, State.CANCELLED])
def test_a_coming_control_or_an_unsent_result_is_never_told(app, state):
    with app.app_context():
        place = Place.at(road="Bygaden", postcode="4690", town="Haslev", municipality="Faxe")
        db.session.add(
            Visit(
                service="traffic",
                place=place,
                state=state,
                crew="X",
                method="atk",
                starts_at=now(),
                ends_at=now() + timedelta(hours=2),
                draft={"performed": "yes", "method": "atk", "passed": 77777, "charged": 0},
            )
        )
        db.session.commit()
    words = asked_here(app)
    assert ASKED not in words and "77,777" not in words


# Sending, once.


def test_sending_gives_a_receipt_with_reference_promise_and_what_happens_next(app):
    page = press(Person(app), BOOK, {**filled(), "send": "1"})
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert f"{booking.reference[:4]} {booking.reference[4:]}" in page.text
        assert f"{booking.due_on.day} {booking.due_on:%B} {booking.due_on.year}" in page.text
        assert "confirmed" not in page.text.lower()
        letter = db.session.query(Letter).one()
        assert letter.recipient == "anna@example.dk" and booking.reference[:4] in letter.text
        for words in (WISH["text"], "Bygaden", "kirken", "Anna"):
            assert words not in letter.text, "a receipt does not repeat the citizen's words"
        assert booking.answers["days"] == ["weekdays"] and "name" not in booking.answers


def test_sending_twice_reloading_and_going_back_give_one_booking_and_the_same_receipt(app):
    person, data = Person(app), filled()
    first = press(person, BOOK, {**data, "send": "1"}, follow=False)
    assert first.status == 303
    again = press(person, BOOK, {**data, "send": "1"}, follow=False)
    assert again.response.location == first.response.location
    assert person.get(first.response.location).status == person.get(first.response.location).status == 200
    press(person, BOOK, {**data, "change": "1"})
    press(person, BOOK, data)
    back = press(person, BOOK, {**data, "send": "1", "text": "Nu med andre ord."}, follow=False)
    assert back.response.location == first.response.location
    assert how_many(app, Booking) == how_many(app, Letter) == 1


def test_a_new_form_is_a_new_booking(app):
    person = Person(app)
    assert person.get(BOOK).hidden["once"] != person.get(BOOK).hidden["once"]
    press(person, BOOK, {**filled(), "send": "1"})
    press(person, BOOK, {**filled(), "send": "1"})
    assert how_many(app, Booking) == 2


def test_a_double_click_from_two_threads_is_one_booking(app):
    person, data, answers = Person(app), filled(), []
    token = token_of(person)
    cookie = {"Cookie": f"session={person.client.get_cookie('session', domain='127.0.0.1').value}"}
    ready = threading.Barrier(4)

    def click():
        client = app.test_client(use_cookies=False)
        ready.wait()
        answers.append(client.post(BOOK, data={**data, "csrf_token": token, "send": "1"}, headers=cookie))

    threads = [threading.Thread(target=click) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [a.status_code for a in answers] == [303] * 4
    assert len({a.location for a in answers}) == 1
    assert how_many(app, Booking) == how_many(app, Letter) == 1


@pytest.mark.parametrize("button", [{}, {"send": "1"}])
def test_a_form_open_for_too_long_comes_again_with_what_was_typed(app, button):
    newcomer = Person(app)
    page = Page(newcomer.client.post(BOOK, data={**filled(), **button, "csrf_token": "forgotten"}))
    check_page(page, BOOK)
    assert page.status == 422 and "Nothing is lost" in page.text
    still = as_sent(page, "once")
    assert still["text"] == [WISH["text"]] and still["times"] == WISH["times"]
    assert how_many(app, Booking) == 0
    again = newcomer.client.post(BOOK, data={**still, "send": "1"})
    assert again.status_code == 303, "pressing once more is enough"


def test_nothing_is_booked_without_a_token(app):
    assert app.test_client().post(BOOK, data={**filled(), "send": "1"}).status_code == 422
    assert how_many(app, Booking) == 0


def test_nothing_is_kept_before_it_is_sent(app):
    person = Person(app)
    press(person, BOOK, filled())
    with person.client.session_transaction() as session:
        assert set(session) <= {"csrf_token", "_flashes"}


# Languages and cookies.


def test_the_english_twin_is_english_and_the_answer_too(app):
    person = Person(app)
    form = person.get(BOOK)
    assert '<html lang="en">' in form.html and as_sent(form, "once")["language"] == ["en"]
    assert as_sent(person.get("/bestil/faerdselskontrol"), "once")["language"] == ["da"]
    danish = re.compile(r"\b(Færdselskontrol|Hvad|Skriv|Bestilling|Vej)\b")
    for path in ("/en/", BOOK, "/en/find", "/en/saadan-virker-det", "/en/privatliv"):
        assert not danish.search(person.get(path).text), path
    press(person, BOOK, {**filled(), "send": "1"})
    with app.app_context():
        letter = db.session.query(Letter).one()
        assert letter.language == "en" and "/en/sag/" in letter.text and "We have received your booking" in letter.text


@pytest.mark.parametrize("path", ["/", "/find", "/saadan-virker-det", "/privatliv", "/bestil/faerdselskontrol"])
def test_the_language_switch_stays_on_the_page(typist, path):
    assert f'href="/en{path}" lang="en"' in typist.get(path).html
    assert f'href="{path}" lang="da"' in typist.get(f"/en{path}").html
    assert f'href="/en{path}?a=1&amp;b=2" lang="en"' in typist.get(f"{path}?a=1&b=2").html


@pytest.mark.parametrize("path", ["/", "/en/", "/saadan-virker-det", "/en/privatliv", "/health", "/nowhere", "/was"])
def test_no_cookie_before_a_form_needs_one(desk_app, path):
    assert "Set-Cookie" not in desk_app.test_client().get(path).headers


def test_the_only_cookie_is_the_forms_and_it_goes_when_the_browser_closes(desk_app):
    cookies = desk_app.test_client().get(BOOK).headers.getlist("Set-Cookie")
    assert len(cookies) == 1 and cookies[0].startswith("session=")
    assert "HttpOnly" in cookies[0] and "SameSite=Lax" in cookies[0] and "xpires" not in cookies[0]


def test_what_a_citizen_books_is_a_wish_not_a_yes(app):
    booking = wish(app)
    assert booking.status is Status.RECEIVED
