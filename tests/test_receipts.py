"""Letters to somebody who may never have asked: three a day, none who says so, and nothing of it is lost or hidden."""

import re
from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, WISH, Person, book, logged_in
from test_book import press, wish
from test_case import change
from test_intake import BOOK as PAUSED_FORM
from test_intake import paused

from letters import address_key
from models import Block, Booking, Fate, Kind, Letter, Officer, Reply, Role, Status, Waiter, db
from sending import send_due
from models.letter import mailbox

__all__ = ["paused"]
ANNA = "anna@example.dk"
LAST = "tredje brev af den slags"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-05-11T10:00:00+02:00", tick=False) as clock:
        yield clock


def letters(app, **which) -> list[Letter]:
    with app.app_context():
        found = db.session.query(Letter).filter_by(**which).order_by(Letter.id).all()
        for letter in found:
            _ = letter.booking and letter.booking.reference
        db.session.expunge_all()
        return found


def fates(app) -> list[tuple[str, str]]:
    return [(letter.fate.value, letter.error) for letter in letters(app)]


def not_me(letter: Letter) -> str:
    return re.search(r"https?://[^/\s]+((?:/en)?/ikke-mig/\S+)", letter.text)[1]


def status(app, reference: str) -> Status:
    with app.app_context():
        return Booking.by_reference(reference).status


# Three a day.

def test_an_address_gets_three_receipts_a_day_and_every_booking_stands(app, citizen, clock):
    booked = [book(citizen, email=email) for email in (
        ANNA, "Anna@Example.DK", "anna+mere@example.dk", "anna+x@example.dk", ANNA)]
    assert fates(app) == [("waiting", "")] * 3 + [("held", "enough")] * 2
    assert [LAST in letter.text for letter in letters(app)[:3]] == [False, False, True]
    for n, (reference, secret) in enumerate(booked):
        page = citizen.get(f"/sag/{reference}/{secret}/kvittering")
        assert f"{reference[:4]} {reference[4:]}" in page.text
        assert ("Der sendes ingen kvittering med e-mail denne gang" in page.text) == (n > 2)
        assert ("på vej til din e-mail" in page.text) == (n < 3)
        assert citizen.get(f"/sag/{reference}/{secret}").status == 200 and status(app, reference) is Status.RECEIVED
    with app.app_context():
        assert send_due() == 3
    book(citizen, email="bo@example.dk")
    assert fates(app)[-1] == ("waiting", ""), "others are not concerned"
    clock.move_to("2026-05-11T23:59:00+02:00")
    book(citizen)
    assert fates(app)[-1] == ("held", "enough")
    clock.move_to("2026-05-12T00:01:00+02:00")
    book(citizen)
    assert fates(app)[-1] == ("waiting", ""), "a new day"


def test_the_office_sees_that_a_receipt_was_held_back_and_why(app, officer, citizen):
    booked = [book(citizen) for _ in range(4)]
    assert "tilbageholdt" not in officer.get(f"/kontor/sag/{booked[2][0]}").text
    case = officer.get(f"/kontor/sag/{booked[3][0]}").text
    assert "tilbageholdt" in case and "Adressen havde den dag fået tre breve" in case
    page = officer.get("/kontor/breve/tilbageholdt")
    assert booked[3][0][:4] in page.text and booked[2][0] not in page.text and "Adressen havde den dag fået tre" in page.text
    assert ANNA not in page.html
    [held] = letters(app, fate=Fate.HELD)
    assert "Adressen havde den dag" in officer.get(f"/kontor/breve/{held.id}").text
    assert "Breve, du skal se til" not in officer.get("/kontor/").text


@pytest.mark.parametrize("decide", [
    lambda b, o: b.accept(o, "", 22, 10), lambda b, o: b.decline(o, "resources", "", ""),
    lambda b, o: b.refer(o, "municipality", ""), lambda b, o: b.withdraw(o)])
def test_what_an_officer_answers_always_goes(app, citizen, decide):
    booked = [book(citizen) for _ in range(5)]
    with app.app_context():
        Block.add(address_key(ANNA), None)
        db.session.commit()
    for reference, _ in booked:
        with app.app_context():
            booking = Booking.by_reference(reference)
        change(app, booking, decide)
    assert [x.fate for x in letters(app) if x.kind != "received"] == [Fate.WAITING] * 5


def test_what_an_officer_takes_in_gets_its_receipt(app, citizen, officer):
    for _ in range(3):
        book(citizen)
    officer.post("/kontor/ny/faerdselskontrol", {**WISH, "channel": "phone"})
    assert fates(app)[-1] == ("waiting", "") and "/ikke-mig/" not in letters(app)[-1].text


