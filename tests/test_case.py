"""A citizen's own booking: followed by its secret link, changed by a press, never by a look."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from conftest import OFFICER, Page, Person, check_page
from helpers import as_sent, how_many, wish
from helpers_cases import FOUND, SECRETS, accept, ask, change, link, planned, reported, seen_now
from sqlalchemy import select

from models import Booking, BookingStatus, Event, EventKind, Letter, Officer, Place, Visit, db, limits, local, now

# Getting there.


def test_the_secret_link_shows_the_booking(app, citizen):
    booking = wish(app)
    page = citizen.get(link(booking))
    assert page.status == 200 and "Received" in page.text and "De kører stærkt." in page.text


@pytest.mark.parametrize("wrong", ["x", "X" * 24, "", " ", "%00", "../find", "æøå", "x" * 5000])
def test_a_wrong_secret_is_not_found_and_there_is_a_way_on(app, citizen, wrong):
    booking = wish(app)
    page = Page(citizen.client.get(f"/en/sag/{booking.reference}/{wrong}"))
    assert page.status in (404, 308) and booking.name not in page.text
    if page.status == 404:
        check_page(page, "/en/")
        assert 'href="/en/find"' in page.html and 'href="/en/"' in page.html


def test_one_link_does_not_open_another_booking(app, citizen):
    mine, other = wish(app), wish(app, road="Kirkevej")
    for page in ("", "kvittering", "besked", "kontakt", "traek-tilbage", "tag-op-igen"):
        path = f"/en/sag/{other.reference}/{mine.secret}/{page}".rstrip("/")
        assert citizen.client.get(path, follow_redirects=True).status_code == 404, page
    assert citizen.post(f"/en/sag/{other.reference}/{mine.secret}/traek-tilbage", {"sure": "y"}).status == 404
    assert seen_now(app, other).status is BookingStatus.RECEIVED
    assert citizen.client.get(f"/en/sag/AAAAAAAA/{mine.secret}").status_code == 404


def test_the_secret_cannot_be_guessed_and_is_kept_from_other_sites(app, citizen):
    a, b = wish(app), wish(app)
    assert a.secret != b.secret and len(a.secret) * 6 >= 128
    headers = citizen.client.get(link(a)).headers
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer") and headers["Cache-Control"] == "no-store"
    assert 'name="robots" content="noindex"' in citizen.get(link(a)).html


def test_a_reference_can_be_read_over_the_phone(app):
    assert all(re.fullmatch(r"[2-9A-HJKMNP-Y]{8}", wish(app).reference) for _ in range(5))


WIDE = {code: code + 0xfee0 for code in range(0x21, 0x7f)}  # as keyboards of East Asia write it


@pytest.mark.parametrize(
    "reference, contact",
    [
        (str, lambda b: "anna@example.dk"),
        (str.lower, lambda b: " ANNA@Example.DK "),
        (lambda r: f"{r[:4]} {r[4:]}", lambda b: "5678"),
        (lambda r: f"{r[:4]}-{r[4:]}".lower(), lambda b: "12345678"),
        (lambda r: f" {r} ", lambda b: "+45 12 34 56 78"),
        (lambda r: f"Sag {r[:4]} {r[4:]}", lambda b: "<anna@example.dk>"),
        (lambda r: f"”{r[:4]}\N{EN DASH}{r[4:]}”", lambda b: "5678"),
        (lambda r: f"Vælg en tid senest den 3. december 2026: tryghedsvandring ({r[:4]} {r[4:]})", lambda b: "5678"),
        (" ".join, lambda b: "5678"),
        (lambda r: r.translate(WIDE), lambda b: "5678".translate(WIDE)),
    ],
)
def test_a_booking_is_found_by_its_reference_and_what_its_owner_knows(app, citizen, reference, contact):
    booking = wish(app, phone="12345678")
    page = citizen.post("/en/find", {"reference": reference(booking.reference), "contact": contact(booking)})
    assert page.status == 200 and f"/sag/{booking.reference}/" in page.response.request.path


@pytest.mark.parametrize(
    "contact", ["bo@example.dk", "5679", "678", "8", "", "@", "anna", "%", "0000"]
)
def test_a_reference_alone_or_with_a_wrong_contact_finds_nothing(app, citizen, contact):
    booking = wish(app, phone="12345678")
    page = citizen.post("/en/find", {"reference": booking.reference, "contact": contact})
    assert page.status == 422 and page.errors and booking.secret not in page.html
    assert as_sent(page, "reference")["reference"] == [booking.reference]


@pytest.mark.parametrize("contact", ["", "@", "0000", "1234"])
def test_where_we_have_no_phone_or_no_email_its_absence_is_no_key(app, citizen, contact):
    for changes in ({"phone": ""}, {"email": "", "phone": "12345678", "reply": "phone"}):
        booking = wish(app, **changes)
        assert citizen.post("/en/find", {"reference": booking.reference, "contact": contact}).status == 422


def test_whoever_has_lost_it_all_gets_the_links_of_open_cases_and_the_screen_never_says_whether(app, citizen):
    first, second, gone = wish(app), wish(app, email="Anna@Example.dk"), wish(app)
    other = wish(app, email="bo@example.dk")
    with app.app_context():
        Booking.by_reference(gone.reference).withdraw()
        db.session.commit()
    answers = {citizen.post("/en/find/links", {"email": email}).text for email in ("anna@example.dk", "x@example.dk")}
    assert len(answers) == 1 and "If there are open cases under this address" in answers.pop()
    with app.app_context():
        [letter] = db.session.scalars(select(Letter).where(Letter.kind == "links_sent"))
        assert letter.subject == "The links to your open cases" and "/ikke-mig/" not in letter.text
        assert all(f"/sag/{b.reference}/{b.secret}" in letter.text for b in (first, second))
        assert not any(b.secret in letter.text for b in (gone, other))
    assert citizen.post("/en/find/links", {"email": "anna"}).errors


@pytest.mark.parametrize(("own", "others"), [
    ("anna@firma.dk", "anna+evil@firma.dk"), ("anna+vej@firma.dk", "anna@firma.dk"),
    ("anna+a@firma.dk", "Anna+b@firma.dk"), ("an.na@firma.dk", "anna@firma.dk")])
def test_the_links_go_to_the_whole_address_alone_and_no_other_one_is_a_key(app, citizen, own, others):
    """Not every mail server leaves out what stands behind a plus: there it is another person's."""
    mine, other = wish(app, email=own), wish(app, email=others)
    citizen.post("/en/find/links", {"email": others.upper()})
    with app.app_context():
        [letter] = db.session.scalars(select(Letter).where(Letter.kind == "links_sent"))
        assert letter.recipient == others and other.secret in letter.text and mine.secret not in letter.text
    assert citizen.post("/en/find", {"reference": mine.reference, "contact": others}).status == 422
    assert citizen.post("/en/find", {"reference": mine.reference, "contact": own.upper()}).status == 200


