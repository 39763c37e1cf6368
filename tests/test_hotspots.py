"""Places instead of mails: which come first and why, which are one, and controls that are made again."""

import re
from datetime import timedelta

import pytest
import time_machine
from conftest import OFFICER, logged_in
from helpers import PIN, as_sent, wish
from helpers_cases import accept, change, link, place_of, planned, reported, seen_now

from catalogue import SERVICES
from models import (
    Booking,
    BookingStatus,
    Event,
    EventKind,
    Letter,
    Officer,
    Place,
    Visit,
    VisitStatus,
    db,
    local,
    now,
    today,
)
from reporting import at_place, hotspots

pytestmark = pytest.mark.postgres

SCHOOL = {"problem": "school", "text": "x", "days": ["weekdays"], "times": ["06-09"], "special": ["accident"]}
FOUND = {"performed": "yes", "method": "atk", "place": "Nyvej", "limit": "50", "passed": 100, "charged": 3,
         "periods": [], "prelim": True, "suit": "suitable", "next": ["closed"]}
NIGHT = {"problem": "speeding", "text": "x", "days": ["saturday"], "times": ["23-06"]}


def spots(app) -> list[tuple[str, int, int]]:
    with app.app_context(), app.test_request_context("/en/"):
        return [(spot.place.road, spot.asking, spot.score) for spot in hotspots()]


# Which place comes first.


def test_wishes_are_grouped_by_place_and_the_most_pressing_comes_first(app, ida):
    wish(app, road="Stillevej")
    for _ in range(3):
        wish(app, road="Skolevej", answers=SCHOOL)
    wish(app, road="Torvet", answers=NIGHT)
    assert [(road, asking) for road, asking, _ in spots(app)] == [("Skolevej", 3), ("Stillevej", 1), ("Torvet", 1)]
    page = ida.get("/en/kontor/steder")
    assert re.search(r"Skolevej.*3 ask \+9, accidents named \+6, school road \+6.*Stillevej.*1 asks \+3", page.text)
    assert "Monday–Friday 06–09" in page.text


@pytest.mark.parametrize("weeks, said", [(1, "den første har ventet i 1 uge"), (3, "den første har ventet i 3 uger")])
def test_a_place_says_how_long_its_first_wish_has_waited(app, weeks, said):
    """Not that it was the first for so long, which would mean that nobody had asked before."""
    booking = wish(app, road="Skolevej")
    change(app, booking, lambda it, _: setattr(it, "received_at", now() - timedelta(weeks=weeks, days=1)))
    ida = logged_in(app)
    assert said in ida.get("/kontor/steder").text
    assert "den første har ventet siden den" in ida.get(f"/kontor/sted/{place_of(app, booking)}").text


@pytest.mark.parametrize("verb, left", [
    (lambda b, o: b.decline(o, "resources", "", ""), []), (lambda b, o: b.withdraw(), []),
    (lambda b, o: b.accept(o, ""), [("Bygaden", 1)])])
def test_only_what_is_open_asks(app, verb, left):
    booking = wish(app)
    change(app, booking, verb)
    assert [(road, asking) for road, asking, _ in spots(app)] == left


def test_a_wish_grows_with_its_age_and_a_place_just_measured_waits(app):
    old, new = wish(app, road="Gammelvej"), wish(app, road="Nyvej")
    with app.app_context():
        Booking.by_reference(old.reference).received_at = now() - timedelta(weeks=5)
        db.session.commit()
    assert dict((road, score) for road, _, score in spots(app)) == {"Gammelvej": 3 + 5 + 2, "Nyvej": 3 + 2}
    reported(app, new, findings=FOUND)
    wish(app, road="Nyvej")
    assert ("Nyvej", 1, 3 - 6) in spots(app), "measured this week, with an ordinary result"


