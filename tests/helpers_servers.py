"""What tests of servers share: browsers down to the cookie, all of whom press at once, and a mail server with moods."""

import asyncio
import email.policy
import itertools
import os
import re
import shlex
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, time as clock_time, timedelta
from email import message_from_bytes
from http.client import HTTPConnection, HTTPSConnection
from types import SimpleNamespace
from urllib.parse import urlencode

import databases
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from browser import GIVE_UP_AFTER, Site, free_port
from conftest import ROOT, Page

from models import (
    COPENHAGEN,
    Booking,
    BookingStatus,
    Channel,
    Officer,
    Place,
    Reservation,
    Visit,
    db,
    drain_pending_events,
    local,
    today,
)

AT_ONCE, ROUNDS = 50, 20

CREW, HOUR = "Ida Betjent", timedelta(hours=1)

number = itertools.count()


class Answer(Page):
    """A page as it came over the line."""

    def __init__(self, answer):
        self.status, self.goes_to, self.sent = answer.status, answer.headers["Location"], answer.read().decode()
        self.cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]

    @property
    def buttons(self) -> list[str]:
        return re.findall(r'action="(/sag/[^"]*/tid/\d+)"', self.html)


class Browser:
    """Somebody's browser, down to its cookie and the token of the page that it shows."""

    def __init__(self, site: Site):
        self.host, self.cookie, self.token = site.host, "", ""

    def get(self, path: str) -> Answer:
        page = self._ask("GET", path, None)
        self.token = page.token
        return page

    def press(self, path: str, **data) -> Answer:
        return self._ask("POST", path, urlencode({"csrf_token": self.token, **data}))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        with closing(HTTPConnection(self.host, timeout=3 * GIVE_UP_AFTER)) as connection:
            connection.request(method, path, body, {
                "Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"})
            page = Answer(connection.getresponse())
        self.cookie = page.cookie or self.cookie
        return page


@pytest.fixture(scope="module")
def server(template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("race") / "instance"
    databases.copied(template, folder)
    site = Site(folder)
    try:
        site.serve()
        yield site
    finally:
        with site.app.app_context():
            db.session.remove()
            db.engine.dispose()
        site.stop()


def slot(nth: int) -> datetime:
    return datetime.combine(today() + timedelta(days=10 + nth), clock_time(18), COPENHAGEN)


def wishes(site, count: int, *starts: datetime, offered: bool = True) -> list[dict]:
    """So many new bookings with the same dates, offered or only wished, each with its page and its offers by when they
    start. Straight into the database; the letters of this beginning are left out."""
    with site.app.app_context():
        ida, dates = db.session.query(Officer).first(), [(start, start + HOUR) for start in starts]
        made = [Booking.receive(
            form_token=f"form {next(number)}", service="meeting", language="da", name="Anna",
            email="anna@example.dk", phone="", capacity="private", org="", reply=Channel.EMAIL, road="Bygaden",
            from_to="", public=True, answers={"kind": "public"}, wishes=() if offered else dates,
            place=Place.at(road=f"Bygaden {n}", postcode="4690", town="Haslev", municipality="Faxe"))
            for n in range(count)]
        for booking in made if offered else ():
            booking.offer(ida, dates, resource_units={"crew": CREW}, travel=30, where="Haslev Bibliotek",
                          answer_by=today() + timedelta(days=7))
        drain_pending_events()
        db.session.commit()
        return [{"id": b.id, "reference": b.reference, "page": f"/sag/{b.reference}/{b.secret}",
                 "offers": {p.starts_at: p.id for p in b.offers}} for b in made]


def at_once(presses) -> list[Answer]:
    """All of them, when everybody has a finger on the button."""
    gate = threading.Barrier(len(presses))

    def wait_and_press(press):
        gate.wait()
        return press()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(wait_and_press, presses))


def codes(answers: list[Answer]) -> Counter:
    return Counter(answer.status for answer in answers)


def assert_one_has_it(site, start: datetime, made: list[dict], winner: dict) -> None:
    """The hour is taken once, for the winner; everybody has one outcome, and one letter that tells it."""
    assert "locked" not in site.log
    with site.app.app_context():
        [visit] = db.session.query(Visit).filter(Visit.starts_at == start)
        [taken] = Reservation.between(start, start + HOUR, [CREW])
        assert [b.id for b in visit.bookings] == [winner["id"]] and taken.visit is visit
        for wish in made:
            booking = db.session.get(Booking, wish["id"])
            [letter] = booking.letters
            assert booking.status is BookingStatus.ACCEPTED and not booking.wishes
            if wish is winner:
                assert letter.kind == "agreed" and letter.calendar
                assert booking.visits == [visit] and not booking.offers
            else:
                assert letter.kind == "dates_offered" and not booking.visits
                assert len({local(p.starts_at).date() for p in booking.offers}) == len(booking.offers) == 3
                assert not any(Reservation.between(*p.occupied, p.units) for p in booking.offers)

TAKEN = "250 2.0.0 taken"

NOTHING = "nothing"


