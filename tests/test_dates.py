"""Dates that are agreed: wished, offered, chosen, refused, lapsed, moved and called off, and nobody booked twice."""

import re
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from conftest import OFFICER, ROOT, WISH, Page, Person, book, logged_in
from helpers import as_sent, error_at, letters_shown, wish
from helpers_results import post_letters
from helpers_services import LostAndFoundFindings, LostAndFoundQuestions
from icalendar import Calendar

import catalogue
from mail import ics
from models import (
    COPENHAGEN,
    Booking,
    BookingStatus,
    Clash,
    DeliveryStatus,
    Letter,
    Officer,
    OpeningHours,
    Place,
    Proposal,
    Reservation,
    Role,
    Visit,
    VisitStatus,
    db,
    free_times,
    local,
)

pytestmark = pytest.mark.postgres

SUMMER = datetime(2027, 6, 1, 12, tzinfo=COPENHAGEN)  # a Tuesday


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 7, day, hour, minute, tzinfo=COPENHAGEN)


class TalkQuestions(LostAndFoundQuestions):
    """Whoever asks would like to meet on the first or the second of July, at seven."""

    def wishes(self):
        return [(at(day, 19), at(day, 20)) for day in (1, 2)]

    def columns(self):
        return {**super().columns(), "public": True}


TALK = catalogue.Service(
    key="talk", slug="snak", name="A talk", book="Book a talk", visit="Talk", summary="We talk.", not_for=(),
    questions=TalkQuestions, findings=LostAndFoundFindings, topic="kind", answer_within=5, act_within=20,
    date_is_agreed=True, travel=30, keeps_open=lambda findings: findings["found"] == 0)


@pytest.fixture(autouse=True)
def summer():
    with time_machine.travel(SUMMER, tick=True):
        yield


@pytest.fixture(autouse=True)
def talk(monkeypatch):
    monkeypatch.setitem(catalogue.SERVICES, TALK.key, TALK)


def wished(app, **changes) -> tuple[str, str]:
    wish = {k: v for k, v in WISH.items() if k in TalkQuestions.common} | {"kind": "bikes", "text": "Kom forbi os."}
    return book(Person(app), slug=TALK.slug, wish={**wish, **changes})


def found(app, reference: str) -> Booking:
    return db.session.query(Booking).filter_by(reference=reference).one()


def plan(day: str, reference: str, **changes) -> dict:
    return {"day": day, "starts": "19:00", "ends": "20:00", "crew": "Ida Betjent", "travel": "30", "road": "Bygaden",
            "postcode": "4690", "place_told": "Haslev Bibliotek", "public": "y", "words": "", "offer_others": "y",
            "bookings": reference, **changes}


def offered(**changes) -> dict:
    return {"times-0-day": "2027-07-05", "times-0-starts": "18:00", "times-0-ends": "19:00",
            "times-1-day": "2027-07-06", "times-1-starts": "18:00", "times-1-ends": "19:00",
            "crew": "Ida Betjent", "travel": "30", "place_told": "Haslev Bibliotek", "answer_by": "2027-06-10",
            "words": "", **changes}


def letters(app, reference: str) -> list[Letter]:
    return list(found(app, reference).letters)


def kinds(app, reference: str) -> list[str]:
    return [letter.kind for letter in letters(app, reference)]


def buttons(page) -> list[str]:
    return re.findall(r'action="([^"]*/tid/\d+)"', page.html)


def test_the_officer_accepts_a_date_that_the_citizen_wished(app, ida):
    reference, secret = wished(app)
    page = ida.get(f"/kontor/sag/{reference}")
    link = re.search(r'href="(/kontor/sag/\w+/besoeg\?tid=\d+)"', page.html)[1]
    form = ida.get(link)
    assert 'value="2027-07-01"' in form.html and 'value="19:00' in form.html and "Ida Betjent" in form.html
    preview = ida.post(f"/kontor/sag/{reference}/besoeg", plan("2027-07-01", reference))
    assert "Haslev Bibliotek" in preview.text and "torsdag 1. juli 2027" in preview.text
    with app.app_context():
        assert db.session.query(Visit).count() == 0, "nothing is done before the letter was seen"
    ida.post(f"/kontor/sag/{reference}/besoeg", plan("2027-07-01", reference, send="1"))
    with app.app_context():
        booking = found(app, reference)
        assert booking.status is BookingStatus.ACCEPTED and booking.agreed_visit.starts_at == at(1, 19)
        assert booking.agreed_visit.public and not booking.offers and not booking.wishes
        assert kinds(app, reference) == ["received", "agreed"]
        [taken] = booking.agreed_visit.reservations
        assert (taken.starts_at, taken.ends_at) == (at(1, 18, 30), at(1, 20, 30)), "the road there and back"
        assert "BEGIN:VCALENDAR" in letters(app, reference)[-1].calendar
    own = Person(app).get(f"/sag/{reference}/{secret}")
    assert "Aftalt tid" in own.text and "torsdag 1. juli 2027" in own.text


def test_dates_are_offered_and_one_is_chosen_by_a_button(app, ida):
    reference, secret = wished(app)
    start = ida.get(f"/kontor/sag/{reference}/tider")
    assert start.html.count('value="2027-0') >= 3, "the nearest free times stand there already"
    assert "send" not in ida.post(f"/kontor/sag/{reference}/tider", offered()).errors
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    citizen = Person(app)
    page = citizen.get(f"/sag/{reference}/{secret}")
    assert "mandag 5. juli 2027" in page.text and len(buttons(page)) == 2
    for link in buttons(page):
        citizen.get(link)  # opening a link chooses nothing
    with app.app_context():
        assert db.session.query(Visit).count() == 0
    done = citizen.post(buttons(page)[1])
    assert "tirsdag 6. juli 2027" in done.text and not buttons(done)
    with app.app_context():
        booking = found(app, reference)
        assert booking.agreed_visit.starts_at == at(6, 18) and booking.agreed_visit.public_place == "Haslev Bibliotek"
        assert kinds(app, reference) == ["received", "dates_offered", "agreed"]
        assert booking.due_on == date(2027, 7, 20)


def test_a_button_pressed_twice_or_on_a_page_of_yesterday_is_answered_kindly(app, ida):
    reference, secret = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    path, late = f"/sag/{reference}/{secret}", Person(app)
    button = buttons(late.get(path))[0]
    page = Page(late.client.post(button, data={"csrf_token": "of yesterday"}))
    assert page.status == 400 and "Tryk på knappen igen" in page.text
    token = page.token
    for _ in range(2):
        answer = late.client.post(button, data={"csrf_token": token})
        assert answer.status_code == 303
    text = late.get(path).text
    assert "Tiden er aftalt." in text and "kan ikke lade sig gøre" not in text
    assert kinds_in(app, reference).count("agreed") == 1


