"""What officers do and read is kept, in an order that nobody can change without its being seen."""

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import psycopg
import pytest
from conftest import OFFICER, PASSWORD, WISH, Person, book, logged_in, logged_in_by_form
from sqlalchemy.exc import DatabaseError

from models import (
    AuditEntry,
    FindingsLink,
    Officer,
    Place,
    Role,
    Visit,
    autonomous_transaction,
    db,
    now,
    reading_only,
)
from office.page_keys import PAGE_KEYS

pytestmark = pytest.mark.postgres

LOG = "/en/kontor/log"
UNGUARDED = ["ALTER TABLE audit DISABLE TRIGGER ALL"] if databases.SERVER else [
    f"DROP TRIGGER audit_no_{verb}" for verb in ("update", "delete")]


def entries(app) -> list[tuple]:
    with app.app_context():
        return [(e.what.removeprefix("office."), e.about, e.changed)
                for e in db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id))]


def raw(app, *statements: str) -> None:
    """Somebody with the database and the rights to it."""
    with databases.outside(app.instance_path) as database:
        for statement in statements:
            database.execute(statement)


def verify(app, *words) -> str:
    done = app.test_cli_runner().invoke(args=["audit", "verify", *words])
    return done.output + done.stderr if done.exit_code == 0 else f"FAILED {done.output}{done.stderr}"


@pytest.fixture
def case(app) -> str:
    return book(Person(app))[0]


def test_reading_and_doing_are_kept_with_who_and_when(app, case):
    person = logged_in_by_form(app)
    person.get(f"/en/kontor/sag/{case[:4].lower()}-{case[4:]}")
    person.client.get(f"/kontor/sag/{case}/eksport.json")
    person.client.get(f"/kontor/sag/{case}/udskrift")
    person.get(f"/kontor/sag/{case}")
    person.post(f"/kontor/sag/{case}/notat", {"words": "Ringet"}, follow=False)
    kept = entries(app)
    assert kept[0] == ("log_in", "", True)
    assert [e for e in kept if e[0] != "desk"][1:] == [
        ("booking", f"sag/{case}", False), ("export", f"sag/{case}/eksport.json", False),
        ("print_out", f"sag/{case}/udskrift", False), ("booking", f"sag/{case}", False),
        ("keep", f"sag/{case}/notat", True)]
    with app.app_context():
        last = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last.officer.email == OFFICER and abs(last.at - now()) < timedelta(minutes=1)


def test_a_preview_is_reading_and_a_refusal_is_nothing(app, case):
    person = logged_in_by_form(app)
    path = f"/kontor/sag/{case}/imoedekom"
    person.post(path, {"words": "", "show": "1"})
    assert entries(app)[-1] == ("act", f"sag/{case}/imoedekom", False)
    before = entries(app)
    person.client.get("/kontor/sag/AAAAAAAA")
    person.client.post(path, data={"send": "1"})  # without a token
    person.client.post("/kontor/log-ud")
    assert entries(app) == before
    person.post(path, {"words": "", "send": "1"}, follow=False)
    assert entries(app)[-1] == ("act", f"sag/{case}/imoedekom", True)


def test_what_is_done_to_many_names_them(app, case):
    person = logged_in_by_form(app)
    other = book(Person(app), road="Søvej")[0]
    person.post("/kontor/flere/imoedekom", {"sag": [case, other], "words": "", "send": "1"},
                follow=False)
    assert entries(app)[-1] == ("act_on_many", f"flere/imoedekom {case} {other}", True)


def test_no_words_addresses_or_secrets_are_in_it(app, case):
    person = logged_in_by_form(app)
    person.get("/en/kontor/?q=anna@example.dk")
    person.post(f"/kontor/sag/{case}/notat", {"words": "Ringet til Anna"})
    with app.app_context():
        kept = str([vars(e) for e in db.session.scalars(db.select(AuditEntry))]).casefold()
    for word in ("anna", WISH["email"], "ringet", "127.0.0.1", PASSWORD, OFFICER):
        assert word not in kept


def last(app, person: Person) -> str:
    """The newest line that the page shows; the page is read by somebody else, whose reading it does not show."""
    return lines_of(person)[0]


def lines_of(person: Person, path: str = LOG) -> list[str]:
    """All lines that the page shows, newest first, in words, without their time."""
    rows = re.findall(r"<tr>(.*?)</tr>", person.get(path).html.split("<tbody>")[1], re.S)
    return [" ".join(re.sub(r"<th.*?</th>|<[^>]+>", " ", row, flags=re.S).split()) for row in rows]


