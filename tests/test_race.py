"""Fifty want the same hour at the same moment: one has it, the others read so kindly, with other hours to choose from.

Over HTTP, against the web server as bin/run starts it: one process, eight threads, one SQLite file.
"""

from http.client import HTTPConnection

import pytest
from conftest import OFFICER, PASSWORD, check_page
from helpers_servers import AT_ONCE, CREW, ROUNDS, Browser, assert_one_has_it, at_once, codes, slot, wishes

from models import Booking, Letter, Visit, db

pytestmark = [pytest.mark.postgres, pytest.mark.system]

PLAN = {"crew": CREW, "travel": "30", "road": "Bygaden 7", "postcode": "4690", "place_told": "Haslev Bibliotek",
        "words": "", "offer_others": "y", "send": "1"}


@pytest.fixture(scope="module")
def citizens(server) -> list[Browser]:
    return [Browser(server) for _ in range(AT_ONCE)]


@pytest.mark.parametrize("nth", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, ROUNDS))])
def test_one_of_fifty_citizens_gets_the_hour_and_the_others_get_the_nearest(server, citizens, nth):
    """Once all of them, then again and again as many as keep each thread of the server busy, and some who wait."""
    start, callers = slot(nth), citizens[:12] if nth else citizens
    made = wishes(server, len(callers), start)
    for citizen, wish in zip(callers, made, strict=True):
        if not citizen.token:  # who was here in an earlier round has a cookie and a token
            page = citizen.get(wish["page"])
            assert page.buttons == [f"{wish['page']}/tid/{wish['offers'][start]}"]
    answers = at_once([lambda c=citizen, w=wish: c.press(f"{w['page']}/tid/{w['offers'][start]}")
                       for citizen, wish in zip(callers, made, strict=True)])
    assert codes(answers) == {303: 1, 409: len(callers) - 1}
    winner = next(wish for wish, answer in zip(made, answers, strict=True) if answer.status == 303)
    assert_one_has_it(server, start, made, winner)
    for wish, answer in zip(made, answers, strict=True):
        if wish is not winner:
            check_page(answer, wish["page"])
            assert "ikke længere muligt" in answer.text and len(answer.buttons) == 3
            assert all(button.startswith(wish["page"]) for button in answer.buttons)


def test_one_of_fifty_officers_gets_it_and_their_press_offers_other_dates_to_all_the_others(server):
    start = slot(ROUNDS)
    made, ida = wishes(server, AT_ONCE, start, offered=False), Browser(server)
    ida.get("/kontor/log-ind")
    assert ida.press("/kontor/log-ind", email=OFFICER, password=PASSWORD).status == 303
    ida.get(f"/kontor/sag/{made[0]['reference']}/besoeg")
    answers = at_once([lambda w=wish: ida.press(
        f"/kontor/sag/{w['reference']}/besoeg", **PLAN, day=start.date().isoformat(), starts="18:00", ends="19:00",
        bookings=w["reference"]) for wish in made])
    assert codes(answers) == {303: 1, 422: AT_ONCE - 1}
    winner = next(wish for wish, answer in zip(made, answers, strict=True) if answer.status == 303)
    assert_one_has_it(server, start, made, winner)
    for wish, answer in zip(made, answers, strict=True):
        if wish is not winner:
            check_page(answer, f"/kontor/sag/{wish['reference']}/besoeg")
            assert [error for error in answer.errors if f"{CREW} er optaget ved Bygaden" in error]


def test_who_sends_half_a_form_and_no_more_holds_up_nobody(server, citizens):
    slow, quick = wishes(server, 2)
    citizens[0].get(slow["page"]), citizens[1].get(quick["page"])
    connection = HTTPConnection(server.host, timeout=60)
    connection.putrequest("POST", f"{slow['page']}/besked")
    for name, value in (("Cookie", citizens[0].cookie), ("Content-Length", "1000"),
                        ("Content-Type", "application/x-www-form-urlencoded")):
        connection.putheader(name, value)
    connection.endheaders(b"words=Jeg+skriver+meget+lang")
    assert citizens[1].press(f"{quick['page']}/besked", words="Tak").status == 303, "waited for who sends half a form"
    connection.close()


def test_who_presses_two_buttons_many_times_has_one_date(server, citizens):
    one, two = slot(ROUNDS + 1), slot(ROUNDS + 2)
    [wish], citizen = wishes(server, 1, one, two), citizens[0]
    citizen.get(wish["page"])
    answers = at_once([lambda id=id: citizen.press(f"{wish['page']}/tid/{id}")
                       for id in list(wish["offers"].values()) * 10])
    assert codes(answers) == {303: 20}
    with server.app.app_context():
        [visit] = db.session.query(Visit).filter(Visit.starts_at.in_([one, two]))
        booking = db.session.get(Booking, wish["id"])
        assert booking.visits == [visit] and not booking.offers
        assert [letter.kind for letter in db.session.query(Letter).filter_by(booking=booking)] == ["agreed"]
