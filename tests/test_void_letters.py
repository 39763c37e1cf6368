"""A letter of what no longer holds is neither phoned, posted nor sent again; what says that a date is off still goes,
and so does a promise."""

from datetime import timedelta

import pytest
from conftest import OFFICER, logged_in
from helpers import wish
from helpers_mail import MINUTE, app, clock, outbox, posting, send, send_all, server  # noqa: F401
from helpers_polls import HELD

from models import (
    REMINDER,
    Booking,
    DeliveryStatus,
    EventKind,
    FindingsLink,
    IntakePause,
    Letter,
    Officer,
    Visit,
    WaitlistEntry,
    db,
    now,
    today,
)
from reporting.work_list import letters_to_see_to

BY_PHONE = {"reply": "phone", "phone": "12345678", "email": ""}


def asked(app, **changes):  # noqa: F811
    return wish(app, service="meeting", answers={"kind": "residents", "topics": ["burglary"]}, **changes)


def do(app, booking, verb):  # noqa: F811
    """What `verb` does with the booking and an officer, committed."""
    with app.app_context():
        done = verb(Booking.by_reference(booking.reference), Officer.by_email(OFFICER))
        db.session.commit()
        return done


def meet(app, booking, days: int = 7, crew: str = "Ida") -> int:  # noqa: F811
    def plan(b, officer):
        start = now() + timedelta(days=days)
        visit = Visit.plan(officer, service="meeting", place=b.place, starts_at=start,
                           ends_at=start + timedelta(hours=1), resource_units={"crew": crew}, bookings=[b],
                           date_agreed=True, public_place="Hallen")
        db.session.flush()
        return visit.id
    return do(app, booking, plan)


def with_visit(app, id: int, verb) -> None:  # noqa: F811
    with app.app_context():
        verb(db.session.get(Visit, id), Officer.by_email(OFFICER))
        db.session.commit()


def report(app, id: int, **changes) -> None:  # noqa: F811
    def enter(visit, officer):
        visit.enter_findings(officer, {**HELD, "day": today().isoformat(), **changes})
        visit.report(officer)
    with_visit(app, id, enter)


def offer(booking, officer):
    start = now() + timedelta(days=10)
    booking.offer(officer, [(start, start + timedelta(hours=1))], resource_units={"crew": "Ida"}, travel=0,
                  where="Hallen", answer_by=today() + timedelta(days=5))


def remind(app) -> None:  # noqa: F811
    with app.app_context():
        Visit.remind_due()
        db.session.commit()


def kinds(app, *fates: DeliveryStatus) -> list[str]:  # noqa: F811
    return [letter.kind for letter in outbox(app) if letter.delivery_status in fates]


def to_see_to(app) -> list[str]:  # noqa: F811
    return kinds(app, DeliveryStatus.WAITING, DeliveryStatus.FAILED)


def test_letters_of_event_types_that_are_there_are_made_void_and_none_that_says_what_is_off():
    known = {kind.value for kind in EventKind if kind.type.letter}
    voided = {letter for kind in EventKind for letter in kind.type.voids}
    assert voided <= {*known, REMINDER} and not voided & {"called_off", "declined", "referred", "withdrawn"}


@pytest.mark.parametrize(("verb", "left"), [
    (lambda visit, officer: visit.cancel(officer, "weather"), ["called_off"]),
    (lambda visit, officer: visit.reschedule(
        officer, place=visit.place, starts_at=visit.starts_at + timedelta(days=1), ends_at=visit.ends_at + timedelta(
            days=1), resource_units=visit.resource_units, public_place="Hallen"), ["agreed", "agreed_anew"]),
    (lambda visit, officer: visit.bookings[0].decline(officer, "resources", "", ""), ["declined"]),
], ids=["called off", "moved", "declined"])
def test_nobody_phones_a_date_or_a_reminder_that_stands_no_more(app, clock, verb, left):  # noqa: F811
    visit = meet(app, asked(app, **BY_PHONE))
    clock.shift(timedelta(days=5))
    remind(app)
    assert {"agreed", "reminded"} <= {letter.kind for letter in outbox(app)}
    with_visit(app, visit, verb)
    assert [kind for kind in to_see_to(app) if kind != "reminder"] == left
    assert {letter.error for letter in outbox(app) if letter.kind in {"agreed", "reminded"} - set(left)} == {"void"}


