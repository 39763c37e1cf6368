"""Every letter arrives, once, whatever the mail server does: a real one, with moods, on a port of its own."""

import asyncio
import email.policy
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path

import pytest
import time_machine
from aiosmtpd.smtp import AuthResult
from conftest import OFFICER, ROOT, Person, book, book_through_all_pages, logged_in
from flask_babel import force_locale
from helpers_mail import MINUTE, MONDAY, app, clock, outbox, posting, receive, send, send_all, server  # noqa: F401
from helpers_servers import NOTHING, TAKEN, MailServer, never
from tools import leave_out

from labels import error_in_words
from mail import letters, outbox as mail_outbox
from models import Booking, Channel, DeliveryStatus, Letter, Officer, db
from models.letters import CLAIM_TIMEOUT, GIVE_UP_AFTER

SITE = "http://127.0.0.1:8000"
AT_ONCE = 8  # seconds, on a busy machine; whoever waited for a mail server or for the database would need 10 or more


class Hold:
    """A server that has a letter in hand and takes its time, until `go` is set."""

    def __init__(self, reply=None):
        self.start_audit, self.go, self.reply = threading.Event(), threading.Event(), reply

    async def __call__(self):
        self.start_audit.set()
        while not self.go.is_set():
            await asyncio.sleep(0.005)
        return self.reply


def write_to_officers(app) -> list[Letter]:
    """The worker's other duty; the letters that it wrote."""
    before = {l.id for l in outbox(app)}
    with app.app_context():
        letters.write_to_officers()
        db.session.commit()
    return [l for l in outbox(app) if l.id not in before]


def in_words(app, letter: Letter) -> str:
    with app.app_context(), force_locale("en"):
        return error_in_words(letter.error)


def parts(message) -> tuple[str, str]:
    """A mail's plain text and its HTML."""
    return tuple(message.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))


def words(text: str) -> str:
    return " ".join(text.split())


def spoken(reference: str) -> str:
    """As it stands in letters."""
    return f"{reference[:4]} {reference[4:]}"


