"""Which letter goes to whom.

When a change is committed, the letters that its events call for are written in the same transaction, so nobody can
forget one (`write_pending`, hung on every commit). They are rows; sending.py sees that they go.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from email.utils import make_msgid
from hashlib import sha256

from flask import current_app, render_template
from flask_babel import force_locale, gettext
from itsdangerous import Signer
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

import calendars
import services
from forms import OWNERS, in_my_language
from models import (
    OPEN,
    Away,
    Block,
    Booking,
    Event,
    Fate,
    Feedback,
    FieldLink,
    Invite,
    Kind,
    Letter,
    Officer,
    Owner,
    Reply,
    Waiter,
    Way,
    add_working_days,
    db,
    mailbox,
    now,
    take_unposted,
    today,
)
from words import day, reference

# The events that a citizen is told of by letter. Each has its template, letters/<kind>.txt.
TO_CITIZENS = frozenset({
    Kind.RECEIVED, Kind.INFORMATION_ASKED, Kind.ACCEPTED, Kind.DELAYED, Kind.POSTPONED, Kind.ANSWERED, Kind.CORRECTED,
    Kind.DECLINED, Kind.REFERRED, Kind.WITHDRAWN, Kind.REOPENED, Kind.DATES_OFFERED, Kind.DATES_LAPSED, Kind.AGREED,
    Kind.AGREED_ANEW, Kind.CALLED_OFF, Kind.REMINDED, Kind.FOLLOWED_UP,
})
# Those that change what stands in the reader's calendar: a mail brings the entry along.
WITH_ENTRY = frozenset({Kind.AGREED, Kind.AGREED_ANEW, Kind.CALLED_OFF})
# Those that whoever is responsible for a task is told of.
TO_OWNERS = frozenset({Kind.TASKS_SENT, Kind.TASKS_DUE})
# Those that open a page to somebody without a case: who, as the event names them, their page, the subject.
_TO_WAITER = (Waiter, "waiter", "public.waiter",
              lambda service: gettext("%(service)s: when the form opens", service=service.name))
BY_LINK = {
    Kind.FIELD_ASKED: (FieldLink, "link", "office.field", lambda _: gettext("Findings to be entered")),
    Kind.INVITED: (Invite, "invite", "office.invitation", lambda _: gettext("Your access to the office")),
    **dict.fromkeys((Kind.WAITER_ASKED, Kind.WAITER_LET_IN, Kind.WAITER_TOLD), _TO_WAITER),
}
# What is no answer yet goes by mail where there is an address, even if the answer is wanted otherwise.
CONFIRMATIONS = frozenset({Kind.RECEIVED, Kind.WITHDRAWN, Kind.REOPENED, Kind.DELAYED, Kind.DATES_LAPSED,
                           Kind.REMINDED})
# Those that a form alone calls for: whoever gets them may never have asked. An address gets MOST_A_DAY of them.
ON_REQUEST = frozenset({Kind.RECEIVED, Kind.WITHDRAWN, Kind.REOPENED, Kind.WAITER_ASKED})
MOST_A_DAY = 3
NEWS = (Kind.RECEIVED, Kind.INFORMATION_GIVEN, Kind.REOPENED, Kind.WITHDRAWN, Kind.DATES_REFUSED, Kind.DATES_LAPSED,
        Kind.TASK_ANSWERED, Kind.FEEDBACK_GIVEN)
DIGEST, WARNING, REMINDER = "digest", "warning", "reminder"


@sqlalchemy_event.listens_for(db.session, "before_commit")
def _never_forget_one(_session) -> None:
    write_pending()


def write_pending() -> list[Letter]:
    """Write the letters that the changes in hand call for. A preview calls it and rolls back; a commit always does."""
    letters, events = [], take_unposted()
    _look_again_at_what_waits(events)
    for event in events:
        if event.kind in TO_CITIZENS and event.booking:
            letters += _write_to_citizen(event)
        elif event.kind in TO_OWNERS:
            letters.append(_write_to_owner(event))
        elif event.kind in BY_LINK:
            letters.append(_write_by_link(event))
        elif event.kind is Kind.FEEDBACK_ANSWERED:
            letters += _write_about_the_site(event)
        elif event.kind is Kind.ACCESS_CHANGED:
            letters.append(_write_about_access(event))
        elif event.kind is Kind.REMINDED:
            letters += _write_to_each_officer(REMINDER, visit=event.visit)
    return letters


def _write_to_citizen(event: Event) -> list[Letter]:
    booking = event.booking
    way = _way(booking, event.kind)
    if way is None:
        return []
    why, stands = _held_back(event, booking.email, booking.language) if way is Way.EMAIL else ("", {})
    with force_locale(booking.language):
        entry = calendars.entry(event.visit, booking.language) if way is Way.EMAIL and event.kind in WITH_ENTRY else ""
        text = render_template(f"letters/{event.kind}.txt", booking=booking, event=event, visit=event.visit,
                               service=services.SERVICES[booking.service], link=link_to(booking),
                               language=booking.language, by_mail=way is Way.EMAIL, entry=entry, **stands)
        return [_add(text, why, way=way, booking=booking, kind=event.kind, language=booking.language, calendar=entry,
                     recipient=booking.reached_by(way),
                     subject=gettext("Case %(reference)s", reference=reference(booking.reference)))]


def _write_to_owner(event: Event) -> Letter:
    """Without an address, it is what an officer tells them."""
    owner, visit = db.session.get(Owner, event.facts["owner"]), event.visit
    with force_locale(owner.language):
        text = render_template(f"letters/{event.kind}.txt", visit=visit, service=services.SERVICES[visit.service],
                               tasks=[t for t in owner.tasks if t.number in event.facts["numbers"]],
                               link=_address("public.owner", owner.language, id=owner.id, secret=owner.secret),
                               by_mail=bool(owner.email))
        return _add(text, way=Way.EMAIL if owner.email else Way.PHONE, owner=owner, kind=event.kind,
                    language=owner.language, recipient=owner.email or owner.name or str(OWNERS[owner.kind]),
                    subject=gettext("Tasks after the visit on %(day)s", day=day(visit.starts_at)))


def _write_by_link(event: Event) -> Letter:
    """To whoever is let in by a link of their own. A mail may be read on its way, so it names no case and no visit."""
    kind, named, page, subject = BY_LINK[event.kind]
    reader, service = db.session.get(kind, event.facts[named]), services.SERVICES.get(event.facts.get("service"))
    why, stands = _held_back(event, reader.email, reader.language)
    with force_locale(reader.language):
        text = render_template(f"letters/{event.kind}.txt", event=event, reader=reader, service=service, **stands,
                               link=_address(page, reader.language, id=reader.id, secret=reader.secret),
                               form=service and _address("public.book", reader.language, slug=service.slug))
        letter = _add(text, why, way=Way.EMAIL, kind=event.kind, language=reader.language, subject=subject(service),
                      recipient="" if why else reader.email)
    if why:
        reader.leave()  # who was not written to is not on the list, and may ask again
    return letter


def _held_back(event: Event, address: str, language: str) -> tuple[str, dict]:
    """Why a letter stays here, or nothing; and what such a letter says at its end. What an officer does always goes."""
    if event.kind not in ON_REQUEST or event.officer:
        return "", {}
    before = Letter.today_to(address, ON_REQUEST)
    named = event.booking.reference if event.booking else f"v{event.facts['waiter']}"
    token = Signer(current_app.secret_key, salt="not me").sign(f"{named}.{address_key(address)}").decode()
    return _refused(address, before), {
        "not_me": _address("public.not_me", language, token=token), "last_today": before == MOST_A_DAY - 1}


def _refused(address: str, before: int) -> str:
    return "blocked" if Block.of(address_key(address)) else "enough" if before >= MOST_A_DAY else ""


def named_in(token: str) -> tuple[str, str] | None:
    """What a link "this was not me" is about, a case's reference or v and a waiter's number; and the address's key."""
    signer = Signer(current_app.secret_key, salt="not me")
    return tuple(signer.unsign(token).decode().split(".")) if signer.validate(token) else None


