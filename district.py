"""The police district: where it lies, who else is in charge of what, and where to reach them.

All of it stands in district.toml, so that another district can use the site by replacing one file.
A file that contradicts itself is refused when it is read, with the name of the entry: a postcode
without a municipality must not first be found by a citizen.
"""
import re
import tomllib
from collections import Counter
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Self, get_args, get_origin


@dataclass(frozen=True)
class Words:
    """One text in both languages."""
    da: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.da


@dataclass(frozen=True)
class Municipality:
    name: str
    phone: str
    website: str
    roads: str  # where a citizen reports a road fault


@dataclass(frozen=True)
class Postcode:
    """A postcode with addresses in the district, and the municipalities it has them in."""
    postcode: str
    town: str
    municipalities: tuple[str, ...]
    mainly_elsewhere: bool = False  # most of it lies in another police district

    @property
    def municipality(self) -> str:
        """The municipality that has most of it: a good guess, not a certainty."""
        return self.municipalities[0]


@dataclass(frozen=True)
class Complaints:
    """Who takes the first complaint about what the police decided or did not do."""
    name: Words
    link: str


@dataclass(frozen=True)
class Authority:
    """Someone to whom a wish may be referred."""
    key: str
    name: Words
    for_: Words  # what they take care of, in one line; `for` in the file
    phone: str = ""
    link: str = ""


@dataclass(frozen=True)
class Neighbour:
    """Another police district and its postcodes: "2000-2599", or "4050" alone."""
    name: Words
    website: str
    phone: str
    postcodes: tuple[str, ...]

    def covers(self, postcode: str) -> bool:
        # Figures of equal length compare as text; the length keeps 0800 apart from the Faroese 800.
        ranges = (each.partition("-") for each in self.postcodes)
        return any(len(first) == len(postcode) and first <= postcode <= (last or first)
                   for first, _, last in ranges)


@dataclass(frozen=True)
class District:
    name: Words
    phone: str
    email: str
    website: str
    address: tuple[str, ...]
    accessibility_statement: str
    center: tuple[float, ...]  # latitude, longitude
    bounds: tuple[tuple[float, ...], ...]  # south-west and north-east corner
    complaints: Complaints
    municipalities: tuple[Municipality, ...]
    postcodes: tuple[Postcode, ...]
    authorities: tuple[Authority, ...]
    neighbours: tuple[Neighbour, ...]
    vehicles: tuple[str, ...] = ()

    @property
    def units(self) -> dict[str, tuple[str, ...]]:
        """The parts of a visit of which we have so many and no more, as a service's `takes` names them."""
        return {"vehicle": self.vehicles}

    @classmethod
    def load(cls, path: Path) -> Self:
        try:
            district = read(cls, tomllib.loads(Path(path).read_text("utf-8")), "the file")
            check(district)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        return district

    def postcode(self, postcode: str) -> Postcode | None:
        """None: no address of ours has it."""
        return next((each for each in self.postcodes if each.postcode == postcode), None)

    def neighbour(self, postcode: str) -> Neighbour | None:
        """The other district that has the postcode or most of it. None: it is ours, or nobody's."""
        ours = self.postcode(postcode)
        if ours and not ours.mainly_elsewhere:
            return None
        return next((each for each in self.neighbours if each.covers(postcode)), None)

    def municipality(self, name: str) -> Municipality:
        return {each.name: each for each in self.municipalities}[name]

    def authority(self, key: str) -> Authority:
        return {each.key: each for each in self.authorities}[key]


PLAINLY = {str: "a text in quotation marks", bool: "true or false", float: "a number with decimals",
           tuple: "a list", Words: "a text in two languages: { da = ..., en = ... }"}


def read(kind: type, value, entry: str):
    """The value as the kind its field declares; `entry` is what an error calls it."""
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(read(get_args(kind)[0], each, entry) for each in value)
    if is_dataclass(kind) and isinstance(value, dict):
        title = value.get("postcode") or value.get("key") or value.get("name")
        entry = f"{entry} {title!r}" if isinstance(title, str) else entry
        declared = {field.name.rstrip("_"): field for field in fields(kind)}
        for name, field in declared.items():
            if name not in value and field.default is MISSING:
                raise ValueError(f"{entry} lacks {name!r}")
        for name in value.keys() - declared.keys():
            raise ValueError(f"{entry} has {name!r}, which means nothing here")
        return kind(**{declared[name].name: read(declared[name].type, each, f"{entry}, {name}")
                       for name, each in value.items()})
    if type(value) is not kind:
        expected = PLAINLY.get(get_origin(kind) or kind, "a table")
        raise ValueError(f"{entry} is {value!r}, not {expected}")
    return value


def check(district: District) -> None:
    """Refuse what is right in itself but wrong beside the rest."""
    names = [each.name for each in district.municipalities]
    codes = [each.postcode for each in district.postcodes]
    keys = [each.key for each in district.authorities]
    for name, times in Counter(names + codes + keys).items():
        if times > 1:
            raise ValueError(f"{name!r} is listed {times} times")
    for each in district.postcodes:
        if not re.fullmatch(r"\d{4}", each.postcode):
            raise ValueError(f"postcode {each.postcode!r} is not four figures")
        if not each.municipalities:
            raise ValueError(f"postcode {each.postcode!r} has no municipality")
        for name in each.municipalities:
            if name not in names:
                raise ValueError(f"postcode {each.postcode!r} names {name!r}, no municipality of ours")
        if each.mainly_elsewhere and not district.neighbour(each.postcode):
            raise ValueError(f"postcode {each.postcode!r} is mainly elsewhere, yet no neighbour has it")
    for each in district.neighbours:
        for numbers in each.postcodes:
            if not re.fullmatch(r"\d{4}(-\d{4})?|\d{3}(-\d{3})?", numbers):
                raise ValueError(f"{each.name.da} has {numbers!r}, which is no range of postcodes")
