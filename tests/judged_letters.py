"""A letter of every kind in both languages as a file, and every calendar entry and feed, for judges from outside:
judged_letters.py FOLDER. bin/judge starts it, with SpamAssassin and any parser of iCalendar."""

import itertools
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_migrate import upgrade
from sqlalchemy import select

from app import create_app
from demo import story
from languages import LANGUAGES, in_each_language
from mail import ics, letters, outbox
from models import (
    Channel,
    Event,
    EventKind,
    Feedback,
    FindingsLink,
    Invite,
    Letter,
    Officer,
    Role,
    Visit,
    VisitStatus,
    WaitlistEntry,
    db,
    today,
)
from models.events import record_event


def write(folder: Path) -> int:
    """How many letters there are; each is a file whose name is its kind and language."""
    with TemporaryDirectory() as instance:
        app = create_app({"INSTANCE": instance, "TESTING": True, "SERVER_NAME": "book.example.dk",
                          "PREFERRED_URL_SCHEME": "https"})
        with app.app_context():
            upgrade()
            story.fill()
            officer = Officer.by_email(story.OFFICER)
            _send_rare_kinds(officer)
            db.session.commit()
            written = [*_in_each_language(), *_to_officers()]
            for number, letter in enumerate(written):
                name = f"{number:03}-{letter.kind}-{letter.language}"
                (folder / f"{name}.eml").write_bytes(outbox._as_mail(letter).as_bytes())
                if letter.calendar:
                    (folder / f"{name}.ics").write_bytes(letter.calendar.encode())
            for language, feed in in_each_language(ics.public_feed).items():
                (folder / f"feed-{language}.ics").write_bytes(feed.encode())
            (folder / "feed-officer.ics").write_bytes(ics.officer_feed(officer).encode())
            missing = {path.stem for path in Path(app.root_path, "templates/letters").glob("[!_]*.txt")} - {
                letter.kind for letter in written}
            assert not missing, f"no letter of {missing}"
            db.session.remove()
            db.engine.dispose()
    return len(written)


def _send_rare_kinds(officer: Officer) -> None:
    """What does not happen in the demo's year."""
    Invite.send(officer, "ny@politi.example", Role.READER)
    planned = db.session.scalars(select(Visit).filter_by(status=VisitStatus.PLANNED)).first()
    FindingsLink.send(officer, planned, "felt@politi.example", "da")
    message = Feedback.receive(form_token="1", page="Forsiden", words="Kan ikke læses.", email="kim@example.dk",
                               language="da")
    message.answer(officer, "Tak. Det er rettet nu.")
    for what in ("password", "locked"):
        record_event(EventKind.ACCESS_CHANGED, officer=officer, what=what)
    WaitlistEntry.ask("van", "venter@example.dk", "da")
    waiter = db.session.scalars(select(WaitlistEntry)).first()
    record_event(EventKind.WAITER_LET_IN, officer=officer, waiter=waiter.id, service="van",
                 until=(today() + timedelta(days=7)).isoformat())
    record_event(EventKind.WAITER_TOLD, waiter=waiter.id, service="van")
    asked = _newest(EventKind.TASKS_SENT)
    record_event(EventKind.TASKS_DUE, visit=asked.visit, **asked.facts)
    answered = _newest(EventKind.ANSWERED)
    record_event(EventKind.FOLLOWED_UP, booking=answered.booking, visit=answered.visit, officer=officer)
    _newest(EventKind.DATES_OFFERED).booking.take_back_offers(officer)
    record_event(EventKind.LINKS_SENT, booking=_newest(EventKind.RECEIVED).booking)
    letters.write_to_officers()


def _newest(kind: EventKind) -> Event | None:
    return db.session.scalars(select(Event).filter_by(kind=kind).order_by(Event.id.desc())).first()


def _in_each_language() -> list[Letter]:
    """What each kind of event calls for, as if its reader had asked for a letter by e-mail in each of the languages.
    For services, such as of what was found, once for each of them."""
    written, addresses = [], itertools.count()
    for kind in (kind for kind in EventKind if kind.type.letter):
        events = db.session.scalars(select(Event).filter_by(kind=kind).order_by(Event.id.desc())).all()
        one_each = {(e.booking.service if e.booking else None): e for e in events if letters._reader(e)}
        for event, language in itertools.product(one_each.values(), LANGUAGES):
            reader = letters._reader(event)
            if not isinstance(reader, Officer):
                reader.language, reader.email = language, f"anna{next(addresses)}@example.dk"
            if event.booking:
                reader.reply = Channel.EMAIL
            written += letters._write(event)
    db.session.flush()
    return written


def _to_officers() -> list[Letter]:
    return list(db.session.scalars(select(Letter).where(
        Letter.kind.in_((letters.DIGEST, letters.WARNING, letters.REMINDER)))))


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1]))} letters")
