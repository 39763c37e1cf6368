"""flask demo: a district that somebody could have lived in for a year, filled in a few seconds."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from conftest import OFFICER, Page, logged_in, logged_in_by_form
from flask import g
from helpers_demo import flask_demo, typed
from sqlalchemy import func, select

import catalogue
from demo import cases as demo_cases, story
from forms import NoPersonalData, phone_form
from models import (
    CLOSED,
    Booking,
    BookingStatus,
    Channel,
    DeliveryStatus,
    Event,
    EventKind,
    Letter,
    Officer,
    Place,
    Proposal,
    Reservation,
    Visit,
    VisitStatus,
    db,
    free_times,
    is_working_day,
    local,
    now,
    working_days_until,
)
from office.dates import weighed
from reporting.work_list import ARCHIVE, QUEUES

# domain.md 2.3: road, limit, measured, charged, penalty clips, conditional losses, highest speed.
PUBLISHED = [
    ("Terslev Bygade", "50", 94, 0, 0, 0, None),
    ("Faxevej", "50", 539, 4, 0, 0, None),
    ("Sydmotorvejen ved Udby", "130", 4430, 126, 0, 16, None),
    ("Nyråd Skovstræde", "30", None, 93, 25, 5, 55),
    ("Hulemosevej", "30", None, 27, 6, 0, 46),
    ("Slagelsevej", "80", None, 9, 7, 2, 134),
    ("Farøbroen", "110", None, 246, 22, 0, None),
]
OUTCOMES = {BookingStatus.ANSWERED: EventKind.ANSWERED, BookingStatus.DECLINED: EventKind.DECLINED,
            BookingStatus.REFERRED: EventKind.REFERRED,
            BookingStatus.WITHDRAWN: EventKind.WITHDRAWN}


def all_findings(rows, service: str = "traffic") -> list[tuple[Visit, dict]]:
    return [(v, f) for v in rows(Visit) for f in (v.findings, v.draft) if f and v.service == service]


def dated(rows, *services: str) -> list[Booking]:
    """Bookings whose date is agreed, of these services or of all."""
    return [b for b in rows(Booking) if b.service in (services or ("meeting", "walk", "van"))]


def all_words(value) -> list[str]:
    """Whatever is text, however deep it lies."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] if isinstance(value, str) else [words for part in inside for words in all_words(part)]


def test_it_is_a_year_of_work(rows):
    bookings, visits, places = rows(Booking), rows(Visit), rows(Place)
    assert len(bookings) >= 70 and len(visits) >= 32 and len(places) >= 26
    year = now() - timedelta(days=366)
    assert all(year < b.received_at < now() for b in bookings)
    assert len({(b.received_at.year, b.received_at.month) for b in bookings}) >= 12
    assert len({(v.starts_at.year, v.starts_at.month) for v in visits}) >= 12
    assert sum(p.lat is not None for p in places) >= 25


def test_every_municipality_is_there(rows, filled):
    assert {p.municipality for p in rows(Place)} == {m.name for m in filled.config["DISTRICT"].municipalities}


def test_what_happened_stands_in_the_order_in_which_it_happened(rows):
    events = rows(Event)
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert all(e.at < now() for e in events)
    received = [b.received_at for b in rows(Booking)]
    assert received == sorted(received)
    assert all(letter.made_at >= letter.booking.received_at for letter in rows(Letter) if letter.booking)
    assert all(p.made_at <= min(b.received_at for b in p.bookings) + timedelta(minutes=1) for p in rows(Place))


def test_the_published_controls_are_there(rows):
    told = [{k: f.get(k, 0 if k in ("klip", "cond") else None)
             for k in ("limit", "passed", "charged", "klip", "cond", "top")} | {"road": v.place.road}
            for v, f in all_findings(rows)]
    for road, limit, passed, charged, klip, cond, top in PUBLISHED:
        assert {"road": road, "limit": limit, "passed": passed, "charged": charged, "klip": klip, "cond": cond,
                "top": top} in told, road
    nyråd = next(f for v, f in all_findings(rows) if v.place.road == "Nyråd Skovstræde")
    assert nyråd["fine"] == 63 and nyråd["temporary"]
    assert not any("Stevns" in p.road for p in rows(Place))


