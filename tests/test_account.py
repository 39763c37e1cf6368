"""The public account: counted once a quarter as the office's figures count, told so that nobody is seen behind a
number, and the same whatever is planned."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from sys import modules

import pytest
from conftest import OFFICER, PASSWORD, Person, logged_in
from flask import render_template
from flask_babel import force_locale
from sqlalchemy import event, select

import reporting
from catalogue import SERVICES
from models import (
    Booking,
    BookingStatus,
    Officer,
    Place,
    QuarterAccount,
    Result,
    Visit,
    add_working_days,
    clock,
    db,
    limits,
    midnight,
    today,
)
from reporting import Account, Chosen, account_counts
from reporting.account import Number, in_tables
from reporting.withheld import FEW, WITHHELD

PATHS = {"met": {"accepted", "answered"}, "declined": {"declined"}, "referred": {"referred"},
         "other": {"received", "needs_information", "withdrawn", "spam"}}


def agrees(told, count: int) -> bool:
    """Whether what is told is true of the count, and not too much."""
    if told == FEW:
        return count < limits.FEWEST_PEOPLE
    return count >= limits.FEWEST_PEOPLE if told == WITHHELD else told == count and not 0 < count < limits.FEWEST_PEOPLE


@pytest.fixture
def accounts(rows):
    return list(db.session.scalars(select(QuarterAccount).order_by(QuarterAccount.first)))


def test_the_account_of_each_quarter_is_the_demo_counted_by_plain_python(rows, accounts):
    assert len(accounts) >= 3, "the demo tells of some quarters that are over"
    bookings = [b for b in rows(Booking)]
    for account in accounts:
        def within(day, account=account) -> bool:
            return day is not None and account.first <= day <= account.last

        asked = [b for b in bookings if within(b.received_on) and b.status != "spam"]
        decided = [b for b in bookings if within(b.decided_on)]
        for area in {"", *(b.place.municipality for b in asked + decided)}:
            for service in ("", *SERVICES):
                count = sum(b.place.municipality == (area or b.place.municipality)
                            and b.service == (service or b.service) for b in asked)
                assert agrees(account_counts_at(account, "asked", area, service), count)
            here = Counter(b.status.value for b in decided if b.place.municipality == (area or b.place.municipality))
            assert agrees(account_counts_at(account, "answers", area, ""), here.total())
            for answer, statuses in PATHS.items():
                count = sum(here[status] for status in statuses)
                assert agrees(account_counts_at(account, "answers", area, answer), count), (account.first, area, answer)
        kept = sum(b.wait <= SERVICES[b.service].answer_within for b in decided)
        assert agrees(account_counts_at(account, "promise", "kept"), kept)
        assert agrees(account_counts_at(account, "promise", "late"), len(decided) - kept)
        for code, number in Counter(b.reason for b in decided if b.status == "declined").items():
            assert agrees(account_counts_at(account, "reasons", code), number)
        for said, number in Counter(b.helped for b in decided if b.helped).items():
            assert agrees(account_counts_at(account, "helped", said), number)


def account_counts_at(account: QuarterAccount, *path: str):
    """What is told there; where everything of a table is withheld, a reader learns nothing, so it agrees."""
    inside = account.people
    for name in path:
        inside = inside.get(name, 0) if inside else 0
    return inside


def test_the_account_and_the_figures_of_the_office_say_the_same(filled, accounts):
    names = tuple(m.name for m in filled.config["DISTRICT"].municipalities)
    with filled.test_request_context("/"):
        for account in accounts:
            tables = {t.key: t for t in reporting.report(Chosen(account.first, account.last, names))}
            wishes, decided, _met, declined, referred, half, most = tables["month"].total[:7]
            told = Account([account])
            for number, count in ((told.here("asked"), wishes), (told.here("answers"), decided),
                                  (told.here("answers", "declined"), declined),
                                  (told.here("answers", "referred"), referred)):
                assert number.least <= count and (number.most is None or count <= number.most)
            assert told.waits in (None, [half, most])


def test_what_was_done_is_the_public_results_of_the_quarter(rows, accounts):
    results = rows(Result)
    for account in accounts:
        there = [r for r in results if account.first <= r.day <= account.last and not r.withdrawn_on]
        told = Account([account])
        assert told.controls == sum(r.service == "traffic" for r in there)
        assert told.work("measured", "", "passed") == sum(r.measured or 0 for r in there)
        assert told.work("measured", "", "charged") == sum(r.charged or 0 for r in there)
    assert sum(Account([account]).controls for account in accounts) > 5


# A district of our own.

def at(day: date, hour: int = 10) -> datetime:
    return (midnight(day) + timedelta(hours=hour)).astimezone(UTC)


@pytest.fixture
def quarter(app):
    """Forty wishes in the first quarter of 2026: 24 met, 9 declined, 6 referred and one that is withdrawn; one of those
    who were declined lives in Sorø, all others in Faxe."""
    ends = ([BookingStatus.ACCEPTED] * 24 + [BookingStatus.DECLINED] * 9 + [BookingStatus.REFERRED] * 6
            + [BookingStatus.WITHDRAWN])
    with app.app_context():
        officer = Officer.by_email(OFFICER)
        for number, end in enumerate(ends):
            present = clock.set(at(date(2026, 2, 2)))
            booking = received(number, "Sorø" if number == 24 else "Faxe")
            clock.set(at(add_working_days(date(2026, 2, 2), number % 8)))
            if end is BookingStatus.ACCEPTED:
                booking.accept(officer, "")
            elif end is BookingStatus.DECLINED:
                booking.decline(officer, "resources", "", "")
            elif end is BookingStatus.REFERRED:
                booking.refer(officer, "municipality", "")
            else:
                booking.withdraw()
            clock.reset(present)
        db.session.commit()
    return app


def received(number: int, municipality: str) -> Booking:
    return Booking.receive(
        form_token=f"account-{number}", service="traffic", answers={"problem": "speeding"}, stated_wait=8,
        place=Place.at(road=f"{municipality}vej", postcode="4690" if municipality == "Faxe" else "4180", town="By",
                       municipality=municipality),
        name="Anna", email="a@example.dk", road="Bygaden", capacity="private", reply="email", language="da", org="",
        from_to="", phone="")


def renewed(app, day: date) -> None:
    """As the worker does it on that day."""
    with app.app_context():
        present = clock.set(at(day))
        QuarterAccount.renew(reporting.count_people, reporting.count_work)
        db.session.commit()
        clock.reset(present)


@pytest.fixture
def due(quarter) -> date:
    """The day on which its account is made, by the days on which this district works."""
    return add_working_days(date(2026, 3, 31), limits.ACCOUNT_DAYS)


def test_a_quarter_is_told_when_what_was_promised_in_it_is_due_and_not_before(quarter, due):
    stranger = Person(quarter)
    renewed(quarter, due - timedelta(days=1))
    assert "There is no account yet" in stranger.get("/en/regnskab").text
    renewed(quarter, due)
    page = stranger.get("/en/regnskab?periode=2026-1").text
    assert "Wishes: 40" in page and "1st quarter 2026" in page
    assert "24 got a yes" in page and "We had promised 10 working days" in page


def test_few_people_are_told_as_under_five_and_no_difference_gives_them_away(quarter, due):
    renewed(quarter, due)
    with quarter.app_context():
        told = QuarterAccount.history()[0].people["answers"]
    assert told["Sorø"]["declined"] == told["Sorø"][""] == FEW
    district, faxe = told[""], told["Faxe"]
    assert WITHHELD in (district["declined"], faxe["declined"]) and WITHHELD in (district[""], faxe[""])
    page = Person(quarter).get("/en/regnskab?periode=2026-1&kommune=Sor%C3%B8").text
    assert "under 5" in page and "Wishes: under 5." in page


def test_what_happens_to_a_case_later_changes_no_byte(quarter, due):
    renewed(quarter, due)
    addresses = ("/regnskab", "/en/regnskab?kommune=Faxe", "/regnskab.csv?periode=2026-1")
    stranger = Person(quarter)

    def all_bytes() -> list[bytes]:
        return [stranger.client.get(address).get_data() for address in addresses]

    before = all_bytes()
    with quarter.app_context():
        present = clock.set(at(due + timedelta(days=1)))
        officer = Officer.by_email(OFFICER)
        declined, accepted = (db.session.scalar(select(Booking).where(Booking.status == status))
                              for status in (BookingStatus.DECLINED, BookingStatus.ACCEPTED))
        declined.closed_at = clock.get()
        declined.reopen("Se igen.")
        starts = clock.get() + timedelta(days=3)
        for booking, crew in ((declined, "Ida"), (accepted, "Bo")):  # which also says yes to the first one
            Visit.plan(officer, service="traffic", place=booking.place, starts_at=starts,
                       ends_at=starts + timedelta(hours=2), resource_units={"crew": crew}, bookings=[booking])
        db.session.commit()
        clock.reset(present)
    renewed(quarter, due + timedelta(days=2))
    assert all_bytes() == before


def test_what_stands_beside_the_vehicles_measured_is_who_was_charged_among_them(app):
    """A reader divides one by the other: who was charged where no vehicle was counted stands in a column of its own."""
    work = {"visits": {"": {"traffic": 3}}, "measured": {"": {"passed": 4430, "charged": 492, "of_passed": 124}}}
    account = Account([QuarterAccount(first=date(2026, 1, 1), people={"weeks": [0, 0]}, work=work)])
    with app.test_request_context("/"), force_locale("en"):
        table = next(table for table in in_tables(account, ()) if table.key == "work")
        said = " ".join(render_template("_account.txt", account=account).split())
    assert dict(zip(map(str, table.columns), table.total, strict=True)) == {
        "Traffic controls": 3, "Vehicles measured": 4430, "Charged": 492, "Charged among the measured": 124,
        "Share of the measured": 124 / 4430}
    assert ("Traffic controls: 3. Drivers charged with speeding, also where vehicles were not counted: 492. "
            "Where vehicles were counted: 4,430 measured, of which charged: 124. That is 2.8% of those measured.") in said


def test_a_result_that_is_withdrawn_is_out_of_the_account_the_next_day(filled):
    with filled.app_context():
        account = QuarterAccount.history()[-1]
        result = db.session.scalar(Result.released().where(Result.day.between(account.first, account.last),
                                                           Result.measured.is_not(None)))
        before = Account([account]).controls
        result.withdrawn_on = today()
        assert account_counts.count_work(account.first)["visits"][""]["traffic"] == before - 1
        db.session.rollback()


@pytest.mark.parametrize(("told", "words"), [
    ([12], "12"), ([FEW], "under 5"), ([WITHHELD], "at least 5"), ([12, FEW], "12 to 16"), ([FEW, FEW], "under 9"),
    ([12, WITHHELD], "at least 17"), ([0, 0], "0"), ([1200, 34], "1,234")])
def test_a_sum_of_quarters_tells_no_more_than_they_do(app, told, words):
    with app.test_request_context("/"), force_locale("en"):
        assert str(sum(map(Number.of, told), Number(0, 0))) == words


def test_the_page_reads_its_rows_and_nothing_that_grows_with_the_bookings_and_visits(filled):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    with filled.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        for address in ("/regnskab", "/en/regnskab?kommune=Faxe", "/regnskab.csv"):
            assert Person(filled).client.get(address).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
    tables = {table for statement in asked for table in re.findall(r"FROM (\w+)", statement)}
    assert "accounts" in tables and not tables & {"bookings", "visits", "events", "sums", "results", "tasks", "places"}


def test_a_chart_says_where_a_bar_is_missing_because_its_number_is_withheld(filled):
    chart = Person(filled).get("/en/regnskab").html.partition('class="bar-chart"')[2].partition("</section>")[0]
    assert "under 5" in chart and "has no bar" in chart


def test_the_file_holds_the_tables_of_the_page(filled):
    client = filled.test_client()
    page = Person(filled).get("/en/regnskab")
    file = client.get("/en/regnskab.csv")
    text = file.get_data().decode("utf-8-sig")
    assert file.mimetype == "text/csv" and "Wishes and answers\r\nMunicipality;Wishes;Answered" in text
    for heading in re.findall(r'id="tabel-[^"]*">([^<]+)<', page.html.partition("Wishes for what")[2]):
        assert heading in text


@pytest.mark.parametrize("query", ["periode=1999", "periode=x", "kommune=Atlantis", "periode=2026-9&kommune=x"])
def test_what_cannot_be_accounted_for_is_said_beside_the_field(filled, query):
    page = Person(filled).get(f"/en/regnskab?{query}")
    assert page.status == 422 and page.errors
    assert Person(filled).client.get(f"/regnskab.csv?{query}").status_code == 302


def test_how_we_choose_is_told_by_the_numbers_that_the_list_reckons_with(filled, monkeypatch):
    monkeypatch.setattr(modules["reporting.hotspots"], "PER_ASKER", 17)
    monkeypatch.setattr(modules["reporting.hotspots"], "MOST_FOR_AGE", 83)
    page = Person(filled).get("/en/regnskab?anew").text  # by an address of which no page is kept
    assert "up to 30 points +17" in page and "has waited, up to 83 points" in page
    assert not re.search(rf"{limits.CONTROL_WEEKS} (week|days)", page), "whoever knew it could reckon the next control"


def test_an_answer_to_the_press_holds_what_is_public_in_every_language(filled):
    with filled.app_context():
        Officer.by_email("officer@demo.example").set_password(PASSWORD)
        db.session.commit()
    officer = logged_in(filled, "officer@demo.example")
    page = officer.get("/en/kontor/tal/presse?fra=2000-01&til=2019-12").text
    assert page.count("There is no public result.") == 1 and "Der er intet offentligt resultat." in page
    page = officer.get(f"/en/kontor/tal/presse?fra={today().year - 1}-01&vej=terslev bygade").text
    assert "Terslev Bygade, Haslev: Traffic control, speed camera van, speed limit 50 km/h. 94 vehicles were measured. Nobody was" in page
    assert "Terslev Bygade, Haslev: Færdselskontrol, fotovogn, hastighedsgrænse 50 km/t. 94 køretøjer blev målt. Ingen" in page
    assert "got a yes" not in page, "of one road the account says nothing"
    with filled.app_context():
        met = db.session.scalars(select(Result).where(Result.service == "van")).first()
        road, visitors = met.road, met.details["visitors"]
    page = officer.get(f"/en/kontor/tal/presse?fra={today().year - 1}-01&vej={road}").text
    assert re.search(rf"{road}, .*: Mobile police station\. \D*{visitors} ", page)
    assert "got a yes" in officer.get(f"/en/kontor/tal/presse?fra={today().year - 1}-01").text
    with filled.app_context():
        uncounted = db.session.scalars(select(Result).where(Result.charged > 0, Result.measured > 0)).first()
        id, measured, charged = uncounted.id, uncounted.measured, uncounted.charged
        uncounted.measured = None
        db.session.commit()
    page = officer.get(f"/en/kontor/tal/presse?fra={today().year - 1}-01").text
    told, counted, among = (int(number.replace(",", "")) for number in re.search(
        r"charged with speeding, also where vehicles were not counted: ([\d,]+)\. "
        r"Where vehicles were counted: ([\d,]+) measured, of which charged: ([\d,]+)\.", page).groups())
    assert told >= among + charged, "who was charged where nobody counted is no share of those counted"
    assert f"That is {among / counted:.1%} of those measured." in page
    with filled.app_context():
        db.session.get(Result, id).measured = measured
        db.session.commit()
    wrong = officer.get("/en/kontor/tal/presse?fra=x")
    assert wrong.status == 422 and "Write a month" in " ".join(wrong.errors)
