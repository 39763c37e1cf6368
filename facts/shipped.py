"""The figures that come with the product, and the product's own form of a file of figures."""

import re

from models import Figure, FigureRow, require

from .figure_table import municipality_codes
from .measures import COUNTRY, HERE, MEASURES, MOST_DIGITS, sources

SHIPPED = HERE / "figures.csv"
HEADER = ";".join(FigureRow._fields)
ROW = re.compile(r"(\w{1,8});(\w+);((?:19|20)\d\d);(\d{1,%s}(?:\.\d+)?);(\w+)" % MOST_DIGITS, re.ASCII)


def write_rows(rows: list[FigureRow]) -> str:
    """A line for each, under the names of the columns."""
    return "\n".join([HEADER, *(";".join(map(str, row)) for row in rows)])


def read_rows(text: str) -> list[FigureRow]:
    """The reverse of `write_rows`; ValueError where it is something else."""
    header, *lines = text.splitlines() or [""]
    found = [ROW.fullmatch(line) for line in lines]
    require(header == HEADER and all(found), "not in the product's own form of figures", ValueError)
    rows = [FigureRow(area, measure, int(year), float(value), source)
            for area, measure, year, value, source in (match.groups() for match in found)]
    require(all(row.measure in MEASURES and row.source in sources() for row in rows),
            "an unknown measure or source", ValueError)
    return rows


def load_shipped() -> int:
    """Fill the table of a fresh database, and say with how many figures. Where anything has been stored, what an
    officer imports counts. Another district than the one whose figures these are gets the country's alone."""
    if Figure.overview():
        return 0
    rows = read_rows(SHIPPED.read_text("utf-8"))
    ours = municipality_codes().keys() <= {row.area for row in rows}
    return Figure.store(row for row in rows if ours or row.area == COUNTRY)
