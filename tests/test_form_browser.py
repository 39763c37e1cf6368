"""The booking forms in a real browser: what appears when, what is kept, where the focus goes, and how long it takes."""

import re

import pytest
from browser import DESKTOP, PHONE
from helpers_browser import log_in
from klm import ANSWERS, HEIGHT, effort

from catalogue import SERVICES
from forms import ContactForm

pytestmark = pytest.mark.browser
VAN, CONTROL = "/bestil/mobil-politistation", "/bestil/faerdselskontrol"
FOLD = "More that can help us, and an answer by phone or by post"


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_question_appears_with_the_answer_that_it_depends_on(visit, javascript):
    person = visit(javascript=javascript, size=PHONE)
    person.open(VAN)
    event, address = person.field("Name of the event"), person.field("Postal address")
    assert not event.is_visible()
    assert not person.page.get_by_text(person.say("Leave out what does not concern you.")).is_visible()
    person.tick("Purpose", "Larger event")
    assert event.is_visible()
    event.fill("Byfest")
    person.tick("Purpose", "After an incident")
    assert not event.is_visible()
    person.unfold(FOLD)
    assert not address.is_visible()
    person.tick("How do you want the answer?", "Letter by post")
    assert address.is_visible()
    person.press("Go on and check")
    assert person.status == 422 and event.input_value() == "" and address.is_visible()


# Where each form with conditions stands: those of citizens, and by the office, findings of a visit that is over.
CITIZENS = {f"/bestil/{service.slug}": service.questions for service in SERVICES.values()} | {
    "/sag/{received_case}": ContactForm}
FINDINGS = {f"/kontor/besoeg/{{visit_{way}}}/resultat": SERVICES[key].findings for key, way in (
    ("traffic", "over"), ("meeting", "meeting_over"), ("walk", "walk_over"), ("van", "van_over"))}
BROWSERS = {"with JavaScript": {}, "without JavaScript": {"javascript": False}}


def conditional(person, kind):
    """The form, and its fields that depend on another answer, by that."""
    with person.site.app.test_request_context("/"):
        form = kind(formdata=None, meta={"csrf": False})
        depending = [field for field in form if field.when]
        return form, {when: [f.id for f in depending if f.when == when] for when in dict.fromkeys(
            field.when for field in depending)}


def unfold_all(person) -> None:
    person.page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")


def offered(person, name: str) -> tuple[bool, list[str]]:
    """Whether several answers may be ticked, and which there are."""
    boxes = person.page.locator(f'[name="{name}"]').all()
    return boxes[0].get_attribute("type") == "checkbox", [box.get_attribute("value") for box in boxes]


def give(person, name: str, wanted: str, fulfils: bool = True) -> None:
    """Tick `wanted` by the keyboard, or else any other answer: a radio by arrows, a box by the space bar."""
    boxes = person.page.locator(f'[name="{name}"]')
    target = person.page.locator(f'[name="{name}"][value="{wanted}"]')
    if target.get_attribute("type") == "checkbox":
        target.focus()
        if target.is_checked() is not fulfils:
            person.page.keyboard.press("Space")
    else:
        (boxes.and_(person.page.locator(":checked")) if boxes.and_(person.page.locator(":checked")).count()
         else boxes.first).focus()
        for _ in range(boxes.count() + 1):
            person.page.keyboard.press("Space")
            if person.page.evaluate("document.activeElement.value") == wanted:
                break
            person.page.keyboard.press("ArrowDown")
    assert target.is_checked() is fulfils


def matter(person, form, name: str) -> None:
    """Answer whatever the question itself depends on."""
    if when := form[name].when:
        matter(person, form, when.question)
        give(person, when.question, next(answer for answer in offered(person, when.question)[1]
                                         if answer in when.answers))


def walk_conditions(person, kind) -> int:
    """Every answer on which a question depends, and one on which it does not; how many conditions there are."""
    form, conditions = conditional(person, kind)
    unfold_all(person)
    for when, ids in conditions.items():
        matter(person, form, when.question)
        several, options = offered(person, when.question)
        given = [option for option in options if option in when.answers]  # some answers are offered no more
        assert given, when
        for answer in given if several else [*[each for each in options if each not in given][:1], *given]:
            give(person, when.question, answer)
            for id in ids:
                assert person.page.locator(f'[id="{id}"]').is_visible() is (answer in when.answers), (kind, id, answer)
            if several:
                give(person, when.question, answer, fulfils=False)
                assert not any(person.page.locator(f'[id="{id}"]').is_visible() for id in ids), (kind, ids, answer)
    return len(conditions)