@pytest.mark.parametrize("charged, points", [(0, -6), (3, 0), (5, 6)])
def test_what_was_found_counts(app, charged, points):
    first = wish(app, road="Nyvej")
    reported(app, first, findings=FOUND | {"charged": charged})
    wish(app, road="Nyvej")
    with app.app_context():
        visit = db.session.query(Visit).one()
        visit.starts_at, visit.ends_at = now() - timedelta(weeks=13), now() - timedelta(weeks=13)
        db.session.commit()
    assert spots(app) == [("Nyvej", 1, 3 + points)]


def test_a_place_without_room_to_stand_goes_down_and_the_officer_sees_why(app, ida):
    booking = wish(app)
    page = ida.post(f"/en/kontor/sted/{place_of(app, booking)}", {
        "suits": "unsuitable", "suitability": "Grøft i begge sider.", "from_to": "ved broen"})
    assert "no safe place to stand −12" in page.text and "Notes on the place changed" in page.text
    assert spots(app)[0][2] == 3 + 2 - 12


def test_the_hours_that_wishes_name_stand_beside_those_that_were_measured(app, ida):
    for answers in (SCHOOL, SCHOOL, NIGHT):
        booking = wish(app, answers=answers)
    id = place_of(app, booking)
    with app.app_context():
        (spot,) = at_place(db.session.get(Place, id))
        assert spot.hours[0, 6] == spot.hours[4, 8] == 2 and spot.hours[5, 23] == spot.hours[5, 5] == 1
        assert not spot.hours[6, 6] and sum(spot.hours.values()) == 2 * 15 + 7
        assert spot.busiest == [([0, 1, 2, 3, 4], 6, 9)]
    visit = reported(app, booking, findings=FOUND)
    with app.app_context():
        starts = local(db.session.get(Visit, visit).starts_at)
        (spot,) = at_place(db.session.get(Place, id))
        assert (starts.weekday(), starts.hour) in spot.measured and len(spot.measured) in (2, 3)
    assert "control made" in ida.get(f"/en/kontor/sted/{place_of(app, booking)}").text


def test_services_with_an_agreed_date_make_no_hotspot(app):
    wish(app, service="meeting", answers={"kind": "public"})
    assert spots(app) == []


def test_all_places_can_be_searched(app, ida):
    wish(app, road="Østre Åvej")
    with app.app_context():
        db.session.query(Place).one().town = "Øster Ålum"
        db.session.commit()
    for words in ("øst+4690", "ålum+åvej", "ÅLUM"):
        assert "Østre Åvej" in ida.get(f"/en/kontor/steder?q={words}").text
    for words in ("100%25", "🙂", "%25"):
        assert "No place fits" in ida.get(f"/en/kontor/steder?q={words}").text


# Which places are one.


def test_places_are_merged_with_everything_that_hangs_on_them(app, ida):
    kept, gone = wish(app, road="Bygaden"), wish(app, road="Bygade 4", lat=PIN[0], lng=PIN[1])
    visit = planned(app, gone)
    into, old = place_of(app, kept), place_of(app, gone)
    ida.post(f"/en/kontor/sted/{old}", {"suitability": "Hold ved kirken."})
    page = ida.post(f"/en/kontor/sted/{old}/saml", {"road": "bygaden", "postcode": "4690"})
    assert "Now one place: Bygaden" in page.text and "Hold ved kirken." in page.html
    with app.app_context():
        place = db.session.get(Place, into)
        assert {b.reference for b in place.bookings} == {kept.reference, gone.reference}
        assert db.session.get(Visit, visit).place is place and place.lat == PIN[0]
        assert [e.kind for e in place.events] == [EventKind.MERGED]
        assert Booking.by_reference(gone.reference).events[-1].kind is EventKind.MOVED
    assert ida.get(f"/en/kontor/sted/{old}").response.request.path == f"/en/kontor/sted/{into}"
    assert place_of(app, wish(app, road="Bygade 4")) == into, "wishes yet to come go there, too"


