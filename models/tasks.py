"""What somebody is asked to do after a visit, who that is, and how it goes."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, Date, ForeignKey, LargeBinary, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from languages import MAIN

from . import limits
from .base import HasPoint, Numbered, OpenedByLink, UTCDateTime, db, now, one_of, require
from .enums import NOT_GONE, OURSELVES, OVER, REFUSALS, UNTOUCHED, Channel, DeliveryStatus, TaskStatus
from .events import Event, EventKind, record_event
from .working_days import local, today

if TYPE_CHECKING:
    from . import Letter, Officer, Visit


class Assignee(OpenedByLink, db.Model):
    """Whoever is responsible for tasks of one visit: `kind` in a word, for everybody; name and address for us alone.

    The secret opens their own page. Without an address, an officer tells them.
    """

    __tablename__ = "owners"
    __table_args__ = (UniqueConstraint("visit_id", "kind"),)

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(2), default=MAIN)

    visit: Mapped["Visit"] = relationship(back_populates="assignees")
    tasks: Mapped[list["Task"]] = relationship(back_populates="assignee", order_by="Task.number")
    letters: Mapped[list["Letter"]] = relationship(back_populates="assignee", order_by="Letter.id")

    @classmethod
    def for_visit(cls, visit: "Visit", kind: str) -> "Assignee":
        """Who answers for tasks of this kind after this visit."""
        known = (owner for owner in visit.assignees if owner.kind == kind)
        return next(known, None) or cls.create(visit=visit, kind=kind)

    @property
    def reply(self) -> Channel | None:
        """How they are told where there is no address: an officer phones them. Ourselves, nobody needs to phone."""
        return Channel.PHONE if self.kind != OURSELVES else None

    def reached_by(self, channel: Channel) -> str:
        """The address for letters by this channel, or who is phoned, where that has a name."""
        return self.email if channel is Channel.EMAIL else self.name

    def change_contact(self, *, name: str, email: str, language: str) -> None:
        """Letters that still wait go where the owner can be reached now."""
        require(not self.visit.removed_on, f"who answered for visit {self.visit_id} is removed")
        self.name, self.email, self.language = name, email, language
        for letter in self.letters:
            if letter.delivery_status is DeliveryStatus.WAITING and letter.channel is Channel.EMAIL:
                letter.follow_reader()

    def send(self, officer: "Officer") -> Event | None:
        """Tell them of what they have not been told yet; None where there is nothing."""
        untold = [task for task in self.tasks if task.is_open and not task.sent_on]
        for task in untold:
            task.mark_sent()
        self.visit.refresh_result()
        return self._record(EventKind.TASKS_SENT, untold, officer)

    @classmethod
    def remind_due(cls) -> None:
        """Whoever was to do something is asked, when it is time; ourselves only where there is an address for it."""
        for owner in db.session.scalars(select(cls).join(Task).where(
                Task.ask_on <= today(), or_(cls.kind != OURSELVES, cls.email != "")).distinct().order_by(cls.id)).all():
            owner.remind()

    def remind(self) -> Event | None:
        """Ask how it goes with all that it is time for: one letter, however many tasks. About a task of which a letter
        still waits to tell them, or to ask, there is none beside it."""
        waiting = {number for letter in self._waiting_letters for number in letter.event.facts["numbers"]}
        for task in self.tasks:
            task.ask_next()  # what was asked last may have been held back since, or phoned later
        due = [task for task in self.tasks if task.is_to_be_asked and task.number not in waiting]
        return self._record(EventKind.TASKS_DUE, due)

    def hold_back_idle_letters(self) -> None:
        """None goes that waits to tell them of tasks, or to ask about them, and says what holds no more."""
        for letter in self._waiting_letters:
            self.hold_back_if_idle(letter)

    def hold_back_if_idle(self, letter: "Letter") -> bool:
        """The letter goes no more where one of its tasks is over, theirs no more, or worded anew; another one is about
        what is still to be told, or asked. Whether that is so."""
        kind, still_to_do = EventKind(letter.kind), self._still_to_do(letter)
        if len(still_to_do) == len(letter.event.facts["numbers"]) and not self._is_reworded_since(letter):
            return False
        letter.suppress("idle")
        for task in still_to_do:
            task.ask_next()  # it has not been asked after all, and may have been given more time
        self._record(kind, [t for t in still_to_do if kind is EventKind.TASKS_SENT or t.is_to_be_asked])
        return True

    def letters_about(self, kind: EventKind, number: int) -> list["Letter"]:
        """Those that told them of a task, or asked about it, or were to do so; it may be somebody else's by now."""
        return [letter for letter in self.letters if letter.kind == kind and number in letter.event.facts["numbers"]]

    @property
    def notified_tasks(self) -> list["Task"]:
        """What they know of."""
        return [task for task in self.tasks if task.sent_on]

    def notified_task(self, number: int) -> "Task | None":
        return next((task for task in self.notified_tasks if task.number == number), None)

    @property
    def _waiting_letters(self) -> list["Letter"]:
        """By which they were to hear of tasks, or to be asked about them, and have not."""
        return [letter for letter in self.letters if letter.delivery_status in NOT_GONE]

    def _still_to_do(self, letter: "Letter") -> list["Task"]:
        """The tasks that a letter is about, but for those that are over, or theirs no more."""
        return [task for task in self.notified_tasks if task.is_open and task.number in letter.event.facts["numbers"]]

    def _is_reworded_since(self, letter: "Letter") -> bool:
        """Whether an officer has changed, since it was written, what it says of one of its tasks."""
        events, numbers = self.visit.events, letter.event.facts["numbers"]
        later = events[events.index(letter.event) + 1:]
        return any("reworded" in event.facts and event.facts["number"] in numbers for event in later)

    def _record(self, kind: EventKind, tasks: list["Task"], officer: "Officer | None" = None) -> Event | None:
        return record_event(kind, visit=self.visit, officer=officer, owner=self.id, who=self.kind,
                            numbers=[task.number for task in tasks]) if tasks else None


