"""What people are told of their data, what officers do about it, and what comes of it when somebody asks."""

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
import time_machine
from conftest import OFFICER, PASSWORD, ROOT, WISH, Person, book, form_name, logged_in
from flask_babel import force_locale
from helpers import as_sent, wish

from mail.letters import write_to_officers
from mail.outbox import send_due
from models import (
    Assignee,
    Booking,
    Event,
    EventKind,
    Feedback,
    FindingsLink,
    Invite,
    Letter,
    NotAllowed,
    Officer,
    PrivacyNotice,
    RetentionDecision,
    Role,
    Visit,
    WaitlistEntry,
    add_working_days,
    db,
    now,
    today,
)
from privacy import retention

DATA, NOTICE, PERSON = "/en/kontor/data", "/en/kontor/data/privatliv", "/en/kontor/data/person"
NOW = datetime(2026, 5, 11, 8, tzinfo=UTC)
DECISION = {"decision": "Rigsarkivet, 26/12345", "months": "12", "first": "2026-06-01"}
FORM = "/bestil/faerdselskontrol"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW) as clock:
        yield clock


def enter(app, **changes):
    return logged_in(app).post(DATA, {**DECISION, **changes})


def close(app, reference: str, journal: str = "2026-1") -> None:
    with app.app_context():
        booking = Booking.by_reference(reference)
        booking.decline(Officer.by_email(OFFICER), "resources", "Beklager.", "")
        booking.journalise(Officer.by_email(OFFICER), journal)
        db.session.commit()
        send_due()


# What people are told.


def told(app, reference: str, secret: str) -> list[str]:
    """The page, the receipt, and the letter, as one reads them."""
    person = Person(app)
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="received").one().text
    return [person.get(f"/en/sag/{reference}/{secret}").text,
            person.get(f"/en/sag/{reference}/{secret}/kvittering").text,
            " ".join(letter.split())]


def test_without_a_decision_everybody_is_told_that_nothing_is_removed_and_why(app, citizen):
    for words in told(app, *book(citizen, "/en")):
        assert "kept for now: a state authority may only remove data when the Danish National Archives allow it" in words
    assert "nothing of what stands below is removed for now" in citizen.get("/en/privatliv").text
    assert "intet af det, der står nedenfor" in citizen.get("/privatliv").text


def test_with_a_decision_everybody_is_told_when(app, citizen, clock):
    enter(app)
    reference, secret = book(citizen, "/en")
    for words in told(app, reference, secret):
        assert "removed 12 months after your case is closed. If it were closed today, that would be on 11 May 2027." in words
    page = citizen.get("/en/privatliv").text
    assert "Rigsarkivet, 26/12345" in page and "removed 12 months after" in page and "From 1 June 2026" in page
    close(app, reference)
    case = f"/en/sag/{reference}/{secret}"
    assert "are removed on 11 May 2027, if nothing more happens" in citizen.get(case).text
    clock.move_to(datetime(2027, 5, 12, 8, tzinfo=UTC))
    assert "as soon as we are done with your case and it stands in our journal" in citizen.get(case).text
    app.test_cli_runner().invoke(args=["remove"])
    page = citizen.get(case).text
    assert "were removed on 12 May 2027" in page and "What is left is what was wished" in page
    for gone in ("Anna", "anna@", "suser", "Beklager"):
        assert gone not in page
    assert "Bygaden" in page and "Speeding" in page and "Could not be met" in page


def test_the_first_day_of_the_decision_is_the_earliest(app, citizen):
    enter(app, first="2027-12-24")
    reference, secret = book(citizen, "/en")
    close(app, reference)
    assert "removed on 24 December 2027" in citizen.get(f"/en/sag/{reference}/{secret}").text


