"""The log of what officers do, reading included: appended to, never changed.

An Event is the history of a case: what became of it, in words, for whoever works on it. An Entry here is about the
officer: who opened or pressed what, and when, even where nothing came of it. So it never repeats an event's words or
a citizen's name; the address within the office, such as sag/K7MDPXQA/afslag, leads to them. Two deeds of which one
is also an event are not the same thing logged twice: neither can be told from the other.

Each entry holds the hash of the one before, so that none can be changed or left out without all later ones giving
it away. Writers queue at the database's door, and no two entries may follow the same one (`before` is unique). That
the newest are missing shows only to whoever has kept an earlier hash: `flask audit verify` prints the last one.
"""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Boolean, ForeignKey, String, Text, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from .base import UTCDateTime, db, now
from .officer import Officer


@dataclass
class Deed:
    """What an officer is about to do: the name of the page, and its address within the office.

    What was done to an account from outside is about its officer, if there is one: somebody tried to get in
    ("wrong_try", "locked"), or the operator gave a command ("operator"). A reader who knocked where they may not was
    "turned_away".
    """

    officer_id: int | None
    what: str
    about: str


class Entry(db.Model):
    """`changed` tells whether something was done there, or it was only read."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"), index=True)
    what: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(Text)
    changed: Mapped[bool] = mapped_column(Boolean)
    before: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64))

    officer: Mapped[Officer | None] = relationship()

    @classmethod
    def append(cls, session: Session, deed: Deed, changed: bool) -> None:
        last = session.scalar(select(cls.hash).order_by(cls.id.desc()).limit(1))
        entry = cls(at=now(), officer_id=deed.officer_id, what=deed.what, about=deed.about, changed=changed,
                    before=last or "")
        entry.hash = entry.reckoned()
        session.add(entry)

    def reckoned(self) -> str:
        """The hash of what stands here, and of all before."""
        content = [self.before, self.at.astimezone(UTC).isoformat(), self.officer_id, self.what, self.about,
                   self.changed]
        return sha256(json.dumps(content).encode()).hexdigest()


def in_hand(deed: Deed) -> None:
    """Kept until the commit, which writes it in the same transaction; app code writes aside what was only read."""
    db.session.info["deed"] = deed


@event.listens_for(db.session, "before_commit")
def _write_with_the_deed(session) -> None:
    deed = session.info.pop("deed", None)
    if deed:
        Entry.append(session, deed, changed=True)


def broken_at() -> tuple[int | None, int, set[str], str]:
    """The number of the first entry that does not fit the one before or its own content; how many fit, all their
    hashes, and the last one."""
    before, hashes = "", set()
    with closing(db.session.scalars(select(Entry).order_by(Entry.id).execution_options(yield_per=1000))) as entries:
        for entry in entries:
            if entry.before != before or entry.hash != entry.reckoned():
                return entry.id, len(hashes), hashes, before
            before = entry.hash
            hashes.add(before)
    return None, len(hashes), hashes, before
