"""What it all adds up to: counted by hand in a small district, and by plain Python in the demo's, cell by cell."""

import re
from collections import Counter
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from conftest import OFFICER, Person, logged_in
from helpers import count_months_over

import reporting
from catalogue import REASONS, SERVICES, WORRIES
from forms import ASSIGNEES, HELPED, HELPED_WHY, NOBODY, TASK_STATUSES
from models import COPENHAGEN, Booking, MonthCount, Officer, Place, Task, Visit, clock, db, local, today
from reporting import Chosen

pytestmark = pytest.mark.postgres

PERIOD = "?fra=2026-02&til=2026-04"
LASER = {"performed": "yes", "method": "laser", "place": "Bygaden", "limit": "50", "charged": 5, "fine": 5,
         "suit": "suitable", "next": ["closed"]}
VAN = {**LASER, "method": "atk", "passed": 100, "charged": 7, "fine": 7}
HEARD = {"held": "yes", "number": 20, "topics": ["burglary"], "worries": ["lighting", "burglary"], "summary": "Tak."}


@contextmanager
def on(month: int, day: int, hour: int = 10, minute: int = 0):
    present = clock.set(datetime(2026, month, day, hour, minute, tzinfo=COPENHAGEN))
    try:
        yield
    finally:
        clock.reset(present)


def received(number: int, month: int, day: int, service: str = "traffic", postcode: str = "4690",
             municipality: str = "Faxe", **columns) -> Booking:
    with on(month, day):
        return Booking.receive(
            form_token=str(number), service=service, answers={"problem": "speeding", "kind": "residents"},
            place=Place.at(road="Bygaden", postcode=postcode, town="By", municipality=municipality),
            **{"name": "Anna", "email": "a@example.dk", "road": "Bygaden", "capacity": "private", "reply": "email",
               "language": "da", "org": "", "from_to": "", "phone": ""} | columns)


def visited(officer, booking: Booking, start: tuple, found: dict, told: bool = False) -> Visit:
    with on(*start):
        at = clock.get()
    with on(start[0], 1) if start[1] > 1 else on(3, 30):
        visit = Visit.plan(officer, service=booking.service, place=booking.place, starts_at=at,
                           ends_at=at.replace(hour=at.hour + 2), resource_units={"crew": f"Hold {booking.id}"},
                           bookings=[booking], date_agreed=told)
    report(officer, visit, start, found)
    return visit


def report(officer, visit: Visit, start: tuple, found: dict) -> None:
    with on(start[0], start[1] + 1):
        visit.enter_findings(officer, found)
        visit.report(officer)


@pytest.fixture
def small(app):
    """Eight wishes and three visits, of which one began half an hour into April: by the world's clock, in March."""
    with app.app_context():
        officer = Officer.by_email(OFFICER)
        a = received(1, 2, 27)
        b, c, d = received(2, 3, 2), received(3, 3, 2), received(4, 3, 3)
        e = received(5, 3, 4, postcode="4700", municipality="Næstved")
        f, g, h = received(6, 3, 5), received(7, 3, 6, "meeting"), received(8, 3, 9)
        db.session.flush()
        with on(3, 3):
            a.accept(officer, "")
        with on(3, 2, 12):
            b.accept(officer, "")
        with on(3, 16):
            c.decline(officer, "resources", "", "")
        with on(3, 18):
            d.decline(officer, "unsuitable", "", "")
        with on(3, 9):
            e.refer(officer, "municipality", "")
        with on(3, 9):
            f.withdraw()
        with on(3, 10):
            h.decline(officer, "resources", "", "")
        with on(3, 11):
            h.reopen("Se igen.")
        visited(officer, b, (3, 12), LASER)
        at_night = visited(officer, a, (4, 1, 0, 30), VAN)
        report(officer, at_night, (4, 2), {**VAN, "passed": 90, "charged": 6, "fine": 6})  # a correction
        with on(3, 10):
            at = datetime(2026, 3, 24, 19, tzinfo=COPENHAGEN)
            meeting = Visit.plan(officer, service="meeting", place=g.place, starts_at=at, ends_at=at.replace(hour=21),
                                 resource_units={"crew": "Ida"}, bookings=[g], date_agreed=True)
        report(officer, meeting, (3, 24), HEARD)
        with on(3, 26):
            g.rate("partly", "late", "Det tog <b>lang</b> tid.")
        db.session.commit()
    return app


