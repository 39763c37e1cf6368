"""Many cases at a time: ticked on the work list, one form, one look at the letters, one press; all of it or nothing."""

import os
import re
import signal
import threading
from datetime import date, timedelta
from http.client import HTTPException
from pathlib import Path
from time import process_time
from urllib.parse import urlencode

import pytest
from conftest import OFFICER, PASSWORD, Person, logged_in
from helpers import LATER, SOON, as_sent, case, counts, how_many, letters_shown, listed, wish
from helpers_cases import FOUND, accept, ask, change, link, planned, seen_now
from helpers_servers import Browser, at_once, codes, wishes
from sqlalchemy import event

from catalogue import SERVICES
from forms import redact_links
from models import (
    Booking,
    BookingStatus,
    Event,
    EventKind,
    FindingsLink,
    Letter,
    Officer,
    Visit,
    add_working_days,
    db,
    newest_event,
    now,
    today,
)

DESK = "/en/kontor/"
TYPED = {
    "imoedekom": ({"words": "Vi kender stedet."}, BookingStatus.ACCEPTED),
    "spoerg": ({"words": "Hvor på vejen er det?", "answer_by": SOON}, BookingStatus.NEEDS_INFORMATION),
    "afslag": ({"reason": "resources", "words": "Vi beklager.", "instead": ""}, BookingStatus.DECLINED),
    "henvis": ({"authority": "municipality", "words": ""}, BookingStatus.REFERRED),
    "udsaet": ({"words": "Vi venter på kommunens måling.", "due_on": LATER}, BookingStatus.RECEIVED),
}


def many(name: str) -> str:
    return f"/en/kontor/flere/{name}"


def tick(ida: Person, *bookings: Booking, queue: str = "nye", **also) -> dict:
    """What the browser sends from the work list with these ticked."""
    return {**as_sent(ida.get(f"{DESK}?bunke={queue}"), "page"), "sag": [b.reference for b in bookings], **also}


def outcomes(app, booking: Booking) -> tuple[BookingStatus, int, int]:
    """How it stands, and how many events and letters it has."""
    found = seen_now(app, booking)
    return found.status, len(found.events), len(found.letters)


def meeting_of(app) -> Booking:
    booking = wish(app, answers={"kind": "public"})
    with app.app_context():
        Booking.by_reference(booking.reference).service = "meeting"
        db.session.commit()
    return booking


# One form, one look, one press.


@pytest.mark.parametrize("name", TYPED)
def test_several_are_ticked_and_each_gets_its_own_event_and_its_own_letter(app, ida, name):
    road = [wish(app, road=f"Vej {n}", language="en" if n == 2 else "da") for n in range(3)]
    other, (data, status) = wish(app), TYPED[name]
    page = ida.post(many(name), tick(ida, *road))
    assert page.status == 200 and "3 cases" in page.text and not page.errors, "nothing is wrong before it is filled in"
    page = ida.post(many(name), {**as_sent(page, "seen"), **data, "show": "1"})
    shown = letters_shown(page)
    assert len(shown) == 2 and "And 1 more like it" in page.text, "one of each language"
    assert outcomes(app, road[0]) == (BookingStatus.RECEIVED, 1, 1), "a look sends nothing"
    page = ida.post(many(name), {**as_sent(page, "seen"), "send": "1"})
    assert page.response.request.path.endswith("/kontor/") and "Done for 3 cases." in page.text
    assert [outcomes(app, b) for b in road] == [(status, 2, 2)] * 3
    texts = [redact_links(seen_now(app, b).letters[-1].text) for b in road]
    assert set(shown) <= set(texts) and all(b.reference[:4] in text for b, text in zip(road, texts, strict=True))
    assert {seen_now(app, b).events[-1].officer_id for b in road} == {1}
    assert outcomes(app, other) == (BookingStatus.RECEIVED, 1, 1)


def test_what_asks_for_nothing_shows_its_letters_at_once(app, ida):
    bookings = [wish(app), wish(app)]
    page = ida.post(many("imoedekom"), tick(ida, *bookings))
    assert len(letters_shown(page)) == 1
    ida.post(many("imoedekom"), {**as_sent(page, "seen"), "send": "1"})
    assert [outcomes(app, b) for b in bookings] == [(BookingStatus.ACCEPTED, 2, 2)] * 2