def test_no_other_letter_that_a_page_sends_by_itself_goes_round_the_limit(app, citizen):
    """Who books can also withdraw, ask anew, and change the address: to somebody else's mailbox it is all the same."""
    booked = [book(citizen) for _ in range(4)]
    for reference, secret in booked:
        citizen.post(f"/sag/{reference}/{secret}/traek-tilbage", {"sure": "y"}, token_from=f"/sag/{reference}/{secret}")
    assert len(letters(app, fate=Fate.WAITING)) == 3 and len(letters(app)) == 8
    for n in range(5):
        reference, secret = book(citizen, email=f"min{n}@example.dk")
        citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "x", "email": ANNA, "reply": "email"},
                     token_from=f"/sag/{reference}/{secret}")
    assert len(letters(app, fate=Fate.WAITING, recipient=ANNA)) == 3
    reference, secret = book(citizen, email="forkert@example.dk")
    citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "x", "email": "rigtig@example.dk", "reply": "email"},
                 token_from=f"/sag/{reference}/{secret}")
    assert letters(app)[-1].recipient == "rigtig@example.dk" and letters(app)[-1].fate is Fate.WAITING


def test_a_waiters_confirmation_is_such_a_letter_too_and_who_is_not_written_to_may_ask_again(paused, clock):
    person = Person(paused)
    for _ in range(3):
        wish(paused, email="venter@example.dk")
    ask = lambda: person.post(f"{PAUSED_FORM}/besked", {"email": "venter@example.dk"}, token_from=PAUSED_FORM)  # noqa: E731
    said = ask().text
    assert letters(paused)[-1].fate is Fate.HELD and letters(paused)[-1].recipient == ""
    with paused.app_context():
        assert not db.session.query(Waiter).count()
    clock.shift(timedelta(days=1))
    assert ask().text == said, "and nobody learns from the page whether it went"
    assert letters(paused)[-1].fate is Fate.WAITING and letters(paused)[-1].recipient == "venter@example.dk"


@pytest.mark.parametrize(("one", "other", "same"), [
    ("a@x.dk", "A@X.DK", True), ("a+b@x.dk", "a@x.dk", True), ("a+@x.dk", "a+b+c@x.dk", True),
    ("a.b@x.dk", "ab@x.dk", False), ("a@x.dk", "a@y.dk", False), ("a@x.dk", "b@x.dk", False), ("Ø@x.dk", "ø@x.dk", True)])
def test_which_addresses_are_one_mailbox(one, other, same):
    assert (mailbox(one) == mailbox(other)) == same


# "This was not me".

def test_one_press_closes_what_somebody_else_has_booked_and_looking_does_not(app, officer):
    reference, secret = book(Person(app))
    [letter] = letters(app)
    victim = Person(app)
    for _ in range(2):
        page = victim.get(not_me(letter))
        assert page.status == 200 and "Bygaden" not in page.text and "Anna" not in page.text
        assert re.findall(r"<button[^>]*>([^<]*)</button>", page.html.split("<main")[1]) == ["Det var ikke mig"]
    assert status(app, reference) is Status.RECEIVED
    page = victim.post(not_me(letter), {"close": "1"})
    assert page.status == 200 and "du får ikke flere breve om den" in page.text
    assert status(app, reference) is Status.SPAM
    assert fates(app) == [("held", "aside")], "what waited does not go, and nothing new is written"
    assert "Det var ikke mig" in officer.get(f"/kontor/sag/{reference}").text
    assert "har sagt, at det ikke var dem" in victim.get(f"/sag/{reference}/{secret}").text
    again = victim.post(f"/sag/{reference}/{secret}/tag-op-igen", {"words": "Det var mig."},
                        token_from=f"/sag/{reference}/{secret}")
    assert again.status == 200 and status(app, reference) is Status.RECEIVED, "the citizen can take it up again"


@pytest.mark.parametrize("decide", [lambda b, o: b.accept(o, "", 22, 10), lambda b, o: b.decline(o, "resources", "", "")])
def test_it_works_after_the_officer_has_answered_as_well(app, citizen, decide):
    reference, _ = book(citizen)
    [letter] = letters(app)
    with app.app_context():
        booking = Booking.by_reference(reference)
    change(app, booking, decide)
    page = citizen.post(not_me(letter), {"close": "1"})
    assert page.status == 200 and "lukket" in page.text
    assert status(app, reference) in (Status.SPAM, Status.DECLINED)


def test_who_wants_no_more_receipts_gets_none_and_bookings_stand(app, citizen, officer):
    reference, _ = book(citizen)
    path = not_me(letters(app)[0])
    victim = Person(app)
    victim.post(path, {"close": "1"})
    page = victim.post(path, {"block": "1"})
    assert "sender ingen formular her en kvittering" in page.text and "Send ikke flere" not in page.text
    with app.app_context():
        block = db.session.query(Block).one()
        assert "anna" not in str(vars(block)).casefold() and Booking.by_reference(reference) is block.booking
    second, secret = book(citizen, email="anna+igen@example.dk")
    assert fates(app)[-1] == ("held", "blocked") and status(app, second) is Status.RECEIVED
    assert "ingen kvittering med e-mail" in citizen.get(f"/sag/{second}/{secret}/kvittering").text
    assert "skal ikke have kvitteringer" in officer.get(f"/kontor/sag/{second}").text
    assert "Ingen flere kvitteringer" in officer.get(f"/kontor/sag/{reference}").text
    listed = officer.get("/kontor/breve/tilbageholdt")
    assert "Den, der læser adressens post" in listed.text and reference[:4] in listed.text
    officer.post(f"/kontor/breve/spaerret/{block.id}/ophaev", token_from="/kontor/breve/tilbageholdt")
    book(citizen)
    assert fates(app)[-1] == ("waiting", "")
    assert "Igen kvitteringer" in officer.get(f"/kontor/sag/{reference}").text


