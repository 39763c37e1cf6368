"""Booking a meeting, a walk or the van, whose date is agreed: what is asked, what is refused, what came of it."""

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from conftest import WISHES, book_through_all_pages, logged_in, times_ahead
from flask import render_template
from helpers import as_sent, error_at, how_many, one_app
from werkzeug.datastructures import MultiDict

from catalogue import SERVICES, by_slug
from forms import phone_form
from models import COPENHAGEN, Booking, Visit, db, local

MEETING, WALK, VAN = SLUGS = ("dialogmoede", "tryghedsvandring", "mobil-politistation")
TODAY = datetime(2027, 2, 1, 9, tzinfo=COPENHAGEN)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture(scope="module")
def form_app(template, tmp_path_factory):
    with one_app(template, tmp_path_factory) as app:
        yield app


@pytest.fixture
def english(form_app):
    with form_app.test_request_context("/", base_url="http://127.0.0.1:8000/en"):
        yield


@pytest.fixture
def danish(form_app):
    with form_app.test_request_context("/"):
        yield


def filled_in(kind, typed: dict):
    pairs = [(k, v) for k, vs in typed.items() if vs is not None for v in (vs if isinstance(vs, list) else [vs])]
    form = kind(MultiDict(pairs), meta={"csrf": False})
    form.fine = form.validate()
    return form


def asked(slug, by_phone=False, **changes):
    """The booking form as a citizen fills it in, or an officer who has one on the phone."""
    kind = by_slug(slug).questions
    typed = {**times_ahead(), **WISHES[slug], **changes}
    return filled_in(phone_form(kind), {**typed, "channel": "phone"}) if by_phone else filled_in(kind, typed)


def on(day: str, starts: str = "19:00", ends: str = "21:00") -> dict:
    """A single proposed time."""
    return {"dates-0-day": day, "dates-0-starts": starts, "dates-0-ends": ends,
            "dates-1-day": None, "dates-1-starts": None, "dates-1-ends": None}


def refused(form, name, row=None, part=None) -> str:
    field = form[name].entries[row].form[part] if part else form[name]
    assert not form.fine and field.errors, form.errors
    assert set(form.errors) == {name}, form.errors
    return str(field.errors[0])


# The whole way, through the real pages.


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("slug", SLUGS)
def test_it_is_booked_through_all_pages(app, citizen, slug, language):
    service, times = by_slug(slug), times_ahead(40, 47, 54)
    reference, secret = book_through_all_pages(citizen, language, slug, {**WISHES[slug], **times})
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.service, booking.public, booking.road) == (service.key, True, WISHES[slug]["road"])
        assert [row["day"] for row in booking.answers["dates"]] == [times[f"dates-{n}-day"] for n in range(3)]
        assert booking.answers["contact_day"] == "Bo Holm" and booking.answers["contact_day_phone"] == "12345678"
        assert booking.place.town == "Haslev" and not set(booking.answers) & {"road", "postcode", "name", "emergency"}
    said = "13 March 2027 at 19:00" if language else "13. marts 2027 kl. 19:00"
    assert said in citizen.get(f"{language}/sag/{reference}/{secret}").text
    assert said in logged_in(app).get(f"{language}/kontor/sag/{reference}").text


@pytest.mark.parametrize("slug", SLUGS)
def test_the_form_shows_three_rows_and_keeps_what_was_typed(app, citizen, slug):
    page = citizen.get(f"/en/bestil/{slug}")
    assert [f"dates-{n}-day" in page.html for n in range(4)] == [True, True, True, False]
    typed = {k: v for k, v in {**WISHES[slug], **times_ahead(), "contact_day_phone": "x"}.items() if v}
    page = citizen.post(f"/en/bestil/{slug}", {**typed, "once": "once"})
    assert page.status == 422 and how_many(app, Booking) == 0
    still = as_sent(page, "once")
    for name, value in typed.items():
        if not name.endswith("-ends") or slug == VAN:
            assert sorted(still[name]) == sorted(value if isinstance(value, list) else [value]), name
    assert "dates-2-day" in still and "dates-3-day" not in still


@pytest.mark.parametrize("slug", SLUGS)
def test_an_empty_form_says_what_is_missing_and_breaks_nothing(citizen, slug):
    page = citizen.post(f"/en/bestil/{slug}", {})
    assert page.status == 422 and len(page.errors) >= 8
    assert error_at(page, "dates") and 'href="#dates-0-day"' in page.html


