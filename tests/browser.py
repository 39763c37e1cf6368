"""A real site and a real browser: gunicorn, the letter worker, a mail server, and a Chromium that sees nothing else."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.request import urlopen

import databases
import time_machine
from aiosmtpd.controller import Controller
from conftest import ROOT
from flask_babel import force_locale, gettext
from icalendar import Calendar, Event

from app import create_app
from models import COPENHAGEN, db

SCREENSHOTS = os.environ.get("SCREENSHOTS")  # a folder: every page at both widths is kept there for people to look at
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
# What time it is on a running site, so that nothing hangs on the day: a Wednesday in the month with the longest name.
# It lies ahead, because a browser throws away a cookie whose time is past.
MOMENT = datetime(2035, 9, 26, 10, tzinfo=COPENHAGEN)
ROW_LABELS = ("Row %(number)s", "Suggestion %(number)s")  # what a question that has several rows calls each
GIVE_UP_AFTER = 60  # seconds for a state to come about, on a machine that has much else to do


def find_chromium() -> str | None:
    """Without windows where there is one: the same pages for two thirds of the work."""
    names = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"
    return next(filter(None, map(shutil.which, names)), None)


@dataclass(frozen=True)
class Citizen:
    """Who asks; the text is their own, so that it can be found again."""

    name: str
    email: str
    text: str


class Mail:
    """One mail, as its reader's program shows it."""

    def __init__(self, content: bytes, recipient: str):
        mail = message_from_bytes(content, policy=policy.default)
        self.to, self.subject, self.language = recipient, mail["Subject"], mail["Content-Language"]
        self.text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.html = mail.get_body(("html",)).get_content()
        self.attached = list(mail.iter_attachments())

    def entry(self, method: str) -> Event:
        """The one thing attached, as a calendar program takes it: an entry to put in, or to take out."""
        (part,) = self.attached
        assert (part.get_content_type(), part.get_param("method")) == ("text/calendar", method)
        calendar = Calendar.from_ical(part.get_content())
        assert calendar["method"] == method
        return entries(calendar)[0]

    @property
    def link(self) -> str:
        """The one address under which the citizen sees the case; the HTML twin has the same."""
        link = re.search(r"http://\S+/sag/\S+", self.text)[0]
        assert f'href="{link}"' in self.html
        return link


def entries(calendar: Calendar | str) -> list[Event]:
    """What stands in a calendar, each on Danish time."""
    calendar = Calendar.from_ical(calendar) if isinstance(calendar, str) else calendar
    found = calendar.walk("VEVENT")
    assert all(e[at].params["TZID"] == "Europe/Copenhagen" for e in found for at in ("dtstart", "dtend"))
    return found


class Mailbox:
    """A mail server of our own, and all that reached it."""

    def __init__(self):
        self.mails: list[Mail] = []
        self._arrived = threading.Condition()
        self.port, self._server = free_port(), None

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (aiosmtpd calls it so)
        with self._arrived:
            self.mails += [Mail(envelope.content, recipient) for recipient in envelope.rcpt_tos]
            self._arrived.notify_all()
        return "250 OK"

    def to(self, recipient: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == recipient]

    def wait_for(self, recipient: str, number: int) -> Mail:
        """The newest mail to `recipient`, once `number` have come."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.to(recipient)) >= number, GIVE_UP_AFTER)
            assert came, f"{recipient} has {len(self.to(recipient))} mails, not {number}"
            return self.to(recipient)[-1]

    def open(self):
        self._server = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=GIVE_UP_AFTER)
        self._server.start()

    def close(self):
        if self._server:
            self._server.stop()


def free_port() -> int:
    """For who listens later: below those that a system lends to callers, one of whom might take it meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(22_000)
        with closing(socket.socket()) as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