def test_who_tries_in_vain_to_get_in_is_in_the_log_without_what_was_typed(app):
    reads = logged_in_by_form(app)
    with app.app_context():
        Officer.add("bo@politi.example", "Bo Betjent", PASSWORD)
        db.session.commit()

    def knock(email: str) -> None:
        Person(app).post("/kontor/log-ind", {"email": email, "password": "Hemmeligheden"})

    knock("bo@politi.example")
    assert last(app, reads) == "Bo Betjent Failed log-in –"
    knock("ingen@politi.example")
    assert last(app, reads) == "– Failed log-in –"
    for _ in range(4):
        knock("bo@politi.example")
    assert last(app, reads) == "Bo Betjent Log-in while locked –"
    with app.app_context():
        kept = str([vars(e) for e in db.session.scalars(db.select(AuditEntry))]).casefold()
    assert "hemmeligheden" not in kept and "@" not in kept


def test_who_opens_a_field_link_or_a_calendar_feed_is_in_the_log_without_the_secret(app, case):
    reads = logged_in_by_form(app)
    with app.app_context():
        ida = Officer.by_email(OFFICER)
        ida.renew_feed_key()
        visit = Visit.plan(ida, service="traffic", place=db.session.get(Place, 1), starts_at=now(
            ) - timedelta(hours=2), method="laser",
                           ends_at=now() - timedelta(hours=1), resource_units={"crew": "ATK 1"}, bookings=[])
        link = FindingsLink.send(ida, visit, "felt@example.dk", "en")
        db.session.commit()
        path, key, about = f"/en/kontor/felt/{link.id}/{link.secret}", ida.feed_key, f"besoeg/{visit.id}/felt/{link.id}"
    colleague = Person(app)
    colleague.get(path)
    assert last(app, reads) == f"– Viewed {about}"
    sent = colleague.post(path, {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["closed"]},
                          follow=False)
    assert sent.status == 303 and last(app, reads) == f"– Changed {about}"
    assert colleague.client.get(f"/kontor/kalender/{key}.ics").status_code == 200
    assert last(app, reads) == "Ida Betjent Viewed kalender.ics"
    before = len(entries(app))
    colleague.client.get("/kontor/kalender/x.ics"), colleague.client.get(path + "x")
    assert len(entries(app)) == before
    with app.app_context():
        kept = str([vars(e) for e in db.session.scalars(db.select(AuditEntry))])
        assert key not in kept and db.session.get(FindingsLink, 1).secret not in kept


def test_a_reader_who_knocks_where_they_may_not_is_in_the_log(app):
    with app.app_context():
        Officer.add("lea@politi.example", "Lea Læser", PASSWORD, Role.READER)
        db.session.commit()
    lea, reads = logged_in_by_form(app, "lea@politi.example"), logged_in_by_form(app)
    assert lea.client.get("/kontor/log").status_code == 403
    assert last(app, reads) == "Lea Læser Access denied log"
    assert lea.client.post("/kontor/flere/afslag").status_code == 403
    assert last(app, reads) == "Lea Læser Access denied flere/afslag"


@pytest.mark.parametrize("command, who", [
    (["add", "ny@politi.example", "--name", "Ny"], "Ny"), (["password", "bo@politi.example"], "Bo Betjent"),
    (["second-factor", "bo@politi.example", "--reset"], "Bo Betjent"), (["invite", "ny@politi.example"], "–"),
    (["remove", "bo@politi.example"], "Bo Betjent")])
def test_what_the_operator_does_is_in_the_log_of_the_office(app, command, who):
    with app.app_context():
        Officer.add("bo@politi.example", "Bo Betjent", PASSWORD)
        db.session.commit()
    reads = logged_in_by_form(app)
    assert app.test_cli_runner().invoke(args=["officer", *command]).exit_code == 0
    said = " ".join(word for word in command if "@" not in word and word not in ("--name", "Ny"))
    assert last(app, reads) == f"{who} The operator did flask officer {said}"
    before = len(entries(app))
    assert app.test_cli_runner().invoke(args=["officer", "password", "ingen@politi.example"]).exit_code
    assert len(entries(app)) == before and "unbroken" in verify(app)


