"""Roads: how their names are compared, what of one is public, and where they lie."""

import re
from collections.abc import Iterable
from statistics import median

from sqlalchemy import Float, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from .base import Numbered, db, fold, require

# Behind a road's name: house numbers, with what stands between them.
HOUSE_NUMBER = re.compile(r"(\d++[a-zæøå]?|(nr|no|nummer|ved|og|til|sal|st|tv|th|mf)\b| )*")
# Behind which a number belongs to the name: Rute 22, E 47; and where they are all that stands before it: Vej 3, Ring 2.
NUMBERED = {"rute", "primærrute", "sekundærrute", "hovedvej", "motorvej", "motorring", "e", "afkørsel", "frakørsel",
            "tilkørsel"}
NUMBERED_ALONE = {"vej", "ring", "række", "plads", "havelod"}
_ASIDE = re.compile(r"[(\[].*?(?:[)\]]|$)")
# As one word: 3, 12B, 3A-5C, nr.4. With a name in it, it is none: 7-Eleven, E47, Ring2, Frederik 7.s Gade.
_NUMBER = re.compile(r"(?:nr\.?|no\.?|№)?\d+[a-zæøå]?(?:[-–/]\d*[a-zæøå]?)*\.?|[a-df-zæøå]\d+", re.IGNORECASE)
# House numbers, each marked by a #, with what belongs to them: ved nr. #, # B, mellem # og #.
_HOUSE = re.compile(
    r"(?:\b(?:ud for|ved|mellem|ml\.?|over ?for|nær|bag) )?(?:\b(?:nr|no|nummer)\.? )?"
    r"#(?: [a-h](?:-[a-h])?\b)?(?: (?:[-–/]|og|til) #(?: [a-h](?:-[a-h])?\b)?)*+", re.IGNORECASE)


def road_name(road: str, town: str) -> str:
    """A road without what people write behind its name: house numbers, postcode, and the town of the postcode."""
    words, ends = road.split(), [fold(word) for word in road.split()]
    in_town = fold(town).split()
    while len(words) > 1:
        if in_town and len(words) > len(in_town) and ends[-len(in_town):] == in_town:
            behind = len(in_town)
        elif HOUSE_NUMBER.fullmatch(ends[-1]) and not _names_by_number(ends[:-1]):
            behind = 1
        elif (len(words) > 2 and re.fullmatch("[a-zæøå]", ends[-1]) and re.fullmatch(r"\d+", ends[-2])
                and not _names_by_number(ends[:-2])):
            behind = 2  # 12 B
        else:
            break
        del words[-behind:], ends[-behind:]
    name = " ".join(words).rstrip(" ,.;–-")
    return name if fold(name) else road


def _names_by_number(before: list[str]) -> bool:
    """Whether a number behind these words, folded, belongs to the name."""
    return bool(before) and (before[-1] in NUMBERED or len(before) == 1 and before[0] in NUMBERED_ALONE)


def public_road(road: str, town: str) -> str:
    """A road or venue as anybody may know it: without a house number, wherever it stands, and without what is in
    brackets, such as whose house it is. The town alone where nothing else is left."""
    words = _ASIDE.sub(" ", road).replace(",", " , ").split()
    marked = ["#" if _is_house_number(words, at) else word for at, word in enumerate(words)]
    name = " ".join(_HOUSE.sub("", " ".join(marked)).split()).replace(" ,", ",").strip(" ,.-–")
    return road_name(name, town) or town


def _is_house_number(words: list[str], at: int) -> bool:
    """A number with a dot before a capital belongs to a name: 1. Maj Plads, Holmegårdens 2. Vænge."""
    is_ordinal = re.fullmatch(r"\d+\.", words[at]) and "".join(words[at + 1:at + 2])[:1].isupper()
    return bool(_NUMBER.fullmatch(words[at])) and not is_ordinal and not _names_by_number(
        [fold(word) for word in words[:at]])


def road_key(road: str, town: str) -> str:
    """By which roads are compared, however they are spaced, dotted and numbered: "Terslev Bygade 12, Haslev" and
    "Terslevbygade" are one."""
    return fold(road_name(road, town)).replace(" ", "")


class Road(Numbered, db.Model):
    """A road of the district with the middle of its addresses, as the operator has imported it (flask roads import)."""

    __table_args__ = (UniqueConstraint("postcode", "road_key"),)

    name: Mapped[str] = mapped_column(String(120))
    road_key: Mapped[str] = mapped_column(String(120))
    postcode: Mapped[str] = mapped_column(String(4))
    lat: Mapped[float] = mapped_column(Float)
    lng: Mapped[float] = mapped_column(Float)

    @classmethod
    def of_postcode(cls, postcode: str) -> list["Road"]:
        return list(db.session.scalars(select(cls).filter_by(postcode=postcode).order_by(cls.name)))

    @classmethod
    def replace_all(cls, addresses: Iterable[tuple[str, str, str, float, float]]) -> int:
        """Put the roads of these addresses (road, postcode, town, latitude, longitude) in the place of all that are
        known. The middle of a road is the median of its addresses. Returns how many roads there are; NotAllowed where
        there is none, for then nothing would be known any more."""
        found: dict[tuple[str, str], list[tuple[str, float, float]]] = {}
        for road, postcode, town, lat, lng in addresses:
            found.setdefault((postcode, road_key(road, town)), []).append((road, lat, lng))
        require(found, "no line has a road, a postcode of the district and a position in it")
        db.session.execute(delete(cls))
        for (postcode, key), ones in found.items():
            names, lats, lngs = zip(*ones, strict=True)
            cls.create(name=names[0], road_key=key, postcode=postcode, lat=median(lats), lng=median(lngs))
        return len(found)
