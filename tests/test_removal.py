"""Once the period has passed, nothing tells any more who it was: in no table, no file, no free page and no log.

Two people live through all services. Everything that Kvaks writes or is asked by contains "qxzkvaks", everything of
Blivende "blivende", and what is written of the one control that both asked for, "faelles". Kvaks is due first.
"""

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import databases
import psycopg
import pytest
import time_machine
from browser import running
from conftest import OFFICER, WISHES, Person, book, logged_in
from helpers import as_sent, one_app
from helpers_servers import MailServer

import catalogue
from catalogue.spots import SpotForm
from facts import known_measures, load_shipped
from forms import Line, Repeat, Text
from mail.letters import write_to_officers
from mail.outbox import send_due
from models import (
    COPENHAGEN,
    DONE_WITH,
    Assignee,
    BlockedAddress,
    Booking,
    BookingStatus,
    Event,
    Feedback,
    FindingsLink,
    Invite,
    Letter,
    NotAllowed,
    Officer,
    RemovalRecord,
    RetentionDecision,
    Role,
    Task,
    Visit,
    WaitlistEntry,
    db,
    ensure_writable,
    now,
    reading_only,
)
from ops.jobs import Daily
from privacy import removal

pytestmark = pytest.mark.postgres

GONE, STAYS, SHARED = "qxzkvaks", "blivende", "faelles"
FIRST, LATER = datetime(2026, 5, 11, 8, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)
DUE, ALL_DUE = datetime(2027, 9, 15, 1, tzinfo=UTC), datetime(2028, 6, 15, 1, tzinfo=UTC)
PLACES = {"road", "from_to", "postcode"}
DECISION = "Rigsarkivet, j.nr. 26/12345 af 1. juni 2026"
FOUND = {"performed": "yes", "method": "laser", "place": "Bygaden", "limit": "50", "passed": 94, "charged": 3,
         "fine": 3, "prelim": True, "suit": "suitable", "next": ["closed"], "visible": "hidden",
         "periods": [{"day": "2026-05-12", "starts": "17:00", "ends": "19:00", "direction": "nord"}]}
HELD = {"held": "yes", "day": "2026-05-12", "starts": "19:00", "ends": "21:00", "place": "Hallen", "number": 38,
        "visitors": 38, "topics": ["burglary"], "worries": ["lighting"], "route": "Ad stien.", "light": "dark",
        "people": [{"role": "residents", "count": 12}]}


def typed(app, form, mark: str) -> dict:
    """The mark in whatever can be written freely: of this form, and of any that will be."""
    with app.test_request_context():
        fields, said = form(formdata=None, meta={"csrf": False}), {}
        for field in fields:
            if isinstance(field, Repeat):
                said |= {part.name: f"{mark} {part.short_name}" for part in field.entries[0].form
                         if isinstance(part, (Line, Text))}
            elif isinstance(field, (Line, Text)) and field.name not in PLACES | {"email", "phone", "contact_day_phone"}:
                said[field.name] = f"{mark} {field.name}"
    return said


def words_of(app, form, mark: str) -> dict:
    """The same as stored: the long texts of findings or of a task."""
    with app.test_request_context():
        return {f.name: f"{mark} {f.name}" for f in form(formdata=None, meta={"csrf": False}) if isinstance(f, Text)}


