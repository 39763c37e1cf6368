"""What one quarter comes to for the public account: counted as the office's figures count, and told as far as nobody is
seen behind a number.

Each count has a path: what it counts, the municipality ("" is the district) and the part ("" is all of them).
"""

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import replace
from datetime import date

from sqlalchemy import func

from catalogue import REASONS, SERVICES
from forms import HELPED
from models import Booking, BookingStatus, Place, Result, db, last_of_quarter, limits

from . import tables
from .months import Chosen
from .polls import polled
from .tables import HALF
from .waits import FEWEST, kept_promises, percentile_days
from .withheld import Edge, Told, protect

Path = tuple[str, ...]
# What an answer was, as far as the account tells it: the statuses in which somebody is now who was answered.
ANSWERS = {"met": {BookingStatus.ACCEPTED, BookingStatus.ANSWERED}, "declined": {BookingStatus.DECLINED},
           "referred": {BookingStatus.REFERRED},
           "other": {BookingStatus.RECEIVED, BookingStatus.NEEDS_INFORMATION, BookingStatus.WITHDRAWN,
                     BookingStatus.SPAM}}
ANSWER_OF = {status: answer for answer, statuses in ANSWERS.items() for status in statuses}
DRAWN_TWICE = {"again", "through"}  # edges that only say how the network hangs together
OF_THE_DISTRICT = 10  # times as much worth to a reader as what is told of a part of it
OTHER_REASON = "own"  # one that an officer has written, whose name is the office's own


def count_people(first: date) -> dict:
    """The wishes and answers of a quarter, nested by path. What is told of them stands for good."""
    chosen = Chosen(first, last_of_quarter(first), ())
    counts, waits = _count_answers(chosen)
    told = protect(_wishes(_count_wishes(chosen))) | protect(_answers(counts)) | protect(_ratings(counts))
    weeks = kept_promises(chosen.first, chosen.last)
    _, waits_of_year = _count_answers(replace(chosen, first=first.replace(month=1)))
    return _nested({path: number for path, number in told.items() if path[0] not in DRAWN_TWICE}) | {
        "waits": _within(waits), "waits_of_year": _within(waits_of_year),
        "weeks": [sum(week.holds for week in weeks), len(weeks)]}


def count_work(first: date) -> dict:
    """What is public of the visits of a quarter, nested by path. Nobody who asked is seen in it."""
    visits, measured = defaultdict(Counter), defaultdict(Counter)
    asked = [line.as_row() for line in polled(Chosen(first, last_of_quarter(first), ())) if not line.tells_of_few]
    heard, tasks = Counter(), Counter()
    for result in db.session.scalars(Result.released().where(Result.day.between(first, last_of_quarter(first)))):
        charged = result.charged or 0
        counted = {"charged": charged} if result.measured is None else {
            "charged": charged, "passed": result.measured, "of_passed": charged}
        for area in ("", result.municipality):
            visits[area] += Counter([result.service])
            measured[area] += Counter(counted)
        heard += Counter(result.details.get("worries", ()))
        tasks += Counter(task["status"] for task in result.tasks)
    return {"visits": visits, "measured": measured, "worries": heard, "tasks": tasks, "polls": asked}


def _count_wishes(chosen: Chosen) -> Counter:
    """By (service, municipality)."""
    rows = tables.bookings(chosen, Booking.received_on, Booking.service, Place.municipality, func.count()).where(
        Booking.status != BookingStatus.SPAM).group_by(Booking.service, Place.municipality)
    return Counter({(service, area): number for service, area, number in db.session.execute(rows)})


def _count_answers(chosen: Chosen) -> tuple[Counter, dict[str, Counter]]:
    """By (service, answer, reason, municipality, whether within the promise, what they said of it); and by area, how
    many waited so many working days."""
    columns = (Booking.service, Booking.status, Booking.reason, Place.municipality, Booking.wait, Booking.helped)
    rows = tables.bookings(chosen, Booking.decided_on, *columns, func.count()).group_by(*columns)
    counts, waits = Counter(), {}
    for service, status, reason, area, wait, helped, number in db.session.execute(rows):
        kept = "kept" if wait <= SERVICES[service].answer_within else "late"
        known = reason if reason in REASONS else OTHER_REASON
        counts[service, ANSWER_OF[status], known, area, kept, helped] += number
        for place in ("", area):
            waits.setdefault(place, Counter())[wait] += number
    return counts, waits


