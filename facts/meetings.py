"""What a meeting is told: the facts beside a poll, which say to a room full of people how far its guesses are right,
and the page that is handed out."""

from collections.abc import Container
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from catalogue import TREND_YEARS, PollQuestion, Service
from catalogue.advice import advice
from forms import in_my_language
from languages import MAIN, in_each_language
from models import AdviceText, Booking, Handout, Result, limits
from reporting.results import Wanted

from . import sentences
from .figure_table import FigureTable, area_name, code_of
from .measures import COUNTRY, DISTRICT, HOMES, MEASURES, POPULATION, SAFE, TRUST, Kind, Source
from .sentences import Comparison

SIGN = {Comparison.FEWER: -1, Comparison.SAME: 0, Comparison.MORE: 1}
# What is told where the topics that were asked for have too few figures.
ALWAYS = ("burglary_homes", "violence", "penal_code")
SHORTEST_CHART = 3  # years: fewer make no line


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
    value = SIGN[sentences.compare(counts[newest], counts[newest - years])]
    said = sentences.change(table, measure, area, newest - years, newest)
    return Fact(value, said, in_my_language(table.source(measure, area).name))


def guessed_level(table: FigureTable, area: str) -> Fact | None:
    """Of PER_INHABITANTS homes, how many had a reported burglary in the newest twelve months that are known."""
    newest = table.newest_year(HOMES, area)
    if newest is None:
        return None
    return Fact(table.series(HOMES, area)[newest], sentences.per_homes(table, area),
                in_my_language(table.source(HOMES, area).name))


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


@dataclass(frozen=True)
class SheetFact:
    """One fact: its sentences in paragraphs, and reports for every PER_INHABITANTS inhabitants by year, the
    municipality's and a larger area's. No years: there is no chart."""

    measure: str
    name: str
    sentences: list[list[str]]
    years: list[int]
    series: list[tuple[str, list[float | None]]]


@dataclass(frozen=True)
class Sheet:
    """All of one handout, in the language of the moment."""

    municipality: str
    facts: list[SheetFact]
    survey: list[str]
    results: list[Result]
    advice: list[AdviceText]
    words: dict[str, str]
    sources: list[Source]


def known_measures(municipality: str) -> dict[str, str]:
    """The offences of which there are figures of the municipality, with their names."""
    table, area = FigureTable.load(), code_of(municipality)
    return {key: str(measure.name) for key, measure in MEASURES.items()
            if measure.kind is Kind.COUNT and table.series(key, area)}


def suggested(service: Service, bookings: list[Booking], known: Container[str]) -> dict[str, list[str]]:
    """What the form of a handout starts with: the topics that were asked for, and facts about them, as far as they are
    among the `known` measures."""
    topics = list(dict.fromkeys(topic for booking in bookings for topic in booking.answers.get("topics", ())))
    asked = list(dict.fromkeys(key for topic in topics for key in service.facts_about.get(topic, ())))
    more = [key for key in ALWAYS if key not in asked][:max(0, limits.FEWEST_FACTS - len(asked))]
    return {"topics": topics, "measures": [key for key in (*asked, *more) if key in known][:limits.MOST_FACTS]}


def sheet(handout: Handout) -> Sheet:
    """What stands on it, by the newest figures."""
    table, municipality, known = FigureTable.load(), handout.visit.place.municipality, advice()
    area = code_of(municipality)
    per_homes = sentences.per_homes(table, area) if "burglary_homes" in handout.measures else ""
    facts = [_fact(table, key, area, per_homes if key == "burglary_homes" else "") for key in handout.measures]
    measures = [*handout.measures, POPULATION, SAFE, TRUST, *([HOMES] if per_homes else [])]
    return Sheet(municipality, facts, sentences.survey(table),
                 Wanted(municipality=municipality).newest(limits.HANDOUT_RESULTS),
                 [known[topic] for topic in handout.topics], handout.words, table.sources(measures))


def _fact(table: FigureTable, measure: str, area: str, last: str) -> SheetFact:
    beside = next((other for other in (COUNTRY, DISTRICT) if len(table.rates(measure, other)) >= SHORTEST_CHART), None)
    own = table.rates(measure, area)
    years = sorted(own)[-limits.FACT_YEARS:] if beside and len(own) >= SHORTEST_CHART else []
    series = [(area_name(each), [table.rates(measure, each).get(year) for year in years])
              for each in (area, beside) if years]
    said = [*sentences.about(table, measure, area), *([[last]] if last else [])]
    return SheetFact(measure, str(MEASURES[measure].name), said, years, series)