class MailServer:
    """A real SMTP server. What it took (answered 250) is in `taken`; `says` are its moods.

    `says` maps a step (GREETING, MAIL, RCPT, DATA) or a recipient's address to what is said there instead of yes:
    a reply, NOTHING (it hangs up), or a coroutine function that returns one of them, however late.
    After a reply that begins with `last_words` it hangs up.
    """

    def __init__(self, **options):
        self.port = free_port()
        self.options, self.says, self.last_words = options, {}, None
        self.taken, self.begun, self.open, self.controller = [], [], set(), None

    def up(self):
        session = type("Session", (_Session,), {})
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=GIVE_UP_AFTER)
        self.controller.factory = lambda: session(self, hostname="mail.test", **self.options)
        self.controller.start()

    def down(self):
        if self.controller:
            self.controller.loop.call_soon_threadsafe(lambda: [session.transport.abort() for session in self.open])
            while self.open:
                time.sleep(0.001)
            self.controller.stop()
            self.controller = None

    def is_well(self):
        """Whatever it was, it is over."""
        self.says, self.last_words = {}, None
        if not self.controller:
            self.up()

    @property
    def taken_for(self) -> list[str]:
        return [message["To"].addresses[0].addr_spec for message in self.taken]

    async def reply_at(self, session, *steps):
        reply = next((self.says[step] for step in steps if step in self.says), None)
        reply = await reply() if callable(reply) else reply
        if reply == NOTHING:
            session.transport.abort()
            await never()
        return reply

    async def handle_MAIL(self, session, _session, envelope, address, _options):
        envelope.mail_from = address
        return await self.reply_at(session, "MAIL") or "250 OK"

    async def handle_RCPT(self, session, _session, envelope, address, _options):
        reply = await self.reply_at(session, address, "RCPT")
        envelope.rcpt_tos += [] if reply else [address]
        return reply or "250 OK"

    async def handle_DATA(self, session, _session, envelope):
        message = message_from_bytes(envelope.content, policy=email.policy.default)
        message.raw, message.envelope = envelope.content, (envelope.mail_from, envelope.rcpt_tos)
        self.begun.append(message)
        reply = await self.reply_at(session, "DATA") or TAKEN
        self.taken += [message] if reply == TAKEN else []
        return reply


class _Session(SMTP):
    """One connection."""

    def connection_made(self, transport):
        self.event_handler.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error):
        super().connection_lost(error)
        self.event_handler.open.discard(self)

    async def _handle_client(self):
        reply = await self.event_handler.reply_at(self, "GREETING")
        if not reply:
            return await super()._handle_client()
        await super().push(reply)
        self.transport.close()

    async def push(self, reply):
        await super().push(reply)
        if self.event_handler.last_words and reply.startswith(self.event_handler.last_words):
            self.transport.close()


async def never():
    await asyncio.Event().wait()


DEPLOY = ROOT / "deploy"


class Installed(Site):
    """The web server by its unit's own command, behind a door that somebody else holds open, as systemd does."""

    AS_SYSTEMD = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.execve(sys.argv[2], sys.argv[2:], "
                  "{**os.environ, 'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1'})")

    def serve(self) -> None:
        unit, door = (DEPLOY / "booking-web@.service").read_text(), self._socket.fileno()
        program, *arguments = shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.M)[1])
        self._run(program.rpartition("/")[2], *arguments, pass_fds=(door,),
                  by=(sys.executable, "-c", self.AS_SYSTEMD, str(door), sys.executable, "-m"))
        self.web = self._running[-1]


@pytest.fixture
def installed(template, tmp_path):
    databases.copied(template, tmp_path / "site")
    site = Installed(tmp_path / "site")
    yield site
    site.stop()


@pytest.fixture
def sealed(installed, tmp_path):
    """Caddy with our file, but for its names and ports, and a certificate of its own making."""
    plain, port = free_port(), free_port()
    ours = (DEPLOY / "Caddyfile").read_text()
    ours = ours.replace("book.example.dk", f"localhost:{port}").replace("unix//run/booking/naestved.sock",
        installed.host)
    (tmp_path / "Caddyfile").write_text(ours.replace("{\n", (
        f"{{\n\tadmin off\n\thttp_port {plain}\n\thttps_port {port}\n\tlocal_certs\n\tskip_install_trust\n"
        f"\tstorage file_system {tmp_path}/caddy\n"), 1))
    with (tmp_path / "caddy.log").open("w") as log:
        caddy = subprocess.Popen(["caddy", "run", "--config", str(tmp_path / "Caddyfile")], stdout=log, stderr=log,
                                 env={**os.environ, "HOME": str(tmp_path)})
    yield SimpleNamespace(port=port, plain=plain, log=tmp_path / "caddy.log")
    caddy.terminate()
    caddy.wait(GIVE_UP_AFTER)


def call(port: int, path: str, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, body: str | None = None,
         headers: dict | None = None) -> Answer:
    """Ask by that version of TLS alone; our side would take any, so it is the other that refuses."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    until = time.monotonic() + GIVE_UP_AFTER
    while time.monotonic() < until:
        with closing(HTTPSConnection("localhost", port, context=context, timeout=GIVE_UP_AFTER)) as one:
            try:
                one.request("POST" if body else "GET", path, body, headers or {})
                return Answer(one.getresponse())
            except ConnectionRefusedError:  # Caddy starts
                pass
            except ssl.SSLError as error:  # and makes its certificate
                if "INTERNAL_ERROR" not in str(error):
                    raise
        time.sleep(.05)
    raise AssertionError("Caddy does not answer")
