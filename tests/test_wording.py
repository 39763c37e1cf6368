"""How a no is worded: the officer's own sentences, their versions, and reasons for a season."""

import pytest
from helpers import wish
from helpers_cases import link, seen_now

from models import DeclineReason, db

PATH = "/en/kontor/tekster/faerdselskontrol"
TEXTS = {"texts-da": "Vejen i {by} er for smal.", "texts-en": "The road in {by} is too narrow."}


def reword(ida, reason: str, send: bool = True, **changes):
    return ida.post(f"{PATH}/{reason}", {**TEXTS, **({"send": "1"} if send else {}), **changes})


def decline(ida, booking, reason: str) -> None:
    ida.post(f"/en/kontor/sag/{booking.reference}/afslag", {"reason": reason, "send": "1"})


@pytest.mark.parametrize("language, sentence", [("en", "The road in Haslev is too narrow."),
                                                ("da", "Vejen i Haslev er for smal.")])
def test_a_no_says_what_the_officer_has_written_with_its_fields_filled_in(app, ida, citizen, language, sentence):
    booking = wish(app, language=language)
    assert "Saved." in reword(ida, "unsuitable").text
    decline(ida, booking, "unsuitable")
    letter = seen_now(app, booking).letters[-1]
    assert sentence in letter.text and "straight, flat" not in letter.text
    assert sentence in citizen.get(link(booking)).text


def test_what_was_sent_stays_as_it_was_sent(app, ida, citizen):
    booking = wish(app)
    reword(ida, "unsuitable")
    decline(ida, booking, "unsuitable")
    reword(ida, "unsuitable", **{"texts-en": "Another sentence."})
    text = citizen.get(link(booking)).text
    assert "too narrow" in text and "Another sentence" not in text


def test_the_officer_sees_how_it_reads_before_it_is_kept_and_every_version_after(app, ida):
    wish(app)
    page = reword(ida, "unsuitable", send=False)
    assert "In the newest case it would say" in page.text and "The road in Haslev is too narrow." in page.text
    assert "Vejen i Haslev er for smal." in page.text
    with app.app_context():
        assert not db.session.query(DeclineReason).count()
    reword(ida, "unsuitable")
    reword(ida, "unsuitable", **{"texts-en": "The second.", "texts-da": "Den anden."})
    page = ida.get(f"{PATH}/unsuitable")
    assert "Ida Betjent" in page.text and "too narrow" in page.text and "The second." in page.text


@pytest.mark.parametrize("text", ["{navn}", "{", "}", "{by!r}", "{by", "{by.__class__}", "{0}", "{ by }"])
def test_what_cannot_be_filled_in_is_refused_and_still_there(app, ida, text):
    page = reword(ida, "unsuitable", **{"texts-en": f"Because {text}."})
    assert page.status == 422 and "This cannot be filled in" in page.errors[0] and f"Because {text}." in page.html
    with app.app_context():
        assert not db.session.query(DeclineReason).count()


@pytest.mark.parametrize("changes", [
    {"texts-da": ""}, {"texts-en": " "}, {"texts-en": "x" * 1001}, {"texts-en": "Call AB 12 345."}])
def test_a_sentence_is_there_in_both_languages_and_names_nobody(app, ida, changes):
    assert reword(ida, "unsuitable", **changes).status == 422


def test_a_reason_of_ones_own_for_a_season(app, ida):
    snow = {"name": "Vinter", "texts-da": "Vejen er ikke ryddet for sne.", "texts-en": "The snow has not been cleared."}
    assert reword(ida, "ny", **{**snow, "name": ""}).status == 422
    reword(ida, "ny", **snow)
    booking = wish(app)
    path = f"/en/kontor/sag/{booking.reference}/afslag"
    assert "Vinter" in ida.get(path).text
    decline(ida, booking, "own-1")
    assert "The snow has not been cleared." in seen_now(app, booking).letters[-1].text
    assert "Vinter" in ida.get(f"/en/kontor/sag/{booking.reference}").text
    other = f"/en/kontor/sag/{wish(app).reference}/afslag"
    reword(ida, "own-1", put_away="y", **snow)
    assert "Vinter" not in ida.get(other).text and "Vinter put away" in ida.get("/en/kontor/tekster").text
    assert ida.post(other, {"reason": "own-1", "send": "1"}).status == 422
    assert "Vinter" not in ida.get("/en/kontor/tekster/dialogmoede").text, "one service's own"


@pytest.mark.parametrize("path", [f"{PATH}/findes-ikke", "/en/kontor/tekster/findes-ikke/resources", f"{PATH}/own-9"])
def test_what_is_no_reason_is_not_found(app, ida, path):
    assert ida.get(path).status == 404


def test_no_field_can_carry_a_citizens_words(app, ida):
    booking = wish(app, road="Hemmelig Vej", from_to="Hemmeligt hus", name="Hemmelig Person")
    reword(ida, "unsuitable", **{"texts-en": "{sag} {by} {kommune} {modtaget}"})
    decline(ida, booking, "unsuitable")
    assert "Hemmelig" not in seen_now(app, booking).letters[-1].text
