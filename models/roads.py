"""Roads: how their names are compared, what of one is public, and where they lie."""

import re
from collections.abc import Iterable
from statistics import median

from sqlalchemy import Float, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from .base import Numbered, db, fold, require

# What leads to a house number or stands between two, as do single letters and signs: ved nr. 12, mellem 12 og 30.
_LEADING = "|".join(
    "adressen af bag ca cirka dør efter eller ejendommen etage for foran fra før hos hus huset husnr husnummer kl km "
    "lejl lejlighed lige matr matrikel matrikelnr matrnr mellem ml modsat no nr nummer nær nærheden og omkring opgang "
    "over overfor på samt til tæt ud udfor ved at and between from house near number opposite or outside to".split())
_DIGIT = r"\d²³¹¼-¾⁰-₉⅐-⅟①-⒛"
_LETTER = rf"[^\W_{_DIGIT}]"
_NUMBER = rf"[{_DIGIT}]++(?:{_LETTER}{{1,2}}(?!{_LETTER}))?"
_END, _CLOSED = rf"(?!['’-]?{_LETTER})", r"""[)\]"”»]*+"""  # of a word, which a number may follow: ved12
# The numbers that a name owns: Rute 22, E47; Vej 3, where nothing stands before it; 10. juni Vej, Frederik 7.s Gade.
_OWNED = (
    r"(?:(?:primær|sekundær)?rute|hovedvej|motorvej|motorring|(?:af|fra|til)kørsel|^(?:vej|ring|række|plads|havelod))"
    rf" ?a?{_NUMBER}|e ?(?:20|39|45|47|55)(?!\w)|(?:7-eleven|\d++-zone)[a-z]*+|\d++(?:[.'’]?s\b)?\.?(?= ?(?:"
    "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"
    rf"|(?:tvær|side)?(?:vej|gade)|all[eé]|boulevard|plads|række|stræde|torv|vænge){_END})")
# The parts of a road, each with the space before it. What has no group is its name. A number that it does not own is a
# house's; behind one stand its letter and its floor: 12 B, st. tv.
_PART = re.compile(
    rf" ?(?:{_OWNED}|(?P<number>(?:(?<!\w){_LETTER})?{_NUMBER}[.'’]*+{_CLOSED})"
    rf"|(?P<behind>(?:[a-hj-np-uw-z](?:-[a-z])?(?!\. ?\w)|sal|tv|th|mf|st(?=\W*+(?:$|tv|th|mf))){_END}\.?{_CLOSED})"
    rf"|(?P<leading>(?:{_LEADING}|[a-z]){_END}|[^\w ]|_)"
    rf"|{_LETTER}++(?:['’-]{_LETTER}++)*+{_CLOSED})", re.IGNORECASE)
# Whose house it is: in brackets, or said so.
_ASIDE = re.compile(r"(?<![ ,;])[ ,;]*+(?:[(\[].*?(?:[)\]]|$)|\b(?:hos|c/o|familien|fam|fru|frk|hr)(?![\w-])[^,;]*+)",
                    re.IGNORECASE)


def road_name(road: str, town: str) -> str:
    """A road without what people write to its name: house numbers, postcode, and the town of the postcode."""
    return _name(road, town) or road


def public_road(road: str, town: str) -> str:
    """A road or venue as anybody may know it: also without whose house it is. The town alone where nothing else is
    left."""
    return _name(_ASIDE.sub("", road), town) or town


def road_key(road: str, town: str) -> str:
    """By which roads are compared, however they are spaced, dotted and numbered: "Terslev Bygade 12, Haslev" and
    "Terslevbygade" are one."""
    return fold(road_name(road, town)).replace(" ", "")


def _name(road: str, town: str) -> str:
    words, of_town = _without_house_numbers(road).split(), len(fold(town).split())
    while of_town < len(words) and fold(" ".join(words[-of_town:])) == fold(town):
        del words[-of_town:]
    name = " ".join(words).strip(" ,.;:/–-")
    return name if fold(name) else ""


def _without_house_numbers(road: str) -> str:
    """A number that the name does not own goes, with all that leads to it. In doubt it goes: names are public."""
    kept: list[tuple[str | None, str]] = []
    behind: int | None = None  # where the last house number ends, unless words of the name have come since
    for part in _PART.finditer(" ".join(road.split())):
        if part["number"] or part["behind"] and behind:
            while kept and kept[-1][0]:
                kept.pop()
            behind = part.end()
        else:
            gap = " " * (part.start() == behind and part.group()[0].isalnum())  # 12Terslev
            kept.append((part.lastgroup, gap + part.group()))
            behind = behind if part.lastgroup else None
    return "".join(text for _, text in kept)


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