def address_key(address: str) -> str:
    """By which an address is known again without being kept."""
    digest = hmac.digest(current_app.secret_key.encode(), f"address {mailbox(address)}".encode(), sha256)
    return urlsafe_b64encode(digest[:18]).decode()


def _look_again_at_what_waits(events: list[Event]) -> None:
    """What has not gone yet may have another reader by now, or one who never asked."""
    changed = {e.booking.id: e for e in events if e.kind in (Kind.SPAM, Kind.CONTACT_CHANGED)}
    waiting = select(Letter).where(Letter.booking_id.in_(changed), Letter.fate == Fate.WAITING, Letter.way == Way.EMAIL)
    for letter in db.session.scalars(waiting) if changed else ():
        why, event = "", changed[letter.booking_id]
        if event.kind is Kind.SPAM:
            why = "aside"
        elif letter.kind in ON_REQUEST and not event.officer:
            why = _refused(letter.recipient, Letter.today_to(letter.recipient, ON_REQUEST) - 1)  # it is among them
        if why:
            letter.hold_back(why)


def _write_about_the_site(event: Event) -> list[Letter]:
    """To whoever could not use it, and said where the answer goes."""
    message = db.session.get(Feedback, event.facts["feedback"])
    if not message.email:
        return []
    with force_locale(message.language):
        return [_add(render_template(f"letters/{event.kind}.txt", event=event), way=Way.EMAIL, kind=event.kind,
                     language=message.language, recipient=message.email,
                     subject=gettext("Your message about accessibility"))]


def _write_about_access(event: Event) -> Letter:
    """Whoever did not do it themselves has a stranger at the door, and hears of it by another way."""
    with force_locale("da"):
        return _add(render_template("letters/access_changed.txt", event=event), way=Way.EMAIL, kind=event.kind,
                    language="da", recipient=event.officer.email, subject=gettext("Your access to the office"))


