"""The ordeal: the real site under load, killed again and again, while its mail server has moods. What was promised?
And what nobody should send, sent to every form a hundred thousand times.

Everything dies by SIGKILL: that shows what a crash does, not what a power cut does to a disk that lies. The clock is
helped along: whatever letter waits for its next try is due at once when the letter worker is started anew.
"""

import argparse
import asyncio
import os
import random
import re
import resource
import secrets
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from conftest import OFFICER, PASSWORD, ROOT, WISH, Page

from browser import Site  # isort: skip  (aiosmtpd goes first, see conftest)
from crowd import GUESSERS, SLOW_SENDERS, Crowd
from flask_migrate import upgrade
from fuzz import fuzzed
from helpers_cases import FINDINGS
from helpers_servers import NOTHING, TAKEN, MailServer

from app import create_app
from demo import archive
from models import Booking, Channel, DeliveryStatus, Letter, Officer, Visit, db, local, now
from models.enums import CLOSED

CLIENTS = 8
MOODS = [None] * 6 + ["451 4.3.0 try again later", "421 4.3.2 going down", NOTHING]
RANK = {"received": 0, "accepted": 1} | {status.value: 2 for status in CLOSED}
STATUS = re.compile(r'class="status status-(\w+)"')


class MoodyServer(MailServer):
    """A mail server that refuses a third of what it gets, and knows which worker brought what it took."""

    def __init__(self):
        super().__init__()
        self.worker, self.took = 0, []
        self.moody(True)

    def moody(self, is_so: bool) -> None:
        async def mood():
            await asyncio.sleep(random.uniform(0, .1))  # whoever is killed has a letter in hand
            return random.choice(MOODS)
        self.says = {"RCPT": mood, "DATA": mood} if is_so else {}
        self.last_words = "421"

    async def handle_DATA(self, session, _session, envelope):
        reply = await super().handle_DATA(session, _session, envelope)
        if reply == TAKEN:
            self.took.append((self.begun[-1]["Message-ID"], self.worker))
        return reply

    def twice(self) -> tuple[int, int]:
        """How many letters came again after their worker was killed right behind the 250, and how many otherwise."""
        last_of = {worker: id for id, worker in self.took}  # a worker commits one letter before it carries the next
        excused = unexcused = 0
        for id, count in Counter(id for id, _ in self.took).items():
            earlier = [worker for other, worker in self.took if other == id][:-1]
            fine = [worker for worker in earlier if last_of[worker] == id and worker < self.worker]
            excused, unexcused = excused + len(fine), unexcused + count - 1 - len(fine)
        return excused, unexcused


class Gone(Exception):
    """The ordeal is over before there was an answer."""


