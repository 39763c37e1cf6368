"""gunicorn with one of our applications, and what its processes have used: processor, memory, time to start."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = "app:create_app()"
TICKS = os.sysconf("SC_CLK_TCK")  # in which /proc counts a second
GIVE_UP_AFTER = 60  # seconds
UNSENT = "SELECT count(*) FROM letters WHERE way = 'email' AND fate IN ('waiting', 'sending')"
# What would count or hinder the caller, who is one address with a thousand bookings.
SETTINGS = {"RATELIMIT_ENABLED": "false", "BOT_CHECK": "false", "SECOND_FACTOR": "false", "BACKUP_HOUR": "null",
            "DEMO": "true"}


class Server:
    """One worker process with eight threads, where nothing else is said. It may be started again and again, and
    is there when it has answered `path`."""

    def __init__(self, application: str, folder: Path, path: str = "/", workers: int = 1, **settings: str):
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host = f"127.0.0.1:{self._door.getsockname()[1]}"
        self.folder, self.path = folder, path
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BOOKING_", "FLASK_"))}
        ours = {"INSTANCE": str(folder), "SERVER_NAME": self.host, **SETTINGS, **settings}
        self._environment = clean | {f"BOOKING_{name}": value for name, value in ours.items()} | {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "MALLOC_ARENA_MAX": "1"}  # as bin/run and deploy/ say
        self._command = ["gunicorn", "--bind", f"fd://{self._door.fileno()}", "--workers", str(workers), "--threads",
                         "8", application]
        self._home = ROOT if application == SITE else folder  # where gunicorn.conf.py stands, or none does
        self._process = None

    def start(self) -> float:
        """The seconds to the first answer, Python's own start included."""
        begun = time.perf_counter()
        self._process = self._run(*self._command, pass_fds=(self._door.fileno(),))
        line = HTTPConnection(self.host, timeout=GIVE_UP_AFTER)
        line.request("GET", self.path)
        answer = line.getresponse()
        answer.read()
        took = time.perf_counter() - begun
        line.close()
        assert answer.status < 500, f"{self.path}: {answer.status}; see {self.folder}/server.log"
        return took

    def stop(self) -> None:
        _end(self._process)

    @contextmanager
    def letter_worker(self) -> Iterator[int]:
        """The number of its process, when it has sent all that waited."""
        worker = self._run("letter_worker", "--seconds", "0.1")
        try:
            with closing(sqlite3.connect(self.folder / "bookings.sqlite")) as database:
                while database.execute(UNSENT).fetchone()[0]:
                    time.sleep(.1)
            yield worker.pid
        finally:
            _end(worker)

    @property
    def cpu(self) -> float:
        """Seconds of processor that all of its processes have used, for themselves and in the kernel."""
        return sum(_ticks(process) for process in (self._process.pid, *self.web_processes)) / TICKS

    @property
    def web_processes(self) -> list[int]:
        return [int(number) for number in Path(
            f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()]

    def _run(self, module: str, *arguments: str, **how) -> subprocess.Popen:
        with (self.folder / "server.log").open("a") as log:
            return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=self._home, stdout=log, stderr=log,
                                    env=self._environment, **how)


@contextmanager
def serving(server: Server) -> Iterator[float]:
    """Until the end of the block; with the seconds to the first answer."""
    try:
        yield server.start()
    finally:
        server.stop()


def memory(process: int) -> float:
    """Its proportional share (PSS), in megabytes: what several processes share is divided among them."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1]) / 1024


def _ticks(process: int) -> int:
    """utime and stime of /proc/PID/stat; the name in brackets before them may hold spaces."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _end(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(GIVE_UP_AFTER)
