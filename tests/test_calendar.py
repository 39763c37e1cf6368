"""Who sees which dates: officers all of them, everybody the open ones, and calendar programs what both may pass on."""

import itertools
import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from conftest import OFFICER, PASSWORD, Person, logged_in
from flask_babel import force_locale
from icalendar import Calendar

from mail import ics, letters
from models import (
    COPENHAGEN,
    Booking,
    Clash,
    NotAllowed,
    Officer,
    OpeningHours,
    Place,
    Reservation,
    Visit,
    db,
    free_times,
    is_within_hours,
    local,
)

NOW = datetime(2026, 10, 12, 10, tzinfo=UTC)
OCTOBER, DECEMBER = "/en/kontor/kalender?maaned=2026-10", "/en/kontor/kalender?maaned=2026-12"
SETTINGS = "/en/kontor/kalender/indstillinger"
ABSENCE, HOURS = "/en/kontor/kalender/indstillinger/fravaer", "/en/kontor/kalender/indstillinger/aabningstider"
NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(letters, "_write", lambda event: [])  # what letters say of dates is their own tests' affair
    with time_machine.travel(NOW, tick=False):
        yield


def at(day: int, hour: int, minute: int = 0, month: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=COPENHAGEN)


def wish(public: bool = True) -> Booking:
    n = next(NUMBERS)
    where = {"road": f"Kvaksvej {n}", "lat": None, "lng": None}
    return Booking.receive(
        form_token=f"form {n}", place=Place.at(postcode="4690", town="Haslev", municipality="Faxe", **where),
        service="traffic", language="da", name=f"Kvaks Navn {n}", email=f"kvaks{n}@example.dk",
        phone="", address="", capacity="association", org="Kvaksforeningen", reply="email", from_to="Kvaksstykket",
        public=public, answers={"problem": "speeding", "text": "Kvakstekst"}, **where)


def visit(starts: datetime, told: bool = True, public: bool = True, where: str = "Haslev Hallen, 4690 Haslev",
          crew: str = "Ida", hours: int = 2, shown: bool | None = None) -> Visit:
    """A visit as another service would plan it: its date is told, unless it is said otherwise."""
    booking, ida = wish(public), Officer.by_email(OFFICER)
    if not told:
        booking.accept(ida, "")
    made = Visit.plan(
        ida, service="traffic", place=booking.place, starts_at=starts, ends_at=starts + timedelta(hours=hours),
        resource_units={"crew": crew}, bookings=[booking], date_agreed=told, public_place=where,
        public=public if shown is None else shown)
    db.session.flush()
    return made


@contextmanager
def kept(app):
    """Within the application, between two requests: what is done is kept."""
    with app.test_request_context("/"):
        yield Officer.by_email(OFFICER)
        db.session.commit()


@pytest.fixture
def inside(app):
    """Within the application, for what needs no request."""
    with app.test_request_context("/"):
        yield db.session


def events(text: str) -> list:
    return list(Calendar.from_ical(text).walk("VEVENT"))


def only(text: str):
    (event,) = events(text)
    return event


# An entry of a letter.

def entry(visit: Visit, language: str) -> str:
    """As a letter in that language carries it."""
    with force_locale(language):
        return ics.entry(visit)


def test_a_letters_entry_says_what_where_and_when_and_whom_to_call(inside):
    made = visit(at(20, 17))
    calendar = Calendar.from_ical(entry(made, "en"))
    event = only(calendar.to_ical())
    assert calendar["method"] == "PUBLISH" and event["status"] == "CONFIRMED" and event["sequence"] == 0
    assert event["dtstart"].params["tzid"] == event["dtend"].params["tzid"] == "Europe/Copenhagen"
    assert event.start == at(20, 17) and event.end == at(20, 19) and event["dtstamp"].dt == NOW
    assert event["location"] == "Haslev Hallen, 4690 Haslev" and "114" in event["description"]
    assert event["organizer"].startswith("mailto:") and "last-modified" in event and "attendee" not in event
    assert event["summary"] == "Traffic control, South Sealand and Lolland-Falster Police"


def test_it_speaks_the_readers_language(inside):
    made = visit(at(20, 17))
    danish, english = (only(entry(made, language)) for language in ("da", "en"))
    assert danish["summary"] != english["summary"] and danish["uid"] == english["uid"]


