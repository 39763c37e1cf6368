"""What people paste and type: signs that nobody sees, phone numbers, line breaks, numbers, and names of fields."""

import re
from datetime import timedelta

import pytest
from conftest import WISH, Page, Person, logged_in, logged_in_by_form
from helpers import as_sent, case, error_at, filled, wish
from helpers_cases import accept, findings_of, planned
from werkzeug.datastructures import MultiDict

from forms import LoginForm
from models import Booking, Visit, db, now

BOOK = "/en/bestil/faerdselskontrol"
PHONE, EXTENSION = "Write eight digits, or + and the country code.", "Write one number and nothing else"


def booked(app, **typed) -> Booking:
    """The booking that a citizen's form makes of what they type."""
    page = Person(app).post(BOOK, {**filled(**typed), "send": "1"}, follow=False)
    assert page.status == 303, page.errors
    return db.session.query(Booking).order_by(Booking.id.desc()).first()


# Signs that nobody sees

UNSEEN = ["\u200b", "\u202d", "\u202c", "\u2060", "\xad", "\u200d", "\u200e", "\ufeff", "\u3164", "\ufe0f", "\x07",
          "\U000e0041", "\ufffc", "\u2800", "\U0001d173", "\U0001d17a", "\U0001bca0", "\U0001bca3", "\U000e0100",
          "\U000e01ef", "\u180b", "\u180f", "\uffff", "\ufffe", "\ufdd0", "\U0001ffff", "\U0010fffe"]
NARROW = ["\xa0", "\u202f", "\u2009", "\u2007", "\u3000"]


@pytest.mark.parametrize("sign", UNSEEN + NARROW, ids=ascii)
def test_signs_that_nobody_sees_are_left_out_of_phone_mail_postcode_and_name(app, sign):
    with app.app_context():
        booking = booked(
            app, phone=f"{sign}12{sign}34 56 78{sign}", email=f"{sign}anna{sign}@exa{sign}mple.dk{sign}",
            postcode=f"{sign}4690{sign}", name=f"{sign}Anna {sign}Jensen{sign}", road=f"By{sign}gaden")
        assert (booking.phone, booking.email, booking.place.postcode) == ("12345678", "anna@example.dk", "4690")
        assert " ".join(booking.name.split()) == "Anna Jensen"
        assert booking.place.road == ("By gaden" if sign in NARROW else "Bygaden")


@pytest.mark.parametrize("typed", [
    "46 90", "4 6 9 0", "DK\u20114690", "\uff14\uff16\uff19\uff10", "DK-46 90", "46 90 Haslev", "4690Haslev",
    "Haslev 4690", "Haslev, 4690"])
def test_a_postcode_is_taken_as_it_is_meant(app, typed):
    with app.app_context():
        assert booked(app, postcode=typed).place.postcode == "4690"


@pytest.mark.parametrize("typed, town", [
    ("Haarlev", "Hårlev"), ("HA\u030aRLEV", "Hårlev"), ("naestved", "Næstved"), ("Soroe", "Sorø")])
def test_a_town_is_known_as_a_foreign_keyboard_and_a_mac_write_it(app, typed, town):
    with app.app_context():
        assert booked(app, postcode=typed).place.town == town


def test_a_town_of_another_district_is_known_without_danish_letters_too(app):
    assert "belongs to" in error_at(Person(app).post(BOOK, filled(postcode="Koege")), "postcode")


def test_a_letter_that_a_mac_writes_as_two_signs_is_one(app):
    with app.app_context():
        booking = booked(app, name="A\u030ase Thore\u0301n", text="A\u030a" * 1000)
        assert booking.name == "Åse Thorén" and booking.answers["text"] == "Å" * 1000


@pytest.mark.parametrize("typed", ["469 012", "46 90 1", "46", "4 69", "4690,4700", "4690 / 4700", "Haslev 46901",
                                   "SE 4690", "4690 eller 4700", "4690 Haslev og 4700", "4690 eller Næstved",
                                   "Næstved or 4690"])
