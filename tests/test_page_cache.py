"""Pages that are rendered once: the same as rendered anew, whatever has changed, and nobody's but their reader's."""

import gzip
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import databases
import pytest
import time_machine
from conftest import OFFICER, Person, logged_in
from helpers_district import NOW, TOKENS, District, crawl, told

import facts
import page_cache
from models import (
    Booking,
    DeliveryStatus,
    IntakePause,
    Letter,
    Officer,
    OfficerAbsence,
    Poll,
    PollStatus,
    PrivacyNotice,
    QuarterAccount,
    Result,
    RetentionDecision,
    Visit,
    db,
    now,
    today,
)
from ops.jobs import renew_account
from street_map import FILE_NAME

pytestmark = pytest.mark.usefixtures("tasks_after_controls")
FORM, VAN = "/bestil/faerdselskontrol", "/bestil/mobil-politistation"
SECRET = re.compile(r'name="(?:csrf_token|once)" value="([^"]+)"')


@pytest.fixture
def clock(district):
    district.app.extensions["page_cache"] = {}
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


def own(app) -> Person:
    """Somebody whose session says more than a kept page shows: theirs are all rendered anew."""
    person = Person(app)
    with person.client.session_transaction() as session:
        session["more"] = 1
    return person


def kept(app) -> list[str]:
    """The addresses of the pages that are kept."""
    return sorted({f"{urlsplit(root).path.removesuffix('/')}{path}" for root, path, *_ in app.extensions["page_cache"]})


def walked(app) -> list[str]:
    """Every page that a stranger comes to and that is kept then."""
    for _ in crawl(app.test_client(), "/", "/en/", "/sitemap.xml", "/resultater.atom"):
        pass
    return kept(app)


def a_meeting(district: District, ida: Officer, starts: int, ends: int) -> Visit:
    """One that everybody may come to, in so many minutes."""
    wish = district._wish("meeting", {"kind": "public"})
    wish.public = True
    return Visit.plan(ida, service="meeting", place=wish.place, starts_at=now() + timedelta(minutes=starts),
                      ends_at=now() + timedelta(minutes=ends), bookings=[wish], date_agreed=True,
                      public_place="Biblioteket", public=True, resource_units={"crew": "Hold 1"}, travel=0)


# What may change, in an order in which all of it can: how, and the page on which it shows.


def a_booking(district: District, ida: Officer, clock) -> str:
    district._wish()
    return FORM


def a_decision(district, ida, clock):
    Booking.by_reference(district.people["new"][0]).decline(ida, "resources", "", "")
    return FORM


def a_pause(district, ida, clock):
    IntakePause.pause(ida, "van", today() + timedelta(days=2), {"da": "Travlt.", "en": "Busy."})
    return VAN


def other_words_for_the_pause(district, ida, clock):
    IntakePause.pause(ida, "van", today() + timedelta(days=2), {"da": "Meget travlt.", "en": "Very busy."})
    return "/en/"


def midnight_at_which_the_pause_ends(district, ida, clock):
    clock.shift(timedelta(days=2))
    return VAN


def an_officer_who_is_away(district, ida, clock):
    OfficerAbsence.enter(ida, today(), today() + timedelta(days=1), texts={"da": "Kursus.", "en": "A course."})
    return "/"


def an_agreed_date(district, ida, clock):
    a_meeting(district, ida, 50, 60)
    return "/kalender"


def a_minute_in_which_the_visit_is_over(district, ida, clock):
    clock.shift(timedelta(minutes=60))
    return "/kalender"


def a_privacy_notice(district, ida, clock):
    PrivacyNotice.add(ida, texts={"da": "Ny tekst.", "en": "New text."})
    return "/privatliv"


def a_permission_to_remove(district, ida, clock):
    RetentionDecision.enter(ida, "2026/1", 12, today() + timedelta(days=1))
    return "/privatliv"


def a_result_that_is_released(district, ida, clock):
    for letter in db.session.query(Letter):
        letter.delivery_status, letter.sent_at = DeliveryStatus.SENT, now()
    clock.shift(timedelta(days=20))
    Visit.release_due()
    assert db.session.query(Result).count()
    return "/resultater"


def a_result_that_is_withheld(district, ida, clock):
    db.session.get(Visit, district.visits["reported"]).withhold(ida, "Ikke endnu.")
    return "/resultater"


def a_result_that_is_allowed_again(district, ida, clock):
    db.session.get(Visit, district.visits["reported"]).allow_release(ida)
    return "/resultater"


def a_place_that_is_called_otherwise(district, ida, clock):
    db.session.query(Result).one().town = "Haslev By"
    return "/resultater"


def an_account_of_a_quarter(district, ida, clock):
    clock.shift(timedelta(days=100))
    while renew_account() and not db.session.query(QuarterAccount).count():
        pass
    return "/regnskab"


def figures_of_crime(district, ida, clock):
    facts.load_shipped()
    return ""


def a_poll(district, ida, clock):
    visit = a_meeting(district, ida, 60, 120)
    Poll.of(visit).open(ida, PollStatus.BEFORE_OPEN)
    return "/kalender"


