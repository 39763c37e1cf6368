"""Roads: how their names are compared, what of one is public, and where they lie."""

import re
from collections.abc import Iterable
from statistics import median

from sqlalchemy import Float, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from .base import Numbered, db, fold, require

# What leads to a house number or stands between two, as do signs: ved nr. 12, mellem 12 og 30, DK-4690.
_LEADING = "|".join(
    "adressen af bag ca cirka dk dør efter eller ejendommen for foran fra før hos husnr husnummer km lejl lejlighed "
    "lige matr matrikel matrikelnr matrnr mellem ml modsat no nr nummer nær nærheden og omkring opgang over overfor "
    "på samt til tæt ud udfor ved at and between from house near number opposite or outside to".split())
# By which a road is known as one; alone it is no road's name.
_KIND = ("vej|gade|all[eé]|boulevard|plads|række|stræde|torv|vænge|sti|led|gang|"
         "bakke|eng|have|lund|mark|park|skov|toft")
_LETTER = r"[^\W\d_²³¹¼-¾⁰-₉⅐-⅟①-⒛]"
_NUMBER = rf"(?:(?!{_LETTER}|_)\w)++(?:{_LETTER}{{1,2}}(?!{_LETTER}))?"
_END, _CLOSED = rf"(?!['’-]?{_LETTER})", r"""[)\]"”»]*+"""  # of a word, which a number may follow: ved12
_FLOOR = rf"(?:sal|etage|t\.?[vh]|m\.?f|(?:st|kld?)(?=\W*+(?:$|t\.?[vh]|m\.?f|\d))){_END}"
_WORD = rf"(?= ?(?!(?:{_LEADING}){_END}|{_FLOOR}){_LETTER}{{2}})"  # behind which a name may go on
_ROAD = rf"(?:{_KIND})(?:e?[nt])?{_END}"  # how a road's name ends: Østvej, Bygaden
# The parts of a road, each with the space before it. What has no group is of its name.
_PART = (
    # Numbers that a name owns: Rute nr. 22; Vej 3 where nothing stands before it, for no road is called Vej alone; E47.
    r" ?(?:(?:(?:(?:primær|sekundær)?rute|^hovedvej|motorvej|motorring|(?:af|fra|til)kørsel)(?: (?:n[ro]|nummer)\.?)?"
    rf" ?(?:a|e ?)?|^(?:{_KIND}|ring|havelod)(?: (?:n[ro]|nummer)\.?)? ?){_NUMBER}"
    r"|e(?: (?<!vej e )(?<!gade e )(?<!gaden e ))?(?:20|39|45|47|55)(?!\w)|(?:7-eleven|\d++-zone)[a-z]*+"
    # What the name begins with: O2, De 7 Huse, 1. Østvej, 4de Vej, 10'eren.
    rf"|^(?:[a-z]\d++(?!\w|,? ?{_LETTER}*?{_ROAD})|de[nt]? \d++\.?{_WORD}"
    rf"|\d++(?: ?\.{_WORD}|(?:ste|den|die|de|te|nde)(?= ){_WORD}|['’-](?={_LETTER}{{2}})))"
    # A number with what a name goes on with: 10. juni Vej, Frederik 7.s Gade, 2. Østvej.
    rf"|(?P<ordinal>\d++(?: ?\.)?(?: ?['’]?s\b)?\.?(?= ?(?:(?:tvær|side)?(?:{_KIND})|januar|februar|marts|april|maj"
    rf"|juni|juli|august|september|oktober|november|december){_END})|\d++ ?\.(?= ?{_LETTER}*?{_ROAD}))"
    # Any other is a house's; behind one stand its letter and its floor: 12 B, st. tv.
    rf"|(?P<number>{_NUMBER}[.'’*_]*+{_CLOSED})"
    rf"|(?P<letter>(?:[a-hj-np-uw-z](?:-[a-z])?(?!\. ?{_LETTER}|°)|[iov](?=\W*+$|,)|(?-i:[IVX]{{2,}}+)){_END}"
    rf"\.?{_CLOSED})|(?P<floor>{_FLOOR}\.?{_CLOSED})"
    rf"|(?P<leading>(?:{_LEADING}|hus(?:et)?|(?-i:[iov])|[nv](?=[./°])){_END}\.?|[^\w ]|_)"
    rf"|(?P<road>{_LETTER}*?{_ROAD}{_CLOSED})|{_LETTER}++(?:['’-]{_LETTER}++)*+\.?{_CLOSED})")
