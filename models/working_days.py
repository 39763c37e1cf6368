"""Danish time: Copenhagen's clock, and the days on which an office works."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dateutil.easter import easter

from .base import now

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
PRAYER_DAY, PRAYER_DAY_UNTIL = "easter+26", 2023  # store bededag is an ordinary day since 2024
# Denmark's public holidays: dates, and days from Easter Sunday. Their names stand in labels.py. A test asks the package
# `holidays`; in a process of the site its countries of the world would take 12 MB.
PUBLIC_HOLIDAYS = {"01-01", "easter-3", "easter-2", "easter+0", "easter+1", PRAYER_DAY, "easter+39", "easter+49",
                   "easter+50", "12-25", "12-26"}
_closed: set[str] = set()


def today() -> date:
    return now().astimezone(COPENHAGEN).date()


def local(moment: datetime) -> datetime:
    return moment.astimezone(COPENHAGEN)


def midnight(day: date) -> datetime:
    """Its first moment."""
    return datetime.combine(day, time(), COPENHAGEN)


def month_begins(first: date, last: date) -> list[date]:
    """The first days of the months from that of `first` to the one after that of `last`."""
    found = [first.replace(day=1)]
    while found[-1] <= last:
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found


def close_on(days: Iterable[str]) -> None:
    """The days on which the office is closed besides public holidays, as district.toml names them: "12-24" for each 24
    December, "easter+40" for so many days after Easter Sunday. create_app tells them once."""
    _closed.clear()
    _closed.update(days)
    is_working_day.cache_clear()


def public_holiday(day: date) -> str:
    """Which of PUBLIC_HOLIDAYS it is; empty on an ordinary day."""
    found = _in_any_year(day) & PUBLIC_HOLIDAYS
    if day.year > PRAYER_DAY_UNTIL:
        found.discard(PRAYER_DAY)
    return max(found, default="")


def is_closed(day: date) -> bool:
    """On a public holiday, and on a day of the district's own."""
    return bool(public_holiday(day)) or not _in_any_year(day).isdisjoint(_closed)


def _in_any_year(day: date) -> set[str]:
    """A day as PUBLIC_HOLIDAYS and district.toml write it: by its date, and from Easter Sunday."""
    return {f"{day:%m-%d}", f"easter{(day - easter(day.year)).days:+d}"}


@cache
def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not is_closed(day)


def add_working_days(day: date, count: int) -> date:
    """The day on which `count` working days after `day` have passed."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days_until(day: date, start: date | None = None) -> int:
    """Working days from `start` (today) to `day`: 0 on the day itself, negative when it has passed."""
    start = start or today()
    if day < start:
        return -working_days_until(start, day)
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (day - start).days + 1))
