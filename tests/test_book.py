"""Booking a traffic control: fill in, check, send, receipt."""

import re
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from time import process_time

import pytest
import time_machine
from conftest import OFFICER, WISH, Page, Person, check_page, form_name
from helpers import METRES, PIN, as_sent, error_at, filled, how_many, one_app, wish
from werkzeug.datastructures import MultiDict

from catalogue import SERVICES
from models import Booking, BookingStatus, Letter, Officer, Place, Visit, VisitStatus, db, now

BOOK = "/en/bestil/faerdselskontrol"
ASKED = "Already asked at this place"


# Helpers, also for the other tests of this folder.


@pytest.fixture(scope="module")
def desk_app(template, tmp_path_factory):
    """One application for all tests here that store nothing."""
    with one_app(template, tmp_path_factory) as app:
        yield app


@pytest.fixture(scope="module")
def typist(desk_app) -> Person:
    return Person(desk_app)


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
    ["problem", "road", "from_to", "postcode", "worst", "name", "email"],
)
def test_a_required_field_left_out_is_asked_for_and_everything_else_is_still_there(typist, field):
    wanted = filled(
        **{
            "once": form_name(typist.app),
            "from_to": "ved nr. 12–20",
            "towards": "mod Haslev",
            "place_van": "På pladsen\nved kirken",
            field: None,
        }
    )
    page = typist.post(BOOK, wanted)
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


@pytest.mark.parametrize("field", ["road", "from_to", "name"])
def test_spaces_are_no_answer(typist, field):
    assert error_at(typist.post(BOOK, filled(**{field: "  \t "})), field)


def test_an_empty_form_says_what_is_missing_and_breaks_nothing(typist):
    page = typist.post(BOOK, {})
    assert page.status == 422 and len(page.errors) == 7 and "7 things need your attention" in page.text


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"reply": "email", "email": "", "phone": "12345678"}, "email"),
        ({"reply": "phone", "phone": "", "email": "a@example.dk"}, "phone"),
        ({"reply": "letter", "address": "", "email": "a@example.dk"}, "address"),
    ],
)
def test_the_answer_can_only_go_where_we_have_an_address(typist, changes, field):
    assert error_at(typist.post(BOOK, filled(**changes)), field)


@pytest.mark.parametrize(
    "changes",
    [
        {"reply": "phone", "phone": "12 34 56 78", "email": ""},
        {"reply": "email", "phone": "", "email": "anna@example.dk"},
        {"reply": "letter", "address": "Bygaden 1\n4690 Haslev", "email": "", "phone": "12345678"},
        {"reply": "letter", "address": "Bygaden 1\n4690 Haslev", "email": "", "phone": ""},
    ],
)
def test_one_way_to_reach_me_is_enough(desk_app, changes):
    with english(desk_app):
        form = questions(**changes)
        assert form.validate(), form.errors


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
        ("45 20304050", "20304050"),
        ("tlf. 20 30 40 50", "20304050"),
        ("Mobil: 20304050", "20304050"),
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
    page = typist.post(BOOK, filled(postcode=postcode))
    assert page.status == 422 and district in error_at(page, "postcode")
    assert re.search(rf'<a href="https://politi.dk/[^"]*">{district}</a>', page.html), "with a link that works"
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
    "postcode", ["469", "46900", "abcd", "46 901", "-469", "46.9", "Karlebykøb", ","]
)
def test_a_postcode_is_four_digits(desk_app, postcode):
    with english(desk_app):
        form = questions(postcode=postcode)
        assert not form.validate() and "four digits" in " ".join(form.postcode.errors)


@pytest.mark.parametrize(
    "postcode, town, municipality",
    [("4690", "Haslev", "Faxe"), ("Haslev", "Haslev", "Faxe"), ("haslev ", "Haslev", "Faxe"),
     ("4690Haslev", "Haslev", "Faxe"), ("4690,", "Haslev", "Faxe"), ("4690 Haslev", "Haslev", "Faxe"), (" 4760 ", "Vordingborg", "Vordingborg"), ("4800", "Nykøbing F", "Guldborgsund")],
)
def test_town_and_municipality_follow_from_the_postcode(typist, postcode, town, municipality):
    page = typist.post(BOOK, filled(postcode=postcode))
    assert page.status == 200 and f"{town} ({municipality} Municipality)" in page.text