def test_whoever_is_too_late_gets_the_nearest_other_times(app, ida):
    one, two = wished(app), wished(app, name="Bo", email="bo@example.dk")
    for reference, _ in (one, two):
        ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    for reference, secret in (one, two):
        person = Person(app)
        link = buttons(person.get(f"/sag/{reference}/{secret}"))[0]
        page = person.post(link)
    assert page.status == 409 and "ikke længere muligt" in page.text and len(buttons(page)) == 3
    assert "alert-warning" in page.html and "alert-success" not in page.html
    with app.app_context():
        loser = found(app, two[0])
        assert loser.agreed_visit is None and len(loser.offers) == 3
        assert kinds(app, two[0]) == ["received", "dates_offered", "dates_offered"]
        assert all(p.starts_at != at(5, 18) for p in loser.offers)
        assert {local(p.starts_at).date() for p in loser.offers} == {date(2027, 7, d) for d in (4, 5, 6)}
        # On the same day the nearest time leaves room for both roads: two hours before, or after.
        assert at(5, 16) in [p.starts_at for p in loser.offers]


def test_where_nobody_can_come_at_all_no_date_stays_on_offer_and_the_office_is_told_once(app, ida):
    reference, secret = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    with app.app_context():
        Reservation.absence("Ida Betjent", at(1, 0) - timedelta(days=60), at(1, 0) + timedelta(days=90), "")
        db.session.commit()
    citizen = Person(app)
    first, second = buttons(citizen.get(f"/en/sag/{reference}/{secret}"))
    page = citizen.post(first)
    assert page.status == 409 and "no longer possible" in page.text and "somebody else" not in page.text
    assert not buttons(page) and not buttons(citizen.post(second))
    with app.app_context():
        kinds = [event.kind for event in found(app, reference).events]
        assert kinds.count("dates_refused") == 1
    assert reference[:4] in ida.get("/kontor/?bunke=besked").text


@pytest.mark.parametrize("told", [True, False])
def test_dates_offered_at_another_place_are_taken_back_with_a_letter(app, ida, told):
    reference, secret = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    if told:
        post_letters(app)
    assert "shows the letter that takes them back" in ida.get(f"/en/kontor/sag/{reference}").text
    path, form = f"/en/kontor/sag/{reference}/flyt", {"road": "Torvet", "postcode": "4690", "from_to": ""}
    shown = ida.post(path, {**form, "show": "1"})
    assert ("og det beklager vi" in shown.text) is told
    assert ("og vi beklager, at det trækker ud" in shown.text) is not told
    ida.post(path, {**as_sent(shown, "preview"), "send": "1"})
    own = Person(app).get(f"/sag/{reference}/{secret}")
    assert not buttons(own) and "Vi kan imødekomme dit ønske" in own.text
    letter = letters_of(app, reference)[-1]
    assert letter.kind == "dates_taken_back" and letter.delivery_status is DeliveryStatus.WAITING
    assert "beklager" in letter.text and "foreslår vi" in letter.text
    assert reference[:4] in ida.get("/kontor/?bunke=planlaeg").text


@pytest.mark.parametrize("typed", [{}, {"from_to": "ved kirken"}])
def test_dates_stand_where_a_case_stays_at_its_place_and_no_letter_is_said_to_go(app, ida, typed):
    reference, _ = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    post_letters(app)
    path = f"/en/kontor/sag/{reference}/flyt"
    shown = ida.post(path, {**as_sent(ida.get(path), "road"), **typed, "show": "1"})
    done = ida.post(path, {**as_sent(shown, "preview"), "send": "1"})
    assert "Nobody gets a letter." in shown.text and "Done for 1 case." in done.text and "letter goes" not in done.text
    with app.app_context():
        assert len(found(app, reference).offers) == 2


def test_who_loses_told_dates_and_can_be_offered_no_other_one_hears_of_it(app, ida):
    (reference, _), (other, _) = wished(app), wished(app, email="bo@example.dk")
    one_date = {f"times-1-{part}": "" for part in ("day", "starts", "ends")}
    ida.post(f"/kontor/sag/{reference}/tider", offered(**one_date, send="1"))
    post_letters(app)
    with app.app_context():
        for first, last in ((at(1, 0) - timedelta(days=60), at(5, 0)), (at(6, 0), at(6, 0) + timedelta(days=60))):
            Reservation.absence("Ida Betjent", first, last, "")
        for own in found(app, reference).wishes:
            own.closed_at = at(1, 0)
        db.session.commit()
    path = f"/kontor/sag/{other}/besoeg"
    shown = ida.post(path, {**plan("2027-07-05", other, starts="08:30", ends="20:30"), "show": "1"})
    assert "og det beklager vi" in shown.text
    ida.post(path, {**as_sent(shown, "preview"), "send": "1"})
    with app.app_context():
        assert not found(app, reference).offers
        assert found(app, reference).letters[-1].kind == "dates_taken_back"


def test_a_date_is_agreed_with_who_was_offered_it_and_nobody_else_at_the_place(app, ida):
    (one, _), (other, _) = wished(app), wished(app, email="bo@example.dk")
    for reference in (one, other):
        ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    page = ida.get(f"/kontor/sag/{one}/besoeg")
    assert other[:4] in page.text and as_sent(page, "day")["bookings"] == [one]


def test_offers_stand_where_a_place_only_gets_another_name_or_is_parted(app, ida):
    reference, _ = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    with app.app_context():
        booking, who = found(app, reference), db.session.get(Officer, 1)
        booking.place.split(who, [booking], "ved skolen")
        other = Place.at(road="Nygade", postcode="4690", town="Haslev", municipality="Faxe")
        booking.place.merge_into(who, other)
        db.session.commit()
        assert booking.place is other and len(booking.offers) == 2


def test_while_a_meeting_goes_on_its_page_keeps_date_and_place_whatever_is_entered(app, ida):
    reference, secret, id = agreed(app, ida)
    with time_machine.travel(at(1, 19, 30), tick=True):
        with app.app_context():
            db.session.get(Visit, id).enter_findings(db.session.get(Officer, 1), {"found": 3})
            db.session.commit()
        own = Person(app).get(f"/sag/{reference}/{secret}")
        assert "Haslev Bibliotek" in own.text and "Tiden er aftalt" not in own.text and "Ida Betjent" in own.text
        assert app.test_client().get(f"/sag/{reference}/{secret}/aftale.ics").status_code == 200


def test_none_fits_and_the_officer_sees_when_it_would(app, ida):
    reference, secret = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    citizen = Person(app)
    page = citizen.post(f"/sag/{reference}/{secret}/ingen-passer", {"when": "Helst i august."})
    assert not buttons(page)
    assert reference[:4] in ida.get("/kontor/?bunke=besked").text
    assert "Helst i august." in ida.get(f"/kontor/sag/{reference}").text
    with app.app_context():
        assert all("august" not in letter.text for letter in db.session.query(Letter))


def test_dates_that_nobody_answers_lapse_and_both_sides_hear_of_it(app, ida):
    reference, secret = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    assert reference[:4] in ida.get("/kontor/?bunke=venter").text
    post_letters(app)
    with time_machine.travel(datetime(2027, 6, 11, 8, tzinfo=COPENHAGEN)):
        assert not buttons(Person(app).get(f"/sag/{reference}/{secret}")), "even before anybody has noticed"
        with app.test_request_context():
            Proposal.lapse_due()
            Proposal.lapse_due()
            db.session.commit()
        assert kinds_in(app, reference) == ["received", "dates_offered", "dates_lapsed"]
        with app.app_context():
            last = letters(app, reference)[-1]
            assert "gælder ikke længere" in last.subject and "reserveret" not in last.text, "none was kept for anybody"
        work = logged_in(app)
        assert reference[:4] in work.get("/kontor/?bunke=planlaeg").text
        assert "De foreslåede tidspunkter blev ikke besvaret" in work.get("/kontor/?bunke=planlaeg").text


