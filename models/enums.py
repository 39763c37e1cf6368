"""The states and kinds that the models, the forms and the labels share, and the sets over them."""

import enum


class BookingStatus(enum.StrEnum):
    RECEIVED = "received"
    NEEDS_INFORMATION = "needs_information"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    DECLINED = "declined"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    SPAM = "spam"


OPEN = frozenset({BookingStatus.RECEIVED, BookingStatus.NEEDS_INFORMATION, BookingStatus.ACCEPTED})
CLOSED = frozenset(BookingStatus) - OPEN
UNDECIDED = frozenset({BookingStatus.RECEIVED, BookingStatus.NEEDS_INFORMATION})
# Whoever waits has heard yes or no
DECIDED = frozenset({BookingStatus.ACCEPTED, BookingStatus.DECLINED, BookingStatus.REFERRED})
NEXT_STEPS = {
    # Answered without another yes: by a visit that was made for it before it was closed and taken up again
    BookingStatus.RECEIVED: CLOSED | {BookingStatus.NEEDS_INFORMATION, BookingStatus.ACCEPTED},
    BookingStatus.NEEDS_INFORMATION: CLOSED | {BookingStatus.RECEIVED, BookingStatus.ACCEPTED},
    BookingStatus.ACCEPTED: CLOSED,
    BookingStatus.ANSWERED: {BookingStatus.RECEIVED},
    BookingStatus.DECLINED: {BookingStatus.RECEIVED},
    BookingStatus.REFERRED: {BookingStatus.RECEIVED},
    BookingStatus.WITHDRAWN: frozenset(),
    BookingStatus.SPAM: {BookingStatus.RECEIVED},
}


class VisitStatus(enum.StrEnum):
    PLANNED = "planned"
    DONE = "done"  # findings are entered, and not yet sent
    REPORTED = "reported"
    CANCELLED = "cancelled"


class PartOfDay(enum.StrEnum):
    """About when a visit was, as everybody may know it."""

    NIGHT = "night"
    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class Channel(enum.StrEnum):
    """How a letter reaches its reader, or the citizen wants the answer. By phone and by post it is a task for the
    officer."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "letter"


class DeliveryStatus(enum.StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "held"


UNSENT = frozenset({DeliveryStatus.WAITING, DeliveryStatus.SENDING})
NOT_GONE = frozenset({DeliveryStatus.WAITING, DeliveryStatus.FAILED})  # nor on its way
DONE_WITH = frozenset({DeliveryStatus.SENT, DeliveryStatus.SUPPRESSED})  # nobody need see to it any more


OURSELVES = "police"  # responsible for tasks like others, but nobody to be phoned


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


class PollRound(enum.StrEnum):
    """When a poll asks: before what the police tell, and after it."""

    BEFORE = "before"
    AFTER = "after"


class PollStatus(enum.StrEnum):
    """How far a poll is, in this order."""

    NEW = "new"
    BEFORE_OPEN = "before_open"
    BEFORE_CLOSED = "before_closed"
    FACTS_SHOWN = "facts_shown"
    AFTER_OPEN = "after_open"
    AFTER_CLOSED = "after_closed"

    @property
    def next_steps(self) -> list["PollStatus"]:
        """What may follow: an open round can only be closed, and what is passed does not come again."""
        order, closing = list(PollStatus), {PollStatus.BEFORE_CLOSED, PollStatus.AFTER_CLOSED}
        ahead = order[order.index(self) + 1:]
        return ahead[:1] if self in OPEN_ROUND else [step for step in ahead if step not in closing]


OPEN_ROUND = {PollStatus.BEFORE_OPEN: PollRound.BEFORE, PollStatus.AFTER_OPEN: PollRound.AFTER}


class Role(enum.StrEnum):
    """A coordinator does everything; a reader sees figures and bookings, and nobody's contact data."""

    COORDINATOR = "coordinator"
    READER = "reader"
