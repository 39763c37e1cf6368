"""The measure of the design: a service nobody thought of is one entry, and no page, letter or table knows of it."""

import json
import re
from datetime import timedelta

import pytest
from conftest import WISH, Person, book_through_all_pages, logged_in
from helpers_services import ENTRY, LostAndFoundQuestions

import catalogue
from forms import ON_THE_DAY, BookingForm, Count, DatedForm, Form, OneOf
from models import Booking, BookingStatus, Letter, Visit, db, local, now, today

# The entry, as somebody would write it.


# And one whose date is agreed, in a dozen lines.


class BikeMarkingQuestions(DatedForm):
    bikes = OneOf("How many bicycles?", {"few": "Up to 20", "many": "More"})
    groups = (("The bicycles", ("bikes",)), ("The place", BookingForm.where), ("When", ("dates",)),
              ("On the day", (ON_THE_DAY, "public")), ("You", BookingForm.who_asks))


class BikeMarkingFindings(Form):
    marked = Count("How many were marked?")
    groups = (("The day", ("marked",)),)


DATED = catalogue.Service(
    key="bikes", slug="cykelmaerkning", name="Bicycle marking", book="Book bicycle marking", visit="Marking day",
    summary="We mark your bicycles.", not_for=(), questions=BikeMarkingQuestions, findings=BikeMarkingFindings,
    topic="bikes", answer_within=5, act_within=20, date_is_agreed=True)


@pytest.fixture
def fifth(monkeypatch):
    monkeypatch.setitem(catalogue.SERVICES, ENTRY.key, ENTRY)
    return ENTRY


@pytest.fixture
def sixth(monkeypatch):
    monkeypatch.setitem(catalogue.SERVICES, DATED.key, DATED)
    return DATED


def exported(officer: Person, reference: str) -> dict:
    """The file that the page of the case offers for the journal."""
    link = f"/en/kontor/sag/{reference}/eksport.json"
    assert link in officer.get(f"/en/kontor/sag/{reference}").html
    answer = officer.client.get(link)
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={reference}.json"
    return json.loads(answer.get_data())


def test_it_is_booked_answered_told_and_exported_without_a_migration(fifth, app, citizen):
    assert "Lost and found day" in citizen.get("/en/").text
    wish = {k: v for k, v in WISH.items() if k in LostAndFoundQuestions.common} | {
        "kind": "bikes", "text": "Many bicycles stand here.", "language": "en"}
    reference, secret = book_through_all_pages(citizen, "/en", slug=fifth.slug, wish=wish)
    officer = logged_in(app)
    assert "Bicycles" in officer.get("/en/kontor/").text
    officer.post(f"/en/kontor/sag/{reference}/imoedekom", {"words": "", "send": "1"})
    start = local(now() - timedelta(hours=3))
    officer.post(f"/en/kontor/sag/{reference}/besoeg", {
        "day": start.date().isoformat(), "starts": start.strftime("%H:%M"), "crew": "Bus 1", "road": "Bygaden",
        "ends": (start + timedelta(hours=1)).strftime("%H:%M"), "postcode": "4690", "bookings": reference})
    with app.app_context():
        visit = db.session.query(Visit).one().id
    officer.post(f"/en/kontor/besoeg/{visit}/resultat", {"found": "7", "note": "Never told"})
    officer.post(f"/en/kontor/besoeg/{visit}/svar")
    with app.app_context():
        assert db.session.query(Booking).one().status is BookingStatus.ANSWERED
        answer = db.session.query(Letter).filter_by(kind="answered").one()
        assert "How many things found their owner? 7" in answer.text and "Never told" not in answer.text
    page = citizen.get(f"/en/sag/{reference}/{secret}").text
    assert "How many things found their owner? 7" in page and "Never told" not in page
    file = exported(officer, reference)
    assert file["service"] == "Lost and found day" and file["status"] == "Answered with result"
    assert ["What is it about?", "Bicycles"] in file["answers"]
    assert file["contact"]["email"] == WISH["email"] and file["place"].startswith(WISH["road"])
    assert [e["what"] for e in file["events"] if e["officer"]] == [
        "Accepted", "Visit planned", "Answered with findings"]
    assert file["outcomes"] == [[["How many things found their owner?", "7"]]] and len(file["visits"]) == 1
    assert "7" in file["letters"][-1]["text"] and secret not in json.dumps(file)


def test_one_with_an_agreed_date_is_booked_offered_chosen_answered_and_exported(sixth, app, citizen):
    wish = {k: v for k, v in WISH.items() if k in BikeMarkingQuestions.common} | {
        "bikes": "few", "phone": "87654321", "contact_day": "Bo Holm", "contact_day_phone": "12345678", "public": "no"}
    assert "Bicycle marking" in citizen.get("/en/").text
    reference, secret = book_through_all_pages(citizen, "/en", slug=sixth.slug, wish=wish)
    officer, own = logged_in(app), f"/en/sag/{reference}/{secret}"
    day = (today() + timedelta(days=41)).isoformat()
    officer.post(f"/en/kontor/sag/{reference}/tider", {
        "times-0-day": day, "times-0-starts": "10:00", "times-0-ends": "12:00", "crew": "Bus 1", "travel": "0",
        "place_told": "Torvet", "answer_by": (today() + timedelta(days=7)).isoformat(), "words": "", "send": "1"})
    [button] = re.findall(r'action="([^"]*/tid/\d+)"', citizen.get(own).html)
    citizen.post(button)
    with app.app_context():
        visit = db.session.query(Visit).one()
        assert visit.date_agreed and visit.is_planned and not visit.public and visit.public_place == "Torvet"
        visit.starts_at, visit.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)  # and time passes
        db.session.commit()
        id = visit.id
    officer.post(f"/en/kontor/besoeg/{id}/resultat", {"marked": "14"})
    officer.post(f"/en/kontor/besoeg/{id}/svar")
    assert "How many were marked? 14" in citizen.get(own).text
    file = exported(officer, reference)
    assert [e["what"] for e in file["events"]] == [
        "Booking received", "The police proposed dates", "Date agreed", "Answered with findings"]
    assert file["visits"][0].endswith("Findings sent") and len(file["letters"]) == 4
    assert file["outcomes"] == [[["How many were marked?", "14"]]]
    assert secret not in json.dumps(file)


def test_an_export_keeps_the_secret_even_where_the_citizen_wrote_it(app, citizen):
    reference, secret = book_through_all_pages(citizen, "/en", from_to="ved nr. 7")
    citizen.post(f"/en/sag/{reference}/{secret}/besked", {"words": f"Se /sag/{reference}/{secret}."})
    file = exported(logged_in(app), reference)
    assert file["events"][-1]["words"] == f"Se /sag/{reference}/…." and secret not in json.dumps(file)
    assert file["place"] == "Bygaden, ved nr. 7, 4690 Haslev"
