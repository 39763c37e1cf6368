"""Letters to somebody who may never have asked: three a day, none who says so, and nothing of it is lost or hidden."""

import re
from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, WISH, Person, book, logged_in
from helpers import wish
from helpers_cases import accept, change, reported

from forms import Form
from forms.validators import EmailAddress, pasted_address
from mail.letters import address_key, write_to_officers
from mail.outbox import send_due
from models import (
    BlockedAddress,
    Booking,
    BookingStatus,
    Channel,
    DeliveryStatus,
    EventKind,
    Letter,
    Officer,
    Role,
    WaitlistEntry,
    db,
)
from models.letters import mailbox

ANNA, PAUSED_FORM = "anna@example.dk", "/en/bestil/faerdselskontrol"
LAST = "sidste brev af den slags"


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
    return [(letter.delivery_status.value, letter.error) for letter in letters(app)]


def not_me(letter: Letter) -> str:
    return re.search(r"https?://[^/\s]+((?:/en)?/ikke-mig/\S+)", letter.text)[1]


def status(app, reference: str) -> BookingStatus:
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
        assert ("Der sendes ingen kvittering på e-mail denne gang" in page.text) == (n > 2)
        assert ("En kvittering er på vej til" in page.text and "Forkert adresse? Ret den her" in page.text) == (n < 3)
        assert citizen.get(f"/sag/{reference}/{secret}").status == 200 and status(app,
            reference) is BookingStatus.RECEIVED
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
    assert "tilbageholdt" in case and "Adressen havde den dag fået så mange breve" in case
    page = officer.get("/kontor/breve/tilbageholdt")
    assert booked[3][0][:4] in page.text and booked[2][
        0] not in page.text and "Adressen havde den dag fået så mange" in page.text
    assert ANNA not in page.html
    [held] = letters(app, delivery_status=DeliveryStatus.SUPPRESSED)
    assert "Adressen havde den dag" in officer.get(f"/kontor/breve/{held.id}").text
    assert "Breve, du skal se til" not in officer.get("/kontor/").text


@pytest.mark.parametrize("decide", [
    lambda b, o: b.accept(o, ""), lambda b, o: b.decline(o, "resources", "", ""),
    lambda b, o: b.refer(o, "municipality", ""), lambda b, o: b.withdraw(o)])
def test_what_an_officer_answers_always_goes(app, citizen, decide):
    booked = [book(citizen) for _ in range(5)]
    with app.app_context():
        BlockedAddress.add(address_key(ANNA), None)
        db.session.commit()
    for reference, _ in booked:
        with app.app_context():
            booking = Booking.by_reference(reference)
        change(app, booking, decide)
    assert [x.delivery_status for x in letters(app) if x.kind != "received"] == [DeliveryStatus.WAITING] * 5


def test_what_an_officer_takes_in_gets_its_receipt(app, citizen, officer):
    for _ in range(3):
        book(citizen)
    officer.post("/kontor/ny/faerdselskontrol", {**WISH, "channel": "phone"})
    assert fates(app)[-1] == ("waiting", "") and "/ikke-mig/" not in letters(app)[-1].text


def test_no_other_letter_that_a_page_sends_by_itself_goes_round_the_limit(app, citizen):
    """Who books can also withdraw, ask anew, and change the address: to somebody else's mailbox it is all the same."""
    booked = [book(citizen) for _ in range(4)]
    for reference, secret in booked:
        citizen.post(f"/sag/{reference}/{secret}/traek-tilbage", {"sure": "y"})
    assert len(letters(app, delivery_status=DeliveryStatus.WAITING)) == 3 and len(letters(app)) == 8
    for n in range(5):
        reference, secret = book(citizen, email=f"min{n}@example.dk")
        citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "x", "email": ANNA, "reply": "email"})
    assert len(letters(app, delivery_status=DeliveryStatus.WAITING, recipient=ANNA)) == 3
    reference, secret = book(citizen, email="forkert@example.dk")
    citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "x", "email": "rigtig@example.dk", "reply": "email"})
    assert letters(app)[-1].recipient == "rigtig@example.dk" and letters(app)[
        -1].delivery_status is DeliveryStatus.WAITING


