"""What an officer can take out: figures and cases as files, and one case on paper or for the journal."""

import csv
import io
import json
import re

import pytest
from conftest import OFFICER, WISH, Person, book

from models import Booking, Event, EventKind, Officer, db
from reporting.export import CASE

NASTY = ["=1+1", "+45 12 34", "-2", "@SUM(A1)", "=HYPERLINK(\"http://x\";\"y\")"]


def sheet(person: Person, path: str) -> list[list[str]]:
    response = person.client.get(path)
    assert response.status_code == 200 and response.mimetype == "text/csv"
    whole = response.get_data().decode("utf-8")
    assert whole.startswith("\ufeff")
    return list(csv.reader(io.StringIO(whole[1:], newline=""), delimiter=";"))


def cases(person: Person, query: str = "") -> list[dict]:
    first, *rest = sheet(person, f"/en/kontor/sager.csv{query}")
    assert len(first) == len(CASE)
    return [dict(zip(CASE, row, strict=True)) for row in rest]


def test_a_file_is_as_spreadsheets_here_read_it(app, officer):
    book(Person(app), text="Første linje.\nAnden; linje med \"citat\".")
    raw = officer.client.get("/kontor/sager.csv").get_data()
    assert raw.startswith(b"\xef\xbb\xbfSag;Journalnummer;Ydelse;")
    assert raw.count(b"\r\n") >= 2 and raw.endswith(b"\r\n")
    case, = cases(officer)
    assert 'Anden; linje med "citat".' in case["answers"] and case["name"] == WISH["name"]
    figures = officer.client.get("/kontor/tal.csv").get_data().decode("utf-8-sig")
    assert "I alt;1;0;;0;0;;;;0;0;0;0;" in figures.split("\r\n"), "numbers are numbers, and nothing is empty"


def test_a_decimal_has_a_comma_and_a_number_no_dot(app, officer):
    references = [book(Person(app))[0] for _ in range(3)]
    with app.app_context():
        who = Officer.by_email(OFFICER)
        for reference, reason in zip(references, ("resources", "resources", "unlikely"), strict=True):
            Booking.by_reference(reference).decline(who, reason, "", "")
        db.session.commit()
    rows = sheet(officer, "/en/kontor/tal.csv")
    assert ["Resources", "2", "0,6667"] in rows and ["In all", "3", "1,0000"] in rows


@pytest.mark.parametrize("typed", NASTY)
def test_what_a_citizen_typed_is_never_a_formula(app, officer, typed):
    book(Person(app), name=typed, capacity="residents", org=typed, road=typed, from_to=typed)
    case, = cases(officer)
    for name in ("name", "organisation", "road", "stretch"):
        assert case[name] == f"'{typed}"
    assert case["wait"] == "" and case["postcode"] == "4690"
    for row in sheet(officer, "/kontor/sager.csv"):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_a_foreign_number_is_a_word_too(app, officer):
    book(Person(app), phone="+4612345678")
    assert cases(officer)[0]["phone"] == "'+4612345678"
    assert officer.client.get("/kontor/sager.json").json[0]["phone"] == "+4612345678", "JSON knows no formulas"


@pytest.mark.parametrize("typed", ["2-6", "1/12", "3.4.2026", "08:30", "12E4"])
def test_what_a_spreadsheet_would_take_for_a_date_or_a_number_is_a_word(app, officer, typed):
    book(Person(app), from_to=typed)
    assert cases(officer)[0]["stretch"] == f"'{typed}"


@pytest.mark.parametrize("typed", ["nr. 2-6", "2-6 og 8", "1234-5678", "3 km"])
def test_what_a_spreadsheet_reads_as_words_stays_as_it_was_typed(app, officer, typed):
    book(Person(app), from_to=typed)
    assert cases(officer)[0]["stretch"] == typed


def test_the_cases_are_those_that_were_chosen_in_both_kinds_of_file(app, officer):
    book(Person(app))
    book(Person(app), slug="dialogmoede")
    book(Person(app), postcode="4700")
    for query, count in (("", 3), ("?ydelse=meeting", 1), ("?kommune=N%C3%A6stved", 1), ("?kommune=Faxe", 2),
                         ("?fra=2020-01&til=2020-12", 0), ("?ydelse=van", 0)):
        rows, told = cases(officer, query), officer.client.get(f"/en/kontor/sager.json{query}").json
        assert len(rows) == len(told) == count, query
        for row, case in zip(rows, told, strict=True):
            assert {k: v for k, v in row.items() if k not in ("answers", "wait")} == {
                k: v for k, v in case.items() if k not in ("answers", "wait")}
            assert row["answers"] == "\n".join(" ".join(said) for said in case["answers"])
    assert "Speeding" in cases(officer, "?ydelse=traffic")[0]["answers"], "in words"


