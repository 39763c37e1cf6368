"""An officer chooses a password: their own, hard to guess, and nobody else is in with the old one."""

import re
from time import process_time

import pytest
from conftest import OFFICER, PASSWORD, Person, logged_in_by_form

from models import Event, EventKind, Letter, LogIn, Officer, Role, db

PAGE = "/en/kontor/konto/adgangskode"
NEW = "heste går ikke i skole"


def is_in(person: Person) -> bool:
    return person.client.get("/en/kontor/").status_code == 200


def opens(app, password: str) -> bool:
    with app.app_context():
        found = Officer.log_in(OFFICER, password) is not None
        db.session.rollback()
        return found


def key_of(person: Person) -> str:
    with person.client.session_transaction() as session:
        return session["log_in"]


def letters(app) -> list[Letter]:
    with app.app_context():
        return list(db.session.scalars(db.select(Letter).filter_by(kind=EventKind.ACCESS_CHANGED).order_by(Letter.id)))


def test_the_account_page_leads_to_it_and_the_new_one_opens_and_the_old_one_does_not(app):
    person = logged_in_by_form(app)
    assert PAGE in person.get("/en/kontor/konto").html
    page = person.post(PAGE, {"password": PASSWORD, "new_password": NEW})
    assert page.status == 200 and "Your password is changed" in page.text and is_in(person)
    assert opens(app, NEW) and not opens(app, PASSWORD)


def test_all_other_sessions_end_and_this_one_gets_another_key(app):
    here, there = logged_in_by_form(app), logged_in_by_form(app)
    before = key_of(here)
    here.post(PAGE, {"password": PASSWORD, "new_password": NEW})
    assert is_in(here) and not is_in(there) and key_of(here) != before
    with app.app_context():
        assert db.session.query(LogIn).count() == 1


def test_a_wrong_old_one_changes_nothing_and_counts_as_at_the_door(app):
    person = logged_in_by_form(app)
    page = person.post(PAGE, {"password": "forkert", "new_password": NEW})
    assert page.status == 422 and "password is wrong" in page.text and NEW not in page.html
    assert opens(app, PASSWORD) and not letters(app)
    for _ in range(4):
        person.post(PAGE, {"password": "forkert", "new_password": NEW})
    assert person.post(PAGE, {"password": PASSWORD, "new_password": NEW}).status == 422, "locked"


@pytest.mark.parametrize("easy", [
    "", "kort", "elleve tegn", "x" * 201, "aaaaaaaaaaaaaaa", "123456789012", "qwertyuiop123", "1q2w3e4r5t6y",
    "P@ssw0rd1234",
    "passwordpassword", "letmeinplease", "Adgangskode2026!", "politibetjent1", "velkommen2026", "sommer2026sommer",
    "Sydsjælland2026", "lolland-falster", OFFICER, "IdaBetjent1234", "kodeordkodeord", "\x00" * 12])
def test_what_is_soon_guessed_is_refused_beside_the_field(app, easy):
    page = logged_in_by_form(app).post(PAGE, {"password": PASSWORD, "new_password": easy})
    assert page.status == 422 and len(page.errors) == 1 and opens(app, PASSWORD)


@pytest.mark.parametrize("good", [
    "fire ord og et tal", "kun små bogstaver her", "ØRKENRÆVE SVØMMER", "🦊🐴🦉🐟🐝🦋🐢🦀🐙🦑🦞🐳", "x7Kq" * 3 + "fw93Tz",
    "9471 0386 5520 7",
    " mellemrum foran og bagved ", "lange sætninger kan også bruges " * 6, "b" + "ÅßÇ*?<>&\"'" * 9])
def test_whatever_is_hard_to_guess_is_taken_just_as_it_is_typed(app, good):
    page = logged_in_by_form(app).post(PAGE, {"password": PASSWORD, "new_password": good})
    assert page.status == 200, page.errors
    assert opens(app, good) and not opens(app, good.strip() if good != good.strip() else good.swapcase() + "x")


def test_no_password_takes_long_to_measure(app):
    odd = "({$<|a1(|3{3[%8a6$|2[!a+(976%#a@0a0(<14&77+%4@8({[<369&#!1|+507$%2"
    person, begun = logged_in_by_form(app), process_time()
    assert person.post(PAGE, {"password": PASSWORD, "new_password": odd * 2}).status == 200
    assert process_time() - begun < 2


def test_an_invitation_takes_no_easy_one_either(app):
    app.test_cli_runner().invoke(args=["officer", "invite", "bertelsen@politi.example"])
    with app.app_context():
        path = re.search(r"https?://[^/]+(\S+/invitation/\S+)", db.session.query(Letter).one().text)[1]
    for easy in ("politibetjent1", "bertelsen2026!", "123456789012", "Abelone123456"):
        assert Person(app).post(path, {"name": "Abelone B", "password": easy}).status == 422, easy
    assert Person(app).post(path, {"name": "Abelone B", "password": NEW}).status == 200


