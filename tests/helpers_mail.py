"""What tests of mail share: a real mail server, a clock that is moved, an application that sends, and a look at its
rows."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from helpers_servers import MailServer

from mail import outbox as mail_outbox
from models import Booking, Channel, Letter, Place, db

MONDAY = datetime(2026, 5, 11, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    """The clock, which a test moves instead of waiting."""
    with time_machine.travel(MONDAY) as moved:
        yield moved


@pytest.fixture
def server():
    server = MailServer()
    server.up()
    yield server
    server.down()


@pytest.fixture
def posting(make_app):
    """Makes an application that really sends to this server."""
    return lambda server, **config: make_app(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port, MAIL_SUPPRESS_SEND=False,
                                             **config)


@pytest.fixture
def app(clock, server, posting):
    return posting(server)


def receive(app, recipient: str = "anna@example.dk", **changes) -> tuple[str, str]:
    """Book without the pages; the reference and secret of the booking."""
    with app.app_context():
        place = Place.at(road="Bygaden", from_to="", postcode="4690", town="Haslev", municipality="Faxe", lat=None,
                         lng=None)
        booking = Booking.receive(**{
            "form_token": secrets.token_urlsafe(), "place": place, "service": "traffic",
            "name": "Anna Jensen", "email": recipient, "reply": Channel.EMAIL, "capacity": "private", "language": "da",
            "road": "Bygaden", "phone": "", "address": "", "org": "", "from_to": "",
            "answers": {"problem": "speeding"}, **changes})
        db.session.commit()
        return booking.reference, booking.secret


def send(app) -> int:
    """One round of the worker; how many letters went."""
    with app.app_context():
        return mail_outbox.send_due()


def send_all(app) -> int:
    """As many rounds as there is something to send: a worker makes one every few seconds."""
    went = 0
    while True:
        before = outbox(app)
        went += send(app)
        if [(l.delivery_status, l.tries) for l in outbox(app)] == [(l.delivery_status, l.tries) for l in before]:
            return went


def outbox(app, **where) -> list[Letter]:
    with app.app_context():
        return db.session.query(Letter).filter_by(**where).order_by(Letter.id).all()