def test_all_on_this_page_needs_no_script(app, ida):
    bookings = [wish(app, road=f"Vej {n}") for n in range(3)]
    page = ida.post(many("imoedekom"), {**tick(ida), "all": "1"})
    ida.post(many("imoedekom"), {**as_sent(page, "seen"), "send": "1"})
    assert {outcomes(app, b)[0] for b in bookings} == {BookingStatus.ACCEPTED}


def test_nothing_ticked_is_said_on_the_list_that_one_came_from(app, ida):
    wish(app)
    page = ida.post(many("afslag"), {**tick(ida), "back": "/en/kontor/?bunke=alle&q=byg"})
    assert "Nothing is ticked" in page.text and page.response.request.args["q"] == "byg"
    for back in ("https://example.com/", "//example.com", "/en/sag/x"):
        answer = ida.post(many("afslag"), {"back": back}, follow=False)
        assert answer.response.location in ("/en/kontor/", "/kontor/")
    assert ida.client.get(many("afslag")).location == "/en/kontor", "a look is sent back to the list"
    assert ida.client.get(many("besoeg")).location == "/en/kontor"


@pytest.mark.parametrize("name, wrong", [("afslag", {"reason": ""}), ("afslag", {"reason": "van"}),
                                         ("spoerg", {"answer_by": "2020-01-01"}), ("udsaet", {"words": ""})])
def test_a_form_for_many_that_lacks_something_says_so_and_keeps_what_was_typed(app, ida, name, wrong):
    bookings = [wish(app), wish(app)]
    page = ida.post(many(name), {**tick(ida, *bookings), **TYPED[name][0], **wrong, "send": "1"})
    assert page.status == 422 and page.errors
    assert as_sent(page, "seen")["sag"] == [b.reference for b in bookings]
    assert [outcomes(app, b) for b in bookings] == [(BookingStatus.RECEIVED, 1, 1)] * 2


def test_only_reasons_that_fit_all_of_them_are_offered(app, ida):
    control, meeting = wish(app), meeting_of(app)

    def offered(*bookings):
        page = ida.post(many("afslag"), tick(ida, *bookings))
        return set(re.findall(r'name="reason"[^>]*value="([^"]*)"', page.html))

    reasons = {key: set(SERVICES[key].reasons) for key in ("traffic", "meeting")}
    assert offered(control) == reasons["traffic"] and offered(meeting) == reasons["meeting"]
    assert offered(control, meeting) == reasons["traffic"] & reasons["meeting"] != reasons["traffic"]
    page = ida.post(many("imoedekom"), tick(ida, control, meeting))
    assert len(letters_shown(page)) == 2, "a letter of each service is shown"


def test_those_for_which_it_is_not_possible_are_named_and_left_out(app, ida):
    new, granted = wish(app), accept(app, wish(app))
    page = ida.post(many("spoerg"), tick(ida, new, granted))
    assert "1 case is left out" in page.text and as_sent(page, "seen")["sag"] == [new.reference]
    assert f"/sag/{granted.reference}" in page.html
    page = ida.post(many("spoerg"), tick(ida, granted))
    assert page.status == 200 and 'name="words"' not in page.html and "1 case is left out" in page.text


def test_a_delay_is_later_than_each_of_the_old_promises(app, ida):
    soon, later = wish(app), wish(app)
    change(app, later, lambda b, o: b.delay(o, "Materiel.", today() + timedelta(days=60)))
    data = {**tick(ida, soon, later), "words": "Ferie.", "send": "1"}
    page = ida.post(many("udsaet"), {**data, "due_on": SOON})
    assert page.status == 422 and page.errors and outcomes(app, soon)[1] == 1
    ida.post(many("udsaet"), {**data, "due_on": LATER})
    assert {seen_now(app, b).due_on.isoformat() for b in (soon, later)} == {LATER}


def test_many_move_to_another_place_and_nobody_gets_a_letter(app, ida):
    bookings = [wish(app, road="Bygaden"), wish(app, road="Bygaden 2")]
    page = ida.post(many("flyt"), tick(ida, *bookings))
    assert "Nobody gets a letter." in page.text
    page = ida.post(many("flyt"), {**as_sent(page, "seen"), "road": "Bygaden syd", "postcode": "4690", "send": "1"})
    assert len({seen_now(app, b).place_id for b in bookings}) == 1
    assert [outcomes(app, b) for b in bookings] == [(BookingStatus.RECEIVED, 2, 1)] * 2
    assert set(listed(ida, "?q=bygaden+syd")) == {b.reference for b in bookings}