class Life:
    """One person's cases by what became of them, and all that hangs on them."""

    def __init__(self, app, mark: str, phone: str):
        self.app, self.mark, self.phone = app, mark, phone
        who = {"email": f"{mark}.old@example.dk", "phone": phone, "address": f"{mark} Allé 1\n4690 Haslev",
               "org": f"{mark} forening", "name": f"{mark} navn"}
        self.cases, self.links = {}, {}
        for name, slug in (("control", "faerdselskontrol"), ("no", "faerdselskontrol"), ("spam", "faerdselskontrol"),
                           ("left", "faerdselskontrol"), ("meeting", "dialogmoede"), ("walk", "tryghedsvandring"),
                           ("van", "mobil-politistation")):
            questions = catalogue.by_slug(slug).questions
            more = {"contact_day_phone": phone} if slug in WISHES else {}
            self.cases[name], secret = book(Person(app), slug=slug, **typed(app, questions, mark) | more | who)
            self.links[name] = f"/sag/{self.cases[name]}/{secret}"
        person = Person(app)
        for case in self.links.values():
            person.post(f"{case}/besked", {"words": f"{mark} besked"})
            person.post(f"{case}/kontakt", {"name": f"{mark} nyt navn", "email": f"{mark}@example.dk", "phone": phone,
                                            "reply": "letter", "address": f"{mark} Vej 2"})
        person.post(f"{self.links['left']}/traek-tilbage", {"sure": "y"})

    def __getitem__(self, name: str) -> Booking:
        return Booking.by_reference(self.cases[name])

    def goes_its_way(self, shared: Visit | None) -> Visit:
        """Whatever officers do with it, until all of it is closed."""
        ida, mark = Officer.by_email(OFFICER), self.mark
        for name in self.cases:
            booking = self[name]
            if booking.is_open and name != "spam":
                booking.ask(ida, f"{mark} spørgsmål", date(2027, 1, 4))
                booking.give_information(f"{mark} svar")
                booking.delay(ida, f"{mark} venter", date(2027, 1, 5))
            booking.note(ida, f"{mark} notat")
            booking.rectify(ida, f"{mark} rettelse")
        self["no"].decline(ida, "resources", f"{mark} afslag", f"{mark} i stedet", f"{mark} sagt")
        self["no"].rate("no", "late", f"{mark} for sent")
        self["spam"].mark_as_spam(ida)
        self["control"].accept(ida, f"{mark} ja")
        for name, takes in (("meeting", {"crew": "Ida"}), ("walk", {"crew": "Bo"}), ("van", {"crew": "Eva"})):
            booking, starts = self[name], now() + timedelta(days=14, hours=len(name))
            booking.offer(ida, [(starts, starts + timedelta(hours=2))], resource_units=takes, travel=10, where="Hallen",
                          answer_by=(now() + timedelta(days=5)).date(), words=f"{mark} datoer")
            booking.refuse_offers(f"{mark} passer ikke")
            Visit.plan(ida, service=booking.service, place=booking.place, starts_at=now() + timedelta(hours=1),
                       ends_at=now() + timedelta(hours=2), resource_units=takes, bookings=[booking], date_agreed=True,
                       public_place="Hallen", words=f"{mark} aftalt")
        if shared is None:
            shared = self.control(ida)
        else:
            again = Visit.plan(ida, service="traffic", place=self["control"].place, starts_at=now(
                ) + timedelta(hours=1),
                               ends_at=now() + timedelta(hours=2), resource_units={"crew": "ATK 2"},
                               bookings=[self["control"]])
            shared.bookings.append(self["control"])
            self.found(ida, again, "traffic")
        for name in ("meeting", "walk", "van"):
            self.found(ida, self[name].visits[0], self[name].service)
        self.beside()
        for name in set(self.cases) - {"spam"}:
            self[name].journalise(ida, f"2026-{name}")
        db.session.commit()
        return shared

    def control(self, ida) -> Visit:
        return Visit.plan(ida, service="traffic", place=self["control"].place, starts_at=now() + timedelta(hours=1),
                          ends_at=now() + timedelta(hours=2), resource_units={"crew": "ATK 1"},
                          bookings=[self["control"]])

    def found(self, ida, visit: Visit, service: str, mark: str = "") -> None:
        """What came of a visit, with a task for somebody who answers, and a link for a colleague in the field."""
        mark, findings = mark or self.mark, catalogue.SERVICES[service].findings
        link = FindingsLink.send(ida, visit, f"{mark}.felt@politi.example", "da")
        link.withdraw(ida)
        visit.starts_at -= timedelta(hours=4)
        visit.ends_at -= timedelta(hours=3)
        said = words_of(self.app, findings, mark)
        visit.enter_findings(ida, {**(FOUND if service == "traffic" else HELD), **said})
        owner = Assignee.for_visit(visit, "municipality")
        owner.change_contact(name=f"{mark} kontakt", email=f"{mark}.vej@example.dk", language="da")
        task = Task.enter(ida, visit, form_token=visit.uid, assignee=owner, status="new", reason=f"{mark} grund",
                          what=f"{mark} skal gøres", due_on=None, public=True, lat=None, lng=None,
                          details={"place": "Stien", "feel": "unsafe", "cat": ["dark"], "prio": "now",
                                   "proposal": f"{mark} forslag"}, jpeg=f"{mark} foto".encode())
        owner.send(ida)
        task.answer("refused", f"{mark} kan ikke")
        visit.publish(ida, True)
        visit.report(ida)
        for booking in visit.bookings:
            booking.rate("yes", "clear", f"{self.mark} tak")

    def beside(self) -> None:
        """What belongs to no case."""
        ida, mark = Officer.by_email(OFFICER), self.mark
        WaitlistEntry.ask("van", f"{mark}.venter@example.dk", "da")
        Invite.send(ida, f"{mark}.kollega@politi.example", Role.READER).close()
        Feedback.receive(form_token=str(now()), page=f"{mark} side", words=f"{mark} kan ikke læses",
                         email=f"{mark}@example.dk",
                         language="da").answer(ida, f"{mark} er rettet")


