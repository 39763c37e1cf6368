"""Bookings and visits, walked at random against a small model of what is allowed that knows nothing of ours.

Each step is made in a context of its own on a real SQLite file, as a request or a command would. A step that the model
allows must be committed with exactly the letters that it calls for; any other must be refused and change nothing.
"""

import itertools

import pytest
from helpers_states import CITIZEN, ENDED, FINDINGS, NOTHING, STEPS, VISIT_STEPS, Cases
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from models import Channel

pytestmark = pytest.mark.postgres

WHO = {"name": CITIZEN, "email": "kvaex@example.dk", "phone": "", "address": "", "reply": Channel.EMAIL}
AT = {"road": CITIZEN, "lat": None, "lng": None}


@pytest.fixture
def cases(app, template):
    """The machine, on this test's own database."""
    Cases.app, Cases.template = app, template
    return Cases


@pytest.mark.sqlite  # where a try takes a moment; on PostgreSQL, the walks below make the same steps
def test_each_step_in_each_status_is_taken_or_refused(cases, tmp_path):
    ways = {"received": (), "needs_information": ("ask",), "accepted": ("accept",), "answered": ("accept", "answer"),
            "declined": ("decline",), "referred": ("refer",), "withdrawn": ("withdraw",), "spam": ("set_aside",)}
    details = {"at": AT, "words": CITIZEN, "days": 3, "who": WHO}
    case = cases()
    try:
        for status, way in case.tried_from_here(tmp_path / "none", ways.items()):
            case.another_wish(WHO, AT, CITIZEN, "web", "en")
            for step in way:
                if step == "answer":
                    case.the_officer_plans([0], AT, (-3, 1), "", "traffic")
                    case.enter_findings(1, FINDINGS)
                    case.report(1)
                else:
                    case.do(step, 1, **details)
            assert case.bookings[1]["status"] == status
            for name in case.tried_from_here(tmp_path / status, STEPS):
                case.do(name, 1, **details)
                case.everything_stands_as_reckoned()
                case.every_closed_booking_has_a_letter_about_how_it_ended()
            if status in ENDED:  # on the last day it may still be taken up again; then no more
                for hours in case.tried_from_here(tmp_path / f"{status} later", (30 * 24, 30 * 24 + 1)):
                    case.time_passes(hours)
                    case.do("reopen", 1, words=CITIZEN)
                    case.everything_stands_as_reckoned()
    finally:
        case.teardown()


@pytest.mark.sqlite  # where a try takes a moment; on PostgreSQL, the walks below make the same steps
def test_each_step_of_a_visit_in_each_state_is_taken_or_refused(cases, tmp_path):
    ways = {"coming": (), "begun": (), "done": ("enter",), "reported": ("enter", "report"),
            "with a correction": ("enter", "report", "enter"), "cancelled": ("cancel",)}
    case = cases()
    try:
        case.another_wish(WHO, AT, CITIZEN, "web", "da")
        case.do("accept", 1)
        for (state, way), found in case.tried_from_here(
                tmp_path / "accepted", itertools.product(ways.items(), [FINDINGS, NOTHING])):
            steps = {"reschedule": lambda: case.reschedule(1, AT, (48, 1), "", False), "cancel": lambda: case.cancel(1),
                     "choose": lambda: case.choose(1, []), "report": lambda: case.report(1),
                     **dict.fromkeys(("enter", "enter_findings"), lambda f=found: case.enter_findings(1, f))}
            case.the_officer_plans([0], AT, (2, 1) if state == "coming" else (-3, 1), "", "traffic")
            for step in way:
                steps[step]()
            for name in case.tried_from_here(tmp_path / f"{state} {found is NOTHING}", VISIT_STEPS):
                steps[name]()
                case.everything_stands_as_reckoned()
    finally:
        case.teardown()


def test_a_correction_goes_to_those_who_were_told_but_not_to_who_has_withdrawn(cases):
    """The page on which a citizen withdraws says: you then get no findings."""
    case = cases()
    try:
        case.two_wishes_are_granted_and_a_control_is_planned(WHO, AT, CITIZEN, (-3, 1))
        case.enter_findings(1, NOTHING)
        case.report(1)  # nothing could be carried out: both wishes stand
        case.do("withdraw", 1)
        case.enter_findings(1, FINDINGS)
        case.report(1)
        case.two_wishes_are_granted_and_a_control_is_planned(WHO, AT, CITIZEN, (-60, 1))
        case.another_wish(WHO, AT, CITIZEN, "web", "da")
        case.do("accept", 5)
        case.the_officer_plans([2, 3, 4], AT, (-3, 1), "", "traffic")
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
