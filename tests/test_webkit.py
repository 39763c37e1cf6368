"""The chief journeys in the engine of iPhones: what works in Chromium alone shuts out half of the people."""

from pathlib import Path

import pyotp
import pytest
from browser import Citizen, running
from conftest import OFFICER, PASSWORD
from furnished import furnish
from PIL import Image
from tools import leave_out
from ways import MEETING, VAN, WALK, fill_in
from webkit import WebKitVisitor, find_webkit, webkit

from models import Booking, Officer, Visit, db

pytestmark = [pytest.mark.browser, pytest.mark.webkit]

ANNA = Citizen("Anna Jensen", "anna.webkit@example.dk", "Bilerne suser forbi skolen hver morgen.")
OFFLINE = "No network. It waits on this phone and is sent later."


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    programs = find_webkit()
    if programs is None:
        leave_out("no WebKit here; on Debian: sudo apt-get install webkit2gtk-driver xvfb")
    with webkit(programs, tmp_path_factory.mktemp("home")) as driver:
        yield driver


@pytest.fixture(scope="module")
def site(driver, template, tmp_path_factory):
    with running(tmp_path_factory.mktemp("webkit"), template, furnish, BOOKING_SECOND_FACTOR="true") as site:
        yield site


@pytest.fixture
def person(driver, site) -> WebKitVisitor:
    """Somebody whom the site does not know yet."""
    driver.delete_all_cookies()
    visitor = WebKitVisitor(driver, site)
    visitor.wait.until(lambda driver: not driver.get_cookies())  # or the next page's might be deleted, too
    return visitor


def book_control(person: WebKitVisitor, who: Citizen) -> None:
    fill_in(person, who, "Skolegade")
    person.press("Go on and check")


@pytest.mark.parametrize(("slug", "fill"), [
    ("faerdselskontrol", book_control), *((way.slug, way.fill_in) for way in (MEETING, WALK, VAN))])
def test_each_service_is_booked_in_webkit(site, person, slug, fill):
    who = Citizen(ANNA.name, f"{slug}@example.dk", ANNA.text)
    person.open(f"/bestil/{slug}")
    fill(person, who)
    person.sees("h1", person.say("Check your booking"))
    person.sees("main", who.email)
    person.press("Send the booking")
    person.sees("h1", person.say("Thank you. We have received your booking"))
    reference = person.sees(".reference-large").text.replace(" ", "")
    person.driver.get(site.mailbox.wait_for(who.email, 1).link)
    person.sees(".status-received")
    with site.app.app_context():
        assert Booking.by_reference(reference).email == who.email


def test_a_question_is_answered_on_ones_own_page_in_webkit(site, person):
    person.open(f"/sag/{site.known['asked_case']}")
    person.sees(".status-needs_information")
    person.write("Your message to the police", "Ned mod havnen.")
    person.press("Send the answer")
    person.sees(".status-received")
    person.sees(".history", "Ned mod havnen.")


def test_a_date_is_chosen_on_ones_own_page_in_webkit(site, person):
    person.open(f"/sag/{site.known['offered_case']}")
    times = person.driver.find_elements("css selector", ".choices-of-dates button")
    chosen = times[1].text
    times[1].click()
    person.sees(".alert-success", person.say("Thank you. The date is agreed."))
    person.sees(".panel h2", chosen)
    with site.app.app_context():
        assert Booking.by_reference(site.known["offered"]).agreed_visit


def test_a_colleague_enters_the_findings_by_the_field_link_in_webkit(site, person):
    person.open(site.known["field_link"])
    person.answer({"Speed limit": "50", "Vehicles measured": "94", "Charged with speeding, in total": "0",
                   "Suitability in future": ("Suitable",), "What next?": ("Closed",)})
    person.press("Send to the office")
    person.sees(".alert-success")
    with site.app.app_context():
        assert db.session.get(Visit, site.known["visit_over"]).draft["passed"] == 94


def log_in(person: WebKitVisitor) -> None:
    """With a phone that was set up just now, for each of its codes works once."""
    with person.site.app.app_context():
        officer = Officer.by_email(OFFICER)
        officer.totp_secret, officer.totp_step = pyotp.random_base32(), 0
        db.session.commit()
        phone = pyotp.TOTP(officer.totp_secret)
    person.open("/kontor/")
    person.answer({"E-mail": OFFICER, "Password": PASSWORD, "Code from your phone": phone.now()})
    person.press("Log in")


def test_an_officer_logs_in_with_a_code_in_webkit(person):
    log_in(person)
    person.sees("h1", person.say("Work list"))


def note(person: WebKitVisitor, place: str, photo: Path) -> None:
    """Fill in a spot's form, and keep it."""
    person.answer({"Place": place, "Experience": ("Unsafe",), "Description": "Man kan ikke se, hvem der kommer.",
                   "Condition": ("Light missing",), "Proposal": "Sæt en lampe op.",
                   "Who is responsible?": "municipality", "Priority": ("At once",)})
    person.driver.find_element("name", "photo").send_keys(str(photo))
    person.press("Save")


def spots(site, visit: int) -> list[tuple[str, bool]]:
    """Each spot of a walk, and whether it has its photo."""
    with site.app.app_context():
        return [(task.details["place"], task.photo is not None) for task in db.session.get(Visit, visit).tasks]


def test_spots_typed_without_a_network_wait_and_arrive_once_in_webkit(site, person, tmp_path):
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (900, 600), "green").save(photo)
    log_in(person)
    person.sees("h1", person.say("Work list"))
    walk = site.known["visit_walk_over"]
    before = spots(site, walk)
    person.open(f"/kontor/besoeg/{walk}/opgaver")
    site.cut_off()
    for number, place in enumerate(("Stien", "Skuret"), 1):
        note(person, place, photo)
        person.sees("[data-said]", person.say(OFFLINE))
        person.sees("[data-waiting] [data-number]", str(number))
    site.connect()
    person.press("Send now")
    person.sees("[data-tasks]", "Skuret")
    person.wait.until(lambda driver: not driver.find_element("css selector", "[data-waiting]").is_displayed())
    assert spots(site, walk) == [*before, ("Stien", True), ("Skuret", True)]