@pytest.mark.parametrize("contact", [{}, {"email": "", "phone": "12345678", "reply": "phone"}], ids=["mail", "phone"])
def test_nobody_reads_that_they_have_not_answered_what_nobody_has_told_them(app, ida, contact):
    reference, _ = wished(app, **contact)
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    with time_machine.travel(datetime(2027, 6, 11, 8, tzinfo=COPENHAGEN)):
        with app.test_request_context():
            Proposal.lapse_due()
            db.session.commit()
        offer = next(letter for letter in letters_of(app, reference) if letter.kind == "dates_offered")
        assert (offer.delivery_status, offer.error) == (DeliveryStatus.SUPPRESSED, "void")
        last = letters_of(app, reference)[-1]
        assert last.kind == "dates_lapsed" and "valgt" not in last.text and "foreslår vi en tid" in last.text
        assert reference[:4] in logged_in(app).get("/kontor/?bunke=planlaeg").text


def letters_of(app, reference: str) -> list[Letter]:
    with app.app_context():
        return letters(app, reference)


def kinds_in(app, reference: str) -> list[str]:
    with app.app_context():
        return kinds(app, reference)


def agreed(app, ida, day: str = "2027-07-01", **changes) -> tuple[str, str, int]:
    reference, secret = wished(app)
    ida.post(f"/kontor/sag/{reference}/besoeg", plan(day, reference, send="1", **changes))
    with app.app_context():
        return reference, secret, found(app, reference).agreed_visit.id


def entry_in(letter: Letter) -> tuple[str, int, str]:
    """What a letter does to the reader's calendar: the method, how often it has changed, and which entry."""
    calendar = Calendar.from_ical(letter.calendar)
    [event] = calendar.walk("VEVENT")
    return calendar["method"], event["sequence"], event["uid"]


def test_a_moved_date_is_told_and_a_new_crew_is_not(app, ida):
    reference, secret, id = agreed(app, ida)
    ida.post(f"/kontor/besoeg/{id}/flyt", plan("2027-07-01", reference, crew="Bo Betjent", send="1"))
    assert kinds_in(app, reference) == ["received", "agreed"]
    ida.post(f"/kontor/besoeg/{id}/flyt", plan("2027-07-08", reference, crew="Bo Betjent", send="1"))
    assert kinds_in(app, reference) == ["received", "agreed", "agreed_anew"]
    with app.app_context():
        assert [re.search(r"Der kommer: (.*)\.", letter.text)[1] for letter in letters(app, reference)[1:]] == [
            "Ida Betjent", "Bo Betjent"]
        visit = db.session.get(Visit, id)
        assert visit.sequence == 1 and visit.crew == "Bo Betjent" and visit.starts_at == at(8, 19)


@pytest.mark.parametrize("change", [{"place_told": "Svømmehallen"}, {"ends": "21:00"}, {"starts": "18:00"}], ids=str)
def test_a_letter_about_another_place_or_end_does_not_say_that_the_date_has_moved(app, ida, change):
    reference, secret, id = agreed(app, ida)
    ida.post(f"/kontor/besoeg/{id}/flyt", plan("2027-07-01", reference, **change, send="1"))
    with app.app_context():
        letter = letters(app, reference)[-1]
        assert letter.kind == "agreed_anew" and "Ændring af aftalen den 1. juli 2027" in letter.subject
        assert "Dagen er den samme" in letter.text and "flyttet" not in letter.text


@pytest.mark.parametrize(("answers", "there"), [({}, "Contact on the day: Anna Jensen, 87654321"), (
    {"contact_day_phone": "22334455"}, "Contact on the day: Anna Jensen, 22334455"), ({"contact_day": "Bo Holm"}, "")])
def test_the_job_sheet_names_the_place_that_was_agreed_and_who_is_there(app, ida, answers, there):
    reference, _, id = agreed(app, ida)
    with app.app_context():
        booking = found(app, reference)
        booking.phone, booking.answers = "87654321", booking.answers | answers
        booking.place.from_to, booking.place.lat, booking.place.lng = "ved fontænen", 55.33, 11.96
        asked = booking.place.in_full
        db.session.commit()
    sheet = ida.get(f"/en/kontor/besoeg/{id}/jobark")
    assert f"Asked for {asked}" in sheet.text and "Stretch" not in sheet.text
    assert "The place on the map" not in sheet.html and 'class="map' in sheet.html
    assert "Job sheet: Haslev Bibliotek" in sheet.text
    assert there in sheet.text if there else "Anna" not in sheet.text, "somebody else is there"


def test_a_date_is_called_off_with_its_cause_and_the_wish_stands(app, ida):
    reference, secret, id = agreed(app, ida)
    preview = ida.post(f"/kontor/besoeg/{id}/aflys", {"cause": "urgent", "words": "Det beklager vi."})
    assert "en akut opgave" in preview.text and kinds_in(app, reference)[-1] == "agreed"
    ida.post(f"/kontor/besoeg/{id}/aflys", {"cause": "urgent", "words": "Det beklager vi.", "send": "1"})
    with app.app_context():
        booking, visit = found(app, reference), db.session.get(Visit, id)
        assert visit.status is VisitStatus.CANCELLED and not visit.reservations and visit.sequence == 1
        assert booking.status is BookingStatus.ACCEPTED and booking.awaits_visit and kinds(app, reference)[
            -1] == "called_off"
        assert booking.due_on == date(2027, 6, 8)
        assert [wish.starts_at for wish in booking.wishes] == [at(2, 19)], "the other date that was wished"
    assert reference[:4] in ida.get("/kontor/?bunke=planlaeg").text
    own = Person(app).get(f"/sag/{reference}/{secret}")
    assert "en akut opgave" in own.text and "Aflyst af politiet" in own.text
    pills = [re.search(r'class="status [^>]*>([^<]*)<', page.html)[1].strip() for page in (
        own, ida.get(f"/kontor/sag/{reference}"))]
    assert pills == ["Aflyst af politiet"] * 2, "one state for both sides"


def test_how_a_wish_stands_is_told_whatever_is_noted_on_it_afterwards(app, ida):
    reference, secret, id = agreed(app, ida)
    ida.post(f"/kontor/besoeg/{id}/aflys", {"cause": "weather", "words": "", "send": "1"})

    def noted():
        ida.post(f"/kontor/sag/{reference}/notat", {"words": "Ringet."})
        ida.post(f"/kontor/sag/{reference}/journal", {"journal": "2027-1"})
        return Person(app).get(f"/sag/{reference}/{secret}").text, ida.get(f"/kontor/sag/{reference}").text

    own, case = noted()
    assert "Vejret tillader det ikke" in own.partition("Det er der sket")[0] and "Aflyst af politiet" in case
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    own, case = noted()
    assert "Politiet har foreslået" in case and "Vejret" not in own.partition("Det er der sket")[0]


def test_a_date_that_has_begun_is_not_promised_any_more(app, ida):
    reference, secret, _ = agreed(app, ida)
    with time_machine.travel(at(1, 19, 30), tick=True):
        own = Person(app).get(f"/sag/{reference}/{secret}")
        assert "hvad der kom ud af det" in own.text and "akut opgave" not in own.text and "aftale.ics" not in own.html
        assert "/besked" in own.html, "they can still write to us"


