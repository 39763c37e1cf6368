"""Programs that send forms get nowhere, or not far, and can be counted; people never notice that they were looked
at."""

import re
import secrets
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from conftest import WISH, Page, Person, book, check_page, form_name, logged_in
from helpers import as_sent
from itsdangerous import TimestampSigner

from models import Booking, DeliveryStatus, IntakePause, Letter, Officer, WaitlistEntry, db, now, today

BOOK = "/bestil/faerdselskontrol"
ONCE_MORE, EMPTIED = "om det var et menneske", "Vi har tømt feltet"
TYPED = {k: v for k, v in WISH.items() if k != "language"}  # as the form comes with its own


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-05-11T07:00:00+02:00", tick=False) as clock:
        yield clock


@pytest.fixture
def wary(make_app):
    """The site as it stands in the world, behind a web server of its own."""
    return make_app(BOT_CHECK=True, RATELIMIT_ENABLED=True, PROXIES=1)


def post(person: Person, path: str, data: dict, ip: str = "192.0.2.1") -> Page:
    return Page(person.client.post(path, data=data, headers={"X-Forwarded-For": ip}))


def form_of(person: Person, path: str = BOOK, having: str = "once") -> dict:
    """What a browser sends of this form when nothing was typed."""
    return as_sent(person.get(path, check=False), having)


def is_booked(page: Page) -> bool:
    return page.status == 303 and page.response.location.endswith("/kvittering")


# People.

def test_somebody_who_takes_twenty_hours_over_the_form_is_not_asked_twice(wary, clock):
    person = Person(wary)
    form = form_of(person)
    clock.shift(timedelta(hours=20))
    check = post(person, BOOK, {**form, **TYPED})
    assert check.status == 200, check.text[:900]
    assert is_booked(post(person, BOOK, {**as_sent(check, "once"), "send": "1"})), "the second button may come at once"


def test_whoever_goes_back_and_quickly_on_again_is_not_stopped(wary, clock):
    person = Person(wary)
    form = form_of(person)
    clock.shift(timedelta(seconds=5))
    assert post(person, BOOK, {**form, **TYPED}).status == 200
    again = form_of(person)  # the browser fetches it anew, and fills in what it remembers
    assert again["once"] != form["once"]
    assert post(person, BOOK, {**again, **TYPED}).status == 200
    assert is_booked(post(person, BOOK, {**again, **TYPED, "send": "1"}))


def test_whoever_corrects_a_slip_at_once_is_not_stopped(wary, clock):
    person = Person(wary)
    form = form_of(person)
    clock.shift(timedelta(seconds=4))
    page = post(person, BOOK, {**form, **TYPED, "road": ""})
    assert page.status == 422 and ONCE_MORE not in page.text
    assert post(person, BOOK, {**as_sent(page, "once"), "road": "Bygaden"}).status == 200


def test_haste_is_no_fault_beside_those_that_somebody_has_to_mend(wary, clock):
    person = Person(wary)
    page = post(person, BOOK, {**form_of(person), **TYPED, "road": ""})
    assert page.status == 422 and ONCE_MORE not in page.text
    assert "Der er én ting" in page.text
    again = post(person, BOOK, {**as_sent(page, "once"), "road": "Bygaden"})
    assert again.status == 422 and ONCE_MORE in again.text, "still too fast, and nothing else is wrong"
    clock.shift(timedelta(seconds=4))
    assert post(person, BOOK, {**as_sent(again, "once")}).status == 200


def test_autofill_that_fills_in_all_it_may_leaves_the_trap_alone_and_goes_through(wary, clock):
    person = Person(wary)
    page = person.get(BOOK)
    [trap] = re.findall(r'<div class="corner" aria-hidden="true"><label>(.*?)</label></div>', page.html)
    assert 'autocomplete="off"' in trap and 'tabindex="-1"' in trap and trap.startswith("Lad dette felt være tomt")
    filled = {name: TYPED.get(name) or {"phone": "12345678"}.get(name, "Haslev") for name in re.findall(
        r'<input(?![^>]*type="(?:hidden|radio|checkbox)")[^>]*name="([^"]+)"', page.html.replace(trap, ""))}
    assert {"name", "email", "phone"} <= filled.keys() and "homepage" not in filled
    clock.shift(timedelta(seconds=3))
    check = post(person, BOOK, {**as_sent(page, "once"), **filled, **TYPED})
    assert check.status == 200, check.errors


