"""A press rests on its own part of what its page is about: who is at work elsewhere does not stop it, who changes what
it could overwrite does."""

from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, logged_in
from helpers import as_sent, case, wish
from helpers_cases import FOUND, accept, change, does, link, planned, seen_now

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


def test_an_answer_about_a_task_stops_no_press_on_the_page_of_its_visit(app, ida):
    first, second = _tasks(app)
    with app.app_context():
        id = db.session.get(Task, first).visit_id
    shown = ida.get(f"/en/kontor/besoeg/{id}")
    does(app, lambda o: db.session.get(Task, second).answer(TaskStatus.DONE, "Udført."))
    page = ida.post(f"/en/kontor/besoeg/{id}/feltlink", {
        "version": shown.hidden["version"][0], "email": "bo@politi.example", "language": "da"})
    assert page.status == 200 and "The link goes by e-mail" in page.text


# Places that become others.


def _close_to(app, booking: Booking) -> int:
    with app.app_context():
        return next(iter(Booking.by_reference(booking.reference).place.neighbours())).id


def test_notes_are_not_written_over_those_of_the_place_that_theirs_has_become(app, ida, here):
    other, path = _close_to(app, here), f"/en/kontor/sted/{here.place_id}"
    does(app, lambda o: db.session.get(Place, other).describe(o, "suitable", "Hold bag hegnet.", "A til B", today()))
    form = as_sent(ida.get(path), "suitability")
    ida.post(f"{path}/saml/{other}")
    page = ida.post(path, {**form, "suitability": "Ikke egnet."})
    assert page.status == 409 and "Ikke egnet." in page.html
    with app.app_context():
        place = db.session.get(Place, other)
        assert (place.suitability, place.from_to, place.again_on) == ("Hold bag hegnet.", "A til B", today())


def test_a_place_is_not_merged_by_a_press_about_one_that_has_become_it(app, ida, here):
    other, path = _close_to(app, here), f"/en/kontor/sted/{here.place_id}"
    third = wish_at(app, CLOSER, "Kirkestien").place_id
    version = {"version": ida.get(path).hidden["version"][0]}
    ida.post(f"{path}/saml/{other}")
    assert "Nothing was sent or saved" in ida.post(f"{path}/saml/{third}", version).text
    with app.app_context():
        assert db.session.get(Place, other).merged_into is None


@pytest.mark.parametrize("name, typed", [("imoedekom", {}), ("afslag", {"reason": "resources"})])
def test_what_is_known_of_a_place_stops_no_letter_that_does_not_tell_of_it(app, ida, here, name, typed):
    shown = ida.post(case(here, name), {**typed, "show": "1"})
    does(app, lambda o: db.session.get(Place, here.place_id).describe(o, "suitable", "Hold bag hegnet.", "", None))
    assert ida.post(case(here, name), {**as_sent(shown, "preview"), "send": "1"}).status == 200


# What nobody has read is not counted as read.


WROTE = "Kun om tirsdagen kan vi ikke."


@pytest.mark.parametrize("service, step, typed", [
    ("traffic", "besoeg", {"crew": "Ida", "method": "atk"}),
    ("meeting", "besoeg", {"crew": "Ida", "place_told": "Skolen"}), ("meeting", "tider", {})])
def test_what_came_after_the_page_of_the_case_stands_on_the_page_of_its_dates(app, ida, service, step, typed):
    booking = accept(app, wish(app, service=service, answers={"kind": "public"} if service == "meeting" else None))
    change(app, booking, lambda b, o: b.give_information(WROTE))
    page = ida.get(case(booking, step))
    assert WROTE in page.text
    change(app, booking, lambda b, o: b.give_information("Og slet ikke om onsdagen."))
    day = (today() + timedelta(days=20)).isoformat()
    times = {"times-0-day": day, "times-0-starts": "10:00", "times-0-ends": "12:00"} if step == "tider" else {
        "day": day, "starts": "10:00", "ends": "12:00"}
    page = ida.post(case(booking, step), {**as_sent(page, "version"), **typed, **times})
    assert page.status == 409 and "Og slet ikke om onsdagen." in page.text and seen_now(app, booking).has_unread