def test_other_numbers_are_no_postcode(app, typed):
    assert "postcode of four digits" in error_at(Person(app).post(BOOK, filled(postcode=typed)), "postcode")


@pytest.mark.parametrize("typed", [
    "Åse <aase@x.dk>", "<aase@x.dk>", "mailto:aase@x.dk", "MAILTO:aase@x.dk?subject=Hej%20du",
    '"Holm, Åse" <aase@x.dk>;',
    "<mailto:aase@x.dk>", "mailto://aase@x.dk", "'aase@x.dk'", "“aase@x.dk”", "(aase@x.dk)", "aase@x.dk,", "\uff41ase\uff20x.dk",
    "mailto:aase%40x.dk", "mailto:%61ase@x.dk", "aase%40x.dk", "aase@x.dk<mailto:aase@x.dk>",
    "E-mail: aase@x.dk", "email:aase@x.dk", "Mail: aase@x.dk",
    "AASE@x.dk <mailto:aase@x.dk?subject=Hej>", "mailto:?to=aase@x.dk&subject=Hej", '"aase@x.dk" <aase@x.dk>', "<mailto:aase@x.dk?cc=bo@x.dk>"])
def test_an_address_is_taken_out_of_what_is_pasted_around_it(app, typed):
    with app.app_context():
        booking = booked(app, email=typed)
        assert booking.email == "aase@x.dk"
    page = Person(app).post("/en/find", {"reference": booking.reference, "contact": typed})
    assert page.status == 200 and "/sag/" in page.response.request.path


@pytest.mark.parametrize("typed, kept", [
    ("mailto:aase%2Btag@x.dk", "aase+tag@x.dk"), ("<mailto:aase%2btag@x.dk?subject=a%20b>", "aase+tag@x.dk"),
    ("mailto:aase@r%C3%B8d.dk", "aase@rød.dk"), ("aase@xn--rd-lka.dk", "aase@rød.dk"),
    ("aase?x@x.dk", "aase?x@x.dk")])
def test_an_address_in_a_link_is_read_as_links_are_written(app, typed, kept):
    with app.app_context():
        assert booked(app, email=typed).email == kept


@pytest.mark.parametrize("typed", [
    "aase@x.dk, bo@x.dk", "aase@x.dk bo@x.dk", "Åse", "<aase>", "Åse aase@x.dk", "a@b@x.dk",
    "Åse (aase@x.dk)", "Åse: aase@x.dk", "Åse <aase@x.dk>, Bo <bo@x.dk>", "=?utf-8?q?x?=@x.dk", f"{'a' * 65}@x.dk",
    "bo@x.dk <aase@x.dk>", "mailto:a@x.dk,b@x.dk", "mailto:a@x.dk%2Cb@x.dk", "a%40x.dk,b@x.dk",
    "a%0Ab@x.dk", "a%00b@x.dk", "a%20b@x.dk", "mailto:a%ffb", "smtp:a@x.dk"])
def test_what_may_be_two_addresses_or_none_is_asked_for_anew(app, typed):
    assert "Write an e-mail address" in error_at(Person(app).post(BOOK, filled(email=typed)), "email")


@pytest.mark.parametrize("sign", ["\u180b", "\ufe0f", "\U000e0100"], ids=ascii)
def test_no_sign_that_chooses_how_another_looks_stays_in_an_address(app, sign):
    with app.app_context():
        assert booked(app, email=f"anna@ærø{sign}.dk").email == "anna@ærø.dk"


@pytest.mark.parametrize("name", [
    "می\u200cخواهم", "ශ්\u200dරී Perera", "Anna 👩\u200d👧 Jensen", "Bo ❤️\u200d🔥", "🏴\U000e0067\U000e0062\U000e0065"
    "\U000e006e\U000e0067\U000e007f", "1️⃣ Hansen", "Zoë O’Neill-Ærø", "\ue000",
    "രാജന്\u200d", "രാജന്\u200d നായര്\u200d", "হঠাত্\u200d, Haslev"], ids=ascii)