def visible(html: str) -> str:
    return words(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<head>.*</head>", "", html, flags=re.S))))


# What a letter is.

def test_a_letter_is_a_proper_mail(app, server):
    reference, _ = receive(app)
    assert send(app) == 1, outbox(app)[0].error
    [message], [letter] = server.taken, outbox(app)
    district = app.config["DISTRICT"]
    assert message.envelope == (district.email, ["anna@example.dk"])
    assert message["To"] == "anna@example.dk"
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (district.name["da"], district.email)
    assert message["Reply-To"] == district.email
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == letter.message_id and re.fullmatch(r"<\S+@127\.0\.0\.1>", letter.message_id)
    assert parsedate_to_datetime(message["Date"]) == letter.made_at.replace(microsecond=0)
    assert message["Subject"].endswith(f": færdselskontrol ({spoken(reference)})")
    assert "Du hører fra os senest den" in message["Subject"]
    assert not list(message.iter_attachments())


def test_a_letter_has_an_html_twin_with_the_same_words(app, server):
    reference, secret = receive(app)
    send(app)
    text, html = parts(server.taken[0])
    assert visible(html) == words(text)
    assert html.count("<a ") == 2 and f'<a href="{SITE}/sag/{reference}/{secret}">' in html
    assert f'<a href="{SITE}/ikke-mig/' in html
    assert 'lang="da"' in html and not re.search(r"<(img|script|style|link)|https?://(?!127\.0\.0\.1:8000/)", html)


def test_danish_letters_survive_the_journey(app, server):
    receive(app)
    send(app)
    assert all("Sydsjællands og Lolland-Falsters Politi" in part for part in parts(server.taken[0]))


def test_a_long_paragraph_keeps_to_the_length_of_line_that_mail_servers_take(app, server):
    """RFC 5322: 998 octets. An officer who writes without a line break must not lose the letter for it."""
    (reference, _), paragraph = receive(app), "Vi måler på vejen, når det passer til opgaverne. " * 30
    with app.app_context():
        Booking.by_reference(reference).decline(Officer.by_email(OFFICER), "resources", paragraph, "")
        db.session.commit()
    assert send(app) == 2
    message = server.taken[-1]
    assert all(words(paragraph) in words(part) for part in parts(message))
    assert max(map(len, message.raw.splitlines())) <= 998
    message.raw.decode("ascii")


@pytest.mark.parametrize(("language", "root"), [("da", ""), ("en", "/en")])
def test_every_letter_says_112_and_114_and_leads_to_the_page_in_its_language(app, citizen, server, language, root):
    reference, secret = receive(app, language=language)
    send(app)
    [message] = server.taken
    text, _ = parts(message)
    assert message["Content-Language"] == language
    assert ("We have received your booking" in text) == (language == "en")
    assert re.search(r"\b112\b.*\b114\b", text)
    own, not_me = re.findall(r"https?://\S+", text)
    assert own == f"{SITE}{root}/sag/{reference}/{secret}" and not_me.startswith(f"{SITE}{root}/ikke-mig/{reference}.")
    assert citizen.get(f"{root}/sag/{reference}/{secret}").status == 200


def test_a_request_cannot_choose_where_the_link_leads(app, citizen, server):
    ours = app.wsgi_app
    app.config["TRUSTED_HOSTS"] = [*app.config["TRUSTED_HOSTS"], "evil.example"]  # a slip: it leads nobody astray

    def lied_to(environ, start_response):
        environ.update(HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example", HTTP_X_FORWARDED_PROTO="https",
                       HTTP_X_FORWARDED_PREFIX="/evil")
        return ours(environ, start_response)

    app.wsgi_app = lied_to
    reference, secret = book(citizen)
    send(app)
    text, html = parts(server.taken[0])
    assert f"{SITE}/sag/{reference}/{secret}\n" in text
    assert "evil" not in server.taken[0].as_string() + text + html


def test_what_a_stranger_writes_never_travels_under_our_name(app, server):
    """Whoever books can name anybody's address: what that mailbox gets holds no word of theirs."""
    typed = {"name": "Xerxes Køb", "org": "Zebrapiller", "capacity": "association", "phone": "20304050",
             "address": "Qvæsthusgade 7, 4690 Haslev", "road": "Wxyzvej", "from_to": "fra Vrøvl til Kvaks",
             "text": "KLIKHER nu: http://evil.example/vind", "direction": "towards", "towards": "Nonsensby",
             "place_van": "Bag Pærehegnet"}
    first = book(Person(app), **typed)
    second = receive(app, language="en", email="bo@example.dk", **{
        k: typed[k] for k in ("name", "org", "phone", "address", "road", "from_to")})
    with app.app_context():
        officer = Officer.by_email(OFFICER)
        Booking.by_reference(first[0]).decline(officer, "resources", "", "")
        db.session.commit()
        Booking.by_reference(first[0]).reopen("Hurlumhej igen")
        Booking.by_reference(second[0]).withdraw()
        db.session.commit()
    write_to_officers(app)
    send_all(app)
    assert Counter(l.kind for l in outbox(app, delivery_status=DeliveryStatus.SENT)) == Counter(
        received=2, declined=1, reopened=1, withdrawn=1, digest=1)
    said = re.compile("|".join(["xerxes", "køb", "zebra", "20304050", "qvæsthus", "haslev", "4690", "wxyz", "vrøvl",
                                "klikher", "evil", "nonsens", "pærehegn", "hurlumhej"]), re.I)
    ends = tuple(f"({spoken(reference)})" for reference in (first[0], second[0]))
    for message in server.taken:
        assert message["To"] == OFFICER or message["Subject"].endswith(ends)
        for part in (message["Subject"], message["From"], *parts(message)):
            assert not said.search(re.sub("(?i)købenn?havn|/?sydsjællands", "", part)), part


# The mail server is in trouble.

def _down(server):
    server.down()


def _moods(**says):
    return lambda server: server.says.update(says)


def _dying_after(reply):
    return lambda server: setattr(server, "last_words", reply)


TROUBLES = {
    "down": (_down, "The mail server could not be reached."),
    "slow to greet": (_moods(GREETING=never), "The mail server did not answer in time."),
    "slow to take the letter": (_moods(DATA=never), "The mail server did not answer in time."),
    "too busy to talk": (_moods(GREETING="421 4.3.2 too busy"),
                         "The mail server refused to take letters from us. (421 4.3.2 too busy)"),
    "refusing the sender": (_moods(MAIL="550 5.7.1 who are you"),
                            "The mail server refused to take letters from us. (550 5.7.1 who are you)"),
    "greylisting": (_moods(RCPT="450 4.2.0 come back later"), "(450 4.2.0 come back later)"),
    "closing at the recipient": (_moods(RCPT="421 4.3.2 going down"), "(421 4.3.2 going down)"),
    "not taking the letter now": (_moods(DATA="451 4.3.0 my disk"), "(451 4.3.0 my disk)"),
    "dying while it listens": (_dying_after("354"), "The mail server could not be reached."),
    "dying before it says yes": (_moods(DATA=NOTHING), "The mail server could not be reached."),
    "hanging up at the greeting": (_moods(GREETING=NOTHING), "The mail server could not be reached."),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_letter_waits_out_a_server_that_is(trouble, app, clock, server, monkeypatch):
    receive(app)
    begin, said = TROUBLES[trouble]
    begin(server)
    with monkeypatch.context() as patched:
        patched.setattr(mail_outbox, "TIMEOUT", 0.1 if "slow" in trouble else 5)
        assert send(app) == 0
    [letter] = outbox(app)
    assert (letter.delivery_status, letter.tries) == (DeliveryStatus.WAITING, 1)
    assert in_words(app, letter).endswith(said)
    server.is_well()
    assert send(app) == 0, "no hammering: first a pause"
    clock.shift(2 * MINUTE)
    assert send(app) == 1
    assert send(app) == 0
    [letter], [message] = outbox(app), server.taken
    assert (letter.delivery_status, letter.tries, letter.error) == (DeliveryStatus.SENT, 2, "")
    assert message["Message-ID"] == letter.message_id


def test_twenty_bookings_stand_and_each_letter_arrives_once_after_every_kind_of_trouble(
        app, clock, server, monkeypatch):
    troubles = iter(["down", "slow to greet", "too busy to talk", "dying while it listens", "dying before it says yes"])
    waited, booked = timed(app), {}
    for number in range(20):
        if number % 4 == 0:
            server.is_well()
            TROUBLES[next(troubles)][0](server)
        recipient = f"nr{number}@example.dk"
        booked[recipient] = spoken(book(Person(app), email=recipient)[0])
        if number % 2:
            with monkeypatch.context() as patched:
                patched.setattr(mail_outbox, "TIMEOUT", 0.1)
                assert send(app) == 0
    assert max(waited) < AT_ONCE
    with app.app_context():
        assert [booking.email for booking in db.session.query(Booking)] == list(booked)
    assert not server.taken
    server.is_well()
    clock.shift(timedelta(hours=1))
    assert send_all(app) == 20
    assert sorted(server.taken_for) == sorted(booked)
    assert all(booked[message["To"]] in message["Subject"] for message in server.taken)
    clock.shift(timedelta(days=4))
    assert send_all(app) == 0


def timed(app) -> list[float]:
    """How many seconds each request takes from now on."""
    seconds, ours = [], app.wsgi_app

    def measure(environ, start_response):
        began = time.perf_counter()
        try:
            return ours(environ, start_response)
        finally:
            seconds.append(time.perf_counter() - began)

    app.wsgi_app = measure
    return seconds


def test_nobody_waits_while_a_slow_server_has_a_letter_in_hand(app, server):
    receive(app)
    server.says["DATA"] = slow = Hold()
    worker = threading.Thread(target=send, args=[app])
    worker.start()
    try:
        assert slow.start_audit.wait(60)
        waited = timed(app)
        book_through_all_pages(Person(app), email="bo@example.dk")
        assert max(waited) < AT_ONCE and not server.taken
    finally:
        slow.go.set()
        worker.join()
    assert [l.delivery_status for l in outbox(app)] == [DeliveryStatus.SENT, DeliveryStatus.SENT]
    assert server.taken_for == ["anna@example.dk", "bo@example.dk"]


def test_what_the_server_took_is_never_sent_again_though_it_hangs_up_at_once(app, clock, server):
    for number in range(3):
        receive(app, f"nr{number}@example.dk")
    server.last_words = TAKEN
    for _ in range(5):
        send(app)
        clock.shift(5 * MINUTE)
    assert Counter(server.taken_for) == Counter(f"nr{n}@example.dk" for n in range(3))
    assert {l.delivery_status for l in outbox(app)} == {DeliveryStatus.SENT}


def test_a_server_that_says_no_goodbye_has_still_taken_the_letter(app, server, monkeypatch):
    monkeypatch.setattr(mail_outbox, "TIMEOUT", 0.1)
    receive(app)

    async def handle_QUIT(*_):
        await never()

    server.handle_QUIT = handle_QUIT
    assert send(app) == 1
    assert outbox(app)[0].delivery_status is DeliveryStatus.SENT


def test_a_refused_log_in_is_tried_again(clock, posting):
    opened = set()
    server = MailServer(auth_require_tls=False,
                        authenticator=lambda *_: AuthResult(success=bool(opened), handled=False))
    server.up()
    try:
        app = posting(server, MAIL_USERNAME="postmester", MAIL_PASSWORD="forkert")
        receive(app)
        assert send(app) == 0
        [letter] = outbox(app)
        assert letter.delivery_status is DeliveryStatus.WAITING
        assert in_words(app, letter).startswith("The mail server refused our log-in. (535")
        assert "forkert" not in letter.error
        opened.add(True)
        clock.shift(2 * MINUTE)
        assert send(app) == 1
    finally:
        server.down()


@pytest.fixture
def certificate(tmp_path):
    if not shutil.which("openssl"):
        leave_out("no openssl here to make a certificate with")
    own, key = tmp_path / "own.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", own], check=True, capture_output=True)
    return own, key


