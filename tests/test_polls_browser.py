"""A meeting with a poll, from the office's page to the letter: an officer in a browser, the wall beside, and thirty
phones that answer at once over HTTP."""

import pytest
from browser import DESKTOP, PHONE, Visitor, running
from helpers_browser import assert_text, log_in
from helpers_page import NARROW, accessibility, layout
from helpers_polls import code_of, meeting_today, poll_of
from helpers_servers import Browser, at_once, codes
from ways import MEETING

from facts import load_shipped
from models import PollAnswer, db

pytestmark = pytest.mark.browser

PHONES = 30
WALL = {"width": 1920, "height": 1080}
BEFORE = {"round": "before", "trend": "more", "level": "10", "safe": "unsafe"}
AFTER = {"round": "after", "safe": "safe", "learned": "yes"}


@pytest.fixture(scope="module")
def site(chromium, template, tmp_path_factory):
    with running(tmp_path_factory.mktemp("polls"), template, furnish) as site:
        yield site


def furnish(app) -> dict:
    with app.app_context():
        load_shipped()
        db.session.commit()
    return {"visit": meeting_today(app)}


def all_answer(site, phones: list[Browser], **answers) -> None:
    """All press at once; then every second one changes its mind."""
    path = f"/m/{code_of(site.app, site.known['visit'])}"
    for phone in phones:
        assert phone.get(path).status == 200
    assert codes(at_once([lambda p=phone: p.press(path, **answers) for phone in phones])) == {303: len(phones)}
    changed = phones[::2]
    assert codes(at_once([lambda p=phone: p.press(path, **answers | {"safe": "very_safe"}) for phone in changed])) == {
        303: len(changed)}
    with site.app.app_context():
        assert db.session.query(PollAnswer).count() == len(phones)


def assert_well_shown(wall: Visitor) -> None:
    """Nothing on the wall is cut off or beneath its edge, nor on a phone wider than it, and axe has nothing to say. It
    has no link and no button, so the rules for these have nothing to look at. Its coming anew is held up meanwhile."""
    wall.page.evaluate("() => window.stop()")
    assert wall.page.evaluate("() => document.documentElement.scrollHeight") <= WALL["height"], "it fits the wall"
    found = [*layout(wall), *accessibility(wall)]
    wall.page.set_viewport_size(NARROW)
    found += [*layout(wall), *accessibility(wall)]
    wall.page.set_viewport_size(WALL)
    assert not found
    wall.page.reload()


def test_a_poll_at_a_meeting_from_the_code_on_the_wall_to_the_letter(site, visit):
    officer, wall = visit(size=DESKTOP), visit(size=WALL)
    anna = visit(size=PHONE, javascript=False)
    log_in(officer)
    officer.open(f"/kontor/besoeg/{site.known['visit']}")
    officer.follow("Open the page of the poll")
    officer.press("Open the poll before")
    with site.app.app_context():
        poll = poll_of(site.known["visit"])
        code, secret = poll.code, poll.secret
    wall.open(f"/m/{code}/{secret}")
    assert_text(wall, "p", f"{site.host}/m/{code}")
    assert_well_shown(wall)
    phones = [Browser(site) for _ in range(PHONES)]
    all_answer(site, phones, **BEFORE)
    anna.open(f"/m/{code}")
    for answer in ("Der er flere", "10–24", "Utryg"):
        anna.page.get_by_label(answer, exact=True).check(force=True)
    anna.press("Send your answers")
    assert_text(anna, ".alert-success", anna.say(
        "Thank you. Your answer counts. Until the poll is closed, you can change it here."))
    assert_text(wall, "strong", f"{PHONES + 1} telefoner har svaret")  # the page comes anew by itself
    officer.press("Close the poll")
    assert_text(wall, "caption", f"{PHONES + 1} svar")
    officer.press("Show the facts")
    assert_text(wall, ".poll-fact", "Danmarks Statistik")
    assert_well_shown(wall)
    officer.press("Open the poll afterwards")
    all_answer(site, phones, **AFTER)
    officer.press("Close the poll")
    assert_text(wall, "h2", wall.say("Did you learn something that you did not know?"))
    assert_well_shown(wall)
    officer.open(f"/kontor/besoeg/{site.known['visit']}/resultat")
    officer.answer(MEETING.found)
    officer.press("Save, and see the letters")
    letter = officer.page.locator(".letter-preview").inner_text()
    for line in (f"{PHONES + 1} of {PHONES + 1} believed that there are more burglaries in homes than 5 years ago.",
                 f"Before: {PHONES // 2} of {PHONES + 1} felt safe or very safe.",
                 f"Afterwards: {PHONES} of {PHONES} felt safe or very safe.",
                 f"Afterwards: {PHONES} of {PHONES} learned something that they did not know."):
        assert line in letter
