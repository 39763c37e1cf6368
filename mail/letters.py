"""Which letter goes to whom.

When a change is committed, the letters that its events call for are written in the same transaction, so nobody can
forget one (`write_letters`, which app.py hangs on every commit). They are rows; outbox.py sees that they go. Which
event calls for which letter stands in models/event_types.py.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from email.utils import make_msgid
from hashlib import sha256

from flask import current_app, render_template
from flask_babel import force_locale, gettext
from itsdangerous import Signer
from sqlalchemy import func, select
from werkzeug.routing import EndpointPrefix, Map, Rule, Submount

from catalogue import SERVICES
from forms import ASSIGNEES, in_my_language
from labels import reference
from languages import MAIN, prefix
from models import (
    NOT_GONE,
    OPEN,
    REMINDER,
    Assignee,
    BlockedAddress,
    Booking,
    Channel,
    DeliveryStatus,
    Event,
    EventKind,
    Feedback,
    FindingsLink,
    Invite,
    Letter,
    Officer,
    OfficerAbsence,
    WaitlistEntry,
    add_working_days,
    db,
    drain_pending_events,
    is_same_secret,
    limits,
    mailbox,
    now,
    today,
)

# Those that a form alone calls for. An address gets limits.RECEIPTS_A_DAY of them.
LIMITED = frozenset(kind for kind in EventKind if kind.type.letter and kind.type.letter.limited)
DIGEST, WARNING = "digest", "warning"
# Who is written to besides citizens and officers, by the fact of the event that holds their number.
RECIPIENTS = {"owner": Assignee, "waiter": WaitlistEntry, "link": FindingsLink, "invite": Invite, "feedback": Feedback}
# The paths of the pages that letters name, by their views, which read them here: the worker that writes letters has no
# views that it could ask. A letter is opened years later, so these stay.
CITIZEN_PATHS = {
    "book": "/bestil/<slug>", "case": "/sag/<reference>/<secret>", "assignee": "/ansvar/<int:id>/<secret>",
    "waitlist_entry": "/besked/<int:id>/<secret>", "not_me": "/ikke-mig/<token>", "poll": "/m/<code>",
    "feed": "/kalender.ics"}
OFFICE_PATHS = {
    "work_list": "/", "booking": "/sag/<reference>", "findings_by_link": "/felt/<int:id>/<secret>",
    "invitation": "/invitation/<int:id>/<secret>",
    "feed": "/kalender/<key>.ics"}
ADDRESSES = Map([
    EndpointPrefix("citizen.", [Rule(path, endpoint=page) for page, path in CITIZEN_PATHS.items()]),
    Submount("/kontor", [
        EndpointPrefix("office.", [Rule(path, endpoint=page) for page, path in OFFICE_PATHS.items()])])])
# The pages to which a secret link leads.
PAGES = {Booking: "citizen.case", Assignee: "citizen.assignee", WaitlistEntry: "citizen.waitlist_entry",
         FindingsLink: "office.findings_by_link",
         Invite: "office.invitation"}


def write_pending() -> list[Letter]:
    """Write the letters that the changes in hand call for. A preview calls it and rolls back."""
    letters, events = [], drain_pending_events()
    _refresh_waiting_letters(events)
    for event in events:
        if event.kind is EventKind.REMINDED and event.booking is None:
            letters += _write_to_each_officer(
                REMINDER, {"give_up_at": event.visit.starts_at, "event": event}, visit=event.visit)
        elif event.kind.type.letter:
            letters += _write(event)
    return letters


def write_letters(_session=None) -> list[Letter]:
    """The letters of what is to be committed; every commit calls it. What was put off is tried at once where a new one
    now waits for it."""
    letters = write_pending()
    # A booking that is new has no number yet, and no letter that waits.
    if known := [letter.booking.id for letter in letters if letter.booking and letter.booking.id]:
        Letter.try_earlier(Letter.booking_id.in_(known))
    return letters


def _write(event: Event) -> list[Letter]:
    """The letter that an event calls for, in its reader's language; none where the reader cannot or need not get one.

    Whoever is let in by a link of their own gets a mail that names no case and no visit: it may be read on its way.
    """
    rule, booking, reader = event.kind.type.letter, event.booking, _reader(event)
    way = _way(event, reader)
    if way is None:
        return []
    by_mail = way is Channel.EMAIL
    language = MAIN if rule.to == "officer" else reader.language
    why, stands = _held_back(event, reader.email, language) if by_mail else ("", {})
    about = booking or event.visit
    service = SERVICES.get(about.service if about else event.facts.get("service"))
    with force_locale(language):
        entry = _entry_of(event) if by_mail and rule.entry and event.visit else ""
        words = {"event": event, "booking": booking, "visit": event.visit, "service": service, "reader": reader,
                 "link": link_to(reader) if type(reader) in PAGES else "", "language": language, "by_mail": by_mail,
                 "form": service and address_of("citizen.book", language, slug=service.slug), "entry": entry, **stands}
        recipient = booking.reached_by(way) if booking else reader.email or reader.name or str(ASSIGNEES[reader.kind])
        letter = _add(event.kind, why, words, event=event, booking=booking, channel=way, language=language,
                      recipient=recipient, assignee=reader if isinstance(reader, Assignee) else None, calendar=entry)
    if why and isinstance(reader, WaitlistEntry):
        letter.recipient = ""  # who is not written to cannot confirm, and may ask again
    return [letter]


def _entry_of(event: Event) -> str:
    from mail import ics  # few letters need it

    return ics.entry(event.visit, off=event.booking not in event.visit.bookings)


def _reader(event: Event) -> Booking | Officer | Assignee | WaitlistEntry | FindingsLink | Invite | Feedback:
    """To whom the letter goes. A citizen is known by the booking."""
    to = event.kind.type.letter.to
    if to == "citizen":
        return event.booking
    if to == "officer":
        return event.officer
    return db.session.get(RECIPIENTS[to], event.facts[to])


def _way(event: Event, reader) -> Channel | None:
    """How this letter goes; None for a receipt that was already given on the screen or over the phone, and where there
    is no address, unless an officer phones whoever is responsible for a task."""
    booking, confirms = event.booking, event.kind.type.letter.confirms
    if reader.email and (booking is None or booking.reply is Channel.EMAIL or confirms):
        return Channel.EMAIL
    if booking is None:
        return reader.reply if isinstance(reader, Assignee) else None
    if event.kind is EventKind.RECEIVED and booking.channel not in ("paper", "office"):
        return None
    return Channel.POST if booking.reply is Channel.POST else Channel.PHONE


def _held_back(event: Event, address: str, language: str) -> tuple[str, dict]:
    """Why a letter stays here, or nothing; and what such a letter says at its end. What an officer does always goes."""
    if event.kind not in LIMITED or event.officer:
        return "", {}
    before = Letter.today_to(address, LIMITED)
    named = event.booking.reference if event.booking else f"v{event.facts['waiter']}"
    return _refused(address, before), {
        "not_me": address_of("citizen.not_me", language, token=_not_me(named, address)),
        "last_today": before == limits.RECEIPTS_A_DAY - 1}


def _refused(address: str, before: int) -> str:
    if BlockedAddress.one_by(key=address_key(address)):
        return "blocked"
    return "enough" if before >= limits.RECEIPTS_A_DAY else ""


def _not_me(named: str, address: str) -> str:
    return _signer().sign(f"{named}.{address_key(address)}").decode().rstrip("-_")


def sign_for_reader(letter: Letter) -> None:
    """A letter may have followed its reader to another address since it was written: its link "this was not me" is for
    whoever reads it there."""
    link = re.search(r"(?<=/ikke-mig/)\S+", letter.text) if letter.kind in LIMITED else None
    known = named_in(link[0]) if link else None
    if known:
        letter.text = letter.text.replace(link[0], _not_me(known[0], letter.recipient))


def named_in(token: str) -> tuple[str, str] | None:
    """What a link "this was not me" is about, a case's reference or v and a waiter's number; and the address's key."""
    value, _, signature = token.rpartition(".")
    return tuple(value.split(".")) if is_same_secret(_signer().get_signature(value).decode(), signature) else None


