"""No wish is decided blindly: where a control is planned at its place already, every page that decides on it says so."""

import re
from datetime import timedelta

import pytest
from helpers import as_sent, case, letters_shown, wish
from helpers_cases import change, planned, reported, seen_now

from models import Booking, BookingStatus, Officer, Place, Visit, db, now, visits_to_join

HAS_ONE = "A visit is planned here already"
PIN, CLOSE, FAR = ({"lat": 55.3230, "lng": 11.9660}, {"lat": 55.3245, "lng": 11.9660}, {"lat": 55.3290, "lng": 11.9660})


def joined_by(page, *bookings: Booking) -> bool:
    """Whether the page leads to the planned visit with these cases ticked."""
    queries = re.findall(r'href="[^"]*/flyt\?([^"]*)"', page.html)
    return any(set(query.split("&amp;")) == {f"sag={b.reference}" for b in bookings} for query in queries)


@pytest.mark.parametrize("step", ["", "afslag", "imoedekom", "henvis", "spoerg", "udsaet", "besoeg"])
@pytest.mark.parametrize("road, pin", [("Bygaden", PIN), ("Bygaden", {}), ("Kirkestien", CLOSE)])
def test_a_new_wish_is_not_decided_without_the_planned_control_in_sight(app, ida, step, road, pin):
    planned(app, wish(app, **PIN))
    new = wish(app, road=road, **pin)
    page = ida.get(case(new, step))
    assert HAS_ONE in page.text
    assert joined_by(page, new)


def test_the_way_from_the_hint_ends_in_the_planned_control_with_its_yes(app, ida):
    visit = planned(app, wish(app))
    new = wish(app)
    page = ida.get(f"/en/kontor/besoeg/{visit}/flyt?sag={new.reference}")
    shown = ida.post(f"/en/kontor/besoeg/{visit}/flyt", as_sent(page, "crew"))
    assert len(letters_shown(shown)) == 1
    ida.post(f"/en/kontor/besoeg/{visit}/flyt", {**as_sent(shown, "crew"), "send": "1"})
    assert seen_now(app, new).status is BookingStatus.ACCEPTED
    with app.app_context():
        assert [v.id for v in Booking.by_reference(new.reference).visits] == [visit]
    assert HAS_ONE not in ida.get(case(new)).text, "it is in that visit now"


def test_a_preview_of_the_no_still_has_the_hint(app, ida):
    planned(app, wish(app))
    new = wish(app)
    page = ida.post(case(new, "afslag"), {"reason": "resources", "words": "", "instead": "", "show": "1"})
    assert "resources" in page.html
    assert HAS_ONE in page.text
    assert joined_by(page, new)


@pytest.mark.parametrize("what", ["far", "over", "off", "meeting"])
def test_no_hint_where_no_visit_could_answer_it(app, ida, what):
    first = wish(app, **PIN)
    visit = planned(app, first, start=now() - timedelta(hours=3) if what == "over" else None)
    if what == "off":
        with app.app_context():
            db.session.get(Visit, visit).cancel(Officer.coordinators()[0], "")
            db.session.commit()
    new = wish(app, **{"far": {"road": "Langtvæk", **FAR}, "meeting": {"service": "meeting"}}.get(what, {}))
    assert HAS_ONE not in ida.get(case(new)).text
    assert HAS_ONE not in ida.get(case(first)).text, "its own"


def test_the_next_control_is_not_planned_beside_one_that_is_planned_already(app, ida):
    before = reported(app, wish(app))
    second = wish(app)
    planned(app, second)
    assert HAS_ONE in ida.get(f"/en/kontor/besoeg/{before}/igen").text


def test_many_at_once_say_for_how_many_a_visit_is_planned(app, ida):
    planned(app, wish(app))
    here, there, nowhere = [wish(app), wish(app)], wish(app, road="Torvet"), wish(app, road="Stillevej")
    planned(app, wish(app, road="Torvet"), crew="Bo")
    data = {**as_sent(ida.get("/en/kontor/?bunke=nye"), "page"), "sag": [b.reference for b in (*here, there, nowhere)]}
    page = ida.post("/en/kontor/flere/afslag", data)
    assert "For 3 of these cases, a visit is planned already" in page.text
    assert joined_by(page, *here)
    assert joined_by(page, there)


def test_places_are_close_to_each_other_as_they_are_each_others_neighbours(app):
    with app.app_context():
        def at(road, **pin):
            return Place.at(road=road, postcode="4690", town="Haslev", municipality="Faxe", **pin)
        places = [at("Avej", **PIN), at("Bvej", **CLOSE), at("Cvej", **FAR), at("Dvej"), at("???"), at("!!!")]
        db.session.flush()
        for place in places:
            close = {p.id for p in places if p is not place and place.is_close_to(p)}
            assert close == {p.id for p in place.neighbours()}


def test_a_visit_is_named_once_with_all_that_it_could_answer(app):
    planned(app, wish(app))
    found = [wish(app) for _ in range(3)]
    with app.app_context():
        bookings = [Booking.by_reference(b.reference) for b in found]
        assert [len(joining) for joining in visits_to_join(bookings).values()] == [3]
        assert visits_to_join([]) == {}


@pytest.mark.parametrize("step", ["afslag", "henvis", "oplys", "traek-tilbage", "udsaet", "besoeg"])
def test_the_control_that_is_planned_for_the_case_itself_is_in_sight_as_well(app, ida, step):
    booking = wish(app)
    planned(app, booking)
    assert "a visit is planned:" in ida.get(case(booking, step)).text


def test_a_case_that_falls_out_with_its_planned_visit_stops_no_other(app, ida):
    planned(app, wish(app, **PIN))
    near, far = wish(app, **PIN), wish(app, road="Fjernvej", postcode="4640", town="Faxe", email="bo@example.dk")
    shown = ida.post("/en/kontor/flere/imoedekom", {"sag": [near.reference, far.reference], "show": "1"})
    assert "a visit is planned already" in shown.text
    change(app, near, lambda b, o: b.give_information("Det er blevet værre."))
    ida.post("/en/kontor/flere/imoedekom", {**as_sent(shown, "preview"), "send": "1"})
    assert (seen_now(app, near).status, seen_now(app, far).status) == ("received", "accepted")


def test_a_case_that_falls_out_with_its_municipality_stops_no_other(app, ida):
    here = wish(app)
    there = wish(app, road="Algade", postcode="4700", town="Næstved", municipality="Næstved", email="bo@example.dk")
    typed = {"sag": [here.reference, there.reference], "authority": "municipality", "show": "1"}
    shown = ida.post("/en/kontor/flere/henvis", typed)
    change(app, there, lambda b, o: b.give_information("Det er blevet værre."))
    ida.post("/en/kontor/flere/henvis", {**as_sent(shown, "preview"), "send": "1"})
    assert (seen_now(app, here).status, seen_now(app, there).status) == ("referred", "received")