def test_the_links_are_mailed_three_times_a_day_at_most_whoever_asks(app):
    booking = wish(app)
    for _ in range(5):
        Person(app).post("/find/links", {"email": "anna@example.dk"})
    with app.app_context():
        known = Booking.by_reference(booking.reference)
        assert sum(e.kind is EventKind.LINKS_SENT for e in known.events) == 3
        assert sum(x.kind == "links_sent" and x.delivery_status == "waiting" for x in known.letters) <= 3


def test_the_same_words_whether_the_reference_or_the_contact_is_wrong(app, citizen):
    booking = wish(app)
    wrong = [
        citizen.post("/en/find", {"reference": r, "contact": c}).errors
        for r, c in ((booking.reference, "bo@example.dk"), ("AAAAAAAA", "anna@example.dk"), ("x", "y"))
    ]
    assert wrong[0] == wrong[1] == wrong[2] and wrong[0]


def test_guessing_is_stopped_after_ten_tries_with_a_way_on(make_app):
    app = make_app(RATELIMIT_ENABLED=True)
    person, token = Person(app), None
    token = person.token
    booking = wish(app, phone="12345678")
    for n in range(10):
        assert (
            person.client.post(
                "/en/find", data={"csrf_token": token, "reference": booking.reference, "contact": f"{n:04}"}
            ).status_code
            == 422
        )
    page = Page(
        person.client.post("/en/find", data={"csrf_token": token, "reference": booking.reference, "contact": "5678"})
    )
    check_page(page, "/en/find")
    assert page.status == 429 and "Too many tries" in page.text and 'href="/en/"' in page.html and "114" in page.text
    assert person.client.get("/en/find").status_code == 200, "reading is not limited"