class Site:
    """The site as bin/run starts it, in a folder of its own. `app` is the same site inside the test, to look into.

    `ahead` is how far the clocks of its processes are set ahead.
    """

    def __init__(self, folder: Path, ahead: timedelta = timedelta()):
        self.folder, self.mailbox, self.ahead = folder, Mailbox(), ahead
        # The socket is ours before the server starts, so nobody can take the port, and the first visitor just waits.
        self._socket = socket.create_server(("127.0.0.1", free_port()), backlog=64)
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"http://{self.host}"
        self.app = create_app({"INSTANCE": str(folder), "TESTING": True, "SERVER_NAME": self.host,
                               "RATELIMIT_ENABLED": False})
        self._running, self._log, self.environment = [], folder / "server.log", {}

    def start(self) -> None:
        self.mailbox.open()
        self._run("letter_worker", "--seconds", "0.5")
        self.serve()

    def serve(self) -> None:
        """The web server alone: letters are written, and wait."""
        door = self._socket.fileno()
        self._run("gunicorn", "--bind", f"fd://{door}", "--workers", "1", "app:create_app()", pass_fds=(door,))
        until = monotonic() + GIVE_UP_AFTER
        while not self.is_well():
            assert monotonic() < until, "the site does not become well"
            sleep(.1)

    def is_well(self) -> bool:
        """Not while the worker has just begun with what has waited since before."""
        try:
            with urlopen(self.url + "/health", timeout=GIVE_UP_AFTER) as answer:  # noqa: S310
                return answer.status == 200
        except HTTPError as error:
            if error.code != 503:
                raise
            return False

    def cut_off(self) -> None:
        """Nobody reaches the site any more: whoever tries is refused at once, as by a phone without a network."""
        server = self._running.pop()
        server.terminate()
        server.wait(GIVE_UP_AFTER)
        self._socket.close()

    def connect(self) -> None:
        """The site is reached again, at the same address."""
        self._socket = socket.create_server(("127.0.0.1", int(self.host.split(":")[1])), backlog=64)
        self.serve()

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(GIVE_UP_AFTER)
        self._socket.close()
        self.mailbox.close()
        assert "Traceback" not in self.log, self.log

    @property
    def log(self) -> str:
        """What the processes have said, all of it."""
        return self._log.read_text()

    def _run(self, module: str, *arguments: str, by: tuple = (sys.executable, "-m"), **how) -> None:
        if self.ahead:
            by = (sys.executable, str(ROOT / "tests" / "clocked.py"), str(self.ahead.total_seconds()))
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BOOKING_", "FLASK_"))}
        with self._log.open("a") as log:
            self._running.append(subprocess.Popen(
                [*by, module, *arguments], cwd=ROOT, stdout=log, stderr=log, **how, env={
                    **clean, "BOOKING_INSTANCE": str(self.folder), "BOOKING_SERVER_NAME": self.host,
                    "BOOKING_MAIL_SERVER": "127.0.0.1", "BOOKING_MAIL_PORT": str(self.mailbox.port),
                    "BOOKING_RATELIMIT_ENABLED": "false", "BOOKING_BACKUP_HOUR": "null",
                    "BOOKING_SECOND_FACTOR": "false", "BOOKING_BOT_CHECK": "false", **self.environment}))

    def words(self, sentence: str, language: str, **values) -> str:
        """What the site says for `sentence` in `language`: the tests follow the catalogue, whatever it says."""
        with self.app.app_context(), force_locale(language):
            return gettext(sentence, **values)


@contextmanager
def running(folder: Path, template: Path, furnish: Callable = lambda app: {}, **environment: str) -> Iterator[Site]:
    """A site in `folder` at MOMENT, furnished before anybody comes; `known` is where things are in it."""
    databases.copied(template, folder / "instance")
    ahead = MOMENT - datetime.now(UTC)
    with time_machine.travel(MOMENT):
        site = Site(folder / "instance", ahead)
        site.environment = environment
        site.known = furnish(site.app)
        try:
            site.start()
            yield site
        finally:
            with site.app.app_context():
                db.session.remove()
                db.engine.dispose()
            site.stop()


def is_open(summary) -> bool:
    return summary.evaluate("e => e.parentElement.open")


