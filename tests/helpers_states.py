"""The random walk over cases and visits, and its small model of what is allowed."""

import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import time_machine
from conftest import OFFICER
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete, update

from mail import letters
from models import (
    Booking,
    Channel,
    Event,
    EventKind,
    Letter,
    NotAllowed,
    Officer,
    Place,
    Visit,
    add_working_days,
    db,
    local,
    today,
)

OPEN = {"received", "needs_information", "accepted"}

ENDED = {"answered", "declined", "referred", "spam"}

ANY = OPEN | ENDED | {"withdrawn"}

STEPS = {
    "ask": ({"received"}, "needs_information"),
    "accept": ({"received", "needs_information"}, "accepted"),
    "decline": (OPEN, "declined"),
    "refer": (OPEN, "referred"),
    "set_aside": (OPEN, "spam"),
    "delay": (OPEN, None),
    "withdraw": (OPEN, "withdrawn"),
    "reopen": (ENDED, "received"),
    "give_information": (OPEN, None),
    "change_contact": (ANY, None),
    "note": (ANY, None),
    "see": (ANY, None),
    "move": (ANY, None),
    "journalise": (ANY, None),
    "rate": (ENDED - {"spam"}, None),
}

VISIT_STEPS = {
    "reschedule": {"planned"},
    "choose": {"planned"},
    "cancel": {"planned"},
    "enter_findings": {"planned", "done", "reported"},
    "report": {"done", "reported"},
}

LETTER_ABOUT = {"ask": "information_asked", "accept": "accepted", "decline": "declined", "refer": "referred",
                "delay": "delayed", "withdraw": "withdrawn", "reopen": "reopened"}

BY_MAIL_IF_POSSIBLE = {"received", "withdrawn", "reopened", "delayed", "dates_lapsed", "reminded"}

REOPEN_WITHIN = timedelta(days=30)

FINDINGS = {"performed": "yes", "method": "laser", "place": "Hovedlandevejen", "limit": "50", "passed": 94,
            "charged": 0, "periods": [{"day": "2026-05-11", "starts": "17:00", "ends": "19:00"}], "prelim": True,
            "suit": "suitable", "next": ["closed"], "note": "Kontorsnak", "by": "Kontorsnak"}

NOTHING = {"performed": "no", "cause": "weather", "suit": "suitable", "next": ["repeat"], "note": "Kontorsnak"}

FOUND = {"traffic": (FINDINGS, NOTHING)}  # by service; a second one says that the wishes stand

CITIZEN, OFFICE, PLACE_TOLD = "Kvæxborger", "Kontorsnak", "Haslev Bibliotek"

typed = st.text("aæ 5'\"<&%{}\n", max_size=6).map(lambda more: CITIZEN + more)

person = st.fixed_dictionaries({
    "name": typed, "address": typed, "email": st.sampled_from(["", "kvaex@example.dk", "kvaex.to@example.dk"]),
    "phone": st.sampled_from(["55443322", "+4612345678"]), "reply": st.sampled_from(Channel)})

place = st.sampled_from([
    {"road": f"{CITIZEN}svej", "lat": None, "lng": None}, {"road": f"{CITIZEN}svej", "lat": 55.33, "lng": 12.08},
    {"road": f"{CITIZEN}gade", "lat": 55.331, "lng": 12.08}, {"road": f"{CITIZEN}stræde", "lat": 55.9, "lng": 12.5}])

times = st.tuples(st.sampled_from([-30, -3, -1, 0, 1, 2, 48]), st.sampled_from([1, 3, 26]))  # hours from now, and long

WHO_COMES = re.compile(r"^(who comes|der kommer): .*$", re.M)  # of a date that is agreed, a letter says so

crews = st.sampled_from([f"{OFFICE} 1", f"{OFFICE.upper()}  1", f"{OFFICE} 2", ""])

which = st.integers(0, 5)  # of those there are

some = st.lists(which, max_size=3)


def units(crew: str) -> set[str]:
    """Who a crew is, however it is written."""
    return {"".join(unit.casefold().split()) for unit in crew.split(",") if unit.strip()}


def where(known: dict) -> Place:
    return Place.at(postcode="4690", town="Haslev", municipality="Faxe", **known)


def is_near(starts: datetime) -> bool:
    """Whether a date is to be reminded of on the day on which it is told: then nobody is."""
    return local(starts).date() <= add_working_days(today(), 2)


MODEL = ("bookings", "visits", "proposals", "events", "absences")


