"""An address that somebody has bent, or a machine has spoilt, gets a page and never an error of ours."""

import pytest
from conftest import Person
from helpers import wish
from helpers_cases import FOUND, place_of, reported


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
    visit = reported(app, wish(app))
    assert ida.get(f"/kontor/besoeg/{visit}/igen?uger={weeks}").status == status


def test_figures_asked_for_by_names_that_no_form_has(ida):
    page = ida.client.get("/kontor/tal.csv?fra=&_method=Q&_scheme=x&endpoint=y")
    assert page.status_code == 302 and page.location == "/kontor/tal?fra="


def test_a_place_of_an_impossible_number_is_not_ticked(app, ida):
    booking = wish(app)
    for number, there in ((str(place_of(app, booking)), True), ("9" * 30, False), ("-1", False), ("x", False)):
        page = ida.post("/kontor/flere/imoedekom", {"sted": number, "page": booking.reference})
        assert page.status == 200 and ("1 sag" in page.text) == there, number


@pytest.mark.parametrize("root", ["", "/en"])
def test_a_form_that_is_reloaded_after_an_error_leads_to_its_page(app, ida, root):
    """Whoever changes the language of a page with errors asks for its address by a GET, and it takes only a POST."""
    visit, booking = reported(app, wish(app), findings=FOUND), wish(app)
    case, own = f"/kontor/sag/{booking.reference}", f"/sag/{booking.reference}/{booking.secret}"
    for person, path, page in (
            (ida, f"{case}/notat", case), (ida, f"/kontor/besoeg/{visit}/aflys", f"/kontor/besoeg/{visit}"),
            (ida, "/kontor/sted/1/del", "/kontor/sted/1"), (ida, "/kontor/konto/noedkoder", "/kontor/konto"),
            (ida, "/kontor/kalender/indstillinger/fravaer", "/kontor/kalender/indstillinger"),
            (ida, f"/kontor/besoeg/{visit}/opgaver/ansvarlig/1", f"/kontor/besoeg/{visit}/opgaver"),
            (Person(app), f"{own}/besked", own), (Person(app), f"{own}/tid/1", own),
            (Person(app), "/bestil/faerdselskontrol/besked", "/bestil/faerdselskontrol")):
        for answer in (person.client.get(root + path), person.client.head(root + path)):
            assert (answer.status_code, answer.location) == (302, root + page)
