"""A service that takes in nothing for a while: what people read, how they join, and how they come in again."""

import re
from datetime import timedelta

import pytest
import time_machine
from conftest import WISH, WISHES, Page, Person, logged_in, times_ahead
from helpers import wish
from helpers_cases import TEXTS, WORDS, answered_lately, receive
from sqlalchemy import delete, select, update

from models import (
    Booking,
    DeliveryStatus,
    Event,
    EventKind,
    IntakePause,
    Letter,
    NotAllowed,
    Officer,
    Place,
    Visit,
    WaitlistEntry,
    db,
    limits,
    now,
    start_writing,
    today,
)
from models.base import autonomous_transaction

SLUG = "faerdselskontrol"
BOOK, SWITCH = f"/en/bestil/{SLUG}", f"/en/kontor/indtag/{SLUG}"
ANNA = "anna@example.dk"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-05-11T10:00:00+02:00", tick=False) as clock:
        yield clock


def letters_to(app, email: str) -> list[Letter]:
    with app.app_context():
        found = db.session.query(Letter).filter_by(recipient=email).order_by(Letter.id).all()
        db.session.expunge_all()
        return found


def link_in(letter: Letter) -> str:
    """The path of the secret page that a letter shows."""
    return re.search(r"https?://[^/\s]+((?:/en)?/besked/\S+)", letter.text)[1]


def on_the_list(app, *emails: str, language: str = "/en") -> list[str]:
    """Ask to be told, and confirm; the paths of their pages."""
    paths = []
    for email in emails:
        person = Person(app)
        person.post(f"{language}/bestil/{SLUG}/besked", {"email": email})
        paths.append(link_in(letters_to(app, email)[-1]))
        person.post(paths[-1], {"confirm": "1"})
    return paths


# The switch.

def test_the_officer_pauses_and_opens_and_every_press_is_kept(app, clock, officer, citizen):
    page = officer.post(SWITCH, {"until": "2026-05-25", **WORDS})
    assert page.status == 200 and "Paused until 25 May 2026" in page.text
    assert officer.post(SWITCH, {"until": "2026-06-01", **WORDS}).status == 200
    assert "closed" in citizen.get("/en/").text.lower()
    officer.post(f"{SWITCH}/aabn")
    assert citizen.get(BOOK).hidden["lat"]
    history = officer.get(SWITCH).text
    assert history.index("opened") < history.index("paused until 1 June") < history.index("paused until 25 May")
    assert history.count("Ida Betjent") == 3
    assert officer.client.post(f"{SWITCH}/aabn", data={"csrf_token": officer.get(SWITCH).token}).status_code == 303


@pytest.mark.parametrize(("typed", "error"), [
    ({"until": "2026-05-11"}, "lies ahead"), ({"until": ""}, "Write a date"), ({"texts-en": ""}, "must be filled in"),
    ({"texts-da": "Skriv til bo, CPR 010203-1234"}, "CPR"), ({"until": "2029-01-01"}, "at the latest")])
def test_a_pause_that_makes_no_sense_is_refused_and_what_was_typed_stays(app, officer, typed, error):
    page = officer.post(SWITCH, {"until": "2026-05-25", **WORDS, **typed})
    assert page.status == 422 and any(error in words for words in page.errors), page.errors
    assert "behind" in page.text or "texts-en" in typed
    with app.app_context():
        assert not IntakePause.pauses()


def test_a_pause_ends_by_itself_on_its_date(paused, clock, citizen):
    clock.move_to("2026-05-24T23:59:00+02:00")
    assert "opens again on 25 May 2026" in citizen.get(BOOK).text
    clock.move_to("2026-05-25T00:01:00+02:00")
    assert citizen.get(BOOK).hidden["lat"]
    with paused.app_context(), pytest.raises(NotAllowed):
        IntakePause.open(db.session.get(Officer, 1), "traffic")


