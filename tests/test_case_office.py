"""Cases in the office: what an older page, a message in between, a correction or a phone call may not undo."""

import re
from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, Person, book, logged_in
from helpers_cases import findings_of

from mail import letters
from mail.outbox import send_due
from models import Booking, Channel, DeliveryStatus, Letter, Officer, Place, Visit, VisitStatus, db, local, now, today
from reporting import known_here


def plan_data(start, *references, **changes):
    return {"day": local(start).date().isoformat(), "starts": local(start).strftime("%H:%M"),
            "ends": local(start + timedelta(hours=2)).strftime("%H:%M"), "crew": "ATK 1", "method": "atk",
            "road": "Bygaden", "from_to": "", "postcode": "4690", "bookings": list(references), **changes}


def controlled(app, officer, *references) -> int:
    """A control that was over an hour ago, for these bookings."""
    for reference in references:
        officer.post(f"/kontor/sag/{reference}/imoedekom", {"words": "", "send": "1"})
    page = officer.post(f"/kontor/sag/{references[0]}/besoeg", plan_data(now() - timedelta(hours=3), *references))
    assert page.status == 200, page.errors
    with app.app_context():
        return db.session.query(Visit).order_by(Visit.id.desc()).first().id


def test_planning_on_another_road_moves_no_pin_and_tells_no_stranger(app, citizen, officer):
    first, _ = book(citizen, road="Avej", lat="55.32", lng="11.96")
    book(Person(app), road="Bvej")
    where = {"road": "Avej", "postcode": "4690", "lat": 55.32, "lng": 11.96}
    with app.test_request_context():
        before = known_here("traffic", **where).waiting
    officer.post(f"/kontor/sag/{first}/imoedekom", {"words": "", "send": "1"})
    officer.post(f"/kontor/sag/{first}/besoeg", plan_data(now() + timedelta(days=2), first, road="Bvej",
                                                          lat="55.32", lng="11.96"))
    with app.test_request_context():
        assert db.session.query(Visit).one().place.road == "Bvej"
        assert known_here("traffic", **where).waiting == before == 1
        assert db.session.query(Place).filter_by(road="Bvej").one().lat is None


def test_a_question_without_an_answer_comes_back_to_the_officer(app, citizen, officer):
    reference, _ = book(citizen)
    officer.post(f"/kontor/sag/{reference}/spoerg",
                 {"words": "Hvor?", "answer_by": (today() + timedelta(days=7)).isoformat(), "send": "1"})
    assert reference not in officer.get("/kontor/?bunke=nye").html
    with time_machine.travel(now() + timedelta(days=30)):
        person = logged_in(app)
        assert reference in person.get("/kontor/?bunke=nye").html
        assert reference not in person.get("/kontor/?bunke=venter").html
        with app.app_context():
            letters.write_to_officers()
            db.session.commit()
            assert db.session.query(Letter).filter_by(kind="warning").count() == 1


def test_a_correction_that_was_not_sent_lies_in_a_pile(app, citizen, officer):
    reference, _ = book(citizen)
    id = controlled(app, officer, reference)
    with app.app_context():
        data = findings_of(db.session.get(Visit, id))
    officer.post(f"/kontor/besoeg/{id}/resultat", data)
    officer.post(f"/kontor/besoeg/{id}/svar")
    assert f"/kontor/besoeg/{id}" not in officer.get("/kontor/?bunke=resultat").html
    officer.post(f"/kontor/besoeg/{id}/resultat", data | {"passed": "95"})
    assert f"/kontor/besoeg/{id}" in officer.get("/kontor/?bunke=resultat").html


def test_findings_do_not_hide_a_message_that_nobody_has_read(app, citizen, officer):
    reference, secret = book(citizen)
    id = controlled(app, officer, reference)
    with app.app_context():
        data = findings_of(db.session.get(Visit, id))
    citizen.post(f"/sag/{reference}/{secret}/besked", {"words": "Det er blevet værre."})
    officer.post(f"/kontor/besoeg/{id}/resultat", data)
    officer.post(f"/kontor/besoeg/{id}/svar")
    assert reference in officer.get("/kontor/?bunke=besked").html


