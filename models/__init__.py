"""What is known and how it may change. No HTTP, no form, no mail; nothing here commits."""

from .agenda import Clash, Hours, Taken, free_times, is_within_hours
from .audit import Deed, Entry, broken_at, in_hand
from .away import Away
from .base import NotAllowed, aside, clock, db, fold, go_on_counting, now, reading_only, will_pass
from .block import Block
from .booking import REOPEN_DAYS, Booking
from .event import Event, Kind, forget_words, newest_event, take_unposted
from .feedback import Feedback
from .field import FieldLink
from .intake import Intake, Waiter
from .invite import Invite
from .letter import DONE_WITH, Fate, Letter, Way, mailbox
from .log_in import LogIn
from .notice import FIRST, Notice
from .officer import Officer, Role
from .place import NEAR, Place
from .proposal import Proposal
from .reader import hide_contact
from .removal import Permit, Removal, months_after
from .search import containing
from .status import CLOSED, DECIDED, NEXT_STEPS, OPEN, UNDECIDED, Reply, Status
from .task import Owner, Photo, Task, TaskStatus
from .visit import State, Sum, Visit
from .wording import Wording
from .workdays import (
    COPENHAGEN,
    add_working_days,
    holiday_name,
    is_working_day,
    local,
    midnight,
    today,
    working_days_until,
)