def test_a_browser_that_fills_in_the_trap_is_told_so_and_the_next_press_goes_through(wary, clock):
    person = Person(wary)
    form = form_of(person)
    clock.shift(timedelta(minutes=1))
    page = post(person, BOOK, {**form, **TYPED, "homepage": "http://example.dk"})
    check_page(page, BOOK)
    assert page.status == 422 and EMPTIED in page.text and WISH["text"] in page.html
    assert 'class="corner"' not in page.html and 'for="homepage"' in page.html, "it is seen now"
    again = as_sent(page, "once")
    assert again["homepage"] == [""]
    assert post(person, BOOK, again).status == 200


@pytest.mark.parametrize("once", [None, "", "x", "x" * 500, "\x00", "a.b.c", "made before the last update", "…"])
def test_whoever_comes_too_quickly_or_with_an_old_page_keeps_all_and_presses_once_more(wary, clock, once):
    person = Person(wary)
    form = form_of(person)
    sent = {**form, **TYPED, "send": "1"} | ({"once": once} if once is not None else {})
    page = post(person, BOOK, sent)
    check_page(page, BOOK)
    assert page.status == 422 and ONCE_MORE in page.text and WISH["text"] in page.html and 'value="Bygaden"' in page.html
    clock.shift(timedelta(seconds=4))
    check = post(person, BOOK, as_sent(page, "once"))
    assert check.status == 200
    assert is_booked(post(person, BOOK, {**as_sent(check, "once"), "send": "1"}))


def test_a_clock_that_is_set_back_stops_nobody_and_a_form_keeps_its_name(wary, clock):
    person = Person(wary)
    form = form_of(person)
    person.client.post(BOOK, data={**form, **TYPED})
    clock.shift(timedelta(hours=-1))
    person = Person(wary)  # the session of the future is not valid any more either
    page = post(person, BOOK, {**form, **TYPED, "csrf_token": form_of(person)["csrf_token"]})
    assert page.status == 200 and as_sent(page, "once")["once"] == form["once"]


def test_every_form_that_anybody_may_send_looks_at_who_sends_it(wary, clock):
    with wary.app_context():
        IntakePause.pause(db.session.get(Officer, 1), "traffic", today() + timedelta(days=14), {"da": "x", "en": "x"})
        db.session.commit()
    for path, to, having, typed in (
            ("/find", "/find", "reference", {"reference": "K7MD PXQA", "contact": "1234"}),
            (BOOK, BOOK, "road", {"road": "Bygaden", "postcode": "4690", "join": "1"}),
            (BOOK, f"{BOOK}/besked", "email", {"email": "bo@example.dk"})):
        person = Person(wary)
        form = form_of(person, path, having)
        page = post(person, to, {**form, **typed})
        assert page.status == 422 and ONCE_MORE in page.text, to
        again = as_sent(page, having)
        assert all(again[name] == [value] for name, value in typed.items() if name != "join")
        clock.shift(timedelta(seconds=2))
        page = post(person, to, {**again, **typed, "homepage": "x"})
        assert page.status == 422 and EMPTIED in page.text, to
        page = post(person, to, {**again, **typed})
        assert ONCE_MORE not in page.text and EMPTIED not in page.text, to
    with wary.app_context():
        assert db.session.query(WaitlistEntry).count() == 1


def test_an_officer_who_takes_in_a_booking_is_a_person(wary):
    officer = logged_in(wary)
    form = form_of(officer, "/kontor/ny/faerdselskontrol")
    assert "homepage" not in form
    page = post(officer, "/kontor/ny/faerdselskontrol", {**form, **WISH, "channel": "phone"})
    assert page.status == 303


# Programs.

def bent(name: str, n: int) -> str:
    """With another sign at `n`. Not the last one: it ends a signature in Base64, where its lowest bits mean nothing."""
    assert n < len(name) - 1
    return name[:n] + ("B" if name[n] == "A" else "A") + name[n + 1:]