def test_a_press_on_an_old_page_says_that_nothing_was_sent(app, citizen, officer):
    reference, _ = book(citizen)
    id = controlled(app, officer, reference)
    with app.app_context():
        data = findings_of(db.session.get(Visit, id))
    officer.post(f"/kontor/besoeg/{id}/resultat", data)
    answer = officer.client.post(f"/en/kontor/besoeg/{id}/svar", data={"csrf_token": "old"})
    assert "press the button again" in answer.text
    with app.app_context():
        assert db.session.get(Visit, id).status is VisitStatus.DONE


def test_letters_that_wait_follow_the_citizen_to_the_new_address(app, citizen, officer):
    reference, secret = book(citizen)
    citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "Anna", "email": "ny@example.dk", "reply": "email"})
    with app.app_context():
        assert {x.recipient for x in db.session.query(Letter).filter_by(
            delivery_status=DeliveryStatus.WAITING)} == {"ny@example.dk"}


def test_a_link_that_went_to_a_wrong_address_opens_nothing_once_an_officer_has_put_it_right(app, citizen, officer):
    reference, secret = book(citizen, email="ana@example.dk", phone="20304050")
    page = officer.post(f"/kontor/sag/{reference}/kontakt", {
        "name": "Anna Jensen", "email": "anna@example.dk", "phone": "20304050", "reply": "email"})
    assert "åbner ikke sagen mere" in page.text
    assert citizen.client.get(f"/sag/{reference}/{secret}").status_code == 404
    with app.app_context():
        letter = db.session.query(Letter).one()
        [new] = re.findall(rf"/sag/{reference}/([\w-]{{24}})", letter.text)
        assert letter.recipient == "anna@example.dk" and new != secret and secret not in letter.text
    assert citizen.client.get(f"/sag/{reference}/{new}").status_code == 200
    found = citizen.post("/find", {"reference": reference, "contact": "anna@example.dk"})
    assert found.response.request.path == f"/sag/{reference}/{new}"


@pytest.mark.parametrize("email", ["ana+sag@example.dk", "ANA@example.dk"])
def test_a_link_stays_where_the_mailbox_is_the_same(app, citizen, officer, email):
    reference, secret = book(citizen, email="ana@example.dk")
    officer.post(f"/kontor/sag/{reference}/kontakt", {
        "name": "Ana", "email": email, "phone": "20304050", "reply": "email"})
    assert citizen.client.get(f"/sag/{reference}/{secret}").status_code == 200


WAYS = {Channel.PHONE: ({"phone": "20304050", "reply": "phone"}, "20304050"),
        Channel.POST: ({"address": "Vej 1, 4690 Haslev", "reply": "letter"}, "Anna\nVej 1, 4690 Haslev")}


@pytest.mark.parametrize("failed", [False, True], ids=["waits", "failed"])
@pytest.mark.parametrize("way", WAYS)
def test_a_letter_whose_address_is_taken_off_goes_the_way_that_was_chosen_instead(
        app, citizen, officer, way, failed):
    reference, secret = book(citizen, email="fremmed@example.dk")
    form, reached = WAYS[way]
    if failed:
        with app.app_context():
            db.session.query(Letter).one().mark_failed("refused 550 5.1.1 no such user")
            db.session.commit()
    page = citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "Anna", "email": "", **form})
    assert not page.errors
    if failed:
        page = officer.post("/kontor/breve/1", {"again": "1"})
        assert "sendes igen" not in page.text and "Jeg har" in page.text
    with app.app_context():
        assert send_due() == 0, "nothing goes to a stranger"
        letter = db.session.query(Letter).one()
        assert (letter.channel, letter.recipient, letter.error) == (way, reached, "") and letter.is_task
    listed = officer.get("/kontor/?bunke=breve")
    assert "/kontor/breve/1" in listed.html and secret not in officer.get("/kontor/breve/1").html
    officer.post("/kontor/breve/1", {"done": "1"})
    assert "/kontor/breve/1" not in officer.get("/kontor/?bunke=breve").html


@pytest.mark.parametrize("email", ["ny@example.dk", ""])
def test_links_that_an_address_has_asked_for_go_to_no_other_one(app, citizen, officer, email):
    book(citizen, road="Andenvej")
    reference, secret = book(citizen)
    citizen.post("/find/links", {"email": "anna@example.dk"})
    citizen.post(f"/sag/{reference}/{secret}/kontakt", {
        "name": "Anna", "email": email, "phone": "20304050", "reply": "email" if email else "phone"})
    with app.app_context():
        links = db.session.query(Letter).filter_by(kind="links_sent").one()
        assert (links.delivery_status, links.error) == (DeliveryStatus.SUPPRESSED, "unreached")
    assert "Adressen blev fjernet" in officer.get("/kontor/breve/tilbageholdt").text


