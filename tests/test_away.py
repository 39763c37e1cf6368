"""An officer is away: who gets the mails, what the public reads, and what a stand-in must know."""

from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, Person, book, logged_in
from helpers import wish
from helpers_cases import receive

from mail import letters
from models import Booking, Letter, Officer, OfficerAbsence, Reservation, Visit, db, now, today

AWAY = "/en/kontor/fravaer"
WORDS = {"texts-da": "Vi holder ferie & svarer fra uge 22.", "texts-en": "We are on holiday & answer from week 22."}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-05-11T10:00:00+02:00", tick=False) as clock:
        yield clock


@pytest.fixture
def bo(app) -> str:
    with app.app_context():
        bo = Officer.add("bo@politi.example", "Bo Betjent", "en lang adgangskode")
        db.session.commit()
        return str(bo.id)


def offered(app, crew: str, start) -> str:
    """The reference of a case whose citizen has been offered that time."""
    booking = wish(app, service="meeting", answers={"kind": "residents", "topics": ["burglary"]})
    with app.app_context():
        Booking.by_reference(booking.reference).offer(
            db.session.get(Officer, 1), [(start, start + timedelta(hours=1))], resource_units={"crew": crew}, travel=0,
            where="Hallen", answer_by=today() + timedelta(days=5))
        db.session.commit()
    return booking.reference


def enter(officer: Person, **changes):
    return officer.post(AWAY, {"first": "2026-05-18", "last": "2026-05-22", "stand_in": "", "texts-da": "",
                               "texts-en": "", **changes})


def test_who_is_away_from_when_to_when_and_who_stands_in(app, officer, bo):
    page = enter(officer, stand_in=bo, off="y")
    assert page.status == 200 and "Ida Betjent 18 May 2026 – 22 May 2026" in page.text and "Bo Betjent stands in." in page.text
    with app.app_context():
        (absence,) = Reservation.absences(now())
        assert absence.unit == "Ida Betjent" and absence.ends_at - absence.starts_at == timedelta(days=5)
        id = db.session.query(OfficerAbsence).one().id
        Reservation.absence(absence.unit, absence.starts_at, absence.ends_at, "")  # entered by hand: it stays
        db.session.commit()
        by_hand = Reservation.absences(now())[1].id
    assert "Ida Betjent 18 May" not in officer.post(f"{AWAY}/{id}/fjern").text
    with app.app_context():
        assert [a.id for a in Reservation.absences(now())] == [by_hand]


def test_visits_that_are_left_without_their_crew_are_named(app, officer):
    _, at = receive(app), now() + timedelta(days=8)
    with app.app_context():
        Visit.plan(db.session.get(Officer, 1), service="traffic", place=db.session.query(Booking).one().place,
                   starts_at=at, ends_at=at + timedelta(hours=2), method="atk",
                   resource_units={"crew": "Ida Betjent"}, bookings=[])
        db.session.commit()
    assert "Visits at that time" not in enter(officer).text, "they go on visits meanwhile"
    page = enter(officer, off="y")
    assert "There are visits or proposed dates at that time: see below." in page.text
    assert page.text.count("Visits at that time, to be moved or given to others:") == 1 and "/besoeg/1" in page.html


def test_offered_dates_that_nobody_can_keep_any_more_are_named(app, officer):
    reference = offered(app, "Ida Betjent", now() + timedelta(days=8))
    assert "Propose others" not in enter(officer).text, "they go on visits meanwhile"
    named = f"Propose others: {reference[:4]}"
    page = enter(officer, off="y").text
    assert "proposed dates at that time: see below" in page and named in page
    everybody = {"units": "", "first": "2026-05-18", "last": "2026-05-22", "words": "Kursus"}
    assert named in officer.post("/en/kontor/kalender/indstillinger/fravaer", everybody).text


@pytest.mark.parametrize("same_name", [False, True])
def test_nobody_comes_who_has_left_and_nothing_tells_of_their_being_away(app, citizen, bo, same_name):
    agreed, dates = offered(app, "Bo Betjent", now() + timedelta(days=8)), offered(
        app, "Bo Betjent", now() + timedelta(days=12))
    with app.app_context():
        him = db.session.get(Officer, int(bo))
        OfficerAbsence.enter(him, today(), today() + timedelta(days=3), True, texts={"da": "Bo er væk.", "en": "Away."})
        Visit.agree(Booking.by_reference(agreed).offers[0])
        for letter in db.session.query(Letter):
            letter.mark_sent()
        db.session.commit()
    assert "Bo er væk." in citizen.get("/").text
    with app.app_context():
        if same_name:
            Officer.add("bo2@politi.example", "bo betjent", "en lang adgangskode")
        left = db.session.get(Officer, int(bo)).leave()
        db.session.commit()
        assert len(left) == (0 if same_name else 1)
        assert not Reservation.absences(now()) and not OfficerAbsence.coming()
        assert bool(Booking.by_reference(dates).offers) is same_name
        assert ("dates_taken_back" in [letter.kind for letter in Booking.by_reference(dates).letters]) is not same_name
        assert Booking.by_reference(agreed).has_unread is not same_name
        letters.write_to_officers()
        digest = db.session.query(Letter).filter_by(kind="digest").first().text
        assert ("holdt op hos os: 1" in digest and "trukket tilbage: 1" in digest) is not same_name
    assert "Bo er væk." not in citizen.get("/").text
    listed = logged_in(app).get("/en/kontor/?bunke=besked").text
    assert (agreed[:4] in listed) is not same_name
    assert ("Who was to come has left" in logged_in(app).get(f"/en/kontor/sag/{agreed}").text) is not same_name


