"""What somebody is asked to do after a visit: entered, sent, answered, asked again, and shown where it may be."""

import re
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from threading import Thread
from types import SimpleNamespace

import pytest
import time_machine
from browser import Mailbox
from conftest import OFFICER, Page, Person, logged_in
from helpers import as_sent
from helpers_code import ROOT
from helpers_results import post_letters
from helpers_services import ENTRY
from PIL import Image, ImageDraw, PngImagePlugin
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

import catalogue
import forms.photos
from catalogue.spots import SpotForm
from forms import TaskForm, redact_links
from mail import letters, outbox
from models import (
    COPENHAGEN,
    Assignee,
    Booking,
    Channel,
    DeliveryStatus,
    Event,
    EventKind,
    Letter,
    NotAllowed,
    Officer,
    Place,
    Task,
    TaskStatus,
    Visit,
    db,
    limits,
    now,
    today,
)

NOW = datetime(2026, 5, 11, 20, tzinfo=COPENHAGEN)
SPOT = {"place": "Stien bag skolen", "feel": "unsafe", "cat": ["dark", "plants"],
        "what": "Man kan ikke se, hvem der kommer.",
        "when": "night", "proposal": "Sæt en lampe op.", "owner": "municipality", "prio": "half_year",
        "due_on": "2026-11-01", "status": "new", "reason": "", "public": "", "lat": "55.33", "lng": "11.96"}
ACTION = {"what": "Lav en telefonkæde.", "owner": "organiser", "due_on": "2026-08-01", "status": "new", "public": ""}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def invented(monkeypatch):
    """A walk, whose spots are asked about at their due date, and a talk, whose actions are after 30 and 90 days."""
    for key, how in (("stroll", {"tasks": SpotForm}), ("talk", {"tasks": TaskForm, "follow_up": (30, 90)}),
                     ("silent", {})):
        monkeypatch.setitem(catalogue.SERVICES, key, replace(ENTRY, key=key, slug=key, **how))


def begun(app, service: str = "stroll", hours: int = -2) -> int:
    """A visit for one wish, so many hours away."""
    with app.app_context():
        ida = Officer.by_email(OFFICER)
        place = Place.at(road="Skolevej", postcode="4690", town="Haslev", municipality="Faxe", lat=55.32, lng=11.96)
        booking = Booking.receive(
            form_token=f"{service}{hours}", place=place, service=service, language="en", name="Anna Jensen",
            email="anna@example.dk", phone="", capacity="private", org="", from_to="", reply="email", road="Skolevej",
            answers={"kind": "bikes", "text": "x"})
        booking.accept(ida, "")
        db.session.flush()
        visit = Visit.plan(ida, service=service, place=place, starts_at=now() + timedelta(hours=hours),
                           resource_units={"crew": "Ida"},
                           ends_at=now() + timedelta(hours=hours + 1), method="", bookings=[booking])
        db.session.commit()
        return visit.id


@pytest.fixture
def visit(app):
    return begun(app)


def enter(officer: Person, visit: int, **changes) -> Page:
    data = {**SPOT, "once": f"form {len(changes)} {now()} {sorted(map(str, changes.values()))}", **changes}
    return officer.post(f"/en/kontor/besoeg/{visit}/opgaver", data)


def contact(app, officer: Person, visit: int, kind: str = "municipality", **changes) -> tuple[int, str]:
    """Say whom to write to; the number and secret of their page."""
    with app.app_context():
        owner = db.session.query(Assignee).filter_by(visit_id=visit, kind=kind).one()
        id, secret = owner.id, owner.secret
    data = {"name": "Vejafdelingen", "email": "vej@example.dk", "language": "da", **changes}
    page = officer.post(f"/en/kontor/besoeg/{visit}/opgaver/ansvarlig/{id}", data)
    assert page.status == 200, page.errors
    return id, secret


def send(officer: Person, visit: int) -> Page:
    return officer.post(f"/en/kontor/besoeg/{visit}/opgaver/send")


def task(app, number: int = 1) -> SimpleNamespace:
    with app.app_context():
        found = db.session.query(Task).filter_by(number=number).one()
        return SimpleNamespace(**{c.key: getattr(found, c.key) for c in Task.__mapper__.column_attrs},
                               kind=found.assignee.kind if found.assignee else None,
                               jpeg=found.photo.jpeg if found.photo else None)


def written(app, kind: str) -> list[SimpleNamespace]:
    with app.app_context():
        return [SimpleNamespace(recipient=x.recipient, channel=x.channel, text=x.text, subject=x.subject,
                                language=x.language)
                for x in db.session.query(Letter).filter_by(kind=kind).order_by(Letter.id)]


def time_does_its_work(app) -> None:
    """After all mails have gone."""
    post_letters(app)
    with app.app_context():
        Assignee.remind_due()
        db.session.commit()


def sent(app, officer: Person, **changes) -> SimpleNamespace:
    """One spot that the municipality has been told of: the visit, the task, and the municipality's own page."""
    visit = begun(app)
    assert enter(officer, visit, **changes).status == 200
    id, secret = contact(app, officer, visit)
    send(officer, visit)
    return SimpleNamespace(visit=visit, task=task(app).id, own=f"/ansvar/{id}/{secret}", owner=id, secret=secret)


# Entering.

def test_a_spot_is_kept_with_all_that_was_said_of_it(app, officer, visit):
    page = enter(officer, visit)
    assert "Saved as no. 1." in page.text
    kept = task(app)
    assert (kept.number, kept.status, kept.kind, kept.due_on) == (1, "new", "municipality", date(2026, 11, 1))
    assert (kept.lat, kept.lng, kept.public, kept.reason) == (55.33, 11.96, True, "")
    assert kept.details == {"place": "Stien bag skolen", "feel": "unsafe", "cat": ["dark", "plants"], "when": "night",
                            "proposal": "Sæt en lampe op.", "prio": "half_year"}
    for words in ("1. Stien bag skolen: Man kan ikke se", "Light missing, Planting", "Municipality, roads and parks"):
        assert words in page.text
    with app.app_context():
        event = db.session.query(Event).filter_by(kind=EventKind.TASK_KEPT).one()
        assert event.officer.email == OFFICER and event.facts == {"number": 1, "status": "new"}
    assert not written(app, "task_kept")


def test_the_form_starts_with_a_token_of_its_own(officer, visit):
    page = officer.get(f"/en/kontor/besoeg/{visit}/opgaver")
    assert page.hidden["once"][
        0] and "Left empty: “At once” in 2 weeks, “Within 6 months” in 26, “Later” in 52." in page.text


@pytest.mark.parametrize("prio, due_on", [
    ("now", date(2026, 5, 25)), ("half_year", date(2026, 11, 9)), ("later", date(2027, 5, 10))])
def test_how_soon_a_spot_is_due_follows_from_its_priority_where_nobody_has_said_otherwise(app, officer, visit, prio,
        due_on):
    enter(officer, visit, prio=prio, due_on="")
    enter(officer, visit, once="b", prio=prio, due_on="2026-06-30")
    assert [task(app, n).due_on for n in (1, 2)] == [due_on, date(2026, 6, 30)]


@pytest.mark.parametrize("service", ["stroll", "talk"])
def test_the_same_form_sent_twice_is_one_task(app, officer, service):
    visit = begun(app, service)
    for _ in range(3):
        page = enter(officer, visit, once="the same", **(ACTION if service == "talk" else {}))
        assert "Saved as no. 1." in page.text
    with app.app_context():
        assert db.session.query(Task).count() == 1


def test_numbers_stay_and_each_visit_has_its_own(app, officer, visit):
    other = begun(app, "talk", -5)
    for where, once in ((visit, "a"), (other, "b"), (visit, "c")):
        enter(officer, where, once=once, **(ACTION if where == other else {}))
    with app.app_context():
        assert [t.number for t in db.session.get(Visit, visit).tasks] == [1, 2]
        assert [t.number for t in db.session.get(Visit, other).tasks] == [1]


@pytest.mark.parametrize("field, wrong, words", [
    ("place", "", "must be filled in"), ("feel", "", "Choose an answer"), ("cat", [], "at least one"),
    ("what", "", "must be filled in"), ("proposal", "", "must be filled in"), ("owner", "", "Choose an answer"),
    ("prio", "", "Choose an answer"), ("owner", "the king", "Choose one of"), ("status", "sent", "Choose one of"),
    ("status", "gone", "Choose one of"), ("due_on", "soon", "Write a date"), ("what", "Han hedder 010190-1234", "CPR"),
    ("reason", "x" * 501, "at most 500"), ("place", "a\nb", "one line"),
])
def test_what_is_missing_is_said_beside_its_field_and_the_rest_is_kept(app, officer, visit, field, wrong, words):
    page = enter(officer, visit, **{field: wrong})
    assert page.status == 422 and len(page.errors) == 1 and words in page.errors[0]
    assert field == "place" or SPOT["place"] in page.html
    with app.app_context():
        assert not db.session.query(Task).count()


@pytest.mark.parametrize("status", ["refused", "impossible"])
def test_a_refusal_has_a_reason(app, officer, visit, status):
    assert enter(officer, visit, status=status).errors == ["Write why it is not done."]
    assert enter(officer, visit, status=status, reason="Stien er privat.").status == 200
    assert task(app).status == status and task(app).reason == "Stien er privat."
    with app.app_context(), pytest.raises(NotAllowed):
        found = db.session.query(Task).one()
        found.update(None, assignee=None, status=status, reason="")