@pytest.mark.parametrize(("town", "district", "link"), [
    ("Roskilde", "Central and West Zealand Police", "https://politi.dk/midt-og-vestsjaellands-politi"),
    (" københavn,", "Copenhagen Police", "https://politi.dk/koebenhavns-politi")])
def test_a_town_of_another_district_is_named_with_its_link_in_the_same_answer(typist, town, district, link):
    page = typist.post(BOOK, filled(postcode=town))
    assert page.status == 422 and f"belongs to {district}. Please ask there." in error_at(page, "postcode")
    assert f'<a href="{link}">' in page.html


def test_a_postcode_that_is_mostly_elsewhere_is_taken_with_a_hint(typist):
    page = typist.post(BOOK, filled(postcode="4100"))
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
    data = filled(lat="55.322", lng="11.968", accuracy="20")
    assert "Pin on the map" in person.post(BOOK, data).text
    person.post(BOOK, {**data, "send": "1"})
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.lat, booking.lng) == (55.322, 11.968) == (booking.place.lat, booking.place.lng)


@pytest.mark.parametrize("typed, kept, exact", [
    ({"lat": "-33.9", "lng": "151.2", "accuracy": "5"}, (None, None), False),
    ({"lat": "55.3", "lng": "-11.9", "accuracy": "5"}, (None, None), False),
    ({"lat": "57.05", "lng": "9.92", "accuracy": "5"}, (None, None), False),
    ({"lat": "55.3", "lng": "11.9", "accuracy": "-1"}, (55.3, 11.9), False),
    ({"lat": "55.3", "lng": "11.9", "accuracy": "nan"}, (55.3, 11.9), False),
    ({"lat": "55.3", "lng": "11.9", "accuracy": "0"}, (55.3, 11.9), True)])
def test_a_pin_elsewhere_or_exact_beyond_reason_moves_no_place_and_stops_no_booking(app, typed, kept, exact):
    person = Person(app)
    data = filled(**typed)
    assert ("right within about" in person.post(BOOK, data).text) is exact
    assert person.post(BOOK, {**data, "send": "1"}).status == 200
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.lat, booking.lng) == kept and (booking.accuracy is not None) == (exact or kept == (None, None))
        assert (booking.place.lat, booking.place.lng) == (kept if exact else (None, None))


@pytest.mark.parametrize("road", ["???", "-", "\N{AUTOMOBILE}", "...", "\N{DEVANAGARI SIGN VIRAMA}"])
@pytest.mark.parametrize("language, words", [
    ("", "Skriv vejens eller stedets navn"), ("/en", "Write the name of the road")])
@pytest.mark.parametrize("slug", ["faerdselskontrol", "dialogmoede", "tryghedsvandring", "mobil-politistation"])
def test_a_road_without_a_letter_or_digit_is_refused_at_its_field(citizen, slug, language, words, road):
    page = citizen.post(f"{language}/bestil/{slug}", filled(road=road))
    assert page.status == 422 and words in error_at(page, "road")
    assert f'value="{road}"' in page.html


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
def test_what_points_to_a_person_is_not_taken_at_once(desk_app, words):
    with english(desk_app):
        form = questions(text=f"Det er farligt. {words}")
        assert not form.validate() and form.text.errors, words


# What looks like a number plate or a phone number, and is none.
LOOKALIKES = ["50 60 70 80 km/t", "nr. 12 14 16 18", "husnumrene 10 12 14 16", "Vej 10 12 14 16", "kl 0730 1530",
              "07 00 16 00", "uge 20 21 22 23", "kl. 15 16 17 18", "årsdøgntrafik 2500 2600", "Post nr 4690 4700",
              "sagsnummer 12345678", "CVR-nr. 12 34 56 78", "IMG_20260512", "kl. 12345678", "Volvo FH 16 750",
              "MAN TG 18 500", "lastbil model AB 12 345", "VD 12345", "DK 46 900"]


