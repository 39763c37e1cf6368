"""How a wish can stand, and what may come next."""

import enum


class Status(enum.StrEnum):
    RECEIVED = "received"
    NEEDS_INFORMATION = "needs_information"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    DECLINED = "declined"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    SPAM = "spam"


class Reply(enum.StrEnum):
    """How the citizen wants the answer."""

    EMAIL = "email"
    PHONE = "phone"
    LETTER = "letter"


OPEN = frozenset({Status.RECEIVED, Status.NEEDS_INFORMATION, Status.ACCEPTED})
CLOSED = frozenset(Status) - OPEN
UNDECIDED = frozenset({Status.RECEIVED, Status.NEEDS_INFORMATION})
DECIDED = frozenset({Status.ACCEPTED, Status.DECLINED, Status.REFERRED})  # whoever waits has heard yes or no
NEXT_STEPS = {
    Status.RECEIVED: CLOSED - {Status.ANSWERED} | {Status.NEEDS_INFORMATION, Status.ACCEPTED},
    Status.NEEDS_INFORMATION: CLOSED - {Status.ANSWERED} | {Status.RECEIVED, Status.ACCEPTED},
    Status.ACCEPTED: CLOSED,
    Status.ANSWERED: {Status.RECEIVED},
    Status.DECLINED: {Status.RECEIVED},
    Status.REFERRED: {Status.RECEIVED},
    Status.WITHDRAWN: frozenset(),
    Status.SPAM: {Status.RECEIVED},
}
