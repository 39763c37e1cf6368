"""The removal of what tells of people, once its period has passed: what is due, and that it goes.

Nothing goes without a permit (models/privacy.py). A case is one transaction: killed in between, the job has done the
cases that it had done, and the next run does the rest. What goes is said in retention.py.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

import backups
from mail.outbox import delete_letter_file
from models import (
    DONE_WITH,
    LOCK_TIMEOUT,
    TIDY_INDEX,
    Assignee,
    Booking,
    BookingStatus,
    Event,
    Feedback,
    Invite,
    Letter,
    RemovalRecord,
    RetentionDecision,
    Visit,
    VisitStatus,
    WaitlistEntry,
    anonymise_events,
    db,
    local,
    now,
    today,
    visit_bookings,
)

from .retention import anonymised

CHECKPOINT_TRIES, CHECKPOINT_PAUSE = 50, 0.2  # seconds
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 200  # of a list that somebody reads, and at a time, while letters wait

# What the office may not be done with, and then a case is held back: what stands in no journal would be gone for good.
BLOCKERS = {
    _l("no number in the journal"): and_(Booking.journal == "", Booking.status != BookingStatus.SPAM),
    _l("a letter to see to"): exists().where(Letter.booking_id == Booking.id, Letter.delivery_status.not_in(DONE_WITH)),
    _l("findings that are not sent"): exists().where(
        visit_bookings.c.booking_id == Booking.id, visit_bookings.c.visit_id == Visit.id,
        or_(Visit.status.in_((VisitStatus.PLANNED, VisitStatus.DONE)), Visit.draft.is_not(None)))}


def due_cases(on: date) -> ColumnElement[bool]:
    """Those that go on that day."""
    return and_(_ended(on), ~or_(*BLOCKERS.values()))


def blocked_cases(on: date) -> list[tuple[Booking, list[str]]]:
    """Those that would go, were the office done with them, and what they wait for."""
    found = select(Booking, *BLOCKERS.values()).where(_ended(on), or_(*BLOCKERS.values())).order_by(
        Booking.closed_at, Booking.id)
    return [(booking, [str(words) for words, holds in zip(BLOCKERS, owed, strict=True) if holds])
            for booking, *owed in db.session.execute(found.limit(MOST))]


def _ended(on: date) -> ColumnElement[bool]:
    return and_(Booking.removed_on.is_(None), Booking.closed_at < _end_of_keeping(on))


def due_visits(on: date, going: Iterable[int] = ()) -> ColumnElement[bool]:
    """Over, with nothing new for the whole period, reported or not, and nobody left who asked for it, or whose case is
    not among those `going` with it."""
    since, asking, last = _end_of_keeping(on), aliased(Booking), aliased(Event)
    return and_(
        Visit.removed_on.is_(None), Visit.ends_at < since,
        ~exists().where(last.visit_id == Visit.id, last.at >= since),
        ~exists().where(visit_bookings.c.visit_id == Visit.id, visit_bookings.c.booking_id == asking.id,
                        asking.removed_on.is_(None), asking.id.not_in(going)),
        ~exists().where(Letter.owner_id == Assignee.id, Assignee.visit_id == Visit.id,
                        Letter.delivery_status.not_in(DONE_WITH)))


def lines_due(on: date) -> Iterator[str]:
    """All that a run takes out on that day, as the ledger would say it."""
    cases = dict(db.session.execute(
        select(Booking.id, Booking.reference).where(due_cases(on)).order_by(Booking.id)).all())
    visits = db.session.scalars(select(Visit.id).where(due_visits(on, cases)).order_by(Visit.id))
    yield from (*(f"case {reference}" for reference in cases.values()), *(f"visit {id}" for id in visits))
    for kind, over, _ in _belonging_to_neither(on):
        if number := db.session.scalar(select(func.count(kind.id)).where(over)):
            yield f"{kind.__tablename__} {number}"


def run() -> int:
    """Remove all that is due, part by part; how many lines the ledger has got."""
    return sum(iter(remove_part, 0))


def remove_some() -> int:
    """Remove so much that nobody who waits for the worker notices; how many lines the ledger has got."""
    before = db.session.scalar(select(func.count(RemovalRecord.id)))
    for kind, due, forget in ((Booking, due_cases, _forget_case), (Visit, due_visits, _forget_visit)):
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
    return db.session.scalar(select(func.count(RemovalRecord.id))) - before


def known_removals() -> dict[str, list[dict]]:
    """What a restored backup may not know of: what is permitted, and what was removed. Nothing, where the database is
    gone or damaged."""
    file = backups.database()
    if file is None or not file.exists():
        return {}
    try:
        return {kind.__tablename__: [dict(row) for row in db.session.execute(select(kind.__table__)).mappings()]
                for kind in (RetentionDecision, RemovalRecord)}
    except SQLAlchemyError:
        return {}
    finally:
        db.session.remove()
        db.engine.dispose()  # whoever restores must be alone


def restore_removals(known: dict[str, list[dict]]) -> None:
    """Append what was remembered to what the backup knows."""
    for kind in (RetentionDecision, RemovalRecord):
        last = db.session.scalar(select(func.max(kind.id))) or 0
        if new := [row for row in known.get(kind.__tablename__, ()) if row["id"] > last]:
            db.session.execute(insert(kind.__table__), new)
    db.session.commit()


def _forget_case(booking: Booking) -> None:
    anonymise_events(Event.booking_id == booking.id)
    for letter in booking.letters:
        _empty_letter(letter)
    booking.anonymise(anonymised(booking))
    _note("case", booking.reference)


def _forget_visit(visit: Visit) -> None:
    anonymise_events(and_(Event.visit_id == visit.id, Event.booking_id.is_(None)))
    for letter in (letter for owner in visit.assignees for letter in owner.letters):
        _empty_letter(letter)
    for row in (*visit.assignees, *visit.tasks, *visit.field_links):
        _empty(row)
    if visit.result:
        visit.result.renew(anonymised(visit.result)["tasks"], protocol="")
    visit.anonymise(anonymised(visit))
    _note("visit", str(visit.id))


def _empty(row) -> None:
    row.assign(**anonymised(row))


def _empty_letter(letter: Letter) -> None:
    delete_letter_file(letter)
    _empty(letter)


def _forget_what_belongs_to_neither() -> None:
    anonymise_events(and_(Event.booking_id.is_(None), Event.visit_id.is_(None), Event.place_id.is_(None),
                          Event.at < _end_of_keeping(today()), Event.words != ""))
    for kind, over, forget in _belonging_to_neither(today()):
        rows = db.session.scalars(select(kind).where(over)).all()
        for row in rows:
            forget(row)
        if rows:
            _note(kind.__tablename__, "", len(rows))


def _belonging_to_neither(on: date) -> list[tuple[type, ColumnElement[bool], Callable]]:
    """Letters to officers and waiters, who waits no more, invitations that are over, messages that are answered: which
    of them go, and how."""
    since = _end_of_keeping(on)
    return [
        (Letter, and_(Letter.booking_id.is_(None), Letter.owner_id.is_(None), Letter.made_at < since,
                      Letter.delivery_status.in_(DONE_WITH), Letter.recipient != ""), _empty_letter),
        (WaitlistEntry, and_(WaitlistEntry.asked_on < local(since).date(), or_(
            WaitlistEntry.confirmed_at.is_(None), WaitlistEntry.notified_on.is_not(None))), WaitlistEntry.leave),
        (Invite, and_(or_(Invite.closed_at < since, Invite.expires_at < since), Invite.email != ""), _empty),
        (Feedback, and_(Feedback.closed_at < since, Feedback.words != ""), _empty)]


def _note(what: str, reference: str, number: int = 1) -> None:
    db.session.add(RemovalRecord(permit=RetentionDecision.present(), what=what, reference=reference, number=number,
                                 copies_until=backups.gone_by(today())))


def _end_of_keeping(on: date) -> datetime:
    """What was over before this moment goes on that day: nothing, where no permit is in force."""
    permit = RetentionDecision.present()
    return permit.ended_before(on) if permit and permit.first <= on else BEFORE_ALL


def remove_part() -> int:
    """What remove_some does; where nothing is left of it, what it has left behind goes, too."""
    count = remove_some()
    if not count:
        purge_leftovers()
    return count


def purge_leftovers() -> None:
    """SQLite leaves what was removed in its search index, in pages that are free, and in the log of what it writes,
    until all three are made anew. A run that was killed before it came here is made up for within two days."""
    newest = db.session.scalar(select(func.max(RemovalRecord.at)))
    db.session.rollback()
    if db.engine.dialect.name != "sqlite" or newest is None or now() - newest > timedelta(days=2):
        return
    connection = db.engine.raw_connection()
    try:
        for statement in ("PRAGMA query_only = OFF", TIDY_INDEX, "VACUUM"):
            connection.cursor().execute(statement)
        _empty_log(connection.cursor())
    except sqlite3.OperationalError:  # somebody holds the database: tomorrow again
        current_app.logger.exception("what was removed could not be swept out")
    finally:
        connection.close()


def _empty_log(cursor) -> None:
    """A checkpoint that empties the log needs a moment in which nobody reads, and holds the write lock for as long as
    it waits for one: also against a page that reads and must write something down before it ends, so that both would
    wait for each other. So it does not wait, and is tried again."""
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        for _ in range(CHECKPOINT_TRIES):
            is_busy, *_pages = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not is_busy:
                return
            time.sleep(CHECKPOINT_PAUSE)
        raise sqlite3.OperationalError("somebody read all the time")
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000}")
