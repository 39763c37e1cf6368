"""Somebody without any right to know goes through everything that can be reached, and learns nothing.

The district of these tests is full: wishes in every status, controls coming, done, reported and cancelled. What
citizens typed contains CITIZEN, what the office keeps to itself contains OFFICE; the coming control is on 19 June
at 3.17.
"""

import itertools
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import WISH, Person, logged_in
from helpers_district import (
    CITIZEN,
    OF_CITIZENS,
    OFFICE,
    ask,
    assert_tells_nothing,
    crawl,
    fill_in_everything,
    posts,
    told,
)

from mail import outbox
from models import Letter, Visit, db
from office.blueprint import PUBLIC_ENDPOINTS

pytestmark = pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")


def test_a_stranger_who_follows_every_link_and_fills_in_every_form_learns_nothing(district):
    stranger = Person(district.app)
    pages = dict(crawl(stranger.client, "/", "/en/", "/health"))
    assert len(pages) > 15
    for path, response in pages.items():
        assert response.status_code < 400, path
        assert_tells_nothing(district, path, told(response))
    for language in ("", "/en"):
        for path, page in fill_in_everything(stranger, language):
            assert_tells_nothing(district, path, told(page.response))


@pytest.mark.parametrize("language", ["", pytest.param("/en", marks=pytest.mark.slow)])
def test_no_address_that_a_stranger_can_make_up_tells_anything(district, language):
    client, keys = district.app.test_client(), district.strange_keys()[::4 if language else 1]
    before = district.kept()
    tried = set()  # names of pages
    for rule, path, values in district.addresses(keys):
        typed = [str(v) for v in values.values()]
        others = () if language or rule.endpoint in tried else ("HEAD", "OPTIONS")  # the same of every address
        tried.add(rule.endpoint)
        responses = {method: ask(client, language + path, method) for method in ("GET", *others)}
        for method, response in responses.items():
            assert response.status_code < 500, f"{method} {path}"
            assert_tells_nothing(district, f"{method} {path}", told(response, path.removeprefix("/"), *typed))
        if "HEAD" in responses:
            assert not responses["HEAD"].data
            assert responses["HEAD"].status_code == responses["GET"].status_code, f"HEAD {path} is not as GET"
        if "secret" in values:
            leads_up = "GET" not in rule.methods  # to the page of the form, which does not open either
            assert responses["GET"].status_code in ((302, 405) if leads_up
                                                    else (404,)), f"{path} opens with a wrong key"
        if rule.endpoint.startswith("office.") and rule.endpoint not in PUBLIC_ENDPOINTS and "GET" in rule.methods and (
                responses["GET"].status_code != 404 or values.get("id") != 2**64):  # no address at all
            assert responses["GET"].status_code == 302, f"{path} is not locked"
            assert urlsplit(responses["GET"].location).path == f"{language}/kontor/log-ind"
    assert district.kept() == before


def test_whoever_was_asked_to_do_something_sees_that_and_nothing_of_those_who_asked(district):
    stranger, (id, secret) = Person(district.app), district.owner
    own = f"/ansvar/{id}/{secret}"
    for root in ("", "/en"):
        page = stranger.get(root + own)
        assert page.status == 200 and f"{OFFICE}adfærd" in page.text
        assert not OF_CITIZENS.search(told(page.response))
    client = district.app.test_client()
    for path in (f"/ansvar/{id}/{secret}/1", f"/ansvar/{id}/{secret}/2/foto"):
        assert ask(client, path).status_code < 400
    for wrong in (secret[:-1], "x", *(s for _, s in district.people.values())):
        assert ask(client, f"/ansvar/{id}/{wrong}").status_code == 404
    with district.app.app_context():
        for letter in db.session.query(Letter).filter(Letter.owner_id.is_not(None)):
            assert not OF_CITIZENS.search(letter.subject + letter.text + str(outbox.html_twin(letter)))


def test_anybody_reads_what_is_public_of_a_protocol_that_is_public(district):
    client = district.app.test_client()
    with district.app.app_context():
        uids = {name: db.session.get(Visit, id).uid for name, id in district.visits.items()}
    for name, id in uids.items():
        answer = ask(client, f"/protokol/{id}")
        assert answer.status_code == (200 if name == "reported" else 404), name
        assert_tells_nothing(district, f"/protokol/{id}", told(answer))
    assert "Mørkt." in ask(client, f"/protokol/{uids['reported']}").text


def test_letters_to_citizens_tell_only_what_is_theirs(district):
    with district.app.app_context():
        written = db.session.query(Letter).filter(Letter.booking_id.is_not(None)).all()
        assert {x.kind for x in written} >= {"information_asked", "accepted", "answered", "declined", "referred",
                                             "withdrawn", "postponed"}
        for letter in written:
            own = letter.booking
            twin = str(outbox.html_twin(letter))
            for text in (letter.subject + letter.text, twin):
                for mine in (own.secret, own.reference, f"{own.reference[:4]} {own.reference[4:]}"):
                    text = text.replace(mine, "")
                assert_tells_nothing(district, f"letter {letter.id} ({letter.kind})", text)


def test_the_doors_of_the_office_say_the_same_whether_a_case_exists_or_not(district):
    client = district.app.test_client()
    reference, _ = district.people["new"]
    for path in ("/kontor/sag/{}", "/kontor/sag/{}/imoedekom", "/kontor/sag/{}/besoeg"):
        there, nowhere = (ask(client, path.format(r)) for r in (reference, "A2346789"))
        assert told(there, reference) == told(nowhere, "A2346789")
    assert told(ask(client, "/kontor/besoeg/1"), "besoeg/1") == told(ask(client, "/kontor/besoeg/9"), "besoeg/9")


