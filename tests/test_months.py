"""What the worker has counted of a month is shown for as long as it is true: compared, after every verb, with what the
database counts then."""

from datetime import date, timedelta

import pytest
import time_machine
from conftest import Person, book
from helpers import count_months_over
from helpers_states import CITIZEN, FINDINGS, STEPS, VISIT_STEPS, Cases
from hypothesis import Phase, settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from models import Booking, Channel, MonthCount, Officer, Place, db
from reporting import Chosen, count_months

pytestmark = pytest.mark.postgres

FIRST, LAST = "2026-03", "2027-12"  # of all the months into which these cases come
PERIOD = Chosen(date(2026, 3, 1), date(2027, 12, 31), ())
WAYS = {"received": (), "needs_information": ("ask",), "accepted": ("accept",), "declined": ("decline",),
        "referred": ("refer",), "withdrawn": ("withdraw",), "spam": ("set_aside",)}
WHO = {"name": CITIZEN, "email": "kvaex@example.dk", "phone": "", "address": "", "reply": Channel.EMAIL}
AT = {"road": CITIZEN, "lat": None, "lng": None}


@pytest.fixture
def clock():
    with time_machine.travel("2026-05-11T10:00:00+02:00", tick=False) as clock:
        yield clock


def check_counts() -> dict[str, dict]:
    """Those that are kept and hold."""
    shown = Chosen(PERIOD.first, PERIOD.last, ()).counts
    plain = {}
    for month, counts in count_months(FIRST, LAST).items():
        for what, lines in counts.items():
            plain.setdefault(what, []).extend((month, *line) for line in lines)
    assert {what: sorted(lines) for what, lines in shown.items() if lines} == {
        what: sorted(lines) for what, lines in plain.items()}
    return MonthCount.valid(FIRST, LAST)


class CountedCases(Cases):
    """The machine, and a worker that counts the months that are over."""

    @rule()
    def the_worker_counts(self):
        with self.app.app_context():
            count_months_over()

    @invariant()
    def what_is_kept_is_what_there_is(self):
        with self.app.app_context():
            check_counts()


@pytest.fixture
def cases(app, template):
    CountedCases.app, CountedCases.template = app, template
    return CountedCases


def test_kept_months_are_right_after_each_step_of_a_booking_and_a_visit_that_are_months_old(cases, app):
    """Wishes of May in every status, of which one was decided and one was visited in June; and it is July."""
    def check_and_count_anew():
        case.what_is_kept_is_what_there_is()
        case.time_passes(2)
        case.the_worker_counts()

    case = cases()
    try:
        case.two_wishes_are_granted_and_a_control_is_planned(WHO, AT, CITIZEN, (-3, 1))
        case.two_wishes_are_granted_and_a_control_is_planned(WHO, AT, CITIZEN, (-60, 1))
        for way in WAYS.values():
            case.another_wish(WHO, AT, CITIZEN, "web", "en")
            for step in way:
                case.do(step, len(case.bookings), words=CITIZEN)
        case.another_wish(WHO, AT, CITIZEN, "web", "en")
        case.time_passes(24 * 25)
        case.do("refer", len(case.bookings))
        case.the_officer_plans([6], AT, (-3, 1), "", "traffic")
        for visit in (1, 3):
            case.enter_findings(visit, FINDINGS)
            case.report(visit)
        case.time_passes(24 * 29)
        case.the_worker_counts()
        with app.app_context():
            assert check_counts().keys() == {"2026-05", "2026-06"}
        for name, (statuses, _) in STEPS.items():
            for booking, known in case.bookings.items():
                if known["status"] in statuses:
                    case.do(name, booking, words=CITIZEN, who=WHO, at=AT, days=3)
                    check_and_count_anew()
        steps = {"reschedule": lambda v: case.reschedule(v, AT, (-2, 1), "", False), "cancel": case.cancel,
                 "choose": lambda v: case.choose(v, []), "report": case.report,
                 "enter_findings": lambda v: case.enter_findings(v, FINDINGS | {"charged": 9, "fine": 9})}
        for visit, name in ((visit, name) for visit in case.visits for name in VISIT_STEPS):
            steps[name](visit)
            check_and_count_anew()
        with app.app_context():
            assert check_counts().keys() == {"2026-05", "2026-06"}
    finally:
        case.teardown()


def test_what_is_moved_merged_or_parted_counts_where_it_is_now(app, clock):
    slow = Person(app)
    references = [book(slow, road=road)[0] for road in ("Bygaden", "Torvet", "Algade", "Algade")]
    clock.shift(timedelta(days=40))
    with app.app_context():
        officer, other = db.session.query(Officer).first(), Place.at(
            road="Nygade", postcode="4700", town="Næstved", municipality="Næstved")
        bookings = [Booking.by_reference(reference) for reference in references]
        for change in (lambda: bookings[0].move(officer, other), lambda: bookings[1].place.merge_into(officer, other),
                       lambda: bookings[2].place.split(officer, bookings[2:3], "ved skolen")):
            count_months_over()
            change()
            db.session.commit()
            count_months_over()
            assert check_counts() == {}, "for an hour, others may still commit what has an older number"
            clock.shift(timedelta(hours=2))
        count_months_over()
        assert sorted(check_counts()["2026-05"]["wishes"]) == [
            ["traffic", "Faxe", "wishes", 2], ["traffic", "Næstved", "wishes", 2]]


@pytest.mark.sqlite  # what a step may change, and what is counted, PostgreSQL sees above
def test_no_walk_leads_to_a_kept_month_that_is_wrong(cases):
    run_state_machine_as_test(cases, settings=settings(
        max_examples=4, stateful_step_count=30, phases=[Phase.generate]))
