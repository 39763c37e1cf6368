"""How long the pages of office and citizens take with 10,000 and with 100,000 bookings; and how long the write lock
was held at the most, while all that was logged and some booked.

BENCH_POSTGRES_URL makes the archives on that server, where they stay as the databases bench_10000 and bench_100000.
"""

import os
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from holds import Holds, watched
from sqlalchemy import select

from models import Result, db, today

from .archives import SERVER, Archive, made, on_server
from .in_process import ROUNDS, book, medians, officer_client, print_ratios

SIZES, FEW_RESULTS = (10_000, 100_000), 1_000
RESULTS_A_YEAR = 160  # however many years there are: fewer than the small archive has


def main() -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("BENCH_KEEP") or temporary)
        archives = [made(folder, size, **(on_server(f"bench_{size}") if SERVER else {})) for size in SIZES]
        with watched(Holds()) as holds:
            small, big = (_office_pages(archive) for archive in archives)
        few, many = (_public_pages(archive) for archive in (made(folder, FEW_RESULTS), archives[1]))
    print_ratios([f"{size:,}" for size in SIZES], small, big)
    print("\nBy the number of results that are public:")
    print_ratios([f"{size // 5:,}" for size in (FEW_RESULTS, SIZES[1])], few, many)
    if not SERVER:
        print(f"\nThe longest of {holds.count} holds of the write lock: {holds.longest:.1f} ms, "
              f"with at most {holds.work:.1f} ms of work in one.")


def _office_pages(archive: Archive) -> dict[str, float]:
    """In milliseconds, with some bookings at the end."""
    reference, _ = archive.case
    took = medians(officer_client(archive), {
        "work list": "/kontor/", "to be planned": "/kontor/?bunke=planlaeg", "closed cases": "/kontor/?bunke=lukket",
        "a case": f"/kontor/sag/{reference}", "hotspots": "/kontor/steder",
        "search: a rare name": "/kontor/?q=quistgaard", "search: a common road": "/kontor/?q=skovvej",
        "search: a reference": f"/kontor/?q={reference[:4]}+{reference[4:]}",
        "search: part of a word": "/kontor/?q=istgaa",
        "search: road and number": "/kontor/?q=skovvej+4", "search: nothing": "/kontor/?q=skovvejens",
        "figures: 12 months": "/kontor/tal", "figures: one municipality": "/kontor/tal?kommune=Faxe"})
    for _ in range(ROUNDS):
        book(archive)
    return took


def _public_pages(archive: Archive) -> dict[str, float]:
    """Those that anybody reads: of a place with three results, and of a year, which has RESULTS_A_YEAR of them."""
    with archive.app.app_context():
        newest = db.session.scalars(select(Result).order_by(Result.day.desc(), Result.id.desc())).all()
        for number, result in enumerate(newest):
            result.day = date(today().year - number // RESULTS_A_YEAR, 1 + number % 12, 1 + number % 28)
        db.session.commit()
        places = Counter(result.place_number for result in newest)
        place = next(result for result in newest if places[result.place_number] == 3)
        pages = {"results": "/resultater", "results of a place": f"/resultater/sted/{place.place_number}/{place.slug}",
                 "results of a year (CSV)": f"/resultater.csv?aar={today().year}", "the account": "/regnskab"}
    return medians(archive.app.test_client(), pages)