def test_a_pleasant_spot_asks_nothing_of_anybody(app, officer, visit):
    page = enter(officer, visit, feel="pleasant", cat=[], proposal="", owner="", prio="")
    assert page.status == 200, page.errors
    kept = task(app)
    assert kept.kind is None and kept.due_on is None and kept.public


@pytest.mark.parametrize("cat, said, public", [
    (["dark"], "", True), (["behaviour"], "", False), (["dark", "behaviour"], "", False), (["behaviour"], "yes", True),
    (["dark"], "no", False)])
def test_behaviour_is_not_public_unless_somebody_says_so(app, officer, visit, cat, said, public):
    enter(officer, visit, cat=cat, public=said)
    assert task(app).public is public


def test_an_agreed_action_is_not_public_unless_somebody_says_so(app, officer):
    visit = begun(app, "talk")
    for once, said in (("a", ""), ("b", "yes"), ("c", "no")):
        assert enter(officer, visit, **{**ACTION, "once": once, "public": said}).status == 200
    assert [task(app, n).public for n in (1, 2, 3)] == [False, True, False]


def test_tasks_are_entered_while_the_visit_is_under_way_and_never_before(app, officer):
    coming, silent = begun(app, "stroll", 24), begun(app, "silent")
    under_way = begun(app, "talk", 0)
    assert officer.client.get(f"/kontor/besoeg/{silent}/opgaver").status_code == 404
    for path in ("opgaver", "opgaver/send", "protokol"):
        assert officer.client.get(f"/kontor/besoeg/{coming}/{path}").location.endswith(f"/kontor/besoeg/{coming}")
    assert enter(officer, under_way, **ACTION).status == 200
    assert f"/en/kontor/besoeg/{under_way}/opgaver" in officer.get(f"/en/kontor/besoeg/{under_way}").html
    assert f"/besoeg/{coming}/opgaver" not in officer.get(f"/en/kontor/besoeg/{coming}").html
    with app.app_context():
        with pytest.raises(NotAllowed):
            Task.enter(None, db.session.get(Visit, coming), form_token="x")
        with pytest.raises(NotAllowed):
            db.session.get(Visit, coming).publish(None, True)


def test_a_task_is_changed_and_the_history_says_who_did_it(app, officer, visit):
    enter(officer, visit)
    page = officer.get(f"/en/kontor/opgave/{task(app).id}")
    assert SPOT["place"] in page.html and re.search(r'value="dark"[^>]*checked', page.html)
    assert re.search(r'value="yes"[^>]*checked', page.html), "what it is, not what it would be by default"
    page = officer.post(f"/en/kontor/opgave/{task(app).id}", {
        **SPOT, "proposal": "Klip hækken.", "public": "no", "status": "under_way", "due_on": "", "owner": "housing"})
    assert page.status == 200, page.errors
    kept = task(app)
    assert (kept.status, kept.kind, kept.due_on, kept.public) == ("under_way", "housing", date(2026, 11, 9), False)
    assert kept.details["proposal"] == "Klip hækken." and "Klip hækken." in page.text
    history = officer.get(f"/en/kontor/besoeg/{visit}").text
    assert "No. 1: Under way" in history and "Task entered Ida Betjent" in history
    assert officer.post(f"/en/kontor/opgave/{kept.id}", {**SPOT, "what": ""}).status == 422


# Sending, answering, asking again.

def test_each_who_is_responsible_gets_one_letter_with_their_own_tasks(app, officer, visit):
    for once, owner, place in (("a", "municipality", "Sti et"), ("b", "housing", "Gård to"),
                               ("c", "municipality", "Sti tre"),
                               ("d", "unknown", "Fire"), ("e", "police", "Vores")):
        enter(officer, visit, once=once, owner=owner, place=place)
    contact(app, officer, visit)
    contact(app, officer, visit, "housing", name="Haslev Bolig", email="bolig@example.dk", language="en")
    enter(officer, visit, once="g", owner="residents", place="Fem")
    contact(app, officer, visit, "residents", name="Ida", email="")
    preview = officer.get(f"/en/kontor/besoeg/{visit}/opgaver/send")
    assert "Nobody is responsible yet for no. 4." in preview.text and "Send to all 3" in preview.text
    assert not written(app, "tasks_sent") and task(app).sent_on is None, "a preview changes nothing"
    page = send(officer, visit)
    assert "Done." in page.text
    to = {x.recipient: x for x in written(app, "tasks_sent")}
    assert set(to) == {"vej@example.dk", "bolig@example.dk", "Ida"}
    assert to["Ida"].channel is Channel.PHONE and "/ansvar/" not in to["Ida"].text, "an officer tells them"
    town = to["vej@example.dk"].text
    assert "1. Sti et: Man kan" in town and "3. Sti tre" in town and "Gård" not in town and "Fire" not in town
    assert "Frist" in town or "Due" in town
    assert to["bolig@example.dk"].language == "en" and "Proposal: Sæt en lampe op." in to["bolig@example.dk"].text
    assert "Skolevej" not in town and "Anna" not in town, "nothing that a citizen wrote"
    for text in (to["vej@example.dk"].text, preview.text):
        assert text.count("/ansvar/") >= 1
    assert [task(app, n).status for n in range(1, 7)] == ["sent", "sent", "sent", "new", "sent", "sent"]
    assert "Done. Nobody gets a letter." in send(officer, visit).text
    assert len(written(app, "tasks_sent")) == 3, "once is enough"
    assert "Everybody who is responsible has been told." in officer.get(f"/en/kontor/besoeg/{visit}/opgaver/send").text
    enter(officer, visit, once="f", place="Sti seks")
    send(officer, visit)
    late = written(app, "tasks_sent")[-1].text
    assert "Sti seks" in late and "Sti et" not in late, "only what is new"
    assert "Letters to see to 1" in officer.get("/en/kontor/").text


def test_a_letter_is_shown_before_it_is_sent_and_is_the_same(app, officer, visit):
    enter(officer, visit)
    id, secret = contact(app, officer, visit)
    preview = officer.get(f"/en/kontor/besoeg/{visit}/opgaver/send").html
    send(officer, visit)
    letter = written(app, "tasks_sent")[0]
    shown = re.search(r'<pre class="letter-text">(.*?)</pre>', preview, re.S)[1]
    assert shown.strip() == redact_links(letter.text).strip() and f"/ansvar/{id}/{secret}" in letter.text


def test_what_was_done_on_the_spot_is_not_sent(app, officer, visit):
    enter(officer, visit, status="done")
    contact(app, officer, visit)
    send(officer, visit)
    assert not written(app, "tasks_sent") and task(app).sent_on is None


def test_what_was_taken_on_during_the_walk_is_sent_as_taken_on(app, officer):
    at = sent(app, officer, status="accepted")
    assert task(app).status == "accepted" and task(app).sent_on == today()
    assert "Stien bag skolen" in Person(app).get(at.own).text


def test_the_owner_answers_by_the_secret_page_and_an_officer_reads_it(app, officer):
    at, owner = sent(app, officer), Person(app)
    page = owner.get(at.own)
    assert '<meta name="robots" content="noindex">' in page.html and page.response.headers["Cache-Control"] == "no-store"
    assert "Stien bag skolen" in page.text and "Anna" not in page.text and "Skolevej" not in page.text
    page = owner.post(f"{at.own}/1", {"status": "under_way", "words": "Vi har bestilt en lampe, siger Zacharias."})
    assert page.status == 200 and "Zacharias" in page.text
    assert task(app).status == "under_way" and task(app).has_unread
    desk = officer.get("/en/kontor/?bunke=opgaver")
    assert "Answers about tasks 1" in desk.text and f"/besoeg/{at.visit}/opgaver#no-1" in desk.html
    listed = officer.get(f"/en/kontor/besoeg/{at.visit}/opgaver")
    assert "Zacharias" in listed.text and "I have read it" in listed.text
    assert "Municipality, roads and parks" in officer.get(f"/en/kontor/besoeg/{at.visit}").text
    officer.post(f"/en/kontor/opgave/{at.task}/laest")
    assert not task(app).has_unread and "Answers about tasks 0" in officer.get("/en/kontor/").text
    with app.app_context():
        letters.write_to_officers()
        db.session.commit()
    assert "Svar om opgaver: 1" in written(app, "digest")[0].text or "tasks: 1" in written(app, "digest")[0].text


def test_an_answer_from_an_older_page_overwrites_nothing_and_one_sent_twice_counts_once(app, officer):
    own, owner, colleague = "/en" + sent(app, officer).own, Person(app), Person(app)
    older = as_sent(owner.get(own), "words")
    done = {**as_sent(colleague.get(own), "words"), "status": "done", "words": "Lampen er skiftet."}
    for _ in range(2):
        page = colleague.post(f"{own}/1", done)
        assert page.status == 200 and "We have your answer" in page.text
    page = owner.post(f"{own}/1", {**older, "status": "refused", "words": "Ikke vores sti."})
    assert page.status == 409 and "Nothing was sent or saved" in page.text
    assert "Stored now: Lampen er skiftet." in page.text and "Stored now: Done" in page.text
    assert as_sent(page, "words")["words"] == ["Ikke vores sti."] and task(app).status == "done"
    with app.app_context():
        assert len(db.session.query(Task).one().answers) == 1
    assert owner.post(f"{own}/1", as_sent(page, "words")).status == 200 and task(app).status == "refused"