class Client(threading.Thread):
    """Citizen and officer in one: asks, decides, plans, reports, and notes what it has seen."""

    def __init__(self, host: str, over: threading.Event):
        super().__init__(daemon=True)
        self.host, self.over, self.cookie, self.token = host, over, "", ""
        self.receipts, self.seen, self.visits, self.broken = {}, {}, set(), None

    def run(self) -> None:
        try:
            self.log_in()
            while True:
                self.live()
        except Gone:
            pass
        except Exception as error:
            self.broken = error
            raise

    def puzzled(self, answer: "Answer"):
        raise AssertionError(f"{answer.status}: {answer.errors or answer.text[:300]}")

    def log_in(self) -> None:
        self.token = self.ask("/kontor/log-ind").token
        self.press("/kontor/log-ind", email=OFFICER, password=PASSWORD)
        self.token = self.ask("/kontor/").token

    def live(self) -> None:
        """One case from the wish to its end."""
        reference, path, road = self.book()
        case = f"/kontor/sag/{reference}"
        match random.choice("wdaaa"):
            case "w":
                self.press(path + "/traek-tilbage", sure="y")
            case "d":
                self.press(case + "/afslag", reason="resources", words="", send="1")
            case _:
                self.press(case + "/imoedekom", words="", send="1")
                self.look(reference)
                self.report(reference, road)
        self.look(reference)

    def book(self) -> tuple[str, str, str]:
        once = self.new_form()
        typed = wish(once)
        answer = self.press("/bestil/faerdselskontrol", **typed, send="1")
        path = answer.goes_to.removesuffix("/kvittering")
        assert self.ask(answer.goes_to).status == 200
        self.receipts[name_of(once)] = path.split("/")[2]  # what the citizen has read is a promise
        return self.receipts[name_of(once)], path, typed["road"]

    def new_form(self) -> str:
        """The name of an empty form, as its page has it."""
        return self.ask("/bestil/faerdselskontrol").hidden["once"][0]

    def report(self, reference: str, road: str) -> None:
        start = local(now() - timedelta(days=1))
        hours = {"day": start.date().isoformat(), "starts": "00:01", "ends": "00:02"}
        planned = self.press(f"/kontor/sag/{reference}/besoeg", **hours, crew=f"ATK {reference}", method="atk",
                             road=road, postcode="4690", from_to="", bookings=reference, send="1")
        page = self.ask(f"/kontor/sag/{reference}").html
        visit = (re.search(r"/kontor/besoeg/(\d+)", f"{planned.goes_to} {page}") or self.puzzled(planned))[1]
        self.visits.add(int(visit))
        self.press(f"/kontor/besoeg/{visit}/resultat",
                   **FINDINGS, **{f"periods-0-{part}": value for part, value in hours.items()})
        self.press(f"/kontor/besoeg/{visit}/svar")

    def look(self, reference: str) -> None:
        self.seen[reference] = STATUS.search(self.ask(f"/kontor/sag/{reference}").html)[1]

    def press(self, path: str, **data) -> "Answer":
        return self.ask(path, urlencode({"csrf_token": self.token, **data}, doseq=True))

    def ask(self, path: str, body: str | None = None) -> "Answer":
        """Ask until there is an answer, as a person does who presses reload."""
        while not self.over.is_set():
            with suppress(OSError, HTTPException):
                return self.ask_once(path, body)
            time.sleep(.05)
        raise Gone

    def ask_once(self, path: str, body: str | None = None) -> "Answer":
        with closing(HTTPConnection(self.host, timeout=60)) as connection:
            connection.request("POST" if body else "GET", path, body, {
                "Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"})
            answer = Answer(connection.getresponse())
        self.cookie = answer.cookie or self.cookie
        return answer


class Answer(Page):
    """A page as it came over the line, whole."""

    def __init__(self, answer):
        self.status, self.goes_to, self.sent = answer.status, answer.headers["Location"], answer.read().decode()
        self.cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        assert self.status < 500 or self.status == 503, f"{self.status}: {self.text}"


def name_of(once: str) -> str:
    """The token of a form as it was sent, without the digest under which it is kept."""
    return once.partition(".")[0]


def wish(once: str) -> dict:
    return WISH | {"once": once, "road": f"Vej {once[:6]}", "email": f"c{secrets.token_hex(8)}@example.dk"}


