"""Results that everybody may read: when they become public, what they say, and that nothing else can be learnt."""

import ast
import csv
import io
import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from conftest import OFFICER, Person, book, logged_in
from helpers import as_sent, filled, letters_shown, wish
from helpers_cases import FOUND, planned, seen_now
from helpers_code import ROOT
from helpers_results import (  # noqa: F401 (a fixture)
    clock,
    correct,
    days_later,
    downloads,
    post_letters,
    release,
    reported,
    with_visit,
)
from sqlalchemy import select
from wtforms import TextAreaField

import catalogue
from forms import Line
from models import (
    Assignee,
    Booking,
    Channel,
    DeliveryStatus,
    Event,
    EventKind,
    Letter,
    Officer,
    Place,
    Result,
    RetentionDecision,
    Task,
    TaskStatus,
    Visit,
    db,
    now,
    today,
)
from models.results import search_key
from privacy import removal
from reporting.export import csv_stream

pytestmark = pytest.mark.usefixtures("clock")
PLACE = "/resultater/sted/1/terslev-bygade-haslev"
TERSLEV = {"road": "Terslev Bygade", "lat": 55.37393, "lng": 11.96235}


def released(app, clock, **changes) -> int:  # noqa: F811
    """A control whose result is public; the number of its visit."""
    id = reported(app, wish(app, **TERSLEV | changes))
    days_later(app, clock, 7)
    return id


def page(app, path: str) -> str:
    return Person(app).get(path).text


def records(app, query: str = "") -> list[dict]:
    return json.loads(app.test_client().get(f"/en/resultater.json{query}").data)["results"]


# When a result becomes public.


def test_not_a_byte_of_what_is_public_tells_of_a_control_before_its_result_is_released(app, clock):  # noqa: F811
    more = (PLACE, "/resultater.atom?sted=1", "/resultater?q=Terslev")
    before = downloads(app, *more)
    asked = wish(app, **TERSLEV)
    assert downloads(app, *more) == before, "asked"
    id = planned(app, asked, start=now() + timedelta(hours=3))
    assert downloads(app, *more) == before, "planned"
    clock.shift(timedelta(hours=6))
    with_visit(app, id, lambda visit, officer: visit.enter_findings(officer, FOUND))
    assert downloads(app, *more) == before, "done, not reported"
    with_visit(app, id, lambda visit, officer: visit.report(officer))
    days_later(app, clock, 6)
    assert downloads(app, *more) == before, "reported, not released"
    days_later(app, clock, 1)
    public = downloads(app, *more)
    assert public != before and public[PLACE][0] == 200, "released"

    planned(app, wish(app, **TERSLEV, name="Bo"), start=now() + timedelta(days=80))
    assert downloads(app, *more) == public, "another control is planned there"
    correct(app, id, passed=95)
    corrected = downloads(app, *more)
    assert corrected != public
    assert b"95 vehicles" in corrected[f"/en{PLACE}"][2] and b"94" in corrected[f"/en{PLACE}"][2], "says what it was"
    with_visit(app, id, lambda visit, officer: visit.withhold(officer, "Et skilt var skjult."))
    assert downloads(app, *more) == before, "withdrawn"
    with_visit(app, id, lambda visit, officer: visit.allow_release(officer))
    assert downloads(app, *more) == corrected, "shown again"


def test_two_downloads_a_day_apart_tell_nothing_of_who_asked_when_or_where(app, clock):  # noqa: F811
    released(app, clock)
    first = downloads(app, PLACE)
    reference, _ = book(Person(app), road="Terslev Bygade")
    asked = [wish(app, **TERSLEV, name=f"Nr. {n}") for n in range(3)]
    with app.app_context():
        asked[0] = db.session.merge(asked[0])
        Booking.by_reference(asked[1].reference).withdraw()
        Booking.by_reference(reference).decline(Officer.by_email(OFFICER), "resources", "", "")
        db.session.commit()
        second = Booking.by_reference(asked[2].reference)
        db.session.expunge_all()
    other = reported(app, second)
    days_later(app, clock, 1)
    assert downloads(app, PLACE) == first
    old = records(app)
    days_later(app, clock, 6)
    assert [r for r in records(app) if r["id"] != 2] == old, "what was public stays as it was, also how many asked"
    with app.app_context():
        assert db.session.query(Result).filter_by(visit_id=other).one().place_number == 1