def test_a_waiters_confirmation_is_such_a_letter_too_and_who_is_not_written_to_may_ask_again(paused, clock):
    person = Person(paused)
    for _ in range(2):
        wish(paused, email="venter@example.dk")
    ask = lambda: person.post(f"{PAUSED_FORM}/besked", {"email": "venter@example.dk"})  # noqa: E731
    said = ask().text
    last = letters(paused)[-1].text
    assert "\n\nThis is the last such letter to your address today. Whatever else you want to be told of" in last
    assert "stands, too" not in last
    with paused.app_context():
        WaitlistEntry.one_by(email="venter@example.dk").leave()
        db.session.commit()
    assert ask().text == said
    assert letters(paused)[-1].delivery_status is DeliveryStatus.SUPPRESSED and letters(paused)[-1].recipient == ""
    clock.shift(timedelta(days=1))
    assert ask().text == said, "and nobody learns from the page whether it went"
    assert letters(paused)[-1].delivery_status is DeliveryStatus.WAITING and letters(paused)[
        -1].recipient == "venter@example.dk"


@pytest.mark.parametrize(("one", "other", "same"), [
    ("a@x.dk", "A@X.DK", True), ("a+b@x.dk", "a@x.dk", True), ("a+@x.dk", "a+b+c@x.dk", True),
    ("a.b@x.dk", "ab@x.dk", False), ("a@x.dk", "a@y.dk", False), ("a@x.dk", "b@x.dk", False),
    ("Ø@x.dk", "ø@x.dk", True),
    ("a@ærø.dk", "A@xn--r-3fa9c.dk", True), ("a@ÆRØ.dk", "a@ærø.dk", True), ("a@ærø.dk.", "a@ærø.dk", True),
    ("a@straße.de", "a@strasse.de", False), ("straße@x.de", "strasse@x.de", False),
    ("a@straße_x.de", "a@strasse_x.de", False), ("a.b@gmail.com", "ab@googlemail.com", True),
    ("a.b+c@GMail.com", "AB@gmail.com",
    True), ("a.b@gmail.dk", "ab@gmail.dk", False), ("a@x_y.dk", "A@X_y.dk", True), ("", "a@x.dk", False)])
def test_which_addresses_are_one_mailbox(one, other, same):
    assert (mailbox(one) == mailbox(other)) == same


@pytest.mark.parametrize("written", [
    ["a@ærø.dk", "A@xn--r-3fa9c.dk", "a@ÆRØ.dk", "a+x@Ærø.dk"],
    ["an.na@gmail.com", "anna@gmail.com", "Anna@GoogleMail.com", "a.n.n.a+x@gmail.com"]])
def test_one_mailbox_written_in_several_ways_has_one_limit_and_one_block(app, citizen, written):
    booked = [book(citizen, email=address) for address in written]
    assert fates(app) == [("waiting", "")] * 3 + [("held", "enough")]
    page = citizen.post("/find", {"reference": booked[0][0], "contact": written[1]})
    assert page.status == 200 and booked[0][0][:4] in page.text, "and it is found by either"
    with app.app_context():
        BlockedAddress.add(address_key(written[0]), None)
        db.session.commit()
        assert all(BlockedAddress.one_by(key=address_key(address)) for address in written)


def test_a_waiter_whose_domain_is_written_in_two_ways_is_one(paused):
    for address in ("venter@ærø.dk", "Venter@xn--r-3fa9c.dk"):
        Person(paused).post(f"{PAUSED_FORM}/besked", {"email": address})
    with paused.app_context():
        assert db.session.query(WaitlistEntry).count() == 1


@pytest.mark.parametrize("language", ["", "/en"])
def test_an_address_with_a_danish_letter_before_the_at_sign_gets_an_answer_that_helps(app, citizen, language):
    page = citizen.post(f"{language}/bestil/faerdselskontrol", {**WISH, "email": "søren@ærø.dk"})
    [error] = page.errors
    assert page.status == 422 and re.search("[“”]ø”",
        error) and "oe" in error and "@" in error and 'value="søren@ærø.dk"' in page.html
    page = citizen.post(f"{language}/bestil/faerdselskontrol", {**WISH, "email": "soeren@ærø.dk"})
    assert page.status == 200 and not page.errors


