"""A press rests on its own part of what its page is about: who is at work elsewhere does not stop it, who changes what
it could overwrite does."""

from datetime import timedelta

import pytest
from conftest import OFFICER, logged_in
from helpers import as_sent, case, wish
from helpers_cases import FOUND, change, planned, seen_now

from models import (
    Assignee,
    Booking,
    IntakePause,
    Officer,
    Place,
    Reservation,
    Task,
    TaskStatus,
    Visit,
    WaitlistEntry,
    db,
    now,
    today,
)

HERE, CLOSE, CLOSER = (55.3220, 11.9680), (55.3221, 11.9681), (55.3222, 11.9682)
PAUSE = {"until": (today() + timedelta(days=20)).isoformat(), "texts-da": "Vi har travlt.", "texts-en": "We are busy."}


def wish_at(app, pin: tuple, road: str) -> Booking:
    return wish(app, road=road, lat=pin[0], lng=pin[1], email="bo@example.dk")


def does(app, verb) -> None:
    with app.app_context():
        verb(Officer.by_email(OFFICER))
        db.session.commit()


@pytest.fixture
def here(app) -> Booking:
    """A case with a place close by, so that its page shows one already."""
    wish_at(app, CLOSE, "Skolegade")
    return wish_at(app, HERE, "Bygaden")


def _someone_close_by(app) -> None:
    wish_at(app, CLOSER, "Kirkestien")


@pytest.mark.parametrize("name, typed", [("imoedekom", {}), ("afslag", {"reason": "resources"}), ("udsaet", {
    "words": "Vi er forsinkede.", "due_on": (today() + timedelta(days=90)).isoformat()})])
def test_a_wish_at_a_new_place_close_by_does_not_stop_a_letter_that_was_shown(app, ida, here, name, typed):
    shown = ida.post(case(here, name), {**typed, "show": "1"})
    _someone_close_by(app)
    assert ida.post(case(here, name), {**as_sent(shown, "preview"), "send": "1"}).status == 200
    assert len(seen_now(app, here).letters) == 2


def test_a_case_can_be_given_to_a_place_close_by_though_another_one_is_new(app, ida, here):
    page = ida.get(case(here))
    _someone_close_by(app)
    with app.app_context():
        other = next(p for p in Booking.by_reference(here.reference).place.neighbours() if p.road == "Skolegade").id
    path = f"/en/kontor/sag/{here.reference}/sted/{other}"
    assert ida.post(path, {"version": page.hidden["version"][0]}).status == 200
    assert seen_now(app, here).place_id == other


def test_a_case_is_not_given_to_a_place_close_by_that_is_called_otherwise_now(app, ida, here):
    page = ida.get(case(here))
    with app.app_context():
        other = next(iter(Booking.by_reference(here.reference).place.neighbours())).id
    does(app, lambda o: db.session.get(Place, other).describe(o, "", "", "fra bageren til broen", None))
    path = f"/en/kontor/sag/{here.reference}/sted/{other}"
    assert ida.post(path, {"version": page.hidden["version"][0]}).status == 409
    assert seen_now(app, here).place_id != other


def test_a_wish_does_not_stop_the_note_on_its_place(app, ida, here):
    path = f"/en/kontor/sted/{here.place_id}"
    form = as_sent(ida.get(path), "suitability")
    wish_at(app, HERE, "Bygaden")
    _someone_close_by(app)
    assert ida.post(path, {**form, "suitability": "Hold bag hegnet."}).status == 200
    with app.app_context():
        assert db.session.get(Place, here.place_id).suitability == "Hold bag hegnet."


def test_a_place_is_not_made_one_with_another_that_is_called_otherwise_now(app, ida, here):
    path = f"/en/kontor/sted/{here.place_id}"
    page = ida.get(path)
    with app.app_context():
        other = next(iter(db.session.get(Place, here.place_id).neighbours())).id
    does(app, lambda o: db.session.get(Place, other).describe(o, "", "", "fra bageren til broen", None))
    assert ida.post(f"{path}/saml/{other}", {"version": page.hidden["version"][0]}).status == 409


@pytest.mark.parametrize("since", [
    lambda b, o: b.note(o, "Ringet op."), lambda b, o: b.give_information("De kører stadig."),
    lambda b, o: b.journalise(o, "2026-17")])
