"""The removal of what tells of people, once its period has passed: what is due, and that it goes.

Nothing goes without a permit (models/removal.py). A case is one transaction: killed in between, the job has done the
cases that it had done, and the next run does the rest. What goes is said in retention.py.
"""

import sqlite3
from datetime import date, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, exists, false, func, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

import backups
from models import (
    DONE_WITH,
    Booking,
    Event,
    Feedback,
    Invite,
    Letter,
    Owner,
    Permit,
    Removal,
    State,
    Status,
    Visit,
    Waiter,
    db,
    forget_words,
    local,
    now,
    today,
)
from models.search import TIDY_INDEX
from models.visit import visit_bookings
from retention import FACTS, emptied
from sending import forget_files

MOST = 200  # of a list that somebody reads, and at a time, while letters wait

# What the office may not be done with, and then a case is held back: what stands in no journal would be gone for good.
OWED = {
    _l("no number in the journal"): and_(Booking.journal == "", Booking.status != Status.SPAM),
    _l("a letter to see to"): exists().where(Letter.booking_id == Booking.id, Letter.fate.not_in(DONE_WITH)),
    _l("a visit that is not reported"): exists().where(
        visit_bookings.c.booking_id == Booking.id, visit_bookings.c.visit_id == Visit.id,
        Visit.state.in_((State.PLANNED, State.DONE)))}


def cases(on: date) -> ColumnElement[bool]:
    """Those that go on that day."""
    return and_(_ended(on), ~or_(*OWED.values()))


def held(on: date) -> list[tuple[Booking, list[str]]]:
    """Those that would go, were the office done with them, and what they wait for."""
    found = select(Booking, *OWED.values()).where(_ended(on), or_(*OWED.values())).order_by(
        Booking.closed_at, Booking.id)
    return [(booking, [str(words) for words, holds in zip(OWED, owed, strict=True) if holds])
            for booking, *owed in db.session.execute(found.limit(MOST))]


def _ended(on: date) -> ColumnElement[bool]:
    permit = _in_force(on)
    return and_(Booking.removed_on.is_(None), Booking.closed_at < permit.ended_before(on)) if permit else false()


def visits(on: date) -> ColumnElement[bool]:
    """Over, with nothing new for the whole period, and nobody left who asked for it."""
    permit = _in_force(on)
    if not permit:
        return false()
    since, asking, last = permit.ended_before(on), aliased(Booking), aliased(Event)
    return and_(
        Visit.removed_on.is_(None), Visit.state.in_((State.REPORTED, State.CANCELLED)), Visit.ends_at < since,
        ~exists().where(last.visit_id == Visit.id, last.at >= since),
        ~exists().where(visit_bookings.c.visit_id == Visit.id, visit_bookings.c.booking_id == asking.id,
                        asking.removed_on.is_(None)),
        ~exists().where(Letter.owner_id == Owner.id, Owner.visit_id == Visit.id, Letter.fate.not_in(DONE_WITH)))


def run() -> int:
    """Remove all that is due; how many lines the ledger has got."""
    count = 0
    while some := remove_some():
        count += some
    sweep()
    return count


def remove_some() -> int:
    """Remove so much that nobody who waits for the worker notices; how many lines the ledger has got."""
    before = db.session.scalar(select(func.count(Removal.id)))
    for kind, due, forget in ((Booking, cases, _forget_case), (Visit, visits, _forget_visit)):
        for id in db.session.scalars(select(kind.id).where(due(today())).order_by(kind.id).limit(MOST)).all():
            db.session.rollback()  # what is read below is still true when it is written
            try:
                if found := db.session.scalar(select(kind).where(kind.id == id, due(today())).with_for_update()):
                    forget(found)
                db.session.commit()
            except Exception:  # whatever it was, the others must go
                current_app.logger.exception("%s %s could not be removed", kind.__tablename__, id)
                db.session.rollback()
    _forget_what_belongs_to_neither()
    db.session.commit()
    return db.session.scalar(select(func.count(Removal.id))) - before


