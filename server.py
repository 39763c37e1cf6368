"""The web server's worker process: a request is taken from its line whole before a thread works on it.

gunicorn starts, renews (HUP) and stops these processes and hands them the sockets; within each, waitress reads all
lines in one loop. Whoever sends an octet a second costs a line and a buffer, and no thread.
"""

import gc
import logging
import os
import sys
import time

from gunicorn.workers.base import Worker
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.wasyncore import loop

LINES = 900  # at once; Linux gives a process 1,024 files unless told otherwise
SLOWEST = 300  # seconds in which a request must have arrived, and after which a line that says nothing is closed
# Seconds after which a thread that reckons lets another one go on. With Python's own 5 ms, a writer, who pauses at each
# of its forty queries, would hold the write lock for 40 * 5 ms while a file of all cases is written.
SWITCH = 0.0002
LARGEST = 30_000_000  # octets of a request; Flask takes less, and says so on a page


class Line(HTTPChannel):
    """One connection. How long a request may take counts from its first octet, however many come after it."""

    begun = 0.0

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.begun = self.last_activity
        taken = super().received(data)
        if self.request is not None:
            self.last_activity = self.begun
        return taken

    @property
    def is_idle(self) -> bool:
        """Whether all that was asked is answered. Whoever has only just come is about to ask."""
        return bool(self.begun) and not (self.request or self.requests or self.total_outbufs_len)


class BufferingWorker(Worker):
    """For gunicorn's --worker-class."""

    def load_wsgi(self) -> None:
        gc.disable()  # what is loaded stays: to look for garbage in it meanwhile takes a tenth of the start
        super().load_wsgi()
        gc.freeze()
        gc.enable()

    def run(self) -> None:
        BaseWSGIServer.channel_class = Line
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        sys.setswitchinterval(SWITCH)
        self.lines = {}
        create_server(
            self.wsgi, map=self.lines, sockets=[listener.sock for listener in self.sockets], threads=self.cfg.threads,
            backlog=self.cfg.backlog, connection_limit=LINES, channel_timeout=SLOWEST, max_request_body_size=LARGEST,
            ident=None, clear_untrusted_proxy_headers=False)  # which of them count, PROXIES says
        while self.alive and self.ppid == os.getppid():
            self._serve()
        self._finish()

    def _serve(self) -> None:
        self.notify()
        loop(timeout=1, use_poll=True, map=self.lines, count=1)

    def _finish(self) -> None:
        """Nobody new is let in; whoever has asked, or was about to, is answered within the time that gunicorn gives."""
        for server in self._those_of(BaseWSGIServer):
            server.accepting = False
        last = time.monotonic() + self.cfg.graceful_timeout
        while (lines := self._those_of(Line)) and time.monotonic() < last:
            for line in lines:
                if line.is_idle:
                    line.handle_close()
            self._serve()

    def _those_of(self, kind: type) -> list:
        return [one for one in self.lines.values() if isinstance(one, kind)]
