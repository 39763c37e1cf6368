"""A believable district to look at: a year of wishes, controls and answers, up to this minute.

No column is set that a verb of the model would set. Every wish and control lives its own life, in the order in which
things happened, while the model's clock stands at that moment. Days are counted in working days before today, so the
demo is as fresh next year. Who asked for what, and what came of it, stands in cases.py.
"""

import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product
from random import Random
from types import SimpleNamespace

import click
from flask import current_app
from sqlalchemy import select

import catalogue
import reporting
from facts import facts_beside, load_shipped
from forms import Form, phone_form
from mail import letters
from models import (
    COPENHAGEN,
    Assignee,
    Booking,
    Channel,
    Feedback,
    Officer,
    Place,
    Poll,
    PollStatus,
    Proposal,
    QuarterAccount,
    Reservation,
    Task,
    Visit,
    add_working_days,
    clock,
    db,
    is_working_day,
    now,
    today,
)

from .cases import ABSENCES, CONTROLS, CREWS, DATED, FIRST, LAST, PLACES, REFUSED, SUITABILITY, TAKES, WISHES

OFFICER = "officer@demo.example"
TRAFFIC = catalogue.SERVICES["traffic"]
FRESH = 4  # working days: what an officer must phone, post or look into has lain undone for no longer

# What may happen to a wish. A step in the tables is: when, one of these, and what it needs to know.
STEPS = {
    "yes": lambda b, o, words="": b.accept(o, words),
    "no": lambda b, o, reason, words="", instead="": b.decline(o, reason, words, instead),
    "refer": lambda b, o, authority, words="": b.refer(o, authority, words),
    "ask": lambda b, o, words: b.ask(o, words, b.rules.answer_due()),
    "tells": lambda b, o, words: b.give_information(words),
    "delay": lambda b, o, words, days: b.delay(o, words, add_working_days(today(), days)),
    "spam": lambda b, o: b.mark_as_spam(o),
    "note": lambda b, o, words: b.note(o, words),
    "withdraws": lambda b, o: b.withdraw(),
    "rates": lambda b, o, helped, why="", words="": b.rate(helped, why, words),
    "reopens": lambda b, o, words: b.reopen(words),
    # Where a date is agreed.
    "offers": lambda b, o, *times: b.offer(
        o, times, resource_units=TAKES[b.service], travel=_service(b).travel, where=b.in_own_words,
        answer_by=b.rules.choice_due([start for start, _ in times])),
    "chooses": lambda b, o, number: Visit.agree(b.offers[number]),
    "none_fits": lambda b, o, words: b.refuse_offers(words),
    "lapses": lambda b, o: b.lapse(),
    "agrees": lambda b, o, times, words="": Visit.plan(
        o, service=b.service, bookings=[b], date_agreed=True, public=b.public, words=words, **_agreed(b, *times)),
    "moves": lambda b, o, times, words: b.agreed_visit.reschedule(o, words=words, **_agreed(b, *times)),
    "is_near": lambda b, o: b.agreed_visit.remind(),
    "is_off": lambda b, o, cause, words: b.agreed_visit.cancel(o, cause, words),
    "finds": lambda b, o, found: b.visits[-1].enter_findings(o, _filled_in(
        _service(b).findings, _service(b).start_findings(b.visits[-1]) | found).answers()),
    "polls": lambda b, o, before, after: _poll(b.visits[-1], o, before, after),
    "reports": lambda b, o: b.visits[-1].report(o),
    "leads_to": lambda b, o, key: b.lead_to(
        o, b.visits[-1], service=key, place=b.visits[-1].place, words=b.visits[-1].findings["summary"]),
    "notes": lambda b, o, task: Task.enter(
        o, b.visits[-1], form_token=f"demo-{b.id}-{task['what']}"[:64],
        assignee=Assignee.for_visit(b.visits[-1], task["owner"]),
        **_filled_in(_service(b).tasks, {"status": "new"} | task).columns()),
    "names": lambda b, o, kind, name, email: Assignee.for_visit(b.visits[-1], kind).change_contact(
        name=name, email=email, language="da"),
    "sends": lambda b, o: [owner.send(o) for owner in b.visits[-1].assignees],
    "owner_says": lambda b, o, number, status, words="": b.visits[-1].tasks[number - 1].answer(status, words),
    "shows": lambda b, o: b.visits[-1].publish(o, True),
}