def test_a_result_waits_until_the_last_of_those_who_asked_had_the_letter_for_five_working_days(
        app, clock):  # noqa: F811
    by_phone = wish(app, **TERSLEV, email="", phone="12345678", reply=Channel.PHONE)
    reported(app, wish(app, **TERSLEV), by_phone)
    days_later(app, clock, 10)
    assert records(app) == []
    with app.app_context():
        letter = next(x for x in Booking.by_reference(by_phone.reference).letters if x.kind == EventKind.ANSWERED)
        letter.do_by_hand(Officer.by_email(OFFICER))
        db.session.commit()
    days_later(app, clock, 6)
    assert records(app) == []
    days_later(app, clock, 1)
    assert [(r["asked"], r["heard"]) for r in records(app)] == [(None, None)], "so few are not counted out"


def test_a_letter_about_another_visit_keeps_no_result_from_the_public(app, clock):  # noqa: F811
    asked = wish(app, **TERSLEV)
    first = reported(app, asked)
    days_later(app, clock, 2)
    second = reported(app, asked, findings=FOUND | {"passed": 50})
    with app.app_context():
        db.session.query(Letter).filter_by(kind=EventKind.FOLLOWED_UP).one().mark_failed("550 No such mailbox")
        db.session.commit()
    days_later(app, clock, 5)
    assert [r["measured"] for r in records(app)] == [94], "on the day on which it would have been without it"
    days_later(app, clock, 20)
    with app.app_context():
        assert [db.session.get(Visit, id).result is not None for id in (first, second)] == [True, False]


def test_what_was_not_carried_out_has_no_result_and_one_that_was_held_back_has_none_until_it_is_allowed(
        app, clock):  # noqa: F811
    reported(app, wish(app), findings={"performed": "no", "cause": "weather", "suit": "suitable", "next": ["closed"]})
    id = planned(app, wish(app, **TERSLEV), start=now() - timedelta(hours=3))
    with_visit(app, id, lambda visit, officer: visit.enter_findings(officer, FOUND))
    officer = logged_in(app)
    shown = officer.get(f"/en/kontor/besoeg/{id}/svar")
    assert "5 working days after the letters" in shown.text
    reason = "Målingen kan være forkert."
    officer.post(f"/en/kontor/besoeg/{id}/svar", {"withhold": reason})
    days_later(app, clock, 20)
    assert records(app) == []
    officer = logged_in(app)
    assert reason in officer.get(f"/en/kontor/besoeg/{id}").text
    officer.post(f"/en/kontor/besoeg/{id}/resultat/frigiv")
    release(app)
    assert [r["measured"] for r in records(app)] == [94]
    without = officer.post(f"/en/kontor/besoeg/{id}/resultat/tilbagehold", {"withhold": ""})
    assert without.status == 422
    officer.post(f"/en/kontor/besoeg/{id}/resultat/tilbagehold", {"withhold": "Klage over målingen."})
    assert records(app) == [] and Person(app).get(PLACE, check=False).status == 404
    with app.app_context():
        kinds = [e.kind for e in db.session.query(Event).filter_by(visit_id=id)
                 if e.kind.startswith("result")]
    assert kinds == [EventKind.RESULT_WITHHELD, EventKind.RESULT_ALLOWED, EventKind.RESULT_RELEASED,
                     EventKind.RESULT_WITHHELD]


# What it says.


def test_nobody_charged_is_good_news_and_a_share_is_stated_from_a_hundred_vehicles_beside_the_usual_one(
        app, clock):  # noqa: F811
    released(app, clock)
    reported(app, wish(app, road="Faxevej", postcode="4683", town="Rønnede"),
             findings=FOUND | {"passed": 1000, "charged": 20, "fine": 20, "top": 71})
    days_later(app, clock, 7)
    book_here = re.search(r'href="(/en/bestil/[^"]*)"', Person(app).get(f"/en{PLACE}").html)[1].replace("&amp;", "&")
    assert 'value="Terslev Bygade"' in Person(app).get(book_here).html
    assert "94 vehicles were measured. Nobody was charged" in page(app, f"/en{PLACE}")
    assert "That is good news." in page(app, f"/en{PLACE}")
    assert "we never tell beforehand where and when we make a control" in page(app, f"/en{PLACE}")
    faxevej = page(app, "/en/resultater?q=ronnede+faxevej+12")
    assert "20 drivers were charged with speeding. That is 2.0% of those measured." in faxevej
    assert "Usual in the whole district: 1.8%" in faxevej
    assert "Traffic control, speed camera van, speed limit 50 km/h" in faxevej, "without which no speed says much"
    shares = {r["road"]: (r["share_charged"], r["usual_share"]) for r in records(app)}
    assert shares == {"Terslev Bygade": (None, None), "Faxevej": (0.02, round(20 / 1094, 4))}


