"""A full district, in which every status has a case, and a crawl through all that it shows."""

import itertools
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import databases
import pytest
import time_machine
from conftest import OFFICER, PASSWORD, WISH, Person, book_through_all_pages
from flask import g

import catalogue
from catalogue.spots import SpotForm
from mail import letters
from models import (
    COPENHAGEN,
    Assignee,
    BlockedAddress,
    Booking,
    BookingStatus,
    Channel,
    DeliveryStatus,
    Feedback,
    Figure,
    FigureRow,
    FindingsLink,
    IntakePause,
    Invite,
    Letter,
    LogIn,
    Officer,
    OfficerAbsence,
    Place,
    Poll,
    Reservation,
    Role,
    Task,
    TaskStatus,
    Visit,
    WaitlistEntry,
    db,
    now,
)
from office.versions import version

CITIZEN, OFFICE = "Kvaks", "Zulu"

OF_CITIZENS = re.compile(rf"{CITIZEN}|\b2345670", re.I)

OF_THE_OFFICE = re.compile(
    rf"{OFFICE}|Lurestien|2026-06-19|\b19\.? ?(juni|June)|\b19[./-]0?6|\b0?3[:.]17|\b0?4[:.]43|\b01:17|\b02:43|"
    r"\bplanned\b|\bplanlagt|\bplanlægges\b", re.I)

FACTS = ["violence", "drugs", "robbery"]

MONTHS = 12  # of a calendar are read in each language: one can leaf on for a century

TOKENS = re.compile(r'name="(csrf_token|once)"[^>]*value="[^"]*"')

NOW = datetime(2026, 5, 11, 10, tzinfo=UTC)

STARTS, ENDS = datetime(2026, 6, 19, 3, 17, tzinfo=COPENHAGEN), datetime(2026, 6, 19, 4, 43, tzinfo=COPENHAGEN)

FOUND = {"performed": "yes", "method": "laser", "place": "Bygaden", "limit": "50", "passed": 94, "charged": 0,
         "periods": [{"day": "2026-05-10", "starts": "17:00", "ends": "19:00"}], "prelim": True, "suit": "suitable",
         "next": ["repeat"], "visible": "hidden", "note": f"{OFFICE}notat", "by": f"{OFFICE}folk"}

SPOT = {"place": "Stien", "feel": "unsafe", "cat": ["dark"], "what": "Mørkt.", "proposal": "Lys.", "prio": "now",
        "owner": "municipality", "status": "new"}

UNSENT = FOUND | {"place": f"{OFFICE}pladsen", "msg": {"da": f"{OFFICE}kladde"}}


@pytest.fixture
def clock_of_the_district():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def tasks_after_controls():
    """Whatever may have tasks, no stranger sees them: here, the controls of these tests have them."""
    with pytest.MonkeyPatch.context() as patch:
        for key, service in list(catalogue.SERVICES.items()):
            patch.setitem(catalogue.SERVICES, key, replace(service, tasks=SpotForm))
        yield


