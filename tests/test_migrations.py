"""A database of each earlier version, with a district's data in it, comes up to date whole."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import OFFICER, PASSWORD, Person, build, logged_in
from flask_migrate import upgrade
from helpers_code import VERSIONS, schema
from werkzeug.security import generate_password_hash

from models import Place, Reservation, db

pytestmark = pytest.mark.sqlite

AT, ON = "2026-05-11 07:00:00.000000", "2026-05-11"
ANSWERS = json.dumps({"problem": "speeding", "direction": "both", "limit": "50", "roadtype": "through",
                      "days": ["weekdays"], "times": ["06-09"], "frequency": "daily", "since": "longer", "who": [],
                      "special": [], "text": "Børnene på vejen æøå"})
FINDINGS = json.dumps({"performed": "yes", "method": "atk", "place": "Bygaden", "limit": "50", "passed": 94,
                       "charged": 3, "prelim": True, "suit": "suitable", "next": ["closed"],
                       "periods": [{"day": "2026-05-12", "starts": "17:00", "ends": "19:00", "direction": ""}]})
STATUSES = ("received", "needs_information", "accepted", "answered", "declined", "referred", "withdrawn", "spam")


def rows() -> dict[str, list[dict]]:
    """A small district by table, with every column of the newest version; an older one has those that it knows."""
    bookings = [{
        "id": n, "reference": f"AAAA{n}{n}{n}{n}".replace("5", "X").replace("1", "Y"), "secret": f"secret{n:012}",
        "once": f"form {n}", "service": "traffic", "status": status, "news": n % 2, "place_id": 1 + n % 2,
        "received_at": AT, "due_on": "2026-05-26", "closed_at": AT if n > 3 else None, "received_on": ON,
        "decided_on": "2026-05-12" if n > 2 else None, "wait": 1 if n > 2 else None, "stated": 10,
        "reason": "resources" if status == "declined" else "", "helped": "", "helped_why": "", "journal": "J-1",
        "follows": 1, "name": f"Åse Ærø {n}", "email": f"aase{n}@example.dk", "phone": "12345678", "address": "",
        "capacity": "private", "org": "", "reply": "email", "language": "da", "channel": "web", "road": "Bygaden",
        "from_to": "fra kirken", "lat": 55.3, "lng": 11.9, "public": 0, "answers": ANSWERS,
        "search": f"aaaa åse ærø {n} bygaden"} for n, status in enumerate(STATUSES, 1)]
    kinds = {"accepted": "accepted", "answered": "accepted", "declined": "declined", "referred": "referred",
             "withdrawn": "withdrawn"}
    facts = {"declined": {"reason": "resources", "instead": ""}, "referred": {"authority": "municipality"},
             "accepted": {"due_on": ON}}
    events = [{"at": AT, "kind": "received", "booking_id": b["id"], "words": "", "facts": '{"due_on": "2026-05-26"}'}
              for b in bookings]
    events += [{"at": "2026-05-12 08:00:00.000000", "kind": kinds[b["status"]], "booking_id": b["id"], "officer_id": 1,
                "words": "Vi ser på det", "facts": json.dumps(facts.get(kinds[b["status"]], {}))}
               for b in bookings if b["status"] in kinds]
    events.append({"at": AT, "kind": "answered", "booking_id": 4, "visit_id": 1, "officer_id": 1, "words": "",
                   "facts": json.dumps({"findings": json.loads(FINDINGS)})})
    visit = {"service": "traffic", "place_id": 1, "crew": "ATK 1", "crew_key": "atk 1", "method": "atk", "travel": 0,
             "told": 0, "public": 0, "place_told": "", "uid": "", "sequence": 0}
    return {
        "officers": [{"id": 1, "email": OFFICER, "name": "Ida Betjent", "active": 1, "wrong_tries": 0, "feed_key": "",
                      "password_hash": generate_password_hash(PASSWORD, method="scrypt:256:8:1")}],
        "audit": [{"id": 1, "at": AT, "officer_id": 1, "what": "office.work_list", "about": "", "changed": 0,
                   "before": "",
                   "hash": "0" * 64}],
        "places": [{"id": n, "road": "Bygaden", "road_key": "bygaden", "from_to": f"nr. {n}", "postcode": "4690",
                    "town": "Haslev", "municipality": "Faxe", "lat": 55.3, "lng": 11.9, "suitability": "Hold ved nr. 9",
                    "made_at": AT, "suits": ""} for n in (1, 2)],
        "bookings": bookings,
        "visits": [{**visit, "id": 1, "state": "reported", "starts_at": "2026-05-12 15:00:00.000000",
                    "ends_at": "2026-05-12 17:00:00.000000", "draft": None, "findings": FINDINGS, "reported_at": AT},
                   {**visit, "id": 2, "state": "planned", "starts_at": "2026-06-12 15:00:00.000000",
                    "ends_at": "2026-06-12 17:00:00.000000", "draft": None, "findings": None, "reported_at": None}],
        "visit_bookings": [{"visit_id": 1, "booking_id": 4}, {"visit_id": 2, "booking_id": 3}],
        "events": [{"id": n, **event} for n, event in enumerate(events, 1)],
        "letters": [{"id": n, "booking_id": n, "event_id": n, "kind": "received", "way": "email",
                     "recipient": f"aase{n}@example.dk", "language": "da", "subject": "Vi har modtaget", "text": "Kære Åse\n", "message_id": f"<{n}@x>",
                     "fate": ("sent", "waiting", "failed")[n % 3], "tries": n % 3, "error": "", "made_at": AT,
                     "next_try_at": AT, "give_up_at": AT, "sent_at": AT, "calendar": ""} for n in range(1, 9)],
        "taken": [{"visit_id": n, "part": "crew", "unit": "ATK 1", "unit_key": "atk 1", "words": "",
                   "starts_at": f"2026-0{n + 4}-12 15:00:00.000000", "ends_at": f"2026-0{n + 4}-12 17:00:00.000000"}
                  for n in (1, 2)],
        "proposals": [{"id": 1, "booking_id": 3, "starts_at": AT, "ends_at": AT, "takes": "{}", "travel": 0,
                       "where": "Haslev"}],
        "sums": [{"visit_id": 1, "what": "passed", "number": 94}],
        "waiters": [{"id": 1, "service": "traffic", "email": "bo@example.dk", "language": "da", "secret": "s" * 24,
                     "asked_on": ON}],
        "aways": [{"id": 1, "officer_id": 1, "first": ON, "last": ON, "words_da": "Ferie", "words_en": ""}],
    }


def columns(one: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in one.execute(f"PRAGMA table_info({table})")}


def filled(path: Path) -> dict[str, list[dict]]:
    """Put in what this version has a place for; what that is."""
    known = {}
    with closing(sqlite3.connect(path)) as one, one:
        one.execute("PRAGMA foreign_keys = ON")
        for table, entries in rows().items():
            if there := columns(one, table):
                known[table] = [{c: v for c, v in row.items() if c in there} for row in entries]
                for row in known[table]:
                    names = ", ".join(f'"{name}"' for name in row)
                    one.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", [*row.values()])
    return known


@pytest.fixture(scope="module")
def empty_at(tmp_path_factory) -> Callable[[str], Path]:
    """An empty database of a version, made step by step: each version once, of the one before it."""
    folder = tmp_path_factory.mktemp("versions")
    app = build(folder)

    def copy_of(version: str) -> Path:
        for step in VERSIONS[:VERSIONS.index(version) + 1]:
            if not (folder / step).exists():
                migrate(app, step)
                shutil.copy(folder / "bookings.sqlite", folder / step)
        return folder / version

    return copy_of


@pytest.fixture
def at_version(empty_at, tmp_path):
    """An application on a database of one version."""
    made = []

    def make(version: str):
        folder = tmp_path / version
        made.append(build(folder))
        return made[-1], Path(shutil.copy(empty_at(version), folder / "bookings.sqlite"))

    yield make
    for app in made:
        leave(app)


def migrate(app, version: str = "head") -> None:
    with app.app_context():
        upgrade(revision=version)
    leave(app)


def leave(app) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("version", [
    VERSIONS[0], *(pytest.param(version, marks=pytest.mark.slow) for version in VERSIONS[1:-1]), VERSIONS[-1]])
def test_a_database_of_an_earlier_version_comes_up_whole(at_version, template, version):
    app, path = at_version(version)
    known = filled(path)
    assert {"bookings", "visits", "letters", "events"} <= known.keys()
    migrate(app)
    assert schema(path) == schema(template / "bookings.sqlite")
    with closing(sqlite3.connect(path)) as one:
        one.row_factory = sqlite3.Row
        assert not one.execute("PRAGMA foreign_key_check").fetchall()
        assert one.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        for table, before in known.items():
            after = [dict(row) for row in one.execute(f"SELECT * FROM {table}")]
            now_there = columns(one, table)
            for row in before:
                kept = {c: v for c, v in row.items() if c in now_there}
                assert any(kept.items() <= other.items() for other in after), f"{table}: {kept}"
            assert len(after) == len(before), table
        assert one.execute("SELECT count(*) FROM taken").fetchone()[0] == 2, "what crews are planned for is taken"
        assert {row[0] for row in one.execute("SELECT reason FROM bookings WHERE status = 'declined'")} == {"resources"}
        assert one.execute("SELECT count(*) FROM booking_words WHERE search MATCH 'bygaden'").fetchone()[0] == 8
        assert one.execute("SELECT count(*) FROM letters JOIN events ON events.id = event_id WHERE events.kind = "
                           "letters.kind AND events.booking_id = letters.booking_id").fetchone()[0] == 8
    officer = logged_in(app)
    for booking in known["bookings"]:
        assert officer.get(f"/kontor/sag/{booking['reference']}").status == 200
        assert officer.get(f"/sag/{booking['reference']}/{booking['secret']}").status == 200
    for page in ("/kontor/?bunke=alle", "/kontor/?q=bygaden", "/kontor/besoeg/1", "/kontor/besoeg/2", "/kontor/steder",
                 "/kontor/sted/1", "/kontor/tal", "/kontor/kalender", "/kontor/breve/3", "/kalender"):
        assert officer.get(page).status == 200, page


def test_roads_get_their_new_keys_and_no_two_places_become_one(at_version):
    """An officer may have parted them, so only an officer makes them one."""
    app, path = at_version("0013")
    filled(path)
    with closing(sqlite3.connect(path)) as one, one:
        one.execute("UPDATE places SET road = 'Terslev Bygade 12, Haslev', road_key = 'terslev bygade 12 haslev' WHERE id = 1")
        one.execute("UPDATE places SET road = 'Terslev Bygade', road_key = 'terslev bygade' WHERE id = 2")
    migrate(app)
    with closing(sqlite3.connect(path)) as one:
        assert one.execute("SELECT road, road_key FROM places ORDER BY id").fetchall() == [
            ("Terslev Bygade 12, Haslev", "terslevbygade"), ("Terslev Bygade", "terslevbygade")]
        assert one.execute("SELECT count(*) FROM booking_words WHERE search MATCH 'terslevbygade'").fetchone()[0] == 8
    with app.app_context():
        first, second = db.session.query(Place).order_by(Place.id)
        assert first.neighbours() == [second]
        assert Place.at(road="terslev bygade", postcode="4690", town="Haslev", municipality="Faxe") is second


def test_a_result_keeps_no_house_number_and_is_found_by_the_road_that_it_keeps_as_wishes_do(at_version):
    app, path = at_version("0023")
    filled(path)
    result = {"id": 1, "service": "traffic", "visit_id": 1, "place_number": 1, "day": ON, "part_of_day": "evening",
              "road": "Bøgevænget 3; ved søen (hos Jensen)", "postcode": "4690", "town": "Haslev",
              "municipality": "Faxe", "method": "", "preliminary": 0, "details": "{}", "tasks": "[]", "protocol": "",
              "released_on": ON, "updated_on": ON, "before": "{}", "search": "bøgevænget 3 ved søen hos jensen"}
    with closing(sqlite3.connect(path)) as one, one:
        one.execute(f"INSERT INTO results ({', '.join(result)}) VALUES ({', '.join('?' * len(result))})",
                    [*result.values()])
        one.execute("UPDATE places SET road = 'Bøgevænget ud for 3', road_key = 'bøgevængetudfor' WHERE id = 1")
    migrate(app)
    with closing(sqlite3.connect(path)) as one:
        assert one.execute("SELECT road_key FROM places WHERE id = 1").fetchone() == ("bøgevænget",)
    reader = Person(app)
    page = reader.get("/resultater?q=bøgevænget").text
    assert "Bøgevænget; ved søen, Haslev" in page and "Jensen" not in page
    assert "Bøgevænget; ved søen" not in reader.get("/resultater?q=jensen").text


def test_days_off_are_those_of_the_absence_that_has_made_them(at_version):
    app, path = at_version("0024")
    filled(path)
    with closing(sqlite3.connect(path)) as one, one:
        one.executemany("""INSERT INTO taken (part, unit, unit_key, words, starts_at, ends_at) VALUES
            ('', ?, '', ?, '2026-05-10 22:00:00.000000', '2026-05-11 22:00:00.000000')""",
            [("Ida Betjent", ""), ("Ida Betjent", "Kursus"), ("Vogn 1", "")])
    migrate(app)
    with closing(sqlite3.connect(path)) as one:
        assert one.execute("SELECT unit, words FROM taken WHERE away_id = 1").fetchall() == [("Ida Betjent", "")]


def test_an_officer_named_with_a_comma_has_days_off_that_keep_visits_away(at_version):
    """The comma parts those who go on a visit: nobody could plan one with "Jensen, Bo"."""
    app, path = at_version("0025")
    filled(path)
    with closing(sqlite3.connect(path)) as one, one:
        one.execute("UPDATE officers SET name = 'Jensen, Bo' WHERE id = 1")
        one.execute("""INSERT INTO taken (part, unit, unit_key, words, away_id, starts_at, ends_at) VALUES
            ('', 'Jensen, Bo', 'jensenbo', '', 1, '2027-05-10 22:00:00.000000', '2027-05-11 22:00:00.000000')""")
        one.execute("""INSERT INTO taken (part, unit, unit_key, words, starts_at, ends_at) VALUES
            ('', 'Vogn, 1', 'vogn1', '', '2027-05-10 22:00:00.000000', '2027-05-11 22:00:00.000000')""")
    migrate(app)
    with closing(sqlite3.connect(path)) as one:
        assert one.execute("SELECT name FROM officers WHERE id = 1").fetchone() == ("Jensen Bo",)
    with app.app_context():
        noon = datetime(2027, 5, 11, 10, tzinfo=UTC)
        [day_off] = Reservation.between(noon, noon + timedelta(hours=1), ["Jensen Bo"])
        assert (day_off.unit, day_off.away_id) == ("Jensen Bo", 1)
        db.session.rollback()


def test_a_removed_visit_has_no_correction_left_to_send_and_another_keeps_its_own(at_version):
    app, path = at_version("0026")
    filled(path)
    with closing(sqlite3.connect(path)) as one, one:
        one.execute("UPDATE visits SET draft = '{}'")
        one.execute("UPDATE visits SET removed_on = ? WHERE id = 1", (ON,))
    migrate(app)
    with closing(sqlite3.connect(path)) as one:
        assert one.execute("SELECT id, draft FROM visits ORDER BY id").fetchall() == [(1, None), (2, "{}")]


def test_every_version_is_tried():
    assert VERSIONS[0] == "0001" and len(VERSIONS) >= 7
