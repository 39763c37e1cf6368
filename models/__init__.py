"""What is known and how it may change. No HTTP, no form, no mail; nothing here commits."""

from .base import NotAllowed, clock, db, fold, now, reading_only
from .booking import CLOSED, NEXT_STEPS, OPEN, REOPEN_DAYS, Booking, Reply, Status
from .event import Event, Kind, take_unposted
from .letter import Fate, Letter, Way
from .officer import Officer
from .place import NEAR, Place
from .task import Owner, Photo, Task, TaskStatus
from .visit import Clash, State, Visit
from .workdays import COPENHAGEN, add_working_days, is_working_day, local, today, working_days_until

__all__ = [
    "Booking", "CLOSED", "COPENHAGEN", "Clash", "Event", "Fate", "Kind", "Letter", "NEAR", "NEXT_STEPS",
    "NotAllowed", "OPEN", "Officer", "Owner", "Photo", "Place", "REOPEN_DAYS", "Reply", "State", "Status", "Task",
    "TaskStatus", "Visit", "Way", "add_working_days", "clock", "db", "fold", "is_working_day", "local", "now",
    "reading_only", "take_unposted", "today", "working_days_until",
]
