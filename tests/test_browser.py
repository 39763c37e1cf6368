"""What people see: the whole journey in a real browser, the map, and every page's accessibility.

SCREENSHOTS=folder keeps a picture of every page at both widths.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pyotp
import pytest
from browser import (
    DESKTOP,
    PHONE,
    REQUIRED,
    SCREENSHOTS,
    Citizen,
    Keyboard,
    Site,
    Visitor,
    find_chromium,
    running,
)
from conftest import OFFICER, PASSWORD
from furnished import READER, WORDS, YESTERDAY, furnish
from ways import MEETING, VAN, WALK

from app import create_app
from models import Booking, Officer, Visit, db, today

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    path = find_chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        missing = "no Chromium and playwright here; on Debian: sudo apt-get install chromium"
        pytest.fail(missing) if REQUIRED else pytest.skip(missing)
    with sync_playwright() as playwright:
        # Nobody but this machine can be reached, whatever a page asks for; who tries is found out all the same.
        browser = playwright.chromium.launch(executable_path=path, args=[
            "--disable-dev-shm-usage", "--lang=da-DK", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(chromium, template, tmp_path_factory):
    with running(tmp_path_factory.mktemp("site"), template, furnish) as site:
        yield site


@pytest.fixture
def visit(chromium, site):
    """Send somebody to the site; when the test is over, they must have met nothing broken and nobody else."""
    visitors = []

    def arrive(kind=Visitor, **how) -> Visitor:
        visitors.append(kind(chromium, site, **how))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.leave()


# The whole journey.

ANNA = Citizen("Anna Jensen", "anna.jensen@example.dk", "Bilerne suser forbi skolen hver morgen.")
BO = Citizen("Bo Krogh Æbelø", "bo.krogh@example.dk", "Knallerterne kører for stærkt ned ad bakken.")
CY = Citizen("Cy Miller", "cy.miller@example.com", "Cars race past the school every morning.")


@pytest.mark.chief
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
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
            person.page.get_by_role("link", name="English", exact=True).click()
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
    officer.page.locator("tr", has_text=road).get_by_role("link").click()
    assert "Ned mod havnen." in officer.page.locator(".history").inner_text()
    for number, (_, who) in zip((2, 3, 2), people, strict=True):
        office_page(officer, who, road)
        act(officer, "Accept", "")
        mail(who, number)

    # One control answers all three. It was yesterday, so its findings may be entered now.
    officer.follow("Plan a visit")
    plan(officer, YESTERDAY, "10:00", "12:00", f"ATK {road}", method="Photo van")
    assert officer.page.get_by_role("checkbox").count() == 3
    assert officer.page.get_by_role("checkbox", checked=True).count() == 3
    officer.press("Keep the plan")
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
    officer.press("Keep, and see the letters")
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
        nobody = person.say("Nobody was charged with speeding. That is good news: at the times when we measured, "
                            "people kept to the limit or close to it.")
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


def fill_in(person: Visitor, who: Citizen, road: str) -> None:
    """The booking form from top to bottom, by the words that stand beside the fields."""
    person.tick("What is the problem?", "Speeding")
    person.write("Describe briefly", who.text)
    person.write("Road", road)
    person.write("Stretch (from – to, or house number)", "fra kirken til skolen")
    person.write("Postcode", "4690")
    person.tick("Direction of travel", "Both")
    person.choose("Speed limit", "50")
    person.tick("Which days?", "Weekdays")
    person.tick("What time of day?", "06–09", "14–18")
    person.tick("How often?", "Several times a week")
    person.tick("Who is at risk?", "Children on their way to school")
    person.write("Name", who.name)
    person.write("E-mail", who.email)
    person.confirm("This is not urgent")


def send_off(person: Visitor, twice: bool = False):
    """Press the button on the check page; what the browser sent."""
    with person.page.expect_request(lambda request: request.method == "POST") as sent:
        if twice:
            person.page.locator("button[name=send]").dblclick()
        else:
            person.press("Send the booking")
    assert_text(person, "h1", person.say("Thank you. We have received your booking"))
    return sent.value


def send_again(person: Visitor, sent) -> None:
    """The browser sends the same form once more, as after "back" or a lost connection."""
    answer = person.page.request.post(sent.url, data=sent.post_data_buffer, headers={
        "Content-Type": sent.headers["content-type"]})
    assert answer.url == person.page.url, "the receipt of the first booking"


def booked(site: Site, road: str) -> Counter:
    with site.app.app_context():
        return Counter(b.email for b in db.session.query(Booking).filter_by(road=road))


def log_in(officer: Visitor, email: str = OFFICER, first_page: str = "Work list") -> None:
    officer.open("/kontor/")
    officer.write("E-mail", email)
    officer.write("Password", PASSWORD)
    officer.press("Log in")
    assert_text(officer, "h1", officer.say(first_page))


def office_page(officer: Visitor, who: Citizen, road: str) -> None:
    """Open a citizen's booking as an officer looks for it."""
    officer.follow("Work list")
    officer.page.get_by_role("searchbox").fill(f"{who.email} {road.lower()}")
    officer.press("Show")
    officer.page.locator(".work-list tbody").get_by_role("link").click()
    assert road in officer.page.locator("h1").inner_text()