def test_moving_and_calling_off_change_the_same_entry(inside):
    made, ida = visit(at(20, 17)), Officer.by_email(OFFICER)
    first = only(entry(made, "da"))
    made.reschedule(ida, place=made.place, starts_at=at(21, 18), ends_at=at(21, 20), resource_units={"crew": "Ida"},
                    public_place=made.public_place)
    moved = only(entry(made, "da"))
    made.reschedule(ida, place=made.place, starts_at=at(21, 18), ends_at=at(21, 20), resource_units={"crew": "Bo"},
                    public_place=made.public_place)
    same = only(entry(made, "da"))
    made.cancel(ida, "urgent", "")
    text = entry(made, "en")
    off = only(text)
    assert first["uid"] == moved["uid"] == same["uid"] == off["uid"]
    assert [e["sequence"] for e in (first, moved, same, off)] == [0, 1, 1, 2], "who comes is no change to the citizen"
    assert moved.start == at(21, 18)
    assert Calendar.from_ical(text)["method"] == "CANCEL" and off["status"] == "CANCELLED"
    assert off["summary"].startswith("Cancelled: ")


@pytest.mark.parametrize("starts", [at(25, 1), at(25, 17), at(24, 23), at(28, 1, month=3, year=2027),
                                    at(28, 17, month=3, year=2027), at(27, 23, month=3, year=2027)], ids=str)
def test_around_the_change_of_the_clocks_the_hour_is_the_one_on_the_wall(inside, starts):
    event = only(entry(visit(starts, hours=6), "da"))
    assert f"{starts:%Y%m%dT%H%M%S}" in event["dtstart"].to_ical().decode()
    assert event.end == starts + timedelta(hours=6)
    assert f"{starts + timedelta(hours=6):%Y%m%dT%H%M%S}" in event["dtend"].to_ical().decode()


@pytest.mark.parametrize("moment, offset", [
    (datetime(2026, 10, 25, 0, 30), 2), (datetime(2026, 10, 25, 4), 1), (datetime(2027, 3, 28, 1, 30), 1),
    (datetime(2027, 3, 28, 3, 30), 2), (datetime(2026, 7, 1), 2), (datetime(2040, 1, 1), 1)])
def test_the_rule_for_the_clocks_that_we_send_is_denmarks(inside, moment, offset):
    (rules,) = Calendar.from_ical(entry(visit(at(20, 17)), "da")).walk("VTIMEZONE")
    assert moment.replace(tzinfo=rules.to_tz(lookup_tzid=False)).utcoffset() == timedelta(hours=offset)
    assert moment.replace(tzinfo=COPENHAGEN).utcoffset() == timedelta(hours=offset)


def test_nothing_that_a_citizen_typed_is_in_an_entry(inside):
    made = visit(at(20, 17))
    for text in (entry(made, "da"), ics.public_feed(),
                 ics.officer_feed(Officer.by_email(OFFICER))):
        assert events(text) and "kvaks" not in text.casefold()
        assert made.bookings[0].secret not in text
    assert made.bookings[0].reference not in entry(made, "da") + ics.public_feed()


def test_there_is_no_entry_of_what_nobody_may_know(inside):
    with pytest.raises(NotAllowed):
        entry(visit(at(20, 17), told=False), "da")


def test_what_an_officer_writes_breaks_no_line(inside):
    where = 'Huset; "Sal A", 4690 Haslev\\n' + "ø" * 120
    assert only(entry(visit(at(20, 17), where=where), "da"))["location"] == where


# The public calendar.

def told_publicly(app) -> str:
    """Everything that a stranger can read of dates, in both languages."""
    client = app.test_client()
    return "\n".join(client.get(f"{language}/kalender{end}").get_data(as_text=True)
                     for language in ("", "/en") for end in ("", ".ics"))


def test_the_public_calendar_shows_what_was_agreed_to_be_shown(app, stranger):
    with kept(app):
        visit(at(20, 17))
        visit(at(20, 20), where="Torvet, 4700 Næstved", crew="Bo")
    page = stranger.get("/en/kalender")
    assert "Tuesday 20 October 2026" in page.text and page.text.count("20 October") == 1
    assert "17:00–19:00" in page.text and "Haslev Hallen" in page.text and "Torvet, 4700 Næstved" in page.text
    assert "Ida" not in page.text and "kvaks" not in page.html.casefold()
    assert len(events(stranger.get("/en/kalender.ics").html)) == 2
    assert 'href="/en/kalender.ics"' in page.html and 'href="/kalender"' in stranger.get("/").html


@pytest.mark.parametrize("kind", [
    {"told": False}, {"told": False, "shown": True}, {"public": False}, {"public": False, "shown": True}], ids=str)