def fill() -> None:
    """Fill the empty database: all of it or, where something goes wrong, nothing."""
    if db.session.scalar(select(Booking.id).limit(1)) is not None:
        sys.exit("There are bookings already. The demo is for an empty database; nothing has been changed.")
    password = secrets.token_urlsafe(12)
    officer = Officer.by_email(OFFICER) or Officer.add(OFFICER, "Demo Betjent", password)
    officer.set_password(password)
    load_shipped()
    fresh_from, rng = _at(_day(FRESH)), Random(2014)  # the same at every filling  # noqa: S311
    people = iter(rng.sample(list(product(FIRST.split(), LAST.split())), len(FIRST.split()) * len(LAST.split())))
    happens = [*_wishes(rng, people, officer), *_visits(officer), *_dated(rng, people, officer), *_absences(),
               (_at(_day(2)), _cannot_use_it)]
    present = clock.set(None)
    try:
        for moment, act in sorted(happens, key=lambda step: step[0]):
            clock.set(moment)
            act()
            _post(officer, fresh=moment >= fresh_from)
            Visit.release_due()
    finally:
        clock.reset(present)
    Visit.release_due()
    while QuarterAccount.renew(reporting.count_people, reporting.count_work):
        pass
    db.session.commit()
    answered = db.session.scalar(select(Visit).order_by(Visit.starts_at)).bookings[0]
    offered = db.session.scalar(select(Proposal).where(Proposal.answer_by >= today(), Proposal.closed_at.is_(None)))
    click.echo(f"{OFFICER} can log in at {letters.office_address()} with the password {password}")
    click.echo(f"The page of somebody who is to choose a date: {letters.link_to(offered.booking)}")
    click.echo(f"A citizen's own page: {letters.link_to(answered)}")


def _poll(visit: Visit, officer: Officer, before: list[dict], after: list[dict]) -> None:
    """A poll from its opening to its end; each answer is another phone's."""
    poll = Poll.of(visit)
    for step, answers in ((PollStatus.BEFORE_OPEN, before), (PollStatus.AFTER_OPEN, after)):
        db.session.flush()  # it has a number and its answers are stored
        poll.open(officer, step)
        for phone, answer in enumerate(answers):
            poll.answer(str(phone), answer)
        poll.close(officer)
        if step is PollStatus.BEFORE_OPEN:
            poll.show_facts(officer, facts_beside(_service(visit).poll, visit.place.municipality))


def _cannot_use_it() -> None:
    Feedback.receive(form_token="demo", page="Bestil en færdselskontrol", email="maja@example.dk", language="da",
                     words="Min skærmlæser siger ikke, hvilket svar der mangler.")


def _wishes(rng: Random, people: Iterator, officer: Officer) -> Iterator[tuple[datetime, Callable]]:
    """What happens to every wish, and when. All that is left to chance is drawn here, in the order of the table."""
    for number, w in enumerate(WISHES):
        columns, own, day, later = _columns(rng, number, w, next(people)), {}, _day(w.ago), rng.randrange(3)

        def receive(w=w, columns=columns, own=own):
            own["booking"] = Booking.receive(
                place=_place(w.place, columns["lat"], columns["lng"]), service=TRAFFIC.key,
                officer=None if w.by == "web" else officer, stated_wait=reporting.estimate_for_service(
                    TRAFFIC.key).most, **columns)

        if w.by == "web" and day.weekday() == 4 and w.ago > 1:
            day += timedelta(days=later)  # many write at the weekend
        clock = (rng.randint(*(6, 22) if w.by == "web" else (9, 13)), rng.randrange(60))
        yield _at(day, *clock) if w.ago else now() - timedelta(minutes=40), receive
        for after, step, *words in w.steps:
            yield (_at(_day(w.ago - after), rng.randint(8, 13), rng.randrange(60)),
                   lambda own=own, step=step, words=words: STEPS[step](own["booking"], officer, *words))


