"""What happened: the history of cases (Event), and the access log of what officers open and press (AuditEntry).

An event is written once and never changed, but for people's data that is taken out of it: what became of a case, in
words, for whoever works on it. An entry of the access log is about the officer: who opened or pressed what, and when,
even where nothing came of it. So it never repeats an event's words or a citizen's name; the address within the office,
such as sag/K7MDPXQA/afslag, leads to them. Neither can be worked out from the other, so both are kept.

Each entry holds the hash of the one before (`previous_hash`, unique), so that none can be changed or left out without
all later ones giving it away. That the newest are missing shows only to whoever has kept an earlier hash:
`flask audit verify` prints the last one.
"""

import json
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    event as sqlalchemy_event,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from .base import (
    EVENT_LOCK_ID,
    ByOfficer,
    NotAllowed,
    Numbered,
    UTCDateTime,
    db,
    lock_names,
    now,
    one_of,
)
from .event_types import EventKind

if TYPE_CHECKING:
    from . import Booking, Place, Visit


class Event(ByOfficer, Numbered, db.Model):
    """One change of a booking, a visit or a place. `officer` is empty where the citizen or the software did it.

    `words` were written by a person, the citizen or the officer; `facts` are what else a letter or a reader needs,
    such as the reason code of a refusal, by the names that the type of the event declares.
    """

    __table_args__ = (Index(None, "kind", "at"),)

    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    kind: Mapped[EventKind] = mapped_column(one_of(EventKind))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), index=True)
    words: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict] = mapped_column(JSON, default=dict)

    booking: Mapped["Booking | None"] = relationship(back_populates="events")
    visit: Mapped["Visit | None"] = relationship(back_populates="events")
    place: Mapped["Place | None"] = relationship(back_populates="events")

    @property
    def is_by_citizen(self) -> bool:
        """Whether the citizen did it. That none of their dates fits, the software says where all are taken."""
        return self.kind.type.by == "citizen" and self.officer is None and "instead_of" not in self.facts


def record_event(kind: EventKind, *, booking=None, visit=None, place=None, officer=None, words: str = "",
                 **facts) -> Event:
    """Append an event. It is also kept in hand until the commit, when mail/letters.py writes what it calls for."""
    if undeclared := facts.keys() - {*kind.type.facts, *kind.type.quotes}:
        raise TypeError(f"the type {kind} declares no fact {undeclared}")
    if not kind.type.after_removal and any(about is not None and about.removed_on for about in (booking, visit)):
        raise NotAllowed("what tells of people is removed here, and nobody writes anew")
    event = Event.create(at=now(), kind=kind, booking=booking, visit=visit, place=place, officer=officer,
                         words=words, facts=facts)
    db.session.info.setdefault("pending_events", []).append(event)
    return event


def newest_event() -> int:
    """The number of the newest event. A page carries it, to tell later what has happened since it was shown."""
    return db.session.scalar(select(func.max(Event.id))) or 0


def drain_pending_events() -> list[Event]:
    """The events since the last commit, each handed out once."""
    return db.session.info.pop("pending_events", [])


def drop_pending_events(session: Session, _transaction) -> None:
    """What is rolled back has not happened, so nothing is to be written about it."""
    session.info.pop("pending_events", None)


def anonymise_events(events: ColumnElement[bool]) -> None:
    """What people wrote is taken out, with the facts that quote them. What happened, when, and which officer did it
    stays."""
    for id, kind, facts in db.session.execute(select(Event.id, Event.kind, Event.facts).where(events)).all():
        _forget(id, words="", facts={name: fact for name, fact in facts.items() if name in kind.type.facts})


MASK = "▒▒▒"


def masked(value, masks: dict[str, str]):
    """A text, or a list or dictionary of texts, with what stands in `masks` for each of its keys; what is no text
    stays."""
    if isinstance(value, dict):
        return {name: masked(part, masks) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part, masks) for part in value]
    for found, mask in masks.items() if isinstance(value, str) else ():
        value = value.replace(found, mask)
    return value


