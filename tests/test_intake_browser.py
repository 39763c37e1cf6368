"""During a pause, in a real browser without JavaScript: joining, being told, coming in; and every page of it."""

import re
from datetime import timedelta

import pytest
from browser import DESKTOP, PHONE, Citizen, Visitor, running
from conftest import OFFICER, Person, book
from helpers_browser import log_in, send, send_off
from helpers_page import faults
from ways import fill_in

from models import Booking, IntakePause, Officer, OfficerAbsence, WaitlistEntry, db, today

pytestmark = pytest.mark.browser

BOOK, SWITCH = "/bestil/faerdselskontrol", "/kontor/indtag/faerdselskontrol"
TEXTS = {"da": "Flere har skrevet, end vi kan nå.", "en": "More have asked than we can answer."}


def furnish(app) -> dict[str, str]:
    """Traffic controls are on pause, one place waits, three are on the list, and the officer is away."""
    book(Person(app))
    with app.app_context():
        ida, bo = Officer.by_email(OFFICER), Officer.add("bo@politi.example", "Bo Krogh-Bartholomæussen", "x" * 12)
        IntakePause.pause(ida, "traffic", today() + timedelta(days=30), TEXTS)
        OfficerAbsence.enter(ida, today(), today() + timedelta(days=9), stand_in=bo, texts=TEXTS)
        for name in ("asked", "confirmed", "let_in"):
            WaitlistEntry.ask("traffic", f"{name}@example.dk", "da")
        waiters = {w.email.partition("@")[0]: w for w in db.session.query(WaitlistEntry)}
        waiters["let_in"].confirm()
        WaitlistEntry.admit(ida, "traffic", 1, 5)
        waiters["confirmed"].confirm()
        db.session.commit()
        return {name: f"{w.id}/{w.secret}" for name, w in waiters.items()}


@pytest.fixture(scope="module")
def site(chromium, template, tmp_path_factory):
    with running(tmp_path_factory.mktemp("paused"), template, furnish) as site:
        yield site


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_citizen_during_a_pause_joins_others_or_asks_to_be_told_and_is_let_in(chromium, site, language):
    root, mailbox = "" if language == "da" else "/en", site.mailbox
    who = Citizen("Dorte Dam", f"dorte-{language}@example.dk", "Der køres stærkt forbi skolen.")
    dorte = Visitor(chromium, site, language=language, javascript=False, size=PHONE)
    dorte.open(root + "/")
    assert TEXTS[language] in dorte.page.locator(".card-main").inner_text()
    dorte.enter(dorte.page.locator(".card-main a"))

    # Nobody waits where Dorte lives.
    road = {"da": "Ny Vej", "en": "Gammel Vej"}[language]
    dorte.write("Road", road)
    dorte.write("Postcode or town", "4690")
    dorte.press("See whether others have asked")
    assert dorte.status == 422
    assert dorte.field("Road").input_value() == road

    # So she wants to be told, says so once more by the link of the letter, and is let in before it opens.
    dorte.write("E-mail", who.email)
    dorte.press("Tell me")
    asked = mailbox.wait_for(who.email, 1)
    dorte.open(page_in(asked))
    dorte.press("Yes, tell me")
    officer = Visitor(chromium, site)
    log_in(officer)
    officer.open(SWITCH)
    officer.write("How many?", "10")
    officer.press("Let the next in")
    dorte.open(page_in(mailbox.wait_for(who.email, 2)))
    dorte.follow("Book a traffic control")
    book_here(dorte, who, road)

    # Erik lives where somebody waits already.
    erik = Visitor(chromium, site, language=language, javascript=False)
    who = Citizen("Erik Ege", f"erik-{language}@example.dk", "Også om aftenen.")
    erik.open(root + BOOK)
    erik.write("Road", "bygaden")
    erik.write("Postcode or town", "4690")
    erik.press("See whether others have asked")
    assert erik.field("Road").input_value() == "bygaden"
    book_here(erik, who, "Bygaden")
    with site.app.app_context():
        assert db.session.query(Booking).filter(Booking.email.endswith(f"-{language}@example.dk")).count() == 2
    for person in (dorte, officer, erik):
        person.leave()


def page_in(mail) -> str:
    return re.search(r"http://\S+/besked/\S+", mail.text)[0]


def book_here(person: Visitor, who: Citizen, road: str) -> None:
    fill_in(person, who, road)
    person.press("Go on and check")
    send_off(person)


PAGES = {
    "front": ("citizen", "/", None), "paused": ("citizen", BOOK, None),
    "join errors": ("citizen", BOOK, send("form:has([name=join])", road="Skovvej", postcode="4690")),
    "tell errors": ("citizen", BOOK, send("form[action$=besked]", email="anna@")),
    "joined": ("citizen", BOOK, send("form:has([name=join])", road="Bygaden", postcode="4690")),
    **{name: ("citizen", f"/besked/{{{name}}}", None) for name in ("asked", "confirmed", "let_in")},
    "switches": ("officer", "/kontor/indtag", None), "switch": ("officer", SWITCH, None),
    "open": ("officer", "/kontor/indtag/dialogmoede", None),
    "batch errors": ("officer", SWITCH, send("form[action$=luk-ind]", count="0", days="")),
    "pause errors": ("officer", "/kontor/indtag/dialogmoede", send(**{"texts-en": ""}, until="2020-01-01")),
    "away": ("officer", "/kontor/fravaer", None), "away errors": ("officer", "/kontor/fravaer", send(
        "main form:has([name=first])", first="", last="2020-01-01", **{"texts-da": "x"})),
    "hand-over": ("officer", "/kontor/overlevering", None),
}


@pytest.fixture(scope="module")
def people(chromium, site):
    people = {"citizen": Visitor(chromium, site), "officer": Visitor(chromium, site)}
    log_in(people["officer"])
    yield people
    for person in people.values():
        person.leave()


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_for_everybody(site, people, name, language):
    who, path, do = PAGES[name]
    person = people[who]
    person.language = language
    person.page.set_viewport_size(DESKTOP)
    person.open(("/en" if language == "en" else "") + path.format_map(site.known))
    if do:
        do(person)
    assert person.status == (422 if "errors" in name else 200)
    found = faults(person, language)
    assert not found, "\n".join(found)
