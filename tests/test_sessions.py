"""Where an officer is logged in: seen, ended one by one, and ended all at once."""

from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, PASSWORD, Page, Person, book, check_page, logged_in

from models import LogIn, Officer, db, now

ACCOUNT = "/en/kontor/konto"
HERE = {"Origin": "http://127.0.0.1:8000"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0"


def at(app, agent: str = FIREFOX) -> Person:
    person = Person(app)
    person.client.environ_base["HTTP_USER_AGENT"] = agent
    person.post("/kontor/log-ind", {"email": OFFICER, "password": PASSWORD})
    return person


def is_in(person: Person) -> bool:
    return person.client.get("/en/kontor/").status_code == 200


def rows(app) -> list:
    with app.app_context():
        return list(db.session.scalars(db.select(LogIn).order_by(LogIn.id)))


def cookie(person: Person) -> str:
    return person.client.get_cookie("session", domain="127.0.0.1").value


def test_each_log_in_is_a_row_that_names_the_browser_and_no_address(app):
    at(app), at(app, EDGE), at(app, "curl/8")
    assert [row.browser for row in rows(app)] == ["Firefox, Linux", "Edge, Windows", ""]
    assert "127.0.0.1" not in str([vars(row) for row in rows(app)])


def test_the_table_does_not_hold_what_opens_the_door(app):
    person = at(app)
    with person.client.session_transaction() as session:
        key = session["log_in"]
    assert len(key) >= 43 and key not in str([vars(row) for row in rows(app)])
    with person.client.session_transaction() as session:
        session["log_in"] = rows(app)[0].key_hash
    assert not is_in(person)


def test_the_page_shows_all_and_ends_another_one(app):
    here, there = at(app), at(app, EDGE)
    page = here.get(ACCOUNT)
    assert "Firefox, Linux" in page.text and "Edge, Windows" in page.text and page.text.count("This one") == 1
    here.post(f"/en/kontor/konto/log-ind/{rows(app)[1].id}/afslut")
    assert is_in(here) and not is_in(there)


def test_nobody_ends_the_session_of_somebody_else(app):
    with app.app_context():
        Officer.add("bo@politi.example", "Bo", PASSWORD)
        db.session.commit()
    ida, bo = at(app), logged_in(app, "bo@politi.example")
    assert bo.post(f"/en/kontor/konto/log-ind/{rows(app)[0].id}/afslut").status == 404
    assert is_in(ida)
    assert "Firefox" not in bo.get(ACCOUNT).text


def test_after_logging_out_a_copied_cookie_is_worth_nothing(app):
    person = at(app)
    copied, thief = cookie(person), app.test_client(use_cookies=False)
    assert thief.get("/kontor/", headers={"Cookie": f"session={copied}"}).status_code == 200, "while it lasts"
    person.post("/kontor/log-ud")
    assert thief.get("/kontor/", headers={"Cookie": f"session={copied}"}).status_code == 302
    assert rows(app) == []


def test_a_new_password_ends_them_all(app):
    people = [at(app), at(app, EDGE)]
    app.test_cli_runner().invoke(args=["officer", "password", OFFICER, "--password", PASSWORD])
    assert not any(map(is_in, people)) and rows(app) == []


def test_who_is_removed_is_out_at_once(app):
    person = at(app)
    app.test_cli_runner().invoke(args=["officer", "remove", OFFICER])
    assert not is_in(person) and rows(app) == []


def test_a_session_that_has_ended_by_itself_is_not_listed(app):
    with time_machine.travel(now(), tick=False) as clock:
        at(app, EDGE)
        clock.shift(timedelta(hours=1))
        person = at(app)
        assert "Edge" not in person.get(ACCOUNT).text
        clock.shift(timedelta(days=3))
        at(app)
        assert len(rows(app)) == 1, "and the rows of long ago are gone"


def test_reading_keeps_it_open_though_a_get_writes_nothing_else(app):
    with time_machine.travel(now(), tick=False) as clock:
        person = at(app)
        clock.shift(timedelta(minutes=20))
        assert is_in(person)
        assert rows(app)[0].last_seen_at == now()


@pytest.mark.parametrize("agent", ["", "x" * 5000, "<script>Firefox", "Firefox\x7f"])
def test_no_browser_is_too_strange(app, agent):
    person = at(app, agent)
    assert is_in(person) and "<script>Firefox" not in person.get(ACCOUNT).html


def test_what_an_officer_typed_outlasts_the_session(app):
    """Half an hour over a letter is not lost: it waits in its page until they have logged in again, in another
    window."""
    reference, _ = book(Person(app))
    officer, path, typed = at(app), f"/en/kontor/sag/{reference}/afslag", "It took long to find these words."
    written = {"reason": "resources", "words": typed, "send": "1"}
    token = officer.get(path).token
    with time_machine.travel(now() + timedelta(minutes=31)):
        page = Page(officer.client.post(path, data={**written, "csrf_token": token}, headers=HERE))
        assert page.status == 401 and page.hidden["words"] == [typed] and "You have been logged out" in page.text
        check_page(page, path)
        officer.post("/kontor/log-ind", {"email": OFFICER, "password": PASSWORD})
        kept = {name: value[0] for name, value in page.hidden.items()}
        again = Page(officer.client.post(path, data=kept, headers=HERE))
        assert again.status == 422 and typed in again.html
        sent = officer.client.post(path, data={**written, "csrf_token": again.token}, headers=HERE)
        assert sent.status_code == 303 and typed in officer.get(f"/en/kontor/sag/{reference}").text


def test_what_another_site_sends_is_not_handed_to_an_officer_to_send_again(app):
    sent = Person(app).client.post("/en/kontor/sag/K7MDPXQA/afslag", data={"words": "foisted"}, headers={
        "Origin": "https://elsewhere.example"})
    assert sent.status_code == 302 and b"foisted" not in sent.data