def test_a_task_that_an_officer_has_changed_since_is_shown_anew_before_it_is_answered(app, officer):
    at, owner = sent(app, officer), Person(app)
    own = f"/en{at.own}"
    form = {**as_sent(owner.get(own), "words"), "status": "accepted", "words": ""}
    officer.post(f"/en/kontor/opgave/{at.task}", {**SPOT, "status": "sent", "place": "Hele stien"})
    page = owner.post(f"{own}/1", form)
    assert page.status == 409 and "Hele stien" in page.text and task(app).status == "sent"
    assert owner.post(f"{own}/1", as_sent(page, "words")).status == 200 and task(app).status == "accepted"


def test_only_an_answer_that_says_something_is_taken(app, officer):
    at, owner = sent(app, officer), Person(app)
    for wrong in ({}, {"status": "refused"}, {"status": "impossible", "words": " "}, {"status": "new"},
                  {"status": "sent"}, {"status": "done", "words": "x" * 1001},
                  {"status": "done", "words": "AB 12 345"}):
        page = owner.post(f"{at.own}/1", wrong)
        assert (page.status, len(page.errors), task(app).status) == (422, 1, "sent"), wrong
        assert owner.get(f"{at.own}/1").response.request.path == at.own, "a reload leads back"
    for answer in ({"status": "done"}, {"status": "refused", "words": "Stien er ikke vores. Ring 12 34 56 78."}):
        page = owner.post(f"{at.own}/1", answer)
        assert (page.status, page.errors, task(app).status) == (200, [], answer["status"])
        assert owner.get(f"{at.own}/1").response.request.path == at.own, "a reload leads back"


def test_the_model_takes_no_answer_that_makes_no_sense(app, officer, visit):
    enter(officer, visit)
    with app.app_context():
        one = db.session.query(Task).one()
        for status, words in ((TaskStatus.DONE, ""), (TaskStatus.NEW, "x")):
            with pytest.raises(NotAllowed):
                one.answer(status, words)
        one.mark_sent()
        for status, words in ((TaskStatus.SENT, ""), (TaskStatus.REFUSED, "")):
            with pytest.raises(NotAllowed):
                one.answer(status, words)
        with pytest.raises(ValueError):
            one.answer("gone", "x")


def test_nobody_sees_anything_without_the_right_secret(app, officer, visit):
    photo = {"photo": (jpeg(), "a.jpg")}
    enter(officer, visit, once="a", owner="municipality", place="Kommunens sted", **photo)
    enter(officer, visit, once="b", owner="housing", place="Boligens sted", photo=(jpeg(), "b.jpg"))
    mine, theirs = contact(app, officer, visit), contact(app, officer, visit, "housing", email="b@example.dk")
    stranger = Person(app)
    assert stranger.client.get(f"/ansvar/{mine[0]}/{mine[1]}/1/foto").status_code != 200, "not sent yet"
    assert "Kommunens sted" not in stranger.get(f"/ansvar/{mine[0]}/{mine[1]}").text
    send(officer, visit)
    own = f"/ansvar/{mine[0]}/{mine[1]}"
    assert "Kommunens sted" in stranger.get(own).text and "Boligens sted" not in stranger.get(own).text
    assert stranger.client.get(f"{own}/1/foto").status_code == 200
    token = stranger.get(own).token
    for wrong in (f"/ansvar/{mine[0]}/{theirs[1]}", f"/ansvar/{theirs[0]}/{mine[1]}", f"/ansvar/{mine[0]}/x",
                  f"/ansvar/999/{mine[1]}", f"/ansvar/{mine[0]}/{mine[1][:-1]}", f"/ansvar/{2**64}/{mine[1]}",
                  f"/ansvar/{mine[0]}/æøå"):
        for path in (wrong, f"{wrong}/1", f"{wrong}/1/foto"):
            assert stranger.client.get(path, follow_redirects=True).status_code in (404, 405), path
        assert stranger.client.post(f"{wrong}/1", data={"csrf_token": token, "status": "done"}).status_code == 404
    for number in (2, 3, 0):  # another owner's, and none
        assert stranger.client.get(f"{own}/{number}/foto").status_code == 404
        assert stranger.client.post(f"{own}/{number}", data={"csrf_token": token, "status": "done"}).status_code == 404
    assert task(app).status == task(app, 2).status == "sent"
    assert len(mine[1]) * 6 >= 128


def test_who_is_made_responsible_instead_sees_it_as_new_and_nothing_of_what_was_said(app, officer):
    at, town = sent(app, officer), Person(app)
    town.post(f"{at.own}/1", {"status": "under_way", "words": "Vi har talt med Zacharias."})
    officer.post(f"/en/kontor/opgave/{at.task}", {**SPOT, "owner": "housing", "status": "under_way"})
    assert task(app).status == "new" and task(app).ask_on is None
    assert "Stien bag" not in town.get(at.own).text
    for words in ("", "Lampen er skiftet."):
        page = town.post(f"/en{at.own}/1", {"status": "done", "words": words})
        assert page.status == 409 and "No. 1 is not yours any more" in page.text and words in page.text
        assert ("What you wrote was not sent" in page.text) == bool(words)
    id, secret = contact(app, officer, at.visit, "housing", email="b@example.dk")
    send(officer, at.visit)
    page = Person(app).get(f"/ansvar/{id}/{secret}").text
    assert "Stien bag" in page and "Zacharias" not in page
    assert "Zacharias" in officer.get(f"/en/kontor/besoeg/{at.visit}").text, "the history keeps it"


def test_a_letter_that_waits_follows_the_owner_to_the_right_address(app, officer):
    at = sent(app, officer)
    contact(app, officer, at.visit, email="rigtig@example.dk")
    assert written(app, "tasks_sent")[0].recipient == "rigtig@example.dk"
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="tasks_sent").one()
        letter.mark_failed("refused 550")
        db.session.commit()
        id = letter.id
    contact(app, officer, at.visit, email="ny@example.dk")
    assert "Vejafdelingen" in officer.get("/en/kontor/?bunke=breve").text
    assert f"/besoeg/{at.visit}/opgaver" in officer.get(f"/en/kontor/breve/{id}").html
    officer.post(f"/en/kontor/breve/{id}", {"again": "1"})
    assert written(app, "tasks_sent")[0].recipient == "ny@example.dk"


@pytest.mark.parametrize(("owner", "name", "becomes", "shown"), [
    ("municipality", "Vejafdelingen", (Channel.PHONE, "Vejafdelingen", "waiting"), "Vejafdelingen"),
    ("municipality", "", (Channel.PHONE, "", "waiting"), "Municipality, roads and parks"),
    ("police", "", (Channel.EMAIL, "vej@example.dk", "held"), "The address was taken off")])
def test_who_is_responsible_and_has_no_address_any_more_is_phoned_and_we_are_not(
        app, officer, visit, owner, name, becomes, shown):
    enter(officer, visit, owner=owner)
    contact(app, officer, visit, owner)
    send(officer, visit)
    contact(app, officer, visit, owner, name=name, email="")
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="tasks_sent").one()
        assert (letter.channel, letter.recipient, letter.delivery_status) == becomes
        id = letter.id
    assert shown in officer.get(f"/en/kontor/breve/{id}").text


@pytest.mark.parametrize("wrong", [{"email": "vej@"}, {"language": "de"}, {"name": "x" * 81}])
def test_an_address_that_cannot_be_is_refused_where_it_is_typed(app, officer, visit, wrong):
    enter(officer, visit)
    with app.app_context():
        id = db.session.query(Assignee).one().id
    page = officer.post(f"/en/kontor/besoeg/{visit}/opgaver/ansvarlig/{id}",
                        {"name": "", "email": "", "language": "da", **wrong})
    assert page.status == 422 and len(page.errors) == 1 and "#" + next(iter(wrong)) + f"-{id}" in page.html


def on(clock, day: int, month: int = 5, year: int = 2026) -> None:
    clock.move_to(datetime(year, month, day, 9, tzinfo=COPENHAGEN))


def test_a_spot_is_asked_about_once_at_its_due_date(app, officer, clock):
    at = sent(app, officer)
    enter(officer, at.visit, once="b", place="Nummer to")
    enter(officer, at.visit, once="c", place="Senere", due_on="2026-12-24")
    send(officer, at.visit)
    for day, month, wanted in ((31, 10, 0), (1, 11, 1), (1, 11, 1), (2, 11, 1), (24, 12, 2), (31, 12, 2)):
        on(clock, day, month)
        time_does_its_work(app)
        assert len(written(app, "tasks_due")) == wanted, (day, month)
    first, second = (x.text for x in written(app, "tasks_due"))
    assert "Stien bag skolen" in first and "Nummer to" in first and "Senere" not in first, "one letter for all"
    assert "Senere" in second and "Stien" not in second and at.own in second


def test_an_agreed_action_is_asked_about_after_30_and_after_90_days(app, officer, clock):
    visit = begun(app, "talk")
    enter(officer, visit, **ACTION)
    contact(app, officer, visit, "organiser")
    send(officer, visit)
    days = []
    for day in range(120):
        on(clock, 11)
        clock.shift(timedelta(days=day))
        before = len(written(app, "tasks_due"))
        time_does_its_work(app)
        days += [day] * (len(written(app, "tasks_due")) - before)
    assert days == [30, 90]


