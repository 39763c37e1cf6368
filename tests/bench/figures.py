"""What the figures of a year and the hotspots take with 10,000 and with 1,000,000 bookings, on SQLite.

The million is made of 100,000 by SQLite itself, ten times over: once in the same six years, so that the year that is
asked for has a hundred times as many, and once in sixty, so that it has ten times as many and the rest lies before it.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.archive import YEARS
from models import db
from ops.jobs import renew_account, renew_month

from .archives import Archive, made, opened
from .in_process import medians, officer_client, print_ratios

SMALL, BIG, COPIES = 10_000, 100_000, 10
APART = 1_000_000  # between the numbers of two copies
PAGES = {"figures: 12 months": "/kontor/tal", "figures: one municipality": "/kontor/tal?kommune=Faxe",
         "hotspots": "/kontor/steder", "the account": "/regnskab"}
# What each copy has of its own, by table; all else is as it was, but for the dates.
OWN = {
    "bookings": {"id": "id + {n}", "reference": "substr(reference, 1, 3) || (id + {n})", "once": "once || '-{n}'"},
    "visits": {"id": "id + {n}", "uid": "uid || '-{n}'", "ends_at": "strftime('%Y-%m-%d %H:%M:{m}.000000', ends_at)"},
    "visit_bookings": {"visit_id": "visit_id + {n}", "booking_id": "booking_id + {n}"},
    "sums": {"visit_id": "visit_id + {n}"},
    "events": {"id": "NULL", "booking_id": "booking_id + {n}", "visit_id": "visit_id + {n}"}}
# What is closed is copied; what is open stays as much as a district can hold.
COPIED = {"bookings": "closed_at IS NOT NULL AND id < {apart}", "visits": "state = 'reported' AND id < {apart}",
          "visit_bookings": "visit_id < {apart} AND booking_id + {n} IN (SELECT id FROM bookings)",
          "sums": "visit_id < {apart}",
          "events": "booking_id + {n} IN (SELECT id FROM bookings) AND booking_id < {apart}"}
DATES = ("received_at", "received_on", "due_on", "closed_at", "decided_on", "starts_at", "ends_at", "reported_at", "at")


def main() -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("BENCH_KEEP") or temporary)
        small, big = made(folder, SMALL), made(folder, BIG)
        dense, spread = (_multiplied(big, folder / name, years) for name, years in (("dense", 0), ("spread", YEARS)))
        few, many, long = (_pages(archive) for archive in (small, dense, spread))
    for heading, other in ((f"In the same {YEARS} years:", many), (f"In {YEARS * COPIES} years:", long)):
        print(heading)
        print_ratios([f"{SMALL:,}", f"{BIG * COPIES:,}"], few, other)


def _pages(archive: Archive) -> dict[str, float]:
    """When the worker has counted the months and quarters that are over."""
    with archive.app.app_context():
        for job in (renew_month, renew_account):
            while job():
                db.session.commit()
            db.session.rollback()
    return medians(officer_client(archive), PAGES)


def _multiplied(archive: Archive, folder: Path, years: int) -> Archive:
    """Each copy of `archive` lies so many years before the last one."""
    if not folder.exists():
        making = folder.with_suffix(".making")
        shutil.copytree(archive.folder, making, dirs_exist_ok=True)
        with closing(sqlite3.connect(making / "bookings.sqlite", isolation_level=None)) as database:
            database.executescript("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -400000")
            for number in range(1, COPIES):
                database.execute("BEGIN")
                for table in OWN:
                    _copy(database, table, number, number * years)
                database.execute("COMMIT")
            database.execute("ANALYZE")
        making.rename(folder)
    return opened(folder, BIG * COPIES)


def _copy(database: sqlite3.Connection, table: str, number: int, years: int) -> None:
    values = {"n": number * APART, "m": f"{number:02}", "apart": APART}
    columns = {name: name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")}
    columns |= {name: value.format(**values) for name, value in OWN[table].items()}
    for name in columns.keys() & set(DATES) if years else ():  # the 29th of February is the 28th in other years
        columns[name] = (f"printf('%04d', substr({columns[name]}, 1, 4) - {years}) || "
                         f"substr(replace({columns[name]}, '-02-29', '-02-28'), 5)")
    names = ", ".join(columns)
    database.execute(f"INSERT INTO {table} ({names}) SELECT {', '.join(columns.values())} FROM {table} "
                     f"WHERE {COPIED[table].format(**values)}")