def test_a_place_is_not_merged_with_itself_or_with_nothing(app, ida):
    id = place_of(app, wish(app))
    for road in ("Bygaden", "Findes ikke"):
        page = ida.post(f"/en/kontor/sted/{id}/saml", {"road": road, "postcode": "4690"})
        assert page.status == 422 and "No place of this road" in page.text and road in page.html
    ida.post(f"/en/kontor/sted/{id}/saml/{id}")
    with app.app_context():
        assert db.session.get(Place, id).merged_into is None


def test_of_a_road_with_several_parts_none_is_taken_by_chance(app, ida):
    north, south, id = wish(app), wish(app), place_of(app, wish(app, road="Bygade"))
    parted = place_of(app, north)
    ida.post(f"/en/kontor/sted/{parted}/del", {"stretch": "syd for byen", "asked": [south.reference]})
    page = ida.post(f"/en/kontor/sted/{id}/saml", {"road": "Bygaden", "postcode": "4690"})
    assert page.status == 422 and "several parts" in page.text and "syd for byen" in page.text
    with app.app_context():
        assert db.session.get(Place, id).merged_into is None
    ida.post(f"/en/kontor/sted/{place_of(app, south)}/saml", {"road": "Bygade", "postcode": "4690"})
    assert place_of(app, south) == id, "from the part that is meant"


def test_two_that_are_merged_into_each_other_end_as_one(app, ida):
    first, second = place_of(app, wish(app, road="Avej")), place_of(app, wish(app, road="Bvej"))
    ida.post(f"/en/kontor/sted/{first}/saml/{second}")
    ida.post(f"/en/kontor/sted/{second}/saml/{first}")
    assert ida.get(f"/en/kontor/sted/{first}").response.request.path == f"/en/kontor/sted/{second}"


def test_a_road_can_be_two_stretches_each_with_its_own_wishes(app, ida):
    north, south = wish(app, from_to="nord for byen"), wish(app, from_to="syd for byen")
    id = place_of(app, north)
    assert ida.post(f"/en/kontor/sted/{id}/del", {"stretch": "", "asked": []}).status == 422
    page = ida.post(f"/en/kontor/sted/{id}/del", {"stretch": "Syd for byen", "asked": [south.reference]})
    assert "Two places now" in page.text and place_of(app, south) != place_of(app, north) == id
    assert "before" in seen_now(app, south).events[-1].facts
    assert place_of(app, wish(app)) == id, "a new wish for the road goes to the first, and the officer is offered both"
    page = ida.get(f"/en/kontor/sag/{north.reference}")
    assert "Does it belong to another place?" in page.text
    ida.post(f"/en/kontor/sag/{north.reference}/sted/{place_of(app, south)}")
    assert place_of(app, north) == place_of(app, south)


# Controls that are made again.


def again(ida, visit: int, weeks: int = 12, **changes):
    form = as_sent(ida.get(f"/en/kontor/besoeg/{visit}/igen?uger={weeks}"), "crew")
    return ida.post(f"/en/kontor/besoeg/{visit}/igen", {**form, **changes})


def test_the_next_control_starts_with_the_same_place_time_and_people(app, ida):
    first = wish(app)
    visit = reported(app, first, findings=FOUND)
    newcomer = accept(app, wish(app, name="Bo Holm"))
    form = as_sent(ida.get(f"/en/kontor/besoeg/{visit}/igen?uger=6"), "crew")
    assert form["bookings"] == [first.reference, newcomer.reference] and form["method"] == ["atk"]
    assert "Visit planned" in again(ida, visit).text
    with app.app_context():
        next_one = db.session.query(Visit).order_by(Visit.id.desc()).first()
        assert {b.reference for b in next_one.bookings} == {first.reference, newcomer.reference}
        assert next_one.starts_at > now() and next_one.status is VisitStatus.PLANNED