# Not genuine.


def test_what_is_not_genuine_is_set_aside_without_a_letter_and_a_person_can_take_it_up_again(app, ida, citizen):
    one, two, three, _ = wish(app), ask(app, wish(app)), accept(app, wish(app)), wish(app)
    letters = how_many(app, Letter)
    form = as_sent(ida.get(case(one)), "seen")
    assert ida.post(case(one, "spam"), {**form, "send": "1"}).status == 200, "one press"
    assert 'action="/en/kontor/sag/' + three.reference + '/spam"' not in ida.get(case(three)).html
    page = ida.post(many("spam"), tick(ida, two, three))
    ida.post(many("spam"), {**as_sent(page, "seen"), "send": "1"})
    assert [outcomes(app, b)[0] for b in (one, two, three)] == [BookingStatus.SPAM, BookingStatus.SPAM,
        BookingStatus.ACCEPTED]
    assert how_many(app, Letter) == letters and "Not genuine" in ida.get(case(one)).text
    page = citizen.get(link(one))
    assert "Set aside" in page.text and "did not think it was genuine" in page.text
    citizen.post(link(one, "tag-op-igen"), {"words": "Jeg mente det."})
    found = seen_now(app, one)
    assert found.status is BookingStatus.RECEIVED and found.has_unread and found.letters[-1].kind == EventKind.REOPENED


# Overlapping officers, double presses, messages in between.


def test_a_message_that_came_after_the_look_is_read_before_anything_is_sent(app, ida, citizen):
    booking = wish(app)
    page = ida.post(case(booking, "afslag"), TYPED["afslag"][0])
    citizen.post(link(booking, "besked"), {"words": "Det er blevet meget værre."})
    page = ida.post(case(booking, "afslag"), {**as_sent(page, "seen"), "send": "1"})
    assert "something has happened meanwhile" in page.text and "Det er blevet meget værre." in page.text
    assert as_sent(page, "seen")["words"] == ["Vi beklager."], "what was typed is still there"
    found = seen_now(app, booking)
    assert found.status is BookingStatus.RECEIVED and found.has_unread and len(found.letters) == 1
    ida.post(case(booking, "afslag"), {**as_sent(page, "seen"), "send": "1"})
    assert outcomes(app, booking) == (BookingStatus.DECLINED, 3, 2), "read, and pressed again"


def test_a_message_is_read_only_by_who_has_seen_it(app, ida, citizen):
    booking = wish(app)
    citizen.post(link(booking, "besked"), {"words": "Den første."})
    form = as_sent(ida.get(case(booking)), "seen")
    citizen.post(link(booking, "besked"), {"words": "Den anden."})
    ida.post(case(booking, "laest"), form)
    assert seen_now(app, booking).has_unread
    ida.post(case(booking, "laest"), as_sent(ida.get(case(booking)), "seen"))
    assert not seen_now(app, booking).has_unread


@pytest.mark.parametrize("name", [*TYPED, "flyt", "spam"])
def test_what_is_done_to_many_reads_nobodys_message(app, ida, citizen, name):
    """Whoever presses for a whole list has not opened the cases; from its own page, the same press reads it."""
    place = {"road": "Nygade", "postcode": "4690", "from_to": ""}
    typed = TYPED[name][0] if name in TYPED else place if name == "flyt" else {}
    quiet, writes, alone = wish(app), wish(app), wish(app)
    for booking in (writes, alone):
        citizen.post(link(booking, "besked"), {"words": "Nu er der også kommet vejarbejde."})
    form = tick(ida, quiet, writes, queue="alle")
    ida.post(many(name), {**form, **typed, "send": "1"})
    assert [len(seen_now(app, b).events) for b in (quiet, writes)] == [2, 3]
    assert [seen_now(app, b).has_unread for b in (quiet, writes)] == [False, True]
    assert counts(ida)["besked"] == 2
    ida.post(case(alone, name), {**as_sent(ida.get(case(alone)), "seen"), **typed, "send": "1"})
    assert seen_now(app, alone).has_unread is (name == "flyt")