@pytest.mark.parametrize("words", LOOKALIKES)
def test_what_only_looks_like_personal_data_is_asked_about_once(typist, words):
    """The second press means that it is none, also on the page to check."""
    wanted = filled(once=form_name(typist.app), text=f"Det er farligt. {words}", from_to=words)
    page = typist.post(BOOK, wanted)
    if page.status == 200:
        return  # it is not even asked about
    assert error_at(page, "text") and "just press the button again" in page.text
    check = typist.post(BOOK, as_sent(page, "once"))
    assert check.status == 200, check.errors
    assert typist.post(BOOK, {**as_sent(check, "once"), "change": "1"}).status == 200


def test_a_plate_and_a_phone_number_are_told_of_in_one_round_and_each_is_asked_about(typist):
    wanted = filled(once=form_name(typist.app), text="AB 12 345 og CD 12 345, ring 20304050")
    page = typist.post(BOOK, wanted)
    assert len(page.errors) == 3 and "3 things need your attention" in page.text
    other = typist.post(BOOK, {**as_sent(page, "once"), "text": "AB 12 345 og EF 12 345"})
    assert len(other.errors) == 1 and "EF 12 345" in other.errors[0], "what was confirmed is not asked about again"


@pytest.mark.parametrize("words", [
    "010190-1234", "010190–1234", "010190‑1234", "010190 — 1234", "010190−1234", "naboen@example.dk"])
def test_a_cpr_number_and_an_address_are_refused_however_often_one_presses(typist, words):
    page = typist.post(BOOK, filled(once=form_name(typist.app), text=words))
    again = typist.post(BOOK, {**as_sent(page, "once"), "confirmed": words})
    assert page.status == again.status == 422 and words in error_at(again, "text")


@pytest.mark.parametrize("typed", [
    "010190/1234", "010190.1234", "01.01.90-1234", "01-01-90-1234", "01 01 90 1234", "Talt d. 15-11-25 - 2345 biler",
    "den 12.10.25-1200 biler", "AB-12-345", "AB.12.345"])
def test_what_may_be_a_cpr_number_or_a_plate_in_parts_is_asked_about_once(typist, typed):
    page = typist.post(BOOK, filled(once=form_name(typist.app), text=typed))
    assert page.status == 422 and "press the button again" in error_at(page, "text")
    assert typist.post(BOOK, as_sent(page, "once")).status == 200


@pytest.mark.parametrize("typed", [
    "Ulykken 15.11.2025 kl. 0730", "den 12.05.26 kl. 18.00", "12.10.25 1200", "da 12.000 biler kom", "må 80-100 km/t",
    "fx 80-120 km/t", "Ja 90-100", "ca. 12.345", "kl.12.345", "på 12.345 kr", "2019-2020", "kl. 0600-1800"])
def test_dates_times_and_counts_are_not_taken_for_anybodys_number(typist, typed):
    assert typist.post(BOOK, filled(once=form_name(typist.app), text=typed)).status == 200


@pytest.mark.parametrize(("typed", "meant"), [
    ("anna@gmial.com", "gmail.com"), ("anna@hotmial.com", "hotmail.com"), ("anna@gmail.con", "gmail.com"),
    ("anna@outlok.dk", "outlook.dk"), ("anna@firma.dkk", "firma.dk")])
def test_a_likely_slip_in_an_email_address_is_asked_about_and_never_put_right_by_us(typist, typed, meant):
    page = typist.post(BOOK, filled(once=form_name(typist.app), email=typed))
    assert f"“{meant}”" in error_at(page, "email") and as_sent(page, "once")["email"] == [typed]
    assert typist.post(BOOK, as_sent(page, "once")).status == 200


@pytest.mark.parametrize("typed", ["anna@gmail.com", "anna@tdc.dk", "anna@live.se", "anna@gmx.net", "a@mail.tele.dk"])
def test_an_ordinary_email_address_is_not_asked_about(desk_app, typed):
    with english(desk_app):
        assert questions(email=typed).validate()