def test_a_name_keeps_the_signs_that_its_letters_and_emoji_need(app, name):
    with app.app_context():
        assert booked(app, name=name).name == name


@pytest.mark.parametrize("typed, kept", [
    ("രാജന്\u200d\u200d", "രാജന്\u200d"), ("രാജ\u200d", "രാജ"), ("نه\u200c", "نه"),
    ("Bo 👩\u200d", "Bo 👩")], ids=ascii)
def test_a_joiner_that_joins_nothing_and_changes_nothing_at_the_end_of_a_name_is_left_out(app, typed, kept):
    with app.app_context():
        assert booked(app, name=typed).name == kept


@pytest.mark.parametrize("sign", [*UNSEEN, "\u200b\ufe0f", "\u200d\ufe0f\u2800"], ids=ascii)
def test_what_is_made_of_unseen_signs_alone_is_empty(app, sign):
    assert "must be filled in" in error_at(Person(app).post(BOOK, filled(name=f" {sign} ")), "name")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_a_line_break_of_any_kind_is_not_on_one_line(app, line_break):
    assert "on one line" in error_at(Person(app).post(BOOK, filled(name=f"Anna{line_break}Jensen")), "name")


def test_an_officer_logs_in_and_finds_with_what_was_pasted(app):
    officer = logged_in_by_form(app, email="\u200bida\xa0@politi.example\u2060")
    reference = wish(app, road="Skolegade", name="Bo Holm").reference
    for path in ("/en/kontor/", "/en/kontor/steder"):
        found = officer.client.get(path, query_string={"q": "\u200bSkole\xadgade\ufeff"})
        assert "Skolegade" in found.text and found.status_code == 200, path
    assert reference[:4] in officer.client.get("/en/kontor/", query_string={"q": "Bo\u202fHo\u200blm"}).text


def test_one_fault_of_a_number_a_day_or_a_time_is_told_once(app):
    officer, booking = logged_in(app), wish(app)
    id = planned(app, booking, start=now() - timedelta(hours=3))
    with app.app_context():
        form = findings_of(db.session.get(Visit, id))
    wrong = {"passed": "ca. 94", "charged": "x", "top": "hurtigt", "avg": "ca. 52", "periods-0-day": "i går",
             "periods-0-starts": "sent"}
    page = officer.post(f"/en/kontor/besoeg/{id}/resultat", {**form, **wrong})
    messages = re.findall(r'<p class="form-error-message" id="([^"]*)"', page.html)
    assert page.status == 422 and sorted(messages) == sorted(f"{name}-error" for name in wrong)


def test_a_password_is_what_it_is(app):
    with app.test_request_context("/kontor/", base_url="http://127.0.0.1:8000/en"):
        form = LoginForm(MultiDict({"email": "a@b.dk", "password": " to\u200b ord\xa0"}), meta={"csrf": False})
        assert form.password.data == " to\u200b ord\xa0"


# Phone numbers

@pytest.mark.parametrize("typed, kept", [
    ("(45) 20304050", "20304050"), ("45 20 30 40 50", "20304050"), ("4520304050", "20304050"),
    ("20.30.40.50", "20304050"), ("tlf. 20 30 40 50", "20304050"), ("Tlf.nr.: +45 20304050", "20304050"),
    ("tel:+4520304050", "20304050"), ("20–30–40–50", "20304050"), ("20/304050", "20304050"),
    ("２０３０４０５０", "20304050"), ("45203040", "45203040"), ("+44 (0)20 7946 0958", "+442079460958"),
    ("00 49 (0) 30 901820", "+4930901820"), ("+1 (212) 555-0123", "+12125550123"), ("+299 32 10 10", "+299321010"),
    ("+354 545 1000", "+3545451000"), ("+39 06 6982", "+39066982")])
def test_a_phone_number_as_phones_cards_and_foreigners_write_it_is_kept_as_it_is_called(app, typed, kept):
    with app.app_context():
        assert booked(app, phone=typed).phone == kept


