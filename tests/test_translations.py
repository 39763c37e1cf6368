"""Every word that the code says in English is said in Danish, as the domain says it."""

import re

import pytest
from babel.messages.catalog import Catalog, Message
from helpers_code import in_danish, in_the_code, pairs

# What takes a value: %(name)s and %(name)d of gettext, {name} of static/map.js.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|%%")


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


def test_no_sentence_is_english_in_one_of_its_forms():
    """A word may be the same in both languages; two of them in a row are a form of a plural that nobody translated."""
    same = [danish for message in translated() for english, danish in pairs(message) if english == danish]
    same += [danish for message in translated() if message.pluralizable for danish in message.string
             if danish in message.id]
    assert [text for text in same if len(re.findall(r"[^\W\d]{2,}", PLACEHOLDER.sub(" ", text))) > 1] == []


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


def test_no_line_breaks_between_a_speed_and_its_unit():
    """The space after the figure is a no-break one."""
    assert [words for m in translated() for pair in pairs(m) for words in pair if re.search("s km/[th]", words)] == []


def test_from_when_to_when_has_a_dash():
    assert [message.id for message in translated() if any("s-%(" in words for _, words in pairs(message))] == []


def test_receipt_is_never_called_a_confirmation():
    assert [message.id for message in translated() if "bekræft" in "".join(d for _, d in pairs(message)).lower()] == []


@pytest.mark.parametrize("promise", {
    "ellers ville den intet måle": "the national police announce weeks of speed controls themselves",
    "førere blev sigtet": "behind a photo van's picture nobody has been charged yet: it is a case",
    "hvem der skal have det, du har skrevet": "the right of access, the journal and the archives decide that, too",
    "aldrig nogen, hvor vi": "the place stands in the case against whoever is fined",
    "kun oplysningerne til": "the journal and the figures use them, too",
    "skal anmeldes": "nobody has to report an offence",
    "Føreren skal findes": "only behind a camera nobody has been stopped",
    "lå tæt på den": "it would name a tolerance",
    "frakendelse af kørekortet": "the law takes away a right (førerretten), not a card",
    "Private fællesveje på landet": "the municipality is in charge of the road, the police only approve signs",
    "vejbump og parkering": "not every municipality has parking wardens",
    "efter mødet får du": "a walk and a van are no meeting",
    "Bed politiet om at komme": "that is what 112 is for",
}.items(), ids=lambda pair: pair[0])
def test_we_promise_and_claim_no_more_than_the_law(promise):
    words, why = promise
    assert [danish for message in translated() for _, danish in pairs(message) if words in danish] == [], why


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
    "Where on the road?": "Hvor på vejen?",
    "Main road through town": "Gennemfartsvej i by",
    "Who is at risk?": "Hvem er udsat?",
    "How do you want the answer?": "Hvordan vil du have svar?",
    "Do not write names, CPR numbers or number plates.": "Skriv ikke navne, CPR-numre eller nummerplader.",
    # the findings
    "Charged with speeding, in total": "Sigtede for hastighed i alt",
    "of these, fine only": "heraf kun bøde",
    "of these, penalty points (klip)": "heraf klip",
    "of these, conditional driving ban": "heraf betinget frakendelse",
    "of these, unconditional driving ban": "heraf ubetinget frakendelse",
    "of the unconditional, reckless driving": "heraf vanvidskørsel (indgår i ubetinget)",
    "Preliminary figures": "Foreløbige tal",
}.items())
def test_words_of_the_domain(english, danish):
    assert in_danish().get(english).string == danish
