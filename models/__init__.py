"""What is known and how it may change. No HTTP, no form, no mail; nothing here commits."""

from .base import NotAllowed, db, fold, now, reading_only
from .booking import CLOSED, NEXT_STEPS, OPEN, REOPEN_DAYS, Booking, Reply, Status
from .event import Event, Kind, take_unposted
from .letter import Fate, Letter, Way
from .officer import Officer
from .place import NEAR, Place
from .visit import Clash, State, Visit
from .workdays import COPENHAGEN, add_working_days, is_working_day, local, today, working_days_until

__all__ = [
    "CLOSED", "COPENHAGEN", "NEAR", "NEXT_STEPS", "OPEN", "REOPEN_DAYS", "Booking", "Clash", "Event", "Fate", "Kind",
    "Letter", "NotAllowed", "Officer", "Place", "Reply", "State", "Status", "Visit", "Way", "add_working_days", "db",
    "fold", "is_working_day", "local", "now", "reading_only", "take_unposted", "today", "working_days_until",
]
