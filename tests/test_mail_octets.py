"""What stands in a letter octet by octet: its sender's name, its subject, the calendar entry that it brings."""

import base64
import email.policy
import json
import re
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from conftest import OFFICER, ROOT, Person, book
from furnished import agreed
from helpers_mail import app, clock, outbox, posting, receive, send, server  # noqa: F401
from hypothesis import given, settings, strategies as st

from mail import outbox as mail_outbox
from models import Booking, Letter, Officer, db

ADDRESS = "nord@politi.example"
NAMES = [
    "Ærø", "Grønlands Politi", "Kalaallit Nunaanni Politiit", "Føroya løgregla", "Politi, Nord", 'Politiet "Nord" og Øst',
    "Midt- og Vestsjællands Politi (prøve)", "South Zealand and Lolland-Falster Police, the Southern Islands, Bornholm",
    "Sydsjællands og Lolland-Falsters Politi, Østersøens og Bornholms Politikredse i Øst", "=?utf-8?q?Nord?= Politi",
    "Politi; Syd: <Øst> @ [Vest] \\ Å", "Å" * 80, "p" * 80, "Ærøskøbing Sønderå Næstved Åkirkeby Rødby Køge Tårnby Øster"]


def district_called(name: str, folder: Path) -> str:
    """A district's file with another name and mailbox."""
    text = (ROOT / "district.toml").read_text("utf-8")
    words = json.dumps(name, ensure_ascii=False)
    text = re.sub(r"(?m)^name = .*$", lambda _: f"name = {{ da = {words}, en = {words} }}", text, count=1)
    file = folder / "district.toml"
    file.write_text(re.sub(r'(?m)^email = .*$', f'email = "{ADDRESS}"', text, count=1), "utf-8")
    return str(file)


def check_sender(octets: bytes, name: str) -> None:
    """As Python's own parser reads it, and by the letter of RFC 5322 and 2047."""
    head = octets.split(b"\r\n\r\n")[0].decode("ascii")
    field = re.search(r"^From:[^\r]*(?:\r\n[ \t][^\r]*)*", head, re.M)[0]
    assert max(map(len, field.split("\r\n"))) <= 76, "RFC 2047, section 2, for lines and for words"
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", field))
    words = re.findall(r"=\?utf-8\?[qb]\?[^?]*\?=", field)
    assert all(len(word) <= 75 and not re.search(r"\s", word) for word in words), words
    unfolded = field.removeprefix("From:").replace("\r\n", "").strip()
    phrase = unfolded.removesuffix(f" <{ADDRESS}>")
    assert phrase != unfolded, field
    read = message_from_bytes(octets, policy=email.policy.default)["From"]
    [sender] = read.addresses
    assert not read.defects and sender.addr_spec == ADDRESS
    if len(words) == len(phrase.split()) > 1 or re.search(r"\?= =\?", phrase):
        # Python 3.11 keeps the space between two encoded words, which RFC 2047 (6.2) tells it to drop.
        assert str(make_header(decode_header(phrase))).replace('"', "").replace(" ", "") == name.replace(" ", "")
    else:
        assert sender.display_name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_any_district_as_sender_is_encoded_once(posting, server, tmp_path, name):
    app = posting(server, DISTRICT_FILE=district_called(name, tmp_path))
    receive(app)
    assert send(app) == 1, outbox(app)[0].error
    check_sender(server.taken[0].raw, name)
    assert server.taken[0].envelope[0] == ADDRESS


def test_a_name_that_fits_in_one_encoded_word_has_no_quotation_marks_that_a_reader_might_show(app):
    message = mail_outbox._Mail("Sag", recipients=["anna@example.dk"], body="x", html="x", sender=ADDRESS)
    message.sender_name = "Sydsjællands og Lolland-Falsters Politi"
    with app.app_context():
        octets = message.as_bytes().replace(b"\r\n ", b" ")
    assert f"From: =?utf-8?q?Sydsj=C3=A6llands_og_Lolland-Falsters_Politi?= <{ADDRESS}>".encode() in octets