@pytest.mark.parametrize("status", ["done", "refused", "impossible"])
def test_nobody_is_asked_about_what_is_over(app, officer, clock, status):
    at = sent(app, officer)
    Person(app).post(f"{at.own}/1", {"status": status, "words": "Derfor."})
    on(clock, 24, 12)
    time_does_its_work(app)
    assert not written(app, "tasks_due") and task(app).ask_on is None


def test_a_visit_with_tasks_is_neither_moved_nor_called_off_and_they_stay_at_hand(app, officer):
    at = sent(app, officer)
    page = officer.get(f"/en/kontor/besoeg/{at.visit}")
    assert "/aflys" not in page.html and "so it is not called off" in page.text
    form = officer.get(f"/en/kontor/besoeg/{at.visit}/flyt")
    other = officer.post(f"/en/kontor/besoeg/{at.visit}/flyt", {**as_sent(form, "crew"), "day": "2026-12-01"})
    assert other.status == 422 and "so its time stays" in "".join(other.errors)
    officer.post(f"/en/kontor/besoeg/{at.visit}/flyt", {**as_sent(form, "crew"), "crew": "Bo, Eva", "send": "1"})
    with app.app_context():
        assert db.session.get(Visit, at.visit).crew == "Bo, Eva"
    assert officer.post(f"/en/kontor/besoeg/{at.visit}/aflys", {"cause": "staff", "words": "Regn"}).status == 409
    with app.app_context():
        visit = db.session.get(Visit, at.visit)
        for booking in list(visit.bookings):
            booking.withdraw()
        db.session.commit()
        assert visit.is_planned, "what was seen there is still to be done"
    Person(app).post(f"{at.own}/1", {"status": "under_way", "words": ""})
    assert officer.get(f"/en/kontor/besoeg/{at.visit}/opgaver").status == 200


def test_who_took_back_that_it_is_done_is_asked_about_it(app, officer, clock):
    at = sent(app, officer)
    for status in ("done", "under_way"):
        Person(app).post(f"{at.own}/1", {"status": status, "words": "Ret mig."})
    on(clock, 1, 11)
    time_does_its_work(app)
    assert len(written(app, "tasks_due")) == 1


def test_a_new_due_date_is_asked_about_anew(app, officer, clock):
    at = sent(app, officer)
    on(clock, 1, 11)
    time_does_its_work(app)
    post_letters(app)
    officer = logged_in(app)
    page = officer.post(f"/en/kontor/opgave/{at.task}", {**SPOT, "status": "under_way", "due_on": "2026-12-01"})
    assert page.status == 200, page.errors
    on(clock, 1, 12)
    time_does_its_work(app)
    assert len(written(app, "tasks_due")) == 2


@pytest.mark.parametrize("email, ways", [("", []), ("ida@politi.example", [Channel.EMAIL] * 2)])
def test_what_the_police_has_to_do_itself_makes_no_call_to_the_police(app, officer, clock, email, ways):
    """A colleague with an address is written to like anybody."""
    visit = begun(app)
    enter(officer, visit, owner="police")
    enter(officer, visit, once="b", owner="municipality")
    contact(app, officer, visit, "police", name="Ida", email=email)
    contact(app, officer, visit)
    send(officer, visit)
    on(clock, 1, 11)
    time_does_its_work(app)
    ours = [x for kind in ("tasks_sent", "tasks_due") for x in written(app, kind) if x.recipient != "vej@example.dk"]
    assert [x.channel for x in ours] == ways
    with app.app_context():
        asked = [event.facts["who"] for event in db.session.query(Event).filter_by(kind=EventKind.TASKS_DUE)]
    assert sorted(asked) == ["municipality", *["police"] * (len(ways) // 2)], "nobody was asked where nothing is written"
    assert "Letters to see to 0" in logged_in(app).get("/en/kontor/").text


def test_whoever_has_no_address_is_asked_by_an_officer(app, officer, clock):
    visit = begun(app)
    enter(officer, visit, owner="residents")
    send(officer, visit)
    with app.app_context():
        letter = f"/en/kontor/breve/{db.session.query(Letter).filter_by(kind='tasks_sent').one().id}"
    officer.post(letter, {"done": "1", "version": officer.get(letter).hidden["version"][0]})
    on(clock, 1, 11)
    time_does_its_work(app)
    assert [(x.channel, x.recipient) for kind in ("tasks_sent", "tasks_due") for x in written(app, kind)] == [
        (Channel.PHONE, written(app, "tasks_sent")[0].recipient)] * 2
    page = logged_in(app).get("/en/kontor/?bunke=breve")
    assert "Asked how the tasks are going" in page.text


def test_a_task_that_is_sent_when_its_date_is_over_is_asked_about_all_the_same(app, officer, clock):
    visit = begun(app)
    enter(officer, visit)
    contact(app, officer, visit)
    on(clock, 2, 11)
    send(logged_in(app), visit)
    time_does_its_work(app)
    assert not written(app, "tasks_due")
    clock.shift(timedelta(days=limits.LATE_TASK_DAYS))
    time_does_its_work(app)
    assert len(written(app, "tasks_due")) == 1


def test_how_a_task_stands_for_somebody_else_is_what_the_officer_says(app, officer):
    at = sent(app, officer)
    for owner, status, kept in (("housing", "under_way", "under_way"), ("municipality", "under_way", "under_way")):
        path = f"/en/kontor/opgave/{at.task}"
        form = {**SPOT, "owner": owner, "status": status, "version": officer.get(path).hidden["version"][0]}
        assert officer.post(path, form).status == 200
        assert (task(app).status, task(app).sent_on) == (kept, None)


@pytest.mark.parametrize("change", [{"owner": "housing"}, {"status": "done"}], ids=str)
def test_nobody_is_phoned_about_what_is_somebody_elses_by_now_or_done(app, officer, change):
    visit = begun(app)
    enter(officer, visit, owner="residents")
    send(officer, visit)
    path = f"/en/kontor/opgave/{task(app).id}"
    form = {**SPOT, "owner": "residents", "status": "sent", "version": officer.get(path).hidden["version"][0], **change}
    assert officer.post(path, form).status == 200
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="tasks_sent").one()
        assert (letter.delivery_status, letter.error) == (DeliveryStatus.SUPPRESSED, "idle")
    assert "Letters to see to 0" in officer.get("/en/kontor/").text


@pytest.mark.parametrize("change", [{"owner": "housing"}, {"status": "done"}], ids=str)
def test_nobody_is_phoned_how_a_task_is_going_that_is_somebody_elses_by_now_or_done(app, officer, clock, change):
    visit = begun(app)
    for changes in ({}, {"once": "b", "due_on": "2026-12-24"}):
        assert enter(officer, visit, owner="residents", **changes).status == 200
    send(officer, visit)
    with app.app_context():
        db.session.query(Letter).filter_by(kind="tasks_sent").one().do_by_hand(Officer.by_email(OFFICER))
        db.session.commit()
    on(clock, 1, 11)
    time_does_its_work(app)
    [asked] = written(app, "tasks_due")
    with app.app_context():
        numbers = db.session.query(Event).filter_by(kind="tasks_due").one().facts["numbers"]
        ids = [task.id for task in db.session.query(Task) if task.number in numbers]
        assert 0 < len(ids) < 2, "of the other one it is not asked yet"
    officer = logged_in(app)
    path = f"/en/kontor/opgave/{ids[0]}"
    form = {**SPOT, "owner": "residents", "status": "sent", "version": officer.get(path).hidden["version"][0], **change}
    assert asked.channel is Channel.PHONE and officer.post(path, form).status == 200
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="tasks_due").one()
        assert (letter.delivery_status, letter.error) == (DeliveryStatus.SUPPRESSED, "idle")


def test_a_question_that_was_refused_is_not_mailed_again_when_its_task_is_answered(app, officer, clock):
    at = sent(app, officer)
    on(clock, 1, 11)
    time_does_its_work(app)
    with app.app_context():
        db.session.query(Letter).filter_by(kind="tasks_due").one().mark_failed("refused 550 No")
        db.session.commit()
        db.session.get(Task, at.task).answer(TaskStatus.DONE, "Klaret.")
        db.session.commit()
        assert db.session.query(Letter).filter_by(kind="tasks_due").one().error == "idle"


def change(app, clock, number: int = 1, **changes) -> None:
    """What an officer says of a task, some minutes later: that it is open, unless something else is said."""
    clock.shift(timedelta(minutes=5))
    officer, path = logged_in(app), f"/en/kontor/opgave/{task(app, number).id}"
    form = officer.get(path)
    untouched = "new" if 'value="new"' in form.html else "sent"
    page = officer.post(path, {**SPOT, "status": untouched, "version": form.hidden["version"][0], **changes})
    assert page.status == 200, page.errors
    clock.shift(timedelta(minutes=5))


def fates(app, kind: str) -> list[str]:
    with app.app_context():
        return [x.delivery_status.value for x in db.session.query(Letter).filter_by(kind=kind).order_by(Letter.id)]


def phone(app) -> None:
    """All that waits to be phoned."""
    with app.app_context():
        for letter in db.session.query(Letter).filter_by(channel=Channel.PHONE):
            if letter.is_task:
                letter.do_by_hand(Officer.by_email(OFFICER))
        db.session.commit()


def fail(app) -> None:
    with app.app_context():
        for letter in db.session.query(Letter).filter_by(delivery_status=DeliveryStatus.WAITING):
            letter.mark_failed("refused 550 No")
        db.session.commit()