def test_a_pause_is_proposed_when_the_expected_wait_passes_the_promise(app, clock, citizen):
    answered_lately(app, clock, waits=(1, 2), each=20)
    clock.shift(timedelta(days=21))
    desk = logged_in(app).get("/en/kontor/")
    assert "Pause the intake?" not in desk.text
    receive(app, 60)
    officer = logged_in(app)
    assert f'href="{SWITCH}"' in officer.get("/en/kontor/").html
    page = officer.get(SWITCH)
    assert all(words in page.text for words in ("We answer them first.", "Dem svarer vi først."))
    until = re.search(r'value="(2026-[\d-]+)"', page.html)[1]
    assert officer.post(SWITCH, {"until": until, "texts-da": "Travlt.", "texts-en": "Busy."}).status == 200
    assert "Pause the intake?" not in officer.get("/en/kontor/").text


def test_other_services_stay_open_and_the_phone_does_too(paused, officer, citizen):
    assert citizen.get("/en/bestil/dialogmoede").hidden["lat"]
    page = officer.post(f"/kontor/ny/{SLUG}", {**WISH, "once": "x", "channel": "phone"})
    assert page.status == 200 and "/kontor/sag/" in page.response.request.path


# What people read.

@pytest.mark.parametrize(("language", "words", "day"), [
    ("", "Vi er bagud & <travle>.", "25. maj 2026"), ("/en", "We are behind & <busy>.", "25 May 2026")])
def test_the_front_page_and_the_form_say_why_and_until_when(paused, citizen, language, words, day):
    for path in ("/", f"/bestil/{SLUG}"):
        page = citizen.get(language + path)
        assert page.status == 200 and words in page.text and day in page.text, path
    assert "lat" not in page.hidden


# Joining.

def test_whoever_asks_about_a_place_that_waits_already_may_join(paused, citizen):
    receive(paused)
    page = citizen.post(BOOK, {"road": " bygaden", "postcode": "4690", "join": "1"})
    assert page.status == 200 and page.hidden["lat"]
    assert re.search(r'<input[^>]*name="road"[^>]*>', page.html)[0].count("bygaden") == 1 and "4690" in page.html
    wish = {**WISH, "once": page.hidden["once"][0]}
    assert citizen.post(BOOK, wish).status == 200
    sent = citizen.post(BOOK, {**wish, "send": "1"})
    assert "/kvittering" in sent.response.request.path
    again = citizen.post(BOOK, {**wish, "send": "1"})
    assert again.response.request.path == sent.response.request.path
    with paused.app_context():
        assert db.session.query(Booking).count() == 2


def test_a_form_with_a_slip_goes_on_saying_why_it_can_be_sent_while_the_service_is_on_pause(paused, citizen):
    receive(paused)
    page = citizen.post(BOOK, {**WISH, "email": "anna", "once": "x", "send": "1"})
    assert page.status == 422 and "Others wait for an answer at this place, so you can join them" in page.text


@pytest.mark.parametrize("place", [{"road": "Skovvej"}, {"postcode": "4700"}])
def test_elsewhere_it_is_refused_beside_the_road_when_asked_and_when_sent(paused, citizen, place):
    receive(paused)
    asked = {"road": "Bygaden", "postcode": "4690", **place}
    for data in ({**asked, "join": "1"}, {**WISH, **asked, "once": "x"}, {**WISH, **asked, "once": "x", "send": "1"},
                 {**WISH, **asked, "once": "x", "send": "1", "join": ""}):
        page = citizen.post(BOOK, data)
        assert page.status == 422 and "Nobody waits for an answer at this place" in page.errors[0]
        assert f'value="{asked["road"]}"' in page.html
    assert "suser forbi" in citizen.post(BOOK, {**WISH, **asked, "once": "x"}).text
    with paused.app_context():
        assert db.session.query(Booking).count() == 1