def test_what_is_not_told_or_not_agreed_is_nowhere(app, kind):
    with kept(app) as ida:
        assert not visit(at(23, 3, 17), where="Lurestien, 4690 Haslev", **kind).public
        visit(at(24, 3, 17), where="Lurestien, 4690 Haslev", **kind).cancel(ida, "urgent", "")
    said = told_publicly(app)
    assert "Lurestien" not in said and "3:17" not in said and "0317" not in said and "BEGIN:VEVENT" not in said


def test_even_if_the_public_mark_were_set_by_mistake_an_untold_visit_stays_hidden(app):
    with kept(app) as ida:
        visit(at(23, 3, 17), told=False, where="Lurestien").public = True
        assert "BEGIN:VEVENT" not in ics.officer_feed(ida)
    assert "Lurestien" not in (said := told_publicly(app)) and "BEGIN:VEVENT" not in said


def test_one_that_is_called_off_is_shown_as_such(app, stranger):
    with kept(app) as ida:
        visit(at(20, 17)).cancel(ida, "urgent", "")
    page = stranger.get("/en/kalender")
    assert "<s>" in page.html and "Cancelled" in page.text
    event = only(stranger.get("/en/kalender.ics").html)
    assert event["status"] == "CANCELLED" and event["sequence"] == 1


def test_what_is_over_leaves_the_page_and_a_month_later_the_feed(app, stranger):
    with kept(app):
        visit(at(20, 17))
    with time_machine.travel(at(20, 20), tick=False):
        assert "Nothing is in the calendar" in stranger.get("/en/kalender").text
        assert events(stranger.get("/kalender.ics").html)
    with time_machine.travel(at(20, 20, month=11), tick=False):
        assert not events(stranger.get("/kalender.ics").html)


def test_a_feed_says_its_name_what_it_is_and_how_often_to_ask(stranger):
    answer = stranger.client.get("/en/kalender.ics")
    assert answer.content_type == "text/calendar; charset=utf-8" and "Set-Cookie" not in answer.headers
    calendar = Calendar.from_ical(answer.data)
    assert calendar["x-wr-calname"] == calendar["name"] == "Meet the police"
    assert calendar["refresh-interval"].dt == timedelta(hours=2) and calendar["version"] == "2.0"
    assert "method" not in calendar and b"\r\n" in answer.data
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75


# The officer's calendar.

def test_the_office_sees_every_visit_in_the_month_and_in_the_list(app, officer):
    with kept(app) as ida:
        visit(at(14, 17))
        visit(at(16, 22, 30), told=False, hours=4, crew="Bo")
        visit(at(20, 9), crew="Bo").cancel(ida, "urgent", "")
    page = officer.get(OCTOBER)
    month, days = re.search(r'<table class="month".*?</table>', page.html, re.S)[
        0], page.html.split('class="agenda"')[1]
    for part in (month, days):
        assert "17:00–19:00" in part and "Haslev Hallen" in part and "<s>" in part and "Cancelled" in part
        assert "22:30–17 October 2026 at 02:30" in part
    assert "Friday 16 October 2026" in days and "in the public calendar" in days and "1 booking" in days
    assert month.count('aria-current="date"') == 1 and re.search(r'aria-current="date">\s*<p><time [^>]*>12<', month)
    rows = re.findall(r'<th scope="row">(\d+)</th>\s*<td', month)
    assert rows == ["40", "41", "42", "43", "44"] and month.index("Monday") < month.index("Sunday")


def test_public_holidays_are_named_in_ones_language(officer):
    assert officer.get(DECEMBER).text.count("Christmas Day") == 2
    assert "Juledag" in officer.get(DECEMBER.removeprefix("/en")).text


def test_one_pages_from_month_to_month_and_to_what_is_long_past(app):
    with kept(app):
        visit(at(14, 17))
    with time_machine.travel(at(20, 12, month=2, year=2027), tick=False):
        officer, steps = logged_in(app), ["/en/kontor/kalender"]
        while "Haslev Hallen" not in officer.get(steps[-1]).text:
            steps.append(re.search(r'href="([^"]+)" rel="prev"', officer.get(steps[-1]).html)[1])
        assert len(steps) == 5 and steps[-1] == OCTOBER
        assert 'maaned=2026-11" rel="next"' in officer.get(OCTOBER).html


@pytest.mark.parametrize("junk", ["", "2026-13", "2026-00", "x", "2026-1", "0001-01", "9999-12", "2026-10-01", "%00",
                                  "²⁰²⁶-10", "2026-10%0a", "-1", "1" * 500])
