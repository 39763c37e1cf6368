"""An archive of any size, to see that its size costs nobody time: years of bookings, visits, events and letters.

Rows are put in by the thousand and pass by the model's verbs, so this is for measuring, never for a real district.
Chance is drawn from one seed: on the same day, the same numbers make the same archive. Whatever lies closed, the open
bookings are as many as a district can hold.
"""

import secrets
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random
from types import SimpleNamespace

import click
from flask import current_app
from sqlalchemy import Table, insert, select

import catalogue
from languages import MAIN
from models import (
    COPENHAGEN,
    Assignee,
    Booking,
    Event,
    EventKind,
    Letter,
    Officer,
    Place,
    Proposal,
    Reservation,
    Result,
    Task,
    Visit,
    VisitStatistic,
    db,
    fold,
    is_working_day,
    local,
    restart_sequence,
    road_key,
    today,
)
from models.limits import REFERENCE_LETTERS
from models.visits import visit_bookings

from .cases import CREWS, FIRST, LAST, TAKES

YEARS, OPEN = 6, 600
ROADS = """Algade Bakkevej Birkevej Bogfinkevej Brogade Bygaden Byvejen Degnevej Drosselvej Dyssevej Egevej Elmevej
Engvej Fasanvej Fjordvej Gartnervej Granvej Grønnegade Hasselvej Havnevej Hovedgaden Industrivej Jernbanegade Kildevej
Kirkevej Klintevej Lindevej Lupinvej Lyngvej Lærkevej Markvej Mosevej Møllevej Nygade Nørregade Parkvej Ringvej
Rosenvej Rugvænget Skolegade Skovvej Solvej Stationsvej Storegade Strandvejen Søndergade Søvej Tjørnevej Torvet
Vestergade Vibevej Østergade Åvej"""
SERVICES = {"traffic": 85, "meeting": 6, "walk": 4, "van": 5}
WORRIES = ("lighting", "traffic", "people", "path", "litter")
ASSIGNEES = {"municipality": "sent", "housing": "accepted", "police": "done", "private": "refused", "unknown": "new"}
WORDS = "Tak for din henvendelse til politiet. Her er vores svar på den sag, som du har skrevet til os om.\n\n" \
        "{words}\n\nSagen har nummer {reference}. Du kan se den på din egen side.\n\nMed venlig hilsen\n{district}\n"


def _answers(service: str, rng: Random) -> dict:
    """What a citizen may have answered, of the questions that count."""
    return {
        "traffic": lambda: {"problem": rng.choice(("speeding", "speeding", "mopeds", "noise", "school")),
                            "text": "Der bliver kørt for stærkt, især når folk skal på arbejde.",
                            "worst": rng.choice((["morning"], ["afternoon"], ["morning", "afternoon"])),
                            **({"special": ["school"]} if rng.random() < .2 else {})},
        "meeting": lambda: {"kind": "residents", "topics": ["burglary", "unease"], "why": "Der har været indbrud.",
                            "duration": "90", "number": rng.randint(10, 90), "age": ["adults"], "public": "yes"},
        "walk": lambda: {"areatype": "housing", "reasons": rng.sample(("lighting", "path", "people"), 2),
                         "number": rng.randint(5, 25), "role": "part", "follow": "no"},
        "van": lambda: {"purpose": "local", "text": "Vi vil gerne tale med jer.", "stand": "yes",
                        "access": "yes", "visitors": "200"},
    }[service]()