def test_the_receipt_of_a_case_that_has_been_looked_at_is_its_page(app, ida):
    reference, secret = wished(app)
    own = f"/sag/{reference}/{secret}"
    assert Person(app).get(f"{own}/kvittering").response.request.path == f"{own}/kvittering"
    with app.app_context():
        found(app, reference).delay(db.session.get(Officer, 1), "Ferie.", date(2027, 7, 9))
        db.session.commit()
    assert Person(app).get(f"{own}/kvittering").response.request.path == own


def test_both_sides_are_reminded_two_working_days_before_and_once(app, ida):
    reference, _, id = agreed(app, ida, "2027-07-06")  # a Tuesday: two working days before is the Friday
    for day, reminded in ((1, 0), (2, 1), (3, 1), (5, 1)):
        with time_machine.travel(at(day, 9)), app.test_request_context():
            Visit.remind_due()
            db.session.commit()
            assert kinds(app, reference).count("reminded") == reminded
            assert db.session.query(Letter).filter_by(kind="reminder", recipient=OFFICER).count() == reminded
    with app.app_context():
        reminder = db.session.query(Letter).filter_by(kind="reminder").one()
        assert "tirsdag 6. juli 2027" in reminder.text and "Anna" not in reminder.text


def test_nobody_is_reminded_at_once_of_a_date_that_they_are_only_now_told(app, ida):
    reference, _, id = agreed(app, ida, "2027-07-12")
    with time_machine.travel(at(2, 9)), app.test_request_context():
        visit = db.session.get(Visit, id)
        visit.reschedule(db.session.get(Officer, 1), place=visit.place, starts_at=at(6, 18), ends_at=at(6, 19),
                         resource_units={"crew": "Ida Betjent"}, public_place=visit.public_place)
        Visit.remind_due()
        db.session.commit()
        assert kinds(app, reference)[-1] == "agreed_anew"


def test_withdrawing_an_agreed_date_frees_the_crew(app, ida):
    reference, secret, id = agreed(app, ida)
    Person(app).post(f"/sag/{reference}/{secret}/traek-tilbage", {"sure": "y"})
    with app.app_context():
        assert db.session.get(Visit, id).status is VisitStatus.CANCELLED and db.session.query(Reservation).count() == 0


CLOSED = {"declined": ("afslag", {"reason": "resources", "words": "", "instead": ""}),
          "referred": ("henvis", {"authority": "municipality", "words": ""}), "withdrawn": ("traek-tilbage", {})}
OFF = {"da": "Den tid, vi havde aftalt, torsdag 1. juli 2027, gælder ikke længere.",
       "en": "The date that we had agreed, Thursday 1 July 2027, no longer stands."}


@pytest.mark.parametrize("language", OFF)
@pytest.mark.parametrize("kind", CLOSED)
def test_a_case_that_is_closed_says_which_agreed_date_is_off_and_takes_it_out_of_the_calendar(
        app, ida, kind, language):
    reference, _, id = agreed(app, ida)
    other, _ = wished(app)
    with app.app_context():
        for one in (reference, other):
            found(app, one).language = language
        db.session.commit()
    path, form = CLOSED[kind]
    preview = ida.post(f"/kontor/sag/{reference}/{path}", form)
    assert OFF[language] in preview.text and kinds_in(app, reference)[-1] == "agreed"
    for one in (reference, other):
        ida.post(f"/kontor/sag/{one}/{path}", {**form, "send": "1"})
    with app.app_context():
        *_, told, closed = letters(app, reference)
        assert closed.kind == kind and OFF[language] in " ".join(closed.text.split())
        assert entry_in(told)[::2] == ("PUBLISH", entry_in(closed)[2]) and entry_in(closed)[:2] == ("CANCEL", 1)
        assert db.session.get(Visit, id).status is VisitStatus.CANCELLED
        undated = letters(app, other)[-1]
        assert undated.kind == kind and not undated.calendar and "2027" not in undated.text


def test_a_date_that_is_off_for_one_stands_for_the_others_and_may_be_agreed_with_them_again(app, ida):
    one, _, id = agreed(app, ida)
    two, _ = wished(app, email="bo@example.dk")
    ida.post(f"/kontor/sag/{two}/imoedekom", {"words": "", "send": "1"})
    both = plan("2027-07-01", one, bookings=[one, two], send="1")
    ida.post(f"/kontor/besoeg/{id}/flyt", both)
    ida.post(f"/kontor/sag/{one}/afslag", {**CLOSED["declined"][1], "send": "1"})
    with app.app_context():
        assert db.session.get(Visit, id).is_planned and kinds(app, two)[-1] == "agreed"
        assert OFF["da"] in letters(app, one)[-1].text
        method, sequence, uid = entry_in(letters(app, one)[-1])
        assert (method, uid) == ("CANCEL", entry_in(letters(app, two)[-1])[2])
        assert "STATUS:CONFIRMED" in ics.entry(db.session.get(Visit, id))
    ida.post(f"/kontor/sag/{one}/genoptag", {"words": "Ringede.", "send": "1"})
    ida.post(f"/kontor/sag/{one}/imoedekom", {"words": "", "send": "1"})
    ida.post(f"/kontor/besoeg/{id}/flyt", both)
    with app.app_context():
        again, newer, _ = entry_in(letters(app, one)[-1])
        assert letters(app, one)[-1].kind == "agreed" and again == "PUBLISH" and newer >= sequence > 0


def test_a_case_that_is_closed_after_its_date_calls_nothing_off(app, ida):
    reference, _, _ = agreed(app, ida)
    with time_machine.travel(at(2, 9)):
        logged_in(app).post(f"/kontor/sag/{reference}/afslag", {**CLOSED["declined"][1], "send": "1"})
    with app.app_context():
        closed = letters(app, reference)[-1]
        assert closed.kind == "declined" and not closed.calendar and "1. juli" not in closed.text


@pytest.mark.parametrize("stored", ["fotovogn1", "fotovogn 1"])
def test_a_unit_is_the_same_with_and_without_its_spaces(app, stored):
    """As earlier versions have stored it, too."""
    with app.app_context():
        absence = Reservation.absence("Fotovogn 1", at(5, 0), at(9, 0), "Værksted")
        absence.unit_key = stored
        db.session.commit()
        for unit in ("Fotovogn1", "fotovogn 1", "FOTO VOGN 1"):
            assert Reservation.between(at(6, 0), at(7, 0), [unit]) == [absence], unit
        assert Reservation.between(at(6, 0), at(7, 0), ["Fotovogn 11", "Fotovogn"]) == []


def test_who_only_reads_is_offered_for_no_visit(app, ida):
    with app.app_context():
        Officer.add("laes@politi.example", "Lise Læser", "en lang adgangskode", Role.READER)
        db.session.commit()
    other, _ = wished(app)
    for page in ("besoeg", "tider"):
        html = ida.get(f"/kontor/sag/{other}/{page}").html
        assert '<option value="Ida Betjent">' in html and "Lise Læser" not in html


def test_the_history_of_a_visit_tells_its_plan_and_its_reminder_once(app, ida):
    _, _, visit = agreed(app, ida)
    with app.app_context():
        db.session.get(Visit, visit).remind()
        db.session.commit()
    history = re.search(r'<ol class="history">.*?</ol>', ida.get(f"/en/kontor/besoeg/{visit}").html, re.S)[0]
    told = re.findall(r"<strong>(.*?)</strong>", history)
    assert len(told) == len(set(told)), told