def test_those_who_asked_hear_of_each_result_with_the_one_before_until_they_do_not_want_to(app, ida, citizen):
    first, other = wish(app), wish(app, email="bo@example.dk")
    visit = reported(app, first, other, findings=FOUND)
    before = citizen.get(link(first)).text
    again(ida, visit)
    assert told_apart_from_time(citizen.get(link(first)).text) == told_apart_from_time(before), "a plan shows nowhere"
    citizen.post(link(other, "ikke-flere"))
    report_again(app)
    with app.app_context():
        letters = db.session.query(Letter).filter_by(kind="followed_up").all()
        assert [letter.recipient for letter in letters] == ["anna@example.dk"]
        assert "2,000 vehicles" in letters[0].text and "100 vehicles measured, 3 drivers" in letters[0].text
        assert Booking.by_reference(first.reference).status is BookingStatus.ANSWERED
        assert Booking.by_reference(other.reference).outcomes[0].id == visit
    assert "2,000 vehicles" in citizen.get(link(first)).text and "2,000" not in citizen.get(link(other)).text


def plan_from_case(ida, booking: Booking, *others: Booking, **changes):
    """The plan that "Plan a visit" on a case leads to, or the one of many cases; saved, with the letters as shown."""
    path = f"/en/kontor/sag/{booking.reference}/besoeg"
    if others:
        path += "?" + "&".join(f"sag={b.reference}" for b in (booking, *others))
    typed = {"day": (today() + timedelta(days=1)).isoformat(), "starts": "20:00", "ends": "21:00", "crew": "ATK", "method": "atk"}
    page = ida.post(path, as_sent(ida.get(path), "starts") | typed | changes)
    return ida.post(path, as_sent(page, "starts") | {"send": "1"})


@pytest.mark.parametrize("many", [False, True])
def test_who_was_promised_the_next_result_is_in_every_plan_for_the_place(app, ida, many):
    first = wish(app)
    reported(app, first, findings=FOUND)
    others = [wish(app, name=name, email=f"{name}@example.dk") for name in ("bo", "cy")]
    page = ida.get(f"/en/kontor/sag/{others[0].reference}/besoeg")
    assert as_sent(page, "starts")["bookings"] == [others[0].reference, first.reference]
    assert "answered before, hears of this visit, too" in page.text
    plan_from_case(ida, *others[:2 if many else 1])
    report_again(app)
    assert told_of(app, first)[-1] == "followed_up" and told_of(app, others[0])[-1] == "answered"
    assert (told_of(app, others[1])[-1:] == ["answered"]) is many


@pytest.mark.parametrize("page", ["besoeg", "igen", "flyt"])
def test_a_plan_is_made_beside_the_hours_that_are_named_and_the_last_result(app, ida, page):
    before = reported(app, wish(app, road="Nyvej", answers={"problem": "speeding", "worst": ["morning"]}), findings=FOUND)
    for worst in (["morning", "weekend"], ["morning"], []):
        last = wish(app, road="Nyvej", answers={"problem": "speeding", "worst": worst})
    path = {"besoeg": f"/en/kontor/sag/{last.reference}/besoeg", "igen": f"/en/kontor/besoeg/{before}/igen"}.get(page)
    shown = ida.get(path or f"/en/kontor/besoeg/{planned(app, last)}/flyt").text
    assert "When is it worst? Weekdays 6–9: 3, Saturday and Sunday: 1." in shown, "whom it can answer or tell"
    assert re.search(r"Last result \d+ \w+ 20\d\d: 100 vehicles measured, 3 drivers charged", shown)


def test_a_plan_where_nobody_has_named_an_hour_or_found_anything_says_nothing_of_it(app, ida):
    booking = wish(app, answers={"problem": "speeding"})
    page = ida.get(f"/en/kontor/sag/{booking.reference}/besoeg").html
    assert "side-first" not in page


