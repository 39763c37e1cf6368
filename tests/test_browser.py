"""What people see: the whole journey in a real browser, the map, and every page's accessibility.

SCREENSHOTS=folder keeps a picture of every page at both widths.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import groupby
from pathlib import Path

import pyotp
import pytest
from browser import (
    DESKTOP,
    PHONE,
    SCREENSHOTS,
    Citizen,
    Keyboard,
    Site,
    Visitor,
)
from conftest import OFFICER, PASSWORD
from furnished import READER, WORDS, yesterday
from helpers import wish
from helpers_browser import assert_status, assert_text, booked, log_in, office_page, send, send_again, send_off
from helpers_cases import change
from helpers_page import NARROW, accessibility, faults, layout, wait_for_maps
from ways import MEETING, VAN, WALK, fill_in

from app import create_app
from languages import prefix
from models import Booking, Officer, Visit, db, today
from static_files import FOLDERS

pytestmark = pytest.mark.browser


# The whole journey.

ANNA = Citizen("Anna Jensen", "anna.jensen@example.dk", "Bilerne suser forbi skolen hver morgen.")
BO = Citizen("Bo Krogh Æbelø", "bo.krogh@example.dk", "Knallerterne kører for stærkt ned ad bakken.")
CY = Citizen("Cy Miller", "cy.miller@example.com", "Cars race past the school every morning.")


@pytest.mark.parametrize("javascript", [
    pytest.param(True, id="with JavaScript", marks=pytest.mark.chief), pytest.param(False, id="without JavaScript")])
def test_three_ask_for_one_road_and_all_get_the_findings(site, visit, javascript):
    road = "Skolegade" if javascript else "Kirkegade"
    anna, bo = visit(javascript=javascript), visit(Keyboard, javascript=javascript)
    cy = visit(javascript=javascript, size=PHONE)
    people = [(anna, ANNA), (bo, BO), (cy, CY)]
    before = {who.email: len(site.mailbox.to(who.email)) for _, who in people}

    def mail(who: Citizen, number: int):
        return site.mailbox.wait_for(who.email, before[who.email] + number)

    # Each fills in the form; the second and third see that others have asked.
    for others, (person, who) in enumerate(people):
        person.open("/")
        if who is CY:
            person.enter(person.page.get_by_role("link", name="English", exact=True))
            person.language = "en"
        person.follow("Book a traffic control")
        fill_in(person, who, road)
        person.press("Go on and check")
        assert_text(person, "h1", person.say("Check your booking"))
        if who is CY:  # the browser's own button leads back to a form that is still filled in
            person.page.go_back()
            assert person.field("Road").input_value() == road
            assert person.field("E-mail").input_value() == who.email
            person.press("Go on and check")
            assert_text(person, "h1", person.say("Check your booking"))
        asked = person.page.locator(".alert-info")
        assert asked.count() == (1 if others else 0)
        assert others < 2 or "2" in asked.inner_text()
        assert all(word in person.page.locator("main").inner_text() for word in (road, who.name, who.email, who.text))
        sent = send_off(person, twice=who is ANNA)
        reference = person.page.locator(".reference-large").inner_text().replace(" ", "")
        assert len(reference) == 8

    # A double click, a reload of the receipt and the same form once more make no second booking.
    anna.page.reload()
    assert_text(anna, "h1", anna.say("Thank you. We have received your booking"))
    send_again(cy, sent)
    assert booked(site, road) == Counter([ANNA.email, BO.email, CY.email])

    # The receipt comes by mail, and its link leads to the case.
    for person, who in people:
        receipt = mail(who, 1)
        assert receipt.language == person.language
        person.open(receipt.link)
        assert_status(person, "received")

    # The officer works off the list.
    officer = visit(javascript=javascript)
    log_in(officer)
    office_page(officer, BO, road)
    act(officer, "Ask for information", "I hvilken retning kører knallerterne?")
    assert "I hvilken retning kører knallerterne?" in mail(BO, 2).text
    bo.open(mail(BO, 2).link)
    assert_status(bo, "needs_information")
    bo.write("Your message to the police", "Ned mod havnen.")
    bo.press("Send the answer")
    assert_status(bo, "received")
    officer.open("/kontor/?bunke=besked")
    officer.enter(officer.page.locator("tr", has_text=road).get_by_role("link"))
    assert "Ned mod havnen." in officer.page.locator(".alert .history").inner_text()
    for number, (_, who) in zip((2, 3, 2), people, strict=True):
        office_page(officer, who, road)
        act(officer, "Accept", "")
        mail(who, number)

    # One control answers all three. It was yesterday, so its findings may be entered now.
    officer.follow("Plan a visit")
    plan(officer, yesterday(), "10:00", "12:00", f"ATK {road}", method="Speed camera van")
    assert officer.page.get_by_role("checkbox").count() == 3
    assert officer.page.get_by_role("checkbox", checked=True).count() == 3
    officer.press("Save the plan")
    for person, _ in people:  # nobody outside the office learns of it
        person.page.reload()
        assert_status(person, "accepted")
        assert f"ATK {road}" not in person.page.content()
    officer.follow("Enter the findings")
    officer.choose("Speed limit", "50")
    officer.write("Vehicles measured", "94")
    officer.write("Charged with speeding, in total", "0")
    officer.tick("Suitability in future", "Suitable")
    officer.tick("What next?", "Closed")
    officer.press("Save, and see the letters")
    while (folded := officer.page.locator("details:not([open]) > summary")).count():
        folded.first.click()
    letters = officer.page.locator(".letter-preview").all_inner_texts()
    assert len(letters) == 3
    assert all("94" in letter for letter in letters)
    officer.page.locator("main form button").dblclick()
    assert_status(officer, "reported")

    # Three mails with the right words, and the same behind each link.
    for number, (person, who) in zip((3, 4, 3), people, strict=True):
        found = mail(who, number)
        nobody = person.say("Nobody was charged with speeding at the times when we measured. That is good news.")
        assert found.language == person.language
        assert "94" in found.text
        assert nobody in found.text
        assert nobody in found.html
        person.open(found.link)
        assert_status(person, "answered")
        assert nobody in person.page.locator(".findings").inner_text()
        assert len(site.mailbox.to(who.email)) == before[who.email] + number
    assert site.mailbox.wait_for(OFFICER, 1).language == "da"  # the overview for whoever works in the office
    assert anna.page.locator("html").get_attribute("lang") == "da"
    assert cy.page.locator("html").get_attribute("lang") == "en"


def act(officer: Visitor, action: str, words: str) -> None:
    """An action whose letter is seen before it is sent."""
    officer.follow(action)
    officer.page.locator("textarea").first.fill(words)
    officer.press("Show the letter")
    assert words in officer.page.locator(".letter-preview").inner_text()
    officer.press("Send")
    assert_text(officer, ".alert-success", "")


def plan(officer: Visitor, day, starts: str, ends: str, crew: str, method: str = "") -> None:
    officer.write("Date", day.isoformat())
    officer.write("From", starts)
    officer.write("To", ends)
    officer.write("Who carries it out?", crew)
    if method:
        officer.choose("Method", officer.say(method))


def test_danish_is_danish(visit):
    anna = visit()
    anna.open("/bestil/faerdselskontrol")
    page = anna.page.locator("body").inner_text()
    assert anna.page.locator("html").get_attribute("lang") == "da"
    assert all(words in page for words in ("Hvad er problemet?", "Vej", "Postnummer eller by", "Hvornår er det værst?"))


def test_whoever_asks_another_host_is_stopped_and_found_out(chromium, site):
    visitor = Visitor(chromium, site)
    visitor.page.set_content('<img src="http://example.com/pixel.png"><script>setTimeout(() => { throw 1 })</script>')
    with pytest.raises(AssertionError, match=r"asked elsewhere: \['http://example.com/pixel.png'\]"):
        visitor.leave()
    assert len(visitor.broken) == 2


# The map.

def test_without_javascript_there_is_no_map_and_nothing_is_missing(site, visit):
    bo = visit(javascript=False)
    bo.open("/bestil/faerdselskontrol")
    assert not bo.page.locator("[data-map]").is_visible()
    assert not bo.page.get_by_text(bo.say("No pin has been set.")).count()
    fill_in(bo, BO, "Strandgade")
    bo.press("Go on and check")
    assert bo.say("Pin on the map") not in bo.page.locator("main").inner_text()
    send_off(bo)
    officer = visit(javascript=False)
    log_in(officer)
    office_page(officer, BO, "Strandgade")
    assert not officer.page.locator("[data-map]").count()
    officer.open(f"/kontor/sag/{site.known['received']}")
    assert not officer.page.locator("[data-map]").is_visible()


# Every page.

@dataclass(frozen=True)
class Page:
    """One page in one state: where it is, who sees it, and what they do first."""

    name: str
    path: str
    who: str = "citizen"
    do: Callable[[Visitor], object] = lambda visitor: None
    status: int = 200


def check(visitor: Visitor) -> None:
    fill_in(visitor, ANNA, "Bygaden")
    visitor.press("Go on and check")


def too_late(visitor: Visitor) -> None:
    """Somebody is quicker by a moment."""
    with visitor.site.app.app_context():
        lost = Booking.by_reference(visitor.site.known["late"]).offers[0]
        Visit.plan(Officer.by_email(OFFICER), service="traffic", place=lost.booking.place, starts_at=lost.starts_at,
                   ends_at=lost.ends_at, resource_units=lost.resource_units, bookings=[])
        db.session.commit()
    visitor.enter(visitor.page.locator(".choices-of-dates button").first)


def call_off(visitor: Visitor) -> None:
    visitor.page.locator("details:has(form[action*='/aflys']) > summary").click()
    visitor.tick("Why is it called off?", "The weather does not allow it.")
    send("form[action*='/aflys']", words=WORDS)(visitor)


def clash(visitor: Visitor) -> None:
    plan(visitor, today() + timedelta(days=1), "11:00", "13:00", "ATK 1")
    visitor.press("Save the plan")


def decline_what_is_withdrawn(visitor: Visitor) -> None:
    """The citizen is quicker by a moment."""
    booking = wish(visitor.site.app, road="Sildigvej")
    visitor.open(f"{prefix(visitor.language)}/kontor/sag/{booking.reference}/afslag")
    change(visitor.site.app, booking, lambda b, officer: b.withdraw())
    send(words=WORDS)(visitor)


def with_all(name: str, visitor: Visitor) -> None:
    """Tick the whole page, and press."""
    visitor.page.locator("#all").focus()
    visitor.page.keyboard.press("Space")
    visitor.enter(visitor.page.locator(f"[formaction$='/{name}']"))


def fail_for_all(visitor: Visitor) -> None:
    with_all("udsaet", visitor)
    send(due_on="2020-01-01")(visitor)


def contradict(visitor: Visitor) -> None:
    visitor.choose("Speed limit", "")
    visitor.write("Vehicles measured", "12")
    visitor.write("Charged with speeding, in total", "94")
    visitor.page.locator("[name='periods-0-ends']").fill("01:00")
    visitor.press("Save, and see the letters")


def forget_periods(visitor: Visitor) -> None:
    for part in ("day", "starts", "ends"):
        visitor.page.locator(f"[name='periods-0-{part}']").fill("")
    visitor.write("Place measured (road, roughly)", "")
    visitor.press("Save, and see the letters")


def show_the_code(visitor: Visitor) -> None:
    key = visitor.page.locator("code.key").inner_text().replace(" ", "")
    send(password=PASSWORD, code=pyotp.TOTP(key).now())(visitor)


def fill_the_trap(visitor: Visitor) -> None:
    visitor.page.locator("[name=homepage]").first.evaluate("e => { e.value = 'x'; }")
    send(reference="K7MD PXQA", contact="1234")(visitor)


def too_few_facts(visitor: Visitor) -> None:
    visitor.page.locator("[name=measures]:checked").first.uncheck(force=True)
    send()(visitor)


def file_of_anna(visitor: Visitor) -> None:
    send(q="anna@example.dk")(visitor)
    visitor.page.locator("[name=sag]").first.check(force=True)
    visitor.enter(visitor.page.locator("[name=show]"))


BOOK = "/bestil/faerdselskontrol"
TAKE_IN = "/kontor/ny/faerdselskontrol"
PAGES = [
    Page("front", "/"),
    Page("how", "/saadan-virker-det"),
    Page("quarter-account", "/regnskab"),
    Page("quarter-account-unknown", "/regnskab?kommune=Atlantis", status=422),
    Page("calendar", "/kalender"),
    Page("results", "/resultater"),
    Page("results-map", "/resultater/kort"),
    Page("results-place", "/resultater/sted/1"),
    Page("results-data", "/resultater/data"),
    Page("privacy", "/privatliv"),
    Page("privacy-earlier", "/privatliv/0"),
    Page("feedback", "/tilgaengelighed"),
    Page("feedback-errors", "/tilgaengelighed", do=send(email="kim"), status=422),
    Page("find", "/find"),
    Page("find-empty", "/find", do=send(), status=422),
    Page("find-trapped", "/find", do=fill_the_trap, status=422),
    Page("not-me", "{not_me}"),
    Page("not-me-closed", "{not_me_closed}"),
    Page("find-lost-empty", "/find", do=send("form[action$=links]"), status=422),
    Page("find-nothing", "/find", do=send(reference="K7MD PXQA", contact="1234"), status=422),
    Page("book", BOOK),
    Page("book-errors", BOOK, do=send(), status=422),
    Page("book-elsewhere", BOOK, do=send(road="Nørrebrogade 12345678", postcode="2200"), status=422),
    Page("check", BOOK, do=check),
    Page("receipt-email", "/sag/{received_case}/kvittering"),
    Page("receipt-phone", "/sag/{phone_case}/kvittering"),
    *(Page(f"case-{state}", f"/sag/{{{state}_case}}") for state in (
        "received", "asked", "accepted", "delayed", "answered", "postponed", "declined", "referred", "withdrawn",
        "spam", "removed")),
    Page("case-answer-missing", "/sag/{asked_case}", do=send(), status=422),
    Page("case-contact-errors", "/sag/{received_case}", do=send("form[action$=kontakt]", name="", email="anna@"),
         status=422),
    Page("case-rated", "/sag/{declined_case}", do=send("form[action$=hjalp-det]")),
    Page("case-withdraw-unsure", "/sag/{received_case}", do=send("form[action$=traek-tilbage]"), status=422),
    *(page for way in (MEETING, WALK, VAN) for page in (
        Page(f"book-{way.slug}", f"/bestil/{way.slug}"),
        Page(f"book-{way.slug}-errors", f"/bestil/{way.slug}", do=send(**{"dates-0-day": "2020-01-01"}), status=422),
        Page(f"check-{way.slug}", f"/bestil/{way.slug}", do=partial(way.fill_in, who=CY)))),
    Page("receipt-meeting", "/sag/{meeting_case}/kvittering"),
    *(Page(f"case-{state}", f"/sag/{{{state}_case}}") for state in ("meeting", "offered", "date", "off", "held")),
    Page("case-too-late", "/sag/{late_case}", do=too_late, status=409),
    Page("not-found", "/findes-ikke", status=404),
    Page("too-many", "/too-many", status=429),

    Page("log-in", "/kontor/log-ind"),
    Page("log-in-wrong", "/kontor/log-ind", do=send(email="nobody@politi.example", password="forkert"), status=422),
    *(Page(f"desk-{queue}", f"/kontor/?bunke={queue}", "officer") for queue in (
        "nye", "besked", "planlaeg", "loefter", "resultat", "breve", "venter", "planlagt", "lukket",
        "tilgaengelighed")),
    Page("desk-search", "/kontor/?q=bygaden", "officer"),
    Page("desk-search-nothing", "/kontor/?q=findes+ikke", "officer"),
    *(Page(f"booking-{state}", f"/kontor/sag/{{{state}}}", "officer") for state in (
        "received", "news", "accepted", "answered", "declined")),
    Page("booking-empty-note", "/kontor/sag/{received}", "officer", send("form[action$=notat]"), 422),
    Page("print-out", "/kontor/sag/{answered}/udskrift", "officer"),
    Page("figures", "/kontor/tal", "officer"),
    Page("press", "/kontor/tal/presse", "officer"),
    Page("press-unknown", "/kontor/tal/presse?fra=x", "officer", status=422),
    Page("backups", "/kontor/sikkerhedskopi", "officer"),
    Page("held-back", "/kontor/breve/tilbageholdt", "officer"),
    Page("figures-errors", "/kontor/tal?til=2020-01", "officer", status=422),
    *(Page(name, f"/kontor/sag/{{received}}/{name}", "officer") for name in (
        "imoedekom", "spoerg", "afslag", "henvis", "udsaet")),
    Page("accept-letter", "/kontor/sag/{received}/imoedekom", "officer", send(words=WORDS)),
    Page("ask-errors", "/kontor/sag/{received}/spoerg", "officer", send(answer_by="2020-01-01"), 422),
    Page("ask-letter", "/kontor/sag/{received}/spoerg", "officer", send(words=WORDS)),
    Page("decline-errors", "/kontor/sag/{received}/afslag", "officer", send(words="Ring 12345678"), 422),
    Page("decline-too-late", "/kontor/", "officer", decline_what_is_withdrawn, 409),
    Page("refer-errors", "/kontor/sag/{received}/henvis", "officer", send(), 422),
    Page("delay-errors", "/kontor/sag/{received}/udsaet", "officer", send(), 422),
    *(Page(f"many-{name}", "/kontor/?bunke=nye", "officer", partial(with_all, name)) for name in (
        "imoedekom", "spoerg", "afslag", "henvis", "udsaet", "flyt", "spam", "besoeg")),
    Page("many-none", "/kontor/?bunke=nye", "officer", send(".ticking")),
    Page("many-left-out", "/kontor/?q=bygaden", "officer", partial(with_all, "spoerg")),
    Page("many-errors", "/kontor/?bunke=nye", "officer", fail_for_all, 422),
    Page("plan", "/kontor/sag/{accepted}/besoeg", "officer"),
    Page("plan-errors", "/kontor/sag/{accepted}/besoeg", "officer", send(), 422),
    Page("plan-clash", "/kontor/sag/{accepted}/besoeg", "officer", clash, 422),
    *(Page(f"visit-{state}", f"/kontor/besoeg/{{visit_{state}}}", "officer") for state in (
        "coming", "over", "drafted", "answered", "cancelled")),
    Page("visit-cancel-errors", "/kontor/besoeg/{visit_coming}", "officer", send("form[action*='/aflys']"), 422),
    Page("visit-move", "/kontor/besoeg/{visit_coming}/flyt", "officer"),
    Page("findings", "/kontor/besoeg/{visit_over}/resultat", "officer"),
    Page("findings-contradict", "/kontor/besoeg/{visit_over}/resultat", "officer", contradict, 422),
    Page("findings-forgotten", "/kontor/besoeg/{visit_over}/resultat", "officer", forget_periods, 422),
    Page("report", "/kontor/besoeg/{visit_drafted}/svar", "officer"),
    Page("job-sheet", "/kontor/besoeg/{visit_coming}/jobark", "officer"),
    Page("place", "/kontor/sted/{place}", "officer"),
    Page("place-merge-errors", "/kontor/sted/{place}", "officer", send("form[action$=saml]", road="Findes ikke",
                                                                       postcode="4690"), 422),
    Page("place-part-errors", "/kontor/sted/{place}", "officer", send("form[action$=del]"), 422),
    Page("places", "/kontor/steder", "officer"),
    Page("places-search", "/kontor/steder?q=bygaden", "officer"),
    Page("places-search-nothing", "/kontor/steder?q=findes+ikke", "officer"),
    Page("again", "/kontor/besoeg/{visit_answered}/igen", "officer"),
    Page("route", "/kontor/rute?dag={coming_day}", "officer"),
    Page("route-nothing", "/kontor/rute?dag=2030-01-01", "officer"),
    Page("facts", "/kontor/fakta", "officer"),
    Page("facts-errors", "/kontor/fakta", "officer", send(), 422),
    Page("advice", "/kontor/fakta/raad", "officer"),
    Page("advice-errors", "/kontor/fakta/raad/burglary", "officer", send(link="dkr"), 422),
    Page("handout-form", "/kontor/besoeg/{visit_date}/faktaark", "officer"),
    Page("handout-errors", "/kontor/besoeg/{visit_date}/faktaark", "officer", too_few_facts, 422),
    Page("handout", "/faktaark/{handout}"),
    Page("wordings", "/kontor/tekster", "officer"),
    Page("reword", "/kontor/tekster/faerdselskontrol/unsuitable", "officer"),
    Page("reword-preview", "/kontor/tekster/faerdselskontrol/unsuitable", "officer", send()),
    Page("reword-errors", "/kontor/tekster/faerdselskontrol/ny", "officer", send(**{"texts-en": "{navn}"}), 422),
    Page("visit-field-link-errors", "/kontor/besoeg/{visit_coming}", "officer", send("form[action$=feltlink]"), 422),
    Page("field", "{field_link}"),
    Page("field-errors", "{field_link}", do=send(), status=422),
    Page("field-closed", "{field_link_closed}", status=410),
    *(Page(f"booking-{state}", f"/kontor/sag/{{{state}}}", "officer") for state in (
        "meeting", "offered", "date", "off")),
    Page("offer", "/kontor/sag/{van}/tider", "officer"),
    Page("offer-errors", "/kontor/sag/{van}/tider", "officer", send(**{"times-0-day": "2020-01-01"}, place_told=""),
         422),
    Page("offer-letter", "/kontor/sag/{meeting}/tider", "officer", send(words=WORDS)),
    Page("plan-told", "/kontor/sag/{van}/besoeg", "officer"),
    Page("plan-told-errors", "/kontor/sag/{van}/besoeg", "officer", send(place_told="", postcode="8000"), 422),
    Page("plan-told-losers", "/kontor/sag/{walk}/besoeg?tid={walk_wish}", "officer", send(words=WORDS)),
    *(Page(f"visit-{state}", f"/kontor/besoeg/{{visit_{state}}}", "officer") for state in ("date", "off", "held")),
    Page("visit-call-off-errors", "/kontor/besoeg/{visit_date}", "officer", send("form[action*='/aflys']"), 422),
    Page("visit-call-off", "/kontor/besoeg/{visit_date}", "officer", call_off),
    Page("visit-move-told", "/kontor/besoeg/{visit_date}/flyt", "officer"),
    *(page for key in ("meeting", "walk", "van") for page in (
        Page(f"findings-{key}", f"/kontor/besoeg/{{visit_{key}_over}}/resultat", "officer"),
        Page(f"findings-{key}-errors", f"/kontor/besoeg/{{visit_{key}_over}}/resultat", "officer", send(ends="18:00"),
             422))),
    Page("poll", "{poll_open}"),
    Page("poll-errors", "{poll_open}", do=send(), status=422),
    Page("poll-closed", "/m/2222", status=404),
    *(Page(f"office-poll-{state}", f"/kontor/besoeg/{{visit_{state}}}/afstemning", "officer")
      for state in ("asking", "polled", "date")),
    Page("poll-counts", "/kontor/besoeg/{visit_polled}/afstemning/foer/optalt", "officer"),
    Page("poll-counts-errors", "/kontor/besoeg/{visit_polled}/afstemning/foer/optalt", "officer",
         send(**{"safe-safe": "ti"}), 422),
    Page("poll-slip", "/kontor/besoeg/{visit_polled}/afstemning/foer/seddel", "officer"),
    Page("report-walk", "/kontor/besoeg/{visit_walked}/svar", "officer"),
    Page("leads-to", "/kontor/besoeg/{visit_walked}/foerer-til/faerdselskontrol", "officer"),
    Page("job-sheet-meeting", "/kontor/besoeg/{visit_date}/jobark", "officer"),
    Page("office-calendar-month", "/kontor/kalender?maaned={month}", "officer"),
    Page("office-calendar", "/kontor/kalender", "officer"),
    Page("office-calendar-settings", "/kontor/kalender/indstillinger", "officer"),
    Page("absence-errors", "/kontor/kalender/indstillinger", "officer", send("form[action$=fravaer]"), 422),
    Page("hours-errors", "/kontor/kalender/indstillinger", "officer", send("form[action$=tider]", closes0="07:00"),
         422),
    *(Page(f"letter-{fate}", f"/kontor/breve/{{letter_{fate}}}", "officer") for fate in ("sent", "failed", "task")),
    Page("take-in", TAKE_IN, "officer"),
    Page("take-in-walk", "/kontor/ny/tryghedsvandring", "officer"),
    Page("take-in-errors", TAKE_IN, "officer", send(), 422),

    Page("staff", "/kontor/medarbejdere", "officer"),
    Page("staff-errors", "/kontor/medarbejdere", "officer", send("form:has([name=email])"), 422),
    Page("invitation", "{invitation}"),
    Page("invitation-errors", "{invitation}", do=send(password="kort"), status=422),
    Page("invitation-closed", "{invitation_closed}", status=410),
    Page("account", "/kontor/konto", "officer"),
    Page("password", "/kontor/konto/adgangskode", "officer"),
    Page("password-errors", "/kontor/konto/adgangskode", "officer", send(password=PASSWORD, new_password="kort"), 422),
    Page("second-factor", "/kontor/konto/kode", "officer"),
    Page("second-factor-errors", "/kontor/konto/kode", "officer", send(password=PASSWORD, code="000000"), 422),
    Page("recovery-codes", "/kontor/konto/kode", "officer", show_the_code),
    Page("booking-removed", "/kontor/sag/{removed}", "officer"),
    Page("feedback-office", "/kontor/tilgaengelighed/{feedback}", "officer"),
    Page("feedback-office-errors", "/kontor/tilgaengelighed/{feedback}", "officer", send(), 422),
    Page("data", "/kontor/data", "officer"),
    Page("data-errors", "/kontor/data", "officer", send("form:has([name=decision])"), 422),
    Page("person", "/kontor/data/person", "officer"),
    Page("person-errors", "/kontor/data/person", "officer", send(), 422),
    Page("person-found", "/kontor/data/person", "officer", send(q="anna@example.dk")),
    Page("person-file", "/kontor/data/person", "officer", file_of_anna),
    Page("notice", "/kontor/data/privatliv", "officer"),
    Page("notice-shown", "/kontor/data/privatliv", "officer", send()),
    Page("notice-errors", "/kontor/data/privatliv", "officer", send(**{"texts-da": ""}), 422),
    Page("log", "/kontor/log", "officer"),
    Page("log-nothing", "/kontor/log?sag=K7MDPXQA", "officer"),
    Page("reader-cases", "/kontor/", "reader"),
    Page("reader-case", "/kontor/sag/{answered}", "reader"),
    Page("reader-refused", "/kontor/steder", "reader", status=403),
]


def kind(page: Page) -> tuple[str, int]:
    """An address without whose case it is, and what is answered."""
    return re.sub(r"\{\w+\}", "", page.path.partition("?")[0]), page.status


FIRST_OF_THEIR_KIND = [next(pages) for _, pages in groupby(sorted(PAGES, key=kind), key=kind)]


@pytest.fixture(scope="module")
def people(chromium, site):
    """One citizen and one officer, who look at every page; and one whose answers are ours: for them, the browser keeps
    no file from page to page."""
    people = {who: Visitor(chromium, site) for who in ("citizen", "officer", "reader", "refused")}
    log_in(people["officer"])
    log_in(people["reader"], READER, "Bookings")
    for path, page in too_many_tries(site).items():
        people["refused"].context.route(site.url + path, partial(too_many, page))
    yield people
    for person in people.values():
        person.leave()


def too_many(page: str, route) -> None:
    route.fulfill(status=429, content_type="text/html", body=page)


def too_many_tries(site: Site) -> dict[str, str]:
    """The page that a limit shows. The site of these tests has no limits, so it comes from one that has."""
    app = create_app({"INSTANCE": str(site.folder), "TESTING": True, "SERVER_NAME": site.host})
    for _ in range(10):
        app.test_client().post("/find")
    return {f"{root}/too-many": app.test_client().post(f"{root}/find").text for root in ("", "/en")}


@pytest.mark.parametrize(("page", "language"), [
    pytest.param(page, language, id=f"{page.name}-{language}")
    for page in PAGES for language in (["da", "en"] if page in FIRST_OF_THEIR_KIND else ["da"])])
def test_every_page_is_for_everybody(site, people, page, language):
    """In every state in Danish, whose words are the longer ones, and in English once for each kind."""
    person = people["refused" if page.status == 429 else page.who]
    person.language = language
    person.page.set_viewport_size(DESKTOP)
    person.open(("/en" if language == "en" else "") + page.path.format_map(site.known))
    page.do(person)
    assert person.status == page.status
    wait_for_maps(person)
    keep(person, page)
    found = faults(person, language)
    person.page.evaluate("sessionStorage.clear()")  # the next page finds no draft
    assert not found, "\n".join(found)


def keep(person: Visitor, page: Page) -> None:
    """A picture at both widths, for people to look at."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        for size in (DESKTOP, NARROW):
            person.page.set_viewport_size(size)
            name = f"{page.who}-{page.name}-{person.language}-{size['width']}.png"
            person.page.screenshot(path=str(Path(SCREENSHOTS, name)), full_page=True)