def test_a_text_that_is_too_long_says_by_how_much_and_nothing_is_cut(typist):
    page = typist.post(BOOK, filled(text="x" * 1234))
    assert "1000" in error_at(page, "text") and "234 too many" in error_at(page, "text")
    assert as_sent(page, "once")["text"] == ["x" * 1234] and "maxlength" not in page.html


@pytest.mark.parametrize("words", ORDINARY)
def test_ordinary_words_about_traffic_are_not_refused(desk_app, words):
    with english(desk_app):
        form = questions(text=f"Det er farligt {words} og om aftenen", from_to=words[:200])
        assert form.validate(), form.errors


@pytest.mark.parametrize("field", ["text", "place_van", "from_to", "road", "towards"])
def test_every_box_for_free_words_asks_about_a_plate_and_keeps_what_was_typed(typist, field):
    page = typist.post(BOOK, filled(**{field: "AB 12 345 ved kirken"}))
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
    "brackets": {"text[]": "x", "text[a]": "y", "worst[]": "morning", "worst[0]": "night"},
    "wrong types": {"problem": "0", "worst": "", "special": "1", "lat": "[]", "confirmed": "\x00"},
    "forged choices": {
        "problem": "murder",
        "worst": ["morning", "friday"],
        "reply": "pigeon",
        "language": "xx",
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
    page = typist.post(BOOK, {**filled(**HOSTILE[what]), **button}, check=False)
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
    page = Person(app).post(BOOK, {**filled(**HOSTILE["forged columns"]), "send": "1"})
    assert page.status == 200
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.status, booking.channel, booking.service, booking.has_unread) == ("received", "web",
            "traffic", False)
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


@pytest.mark.parametrize("said", ["form-data", "form-data; name", "form-data; name=", 'form-data; filename="x"', ""])
@pytest.mark.parametrize("path", ["/en/find", BOOK, "/en/kontor/log-ind", "/en/besked/1/x"])
def test_a_part_without_a_name_breaks_no_form(desk_app, path, said):
    body = "\r\n".join(["--x", f"Content-Disposition: {said}", "", "?",
                        "--x", 'Content-Disposition: form-data; name="text"', "", "kept", "--x--", ""])
    page = Page(desk_app.test_client().post(path, data=body, content_type="multipart/form-data; boundary=x"))
    hands_back = path.endswith("/x")
    assert page.status == (400 if hands_back else 422)
    assert ("kept" in page.html) == (hands_back or path == BOOK), "the other parts are read"


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


@pytest.mark.parametrize("slug", ["", "x", "..", "%2e%2e", "faerdselskontrol%00"])
def test_a_service_that_does_not_exist_is_not_found(desk_app, slug):
    assert desk_app.test_client().get(f"/bestil/{slug}").status_code in (404, 308)


# The page to check before sending.


def test_the_check_page_shows_everything_that_was_answered_and_sends_nothing(app):
    person = Person(app)
    page = person.post(BOOK,
        filled(
            towards="mod Haslev",
            place_van="Ved kirken er der plads.",
            org="Terslev Borgerforening",
            phone="12 34 56 78",
            reply="letter",
            address="Bygaden 1\n4690 Haslev",
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
        "Weekdays 6–9, Weekdays 14–18",
        "Road works",
        "Recent accident",
        "Ved kirken er der plads.",
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
        once=form_name(typist.app),
        towards="mod Haslev",
        place_van="Linje 1\r\nLinje 2",
        lat="55.3",
        lng="11.9",
        worst=["night", "weekend"],
        special=["works"],
        phone="12 34 56 78",
        reply="phone",
        address=None,
        text='Æ ø å <b> & "citat"',
    )
    check = typist.post(BOOK, typed)
    assert check.status == 200, check.errors
    hidden = as_sent(check, "once")
    page = typist.post(BOOK, {**hidden, "change": "1"})
    assert page.status == 200 and not page.errors
    still = as_sent(page, "once")
    for name, value in typed.items():
        assert [v.replace("\r\n", "\n") for v in still[name]] == [
            v.replace("\r\n", "\n") for v in (value if isinstance(value, list) else [value])
        ], name


def test_each_answer_of_the_check_page_has_a_way_to_its_field_and_back(typist):
    page = typist.post(BOOK, filled())
    assert 'value="road" formaction="#road"' in " ".join(page.html.split())
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.html))
    form = typist.post(BOOK, {**hidden, "change": "road"})
    assert 'action="#answer-road"' in form.html and 'id="road"' in form.html and form.status == 200
    assert 'id="answer-road"' in page.html
    strange = typist.post(BOOK, {**hidden, "change": "x'\"<"}).html
    assert 'action="#"' in re.search("<form[^>]*on-paper[^>]*>", strange)[0]