# Changing it.


def test_information_can_be_added_and_the_officer_gets_to_see_it(app, citizen):
    booking = wish(app)
    page = citizen.post(link(booking, "besked"), {"words": "Også om natten <b>nu</b>."})
    assert page.status == 200 and "Også om natten <b>nu</b>." in page.text and "Your message" in page.text
    now_ = seen_now(app, booking)
    assert now_.has_unread and now_.status is BookingStatus.RECEIVED and now_.due_on == booking.due_on, "the promise stands"
    assert now_.events[-1].kind is EventKind.INFORMATION_GIVEN and now_.events[-1].officer_id is None
    assert how_many(app, Letter) == 1, "nobody is written to"


@pytest.mark.parametrize(
    "words", ["", "   ", "x" * 2001, "ring 12 34 56 78", "AB 12 345", "010190-1234", "n@example.dk"]
)
def test_a_message_that_cannot_be_taken_is_still_there(app, citizen, words):
    booking = wish(app)
    page = citizen.post(link(booking, "besked"), {"words": words})
    assert page.status == 422 and page.errors
    assert as_sent(page, "words")["words"] == [words.strip()]
    assert not seen_now(app, booking).has_unread


def test_an_answer_to_a_question_puts_it_back_and_starts_the_promise_anew(app, citizen):
    with time_machine.travel("2026-11-02 10:00Z", tick=False) as clock:
        booking = ask(app, wish(app))
        page = citizen.get(link(booking))
        assert (
            "We need information" in page.text
            and "Hvor på vejen er det?" in page.text
            and "4 January 2030" in page.text
        )
        clock.move_to("2026-11-12 10:00Z")
        page = citizen.post(link(booking, "besked"), {"words": "Ved skolen."})
        assert "Received" in page.text and "Please answer by" not in page.text
        after = seen_now(app, booking)
        assert (after.status, after.has_unread, after.due_on) == (BookingStatus.RECEIVED, True, date(2026, 11, 26))


def test_withdrawing_needs_the_tick_and_is_confirmed_by_letter(app, citizen):
    booking = wish(app)
    page = citizen.post(link(booking, "traek-tilbage"))
    assert page.status == 422 and page.errors and seen_now(app, booking).status is BookingStatus.RECEIVED
    page = citizen.post(link(booking, "traek-tilbage"), {"sure": "y"})
    assert page.status == 200 and "Withdrawn" in page.text
    after = seen_now(app, booking)
    assert after.status is BookingStatus.WITHDRAWN and after.letters[-1].kind == "withdrawn"


def test_a_booking_withdrawn_leaves_its_coming_visit(app, citizen):
    mine, other = wish(app), wish(app)
    id = planned(app, mine, other)
    citizen.post(link(mine, "traek-tilbage"), {"sure": "y"})
    with app.app_context():
        assert [b.reference for b in db.session.get(Visit, id).bookings] == [other.reference]