def test_nobody_is_booked_twice_and_the_officer_reads_who_is_where(app, ida):
    agreed(app, ida)
    other, _ = wished(app)
    page = ida.post(f"/kontor/sag/{other}/besoeg", plan("2027-07-01", other, starts="20:30", ends="21:30"))
    assert page.status == 422 and "Ida Betjent er optaget ved Bygaden, 4690 Haslev" in page.errors[0]
    assert ida.post(f"/kontor/sag/{other}/besoeg",
                    plan("2027-07-01", other, starts="21:00", ends="22:00")).status == 200, "both roads fit in between"
    assert ida.post(f"/kontor/sag/{other}/besoeg", plan("2027-07-01", other, crew="Bo, ida  betjent")).status == 422
    assert ida.post(f"/kontor/sag/{other}/besoeg", plan("2027-07-01", other, crew="Bo, Kim")).status == 200
    assert ida.post(f"/kontor/sag/{other}/besoeg", plan("2027-07-01", other, crew="IDABETJENT")).status == 422
    page = ida.post(f"/kontor/sag/{other}/tider", offered(**{"times-0-day": "2027-07-01"}))
    assert page.status == 422 and "Ida Betjent er optaget" in page.errors[0], "nothing is offered that is taken"


def test_approving_says_who_loses_by_it_and_offers_them_other_dates_in_one_press(app, ida):
    one, two, three = wished(app), wished(app, email="bo@example.dk"), wished(app, email="cy@example.dk")
    with app.app_context():  # the third has another date left
        for proposal in found(app, two[0]).proposals[1:]:
            db.session.delete(proposal)
        db.session.commit()
    preview = ida.post(f"/kontor/sag/{one[0]}/besoeg", plan("2027-07-01", one[0]))
    assert f"{two[0][:4]} {two[0][4:]}" in preview.text and f"{three[0][:4]} {three[0][4:]}" in preview.text
    assert "bo@example.dk" in preview.text and "cy@example.dk" not in preview.text, "letters to those who lose all"
    with app.app_context():
        assert not found(app, two[0]).offers
    ida.post(f"/kontor/sag/{one[0]}/besoeg", plan("2027-07-01", one[0], send="1"))
    with app.app_context():
        loser = found(app, two[0])
        assert len(loser.offers) == 3 and kinds(app, two[0]) == ["received", "dates_offered"]
        assert not found(app, three[0]).offers and found(app, three[0]).status is BookingStatus.RECEIVED
        assert all(not Reservation.between(*p.occupied, p.units) for p in loser.offers)


def test_a_wish_that_arrives_after_the_preview_of_a_plan_is_read_before_it_is_offered_other_dates(app, ida):
    one = wished(app)
    preview = ida.post(f"/kontor/sag/{one[0]}/besoeg", plan("2027-07-01", one[0]))
    two = wished(app, email="bo@example.dk")
    page = ida.post(f"/kontor/sag/{one[0]}/besoeg", {**as_sent(preview, "preview"), "send": "1"})
    assert page.status == 409 and f"{two[0][:4]} {two[0][4:]}" in page.text
    with app.app_context():
        assert not found(app, one[0]).agreed_visit and kinds(app, two[0]) == ["received"]
    ida.post(f"/kontor/sag/{one[0]}/besoeg", {**as_sent(page, "preview"), "send": "1"})
    with app.app_context():
        assert found(app, one[0]).agreed_visit


def test_who_loses_is_not_written_to_where_the_officer_does_not_want_it(app, ida):
    one, two = wished(app), wished(app, email="bo@example.dk")
    form = plan("2027-07-01", one[0], send="1")
    del form["offer_others"]
    ida.post(f"/kontor/sag/{one[0]}/besoeg", form)
    with app.app_context():
        assert found(app, one[0]).agreed_visit and not found(app, two[0]).offers


def test_the_nearest_free_times_keep_to_hours_holidays_and_absences(app):
    with app.app_context():
        Reservation.absence("", at(2, 0), at(4, 0), "Sommerfest")
        Reservation.absence("Bus", at(5, 0), at(9, 0), "Værksted")
        OpeningHours.enter([(time(9), time(17))] * 5 + [(time(0), time(0))] * 2)
        hour = timedelta(hours=1)
        starts = [local(s) for s in free_times(["Bus", "Ida"], at(5, 19), hour)]
        assert [s.date() for s in starts] == [date(2027, 6, 30), date(2027, 7, 1), date(2027, 7, 9)]
        assert {s.time() for s in starts} == {time(16)}, "the last hour before we close is the nearest to seven"
        assert at(5, 16) in [local(s) for s in free_times(["Ida"], at(5, 19), hour)]
        assert [s.date() for s in free_times(["Ida"], datetime(2027, 12, 25, 12, tzinfo=COPENHAGEN), hour)] == [
            date(2027, 12, 22), date(2027, 12, 23), date(2027, 12, 27)]
        with pytest.raises(Clash):
            Proposal(starts_at=at(2, 9), ends_at=at(2, 10))
            ida = db.session.query(Officer).one()
            Visit.plan(ida, service="talk", place=None, starts_at=at(2, 9), ends_at=at(2, 10),
                       resource_units={"crew": "Ida"},
                       bookings=[])


def test_wished_dates_stand_again_when_a_case_is_taken_up_again(app, ida):
    reference, _ = wished(app)
    with app.app_context():
        booking, wishes = found(app, reference), len(found(app, reference).wishes)
        booking.decline(db.session.get(Officer, 1), "resources", "Beklager.", "")
        booking.reopen("Vi har brug for jer.")
        db.session.commit()
        assert len(booking.wishes) == wishes > 0
    assert "?tid=" in ida.get(f"/kontor/sag/{reference}").html


def test_a_wish_that_a_visit_has_answered_does_not_stand_again_when_the_case_is_taken_up_a_second_time(app, ida):
    reference, _, id = agreed(app, ida)
    with time_machine.travel(at(1, 21), tick=True) as clock, app.app_context():
        visit, who, booking = db.session.get(Visit, id), db.session.get(Officer, 1), found(app, reference)
        visit.enter_findings(who, {"found": 7})
        visit.report(who)
        booking.reopen("Én gang til.")
        clock.shift(60)
        booking.decline(who, "resources", "", "")
        booking.reopen("Jo.")
        db.session.commit()
        assert any(p.starts_at == at(2, 19) and not p.is_offer for p in booking.proposals) and not booking.wishes


def test_a_date_that_has_begun_is_not_called_off_because_nobody_wants_it_any_more(app, ida):
    reference, secret, id = agreed(app, ida)
    with time_machine.travel(at(1, 19, 30), tick=True):
        ida = logged_in(app)
        Person(app).post(f"/sag/{reference}/{secret}/traek-tilbage", {"sure": "y"})
        page = ida.post(f"/kontor/besoeg/{id}/resultat", {"found": "7", "note": ""})
        assert page.status == 200
        ida.post(f"/kontor/besoeg/{id}/svar")
    with app.app_context():
        assert db.session.get(Visit, id).status is VisitStatus.REPORTED
        assert kinds(app, reference) == ["received", "agreed", "withdrawn"]