def test_a_usual_share_that_another_result_has_changed_after_the_preview_is_shown_before_it_is_sent(
        app, clock):  # noqa: F811
    """The letter says it beside the visit's own share."""
    charged = {"charged": 20, "fine": 20, "top": 71,
               "periods": [{"day": "2026-06-08", "starts": "07:00", "ends": "08:00"}]}
    reported(app, wish(app, road="Faxevej", postcode="4683", town="Rønnede"),
             findings=FOUND | charged | {"passed": 1000})
    id = planned(app, booking := wish(app), start=now() - timedelta(hours=3))
    with_visit(app, id, lambda visit, officer: visit.enter_findings(officer, FOUND | charged))
    path = f"/en/kontor/besoeg/{id}/svar"
    shown = logged_in(app).get(path)
    assert "Usual in the whole district" not in letters_shown(shown)[0]
    days_later(app, clock, 7)
    officer, before = logged_in(app), len(seen_now(app, booking).letters)
    page = officer.post(path, {name: shown.hidden[name][0] for name in ("version", "preview")})
    assert page.status == 409 and len(seen_now(app, booking).letters) == before
    assert "Usual in the whole district: 2.0%" in letters_shown(page)[0]
    assert officer.post(path, as_sent(page, "preview")).status == 200
    assert "Usual in the whole district: 2.0%" in seen_now(app, booking).letters[-1].text


def test_a_result_is_of_the_day_on_which_it_was_found_also_after_a_correction(app, clock):  # noqa: F811
    other = {"day": "2026-06-05", "starts": "20:00", "ends": "21:00"}
    id = reported(app, wish(app), findings=FOUND | {"periods": [other]})
    days_later(app, clock, 7)
    assert [(r["day"], r["time_of_day"]) for r in records(app)] == [("2026-06-05", "evening")]
    correct(app, id, periods=[other | {"day": "2026-06-04"}])
    assert [(r["day"], r["corrected_on"]) for r in records(app)] == [("2026-06-04", "2026-06-15")]
    correct(app, id, periods=[other | {"day": "2026-06-04", "starts": "07:00"}], top=81)
    assert records(app)[0]["before"] == {"time_of_day": "evening", "highest_speed": None}, "by the names of the file"
    correct(app, id, periods=[other | {"day": "2026-06-05"}])
    correct(app, id, periods=[other | {"day": "2026-06-04"}])
    said = page(app, "/en/resultater/sted/1/bygaden-haslev")
    assert re.search("Before, it said: *Date: 5 June 2026", re.sub(r"\s+", " ", said))
    later = other | {"starts": "23:00", "ends": "23:30"}
    correct(app, id, periods=[later, other | {"day": "2026-06-03"}])
    assert [r["day"] for r in records(app)] == ["2026-06-03"], "the first, in whatever order they were typed"
    assert held_meeting(app, public_outcome=True, day="2026-06-07", starts="23:00")
    days_later(app, clock, 7)
    assert "2026-06-07" in {r["day"] for r in records(app)}


def test_whoever_tells_of_an_earlier_result_names_the_month_in_which_it_was_found(app, clock):  # noqa: F811
    """A control that was planned for June and was made in May: to whoever asks at the place, and to who hears again."""
    booking = wish(app, **TERSLEV)
    found = FOUND | {"periods": [{"day": "2026-05-29", "starts": "20:00", "ends": "21:00"}]}
    id = reported(app, booking, findings=found)
    days_later(app, clock, 7)
    check = Person(app).post("/en/bestil/faerdselskontrol", filled(road="Terslev Bygade"))
    assert "Last result, May 2026: 94 vehicles measured" in check.text
    wish(app, **TERSLEV)
    assert "29 May 2026" in logged_in(app).get("/en/kontor/steder").text
    reported(app, booking)
    letter = seen_now(app, booking).letters[-1]
    assert letter.kind == EventKind.FOLLOWED_UP and "The time before, May 2026: 94 vehicles measured" in letter.text
    with app.app_context():
        assert db.session.get(Visit, id).found_on.isoformat() == "2026-05-29"