def test_how_i_am_reached_can_be_changed(app, citizen):
    booking = wish(app)
    form = as_sent(citizen.get(link(booking)), "email")
    assert form["name"] == ["Anna Jensen"] and form["email"] == ["anna@example.dk"]
    page = citizen.post(link(booking, "kontakt"), {**form, "email": "", "phone": "12 34 56 78", "reply": "phone"})
    assert page.status == 200
    after = seen_now(app, booking)
    assert (after.email, after.phone, after.reply) == ("", "12345678", "phone")
    assert citizen.post("/en/find", {"reference": booking.reference, "contact": "5678"}).status == 200


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"email": ""}, "email"),
        ({"reply": "letter"}, "address"),
        ({"reply": "phone"}, "phone"),
        ({"name": ""}, "name"),
        ({"email": "anna"}, "email"),
    ],
)
def test_a_contact_that_reaches_nobody_is_refused_and_still_there(app, citizen, wrong, field):
    booking = wish(app)
    form = {**as_sent(citizen.get(link(booking)), "email"), "name": "Anna J.", **wrong}
    page = citizen.post(link(booking, "kontakt"), form)
    assert page.status == 422 and f'id="{field}-error"' in page.html
    assert as_sent(page, "email")["name"] == [form["name"]]
    assert seen_now(app, booking).email == "anna@example.dk"


def test_within_30_days_i_can_ask_to_have_it_taken_up_again_and_not_after(app, citizen):
    with time_machine.travel("2026-11-02 10:00Z", tick=False) as clock:
        booking, late = wish(app), wish(app, road="Kirkevej")
        for one in (booking, late):
            change(app, one, lambda b, o: b.decline(o, "resources", "", ""))
        clock.move_to("2026-12-02 09:59Z")
        page = citizen.post(link(booking, "tag-op-igen"), {"words": "Der er sket en ulykke."})
        after = seen_now(app, booking)
        assert page.status == 200 and (after.status, after.has_unread) == (BookingStatus.RECEIVED, True)
        assert after.due_on == date(2026, 12, 16) and after.letters[-1].kind == "reopened"
        clock.move_to("2026-12-02 10:01Z")
        assert "tag-op-igen" not in citizen.get(link(late)).html
        page = citizen.post(link(late, "tag-op-igen"), {"words": "Der er sket en ulykke."})
        assert "not possible any more" in page.text and seen_now(app, late).status is BookingStatus.DECLINED


def test_an_answered_booking_can_be_taken_up_again_and_a_withdrawn_one_not(app, citizen):
    booking, gone = wish(app), wish(app, road="Kirkevej")
    reported(app, booking)
    change(app, gone, lambda b, o: b.withdraw())
    citizen.post(link(booking, "tag-op-igen"), {"words": "De kører stadig stærkt."})
    citizen.post(link(gone, "tag-op-igen"), {"words": "Alligevel."})
    assert seen_now(app, booking).status is BookingStatus.RECEIVED and seen_now(app,
        gone).status is BookingStatus.WITHDRAWN


@pytest.mark.parametrize(
    "close",
    [
        lambda b, o: b.withdraw(),
        lambda b, o: b.decline(o, "resources", "", ""),
        lambda b, o: b.refer(o, "municipality", ""),
    ],
)
def test_what_is_not_possible_any_more_is_said_kindly(app, citizen, close):
    booking = change(app, wish(app), close)
    status, letters = seen_now(app, booking).status, how_many(app, Letter)
    for step, data in (("besked", {"words": "Mere"}), ("traek-tilbage", {"sure": "y"})):
        page = citizen.post(link(booking, step), data)
        if step == "besked":
            assert page.status == 409 and "Mere" in page.html, "the words are kept"
            assert ("closed meanwhile" in page.text) == seen_now(app, booking).may_reopen
        else:
            assert page.status == 200 and "not possible any more" in page.text
        assert f'action="/en/sag/{booking.reference}/{booking.secret}/{step}"' not in page.html, "and no longer offered"
    assert seen_now(app, booking).status is status and how_many(app, Letter) == letters


WITHDRAWN = lambda b, o: b.withdraw()  # noqa: E731
DECLINED = lambda b, o: b.decline(o, "resources", "", "")  # noqa: E731
OPEN = lambda b, o: b.note(o, "")  # noqa: E731


