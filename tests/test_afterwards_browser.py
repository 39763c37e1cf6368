"""What follows the form, as people see it: an answer changed on the way, letters on a narrow screen, the form on paper."""

import pytest
from browser import Citizen
from helpers_browser import send_off
from ways import fill_in

from mail.outbox import html_twin
from models import Letter, db

pytestmark = pytest.mark.browser
ANNA = Citizen("Anna Jensen", "anna.jensen@example.dk", "Bilerne suser forbi skolen hver morgen.")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_change_leads_to_its_field_and_back_to_its_answer(visit, javascript):
    anna = visit(javascript=javascript)
    anna.open("/bestil/faerdselskontrol")
    fill_in(anna, ANNA, "Bygaden")
    anna.press("Go on and check")
    anna.page.locator("#answer-road button").click()
    anna.page.wait_for_url("**/bestil/faerdselskontrol#road")
    assert anna.page.locator("#road").bounding_box()["y"] < 900, "the field is in sight"
    anna.write("Road", "Skolegade 12")
    anna.press("Go on and check")
    anna.page.wait_for_url("**#answer-road")
    assert "Skolegade 12" in anna.page.locator("#answer-road").inner_text()
    send_off(anna)
    assert ANNA.email in anna.page.locator("main").inner_text()


def test_every_letter_fits_a_phone_of_320_pixels(site, visit):
    with site.app.app_context():
        twins = {letter.kind: html_twin(letter) for letter in db.session.query(Letter)}
    assert len(twins) > 5
    reader = visit(size={"width": 320, "height": 640})
    for kind, twin in twins.items():
        reader.page.set_content(twin)
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320, kind


def test_the_printed_form_is_a_form_on_paper(visit):
    anna = visit()
    anna.open("/bestil/dialogmoede")
    anna.page.emulate_media(media="print")
    for name in ("name", "road", "email"):
        assert anna.page.locator(f"#{name}").is_visible(), name
    assert anna.page.get_by_text(anna.say("On paper: fill this in and send it to %(address)s, or call %(phone)s. An "
                                          "officer makes the booking for you.", address="", phone="")[:30]).is_visible()
    assert not anna.page.locator(".button-row, .map-picker").first.is_visible()
    assert all(box.is_visible() for box in anna.page.locator("form.on-paper fieldset").all()), "every question and fold"