def a_map(district, ida, clock):
    with closing(sqlite3.connect(Path(district.app.instance_path, FILE_NAME))) as file, file:
        file.executescript("CREATE TABLE metadata (name, value); INSERT INTO metadata VALUES ('format', 'png');"
                           "CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data);"
                           "INSERT INTO tiles VALUES (14, 1, 1, x'00');")
    return FORM


def somebody_past_our_code(district, ida, clock):
    db.session.rollback()
    with databases.outside(district.app.instance_path) as database:
        database.execute("UPDATE results SET town = 'Faxe'")
    return "/resultater"


CHANGES = (a_booking, a_decision, a_pause, other_words_for_the_pause, midnight_at_which_the_pause_ends,
           an_officer_who_is_away, an_agreed_date, a_minute_in_which_the_visit_is_over, a_privacy_notice,
           a_permission_to_remove, a_result_that_is_released, a_result_that_is_withheld,
           a_result_that_is_allowed_again, a_place_that_is_called_otherwise, an_account_of_a_quarter, figures_of_crime,
           a_poll, a_map, somebody_past_our_code)
SHOW_A_CHANGE = {FORM, VAN, "/", "/en/", "/kalender", "/privatliv", "/resultater", "/regnskab"}


def test_a_page_that_is_rendered_once_is_the_same_as_rendered_anew_after_every_kind_of_change(district, clock):
    """After each of them, all pages in one language, in turn: what one language's page turns on, the other's does."""
    app, before, pages = district.app, {}, []
    for number, change in enumerate((None, *CHANGES)):
        with app.app_context():
            shown_on = change(district, Officer.by_email(OFFICER), clock) if change else ""
            db.session.commit()
        if change in (None, a_result_that_is_released):
            pages = walked(app)
        stranger, anew = Person(app).client, own(app).client
        in_turn = [path for path in pages if path.startswith("/en/") == bool(number % 2)]
        after = {path: told(stranger.get(path)) for path in pages if path in (*in_turn, *SHOW_A_CHANGE)}
        for path, page in after.items():
            assert page == told(anew.get(path)), f"{path} is stale after {change}"
        assert not shown_on or before[shown_on] != after[shown_on], f"{shown_on} says nothing of {change}"
        before = after
    assert len(before) > 15 and len(pages) > 30, "places of results among them"


def test_each_reader_of_a_kept_page_gets_tokens_of_their_own_and_they_work(district, clock):
    app, given, stale = district.app, {}, "had been open for too long"
    with_form = [path for path in walked(app) if "csrf_token" in Person(app).get(path).html]
    assert {FORM, VAN, "/find", "/en/find", "/tilgaengelighed"} <= set(with_form)
    for path in with_form:
        for person in (Person(app), Person(app)):
            page = person.get(path)
            secrets = SECRET.findall(page.html)
            assert all(secrets) and page.html.count('name="once"') == len(set(page.hidden["once"]))
            for secret in secrets:
                assert given.setdefault(secret, person) is person, f"{path} carries a token of somebody else"
            assert stale not in person.post("/en/find", {"csrf_token": page.token}).text
    assert stale in person.post("/en/find", {"csrf_token": next(iter(given))}).text


def test_what_is_one_persons_is_neither_kept_nor_shown_to_another(district, clock):
    app = district.app
    person, officer, kvaks = Person(app), logged_in(app), []
    kvaks.append(person.post(FORM, {"road": "Kvaksvej", "name": "Kvaks"}))  # typed
    kvaks.append(person.get(f"{FORM}?vej=Kvaksvej&postnr=4690"))
    kvaks.append(person.get("/resultater?q=Kvaks"))
    for who in (person, officer):
        with who.client.session_transaction() as session:
            session["_flashes"] = [("message", "Kvaksbesked")]
        kvaks.append(who.get("/"))
    assert all("Kvaks" in page.html for page in kvaks)
    officer.get("/saadan-virker-det")
    assert not kept(app), "none of these is the same for everybody"
    assert "Kvaks" not in Person(app).get("/").html + Person(app).get(FORM).html
    assert kept(app) == ["/", FORM]


def test_a_kept_page_is_sent_with_gzip_and_its_tokens_stand_in_it_as_they_are(district, clock):
    person, sizes = Person(district.app), set()
    for _ in range(9):
        answer = person.client.get(FORM, headers={"Accept-Encoding": "gzip"})
        page = gzip.decompress(answer.data)
        assert answer.headers["Content-Encoding"] == "gzip" and len(answer.data) < len(page) / 3
        sizes.add(len(answer.data))
        for token in SECRET.findall(page.decode()):
            assert token.encode() in answer.data, "packed, its size would tell what it is"
    assert len(sizes) == 1
    assert TOKENS.sub("", page.decode()) == TOKENS.sub("", person.client.get(FORM).text)


def test_so_many_pages_are_kept_and_no_more(district, clock, monkeypatch):
    monkeypatch.setattr(page_cache, "MOST_KEPT", 5)
    client = district.app.test_client()
    for path in ("/", "/kalender", "/privatliv", "/find", "/resultater", "/saadan-virker-det"):
        assert client.get(path).status_code == 200
    assert kept(district.app) == ["/find", "/kalender", "/privatliv", "/resultater", "/saadan-virker-det"]