def test_that_another_date_was_agreed_is_still_phoned_when_that_one_is_called_off_too(app, clock):  # noqa: F811
    """Whoever knows the first date alone would else wait there: of the other one they have never heard."""
    visit = meet(app, asked(app, **BY_PHONE))
    with_visit(app, visit, lambda v, officer: v.bookings[0].letters[-1].do_by_hand(officer))
    with_visit(app, visit, lambda v, officer: v.reschedule(
        officer, place=v.place, starts_at=v.starts_at + timedelta(days=1), ends_at=v.ends_at + timedelta(days=1),
        resource_units=v.resource_units, public_place="Hallen"))
    with_visit(app, visit, lambda v, officer: v.cancel(officer, "weather"))
    send_all(app)
    assert to_see_to(app) == ["agreed_anew", "called_off"]


def test_nobody_phones_or_mails_a_date_that_has_come(app, clock, server):  # noqa: F811
    meet(app, asked(app, **BY_PHONE), days=4)
    meet(app, asked(app, email="bo@example.dk"), days=4, crew="Bo")
    send_all(app)
    assert to_see_to(app) == ["agreed"]
    clock.shift(timedelta(days=2))
    remind(app)
    server.down()
    send(app)
    clock.shift(timedelta(days=3))
    server.is_well()
    send_all(app)
    assert to_see_to(app) == []
    held = {letter.kind for letter in outbox(app) if letter.error == "void"}
    assert held == {"agreed", "reminded", "reminder"}


def test_a_mail_that_was_refused_is_not_sent_again_when_its_date_is_off(app, clock, server):  # noqa: F811
    booking = asked(app)
    send_all(app)
    server.says["anna@example.dk"] = "550 5.1.1 No such user"
    visit = meet(app, booking)
    send_all(app)
    server.is_well()
    [failed] = [letter for letter in outbox(app) if letter.delivery_status is DeliveryStatus.FAILED]
    with_visit(app, visit, lambda visit, officer: visit.cancel(officer, "weather"))
    page = logged_in(app).get(f"/en/kontor/breve/{failed.id}")
    assert failed.kind == "agreed" and "Send it again" not in page.text and "did not hold any more" in page.text
    assert logged_in(app).post(f"/kontor/breve/{failed.id}", {"again": "1"}, check=False).status == 409
    send_all(app)
    assert kinds(app, DeliveryStatus.SENT)[-1] == "called_off"


def test_a_letter_that_was_in_hand_when_it_became_void_is_not_tried_again(app, clock, server):  # noqa: F811
    booking = asked(app)
    send_all(app)
    do(app, booking, offer)
    with app.app_context():
        letter = Letter.claim()
        db.session.commit()
        assert letter.kind == "dates_offered"
    clock.shift(MINUTE)
    do(app, booking, lambda b, officer: b.refuse_offers(""))
    server.says["anna@example.dk"] = "450 Mailbox busy"
    clock.shift(20 * MINUTE)  # by then it is taken for a killed worker's
    send_all(app)
    assert [(x.delivery_status, x.error) for x in outbox(app) if x.kind == "dates_offered"] == [
        (DeliveryStatus.SUPPRESSED, "void")]


@pytest.mark.parametrize(("verb", "left"), [
    (lambda b, officer: b.give_information("Ved kirken", officer), []),
    (lambda b, officer: b.accept(officer, ""), ["accepted"]),
    (lambda b, officer: b.decline(officer, "resources", "", ""), ["declined"]),
    (offer, ["dates_offered"])], ids=["answered", "accepted", "declined", "offered"])
def test_nobody_is_phoned_a_question_that_is_answered_or_needs_no_answer(app, clock, verb, left):  # noqa: F811
    booking = asked(app, **BY_PHONE)
    do(app, booking, lambda b, officer: b.ask(officer, "Hvor er det?", today() + timedelta(days=9)))
    assert to_see_to(app) == ["information_asked"]
    do(app, booking, verb)
    assert to_see_to(app) == left


