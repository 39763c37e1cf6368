"""A believable district to look at: a year of wishes, controls and answers, up to this minute.

No column is set that a verb of the model would set. Every wish and control lives its own life, in the order in which
things happened, while the model's clock stands at that moment. Days are counted in working days before today, so the
demo is as fresh next year. Who asked for what, and what came of it, stands in demo_cases.py.
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

import figures
import letters
import services
from demo_cases import (
    ABSENCES,
    CONTROLS,
    CREWS,
    DATED,
    FIRST,
    LAST,
    PLACES,
    REFUSED,
    SUITABILITY,
    TAKES,
    WISHES,
)
from forms import Form, taken_in
from models import (
    COPENHAGEN,
    Booking,
    Feedback,
    Officer,
    Owner,
    Place,
    Proposal,
    Reply,
    Taken,
    Task,
    Visit,
    Way,
    add_working_days,
    clock,
    db,
    is_working_day,
    now,
    today,
)

OFFICER = "officer@demo.example"
TRAFFIC = services.SERVICES["traffic"]
WITHIN = TRAFFIC.answer_within
FRESH = 4  # working days: what an officer must phone, post or look into has lain undone for no longer

# What may happen to a wish. A step in the tables is: when, one of these, and what it needs to know.
STEPS = {
    "yes": lambda b, o, words="": b.accept(o, words, TRAFFIC.act_within, WITHIN),
    "no": lambda b, o, reason, words="", instead="": b.decline(o, reason, words, instead),
    "refer": lambda b, o, authority, words="": b.refer(o, authority, words),
    "ask": lambda b, o, words: b.ask(o, words, add_working_days(today(), WITHIN)),
    "tells": lambda b, o, words: b.give_information(words, WITHIN),
    "delay": lambda b, o, words, days: b.delay(o, words, add_working_days(today(), days)),
    "spam": lambda b, o: b.set_aside(o),
    "note": lambda b, o, words: b.note(o, words),
    "withdraws": lambda b, o: b.withdraw(),
    "rates": lambda b, o, helped, why="", words="": b.rate(helped, why, words),
    "reopens": lambda b, o, words: b.reopen(words, WITHIN),
    # Where a date is agreed.
    "offers": lambda b, o, *times: b.offer(
        o, times, takes=TAKES[b.service], travel=_service(b).travel, where=str(b.place),
        answer_by=add_working_days(today(), _service(b).choose_within)),
    "chooses": lambda b, o, number: Visit.agree(b.offers[number], _service(b).report_within),
    "none_fits": lambda b, o, words: b.refuse_offers(words, 10),
    "lapses": lambda b, o: b.lapse(10),
    "agrees": lambda b, o, times, words="": Visit.plan(
        o, service=b.service, bookings=[b], told=True, public=b.public, words=words, **_agreed(b, *times)),
    "moves": lambda b, o, times, words: b.visit_agreed.reschedule(o, words=words, **_agreed(b, *times)),
    "is_near": lambda b, o: b.visit_agreed.remind(),
    "is_off": lambda b, o, cause, words: b.visit_agreed.cancel(o, cause, words, _service(b).answer_within),
    "finds": lambda b, o, found: b.visits[-1].enter_findings(o, _filled_in(
        _service(b).findings, _service(b).start_findings(b.visits[-1]) | found).answers()),
    "reports": lambda b, o: b.visits[-1].report(o, adds=_service(b).adds(b.visits[-1].draft)),
    "leads_to": lambda b, o, key: b.lead_to(
        o, b.visits[-1], service=key, answer_within=services.SERVICES[key].answer_within,
        place=b.visits[-1].place, answers=services.SERVICES[key].started_by(b.visits[-1].findings["summary"])),
    "notes": lambda b, o, task: Task.enter(
        o, b.visits[-1], once=f"demo-{b.id}-{task['what']}"[:64], owner=Owner.of(b.visits[-1], task["owner"]),
        follow_up=_service(b).follow_up, **_filled_in(_service(b).tasks, {"status": "new"} | task).columns()),
    "names": lambda b, o, kind, name, email: Owner.of(b.visits[-1], kind).change_contact(
        name=name, email=email, language="da"),
    "sends": lambda b, o: [owner.send(o, _service(b).follow_up) for owner in b.visits[-1].owners],
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
    finally:
        clock.reset(present)
    db.session.commit()
    answered = db.session.scalar(select(Visit).order_by(Visit.starts_at)).bookings[0]
    offered = db.session.scalar(select(Proposal).where(Proposal.answer_by >= today(), Proposal.closed_at.is_(None)))
    click.echo(f"{OFFICER} can log in at {letters.office_address()} with the password {password}")
    click.echo(f"The page of somebody who is to choose a date: {letters.link_to(offered.booking)}")
    click.echo(f"A citizen's own page: {letters.link_to(answered)}")


def _cannot_use_it() -> None:
    Feedback.receive(once="demo", page="Bestil en færdselskontrol", email="maja@example.dk", language="da",
                     words="Min skærmlæser siger ikke, hvilket svar der mangler.")


def _wishes(rng: Random, people: Iterator, officer: Officer) -> Iterator[tuple[datetime, Callable]]:
    """What happens to every wish, and when. All that is left to chance is drawn here, in the order of the table."""
    for number, w in enumerate(WISHES):
        columns, own, day, later = _columns(rng, number, w, next(people)), {}, _day(w.ago), rng.randrange(3)

        def receive(w=w, columns=columns, own=own):
            own["booking"] = Booking.receive(
                place=_place(w.place, columns["lat"], columns["lng"]), service=TRAFFIC.key, answer_within=WITHIN,
                officer=None if w.by == "web" else officer, stated=figures.wait_for(TRAFFIC.key).most, **columns)

        if w.by == "web" and day.weekday() == 4 and w.ago > 1:
            day += timedelta(days=later)  # many write at the weekend
        clock = (rng.randint(*(6, 22) if w.by == "web" else (9, 13)), rng.randrange(60))
        yield _at(day, *clock) if w.ago else now() - timedelta(minutes=40), receive
        for after, step, *words in w.steps:
            yield (_at(_day(w.ago - after), rng.randint(8, 13), rng.randrange(60)),
                   lambda own=own, step=step, words=words: STEPS[step](own["booking"], officer, *words))


def _columns(rng: Random, number: int, w: SimpleNamespace, person: tuple[str, str]) -> dict:
    road, stretch, postcode, lat, lng, limit, roadtype = PLACES[w.place]
    school, pinned = w.problem == "school", w.by == "web" and rng.random() < 0.8
    pin = [round(x + rng.uniform(-5e-4, 5e-4), 5) if pinned else None for x in (lat, lng)]
    answers = {
        "problem": w.problem, "text": w.text, "direction": rng.choice(("both", "both", "unknown")),
        "limit": str(limit) if rng.random() < 0.8 else "unknown", "roadtype": roadtype,
        "days": ["weekdays"] if school else rng.choice((["weekdays"], ["all"], ["saturday", "sunday"])),
        "times": ["06-09", "14-18"] if school else rng.choice((["06-09"], ["14-18"], ["18-23"], ["14-18", "18-23"])),
        "frequency": rng.choice(("daily", "daily", "often", "weekly")),
        "since": rng.choice(("month", "half_year", "longer", "longer")),
        "who": ["schoolchildren"] if school else rng.choice((["cyclists"], ["pedestrians", "elderly"], ["motorists"])),
        "contacted": rng.choice(("yes", "no", "no")), **({"special": ["school"]} if school else {}),
    }
    phone = _phone(rng) if w.by == "phone" or rng.random() < 0.3 else ""
    mail = _mail(person, w.language) if w.by == "web" else ""
    return {
        "once": f"demo-{number}", "name": " ".join(person), "email": w.email or mail, "phone": phone,
        "address": f"Eksempelvej {number}\n{postcode} {_known(postcode).town}" if w.by == "paper" else "",
        "reply": {"web": Reply.EMAIL, "phone": Reply.PHONE, "paper": Reply.LETTER}[w.by], "channel": w.by,
        "language": w.language, "capacity": w.org[0], "org": w.org[1], "road": road, "from_to": stretch,
        "lat": pin[0], "lng": pin[1], "answers": answers,
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
                                      takes={"crew": CREWS[c.method]}, method=c.method,
                                      bookings=place.waiting_for_visit(TRAFFIC.key))

        def report(own=own):
            keeps_open = TRAFFIC.keeps_open(own["visit"].draft)
            own["visit"].report(officer, add_working_days(today(), TRAFFIC.act_within) if keeps_open else None,
                                TRAFFIC.adds(own["visit"].draft))

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
    road, _, postcode, _, _, limit, _ = PLACES[c.place]
    findings = {"performed": "yes", "suit": "suitable", "next": ["closed"]}
    if found.get("performed") != "no":
        findings |= {"nearby": False, "temporary": False, "uncounted": False, "prelim": True}
    if "charged" in found:
        findings["limit"] = str(limit)
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
            service = services.SERVICES[c.service]
            form = _filled_in(service.questions if c.by == "web" else taken_in(service.questions), typed)
            own["booking"] = Booking.receive(
                once=f"demo-dated-{number}", place=Place.at(**form.place()), answer_within=service.answer_within,
                officer=None if c.by == "web" else officer, service=service.key, answers=form.own_answers(),
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
    phone, pin = _phone(rng), {"lat": lat, "lng": lng} if c.by == "web" else {}
    return c.answers | pin | {
        "road": road, "from_to": from_to, "postcode": postcode,
        "dates": [{"day": _day(ago).isoformat()} | dict(zip(("starts", "ends"), hours.split("-"), strict=False))
                  for ago, hours in c.wishes],
        "contact_day": " ".join(there), "contact_day_phone": _phone(rng), "public": "yes" if c.public else "no",
        "name": " ".join(person), "capacity": c.org[0], "org": c.org[1], "phone": phone,
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
    return {"place": b.place, "place_told": str(b.place), "starts_at": starts, "ends_at": ends,
            "takes": TAKES[b.service], "travel": _service(b).travel, "report_within": _service(b).report_within}


def _absences() -> Iterator[tuple[datetime, Callable]]:
    for unit, first, last, words in ABSENCES:
        yield _at(_day(max(first, 1)), 7), partial(
            Taken.absence, unit, _at(_day(first)), _at(_day(last) + timedelta(days=1)), words)


def _post(officer: Officer, fresh: bool) -> None:
    """The letters that were called for, and what became of them. Only of late something lies undone."""
    written = letters.write_pending()
    db.session.flush()
    for letter in written:
        if letter.way is Way.EMAIL:
            error = REFUSED.get(letter.recipient) if fresh else None
            letter.refused(error) if error else letter.went()
        elif not fresh:
            clock.set(now() + timedelta(hours=1))
            letter.do_by_hand(officer)


def _filled_in(form: type[Form], typed: dict) -> Form:
    return form(formdata=None, data=typed, meta={"csrf": False})


def _service(booking: Booking) -> services.Service:
    return services.SERVICES[booking.service]


def _phone(rng: Random) -> str:
    """No subscriber in Denmark has a number that begins with 10: nobody is phoned by mistake."""
    return f"10{rng.randrange(10**6):06}"


def _mail(person: tuple[str, str], language: str) -> str:
    return f"{'.'.join(person).casefold()}@example.{'com' if language == 'en' else 'dk'}"


def _place(key: str, lat: float | None = None, lng: float | None = None) -> Place:
    road, stretch, postcode, own_lat, own_lng, _, _ = PLACES[key]
    known = _known(postcode)
    place = Place.at(road=road, from_to=stretch, postcode=postcode, town=known.town, municipality=known.municipality,
                     lat=lat or own_lat, lng=lng or own_lng)
    place.suitability = SUITABILITY.get(key, "")
    return place


def _known(postcode: str):
    return current_app.config["DISTRICT"].postcode(postcode)


def _day(ago: int) -> date:
    """So many working days before today; those to come are negative. On the eves of Christmas and New Year nobody
    meets."""
    day, step = today(), -1 if ago > 0 else 1
    while ago:
        day += timedelta(days=step)
        ago += step * (is_working_day(day) and (day.month, day.day) not in ((12, 24), (12, 31)))
    return day


def _at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=COPENHAGEN)