def test_a_plan_reads_the_message_of_the_case_from_whose_page_it_is_made_alone(app, ida, citizen):
    first, other = wish(app), wish(app)
    for booking in (first, other):
        citizen.post(link(booking, "besked"), {"words": "Nu er der også kommet vejarbejde."})
    form = {**as_sent(ida.get(case(first, "besoeg")), "seen"), "day": SOON, "starts": "14:00", "ends": "16:00",
            "crew": "Ida", "bookings": [first.reference, other.reference]}
    form = as_sent(ida.post(case(first, "besoeg"), form), "seen")
    assert ida.post(case(first, "besoeg"), {**form, "send": "1"}).status == 200
    assert [seen_now(app, b).status for b in (first, other)] == [BookingStatus.ACCEPTED] * 2
    assert [seen_now(app, b).has_unread for b in (first, other)] == [False, True]
    with app.app_context():
        id = db.session.query(Visit).one().id
    history = re.search(r'<ol class="history">.*?</ol>', ida.get(f"/en/kontor/besoeg/{id}").html, re.S)[0]
    assert history.count("Visit planned") == 2, "once for each case, and not for the visit besides"


@pytest.mark.parametrize("ahead", [0, 60])
@pytest.mark.parametrize("number", [1, 3])
def test_a_delay_proposes_a_date_for_many_as_for_one(app, ida, ahead, number):
    """The day that the queue gives, or else the first working day after the promises."""
    bookings = [wish(app) for _ in range(number)]
    with app.app_context():
        for booking in db.session.query(Booking):
            booking.due_on = today() + timedelta(days=ahead - 3)
        db.session.commit()
    page = ida.post(many("udsaet"), tick(ida, *bookings, queue="alle"))
    [proposed] = as_sent(page, "due_on")["due_on"]
    assert date.fromisoformat(proposed) >= add_working_days(max(today(), today() + timedelta(days=ahead - 3)), 1)


@pytest.mark.parametrize("when", ["on the list", "on the form", "on the letters"])
def test_of_many_the_one_with_a_new_message_is_left_out(app, ida, citizen, when):
    quiet, writes = wish(app), wish(app)

    def says(here):
        if here == when:
            citizen.post(link(writes, "besked"), {"words": "Vent lidt."})

    form = tick(ida, quiet, writes)
    says("on the list")
    form = as_sent(ida.post(many("afslag"), form), "seen")
    says("on the form")
    form = as_sent(ida.post(many("afslag"), {**form, **TYPED["afslag"][0], "show": "1"}), "seen")
    says("on the letters")
    page = ida.post(many("afslag"), {**form, "send": "1"})
    assert outcomes(app, quiet) == (BookingStatus.DECLINED, 2, 2) and outcomes(app, writes) == (
        BookingStatus.RECEIVED, 2, 1)
    assert seen_now(app, writes).has_unread
    assert when != "on the letters" or f"{writes.reference[:4]} {writes.reference[4:]}" in page.text


def _findings_by_link(visit, _officer):
    visit.enter_findings(None, FOUND, by="atk@politi.example")


def _move(visit, officer):
    visit.reschedule(officer, place=visit.place, starts_at=visit.starts_at + timedelta(days=9),
                     ends_at=visit.ends_at + timedelta(days=9), resource_units=visit.resource_units)


def _with_visit(app, id: int, verb) -> None:
    with app.app_context():
        verb(db.session.get(Visit, id), Officer.by_email(OFFICER))
        db.session.commit()


@pytest.mark.parametrize("name", ["afslag", "henvis", "udsaet"])
@pytest.mark.parametrize("verb, told", [(_findings_by_link, "Findings entered"), (_move, "Visit moved")])
def test_of_many_the_one_whose_control_has_been_made_or_moved_is_left_out(app, ida, name, verb, told):
    """Which is an event of the visit, and of none of its cases."""
    quiet, visited = wish(app), wish(app, road="Skolevej")
    id = planned(app, visited, start=now() - timedelta(hours=3))
    page = ida.post(many(name), tick(ida, quiet, visited, **TYPED[name][0], show="1"))
    _with_visit(app, id, verb)
    assert told in ida.post(many(name), {**as_sent(page, "preview"), "show": "1"}).text
    page = ida.post(many(name), {**as_sent(page, "preview"), "send": "1"})
    assert f"{visited.reference[:4]} {visited.reference[4:]}" in page.text and "Done for 1 case." in page.text
    assert seen_now(app, visited).letters[-1].kind == "accepted"
    assert seen_now(app, quiet).letters[-1].kind != "received"


