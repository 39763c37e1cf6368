"""Somebody who may read figures and bookings goes through the whole office, and learns of nobody how to reach them."""

import re
from pathlib import Path

import pytest
from conftest import OFFICER, PASSWORD, WISHES, Person, book, logged_in
from furnished import FOUND, control
from helpers import one_app
from helpers_district import crawl

from models import Booking, Letter, Officer, Role, db, local
from office.blueprint import OWN_ACCOUNT, PUBLIC_ENDPOINTS, READER_ENDPOINTS

READER = "laeser@politi.example"
WHO = {"name": "Kvaks Navnesen", "email": "kvaks@example.dk", "phone": "23456701", "org": "Kvaksforeningen",
       "capacity": "residents", "address": "Kvaksvej 7\n4690 Haslev"}
ON_THE_DAY = {"contact_day": "Kvaks Holm", "contact_day_phone": "23456702"}
CONTACT = re.compile(r"kvaks|2345670", re.I)


@pytest.fixture(scope="module")
def app(template, tmp_path_factory):
    """Everything that citizens say of how to reach them, and what officers and citizens wrote, contains Kvaks."""
    with one_app(template, tmp_path_factory) as app:
        cases = [book(Person(app), **WHO), book(Person(app), **WHO, road="Søvej")]
        cases += [book(Person(app), slug=slug, wish={**wish, **WHO, **ON_THE_DAY}) for slug, wish in WISHES.items()]
        with app.app_context():
            Officer.add(READER, "Lea Læser", PASSWORD, Role.READER)
            ida, (first, second, *_) = Officer.by_email(OFFICER), [Booking.by_reference(r) for r, _ in cases]
            first.accept(ida, "Kære Kvaks")
            first.give_information("Ring til Kvaks på 23456701")
            first.note(ida, "Kvaks ringede")
            done = control(ida, first, -48, "ATK 1")
            done.enter_findings(ida, FOUND | {"periods": [{
                "day": local(done.starts_at).date().isoformat(), "starts": "10:00", "ends": "12:00"}],
                "patrols": [{"day": local(done.starts_at).date().isoformat()}]})
            done.report(ida)
            first.rate("no", "late", "Kvaks er ked af det")
            second.accept(ida, "")
            control(ida, second, 48, "ATK 2")
            db.session.commit()
            app.known = {"first": first.reference, "second": second.reference}
        yield app


@pytest.fixture
def reader(app):
    return logged_in(app, READER)


def office_paths(app, **values):
    """An address for each page of the office."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/kontor") and rule.endpoint not in PUBLIC_ENDPOINTS:
            path = re.sub(r"<any\(([\w-]+|'[^']+').*?\):\w+>", lambda m: m[1].strip("'"), rule.rule)
            path = re.sub(r"<int:\w+>", "1", path).replace("<slug>", "faerdselskontrol").replace("<reason>", "ny")
            yield rule, path.replace("<reference>", values.get("reference", app.known["first"]))


def pages_of(person: Person, *starts: str) -> dict[str, str]:
    """Every page of the office that links lead to."""
    return {path: answer.get_data(as_text=True) for path, answer in crawl(person.client, *starts, within="(/en)?/kontor")}


def test_no_page_and_no_file_of_the_office_tells_a_reader_how_to_reach_anybody(app, reader):
    starts = [path for rule, path in office_paths(app) if "GET" in rule.methods and rule.endpoint != "office.log_out"]
    starts += [f"/kontor/sag/{ref}" for ref in app.known.values()]
    starts += [f"/kontor/{file}" for file in ("tal.csv", "tal.json", "sager.csv", "sager.json")]
    starts += ["/kontor/?bunke=breve", "/kontor/?bunke=resultat", "/kontor/?bunke=alle"]
    pages = pages_of(reader, *starts, *(f"/en{path}" for path in starts))
    told = {path: CONTACT.search(page)[0] for path, page in pages.items() if CONTACT.search(page)}
    assert not told
    assert app.known["first"] in pages["/kontor/"] and "Bygaden" in pages["/kontor/sager.csv"]
    coordinator = logged_in(app)
    same = [coordinator.get(path).html for path in pages if path.endswith(tuple(app.known.values()))]
    assert len([page for page in same if CONTACT.search(page)]) >= 4, "a coordinator does see it, in either language"


def test_a_search_by_name_finds_no_more_than_another_one(reader):
    found = [re.findall(r"/sag/(\w{8})", reader.get(f"/en/kontor/?q={words}").html)
             for words in ("kvaks", "findes-ikke")]
    assert found[0] == found[1], "else the search would say whose case it is"


def test_a_reader_sees_what_was_asked_for_and_found(app, reader):
    page = reader.get(f"/en/kontor/sag/{app.known['first']}")
    assert page.status == 200 and "Bilerne suser" in page.text and "Answered" in page.text and "412" in page.text


def test_a_coming_control_is_not_told(app, reader):
    page, coming = reader.get(f"/en/kontor/sag/{app.known['second']}"), None
    with app.app_context():
        coming = Booking.by_reference(app.known["second"]).visits[0].starts_at
    assert "ATK 2" not in page.text and "planned" not in page.text.casefold()
    assert f"{local(coming):%Y-%m-%d}" not in page.html


def test_everything_else_is_refused_with_a_kind_page(app, reader):
    refused = 0
    for rule, path in office_paths(app):
        for method in rule.methods & {"GET", "POST"}:
            answer = reader.client.open(f"/en{path}", method=method)
            if rule.endpoint not in READER_ENDPOINTS:
                assert answer.status_code == 403 and "Only for coordinators" in answer.text, (method, path)
                refused += 1
            elif method == "POST":
                assert rule.endpoint in OWN_ACCOUNT
    assert refused > 60
    reader.get("/en/kontor/steder")  # checked like any other page


def test_a_reader_gets_no_letters_and_stands_in_for_nobody(app):
    from mail import letters
    with app.app_context():
        letters.write_to_officers()
        db.session.commit()
        assert {x.recipient for x in db.session.query(Letter).filter_by(kind=letters.DIGEST)} == {OFFICER}
    assert "Lea Læser" not in logged_in(app).get("/kontor/fravaer").text


def test_what_was_hidden_from_a_reader_is_still_there(app, reader):
    reader.get("/kontor/")
    with app.app_context():
        assert Booking.by_reference(app.known["first"]).name == WHO["name"]


def test_the_table_names_only_pages_that_exist(app):
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= READER_ENDPOINTS
    assert Path(app.root_path, "templates/office/not_for_readers.html").exists()
