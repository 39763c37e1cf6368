"""The work list in a real browser: ticked with a finger or by keys, with a script and without."""

from datetime import timedelta
from html import unescape

import pytest
from browser import PHONE, Keyboard, Visitor
from helpers_browser import assert_text, log_in

from models import Booking, BookingStatus, Channel, Place, db, today

pytestmark = pytest.mark.browser


@pytest.fixture
def road(site, request) -> list[str]:
    """Three new wishes at the top of the list; the references."""
    with site.app.app_context():
        made = [Booking.receive(
            form_token=f"{request.node.name} {n}", service="traffic", language="da", name="Anna Jensen",
            email="anna@example.dk", phone="", capacity="private", org="", reply=Channel.EMAIL, road=f"Tastevej {n}",
            from_to="", answers={"problem": "speeding"},
            place=Place.at(road=f"Tastevej {n}", postcode="4690", town="Haslev", municipality="Faxe"))
            for n in range(3)]
        for n, booking in enumerate(made):
            booking.due_on = today() - timedelta(days=99 - n)
        references = [b.reference for b in made]
        db.session.commit()
    yield references
    with site.app.app_context():
        for booking in map(Booking.by_reference, references):
            if booking.is_open:
                booking.withdraw()
        db.session.commit()


def ticked(person: Visitor) -> list[str]:
    return [box.get_attribute("value") for box in person.page.locator("[name=sag]:checked").all()]


def at_row(person: Visitor) -> str:
    """The case of the row in which the focus stands."""
    return person.page.evaluate("document.activeElement.closest('tr')?.querySelector('[name=sag]').value")


def wait_for_keys(person: Visitor) -> None:
    """The script comes after the page, and until then nobody listens."""
    person.page.locator("html[data-keys=heard]").wait_for()


def test_the_list_is_gone_through_by_single_keys_and_the_focus_is_always_seen(visit, road):
    officer = visit(Keyboard)
    log_in(officer)
    wait_for_keys(officer)
    press = officer.page.keyboard.press
    for key, row in (("j", 0), ("j", 1), ("x", 1), ("j", 2), ("x", 2), ("k", 1), ("k", 0), ("k", 0)):
        press(key)
        assert at_row(officer) == road[row]
        officer.see_focus()
    assert ticked(officer) == road[1:]
    press("j")
    press("x")
    assert ticked(officer) == road[2:], "pressed again, it is taken back"
    press("/")
    assert officer.page.get_by_role("searchbox").evaluate("e => e === document.activeElement")
    officer.see_focus()
    officer.page.keyboard.type("jx/?k")
    assert officer.page.get_by_role("searchbox").input_value() == "jx/?k", "whoever types is left alone"
    assert ticked(officer) == road[2:] and not officer.page.locator("#keys[open]").count()
    officer.page.locator("#kommune").focus()
    press("j")
    assert at_row(officer) is None
    officer.page.locator("h1").click()
    press("Control+j")
    press("?")
    assert officer.page.locator("#keys").get_by_text("j, k").is_visible()
    officer.see_focus()
    officer.page.locator(f"#tick-{road[1]}").focus()
    press("Enter")
    officer.page.wait_for_url(f"**/kontor/sag/{road[1]}")
    officer.page.go_back()
    wait_for_keys(officer)
    press("j")
    press("Enter")
    officer.page.wait_for_url(f"**/kontor/sag/{road[0]}")


def test_by_keys_alone_two_are_declined(site, visit, road):
    officer = visit(Keyboard)
    log_in(officer)
    wait_for_keys(officer)
    for key in "jxjx":
        officer.page.keyboard.press(key)
    officer.press("Decline")
    officer.tick("Reason", "Resources")
    officer.press("Show the letter")
    officer.press("Send")
    assert_text(officer, ".alert-success", "")
    with site.app.app_context():
        assert [Booking.by_reference(r).status for r in road] == [BookingStatus.DECLINED, BookingStatus.DECLINED,
            BookingStatus.RECEIVED]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_all_on_this_page_is_all_on_this_page(site, visit, road, javascript):
    officer = visit(javascript=javascript, size=PHONE)
    log_in(officer)
    officer.open("/kontor/?q=tastevej&bunke=alle")
    officer.page.locator("label[for=all]").click()
    assert len(ticked(officer)) == (officer.page.locator("[name=sag]").count() if javascript else 0)
    if javascript:  # whoever takes one back does not mean all
        officer.page.locator(f".tick:has(#tick-{road[0]})").click()
        assert not officer.page.locator("#all").is_checked()
    officer.press("Mark as spam and set aside")
    assert officer.page.locator("[name=sag]").count() == (2 if javascript else 3)
    officer.press("Mark as spam and set aside")
    assert_text(officer, ".alert-success", "")
    with site.app.app_context():
        left = [Booking.by_reference(r).status for r in road]
    assert left == ([BookingStatus.RECEIVED] if javascript else [BookingStatus.SPAM]) + [BookingStatus.SPAM] * 2


def test_a_press_of_an_officer_that_the_browser_sends_twice_is_one_press_and_reads_like_one(site, visit, road):
    officer = visit()
    log_in(officer)
    officer.open(f"/kontor/sag/{road[0]}/imoedekom")
    officer.page.locator("main button[name=show]").click()
    with officer.page.expect_request(lambda request: request.method == "POST") as sent:
        officer.page.locator("main button[name=send]").click()
    assert_text(officer, ".alert-success", "")
    said = officer.page.locator(".alert-success").inner_text()
    again = officer.page.request.post(sent.value.url, data=sent.value.post_data_buffer, headers={
        "Content-Type": sent.value.headers["content-type"]})
    assert again.status == 200 and said in unescape(again.text())
    assert "alert-warning" not in again.text()
    with site.app.app_context():
        assert [e.kind for e in Booking.by_reference(road[0]).events] == ["received", "accepted"]