def test_of_many_none_is_left_out_for_a_link_to_the_findings_that_was_sent_meanwhile(app, ida):
    two = [wish(app), wish(app, road="Skolevej")]
    id = planned(app, two[0])
    page = ida.post(many("udsaet"), tick(ida, *two, queue="alle", **TYPED["udsaet"][0], show="1"))
    _with_visit(app, id, lambda visit, officer: FindingsLink.send(officer, visit, "atk@politi.example", "da"))
    assert "Done for 2 cases." in ida.post(many("udsaet"), {**as_sent(page, "preview"), "send": "1"}).text


def test_of_many_none_is_left_out_for_what_befell_another_one_of_its_visit(app, ida):
    two = [wish(app, road="Skolevej"), wish(app, road="Skolevej")]
    planned(app, *two)
    page = ida.post(many("afslag"), tick(ida, two[0], queue="alle", **TYPED["afslag"][0], show="1"))
    change(app, two[1], lambda b, o: b.withdraw())
    ida.post(many("afslag"), {**as_sent(page, "preview"), "send": "1"})
    assert seen_now(app, two[0]).status is BookingStatus.DECLINED


def test_one_case_whose_visit_has_changed_since_is_shown_anew_with_what_happened(app, ida):
    booking = wish(app)
    id = planned(app, booking)
    page = ida.post(case(booking, "afslag"), {**TYPED["afslag"][0], "show": "1"})
    _with_visit(app, id, _move)
    page = ida.post(case(booking, "afslag"), {**as_sent(page, "preview"), "send": "1"})
    assert page.status == 409 and "Visit moved" in page.text
    assert seen_now(app, booking).status is BookingStatus.ACCEPTED
    ida.post(case(booking, "afslag"), {**as_sent(page, "preview"), "send": "1"})
    assert seen_now(app, booking).status is BookingStatus.DECLINED


@pytest.mark.parametrize("name", TYPED)
def test_pressing_twice_does_nothing_the_second_time_and_says_what_the_first_has_done(app, ida, name):
    bookings, (data, status) = [wish(app), wish(app)], TYPED[name]
    form = {**tick(ida, *bookings), **data, "send": "1"}
    for _ in range(2):
        page = ida.post(many(name), form)
        assert page.status == 200 and "Done for 2 cases." in page.text and "left out" not in page.text
    assert [outcomes(app, b) for b in bookings] == [(status, 2, 2)] * 2
    one = wish(app)
    alone = {**as_sent(ida.get(case(one, name)), "seen"), **data, "send": "1"}
    for _ in range(2):
        page = ida.post(case(one, name), alone)
        assert page.response.request.path == case(one) and "Done. The letter goes by e-mail" in page.text
    assert outcomes(app, one) == (status, 2, 2)


@pytest.mark.parametrize("name", TYPED)
def test_the_same_press_by_a_colleague_does_nothing_and_says_so(app, ida, name):
    bookings, (data, status), bo = [wish(app), wish(app)], TYPED[name], logged_in(app)
    form = {**tick(ida, *bookings), **data, "send": "1"}
    ida.post(many(name), form)
    page = bo.post(many(name), form)
    assert page.status == 200 and "2 cases are left out" in page.text and "Ida Betjent" in page.text
    assert [outcomes(app, b) for b in bookings] == [(status, 2, 2)] * 2
    one = wish(app)
    alone = {**as_sent(ida.get(case(one, name)), "seen"), **data, "send": "1"}
    ida.post(case(one, name), alone)
    page = bo.post(case(one, name), alone)
    assert outcomes(app, one) == (status, 2, 2)
    assert "not possible any more" in page.text or "something has happened meanwhile" in page.text


def test_a_plan_does_not_say_yes_over_an_unread_message(app, ida, citizen):
    granted, new = accept(app, wish(app)), wish(app)
    form = {**as_sent(ida.get(case(granted, "besoeg")), "crew"), "day": SOON, "starts": "17:00", "ends": "19:00",
            "crew": "ATK 1", "bookings": [granted.reference, new.reference]}
    form = as_sent(ida.post(case(granted, "besoeg"), form), "crew")
    citizen.post(link(new, "besked"), {"words": "Vent lidt."})
    page = ida.post(case(granted, "besoeg"), {**form, "send": "1"})
    assert "Vent lidt." in page.text and how_many(app, Visit) == 0
    ida.post(case(granted, "besoeg"), {**as_sent(page, "crew"), "send": "1"})
    assert how_many(app, Visit) == 1


