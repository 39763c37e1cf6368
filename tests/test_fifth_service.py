"""The measure of the design: a service nobody thought of is one entry, and no page, letter or table knows of it."""

import json
from datetime import timedelta

import pytest
from conftest import WISH, book, logged_in

import services
from forms import BookingForm, Count, Form, OneOf, Text
from models import Booking, Letter, Status, Visit, db, local, now

# The entry, as somebody would write it.


class LostAndFoundQuestions(BookingForm):
    kind = OneOf("What is it about?", {"bikes": "Bicycles", "keys": "Keys"})
    text = Text("Tell us more", 500)
    groups = (("The day", ("kind", "text")), ("The place", BookingForm.where), ("You", BookingForm.who_asks))


class LostAndFoundFindings(Form):
    found = Count("How many things found their owner?")
    note = Text("Internal note", 200, required=False, rules=[])
    internal = frozenset({"note"})
    groups = (("The day", ("found", "note")),)


ENTRY = services.Service(
    key="lost", slug="glemte-sager", name="Lost and found day", book="Book a lost and found day", visit="Lost day",
    summary="We bring what was found.", not_for=(), questions=LostAndFoundQuestions, findings=LostAndFoundFindings,
    topic="kind", answer_within=5, act_within=20)


@pytest.fixture
def fifth(monkeypatch):
    monkeypatch.setitem(services.SERVICES, ENTRY.key, ENTRY)
    return ENTRY


def test_it_is_booked_answered_and_told_without_a_migration(fifth, app, citizen):
    assert "Lost and found day" in citizen.get("/en/").text
    wish = {k: v for k, v in WISH.items() if k in LostAndFoundQuestions.common} | {
        "kind": "bikes", "text": "Many bicycles stand here.", "language": "en"}
    reference, secret = book(citizen, "/en", slug=fifth.slug, wish=wish)
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
        assert db.session.query(Booking).one().status is Status.ANSWERED
        answer = db.session.query(Letter).filter_by(kind="answered").one()
        assert "How many things found their owner? 7" in answer.text and "Never told" not in answer.text
    export = json.loads(officer.get(f"/en/kontor/sag/{reference}/eksport.json").html)
    assert export["service"] == "Lost and found day" and ["What is it about?", "Bicycles"] in export["answers"]
    assert ["How many things found their owner?", "7"] in export["outcomes"][0]
    assert [e["what"] for e in export["events"]][0] == "Booking received" and secret not in json.dumps(export)
    page = citizen.get(f"/en/sag/{reference}/{secret}").text
    assert "How many things found their owner? 7" in page and "Never told" not in page