def test_an_unreadable_month_is_this_one(officer, junk):
    assert "October 2026" in officer.get(f"/en/kontor/kalender?maaned={junk}").text


@pytest.mark.parametrize("month", ["2000-01", "2099-12", "2027-02", "2028-02", "2027-03"])
def test_any_month_of_the_century_opens(officer, month):
    assert f'datetime="{month}-28"' in officer.get(f"/kontor/kalender?maaned={month}").html


# Absences and hours.

def enter(officer: Person, **changes):
    return officer.post(ABSENCE, {"unit": "Ida", "first": "2026-10-20", "last": "2026-10-21", "starts": "", "ends": "",
                                  "words": "Kursus", **changes})


def absences(app) -> list[tuple[str, datetime, datetime]]:
    with app.app_context():
        return [(a.unit, local(a.starts_at), local(a.ends_at)) for a in Reservation.absences(NOW - timedelta(days=99))]


def test_an_absence_is_shown_and_keeps_its_unit_away(app, officer):
    assert "Saved." in enter(officer).text
    assert absences(app) == [("Ida", at(20, 0), at(22, 0))], "whole days, the last included"
    page = officer.get(OCTOBER).text
    assert page.count("Ida: Kursus") == 4, "on two days, in the table and in the list"
    assert "20 October 2026 – 21 October 2026" in officer.get(SETTINGS).text
    with kept(app):
        assert visit(at(22, 17)) and visit(at(21, 17), crew="Bo")
        with pytest.raises(Clash):
            visit(at(21, 17))
        db.session.rollback()


def test_visits_in_the_way_are_named_so_that_they_can_be_moved(app, officer):
    with kept(app):
        within, after, other = visit(at(21, 17)).id, visit(at(23, 17)).id, visit(at(21, 17), crew="Bo").id
    page = enter(officer)
    assert "There are visits or proposed dates at that time" in page.text
    assert f"/besoeg/{within}\"" in page.html
    assert f"/besoeg/{other}\"" not in page.html and f"/besoeg/{after}\"" not in page.html
    page = enter(officer, unit="")
    assert "Everybody" in page.text and f"/besoeg/{other}\"" in page.html and f"/besoeg/{after}\"" not in page.html


def test_several_units_and_part_of_a_day(app, officer):
    enter(officer, unit="Bo, Vogn 1", last="2026-10-20", starts="8.00", ends="15:00")
    assert absences(app) == [(unit, at(20, 8), at(20, 15)) for unit in ("Bo", "Vogn 1")]
    assert "20 October 2026 at 08:00 – 15:00" in officer.get(SETTINGS).text


@pytest.mark.parametrize("wrong, said", [
    ({"last": "2026-10-19"}, "before it starts"), ({"last": "2026-10-20", "starts": "15:00", "ends": "8:00"}, "before"),
    ({"first": "2026-10-01", "last": "2026-10-02"}, "This day is over"), ({"first": ""}, "Write a date"),
    ({"first": "x"}, "Write a date"), ({"starts": "25:99"}, "Write a time"), ({"words": "x" * 201}, "at most 200"),
    ({"last": ""}, "Write a date"), ({"unit": "-"}, "Write initials"), ({"unit": "Bo, ?"}, "Write initials")], ids=str)
def test_a_wrong_absence_is_refused_beside_its_field_and_kept_on_the_page(app, officer, wrong, said):
    page = enter(officer, **{"words": "Ferie på Møn", **wrong})
    assert page.status == 422 and len(page.errors) == 1 and said in page.errors[0]
    assert "words" in wrong or "Ferie på Møn" in page.html
    assert not absences(app)


def test_an_absence_can_be_removed_but_nothing_that_a_visit_takes(app, officer):
    enter(officer)
    with kept(app):
        taken, absence = visit(at(25, 17)).reservations[0].id, Reservation.absences(NOW)[0].id
    assert "Removed." in officer.post(f"{ABSENCE}/{absence}/fjern").text
    assert not absences(app) and "Kursus" not in officer.get(OCTOBER).text
    assert officer.post(f"{ABSENCE}/{taken}/fjern", follow=False).status == 409
    assert officer.post(f"{ABSENCE}/999/fjern", follow=False).status == 404
    with app.app_context():
        assert db.session.get(Reservation, taken)


def week(**changes) -> dict[str, str]:
    return {f"{name}{n}": at for n in range(7) for name, at in (("opens", "09:00"), ("closes", "17:00"))} | changes


