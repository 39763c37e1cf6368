"""What a stranger may know: who else asks about a place, and how long one waits at present."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import ceil

from sqlalchemy import CompoundSelect, bindparam, case, func, null, or_, select, union_all

from catalogue import SERVICES, Service
from models import (
    OPEN,
    UNDECIDED,
    Booking,
    IntakePause,
    Place,
    Result,
    Visit,
    add_working_days,
    db,
    limits,
    today,
    working_days_until,
)

FEWEST = 20  # answers below which the past says nothing
OUT_OF_TURN = 1.1  # a queue takes somewhat longer than its length says: some who come later are answered before


@dataclass(frozen=True)
class KnownHere:
    """What a stranger may know of a place: how many wait for an answer, since when, and the last result that
    is public.

    Nothing of it changes when a visit is planned.
    """

    waiting: int
    since: datetime | None
    last: Visit | None


def known_here(service: str, **where) -> KnownHere:
    """`where` is road, postcode and perhaps a pin, as for Place.near."""
    places = [p.id for p in Place.near(**where)]
    waiting, since = db.session.execute(select(func.count(), func.min(Booking.received_at)).where(
        Booking.place_id.in_(places), Booking.service == service, Booking.status.in_(OPEN))).one()
    last = db.session.scalar(select(Visit).join(Visit.result).where(
        Visit.place_id.in_(places), Visit.service == service, Result.withdrawn_on.is_(None))
        .order_by(Result.day.desc(), Visit.id.desc()).limit(1))
    return KnownHere(waiting, since, last)


@dataclass(frozen=True)
class WaitEstimate:
    """How long whoever books now waits for a yes or a no, in working days; nothing but `ahead` where nobody can know.

    `most` is within how many days four of five will be answered (limits).
    `ahead` wait before, and about `weekly` are answered a week. It counts decisions only: what is planned leaves no
    trace in it.
    """

    ahead: int = 0
    most: int | None = None
    weekly: int = 0
    is_long: bool = False  # `most` is reckoned from those ahead, because they are more than the past knew


def estimate(waits: dict[int, int], pace: float, ahead: int) -> WaitEstimate:
    """`waits` says how many of the last answers took so many working days, `pace` how many a working day can bring.

    The rule is the larger of two numbers. What four of five waited lately holds while all is as ever, but comes too
    late when many book at once: then it is the days that those ahead need at that pace, and somewhat more, because not
    everyone is answered in turn. In simulated years with two floods, as in the first week of 2014, four of five of
    those who booked in a week were answered within what they were told in 75 to 85 of 100 weeks; in single runs of
    four years, in 69 to 89 (tests/test_waiting.py). It does not know of holidays to come, and where for good more is
    asked than can be answered no number holds: that is what the pause of the intake is for.
    """
    if sum(waits.values()) < FEWEST:
        return WaitEstimate(ahead)
    usual, queue = percentile_days(waits, limits.ANSWERED_SHARE), ceil(OUT_OF_TURN * (ahead + 1) / pace)
    return WaitEstimate(ahead, max(usual, queue, 1), max(1, round(5 * pace)),
                        queue > usual)


def answers_per_day(answers: dict[date, int], last: date) -> float:
    """How many can be answered a working day: as many as in the best four weeks up to `last`, for fewer may only mean
    that fewer asked. Before there are four weeks, as many as there were."""
    first = min(answers)
    spans = [(first, last), *((last - timedelta(28 * n + 27), last - timedelta(28 * n))
                              for n in range(((last - first).days + 1) // 28))]
    return max(sum(count for day, count in answers.items() if start <= day <= end)
               / max(1, working_days_until(end, start - timedelta(1))) for start, end in spans)


def percentile_days(waits: dict[int, int], share: Fraction) -> int | None:
    """Within how many working days that share of those who waited had an answer."""
    passed, all_of_them = 0, sum(waits.values())
    for days in sorted(waits):
        passed += waits[days]
        if passed >= share * all_of_them:
            return days
    return None


def estimates(service: str = "", before: Booking | None = None) -> dict[str, WaitEstimate]:
    """How long one waits at present for each service that anybody has asked for, or for that one; who came after
    `before` is not ahead."""
    yesterday = today() - timedelta(days=1)
    found = db.session.execute(_answers_and_queue(bool(service), before is not None), {
        "first": today() - timedelta(days=limits.LOOK_BACK_DAYS), "last": yesterday, "service": service,
        "before": before and before.id})
    lately, by_day = defaultdict(Counter), defaultdict(Counter)
    ahead: dict[str, int] = {}
    for service, day, wait, count in found:
        if day is not None:
            by_day[service][day] = count
        elif wait is not None:
            lately[service][wait] = count
        else:
            ahead[service] = count
    return {service: estimate(lately[service], answers_per_day(by_day[service], yesterday), ahead.get(service, 0))
            if service in lately else WaitEstimate(ahead[service]) for service in {*lately, *ahead}}


@cache  # to put it together takes five times as long as to ask it
def _answers_and_queue(one_service: bool, not_after: bool) -> CompoundSelect:
    """How many were answered on each day, how many after each wait, and how many are still to be answered. By day and
    wait together there would be four times as many rows."""
    of_service = [Booking.service == bindparam("service")] * one_service
    answered = [*of_service, Booking.decided_on.between(bindparam("first"), bindparam("last"))]
    return union_all(
        select(Booking.service, Booking.decided_on, null(), func.count()).where(*answered).group_by(
            Booking.decided_on, Booking.service),
        select(Booking.service, null(), Booking.wait, func.count()).where(*answered).group_by(
            Booking.service, Booking.wait),
        select(Booking.service, null(), null(), func.count()).where(
            *of_service, Booking.status.in_(UNDECIDED), Booking.decided_on.is_(None),
            *[Booking.id < bindparam("before")] * not_after).group_by(Booking.service))


def should_pause() -> list[tuple[Service, WaitEstimate]]:
    """The services of which an answer now takes longer than we promise, though their intake is open."""
    expected, pauses = estimates(), IntakePause.pauses()
    open_ones = [SERVICES[key] for key in SERVICES if key in expected and key not in pauses]
    return [(s, expected[s.key]) for s in open_ones if (expected[s.key].most or 0) > s.answer_within]


def estimate_for_service(service: str, before: Booking | None = None) -> WaitEstimate:
    return estimates(service, before).get(service, WaitEstimate())


def estimate_for_booking(booking: Booking) -> WaitEstimate | None:
    """How long this one still waits; None where it has been decided, or waits no more."""
    return estimate_for_service(booking.service,
                                before=booking) if booking.is_open and booking.decided_on is None else None


def answer_by(booking: Booking) -> date | None:
    """The day by which this one will be decided at the present pace; None where nobody can know."""
    wait = estimate_for_booking(booking)
    return add_working_days(today(), wait.most) if wait and wait.most else None


@dataclass(frozen=True)
class PromiseWeek:
    """Of those who booked in the week of `monday`: how many were told a waiting time, and for how many it held."""

    monday: date
    stated_wait: int
    met: int

    @property
    def holds(self) -> bool:
        """Whether it was true for as many as we say."""
        return self.met >= limits.ANSWERED_SHARE * self.stated_wait


def kept_promises(first: date, last: date, service: str = "") -> list[PromiseWeek]:
    """How often the stated waiting time held for those who booked from `first` to `last`, for each week of which that
    is known: everybody is answered, or has waited longer than we said. Who withdrew first counts neither way."""
    held = case((Booking.wait <= Booking.stated_wait, 1), else_=0)
    waiting = case((Booking.wait.is_(None), Booking.stated_wait))
    rows = select(Booking.received_on, func.count(), func.sum(held), func.max(waiting)).where(
        Booking.received_on.between(first, last), Booking.stated_wait.is_not(None),
        or_(Booking.wait.is_not(None), Booking.status.in_(UNDECIDED)),
        *([Booking.service == service] if service else [])).group_by(Booking.received_on)
    told, met, unknown = Counter(), Counter(), set()
    for day, count, in_time, longest in db.session.execute(rows):
        week = day - timedelta(days=day.weekday())
        told[week] += count
        met[week] += in_time
        if longest is not None and working_days_until(today(), day) <= longest:
            unknown |= {week}
    return [PromiseWeek(week, told[week], met[week]) for week in sorted(told) if week not in unknown]