def test_the_public_page_and_the_document_show_the_one_table(app, citizen):
    document = (ROOT / "docs" / "data-protection.md").read_text("utf-8")
    page = citizen.get("/en/privatliv").html
    with app.test_request_context(), force_locale("en"):
        rows = [[str(words) for words in (kept.what, kept.why, kept.since or "Stays")]
                for kept in retention.RETENTION_RULES]
        lines = "\n".join("| " + " | ".join([*row, kept.kind]) + " |"
                          for row, kept in zip(rows, retention.RETENTION_RULES, strict=True))
    assert lines in document, f"put this into docs/data-protection.md:\n{lines}"
    cells = re.findall(r"<t[hd][^>]*>(?:<div>)?([^<]+)", page.partition("<tbody>")[2])
    assert [word.replace("&#39;", "'") for word in cells] == [word for row in rows for word in row]


# The decision.


def test_the_decision_is_kept_with_who_and_when_and_can_be_withdrawn(app, citizen):
    officer = logged_in(app)
    assert "Nothing is removed" in officer.get(DATA).text
    page = officer.post(DATA, DECISION)
    assert page.status == 200 and "12 months" in page.text and "Ida Betjent, 11 May 2026" in page.text
    officer.post(DATA, {**DECISION, "decision": "Rigsarkivet, 26/99", "months": "24"})
    page = officer.post(f"{DATA}/traek-tilbage")
    assert "Nothing more is removed" in page.text and "Rigsarkivet, 26/12345" in page.text and "Withdrawn" in page.text
    with app.app_context():
        assert RetentionDecision.present() is None
        assert [(p.decision, p.months, p.officer.email) for p in RetentionDecision.history()] == [
            ("", None, OFFICER), ("Rigsarkivet, 26/99", 24, OFFICER), ("Rigsarkivet, 26/12345", 12, OFFICER)]
        with pytest.raises(NotAllowed):
            RetentionDecision.withdraw(Officer.by_email(OFFICER))
        with pytest.raises(NotAllowed):
            RetentionDecision.enter(Officer.by_email(OFFICER), "x", 12, today())


@pytest.mark.parametrize("wrong", [{"decision": ""}, {"months": "1"}, {"months": "x"}, {"first": "2026-05-11"},
                                   {"first": "i morgen"}])
def test_half_a_decision_is_none(app, wrong):
    page = enter(app, **wrong)
    assert page.status == 422 and page.errors
    with app.app_context():
        assert RetentionDecision.present() is None


def test_a_reader_sees_nothing_of_it(app):
    with app.app_context():
        Officer.add("lea@politi.example", "Lea", PASSWORD, Role.READER)
        db.session.commit()
    reader = logged_in(app, "lea@politi.example").client
    for path in (DATA, PERSON, NOTICE, f"{DATA}/sager.zip", f"{DATA}/fjernet.csv"):
        assert reader.get(path).status_code == 403, path


def test_what_goes_next_is_listed_and_comes_as_a_file_for_each_case(app, citizen, clock):
    enter(app)
    goes, later, held = (book(Person(app), road=road)[0] for road in ("Aavej", "Bvej", "Cvej"))
    close(app, goes)
    close(app, held, journal="")
    clock.move_to(NOW + timedelta(days=60))
    close(app, later)
    clock.move_to(NOW + timedelta(days=340))
    officer = logged_in(app)
    page = officer.get(DATA).html
    assert goes in page and later not in page and "The personal data in 0 cases is removed tonight" in page
    assert re.search(rf"{held[:4]} {held[4:]}.*no number in the journal", page, re.S)
    with ZipFile(io.BytesIO(officer.client.get(f"{DATA}/sager.zip").data)) as packed:
        assert sorted(packed.namelist()) == sorted(f"{r}.json" for r in (goes, held))
        assert json.loads(packed.read(f"{goes}.json"))["contact"]["email"] == WISH["email"]
    assert goes in officer.get("/en/kontor/log").html, "the log names whose file was taken out"
    clock.move_to(NOW + timedelta(days=364, hours=20))
    assert "The personal data in 1 case is removed tonight" in logged_in(app).get(DATA).text
    clock.move_to(NOW + timedelta(days=366))
    app.test_cli_runner().invoke(args=["remove"])
    officer = logged_in(app)
    rows = list(csv.reader(io.StringIO(officer.client.get(f"{DATA}/fjernet.csv").text.lstrip("\ufeff")), delimiter=";"))
    assert [row[1:5] for row in rows if row[1] == "case"] == [["case", goes, "1", "Rigsarkivet, 26/12345"]]
    assert f"{goes[:4]} {goes[4:]}" in officer.get(DATA).text and "Anna" not in str(rows)