def tables(officer: Person, query: str = PERIOD) -> dict[str, dict[str, list]]:
    """As the file tells them: {"month": {"2026-03": values}}; the total stands under an empty key."""
    told = officer.client.get(f"/kontor/tal.json{query}").json
    return {t["key"]: {r["key"]: r["values"] for r in t["rows"]} | ({"": t["total"]} if t["total"] else {})
            for t in told["tables"]}


NONE = [0, 0, None, 0, 0, None, None, None, 0, 0, 0, 0, None]


def test_a_small_district_counted_by_hand(small):
    told = tables(logged_in(small))
    assert told["month"] == {
        "2026-02": [1, *NONE[1:]],
        # waits 0 1 2 2 3 10 11: half within 2, four of five within 10, all but one within the promise
        "2026-03": [7, 7, 3 / 7, 2, 1, 2, 10, 6 / 7, 2, 0, 5, 0, None],
        "2026-04": [*NONE[:8], 1, 90, 6, 6, 6 / 90],
        "": [8, 7, 3 / 7, 2, 1, 2, 10, 6 / 7, 3, 90, 11, 6, 6 / 90]}
    assert told["service"] == {
        "traffic": [7, 6, 2 / 6, 2, 1, 2, 10, 5 / 6, 2, 90, 11, 6, 6 / 90],
        "meeting": [1, 1, 1.0, 0, 0, 2, 2, 1.0, 1, 0, 0, 0, None],
        "walk": NONE, "van": NONE, "": told["month"][""]}
    assert told["municipality"]["Næstved"] == [1, 1, 0.0, 0, 1, 3, 3, 1.0, *NONE[8:]]
    assert told["municipality"]["Faxe"] == [7, 6, 3 / 6, 2, 0, 2, 10, 5 / 6, 3, 90, 11, 6, 6 / 90]
    assert told["municipality"]["Sorø"] == NONE and len(told["municipality"]) == 8
    assert told["reasons"] == {"resources": [1, 1 / 2], "unsuitable": [1, 1 / 2], "": [2, 1.0]}  # one is open again
    assert told["worries"] == {"lighting": [1, 1 / 2], "burglary": [1, 1 / 2], "": [2, 1.0]}
    assert told["helped"] == {"partly": [1, 1.0], "": [1, 1.0]}
    assert told["helped_why"] == {"late": [0, 1, 0, 1]}


@pytest.mark.parametrize(("query", "wishes", "decided", "visits"), [
    ("&ydelse=meeting", 1, 1, 1), ("&kommune=N%C3%A6stved", 1, 1, 0), ("&kommune=Faxe&ydelse=traffic", 6, 5, 2),
    ("&kommune=Faxe&ydelse=van", 0, 0, 0)])
def test_only_what_was_chosen_is_counted(small, query, wishes, decided, visits):
    told = tables(logged_in(small), PERIOD + query)
    for table in ("month", "service", "municipality"):
        assert [told[table][""][n] for n in (0, 1, 8)] == [wishes, decided, visits], table


def test_a_month_is_counted_alone(small):
    officer = logged_in(small)
    assert tables(officer, "?fra=2026-04&til=2026-04")["month"][""][8:10] == [1, 90]
    assert tables(officer, "?fra=2026-03&til=2026-03")["month"][""][8:10] == [2, 0]
    assert tables(officer, "?fra=2025-01&til=2025-12")["month"][""] == NONE


