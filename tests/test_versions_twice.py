"""The same press again is answered as the first only as long as what that one has left behind is what is stored."""

import re
from copy import copy
from datetime import timedelta

from conftest import Person, logged_in
from helpers import as_sent, how_many, wish
from helpers_cases import FOUND, change, planned, reported, seen_now

from models import (
    Booking,
    BookingStatus,
    DeliveryStatus,
    FindingsLink,
    IntakePause,
    Letter,
    LogIn,
    Visit,
    db,
    now,
    today,
)


def version_of(person: Person, path: str) -> dict:
    return {"version": person.get(path).hidden["version"][0]}


def test_a_result_that_a_colleague_has_released_since_is_not_said_to_be_held_back(app, ida, bo):
    id = reported(app, wish(app))
    page = f"/en/kontor/besoeg/{id}"
    press = {**as_sent(ida.get(page), "withhold"), "withhold": "A complaint."}
    for _ in range(2):
        assert "Held back." in ida.post(f"{page}/resultat/tilbagehold", press).text
    bo.post(f"{page}/resultat/frigiv", version_of(bo, page))
    again = ida.post(f"{page}/resultat/tilbagehold", press)
    assert again.status == 409 and "Held back." not in again.text and "A complaint." in again.html
    with app.app_context():
        assert not db.session.get(Visit, id).withheld


def test_a_link_that_a_colleague_has_withdrawn_since_is_not_said_to_go(app, ida, bo):
    page = f"/en/kontor/besoeg/{planned(app, wish(app))}"
    press = {**as_sent(ida.get(page), "email"), "email": "atk@politi.example", "language": "da"}
    for _ in range(2):
        assert "The link goes by e-mail" in ida.post(f"{page}/feltlink", press).text
    bo.post("/en/kontor/feltlink/1/traek-tilbage", version_of(bo, page))
    again = ida.post(f"{page}/feltlink", press)
    assert again.status == 409 and "The link goes by e-mail" not in again.text and how_many(app, FindingsLink) == 1


def test_a_letter_that_has_failed_again_is_not_said_to_be_sent_again(app, ida):
    booking = wish(app)

    def fail(found: Booking, _officer) -> None:
        found.letters[0].mark_failed("550 5.1.1")

    change(app, booking, fail)
    path = f"/en/kontor/breve/{seen_now(app, booking).letters[0].id}"
    press = {**version_of(ida, path), "again": "1", "csrf_token": ida.token}
    for _ in range(2):
        assert "The letter is sent again" in ida.post(path, press).text
    change(app, booking, fail)
    again = ida.post(path, press)
    assert again.status == 409 and "The letter is sent again" not in again.text
    assert seen_now(app, booking).letters[0].delivery_status is DeliveryStatus.FAILED


def test_an_intake_that_a_colleague_has_opened_since_is_not_said_to_be_paused(app, ida, bo):
    path = "/en/kontor/indtag/faerdselskontrol"
    press = {**version_of(ida, path), "csrf_token": ida.token, "until": (today() + timedelta(days=30)).isoformat(),
             "texts-da": "Travlt.", "texts-en": "Busy."}
    for _ in range(2):
        assert "The intake is paused." in ida.post(path, press).text
    bo.post(f"{path}/aabn", version_of(bo, path))
    again = ida.post(path, press)
    assert again.status == 409 and "The intake is paused." not in again.text
    with app.app_context():
        assert not IntakePause.pauses()


def test_many_answers_of_which_one_has_been_taken_back_since_are_not_said_to_be_done(app, ida):
    bookings = [wish(app), wish(app, email="bo@example.dk")]
    listed = {**as_sent(ida.get("/en/kontor/?bunke=nye"), "page"), "sag": [b.reference for b in bookings]}
    typed = {"reason": "resources", "words": "", "instead": ""}
    page = ida.post("/en/kontor/flere/afslag", {**listed, **typed, "show": "1"})
    press = {**as_sent(page, "preview"), "send": "1"}
    for _ in range(2):
        assert "Done for 2 cases" in ida.post("/en/kontor/flere/afslag", press).text
    change(app, bookings[1], lambda b, officer: b.reopen("Vi ser på det igen.", officer))
    letters = how_many(app, Letter)
    again = ida.post("/en/kontor/flere/afslag", press)
    assert "Done for 2 cases" not in again.text and how_many(app, Letter) == letters
    assert seen_now(app, bookings[1]).status is not BookingStatus.DECLINED


def test_many_delays_are_not_said_to_be_done_when_the_control_has_been_made_since(app, ida):
    bookings = [wish(app), wish(app, email="bo@example.dk")]
    visit = planned(app, *bookings, start=now() - timedelta(hours=3))
    listed = {**as_sent(ida.get("/en/kontor/?bunke=alle"), "page"), "sag": [b.reference for b in bookings]}
    press = {**listed, "words": "Vent.", "due_on": (today() + timedelta(days=90)).isoformat(), "send": "1"}
    for _ in range(2):
        assert "Done for 2 cases" in ida.post("/en/kontor/flere/udsaet", press).text
    with app.app_context():
        db.session.get(Visit, visit).enter_findings(None, FOUND, by="atk@politi.example")
        db.session.commit()
    assert "2 cases are left out" in ida.post("/en/kontor/flere/udsaet", press).text


def test_a_moved_visit_is_answered_as_moved_while_it_stands_so_and_shown_anew_when_it_was_moved_back(app, ida, bo):
    path = f"/en/kontor/besoeg/{planned(app, wish(app), start=now() + timedelta(days=5))}/flyt"
    form = as_sent(ida.get(path), "crew")
    press = {**form, "crew": "Ida og Bo"}
    for _ in range(2):
        page = ida.post(path, press)
        assert page.status == 200 and "Ida, Bo" in page.html
    back = as_sent(bo.get(path), "crew")
    assert bo.post(path, {**back, "crew": form["crew"]}).status == 200
    assert ida.post(path, press).status == 409


def test_another_log_in_that_is_ended_twice_is_ended_once_and_said_to_be_so(app, ida):
    logged_in(app)
    path, token = re.search(r'action="([^"]*log-ind/\d+/afslut)"', ida.get("/en/kontor/konto").html)[1], ida.token
    assert [ida.client.post(path, data={"csrf_token": token}).status_code for _ in range(2)] == [303, 303]
    with app.app_context():
        assert db.session.query(LogIn).count() == 1


def test_whoever_logs_out_twice_is_led_to_the_log_in_and_not_asked_to_send_anything_again(app, ida):
    token, origin = ida.token, {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Mode": "navigate"}
    cookies = copy(ida.client._cookies)
    for _ in range(2):
        ida.client._cookies = copy(cookies)  # those of before, as long as the answer has not come
        answer = ida.client.post("/en/kontor/log-ud", data={"csrf_token": token}, headers=origin)
        assert answer.location == "/en/kontor/log-ind"