@pytest.mark.system
def test_an_untrusted_certificate_gets_no_letter(clock, posting, certificate, monkeypatch):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server = MailServer(tls_context=context, require_starttls=True)
    server.up()
    try:
        app = posting(server, MAIL_USE_TLS=True)
        receive(app)
        assert send(app) == 0
        [letter] = outbox(app)
        assert letter.delivery_status is DeliveryStatus.WAITING and not server.begun
        assert in_words(app, letter) == "The mail server’s certificate could not be trusted."
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        clock.shift(2 * MINUTE)
        assert send(app) == 1
    finally:
        server.down()


def test_the_pauses_grow_and_after_three_days_the_officer_is_told(app, clock, server):
    reference, _ = receive(app)
    server.down()
    tried, began = [], time.time()
    while outbox(app)[0].delivery_status is DeliveryStatus.WAITING:
        assert send(app) == 0
        [letter] = outbox(app)
        tried.append(time.time() - began)
        assert letter.tries == len(tried) < 50
        clock.move_to(max(letter.next_try_at, datetime.now(UTC)) + timedelta(seconds=1))
    pauses = [round((b - a) / 60) for a, b in zip(tried, tried[1:], strict=False)]
    growing = pauses[:-1]  # the last one ends with the three days
    assert growing == sorted(growing) and growing[0] <= 2 and 60 <= growing[-1] <= 720
    assert timedelta(seconds=round(tried[-1])) - GIVE_UP_AFTER < MINUTE
    assert outbox(app)[0].delivery_status is DeliveryStatus.FAILED
    server.is_well()
    clock.shift(timedelta(days=4))
    assert send(app) == 0, "now it is the officer's turn"
    officer = logged_in(app)
    for page in ("/en/kontor/?bunke=breve", f"/en/kontor/sag/{reference}"):
        assert "The mail server could not be reached." in officer.get(page).text
    officer.post(f"/kontor/breve/{letter.id}", {"again": "1"})
    assert send(app) == 1