def test_hours_are_entered_for_each_day_and_dates_keep_to_them(app, officer):
    assert "Saved." in officer.post(HOURS, week(opens5="", closes5="", closes0="20.30")).text
    with app.app_context():
        assert OpeningHours.week()[0] == (time(9), time(20, 30)) and OpeningHours.week()[1] == (time(9), time(17))
        assert is_within_hours(at(19, 18), at(19, 20)) and not is_within_hours(at(20, 18), at(20, 20))
        assert not is_within_hours(at(24, 10), at(24, 11)), "on Saturdays nobody comes"
        found = free_times(["Ida"], at(24, 10), timedelta(hours=1), count=6)
        assert found and date(2026, 10, 24) not in {local(at).date() for at in found}
    page = officer.get(SETTINGS).html
    shown = {id: re.search(rf'<input[^>]* id="{id}"[^>]*>', page)[0] for id in ("closes0", "opens5", "closes5")}
    assert 'value="20:30"' in shown["closes0"] and 'value=""' in shown["opens5"] and 'value=""' in shown["closes5"]


@pytest.mark.parametrize("wrong", [{"closes3": "08:00"}, {"closes3": "09:00"}, {"closes3": ""}, {"opens3": ""}],
                         ids=str)
def test_wrong_hours_are_refused_beside_their_day(app, officer, wrong):
    page = officer.post(HOURS, week(**wrong))
    assert page.status == 422 and len(page.errors) == 1 and "after the first one" in page.errors[0]
    assert 'id="closes3-error"' in page.html and 'href="#closes3"' in page.html
    with app.app_context():
        assert OpeningHours.week() == [(time(8), time(21))] * 7, "the usual ones"


def test_who_reloads_after_an_error_finds_the_page_again(officer):
    for path in (ABSENCE, HOURS):
        assert officer.get(path).response.request.path.endswith("/kontor/kalender/indstillinger")


# The officer's feed.

def address(officer: Person) -> str:
    return re.search(r"<code>http://127\.0\.0\.1:8000(\S+)</code>", officer.get(SETTINGS).html)[1]


def test_an_officers_feed_has_what_was_agreed_without_names_and_without_controls(app, officer, stranger):
    with kept(app):
        reference = visit(at(20, 17), public=False, crew="Ida, Vogn 1").bookings[0].reference
        visit(at(23, 3, 17), told=False)
    assert "<code>" not in officer.get(SETTINGS).html
    officer.post("/en/kontor/kalender/adresse")
    event = only(stranger.get(address(officer)).html)
    assert "Ida, Vogn 1" in event["description"] and f"{reference[:4]} {reference[4:]}" in event["description"]
    assert event["location"] == "Haslev Hallen, 4690 Haslev"
    assert "Controls are not in it" in officer.get(SETTINGS).text


def test_a_renewed_address_is_another_one_and_the_old_one_is_dead(officer, stranger):
    seen = []
    for _ in range(3):
        officer.post("/en/kontor/kalender/adresse")
        seen.append(address(officer))
    assert len(set(seen)) == 3 and all(len(a.rpartition("/")[2]) >= 22 + len(".ics") for a in seen)
    assert [stranger.client.get(a).status_code for a in seen] == [404, 404, 200]


def test_no_other_key_opens_a_feed_and_a_removed_officers_does_not(app, officer, stranger):
    with app.app_context():
        Officer.add("ny@politi.example", "Ny", "en anden lang adgangskode")  # who has never asked for an address
        db.session.commit()
    officer.post("/en/kontor/kalender/adresse")
    good = address(officer)
    wrong = ["/kontor/kalender/.ics", "/kontor/kalender/x.ics", good[:-5] + ".ics", good.swapcase().replace(
        "/KONTOR/KALENDER/", "/kontor/kalender/").replace("/EN", "/en").replace(".ICS", ".ics"),
        "/kontor/kalender/%00.ics", "/kontor/kalender/%ff.ics", f"/kontor/kalender/{'x' * 5000}.ics"]
    for path in wrong:
        assert stranger.client.get(path).status_code == 404, path
    assert stranger.client.get(good).status_code == 200
    for change in (lambda ida: ida.leave(), lambda ida: Officer.add(ida.email, ida.name, PASSWORD)):
        with app.app_context():
            change(Officer.by_email(OFFICER))
            db.session.commit()
        assert stranger.client.get(good).status_code == 404, "nor does that of one who has come back"