@pytest.mark.sqlite
def test_that_a_backup_was_put_back_is_in_the_log_that_came_with_it(make_app):
    app = make_app()
    reads, operator = logged_in_by_form(app), app.test_cli_runner()
    assert operator.invoke(args=["backup"]).exit_code == 0
    file, = Path(app.instance_path, "backups").glob("bookings-*")
    with app.app_context():
        db.engine.dispose()
    assert operator.invoke(args=["restore", str(file), "--force"]).exit_code == 0
    assert last(app, reads) == "– The operator did flask restore" and "unbroken" in verify(app)


def test_it_is_written_in_the_transaction_of_the_deed(app, case, monkeypatch):
    person, before = logged_in_by_form(app), entries(app)

    def fail(*_, **__):
        raise DatabaseError("disk full", None, Exception())

    token = person.get(f"/kontor/sag/{case}").token
    monkeypatch.setattr(AuditEntry, "append", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        note = person.client.post(f"/kontor/sag/{case}/notat", data={"csrf_token": token, "words": "Uden spor"})
        page = person.client.get(f"/kontor/sag/{case}")
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None
    assert note.status_code == page.status_code == 500 and "Bilerne" not in page.text, "nothing is shown unlogged"
    monkeypatch.undo()
    assert "Uden spor" not in person.get(f"/kontor/sag/{case}").text and len(entries(app)) == len(before) + 2


def test_while_reading_only_one_short_transaction_may_write(app, case):
    with app.app_context():
        held = reading_only.set(True)
        try:
            with autonomous_transaction() as own:
                AuditEntry(officer_id=1, what="office.x", about="").append(own, changed=False)
            with pytest.raises(DatabaseError, match="read-?only"):
                db.session.get(Officer, 1).name = "Ændret"
                db.session.flush()
        finally:
            reading_only.reset(held)


@pytest.mark.parametrize("statement", ["UPDATE audit SET about = 'x'", "DELETE FROM audit",
                                       "DELETE FROM audit WHERE id = 1",
                                       "UPDATE audit SET officer_id = 2 WHERE id = 1"])
def test_the_database_itself_refuses_to_change_it(app, statement):
    logged_in_by_form(app)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="only appended"):
        raw(app, statement)


@pytest.mark.parametrize("tampering", [
    "UPDATE audit SET about = 'x' WHERE id = 2", "UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE id = 2",
    "UPDATE audit SET officer_id = 7 WHERE id = 2", "UPDATE audit SET changed = NOT changed WHERE id = 2",
    "UPDATE audit SET what = 'y' WHERE id = 2", "DELETE FROM audit WHERE id = 2", "DELETE FROM audit WHERE id = 1",
    "DELETE FROM audit WHERE id = 2; UPDATE audit SET before = (SELECT hash FROM audit WHERE id = 1) WHERE id = 3",
    "INSERT INTO audit SELECT 99, at, officer_id, what, about, changed, 'zz', hash FROM audit WHERE id = 1"])
def test_whoever_gets_round_that_is_found_out(app, tampering):
    person = logged_in_by_form(app)
    for _ in range(4):
        person.get("/en/kontor/")
    assert "unbroken" in verify(app)
    raw(app, *UNGUARDED, *tampering.split("; "))
    assert re.search(r"FAILED.*breaks at entry (1|2|3|99)\b", verify(app))


def test_that_the_newest_are_missing_shows_to_who_kept_a_hash(app):
    person = logged_in_by_form(app)
    person.get("/en/kontor/")
    last = re.search(r"elsewhere: (\w{64})", verify(app))[1]
    person.get("/en/kontor/")
    assert "unbroken" in verify(app, "--knows", last)
    raw(app, *UNGUARDED, f"DELETE FROM audit WHERE id >= (SELECT id FROM audit WHERE hash = '{last}')")
    assert "unbroken" in verify(app) and "FAILED" in verify(app, "--knows", last)


def test_two_entries_never_follow_the_same_one(app):
    logged_in_by_form(app)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        raw(app, "INSERT INTO audit SELECT id + 100, at, officer_id, what, about, changed, before, hash FROM audit")


def test_an_empty_log_is_whole(app):
    assert "0 entries, unbroken" in verify(app)


