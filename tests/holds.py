"""Runs a Python module as `python -m` would, and keeps in FILE for how long SQLite's write lock was held by one writer
at the most, how much of it was that writer's own work (on a busy machine, most of it is waiting for a processor), in
milliseconds, and how many held it: holds.py FILE MODULE ARGUMENT..."""

import runpy
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
from models.base import WriteQueue


class Holds:
    """The longest one, the most work in one, and how many there were."""

    def __init__(self):
        self.longest, self.work, self.count = 0.0, 0.0, 0

    def ended(self, took: float, worked: float) -> None:
        self.longest, self.work = max(self.longest, took * 1000), max(self.work, worked * 1000)
        self.count += 1


class HoldsInFile(Holds):
    def __init__(self, file: str):
        super().__init__()
        self.file = Path(file)

    def ended(self, took: float, worked: float) -> None:
        super().ended(took, worked)
        self.file.write_text(f"{self.longest:.0f} {self.work:.0f} {self.count}")


@contextmanager
def watched(holds: Holds) -> Iterator[Holds]:
    """From a writer's turn to the moment in which it gives the lock on."""
    enter, leave, begun = WriteQueue.enter, WriteQueue.leave, {}

    def timed_enter(queue):
        turn = enter(queue)
        begun[turn] = time.monotonic(), time.thread_time()
        return turn

    def timed_leave(queue, turn):
        at, work = begun.pop(turn)
        holds.ended(time.monotonic() - at, time.thread_time() - work)
        leave(queue, turn)

    WriteQueue.enter, WriteQueue.leave = timed_enter, timed_leave
    try:
        yield holds
    finally:
        WriteQueue.enter, WriteQueue.leave = enter, leave


if __name__ == "__main__":
    _, file, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    with watched(HoldsInFile(file)):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