@pytest.mark.parametrize("typed, why", [
    ("20304050 lokal 12", EXTENSION), ("20304050 x12", EXTENSION), ("20304050#12", EXTENSION),
    ("+4520304050;ext=3", EXTENSION), ("20304050,,12", EXTENSION), ("20304050 (Anna)", EXTENSION),
    ("2030POLI", EXTENSION), ("20304050 eller 30405060", EXTENSION), ("20304050/30405060", EXTENSION), ("+4520304050 +4530405060", EXTENSION),
    ("+45 (0) 20 30 40 50", PHONE), ("+450020304050", PHONE), ("+1 555 0123", PHONE), ("2030405", PHONE),
    ("00000000", PHONE), ("+45 01234567", PHONE), ("46701234567", PHONE), ("+999 12345678", PHONE), ("112", PHONE), ("ring til mig", PHONE), ("+", PHONE)])
def test_what_could_not_be_called_as_a_phone_number_is_refused_with_the_reason(app, typed, why):
    page = Person(app).post(BOOK, filled(phone=typed))
    assert why in error_at(page, "phone") and page.hidden.get("phone", [typed]) == [typed]


# Line breaks

def test_a_line_break_counts_once_and_is_kept_as_one_sign(app):
    words = "ab\r\n" * 333 + "c"
    assert len(words.replace("\r\n", "\n")) == 1000
    with app.app_context():
        assert booked(app, text=words).answers["text"] == words.replace("\r\n", "\n")
    assert "at most 1000" in error_at(Person(app).post(BOOK, filled(text=words + "d")), "text")


# Numbers

@pytest.fixture
def findings(app, clock_of_the_district):
    """The form of what was found at a control, sent with other answers; its page."""
    visit, officer = planned(app, wish(app), start=now() - timedelta(hours=3)), logged_in(app)
    path = f"/en/kontor/besoeg/{visit}/resultat"

    def send(language: str = "en", **typed):
        with app.app_context():
            sent = findings_of(db.session.get(Visit, visit), **typed)
        return officer.post(path if language == "en" else path.removeprefix("/en"), sent, check=False)

    return send


def test_a_number_is_typed_as_text_so_that_no_mouse_wheel_changes_it(findings):
    page = findings(charged="")
    for name, keyboard in (("charged", "numeric"), ("avg", "decimal")):
        [field] = re.findall(f'<input[^>]*name="{name}"[^>]*>', page.html)
        assert 'type="text"' in field and f'inputmode="{keyboard}"' in field
    assert 'type="number"' not in page.html


@pytest.mark.parametrize("language, shown", [("en", "52.4"), ("da", "52,4")])
@pytest.mark.parametrize("typed", ["52,4", "52.4", " 52,40 ", "52\u200b,4"])
def test_a_decimal_arrives_by_comma_and_point_in_either_language(app, findings, language, shown, typed):
    assert findings(language, avg=typed).status == 200
    with app.app_context():
        visit = db.session.query(Visit).one()
        path, kept = f"{'/en' if language == 'en' else ''}/kontor/besoeg/{visit.id}/resultat", visit.draft["avg"]
    assert kept == 52.4 and as_sent(logged_in(app).get(path), "avg")["avg"] == [shown]


@pytest.mark.parametrize("point", ["\xa0", "\u202f", " ", ".", ","], ids=ascii)
def test_a_thousand_as_people_and_our_own_pages_write_it_is_a_number_in_a_row_as_elsewhere(app, findings, point):
    thousand = f"1{point}000"
    assert findings(**{"passed": thousand, "other-0-kind": "drink", "other-0-count": thousand}).status == 200
    with app.app_context():
        draft = db.session.query(Visit).one().draft
    assert draft["passed"] == 1000 and draft["other"] == [{"kind": "drink", "count": 1000}]