@pytest.mark.parametrize(("path", "says"), [("/en", "Suggestion"), ("", "Forslag")])
def test_the_rows_of_preferred_times_are_called_what_they_are(citizen, path, says):
    html = citizen.get(f"{path}/bestil/dialogmoede").html
    assert re.findall(r'<legend[^>]*>([^<]*\d)</legend>', html) == [f"{says} {number}" for number in (1, 2, 3)]


def test_two_short_questions_stand_on_one_line(citizen):
    html = citizen.get("/en/bestil/dialogmoede").html
    assert re.search(r'<div class="form-row">.{0,400}id="contact_day".*?id="contact_day_phone"', html, re.S)


def test_an_officer_takes_one_in_by_phone_at_short_notice(app, officer):
    wish = {**WISHES[VAN], **times_ahead(1), "channel": "phone", "once": "once"}
    page = officer.post("/en/kontor/ny/mobil-politistation", wish)
    assert page.status == 200 and how_many(app, Booking) == 1, page.errors
    assert "2 February 2027 at 19:00–21:00" in page.text


# What must be answered.


@pytest.mark.parametrize(("slug", "field"), [
    *((slug, field) for slug in SLUGS for field in ("road", "postcode", "name", "email", "phone")),
    *((MEETING, field) for field in ("kind", "topics", "number", "public")),
    *((WALK, field) for field in ("areatype", "reasons", "number")),
    *((VAN, field) for field in ("purpose", "stand", "visitors", "public", "event", "organiser", "permit")),
])
def test_what_is_required(english, slug, field):
    assert refused(asked(slug, **{field: None}), field)


@pytest.mark.parametrize(("slug", "left"), [
    (MEETING, ("why", "from_to", "facilities", "way", "age", "press", "org", "contact_day", "contact_day_phone")),
    (WALK, ("from_to", "text", "owners", "decision", "access", "role", "follow", "public", "spots-0-place",
            "spots-0-feel", "spots-0-why", "spots-1-place", "spots-1-feel")),
    (VAN, ("from_to", "text", "themes", "power", "wc", "access", "others")),
])
def test_what_may_be_left_out(english, slug, left):
    form = asked(slug, **dict.fromkeys(left))
    assert form.fine, form.errors
    assert not set(left) & form.own_answers().keys()


@pytest.mark.parametrize(("slug", "changes", "field"), [
    (VAN, {"purpose": "other"}, "text"),
    (WALK, {"reasons": ["other"]}, "text"),
    (WALK, {"spots-0-feel": ""}, "spots"),
    (MEETING, {"number": "0"}, "number"),
    (MEETING, {"number": "1001"}, "number"),
    (MEETING, {"why": "Det er ham med AB 12 345"}, "why"),
    (MEETING, {"road": "Ring 12345678"}, "road"),
    (WALK, {"spots-0-why": "Ring 12345678"}, "spots"),
    (VAN, {"contact_day_phone": "1234"}, "contact_day_phone"),
    (VAN, {"postcode": "8000"}, "postcode"),
])
def test_what_is_refused(english, slug, changes, field):
    assert refused(asked(slug, **changes), field)


def test_a_visit_of_the_van_without_an_event_neither_needs_nor_keeps_what_is_asked_of_one(english):
    form = asked(VAN, purpose="local", organiser="", permit="forged")
    assert form.fine, form.errors
    assert not {"event", "organiser", "permit"} & form.own_answers().keys()


@pytest.mark.parametrize(("number", "words"), [("26", "several walks"), ("4", "at least 5"), ("", "filled in")])
def test_a_walk_has_from_5_to_25_participants(english, number, words):
    assert words in refused(asked(WALK, number=number), "number")


@pytest.mark.parametrize("number", ["5", "25"])
def test_a_walk_may_be_just_as_small_or_large(english, number):
    assert asked(WALK, number=number).fine


@pytest.mark.parametrize(("public", "shown"), [("yes", True), ("open", False), ("closed", False)])
def test_whether_a_meeting_is_open_and_in_the_calendar_is_one_question(english, public, shown):
    form = asked(MEETING, public=public)
    assert form.fine and form.columns()["public"] is shown


# The times that would suit.


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(("day", "fine"), [
    ("2027-02-28", False), ("2027-03-01", True), ("2028-02-01", True), ("2028-02-02", False), ("2027-01-31", False)])
def test_times_lie_four_weeks_ahead_and_within_a_year(english, slug, day, fine):
    form = asked(slug, **{"dates-0-day": day})
    if fine:
        assert form.fine, form.errors
    else:
        assert refused(form, "dates", 0, "day")


