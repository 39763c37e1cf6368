"""A colleague in the field enters the findings by a link of their own, and sees nothing else."""

import re
from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, PASSWORD, logged_in
from helpers import as_sent, wish
from helpers_cases import FOUND, SECRETS, TERSLEV, link as url_of, planned

from models import Event, EventKind, FindingsLink, Letter, Officer, Visit, VisitStatus, db, now

CITIZEN = ("Anna", "Jensen", "anna@example.dk", "De kører stærkt")


def sent(app, ida, visit: int, email="atk@politi.example", language="en") -> str:
    """The path of a new link, as it stands in the letter."""
    page = ida.post(f"/en/kontor/besoeg/{visit}/feltlink", {"email": email, "language": language})
    assert "Done. The link goes by e-mail." in page.text
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="field_asked").order_by(Letter.id.desc()).first()
        assert letter.recipient == email
        return re.search(r"http://[^/]+(/\S+)", letter.text)[1]


def begun(app, *bookings) -> int:
    return planned(app, *bookings, start=now() - timedelta(hours=1))


def test_the_colleague_enters_what_was_found_and_the_officer_sends_it(app, ida, stranger):
    booking = wish(app)
    visit = begun(app, booking)
    link = sent(app, ida, visit)
    page = stranger.get(link)
    assert page.status == 200 and not any(words in page.html for words in (*CITIZEN, booking.reference))
    page = stranger.post(link, {**TERSLEV, "periods-0-day": now().date().isoformat()})
    assert "Thank you. The findings are with the office." in page.text
    with app.app_context():
        found = db.session.get(Visit, visit)
        assert found.status is VisitStatus.DONE and found.draft["passed"] == 94
        assert found.events[-1].kind is EventKind.FINDINGS_ENTERED and found.events[-1].officer is None
        assert found.events[-1].words == "atk@politi.example"
    stranger.post(link, {**TERSLEV, "passed": "95", "periods-0-day": now().date().isoformat()})
    ida.post(f"/en/kontor/besoeg/{visit}/svar")
    page = stranger.get(link)
    assert page.status == 410 and "no longer works" in page.text
    with app.app_context():
        assert db.session.get(Visit, visit).findings["passed"] == 95, "corrected until it was sent"


def test_a_double_tap_is_thanked_for_as_long_as_its_findings_are_what_is_stored(app, ida, stranger):
    visit = begun(app, wish(app))
    link = sent(app, ida, visit)
    tapped = {**as_sent(stranger.get(link), "passed"), **TERSLEV, "periods-0-day": now().date().isoformat()}
    for _ in range(2):
        assert "Thank you. The findings are with the office." in stranger.post(link, tapped).text
    with app.app_context():
        assert db.session.query(Event).filter_by(kind=EventKind.FINDINGS_ENTERED).count() == 1
    stranger.post(link, {**tapped, **as_sent(stranger.get(link), "passed"), "passed": "95"})
    again = stranger.post(link, tapped)
    assert again.status == 409 and "Thank you" not in again.text
    with app.app_context():
        assert db.session.get(Visit, visit).draft["passed"] == 95


def test_the_letter_and_the_page_before_the_work_name_neither_place_nor_time(app, ida, stranger):
    visit = planned(app, wish(app))
    link = sent(app, ida, visit)
    with app.app_context():
        letter, start = db.session.query(Letter).filter_by(kind="field_asked").one(), db.session.get(Visit,
            visit).starts_at
        told = letter.subject + letter.text
    page = stranger.get(link)
    assert "Not yet" in page.text
    for words in ("Bygaden", "4690", "Haslev", *SECRETS, start.strftime("%H:%M"), start.strftime("%d"), *CITIZEN):
        assert words not in page.text.replace(link, ""), words
    for words in ("Bygaden", "4690", "Haslev", *SECRETS, *CITIZEN):
        assert words not in told, words


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_letter_with_a_field_link_is_the_same_whenever_the_visit_is(app, ida, language):
    """No date, and nothing that changes with it: "until 10 December" was the day of the control plus seven."""
    told = []
    for days in (1, 2, 9, 40, 200):
        sent(app, ida, planned(app, wish(app), start=now() + timedelta(days=days)), language=language)
        with app.app_context():
            letter = db.session.query(Letter).filter_by(kind="field_asked").order_by(Letter.id.desc()).first()
            told.append(letter.subject + re.sub(r"http\S+", "", letter.text))
    assert len(set(told)) == 1
    said = told[0].replace("112", "").replace("114", "")
    assert re.findall(r"\d+", said) == ["7"], "the days that the link lasts after the work"


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_is_still_there(app, ida, stranger):
    link = sent(app, ida, begun(app, wish(app)))
    page = stranger.post(link, {**TERSLEV, "charged": "95", "place": "Ved kirken"})
    assert page.status == 422 and page.errors and "Ved kirken" in page.html