# All that is stored on one person.


@pytest.fixture
def known(app, clock) -> tuple[str, str, str]:
    """Two cases of hers and one of somebody else on the same road; and what lies outside cases."""
    mine, too, other = (book(Person(app), name=name, email=email)[0] for name, email in (
        ("Anna Jensen", "anna@example.dk"), ("Anna J", "anna@example.dk"), ("Bo Holm", "bo@example.dk")))
    with app.app_context():
        ida, booking = Officer.by_email(OFFICER), Booking.by_reference(mine)
        booking.give_information("Det er værst om natten.")
        booking.note(ida, "Virker meget vred.")
        booking.rectify(ida, "Det er fra skolen til kirken.")
        booking.accept(ida, "")
        visit = Visit.plan(ida, service="traffic", place=booking.place, starts_at=now() + timedelta(days=39),
                           ends_at=now() + timedelta(days=39, hours=1), resource_units={"crew": "ATK 1"},
                           bookings=[booking])
        owner = Assignee.for_visit(visit, "residents")
        owner.change_contact(name="Anna", email="anna@example.dk", language="da")
        WaitlistEntry.ask("van", "anna@example.dk", "da")
        Feedback.receive(form_token="1", page="Forsiden", words="For lille skrift.", email="Anna@example.dk",
                         language="da")
        db.session.commit()
        send_due()
    return mine, too, other


@pytest.mark.parametrize("written", ["Anna@Ærø.dk", "ANNA@ÆRØ.DK", "anna@xn--r-3fa9c.dk"])
def test_what_came_from_an_address_is_found_however_it_was_written(app, written):
    with app.app_context():
        Feedback.receive(form_token="1", page="Forsiden", words="For lille skrift.", email=written, language="da")
        db.session.commit()
    assert "For lille skrift." in logged_in(app).post(PERSON, {"q": "anna@ærø.dk", "json": "1"}, check=False).sent


def test_all_that_is_stored_on_one_person_is_found_ticked_and_shown(app, known):
    mine, too, other = known
    officer = logged_in(app)
    found = officer.post(PERSON, {"q": "anna@example.dk"})
    assert {mine, too} == set(re.findall(r'name="sag"[^>]*value="(\w{8})"', found.html)) and other not in found.html
    page = officer.post(PERSON, {"q": "anna@example.dk", "sag": [mine], "show": "1"})
    file, _, aside = page.text.partition("Consider before you hand it out")
    for words in ("Bilerne suser", "Det er værst om natten.", "Det er fra skolen til kirken.", "Vi har modtaget",
                  "Mobile police station", "For lille skrift.", "Answers for tasks after a visit"):
        assert words in file, words
    assert "Virker meget vred." in aside and "Virker meget vred." not in file
    sheet = page.html.partition('<article class="sheet">')[2]
    assert too not in sheet and other not in sheet and "Bo Holm" not in sheet
    with app.app_context():
        secret = Booking.by_reference(mine).secret
    assert secret not in page.html and "19 June" not in sheet and "Visit planned" not in sheet


def test_whoever_is_found_by_name_is_shown_with_what_lies_outside_their_cases(app, known):
    page = logged_in(app).post(PERSON, {"q": "Anna Jensen", "sag": [known[0]], "show": "1"})
    assert "For lille skrift." in page.text and "Answers for tasks after a visit" in page.text