def test_who_is_left_out_of_one_plan_is_in_the_next(app, ida, citizen):
    first, other, stranger = wish(app), wish(app, email="bo@example.dk"), wish(app, road="Torvet")
    reported(app, first, other, stranger, findings=FOUND)
    citizen.post(link(other, "ikke-flere"))
    for day, chosen in ((2, []), (3, [first.reference])):
        asks = wish(app, email=f"cy{day}@example.dk")
        changes = {} if chosen else {"bookings": [asks.reference]}
        plan_from_case(ida, asks, day=(today() + timedelta(days=day)).isoformat(), **changes)
        with app.app_context():
            planned_for = [b.reference for b in db.session.query(Visit).order_by(Visit.id.desc()).first().bookings]
        assert set(planned_for) - {stranger.reference} == {*chosen, asks.reference}
    assert seen_now(app, first).follows


def told_apart_from_time(text: str) -> str:
    return re.sub(r"\d\d:\d\d", "", text)


def report_again(app, **found) -> None:
    with app.app_context():
        ida, visit = Officer.by_email(OFFICER), db.session.query(Visit).order_by(Visit.id.desc()).first()
        visit.starts_at, visit.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)
        visit.enter_findings(ida, FOUND | {"passed": 2000, "charged": 1} | found)
        visit.report(ida)
        db.session.commit()


def test_before_and_after_stand_on_the_place(app, ida):
    first = wish(app)
    again(ida, reported(app, first, findings=FOUND))
    with app.app_context():
        before = db.session.query(Visit).first()
        before.starts_at, before.ends_at = now() - timedelta(days=80), now() - timedelta(days=80)
        db.session.commit()
    report_again(app, charged=4)
    text = ida.get(f"/en/kontor/sted/{place_of(app, first)}").text
    assert "Before and after: 3.0% charged at the first control of the year, 0.2% at the last." in text.replace(
        "\N{NO-BREAK SPACE}", " ")


def test_who_asked_for_it_to_be_taken_up_again_hears_of_the_repeat_and_it_is_not_their_answer(app, ida):
    first = wish(app)
    again(ida, reported(app, first, findings=FOUND))
    change(app, first, lambda b, o: b.reopen("Det er stadig slemt."))
    report_again(app)
    assert seen_now(app, first).status is BookingStatus.RECEIVED and told_of(app, first)[-1] == "followed_up"
    said = seen_now(app, first).letters[-1].text
    assert "take up your case again" in said and "say so on your own page" not in said
    with app.app_context():
        assert len(Booking.by_reference(first.reference).outcomes) == 2, "the case still shows both"


def test_who_wanted_no_more_results_gets_none_also_when_the_case_is_taken_up_again(app, ida, citizen):
    first = wish(app)
    again(ida, reported(app, first, findings=FOUND))
    citizen.post(link(first, "ikke-flere"))
    change(app, first, lambda b, o: b.reopen("Det er stadig slemt."))
    report_again(app)
    assert "followed_up" not in told_of(app, first)


def test_a_repeat_that_could_not_be_carried_out_writes_to_nobody_who_was_answered(app, ida):
    first = wish(app)
    again(ida, reported(app, first, findings=FOUND))
    with app.app_context():
        before, ida_too = db.session.query(Letter).count(), Officer.by_email(OFFICER)
        visit = db.session.query(Visit).order_by(Visit.id.desc()).first()
        visit.starts_at, visit.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)
        visit.enter_findings(ida_too, {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["repeat"]})
        visit.report(ida_too)
        db.session.commit()
        assert db.session.query(Letter).count() == before
        assert not db.session.query(Event).filter_by(kind=EventKind.FOLLOWED_UP).count()


NOT_DONE = {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["repeat"]}


def correct(app, **found) -> None:
    with app.app_context():
        visit = db.session.query(Visit).order_by(Visit.id.desc()).first()
        visit.enter_findings(Officer.by_email(OFFICER), FOUND | found)
        visit.report(Officer.by_email(OFFICER))
        db.session.commit()


def told_of(app, booking: Booking) -> list[EventKind]:
    return [letter.kind for letter in seen_now(app, booking).letters]


