"""Dates that are agreed, walked at random among everything else that happens: wished, offered, chosen, refused, lapsed,
moved, called off and remembered, against a small model that knows nothing of ours."""

from datetime import datetime, time, timedelta

import pytest
from helpers_states import CITIZEN, FOUND, OFFICE, OPEN, PLACE_TOLD, STEPS, Cases, person, place, typed, units, where
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import update

from mail import letters
from models import (
    COPENHAGEN,
    Booking,
    Channel,
    DeliveryStatus,
    Letter,
    Proposal,
    Reservation,
    Visit,
    add_working_days,
    db,
    local,
    today,
)
from reporting.work_list import QUEUES

pytestmark = pytest.mark.postgres

WORK = ("nye", "besked", "planlaeg", "venter", "planlagt")  # where open bookings lie
HELD = {"held": "yes", "day": "2026-05-11", "starts": "17:00", "ends": "18:00", "place": PLACE_TOLD, "number": 12,
        "topics": ["unease"], "worries": ["lighting"], "summary": "Tak for et godt møde.", "note": OFFICE, "by": OFFICE}
OFF = {"held": "police", "again": "yes", "summary": "Vi finder en ny dato.", "note": OFFICE}
FOUND["meeting"] = (HELD, OFF)

slot = st.tuples(st.sampled_from([1, 3, 3, 4, 30]), st.sampled_from([17, 18, 18]))  # days from now, and when
slots = st.lists(slot, min_size=1, max_size=3, unique=True)
teams = st.sampled_from([f"{OFFICE} 1", f"{OFFICE.upper()}  1, {OFFICE} 2", f"{OFFICE} 2"])
roads = st.sampled_from([0, 30, 90])  # minutes each way
which = st.integers(0, 40)
DAILY = ["ask", *["press"] * 3, "press what is old", "refuse", *["offer"] * 2, *["agree on"] * 3, "move", "call off",
         "choose", "lead", "enter", "report", "away", "control", *["do"] * 2, *["time"] * 2]
WHO = {"name": CITIZEN, "email": "kvaex@example.dk", "phone": "", "address": "", "reply": Channel.EMAIL}
AT = {"road": CITIZEN, "lat": None, "lng": None}