def test_every_field_for_an_e_mail_address_has_the_same_rule():
    fields = [field for form in subclasses(Form) for name, field in vars(form).items() if name == "email"]
    rules = [field.kwargs["rules"] for field in fields if "rules" in field.kwargs]
    kept = [of for of in rules if of != [pasted_address]]  # the log-in's is only looked up
    assert len(kept) >= 6 and all(EmailAddress in map(type, of) for of in kept)


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


# "This was not me".

def test_one_press_closes_what_somebody_else_has_booked_and_looking_does_not(app, officer):
    reference, secret = book(Person(app))
    [letter] = letters(app)
    victim = Person(app)
    for _ in range(2):
        page = victim.get(not_me(letter))
        assert page.status == 200 and "Bygaden" not in page.text and "Anna" not in page.text
        assert re.findall(r"<button[^>]*>([^<]*)</button>", page.html.split("<main")[1]) == ["Det var ikke mig"]
    assert status(app, reference) is BookingStatus.RECEIVED
    page = victim.post(not_me(letter), {"close": "1"})
    assert page.status == 200 and "Bestillingen er lukket." in page.text and "sige det igen" in page.text
    assert status(app, reference) is BookingStatus.SPAM
    assert fates(app) == [("held", "aside")], "what waited does not go, and nothing new is written"
    assert "Det var ikke mig" in officer.get(f"/kontor/sag/{reference}").text
    assert "har svaret, at vedkommende ikke har bestilt" in victim.get(f"/sag/{reference}/{secret}").text
    again = victim.post(f"/sag/{reference}/{secret}/tag-op-igen", {"words": "Det var mig."})
    assert again.status == 200 and status(app, reference) is BookingStatus.RECEIVED, "the citizen can take it up again"


@pytest.mark.parametrize("decide", [lambda b, o: b.accept(o, ""), lambda b, o: b.decline(o, "resources", "", "")])
def test_it_works_after_the_officer_has_answered_as_well(app, citizen, decide):
    reference, _ = book(citizen)
    [letter] = letters(app)
    with app.app_context():
        booking = Booking.by_reference(reference)
    change(app, booking, decide)
    page = citizen.post(not_me(letter), {"close": "1"})
    assert page.status == 200 and "lukket" in page.text
    assert status(app, reference) in (BookingStatus.SPAM, BookingStatus.DECLINED)


def test_who_wants_no_more_receipts_gets_none_and_bookings_stand(app, citizen, officer):
    reference, _ = book(citizen)
    path = not_me(letters(app)[0])
    victim = Person(app)
    victim.post(path, {"close": "1"})
    page = victim.post(path, {"block": "1"})
    assert "sender vores formularer ikke kvitteringer" in page.text and "Send ikke flere" not in page.text
    with app.app_context():
        block = db.session.query(BlockedAddress).one()
        assert "anna" not in str(vars(block)).casefold() and Booking.by_reference(reference) is block.booking
    second, secret = book(citizen, email="anna+igen@example.dk")
    assert fates(app)[-1] == ("held", "blocked") and status(app, second) is BookingStatus.RECEIVED
    assert "ingen kvittering på e-mail" in citizen.get(f"/sag/{second}/{secret}/kvittering").text
    assert "skal ikke have kvitteringer" in officer.get(f"/kontor/sag/{second}").text
    assert "Ingen flere kvitteringer" in officer.get(f"/kontor/sag/{reference}").text
    listed = officer.get("/kontor/breve/tilbageholdt")
    assert "Indehaveren af adressen" in listed.text and reference[:4] in listed.text
    officer.post(f"/kontor/breve/spaerret/{block.id}/ophaev")
    book(citizen)
    assert fates(app)[-1] == ("waiting", "")
    assert "Kvitteringer til e-mailadressen igen" in officer.get(f"/kontor/sag/{reference}").text


