"""The main job, whole: book, accept, control, findings, letters."""

from datetime import timedelta

import pytest
from conftest import Person, book_through_all_pages
from helpers_cases import findings_of

from models import Booking, BookingStatus, Letter, Visit, db, local, now

pytestmark = pytest.mark.postgres


def test_three_ask_for_one_place_and_all_get_the_findings(app, citizen, officer):
    first = book_through_all_pages(citizen)
    second = book_through_all_pages(Person(app), road="bygaden ", email="bo@example.dk", name="Bo")
    third = book_through_all_pages(Person(app), language="/en", email="cy@example.com", name="Cy")
    for reference, _ in (first, second, third):
        page = officer.get(f"/kontor/sag/{reference}")
        assert page.status == 200
        act = f"/kontor/sag/{reference}/imoedekom"
        preview = officer.post(act, {"words": ""})
        assert f"{reference[:4]} {reference[4:]}" in preview.text
        assert officer.post(act, {"words": "", "send": "1"}).status == 200
    start = now() - timedelta(hours=3)
    officer.get(f"/kontor/sag/{first[0]}/besoeg")
    page = officer.post(f"/kontor/sag/{first[0]}/besoeg", {
        "day": local(start).date().isoformat(), "starts": local(start).strftime("%H:%M"),
        "ends": local(start + timedelta(hours=2)).strftime("%H:%M"), "crew": "ATK 1", "method": "atk",
        "road": "Bygaden", "from_to": "", "postcode": "4690", "bookings": [first[0], second[0], third[0]]})
    assert page.status == 200, page.errors
    with app.app_context():
        visit = db.session.query(Visit).one()
        assert len(visit.bookings) == 3
        data, id = findings_of(visit), visit.id
    page = officer.post(f"/kontor/besoeg/{id}/resultat", data)
    assert page.status == 200, page.errors
    assert page.text.count("94") >= 3
    officer.get("/en/kontor/besoeg/1/svar")
    officer.post(f"/kontor/besoeg/{id}/svar", {})
    with app.app_context():
        assert {b.status for b in db.session.query(Booking)} == {BookingStatus.ANSWERED}
        sent = db.session.query(Letter).filter_by(kind="answered").all()
        assert sorted(l.recipient for l in sent) == ["anna@example.dk", "bo@example.dk", "cy@example.com"]