def _way(booking: Booking, kind: Kind) -> Way | None:
    """How this letter goes; None for a receipt that was already given on the screen or over the phone."""
    if booking.email and (booking.reply is Reply.EMAIL or kind in CONFIRMATIONS):
        return Way.EMAIL
    if kind is Kind.RECEIVED and booking.channel not in ("paper", "office"):
        return None
    return Way.POST if booking.reply is Reply.LETTER else Way.PHONE


def _add(text: str, held_back: str = "", **columns) -> Letter:
    host = current_app.config["SERVER_NAME"].partition(":")[0]
    letter = Letter(text=re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n", message_id=make_msgid(domain=host),
                    fate=Fate.WAITING, **columns)
    if held_back:
        letter.hold_back(held_back)
    db.session.add(letter)
    return letter


def previewed(change) -> list[Letter]:
    """The letters that `change` would send, by doing it and taking it back: a preview cannot differ from the letter."""
    with db.session.no_autoflush:
        change()
        letters = write_pending()
        for letter in letters:
            letter.booking = letter.owner = None
            db.session.expunge(letter)
    db.session.rollback()
    return letters


def authority_for(key: str, place) -> dict:
    """To whom a wish about `place` is referred, in the reader's language."""
    district = current_app.config["DISTRICT"]
    authority = district.authority(key)
    what = in_my_language(authority.for_)
    if key == "municipality":
        known = district.municipality(place.municipality)
        return {"name": gettext("%(name)s Municipality", name=known.name), "what": what, "phone": known.phone,
                "link": known.roads}
    if key == "other_district" and (other := district.neighbour(place.postcode)):
        return {"name": in_my_language(other.name), "what": what, "phone": other.phone, "link": other.website}
    return {"name": in_my_language(authority.name), "what": what, "phone": authority.phone, "link": authority.link}


def link_to(booking: Booking) -> str:
    """The citizen's secret link, in the language of the letter. It only ever shows a page."""
    return _address("public.case", booking.language, reference=booking.reference, secret=booking.secret)


def without_links(text: str, booking: Booking) -> str:
    """For whoever may read the case and not act for its citizen."""
    return re.sub(r"(/ikke-mig/)[\w.-]+", r"\1…", text).replace(booking.secret, "…")


def office_address() -> str:
    return _address("office.desk", "da")


def feed_address(language: str, key: str = "") -> str:
    """Where a calendar fetches the dates that anybody may know, or with its `key` those of an officer."""
    return _address("office.feed", language, key=key) if key else _address("public.feed", language)


def _address(endpoint: str, language: str, **values) -> str:
    """An absolute address made from configuration, never from what a request claims to be."""
    config = current_app.config
    road = current_app.url_map.bind(config["SERVER_NAME"], script_name="/en" if language == "en" else "/",
                                    url_scheme=config["PREFERRED_URL_SCHEME"])
    return road.build(endpoint, values, force_external=True)


def write_to_officers() -> None:
    """The digest of what is new, and the warning of promises about to break: one mail each, not one per booking."""
    config, day = current_app.config, today()
    last = _last(DIGEST)
    if last is None or now() - last >= timedelta(minutes=config["DIGEST_MINUTES"]):
        since = last or now() - timedelta(days=7)
        counts = dict(db.session.execute(select(Event.kind, func.count()).where(
            Event.at > since, Event.kind.in_(NEWS), Event.officer_id.is_(None)).group_by(Event.kind)).all())
        if counts:
            _write_to_each_officer(DIGEST, counts=counts)
    last = _last(WARNING)
    if last is None or now() - last >= timedelta(hours=20):
        soon = add_working_days(day, config["WARN_DAYS"])
        late = list(db.session.scalars(select(Booking).where(
            Booking.status.in_(OPEN), Booking.due_on <= soon).order_by(Booking.due_on).limit(50)))
        messages = [message for message in Feedback.unanswered() if message.due_on <= soon]
        if late or messages:
            _write_to_each_officer(WARNING, late=late, messages=messages, day=day)


def _last(kind: str):
    return db.session.scalar(select(func.max(Letter.made_at)).where(Letter.kind == kind))


def _write_to_each_officer(kind: str, **facts) -> list[Letter]:
    """Everybody who works here. To who stands in for somebody, the letter says for whom."""
    standing_in: dict[Officer, list[Away]] = {officer: [] for officer in Officer.coordinators()}
    for away in Away.at_present():
        if away.stand_in in standing_in:
            standing_in[away.stand_in].append(away)
    with force_locale("da"):
        subject = gettext("Book a Police Officer: the work list")
        return [_add(render_template(f"letters/{kind}.txt", desk=office_address(), Kind=Kind,
                                     catalogue=services.SERVICES, standing_in=aways, **facts),
                     way=Way.EMAIL, kind=kind, language="da", recipient=officer.email, subject=subject)
                for officer, aways in standing_in.items()]
