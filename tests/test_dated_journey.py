"""A meeting, a walk and the van in a real browser, each from wish to outcome, with and without JavaScript."""

from datetime import timedelta
from itertools import count

import pytest
from browser import DESKTOP, PHONE, Citizen, Keyboard, Mail, Site, Visitor, entries, running
from furnished import yesterday
from helpers_browser import assert_status, assert_text, log_in, office_page, send_off
from helpers_page import layout
from ways import MEETING, SUMMARY, VAN, WALK, Channel

from models import Booking, Visit, db, local

pytestmark = pytest.mark.browser

AHEAD = count(35, 10)  # days: nobody's date is near another's


class Case:
    """One wish on its way: the citizen, the officer, and the letters between them."""

    def __init__(self, site: Site, person: Visitor, officer: Visitor, who: Citizen):
        self.site, self.person, self.officer, self.who = site, person, officer, who
        self.letters, self.reference = 0, ""

    def mail(self) -> Mail:
        """The next letter, in the citizen's language; its link leads to the case."""
        self.letters += 1
        letter = self.site.mailbox.wait_for(self.who.email, self.letters)
        assert letter.language == self.person.language
        self.person.open(letter.link)
        assert not list(layout(self.person))
        return letter

    def sees_letters(self, show: str = "") -> str:
        """The officer reads what would go, and nothing has gone."""
        if show:
            self.officer.press(show)
        words = self.officer.page.locator(".letter-preview").inner_text()
        assert not list(layout(self.officer))
        assert len(self.site.mailbox.to(self.who.email)) == self.letters
        return words

    @property
    def agreed(self) -> Visit | None:
        with self.site.app.app_context():
            return Booking.by_reference(self.reference).agreed_visit

    def entry(self, letter: Mail, sequence: int, method: str = "PUBLISH"):
        """The letter's entry for a calendar; it says the same as the letter."""
        entry, agreed = letter.entry(method), self.agreed
        assert entry["sequence"] == sequence
        if agreed:
            assert (entry.start, entry.end) == (local(agreed.starts_at), local(agreed.ends_at))
            assert f"{entry.start.year} " in letter.text and f" {entry.start:%H:%M}–{entry.end:%H:%M}" in letter.text
            assert entry["location"] == agreed.public_place and agreed.public_place in letter.text
        return entry

    def in_public(self, entry) -> str:
        """How the public calendar and its feed show a visit: both the same."""
        self.person.follow("Calendar")
        assert_text(self.person, "h1", self.person.say("Where you can meet us"))
        shown = self.person.page.locator("main .agenda li li", has_text=self.who.text)
        feed = {e["uid"]: e for e in entries(self.person.page.request.get("/kalender.ics").text())}
        assert shown.count() == (entry["uid"] in feed)
        if entry["uid"] not in feed:
            return ""
        assert (feed[entry["uid"]]["status"] == "CANCELLED") == shown.locator(".status-cancelled").count()
        return feed[entry["uid"]]["status"]

    def office(self) -> None:
        office_page(self.officer, self.who, self.who.text)

    def office_visit(self) -> None:
        self.office()
        planned = self.officer.page.locator("aside li", has=self.officer.page.locator(".status-planned, .status-done"))
        self.officer.enter(planned.get_by_role("link"))


@pytest.mark.parametrize(("way", "kind", "javascript", "language", "size", "public"), [
    pytest.param(MEETING, Visitor, True, "da", DESKTOP, "Yes", id="meeting with JavaScript"),
    pytest.param(MEETING, Visitor, False, "en", PHONE, "Yes", id="meeting without JavaScript", marks=pytest.mark.chief),
    pytest.param(WALK, Visitor, True, "en", PHONE, "Yes", id="walk with JavaScript"),
    pytest.param(WALK, Keyboard, False, "da", DESKTOP, "Yes", id="walk without JavaScript or mouse"),
    pytest.param(VAN, Visitor, True, "da", PHONE, "Yes", id="van with JavaScript"),
    pytest.param(VAN, Visitor, False, "en", DESKTOP, "No", id="van without JavaScript"),
])
def test_from_wish_to_outcome(site, visit, way, kind, javascript, language, size, public):
    who = Citizen("Karen Æbelø", f"{way.slug}-{language}@example.dk", f"{way.slug.capitalize()}svej {language}")
    case = Case(site, visit(kind, javascript=javascript, size=size), visit(javascript=javascript, size=size), who)
    wish(case, way, language, public)
    log_in(case.officer)
    offer(case, way)
    first = choose(case)
    assert case.in_public(first) == ("CONFIRMED" if public == "Yes" else "")
    moved = move(case)
    assert moved["uid"] == first["uid"] and moved.start == first.start + timedelta(days=1)
    if way.off_and_on:
        assert call_off(case)["uid"] == first["uid"] and case.in_public(first) == "CANCELLED"
        assert agree_anew(case)["uid"] != first["uid"]
    let_it_pass(case)
    report(case, way)