def test_a_pin_beside_a_place_that_waits_opens_no_other_road(paused, citizen):
    with paused.app_context():
        db.session.get(Booking, receive(paused)[0]).place.lat = 55.32
        db.session.query(Booking).one().place.lng = 11.96
        db.session.commit()
    page = citizen.post(BOOK, {**WISH, "road": "Skovvej", "lat": "55.32", "lng": "11.96", "once": "x", "send": "1"})
    assert page.status == 422


def test_an_empty_or_foreign_place_is_refused_as_in_the_form(paused, citizen):
    assert len(citizen.post(BOOK, {"road": "", "postcode": "2200", "join": "1"}).errors) == 2


def test_where_a_date_is_agreed_nobody_joins(app, citizen):
    receive(app, service="meeting")
    with app.app_context():
        IntakePause.pause(db.session.get(Officer, 1), "meeting", today() + timedelta(days=14), TEXTS)
        db.session.commit()
    page = citizen.get("/en/bestil/dialogmoede")
    assert "Join others" not in page.text
    assert citizen.post("/en/bestil/dialogmoede", {"road": "Bygaden", "postcode": "4690", "join": "1"}).status == 422


def test_after_the_pause_joining_is_booking_like_any_other(app, citizen):
    assert citizen.post(BOOK, {"road": "Skovvej", "postcode": "4690", "join": "1"}).status == 422  # the rest is missing


# Being told.

def test_an_address_is_written_to_once_while_its_letter_is_on_its_way_and_when_it_is_confirmed(paused, citizen):
    first = citizen.post(f"{BOOK}/besked", {"email": ANNA})
    second = Person(paused).post(f"{BOOK}/besked", {"email": ANNA.upper()})
    assert "Thank you. If the address" in first.text
    assert re.sub(r'value="[^"]*"', "", first.html) == re.sub(r'value="[^"]*"', "", second.html)
    (letter,) = letters_to(paused, ANNA)
    assert not letters_to(paused, ANNA.upper())
    with paused.app_context():
        assert db.session.query(WaitlistEntry).count() == 1
    assert "to be told when the form opens: traffic control" in letter.text and letter.language == "en"
    with paused.app_context():
        assert WaitlistEntry.admit(db.session.get(Officer, 1), "traffic", 10, 5) == 0, "nobody has confirmed"
        assert ANNA not in str([(e.words, e.facts) for e in db.session.query(Event)])
    citizen.post(link_in(letter), {"confirm": "1"})
    citizen.post(f"{BOOK}/besked", {"email": ANNA})
    assert len(letters_to(paused, ANNA)) == 1


@pytest.mark.parametrize("became", [lambda x: x.mark_sent(), lambda x: x.mark_failed("550"), db.session.delete])
def test_who_lost_the_letter_and_asks_again_gets_another_in_the_language_of_the_asking(paused, clock, citizen, became):
    citizen.post(f"/bestil/{SLUG}/besked", {"email": ANNA})
    path = link_in(letters_to(paused, ANNA)[0])
    with paused.app_context():
        became(db.session.query(Letter).one())
        db.session.commit()
    clock.shift(timedelta(days=limits.WAITING_LIST_DAYS - 1))
    citizen.post(f"{BOOK}/besked", {"email": ANNA})
    newest = letters_to(paused, ANNA)[-1]
    assert newest.language == "en" and link_in(newest) == f"/en{path}"
    clock.shift(timedelta(days=limits.WAITING_LIST_DAYS))
    with paused.app_context():
        WaitlistEntry.notify_all()
        db.session.commit()
    assert "You are on the list" in citizen.post(link_in(newest), {"confirm": "1"}).text, "its days began anew"
    citizen.post(f"/bestil/{SLUG}/besked", {"email": ANNA})
    with paused.app_context():
        assert db.session.query(WaitlistEntry).one().language == "da", "whoever is on the list, too"
    assert letters_to(paused, ANNA)[-1].id == newest.id


