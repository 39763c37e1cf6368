"""Every word that the code says in English is said in Danish, as the domain says it."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "translations/da/LC_MESSAGES/messages.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
ELSEWHERE = {"tests", "migrations", "translations", "instance", "static"}
# What takes a value: %(name)s and %(name)d of gettext, {name} of static/map.js.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|%%")


@cache
def in_the_code() -> Catalog:
    """Extracted as `pybabel extract -F babel.cfg -k _l` does it."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = Catalog(locale="da")
    for _, _, words, _, context in extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=is_ours):
        found.add(words, context=context)
    return found


def is_ours(folder: str) -> bool:
    name = Path(folder).name
    return name not in ELSEWHERE and not name.startswith(".")


@cache
def in_danish() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="da", abort_invalid=True)


def pairs(message: Message) -> list[tuple[str, str]]:
    """English and Danish side by side: one pair, or singular and plural."""
    if message.pluralizable:
        return list(zip(message.id, message.string, strict=True))
    return [(message.id, message.string)]


def names(catalogue: Catalog) -> set:
    return {message.id for message in catalogue if message.id}


def translated() -> list[Message]:
    return [message for message in in_danish() if message.id]


def test_nothing_is_left_in_english():
    assert len(names(in_the_code())) > 500, "the extraction finds the code's words"
    assert sorted(map(str, names(in_the_code()) - names(in_danish()))) == []
    assert [message.id for message in translated() if not all(danish.strip() for _, danish in pairs(message))] == []


def test_no_translation_is_a_guess_or_left_over():
    assert [message.id for message in translated() if message.fuzzy] == []
    assert sorted(map(str, names(in_danish()) - names(in_the_code()))) == []
    assert list(in_danish().obsolete) == []


def test_placeholders_survive_translation():
    for message in translated():
        for english, danish in pairs(message):
            assert set(PLACEHOLDER.findall(danish)) == set(PLACEHOLDER.findall(english)), english


def test_the_words_are_typed_alike():
    """Danish quotation marks, no exclamation marks, no stray spaces, and a colon where the English one has it."""
    for message in translated():
        for english, danish in pairs(message):
            assert not set(danish) & set("!“„\"«»"), english
            assert danish == danish.strip() and "  " not in danish, english
            assert english.endswith(":") == danish.endswith(":"), english


def test_receipt_is_never_called_a_confirmation():
    assert [message.id for message in translated() if "bekræft" in "".join(d for _, d in pairs(message)).lower()] == []


@pytest.mark.parametrize(("english", "danish"), {
    # the status that a citizen reads
    "Received": "Modtaget",
    "We need information": "Vi mangler oplysninger",
    "Accepted": "Imødekommet",
    "Carried out – the answer is on its way": "Gennemført – svar på vej",
    "Answered with result": "Besvaret med resultat",
    "Cannot be met": "Kan ikke imødekommes",
    "Referred": "Henvist",
    "Withdrawn": "Trukket tilbage",
    # the booking
    "Book a Police Officer": "Book en betjent",
    "Book a traffic control": "Bestil en færdselskontrol",
    "What is the problem?": "Hvad er problemet?",
    "Stretch (from – to, or house number)": "Strækning (fra - til eller husnr.)",
    "Through road in town": "Gennemfartsvej i by",
    "Who is at risk?": "Hvem er udsat?",
    "How do you want the answer?": "Hvordan vil du have svar?",
    "Do not write names, CPR numbers or number plates.": "Skriv ikke navne, CPR-numre eller nummerplader.",
    # the findings
    "Charged with speeding, in total": "Sigtede for hastighed i alt",
    "of these, fine only": "heraf kun bøde",
    "of these, penalty clip": "heraf klip",
    "of these, conditional loss of licence": "heraf betinget frakendelse",
    "of these, unconditional loss of licence": "heraf ubetinget frakendelse",
    "of the unconditional, reckless driving": "heraf vanvidskørsel (indgår i ubetinget)",
    "Preliminary figures": "Foreløbige tal",
}.items())
def test_words_of_the_domain(english, danish):
    assert in_danish().get(english).string == danish
