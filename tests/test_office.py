"""What an officer does with a booking, and with a visit before it has taken place."""

import re
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from conftest import OFFICER, WISH, Page, Person, form_name, logged_in
from helpers import LATER, METRES, PIN, SOON, as_sent, case, counts, error_at, how_many, letters_shown, listed, wish
from helpers_cases import SECRETS, accept, ask, change, link, planned, reported, seen_now
from sqlalchemy import select

from catalogue import REASONS, SERVICES
from forms import redact_links
from forms.fields import NO_PERSONAL_DATA
from forms.officer import TO_THE_OFFICER
from models import (
    COPENHAGEN,
    Booking,
    BookingStatus,
    Channel,
    DeliveryStatus,
    Event,
    EventKind,
    Letter,
    Officer,
    Place,
    Visit,
    VisitStatus,
    add_working_days,
    db,
    local,
    now,
    today,
)

ACTIONS = {
    "imoedekom": ({"words": "Vi kender stedet."}, BookingStatus.ACCEPTED, "accepted"),
    "spoerg": ({"words": "Hvor på vejen er det?", "answer_by": SOON}, BookingStatus.NEEDS_INFORMATION,
               "information_asked"),
    "afslag": (
        {"reason": "resources", "words": "Vi beklager.", "instead": "Spørg kommunen."},
        BookingStatus.DECLINED,
        "declined",
    ),
    "henvis": ({"authority": "municipality", "words": "De sætter skilte op."}, BookingStatus.REFERRED, "referred"),
    "udsaet": ({"words": "Vi venter på kommunens måling.", "due_on": LATER}, BookingStatus.RECEIVED, "delayed"),
}


def last_letter(app) -> Letter:
    with app.app_context():
        letter = db.session.scalars(select(Letter).order_by(Letter.id.desc())).first()
        _ = letter.booking
        db.session.expunge_all()
        return letter


# Writing to the citizen.


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_previews_exactly_the_letter_that_is_then_sent(app, ida, name, language):
    booking = wish(app, language=language)
    data, status, kind = ACTIONS[name]
    before = how_many(app, Letter), how_many(app, Event), seen_now(app, booking).due_on
    page = ida.post(case(booking, name), data)
    assert page.status == 200, page.errors
    [shown] = letters_shown(page)
    assert f'lang="{language}"' in page.html
    assert ("Hello," in shown) is (language == "en"), "in the citizen's language, whatever the officer reads"
    assert data["words"] in shown and booking.reference[:4] in shown
    assert (how_many(app, Letter), how_many(app, Event), seen_now(app, booking).due_on) == before, (
        "a look sends nothing"
    )
    assert seen_now(app, booking).status is BookingStatus.RECEIVED
    again = as_sent(page, "words")
    assert ida.post(case(booking, name), {**again, "send": "1"}).status == 200, "pressed as the page stands"
    letter = last_letter(app)
    assert redact_links(letter.text) == shown and letter.kind == kind and letter.language == language
    assert (
        letter.recipient == booking.email and WISH["text"] not in letter.text and "De kører stærkt" not in letter.text
    )
    after = seen_now(app, booking)
    assert after.status is status
    assert how_many(app, Letter) == before[0] + 1 and how_many(app, Event) == before[1] + 1
    assert after.events[-1].officer_id == 1


@pytest.mark.parametrize(
    "name, wrong",
    [
        ("spoerg", {"words": ""}),
        ("spoerg", {"answer_by": ""}),
        ("spoerg", {"answer_by": "2020-01-01"}),
        ("spoerg", {"answer_by": "i morgen"}),
        ("afslag", {"reason": ""}),
        ("afslag", {"reason": "lazy"}),
        ("henvis", {"authority": ""}),
        ("henvis", {"authority": "x"}),
        ("udsaet", {"words": ""}),
        ("udsaet", {"due_on": ""}),
        ("udsaet", {"due_on": "2020-01-01"}),
        ("udsaet", {"due_on": "9999-12-31"}),
        ("udsaet", {"due_on": "2206-11-20"}),
        ("udsaet", {"due_on": "0001-01-01"}),
        ("imoedekom", {"words": "x" * 1501}),
        ("imoedekom", {"words": "AB 12 345"}),
    ],
)
def test_an_action_that_lacks_something_says_so_and_does_nothing(app, ida, name, wrong):
    booking = wish(app)
    page = ida.post(case(booking, name), {**ACTIONS[name][0], **wrong, "send": "1"})
    assert page.status == 422 and page.errors
    assert not letters_shown(page) and len(seen_now(app, booking).events) == 1


@pytest.mark.parametrize(
    "name, field, words",
    [
        ("imoedekom", "words", "Ring til os på 41 72 23 45."),
        ("afslag", "instead", "Kommunen træffes på 56 20 30 00."),
        ("spoerg", "words", "Skriv til ssj@politi.dk."),
    ],
)
def test_an_officer_may_give_the_citizen_a_number_or_an_address(app, ida, name, field, words):
    assert letters_shown(ida.post(case(wish(app), name), {**ACTIONS[name][0], field: words}))


def test_every_reason_for_a_no_has_its_sentence_and_tells_whom_to_complain_to(app, ida):
    reasons = SERVICES["traffic"].reasons
    for reason, (_, sentence) in ((r, REASONS[r]) for r in reasons):
        [shown] = letters_shown(ida.post(case(wish(app), "afslag"), {"reason": reason, "instead": "Spørg kommunen."}))
        assert " ".join(str(sentence).split()) in " ".join(shown.split()), reason
        assert (
            "Commissioner" in shown
            and "https://politi.dk/" in shown
            and "30 days" in shown
            and "Spørg kommunen." in shown
        )
        assert reason not in shown or reason in str(sentence), "codes are for the office"
    assert set(as_sent_choices(ida.get(case(wish(app), "afslag")), "reason")) == set(reasons)