def test_a_plan_for_many_leaves_out_whose_message_came_after_the_list(app, ida):
    first, second = wish(app), wish(app, email="bo@example.dk")
    ticked = {**as_sent(ida.get("/en/kontor/"), "page"), "sag": [first.reference, second.reference]}
    change(app, first, lambda b, o: b.give_information(WROTE))
    page = ida.post("/en/kontor/flere/besoeg", ticked)
    assert f"something has happened there meanwhile: {first.reference[:4]} {first.reference[4:]}" in page.text
    assert second.reference in page.response.request.full_path and seen_now(app, first).has_unread
    change(app, second, lambda b, o: b.give_information(WROTE))
    page = ida.post("/en/kontor/flere/besoeg", ticked)
    assert page.response.request.path == "/en/kontor/" and "meanwhile" in page.text, "none is left"


# One row of many, and the clock.


def test_one_answer_is_read_and_one_address_changed_though_another_task_is_answered(app, ida):
    first, second = _tasks(app)
    does(app, lambda o: db.session.get(Task, first).answer(TaskStatus.DONE, "Udført."))
    with app.app_context():
        visit, owner = db.session.get(Task, first).visit_id, db.session.get(Task, first).owner_id
    path = f"/en/kontor/besoeg/{visit}/opgaver"
    page = ida.get(path)
    does(app, lambda o: db.session.get(Task, second).answer(TaskStatus.UNDER_WAY, "På vej."))
    version = {"version": page.hidden["version"][-1]}
    assert ida.post(f"/en/kontor/opgave/{first}/laest", version).status == 200
    does(app, lambda o: Assignee.for_visit(db.session.get(Visit, visit), "housing"))
    shown = as_sent(page, "email")
    assert ida.post(f"{path}/ansvarlig/{owner}", shown).status == 200
    late = ida.post(f"/en/kontor/opgave/{second}/laest", version)
    assert late.status == 409 and "På vej." in late.text, "on the page of the tasks"


def test_an_absence_that_is_over_meanwhile_stops_no_other(app):
    with time_machine.travel("2027-03-15 09:00Z", tick=False) as clock:
        ida, path = logged_in(app), "/en/kontor/kalender/indstillinger"
        does(app, lambda o: Reservation.absence("Bo", now(), now() + timedelta(minutes=5), "kursus"))
        form = as_sent(ida.get(path), "first")
        clock.shift(600)
        assert ida.post(f"{path}/fravaer", {
            **form, "unit": "Ida", "first": "2027-03-20", "last": "2027-03-20"}).status == 200


def test_a_pause_that_is_over_by_itself_is_said_to_be_over(app):
    with time_machine.travel("2027-03-15 09:00Z", tick=False) as clock:
        ida, path = logged_in(app), "/en/kontor/indtag/faerdselskontrol"
        does(app, lambda o: IntakePause.pause(o, "traffic", today() + timedelta(days=1), {"da": "P.", "en": "P."}))
        version = {"version": ida.get(path).hidden["version"][0]}
        clock.shift(24 * 3600)
        ida = logged_in(app)
        assert "The pause is over already." in ida.post(f"{path}/aabn", version).text


def test_a_case_that_was_left_out_on_the_way_stops_no_move_of_the_others(app, ida):
    first, other = wish(app), wish(app, road="Skovvej", email="bo@example.dk")
    ticked = {**as_sent(ida.get("/en/kontor/"), "page"), "sag": [first.reference, other.reference]}
    change(app, other, lambda b, o: b.give_information(WROTE))
    page = ida.post("/en/kontor/flere/flyt", ticked)
    typed = {"road": "Nyvej", "postcode": "4690", "from_to": "", "send": "1"}
    assert ida.post("/en/kontor/flere/flyt", {**as_sent(page, "road"), **typed}).status == 200
    assert seen_now(app, first).place_id != first.place_id and seen_now(app, other).place_id == other.place_id