# The mail server says no for good.

def test_one_bad_address_holds_up_no_other_letter(app, clock, server):
    for address in ("anna@example.dk", "bo@example.dk", "cy@example.dk"):
        receive(app, address)
    server.says["bo@example.dk"] = "550 5.1.1 no such user"
    assert send(app) == 2
    assert server.taken_for == ["anna@example.dk", "cy@example.dk"]
    [failed] = outbox(app, delivery_status=DeliveryStatus.FAILED)
    assert (failed.recipient, failed.tries) == ("bo@example.dk", 1)
    clock.shift(timedelta(days=1))
    assert send(app) == 0


@pytest.mark.parametrize("reply", ["552 5.2.2 mailbox full", "550 5.1.1 no such user"])
def test_a_letter_that_is_refused_for_good_is_not_tried_again(app, clock, server, reply):
    receive(app)
    server.says["DATA"] = reply
    assert send(app) == 0
    receive(app, "bo@example.dk")
    server.is_well()
    clock.shift(timedelta(days=1))
    assert send(app) == 1
    assert [l.delivery_status for l in outbox(app)] == [DeliveryStatus.FAILED, DeliveryStatus.SENT]
    assert in_words(app, outbox(app)[0]) == (
        f"The receiving mail server refused the letter. Is the address right? ({reply})")