def test_whoever_is_to_do_something_after_a_visit_reads_the_day_on_which_it_was_held(app, clock):  # noqa: F811
    held_meeting(app, day="2026-06-07")
    with app.app_context():
        letter, = db.session.query(Letter).filter_by(kind=EventKind.TASKS_SENT)
        assert "7. juni 2026" in letter.subject and "7. juni 2026" in letter.text
        owner = letter.assignee
        own = f"/ansvar/{owner.id}/{owner.secret}"
    assert "7. juni 2026" in Person(app).get(own).text


def test_the_words_about_what_comes_next_are_the_same_for_all_places(app, clock):  # noqa: F811
    id = released(app, clock)
    reported(app, wish(app, road="Faxevej", postcode="4683", town="Rønnede"), findings=FOUND | {"next": ["repeat"]})
    days_later(app, clock, 7)
    with_visit(app, id, lambda visit, officer: visit.place.describe(officer, "suitable", "", "", None))
    said = [re.findall(r"What comes next.*?gets an answer", page(app, f"/en/resultater/sted/{n}")) for n in (1, 2)]
    assert said[0] == said[1] != []


def test_a_point_is_rounded_so_that_no_two_are_closer_than_a_hundred_metres(app, clock):  # noqa: F811
    released(app, clock)
    (point,) = [r["geometry"]["coordinates"] for r in json.loads(
        app.test_client().get("/resultater.geojson").data)["features"]]
    assert point == [11.962, 55.374]
    one, east, north = (Place(road="", town="", lat=lat, lng=lng) for lat, lng in (
        (55.374, 11.962), (55.374, 11.964), (55.375, 11.962)))
    assert min(one.metres_to(east.lat, east.lng), one.metres_to(north.lat, north.lng)) > 100


def test_a_place_is_found_as_people_type_it(app, clock):  # noqa: F811
    reported(app, wish(app, road="Faxevej", postcode="4683", town="Rønnede"))
    reported(app, wish(app, road="Ålevej", postcode="4700", town="Næstved", municipality="Næstved"))
    days_later(app, clock, 7)
    for typed in ("Rønnede", "ronnede", "Roennede", "RØNNEDE", "Faxevej 12", "faxevej.", "4683", "faxevej ronnede",
                  "Faxevej 12B", "Faxe Vej"):
        assert [r["road"] for r in records(app, f"?q={typed}")] == ["Faxevej"], typed
    assert search_key("Aalevej Naestved") == search_key("Ålevej Næstved")


def test_a_correction_shows_at_once_and_says_what_it_was(app, clock):  # noqa: F811
    id = reported(app, wish(app, **TERSLEV), findings=FOUND | {"passed": 498, "charged": 15, "fine": 15})
    days_later(app, clock, 7)
    correct(app, id, charged=11, fine=11, prelim=False)
    said = page(app, f"/en{PLACE}")
    assert "Corrected on 15 June 2026. Before, it said:" in said and "11 drivers were charged" in said
    assert re.search(r"Charged with speeding, in total: 15", said) and "of these, fine only: 15" in said
    (record,) = records(app)
    assert record["corrected_on"] == "2026-06-15" and record["before"]["charged"] == 15
    assert "Corrected on 15 June 2026." in app.test_client().get("/en/resultater.atom").text
    correct(app, id, performed="no", cause="technical")
    assert records(app) == [], "there was no control after all"


# Meetings, walks and visits of the van.


