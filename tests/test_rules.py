"""The rules of a service in numbers: the model knows them, and nobody hands them in."""

import pytest
from flask_babel import force_locale
from helpers import wish
from helpers_cases import reported

import catalogue
from models import Booking, Place, Visit, add_working_days, db, today


def test_a_service_without_rules_fails_loudly(app):
    with app.app_context(), pytest.raises(KeyError, match="karaoke"):
        Booking.receive(form_token="1", service="karaoke", place=Place(road="Bygaden", town="Haslev"))


def test_rules_of_a_service_are_those_of_its_entry_in_the_catalogue(app):
    known = wish(app)
    with app.app_context():
        booking = db.session.get(Booking, known.id)
        assert booking.rules is catalogue.SERVICES["traffic"]
        assert booking.due_on == booking.rules.answer_due()


def test_no_sooner_answer_is_promised_than_the_form_stated():
    rules = catalogue.SERVICES["traffic"]
    assert rules.answer_due() == rules.answer_due(3) == add_working_days(today(), rules.answer_within)
    assert rules.answer_due(rules.answer_within + 7) == add_working_days(today(), rules.answer_within + 7)


def test_a_report_counts_in_the_figures_whoever_sends_it(app):
    id = reported(app, wish(app))
    with app.app_context():
        assert {s.what: s.number for s in db.session.get(Visit, id).statistics} == {
            "done": 1, "charged": 0, "passed": 94, "of_passed": 0}


@pytest.mark.parametrize(("chosen", "words"), [
    (["burglary", "traffic"], "Burglary, Traffic"), (["planting"], "Planting, sight lines"),
    (["lighting", "planting", "path"], "Lighting; Planting, sight lines; Underpass, path")])
def test_a_list_shows_how_many_there_are_where_one_of_them_has_a_comma(app, chosen, words):
    with app.test_request_context("/"), force_locale("en"):
        assert catalogue.SERVICES["meeting"].findings.words({"worries": chosen})["worries"] == words