def _columns(rng: Random, number: int, w: SimpleNamespace, person: tuple[str, str]) -> dict:
    road, stretch, postcode, lat, lng, _ = PLACES[w.place]
    school, pinned = w.problem == "school", w.by == "web" and rng.random() < 0.8
    pin = [round(x + rng.uniform(-5e-4, 5e-4), 5) if pinned else None for x in (lat, lng)]
    answers = {
        "problem": w.problem, "text": w.text,
        "worst": ["morning", "afternoon"] if school else rng.choice((
            ["morning"], ["afternoon"], ["evening"], ["afternoon", "evening"], ["weekend"], ["always"])),
        **({"special": ["school"]} if school else {}),
    }
    phone = _phone(rng) if w.by == "phone" or rng.random() < 0.3 else ""
    mail = _mail(person, w.language) if w.by == "web" else ""
    return {
        "form_token": f"demo-{number}", "name": " ".join(person), "email": w.email or mail, "phone": phone,
        "address": f"Eksempelvej {number}\n{postcode} {_known(postcode).town}" if w.by == "paper" else "",
        "reply": {"web": Channel.EMAIL, "phone": Channel.PHONE, "paper": Channel.POST}[w.by], "channel": w.by,
        "language": w.language, "org": w.org, "road": road, "from_to": stretch,
        "lat": pin[0], "lng": pin[1], "accuracy": 20 if pin[0] else None, "answers": answers,
    }


def _visits(officer: Officer) -> Iterator[tuple[datetime, Callable]]:
    """Every visit: planned for whoever waits at the place by then, carried out, written down, and told."""
    for c in CONTROLS:
        day, own = _day(c.ago), {}
        clocks = [part.split()[0].split("-") for part in c.hours.split(", ")]
        starts, ends = (_at(day, *map(int, clock.split(":"))) for clock in (clocks[0][0], clocks[-1][1]))

        def plan(c=c, own=own, starts=starts, ends=ends):
            place = _place(c.place)
            own["visit"] = Visit.plan(officer, service=TRAFFIC.key, place=place, starts_at=starts, ends_at=ends,
                                      resource_units={"crew": CREWS[c.method]}, method=c.method,
                                      bookings=[
                                          b for b in place.candidates_for_visit(TRAFFIC.key) if b.awaits_visit])

        def report(own=own):
            own["visit"].report(officer)

        def enter(own, found):
            return lambda: own["visit"].enter_findings(officer, found)

        yield _at(_day(max(c.ago + 3, 1)), 14, 20), plan
        if c.cancelled:
            yield starts - timedelta(hours=2), lambda own=own, why=c.cancelled: own["visit"].cancel(officer, why)
        if c.found:
            yield ends + timedelta(minutes=40), enter(own, _findings(c, c.found))
        if c.found and c.sent:
            yield _at(_day(c.ago - 1), 10, 5), report
        if c.corrected:
            yield _at(_day(c.ago - 12), 9, 30), enter(own, _findings(c, c.corrected))
            yield _at(_day(c.ago - 12), 9, 45), report


def _findings(c: SimpleNamespace, found: dict) -> dict:
    """`found` as the form of findings would have put it away, with what follows from the plan."""
    road, _, postcode, _, _, limit = PLACES[c.place]
    findings = {"performed": "yes", "suit": "suitable", "next": ["closed"]}
    if found.get("performed") != "no":
        findings |= {"nearby": False, "prelim": True}
    if "charged" in found:
        findings |= {"limit": str(limit), "temporary": False, "uncounted": False}
    if found.get("performed") != "no":
        parts = [part.partition(" ") for part in c.hours.split(", ")]
        findings |= {"method": c.method, "place": f"{road}, {_known(postcode).town}", "periods": [
            {"day": _day(c.ago).isoformat(), "starts": clocks[:5], "ends": clocks[6:]}
            | ({"direction": direction} if direction else {}) for clocks, _, direction in parts]}
    if "patrols" in found:
        found = found | {"patrols": [{"day": _day(c.ago + n).isoformat()} for n in found["patrols"]]}
    return findings | found


def _dated(rng: Random, people: Iterator, officer: Officer) -> Iterator[tuple[datetime, Callable]]:
    """What happens where a date is agreed. A form puts away what was asked, as if somebody had typed it."""
    for number, c in enumerate(DATED):
        typed, own = _typed(rng, c, next(people), next(people)), {}

        def receive(number=number, c=c, typed=typed, own=own):
            service = catalogue.SERVICES[c.service]
            form = _filled_in(service.questions if c.by == "web" else phone_form(service.questions), typed)
            own["booking"] = Booking.receive(
                form_token=f"demo-dated-{number}", place=Place.at(**form.place()), service=service.key,
                officer=None if c.by == "web" else officer, answers=form.own_answers(),
                wishes=form.wishes(), **form.columns())

        def take(step, told, own=own):
            done = STEPS[step](own["booking"], officer, *told)
            if isinstance(done, Booking):
                own["booking"] = done

        yield _at(_day(c.ago), rng.randint(9, 13), rng.randrange(60)), receive
        for later, (ago, step, *told) in enumerate(c.steps):
            yield (_at(_day(ago), 8, number) + timedelta(minutes=29 * later),
                   partial(take, step, [_with_days(part) for part in told]))


