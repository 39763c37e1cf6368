"""What has happened to a visit, or to a case that a plan would answer, is overlooked by no press on an older page."""

import re
from datetime import date, timedelta

import pytest
from conftest import OFFICER, ROOT
from helpers import as_sent, case, how_many, wish
from helpers_cases import FOUND, accept, change, planned, reported, seen_now

import models
from models import Assignee, Booking, Letter, Officer, Place, Task, TaskStatus, Visit, db, now
from models.base import Versioned


def halves(booking: Booking) -> str:
    return f"{booking.reference[:4]} {booking.reference[4:]}"


def visited_at(app, booking: Booking) -> list:
    """When the case is visited."""
    with app.app_context():
        return [visit.starts_at for visit in Booking.by_reference(booking.reference).visits]


def _with_visit(app, id: int, verb) -> None:
    with app.app_context():
        verb(db.session.get(Visit, id), Officer.by_email(OFFICER))
        db.session.commit()


def _agreed(app, booking: Booking) -> int:
    with app.app_context():
        found, start = Booking.by_reference(booking.reference), now() + timedelta(days=5)
        visit = Visit.plan(Officer.by_email(OFFICER), service="meeting", place=found.place, starts_at=start,
                           ends_at=start + timedelta(hours=1), resource_units={"crew": "Ida"}, bookings=[found],
                           date_agreed=True, public_place="Hallen")
        db.session.commit()
        return visit.id


def _postpone(visit, officer):
    more = timedelta(days=60)
    visit.reschedule(officer, place=visit.place, starts_at=visit.starts_at + more, ends_at=visit.ends_at + more,
                     resource_units=visit.resource_units, public_place=visit.public_place)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("name, typed", [("afslag", {"reason": "resources"}), ("imoedekom", {})])
def test_a_visit_that_is_planned_there_is_shown_at_its_new_time_first(app, ida, name, typed, many):
    booking, id = wish(app), planned(app, wish(app, email="bo@example.dk"))
    path = f"/en/kontor/flere/{name}" if many else case(booking, name)
    shown = ida.post(path, {**typed, "sag": [booking.reference], "show": "1"} if many else {**typed, "show": "1"})
    _with_visit(app, id, _postpone)
    page = ida.post(path, {**as_sent(shown, "preview"), "send": "1"})
    assert page.status == 409 and seen_now(app, booking).status == "received"
    ida.post(path, {**as_sent(page, "preview"), "send": "1"})
    assert seen_now(app, booking).status != "received"


def _planned_anew(app, id: int, booking: Booking) -> None:
    """The visit is off, and another one planned, to whose reservation SQLite gives the number of the first one's."""
    _with_visit(app, id, lambda visit, officer: visit.cancel(officer, ""))
    planned(app, booking, start=now() + timedelta(days=20), crew="Bo")


@pytest.mark.parametrize("page", ["besoeg", "igen"])
@pytest.mark.parametrize("since", [lambda app, id, b: _with_visit(app, id, _postpone), _planned_anew])
def test_no_plan_is_kept_beside_a_visit_that_its_page_has_not_shown(app, ida, page, since):
    before, booking, other = reported(app, wish(app)), wish(app), wish(app, email="bo@example.dk")
    path = case(booking, page) if page == "besoeg" else f"/en/kontor/besoeg/{before}/igen"
    id = planned(app, other)
    form = {**as_sent(ida.get(path), "starts"), "day": "2030-05-06", "starts": "19:00", "ends": "20:00", "crew": "A"}
    since(app, id, other)
    visits = how_many(app, Visit)
    assert ida.post(path, form).status == 409 and how_many(app, Visit) == visits


def test_the_newest_number_stands_for_a_table_only_where_none_is_given_twice():
    tables = set(re.findall(r"_last\(([A-Z]\w+)", (ROOT / "office" / "subjects.py").read_text("utf-8")))
    assert tables and {name for name in tables if not issubclass(getattr(models, name), Versioned)} == set()