def test_the_page_shows_the_newest_first_and_can_be_narrowed(app, case):
    with app.app_context():
        Officer.add("bo@politi.example", "Bo Betjent", PASSWORD)
        db.session.commit()
    other = book(Person(app), road="Søvej")[0]
    ida, bo = logged_in_by_form(app), logged_in_by_form(app, "bo@politi.example")
    ida.get(f"/kontor/sag/{case}")
    bo.get(f"/kontor/sag/{other}")
    ida.post("/kontor/flere/spoerg", {"sag": [case], "words": "Hvor?", "answer_by": "2020-01-01", "show": "1"})
    page = ida.get(LOG)
    assert page.text.index(f"sag/{other}") < page.text.index(f"sag/{case}") and "Bo Betjent" in page.text
    found = ida.get(f"{LOG}?sag={case[:4]}+{case[4:].lower()}").html
    assert f"sag/{case}" in found and other not in found
    assert "/tal" not in ida.get(f"{LOG}?betjent=2").html.partition("<tbody>")[2].replace("/kontor/tal", "")
    assert "Nothing here" in ida.get(f"{LOG}?dag=2020-01-01").text and "Nothing here" in ida.get(f"{LOG}?sag=x").text
    for nonsense in ("betjent=99", "dag=x", "dag=0001-01-01", "betjent=x", "sag=" + "x" * 99):
        assert ida.get(f"{LOG}?{nonsense}").status in (200, 422), nonsense
    assert ida.get(f"{LOG}?efter=x").status == ida.get(f"{LOG}?efter={10**30}").status == 200


def test_the_letters_of_a_case_belong_to_it(app, case):
    person = logged_in_by_form(app)
    person.get("/kontor/breve/1")
    assert "breve/1" in person.get(f"{LOG}?sag={case}").html
    assert "breve/1" not in person.get(f"{LOG}?sag={book(Person(app))[0]}").html


@pytest.mark.sqlite
@pytest.mark.parametrize("before, after", [("x-", ""), ("a.b-", ""), ("", "-x"), ("“", "”"), ("AAAAAAAA ", "")])
@pytest.mark.parametrize("page", ["", "/eksport.json", "/udskrift"])
def test_a_case_is_logged_by_its_own_reference_however_its_address_is_written(app, case, before, after, page):
    person = logged_in_by_form(app)
    assert person.client.get(f"/kontor/sag/{before}{case}{after}{page}").status_code == 200
    assert entries(app)[-1][1] == f"sag/{case}{page}"
    assert f"sag/{case}{page}" in lines_of(person, f"{LOG}?sag={case}")[0]


def test_so_is_what_a_reader_opens_or_tries_to_who_sees_no_contact_data_all_the_same(app, case):
    with app.app_context():
        Officer.add("laeser@politi.example", "Lis Læser", PASSWORD, Role.READER)
        db.session.commit()
    reader = logged_in_by_form(app, "laeser@politi.example")
    assert WISH["name"] not in reader.get(f"/kontor/sag/x-{case}").text
    assert entries(app)[-1] == ("booking", f"sag/{case}", False)
    assert reader.get(f"/kontor/sag/x-{case}/udskrift").status == 403
    assert entries(app)[-1] == ("turned_away", f"sag/{case}/udskrift", False)


@pytest.mark.parametrize("number", ["1", "0001"])
def test_so_are_the_pages_that_have_a_number(app, case, number):
    person = logged_in_by_form(app)
    assert person.client.get(f"/kontor/breve/{number}").status_code == 200
    assert entries(app)[-1] == ("letter", "breve/1", False)


def test_what_was_written_down_under_another_spelling_before_is_found(app, case):
    with app.app_context():
        AuditEntry(officer_id=None, what="office.booking", about=f"sag/X{case}").append(db.session, changed=False)
        db.session.commit()
    assert f"sag/X{case}" in lines_of(logged_in_by_form(app), f"{LOG}?sag={case}")[0]


def test_it_comes_a_page_at_a_time(app):
    person = logged_in_by_form(app)
    with app.app_context():
        for n in range(250):
            AuditEntry(officer_id=1, what="office.desk", about=f"nr-{n}").append(db.session, changed=False)
        db.session.commit()
    path, seen = LOG, []
    while path:
        html = person.get(path).html
        seen += re.findall(r"<code>nr-(\d+)</code>", html)
        path = (re.search(r'rel="next" href="([^"]+)"', html) or ["", ""])[1]
    assert seen == [str(n) for n in reversed(range(250))]


def test_reading_waits_for_nobody_who_only_reads(app, case):
    """Two look at once: each has an entry, and the chain holds."""
    from concurrent.futures import ThreadPoolExecutor
    people = [logged_in_by_form(app) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda p: [p.client.get(f"/kontor/sag/{case}").status_code for _ in range(5)], people))
    assert {status for row in answers for status in row} == {200}
    assert len([e for e in entries(app) if e[0] == "booking"]) == 20 and "unbroken" in verify(app)