class Visitor:
    """Somebody with a browser of their own. Whoever talks to another host, or breaks a script, is found out."""

    def __init__(self, chromium, site: Site, *, language: str = "da", javascript: bool = True, size: dict = DESKTOP):
        self.site, self.language = site, language
        self.context = chromium.new_context(base_url=site.url, java_script_enabled=javascript, viewport=size,
                                            locale="da-DK", timezone_id="Europe/Copenhagen", reduced_motion="reduce")
        self.context.set_default_timeout(GIVE_UP_AFTER * 1000)
        self.page = self.context.new_page()
        self.foreign, self.broken = [], []
        self.status = 0  # of the page in front
        self.context.on("request", self._see_request)
        self.context.on("response", self._see_response)
        self.context.on("console", self._see_console)
        self.context.on("weberror", lambda error: self.broken.append(str(error.error)))

    def open(self, path: str) -> None:
        self.page.goto(path, wait_until="load")

    def say(self, sentence: str, **values) -> str:
        return self.site.words(sentence, self.language, **values)

    def field(self, sentence: str, row=None):
        """A field by its label, in one row where many have it, whether or not the label adds that it is optional."""
        label = f"{re.escape(self.say(sentence))}( {re.escape(self.say('optional'))})?"
        return (row or self.page).get_by_label(re.compile(rf"^\s*{label}\s*$")).and_(self.page.locator(
            "select, textarea, input:not([type=radio], [type=checkbox])"))

    def group(self, sentence: str):
        """A question whose answers are ticked."""
        label = f"{re.escape(self.say(sentence))}( {re.escape(self.say('optional'))})?"
        return self.page.get_by_role("group", name=re.compile(rf"^{label}$"))

    def row(self, question: str, number: int):
        """A row of a question that may be answered several times."""
        labels = "|".join(re.escape(self.say(label, number=number)) for label in ROW_LABELS)
        return self.group(question).get_by_role("group", name=re.compile(rf"^({labels})$"))

    # With the mouse, as most people fill in a form. Keyboard (below) does the same without one.

    def write(self, label: str, text: str, row=None) -> None:
        self.field(label, row).fill(text)

    def tick(self, question: str, *answers: str) -> None:
        for answer in answers:
            self.group(question).get_by_text(self.say(answer), exact=True).click()
            assert self.group(question).get_by_label(self.say(answer), exact=True).is_checked()

    def confirm(self, sentence: str) -> None:
        self.page.locator("label").get_by_text(self.say(sentence), exact=True).click()

    def choose(self, label: str, answer: str, row=None) -> None:
        self.field(label, row).select_option(answer)

    def press(self, button: str) -> None:
        self.enter(self.page.get_by_role("button", name=self.say(button), exact=True))

    def follow(self, link: str) -> None:
        self.enter(self.page.get_by_role("link", name=self.say(link), exact=True).first)

    def enter(self, target) -> None:
        """Press it. Where that leads to another page, that one is there afterwards, with its scripts."""
        target.click()
        self.page.wait_for_load_state()

    def answer(self, answers: dict, row=None) -> None:
        """Question by question as the page has them: words are written or chosen, a tuple ticked, a list fills rows."""
        for question, answer in answers.items():
            if isinstance(answer, tuple):
                self.tick(question, *answer)
            elif isinstance(answer, list):
                for number, each in enumerate(answer, 1):
                    if not self.row(question, number).is_visible():
                        self.enter(self.group(question).locator("summary"))
                    self.answer(each, self.row(question, number))
            elif self.field(question, row).evaluate("e => e.matches('select')"):
                self.choose(question, self.say(answer), row)
            else:
                self.write(question, answer, row)

    def unfold(self, sentence: str) -> None:
        self.enter(self.page.locator("summary", has_text=self.say(sentence)))

    def leave(self) -> None:
        self.context.close()
        assert not self.foreign, f"asked elsewhere: {self.foreign}"
        assert not self.broken, f"broken in the browser: {self.broken}"

    def _see_request(self, request) -> None:
        if not request.url.startswith((self.site.url + "/", "data:", "about:", "blob:")):
            self.foreign.append(request.url)

    def _see_response(self, response) -> None:
        if response.request.is_navigation_request():
            self.status = response.status
        elif response.status >= 400:
            self.broken.append(f"{response.status} {response.url}")

    def _see_console(self, message) -> None:
        # Chromium reports a page that answers 404 or 422 as an error of its own; such pages are meant.
        if message.type == "error" and not re.search(r"responded with a status of 4\d\d", message.text):
            self.broken.append(f"{message.text} ({message.location})")


