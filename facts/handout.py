"""The page that is handed out at a meeting: which facts it suggests, and what stands on it."""

from collections.abc import Container
from dataclasses import dataclass

from catalogue import Service
from catalogue.advice import advice
from models import AdviceText, Booking, Handout, Result, limits
from reporting.results import Wanted

from . import sentences
from .figure_table import FigureTable, area_name, code_of
from .measures import COUNTRY, DISTRICT, HOMES, MEASURES, POPULATION, SAFE, TRUST, Kind, Source

# What is told where the topics that were asked for have too few figures.
ALWAYS = ("burglary_homes", "violence", "penal_code")
SHORTEST_CHART = 3  # years: fewer make no line


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
