"""A result from the officer's form to everybody's list, feed, file and map: a real browser, with and without script."""

from datetime import timedelta

import pytest
from browser import GIVE_UP_AFTER, PHONE, Site, Visitor, running
from helpers import wish
from helpers_browser import assert_status, assert_text, log_in
from helpers_cases import planned

from models import add_working_days, limits, now, today

pytestmark = pytest.mark.browser
ROAD = "Terslev Bygade"


def furnish(app) -> dict:
    return {"visit": planned(app, wish(app, road=ROAD, lat=55.37393, lng=11.96235), start=now() - timedelta(hours=3))}


@pytest.fixture(scope="module")
def site(chromium, template, tmp_path_factory):
    with running(tmp_path_factory.mktemp("results"), template, furnish) as site:
        yield site


@pytest.fixture
def visit(chromium, site):
    visitors = []

    def arrive(**how) -> Visitor:
        visitors.append(Visitor(chromium, site, **how))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.leave()


def move_clock(site: Site, ahead: timedelta) -> None:
    """The site's processes start anew, so much later."""
    for process in site._running:
        process.terminate()
        process.wait(GIVE_UP_AFTER)
    site._running.clear()
    site.ahead += ahead
    site._run("letter_worker", "--seconds", "0.5")
    site.serve()


def wait_until_public(visitor: Visitor, path: str, text: str) -> None:
    """The worker makes it public within a second of its start."""
    for _ in range(GIVE_UP_AFTER * 5):
        visitor.open(path)
        if visitor.page.get_by_text(text).count():
            return
        visitor.page.wait_for_timeout(200)
    raise AssertionError(f"{text} does not come at {path}")


def send_findings(officer: Visitor, measured: str) -> None:
    officer.write("Vehicles measured", measured)
    officer.press("Save, and see the letters")
    officer.page.locator("main form button").click()
    assert_status(officer, "reported")


def test_findings_are_public_after_five_working_days_on_page_feed_file_and_map(site, visit):
    page = f"/kontor/besoeg/{site.known['visit']}"
    officer = visit()
    log_in(officer)
    officer.open(f"{page}/resultat")
    officer.choose("Speed limit", "50")
    officer.write("Charged with speeding, in total", "0")
    officer.tick("Suitability in future", "Suitable")
    officer.tick("What next?", "Closed")
    send_findings(officer, "94")
    site.mailbox.wait_for("anna@example.dk", 2)
    readers = [visit(language=language, javascript=javascript, size=PHONE)
               for language in ("da", "en") for javascript in (True, False)]
    for reader in readers:
        reader.open(("/en" if reader.language == "en" else "") + "/resultater")
        assert_text(reader, "main", reader.say("No result fits. Try fewer words, or part of the road’s name."))

    move_clock(site, timedelta(days=(add_working_days(today(), limits.RELEASE_DAYS) - today()).days))
    wait_until_public(readers[0], "/resultater", ROAD)
    good_news = "Nobody was charged with speeding at the times when we measured. That is good news."
    for reader, javascript in zip(readers, (True, False) * 2, strict=True):
        root = "/en" if reader.language == "en" else ""
        reader.open(f"{root}/resultater?q=terslev+bygade+12")
        assert_text(reader, ".results", reader.say(good_news))
        reader.follow("See the places on a map")
        if javascript:
            reader.page.locator(".map-pin").click()
            reader.enter(reader.page.locator(".leaflet-popup-content a"))
        else:
            assert not reader.page.locator(".map").is_visible()
            assert reader.page.locator(".map + noscript > p").is_visible(), "why there is none"
            reader.enter(reader.page.locator("main table a", has_text=ROAD))
        assert_text(reader, "h1", ROAD)
        assert_text(reader, "main", "94")
        request = reader.context.request
        assert ROAD in request.get(f"{root}/resultater.atom").text()
        assert ROAD in request.get(f"{root}/resultater.csv").text()

    officer = visit()
    log_in(officer)
    officer.open(f"{page}/resultat")
    send_findings(officer, "95")
    for reader in readers:
        reader.page.reload()
        assert_text(reader, ".note", "94")
    officer.open(page)
    officer.page.locator("summary", has_text=officer.say("Hold the result back")).click()
    officer.write("Hold the result back from the public, because …", "Målingen var forkert.")
    officer.press("Hold it back")
    for reader in readers:
        reader.page.reload()
        assert reader.status == 404


def test_what_a_program_reads_is_shown_as_it_is_written(visit):
    reader = visit(javascript=False)
    reader.open("/resultater/data")
    first_letters = """() => [...document.querySelectorAll("dt")].map(
      (e) => getComputedStyle(e, "::first-letter").textTransform)"""
    assert set(reader.page.evaluate(first_letters)) == {"none"}
