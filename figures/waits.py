"""What a stranger may know: who else asks about a place, and how long one waits at present."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from sqlalchemy import func, or_, select

from models import (
    OPEN,
    UNDECIDED,
    Booking,
    Place,
    State,
    Visit,
    add_working_days,
    db,
    today,
    working_days_until,
)

LOOK_BACK = 90  # days of the district's own past that a waiting time is reckoned from
FEWEST = 20  # answers below which the past says nothing
OUT_OF_TURN = 1.1  # a queue takes somewhat longer than its length says: some who come later are answered before


@dataclass(frozen=True)
class AskedHere:
    """What a stranger may know of a place: how many wait for an answer, since when, and what was last found.

    Nothing of it changes when a visit is planned.
    """

    waiting: int
    since: datetime | None
    last: Visit | None


def asked_here(service: str, **where) -> AskedHere:
    """`where` is road, postcode and perhaps a pin, as for Place.near."""
    places = [p.id for p in Place.near(**where)]
    waiting, since = db.session.execute(select(func.count(), func.min(Booking.received_at)).where(
        Booking.place_id.in_(places), Booking.service == service, Booking.status.in_(OPEN))).one()
    last = db.session.scalar(select(Visit).where(
        Visit.place_id.in_(places), Visit.service == service, Visit.state == State.REPORTED)
        .order_by(Visit.ends_at.desc()).limit(1))
    return AskedHere(waiting, since, last)


@dataclass(frozen=True)
class Waiting:
    """How long whoever books now waits for a yes or a no, in working days; nothing but `ahead` where nobody can know.

    `half` is within how many days half were answered lately, `most` within how many four of five will be. `ahead` wait
    before, and about `weekly` are answered a week. It counts decisions only: what is planned leaves no trace in it.
    """

    ahead: int = 0
    half: int | None = None
    most: int | None = None
    weekly: int = 0
    is_long: bool = False  # `most` is reckoned from those ahead, because they are more than the past knew

    def promise(self, answer_within: int) -> int:
        """Within how many working days an answer can be promised: as ever, or by what we believe ourselves."""
        return max(answer_within, self.most or 0)


def waiting(waits: dict[int, int], pace: float, ahead: int) -> Waiting:
    """`waits` says how many of the last answers took so many working days, `pace` how many a working day can bring.

    The rule is the larger of two numbers. What four of five waited lately holds while all is as ever, but comes too
    late when many book at once: then it is the days that those ahead need at that pace, and somewhat more, because not
    everyone is answered in turn. In simulated years with two floods, as in the first week of 2014, four of five of
    those who booked in a week were answered within what they were told in 75 to 85 of 100 weeks; in single runs of
    four years, in 69 to 89 (tests/test_waiting.py). It does not know of holidays to come, and where for good more is
    asked than can be answered no number holds: that is what the pause of the intake is for.
    """
    if sum(waits.values()) < FEWEST:
        return Waiting(ahead)
    usual, queue = within(waits, 80), ceil(OUT_OF_TURN * (ahead + 1) / pace)
    return Waiting(ahead, within(waits, 50), max(usual, queue, 1), max(1, round(5 * pace)), queue > usual)


def pace(answers: dict[date, int], last: date) -> float:
    """How many can be answered a working day: as many as in the best four weeks up to `last`, for fewer may only mean
    that fewer asked. Before there are four weeks, as many as there were."""
    first = min(answers)
    spans = [(first, last), *((last - timedelta(28 * n + 27), last - timedelta(28 * n))
                              for n in range(((last - first).days + 1) // 28))]
    return max(sum(count for day, count in answers.items() if start <= day <= end)
               / max(1, working_days_until(end, start - timedelta(1))) for start, end in spans)


def within(waits: dict[int, int], percent: int) -> int | None:
    """Within how many working days `percent` of those who waited had an answer."""
    passed, all_of_them = 0, sum(waits.values())
    for days in sorted(waits):
        passed += waits[days]
        if passed * 100 >= percent * all_of_them:
            return days
    return None


def waits(service: str = "", before: Booking | None = None) -> dict[str, Waiting]:
    """How long one waits at present for each service that anybody has asked for, or for that one; who came after
    `before` is not ahead."""
    yesterday = today() - timedelta(days=1)
    of_service = [Booking.service == service] if service else []
    lately: dict[str, Counter] = {}
    by_day: dict[str, Counter] = {}
    for service, day, wait, count in db.session.execute(
            select(Booking.service, Booking.decided_on, Booking.wait, func.count()).where(
                Booking.decided_on.between(today() - timedelta(days=LOOK_BACK), yesterday), *of_service)
            .group_by(Booking.service, Booking.decided_on, Booking.wait)):
        lately.setdefault(service, Counter())[wait] += count
        by_day.setdefault(service, Counter())[day] += count
    queue = select(Booking.service, func.count()).where(
        Booking.status.in_(UNDECIDED), Booking.decided_on.is_(None), *of_service).group_by(Booking.service)
    ahead = dict(db.session.execute(queue if before is None else queue.where(Booking.id < before.id)).all())
    return {service: waiting(lately[service], pace(by_day[service], yesterday), ahead.get(service, 0))
            if service in lately else Waiting(ahead[service]) for service in {*lately, *ahead}}


def wait_for(service: str, before: Booking | None = None) -> Waiting:
    return waits(service, before).get(service, Waiting())


def wait_of(booking: Booking) -> Waiting | None:
    """How long this one still waits; None where it has been decided, or waits no more."""
    return wait_for(booking.service, before=booking) if booking.is_open and booking.decided_on is None else None


def answer_by(booking: Booking) -> date | None:
    """The day by which this one will be decided at the present pace; None where nobody can know."""
    wait = wait_of(booking)
    return add_working_days(today(), wait.most) if wait and wait.most else None


@dataclass(frozen=True)
class KeptWeek:
    """Of those who booked in the week of `monday`: how many were told a waiting time, and for how many it held."""

    monday: date
    told: int
    kept: int

    @property
    def holds(self) -> bool:
        """Whether it was true for four of five."""
        return self.kept >= 0.8 * self.told


def kept(first: date, last: date, service: str = "") -> list[KeptWeek]:
    """How often the stated waiting time held for those who booked from `first` to `last`, for each week of which that
    is known: everybody is answered, or has waited longer than we said. Who withdrew first counts neither way."""
    rows = select(Booking.received_on, Booking.stated, Booking.wait, func.count()).where(
        Booking.received_on.between(first, last), Booking.stated.is_not(None),
        or_(Booking.wait.is_not(None), Booking.status.in_(UNDECIDED)),
        *([Booking.service == service] if service else [])).group_by(Booking.received_on, Booking.stated, Booking.wait)
    told, held, unknown = Counter(), Counter(), set()
    for day, stated, wait, count in db.session.execute(rows):
        week = day - timedelta(days=day.weekday())
        told[week] += count
        held[week] += count * (wait is not None and wait <= stated)
        if wait is None and working_days_until(today(), day) <= stated:
            unknown |= {week}
    return [KeptWeek(week, told[week], held[week]) for week in sorted(told) if week not in unknown]
