"""Names of roads as people type them: by which name roads are compared, and which name anybody may know.

People write house numbers, floors and stretches to a road's name. A number is a house's, and goes with the words that
lead to it and with the letter and the floor behind it, unless the name owns it (Rute 22, 1. Maj Plads).
"""

import re

from .base import fold

KEY_LENGTH = 120  # characters that are compared: some letters of a name are two of its key


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def _any_of(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


# Words that lead to a house number or stand between two: ved nr. 12, mellem 12 og 30, DK-4690.
_LEADING = _any_of(
    "adressen af bag ca cirka dk dør efter eller ejendommen for foran fra før hos husnr husnummer km lejl lejlighed "
    "lige matr matrikel matrikelnr matrnr mellem ml modsat no nr nummer nær nærheden og omkring opgang over overfor "
    "på samt til tæt ud udfor ved at and between from house near number opposite or outside to")
# What a road is called by; alone it is no road's name.
_KIND = _any_of("vej gade all[eé] boulevard plads række stræde torv vænge sti led gang bakke eng have lund mark park "
                "skov toft")
_MONTH = _any_of("januar februar marts april maj juni juli august september oktober november december")
_LETTER = r"[^\W\d_²³¹¼-¾⁰-₉⅐-⅟①-⒛]"
_DIGIT = rf"(?:(?!{_LETTER}|_)\w)"
_END = rf"(?!['’-]?{_LETTER})"  # of a word; a number may follow: ved12
_CLOSED = r"""[)\]"”»]*+"""
_ROAD = rf"{_LETTER}*?{_KIND}(?:e?[nt])?{_END}"  # a word that ends as roads do: Østvej, Bygaden
_FLOOR = rf"(?:sal|etage|t\.?[vh]|m\.?f|(?:st|kld?)(?=\W*+(?:$|t\.?[vh]|m\.?f|\d))){_END}"
_EUROPEAN = r"(?:20|39|45|47|55)(?!\w)"  # the numbers of Denmark's E roads
_NR = r"(?: (?:n[ro]|nummer)\.?)?"
_GOES_ON = rf" ?(?!{_LEADING}{_END}|{_FLOOR}){_LETTER}{{2}}"  # with a word of the name

# A letter behind a house number: 12B, 12 B, 5 A-B, 12 II. The words i (in), o (og) and v (ved) are one at an end only.
_HOUSE_LETTER = (
    rf"(?:(?<={_DIGIT}){_LETTER}{{1,2}}(?!{_LETTER})"
    rf"|(?!e ?{_EUROPEAN})(?:[a-hj-np-uw-z](?:-[a-z])?(?!\. ?{_LETTER}|°)|[iov](?=\W*+$|,)|(?-i:[IVX]{{2,}}+)){_END})")
# A road is read part by part, each with the space before it.
_PART = _pattern(
    rf" ?(?:(?P<number>{_DIGIT}++(?: ?\.)?(?: ?['’]?s{_END})?[.'’*_]*+)|(?P<floor>{_FLOOR}\.?)"
    rf"|(?P<letter>{_HOUSE_LETTER}\.?)|[nv][./°]|{_LETTER}++(?:['’-]{_LETTER}++)*+\.?|.){_CLOSED}")
_LEADS_TO_HOUSE = _pattern(
    rf" ?(?:(?:{_LEADING}|hus(?:et)?|(?-i:[iov])|sal|etage|t\.?[vh]|m\.?f|st|kld?)\.?|[nv][./°]|[^\w ]|_)$")
_SOMEBODY = "⁰"  # a number that nobody types: it stands for whose house it is
# Whose house it is, in brackets, or said so; but Fru Mettes Vej is a road.
_WHOSE = _pattern(
    r" ?(?:[(\[].*?(?:[)\]]|$)|(?<![\w-])(?:hos|att|v/(?= (?-i:[A-ZÆØÅ]))|familien|fam|fru|frk|hr)(?![\w-])"
    rf"(?!\.?(?: [^ ,;]++)?? [^ ,;]*?s['’]? ?{_KIND})[^,;]*+)")
# Where a letter is handed over: no road's name has that.
_CARE_OF = _pattern(r"(?<![\w-])c/o(?![\w-])[^,;]*+")
# What maps write behind the town.
_REGION = _pattern(r"(?:, ?(?:danmark|denmark|dänemark|(?:region )?sjælland|[^\d,]+ kommune))+\W*$")
_PLAIN = str.maketrans("éèêëáàâóòôúùûíìî", "eeeeaaaooouuuiii")  # accents, which one writes and another does not
_IN_FULL = {"sdr": "søndre", "ndr": "nordre", "gl": "gammel", "skt": "sankt"}


def _rules(*pairs: tuple[str, str]) -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    """Numbers that a name owns: how what stands before one ends, and how it and what follows begin."""
    return [(_pattern(f"(?:{before})$"), _pattern(number)) for before, number in pairs]


_OWNED = _rules(
    # Rute nr. 22, Motorvej E47, afkørsel 35, Hovedvej A4; no road is called Vej alone: Vej 3, Ring nr. 2.
    (rf"\b(?:(?:primær|sekundær)?rute|motorvej|motorring|(?:af|fra|til)kørsel){_NR}(?: ?[ae])?", ""),
    (rf"^hovedvej{_NR}(?: ?[ae])?", ""),
    (rf"^(?:{_KIND}|ring|havelod){_NR}", ""),
    # E47, E 55, but Industrivej E 20.
    (r"\be", _EUROPEAN),
    (r"(?<!vej )(?<!gade )(?<!gaden )\be", f" {_EUROPEAN}"),
    # 7-Eleven, 50-zonen; at the beginning O2, De 7 Huse, 1. Østvej, 4de Vej, 10'eren.
    (r"", r" ?\d++-(?:eleven|zone)"),
    (r"^[a-z]", rf"\d++(?!\w|,? ?{_ROAD})"),
    (r"^de[nt]?", rf" \d++\.?{_GOES_ON}"),
    (r"^", rf"\d++ ?\.{_GOES_ON}"),
    (r"^", rf"\d++(?:ste|den|die|de|te|nde)(?= ){_GOES_ON}"),
    (r"^", rf"\d++['’-]{_LETTER}{{2}}"),
)
# They may also be a house's: O 3, 7 Stjerner Vej, but not 12 Bygaden.
_DOUBTFUL = _rules(
    (r"^[a-z]", r" \d++$"),
    (r"^", rf"\d++(?![^,;]*?{_LETTER}{{2}}{_ROAD}){_GOES_ON}{_LETTER}"),
)
# What goes on behind a number: 10. juni Vej, 3. tværgade, Frederik 7.s Gade, 2. Østvej.
_ORDINAL = _pattern(
    rf" ?\d++(?:(?: ?\.)?(?: ?['’]?s\b)?\.?(?= ?(?:(?:tvær|side)?{_KIND}|{_MONTH}){_END})| ?\.(?= ?{_ROAD}))")
_ENDS_AS_ROAD = _pattern(rf"(?<!{_LETTER}){_ROAD}{_CLOSED}$")
_IS_KING = _pattern(r"\b(?:kong|christian|chr|frederik|fr|valdemar|erik|d|den)\.?$")


def road_name(road: str, town: str) -> str:
    """A road without what people write to its name: house numbers, postcode, and the town of the postcode. In doubt a
    number stays, for it may tell two roads apart."""
    return _name(road, town, is_public=False) or road


def public_road(road: str, town: str) -> str:
    """A road or venue as anybody may know it: also without whose house it is, and in doubt without a number. The town
    alone where nothing else is left."""
    return _name(road, town, is_public=True) or town


def road_key(road: str, town: str) -> str:
    """By which roads are compared, however they are spaced, dotted, numbered and accented: "Terslev Bygade 12, Haslev"
    and "Terslevbygade" are one, and so are "Sdr. Allé" and "Søndre Alle"."""
    words = fold(road_name(road, town)).translate(_PLAIN).split()
    return "".join(_IN_FULL.get(word, word) for word in words)[:KEY_LENGTH]


def _name(road: str, town: str, is_public: bool) -> str:
    road = _CARE_OF.sub("", _REGION.sub("", " ".join(road.split())))
    if is_public:
        road = _WHOSE.sub(f" {_SOMEBODY}", road)  # goes as a house number does, with the words that lead to it
    words, of_town = _without_house_numbers(road, is_public).split(), len(fold(town).split())
    while of_town < len(words) and fold(" ".join(words[-of_town:])) == fold(town):
        del words[-of_town:]
    name = " ".join(words).strip(" ,.;:/–-")
    return name if re.search(_LETTER, name) else ""


def _without_house_numbers(road: str, is_public: bool) -> str:
    kept: list[str] = []
    is_behind_house = False  # with nothing between but what leads to another one
    end_of_house = -1
    for part in _PART.finditer(road):
        text = part.group()
        if _is_of_house(part, kept, is_behind_house, is_public):
            while kept and _LEADS_TO_HOUSE.match(kept[-1]):
                kept.pop()
            is_behind_house = True
            end_of_house = part.end()
        else:
            is_behind_house = is_behind_house and bool(_LEADS_TO_HOUSE.match(text))
            is_joined = part.start() == end_of_house and text[0].isalnum()  # 12Dalby
            kept.append(f" {text}" if is_joined else text)
    return "".join(kept)


def _is_of_house(part: re.Match[str], kept: list[str], is_behind_house: bool, is_public: bool) -> bool:
    if part["number"]:
        return not _is_of_name(part, kept, is_public)
    return is_behind_house and part.lastgroup in ("letter", "floor")


def _is_of_name(number: re.Match[str], kept: list[str], is_public: bool) -> bool:
    """Whether the name owns this number, behind what is kept so far."""
    if _SOMEBODY in number.group():
        return False
    before = "".join(kept[-9:])  # no rule looks further back
    rules = _OWNED if is_public else _OWNED + _DOUBTFUL
    if any(b.search(before) and n.match(number.string, number.start()) for b, n in rules):
        return True
    ordinal = _ORDINAL.match(number.string, number.start())
    if not ordinal or _ENDS_AS_ROAD.search(before):  # Kirkevej 5 sidevej
        return False
    return not is_public or _is_surely_of_name(ordinal.group(), before, kept)


def _is_surely_of_name(ordinal: str, before: str, kept: list[str]) -> bool:
    """Whether anybody may know an ordinal: at the beginning, of a king, or with a dot behind a comma, with or behind a
    genitive, or behind what is short: Skolen, 2. Vej; Nord 7.s Gade; Holmegårdens 2. Vænge; Ndr. 2. Led."""
    if not before or _IS_KING.search(before):
        return True
    if "." not in ordinal:
        return False
    is_of_word = "s" in ordinal or before.endswith(("s", "."))
    return before.endswith((",", ";", ":")) or is_of_word and not _LEADS_TO_HOUSE.match(kept[-1])
