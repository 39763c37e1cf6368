"""The table of event types against those who read it: letters, templates, code; and what hangs on a commit."""

import re
from pathlib import Path

import pytest
from conftest import OFFICER, Person, book

from mail import letters
from models import Booking, Event, EventKind, Letter, NotAllowed, Officer, db
from models.events import record_event

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
TO_OFFICERS = {letters.DIGEST, letters.WARNING, letters.REMINDER}  # which no event of their own calls for
READ = re.compile(r"""(?:\bfacts(?:\.get\(["']|\[["'])|\.facts\.(?!get\b|keys\b|items\b))(\w+)"""
                  r"""|["'](\w+)["'] (?:not )?in self\.facts""")


def declared(kind: EventKind) -> set[str]:
    return {*kind.type.facts, *kind.type.quotes}


def facts_read(text: str) -> set[str]:
    """The names of the facts of an event that a template or a module asks for."""
    return {one or other for one, other in READ.findall(text)}


def product() -> list[Path]:
    return [path for path in ROOT.rglob("*.py")
            if not {".venv", "tests", "migrations"} & set(path.relative_to(ROOT).parts)]


def test_the_facts_that_pages_and_code_read_are_declared_by_an_event_type():
    known = set().union(*map(declared, EventKind))
    read = {path: facts_read(path.read_text("utf-8")) for path in [*TEMPLATES.rglob("*.*"), *product()]}
    assert len(set().union(*read.values())) > 15, "the expression finds them"
    assert {str(path.relative_to(ROOT)): names - known for path, names in read.items() if names - known} == {}


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind.type.letter])
def test_the_facts_that_a_letter_reads_are_those_of_its_event_type(kind):
    assert facts_read((TEMPLATES / f"letters/{kind}.txt").read_text("utf-8")) <= declared(kind)
    reader = kind.type.letter.to
    assert reader in ("citizen", "officer") or reader in letters.RECIPIENTS and reader in kind.type.facts


def test_every_letter_has_its_event_type_and_every_event_type_with_a_letter_its_template():
    written = {path.stem for path in (TEMPLATES / "letters").glob("*.txt") if not path.stem.startswith("_")}
    assert written - TO_OFFICERS == {kind.value for kind in EventKind if kind.type.letter}
    assert written > TO_OFFICERS


def test_the_key_of_an_event_type_is_its_name_and_labels_are_told_apart():
    assert [kind.value for kind in EventKind] == [kind.name.lower() for kind in EventKind]
    assert all(kind.type.label for kind in EventKind)


def test_what_only_a_citizen_reads_of_an_event_type_is_said_of_what_a_citizen_does_and_sees():
    for kind in EventKind:
        of_citizen = kind.type.by == "citizen" and kind.type.visible
        assert of_citizen or not (kind.type.own_label or kind.type.message), kind


def test_an_event_carries_no_fact_that_its_type_does_not_declare(app):
    with app.app_context():
        with pytest.raises(TypeError, match="shoe_size"):
            record_event(EventKind.NOTED, shoe_size=46)
        db.session.commit()
        assert db.session.query(Event).count() == 0


def test_a_rolled_back_event_calls_for_no_letter(app, citizen):
    reference, _ = book(citizen)
    with app.app_context():
        before = db.session.query(Letter).count()
        Booking.by_reference(reference).accept(db.session.query(Officer).first(), "")
        db.session.rollback()
        db.session.commit()
        assert db.session.query(Letter).count() == before


def test_two_applications_of_a_process_write_each_letter_once(make_app):
    app, _ = make_app(), make_app(IDLE_MINUTES=5)
    book(Person(app))
    with app.app_context():
        assert [letter.kind for letter in db.session.query(Letter)] == ["received"]


def test_a_preview_takes_back_the_change_alone_and_sends_nothing(app, citizen):
    """It is undone to a savepoint: what the same transaction did before stays."""
    reference, _ = book(citizen)
    with app.app_context():
        ida, booking = db.session.query(Officer).filter_by(email=OFFICER).one(), Booking.by_reference(reference)
        before = db.session.query(Event).count(), db.session.query(Letter).count()
        ida.name = "Ida Holm"
        [letter] = letters.preview_letters(lambda: booking.accept(ida, "Vi kommer."))
        assert letter.kind == "accepted" and "Vi kommer." in letter.text and letter.recipient == booking.email
        assert (booking.status, booking.events[-1].kind) == ("received", EventKind.RECEIVED)
        db.session.commit()
        assert (db.session.query(Event).count(), db.session.query(Letter).count()) == before
        assert booking.status == "received" and ida.name == "Ida Holm"


def test_a_preview_of_what_is_not_allowed_leaves_nothing_behind(app, citizen):
    reference, _ = book(citizen)
    with app.app_context():
        booking = Booking.by_reference(reference)
        before = db.session.query(Event).count(), db.session.query(Letter).count()

        def change() -> None:
            booking.withdraw()
            booking.withdraw()

        with pytest.raises(NotAllowed):
            letters.preview_letters(change)
        db.session.commit()
        assert booking.status == "received"
        assert (db.session.query(Event).count(), db.session.query(Letter).count()) == before
