"""The letters that go are those that an officer was shown, whatever they are made of: a press after which others would
go sends nothing, and shows those."""

import re
from datetime import timedelta

import msgspec
import pytest
import time_machine
from conftest import OFFICER, ROOT, Person, logged_in
from helpers import as_sent, case, how_many, letters_shown, wish
from helpers_cases import FOUND, planned, seen_now
from helpers_district import posts

from forms import redact_links
from models import (
    Booking,
    DeclineReason,
    DeliveryStatus,
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
    sent, own = letters_after(app, last), "" if "foerer-til" not in path else r"\b[A-Z0-9]{4} ?[A-Z0-9]{4}\b"
    assert {re.sub(own, "", redact_links(letter.text)) for letter in sent} == {
        re.sub(own, "", shown) for shown in letters_shown(page)}, "but for the reference of a case that is made anew"
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
        "office.decide", "office.decide_many", "office.offer", "office.report", "office.send_tasks",
        "office.lead_to"}
    assert len(walked) == 9, walked


def dated_press(app, booking: Booking, press: str) -> tuple[str, dict]:
    """Where a date of this booking is planned, moved or called off, and what is typed there."""
    path, form = case(booking, press), plan(booking, evening(1))
    if press != "besoeg":
        with app.app_context():
            path = f"/en/kontor/besoeg/{agreed(booking, evening(2), 'Ida Betjent').id}/{press}"
    return path, {"cause": "urgent", "words": ""} if press == "aflys" else form


@pytest.mark.parametrize("press", ["besoeg", "flyt", "aflys"])
def test_a_date_that_is_told_goes_with_no_other_letter_than_was_shown(app, ida, meetings, monkeypatch, press):
    [booking] = meetings(anna=[evening(1)])
    path, form = dated_press(app, booking, press)
    shown = ida.post(path, form)
    assert len(letters_shown(shown)) == 1
    monkeypatch.setitem(app.config, "DISTRICT", msgspec.structs.replace(app.config["DISTRICT"], phone="55 36 14 48"))
    anew, _ = is_shown_anew(app, ida, path, {**as_sent(shown, "preview"), "send": "1"})
    assert "55 36 14 48" in letters_shown(anew)[0]


@pytest.mark.parametrize("press", ["besoeg", "flyt", "aflys"])
def test_a_date_that_is_told_goes_at_the_first_press_where_nothing_has_changed(app, ida, meetings, press):
    """Though its entry for the calendar is made anew, with another stamp and, of a new visit, another name."""
    [booking] = meetings(anna=[evening(1)])
    path, form = dated_press(app, booking, press)
    last, shown = how_many(app, Letter), ida.post(path, form)
    with time_machine.travel(now() + timedelta(seconds=2)):
        answer = ida.post(path, {**as_sent(shown, "preview"), "send": "1"}, follow=False)
    [letter] = letters_after(app, last)
    assert answer.response.status_code == 303 and letters_shown(shown) == [redact_links(letter.text)]
    assert "BEGIN:VEVENT" in letter.calendar


def test_the_words_of_the_findings_replaced_after_the_preview_are_shown_first(make_app, restart, tmp_path):
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
    restart(ida)
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


# Many at once.


def look(ida: Person, name: str, *bookings: Booking, **typed):
    form = {**as_sent(ida.get("/en/kontor/?bunke=nye"), "page"), "sag": [b.reference for b in bookings]}
    return ida.post(f"/en/kontor/flere/{name}", {**as_sent(ida.post(f"/en/kontor/flere/{name}", form), "seen"), **typed,
                                              "show": "1"})


def sent_to(app, *bookings: Booking) -> list[str]:
    """The last letter of each."""
    return [redact_links(seen_now(app, booking).letters[-1].text) for booking in bookings]


def test_of_many_letters_each_that_says_something_else_is_shown(app, ida):
    faxe, alike, naestved = wish(app), wish(app), wish(
        app, road="Ringstedgade", postcode="4700", town="Næstved", municipality="Næstved")
    page = look(ida, "henvis", faxe, alike, naestved, authority="municipality", words="")
    assert [re.search(r"\w+ Municipality", text)[0] for text in letters_shown(page)] == [
        "Faxe Municipality", "Næstved Municipality"]
    assert "And 1 more like it" in page.text, "but for reference and link"
    ida.post("/en/kontor/flere/henvis", {**as_sent(page, "preview"), "send": "1"})
    sent = sent_to(app, faxe, alike, naestved)
    assert [sent[0], sent[2]] == letters_shown(page) and sent[1] == sent[0].replace(
        faxe.reference, alike.reference).replace(halves(faxe), halves(alike))


def halves(booking: Booking) -> str:
    return f"{booking.reference[:4]} {booking.reference[4:]}"


def test_of_many_a_yes_with_another_promise_is_shown(app, ida):
    early, late = wish(app), wish(app)
    with app.app_context():
        Booking.by_reference(early.reference).received_at -= timedelta(days=7)
        db.session.commit()
    page = look(ida, "imoedekom", early, late, words="")
    assert len({re.search(r"by (\d+ \w+ \d+) at the latest", text)[1] for text in letters_shown(page)}) == 2
    ida.post("/en/kontor/flere/imoedekom", {**as_sent(page, "preview"), "send": "1"})
    assert sent_to(app, early, late) == letters_shown(page)


