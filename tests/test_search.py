"""Searching finds what looking through every word would find, at once, and however long the archive is."""

import re
from urllib.parse import urlencode

import databases
import pytest
from conftest import OFFICER, Person, book, logged_in
from helpers_demo import typed
from hypothesis import given, settings, strategies as st
from sqlalchemy import select, text

import catalogue
from app import create_app
from demo import archive as demo_archive
from models import Booking, BookingStatus, Event, Letter, Officer, Place, Visit, VisitStatus, containing, db, fold

pytestmark = pytest.mark.postgres

ALPHABET = "abeå øæs%_'\"@*-4é\\"


@pytest.fixture
def one(app):
    """An application with a booking whose words a test may change as it likes."""
    reference, _ = book(Person(app))
    with app.app_context():
        yield Booking.by_reference(reference)
        db.session.rollback()


def by_like(typed: str) -> list[int]:
    found = select(Booking.id).order_by(Booking.id.desc())
    for word in fold(typed).split():
        found = found.where(Booking.search.contains(word, autoescape=True))
    return list(db.session.scalars(found))


def by_index(typed: str) -> list[int]:
    found, number = containing(select(Booking.id), typed)
    return list(db.session.scalars(found.order_by(number.desc())))


@settings(max_examples=150)
@given(words=st.text(ALPHABET, max_size=30), asked=st.text(ALPHABET + "\0", min_size=1, max_size=8),
       cut=st.integers(0, 25))
def test_it_finds_what_looking_through_everything_finds(one, words, asked, cut):
    db.session.execute(text("UPDATE bookings SET search = :words"), {"words": fold(words)})
    for query in (asked, words[cut:cut + 5], f"{words[:4]} {asked}", fold(words)[cut:]):
        if fold(query):
            assert by_index(query) == by_like(query), (words, query)


@pytest.mark.parametrize("asked", ['"', '""""', 'a"b@c.dk', "NEAR(a b)", "abc OR def", "abc*", "{search}:abc", "^abc",
                                   "-abc", "a%b@x", "___", "%%%", "æøå", "Åse", "x\0y@z", "a" * 100, "@@@", "'''@"])
def test_no_word_is_a_command(one, asked):
    assert by_index(asked) == by_like(asked) or not fold(asked)


@pytest.mark.sqlite
def test_what_changes_is_found_at_once_and_no_longer_under_its_old_words(app, officer):
    reference, secret = book(Person(app), name="Bodil Ærø", road="Ålestien")

    def found(words: str) -> bool:
        return reference[:4] in officer.get(f"/en/kontor/?q={words}").text.partition("Found for")[2]

    assert found("Ærø") and found("lesti") and found("æR") and not found("Zebulon")
    path = f"/sag/{reference}/{secret}"
    Person(app).post(f"{path}/kontakt", {"name": "Zebulon Quist", "email": "q@example.dk", "reply": "email"})
    assert found("Zebulon") and found("q@example.dk") and not found("Bodil")
    with app.app_context():
        booking = Booking.by_reference(reference)
        booking.move(Officer.by_email(OFFICER), Place.at(road="Kvadevej", postcode="4700", town="Næstved",
                                                         municipality="Næstved"))
        db.session.commit()
    assert found("kvadev") and found("4700") and not found("4690")
    with app.app_context():
        db.session.execute(text("DELETE FROM letters"))
        db.session.execute(text("DELETE FROM events"))
        db.session.delete(Booking.by_reference(reference))
        db.session.commit()
        assert db.session.execute(
            text("SELECT count(*) FROM booking_words WHERE search MATCH '\"zebulon\"'")).scalar() == 0
        db.session.execute(text("INSERT INTO booking_words(booking_words) VALUES ('integrity-check')"))
        db.session.commit()


@pytest.mark.sqlite
@pytest.mark.parametrize("typed", [
    "+45 20 30 40 50", "+4520304050", "0045 20304050", "(+45) 20304050", "tlf. 20304050", "<Anna@firma.dk>",
    "Anna <anna@firma.dk>", "mailto:anna@firma.dk", "anna@firma.dk,", "(anna@firma.dk)", "sag {}", "Sag: {}",
    "tlf.nr. 20304050", "mobilnr. 20304050", "nr. 20304050", "+45-20304050", "sag nr. {}", "sagsnr. {}",
    "referencenummer {}", "ref. {}", "Din sag har referencenummer {}.", "færdselskontrol ({})", "Sag-nr. {}", "Din bestilling {}"])
def test_what_is_searched_by_is_read_as_forms_read_it(app, officer, citizen, typed):
    """By the work list, and by the officer who is asked what is stored on somebody."""
    reference, _ = book(citizen, phone="20 30 40 50", email="anna@firma.dk")
    shown = f"{reference[:4]} {reference[4:]}"
    typed = typed.format(shown)
    assert shown in officer.get(f"/kontor/?{urlencode({'q': typed})}").text
    assert shown in officer.post("/kontor/data/person", {"q": typed}).text


def test_a_reference_is_found_in_whatever_of_a_letter_is_pasted(app, officer, citizen):
    reference, _ = book(citizen)
    with app.app_context():
        letter = Booking.by_reference(reference).letters[0]
        pasted = [letter.subject, f"Re: {letter.subject}", letter.text, "> " * 300 + letter.subject]
    assert max(map(len, pasted)) < 2000 < len("ord " * 600)
    for words in pasted:
        assert f"/sag/{reference}" in officer.get(f"/kontor/?{urlencode({'q': words})}").html, words
    assert officer.get(f"/kontor/?{urlencode({'q': 'a ' * 1000})}").status == 200, "any number of words"