def act(officer: Visitor, action: str, words: str) -> None:
    """An action whose letter is seen before it is sent."""
    officer.follow(action)
    officer.page.locator("textarea").first.fill(words)
    officer.press("Show the letter")
    assert words in officer.page.locator(".letter-preview").inner_text()
    officer.press("Send")
    officer.page.locator(".alert-success").wait_for()


def plan(officer: Visitor, day, starts: str, ends: str, crew: str, method: str = "") -> None:
    officer.write("Date", day.isoformat())
    officer.write("From", starts)
    officer.write("To", ends)
    officer.write("Who carries it out?", crew)
    if method:
        officer.choose("Method", officer.say(method))


def assert_text(person: Visitor, selector: str, text: str) -> None:
    person.page.locator(selector, has_text=text).first.wait_for()


def assert_status(person: Visitor, status: str) -> None:
    person.page.locator(f".status-{status}").first.wait_for()


def test_danish_is_danish(visit):
    anna = visit()
    anna.open("/bestil/faerdselskontrol")
    page = anna.page.locator("body").inner_text()
    assert anna.page.locator("html").get_attribute("lang") == "da"
    assert all(words in page for words in ("Hvad er problemet?", "Vej", "Postnummer", "Beskriv kort"))


def test_whoever_asks_another_host_is_stopped_and_found_out(chromium, site):
    visitor = Visitor(chromium, site)
    visitor.page.set_content('<img src="http://example.com/pixel.png"><script>setTimeout(() => { throw 1 })</script>')
    with pytest.raises(AssertionError, match=r"asked elsewhere: \['http://example.com/pixel.png'\]"):
        visitor.leave()
    assert len(visitor.broken) == 2


# The map.

def test_a_pin_by_click_and_by_keyboard(site, visit):
    anna = visit()
    anna.open("/bestil/faerdselskontrol")
    fill_in(anna, ANNA, "Havnegade")
    words = anna.page.locator(".map-words")
    canvas = anna.page.locator(".map-canvas")
    anna.page.locator(".map-land").first.wait_for(state="attached")
    assert words.inner_text() == anna.say("No pin has been set.")
    canvas.click(position={"x": 200, "y": 150})
    first = pin(anna)
    assert inside_district(site, first)
    assert anna.say("The pin is {place}.").split("{")[0] in words.inner_text()
    anna.press("Remove the pin")
    assert pin(anna) is None
    # The same without a mouse.
    canvas.focus()
    anna.page.keyboard.press("ArrowRight")
    anna.page.wait_for_function("document.querySelector('.map-middle').textContent")
    anna.page.keyboard.press("Enter")
    second = pin(anna)
    assert inside_district(site, second)
    assert second != first
    assert anna.say("The pin is {place}.").split("{")[0] in words.inner_text()
    # It goes along to the check page, back into the form, and to the officer.
    anna.press("Go on and check")
    assert anna.say("Pin on the map") in anna.page.locator("main").inner_text()
    anna.press("Go back and change")
    anna.page.locator(".map-canvas .map-pin").wait_for()
    assert pin(anna) == second
    anna.press("Go on and check")
    send_off(anna)
    with site.app.app_context():
        booking = db.session.query(Booking).filter_by(road="Havnegade").one()
        assert (booking.lat, booking.lng) == second
    officer = visit()
    log_in(officer)
    office_page(officer, ANNA, "Havnegade")
    officer.page.locator("[data-map] .leaflet-marker-icon:not(.map-town)").wait_for()


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


