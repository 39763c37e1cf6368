"""What people at a meeting or on a walk believe, asked before and after: the poll of one visit."""

from collections import Counter
from hashlib import sha256

from sqlalchemy import JSON, ForeignKey, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from . import limits
from .base import Numbered, db, new_secret, one_of, require
from .enums import OPEN_ROUND, PollRound, PollStatus
from .events import EventKind, record_event
from .lookup import new_code
from .officers import Officer
from .visits import Visit


class PollAnswer(db.Model):
    """What one phone answers in the round that is open, {question: option}. `phone` is a hash from which the phone's
    cookie cannot be told. The row is gone when the round is closed."""

    poll_id: Mapped[int] = mapped_column(ForeignKey("polls.id"), primary_key=True)
    phone: Mapped[str] = mapped_column(String(64), primary_key=True)
    answers: Mapped[dict] = mapped_column(JSON)


class PollCount(db.Model):
    """How many chose one option of a question in a round: on their phones, and by show of hands or on paper as an
    officer counted them."""

    poll_id: Mapped[int] = mapped_column(ForeignKey("polls.id"), primary_key=True)
    round: Mapped[PollRound] = mapped_column(one_of(PollRound), primary_key=True)
    question: Mapped[str] = mapped_column(String(32), primary_key=True)
    option: Mapped[str] = mapped_column(String(32), primary_key=True)
    by_phone: Mapped[int] = mapped_column(Integer, default=0)
    by_hand: Mapped[int] = mapped_column(Integer, default=0)


class Poll(Numbered, db.Model):
    """The poll of one visit. On the visit's day `code` opens its page for whoever takes part, and `secret` the page for
    the projector; on any other day, nothing. It only moves forward through its `status`, but for a round in vain.

    `facts` are what the figures say to the questions, as it was when the officer showed it: {question: {"right": the
    option that holds, "texts": {language: sentence}, "sources": {language: source}}}.
    """

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), unique=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    secret: Mapped[str] = mapped_column(String(32), default=new_secret)
    status: Mapped[PollStatus] = mapped_column(one_of(PollStatus), default=PollStatus.NEW)
    facts: Mapped[dict] = mapped_column(JSON, default=dict)

    visit: Mapped[Visit] = relationship(back_populates="poll")
    answers: Mapped[list[PollAnswer]] = relationship(cascade="all, delete-orphan")
    counts: Mapped[list[PollCount]] = relationship(cascade="all, delete-orphan")

    @classmethod
    def of(cls, visit: Visit) -> "Poll":
        """The visit's poll, made where there is none yet."""
        return visit.poll or cls.create(visit=visit, code=_free_code(), status=PollStatus.NEW, facts={})

    @classmethod
    def by_code(cls, typed: str) -> "Poll | None":
        """The poll that has this code today, in large letters or small, with what is typed between them."""
        poll = cls.one_by(code="".join(filter(str.isalnum, typed)).upper())
        return poll if poll and poll.visit.is_on_its_day else None

    @classmethod
    def close_due(cls) -> None:
        """Close the round that is still open when the day of its visit is over."""
        for poll in db.session.scalars(select(cls).where(cls.status.in_(OPEN_ROUND))).all():
            if not poll.visit.is_on_its_day:
                poll.close(None)

    @property
    def open_round(self) -> PollRound | None:
        """The round that phones answer now."""
        return OPEN_ROUND.get(self.status)

    @property
    def next_steps(self) -> list[PollStatus]:
        """What may follow. A round that nobody has answered may be opened again, as when the meeting was moved; where
        nobody has answered any, both."""
        answered = {count.round for count in self.counts if count.by_phone + count.by_hand}
        again = [step for step, poll_round in OPEN_ROUND.items()
                 if step.next_steps == [self.status] and poll_round not in answered
                 or self.status is PollStatus.AFTER_CLOSED and not answered]
        return again + self.status.next_steps

    @property
    def shown_rounds(self) -> list[PollRound]:
        """The rounds that have been counted; the one that is open is not shown, so that nobody follows the crowd."""
        counted = {count.round for count in self.counts}
        return [poll_round for poll_round in PollRound if poll_round in counted and poll_round != self.open_round]

    def open(self, officer: Officer, step: PollStatus) -> None:
        """Let phones answer the round of `step`."""
        require(step in OPEN_ROUND and self.visit.is_on_its_day, f"poll {self.id} cannot be opened")
        self._advance(officer, step, EventKind.POLL_OPENED)

    def close(self, officer: Officer | None) -> None:
        """Count what the phones have answered, and delete each phone's answers."""
        require(self.open_round, f"poll {self.id} is not open")
        chosen = Counter(pair for answer in self.answers for pair in answer.answers.items())
        for (question, option), number in chosen.items():
            self._count(self.open_round, question, option).by_phone = number
        self.answers = []
        self._advance(officer, self.status.next_steps[0], EventKind.POLL_CLOSED)

    def show_facts(self, officer: Officer, facts: dict) -> None:
        """Show what the figures say, and keep it as it is now."""
        self.facts = facts
        self._advance(officer, PollStatus.FACTS_SHOWN, EventKind.POLL_FACTS_SHOWN)

    def answer(self, phone: str, answers: dict[str, str]) -> None:
        """What one phone answers, in place of what it has answered before. `phone` is the phone's own secret."""
        require(self.open_round, f"poll {self.id} is not open")
        db.session.merge(PollAnswer(poll_id=self.id, phone=self._key_of(phone), answers=answers))

    def answers_of(self, phone: str) -> dict[str, str]:
        """What this phone has answered in the round that is open."""
        row = db.session.get(PollAnswer, (self.id, self._key_of(phone)))
        return row.answers if row else {}

    def enter_counts(self, officer: Officer, poll_round: PollRound, numbers: dict[tuple[str, str], int]) -> None:
        """Keep what an officer counted: {(question, option): number}. It replaces what was entered before."""
        for (question, option), number in numbers.items():
            self._count(poll_round, question, option).by_hand = number
        record_event(EventKind.POLL_COUNTED, visit=self.visit, officer=officer, round=poll_round)

    def results(self, poll_round: PollRound, question: str) -> dict[str, int]:
        """How many chose each option; empty where the round is open, or fewer than limits.LEAST_ANSWERS answered."""
        found = {count.option: count.by_phone + count.by_hand for count in self.counts
                 if (count.round, count.question) == (poll_round, question)}
        return found if sum(found.values()) >= limits.LEAST_ANSWERS and poll_round != self.open_round else {}

    def _advance(self, officer: Officer | None, step: PollStatus, kind: EventKind) -> None:
        require(step in self.next_steps, f"poll {self.id} is {self.status}")
        self.status = step
        record_event(kind, visit=self.visit, officer=officer, status=step)

    def _count(self, poll_round: PollRound, question: str, option: str) -> PollCount:
        for count in self.counts:
            if (count.round, count.question, count.option) == (poll_round, question, option):
                return count
        self.counts.append(PollCount(round=poll_round, question=question, option=option, by_phone=0, by_hand=0))
        return self.counts[-1]

    def _key_of(self, phone: str) -> str:
        """Another one in each poll and round, so that none can be told to be the same phone's."""
        return sha256(f"{self.secret} {self.open_round} {phone}".encode()).hexdigest()


def _free_code() -> str:
    while True:
        code = new_code(limits.POLL_CODE_LENGTH)
        if Poll.one_by(code=code) is None:
            return code
