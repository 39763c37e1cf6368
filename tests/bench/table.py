"""The table of what a page, a booking and a process cost, beside the least that they could: bin/bench prints it.

Processor time is that of the server's own processes for one request, so that what else the machine does matters little;
what is waited for (percentiles, start, first paint) is measured by the clock, and wants a machine that is idle.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from .archives import EMAIL, PASSWORD, SERVER, Archive, made, on_server
from .first_view import first_and_second_view
from .servers import SITE, Server, memory, serving
from .visitors import (
    AT_ONCE,
    FORM,
    Rush,
    Visitor,
    bare_wish,
    get_cpu_ms,
    log_in,
    new_wish,
    plain_wish,
    post_cpu_ms,
    rush,
)

SMALL, BIG, STARTS, POSTGRES_PROCESSES = 1_000, 100_000, 3, 3
# Each page's goal: how many times as much as the floor it may cost.
PUBLIC = {"Booking form, GET": (FORM, 3), "Front page, GET": ("/", 3), "How it works, GET": ("/saadan-virker-det", 3),
          "Results, GET": ("/resultater", 3), "Calendar, GET": ("/kalender", 3)}
CASE_GOAL, POST_GOAL, WORK_LIST_GOAL, OFFICE_CASE_GOAL = 8, 6, 25, 20
GROWTH_GOAL = 1.3  # times as much in a big archive as in a small one
P99_GOAL = 3  # times as long as half of them take
WEB_GOAL, WORKER_GOAL, START_GOAL = 90, 70, 0.6  # megabytes, seconds


@dataclass
class Row:
    """One line: what is measured, of ours, of the floor and of the plain form app; whether the goal is met."""

    work: str
    ours: str
    goal: str
    is_met: bool
    floor: str = ""
    ratio: str = ""
    plain: str = ""

    def __str__(self) -> str:
        goal = self.goal if self.is_met else f"**{self.goal}**"
        return f"| {self.work} | {self.ours} | {self.floor} | {self.ratio} | {goal} | {self.plain} |"


def main() -> None:
    begun = time.perf_counter()
    with TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("BENCH_KEEP") or temporary)
        small, big = made(Path(temporary), SMALL), made(folder, BIG)  # a new one, for many book in it
        rows = list(_measured(small, big, Path(temporary)))
    print("| Work | Ours | Floor | Ratio | Goal | Plain Flask-WTF app |\n|---|---|---|---|---|---|")
    print(*rows, sep="\n")
    print(f"\n{sum(row.is_met for row in rows)} of {len(rows)} goals are met; those in bold are not. "
          f"Measured in {time.perf_counter() - begun:.0f} s.")


def _measured(small: Archive, big: Archive, temporary: Path) -> Iterator[Row]:
    for name in ("floor", "plain"):
        (temporary / name).mkdir()
    ours, grown = Server(SITE, small.folder), Server(SITE, big.folder)
    floor = Server("bench.floor:create_app()", temporary / "floor")
    plain = Server("bench.plain_form:create_app()", temporary / "plain", "/wish")
    with ExitStack() as running:
        for server in (ours, grown, floor, plain):
            running.enter_context(serving(server))
        yield from _public_pages(ours, floor, plain, small)
        yield from _office_pages(ours, grown, floor, small, big)
        cost, sqlite = post_cpu_ms(ours, FORM, new_wish), rush(ours, FORM, new_wish)
        yield from _posts(cost, sqlite, floor, plain)
        yield from _memory(ours, floor, plain)
        yield from _first_view(ours)
    yield from _cold_start(ours, floor, plain)
    if SERVER:
        yield from _on_postgres(temporary, sqlite.a_second)


def _times(work: str, cost: float, least: float, goal: float, plain: float | None = None) -> Row:
    """A row of milliseconds of processor, whose goal is so many times the floor."""
    return Row(work, f"{cost:.2f} ms", f"≤ {goal}×", cost <= goal * least, f"{least:.2f} ms", f"{cost / least:.1f}×",
               f"{plain:.2f} ms, {plain / least:.1f}×" if plain else "")


def _least(floor: Server, octets: bytes) -> float:
    """What the floor takes to send them."""
    name = sha256(octets).hexdigest()
    (floor.folder / name).write_bytes(octets)
    return get_cpu_ms(floor, f"/{name}")


def _public_pages(ours: Server, floor: Server, plain: Server, small: Archive) -> Iterator[Row]:
    case = "/sag/{}/{}".format(*small.case)
    for work, (path, goal) in (PUBLIC | {"A citizen's case, GET": (case, CASE_GOAL)}).items():
        cost = get_cpu_ms(ours, path)
        usual = get_cpu_ms(plain, "/wish") if path == FORM else None
        yield _times(work, cost, _least(floor, _sent(ours, path)), goal, usual)


def _sent(server: Server, path: str) -> bytes:
    visitor = Visitor(server.host)
    visitor.get(path)
    return visitor.body


def _office_pages(ours: Server, grown: Server, floor: Server, small: Archive, big: Archive) -> Iterator[Row]:
    officer, busy = (log_in(server.host, EMAIL, PASSWORD) for server in (ours, grown))
    pages = (("Work list with 50 rows", "/kontor/", "/kontor/", WORK_LIST_GOAL),
             ("An officer's case", f"/kontor/sag/{small.case[0]}", f"/kontor/sag/{big.case[0]}", OFFICE_CASE_GOAL))
    for work, here, there, goal in pages:
        cost, most = get_cpu_ms(ours, here, officer), get_cpu_ms(grown, there, busy)
        yield _times(work, cost, _least(floor, officer.body), goal)
        yield Row(f"… with {BIG:,} bookings", f"{most:.2f} ms", f"≤ {GROWTH_GOAL}× of {SMALL:,}",
                  most <= GROWTH_GOAL * cost, ratio=f"{most / cost:.2f}× of {SMALL:,}")


def _posts(cost: float, rushed: Rush, floor: Server, plain: Server) -> Iterator[Row]:
    yield _times("Booking, POST with event and letter", cost, post_cpu_ms(floor, "/", bare_wish), POST_GOAL,
                 post_cpu_ms(plain, "/wish", plain_wish))
    least, usual = rush(floor, "/", bare_wish), rush(plain, "/wish", plain_wish)
    yield Row(f"… p99 at {AT_ONCE} connections", f"{rushed.p99:.0f} ms (p50 {rushed.p50:.0f})", f"≤ {P99_GOAL}× p50",
              rushed.p99 <= P99_GOAL * rushed.p50, f"{least.p99:.0f} ms (p50 {least.p50:.0f})",
              f"{rushed.p99 / rushed.p50:.1f}× p50", f"{usual.p99:.0f} ms (p50 {usual.p50:.0f})")
    yield Row("… the longest of them", f"{rushed.longest:.0f} ms", "≤ 1,000 ms", rushed.longest <= 1000,
              f"{least.longest:.0f} ms", plain=f"{usual.longest:.0f} ms")


def _memory(ours: Server, floor: Server, plain: Server) -> Iterator[Row]:
    """After all that was asked; of the letter worker, when it has sent all letters."""
    web, least, usual = (max(map(memory, server.web_processes)) for server in (ours, floor, plain))
    yield Row("Web process, memory (PSS)", f"{web:.0f} MB", f"≤ {WEB_GOAL} MB", web <= WEB_GOAL, f"{least:.0f} MB",
              f"{web / least:.1f}×", f"{usual:.0f} MB")
    with ours.letter_worker() as process:
        worker = memory(process)
    yield Row("Letter worker, memory (PSS)", f"{worker:.0f} MB", f"≤ {WORKER_GOAL} MB", worker <= WORKER_GOAL)


def _cold_start(*servers: Server) -> Iterator[Row]:
    """The shortest of some starts, for whatever else the machine does only makes one longer."""
    best, least, usual = (min(_starts_in(server) for _ in range(STARTS)) for server in servers)
    yield Row("Cold start to the first answer", f"{best:.2f} s", f"≤ {START_GOAL} s", best <= START_GOAL,
              f"{least:.2f} s", f"{best / least:.1f}×", f"{usual:.2f} s")


def _starts_in(server: Server) -> float:
    with serving(server) as seconds:
        return seconds


def _first_view(ours: Server) -> Iterator[Row]:
    first, second = first_and_second_view(f"http://{ours.host}")
    yield Row("First view of the form: octets", f"{first.octets / 1000:.1f} kB", "≤ 25 kB", first.octets <= 25_000)
    yield Row("… requests", f"{first.requests}", "≤ 3", first.requests <= 3)
    yield Row("… first paint on slow 3G", f"{first.paint:.2f} s", "≤ 2.0 s", first.paint <= 2)
    yield Row("Second page of a visit", f"{second.octets / 1000:.1f} kB in {second.requests}", "its HTML alone",
              second.requests == 1)


def _on_postgres(temporary: Path, with_sqlite: float) -> Iterator[Row]:
    """Bookings a second with several processes, beside SQLite's with one."""
    settings = on_server("bench_table", anew=True)
    archive = made(temporary / "postgres", SMALL, **settings)
    server = Server(SITE, archive.folder, workers=POSTGRES_PROCESSES, **settings)
    with serving(server):
        there = rush(server, FORM, new_wish).a_second
    yield Row(f"PostgreSQL, {POSTGRES_PROCESSES} processes: bookings a second", f"{there:.0f}",
              f"≥ SQLite's {with_sqlite:.0f}", there >= with_sqlite, ratio=f"{there / with_sqlite:.1f}× SQLite's")
