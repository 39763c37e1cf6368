"""What a reader is never shown: it is taken out as it comes from the database, so that no page and no file can show
it by mistake."""

from sqlalchemy import event
from sqlalchemy.orm.attributes import set_committed_value

from .base import db
from .booking import Booking
from .event import Event
from .letter import Letter

# How citizens can be reached, and what people wrote to each other.
HIDDEN = {
    Booking: ("name", "org", "email", "phone", "address", "secret"),
    Letter: ("recipient", "subject", "text", "calendar", "error"),
    Event: ("words",),
}


def hide_contact(answers: tuple[str, ...]) -> None:
    """For the rest of this request, though not for what is streamed after it; `answers` names the questions whose
    answers say whom to call. Nothing is written meanwhile: a reader only reads, and the database sees to that."""
    db.session.info["hidden"] = answers


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
