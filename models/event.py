"""What happened, who did it and when: written once, never changed."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, Text, func, select, update
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from .base import NotAllowed, UTCDateTime, db, now, one_of

if TYPE_CHECKING:
    from .booking import Booking
    from .officer import Officer
    from .place import Place
    from .visit import Visit


class Kind(enum.StrEnum):
    """What can happen to a booking, a visit or a place."""

    RECEIVED = "received"
    INFORMATION_ASKED = "information_asked"
    INFORMATION_GIVEN = "information_given"
    CONTACT_CHANGED = "contact_changed"
    ACCEPTED = "accepted"
    DELAYED = "delayed"
    POSTPONED = "postponed"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    DECLINED = "declined"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    NOTED = "noted"
    SEEN = "seen"
    MOVED = "moved"
    PLANNED = "planned"
    RESCHEDULED = "rescheduled"
    UNPLANNED = "unplanned"
    CANCELLED = "cancelled"
    FINDINGS_ENTERED = "findings_entered"
    REPORTED = "reported"
    DATES_OFFERED = "dates_offered"
    DATES_REFUSED = "dates_refused"
    DATES_LAPSED = "dates_lapsed"
    AGREED = "agreed"
    AGREED_ANEW = "agreed_anew"
    CALLED_OFF = "called_off"
    REMINDED = "reminded"
    LED_TO = "led_to"
    TASK_KEPT = "task_kept"
    TASKS_SENT = "tasks_sent"
    TASKS_DUE = "tasks_due"
    TASK_ANSWERED = "task_answered"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    FOLLOWED_UP = "followed_up"
    UNFOLLOWED = "unfollowed"
    MERGED = "merged"
    PARTED = "parted"
    DESCRIBED = "described"
    FIELD_ASKED = "field_asked"
    FIELD_WITHDRAWN = "field_withdrawn"
    SPAM = "spam"
    WAITER_ASKED = "waiter_asked"
    WAITER_LET_IN = "waiter_let_in"
    WAITER_TOLD = "waiter_told"
    RATED = "rated"
    JOURNALISED = "journalised"
    INVITED = "invited"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    PUT_RIGHT = "put_right"
    FEEDBACK_GIVEN = "feedback_given"
    FEEDBACK_ANSWERED = "feedback_answered"
    ACCESS_CHANGED = "access_changed"


# What the citizen may read about. The rest would tell of a coming control or of the officer's own work.
TOLD = frozenset({
    Kind.RECEIVED, Kind.INFORMATION_ASKED, Kind.INFORMATION_GIVEN, Kind.CONTACT_CHANGED, Kind.ACCEPTED, Kind.DELAYED,
    Kind.POSTPONED, Kind.ANSWERED, Kind.CORRECTED, Kind.DECLINED, Kind.REFERRED, Kind.WITHDRAWN, Kind.REOPENED,
    Kind.DATES_OFFERED, Kind.DATES_REFUSED, Kind.DATES_LAPSED, Kind.AGREED, Kind.AGREED_ANEW, Kind.CALLED_OFF,
    Kind.REMINDED, Kind.FOLLOWED_UP, Kind.UNFOLLOWED, Kind.SPAM,
})
# What may still happen where it is removed who asked, and what was written.
STILL = frozenset({Kind.MOVED, Kind.JOURNALISED, Kind.BLOCKED, Kind.UNBLOCKED})


class Event(db.Model):
    """One change of a booking, a visit or a place. `officer` is empty where the citizen or the software did it.

    `words` were written by a person, the citizen or the officer; `facts` are what else a letter or a reader needs,
    such as the reason code of a refusal.
    """

    __tablename__ = "events"
    __table_args__ = (Index(None, "kind", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    kind: Mapped[Kind] = mapped_column(one_of(Kind))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    words: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict] = mapped_column(JSON, default=dict)

    booking: Mapped["Booking | None"] = relationship(back_populates="events")
    visit: Mapped["Visit | None"] = relationship(back_populates="events")
    place: Mapped["Place | None"] = relationship(back_populates="events")
    officer: Mapped["Officer | None"] = relationship()

    @property
    def is_told(self) -> bool:
        return self.kind in TOLD


def record(kind: Kind, *, booking=None, visit=None, place=None, officer=None, words: str = "", **facts) -> Event:
    """Append an event. It is also kept in hand until the commit, when letters.py writes what it calls for."""
    if kind not in STILL and any(about is not None and about.removed_on for about in (booking, visit)):
        raise NotAllowed("what tells of people is removed here, and nobody writes anew")
    happened = Event(at=now(), kind=kind, booking=booking, visit=visit, place=place, officer=officer, words=words,
                     facts=facts)
    db.session.add(happened)
    db.session.info.setdefault("unposted", []).append(happened)
    return happened


def newest_event() -> int:
    """The number of the newest event. A page carries it, to tell later what has happened since it was shown."""
    return db.session.scalar(select(func.max(Event.id))) or 0


def take_unposted() -> list[Event]:
    """The events since the last commit, each handed out once."""
    return db.session.info.pop("unposted", [])


@sqlalchemy_event.listens_for(Session, "after_soft_rollback")
def _forget_unposted(session, _previous):
    session.info.pop("unposted", None)


def forget_words(events: ColumnElement[bool], kept: frozenset[str]) -> None:
    """The one way through: what people wrote is taken out, of `facts` all but those `kept`. What happened, when, and
    which officer did it stays."""
    for id, facts in db.session.execute(select(Event.id, Event.facts).where(events)).all():
        db.session.execute(update(Event).where(Event.id == id).values(
            words="", facts={name: fact for name, fact in facts.items() if name in kept}),
            execution_options={"forgets": True, "synchronize_session": False})


@sqlalchemy_event.listens_for(Session, "do_orm_execute")
def _refuse_many(asked):
    changes = asked.is_update or asked.is_delete
    if changes and asked.statement.table.name == Event.__tablename__ and not asked.execution_options.get("forgets"):
        raise NotAllowed("events are history and cannot be changed")


@sqlalchemy_event.listens_for(Event, "before_update")
@sqlalchemy_event.listens_for(Event, "before_delete")
def _refuse(_mapper, _connection, happened):
    raise NotAllowed(f"event {happened.id} is history and cannot be changed")
