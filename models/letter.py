"""A letter is a row before it is a mail: written with the change it tells of, sent when the post allows."""

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Integer, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NotAllowed, UTCDateTime, db, now, one_of
from .workdays import midnight, today

if TYPE_CHECKING:
    from .booking import Booking
    from .officer import Officer
    from .task import Owner

PATIENCE = timedelta(hours=72)  # how long a mail server may be away before a letter has failed
PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60, 120, 240, 480))
CLAIM = timedelta(minutes=10)  # after which a letter that a killed worker had in hand is tried again


class Way(enum.StrEnum):
    """How a letter reaches its reader. By phone and by post it is a task for the officer."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "letter"


class Fate(enum.StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"


DONE_WITH = frozenset({Fate.SENT, Fate.HELD})  # nobody need see to it any more


def mailbox(address: str) -> str:
    """An e-mail address as addresses are compared: small letters, and without what anybody may put behind a plus."""
    name, _, host = address.casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


class Letter(db.Model):
    """One letter to one reader, as it was sent. `error` is the last refusal in plain words; `calendar` is the entry
    for the reader's calendar (iCalendar) that a mail brings along.

    The Message-ID stays the same at every try, so that a repeat is recognised as one.
    """

    __tablename__ = "letters"
    __table_args__ = (Index(None, "fate", "way", "next_try_at"), Index(None, "kind", "made_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    way: Mapped[Way] = mapped_column(one_of(Way))
    recipient: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    fate: Mapped[Fate] = mapped_column(one_of(Fate), default=Fate.WAITING)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(String(300), default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    give_up_at: Mapped[datetime] = mapped_column(UTCDateTime, default=lambda: now() + PATIENCE)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))

    booking: Mapped["Booking | None"] = relationship(back_populates="letters")
    owner: Mapped["Owner | None"] = relationship(back_populates="letters")
    done_by: Mapped["Officer | None"] = relationship()

    @classmethod
    def claim(cls) -> "Letter | None":
        """The next letter that is due, held for this worker alone. Commit before sending it.

        A letter in hand for longer than CLAIM belonged to a worker that was killed; it is due again. One that another
        worker is just claiming is passed over.
        """
        due = (select(cls.id).where(cls.fate.in_((Fate.WAITING, Fate.SENDING)), cls.way == Way.EMAIL,
                                    cls.next_try_at <= now()).order_by(cls.next_try_at, cls.id).limit(1)
               .with_for_update(skip_locked=True))
        found = db.session.scalar(due)
        if found is None:
            return None
        taken = db.session.execute(
            update(cls).where(cls.id == found, cls.next_try_at <= now())
            .values(fate=Fate.SENDING, next_try_at=now() + CLAIM, tries=cls.tries + 1))
        return db.session.get(cls, found, populate_existing=True) if taken.rowcount == 1 else None

    @classmethod
    def today_to(cls, address: str, kinds: Iterable[str]) -> int:
        """How many mails of these kinds were written to this address today and not held back."""
        box = mailbox(address)
        return sum(mailbox(to) == box for to in db.session.scalars(select(cls.recipient).where(
            cls.kind.in_(kinds), cls.made_at >= midnight(today()), cls.way == Way.EMAIL, cls.fate != Fate.HELD)))

    @property
    def is_task(self) -> bool:
        """Whether an officer must phone or post it."""
        return self.way is not Way.EMAIL and self.fate is Fate.WAITING

    def went(self) -> None:
        self.fate, self.sent_at, self.error = Fate.SENT, now(), ""

    def refused(self, error: str) -> None:
        """The mail server will never take it."""
        self.fate, self.error = Fate.FAILED, error[:300]

    def hold_back(self, why: str) -> None:
        """It is not sent, and whoever looks at it sees why."""
        self.fate, self.error = Fate.HELD, why

    def put_off(self, error: str) -> None:
        """The mail server could not take it now: a growing pause, and after PATIENCE it has failed."""
        self.error = error[:300]
        next_try = now() + PAUSES[min(self.tries, len(PAUSES)) - 1]
        self.fate, self.next_try_at = (Fate.FAILED, now()) if next_try > self.give_up_at else (Fate.WAITING, next_try)

    def send_again(self, recipient: str) -> None:
        """An officer tries once more, perhaps to the citizen's new address, with the same words."""
        if self.fate is not Fate.FAILED:
            raise NotAllowed(f"letter {self.id} is {self.fate}")
        self.recipient, self.fate, self.tries = recipient, Fate.WAITING, 0
        self.next_try_at, self.give_up_at = now(), now() + PATIENCE

    def do_by_hand(self, officer: "Officer") -> None:
        """The officer has phoned or posted it, or reached the citizen otherwise after it failed."""
        if not (self.is_task or self.fate is Fate.FAILED):
            raise NotAllowed(f"letter {self.id} is {self.fate}")
        self.fate, self.sent_at, self.done_by, self.error = Fate.SENT, now(), officer, ""
