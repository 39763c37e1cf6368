"""Reads what Statistics Denmark's StatBank gives: the API's form, one figure to a line, and the matrix as downloaded.

Columns may come in any order, in Danish or English, as codes, texts or both: what a label means is told by the label
itself. What is not understood is said in words, and nothing is guessed.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask_babel import gettext

from models import FigureRow, require

from .figure_table import area_name, municipality_codes
from .measures import COUNTRY, MEASURES, MOST_DIGITS, POPULATION

QUARTERS = {1, 2, 3, 4}
TIME = re.compile(r"((?:19|20)\d\d)(?:[KQ]([1-4]))?", re.I)
TIME_NAMES = {"tid", "time", "kvartal", "quarter", "år", "year"}
VALUE_NAMES = re.compile(
    r"indhold|contents?|anmeldte forbrydelser|reported criminal offences|folketal.*|population.*", re.I)
ABOUT_PEOPLE = re.compile(r"folketal|population|\bkøn\b|\bsex\b", re.I)
COUNTRY_NAMES = {COUNTRY, "hele landet", "all denmark"}
TOTALS = {"tot", "i alt", "ialt", "total", "alder i alt", "age, total", "men and women, total"}
NOT_KNOWN = {"", ".", ".."}  # what StatBank writes where it has no figure; "-" is a zero
# Signs of letters that were lost or taken for others when a file was saved anew; "?" within an address is none.
LOST = re.compile(r"\ufffd|ï¿½|Ã[\x80-\xbf¦¸¥†˜…]|(?<![\w/.=&-])\w+\?\w+(?![\w/=&])")
# The API's short form leaves out a quarter without any report. Where the other quarters have more than this, the
# quarter is not without reports but missing.
MOST_BESIDE_ZERO = 10
NAMED_AT_MOST = 8  # labels in one sentence

Cell = tuple[list[str], str]  # one figure of the file: the labels that say what it is, and its value


class Unreadable(ValueError):
    """A file that nothing can be taken from; its words say why, to the officer."""


@dataclass
class Reading:
    """What a file says: `rows` to be stored, and `problems`, what was left out and why, in words."""

    rows: list[FigureRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(octets: bytes) -> Reading:
    """What can be taken from a file of STRAF11 (reported offences) or FOLK1A (inhabitants). Raises Unreadable."""
    text = decoded(octets)
    lines = [[cell.strip() for cell in line] for line in separated(text)]
    header = next((line for line in lines if any(line)), [])
    is_long = bool({cell.casefold() for cell in header} & TIME_NAMES)
    cells = list(cells_of_list(header, lines) if is_long else cells_of_matrix(lines))
    require(cells, gettext("We found no figures in the file. Download it from StatBank as CSV, and send it as it is."),
            Unreadable)
    return understood(cells, about_people=bool(ABOUT_PEOPLE.search(" ".join(header))), leaves_out_zeros=is_long)


def decoded(octets: bytes) -> str:
    """As UTF-8 or, as StatBank's matrix, Latin-1."""
    require(b"\0" not in octets and not octets.startswith(b"PK"), gettext(
        "This is a spreadsheet or another kind of file. Download the table from StatBank as CSV."), Unreadable)
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    if lost := LOST.search(text):
        raise Unreadable(gettext(
            "The Danish letters in this file were lost when it was saved anew (near “%(near)s”). Download it once more "
            "from StatBank, and send it without opening it in another program first.",
            near=" ".join(text[max(0, lost.start() - 12):lost.end() + 12].split())))
    return text


def separated(text: str) -> list[list[str]]:
    """Lines of cells, by whichever separator the file has most of."""
    separator = max(";,\t", key=text.count)
    try:
        return list(csv.reader(text.splitlines(), delimiter=separator, strict=True))
    except csv.Error as error:
        raise Unreadable(gettext("The file breaks off in the middle of a line, or its quotation marks do not match.")
                         ) from error


def cells_of_list(header: list[str], lines: list[list[str]]) -> Iterator[Cell]:
    """The API's form: one figure to a line, its column named by VALUE_NAMES."""
    place = next((n for n, name in enumerate(header) if VALUE_NAMES.fullmatch(name)), None)
    require(place is not None, gettext("The file has no column with the figures (INDHOLD)."), Unreadable)
    for line in filter(any, lines[lines.index(header) + 1:]):
        if len(line) != len(header):
            raise Unreadable(gettext("A line has more or fewer columns than the first one: %(line)s",
                                     line=" ".join(line)[:80]))
        yield line[:place] + line[place + 1:], line[place]


def cells_of_matrix(lines: list[list[str]]) -> Iterator[Cell]:
    """The downloaded form: headings above the columns, labels before the rows; a label that stands alone in its row
    holds for the rows below it. Titles and footnotes have no figures beside them."""
    first = next((n for n, line in enumerate(lines) if line[:1] == [""] and any(line)), len(lines))
    width = next((n for n, cell in enumerate(lines[first]) if cell), 0) if first < len(lines) else 0
    headings, labels = [], [""] * width
    for line in lines[first:]:
        if not any(line[width:]):
            labels = labels_below(labels, line[:width])
        elif not any(line[:width]):
            headings.append(line[width:])
        else:
            labels = labels_below(labels, line[:width])
            for n, value in enumerate(line[width:]):
                yield labels + [heading[n] if n < len(heading) else "" for heading in headings], value