def test_who_was_told_nothing_of_a_failed_repeat_hears_its_result_when_it_is_corrected(app, ida, citizen):
    first = wish(app)
    again(ida, reported(app, first, findings=FOUND))
    with app.app_context():
        visit, ida_too = db.session.query(Visit).order_by(Visit.id.desc()).first(), Officer.by_email(OFFICER)
        visit.starts_at, visit.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)
        visit.enter_findings(ida_too, NOT_DONE)
        visit.report(ida_too)
        db.session.commit()
    assert "could not be carried out" not in citizen.get(link(first)).text, "nor does the own page say it"
    correct(app, passed=700)
    assert told_of(app, first)[-1] == "followed_up"
    correct(app, passed=701)
    assert told_of(app, first)[-1] == "corrected"


def test_a_correction_of_what_a_case_heard_before_it_was_taken_up_again_is_not_its_answer(app, ida):
    first = wish(app)
    again(ida, reported(app, first, findings=FOUND))
    report_again(app)
    change(app, first, lambda b, o: b.reopen("Det er stadig slemt."))
    accept(app, first)
    correct(app, passed=700)
    assert seen_now(app, first).status is BookingStatus.ACCEPTED and told_of(app, first)[-1] == "corrected"


def test_a_control_before_the_no_is_the_answer_of_a_wish_that_is_taken_up_again(app):
    first = wish(app)
    with_findings(app, planned(app, first, start=now() - timedelta(hours=3)))
    change(app, first, lambda b, o: b.decline(o, "resources", "", ""))
    change(app, first, lambda b, o: b.reopen("I har jo målt."))
    tell(app)
    assert seen_now(app, first).status is BookingStatus.ANSWERED
    assert told_of(app, first)[-1] == "answered" and "since" not in seen_now(app, first).letters[-1].text


def test_a_control_that_could_not_be_carried_out_leaves_such_a_wish_standing(app):
    first = wish(app)
    with_findings(app, planned(app, first, start=now() - timedelta(hours=3)), NOT_DONE)
    change(app, first, lambda b, o: b.refer(o, "municipality", ""))
    change(app, first, lambda b, o: b.reopen("I har jo målt."))
    tell(app)
    assert seen_now(app, first).status is BookingStatus.RECEIVED and told_of(app, first)[-1] == "postponed"


def test_who_was_never_told_of_a_failed_repeat_gets_no_correction_of_it(app, ida, citizen):
    no_more, declined, accepted = (wish(app, email=f"{name}@example.dk") for name in ("anna", "bo", "cy"))
    again(ida, reported(app, no_more, declined, accepted, findings=FOUND))
    with_findings(app, newest_visit(app), NOT_DONE)
    tell(app)
    citizen.post(link(no_more, "ikke-flere"))
    for booking in (declined, accepted):
        change(app, booking, lambda b, o: b.reopen("Det er stadig slemt."))
    change(app, declined, lambda b, o: b.decline(o, "resources", "", ""))
    accept(app, accepted)
    correct(app, passed=700)
    assert [told_of(app, b)[-1] for b in (no_more, declined, accepted)] == ["answered", "declined", "answered"]


def test_two_controls_that_are_told_in_another_order_are_told_as_they_were_made(app):
    first = wish(app)
    reported(app, first, findings=FOUND)
    days = {"passed": 111, "charged": 1}, {"passed": 222, "charged": 2}
    visits = [planned(app, first, start=now() + timedelta(days=day), crew=f"ATK {day}") for day in (1, 40)]
    with time_machine.travel(now() + timedelta(days=41)):
        for visit, found in reversed([*zip(visits, days, strict=True)]):
            with_findings(app, visit, FOUND | found)
            tell(app, visit)
    later, earlier = seen_now(app, first).letters[-2:]
    assert "222 vehicles" in later.text and "100 vehicles measured, 3 drivers" in later.text
    assert "111 vehicles" in earlier.text and "222" not in earlier.text and "100 vehicles measured" in earlier.text


