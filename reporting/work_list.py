"""The rules of the work list: which queue holds what, and how many there are in each. Reads only."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import Date, Label, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import selectinload

from models import (
    OPEN,
    Booking,
    BookingStatus,
    Channel,
    DeliveryStatus,
    Feedback,
    Letter,
    Proposal,
    Task,
    Visit,
    VisitStatus,
    add_working_days,
    db,
    limits,
    now,
    today,
    visit_bookings,
)

HAS_VISIT = exists().where(visit_bookings.c.booking_id == Booking.id, visit_bookings.c.visit_id == Visit.id,
                           Visit.status.in_((VisitStatus.PLANNED, VisitStatus.DONE)))
HAS_OFFER = exists().where(Proposal.booking_id == Booking.id, Proposal.answer_by.is_not(None),
                           Proposal.closed_at.is_(None))
OVERDUE = Booking.due_on < bindparam("today", callable_=today, type_=Date)  # today is asked at each look
PRESENT = bindparam("present", callable_=now, type_=Visit.ends_at.type)
SOON = bindparam("soon", callable_=lambda: add_working_days(today(), limits.PROMISE_DAYS), type_=Date)
FOR_THE_CITIZEN = or_(and_(Booking.status == BookingStatus.NEEDS_INFORMATION, ~OVERDUE),
                      and_(Booking.status == BookingStatus.ACCEPTED, HAS_OFFER))
# The queues that an officer works off, then those that wait for somebody else, then the archive.
QUEUES = {
    "nye": (_l("New"), and_(Booking.status.in_((BookingStatus.RECEIVED, BookingStatus.NEEDS_INFORMATION)),
                            Booking.has_unread.is_(False),
                            or_(Booking.status == BookingStatus.RECEIVED, OVERDUE))),
    "besked": (_l("Information arrived"), Booking.has_unread.is_(True)),
    "planlaeg": (_l("To be planned"), and_(Booking.status == BookingStatus.ACCEPTED, Booking.has_unread.is_(False),
                                           ~HAS_VISIT, ~HAS_OFFER)),
    "resultat": (_l("Findings missing"), None),
    "opgaver": (_l("Answers about tasks"), None),
    "breve": (_l("Letters to see to"), None),
    "tilgaengelighed": (_l("Accessibility"), None),
    "loefter": (_l("Promise within %(days)s working days", days=limits.PROMISE_DAYS), and_(
        Booking.status.in_(OPEN), Booking.has_unread.in_((False, True)), Booking.due_on <= SOON, ~FOR_THE_CITIZEN)),
    "venter": (_l("Waiting for the citizen"), and_(
        Booking.status.in_((BookingStatus.NEEDS_INFORMATION, BookingStatus.ACCEPTED)), Booking.has_unread.is_(False),
        FOR_THE_CITIZEN)),
    "planlagt": (_l("Visit planned"), and_(Booking.status == BookingStatus.ACCEPTED, Booking.has_unread.is_(False),
                                           HAS_VISIT)),
    "lukket": (_l("Closed cases"), Booking.closed_at.is_not(None)),
}
ARCHIVE = {"lukket"}  # not counted: it only grows
ONLY_IF_ANY = {"loefter", "tilgaengelighed"}  # these lie in other queues, too, or are rare
NEWEST_FIRST = {"lukket": Booking.closed_at, "alle": Booking.received_at}  # the others: oldest promise first


def awaiting_findings() -> Select:
    """Visits that are over, and what was found is not yet sent."""
    return select(Visit).options(selectinload(Visit.place), selectinload(Visit.bookings)).where(or_(
        Visit.status == VisitStatus.DONE, and_(Visit.status == VisitStatus.PLANNED, Visit.ends_at < PRESENT),
        and_(Visit.reported_at.is_not(None), Visit.draft.is_not(None)))).order_by(Visit.ends_at)


def answers_to_see() -> Select:
    """Tasks of which their owners have said something that no officer has read."""
    return select(Task).options(selectinload(Task.visit).selectinload(Visit.place)).where(
        Task.has_unread.is_(True)).order_by(Task.id)


def letters_to_see_to() -> Select:
    """Letters that failed, and those that an officer must phone or post."""
    return select(Letter).options(selectinload(Letter.booking), selectinload(Letter.assignee)).where(or_(
        Letter.delivery_status == DeliveryStatus.FAILED, and_(Letter.channel != Channel.EMAIL,
            Letter.delivery_status == DeliveryStatus.WAITING))).order_by(Letter.id)


# The queues of something else than cases: what the page calls their rows, and which there are.
OTHER_QUEUES = {"resultat": ("visits", awaiting_findings), "opgaver": ("tasks", answers_to_see),
                "breve": ("letters", letters_to_see_to), "tilgaengelighed": ("messages", Feedback.unanswered)}


def _count_of(key: str) -> Label[int]:
    rule = QUEUES[key][1]
    rows = OTHER_QUEUES[key][1]() if rule is None else select(Booking.id).where(rule)
    return select(func.count()).select_from(rows.order_by(None).subquery()).scalar_subquery().label(key)


COUNTS = select(*(_count_of(key) for key in QUEUES if key not in ARCHIVE))


def queue_counts() -> dict[str, int]:
    """How many each queue holds, but for the archive."""
    return dict(db.session.execute(COUNTS).one()._mapping)


def open_bookings_at(bookings: list[Booking]) -> dict[int, int]:
    """How many open bookings each place has."""
    return dict(db.session.execute(select(Booking.place_id, func.count()).where(
        Booking.place_id.in_({b.place_id for b in bookings}), Booking.status.in_(OPEN))
        .group_by(Booking.place_id)).all())