def test_nobody_is_phoned_a_promise_that_a_no_or_a_newer_one_has_overtaken(app, clock):  # noqa: F811
    booking = asked(app, **BY_PHONE)
    for days in (30, 40):
        do(app, booking, lambda b, officer, days=days: b.delay(officer, "Mere.", today() + timedelta(days=days)))
        assert to_see_to(app) == ["delayed"]
    do(app, booking, lambda b, officer: b.accept(officer, ""))
    assert to_see_to(app) == ["accepted"]
    do(app, booking, lambda b, officer: b.decline(officer, "resources", "", ""))
    assert to_see_to(app) == ["declined"]


def test_dates_and_promises_of_a_case_that_is_answered_by_a_correction_wait_for_nobody(app, clock):  # noqa: F811
    booking = asked(app, **BY_PHONE)
    visit = meet(app, booking, days=2)
    clock.shift(timedelta(days=2, hours=3))
    report(app, visit, held="organiser", again="yes")
    do(app, booking, offer)
    assert "dates_offered" in to_see_to(app)
    report(app, visit)
    assert to_see_to(app) == ["answered"]


def test_that_old_dates_lapsed_is_not_phoned_beside_new_ones(app, clock):  # noqa: F811
    booking = asked(app, **BY_PHONE)
    do(app, booking, offer)
    do(app, booking, lambda b, officer: b.letters[-1].do_by_hand(officer))
    do(app, booking, lambda b, officer: b.lapse())
    assert to_see_to(app) == ["dates_lapsed"]
    do(app, booking, offer)
    assert to_see_to(app) == ["dates_offered"]


def take_back(booking, officer):
    booking.take_back_offers(officer)


def lapse(booking, _officer):
    booking.lapse()


ENDS = {take_back: "dates_taken_back", lapse: "dates_lapsed"}


def phone(booking, officer):
    """All that waits to be phoned."""
    for letter in booking.letters:
        if letter.is_task:
            letter.do_by_hand(officer)


@pytest.mark.parametrize("end", [take_back, lapse])
@pytest.mark.parametrize("promise", [
    [lambda b, officer: b.decline(officer, "resources", "", ""), phone, lambda b, officer: b.reopen("Igen.", officer)],
    [lambda b, officer: b.delay(officer, "Mere.", today() + timedelta(days=30))],
], ids=["reopened", "delayed"])
def test_a_promise_is_still_told_where_dates_offered_after_it_come_to_nothing(app, clock, promise, end):  # noqa: F811
    booking = asked(app, language="en", **BY_PHONE)
    for verb in (*promise, offer, end):
        do(app, booking, verb)
    assert_new_promise_alone(app, end)


@pytest.mark.parametrize("end", [take_back, lapse])
@pytest.mark.parametrize("before", [[], [take_back]], ids=["offered anew", "taken back unsaid"])
def test_who_knows_of_dates_hears_that_they_are_off_whatever_was_offered_unheard_since(
        app, clock, before, end):  # noqa: F811
    booking = asked(app, language="en", **BY_PHONE)
    for verb in (offer, phone, *before, offer, end):
        do(app, booking, verb)
    assert to_see_to(app) == [ENDS[end]]
    assert "times that we proposed" in outbox(app)[-1].text
    for verb in (phone, offer, end):
        do(app, booking, verb)
    assert_new_promise_alone(app, end)


def assert_new_promise_alone(app, end) -> None:  # noqa: F811
    """What is still to be phoned: by when we answer now, and of dates that nobody has heard of nothing."""
    assert to_see_to(app) == [ENDS[end]]
    letter = outbox(app)[-1]
    with app.app_context():
        due = db.session.get(Booking, letter.booking_id).due_on
        due = f"{due.day} {due:%B %Y}"
    assert due in letter.text and due in letter.subject and "chosen" not in letter.text and "at any of" not in letter.text


def test_another_place_told_while_the_meeting_goes_on_still_goes(app, clock, server):  # noqa: F811
    visit = meet(app, asked(app), days=3)
    send_all(app)
    clock.shift(timedelta(days=3, minutes=10))
    with_visit(app, visit, lambda v, officer: v.reschedule(
        officer, place=v.place, starts_at=v.starts_at, ends_at=v.ends_at, resource_units=v.resource_units,
        public_place="Skolen"))
    send_all(app)
    assert outbox(app)[-1].kind == "agreed_anew" and outbox(app)[-1].delivery_status is DeliveryStatus.SENT