def pin(person: Visitor) -> tuple[float, float] | None:
    lat, lng = (person.page.locator(f"input[name={name}]").input_value() for name in ("lat", "lng"))
    assert bool(lat) == bool(lng)
    return (float(lat), float(lng)) if lat else None


def inside_district(site: Site, point) -> bool:
    (south, west), (north, east) = site.app.config["DISTRICT"].bounds
    return bool(point) and south - .5 < point[0] < north + .5 and west - .5 < point[1] < east + .5


# Every page.

@dataclass(frozen=True)
class Page:
    """One page in one state: where it is, who sees it, and what they do first."""

    name: str
    path: str
    who: str = "citizen"
    do: Callable[[Visitor], object] = lambda visitor: None
    status: int = 200


def send(form: str = "main form:not(.filters)", **typed: str) -> Callable[[Visitor], None]:
    """Type into fields by their names and send the form; "" empties a field."""
    def do(visitor: Visitor) -> None:
        page = visitor.page
        hidden = page.locator("details:not([open])", has=page.locator(form))
        if hidden.count():
            hidden.locator("summary").click()
        for name, value in typed.items():
            page.locator(f"{form} [name='{name}']").first.fill(value)
        page.locator(f"{form} button:not([type=button])").first.click()
    return do


def check(visitor: Visitor) -> None:
    fill_in(visitor, ANNA, "Bygaden")
    visitor.press("Go on and check")


def too_late(visitor: Visitor) -> None:
    """Somebody is quicker by a moment."""
    with visitor.site.app.app_context():
        lost = Booking.by_reference(visitor.site.known["late"]).offers[0]
        Visit.plan(Officer.by_email(OFFICER), service="traffic", place=lost.booking.place, starts_at=lost.starts_at,
                   ends_at=lost.ends_at, takes=lost.takes, bookings=[])
        db.session.commit()
    visitor.page.locator(".choices-of-dates button").first.click()


def call_off(visitor: Visitor) -> None:
    visitor.page.locator("details:has(form[action*='/aflys']) > summary").click()
    visitor.tick("Why is it called off?", "The weather does not allow it.")
    send("form[action*='/aflys']", words=WORDS)(visitor)


def clash(visitor: Visitor) -> None:
    plan(visitor, today() + timedelta(days=1), "11:00", "13:00", "ATK 1")
    visitor.press("Keep the plan")


def with_all(name: str, visitor: Visitor) -> None:
    """Tick the whole page, and press."""
    visitor.page.locator("#all").focus()
    visitor.page.keyboard.press("Space")
    visitor.page.locator(f"[formaction$='/{name}']").click()


def fail_for_all(visitor: Visitor) -> None:
    with_all("udsaet", visitor)
    send(due_on="2020-01-01")(visitor)


def contradict(visitor: Visitor) -> None:
    visitor.choose("Speed limit", "")
    visitor.write("Vehicles measured", "12")
    visitor.write("Charged with speeding, in total", "94")
    visitor.page.locator("[name='periods-0-ends']").fill("01:00")
    visitor.press("Keep, and see the letters")


def forget_periods(visitor: Visitor) -> None:
    for part in ("day", "starts", "ends"):
        visitor.page.locator(f"[name='periods-0-{part}']").fill("")
    visitor.write("Place measured (road, roughly)", "")
    visitor.press("Keep, and see the letters")


def show_the_code(visitor: Visitor) -> None:
    key = visitor.page.locator("code.key").inner_text().replace(" ", "")
    send(password=PASSWORD, code=pyotp.TOTP(key).now())(visitor)


def fill_the_trap(visitor: Visitor) -> None:
    visitor.page.locator("[name=homepage]").evaluate("e => { e.value = 'x'; }")
    send(reference="K7MD PXQA", contact="1234")(visitor)


def file_of_anna(visitor: Visitor) -> None:
    send(q="anna@example.dk")(visitor)
    visitor.page.locator("[name=sag]").first.check(force=True)
    visitor.page.locator("[name=show]").click()


