"""What a period adds up to, as tables: by month, service and municipality, and what people said and answered.

Each table is one question to the database, which counts; what comes back is small, however long the archive. A share is
a fraction from 0 to 1, a number is whole, and None is where there is nothing to count.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Select, String, Text, case, cast, func, literal, null, select, type_coerce, union_all
from sqlalchemy.orm import joinedload

import wording
from forms import HELPED, HELPED_WHY, NOBODY, OWNERS, TASK_STATUSES
from models import Booking, Event, Kind, Owner, Place, Status, Sum, Task, Visit, db, midnight
from services import SERVICES, WORRIES
from words import day

from .waits import kept, within

COLUMNS = (
    _l("Wishes"), _l("Decided"), _l("Met"), _l("Declined"), _l("Referred"), _l("Half within, working days"),
    _l("Four of five within"), _l("Within the promise"), _l("Visits carried out"), _l("Vehicles measured"),
    _l("Charged"), _l("Charged among the measured"), _l("Share of the measured"))
NUMBER, SHARE = _l("Number"), _l("Share")


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
        begin, found = self.first, {}
        while begin <= self.last:
            found[f"{begin:%Y-%m}"] = midnight(begin)
            begin = (begin + timedelta(days=32)).replace(day=1)
        return found | {"": midnight(begin)}


@dataclass(frozen=True)
class Table:
    """`rows` are (key, words, values); `total` are the values of all together. The column `bar` is drawn."""

    key: str
    title: str
    head: str
    columns: Iterable[str]
    rows: list[tuple[str, str, list]]
    total: list | None = None
    bar: int = 0
    note: str = ""


@dataclass
class _Line:
    """What one line of the three big tables counts."""

    counts: Counter = field(default_factory=Counter)
    waits: Counter = field(default_factory=Counter)

    def values(self) -> list:
        of = self.counts
        decided = self.waits.total()
        return [of["wishes"], decided, share(of[Status.ACCEPTED] + of[Status.ANSWERED], decided), of[Status.DECLINED],
                of[Status.REFERRED], within(self.waits, 50), within(self.waits, 80), share(of["kept"], decided),
                of["done"], of["passed"], of["charged"], of["of_passed"], share(of["of_passed"], of["passed"])]


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def by_month(chosen: Chosen) -> Iterator[Table]:
    months = chosen.months

    def month(day):
        return func.substr(cast(day, Text), 1, 7)

    begins = list(months.values())[1:]
    of_visit = case(*((Visit.starts_at < begin, name) for name, begin in zip(months, begins, strict=False)))
    names = {name: format_date(begin.date(), "MMMM y") for name, begin in months.items() if name}
    yield _big_table("month", gettext("Month by month"), gettext("Month"), names,
                     _count(chosen, month(Booking.received_on), month(Booking.decided_on), of_visit))


def by_service(chosen: Chosen) -> Iterator[Table]:
    names = {key: str(s.name) for key, s in SERVICES.items() if key == (chosen.service or key)}
    yield _big_table("service", gettext("By service"), gettext("Service"), names,
                     _count(chosen, Booking.service, Booking.service, Visit.service))


def by_municipality(chosen: Chosen) -> Iterator[Table]:
    names = {name: name for name in chosen.municipalities if name == (chosen.municipality or name)}
    yield _big_table("municipality", gettext("By municipality"), gettext("Municipality"), names,
                     _count(chosen, *[Place.municipality] * 3))


def _big_table(key: str, title: str, head: str, names: dict[str, str], lines: dict[str, _Line]) -> Table:
    everything = _Line()
    for line in lines.values():
        everything.counts += line.counts
        everything.waits += line.waits
    return Table(key, title, head, COLUMNS, [
        (name, words, lines.get(name, _Line()).values()) for name, words in names.items()], everything.values())


def _count(chosen: Chosen, received, decided, visited) -> dict[str, _Line]:
    """Lines by what the three columns say: of a wish when it came, when it was decided, and of a visit."""
    promise = case({key: s.answer_within for key, s in SERVICES.items()}, value=Booking.service)
    nothing = cast(null(), Integer)
    by_place = received is Place.municipality
    asked = union_all(
        _bookings(chosen, Booking.received_on, by_place, received.label("line"), literal("wishes").label("what"),
                  nothing.label("days"), nothing.label("kept"), func.count().label("number"))
        .where(Booking.status != Status.SPAM).group_by("line"),
        _bookings(chosen, Booking.decided_on, by_place, decided.label("line"),
                  type_coerce(Booking.status, String).label("what"), Booking.wait.label("days"),
                  case((Booking.wait <= promise, 1), else_=0).label("kept"), func.count().label("number"))
        .group_by("line", "what", "days", "kept"),
        _visits(chosen, by_place, visited.label("line"), Sum.what.label("what"), nothing, nothing,
                func.sum(Sum.number)).join(Sum, Sum.visit_id == Visit.id)
        .where(Sum.what.in_(("done", "passed", "charged", "of_passed"))).group_by("line", Sum.what))
    lines: dict[str, _Line] = {}
    for name, what, days, in_time, number in db.session.execute(asked):
        line = lines.setdefault(name, _Line())
        line.counts[what] += number
        if days is not None:
            line.waits[days] += number
            line.counts["kept"] += number * in_time
    return lines


def _bookings(chosen: Chosen, day, with_place: bool, *columns) -> Select:
    """Of the bookings whose `day` lies in the period."""
    found = select(*columns).select_from(Booking).where(day.between(chosen.first, chosen.last))
    return _only(found.join(Place, Place.id == Booking.place_id) if with_place else found, chosen, Booking)


def _visits(chosen: Chosen, with_place: bool, *columns) -> Select:
    """Of the visits that began in the period, by the clock in Denmark."""
    *_, end = chosen.months.values()
    found = select(*columns).select_from(Visit).where(
        Visit.starts_at >= midnight(chosen.first), Visit.starts_at < end)
    return _only(found.join(Place, Place.id == Visit.place_id) if with_place else found, chosen, Visit)


def _only(found: Select, chosen: Chosen, of: type[Booking] | type[Visit]) -> Select:
    """With the chosen service and municipality. The 0 keeps SQLite from starting at the places, where it would look at
    years of rows to count one."""
    found = found.where(of.service == chosen.service) if chosen.service else found
    there = select(Place.id).where(Place.municipality == chosen.municipality)
    return found.where((of.place_id + 0).in_(there)) if chosen.municipality else found


def reasons_for_no(chosen: Chosen) -> Iterator[Table]:
    found = _bookings(chosen, Booking.decided_on, False, Booking.reason, Booking.status, func.count()).where(
        Booking.reason != "").group_by(Booking.reason, Booking.status)
    counts = [(code, number) for code, status, number in db.session.execute(found) if status is Status.DECLINED]
    yield _shares("reasons", gettext("Reasons for no"), gettext("Reason"), counts, wording.name_of)


def worries(chosen: Chosen) -> Iterator[Table]:
    found = _visits(chosen, False, Sum.what, func.sum(Sum.number)).join(Sum, Sum.visit_id == Visit.id).where(
        Sum.what.startswith("worry-")).group_by(Sum.what)
    heard = [(what.removeprefix("worry-"), number) for what, number in db.session.execute(found)]
    yield _shares("worries", gettext("What makes people feel unsafe"), gettext("Worry"), heard, WORRIES.get, gettext(
        "At how many meetings, walks and visits of the van it was said, and its share of all that was said."))


def tasks(chosen: Chosen) -> Iterator[Table]:
    """A table for each service whose visits lead to tasks."""
    found = _visits(chosen, False, Visit.service, Owner.kind, Task.status, func.count()).join(
        Task, Task.visit_id == Visit.id).outerjoin(Owner, Owner.id == Task.owner_id).group_by(
        Visit.service, Owner.kind, Task.status)
    counts: dict[str, dict[str, Counter]] = {}
    for service, kind, status, number in db.session.execute(found):
        counts.setdefault(service, {}).setdefault(kind or NOBODY, Counter())[status] += number
    for service in (s for key, s in SERVICES.items() if key in counts):
        by_owner = counts[service.key]
        lines = [(kind, str(OWNERS[kind]), _row(by_owner[kind], TASK_STATUSES)) for kind in OWNERS if kind in by_owner]
        title = gettext("%(what)s: who is responsible, and how it stands", what=service.tasks.many)
        yield Table(f"tasks-{service.key}", title, gettext("Responsible"), (*TASK_STATUSES.values(), gettext("In all")),
                    lines, _row(sum(by_owner.values(), Counter()), TASK_STATUSES), bar=len(TASK_STATUSES))


def helped(chosen: Chosen) -> Iterator[Table]:
    """How many said that the answer helped them, and why."""
    found = _bookings(chosen, Booking.decided_on, False, Booking.helped, Booking.helped_why, func.count()).where(
        Booking.helped != "").group_by(Booking.helped, Booking.helped_why)
    answers, why = Counter(), {}
    for said, because, number in db.session.execute(found):
        answers[said] += number
        why.setdefault(because, Counter())[said] += number
    yield _shares("helped", gettext("Did the answer help?"), gettext("Answer"),
                  [(said, answers[said]) for said in HELPED if answers[said]], HELPED.get)
    lines = [(code, str(words), _row(why[code], HELPED)) for code, words in HELPED_WHY.items() if code in why]
    yield Table("helped_why", gettext("Why"), gettext("Reason"), (*HELPED.values(), gettext("In all")), lines,
                bar=len(HELPED))


def stated_waits(chosen: Chosen) -> Iterator[Table]:
    """Whether what the form says of the wait is true: week by week, for the whole district."""
    if chosen.municipality:
        return
    weeks = kept(chosen.first, chosen.last, chosen.service)
    told, held = sum(w.told for w in weeks), sum(w.kept for w in weeks)
    note = gettext("In %(held)s of %(weeks)s weeks, four of five of those who booked were answered within what the "
                   "form said. It should be about four weeks of five.", weeks=len(weeks),
                   held=sum(w.holds for w in weeks))
    yield Table("stated", gettext("Was the stated waiting time true?"), gettext("Week from"),
                (gettext("Were told"), gettext("Answered in time"), SHARE),
                [(w.monday.isoformat(), day(w.monday), [w.told, w.kept, share(w.kept, w.told)]) for w in weeks],
                [told, held, share(held, told)], bar=2, note=note if weeks else "")


def _row(counts: Counter, kinds: Iterable[str]) -> list[int]:
    return [*(counts[kind] for kind in kinds), counts.total()]


def _shares(key: str, title: str, head: str, counts: list[tuple[str, int]], words, note: str = "") -> Table:
    """The most frequent first, with its share of all."""
    total = sum(number for _, number in counts)
    rows = [(code, str(words(code)), [number, share(number, total)])
            for code, number in sorted(counts, key=lambda c: (-c[1], c[0]))]
    return Table(key, title, head, (NUMBER, SHARE), rows, [total, share(total, total)], note=note)


# In the order of the page. What else is to be counted is one more of these.
TABLES = (by_month, by_service, by_municipality, stated_waits, reasons_for_no, worries, tasks, helped)


def report(chosen: Chosen) -> list[Table]:
    return [table for make in TABLES for table in make(chosen)]


def said_of_answers(chosen: Chosen, most: int = 50) -> list[Event]:
    """What citizens wrote about our answers, the newest first: for officers' eyes."""
    *_, end = chosen.months.values()
    found = select(Event).join(Event.booking).options(joinedload(Event.booking)).where(
        Event.kind == Kind.RATED, Event.words != "", Event.at < end,
        Event.at >= midnight(chosen.first)).order_by(Event.at.desc()).limit(most)
    return list(db.session.scalars(_only(found, chosen, Booking)))


def cases(chosen: Chosen) -> Iterator[Booking]:
    """Every booking received in the period, a few hundred at a time: they need not all fit into memory."""
    found = _bookings(chosen, Booking.received_on, True, Booking).options(joinedload(Booking.place))
    with closing(db.session.scalars(found.order_by(Booking.id).execution_options(yield_per=500))) as rows:
        yield from rows  # whoever breaks off leaves nothing open