def held_meeting(app, **findings) -> int:
    """A meeting that was reported; the number of its visit."""
    booking = wish(app, service="meeting", road="Forsamlingshuset, Bygaden 4", answers={"kind": "public"})
    with app.app_context():
        officer, found = Officer.by_email(OFFICER), Booking.by_reference(booking.reference)
        start = now() - timedelta(hours=4)
        visit = Visit.plan(officer, service="meeting", place=found.place, starts_at=start,
                           ends_at=start + timedelta(hours=2), resource_units={"crew": "Ida"}, bookings=[found],
                           date_agreed=True, public_place="Forsamlingshuset, Bygaden 4")
        db.session.flush()
        task = Task.enter(officer, visit, form_token="en", assignee=Assignee.for_visit(visit, "municipality"),
                          status=TaskStatus.NEW, reason="", what="Lyset i tunnelen", details={}, due_on=None,
                          public=True, lat=None, lng=None)
        visit.enter_findings(officer, {
            "held": "yes", "day": "2026-06-08", "starts": "06:00", "ends": "08:00", "place": "Forsamlingshuset",
            "number": 38, "topics": ["burglary"], "worries": ["lighting"], "worries_text": "KVAKS", "summary": "ZULU",
            "facts": "KVAKS", "note": "ZULU", **findings})
        clock_after = visit.ends_at
        visit.report(officer)
        task.assignee.send(officer)
        db.session.commit()
        assert clock_after < now()
        return visit.id


def test_a_meeting_is_public_only_where_its_organiser_has_agreed(app, clock):  # noqa: F811
    held_meeting(app)
    days_later(app, clock, 10)
    assert records(app) == []


def test_an_agreed_outcome_tells_topics_worries_and_how_the_tasks_stand_and_nobodys_words(app, clock):  # noqa: F811
    id = held_meeting(app, public_outcome=True)
    days_later(app, clock, 7)
    (record,) = records(app)
    assert record["road"] == "Forsamlingshuset, Bygaden" and record["details"] == {
        "topics": ["burglary"], "worries": ["lighting"], "number": 38}
    assert record["tasks"][0]["what"] == "Lyset i tunnelen" and record["tasks"][0]["status"] == "sent"
    brief = page(app, "/en/resultater")
    assert "38 took part. We talked about: " in brief, brief[1000:2500]
    with_visit(app, id, lambda visit, officer: visit.tasks[0].answer(TaskStatus.UNDER_WAY, "KVAKS har ringet."))
    with_visit(app, id, lambda visit, officer: visit.publish(officer, True))
    said = page(app, "/en/resultater/sted/1")
    assert "everybody who asks gets an answer" in said and "we make a control" not in said, "its date was no secret"
    assert "Municipality, roads and parks: under way" in re.sub(r"\s+", " ", said) and "Read the protocol" in said
    for path, (_, headers, body) in downloads(app, "/resultater/sted/1/forsamlingshuset-bygaden-haslev").items():
        assert not re.search(rb"KVAKS|ZULU|Anna", body), path


def test_a_task_that_is_sent_later_is_sent_in_public_too(app, clock):  # noqa: F811
    id = held_meeting(app, public_outcome=True)
    days_later(app, clock, 7)

    def give_to_somebody_else(visit: Visit, officer: Officer) -> None:
        task = visit.tasks[0]
        task.update(officer, assignee=Assignee.for_visit(visit, "housing"), status="sent", reason="", what=task.what,
                    details={}, due_on=None, public=True, lat=None, lng=None)

    with_visit(app, id, give_to_somebody_else)
    assert [task["status"] for task in records(app)[0]["tasks"]] == ["new"]
    clock.shift(timedelta(days=1))
    with_visit(app, id, lambda visit, officer: [assignee.send(officer) for assignee in visit.assignees])
    record = records(app)[0]
    assert [task["status"] for task in record["tasks"]] == ["sent"] and record["updated_on"] == today().isoformat()