def test_who_asks_more_often_than_an_address_is_written_to_can_still_press_the_link_that_they_got(paused, citizen):
    for _ in range(limits.RECEIPTS_A_DAY + 1):
        citizen.post(f"{BOOK}/besked", {"email": ANNA})
        with paused.app_context():
            for letter in db.session.query(Letter).filter_by(delivery_status=DeliveryStatus.WAITING):
                letter.mark_sent()
            db.session.commit()
    letters = letters_to(paused, ANNA)
    assert len(letters) == limits.RECEIPTS_A_DAY
    assert "You are on the list" in citizen.post(link_in(letters[0]), {"confirm": "1"}).text


@pytest.mark.parametrize("first", ["leaves", "opens", "is not confirmed"])
def test_who_waits_for_two_services_can_confirm_the_second_whatever_becomes_of_the_first(
        paused, clock, citizen, first):
    with paused.app_context():
        IntakePause.pause(db.session.get(Officer, 1), "walk", today() + timedelta(days=60), TEXTS)
        db.session.commit()
    for slug in (SLUG, "tryghedsvandring"):
        citizen.post(f"/en/bestil/{slug}/besked", {"email": ANNA})
    traffic, walk = letters_to(paused, ANNA)
    assert "safety walk" in walk.text
    if first == "leaves":
        citizen.post(link_in(traffic), {"leave": "1"})
    if first == "opens":
        with paused.app_context():
            IntakePause.open(db.session.get(Officer, 1), "traffic")
            db.session.commit()
    assert "You are on the list" in citizen.post(link_in(walk), {"confirm": "1"}).text
    with paused.app_context():
        assert [w.email for w in WaitlistEntry.waiting("walk")] == [ANNA] and not WaitlistEntry.waiting("traffic")


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "a" * 300 + "@example.dk", "a@b.dk\nBcc: c@d.dk"])
def test_what_is_no_address_is_refused(paused, citizen, typed):
    page = citizen.post(f"{BOOK}/besked", {"email": typed})
    assert page.status == 422 and page.errors
    with paused.app_context():
        assert db.session.query(WaitlistEntry).count() == 0


def test_looking_at_the_link_changes_nothing_and_the_buttons_do(paused, citizen):
    citizen.post(f"{BOOK}/besked", {"email": ANNA})
    path = link_in(letters_to(paused, ANNA)[0])
    for _ in range(2):
        assert "Shall we write to you" in citizen.get(path).text
    assert "You are on the list" in citizen.post(path, {"confirm": "1"}).text
    assert ANNA not in citizen.get(path).text
    assert citizen.get(path[:-1] + ("a" if path[-1] != "a" else "b"), check=False).status == 404
    press = {"leave": "1", "csrf_token": citizen.get(path).token}
    assert "You are off the list." in citizen.post(path, press).text
    made_up = re.sub(r"/\d+/.*", "/77/made-up", path)
    for page in (Page(citizen.client.post(path, data=press)), citizen.get(path), citizen.get(made_up, check=False)):
        assert page.status == 404 and "This address is not on the list any more" in page.text
        assert f'href="{BOOK}"' in page.html
    with paused.app_context():
        assert db.session.query(WaitlistEntry).count() == 0