@pytest.mark.parametrize(("day", "fine"), [("2027-02-01", False), ("2027-02-02", True)])
def test_by_phone_they_only_lie_ahead(english, day, fine):
    assert asked(MEETING, by_phone=True, **{"dates-0-day": day}).fine is fine


def test_the_limit_is_of_the_day_here(english):
    with time_machine.travel(datetime(2027, 2, 1, 23, 30, tzinfo=UTC), tick=False):  # the 2nd, here
        assert "2 March 2027" in refused(asked(WALK, **on("2027-03-01")), "dates", 0, "day")


def test_one_time_is_enough(english):
    for slug in SLUGS:
        assert asked(slug, **on("2027-03-20")).fine
        assert refused(asked(slug, **dict.fromkeys(times_ahead())), "dates")


@pytest.mark.parametrize("slug", SLUGS)
def test_the_earliest_day_is_said_and_no_browser_offers_another(citizen, slug):
    page = citizen.get(f"/en/bestil/{slug}")
    assert "On 1 March 2027 at the earliest." in page.text
    assert page.html.count('min="2027-03-01"') == 3 and page.html.count('max="2028-02-01"') == 3


def test_no_time_is_proposed_twice_but_two_on_a_day_may_be(english):
    again = {f"dates-1-{part}": value for part, value in (("day", "20.3.2027"), ("ends", "22:00"))}
    for slug in SLUGS:
        assert "twice" in refused(asked(slug, **{**on("2027-03-20"), **again, "dates-1-starts": "19.00"}), "dates")
        form = asked(slug, **{**on("2027-03-20"), **again, "dates-1-starts": "20:00"})
        assert form.fine, form.errors


@pytest.mark.parametrize(("part", "typed"), [("day", ""), ("starts", ""), ("starts", "syv"), ("day", "engang")])
@pytest.mark.parametrize("slug", SLUGS)
def test_half_a_time_is_none(english, slug, part, typed):
    assert refused(asked(slug, **{f"dates-1-{part}": typed}), "dates", 1, part)


def test_a_fourth_time_is_not_taken(english):
    form = asked(WALK, **times_ahead(40, 41, 42, 43))
    assert form.fine and len(form.wishes()) == 3


@pytest.mark.parametrize(("starts", "ends", "fine"), [
    ("10:00", "10:00", False), ("10:00", "09:00", False), ("10:00", "", False), ("10:00", "18:00", True),
    ("10:00", "18:01", False)])
def test_the_van_comes_for_some_hours_of_a_day(english, starts, ends, fine):
    form = asked(VAN, **on("2027-03-20", starts, ends))
    if fine:
        assert form.fine, form.errors
    else:
        assert refused(form, "dates", 0, "ends")


# The same as points in time.


def here(*parts) -> datetime:
    return datetime(*parts, tzinfo=COPENHAGEN)


def test_wishes_are_points_in_time_on_both_sides_of_the_clock_change(danish):
    form = asked(MEETING, **{"dates-0-day": "2027-03-27", "dates-1-day": "2027-03-28", "duration": "90"})
    assert form.wishes() == [(here(2027, 3, 27, 19), here(2027, 3, 27, 20, 30)),
                             (here(2027, 3, 28, 19), here(2027, 3, 28, 20, 30))]
    assert [start.astimezone(UTC).hour for start, _ in form.wishes()] == [18, 17]


@pytest.mark.parametrize(("day", "ends"), [("2027-03-28", "04:30"), ("2027-10-31", "02:30"), ("2027-05-01", "03:30")])
def test_hours_count_as_they_pass_in_the_night_of_the_change(english, day, ends):
    [(start, end)] = asked(WALK, **on(day, "01:30")).wishes()
    assert f"{local(start):%H:%M}" == "01:30" and f"{local(end):%H:%M}" == ends
    assert end - start == timedelta(hours=2)


def test_the_van_names_its_own_hours_and_a_control_none(english):
    assert asked(VAN, **on("2027-10-31", "10:00", "14:30")).wishes() == [
        (here(2027, 10, 31, 10), here(2027, 10, 31, 14, 30))]
    assert SERVICES["traffic"].questions(formdata=None, meta={"csrf": False}).wishes() == []


@pytest.mark.parametrize("typed", ["17.3", "7:5", "17", "17.60"])
def test_a_time_that_could_be_another_one_is_refused(english, typed):
    assert not asked(WALK, **on("2027-05-01", typed)).validate()


# How it reads.