@pytest.mark.parametrize("become, step, field, now_possible", [
    (WITHDRAWN, "besked", "words", ""), (WITHDRAWN, "tag-op-igen", "words", ""), (WITHDRAWN, "hjalp-det", "more", ""),
    (WITHDRAWN, "ingen-passer", "when", ""), (DECLINED, "besked", "words", "tag-op-igen"),
    (DECLINED, "ingen-passer", "when", "tag-op-igen"), (OPEN, "ingen-passer", "when", "besked"),
    (OPEN, "tag-op-igen", "words", "besked"), (OPEN, "hjalp-det", "more", "besked")])
def test_words_that_come_too_late_stay_on_the_screen_with_what_can_be_done_now(
        app, citizen, become, step, field, now_possible):
    booking, words = change(app, wish(app), become), "Kun om aftenen, tak."
    page = citizen.post(link(booking, step), {field: words, "helped": "no"})
    assert page.status == 409 and words in page.html
    if now_possible:
        form = as_sent(page, "words")
        assert form["words"] == [words] and citizen.post(link(booking, now_possible), form).status == 200
        assert seen_now(app, booking).events[-1].words == words
    else:
        assert "What you wrote was not sent" in page.text and "call us: 114" in page.text


@pytest.mark.parametrize("become, step, form", [
    (OPEN, "besked", {"words": "Mest om aftenen."}), (OPEN, "traek-tilbage", {"sure": "y"}),
    (OPEN, "kontakt", {"name": "Bo", "email": "bo@example.dk", "reply": "email", "phone": "12 34 56 78"}),
    (DECLINED, "tag-op-igen", {"words": "Det er værre nu."}),
    (DECLINED, "hjalp-det", {"helped": "no", "more": "Nej."})])
def test_the_same_form_sent_twice_from_one_page_counts_once(app, citizen, become, step, form):
    booking = change(app, wish(app), become)
    form |= {"version": citizen.get(link(booking)).hidden["version"][0]}
    pages = [citizen.post(link(booking, step), form) for _ in range(3)]
    assert [page.status for page in pages] == [200] * 3 and len(seen_now(app, booking).events) == 3
    assert len({page.text for page in pages}) == 1, "and the answer is the same"


def test_another_message_from_the_same_page_and_the_same_one_from_a_later_page_count(app, citizen):
    booking = wish(app)
    form = as_sent(citizen.get(link(booking)), "words")
    for words in ("Her er mere.", "Og mere.", "Og mere."):
        page = citizen.post(link(booking, "besked"), {**form, "words": words})
    assert len(seen_now(app, booking).events) == 3
    citizen.post(link(booking, "besked"), {**as_sent(page, "words"), "words": "Og mere."})
    assert len(seen_now(app, booking).events) == 4


def test_a_message_from_a_page_that_does_not_show_our_question_is_no_answer_to_it(app, citizen):
    booking = wish(app)
    form = {**as_sent(citizen.get(link(booking)), "words"), "words": "Mest om aftenen."}
    ask(app, booking)
    page = citizen.post(link(booking, "besked"), form)
    assert page.status == 409 and "Hvor på vejen er det?" in page.text
    assert seen_now(app, booking).status is BookingStatus.NEEDS_INFORMATION
    form = as_sent(page, "words")
    assert form["words"] == ["Mest om aftenen."] and citizen.post(link(booking, "besked"), form).status == 200
    assert seen_now(app, booking).status is BookingStatus.RECEIVED


@pytest.mark.parametrize("ours, step, words, thanks", [
    (lambda b, o: b.decline(o, "resources", "", ""), "tag-op-igen", "Se igen.", "look at your case again"),
    (lambda b, o: b.ask(o, "Er det om morgenen?", date(2030, 1, 4)), "besked", "Ja.", "We have your message")])
def test_the_same_press_again_is_no_repeat_where_we_have_answered_in_between(app, citizen, ours, step, words, thanks):
    booking = change(app, wish(app), ours)
    press = {"words": words, "version": citizen.get(link(booking)).hidden["version"][0]}
    assert all(thanks in citizen.post(link(booking, step), press).text for _ in range(2))
    change(app, booking, ours)
    status, page = seen_now(app, booking).status, citizen.post(link(booking, step), press)
    assert page.status == 409 and thanks not in page.text and words in page.html
    assert seen_now(app, booking).status is status