def test_the_next_few_are_let_in_for_their_own_days_and_for_one_wish_each(paused, clock, officer, citizen):
    anna, bo, cy = on_the_list(paused, ANNA, "bo@example.dk", "cy@example.dk")
    assert "3 people want to be told" in officer.get(SWITCH).text
    page = officer.post(f"{SWITCH}/luk-ind", {"count": "2", "days": "5"})
    assert "2 letters are on their way" in page.text and "One person wants to be told" in page.text
    assert [len(letters_to(paused, f"{who}@example.dk")) for who in ("anna", "bo", "cy")] == [2, 2, 1]
    letter = letters_to(paused, ANNA)[-1]
    assert "until 16 May 2026" in letter.text and link_in(letter) == anna
    form = re.search(r'href="([^"]*adgang=[^"]*)"', citizen.get(anna).html)[1]
    wish = {**WISH, "road": "Skovvej", "once": citizen.get(form).hidden["once"][0]}
    assert citizen.post(form, wish).status == 200
    sent = citizen.post(form, {**wish, "send": "1"})
    assert "/kvittering" in sent.response.request.path
    assert "opens again on" in citizen.get(form).text, "it takes one wish"
    assert citizen.get(anna).status == 404, "off the list"
    theirs = re.search(r'href="([^"]*adgang=[^"]*)"', citizen.get(bo).html)[1]
    for added in (".", ")", "%20", "%E2%80%8B", "%3E"):
        assert citizen.get(theirs + added).hidden["lat"], "with what a link is pasted with"
    for wrong in (theirs[:-1], theirs.replace("adgang=", "adgang=9"), f"{BOOK}?adgang=x", f"{BOOK}?adgang=²-x",
                  f"{BOOK}?adgang={9**30}-x", f"{BOOK}?adgang=-"):
        assert "lat" not in citizen.get(wrong).hidden, wrong
    clock.move_to("2026-05-16T23:00:00+02:00")
    assert citizen.get(theirs).hidden["lat"]
    clock.move_to("2026-05-17T01:00:00+02:00")
    assert "lat" not in citizen.get(theirs).hidden
    assert "was open for you until 16 May 2026" in citizen.get(bo).text
    assert "You are on the list" in citizen.get(cy).text


def test_letting_in_that_is_pressed_twice_lets_one_batch_in(paused, officer):
    on_the_list(paused, ANNA, "bo@example.dk")
    form = {"count": "1", "days": "5", "version": officer.get(SWITCH).hidden["version"][0]}
    for _ in range(2):
        assert "One letter is on its way." in officer.post(f"{SWITCH}/luk-ind", form).text
    with paused.app_context():
        assert [bool(w.notified_on) for w in db.session.query(WaitlistEntry).order_by(WaitlistEntry.id)] == [True,
            False]


def test_a_pass_opens_only_the_form_it_is_for(paused, officer, citizen):
    (anna,) = on_the_list(paused, ANNA)
    officer.post(f"{SWITCH}/luk-ind", {"count": "1", "days": "5"})
    form = re.search(r'href="([^"]*adgang=[^"]*)"', citizen.get(anna).html)[1]
    with paused.app_context():
        IntakePause.pause(db.session.get(Officer, 1), "meeting", today() + timedelta(days=14), TEXTS)
        db.session.commit()
    assert "lat" not in citizen.get(form.replace(SLUG, "dialogmoede")).hidden


def test_one_mailbox_is_on_the_list_once_however_it_is_written(app):
    with app.app_context():
        for address in ("anna.jensen@gmail.com", "AnnaJensen@googlemail.com", "anna@ærø.dk", "anna@xn--r-3fa9c.dk"):
            WaitlistEntry.ask("meeting", address, "da")
        assert [waiter.email for waiter in db.session.query(WaitlistEntry)] == [
            "anna.jensen@gmail.com", "anna@xn--r-3fa9c.dk"]


def test_a_form_sent_twice_with_a_pass_is_one_booking(app, citizen):
    with app.app_context():
        ida = db.session.get(Officer, 1)
        IntakePause.pause(ida, "meeting", today() + timedelta(days=14), TEXTS)
        WaitlistEntry.ask("meeting", ANNA, "da")
        waiter = db.session.query(WaitlistEntry).one()
        waiter.confirm()
        WaitlistEntry.admit(ida, "meeting", 1, 5)
        db.session.commit()
        form = f"/bestil/dialogmoede?adgang={waiter.id}-{waiter.secret}"
    wish = {**times_ahead(), **WISHES["dialogmoede"], "once": citizen.get(form).hidden["once"][0], "send": "1"}
    first, second = (citizen.post(form, wish).response.request.path for _ in range(2))
    assert first == second and first.endswith("/kvittering")