def test_a_plan_is_kept_though_a_meeting_has_been_agreed_meanwhile(app, ida):
    granted, meeting = accept(app, wish(app)), wish(app, service="meeting", answers={"kind": "public"}, road="Torvet")
    form = {**as_sent(ida.get(case(granted, "besoeg")), "starts"), "day": "2030-05-06", "starts": "19:00",
            "ends": "20:00", "crew": "A"}
    _agreed(app, meeting)
    assert ida.post(case(granted, "besoeg"), form).status == 200 and how_many(app, Visit) == 2


@pytest.mark.parametrize("page", ["besoeg", "igen"])
def test_a_plan_is_kept_though_another_visit_has_been_planned_far_away(app, ida, page):
    granted, far = accept(app, wish(app)), accept(app, wish(app, road="Havnevej", email="bo@example.dk"))
    path = f"/en/kontor/besoeg/{reported(app, wish(app))}/igen" if page == "igen" else case(granted, page)
    form = {**as_sent(ida.get(path), "starts"), "day": "2030-05-06", "starts": "19:00", "ends": "20:00", "crew": "A"}
    planned(app, far, crew="Bo")
    before = how_many(app, Visit)
    assert ida.post(path, form).status == 200 and how_many(app, Visit) == before + 1


def _file_elsewhere(booking, officer):
    booking.move(officer, Place.at(road="Langtvæk", postcode="4690", town="Haslev", municipality="Faxe"))


@pytest.mark.parametrize("to_visit", [False, True])
@pytest.mark.parametrize("verb, told", [
    (lambda b, o: b.withdraw(), "Withdrawn by the citizen"), (lambda b, o: b.mark_as_spam(o), "Set aside"),
    (lambda b, o: b.decline(o, "resources", "", ""), "Could not be met"), (_file_elsewhere, "Moved to another place")])
def test_a_plan_says_which_case_it_cannot_answer_any_more_and_is_kept_for_the_others(
        app, ida, to_visit, verb, told):
    stays, gone = accept(app, wish(app)), accept(app, wish(app, email="bo@example.dk"))
    path = f"/en/kontor/besoeg/{planned(app, stays)}/flyt" if to_visit else case(stays, "besoeg")
    form = {**as_sent(ida.get(path), "starts"), "day": "2030-05-06", "starts": "19:00", "ends": "20:00", "crew": "A",
            "bookings": [stays.reference, gone.reference]}
    change(app, gone, verb)
    page = ida.post(path, form)
    assert page.status == 409 and not page.errors and halves(gone) in page.text and told in page.text
    assert not visited_at(app, gone)
    form = as_sent(page, "starts")
    assert form["bookings"] == [stays.reference]
    assert ida.post(path, form).status == 200
    assert [start.year for start in visited_at(app, stays)] == [2030] and not visited_at(app, gone)


def _findings_that_failed(app) -> tuple[int, str]:
    id = reported(app, wish(app))
    with app.app_context():
        db.session.query(Letter).filter_by(kind="answered").one().mark_failed("refused 550")
        db.session.commit()
    return id, "answered"


def _date_to_be_phoned(app) -> tuple[int, str]:
    return _agreed(app, wish(app, service="meeting", answers={"kind": "public"}, reply="phone", email="",
                             phone="12345678")), "agreed"


def _task_to_be_phoned(app) -> tuple[int, str]:
    id = _agreed(app, wish(app, service="meeting", answers={"kind": "public"}))

    def ask(visit, officer):
        visit.starts_at -= timedelta(days=9)
        owner = Assignee.for_visit(visit, "municipality")
        Task.enter(officer, visit, form_token="x", assignee=owner, status=TaskStatus.NEW, **_said("2030-01-10"))
        owner.send(officer)
    _with_visit(app, id, ask)
    return id, "tasks_sent"