def known_here(app, **changes) -> str:
    page = Person(app).post(BOOK, filled(**changes))
    assert page.status == 200, page.errors
    return page.text


@pytest.mark.parametrize("road", ["Bygaden", "bygaden", "BYGADEN", "  Bygaden  ", "bygaden", "Bygaden,"])
def test_who_asked_for_the_same_road_is_told_however_it_is_written(app, road):
    wish(app)
    assert "One other person waits" in known_here(app, road=road)


def test_the_same_road_is_known_by_its_danish_letters(app):
    wish(app, road="Østre  Åvej")
    assert ASKED in known_here(app, road="ØSTRE ÅVEJ")
    assert ASKED in known_here(app, road="Østre A\u030avej"), "å typed as a and a ring"
    assert ASKED not in known_here(app, road="Ostre Avej")


def test_an_abbreviation_is_the_same_road_with_and_without_its_dot(app):
    wish(app, road="Sdr. Strandvej")
    assert ASKED in known_here(app, road="Sdr Strandvej")


def test_nobody_asked_means_that_nothing_is_said(app):
    wish(app)
    assert ASKED not in known_here(app, road="Kirkevej")
    assert ASKED not in known_here(app, postcode="4683"), "the same name in another town is another road"


@pytest.mark.parametrize("metres, told", [(240, True), (300, False)])
def test_a_pin_within_250_metres_is_the_same_place_across_a_postcode_border(app, metres, told):
    wish(app, lat=PIN[0], lng=PIN[1])
    told_here = known_here(app, road="Skolevej", postcode="4683", lat=str(PIN[0] + metres * METRES), lng=str(PIN[1]),
                           accuracy="20")
    assert (ASKED in told_here) is told


def test_a_pin_given_later_for_a_known_road_is_found_too(app):
    wish(app)
    wish(app, lat=PIN[0], lng=PIN[1])
    assert ASKED in known_here(app, road="Skolevej", postcode="4683", lat=str(PIN[0]), lng=str(PIN[1]), accuracy="50")
    assert ASKED not in known_here(app, road="Skolevej", postcode="4683", lat=str(PIN[0]), lng=str(PIN[1]), accuracy="51")


def test_only_those_who_still_wait_are_counted(app):
    first, second, third = wish(app), wish(app), wish(app)
    with app.app_context():
        Booking.by_reference(first.reference).withdraw()
        Booking.by_reference(second.reference).decline(Officer.by_email(OFFICER), "resources", "", "")
        db.session.commit()
    assert "One other person waits" in known_here(app)
    with app.app_context():
        Booking.by_reference(third.reference).withdraw()
        db.session.commit()
    assert ASKED not in known_here(app)


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
                status=VisitStatus.REPORTED,
                crew="X",
                method="atk",
                starts_at=at,
                ends_at=at + timedelta(hours=2),
                findings={
                    "performed": "yes", "periods": [{"day": "2026-02-06", "starts": "18:00", "ends": "19:00"}],
                    "method": "atk",
                    "place": "Bygaden",
                    "passed": 94,
                    "charged": 0,
                    "next": ["closed"],
                },
            )
        )
        db.session.commit()
    words = known_here(app)
    assert "2 others wait for an answer here. The first has waited since 2 March 2026" in words
    assert "vehicles measured" not in words, "not public yet"
    with app.app_context():
        visit = db.session.query(Visit).one()
        visit.reported_at, visit.release_on = visit.ends_at, visit.ends_at.date()
        Visit.release_due()
        db.session.commit()
    words = known_here(app)
    assert "February 2026" in words and "94 vehicles measured, nobody charged with speeding" in words