def test_what_was_sent_from_a_domain_that_only_looks_the_same_is_not_handed_out(app):
    book(Person(app), email="anna@straße.dk")
    with app.app_context():
        for host in ("straße", "strasse"):
            Feedback.receive(form_token=host, page="Forsiden", words=f"Skrevet fra {host}.", email=f"anna@{host}.dk",
                             language="da")
        db.session.commit()
        [booking] = db.session.query(Booking)
        reference = booking.reference
    page = logged_in(app).post(PERSON, {"q": reference, "sag": [reference], "show": "1"})
    assert "Skrevet fra straße." in page.text and "Skrevet fra strasse." not in page.text


def test_it_comes_as_json_too_and_every_look_is_in_the_log(app, known):
    mine, too, _ = known
    officer = logged_in(app)
    answer = officer.post(PERSON, {"q": "anna@example.dk", "sag": [mine, too], "json": "1"}).response
    file = json.loads(answer.data)
    assert answer.mimetype == "application/json" and {c["reference"] for c in file["cases"]} == {mine, too}
    assert [c["words"] for c in file["consider"]] == ["Virker meget vred."]
    assert all(e["officer"] == "" for c in file["cases"] for e in c["events"]) and not any(
        c["visits"] for c in file["cases"])
    assert "Visit planned" not in str(file) and "ATK" not in str(file)
    log = officer.get("/en/kontor/log").html
    assert f"data/person {too} {mine}" in log or f"data/person {mine} {too}" in log
    assert "anna@" not in log


def test_nothing_of_the_person_stands_in_an_address(app, known):
    page = logged_in(app).get(PERSON)
    assert 'method="post"' in page.html and logged_in(app).get(f"{PERSON}?q=anna@example.dk").text == page.text


@pytest.mark.parametrize("q", ["", " ", "findes ikke", "%", "x" * 300, "\x00", "' OR 1=1"])
def test_odd_searches_find_nobody(app, known, q):
    page = logged_in(app).post(PERSON, {"q": q, "show": "1"})
    assert page.status in (200, 422) and known[0] not in page.html


def test_links_to_an_address_belong_to_what_is_stored_on_its_reader(app):
    booking = wish(app)
    with app.app_context():
        ida, place = Officer.by_email(OFFICER), Booking.by_reference(booking.reference).place
        visit = Visit.plan(ida, service="traffic", place=place, starts_at=now() + timedelta(days=1),
                           ends_at=now() + timedelta(days=1, hours=1), resource_units={"crew": "ATK 1"}, bookings=[])
        FindingsLink.send(ida, visit, "kim@example.dk", "da")
        Invite.send(ida, "kim@example.dk", Role.READER)
        db.session.commit()
    page = logged_in(app).post(PERSON, {"q": "Kim@example.dk", "show": "1"})
    assert "an invitation to the office, kim@example.dk" in page.text
    assert "entering the findings of a visit, kim@example.dk" in page.text and "Nothing is stored" not in page.text


# Correction by note.


def test_what_is_right_stands_beside_the_answers_and_they_stay(app, citizen):
    reference, secret = book(citizen)
    officer, case = logged_in(app), f"/en/kontor/sag/{reference}"
    page = officer.post(f"{case}/rettelse", {"right": "Det er nr. 14."})
    assert page.text.index("Bilerne suser") < page.text.index("What is right, 11 May 2026: Det er nr. 14.")
    assert "Det er nr. 14." in officer.get(f"{case}/udskrift").text
    assert json.loads(officer.client.get(f"{case}/eksport.json").data)["corrections"][0][1] == "Det er nr. 14."
    assert officer.post(f"{case}/rettelse", {"right": ""}).status == 422
    assert "nr. 14" not in citizen.get(f"/en/sag/{reference}/{secret}").text
    with app.app_context():
        ida, booking = Officer.by_email(OFFICER), Booking.by_reference(reference)
        assert booking.answers["text"] == WISH["text"]
        booking.accept(ida, "")
        visit = Visit.plan(ida, service="traffic", place=booking.place, starts_at=now() + timedelta(days=1),
                           ends_at=now() + timedelta(days=1, hours=1), resource_units={"crew": "ATK 1"},
                           bookings=[booking])
        db.session.commit()
        sheet = f"/en/kontor/besoeg/{visit.id}/jobark"
    assert "Det er nr. 14." in officer.get(sheet).text