def _signer() -> Signer:
    return Signer(current_app.secret_key, salt="not me")


def address_key(address: str) -> str:
    """By which an address is known again without being kept."""
    return urlsafe_b64encode(hmac.digest(
        current_app.secret_key.encode(), f"address {mailbox(address)}".encode(), sha256)[:18]).decode()


def _refresh_waiting_letters(events: list[Event]) -> None:
    """What has not gone yet may have another reader by now, one who never asked, or one who wants nothing any more; or
    say what holds no more."""
    kinds = (EventKind.SPAM, EventKind.WITHDRAWN, EventKind.CONTACT_CHANGED)
    changed = {e.booking.id: e for e in events if e.booking and (e.kind in kinds or e.kind.type.voids)}
    not_gone = select(Letter).where(Letter.booking_id.in_(changed), Letter.delivery_status.in_(NOT_GONE))
    for letter in db.session.scalars(not_gone) if changed else ():
        if why := letter.why_void or _why_not_any_more(letter, changed[letter.booking_id]):
            letter.suppress(why)


def _why_not_any_more(letter: Letter, event: Event) -> str:
    """Why a letter that has not gone is not to go now, or nothing. Mails go in their order, so that who reads of a
    withdrawal has read of what was withdrawn; what an officer is to see to has none, and would be told afterwards."""
    waits_as_mail = letter.channel is Channel.EMAIL and letter.delivery_status is DeliveryStatus.WAITING
    if event.kind is EventKind.WITHDRAWN:
        return "" if waits_as_mail or EventKind(letter.kind).type.letter.lasts else "withdrawn"
    if waits_as_mail and letter.kind in LIMITED and not event.officer:
        return _refused(letter.recipient, Letter.today_to(letter.recipient, LIMITED) - 1)  # it is among them
    return ""


