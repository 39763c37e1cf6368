"""What figures say, in sentences. None calls a change what could be chance, and each says that offences are reported.

A sentence that a figure is missing for is empty.
"""

from enum import StrEnum
from math import sqrt

from flask_babel import format_decimal, format_percent, gettext, lazy_gettext as _l

from forms import in_my_language
from models import limits

from .figure_table import FigureTable, in_area
from .measures import COUNTRY, DISTRICT, HOMES, MEASURES, SAFE, TRUST, Kind

# Years back to which the newest is compared; the last one is the first year of the chart.
YEARS_BACK = (1, 5, limits.FACT_YEARS - 1)


class Comparison(StrEnum):
    MORE = "more"
    FEWER = "fewer"
    SAME = "same"  # as far as one can tell


# What is said of an area beside a larger one, after how many reports it has for so many inhabitants.
BESIDE = {
    Comparison.MORE: _l("That is more than in %(area)s (%(rate)s)."),
    Comparison.FEWER: _l("That is fewer than in %(area)s (%(rate)s)."),
    Comparison.SAME: _l("That is about the same as in %(area)s (%(rate)s)."),
}
CHANGES = {
    Comparison.MORE: _l("Since %(before)s the number of reports has risen by %(percent)s (from %(old)s to %(new)s)."),
    Comparison.FEWER: _l("Since %(before)s the number of reports has fallen by %(percent)s (from %(old)s to %(new)s)."),
}
FEW_CHANGES = {
    Comparison.MORE: _l("Since %(before)s the number of reports has risen (from %(old)s to %(new)s)."),
    Comparison.FEWER: _l("Since %(before)s the number of reports has fallen (from %(old)s to %(new)s)."),
}
SURVEY = {
    SAFE: _l("In %(year)s, %(percent)s of those asked in %(area)s felt safe in their neighbourhood."),
    TRUST: _l("In %(year)s, %(percent)s of those asked in %(area)s trusted the police to help them if they need it."),
}


def compare(count: float, other: float) -> Comparison:
    """Two counts differ only by more than twice the standard deviation of their difference, as of counts that come
    about by chance (Poisson): |a - b| > 2 √(a + b)."""
    if abs(count - other) <= 2 * sqrt(count + other):
        return Comparison.SAME
    return Comparison.MORE if count > other else Comparison.FEWER


def level(table: FigureTable, measure: str, area: str, year: int) -> str:
    """How many were reported in the year."""
    count, rate = table.series(measure, area).get(year), table.rates(measure, area).get(year)
    if count is None:
        return ""
    told = {"count": counted(count), "what": MEASURES[measure].plural, "area": in_area(area), "year": year}
    if rate is None or count < limits.FEWEST_COUNTED:
        return gettext("In %(year)s, %(count)s %(what)s were reported in %(area)s.", **told)
    return gettext("In %(year)s, %(count)s %(what)s were reported in %(area)s: %(rate)s for every %(per)s inhabitants.",
                   rate=one_decimal(rate), per=format_decimal(limits.PER_INHABITANTS), **told)


def change(table: FigureTable, measure: str, area: str, before: int, year: int) -> str:
    """How the number of reports has changed from one year to a later one. In per cent without a decimal: what is
    compared is not known to more."""
    counts = table.series(measure, area)
    if before not in counts or year not in counts:
        return ""
    old, new = counts[before], counts[year]
    comparison, told = compare(new, old), {"before": before, "old": counted(old), "new": counted(new)}
    if comparison is Comparison.SAME:
        return gettext("The number of reports is about the same as in %(before)s (%(old)s).", **told)
    if min(old, new) < limits.FEWEST_COUNTED:
        return str(FEW_CHANGES[comparison]) % told
    return str(CHANGES[comparison]) % {**told, "percent": format_percent(abs(new - old) / old)}


def beside(table: FigureTable, measure: str, area: str, other: str, year: int) -> str:
    """Whether more are reported than in a larger area, after the sentence of `level`: the count is compared with the
    one that the area would have if it were like the other. Empty where the count itself is not stated."""
    count = table.series(measure, area).get(year)
    own, there = table.rates(measure, area).get(year), table.rates(measure, other).get(year)
    if own is None or there is None or count < limits.FEWEST_COUNTED:
        return ""
    return str(BESIDE[compare(count, count * there / own)]) % {"area": in_area(other), "rate": one_decimal(there)}


def per_homes(table: FigureTable, area: str) -> str:
    """Of so many homes, how many had a reported burglary in the newest twelve months that are known."""
    year = table.newest_year(HOMES, area)
    if year is None:
        return ""
    period = in_my_language(table.source(HOMES, area).period) or gettext("in %(year)s", year=year)
    return gettext("Of %(per)s homes in %(area)s, %(rate)s had a reported burglary %(period)s.", area=in_area(area),
                   per=format_decimal(limits.PER_INHABITANTS), rate=one_decimal(table.series(HOMES, area)[year]),
                   period=period)


def survey(table: FigureTable) -> list[str]:
    """What people answered in the newest survey that is known of the district, and of the country."""
    told = [(measure, area, table.newest_year(measure, area)) for measure in SURVEY for area in (DISTRICT, COUNTRY)]
    return [str(SURVEY[measure]) % {"year": year, "area": in_area(area),
                                    "percent": format_percent(table.series(measure, area)[year] / 100)}
            for measure, area, year in told if year]


def about(table: FigureTable, measure: str, area: str) -> list[list[str]]:
    """All that is said of one measure in one area, in paragraphs, for the newest year: the level, with the area beside
    the district and the country; the changes over YEARS_BACK, the shortest first."""
    year = table.newest_year(measure, area)
    if year is None or MEASURES[measure].kind is not Kind.COUNT:
        return []
    levels = [beside(table, measure, area, other, year) for other in (DISTRICT, COUNTRY) if other != area]
    changes = [change(table, measure, area, year - back, year) for back in YEARS_BACK]
    paragraphs = [level(table, measure, area, year), *levels], changes, [str(MEASURES[measure].note)]
    return [said for paragraph in paragraphs if (said := [sentence for sentence in paragraph if sentence])]


def counted(count: float) -> str:
    """A count as it is stated."""
    if count < limits.FEWEST_COUNTED:
        return gettext("fewer than %(least)s", least=limits.FEWEST_COUNTED)
    return format_decimal(round(count))


def one_decimal(value: float) -> str:
    return format_decimal(value, "#,##0.0")