# What 12cbba0 wrote: when, who, the page, its address, whether something changed, and the hash over all before.
WRITTEN_BEFORE = [
    ("2026-11-20T08:00:00", 1, "office.log_in", "", True,
     "d21f7af63a7cc5652aaa898590e97b6ae3f0e0a325b3619603ebcb4b0866e224"),
    ("2026-11-20T08:00:05", 1, "office.desk", "", False,
     "64b3d042b77525cfb87a0936f2053e67d8264fa23421fbe84c3f419b62ea5c9d"),
    ("2026-11-20T08:01:00", 1, "office.booking", "sag/K7MDPXQA", False,
     "4f31f35b91647447743cdf451df45b4fa566e92208ecf04e7c9273d05d960866"),
    ("2026-11-20T08:02:00", 1, "office.act", "sag/K7MDPXQA/imoedekom", True,
     "b946aba3943a5b079fbe5d3311ec5f304852fbe7d214fab12eeec3fc308690c1"),
    ("2026-11-20T09:00:00", None, "office.field", "besoeg/1/felt/1", True,
     "9e01b005dd05a9fade0658a2e0a1fd2ea357446ee302f4ab12db6f41aaf51c25"),
    ("2026-11-20T09:30:00", 1, "wrong_try", "", True,
     "d9733b0103efa5a56a2edd5da71f442fcc27706150394413430c6075ede1a2d9"),
    ("2026-11-20T10:00:00", 1, "turned_away", "log", False,
     "2d8d353a5016070f9de5b030eafb2bcaa76bde6777aa1e42f61e4a960e21442a"),
    ("2026-11-20T11:00:00", 1, "office.invitation", "", True,
     "3fed6dea37de8f5aa2f8e1005ff3c4cc5de5edc913d24178fd6db99c007540b6"),
    ("2026-11-20T12:00:00", None, "operator", "flask officer invite", True,
     "a2c38f98db5a7c58ac73539d63fd05105ed389a79e139f62aa6cdaac32c934e0"),
]
SAID_OF_THEM = [
    "Ida Betjent Logged in –", "Ida Betjent Viewed Work list", "Ida Betjent Viewed sag/K7MDPXQA",
    "Ida Betjent Changed sag/K7MDPXQA/imoedekom", "– Changed besoeg/1/felt/1", "Ida Betjent Failed log-in –",
    "Ida Betjent Access denied log", "Ida Betjent Logged in –", "– The operator did flask officer invite"]
KEYS_BEFORE = """
absence account act act_on_many again audit away belongs booking calendar calendar_settings cancel data describe desk
edit_notice end_absence end_away end_session export feed feedback field figures findings handover held_back hours
intake intakes invitation job_sheet keep lead_to ledger let_in letter lift_block log_in log_out merge merge_into offer
open_intake owner part password person place places plan plan_for_many print_out protocol recovery_codes renew_feed
report reschedule reword route safety second_factor see_to seen send_field_link send_tasks staff take_in take_out
take_out_due task task_photo task_seen tasks visit withdraw_field_link withdraw_invite withdraw_permit wordings
""".split()


def test_an_access_log_written_before_verifies_and_says_the_same(app):
    with app.app_context():
        before = ""
        for at, who, what, about, changed, hashed in WRITTEN_BEFORE:
            db.session.add(AuditEntry(at=datetime.fromisoformat(at).replace(tzinfo=UTC), officer_id=who, what=what,
                                      about=about,
                                 changed=changed, previous_hash=before, hash=hashed))
            before = hashed
        db.session.commit()
    assert verify(app, "--knows", before).startswith(f"{len(WRITTEN_BEFORE)} entries, unbroken")
    assert lines_of(logged_in(app))[::-1][:len(WRITTEN_BEFORE)] == SAID_OF_THEM
    assert "unbroken" in verify(app, "--knows", before), "and what comes after goes on from it"


def test_each_page_of_the_office_has_a_key_of_its_own_in_the_access_log_for_good(app):
    assert {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("office.")} == set(PAGE_KEYS)
    assert len(set(PAGE_KEYS.values())) == len(PAGE_KEYS), "an entry tells which page it was"
    assert {f"office.{key}" for key in KEYS_BEFORE} <= set(PAGE_KEYS.values()), "a renamed page keeps its key"
