"""A code from the officer's phone: nobody is in with a password alone, and no code works twice."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from conftest import OFFICER, PASSWORD, Page, Person, logged_in
from helpers import try_in
from werkzeug.security import generate_password_hash

from models import Officer, db, now

CODE_PAGE, LOG_IN = "/en/kontor/konto/kode", "/en/kontor/log-ind"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


@pytest.fixture
def app(make_app):
    """An office that asks for a second factor, and a password whose hash is soon reckoned."""
    app = make_app(SECOND_FACTOR=True)
    with app.app_context():
        Officer.by_email(OFFICER).password_hash = generate_password_hash(PASSWORD, method="scrypt:256:8:1")
        db.session.commit()
    return app


def set_up(person: Person, follow=True) -> tuple[pyotp.TOTP, list[str]]:
    """As an officer does the first time; the app on the phone, and the recovery codes."""
    page = person.get(CODE_PAGE)
    totp = pyotp.TOTP(re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.html)[1].replace(" ", ""))
    page = person.post(CODE_PAGE, {"password": PASSWORD, "code": totp.at(now())})
    assert page.status == 200, page.errors
    return totp, re.findall(r"<li><code>([A-Z2-7 ]+)</code>", page.html)


def knock(app, code: str, password: str = PASSWORD, email: str = OFFICER) -> Page:
    person = Person(app)
    return person.post(LOG_IN, {"email": email, "password": password, "code": code}, follow=False)


def test_whoever_has_none_yet_sets_one_up_before_anything_else(app):
    person = Person(app)
    person.post(LOG_IN, {"email": OFFICER, "password": PASSWORD})
    for path in ("/en/kontor/", "/en/kontor/tal", "/en/kontor/konto", "/en/kontor/sag/K7MDPXQA"):
        assert person.client.get(path).location == f"{CODE_PAGE}?next={path}"
    assert person.client.post("/en/kontor/medarbejdere", data={"email": "x@y.dk"}).location == CODE_PAGE
    set_up(person)
    assert person.client.get("/en/kontor/").status_code == 200


@pytest.mark.parametrize("goal", ["/en/kontor/sag/K7MDPXQA", "/en/kontor/?bunke=breve"])
def test_the_link_that_somebody_followed_leads_on_after_password_and_phone_are_set_up(app, goal):
    with app.app_context():
        Officer.by_email(OFFICER).temporary = True
        db.session.commit()
    person = Person(app)
    page = person.post(person.client.get(goal).location, {"email": OFFICER, "password": PASSWORD})
    assert page.response.request.path == "/en/kontor/konto/adgangskode"
    new = "fire ord og et tal"
    page = person.post(page.response.request.full_path, {"password": PASSWORD, "new_password": new})
    assert page.response.request.path == CODE_PAGE and "Your password is changed" in page.text
    key = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.html)[1].replace(" ", "")
    typed = {"password": new, "code": pyotp.TOTP(key).at(now())}
    page = person.post(page.response.request.full_path, typed)
    assert f'href="{goal}">I have saved them. Continue' in page.html


@pytest.mark.parametrize("hostile", ["//evil.example", "https://evil.example/kontor/", "/find"])
def test_after_the_set_up_nobody_is_sent_elsewhere(app, hostile):
    person = Person(app)
    person.post(LOG_IN, {"email": OFFICER, "password": PASSWORD})
    page = person.get(CODE_PAGE)
    key = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.html)[1].replace(" ", "")
    page = person.post(f"{CODE_PAGE}?next={hostile}", {"password": PASSWORD, "code": pyotp.TOTP(key).at(now())})
    assert 'href="/en/kontor/">I have saved them. Continue' in page.html


def test_the_page_works_without_a_picture_and_for_every_reader(app):
    page = logged_in(app).get(CODE_PAGE)
    assert "<svg" in page.html and 'role="img"' in page.html and 'autocomplete="one-time-code"' in page.html
    key = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.html)[1]
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key), "the same key in letters, to type"


def test_a_reload_shows_the_same_key_and_another_log_in_another_one(app):
    person, other = logged_in(app), logged_in(app)
    keys = [re.search(r'class="key">(.+?)<', p.get(CODE_PAGE).html)[1] for p in (person, person, other)]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("code", ["", "000000", "12345", "abcdef", "١٢٣٤٥٦", "\x00", "x" * 200])
def test_a_wrong_code_at_the_set_up_keeps_nothing(app, code):
    person = logged_in(app)
    page = person.post(CODE_PAGE, {"password": PASSWORD, "code": code})
    assert page.status == 422
    with app.app_context():
        assert Officer.by_email(OFFICER).totp_secret == ""


def test_the_set_up_takes_the_password_so_that_an_open_screen_is_not_enough(app):
    person = logged_in(app)
    secret = re.search(r'class="key">(.+?)<', person.get(CODE_PAGE).html)[1].replace(" ", "")
    page = person.post(CODE_PAGE, {"password": "forkert", "code": pyotp.TOTP(secret).at(now())})
    assert page.status == 422 and "password is wrong" in page.text
    with app.app_context():
        ida = Officer.by_email(OFFICER)
        assert ida.totp_secret == "" and ida.wrong_tries == 1, "and it counts like one at the door"


def test_another_phone_takes_a_code_of_the_first_one_or_a_recovery_code(app, clock):
    person, elsewhere = logged_in(app), logged_in(app)
    first, codes = set_up(person)
    for now_typed in ("", "000000", codes[0]):
        page = person.get(CODE_PAGE)
        secret = re.search(r'class="key">(.+?)<', page.html)[1].replace(" ", "")
        assert secret != first.secret, "another key than that of the phone in use"
        page = person.post(CODE_PAGE, {"password": PASSWORD, "now": now_typed, "code": pyotp.TOTP(secret).at(now())})
        assert page.status == (200 if now_typed == codes[0] else 422), now_typed
    clock.shift(timedelta(minutes=1))
    assert knock(app, first.at(now())).status == 422 and knock(app, pyotp.TOTP(secret).at(now())).status == 303
    assert person.client.get("/kontor/").status_code == 200 and elsewhere.client.get("/kontor/").status_code == 302


def test_password_and_code_open_and_either_alone_does_not(app, clock):
    totp, _ = set_up(logged_in(app))
    clock.shift(timedelta(minutes=1))
    right = totp.at(now())
    wrong = [knock(app, ""), knock(app, "000000"), knock(app, right, "forkert"), knock(app, right, email="x@politi.dk")]
    assert {page.status for page in wrong} == {422}
    assert len({tuple(page.errors) for page in wrong}) == 1, "whatever was wrong, the page says the same"
    assert knock(app, f" {right[:3]} {right[3:]} ").status == 303, "spaces do not matter"
    clock.shift(timedelta(minutes=1))
    assert knock(app, f"{totp.at(now())[:3]}-{totp.at(now())[3:]}").status == 303, "nor does a stroke"


def test_no_code_works_twice_not_even_the_one_of_the_set_up(app, clock):
    totp, _ = set_up(logged_in(app))
    assert knock(app, totp.at(now())).status == 422
    clock.shift(timedelta(minutes=1))
    assert knock(app, totp.at(now())).status == 303
    assert knock(app, totp.at(now())).status == 422
    assert knock(app, totp.at(now() - timedelta(seconds=30))).status == 422, "nor an older one"


def test_a_clock_half_a_minute_off_does_no_harm_and_two_minutes_do(app, clock):
    totp, _ = set_up(logged_in(app))
    clock.shift(timedelta(minutes=10))
    for off in (-120, -60, 60, 120):
        assert knock(app, totp.at(now() + timedelta(seconds=off))).status == 422
    with app.app_context():
        Officer.by_email(OFFICER).wrong_tries = 0
        db.session.commit()
    for off in (-30, 30):
        assert knock(app, totp.at(now() + timedelta(seconds=off))).status == 303


def test_wrong_codes_lock_the_account_like_wrong_passwords(app, clock):
    totp, _ = set_up(logged_in(app))
    clock.shift(timedelta(minutes=1))
    for n in range(5):
        knock(app, f"00000{n}")
    assert knock(app, totp.at(now())).status == 422, "locked, even for the right code"
    clock.shift(timedelta(minutes=2))
    assert knock(app, totp.at(now())).status == 303


def test_nobody_can_keep_an_officer_out_by_wrong_tries(app, clock):
    totp, codes = set_up(logged_in(app))
    clock.shift(timedelta(minutes=1))
    for n in range(8):
        knock(app, f"00000{n}")
    assert knock(app, totp.at(now())).status == 422, "locked"
    assert knock(app, codes[0], "forkert").status == 422, "the password is asked for all the same"
    assert knock(app, codes[0]).status == 303
    clock.shift(timedelta(minutes=1))
    assert knock(app, totp.at(now())).status == 303, "and the lock is gone"
    for n in range(8):
        knock(app, f"00000{n}")
    assert knock(app, codes[0]).status == 422, "each once"


def test_ten_recovery_codes_each_of_which_works_once(app):
    _, codes = set_up(logged_in(app))
    assert len(set(codes)) == 10 and {len(code.replace(" ", "")) for code in codes} == {26}, "128 bits each"
    with app.app_context():
        kept = str(Officer.by_email(OFFICER).recovery)
        assert not [code for code in codes if code.replace(" ", "") in kept], "only their hashes are kept"
    assert knock(app, codes[0]).status == 303
    assert knock(app, codes[0]).status == 422
    assert knock(app, codes[1].replace(" ", "-").lower()).status == 303, "however it is typed"
    copied = codes[2].translate(str.maketrans("OIB", "018"))
    assert knock(app, copied).status == 303, "by hand, with digits that no code has"


@pytest.mark.parametrize("missing", ["password", "now"])
def test_new_recovery_codes_take_password_and_code_and_end_the_old_ones(app, clock, missing):
    person = logged_in(app)
    totp, old = set_up(person)
    clock.shift(timedelta(minutes=1))
    who = {"password": PASSWORD, "now": totp.at(now())}
    page = person.post("/en/kontor/konto/noedkoder", who | {missing: "x"})
    assert page.status == 422 and page.errors
    page = person.post("/en/kontor/konto/noedkoder", who)
    new = re.findall(r"<li><code>([A-Z2-7 ]+)</code>", page.html)
    assert len(new) == 10 and not set(new) & set(old)
    assert knock(app, old[0]).status == 422 and knock(app, new[0]).status == 303


def test_the_operator_helps_with_a_lost_phone(app):
    person = logged_in(app)
    _, codes = set_up(person)
    said = app.test_cli_runner().invoke(args=["officer", "second-factor", OFFICER, "--reset"])
    assert said.exit_code == 0, said.output
    assert person.client.get("/en/kontor/").status_code == 302, "sessions end"
    again = logged_in(app)
    assert again.client.get("/en/kontor/").location == f"{CODE_PAGE}?next=/en/kontor/"
    assert knock(app, codes[0]).status == 303, "with the password alone, until another is set up"
    assert app.test_cli_runner().invoke(args=["officer", "second-factor", OFFICER]).exit_code != 0, "not by mistake"
    with app.app_context():
        Officer.by_email(OFFICER).leave()
        db.session.commit()
    said = app.test_cli_runner().invoke(args=["officer", "second-factor", OFFICER, "--reset"])
    assert said.exit_code == 1 and f"no {OFFICER} who can log in" in said.output, "there is no next log-in"


def test_where_nothing_is_said_it_is_asked_for_and_the_demo_does_without(template, tmp_path):
    from app import create_app
    assert create_app({"INSTANCE": str(tmp_path / "a")}).config["SECOND_FACTOR"] is True
    assert create_app({"INSTANCE": str(tmp_path / "b"), "DEMO": True}).config["SECOND_FACTOR"] is False
    assert create_app({"INSTANCE": str(tmp_path / "c"), "SECOND_FACTOR": False}).config["SECOND_FACTOR"] is False


def test_where_nobody_is_asked_for_it_a_command_promises_none(make_app):
    app = make_app(SECOND_FACTOR=False)
    said = app.test_cli_runner().invoke(args=["officer", "second-factor", OFFICER, "--reset"])
    assert said.exit_code == 0 and "asks nobody for one" in said.output and "next log-in" not in said.output


def test_without_it_nobody_is_asked_for_a_code(make_app):
    app = make_app()
    assert "one-time-code" not in Person(app).get(LOG_IN).html
    assert try_in(Person(app)).status == 303


def test_many_wrong_codes_from_one_address_are_stopped(make_app):
    person = logged_in(make_app(SECOND_FACTOR=True, RATELIMIT_ENABLED=True))
    token = person.get(CODE_PAGE).token
    for _ in range(21):
        answer = person.client.post(CODE_PAGE, data={"csrf_token": token, "password": "", "code": "1"})
    assert answer.status_code == 429
