"""What a room full of people guesses, and what is so: the facts that are shown beside the answers of a poll."""

from functools import partial
from typing import NamedTuple

from flask_babel import get_locale

from catalogue import TREND_YEARS, PollQuestion
from languages import MAIN, in_each_language, in_language

from .figure_table import FigureTable, code_of
from .measures import HOMES, Source
from .sentences import Comparison, change, compare, per_homes

SIGN = {Comparison.FEWER: -1, Comparison.SAME: 0, Comparison.MORE: 1}


class Fact(NamedTuple):
    """A fact as it is kept beside a guess, in the language of the moment."""

    value: float
    sentence: str
    source: str


def guessed_change(table: FigureTable, area: str, measure: str, years: int) -> Fact | None:
    """Whether fewer (-1), about the same number (0) or more (1) were reported than so many years before."""
    newest, counts = table.newest_year(measure, area), table.series(measure, area)
    if newest is None or newest - years not in counts:
        return None
    value = SIGN[compare(counts[newest], counts[newest - years])]
    return Fact(value, change(table, measure, area, newest - years, newest), _named(table.source(measure, area)))


def guessed_level(table: FigureTable, area: str) -> Fact | None:
    """Of PER_INHABITANTS homes, how many had a reported burglary in the newest twelve months that are known."""
    newest = table.newest_year(HOMES, area)
    if newest is None:
        return None
    return Fact(table.series(HOMES, area)[newest], per_homes(table, area), _named(table.source(HOMES, area)))


def _named(source: Source) -> str:
    return in_language(source.name, str(get_locale()))


# What answers a guess, by the `fact` of its question.
ANSWERED_BY = {"burglary_trend": partial(guessed_change, measure="burglary_homes", years=TREND_YEARS),
               "burglary_level": guessed_level}


def facts_beside(questions: tuple[PollQuestion, ...], municipality: str) -> dict:
    """What the figures say to the questions of a poll, in each language, as Poll.show_facts keeps it; those to which
    they say nothing are left out."""
    table, area, facts = FigureTable.load(), code_of(municipality), {}
    for question in (each for each in questions if each.fact):
        told = in_each_language(partial(ANSWERED_BY[question.fact], table, area))
        if any(told.values()):
            facts[question.key] = {"right": question.right(told[MAIN].value),
                                   "texts": {language: fact.sentence for language, fact in told.items()},
                                   "sources": {language: fact.source for language, fact in told.items()}}
    return facts
