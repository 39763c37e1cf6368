"""What time itself does: dates that nobody answered lapse, and those that come near are remembered."""

from models import Proposal, Visit, add_working_days, today
from services import SERVICES

REMIND = 2  # working days before an agreed date


def lapse_offers() -> None:
    for booking in Proposal.unanswered():
        booking.lapse(SERVICES[booking.service].answer_within)


def remind() -> None:
    for visit in Visit.to_remind(add_working_days(today(), REMIND)):
        visit.remind()
