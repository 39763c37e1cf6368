"""Fifty want the same hour at the same moment: one has it, the others read so kindly, with other hours to choose from.

Over HTTP, against the web server as bin/run starts it: one process, eight threads, one SQLite file.
"""

import itertools
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from http.client import HTTPConnection
from time import monotonic
from urllib.parse import urlencode

import databases
import pytest
from browser import Site
from conftest import OFFICER, PASSWORD, Page, check_page

from models import (
    COPENHAGEN,
    Booking,
    Letter,
    Officer,
    Place,
    Reply,
    Status,
    Taken,
    Visit,
    db,
    local,
    take_unposted,
    today,
)

AT_ONCE, ROUNDS = 50, 20
CREW, HOUR = "Ida Betjent", timedelta(hours=1)
PLAN = {"crew": CREW, "travel": "30", "road": "Bygaden 7", "postcode": "4690", "place_told": "Haslev Bibliotek",
        "words": "", "offer_others": "y", "send": "1"}
number = itertools.count()


class Answer(Page):
    """A page as it came over the line."""

    def __init__(self, answer):
        self.status, self.goes_to, self.html = answer.status, answer.headers["Location"], answer.read().decode()
        self.cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]

    @property
    def buttons(self) -> list[str]:
        return re.findall(r'action="(/sag/[^"]*/tid/\d+)"', self.html)


class Browser:
    """Somebody's browser, down to its cookie and the token of the page that it shows."""

    def __init__(self, site: Site):
        self.host, self.cookie, self.token = site.host, "", ""

    def get(self, path: str) -> Answer:
        page = self._ask("GET", path, None)
        self.token = page.token
        return page

    def press(self, path: str, **data) -> Answer:
        return self._ask("POST", path, urlencode({"csrf_token": self.token, **data}))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        connection = HTTPConnection(self.host, timeout=60)
        connection.request(method, path, body, {
            "Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"})
        page = Answer(connection.getresponse())
        connection.close()
        self.cookie = page.cookie or self.cookie
        return page


@pytest.fixture(scope="module")
def site(template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("race") / "instance"
    databases.copied(template, folder)
    site = Site(folder)
    try:
        site.serve()
        yield site
    finally:
        with site.app.app_context():
            db.session.remove()
            db.engine.dispose()
        site.stop()


@pytest.fixture(scope="module")
def citizens(site) -> list[Browser]:
    return [Browser(site) for _ in range(AT_ONCE)]


def slot(nth: int) -> datetime:
    return datetime.combine(today() + timedelta(days=10 + nth), time(18), COPENHAGEN)


def wishes(site, count: int, *starts: datetime, offered: bool = True) -> list[dict]:
    """So many new bookings with the same dates, offered or only wished, each with its page and its offers by when they
    start. Straight into the database; the letters of this beginning are left out."""
    with site.app.app_context():
        ida, dates = db.session.query(Officer).first(), [(start, start + HOUR) for start in starts]
        made = [Booking.receive(
            once=f"form {next(number)}", answer_within=10, service="meeting", language="da", name="Anna",
            email="anna@example.dk", phone="", capacity="private", org="", reply=Reply.EMAIL, road="Bygaden",
            from_to="", public=True, answers={"kind": "public"}, wishes=() if offered else dates,
            place=Place.at(road=f"Bygaden {n}", postcode="4690", town="Haslev", municipality="Faxe"))
            for n in range(count)]
        for booking in made if offered else ():
            booking.offer(ida, dates, takes={"crew": CREW}, travel=30, where="Haslev Bibliotek",
                          answer_by=today() + timedelta(days=7))
        take_unposted()
        db.session.commit()
        return [{"id": b.id, "reference": b.reference, "page": f"/sag/{b.reference}/{b.secret}",
                 "offers": {p.starts_at: p.id for p in b.offers}} for b in made]


def at_once(presses) -> list[Answer]:
    """All of them, when everybody has a finger on the button."""
    gate = threading.Barrier(len(presses))

    def wait_and_press(press):
        gate.wait()
        return press()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(wait_and_press, presses))


def codes(answers: list[Answer]) -> Counter:
    return Counter(answer.status for answer in answers)


