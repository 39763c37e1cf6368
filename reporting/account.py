"""The public account, read from what each quarter came to (QuarterAccount): numbers as far as they are told, and
tables. It never looks at a booking or a visit."""

from collections import Counter
from dataclasses import dataclass

from flask_babel import format_date, format_decimal, gettext, lazy_gettext as _l

from catalogue import SERVICES, WORRIES, reasons
from forms import HELPED, TASK_STATUSES
from models import QuarterAccount, limits

from .account_counts import ANSWERS, OTHER_REASON
from .polls import PollYear
from .tables import NO_BAR, NUMBER, SHARE_ANSWERED, Table, felt_table, guesses_table, share
from .waits import FEWEST
from .withheld import FEW, Told

ANSWER_NAMES = {"met": _l("Yes"), "declined": _l("No"), "referred": _l("Referred to somebody else"),
                "other": _l("Reopened or withdrawn")}
QUARTERS_OF_A_YEAR, WORST = 4, 3
DRAWN = {("asked", ""): _l("Wishes"), ("answers", "met"): _l("Yes"), ("answers", "declined"): _l("No")}


@dataclass(frozen=True)
class Number:
    """A count as far as it is told: from `least` to `most`, which are the same where it is told, and None where only
    the least is known."""

    least: int
    most: int | None

    @classmethod
    def of(cls, told: Told) -> "Number":
        if isinstance(told, int):
            return cls(told, told)
        return cls(0, limits.FEWEST_PEOPLE - 1) if told == FEW else cls(limits.FEWEST_PEOPLE, None)

    def __add__(self, other: "Number") -> "Number":
        return Number(self.least + other.least,
                      None if self.most is None or other.most is None else self.most + other.most)

    @property
    def exact(self) -> int | None:
        return self.least if self.least == self.most else None

    def __bool__(self) -> bool:
        return self.most != 0

    def __str__(self) -> str:
        least = format_decimal(self.least)
        if self.most is None:
            return gettext("at least %(number)s", number=least)
        if self.exact is not None:
            return least
        if not self.least:
            return gettext("under %(number)s", number=format_decimal(self.most + 1))
        return gettext("%(least)s to %(most)s", least=least, most=format_decimal(self.most))


NOTHING = Number(0, 0)


@dataclass(frozen=True)
class Account:
    """What some quarters came to together, in one municipality or ("") in the district. A sum of several quarters is
    made of what each of them tells, so that it tells no more."""

    quarters: list[QuarterAccount]
    area: str = ""
    name: str = ""

    @property
    def title(self) -> str:
        """Its period and where; of a year that is not over, until when."""
        last = quarter_name(self.quarters[-1])
        is_whole = self.name == last or len(self.quarters) == QUARTERS_OF_A_YEAR
        until = "" if is_whole else gettext("until %(quarter)s", quarter=last)
        return " · ".join(filter(None, (self.name, until, self.area)))

    def people(self, *path: str) -> Number:
        """How many wishes, answers or people; the path is that of reporting/account_counts.py."""
        return sum((Number.of(_at(quarter.people, path)) for quarter in self.quarters), NOTHING)

    def work(self, *path: str) -> int:
        return sum(_at(quarter.work, path) for quarter in self.quarters)

    def here(self, what: str, part: str = "") -> Number:
        return self.people(what, self.area, part)

    @property
    def controls(self) -> int:
        """Visits of the services whose dates nobody is told."""
        return sum(self.work("visits", self.area, key) for key, s in SERVICES.items() if not s.date_is_agreed)

    @property
    def agreed_actions(self) -> int:
        return sum(self.work("tasks", status) for status in TASK_STATUSES)

    @property
    def named_most(self) -> list[str]:
        """What most often makes people feel unsafe, as they said at meetings, on walks and at the van."""
        counts = {str(words): self.work("worries", code) for code, words in WORRIES.items()}
        return [words for words, number in Counter(counts).most_common(WORST) if number]

    @property
    def wishes_by_service(self) -> str:
        numbers = {str(s.name).lower(): self.here("asked", key) for key, s in SERVICES.items()}
        return ", ".join(f"{name} {number}" for name, number in numbers.items() if number)

    @property
    def share_met(self) -> float | None:
        """Which part of those who were answered got a yes; None where they are few, or it is not told."""
        answered, met = self.here("answers").exact or 0, self.here("answers", "met").exact
        return None if met is None or answered < limits.SHARE_FROM else share(met, answered)

    @property
    def promised_days(self) -> int:
        """Within how many working days every service promises a yes or a no."""
        return max(service.answer_within for service in SERVICES.values())

    @property
    def waits(self) -> list[int] | None:
        """Within how many working days half, and limits.ANSWERED_SHARE, had an answer; None where too few are told."""
        if self.here("answers").least < FEWEST:
            return None
        return self.quarters[-1].people["waits" if len(self.quarters) == 1 else "waits_of_year"].get(self.area)

    @property
    def weeks(self) -> tuple[int, int]:
        """In how many weeks the waiting time that the form stated came true, and of how many that is known."""
        held, known = zip(*(quarter.people["weeks"] for quarter in self.quarters), strict=True)
        return sum(held), sum(known)


def _at(nested: dict, path: tuple[str, ...]) -> Told:
    """What is told at this path; 0 where nothing was counted there."""
    for name in path:
        nested = nested.get(name, 0) if nested else 0
    return nested