@pytest.mark.parametrize("wrong", [{"email": ""}, {"email": "nobody"}, {"email": "a@b.dk", "language": "de"}, {}])
def test_a_link_needs_an_address(app, ida, wrong):
    visit = begun(app, wish(app))
    page = ida.post(f"/en/kontor/besoeg/{visit}/feltlink", wrong)
    assert page.status == 422 and page.errors and (wrong.get("email") or "") in page.html
    with app.app_context():
        assert not db.session.query(FindingsLink).count()


def test_a_link_that_is_withdrawn_or_expired_or_made_up_opens_nothing(app, ida, stranger):
    visit = begun(app, wish(app))
    gone, old = sent(app, ida, visit), sent(app, ida, visit, "bo@politi.example")
    assert stranger.get(gone[:-3] + "abc").status == 404
    page = ida.post("/en/kontor/feltlink/1/traek-tilbage")
    assert "The link no longer works." in page.text
    typed = {**TERSLEV, "periods-0-day": now().date().isoformat()}
    assert stranger.get(gone).status == stranger.post(gone, typed, check=False).status == 410
    assert stranger.get(old).status == 200
    with time_machine.travel(now() + FindingsLink.lifetime + timedelta(hours=2)):
        assert stranger.get(old).status == stranger.post(old, typed, check=False).status == 410
    with app.app_context():
        assert db.session.get(Visit, visit).draft is None
        kinds = [e.kind for e in db.session.query(Event).filter_by(visit_id=visit)]
        assert kinds.count(EventKind.FIELD_ASKED) == 2 and kinds.count(EventKind.FIELD_WITHDRAWN) == 1


def test_a_correction_that_came_too_late_is_shown_to_be_copied_and_nothing_that_is_stored(app, ida, stranger):
    visit = begun(app, wish(app))
    link, typed = sent(app, ida, visit), {**TERSLEV, "periods-0-day": now().date().isoformat()}
    stranger.post(link, typed)
    page = stranger.get(link)
    ida.post(f"/en/kontor/besoeg/{visit}/svar")
    page = stranger.post(link, {**as_sent(page, "passed"), "passed": "9471", "place": "Ved kirken"})
    assert page.status == 410 and "What you wrote was not sent" in page.text and "Press once more" not in page.text
    assert "9,471" in page.text and "Ved kirken" in page.text
    page = stranger.post(link, {"passed": "9471"}, check=False)
    assert page.status == 410 and "9,471" in page.text and TERSLEV["place"] not in page.text
    assert "What you wrote" not in stranger.get(link).text
    with app.app_context():
        assert db.session.get(Visit, visit).findings["passed"] == 94


def test_the_links_that_a_removed_officer_has_sent_open_nothing_and_those_of_others_do(app, ida, stranger):
    visit = begun(app, wish(app))
    with app.app_context():
        Officer.add("eva@politi.example", "Eva", PASSWORD)
        db.session.commit()
    theirs, mine = sent(app, logged_in(app, "eva@politi.example"), visit), sent(app, ida, visit, "bil@politi.example")
    result = app.test_cli_runner().invoke(args=["officer", "remove", "eva@politi.example"])
    assert result.exit_code == 0, result.output
    assert stranger.get(theirs).status == 410 and stranger.get(mine).status == 200
    with app.app_context():
        assert db.session.get(Visit, visit).events[-1].kind is EventKind.FIELD_WITHDRAWN