def test_the_officer_sees_in_plain_words_what_was_refused_and_sends_it_to_the_new_address(app, citizen, server):
    reference, secret = receive(app, "forkert@example.dk")
    server.says["forkert@example.dk"] = "550 5.1.1 no such user"
    send(app)
    officer = logged_in(app)
    for page in ("/en/kontor/?bunke=breve", f"/en/kontor/sag/{reference}", "/en/kontor/breve/1"):
        assert ("The receiving mail server refused the letter. Is the address right? (550 5.1.1 no such user)"
                in officer.get(page).text)
    assert "not delivered" in officer.get(f"/en/kontor/sag/{reference}").text
    citizen.post(f"/sag/{reference}/{secret}/kontakt", data={
        "name": "Anna", "email": "rigtig@example.dk", "phone": "", "reply": "email", "address": ""})
    officer.post("/kontor/breve/1", {"again": "1"})
    assert "Nothing here" in officer.get("/en/kontor/?bunke=breve").text
    assert "no such user" not in officer.get("/en/kontor/breve/1").text, "that was about the address before"
    assert send(app) == 1
    [message] = server.taken
    assert (message["To"], message["Message-ID"]) == ("rigtig@example.dk", outbox(app)[0].message_id)
    assert "not delivered" not in officer.get(f"/en/kontor/sag/{reference}").text


def test_the_officer_notes_that_the_citizen_was_reached_otherwise(app, server):
    receive(app)
    server.says["RCPT"] = "550 5.1.1 no such user"
    send(app)
    officer = logged_in(app)
    assert "I have reached them otherwise" in officer.get("/en/kontor/breve/1").text
    officer.post("/kontor/breve/1", {"done": "1"})
    assert "Ida Betjent" in officer.get("/en/kontor/breve/1").text
    assert "Nothing here" in officer.get("/en/kontor/?bunke=breve").text
    server.is_well()
    assert send(app) == 0
    late = officer.client.post("/kontor/breve/1", data={
        "csrf_token": officer.get("/kontor/breve/1").token, "again": "1"})
    assert late.status_code == 409 and send(app) == 0


