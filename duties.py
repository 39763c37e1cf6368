"""What time itself does, with nobody at the keyboard: the worker sees to each of these, again and again."""

from models import Proposal, Task, Visit, Waiter, add_working_days, today
from services import SERVICES

REMIND = 2  # working days before an agreed date


def lapse_offers() -> None:
    """Dates that nobody answered in time are void."""
    for booking in Proposal.unanswered():
        booking.lapse(SERVICES[booking.service].answer_within)


def remind() -> None:
    """Both sides are reminded of an agreed date."""
    for visit in Visit.to_remind(add_working_days(today(), REMIND)):
        visit.remind()


def follow_up() -> None:
    """Ask those who were to do something how it goes."""
    for owner in Task.owners_due(today()):
        owner.remind(SERVICES[owner.visit.service].follow_up)


def reopen() -> None:
    """A pause of the intake ends by itself on its date; who wanted to know is told."""
    Waiter.tell_all()


DUTIES = (lapse_offers, remind, follow_up, reopen)