def test_every_finding_is_what_the_form_would_have_kept(rows, filled):
    with filled.test_request_context():
        for service in catalogue.SERVICES.values():
            assert all_findings(rows, service.key)
            for visit, findings in all_findings(rows, service.key):
                form = service.findings(formdata=typed(findings), meta={"csrf": False})
                assert form.validate(), (visit.place, form.errors)
                assert form.answers() == findings, visit.place


def test_every_wish_is_what_the_form_would_have_kept(rows, filled):
    """What grew out of another case has nobody who fills in a form."""
    with filled.test_request_context():
        for booking in rows(Booking):
            if booking.channel == "office":
                continue
            where = {"road": booking.road, "from_to": booking.from_to, "postcode": booking.place.postcode,
                     "lat": booking.lat or "", "lng": booking.lng or ""}
            who = {"name": booking.name, "email": booking.email, "phone": booking.phone, "address": booking.address,
                   "capacity": booking.capacity, "org": booking.org, "reply": booking.reply.value,
                   "language": booking.language, "emergency": True}
            asked = catalogue.SERVICES[booking.service].questions
            if booking.channel != "web":
                asked, who["channel"] = phone_form(asked), booking.channel
            with time_machine.travel(booking.received_at, tick=False):  # a date that would suit is weeks ahead
                form = asked(formdata=typed({**booking.answers, **where, **who}), meta={"csrf": False})
                assert form.validate(), (booking.road, form.errors)
            assert form.own_answers() == booking.answers
            assert form.columns()["public"] == booking.public
            wishes = [(p.starts_at, p.ends_at) for p in booking.proposals if not p.is_offer]
            assert wishes == sorted(form.wishes()), booking.road


def test_there_is_something_of_everything(rows):
    bookings, visits = rows(Booking), rows(Visit)
    assert {b.status for b in bookings} == set(BookingStatus)
    assert {b.channel for b in bookings} == {"web", "phone", "paper", "office"}
    assert {b.language for b in bookings} == {"da", "en"}
    assert {b.reply for b in bookings} == set(Channel)
    assert {b.service for b in bookings} == set(catalogue.SERVICES) == {v.service for v in visits}
    assert sum(b.service == "traffic" for b in bookings) > 0.85 * len(bookings)
    assert max(Counter(b.place_id for b in bookings if b.answers.get("problem") == "school").values()) >= 5
    assert {v.status for v in visits} == set(VisitStatus)
    assert any(len(v.bookings) > 1 for v in visits) and any(len(b.visits) > 1 for b in bookings)
    findings = [f for _, f in all_findings(rows)]
    assert any(f.get("charged") == 0 for f in findings)
    assert any(f.get("nearby") for f in findings) and any(f.get("patrols") for f in findings)
    assert {f["performed"] for f in findings} == {"yes", "partly", "no"}
    assert {"mopeds", "inspection", "patrol", "manual", "laser", "atk"} <= {f.get("method") for f in findings}
    kinds = {e.kind for e in rows(Event)}
    assert {EventKind.CORRECTED, EventKind.POSTPONED, EventKind.REOPENED, EventKind.DELAYED, EventKind.NOTED,
            EventKind.CANCELLED} <= kinds


def test_what_is_agreed_stands_in_every_state(rows):
    cases = dated(rows)
    waiting = [b for b in cases if b.status is BookingStatus.RECEIVED]
    assert {b.channel for b in waiting} == {"web", "phone"} and all(b.wishes and not b.offers for b in waiting)
    offered = [b for b in cases if b.offers]
    assert offered and all(p.is_open for b in offered for p in b.offers)
    last = {b.events[-1].kind for b in cases if b.awaits_visit}
    assert last == {EventKind.DATES_OFFERED, EventKind.DATES_LAPSED, EventKind.CALLED_OFF}
    coming = [b.agreed_visit for b in cases if b.agreed_visit]
    assert {v.public for v in coming} == {True, False} and not any(v.is_overdue for v in coming)
    assert any(v.sequence for v in coming)
    for service in ("meeting", "walk", "van"):
        assert BookingStatus.ANSWERED in {b.status for b in dated(rows, service)}
    closed = {e.kind: e for b in cases for e in b.events}
    assert {EventKind.AGREED_ANEW, EventKind.DATES_REFUSED, EventKind.WITHDRAWN, EventKind.REMINDED,
            EventKind.LED_TO} <= set(closed)
    assert closed[EventKind.CALLED_OFF].facts["cause"] == "vehicle" and closed[
        EventKind.DECLINED].facts["reason"] == "no_date"
    assert {b.language for b in cases} == {"da", "en"}


