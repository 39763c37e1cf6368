"""The blueprint on which the citizen's pages hang, and what several of them ask first."""

from flask import Blueprint, abort

from models import Booking, OfficerAbsence

citizen = Blueprint("citizen", __name__)
citizen.context_processor(lambda: {"away_at_present": OfficerAbsence.at_present})


def booking_of(reference: str, secret: str) -> Booking:
    """The booking of a secret link; any other address gets the same 404."""
    return Booking.by_link(reference, secret) or abort(404)
