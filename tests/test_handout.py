"""The page of facts that is handed out at a meeting: chosen in few presses, and made of figures that have a source."""

from datetime import timedelta

import pytest
from conftest import OFFICER, Person
from helpers import wish

import catalogue
import facts
from catalogue.advice import ADVICE
from catalogue.shared import TOPIC_MEASURES, TOPICS
from models import Booking, Handout, Officer, Result, Visit, db, now, today
from models.enums import PartOfDay


@pytest.fixture
def meeting(app) -> int:
    """A meeting in Faxe whose date is agreed; its organiser asked about burglary and feeling unsafe."""
    return agreed_meeting(app)


def agreed_meeting(app, days: int = 5) -> int:
    asked = {"kind": "residents", "topics": ["burglary", "unease"]}
    booking = wish(app, service="meeting", answers=asked, language="da", road="Forsamlingshuset")
    with app.app_context():
        facts.load_shipped()
        found, starts = Booking.by_reference(booking.reference), now() + timedelta(days=days)
        visit = Visit.plan(Officer.by_email(OFFICER), service="meeting", place=found.place, bookings=[found],
                           starts_at=starts, ends_at=starts + timedelta(hours=1), date_agreed=True,
                           resource_units={"crew": "Ida"}, public_place="Forsamlingshuset")
        db.session.commit()
        return visit.id


def test_handout_starts_with_what_the_organiser_asked_for(app, officer, meeting):
    page = officer.get(f"/en/kontor/besoeg/{meeting}/faktaark")
    ticked = {name for name in (*facts.MEASURES, *TOPICS, "da", "en") if f'value="{name}" checked' in page.html}
    assert ticked == {"burglary_homes", "burglary_businesses", "violence", "vandalism", "burglary", "unease", "da"}


def test_handout_tells_facts_advice_and_the_officers_line_in_the_chosen_languages(app, officer, meeting):
    chosen = {"measures": ["burglary_homes", "violence", "vandalism"], "topics": ["burglary"], "words-da": "Velkommen.",
              "words-en": "Welcome.", "languages": ["da", "en"]}
    made = officer.post(f"/kontor/besoeg/{meeting}/faktaark", chosen)
    stranger = Person(app).get(made.response.request.path)
    assert stranger.status == 200
    for words in ("Fakta om kriminalitet og tryghed i Faxe Kommune", "Velkommen.", "Welcome.", "botrygt.dk", "112",
                  "114", "Kilder:", "Danmarks Statistik, Statistikbanken (STRAF11), CC BY 4.0",
                  "Tryghedsundersøgelse 2022",
                  "I 2022 følte 88 % af de adspurgte i hele politikredsen sig trygge", "What you can do",
                  "Facts about crime and safety in Faxe Municipality", "Ud af 1.000 boliger i Faxe Kommune havde 2,9"):
        assert words in stranger.text, words
    assert stranger.html.count('<figure class="line-chart"') == 4, "one year of vandalism makes no line"
    again = officer.get(f"/kontor/besoeg/{meeting}/faktaark")
    assert "Velkommen." in again.html and made.response.request.path in again.html
    next_meeting = officer.get(f"/kontor/besoeg/{agreed_meeting(app, days=6)}/faktaark")
    assert "Velkommen." in next_meeting.html, "the line is used again for the next meeting"


def test_handout_tells_released_results_of_the_municipality_and_no_others(app, officer, meeting):
    with app.app_context():
        visit = db.session.get(Visit, meeting)
        for days, municipality, road, withdrawn in ((1, "Faxe", "Bygaden", None), (2, "Faxe", "Skjult Vej", today()),
                                                    (3, "Sorø", "Søgade", None)):
            other = Visit.plan(None, service="traffic", place=visit.place, starts_at=now() - timedelta(days=days),
                               ends_at=now() - timedelta(days=days, hours=-1), resource_units={"crew": f"Bo {days}"},
                               bookings=[])
            db.session.flush()
            Result.create(service="traffic", visit_id=other.id, day=today() - timedelta(days=days),
                          part_of_day=PartOfDay.EVENING, road=road, postcode="4690", town="Haslev",
                          municipality=municipality, measured=94, charged=7, top_speed=71, method="laser", search="",
                          asked=1, heard=1, withdrawn_on=withdrawn, released_on=today())
        Handout.prepare(visit, measures=["violence"], topics=[], words={}, languages=["en"])
        db.session.commit()
        secret = visit.handout.secret
    page = Person(app).get(f"/faktaark/{secret}").text
    assert "Traffic control, laser, Bygaden, Haslev" in page and "94 vehicles were measured." in page
    assert "Skjult Vej" not in page and "Søgade" not in page


@pytest.mark.parametrize("measures", [[], ["violence"], ["nothing"] * 3,
                                      ["violence", "drugs", "robbery", "shoplifting", "property", "penal_code"]])
def test_handout_wants_from_three_to_five_facts(app, officer, meeting, measures):
    page = officer.post(f"/en/kontor/besoeg/{meeting}/faktaark", {"measures": measures, "languages": ["da"]})
    assert page.status == 422 and page.errors
    with app.app_context():
        assert db.session.query(Handout).count() == 0


def test_handout_is_for_meetings_and_its_address_opens_nothing_else(app, officer, meeting):
    control = wish(app)
    with app.app_context():
        place = Booking.by_reference(control.reference).place
        visit = Visit.plan(Officer.by_email(OFFICER), service="traffic", place=place, starts_at=now(), bookings=[],
                           ends_at=now() + timedelta(hours=1), resource_units={"crew": "Bo"})
        db.session.commit()
        assert officer.get(f"/kontor/besoeg/{visit.id}/faktaark").status == 404
    assert Person(app).get("/faktaark/" + "a" * 24).status == 404


def test_advice_is_worded_anew_by_an_officer(app, officer, meeting):
    officer.post("/kontor/fakta/raad/burglary", {"texts-da": "Lås døren.", "texts-en": "Lock up.",
                                                 "link": "https://politi.dk"})
    assert "Lås døren." in officer.get("/kontor/fakta/raad").text
    assert "Ida Betjent" in officer.get("/kontor/fakta/raad/burglary").text
    assert officer.post("/kontor/fakta/raad/burglary", {"texts-da": "", "texts-en": "", "link": "dkr"}).status == 422
    made = officer.post(f"/kontor/besoeg/{meeting}/faktaark", {
        "measures": ["burglary_homes", "violence", "drugs"], "topics": ["burglary"], "languages": ["en"]})
    assert "Lock up." in made.text and "botrygt.dk" not in made.text
    assert officer.get("/kontor/fakta/raad/nothing").status == 404


def test_handout_goes_with_what_tells_of_its_visit(app, meeting):
    with app.app_context():
        visit = db.session.get(Visit, meeting)
        Handout.prepare(visit, measures=["violence"], topics=[], words={"da": "Hej."}, languages=["da"])
        db.session.commit()
        visit.cancel(Officer.by_email(OFFICER), "urgent")
        visit.anonymise({})
        db.session.commit()
        assert db.session.query(Handout).count() == 0


def test_topics_of_the_catalogue_have_advice_and_figures():
    assert ADVICE.keys() == TOPICS.keys()
    assert {key for keys in TOPIC_MEASURES.values() for key in keys} <= facts.MEASURES.keys()
    assert all(service.facts_about.keys() <= TOPICS.keys() for service in catalogue.SERVICES.values())
