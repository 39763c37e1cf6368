"""The files for a real machine: systemd takes them, an update loses no request, and the way there is sealed."""

import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import GIVE_UP_AFTER
from conftest import ROOT
from helpers_servers import DEPLOY, call
from ordeal import Answer, Client, Gone, name_of, wish
from tools import needs

from models import Booking, db

pytestmark = pytest.mark.system

HERE = "/opt/booking/current"
ROUNDS = int(os.environ.get("UPDATES", 1))  # how often the site is updated under load


@pytest.fixture
def units(tmp_path):
    """The units of one district, as they would be installed for this tree."""
    shutil.copytree(DEPLOY, tmp_path / "units")
    for file in [p for p in (tmp_path / "units").rglob("*") if p.is_file()]:
        # Whatever installed the packages of this tree also has their commands.
        file.write_text(file.read_text().replace(f"{HERE}/.venv/bin", os.path.dirname(sys.executable))
                        .replace(HERE, str(ROOT)))
        file.rename(file.with_name(file.name.replace("@.", "@naestved.")))
    return tmp_path / "units"


def systemd(units, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_COLORS": "0"})


@needs("systemd-analyze")
@pytest.mark.parametrize("name", ["booking-web@naestved.service", "booking-web@naestved.socket",
                                  "booking-letters@naestved.service"])
def test_systemd_has_nothing_to_say_against_our_units(units, name):
    said = systemd(units, "verify", str(units / name))
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@needs("systemd-analyze")
@pytest.mark.parametrize("name", ["booking-web@naestved.service", "booking-letters@naestved.service"])
def test_what_is_broken_into_can_touch_nothing_else(units, name):
    """By systemd's own points: 10 is open to all, below 2 is what it calls well closed."""
    said = systemd(units, "security", "--offline=true", str(units / name))
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)[1]) < 2, said.stdout + said.stderr


class Caller(Client):
    """Books again and again, and never asks twice: what is not answered at once is lost."""

    def log_in(self) -> None:
        self.answers, self.slowest = 0, 0.0
        self.token = self.ask("/bestil/faerdselskontrol").token

    def live(self) -> None:
        if self.over.is_set():
            raise Gone
        self.book()

    def ask(self, path: str, body: str | None = None) -> Answer:
        began = time.monotonic()
        answer = self.ask_once(path, body)
        assert answer.status < 400, f"{answer.status}: {answer.text[:200]}"
        self.answers, self.slowest = self.answers + 1, max(self.slowest, time.monotonic() - began)
        return answer


def test_an_update_under_load_loses_no_request(installed, capsys):
    """Configuration is read anew by HUP, a new version is started by a stop and a start."""
    installed.serve()
    over = threading.Event()
    callers = [Caller(installed.host, over) for _ in range(4)]
    for caller in callers:
        caller.start()
    for _ in range(ROUNDS):
        go_on(callers)
        before = children(installed.web.pid)
        installed.web.send_signal(signal.SIGHUP)
        wait_until_gone(installed.web.pid, before)
        go_on(callers)
        installed.web.terminate()
        assert installed.web.wait(60) == 0
        installed.serve()
        go_on(callers)
    over.set()
    for caller in callers:
        caller.join(60)
        assert caller.broken is None
    with installed.app.app_context():
        kept = {name_of(b.form_token): b.reference for b in db.session.query(Booking)}
    told = {name_of(once): reference for caller in callers for once, reference in caller.receipts.items()}
    assert told and told == kept
    print(f"{sum(c.answers for c in callers)} requests and {len(told)} bookings through {ROUNDS} HUPs and {ROUNDS} "  # noqa: T201
          f"restarts, none lost; the slowest took {max(c.slowest for c in callers):.1f} s")


def go_on(callers: list[Caller]) -> None:
    """Until they have had so many more answers that some are from whoever works now."""
    enough, until = sum(c.answers for c in callers) + 40, time.monotonic() + 60
    while sum(c.answers for c in callers) < enough and not any(c.broken for c in callers):
        assert time.monotonic() < until, "nobody answers"
        time.sleep(.05)


def wait_until_gone(pid: int, before: set[int]) -> None:
    """Until no worker of those before is left: each ends when it has given its last answer."""
    until = time.monotonic() + GIVE_UP_AFTER
    while before & children(pid):
        assert time.monotonic() < until, "the old one still works"
        time.sleep(.05)


def children(pid: int) -> set[int]:
    return {int(n) for task in Path(f"/proc/{pid}/task").iterdir() for n in (task / "children").read_text().split()}


@needs("caddy")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_the_way_to_the_site_is_sealed_and_what_passes_is_not_written_down(installed, sealed):
    installed.environment = {"BOOKING_PROXIES": "1", "BOOKING_PREFERRED_URL_SCHEME": "https",
                             "BOOKING_SERVER_NAME": f"localhost:{sealed.port}"}
    installed.serve()
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        assert call(sealed.port, "/health", version).status == 200
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        call(sealed.port, "/health", ssl.TLSVersion.TLSv1_1)
    with closing(HTTPConnection("localhost", sealed.plain)) as plain:
        plain.request("GET", "/find")
        answer = plain.getresponse()
        assert (answer.status, answer.headers["Location"]) == (308, "https://localhost/find")
    form = f"https://localhost:{sealed.port}/bestil/faerdselskontrol"
    page = call(sealed.port, "/bestil/faerdselskontrol")
    sent = call(sealed.port, "/bestil/faerdselskontrol", headers={
        "Cookie": page.cookie, "Referer": form, "Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode({"csrf_token": page.token, **wish("once"), "send": "1"}, doseq=True))
    assert sent.status == 303 and sent.goes_to.startswith("/sag/")
    assert call(sealed.port, sent.goes_to).status == 200
    installed.stop()
    assert call(sealed.port, sent.goes_to).status == 502 and "connection refused" in sealed.log.read_text()
    assert sent.goes_to.split("/")[3] not in sealed.log.read_text()
