"""What was found: entered as it was, told to everyone who asked, corrected where it was wrong."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from conftest import OFFICER, Page, Person, logged_in
from helpers import METRES, PIN, as_sent, how_many, letters_shown, one_app, wish
from helpers_cases import FOUND, TERSLEV, change, link, planned, seen_now
from helpers_polls import HELD
from helpers_results import post_letters, release
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from catalogue import SERVICES
from forms import redact_links
from models import (
    Booking,
    BookingStatus,
    EventKind,
    Letter,
    Officer,
    Place,
    Visit,
    VisitStatus,
    add_working_days,
    db,
    local,
    now,
    today,
)

FINDINGS = SERVICES["traffic"].findings
INTERNAL = {"visible": "hidden", "suit": "nearby", "note": "Hemmelig note: bag hækken", "by": "XQZ"}
NYRAAD = {
    **TERSLEV,
    "place": "Skovstræde, Nyråd",
    "limit": "30",
    "temporary": "y",
    "passed": "",
    "uncounted": "y",
    "charged": "93",
    "fine": "63",
    "klip": "25",
    "cond": "5",
    "top": "55",
    "periods-0-starts": "08.39",
    "periods-0-ends": "12.09",
}
FAROE = {
    **TERSLEV,
    "place": "Farøbroen",
    "limit": "110",
    "passed": "",
    "uncounted": "y",
    "charged": "246",
    "fine": "224",
    "klip": "22",
}
NOTHING = {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["closed"]}


@pytest.fixture(scope="module")
def form_app(template, tmp_path_factory):
    with one_app(template, tmp_path_factory) as app:
        yield app


def typed(**fields):
    """The form as a browser sends it: every field is there, most of them empty."""
    blank = {
        name: ""
        for name, field in FINDINGS(formdata=None, meta={"csrf": False})._fields.items()
        if field.type in ("Line", "Text", "Count", "Select")
    }
    rows = {f"periods-{n}-{part}": "" for n in range(3) for part in ("day", "starts", "ends", "direction")}
    rows |= {f"other-{n}-{part}": "" for n in range(3) for part in ("kind", "count")} | {
        f"patrols-{n}-day": "" for n in range(3)
    }
    return {k: v for k, v in {**blank, **rows, **fields}.items() if v is not None}


def form_of(app, **fields):
    pairs = [(k, v) for k, vs in typed(**fields).items() for v in (vs if isinstance(vs, list) else [vs])]
    with app.test_request_context("/kontor/", base_url="http://127.0.0.1:8000/en"):
        form = FINDINGS(MultiDict(pairs), meta={"csrf": False})
        form.fine_ = form.validate()
        return form


def refused(app, field, **fields) -> str:
    form = form_of(app, **fields)
    assert not form.fine_ and form[field].errors, form.errors
    return str(form[field].errors[0])


# What may be entered.


@pytest.mark.parametrize(
    "what",
    [TERSLEV, NYRAAD, FAROE, NOTHING, {**TERSLEV, "performed": "partly", "cause": "urgent"}],
    ids=["Terslev", "Nyråd", "Farøbroen", "nothing", "partly"],
)
def test_real_results_can_be_entered_as_a_browser_sends_them(form_app, what):
    form = form_of(form_app, **what)
    assert form.fine_, form.errors


@pytest.mark.parametrize(
    "field, wrong",
    [
        ("performed", {"performed": None}),
        ("suit", {"suit": None}),
        ("next", {"next": None}),
        ("method", {"method": None}),
        ("place", {"place": ""}),
        ("limit", {"limit": ""}),
        ("charged", {"charged": ""}),
        ("passed", {"passed": ""}),
        ("cause", {"performed": "no"}),
        ("cause", {"performed": "partly"}),
        ("periods", {"periods-0-day": "", "periods-0-starts": "", "periods-0-ends": ""}),
        ("mopeds_checked", {"method": "mopeds"}),
        ("mopeds_fast", {"method": "mopeds", "mopeds_checked": "4"}),
    ],
)
def test_what_is_needed_is_asked_for(form_app, field, wrong):
    assert refused(form_app, field, **{**TERSLEV, **wrong})


@pytest.mark.parametrize(
    "counts",
    [
        {"charged": "0"},
        {"charged": "0", "fine": "0", "klip": "0", "cond": "0", "uncond": "0", "passed": "0"},
        {"charged": "2", "fine": "1", "uncond": "1", "reckless": "1", "top": "190"},
        {"charged": "94", "klip": "94"},
        {"charged": "4", "fine": "4", "top": ""},
    ],
)
def test_zero_is_a_result_and_the_parts_add_up_to_the_whole(form_app, counts):
    form = form_of(form_app, **{**TERSLEV, **counts})
    assert form.fine_, form.errors


@pytest.mark.parametrize(
    "counts, field",
    [
        ({"charged": "93", "fine": "63", "klip": "25", "cond": "4"}, "charged"),
        ({"charged": "10", "fine": "10", "klip": "2"}, "charged"),
        ({"charged": "0", "fine": "1"}, "charged"),
        ({"charged": "5"}, "charged"),
        ({"charged": "95", "fine": "95"}, "charged"),
        ({"charged": "1", "passed": "0", "fine": "1"}, "charged"),
        ({"charged": "2", "uncond": "1", "fine": "1", "reckless": "2", "top": "199"}, "reckless"),
        ({"charged": "1", "fine": "1", "reckless": "1", "top": "120"}, "reckless"),
        ({"charged": "1", "fine": "1", "top": "50"}, "top"),
        ({"charged": "1", "fine": "1", "top": "49"}, "top"),
        ({"method": "mopeds", "mopeds_checked": "3", "mopeds_fast": "4"}, "mopeds_fast"),
        ({"method": "laser", "charged": "", "fine": "3"}, "charged"),
    ],
)
def test_numbers_that_cannot_be_true_together_are_refused(form_app, counts, field):
    assert refused(form_app, field, **{**TERSLEV, **counts})


@pytest.mark.parametrize("field", ["passed", "charged", "top"])
@pytest.mark.parametrize("number", ["1,5", "2.5", "-1", "99999999999", "1e3", "mange", "9" * 400, "NaN", "0x10"])
def test_what_is_no_count_is_refused_kindly(form_app, field, number):
    words = refused(form_app, field, **{**TERSLEV, field: number})
    assert re.match(r"Write|The parts|More", words) and "Not a valid" not in words


@pytest.mark.parametrize("average", ["72.8", "72,8"])
def test_an_average_may_have_decimals(form_app, average):
    form = form_of(form_app, **{**TERSLEV, "avg": average, "avg_source": "municipality"})
    assert form.fine_, form.errors


@pytest.mark.parametrize(
    "period, field",
    [
        ({"starts": "20:00", "ends": "18:00"}, "ends"),
        ({"ends": "18:00"}, "ends"),
        ({"ends": ""}, "ends"),
        ({"day": ""}, "day"),
        ({"starts": "25:00"}, "starts"),
        ({"day": "31.2.2026"}, "day"),
        ({"day": "2099-01-01"}, "day"),
    ],
)
def test_a_period_has_a_day_that_has_been_and_ends_after_it_starts(form_app, period, field):
    form = form_of(form_app, **{**TERSLEV, **{f"periods-0-{k}": v for k, v in period.items()}})
    assert not form.fine_ and form.periods.entries[0].form[field].errors


def test_several_periods_may_be_entered_and_more_of_them_later(form_app):
    many = {
        f"periods-{n}-{part}": value
        for n in range(3)
        for part, value in (
            ("day", f"2026-11-0{n + 1}"),
            ("starts", "08:00"),
            ("ends", "09:30"),
            ("direction", "mod Haslev"),
        )
    }
    form = form_of(form_app, **{**TERSLEV, **many})
    assert form.fine_ and [p["day"] for p in form.answers()["periods"]] == ["2026-11-01", "2026-11-02", "2026-11-03"]


@pytest.mark.parametrize("number", [3, 21, 22, 24])
def test_a_form_with_many_rows_opens_again(form_app, number):
    rows = [{"day": f"2026-10-{n + 1:02}"} for n in range(number)]
    with form_app.test_request_context():
        form = FINDINGS(formdata=None, data={**NOTHING, "patrols": rows, "next": ["patrol"]}, meta={"csrf": False})
        assert len(form.patrols.data) == number and len(form.patrols.entries) <= 24


def test_we_keep_an_eye_on_it_counts_only_with_days_on_which_it_was_done(form_app):
    patrol = {**TERSLEV, "next": ["closed", "patrol"]}
    assert "keep an eye" in refused(form_app, "patrols", **patrol)
    assert form_of(form_app, **patrol, **{"patrols-0-day": "6.11.2026", "patrols-2-day": "2026-11-07"}).fine_


@pytest.mark.parametrize("days", [1, 30])
def test_a_patrol_that_has_not_been_is_no_patrol_and_would_tell_of_a_coming_one(form_app, days):
    coming = (today() + timedelta(days=days)).isoformat()
    form = form_of(form_app, **{**TERSLEV, "next": ["patrol"], "patrols-0-day": coming})
    assert not form.fine_ and form.patrols.errors


def test_a_patrol_of_today_counts(form_app):
    assert form_of(form_app, **{**TERSLEV, "next": ["patrol"], "patrols-0-day": today().isoformat()}).fine_


def test_other_offences_are_counted_apart(form_app):
    form = form_of(
        form_app,
        **TERSLEV,
        **{"other-0-kind": "drink", "other-0-count": "2", "other-1-kind": "helmet", "other-1-count": "1"},
    )
    assert form.fine_ and form.answers()["other"] == [{"kind": "drink", "count": 2}, {"kind": "helmet", "count": 1}]
    assert not form_of(form_app, **TERSLEV, **{"other-0-kind": "drink"}).fine_
    assert not form_of(form_app, **TERSLEV, **{"other-0-count": "2"}).fine_


@pytest.mark.parametrize("words", ["AB 12 345", "010190-1234"])
def test_the_message_to_those_who_asked_names_nobody(form_app, words):
    form = form_of(form_app, **TERSLEV, **{"msg-da": f"Hilsen {words}"})
    assert not form.fine_ and list(form.msg.errors) == ["da"]


# From the plan to the letters.


def visited(app, *bookings, **more) -> int:
    return planned(app, *bookings, start=now() - timedelta(hours=4), **more)


def enter(person: Person, id: int, **fields) -> Page:
    """Fill in the form of findings as it is shown, and send it."""
    path = f"/en/kontor/besoeg/{id}/resultat"
    shown = as_sent(person.get(path), "performed") if "performed" in person.get(path).html else {}
    return person.post(path, {**shown, **fields})


def tell(person: Person, id: int) -> list[str]:
    """Look at the letters and press; what was shown."""
    shown = letters_shown(person.get(f"/en/kontor/besoeg/{id}/svar"))
    assert person.post(f"/en/kontor/besoeg/{id}/svar").status == 200
    return shown


def letters_of(app, kind: str) -> list[Letter]:
    with app.app_context():
        found = list(db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)))
        db.session.expunge_all()
        return found


@pytest.fixture(autouse=True)
def friday(request):
    """The evening of the control, unless a test has its own clock."""
    if "form_app" in request.fixturenames:
        with time_machine.travel("2026-11-20 12:00Z", tick=True):
            yield
    else:
        with time_machine.travel("2026-11-06 20:00Z", tick=True):
            yield


def test_the_form_starts_with_what_the_plan_knows(app, ida):
    id = visited(app, wish(app))
    form = as_sent(ida.get(f"/en/kontor/besoeg/{id}/resultat"), "performed")
    assert form["method"] == ["atk"] and form["place"] == ["Bygaden, 4690 Haslev"] and form["performed"] == ["yes"]
    assert form["periods-0-starts"] == ["17:00"] and form["periods-0-ends"] == ["19:00"]
    page = enter(ida, id, limit="50", passed="94", charged="0", suit="suitable", next=["closed"])
    assert page.status == 200 and "See the letters" in page.text, page.errors


@pytest.mark.parametrize(("starts", "ends", "entered", "rows", "said"), [
    ("2026-11-05 21:00Z", "2026-11-05 23:00Z", "2026-11-06 08:00Z", [("22:00", "23:59")], []),
    ("2026-11-05 22:59Z", "2026-11-05 23:59Z", "2026-11-06 08:00Z", [("00:00", "00:59")], []),
    ("2026-11-05 21:00Z", "2026-11-06 01:00Z", "2026-11-06 08:00Z", [("22:00", "23:59"), ("00:00", "02:00")], []),
    ("2026-11-05 21:00Z", "2026-11-06 01:00Z", "2026-11-05 22:30Z", [("22:00", "23:59")], []),
    ("2026-10-25 00:30Z", "2026-10-25 01:15Z", "2026-10-25 08:00Z", [("", "")], ["Fill in at least one period."]),
])
def test_the_periods_that_the_form_starts_with_are_taken_as_they_stand(app, starts, ends, entered, rows, said):
    with time_machine.travel("2026-10-01 08:00Z"):
        id = planned(app, wish(app))
    with app.app_context():
        visit = db.session.get(Visit, id)
        visit.starts_at, visit.ends_at = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
        db.session.commit()
    with time_machine.travel(entered):
        ida = logged_in(app)
        form = as_sent(ida.get(f"/en/kontor/besoeg/{id}/resultat"), "performed")
        shown = [(form[f"periods-{row}-starts"][0], form[f"periods-{row}-ends"][0]) for row in range(len(rows))]
        assert shown == rows
        assert enter(ida, id, limit="50", passed="94", charged="0", suit="suitable", next=["closed"]).errors == said


def test_findings_that_are_saved_again_as_they_are_leave_no_second_event(app, ida):
    id = visited(app, wish(app))
    for passed in ("94", "94", "95"):
        enter(ida, id, limit="50", passed=passed, charged="0", suit="suitable", next=["closed"])
    with app.app_context():
        events = db.session.get(Visit, id).events
        assert [event.kind for event in events].count(EventKind.FINDINGS_ENTERED) == 2, "one and its change"


def told(app, ida, language="en", road="Terslev Bygade", **fields) -> str:
    """The letter that somebody gets for these findings."""
    booking = wish(app, road=road, language=language)
    id = visited(app, booking)
    page = enter(ida, id, **fields)
    assert page.status == 200, page.errors
    [shown] = tell(ida, id)
    assert redact_links(letters_of(app, "answered")[-1].text) == shown
    return " ".join(shown.split())


def test_terslev_nobody_charged_is_good_news(app, ida):
    words = told(app, ida, **TERSLEV)
    assert "94 vehicles were measured. Nobody was charged with speeding at the times when we measured. That is good news." in words
    assert (
        "Terslev Bygade" in words
        and "speed camera van" in words
        and "6 November 2026 from 18:00 to 20:30" in words
        and "Speed limit: 50 km/h" in words
    )
    for absent in ("This can lead to", "highest speed", "0 drivers", "%", "None"):
        assert absent not in words, absent


def test_nyraad_parts_of_one_total_under_a_temporary_limit(app, ida):
    words = told(app, ida, **NYRAAD)
    assert "30 km/h (temporary)" in words and "93 drivers were charged with speeding." in words
    assert "This can lead to: - fine only: 63 - penalty points (klip) on the licence: 25 - conditional driving ban: 5" in words
    assert "The highest speed was 55 km/h." in words and "from 08:39 to 12:09" in words
    assert (
        "measured." not in words.replace("when we measured", "")
        and "unconditional" not in words
        and "reckless" not in words
    )


def test_faroebroen_the_penalty_clips_are_inside_the_total(app, ida):
    words = told(app, ida, **FAROE)
    assert (
        "246 drivers were charged" in words
        and "fine only: 224 - penalty points (klip) on the licence: 22" in words
        and "268 " not in words
    )


def test_reckless_driving_other_offences_average_and_message_are_told(app, ida):
    words = told(
        app,
        ida,
        **{
            **TERSLEV,
            "charged": "2",
            "fine": "1",
            "uncond": "1",
            "reckless": "1",
            "top": "151",
            "avg": "49",
            "avg_source": "police",
            "msg-da": "Tak for\n\nhjælpen.",
            "other-0-kind": "drink",
            "other-0-count": "1",
        },
    )
    assert "2 drivers were charged with speeding. That is 2.1% of those measured." in words
    assert (
        "unconditional driving ban: 1 - of the unconditional, reckless driving: 1 The highest speed was 151 km/h."
        in words
    )
    assert (
        "The average speed was 49 km/h. Source: police." in words
        and re.search(r"drink driving\W+1\b", words, re.I)
        and "Tak for hjælpen." in words
    )


def test_one_is_not_many(app, ida):
    words = told(app, ida, **{**TERSLEV, "passed": "1", "charged": "1", "fine": "1", "top": "61"})
    assert "1 vehicle was measured. 1 driver was charged" in words


def test_mopeds_are_told_as_mopeds(app, ida):
    words = told(
        app,
        ida,
        **{
            **TERSLEV,
            "method": "mopeds",
            "charged": "",
            "passed": "",
            "limit": "",
            "mopeds_checked": "23",
            "mopeds_fast": "11",
            "mopeds_top": "90",
        },
    )
    assert (
        "23 mopeds were checked. Too fast: 11. The fastest went 90 km/h." in words
        and "charged with speeding" not in words
    )


def test_a_result_without_measuring_is_told_too(app, ida):
    words = told(
        app,
        ida,
        **{
            **TERSLEV,
            "method": "patrol",
            "charged": "",
            "passed": "",
            "limit": "",
            "next": ["patrol"],
            "patrols-0-day": "2026-11-04",
            "patrols-1-day": "2026-11-05",
        },
    )
    assert "Method: patrol" in words and re.search(r"A patrol was there on: 4 November 2026\W+5 November 2026", words)


def test_another_place_and_several_periods_and_the_municipality(app, ida):
    words = told(
        app,
        ida,
        **{
            **TERSLEV,
            "place": "Kirkevej, Terslev",
            "nearby": "y",
            "next": ["closed", "municipality"],
            "periods-1-day": "2026-11-05",
            "periods-1-starts": "07:00",
            "periods-1-ends": "08:30",
            "periods-1-direction": "mod Haslev",
        },
    )
    assert "Kirkevej, Terslev (another place than the one you named" in words
    assert "5 November 2026 from 07:00 to 08:30 (mod Haslev)" in words and "https://www.faxekommune.dk" in words


def test_figures_are_said_to_be_preliminary_only_where_they_are(app, ida):
    charged = {**TERSLEV, "charged": "1", "fine": "1", "top": "61"}
    assert "The figures are preliminary" in told(app, ida, **charged)
    id = visited(app, wish(app, road="Kirkevej"), crew="B")
    form = {**as_sent(ida.get(f"/en/kontor/besoeg/{id}/resultat"), "performed"), **charged}
    del form["prelim"]
    ida.post(f"/en/kontor/besoeg/{id}/resultat", form)
    assert "preliminary" not in tell(ida, id)[0]


@pytest.mark.parametrize("method", ["atk", "laser"])
def test_only_of_a_photo_vans_pictures_is_it_said_that_drivers_must_be_found(app, ida, method):
    letter = told(app, ida, language="da", **{**TERSLEV, "charged": "1", "fine": "1", "top": "61", "method": method})
    assert ("Vi skal først finde ud af, hvem der kørte." in letter) is (method == "atk")
    assert "En sag bliver først til en bøde, når den er behandlet færdig." in letter
    assert "Det kan føre til: - kun bøde: 1" in letter, "no court has decided yet"


def test_nothing_is_said_of_driving_a_little_too_fast(app, ida):
    """A top speed of a fifth more than the limit is not called close to it."""
    words = told(app, ida, language="da", **TERSLEV, top="59")
    assert "på de tidspunkter, hvor vi målte. Det er en god nyhed." in words and "tæt på" not in words


def test_a_letter_is_in_the_language_of_whoever_asked(app, ida):
    danish, english = wish(app, language="da"), wish(app, email="cy@example.com")
    id = visited(app, danish, english)
    enter(ida, id, **TERSLEV)
    first, second = tell(ida, id)
    assert "Hello," not in first and "Hello," in second and "94" in first and "94" in second
    assert [x.language for x in letters_of(app, "answered")] == ["da", "en"]


@pytest.mark.parametrize("cause, words", [("weather", "weather"), ("unsuitable", "the place does not suit a control")])
def test_a_control_that_could_not_be_carried_out_is_an_answer_too(app, ida, cause, words):
    booking = wish(app)
    id = visited(app, booking)
    enter(ida, id, **{**NOTHING, "cause": cause})
    [shown] = tell(ida, id)
    assert f"The control could not be carried out. The reason: {words}." in shown
    assert "Your wish stands" not in shown and "preliminary" not in shown and "Method" not in shown
    after = seen_now(app, booking)
    assert after.status is BookingStatus.ANSWERED and after.letters[-1].kind == "answered"


def test_where_another_control_is_needed_the_wish_stands_with_a_new_promise(app, ida, citizen):
    booking = wish(app)
    id = visited(app, booking)
    enter(ida, id, **{**NOTHING, "next": ["repeat"]})
    [shown] = tell(ida, id)
    due = add_working_days(today(), 22)
    assert "Your wish stands. You will hear from us by" in shown and f"{due.day} {due:%B} {due.year}" in shown
    assert not re.search(r"another control|repeat", shown, re.I), "that one is coming is not told"
    after = seen_now(app, booking)
    assert after.status is BookingStatus.ACCEPTED and after.due_on == due and after.letters[-1].kind == "postponed"
    assert f"/sag/{booking.reference}" in ida.get("/en/kontor/?bunke=planlaeg").html
    page = citizen.get(link(booking))
    assert "could not be carried out" in page.text and "Accepted" in page.text
    second = visited(app, booking, crew="B")
    enter(ida, second, **TERSLEV)
    tell(ida, second)
    assert seen_now(app, booking).status is BookingStatus.ANSWERED


def test_a_correction_goes_to_the_same_people_and_shows_on_the_page(app, ida, citizen):
    one, two = wish(app), wish(app, email="bo@example.dk")
    id = visited(app, one, two)
    enter(ida, id, **TERSLEV)
    tell(ida, id)
    wish(app, road="Bygaden", email="new@example.dk")
    page = enter(ida, id, passed="90", charged="1", fine="1")
    assert page.status == 200, page.errors
    assert "94 vehicles" in citizen.get(link(one)).text, "until it is sent, the first stands"
    shown = tell(ida, id)
    assert len(shown) == 2 and all(
        "We have corrected the findings" in x and "90 vehicles" in x and "1 driver was charged" in x for x in shown
    )
    assert sorted(x.recipient for x in letters_of(app, "corrected")) == ["anna@example.dk", "bo@example.dk"]
    text = citizen.get(link(one)).text
    assert "90 vehicles" in text and "94 vehicles" not in text and "Corrected findings" in text
    assert seen_now(app, one).status is BookingStatus.ANSWERED


def test_a_correction_that_names_no_day_of_its_own_says_which_visit_it_is_about(app, ida):
    control, meeting = wish(app), wish(app, service="meeting", email="bo@example.dk")
    id = visited(app, control)
    with app.app_context():
        officer, booking = Officer.by_email(OFFICER), Booking.by_reference(meeting.reference)
        agreed = Visit.plan(officer, service="meeting", place=booking.place, starts_at=now() - timedelta(hours=3),
                            ends_at=now() - timedelta(hours=1), resource_units={"crew": "Bo"}, bookings=[booking],
                            date_agreed=True, public_place="Hallen")
        visits = (db.session.get(Visit, id), NOTHING), (
            agreed, {**HELD, "held": "police", "again": "no"})
        for visit, in_vain in visits:
            visit.enter_findings(officer, FOUND if visit is not agreed else HELD)
            visit.report(officer)
            visit.enter_findings(officer, in_vain)
            visit.report(officer)
        db.session.commit()
        month, day = db.session.get(Visit, id).ends_at, agreed.starts_at
    texts = {letter.recipient: letter.text for letter in letters_of(app, "corrected")}
    assert f"about the control in {local(month):%B %Y}." in texts["anna@example.dk"]
    assert f"had agreed, {local(day).day} {local(day):%B %Y}." in texts["bo@example.dk"]


def test_a_correction_goes_to_those_whose_data_is_still_kept(app, ida, citizen):
    one, two = wish(app), wish(app, email="bo@example.dk")
    id = visited(app, one, two)
    enter(ida, id, **TERSLEV)
    tell(ida, id)
    change(app, one, lambda b, _who: b.anonymise({"name": "", "email": "", "phone": "", "address": ""}))
    enter(ida, id, passed="90")
    tell(ida, id)
    assert [x.recipient for x in letters_of(app, "corrected")] == ["bo@example.dk"]
    assert "90 vehicles" in citizen.get(link(two)).text


def test_a_draft_is_never_seen_outside(app, ida, citizen):
    booking = wish(app)
    id = visited(app, booking)
    enter(ida, id, **{**TERSLEV, "passed": "77777"})
    for path in (link(booking), link(booking)[3:], "/en/", link(booking, "kvittering")):
        assert not re.search(r"77[,.]?777", citizen.get(path).text)
    assert letters_of(app, "answered") == [] and seen_now(app, booking).status is BookingStatus.ACCEPTED
    again = as_sent(ida.get(f"/en/kontor/besoeg/{id}/resultat"), "performed")
    assert again["passed"] == ["77777"] and again["prelim"] == ["y"], "the officer finds it as it was left"


def test_looking_at_the_letters_sends_none(app, ida):
    id = visited(app, wish(app))
    enter(ida, id, **TERSLEV)
    before = how_many(app, Letter)
    for _ in range(2):
        assert len(letters_shown(ida.get(f"/en/kontor/besoeg/{id}/svar"))) == 1
    ida.client.post(f"/en/kontor/besoeg/{id}/svar")  # no token
    assert how_many(app, Letter) == before
    for _ in range(2):  # a double click
        ida.post(f"/en/kontor/besoeg/{id}/svar", check=False)
    assert how_many(app, Letter) == before + 1


def test_who_has_withdrawn_gets_nothing(app, ida):
    stays, goes, no = wish(app), wish(app, email="gone@example.dk"), wish(app, email="no@example.dk")
    id = visited(app, stays, goes, no)
    enter(ida, id, **TERSLEV)
    change(app, goes, lambda b, o: b.withdraw())
    change(app, no, lambda b, o: b.decline(o, "resources", "", ""))
    assert len(tell(ida, id)) == 1
    assert [x.recipient for x in letters_of(app, "answered")] == ["anna@example.dk"]
    assert seen_now(app, goes).status is BookingStatus.WITHDRAWN and "94 vehicles" not in Person(app).get(
        link(goes)).text


def test_what_is_for_the_office_only_never_leaves_it(app, ida, citizen):
    booking = wish(app)
    id = visited(app, booking, crew="ATK HEMMELIG")
    enter(ida, id, **{**TERSLEV, **INTERNAL, "next": ["repeat", "regular"]})
    office = ida.get(f"/en/kontor/besoeg/{id}/svar").text
    [shown] = tell(ida, id)
    outside = [
        shown,
        letters_of(app, "answered")[0].text,
        citizen.get(link(booking)).text,
        citizen.get(link(booking)[3:]).text,
    ]
    post_letters(app)
    with time_machine.travel(now() + timedelta(days=20), tick=False):
        release(app)
    asked = Person(app).post("/en/bestil/faerdselskontrol",
        {
            "road": "Bygaden",
            "from_to": "x",
            "postcode": "4690",
            "problem": "speeding",
            "text": "x",
            "worst": "always",
            "name": "Bo",
            "email": "bo@example.dk",
            "language": "en",
        },
    )
    outside.append(asked.text)
    assert "94 vehicles measured" in asked.text
    for words in (
        "Hidden",
        "Suitable nearby",
        INTERNAL["note"],
        "XQZ",
        "Another control",
        "Regular place",
        "ATK HEMMELIG",
    ):
        assert words in office or words == "ATK HEMMELIG", words
        for page in outside:
            assert words not in page, words


def test_every_recipient_gets_it_by_their_own_channel(app, ida):
    mail, phone, post = (
        wish(app),
        wish(app, email="", phone="12345678", reply="phone"),
        wish(app, email="", phone="87654321", reply="letter", address="Bygaden 1\n4690 Haslev"),
    )
    id = visited(app, mail, phone, post)
    enter(ida, id, **TERSLEV)
    tell(ida, id)
    assert [(x.channel, x.recipient) for x in letters_of(app, "answered")] == [
        ("email", "anna@example.dk"),
        ("phone", "12345678"),
        ("letter", "Anna Jensen\nBygaden 1\n4690 Haslev"),
    ]


def test_a_visit_for_nobody_can_be_reported_without_a_letter(app, ida):
    booking = wish(app)
    id = visited(app, booking)
    change(app, booking, lambda b, o: b.withdraw())
    before = how_many(app, Letter)
    enter(ida, id, **TERSLEV)
    assert letters_shown(ida.get(f"/en/kontor/besoeg/{id}/svar")) == []
    page = ida.post(f"/en/kontor/besoeg/{id}/svar")
    assert "Done. Nobody gets a letter." in page.text and how_many(app, Letter) == before
    with app.app_context():
        assert db.session.get(Visit, id).status is VisitStatus.REPORTED


def test_a_place_close_by_hears_it_as_well(app, ida):
    here = wish(app, lat=PIN[0], lng=PIN[1])
    with app.app_context():
        db.session.add(
            Place(
                road="Skolevej",
                postcode="4683",
                town="Rønnede",
                municipality="Faxe",
                lat=PIN[0] + 200 * METRES,
                lng=PIN[1],
            )
        )
        db.session.commit()
    near = wish(app, road="Skolevej", postcode="4683", town="Rønnede", email="near@example.dk")
    id = visited(app, here, near)
    enter(ida, id, **{**TERSLEV, "nearby": "y"})
    tell(ida, id)
    assert {x.recipient for x in letters_of(app, "answered")} == {"anna@example.dk", "near@example.dk"}
    assert {seen_now(app, b).status for b in (here, near)} == {BookingStatus.ANSWERED}


def test_findings_wait_until_the_visit_has_begun(app, ida):
    id = planned(app, wish(app))
    page = ida.get(f"/en/kontor/besoeg/{id}/resultat")
    assert "when the visit has taken place" in page.text
    ida.post(f"/en/kontor/besoeg/{id}/resultat", TERSLEV)
    with app.app_context():
        assert db.session.get(Visit, id).status is VisitStatus.PLANNED


def test_a_cancelled_visit_has_no_findings(app, ida):
    id = visited(app, wish(app))
    with app.app_context():
        db.session.get(Visit, id).cancel(Officer.by_email(OFFICER), "regn")
        db.session.commit()
    page = ida.post(f"/en/kontor/besoeg/{id}/resultat", TERSLEV)
    assert page.status == 409
    with app.app_context():
        assert db.session.get(Visit, id).draft is None


def test_findings_with_a_mistake_come_again_as_typed(app, ida):
    id = visited(app, wish(app))
    page = enter(
        ida,
        id,
        **{
            **TERSLEV,
            **INTERNAL,
            "charged": "95",
            "periods-1-day": "i går",
            "other-0-kind": "drink",
            "msg-da": "Tak <b>alle</b>",
        },
    )
    assert page.status == 422 and page.errors
    form = as_sent(page, "performed")
    assert (
        form["charged"] == ["95"]
        and form["periods-1-day"] == ["i går"]
        and form["other-0-kind"] == ["drink"]
        and form["msg-da"] == ["Tak <b>alle</b>"]
    )
    assert form["note"] == [INTERNAL["note"]] and form["next"] == ["closed"]


def test_two_controls_of_one_place_are_both_told(app, ida, citizen):
    booking = wish(app)
    first, second = visited(app, booking, crew="A"), visited(app, booking, crew="B")
    enter(ida, first, **TERSLEV)
    tell(ida, first)
    enter(ida, second, **{**TERSLEV, "passed": "539", "charged": "4", "fine": "4"})
    tell(ida, second)
    text = citizen.get(link(booking)).text
    assert "94 vehicles" in text, "what was sent first stands"
    with app.app_context():
        heard = Booking.by_reference(booking.reference).letters
        assert ("539" in text) is any("539" in x.text for x in heard), (
            "the page shows what the letters say, no more and no less"
        )