@pytest.mark.slow
def test_a_thousand_posts_of_programs_disturb_nobody(wary, clock):
    """Each way is tried by itself, then by who has patience: only that goes through, as far as the limits let it."""
    victim, count = "offer@example.dk", iter(range(10**6))
    quick, idle, answers = Person(wary), Person(wary), Counter()
    first, old = form_of(quick), form_of(idle)
    clock.shift(timedelta(minutes=1))

    def send(way: str, person: Person, form: dict, times: int, ip=lambda n: f"10.{n % 200}.{n // 200}.1", **typed):
        for n in range(times):
            words = {"road": f"Botvej {next(count)}", "email": f"offer{n % 40}@example.dk", **typed}
            page = post(person, BOOK, {**form, **TYPED, "send": "1", **{k: v(n) if callable(v) else v
                                                                        for k, v in words.items()}}, ip(n))
            answers[way, "booked" if is_booked(page) else page.status] += 1

    foreign = TimestampSigner("another key", salt="once").sign("x").decode()
    elsewhere = TimestampSigner(wary.secret_key, salt="not me").sign("x").decode()
    without = {k: v for k, v in old.items() if k != "once"}
    send("filled the trap", idle, old, 150, homepage="http://example.dk", email=victim)
    send("no name", idle, without, 100)
    send("made-up name", idle, without, 100, once=lambda n: secrets.token_urlsafe(18), email=victim)
    send("forged name", idle, without, 100, once=lambda n: (foreign, elsewhere)[n % 2])
    send("a name bent", idle, old, 50, once=lambda n: bent(old["once"][0], n), email=victim)
    send("no session", Person(wary), old, 50, email=victim)
    fresh = [form_name(wary) for _ in range(150)]
    send("too fast", quick, first, 150, once=lambda n: fresh[n], email=victim)
    assert Counter({way: n for (way, said), n in answers.items() if said == 422}).total() == 700, answers
    with wary.app_context():
        assert not db.session.query(Booking).count() and not db.session.query(Letter).count()
    answers.clear()

    send("one name for all", idle, old, 100, email=victim)
    assert answers == {("one name for all", "booked"): 1, ("one name for all", 409): 99}, "one form is one booking"
    names = [form_name(wary) for _ in range(200)]
    clock.shift(timedelta(seconds=10))
    send("patient", quick, first, 100, once=lambda n: names[n], ip=lambda n: f"198.51.100.{n % 2}", email=victim)
    send("patient, one net", quick, first, 100, once=lambda n: names[100 + n], ip=lambda n: f"203.0.113.{n}")
    booked = 1 + 2 * 30 + 90  # by the one name, by two addresses of thirty an hour each, by one network
    assert answers["patient", "booked"] == 60 and answers["patient, one net", "booked"] == 90
    assert answers["patient", 429] + answers["patient, one net", 429] == 50
    with wary.app_context():
        assert db.session.query(Booking).count() == booked
        to = Counter(x.recipient for x in db.session.query(Letter).filter(
            Letter.delivery_status != DeliveryStatus.SUPPRESSED))
        assert to[victim] == 3 and max(to.values()) <= 3
        assert db.session.query(Letter).count() == booked, "and of each that was held back, the office knows"
    assert f"Nye {booked} " in logged_in(wary).get("/kontor/").text


def test_an_address_that_a_program_makes_up_is_not_believed_without_a_web_server_in_front(make_app):
    app = make_app(RATELIMIT_ENABLED=True, PROXIES=0)
    person = Person(app)
    form = form_of(person)
    answers = [post(person, BOOK, {**form, **TYPED, "once": f"{n}", "send": "1"}, f"10.0.{n}.1").status
               for n in range(31)]
    assert answers == [303] * 30 + [429]


# Limits.

def limited(app, ips: list[str]) -> list[int]:
    person = Person(app)
    form = form_of(person, "/find", "reference")
    return [post(person, "/find", {**form, "reference": "x", "contact": "y"}, ip).status for ip in ips]


@pytest.mark.parametrize(("ips", "let_through"), [
    (["192.0.2.7"], 10),  # one address
    ([f"192.0.2.{n}" for n in range(60)], 30),  # one network
    ([f"192.0.{n}.2" for n in range(60)], 60),  # many
    ([f"2001:db8:1:2::{n:x}" for n in range(60)], 10),  # one household
    ([f"2001:db8:1:{n:x}::1" for n in range(60)], 30),  # one network
    ([f"2001:db8:{n:x}::1" for n in range(60)], 60),  # many
    (["::ffff:192.0.2.9", "192.0.2.9"], 10),  # one address, written in two ways
    (["unknown"], 10), (["192.0.2.1:4321"], 10), (["x" * 3000], 10),  # what a proxy may say of it
], ids=lambda p: p if isinstance(p, int) else p[0][:20])
def test_an_address_and_the_network_around_it_have_limits(make_app, ips, let_through):
    ips = (ips * 60)[:min(let_through + 10, 60)]
    answers = limited(make_app(RATELIMIT_ENABLED=True, PROXIES=1), ips)
    assert answers == [422] * let_through + [429] * (len(ips) - let_through)