# The worker.

@pytest.mark.postgres
def test_two_workers_at_once_send_each_letter_once(app, server):
    addresses = [f"nr{n}@example.dk" for n in range(20)]
    for address in addresses:
        receive(app, address)
    both = Hold()

    async def until_both_are_here():
        if len(server.begun) >= 2:
            both.go.set()
        return await both()

    server.says["DATA"] = until_both_are_here
    went = []
    workers = [threading.Thread(target=lambda: went.append(send(app))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(went) == 20 and min(went) > 0
    assert Counter(server.taken_for) == Counter(addresses)


@pytest.fixture
def worker(server, posting, tmp_path):
    """The application, and the real worker beside it as a process of its own."""
    app = posting(server)
    started = []

    def start():
        started.append(subprocess.Popen(
            [sys.executable, "-m", "letter_worker", "--seconds", "0.01"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={
                **{k: v for k, v in os.environ.items() if not k.startswith("BOOKING_")},
                "BOOKING_INSTANCE": app.instance_path, "BOOKING_MAIL_SERVER": "127.0.0.1",
                "BOOKING_MAIL_PORT": str(server.port)}))
        return started[-1]

    def start_with_a_letter_in_hand():
        server.says["DATA"] = slow = Hold()
        process = start()
        while not slow.start_audit.wait(0.05):
            assert process.poll() is None, process.stdout.read().decode()
        return process, slow

    yield app, start_with_a_letter_in_hand
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.system
def test_a_worker_that_is_told_to_stop_finishes_the_letter_in_hand(worker, server):
    app, start = worker
    receive(app)
    process, slow = start()
    process.send_signal(signal.SIGTERM)
    slow.go.set()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert [l.delivery_status for l in outbox(app, kind="received")] == [DeliveryStatus.SENT]
    assert server.taken_for.count("anna@example.dk") == 1
    with time_machine.travel(datetime.now(UTC) + 2 * CLAIM_TIMEOUT):
        send(app)
    assert server.taken_for.count("anna@example.dk") == 1


@pytest.mark.system
def test_the_letter_in_hand_of_a_killed_worker_goes_later_under_the_same_message_id(worker, server):
    app, start = worker
    receive(app)
    process, _ = start()
    process.kill()
    process.wait(60)
    server.is_well()
    [letter] = outbox(app, kind="received")
    assert letter.delivery_status is DeliveryStatus.SENDING and not server.taken
    send(app)
    assert "anna@example.dk" not in server.taken_for, "it could still be in the hands of a living worker"
    with time_machine.travel(datetime.now(UTC) + CLAIM_TIMEOUT + MINUTE):
        send(app)
        send(app)
    tries = [m for m in server.begun if m["To"] == "anna@example.dk"]
    assert [m["Message-ID"] for m in tries] == [letter.message_id] * 2
    assert server.taken_for.count("anna@example.dk") == 1
    assert outbox(app, kind="received")[0].delivery_status is DeliveryStatus.SENT


def test_whoever_watches_the_machine_sees_that_nobody_sends_letters(app, citizen, clock):
    receive(app)
    assert citizen.client.get("/health").status_code == 200
    clock.shift(timedelta(hours=1))
    stuck = citizen.client.get("/health")
    assert (stuck.status_code, stuck.json["letters"]) == (503, "stuck")
    send(app)
    assert citizen.client.get("/health").json == {"database": "ok", "letters": "ok"}


def test_without_a_mail_server_letters_become_files_and_the_work_list_says_so(make_app):
    app = make_app(MAIL_SUPPRESS_SEND=False)
    reference, secret = receive(app)
    assert send(app) == 1
    [file] = Path(app.instance_path, "letters").iterdir()
    assert file.suffix == ".eml"
    message = message_from_bytes(file.read_bytes(), policy=email.policy.default)
    [letter] = outbox(app)
    assert (message["To"], message["Message-ID"]) == ("anna@example.dk", letter.message_id)
    assert f"{SITE}/sag/{reference}/{secret}" in parts(message)[0] and spoken(reference) in message["Subject"]
    assert letter.delivery_status is DeliveryStatus.SENT and send(app) == 0
    assert "No mail server is set up" in logged_in(app).get("/en/kontor/").text


def test_with_a_mail_server_the_work_list_does_not_worry_anybody(app):
    assert "No mail server is set up" not in logged_in(app).get("/en/kontor/").text


# Letters to officers.

@pytest.fixture
def officers(app):
    with app.app_context():
        for name, active in (("bo", True), ("gone", False)):
            db.session.add(Officer(email=f"{name}@politi.example", name=name, active=active, password_hash="none",
                                   wrong_tries=0))
        db.session.commit()
    return [OFFICER, "bo@politi.example"]


def test_officers_get_one_mail_about_what_is_new_not_one_per_booking(app, clock, server, officers):
    assert not write_to_officers(app), "nothing is new"
    for number in range(3):
        receive(app, f"nr{number}@example.dk")
    digest = write_to_officers(app)
    assert [(l.kind, l.recipient) for l in digest] == [("digest", o) for o in officers]
    assert re.search(r"^- .*3$", digest[0].text, re.M) and f"{SITE}/kontor/" in digest[0].text
    assert not write_to_officers(app)
    receive(app)
    clock.shift(timedelta(hours=3))
    assert not write_to_officers(app), "one per interval"
    clock.shift(timedelta(hours=2))
    digest = write_to_officers(app)
    assert [l.recipient for l in digest] == officers and re.search(r"^- .*1$", digest[0].text, re.M)
    clock.shift(timedelta(hours=5))
    assert not write_to_officers(app), "nothing is new"
    assert send_all(app) == 4 + 4


def test_a_clock_that_was_a_month_too_fast_keeps_no_digest_and_no_warning_back(app, clock, server, officers):
    clock.shift(timedelta(days=31))
    receive(app)
    assert [l.kind for l in write_to_officers(app)] == ["digest"] * len(officers)
    clock.shift(-timedelta(days=31))
    receive(app)
    digest = write_to_officers(app)
    assert len(digest) == len(officers) and re.search(r"^- .*1$", digest[0].text, re.M)
    clock.shift(timedelta(days=15))
    assert {l.kind for l in write_to_officers(app)} == {"warning"}, "and nothing is new"


def test_a_mail_to_officers_holds_no_words_of_citizens(app, clock, server, officers):
    book(Person(app))
    with app.app_context():
        booking = db.session.query(Booking).one()
        booking.give_information("Nabo Nielsen kører selv for stærkt")
        db.session.commit()
    digest = write_to_officers(app)
    clock.shift(timedelta(days=15))
    assert {l.kind for l in digest + write_to_officers(app)} == {"digest", "warning"}
    send_all(app)
    mails = [m for m in server.taken if m["To"] in officers]
    assert Counter(m["Subject"] for m in mails) == {
        "Book en betjent: arbejdslisten": 2, "Book en betjent: 1 løfte brydes snart eller er brudt": 2}
    for mail in mails:
        assert not re.search(r"anna|jensen|bygaden|kirken|skole|suser|nielsen|@example|4690|(?<!kontor)/sag/|/sag/\w+/",
                             "".join(parts(mail)), re.I)


def test_officers_are_warned_once_a_day_of_promises_about_to_break(app, clock, officers):
    reference, _ = receive(app)
    receive(app), receive(app)
    assert "warning" not in {l.kind for l in write_to_officers(app)}
    with app.app_context():
        due = Booking.by_reference(reference).due_on
    clock.move_to(datetime(due.year, due.month, due.day, 7, tzinfo=UTC) - timedelta(days=1))
    warning = write_to_officers(app)
    assert [(l.kind, l.recipient) for l in warning] == [("warning", o) for o in officers]
    assert warning[0].subject == "Book en betjent: 3 løfter brydes snart eller er brudt"
    assert len(re.findall(r"^- \w{4} \w{4}: .* 2\d{3}, færdselskontrol\n", warning[0].text, re.M)) == 3, (
        "each on a line of its own")
    assert f"\n- {spoken(reference)}: " in warning[0].text
    assert f"/kontor/sag/{reference}\n" in warning[0].text, "where the office sees it, which asks for a log-in"
    assert not write_to_officers(app)
    clock.shift(timedelta(hours=4))
    assert not write_to_officers(app)
    clock.shift(timedelta(hours=20))
    assert [l.kind for l in write_to_officers(app)] == ["warning"] * 2
    with app.app_context():
        for booking in db.session.query(Booking):
            booking.withdraw()
        db.session.commit()
    clock.shift(timedelta(hours=24))
    assert "warning" not in {l.kind for l in write_to_officers(app)}


@pytest.mark.postgres
def test_two_workers_write_one_digest(app, officers):
    receive(app)
    start = threading.Barrier(2)

    def work():
        with app.app_context():
            start.wait()
            letters.write_to_officers()
            db.session.commit()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [l.recipient for l in outbox(app, kind="digest")] == officers


# Answers that are not mails.

@pytest.mark.parametrize(("wish", "way", "recipient", "button", "waits"), [
    ({"reply": Channel.PHONE, "phone": "20304050"}, Channel.PHONE, "20304050", "I have phoned", "Phone"),
    ({"reply": Channel.POST, "phone": "20304050", "address": "Parkvej 1\n4690 Haslev"}, Channel.POST,
     "Anna Jensen\nParkvej 1\n4690 Haslev", "I have posted it", "Letter by post"),
], ids=["by phone", "by post"])
def test_an_answer_by_phone_or_post_is_a_task_until_somebody_has_done_it(
        app, server, wish, way, recipient, button, waits):
    reference, _ = receive(app, "", **wish)
    assert not outbox(app), "the receipt was on the screen"
    officer = logged_in(app)
    officer.post(f"/kontor/sag/{reference}/imoedekom", {"words": "", "send": "1"})
    [letter] = outbox(app)
    assert (letter.channel, letter.recipient, letter.is_task) == (way, recipient, True)
    assert send(app) == 0 and not server.begun
    assert "/sag/" not in letter.text, "what is read aloud or printed holds no secret link"
    queue = officer.get("/en/kontor/?bunke=breve").text
    assert waits in queue and "waits for you" in queue.lower()
    assert "waits for you" in officer.get(f"/en/kontor/sag/{reference}").text.lower()
    assert button in officer.get("/en/kontor/breve/1").text
    officer.post("/kontor/breve/1", {"done": "1"})
    assert "Ida Betjent" in officer.get("/en/kontor/breve/1").text
    assert "Nothing here" in officer.get("/en/kontor/?bunke=breve").text
    [letter] = outbox(app)
    assert letter.delivery_status is DeliveryStatus.SENT and letter.done_by_id and letter.sent_at


def test_who_wants_the_answer_by_phone_but_has_a_mailbox_gets_the_receipt_there(app, server):
    reference, _ = receive(app, reply=Channel.PHONE, phone="20304050")
    logged_in(app).post(f"/kontor/sag/{reference}/imoedekom", {"words": "", "send": "1"})
    assert [(l.kind, l.channel) for l in outbox(app)] == [("received", Channel.EMAIL), ("accepted", Channel.PHONE)]
    assert send(app) == 1
    assert server.taken_for == ["anna@example.dk"]
