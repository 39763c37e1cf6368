"""A page that is shown anew says what is stored beside what was typed: all of it, and nothing else."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from conftest import OFFICER, Page
from helpers import as_sent, case, wish
from helpers_cases import FOUND, accept, change, planned
from helpers_district import SPOT
from PIL import Image

from forms import DelayForm, NoteForm
from models import Booking, FindingsLink, Officer, RetentionDecision, Visit, db, midnight, now, today

DAY = "2027-01-13"
PERIODS = [{"day": DAY, "starts": f"0{hour}:00", "ends": f"0{hour}:30"} for hour in (2, 3, 4, 5)]
IN_WORDS = ", ".join(f"13 January 2027 0{hour}:00–0{hour}:30" for hour in (2, 3, 4, 5))
OFFENCES = [{"kind": "drink", "count": 1}, {"kind": "phone", "count": 3}, {"kind": "seized", "count": 2}]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(f"{DAY} 10:00Z"):
        yield


def stored(page: Page) -> list[str]:
    return re.findall(r"Stored now: (.*?) *<", page.html)


def of_bookings(page: Page) -> str:
    """What is said beside “Which bookings does it answer?”."""
    return next((words for words in stored(page) if words == "nothing" or " · " in words), "")


def halves(booking: Booking) -> str:
    return f"{booking.reference[:4]} {booking.reference[4:]}"


def meeting(app, **columns) -> Booking:
    starts = midnight(today() + timedelta(days=42)) + timedelta(hours=18)
    return wish(app, service="meeting", answers={"kind": "public"}, public=False,
                wishes=[(starts, starts + timedelta(hours=1))], **columns)


def agreed(app, booking: Booking, days: int = 42) -> int:
    """A visit of an agreed date for it."""
    with app.app_context():
        found = Booking.by_reference(booking.reference)
        starts = midnight(today() + timedelta(days=days)) + timedelta(hours=18)
        visit = Visit.plan(Officer.by_email(OFFICER), service=found.service, place=found.place, starts_at=starts,
                           ends_at=starts + timedelta(hours=1), resource_units={"crew": "Ida"}, bookings=[found],
                           date_agreed=True, public_place="Bib")
        db.session.commit()
        return visit.id


def entered(app, id: int, **findings) -> None:
    """As a colleague in the field enters them."""
    with app.app_context():
        db.session.get(Visit, id).enter_findings(None, {**FOUND, **findings}, by="atk@politi.example")
        db.session.commit()


def begun(app) -> int:
    return planned(app, wish(app), start=now() - timedelta(hours=3))


# Which bookings a visit answers.


def test_a_booking_that_a_colleague_has_added_to_a_visit_is_named(app, ida, bo):
    first, added = wish(app), accept(app, wish(app, email="bo@example.dk"))
    path = f"/en/kontor/besoeg/{planned(app, first)}/flyt"
    form = as_sent(ida.get(path), "crew")
    theirs = {**as_sent(bo.get(path), "crew"), "bookings": [first.reference, added.reference]}
    assert bo.post(path, theirs).status == 200
    page = ida.post(path, {**form, "crew": "Ida og Bo"})
    assert page.status == 409 and halves(first) in of_bookings(page) and halves(added) in of_bookings(page)


def test_a_booking_that_a_colleague_has_taken_out_of_a_visit_is_not_named_among_those_stored(app, ida, bo):
    stays, gone = wish(app), wish(app, email="bo@example.dk")
    path = f"/en/kontor/besoeg/{planned(app, stays, gone)}/flyt"
    form = as_sent(ida.get(path), "crew")
    assert bo.post(path, {**as_sent(bo.get(path), "crew"), "bookings": [stays.reference]}).status == 200
    page = ida.post(path, {**form, "crew": "Ida og Bo"})
    assert page.status == 409 and halves(stays) in of_bookings(page) and halves(gone) not in of_bookings(page)


def test_a_booking_added_to_an_agreed_date_is_named(app, ida, bo):
    first, added = meeting(app), accept(app, meeting(app, email="bo@example.dk"))
    path = f"/en/kontor/besoeg/{agreed(app, first)}/flyt"
    form = as_sent(ida.get(path), "crew")
    theirs = {**as_sent(bo.get(path), "crew"), "bookings": [first.reference, added.reference]}
    shown = bo.post(path, theirs)
    assert bo.post(path, {**as_sent(shown, "crew"), "send": "1"}).status == 200
    page = ida.post(path, {**form, "place_told": "Hallen"})
    assert page.status == 409 and halves(added) in of_bookings(page) and "Bib" in stored(page)


def test_a_booking_that_is_only_ticked_to_be_added_is_not_said_to_be_stored(app, ida, bo):
    first, ticked = wish(app), accept(app, wish(app, email="bo@example.dk"))
    path = f"/en/kontor/besoeg/{planned(app, first)}/flyt"
    form = as_sent(ida.get(f"{path}?sag={ticked.reference}"), "crew")
    assert set(form["bookings"]) == {first.reference, ticked.reference}
    bo.post(path, {**as_sent(bo.get(path), "crew"), "crew": "Bo"})
    page = ida.post(f"{path}?sag={ticked.reference}", form)
    assert page.status == 409 and halves(ticked) not in of_bookings(page) and halves(first) in of_bookings(page)


# Rows.


@pytest.mark.parametrize("by_link", [False, True])
def test_rows_that_an_older_form_does_not_have_are_all_said_and_have_room(app, ida, stranger, by_link):
    id = begun(app)
    path, person = f"/en/kontor/besoeg/{id}/resultat", ida
    if by_link:
        with app.app_context():
            asked = FindingsLink.send(Officer.by_email(OFFICER), db.session.get(Visit, id), "atk@politi.example", "en")
            db.session.commit()
            path, person = f"/en/kontor/felt/{asked.id}/{asked.secret}", stranger
    form = {**as_sent(person.get(path), "passed"), **{"periods-0-day": DAY, "periods-0-starts": "02:00",
                                                      "periods-0-ends": "02:30", "other-0-kind": "belt"}}
    entered(app, id, periods=PERIODS, other=OFFENCES)
    page = person.post(path, form)
    assert page.status == 409
    assert IN_WORDS in stored(page) and "Drink driving (1), Mobile phone (3), Vehicle seized (2)" in stored(page)
    shown = as_sent(page, "passed")
    assert shown["periods-0-ends"] == ["02:30"] and shown["other-0-kind"] == ["belt"], "what was typed stays"
    typed = {f"periods-{n}-{name}": value for n, period in enumerate(PERIODS) for name, value in period.items()}
    assert typed.keys() <= shown.keys(), "there is a row for each that is stored"
    with app.app_context():
        assert db.session.get(Visit, id).draft["periods"] == PERIODS


def test_a_row_that_is_half_filled_in_or_cannot_be_read_is_shown_beside_what_is_stored(app, ida):
    id = begun(app)
    path = f"/en/kontor/besoeg/{id}/resultat"
    form = as_sent(ida.get(path), "passed")
    entered(app, id, periods=PERIODS, other=OFFENCES[:1])
    page = ida.post(path, {**form, "periods-0-day": DAY, "periods-0-starts": "ca. 2", "periods-0-ends": "",
                           "other-0-kind": "phone"})
    assert page.status == 409 and IN_WORDS in stored(page) and "Drink driving (1)" in stored(page)


def test_rows_that_a_colleague_has_emptied_are_said_to_be_so(app, ida):
    id = begun(app)
    path = f"/en/kontor/besoeg/{id}/resultat"
    entered(app, id, other=OFFENCES, avg=52.4)
    form = as_sent(ida.get(path), "passed")
    entered(app, id)
    assert stored(ida.post(path, form)) == ["nothing", "nothing"], "the average and the offences; periods are as typed"


def test_what_is_stored_stands_also_at_questions_that_do_not_matter_by_what_was_typed(app, ida):
    """They are hidden, and shown again with the first click of who goes by what is stored."""
    id = begun(app)
    path = f"/en/kontor/besoeg/{id}/resultat"
    form = as_sent(ida.get(path), "passed")
    entered(app, id, periods=PERIODS)
    page = ida.post(path, {**form, "performed": "no", "cause": "weather", "next": ["closed"], "suit": "suitable"})
    assert page.status == 409 and {"Yes", "94", IN_WORDS} <= set(stored(page))


def test_what_a_colleague_has_taken_out_of_a_task_is_said_to_be_so(app, ida, bo):
    id = agreed(app, wish(app, service="walk", answers={"reasons": ["dark"]}), days=-1)
    ida.post(f"/en/kontor/besoeg/{id}/opgaver", {**SPOT, "feel": "safe", "once": "første"})
    form = as_sent(ida.get("/en/kontor/opgave/1"), "what")
    theirs = {**as_sent(bo.get("/en/kontor/opgave/1"), "what"), "cat": [], "proposal": ""}
    assert bo.post("/en/kontor/opgave/1", theirs).status == 200
    page = ida.post("/en/kontor/opgave/1", {**form, "no_photo": "y"})
    assert page.status == 409 and stored(page) == ["nothing", "nothing"], "no photo is among them"


def test_a_pin_that_a_colleague_has_moved_stands_beside_the_older_one_and_a_photo_is_to_be_chosen_again(app, ida, bo):
    id, path = agreed(app, wish(app, service="walk", answers={"reasons": ["dark"]}), days=-1), "/en/kontor/opgave/1"
    ida.post(f"/en/kontor/besoeg/{id}/opgaver", {**SPOT, "once": "første", "lat": "55.3", "lng": "11.9"})
    older, photo = as_sent(ida.get(path), "what"), BytesIO()
    Image.new("RGB", (80, 60)).save(photo, "JPEG")
    photo.seek(0)
    bo.post(path, {**as_sent(bo.get(path), "what"), "lat": "55.4"})
    page = ida.post(path, {**older, "photo": (photo, "a.jpg")})
    assert page.status == 409 and "Stored now: 55.4, 11.9" in page.text and "Choose the photo again" in page.text


# What is stored nowhere.


def test_dates_that_the_form_proposes_are_not_said_to_be_stored(app, ida):
    booking = meeting(app)
    form = as_sent(ida.get(case(booking, "tider")), "crew")
    starts = midnight(today() + timedelta(days=50)) + timedelta(hours=18)
    change(app, booking, lambda b, officer: b.offer(
        officer, times=[(starts, starts + timedelta(hours=1))], resource_units={"crew": "Bo"}, travel=30, where="Bib",
        answer_by=today() + timedelta(days=20), words=""))
    page = ida.post(case(booking, "tider"), {
        **form, "times-0-day": "2027-03-09", "answer_by": "2027-02-03", "crew": "Ingen", "travel": "45",
        "place_told": "Hallen", "words": "Vi ses."})
    assert page.status == 409 and stored(page) == []


@pytest.mark.parametrize("with_date", [False, True])
def test_what_a_new_plan_starts_with_is_not_said_to_be_stored_but_the_name_of_its_place_is(app, ida, with_date):
    booking = meeting(app) if with_date else wish(app)
    form = as_sent(ida.get(case(booking, "besoeg")), "crew")

    def describe(found: Booking, officer: Officer) -> None:
        found.place.describe(officer, "", "", "fra A til B", None)

    change(app, booking, describe)
    page = ida.post(case(booking, "besoeg"), {
        **form, "crew": "Bo", "travel": "45", "place_told": "Hallen", "day": "2027-03-09", "bookings": [],
        "words": "Vi ses.", "from_to": "fra C til D"})
    assert page.status == 409 and stored(page) == ["fra A til B"]


@pytest.mark.parametrize("step, typed", [
    ("spoerg", {"words": "Hvor er det?", "answer_by": "2027-02-20"}), ("imoedekom", {"words": "Tak."}),
    ("afslag", {"reason": "resources", "words": "Desværre.", "instead": "Spørg igen."}), ("notat", {"words": "Husk."}),
    ("rettelse", {"right": "Det er nr. 12."})])
def test_words_that_are_new_each_time_have_nothing_stored_beside_them(app, ida, step, typed):
    booking = wish(app)
    version = ida.get(case(booking)).hidden["version"][0]
    change(app, booking, lambda b, officer: b.note(officer, "En anden note."))
    page = ida.post(case(booking, step), {**typed, "version": version})
    assert page.status == 409 and all(words in page.html for words in typed["words" if "words" in typed else "right"])
    assert stored(page) == []


def test_a_new_reason_has_nothing_stored_beside_it_and_one_that_is_there_has(app, ida, bo):
    new, known = "/en/kontor/tekster/faerdselskontrol/ny", "/en/kontor/tekster/faerdselskontrol/resources"
    forms = {path: as_sent(ida.get(path), "texts-en") for path in (new, known)}
    texts = {"texts-da": "Vi har kun én vogn.", "texts-en": "We have one van only."}
    bo.post(known, {**as_sent(bo.get(known), "texts-en"), **texts, "send": "1"})
    typed = {"texts-da": "Ikke nu.", "texts-en": "Not now."}
    page = ida.post(new, {**forms[new], **typed, "name": "Nej"})
    assert page.status == 409 and stored(page) == []
    page = ida.post(known, {**forms[known], **typed})
    assert page.status == 409 and stored(page) == [texts["texts-da"], texts["texts-en"]]


def test_a_decision_of_the_national_archives_that_a_colleague_has_entered_stands_beside_another(app, ida):
    path = "/en/kontor/data"
    form = as_sent(ida.get(path), "months")
    with app.app_context():
        RetentionDecision.enter(Officer.by_email(OFFICER), "RA-2027-1", 60, today() + timedelta(days=100))
        db.session.commit()
    page = ida.post(path, {**form, "decision": "RA-2027-2", "months": "6", "first": "2027-01-15"})
    assert page.status == 409 and stored(page) == ["RA-2027-1", "60", "23 April 2027"]
    assert as_sent(ida.get(path), "months")["decision"] == [""], "another one starts with nothing"


def test_a_promise_that_a_colleague_has_just_given_stands_beside_another(app, ida):
    booking = wish(app)
    form = as_sent(ida.get(case(booking, "udsaet")), "due_on")
    change(app, booking, lambda b, officer: b.delay(officer, "We wait for a van.", today() + timedelta(days=60)))
    page = ida.post(case(booking, "udsaet"), {**form, "words": "Wait.", "due_on": "2027-03-20"})
    assert page.status == 409 and stored(page) == ["14 March 2027"]


def test_a_form_knows_which_of_its_fields_were_given_what_is_stored(app):
    with app.test_request_context():
        assert not NoteForm().words.is_stored and not NoteForm(words="Forslag").words.is_stored
        assert NoteForm(data={"words": ""}).words.is_stored and not NoteForm(obj=object()).words.is_stored
        delay = DelayForm().after(today())
        assert delay.due_on.is_stored and not delay.words.is_stored
