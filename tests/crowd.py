"""All at once what used to hold SQLite's write lock: a long export to a slow reader, guesses of passwords, a photo on a
slow line, and many who send an octet a second."""

import itertools
import random
import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from io import BytesIO

from conftest import Page
from PIL import Image
from slow_senders import SlowSenders
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

GUESSERS, SLOW_SENDERS = 4, 200
PIECE = 20_000  # octets that a slow line takes in a tenth of a second


class Crowd:
    """`officer` is a Client (ordeal.py) that is logged in; `tasks` the path of a visit's tasks. `rounds` counts what was
    done to its end, by its name."""

    def __init__(self, officer, tasks: str):
        self.officer, self.tasks, self.over = officer, tasks, threading.Event()
        self.rounds = dict.fromkeys(("export", "guess", "photo"), 0)

    @contextmanager
    def busy(self):
        """Until the end of the block; it begins when each of them is at it."""
        with ExitStack() as stack:
            stack.enter_context(SlowSenders(self.officer.host, SLOW_SENDERS))
            callers = [threading.Thread(target=self._again_and_again, args=(name, what), daemon=True) for name, what in (
                ("export", self._export), ("photo", self._photo), *itertools.repeat(("guess", self._guess), GUESSERS))]
            for caller in callers:
                caller.start()
            try:
                yield self
            finally:
                self.over.set()
                for caller in callers:
                    caller.join(90)

    def _again_and_again(self, name: str, what: Callable[[], None]) -> None:
        while not self.over.is_set():
            what()
            self.rounds[name] += 1

    def _export(self) -> None:
        with closing(HTTPConnection(self.officer.host, timeout=60)) as line:
            line.request("GET", "/kontor/sager.json?fra=2010-01", headers={"Cookie": self.officer.cookie})
            answer = line.getresponse()
            assert answer.status == 200
            while answer.read(PIECE):
                self.over.wait(.1)

    def _guess(self) -> None:
        with closing(HTTPConnection(self.officer.host, timeout=60)) as line:
            line.request("GET", "/kontor/log-ind")
            answer = line.getresponse()
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            token = Page.of(answer.read().decode()).token
            _, body = encode_multipart(MultiDict({"csrf_token": token, "email": "ingen@politi.example",
                                                  "password": secrets.token_hex()}), boundary="x")
            line.request("POST", "/kontor/log-ind", body, {
                "Cookie": cookie, "Content-Type": "multipart/form-data; boundary=x"})
            assert line.getresponse().status == 422

    def _photo(self) -> None:
        photo = BytesIO()
        Image.frombytes("RGB", (1500, 1000), random.randbytes(4_500_000)).save(photo, "JPEG")
        typed = {"csrf_token": self.officer.token, "what": "En lampe.", "owner": "municipality", "status": "new",
                 "once": secrets.token_hex(), "photo": FileStorage(BytesIO(photo.getvalue()), "photo.jpg")}
        _, body = encode_multipart(MultiDict(typed), boundary="x")
        pieces = (body[at:at + PIECE] for at in range(0, len(body), PIECE) if not self.over.wait(.05))
        with closing(HTTPConnection(self.officer.host, timeout=60)) as line:
            line.request("POST", self.tasks, pieces, {
                "Cookie": self.officer.cookie, "Content-Length": str(len(body)),
                "Content-Type": "multipart/form-data; boundary=x"})
            if not self.over.is_set():
                assert line.getresponse().status in (303, 422)