@pytest.mark.parametrize("step, typed", [
    ("traek-tilbage", {"sure": "y"}), ("hjalp-det", {"helped": "yes"}), ("tag-op-igen", {"words": "Hvad med støjen?"})])
def test_a_press_on_a_page_that_tells_of_another_answer_shows_ours_first(app, citizen, step, typed):
    booking, is_closed = wish(app), step != "traek-tilbage"
    if is_closed:
        change(app, booking, lambda b, o: b.decline(o, "resources", "", ""))
    older = citizen.get(link(booking)).hidden["version"][0]
    if is_closed:
        change(app, booking, lambda b, o: b.reopen("Se igen"))
        change(app, booking, lambda b, o: b.refer(o, "municipality", "Bumpet kommer i maj."))
    else:
        accept(app, booking)
    status = seen_now(app, booking).status
    page = citizen.post(link(booking, step), {"version": older, **typed})
    assert page.status == 409 and "Nothing was sent or saved by this press" in page.text
    assert seen_now(app, booking).status is status and seen_now(app, booking).helped == ""
    again = citizen.post(link(booking, step), {"version": page.hidden["version"][0], **typed})
    assert again.status == 200 and "Nothing was sent" not in again.text


def test_an_empty_message_on_a_closed_case_is_answered_as_kindly(app, citizen):
    booking = change(app, wish(app), lambda b, o: b.withdraw())
    page = citizen.post(link(booking, "besked"), {"words": ""})
    assert "not possible any more" in page.text
    assert not re.search(r'href="#words"', page.html), "no link to a field that is not there"


def test_looking_changes_nothing(app, citizen):
    """A mail program or a bot that opens every link does no harm."""
    booking = ask(app, wish(app))
    before = how_many(app, Event), how_many(app, Letter)
    for step in ("", "kvittering", "besked", "kontakt", "traek-tilbage", "tag-op-igen"):
        for query in ("", "?sure=y&words=x&name=x&send=1"):
            for method in ("GET", "HEAD", "OPTIONS"):
                assert citizen.client.open(link(booking, step) + query, method=method).status_code in (200, 302)
    assert before == (how_many(app, Event), how_many(app, Letter))
    assert seen_now(app, booking).status is BookingStatus.NEEDS_INFORMATION


@pytest.mark.parametrize(
    "step, data", [("besked", {"words": "x"}), ("traek-tilbage", {"sure": "y"}), ("kontakt", {"name": "x"})]
)
def test_no_other_site_can_press_for_me(app, step, data):
    booking = wish(app)
    assert app.test_client().post(link(booking, step), data=data).status_code == 422
    assert len(seen_now(app, booking).events) == 1


# What may be seen.


def test_the_history_shows_only_what_citizens_may_see(app, citizen):
    booking = wish(app)
    start = now() + timedelta(days=5)
    planned(app, booking, start=start)
    change(app, booking, lambda b, o: b.note(o, SECRETS[1]))
    with app.app_context():
        db.session.query(Place).one().suitability = SECRETS[2]
        db.session.commit()
    page = citizen.get(link(booking))
    assert "Accepted" in page.text
    for words in (*SECRETS, "planned", "Planned", "visit", "note", "Ida", f"{local(start):%-d %B}"):
        assert words not in page.text, words
    assert page.text == Page(citizen.client.get(link(booking))).text


def test_nothing_on_the_page_changes_when_a_visit_is_planned_moved_or_cancelled(app, citizen):
    booking = accept(app, wish(app))
    seen = citizen.get(link(booking)).text
    id = planned(app, booking)
    assert citizen.get(link(booking)).text == seen
    with app.app_context():
        visit, ida = db.session.get(Visit, id), Officer.by_email(OFFICER)
        visit.reschedule(
            ida,
            place=visit.place,
            starts_at=now() + timedelta(days=9),
            ends_at=now() + timedelta(days=9, hours=1),
            resource_units={"crew": "X"},
            method="laser",
        )
        db.session.commit()
    assert citizen.get(link(booking)).text == seen
    with app.app_context():
        db.session.get(Visit, id).cancel(Officer.by_email(OFFICER), "regn")
        db.session.commit()
    assert citizen.get(link(booking)).text == seen


