"""The work list: what needs doing, the oldest promise first."""

from datetime import date, datetime

from flask import current_app, g, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import Date, Select, and_, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.orm import selectinload

import services
from models import (
    OPEN,
    Booking,
    Fate,
    Feedback,
    Letter,
    Place,
    Proposal,
    State,
    Status,
    Task,
    Visit,
    Way,
    add_working_days,
    containing,
    db,
    fold,
    now,
    today,
)
from models.visit import visit_bookings

from . import office
from .backups import backup_health
from .bookings import for_many
from .intake import should_pause

PAGE = 50
PROMISE_DAYS = 5  # working days ahead, in which a delay can still be told of in time
HAS_VISIT = exists().where(visit_bookings.c.booking_id == Booking.id, visit_bookings.c.visit_id == Visit.id,
                           Visit.state.in_((State.PLANNED, State.DONE)))
HAS_OFFER = exists().where(Proposal.booking_id == Booking.id, Proposal.answer_by.is_not(None),
                           Proposal.closed_at.is_(None))
OVERDUE = Booking.due_on < bindparam("today", callable_=today, type_=Date)  # today is asked at each look
SOON = bindparam("soon", callable_=lambda: add_working_days(today(), PROMISE_DAYS), type_=Date)
FOR_THE_CITIZEN = or_(and_(Booking.status == Status.NEEDS_INFORMATION, ~OVERDUE),
                      and_(Booking.status == Status.ACCEPTED, HAS_OFFER))
# The piles that an officer works off, then those that wait for somebody else, then the archive.
PILES = {
    "nye": (_l("New"), and_(Booking.status.in_((Status.RECEIVED, Status.NEEDS_INFORMATION)), Booking.news.is_(False),
                            or_(Booking.status == Status.RECEIVED, OVERDUE))),
    "besked": (_l("Information arrived"), Booking.news.is_(True)),
    "planlaeg": (_l("To be planned"), and_(Booking.status == Status.ACCEPTED, Booking.news.is_(False), ~HAS_VISIT,
                                             ~HAS_OFFER)),
    "resultat": (_l("Findings missing"), None),
    "opgaver": (_l("Answers about tasks"), None),
    "breve": (_l("Letters to see to"), None),
    "tilgaengelighed": (_l("Accessibility"), None),
    "loefter": (_l("Promise within a week"), and_(
        Booking.status.in_(OPEN), Booking.news.in_((False, True)), Booking.due_on <= SOON, ~FOR_THE_CITIZEN)),
    "venter": (_l("Waiting for the citizen"), and_(
        Booking.status.in_((Status.NEEDS_INFORMATION, Status.ACCEPTED)), Booking.news.is_(False), FOR_THE_CITIZEN)),
    "planlagt": (_l("Visit planned"), and_(Booking.status == Status.ACCEPTED, Booking.news.is_(False), HAS_VISIT)),
    "lukket": (_l("Closed cases"), Booking.closed_at.is_not(None)),
}
ARCHIVE = {"lukket"}  # not counted: it only grows
ONLY_IF_ANY = {"loefter", "tilgaengelighed"}  # these lie in other piles, too, or are rare
NEWEST_FIRST = {"lukket": Booking.closed_at, "alle": Booking.received_at}  # the others: oldest promise first


@office.get("/")
def desk():
    args = request.args
    if g.officer.is_reader:
        return _to_be_read(args)
    query = " ".join(args.get("q", "")[:100].split())
    pile = "alle" if query else args.get("bunke", "nye")
    pile = pile if pile in PILES or pile == "alle" else "nye"
    page = {"pile": pile, "piles": PILES, "counts": _counts(), "only_if_any": ONLY_IF_ANY, "query": query,
            "services": services.SERVICES, "should_pause": [] if query else should_pause(),
            "municipalities": [m.name for m in current_app.config["DISTRICT"].municipalities],
            "chosen": {k: args.get(k, "") for k in ("ydelse", "kommune")}, **backup_health()}
    if pile == "resultat":
        return render_template("office/desk.html", visits=db.session.scalars(awaiting_findings().options(
            selectinload(Visit.place), selectinload(Visit.bookings))).all(), **page)
    if pile == "opgaver":
        return render_template("office/desk.html", tasks=db.session.scalars(answers_to_see()).all(), **page)
    if pile == "breve":
        return render_template("office/desk.html", letters=db.session.scalars(letters_to_see_to()).all(), **page)
    if pile == "tilgaengelighed":
        return render_template("office/desk.html", messages=Feedback.unanswered(), **page)
    found, after = _found(pile, args), args.get("efter", "")
    bookings, after = _page_of_words(found, query, after) if fold(query) else _page_of(found, pile, after)
    return render_template("office/desk.html", bookings=bookings, after=after, asking=_asking(bookings),
                           actions={} if pile in ARCHIVE else for_many(bookings), **page)