def test_of_a_removed_visit_the_public_still_reads_how_many_tasks_there_were_and_how_they_stand(app, clock):  # noqa: F811
    id = held_meeting(app, public_outcome=True)
    days_later(app, clock, 7)
    with_visit(app, id, lambda visit, officer: visit.publish(officer, True))
    with_visit(app, id, lambda visit, officer: visit.tasks[0].answer(TaskStatus.DONE, "Lyser igen."))
    post_letters(app)
    with app.app_context():
        officer = Officer.by_email(OFFICER)
        for booking in db.session.query(Booking):
            booking.journalise(officer, "2026-1")
        for letter in db.session.query(Letter):
            letter.delivery_status = DeliveryStatus.SENT
        RetentionDecision.enter(officer, "2026-17", 12, today() + timedelta(days=1))
        db.session.commit()
    clock.shift(timedelta(days=800))
    with app.app_context():
        removal.run()
        assert db.session.get(Visit, id).removed_on
    record = records(app)[0]
    assert record["updated_on"] == today().isoformat()
    assert [(task["what"], task["status"], task["owner"]) for task in record["tasks"]] == [("", "done", "municipality")]
    [row] = csv.DictReader(io.StringIO(app.test_client().get("/en/resultater.csv").data.decode()), delimiter=";")
    assert row["tasks"] == "Done"
    said = page(app, "/en/resultater/sted/1")
    assert "Municipality, roads and parks: done" in re.sub(r"\s+", " ", said) and "Read the protocol" not in said


@pytest.mark.parametrize("service", catalogue.SERVICES.values(), ids=lambda service: service.key)
def test_what_a_service_publishes_is_never_typed_freely(service):
    form = service.findings(formdata=None, meta={"csrf": False})
    when = {"day": "2026-06-08", "starts": "07:00"}
    every = {name: "KVAKS" for name in form._fields} | {"performed": "yes", "held": "yes", "limit": "50",
                                                         "public_outcome": True, "periods": [when], **when}
    named = service.published(every)["details"]
    assert named and not [name for name in named if isinstance(form[name], (TextAreaField, Line))]
    assert not named.keys() & service.findings.internal


@pytest.mark.parametrize(("service", "details", "says"), [
    ("walk", {"light": "dark", "people": [{"role": "residents", "count": 12}], "worries": ["lighting"]},
     "12 took part."), ("walk", {"light": "dark"}, "Light: after dark."), ("van", {"visitors": 9}, "About 9 visitors."),
    ("meeting", {"advice": ["burglary"]}, "We gave advice on:")])
def test_a_result_is_told_in_the_sentences_of_its_letter(app, service, details, says):
    with app.test_request_context("/", base_url="http://127.0.0.1:8000/en"):
        macros = app.jinja_env.get_template("citizen/_result.html").make_module({"catalogue": catalogue.SERVICES})
        said = macros.outcome(Result(service=service, details=details))
    assert says in said and "  " not in said and "None" not in said, said


# Places.


def test_the_address_of_a_place_stays_when_it_is_made_one_with_another(app, clock):  # noqa: F811
    released(app, clock)
    reported(app, wish(app, road="Terslev Bygade nord"))
    days_later(app, clock, 7)
    person = Person(app)
    assert person.client.get("/resultater/sted/1").location == PLACE
    with app.app_context():
        first, second = db.session.query(Place).order_by(Place.id)
        first.merge_into(Officer.by_email(OFFICER), second)
        db.session.commit()
    merged = "/resultater/sted/1/terslev-bygade-nord-haslev"
    for old in (PLACE, "/resultater/sted/2/terslev-bygade-nord-haslev", "/resultater/sted/2"):
        answer = person.client.get(old)
        assert (answer.status_code, answer.location) == (301, merged)
    assert {r["place"] for r in records(app)} == {1}
    with app.app_context():
        renewed = {r["updated_on"] for r in records(app) if r["road"] == "Terslev Bygade nord"}
        assert today().isoformat() in renewed, "whoever keeps a copy hears that its road has another name"
    assert person.get(merged).html.count('id="nr-') == 2
    assert person.client.get("/resultater/sted/9").status_code == 404


def test_the_address_of_a_place_stays_when_its_first_result_is_held_back(app, clock):  # noqa: F811
    released(app, clock)
    for _ in range(2):
        reported(app, wish(app, road="Terslev Bygade nord"))
    days_later(app, clock, 7)
    with app.app_context():
        first, second = db.session.query(Place).order_by(Place.id)
        second.merge_into(Officer.by_email(OFFICER), first)
        db.session.get(Result, 2).withdrawn_on = today()
        db.session.commit()
    person = Person(app)
    assert person.client.get("/resultater/sted/2").location == PLACE
    assert person.get(PLACE).html.count('id="nr-') == 2


# Files and feeds.


