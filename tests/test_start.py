"""bin/run: two that start at once do no harm, and what is there already stays."""

import fcntl
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from browser import free_port
from conftest import ROOT
from helpers_code import VERSIONS, schema

pytestmark = [pytest.mark.system, pytest.mark.sqlite]


@pytest.fixture
def tree(tmp_path) -> Path:
    """The tree as bin/run finds it, but for bin/setup, which has nothing to do here. `called` says who started what."""
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in (".venv", "bin", "instance"):
            (tree / path.name).symlink_to(path)
    (tree / ".venv" / "bin").mkdir(parents=True)
    for name, module in (("python", ""), ("flask", "-m flask"), ("gunicorn", "-m gunicorn")):
        command = tree / ".venv" / "bin" / name
        command.write_text(f'#!/bin/sh\necho "$PPID {name} $1" >>called\nexec "{sys.executable}" {module} "$@"\n')
        command.chmod(0o755)
    shutil.copy(ROOT / "bin" / "run", tree / "bin")
    (tree / "bin" / "setup").write_text("")
    return tree


def test_setup_compiles_the_code_but_nothing_of_the_instance(tree):
    """Whoever serves the site cannot write into its code; a compiled config.py would be one more copy of passwords."""
    (tree / "models").unlink()
    shutil.copytree(ROOT / "models", tree / "models", ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "instance").mkdir()
    (tree / "instance" / "config.py").write_text("MAIL_PASSWORD = 'secret'")
    (tree / "translations").unlink()
    shutil.copy(ROOT / "bin" / "setup", tree / "bin")
    version = subprocess.run([sys.executable, "--version"], capture_output=True, text=True).stdout
    (tree / ".venv" / ".installed-requirements.txt").write_text(version + (ROOT / "requirements.lock").read_text())
    done = subprocess.run(["bash", "bin/setup", "requirements.txt"], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(tree.glob("models/__pycache__/base.*.pyc")) and not list(tree.glob("instance/__pycache__"))


class Run:
    """One bin/run."""

    def __init__(self, tree: Path):
        self.port, self.said = free_port(), tree / f"said-{time.monotonic_ns()}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BOOKING_", "FLASK_"))}
        with self.said.open("w") as log:
            self.process = subprocess.Popen(["bash", "bin/run"], cwd=tree, stdout=log, stderr=log, env=clean | {
                "PORT": str(self.port), "BOOKING_BACKUP_HOUR": "null"}, start_new_session=True)

    def answers(self) -> bool:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.process.poll() is None, self.said.read_text()
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/health", timeout=60) as answer:
                    return answer.status == 200
            except OSError:
                time.sleep(.1)
        raise AssertionError(self.said.read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)


def test_a_checkout_may_lie_in_a_folder_of_any_name(tree):
    run = Run(tree.rename(tree.with_name("en mappe #1, 50% 'æ' hvad?")))
    try:
        assert run.answers()
    finally:
        run.stop()
    assert "Traceback" not in run.said.read_text()


def test_two_starts_at_once_make_one_database_and_one_officer(tree, template):
    path, called = tree / "instance" / "bookings.sqlite", tree / "called"
    (tree / "instance").mkdir()
    called.touch()
    with (tree / "instance" / ".start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # somebody else is starting
        runs = [Run(tree), Run(tree)]
        until = time.monotonic() + 60
        while called.read_text().count(" python -c") < 2 and time.monotonic() < until:
            time.sleep(.05)
        waited = called.read_text()
    try:
        assert waited.count(" python -c") == 2 and "flask" not in waited and not path.exists(), waited
        assert all(run.answers() for run in runs)
    finally:
        for run in runs:
            run.stop()
    changes = [line.split()[0] for line in called.read_text().splitlines() if re.search("flask (db|officer)", line)]
    assert len(changes) == 4 and changes[0] == changes[1] and changes[2] == changes[3], "one after the other"
    said = [run.said.read_text() for run in runs]
    assert not any("Traceback" in words or "locked" in words for words in said), said
    assert sum("with the password" in words for words in said) == 1, "the first officer is told once"
    assert schema(path) == schema(template / "bookings.sqlite")
    with closing(sqlite3.connect(path)) as one:
        assert one.execute("SELECT version_num FROM alembic_version").fetchall() == [(VERSIONS[-1],)]
        assert one.execute("SELECT count(*) FROM officers").fetchone() == (1,)