def _to_be_read(args) -> str:
    """A reader's list. It has no search, which would tell whose case it is by finding it under a name, and no piles,
    which would tell of a coming control."""
    bookings, after = _page_of(_found("alle", args), "alle", args.get("efter", ""))
    return render_template("office/cases.html", bookings=bookings, after=after)


def awaiting_findings() -> Select:
    """Visits that are over, and what was found is not yet sent."""
    return select(Visit).where(or_(
        Visit.state == State.DONE, and_(Visit.state == State.PLANNED, Visit.ends_at < now()),
        and_(Visit.reported_at.is_not(None), Visit.draft.is_not(None)))).order_by(Visit.ends_at)


def answers_to_see() -> Select:
    """Tasks of which their owners have said something that no officer has read."""
    return select(Task).options(selectinload(Task.visit).selectinload(Visit.place)).where(
        Task.news.is_(True)).order_by(Task.id)


def letters_to_see_to() -> Select:
    """Letters that failed, and those that an officer must phone or post."""
    return select(Letter).options(selectinload(Letter.booking), selectinload(Letter.owner)).where(or_(
        Letter.fate == Fate.FAILED, and_(Letter.way != Way.EMAIL, Letter.fate == Fate.WAITING))).order_by(Letter.id)


def _counts() -> dict[str, int]:
    counts = {key: db.session.scalar(select(func.count()).select_from(Booking).where(rule))
              for key, (_, rule) in PILES.items() if rule is not None and key not in ARCHIVE}
    for key, chosen in (("resultat", awaiting_findings()), ("opgaver", answers_to_see()),
                        ("breve", letters_to_see_to())):
        counts[key] = db.session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery()))
    return counts | {"tilgaengelighed": len(Feedback.unanswered())}


def _found(pile: str, args) -> Select:
    found = select(Booking).options(*map(selectinload, (Booking.place, Booking.proposals, Booking.visits)))
    if pile != "alle":
        found = found.where(PILES[pile][1])
    if args.get("ydelse") in services.SERVICES:
        found = found.where(Booking.service == args["ydelse"])
    if args.get("kommune"):
        found = found.where(exists().where(Place.id == Booking.place_id, Place.municipality == args["kommune"]))
    return found


def _page_of(found: Select, pile: str, after: str) -> tuple[list[Booking], str]:
    """One page, and where the next one starts: no page costs more than the first, however many lie before it."""
    column = NEWEST_FIRST.get(pile, Booking.due_on)
    order = tuple_(column, Booking.id)
    when, _, number = after.partition("_")
    try:
        kind = datetime if pile in NEWEST_FIRST else date
        behind = (kind.fromisoformat(when), int(number)) if after else None
        if behind and not (2000 <= behind[0].year < 2100 and 0 <= behind[1] < 2**31):
            behind = None
    except ValueError:
        behind = None
    if pile in NEWEST_FIRST:
        found = found.where(order < behind) if behind else found
        found = found.order_by(column.desc(), Booking.id.desc())
    else:
        found = found.where(order > behind) if behind else found
        found = found.order_by(column, Booking.id)
    bookings = list(db.session.scalars(found.limit(PAGE + 1)))
    if len(bookings) <= PAGE:
        return bookings, ""
    last = bookings[PAGE - 1]
    return bookings[:PAGE], f"{getattr(last, column.key).isoformat()}_{last.id}"


def _page_of_words(found: Select, query: str, after: str) -> tuple[list[Booking], str]:
    """One page of those that hold all the words, the newest first."""
    found, number = containing(found, query)
    if after.isascii() and after.isdecimal() and len(after) < 10:
        found = found.where(number < int(after))
    bookings = list(db.session.scalars(found.order_by(number.desc()).limit(PAGE + 1)))
    return bookings[:PAGE], str(bookings[PAGE - 1].id) if len(bookings) > PAGE else ""


def _asking(bookings: list[Booking]) -> dict[int, int]:
    """How many open bookings each place has."""
    return dict(db.session.execute(select(Booking.place_id, func.count()).where(
        Booking.place_id.in_({b.place_id for b in bookings}), Booking.status.in_(OPEN))
        .group_by(Booking.place_id)).all())
