"""What every table stands on: the database, points in time, and words folded for searching."""

import enum
import hmac
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Self

from flask_sqlalchemy import SQLAlchemy
from psycopg.types.string import StrDumper
from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    Enum,
    MetaData,
    String,
    Table,
    TypeDecorator,
    event,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

# True while nothing may be changed: app.py sets it for every GET, and then the database itself refuses to write.
reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)
# What time it is, where it is not the present: only the demo, which lives through a year in seconds, sets it.
clock: ContextVar[datetime | None] = ContextVar("clock", default=None)
DOOR = 2014  # the number of the lock at which PostgreSQL's writers queue


class Base(DeclarativeBase):
    # Names by rule, so that a migration can drop or change any constraint on any database.
    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    })


db = SQLAlchemy(model_class=Base)


class OpenedByLink:
    """What a person without an account is let into by a link of their own: its number and its secret."""

    secret: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_urlsafe(18))

    @classmethod
    def by_link(cls, id: int, secret: str) -> Self | None:
        found = db.session.get(cls, id)
        return found if found and hmac.compare_digest(found.secret.encode(), secret.encode()) else None


class NotAllowed(ValueError):
    """A step that the present state does not allow, such as answering what was withdrawn."""


class UTCDateTime(TypeDecorator):
    """A point in time. SQLite drops time zones, so what is stored is UTC and what comes out says so."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect):
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect):
        return value.replace(tzinfo=UTC) if value else None


def one_of(kinds: type[enum.StrEnum]) -> Enum:
    """A column for one of `kinds`, stored by its value, so that a new kind needs no migration."""
    return Enum(kinds, native_enum=False, length=32, values_callable=lambda e: [k.value for k in e],
                create_constraint=False, validate_strings=True)


def now() -> datetime:
    return clock.get() or datetime.now(UTC)


def fold(words: str) -> str:
    """Words as they are compared: small letters, single spaces, no punctuation; æ, ø and å stay letters of their own.
    E-mail addresses stay whole.

    SQLite's lower() and LIKE know only A to Z, so what is searched is folded here and stored.
    """
    kept = unicodedata.normalize("NFC", words).casefold().split()
    plain = ("".join(c if c.isalnum() or "@" in word else " " for c in word) for word in kept)
    return " ".join(" ".join(plain).split())


@contextmanager
def aside() -> Iterator[Session]:
    """A short transaction on a connection of its own, for what even a GET must write down: that somebody read this.

    The permission belongs to that one connection. Whatever else the request does is still refused, and nothing that
    it has in hand is kept along.
    """
    with Session(db.engine.execution_options(aside=True)) as own, own.begin():
        yield own


@event.listens_for(Engine, "connect")
def _set_up(connection, _record):
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON",
                       "busy_timeout = 30000"):
            connection.execute(f"PRAGMA {pragma}")
    else:
        connection.adapters.register_dumper(str, _Printable)
        connection.autocommit = True  # who hangs at the door lets the next one in after five minutes
        connection.execute("SET lock_timeout = '30s'; SET statement_timeout = '60s'; SET datestyle = 'ISO'; "
                           "SET idle_in_transaction_session_timeout = '5min'")
        connection.autocommit = False


@event.listens_for(Engine, "begin")
def _begin(connection):
    """Writers queue at the door, so what they read is still true when they write, and numbers grow in the order in
    which things happened: the log's chain and the newest event that a page has seen rest on that. On SQLite, the door
    is BEGIN IMMEDIATE; on PostgreSQL, a lock that ends with the transaction, taken before anything is read. Nobody
    holds it while a mail is on its way; a booking holds it for some 30 ms, so that two writers do not gain on one, and
    it is readers that several processes are for. Should it ever fail, PostgreSQL's constraints still refuse the worst:
    a crew in two places, a form that counts twice, two entries of the log after the same one.

    Reading needs no door, and all that one page reads is of one moment. While reading_only holds, the database refuses
    every write that is not aside(): a GET changes nothing, by construction.
    """
    reading = reading_only.get() and not connection.get_execution_options().get("aside")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
    elif reading:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({DOOR})")


def go_on_counting(connection: Connection, table: Table) -> None:
    """After rows that brought their numbers along, the next new one gets the next number. SQLite sees to it itself."""
    key = table.autoincrement_column
    if key is not None and connection.dialect.name == "postgresql":
        connection.execute(select(func.setval(
            func.pg_get_serial_sequence(table.name, key.name), func.coalesce(func.max(key), 0) + 1, False)))


class _Printable(StrDumper):
    """PostgreSQL keeps no NUL in a text. Nobody types one, so where one comes it finds nothing and is shown as such."""

    def dump(self, words: str):
        return super().dump(words.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def will_pass(error: Exception) -> bool:
    """Whether the database says no only for now: it is full, held by somebody, stopped, or out of reach."""
    if isinstance(error, sqlite3.Error):
        return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    # Connection, resources, lock, intervention, system; without a code, there was nobody to answer.
    return error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "55", "57", "58")