@pytest.mark.parametrize("day", [1, 2])
def test_a_date_that_has_begun_is_not_called_off_by_the_office(app, ida, day):
    reference, _, id = agreed(app, ida)
    with time_machine.travel(at(day, 19, 30), tick=True):
        ida, page = logged_in(app), f"/en/kontor/besoeg/{id}"
        shown = ida.get(page)
        assert "has begun, so it is not called off" in shown.text and "Cancel the visit" not in shown.text
        assert ida.post(f"{page}/aflys", {"cause": "weather", "words": "", "send": "1"}).status == 409
    assert kinds_in(app, reference)[-1] == "agreed"


@pytest.mark.parametrize(("hour", "change", "told"), [
    (16, {"crew": "Bo Betjent"}, 0), (21, {"crew": "Bo Betjent"}, 0), (16, {"place_told": "Svømmehallen"}, 1),
    (16, {"starts": "18:00"}, 1), (19, {"ends": "21:00"}, 1), (19, {"place_told": "Svømmehallen"}, 1)], ids=str)
def test_on_its_day_a_visit_gets_another_crew_room_or_hour(app, ida, hour, change, told):
    reference, _, id = agreed(app, ida)
    with time_machine.travel(at(1, hour, 10), tick=True):
        page = logged_in(app).post(f"/kontor/besoeg/{id}/flyt", plan("2027-07-01", reference, **change, send="1"))
        assert page.status == 200, page.errors
    assert kinds_in(app, reference).count("agreed_anew") == told


@pytest.mark.parametrize(("hour", "change"), [
    (16, {"starts": "15:00"}), (16, {"day": "2027-06-30"}), (21, {"starts": "19:30"})], ids=str)
def test_no_visit_is_moved_to_a_time_that_is_over(app, ida, hour, change):
    reference, _, id = agreed(app, ida)
    with time_machine.travel(at(1, hour), tick=True):
        form = {**plan("2027-07-01", reference, send="1"), **change}
        page = logged_in(app).post(f"/kontor/besoeg/{id}/flyt", form)
        assert page.status == 422 and len(page.errors) == 1
    assert kinds_in(app, reference)[-1] == "agreed"


@pytest.mark.parametrize("change", [{"place_told": "Svømmehallen"}, {"bookings": "other"}], ids=str)
def test_nobody_is_told_of_a_date_that_has_begun(app, ida, change):
    reference, _, id = agreed(app, ida)
    other, _ = wished(app, email="bo@example.dk")
    with app.app_context():
        found(app, other).accept(db.session.get(Officer, 1), "")
        db.session.commit()
    with time_machine.travel(at(8, 9), tick=True):
        form = {**plan("2027-07-01", reference, send="1"), **change}
        form["bookings"] = [reference, other] if "bookings" in change else reference
        page = logged_in(app).post(f"/kontor/besoeg/{id}/flyt", form)
        assert page.status == 422 and page.errors == ["Det tidspunkt er forbi."]
    assert kinds_in(app, reference)[-1] == "agreed" and kinds_in(app, other)[-1] == "accepted"


def test_a_wish_that_has_passed_since_its_form_was_opened_is_not_agreed(app, ida):
    reference, _ = wished(app)
    with app.app_context():
        wish = found(app, reference).wishes[0].id
    with time_machine.travel(at(3, 9), tick=True):
        form = plan("2027-07-01", reference, send="1")
        page = logged_in(app).post(f"/kontor/sag/{reference}/besoeg?tid={wish}", form)
        assert page.status == 422 and len(page.errors) == 1
    assert kinds_in(app, reference) == ["received"]


def test_a_date_that_has_begun_and_that_nobody_wants_any_more_can_still_change_hands(app, ida):
    reference, secret, id = agreed(app, ida)
    with time_machine.travel(at(1, 19, 30), tick=True):
        Person(app).post(f"/sag/{reference}/{secret}/traek-tilbage", {"sure": "y"})
        form = plan("2027-07-01", reference, crew="Bo Betjent", send="1")
        del form["bookings"]
        page = logged_in(app).post(f"/kontor/besoeg/{id}/flyt", form)
        assert page.status == 200, page.errors
        with app.app_context():
            assert db.session.get(Visit, id).crew == "Bo Betjent"


def test_a_date_that_was_called_off_is_not_wished_anew_after_a_no(app, ida):
    reference, _, id = agreed(app, ida)
    with app.app_context():
        visit, who, booking = db.session.get(Visit, id), db.session.get(Officer, 1), found(app, reference)
        visit.cancel(who, "weather")
        booking.decline(who, "resources", "", "")
        booking.reopen("Jo.")
        assert [wish.starts_at for wish in booking.wishes] == [at(2, 19)]


@pytest.mark.parametrize("then", ["refused", "offered", "agreed", "declined"])
def test_dates_that_are_void_wait_for_nobody_to_phone_them(app, ida, then):
    reference, _ = wished(app, email="", phone="12345678", reply="phone")
    ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    with app.app_context():
        booking, who = found(app, reference), db.session.get(Officer, 1)
        times = [(at(6, 18), at(6, 19))]
        {"refused": lambda: booking.refuse_offers("Nej."),
         "declined": lambda: booking.decline(who, "resources", "", ""),
         "offered": lambda: booking.offer(who, times, resource_units={"crew": "Bo"}, travel=0, where="Her",
                                          answer_by=date(2027, 6, 9)),
         "agreed": lambda: Visit.agree(booking.offers[0])}[then]()
        db.session.commit()
    offers = [letter for letter in letters_of(app, reference) if letter.kind == "dates_offered"]
    assert (offers[0].delivery_status, offers[0].error) == (DeliveryStatus.SUPPRESSED, "void")
    assert [letter.delivery_status for letter in offers[1:]] == [DeliveryStatus.WAITING] * (then == "offered")


def test_an_offered_date_that_is_taken_on_the_phone_is_agreed_as_it_was_offered(app, ida):
    """Who goes, how long they are on the road and the place are those of the offer, not what is usual."""
    reference, _ = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(crew="Bo Betjent", travel="45", send="1"))
    with app.app_context():
        second = found(app, reference).offers[1]
        path = f"/kontor/sag/{reference}/besoeg?tid={second.id}"
        assert local(second.starts_at).date().isoformat() == "2027-07-06"
    assert f'href="{path}"' in ida.get(f"/kontor/sag/{reference}").html
    form = as_sent(ida.get(path), "crew")
    assert {name: form[name][0] for name in ("day", "starts", "ends", "crew", "travel", "place_told")} == {
        "day": "2027-07-06", "starts": "18:00", "ends": "19:00", "crew": "Bo Betjent", "travel": "45",
        "place_told": "Haslev Bibliotek"}
    preview = ida.post(path, form)
    assert len(letters_shown(preview)) == 1 and "6. juli 2027" in letters_shown(preview)[0]
    with app.app_context():
        assert db.session.query(Visit).count() == 0, "nothing is done before the letter was seen"
    ida.post(path, {**as_sent(preview, "crew"), "send": "1"})
    with app.app_context():
        booking = found(app, reference)
        assert booking.agreed_visit.starts_at == at(6, 18) and booking.agreed_visit.crew == "Bo Betjent"
        assert not booking.offers


