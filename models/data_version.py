"""Whether anything has been stored since: what was made of the rows of one version is right as long as it lasts."""

import sqlite3
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine, event, text

from .base import db


def data_version() -> object | None:
    """Equal to an earlier one only if nobody, in whichever process, has committed anything in between. None where that
    cannot be known: all is in memory, or the file cannot be read.

    On PostgreSQL it is the snapshot of this transaction, which names all that had been committed. On SQLite it is the
    data_version of a connection that never writes: it changes with every commit of any other connection.
    """
    if db.engine.dialect.name == "postgresql":
        return db.session.scalar(text("SELECT pg_current_snapshot()::text"))
    file = db.engine.url.database or ":memory:"
    with suppress(OSError, sqlite3.Error):
        watch = _watch(file, Path(file).stat().st_ino)
        with watch.turn:
            return watch.turn, *watch.connection.execute("PRAGMA data_version").fetchall()
    return None


class _Watch:
    """The connection that never writes, for all threads of a process, in turn."""

    def __init__(self, file: str):
        self.connection, self.turn = sqlite3.connect(file, check_same_thread=False), Lock()

    def __del__(self):
        self.connection.close()


@lru_cache(8)
def _watch(file: str, _inode: int) -> _Watch:
    """A file put in the place of another, as by a restore, is another database."""
    return _Watch(file)


@event.listens_for(Engine, "engine_disposed")
def _forget(_engine) -> None:
    """Whoever closes the database, as before its file is exchanged, closes it here, too."""
    _watch.cache_clear()
