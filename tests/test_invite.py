"""A colleague is let in by a link that works once, and chooses a password that nobody else has seen."""

import re
from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, PASSWORD, Person, logged_in, logged_in_by_form

from models import Event, EventKind, Invite, Letter, Officer, Role, db, in_ascii, now

STAFF = "/en/kontor/medarbejdere"
NEW = "bo@politi.example"
MINE = {"name": "Bo Betjent", "password": "fire ord og et tal"}


def invite(app, email=NEW, role="coordinator") -> str:
    """The link in the letter."""
    page = logged_in(app).post(STAFF, {"email": email, "role": role, "language": "en"})
    assert page.status == 200 and "goes by e-mail" in page.text
    return link(app)


def link(app) -> str:
    with app.app_context():
        letter = db.session.scalars(db.select(Letter).filter_by(kind=EventKind.INVITED).order_by(Letter.id.desc(
            ))).first()
        return re.search(r"https?://[^/]+(\S+/invitation/\S+)", letter.text)[1]


def test_the_link_makes_an_account_and_lets_in_at_once(app):
    person = Person(app)
    page = person.post(invite(app), MINE)
    assert page.status == 200 and "Work list" in page.text
    assert logged_in_by_form(app, NEW, MINE["password"]).client.get("/kontor/").status_code == 200
    with app.app_context():
        assert Officer.by_email(NEW).name == "Bo Betjent" and Officer.by_email(NEW).role is Role.COORDINATOR


def test_it_works_once_and_looking_at_it_uses_nothing_up(app):
    path = invite(app)
    for _ in range(3):
        assert Person(app).get(path).status == 200
    Person(app).post(path, MINE)
    assert Person(app).get(path).status == 410
    stranger = Person(app)
    token = stranger.get("/find").token
    assert stranger.client.post(path, data={**MINE, "csrf_token": token,
                                            "password": "en helt anden en"}).status_code == 410
    assert logged_in_by_form(app, NEW, MINE["password"]).client.get("/kontor/").status_code == 200


def test_it_works_for_three_days(app):
    with time_machine.travel(now(), tick=False) as clock:
        path = invite(app)
        clock.shift(timedelta(days=2, hours=23))
        assert Person(app).get(path).status == 200
        clock.shift(timedelta(hours=2))
        assert Person(app).get(path).status == 410


def test_a_newer_link_or_a_press_ends_it(app):
    first, second = invite(app), invite(app)
    assert Person(app).get(first).status == 410 and Person(app).get(second).status == 200
    number = second.split("/")[-2]
    logged_in(app).post(f"{STAFF}/invitation/{number}/traek-tilbage")
    assert Person(app).get(second).status == 410


@pytest.mark.parametrize("path", ["/kontor/invitation/1/x", "/kontor/invitation/99/x", "/kontor/invitation/0/x"])
def test_a_guessed_link_opens_nothing(app, path):
    invite(app)
    assert Person(app).get(path).status == 404


@pytest.mark.parametrize("change", [{"password": "kort"}, {"name": ""}, {"name": "🙂"}, {"name": "–"}, {"password": "x" * 201}, {"password": ""}])
def test_what_is_missing_is_said_and_the_link_still_works(app, change):
    path = invite(app)
    page = Person(app).post(path, MINE | change)
    assert page.status == 422 and page.errors
    assert Person(app).post(path, MINE).status == 200


def test_nobody_is_invited_who_is_here_already(app):
    page = logged_in(app).post(STAFF, {"email": OFFICER.upper(), "role": "reader", "language": "da"})
    assert page.status == 422 and "already" in page.text
    assert app.test_cli_runner().invoke(args=["officer", "invite", OFFICER]).exit_code != 0


TOLD_APART = [("Ny@Straße-Politi.de", "ny@xn--strae-politi-o9a.de", "ny@strasse-politi.de"),
              ("ny@πόλης.gr", "ny@xn--sxahok1c.gr", "ny@πόλησ.gr"),
              ("NY@ΠΌΛΗΣ.gr", "ny@xn--sxahoo6b.gr", "ny@πόλης.gr")]


@pytest.mark.parametrize(("typed", "travels", "another"), TOLD_APART)
def test_an_invitation_goes_to_the_domain_that_was_typed_and_lets_in_under_it_alone(app, typed, travels, another):
    path = invite(app, typed)
    with app.app_context():
        assert in_ascii(db.session.query(Letter).filter_by(kind=EventKind.INVITED).one().recipient) == travels
    Person(app).post(path, MINE)
    assert logged_in_by_form(app, typed, MINE["password"]).client.get("/kontor/").status_code == 200
    with app.app_context():
        assert Officer.by_email(typed) and Officer.by_email(another) is None


def test_the_operator_invites_too(app):
    said = app.test_cli_runner().invoke(args=["officer", "invite", NEW, "--role", "reader"])
    assert said.exit_code == 0
    Person(app).post(link(app), MINE)
    with app.app_context():
        assert Officer.by_email(NEW).role is Role.READER


def test_whoever_comes_back_begins_anew(app):
    Person(app).post(invite(app), MINE)
    with app.app_context():
        Officer.by_email(NEW).totp_secret = "JBSWY3DPEHPK3PXP"
        db.session.commit()
    app.test_cli_runner().invoke(args=["officer", "remove", NEW])
    Person(app).post(invite(app, role="reader"), MINE | {"password": "et helt nyt kodeord"})
    with app.app_context():
        officer = Officer.by_email(NEW)
        assert officer.active and officer.role is Role.READER and officer.totp_secret == ""
    assert logged_in_by_form(app, NEW, MINE["password"]).client.get("/kontor/").status_code == 302


def test_the_second_factor_comes_next_where_it_is_asked_for(make_app):
    app = make_app(SECOND_FACTOR=True)
    app.test_cli_runner().invoke(args=["officer", "invite", NEW])
    person = Person(app)
    assert "QR" in person.post(link(app), MINE).html
    assert person.client.get("/kontor/").location == "/kontor/konto/kode?next=/kontor/"


def test_the_letter_tells_nothing_but_the_link(app):
    invite(app)
    with app.app_context():
        letter = db.session.scalars(db.select(Letter).filter_by(kind=EventKind.INVITED)).one()
        assert letter.recipient == NEW and OFFICER not in letter.text and PASSWORD not in letter.text
        assert db.session.scalars(db.select(Event).filter_by(kind=EventKind.INVITED)).one().officer.email == OFFICER
        assert len(db.session.get(Invite, 1).secret) >= 24


def test_the_invitations_of_an_officer_who_is_removed_are_closed(app):
    other = "eva@politi.example"
    with app.app_context():
        Officer.add(other, "Eva", PASSWORD)
        db.session.commit()
    logged_in(app, other).post(STAFF, {"email": NEW, "role": "coordinator", "language": "en"})
    theirs, mine = link(app), invite(app, "ole@politi.example")
    result = app.test_cli_runner().invoke(args=["officer", "remove", other])
    assert result.exit_code == 0, result.output
    assert Person(app).get(theirs).status == 410
    assert Person(app).get(mine).status == 200, "another officer's invitation stands"


def test_an_invitation_that_lies_in_the_mailbox_of_a_removed_officer_is_closed(app):
    """Such as one from before the operator let them in, or one to another address of the same mailbox."""
    before, beside = invite(app), invite(app, "bo+telefon@politi.example")
    with app.app_context():
        Officer.add(NEW, "Ny", PASSWORD)
        db.session.commit()
    app.test_cli_runner().invoke(args=["officer", "remove", NEW])
    assert [Person(app).get(address).status for address in (before, beside)] == [410, 410]