def why_not_to_send(letter: Letter) -> str:
    """Why a letter that a worker has in hand is not to go, or nothing: it is void, or its link works no more, or its
    reader has left the waiting list."""
    if letter.event and letter.event.kind.type.letter.to in RECIPIENTS:
        reader = _reader(letter.event)
        if reader is None or isinstance(reader, FindingsLink | Invite) and not reader.works:
            return "void"
    return letter.why_void


def _add(kind: str, held_back: str, words: dict, **columns) -> Letter:
    """Render a letter of this kind with `words`, and keep it to be sent. The first line of its template is the
    subject."""
    subject, _, text = render_template(f"letters/{kind}.txt", **words).strip().partition("\n")
    host = current_app.config["SERVER_NAME"].partition(":")[0]
    letter = Letter(kind=kind, subject=subject, text=re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n",
                    message_id=make_msgid(domain=host), delivery_status=DeliveryStatus.WAITING, **columns)
    if held_back:
        letter.suppress(held_back)
    db.session.add(letter)
    return letter


def preview_letters(change) -> list[Letter]:
    """The letters that `change` would send, by doing it and taking it back: a preview cannot differ from the letter."""
    with db.session.no_autoflush, db.session.begin_nested() as savepoint:
        change()
        letters = write_pending()
        savepoint.rollback()
    return letters


def said_alike(letter: Letter) -> str:
    """Its subject and text, but for what is its case's own: the reference and the link. Of a case that a press makes,
    both are made anew each time that it is shown."""
    said = f"{letter.subject}\n{letter.text}"
    own = [reference(letter.booking.reference), link_to(letter.booking)] if letter.booking else []
    for words in own:
        said = said.replace(words, "")
    return said