def test_the_page_shows_the_same_with_bars_and_the_words_that_citizens_wrote(small):
    page = logged_in(small).get(f"/en/kontor/tal{PERIOD}")
    assert "March 2026 7 7 42.9" in page.text and "Feeling" not in page.text
    assert "Det tog &lt;b&gt;lang&lt;/b&gt; tid." in page.html and "It came too late" in page.text
    bars = [float(w) for w in re.findall(r'<rect width="([\d.]+)"', page.html)]
    assert max(bars) == 100 and round(100 / 7, 2) in [round(b, 2) for b in bars]
    assert "<script" not in page.html and page.html.count('<section class="figures">') >= 8


def test_without_a_choice_it_is_the_last_twelve_months(small):
    told = tables(logged_in(small), "")
    months = [m for m in told["month"] if m]
    assert len(months) == 12 and months[-1] == f"{today():%Y-%m}"


@pytest.mark.sqlite
@pytest.mark.parametrize(("query", "says"), [
    ("fra=x", "Write a month"), ("fra=2026-13", "Write a month"), ("til=", "Write a month"),
    ("fra=2026-05&til=2026-04", "after the first one"), ("fra=2000-01&til=2099-12", "at most 20 years"),
    ("fra=1999-12", "Write a month"), ("til=2100-01", "Write a month"), ("fra=%00", "Write a month"),
    ("ydelse=nothing", "Choose one"), ("kommune=%FF", "Choose one")])
def test_what_cannot_be_counted_is_said_beside_the_field(small, query, says):
    officer = logged_in(small)
    page = officer.get(f"/en/kontor/tal?{query}")
    assert page.status == 422 and says in " ".join(page.errors)
    assert "/en/kontor/tal?" in officer.client.get(f"/en/kontor/sager.csv?{query}").location


# The demo's district, counted once more by whoever cannot do sums in SQL.


def share(part: int, whole: int):
    return part / whole if whole else None


def line(bookings: list[Booking], decided: list[Booking], visits: list[Visit]) -> list:
    waits = sorted(b.wait for b in decided)
    status = Counter(b.status.value for b in decided)
    sums = Counter()
    for visit in visits:
        sums.update(SERVICES[visit.service].statistics(visit.findings))

    def within(percent: int):
        return next((w for n, w in enumerate(waits, 1) if n * 100 >= percent * len(waits)), None)

    kept = sum(b.wait <= SERVICES[b.service].answer_within for b in decided)
    return [len(bookings), len(decided), share(status["accepted"] + status["answered"], len(decided)),
            status["declined"], status["referred"], within(50), within(80), share(kept, len(decided)), sums["done"],
            sums["passed"], sums["charged"], sums["of_passed"], share(sums["of_passed"], sums["passed"])]


def in_order(counts: Counter) -> dict:
    return {key: [n, n / counts.total()] for key, n in counts.items()} | {
        "": [counts.total(), share(counts.total(), counts.total())]}


