"""What nobody should send: every form of both audiences, filled in by chance and by bad will, thousands of times.

A citizen of our own is at it, with a few bookings that are really theirs, and an officer. Everybody else's words in
this district carry a mark (tests/test_stranger.py), so that any answer that tells them gives itself away.
"""

import itertools
import random
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

import pytest
import time_machine
from conftest import OFFICER, WISHES, Person, book, logged_in
from helpers_district import NOW, OF_CITIZENS, District, assert_tells_nothing, posts, told
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

import catalogue
from app import create_app
from catalogue.spots import SpotForm
from models import Booking, Letter, Officer, WaitlistEntry, db
from office.blueprint import PUBLIC_ENDPOINTS

AS_BEFORE = 1_000  # after so many inputs the district is as it was
STRANGE = [
    "", " ", "0", "-1", "1", "x", "y", "on", "true", "null", "None", "undefined", "NaN", "inf", "1e309", "9" * 40,
    "-" + "9" * 40, str(2**31), str(2**63), str(2**64), "0x10", "1_000", "٣", "½", "²", "1,5", "1.5.2", "\0", "a\0b",
    "\r\nBcc: x@example.dk", "a\nb", "\t", "\x1b[2J", "\x7f", "\ud800", "\udfff", "\udc80\udcff", "\ufeff", "\ufffe",
    "\u202egro.elpmaxe", "\u200b", "\u2028", "e\u0301" * 50, "a" + "\u0327\u0301" * 300, "👩‍👩‍👧‍👦" * 20, "ﷺ" * 100,
    "ß" * 120,
    "İ" * 120, "ﬃ" * 120, "x" * 255, "x" * 5_000, "æ" * 20_000, "2026-05-12", "2026-02-30", "0001-01-01", "9999-12-31",
    "31.12.2026", "2026-13", "2026-06", "24:00", "23:59:60", "7.30", "4690", "46900", "DK-4690 Haslev", "a@b.dk",
    "a@b", "a" * 300 + "@example.dk", "a@xn--80ak6aa92e.dk", '"a b"@example.dk', "12345678", "+4512345678",
    "<script>alert(1)</script>", "{{ 7*7 }}", "{% include 'x' %}", "%s%(x)s%n", "%", "%00", "'; DROP TABLE bookings;--",
    '" OR ""="', "=1+1", "../../etc/passwd", "//evil.example", "javascript:alert(1)", "\\", "a" * 9 + "!", "[]", "{}",
    '{"a": 1}', "other", "yes", "no", "private", "email", "phone", "letter", "da", "en", "xx",
]
words = st.one_of(st.sampled_from(STRANGE), st.text(st.characters(), max_size=40), st.integers().map(str),
                  st.dates(date(1990, 1, 1), date(2110, 1, 1)).map(str), st.binary(max_size=8).map(
                      lambda b: b.decode("utf-8", "surrogateescape")))
how_often = st.integers(0, 9)


@dataclass(frozen=True)
class Input:
    who: str
    path: str
    body: bytes
    kind: str

    def __str__(self):
        return f"{self.who} to {self.path} as {self.kind}: {self.body[:2000]!r}"