class Cases(RuleBasedStateMachine):
    """`bookings` and the others of MODEL are the model: how things stand, by our own reckoning."""

    app, template = None, None

    def __init__(self):
        super().__init__()
        self.clock = time_machine.travel(datetime(2026, 5, 11, 8, tzinfo=UTC), tick=False)
        self.time = self.clock.start()
        self.once = itertools.count()
        self.bookings, self.visits, self.proposals, self.events, self.absences = {}, {}, {}, {}, []
        self.open = ExitStack()
        self.start_from(self.template)

    def start_from(self, folder: Path) -> None:
        """On a copy of the database of that folder."""
        self.let_go()
        databases.renewed(folder, Path(self.app.instance_path))
        self.database = self.open.enter_context(databases.outside(self.app.instance_path))
        self.tables = databases.tables(self.database)

    def let_go(self) -> None:
        self.open.close()
        with self.app.app_context():
            db.engine.dispose()

    def tried_from_here(self, folder: Path, tries: Iterable) -> Iterator:
        """Each of `tries`, as if none of the others had happened; what is now is kept in `folder`."""
        self.let_go()
        databases.copied(Path(self.app.instance_path), folder)
        model, begin = {name: deepcopy(getattr(self, name)) for name in MODEL}, self.now
        for one in tries:
            self.start_from(folder)
            self.time.move_to(begin)
            vars(self).update(deepcopy(model))
            yield one

    def teardown(self):
        self.let_go()
        self.clock.stop()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def stored(self) -> dict[str, list[tuple]]:
        """Every row of every table."""
        return {table: self.rows(f"SELECT * FROM {table}") for table in self.tables}

    def rows(self, question: str) -> list[tuple]:
        return self.database.execute(question).fetchall()

    def count_on(self) -> None:
        """On PostgreSQL, what is refused or only shown takes a number, too. Here it is given back, as on SQLite."""
        for table in ("bookings", "visits", "proposals", "events") if databases.SERVER else ():
            self.rows(f"SELECT setval('{table}_id_seq', coalesce(max(id), 0) + 1, false) FROM {table}")

    def take(self, name: str, legal: bool, step, letters_to=()) -> object:
        """Do `step` as a request does: commit it, or be refused. `letters_to`: (booking, kind) of each letter due."""
        self.count_on()
        before, known = {} if legal else self.stored(), {number for number, in self.rows("SELECT id FROM letters")}
        with self.app.app_context():
            try:
                got = step(db.session.get(Officer, 1))
                db.session.commit()
            except NotAllowed as refusal:
                db.session.rollback()
                assert not legal, f"{name} was refused: {refusal}"
                assert self.stored() == before, f"{name} was refused and yet changed something"
                return None
            assert legal, f"{name} was not refused"
            found = db.session.query(Letter).filter(Letter.id.not_in(known)).all()
            assert sorted((x.booking_id or 0, x.kind, x.channel, x.recipient) for x in found) == sorted(
                due for due in (self.letter_due(*about) for about in letters_to) if due)
            return got.id if isinstance(got, (Booking, Visit)) else None

    def letter_due(self, booking: int, kind: str) -> tuple | None:
        """How the letter goes; none is due for a receipt that the citizen saw on the screen or heard."""
        if not booking:  # to the officers themselves
            return 0, kind, "email", OFFICER
        to = self.bookings[booking]
        if to["email"] and (to["reply"] == "email" or kind in BY_MAIL_IF_POSSIBLE):
            return booking, kind, "email", to["email"]
        if kind == "received" and to["channel"] not in ("paper", "office"):
            return None
        return ((booking, kind, "letter", f"{to['name']}\n{to['address']}") if to["reply"] == "letter"
                else (booking, kind, "phone", to["phone"]))

    def one(self, of: dict, pick: int) -> int:
        return list(of)[pick % len(of)]

    def becomes(self, booking: int, status: str) -> None:
        """Its status, when it was closed, and that no open visit is for a wish that is closed without findings. An
        agreed date that nobody wants any more is off, unless it has begun."""
        known = self.bookings[booking]
        if status not in OPEN | {"answered"}:
            known["no_at"] = self.now
            for visit in self.visits.values():
                if visit["state"] == "planned" and booking in visit["holds"]:
                    visit["holds"].discard(booking)
                    is_off = visit["told"] and not visit["holds"] and self.now < visit["starts"]
                    visit["sequence"] += bool(visit["told"] and visit["holds"] or is_off)
                    visit["state"] = "cancelled" if is_off else "planned"
        known["status"], known["closed_at"] = status, None if status in OPEN else self.now

    def agrees(self, booking: int) -> None:
        """A date is agreed, and by that the wish is granted."""
        if self.bookings[booking]["status"] != "accepted":
            self.becomes(booking, "accepted")

    # A booking.

    @initialize(who=person, at=place, words=typed, hours=times)
    def two_wishes_are_granted_and_a_control_is_planned(self, who, at, words, hours):
        before = len(self.bookings)
        for number, language in ((before + 1, "da"), (before + 2, "en")):
            self.another_wish(who=who, at=at, words=words, channel="web", language=language)
            self.do("accept", number)
        self.the_officer_plans([before, before + 1], at, hours, f"{OFFICE} 1", "traffic")

    @rule(who=person, at=place, words=typed, channel=st.sampled_from(["web", "phone", "paper"]),
          language=st.sampled_from(["da", "en"]))
    def another_wish(self, who, at, words, channel, language, service="traffic", wishes=(), public=False):
        def step(officer):
            return Booking.receive(
                form_token=f"form {next(self.once)}", place=where(at), service=service, wishes=wishes,
                officer=None if channel == "web" else officer, channel=channel, language=language, capacity="private",
                org=words, from_to=words, answers={"problem": "speeding", "kind": "other", "text": words},
                public=public, **at, **who)

        number = len(self.bookings) + 1
        self.bookings[number] = {**who, "channel": channel, "status": "received", "closed_at": None,
                                 "service": service}
        assert self.take("receive", True, step, [(number, "received")]) == number

    @rule(pick=which, name=st.sampled_from(sorted(STEPS)), fitting=st.booleans(), words=typed, who=person, at=place,
          days=st.sampled_from([-1, 0, 1, 9]))
    def somebody_does(self, pick, name, fitting, **details):
        """Half of the steps look for a booking that they fit."""
        fit = {n: b for n, b in self.bookings.items() if b["status"] in STEPS[name][0]} if fitting else {}
        self.do(name, self.one(fit or self.bookings, pick), **details)

    def do(self, name, booking, *, words="", who=None, days=0, at=None):
        known, (allowed, then) = self.bookings[booking], STEPS[name]
        day = (self.now + timedelta(days=days)).date()
        legal = known["status"] in allowed
        if name == "delay":
            legal = legal and days > 0
        if name == "reopen":
            legal = legal and self.now <= known["closed_at"] + REOPEN_WITHIN

        def step(officer):
            it = db.session.get(Booking, booking)
            do = {
                "ask": lambda: it.ask(officer, "Hvor?", day),
                "accept": lambda: it.accept(officer, ""),
                "decline": lambda: it.decline(officer, "resources", "Vi beklager.", "Skriv til skolen."),
                "refer": lambda: it.refer(officer, "municipality", ""),
                "set_aside": lambda: it.mark_as_spam(officer),
                "delay": lambda: it.delay(officer, "Materiel.", day),
                "withdraw": it.withdraw,
                "reopen": lambda: it.reopen(words),
                "give_information": lambda: it.give_information(words),
                "change_contact": lambda: it.change_contact(**who),
                "note": lambda: it.note(officer, OFFICE),
                "see": lambda: it.mark_read(officer),
                "move": lambda: it.move(officer, where(at)),
                "journalise": lambda: it.journalise(officer, OFFICE),
                "rate": lambda: it.rate("partly", "late", words),
            }
            return do[name]()

        if legal and name == "change_contact":
            known |= who
        if legal and name == "give_information" and known["status"] == "needs_information":
            then = "received"
        due = [(booking, LETTER_ABOUT[name])] if name in LETTER_ABOUT else []
        self.take(name, legal, step, due + (self.taken_back(booking) if name == "move" else []))
        if legal and then:
            self.becomes(booking, then)

    def taken_back(self, booking: int) -> list[tuple[int, str]]:
        """The letter about dates that were offered at the place before."""
        return []

    # A visit.

    def is_free(self, crew: str, starts, ends, travel=0, but=None) -> bool:
        """Whether nobody of that crew is elsewhere, on the road, or away."""
        busy = [(v["starts"] - v["road"], v["ends"] + v["road"], units(v["crew"]) & units(crew))
                for number, v in self.visits.items() if v["state"] != "cancelled" and number != but]
        busy += [(away, back, not who or units(who) & units(crew)) for who, away, back in self.absences]
        road = timedelta(minutes=travel)
        return not any(theirs and begins < ends + road and starts - road < over for begins, over, theirs in busy)

    def holds_open(self, booking: int) -> list[int]:
        """The visits that are still going to answer it."""
        return [n for n, v in self.visits.items() if booking in v["holds"] and v["state"] in ("planned", "done")]

    def may_be_visited(self, booking: int, service: str, told: bool) -> bool:
        """An answered wish may hear of a further visit, where its date is told to nobody."""
        known = self.bookings[booking]
        knows_dates = any(v["told"] and booking in v["holds"] for v in self.visits.values())
        return known["service"] == service and (
            known["status"] in OPEN and not self.holds_open(booking) if told else
            known["status"] == "accepted" or known["status"] == "answered" and not knows_dates
            or bool(self.undecided([booking], told)))

    def undecided(self, bookings, told: bool) -> list[int]:
        """Those to whom the plan of a control is also the yes."""
        return [b for b in bookings if not told and self.bookings[b]["service"] == "traffic"
                and self.bookings[b]["status"] in OPEN - {"accepted"}]

    def span(self, hours) -> tuple[datetime, datetime]:
        starts = self.now + timedelta(hours=hours[0])
        return starts, starts + timedelta(hours=hours[1])

    @rule(picks=some, at=place, hours=times, crew=crews,
          service=st.sampled_from(["traffic", "traffic", "traffic", "van"]))
    def the_officer_plans(self, picks, at, hours, crew, service):
        bookings, (starts, ends) = {self.one(self.bookings, pick) for pick in picks}, self.span(hours)
        legal = self.is_free(crew, starts, ends) and all(self.may_be_visited(b, service, False) for b in bookings)
        undecided = self.undecided(bookings, False)
        number = self.take("plan", legal, lambda officer: Visit.plan(
            officer, service=service, place=where(at), starts_at=starts, ends_at=ends, resource_units={"crew": crew},
            method="laser", bookings=[db.session.get(Booking, b) for b in bookings]),
            [(b, "accepted") for b in undecided])
        if legal:
            for booking in undecided:
                self.becomes(booking, "accepted")
            self.planned(number, bookings, crew, starts, ends, service)

    def planned(self, number, bookings, crew, starts, ends, service, told=False, travel=0):
        self.visits[number] = {
            "state": "planned", "crew": crew, "starts": starts, "ends": ends, "holds": set(bookings), "told": told,
            "service": service, "draft": None, "answered": set(), "heard": set(), "sequence": 0,
            "road": timedelta(minutes=travel), "reminded": is_near(starts)}

    @precondition(lambda self: self.visits)
    @rule(pick=which, name=st.sampled_from([*VISIT_STEPS, "enter and report", "enter and report"]), picks=some,
          at=place, hours=times, crew=crews, backwards=st.sampled_from([False, False, True]),
          found=st.sampled_from([0, 0, 1]))
    def the_officer_does(self, pick, name, picks, at, hours, crew, backwards, found):
        visit = self.one(self.visits, pick)
        if name == "reschedule":
            self.reschedule(visit, at, hours, crew, backwards)
        elif name == "choose":
            self.choose(visit, picks)
        elif name == "cancel":
            self.cancel(visit)
        if name.startswith("enter"):
            self.enter_findings(visit, FOUND.get(self.visits[visit]["service"], FOUND["traffic"])[found])
        if name.endswith("report"):
            self.report(visit)

    def reschedule(self, visit, at, hours, crew, backwards):
        starts, ends = self.span(hours)
        self.move_visit(visit, at, *((ends, starts) if backwards else (starts, ends)), crew)

    def move_visit(self, visit, at, starts, ends, crew, travel=0):
        known = self.visits[visit]
        legal = (known["state"] in VISIT_STEPS["reschedule"] and starts < ends
                 and self.is_free(crew, starts, ends, travel, but=visit))
        anew = known["told"] and legal and (known["starts"], known["ends"]) != (starts, ends)
        self.take("reschedule", legal, lambda officer: db.session.get(Visit, visit).reschedule(
            officer, place=where(at), starts_at=starts, ends_at=ends, resource_units={"crew": crew}, method="",
            travel=travel, public_place=PLACE_TOLD) and None,
            [(b, "agreed_anew") for b in known["holds"] if anew])
        if legal:
            known |= {"starts": starts, "ends": ends, "crew": crew, "road": timedelta(minutes=travel)}
        if anew:
            known |= {"sequence": known["sequence"] + 1, "reminded": is_near(starts)}

    def choose(self, visit, picks):
        known, bookings = self.visits[visit], {self.one(self.bookings, pick) for pick in picks}
        bookings |= known["holds"] if known["told"] and len(picks) == 1 else set()  # more often a step that is legal
        new = bookings - known["holds"] if known["told"] else bookings
        undecided = self.undecided(new, known["told"])
        legal = known["state"] in VISIT_STEPS["choose"] and all(
            self.may_be_visited(b, known["service"], known["told"]) for b in new) and not (
            known["told"] and known["holds"] - bookings)
        self.take("choose", legal, lambda officer: db.session.get(Visit, visit).choose(
            officer, [db.session.get(Booking, b) for b in bookings]),
            [(b, "agreed") for b in new if known["told"]] + [(b, "accepted") for b in undecided])
        if legal:
            for booking in undecided:
                self.becomes(booking, "accepted")
            known["holds"] = bookings
            for booking in new if known["told"] else ():
                self.agrees(booking)

    def cancel(self, visit):
        known = self.visits[visit]
        legal = known["state"] in VISIT_STEPS["cancel"] and not (known["told"] and known["starts"] <= self.now)
        reason, words = ("weather", "Vi beklager.") if known["told"] else ("", OFFICE)
        self.take("cancel", legal, lambda officer: db.session.get(Visit, visit).cancel(officer, reason, words)
                  and None, [(b, "called_off") for b in known["holds"] if known["told"]])
        if legal:
            known |= {"state": "cancelled", "sequence": known["sequence"] + 1}

    def enter_findings(self, visit, found):
        known = self.visits[visit]
        legal = known["state"] in VISIT_STEPS["enter_findings"] and known["starts"] <= self.now
        self.take("enter_findings", legal, lambda officer: db.session.get(Visit, visit).enter_findings(officer, found)
                  and None)
        if legal:
            known["draft"] = found
            known["state"] = "done" if known["state"] == "planned" else known["state"]

    def report(self, visit):
        """Sends the findings, or corrects them: those whose control came to nothing wait on, with a new promise."""
        known = self.visits[visit]
        legal = known["state"] in VISIT_STEPS["report"] and known["draft"] is not None
        corrects, retry = known["state"] == "reported", any(known["draft"] == nothing for _, nothing in FOUND.values())
        follow = {b for b in known["holds"] if self.bookings[b]["status"] == "answered" and not any(
            v["told"] and b in v["holds"] for v in self.visits.values())}
        if legal and not corrects:
            known["holds"] = follow | {b for b in known["holds"] if self.bookings[b]["status"] in OPEN}
        told = {}
        for b in known["holds"] if legal else ():
            status, no_at = self.bookings[b]["status"], self.bookings[b].get("no_at", known["starts"])
            taken_up_again = status in ("received", "needs_information")
            waits = (status == "accepted" or taken_up_again and no_at > known["starts"]) and (
                b not in known["answered"] and not any(
                    self.visits[v]["told"] and self.visits[v]["state"] == "planned" for v in self.holds_open(b)))
            if status in ("withdrawn", "spam"):
                continue  # a citizen who withdrew was promised to hear no more
            if waits and not retry:
                told[b] = "answered"
            elif waits and b not in known["heard"]:
                told[b] = "postponed"
            elif b in known["heard"]:
                told[b] = "corrected"
            elif (b in follow or taken_up_again) and not retry:
                told[b] = "followed_up"

        def step(officer):
            it = db.session.get(Visit, visit)
            if legal:
                was = self.stored()
                shown = letters.preview_letters(lambda: it.report(officer))
                assert self.stored() == was, "a preview changed something"
            it.report(officer)
            if legal:
                db.session.flush()
                sent = [letter.text for letter in letters.write_pending()]
                assert sent == [letter.text for letter in shown], "the letters are not as they were shown"

        self.take("report", legal, step, told.items())
        if legal:
            known |= {"draft": None, "state": "reported"}
            for b, kind in told.items():
                known["heard"].add(b)
                if kind == "answered":
                    self.becomes(b, "answered")
                if kind in ("answered", "followed_up"):
                    known["answered"].add(b)

    # Time, and what nobody may do.

    @rule(hours=st.sampled_from([1, 2, 49, 24 * 14, 24 * 31]))
    def time_passes(self, hours):
        self.time.shift(timedelta(hours=hours))

    @rule(pick=st.integers(0, 50), how=st.sampled_from(["words", "kind", "facts", "at", "booking_id", "delete",
                                                        "update all", "delete all"]))
    def nobody_rewrites_history(self, pick, how):
        def step(_officer):
            events = db.session.query(Event).order_by(Event.id).all()
            happened = events[pick % len(events)]
            if how == "delete":
                db.session.delete(happened)
            elif how == "update all":
                db.session.execute(update(Event).where(Event.id == happened.id).values(words="Noget andet"))
            elif how == "delete all":
                db.session.execute(delete(Event).where(Event.id == happened.id))
            else:
                setattr(happened, how, {"words": "Noget andet", "kind": EventKind.SEEN
                                        if happened.kind is EventKind.NOTED
                                        else EventKind.NOTED, "facts": {"due_on": "2026-01-01"}, "booking_id": None
                                        if happened.booking_id else 1, "at": happened.at - timedelta(days=1)}[how])

        self.take("rewrite", False, step)

    # What always holds, read from the database, so that what was never committed is not believed.

    @invariant()
    def everything_stands_as_reckoned(self):
        assert dict(self.rows("SELECT id, status FROM bookings")) == {n: b["status"] for n, b in self.bookings.items()}
        assert self.rows("SELECT id, state, crew, told, sequence, reminded_at IS NOT NULL FROM visits ORDER BY id") == [
            (n, v["state"], v["crew"], v["told"], v["sequence"], v["reminded"]) for n, v in self.visits.items()]
        assert set(self.rows("SELECT visit_id, booking_id FROM visit_bookings")) == {
            (n, b) for n, v in self.visits.items() for b in v["holds"]}

    @invariant()
    def every_closed_booking_has_a_letter_about_how_it_ended(self):
        assert not self.rows(
            "SELECT b.reference, b.status FROM bookings b WHERE (b.status IN ('answered', 'declined', 'referred', "
            "'withdrawn', 'spam')) != (b.closed_at IS NOT NULL) OR b.closed_at IS NOT NULL AND b.status != 'spam' AND "
            "NOT EXISTS (SELECT 1 FROM letters l WHERE l.booking_id = b.id AND l.kind = b.status AND l.made_at >= b.closed_at)")

    @invariant()
    def who_is_taken_for_not_genuine_gets_no_letter_about_it(self):
        assert not self.rows("SELECT l.id FROM letters l JOIN bookings b ON b.id = l.booking_id "
                             "WHERE b.status = 'spam' AND l.made_at > b.closed_at")

    @invariant()
    def what_was_written_stays_written(self):
        events = {row[0]: row for row in self.rows("SELECT * FROM events")}
        assert self.events.items() <= events.items()
        assert all(new > max(self.events, default=0) for new in events.keys() - self.events.keys())
        self.events = events

    @invariant()
    def nobody_is_in_two_places_at_once(self):
        assert not self.rows(
            "SELECT a.id, b.id FROM taken a JOIN taken b ON a.id < b.id AND a.visit_id != b.visit_id "
            "AND a.unit_key = b.unit_key AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at")

    @invariant()
    def an_answer_comes_from_a_visit_that_was_made_for_the_wish(self):
        assert not self.rows(
            "SELECT e.id FROM events e WHERE e.kind IN ('answered', 'postponed', 'corrected') AND NOT EXISTS (SELECT "
            "1 FROM visit_bookings h JOIN visits v ON v.id = h.visit_id WHERE h.visit_id = e.visit_id AND "
            "h.booking_id = e.booking_id AND v.state = 'reported' AND v.findings IS NOT NULL)")

    @invariant()
    def who_withdrew_hears_no_more(self):
        assert not self.rows(
            "SELECT l.id FROM letters l JOIN bookings b ON b.id = l.booking_id WHERE b.status = 'withdrawn' AND l.id > "
            "(SELECT max(w.id) FROM letters w WHERE w.booking_id = b.id AND w.kind = 'withdrawn')")

    @invariant()
    def letters_repeat_nothing_that_a_citizen_or_the_office_keeps_to_itself(self):
        for booking, kind, subject, text in self.rows("SELECT booking_id, kind, subject, text FROM letters"):
            said = f"{subject}\n{text}".casefold()
            assert not any(word in said for word in (CITIZEN.casefold(), "kvaex", "55443322"))
            kept = WHO_COMES.sub("", said) if kind in ("agreed", "agreed_anew") else said
            assert not booking or OFFICE.casefold() not in kept
