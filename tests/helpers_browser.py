"""What tests in Chromium share: the browser, a furnished site, visitors, and the ways through a log-in and a form."""

from collections import Counter
from collections.abc import Callable

import pytest
from browser import Citizen, Site, Visitor, find_chromium, running
from conftest import OFFICER, PASSWORD
from furnished import furnish
from tools import leave_out

from models import Booking, db


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests of this process; who visits a page does so in a context of their own."""
    path = find_chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        leave_out("no Chromium and playwright here; on Debian: sudo apt-get install chromium-headless-shell")
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


def assert_text(person: Visitor, selector: str, text: str) -> None:
    """Once it is seen, all of its page is there."""
    person.page.locator(selector, has_text=text).first.wait_for()
    person.page.wait_for_load_state()


def send(form: str = "main form:not(.filters)", **typed: str) -> Callable[[Visitor], None]:
    """Type into fields by their names and send the form; "" empties a field."""
    def do(visitor: Visitor) -> None:
        page = visitor.page
        hidden = page.locator("details:not([open])", has=page.locator(form))
        if hidden.count():
            hidden.locator("summary").click()
        for name, value in typed.items():
            page.locator(f"{form} [name='{name}']").first.fill(value)
        visitor.enter(page.locator(f"{form} button:not([type=button])").first)
    return do


def office_page(officer: Visitor, who: Citizen, road: str) -> None:
    """Open a citizen's booking as an officer looks for it."""
    officer.follow("Work list")
    officer.page.get_by_role("searchbox").fill(f"{who.email} {road.lower()}")
    officer.press("Show")
    officer.enter(officer.page.locator(".work-list tbody").get_by_role("link"))
    assert road in officer.page.locator("h1").inner_text()


def assert_status(person: Visitor, status: str) -> None:
    assert_text(person, f".status-{status}", "")
