"""What is known and how it may change. No HTTP, no form, no mail; nothing here commits."""

from . import limits
from .base import (
    LOCK_TIMEOUT,
    NotAllowed,
    autonomous_transaction,
    clock,
    db,
    ensure_writable,
    fold,
    is_same_secret,
    is_temporary,
    make_private,
    new_secret,
    now,
    reading_only,
    require,
    restart_sequence,
    settle_state_attributes,
    start_writing,
    stop_writing,
    writes_later,
    writing_beside_others,
)
from .bookings import Booking
from .counts import MonthCount, QuarterAccount, last_of_quarter
from .data_version import data_version
from .enums import (
    CLOSED,
    DECIDED,
    DONE_WITH,
    NEXT_STEPS,
    NOT_GONE,
    OPEN,
    OPEN_ROUND,
    UNDECIDED,
    UNSENT,
    BookingStatus,
    Channel,
    DeliveryStatus,
    PartOfDay,
    PollRound,
    PollStatus,
    Role,
    TaskStatus,
    VisitStatus,
)
from .event_types import REMINDER
from .events import (
    AuditEntry,
    Event,
    EventKind,
    anonymise_events,
    append_audit_entry,
    drain_pending_events,
    drop_pending_events,
    newest_event,
    start_audit,
    verify_audit_chain,
)
from .figures import Figure, FigureRow, Handout
from .history import CHANGES_VISIT
from .intake import Feedback, IntakePause, WaitlistEntry
from .letters import BlockedAddress, Letter, in_ascii, in_small_letters, mailbox
from .officers import Invite, LogIn, Officer, OfficerAbsence
from .places import NEIGHBOUR_METRES, TIDY_INDEX, Place, containing, visits_to_join
from .polls import Poll, PollAnswer, PollCount
from .privacy import RemovalRecord, RetentionDecision, months_after
from .redaction import redact_contact
from .results import PARTS_OF_DAY, Result, place_slug, search_words
from .road_names import road_key
from .roads import Road
from .rules import SERVICE_RULES, ServiceRules
from .schedule import (
    Clash,
    OpeningHours,
    Proposal,
    Reservation,
    free_times,
    is_within_hours,
    unit_key,
    visits_by_day,
)
from .tasks import Assignee, FindingsLink, Photo, Task
from .texts import FIRST, AdviceText, DeclineReason, PrivacyNotice
from .visits import Visit, VisitStatistic, visit_bookings
from .working_days import (
    COPENHAGEN,
    add_working_days,
    close_on,
    is_working_day,
    local,
    midnight,
    month_begins,
    public_holiday,
    today,
    working_days_until,
)