def move(visit, officer):
    visit.reschedule(
        officer, place=visit.place, starts_at=visit.starts_at + timedelta(days=1), ends_at=visit.ends_at + timedelta(
            days=1), resource_units=visit.resource_units, public_place="Hallen")


def call_off(visit, officer):
    visit.cancel(officer, "weather")


@pytest.mark.parametrize("answer", [
    [lambda b, officer: b.refuse_offers("Kun fredage.")],
    [lambda b, officer: b.decline(officer, "resources", "", ""), phone, lambda b, officer: b.reopen("Igen.", officer)],
    [lambda b, officer: b.mark_as_spam(officer), lambda b, officer: b.reopen("Igen.", officer)],
], ids=["none fits", "no", "set aside"])
@pytest.mark.parametrize("end", [take_back, lapse])
def test_nobody_is_told_not_to_have_chosen_of_dates_that_they_have_not_heard_of(app, clock, answer, end):  # noqa: F811
    """That they knew of others, which are answered, is no knowledge of these."""
    booking = asked(app, language="en", **BY_PHONE)
    for verb in (offer, phone, *answer, phone, offer, end):
        do(app, booking, verb)
    assert_new_promise_alone(app, end)


@pytest.mark.parametrize("ended", [call_off, move, lambda visit, officer: visit.bookings[0].withdraw(officer)],
                         ids=["called off", "moved", "withdrawn"])
def test_no_officer_is_reminded_of_a_date_that_stands_no_more(app, clock, server, ended):  # noqa: F811
    visit = meet(app, asked(app), days=4)
    send_all(app)
    clock.shift(timedelta(days=2))
    server.down()
    remind(app)
    with_visit(app, visit, ended)
    server.is_well()
    clock.shift(5 * MINUTE)
    send_all(app)
    assert [letter.error for letter in outbox(app) if letter.kind == REMINDER] == ["void"]


def test_officers_are_reminded_where_only_the_crew_is_another(app, clock, server):  # noqa: F811
    visit = meet(app, asked(app), days=4)
    clock.shift(timedelta(days=2))
    remind(app)
    with_visit(app, visit, lambda v, officer: v.reschedule(
        officer, place=v.place, starts_at=v.starts_at, ends_at=v.ends_at, resource_units={"crew": "Bo"},
        public_place=v.public_place))
    send_all(app)
    assert [letter.delivery_status for letter in outbox(app) if letter.kind == REMINDER] == [DeliveryStatus.SENT]


@pytest.mark.parametrize("ended", [lambda visit, officer: visit.field_links[0].withdraw(officer), call_off],
                         ids=["withdrawn", "called off"])
def test_no_link_is_mailed_that_works_no_more(app, clock, server, ended):  # noqa: F811
    visit = meet(app, asked(app), days=4)
    send_all(app)
    server.down()
    with_visit(app, visit, lambda v, officer: FindingsLink.send(officer, v, "felt@example.dk", "en"))
    with_visit(app, visit, ended)
    server.is_well()
    clock.shift(5 * MINUTE)
    send_all(app)
    assert [letter.error for letter in outbox(app) if letter.kind == "field_asked"] == ["void"]


def test_who_has_left_the_waiting_list_gets_no_letter_of_it(app, clock, server):  # noqa: F811
    with app.app_context():
        officer = Officer.by_email(OFFICER)
        IntakePause.pause(officer, "traffic", today() + timedelta(days=14), {"da": "Lukket", "en": "Closed"})
        WaitlistEntry.ask("traffic", "bo@example.dk", "en")
        db.session.commit()
        waiter = db.session.query(WaitlistEntry).one()
        waiter.confirm()
        WaitlistEntry.admit(officer, "traffic", 1, 3)
        db.session.commit()
        waiter.leave()
        db.session.commit()
    send_all(app)
    assert {letter.kind: letter.error for letter in outbox(app)} == {"waiter_asked": "void", "waiter_let_in": "void"}


