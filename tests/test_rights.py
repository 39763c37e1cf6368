"""Whom a citizen can turn to: who takes a complaint, who sends a wish on, and what can be asked about one's data."""

import pytest
from conftest import Person, logged_in
from helpers import case, wish
from helpers_cases import seen_now

NO, ELSEWHERE = ("afslag", {"reason": "unlikely"}), ("henvis", {"authority": "municipality"})
INSTANCES = {
    "da": ("politidirektøren for Sydsjællands og Lolland-Falsters Politi", "klage videre til Rigspolitiet",
           "Den Uafhængige Politiklagemyndighed", "https://politiklagemyndigheden.dk"),
    "en": ("the Commissioner of South Sealand and Lolland-Falster Police", "National Police (Rigspolitiet)",
           "Independent Police Complaints Authority", "https://politiklagemyndigheden.dk")}


def letter(app, language: str, step: str, answers: dict, **columns) -> str:
    booking = wish(app, language=language, **columns)
    logged_in(app).post(case(booking, step), {**answers, "send": "1"})
    return " ".join(seen_now(app, booking).letters[-1].text.split())


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("answer", [NO, ELSEWHERE], ids=["declined", "referred"])
def test_a_no_names_who_takes_the_complaint_and_who_takes_the_next_one(app, language, answer):
    words = letter(app, language, *answer)
    assert [instance for instance in INSTANCES[language] if instance not in words] == []


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_page_on_how_it_works_names_them_too(app, language):
    page = Person(app).get("/en/saadan-virker-det" if language == "en" else "/saadan-virker-det").text
    assert [instance for instance in INSTANCES[language] if instance not in page] == []


@pytest.mark.parametrize("reached, said", [
    ({}, "Vil du have, at vi sender den videre for dig, så sig til inden for 30 dage, på din egen side"),
    ({"reply": "phone", "email": ""}, "så sig til telefonisk inden for 30 dage."),
])
def test_whoever_is_referred_can_have_their_wish_sent_on(app, reached, said):
    """Forvaltningsloven § 7 (2): what belongs to another authority is sent on to it as far as possible."""
    words = letter(app, "da", *ELSEWHERE, **reached)
    assert "Vi har ikke sendt din bestilling videre." in words and said in words


@pytest.mark.parametrize("address, words", [
    ("/privatliv", ("journalisere sagen", "statistik uden navne", "artikel 6, stk. 1, litra e", "rettet", "slette dem",
                    "begrænse brugen", "indsigelse", "Rigsarkivet", "databeskyttelsesrådgiver", "datatilsynet.dk")),
    ("/en/privatliv", ("in our journal", "statistics without names", "article 6(1)(e)", "corrected", "delete it",
                       "restrict our use", "object", "Rigsarkivet", "data protection officer", "datatilsynet.dk")),
])
def test_the_notice_names_the_basis_the_rights_and_whom_to_ask(app, address, words):
    """GDPR art. 13."""
    page = Person(app).get(address).text
    assert [each for each in words if each not in page] == []
    assert app.config["DISTRICT"].data_protection_officer in page
