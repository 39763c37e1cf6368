"""A number is said once: no letter, page or label writes out a period, count or limit that the code keeps to."""

import re

import pytest
from conftest import Person, book, logged_in
from helpers import wish
from helpers_cases import reported
from helpers_code import ROOT, in_danish, in_the_code, pairs

from models import Letter, db, limits

NUMBERS = {
    "en": "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
          "eighteen nineteen twenty twice third fourth fifth sixth seventh eighth ninth tenth",
    "da": "nul to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten tyve "
          "tredje fjerde femte sjette syvende ottende niende tiende"}
PERIODS = {
    "en": r"within an? (?:hour|day|week|month|year)|an? (?:week|month|year) (?:later|ago)|"
          r"(?:last|coming) (?:week|month|year)",
    "da": r"inden for en (?:time|dag|uge|måned)|en uge senere|for et år siden|"
          r"(?:sidste|kommende|seneste) (?:uge|måned|år)"}
# What is no number of ours wherever it stands: the police's own phone numbers; how an answer may be written; a licence.
ELSEWHERE = r"\b11[24]\b|(?:such as|for example|for eksempel|perhaps|eventuelt)\b.*|CC BY 4\.0|%\(\w+\)s"
NOT_OURS = {
    "how the world counts": (
        "Write a postcode of four digits, such as 4700, or a town of ours. If the town lies in another district, its "
        "postcode shows us which, and we tell you whom to ask.",
        "Write eight digits, or + and the country code.",  # a Danish phone number
        "The six digits that your app shows now, or one of your recovery codes. The first time, leave it empty."),
    "the size of the van, which no code reckons with": (
        "Room for a minibus (about 8 × 4 m)", "Firm ground, about 8 × 4 metres, and free headroom.",
        "The van cannot stand there: it needs firm ground, about 8 × 4 metres, and free headroom."),
    "answers to choose from, which mean what they say": (
        "45 minutes", "1 hour", "1½ hours", "2 hours", "Less than 1 month", "1–6 months", "More than 6 months",
        "Within 6 months", "Left empty: “At once” in %(now)s weeks, “Within 6 months” in %(half_year)s, “Later” in %(later)s.",
        "Fewer than 50", "50–200", "200–1,000", "1,000–5,000", "More than 5,000",
        "Weekdays 6–9", "Weekdays 9–14", "Weekdays 14–18", "Evenings 18–23", "Nights 23–6",
        "Young people 13–17", "Young people 18–25"),
    "what the law says": (
        "Your name, how to reach you, and what you tell us about the place. We use it to deal with your booking and to "
        "answer you, to keep the case in our journal, and for statistics without names. We may do so because it is part "
        "of our task as a public authority (General Data Protection Regulation, article 6(1)(e)). Do not write other "
        "people’s names, CPR numbers or number plates.",
        "Complaints about how somebody of ours behaved go to the Independent Police Complaints Authority, as a rule "
        "within six months: %(link)s"),
    "things that are counted in the sentence itself": (
        "Place parted in two", "Two places now: %(place)s.", "It is two stretches",
        "The end must be after the start. A control past midnight is two periods.",
        "Use two fingers to move the map or zoom.",
        "The address may be mistyped, or a link has been broken over two lines. If you look for your booking, you can "
        "find it with its reference.",
        "The same time stands there twice."),
}
ALLOWED = {sentence for sentences in NOT_OURS.values() for sentence in sentences}


def number_in(text: str, language: str) -> str:
    """The first number or period that the text writes out; empty where there is none."""
    text = re.sub(ELSEWHERE, " ", text, flags=re.I)
    words = "|".join(NUMBERS[language].split())
    found = re.search(rf"[\d½]+|\b(?:{words})\b|\b(?:{PERIODS[language]})\b", text, re.I)
    return found[0] if found else ""


def test_no_sentence_writes_out_a_number_that_the_code_keeps_to():
    written = {}
    for message in in_the_code():
        for text in message.id if message.pluralizable else (message.id,):
            if text not in ALLOWED and number_in(text, "en"):
                written[text] = number_in(text, "en")
    assert not written, "give the number to the sentence as a parameter, read from where the code keeps to it"


def test_no_danish_sentence_writes_out_a_number_that_the_code_keeps_to():
    sentences = [pair for message in in_danish() if message.id for pair in pairs(message)]
    written = {danish: number_in(danish, "da") for english, danish in sentences
               if english not in ALLOWED and number_in(danish, "da")}
    assert not written


def test_every_sentence_that_may_write_out_a_number_does():
    known = {text for message in in_the_code() for text in (message.id if message.pluralizable else (message.id,))}
    assert known >= ALLOWED
    assert not [sentence for sentence in ALLOWED if not number_in(sentence, "en")]


def test_no_template_writes_a_number_beside_its_sentences():
    for path in sorted((ROOT / "templates").rglob("*.*")):
        text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text("utf-8"), flags=re.S)
        text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]*>", "", text, flags=re.S)
        assert not number_in(text, "en"), path.name


@pytest.mark.parametrize("language", ["", "/en"])
def test_a_changed_limit_changes_the_rule_the_letter_and_the_page(app, monkeypatch, language):
    monkeypatch.setattr(limits, "REOPEN_DAYS", 61)
    monkeypatch.setattr(limits, "RECEIPTS_A_DAY", 1)
    monkeypatch.setattr(limits, "FEEDBACK_DAYS", 17)
    citizen = Person(app)
    reported(app, wish(app, language=language.strip("/") or "da"))
    for _ in range(2):
        reference, secret = book(citizen, language)
    receipt = citizen.get(f"{language}/sag/{reference}/{secret}/kvittering").text
    assert ("an address gets 1 such letters" if language else "højst 1 af den slags mails") in receipt
    assert ("within 17 working days" if language else "inden for 17 arbejdsdage") in citizen.get(
        f"{language}/tilgaengelighed").text
    assert ("sends an address 1 letters a day" if language else "højst 1 breve om dagen") in logged_in(app).get(
        f"{language}/kontor/breve/tilbageholdt").text
    with app.app_context():
        answer = db.session.query(Letter).filter_by(kind="answered").one()
        assert ("Within 61 days" if language else "Inden for 61 dage") in " ".join(answer.text.split())
        assert db.session.query(Letter).filter_by(kind="received", delivery_status="held").count() == 2
