"""The database of a test: a file of SQLite's, or one of its own on the PostgreSQL server of TEST_POSTGRES_URL.

A folder is what a site runs in. On PostgreSQL its config.py names the database, so that every process that is started
in it finds it; a copy of the folder gets a copy of the database, and one that is made anew the same name again.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zlib import crc32

import psycopg
from psycopg import sql
from sqlalchemy import make_url

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
_made = set()


def made_in(folder: Path) -> Path:
    """A new folder, with an empty database for it."""
    folder.mkdir(parents=True, exist_ok=True)
    if SERVER:
        _create(folder, "template0")
    return folder


def copied(source: Path, folder: Path) -> Path:
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if SERVER:
        _create(folder, _named(source))
    return folder


def sealed(folder: Path) -> Path:
    """From now on it is only copied: a site that takes it for its own cannot open it."""
    if SERVER:
        _on_server("ALTER DATABASE {} ALLOW_CONNECTIONS false", _named(folder))
    return folder


def renewed(source: Path, folder: Path) -> None:
    """What stands in `source` is put in the place of the database of `folder`; whoever has that open is thrown out."""
    if SERVER:
        _create(folder, _named(source))
        return
    for old in folder.glob("bookings.sqlite*"):
        old.unlink()
    shutil.copy(source / "bookings.sqlite", folder)


def forgotten(folder: Path) -> None:
    if SERVER:
        _drop(_named(folder))


def all_forgotten() -> None:
    for name in list(_made):
        _drop(name)


@contextmanager
def outside(folder: Path | str) -> Iterator[sqlite3.Connection | psycopg.Connection]:
    """Somebody with the database and the rights to it, past our own code: each statement is its own transaction."""
    connection = psycopg.connect(address(folder), autocommit=True) if SERVER else sqlite3.connect(
        Path(folder, "bookings.sqlite"), isolation_level=None)
    with closing(connection):
        yield connection


def tables(connection) -> list[str]:
    return [name for name, in connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1" if SERVER else
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]


def address(folder: Path | str) -> str:
    """As psycopg takes it."""
    return make_url(SERVER).set(drivername="postgresql", database=_named(Path(folder))).render_as_string(False)


def _named(folder: Path) -> str:
    settings = {}
    exec((folder / "config.py").read_text(), settings)
    return make_url(settings["SQLALCHEMY_DATABASE_URI"]).database


def _create(folder: Path, template: str) -> None:
    name = f"booking_test_{os.getpid()}_{crc32(bytes(folder)):08x}"
    uri = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    (folder / "config.py").write_text(f"SQLALCHEMY_DATABASE_URI = {uri!r}\n")
    if name in _made:
        _drop(name)
    _made.add(name)
    _on_server("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)


def _drop(name: str) -> None:
    _made.discard(name)
    _on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _on_server(statement: str, *names: str) -> None:
    with psycopg.connect(make_url(SERVER).set(drivername="postgresql").render_as_string(False), autocommit=True) as one:
        one.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