@pytest.mark.parametrize("fate", ["waiting", "failed"])
@pytest.mark.parametrize("owner", ["municipality", "residents"])
@pytest.mark.parametrize("mistake", [{"status": "done"}, {"status": "refused", "reason": "Privat."}], ids=str)
def test_whose_letter_was_held_back_has_not_been_told_when_the_task_is_open_again(
        app, officer, clock, visit, owner, fate, mistake):
    enter(officer, visit, owner=owner)
    if owner == "municipality":
        contact(app, officer, visit)
    send(officer, visit)
    if fate == "failed":
        fail(app)
    for changes in (mistake, {}):
        change(app, clock, owner=owner, **changes)
    assert fates(app, "tasks_sent") == ["held"]
    assert (task(app).status, task(app).sent_on, task(app).ask_on) == ("new", None, None)
    send(logged_in(app), visit)
    assert fates(app, "tasks_sent") == ["held", "waiting"] and task(app).status == "sent"


def test_what_we_do_ourselves_stays_as_it_is_where_nobody_is_written_to_any_more(app, officer, clock, visit):
    enter(officer, visit, owner="police")
    contact(app, officer, visit, "police")
    send(officer, visit)
    contact(app, officer, visit, "police", email="")
    change(app, clock, owner="police", proposal="Klip hækken.")
    assert fates(app, "tasks_sent") == ["held"] and task(app).status == "sent"


def test_who_found_a_task_on_their_page_before_its_letter_went_knows_of_it(app, officer, clock):
    at = sent(app, officer)
    fail(app)
    Person(app).post(f"{at.own}/1", {"status": "done", "words": "Lampen er skiftet."})
    assert fates(app, "tasks_sent") == ["held"]
    change(app, clock)
    assert task(app).status == "sent" and "Lampen er skiftet." in Person(app).get(at.own).text
    assert Person(app).post(f"{at.own}/1", {"status": "under_way", "words": ""}).status == 200


@pytest.mark.parametrize("fate", ["waiting", "failed"])
@pytest.mark.parametrize("reason", [{"owner": "housing"}, {"status": "done"}], ids=str)
def test_a_letter_that_waits_asks_for_no_task_that_is_somebody_elses_by_now_or_done_and_forgets_no_other(
        app, officer, clock, visit, reason, fate):
    enter(officer, visit)
    enter(officer, visit, once="b", place="Skuret")
    contact(app, officer, visit)
    send(officer, visit)
    if fate == "failed":
        fail(app)
    enter(officer, visit, once="c", place="Ikke sendt")
    change(app, clock, **reason)
    assert fates(app, "tasks_sent") == ["held", "waiting"]
    post_letters(app)
    told = written(app, "tasks_sent")[-1]
    assert told.recipient == "vej@example.dk" and "Skuret" in told.text
    assert "Stien bag skolen" not in told.text and "Ikke sendt" not in told.text, "what nobody has sent stays here"
    assert [task(app, n).status for n in (2, 3)] == ["sent", "new"]


def asked_by_phone(app, officer, clock) -> None:
    """Two tasks of residents who have been told of them, and are to be phoned how it is going."""
    visit = begun(app)
    enter(officer, visit, owner="residents")
    enter(officer, visit, owner="residents", place="Skuret")
    send(officer, visit)
    phone(app)
    on(clock, 1, 11)
    time_does_its_work(app)
    assert fates(app, "tasks_due") == ["waiting"]


@pytest.mark.parametrize("reason", [{"owner": "housing"}, {"status": "done"}], ids=str)
def test_a_question_that_waits_is_not_about_a_task_that_is_somebody_elses_by_now_or_done(app, officer, clock, reason):
    asked_by_phone(app, officer, clock)
    change(app, clock, **{"owner": "residents", **reason})
    assert fates(app, "tasks_due") == ["held", "waiting"]
    asked = written(app, "tasks_due")[-1].text
    assert "Skuret" in asked and "Stien bag skolen" not in asked
    time_does_its_work(app)
    assert fates(app, "tasks_due") == ["held", "waiting"], "once"


ANEW = {"what": "Der er hul i vejen.", "due_on": "2027-03-01"}


@pytest.mark.parametrize("fate", ["waiting", "failed"])
@pytest.mark.parametrize("owner", ["municipality", "residents"])
def test_a_letter_that_has_not_gone_tells_no_task_in_words_that_an_officer_has_changed(
        app, officer, clock, visit, owner, fate):
    """An older one told of a day that nobody meant any more."""
    enter(officer, visit, owner=owner)
    enter(officer, visit, owner=owner, place="Skuret")
    if owner == "municipality":
        contact(app, officer, visit)
    send(officer, visit)
    if fate == "failed":
        fail(app)
    change(app, clock, owner=owner, **ANEW)
    assert fates(app, "tasks_sent") == ["held", "waiting"] and task(app).status == "sent"
    told = written(app, "tasks_sent")[-1].text
    assert ANEW["what"] in told and "1. marts 2027" in told
    assert told.count(SPOT["what"]) == 1, "the other one, which is still to be told"
    for same in ({"public": "yes"}, {"status": "under_way"}):
        change(app, clock, owner=owner, **ANEW, **same)
    assert fates(app, "tasks_sent") == ["held", "waiting"], "of that a letter says nothing"
    post_letters(app)
    phone(app)
    assert fates(app, "tasks_sent") == ["held", "sent"]


def test_what_has_been_told_is_not_told_a_second_time_because_it_is_worded_anew(app, officer, clock):
    sent(app, officer)
    post_letters(app)
    change(app, clock, **ANEW)
    assert fates(app, "tasks_sent") == ["sent"]


@pytest.mark.parametrize(("anew", "is_due"), [
    ({"what": "Der er hul i vejen."}, True), ({"due_on": "2027-03-01"}, False)], ids=str)
def test_a_question_that_waits_is_put_in_the_new_words_and_not_before_the_new_day(app, officer, clock, anew, is_due):
    asked_by_phone(app, officer, clock)
    change(app, clock, owner="residents", **anew)
    time_does_its_work(app)
    assert fates(app, "tasks_due") == ["held", "waiting"], "the other one is still to be asked about"
    question = written(app, "tasks_due")[-1].text
    assert "Skuret" in question and ("Stien bag skolen" in question) is is_due
    phone(app)
    on(clock, 1, 3, 2027)
    time_does_its_work(app)
    assert fates(app, "tasks_due") == ["held", "sent", *([] if is_due else ["waiting"])], "each once"
    assert anew.get("what", "1. marts 2027") in written(app, "tasks_due")[-1].text


def test_what_was_not_asked_because_it_was_done_is_asked_when_it_is_open_again(app, officer, clock):
    asked_by_phone(app, officer, clock)
    for number in (1, 2):
        change(app, clock, number, owner="residents", status="done")
    assert fates(app, "tasks_due") == ["held", "held"] and task(app).ask_on is None
    time_does_its_work(app)
    change(app, clock, owner="residents")
    for _ in range(2):
        time_does_its_work(app)
    assert fates(app, "tasks_due") == ["held", "held", "waiting"]
    assert "Stien bag skolen" in written(app, "tasks_due")[-1].text, "they have been told of it, so it is asked about"


def test_a_task_that_was_done_at_its_due_date_is_asked_about_when_it_is_open_again(app, officer, clock):
    sent(app, officer)
    post_letters(app)
    change(app, clock, status="done")
    on(clock, 2, 11)
    time_does_its_work(app)
    assert not written(app, "tasks_due")
    change(app, clock)
    time_does_its_work(app)
    assert len(written(app, "tasks_due")) == 1


def test_a_question_that_is_due_is_not_lost_when_the_task_is_changed_before_it_is_asked(app, officer, clock):
    sent(app, officer)
    post_letters(app)
    on(clock, 2, 11)
    change(app, clock, proposal="Klip hækken.")
    time_does_its_work(app)
    assert len(written(app, "tasks_due")) == 1


def test_a_question_that_waits_to_be_phoned_is_not_put_down_a_second_time(app, officer, clock):
    visit = begun(app, "talk")
    enter(officer, visit, **{**ACTION, "owner": "residents"})
    send(officer, visit)
    phone(app)
    for day, month in ((11, 6), (10, 8)):
        on(clock, day, month)
        time_does_its_work(app)
    assert fates(app, "tasks_due") == ["waiting"] and "Letters to see to 1" in logged_in(app).get("/en/kontor/").text
    phone(app)
    on(clock, 11, 8)
    time_does_its_work(app)
    assert fates(app, "tasks_due") == ["sent"], "nor the day after they were phoned"


@pytest.mark.parametrize("done", [[1], [1, 2]], ids=["one", "both"])
def test_a_letter_that_was_in_hand_while_a_task_was_done_is_not_tried_again_with_it(
        app, officer, clock, monkeypatch, done):
    visit = begun(app)
    for place in ("Stien bag skolen", "Skuret"):
        enter(officer, visit, place=place)
    contact(app, officer, visit)
    post_letters(app)
    send(officer, visit)

    def is_busy_while_they_are_done(_transport, _message, _file):
        while done:
            officer_at_work = Thread(target=change, args=(app, clock, done.pop(0)), kwargs={"status": "done"})
            officer_at_work.start()
            officer_at_work.join()
        return outbox._SendError("refused 450 Mailbox busy")

    left = 2 - len(done)
    monkeypatch.setattr(outbox._Transport, "send", is_busy_while_they_are_done)
    with app.app_context():
        outbox.send_due()
    assert fates(app, "tasks_sent") == ["held", *["waiting"] * left]
    if left:
        told = written(app, "tasks_sent")[-1].text
        assert "Skuret" in told and "Stien bag skolen" not in told