def test_a_control_before_the_first_answer_is_not_said_to_be_again(app):
    first = wish(app)
    visits = [planned(app, first, start=now() - timedelta(days=day), crew=f"ATK {day}") for day in (2, 1)]
    for visit in reversed(visits):
        with_findings(app, visit)
        tell(app, visit)
    letter = seen_now(app, first).letters[-1]
    assert letter.kind == "followed_up" and "again since" not in letter.text and "there again" not in letter.subject
    assert "We have been there before that, too." in letter.text and "The time before" not in letter.text


def newest_visit(app) -> int:
    with app.app_context():
        return db.session.query(Visit.id).order_by(Visit.id.desc()).first().id


def with_findings(app, visit: int, findings: dict = FOUND) -> None:
    """What was found is entered, and not sent; the visit has begun at the latest a moment ago."""
    with app.app_context():
        it = db.session.get(Visit, visit)
        it.starts_at = min(it.starts_at, now() - timedelta(hours=3))
        it.enter_findings(Officer.by_email(OFFICER), findings)
        db.session.commit()


def tell(app, visit: int | None = None) -> None:
    number = visit or newest_visit(app)
    with app.app_context():
        db.session.get(Visit, number).report(Officer.by_email(OFFICER))
        db.session.commit()


@pytest.mark.parametrize("end", [lambda b, o: b.withdraw(), lambda b, o: b.decline(o, "resources", "", "")])
def test_who_heard_of_further_visits_and_ended_the_case_is_on_no_sheet(app, ida, end):
    first = wish(app)
    reported(app, first, findings=FOUND)
    visit = planned(app, first, start=now() + timedelta(days=2), crew="ATK 9")
    change(app, first, lambda b, o: b.reopen("Det er stadig slemt."))
    change(app, first, end)
    assert "Wish 1" not in ida.get(f"/en/kontor/besoeg/{visit}/jobark").text
    route = ida.get(f"/en/kontor/rute?dag={local(now() + timedelta(days=2)).date()}").text
    assert "ATK 9" in route and SERVICES["traffic"].about(first.answers) not in route


def test_what_was_set_aside_gets_no_correction(app, ida):
    first = wish(app)
    reported(app, first, findings=FOUND)
    change(app, first, lambda b, o: b.reopen("Køb billige ure."))
    change(app, first, lambda b, o: b.mark_as_spam(o))
    before = told_of(app, first)
    correct(app, passed=700)
    assert told_of(app, first) == before


def test_a_control_that_is_over_is_no_coming_one(app, ida):
    planned(app, wish(app), start=now() - timedelta(days=2))
    with app.app_context():
        assert [spot.coming for spot in hotspots()] == [None]


# On the road.


def test_the_route_sheet_shows_the_chosen_visits_of_a_day_in_driving_order(app, ida):
    day = (now() + timedelta(days=5)).replace(hour=8, minute=0)
    late = planned(app, wish(app, road="Sidstevej", lat=55.23, lng=11.76), start=day + timedelta(hours=3), crew="Bo")
    planned(app, wish(app, road="Førstevej", lat=55.32, lng=11.96), start=day, crew="Ida")
    path = f"/en/kontor/rute?dag={local(day).date()}"
    text = ida.get(path).text
    assert re.search(r"1\. Førstevej.*2\. Sidstevej.*16 km from the one before", text) and "Anna" not in text
    only = ida.get(f"{path}&besoeg={late}").text
    assert "1. Sidstevej" in only and ". Førstevej" not in only
    planned(app, wish(app, road="Midtvej"), start=day + timedelta(hours=1), crew="Lis")
    text = ida.get(path).text
    assert re.search(r"2\. Midtvej.*3\. Sidstevej", text) and "from the one before" not in text, "no pin, no distance"
    for odd in ("", "?dag=i+morgen", "?dag=0001-01-01", "?dag=2026-02-30&besoeg=x"):
        assert ida.get(f"/en/kontor/rute{odd}").status == 200