@pytest.mark.parametrize("step", ["opgaver/send", "foerer-til/faerdselskontrol?task=1"])
def test_an_answer_about_another_task_stops_neither_a_new_task_nor_what_one_leads_to(app, ida, step):
    first, second = _tasks(app)
    with app.app_context():
        visit = db.session.get(Task, first).visit
        Task.enter(Officer.by_email(OFFICER), visit, form_token="new", assignee=db.session.get(Task, first).assignee,
                   status=TaskStatus.NEW, reason="", what="Hul.", public=False, due_on=today(),
                   details={"place": "Torvet"})
        visit.enter_findings(Officer.by_email(OFFICER), {"held": "yes", "summary": "Godt."})
        db.session.commit()
        path = f"/en/kontor/besoeg/{visit.id}/{step}"
    page = ida.get(path)
    does(app, lambda o: db.session.get(Task, second).answer(TaskStatus.UNDER_WAY, "På vej."))
    answer = ida.post(path, {**as_sent(page, "preview"), "send": "1"})
    assert answer.status == 200 and "Done." in answer.text


@pytest.mark.parametrize("who", ["citizen", "officer"])
def test_the_reminder_of_a_date_stops_nobody(app, ida, citizen, who):
    with time_machine.travel("2027-03-15 09:00Z", tick=False) as clock:
        booking, ida = wish(app, service="meeting", answers={"kind": "public"}), logged_in(app)
        with app.app_context():
            found, start = Booking.by_reference(booking.reference), now() + timedelta(days=4)
            id = Visit.plan(Officer.by_email(OFFICER), service="meeting", place=found.place, starts_at=start,
                            ends_at=start + timedelta(hours=1), resource_units={"crew": "Ida"}, bookings=[found],
                            date_agreed=True, public_place="Hallen").id
            db.session.commit()
        path = link(booking) if who == "citizen" else case(booking)
        clock.shift(timedelta(days=2))
        ida, page = logged_in(app), (citizen if who == "citizen" else logged_in(app)).get(path)
        does(app, lambda o: Visit.remind_due())
        assert any(event.kind == "reminded" for event in seen_now(app, booking).events) and id
        if who == "citizen":
            citizen.post(link(booking, "traek-tilbage"), {"version": page.hidden["version"][0], "sure": "y"})
            assert seen_now(app, booking).status == "withdrawn"
        else:
            assert ida.post(f"/en/kontor/sag/{booking.reference}/notat", {
                "version": page.hidden["version"][0], "words": "Ringet op."}).status == 200


def test_the_page_of_a_task_shows_what_was_answered(app, ida):
    first, _second = _tasks(app)
    form = as_sent(ida.get(f"/en/kontor/opgave/{first}"), "proposal")
    does(app, lambda o: db.session.get(Task, first).answer(TaskStatus.IMPOSSIBLE, "Det er boligforeningens lampe."))
    page = ida.post(f"/en/kontor/opgave/{first}", {**form, "proposal": "Mere lys."})
    assert page.status == 409 and "Det er boligforeningens lampe." in page.text


def test_who_is_let_in_after_a_pause_that_is_over_is_said_to_be_in_already(app):
    with time_machine.travel("2027-03-15 09:00Z", tick=False) as clock:
        ida, path = logged_in(app), "/en/kontor/indtag/faerdselskontrol"
        does(app, lambda o: IntakePause.pause(o, "traffic", today() + timedelta(days=1), {"da": "P.", "en": "P."}))
        form = as_sent(ida.get(path), "count")
        clock.shift(24 * 3600)
        ida = logged_in(app)
        assert "The pause is over already." in ida.post(f"{path}/luk-ind", {
            **form, "csrf_token": ida.token}).text


def test_a_move_of_many_takes_no_name_away_that_was_not_shown(app, ida):
    first, other = wish(app), wish(app, road="Skovvej", email="bo@example.dk")
    does(app, lambda o: db.session.get(Place, first.place_id).describe(o, "", "", "fra kirken til skolen", None))
    page = ida.post("/en/kontor/flere/flyt", {"sag": [first.reference, other.reference]})
    change(app, other, lambda b, o: b.give_information(WROTE))
    ida.post("/en/kontor/flere/flyt", {**as_sent(page, "road"), "road": "Bygaden", "postcode": "4690", "send": "1"})
    with app.app_context():
        assert db.session.get(Place, first.place_id).from_to == "fra kirken til skolen"
