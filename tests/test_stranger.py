"""Somebody without any right to know goes through everything that can be reached, and learns nothing.

The district of these tests is full: wishes in every status, controls coming, done, reported and cancelled. What
citizens typed contains CITIZEN, what the office keeps to itself contains OFFICE; the coming control is on 19 June
at 3.17.
"""

import itertools
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import databases
import pytest
import time_machine
from conftest import OFFICER, PASSWORD, WISH, Person, book, logged_in

import letters
import sending
import services
from models import (
    COPENHAGEN,
    Away,
    Block,
    Booking,
    Fate,
    Feedback,
    FieldLink,
    Intake,
    Invite,
    Letter,
    LogIn,
    Officer,
    Owner,
    Place,
    Reply,
    Role,
    Status,
    Taken,
    Task,
    TaskStatus,
    Visit,
    Waiter,
    db,
    now,
)
from office import OPEN_DOORS
from services.spots import SpotForm

CITIZEN, OFFICE = "Kvaks", "Zulu"
OF_CITIZENS = re.compile(rf"{CITIZEN}|\b2345670", re.I)
OF_THE_OFFICE = re.compile(
    rf"{OFFICE}|Lurestien|2026-06-19|\b19\.? ?(juni|June)|\b19[./-]0?6|\b0?3[:.]17|\b0?4[:.]43|\b01:17|\b02:43|"
    r"\bplanned\b|\bplanlagt|\bplanlægges\b", re.I)
TOKENS = re.compile(r'name="(csrf_token|once)"[^>]*value="[^"]*"')
NOW = datetime(2026, 5, 11, 10, tzinfo=UTC)
STARTS, ENDS = datetime(2026, 6, 19, 3, 17, tzinfo=COPENHAGEN), datetime(2026, 6, 19, 4, 43, tzinfo=COPENHAGEN)
FOUND = {"performed": "yes", "method": "laser", "place": "Bygaden", "limit": "50", "passed": 94, "charged": 0,
         "periods": [{"day": "2026-05-10", "starts": "17:00", "ends": "19:00"}], "prelim": True, "suit": "suitable",
         "next": ["repeat"], "visible": "hidden", "note": f"{OFFICE}notat", "by": f"{OFFICE}folk"}
SPOT = {"place": "Stien", "feel": "unsafe", "cat": ["dark"], "what": "Mørkt.", "proposal": "Lys.", "prio": "now",
        "owner": "municipality", "status": "new"}
UNSENT = FOUND | {"place": f"{OFFICE}pladsen", "msg": f"{OFFICE}kladde"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True, scope="module")
def tasks_after_controls():
    """Whatever may have tasks, no stranger sees them: here, the controls of these tests have them."""
    with pytest.MonkeyPatch.context() as patch:
        for key, service in list(services.SERVICES.items()):
            patch.setitem(services.SERVICES, key, replace(service, tasks=SpotForm))
        yield