def test_a_waiter_who_never_asked_is_off_the_list_by_one_press(paused):
    person = Person(paused)
    person.post(f"{PAUSED_FORM}/besked", {"email": "venter@example.dk"}, token_from=PAUSED_FORM)
    [letter] = letters(paused)
    path = not_me(letter)
    assert path.startswith("/en/") and person.get(path).status == 200
    page = person.post(path, {"close": "1"})
    assert "no more letters about it" in page.text
    with paused.app_context():
        assert not db.session.query(Waiter).count()
    person.post(path, {"block": "1"})
    person.post(f"{PAUSED_FORM}/besked", {"email": "venter@example.dk"}, token_from=PAUSED_FORM)
    assert letters(paused)[-1].error == "blocked"


def test_only_the_letter_has_the_link_so_whoever_booked_cannot_silence_a_mailbox(app, citizen, officer):
    reference, secret = book(citizen)
    for path in (f"/sag/{reference}/{secret}", f"/sag/{reference}/{secret}/kvittering"):
        assert "ikke-mig" not in citizen.get(path).html
    token = not_me(letters(app)[0]).rpartition("/")[2]
    for path in (f"/kontor/sag/{reference}/udskrift", f"/kontor/sag/{reference}/eksport.json"):
        assert token not in officer.client.get(path).text and token[-20:] not in officer.client.get(path).text
    for forged in (token[:-1], token[:-2] + "AA", f"x{token}", token.replace(reference, "A2346789"), reference,
                   f"v1.{token.partition('.')[2]}", f"{reference}..", "v1", ".", "æ.ø.å", "%00"):
        assert citizen.client.get(f"/ikke-mig/{forged}").status_code == 404, forged
        assert press(citizen, f"/ikke-mig/{forged}", {"close": "1"}, check=False).status == 404


def test_a_letter_that_went_astray_closes_nothing_that_has_moved_to_the_right_address(app, citizen):
    reference, secret = book(citizen, email="forkert@example.dk")
    path = not_me(letters(app)[0])
    citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "Anna", "email": ANNA, "reply": "email"},
                 token_from=f"/sag/{reference}/{secret}")
    page = Person(app).post(path, {"close": "1"})
    assert page.status == 200 and status(app, reference) is Status.RECEIVED
    Person(app).post(path, {"block": "1"})
    with app.app_context():
        assert Block.of(address_key("forkert@example.dk")) and not Block.of(address_key(ANNA))


# In the office.

def test_one_press_sets_a_case_aside_and_keeps_its_address_from_receipts(app, officer, citizen):
    reference, _ = book(citizen)
    path = f"/kontor/sag/{reference}"
    officer.post(f"{path}/spam", {"send": "1", "block": "y"}, token_from=path)
    assert status(app, reference) is Status.SPAM and fates(app) == [("held", "aside")]
    assert "Ida Betjent" in officer.get("/kontor/breve/tilbageholdt").html.split("<table")[1]
    book(citizen)
    assert fates(app)[-1] == ("held", "blocked")


def test_many_at_once_are_set_aside_with_their_addresses_and_without_the_tick_none_is_blocked(app, officer, citizen):
    booked = [book(citizen, email=email)[0] for email in ("a@x.dk", "a+2@x.dk", "b@x.dk")]
    phoned = wish(app, email="", phone="12345678", reply=Reply.PHONE).reference
    page = officer.post("/kontor/flere/spam", {"sag": booked[:1]}, token_from="/kontor/")
    assert "Send fremover ingen kvitteringer" in page.text
    officer.post("/kontor/flere/spam", {"sag": [*booked, phoned], "block": "y", "send": "1"}, token_from="/kontor/")
    assert {status(app, r) for r in (*booked, phoned)} == {Status.SPAM}
    with app.app_context():
        assert db.session.query(Block).count() == 2
        assert [e.officer.email for b in db.session.query(Block) for e in b.booking.events if e.kind is Kind.BLOCKED] == [
            OFFICER] * 2
    other, _ = book(citizen, email="c@x.dk")
    officer.post(f"/kontor/sag/{other}/spam", {"send": "1"}, token_from=f"/kontor/sag/{other}")
    with app.app_context():
        assert db.session.query(Block).count() == 2
    assert status(app, other) is Status.SPAM


def test_a_reader_neither_sees_nor_lifts_what_is_held_back(app):
    with app.app_context():
        Officer.add("laeser@politi.example", "Lea", "en lang adgangskode", Role.READER)
        db.session.commit()
    assert logged_in(app, "laeser@politi.example").client.get("/kontor/breve/tilbageholdt").status_code == 403