def test_what_is_no_number_is_refused_with_its_words(findings):
    for name, typed in (
            ("passed", "ca. 94"), ("passed", "94,5"), ("passed", "0.500"), ("passed", "0 500"), ("passed", "1.00"),
            ("passed", "1000.000"), ("passed", "9" * 4301), ("passed", "1_0"), ("passed", "²"), ("avg", "ca. 52"),
            ("avg", "0000000000000052"), ("avg", "1e2"), ("avg", "NaN"), ("avg", "52,4 km")):
        page = findings(**{name: typed})
        assert page.status == 422 and "number, such as" in error_at(page, name), typed[:20]
        assert as_sent(page, name)[name] == [typed]


@pytest.mark.parametrize("typed, faults", [
    ({"periods-0-day": "i går", "periods-0-starts": "10:00", "periods-0-ends": "11:00"}, {"day"}),
    ({"periods-0-day": "i går"}, {"day", "starts", "ends"}), ({}, {""})])
def test_a_row_that_could_not_be_read_is_not_missing_besides(findings, typed, faults):
    """`faults`: the fields of the row that have a message; the whole question where there is no row."""
    blank = {f"periods-{n}-{name}": "" for n in range(3) for name in ("day", "starts", "ends", "direction")}
    page = findings(**{"avg": "52", **blank, **typed})
    messages = re.findall(r'<p class="form-error-message" id="([^"]*)"', page.html)
    assert page.status == 422 and sorted(messages) == sorted(
        f"periods-0-{name}-error" if name else "periods-error" for name in faults)


@pytest.mark.parametrize("day", ["12/5-2027", "12.5.2027", "2027-5-12", "\uff112.5.2027", "12.\xa05.\xa02027"])
def test_a_day_is_read_as_it_is_written_in_denmark(app, day):
    officer, booking = logged_in(app), accept(app, wish(app))
    path = case(booking, "besoeg")
    typed = {"day": day, "starts": "19\uff1a00", "ends": "20.00", "crew": "A"}
    assert officer.post(path, {**as_sent(officer.get(path), "starts"), **typed}).errors == []
    with app.app_context():
        assert f"{db.session.query(Visit).one().starts_at:%Y-%m-%d}" == "2027-05-12"


# Names of fields

@pytest.mark.parametrize("name", ["dates-²-day", "dates-①-day", f"dates-{'9' * 4301}-day", "dates-٣-starts", "dates--1-day",
                                  "dates-0", "dates-0-0", "²", "dates-99999999999999999999-day"], ids=ascii)
@pytest.mark.parametrize("path", ["/en/bestil/mobil-politistation", "/en/find", "/en/kontor/log-ind"])
def test_a_name_that_no_field_has_is_no_error_of_ours(app, path, name):
    page = Person(app).post(path, {name: "2026-12-12"}, check=False)
    assert page.status == 422, name


# A browser that keeps no cookie

@pytest.mark.parametrize("path", [BOOK, "/en/find", "/en/kontor/log-ind", "/en/tilgaengelighed", "case"])
def test_a_browser_without_cookies_reads_of_the_cookie_and_whom_to_call(app, path):
    if path == "case":  # a single button
        booking = wish(app)
        path = f"/en/sag/{booking.reference}/{booking.secret}/tid/1"
    browser = app.test_client(use_cookies=False)
    sent = {**WISH, "csrf_token": Page(browser.get(BOOK)).token}
    for _ in range(2):
        page = Page(browser.post(path, data=sent))
        assert page.status in (400, 422) and "too long" not in page.text
        assert "no cookie" in page.text and "call us: 114" in page.text
        sent["csrf_token"] = page.token
    assert "cookie" in Page(browser.post(path.removeprefix("/en"), data=sent)).text
    assert path != BOOK or WISH["text"] in page.html


def test_who_comes_back_with_an_older_cookie_reads_of_the_page(app):
    page = Person(app).post(BOOK, {**filled(), "csrf_token": "old"})
    assert page.status == 422 and "open for too long" in page.text


def test_the_slip_of_an_ending_is_not_led_to_another_company(app):
    assert "“gmail.com”" in error_at(Person(app).post(BOOK, filled(email="anna@gmail.dk")), "email")