def test_a_receipt_that_follows_to_another_address_is_not_me_for_its_reader_there(app, citizen):
    reference, secret = book(citizen, email="fejl@example.dk")
    old = not_me(letters(app)[0])
    citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "Anna", "email": "bo@example.dk", "reply": "email"})
    with app.app_context():
        assert send_due()
    receipt = letters(app, kind="received")[0]
    assert (receipt.recipient, status(app, reference)) == ("bo@example.dk", BookingStatus.RECEIVED)
    assert "er lukket" not in citizen.get(old).text and "ikke længere din adresse" in citizen.get(old).text
    new = Person(app)
    assert not_me(receipt) != old and "er lukket" not in new.get(not_me(receipt)).text
    new.post(not_me(receipt), {"close": "1"})
    assert status(app, reference) is BookingStatus.SPAM
    new.post(not_me(receipt), {"block": "1"})
    book(citizen, email="bo@example.dk")
    assert fates(app)[-1] == ("held", "blocked")


def test_a_waiter_who_never_asked_is_off_the_list_by_one_press(paused):
    person = Person(paused)
    person.post(f"{PAUSED_FORM}/besked", {"email": "venter@example.dk"})
    [letter] = letters(paused)
    path = not_me(letter)
    assert "Take it off the list here:" in letter.text and "booking" not in letter.text.partition(path)[0]
    assert path.startswith("/en/") and person.get(path).status == 200
    page = person.post(path, {"close": "1"})
    assert "The address is off the list." in page.text
    with paused.app_context():
        assert not db.session.query(WaitlistEntry).count()
    person.post(path, {"block": "1"})
    person.post(f"{PAUSED_FORM}/besked", {"email": "venter@example.dk"})
    assert letters(paused)[-1].error == "blocked"


def test_a_link_for_a_number_that_is_somebody_elses_by_now_takes_nobody_off_the_list(paused):
    person = Person(paused)
    person.post(f"{PAUSED_FORM}/besked", {"email": "anna@example.dk"})
    old = not_me(letters(paused)[0])
    person.post(old, {"close": "1"})
    person.post(f"{PAUSED_FORM}/besked", {"email": "bo@example.dk"})
    with paused.app_context():
        assert [waiter.id for waiter in db.session.query(WaitlistEntry)] == [1], "SQLite gives the number again"
    assert "somebody has asked us" not in person.get(old).text
    person.post(old, {"close": "1"})
    with paused.app_context():
        assert db.session.query(WaitlistEntry).one().email == "bo@example.dk"


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
        assert citizen.post(f"/ikke-mig/{forged}", {"close": "1"}, check=False).status == 404


def test_the_office_reads_in_its_digest_that_somebody_has_said_this_was_not_me(app, citizen, officer):
    booked = [book(citizen, email=email)[0] for email in ("a@x.dk", "b@x.dk", "c@x.dk")]
    for letter in letters(app)[:2]:
        Person(app).post(not_me(letter), {"close": "1"})
    officer.post(f"/kontor/sag/{booked[2]}/spam", {"send": "1"})
    with app.app_context():
        write_to_officers()
        db.session.commit()
    assert "- Ikke bestilt af adressens indehaver: 2\n" in letters(app, kind="digest")[0].text


def test_a_letter_that_went_astray_closes_nothing_that_has_moved_to_the_right_address(app, citizen):
    reference, secret = book(citizen, email="forkert@example.dk")
    path = not_me(letters(app)[0])
    citizen.post(f"/sag/{reference}/{secret}/kontakt", {"name": "Anna", "email": ANNA, "reply": "email"})
    page = Person(app).post(path, {"close": "1"})
    assert page.status == 200 and status(app, reference) is BookingStatus.RECEIVED
    Person(app).post(path, {"block": "1"})
    with app.app_context():
        assert BlockedAddress.one_by(key=address_key("forkert@example.dk"))
        assert not BlockedAddress.one_by(key=address_key(ANNA))


# In the office.

def test_one_press_sets_a_case_aside_and_keeps_its_address_from_receipts(app, officer, citizen):
    reference, _ = book(citizen)
    path = f"/kontor/sag/{reference}"
    officer.post(f"{path}/spam", {"send": "1", "block": "y"})
    assert status(app, reference) is BookingStatus.SPAM and fates(app) == [("held", "aside")]
    assert "Ida Betjent" in officer.get("/kontor/breve/tilbageholdt").html.split("<table")[1]
    book(citizen)
    assert fates(app)[-1] == ("held", "blocked")