def authority_for(key: str, place) -> dict:
    """To whom a wish about `place` is referred, in the reader's language."""
    district = current_app.config["DISTRICT"]
    authority = district.authority(key)
    if authority is None:
        return {"name": gettext("Somebody else"), "what": "", "phone": "", "link": ""}
    what = in_my_language(authority.for_)
    if key == "municipality":
        known = district.municipality(place.municipality)
        return {"name": gettext("%(name)s Municipality", name=known.name), "what": what, "phone": known.phone,
                "link": known.roads}
    if key == "other_district" and (other := district.neighbour(place.postcode)):
        return {"name": in_my_language(other.name), "what": what, "phone": other.phone, "link": other.website}
    return {"name": in_my_language(authority.name), "what": what, "phone": authority.phone, "link": authority.link}


def link_to(reader: Booking | Assignee | WaitlistEntry | FindingsLink | Invite) -> str:
    """The secret link of a case or of whoever else is let in by one, in the language of their letters. It only ever
    shows a page."""
    named = {"reference": reader.reference} if isinstance(reader, Booking) else {"id": reader.id}
    return address_of(PAGES[type(reader)], reader.language, secret=reader.secret, **named)


def office_address() -> str:
    return address_of("office.work_list", MAIN)


def address_of(endpoint: str, language: str, **values) -> str:
    """The absolute address of a page that ADDRESSES names, made from configuration, never from what a request claims to
    be."""
    config = current_app.config
    road = ADDRESSES.bind(config["SERVER_NAME"], script_name=prefix(language) or "/",
                          url_scheme=config["PREFERRED_URL_SCHEME"])
    return road.build(endpoint, values, force_external=True)


def write_to_officers() -> None:
    """The digest of what is new, and the warning of promises about to break: one mail each, not one per booking."""
    config = current_app.config
    db.session.connection()  # takes the write lock before the clock is read: of two workers, one writes
    last = _last(DIGEST)
    if last is None or now() - last >= timedelta(minutes=config["DIGEST_MINUTES"]):
        since = last or now() - timedelta(days=7)
        news = [kind for kind in EventKind if kind.type.digest]
        counts = dict(db.session.execute(select(Event.kind, func.count()).where(
            Event.at > since, Event.at <= now(), Event.kind.in_(news), Event.officer_id.is_(None)).group_by(
                Event.kind)).all())
        if counts:
            _write_to_each_officer(DIGEST, counts=counts)
    last = _last(WARNING)
    if last is None or now() - last >= timedelta(hours=20):
        soon = add_working_days(today(), config["WARN_DAYS"])
        late = list(db.session.scalars(select(Booking).where(
            Booking.status.in_(OPEN), Booking.due_on <= soon).order_by(Booking.due_on)))
        messages = db.session.scalars(Feedback.unanswered().where(Feedback.due_on <= soon)).all()
        if late or messages:
            _write_to_each_officer(WARNING, late=late, messages=messages, most=50)


def _last(kind: str) -> datetime | None:
    """When such a letter was written last; what a clock that was too fast has dated in the future does not count."""
    return db.session.scalar(select(func.max(Letter.made_at)).where(Letter.kind == kind, Letter.made_at <= now()))


def _write_to_each_officer(kind: str, columns: dict | None = None, **facts) -> list[Letter]:
    """Everybody who works here. To who stands in for somebody, the letter says for whom."""
    standing_in: dict[Officer, list[OfficerAbsence]] = {officer: [] for officer in Officer.coordinators()}
    for away in OfficerAbsence.at_present():
        if away.stand_in in standing_in:
            standing_in[away.stand_in].append(away)
    with force_locale(MAIN):
        return [_add(kind, "", {"office_address": office_address(), "address_of": address_of, "language": MAIN,
                                "EventKind": EventKind, "catalogue": SERVICES, "standing_in": aways, **facts},
                     channel=Channel.EMAIL, language=MAIN, recipient=officer.email, **(columns or {}))
                for officer, aways in standing_in.items()]