class District:
    """`people`: (reference, secret) by what became of the wish. `visits`: ids by what became of them.
    `owner`: (id, secret) of who was asked to do something."""

    def __init__(self, app):
        self.app, self.people, self.visits, self.numbers = app, {}, {}, itertools.count()
        with app.app_context():
            self._fill(db.session.get(Officer, 1))
            db.session.commit()
            assert {b.status for b in db.session.query(Booking)} == set(BookingStatus)
            assert not db.session.query(Booking).filter_by(due_on=STARTS.date()).count(), "a promise falls on that day"
            self.people = {name: (b.reference, b.secret) for name, b in self.people.items()}
            self.visits = {name: v.id for name, v in self.visits.items()}
            self.owner = (self.owner.id, self.owner.secret)
            self.field = f"/kontor/felt/{self.field.id}/{self.field.secret}"
            self.letters = [letter.id for letter in db.session.query(Letter)]
            self.places = [place.id for place in db.session.query(Place)]

    def _fill(self, ida):
        for name in ("new", "asked", "granted", "awaited", "carried out", "answered", "declined", "referred",
                     "withdrawn", "postponed", "spare", "spare too", "spam"):
            self.people[name] = self._wish()
        who = self.people
        who["asked"].ask(ida, "Hvor på vejen?", date(2026, 5, 30))
        who["asked"].note(ida, f"{OFFICE}notat")
        who["new"].give_information(f"{CITIZEN}besked")
        for name in ("granted", "awaited", "carried out", "answered", "postponed"):
            who[name].accept(ida, "")
        who["declined"].decline(ida, "resources", "", "")
        who["referred"].refer(ida, "municipality", "")
        who["withdrawn"].withdraw()
        who["spam"].mark_as_spam(ida)
        db.session.flush()
        yesterday = now() - timedelta(days=1)
        for name, starts, of in (("coming", STARTS, ["awaited"]), ("done", yesterday, ["carried out"]),
                                 ("reported", yesterday, ["answered"]), ("in vain", yesterday, ["postponed"]),
                                 ("cancelled", STARTS, ["granted"])):
            self.visits[name] = Visit.plan(
                ida, service="traffic", place=self._secret_place(), starts_at=starts,
                resource_units={"crew": f"{OFFICE}folket {name}"},
                ends_at=starts + (ENDS - STARTS), method="laser", bookings=[who[b] for b in of])
            db.session.flush()
        self.visits["done"].enter_findings(ida, UNSENT)
        self.visits["reported"].place = who["answered"].place
        self.visits["reported"].enter_findings(ida, FOUND)
        self.visits["reported"].report(ida)
        self.visits["reported"].enter_findings(ida, UNSENT)  # a correction that has not been sent
        self.visits["in vain"].enter_findings(ida, {"performed": "no", "cause": "weather", "suit": "suitable",
                                                    "next": ["repeat"], "note": f"{OFFICE}notat"})
        self.visits["in vain"].report(ida)
        self.visits["cancelled"].cancel(ida, f"{OFFICE}årsag")
        Reservation.absence(f"{OFFICE}folket", STARTS, ENDS, f"{OFFICE}ferie")
        self.field = FindingsLink.send(ida, self.visits["done"], f"{OFFICE}felt@example.dk", "da")
        self._ask_for_something(ida, self.visits["reported"])
        db.session.flush()
        letters.write_pending()
        db.session.flush()
        failed = db.session.query(Letter).filter_by(channel="email").first()
        failed.mark_failed("refused 550")

    def _ask_for_something(self, ida, visit):
        """Two tasks, of which anybody may read one in the protocol; to both, their owner has answered."""
        self.owner = Assignee.for_visit(visit, "municipality")
        self.owner.change_contact(name=f"{OFFICE}vejen", email=f"{OFFICE}@example.dk", language="da")
        for public, what in ((True, "Mørkt."), (False, f"{OFFICE}adfærd")):
            Task.enter(ida, visit, form_token=what, assignee=self.owner, status=TaskStatus.NEW, reason="", what=what,
                       details={"place": "Stien", "feel": "unsafe"}, due_on=date(2026, 12, 1), public=public, lat=55.3,
                       lng=11.9, jpeg=b"no picture")
            db.session.flush()
        self.owner.send(ida)
        for task in self.owner.tasks:
            task.answer(TaskStatus.UNDER_WAY, f"{OFFICE}svar")
        visit.publish(ida, True)

    def agree_on_dates(self) -> tuple[Booking, Booking, Visit]:
        """Three meetings: to one, dates are offered; one is asked for; the last one was agreed and held."""
        offered, asked, met = (self._wish("meeting", {"kind": "public"}) for _ in range(3))
        ida = db.session.get(Officer, 1)
        plan = {"resource_units": {"crew": f"{OFFICE}folket 9"}, "travel": 0}
        offered.offer(ida, [(STARTS + timedelta(days=9), ENDS + timedelta(days=9))], where="Biblioteket",
                      answer_by=date(2026, 6, 12), **plan)
        held = Visit.plan(ida, service="meeting", place=met.place, starts_at=now() - timedelta(hours=9), bookings=[met],
                          ends_at=now() - timedelta(hours=8), date_agreed=True, public_place="Biblioteket", **plan)
        db.session.commit()
        return offered, asked, held

    def pause_and_go(self) -> tuple[str, int]:
        """The van is on pause, somebody wants to be told when it is not, and an officer is away; where each is."""
        ida = db.session.get(Officer, 1)
        IntakePause.pause(ida, "van", date(2026, 7, 1), {"da": "Travlt.", "en": "Busy."})
        WaitlistEntry.ask("van", "venter@example.dk", "da")
        away = OfficerAbsence.enter(ida, date(2026, 7, 1), date(2026, 7, 2))
        db.session.commit()
        waiter = db.session.query(WaitlistEntry).one()
        return f"/besked/{waiter.id}/{waiter.secret}", away.id

    def _wish(self, service: str = "traffic", answers: dict | None = None) -> Booking:
        n = next(self.numbers)
        at = {"road": "Bygaden" if n % 2 else f"{CITIZEN}vej", "lat": None, "lng": None}
        return Booking.receive(
            form_token=f"form {n}", place=Place.at(postcode="4690", town="Haslev", municipality="Faxe", **at),
            service=service, language="en" if n % 3 else "da", name=f"{CITIZEN}navn {n}",
            email=f"{CITIZEN.lower()}{n}@example.dk", phone=f"2345670{n % 10}", address=f"{CITIZEN}allé {n}",
            capacity="association", org=f"{CITIZEN}foreningen", reply=list(Channel)[n % 3],
            from_to=f"{CITIZEN}stykket {n}", answers=answers or {
                "problem": "speeding", "text": f"{CITIZEN}tekst {n}", "direction": "towards", "towards": f"{CITIZEN}by",
                "days": ["weekdays"], "times": ["06-09"], "frequency": "daily", "place_van": f"{CITIZEN}plads"}, **at)

    @staticmethod
    def _secret_place() -> Place:
        place = Place.at(road="Lurestien", postcode="4690", town="Haslev", municipality="Faxe",
                         from_to=f"{OFFICE}hjørnet")
        place.suitability = f"{OFFICE}indkørslen"
        return place

    def let_in(self) -> tuple[str, int, int]:
        """The path of an invitation, the number of another one, and that of a session elsewhere."""
        ida = db.session.get(Officer, 1)
        used, unused = (Invite.send(ida, f"{OFFICE}{n}@politi.example", Role.READER) for n in range(2))
        LogIn.start(ida, "Firefox, Linux")
        db.session.commit()
        return f"/kontor/invitation/{used.id}/{used.secret}", unused.id, ida.log_ins[0].id

    def block(self) -> int:
        """The number of an address that gets no receipts."""
        BlockedAddress.add("the key of an address", Booking.by_reference(self.people["new"][0]))
        db.session.commit()
        return db.session.query(BlockedAddress).one().id

    def kept(self) -> dict[str, list]:
        """Every row of every table but the log's, which also tells what was only read."""
        with databases.outside(self.app.instance_path) as database:
            return {table: sorted(database.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
                    for table in databases.tables(database) if table != "audit"}

    def addresses(self, keys: list[tuple[str, str]]):
        """Every address that any rule can make: (rule, path, what is typed into it). `keys`: references and secrets."""
        known = {"number": [1, 2, 999], "owner_id": [1, 2, 999], "version": [0, 1, 999], "other": [1, 2, 999],
                 "reason": ["resources", "ny", "findes-ikke"], "zoom": [0, 14], "column": [8735], "row": [5128],
                 "slug": ["faerdselskontrol", "findes-ikke"], "id": [*range(1, 6), 999, 2**64], "filename": [
            "style.css", "map.js", "land.geojson", "leaflet.js", "leaflet.css", "images/marker-icon.png",
            "findes-ikke", "../app.py", "..%2fapp.py"]}
        road = self.app.url_map.bind("localhost")
        for rule in self.app.url_map.iter_rules():
            pools = [[{name: value} for value in sorted(getattr(converter, "items", known.get(name, ["findes-ikke"])),
                                                        key=str)]
                     for name, converter in rule._converters.items() if name not in ("reference", "secret")]
            if "secret" in rule.arguments:
                pools.append([{"reference": reference, "secret": secret} for reference, secret in keys])
            elif "reference" in rule.arguments:  # in the office: one that is there, and the last
                pools.append([{"reference": keys[0][0]}, {"reference": keys[-1][0]}])
            for parts in itertools.product(*pools):
                values = {name: value for part in parts for name, value in part.items()}
                yield rule, road.build(rule.endpoint, values, method=(rule.methods - {"HEAD", "OPTIONS"}).pop()), values

    def strange_keys(self) -> list[tuple[str, str]]:
        """Other people's references with each other's secrets, with made-up ones, and the other way round."""
        pairs = list(self.people.values())
        return [(a[0], b[1]) for a, b in zip(pairs, pairs[1:] + pairs[:1], strict=True)] + [
            (pairs[0][0], "findes-ikke"), (pairs[0][0], pairs[0][1][:-1]), ("A2346789", pairs[0][1]), ("x", "x")]


@pytest.fixture(scope="module")
def full(template, tmp_path_factory, request):
    """The full district, made once; each test gets a copy of its file."""
    from app import create_app

    folder = tmp_path_factory.mktemp("full")
    databases.copied(template, folder)
    with time_machine.travel(NOW, tick=False):
        district = District(create_app({"INSTANCE": str(folder), "TESTING": True}))
    with district.app.app_context():
        db.session.remove()
        db.engine.dispose()
    return folder, district


@pytest.fixture
def district(full, make_app):
    folder, made = full
    app = make_app()
    databases.renewed(folder, Path(app.instance_path))
    copy = District.__new__(District)
    copy.__dict__ |= made.__dict__ | {"app": app}
    return copy


def told(response, *typed: str) -> str:
    """What a response says, in its body and its headers, without what was typed into the request itself.

    Files of our tree and of the map's package say nothing about anybody: the same for all, they are read elsewhere.
    """
    if response.status_code == 200 and response.request.path.removeprefix("/en").startswith(("/static/", "/leaflet/")):
        return ""
    said = response.get_data().decode("utf-8", "replace") + "\n" + "\n".join(
        value for name, value in response.headers if name not in ("Set-Cookie", "ETag"))
    for words in sorted(typed, key=len, reverse=True):
        said = said.replace(words, "")
    return TOKENS.sub("", said)


def assert_tells_nothing(district, path: str, said: str) -> None:
    found = OF_CITIZENS.search(said) or OF_THE_OFFICE.search(said)
    assert not found, f"{path} tells {said[max(0, found.start() - 60):found.end() + 60]!r}"
    for name, (reference, secret) in district.people.items():
        keys = (reference, f"{reference[:4]} {reference[4:]}", secret)
        assert not any(key in said for key in keys), f"{path} tells the reference or the secret of {name!r}"


def ask(client, path: str, method: str = "GET"):
    """The whole answer; files are closed."""
    return client.open(path, method=method, buffered=True)


def crawl(client, *starts: str, within: str = "/"):
    """Every page that links lead to from `starts` on this site, if its path begins as the pattern `within` says:
    (path, response). Of a calendar, the months next to the present one."""
    waiting, seen, months = list(starts), set(), Counter()
    while waiting:
        path = waiting.pop(0)
        calendar, _, month = path.partition("?maaned=")
        if path in seen or month and months[calendar] == MONTHS:
            continue
        seen.add(path)
        months[calendar] += bool(month)
        response = ask(client, path)
        yield path, response
        links = re.findall(r'(?:href|src)="([^"#]+)', response.get_data(as_text=True)) if (
            response.mimetype == "text/html") else []
        links += [response.location] if response.location else []
        for link in dict.fromkeys(links):
            there = urlsplit(urljoin(f"http://localhost{path}", unescape(link)))
            if there.netloc in ("localhost", "127.0.0.1:8000") and there.scheme.startswith("http") and (
                    re.match(within, there.path)):
                waiting.append(there.path + (f"?{there.query}" if there.query else ""))


def fill_in_everything(stranger: Person, language: str = ""):
    """What a stranger can send: a booking for the same road up to its own page, and forms filled in wrongly."""
    path = f"{language}/bestil/faerdselskontrol"
    wish = {**WISH, "language": "en" if language else "da"}
    yield path, stranger.post(path, {})
    yield path, stranger.post(path, wish)  # the check page: it tells what is asked and found here
    yield path, stranger.post(path, {**wish, "change": "1"})
    yield f"{language}/find", stranger.post(f"{language}/find", {"reference": "A2346789", "contact": "x@example.dk"})
    yield f"{language}/kontor/log-ind", stranger.post(f"{language}/kontor/log-ind", {"email": OFFICER, "password": "x"})
    reference, secret = book_through_all_pages(stranger, language)
    own = f"{language}/sag/{reference}/{secret}"
    for page in (own, f"{own}/kvittering", f"{own}/besked"):
        yield page, stranger.get(page)
    for step, data in (("besked", {}), ("besked", {"words": "Også om aftenen."}), ("kontakt", {"reply": "letter"}),
                       ("traek-tilbage", {}), ("tag-op-igen", {"words": "Igen."}), ("traek-tilbage", {"sure": "y"}),
                       ("besked", {"words": "For sent."})):
        yield f"{own}/{step}", stranger.post(f"{own}/{step}", data)


def posts(district) -> list[tuple[str, str, dict]]:
    """For every rule that takes a post: something that it would do, in an order in which all can be done."""
    who, of = district.people, district.visits
    public = {name: f"/sag/{reference}/{secret}" for name, (reference, secret) in who.items()}
    case = {name: f"/kontor/sag/{reference}" for name, (reference, _) in who.items()}
    with district.app.app_context():
        failed = db.session.query(Letter).filter_by(delivery_status=DeliveryStatus.FAILED).first().id
        away = db.session.query(Reservation).filter_by(visit_id=None).one().id
        task = db.session.query(Task).first().id
        offered, asked, held = district.agree_on_dates()
        granted = Booking.by_reference(who["granted"][0])
        place, road, known = granted.place_id, granted.place.road, granted.email
        waiter, absent = district.pause_and_go()
        invited, unused, elsewhere = district.let_in()
        blocked, not_me = district.block(), re.search(r"/ikke-mig/\S+", next(
            x.text for x in Booking.by_reference(who["awaited"][0]).letters if x.kind == "received"))[0]
        message = Feedback.receive(form_token="tre", page=f"{CITIZEN}side", words=f"{CITIZEN}klage", language="da").id
        Figure.store(FigureRow("320", measure, 2025, 90, "straf11") for measure in FACTS)
        db.session.commit()
        dates = {"times-0-day": "2026-07-01", "times-0-starts": "18:00", "times-0-ends": "19:00", "crew": "Ida",
                 "travel": "30", "place_told": "Biblioteket", "answer_by": "2026-06-12", "words": "", "send": "1"}
        own, offer = f"/sag/{offered.reference}/{offered.secret}", offered.offers[0].id
        tider, refuses = f"/kontor/sag/{asked.reference}/tider", f"/sag/{asked.reference}/{asked.secret}"
        poll = Poll.of(held).code
        Figure.store(FigureRow("320", "burglary_homes", year, 99, "straf11") for year in (2020, 2025))
        db.session.commit()
        polled = f"/kontor/besoeg/{held.id}/afstemning"
        led = f"/kontor/besoeg/{held.id}/foerer-til/tryghedsvandring"
    owner = f"/ansvar/{district.owner[0]}/{district.owner[1]}"
    plan = {"day": "2026-06-20", "starts": "03:17", "ends": "04:43", "crew": f"{OFFICE}folket 8", "method": "laser",
            "road": "Bygaden", "from_to": "", "postcode": "4690", "bookings": [who["granted"][0]]}
    found = {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["closed"]}
    return [
        ("office.resolve_letter", f"/kontor/breve/{failed}", {"done": "1"}),
        ("citizen.book", "/bestil/faerdselskontrol", {**WISH, "once": "ny", "send": "1"}),
        ("citizen.change", f"{public['new']}/besked", {"words": "Også om aftenen."}),
        ("citizen.change", f"{public['new']}/kontakt", {"name": "Ny", "email": "ny@example.dk", "reply": "email"}),
        ("citizen.change", f"{public['new']}/traek-tilbage", {"sure": "y"}),
        ("citizen.change", f"{public['declined']}/tag-op-igen", {"words": "Se igen."}),
        ("citizen.change", f"{public['answered']}/hjalp-det",
         {"helped": "no", "helped_why": "late", "more": "For sent."}),
        ("office.save", f"{case['asked']}/journal", {"journal": "2026-17"}),
        ("citizen.choose", f"{own}/tid/{offer}", {}),
        ("office.offer", tider, dates),
        ("citizen.change", f"{refuses}/ingen-passer", {"when": "Senere."}),
        ("office.lead_to", led, {"send": "1"}),
        ("office.open_poll", f"{polled}/foer", {}),
        ("citizen.poll", f"/m/{poll}", {"round": "before", "trend": "more", "level": "10", "safe": "safe"}),
        ("office.close_poll", f"{polled}/luk", {}),
        ("office.show_poll_facts", f"{polled}/fakta", {}),
        ("office.poll_counts", f"{polled}/foer/optalt", {"safe-safe": "12"}),
        ("citizen.find", "/find", {"reference": who["new"][0], "contact": f"{CITIZEN}0@example.dk"}),
        ("citizen.send_links", "/find/links", {"email": known}),
        ("office.save", f"{case['asked']}/notat", {"words": "Ringet."}),
        ("office.mark_read", f"{case['declined']}/laest", {}),
        ("office.save", f"{case['asked']}/kontakt", {"name": "Bo", "email": "bo@example.dk", "reply": "email"}),
        ("office.decide", f"{case['asked']}/flyt", {"road": "Søvej", "postcode": "4690", "send": "1"}),
        ("office.decide", f"{case['asked']}/udsaet", {"words": "Materiel.", "due_on": "2026-06-30", "send": "1"}),
        ("office.decide", f"{case['asked']}/imoedekom", {"words": "", "send": "1"}),
        ("office.decide", f"{case['spare']}/spoerg", {"words": "Hvor?", "answer_by": "2026-06-30", "send": "1"}),
        ("office.decide", f"{case['spare']}/afslag", {"reason": "resources", "send": "1"}),
        ("office.decide_many", "/kontor/flere/henvis", {"sag": who["spare too"][0], "authority": "municipality",
                                                        "send": "1"}),
        ("office.plan_for_many", "/kontor/flere/besoeg", {"sag": who["granted"][0]}),
        ("office.register_by_phone", "/kontor/ny/faerdselskontrol", {**WISH, "once": "to", "channel": "phone"}),
        ("office.edit_decline_reason", "/kontor/tekster/faerdselskontrol/resources",
         {"texts-da": "Nej.", "texts-en": "No.", "send": "1"}),
        ("office.facts", "/kontor/fakta", {"rows": "area;measure;year;value;source\n370;robbery;2025;20;straf11",
                                           "send": "1"}),
        ("office.edit_advice", "/kontor/fakta/raad/burglary", {
            "texts-da": "Lås.", "texts-en": "Lock.", "link": "https://dkr.dk"}),
        ("office.handout", f"/kontor/besoeg/{held.id}/faktaark", {
            "measures": FACTS, "languages": ["da"]}),
        ("office.send_field_link", f"/kontor/besoeg/{of['done']}/feltlink", {"email": "a@b.dk", "language": "da"}),
        ("office.findings_by_link", district.field, found),
        ("office.withdraw_field_link", "/kontor/feltlink/1/traek-tilbage", {}),
        ("office.again", f"/kontor/besoeg/{of['reported']}/igen", {**plan, "day": "2026-07-20", "bookings": []}),
        ("office.plan", f"{case['granted']}/besoeg", plan),
        ("office.reschedule", f"/kontor/besoeg/{of['coming']}/flyt", {**plan, "day": "2026-06-21", "bookings": []}),
        ("office.cancel", f"/kontor/besoeg/{of['coming']}/aflys", {"words": "Ferie."}),
        ("office.findings", f"/kontor/besoeg/{of['done']}/resultat", {**found, "cause": "signs"}),
        ("office.report", f"/kontor/besoeg/{of['done']}/svar", {}),
        ("office.withhold_result", f"/kontor/besoeg/{of['reported']}/resultat/tilbagehold", {"withhold": "Klage."}),
        ("office.allow_result", f"/kontor/besoeg/{of['reported']}/resultat/frigiv", {}),
        ("citizen.answer", f"{owner}/1", {"status": "done"}),
        ("office.mark_task_read", f"/kontor/opgave/{task}/laest", {}),
        ("office.task", f"/kontor/opgave/{task}", {**SPOT, "status": "done"}),
        ("office.tasks", f"/kontor/besoeg/{of['done']}/opgaver", {**SPOT, "once": "tre"}),
        ("office.send_tasks", f"/kontor/besoeg/{of['done']}/opgaver/send", {}),
        ("office.assignee", f"/kontor/besoeg/{of['reported']}/opgaver/ansvarlig/{district.owner[0]}",
         {"name": "Ny", "email": "", "language": "en"}),
        ("office.protocol", f"/kontor/besoeg/{of['done']}/protokol", {"show": "1"}),
        ("office.describe", f"/kontor/sted/{district.places[0]}", {"suitability": "God plads."}),
        ("office.belongs", f"{case['new']}/sted/{district.places[-1]}", {}),
        ("office.split", f"/kontor/sted/{place}/del", {"stretch": "Syd", "asked": [who["granted"][0]]}),
        ("office.merge", f"/kontor/sted/{place}/saml", {"road": road, "postcode": "4690"}),
        ("office.merge_into", f"/kontor/sted/{district.places[0]}/saml/{district.places[-1]}", {}),
        ("office.absence", "/kontor/kalender/indstillinger/fravaer",
         {"first": "2026-07-01", "last": "2026-07-02", "words": "Ferie"}),
        ("office.end_absence", f"/kontor/kalender/indstillinger/fravaer/{away}/fjern", {}),
        ("office.hours", "/kontor/kalender/indstillinger/aabningstider", {"opens0": "9.00", "closes0": "17.00"}),
        ("office.renew_feed", "/kontor/kalender/adresse", {}),
        ("citizen.join_waitlist", "/bestil/mobil-politistation/besked", {"email": "ny@example.dk"}),
        ("citizen.waitlist_entry", waiter, {"confirm": "1"}),
        ("office.admit_waiting", "/kontor/indtag/mobil-politistation/luk-ind", {"count": "1", "days": "5"}),
        ("office.intake", "/kontor/indtag/mobil-politistation",
         {"until": "2026-06-01", "texts-da": "x", "texts-en": "x"}),
        ("office.open_intake", "/kontor/indtag/mobil-politistation/aabn", {}),
        ("office.officer_absence", "/kontor/fravaer", {"first": "2026-07-01", "last": "2026-07-02"}),
        ("office.end_officer_absence", f"/kontor/fravaer/{absent}/fjern", {}),
        ("citizen.not_me", not_me, {"close": "1"}),
        ("office.lift_block", f"/kontor/breve/spaerret/{blocked}/ophaev", {}),
        ("office.log_in", "/kontor/log-ind", {"email": OFFICER, "password": PASSWORD}),
        ("office.users", "/kontor/medarbejdere", {"email": "ny@politi.example", "role": "reader", "language": "da"}),
        ("office.invitation", invited, {"name": "Ny", "password": "en lang adgangskode"}),
        ("office.withdraw_invite", f"/kontor/medarbejdere/invitation/{unused}/traek-tilbage", {}),
        ("office.password", "/kontor/konto/adgangskode", {"password": "forkert",
                                                          "new_password": "heste går ikke i skole"}),
        ("office.second_factor", "/kontor/konto/kode", {"password": "forkert", "code": "123456"}),
        ("office.end_session", f"/kontor/konto/log-ind/{elsewhere}/afslut", {}),
        ("citizen.feedback", "/tilgaengelighed", {"once": "fire", "page": "Forsiden", "words": "Kan ikke læses."}),
        ("office.feedback", f"/kontor/tilgaengelighed/{message}", {"words": "Rettet."}),
        ("office.retention", "/kontor/data", {"decision": "26/1", "months": "12", "first": "2026-07-01"}),
        ("office.withdraw_permit", "/kontor/data/traek-tilbage", {}),
        ("office.person", "/kontor/data/person", {"q": who["new"][0], "show": "1"}),
        ("office.edit_notice", "/kontor/data/privatliv", {"texts-da": "Ny", "texts-en": "New", "send": "1"}),
        # The last: from here on, the token is another one
        ("office.recovery_codes", "/kontor/konto/noedkoder", {"password": PASSWORD}),
        ("office.log_out", "/kontor/log-ud", {}),
    ]


def version_at(app, path: str) -> str:
    """The version that the form of this press carries now."""
    with app.test_request_context(path, method="POST"):
        g.officer = Officer.by_email(OFFICER)
        return version()