def test_a_database_that_is_older_is_filled_in(app):
    from flask_migrate import downgrade, upgrade
    reference, _ = book(Person(app), name="Bodil Ærø")
    with app.app_context():
        downgrade(revision="0004")
        upgrade()
        assert by_index("bodil") == [Booking.by_reference(reference).id]


# An archive.

@pytest.fixture(scope="module")
def archive(template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive") / "instance"
    databases.copied(template, folder)
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "RATELIMIT_ENABLED": False})
    said = app.test_cli_runner().invoke(args=["seed", "--bookings", "3000", "--visits", "600"])
    assert said.exit_code == 0 and "3000 bookings, 600 visits" in said.output, said.output
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def plan(found) -> str:
    query = found.compile(db.engine, compile_kwargs={"literal_binds": True})
    return " / ".join(row[3] for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {query}")))


@pytest.mark.sqlite
def test_searching_reads_the_index_in_order_and_looks_nothing_through(archive):
    with archive.app_context():
        found, number = containing(select(Booking.id, Booking.answers), "skovvej")
        how = plan(found.order_by(number.desc()).limit(51))
        assert "booking_words VIRTUAL TABLE" in how and "SEARCH bookings USING INTEGER PRIMARY KEY" in how
        assert "TEMP B-TREE" not in how, "it stops where the page ends"
        assert len(by_index("skovvej")) > 5 and by_index("skovvej") == by_like("skovvej")
        assert by_index("skovvej 47 x") == by_like("skovvej 47 x")


@pytest.mark.sqlite
def test_the_work_list_looks_at_what_is_open_alone(archive):
    from reporting.work_list import QUEUES, awaiting_findings
    with archive.app_context():
        for key, (_, rule) in QUEUES.items():
            if rule is not None and key != "lukket":
                how = plan(select(Booking.id).where(rule).order_by(Booking.due_on, Booking.id).limit(51))
                assert "SCAN bookings" not in how and ("(news=?)" not in how or key == "besked"), f"{key}: {how}"
        how = plan(awaiting_findings())
        assert "SCAN visits" not in how and "ix_visits_reported_at" in how


def test_pages_follow_one_another_to_the_end_and_nobody_is_left_out(archive):
    officer, seen, path = logged_in(archive), [], "/kontor/?q=vej"
    with archive.app_context():
        all_of_them = [b.reference for b in db.session.scalars(
            select(Booking).where(Booking.id.in_(by_like("vej"))).order_by(Booking.id.desc()))]
    while path and len(seen) < 4000:
        html = officer.client.get(path).get_data(as_text=True)
        seen += [a + b for a, b in re.findall(r"<code>(\w{4}) (\w{4})</code>", html)]
        after = re.search(r'rel="next"\s+href="([^"]+)"', html)
        path = after and after[1].replace("&amp;", "&")
    assert len(seen) > 150 and seen == all_of_them


@pytest.mark.parametrize("after", ["x", "-1", "999999999999999999999", "2026-01-01_3", "1" * 40, "²", "%00"])
def test_an_address_that_somebody_made_up_is_the_first_page(archive, after):
    assert logged_in(archive).client.get(f"/kontor/?q=vej&efter={after}").status_code == 200


def test_the_archive_is_as_the_forms_would_have_kept_it(archive):
    with archive.test_request_context("/"):
        for service in catalogue.SERVICES.values():
            visits = db.session.scalars(select(Visit).where(
                Visit.service == service.key, Visit.findings.is_not(None)).limit(25)).all()
            assert visits, service.key
            for visit in visits:
                form = service.findings(formdata=typed(visit.findings), meta={"csrf": False})
                assert form.validate(), (service.key, form.errors)
                assert {s.what: s.number for s in visit.statistics} == service.statistics(visit.findings)


def test_the_archive_is_mostly_closed_and_every_pile_has_something(archive):
    officer = logged_in(archive)
    with archive.app_context():
        bookings = list(db.session.scalars(select(Booking)))
        assert len([b for b in bookings if b.is_open]) == 600
        for booking in bookings:
            assert (booking.closed_at is None) == booking.is_open and booking.search.startswith(
                booking.reference.casefold())
            assert (booking.decided_on is None) == (booking.wait is None)
            assert booking.status is not BookingStatus.ANSWERED or any(v.status is VisitStatus.REPORTED
                for v in booking.visits)
        events, letters = db.session.query(Event).count(), db.session.query(Letter).count()
        assert events > 2 * 2400 and letters > 2000
    for queue in ("nye", "besked", "planlaeg", "resultat", "breve", "venter", "planlagt", "lukket"):
        page = officer.get(f"/kontor/?bunke={queue}")
        assert page.status == 200 and '<table class="work-list">' in page.html, queue
    for path in ("/kontor/tal", "/kontor/sager.csv", "/kontor/tal.csv"):
        assert officer.client.get(path).status_code == 200


def test_the_archive_is_the_same_every_time_and_only_for_an_empty_database(archive, app):
    with archive.app_context():
        before = [(b.reference, b.name, b.received_at) for b in db.session.scalars(select(Booking).limit(50))]
    again = archive.test_cli_runner().invoke(args=["seed", "--bookings", "100"])
    assert again.exit_code == 1 and "nothing has been changed" in again.output
    with app.app_context():
        demo_archive.fill(3000, 600)
        assert [(b.reference, b.name, b.received_at) for b in db.session.scalars(select(Booking).limit(50))] == before
