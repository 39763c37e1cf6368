"""What each month adds to the figures, counted by service and municipality; and the period that figures are about.

A month that is over is counted once and kept (MonthCount), as long as nothing happens to what it counts.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

from sqlalchemy import ColumnElement, Select, String, Text, case, cast, func, literal, select, type_coerce

from models import Booking, BookingStatus, MonthCount, Place, Visit, VisitStatistic, db, midnight, month_begins

# Where what stands in the lines of Chosen.counts; behind it come the details, and last the number.
MONTH, SERVICE, MUNICIPALITY, DETAIL = range(4)
Counts = dict[str, list[list]]  # lines (service, municipality, detail ..., number), by what they count


@dataclass(frozen=True)
class Chosen:
    """What the figures are about: whole months, from `first` to `last`, perhaps one service or municipality."""

    first: date
    last: date
    municipalities: tuple[str, ...]
    service: str = ""
    municipality: str = ""

    @property
    def months(self) -> dict[str, datetime]:
        """Each month and when it begins in Denmark; last of all, when the one thereafter begins."""
        *begins, end = month_begins(self.first, self.last)
        return {f"{begin:%Y-%m}": midnight(begin) for begin in begins} | {"": midnight(end)}

    def includes(self, service: str, municipality: str) -> bool:
        return service == (self.service or service) and municipality == (self.municipality or municipality)

    @cached_property
    def counts(self) -> dict[str, list[tuple]]:
        """Lines (month, service, municipality, detail ..., number) of all that count_months() counts, by what it is.
        What is not kept is counted now, neighbouring months together."""
        *months, _ = self.months
        found, kept = defaultdict(list), MonthCount.valid(months[0], months[-1])
        for is_kept, some in groupby(months, key=kept.__contains__):
            run = list(some)
            counted = {month: kept[month] for month in run} if is_kept else count_months(run[0], run[-1])
            for month, counts in counted.items():
                for what, lines in counts.items():
                    found[what] += [(month, *line) for line in lines if self.includes(*line[:2])]
        return found


def count_months(first: str, last: str) -> dict[str, Counts]:
    """Each month from `first` to `last`, such as "2026-05", in which there is anything to count: the wishes that came;
    what was decided, by the status that the wish has now and by the working days that it took; why the answer was no;
    whether it helped, and why; and what the visits that began then add to the figures."""
    period = Chosen(date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01"), ())
    asked = {
        "wishes": _of_bookings(period, Booking.received_on, literal("wishes")).where(
            Booking.status != BookingStatus.SPAM),
        "decided": _of_bookings(period, Booking.decided_on, type_coerce(Booking.status, String)),
        "waits": _of_bookings(period, Booking.decided_on, Booking.wait),
        "reasons": _of_bookings(period, Booking.decided_on, Booking.reason).where(
            Booking.reason != "", Booking.status == BookingStatus.DECLINED),
        "helped": _of_bookings(period, Booking.decided_on, Booking.helped, Booking.helped_why).where(
            Booking.helped != ""),
        "visits": of_visits(period, func.sum(VisitStatistic.number), VisitStatistic.what).join(Visit.statistics)}
    found: dict[str, Counts] = defaultdict(lambda: defaultdict(list))
    for what, question in asked.items():
        for month, *line in db.session.execute(question):
            found[month][what].append(line)
    return dict(found)


def _of_bookings(period: Chosen, day: ColumnElement[date], *details: ColumnElement) -> Select:
    """How many bookings there are for each month of `day`, service, municipality and details."""
    line = func.substr(cast(day, Text), 1, 7), Booking.service, Place.municipality, *details
    *_, end = period.months.values()
    return select(*line, func.count()).join(Booking.place).where(
        day >= period.first, day < end.date()).group_by(*line)


def of_visits(period: Chosen, number: ColumnElement[int], *details: ColumnElement) -> Select:
    """The same of visits, by the month in which they began in Denmark; `number` is what is counted of them."""
    begin, *ends = period.months.values()
    month = case(*((Visit.starts_at < end, name) for name, end in zip(period.months, ends, strict=False)))
    line = month, Visit.service, Place.municipality, *details
    return select(*line, number).join(Place, Place.id == Visit.place_id).where(
        Visit.starts_at >= begin, Visit.starts_at < ends[-1]).group_by(*line)