BOOK = "/bestil/faerdselskontrol"
TAKE_IN = "/kontor/ny/faerdselskontrol"
PAGES = [
    Page("front", "/"),
    Page("how", "/saadan-virker-det"),
    Page("calendar", "/kalender"),
    Page("privacy", "/privatliv"),
    Page("privacy-earlier", "/privatliv/0"),
    Page("feedback", "/tilgaengelighed"),
    Page("feedback-errors", "/tilgaengelighed", do=send(email="kim"), status=422),
    Page("find", "/find"),
    Page("find-empty", "/find", do=send(), status=422),
    Page("find-trapped", "/find", do=fill_the_trap, status=422),
    Page("not-me", "{not_me}"),
    Page("not-me-closed", "{not_me_closed}"),
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
    Page("case-rate-missing", "/sag/{declined_case}", do=send("form[action$=hjalp-det]"), status=422),
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
    *(Page(f"desk-{pile}", f"/kontor/?bunke={pile}", "officer") for pile in (
        "nye", "besked", "planlaeg", "loefter", "resultat", "breve", "venter", "planlagt", "lukket", "tilgaengelighed")),
    Page("desk-search", "/kontor/?q=bygaden", "officer"),
    Page("desk-search-nothing", "/kontor/?q=findes+ikke", "officer"),
    *(Page(f"booking-{state}", f"/kontor/sag/{{{state}}}", "officer") for state in (
        "received", "news", "accepted", "answered", "declined")),
    Page("booking-empty-note", "/kontor/sag/{received}", "officer", send("form[action$=notat]"), 422),
    Page("print-out", "/kontor/sag/{answered}/udskrift", "officer"),
    Page("figures", "/kontor/tal", "officer"),
    Page("backups", "/kontor/sikkerhedskopi", "officer"),
    Page("held-back", "/kontor/breve/tilbageholdt", "officer"),
    Page("figures-errors", "/kontor/tal?til=2020-01", "officer", status=422),
    *(Page(name, f"/kontor/sag/{{received}}/{name}", "officer") for name in (
        "imoedekom", "spoerg", "afslag", "henvis", "udsaet")),
    Page("accept-letter", "/kontor/sag/{received}/imoedekom", "officer", send(words=WORDS)),
    Page("ask-errors", "/kontor/sag/{received}/spoerg", "officer", send(answer_by="2020-01-01"), 422),
    Page("ask-letter", "/kontor/sag/{received}/spoerg", "officer", send(words=WORDS)),
    Page("decline-errors", "/kontor/sag/{received}/afslag", "officer", send(words="Ring 12345678"), 422),
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
    Page("wordings", "/kontor/tekster", "officer"),
    Page("reword", "/kontor/tekster/faerdselskontrol/unsuitable", "officer"),
    Page("reword-preview", "/kontor/tekster/faerdselskontrol/unsuitable", "officer", send()),
    Page("reword-errors", "/kontor/tekster/faerdselskontrol/ny", "officer", send(en="{navn}"), 422),
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
    Page("report-walk", "/kontor/besoeg/{visit_walked}/svar", "officer"),
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
    Page("notice-errors", "/kontor/data/privatliv", "officer", send(da=""), 422),
    Page("log", "/kontor/log", "officer"),
    Page("log-nothing", "/kontor/log?sag=K7MDPXQA", "officer"),
    Page("reader-cases", "/kontor/", "reader"),
    Page("reader-case", "/kontor/sag/{answered}", "reader"),
    Page("reader-refused", "/kontor/steder", "reader", status=403),
]

WCAG = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}
BEST_PRACTICE = Counter()


@pytest.fixture(scope="module")
def people(chromium, site):
    """One citizen and one officer, who look at every page."""
    people = {who: Visitor(chromium, site) for who in ("citizen", "officer", "reader")}
    log_in(people["officer"])
    log_in(people["reader"], READER, "Bookings")
    for path, page in too_many_tries(site).items():
        people["citizen"].context.route(site.url + path, partial(too_many, page))
    yield people
    for person in people.values():
        person.leave()
    for advice, count in sorted(BEST_PRACTICE.items()):
        print(f"best practice, {count} times: {advice}")


def too_many(page: str, route) -> None:
    route.fulfill(status=429, content_type="text/html", body=page)


