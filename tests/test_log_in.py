"""The door to the office: who gets in, how long, and how it is locked."""

import re
from datetime import timedelta
from time import process_time
from urllib.parse import quote, unquote

import pytest
import time_machine
from conftest import OFFICER, PASSWORD, Page, Person, check_page, logged_in_by_form
from helpers import LOG_IN, one_app, try_in
from werkzeug.security import generate_password_hash

from models import Officer, db, now
from office.blueprint import PUBLIC_ENDPOINTS

NO = "is wrong, or the account is locked"


@pytest.fixture
def quick(app):
    """A password whose hash is soon reckoned, for tests that try many times."""
    with app.app_context():
        Officer.by_email(OFFICER).password_hash = generate_password_hash(PASSWORD, method="scrypt:256:8:1")
        db.session.commit()
    return app


@pytest.fixture(scope="module")
def door(template, tmp_path_factory):
    """One office for the tables, in which everybody gets in and nothing else happens."""
    with one_app(template, tmp_path_factory) as app:
        with app.app_context():
            Officer.by_email(OFFICER).password_hash = generate_password_hash(PASSWORD, method="scrypt:256:8:1")
            db.session.commit()
        yield app


def is_in(person: Person) -> bool:
    return person.client.get("/en/kontor/").status_code == 200


def test_the_right_password_opens_the_office(app):
    person = logged_in_by_form(app)
    assert is_in(person) and "Work list" in person.get("/en/kontor/").text


def test_letter_case_and_spaces_around_the_address_do_not_matter(quick):
    assert try_in(Person(quick), email=f"  {OFFICER.upper()} ").status == 303


@pytest.mark.parametrize(
    "email, password",
    [
        (OFFICER, "forkert"),
        (OFFICER, PASSWORD.upper()),
        (OFFICER, PASSWORD + " "),
        ("ingen@politi.example", PASSWORD),
        (OFFICER, "x" * 200),
        ("' OR 1=1 --", "x"),
        (OFFICER, "\x00"),
    ],
)
def test_a_wrong_try_is_refused_with_the_same_words_whatever_was_wrong(quick, email, password):
    person = Person(quick)
    page = try_in(person, email, password)
    assert page.status == 422 and NO in page.text and "locked for a while" in page.text
    assert password not in page.html or password == "x", "a password is never shown again"
    assert not is_in(person)


def test_an_empty_or_endless_password_is_refused_before_it_is_reckoned(quick):
    for password in ("", "x" * 100_000):
        assert try_in(Person(quick), password=password).status == 422


def lock(app, tries=5):
    with app.app_context():
        for _ in range(tries):
            assert Officer.log_in(OFFICER, "forkert") is None
        db.session.commit()


def opens(app) -> bool:
    with app.app_context():
        found = Officer.log_in(OFFICER, PASSWORD)
        db.session.commit()
        return found is not None


def test_four_wrong_tries_lock_nothing_and_a_right_one_clears_them(quick):
    for _ in range(3):
        lock(quick, 4)
        assert opens(quick)


def test_five_wrong_tries_lock_the_account_for_a_growing_while(quick):
    with time_machine.travel(now(), tick=False) as clock:
        lock(quick, 5)
        for minutes in (1, 2, 4, 8):
            assert not opens(quick), "locked, even with the right password"
            clock.shift(timedelta(minutes=minutes, seconds=-1))
            assert not opens(quick), f"still within {minutes} minutes"
            clock.shift(timedelta(seconds=2))
            lock(quick, 1)
        clock.shift(timedelta(hours=13))
        assert opens(quick), "no lock is for ever"
        lock(quick, 4)
        assert opens(quick), "and the count starts anew"


def test_tries_while_it_is_locked_do_not_lengthen_the_lock(quick):
    with time_machine.travel(now(), tick=False) as clock:
        lock(quick, 30)
        clock.shift(timedelta(minutes=1, seconds=1))
        assert opens(quick)


def test_a_locked_account_looks_like_a_wrong_password(quick):
    for _ in range(5):
        wrong = try_in(Person(quick), password="forkert")
    locked = try_in(Person(quick))
    assert locked.status == wrong.status == 422
    assert locked.errors == wrong.errors == try_in(Person(quick), email="ingen@politi.example").errors


def test_unknown_wrong_and_locked_take_roughly_the_same_time(app, real_hashing):
    with app.app_context():
        Officer.by_email(OFFICER).set_password(PASSWORD)
        db.session.commit()

    def spent(email, password):
        with app.app_context():
            begun = process_time()
            assert Officer.log_in(email, password) is None
            db.session.rollback()
            return process_time() - begun

    wrong, unknown = spent(OFFICER, "forkert"), spent("ingen@politi.example", "forkert")
    with app.app_context():
        Officer.by_email(OFFICER).locked_until = now() + timedelta(hours=1)
        db.session.commit()
    locked = spent(OFFICER, PASSWORD)
    assert max(wrong, unknown, locked) < 3 * min(wrong, unknown, locked)


def test_a_cookie_from_before_the_log_in_is_worthless_after_it(quick):
    person = Person(quick)
    person.client.get(LOG_IN)
    before = person.client.get_cookie("session", domain="127.0.0.1").value
    try_in(person)
    after = person.client.get_cookie("session", domain="127.0.0.1").value
    assert is_in(person) and before != after
    thief = quick.test_client(use_cookies=False)
    assert thief.get("/kontor/", headers={"Cookie": f"session={before}"}).status_code == 302


def test_what_was_in_the_session_before_does_not_come_along(quick):
    person = Person(quick)
    with person.client.session_transaction() as session:
        session.update(planted="x", officer=999)
    person.client.get(LOG_IN)
    page = Page(person.client.get(LOG_IN))
    person.client.post(LOG_IN, data={"csrf_token": page.token, "email": OFFICER, "password": PASSWORD})
    with person.client.session_transaction() as session:
        assert "planted" not in session and "officer" not in session and session["log_in"]