def test_a_letter_that_was_in_hand_while_its_task_was_worded_anew_is_not_tried_again(app, officer, clock, monkeypatch):
    sent(app, officer)

    def is_busy_while_it_is_changed(_transport, _message, _file):
        if task(app).what != ANEW["what"]:
            officer_at_work = Thread(target=change, args=(app, clock), kwargs=ANEW)
            officer_at_work.start()
            officer_at_work.join()
        return outbox._SendError("refused 450 Mailbox busy")

    with monkeypatch.context() as patch, app.app_context():
        patch.setattr(outbox._Transport, "send", is_busy_while_it_is_changed)
        outbox.send_due()
    assert fates(app, "tasks_sent") == ["held", "waiting"]
    assert ANEW["what"] in written(app, "tasks_sent")[-1].text


@pytest.mark.parametrize("since, left", [(ANEW, ["waiting"]), ({"status": "done"}, [])], ids=["anew", "done"])
def test_what_a_killed_worker_had_in_hand_is_not_sent_in_words_that_hold_no_more(app, officer, clock, since, left):
    sent(app, officer)
    with app.app_context():
        claimed = []
        while not claimed or claimed[-1].kind != "tasks_sent":
            claimed.append(Letter.claim())
        db.session.commit()
    change(app, clock, **since)
    clock.shift(timedelta(minutes=20))
    post_letters(app)
    assert fates(app, "tasks_sent") == ["held", *["sent"] * len(left)]


def test_what_is_unread_of_a_task_can_be_read_when_somebody_else_has_it(app, officer, clock):
    at = sent(app, officer)
    Person(app).post(f"{at.own}/1", {"status": "refused", "words": "Det er boligselskabets sti."})
    change(app, clock, owner="housing")
    officer = logged_in(app)
    id, secret = contact(app, officer, at.visit, "housing", email="b@example.dk")
    send(officer, at.visit)
    assert "Answers about tasks 1" in officer.get("/en/kontor/").text
    page = officer.get(f"/en/kontor/besoeg/{at.visit}/opgaver").text
    assert "11 May 2026, Municipality, roads and parks: Refused. Det er boligselskabets sti." in page
    assert "boligselskabets" not in Person(app).get(f"/ansvar/{id}/{secret}").text


def test_of_a_walk_that_was_called_off_the_page_of_its_spots_says_so(app, officer):
    visit = begun(app, hours=48)
    with app.app_context():
        db.session.get(Visit, visit).cancel(Officer.by_email(OFFICER), "weather")
        db.session.commit()
    page = officer.get(f"/en/kontor/besoeg/{visit}/opgaver")
    assert "not where it has been called off" in page.text


def test_whom_nobody_has_phoned_is_not_asked_how_it_goes(app, officer, clock):
    visit = begun(app)
    enter(officer, visit, owner="residents")
    send(officer, visit)
    on(clock, 1, 11)
    time_does_its_work(app)
    assert written(app, "tasks_sent") and not written(app, "tasks_due")
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="tasks_sent").one()
        letter.do_by_hand(Officer.by_email(OFFICER))
        db.session.commit()
    on(clock, 2, 11)
    time_does_its_work(app)
    assert len(written(app, "tasks_due")) == 1, "what was put off is not forgotten"


def test_a_later_letter_that_has_failed_does_not_keep_the_earlier_tasks_from_being_asked_about(app, officer, clock):
    at = sent(app, officer)
    post_letters(app)
    on(clock, 20, 10)
    officer = logged_in(app)
    assert enter(officer, at.visit, once="b", due_on="2026-12-24").status == 200
    send(officer, at.visit)
    with app.app_context():
        later = db.session.query(Letter).filter_by(kind="tasks_sent").order_by(Letter.id)[1]
        later.delivery_status = DeliveryStatus.FAILED
        db.session.commit()
    on(clock, 1, 11)
    time_does_its_work(app)
    assert len(written(app, "tasks_due")) == 1


def test_of_two_letters_of_one_day_the_one_that_failed_keeps_no_task_of_the_other_from_being_asked_about(
        app, officer, clock):
    at = sent(app, officer)
    post_letters(app)
    clock.shift(timedelta(minutes=5))
    assert enter(officer, at.visit, once="b", place="Skuret").status == 200
    send(officer, at.visit)
    with app.app_context():
        first, second = db.session.query(Letter).filter_by(kind="tasks_sent").order_by(Letter.id)
        assert first.delivery_status is DeliveryStatus.SENT and "Skuret" in second.text
        second.delivery_status, second.error = DeliveryStatus.FAILED, "refused 550"
        db.session.commit()
        path = f"/en/kontor/breve/{second.id}"
    shown = officer.get(path).text
    assert "Skuret" in shown and "Stien bag skolen" not in shown and "I have reached them otherwise" in shown
    on(clock, 1, 11)
    time_does_its_work(app)
    [asked] = written(app, "tasks_due")
    assert "Stien bag skolen" in asked.text and "Skuret" not in asked.text


def test_a_letter_that_failed_is_idle_when_what_it_tells_of_is_done_whatever_else_is_to_be_done(app, officer, clock):
    at = sent(app, officer)
    post_letters(app)
    clock.shift(timedelta(minutes=5))
    enter(officer, at.visit, once="b", place="Skuret")
    send(officer, at.visit)
    with app.app_context():
        second = db.session.query(Letter).filter_by(kind="tasks_sent").order_by(Letter.id)[1]
        second.delivery_status = DeliveryStatus.FAILED
        db.session.commit()
    assert "Letters to see to 1" in officer.get("/en/kontor/").text
    path = f"/en/kontor/opgave/{task(app, 2).id}"
    form = {**SPOT, "place": "Skuret", "status": "done", "version": officer.get(path).hidden["version"][0]}
    assert officer.post(path, form).status == 200
    assert "Letters to see to 0" in officer.get("/en/kontor/").text


def test_the_worker_asks_and_sends(make_app, clock, monkeypatch):
    mailbox = Mailbox()
    mailbox.open()
    try:
        app = make_app(MAIL_SERVER="127.0.0.1", MAIL_PORT=mailbox.port, MAIL_SUPPRESS_SEND=False, BACKUP_HOUR=None)
        sent(app, logged_in(app))
        on(clock, 1, 11)
        looks, ends = [], {}
        monkeypatch.setattr("ops.cli.signal.signal", lambda number, stop: ends.update({number: stop}))
        monkeypatch.setattr("ops.cli.time.sleep", lambda _: looks.append(1) or len(looks) > 2 and [
            stop(number, None) for number, stop in ends.items()])
        assert app.test_cli_runner().invoke(args=["worker"]).exit_code == 0
        mails = mailbox.to("vej@example.dk")
        assert len(mails) == 2 and "Stien bag skolen" in mails[1].text and "/ansvar/" in mails[1].html
    finally:
        mailbox.close()


# Photos.

def jpeg(size=(800, 400), **how) -> BytesIO:
    return picture("JPEG", size, **how)


def picture(kind: str, size=(800, 400), mode="RGB", **how) -> BytesIO:
    file = BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(file, kind, **how)
    file.seek(0)
    return file


def exif(orientation: int = 1) -> Image.Exif:
    known = Image.Exif()
    known[0x010F], known[0x0112], known[0x9286] = "Zulu camera", orientation, "Zulu comment"
    gps = known.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (55.0, 19.0, 12.0), "E", (11.0, 57.0, 30.0)
    return known


