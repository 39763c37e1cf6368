"""What the events of a booking tell of it: how it stands, what was asked, decided and found."""

from operator import attrgetter
from typing import TYPE_CHECKING

from .enums import UNDECIDED, BookingStatus, DeliveryStatus
from .events import Event, EventKind

if TYPE_CHECKING:
    from . import Letter, Visit

# By whose letters findings are told; the first says that there are none.
TELLS_FINDINGS = (EventKind.POSTPONED, EventKind.ANSWERED, EventKind.FOLLOWED_UP, EventKind.CORRECTED)
TELLS_OF_DATES = (EventKind.DATES_OFFERED, EventKind.DATES_LAPSED, EventKind.DATES_TAKEN_BACK)
# After which nobody chooses from dates that they have heard of: what makes the offer void, but for another word about
# dates; and a case that is set aside.
ANSWERS_DATES = {kind for kind in EventKind if EventKind.DATES_OFFERED in kind.type.voids}.difference(
    TELLS_OF_DATES) | {EventKind.SPAM}

# Of a visit alone, and by which it changes what becomes of its cases.
CHANGES_VISIT = {EventKind.PLANNED, EventKind.RESCHEDULED, EventKind.UNSTAFFED, EventKind.CANCELLED,
                 EventKind.FINDINGS_ENTERED, EventKind.REPORTED}


class HasHistory:
    """A booking, as its `events` tell of it."""

    @property
    def newest(self) -> int:
        """The number of its newest event; one that is just being recorded has none yet."""
        return next((event.id for event in reversed(self.events) if event.id), 0)

    def events_since(self, number: int) -> list[Event]:
        """What has happened after the event of that number, in the case or to its visits: that findings are entered, or
        a control is moved, is an event of the visit alone. What befell the visit's other cases is theirs."""
        of_visits = [event for visit in self.visits for event in visit.events
                     if event.booking_id is None and event.kind in CHANGES_VISIT]
        return sorted((event for event in (*self.events, *of_visits) if event.id > number), key=attrgetter("id"))

    @property
    def newest_visible(self) -> int:
        """The number of the newest event that the citizen is told of: from no other could a coming control be told."""
        return max((event.id for event in self.events if event.kind.type.visible), default=0)

    @property
    def standing(self) -> Event | None:
        """The newest event by which both sides know how the accepted wish stands."""
        return next((e for e in reversed(self.events) if e.kind.type.is_standing), None)

    @property
    def question(self) -> Event | None:
        """What the citizen was last asked, while the answer is missing."""
        asked = [e for e in self.events if e.kind is EventKind.INFORMATION_ASKED]
        return asked[-1] if asked and self.status is BookingStatus.NEEDS_INFORMATION else None

    @property
    def news(self) -> list[Event]:
        """What nobody in the office did, and no officer has read."""
        return [e for e in self.events if e.kind.type.digest and not e.officer and e.id > self.read_until]

    @property
    def decision(self) -> Event | None:
        """The no, or the referral to somebody else, that it ended with."""
        kind = {BookingStatus.DECLINED: EventKind.DECLINED, BookingStatus.REFERRED: EventKind.REFERRED}.get(self.status)
        return next((e for e in reversed(self.events) if e.kind is kind), None)

    @property
    def corrections(self) -> list[Event]:
        """What is right where an answer is not, oldest first."""
        return [e for e in self.events if e.kind is EventKind.PUT_RIGHT and e.words]

    @property
    def outcomes(self) -> list["Visit"]:
        """The visits whose findings this citizen has been sent, oldest first."""
        return sorted((v for v in self.visits if v.findings and self.has_findings_of(v)), key=attrgetter("found_on"))

    def has_findings_of(self, visit: "Visit") -> bool:
        """Whether they were sent its findings: who knows its date has not heard of those."""
        return any(e.visit is visit and e.kind in TELLS_FINDINGS for e in self.events)

    def letters_on(self, visit: "Visit") -> list["Letter"]:
        """Those that tell its findings."""
        return [letter for letter in self.letters
                if letter.kind in TELLS_FINDINGS and letter.event and letter.event.visit is visit]

    @property
    def knows_of_dates(self) -> bool:
        """Whether they have heard, or are just hearing, of dates that are theirs to choose from, and nothing since by
        which these are answered, closed or off."""
        answered = max((event.at for event in self.events if event.kind in ANSWERS_DATES), default=None)
        heard = [letter.kind for letter in self.letters if letter.kind in TELLS_OF_DATES
                 and letter.delivery_status in (DeliveryStatus.SENT, DeliveryStatus.SENDING)
                 and (answered is None or letter.made_at > answered)]
        return heard[-1:] == [EventKind.DATES_OFFERED]

    def waits_for(self, visit: "Visit") -> bool:
        """Whether this visit's findings are still owed to this wish: no other date is agreed by now. They are, too,
        where it was closed after the visit without them, and is taken up again."""
        answered = any(e.kind in (EventKind.ANSWERED, EventKind.FOLLOWED_UP) and e.visit is visit for e in self.events)
        closed_since = any(e.kind in (EventKind.DECLINED, EventKind.REFERRED, EventKind.SPAM) and e.at > visit.starts_at
                           for e in self.events)
        is_wished = self.status is BookingStatus.ACCEPTED or self.status in UNDECIDED and closed_since
        return is_wished and not answered and not self.agreed_visit