def _findings(service: str, rng: Random, day: date, place: str) -> dict:
    """What may have been found, as the service's form keeps it."""
    if service not in TAKES:
        if rng.random() < .03:
            return {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["closed"]}
        counted, passed = rng.random() < .85, rng.randint(60, 1400)
        charged = int(passed * rng.random() ** 3 * .12)
        klip = charged // 7
        return {"performed": "yes", "method": "atk" if counted else "laser", "place": place, "nearby": False,
                "limit": "50", "temporary": False, "uncounted": not counted, "charged": charged,
                "fine": charged - klip, "klip": klip,
                "periods": [{"day": day.isoformat(), "starts": "10:00", "ends": "12:00"}], "prelim": True,
                "suit": "suitable", "next": ["closed"], **({"passed": passed} if counted else {})}
    held = {"held": "yes", "day": day.isoformat(), "starts": "10:00", "ends": "12:00", "place": place,
            "summary": "Tak for i dag. Vi talte om det, der betyder noget for jer.", "public_outcome": True}
    worries = {"worries": sorted(rng.sample(WORRIES, 2))}
    return held | {
        "meeting": lambda: {"number": rng.randint(8, 80), "topics": ["burglary", "unease"], **worries},
        "walk": lambda: {"light": "dark", "route": "Fra skolen gennem tunnelen.", **worries,
                         "people": [{"role": "residents", "count": rng.randint(5, 20)}]},
        "van": lambda: {"staff": 2, "visitors": rng.randint(10, 300), "topics": ["burglary"], "site": "good",
                        **worries},
    }[service]()


def fill(bookings: int, visits: int) -> None:
    """Fill the empty database, all or nothing."""
    if db.session.scalar(select(Booking.id).limit(1)) is not None:
        sys.exit("There are bookings already. The archive is for an empty database; nothing has been changed.")
    archive = _Archive(bookings, visits)
    connection = db.session.connection()
    for table, rows in archive.tables():
        while some := list(islice(rows, 2000)):
            connection.execute(insert(table), some)
        restart_sequence(connection, table)
    db.session.commit()
    click.echo(f"{bookings} bookings, {len(archive.visits)} visits")