def test_no_file_holds_a_secret_and_none_is_for_strangers(app, officer):
    _, secret = book(Person(app))
    for path in ("tal.csv", "tal.json", "sager.csv", "sager.json"):
        assert secret not in officer.client.get(f"/kontor/{path}").get_data(as_text=True)
        assert "/kontor/log-ind" in Person(app).client.get(f"/kontor/{path}").location
        assert f"{path.partition('.')[0]}-" in officer.client.get(
            f"/kontor/{path}").headers["Content-Disposition"]


def test_cases_come_as_they_are_read(app, officer):
    for _ in range(3):
        book(Person(app))
    for path in ("/kontor/sager.csv", "/kontor/sager.json"):
        response = officer.client.get(path, buffered=False)
        parts = list(response.response)
        assert response.is_streamed and len(parts) >= 4, "one piece for each case, never the whole archive"


# One case.

def test_the_whole_case_on_paper(app, officer):
    reference, secret = book(Person(app), text="Bilerne suser forbi.")
    with app.app_context():
        booking, who = Booking.by_reference(reference), Officer.by_email(OFFICER)
        booking.note(who, "Samme vej som i fjor.")
        booking.decline(who, "resources", "Vi er få i sommer.", "Spørg kommunen.")
        booking.journalise(who, "2026-1234-56")
        db.session.commit()
    page = officer.get(f"/en/kontor/sag/{reference}/udskrift")
    for words in (WISH["name"], WISH["email"], "Bilerne suser forbi.", "Samme vej som i fjor.", "Vi er få i sommer.",
                  "2026-1234-56", "Bygaden", "Booking received", "Could not be met", "Venlig hilsen"):
        assert words in page.text, words
    assert secret not in page.html and "/…" in page.text, "the letters are there, the secret is not"
    assert "<nav class=\"site-nav\"" not in page.html and f"/en/kontor/sag/{reference}\"" in page.html
    assert f"/en/kontor/sag/{reference}/udskrift" in officer.get(f"/en/kontor/sag/{reference}").html


def test_what_was_found_stands_on_paper(app, officer):
    from furnished import furnish
    known = furnish(app)
    page = officer.get(f"/en/kontor/sag/{known['answered']}/udskrift")
    assert "Vehicles measured" in page.text and "412" in page.text and "Findings sent" in page.text


def test_the_journal_number_is_kept_found_exported_and_can_be_taken_away(app, officer):
    reference, _ = book(Person(app))
    path = f"/en/kontor/sag/{reference}"
    page = officer.post(f"{path}/journal", {"journal": " 2026-1234-56 "})
    assert page.status == 200 and 'value="2026-1234-56"' in page.html and "Journal number" in page.text
    assert officer.client.get(f"{path}/eksport.json").json["journal"] == "2026-1234-56"
    assert cases(officer)[0]["journal"] == "2026-1234-56"
    assert reference[:4] in officer.get("/en/kontor/?q=2026-1234-56").text
    with app.app_context():
        event = db.session.query(Event).filter_by(kind=EventKind.JOURNALISED).one()
        assert event.officer.email == OFFICER and event.facts == {"journal": "2026-1234-56"}
    officer.post(f"{path}/journal", {"journal": ""})
    assert officer.client.get(f"{path}/eksport.json").json["journal"] == ""
    assert reference[:4] not in officer.get("/en/kontor/?q=1234-56").text.partition("Found for")[2]


def test_a_journal_number_that_is_too_long_is_said_kindly_and_kept(app, officer):
    reference, _ = book(Person(app))
    page = officer.post(f"/en/kontor/sag/{reference}/journal", {"journal": "9" * 41})
    assert page.status == 422 and page.errors == ["Write at most 40 characters. These are 41, which is 1 too many."] and "9" * 41 in page.html


def test_the_citizen_never_sees_the_journal_number(app, officer):
    reference, secret = book(Person(app))
    with app.app_context():
        Booking.by_reference(reference).journalise(Officer.by_email(OFFICER), "2026-777")
        db.session.commit()
    assert "2026-777" not in Person(app).get(f"/sag/{reference}/{secret}").html


def test_the_figures_file_is_json_that_says_what_it_counts(officer):
    told = json.loads(officer.client.get("/en/kontor/tal.json?fra=2026-01&til=2026-02&kommune=Faxe").data)
    assert (told["from"], told["to"], told["municipality"]) == ("2026-01-01", "2026-02-28", "Faxe")
    assert [t["key"] for t in told["tables"]][:3] == ["month", "service", "municipality"]
    assert all(re.match(r"2026-0[12]", row["key"]) for row in told["tables"][0]["rows"])