@pytest.fixture(autouse=True, scope="module")
def spots():
    """Whatever is visited may have tasks here, so that those of every service are tried."""
    with pytest.MonkeyPatch.context() as patch:
        for key, service in list(catalogue.SERVICES.items()):
            patch.setitem(catalogue.SERVICES, key, replace(service, tasks=SpotForm))
        yield


@contextmanager
def mail_server(kind: str) -> Iterator[dict]:
    """The settings with which letters go out: as files, or over a line."""
    if kind == "files":
        yield {}
        return
    server = MailServer()
    server.up()
    try:
        yield {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": server.port}
    finally:
        server.down()


def both_lives(app) -> tuple[Life, Life]:
    """Every letter of theirs is sent."""
    with time_machine.travel(FIRST) as clock:
        gone = Life(app, GONE, "23456701")
        with app.app_context():
            shared = gone.goes_its_way(None).id
            gone.found(Officer.by_email(OFFICER), db.session.get(Visit, shared), "traffic", SHARED)
            db.session.commit()
            send_all()
        clock.move_to(LATER)
        stays = Life(app, STAYS, "34567802")
        with app.app_context():
            stays.goes_its_way(db.session.get(Visit, shared))
            send_all()
    return gone, stays


def one_life(app) -> tuple[Life]:
    with time_machine.travel(FIRST):
        life = Life(app, GONE, "23456701")
        with app.app_context():
            visit = life.goes_its_way(None)
            life.found(Officer.by_email(OFFICER), visit, "traffic")
            db.session.commit()
            send_all()
    return life,


@pytest.fixture(scope="module")
def lived(template, tmp_path_factory) -> Callable:
    """A site after those lives: lived once in each way, and copied for each test."""
    @cache
    def once(live: Callable, kind: str) -> tuple[Path, tuple[Life, ...]]:
        with mail_server(kind) as config, one_app(template, tmp_path_factory, **config) as app:
            return Path(app.instance_path), live(app)

    def copied(live: Callable, kind: str, app) -> tuple[Life, ...]:
        source, lives = once(live, kind)
        leave(app)
        databases.renewed(source, Path(app.instance_path))
        for folder in filter(Path.is_dir, source.iterdir()):
            shutil.copytree(folder, Path(app.instance_path, folder.name))
        for life in lives:
            life.app = app
        return lives
    return copied


@pytest.fixture(params=["files", pytest.param("smtp", marks=pytest.mark.sqlite)])
def lives(request, lived, make_app):
    """The app after both lives, and the clock, which each test moves on."""
    with mail_server(request.param) as config:
        app = make_app(**config)
        gone, stays = lived(both_lives, request.param, app)
        with time_machine.travel(LATER) as clock:
            yield app, clock, gone, stays


def send_all() -> None:
    write_to_officers()
    db.session.commit()
    send_due()
    for letter in db.session.query(Letter).filter(Letter.delivery_status.not_in(DONE_WITH)):
        letter.do_by_hand(Officer.by_email(OFFICER))
    db.session.commit()


def permit(app, first: date = date(2026, 7, 1), months: int = 12) -> None:
    with app.app_context(), time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC)):
        RetentionDecision.enter(Officer.by_email(OFFICER), DECISION, months, first)
        db.session.commit()


def leave(app) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def flask(app, *words) -> str:
    done = app.test_cli_runner().invoke(args=list(words))
    assert done.exit_code == 0, done.output + done.stderr
    return done.output + done.stderr


def traces(app, mark: str, said: str = "") -> list[str]:
    """Where a mark stands: table and column, file, or what the machine has said."""
    found, folder = [], Path(app.instance_path)
    for path in folder.rglob("*"):  # first, while what was written last may still be in a file beside the database
        if path.is_file() and mark.encode() in path.read_bytes().lower():
            found.append(str(path.relative_to(folder)))
    with databases.outside(folder) as one:
        for table in databases.tables(one):
            rows = one.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in rows.description]
            found += [f"{table}.{name}" for row in rows for name, value in zip(names, row, strict=True)
                      if mark in (value.decode("latin-1") if isinstance(value, bytes) else str(value)).casefold()]
    return sorted(set(found)) + (["log"] if mark in said.casefold() else [])


def kept(app, mark: str) -> set[str]:
    """The columns and letters that hold it; where in the database's own files is SQLite's affair."""
    return {place for place in traces(app, mark) if not place.startswith(("bookings.sqlite", "booking_words"))}


