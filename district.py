"""The police district: where it lies, who else is in charge of what, and where to reach them.

All of it stands in district.toml, so that another district can use the site by replacing one file.
A file that contradicts itself is refused when it is read, with the name of the entry: a postcode
without a municipality must not first be found by a citizen.
"""
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from languages import LANGUAGES, MAIN, SOURCE

FourFigures = Annotated[str, Meta(pattern=r"^\d{4}$")]
ClosedDay = Annotated[str, Meta(pattern=r"^((0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])|easter[+-]\d{1,3})$")]
RangeOfPostcodes = Annotated[str, Meta(pattern=r"^(\d{4}(-\d{4})?|\d{3}(-\d{3})?)$")]
# One text by language. Where a further language is missing, the English is read (languages.py).
Texts = dict[Literal[tuple(LANGUAGES)], str]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file may say in one place. Whatever is of another kind, or means nothing here, is refused."""


# As towns are compared: in small letters, and as whoever has no æ, ø and å on the keyboard writes them.
def _spelled(town: str) -> str:
    return town.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")


class Municipality(Entry):
    name: str
    code: Annotated[str, Meta(pattern=r"^\d{3}$")]  # its number at Statistics Denmark
    phone: str
    website: str
    roads: str  # where a citizen reports a road fault


class Postcode(Entry):
    """A postcode with addresses in the district, and the municipalities it has them in."""
    postcode: FourFigures
    town: str
    municipalities: Annotated[tuple[str, ...], Meta(min_length=1)]
    mainly_elsewhere: bool = False  # most of it lies in another police district

    @property
    def municipality(self) -> str:
        """The municipality that has most of it: a good guess, not a certainty."""
        return self.municipalities[0]


class Complaints(Entry):
    """Who takes the first complaint about what the police decided or did not do, how to complain, and where complaints
    about how somebody behaved go."""
    name: Texts
    link: str
    behaviour: str


class Authority(Entry):
    """Someone to whom a wish may be referred."""
    key: str
    name: Texts
    for_: Texts = msgspec.field(name="for")  # what they take care of, in one line
    phone: str = ""
    link: str = ""


class Neighbour(Entry):
    """Another police district with its postcodes, "2000-2599", or "4050" alone, and with some of its towns."""
    name: Texts
    website: str
    phone: str
    postcodes: tuple[RangeOfPostcodes, ...]
    towns: tuple[str, ...] = ()

    def covers(self, postcode: str) -> bool:
        # Figures of equal length compare as text; the length keeps 0800 apart from the Faroese 800.
        ranges = (each.partition("-") for each in self.postcodes)
        return any(len(first) == len(postcode) and first <= postcode <= (last or first)
                   for first, _, last in ranges)


class District(Entry):
    """All of district.toml."""

    name: Texts
    phone: str
    email: str
    website: str
    address: tuple[str, ...]
    accessibility_statement: str
    data_protection_officer: str  # how to reach them
    bounds: tuple[tuple[float, ...], ...]  # south-west and north-east corner: latitude, longitude
    complaints: Complaints
    municipalities: tuple[Municipality, ...]
    postcodes: tuple[Postcode, ...]
    authorities: tuple[Authority, ...]
    neighbours: tuple[Neighbour, ...]
    vehicles: tuple[str, ...] = ()
    closed: tuple[ClosedDay, ...] = ()  # days on which the office is shut besides public holidays

    def __post_init__(self) -> None:
        """Refuse what is right in itself but wrong beside the rest."""
        named = (*self.authorities, *self.neighbours, self.complaints, self)
        for texts in [each.name for each in named] + [each.for_ for each in self.authorities]:
            if missing := {MAIN, SOURCE} - texts.keys():
                raise ValueError(f"{texts} lacks {missing}")
        names = list(self.municipality_names)
        codes = [each.postcode for each in self.postcodes]
        keys = [each.key for each in self.authorities]
        for name, times in Counter(names + codes + keys).items():
            if times > 1:
                raise ValueError(f"{name!r} is listed {times} times")
        for each in self.postcodes:
            for name in each.municipalities:
                if name not in names:
                    raise ValueError(f"postcode {each.postcode!r} names {name!r}, no municipality of ours")
            if each.mainly_elsewhere and not self.neighbour(each.postcode):
                raise ValueError(f"postcode {each.postcode!r} is mainly elsewhere, yet no neighbour has it")

    @property
    def municipality_names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.municipalities)

    @property
    def reach(self) -> tuple[tuple[float, ...], ...]:
        """The least and the greatest latitude, and longitude, of a point of ours."""
        return tuple(zip(*self.bounds, strict=True))

    @property
    def units(self) -> dict[str, tuple[str, ...]]:
        """The resources of a visit of which we have so many and no more, as a service's `resources` names them."""
        return {"vehicle": self.vehicles}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ValueError with the file, the place in it and the reason."""
        try:
            return msgspec.toml.decode(Path(path).read_bytes(), type=cls)
        except (ValueError, msgspec.DecodeError) as error:
            raise ValueError(f"{path}: {error}") from error

    def postcode(self, postcode: str) -> Postcode | None:
        """None: no address of ours has it."""
        return next((each for each in self.postcodes if each.postcode == postcode), None)

    def postcodes_of(self, town: str) -> list[str]:
        """The postcodes of ours of this town."""
        return [each.postcode for each in self.postcodes if _spelled(each.town) == _spelled(town)]

    def neighbour(self, postcode: str) -> Neighbour | None:
        """The other district that has the postcode or most of it. None: it is ours, or nobody's."""
        ours = self.postcode(postcode)
        if ours and not ours.mainly_elsewhere:
            return None
        return next((each for each in self.neighbours if each.covers(postcode)), None)

    def neighbour_of_town(self, town: str) -> Neighbour | None:
        """The other district that names the town as one of its own."""
        return next((each for each in self.neighbours if _spelled(town) in map(_spelled, each.towns)), None)

    def municipality(self, name: str) -> Municipality:
        return {each.name: each for each in self.municipalities}[name]

    def authority(self, key: str) -> Authority:
        return {each.key: each for each in self.authorities}[key]