@pytest.fixture(scope="module")
def site(chromium, template, tmp_path_factory):
    with running(tmp_path_factory.mktemp("dated"), template) as site:
        yield site


def wish(case: Case, way: Channel, language: str, public: str) -> None:
    """People are led to the right form by what they need."""
    person, who = case.person, case.who
    person.open("/")
    if language == "en":
        person.enter(person.page.get_by_role("link", name="English", exact=True))
        person.language = language
    person.follow(person.page.locator(".card", has_text=person.say(way.need)).get_by_role("link").inner_text())
    person.page.wait_for_url(f"**/bestil/{way.slug}")
    way.fill_in(person, who, next(AHEAD), public)
    assert_text(person, "h1", person.say("Check your booking"))
    assert all(word in person.page.locator("main").inner_text() for word in (who.text, who.name, who.email, "Bo Holm"))
    send_off(person)
    case.reference = person.page.locator(".reference-large").inner_text().replace(" ", "")
    assert not case.mail().attached
    assert_status(person, "received")


def offer(case: Case, way: Channel) -> None:
    """The nearest free dates stand in the form already."""
    case.office()
    case.officer.follow("Offer dates")
    case.officer.answer(way.takes)
    preview = case.sees_letters("Show the letter")
    case.officer.press("Send")
    letter = case.mail()
    times = case.person.page.locator(".choices-of-dates button").all_inner_texts()
    assert len(times) == 3 and all(time in letter.text and time in preview for time in times)


def choose(case: Case):
    """Opening a link, even a button's own address, chooses nothing; the button does."""
    person, page = case.person, case.person.page
    for form in page.locator(".choices-of-dates form").all():
        assert page.request.get(form.get_attribute("action")).ok
    page.reload()
    assert not case.agreed
    time = page.locator(".choices-of-dates button").nth(1).inner_text()
    person.press(time)
    assert_text(person, ".alert-success", person.say("Thank you. The date is agreed."))
    letter = case.mail()
    assert_text(person, ".panel h2", time)
    assert time in letter.text
    entry = case.entry(letter, 0)
    link = page.get_by_role("link", name=person.say("Put it into my calendar")).get_attribute("href")
    assert [e["uid"] for e in entries(page.request.get(link).text())] == [entry["uid"]]
    return entry


def move(case: Case):
    """A day later: whoever was told the date hears of it, and what stands in their calendar moves along."""
    case.office_visit()
    case.officer.follow("Move or change")
    case.officer.write("Date", (local(case.agreed.starts_at) + timedelta(days=1)).date().isoformat())
    case.sees_letters("Show the letters")
    case.officer.press("Save the date and send")
    return case.entry(case.mail(), 1)


def call_off(case: Case):
    why = "The vehicle is out of order."
    case.office_visit()
    case.officer.page.locator("summary", has_text=case.officer.say("Cancel the visit")).click()
    case.officer.tick("Why is it called off?", why)
    case.sees_letters("Show the letters")
    case.officer.press("Call it off and send")
    letter = case.mail()
    assert case.person.say(why) in letter.text
    assert_text(case.person, ".history", case.person.say(why))
    assert_status(case.person, "accepted")
    return case.entry(letter, 2, "CANCEL")


def agree_anew(case: Case):
    """The citizen had wished other dates, too."""
    case.office()
    case.officer.enter(case.officer.page.locator("a[href*='tid=']").last)
    case.sees_letters("Show the letters")
    case.officer.press("Save the date and send")
    return case.entry(case.mail(), 0)


def let_it_pass(case: Case) -> None:
    """It was yesterday."""
    with case.site.app.app_context():
        agreed = Booking.by_reference(case.reference).agreed_visit
        ago = timedelta(days=(local(agreed.starts_at).date() - yesterday()).days)
        for time in (agreed, *agreed.reservations):
            time.starts_at, time.ends_at = time.starts_at - ago, time.ends_at - ago
        for taken in agreed.reservations:  # all journeys share one yesterday, and nobody is in two places
            taken.unit_key += f" {agreed.id}"
        db.session.commit()


def report(case: Case, way: Channel) -> None:
    case.office_visit()
    case.officer.follow("Enter the findings")
    case.officer.answer(way.found)
    case.officer.press("Save, and see the letters")
    assert SUMMARY in case.sees_letters()
    case.officer.enter(case.officer.page.locator("main form button"))
    assert_status(case.officer, "reported")
    letter = case.mail()
    assert_status(case.person, "answered")
    for words in (letter.text, letter.html, case.person.page.locator(".findings").inner_text()):
        assert SUMMARY in words and "38" in words
    assert not letter.attached and len(case.site.mailbox.to(case.who.email)) == case.letters