# The notice, in versions.


def test_the_notice_is_shown_before_it_is_kept_and_each_case_knows_its_version(app, citizen):
    first, _ = book(citizen)
    officer = logged_in(app)
    form = officer.get(NOTICE)
    assert "# Your rights" in form.html and "# Dine rettigheder" in form.html, "it begins with what the page says"
    text = {"texts-da": "Vi passer på dem.\n\n# Hvem\nKun os. <b>Nej</b>",
            "texts-en": "We look after them.\n\n# Who\nOnly we. <b>No</b>"}
    shown = officer.post(NOTICE, text)
    assert "<h2>Who</h2>" in shown.html and "&lt;b&gt;No&lt;/b&gt;" in shown.html and Person(
        app).get("/en/privatliv").text.count("Cookies")
    officer.post(NOTICE, {**text, "send": "1"})
    page = citizen.get("/en/privatliv")
    assert "We look after them." in page.text and "Cookies" not in page.text and "From the beginning" in page.text
    assert "&lt;b&gt;No&lt;/b&gt;" in page.html and "<h2>Who</h2>" in page.html and "How long we keep it" in page.text
    assert "Vi passer på dem." in citizen.get("/privatliv").text
    earlier = citizen.get("/en/privatliv/0").text
    assert "Cookies" in earlier and "This is an earlier version." in earlier
    assert citizen.get("/en/privatliv/2", check=False).status == 404
    second, secret = book(citizen)
    for reference, version in ((first, 0), (second, 1)):
        assert f'href="/privatliv/{version}"' in officer.get(f"/kontor/sag/{reference}").html
    assert 'href="/privatliv/1"' in citizen.get(f"/sag/{second}/{secret}").html
    with app.app_context():
        assert [(n.id, n.officer.email) for n in PrivacyNotice.history()] == [(1, OFFICER)]


def test_the_notice_that_was_given_is_the_one_of_when_the_form_was_opened(app, citizen):
    with time_machine.travel("2026-05-11 10:00Z", tick=False) as clock:
        form = {**WISH, "once": citizen.get(FORM).hidden["once"][0]}
        check = citizen.post(FORM, form)
        clock.shift(60)
        logged_in(app).post(NOTICE, {"texts-da": "Ny", "texts-en": "New", "send": "1"})
        citizen.post(FORM, {**as_sent(check, "once"), "send": "1"})
        clock.shift(60)
        citizen.post(FORM, {**WISH, "once": citizen.get(FORM).hidden["once"][0], "send": "1"})
    with app.app_context():
        assert db.session.scalars(db.select(Booking.notice).order_by(Booking.id)).all() == [0, 1]


def test_a_notice_stands_in_both_languages(app):
    page = logged_in(app).post(NOTICE, {"texts-da": "Kun dansk", "texts-en": "", "send": "1"})
    assert page.status == 422
    with app.app_context():
        assert PrivacyNotice.number() == 0


# Accessibility.


def tell(app, language: str = "/en", **changes):
    person = Person(app)
    once = person.get(f"{language}/tilgaengelighed").hidden["once"][0]
    return person.post(f"{language}/tilgaengelighed", {
        "once": once, "page": "Forsiden", "words": "Skriften er for lille.", "email": "kim@example.dk", **changes})


