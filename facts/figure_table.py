"""Figures by area and year, and what is made of them: the district's sums, and so many in each 1,000 inhabitants."""

from collections.abc import Iterable
from typing import Self

from flask import current_app
from flask_babel import gettext

from models import Figure, FigureRow, limits

from .measures import COUNTRY, DISTRICT, MEASURES, POPULATION, Kind, Source, sources

SUMMED = {Kind.COUNT, Kind.POPULATION}


def municipality_codes() -> dict[str, str]:
    """The municipalities of the district, {code: name}."""
    return {each.code: each.name for each in current_app.config["DISTRICT"].municipalities}


def code_of(municipality: str) -> str:
    """By its name, as a place has it. Of one that is ours no more, the whole district's figures tell most."""
    return current_app.config["DISTRICT"].municipality(municipality).code or DISTRICT


def area_name(area: str) -> str:
    """As it stands above a column of a table."""
    names = {COUNTRY: gettext("The whole country"), DISTRICT: gettext("The police district"), **municipality_codes()}
    return names.get(area, area)


def in_area(area: str) -> str:
    """As it stands in a sentence, after "reported in"."""
    names = {COUNTRY: gettext("the whole country"), DISTRICT: gettext("the whole police district")}
    return names.get(area) or gettext("%(name)s Municipality", name=municipality_codes()[area])


class FigureTable:
    """All figures that are stored, read once for a page."""

    def __init__(self, figures: Iterable[Figure | FigureRow], codes: Iterable[str]):
        """`codes` are the municipalities that make up the district."""
        self._codes = frozenset(codes)
        self._values: dict[tuple[str, str], dict[int, float]] = {}
        self._sources: dict[tuple[str, str], str] = {}  # of the newest value
        for figure in sorted(figures, key=lambda each: each.year):
            self._values.setdefault((figure.measure, figure.area), {})[figure.year] = figure.value
            self._sources[figure.measure, figure.area] = figure.source

    @classmethod
    def load(cls) -> Self:
        return cls(Figure.all(), municipality_codes())

    def series(self, measure: str, area: str) -> dict[int, float]:
        """The value of each year in which it is known, the oldest first. The district's is the sum of its
        municipalities in the years in which all of them are known, where none is stored for the district itself."""
        stored = self._values.get((measure, area), {})
        if area != DISTRICT or stored or MEASURES[measure].kind not in SUMMED:
            return stored
        of_each = [self._values.get((measure, code), {}) for code in self._codes]
        years = set.intersection(*map(set, of_each)) if of_each else set()
        return {year: sum(values[year] for values in of_each) for year in sorted(years)}

    def rates(self, measure: str, area: str) -> dict[int, float]:
        """Reported offences for every limits.PER_INHABITANTS inhabitants, by year, as far as both are known."""
        inhabitants = self.series(POPULATION, area)
        return {year: count / inhabitants[year] * limits.PER_INHABITANTS
                for year, count in self.series(measure, area).items() if inhabitants.get(year)}

    def newest_year(self, measure: str, area: str) -> int | None:
        return max(self.series(measure, area), default=None)

    def sources(self, measures: Iterable[str]) -> list[Source]:
        """Whose the newest figures of these measures are, each publisher's page once."""
        keys = {key: None for measure in measures for (of, _), key in self._sources.items() if of == measure}
        return [sources()[key] for key in keys]

    def source(self, measure: str, area: str) -> Source:
        """Whose the newest figure is; of a sum, whose its parts are."""
        keys = {where: key for (of, where), key in self._sources.items() if of == measure}
        return sources()[keys.get(area) or next(iter(keys.values()))]