def _within(waits: dict[str, Counter]) -> dict[str, list[int]]:
    """Within how many working days half, and limits.ANSWERED_SHARE, had an answer, by municipality."""
    return {area: [percentile_days(days, part) for part in (HALF, limits.ANSWERED_SHARE)]
            for area, days in waits.items() if days.total() >= FEWEST}


def _wishes(counts: Counter) -> dict[Path, Edge]:
    """From all to their service, and on to the municipality."""
    areas = _values(counts, 1)
    return _edges(counts, [
        *((("asked", "", service), "all", service, {0: service}) for service in SERVICES),
        *((("asked", area, service), service, ("area", area), {0: service, 1: area})
          for service in SERVICES for area in areas),
        *((("asked", area, ""), ("area", area), "end", {1: area}) for area in areas),
        (("asked", "", ""), "end", "all", {})])


def _answers(counts: Counter) -> dict[Path, Edge]:
    """From all to their service, to the answer, through its reason where it was no, to the municipality, and through
    whether it came within the promise back to all. Edges that are drawn twice, around parallel ones, tell `protect`
    what is a part of what."""
    areas = _values(counts, 3)
    reasons = sorted({reason for _, answer, reason, *_ in counts if answer == "declined"})
    return _edges(counts, [
        *((("services", service, ""), "all", service, {0: service}) for service in SERVICES),
        *((("services", service, answer), service, (answer, "before"), {0: service, 1: answer})
          for service in SERVICES for answer in ANSWERS),
        *((("answers", "", answer), (answer, "before"), (answer, "reasons"), {1: answer}) for answer in ANSWERS),
        *((("reasons", reason), ("declined", "reasons"), ("declined", "reasoned"), {1: "declined", 2: reason})
          for reason in reasons),
        *((("through", answer), (answer, "reasons"), (answer, "reasoned"), {1: answer})
          for answer in ANSWERS if answer != "declined" or not reasons),
        *((("again", answer), (answer, "reasoned"), (answer, "after"), {1: answer}) for answer in ANSWERS),
        *((("answers", area, answer), (answer, "after"), ("area", area), {1: answer, 3: area})
          for answer in ANSWERS for area in areas),
        *((("answers", area, ""), ("area", area), "counted", {3: area}) for area in areas),
        (("answers", "", ""), "counted", "in time", {}),
        *((("promise", kept), "in time", "all in time", {4: kept}) for kept in ("kept", "late")),
        (("again", ""), "all in time", "all", {})])


def _ratings(counts: Counter) -> dict[Path, Edge]:
    edges = {("helped", said): Edge("asked", "said", _sum(counts, {5: said})) for said in HELPED}
    return edges | {("helped", ""): Edge("said", "asked", sum(edge.count for edge in edges.values()))}


def _edges(counts: Counter, rows: list[tuple[Path, Hashable, Hashable, dict[int, str]]]) -> dict[Path, Edge]:
    """Each row is a path, the nodes from which and to which it leads, and whom it counts: those whose key has these
    values at these positions. What is told of the district has "" in the place of a municipality."""
    return {path: Edge(start, end, _sum(counts, fixed), OF_THE_DISTRICT if len(path) == 3 and not path[1] else 1)
            for path, start, end, fixed in rows}


def _sum(counts: Counter, fixed: dict[int, str]) -> int:
    """Of the counts whose key has these values at these positions."""
    return sum(number for key, number in counts.items() if all(key[n] == value for n, value in fixed.items()))


def _values(counts: Counter, position: int) -> list[str]:
    return sorted({key[position] for key in counts})


def _nested(told: dict[Path, Told]) -> dict:
    nested: dict = {}
    for (*above, last), number in told.items():
        inside = nested
        for name in above:
            inside = inside.setdefault(name, {})
        inside[last] = number
    return nested