def test_dates_are_not_offered_over_an_unread_message(app, ida, citizen):
    booking = meeting_of(app)
    form = as_sent(ida.post(case(booking, "tider"), as_sent(ida.get(case(booking, "tider")), "crew")), "crew")
    citizen.post(link(booking, "besked"), {"words": "Vi har fundet en anden."})
    page = ida.post(case(booking, "tider"), {**form, "send": "1"})
    assert page.status == 409 and "Vi har fundet en anden." in page.text
    assert outcomes(app, booking) == (BookingStatus.RECEIVED, 2, 1)
    ida.post(case(booking, "tider"), {**as_sent(page, "crew"), "send": "1"})
    assert outcomes(app, booking) == (BookingStatus.ACCEPTED, 3, 2)


# Planning from a list.


def test_planning_from_the_list_ticks_those_at_one_place_and_names_the_others(app, ida):
    here, too, elsewhere = wish(app), accept(app, wish(app)), wish(app, road="Kirkevej")
    not_ticked = accept(app, wish(app))
    page = ida.post(many("besoeg"), tick(ida, here, too, elsewhere))
    assert page.response.request.path == f"/en/kontor/sag/{here.reference}/besoeg"
    assert set(as_sent(page, "crew")["bookings"]) == {here.reference, too.reference}
    assert f"{elsewhere.reference[:4]} {elsewhere.reference[4:]}" in page.text and not_ticked.reference in page.html
    closed = change(app, wish(app), lambda b, o: b.withdraw())
    assert "Nothing is ticked" in ida.post(many("besoeg"), tick(ida, closed)).text


def test_a_date_that_is_agreed_is_planned_for_who_may_have_it(app, ida):
    meeting = meeting_of(app)
    page = ida.post(many("besoeg"), tick(ida, wish(app), meeting))
    assert "Left out" in page.text
    page = ida.post(many("besoeg"), tick(ida, meeting))
    assert as_sent(page, "crew")["bookings"] == [meeting.reference] and "Enter an agreed date" in page.text


# Promises about to break.


def test_promises_of_the_next_five_working_days_lie_in_a_pile_of_their_own(app, ida):
    assert "bunke=loefter" not in ida.get(DESK).html, "where nothing is in it, it is not shown"
    late, soon, later, asked, closed = (wish(app, road=f"Vej {n}") for n in range(5))
    ask(app, asked)
    change(app, closed, lambda b, o: b.withdraw())
    days = {late: -3, soon: 5, later: 6, asked: 2, closed: 1}
    with app.app_context():
        for booking, ahead in days.items():
            due = add_working_days(today(), ahead) if ahead > 0 else today() + timedelta(days=ahead)
            Booking.by_reference(booking.reference).due_on = due
        db.session.commit()
    assert listed(ida, "?bunke=loefter") == [late.reference, soon.reference]
    assert counts(ida)["loefter"] == 2
    form = {**tick(ida, queue="loefter"), "all": "1", "words": "Ferie.", "due_on": LATER, "send": "1"}
    page = ida.post(many("udsaet"), form)
    assert "Done for 2 cases." in page.text and "No cases here" in page.text, "back in the pile that one came from"
    assert {seen_now(app, b).letters[-1].kind for b in (late, soon)} == {EventKind.DELAYED}
    assert "bunke=loefter" not in ida.get(DESK).html


# A hundred at once.


@pytest.mark.parametrize("name", ["imoedekom", *(
    pytest.param(name, marks=pytest.mark.slow) for name in [*TYPED, "spam"] if name != "imoedekom")])
def test_a_hundred_in_one_press_take_a_moment(app, ida, name, record_property):
    hundred = [wish(app, road=f"Vej {n % 20}") for n in range(100)]
    data, status = TYPED.get(name, ({}, BookingStatus.SPAM))
    took, asked = {}, []
    form = {"sag": [b.reference for b in hundred], "csrf_token": ida.token, **data}
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listener := lambda *args: asked.append(args[2]))
    try:
        for step in ("show", "send"):
            asked.clear()
            begun = process_time()
            answer = ida.client.post(many(name), data={**form, step: "1"})
            took[step] = process_time() - begun
            assert answer.status_code == (303 if step == "send" else 200)
            reads = [sql for sql in asked if not sql.startswith("INSERT")]
            assert len(reads) < 30, f"{step} asks the database {len(reads)} times"
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    record_property("seconds", took)
    print(f"{name}: {took}")
    assert {outcomes(app, b)[0] for b in hundred[::9]} == {status}
    assert how_many(app, Event) == 200 and max(took.values()) < 2, took


