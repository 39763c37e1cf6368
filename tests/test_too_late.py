"""What somebody typed is not lost where it came too late: the page that says so shows it, to be copied."""

from datetime import timedelta

import pytest
from conftest import OFFICER, PASSWORD, Page, Person
from helpers import as_sent, case, wish
from helpers_cases import FOUND, TERSLEV, change, planned

from models import Booking, Feedback, NotAllowed, Officer, Visit, db, now, today

WORDS = "Det tog en halv time at skrive."
NEXT_WEEK = {"day": (today() + timedelta(days=7)).isoformat(), "starts": "18:00", "ends": "19:00"}


def withdraw(app, booking: Booking) -> None:
    change(app, booking, lambda b, o: b.withdraw())


def do(app, visit: int, verb) -> None:
    """Something with the visit, by a colleague."""
    with app.app_context():
        verb(db.session.get(Visit, visit), Officer.by_email(OFFICER))
        db.session.commit()


def too_late(person: Person, page: Page, path: str, having: str, status: int = 409, **typed) -> Page:
    """Send the form of this page, on which something has happened since: what was typed stands on the page."""
    page = person.post(path, {**as_sent(page, having), **typed})
    assert page.status == status and "What you wrote was not sent" in page.text and WORDS in page.text, page.text
    assert "Press once more" not in page.text and "csrf_token" not in page.html.split("What you wrote was not sent")[1]
    return page


@pytest.mark.parametrize("step, field, more", [
    ("afslag", "words", {"reason": "resources"}), ("spoerg", "words", {}), ("imoedekom", "words", {"show": "1"}),
    ("oplys", "words", {}), ("besoeg", "crew", NEXT_WEEK)])
def test_an_officers_words_about_a_wish_that_is_withdrawn_meanwhile(app, ida, step, field, more):
    booking = wish(app)
    page = ida.get(case(booking, step))
    withdraw(app, booking)
    page = too_late(ida, page, case(booking, step), field, **{field: WORDS}, **more)
    assert f'href="{case(booking)}"' in page.html


def test_an_officers_words_to_many_who_have_all_withdrawn_meanwhile(app, ida):
    booking = wish(app)
    page = ida.post("/en/kontor/flere/afslag", {"sag": booking.reference})
    withdraw(app, booking)
    page = too_late(ida, page, "/en/kontor/flere/afslag", "words", 200, words=WORDS, reason="resources", show="1")
    assert "1 case is left out" in page.text
    page = ida.post("/en/kontor/flere/afslag", {"sag": booking.reference})
    assert "1 case is left out" in page.text and "What you wrote" not in page.text, "nothing was typed yet"


def test_proposed_dates_for_a_wish_that_is_withdrawn_meanwhile(app, ida):
    booking = wish(app, service="meeting", answers={"kind": "public"})
    page = ida.get(case(booking, "tider"))
    withdraw(app, booking)
    page = too_late(ida, page, case(booking, "tider"), "answer_by", words=WORDS)
    assert "18:00" in page.text or "17:00" in page.text, "all that was typed, and not the words alone"


@pytest.mark.parametrize("step, field, having", [("flyt", "crew", "crew"), ("aflys", "words", "words")])
def test_how_a_visit_was_to_be_changed_that_a_colleague_calls_off_meanwhile(app, ida, step, field, having):
    visit = planned(app, wish(app))
    page = ida.get(f"/en/kontor/besoeg/{visit}{'/flyt' if step == 'flyt' else ''}")
    do(app, visit, lambda v, o: v.cancel(o, "", "Vejret"))
    page = too_late(ida, page, f"/en/kontor/besoeg/{visit}/{step}", having, **{field: WORDS})
    assert f'href="/en/kontor/besoeg/{visit}"' in page.html


def test_findings_of_a_visit_that_a_colleague_calls_off_meanwhile(app, ida):
    visit = planned(app, wish(app), start=now() - timedelta(hours=1))
    page = ida.get(f"/en/kontor/besoeg/{visit}/resultat")
    do(app, visit, lambda v, o: v.cancel(o, "", "Vejret"))
    page = too_late(ida, page, f"/en/kontor/besoeg/{visit}/resultat", "passed", **{**TERSLEV, "place": WORDS})
    assert "94" in page.text


def test_why_findings_are_held_back_where_a_colleague_was_quicker(app, ida):
    visit, path = planned(app, wish(app), start=now() - timedelta(hours=3)), "/en/kontor/besoeg/1"
    do(app, visit, lambda v, o: v.enter_findings(o, FOUND))
    page = ida.get(f"{path}/svar")
    do(app, visit, lambda v, o: v.report(o))
    too_late(ida, page, f"{path}/svar", "withhold", withhold=WORDS)
    page = ida.get(path)
    do(app, visit, lambda v, o: v.withhold(o, "En kollegas grund."))
    too_late(ida, page, f"{path}/resultat/tilbagehold", "withhold", withhold=WORDS)
    with app.app_context():
        assert db.session.get(Visit, visit).withheld == "En kollegas grund."


def test_the_first_task_of_a_visit_that_is_moved_meanwhile(app, ida):
    booking = wish(app, service="walk", answers={})
    with app.app_context():
        start, found = now() - timedelta(minutes=30), Booking.by_reference(booking.reference)
        Visit.plan(Officer.by_email(OFFICER), service="walk", place=found.place, starts_at=start, bookings=[found],
                   ends_at=start + timedelta(hours=2), resource_units={"crew": "Bo"}, date_agreed=True,
                   public_place="Hallen")
        db.session.commit()
    page = ida.get("/en/kontor/besoeg/1/opgaver")
    later = now() + timedelta(days=9)
    do(app, 1, lambda v, o: v.reschedule(o, place=v.place, starts_at=later, ends_at=later + timedelta(hours=1),
                                         resource_units={"crew": "Bo"}))
    too_late(ida, page, "/en/kontor/besoeg/1/opgaver", "what", what=WORDS)


def test_an_answer_about_accessibility_that_a_colleague_has_given_meanwhile(app, ida):
    with app.app_context():
        message = Feedback.receive(form_token="a", page="/", words="Kan ikke læses", email="kim@example.dk",
                                   language="da")
        db.session.commit()
        path = f"/en/kontor/tilgaengelighed/{message.id}"
    page = ida.get(path)
    with app.app_context():
        db.session.get(Feedback, 1).answer(Officer.by_email(OFFICER), "Det er rettet.")
        db.session.commit()
    too_late(ida, page, path, "words", words=WORDS)


def test_whatever_the_model_refuses_is_shown_but_never_a_password(app, ida, monkeypatch):
    def refuse(*_):
        raise NotAllowed

    for kind, verb in ((Booking, "note"), (Officer, "change_password")):
        monkeypatch.setattr(kind, verb, refuse)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    booking, fresh = wish(app), "en ny lang adgangskode"
    too_late(ida, ida.get(case(booking)), case(booking, "notat"), "words", words=WORDS)
    page = ida.post("/en/kontor/konto/adgangskode", {"password": PASSWORD, "new_password": fresh})
    assert page.status == 409 and fresh not in page.html and PASSWORD not in page.html
