"""Who asks the servers, over lines that stay open, and how much of processor or time each answer takes."""

import gzip
import itertools
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import quantiles
from urllib.parse import urlencode

from .servers import GIVE_UP_AFTER, Server

AT_ONCE, EACH = 16, 25  # connections; bookings on each
CPU_SECONDS = 0.5  # of the server, at least, for one figure: /proc counts hundredths
SOME = 20  # requests between two looks at the clock of the server
WARM_UP = 10  # requests that do not count
FORM = "/bestil/faerdselskontrol"
# As citizens answer who honestly answer what is asked.
WISH = {"problem": "speeding", "from_to": "fra kirken til skolen", "postcode": "4690", "worst": "morning",
        "text": "Bilerne suser forbi skolebørnene hver morgen.", "name": "Anna Jensen", "reply": "email",
        "language": "da"}
LETTERS = str.maketrans("0123456789", "abcdefghij")
numbers = itertools.count(1)


class Visitor:
    """A browser as far as a server sees it: one line, one cookie, and it takes what is packed."""

    def __init__(self, host: str):
        self.line, self.cookie = HTTPConnection(host, timeout=GIVE_UP_AFTER), ""
        self.body, self.status, self.goes_to = b"", 0, ""

    def get(self, path: str) -> None:
        """What came, as it came, is `body`."""
        self._ask("GET", path, None, 200)

    def post(self, path: str, typed: dict) -> None:
        self._ask("POST", path, urlencode(typed, doseq=True), 303)

    def hidden(self, *names: str) -> dict:
        """The values of these hidden fields of the page in front."""
        return hidden((gzip.decompress(self.body) if self.body[:2] == b"\x1f\x8b" else self.body).decode(), *names)

    def _ask(self, method: str, path: str, body: str | None, wanted: int) -> None:
        self.line.request(method, path, body, {
            "Accept-Encoding": "gzip, br", "Cookie": self.cookie,
            **({"Content-Type": "application/x-www-form-urlencoded"} if body else {})})
        answer = self.line.getresponse()
        self.body, self.goes_to = answer.read(), answer.headers["Location"]
        self.cookie = (answer.headers["Set-Cookie"] or self.cookie).partition(";")[0]
        assert answer.status == wanted, f"{method} {path}: {answer.status}\n{self.body[:2000]}"


def hidden(page: str, *names: str) -> dict:
    return {name: re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page)[1] for name in names}


def log_in(host: str, email: str, password: str) -> Visitor:
    visitor = Visitor(host)
    visitor.get("/kontor/log-ind")
    visitor.post("/kontor/log-ind", {**visitor.hidden("csrf_token"), "email": email, "password": password})
    return visitor


def bare_wish(_visitor: Visitor | None = None) -> dict:
    """Of another road and citizen each time; a digit would be the number of a house on the same road."""
    name = str(next(numbers)).translate(LETTERS)
    return WISH | {"road": f"{name}vej", "email": f"{name}@example.dk"}


def new_wish(visitor: Visitor) -> dict:
    """A form that was opened, filled in."""
    visitor.get(FORM)
    return bare_wish() | visitor.hidden("csrf_token", "once") | {"send": "1"}


def plain_wish(visitor: Visitor) -> dict:
    """The same in the plain form."""
    visitor.get("/wish")
    return bare_wish() | visitor.hidden("csrf_token") | {"problem": "choice-1", "worst": "choice-2"}


def cpu_ms(server: Server, ask: Callable[[], None]) -> float:
    """Milliseconds of the server's processor for one request."""
    for _ in range(WARM_UP):
        ask()
    before, count = server.cpu, 0
    while server.cpu < before + CPU_SECONDS:
        for _ in range(SOME):
            ask()
        count += SOME
    return (server.cpu - before) / count * 1000


def get_cpu_ms(server: Server, path: str, visitor: Visitor | None = None) -> float:
    """Of a GET; of the first page that somebody opens, where no visitor is named."""
    def first_page():
        newcomer.cookie = ""
        newcomer.get(path)
    newcomer = Visitor(server.host)
    return cpu_ms(server, (lambda: visitor.get(path)) if visitor else first_page)


def post_cpu_ms(server: Server, path: str, make_wish: Callable[[Visitor], dict]) -> float:
    """Of a POST; the forms are fetched before, which is not counted."""
    visitor = Visitor(server.host)
    typed = [make_wish(visitor) for _ in range(WARM_UP + 200)]
    for wish in typed[:WARM_UP]:
        visitor.post(path, wish)
    before = server.cpu
    for wish in typed[WARM_UP:]:
        visitor.post(path, wish)
    return (server.cpu - before) / (len(typed) - WARM_UP) * 1000


@dataclass
class Rush:
    """What AT_ONCE senders saw: the median, the 99th percentile and the longest, in milliseconds, and how many were
    served a second."""

    p50: float
    p99: float
    longest: float
    a_second: float


def rush(server: Server, path: str, make_wish: Callable[[Visitor], dict]) -> Rush:
    """All forms are open before the first one is sent."""
    start, took = threading.Barrier(AT_ONCE + 1), []

    def send_all():
        visitor = Visitor(server.host)
        typed = [make_wish(visitor) for _ in range(EACH)]
        start.wait()
        for wish in typed:
            begun = time.perf_counter()
            visitor.post(path, wish)
            took.append((time.perf_counter() - begun) * 1000)

    with ThreadPoolExecutor(AT_ONCE) as senders:
        sent = [senders.submit(send_all) for _ in range(AT_ONCE)]
        start.wait()
        begun = time.perf_counter()
        for each in sent:
            each.result()
        seconds = time.perf_counter() - begun
    percentiles = quantiles(took, n=100)
    return Rush(percentiles[49], percentiles[98], max(took), len(took) / seconds)
