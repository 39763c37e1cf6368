"""Pages asked of an application in this process, without a server: how long they take, in milliseconds.

With SQLite all of the work is done here, so that the processor's own clock tells it, whatever else the machine does.
"""

import time
from statistics import median

from flask.testing import FlaskClient

from .archives import EMAIL, PASSWORD, SERVER, Archive
from .visitors import FORM, bare_wish, hidden

ROUNDS, WARM_UP = 15, 2
clock = time.perf_counter if SERVER else time.process_time


def officer_client(archive: Archive) -> FlaskClient:
    client = archive.app.test_client()
    page = client.get("/kontor/log-ind").get_data(as_text=True)
    client.post("/kontor/log-ind", data={**hidden(page, "csrf_token"), "email": EMAIL, "password": PASSWORD})
    return client


def book(archive: Archive) -> None:
    client = archive.app.test_client()
    page = client.get(FORM).get_data(as_text=True)
    answer = client.post(FORM, data={**bare_wish(), **hidden(page, "csrf_token", "once"), "send": "1"})
    assert answer.status_code == 303


def medians(client: FlaskClient, pages: dict[str, str]) -> dict[str, float]:
    """Of each page, by its name."""
    return {name: _median(client, path) for name, path in pages.items()}


def _median(client: FlaskClient, path: str) -> float:
    times = []
    for _ in range(WARM_UP + ROUNDS):
        begun = clock()
        answer = client.get(path, follow_redirects=True, buffered=True)
        times.append((clock() - begun) * 1000)
        assert answer.status_code == 200, f"{path}: {answer.status}"
    return median(times[WARM_UP:])


def print_ratios(heads: list[str], few: dict[str, float], many: dict[str, float]) -> None:
    """What each page takes with few and with many, and how many times as long."""
    print(f"| Page | {' | '.join(heads)} | Ratio |\n|---|---|---|---|")
    for name, ms in few.items():
        print(f"| {name} | {ms:.1f} ms | {many[name]:.1f} ms | {many[name] / ms:.2f}× |")
