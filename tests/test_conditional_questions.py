"""A form asks only what matters: questions that depend on another answer, and those that are more than is needed."""

import re
from datetime import timedelta

import pytest
from conftest import OFFICER, ROOT, WISH, WISHES, Person, book, form_name, times_ahead
from helpers import as_sent, filled, one_app, wish
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField

from catalogue import SERVICES, by_slug
from forms import AnyOf, OneOf, flat
from models import Booking, Event, Officer, Place, Visit, db, now, today

BOOK = "/en/bestil/faerdselskontrol"
FORMS = [form for service in SERVICES.values() for form in (service.questions, service.findings)]


@pytest.fixture(scope="module")
def form_app(template, tmp_path_factory):
    with one_app(template, tmp_path_factory) as app:
        yield app


@pytest.fixture(scope="module")
def typist(form_app) -> Person:
    return Person(form_app)


@pytest.fixture
def english(form_app):
    with form_app.test_request_context("/", base_url="http://127.0.0.1:8000/en"):
        yield


def shown_at_first(form) -> list[str]:
    """The questions that somebody sees who has answered nothing yet."""
    return [name for _, names in form.sections() for name in flat(names) if not form.conditions(form[name])]


def empty(kind):
    return kind(formdata=None, meta={"csrf": False})


@pytest.mark.parametrize(("key", "count"), [("traffic", 8), ("meeting", 13), ("walk", 11), ("van", 12)])
def test_no_form_shows_more_questions_at_first_than_it_needs(english, key, count):
    """Whoever adds one takes another away, or says `more=True`."""
    assert len(shown_at_first(empty(SERVICES[key].questions))) == count


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: kind.__name__)
def test_a_condition_names_answers_that_can_be_given(english, kind):
    form = empty(kind)
    for field in form:
        if field.when:
            other, answers = field.when
            assert isinstance(form[other], (OneOf, AnyOf, BooleanField)), field.name
            offered = {option.data for option in form[other]} if form[other].type != "BooleanField" else {"y"}
            assert set(answers) & offered, field.when


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: kind.__name__)
def test_the_stylesheet_has_a_rule_for_every_condition_of_a_form(english, kind):
    form, style = empty(kind), (ROOT / "static/style.css").read_text()
    for number in {n for field in form for n in form.conditions(field)}:
        assert f"form:not(:has(.fulfils-{number}:checked)) .when-{number}" in style
    for number in filter(None, map(form.optional_unless, form)):
        assert re.search(rf"form:not\(:has\(\.fulfils-{number}:checked\)\) \.unless-{number}\b", style), number


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: kind.__name__)
def test_nothing_in_the_fold_is_demanded(english, kind):
    """But what follows from an answer that was given in it, such as the address for a letter."""
    form = kind(MultiDict(), meta={"csrf": False})
    form.validate()
    assert not [field.name for field in form if field.more and field.errors]


# On the page.


def test_what_depends_on_an_answer_carries_its_number_and_so_does_the_answer(typist):
    html = typist.get("/en/bestil/mobil-politistation").html
    number = re.search(r'fulfils-(\d+)"[^>]*value="event"', html)[1]
    assert re.search(rf'class="form-group when-{number}"><label[^>]*for="event"', html)
    assert "fulfils-" not in re.search(r'<input[^>]*value="local"[^>]*>', html)[0]


@pytest.mark.parametrize(("slug", "name", "answer"), [
    ("faerdselskontrol", "text", "other"), ("tryghedsvandring", "text", "other"),
    ("mobil-politistation", "text", "other"), ("faerdselskontrol", "phone", "phone")])
def test_a_question_is_optional_until_another_answer_demands_it(typist, slug, name, answer):
    html = typist.get(f"/en/bestil/{slug}").html
    number = re.search(rf'for="{name}"[^<]*<span class="form-optional unless-(\d+)">optional</span>', html)[1]
    demanding = re.findall(rf'<input[^>]* fulfils-{number}"[^>]*value="([^"]+)"', html)
    assert demanding == [answer]


def test_no_word_is_said_of_what_hangs_on_a_list_whose_choice_the_stylesheet_cannot_see(english):
    form = empty(SERVICES["walk"].tasks)
    assert form.optional_unless(form.proposal) and form.optional_unless(form.reason) is None


def test_the_fold_is_closed_until_something_in_it_must_be_seen(typist):
    fold = re.compile(r'<details class="form-more"( open)?>')
    assert fold.search(typist.get(BOOK).html)[1] is None
    assert fold.search(typist.post(BOOK, filled(name="", special=None)).html)[1] is None
    assert fold.search(typist.post(BOOK, filled(name="", special=["works"])).html)[1], "an answer"
    assert fold.search(typist.post(BOOK, filled(special=None, reply="phone")).html)[1], "an error"