def in_index(app, part: str) -> bool:
    """SQLite's own index; PostgreSQL's is of the column itself. Whether the search index holds three letters that
    stand in one person's words alone, or may still hold them: in more than one segment, what was deleted is only
    marked so."""
    if databases.SERVER:
        with databases.outside(app.instance_path) as one:
            return one.execute("SELECT 1 FROM bookings WHERE search LIKE %s", [f"%{part}%"]).fetchone() is not None
    with closing(sqlite3.connect(Path(app.instance_path, "bookings.sqlite"))) as one:
        one.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, booking_words, row)")
        known = one.execute("SELECT count(*) FROM terms WHERE term = ?", (part,)).fetchone()[0]
        return bool(known) or one.execute("SELECT count(DISTINCT segid) FROM booking_words_idx").fetchone()[0] > 1


HOLD = {"bookings.name", "bookings.org", "bookings.email", "bookings.address", "bookings.answers", "bookings.search",
        "events.words", "events.facts", "letters.recipient", "owners.name", "owners.email", "tasks.what",
        "tasks.details", "tasks.reason", "photos.jpeg", "visits.findings", "field_links.email", "waiters.email",
        "invites.email", "feedbacks.words", "feedbacks.page", "feedbacks.email",
        *([] if databases.SERVER else ["bookings.sqlite"])}


def test_nothing_tells_of_who_is_due_and_everything_of_who_is_not(lives, caplog):
    app, clock, gone, stays = lives
    permit(app)
    clock.move_to(DUE)
    assert HOLD <= set(traces(app, GONE)) and HOLD <= set(traces(app, STAYS)) and traces(app, "23456701")
    assert in_index(app, "qxz")
    before, shared = kept(app, STAYS), {p for p in kept(app, SHARED) if not p.startswith("letters/")}
    caplog.set_level("DEBUG")
    said = flask(app, "remove") + caplog.text
    assert traces(app, GONE, said) == traces(app, "23456701", said) == [] and not in_index(app, "qxz")
    assert kept(app, STAYS) == before and traces(app, "34567802") and kept(app, SHARED) >= shared
    clock.move_to(ALL_DUE)
    flask(app, "remove")
    assert traces(app, STAYS) == traces(app, SHARED) == traces(app, "34567802") == []


def test_without_a_permit_or_before_its_day_nothing_is_removed(lives):
    app, clock, *_ = lives
    clock.move_to(ALL_DUE)
    before = traces(app, GONE), traces(app, STAYS)
    assert "Nothing goes" in flask(app, "remove", "--dry-run") and flask(app, "remove").startswith("0 ")
    permit(app, first=ALL_DUE.date() + timedelta(days=2))
    flask(app, "remove")
    assert (traces(app, GONE), traces(app, STAYS)) == before
    with app.app_context():
        RetentionDecision.withdraw(Officer.by_email(OFFICER))
        db.session.commit()
    clock.move_to(ALL_DUE + timedelta(days=9))
    flask(app, "remove")
    assert (traces(app, GONE), traces(app, STAYS)) == before


@pytest.fixture
def alive(lived, make_app):
    """One life, as long as nothing is permitted, on an app without a mail server."""
    app = make_app()
    life, = lived(one_life, "files", app)
    with time_machine.travel(FIRST) as clock:
        yield app, clock, life


@pytest.fixture
def one(alive):
    """The same, due."""
    app, clock, _ = alive
    permit(app)
    clock.move_to(DUE)
    return alive


def test_places_times_findings_and_figures_are_as_before_and_every_page_opens(one):
    app, _, life = one
    officer = logged_in(app)
    period = "fra=2026-01&til=2027-09"

    def figures() -> list:
        return [re.sub('csrf_token" value="[^"]*', "", officer.client.get(f"/kontor/{path}").text) for path in (
            f"tal.json?{period}", f"tal.csv?{period}", "steder")]

    before = figures()
    flask(app, "remove")
    after = figures()
    assert after == before and json.loads(after[0])["tables"]
    with app.app_context():
        assert {b.removed_on for b in db.session.query(Booking)} == {DUE.astimezone(COPENHAGEN).date()}
        walk, visits, owner = life["walk"], db.session.query(Visit).all(), db.session.query(Assignee).first()
        assert walk.answers["reasons"] == ["lighting", "path"] and walk.answers["spots"][0] == {"feel": "unsafe"}
        assert walk.road == "Skolestien" and walk.journal == "2026-walk" and not walk.follows
        assert {v.findings.get("passed", 94) for v in visits} == {94} and not any(v.protocol_public for v in visits)
        assert db.session.query(Event).count() > 50 and db.session.query(Letter).count() > 20
        paths = [f"/kontor/sag/{b.reference}{end}" for b in db.session.query(Booking) for end in (
            "", "/udskrift", "/eksport.json", "/besoeg", "/tider") if end != "/tider" or b.proposals]
        paths += [f"/kontor/besoeg/{v.id}{end}" for v in visits for end in ("", "/opgaver", "/protokol", "/jobark")]
        paths += [f"/kontor/breve/{x.id}" for x in db.session.query(Letter).limit(20)]
        paths += [f"/ansvar/{owner.id}/{owner.secret}", "/kontor/?bunke=lukket", f"/kontor/sager.csv?{period}",
                  f"/kontor/sager.json?{period}", "/kontor/", *life.links.values()]
    for path in paths:
        assert officer.client.get(path, follow_redirects=True).status_code == 200, path
    for link in life.links.values():
        page = Person(app).get(f"/en{link}").text
        assert "were removed on 15 September 2027" in page and "Change how we reach you" not in page