def test_a_spreadsheet_with_danish_settings_reads_the_csv_right(app, clock):  # noqa: F811
    reported(app, wish(app, road="@Torvet"), findings=FOUND | {"passed": 1000, "charged": 5, "fine": 5})
    reported(app, wish(app, road='=HYPERLINK "x";y', lat=55.3741, lng=11.9622))
    days_later(app, clock, 7)
    raw = app.test_client().get("/resultater.csv").data
    assert raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\r\n")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert [row["road"] for row in rows] == ["'=HYPERLINK \"x\";y", "'@Torvet"]
    assert [row["share_charged"] for row in rows] == ["", "0,0050"] and rows[0]["latitude"] == "55,3740"
    assert [row["day"] for row in rows] == ["2026-06-08"] * 2 and rows[0]["measured"] == "94"
    cells = ["06-09", "1/2", "2026-05-11", 2.5, None]
    assert "".join(csv_stream([cells])) == "\ufeff'06-09;'1/2;2026-05-11;2,5000;\r\n"


def test_the_files_the_feed_and_the_page_about_them_fit_together(app, clock):  # noqa: F811
    released(app, clock)
    client = app.test_client()
    columns = client.get("/resultater.csv").data.decode("utf-8-sig").splitlines()[0].split(";")
    about = client.get("/en/resultater/data").text
    assert columns == list(records(app)[0]) == re.findall(r"<code>\s*(\w+)\s*</code>", about)
    assert "CC BY 4.0" in about
    feature = json.loads(client.get("/en/resultater.geojson").data)["features"][0]
    assert feature["properties"] == records(app)[0]
    for address, count in (("", 1), ("?kommune=Faxe", 1), ("?kommune=Sorø", 0), ("?sted=1", 1), ("?sted=2", 0)):
        feed = ElementTree.fromstring(client.get(f"/resultater.atom{address}").data)
        assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == count, address
    listed = ElementTree.fromstring(client.get("/sitemap.xml").data)
    places = [loc.text for loc in listed.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc") if "sted" in loc.text]
    assert [path.partition("8000")[2] for path in places] == [PLACE, f"/en{PLACE}"]


def test_what_nobody_can_look_for_is_said_beside_its_field_and_finds_no_error_of_ours(app, clock):  # noqa: F811
    released(app, clock)
    for query in ("kommune=x", "ydelse=x", "aar=x", "aar=9", f"q={'x' * 101}", "efter=x", "sted=x", "sted=-1", "q=%00",
                  "sted=9223372036854775808", f"sted={'9' * 30}"):
        for path in ("/resultater", "/resultater/kort", "/resultater.csv", "/resultater.atom", "/resultater.json"):
            assert Person(app).client.get(f"{path}?{query}", buffered=True).status_code in (200, 422), (path, query)
    assert "Not a valid choice" not in Person(app).get("/resultater?kommune=x").text


def test_the_list_of_500_places_is_small_and_loads_no_map(app, clock):  # noqa: F811
    released(app, clock)
    with app.app_context():
        result, visit = (dict(db.session.execute(select(kind.__table__)).mappings().one()) for kind in (Result, Visit))
        db.session.execute(Visit.__table__.insert(), [visit | {"id": n} for n in range(2, 501)])
        db.session.execute(Result.__table__.insert(), [
            result | {"id": n, "visit_id": n, "place_number": n} for n in range(2, 501)])
        db.session.commit()
    first = Person(app).get("/resultater")
    assert len(first.response.data) < 40_000 and "leaflet" not in first.html and "efter=" in first.html
    assert "leaflet" in Person(app).get("/resultater/kort").html
    seen, address = set(), "/resultater"
    while address:
        html = Person(app).get(address).html
        seen |= set(re.findall(r"/sted/(\d+)/", html))
        address = next(iter(re.findall(r'href="([^"]*efter=[^"]*)"', html.partition('class="pagination"')[2])), None)
    assert len(seen) == 500


# Secret by construction.


@pytest.mark.parametrize("path", ["models/results.py", "reporting/results.py", "citizen/results.py"])
def test_what_shows_results_knows_of_no_visit_booking_or_place(path):
    names = {alias.name for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
             if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert not names & {"Visit", "Booking", "Place", "Task", "Assignee", "Event", "Letter", "Reservation", "Proposal"}
    assert not {c.name for c in Result.__table__.columns} & {"place_id", "booking_id"}
    assert {r.key for r in Result.__mapper__.relationships} == set()
