"""What somebody is asked to do after a visit, who that is, and how it goes."""

import enum
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, Date, Float, ForeignKey, LargeBinary, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from .base import NotAllowed, OpenedByLink, UTCDateTime, db, now, one_of
from .event import Event, Kind, record
from .letter import Fate, Way
from .workdays import today

if TYPE_CHECKING:
    from .letter import Letter
    from .officer import Officer
    from .visit import Visit


class TaskStatus(enum.StrEnum):
    NEW = "new"
    SENT = "sent"
    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    DONE = "done"
    REFUSED = "refused"
    IMPOSSIBLE = "impossible"


UNTOUCHED = frozenset({TaskStatus.NEW, TaskStatus.SENT})  # nobody has said how it goes
REFUSALS = frozenset({TaskStatus.REFUSED, TaskStatus.IMPOSSIBLE})  # only with a reason
OVER = REFUSALS | {TaskStatus.DONE}


class Owner(OpenedByLink, db.Model):
    """Whoever is responsible for tasks of one visit: `kind` in a word, for everybody; name and address for us alone.

    The secret opens their own page. Without an address, an officer tells them.
    """

    __tablename__ = "owners"
    __table_args__ = (UniqueConstraint("visit_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(2), default="da")

    visit: Mapped["Visit"] = relationship(back_populates="owners")
    tasks: Mapped[list["Task"]] = relationship(back_populates="owner", order_by="Task.number")
    letters: Mapped[list["Letter"]] = relationship(back_populates="owner")

    @classmethod
    def of(cls, visit: "Visit", kind: str) -> "Owner":
        """Who answers for tasks of this kind after this visit."""
        known = next((owner for owner in visit.owners if owner.kind == kind), None)
        if known is None:
            known = cls(visit=visit, kind=kind)
            db.session.add(known)
        return known

    def change_contact(self, *, name: str, email: str, language: str) -> None:
        """Letters that still wait go where the owner can be reached now."""
        if self.visit.removed_on:
            raise NotAllowed(f"who answered for visit {self.visit_id} is removed")
        self.name, self.email, self.language = name, email, language
        for letter in self.letters:
            if letter.fate is Fate.WAITING and letter.way is Way.EMAIL and email:
                letter.recipient = email

    def send(self, officer: "Officer", follow_up: tuple[int, ...]) -> Event | None:
        """Tell them of what they have not been told yet; None where there is nothing."""
        untold = [task for task in self.tasks if task.is_open and not task.sent_on]
        for task in untold:
            task.tell(follow_up)
        return self._record(Kind.TASKS_SENT, untold, officer)

    def remind(self, follow_up: tuple[int, ...]) -> Event | None:
        """Ask how it goes with all that it is time for: one letter, however many tasks."""
        due = [task for task in self.tasks if task.ask_on and task.ask_on <= today()]
        for task in due:
            task.ask_next(follow_up)
        return self._record(Kind.TASKS_DUE, due)

    @property
    def told(self) -> list["Task"]:
        """What they know of."""
        return [task for task in self.tasks if task.sent_on]

    def _record(self, kind: Kind, tasks: list["Task"], officer: "Officer | None" = None) -> Event | None:
        return record(kind, visit=self.visit, officer=officer, owner=self.id, who=self.kind,
                      numbers=[task.number for task in tasks]) if tasks else None


class Task(db.Model):
    """One thing to be done: an agreed action, or what was seen at one spot. Its number stays for good.

    `what` and `reason` are the officer's words; `details` are the answers to the rest of its service's form.
    What its owner writes stands in the events alone. `news` is true until an officer has read it.
    `ask_on` is the day on which the owner is asked how it goes.
    """

    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("visit_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    number: Mapped[int] = mapped_column()
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"), index=True)
    once: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[TaskStatus] = mapped_column(one_of(TaskStatus))
    news: Mapped[bool] = mapped_column(Boolean, default=False, index=True)
    what: Mapped[str] = mapped_column(Text)
    details: Mapped[dict] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    public: Mapped[bool] = mapped_column(Boolean)
    due_on: Mapped[date | None] = mapped_column(Date)
    lat: Mapped[float | None] = mapped_column(Float)
    lng: Mapped[float | None] = mapped_column(Float)
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_on: Mapped[date | None] = mapped_column(Date)
    ask_on: Mapped[date | None] = mapped_column(Date, index=True)

    visit: Mapped["Visit"] = relationship(back_populates="tasks")
    owner: Mapped["Owner | None"] = relationship(back_populates="tasks")
    photo: Mapped["Photo | None"] = relationship(cascade="all, delete-orphan")

    @validates("status")
    def _as_status(self, _column, value: str) -> TaskStatus:
        return TaskStatus(value)

    @classmethod
    def owners_due(cls, day: date) -> list[Owner]:
        """Who is to be asked how it goes."""
        return list(db.session.scalars(select(Owner).join(cls).where(cls.ask_on <= day).distinct().order_by(Owner.id)))

    @classmethod
    def enter(cls, officer: "Officer", visit: "Visit", *, once: str, **said) -> "Task":
        """Add a task to a visit that has begun; `said` is what `keep` takes. A form sent twice is the task it was."""
        if known := db.session.scalar(select(cls).where(cls.once == once)):
            return known
        if not visit.has_begun:
            raise NotAllowed(f"visit {visit.id} has not begun")
        task = cls(once=once, number=max((t.number for t in visit.tasks), default=0) + 1, visit=visit,
                   status=TaskStatus.NEW, entered_at=now())
        db.session.add(task)
        task.keep(officer, **said)
        return task

    def keep(self, officer: "Officer", *, owner: Owner | None, status: TaskStatus, reason: str,
             follow_up: tuple[int, ...], jpeg: bytes | None = None, **columns) -> Event:
        """Put away what the officer says of it. To somebody else who is made responsible, it is new.

        No `jpeg` leaves the photo as it is, an empty one takes it away.
        """
        if status in REFUSALS and not reason:
            raise NotAllowed("a refusal has a reason")
        if self.sent_on and owner is not self.owner:
            self.sent_on, status = None, status if status in OVER else TaskStatus.NEW
        if status in UNTOUCHED:  # which of them follows from what has been sent
            status = TaskStatus.SENT if self.sent_on else TaskStatus.NEW
        self.owner, self.status, self.reason = owner, status, reason
        for name in ("what", "details", "due_on", "public", "lat", "lng"):
            setattr(self, name, columns[name])
        if jpeg is not None:
            self.photo = Photo(jpeg=jpeg) if jpeg else None
        self.ask_next(follow_up)
        return record(Kind.TASK_KEPT, visit=self.visit, officer=officer, number=self.number, status=self.status)

    def tell(self, follow_up: tuple[int, ...]) -> None:
        """Its owner gets a letter about it; Owner.send calls it for each."""
        self.sent_on = today()
        self.status = TaskStatus.SENT if self.status is TaskStatus.NEW else self.status
        self.ask_next(follow_up)

    def ask_next(self, follow_up: tuple[int, ...]) -> None:
        """When its owner is asked, while it is open: so many days after it was sent, or else at the due date."""
        days = [self.sent_on + timedelta(days) for days in follow_up] or [self.due_on] if self.sent_on else []
        self.ask_on = min((day for day in days if day and day > today()), default=None) if self.is_open else None

    def answer(self, status: TaskStatus, words: str) -> Event:
        """What its owner says; a refusal says why."""
        if not self.sent_on or status in UNTOUCHED or (status in REFUSALS and not words):
            raise NotAllowed(f"task {self.id} cannot be answered with {status}")
        self.status, self.news = status, True
        self.ask_on = self.ask_on if self.is_open else None
        return record(Kind.TASK_ANSWERED, visit=self.visit, words=words, number=self.number, status=self.status,
                      owner=self.owner_id, who=self.owner.kind)

    def see(self, officer: "Officer") -> Event:
        """The officer has read what the owner answered."""
        self.news = False
        return record(Kind.SEEN, visit=self.visit, officer=officer, number=self.number, status=self.status)

    @property
    def answers(self) -> list[Event]:
        """What its present owner has said of it, oldest first."""
        return [event for event in self.visit.events if event.kind is Kind.TASK_ANSWERED
                and event.facts["number"] == self.number and event.facts["owner"] == self.owner_id]

    @property
    def is_refused(self) -> bool:
        return self.status in REFUSALS

    @property
    def is_open(self) -> bool:
        return self.status not in OVER


class Photo(db.Model):
    """What was seen, as forms/photo.py has taken it anew: in the database, so that one backup holds everything."""

    __tablename__ = "photos"

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