def too_many_tries(site: Site) -> dict[str, str]:
    """The page that a limit shows. The site of these tests has no limits, so it comes from one that has."""
    app = create_app({"INSTANCE": str(site.folder), "TESTING": True, "SERVER_NAME": site.host})
    for _ in range(10):
        app.test_client().post("/find")
    return {f"{root}/too-many": app.test_client().post(f"{root}/find").text for root in ("", "/en")}


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_is_for_everybody(site, people, page, language):
    person = people[page.who]
    person.language = language
    person.page.set_viewport_size(DESKTOP)
    person.open(("/en" if language == "en" else "") + page.path.format_map(site.known))
    page.do(person)
    person.page.wait_for_load_state("load")
    assert person.status == page.status
    wait_for_maps(person)
    found = [*structure(person, language), *accessibility(person), *width(person), *keep(person, page)]
    person.page.set_viewport_size(PHONE)
    found += [*accessibility(person), *width(person), *targets(person), *keep(person, page)]
    person.page.set_viewport_size({"width": 320, "height": 740})
    found += [*width(person), *focus(person), *summary(person)]
    assert not found, "\n".join(found)


def structure(person: Visitor, language: str):
    page = person.page
    if page.locator("h1").count() != 1:
        yield f"{page.locator('h1').count()} h1"
    if not page.title().strip(" –"):
        yield "no title"
    if page.locator("html").get_attribute("lang") != language:
        yield "another language than the address says"


def wait_for_maps(person: Visitor) -> None:
    for drawn in person.page.locator("[data-map]").all():
        drawn.locator(".map-land").first.wait_for(state="attached")


def accessibility(person: Visitor):
    """What axe finds; advice beyond WCAG is only counted."""
    from axe_playwright_python.base import AXE_SCRIPT
    if not person.page.evaluate("'axe' in window"):
        person.page.evaluate(AXE_SCRIPT)
    results = person.page.evaluate("async (options) => (await axe.run(options)).violations", {
        "resultTypes": ["violations"], "runOnly": [*sorted(WCAG), "best-practice"]})
    for rule in results:
        where = "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:160]} {node['failureSummary']}"
                          for node in rule["nodes"][:4])
        if WCAG & set(rule["tags"]):
            yield f"axe at {person.page.viewport_size['width']}: {rule['id']} ({rule['help']}): {where}"
        else:
            BEST_PRACTICE[f"{rule['id']}: {rule['nodes'][0]['target']}"] += 1


def width(person: Visitor):
    """Nothing makes the page wider than the window."""
    wide = person.page.evaluate("""() => {
      const room = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= room) return [];
      const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > room + 1);
      return ["page", ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 120))];
    }""")
    if wide:
        yield f"wider than {person.page.viewport_size['width']}: {wide}"


def targets(person: Visitor):
    """Buttons, fields and choices can be hit with a thumb."""
    small = person.page.evaluate("""() => [...document.querySelectorAll(
        "button, .button, summary, input:not([type=hidden]), select, textarea")].flatMap((e) => {
      const box = (e.closest(".choice") ?? e).getBoundingClientRect();
      return !e.checkVisibility() || box.height >= (e.matches("summary") ? 40 : 44) ? [] :
        [`${Math.round(box.width)} x ${Math.round(box.height)} ${e.outerHTML.slice(0, 120)}`];
    })""")
    if small:
        yield f"too small for a thumb: {small}"


def focus(person: Visitor):
    """Whoever goes by keyboard sees where they are, from the skip link on."""
    from browser import FOCUS
    person.page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    for _ in range(4):
        person.page.keyboard.press("Tab")
        seen = person.page.evaluate(FOCUS)
        if not (seen["ring"] and seen["inside"]):
            yield f"focus is not seen: {seen}"


def summary(person: Visitor):
    """Each link of the error summary leads to the field that it is about, and they stand in the page's order."""
    heights = []
    for link in person.page.locator(".error-summary a").all():
        target = link.get_attribute("href").removeprefix("#")
        link.click()
        there, height = person.page.evaluate(
            "() => { const e = document.activeElement; return [e.id, e.getBoundingClientRect().top + scrollY]; }")
        if there != target:
            yield f"the error summary does not lead to {target}"
        heights.append(height)
    if heights != sorted(heights):
        yield "the error summary has another order than the page"


def keep(person: Visitor, page: Page):
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        name = f"{page.who}-{page.name}-{person.language}-{person.page.viewport_size['width']}.png"
        person.page.screenshot(path=str(Path(SCREENSHOTS, name)), full_page=True)
    return []
