"""What a reader is never shown: it is taken out as it comes from the database, so that no page and no file can show
it by mistake."""

from sqlalchemy import event
from sqlalchemy.orm.attributes import set_committed_value

from .base import db
from .bookings import Booking
from .events import Event
from .letters import Letter

# How citizens can be reached, and what people wrote to each other.
HIDDEN = {
    Booking: ("name", "org", "email", "phone", "address", "secret"),
    Letter: ("recipient", "subject", "text", "calendar", "error"),
    Event: ("words",),
}


def redact_contact(questions: tuple[str, ...]) -> None:
    """From here to the end of this request, blank HIDDEN and the answers to `questions` in whatever is loaded. What is
    streamed after the request is not covered: make a list of it first. Nothing is written meanwhile, which the database
    sees to."""
    db.session.info["hidden"] = questions


def _hide(found, context, *_attributes) -> None:
    answers = context.session.info.get("hidden")
    if answers is None:
        return
    for name in HIDDEN[type(found)]:
        if found.__dict__.get(name):
            set_committed_value(found, name, "")
    if "answers" in found.__dict__:
        set_committed_value(found, "answers", {k: v for k, v in found.answers.items() if k not in answers})


for _model in HIDDEN:
    event.listen(_model, "load", _hide)
    event.listen(_model, "refresh", _hide)