def _typed(rng: Random, c: SimpleNamespace, person: tuple[str, str], there: tuple[str, str]) -> dict:
    """The whole form, as whoever asks fills it in."""
    road, from_to, postcode, lat, lng = c.place
    phone, pin = _phone(rng), {"lat": lat, "lng": lng, "accuracy": 20} if c.by == "web" else {}
    return {"public": "yes" if c.public else "no"} | c.answers | pin | {
        "road": road, "from_to": from_to, "postcode": postcode,
        "dates": [{"day": _day(ago).isoformat()} | dict(zip(("starts", "ends"), hours.split("-"), strict=False))
                  for ago, hours in c.wishes],
        "contact_day": " ".join(there), "contact_day_phone": _phone(rng),
        "name": " ".join(person), "org": c.org, "phone": phone,
        "email": _mail(person, c.language) if c.by == "web" else "", "channel": c.by, "language": c.language,
        "reply": {"web": "email", "phone": "phone"}[c.by],
    }


def _with_days(told):
    """What a step needs to know, with its days as dates."""
    if isinstance(told, tuple):
        ago, hours = told
        return tuple(_at(_day(ago), *map(int, clock.split(":"))) for clock in hours.split("-"))
    if isinstance(told, dict) and "follow_day" in told:
        return told | {"follow_day": _day(told["follow_day"])}
    return told


def _agreed(b: Booking, starts: datetime, ends: datetime) -> dict:
    return {"place": b.place, "public_place": b.in_own_words, "starts_at": starts, "ends_at": ends,
            "resource_units": TAKES[b.service], "travel": _service(b).travel}


def _absences() -> Iterator[tuple[datetime, Callable]]:
    for unit, first, last, words in ABSENCES:
        yield _at(_day(max(first, 1)), 7), partial(
            Reservation.absence, unit, _at(_day(first)), _at(_day(last) + timedelta(days=1)), words)


def _post(officer: Officer, fresh: bool) -> None:
    """The letters that were called for, and what became of them. Only of late something lies undone."""
    written = letters.write_pending()
    db.session.flush()
    for letter in written:
        if letter.channel is Channel.EMAIL:
            error = REFUSED.get(letter.recipient) if fresh else None
            letter.mark_failed(error) if error else letter.mark_sent()
        elif not fresh:
            clock.set(now() + timedelta(hours=1))
            letter.do_by_hand(officer)


def _filled_in(form: type[Form], typed: dict) -> Form:
    return form(formdata=None, data=typed, meta={"csrf": False})


def _service(booking: Booking | Visit) -> catalogue.Service:
    return catalogue.SERVICES[booking.service]


def _phone(rng: Random) -> str:
    """No subscriber in Denmark has a number that begins with 10: nobody is phoned by mistake."""
    return f"10{rng.randrange(10**6):06}"


def _mail(person: tuple[str, str], language: str) -> str:
    return f"{'.'.join(person).casefold()}@example.{'com' if language == 'en' else 'dk'}"


def _place(key: str, lat: float | None = None, lng: float | None = None) -> Place:
    road, stretch, postcode, own_lat, own_lng, _ = PLACES[key]
    known = _known(postcode)
    place = Place.at(road=road, from_to=stretch, postcode=postcode, town=known.town, municipality=known.municipality,
                     lat=lat or own_lat, lng=lng or own_lng)
    place.suitability = SUITABILITY.get(key, "")
    return place


def _known(postcode: str):
    return current_app.config["DISTRICT"].postcode(postcode)


def _day(ago: int) -> date:
    """So many working days before today; those to come are negative."""
    day, step = today(), -1 if ago > 0 else 1
    while ago:
        day += timedelta(days=step)
        ago += step * is_working_day(day)
    return day


def _at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=COPENHAGEN)
