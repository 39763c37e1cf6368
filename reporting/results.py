"""What everybody may read of what was found. Reads what is released (models/results.py), and nothing else."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext, lazy_gettext as _l
from sqlalchemy import Select, func, or_, select

from catalogue import SERVICES
from labels import PARTS_OF_DAY, day
from models import Result, db, limits, place_slug, search_words, today

from .tables import NO_BAR, Table

NEWEST_FIRST = (Result.day, Result.id)
MOST_ON_MAP = 2000  # results whose places one map shows, the newest first
# What figures are called, where a correction says what they were.
FIGURES = {
    "method": _l("Method"), "speed_limit": _l("Speed limit"), "measured": _l("Vehicles measured"),
    "charged": _l("Charged with speeding, in total"), "top_speed": _l("Highest speed, km/h"),
    "preliminary": _l("Preliminary figures"), "day": _l("Date"), "part_of_day": _l("Time of day"),
}

COUNTED = (_l("Speed limit, km/h"), _l("Vehicles measured"), _l("Charged"), _l("Highest speed, km/h"))
SHARES = (_l("Share charged"), _l("Usual in the district"))


@dataclass(frozen=True)
class Wanted:
    """Which results somebody looks for; what is empty does not matter. `words` is typed, `service` a key and `place`
    the number of a place."""

    words: str = ""
    municipality: str = ""
    service: str = ""
    year: int = 0
    place: int = 0

    def select(self) -> Select:
        chosen = {"municipality": self.municipality, "service": self.service, "place_number": self.place}
        found = Result.released().filter_by(**{name: value for name, value in chosen.items() if value})
        if self.year:
            found = found.where(Result.day.between(date(self.year, 1, 1), date(self.year, 12, 31)))
        for word in search_words(self.words):
            found = found.where(Result.search.contains(word, autoescape=True))
        return found

    def newest_first(self) -> Select:
        return self.select().order_by(*(column.desc() for column in NEWEST_FIRST))

    def newest(self, most: int) -> list[Result]:
        return list(db.session.scalars(self.newest_first().limit(most)))

    def stream(self) -> Iterator[Result]:
        """The newest first, read while they are handed on."""
        with closing(db.session.scalars(self.newest_first().execution_options(yield_per=500))) as found:
            yield from found

    def latest_changes(self, most: int) -> list[Result]:
        """Those that were released or corrected last."""
        return list(db.session.scalars(
            self.select().order_by(Result.updated_on.desc(), Result.id.desc()).limit(most)))


def at_place(number: int) -> list[Result]:
    """All results of the place that has, or had, this number, the newest first. The first of them, whose number it was,
    may be held back by now."""
    place = db.session.scalar(select(Result.place_number).where(
        or_(Result.id == number, Result.place_number == number)).limit(1))
    return list(db.session.scalars(Wanted(place=place).newest_first())) if place else []


def by_place(wanted: Wanted) -> list[tuple[Result, int]]:
    """Of each place its newest result, and how many there are."""
    results = wanted.newest(MOST_ON_MAP)
    numbers = Counter(result.place_number for result in results)
    newest = {result.place_number: result for result in reversed(results)}
    return [(newest[number], count) for number, count in numbers.items()]


def places() -> list[dict[str, str | int]]:
    """Each place that has a result, by what its page's address is made of."""
    found = db.session.execute(Result.released().with_only_columns(
        Result.place_number, Result.road, Result.town).distinct().order_by(Result.place_number))
    return [{"number": number, "slug": place_slug(road, town)} for number, road, town in found]


def years() -> list[int]:
    """Those of which there are results, the newest first."""
    first = db.session.scalar(Result.released().with_only_columns(func.min(Result.day)))
    return list(range(today().year, first.year - 1, -1)) if first else []


def in_tables(results: list[Result]) -> tuple[Table, Table]:
    """What was measured each time, the newest first, and which share was charged, the oldest first, to be drawn."""
    figures = [("", day(r.day), [r.speed_limit, r.measured, r.charged, r.top_speed])
               for r in results if r.charged is not None]
    shares = [("", day(r.day), [r.share, r.usual_share]) for r in reversed(results) if r.share is not None]
    note = gettext("A share is only stated from %(least)s vehicles measured. Usual is the share in the whole district "
                   "in the %(days)s days before.", least=limits.SHARE_FROM, days=limits.USUAL_SHARE_DAYS)
    return (Table("figures", gettext("In figures"), gettext("Date"), COUNTED, figures, bar=NO_BAR, note=note),
            Table("shares", gettext("Which share was charged"), gettext("Date"), SHARES, shares, bar=NO_BAR))


def former(result: Result) -> list[tuple[str, str]]:
    """What a correction has changed, as it was: (what, words)."""
    service, was = SERVICES[result.service], result.before
    words = {name: str(value) for name, value in was.items() if name in FIGURES and value is not None}
    if "method" in words:
        words["method"] = str(service.methods[was["method"]])
    if "preliminary" in words:
        words["preliminary"] = gettext("Yes") if was["preliminary"] else gettext("No")
    if "day" in words:
        words["day"] = day(date.fromisoformat(was["day"]))
    if "part_of_day" in words:
        words["part_of_day"] = str(PARTS_OF_DAY[was["part_of_day"]])
    changed = {name: value for name, value in was.get("details", {}).items() if value != result.details.get(name)}
    return [(str(FIGURES[name]), said) for name, said in words.items()] + details(result, changed)


def details(result: Result, answers: dict) -> list[tuple[str, str]]:
    """Of its further findings, these, as (question, answer) in words."""
    return SERVICES[result.service].findings.only(*answers).describe(answers)
