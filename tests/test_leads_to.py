"""What a visit leads to: a new case for each who asked, shown before anybody is told of it, and in nobody's mouth."""

from datetime import timedelta

import pytest
from conftest import OFFICER, Person
from helpers import as_sent, how_many, letters_shown, wish

from models import Booking, EventKind, Letter, Officer, Place, Task, TaskStatus, Visit, db, local, now

SUMMARY, SPEED = "Vi anbefaler en vandring ved stien bag skolen.", "Mål farten på Torvet."


@pytest.fixture
def meeting(app) -> int:
    """A meeting that was held and answered for two."""
    asked = [wish(app, service="meeting", email=f"{who}@example.dk", language="en").reference for who in ("anna", "bo")]
    begun = now() - timedelta(hours=3)
    with app.app_context():
        ida, bookings = Officer.by_email(OFFICER), [Booking.by_reference(reference) for reference in asked]
        visit = Visit.plan(ida, service="meeting", place=bookings[0].place, starts_at=begun,
                           ends_at=begun + timedelta(hours=1), resource_units={"crew": "Ida"}, bookings=bookings,
                           date_agreed=True)
        visit.enter_findings(ida, {"held": "yes", "day": f"{local(begun):%Y-%m-%d}", "starts": "19:00", "ends": "20:00",
                                   "place": "Biblioteket", "number": 12, "summary": SUMMARY})
        visit.report(ida)
        Task.enter(ida, visit, form_token="x", what=SPEED, details={"place": "Torvet"}, assignee=None,
                   status=TaskStatus.NEW, reason="", public=False)
        db.session.commit()
        return visit.id


def lead(id: int, slug: str = "tryghedsvandring", task: str = "") -> str:
    return f"/en/kontor/besoeg/{id}/foerer-til/{slug}{task and '?task=' + task}"


def press(ida: Person, path: str):
    shown = ida.get(path)
    return ida.post(path, {**as_sent(shown, "preview"), "send": "1"})


def led_to(app) -> list[Booking]:
    return db.session.query(Booking).filter_by(channel="office").order_by(Booking.id).all()


@pytest.mark.parametrize("how", ["get", "post"])
def test_what_it_leads_to_is_shown_before_it_is_made_or_told(app, ida, meeting, how):
    cases, letters = how_many(app, Booking), how_many(app, Letter)
    path = lead(meeting)
    page = ida.get(path) if how == "get" else ida.post(path, {})
    assert len(letters_shown(page)) == 2 and SUMMARY in page.text
    assert (how_many(app, Booking), how_many(app, Letter)) == (cases, letters)


def test_one_press_after_the_letters_makes_the_cases_and_sends_what_was_shown(app, ida, meeting):
    shown = letters_shown(ida.get(lead(meeting)))
    assert "Done." in press(ida, lead(meeting)).text
    with app.app_context():
        made = led_to(app)
        assert [case.service for case in made] == ["walk", "walk"]
        assert [case.email for case in made] == ["anna@example.dk", "bo@example.dk"]
        assert len([letter for case in made for letter in case.letters]) == len(shown) == 2
    again = ida.get(lead(meeting))
    assert "This was started before" in again.text


def test_what_the_officer_wrote_is_a_note_of_the_office_and_no_answer_of_the_citizen(app, ida, meeting, stranger):
    press(ida, lead(meeting, "dialogmoede"))
    with app.app_context():
        case = led_to(app)[0]
        assert case.answers == {}
        [note] = [event for event in case.events if event.kind is EventKind.NOTED]
        assert note.words == SUMMARY and note.officer
        own, office = f"/en/sag/{case.reference}/{case.secret}", f"/en/kontor/sag/{case.reference}"
    assert "Never sent:" in ida.get(office).text and SUMMARY in ida.get(office).text
    assert SUMMARY not in stranger.get(own).text


def test_a_task_leads_to_a_case_at_its_own_place_that_is_no_place_before_it_is_sent(app, ida, meeting):
    path = lead(meeting, "faerdselskontrol", task="1")
    page, places = ida.get(path), how_many(app, Place)
    assert SPEED in page.text and SUMMARY not in page.text
    press(ida, path)
    assert how_many(app, Place) == places + 1
    with app.app_context():
        case = led_to(app)[0]
        assert case.place.road == "Torvet"
        assert [e.words for e in case.events if e.kind is EventKind.NOTED] == [SPEED]


def test_a_visit_and_a_task_offer_what_they_lead_to_without_a_press(app, ida, meeting):
    with app.app_context():
        task = db.session.get(Visit, meeting).tasks[0].id
    assert lead(meeting) in ida.get(f"/en/kontor/besoeg/{meeting}").html
    assert lead(meeting, task="1") in ida.get(f"/en/kontor/opgave/{task}").html


def test_no_receipt_is_noted_as_heard_before_its_case_has_a_reference(app, ida, meeting):
    with app.app_context():
        for booking in db.session.get(Visit, meeting).bookings:
            booking.reply, booking.phone, booking.email = "phone", "12345678", ""
        db.session.commit()
    shown = ida.get(lead(meeting))
    assert letters_shown(shown) and 'name="phoned"' not in shown.html