_OF_KEY, _OF_PUBLIC = (re.compile(pattern, re.IGNORECASE) for pattern in (
    # A number at the very beginning may be of the name (7 Stjerner Vej, O 3), but before a whole one: 12 Bygaden.
    rf"^(?:[a-z] \d++$|\d++{_WORD}(?= ?{_LETTER}{{3}})(?![^,;]*?{_LETTER}{{2}}{_ROAD}))|{_PART}",
    # Whose house it is, in brackets, or said so; but Fru Mettes Vej is a road.
    r" ?(?P<aside>[(\[].*?(?:[)\]]|$)|(?:hos|c/o|familien|fam|fru|frk|hr)(?![\w-])"
    rf"(?!\.?(?: [^ ,;]++)?? [^ ,;]*?s['’]? ?{_ROAD})[^,;]*+)|{_PART}"))


def road_name(road: str, town: str) -> str:
    """A road without what people write to its name: house numbers, postcode, and the town of the postcode. In doubt a
    number stays, for it may tell two roads apart."""
    return _name(road, town, public=False) or road


def public_road(road: str, town: str) -> str:
    """A road or venue as anybody may know it: also without whose house it is, and in doubt without a number. The town
    alone where nothing else is left."""
    return _name(road, town, public=True) or town


def road_key(road: str, town: str) -> str:
    """By which roads are compared, however they are spaced, dotted and numbered: "Terslev Bygade 12, Haslev" and
    "Terslevbygade" are one."""
    return fold(road_name(road, town)).replace(" ", "")


def _name(road: str, town: str, public: bool) -> str:
    words, of_town = _without_house_numbers(road, public).split(), len(fold(town).split())
    while of_town < len(words) and fold(" ".join(words[-of_town:])) == fold(town):
        del words[-of_town:]
    name = " ".join(words).strip(" ,.;:/–-")
    return name if re.search(_LETTER, name) else ""


def _without_house_numbers(road: str, public: bool) -> str:
    """A number that the name does not own goes, with all that leads to it."""
    kept: list[tuple[str | None, str]] = [(None, "")]
    behind: int | None = None  # where the last house number ends, unless words of the name have come since
    for part in (_OF_PUBLIC if public else _OF_KEY).finditer(" ".join(road.split())):
        group = part.lastgroup
        if (group in ("number", "aside") or group in ("letter", "floor") and behind
                or group == "ordinal" and not _is_owned(part.group(), *kept[-1], public)):
            while kept[-1][0] in ("leading", "floor"):
                kept.pop()
            behind = part.end()
        else:
            kept.append((group, " " * (part.start() == behind and part.group()[0].isalnum()) + part.group()))  # 12Dalby
            behind = behind if group in ("leading", "floor") else None
    return "".join(text for _, text in kept)


def _is_owned(ordinal: str, group: str | None, before: str, public: bool) -> bool:
    """Never directly behind a road's own name: Kirkevej 5 sidevej. Anybody may know it only where it is sure: at the
    beginning, of a king, or with a dot behind a comma, with or behind a genitive, or behind what is short: Skolen, 2.
    Vej; Nord 7.s Gade; Holmegårdens 2. Vænge; Ndr. 2. Led."""
    is_of_king = fold(before) in {"kong", "christian", "chr", "frederik", "fr", "valdemar", "erik", "d", "den"}
    is_sure = not before or is_of_king or "." in ordinal and (
        before.strip() in {",", ";", ":"} or group is None and ("s" in ordinal or before.endswith(("s", "."))))
    return group != "road" and (is_sure or not public)


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