@pytest.mark.parametrize(("typed", "error"), [
    ({"last": "2026-05-17"}, "before it starts"), ({"first": "2026-05-01", "last": "2026-05-02"}, "is over"),
    ({"first": ""}, "Write a date"), ({"stand_in": "99"}, "Choose"), ({"stand_in": "1"}, "Choose"),
    ({"texts-da": "Ferie."}, "every language"), ({"texts-en": "Ring 010203-1234", "texts-da": "x"}, "CPR")])
def test_what_makes_no_sense_is_refused(app, officer, bo, typed, error):
    page = enter(officer, **typed)
    assert page.status == 422 and error in " ".join(page.errors), page.errors
    with app.app_context():
        assert db.session.query(OfficerAbsence).count() == 0


def test_that_a_notice_is_for_both_languages_or_none_is_said_before_anything_is_typed(officer):
    assert officer.get(AWAY).text.count("Write it in every language, or in none.") == 1


def test_the_notice_stands_on_the_public_pages_in_that_time_and_only_then(app, clock, officer, citizen):
    enter(officer, **WORDS)
    reference, secret = book(citizen)
    pages = [f"{language}{path}" for language in ("", "/en")
             for path in ("/", "/bestil/faerdselskontrol", f"/sag/{reference}/{secret}/kvittering")]
    for day, shown in (("17", False), ("18", True), ("22", True), ("23", False)):
        clock.move_to(f"2026-05-{day}T23:00:00+02:00")
        for path in pages:
            words = WORDS["texts-en" if path.startswith("/en") else "texts-da"]
            assert (words in citizen.get(path).text) == shown, (path, day)


def test_the_stand_in_is_told_for_whom_and_who_has_left_gets_no_mail(app, clock, officer, bo):
    enter(officer, stand_in=bo)

    def recipients() -> dict[str, str]:
        with app.app_context():
            db.session.query(Letter).delete()
            db.session.commit()
        receive(app)
        with app.app_context():
            letters.write_to_officers()
            db.session.commit()
            return {letter.recipient: letter.text for letter in db.session.query(Letter).filter_by(kind="digest")}

    assert "stedfortræder" not in str(recipients())
    clock.move_to("2026-05-20T10:00:00+02:00")
    got = recipients()
    assert set(got) == {OFFICER, "bo@politi.example"}
    assert "stedfortræder for Ida Betjent til og med den 22. maj 2026" in got["bo@politi.example"]
    assert "stedfortræder" not in got[OFFICER]
    officer = logged_in(app)
    assert "Bo Betjent stands in." in officer.get(AWAY).text
    with app.app_context():
        db.session.get(Officer, int(bo)).leave()
        db.session.commit()
    assert set(recipients()) == {OFFICER}
    assert all("Nobody stands in." in officer.get(path).text for path in (AWAY, "/en/kontor/overlevering"))


def test_the_hand_over_list_has_what_falls_into_the_time(app, clock, officer):
    citizen = Person(app)
    (soon, _), (later, _), (news, secret) = book(citizen), book(Person(app)), book(Person(app))
    accepted, _ = book(citizen, email="", phone="12345678", reply="phone")
    again, _ = book(Person(app))
    citizen.post(f"/sag/{news}/{secret}/besked", {"words": "Der er kommet et bump."})
    with app.app_context():
        ida, asked = db.session.get(Officer, 1), Booking.by_reference(later)
        asked.ask(ida, "Hvor?", today() + timedelta(days=60))
        Booking.by_reference(accepted).accept(ida, "")
        Booking.by_reference(again).decline(ida, "resources", "", "")
        Booking.by_reference(again).reopen("Borgeren har ringet.", ida)
        Booking.by_reference(soon).due_on = today() + timedelta(days=9)
        for days, crew in ((8, "ATK inde"), (15, "ATK ude")):
            Visit.plan(ida, service="traffic", place=asked.place, starts_at=now() + timedelta(days=days), method="atk",
                       ends_at=now() + timedelta(days=days, hours=2), resource_units={"crew": crew}, bookings=[])
        db.session.commit()
    enter(officer)
    page = officer.get("/en/kontor/overlevering")
    assert "18 May 2026 – 22 May 2026" in page.text and "Ida Betjent is away. Nobody stands in." in page.text
    part = {heading: rest for heading, rest in (p.split("</h2>", 1) for p in page.html.split("<h2>")[1:])}
    lists = {heading.partition(" (")[0].strip(): rest for heading, rest in part.items()}
    assert soon in lists["Promises that fall due"] and accepted not in lists["Promises that fall due"]
    assert news in lists["Messages that nobody has read"] and soon not in lists["Messages that nobody has read"]
    assert later in lists["Waiting for the citizen"] and soon in lists["New"]
    assert again in lists["New"], "it is to be decided anew"
    visits = lists["Visits, also those whose findings are missing"]
    assert "ATK inde" in visits and "ATK ude" not in visits
    assert "/kontor/breve/" in lists["Letters to see to"]


def test_without_anybody_away_the_list_is_of_the_coming_two_weeks(app, officer):
    assert "11 May 2026 – 25 May 2026" in officer.get("/en/kontor/overlevering").text
    assert officer.get("/en/kontor/overlevering?fravaer=x").status == 200


def test_nobody_outside_reads_the_hand_over_list(app):
    assert Person(app).get("/kontor/overlevering").response.request.path == "/kontor/log-ind"
    assert logged_in(app).get("/kontor/overlevering").status == 200
