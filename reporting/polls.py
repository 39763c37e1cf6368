"""What polls add up to: how far what people believed is from the figures, and how safe they felt before and after."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from catalogue import SERVICES, PollQuestion, counted
from models import Poll, PollRound, Visit, db, limits, local, midnight

from .months import Chosen

QUESTIONS = {question.key: question for service in SERVICES.values() for question in service.poll}


@dataclass
class PollYear:
    """What all polls of one year came to for one question. `visits` are those in which enough answered it.
    `participants` took part in them by the findings, as far as these say it.

    By round: `answers`, and `told`, how many of them chose what letters tell of: with a guess, that it is more than
    the figures say. `right` guessed as it is.
    """

    question: PollQuestion
    year: int
    visits: int = 0
    participants: int = 0
    answers: Counter = field(default_factory=Counter)
    told: Counter = field(default_factory=Counter)
    right: int = 0

    def share(self, poll_round: PollRound) -> float | None:
        """Of the answers of a round, those that are told of, from 0 to 1; None where there are none."""
        return self.told[poll_round] / self.answers[poll_round] if self.answers[poll_round] else None

    @property
    def tells_of_few(self) -> bool:
        """Whether anybody could reckon what fewer than limits.FEWEST_PEOPLE have answered."""
        numbers = [(self.told[each], self.right, count - self.told[each] - self.right)
                   for each, count in self.answers.items()]
        return any(0 < number < limits.FEWEST_PEOPLE for parts in numbers for number in parts)

    def as_row(self) -> list:
        """For the public account, which keeps it."""
        return [self.question.key, self.year, self.visits, self.participants, self.answers, self.told, self.right]

    @classmethod
    def add_up(cls, rows: Iterable[list]) -> list["PollYear"]:
        """The lines of several periods together."""
        lines: dict[tuple[str, int], PollYear] = {}
        for key, year, visits, participants, answers, told, right in rows:
            line = lines.setdefault((key, year), cls(QUESTIONS[key], year))
            line.visits, line.participants, line.right = (
                line.visits + visits, line.participants + participants, line.right + right)
            line.answers, line.told = line.answers + Counter(answers), line.told + Counter(told)
        return [lines[key] for key in sorted(lines)]


def _of_one(poll: Poll, question: PollQuestion) -> PollYear | None:
    """What one poll came to for the question; None where too few have answered, or no figure stood beside a guess."""
    results = {each: poll.results(each, question.key) for each in question.rounds}
    fact, visit = poll.facts.get(question.key), poll.visit
    if not any(results.values()) or question.fact and not fact:
        return None
    chosen = question.worse_than(fact["right"]) if fact else counted(question, poll)
    return PollYear(
        question, local(visit.starts_at).year, visits=1,
        participants=SERVICES[visit.service].participants(visit.findings or {}) or 0,
        answers=Counter({each: sum(numbers.values()) for each, numbers in results.items()}),
        told=Counter({each: sum(numbers.get(option, 0) for option in chosen) for each, numbers in results.items()}),
        right=sum(numbers.get(fact["right"], 0) for numbers in results.values()) if fact else 0)


def polled(chosen: Chosen) -> list[PollYear]:
    """A line for each question and year of the period, sorted by both; none where nobody was asked. Only guesses beside
    which the figures were shown count."""
    *_, end = chosen.months.values()
    found = select(Poll).join(Poll.visit).options(
        joinedload(Poll.visit).joinedload(Visit.place), selectinload(Poll.counts))
    polls = db.session.scalars(found.where(
        Visit.starts_at >= midnight(chosen.first), Visit.starts_at < end).order_by(Visit.starts_at))
    lines = (_of_one(poll, question) for poll in polls
             if chosen.includes(poll.visit.service, poll.visit.place.municipality)
             for question in SERVICES[poll.visit.service].poll)
    return PollYear.add_up(line.as_row() for line in lines if line)
