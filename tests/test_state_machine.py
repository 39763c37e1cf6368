"""Bookings and visits, walked at random against a small model of what is allowed that knows nothing of ours.

Each step is made in a context of its own on a real SQLite file, as a request or a command would. A step that the model
allows must be committed with exactly the letters that it calls for; any other must be refused and change nothing.
"""

import itertools

import pytest
from helpers_states import CITIZEN, ENDED, FINDINGS, NOTHING, STEPS, VISIT_STEPS, Cases
from hypothesis import Phase, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from models import Channel

pytestmark = pytest.mark.postgres

# What may be done with a booking in which status, and what it is then. None: it stays as it is.

# A control at another place than the one asked for, in the officer's own words; and one that came to nothing.

# What no letter may repeat: everything that a citizen typed begins with one of these, and what stays in the office too.


@pytest.fixture
def cases(app, template):
    """The machine, on this test's own database."""
    Cases.app, Cases.template = app, template
    return Cases


def test_each_step_in_each_status_is_taken_or_refused(cases):
    ways = {"received": (), "needs_information": ("ask",), "accepted": ("accept",), "answered": ("accept", "answer"),
            "declined": ("decline",), "referred": ("refer",), "withdrawn": ("withdraw",), "spam": ("set_aside",)}
    details = {"at": {"road": CITIZEN, "lat": None, "lng": None}, "words": CITIZEN, "days": 3,
               "who": {"name": CITIZEN, "email": "kvaex@example.dk", "phone": "", "address": "",
                       "reply": Channel.EMAIL}}
    case = cases()
    try:
        for status, way in ways.items():
            for name in STEPS:
                case.another_wish(details["who"], details["at"], CITIZEN, "web", "en")
                booking = len(case.bookings)
                for step in way:
                    if step == "answer":
                        case.the_officer_plans([booking - 1], details["at"], (-3, 1), "", "traffic")
                        case.enter_findings(len(case.visits), FINDINGS)
                        case.report(len(case.visits))
                    else:
                        case.do(step, booking, **details)
                assert case.bookings[booking]["status"] == status
                case.do(name, booking, **details)
        for hours in (30 * 24, 1):  # on the last day a case may still be taken up again; then no more
            case.time_passes(hours)
            for booking, known in case.bookings.items():
                if known["status"] in ENDED:
                    case.do("reopen", booking, words=CITIZEN)
                    break
        case.everything_stands_as_reckoned()
        case.every_closed_booking_has_a_letter_about_how_it_ended()
    finally:
        case.teardown()


def test_each_step_of_a_visit_in_each_state_is_taken_or_refused(cases):
    ways = {"coming": (), "begun": (), "done": ("enter",), "reported": ("enter", "report"),
            "with a correction": ("enter", "report", "enter"), "cancelled": ("cancel",)}
    who = {"name": CITIZEN, "email": "kvaex@example.dk", "phone": "", "address": "", "reply": Channel.EMAIL}
    at, later = {"road": CITIZEN, "lat": None, "lng": None}, (48, 1)
    case = cases()
    try:
        for (state, way), name, found in [
                *itertools.product(ways.items(), VISIT_STEPS, [FINDINGS]),
                *itertools.product(ways.items(), ["report"], [NOTHING])]:
            case.another_wish(who, at, CITIZEN, "web", "da")
            wish = len(case.bookings)
            case.do("accept", wish)
            case.the_officer_plans([wish - 1], at, (2, 1) if state == "coming" else (-3, 1), "", "traffic")
            visit = len(case.visits)
            steps = {"reschedule": lambda v: case.reschedule(v, at, later, "", False), "cancel": case.cancel,
                     "choose": lambda v: case.choose(v, []), "enter": lambda v, f=found: case.enter_findings(v, f),
                     "enter_findings": lambda v, f=found: case.enter_findings(v, f), "report": case.report}
            for step in (*way, name):
                steps[step](visit)
        case.everything_stands_as_reckoned()
    finally:
        case.teardown()


def test_a_correction_goes_to_those_who_were_told_but_not_to_who_has_withdrawn(cases):
    """The page on which a citizen withdraws says: you then get no findings."""
    case = cases()
    try:
        who = {"name": CITIZEN, "email": "kvaex@example.dk", "phone": "", "address": "", "reply": Channel.EMAIL}
        at = {"road": CITIZEN, "lat": None, "lng": None}
        case.two_wishes_are_granted_and_a_control_is_planned(who, at, CITIZEN, (-3, 1))
        case.enter_findings(1, NOTHING)
        case.report(1)  # nothing could be carried out: both wishes stand
        case.do("withdraw", 1)
        case.enter_findings(1, FINDINGS)
        case.report(1)
        case.two_wishes_are_granted_and_a_control_is_planned(who, at, CITIZEN, (-60, 1))
        case.another_wish(who, at, CITIZEN, "web", "da")
        case.do("accept", 5)
        case.the_officer_plans([2, 3, 4], at, (-3, 1), "", "traffic")
        case.enter_findings(3, FINDINGS)
        case.do("withdraw", 3)
        case.do("decline", 4)
        case.report(3)  # of the three that it was for, one still waits
        assert case.visits[3]["holds"] == {5} and case.bookings[5]["status"] == "answered"
        case.who_withdrew_hears_no_more()
        case.everything_stands_as_reckoned()
    finally:
        case.teardown()


def test_no_walk_leads_where_the_rules_do_not(cases):
    run_state_machine_as_test(cases, settings=settings(
        max_examples=12, stateful_step_count=20,
        phases=[Phase.generate]))  # add Phase.shrink for a shorter walk to a failure, and some minutes of patience