def test_who_sends_a_form_that_was_open_reads_that_it_is_on_pause_and_why(app, citizen):
    citizen.get("/en/bestil/dialogmoede")
    wish(app, service="meeting", road="Torvet 1")
    with app.app_context():
        IntakePause.pause(db.session.get(Officer, 1), "meeting", today() + timedelta(days=14), TEXTS)
        db.session.commit()
    page = citizen.post("/en/bestil/dialogmoede", {**times_ahead(), **WISHES["dialogmoede"], "road": "Torvet 1"})
    assert page.status == 422 and "Nothing was sent: we take in no new wishes just now" in page.text
    assert TEXTS["en"] in page.text and not page.errors and 'value="Torvet 1"' in page.html
    assert "Nobody waits" not in page.text and "Others wait" not in page.text, "nobody is told who else asks"


def test_who_comes_too_late_by_the_link_of_their_letter_reads_it(paused, clock, officer, citizen):
    (anna,) = on_the_list(paused, ANNA)
    officer.post(f"{SWITCH}/luk-ind", {"count": "1", "days": "1"})
    form = re.search(r'href="([^"]*adgang=[^"]*)"', citizen.get(anna).html)[1]
    citizen.get(form)
    clock.shift(timedelta(days=3))
    page = citizen.post(form, {**WISH, "road": "Skovvej"})
    assert page.status == 422 and "the form is not open for you any more" in page.text and not page.errors


@pytest.mark.parametrize("is_open", [False, True], ids=["paused", "open"])
def test_a_pass_that_goes_away_while_the_booking_waits_its_turn_loses_nothing_typed(
        paused, monkeypatch, officer, citizen, is_open):
    """Another tab of the same letter was quicker, or somebody took the address off the list."""
    (anna,) = on_the_list(paused, ANNA)
    officer.post(f"{SWITCH}/luk-ind", {"count": "1", "days": "5"})
    form = re.search(r'href="([^"]*adgang=[^"]*)"', citizen.get(anna).html)[1]
    wish = {**WISH, "road": "Skovvej", "once": citizen.get(form).hidden["once"][0], "send": "1"}

    def start_writing_second():
        with autonomous_transaction() as other:
            other.execute(delete(WaitlistEntry))
            other.execute(update(IntakePause).values(until=today()) if is_open else select(1))
        start_writing()

    monkeypatch.setattr("citizen.booking.start_writing", start_writing_second)
    page = citizen.post(form, wish)
    if is_open:
        assert "/kvittering" in page.response.request.path
    else:
        assert page.status == 409 and "the form is not open for you any more" in page.text
        assert page.hidden["road"] == ["Skovvej"] and page.hidden["text"] == [WISH["text"]]
    with paused.app_context():
        assert db.session.query(Booking).filter_by(email=WISH["email"]).count() == is_open


@pytest.mark.parametrize("typed", [{"count": "0"}, {"days": "0"}, {"count": ""}, {"days": "x"}, {"count": "501"}])
def test_a_batch_that_makes_no_sense_is_refused(paused, officer, typed):
    assert officer.post(f"{SWITCH}/luk-ind", {"count": "2", "days": "5", **typed}).status == 422


@pytest.mark.postgres
def test_when_it_opens_all_who_are_left_are_told_once_and_are_off_the_list(paused, clock, citizen):
    paths = on_the_list(paused, ANNA, "bo@example.dk")
    citizen.post(f"{BOOK}/besked", {"email": "never@example.dk"})

    def worker():
        with paused.app_context():
            WaitlistEntry.notify_all()
            db.session.commit()

    worker()
    assert len(letters_to(paused, ANNA)) == 1
    clock.move_to("2026-05-25T08:00:00+02:00")
    for _ in range(3):
        worker()
    assert [len(letters_to(paused, who)) for who in (ANNA, "bo@example.dk", "never@example.dk")] == [2, 2, 1]
    assert f"http://127.0.0.1:8000{BOOK}" in letters_to(paused, ANNA)[-1].text
    assert "The form is open." in citizen.get(paths[0]).text
    clock.move_to("2026-06-02T08:00:00+02:00")
    worker()
    with paused.app_context():
        assert db.session.query(WaitlistEntry).count() == 0
        assert db.session.query(Event).filter(Event.kind == EventKind.WAITER_TOLD).count() == 2


