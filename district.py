"""The police district: where it lies, who else is in charge of what, and where to reach them.

All of it stands in district.toml, so that another district can use the site by replacing one file.
A file that contradicts itself is refused when it is read, with the name of the entry: a postcode
without a municipality must not first be found by a citizen.
"""
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from languages import LANGUAGES, MAIN, SOURCE
from models import limits, require, unit_key

Words = Annotated[str, Meta(pattern=r"^\S(.*\S)?\Z")]  # one line, and not a blank one
Name = Annotated[Words, Meta(max_length=80)]  # as the columns of a place have room for it
# Words parted by single spaces, as a form sends them back; with its crew, a unit is named in CREW_LENGTH characters.
Unit = Annotated[str, Meta(pattern=r"^[^\W_][^\s,]*( [^\s,]+)*\Z", max_length=limits.CREW_LENGTH // 2)]
# An address that any mail server can write to: letters such as ø stand behind the @ alone.
MAILBOX = r"[!#-'*+\--9=?A-Z^-~]+@[^\W_]+((\.|-+)[^\W_]+)*"
Link = Annotated[str, Meta(pattern=r"^https://[^\W_]\S+\Z")]
FourFigures = Annotated[str, Meta(pattern=r"^[0-9]{4}\Z")]
ClosedDay = Annotated[str, Meta(pattern=(
    r"^((?!02-3|0[469]-31|11-31)(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])|easter(\+0|[+-][1-9][0-9]?))\Z"))]
RangeOfPostcodes = Annotated[str, Meta(pattern=r"^([0-9]{4}(-[0-9]{4})?|[0-9]{3}(-[0-9]{3})?)\Z")]
# A point of the Kingdom: whoever writes longitude before latitude is nowhere in it.
Point = tuple[Annotated[float, Meta(ge=54, le=84)], Annotated[float, Meta(ge=-74, le=16)]]
# One text by language. Where a further language is missing, the English is read (languages.py).
Texts = dict[Literal[tuple(LANGUAGES)], Words]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file may say in one place. Whatever is of another kind, or means nothing here, is refused."""


# As towns are compared: in small letters, and as whoever has no æ, ø and å on the keyboard writes them.
def _spelled(town: str) -> str:
    return town.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")


class Municipality(Entry):
    name: Name
    code: Annotated[str, Meta(pattern=r"^(?!000)[0-9]{3}\Z")]  # its number at Statistics Denmark; 000 is the country
    phone: Words
    website: Link
    roads: Link  # where a citizen reports a road fault


class Postcode(Entry):
    """A postcode with addresses in the district, and the municipalities it has them in."""
    postcode: FourFigures
    town: Name
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
    link: Link
    behaviour: Link


class Authority(Entry):
    """Someone to whom a wish may be referred."""
    key: Words
    name: Texts
    for_: Texts = msgspec.field(name="for")  # what they take care of, in one line
    phone: Words = ""
    link: Link = ""


class Neighbour(Entry):
    """Another police district with its postcodes, "2000-2599", or "4050" alone, and with some of its towns."""
    name: Texts
    website: Link
    phone: Words
    postcodes: tuple[RangeOfPostcodes, ...]
    towns: tuple[Words, ...] = ()

    def covers(self, postcode: str) -> bool:
        # Figures of equal length compare as text; the length keeps 0800 apart from the Faroese 800.
        ranges = (sorted(each.split("-")) for each in self.postcodes)
        return any(len(ends[0]) == len(postcode) and ends[0] <= postcode <= ends[-1] for ends in ranges)


class District(Entry):
    """All of district.toml."""

    name: Texts
    phone: Words
    email: Annotated[str, Meta(pattern=rf"^{MAILBOX}\.[^\W\d_]+\Z")]
    website: Link
    address: Annotated[tuple[Words, ...], Meta(min_length=1)]
    accessibility_statement: Link
    data_protection_officer: Words  # how to reach them
    bounds: tuple[Point, Point]  # south-west and north-east corner: latitude, longitude
    complaints: Complaints
    municipalities: Annotated[tuple[Municipality, ...], Meta(min_length=1)]
    postcodes: Annotated[tuple[Postcode, ...], Meta(min_length=1)]
    authorities: tuple[Authority, ...]
    neighbours: tuple[Neighbour, ...]
    vehicles: tuple[Unit, ...] = ()
    closed: tuple[ClosedDay, ...] = ()  # days on which the office is shut besides public holidays

    def __post_init__(self) -> None:
        """Refuse what is right in itself but wrong beside the rest."""
        require(all(least < most for least, most in self.reach),
                "the first of the bounds is the south-west corner, the second the north-east one", ValueError)
        named = (*self.authorities, *self.neighbours, self.complaints, self)
        for texts in [each.name for each in named] + [each.for_ for each in self.authorities]:
            missing = {MAIN, SOURCE} - texts.keys()
            require(not missing, f"{texts} lacks {missing}", ValueError)
        for listed in (self.municipality_names, [each.code for each in self.municipalities],
                       [each.postcode for each in self.postcodes], [each.key for each in self.authorities],
                       map(unit_key, self.vehicles)):
            for name, times in Counter(listed).items():
                require(times == 1, f"{name!r} is listed {times} times", ValueError)
        for each in self.postcodes:
            for name in each.municipalities:
                require(name in self.municipality_names,
                        f"postcode {each.postcode!r} names {name!r}, no municipality of ours", ValueError)
            require(not each.mainly_elsewhere or self.neighbour(each.postcode),
                    f"postcode {each.postcode!r} is mainly elsewhere, yet no neighbour has it", ValueError)

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
            # Without the sign that nobody sees and Windows' editors begin with; a Mac's letter and its ring are one.
            text = unicodedata.normalize("NFC", Path(path).read_text("utf-8-sig"))
            return msgspec.toml.decode(text, type=cls)
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
        """By the name that a place has. Of one that the file does not name any more, the name is all that is known."""
        gone = Municipality(name=name, code="", phone="", website="", roads="")
        return next((each for each in self.municipalities if each.name == name), gone)

    def authority(self, key: str) -> Authority | None:
        """None: the file does not name it any more."""
        return next((each for each in self.authorities if each.key == key), None)