def test_a_photo_is_small_and_knows_nothing_but_what_it_shows(app, officer, visit):
    file = jpeg((4000, 1000), exif=exif(6), comment=b"Zulu was here", xmp=b"<x:xmpmeta>Zulu</x:xmpmeta>",
                icc_profile=b"Zulu" * 40)
    assert b"Zulu" in file.getvalue() and b"Exif" in file.getvalue()
    page = enter(officer, visit, photo=(file, "IMG_Zulu.jpg"))
    assert page.status == 200, page.errors
    kept = task(app).jpeg
    assert b"Zulu" not in kept and b"Exif" not in kept and b"http" not in kept
    small = Image.open(BytesIO(kept))
    assert small.format == "JPEG" and small.size == (400, 1600), "the right way up"
    assert not small.getexif() and set(small.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    answer = officer.client.get(f"/kontor/opgave/{task(app).id}/foto")
    assert answer.data == kept and answer.mimetype == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    assert b"Zulu" not in answer.data and "Photo of no. 1" in page.html


def test_a_photo_that_is_sent_is_the_new_one_also_where_the_old_one_is_taken_away(app, officer, visit):
    enter(officer, visit, photo=(jpeg(), "old.jpg"))
    path = f"/kontor/opgave/{task(app).id}"

    def width(**changes) -> int | None:
        assert officer.post(path, {**SPOT, **changes}).status == 200
        return task(app).jpeg and Image.open(BytesIO(task(app).jpeg)).width

    assert width(no_photo="y", photo=(jpeg((500, 100)), "new.jpg")) == 500
    assert width(photo=(jpeg((300, 100)), "newer.jpg")) == width() == 300, "without a word about it, it stays"
    assert width(no_photo="y") is None


@pytest.mark.parametrize("kind, mode", [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("WEBP", "RGB"), ("JPEG", "CMYK"),
                                        ("JPEG", "L")])
def test_any_ordinary_picture_becomes_a_jpeg(app, officer, visit, kind, mode):
    assert enter(officer, visit, photo=(picture(kind, mode=mode), "x")).status == 200
    assert Image.open(BytesIO(task(app).jpeg)).mode == "RGB"


def lined(kind: str, mode: str, ground, ink, **how) -> bytes:
    """A black line on what one looks through."""
    line, file = Image.new(mode, (60, 40), ground), BytesIO()
    ImageDraw.Draw(line).rectangle((0, 19, 60, 22), ink)
    line.save(file, kind, **how)
    return file.getvalue()


CLEAR, INK = (0, 0, 0, 0), (0, 0, 0, 255)


@pytest.mark.parametrize("photo", [
    lined("PNG", "RGBA", CLEAR, INK), lined("PNG", "LA", (0, 0), (0, 255)),
    lined("PNG", "P", "red", "black", transparency=0),
    lined("PNG", "RGB", "red", "black", transparency=(255, 0, 0)),
    lined("WEBP", "RGBA", CLEAR, INK, lossless=True)], ids=["RGBA", "LA", "palette", "one colour", "WebP"])
def test_a_transparent_picture_is_kept_on_white_as_people_see_it(photo):
    kept = Image.open(BytesIO(forms.photos.taken_anew(photo))).convert("L")
    assert kept.getpixel((30, 5)) > 245 and kept.getpixel((30, 20)) < 60


def test_a_picture_that_one_can_half_look_through_is_lighter():
    kept = Image.open(BytesIO(forms.photos.taken_anew(lined("PNG", "RGBA", (0, 0, 0, 128), INK)))).convert("L")
    assert 110 < kept.getpixel((30, 5)) < 145


@pytest.mark.parametrize("mode", ["1", "P", "L"])
def test_a_large_picture_keeps_its_thin_lines_whatever_its_colours_are_written_as(mode):
    sketch, file = Image.new(mode, (4000, 40), "white"), BytesIO()
    for at in range(50, 4000, 101):
        ImageDraw.Draw(sketch).line((at, 0, at, 39), "black")
    sketch.save(file, "PNG")
    kept = Image.open(BytesIO(forms.photos.taken_anew(file.getvalue()))).convert("L")
    dark = [x for x in range(kept.width) if kept.getpixel((x, 8)) < 200]
    assert all(any(abs(x - at * 0.4) < 2 for x in dark) for at in range(50, 4000, 101))


def test_a_grey_picture_of_16_bits_keeps_its_greys():
    row, file = struct.pack("<256H", *range(0, 65_536, 257)), BytesIO()
    Image.frombytes("I;16", (256, 8), row * 8).save(file, "PNG")
    kept = Image.open(BytesIO(forms.photos.taken_anew(file.getvalue())))
    assert all(abs(kept.getpixel((x, 4))[0] - x) < 6 for x in range(256))


LARGE = {  # each at the limit of its kind, or a phone's
    "64 megapixels": ("JPEG", "RGB", (9248, 6936), {}), "a panorama": ("JPEG", "RGB", (30_000, 5_000), {}),
    "a long panorama": ("JPEG", "RGB", (65_000, 2_600), {}), "no scale fits": ("JPEG", "RGB", (3199, 3199), {}),
    "progressive": ("JPEG", "RGB", (5_000, 5_000), {"progressive": True, "subsampling": 0}),
    "progressive grey": ("JPEG", "L", (5_000, 5_000), {"progressive": True}),
    "progressive for print": ("JPEG", "CMYK", (4_240, 4_240), {"progressive": True, "subsampling": 0}),
    "for print": ("JPEG", "CMYK", (9_000, 6_000), {}), "transparent": ("PNG", "RGBA", (4_240, 4_240), {}),
    "png": ("PNG", "RGB", (4_240, 4_240), {}), "grey": ("PNG", "L", (4_240, 4_240), {}),
    "transparent grey": ("PNG", "LA", (4_240, 4_240), {}), "grey of 16 bits": ("PNG", "I;16", (4_240, 4_240), {}),
    "one transparent colour": ("PNG", "RGB", (4_240, 4_240), {"transparency": (0, 0, 0)}),
    "a transparent palette": ("PNG", "P", (4_240, 4_240), {"transparency": 0}),
    "webp": ("WEBP", "RGB", (3_600, 2_500), {"method": 0}), "wide": ("WEBP", "RGBA", (16_000, 562), {"method": 0}),
    "transparent webp": ("WEBP", "RGBA", (3_600, 2_500), {"method": 0}),
    "exact": ("WEBP", "RGBA", (3_600, 2_500), {"lossless": True, "method": 0}),
    "moving": ("WEBP", "RGBA", (3_600, 2_500), {"method": 0, "save_all": True})}
# Takes the picture of a file anew, and says how many MB that took at most. Not by getrusage: what the process that
# started this one has taken counts there, too.
TAKES = """
import re, sys
from pathlib import Path
from forms.photos import Image, taken_anew
def most(): return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000
Image.init(); before = most(); taken_anew(open(sys.argv[1], "rb").read()); print(most() - before)
"""


@pytest.fixture
def drawn(monkeypatch):
    """A picture of these properties; what keeps the site's memory small would stop its making, too. One that is
    decoded in its full size has something on it, or its decoder would need less."""
    def draw(kind: str, mode: str, size: tuple[int, int], how: dict) -> bytes:
        file, picture = BytesIO(), Image.new(mode, size)
        if kind != "JPEG":
            spots = Image.effect_noise((size[0] // 24, size[1] // 24), 90).resize(size)
            several = mode in ("LA", "RGB", "RGBA")
            picture = Image.merge(mode, [spots] * len(mode)) if several else spots.convert(mode)
        if "save_all" in how:
            how = how | {"append_images": [picture.transpose(Image.Transpose.ROTATE_180)]}
        with monkeypatch.context() as making:
            making.delenv("JPEGMEM")
            picture.save(file, kind, **how)
        return file.getvalue()
    return draw


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_large_photo_is_taken_and_costs_no_more_than_200_megabytes(tmp_path, drawn, name):
    file = tmp_path / "photo"
    file.write_bytes(drawn(*LARGE[name]))
    cost = subprocess.run([sys.executable, "-c", TAKES, file], cwd=ROOT, check=True, capture_output=True,
                          text=True).stdout
    assert 5 < float(cost) < 200


def refused_photo(officer, visit, photo: bytes) -> str:
    path = f"/en/kontor/besoeg/{visit}/opgaver"
    page = Page(post_much(officer, path, photo, **SPOT, once="large", csrf_token=officer.token))
    assert page.status == 422
    [error] = page.errors
    return error


def test_libjpeg_itself_keeps_to_its_memory(officer, visit, drawn, monkeypatch):
    """However a JPEG is sent in parts that must all be kept."""
    monkeypatch.setitem(forms.photos.MEGAPIXELS, "progressive JPEG", 170)
    photo = drawn("JPEG", "RGB", (6_000, 5_000), {"progressive": True, "subsampling": 0})  # 180 MB of parts
    assert "no photo that we can read" in refused_photo(officer, visit, photo)


DAMAGED = {"no head": b"Exif\0\0garbage", "nothing in it": b"Exif\0\0" + bytes(20), "cut off": b"Exif\0\0II*\0\x08"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("beside", DAMAGED)
def test_a_photo_is_taken_though_what_the_camera_wrote_beside_it_is_damaged(app, officer, visit, kind, beside):
    photo = picture(kind, exif=DAMAGED[beside])
    assert enter(officer, visit, photo=(photo, "photo.jpg")).status == 200 and task(app).jpeg


def test_a_photo_is_turned_though_not_all_that_stands_beside_it_can_be_written_anew(monkeypatch):
    photo = jpeg(exif=exif(orientation=6)).getvalue()
    monkeypatch.setattr(Image.Exif, "tobytes", None)
    assert Image.open(BytesIO(forms.photos.taken_anew(photo))).size == (400, 800)


def test_a_photo_of_several_pictures_is_taken(app, officer, visit):
    """As phones make them that keep a brighter one beside it."""
    first, file = Image.new("RGB", (400, 300), "red"), BytesIO()
    first.save(file, "MPO", save_all=True, append_images=[first])
    file.seek(0)
    assert enter(officer, visit, photo=(file, "photo.jpg")).status == 200 and task(app).jpeg


def bomb(side: int, text: bytes = b"Author\0Ida") -> bytes:
    """A PNG of a few octets that says it is enormous."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"tEXt", text) + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b""))


def called_larger(photo: BytesIO, width: int, height: int) -> bytes:
    """The same JPEG, which says that it has these sides: it is refused before anything else of it is read."""
    file = photo.getvalue()
    sides = re.search(rb"\xff[\xc0\xc2]..\x08", file, re.S).end()
    return file[:sides] + struct.pack(">HH", height, width) + file[sides + 4:]


TOO_LARGE = {
    "progressive": called_larger(jpeg(progressive=True), 9_248, 6_936), "png": bomb(9_000),
    "progressive for print": called_larger(jpeg(mode="CMYK", progressive=True), 4_900, 4_900),
    "png that is called progressive": bomb(4_500, b"progressive\0yes"),
    # 4,000 by 3,000 pixels in one colour.
    "webp": bytes.fromhex("524946461a000000574542505650384c0e0000002f9fcfed02071011fd0f4444ff03"),
    "huge": called_larger(jpeg(mode="L"), 14_000, 14_000)}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_photo_that_would_cost_more_is_refused_for_its_size(officer, visit, name):
    assert "megapixels. Choose a smaller one." in refused_photo(officer, visit, TOO_LARGE[name])


def wordy_png() -> bytes:
    """Text that unpacks to far more than it is."""
    info = PngImagePlugin.PngInfo()
    info.add_text("a", "x" * 70_000_000, zip=True)
    return picture("PNG", pnginfo=info).getvalue()


HOSTILE = {
    "a text": b"Just words.", "nothing": b"", "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "gif": picture("GIF", mode="P").getvalue(), "tiff": picture("TIFF", (80, 40)).getvalue(), "pdf": b"%PDF-1.7",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cut off": jpeg().getvalue()[:900],
    "garbage": b"\xff\xd8\xff\xe0" + b"\x99" * 5000, "bomb": bomb(60_000), "large bomb": bomb(9_000),
    "bomb of some size": bomb(12_000), "false png": b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "words": wordy_png,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_photo_is_refused_beside_its_field(app, officer, visit, name):
    photo = HOSTILE[name]
    page = enter(officer, visit, photo=(BytesIO(photo() if callable(photo) else photo), "photo.jpg"))
    assert page.status == 422 and len(page.errors) == 1 and "no photo that we can read" in page.errors[0]
    assert SPOT["place"] in page.html and "alert(1)" not in page.html
    with app.app_context():
        assert not db.session.query(Task).count()


def post_much(person: Person, path: str, photo: bytes, **data):
    """A form with a large file. The test client would leave a file of its own open."""
    boundary, body = encode_multipart(MultiDict({**data, "photo": FileStorage(BytesIO(photo), "photo.jpg")}))
    return person.client.post(path, input_stream=BytesIO(body), content_length=len(body), follow_redirects=True,
                              content_type=f"multipart/form-data; boundary={boundary}")


def test_twelve_megabytes_are_enough(app, officer, visit):
    path = f"/en/kontor/besoeg/{visit}/opgaver"
    data = {**SPOT, "once": "much", "csrf_token": officer.get(path).token}
    page = Page(post_much(officer, path, jpeg().getvalue() + b"\0" * 20_000_000, **data))
    assert page.status == 422 and "larger than 12 MB" in page.errors[0]
    page = Page(post_much(officer, path, jpeg().getvalue() + b"\0" * 11_000_000, **data))
    assert page.status == 200 and task(app).jpeg


def test_only_an_officer_and_only_here_may_send_so_much(app, officer, visit):
    path = f"/kontor/besoeg/{visit}/opgaver"
    assert post_much(Person(app), path, b"x" * 2_000_000).status_code == 413, "who is not logged in"
    for elsewhere in ("/find", f"/kontor/besoeg/{visit}/resultat"):
        assert post_much(officer, elsewhere, b"x" * 2_000_000).status_code == 413, elsewhere
    assert post_much(officer, path, b"x" * 26_000_000).status_code == 413
    assert post_much(officer, path, b"", what="x" * 600_000).status_code == 413, "words are no photo"


def test_a_refused_form_says_that_the_photo_is_to_be_chosen_again(officer, visit):
    page = enter(officer, visit, photo=(jpeg(), "a.jpg"), what="")
    assert page.status == 422 and "Choose the photo again" in page.text


def test_a_photo_is_changed_and_taken_away(app, officer, visit):
    enter(officer, visit, photo=(jpeg(), "a.jpg"))
    id, first = task(app).id, task(app).jpeg
    officer.post(f"/en/kontor/opgave/{id}", SPOT)
    assert task(app).jpeg == first, "it stays"
    officer.post(f"/en/kontor/opgave/{id}", {**SPOT, "photo": (jpeg((300, 300)), "b.jpg")})
    assert task(app).jpeg not in (first, None)
    officer.post(f"/en/kontor/opgave/{id}", {**SPOT, "no_photo": "y"})
    assert task(app).jpeg is None
    assert officer.client.get(f"/kontor/opgave/{id}/foto").status_code == 404


def test_words_in_the_place_of_a_photo_and_a_photo_in_the_place_of_words(app, officer, visit):
    assert enter(officer, visit, photo="words").status == 200
    assert task(app).jpeg is None
    assert enter(officer, visit, once="2", what=(jpeg(), "a.jpg")).status == 422


# The protocol.

def test_the_protocol_is_on_paper_with_a_map_numbered_as_the_list(officer, visit):
    enter(officer, visit, once="a")
    enter(officer, visit, once="b", place="Uden nål", lat="", lng="", public="no")
    enter(officer, visit, once="c", place="Rundkørslen", lat="55.34", lng="11.97")
    page = officer.get(f"/en/kontor/besoeg/{visit}/protokol")
    points = re.search(r'data-points="(.*?)"', page.html)[1]
    assert "&#34;number&#34;: 1" in points and "&#34;number&#34;: 3" in points and "&#34;number&#34;: 2" not in points
    assert [page.text.index(f"{n}. {p}") for n, p in ((1, "Stien"), (2, "Uden nål"), (3, "Rundkørslen"))] == sorted(
        page.text.index(f"{n}. {p}") for n, p in ((1, "Stien"), (2, "Uden nål"), (3, "Rundkørslen")))
    assert page.text.count("not shown publicly") == 1


def test_the_public_protocol_shows_only_what_is_public_and_only_when_an_officer_says_so(app, officer):
    at, stranger = sent(app, officer, photo=(jpeg(), "a.jpg"),
                        reason="Zulu er ikke vist, før den er afvist."), Person(app)
    enter(officer, at.visit, once="b", place="Zulupladsen", public="no")
    enter(officer, at.visit, once="c", place="Hjørnet", status="refused", reason="Stien er privat.", owner="private")
    Person(app).post(f"{at.own}/1", {"status": "impossible", "words": "Zulu siger nej."})
    contact(app, officer, at.visit, "private", name="Zulu Privat", email="zulu@example.dk")
    with app.app_context():
        path = f"/en/protokol/{db.session.get(Visit, at.visit).uid}"
    assert stranger.get(path).status == 404
    press = f"/en/kontor/besoeg/{at.visit}/protokol"
    officer.post(press, {"show": "1"})
    page = stranger.get(path)
    assert page.status == 200 and "1. Stien bag skolen" in page.text and "3. Hjørnet" in page.text
    assert "Stien er privat." in page.text and "Not possible" in page.text and "Private owner" in page.text
    # Number 1 is refused by its owner; the reason that the officer wrote for it is what anybody may read.
    shown = page.html.replace("Zulu er ikke vist, før den er afvist.", "")
    for secret in ("Zulu", "zulu", "Vejafdelingen", "vej@", "Anna", "Skolevej", "foto", at.secret, "2. "):
        assert secret not in shown, secret
    assert path.removeprefix("/en") in officer.get(press).html
    assert stranger.get("/protokol/999").status == 404
    officer.post(press, {"hide": "1"})
    assert stranger.get(path).status == 404
    history = officer.get(f"/en/kontor/besoeg/{at.visit}").text
    assert "Protocol made public" in history and "Protocol no longer public" in history


def test_whoever_asked_for_the_visit_reads_what_was_agreed(app, officer, citizen):
    visit = begun(app, "talk")
    enter(officer, visit, **{**ACTION, "what": "Lav en <b>telefonkæde</b> & ring."})
    contact(app, officer, visit, "organiser", name="Zulu Hansen")
    officer.post(f"/en/kontor/besoeg/{visit}/resultat", {"found": "7"})
    officer.post(f"/en/kontor/besoeg/{visit}/svar")
    text = written(app, "answered")[0].text
    assert "Agreed actions:" in text and "1. Lav en <b>telefonkæde</b> & ring." in text and "Zulu" not in text
    assert "The association or organiser" in text and "1 August 2026" in text
    enter(officer, visit, **{**ACTION, "what": "Senere."})
    with app.app_context():
        booking = db.session.query(Booking).filter_by(service="talk").one()
        path = f"/en/sag/{booking.reference}/{booking.secret}"
        time_later = db.session.query(Task).filter_by(number=2).one()
        time_later.entered_at = now() + timedelta(minutes=1)
        db.session.commit()
    page = citizen.get(path)
    assert "telefonkæde" in page.text and "<b>telefonkæde" not in page.html
    assert "Senere." not in page.text, "what nobody has been told of yet"


def test_words_are_words_on_every_page(app, officer):
    evil = '"><script>alert(1)</script>'
    at = sent(app, officer, place=evil, what=evil, proposal=evil, public="yes", photo=(jpeg(), "a.jpg"))
    Person(app).post(f"{at.own}/1", {"status": "refused", "words": evil})
    officer.post(f"/en/kontor/opgave/{at.task}", {**SPOT, "place": evil, "what": evil, "status": "refused",
                                                  "reason": evil})
    office = f"/kontor/besoeg/{at.visit}"
    officer.post(f"/en{office}/protokol", {"show": "1"})
    with app.app_context():
        uid = db.session.get(Visit, at.visit).uid
    for path in (f"{office}/opgaver", f"/kontor/opgave/{at.task}", at.own, f"/protokol/{uid}", f"{office}/protokol",
                 f"{office}/opgaver/send"):
        for root in ("", "/en"):
            page = officer.get(root + path)
            assert page.status == 200 and "<script>alert" not in page.html, root + path