class _Archive:
    """All rows, made before any is written: who asked for what, the visits that answered, and what is still open."""

    def __init__(self, bookings: int, visits: int):
        self.rng, self.district = Random(2014), current_app.config["DISTRICT"]  # noqa: S311
        first, last = today() - timedelta(days=365 * YEARS), today() + timedelta(days=60)
        self.days = [day for n in range((last - first).days) if is_working_day(day := first + timedelta(days=n))]
        self.now = bisect_right(self.days, today()) - 1  # days are numbers from here on: they can be reckoned with
        self.officer = Officer.add("archive@demo.example", "Arkiv", secrets.token_urlsafe(12))
        db.session.flush()
        self.references: set[str] = set()
        self.places = list(self._places(max(40, bookings // 25)))
        self.cases: list[SimpleNamespace] = []
        self.visits: list[SimpleNamespace] = []
        self.out = Counter()
        still = min(OPEN, bookings // 4)
        self._answered(int((bookings - still) * .62), visits - still // 8)
        while len(self.cases) < bookings - still:
            self._closed()
        for number in range(still):
            self._open(number)
        self.cases.sort(key=lambda case: case.received_at)
        for number, case in enumerate(self.cases, 1):
            case.id = number
        self.visits.sort(key=lambda visit: visit.starts_at)
        for number, visit in enumerate(self.visits, 1):
            visit.id = number

    def _places(self, count: int) -> Iterator[SimpleNamespace]:
        names = [(road, code) for road in ROADS.split() for code in self.district.postcodes]
        south, west, north, east = (x for corner in self.district.bounds for x in corner)
        for number, (road, code) in enumerate(self.rng.sample(names, min(count, len(names))), 1):
            yield SimpleNamespace(
                id=number, road=road, road_key=road_key(road, code.town), postcode=code.postcode, town=code.town,
                from_to="", municipality=code.municipality, suitability="", made_at=self._at(0, 9),
                lat=round(self.rng.uniform(south, north), 5), lng=round(self.rng.uniform(west, east), 5))

    def _place(self) -> SimpleNamespace:
        """Some roads are asked for far more often than others."""
        return self.places[int(len(self.places) * self.rng.random() ** 2)]

    def _at(self, day: int, hour: int, minute: int | None = None) -> datetime:
        minute = self.rng.randrange(60) if minute is None else minute
        return datetime.combine(self.days[max(0, day)], time(hour, minute), COPENHAGEN).astimezone(UTC)

    def _case(self, day: int, status: str, service: str = "", place: SimpleNamespace | None = None) -> SimpleNamespace:
        rng, place = self.rng, place or self._place()
        service = service or rng.choices(list(SERVICES), SERVICES.values())[0]
        while (reference := "".join(rng.choices(REFERENCE_LETTERS, k=8))) in self.references:
            continue
        self.references.add(reference)
        number = len(self.cases)
        last = "Quistgaard" if number % 9973 == 5 else rng.choice(LAST.split())
        first = f"{rng.choice(FIRST.split())}-{rng.choice(FIRST.split())}"
        case = SimpleNamespace(
            reference=reference, secret=f"{rng.getrandbits(144):036x}"[:24], once=f"archive-{number}", service=service,
            status=status, news=False, place=place, place_id=place.id, received_at=self._at(day, rng.randint(6, 22)),
            received_on=self.days[max(0, day)], due_on=self.days[max(0, day) + 10], closed_at=None, decided_on=None,
            wait=None, stated=rng.randint(5, 15), reason="", helped="", helped_why="", journal="",
            name=f"{first} {last}", email=f"{first}.{last}@example.dk".casefold(), phone=f"10{rng.randrange(10**6):06}",
            address="", capacity="", org="", reply="email", language="da" if rng.random() < .95 else "en",
            channel="web", road=place.road, from_to=f"ved nr. {rng.randint(1, 180)}", lat=place.lat, lng=place.lng,
            public=False, answers=_answers(service, rng), day=day, happened=[])
        Booking.refresh_search(case)
        case.happened.append((case.received_at, EventKind.RECEIVED, None, {"due_on": case.due_on.isoformat()}))
        self.cases.append(case)
        return case

    def _decide(self, case: SimpleNamespace, latest: int) -> int:
        wait = max(0, min(latest - case.day, int(self.rng.triangular(0, 16, 6))))
        case.decided_on, case.wait = self.days[case.day + wait], wait
        return case.day + wait

    def _answered(self, count: int, visits: int) -> None:
        """First the visits, then for each of them those who had asked by then; some places were visited once more."""
        firsts = min(int(visits * .85), count)
        sizes = [1] * firsts
        for _ in range(count - firsts):
            sizes[self.rng.randrange(firsts)] += 1
        for size in sizes:
            place, day = self._place(), self.rng.randrange(25, self.now - 3)
            service = self.rng.choices(list(SERVICES), SERVICES.values())[0]
            size = 1 if service in TAKES else size
            cases = [self._case(day - self.rng.randint(4, 22), "answered", service, place) for _ in range(size)]
            visit = self._visit(place, service, day, cases, "reported")
            for case in cases:
                decided = self._decide(case, day - 1)
                case.happened += [
                    (self._at(decided, 11), EventKind.ACCEPTED, None, {"due_on": self.days[day].isoformat()}),
                    (visit.reported_at, EventKind.ANSWERED, visit, {})]
                case.closed_at, case.due_on = visit.reported_at, self.days[day + 2]
                self._rate(case)
        again = [v for v in self.visits if v.day + 20 < self.now and not v.told]
        for visit in self.rng.choices(again, k=visits - firsts):
            self._visit(visit.place, visit.service, visit.day + 20, visit.cases, "reported")

    def _closed(self) -> None:
        """Without a visit: declined, referred or withdrawn."""
        status = self.rng.choices(("declined", "referred", "withdrawn"), (55, 25, 20))[0]
        case = self._case(self.rng.randrange(0, self.now - 20), status)
        day = self._decide(case, self.now)
        case.closed_at = self._at(day, 12)
        facts = {}
        if status == "withdrawn":
            case.decided_on = case.wait = None
        if status == "declined":
            case.reason = self.rng.choice(catalogue.SERVICES[case.service].reasons)
            facts = {"reason": case.reason, "instead": ""}
        if status == "referred":
            facts = {"authority": "municipality"}
        case.happened.append((case.closed_at, EventKind(status), None, facts))
        if status != "withdrawn":
            self._rate(case)

    def _rate(self, case: SimpleNamespace) -> None:
        if self.rng.random() < .2:
            case.helped = self.rng.choice(("yes", "yes", "partly", "no"))
            case.helped_why = self.rng.choice({"yes": ("clear", "treated"), "partly": ("late", "clear", "still"),
                                               "no": ("still", "unclear", "late")}[case.helped])
            case.happened.append((case.closed_at + timedelta(days=1), EventKind.RATED, None,
                                  {"helped": case.helped, "why": case.helped_why}))

    def _open(self, number: int) -> None:
        """What lies on the piles: new, with news, waiting for the citizen, to be planned, planned, without findings."""
        queue = ("new", "new", "new", "news", "asked", "plan", "plan", "planned")[number % 8]
        status = {"asked": "needs_information", "plan": "accepted", "planned": "accepted"}.get(queue, "received")
        case = self._case(self.now - self.rng.randint(0, 12), status, "traffic" if status == "accepted" else "")
        case.news = queue == "news"
        case.due_on = self.days[self.now + self.rng.randint(-1, 14)]
        if status == "accepted":
            decided = self._decide(case, self.now)
            case.happened.append((self._at(decided, 11), EventKind.ACCEPTED, None, {"due_on": case.due_on.isoformat()}))
        if status == "needs_information":
            case.due_on = self.days[self.now + self.rng.randint(1, 9)]
            case.happened.append((self._at(case.day, 12), EventKind.INFORMATION_ASKED, None, {
                "answer_by": case.due_on.isoformat()}))
        if queue == "planned":
            self._visit(case.place, case.service, self.now + self.rng.randint(-4, 15), [case], "planned")

    def _visit(self, place, service: str, day: int, cases: list, state: str) -> SimpleNamespace:
        takes, told = TAKES.get(service, {"crew": CREWS["atk"]}), service in TAKES
        self.out[day] += 1  # who is in one place that day is in no other
        if self.out[day] > 1:
            takes = {part: ", ".join(f"{unit} {self.out[day]}" for unit in units.split(", "))
                     for part, units in takes.items()}
        visit = SimpleNamespace(
            service=service, place=place, place_id=place.id, state=state, starts_at=self._at(day, 10, 0),
            ends_at=self._at(day, 12, 0), crew=", ".join(takes.values()), travel=0, method="" if told else "atk",
            told=told, public=False, place_told=f"{place.road}, {place.postcode} {place.town}" if told else "",
            uid=f"{self.rng.getrandbits(96):024x}", sequence=0, reminded_at=None, draft=None, findings=None,
            reported_at=None, protocol_public=False, takes=takes, cases=cases, day=day)
        if state == "reported":
            visit.reported_at = self._at(min(day + 1, self.now), 9)
            visit.findings = _findings(service, self.rng, self.days[day], f"{place.road}, {place.town}")
        self.visits.append(visit)
        return visit

    # The rows of each table.

    def tables(self) -> Iterator[tuple[Table, Iterator[dict]]]:
        yield Place.__table__, _columns(Place, self.places)
        yield Booking.__table__, _columns(Booking, self.cases)
        yield Visit.__table__, _columns(Visit, self.visits)
        yield visit_bookings, ({"visit_id": v.id, "booking_id": c.id} for v in self.visits for c in v.cases)
        yield Reservation.__table__, (
            {"visit_id": v.id, "part": part, "unit": unit, "unit_key": fold(unit), "starts_at": v.starts_at,
             "ends_at": v.ends_at}
            for v in self.visits for part, units in v.takes.items() for unit in units.split(", "))
        yield VisitStatistic.__table__, (
            {"visit_id": v.id, "what": what, "number": number} for v in self.visits if v.findings
            for what, number in catalogue.SERVICES[v.service].statistics(v.findings).items())
        yield Result.__table__, self._results()
        yield Event.__table__, (
            {"at": at, "kind": kind, "booking_id": c.id, "visit_id": visit and visit.id, "facts": facts,
             "words": "Tak for svaret." if kind is EventKind.RATED and c.id % 3 == 0 else "",
             "officer_id": None if kind in (EventKind.RECEIVED, EventKind.RATED, EventKind.WITHDRAWN)
             else self.officer.id}
            for c in self.cases for at, kind, visit, facts in c.happened)
        yield Letter.__table__, self._letters()
        yield Proposal.__table__, (
            {"booking_id": c.id, "starts_at": self._at(self.now + 30 + n, 19, 0), "ends_at": self._at(
                self.now + 30 + n, 21, 0)} for c in self.cases for n in (0, 5)
            if not c.closed_at and c.service in TAKES)
        walked = [v for v in self.visits if v.findings and "route" in v.findings]
        owners = [(number, v, kind) for number, (v, kind) in enumerate(((v, k) for v in walked for k in ASSIGNEES), 1)]
        yield Assignee.__table__, ({"id": n, "visit_id": v.id, "kind": kind, "email": f"{kind}@example.dk",
                                    "language": MAIN}
                                   for n, v, kind in owners)
        yield Task.__table__, (
            {"visit_id": v.id, "number": 1 + list(ASSIGNEES).index(kind), "owner_id": n, "once": f"archive-{n}",
             "status": ASSIGNEES[kind], "news": n % 499 == 0, "what": "Lampen i tunnelen er slukket.", "public": True,
             "details": {"place": "Tunnelen", "feel": "unsafe", "cat": ["broken"], "proposal": "Skift pæren.",
                         "prio": "now"}, "reason": "", "entered_at": v.ends_at} for n, v, kind in owners)

    def _results(self) -> Iterator[dict]:
        """What everybody may read, as the job would have released it."""
        first: dict[int, int] = {}
        told = ((v, published) for v in self.visits if v.findings
                if (published := catalogue.SERVICES[v.service].published(v.findings)))
        for number, (visit, published) in enumerate(told, 1):
            where, released_on = visit.place, local(visit.reported_at).date() + timedelta(days=7)
            result = Result(
                id=number, visit_id=visit.id, service=visit.service, place_number=first.setdefault(where.id, number),
                asked=len(visit.cases), heard=len(visit.cases), released_on=released_on,
                **{"method": "", "preliminary": False, "tasks": [], "protocol": "", "before": {}, **published})
            result.locate(road=where.road, postcode=where.postcode, town=where.town, municipality=where.municipality,
                          lat=where.lat, lng=where.lng)
            result.updated_on = released_on
            yield {column.key: getattr(result, column.key) for column in Result.__table__.columns}

    def _letters(self) -> Iterator[dict]:
        """The answer to each; a few of late could not be delivered, or somebody is to phone."""
        name, kinds = self.district.name[MAIN], {EventKind.ANSWERED, EventKind.DECLINED, EventKind.REFERRED,
                                                 EventKind.ACCEPTED}
        for case in self.cases:
            for at, kind, _, _ in case.happened:
                if kind in kinds:
                    fate = "failed" if not case.closed_at and case.id % 40 == 0 else "sent"
                    yield {"booking_id": case.id, "kind": kind, "way": "email", "recipient": case.email,
                           "language": case.language, "subject": f"Sag {case.reference}", "fate": fate, "tries": 1,
                           "text": WORDS.format(words="Vi har set på stedet.", reference=case.reference, district=name),
                           "message_id": f"<{case.reference}.{kind}@demo.example>", "made_at": at, "next_try_at": at,
                           "give_up_at": at, "sent_at": at if fate == "sent" else None,
                           "error": "" if fate == "sent" else "refused 550 no such user"}


def _columns(model: type, rows: Iterable[SimpleNamespace]) -> Iterator[dict]:
    names = [column.name for column in model.__table__.columns]
    return ({name: getattr(row, name) for name in names if hasattr(row, name)} for row in rows)