class District:
    """`people`: (reference, secret) by what became of the wish. `visits`: ids by what became of them.
    `owner`: (id, secret) of who was asked to do something."""

    def __init__(self, app):
        self.app, self.people, self.visits, self.numbers = app, {}, {}, itertools.count()
        with app.app_context():
            self._fill(db.session.get(Officer, 1))
            db.session.commit()
            assert {b.status for b in db.session.query(Booking)} == set(Status)
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
        who["new"].give_information(f"{CITIZEN}besked", 10)
        for name in ("granted", "awaited", "carried out", "answered", "postponed"):
            who[name].accept(ida, "", 22, 10)
        who["declined"].decline(ida, "resources", "", "")
        who["referred"].refer(ida, "municipality", "")
        who["withdrawn"].withdraw()
        who["spam"].set_aside(ida)
        db.session.flush()
        yesterday = now() - timedelta(days=1)
        for name, starts, of in (("coming", STARTS, ["awaited"]), ("done", yesterday, ["carried out"]),
                                 ("reported", yesterday, ["answered"]), ("in vain", yesterday, ["postponed"]),
                                 ("cancelled", STARTS, ["granted"])):
            self.visits[name] = Visit.plan(
                ida, service="traffic", place=self._secret_place(), starts_at=starts, takes={"crew": f"{OFFICE}folket {name}"},
                ends_at=starts + (ENDS - STARTS), method="laser", bookings=[who[b] for b in of])
            db.session.flush()
        self.visits["done"].enter_findings(ida, UNSENT)
        self.visits["reported"].place = who["answered"].place
        self.visits["reported"].enter_findings(ida, FOUND)
        self.visits["reported"].report(ida)
        self.visits["reported"].enter_findings(ida, UNSENT)  # a correction that has not been sent
        self.visits["in vain"].enter_findings(ida, {"performed": "no", "cause": "weather", "suit": "suitable",
                                                    "next": ["repeat"], "note": f"{OFFICE}notat"})
        self.visits["in vain"].report(ida, date(2026, 6, 26))
        self.visits["cancelled"].cancel(ida, f"{OFFICE}årsag")
        Taken.absence(f"{OFFICE}folket", STARTS, ENDS, f"{OFFICE}ferie")
        self.field = FieldLink.send(ida, self.visits["done"], f"{OFFICE}felt@example.dk", "da")
        self._ask_for_something(ida, self.visits["reported"])
        db.session.flush()
        letters.write_pending()
        db.session.flush()
        failed = db.session.query(Letter).filter_by(way="email").first()
        failed.refused("refused 550")

    def _ask_for_something(self, ida, visit):
        """Two tasks, of which anybody may read one in the protocol; to both, their owner has answered."""
        self.owner = Owner.of(visit, "municipality")
        self.owner.change_contact(name=f"{OFFICE}vejen", email=f"{OFFICE}@example.dk", language="da")
        for public, what in ((True, "Mørkt."), (False, f"{OFFICE}adfærd")):
            Task.enter(ida, visit, once=what, owner=self.owner, status=TaskStatus.NEW, reason="", follow_up=(), what=what,
                       details={"place": "Stien", "feel": "unsafe"}, due_on=date(2026, 12, 1), public=public, lat=55.3,
                       lng=11.9, jpeg=b"no picture")
            db.session.flush()
        self.owner.send(ida, ())
        for task in self.owner.tasks:
            task.answer(TaskStatus.UNDER_WAY, f"{OFFICE}svar")
        visit.publish(ida, True)

    def agree_on_dates(self) -> tuple[Booking, Booking, Visit]:
        """Three meetings: to one, dates are offered; one is asked for; the last one was agreed and held."""
        offered, asked, met = (self._wish("meeting", {"kind": "public"}) for _ in range(3))
        ida = db.session.get(Officer, 1)
        plan = {"takes": {"crew": f"{OFFICE}folket 9"}, "travel": 0}
        offered.offer(ida, [(STARTS + timedelta(days=9), ENDS + timedelta(days=9))], where="Biblioteket",
                      answer_by=date(2026, 6, 12), **plan)
        held = Visit.plan(ida, service="meeting", place=met.place, starts_at=now() - timedelta(hours=9), bookings=[met],
                          ends_at=now() - timedelta(hours=8), told=True, place_told="Biblioteket", report_within=10, **plan)
        db.session.commit()
        return offered, asked, held

    def pause_and_go(self) -> tuple[str, int]:
        """The van is on pause, somebody wants to be told when it is not, and an officer is away; where each is."""
        ida = db.session.get(Officer, 1)
        Intake.pause(ida, "van", date(2026, 7, 1), "Travlt.", "Busy.")
        Waiter.ask("van", "venter@example.dk", "da")
        away = Away.enter(ida, date(2026, 7, 1), date(2026, 7, 2))
        db.session.commit()
        waiter = db.session.query(Waiter).one()
        return f"/besked/{waiter.id}/{waiter.secret}", away.id

    def _wish(self, service: str = "traffic", answers: dict | None = None) -> Booking:
        n = next(self.numbers)
        at = {"road": "Bygaden" if n % 2 else f"{CITIZEN}vej", "lat": None, "lng": None}
        return Booking.receive(
            once=f"form {n}", place=Place.at(postcode="4690", town="Haslev", municipality="Faxe", **at),
            answer_within=10, service=service, language="en" if n % 3 else "da", name=f"{CITIZEN}navn {n}",
            email=f"{CITIZEN.lower()}{n}@example.dk", phone=f"2345670{n % 10}", address=f"{CITIZEN}allé {n}",
            capacity="association", org=f"{CITIZEN}foreningen", reply=list(Reply)[n % 3],
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
        Block.add("the key of an address", Booking.by_reference(self.people["new"][0]))
        db.session.commit()
        return db.session.query(Block).one().id

    def kept(self) -> dict[str, list]:
        """Every row of every table but the log's, which also tells what was only read."""
        with databases.outside(self.app.instance_path) as database:
            return {table: sorted(database.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
                    for table in databases.tables(database) if table != "audit"}

    def addresses(self, keys: list[tuple[str, str]]):
        """Every address that any rule can make: (rule, path, what is typed into it). `keys`: references and secrets."""
        known = {"number": [1, 2, 999], "version": [0, 1, 999], "other": [1, 2, 999], "reason": ["resources", "ny", "findes-ikke"],
                 "slug": ["faerdselskontrol", "findes-ikke"], "id": [*range(1, 6), 999, 2**64], "filename": [
            "style.css", "map.js", "icon.svg", "land.geojson", "leaflet.js", "leaflet.css", "images/marker-icon.png",
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


def crawl(client, *starts: str):
    """Every page that links lead to from `starts` on this site: (path, response)."""
    waiting, seen = list(starts), set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        response = ask(client, path)
        yield path, response
        links = re.findall(r'(?:href|src)="([^"#]+)', response.get_data(as_text=True)) if (
            response.mimetype == "text/html") else []
        links += [response.location] if response.location else []
        for link in links:
            there = urlsplit(urljoin(f"http://localhost{path}", link.replace("&amp;", "&")))
            if there.netloc in ("localhost", "127.0.0.1:8000") and there.scheme.startswith("http"):
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
    reference, secret = book(stranger, language)
    own = f"{language}/sag/{reference}/{secret}"
    for page in (own, f"{own}/kvittering", f"{own}/besked"):
        yield page, stranger.get(page)
    for step, data in (("besked", {}), ("besked", {"words": "Også om aftenen."}), ("kontakt", {"reply": "letter"}),
                       ("traek-tilbage", {}), ("tag-op-igen", {"words": "Igen."}), ("traek-tilbage", {"sure": "y"}),
                       ("besked", {"words": "For sent."})):
        yield f"{own}/{step}", stranger.post(f"{own}/{step}", data, token_from=f"{language}/find")


def test_a_stranger_who_follows_every_link_and_fills_in_every_form_learns_nothing(district):
    stranger = Person(district.app)
    pages = dict(crawl(stranger.client, "/", "/en/", "/health"))
    assert len(pages) > 15
    for path, response in pages.items():
        assert response.status_code < 400, path
        assert_tells_nothing(district, path, told(response))
    for language in ("", "/en"):
        for path, page in fill_in_everything(stranger, language):
            assert_tells_nothing(district, path, told(page.response))


def test_no_address_that_a_stranger_can_make_up_tells_anything(district):
    client, keys = district.app.test_client(), district.strange_keys()
    before = district.kept()
    for (rule, path, values), language in itertools.product(district.addresses(keys), ("", "/en")):
        typed = [str(v) for v in values.values()]
        responses = {method: ask(client, language + path, method) for method in (
            ("GET",) if language else ("GET", "HEAD", "OPTIONS"))}
        for method, response in responses.items():
            assert response.status_code < 500, f"{method} {path}"
            assert_tells_nothing(district, f"{method} {path}", told(response, path.removeprefix("/"), *typed))
        if "HEAD" in responses:
            assert not responses["HEAD"].data
            assert responses["HEAD"].status_code == responses["GET"].status_code, f"HEAD {path} is not as GET"
        if "secret" in values:
            assert responses["GET"].status_code == 404, f"{path} opens with a wrong key"
        if rule.endpoint.startswith("office.") and rule.endpoint not in OPEN_DOORS and "GET" in rule.methods and (
                responses["GET"].status_code != 404 or values.get("id") != 2**64):  # no address at all
            assert responses["GET"].status_code == 302, f"{path} is not locked"
            assert urlsplit(responses["GET"].location).path == f"{language}/kontor/log-ind"
    assert district.kept() == before


def test_whoever_was_asked_to_do_something_sees_that_and_nothing_of_those_who_asked(district):
    stranger, (id, secret) = Person(district.app), district.owner
    own = f"/ansvar/{id}/{secret}"
    for root in ("", "/en"):
        page = stranger.get(root + own)
        assert page.status == 200 and f"{OFFICE}adfærd" in page.text
        assert not OF_CITIZENS.search(told(page.response))
    client = district.app.test_client()
    for path in (f"/ansvar/{id}/{secret}/1", f"/ansvar/{id}/{secret}/2/foto"):
        assert ask(client, path).status_code < 400
    for wrong in (secret[:-1], "x", *(s for _, s in district.people.values())):
        assert ask(client, f"/ansvar/{id}/{wrong}").status_code == 404
    with district.app.app_context():
        for letter in db.session.query(Letter).filter(Letter.owner_id.is_not(None)):
            assert not OF_CITIZENS.search(letter.subject + letter.text + str(sending.html_twin(letter)))


def test_anybody_reads_what_is_public_of_a_protocol_that_is_public(district):
    client = district.app.test_client()
    with district.app.app_context():
        uids = {name: db.session.get(Visit, id).uid for name, id in district.visits.items()}
    for name, id in uids.items():
        answer = ask(client, f"/protokol/{id}")
        assert answer.status_code == (200 if name == "reported" else 404), name
        assert_tells_nothing(district, f"/protokol/{id}", told(answer))
    assert "Mørkt." in ask(client, f"/protokol/{uids['reported']}").text


def test_letters_to_citizens_tell_only_what_is_theirs(district):
    with district.app.app_context():
        written = db.session.query(Letter).filter(Letter.booking_id.is_not(None)).all()
        assert {x.kind for x in written} >= {"information_asked", "accepted", "answered", "declined", "referred",
                                             "withdrawn", "postponed"}
        for letter in written:
            own = letter.booking
            twin = str(sending.html_twin(letter))
            for text in (letter.subject + letter.text, twin):
                for mine in (own.secret, own.reference, f"{own.reference[:4]} {own.reference[4:]}"):
                    text = text.replace(mine, "")
                assert_tells_nothing(district, f"letter {letter.id} ({letter.kind})", text)


def test_the_doors_of_the_office_say_the_same_whether_a_case_exists_or_not(district):
    client = district.app.test_client()
    reference, _ = district.people["new"]
    for path in ("/kontor/sag/{}", "/kontor/sag/{}/imoedekom", "/kontor/sag/{}/besoeg"):
        there, nowhere = (ask(client, path.format(r)) for r in (reference, "A2346789"))
        assert told(there, reference) == told(nowhere, "A2346789")
    assert told(ask(client, "/kontor/besoeg/1"), "besoeg/1") == told(ask(client, "/kontor/besoeg/9"), "besoeg/9")


def test_finding_a_booking_says_the_same_whether_it_exists_or_not(district):
    stranger = Person(district.app)
    reference, _ = district.people["new"]
    there, nowhere = (stranger.post("/find", {"reference": r, "contact": "0000"}) for r in (reference, "A2346789"))
    assert there.status == nowhere.status == 422
    assert told(there.response, reference) == told(nowhere.response, "A2346789")


def test_every_page_is_the_same_before_and_after_a_control_is_planned(district):
    app, officer = district.app, logged_in(district.app)
    stranger, (reference, secret), other = Person(app), district.people["granted"], district.people["postponed"]

    def everything() -> dict[str, str]:
        pages = {path: told(response) for path, response in crawl(stranger.client, "/", "/en/", "/health")}
        for own in (f"/sag/{r}/{s}" for r, s in ((reference, secret), other)):
            pages |= {path: told(stranger.get(path).response)
                      for path in (own, f"{own}/kvittering", f"/en{own}", f"/en{own}/kvittering")}
        for road in ("Bygaden", f"{CITIZEN}vej"):
            for path in ("/bestil/faerdselskontrol", "/en/bestil/faerdselskontrol"):
                pages[path, road] = told(stranger.post(path, {**WISH, "road": road}).response)
        with app.app_context():
            pages["letters"] = "\n".join(x.text for x in db.session.query(Letter).order_by(Letter.id))
        return pages

    before, plan = everything(), {
        "day": "2026-06-19", "starts": "03:17", "ends": "04:43", "crew": "Zulufolket 7", "method": "laser",
        "road": "Lurestien", "from_to": "", "postcode": "4690", "bookings": [reference]}
    assert officer.post(f"/kontor/sag/{reference}/besoeg", plan).status == 200
    with app.app_context():
        coming = db.session.query(Visit).filter(Visit.crew == "Zulufolket 7").one()
        assert coming.is_planned and coming.bookings
        number = coming.id
    assert everything() == before, "planning a control shows"
    assert officer.post(f"/kontor/besoeg/{number}/flyt", {**plan, "starts": "03:18", "road": "Bygaden"}).status == 200
    assert everything() == before, "moving a control shows"
    assert officer.post(f"/kontor/besoeg/{number}/aflys", {"words": "Zuluårsag"},
                        token_from=f"/kontor/besoeg/{number}").status == 200
    assert everything() == before, "cancelling a control shows"


def test_looking_changes_nothing_not_even_for_officers(district):
    officer = logged_in(district.app).client
    before = district.kept()
    keys = [district.people[name] for name in ("asked", "answered")]
    for rule, path, _ in district.addresses(keys):
        if "GET" in rule.methods:
            assert ask(officer, path).status_code == ask(officer, path, "HEAD").status_code < 500, path
            assert district.kept() == before, f"looking at {path} changed something"
    for query in ("q=x", "bunke=alle", "bunke=resultat", "bunke=breve", "bunke=lukket&efter=2026-01-01_1", "efter=x",
                  f"bunke=lukket&efter=2026-01-01_{2**64}", "q=%00", "kommune=%00"):
        assert officer.get(f"/kontor/?{query}").status_code == 200
    assert district.kept() == before


def posts(district) -> list[tuple[str, str, dict]]:
    """For every rule that takes a post: something that it would do, in an order in which all can be done."""
    who, of = district.people, district.visits
    public = {name: f"/sag/{reference}/{secret}" for name, (reference, secret) in who.items()}
    case = {name: f"/kontor/sag/{reference}" for name, (reference, _) in who.items()}
    with district.app.app_context():
        failed = db.session.query(Letter).filter_by(fate=Fate.FAILED).first().id
        away = db.session.query(Taken).filter_by(visit_id=None).one().id
        task = db.session.query(Task).first().id
        offered, asked, held = district.agree_on_dates()
        granted = Booking.by_reference(who["granted"][0])
        place, road = granted.place_id, granted.place.road
        waiter, absent = district.pause_and_go()
        invited, unused, elsewhere = district.let_in()
        blocked, not_me = district.block(), re.search(r"/ikke-mig/\S+", next(
            x.text for x in Booking.by_reference(who["awaited"][0]).letters if x.kind == "received"))[0]
        message = Feedback.receive(once="tre", page=f"{CITIZEN}side", words=f"{CITIZEN}klage", language="da").id
        db.session.commit()
        dates = {"times-0-day": "2026-07-01", "times-0-starts": "18:00", "times-0-ends": "19:00", "crew": "Ida",
                 "travel": "30", "place_told": "Biblioteket", "answer_by": "2026-06-12", "words": "", "send": "1"}
        own, offer = f"/sag/{offered.reference}/{offered.secret}", offered.offers[0].id
        tider, refuses = f"/kontor/sag/{asked.reference}/tider", f"/sag/{asked.reference}/{asked.secret}"
        led = f"/kontor/besoeg/{held.id}/foerer-til/tryghedsvandring"
    owner = f"/ansvar/{district.owner[0]}/{district.owner[1]}"
    plan = {"day": "2026-06-20", "starts": "03:17", "ends": "04:43", "crew": f"{OFFICE}folket 8", "method": "laser",
            "road": "Bygaden", "from_to": "", "postcode": "4690", "bookings": [who["granted"][0]]}
    found = {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["closed"]}
    return [
        ("public.book", "/bestil/faerdselskontrol", {**WISH, "once": "ny", "send": "1"}),
        ("public.change", f"{public['new']}/besked", {"words": "Også om aftenen."}),
        ("public.change", f"{public['new']}/kontakt", {"name": "Ny", "email": "ny@example.dk", "reply": "email"}),
        ("public.change", f"{public['new']}/traek-tilbage", {"sure": "y"}),
        ("public.change", f"{public['declined']}/tag-op-igen", {"words": "Se igen."}),
        ("public.change", f"{public['answered']}/hjalp-det", {"helped": "no", "helped_why": "late", "more": "For sent."}),
        ("office.keep", f"{case['asked']}/journal", {"journal": "2026-17"}),
        ("public.choose", f"{own}/tid/{offer}", {}),
        ("office.offer", tider, dates),
        ("public.change", f"{refuses}/ingen-passer", {"when": "Senere."}),
        ("office.lead_to", led, {}),
        ("public.find", "/find", {"reference": who["new"][0], "contact": f"{CITIZEN}0@example.dk"}),
        ("office.keep", f"{case['asked']}/notat", {"words": "Ringet."}),
        ("office.seen", f"{case['declined']}/laest", {}),
        ("office.keep", f"{case['asked']}/kontakt", {"name": "Bo", "email": "bo@example.dk", "reply": "email"}),
        ("office.act", f"{case['asked']}/flyt", {"road": "Søvej", "postcode": "4690", "send": "1"}),
        ("office.act", f"{case['asked']}/udsaet", {"words": "Materiel.", "due_on": "2026-06-30", "send": "1"}),
        ("office.act", f"{case['asked']}/imoedekom", {"words": "", "send": "1"}),
        ("office.act", f"{case['spare']}/spoerg", {"words": "Hvor?", "answer_by": "2026-06-30", "send": "1"}),
        ("office.act", f"{case['spare']}/afslag", {"reason": "resources", "send": "1"}),
        ("office.act_on_many", "/kontor/flere/henvis", {"sag": who["spare too"][0], "authority": "municipality", "send": "1"}),
        ("office.plan_for_many", "/kontor/flere/besoeg", {"sag": who["granted"][0]}),
        ("office.take_in", "/kontor/ny/faerdselskontrol", {**WISH, "once": "to", "channel": "phone"}),
        ("office.reword", "/kontor/tekster/faerdselskontrol/resources", {"da": "Nej.", "en": "No.", "send": "1"}),
        ("office.send_field_link", f"/kontor/besoeg/{of['done']}/feltlink", {"email": "a@b.dk", "language": "da"}),
        ("office.field", district.field, found),
        ("office.withdraw_field_link", "/kontor/feltlink/1/traek-tilbage", {}),
        ("office.again", f"/kontor/besoeg/{of['reported']}/igen", {**plan, "day": "2026-07-20", "bookings": []}),
        ("office.plan", f"{case['granted']}/besoeg", plan),
        ("office.reschedule", f"/kontor/besoeg/{of['coming']}/flyt", {**plan, "day": "2026-06-21", "bookings": []}),
        ("office.cancel", f"/kontor/besoeg/{of['coming']}/aflys", {"words": "Ferie."}),
        ("office.findings", f"/kontor/besoeg/{of['done']}/resultat", found),
        ("office.report", f"/kontor/besoeg/{of['done']}/svar", {}),
        ("public.answer", f"{owner}/1", {"status": "done"}),
        ("office.task_seen", f"/kontor/opgave/{task}/laest", {}),
        ("office.task", f"/kontor/opgave/{task}", {**SPOT, "status": "done"}),
        ("office.tasks", f"/kontor/besoeg/{of['done']}/opgaver", {**SPOT, "once": "tre"}),
        ("office.send_tasks", f"/kontor/besoeg/{of['done']}/opgaver/send", {}),
        ("office.owner", f"/kontor/ansvarlig/{district.owner[0]}", {"name": "Ny", "email": "", "language": "en"}),
        ("office.protocol", f"/kontor/besoeg/{of['done']}/protokol", {"show": "1"}),
        ("office.describe", f"/kontor/sted/{district.places[0]}", {"suitability": "God plads."}),
        ("office.belongs", f"{case['new']}/sted/{district.places[-1]}", {}),
        ("office.part", f"/kontor/sted/{place}/del", {"stretch": "Syd", "asked": [who["granted"][0]]}),
        ("office.merge", f"/kontor/sted/{place}/saml", {"road": road, "postcode": "4690"}),
        ("office.merge_into", f"/kontor/sted/{district.places[0]}/saml/{district.places[-1]}", {}),
        ("office.absence", "/kontor/kalender/fravaer", {"first": "2026-07-01", "last": "2026-07-02", "words": "Ferie"}),
        ("office.end_absence", f"/kontor/kalender/fravaer/{away}/fjern", {}),
        ("office.hours", "/kontor/kalender/aabningstider", {"opens0": "9.00", "closes0": "17.00"}),
        ("office.renew_feed", "/kontor/kalender/adresse", {}),
        ("public.tell_me", "/bestil/mobil-politistation/besked", {"email": "ny@example.dk"}),
        ("public.waiter", waiter, {"confirm": "1"}),
        ("office.let_in", "/kontor/indtag/mobil-politistation/luk-ind", {"count": "1", "days": "5"}),
        ("office.intake", "/kontor/indtag/mobil-politistation", {"until": "2026-06-01", "words_da": "x", "words_en": "x"}),
        ("office.open_intake", "/kontor/indtag/mobil-politistation/aabn", {}),
        ("office.away", "/kontor/fravaer", {"first": "2026-07-01", "last": "2026-07-02"}),
        ("office.end_away", f"/kontor/fravaer/{absent}/fjern", {}),
        ("office.see_to", f"/kontor/breve/{failed}", {"done": "1"}),
        ("public.not_me", not_me, {"close": "1"}),
        ("office.lift_block", f"/kontor/breve/spaerret/{blocked}/ophaev", {}),
        ("office.log_in", "/kontor/log-ind", {"email": OFFICER, "password": PASSWORD}),
        ("office.staff", "/kontor/medarbejdere", {"email": "ny@politi.example", "role": "reader", "language": "da"}),
        ("office.invitation", invited, {"name": "Ny", "password": "en lang adgangskode"}),
        ("office.withdraw_invite", f"/kontor/medarbejdere/invitation/{unused}/traek-tilbage", {}),
        ("office.password", "/kontor/konto/adgangskode", {"password": "forkert", "new_password": "heste går ikke i skole"}),
        ("office.second_factor", "/kontor/konto/kode", {"password": "forkert", "code": "123456"}),
        ("office.end_session", f"/kontor/konto/log-ind/{elsewhere}/afslut", {}),
        ("public.feedback", "/tilgaengelighed", {"once": "fire", "page": "Forsiden", "words": "Kan ikke læses."}),
        ("office.feedback", f"/kontor/tilgaengelighed/{message}", {"words": "Rettet."}),
        ("office.data", "/kontor/data", {"decision": "26/1", "months": "12", "first": "2026-07-01"}),
        ("office.withdraw_permit", "/kontor/data/traek-tilbage", {}),
        ("office.person", "/kontor/data/person", {"q": who["new"][0], "show": "1"}),
        ("office.edit_notice", "/kontor/data/privatliv", {"da": "Ny", "en": "New", "send": "1"}),
        ("office.recovery_codes", "/kontor/konto/noedkoder", {"password": PASSWORD}),  # the last: from here on, the token is another one
        ("office.log_out", "/kontor/log-ud", {}),
    ]


LEAVES_NO_TRACE = {"public.find", "office.person", "office.plan_for_many", "office.log_in", "office.log_out", "office.invitation"}


def test_nothing_is_done_without_the_token_of_ones_own_session(district):
    todo = posts(district)
    takes_posts = {r.endpoint for r in district.app.url_map.iter_rules() if "POST" in r.methods}
    assert {endpoint for endpoint, *_ in todo} == takes_posts, "say in posts() what the new page would do"
    officer, stranger = logged_in(district.app), Person(district.app)
    before = district.kept()
    foreign = Person(district.app).get("/find").token
    token_of_the_stranger = stranger.get("/find").token  # of a session of its own, which `foreign` does not fit
    for endpoint, path, data in todo:
        for person, token in itertools.product((officer, stranger), ({}, {"csrf_token": foreign})):
            response = person.client.post(path, data={**data, **token})
            assert response.status_code < 500, path
            if endpoint in ("public.find", "office.log_in", "office.invitation"):
                assert response.status_code == 422, f"{path} needs no token"
        assert district.kept() == before, f"{path} needs no token"
        if endpoint.startswith("office.") and endpoint not in LEAVES_NO_TRACE | OPEN_DOORS:
            own = stranger.client.post(path, data={**data, "csrf_token": token_of_the_stranger})
            assert urlsplit(own.location).path == "/kontor/log-ind", f"{path} is not locked"
            assert district.kept() == before, f"{path} is not locked"
    assert officer.client.get("/kontor/").status_code == 200, "logged out by somebody else"
    token = officer.get("/find").token
    for endpoint, path, data in todo:  # and with it all of them are done, so that the above was no empty promise
        if endpoint not in LEAVES_NO_TRACE:
            was = district.kept()
            response = officer.client.post(path, data={**data, "csrf_token": token})
            assert district.kept() != was, f"{path} did nothing: {response.status}"


def assert_guarded(path: str, response) -> None:
    policy = dict(part.split(maxsplit=1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'" and policy["img-src"].split() == ["'self'", "data:"], path
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'", path
    assert policy["form-action"] == "'self'" and "unsafe" not in str(policy), path
    assert response.headers["X-Content-Type-Options"] == "nosniff", path
    assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), path
    if not path.removeprefix("/en").startswith(("/static/", "/leaflet/")):
        assert response.headers["Cache-Control"] == "no-store", f"{path} may be kept"


def test_every_answer_is_guarded_and_asks_nobody_else_for_anything(district):
    stranger, officer = Person(district.app), logged_in(district.app)
    pages = [*crawl(stranger.client, "/", "/en/", "/health", "/findes-ikke", "/sag/A2346789/x", "/kontor/"),
             *((path, page.response) for path, page in fill_in_everything(stranger)),
             *((path, ask(officer.client, path)) for rule, path, _ in district.addresses([district.people["answered"]])
               if "GET" in rule.methods)]
    elsewhere = re.compile(r"""<(?:script|img|iframe|source|embed|object|video|audio)[^>]*"""
                           r"""(?:src|data)=["']?(?:https?:)?//"""
                           r"""|<link[^>]*href=["']?(?:https?:)?//|<form[^>]*action=["']?(?:https?:)?//"""
                           r"""|@import|url\(["']?(?:https?:)?//|http-equiv=["']?refresh""", re.I)
    for path, response in pages:
        assert_guarded(path, response)
        found = elsewhere.search(response.get_data().decode("utf-8", "replace"))
        assert not found, f"{path} asks elsewhere: {found[0]}"
    for file in Path(district.app.static_folder).iterdir():
        called = set(re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+", file.read_text("utf-8")))
        assert called <= {"http://www.w3.org"}, f"{file.name} calls {called}"


def test_only_a_page_with_a_form_sets_a_cookie_and_only_the_sessions(district):
    with_form = 0
    for path, response in crawl(district.app.test_client(), "/", "/en/", "/health", "/findes-ikke"):
        response = ask(district.app.test_client(), path)  # somebody who has never been here
        cookies, has_form = response.headers.getlist("Set-Cookie"), '<form method="post"' in response.get_data(True)
        assert len(cookies) == has_form, f"{path} sets {cookies}"
        with_form += has_form
        for cookie in cookies:
            name, *rules = cookie.split("; ")
            assert name.startswith("session=") and {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(rules), cookie
            assert not any(r.startswith(("Expires", "Max-Age", "Domain")) for r in rules), "it ends with the browser"
    assert with_form >= 3


def test_the_cookie_travels_only_encrypted_where_the_site_is(make_app):
    client = make_app(PREFERRED_URL_SCHEME="https").test_client()
    assert "Secure" in client.get("/find").headers["Set-Cookie"].split("; ")