def test_a_forged_session_is_no_key(quick):
    person = Person(quick)
    for forged in ({"officer": 1}, {"log_in": 1}, {"log_in": ""}, {"log_in": "x" * 43}, {"log_in": [1]}):
        with person.client.session_transaction() as session:
            session.clear()
            session.update(forged)
        assert not is_in(person)


def test_who_does_nothing_for_half_an_hour_is_logged_out(quick):
    with time_machine.travel(now(), tick=False) as clock:
        person = Person(quick)
        try_in(person)
        for _ in range(3):
            clock.shift(timedelta(minutes=29))
            assert is_in(person), "work keeps it open"
        clock.shift(timedelta(minutes=31))
        page = person.get("/en/kontor/")
        assert "Log in to the office" in page.text and "You have been logged out" in page.text
        assert not is_in(person)


def test_after_ten_hours_everybody_logs_in_again(quick):
    with time_machine.travel(now(), tick=False) as clock:
        person = Person(quick)
        try_in(person)
        for _ in range(24):
            clock.shift(timedelta(minutes=25))
            assert is_in(person)
        clock.shift(timedelta(minutes=1))
        assert not is_in(person)


def test_how_long_a_session_lasts_can_be_configured(make_app):
    app = make_app(IDLE_MINUTES=5)
    with time_machine.travel(now(), tick=False) as clock:
        person = logged_in_by_form(app)
        clock.shift(timedelta(minutes=6))
        assert not is_in(person)


def test_a_new_password_ends_every_session(quick):
    person = Person(quick)
    try_in(person)
    with quick.app_context():
        Officer.by_email(OFFICER).set_password("et nyt")
        db.session.commit()
    assert not is_in(person)


def test_a_removed_officer_is_out_at_once_and_stays_out(quick):
    person = Person(quick)
    try_in(person)
    with quick.app_context():
        Officer.by_email(OFFICER).active = False
        db.session.commit()
    assert not is_in(person)
    assert NO in try_in(Person(quick)).text


@pytest.mark.parametrize(
    "where",
    [
        "/kontor/kalender?maaned=2026-12",
        "/en/kontor/kalender/indstillinger",
        "/kontor/?bunke=planlaeg&kommune=N%C3%A6stved",
        "/en/kontor/?q=K7MD+PXQA",
        "/kontor/?q=12/5?|$",
        "/kontor/sag/K7MDPXQA/imoedekom",
    ],
)
def test_after_the_log_in_one_is_where_one_wanted_to_go(door, where):
    person = Person(door)
    sent_away = person.client.get(where)
    assert sent_away.status_code == 302
    query = "?" + sent_away.location.partition("?")[2]
    assert unquote(try_in(person, query=query).response.location) == unquote(where)


@pytest.mark.parametrize(
    "hostile",
    [
        "https://evil.example/",
        "http:evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/kontor/@evil.example/\r\nSet-Cookie: a=b",
        "/kontor/\nLocation: //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/kontor.evil.example/",
        "/kontorevil",
        "/",
        "/find",
        "/en",
        "/en/",
        "//kontor/",
        "/en//kontor/",
        "/x/kontor/",
        "/kontor/../find",
        "/kontor/../../evil",
        "/kontor/..//evil.example/",
        "/kontor/%2e%2e/%2e%2e/find",
        "/kontor/.%2E/find",
        "/kontor/./../x",
        " /kontor/",
        "/kontor/\x00",
        "http://127.0.0.1:8000/kontor/",
        "",
        "/KONTOR/",
    ],
)
def test_after_the_log_in_nobody_is_led_out_of_the_office(door, hostile):
    location = try_in(Person(door), query=f"?next={quote(hostile)}").response.location
    assert re.fullmatch(r"/en/kontor/", location), location


def test_logging_out_takes_a_press(quick):
    person = Person(quick)
    try_in(person)
    assert person.client.get("/kontor/log-ud").status_code == 302, "to the work list"
    assert is_in(person), "no picture or link on another page can log somebody out"
    person.client.post("/kontor/log-ud")
    assert is_in(person), "nor a forged press"
    person.post("/en/kontor/log-ud", check=False)
    assert not is_in(person)


def test_every_page_of_the_office_is_locked(app):
    client, doors = app.test_client(), []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/kontor") and rule.endpoint not in PUBLIC_ENDPOINTS:
            path = re.sub(r"<any\((\w+).*?>", r"\1", rule.rule)
            path = re.sub(r"<int:\w+>", "1", path).replace("<slug>", "faerdselskontrol")
            path = re.sub(r"<\w+>", "K7MDPXQA", path)
            for method in rule.methods - {"OPTIONS"}:
                for root in ("", "/en"):
                    answer = client.open(root + path, method=method)
                    assert answer.status_code == 302 and f"{root}/kontor/log-ind" in answer.location, (method, path)
                    doors.append(path)
    assert len(set(doors)) >= 15


def test_no_page_of_the_office_is_kept_by_a_browser_or_shown_in_a_frame(quick):
    person = Person(quick)
    try_in(person)
    headers = person.client.get("/kontor/").headers
    assert headers["Cache-Control"] == "no-store" and "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_many_tries_from_one_address_are_stopped_with_a_page(make_app):
    person = Person(make_app(RATELIMIT_ENABLED=True))
    token = person.get(LOG_IN).token
    for n in range(21):
        page = Page(person.client.post(LOG_IN, data={"csrf_token": token, "email": f"{n}@x.dk", "password": ""}))
    assert page.status == 429 and 'href="/en/find"' in page.html
    check_page(page, LOG_IN)