def test_what_somebody_cannot_use_is_answered_by_letter_within_ten_working_days(app, clock):
    assert 'href="/en/tilgaengelighed"' in Person(app).get("/en/").html
    assert "Thank you. We have your message" in tell(app).text
    officer = logged_in(app)
    desk = officer.get("/en/kontor/?bunke=tilgaengelighed").text
    assert "Skriften er for lille." in desk and "10 working days left" in desk and "Accessibility 1" in desk
    clock.move_to(datetime(2026, 5, 28, 8, tzinfo=UTC))
    with app.app_context():
        message = db.session.query(Feedback).one()
        assert message.due_on == add_working_days(date(2026, 5, 11), 10) == date(2026, 5, 28)
        write_to_officers()
        db.session.commit()
        warning = db.session.query(Letter).filter_by(kind="warning").one().text
        assert "tilgængelighed skal besvares senest den 28. maj 2026" in warning and "Skriften" not in warning
    clock.move_to(datetime(2026, 5, 29, 8, tzinfo=UTC))
    officer = logged_in(app)
    assert "1 working day late" in officer.get("/en/kontor/?bunke=tilgaengelighed").text
    path = "/en/kontor/tilgaengelighed/1"
    assert officer.post(path, {"words": ""}).status == 422
    assert "The answer is on its way." in officer.post(path, {"words": "Nu er den større."}).text
    assert "Ida Betjent" in officer.get(path).text
    with app.app_context():
        letter = db.session.query(Letter).filter_by(kind="feedback_answered").one()
        assert letter.recipient == "kim@example.dk" and "Nu er den større." in letter.text and letter.language == "en"
        assert "Skriften" not in letter.text, "nobody's words travel under our name"
        with pytest.raises(NotAllowed):
            db.session.query(Feedback).one().answer(Officer.by_email(OFFICER), "igen")


def test_nobody_need_say_who_they_are_and_then_it_is_marked_as_done(app):
    assert tell(app, email="").status == 200
    officer = logged_in(app)
    with app.app_context():
        id = db.session.query(Feedback).one().id
    page = officer.post(f"/en/kontor/tilgaengelighed/{id}", {"words": "Rettet."})
    assert "Noted as done." in page.text
    with app.app_context():
        assert not db.session.query(Letter).filter_by(kind="feedback_answered").count()
        assert db.session.query(Event).filter_by(kind=EventKind.FEEDBACK_ANSWERED).one().words == "Rettet."
    assert officer.get("/en/kontor/tilgaengelighed/999", check=False).status == 404


def test_the_same_message_twice_is_one_and_bad_input_is_said_beside_its_field(app):
    once = form_name(app)
    tell(app, once=once)
    tell(app, once=once)
    for wrong in ({"words": ""}, {"page": ""}, {"email": "kim"}, {"words": "Jeg er 010190-1234"},
                  {"words": "x" * 2001}):
        page = tell(app, **wrong)
        assert page.status == 422 and page.errors, wrong
    with app.app_context():
        assert db.session.query(Feedback).count() == 1


# Logs.


@pytest.mark.sqlite
def test_the_log_has_neither_words_nor_addresses_nor_secrets(app, citizen, caplog, clock):
    """Of booking, messages, the person's file, the night's job, and a failure in the midst of it."""
    caplog.set_level("DEBUG")
    enter(app)
    reference, secret = book(citizen)
    close(app, reference)
    tell(app)
    logged_in(app).post(PERSON, {"q": "anna@example.dk", "sag": [reference], "show": "1"})
    clock.move_to(NOW + timedelta(days=500))
    with closing(sqlite3.connect(Path(app.instance_path, "bookings.sqlite"))) as raw, raw:
        raw.execute("CREATE TRIGGER broken BEFORE UPDATE ON letters BEGIN SELECT RAISE(ABORT, 'broken'); END")
    done = app.test_cli_runner().invoke(args=["remove"])
    assert "bookings 1 could not be removed" in caplog.text and "0 lines" in done.output
    with closing(sqlite3.connect(Path(app.instance_path, "bookings.sqlite"))) as raw, raw:
        raw.execute("DROP TRIGGER broken")
    said = caplog.text + done.output + done.stderr
    said += app.test_cli_runner().invoke(args=["remove"]).output + caplog.text
    for word in ("anna", "suser", secret, "kim@", "skriften", "Beklager", PASSWORD):
        assert word.casefold() not in said.casefold(), word