class Ordeal(Site):
    """The site, its killer, and who looks after the promises. `lines` says of each how it was kept."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.mailbox = MoodyServer()
        self.over, self.clients, self.lines, self.sound = threading.Event(), [], [], 0
        self.web = self.worker = None

    def start_web(self, by: tuple = (sys.executable, "-m")) -> None:
        door = self._socket.fileno()
        self._run("gunicorn", "--bind", f"fd://{door}", "--workers", "1", "app:create_app()",
                  by=by, pass_fds=(door,), start_new_session=True)
        self.web = self._running.pop()

    def start_worker(self) -> None:
        """What waits for its next try is due, as if the pause were over."""
        with closing(sqlite3.connect(self.folder / "bookings.sqlite", timeout=60)) as one, one:
            one.execute("UPDATE letters SET next_try_at = '2000-01-01 00:00:00.000000' "
                        "WHERE way = 'email' AND fate IN ('waiting', 'sending')")
        self.mailbox.worker += 1
        self._run("letter_worker", "--seconds", "0.1",
                  start_new_session=True)
        self.worker = self._running.pop()

    @staticmethod
    def kill(process) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def run(self, kills: int, load: tuple[float, float]) -> None:
        """So many kills, each after a time of load between these two, in seconds."""
        self.mailbox.up()
        self.start_web()
        self.start_worker()
        self.clients = [Client(self.host, self.over) for _ in range(CLIENTS)]
        for client in self.clients:
            client.start()
        self.wait_for(lambda: all(client.receipts for client in self.clients), "nobody could book")
        for nth in range(kills):
            if nth % 5:  # the others may die while they start
                self.wait_for(self.serves, "the site does not come back")
                self.wait_for(lambda: self.mailbox.took and self.mailbox.took[-1][1] == self.mailbox.worker,
                              "no letter goes")
            time.sleep(random.uniform(*load))
            self.kill(self.web)
            if nth % 3 < 2:
                time.sleep(random.uniform(0, .2))  # a letter may be on its way
                self.kill(self.worker)
            self.check_after(nth)
            self.start_web()
            if self.worker.poll() is not None:
                self.start_worker()
        self.end(kills)

    def check_after(self, nth: int) -> None:
        """While the site is down, all that was seen before is there; nobody can see anything new."""
        with closing(sqlite3.connect(self.folder / "bookings.sqlite", timeout=60)) as one:
            assert one.execute("PRAGMA integrity_check").fetchall() == [("ok",)], f"damaged by kill {nth + 1}"
            self.sound += 1
            self.check_seen(one)

    def check_seen(self, one: sqlite3.Connection) -> None:
        rows = one.execute("SELECT once, reference, status FROM bookings").fetchall()
        references = {name_of(once): reference for once, reference, _ in rows}
        statuses = {reference: status for _, reference, status in rows}
        visits = {id for id, in one.execute("SELECT id FROM visits")}
        for client in self.clients:
            for once, reference in list(client.receipts.items()):
                assert references.get(once) == reference, f"{reference} was acknowledged and is gone"
            for reference, seen in list(client.seen.items()):
                there = statuses[reference]
                assert there == seen or RANK[there] > RANK[seen], f"{reference} was seen {seen} and is {there}"
            assert client.visits <= visits, "a visit that was seen is gone"

    def end(self, kills: int) -> None:
        """The storm is over: what waits goes out, and everything is counted."""
        time.sleep(1)
        self.over.set()
        for client in self.clients:
            client.join(70)
            assert not client.is_alive() and client.broken is None, client.broken
        self.mailbox.moody(False)
        if self.worker.poll() is None:
            self.kill(self.worker)
        self.start_worker()
        self.wait_for(lambda: not self.letters("fate IN ('waiting', 'sending')"), "letters stay behind", 120)
        self.kill(self.web)
        self.worker.terminate()
        self.worker.wait(60)
        self.check_after(kills)
        self.lines.append(f"{self.sound} of {kills + 1} times the database was sound after a kill")
        with self.app.app_context():
            self.count()
        self.mailbox.down()

    def count(self) -> None:
        """One line for each promise; one that is broken raises."""
        receipts = [reference for client in self.clients for reference in client.receipts.values()]
        bookings = db.session.query(Booking).all()
        there = Counter(booking.reference for booking in bookings)
        assert receipts and all(there[reference] == 1 for reference in receipts)
        self.lines.append(f"{len(receipts)} of {len(receipts)} acknowledged bookings are there once")
        seen = Counter(status for client in self.clients for status in client.seen.values())
        self.lines.append(f"{seen.total()} of {seen.total()} states that somebody saw are there, or what came after: "
                          + ", ".join(f"{n} {status}" for status, n in sorted(seen.items())))
        visits = {id for client in self.clients for id in client.visits}
        assert len(visits) == len({v.id for v in db.session.query(Visit).filter(Visit.id.in_(visits))})
        self.lines.append(f"{len(visits)} of {len(visits)} visits that somebody saw are there")
        for booking in bookings:
            called_for = Counter(e.kind.value for e in booking.events if e.kind.type.letter)
            assert called_for == Counter(letter.kind for letter in booking.letters), booking.reference
        told = db.session.query(Letter).filter(Letter.booking_id.is_not(None)).count()
        self.lines.append(f"{told} of {told} letters that a change calls for were written, each once")
        mails = {x.message_id for x in db.session.query(Letter).filter_by(channel=Channel.EMAIL,
            delivery_status=DeliveryStatus.SENT)}
        unsent = db.session.query(Letter).filter(
            Letter.channel == Channel.EMAIL, Letter.delivery_status != DeliveryStatus.SENT).all()
        assert all(letter.error == letter.why_void == "void" for letter in unsent), "unsent"
        took = {id for id, _ in self.mailbox.took} - {letter.message_id for letter in unsent}  # a killed worker's word
        assert mails == took, f"{len(mails - took)} letters are missing, {len(took - mails)} are unknown"
        excused, unexcused = self.mailbox.twice()
        assert not unexcused, f"{unexcused} letters came twice without an excuse"
        self.lines.append(f"{len(mails)} of {len(mails)} letters reached the mail server, which refused or hung up on "
                          f"{len(self.mailbox.begun) - len(self.mailbox.took)} more at their end; none is missing")
        self.lines.append(f"{excused} came twice under one Message-ID, their worker killed between 250 and commit; "
                          "0 came twice otherwise")

    def serves(self) -> bool:
        with suppress(OSError, HTTPException), closing(HTTPConnection(self.host, timeout=60)) as connection:
            connection.request("GET", "/saadan-virker-det")
            return connection.getresponse().status == 200
        return False

    def letters(self, rule: str) -> int:
        with closing(sqlite3.connect(self.folder / "bookings.sqlite", timeout=60)) as one:
            return one.execute(f"SELECT count(*) FROM letters WHERE way = 'email' AND {rule}").fetchone()[0]

    def wait_for(self, what, complaint: str, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, f"{complaint}\n{self.log[-3000:]}"
            time.sleep(.05)

    # Troubles that pass.

    def full_disk(self, room: int = 700_000) -> None:
        """No file may grow beyond `room`: a page with what was typed, nothing half-written, and soon all is well."""
        self.mailbox.up()
        self.start_web()
        client, booked = Client(self.host, self.over), []
        client.token = client.ask("/bestil/faerdselskontrol").token
        [worker] = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        _, most = resource.prlimit(int(worker), resource.RLIMIT_FSIZE)
        resource.prlimit(int(worker), resource.RLIMIT_FSIZE, (room, most))
        while True:
            typed = wish(client.new_form())
            answer = client.press("/bestil/faerdselskontrol", **typed, send="1")
            if answer.status != 303:
                break
            booked.append(name_of(typed["once"]))
            assert len(booked) < 200, "the disk is never full"
        assert answer.status == 503 and typed["road"] in answer.html and WISH["text"] in answer.html
        with closing(sqlite3.connect(self.folder / "bookings.sqlite")) as one:
            assert one.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert [name_of(once) for once, in one.execute("SELECT once FROM bookings ORDER BY id")] == booked
            assert one.execute("SELECT count(*) FROM letters").fetchone()[0] == len(booked)
        resource.prlimit(int(worker), resource.RLIMIT_FSIZE, (most, most))
        assert client.press("/bestil/faerdselskontrol", **typed, send="1").status == 303
        self.lines.append(f"disk full after {len(booked)} bookings: a page with what was typed, nothing half-written; "
                          "with room again the same form went through")

    def locked(self, seconds: float) -> None:
        """Another process holds the database: whoever sends waits, and is served."""
        if self.web is None:
            self.start_web()
        client = Client(self.host, self.over)
        client.token = client.ask("/bestil/faerdselskontrol").token
        with closing(sqlite3.connect(self.folder / "bookings.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            free = threading.Timer(seconds, lambda: None)
            free.start()
            answers, begun = [], time.monotonic()
            sender = threading.Thread(target=lambda: answers.append(client.press(
                "/bestil/faerdselskontrol", **wish("the patient"), send="1")))
            sender.start()
            assert client.ask_once("/bestil/faerdselskontrol").status == 200, "who only reads does not wait"
            free.join()
            assert not answers
            other.execute("COMMIT")
        sender.join(60)
        assert answers[0].status == 303
        self.lines.append(f"locked by somebody else for {seconds:.0f} s: readers did not wait, and who sent waited "
                          f"{time.monotonic() - begun:.1f} s and has a receipt")

    def denied(self, bookings: int) -> None:
        """The relay lets nothing through for a while: letters wait, the operator is told, and all go when it does."""
        self.mailbox.says = {"RCPT": "554 5.7.1 Relay access denied"}
        self.mailbox.up()
        self.start_web()
        client = Client(self.host, self.over)
        client.token = client.ask("/bestil/faerdselskontrol").token
        for _ in range(bookings):
            client.book()
        self.start_worker()
        self.wait_for(lambda: self.letters("tries > 0"), "no letter is tried")
        self.wait_for(lambda: "stuck" in client.ask_once("/health").html, "nobody is told")
        self.kill(self.worker)
        assert not self.letters("fate NOT IN ('waiting', 'sending')")
        waited = self.letters("TRUE")
        self.mailbox.moody(False)
        self.start_worker()
        self.wait_for(lambda: not self.letters("fate <> 'sent'"), "letters stay behind")
        assert client.ask_once("/health").status == 200
        took = [id for id, _ in self.mailbox.took]  # the digest to officers among them, or not: it is the worker's next step
        assert len(set(took)) == len(took) >= waited >= bookings
        self.lines.append(f"relay denied: {waited} of {waited} letters waited, /health said so, and all went when "
                          "it was right again")

    def stale(self, cases: int) -> None:
        """Two officers have the same page before them, and press at one time: one goes through, the other is shown
        what has changed."""
        self.start_web()
        both = Client(self.host, self.over), Client(self.host, self.over)
        for client in both:
            client.log_in()
        with ThreadPoolExecutor(2) as together:
            for _ in range(cases):
                case = f"/kontor/sag/{both[0].book()[0]}"
                [version] = {client.ask(case).hidden["version"][0] for client in both}
                numbers = secrets.token_hex(4), secrets.token_hex(4)
                answers = together.map(lambda client, number, version=version, case=case: client.press(
                    f"{case}/journal", journal=number, version=version).status, both, numbers)
                answers = dict(zip(answers, numbers, strict=True))
                assert set(answers) == {303, 409}, answers
                assert f'value="{answers[303]}"' in both[0].ask(case).html, "the one that was told that it is kept"
        self.lines.append(f"stale presses: {cases} of {cases} times one of two officers who pressed on the same page "
                          "went through, and the other was shown what had changed")

    def held(self, cases: int, bookings: int) -> None:
        """So many cases are exported while so many book: for how long the write lock is held by one of all writers, and
        how long a booking takes."""
        with self.app.app_context():
            archive.fill(cases, cases // 5)
            begun = db.session.scalars(db.select(Visit).where(Visit.service == "meeting", Visit.starts_at < now()))
            tasks = f"/kontor/besoeg/{begun.first().id}/opgaver"
            db.session.rollback()
        file = self.folder / "holds"
        self.start_web(by=(sys.executable, str(ROOT / "tests" / "holds.py"), str(file)))
        client, slowest = Client(self.host, self.over), 0.0
        client.log_in()
        with Crowd(client, tasks).busy() as crowd:
            while bookings or not all(crowd.rounds.values()):
                begun = time.monotonic()
                client.book()
                slowest, bookings = max(slowest, time.monotonic() - begun), max(bookings - 1, 0)
        longest, work, count = file.read_text().split()
        self.lines.append(
            f"the longest of {count} holds of the write lock took {longest} ms, with at most {work} ms of work in one, "
            f"and the slowest booking {slowest:.2f} s, "
            f"while {cases} cases went out to a slow reader, an officer's photo came in slowly, {GUESSERS} guessed "
            f"passwords and {SLOW_SENDERS} sent an octet a second")
        assert float(work) < 100, self.lines[-1]

    def leave(self) -> None:
        self.over.set()
        for process in (self.web, self.worker):
            if process and process.poll() is None:
                self.kill(process)
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self._socket.close()
        self.mailbox.down()


def made(folder: Path) -> Path:
    """A district with one officer."""
    app = create_app({"INSTANCE": str(folder), "TESTING": True})
    with app.app_context():
        upgrade()
        Officer.add(OFFICER, "Ida Betjent", PASSWORD)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return folder


def strange_inputs(folder: Path, inputs: int, number: int) -> str:
    """Every form of both audiences, filled in by chance and bad will: what came of it."""
    with fuzzed(made(folder)) as fuzz:
        return fuzz.run(inputs, number)


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the site under load, again and again, and count what it kept.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--inputs", type=int, default=100_000, help="strange ones, to every form")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6),
                        help="of the moments, the moods and the inputs")
    parser.add_argument("--keep", help="a folder in which the database and the log stay behind")
    chosen = parser.parse_args()
    random.seed(chosen.seed)
    print(f"seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(chosen.keep or temporary)
        for name, trial in (("kills", lambda o: o.run(chosen.kills, (.3, 2.5))),
                            ("disk", lambda o: o.full_disk()), ("lock", lambda o: o.locked(10)),
                            ("relay", lambda o: o.denied(20)), ("stale", lambda o: o.stale(50)),
                            ("crowd", lambda o: o.held(20_003, 100))):
            if not chosen.kills:  # only the inputs are wanted
                break
            ordeal = Ordeal(made(home / name))
            try:
                trial(ordeal)
            finally:
                ordeal.leave()
                print("\n".join(f"kept  {line}" for line in ordeal.lines), flush=True)
        if chosen.inputs:
            print("kept ", strange_inputs(home / "inputs", chosen.inputs, chosen.seed), flush=True)


if __name__ == "__main__":
    sys.exit(main())