def test_by_phone_the_officer_changes_withdraws_and_takes_up_again(app, citizen, officer):
    reference, _ = book(citizen, email="", phone="12345678", reply="phone")
    case = f"/kontor/sag/{reference}"
    officer.post(f"{case}/kontakt", {"name": "Anna", "email": "a@example.dk", "reply": "email"})
    officer.post(f"{case}/oplys", {"words": "Værst om morgenen.", "send": "1"})
    officer.post(f"{case}/afslag", {"reason": "resources", "send": "1"})
    officer.post(f"{case}/genoptag", {"words": "Ringede og spurgte igen.", "send": "1"})
    officer.post(f"{case}/traek-tilbage", {"send": "1"})
    with app.app_context():
        booking = Booking.by_reference(reference)
        assert booking.status == "withdrawn" and booking.reply is Channel.EMAIL and not booking.has_unread
        ida = Officer.by_email(OFFICER)
        assert [e.officer for e in booking.events[1:]] == [ida] * 5
        assert [(x.kind, x.channel) for x in booking.letters] == [
            ("declined", Channel.EMAIL), ("reopened", Channel.EMAIL), ("withdrawn", Channel.EMAIL)]


def test_a_number_that_was_taken_out_of_the_findings_is_gone(app, citizen, officer):
    reference, _ = book(citizen)
    id = controlled(app, officer, reference)
    with app.app_context():
        data = findings_of(db.session.get(Visit, id))
    officer.post(f"/kontor/besoeg/{id}/resultat", data | {"top": "54"})
    assert "54 km/t" in officer.get(f"/kontor/besoeg/{id}/svar").text
    officer.post(f"/kontor/besoeg/{id}/resultat", data | {"top": ""})
    assert "54 km/t" not in officer.get(f"/kontor/besoeg/{id}/svar").text


def test_a_delay_is_later_than_what_was_promised(app, citizen, officer):
    reference, _ = book(citizen)
    soon = (today() + timedelta(days=2)).isoformat()
    page = officer.post(f"/kontor/sag/{reference}/udsaet", {"words": "Materiel.", "due_on": soon, "send": "1"})
    assert page.status == 422 and page.errors


def test_an_action_without_a_letter_can_be_done_from_its_page(app, citizen, officer):
    reference, _ = book(citizen)
    page = officer.post(f"/kontor/sag/{reference}/oplys", {"words": "Værst om morgenen."})
    assert 'name="send"' in page.html


def test_what_is_new_stands_in_the_box_until_it_is_read(app, citizen, officer):
    reference, secret = book(citizen)

    def news() -> str:
        return officer.get(f"/kontor/sag/{reference}").html.partition('class="alert alert-info"')[2].partition("</form>")[0]

    for words in ("Der er kommet en skole.", "Nu er der også vejarbejde."):
        citizen.post(f"/sag/{reference}/{secret}/besked", {"words": words})
        officer.post(f"/kontor/sag/{reference}/notat", {"words": "Ringet til skolen."})
    assert "Der er kommet en skole." in news() and "Nu er der også vejarbejde." in news(), "also the one before"
    assert "Ringet til skolen." not in news()
    with app.app_context():
        Booking.by_reference(reference).mark_read(Officer.by_email(OFFICER))
        db.session.commit()
    assert not news()
    citizen.post(f"/sag/{reference}/{secret}/besked", {"words": "Og en bro."})
    assert "Og en bro." in news() and "vejarbejde" not in news(), "the others have been read"


def test_within_a_page_a_language_is_called_as_its_reader_calls_it(app, officer):
    reference, _ = book(Person(app), language="/en")
    assert "Svar: e-mail. Sprog: Engelsk" in officer.get(f"/kontor/sag/{reference}").text
    assert "Answer by: e-mail, in English" in officer.get(f"/en/kontor/sag/{reference}").text
    assert "E-mail (Engelsk)" in officer.get(f"/kontor/sag/{reference}/udskrift").text
    assert "på borgerens sprog: Engelsk" in officer.get(f"/kontor/sag/{reference}/imoedekom").text
    page = officer.get("/kontor/tal/presse")
    assert re.findall(r'for="text-[a-z]+">([^<]+)<', page.html) == ["Dansk", "Engelsk"]