def test_a_walk_grew_out_of_a_meeting_for_the_same_people(rows):
    walk = next(b for b in dated(rows, "walk") if b.channel == "office")
    meeting = next(b for b in dated(rows, "meeting") if b.reference == walk.events[0].facts["origin"])
    assert (walk.name, walk.email, walk.place) == (meeting.name, meeting.email, meeting.place)
    [note] = [event for event in walk.events if event.kind is EventKind.NOTED]
    assert note.words == meeting.visits[0].findings["summary"] and note.officer and not walk.answers
    assert any(e.facts.get("led_to") == walk.reference for e in meeting.events)


def look_at_the_dates(rows):
    """The dates to come lie two to six weeks ahead, on working days and within our hours."""
    proposals = [p for p in rows(Proposal) if p.closed_at is None]
    dates = [v.starts_at for v in rows(Visit) if v.date_agreed and v.is_planned] + [p.starts_at for p in proposals]
    assert len(dates) >= 8
    for starts in dates:
        assert timedelta(days=14) <= starts - now() <= timedelta(weeks=6), starts
        assert is_working_day(local(starts).date()) and 8 <= local(starts).hour <= 20
    return proposals


def test_an_approval_would_strand_somebody(rows):
    proposals = look_at_the_dates(rows)
    with_others = {p: Proposal.overlapping(p.starts_at, p.ends_at, p.units, [p.booking]) for p in proposals}
    assert any(o.booking.service == p.booking.service for p, others in with_others.items() for o in others)
    assert any(len(o.booking.wishes) == 1 for others in with_others.values() for o in others)


def test_days_off_and_the_workshop_stand_in_the_way(rows, filled):
    away = [t for t in rows(Reservation) if not t.visit]
    assert {t.unit for t in away} == {"Demo Betjent", *filled.config["DISTRICT"].vehicles}
    assert any(t.starts_at > now() for t in away if t.unit in filled.config["DISTRICT"].vehicles)
    with filled.test_request_context():
        g.officer = Officer.by_email(story.OFFICER)
        assert any("Demo Betjent" in words for b in dated(rows) for _, against in weighed(b.wishes) for words in against)
        near = next(t.starts_at for t in away if t.unit == "Demo Betjent")
        assert free_times(["Demo Betjent"], near, timedelta(hours=1))


def test_who_was_told_a_date_has_letters_and_both_sides_are_reminded(rows):
    for kind in (EventKind.DATES_OFFERED, EventKind.DATES_LAPSED, EventKind.AGREED, EventKind.AGREED_ANEW,
                 EventKind.CALLED_OFF, EventKind.REMINDED):
        found = [x for x in rows(Letter) if x.kind == kind]
        assert found and all(x.delivery_status is DeliveryStatus.SENT and x.booking.service != "traffic"
                             for x in found), kind
    assert all(x.calendar for x in rows(Letter) if x.kind in (EventKind.AGREED, EventKind.AGREED_ANEW,
        EventKind.CALLED_OFF))
    held = [v for v in rows(Visit) if v.date_agreed and v.status is VisitStatus.REPORTED]
    assert len(held) == 3 and all(v.reminded_at < v.starts_at for v in held)
    assert {x.recipient for x in rows(Letter) if x.booking is x.assignee is None} == {o.email for o in rows(Officer)}


def test_about_a_third_is_declined_for_many_reasons(rows):
    decided = Counter(e.kind for e in rows(Event) if e.kind in (EventKind.ACCEPTED, EventKind.DECLINED))
    assert 0.25 < decided[EventKind.DECLINED] / decided.total() < 0.4
    assert len({e.facts["reason"] for e in rows(Event) if e.kind is EventKind.DECLINED}) >= 8


