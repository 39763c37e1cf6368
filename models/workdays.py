"""Danish time: Copenhagen's clock, and the days on which an office works."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from .base import now

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@cache
def _holidays(language: str = "da") -> holidays.HolidayBase:
    # The package knows that store bededag is an ordinary day since 2024.
    return holidays.country_holidays("DK", language="en_US" if language == "en" else "da")


def today() -> date:
    return now().astimezone(COPENHAGEN).date()


def local(moment: datetime) -> datetime:
    return moment.astimezone(COPENHAGEN)


def midnight(day: date) -> datetime:
    """Its first moment."""
    return datetime.combine(day, time(), COPENHAGEN)


def is_holiday(day: date) -> bool:
    return day in _holidays()


def holiday_name(day: date, language: str) -> str:
    """Empty on an ordinary day."""
    return _holidays(language).get(day, "")


@cache
def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not is_holiday(day)


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
