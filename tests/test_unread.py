"""What somebody has written is unread until a page has shown it to an officer, whatever happens meanwhile."""

from datetime import timedelta

import pytest
from helpers import as_sent, case, counts, wish
from helpers_cases import FOUND, change, does, link, planned, seen_now

from models import Booking, EventKind, Visit, db, now
from models.events import record_event

WROTE, NEXT = "Kun om tirsdagen kan vi ikke.", "Og om onsdagen heller ikke."


def writes(app, booking: Booking, words: str = WROTE) -> None:
    change(app, booking, lambda b, o: b.give_information(words))


def news_of(ida, booking: Booking) -> str:
    """What stands in the box of what is new."""
    return ida.get(case(booking)).text.partition("Something new in this case")[2].partition("I have read it")[0]


def test_what_was_not_read_stands_in_the_box_after_a_yes_to_many(app, ida):
    booking = wish(app)
    writes(app, booking)
    shown = ida.post("/en/kontor/flere/imoedekom", {"sag": [booking.reference], "show": "1"})
    ida.post("/en/kontor/flere/imoedekom", {**as_sent(shown, "preview"), "send": "1"})
    assert seen_now(app, booking).status == "accepted" and WROTE in news_of(ida, booking)


@pytest.mark.parametrize("findings", [
    FOUND, {"performed": "no", "cause": "weather", "next": ["repeat"], "prelim": True}])
def test_what_was_not_read_stands_in_the_box_after_findings_and_with_what_comes_next(app, ida, findings):
    booking = wish(app)
    id = planned(app, booking, start=now() - timedelta(hours=3))
    writes(app, booking)
    does(app, lambda o: db.session.get(Visit, id).enter_findings(o, findings))
    does(app, lambda o: db.session.get(Visit, id).report(o))
    assert WROTE in news_of(ida, booking)
    if seen_now(app, booking).status == "accepted":
        writes(app, booking, NEXT)
        assert WROTE in news_of(ida, booking) and NEXT in news_of(ida, booking)


@pytest.mark.parametrize("happens", [
    lambda b, o: b.change_contact(name="Anna", email="", phone="20304050", address="", reply="phone", officer=o),
    lambda b, o: b.note(o, "Ringet op."), lambda b, o: b.withdraw(), lambda b, o: b.mark_as_spam()])
def test_what_reads_nothing_leaves_it_in_the_box(app, ida, happens):
    booking = wish(app)
    writes(app, booking)
    change(app, booking, happens)
    assert counts(ida)["besked"] == 1 and WROTE in news_of(ida, booking)


@pytest.mark.parametrize("happens", [
    lambda b, o: b.mark_read(o), lambda b, o: b.decline(o, "resources", "", ""), lambda b, o: b.accept(o, ""),
    lambda b, o: b.give_information("På telefonen.", o), lambda b, o: b.withdraw(o)])
def test_what_an_officer_has_reacted_to_stands_there_no_more(app, ida, happens):
    booking = wish(app)
    writes(app, booking)
    change(app, booking, happens)
    assert counts(ida)["besked"] == 0 and not seen_now(app, booking).has_unread
    if seen_now(app, booking).is_open:
        writes(app, booking, NEXT)
        assert NEXT in news_of(ida, booking) and WROTE not in news_of(ida, booking)


def test_a_citizen_who_writes_and_then_withdraws_is_read(app, ida, citizen):
    booking = wish(app)
    citizen.get(link(booking))
    citizen.post(link(booking, "besked"), {"words": WROTE})
    assert counts(ida)["besked"] == 1
    citizen.get(link(booking))
    citizen.post(link(booking, "traek-tilbage"), {"sure": "y"})
    assert seen_now(app, booking).status == "withdrawn" and counts(ida)["besked"] == 1


@pytest.mark.parametrize("service, happens, steps", [
    ("traffic", lambda b, o: record_event(EventKind.UNSTAFFED, booking=b), ("besoeg", "udsaet", "oplys")),
    ("meeting", lambda b, o: b.refuse_offers(""), ("besoeg", "tider", "afslag", "udsaet"))])
def test_what_is_new_without_words_is_said_on_the_pages_that_read_it(app, ida, service, happens, steps):
    booking = wish(app, service=service, answers={"kind": "public"} if service == "meeting" else None)
    start = now() + timedelta(days=20)
    change(app, booking, lambda b, o: b.offer(o, [(start, start + timedelta(hours=1))], resource_units={"crew": "Ida"},
           travel=0, where="Hallen", answer_by=start.date()) if service == "meeting" else b.accept(o, ""))

    def happen(b, o):
        happens(b, o)
        b.has_unread = True

    change(app, booking, happen)
    for step in steps:
        page = ida.get(case(booking, step))
        assert "Who was to come has left" in page.text or "None of the dates fits" in page.text, step