def periods(quarters: list[QuarterAccount]) -> dict[str, tuple[str, list[QuarterAccount]]]:
    """Each year and each quarter that can be chosen, the newest first: its key in an address, its name, its quarters.
    A year that is not over has the quarters that are."""
    found: dict[str, tuple[str, list]] = {}
    for quarter in reversed(quarters):
        year = f"{quarter.first.year}"
        _, later = found.get(year, (year, []))
        found[year] = year, [quarter, *later]
        found[f"{year}-{(quarter.first.month + 2) // 3}"] = quarter_name(quarter), [quarter]
    return found


def quarter_name(quarter: QuarterAccount) -> str:
    return format_date(quarter.first, "QQQQ y")


# As tables

WORK = (_l("Traffic controls"), _l("Vehicles measured"), _l("Charged"), _l("Charged among the measured"),
        _l("Share of the measured"))


def over_time(quarters: list[QuarterAccount], area: str) -> list[Table]:
    """Quarter by quarter, to be drawn: each column is one colour."""
    single = [Account([quarter], area) for quarter in quarters]
    counts = [(f"{each.quarters[0].first}", quarter_name(each.quarters[0]), _cells(each, *DRAWN)) for each in single]
    days = [(key, name, [*(each.waits or (None, None)), each.promised_days])
            for (key, name, _), each in zip(counts, single, strict=True)]
    found = [
        Table("quarters", gettext("Wishes and answers, quarter by quarter"), gettext("Quarter"),
              tuple(DRAWN.values()), counts, bar=NO_BAR),
        Table("waits", gettext("How many working days an answer took"), gettext("Quarter"),
              (gettext("Half within"), gettext("%(part)s of %(whole)s within", **SHARE_ANSWERED), gettext("Promised")),
              days, bar=NO_BAR)]
    return found if any(account.waits for account in single) else found[:1]


def in_tables(account: Account, municipalities: tuple[str, ...]) -> list[Table]:
    """All that is told of it: of the district by municipality, service, reason and so on, of a municipality less."""
    columns = (("asked", ""), ("answers", ""), *(("answers", answer) for answer in ANSWERS))
    heads = (_l("Wishes"), _l("Answered"), *ANSWER_NAMES.values())
    if account.area:
        municipalities = (account.area,)
    areas = [Account(account.quarters, name) for name in municipalities]
    found = [
        Table("services", gettext("Wishes for what"), gettext("Service"), (NUMBER,),
              [(key, str(s.name), _cells(account, ("asked", key))) for key, s in SERVICES.items()],
              _cells(account, ("asked", ""))),
        Table("municipalities", gettext("Wishes and answers"), gettext("Municipality"), heads,
              [(each.area, each.area, _cells(each, *columns)) for each in areas],
              None if account.area else _cells(account, *columns)),
        Table("work", gettext("Controls and what they found"), gettext("Municipality"), WORK,
              [(each.area, each.area, _work(each)) for each in areas], None if account.area else _work(account))]
    return found if account.area else [*found, *_of_the_district(account)]


def _of_the_district(account: Account) -> list[Table]:
    def counted(what: str, words: dict) -> list[tuple[str, str, list]]:
        there = {part: number for part in words if (number := account.people(what, part))}
        return [(part, str(words[part]), [_cell(number)]) for part, number in there.items()]

    known = {part for quarter in account.quarters for part in quarter.people.get("reasons", ())}
    named = {part: reasons.name_of(part) for part in known - {OTHER_REASON}} | {OTHER_REASON: _l("Another reason")}
    answers = [(key, str(s.name), [_cell(account.people("services", key, part)) for part in ("", *ANSWERS)])
               for key, s in SERVICES.items()]
    in_time = {"kept": gettext("Within %(days)s working days", days=account.promised_days),
               "late": gettext("After more than %(days)s working days", days=account.promised_days)}
    visits = [(key, str(s.name), [account.work("visits", "", key)]) for key, s in SERVICES.items()]
    worries = [(code, str(words), [number]) for code, words in WORRIES.items()
               if (number := account.work("worries", code))]
    tasks = [(status, str(words), [account.work("tasks", status)]) for status, words in TASK_STATUSES.items()]
    polls = PollYear.add_up(line for quarter in account.quarters for line in quarter.work.get("polls", ()))
    return [
        Table("answers", gettext("Answers by service"), gettext("Service"), (_l("Answered"), *ANSWER_NAMES.values()),
              answers),
        Table("reasons", gettext("Reasons for no"), gettext("Reason"), (NUMBER,), counted("reasons", named)),
        Table("promise", gettext("Was the promise kept?"), gettext("Answer"), (NUMBER,), counted("promise", in_time)),
        Table("visits", gettext("Visits carried out"), gettext("Service"), (NUMBER,), visits),
        Table("worries", gettext("What makes people feel unsafe"), gettext("Worry"), (NUMBER,), worries, note=gettext(
            "At how many meetings, walks and visits of the van it was said.")),
        Table("helped", gettext("Did the answer help?"), gettext("Answer"), (NUMBER,), counted("helped", HELPED)),
        Table("tasks", gettext("Agreed actions and unsafe spots"), gettext("State"), (NUMBER,), tasks),
        *(table for table in (guesses_table(polls), felt_table(polls)) if table.rows)]  # where anybody was asked


def _cells(account: Account, *paths: tuple[str, str]) -> list[int | str]:
    return [_cell(account.here(*path)) for path in paths]


def _cell(number: Number) -> int | str:
    """A number where it is told, else words."""
    return str(number) if number.exact is None else number.exact


def _work(account: Account) -> list[int | float | None]:
    passed, charged, among = (
        account.work("measured", account.area, what) for what in ("passed", "charged", "of_passed"))
    return [account.controls, passed, charged, among, share(among, passed) if passed >= limits.SHARE_FROM else None]