def test_carried_out_is_said_only_when_findings_are_entered(app, citizen):
    booking = wish(app)
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        id = planned(app, booking, start=now() - timedelta(hours=3))
        assert "Carried out" not in citizen.get(link(booking)).text, "over, and yet nobody is told"
        with app.app_context():
            db.session.get(Visit, id).enter_findings(Officer.by_email(OFFICER), FOUND)
            db.session.commit()
        page = citizen.get(link(booking))
        assert "Carried out – the answer is on its way" in page.text and "94 vehicles" not in page.text
        with app.app_context():
            db.session.get(Visit, id).report(Officer.by_email(OFFICER))
            db.session.commit()
        page = citizen.get(link(booking))
        assert "Answered with result" in page.text and "94 vehicles were measured" in page.text


@pytest.mark.parametrize("then", ["repeat", "closed"])
def test_what_could_not_be_carried_out_is_not_said_to_be(app, citizen, then):
    booking = wish(app)
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        id = planned(app, booking, start=now() - timedelta(hours=3))
        with app.app_context():
            db.session.get(Visit, id).enter_findings(Officer.by_email(OFFICER), {
                "performed": "no", "cause": "weather", "suit": "suitable", "next": [then]})
            db.session.commit()
        page = citizen.get(link(booking))
        assert "Accepted" in page.text and "Carried out" not in page.text


def test_a_decline_and_a_referral_stand_on_the_page_in_the_readers_language(app, citizen):
    no, other = wish(app), wish(app, road="Kirkevej")
    change(app, no, lambda b, o: b.decline(o, "unsuitable", "Vejen er for smal.", "Spørg kommunen."))
    change(app, other, lambda b, o: b.refer(o, "municipality", "De sætter skilte op."))
    page = citizen.get(link(no))
    assert (
        "The place does not suit a control" in page.text
        and "Vejen er for smal." in page.text
        and "Spørg kommunen." in page.text
    )
    page = citizen.get(link(other))
    assert "Faxe" in page.text and "56 20 30 00" in page.text and "https://www.faxekommune.dk" in page.html


def test_the_switch_of_languages_stays_on_the_booking(app, citizen):
    booking = wish(app)
    assert f'href="{link(booking)[3:]}" lang="da"' in citizen.get(link(booking)).html
    assert citizen.get(link(booking)[3:]).status == 200


def test_news_lie_in_the_officers_pile_until_somebody_has_read_them(app, citizen, officer):
    booking = wish(app)
    citizen.post(link(booking, "besked"), {"words": "Også om natten."})
    queue = officer.get("/en/kontor/?bunke=besked")
    assert (
        f"/sag/{booking.reference}" in queue.html and f"/sag/{booking.reference}" not in officer.get("/en/kontor/").html
    )
    page = officer.get(f"/en/kontor/sag/{booking.reference}")
    assert "Something new in this case" in page.text and "Også om natten." in page.text
    officer.post(f"/en/kontor/sag/{booking.reference}/laest")
    assert f"/sag/{booking.reference}" not in officer.get("/en/kontor/?bunke=besked").html
    assert f"/sag/{booking.reference}" in officer.get("/en/kontor/").html
    assert how_many(app, Letter) == 1


def test_a_citizen_reads_no_spam_and_can_book_again(app, citizen):
    booking = change(app, wish(app, language="da"), lambda b, officer: b.mark_as_spam(officer))
    with time_machine.travel(now() + timedelta(days=limits.REOPEN_DAYS + 1)):
        page = citizen.get(link(booking).removeprefix("/en"))
    assert "spam" not in page.text.lower() and "Lagt til side som ikke ægte" in page.text
    assert re.search(r'href="/bestil/faerdselskontrol">\s*Bestil igen<', page.html)