def test_the_list_keeps_no_address_longer_than_it_says_while_the_pause_lasts(paused, clock, officer, citizen):
    on_the_list(paused, ANNA, "bo@example.dk")
    citizen.post(f"{BOOK}/besked", {"email": "never@example.dk"})
    officer.post(f"{SWITCH}/luk-ind", {"count": "1", "days": "3"})
    for days, left in ((0, 3), (8, 2), (3, 1)):  # who never confirmed goes first, then who was let in for three days
        clock.shift(timedelta(days=days))
        with paused.app_context():
            IntakePause.pause(db.session.get(Officer, 1), "traffic", today() + timedelta(days=14), TEXTS)
            WaitlistEntry.notify_all()
            db.session.commit()
            assert db.session.query(WaitlistEntry).count() == left, days
    with paused.app_context():
        assert [waiter.email for waiter in WaitlistEntry.waiting("traffic")] == ["bo@example.dk"]


@pytest.mark.parametrize("by_letter", [True, False])
def test_who_was_told_may_wait_again_in_the_next_pause(paused, clock, citizen, by_letter):
    (path,) = on_the_list(paused, ANNA)
    clock.move_to("2026-05-25T08:00:00+02:00")
    with paused.app_context():
        WaitlistEntry.notify_all()
        db.session.commit()
        IntakePause.pause(db.session.get(Officer, 1), "traffic", today() + timedelta(days=14), TEXTS)
        db.session.commit()
    assert "Shall we write to you" in citizen.get(path).text
    if by_letter:
        citizen.post(path, {"confirm": "1"})
    else:
        citizen.post(f"{BOOK}/besked", {"email": ANNA})
    with paused.app_context():
        assert [w.email for w in WaitlistEntry.waiting("traffic")] == [ANNA]
    assert len(letters_to(paused, ANNA)) == 2


def test_who_has_not_confirmed_when_it_opens_finds_it_open(paused, clock, citizen):
    citizen.post(f"{BOOK}/besked", {"email": ANNA})
    clock.move_to("2026-05-25T08:00:00+02:00")
    assert "The form is open." in citizen.get(link_in(letters_to(paused, ANNA)[0])).text


def test_no_page_shows_an_address_of_the_list(paused, officer, citizen):
    on_the_list(paused, ANNA)
    for person, path in ((citizen, BOOK), (citizen, "/en/"), (officer, SWITCH), (officer, "/en/kontor/indtag")):
        assert ANNA not in person.get(path).html


def test_nothing_of_it_knows_of_a_coming_control(paused, citizen):
    """A place counts as waiting whether or not a visit is planned there (see test_waiting, too)."""
    (id,) = receive(paused)
    with paused.app_context():
        booking, ida = db.session.get(Booking, id), db.session.get(Officer, 1)
        booking.accept(ida, "")
        db.session.commit()
    data = {"road": "Bygaden", "postcode": "4690", "join": "1"}

    def pages() -> list[str]:
        shown = [citizen.post(BOOK, data), citizen.post(BOOK, {**data, "road": "Lurestien"}), citizen.get(BOOK)]
        return [re.sub(r'name="(csrf_token|once)"[^>]*', "", page.html) for page in shown]

    before = pages()
    with paused.app_context():
        booking = db.session.get(Booking, id)
        Visit.plan(db.session.get(Officer, 1), service="traffic", starts_at=now() + timedelta(days=2),
                   resource_units={"crew": "A"},
                   ends_at=now() + timedelta(days=2, hours=1), method="atk", bookings=[booking], place=Place.at(
                       road="Lurestien", postcode="4690", town="Haslev", municipality="Faxe"))
        db.session.commit()
    assert pages() == before