def _said(due_on: str) -> dict:
    return {"reason": "", "what": "Lampe slukket", "details": {}, "due_on": date.fromisoformat(due_on),
            "public": False, "lat": None, "lng": None}


def _correct(visit, officer):
    visit.enter_findings(officer, {**FOUND, "passed": 412})
    visit.report(officer)


def _put_off(visit, officer):
    task = visit.tasks[0]
    task.update(officer, assignee=task.assignee, status=task.status, **_said("2030-03-01"))


@pytest.mark.parametrize("press", ["again", "done"])
@pytest.mark.parametrize("written, since", [
    (_findings_that_failed, _correct), (_date_to_be_phoned, _postpone), (_task_to_be_phoned, _put_off)])
def test_a_letter_is_not_seen_to_on_a_page_from_before_its_words_were_overtaken(app, ida, written, since, press):
    visit, kind = written(app)
    with app.app_context():
        id = db.session.query(Letter).filter_by(kind=kind).one().id
    older = as_sent(ida.get(f"/en/kontor/breve/{id}"), "version")
    _with_visit(app, visit, since)
    assert ida.post(f"/en/kontor/breve/{id}", {**older, press: "1"}).status == 409
    with app.app_context():
        assert db.session.get(Letter, id).done_by is None


@pytest.mark.parametrize("step, typed", [
    ("notat", {"words": "Hun var glad for det."}), ("journal", {"journal": "2030-17"})])
def test_what_has_been_phoned_is_seen_to_though_a_note_of_the_call_was_written_first(app, ida, step, typed):
    booking = wish(app, reply="phone", email="", phone="12345678")
    change(app, booking, lambda found, officer: found.accept(officer, ""))
    path = f"/en/kontor/breve/{seen_now(app, booking).letters[-1].id}"
    letter = as_sent(ida.get(path), "version")
    assert ida.post(case(booking, step), {**as_sent(ida.get(case(booking)), *typed), **typed}).status == 200
    assert ida.post(path, {**letter, "done": "1"}).status == 200
    assert seen_now(app, booking).letters[-1].done_by_id


@pytest.mark.parametrize("written, since", [(_findings_that_failed, _correct), (_date_to_be_phoned, _postpone)])
def test_the_page_of_a_letter_names_the_newer_one_that_still_waits(app, ida, written, since):
    visit, kind = written(app)
    _with_visit(app, visit, since)
    with app.app_context():
        older = db.session.query(Letter).filter_by(kind=kind).one()
        [newer], id = older.newer, older.id
        words = newer.subject
    page = ida.get(f"/en/kontor/breve/{id}")
    assert "Written to them since, and not with them yet:" in page.text and words in page.text
    assert "Since then they have heard" not in page.text and "Is what stands here still true?" in page.text


@pytest.mark.parametrize("crew", ["Ida; Bo", "Ida og Bo", "Ida / Bo", "Ida & Bo", "Ida+Bo", "Ida/Bo", "Ida and Bo"])
def test_nobody_is_in_two_places_whatever_parts_the_names(app, ida, crew):
    def plan(booking, who: str):
        path = case(accept(app, booking), "besoeg")
        return ida.post(path, {**as_sent(ida.get(path), "starts"), "day": "2030-05-06", "starts": "19:00",
                               "ends": "20:00", "crew": who}, check=False)
    assert not plan(wish(app), crew).errors
    assert "Bo is at" in str(plan(wish(app, road="Havnevej", email="bo@example.dk"), "Bo").errors)


def test_a_unit_with_a_number_in_parts_stays_one(app, ida):
    path = case(accept(app, wish(app)), "besoeg")
    ida.post(path, {**as_sent(ida.get(path), "starts"), "day": "2030-05-06", "starts": "19:00", "ends": "20:00",
                    "crew": "Vogn 1/2"})
    with app.app_context():
        assert db.session.query(Visit).one().crew == "Vogn 1/2"