def say_no_with(app, field: str, *bookings: Booking) -> None:
    """Word the reason with this field, for bookings that came a day apart."""
    with app.app_context():
        for number, booking in enumerate(bookings):
            Booking.by_reference(booking.reference).received_at -= timedelta(days=number)
        text = f"Not here: {{{field}}}."
        DeclineReason.write(Officer.by_email(OFFICER), service="traffic", reason="resources", texts={
            "da": text, "en": text})
        db.session.commit()


@pytest.mark.parametrize("field", ["by", "kommune", "modtaget"])
def test_of_many_a_no_that_is_filled_in_otherwise_is_shown(app, ida, field):
    one, other = wish(app), wish(app, road="Ringstedgade", postcode="4700", town="Næstved", municipality="Næstved")
    say_no_with(app, field, one, other)
    page = look(ida, "afslag", one, other, reason="resources", words="", instead="")
    ida.post("/en/kontor/flere/afslag", {**as_sent(page, "preview"), "send": "1"})
    assert sent_to(app, one, other) == letters_shown(page) and len(letters_shown(page)) == 2


def test_more_letters_than_a_few_are_all_on_the_page_and_the_first_lies_open(app, ida):
    bookings = [wish(app) for _ in range(7)]
    say_no_with(app, "modtaget", *bookings)
    page = look(ida, "afslag", *bookings, reason="resources", words="", instead="")
    assert len(letters_shown(page)) == 7
    assert re.findall(r"<details( open)?>\s*<summary>E-mail, English: 1<", page.html) == [" open", *[""] * 6]


def test_of_many_a_letter_that_reads_otherwise_holds_back_all(app, ida, monkeypatch):
    one, other = wish(app), wish(app)
    page = look(ida, "henvis", one, other, authority="municipality", words="")
    district = app.config["DISTRICT"]
    monkeypatch.setitem(app.config, "DISTRICT", msgspec.structs.replace(district, phone="55 36 14 48"))
    last = how_many(app, Letter)
    page = ida.post("/en/kontor/flere/henvis", {**as_sent(page, "preview"), "send": "1"})
    assert page.status == 409 and CHANGED in page.text and how_many(app, Letter) == last
    assert ida.post("/en/kontor/flere/henvis", {**as_sent(page, "preview"), "send": "1"}).status == 200
    assert all("55 36 14 48" in letter.text for letter in letters_after(app, last))
    assert how_many(app, Letter) == last + 2


@pytest.mark.parametrize("told", ["Anna", "Bo", ""])
def test_what_was_told_on_the_phone_already_is_not_to_be_phoned_once_more(app, ida, told):
    """Each reader by themselves: who has not been on the phone is still to be told."""
    by_phone = {"email": "", "phone": "12345678", "reply": "phone"}
    anna, bo = wish(app, name="Anna", **by_phone), wish(app, name="Bo", **by_phone)
    by_mail = wish(app, name="Carl", email="carl@example.dk")
    shown = look(ida, "afslag", anna, bo, by_mail, reason="resources", words="")
    ticks = re.findall(r'name="phoned"[^>]*value="(\w+)".*?(\w+), (\w{4} \w{4}) has heard this from me', shown.html, re.S)
    assert sorted(tick[1:] for tick in ticks) == [("Anna", halves(anna)), ("Bo", halves(bo))], "of one name are many"
    again = look(ida, "afslag", anna, bo, by_mail, reason="resources", words="", phoned=ticks[0][0])
    assert as_sent(again, "preview")["phoned"] == [ticks[0][0]], "who was ticked still is"
    otherwise = look(ida, "afslag", anna, bo, by_mail, reason="resources", words="Ring til os.", phoned=ticks[0][0])
    lost = "You had ticked somebody whose letter reads otherwise now."
    assert lost in otherwise.text and lost not in again.text and "phoned" not in as_sent(otherwise, "preview")
    done = ida.post("/en/kontor/flere/afslag", {**as_sent(shown, "preview"), "send": "1", "phoned": [
        key for key, name, _reference in ticks if name == told]})
    assert "Done for 3 cases" in done.text
    with app.app_context():
        letters = {name: Booking.by_reference(one.reference).letters[-1]
                   for name, one in (("Anna", anna), ("Bo", bo), ("Carl", by_mail))}
        assert {letter.kind for letter in letters.values()} == {"declined"}
        assert {name for name, letter in letters.items() if letter.delivery_status is DeliveryStatus.SENT} == {
            told} - {""}
        assert not told or letters[told].done_by.email == OFFICER


def test_what_was_told_on_the_phone_is_not_said_to_wait(app, ida):
    one = wish(app, email="", phone="12345678", reply="phone")
    shown = ida.post(f"/en/kontor/sag/{one.reference}/imoedekom", {"words": "", "show": "1"})
    [key] = re.findall(r'name="phoned"[^>]*value="(\w+)"', shown.html)
    done = ida.post(f"/en/kontor/sag/{one.reference}/imoedekom", {
        **as_sent(shown, "preview"), "send": "1", "phoned": key})
    assert "Done for 1 case." in done.text and "waits for you" not in done.text
