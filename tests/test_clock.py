"""Time that is not as usual: nights of the change, a clock that is set back, and days on which the office is shut."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyotp
import pytest
import time_machine
from conftest import OFFICER, PASSWORD, WISHES, Page, Person, book, logged_in
from helpers import as_sent, case, error_at, how_many, wish
from helpers_cases import accept
from holidays import country_holidays

from district import District
from labels import HOLIDAYS
from mail.outbox import send_due
from models import (
    COPENHAGEN,
    Booking,
    Clash,
    DeliveryStatus,
    Letter,
    Officer,
    OpeningHours,
    Reservation,
    Visit,
    add_working_days,
    db,
    free_times,
    local,
    now,
    public_holiday,
    working_days,
)
from models.working_days import is_closed

SPRING, AUTUMN = "2027-03-28", "2027-10-31"


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel("2027-03-15 10:00Z", tick=False) as clock:
        yield clock


def plan(app, day: str, starts: str, ends: str, **changes) -> Page:
    booking, officer = accept(app, wish(app, road=f"Vej {starts}")), logged_in(app)
    shown = as_sent(officer.get(case(booking, "besoeg")), "crew")
    return officer.post(case(booking, "besoeg"), {
        **shown, "day": day, "starts": starts, "ends": ends, "crew": "ATK 1", "method": "atk", **changes})


# The nights of the change

@pytest.mark.parametrize("day, starts, ends, field", [
    (SPRING, "02:30", "03:30", "starts"), (SPRING, "02:00", "04:00", "starts"), (SPRING, "01:30", "02:30", "ends"),
    ("2027-03-27", "23:00", "02:59", "ends")])
def test_a_time_that_the_clock_leaves_out_is_refused_with_its_words(app, day, starts, ends, field):
    page = plan(app, day, starts, ends)
    assert page.status == 422 and "summer time begins" in error_at(page, field) and how_many(app, Visit) == 0
    assert as_sent(page, "crew")[field] == [{"starts": starts, "ends": ends}[field]]


@pytest.mark.parametrize("day, starts, ends, hours", [
    (SPRING, "01:30", "03:30", 1), (SPRING, "03:00", "05:00", 2), ("2027-03-27", "23:00", "04:00", 4),
    (AUTUMN, "01:30", "03:30", 3), ("2027-10-30", "23:00", "04:00", 6), (AUTUMN, "02:30", "02:15", 24.75)])
def test_a_visit_lasts_as_long_as_it_takes_in_the_nights_of_the_change(app, day, starts, ends, hours):
    assert plan(app, day, starts, ends).status == 200
    with app.app_context():
        visit = db.session.query(Visit).one()
        assert visit.ends_at - visit.starts_at == timedelta(hours=hours)
        assert f"{local(visit.starts_at):%H:%M}" == starts and f"{local(visit.ends_at):%H:%M}" == ends


def test_nobody_is_in_two_places_in_the_night_of_the_change(app):
    assert plan(app, SPRING, "01:30", "03:30").status == 200
    assert plan(app, SPRING, "03:00", "04:00").status == 422 and how_many(app, Visit) == 1
    with app.app_context():
        four = datetime(2027, 3, 28, 4, tzinfo=COPENHAGEN)
        for road, is_free in ((30, True), (31, False)):
            try:
                Visit(bookings=[], date_agreed=False)._take(four, four + timedelta(hours=1), {"crew": "ATK 1"}, road)
                assert is_free
            except Clash:
                assert not is_free
        db.session.rollback()


@pytest.mark.parametrize("slug", WISHES)
def test_a_citizen_and_an_absence_cannot_have_that_time_either(app, slug):
    with time_machine.travel("2027-02-15 10:00Z", tick=False):
        page = Person(app).post(f"/en/bestil/{slug}", {
            **WISHES[slug], "dates-0-day": SPRING, "dates-0-starts": "02:30", "dates-0-ends": "04:30"})
        assert page.status == 422 and page.text.count("summer time begins") >= 1
        for field in ("starts", "ends"):
            page = logged_in(app).post("/en/kontor/kalender/indstillinger/fravaer", {
                "unit": "Ida", "first": SPRING, "last": SPRING, "starts": "01:00", "ends": "05:00", field: "02:30"})
            assert page.status == 422 and "summer time begins" in error_at(page, field)


@pytest.mark.parametrize("typed", ["0001-01-01", "9999-12-31", ""])
def test_a_day_out_of_any_calendar_is_refused_beside_its_field(app, typed):
    page = plan(app, typed, "02:30", "01:30")
    assert page.status == 422 and error_at(page, "day")


def test_other_times_are_looked_for_as_hours_pass(app):
    with app.app_context():
        OpeningHours.enter([(time(0), time(6))] * 7)
        near = datetime(2028, 3, 26, 2, 30, tzinfo=COPENHAGEN)  # in 2027, it was Easter
        Reservation.absence("Ida", datetime(2028, 3, 26, 1, tzinfo=UTC), datetime(2028, 3, 26, 2, tzinfo=UTC), "")
        [found] = [s for s in free_times(["Ida"], near, timedelta(hours=1)) if local(s).date() == near.date()]
        assert found + timedelta(hours=1) == datetime(2028, 3, 26, 1, tzinfo=UTC)


# A clock that is set back an hour

def test_an_officer_logs_in_by_code_after_the_clock_was_set_back(make_app, march):
    app = make_app(SECOND_FACTOR=True)
    totp = pyotp.TOTP(pyotp.random_base32())
    with app.app_context():
        Officer.by_email(OFFICER).totp_secret = totp.secret
        db.session.commit()

    def opens(code: str) -> bool:
        sent = {"email": OFFICER, "password": PASSWORD, "code": code}
        return Person(app).post("/en/kontor/log-ind", sent, follow=False).status == 303

    assert opens(totp.at(now()))
    march.shift(timedelta(hours=-1))
    assert opens(totp.at(now()))
    assert not opens(totp.at(now())) and not opens(totp.at(now() - timedelta(seconds=30))), "no code opens twice"


def test_letters_go_after_the_clock_was_set_back(app, march):
    wish(app, email="anna@example.dk")
    march.shift(timedelta(hours=-1))
    with app.app_context():
        assert send_due() == 1 and db.session.query(Letter).one().delivery_status is DeliveryStatus.SENT


def test_a_letter_that_is_tried_again_waits_for_its_pause_and_no_longer(app, march):
    wish(app, email="anna@example.dk")
    with app.app_context():
        letter = Letter.claim()
        letter.retry_later("server")
        db.session.commit()
        assert Letter.claim() is None
        march.shift(timedelta(hours=-1))
        assert Letter.claim() is letter
        db.session.commit()
        assert Letter.claim() is None, "it is in hand"
        letter.retry_later("server")
        db.session.commit()
        assert Letter.claim() is None, "its pause is reckoned anew"


# Days on which the office is shut

def test_no_promise_falls_on_a_day_on_which_the_office_is_shut(app):
    for shut in (date(2026, 12, 24), date(2026, 12, 31), date(2026, 6, 5), date(2026, 5, 15), date(2028, 5, 26)):
        promises = {add_working_days(shut - timedelta(days=10), count) for count in range(1, 10)}
        assert shut not in promises and shut.weekday() < 5


@pytest.mark.parametrize("now_", ["2026-12-21 10:00Z", "2026-12-14 10:00Z", "2026-05-08 10:00Z", "2026-05-29 10:00Z"])
def test_what_a_citizen_is_promised_is_a_day_on_which_somebody_works(app, now_):
    with time_machine.travel(now_, tick=False):
        book(Person(app))
        with app.app_context():
            due = db.session.query(Booking).one().due_on
            assert (due.month, due.day) not in {(12, 24), (12, 31), (6, 5), (5, 15)} and due.weekday() < 5


def test_an_officer_cannot_promise_it_by_a_delay_either(app):
    booking = accept(app, wish(app))
    page = logged_in(app).post(case(booking, "udsaet"), {"words": "Vi venter.", "due_on": "2027-12-24", "send": "1"})
    assert page.status == 422 and "The office is shut on that day" in error_at(page, "due_on")


@pytest.mark.parametrize("day", ["02-29", "01-31", "04-30", "easter+0", "easter-1", "easter+99"])
def test_a_day_that_some_year_has_closes_the_office_on_it(app, tmp_path, day):
    file = tmp_path / "district.toml"
    text = Path(app.config["DISTRICT_FILE"]).read_text("utf-8")
    file.write_text(text.replace('"12-24"', f'"{day}"'), "utf-8")
    days = (date(2023, 1, 1) + timedelta(days=n) for n in range(5 * 366))
    assert District.load(file).closed[1] == day and any(day in working_days._in_any_year(each) for each in days)


@pytest.mark.parametrize("wrong", [
    "24-13", "13-24", "24. december", "easter", "12-32", "02-30", "04-31", "06-31", "09-31", "11-31", "00-10", "12-00",
    r"12-24\n", "١٢-24", "easter+040", "easter-0", "easter+00", "Easter+40", "easter+100", "easter40"])
def test_a_day_that_no_year_has_is_refused_with_the_district(app, tmp_path, wrong):
    file = tmp_path / "district.toml"
    text = Path(app.config["DISTRICT_FILE"]).read_text("utf-8")
    file.write_text(text.replace('"12-24"', f'"{wrong}"'), "utf-8")
    with pytest.raises(ValueError, match="closed"):
        District.load(file)


def test_public_holidays_are_the_same_that_the_package_knows_and_each_has_a_name(app, monkeypatch):
    monkeypatch.setattr(working_days, "_closed", set())
    names = country_holidays("DK", language="da", years=range(2010, 2070))
    with app.test_request_context("/"):  # in Danish
        for day in (date(2010, 1, 1) + timedelta(days=n) for n in range(60 * 365)):
            assert str(HOLIDAYS.get(public_holiday(day), "")) == names.get(day, ""), day
            assert is_closed(day) == (day in names), day
    assert is_closed(date(2023, 5, 5)) and not is_closed(date(2024, 4, 26)), "store bededag"