def test_what_speaks_against_an_offered_date_stands_beside_it(app, ida):
    reference, _ = wished(app)
    ida.post(f"/kontor/sag/{reference}/tider", offered(crew="Bo Betjent", send="1"))
    with app.app_context():
        Reservation.absence("Ida Betjent", at(5, 12), at(5, 22), "ferie")
        Reservation.absence("Bo Betjent", at(6, 12), at(6, 22), "kursus")
        db.session.commit()
    page = ida.get(f"/kontor/sag/{reference}").text
    assert "kursus" in page and "ferie" not in page, "of those whom the offer names"


def test_who_is_chosen_decides_whether_a_date_may_stand_in_the_public_calendar(app, ida):
    reference, _, id = agreed(app, ida)
    other, _ = wished(app, email="bo@example.dk")
    with app.app_context():
        found(app, other).public = False
        found(app, other).accept(db.session.get(Officer, 1), "")
        db.session.commit()
    path, form = f"/kontor/besoeg/{id}/flyt", plan("2027-07-01", reference, crew="Bo Betjent", send="1")
    assert "public" in as_sent(ida.get(path), "crew")
    ida.post(path, form)
    with app.app_context():
        assert db.session.get(Visit, id).public
    page = ida.post(path, {**form, "bookings": [reference, other]})
    assert page.status == 422 and error_at(page, "public")
    del form["public"]
    ida.post(path, {**form, "bookings": [reference, other]})
    with app.app_context():
        assert len(db.session.get(Visit, id).bookings) == 2 and not db.session.get(Visit, id).public


def test_what_a_visit_leads_to_is_a_case_for_each_who_asked(app, ida):
    reference, _, id = agreed(app, ida)
    (other, _), (gone, secret) = (wished(app, email=f"{who}@example.dk") for who in ("bo", "cy"))
    with app.app_context():
        visit, who = db.session.get(Visit, id), db.session.get(Officer, 1)
        visit.choose(who, [found(app, r) for r in (reference, other, gone)])
        db.session.commit()
    with time_machine.travel(at(1, 19, 30), tick=True):
        Person(app).post(f"/sag/{gone}/{secret}/traek-tilbage", {"sure": "y"})
        with app.app_context():
            led = {"service": "talk", "place": db.session.get(Visit, id).place}
            cases = db.session.get(Visit, id).lead_to(db.session.get(Officer, 1), **led)
            assert not db.session.get(Visit, id).lead_to(db.session.get(Officer, 1), **led), "they are open"
            db.session.commit()
            assert [case.email for case in cases] == ["anna@example.dk", "bo@example.dk"]
            assert db.session.query(Booking).count() == 5
            assert all([letter.kind for letter in case.letters] == ["received"] for case in cases)
            cases[0].withdraw()
            cases[1].decline(db.session.get(Officer, 1), "resources", "", "")
            assert [c.email for c in db.session.get(Visit, id).lead_to(db.session.get(Officer, 1), **led)] == [
                "bo@example.dk"], "who withdrew has said no"


def test_dates_that_are_over_before_they_are_to_be_answered_and_one_date_twice_are_no_offer(app, ida):
    reference, _ = wished(app)
    again = {"times-1-day": "2027-07-05"}
    page = ida.post(f"/en/kontor/sag/{reference}/tider", offered(answer_by="2027-07-06", **again))
    assert page.status == 422 and [words for words in page.errors if "5 July 2027 or earlier" in words]
    assert [words for words in page.errors if "The same time stands there twice" in words] and len(page.errors) == 2
    assert not ida.post(f"/en/kontor/sag/{reference}/tider", offered(answer_by="2027-07-06")).errors


@pytest.mark.parametrize("path", ["tider", "besoeg"])
def test_a_case_that_is_closed_or_agreed_is_offered_no_date(app, ida, path):
    reference, _, _ = agreed(app, ida)
    assert "Det kan ikke lade sig gøre længere" in ida.get(f"/kontor/sag/{reference}/{path}").text
    closed, _ = wished(app)
    ida.post(f"/kontor/sag/{closed}/afslag", {"reason": "no_date", "words": "", "instead": "", "send": "1"})
    assert "Det kan ikke lade sig gøre længere" in ida.get(f"/kontor/sag/{closed}/{path}").text


def test_who_joins_a_date_that_moves_gets_one_letter_and_who_knows_it_is_not_left_out(app, ida):
    one, _, id = agreed(app, ida)
    two, _ = wished(app, email="bo@example.dk")
    ida.post(f"/kontor/sag/{two}/imoedekom", {"words": "", "send": "1"})
    moved = plan("2027-07-08", one, bookings=[one, two], words="Tag gerne naboen med.", send="1")
    ida.post(f"/kontor/besoeg/{id}/flyt", moved)
    with app.app_context():
        assert kinds(app, one) == ["received", "agreed", "agreed_anew"]
        assert kinds(app, two) == ["received", "accepted", "agreed"]
        for reference in (one, two):
            letter = letters(app, reference)[-1].text
            assert "torsdag 8. juli 2027" in letter and "Tag gerne naboen med." in letter
    page = ida.post(f"/kontor/besoeg/{id}/flyt", {**moved, "bookings": [two]})
    assert page.status == 422 and len(page.errors) == 1
    with app.app_context():
        assert found(app, one).agreed_visit.id == found(app, two).agreed_visit.id == id


@pytest.mark.parametrize("path", ["besoeg", "tider"])
def test_a_crew_is_somebody(app, ida, path):
    reference, _ = wished(app)
    form = plan("2027-07-01", reference) if path == "besoeg" else offered()
    for nobody in (" , ", "-", "Ida, –", "🚓", "???"):
        page = ida.post(f"/en/kontor/sag/{reference}/{path}", {**form, "crew": nobody})
        assert page.status == 422 and error_at(page, "crew") == "Write initials or the name of a unit.", nobody
    assert ida.post(f"/kontor/sag/{reference}/{path}", {**form, "crew": ", Bo, "}).status == 200


def test_where_the_district_names_no_vehicle_the_officer_does(make_app, tmp_path):
    """A choice among none could not be made, and no visit of the van could be planned."""
    file = tmp_path / "district.toml"
    file.write_text(re.sub("(?m)^vehicles = .*$", "", (ROOT / "district.toml").read_text("utf-8")), "utf-8")
    app = make_app(DISTRICT_FILE=str(file))
    booking, ida = wish(app, service="van", answers={"purpose": "event"}), logged_in(app)
    page = ida.get(f"/kontor/sag/{booking.reference}/besoeg")
    assert re.search(r'<input[^>]* name="vehicle"', page.html)


@pytest.mark.parametrize("path", ["besoeg", "tider"])
@pytest.mark.parametrize("language, words", [("", "Alle navne må tilsammen højst fylde 80 tegn"),
                                             ("/en", "All names together can have 80 characters at most")])
def test_names_that_do_not_fit_are_refused_at_their_field_and_none_is_cut(app, ida, path, language, words):
    reference, _ = wished(app)
    form = plan("2027-07-01", reference) if path == "besoeg" else offered()
    for crew, length in ((",".join(f"Betjent {n:02}" for n in range(7)), 82), ("x" * 81, None)):
        page = ida.post(f"{language}/kontor/sag/{reference}/{path}", {**form, "crew": crew})
        assert page.status == 422 and len(page.errors) == 1
        assert length is None or words in error_at(page, "crew") and str(length) in error_at(page, "crew")
    assert ida.post(f"/kontor/sag/{reference}/{path}", {**form, "crew": "Betjent 01, Betjent 02"}).status == 200