def mask_events(booking: int, masks: dict[str, str]) -> None:
    """The same in what was written about the booking by anybody but officers, and wherever history names a place by
    one of these words."""
    names_places = Event.kind.in_([kind for kind in EventKind if "after" in kind.type.facts])
    quoting = select(Event.id, Event.words, Event.facts).where(
        or_(names_places, and_(Event.booking_id == booking, Event.officer_id.is_(None))))
    for id, *said in db.session.execute(quoting).all():
        if said != masked(said, masks):
            _forget(id, words=masked(said[0], masks), facts=masked(said[1], masks))


def _forget(id: int, **values) -> None:
    """The one way through: history is changed only where people's data is taken out."""
    db.session.execute(update(Event).where(Event.id == id).values(**values),
                       execution_options={"forgets": True, "synchronize_session": False})


@sqlalchemy_event.listens_for(Event, "before_insert")
def _number_in_turn(_mapper, connection, _event):
    """Numbers grow in the order in which events come to be seen, also where several write at once: who has got one
    commits before the next one is given. Else a page of the newest number could lack an older one, and never know."""
    if lock_names.get() is not None and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({EVENT_LOCK_ID})")


@sqlalchemy_event.listens_for(Session, "do_orm_execute")
def _refuse_many(asked):
    changes = asked.is_update or asked.is_delete
    if changes and asked.statement.table.name == Event.__tablename__ and not asked.execution_options.get("forgets"):
        raise NotAllowed("events are history and cannot be changed")


@sqlalchemy_event.listens_for(Event, "before_update")
@sqlalchemy_event.listens_for(Event, "before_delete")
def _refuse(_mapper, _connection, event):
    raise NotAllowed(f"event {event.id} is history and cannot be changed")


class AuditEntry(ByOfficer, Numbered, db.Model):
    """What an officer has opened or pressed: the name of the page, and what it is `about`, its address within the
    office. `changed` tells whether something was done there, or it was only read.

    What was done to an account from outside is about its officer, if there is one: somebody tried to get in
    ("wrong_try", "locked"), or the operator gave a command ("operator"). A reader who knocked where they may not was
    "turned_away".
    """

    __tablename__ = "audit"

    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"), index=True)
    what: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(Text)
    changed: Mapped[bool] = mapped_column(Boolean)
    previous_hash: Mapped[str] = mapped_column("before", String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64))

    def append(self, session: Session, changed: bool) -> None:
        """Write down what `start_audit` has begun, behind the entry that is the last one by now."""
        last = session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1))
        self.at, self.changed, self.previous_hash = now(), changed, last or ""
        self.hash = self.compute_hash()
        session.add(self)

    def compute_hash(self) -> str:
        """The hash of what stands here, and of all before."""
        content = [self.previous_hash, self.at.astimezone(UTC).isoformat(), self.officer_id, self.what, self.about,
                   self.changed]
        return sha256(json.dumps(content).encode()).hexdigest()


def start_audit(officer_id: int | None, what: str, about: str = "") -> None:
    """Begin an entry, and keep it until the commit, which writes it in the same transaction. What was only read is
    written by web code in a transaction of its own, see autonomous_transaction."""
    db.session.info["audit_entry"] = AuditEntry(officer_id=officer_id, what=what, about=about)


def append_audit_entry(session: Session) -> None:
    """Before each commit: write this request's entry of the access log in the same transaction."""
    entry = session.info.pop("audit_entry", None)
    if entry:
        entry.append(session, changed=True)


def verify_audit_chain() -> tuple[int | None, int, set[str], str]:
    """The number of the first entry that does not fit the one before or its own content; how many fit, all their
    hashes, and the last one."""
    before, hashes = "", set()
    with closing(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(
            yield_per=1000))) as entries:
        for entry in entries:
            if entry.previous_hash != before or entry.hash != entry.compute_hash():
                return entry.id, len(hashes), hashes, before
            before = entry.hash
            hashes.add(before)
    return None, len(hashes), hashes, before