def as_sent_choices(page: Page, name: str) -> list[str]:
    return re.findall(rf'<input[^>]*type="radio" name="{name}"[^>]*value="([^"]*)"', page.html)


def test_a_referral_always_says_to_whom_and_how_to_reach_them(app, ida):
    keys = as_sent_choices(ida.get(case(wish(app), "henvis")), "authority")
    assert {"municipality", "vejdirektoratet", "other_district", "police_114", "report"} <= set(keys)
    silent = []
    for key in keys:
        [shown] = letters_shown(ida.post(case(wish(app), "henvis"), {"authority": key}))
        mine = shown.partition("We have not passed")[0]
        if not re.search(r"Phone: [\d ]{3,}|Website: https://", mine):
            silent.append(key)
    assert set(silent) <= {"housing"}, silent  # we cannot know which housing association


def test_a_referral_to_another_district_names_it_where_it_is_known(app, ida):
    booking = wish(app, postcode="4100", town="Ringsted", municipality="Næstved")
    [shown] = letters_shown(ida.post(case(booking, "henvis"), {"authority": "other_district"}))
    assert "Central and West Zealand Police" in shown


def test_a_delay_keeps_the_case_open_with_the_new_date(app, ida):
    booking = wish(app)
    ida.post(case(booking, "udsaet"), {"words": "Vi venter.", "due_on": SOON, "send": "1"})
    after = seen_now(app, booking)
    assert (
        after.status is BookingStatus.RECEIVED
        and after.due_on.isoformat() == SOON
        and f"{after.due_on:%-d %B %Y}" in last_letter(app).text
    )


@pytest.mark.parametrize("name", ACTIONS)
def test_what_is_closed_cannot_be_closed_again(app, ida, name):
    booking = change(app, wish(app), lambda b, o: b.withdraw())
    letters = how_many(app, Letter)
    page = ida.post(case(booking, name), {**ACTIONS[name][0], "send": "1"})
    assert page.status == 409 and "not possible any more" in page.text
    assert how_many(app, Letter) == letters and name not in ida.get(case(booking)).html


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_case_changes_nothing(app, ida, method):
    booking = wish(app)
    before = how_many(app, Event), how_many(app, Letter)
    for step in ("", *ACTIONS, "besoeg"):
        assert (
            ida.client.open(case(booking, step) + "?send=1&words=x&reason=resources", method=method).status_code
            == {"genoptag": 303}.get(step, 200)
        )
    for step in ("notat", "kontakt", "laest"):
        assert ida.client.open(case(booking, step), method=method).location == case(booking), "back to the case"
    assert (how_many(app, Event), how_many(app, Letter)) == before