def test_answers_read_well_in_both_languages(form_app):
    told = {}
    for language in ("en", ""):
        with form_app.test_request_context("/", base_url=f"http://127.0.0.1:8000/{language}"):
            answers = [asked(slug).own_answers() for slug in SLUGS]
            told[language] = [dict(by_slug(slug).questions.describe(a)) for slug, a in zip(SLUGS, answers, strict=True)]
            assert all(by_slug(slug).about(a) for slug, a in zip(SLUGS, answers, strict=True))
    meeting, walk, van = told["en"]
    assert meeting["Preferred times"] == "13 March 2027 at 19:00, 20 March 2027 at 19:00"
    assert meeting["Duration"] == "1½ hours" and meeting["Topics"] == "Feeling unsafe, Burglary"
    assert walk["Walk leader, if it is somebody else"] == "Bo Holm"
    assert walk["Places you already know"] == "Tunnelen (Unsafe: Lampen er slukket), Legepladsen (Pleasant)"
    assert van["Preferred times"] == "13 March 2027 at 19:00–21:00, 20 March 2027 at 19:00–21:00"
    assert van["Expected visitors"] == "50–200"
    assert [len(words) for words in told["en"]] == [len(words) for words in told[""]]
    one, hours = "13. marts 2027 kl. 19:00, 20.", "19:00–21:00, 20."
    for words, said in zip(told[""], (one, one, hours),
                           strict=True):
        assert any(said in answer for answer in words.values())


def test_rows_are_added_when_those_that_there_are_have_been_filled(english):
    spots = {f"spots-{n}-{part}": value for n in range(2) for part, value in (("place", f"Sted {n}"),
                                                                              ("feel", "unsafe"), ("why", ""))}
    assert len(asked(WALK, **spots).spots.entries) == 4
    assert len(by_slug(WALK).questions(formdata=None, meta={"csrf": False}).spots.entries) == 2


# What one leads to.


@pytest.mark.parametrize(("now", "ends", "said"), [
    ("05T09:00", "00:30", ""), ("04T20:30", "21:00", ""), ("05T09:00", "19:00", "The end must be after the start."),
    ("04T23:00", "00:30", "The end must be after the start."), ("05T20:00", "18:30", "Did it last until the next day?")])
def test_what_was_agreed_past_midnight_is_found_as_it_was_planned_unless_it_is_a_slip(english, now, ends, said):
    typed = {"held": "yes", "day": "2026-05-04", "starts": "19:00", "ends": ends}
    with time_machine.travel(f"2026-05-{now}+02:00", tick=False):
        form = filled_in(by_slug(MEETING).findings, typed)
    assert len(form.ends.errors) == bool(said) and "".join(form.ends.errors).startswith(said)


@pytest.mark.parametrize("key", SERVICES)
def test_what_a_meeting_leads_to_is_about_its_service_as_long_as_nobody_has_answered_more(english, key):
    service = SERVICES[key]
    assert set(service.leads_to) <= set(SERVICES)
    assert service.about({}) == str(service.name)


@pytest.mark.parametrize("key", SERVICES)
def test_every_entry_says_what_it_is(english, key):
    service = SERVICES[key]
    assert all(map(str, (service.need, service.name, service.book, service.summary, service.visit)))
    assert service.not_for and service.resources["crew"] and 10 <= service.answer_within <= service.act_within
    for form in (service.questions, service.findings):
        shown = set(form.in_order()) | getattr(form, "common", set())
        assert set(form(formdata=None, meta={"csrf": False})._fields) <= shown | {"csrf_token"}, "a field on no page"
    assert set(service.reasons) >= {"resources", "district", "report", "outside", "information"}


# What came of it.

EVENT_LABELS = {"held": "yes", "day": "2027-01-20", "starts": "19:00", "ends": "20:30", "place": "Forsamlingshuset",
                "summary": "Tak for en god aften.", "note": "Kun til os", "by": "IB"}
FOUND = {
    MEETING: {**EVENT_LABELS, "number": "18", "ages": ["adults"], "topics": ["burglary"],
              "worries": ["lighting", "young"],
              "worries_text": "Stien er mørk.", "facts": "Der er færre indbrud.", "advice": ["watch"]},
    WALK: {**EVENT_LABELS, "light": "dark", "weather": "Tørvejr", "route": "Fra skolen til stationen",
           "people-0-role": "residents", "people-0-count": "12", "people-1-role": "police", "people-1-count": "2",
           "follow_day": ""},
    VAN: {**EVENT_LABELS, "visitors": "1200", "staff": "3", "came": ["families"], "topics": ["report", "burglary"],
          "reports": "2", "worries": ["traffic"], "site": "good", "site_why": ""},
}
CALLED_OFF = {MEETING: {"held": "organiser"}, WALK: {"held": "police"}, VAN: {"held": "no", "cause": "staff"}}