def test_an_older_offer_that_names_more_ends_at_a_whole_name(app, ida):
    reference, _ = wished(app)
    with app.app_context():
        visit = Visit.plan(None, service="meeting", place=found(app, reference).place, bookings=[],
                           starts_at=at(1, 10), ends_at=at(1, 11),
                           resource_units={"crew": ", ".join(f"Betjent{n:02}" for n in range(9))})
        assert len(visit.crew) <= 80 and visit.crew.endswith("Betjent05, Betjent06, …")


def test_a_case_that_is_taken_up_again_can_be_given_another_date(app, ida):
    reference, secret, id = agreed(app, ida)
    with time_machine.travel(at(2, 9)):
        ida = logged_in(app)
        ida.post(f"/kontor/besoeg/{id}/resultat", {"found": "7", "note": ""})
        ida.post(f"/kontor/besoeg/{id}/svar")
        Person(app).post(f"/sag/{reference}/{secret}/tag-op-igen", {"words": "Én gang til."})
        assert f"/kontor/sag/{reference}/tider" in ida.get(f"/kontor/sag/{reference}").html
        ida.post(f"/kontor/sag/{reference}/tider", offered(answer_by="2027-07-04", send="1"))
        with app.app_context():
            assert len(found(app, reference).offers) == 2


def test_a_date_is_lost_with_the_road_to_it_and_so_are_two_on_one_day(app, ida):
    one, two, three = wished(app), wished(app, email="bo@example.dk"), wished(app, email="cy@example.dk")
    with app.app_context():
        for proposal in found(app, three[0]).proposals:  # both of them on the first, an hour apart
            proposal.starts_at, proposal.ends_at = at(1, 18 + proposal.id % 2), at(1, 19 + proposal.id % 2)
        for proposal in found(app, two[0]).proposals:
            db.session.delete(proposal)
        db.session.commit()
    ida.post(f"/kontor/sag/{two[0]}/tider", offered(**{
        "times-0-day": "2027-07-01", "times-0-starts": "20:45", "times-0-ends": "21:45", "times-1-day": "",
        "times-1-starts": "", "times-1-ends": "", "send": "1"}))
    form = plan("2027-07-01", one[0])
    preview = ida.post(f"/kontor/sag/{one[0]}/besoeg", form)
    for reference, _ in (two, three):
        assert f"{reference[:4]} {reference[4:]}" in preview.text
    both = "torsdag 1. juli 2027 kl. 18.00–19.00, torsdag 1. juli 2027 kl. 19.00–20.00."
    assert both in preview.text.replace(":", ".")
    ida.post(f"/kontor/sag/{one[0]}/besoeg", {**form, "send": "1"})
    with app.app_context():
        assert kinds(app, two[0]) == ["received", "dates_offered", "dates_offered"]
        assert kinds(app, three[0]) == ["received", "dates_offered"]
        assert all(not Reservation.between(*p.occupied, p.units) for r in (two, three) for p in found(app, r[0]).offers)


def test_where_no_other_time_is_free_an_officer_looks_and_nobody_says_that_the_citizen_refused(app, ida):
    one, two = wished(app), wished(app, email="bo@example.dk")
    for reference, _ in (one, two):
        ida.post(f"/kontor/sag/{reference}/tider", offered(send="1"))
    with app.app_context():
        Reservation.absence("Ida Betjent", at(6, 0), at(30, 0) + timedelta(days=60), "Barsel")
        Reservation.absence("Ida Betjent", SUMMER, at(5, 0), "Ferie")
        OpeningHours.enter([(time(18), time(19))] * 7)
        db.session.commit()
    for reference, secret in (one, two):
        person, own = Person(app), f"/sag/{reference}/{secret}"
        page = person.post(buttons(person.get(own))[0])
    assert page.status == 409 and "Ingen af tidspunkterne passer dig" not in page.text
    assert two[0][:4] in ida.get("/kontor/?bunke=besked").text
    assert "Systemet" in ida.get(f"/kontor/sag/{two[0]}").text


def test_findings_that_are_corrected_do_not_close_a_case_with_a_new_date(app):
    reference, _ = wished(app)
    with app.app_context():
        ida, booking = db.session.query(Officer).one(), found(app, reference)
        dates = {"service": "talk", "place": booking.place, "resource_units": {"crew": "Ida"}, "bookings": [booking],
                 "date_agreed": True, "public_place": "Haslev Bibliotek"}
        first = Visit.plan(ida, starts_at=SUMMER - timedelta(hours=3), ends_at=SUMMER, **dates)
        first.enter_findings(ida, {"found": 0})
        first.report(ida)
        Visit.plan(ida, starts_at=at(1, 19), ends_at=at(1, 20), **dates)
        first.enter_findings(ida, {"found": 7})
        first.report(ida)
        db.session.commit()
        assert booking.status is BookingStatus.ACCEPTED and booking.agreed_visit.starts_at == at(1, 19)
        assert kinds(app, reference) == ["received", "agreed", "postponed", "agreed", "corrected"]


def held(app, reference: str) -> Visit:
    """An agreed date that is over, and what came of it is entered, not sent."""
    ida, booking = db.session.query(Officer).one(), found(app, reference)
    visit = Visit.plan(ida, service="talk", place=booking.place, starts_at=SUMMER - timedelta(hours=3), ends_at=SUMMER,
                       resource_units={"crew": "Ida"}, bookings=[booking], date_agreed=True, public_place="Biblioteket")
    visit.enter_findings(ida, {"found": 7})
    return visit


@pytest.mark.parametrize("closed", ["declined", "referred", "set aside"])
def test_who_knew_the_date_and_was_closed_by_mistake_is_answered_by_what_came_of_it_and_not_corrected(app, closed):
    reference, _ = wished(app)
    with app.app_context():
        ida, booking, visit = db.session.query(Officer).one(), found(app, reference), held(app, reference)
        {"declined": lambda: booking.decline(ida, "resources", "", ""), "set aside": lambda: booking.mark_as_spam(ida),
         "referred": lambda: booking.refer(ida, "municipality", "")}[closed]()
        booking.reopen("Vi holdt jo mødet.")
        visit.report(ida)
        db.session.commit()
        assert booking.status is BookingStatus.ANSWERED and booking.has_unread, "what they wrote is still to be read"
        assert kinds(app, reference)[-1] == "answered" and "corrected" not in kinds(app, reference)


def test_a_correction_to_not_held_says_how_to_ask_again_and_the_form_that_nobody_is_promised_a_date(app, ida):
    reference, _ = wished(app)
    with app.app_context():
        officer, visit = db.session.query(Officer).one(), held(app, reference)
        visit.report(officer)
        visit.enter_findings(officer, {"found": 8})
        visit.report(officer)
        db.session.commit()
        assert "tage sagen op igen" not in letters(app, reference)[-1].text, "it was held"
        visit.enter_findings(officer, {"found": 0})
        visit.report(officer)
        db.session.commit()
        letter, number = letters(app, reference)[-1], visit.id
    assert letter.kind == "corrected" and "Inden for 30 dage efter vores første svar" in letter.text
    assert "gets no new promise by a correction" in ida.get(f"/en/kontor/besoeg/{number}/resultat").text