def test_finding_a_booking_says_the_same_whether_it_exists_or_not(district):
    stranger = Person(district.app)
    reference, _ = district.people["new"]
    there, nowhere = (stranger.post("/find", {"reference": r, "contact": "0000"}) for r in (reference, "A2346789"))
    assert there.status == nowhere.status == 422
    assert told(there.response, reference) == told(nowhere.response, "A2346789")


def test_every_page_is_the_same_before_and_after_a_control_is_planned(district):
    app, officer = district.app, logged_in(district.app)
    stranger, (reference, secret), other = Person(app), district.people["granted"], district.people["postponed"]

    def everything() -> dict[str, str]:
        pages = {path: told(response) for path, response in crawl(stranger.client, "/", "/en/", "/health")}
        for own in (f"/sag/{r}/{s}" for r, s in ((reference, secret), other)):
            pages |= {path: told(stranger.get(path).response)
                      for path in (own, f"{own}/kvittering", f"/en{own}", f"/en{own}/kvittering")}
        for road in ("Bygaden", f"{CITIZEN}vej"):
            for path in ("/bestil/faerdselskontrol", "/en/bestil/faerdselskontrol"):
                pages[path, road] = told(stranger.post(path, {**WISH, "road": road}).response)
        with app.app_context():
            pages["letters"] = "\n".join(x.text for x in db.session.query(Letter).order_by(Letter.id))
        return pages

    before, plan = everything(), {
        "day": "2026-06-19", "starts": "03:17", "ends": "04:43", "crew": "Zulufolket 7", "method": "laser",
        "road": "Lurestien", "from_to": "", "postcode": "4690", "bookings": [reference]}
    assert officer.post(f"/kontor/sag/{reference}/besoeg", plan).status == 200
    with app.app_context():
        coming = db.session.query(Visit).filter(Visit.crew == "Zulufolket 7").one()
        assert coming.is_planned and coming.bookings
        number = coming.id
    assert everything() == before, "planning a control shows"
    assert officer.post(f"/kontor/besoeg/{number}/flyt", {**plan, "starts": "03:18", "road": "Bygaden"}).status == 200
    assert everything() == before, "moving a control shows"
    assert officer.post(f"/kontor/besoeg/{number}/aflys", {"words": "Zuluårsag"}).status == 200
    assert everything() == before, "cancelling a control shows"


LEAVES_NO_TRACE = {"citizen.find", "office.person", "office.plan_for_many", "office.log_in", "office.log_out",
                   "office.invitation"}


def test_nothing_is_done_without_the_token_of_ones_own_session(district):
    todo = posts(district)
    takes_posts = {r.endpoint for r in district.app.url_map.iter_rules() if "POST" in r.methods}
    assert {endpoint for endpoint, *_ in todo} == takes_posts, "say in posts() what the new page would do"
    officer, stranger = logged_in(district.app), Person(district.app)
    before = district.kept()
    foreign = Person(district.app).get("/find").token
    token_of_the_stranger = stranger.get("/find").token  # of a session of its own, which `foreign` does not fit
    for endpoint, path, data in todo:
        for person, token in itertools.product((officer, stranger), ({}, {"csrf_token": foreign})):
            response = person.client.post(path, data={**data, **token})
            assert response.status_code < 500, path
            if endpoint in ("citizen.find", "office.log_in", "office.invitation"):
                assert response.status_code == 422, f"{path} needs no token"
        assert district.kept() == before, f"{path} needs no token"
        if endpoint.startswith("office.") and endpoint not in LEAVES_NO_TRACE | PUBLIC_ENDPOINTS:
            own = stranger.client.post(path, data={**data, "csrf_token": token_of_the_stranger})
            assert urlsplit(own.location).path == "/kontor/log-ind", f"{path} is not locked"
            assert district.kept() == before, f"{path} is not locked"
    assert officer.client.get("/kontor/").status_code == 200, "logged out by somebody else"
    token = officer.get("/find").token
    for endpoint, path, data in todo:  # and with it all of them are done, so that the above was no empty promise
        if endpoint not in LEAVES_NO_TRACE:
            was = district.kept()
            response = officer.client.post(path, data={**data, "csrf_token": token})
            assert district.kept() != was, f"{path} did nothing: {response.status}"


def test_no_file_of_ours_calls_another_host(app):
    for file in Path(app.static_folder).iterdir():
        called = set(re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+", file.read_text("utf-8")))
        assert called <= {"http://www.w3.org"}, f"{file.name} calls {called}"


def test_only_a_page_with_a_form_sets_a_cookie_and_only_the_sessions(district):
    with_form = 0
    for path, response in crawl(district.app.test_client(), "/", "/en/", "/health", "/findes-ikke"):
        response = ask(district.app.test_client(), path)  # somebody who has never been here
        cookies, has_form = response.headers.getlist("Set-Cookie"), '<form method="post"' in response.get_data(True)
        assert len(cookies) == has_form, f"{path} sets {cookies}"
        with_form += has_form
        for cookie in cookies:
            name, *rules = cookie.split("; ")
            assert name.startswith("session=") and {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(rules), cookie
            assert not any(r.startswith(("Expires", "Max-Age", "Domain")) for r in rules), "it ends with the browser"
    assert with_form >= 3


def test_the_cookie_travels_only_encrypted_where_the_site_is(make_app):
    client = make_app(PREFERRED_URL_SCHEME="https").test_client()
    assert "Secure" in client.get("/find").headers["Set-Cookie"].split("; ")