class Dates(Cases):
    """`proposals`: every date that was ever wished or offered, by number; a wish has no crew and no answer-by day."""

    # One rule for everything: of many, Hypothesis leaves out some in each walk, and no walk is to be without dates.
    nobody_rewrites_history = somebody_does = the_officer_does = time_passes = None

    def another_wish(self, *args, **kwargs):
        Cases.another_wish(self, *args, **kwargs)

    def the_officer_plans(self, *args, **kwargs):
        Cases.the_officer_plans(self, *args, **kwargs)

    @initialize(times=slots, languages=st.permutations(["da", "en"]))
    def three_would_like_to_meet_at_the_same_times(self, times, languages):
        for channel, language in zip(("web", "phone", "paper"), (*languages, "da"), strict=True):
            self.somebody_asks_for_a_meeting(WHO, AT, CITIZEN, channel, times, language, channel != "paper")
        for booking in (len(self.bookings) - 2, len(self.bookings) - 1):
            self.offer(booking, times)

    @rule(step=st.sampled_from(DAILY), pick=which, too=st.one_of(st.none(), which), times=slots, crew=teams,
          travel=roads, days=st.sampled_from([0, 1, 3, 10]), who=person, at=place, words=typed, yes=st.booleans(),
          channel=st.sampled_from(["web", "phone", "paper"]), name=st.sampled_from(sorted({*STEPS} - {"note", "see"})),
          hours=st.sampled_from([1, 25, 49, 24 * 5]))
    def something_happens(self, step, pick, too, times, crew, travel, days, who, at, words, yes, channel, name, hours):
        told = [n for n, v in self.visits.items() if v["told"]] or list(self.visits)
        visit, booking = told[pick % len(told)], self.meeting(pick)
        more = {booking, self.meeting(too or pick)}
        open_dates = [n for n in self.proposals if self.proposals[n]["by"] and self.in_time(n)] or list(self.proposals)
        {
            "ask": lambda: self.somebody_asks_for_a_meeting(who, at, words, channel, times, "da", yes),
            "press": lambda: self.choose_date(open_dates[pick % len(open_dates)]),
            "press what is old": lambda: self.choose_date(1 + pick % len(self.proposals)),
            "refuse": lambda: self.refuse(booking, words),
            "offer": lambda: self.offer(booking, times, crew, travel, days),
            "agree on": lambda: self.agree_on(more, at, times[0], crew, travel, yes),
            "move": lambda: self.move_visit(visit, at, *self.at(times[0]), crew, travel),
            "call off": lambda: self.cancel(visit),
            "choose": lambda: self.choose(visit, [n - 1 for n in more]),
            "lead": lambda: self.visits[visit]["holds"] and self.lead(visit, "traffic" if yes else "meeting"),
            "enter": lambda: self.enter_findings(visit, FOUND[self.visits[visit]["service"]][days == 3]),
            "report": lambda: self.report(visit),
            "away": lambda: self.away(crew.split(",")[0] if yes else "", times[0], hours),
            "control": lambda: self.the_officer_plans([pick], at, (hours, 2), crew, "traffic"),
            "do": lambda: self.do(name, self.one(self.bookings, pick), words=words, who=who, at=at, days=days),
            "time": lambda: self.time_goes_by(hours, looks=days > 0),
        }[step]()

    def at(self, slot) -> tuple[datetime, datetime]:
        starts = datetime.combine(self.now.astimezone(COPENHAGEN).date() + timedelta(days=slot[0]), time(slot[1]),
                                  COPENHAGEN)
        return starts, starts + timedelta(hours=1)

    def meeting(self, pick: int) -> int:
        """One of those that wish for a meeting; from 10 on, one of those that wait for a date."""
        known = [n for n, b in self.bookings.items() if b["service"] == "meeting"]
        fit = [n for n in known if self.may_be_visited(n, "meeting", True)] if pick >= 10 else []
        return (fit or known)[pick % len(fit or known)]

    def of(self, booking: int) -> list[int]:
        """The open proposals of a booking."""
        return [n for n, p in self.proposals.items() if p["booking"] == booking and p["open"]]

    def offers(self, booking: int) -> list[int]:
        return [n for n in self.of(booking) if self.proposals[n]["by"]]

    def in_time(self, number: int) -> bool:
        known = self.proposals[number]
        return known["open"] and known["starts"] > self.now and (known["by"] is None or known["by"] >= today())

    def close(self, numbers) -> None:
        for number in numbers:
            self.proposals[number]["open"] = False

    def learn(self, booking: int, times, crew="", travel=0, by=None) -> list[int]:
        """The dates that have just been proposed, with the numbers that the database gave them."""
        new = [n for n, in self.rows(f"SELECT id FROM proposals WHERE booking_id = {booking} ORDER BY id")
               if n not in self.proposals]
        with self.app.app_context():
            stored = [db.session.get(Proposal, n) for n in new]
            assert times is None or sorted((p.starts_at, p.ends_at) for p in stored) == sorted(times)
            self.proposals |= {p.id: {"booking": booking, "starts": p.starts_at, "ends": p.ends_at, "by": by,
                                      "crew": crew, "road": timedelta(minutes=travel), "open": True} for p in stored}
        return new

    def taken_back(self, booking):
        offers = self.offers(booking)
        self.close(offers)
        return [(booking, "dates_taken_back")] if offers else []

    def becomes(self, booking, status):
        super().becomes(booking, status)
        if status not in OPEN:
            self.close(self.of(booking))

    def agrees(self, booking):
        super().agrees(booking)
        self.close(self.of(booking))

    def is_offered(self, booking, times, crew, travel, by):
        """What was offered before is void; an offer is itself a yes."""
        if self.bookings[booking]["status"] != "accepted":
            self.becomes(booking, "accepted")
        self.close(self.offers(booking))
        return self.learn(booking, times, crew, travel, by)

    def is_offered_instead(self, booking, lost, crew, travel, by):
        """The product chose the dates; that they are free, and no two on one day, is for us to see."""
        self.close([lost])
        new = [self.proposals[n] for n in self.is_offered(booking, None, crew, travel, by)]
        assert len({local(p["starts"]).date() for p in new}) == len(new) == 3
        for known in new:
            assert known["starts"] > self.now + timedelta(days=1)
            assert time(8) <= local(known["starts"]).time() < local(known["ends"]).time() <= time(21)
            assert self.is_free(crew, known["starts"], known["ends"], travel)

    # What a citizen does.

    def somebody_asks_for_a_meeting(self, who, at, words, channel, times, language, public):
        wishes = [self.at(one) for one in times]
        self.another_wish(who, at, words, channel, language, "meeting", wishes, public)
        self.learn(len(self.bookings), wishes)

    def choose_date(self, number):
        """Whoever is too late is offered others at once, as the page does."""
        known, booking = self.proposals[number], self.proposals[number]["booking"]
        travel = int(known["road"].total_seconds() // 60)
        wanted = (known["by"] and self.in_time(number) and self.bookings[booking]["status"] == "accepted"
                  and not self.holds_open(booking))
        legal = bool(wanted and self.is_free(known["crew"], known["starts"], known["ends"], travel))
        visit = self.take("agree", legal, lambda _officer: Visit.agree(db.session.get(Proposal, number)),
                          [(booking, "agreed")])
        if legal:
            self.planned(visit, [booking], known["crew"], known["starts"], known["ends"], "meeting", True, travel)
            self.agrees(booking)
        elif wanted:
            by = add_working_days(today(), 5)
            self.take("offer instead", True, lambda _officer: db.session.get(Booking, booking).offer_instead(
                db.session.get(Proposal, number)), [(booking, "dates_offered")])
            self.is_offered_instead(booking, number, known["crew"], travel, by)

    def refuse(self, booking, words=""):
        legal = bool(self.offers(booking))
        self.take("refuse", legal, lambda _officer: db.session.get(Booking, booking).refuse_offers(words))
        self.close(self.offers(booking))

    # What an officer does.

    def offer(self, booking, times, crew=f"{OFFICE} 1", travel=30, days=3):
        times, by = [self.at(one) for one in times], today() + timedelta(days=days)
        legal = self.may_be_visited(booking, "meeting", True) and all(self.is_free(crew, *t, travel) for t in times)
        self.take("offer", legal, lambda officer: db.session.get(Booking, booking).offer(
            officer, times, resource_units={"crew": crew}, travel=travel, where=PLACE_TOLD, answer_by=by,
            words="På gensyn."),
            [(booking, "dates_offered")])
        if legal:
            self.is_offered(booking, times, crew, travel, by)

    def agree_on(self, bookings, at, day, crew=f"{OFFICE} 1", travel=30, others=False):
        """As the page does, which shows the letters first. With `others`, who has no date left is offered some."""
        (starts, ends), by = self.at(day), add_working_days(today(), 5)
        legal = self.is_free(crew, starts, ends, travel) and all(
            self.may_be_visited(b, "meeting", True) for b in bookings)
        road, lost = timedelta(minutes=travel), {}
        for number, p in sorted(self.proposals.items(), key=lambda one: (one[1]["starts"], one[0])):
            if (legal and p["open"] and p["booking"] not in bookings and p["starts"] - p["road"] < ends + road
                    and starts - road < p["ends"] + p["road"] and (not p["crew"] or units(p["crew"]) & units(crew))):
                lost.setdefault(p["booking"], []).append(number)
        stranded = {b: gone for b, gone in lost.items()
                    if others and not any(self.in_time(n) for n in self.of(b) if n not in gone)}

        def plan(officer):
            visit = Visit.plan(
                officer, service="meeting", place=where(at), starts_at=starts, ends_at=ends, travel=travel,
                date_agreed=True,
                resource_units={"crew": crew}, bookings=[db.session.get(Booking, b) for b in sorted(bookings)],
                public_place=PLACE_TOLD, public=True, words="På gensyn.")
            found = visit.displaced()
            assert {b.id: [p.id for p in gone] for b, gone in found.items()} == lost
            visit.offer_others(officer, found if others else {})
            return visit

        def step(officer):
            if legal:
                shown = letters.preview_letters(lambda: plan(officer))
                self.count_on()
            visit = plan(officer)
            if legal:
                db.session.flush()
                assert [x.text for x in letters.write_pending()] == [x.text for x in shown]
            return visit

        number = self.take("plan told", legal, step, [
            *((b, "agreed") for b in bookings), *((b, "dates_offered") for b in stranded)])
        if legal:
            self.planned(number, bookings, crew, starts, ends, "meeting", True, travel)
            for booking in bookings:
                self.agrees(booking)
            for booking, gone in stranded.items():
                known = self.proposals[gone[0]]
                travel_then = int(known["road"].total_seconds() // 60) or travel
                self.is_offered_instead(booking, gone[0], known["crew"] or crew, travel_then, by)

    def do(self, name, booking, **said):
        before = self.bookings[booking]["status"]
        super().do(name, booking, **said)
        if name == "reopen" and self.bookings[booking]["status"] != before and not self.was_answered(booking):
            for known in self.proposals.values():
                known["open"] |= known["booking"] == booking and known["by"] is None

    def cancel(self, visit):
        was = self.visits[visit]["state"]
        super().cancel(visit)
        if was != self.visits[visit]["state"]:
            self.wish_again(visit, self.visits[visit]["holds"])

    def report(self, visit):
        postponed = f"SELECT booking_id, id FROM events WHERE visit_id = {visit} AND kind = 'postponed'"
        before = set(self.rows(postponed))
        super().report(visit)
        self.wish_again(visit, {booking for booking, _ in set(self.rows(postponed)) - before})

    def wish_again(self, visit, bookings):
        """The visit came to nothing, so what else the citizens wished may be agreed after all."""
        for known in self.proposals.values():
            wish = known["booking"] in bookings and known["by"] is None and not self.was_answered(known["booking"])
            if wish and self.visits[visit]["told"] and known["starts"] != self.visits[visit]["starts"]:
                known["open"] = True

    def was_answered(self, booking):
        """By a visit, on one of the dates that it wished: the others do not stand again."""
        return bool(self.rows(f"SELECT 1 FROM events WHERE booking_id = {booking} AND kind = 'answered'"))

    def away(self, who, day, hours):
        away = self.at(day)[0]
        back = away + timedelta(hours=hours)
        self.take("absence", True, lambda _officer: Reservation.absence(who, away, back, OFFICE) and None)
        self.absences.append((who, away, back))

    def lead(self, visit, service):
        """Pressed twice, it is one case, as long as that is open."""
        known, new = self.visits[visit], len(self.bookings) + 1
        first, led = min(known["holds"]), known.setdefault("led", {})
        again = any(self.bookings[n]["closed_at"] is None for n in led.get((first, service), ()))
        if not again:
            self.bookings[new] = {**self.bookings[first], "channel": "office", "status": "received",
                                  "closed_at": None, "service": service}
            led.setdefault((first, service), []).append(new)
        got = self.take("lead to", True, lambda officer: db.session.get(Visit, visit).bookings[0].lead_to(
            officer, db.session.get(Visit, visit), service=service,
            place=db.session.get(Visit, visit).place),
            [] if again else [(new, "received")])
        assert got == (None if again else new)

    # What time does.

    def time_goes_by(self, hours, looks=True):
        self.time.shift(timedelta(hours=hours))
        if looks:
            self.the_worker_looks_at_the_clock()

    def the_worker_looks_at_the_clock(self):
        """All letters have gone by then."""
        with self.app.app_context():
            db.session.execute(update(Letter).values(delivery_status=DeliveryStatus.SENT))
            db.session.commit()
        late = {p["booking"] for p in self.proposals.values() if p["open"] and p["by"] and p["by"] < today()}
        self.take("lapse", True, lambda _officer: Proposal.lapse_due(), [(b, "dates_lapsed") for b in late])
        for booking in late:
            self.close(self.offers(booking))
        soon = [v for v in self.visits.values() if v["told"] and v["state"] == "planned" and not v["reminded"]
                and self.now < v["starts"] and local(v["starts"]).date() <= add_working_days(today(), 2)]
        self.take("remind", True, lambda _officer: Visit.remind_due(), [
            about for v in soon for about in [(0, "reminder"), *((b, "reminded") for b in v["holds"])]])
        for known in soon:
            known["reminded"] = True

    # What always holds.

    @invariant()
    def proposals_are_open_as_reckoned(self):
        assert [n for n, in self.rows("SELECT id FROM proposals WHERE closed_at IS NULL ORDER BY id")] == [
            n for n, p in self.proposals.items() if p["open"]]
        assert not self.rows("SELECT b.id FROM bookings b JOIN proposals p ON p.booking_id = b.id "
                             "WHERE b.closed_at IS NOT NULL AND p.closed_at IS NULL")

    @invariant()
    def time_is_taken_by_visits_that_stand_and_the_road_to_them(self):
        with self.app.app_context():
            taken = {(t.visit_id, t.unit_key, t.starts_at, t.ends_at)
                     for t in db.session.query(Reservation).filter(Reservation.visit_id.is_not(None))}
        assert taken == {(n, unit, v["starts"] - v["road"], v["ends"] + v["road"]) for n, v in self.visits.items()
                         if v["state"] != "cancelled" for unit in units(v["crew"])}

    @invariant()
    def who_has_a_date_has_one_and_no_other_is_open(self):
        agreed = ("FROM bookings b JOIN visit_bookings h ON h.booking_id = b.id JOIN visits v ON v.id = h.visit_id "
                  "WHERE v.told AND v.state = 'planned'")
        assert not self.rows(f"SELECT b.id {agreed} GROUP BY b.id HAVING count(*) > 1")
        assert not self.rows(f"SELECT b.id {agreed} AND (b.status != 'accepted' OR EXISTS ("
                             "SELECT 1 FROM proposals p WHERE p.booking_id = b.id AND p.closed_at IS NULL))")

    @invariant()
    def of_a_visit_that_is_not_told_nobody_hears_a_date(self):
        dates = "('agreed', 'agreed_anew', 'called_off', 'reminded', 'dates_offered', 'dates_lapsed', 'dates_refused')"
        assert not self.rows(f"SELECT e.id FROM events e JOIN visits v ON v.id = e.visit_id "
                             f"WHERE NOT v.told AND e.kind IN {dates}")
        assert not self.rows(f"SELECT l.id FROM letters l JOIN bookings b ON b.id = l.booking_id WHERE "
                             f"b.service = 'traffic' AND (l.kind IN {dates} OR l.text LIKE '%{PLACE_TOLD}%')")

    @invariant()
    def the_public_sees_only_what_everybody_who_asked_has_agreed_to(self):
        assert not self.rows(
            "SELECT v.id FROM visits v WHERE v.public AND (NOT v.told OR EXISTS (SELECT 1 FROM visit_bookings h JOIN "
            "bookings b ON b.id = h.booking_id WHERE h.visit_id = v.id AND NOT b.public))")

    @invariant()
    def every_open_booking_lies_in_one_pile(self):
        with self.app.app_context():
            queues = {name: {n for n, in db.session.query(Booking.id).filter(QUEUES[name][1])} for name in WORK}
        for number, known in self.bookings.items():
            found = [name for name in WORK if number in queues[name]]
            assert len(found) == 1 or known["status"] not in OPEN, f"{number} is {known['status']} and lies in {found}"
            if known["status"] == "accepted" and not self.holds_open(number) and not self.offers(number):
                assert found in (["planlaeg"], ["besked"])


@pytest.fixture
def dates(app, template):
    """The machine, on this test's own database."""
    Dates.app, Dates.template = app, template
    return Dates


# How a case comes to where it is, and what may then be tried with it.
WAYS = {
    "received": (), "asked": ("ask",), "accepted": ("accept",), "offered": ("offer",), "refused": ("offer", "refuse"),
    "lapsed": ("offer", "late"), "agreed": ("offer", "choose"), "agreed by an officer": ("agree on",),
    "moved": ("agree on", "move"), "called off": ("agree on", "cancel"), "begun": ("agree on", "begin"),
    "held": ("agree on", "begin", "enter"), "answered": ("agree on", "begin", "enter", "report"),
    "reopened": ("agree on", "begin", "enter", "report", "reopen"), "withdrawn": ("offer", "withdraw"),
    "withdrawn with a date": ("agree on", "withdraw"), "declined": ("decline",),
    "declined after it was held": ("agree on", "begin", "enter", "decline"),
}
ON_POSTGRESQL = ("offered", "reopened")  # for each try, it copies a database; the walks go there, too
TRIED = ("offer", "choose", "refuse", "agree on", "move", "cancel", "late", "decline", "withdraw", "reopen", "accept",
         "lead", "enter", "report", "leave nobody")


@pytest.mark.parametrize("way", [way if way in ON_POSTGRESQL else pytest.param(way, marks=pytest.mark.sqlite)
                                 for way in WAYS])
def test_each_step_of_a_date_in_each_state_is_taken_or_refused(dates, tmp_path, way):
    case = dates()
    try:
        case.somebody_asks_for_a_meeting(WHO, AT, CITIZEN, "web", [(3, 17)], "da", True)
        walk(case, 1, WAYS[way])
        for tried in case.tried_from_here(tmp_path / way, TRIED):
            walk(case, 1, (tried,))
            case.everything_stands_as_reckoned()
            case.proposals_are_open_as_reckoned()
            case.every_open_booking_lies_in_one_pile()
            case.who_has_a_date_has_one_and_no_other_is_open()
            case.time_is_taken_by_visits_that_stand_and_the_road_to_them()
            case.of_a_visit_that_is_not_told_nobody_hears_a_date()
            case.the_public_sees_only_what_everybody_who_asked_has_agreed_to()
    finally:
        case.teardown()


def walk(case: Dates, booking: int, steps: tuple[str, ...]) -> None:
    """Take the steps one after the other; those of a visit only where there is one."""
    crew = f"{OFFICE} {booking}"
    do = {
        "offer": lambda: case.offer(booking, [(3, 17), (4, 17)], crew),
        "choose": lambda: case.choose_date(max(n for n, p in case.proposals.items() if p["booking"] == booking)),
        "refuse": lambda: case.refuse(booking),
        "agree on": lambda: case.agree_on({booking}, AT, (1, 17), crew),
        "begin": lambda: case.time_goes_by(48, looks=False),
        "late": lambda: case.time_goes_by(96),
    }
    of_a_visit = {
        "move": lambda visit: case.move_visit(visit, AT, *case.at((4, 18)), crew),
        "cancel": case.cancel,
        "enter": lambda visit: case.enter_findings(visit, HELD),
        "report": case.report,
        "leave nobody": lambda visit: case.choose(visit, []),
        "lead": lambda visit: case.visits[visit]["holds"] and case.lead(visit, "traffic"),
    }
    for step in steps:
        if step not in of_a_visit:
            do.get(step, lambda name=step: case.do(name, booking))()
        elif case.visits:
            of_a_visit[step](len(case.visits))


@pytest.mark.parametrize("walks", [3, pytest.param(12, marks=pytest.mark.slow)])
def test_no_walk_over_dates_leads_where_the_rules_do_not(dates, walks):
    run_state_machine_as_test(dates, settings=settings(
        max_examples=walks, stateful_step_count=50, phases=[Phase.generate]))
