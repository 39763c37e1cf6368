"""Many who send a request an octet a second, without an account: half of them a body, half not even all headers."""

import random
import socket
import ssl
import threading
from contextlib import closing

HEAD = ("POST /bestil/faerdselskontrol HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n")


class SlowSenders(threading.Thread):
    """`all_there` is set once each of them has a line and has begun; they go on until the end of the block."""

    def __init__(self, host: str, count: int, sealed: bool = False):
        super().__init__(daemon=True)
        self.host, self.count, self.sealed, self.lines = host, count, sealed, []
        self.all_there, self.over, self.sent = threading.Event(), threading.Event(), 0

    def run(self) -> None:
        for nth in range(self.count):
            line = self._line()
            body = "Content-Length: 300000\r\n\r\na=" if nth % 2 else "X-Slow: "
            line.sendall((HEAD.format(host=self.host) + body).encode())
            self.lines.append(line)
        self.all_there.set()
        while not self.over.wait(1):
            for line in self.lines:
                self._send_one_more(line)

    def _line(self) -> socket.socket:
        name, port = self.host.split(":")
        line = socket.create_connection((name, int(port)), timeout=60)
        if not self.sealed:
            return line
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(line, server_hostname=name)

    def _send_one_more(self, line: socket.socket) -> None:
        try:
            line.sendall(random.choice(b"abc").to_bytes())
            self.sent += 1
        except OSError:  # the site has had enough
            pass

    def __enter__(self):
        self.start()
        assert self.all_there.wait(120), f"only {len(self.lines)} got a line"
        return self

    def __exit__(self, *_error):
        self.over.set()
        self.join(60)
        for line in self.lines:
            with closing(line):
                pass