# Without quotation marks: Python's own reader loses one that stands inside an encoded word.
LETTERS = st.text("abcdefghijklmnopqrstuvwxyzæøåÆØÅABCKQéüĸ ,.'()-–&/", min_size=3, max_size=80)


@settings(max_examples=200)
@given(LETTERS.map(lambda words: " ".join(words.split())).filter(lambda words: len(words) >= 3 and words.strip(".")))
def test_whatever_letters_the_sender_has_in_its_name(app, name):
    message = mail_outbox._Mail("Sag", recipients=["anna@example.dk"], body="x", html="x", sender=ADDRESS)
    message.sender_name = name
    with app.app_context():
        check_sender(message.as_bytes(), name)


@pytest.mark.parametrize("own", ["Grønlands Politi <nord@politi.example>", ["Grønlands Politi", ADDRESS]])
def test_a_sender_that_the_operator_has_set_is_encoded_once_too(posting, server, own):
    app = posting(server, MAIL_DEFAULT_SENDER=own)
    receive(app)
    assert send(app) == 1
    check_sender(server.taken[0].raw, "Grønlands Politi")


def test_an_address_alone_that_the_operator_has_set_goes_under_the_districts_name(posting, server, tmp_path):
    app = posting(server, MAIL_DEFAULT_SENDER=ADDRESS, DISTRICT_FILE=district_called("Grønlands Politi", tmp_path))
    receive(app)
    assert send(app) == 1
    check_sender(server.taken[0].raw, "Grønlands Politi")


@pytest.mark.parametrize("subject", ["Sag K7MD PXQA", "Tryghedsvandring på Ærø: når formularen åbner igen for alle",
                                     "Før og efter " + "å" * 180, "Ø" * 150, "a" * 200 + "ø",
                                     "Vi svarer senest den 23. december 2026: færdselskontrol (H4MU A4QW)"])
def test_a_subject_is_encoded_once_and_no_word_of_it_is_broken(app, server, subject):
    receive(app)
    with app.app_context():
        db.session.query(Letter).one().subject = subject
        db.session.commit()
    assert send(app) == 1
    head = server.taken[0].raw.split(b"\r\n\r\n")[0].decode("ascii")
    field = re.search(r"^Subject:[^\r]*(?:\r\n[ \t][^\r]*)*", head, re.M)[0]
    assert max(map(len, field.split("\r\n"))) <= 78
    assert not server.taken[0]["Subject"].defects and server.taken[0]["Subject"] == subject


@pytest.mark.parametrize(("address", "sent"), [
    ("anna@ærø.dk", "anna@xn--r-3fa9c.dk"), ("anna@Straße.de", "anna@xn--strae-oqa.de"), ("Anna@example.dk",) * 2])
def test_the_recipients_domain_travels_as_dns_writes_it(app, server, address, sent):
    receive(app, address)
    assert send(app) == 1
    [message] = server.taken
    assert message.envelope[1] == [sent] and re.search(rb"(?m)^To: <(.*)>\r$", message.raw)[1] == sent.encode()


@pytest.mark.parametrize("by_server", [True, False])
def test_the_calendar_entry_of_a_letter_is_utf_8(make_app, posting, server, by_server):
    """The octets themselves: text that a library encodes by a guess of its own is broken for every Danish name."""
    app = posting(server) if by_server else make_app(MAIL_SUPPRESS_SEND=False)
    reference, _ = book(Person(app), slug="dialogmoede")
    with app.app_context():
        agreed(Officer.by_email(OFFICER), Booking.by_reference(reference), 20, 1)
        db.session.commit()
    send(app)
    with app.app_context():
        kept = db.session.query(Letter).filter_by(kind="agreed").one().calendar
    assert "Sydsjællands" in kept.replace("\r\n ", "")
    raw = ([m.raw for m in server.taken] if by_server else
           [file.read_bytes() for file in sorted(Path(app.instance_path, "letters").iterdir())])[-1]
    [part] = [p for p in message_from_bytes(raw, policy=email.policy.compat32).walk() if p.get_filename() == "aftale.ics"]
    assert part.get_content_charset() == "utf-8" and part.get_param("method") == "PUBLISH"
    assert base64.b64decode(part.get_payload()) == kept.encode()
