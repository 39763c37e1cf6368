"""What a period adds up to, as tables: by month, service and municipality, and what people said and answered.

The tables are made of what each month counts (reporting/months.py): that is small, however long the archive. A share is
a fraction from 0 to 1, a number is whole, and None is where there is nothing to count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import format_date, gettext, lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from catalogue import SERVICES, WORRIES, reasons
from forms import ASSIGNEES, HELPED, HELPED_WHY, NOBODY, TASK_STATUSES
from labels import day
from models import (
    Assignee,
    Booking,
    BookingStatus,
    Event,
    EventKind,
    Place,
    PollRound,
    Task,
    Visit,
    db,
    limits,
    midnight,
)

from .months import DETAIL, MONTH, MUNICIPALITY, SERVICE, Chosen, of_visits
from .polls import PollYear, polled
from .waits import kept_promises, percentile_days

HALF = Fraction(1, 2)
# "4 of 5", for sentences.
SHARE_ANSWERED = {"part": limits.ANSWERED_SHARE.numerator, "whole": limits.ANSWERED_SHARE.denominator}
COLUMNS = (
    _l("Wishes"), _l("Decided"), _l("Met"), _l("Declined"), _l("Referred"), _l("Half within, working days"),
    _l("%(part)s of %(whole)s within", **SHARE_ANSWERED), _l("Within the promise"), _l("Visits carried out"),
    _l("Vehicles measured"),
    _l("Charged"), _l("Charged among the measured"), _l("Share of the measured"))
NUMBER, SHARE = _l("Number"), _l("Share")
NO_BAR = -1  # in place of a column, where none is drawn


@dataclass(frozen=True)
class Table:
    """`rows` are (key, words, values). A value is a number, nothing or, where it is not told, words; `total` are the
    values of all together. The column `bar` is drawn."""

    key: str
    title: str
    head: str
    columns: Iterable[str]
    rows: list[tuple[str, str, list]]
    total: list | None = None
    bar: int = 0
    note: str = ""

    @property
    def is_drawable(self) -> bool:
        """Whether any number is told that is not 0."""
        return any(isinstance(value, int) and value for _, _, values in self.rows for value in values)


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def by_month_service_and_municipality(chosen: Chosen) -> Iterator[Table]:
    months = {name: format_date(begin.date(), "MMMM y") for name, begin in chosen.months.items() if name}
    yield _big_table("month", gettext("Month by month"), gettext("Month"), months, _count(chosen, MONTH))
    services = {key: str(s.name) for key, s in SERVICES.items() if key == (chosen.service or key)}
    yield _big_table("service", gettext("By service"), gettext("Service"), services, _count(chosen, SERVICE))
    municipalities = {name: name for name in chosen.municipalities if name == (chosen.municipality or name)}
    yield _big_table("municipality", gettext("By municipality"), gettext("Municipality"), municipalities,
                     _count(chosen, MUNICIPALITY))


def _big_table(key: str, title: str, head: str, names: dict[str, str], lines: dict[str, Counter]) -> Table:
    return Table(key, title, head, COLUMNS, [(name, words, _values(lines[name])) for name, words in names.items()],
                 _values(sum(lines.values(), Counter())))


def _values(of: Counter) -> list:
    """What one line of the three big tables says."""
    waits = {days: number for days, number in of.items() if isinstance(days, int)}
    decided = sum(waits.values())
    return [of["wishes"], decided, share(of[BookingStatus.ACCEPTED] + of[BookingStatus.ANSWERED], decided),
            of[BookingStatus.DECLINED], of[BookingStatus.REFERRED], percentile_days(waits, HALF),
            percentile_days(waits, limits.ANSWERED_SHARE), share(of["kept"], decided),
            of["done"], of["passed"], of["charged"], of["of_passed"], share(of["of_passed"], of["passed"])]


def _count(chosen: Chosen, position: int) -> dict[str, Counter]:
    """By what stands at this position of the counts: how many wishes, how many that have a status, how many that took
    so many days, how many within the promise, and what visits add."""
    lines: dict[str, Counter] = defaultdict(Counter)
    for what in ("wishes", "decided", "waits", "visits"):
        for line in chosen.counts[what]:
            lines[line[position]][line[DETAIL]] += line[-1]
    for line in chosen.counts["waits"]:
        lines[line[position]]["kept"] += line[-1] * (line[DETAIL] <= SERVICES[line[SERVICE]].answer_within)
    return lines


def bookings(chosen: Chosen, day, *columns) -> Select:
    """Of the bookings whose `day` lies in the period."""
    return _only(select(*columns).select_from(Booking).where(day.between(chosen.first, chosen.last)), chosen)


def _only(found: Select, chosen: Chosen) -> Select:
    """With the place, and of the chosen service and municipality. The 0 keeps SQLite from starting at the places, where
    it would look at years of rows to count one."""
    found = found.join(Place, Place.id == Booking.place_id + 0)
    found = found.where(Booking.service == chosen.service) if chosen.service else found
    return found.where(Place.municipality == chosen.municipality) if chosen.municipality else found


def _totals(chosen: Chosen, what: str) -> Counter:
    """Of what is counted, by its kind."""
    counts = Counter()
    for *_, kind, number in chosen.counts[what]:
        counts[kind] += number
    return counts


def reasons_for_no(chosen: Chosen) -> Iterator[Table]:
    yield _shares("reasons", gettext("Reasons for no"), gettext("Reason"), _totals(chosen, "reasons"), reasons.name_of)


def worries(chosen: Chosen) -> Iterator[Table]:
    heard = {what.removeprefix("worry-"): number for what, number in _totals(chosen, "visits").items()
             if what.startswith("worry-")}
    yield _shares("worries", gettext("What makes people feel unsafe"), gettext("Worry"), heard, WORRIES.get, gettext(
        "At how many meetings, walks and visits of the van it was said, and its share of all that was said."))


def tasks(chosen: Chosen) -> Iterator[Table]:
    """A table for each service whose visits lead to tasks."""
    counts: dict[str, dict[str, Counter]] = defaultdict(lambda: defaultdict(Counter))
    found = of_visits(chosen, func.count(), Assignee.kind, Task.status).join(
        Task, Task.visit_id == Visit.id).outerjoin(Assignee, Assignee.id == Task.owner_id)
    for _, service, municipality, kind, status, number in db.session.execute(found):
        if chosen.includes(service, municipality):
            counts[service][kind or NOBODY][status] += number
    for service in (s for key, s in SERVICES.items() if key in counts):
        by_owner = counts[service.key]
        lines = [(kind, str(ASSIGNEES[kind]), _row(by_owner[kind], TASK_STATUSES)) for kind in ASSIGNEES
                 if kind in by_owner]
        title = gettext("%(what)s: who is responsible, and how it stands", what=service.tasks.many)
        yield Table(f"tasks-{service.key}", title, gettext("Responsible"), (*TASK_STATUSES.values(), gettext("In all")),
                    lines, _row(sum(by_owner.values(), Counter()), TASK_STATUSES), bar=len(TASK_STATUSES))


def helped(chosen: Chosen) -> Iterator[Table]:
    """How many said that the answer helped them, and why."""
    answers, why = Counter(), defaultdict(Counter)
    for *_, said, because, number in chosen.counts["helped"]:
        answers[said] += number
        why[because][said] += number
    yield _shares("helped", gettext("Did the answer help?"), gettext("Answer"),
                  {said: answers[said] for said in HELPED if answers[said]}, HELPED.get)
    lines = [(code, str(words), _row(why[code], HELPED)) for code, words in HELPED_WHY.items() if code in why]
    yield Table("helped_why", gettext("Why"), gettext("Reason"), (*HELPED.values(), gettext("In all")), lines,
                bar=len(HELPED))


def stated_waits(chosen: Chosen) -> Iterator[Table]:
    """Whether what the form says of the wait is true: week by week, for the whole district."""
    if chosen.municipality:
        return
    weeks = kept_promises(chosen.first, chosen.last, chosen.service)
    told, held = sum(w.stated_wait for w in weeks), sum(w.met for w in weeks)
    note = gettext("In %(held)s of %(weeks)s weeks, %(part)s of %(whole)s of those who booked were answered within "
                   "what the form said. It should be about %(part)s weeks of %(whole)s.", weeks=len(weeks),
                   held=sum(w.holds for w in weeks), **SHARE_ANSWERED)
    yield Table("stated", gettext("Was the stated waiting time true?"), gettext("Week from"),
                (gettext("Were told"), gettext("Answered in time"), SHARE),
                [(w.monday.isoformat(), day(w.monday), [w.stated_wait, w.met, share(w.met, w.stated_wait)])
                 for w in weeks],
                [told, held, share(held, told)], bar=2, note=note if weeks else "")


def polls(chosen: Chosen) -> Iterator[Table]:
    lines = polled(chosen)
    yield guesses_table(lines)
    yield felt_table(lines)


def guesses_table(lines: list[PollYear]) -> Table:
    """What people believed beside what the figures say, by question and year."""
    rows = [(*_names(line), [line.visits, line.participants or None, line.answers[PollRound.BEFORE], line.right,
                             line.told[PollRound.BEFORE], line.share(PollRound.BEFORE)])
            for line in lines if line.question.fact]
    columns = (gettext("Visits"), gettext("Participants"), gettext("Answers"), gettext("As it is"),
               gettext("Worse than it is"), gettext("Share worse than it is"))
    return Table("guesses", gettext("What people believed, and what the figures say"), gettext("Question and year"),
                 columns, rows, bar=4, note=gettext(
                     "From the polls at meetings at which the figures were shown. Where fewer than %(least)s have "
                     "answered a question, they are left out.", least=limits.LEAST_ANSWERS))


def felt_table(lines: list[PollYear]) -> Table:
    """What polls asked before and afterwards, by question and year."""
    rows = [(*_names(line), [line.visits, line.participants or None, *(value for each in PollRound for value in (
        line.answers[each], line.told[each], line.share(each)))]) for line in lines if not line.question.fact]
    columns = (gettext("Visits"), gettext("Participants"), gettext("Answers before"), gettext("Of these, yes"),
               gettext("Share before"), gettext("Answers afterwards"), gettext("Of these, yes"),
               gettext("Share afterwards"))
    return Table("felt", gettext("What people felt before and afterwards"), gettext("Question and year"), columns, rows,
                 bar=6, note=gettext("“Yes” is safe or very safe, or that somebody learned something."))


def _names(line: PollYear) -> tuple[str, str]:
    return f"{line.question.key}-{line.year}", f"{line.question.text} ({line.year})"


def _row(counts: Counter, kinds: Iterable[str]) -> list[int]:
    return [*(counts[kind] for kind in kinds), counts.total()]


def _shares(key: str, title: str, head: str, counts: dict[str, int], words, note: str = "") -> Table:
    """The most frequent first, with its share of all."""
    total = sum(counts.values())
    rows = [(code, str(words(code)), [number, share(number, total)])
            for code, number in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
    return Table(key, title, head, (NUMBER, SHARE), rows, [total, share(total, total)], note=note)


# In the order of the page. What else is to be counted is one more of these.
TABLES = (by_month_service_and_municipality, stated_waits, reasons_for_no, worries, tasks, helped, polls)


def report(chosen: Chosen) -> list[Table]:
    return [table for make in TABLES for table in make(chosen)]


def said_of_answers(chosen: Chosen, most: int = 50) -> list[Event]:
    """What citizens wrote about our answers, the newest first: for officers' eyes."""
    *_, end = chosen.months.values()
    found = select(Event).join(Event.booking).options(joinedload(Event.booking)).where(
        Event.kind == EventKind.RATED, Event.words != "", Event.at < end,
        Event.at >= midnight(chosen.first)).order_by(Event.at.desc()).limit(most)
    return list(db.session.scalars(_only(found, chosen)))


def cases(chosen: Chosen) -> Iterator[Booking]:
    """Every booking received in the period, a few hundred at a time: they need not all fit into memory."""
    found = bookings(chosen, Booking.received_on, Booking).options(joinedload(Booking.place))
    with closing(db.session.scalars(found.order_by(Booking.id).execution_options(yield_per=500))) as rows:
        yield from rows  # whoever breaks off leaves nothing open