def test_a_section_of_which_nothing_matters_has_no_heading(english):
    form = empty(SERVICES["traffic"].findings)
    mopeds = next(names for _, names in form.sections() if "mopeds_checked" in flat(names))
    assert form.common_conditions(mopeds) == form.conditions(form.mopeds_checked) != set()


@pytest.mark.parametrize(("method", "matters"), [("atk", "passed"), ("mopeds", "mopeds_checked")])
def test_findings_ask_for_mopeds_only_where_mopeds_were_checked(english, method, matters):
    form = SERVICES["traffic"].findings(MultiDict({
        "performed": "yes", "method": method, "passed": "94", "charged": "0", "mopeds_checked": "7",
        "mopeds_fast": "0"}), meta={"csrf": False})
    form.validate()
    assert {"passed", "mopeds_checked"} & form.answers().keys() == {matters}


def test_what_hangs_on_a_question_that_does_not_matter_does_not_matter_either(english):
    form = SERVICES["traffic"].findings(MultiDict({
        "performed": "no", "cause": "weather", "method": "atk", "passed": "94", "next": "closed", "suit": "suitable"}),
        meta={"csrf": False})
    assert form.validate(), form.errors
    assert form.answers() == {"performed": "no", "cause": "weather", "next": ["closed"], "suit": "suitable"}


# What was asked in former times.


FORMER = {
    "traffic": {"problem": "red_light", "direction": "both", "limit": "50", "roadtype": "through", "days": ["saturday"],
                "times": ["23-06"], "frequency": "daily", "since": "longer", "who": ["schoolchildren"], "ground": "no",
                "contacted": "yes"},
    "meeting": {"topics": ["drugs"], "open": "members", "public": "no"},
    "walk": {"owners_names": "DSB", "invited": ["residents"], "light": "dark", "follow_day": "2026-12-01"},
    "van": {"ground": "grass", "space": ["room"], "owner_ok": "municipal"},
}


@pytest.mark.parametrize("key", FORMER)
def test_what_was_answered_while_it_was_asked_is_still_read(english, key):
    told = dict(SERVICES[key].questions.describe(FORMER[key]))
    assert len(told) == len(FORMER[key]) and all(told.values())


def test_the_former_days_and_times_still_count_for_the_week(english):
    assert SERVICES["traffic"].hours({"days": ["saturday"], "times": ["23-06"]}) == {(5, h) for h in (23, *range(6))}
    assert SERVICES["traffic"].hours({"worst": ["morning"]}) == {(d, h) for d in range(5) for h in (6, 7, 8)}
    assert SERVICES["traffic"].about({"problem": "red_light"}) == "Red light, illegal overtaking"
    assert SERVICES["traffic"].harms({"who": ["schoolchildren"]}) == {"school"}


def test_an_old_case_shows_its_former_answers_to_whoever_wrote_them(app, citizen):
    booking = wish(app, answers=FORMER["traffic"])
    page = citizen.get(f"/en/sag/{booking.reference}/{booking.secret}").text
    assert "Type of road" in page and "Main road through town" in page


@pytest.mark.parametrize("slug", ["faerdselskontrol", *WISHES])
def test_no_page_offers_what_is_offered_no_more(typist, slug):
    html = typist.get(f"/en/bestil/{slug}").html
    former = by_slug(slug).questions.former
    assert not [name for name in vars(former) if not name.startswith("_") and f'name="{name}"' in html]
    assert 'value="red_light"' not in html and 'name="emergency"' not in html and 'name="capacity"' not in html


# A change of language, and what is wrong.


def test_the_language_switch_carries_what_was_typed_and_the_answer_follows(form_app, typist):
    wanted = filled(once=form_name(form_app), text="Æ ø å", phone="20 30 40 50")
    page = typist.get("/bestil/faerdselskontrol")
    assert re.search(r'<button form="booking" ?formaction="/en/bestil/faerdselskontrol"'
                     r' ?name="change" ?value="language"',
                     page.html)
    english = typist.post(BOOK, {**wanted, "language": "da", "change": "language"})
    still = as_sent(english, "once")
    assert english.status == 200 and not english.errors and still["language"] == ["en"]
    assert still["text"] == ["Æ ø å"] and still["phone"] == ["20 30 40 50"] and still["worst"] == WISH["worst"]