@pytest.mark.parametrize("mailbox, status", [
    ("bo@politi.example", 410), ("bo+felt@politi.example", 410), ("bo@politi.example.dk", 200)])
def test_a_link_that_lies_in_the_mailbox_of_a_removed_officer_opens_nothing(app, ida, stranger, mailbox, status):
    visit = begun(app, wish(app))
    with app.app_context():
        Officer.add("bo@politi.example", "Bo", PASSWORD)
        db.session.commit()
    theirs, newer = sent(app, ida, visit, mailbox), sent(app, ida, visit, "bil@politi.example")
    app.test_cli_runner().invoke(args=["officer", "remove", "bo@politi.example"])
    assert stranger.get(theirs).status == status and stranger.get(newer).status == 200


def test_no_link_of_a_removed_officer_that_had_expired_opens_again_when_its_visit_is_moved(app, ida, stranger):
    with app.app_context():
        Officer.add("bo@politi.example", "Bo", PASSWORD)
        db.session.commit()
    visit = planned(app, wish(app), start=now() + timedelta(days=1))
    links = sent(app, ida, visit, "bo@politi.example"), sent(app, logged_in(app, "bo@politi.example"), visit)
    with time_machine.travel(now() + timedelta(days=12)):
        app.test_cli_runner().invoke(args=["officer", "remove", "bo@politi.example"])
        with app.app_context():
            found, start = db.session.get(Visit, visit), now() + timedelta(days=2)
            found.reschedule(Officer.by_email(OFFICER), place=found.place, starts_at=start,
                             ends_at=start + timedelta(hours=2), resource_units=found.resource_units)
            db.session.commit()
        assert [stranger.get(link).status for link in links] == [410, 410]


def test_the_link_of_a_visit_that_is_moved_works_until_a_week_after_the_new_date(app, ida, stranger):
    visit = planned(app, wish(app), start=now() + timedelta(days=1))
    link = sent(app, ida, visit)
    with app.app_context():
        found = db.session.get(Visit, visit)
        found.starts_at, found.ends_at = now() + timedelta(days=30), now() + timedelta(days=30, hours=2)
        db.session.commit()
    for days, status in ((31, 200), (39, 410)):
        with time_machine.travel(now() + timedelta(days=days)):
            assert stranger.get(link).status == status


def test_nobody_outside_reads_that_a_control_goes_on_while_its_figures_are_entered(app, stranger):
    booking = wish(app)
    visit = begun(app, booking)
    with app.app_context():
        db.session.get(Visit, visit).enter_findings(None, FOUND, by="atk@politi.example")
        db.session.commit()
    assert "Carried out" not in stranger.get(url_of(booking)).text
    with time_machine.travel(now() + timedelta(hours=2)):
        assert "Carried out" in stranger.get(url_of(booking)).text


def test_the_link_opens_no_other_page_of_the_office(app, ida, stranger):
    link = sent(app, ida, begun(app, wish(app)))
    stranger.post(link, {**TERSLEV, "periods-0-day": now().date().isoformat()})
    for path in ("/en/kontor/", "/en/kontor/besoeg/1", "/en/kontor/steder"):
        assert "Log in" in stranger.get(path).text


def test_a_visit_whose_findings_are_sent_gets_no_new_link(app, ida):
    visit = begun(app, wish(app))
    with app.app_context():
        officer, found = db.session.get(Officer, 1), db.session.get(Visit, visit)
        found.enter_findings(officer, {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["closed"]})
        found.report(officer)
        db.session.commit()
    page = ida.post(f"/en/kontor/besoeg/{visit}/feltlink", {"email": "a@b.dk", "language": "da"})
    assert page.status == 409 and "a@b.dk" in page.text, "what was typed is shown, to be copied"
    assert logged_in(app).get(f"/en/kontor/besoeg/{visit}").status == 200