def test_password_managers_can_fill_in_and_paste(app):
    page = logged_in_by_form(app).get(PAGE).html + Person(app).get("/en/kontor/log-ind").html
    fields = re.findall(r"<input[^>]*type=\"password\"[^>]*>", page)
    assert [re.search(r'autocomplete="([^"]+)"', field)[1] for field in fields] == [
        "current-password", "new-password", "current-password"]
    assert "onpaste" not in page and "readonly" not in "".join(fields)


def test_whoever_it_belongs_to_hears_of_every_change_by_mail(make_app):
    app = make_app(SECOND_FACTOR=True)
    app.test_cli_runner().invoke(args=["officer", "password", OFFICER, "--password", PASSWORD])
    app.test_cli_runner().invoke(args=["officer", "second-factor", OFFICER, "--reset"])
    with app.app_context():
        ida = Officer.by_email(OFFICER)
        ida.renew_recovery()
        for _ in range(7):
            ida.confirms("forkert")
        Officer.add("ny@politi.example", "Ny", PASSWORD, Role.READER)
        db.session.commit()
        said = [e.facts["what"] for e in db.session.query(Event).filter_by(kind=EventKind.ACCESS_CHANGED)]
    assert said == ["password", "phone", "codes", "locked"], "and a row of wrong tries once"
    told = letters(app)
    assert {letter.recipient for letter in told} == {OFFICER} and len({letter.text for letter in told}) == 4
    for letter, word in zip(told, ("adgangskode til kontoret blev ændret", "Telefonen", "nye nødkoder", "låst"),
                            strict=True):
        assert word in letter.text and "logge dig ud alle steder" in letter.text
        assert PASSWORD not in letter.text and "http" not in letter.text


@pytest.mark.parametrize("command", [["add", "ny@politi.example"], ["password", OFFICER]])
def test_a_password_that_a_command_has_made_is_good_for_choosing_another_one(app, command):
    said = app.test_cli_runner().invoke(args=["officer", *command]).output
    made = re.search(r"password (\S+)", said)[1]
    person = logged_in_by_form(app, command[-1], made)
    for path in ("/en/kontor/", "/en/kontor/konto", "/en/kontor/sager.csv"):
        assert person.client.get(path).location == f"{PAGE}?next={path}"
    assert person.client.post("/en/kontor/medarbejdere", data={"email": "x@y.dk"}).location == PAGE
    assert "operator knows" in person.get(PAGE).text
    person.post(PAGE, {"password": made, "new_password": NEW})
    assert is_in(person) and not is_in(logged_in_by_form(app, command[-1], made))
    assert is_in(logged_in_by_form(app, command[-1], NEW))


def test_a_forgotten_password_is_no_way_round_the_phone(make_app):
    app = make_app(SECOND_FACTOR=True)
    with app.app_context():
        Officer.by_email(OFFICER).totp_secret = "JBSWY3DPEHPK3PXP" * 2
        db.session.commit()
    app.test_cli_runner().invoke(args=["officer", "password", OFFICER, "--password", NEW])
    with app.app_context():
        assert Officer.log_in(OFFICER, NEW, "") is None and Officer.by_email(OFFICER).totp_secret


def test_a_password_is_kept_as_a_slow_hash_and_an_older_one_is_reckoned_anew(app, real_hashing):
    assert real_hashing == "scrypt:32768:8:3"
    with app.app_context():
        before = Officer.by_email(OFFICER).password_hash
        assert Officer.log_in(OFFICER, "forkert") is None and Officer.by_email(OFFICER).password_hash == before
        assert Officer.log_in(OFFICER, PASSWORD)
        assert Officer.by_email(OFFICER).password_hash.startswith("scrypt:32768:8:3$")
        assert Officer.log_in(OFFICER, PASSWORD)


def test_then_the_phone_comes_next(make_app):
    app = make_app(SECOND_FACTOR=True)
    said = app.test_cli_runner().invoke(args=["officer", "password", OFFICER]).output
    person = Person(app)
    made = re.search(r"password (\S+)", said)[1]
    assert "Choose another" in person.post("/en/kontor/log-ind", {"email": OFFICER, "password": made, "code": ""}).text
    person.post(PAGE, {"password": made, "new_password": NEW})
    assert person.client.get("/en/kontor/").location == "/en/kontor/konto/kode?next=/en/kontor/"


def test_many_tries_from_one_address_are_stopped(make_app):
    person = logged_in_by_form(make_app(RATELIMIT_ENABLED=True))
    token = person.get(PAGE).token
    for _ in range(21):
        answer = person.client.post(PAGE, data={"csrf_token": token, "password": "", "new_password": ""})
    assert answer.status_code == 429
