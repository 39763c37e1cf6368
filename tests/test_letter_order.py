"""To one reader about one case, letters go in the order in which they were written, whatever they had to wait for."""

from datetime import timedelta
from email.utils import make_msgid

import pytest
from conftest import OFFICER, logged_in
from helpers import wish
from helpers_cases import planned
from helpers_mail import MINUTE, app, clock, outbox, posting, receive, send, send_all, server  # noqa: F401

from mail.letters import write_letters
from models import Assignee, Booking, Channel, DeliveryStatus, Letter, Officer, Visit, db, today
from models.letters import CLAIM_TIMEOUT, GIVE_UP_AFTER

pytestmark = pytest.mark.postgres

BUSY = "450 Mailbox busy"


def delay(app, reference: str, shown: bool = False) -> None:
    """`shown`: as a page does that has shown its letters, and compares them before it commits."""
    with app.app_context():
        Booking.by_reference(reference).delay(Officer.by_email(OFFICER), "Mere viden.", today() + timedelta(days=60))
        if shown:
            write_letters()
        db.session.commit()


def a_night_without_a_mail_server(app, clock, server) -> None:
    server.down()
    for _ in range(9):
        send(app)
        clock.move_to(outbox(app)[0].next_try_at + MINUTE)
    send(app)


def kinds_sent(app) -> list[str]:
    sent = [letter for letter in outbox(app) if letter.delivery_status is DeliveryStatus.SENT]
    return [letter.kind for letter in sorted(sent, key=lambda letter: (letter.sent_at, letter.id))]


@pytest.mark.parametrize("shown", [False, True])
def test_after_an_outage_what_is_new_goes_at_once_and_behind_what_it_changes(app, clock, server, shown):
    reference, _ = receive(app)
    a_night_without_a_mail_server(app, clock, server)
    delay(app, reference, shown)
    server.is_well()
    send_all(app)
    assert [message["Message-ID"] for message in server.taken] == [letter.message_id for letter in outbox(app)]
    assert kinds_sent(app) == ["received", "delayed"], "and not hours later"


def test_a_letter_waits_for_an_earlier_one_and_its_pauses_and_nobody_is_alarmed(app, clock, server):
    reference, _ = receive(app)
    server.says["anna@example.dk"] = BUSY
    send(app)
    clock.shift(MINUTE / 2)
    delay(app, reference)
    receive(app, "bo@example.dk")
    for _ in range(5):
        send_all(app)
        clock.move_to(outbox(app)[0].next_try_at + MINUTE)
    first, newer, other = outbox(app)
    assert first.tries > 5 > newer.tries == 0 and other.delivery_status is DeliveryStatus.SENT
    send_all(app)
    clock.shift(20 * MINUTE)
    assert outbox(app)[0].next_try_at > outbox(app)[1].next_try_at + 20 * MINUTE
    assert app.test_client().get("/health").status_code == 200, "it waits for its turn and not for a worker"
    server.is_well()
    clock.shift(timedelta(hours=9))
    send_all(app)
    assert kinds_sent(app)[-2:] == ["received", "delayed"]


@pytest.mark.parametrize("earlier", [
    {"delivery_status": DeliveryStatus.FAILED}, {"delivery_status": DeliveryStatus.SUPPRESSED},
    {"delivery_status": DeliveryStatus.SENT}, {"channel": Channel.PHONE}, {"channel": Channel.POST}])
def test_what_is_not_going_to_be_mailed_holds_up_no_letter(app, clock, server, earlier):
    reference, _ = receive(app)
    with app.app_context():
        for column, value in earlier.items():
            setattr(db.session.query(Letter).one(), column, value)
        db.session.commit()
    delay(app, reference)
    assert send(app) == 1 and outbox(app)[1].delivery_status is DeliveryStatus.SENT


@pytest.mark.parametrize("reader", ["citizen", "assignee"])
def test_while_one_worker_has_a_letter_in_hand_no_other_one_takes_the_next_to_its_reader(app, clock, server, reader):
    id = planned(app, wish(app))
    with app.app_context():
        db.session.query(Letter).delete()
        visit = db.session.get(Visit, id)
        to = {"booking": visit.bookings[0]} if reader == "citizen" else {
            "assignee": Assignee.for_visit(visit, "municipality")}
        for _ in range(2):
            db.session.add(Letter(**to, channel=Channel.EMAIL, kind="delayed", language="da", recipient="a@example.dk",
                                  message_id=make_msgid(), text="Kære Anna\n", subject="Nyt"))
        db.session.commit()
        first = Letter.claim()
        db.session.commit()
        assert Letter.claim() is None, "it is in hand"
        first.mark_sent()
        db.session.commit()
        assert Letter.claim().id > first.id
        db.session.rollback()


def test_an_address_that_is_taken_off_while_its_letter_is_in_hand_gets_no_other_try(app, clock, server):
    reference, _ = receive(app)
    with app.app_context():
        letter = Letter.claim()
        db.session.commit()
        Booking.by_reference(reference).change_contact(name="Anna", email="", phone="20304050", address="",
                                                       reply=Channel.PHONE)
        db.session.commit()
        assert letter.recipient == "anna@example.dk", "to whom it may be going just now"
        letter.retry_later("refused 450 busy")
        db.session.commit()
        assert letter.is_task and letter.recipient == "20304050"


# Whose address is put right while a letter is on its way.


def reach(app, reference: str, email: str = "", reply=Channel.EMAIL) -> None:
    with app.app_context():
        Booking.by_reference(reference).change_contact(
            name="Anna", email=email, phone="20304050", address="", reply=reply, officer=Officer.by_email(OFFICER))
        db.session.commit()


@pytest.mark.parametrize("email, reply", [("right@example.dk", Channel.EMAIL), ("", Channel.PHONE)])
def test_what_a_killed_worker_had_in_hand_follows_its_reader(app, clock, server, email, reply):
    reference, secret = receive(app, "wrong@example.dk")
    with app.app_context():
        Letter.claim()
        db.session.commit()  # and the worker is killed
    reach(app, reference, email, reply)
    clock.shift(CLAIM_TIMEOUT + MINUTE)
    send_all(app)
    assert server.taken_for == [email] * bool(email) and outbox(app)[0].is_task is not bool(email)
    assert secret not in outbox(app)[0].text


def test_an_address_that_was_put_right_is_tried_at_once_and_for_its_own_72_hours(app, clock, server):
    reference, _ = receive(app)
    server.says["anna@example.dk"] = "452 4.2.2 mailbox full"
    while outbox(app)[0].tries < 10:
        send_all(app)
        clock.move_to(outbox(app)[0].next_try_at + timedelta(seconds=1))
    reach(app, reference, "right@example.dk")
    server.says["right@example.dk"] = "450 4.2.0 Greylisted, try again in 5 minutes"
    assert "mailbox full" not in logged_in(app).get("/en/kontor/breve/1").html
    send_all(app)
    [letter] = outbox(app)
    assert letter.tries == 1 and letter.give_up_at - letter.first_tried_at >= GIVE_UP_AFTER
    clock.shift(5 * MINUTE)
    server.is_well()
    send_all(app)
    assert server.taken_for == ["right@example.dk"]
