"""Two hundred who send an octet a second, without an account, keep nobody else from booking."""

import socket
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
import time_machine
from helpers_servers import GIVE_UP_AFTER, call
from ordeal import Answer, Client
from slow_senders import SlowSenders
from tools import needs
from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer

from server import SLOWEST, Line

AT_ONCE, BOOKINGS = 200, 3


class SealedClient(Client):
    """Comes through Caddy, as a browser does."""

    def __init__(self, port: int):
        super().__init__(f"localhost:{port}", threading.Event())
        self.port = port

    def ask_once(self, path: str, body: str | None = None) -> Answer:
        answer = call(self.port, path, body=body, headers={
            "Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"https://localhost:{self.port}/"})
        self.cookie = answer.cookie or self.cookie
        return answer


def book_beside(client: Client, senders: SlowSenders) -> None:
    """A few bookings with their receipts, while every sender goes on; who has no answer in all that time gives up."""
    with senders:
        patience = threading.Timer(GIVE_UP_AFTER, client.over.set)
        patience.start()
        client.token = client.ask("/bestil/faerdselskontrol").token
        for _ in range(BOOKINGS):
            client.book()
        patience.cancel()


@pytest.mark.system
def test_two_hundred_slow_senders_keep_nobody_from_booking(installed):
    installed.serve()
    book_beside(Client(installed.host, threading.Event()), SlowSenders(installed.host, AT_ONCE))


@needs("caddy")
@pytest.mark.system
def test_two_hundred_slow_senders_keep_nobody_from_booking_through_caddy(installed, sealed):
    installed.environment = {"BOOKING_PROXIES": "1", "BOOKING_PREFERRED_URL_SCHEME": "https",
                             "BOOKING_SERVER_NAME": f"localhost:{sealed.port}"}
    installed.serve()
    client = SealedClient(sealed.port)
    client.ask("/bestil/faerdselskontrol")  # Caddy has its certificate by now
    book_beside(client, SlowSenders(client.host, AT_ONCE, sealed=True))


def test_a_request_has_five_minutes_to_arrive_however_many_octets_come():
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(active_channels={}, adj=SimpleNamespace(channel_timeout=SLOWEST))
    with closing(theirs), closing(ours), time_machine.travel(0, tick=False) as clock:
        line = Line(server, ours, None, Adjustments(), map={})
        assert not line.is_idle, "it is about to ask"
        for octet in b"POST / HTTP":
            theirs.send(bytes([octet]))
            line.handle_read()
            BaseWSGIServer.maintenance(server, time.time())
            assert not line.will_close
            clock.shift(SLOWEST / 10)
        BaseWSGIServer.maintenance(server, time.time())
        assert line.will_close