def test_who_is_to_phone_an_old_letter_reads_what_its_reader_has_heard_since(app, clock):  # noqa: F811
    visit = meet(app, asked(app, language="en", **BY_PHONE))
    with_visit(app, visit, lambda v, officer: phone(v.bookings[0], officer))
    with_visit(app, visit, move)
    with_visit(app, visit, move)
    with_visit(app, visit, lambda v, officer: v.bookings[0].letters[-1].do_by_hand(officer))
    [waits] = [letter for letter in outbox(app) if letter.is_task]
    page = logged_in(app).get(f"/en/kontor/breve/{waits.id}")
    assert "Since then they have heard from us:" in page.text and outbox(app)[-1].subject in page.text


def test_a_letter_that_was_in_hand_when_its_case_was_set_aside_is_not_tried_again(app, clock, server):  # noqa: F811
    booking = asked(app)
    with app.app_context():
        Letter.claim()
        db.session.commit()
    do(app, booking, lambda b, _officer: b.mark_as_spam())
    server.says["anna@example.dk"] = "450 Mailbox busy"
    clock.shift(20 * MINUTE)
    send_all(app)
    assert [letter.error for letter in outbox(app)] == ["aside"] and not server.taken


def test_that_a_meeting_was_moved_to_a_day_that_has_passed_is_neither_mailed_nor_phoned(
        app, clock, server):  # noqa: F811
    by_mail, by_phone = asked(app), asked(app, **BY_PHONE)
    visits = meet(app, by_mail, days=4), meet(app, by_phone, days=4, crew="Bo")
    send_all(app)
    do(app, by_phone, phone)
    clock.shift(timedelta(days=3))
    server.down()
    for visit in visits:
        with_visit(app, visit, move)
    clock.shift(timedelta(days=2, hours=3))
    server.is_well()
    send_all(app)
    assert {letter.error for letter in outbox(app) if letter.kind == "agreed_anew"} == {"void"} and to_see_to(app) == []


def test_before_an_old_letter_is_sent_again_the_officer_reads_what_its_reader_has_had_since(
        app, clock, server):  # noqa: F811
    booking = asked(app, language="en")
    server.says["anna@example.dk"] = "552 5.2.2 Mailbox full"
    send_all(app)
    server.is_well()
    [receipt] = outbox(app)
    officer, path = logged_in(app), f"/en/kontor/breve/{receipt.id}"
    before = officer.get(path)
    assert "Since then they have heard" not in before.text
    do(app, booking, lambda b, o: b.accept(o, ""))
    send_all(app)
    stale = officer.post(path, {"again": "1", "version": before.hidden["version"][0]})
    assert stale.status == 409 and [m["Subject"] for m in server.taken][1:] == []
    assert "Since then they have heard from us:" in officer.get(path).text
    assert outbox(app)[1].subject in officer.get(path).text
    with app.app_context():
        db.session.get(Letter, outbox(app)[1].id).assign(delivery_status=DeliveryStatus.SENDING, sent_at=None)
        db.session.commit()
    assert "Since then they have heard from us:" in officer.get(path).text, "a worker is just sending it"


def test_each_letter_knows_of_which_event_it_tells(app, clock, server):  # noqa: F811
    visit = meet(app, asked(app), days=2)
    with_visit(app, visit, move)
    clock.shift(timedelta(days=4))
    report(app, visit)
    with app.app_context():
        letters = db.session.query(Letter).filter(Letter.booking_id.is_not(None)).all()
        assert [(letter.kind, letter.event.kind) for letter in letters] == [(letter.kind,) * 2 for letter in letters]
        assert [letter.kind for letter in letters[0].booking.letters_on(db.session.get(Visit, visit))] == ["answered"]


@pytest.mark.parametrize("earlier", [False, True], ids=["the date", "what was written before"])
def test_a_date_that_a_mail_server_will_not_take_is_the_offices_to_phone_while_there_is_time(
        app, clock, server, earlier):  # noqa: F811
    if earlier:
        server.says["bo@example.dk"] = "452 4.2.2 mailbox full"
    booking = asked(app, email="bo@example.dk")
    send_all(app)
    server.says["bo@example.dk"] = "452 4.2.2 mailbox full"
    meet(app, booking, days=2)
    for _ in range(90):
        send_all(app)
        clock.shift(30 * MINUTE)
    with app.app_context():
        waits = [letter.kind for letter in db.session.scalars(letters_to_see_to())]
    assert "agreed" in waits