def test_most_are_answered_in_six_to_nine_working_days_and_a_few_late(rows):
    controls = [b for b in rows(Booking) if b.service == "traffic"]
    first = [min((e.at for e in b.events if e.kind in (EventKind.ACCEPTED, EventKind.DECLINED, EventKind.REFERRED)),
                 default=None)
             for b in controls]
    took = [working_days_until(local(at).date(), local(b.received_at).date()) for b, at in zip(controls, first,
                                                                                               strict=True) if at]
    assert 5 <= sorted(took)[len(took) // 2] <= 9
    assert 1 <= sum(days > catalogue.SERVICES["traffic"].answer_within for days in took) <= len(took) / 8


def test_controls_charge_a_believable_share(rows):
    shares = [f["charged"] / f["passed"] for _, f in all_findings(rows) if f.get("passed") and f.get("charged")]
    assert shares and all(0.005 < s < 0.045 for s in shares)


def look_at_the_piles(app):
    officer = logged_in(app)
    for queue in QUEUES:
        page = officer.get(f"/kontor/?bunke={queue}")
        assert page.status == 200 and 'class="work-list"' in page.html, queue
    with app.app_context():
        open_now = db.session.scalars(select(Booking).where(Booking.status.not_in(CLOSED))).all()
        left = [working_days_until(b.due_on) for b in open_now]
        assert any(n < 0 for n in left) and any(0 <= n <= 3 for n in left) and any(n > 5 for n in left)
        coming = db.session.scalars(select(Visit).where(Visit.starts_at > now(), Visit.date_agreed.is_(False))).all()
        assert len(coming) >= 2 and all(v.starts_at < now() + timedelta(days=14) and v.bookings for v in coming)
        assert not [e for e in db.session.scalars(select(Event)) if e.at >= now()]
    assert set(ARCHIVE) < set(QUEUES)


def test_every_pile_has_something_to_do(filled):
    look_at_the_piles(filled)


@pytest.mark.slow
def test_it_is_as_fresh_five_minutes_into_new_year(app):
    with time_machine.travel(datetime(2026, 12, 31, 23, 5, tzinfo=UTC), tick=False):
        with app.app_context():
            story.fill()
            look_at_the_dates(lambda of: db.session.scalars(select(of)).all())
        look_at_the_piles(app)


def test_whoever_was_answered_has_a_letter_about_it_or_somebody_is_to_phone_or_post_it(rows):
    for booking in rows(Booking):
        if booking.status not in CLOSED - {BookingStatus.SPAM}:  # of which nobody is told
            continue
        about = [letter for letter in booking.letters if letter.kind == OUTCOMES[booking.status]]
        assert about, booking.road
        assert all(letter.delivery_status in (DeliveryStatus.SENT, DeliveryStatus.FAILED) or letter.is_task
                   for letter in about)
    for event in rows(Event):
        if event.kind.type.letter and event.kind is not EventKind.RECEIVED and event.booking:
            assert any(letter.kind == event.kind for letter in event.booking.letters)


def test_the_worker_finds_nothing_to_send(rows):
    found = rows(Letter)
    assert not [x for x in found if x.channel is Channel.EMAIL
                and x.delivery_status not in (DeliveryStatus.SENT, DeliveryStatus.FAILED)]
    failed = [x for x in found if x.delivery_status is DeliveryStatus.FAILED]
    assert failed and all(re.match(r"refused 5\d\d ", x.error) for x in failed)
    assert {x.channel for x in found if x.is_task} == {Channel.PHONE, Channel.POST}
    assert all(x.recipient.strip() for x in found)
    assert all(re.search(r"@example\.(dk|com)$", x.recipient) for x in found if x.channel is Channel.EMAIL
               and x.booking)
    assert all(x.sent_at and x.made_at <= x.sent_at < now() for x in found if x.delivery_status is DeliveryStatus.SENT)


def test_nobodys_words_hold_personal_data(rows):
    texts = [words for b in rows(Booking) for name, value in b.answers.items() if name != "contact_day_phone"
             for words in all_words(value)]
    texts += [w for e in rows(Event) for w in (e.words, e.facts.get("instead", ""))]
    texts += [words for key in catalogue.SERVICES for _, f in all_findings(rows, key) for words in all_words(f)]
    texts += [p.suitability for p in rows(Place)]
    for text in filter(None, texts):
        assert not NoPersonalData.doubts(text), text
        NoPersonalData()(None, SimpleNamespace(data=text, errors=[]))  # raises
    own = [b.answers.get("text", b.answers.get("why", b.name)) for b in rows(Booking)]
    assert len(set(own)) == len(own), "no two write the same"


def test_every_page_of_the_office_opens(filled, rows):
    officer = logged_in(filled)
    paths = [f"/kontor/sag/{b.reference}" for b in rows(Booking)]
    paths += [f"/kontor/sag/{b.reference}/{act}" for b in {b.status: b for b in rows(Booking)}.values()
              for act in ("imoedekom", "spoerg", "afslag", "henvis", "udsaet", "besoeg")]
    paths += [f"/kontor/sag/{b.reference}/{act}" for b in dated(rows) for act in ("tider", "besoeg")]
    paths += [f"/kontor/besoeg/{v.id}{page}" for v in rows(Visit) for page in ("", "/jobark")]
    paths += [f"/kontor/besoeg/{v.id}{page}" for v in rows(Visit) if v.is_open or v.status is VisitStatus.CANCELLED
              for page in ("/flyt", "/resultat", "/svar")]
    paths += [f"/kontor/sted/{p.id}" for p in rows(Place)]
    paths += [f"/kontor/breve/{x.id}" for x in rows(Letter) if x.delivery_status is not DeliveryStatus.SENT]
    paths += ["/kontor/", "/kontor/kalender", f"/en/kontor/sag/{rows(Booking)[0].reference}"]
    for path in paths:
        assert officer.get(path).status == 200, path


def test_every_citizens_page_opens(filled, rows):
    client = filled.test_client()
    for b in rows(Booking):
        page = Page(client.get(f"{'/en' if b.language == 'en' else ''}/sag/{b.reference}/{b.secret}"))
        assert page.status == 200
        assert b.channel == "office" or " ".join(b.answers.get("text", b.answers.get("why", b.road)).split(
            )) in page.text


def test_it_lets_one_officer_in_and_shows_the_way(filled):
    said = filled.said
    assert said.exit_code == 0 and not said.exception
    email, address, password = re.search(r"(\S+) can log in at (\S+) with the password (\S+)", said.output).groups()
    assert address == "http://127.0.0.1:8000/kontor/"
    page = logged_in_by_form(filled, email, password).get("/kontor/")
    assert page.status == 200 and page.response.request.path == "/kontor/"
    offered, answered = re.findall(r"http://127\.0\.0\.1:8000(/sag/\S+)", said.output)
    assert "94" in Page(filled.test_client().get(answered)).text
    assert '/tid/' in Page(filled.test_client().get(offered)).html
    with filled.app_context():
        assert {o.email for o in Officer.in_use()} == {OFFICER, story.OFFICER}


def test_it_takes_a_few_seconds(filled):
    assert filled.seconds < 8


@pytest.mark.slow
def test_it_is_the_same_every_time(filled, app, rows):
    def told(session):
        return sorted((b.name, b.road, str(b.answers), b.received_at.date()) for b in session)

    with app.app_context(), time_machine.travel(filled.made_at):  # else a day may have begun in between
        story.fill()
        second = told(db.session.scalars(select(Booking)))
    assert second == told(rows(Booking))


def test_a_district_with_bookings_is_left_alone(filled):
    with filled.app_context():
        before = db.session.scalar(select(func.count(Event.id)))
    said = flask_demo(filled)
    assert said.exit_code != 0 and "bookings already" in said.output
    with filled.app_context():
        assert db.session.scalar(select(func.count(Event.id))) == before


def test_where_it_fails_nothing_is_left_and_the_clock_is_ours_again(app, monkeypatch):
    monkeypatch.setattr(story, "CONTROLS", [demo_cases.control(-1, "terslev", "09:00-08:00", "atk")])
    with app.app_context():
        with pytest.raises(ValueError, match="ends after"):
            story.fill()
        db.session.rollback()
        assert db.session.scalar(select(func.count(Booking.id))) == 0
        assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_citizen_finds_the_published_controls_among_the_results(filled):
    client = filled.test_client()
    for typed, said in (
            ("Terslev Bygade 4", "94 køretøjer blev målt. Ingen blev sigtet for at køre for stærkt"),
            ("Faxevej Ronnede", "539 køretøjer blev målt. Der er rejst 4 sager om for høj hastighed"),
            ("sydmotorvejen", "4.430 køretøjer blev målt. Der er rejst 126 sager om for høj hastighed")):
        listed = " ".join(Page(client.get("/resultater", query_string={"q": typed})).text.split())
        assert said in listed, typed