class Task(HasPoint, Numbered, db.Model):
    """One thing to be done: an agreed action, or what was seen at one spot. Its number stays for good.

    `what` and `reason` are the officer's words; `details` are the answers to the rest of its service's form.
    What its assignee writes stands in the events alone. `has_unread` is true until an officer has read it.
    `ask_on` is the day on which the assignee is asked how it goes.
    """

    __table_args__ = (UniqueConstraint("visit_id", "number"),)

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    number: Mapped[int] = mapped_column()
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"), index=True)
    form_token: Mapped[str] = mapped_column("once", String(64), unique=True)
    status: Mapped[TaskStatus] = mapped_column(one_of(TaskStatus))
    has_unread: Mapped[bool] = mapped_column("news", Boolean, default=False, index=True)
    what: Mapped[str] = mapped_column(Text)
    details: Mapped[dict] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    public: Mapped[bool] = mapped_column(Boolean)
    due_on: Mapped[date | None] = mapped_column(Date)
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_on: Mapped[date | None] = mapped_column(Date)
    ask_on: Mapped[date | None] = mapped_column(Date, index=True)

    visit: Mapped["Visit"] = relationship(back_populates="tasks")
    assignee: Mapped["Assignee | None"] = relationship(back_populates="tasks")
    photo: Mapped["Photo | None"] = relationship(cascade="all, delete-orphan")

    @validates("status")
    def _as_status(self, _column, value: str) -> TaskStatus:
        return TaskStatus(value)

    @classmethod
    def enter(cls, officer: "Officer", visit: "Visit", *, form_token: str, **said) -> "Task":
        """Add a task to a visit that has begun; `said` is what `update` takes. A form sent twice is the task it was."""
        if known := cls.one_by(form_token=form_token):
            return known
        require(visit.has_begun, f"visit {visit.id} has not begun")
        task = cls.create(form_token=form_token, number=max((t.number for t in visit.tasks), default=0) + 1,
                          visit=visit, status=TaskStatus.NEW, entered_at=now())
        task.update(officer, **said)
        return task

    def update(self, officer: "Officer", *, assignee: Assignee | None, status: TaskStatus, reason: str,
               jpeg: bytes | None = None, **columns) -> Event:
        """Put away what the officer says of it. To somebody else who is made responsible, it is new. Where a letter
        about it has not gone yet, another one goes that says what it is now.

        No `jpeg` leaves the photo as it is, an empty one takes it away.
        """
        require(reason or status not in REFUSALS, "a refusal has a reason")
        if self.sent_on and assignee is not self.assignee:
            as_before = status == self.status and status not in OVER  # what the officer has chosen stays
            self.sent_on, status = None, TaskStatus.NEW if as_before else status
        as_told = self._as_told
        self.assignee, self.status, self.reason = assignee, status, reason
        self.assign(**columns)
        changed = {"reworded": True} if self.sent_on and self._as_told != as_told else {}
        letters = assignee.letters_about(EventKind.TASKS_SENT, self.number) if self.sent_on and self.is_open else []
        held_back = [letter for letter in letters[-1:] if letter.delivery_status is DeliveryStatus.SUPPRESSED
                     and letter.error != "unreached"]  # who cannot be written to need not be: that is ourselves
        if held_back and not self.answers:
            self.sent_on = None  # they have not been told after all, nor found it on their page
        if status in UNTOUCHED:  # which of them follows from what has been sent
            self.status = TaskStatus.SENT if self.sent_on else TaskStatus.NEW
        if jpeg is not None:
            self.photo = Photo(jpeg=jpeg) if jpeg else None
        kept = record_event(EventKind.TASK_KEPT, visit=self.visit, officer=officer, number=self.number,
                            status=self.status, **changed)
        for owner in self.visit.assignees:
            owner.hold_back_idle_letters()
        self.ask_next()
        self.visit.refresh_result()
        return kept

    def mark_sent(self) -> None:
        """Its owner gets a letter about it; Assignee.send calls it for each."""
        self.sent_on = today()
        self.status = TaskStatus.SENT if self.status is TaskStatus.NEW else self.status
        self.ask_next()

    def ask_next(self) -> None:
        """When its owner is asked, while it is open: so many days after it was sent, or else at the due date, unless it
        was only sent then. Such a day may be over, and nobody has asked."""
        self.ask_on = None
        if self.sent_on and self.is_open:
            is_late = self.due_on and self.due_on <= self.sent_on
            days = [self.sent_on + timedelta(days) for days in self.visit.rules.follow_up] or [
                self.sent_on + timedelta(limits.LATE_TASK_DAYS) if is_late else self.due_on]
            asked = [letter for letter in self.assignee.letters_about(EventKind.TASKS_DUE, self.number)
                     if letter.delivery_status is not DeliveryStatus.SUPPRESSED]
            last = max([self.sent_on, *(local(letter.sent_at or letter.made_at).date() for letter in asked)])
            self.ask_on = min((day for day in days if day and day > last), default=None)

    def answer(self, status: TaskStatus, words: str) -> Event:
        """What its owner says; a refusal says why."""
        require(self.sent_on and status not in UNTOUCHED and (words or status not in REFUSALS),
                f"task {self.id} cannot be answered with {status}")
        self.status, self.has_unread = status, True
        self.ask_next()
        self.assignee.hold_back_idle_letters()
        self.visit.refresh_result()
        return record_event(EventKind.TASK_ANSWERED, visit=self.visit, words=words, number=self.number,
                            status=self.status, owner=self.owner_id, who=self.assignee.kind)

    def mark_read(self, officer: "Officer") -> Event:
        """The officer has read what the owner answered."""
        self.has_unread = False
        return record_event(EventKind.SEEN, visit=self.visit, officer=officer, number=self.number, status=self.status)

    @property
    def all_answers(self) -> list[Event]:
        """What whoever has been responsible for it has said of it, oldest first."""
        return [event for event in self.visit.events
                if event.kind is EventKind.TASK_ANSWERED and event.facts["number"] == self.number]

    @property
    def answers(self) -> list[Event]:
        """What its present owner has said of it."""
        return [event for event in self.all_answers if event.facts["owner"] == self.owner_id]

    @property
    def newest(self) -> int:
        """The number of the event that changed it last, by an officer or by its assignee."""
        kinds = (EventKind.TASK_KEPT, EventKind.TASK_ANSWERED)
        return max((e.id for e in self.visit.events if e.kind in kinds and e.facts["number"] == self.number), default=0)

    def has_said(self, status: str, words: str) -> bool:
        """Whether that is what its assignee has said, and nobody has changed anything since."""
        return [(e.id, e.facts["status"], e.words) for e in self.answers[-1:]] == [(self.newest, status, words)]

    @property
    def _as_told(self) -> tuple:
        """What of it letters say, and an officer may change; who is responsible gets a letter of their own."""
        return self.what, self.details, self.due_on

    @property
    def is_to_be_asked(self) -> bool:
        """Whether the day has come on which its owner is asked."""
        return self.ask_on is not None and self.ask_on <= today()

    @property
    def is_refused(self) -> bool:
        return self.status in REFUSALS

    @property
    def is_open(self) -> bool:
        return self.status not in OVER