def test_nobody_writes_anew_where_it_is_removed(one):
    app, _, life = one
    flask(app, "remove")
    officer, case = logged_in(app), f"/kontor/sag/{life.cases['control']}"
    with app.app_context():
        owner = db.session.query(Assignee).first()
        contact = f"/kontor/besoeg/{owner.visit_id}/opgaver/ansvarlig/{owner.id}"
        page = f"/kontor/besoeg/{life['meeting'].visits[0].id}"
        load_shipped()
        db.session.commit()
        facts = list(known_measures(life["meeting"].place.municipality))[:4]
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for path, data in ((f"{case}/notat", {"words": GONE}), (f"{case}/rettelse", {"right": GONE}),
                       (f"{case}/kontakt", {"name": GONE, "email": "x@y.dk", "reply": "email"}),
                       (f"{life.links['control']}/kontakt", {"name": GONE, "email": "x@y.dk", "reply": "email"}),
                       (f"{life.links['control']}/hjalp-det", {"helped": "yes", "more": GONE}),
                       (contact, {"name": GONE, "email": "x@y.dk", "language": "da"}),
                       (f"{page}/faktaark", {"measures": facts, "words-da": GONE, "languages": ["da"]}),
                       (f"{page}/resultat/tilbagehold", {"withhold": GONE})):
        page = officer.post(path, data)
        assert page.status == 409 and GONE in page.html or path == f"{life.links['control']}/kontakt", path
    assert traces(app, GONE) == []


def test_the_office_reads_that_a_visit_is_removed_and_is_offered_nothing_that_is_refused(one):
    app, *_ = one
    with app.app_context():
        meeting = db.session.query(Assignee).join(Visit).filter(Visit.service == "meeting").first().visit
        visit, task = meeting.id, meeting.tasks[0].id
    officer, page, unread = logged_in(app), f"/en/kontor/besoeg/{visit}", "/en/kontor/?bunke=opgaver"
    assert f"{page}/opgaver" in officer.get(unread).html
    flask(app, "remove")
    shown = officer.get(page)
    assert "Removed on 15 September 2027, with everything that was written." in shown.text
    for end in ("resultat", "svar", "faktaark", "foerer-til", "flyt"):
        assert not re.search(f'"{page}/{end}["/]', shown.html.replace("/tilbagehold", "-tilbagehold")), end
    assert "/resultat/tilbagehold" not in shown.html
    for path in (f"{page}/opgaver", f"{page}/protokol", f"{page}/afstemning", f"{page}/afstemning/foer/optalt",
                 f"{page}/resultat", f"{page}/faktaark", f"/en/kontor/opgave/{task}"):
        main = officer.get(path).html.split("<main")[1]
        assert "<form" not in main and "/opgave/" not in main.replace("/foto", ""), path
    assert "/opgaver" not in officer.get(unread).html, "an answer that nobody has read is no work any more"


def test_who_was_responsible_reads_that_it_is_removed_and_keeps_what_they_type_too_late(one):
    app, *_ = one
    with app.app_context():
        owner = db.session.query(Assignee).first()
        own, number = f"/en/ansvar/{owner.id}/{owner.secret}", owner.notified_tasks[0].number
    person = Person(app)
    form = as_sent(person.get(own), "words")
    flask(app, "remove")
    page = person.get(own)
    assert page.status == 200 and "was written were removed on 15 September 2027" in page.text
    assert "Answer" not in page.html.split("<main")[1] and "<form" not in page.html.split("<main")[1]
    page = person.post(f"{own}/{number}", {**form, "status": "done", "words": GONE})
    assert page.status == 409 and "removed on" in page.text and "What you wrote was not sent" in page.text
    assert GONE in page.text and traces(app, GONE) == []