@pytest.mark.postgres
def test_two_officers_who_press_at_once_send_one_letter_and_the_other_gets_a_kind_page(app):
    booking, answers = wish(app), []
    with app.app_context():
        Officer.add("bo@politi.example", "Bo", "x")
        db.session.commit()
    people = [logged_in(app), logged_in(app, "bo@politi.example")]
    ready = threading.Barrier(2)
    tokens = [p.token for p in people]

    def go(person, token, name):
        ready.wait()
        answers.append(
            Page(
                person.client.post(
                    case(booking, name),
                    follow_redirects=True,
                    data={"csrf_token": token, **ACTIONS[name][0], "send": "1"},
                )
            )
        )

    threads = [
        threading.Thread(target=go, args=args) for args in zip(people, tokens, ("afslag", "henvis"), strict=True)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(a.status for a in answers) == [200, 409]
    assert sorted("not possible any more" in a.text for a in answers) == [False, True]
    after = seen_now(app, booking)
    assert after.status in (BookingStatus.DECLINED, BookingStatus.REFERRED)
    assert [e.kind for e in after.events] == [EventKind.RECEIVED, after.status] and len(after.letters) == 2


# By phone and on paper.


def phone_form(person: Person, **changes) -> Page:
    path = "/en/kontor/ny/faerdselskontrol"
    once = as_sent(person.get(path), "once")["once"][0]
    return person.post(path, {**WISH, "language": "da", "once": once, **changes})


def test_a_booking_made_by_phone_is_told_its_reference_and_no_receipt_is_sent(app, ida):
    page = phone_form(ida, channel="phone", email="", phone="12345678", reply="phone")
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert f"{booking.reference[:4]} {booking.reference[4:]}" in page.text and booking.channel == "phone"
        assert booking.events[0].officer.name == "Ida Betjent" and booking.letters == []
    assert counts(ida)["breve"] == 0


def test_a_booking_on_paper_with_answer_by_post_becomes_letters_to_print_and_post(app, ida):
    phone_form(ida, channel="paper", email="", phone="", reply="letter", address="Bygaden 1\n4690 Haslev")
    with app.app_context():
        reference = db.session.query(Booking).one().reference
        assert [(x.kind, x.channel, x.delivery_status) for x in db.session.query(Letter)] == [("received",
            Channel.POST, DeliveryStatus.WAITING)]
    ida.post(f"/en/kontor/sag/{reference}/afslag", {**ACTIONS["afslag"][0], "send": "1"})
    assert counts(ida)["breve"] == 2
    letter = last_letter(app)
    page = ida.get(f"/en/kontor/breve/{letter.id}")
    [text] = letters_shown(page)
    assert (
        "Anna Jensen" in page.text and "Bygaden 1" in page.text and "4690 Haslev" in page.text and text == letter.text
    )
    assert "/sag/" not in text and "http://127.0.0.1" not in text, "a link on paper is no use"
    printed = re.sub(r'<(\w+)[^>]*class="[^"]*no-print[^"]*".*?</\1>', "", page.html, flags=re.S)
    assert "I have posted it" not in printed and "Back to the case" not in printed
    page = ida.post(f"/en/kontor/breve/{letter.id}", {"done": "1"})
    assert "Ida Betjent" in page.text and counts(ida)["breve"] == 1


@pytest.mark.parametrize("channel, known, chosen, answered", [
    ("phone", {"phone": "12345678"}, "", "phone"),
    ("phone", {"phone": "12345678", "email": "anna@example.dk"}, "", "phone"),
    ("phone", {"phone": "12345678", "email": "anna@example.dk"}, "email", "email"),
    ("phone", {"email": "anna@example.dk"}, "", "email"),
    ("paper", {"phone": "12345678"}, "", "phone"),
    ("paper", {"phone": "12345678", "address": "Bygaden 1"}, "letter", "letter")])
def test_who_phones_is_answered_by_phone_unless_they_choose_another_way(app, ida, channel, known, chosen, answered):
    page = phone_form(ida, channel=channel, reply=chosen, **{"email": "", "phone": "", "address": "", **known})
    assert page.status == 200, page.errors
    with app.app_context():
        assert db.session.query(Booking).one().reply == answered


@pytest.mark.parametrize("wrong, right", [
    ({"channel": ""}, {"channel": "phone"}), ({"channel": "paper", "road": ""}, {"channel": "phone", "road": "Bygaden"}),
    ({"channel": "phone", "email": "anna@", "phone": ""}, {"email": "", "phone": "12345678"})], ids=str)
def test_how_somebody_is_answered_follows_what_an_officer_corrects(app, ida, wrong, right):
    typed = {"phone": "12345678", "email": "anna@example.dk", "address": "Bygaden 1", "reply": "", **wrong}
    page = phone_form(ida, **typed)
    assert page.status == 422
    ida.post("/en/kontor/ny/faerdselskontrol", {**as_sent(page, "once"), **right})
    with app.app_context():
        assert db.session.query(Booking).one().reply == "phone"


@pytest.mark.parametrize("chosen, field", [("", "email"), ("email", "email"), ("phone", "phone")])
def test_who_is_taken_in_without_an_address_is_asked_for_one_where_the_officer_sees_it(app, ida, chosen, field):
    page = phone_form(ida, channel="phone", email="", phone="", reply=chosen)
    assert page.status == 422 and error_at(page, field) and "you" not in error_at(page, field).lower()
    assert page.html.index(f'id="{field}-error"') < page.html.index('<details class="form-more"')


@pytest.mark.parametrize("slug", [service.slug for service in SERVICES.values()])
def test_the_form_for_a_call_begins_with_who_calls_and_speaks_to_the_officer(app, ida, slug):
    page = ida.get(f"/en/kontor/ny/{slug}")
    form = page.html.partition("<main")[2]
    order = [form.index(f'id="{name}"') for name in ("name", "phone", "email", "channel", "reply", "road")]
    assert order == sorted(order) and order[-1] < form.index('<details class="form-more"')
    assert 'name="reply" id="reply-0" value="email" checked' not in form
    asked = re.findall(r"<(?:h2|h3|legend|label|summary)[^>]*>[^<]*|form-hint[^>]*>[^<]*", form)
    assert not [words for words in asked if re.search(r"\b(you|your)\b|next page", words.partition(">")[2], re.I)]


def test_what_an_officer_is_asked_otherwise_is_asked_of_citizens():
    """A sentence for citizens that is worded anew would leave its other one behind."""
    told = {str(words) for service in SERVICES.values() for heading, _ in service.questions.groups
            for words in (heading, *(str(argument) for field in vars(service.questions).values()
                                     for argument in getattr(field, "args", ())[:1]))}
    hints = {str(getattr(service.questions, name).kwargs.get("description")) for service in SERVICES.values()
             for name in dir(service.questions) if hasattr(getattr(service.questions, name), "kwargs")}
    assert {str(asked) for asked, _ in TO_THE_OFFICER} - told - hints <= {str(NO_PERSONAL_DATA)}


def test_on_a_printed_page_nothing_but_the_letter_remains(app):
    """What is not meant for paper is hidden by the print layer of the style sheet."""
    printing = Path(app.root_path, "static", "style.css").read_text("utf-8").partition("@media print")[2]
    for what in (".site-header", ".site-footer", ".emergency-line", ".no-print"):
        assert what in printing, what


def test_taking_in_asks_for_the_same_and_keeps_what_was_typed(app, ida):
    page = phone_form(ida, channel="paper", email="", phone="", reply="letter", address="", road="")
    assert page.status == 422 and 'id="address-error"' in page.html and 'id="road-error"' in page.html
    assert as_sent(page, "once")["text"] == [WISH["text"]]
    assert phone_form(ida, channel="").status == 422 and how_many(app, Booking) == 0


def test_taking_in_twice_is_one_booking(app, ida):
    data = {**WISH, "channel": "phone", "once": form_name(app)}
    for _ in range(2):
        assert ida.post("/en/kontor/ny/faerdselskontrol", data).status == 200
    assert how_many(app, Booking) == 1


# Notes and places.


def test_notes_never_leave_the_office(app, ida, citizen):
    booking = wish(app)
    page = ida.post(case(booking, "notat"), {"words": "Ring 12 34 56 78, AB 12 345 <b>hemmeligt</b>"})
    assert "AB 12 345 <b>hemmeligt</b>" in page.text and "Never sent" in page.text
    for name in ACTIONS:
        for text in letters_shown(ida.post(case(booking, name), ACTIONS[name][0])):
            assert "hemmeligt" not in text
    assert "hemmeligt" not in citizen.get(link(booking)).text and how_many(app, Letter) == 1


@pytest.mark.parametrize("words", ["", "  ", "x" * 4001])
def test_a_note_that_cannot_be_kept_is_still_there(app, ida, words):
    page = ida.post(case(wish(app), "notat"), {"words": words})
    assert page.status == 422 and page.errors and as_sent(page, "words")["words"] == [words.strip()]


def test_a_booking_can_be_moved_to_the_place_that_it_is_about(app, ida, citizen):
    booking, there = wish(app), wish(app, road="Kirkevej", postcode="4683", town="Rønnede")
    page = ida.post(case(booking, "flyt"), {"road": "kirkevej", "from_to": "", "postcode": "4683", "send": "1"})
    assert "Kirkevej, 4683 Rønnede" in page.text
    after = seen_now(app, booking)
    assert after.place_id == there.place_id and after.events[-1].kind is EventKind.MOVED
    assert "Bygaden" in citizen.get(link(booking)).text, "the citizen still reads their own words"
    assert listed(ida, "?q=kirkevej+anna") and how_many(app, Letter) == 2
    assert ida.post(case(booking, "flyt"), {"road": "", "postcode": "2100", "send": "1"}).status == 422


@pytest.mark.parametrize(("typed", "stretches", "moved_to"), [
    ("fra kirken til skolen", ("", "ved møllen"), 0),  # as the form was filled in
    ("ved broen", ("ved broen", "ved møllen"), 0), ("ved møllen", ("", "ved møllen"), 1)])
def test_the_stretch_that_is_typed_for_another_road_is_kept_or_finds_its_part(app, ida, typed, stretches, moved_to):
    here, whole, part = wish(app), wish(app, road="Kirkevej"), wish(app, road="Kirkevej")
    with app.app_context():
        Booking.by_reference(here.reference).place.from_to = "fra kirken til skolen"
        booking = Booking.by_reference(part.reference)
        booking.place.split(Officer.by_email(OFFICER), [booking], "ved møllen")
        db.session.commit()
    ida.post(case(here, "flyt"), {"road": "Kirkevej", "from_to": typed, "postcode": "4690", "send": "1"})
    with app.app_context():
        places = [Booking.by_reference(b.reference).place for b in (whole, part, here)]
        assert tuple(place.from_to for place in places[:2]) == stretches and places[2] is places[moved_to]


@pytest.mark.parametrize(("typed", "planned_at", "stretches"), [
    ("nord", 1, ["", "nord"]), ("", 0, ["", "nord"]), ("nord for åen", 1, ["", "nord for åen"])])
def test_a_plan_makes_no_two_parts_of_a_road_that_are_called_the_same(app, ida, typed, planned_at, stretches):
    whole, part = wish(app), accept(app, wish(app))
    with app.app_context():
        booking = Booking.by_reference(part.reference)
        booking.place.split(Officer.by_email(OFFICER), [booking], "nord")
        db.session.commit()
    assert ida.post(case(part, "besoeg"), plan_form(ida, part, from_to=typed)).status == 200
    with app.app_context():
        places = [Booking.by_reference(b.reference).place for b in (whole, part)]
        assert [place.from_to for place in places] == stretches
        assert db.session.query(Visit).one().place is places[planned_at]


def test_who_else_asked_here_and_what_was_found_stands_beside_the_booking(app, ida):
    mine = wish(app, lat=PIN[0], lng=PIN[1])
    same, gone = wish(app), change(app, wish(app), lambda b, o: b.withdraw())
    with app.app_context():  # a place close by that became one of its own
        close = Place(
            road="Skolevej", postcode="4683", town="Rønnede", municipality="Faxe", lat=PIN[0] + 200 * METRES, lng=PIN[1]
        )
        db.session.add(close)
        db.session.commit()
    near, far = wish(app, road="Skolevej", postcode="4683", town="Rønnede"), wish(app, road="Fjernvej")
    html = ida.get(case(mine)).html
    for other, there in ((same, True), (gone, True), (near, True), (far, False)):
        assert (f"/sag/{other.reference}" in html) is there, other.road
    reported(app, same)
    assert "94 vehicles measured, nobody charged" in ida.get(case(mine)).text


def test_what_is_known_of_a_place_is_kept_for_officers(app, ida, citizen):
    booking = wish(app)
    page = ida.post("/en/kontor/sted/1", {"suitability": SECRETS[2]})
    assert SECRETS[2] in page.text and SECRETS[2] in ida.get(case(booking)).text
    assert SECRETS[2] not in citizen.get(link(booking)).text


# Planning.


WHEN = {"starts": "17:00", "ends": "19:00", "crew": "ATK 1", "method": "atk"}


def plan_form(person: Person, booking: Booking, **changes) -> dict:
    day = local(now() + timedelta(days=7)).date().isoformat()
    return {
        **as_sent(person.get(case(booking, "besoeg")), "crew"),
        "day": day,
        **WHEN,
        **changes,
    }


def visit_of(app, id: int = 1) -> Visit:
    with app.app_context():
        visit = db.session.get(Visit, id)
        _ = visit.place.road, [b.reference for b in visit.bookings], visit.events
        db.session.expunge_all()
        return visit


def test_a_visit_is_planned_for_everybody_who_asked_here_and_for_chosen_ones_close_by(app, ida):
    mine, same = accept(app, wish(app, lat=PIN[0], lng=PIN[1])), accept(app, wish(app))
    with app.app_context():
        db.session.add(
            Place(
                road="Skolevej",
                postcode="4683",
                town="Rønnede",
                municipality="Faxe",
                lat=PIN[0] + 200 * METRES,
                lng=PIN[1],
            )
        )
        db.session.commit()
    near, new = accept(app, wish(app, road="Skolevej", postcode="4683", town="Rønnede")), wish(app)
    page = ida.get(case(mine, "besoeg"))
    assert set(as_sent(page, "crew")["bookings"]) == {mine.reference, same.reference}, "those at the place are ticked"
    assert near.reference in page.html and new.reference in page.html, "who waits for a yes can have it with the plan"
    letters = how_many(app, Letter)
    page = ida.post(case(mine, "besoeg"), plan_form(ida, mine,
                                                    bookings=[mine.reference, same.reference, near.reference])
    )
    assert page.status == 200, page.errors
    visit = visit_of(app)
    assert {b.reference for b in visit.bookings} == {mine.reference, same.reference, near.reference}
    assert (local(visit.starts_at).hour, local(visit.ends_at).hour, visit.place.road) == (17, 19, "Bygaden")
    assert how_many(app, Letter) == letters, "nobody is told"
    assert set(listed(ida, "?bunke=planlagt")) == {mine.reference, same.reference, near.reference} and not listed(
        ida, "?bunke=planlaeg"
    )


def test_a_control_can_be_planned_on_another_road_than_the_one_asked_for(app, ida):
    """Also where the citizen has set a pin, which the form carries along."""
    booking = accept(app, wish(app, lat=PIN[0], lng=PIN[1]))
    ida.post(case(booking, "besoeg"), plan_form(ida, booking, road="Skolevej", from_to="ved hallen"))
    assert visit_of(app).place.road == "Skolevej"


def test_the_stretch_typed_in_the_plan_reaches_the_job_sheet(app, ida):
    booking = accept(app, wish(app))
    ida.post(case(booking, "besoeg"), plan_form(ida, booking, from_to="ud for nr. 44"))
    assert "ud for nr. 44" in ida.get("/en/kontor/besoeg/1/jobark").text


def test_the_history_of_a_place_tells_of_a_stretch_that_is_named_with_a_plan_or_a_move(app, ida):
    """It was written over what an officer had noted, and nothing told what that was."""
    booking = wish(app, from_to="")
    with app.app_context():
        Booking.by_reference(booking.reference).place.describe(db.session.get(Officer, 1), "", "Grøft", "Nord", None)
        db.session.commit()
    typed = {"road": "Bygaden", "postcode": "4690", "from_to": "Syd for broen", "send": "1"}
    for _ in range(2):
        ida.post(f"/en/kontor/sag/{booking.reference}/flyt", typed)
    with app.app_context():
        place = Booking.by_reference(booking.reference).place
        assert (place.from_to, place.suitability) == ("Syd for broen", "Grøft")
        assert [event.facts["was"]["from_to"] for event in place.events if event.kind is EventKind.DESCRIBED] == [
            "", "Nord"], "once"


@pytest.mark.parametrize(("typed", "stretches"), [
    ({"road": "Kirkevej"}, ("fra kirken til skolen", "ved broen")),
    ({"road": "Kirkevej", "from_to": "ved broen"}, ("fra kirken til skolen", "ved broen")),
    ({"from_to": "ved hallen"}, ("ved hallen", "ved broen")),
    ({"from_to": ""}, ("", "ved broen")),
])
def test_a_plan_names_the_stretch_of_the_place_at_hand_and_finds_that_of_another(app, ida, typed, stretches):
    here, other = accept(app, wish(app)), wish(app, road="Kirkevej")
    with app.app_context():
        for booking, stretch in ((here, "fra kirken til skolen"), (other, "ved broen")):
            Booking.by_reference(booking.reference).place.from_to = stretch
        db.session.commit()
    assert ida.post(case(here, "besoeg"), plan_form(ida, here, **typed)).status == 200
    assert visit_of(app).place.road == typed.get("road", "Bygaden")
    with app.app_context():
        assert tuple(Booking.by_reference(b.reference).place.from_to for b in (here, other)) == stretches


def page_that_moves(app, by: str, booking: Booking) -> str:
    """The page on which the place of this case, or of a visit for it, is named."""
    if by in ("flyt", "besoeg"):
        return case(booking, by)
    if by == "many":
        return "/en/kontor/flere/flyt"
    visit = reported(app, booking) if by == "igen" else planned(app, booking)
    return f"/en/kontor/besoeg/{visit}/{'igen' if by == 'igen' else 'flyt'}"


@pytest.mark.parametrize("by", ["flyt", "many", "besoeg", "igen", "visit"])
def test_the_stretch_of_a_place_that_the_page_has_not_shown_is_not_overwritten(app, ida, by):
    """Another case was about a stretch of the road from then on of which its citizen had never spoken."""
    here, other = accept(app, wish(app)), wish(app, road="Kirkevej", email="bo@example.dk")
    path = page_that_moves(app, by, here)
    with app.app_context():
        Booking.by_reference(other.reference).place.describe(Officer.by_email(OFFICER), "", "Grøft", "ved åen", None)
        db.session.commit()
    shown = ida.post(path, {"sag": [here.reference]}) if by == "many" else ida.get(path)
    form = {**as_sent(shown, "from_to"), **WHEN, "day": (today() + timedelta(days=9)).isoformat(), "crew": "ATK 2",
            "road": "Kirkevej", "send": "1"}
    refused = ida.post(path, {**form, "from_to": "fra A til B"})
    assert refused.status == 422 and "is called “ved åen” already" in error_at(refused, "from_to")
    assert as_sent(refused, "from_to")["from_to"] == ["fra A til B"]
    with app.app_context():
        kept = Booking.by_reference(other.reference).place
        assert kept.from_to == "ved åen" and len(kept.events) == 1
        assert {kept} == {booking.place for booking in kept.bookings} and not kept.visits
    assert ida.post(path, {**as_sent(refused, "from_to"), "from_to": "ved åen", "send": "1"}).status == 200
    with app.app_context():
        kept = Booking.by_reference(other.reference).place
        assert kept.from_to == "ved åen" and (kept.visits or len(kept.bookings) == 2)


def test_cases_of_several_places_that_are_moved_together_give_none_of_these_another_name(app, ida):
    """The form is filled in with no stretch then, so that nobody has seen that one of them had one."""
    here, there = wish(app), wish(app, road="Kirkevej", email="bo@example.dk")
    with app.app_context():
        Booking.by_reference(here.reference).place.describe(Officer.by_email(OFFICER), "", "", "ved åen", None)
        db.session.commit()
    path = "/en/kontor/flere/flyt"
    form = as_sent(ida.post(path, {"sag": [here.reference, there.reference]}), "from_to")
    page = ida.post(path, {**form, "road": "Bygaden", "postcode": "4690", "from_to": "fra A til B", "send": "1"})
    assert page.status == 422 and "Bygaden, 4690 Haslev is called “ved åen” already" in error_at(page, "from_to")
    assert as_sent(page, "sag")["sag"] == [here.reference, there.reference]
    with app.app_context():
        assert [Booking.by_reference(b.reference).place.in_full for b in (here, there)] == [
            "Bygaden, ved åen, 4690 Haslev", "Kirkevej, 4690 Haslev"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": ""},
        {"day": "i morgen"},
        {"starts": ""},
        {"ends": "25:00"},
        {"crew": ""},
        {"method": "balloon"},
        {"road": ""},
        {"postcode": "2100"},
        {"bookings": "AAAAAAAA"},
        {"day": "0001-01-01", "starts": "00:00"},
        {"day": "9999-12-31", "starts": "22:00", "ends": "02:00"},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_and_still_there(app, ida, wrong):
    booking = accept(app, wish(app))
    page = ida.post(case(booking, "besoeg"), plan_form(ida, booking, **wrong))
    assert page.status == 422 and page.errors and how_many(app, Visit) == 0
    if "crew" not in wrong:
        assert as_sent(page, "crew")["crew"] == ["ATK 1"]


def test_a_control_may_last_past_midnight(app, ida):
    booking = accept(app, wish(app))
    ida.post(case(booking, "besoeg"), plan_form(ida, booking, starts="22.30", ends="02:00"))
    visit = visit_of(app)
    assert visit.ends_at - visit.starts_at == timedelta(hours=3, minutes=30)


@pytest.mark.parametrize("crew", ["ATK 1", "atk 1", " ATK  1 "])
def test_a_crew_cannot_be_in_two_places_and_the_form_says_so_kindly(app, ida, crew):
    one, two = accept(app, wish(app)), accept(app, wish(app, road="Kirkevej"))
    assert ida.post(case(one, "besoeg"), plan_form(ida, one)).status == 200
    page = ida.post(case(two, "besoeg"), plan_form(ida, two, crew=crew, starts="18:30", ends="20:00",
                                                   from_to="ved nr. 7")
    )
    assert page.status == 422 and how_many(app, Visit) == 1
    assert "ATK 1 is at Bygaden, 4690 Haslev" in page.text and "17:00" in page.text
    typed = as_sent(page, "crew")
    assert typed["starts"] == ["18:30"] and typed["from_to"] == ["ved nr. 7"] and typed["bookings"] == [two.reference]
    assert ida.post(case(two, "besoeg"), {**typed, "starts": "19:00"}).status == 200, "right after it is fine"
    assert how_many(app, Visit) == 2


@pytest.mark.postgres
def test_two_officers_who_plan_the_same_crew_at_once_get_one_visit(app):
    one, two, answers = accept(app, wish(app)), accept(app, wish(app, road="Kirkevej")), []
    people = [logged_in(app), logged_in(app)]
    work = [
        (p, case(b, "besoeg"), {"csrf_token": p.token, **plan_form(p, b)})
        for p, b in zip(people, (one, two), strict=True)
    ]
    ready = threading.Barrier(2)

    def go(person, path, data):
        ready.wait()
        answers.append(person.client.post(path, data=data).status_code)

    threads = [threading.Thread(target=go, args=args) for args in work]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(answers) == [303, 422] and how_many(app, Visit) == 1


def test_a_visit_can_be_moved_and_keeps_its_bookings(app, ida):
    booking = wish(app)
    id = planned(app, booking)
    path = f"/en/kontor/besoeg/{id}/flyt"
    form = as_sent(ida.get(path), "crew")
    assert form["crew"] == [SECRETS[0]] and form.get("bookings") == [booking.reference], "as it stands now"
    page = ida.post(path, {**form, "day": "2099-05-03", "starts": "06:00", "ends": "08:30", "crew": "ATK 2"})
    assert page.status == 200, page.errors
    visit = visit_of(app, id)
    assert visit.starts_at == datetime(2099, 5, 3, 6, tzinfo=COPENHAGEN) and visit.crew == "ATK 2"
    assert [b.reference for b in visit.bookings] == [booking.reference]
    assert visit.events[-1].kind is EventKind.RESCHEDULED and how_many(app, Letter) == 2, "nobody is told"


def test_a_visit_can_be_moved_within_its_own_time(app, ida):
    booking = accept(app, wish(app))
    ida.post(case(booking, "besoeg"), plan_form(ida, booking))
    form = as_sent(ida.get("/en/kontor/besoeg/1/flyt"), "crew")
    assert ida.post("/en/kontor/besoeg/1/flyt", {**form, "ends": "20:00"}).status == 200


def test_moving_into_another_visits_time_is_refused_kindly(app, ida):
    one, two = accept(app, wish(app)), accept(app, wish(app, road="Kirkevej"))
    ida.post(case(one, "besoeg"), plan_form(ida, one))
    ida.post(case(two, "besoeg"), plan_form(ida, two, starts="20:00", ends="21:00"))
    form = as_sent(ida.get("/en/kontor/besoeg/2/flyt"), "crew")
    page = ida.post("/en/kontor/besoeg/2/flyt", {**form, "starts": "18:00"})
    assert page.status == 422 and "ATK 1 is at Bygaden" in page.text
    assert local(visit_of(app, 2).starts_at).hour == 20


def test_a_cancelled_visit_needs_a_reason_and_its_bookings_wait_for_another(app, ida, citizen):
    booking = wish(app)
    id = planned(app, booking)
    page = ida.post(f"/en/kontor/besoeg/{id}/aflys", {"words": ""})
    assert page.status == 422 and visit_of(app, id).status is VisitStatus.PLANNED
    ida.post(f"/en/kontor/besoeg/{id}/aflys", {"words": "Vognen er i stykker"})
    assert visit_of(app, id).status is VisitStatus.CANCELLED
    assert listed(ida, "?bunke=planlaeg") == [booking.reference] and how_many(app, Letter) == 2
    assert "stykker" in ida.get(f"/en/kontor/besoeg/{id}").text and "stykker" not in citizen.get(link(booking)).text
    assert ida.post(f"/en/kontor/besoeg/{id}/aflys", {"words": "igen"}).status == 409


def test_what_is_planned_and_then_withdrawn_or_declined_leaves_the_visit(app, ida):
    one, two = wish(app), wish(app)
    id = planned(app, one, two)
    ida.post(case(one, "afslag"), {**ACTIONS["afslag"][0], "send": "1"})
    change(app, two, lambda b, o: b.withdraw())
    assert visit_of(app, id).bookings == []


def test_a_plan_says_yes_to_who_has_not_had_one_and_the_letter_is_seen_first(app, ida):
    granted, new, asked = accept(app, wish(app)), wish(app), ask(app, wish(app))
    everybody = [granted.reference, new.reference, asked.reference]
    form, letters = plan_form(ida, granted, bookings=everybody), how_many(app, Letter)
    page = ida.post(case(granted, "besoeg"), form)
    shown = letters_shown(page)
    assert len(shown) == 2 and how_many(app, Visit) == 0 and how_many(app, Letter) == letters
    assert not any(re.search(r"17[:.]00|19[:.]00|ATK", text) for text in shown), "a yes says nothing of a date"
    ida.post(case(granted, "besoeg"), {**as_sent(page, "crew"), "send": "1"})
    assert {b.reference for b in visit_of(app).bookings} == set(everybody)
    assert [redact_links(seen_now(app, b).letters[-1].text) for b in (new, asked)] == shown
    assert how_many(app, Letter) == letters + 2 and seen_now(app, new).status is BookingStatus.ACCEPTED


@pytest.mark.parametrize("status, offered", [
    ("received", True), ("asked", True), ("accepted", True), ("planned", False), ("declined", False)])
def test_a_control_is_planned_from_its_case_where_it_waits_for_a_visit_or_for_a_yes(app, ida, status, offered):
    booking = wish(app)
    {"received": lambda: None, "asked": lambda: ask(app, booking), "accepted": lambda: accept(app, booking),
     "planned": lambda: planned(app, booking),
     "declined": lambda: change(app, booking, lambda b, o: b.decline(o, "resources", "", ""))}[status]()
    assert (f'href="{case(booking, "besoeg")}"' in ida.get(case(booking)).html) is offered


def test_who_is_ticked_after_the_letters_were_shown_gets_none_before_theirs_is_shown(app, ida):
    granted, new, later = accept(app, wish(app)), wish(app), wish(app, email="bo@example.dk")
    page = ida.post(case(granted, "besoeg"), plan_form(ida, granted, bookings=[granted.reference, new.reference]))
    assert len(letters_shown(page)) == 1
    more = {**as_sent(page, "crew"), "bookings": [b.reference for b in (granted, new, later)], "send": "1"}
    page = ida.post(case(granted, "besoeg"), more)
    assert len(letters_shown(page)) == 2 and how_many(app, Visit) == 0 and seen_now(app,
        later).status is BookingStatus.RECEIVED
    ida.post(case(granted, "besoeg"), {**as_sent(page, "crew"), "send": "1"})
    assert len(visit_of(app).bookings) == 3 and seen_now(app, later).status is BookingStatus.ACCEPTED


def test_a_closed_booking_cannot_be_planned(app, ida):
    booking = change(app, wish(app), lambda b, o: b.withdraw())
    form = plan_form(ida, accept(app, wish(app)))
    ida.post(case(booking, "besoeg"), {**form, "bookings": [booking.reference], "send": "1"})
    assert how_many(app, Visit) == 0


def test_the_job_sheet_has_everything_for_the_field_and_no_contact_data(app, ida):
    booking = wish(
        app,
        name="Anna Hemmelig",
        email="anna@hemmelig.example",
        phone="87654321",
        address="Lønvej 9",
        org="Hemmelig Forening",
        capacity="residents",
    )
    id = planned(app, booking)
    with app.app_context():
        db.session.query(Place).one().suitability = SECRETS[2]
        db.session.commit()
    page = ida.get(f"/en/kontor/besoeg/{id}/jobark")
    assert "called off" not in page.text
    for words in (
        "Bygaden, 4690 Haslev",
        "fra kirken til skolen",
        SECRETS[0],
        SECRETS[2],
        "Speeding",
        "De kører stærkt.",
        "Speed camera van",
    ):
        assert words in page.text, words
    for words in ("Anna", "hemmelig.example", "87654321", "Lønvej", "Hemmelig Forening", booking.secret, "residents"):
        assert words.lower() not in page.html.lower(), words
    with app.app_context():
        db.session.get(Visit, id).cancel(Officer.by_email(OFFICER), "weather")
        db.session.commit()
    assert "This visit has been called off." in ida.get(f"/en/kontor/besoeg/{id}/jobark").text


def test_the_answer_is_promised_anew_when_a_wish_is_accepted(app, ida):
    with time_machine.travel("2026-11-02 10:00Z", tick=True):
        ida, booking = logged_in(app), wish(app)
        ida.post(case(booking, "imoedekom"), {"send": "1"})
        assert seen_now(app, booking).due_on == add_working_days(today(), 22)
        assert "2 December 2026" in last_letter(app).text


def test_a_letter_that_failed_can_be_sent_again_to_the_new_address(app, ida):
    booking = accept(app, wish(app))
    letter = last_letter(app)
    assert ida.post(f"/en/kontor/breve/{letter.id}", {"again": "1"}).status == 409, "it is on its way"
    with app.app_context():
        found = db.session.get(Letter, letter.id)
        found.mark_failed("refused 550 no such user")
        found.booking.change_contact(name="Anna", email="ny@example.dk", phone="", address="", reply="email")
        db.session.commit()
    assert "550 no such user" in ida.get(case(booking)).text
    ida.post(f"/en/kontor/breve/{letter.id}", {"again": "1"})
    after = last_letter(app)
    assert (after.delivery_status, after.recipient, after.text) == (DeliveryStatus.WAITING, "ny@example.dk",
        letter.text)


def test_a_letter_that_failed_leads_to_a_better_address_and_back_to_itself(app, ida):
    booking = accept(app, wish(app))
    letter = last_letter(app)
    with app.app_context():
        db.session.get(Letter, letter.id).mark_failed("refused 550 no such user")
        db.session.commit()
    page = ida.get(f"/en/kontor/breve/{letter.id}")
    way = re.search(r'href="([^"]*)#contact"', page.html)[1]
    fold = ida.get(way)
    assert '<details id="contact" open>' in fold.html
    typed = as_sent(fold, "back") | {"email": "ny@example"}
    wrong = ida.post(f"{case(booking)}/kontakt", typed)
    assert wrong.status == 422 and as_sent(wrong, "back")["back"] == typed["back"]
    back = ida.post(f"{case(booking)}/kontakt", typed | {"email": "ny@example.dk"}, follow=False)
    assert back.response.location == f"/en/kontor/breve/{letter.id}"
    ida.post(f"/en/kontor/breve/{letter.id}", {"again": "1"})
    assert last_letter(app).recipient == "ny@example.dk"


def test_contact_details_lead_to_no_other_site(app, ida):
    booking = wish(app)
    typed = as_sent(ida.get(f"{case(booking)}?back=https://evil.example/"), "back")
    assert ida.post(f"{case(booking)}/kontakt", typed, follow=False).response.location == case(booking)


def test_a_question_can_be_followed_by_any_decision(app, ida):
    for name in ("imoedekom", "afslag", "henvis", "udsaet"):
        booking = change(app, wish(app), lambda b, o: b.ask(o, "Hvor?", today() + timedelta(days=14)))
        page = ida.post(case(booking, name), {**ACTIONS[name][0], "send": "1"})
        assert page.status == 200, page.errors
        assert seen_now(app, booking).letters[-1].kind == ACTIONS[name][2]


def test_a_press_without_its_token_does_nothing(app, ida):
    booking = wish(app)
    for step, data in [(n, {**d, "send": "1"}) for n, (d, _, _) in ACTIONS.items()] + [
        ("notat", {"words": "x"}),
        ("laest", {}),
        ("flyt", {"send": "1"}),
        ("spam", {"send": "1"}),
    ]:
        assert ida.client.post(case(booking, step), data=data).status_code in (400, 422)
    assert len(seen_now(app, booking).events) == 1


def test_a_button_with_an_old_csrf_token_is_pressed_once_more_on_the_page_that_says_so(app, ida):
    booking = wish(app)
    page = Page(ida.client.post(case(booking, "laest"), data={"csrf_token": "old", "seen": "7"}))
    assert page.status == 400 and "Nothing is lost: please press the button again." in page.text
    assert page.hidden["seen"] == ["7"] and len(page.hidden["csrf_token"]) == 1
    again = ida.client.post(case(booking, "laest"), data=page.hidden)
    assert again.status_code == 303 and seen_now(app, booking).events[-1].kind == EventKind.SEEN
