"""The demo's district, filled once for all who only look."""

import time

import databases
import pytest
from conftest import build
from flask.cli import FlaskGroup
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from models import db, now, reading_only


def flask_demo(app):
    """What the operator types and reads."""
    return app.test_cli_runner().invoke(FlaskGroup(create_app=lambda: app), ["demo"])


@pytest.fixture(scope="session")
def demo(template, tmp_path_factory):
    """A filled district, made once in this process: its folder, what was said meanwhile, seconds of computing, and
    when."""
    folder = databases.copied(template, tmp_path_factory.mktemp("demo") / "instance")
    app, started, at = build(folder), time.process_time(), now()
    said = flask_demo(app)
    seconds = time.process_time() - started
    leave(app)
    return folder, said, seconds, at


@pytest.fixture(scope="module")
def filled(demo, tmp_path_factory):
    """The application with a copy of the filled district, for all tests of a file: most only look."""
    folder, said, seconds, at = demo
    app = build(databases.copied(folder, tmp_path_factory.mktemp("filled") / "instance"))
    app.said, app.seconds, app.made_at = said, seconds, at
    yield app
    leave(app)


def leave(app) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def rows(filled):
    """A look at the filled database, at which nobody else has to wait."""
    def look(of) -> list:
        held = reading_only.set(True)
        try:
            return list(db.session.scalars(select(of).order_by(of.id)))
        finally:
            reading_only.reset(held)

    with filled.app_context():
        yield look
        db.session.rollback()


def typed(answers: dict) -> MultiDict:
    """Stored answers as a browser would send them."""
    sent = MultiDict()
    for name, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                sent.update({f"{name}-{number}-{part}": str(words) for part, words in row.items()})
        elif isinstance(value, list):
            sent.setlist(name, value)
        elif isinstance(value, dict):
            sent.update({f"{name}-{part}": words for part, words in value.items()})
        elif value is not False:
            sent[name] = "y" if value is True else str(value)
    return sent