def test_the_job_twice_or_killed_in_between_does_what_once_does(one, monkeypatch):
    app, _, life = one
    done, whole = [], removal._forget_case

    def killed(booking):
        whole(booking)
        done.append(booking.reference)
        if len(done) == 3:
            raise KeyboardInterrupt

    with app.app_context(), monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(removal, "_forget_case", killed)
        removal.run()
    leave(app)
    with app.app_context():
        lines = [line.reference for line in db.session.query(RemovalRecord)]
        assert lines == done[:2] and [life_ for life_ in life.cases.values() if
                                      Booking.by_reference(life_).removed_on] == lines
        assert all(traces(app, GONE))
    flask(app, "remove")
    assert traces(app, GONE) == []
    with app.app_context():
        lines = db.session.query(RemovalRecord).count()
    assert flask(app, "remove").startswith("0 ")
    with app.app_context():
        assert db.session.query(RemovalRecord).count() == lines


@pytest.mark.sqlite
def test_what_was_removed_but_not_swept_out_is_so_the_next_time(one, monkeypatch):
    app, clock, _ = one
    with monkeypatch.context() as patch:
        patch.setattr(removal, "purge_leftovers", lambda: None)
        flask(app, "remove")
    leave(app)
    assert in_index(app, "qxz")
    clock.move_to(DUE + timedelta(hours=20))
    flask(app, "remove")
    assert traces(app, GONE) == [] and not in_index(app, "qxz")


@pytest.mark.parametrize("owed", ["journal", "letter", "visit", "correction"])
def test_a_case_that_the_office_is_not_done_with_is_held_back(one, owed):
    app, _, life = one
    with app.app_context():
        booking, ida = life["control"], Officer.by_email(OFFICER)
        if owed == "journal":
            booking.journalise(ida, "")
        elif owed == "letter":
            booking.letters[0].delivery_status = "failed"
        elif owed == "correction":
            with time_machine.travel(FIRST + timedelta(days=9)):
                booking.visits[0].enter_findings(ida, FOUND | {"passed": 95})
        else:
            Visit.plan(ida, service="traffic", place=booking.place, starts_at=now() + timedelta(days=3),
                       ends_at=now() + timedelta(days=3, hours=1), resource_units={"crew": "ATK 9"}, bookings=[booking])
        db.session.commit()
    said = flask(app, "remove", "--dry-run")
    assert f"held back\tcase {life.cases['control']}" in said and f"goes\tcase {life.cases['walk']}" in said
    flask(app, "remove")
    with app.app_context():
        assert life["control"].name and not life["walk"].name
        assert life["control"].visits[0].removed_on is None, "a visit goes with the last of its cases"


def test_what_was_not_genuine_needs_no_number_in_the_journal(one):
    app, _, life = one
    flask(app, "remove")
    with app.app_context():
        assert life["spam"].status is BookingStatus.SPAM and not life["spam"].journal and not life["spam"].email


def test_an_open_case_stays_however_old(one):
    app, clock, _ = one
    with time_machine.travel(FIRST):
        reference, _ = book(Person(app), name="Aaben Sag")
    clock.move_to(DUE + timedelta(days=900))
    flask(app, "remove")
    with app.app_context():
        assert Booking.by_reference(reference).name == "Aaben Sag"


def test_a_visit_that_all_have_left_and_nobody_has_reported_goes_too(alive):
    """It took place, so it was not called off when the last of those who asked withdrew."""
    app, clock, _ = alive
    permit(app)
    reference, _ = book(Person(app), slug="dialogmoede")
    with app.app_context():
        ida, booking = Officer.by_email(OFFICER), Booking.by_reference(reference)
        visit = Visit.plan(ida, service="meeting", place=booking.place, starts_at=now() + timedelta(hours=1),
                           ends_at=now() + timedelta(hours=2), resource_units={"crew": "Ny"}, bookings=[booking],
                           date_agreed=True, public_place="Hallen")
        clock.shift(timedelta(minutes=90))
        owner = Assignee.for_visit(visit, "municipality")
        owner.change_contact(name="kvaks kontakt", email="kvaks@example.dk", language="da")
        Task.enter(ida, visit, form_token="en", assignee=owner, status="new", reason="", what="kvaks skal gøres",
                   due_on=None, public=False, lat=None, lng=None, details={"place": "Stien"})
        booking.withdraw()
        db.session.commit()
        assert visit.is_planned and not visit.bookings
        id = visit.id
    clock.move_to(DUE)
    assert f"goes\tvisit {id}" in flask(app, "remove", "--dry-run")
    flask(app, "remove")
    with app.app_context():
        visit = db.session.get(Visit, id)
        assert visit.removed_on and not visit.is_open and not visit.reservations
    assert not kept(app, "kvaks")
    assert f"visit {id}" not in flask(app, "remove", "--dry-run")
    office = logged_in(app)
    assert office.get(f"/kontor/besoeg/{id}").status == 200
    assert f"/besoeg/{id}" not in office.get("/kontor/?bunke=resultat").html