def quoted(value: str) -> str:
    """As a browser would send it, and also what no browser would."""
    try:
        return quote_plus(value.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return quote_plus(value.encode("utf-8", "surrogatepass"))


class Fuzz:
    """`forms`: endpoint, path and what would be right to send, for each audience. `answers` counts what came of it."""

    def __init__(self, district: District):
        self.district, self.app, self.answers, self.sound, self.done = district, district.app, Counter(), 0, 0
        self.numbers = itertools.count()
        every = posts(district)
        self.own = self._own()
        self.forms = {"officer": every, "citizen": [
            (e, self._as_own(e, p), {"citizen.find": self.find,
                                     "office.log_in": {"email": OFFICER, "password": "forkert"}}.get(e, d))
            for e, p, d in every]}
        with self.app.app_context():
            everybody = db.session.query(Booking).all()
            self.references = [b.reference for b in everybody] + ["A2346789", "x", "a" * 200, "🙂"]
            self.secrets = [b.secret for b in everybody] + [w.secret for w in db.session.query(WaitlistEntry)] + ["x",
                "\0", "é"]
            self.ours = {b.reference for b in everybody if b.name == "Anna Jensen"}
        self.file = Path(self.app.instance_path, "bookings.sqlite")
        self._leave()
        shutil.copy(self.file, self.file.with_suffix(".before"))
        self._come()

    def _own(self) -> dict[str, str]:
        """Paths of bookings that are the citizen's own, by what can be done with them."""
        person, own = Person(self.app), {}
        for name, slug in (("new", "faerdselskontrol"), ("declined", "faerdselskontrol"), ("offered", "dialogmoede")):
            typed = {**WISHES[slug], "dates-0-day": "2026-07-07",
                     "dates-1-day": "2026-07-08"} if slug in WISHES else None
            own[name] = "/sag/{}/{}".format(*book(person, slug=slug, wish=typed, road="Søvej", email="egen@example.dk"))
        with self.app.app_context():
            booking = {name: Booking.by_reference(path.split("/")[2]) for name, path in own.items()}
            ida = db.session.get(Officer, 1)
            booking["declined"].decline(ida, "resources", "", "")
            booking["offered"].offer(ida, [(NOW + timedelta(days=40), NOW + timedelta(days=40, hours=2))], travel=0,
                                     resource_units={"crew": "Hold 3"}, where="Biblioteket",
                                     answer_by=date(2026, 6, 12))
            db.session.commit()
            self.find = {"reference": booking["new"].reference, "contact": "egen@example.dk"}
            own["tid"] = f"{own['offered']}/tid/{booking['offered'].offers[0].id}"
            own["not me"] = re.search(r"/ikke-mig/\S+", db.session.query(Letter).filter_by(
                booking_id=booking["new"].id).first().text)[0]
        return own

    def _as_own(self, endpoint: str, path: str) -> str:
        step = path.rpartition("/")[2]
        if endpoint == "citizen.choose":
            return self.own["tid"]
        if endpoint == "office.invitation":
            return "/kontor/invitation/1/x"
        if endpoint == "citizen.not_me":
            return self.own["not me"]
        if endpoint == "citizen.change":
            which = {"tag-op-igen": "declined", "hjalp-det": "declined", "ingen-passer": "offered"}.get(step, "new")
            return f"{self.own[which]}/{step}"
        return path

    def _come(self) -> None:
        self.people = {"officer": logged_in(self.app), "citizen": Person(self.app)}
        self.tokens = {who: person.get("/find", check=False).token for who, person in self.people.items()}
        self.foreign = Person(self.app).get("/find", check=False).token

    def _leave(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def inputs(self):
        """How hypothesis makes one."""
        @st.composite
        def one(draw) -> Input:
            who = draw(st.sampled_from(["officer", "citizen"]))
            forms = self.forms[who]
            if who == "citizen" and draw(how_often):  # now and then, they try at a locked door
                forms = [form for form in forms if form[0].startswith("citizen.") or form[0] in PUBLIC_ENDPOINTS]
            _, path, right = draw(st.sampled_from(forms))
            pairs = [(name, value) for name, values in right.items()
                     for value in (values if isinstance(values, list) else [values])]
            for _ in range(draw(st.integers(0, 4))):
                pairs = self._bent(draw, pairs)
            token = draw(st.sampled_from([self.tokens[who]] * 7 + [self.foreign, "", "x"]))
            path = self._bent_path(draw, path) if draw(how_often) < 2 else path
            return Input(who, path, *self._sent(draw, [("csrf_token", token), *pairs]))
        return one()

    @staticmethod
    def _bent(draw, pairs: list) -> list:
        names = sorted({name for name, _ in pairs}) or ["words"]
        name, value = draw(st.sampled_from(names)), draw(words)
        match draw(how_often):
            case 0 | 1 | 2 | 3:
                return [(n, value if n == name else v) for n, v in pairs]
            case 4:
                return [(n, v) for n, v in pairs if n != name]
            case 5:
                return [*pairs, (name, value), (name, draw(words))]
            case 6:
                return [*pairs, (draw(st.sampled_from([f"{name}[]", f"{name}-0-x", "dates-999-day", "periods-0-day",
                                                       "", "id",
                                                       "status", "secret", "lat", "send", "show", "all"])), value)]
            case 7:
                return list(reversed(pairs)) + pairs
            case 8:
                return [(n, draw(st.sampled_from([v for _, v in pairs] or [""]))) for n, _ in pairs]
            case _:
                return [(n, v) for n, v in pairs if n in ("send", "show")]

    def _bent_path(self, draw, path: str) -> str:
        """With the number, the reference or the secret of somebody else, or of nobody."""
        parts = path.split("?")[0].split("/")
        at = draw(st.integers(1, len(parts) - 1))
        numbers = ["0", "1", "2", "3", "7", "99", str(2**31 - 1), str(2**64), "-1", "٣", "1.0"]
        other = draw(st.sampled_from({True: numbers, False: self.references + self.secrets}[parts[at].isdigit()]))
        parts[at] = quote(other, safe="", errors="replace")
        return "/".join(parts) if draw(how_often) else f"/en{path}?{quoted(draw(words))}={quoted(draw(words))}"

    @staticmethod
    def _sent(draw, pairs: list) -> tuple[bytes, str]:
        """Mostly as forms are sent; files in place of words, and other things in place of a form."""
        match draw(st.integers(0, 19)):
            case 0 | 1 | 2 | 3:
                lines = [b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s' % (
                    quoted(name).encode(), b'; filename="%s"' % draw(st.sampled_from(
                        [b"x.jpg", b"", b"../../x", b"a\0b"])) if name != "csrf_token" and draw(how_often) < 2 else b"",
                    value.encode("utf-8", "replace")) for name, value in pairs]
                return b"\r\n".join([*lines, b"--x--\r\n"]), "multipart/form-data; boundary=x"
            case 4:
                return draw(st.sampled_from([b"", b"{}", b'{"words": [1]}', b"[[]]", b"\xff",
                                             b"1"])), "application/json"
            case 5:
                return draw(st.binary(max_size=60)), draw(st.sampled_from([
                    "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
                    "x"]))
        return "&".join(f"{quoted(n)}={quoted(v)}" for n, v in pairs).encode(), "application/x-www-form-urlencoded"

    def send(self, one: Input) -> None:
        """Never an error of ours, never another's data."""
        person = self.people[one.who]
        answer = person.client.post(one.path, data=one.body, content_type=one.kind, buffered=True)
        assert answer.status_code < 500, f"{answer.status_code}: {one}"
        self.answers[answer.status_code] += 1
        if one.who == "citizen":
            self._assert_discreet(one, answer)
        elif answer.status_code == 403 or answer.location and urlsplit(answer.location).path.endswith("/log-ind"):
            self._come()  # logged out, as they asked, or somebody else by an invitation
        self.done += 1
        if self.done % AS_BEFORE == 0:
            self.look_and_begin_anew()

    def _assert_discreet(self, one: Input, answer) -> None:
        sent = f"{one.path} {one.body.decode('utf-8', 'replace')}"
        typed = {part for part in re.split(r"[/?&=\s\"]", f"{sent} {unquote_plus(sent)}") if len(part) > 7}
        said = told(answer, *typed, one.path.removeprefix("/"))
        if re.match(r"(/en)?/(ansvar|kontor/(felt|invitation))/", one.path):  # they are asked by their own link
            assert not OF_CITIZENS.search(said), f"tells of citizens: {one}"
        else:
            assert_tells_nothing(self.district, str(one), said)

    def look_and_begin_anew(self) -> None:
        """The database is sound, and whole: every booking has a history. Then all is as it was."""
        self._leave()
        with closing(sqlite3.connect(self.file)) as one:
            assert one.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert not one.execute("PRAGMA foreign_key_check").fetchall()
            for broken in ("SELECT id FROM bookings WHERE id NOT IN (SELECT booking_id FROM events WHERE kind = 'received')",
                           "SELECT id FROM bookings WHERE (status IN ('received', 'needs_information', 'accepted')) = "
                           "(closed_at IS NOT NULL)",
                           "SELECT id FROM letters WHERE length(subject) > 200 OR subject LIKE '%' || char(10) || '%'"):
                assert not one.execute(broken).fetchall(), broken
        self.sound += 1
        for end in ("-wal", "-shm"):
            Path(f"{self.file}{end}").unlink(missing_ok=True)
        shutil.copy(self.file.with_suffix(".before"), self.file)
        self._come()

    def run(self, inputs: int, number: int | None = None) -> str:
        """So many of them, the same ones for the same number; what came of it, in a line."""
        def trial(one):
            random.seed(f"input {next(self.numbers)}")  # hypothesis holds it still, and no two letters have one number
            self.send(one)

        how = settings(max_examples=inputs, derandomize=number is None, report_multiple_bugs=False, phases=[Phase.generate],
                       suppress_health_check=list(HealthCheck))
        trial = how(given(self.inputs())(trial))
        (trial if number is None else seed(number)(trial))()
        self.look_and_begin_anew()
        said = ", ".join(f"{count} were answered {status}" for status, count in sorted(self.answers.items()))
        return (f"{self.done} strange inputs to all {len(self.forms['officer'])} kinds of posts of both audiences: {said}; "
                f"none met an error of ours or was told anything of others, and {self.sound} of {self.sound} times the "
                "database was sound")


@contextmanager
def fuzzed(folder: Path):
    """A full district at `folder`, in which whatever may have tasks has them, at the hour at which it was made."""
    with time_machine.travel(NOW, tick=False), pytest.MonkeyPatch.context() as patch:
        for key, service in list(catalogue.SERVICES.items()):
            patch.setitem(catalogue.SERVICES, key, replace(service, tasks=SpotForm))
        app = create_app({"INSTANCE": str(folder), "TESTING": True, "RATELIMIT_ENABLED": False})
        before = app.logger.level
        app.logger.setLevel("ERROR")  # nearly all of it is refused, and each time the log says so
        fuzz = Fuzz(District(app))
        try:
            yield fuzz
        finally:
            fuzz._leave()
            app.logger.setLevel(before)
