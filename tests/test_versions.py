"""What is sent or kept is what was shown: a press on an older version of a page does nothing and shows it anew."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import databases
import pytest
import time_machine
from conftest import OFFICER, ROOT, WISH, Person, logged_in
from helpers import as_sent, case, how_many, letters_shown, wish
from helpers_cases import FOUND, accept, change, link, planned, seen_now
from helpers_district import SPOT, posts, version_at

from models import (
    Booking,
    DeclineReason,
    FindingsLink,
    Letter,
    Officer,
    OpeningHours,
    Place,
    Task,
    Visit,
    db,
    now,
    start_writing,
)
from office.blueprint import PUBLIC_ENDPOINTS
from office.subjects import ABOUT
from office.versions import ADDS_ONLY, SHOWN_FIRST

CHANGED, MOVE_MANY = "Nothing was sent or saved", "/en/kontor/flere/flyt"
# Presses that can overwrite nothing and send nothing of what a page has shown, and why.
ABOUT_NOTHING = {
    "office.tasks": "adds a task", "office.register_by_phone": "adds a case",
    "office.plan_for_many": "leads to the form",
    "office.person": "only shows", "office.log_in": "a door", "office.invitation": "a door",
    **dict.fromkeys(("office.log_out", "office.end_session", "office.password", "office.second_factor",
                     "office.recovery_codes"), "an officer's own account")}


@pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")
def test_no_press_of_the_office_goes_through_on_an_older_version_of_its_page(district):
    todo, officer = posts(district), logged_in(district.app)
    presses = {rule.endpoint for rule in district.app.url_map.iter_rules()
               if "POST" in rule.methods and rule.endpoint.startswith("office.")}
    known = {f"office.{name}" for name in ABOUT}
    assert known | SHOWN_FIRST | ADDS_ONLY <= district.app.view_functions.keys(), "a view has another name now"
    assert presses - known <= ABOUT_NOTHING.keys(), "say in office/versions.py what the new page is about"
    assert ABOUT_NOTHING.keys() >= ADDS_ONLY and presses == {name for name, *_ in todo if name.startswith("office.")}
    colleague = logged_in(district.app)
    for endpoint, path, data in todo:
        if endpoint in ABOUT_NOTHING or not endpoint.startswith("office."):
            continue
        shown, was = version_at(district.app, path), kept_of(district)
        for before in ({"version": "of an older page"}, {"version": shown}):
            if before["version"] == shown:  # a colleague is quicker, with the very same press
                answer = colleague.client.post(path, data={**data, "csrf_token": colleague.token, "version": shown})
                assert answer.status_code < 409, f"{path} is kept back, and nothing has changed"
                was = kept_of(district)
            page = officer.client.post(path, data={**data, "csrf_token": officer.token, **before})
            assert kept_of(district) == was, f"{path} went through"
            gone = {302, 303, 404} if before["version"] == shown else {302}  # leads to what there is instead
            assert page.status_code in {409, *gone} or endpoint == "office.decide_many", path


@pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")
def test_every_press_of_the_office_that_comes_twice_is_done_once_and_answered_as_the_first(district):
    """As by a double click: the browser shows the second answer alone."""
    officer = logged_in(district.app)
    for endpoint, path, data in posts(district):
        if endpoint in ABOUT_NOTHING.keys() - ADDS_ONLY or not endpoint.startswith("office."):
            continue
        typed = {**data, "csrf_token": officer.token, "version": version_at(district.app, path)}
        if endpoint == "office.decide_many":
            typed["seen"] = "1000000"
        first, kept = officer.client.post(path, data=typed), district.kept()
        said = messages_of(officer)
        again = officer.client.post(path, data=typed)
        assert district.kept() == kept, f"{path} was done twice"
        assert (again.status_code, again.location, messages_of(officer)) == (303, first.location, said), path
        assert first.status_code == 303, path


def messages_of(person: Person) -> list:
    """What the next page would say first; it is taken from the session, as by that page."""
    with person.client.session_transaction() as session:
        return session.pop("_flashes", [])


def kept_of(district) -> dict[str, list]:
    """Without what a log-in keeps of its own last press, also where there was nothing left to do."""
    return {table: rows for table, rows in district.kept().items() if table != "log_ins"}


def test_every_form_of_a_page_of_the_office_carries_its_version(app, ida):
    booking = wish(app)
    id = planned(app, booking)
    for path in (case(booking), case(booking, "afslag"), f"/en/kontor/besoeg/{id}", f"/en/kontor/besoeg/{id}/flyt",
                 "/en/kontor/kalender/indstillinger", "/en/kontor/data", "/en/kontor/data/privatliv",
                 "/en/kontor/tekster/faerdselskontrol/resources", "/en/kontor/indtag/faerdselskontrol"):
        page = ida.get(path)
        assert len(page.hidden["version"]) == len(page.hidden["csrf_token"]), path
    assert PUBLIC_ENDPOINTS - {"office.feed"} <= {"office.log_in", "office.findings_by_link", "office.invitation"}


def test_from_the_page_of_a_case_one_can_log_out(app, ida):
    page = ida.get(case(accept(app, wish(app))))
    ida.post("/en/kontor/log-ud", {"version": page.hidden["version"][0]})
    assert ida.client.get("/en/kontor/").location.startswith("/en/kontor/log-ind")


# What goes to citizens.


def test_findings_changed_after_the_preview_are_shown_and_not_sent(app, ida):
    booking = wish(app)
    id = planned(app, booking)
    with app.app_context():
        visit = db.session.get(Visit, id)
        visit.starts_at, visit.ends_at = visit.starts_at.replace(year=2020), visit.ends_at.replace(year=2020)
        visit.enter_findings(Officer.by_email(OFFICER), FOUND)
        db.session.commit()
    path = f"/en/kontor/besoeg/{id}/svar"
    form, letters = {"version": ida.get(path).hidden["version"][0]}, how_many(app, Letter)
    with app.app_context():
        visit = db.session.get(Visit, id)
        visit.enter_findings(None, {**FOUND, "passed": 412}, by="atk@politi.example")
        db.session.commit()
    page = ida.post(path, form)
    assert page.status == 409 and CHANGED in page.text and how_many(app, Letter) == letters
    assert "412" in letters_shown(page)[0], "the letter as it would go now"
    assert ida.post(path, {"version": page.hidden["version"][0]}).status == 200
    assert how_many(app, Letter) == letters + 1 and "412" in seen_now(app, booking).letters[-1].text


def test_a_reason_that_a_colleague_has_reworded_after_the_preview_is_shown_first(app, ida):
    booking = wish(app, language="en")
    page = ida.post(case(booking, "afslag"), {"reason": "resources", "words": "", "instead": "", "show": "1"})
    with app.app_context():
        DeclineReason.write(Officer.by_email(OFFICER), service="traffic", reason="resources", texts={
            "da": "Vi har kun én vogn.", "en": "We have one van only."})
        db.session.commit()
    page = ida.post(case(booking, "afslag"), {**as_sent(page, "reason"), "send": "1"})
    assert page.status == 409 and CHANGED in page.text and "one van only" in letters_shown(page)[0]
    assert how_many(app, Letter) == 1
    assert ida.post(case(booking, "afslag"), {**as_sent(page, "reason"), "send": "1"}).status == 200
    assert "one van only" in seen_now(app, booking).letters[-1].text


def test_a_phone_number_of_the_district_replaced_after_the_preview_is_shown_first(make_app, restart, tmp_path):
    file = Path(shutil.copy(ROOT / "district.toml", tmp_path))
    app = make_app(DISTRICT_FILE=str(file))
    booking, ida = wish(app), logged_in(app)
    page = ida.post(case(booking, "afslag"), {"reason": "resources", "words": "", "instead": "", "show": "1"})
    file.write_text(re.sub('(?m)^phone = ".*"$', 'phone = "55 36 14 48"', file.read_text("utf-8"), count=1), "utf-8")
    restart(ida, DISTRICT_FILE=str(file))
    page = ida.post(case(booking, "afslag"), {**as_sent(page, "preview"), "send": "1"})
    assert page.status == 409 and CHANGED in page.text and "55 36 14 48" in letters_shown(page)[0]
    assert how_many(ida.app, Letter) == 1
    assert ida.post(case(booking, "afslag"), {**as_sent(page, "preview"), "send": "1"}).status == 200
    assert "55 36 14 48" in seen_now(ida.app, booking).letters[-1].text


@pytest.mark.parametrize("many", [False, True])
def test_words_changed_beside_the_button_after_the_preview_are_shown_before_they_are_sent(app, ida, many):
    booking, other = wish(app), wish(app, email="bo@example.dk")
    path = "/en/kontor/flere/afslag" if many else case(booking, "afslag")
    typed = {"sag": [booking.reference, other.reference], "back": "/en/kontor/"} if many else {}
    page = ida.post(path, {**typed, "reason": "resources", "words": "Seen.", "instead": "", "show": "1"})
    letters = how_many(app, Letter)
    page = ida.post(path, {**as_sent(page, "preview"), "words": "Unread.", "send": "1"})
    assert CHANGED in page.text and how_many(app, Letter) == letters and "Unread." in letters_shown(page)[0]
    assert ida.post(path, {**as_sent(page, "preview"), "send": "1"}).status == 200
    assert "Unread." in seen_now(app, booking).letters[-1].text


def test_a_day_that_begins_between_preview_and_press_is_shown_before_its_dates_are_sent(app, ida):
    with time_machine.travel("2027-03-15 22:50Z", tick=False) as clock:  # ten minutes before midnight in Copenhagen
        booking, ida = wish(app), logged_in(app)
        form = as_sent(ida.post(case(booking, "imoedekom"), {"words": "", "show": "1"}), "preview")
        clock.shift(20 * 60)
        page = ida.post(case(booking, "imoedekom"), {**form, "send": "1"})
        assert CHANGED in page.text and len(seen_now(app, booking).letters) == 1
        assert ida.post(case(booking, "imoedekom"), {**as_sent(page, "preview"), "send": "1"}).status == 200
        assert len(seen_now(app, booking).letters) == 2


def test_a_plan_changed_beside_the_button_after_the_preview_is_shown_before_it_is_kept(app, ida):
    booking = wish(app)
    form = as_sent(ida.get(case(booking, "besoeg")), "starts")
    page = ida.post(case(booking, "besoeg"), {**form, "day": "2030-05-06", "starts": "19:00", "ends": "20:00", "crew": "A"})
    page = ida.post(case(booking, "besoeg"), {**as_sent(page, "preview"), "starts": "18:00", "send": "1"})
    assert CHANGED in page.text and how_many(app, Visit) == 0
    assert ida.post(case(booking, "besoeg"), {**as_sent(page, "preview"), "send": "1"}).status == 200
    assert how_many(app, Visit) == 1


# What is kept.


def test_a_citizens_new_address_outlives_an_officers_older_form_and_both_are_shown(app, ida):
    booking = wish(app)
    form = as_sent(ida.get(case(booking)), "email")
    change(app, booking, lambda b, who: b.change_contact(
        name=b.name, email="new@example.dk", phone=b.phone, reply=b.reply, address=b.address))
    page = ida.post(case(booking, "kontakt"), {**form, "phone": "12345678"})
    assert page.status == 409 and CHANGED in page.text and "Stored now: new@example.dk" in page.text
    assert as_sent(page, "email")["phone"] == ["12345678"], "what was typed stays"
    assert seen_now(app, booking).email == "new@example.dk" and not seen_now(app, booking).phone
    form = {**as_sent(page, "email"), "email": "new@example.dk"}
    assert ida.post(case(booking, "kontakt"), form).status == 200
    assert seen_now(app, booking).email == "new@example.dk" and seen_now(app, booking).phone


def test_a_phone_number_that_an_officer_has_noted_outlives_the_citizens_older_page(app, ida):
    booking, citizen = wish(app), Person(app)
    page = citizen.get(link(booking))
    form = {**as_sent(page, "reply"), "name": "Anna Holm"}
    ida.post(case(booking, "kontakt"), {**as_sent(ida.get(case(booking)), "email"), "phone": "87654321"})
    page = citizen.post(link(booking, "kontakt"), form)
    assert page.status == 409 and CHANGED in page.text and "Stored now: 87654321" in page.text
    form = {**as_sent(page, "reply"), "phone": "87654321"}
    for _ in range(2):  # a double click
        assert citizen.post(link(booking, "kontakt"), form).status == 200
    assert (seen_now(app, booking).name, seen_now(app, booking).phone) == ("Anna Holm", "87654321")


def test_a_visit_that_a_colleague_has_moved_is_not_moved_back_by_an_older_form(app, ida):
    booking = accept(app, wish(app))
    id = planned(app, booking)
    form = as_sent(ida.get(f"/en/kontor/besoeg/{id}/flyt"), "crew")
    theirs = {**form, "starts": "09:30", "ends": "10:30"}
    assert ida.post(f"/en/kontor/besoeg/{id}/flyt", theirs).status == 200
    page = ida.post(f"/en/kontor/besoeg/{id}/flyt", {**form, "crew": "Ida og Bo"})
    assert page.status == 409 and "Stored now: 09:30" in page.text and "Ida og Bo" in page.html
    with app.app_context():
        assert db.session.get(Visit, id).crew != "Ida og Bo"


def test_opening_hours_are_not_overwritten_by_an_older_page(app, ida):
    path = "/en/kontor/kalender/indstillinger"
    form = as_sent(ida.get(path), "opens0")
    ida.post(f"{path}/aabningstider", {**form, "opens0": "10:00"})
    page = ida.post(f"{path}/aabningstider", {**form, "opens1": "11:00"})
    assert page.status == 409 and "Stored now: 10:00" in page.text
    with app.app_context():
        assert [opens.hour for opens, _ in OpeningHours.week()][:2] == [10, 8]


def test_findings_with_days_that_a_colleague_has_entered_stand_beside_those_of_an_older_form(app, ida):
    id = planned(app, accept(app, wish(app)))
    with app.app_context():
        visit = db.session.get(Visit, id)
        visit.starts_at, visit.ends_at = visit.starts_at.replace(year=2020), visit.ends_at.replace(year=2020)
        visit.enter_findings(None, {**FOUND, "avg": 52.4, "next": ["patrol"],
                                    "patrols": [{"day": "2020-06-01"}, {"day": "2020-06-03"}],
                                    "periods": [{"day": "2020-06-01", "starts": "17:00", "ends": "19:00"}]})
        db.session.commit()
    path = f"/en/kontor/besoeg/{id}/resultat"
    form = as_sent(ida.get(path), "passed")
    assert ida.post(path, {**form, "passed": "412"}).status == 200
    page = ida.post(path, {**form, "passed": "94", "patrols-0-day": "2020-06-02", "avg": "ca. 94"})
    assert page.status in (409, 422) and CHANGED in page.text
    assert re.findall(r"Stored now: (.*?) *<", page.html) == ["412", "52.4", "1 June 2020, 3 June 2020"]


@pytest.mark.usefixtures("tasks_after_controls")
def test_a_task_that_a_colleague_changes_while_a_photo_is_made_small_is_not_overwritten(district, monkeypatch):
    """Between the first look at the version and the write lock."""
    officer = logged_in(district.app)
    with district.app.app_context():
        path = f"/en/kontor/opgave/{db.session.query(Task).first().id}"
    form = {**SPOT, "status": "done", "version": officer.get(path).hidden["version"][0]}

    def as_if_later():
        with databases.outside(district.app.instance_path) as colleague:
            colleague.execute("UPDATE tasks SET what = 'Lampen er tændt nu.' WHERE what <> ''")
        start_writing()

    with monkeypatch.context() as patch:
        patch.setattr("office.tasks.start_writing", as_if_later)
        page = officer.post(path, {**form, "what": "Mørkt, sagt på en anden måde."})
    assert page.status == 409 and CHANGED in page.text and "Stored now: Lampen er tændt nu." in page.text
    assert as_sent(page, "what")["what"] == ["Mørkt, sagt på en anden måde."]
    with district.app.app_context():
        assert db.session.query(Task).first().what == "Lampen er tændt nu."


@pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")
def test_a_figure_that_a_colleague_stores_while_the_press_waits_is_shown_first(district, monkeypatch):
    ida, path = logged_in(district.app), "/en/kontor/fakta"
    shown = ida.post(path, {"rows": "area;measure;year;value;source\n370;robbery;2025;20;straf11",
                            "version": ida.get(path).hidden["version"][0]})

    def as_if_later():
        with databases.outside(district.app.instance_path) as colleague:
            colleague.execute("INSERT INTO figures (area, measure, year, value, source, stored_on) "
                              "VALUES ('370', 'robbery', 2025, 99, 'straf11', '2026-05-01')")
        start_writing()

    with monkeypatch.context() as patch:
        patch.setattr("office.facts.start_writing", as_if_later)
        page = ida.post(path, {**as_sent(shown, "rows"), "send": "1"})
    assert page.status == 409 and CHANGED in page.text
    page = ida.post(path, {**as_sent(page, "rows"), "send": "1"})
    assert page.status == 200 and "One figure is new or has changed." in page.text


def test_the_stretch_that_a_colleague_has_named_is_not_overwritten_by_moving_several_cases(app, ida):
    moved = [wish(app), wish(app, email="bo@example.dk")]
    listed = as_sent(ida.get("/en/kontor/?bunke=nye"), "page")
    older = as_sent(ida.post(MOVE_MANY, {**listed, "sag": [b.reference for b in moved]}), "from_to")
    with app.app_context():
        db.session.get(Place, moved[0].place_id).describe(Officer.by_email(OFFICER), "", "", "fra A til B", None)
        db.session.commit()
    page = ida.post(MOVE_MANY, {**older, "from_to": "fra C til D", "send": "1"})
    assert page.status == 409 and "Stored now: fra A til B" in page.text
    assert as_sent(page, "from_to")["from_to"] == ["fra C til D"]
    with app.app_context():
        assert db.session.get(Place, moved[0].place_id).from_to == "fra A til B"


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("name, typed", [
    ("afslag", {"reason": "resources"}), ("henvis", {"authority": "municipality"}), ("imoedekom", {})])
def test_a_visit_that_a_colleague_has_planned_there_since_the_preview_is_shown_first(app, ida, name, typed, many):
    booking, other = wish(app), wish(app, email="bo@example.dk")
    path = f"/en/kontor/flere/{name}" if many else case(booking, name)
    shown = ida.post(path, {**typed, "sag": [booking.reference], "show": "1"} if many else {**typed, "show": "1"})
    planned(app, other)
    page = ida.post(path, {**as_sent(shown, "preview"), "send": "1"})
    assert page.status == 409 and "a visit is planned" in page.text.lower()
    assert seen_now(app, booking).status == "received"


def test_findings_are_not_entered_on_the_page_of_a_visit_that_has_moved_to_another_road(app, ida, stranger):
    visit = planned(app, wish(app), start=now() - timedelta(hours=3))
    with app.app_context():
        found = db.session.get(Visit, visit)
        sent = FindingsLink.send(Officer.by_email(OFFICER), found, "atk@politi.example", "en")
        db.session.commit()
        path = f"/en/kontor/felt/{sent.id}/{sent.secret}"
    page = stranger.get(path)
    with app.app_context():
        db.session.get(Visit, visit).place = Place.at(
            road="Skolevej", postcode="4690", town="Haslev", municipality="Faxe")
        db.session.commit()
    page = stranger.post(path, {**as_sent(page, "version"), "performed": "no"})
    assert page.status == 409 and "Skolevej" in page.text
    with app.app_context():
        assert db.session.get(Visit, visit).draft is None


def test_no_place_is_merged_into_one_that_a_colleague_has_named_since(app, ida):
    booking, other = wish(app), wish(app, road="Skolevej", lat=55.3, lng=11.9)
    with app.app_context():
        db.session.get(Place, booking.place_id).assign(lat=55.3, lng=11.9)
        db.session.commit()
    path = f"/en/kontor/sted/{booking.place_id}"
    older = ida.get(path).hidden["version"][0]
    with app.app_context():
        db.session.get(Place, other.place_id).describe(Officer.by_email(OFFICER), "", "Farligt", "ved åen", None)
        db.session.commit()
    page = ida.post(f"{path}/saml/{other.place_id}", {"version": older})
    assert page.status == 409 and "ved åen" in page.text
    page = ida.post(f"{path}/saml/{other.place_id}", {"version": page.hidden["version"][0]})
    assert page.status == 200 and "Now one place" in page.text


# One form, sent again.


def test_a_form_sent_again_is_a_repeat_and_with_a_second_road_another_booking(app, citizen):
    path = "/en/bestil/faerdselskontrol"
    form = {**WISH, "language": "en", "once": citizen.get(path).hidden["once"][0], "send": "1"}
    first = citizen.post(path, form).response.request.path
    assert citizen.post(path, form).response.request.path == first and how_many(app, Booking) == 1
    asked = citizen.post(path, {**form, "road": "Skolevej"})
    assert asked.status == 409 and "press the button once more" in asked.text and how_many(app, Booking) == 1
    again = {**form, "road": "Skolevej", "once": asked.hidden["once"][0]}
    assert asked.hidden["road"] == ["Skolevej"] and citizen.post(path, again).response.request.path != first
    with app.app_context():
        assert sorted(db.session.scalars(db.select(Booking.road))) == ["Bygaden", "Skolevej"]


def test_a_form_sent_again_when_its_booking_has_been_withdrawn_is_asked_about(app, citizen):
    form = {**WISH, "once": citizen.get("/en/bestil/faerdselskontrol").hidden["once"][0], "send": "1"}
    citizen.post("/en/bestil/faerdselskontrol", form)
    with app.app_context():
        db.session.query(Booking).one().withdraw()
        db.session.commit()
    page = citizen.post("/en/bestil/faerdselskontrol", form)
    assert page.status == 409 and "You have sent this booking already, and it is closed by now." in page.text
    citizen.post("/en/bestil/faerdselskontrol", {**as_sent(page, "once"), "send": "1"})
    assert how_many(app, Booking) == 2


def test_a_booking_taken_in_by_phone_from_a_form_used_before_is_kept_too(app, ida):
    path = "/en/kontor/ny/faerdselskontrol"
    form = {**WISH, "channel": "phone", "once": ida.get(path).hidden["once"][0]}
    for road in ("Bygaden", "Skolevej", "Skolevej"):
        assert ida.post(path, {**form, "road": road}).status == 200
    assert how_many(app, Booking) == 2


@pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")
def test_a_second_spot_sent_with_the_token_of_the_first_is_kept(district):
    officer, path = logged_in(district.app), f"/kontor/besoeg/{district.visits['done']}/opgaver"
    with district.app.app_context():
        before = db.session.query(Task).count()
    for what in ("Lampen er slukket.", "Hækken skygger.", "Hækken skygger."):
        assert officer.post(path, {**SPOT, "once": "den samme", "what": what}).status == 200
    with district.app.app_context():
        assert db.session.query(Task).count() == before + 2


def test_a_press_about_another_place_does_nothing_where_that_one_has_become_a_third(app, officer):
    """Nobody was asked about the third."""
    north, south, far = (wish(app, road=road) for road in ("Nordvej", "Sydvej", "Fjernvej"))
    with app.app_context():
        ida = Officer.by_email(OFFICER)
        db.session.get(Place, south.place_id).merge_into(ida, db.session.get(Place, far.place_id))
        db.session.commit()
    for press in (f"sted/{north.place_id}/saml/{south.place_id}", f"sag/{north.reference}/sted/{south.place_id}"):
        assert "not possible any more" in officer.post(f"/en/kontor/{press}", {}).text
    with app.app_context():
        assert Booking.by_reference(north.reference).place_id == north.place_id