def test_a_class_of_pupils_books_in_one_lesson_behind_one_address(wary, clock):
    person = Person(wary)
    for n in range(28):
        form = form_of(person)
        clock.shift(timedelta(minutes=1))
        check = post(person, BOOK, {**form, **TYPED, "email": f"elev{n}@skole.example"})
        assert is_booked(post(person, BOOK, {**as_sent(check, "once"), "send": "1"})), n


@pytest.mark.parametrize("root", ["", "/en"])
def test_who_is_stopped_keeps_what_they_typed_and_hears_when_to_go_on_and_whom_to_call(make_app, clock, root):
    app = make_app(RATELIMIT_ENABLED=True)
    person = Person(app)
    form = form_of(person, root + BOOK)
    for n in range(30):
        assert is_booked(post(person, root + BOOK, {**form, **TYPED, "once": str(n), "send": "1"}))
    page = post(person, root + BOOK, {**form, **TYPED, "days": ["weekdays", "sunday"], "once": "last", "send": "1"})
    check_page(page, root + BOOK)
    assert page.status == 429 and app.config["DISTRICT"].phone in page.text
    assert ("08:00" in page.text or "08:01" in page.text) and 3500 <= int(page.response.headers["Retry-After"]) <= 3700
    again = as_sent(page, "once")
    assert again["text"] == [WISH["text"]] and again["days"] == ["weekdays", "sunday"]
    clock.shift(timedelta(hours=1, minutes=1))
    last = post(person, root + BOOK, {**again, "send": "1"})
    assert is_booked(last), last.text[:900]


def test_going_back_and_forth_counts_nothing(make_app):
    person = Person(make_app(RATELIMIT_ENABLED=True))
    form = form_of(person)
    assert {post(person, BOOK, {**form, **TYPED}).status for _ in range(60)} == {200}


@pytest.mark.parametrize("path, typed, wrong", [
    (BOOK, {**TYPED, "send": "1"}, {"email": "kim"}), (BOOK, {**TYPED, "send": "1"}, {"csrf_token": "x"}),
    ("/tilgaengelighed", {"page": "Forsiden", "words": "Kan ikke læses. Ring til 20304050."}, {"words": ""}),
    ("/tilgaengelighed", {"page": "Forsiden", "words": "Kan ikke læses."}, {"csrf_token": "x"}),
    ("/tilgaengelighed", {"page": "Forsiden", "words": "Kan ikke læses."}, {"homepage": "x"}),
    (f"{BOOK}/besked", {"email": "kim@example.dk"}, {"email": "kim"})])
def test_a_form_that_was_refused_counts_for_no_limit(make_app, path, typed, wrong):
    """Else whoever has something to put right, or a browser that fills in too much, is stopped before they are heard."""
    app = make_app(RATELIMIT_ENABLED=True)
    if path.endswith("besked"):
        with app.app_context():
            IntakePause.pause(db.session.get(Officer, 1), "traffic", today() + timedelta(days=14), {"da": "Vi er bagud."})
            db.session.commit()
    person = Person(app)
    form = form_of(person, BOOK if path.endswith("besked") else path)
    assert {post(person, path, {**form, **typed, **wrong}).status for _ in range(35)} == {422}
    assert post(person, path, {**form, **typed}).status == 303


def test_a_password_is_not_on_the_page_of_who_is_stopped(make_app):
    person = Person(make_app(RATELIMIT_ENABLED=True))
    form = form_of(person, "/kontor/log-ind", "password")
    for _ in range(21):
        page = post(person, "/kontor/log-ind", {**form, "email": "x@politi.example", "password": "hemmelig"})
    assert page.status == 429 and "hemmelig" not in page.html and "x@politi.example" in page.html


def test_nobody_is_asked_to_prove_anything_while_tests_book(app):
    """The one way past: in tests, unless they ask for it."""
    assert app.config["BOT_CHECK"] is False and book(Person(app)) and now()


@pytest.mark.parametrize("wary", [True, False])
@pytest.mark.parametrize("name", ["1", "form-1", "x" * 64, ""])
def test_a_name_that_somebody_chose_for_their_form_opens_nobodys_case(make_app, wary, name):
    """Nor that of who has chosen the same, whatever BOT_CHECK says."""
    app = make_app(BOT_CHECK=wary)
    receipts = []
    for _ in range(2):
        person = Person(app)
        person.get(BOOK)
        sent = {**form_of(person), **TYPED, "once": name, "send": "1"}
        page = post(person, BOOK, sent)
        assert page.status == (422 if wary else 303)
        receipts.append(page.response.location or page.hidden["once"][0])
    assert len(set(receipts)) == 2 and name not in receipts