def found(slug, **changes):
    return filled_in(by_slug(slug).findings, {**FOUND[slug], **changes})


@pytest.mark.parametrize(("slug", "words"), [
    (MEETING, "18 took part."), (WALK, "14 took part."), (VAN, "About 1,200 visitors.")])
def test_what_came_of_it_is_kept_and_told(english, slug, words):
    form, service = found(slug), by_slug(slug)
    assert form.fine, form.errors
    assert service.in_short(form.answers()) == words and not service.keeps_open(form.answers())
    told = dict(form.describe(form.answers()))
    assert "Tak for en god aften." in told.values() and not {"Kun til os", "IB"} & set(told.values())
    assert told["Date"] == "20 January 2027" and "Staff (number)" not in told


@pytest.mark.parametrize(("slug", "field"), [
    *((slug, field) for slug in SLUGS for field in ("held", "day", "starts", "ends", "place", "summary")),
    *((MEETING, field) for field in ("number", "topics", "worries")),
    *((WALK, field) for field in ("light", "route")),
    *((VAN, field) for field in ("visitors", "staff", "topics", "worries", "site")),
])
def test_findings_that_are_required(english, slug, field):
    form = found(slug, **{field: None})
    assert not form.fine and field in form.errors


@pytest.mark.parametrize(("slug", "changes", "field"), [
    (MEETING, {"day": "2027-02-02"}, "day"),
    (MEETING, {"ends": "19:00"}, "ends"),
    (MEETING, {"summary": "Ring til mig på 12345678"}, "summary"),
    (MEETING, {"held": "police"}, "again"),
    (WALK, {"people-0-role": "", "people-0-count": "", "people-1-role": "", "people-1-count": ""}, "people"),
    (WALK, {"people-0-count": "0"}, "people"),
    (VAN, {"held": "short"}, "cause"),
    (VAN, {"held": "no", "cause": "weather"}, "again"),
    (VAN, {"site": "unsuitable"}, "site_why"),
])
def test_findings_that_are_refused(english, slug, changes, field):
    assert refused(found(slug, **changes), field)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("again", ["yes", "no"])
def test_what_was_not_held_counts_nothing_and_may_wait_for_a_new_date(english, slug, again):
    form, service = found(slug, **CALLED_OFF[slug], again=again), by_slug(slug)
    assert form.fine, form.errors
    assert form.answers().keys() <= {"held", "again", "cause", "summary", "note", "by"}
    assert service.keeps_open(form.answers()) is (again == "yes")
    assert re.search(r"not (held|come)", service.in_short(form.answers()))
    bare = filled_in(service.findings, {**CALLED_OFF[slug], "again": again, "summary": "Vi beklager."})
    assert bare.fine, bare.errors


def test_what_was_moved_waits_for_its_new_date(english):
    assert by_slug(MEETING).keeps_open(found(MEETING, held="moved").answers())
    assert not by_slug(MEETING).keeps_open(found(MEETING, held="yes", again="yes").answers())
    assert not by_slug(VAN).keeps_open(found(VAN, held="short", cause="urgent").answers())


@pytest.mark.parametrize("slug", SLUGS)
def test_the_form_of_findings_starts_with_the_plan(form_app, slug):
    service = by_slug(slug)
    with form_app.test_request_context("/kontor/"):
        visit = Visit(service=service.key, starts_at=TODAY - timedelta(days=1), ends_at=TODAY,
                      public_place="Forsamlingshuset, 4690 Haslev")
        start = service.start_findings(visit)
        form = service.findings(formdata=None, data=start, meta={"csrf": False})
        assert form.day.data == date(2027, 1, 31) and form.place.data == "Forsamlingshuset, 4690 Haslev"
        assert f"{form.starts.data:%H:%M}" == "09:00" == f"{form.ends.data:%H:%M}" and form.held.data == "yes"


@pytest.mark.parametrize("slug", SLUGS)
def test_the_organiser_reads_what_came_of_it(english, slug):
    service = by_slug(slug)
    told = render_template(service.findings_text, service=service,
                           visit=SimpleNamespace(findings=found(slug).answers()))
    assert told.startswith("Tak for en god aften.\n"), "the summary comes first"
    assert "from 19:00 to 20:30, at Forsamlingshuset." in told and "Kun til os" not in told
    assert not re.search(r"^(Held|Carried out|Place|From|To|Date|Participants)\b", told, re.M), "no labels of a form"