class Photo(db.Model):
    """What was seen, as forms/photos.py has taken it anew: in the database, so that one backup holds everything."""

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class FindingsLink(OpenedByLink, db.Model):
    """Opens the findings of one visit and nothing else, until they are reported, or it expires or is withdrawn.

    Photo vans are largely manned by civilians, who have no business among the citizens' cases.
    """

    __tablename__ = "field_links"
    # After the visit; what has not been entered by then, the officer asks for. The letter says this and no date, from
    # which the day of a coming visit could be told.
    lifetime = timedelta(days=7)

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_press: Mapped[dict | None] = mapped_column(JSON)  # as a LogIn keeps its own

    visit: Mapped["Visit"] = relationship(back_populates="field_links")

    @classmethod
    def send(cls, officer: "Officer", visit: "Visit", email: str, language: str) -> "FindingsLink":
        """Mail a new link; the letter says nothing of where and when."""
        require(visit.is_open, f"visit {visit.id} is {visit.status}")
        link = cls.create(visit=visit, email=email, language=language,
                          expires_at=max(visit.ends_at, now()) + cls.lifetime)
        db.session.flush()  # its number is in the letter
        record_event(EventKind.FIELD_ASKED, visit=visit, officer=officer, words=email, link=link.id)
        return link

    @classmethod
    def held_by(cls, officer: "Officer") -> list["FindingsLink"]:
        """Those that this officer has sent to somebody, or got, and that work or might again: a visit that is moved
        takes its link along."""
        asked = db.session.scalars(select(Event).filter_by(kind=EventKind.FIELD_ASKED, officer=officer))
        sent = {event.facts["link"] for event in asked}
        links = db.session.scalars(select(cls).where(cls.withdrawn_at.is_(None)))
        return [link for link in links
                if link.visit.is_open and (link.id in sent or officer.is_reached_at(link.email))]

    @property
    def works(self) -> bool:
        return self.withdrawn_at is None and now() < self.until and self.visit.is_open

    @property
    def until(self) -> datetime:
        """A visit that is moved takes its link along."""
        return max(self.expires_at, self.visit.ends_at + self.lifetime)

    def enter_findings(self, draft: dict) -> Event | None:
        require(self.works, f"link {self.id} does not work any more")
        return self.visit.enter_findings(None, draft, by=self.email)

    def withdraw(self, officer: "Officer") -> Event:
        self.withdrawn_at = now()
        return record_event(EventKind.FIELD_WITHDRAWN, visit=self.visit, officer=officer, words=self.email)