@pytest.mark.parametrize("how", BROWSERS.values(), ids=BROWSERS)
def test_by_keyboard_alone_every_question_of_a_citizen_appears_with_each_answer_that_it_depends_on(visit, how):
    person, count = visit(size=PHONE, **how), 0
    for path, kind in CITIZENS.items():
        person.open(path.format(**person.site.known))
        count += walk_conditions(person, kind)
    assert count >= len(CITIZENS), "a letter by post, at least, needs an address"


@pytest.mark.parametrize("how", BROWSERS.values(), ids=BROWSERS)
def test_by_keyboard_alone_every_question_of_the_findings_appears_with_each_answer_that_it_depends_on(visit, how):
    officer = visit(**how)
    log_in(officer)
    for path, kind in FINDINGS.items():
        officer.open(path.format(**officer.site.known))
        assert walk_conditions(officer, kind), kind


@pytest.mark.parametrize("how", BROWSERS.values(), ids=BROWSERS)
def test_a_browser_that_knows_no_has_shows_every_question_of_every_form(visit, how):
    person = visit(**how)
    without_has(person)
    log_in(person)
    for path, kind in {**CITIZENS, **FINDINGS}.items():
        person.open(path.format(**person.site.known))
        unfold_all(person)
        for ids in conditional(person, kind)[1].values():
            assert all(person.page.locator(f'[id="{id}"]').is_visible() for id in ids), (kind, ids)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_question_is_called_optional_until_another_answer_demands_it(visit, javascript):
    person = visit(javascript=javascript, size=PHONE)
    person.open(VAN)
    optional = person.page.locator('label[for="text"] .form-optional')
    assert optional.is_visible()
    person.tick("Purpose", "Other")
    assert not optional.is_visible()


def without_has(person) -> None:
    """As a browser of 2021."""
    person.page.route("**/style.css*", lambda route: route.fulfill(
        body=re.sub(r"selector\(:has\(\*\)\)", "selector(:unknown(*))", route.fetch().text()), content_type="text/css"))


def test_a_browser_that_knows_no_has_shows_every_question_and_books_alike(visit):
    person = visit(javascript=False)
    without_has(person)
    person.open(VAN)
    assert person.field("Name of the event").is_visible()
    assert person.page.get_by_text(person.say("Leave out what does not concern you.")).is_visible()
    person.answer({"Purpose": ("Visit where people live",), "Expected visitors": "50–200", "Exact place": "Torvet",
                   "Postcode or town": "4690", "Can a minibus stand there?": ("Don’t know",)})
    day = person.page.locator("[name='dates-0-day']").get_attribute("min")
    person.answer({"Preferred times": [{"Date": day, "Starts at": "10:00", "Ends at": "12:00"}],
                   "May it be shown in the public calendar?": ("No",), "Name": "Anna Jensen",
                   "E-mail": "anna@example.dk", "Phone": "12345678"})
    person.press("Go on and check")
    assert person.page.locator("button[name=send]").count() == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_focus_goes_to_the_summary_and_its_link_shows_the_question_and_its_field(visit, javascript):
    person = visit(javascript=javascript, size=PHONE)
    person.open(CONTROL)
    person.press("Go on and check")
    focus = "document.activeElement.matches('.error-summary')"
    person.page.wait_for_function(focus) if javascript else person.page.locator(".error-summary:focus").wait_for()
    for number in range(person.page.locator(".error-summary a").count()):
        person.page.locator(".error-summary a").nth(number).click()
        field = person.page.locator(":focus")
        group = person.page.locator(".form-group").filter(has=field).last
        label = group.locator(".form-label").first.bounding_box()
        assert 0 <= label["y"] and field.bounding_box()["y"] + 24 <= PHONE["height"], number


def test_the_focus_goes_to_the_summary_although_the_skip_link_was_taken_before(visit):
    person = visit()
    person.open(f"{CONTROL}#main")  # where the skip link leads; a browser puts no focus where an address has a target
    person.press("Go on and check")
    person.page.wait_for_function("document.activeElement.matches('.error-summary')")


