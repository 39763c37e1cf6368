"""A row that the garbage collector frees at the very moment when its session lets it go."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

LET_GO = """
import gc
import sys
from datetime import time

from sqlalchemy import insert, inspect

from app import create_app
from models import OpeningHours, db

with create_app({"INSTANCE": sys.argv[1]}).app_context():
    db.create_all()
    db.session.execute(insert(OpeningHours), [
        {"weekday": n, "opens": time(8), "closes": time(9)} for n in range(200)])
    db.session.commit()
    gc.disable()
    rows = db.session.query(OpeningHours).all()
    states = [inspect(row) for row in rows]
    for row in rows:
        row.itself = row  # only the collector frees it
    states.pop().takes_the_last_place = True
    del row
    dictionaries = [{} for _ in range(100)]  # those that Python has in store are used up
    state = states.pop(5)
    del rows[5]
    gc.set_threshold(1)  # the very next object sets the collector going
    gc.enable()
    state._strong_obj = None  # as SQLAlchemy does when a session closes
    gc.disable()
    print(state._strong_obj)
"""


@pytest.mark.system
@pytest.mark.sqlite
def test_a_row_is_freed_while_its_session_lets_it_go(tmp_path):
    done = subprocess.run([sys.executable, "-c", LET_GO, str(tmp_path)], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "PYTHONMALLOC": "debug"}, check=False)  # what is freed is overwritten
    assert (done.returncode, done.stdout) == (0, "None\n"), done.stderr