def assert_one_has_it(site, start: datetime, made: list[dict], winner: dict) -> None:
    """The hour is taken once, for the winner; everybody has one outcome, and one letter that tells it."""
    assert "locked" not in site.log
    with site.app.app_context():
        [visit] = db.session.query(Visit).filter(Visit.starts_at == start)
        [taken] = Taken.between(start, start + HOUR, [CREW])
        assert [b.id for b in visit.bookings] == [winner["id"]] and taken.visit is visit
        for wish in made:
            booking = db.session.get(Booking, wish["id"])
            [letter] = booking.letters
            assert booking.status is Status.ACCEPTED and not booking.wishes
            if wish is winner:
                assert letter.kind == "agreed" and letter.calendar
                assert booking.visits == [visit] and not booking.offers
            else:
                assert letter.kind == "dates_offered" and not booking.visits
                assert len({local(p.starts_at).date() for p in booking.offers}) == len(booking.offers) == 3
                assert not any(Taken.between(*p.occupied, p.units) for p in booking.offers)


@pytest.mark.parametrize("nth", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, ROUNDS))])
def test_one_of_fifty_citizens_gets_the_hour_and_the_others_get_the_nearest(site, citizens, nth):
    start = slot(nth)
    made = wishes(site, AT_ONCE, start)
    for citizen, wish in zip(citizens, made, strict=True):
        if not citizen.token:  # who was here in an earlier round has a cookie and a token
            page = citizen.get(wish["page"])
            assert page.buttons == [f"{wish['page']}/tid/{wish['offers'][start]}"]
    answers = at_once([lambda c=citizen, w=wish: c.press(f"{w['page']}/tid/{w['offers'][start]}")
                       for citizen, wish in zip(citizens, made, strict=True)])
    assert codes(answers) == {303: 1, 409: AT_ONCE - 1}
    winner = next(wish for wish, answer in zip(made, answers, strict=True) if answer.status == 303)
    assert_one_has_it(site, start, made, winner)
    for wish, answer in zip(made, answers, strict=True):
        if wish is not winner:
            check_page(answer, wish["page"])
            assert "netop blevet taget" in answer.text and len(answer.buttons) == 3
            assert all(button.startswith(wish["page"]) for button in answer.buttons)


def test_one_of_fifty_officers_gets_it_and_their_press_offers_other_dates_to_all_the_others(site):
    start = slot(ROUNDS)
    made, ida = wishes(site, AT_ONCE, start, offered=False), Browser(site)
    ida.get("/kontor/log-ind")
    assert ida.press("/kontor/log-ind", email=OFFICER, password=PASSWORD).status == 303
    ida.get(f"/kontor/sag/{made[0]['reference']}/besoeg")
    answers = at_once([lambda w=wish: ida.press(
        f"/kontor/sag/{w['reference']}/besoeg", **PLAN, day=start.date().isoformat(), starts="18:00", ends="19:00",
        bookings=w["reference"], shown=w["reference"]) for wish in made])
    assert codes(answers) == {303: 1, 422: AT_ONCE - 1}
    winner = next(wish for wish, answer in zip(made, answers, strict=True) if answer.status == 303)
    assert_one_has_it(site, start, made, winner)
    for wish, answer in zip(made, answers, strict=True):
        if wish is not winner:
            check_page(answer, f"/kontor/sag/{wish['reference']}/besoeg")
            assert [error for error in answer.errors if f"{CREW} er optaget ved Bygaden" in error]


def test_who_sends_half_a_form_and_no_more_holds_up_nobody(site, citizens):
    slow, quick = wishes(site, 2)
    citizens[0].get(slow["page"]), citizens[1].get(quick["page"])
    connection = HTTPConnection(site.host, timeout=60)
    connection.putrequest("POST", f"{slow['page']}/besked")
    for name, value in (("Cookie", citizens[0].cookie), ("Content-Length", "1000"),
                        ("Content-Type", "application/x-www-form-urlencoded")):
        connection.putheader(name, value)
    connection.endheaders(b"words=Jeg+skriver+meget+lang")
    begun = monotonic()
    assert citizens[1].press(f"{quick['page']}/besked", words="Tak").status == 303
    assert monotonic() - begun < 5
    connection.close()


def test_who_presses_two_buttons_many_times_has_one_date(site, citizens):
    one, two = slot(ROUNDS + 1), slot(ROUNDS + 2)
    [wish], citizen = wishes(site, 1, one, two), citizens[0]
    citizen.get(wish["page"])
    answers = at_once([lambda id=id: citizen.press(f"{wish['page']}/tid/{id}")
                       for id in list(wish["offers"].values()) * 10])
    assert codes(answers) == {303: 20}
    with site.app.app_context():
        [visit] = db.session.query(Visit).filter(Visit.starts_at.in_([one, two]))
        booking = db.session.get(Booking, wish["id"])
        assert booking.visits == [visit] and not booking.offers
        assert [letter.kind for letter in db.session.query(Letter).filter_by(booking=booking)] == ["agreed"]