def test_many_at_once_are_set_aside_with_their_addresses_and_without_the_tick_none_is_blocked(app, officer, citizen):
    booked = [book(citizen, email=email)[0] for email in ("a@x.dk", "a+2@x.dk", "b@x.dk")]
    phoned = wish(app, email="", phone="12345678", reply=Channel.PHONE).reference
    page = officer.post("/kontor/flere/spam", {"sag": booked[:1]})
    assert "Send fremover ingen kvitteringer" in page.text
    officer.post("/kontor/flere/spam", {"sag": [*booked, phoned], "block": "y", "send": "1"})
    assert {status(app, r) for r in (*booked, phoned)} == {BookingStatus.SPAM}
    with app.app_context():
        assert db.session.query(BlockedAddress).count() == 2
        assert [e.officer.email for b in db.session.query(BlockedAddress) for e in b.booking.events
                if e.kind is EventKind.BLOCKED] == [
            OFFICER] * 2
    other, _ = book(citizen, email="c@x.dk")
    officer.post(f"/kontor/sag/{other}/spam", {"send": "1"})
    with app.app_context():
        assert db.session.query(BlockedAddress).count() == 2
    assert status(app, other) is BookingStatus.SPAM


def test_a_reader_neither_sees_nor_lifts_what_is_held_back(app):
    with app.app_context():
        Officer.add("laeser@politi.example", "Lea", "en lang adgangskode", Role.READER)
        db.session.commit()
    assert logged_in(app, "laeser@politi.example").client.get("/kontor/breve/tilbageholdt").status_code == 403


# What an officer is to see to: by phone, by post, or because no mail has reached anybody.

def unreached(app) -> tuple[Booking, ...]:
    """Three wishes that have had their yes, each in its own way, and none of them has been told."""
    ways = ({"email": "", "phone": "12345678", "reply": Channel.PHONE},
            {"email": "", "address": "Vej 1\n4690 Haslev", "reply": Channel.POST}, {})
    bookings = tuple(accept(app, wish(app, **way)) for way in ways)
    with app.app_context():
        for letter in db.session.query(Letter).filter_by(channel=Channel.EMAIL):
            letter.mark_failed("refused 550")
        db.session.commit()
    return bookings


def to_see_to(officer: Person) -> int:
    return int(re.search(r"Letters to see to (\d+)", officer.get("/en/kontor/").text)[1])


def test_nobody_is_phoned_written_to_or_looked_for_about_what_is_not_genuine(app, officer):
    bookings = unreached(app)
    assert to_see_to(officer) == 4, "two of them are mails to one address"
    for booking in bookings:
        change(app, booking, lambda b, o: b.mark_as_spam())
    assert to_see_to(officer) == 0 and set(fates(app)) == {("held", "aside")}
    page = officer.get(f"/en/kontor/breve/{letters(app, channel=Channel.PHONE)[0].id}")
    assert "held back" in page.text and "waits for you" not in page.text and "I have phoned" not in page.text


def test_who_has_withdrawn_is_told_that_alone_and_not_what_nobody_had_told_them_before(app, officer):
    phoned, posted, mailed = unreached(app)
    for booking in (phoned, posted, mailed):
        change(app, booking, lambda b, o: b.withdraw())
    assert to_see_to(officer) == 2, "the receipts by phone and by post"
    assert {letter.kind for letter in letters(app, delivery_status=DeliveryStatus.WAITING)} == {EventKind.WITHDRAWN}
    assert "was withdrawn before the letter went" in officer.get("/en/kontor/breve/tilbageholdt").text


def test_a_mail_that_waits_goes_before_the_receipt_of_the_withdrawal(app):
    change(app, accept(app, wish(app)), lambda b, o: b.withdraw())
    assert [letter.kind for letter in letters(app, delivery_status=DeliveryStatus.WAITING)][-2:] == [
        EventKind.ACCEPTED, EventKind.WITHDRAWN]


def test_findings_are_still_to_be_phoned_where_the_wish_was_taken_up_again_and_withdrawn(app, officer):
    booking = wish(app, email="", phone="12345678", reply=Channel.PHONE)
    reported(app, booking)
    for verb in (lambda b, o: b.reopen("Det var et andet sted."), lambda b, o: b.withdraw()):
        change(app, booking, verb)
    assert [letter.kind for letter in letters(app, delivery_status=DeliveryStatus.WAITING)] == [
        EventKind.ANSWERED, EventKind.WITHDRAWN]
