"""An address that somebody has bent, or a machine has spoilt, gets a page and never an error of ours."""

import pytest
from conftest import Person
from test_book import press, wish
from test_case import reported
from test_hotspots import FOUND, place_of
from test_work_list import at_the_desk



@pytest.fixture
def ida(app) -> Person:
    return at_the_desk(app)


@pytest.mark.parametrize("query", ["\xff\xfe", "%ff%fe", "q=\xff&efter=%00", "sag=%ff\x00", "æøå=1"])
@pytest.mark.parametrize("path", [
    "/kontor/", "/kontor/steder", "/kontor/tal", "/kontor/tal.csv", "/kontor/rute", "/kontor/log-ind", "/",
    "/bestil/faerdselskontrol", "/en/find"])
def test_a_query_that_is_no_text_spoils_no_page(app, ida, path, query):
    for person in (ida, Person(app)):
        answer = person.client.get(path, environ_overrides={"QUERY_STRING": query})
        assert answer.status_code < 400, path


@pytest.mark.parametrize("weeks, status", [("-999999999999", 200), ("99999999999999", 200), ("x", 200), ("-3", 200)])
def test_the_next_control_after_an_odd_number_of_weeks(app, ida, weeks, status):
    visit = reported(app, wish(app), findings=FOUND)
    assert ida.get(f"/kontor/besoeg/{visit}/igen?uger={weeks}").status == status


def test_figures_asked_for_by_names_that_no_form_has(ida):
    page = ida.client.get("/kontor/tal.csv?fra=&_method=Q&_scheme=x&endpoint=y")
    assert page.status_code == 302 and page.location == "/kontor/tal?fra="


def test_a_place_of_an_impossible_number_is_not_ticked(app, ida):
    booking = wish(app)
    for number, there in ((str(place_of(app, booking)), True), ("9" * 30, False), ("-1", False), ("x", False)):
        page = press(ida, "/kontor/flere/imoedekom", {"sted": number, "page": booking.reference})
        assert page.status == 200 and ("1 sag" in page.text) == there, number