@pytest.mark.parametrize("state", [VisitStatus.PLANNED, VisitStatus.DONE, VisitStatus.CANCELLED])
def test_a_coming_control_or_an_unsent_result_is_never_told(app, state):
    with app.app_context():
        place = Place.at(road="Bygaden", postcode="4690", town="Haslev", municipality="Faxe")
        db.session.add(
            Visit(
                service="traffic",
                place=place,
                status=state,
                crew="X",
                method="atk",
                starts_at=now(),
                ends_at=now() + timedelta(hours=2),
                draft={"performed": "yes", "method": "atk", "passed": 77777, "charged": 0},
            )
        )
        db.session.commit()
    words = known_here(app)
    assert ASKED not in words and "77,777" not in words


# Sending, once.


def test_sending_gives_a_receipt_with_reference_promise_and_what_happens_next(app):
    page = Person(app).post(BOOK, {**filled(), "send": "1"})
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert f"{booking.reference[:4]} {booking.reference[4:]}" in page.text
        assert f"{booking.due_on.day} {booking.due_on:%B} {booking.due_on.year}" in page.text
        assert "confirmed" not in page.text.lower()
        letter = db.session.query(Letter).one()
        assert letter.recipient == "anna@example.dk" and booking.reference[:4] in letter.text
        for words in (WISH["text"], "Bygaden", "kirken", "Anna"):
            assert words not in letter.text, "a receipt does not repeat the citizen's words"
        assert booking.answers["worst"] == WISH["worst"] and "name" not in booking.answers


def test_sending_twice_reloading_and_going_back_give_one_booking_and_the_same_receipt(app):
    person, data = Person(app), filled(once=form_name(app))
    first = person.post(BOOK, {**data, "send": "1"}, follow=False)
    assert first.status == 303
    again = person.post(BOOK, {**data, "send": "1"}, follow=False)
    assert again.response.location == first.response.location
    assert person.get(first.response.location).status == person.get(first.response.location).status == 200
    person.post(BOOK, {**data, "change": "1"})
    person.post(BOOK, data)
    back = person.post(BOOK, {**data, "send": "1"}, follow=False)
    assert back.response.location == first.response.location
    assert how_many(app, Booking) == how_many(app, Letter) == 1


def test_a_new_form_is_a_new_booking(app):
    person = Person(app)
    assert person.get(BOOK).hidden["once"] != person.get(BOOK).hidden["once"]
    person.post(BOOK, {**filled(), "send": "1"})
    person.post(BOOK, {**filled(), "send": "1"})
    assert how_many(app, Booking) == 2


@pytest.mark.postgres
def test_a_double_click_from_two_threads_is_one_booking(app):
    person, data, answers = Person(app), filled(once=form_name(app)), []
    token = person.token
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
    assert still["text"] == [WISH["text"]] and still["worst"] == WISH["worst"]
    assert how_many(app, Booking) == 0
    again = newcomer.client.post(BOOK, data={**still, "send": "1"})
    assert again.status_code == 303, "pressing once more is enough"


def test_nothing_is_booked_without_a_token(app):
    assert app.test_client().post(BOOK, data={**filled(), "send": "1"}).status_code == 422
    assert how_many(app, Booking) == 0


def test_nothing_is_kept_before_it_is_sent(app):
    person = Person(app)
    person.post(BOOK, filled())
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
    person.post(BOOK, {**filled(), "send": "1"})
    with app.app_context():
        letter = db.session.query(Letter).one()
        assert letter.language == "en" and "/en/sag/" in letter.text and "We have received your booking" in letter.text


@pytest.mark.parametrize("path", ["/", "/find", "/saadan-virker-det", "/privatliv"])
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
    assert booking.status is BookingStatus.RECEIVED