def test_the_ledger_says_what_when_and_by_which_decision_and_nothing_of_whom(one):
    app, _, life = one
    flask(app, "remove")
    with app.app_context():
        lines = db.session.query(RemovalRecord).order_by(RemovalRecord.id).all()
        assert {x.reference for x in lines if x.what == "case"} == set(life.cases.values())
        assert {x.what for x in lines} == {"case", "visit", "letters", "waiters", "invites", "feedbacks"}
        assert {x.permit.decision for x in lines} == {DECISION}
        assert {x.copies_until for x in lines} == {date(2028, 9, 15)}
        for change in (lambda: setattr(lines[0], "what", "x"), lambda: db.session.delete(lines[0])):
            change()
            with pytest.raises(NotAllowed):
                db.session.flush()
            db.session.rollback()
    for statement in ("UPDATE removals SET what = 'x'", "DELETE FROM removals", "UPDATE permits SET months = 1",
                      "DELETE FROM permits"):
        with databases.outside(app.instance_path) as raw, \
                pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="only appended"):
            raw.execute(statement)


@pytest.mark.sqlite
def test_an_old_backup_brings_nobody_back(alive):
    """Not even one that is older than the permit."""
    app, clock, life = alive
    flask(app, "backup")
    permit(app)
    clock.move_to(DUE)
    [file] = Path(app.instance_path, "backups").glob("bookings-*")
    flask(app, "remove")
    leave(app)
    said = flask(app, "restore", str(file), "--force")
    assert "removed again" in said
    for left in (file, *Path(app.instance_path).glob("bookings-before-*")):  # these are the operator's to keep or not
        left.unlink()
    assert traces(app, GONE) == []
    with app.app_context():
        assert RetentionDecision.present().decision == DECISION and not life["walk"].email
        assert db.session.query(RemovalRecord).count() > len(life.cases)


@pytest.mark.sqlite
def test_the_dry_run_changes_nothing_and_says_all_that_goes(one):
    app, _, life = one
    leave(app)
    before = Path(app.instance_path, "bookings.sqlite").read_bytes()
    said = flask(app, "remove", "--dry-run")
    assert all(f"goes\tcase {reference}" in said for reference in life.cases.values()) and GONE not in said
    leave(app)
    assert Path(app.instance_path, "bookings.sqlite").read_bytes() == before
    flask(app, "remove")
    with app.app_context():
        ledger = [f"{line.what} {line.reference or line.number}" for line in db.session.query(RemovalRecord)]
    assert sorted(re.findall(r"goes\t(.+)", said)) == sorted(ledger), "it says all that goes"


def test_the_worker_runs_it_when_it_starts_and_as_each_day_begins_a_part_at_a_time(app, monkeypatch):
    ran, left, nightly = [], [3, 2, 0], Daily(removal.remove_part)
    monkeypatch.setattr(removal, "remove_some", lambda: left.pop(0) if left else 0)
    monkeypatch.setattr(removal, "purge_leftovers", lambda: ran.append(now()))
    with time_machine.travel(datetime(2027, 6, 15, 10, tzinfo=UTC)) as clock:
        for done in (0, 0, 1, 1):
            nightly()
            assert len(ran) == done
        clock.move_to(datetime(2027, 6, 15, 21, 59, tzinfo=UTC))
        nightly()
        assert len(ran) == 1
        clock.move_to(datetime(2027, 6, 15, 22, 1, tzinfo=UTC))  # midnight in Denmark
        nightly()
        assert len(ran) == 2


@pytest.mark.sqlite
def test_sweeping_out_keeps_no_page_waiting_that_reads_and_then_writes_as_health_does(one):
    """The checkpoint waited for the reader with the write lock in its hand, and the reader for the write lock, until
    after half a minute one of them gave up: /health said 503."""
    app, *_ = one
    flask(app, "remove")

    def sweep():
        with app.app_context():
            removal.purge_leftovers()

    sweeper, longest = Thread(target=sweep), 0
    with app.test_request_context("/health"):
        reading_only.set(True)
        assert db.session.query(Booking).count()  # from here on, this page reads what was at this moment
        sweeper.start()
        for _ in range(20):
            began = time.monotonic()
            ensure_writable()
            longest = max(longest, time.monotonic() - began)
            time.sleep(.1)
        db.session.rollback()
        reading_only.set(False)
    sweeper.join(60)
    assert longest < 5 and Path(app.instance_path, "bookings.sqlite-wal").stat().st_size == 0


