"""The letters that go are those that an officer was shown, whatever they are made of: a press after which others would
go sends nothing, and shows those."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import time_machine
from conftest import OFFICER, ROOT, Person, build, logged_in
from helpers import as_sent, case, how_many, letters_shown, wish
from helpers_cases import FOUND, planned, seen_now
from helpers_district import posts

from forms import redact_links
from models import (
    Booking,
    DeclineReason,
    Letter,
    Officer,
    Reservation,
    Visit,
    db,
    local,
    midnight,
    now,
    today,
)
from office.versions import SHOWN_FIRST

CHANGED = "Nothing was sent or saved"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    """No holiday in the six weeks that these dates lie ahead."""
    with time_machine.travel("2027-01-13 10:00Z"):
        yield


@pytest.fixture
def ida(app) -> Person:
    return logged_in(app)


@pytest.fixture
def meetings(app):
    """Wishes for meetings, by name: each of them for these dates."""
    def asked_by(**wished) -> list[Booking]:
        return [wish(app, service="meeting", answers={"kind": "public"}, email=f"{name}@example.dk", public=False,
                     wishes=[(start, start + HOUR) for start in starts]) for name, starts in wished.items()]
    return asked_by


def evening(days: int):
    """Of a working day in about six weeks, and so many days later."""
    monday = today() + timedelta(days=42 - today().weekday())
    return midnight(monday + timedelta(days=days)) + 18 * HOUR


def agreed(booking: Booking, start, crew: str) -> Visit:
    """A date agreed with `booking`."""
    own = Booking.by_reference(booking.reference)
    visit = Visit.plan(Officer.by_email(OFFICER), service="meeting", place=own.place, starts_at=start,
                       ends_at=start + HOUR, resource_units={"crew": crew}, bookings=[own], date_agreed=True,
                       public_place="Haslev Bibliotek")
    db.session.commit()
    return visit


def plan(booking: Booking, start) -> dict:
    return {"day": f"{local(start):%Y-%m-%d}", "starts": "18:00", "ends": "19:00", "crew": "Ida Betjent",
            "travel": "30", "road": "Bygaden", "postcode": "4690", "place_told": "Haslev Bibliotek", "words": "",
            "offer_others": "y", "bookings": booking.reference}


def letters_after(app, last: int) -> list[Letter]:
    with app.app_context():
        return list(db.session.scalars(db.select(Letter).where(Letter.id > last).order_by(Letter.id)))


def is_shown_anew(app, officer: Person, path: str, form: dict):
    """The press that would send other letters sends none and shows them; the next one sends just those."""
    last = how_many(app, Letter)
    page = officer.post(path, form)
    assert page.status == 409 and CHANGED in page.text and how_many(app, Letter) == last, path
    answer = officer.post(path, {**as_sent(page, "preview"), "send": "1"}, follow=False)
    assert answer.response.status_code == 303, "read, and pressed again"
    sent = letters_after(app, last)
    assert {redact_links(letter.text) for letter in sent} == set(letters_shown(page))
    return page, sent


# Whatever the letters are made of.


@pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")
def test_every_press_that_shows_letters_sends_none_that_reads_otherwise(district, monkeypatch):
    """The district has another phone number after each preview, which no version of a page knows."""
    app, officer, walked, numbers = district.app, logged_in(district.app), set(), iter(range(10, 99))
    for endpoint, path, data in posts(district):
        shown_by = {k: v for k, v in data.items() if k != "send"} | {"show": "1"}
        if endpoint in ("office.report", "office.send_tasks"):
            page = officer.get(f"/en{path}")
        elif endpoint in SHOWN_FIRST and endpoint != "office.facts":
            page = officer.post(f"/en{path}", shown_by, check=False)
        else:
            officer.client.post(path, data={**data, "csrf_token": officer.token})
            continue
        if not letters_shown(page) or endpoint == "office.edit_decline_reason":  # which shows examples
            officer.client.post(path, data={**data, "csrf_token": officer.token})
            continue
        phone = f"55 36 14 {next(numbers)}"
        monkeypatch.setitem(app.config, "DISTRICT", msgspec.structs.replace(app.config["DISTRICT"], phone=phone))
        anew, _ = is_shown_anew(app, officer, f"/en{path}", {**as_sent(page, "preview"), "send": "1"})
        assert all(phone in letter for letter in letters_shown(anew)), path
        walked.add(f"{endpoint} {path.rpartition('/')[2]}")
    assert {press.partition(" ")[0] for press in walked} == {
        "office.decide", "office.decide_many", "office.offer", "office.report", "office.send_tasks"}
    assert len(walked) == 8, walked


@pytest.mark.parametrize("press", ["besoeg", "flyt", "aflys"])
def test_a_date_that_is_told_goes_with_no_other_letter_than_was_shown(app, ida, meetings, monkeypatch, press):
    [booking] = meetings(anna=[evening(1)])
    path, form = case(booking, press), plan(booking, evening(1))
    if press != "besoeg":
        with app.app_context():
            path = f"/en/kontor/besoeg/{agreed(booking, evening(2), 'Ida Betjent').id}/{press}"
    form = {"cause": "urgent", "words": ""} if press == "aflys" else form
    shown = ida.post(path, form)
    assert len(letters_shown(shown)) == 1
    monkeypatch.setitem(app.config, "DISTRICT", msgspec.structs.replace(app.config["DISTRICT"], phone="55 36 14 48"))
    anew, _ = is_shown_anew(app, ida, path, {**as_sent(shown, "preview"), "send": "1"})
    assert "55 36 14 48" in letters_shown(anew)[0]


@pytest.mark.parametrize("press", ["besoeg", "flyt", "aflys"])
def test_a_date_that_is_told_goes_at_the_first_press_where_nothing_has_changed(app, ida, meetings, press):
    """Though its entry for the calendar is made anew, with another stamp and, of a new visit, another name."""
    [booking] = meetings(anna=[evening(1)])
    path, form = case(booking, press), plan(booking, evening(1))
    if press != "besoeg":
        with app.app_context():
            path = f"/en/kontor/besoeg/{agreed(booking, evening(2), 'Ida Betjent').id}/{press}"
    form = {"cause": "urgent", "words": ""} if press == "aflys" else form
    last, shown = how_many(app, Letter), ida.post(path, form)
    with time_machine.travel(now() + timedelta(seconds=2)):
        answer = ida.post(path, {**as_sent(shown, "preview"), "send": "1"}, follow=False)
    [letter] = letters_after(app, last)
    assert answer.response.status_code == 303 and letters_shown(shown) == [redact_links(letter.text)]
    assert "BEGIN:VEVENT" in letter.calendar


def test_the_words_of_the_findings_replaced_after_the_preview_are_shown_first(make_app, tmp_path):
    """By a new version of the product."""
    app = make_app()
    booking, ida = wish(app), logged_in(app)
    id = planned(app, booking, start=now() - 3 * HOUR)
    with app.app_context():
        db.session.get(Visit, id).enter_findings(Officer.by_email(OFFICER), FOUND)
        db.session.commit()
    path = f"/en/kontor/besoeg/{id}/svar"
    form = as_sent(ida.get(path), "preview")
    (tmp_path / "findings").mkdir()
    words = (ROOT / "templates/findings/traffic.txt").read_text("utf-8")
    (tmp_path / "findings/traffic.txt").write_text(f"{words}\nNew words.\n", "utf-8")
    ida.app = ida.client.application = build(Path(app.instance_path))  # started anew
    ida.app.jinja_loader.searchpath.insert(0, str(tmp_path))
    anew, _ = is_shown_anew(ida.app, ida, path, form)
    assert "New words." in letters_shown(anew)[0]


def test_findings_shown_before_midnight_are_shown_again_before_they_go_after_it(app):
    with time_machine.travel("2026-12-03 22:50Z", tick=False) as clock:  # ten minutes before midnight in Copenhagen
        booking = wish(app)
        id = planned(app, booking, start=now() - 3 * HOUR)
        with app.app_context():
            db.session.get(Visit, id).enter_findings(Officer.by_email(OFFICER), {
                "performed": "no", "cause": "weather", "suit": "suitable", "next": ["repeat"]})
            db.session.commit()
        ida, path = logged_in(app), f"/en/kontor/besoeg/{id}/svar"
        shown = ida.get(path)
        clock.shift(15 * 60)
        anew, [letter] = is_shown_anew(app, ida, path, as_sent(shown, "preview"))
        promised = [re.search(r"\d+ January \d+", text)[0] for text in (*letters_shown(shown), letter.text)]
        assert promised == ["8 January 2027", "11 January 2027"]


def test_why_a_result_is_held_back_is_typed_beside_the_letters_and_changes_none(app, ida):
    booking = wish(app)
    id = planned(app, booking, start=now() - 3 * HOUR)
    with app.app_context():
        db.session.get(Visit, id).enter_findings(Officer.by_email(OFFICER), FOUND)
        db.session.commit()
    path = f"/en/kontor/besoeg/{id}/svar"
    shown = ida.get(path)
    assert ida.post(path, {**as_sent(shown, "preview"), "withhold": "En klage."}).status == 200
    assert [redact_links(seen_now(app, booking).letters[-1].text)] == letters_shown(shown)
    with app.app_context():
        assert db.session.get(Visit, id).withheld == "En klage."


# What colleagues do meanwhile, elsewhere.


def test_a_wish_that_a_colleague_frees_after_the_preview_is_written_to_when_that_was_shown(app, ida, meetings):
    """Their other date is called off: they wish again for the one that is being planned."""
    first, second = evening(1), evening(2)
    anna, bo, carl = meetings(anna=[first], bo=[first, second], carl=[second])
    with app.app_context():
        other = agreed(bo, second, "Bo").id
        agreed(carl, second + 3 * HOUR, "Carl")
    shown = ida.post(case(anna, "besoeg"), plan(anna, first))
    assert len(letters_shown(shown)) == 1
    with app.app_context():
        db.session.get(Visit, other).cancel(Officer.by_email(OFFICER), "urgent")
        db.session.commit()
    anew, sent = is_shown_anew(app, ida, case(anna, "besoeg"), {**as_sent(shown, "preview"), "send": "1"})
    assert [(letter.recipient, letter.kind) for letter in sent] == [
        ("anna@example.dk", "agreed"), ("bo@example.dk", "dates_offered")]


def test_the_dates_offered_to_whoever_loses_theirs_are_those_that_were_shown(app, ida, meetings):
    """An absence that a colleague ends after the preview makes a nearer one free."""
    anna, _ = meetings(anna=[evening(1)], bo=[evening(1)])
    day = midnight(local(evening(2)).date())
    with app.app_context():
        away = Reservation.absence("Ida Betjent", day, day + timedelta(days=1), "kursus")
        Reservation.absence("En anden", day, day + timedelta(days=30), "")
        db.session.commit()
        away = away.id
    shown = ida.post(case(anna, "besoeg"), plan(anna, evening(1)))
    with app.app_context():
        db.session.get(Reservation, away).end()
        db.session.commit()
    anew, sent = is_shown_anew(app, ida, case(anna, "besoeg"), {**as_sent(shown, "preview"), "send": "1"})
    first = f"{local(evening(2)):%-d %B}"
    assert first not in "".join(letters_shown(shown)) and first in sent[-1].text