def test_one_press_plans_a_visit_for_a_hundred_who_asked(app, ida):
    hundred = [wish(app) for _ in range(100)]
    page = ida.post(many("besoeg"), tick(ida, *hundred))
    form = {**as_sent(page, "crew"), "day": SOON, "starts": "17:00", "ends": "19:00", "crew": "ATK 1"}
    assert len(form["bookings"]) == 100
    took = []
    for step in ({}, {"send": "1"}):
        begun = process_time()
        page = ida.post(case(hundred[0], "besoeg"), {**form, **step}, check=False)
        took.append(process_time() - begun)
        assert page.status == 200 and not page.errors
    print(took)
    assert {outcomes(app, b) for b in hundred[::9]} == {(BookingStatus.ACCEPTED, 3, 2)} and how_many(app, Visit) == 1
    assert max(took) < 2, took


# Two officers on overlapping lists, against the web server as bin/run starts it; in some rounds it is killed half-way.

BO = "bo@politi.example"


@pytest.fixture(scope="module")
def officers(server) -> list[Browser]:
    with server.app.app_context():
        Officer.add(BO, "Bo Betjent", PASSWORD)
        db.session.commit()
    return [in_office(server, email) for email in (OFFICER, BO)]


def in_office(site, email: str) -> Browser:
    browser = Browser(site)
    browser.get("/kontor/log-ind")
    assert browser.press("/kontor/log-ind", email=email, password=PASSWORD).status == 303
    browser.get("/kontor/")
    return browser


def told(site, references: list[str]) -> list[tuple[str, list[str], list[str]]]:
    """Of each booking: its status, the outcomes that happened, and the letters that tell of one."""
    ends = {EventKind.DECLINED, EventKind.REFERRED}
    with site.app.app_context():
        found = {b.reference: b for b in db.session.query(Booking).filter(Booking.reference.in_(references))}
        return [(b.status.value, [e.kind.value for e in b.events if e.kind in ends],
                 [x.kind for x in b.letters if x.kind in ends]) for b in map(found.get, references)]


def kill_worker(site) -> None:
    """At once and without a word; the server starts another one."""
    [master] = site._running
    children = Path(f"/proc/{master.pid}/task/{master.pid}/children")
    for child in children.read_text().split():
        os.kill(int(child), signal.SIGKILL)


KILLED = [None, .03, .06, .1, .15, .2, .3]  # seconds after the presses


@pytest.mark.parametrize("after", [None, .1, *(pytest.param(s, marks=pytest.mark.slow) for s in KILLED * 3)])
@pytest.mark.system
@pytest.mark.postgres
def test_two_officers_press_on_overlapping_lists_and_each_case_has_one_outcome_or_none(server, officers, after):
    references = [wish["reference"] for wish in wishes(server, 60, offered=False)]
    with server.app.app_context():
        seen = newest_event()
    ida, bo = officers
    forms = [(ida, "afslag", references[:40], {"reason": "resources"}),
             (bo, "henvis", references[20:], {"authority": "municipality"})]

    def press_one(browser, name, chosen, data):
        form = {"csrf_token": browser.token, "seen": seen, "sag": chosen, "words": "", "send": "1", **data}
        try:
            return browser._ask("POST", f"/kontor/flere/{name}", urlencode(form, doseq=True))
        except (HTTPException, OSError):
            return None  # the server was killed

    if after:
        killer = threading.Timer(after, kill_worker, [server])
        killer.start()
    answers = at_once([lambda f=form: press_one(*f) for form in forms * 2])  # each of them with a double click
    if after:
        killer.join()
    for status, outcomes, letters in (first := told(server, references)):
        assert (status, outcomes, letters) in (
            ("received", [], []), *((kind, [kind], [kind]) for kind in ("declined", "referred")))
    for mine in (first[:20], first[40:]):  # nobody else pressed on these: all of a press, or nothing
        assert len({status for status, *_ in mine}) == 1
    if not after:
        assert codes(answers) == {303: 4} and "received" not in {status for status, *_ in first}
    for form in forms:  # whoever is not sure presses again
        assert press_one(*form).status in (200, 303)
    for status, outcomes, letters in told(server, references):
        assert status in ("declined", "referred") and outcomes == letters == [status]
    assert "locked" not in server.log