def test_what_is_noted_in_a_case_does_not_stop_the_report_that_was_shown(app, ida, since):
    booking = wish(app)
    id = _found(app, booking)
    shown = ida.get(f"/en/kontor/besoeg/{id}/svar")
    change(app, booking, since)
    ida.post(f"/en/kontor/besoeg/{id}/svar", as_sent(shown, "preview"))
    assert seen_now(app, booking).status == "answered"


def test_a_citizen_who_is_reached_otherwise_since_stops_the_report_that_was_shown(app, ida):
    booking = wish(app)
    id = _found(app, booking)
    shown = ida.get(f"/en/kontor/besoeg/{id}/svar")
    change(app, booking, lambda b, o: b.change_contact(
        name="Anna Jensen", email="ny@example.dk", phone="", address="", reply="email", officer=o))
    page = ida.post(f"/en/kontor/besoeg/{id}/svar", as_sent(shown, "preview"))
    assert page.status == 409 and seen_now(app, booking).status == "accepted"


def _found(app, booking: Booking) -> int:
    id = planned(app, booking, start=now() - timedelta(hours=3))
    does(app, lambda o: db.session.get(Visit, id).enter_findings(o, FOUND))
    return id


def test_the_answer_of_who_is_responsible_stops_the_edit_of_that_task_alone(app, ida):
    first, second = _tasks(app)
    for task, status in ((first, 200), (second, 409)):
        shown = as_sent(ida.get(f"/en/kontor/opgave/{task}"), "proposal")
        does(app, lambda o: db.session.get(Task, second).answer(TaskStatus.DONE, f"Udført {task}."))
        assert ida.post(f"/en/kontor/opgave/{task}", {**shown, "proposal": "Mere lys."}).status == status


def _tasks(app) -> list[int]:
    booking = wish(app, service="walk", answers={"kind": "public"})
    with app.app_context():
        ida, found = Officer.by_email(OFFICER), Booking.by_reference(booking.reference)
        visit = Visit.plan(ida, service="walk", place=found.place, starts_at=now() - timedelta(hours=2),
                           ends_at=now() - timedelta(hours=1), resource_units={"crew": "Ida"}, bookings=[found],
                           date_agreed=True, public_place="Torvet")
        owner = Assignee.for_visit(visit, "municipality")
        owner.change_contact(name="Bo", email="bo@kommune.example", language="da")
        made = [Task.enter(ida, visit, form_token=f"task {n}", assignee=owner, status=TaskStatus.NEW, reason="",
                           what="Mørkt.", public=False, due_on=today() + timedelta(days=30), details={
                               "place": "Stien", "feel": "unsafe", "cat": ["dark"], "proposal": "Lys.", "prio": "now"})
                for n in (1, 2)]
        owner.send(ida)
        db.session.commit()
        return [task.id for task in made]


def test_who_joins_the_waiting_list_stops_neither_new_words_nor_the_first_who_are_let_in(app, ida):
    does(app, lambda o: IntakePause.pause(o, "traffic", today() + timedelta(days=10), {"da": "Pause.", "en": "Pause."}))
    _waits(app, "anna@example.dk")
    path = "/en/kontor/indtag/faerdselskontrol"
    page = ida.get(path)
    _waits(app, "bo@example.dk")
    assert ida.post(path, {**as_sent(page, "until"), **PAUSE}).status == 200
    page = ida.get(path)
    _waits(app, "eva@example.dk")
    let_in = {**as_sent(page, "count"), "count": "1"}
    assert ida.post(f"{path}/luk-ind", let_in).status == 200
    colleague = logged_in(app)
    assert colleague.post(f"{path}/luk-ind", {**let_in, "csrf_token": colleague.token}).status == 409
    with app.app_context():
        assert len(WaitlistEntry.waiting("traffic")) == 2


def _waits(app, email: str) -> None:
    with app.app_context():
        WaitlistEntry.ask("traffic", email, "en")
        WaitlistEntry.one_by(email=email).confirm()
        db.session.commit()


def test_an_absence_stops_another_absence_and_no_change_of_the_opening_hours(app, ida):
    path = "/en/kontor/kalender/indstillinger"
    page = ida.get(path)
    starts = now() + timedelta(days=3)
    does(app, lambda o: Reservation.absence("Bo", starts, starts + timedelta(hours=2), "kursus"))
    assert ida.post(f"{path}/aabningstider", as_sent(page, "opens0")).status == 200
    assert ida.post(f"{path}/fravaer", as_sent(page, "first")).status == 409