def labels_below(labels: list[str], line: list[str]) -> list[str]:
    """The labels that hold from this row on: a new one ends those to its right."""
    for n, label in enumerate(line):
        if label:
            return [*labels[:n], *line[n:], *[""] * (len(labels) - len(line))]
    return labels


def understood(cells: list[Cell], about_people: bool, leaves_out_zeros: bool) -> Reading:
    """What the cells say, by year; Unreadable where that is nothing, or contradicts itself."""
    reader, found, unused, odd = Labels(), {}, {}, {}
    for labels, value in cells:
        key = reader.key(labels, about_people)
        if isinstance(key, str):
            unused[key] = None
        elif not (value in {"-", *NOT_KNOWN} or value.isdecimal() and len(value) < MOST_DIGITS):
            odd[value] = None
        elif found.setdefault(key, value) != value:
            raise Unreadable(gettext("The file contradicts itself: different figures stand there for %(labels)s.",
                                     labels=", ".join(filter(None, labels))))
    counts = {key: 0 if value == "-" else int(value) for key, value in found.items() if value not in NOT_KNOWN}
    rows, unfinished = yearly(counts, leaves_out_zeros and 0 not in counts.values())
    problems = [sentence for sentence in (
        _list(gettext("Left out, because quarters are missing: %(names)s."), unfinished),
        _list(gettext("Not a whole number, or far too large, so left out: %(names)s."), odd),
        _list(gettext("Not used here: %(names)s."), unused),
        gettext("Statistics Denmark has no figure: %(number)s cells.", number=len(found) - len(counts))
        if len(found) > len(counts) else "") if sentence]
    require(rows, " ".join([gettext("There is nothing in the file that can be used here."), *problems]), Unreadable)
    return Reading(rows, problems)


def _list(sentence: str, names: dict[str, None]) -> str:
    """`sentence` with the first few of `names`; empty where there are none."""
    named = [gettext("“%(name)s”", name=name) for name in names][:NAMED_AT_MOST]
    more = ["…"] if len(names) > NAMED_AT_MOST else []
    return sentence % {"names": ", ".join(named + more)} if names else ""


class Labels:
    """What the labels of a figure mean."""

    def __init__(self):
        codes = municipality_codes()
        self._areas = dict.fromkeys(COUNTRY_NAMES, COUNTRY) | {code: code for code in codes} | {
            name.casefold(): code for code, name in codes.items()}
        self._measures = {name.casefold(): m.key for m in MEASURES.values() if m.code for name in (m.code, *m.texts)}

    def key(self, labels: list[str], about_people: bool) -> tuple[str, str, int, int] | str:
        """Area, measure, year and quarter, which is 0 for a whole year; or the label that is not used here, or a
        word for what is missing."""
        area, measure, time = "", POPULATION if about_people else "", None
        for label in filter(None, labels):
            if match := TIME.fullmatch(label):
                time = int(match[1]), int(match[2] or 0)
            elif found := self._meaning(self._areas, label):
                area = found
            elif not about_people and (found := self._meaning(self._measures, label)):
                measure = found
            elif not (about_people and label.casefold() in TOTALS):
                return label
        if not area:
            return gettext("figures without an area")
        if not measure:
            return gettext("figures without a kind of offence")
        return (area, measure, *time) if time else gettext("figures without a quarter or year")

    @staticmethod
    def _meaning(names: dict[str, str], label: str) -> str | None:
        """By the whole label, or by the code that stands before the text."""
        return names.get(label.casefold()) or names.get(label.partition(" ")[0].casefold())


def yearly(counts: dict[tuple[str, str, int, int], int],
           leaves_out_zeros: bool) -> tuple[list[FigureRow], dict[str, None]]:
    """Quarters as years: offences where all four quarters are there, inhabitants as of the first; and what is left out
    because quarters are missing, in words."""
    years: dict[tuple[str, str, int], dict[int, int]] = {}
    for (area, measure, year, quarter), value in counts.items():
        years.setdefault((area, measure, year), {})[quarter] = value
    in_file = {(year, quarter) for _, _, year, quarter in counts}
    rows, unfinished = [], {}
    for (area, measure, year), quarters in years.items():
        if leaves_out_zeros and measure != POPULATION and max(quarters.values()) <= MOST_BESIDE_ZERO:
            quarters |= {q: 0 for q in QUARTERS if q not in quarters and (year, q) in in_file}
        value = value_of_year(measure, quarters)
        if value is None:
            unfinished[f"{MEASURES[measure].name}, {area_name(area)}, {year}"] = None
        else:
            rows.append(FigureRow(area, measure, year, value, "folk1a" if measure == POPULATION else "straf11"))
    return rows, unfinished


def value_of_year(measure: str, quarters: dict[int, int]) -> int | None:
    """None: not all of it is there."""
    if 0 in quarters:
        return quarters[0]
    if measure == POPULATION:
        return quarters.get(1)
    return sum(quarters.values()) if quarters.keys() == QUARTERS else None