def test_a_part_is_no_more_than_letters_can_wait_for(one, monkeypatch):
    app, _, life = one
    monkeypatch.setattr(removal, "MOST", 2)
    with app.app_context():
        assert removal.remove_some() >= 2 and sum(bool(life[name].removed_on) for name in life.cases) == 2
        removal.run()
        assert all(life[name].removed_on for name in life.cases)


@pytest.mark.system
def test_the_real_worker_removes_and_neither_it_nor_the_web_server_says_of_whom(tmp_path, template):
    """As bin/run starts them: what gunicorn and the worker print has neither words nor addresses nor secrets."""
    keys = {}

    def long_ago(app) -> dict:
        with time_machine.travel(FIRST - timedelta(days=900)):
            reference, secret = book(Person(app), name=f"{GONE} navn", email=f"{GONE}@example.dk", text=f"{GONE} tekst")
            keys["path"] = f"/sag/{reference}/{secret}"
            with app.app_context():
                ida, booking = Officer.by_email(OFFICER), Booking.by_reference(reference)
                booking.withdraw()
                booking.journalise(ida, "2023-1")
                RetentionDecision.enter(ida, DECISION, 12, date(2024, 1, 1))
                db.session.commit()
                send_all()
        return keys

    with running(tmp_path, template, long_ago) as site:
        for _ in range(300):
            with urlopen(site.url + keys["path"]) as page:  # noqa: S310
                if "Tilbage er" in page.read().decode() and not traces(site.app, GONE):
                    break
            time.sleep(0.2)
        else:
            pytest.fail(f"still there: {traces(site.app, GONE)}")
        with pytest.raises(HTTPError):
            urlopen(f"{site.url}{keys['path']}x")  # noqa: S310
        said = site.log
        assert traces(site.app, GONE, said) == [] and "gunicorn" in said
        assert keys["path"].rpartition("/")[2] not in said and keys["path"] not in said


def test_history_has_one_way_through_and_only_the_removal_takes_it(one):
    app, *_ = one
    with app.app_context():
        for change in (lambda: setattr(db.session.get(Event, 1), "words", "x"),
                       lambda: db.session.execute(db.update(Event).values(words="x")),
                       lambda: db.session.execute(db.update(Event.__table__).values(words="x")),
                       lambda: db.session.execute(db.delete(Event))):
            with pytest.raises(NotAllowed):
                change()
                db.session.flush()
            db.session.rollback()
    root = Path(removal.__file__).parent.parent
    users = {path.name for path in root.rglob("*.py") if ".venv" not in path.parts and "tests" not in path.parts
             and re.search(r"\banonymise_events\b|\"forgets\"", path.read_text())}
    assert users == {"events.py", "__init__.py", "removal.py"}


@pytest.mark.parametrize("closed, months, due", [
    (date(2026, 5, 12), 12, date(2027, 5, 12)), (date(2026, 1, 31), 1, date(2026, 3, 1)),
    (date(2024, 2, 29), 12, date(2025, 3, 1)), (date(2026, 12, 31), 2, date(2027, 3, 1))])
def test_months_are_counted_as_people_do(closed, months, due):
    permit = RetentionDecision(decision="x", months=months, first=date(2020, 1, 1))
    assert permit.due_on(closed) == due
    noon = datetime(closed.year, closed.month, closed.day, 12, tzinfo=COPENHAGEN)
    assert noon < permit.ended_before(due) and not noon < permit.ended_before(due - timedelta(days=1))
    for more in range(800):  # what the job selects by is what people are told
        on = date(2026, 1, 1) + timedelta(days=more)
        last = permit.ended_before(on).date() - timedelta(days=1)
        assert permit.due_on(last) <= on < permit.due_on(last + timedelta(days=1))


def test_a_block_outlives_the_case_that_it_came_from_and_can_be_lifted(one):
    app, _, life = one
    with app.app_context():
        booking = Booking.by_reference(life.cases["control"])
        BlockedAddress.add("the key of an address", booking)
        db.session.commit()
        id = db.session.query(BlockedAddress).one().id
    flask(app, "remove")
    with app.app_context():
        BlockedAddress.add("another key", Booking.by_reference(life.cases["control"]))
        db.session.commit()
    assert logged_in(app).post(f"/kontor/breve/spaerret/{id}/ophaev").status == 200
    with app.app_context():
        assert [block.key for block in db.session.query(BlockedAddress)] == ["another key"]