def test_the_summary_has_the_focus_and_as_many_links_as_it_says(typist):
    page = typist.post("/en/bestil/tryghedsvandring", {**times_ahead(3, 4), "spots-0-place": "Tunnelen"})
    summary = re.search(r'<div class="alert alert-error error-summary".*?</div>', page.html, re.S)[0]
    assert " autofocus" in summary and 'tabindex="-1"' in summary
    links = re.findall(r'<a href="#([^"]+)"', summary)
    assert f"{len(links)} things need your attention" in summary and len(links) == len(page.errors)
    for target in links:
        assert re.search(rf'<(input|select|textarea)[^>]* id="{target}"', page.html), target
    assert "Preferred times, Date:" in summary
    assert re.search(r'id="dates-0-day"[^>]*aria-describedby="dates-0-day-error"', page.html) or re.search(
        r'aria-describedby="dates-0-day-error"[^>]*id="dates-0-day"', page.html)


def test_nobody_is_asked_for_a_capacity_and_old_ones_are_kept(app, citizen):
    citizen.post(BOOK, {**filled(capacity="king"), "send": "1"})
    with app.app_context():
        assert db.session.query(Booking).one().capacity == ""


# What only looked like personal data, and was sent.


def test_an_officer_sees_what_was_confirmed_and_may_mask_it(app, officer):
    booking = wish(app, answers={"problem": "speeding", "text": "Bilen AB 12 345, og 50 60 70 80 km/t."})
    case = f"/en/kontor/sag/{booking.reference}"
    page = officer.get(case)
    assert "We asked the citizen" in page.text and 'value="50 60 70 80"' in page.html
    assert officer.post(f"{case}/maskering", {}).status == 422
    page = officer.post(f"{case}/maskering", {"found": "AB 12 345"})
    assert "AB 12 345" not in page.text and "Bilen ▒▒▒, og 50 60 70 80 km/t." in page.text
    assert "Personal data masked" in page.text
    assert officer.post(f"{case}/maskering", {"found": "Bilen"}).status == 422, "only what looks like it"


def test_masking_reaches_what_the_citizen_wrote_later_and_no_officers_words(app, officer, citizen):
    booking, words = wish(app), "Det er AB 12 345 igen, ring 50 60 70 80."
    with app.app_context():
        found = Booking.by_reference(booking.reference)
        found.note(db.session.get(Officer, 1), "Nævner AB 12 345.")
        found.give_information(words)
        db.session.commit()
    case = f"/en/kontor/sag/{booking.reference}"
    assert 'value="AB 12 345"' in officer.get(case).html
    page = officer.post(f"{case}/maskering", {"found": ["AB 12 345", "50 60 70 80"]})
    assert "Det er ▒▒▒ igen, ring ▒▒▒." in page.text and "Nævner AB 12 345." in page.text
    assert "We asked the citizen" not in page.text, "there is nothing left to mask"
    assert "AB 12 345" not in citizen.get(f"/en/sag/{booking.reference}/{booking.secret}").text


def test_what_begins_a_line_of_an_answer_can_be_masked(app, officer):
    booking = wish(app, answers={"problem": "speeding", "text": "Hver morgen:\nAB 12 345 kører stærkt"})
    case = f"/en/kontor/sag/{booking.reference}"
    page = officer.post(f"{case}/maskering", {"found": "AB 12 345"})
    assert "AB 12 345" not in page.text and "▒▒▒ kører stærkt" in page.text


def test_masking_reaches_the_place_that_is_called_by_it(app, officer, citizen):
    plate, other = "AB 12 345", wish(app, road="AB 12 345 ved Bygaden", from_to="")
    booking = wish(app, road="AB 12 345 ved Bygaden", from_to="ud for AB 12 345")
    page = officer.post(f"/en/kontor/sag/{booking.reference}/maskering", {"found": plate})
    assert "▒▒▒ ved Bygaden" in page.text and plate not in page.text
    assert officer.get(f"/en/kontor/sted/{booking.place_id}").text.count(plate) == 1, "the other one’s own words"
    officer.post(f"/en/kontor/sag/{other.reference}/maskering", {"found": plate})
    assert plate not in officer.get(f"/en/kontor/sted/{booking.place_id}").text
    assert booking.reference[:4] not in officer.get("/en/kontor/?q=ab+12+345").text


