"""Several web processes count together where Redis is named, and each for itself where it is gone."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing

import databases
import pytest
from browser import Site, free_port
from conftest import ROOT
from helpers_servers import Browser, codes
from tools import needs

pytestmark = [pytest.mark.system, pytest.mark.postgres, needs("redis-server")]


class Counted(Site):
    """Three web processes, with their limits on."""

    def serve(self) -> None:
        door = self._socket.fileno()
        env = {**os.environ, "BOOKING_INSTANCE": str(self.folder), "BOOKING_SERVER_NAME": self.host,
               "BOOKING_RATELIMIT_STORAGE_URI": self.redis}
        with self._log.open("a") as log:
            self._running.append(subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--bind", f"fd://{door}", "--workers", "3", "--threads", "4",
                 "app:create_app()"], cwd=ROOT, stdout=log, stderr=log, pass_fds=(door,), env=env))


@pytest.fixture
def redis(tmp_path):
    port = free_port()
    process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir",
                                str(tmp_path)], stdout=subprocess.DEVNULL)
    for _ in range(1200):
        with closing(socket.socket()) as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait()


@pytest.fixture
def site(template, tmp_path, redis):
    site = Counted(databases.copied(template, tmp_path / "site"))
    site.redis = redis[0]
    try:
        site.serve()
        yield site
    finally:
        site.stop()


def looks(person: Browser, count: int) -> list:
    """Somebody who guesses at references."""
    found = []
    for _ in range(count):
        person.get("/find")
        found.append(person.press("/find", reference="K7MDPXQA", contact="anna@example.dk"))
    return found


def test_limits_hold_across_processes_and_the_site_outlives_redis(site, redis):
    assert codes(looks(Browser(site), 14)) == {422: 10, 429: 4}, "ten in ten minutes, whichever process answers"
    redis[1].kill()
    redis[1].wait()
    answers = looks(Browser(site), 12)
    assert set(codes(answers)) <= {422, 429} and answers[0].status == 422, "up, and each counts for itself"
    assert Browser(site).get("/bestil/faerdselskontrol").status == 200
    assert 1 <= site.log.count("Rate limit storage unreachable") <= 3, "said once by each process"