@pytest.mark.parametrize(("broken", "fault"), [
    ("<div class='container'><div style='width: 330px'>x</div></div>", "wider than the window"),
    ("<p><span style='display: inline-block; width: 2rem; white-space: nowrap'>Tryghedsvandring</span></p>", "spills"),
    ("<p style='height: 1rem; overflow: hidden'>Tryghedsvandring<br>Dialogmøde</p>", "cut off: Dialogmøde"),
    ("<p style='margin: 0'>Tryghedsvandring</p><p style='margin: -1rem 0'>Dialogmøde</p>",
     "overlaps: Tryghedsvandring / Dialogmøde"),
], ids=["330 pixels", "spills", "cut off", "overlaps"])
def test_a_broken_layout_is_noticed(visit, broken, fault):
    anna = visit(size=NARROW)
    anna.page.set_content(f"<body style='margin: 0'><main>{broken}</main>")
    assert [found for found in layout(anna) if fault in found]
    anna.page.set_content("<main><p>Tryghedsvandring</p><p>Dialogmøde</p></main>")
    assert not list(layout(anna))


@pytest.mark.parametrize("broken", [
    "color: #888", "color: #666; background: #aaa", "opacity: .5", "color: #767676; background: #fafafa"])
def test_text_that_is_too_pale_is_noticed_however_many_pages_were_looked_at_before(visit, broken):
    anna = visit()
    page = "<html lang='da'><title>T</title><body style='color: #555; background: #fff'><main><h1>Overskrift</h1>"
    for _ in range(2):  # the second time, all of it has been seen
        anna.page.set_content(f"{page}<p>Godt</p></main>")
        assert not list(accessibility(anna))
    anna.page.set_content(f"{page}<p>Godt</p><p style='{broken}'>Bleg</p></main>")
    for _ in range(2):  # what was wrong is looked at again
        assert ["color-contrast" in fault for fault in accessibility(anna)] == [True]


@pytest.mark.parametrize("path", ["/static/style.css", "/leaflet/leaflet.css"])
def test_a_browser_reads_the_same_rules_in_the_styles_that_are_sent_as_in_their_files(visit, path):
    """They are sent without their comments."""
    person = visit()
    person.open("/")
    written = (FOLDERS[path.split("/")[1]] / Path(path).name).read_text("utf-8")
    rules = [person.page.evaluate("""styles => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(styles);
        return Array.from(sheet.cssRules, rule => rule.cssText);
    }""", styles) for styles in (written, person.page.request.get(path).text())]
    assert rules[0] == rules[1] and rules[0]