def typed(person) -> tuple[str, bool, str]:
    return (person.field("Road").input_value(), person.page.locator("[name=worst][value=morning]").is_checked(),
            person.field("Is there a safe place to stop?").input_value())


def test_what_is_typed_outlives_a_reload_and_a_change_of_language_until_it_is_sent(visit):
    person = visit()
    person.open(CONTROL)
    person.answer({"Road": "Skrivevej", "Where on the road?": "ved nr. 12", "Postcode or town": "Haslev",
                   "What is the problem?": ("Speeding",), "When is it worst?": ("Weekdays 6–9",), "Name": "Anna",
                   "E-mail": "anna@example.dk"})
    person.unfold(FOLD)
    person.write("Is there a safe place to stop?", "Ved kirken")
    here = ("Skrivevej", True, "Ved kirken")
    person.page.reload()
    assert typed(person) == here and person.field("Is there a safe place to stop?").is_visible()
    person.page.get_by_role("button", name="English").click()
    person.language = "en"
    assert typed(person) == here
    person.open("/en" + CONTROL)
    assert typed(person) == here
    person.open("/en" + CONTROL + "?vej=Kirkevej&postnr=4683")
    assert typed(person) == ("Kirkevej", True, "Ved kirken"), "a link names the place"
    person.write("Where on the road?", "ved skolen")
    person.press("Go on and check")
    person.press("Send the booking")
    person.page.locator(".reference-large").wait_for()
    person.open("/en" + CONTROL)
    assert typed(person) == ("", False, "")
    person.write("Name", "Bo")
    person.page.go_back()
    person.page.locator(".reference-large").wait_for()
    person.open("/en" + CONTROL)
    assert person.field("Name").input_value() == "Bo", "who looks back has not sent what was begun since"


def test_without_script_the_language_switch_carries_what_was_typed(visit):
    person = visit(javascript=False)
    person.open(CONTROL)
    person.answer({"Road": "Skrivevej", "When is it worst?": ("Weekdays 6–9",)})
    person.page.get_by_role("button", name="English").click()
    person.language = "en"
    assert typed(person) == ("Skrivevej", True, "")
    assert person.page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize(("slug", "screens", "seconds"), [
    ("faerdselskontrol", 5, 120), ("dialogmoede", 6, 170), ("tryghedsvandring", 5.5, 170),
    ("mobil-politistation", 5.5, 200)])
def test_a_booking_takes_no_longer_than_it_must_on_a_phone(visit, slug, screens, seconds):
    """By the keystroke-level model, as bin/klm prints it."""
    assert set(ANSWERS) >= {slug}
    found = effort(visit().page, slug)
    assert found.screens <= screens and found.seconds <= seconds and found.first <= HEIGHT, found


def test_on_paper_nothing_is_ticked_before_somebody_has_chosen(visit):
    person = visit()
    person.open("/bestil/dialogmoede")
    person.page.emulate_media(media="print")
    look = """() => [...document.querySelectorAll(".on-paper :is(:checked:not(option), select)")].map((e) => e.matches("select")
      ? getComputedStyle(e).color : getComputedStyle(e).borderTopWidth)"""
    assert set(person.page.evaluate(look)) == {"1px", "rgba(0, 0, 0, 0)"}
    person.page.locator("[name=kind]").first.evaluate("(radio) => radio.checked = true")
    assert "5px" in person.page.evaluate(look)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_button_beside_an_answer_makes_its_line_no_taller(visit, size):
    person = visit(size=size)
    person.open(CONTROL)
    person.answer({"Road": "Skrivevej", "Where on the road?": "ved nr. 12", "Postcode or town": "Haslev",
                   "What is the problem?": ("Speeding",), "When is it worst?": ("Weekdays 6–9",), "Name": "Anna",
                   "E-mail": "anna@example.dk"})
    person.press("Go on and check")
    lower = """() => [...document.querySelectorAll("#answer-road, #answer-name")].map((row) => {
      const range = document.createRange();
      const [label, answer] = [...row.children].map((cell) => {
        range.selectNodeContents(cell.firstChild);
        return range.getBoundingClientRect().top - cell.getBoundingClientRect().top;
      });
      return Math.round(answer - label); })"""
    person.page.locator("#answer-road").wait_for()
    assert person.page.evaluate(lower) == [0, 0]