def remembered() -> dict[str, list[dict]]:
    """What a restored backup may not know of: what is permitted, and what was removed. Nothing, where the database is
    gone or damaged."""
    file = backups.database()
    if file is None or not file.exists():
        return {}
    try:
        return {kind.__tablename__: [dict(row) for row in db.session.execute(select(kind.__table__)).mappings()]
                for kind in (Permit, Removal)}
    except SQLAlchemyError:
        return {}
    finally:
        db.session.remove()
        db.engine.dispose()  # whoever restores must be alone


def recall(known: dict[str, list[dict]]) -> None:
    """Append what was remembered to what the backup knows."""
    for kind in (Permit, Removal):
        last = db.session.scalar(select(func.max(kind.id))) or 0
        if new := [row for row in known.get(kind.__tablename__, ()) if row["id"] > last]:
            db.session.execute(insert(kind.__table__), new)
    db.session.commit()


def _forget_case(booking: Booking) -> None:
    forget_words(Event.booking_id == booking.id, FACTS)
    forget_files(booking.letters)
    for letter in booking.letters:
        _empty(letter)
    booking.forget(emptied(booking))
    _note("case", booking.reference)


def _forget_visit(visit: Visit) -> None:
    forget_words(and_(Event.visit_id == visit.id, Event.booking_id.is_(None)), FACTS)
    letters = [letter for owner in visit.owners for letter in owner.letters]
    forget_files(letters)
    for row in (*letters, *visit.owners, *visit.tasks, *visit.field_links):
        _empty(row)
    visit.forget(emptied(visit))
    _note("visit", str(visit.id))


def _empty(row) -> None:
    for name, value in emptied(row).items():
        setattr(row, name, value)


def _forget_what_belongs_to_neither() -> None:
    """Letters to officers and waiters, who waits no more, invitations that are over, messages that are answered."""
    permit = _in_force(today())
    if not permit:
        return
    since = permit.ended_before(today())
    loose = and_(Event.booking_id.is_(None), Event.visit_id.is_(None), Event.place_id.is_(None), Event.at < since,
                 Event.words != "")
    forget_words(loose, FACTS)
    for kind, over in (
            (Letter, and_(Letter.booking_id.is_(None), Letter.owner_id.is_(None), Letter.made_at < since,
                          Letter.fate.in_(DONE_WITH), Letter.recipient != "")),
            (Waiter, and_(Waiter.asked_on < local(since).date(),
                          or_(Waiter.confirmed_at.is_(None), Waiter.told_on.is_not(None)))),
            (Invite, and_(or_(Invite.closed_at < since, Invite.expires_at < since), Invite.email != "")),
            (Feedback, and_(Feedback.closed_at < since, Feedback.words != ""))):
        rows = db.session.scalars(select(kind).where(over)).all()
        if kind is Letter:
            forget_files(rows)
        for row in rows:
            if kind is Waiter:
                row.leave()
            else:
                _empty(row)
        if rows:
            _note(kind.__tablename__, "", len(rows))


def _note(what: str, reference: str, number: int = 1) -> None:
    db.session.add(Removal(permit=Permit.present(), what=what, reference=reference, number=number,
                           copies_until=backups.gone_by(today())))


def _in_force(on: date) -> Permit | None:
    permit = Permit.present()
    return permit if permit and permit.first <= on else None


def sweep() -> None:
    """SQLite leaves what was removed in its search index, in pages that are free, and in the log of what it writes,
    until all three are made anew. A run that was killed before it came here is made up for within two days."""
    newest = db.session.scalar(select(func.max(Removal.at)))
    db.session.rollback()
    if db.engine.dialect.name != "sqlite" or newest is None or now() - newest > timedelta(days=2):
        return
    connection = db.engine.raw_connection()
    try:
        for statement in ("PRAGMA query_only = OFF", TIDY_INDEX, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement)
    except sqlite3.OperationalError:  # somebody holds the database: tomorrow again
        current_app.logger.exception("what was removed could not be swept out")
    finally:
        connection.close()


class Nightly:
    """What falls due does so at midnight: the job runs when the worker starts, and then as each day begins."""

    def __init__(self):
        self.done_on = None

    def __call__(self) -> None:
        if self.done_on != today():
            self.done_on = today()  # what fails today is tried again tomorrow, and when the worker starts
            if remove_some():
                self.done_on = None  # perhaps not all
            else:
                sweep()