@pytest.mark.parametrize("service", ["", "traffic", "meeting"])
@pytest.mark.parametrize("municipality", ["", "Næstved"])
@pytest.mark.parametrize("is_kept", [False, True], ids=["counted now", "kept by the worker"])
def test_the_demo_counted_by_plain_python(filled, rows, service, municipality, is_kept):
    with filled.app_context():
        db.session.query(MonthCount).delete()
        if is_kept:
            count_months_over()
            assert db.session.query(MonthCount).count() >= 11
        db.session.commit()
    names = tuple(m.name for m in filled.config["DISTRICT"].municipalities)
    last = date(today().year, today().month, 28)
    chosen = Chosen(date(today().year - 2, 1, 1), last.replace(day=31) if last.month == 12 else date(
        last.year, last.month + 1, 1) - (date(2026, 1, 2) - date(2026, 1, 1)), names, service, municipality)

    def ours(row) -> bool:
        return row.service == (service or row.service) and row.place.municipality == (
            municipality or row.place.municipality)

    bookings = [b for b in rows(Booking) if ours(b) and b.status != "spam"]
    decided = [b for b in bookings if b.decided_on]
    visits = [v for v in rows(Visit) if ours(v) and v.findings]
    with filled.test_request_context("/"):
        told = {t.key: t for t in reporting.report(chosen)}
        words = reporting.said_of_answers(chosen)
    found = {key: {k: values for k, _, values in t.rows} | ({"": t.total} if t.total else {}) for key,
             t in told.items()}

    def grouped(of_wish, of_decision, of_visit, keys) -> dict:
        return {k: line([b for b in bookings if of_wish(b) == k], [b for b in decided if of_decision(b) == k],
                        [v for v in visits if of_visit(v) == k]) for k in keys} | {"": line(bookings, decided, visits)}

    assert found["month"] == grouped(
        lambda b: f"{local(b.received_at):%Y-%m}", lambda b: f"{b.decided_on:%Y-%m}",
        lambda v: f"{local(v.starts_at):%Y-%m}", [m for m in chosen.months if m])
    assert found["service"] == grouped(*[lambda row: row.service] * 3, [service] if service else SERVICES)
    assert found["municipality"] == grouped(
        *[lambda row: row.place.municipality] * 3, [municipality] if municipality else names)
    assert found["reasons"] == in_order(Counter(b.reason for b in decided if b.status == "declined"))
    assert found["worries"] == in_order(Counter(w for v in visits for w in v.findings.get("worries", ())))
    spots = [t for t in rows(Task) if ours_visit(t.visit, service, municipality)]
    for key, s in SERVICES.items():
        of = [t for t in spots if t.visit.service == key]
        kinds = [k for k in ASSIGNEES if any((t.assignee.kind if t.assignee else NOBODY) == k for t in of)]
        expected = {k: Counter(t.status.value for t in of if (t.assignee.kind if t.assignee else NOBODY) == k)
                    for k in kinds}
        assert found.get(f"tasks-{key}", {}) == ({k: cells(c) for k, c in expected.items()} | {
            "": cells(sum(expected.values(), Counter()))} if of else {})
    rated = [b for b in decided if b.helped]
    assert found["helped"] == in_order(Counter(b.helped for b in rated))
    assert found["helped_why"] == {why: [*(sum(b.helped == h and b.helped_why == why for b in rated) for h in HELPED),
                                         sum(b.helped_why == why for b in rated)]
                                   for why in HELPED_WHY if any(b.helped_why == why for b in rated)}
    assert len(words) == sum(e.kind == "rated" and bool(e.words) for b in bookings for e in b.events)
    if not service and not municipality:
        assert visits and rated and words and found["tasks-walk"], "there is something of everything"


def ours_visit(visit: Visit, service: str, municipality: str) -> bool:
    return visit.service == (service or visit.service) and visit.place.municipality == (
        municipality or visit.place.municipality) and visit.starts_at.date() <= today()


def cells(counts: Counter) -> list[int]:
    return [*(counts[s] for s in TASK_STATUSES), counts.total()]


def test_every_reason_and_worry_that_can_be_counted_has_its_words():
    assert {*HELPED} == {"yes", "partly", "no"} and {*HELPED_WHY} >= {"late", "clear", "still"}
    for service in SERVICES.values():
        assert set(service.reasons) <= set(REASONS)
        options = getattr(service.findings, "worries", None)
        assert options is None or set(options.args[1]) <= set(WORRIES)


def test_an_unsafe_spot_says_already_what_people_are_afraid_of(filled, rows):
    walked = next(v for v in rows(Visit) if v.service == "walk" and v.tasks)
    start = SERVICES["walk"].start_findings(walked)
    assert start["worries"] and set(start["worries"]) <= set(WORRIES)


def test_a_walk_adds_what_was_ticked():
    assert SERVICES["walk"].statistics({"held": "yes", "worries": ["path"]}) == {"done": 1, "worry-path": 1}