@pytest.mark.parametrize("plate", ["AB 12 345", "AB12345", "AB-12-345", "ab 12 345"])
@pytest.mark.parametrize("road", ["Vejen ved {}", "{} på Bygaden", "Bygaden ved {}, bag skolen"])
def test_masking_takes_the_half_of_a_number_plate_out_of_a_places_name(app, officer, plate, road):
    """What looks like a house number is in no place's name: of a plate, its letters have stayed there alone."""
    booking, other = wish(app, road=road.format(plate), from_to=""), wish(app, road="Abildvej")
    case, letters = f"/en/kontor/sag/{booking.reference}", plate[:2]
    with app.app_context():
        found = Booking.by_reference(booking.reference)
        name = found.place.road
        found.place.describe(Officer.by_email(OFFICER), "", "", "", None)
        visit = Visit.plan(Officer.by_email(OFFICER), service="traffic", place=found.place,
                           starts_at=now() + timedelta(days=5), ends_at=now() + timedelta(days=5, hours=1), bookings=[],
                           resource_units={"crew": "Ida"}, public_place=str(found.place))
        visit.choose(Officer.by_email(OFFICER), [found])
        db.session.commit()
    officer.post(f"{case}/flyt", {"road": "Bygaden", "postcode": "4690", "send": "1"})
    officer.post(f"{case}/maskering", {"found": plate})
    with app.app_context():
        place = db.session.get(Place, booking.place_id)
        assert re.search(r"\bab\b", f"{place.road} {place.road_key}", re.I) is None, place.road
        assert "▒▒▒" in place.road or letters not in name
        for said in (*(visit.public_place for visit in place.visits), *(str(event.facts) for event in db.session.query(
                Event)), *(each.search for each in Booking.by_reference(booking.reference).place.bookings)):
            assert re.search(r"\bab\b", said, re.I) is None, said
        assert Booking.by_reference(other.reference).place.road == "Abildvej"


@pytest.mark.parametrize("found", ["12345678", "010190-1234"])
def test_masking_what_was_never_in_the_name_of_a_place_renames_none(app, officer, found):
    booking = wish(app, road=f"Bygaden {found}")
    for other in ("Bygaden", "Terslev Bygaden"):
        wish(app, road=other, postcode="4700", town="Næstved")
    officer.post(f"/en/kontor/sag/{booking.reference}/maskering", {"found": found})
    with app.app_context():
        assert sorted(db.session.scalars(db.select(Place.road))) == ["Bygaden", "Bygaden", "Terslev Bygaden"]
        assert found not in Booking.by_reference(booking.reference).road


def test_masking_reaches_the_place_that_a_case_has_left_and_the_history_that_names_it(app, officer):
    plate, booking = "AB 12 345", wish(app, road="Vejen ved AB 12 345", from_to="")
    case = f"/en/kontor/sag/{booking.reference}"
    page = officer.post(f"{case}/flyt", {"road": "Bygaden", "postcode": "4690", "send": "1"})
    assert page.status == 200 and plate in page.text
    officer.post(f"{case}/maskering", {"found": plate})
    for path in (f"sag/{booking.reference}", "sted/1", "steder?q=vejen"):
        page = officer.get(f"/en/kontor/{path}").text
        assert "Vejen ved" in page and plate not in page, path


def test_masking_reaches_the_date_that_is_called_by_it(app, officer, citizen):
    plate, booking = "AB12345", wish(app, road="Salen hos AB12345", service="meeting")
    with app.app_context():
        ida, found = Officer.by_email(OFFICER), Booking.by_reference(booking.reference)
        dates = {"resource_units": {"crew": "Ida"}, "travel": 0}
        start = now() + timedelta(days=5)
        found.offer(ida, [(start, start + timedelta(hours=1))], where=found.in_own_words, answer_by=today(), **dates)
        Visit.plan(ida, service="meeting", place=found.place, starts_at=start, ends_at=start + timedelta(hours=1),
                   bookings=[found], date_agreed=True, public=True, public_place=found.in_own_words, **dates)
        found.public = True
        db.session.commit()
    officer.post(f"/en/kontor/sag/{booking.reference}/maskering", {"found": plate})
    with app.app_context():
        found = Booking.by_reference(booking.reference)
        assert [v.public_place for v in found.visits] == [p.where for p in found.proposals] == [
            "Salen hos ▒▒▒, 4690 Haslev"]
        found.visits[0].public_place = "Også hos XY12345"
        found.withdraw()
        db.session.commit()
        found.mask(Officer.by_email(OFFICER), ["XY12345"])
        assert db.session.get(Visit, 1).public_place == "Også hos ▒▒▒", "that it has left"
    assert plate not in citizen.get(f"/en/sag/{booking.reference}/{booking.secret}").text


def test_an_ordinary_case_asks_no_officer_about_personal_data(app, officer, citizen):
    for slug in WISHES:
        reference, _ = book(citizen, "/en", slug)
        assert "We asked the citizen" not in officer.get(f"/en/kontor/sag/{reference}").text