class Keyboard(Visitor):
    """Somebody who has no mouse: Tab, arrows, Space and Enter, and always sees where they are."""

    @cached_property
    def types_as_americans(self) -> bool:
        """Whether a day is typed after its month: a browser without Danish asks for it so, whatever the page says."""
        page = self.context.new_page()
        page.set_content("<input type=date>")
        page.keyboard.press("Tab")
        page.keyboard.type("01022003")
        month_first = page.locator("input").input_value() == "2003-01-02"
        page.close()
        return month_first

    def go_to(self, target) -> None:
        """Tab by Tab, on the page that `target` stands on, once that is complete; every stop on the way is seen."""
        target.wait_for(state="attached")
        self.page.wait_for_load_state()
        element = target.element_handle()  # looked for once
        for _ in range(150):
            self.page.keyboard.press("Tab")
            seen = self.page.evaluate(FOCUS, element)
            if seen["nowhere"]:
                continue  # the page has not taken the focus yet, or its end is passed
            if not (seen["ring"] and seen["inside"]):
                self.see_focus()
            if seen["there"]:
                return
        raise AssertionError(f"Tab never leads to {target}")

    def see_focus(self) -> None:
        until = monotonic() + GIVE_UP_AFTER
        while not ((seen := self.page.evaluate(FOCUS))["ring"] and seen["inside"]) and monotonic() < until:
            pass  # a busy browser draws the ring a moment after the focus has moved
        assert seen["ring"] and seen["inside"], f"focus is not seen: {seen}"

    def write(self, label: str, text: str, row=None) -> None:
        field = self.field(label, row)
        self.go_to(field)
        match field.get_attribute("type"):
            case "date":
                text = f"{date.fromisoformat(text):{'%m%d%Y' if self.types_as_americans else '%d%m%Y'}}"
            case "time":
                text = f"{time.fromisoformat(text):{'%I%M%p' if self.types_as_americans else '%H%M'}}"
        self.page.keyboard.type(text)

    def tick(self, question: str, *answers: str) -> None:
        for answer in answers:
            wanted = self.group(question).get_by_label(self.say(answer), exact=True)
            if wanted.get_attribute("type") == "checkbox":
                self.go_to(wanted)
                self.page.keyboard.press("Space")
            else:
                self.go_to(self.group(question).get_by_role("radio").first)
                while not wanted.evaluate("e => e === document.activeElement"):
                    self.page.keyboard.press("ArrowDown")
                self.page.keyboard.press("Space")
            assert wanted.is_checked()

    def confirm(self, sentence: str) -> None:
        self.go_to(self.page.get_by_role("checkbox", name=self.say(sentence), exact=True))
        self.page.keyboard.press("Space")

    def choose(self, label: str, answer: str, row=None) -> None:
        self.go_to(self.field(label, row))
        self.page.keyboard.type(answer)
        assert answer in self.field(label, row).evaluate("e => [e.value, e.selectedOptions[0].label]")

    def enter(self, target) -> None:
        self.go_to(target)
        target.press("Enter")  # unlike keyboard.press, it waits until the page that it asks for has begun
        self.page.wait_for_load_state()


# Where the focus is, whether at `target`, and whether a person sees it: a ring of its own or of the box around it,
# inside the window. The button inside a date is the browser's own, and so is its ring: there, the field has the focus
# and yet has it not.
FOCUS = """(target) => {
  const e = document.activeElement, ring = (x) => {
    const s = getComputedStyle(x);
    return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
  };
  const r = e.getBoundingClientRect();
  return {
    what: e.outerHTML.slice(0, 120), nowhere: e === document.body, there: e === target,
    ring: ring(e) || (e.closest(".choice") && ring(e.closest(".choice"))) ||
      e.matches("[type=date]:not(:focus), [type=time]:not(:focus), [type=month]:not(:focus)"),
    inside: r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
  };
}"""

