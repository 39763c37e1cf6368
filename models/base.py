"""What every table stands on: the database, points in time, and words folded for searching."""

import enum
import hmac
import secrets
import sqlite3
import unicodedata
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Self

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.model import camel_to_snake_case
from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    Enum,
    Float,
    ForeignKey,
    MetaData,
    String,
    Table,
    TypeDecorator,
    event,
    func,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column, relationship

if TYPE_CHECKING:
    from . import Officer

# True while nothing may be changed: web.py sets it for every GET, and then the database itself refuses to write.
reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)
# True while a POST still does what takes long: it may not write either, until start_writing().
writes_later: ContextVar[bool] = ContextVar("writes_later", default=False)
# What time it is, where it is not the present: only the demo, which lives through a year in seconds, sets it.
clock: ContextVar[datetime | None] = ContextVar("clock", default=None)
# What a writer on PostgreSQL has to itself, by name, while others write beside it: see writing_beside_others. None: it
# writes alone.
lock_names: ContextVar[tuple[str, ...] | None] = ContextVar("lock_names", default=None)
# The numbers of PostgreSQL's locks: for the access log, for all else, and for the numbers of events.
LOG_LOCK_ID, WRITE_LOCK_ID, EVENT_LOCK_ID = 2013, 2014, 2015
LOCK_TIMEOUT = 30  # seconds that a writer waits for the write lock


class Base(DeclarativeBase):
    """What all tables have in common."""

    # Names by rule, so that a migration can drop or change any constraint on any database.
    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    })

    @declared_attr
    def __tablename__(cls) -> str:
        """A table is called as its rows are, LogIn's log_ins, unless its class says otherwise."""
        return f"{camel_to_snake_case(cls.__name__)}s"

    @classmethod
    def create(cls, **columns) -> Self:
        """A new row, kept with the commit."""
        row = cls(**columns)
        db.session.add(row)
        return row

    def assign(self, **columns) -> None:
        """Give these columns other values."""
        for name, value in columns.items():
            setattr(self, name, value)

    @classmethod
    def one_by(cls, **columns) -> Self | None:
        """The row that has these values, where no two can have them."""
        return db.session.scalar(select(cls).filter_by(**columns))


db = SQLAlchemy(model_class=Base)


class Numbered:
    """A table whose rows have a number of their own."""

    id: Mapped[int] = mapped_column(primary_key=True)


class HasPoint:
    """A point on the map, in degrees; None where nobody knows it."""

    lat: Mapped[float | None] = mapped_column(Float)
    lng: Mapped[float | None] = mapped_column(Float)


def new_secret(octets: int = 18) -> str:
    """What makes an address a key. It ends in a letter or digit: mail programs take a sign at the end of an address for
    the sentence's, and leave it off the link. It begins with one, too: _ may stand for a stroke (forms/typed.py)."""
    secret = secrets.token_urlsafe(octets)
    return secret if secret[0].isalnum() and secret[-1].isalnum() else new_secret(octets)


def is_same_secret(known: str, given: str) -> bool:
    """Compared in constant time, but for dashes at the end: older secrets have them, and they get lost on the way."""
    return hmac.compare_digest(known.rstrip("-_").encode(), given.rstrip("-_").encode())


class OpenedByLink(Numbered):
    """What a person without an account is let into by a link of their own: its number and its secret. The link goes to
    `email`, in a letter in `language`."""

    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    secret: Mapped[str] = mapped_column(String(32), default=new_secret)

    @classmethod
    def by_link(cls, id: int, secret: str) -> Self | None:
        found = db.session.get(cls, id)
        return found if found and is_same_secret(found.secret, secret) else None


class NotAllowed(ValueError):
    """A step that the present state does not allow, such as answering what was withdrawn."""


def require(allowed: object, refusal: str, error: type[Exception] = NotAllowed) -> None:
    """What a step rests on: `error` with `refusal` where it does not hold."""
    if not allowed:
        raise error(refusal)


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


class ByOfficer:
    """A row with the officer who did it; none where the citizen, the operator or the software did."""

    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))

    @declared_attr
    def officer(cls) -> Mapped["Officer | None"]:
        return relationship("Officer")


class Versioned(ByOfficer, Numbered):
    """A table whose rows are only added, each with who added it and when: the newest counts, the others are its
    history."""

    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))

    @classmethod
    def add(cls, officer: "Officer", **columns) -> Self:
        return cls.create(at=now(), officer=officer, **columns)

    @classmethod
    def history(cls, **columns) -> list[Self]:
        """All versions in which the columns have these values, the newest first."""
        return list(db.session.scalars(select(cls).filter_by(**columns).order_by(cls.id.desc())))


def fold(words: str) -> str:
    """Words as they are compared: small letters, single spaces, no punctuation; æ, ø and å stay letters of their own.
    E-mail addresses stay whole.

    SQLite's lower() and LIKE know only A to Z, so what is searched is folded here and stored.
    """
    kept = unicodedata.normalize("NFC", words).casefold().split()
    plain = ("".join(c if c.isalnum() or "@" in word else " " for c in word) for word in kept)
    return " ".join(" ".join(plain).split())


@contextmanager
def autonomous_transaction() -> Iterator[Session]:
    """A short transaction on a connection of its own, for what even a GET must write down: that somebody read this.

    The permission belongs to that one connection. Whatever else the request does is still refused, and nothing that
    it has in hand is kept along.
    """
    with Session(db.engine.execution_options(autonomous=True)) as own, own.begin():
        yield own


def make_private(database: str | Path) -> None:
    """Nobody but the owner reads a database of SQLite's or the files beside it, whatever the umask. What belongs to
    another account, or lies where nothing can be written, stays as it is."""
    for end in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(f"{database}{end}").chmod(0o600)


def ensure_writable() -> None:
    """Write something as it stands, which changes nothing; SQLAlchemyError where nothing can be written, such as on a
    full disk or behind a lock."""
    with autonomous_transaction() as own:
        own.execute(text("UPDATE alembic_version SET version_num = version_num"))


def start_writing() -> None:
    """Ends the reading of a request that writes later. The next query takes the write lock, and whatever was read
    before is read anew when it is touched: what a verb reads from here on is still true when it writes."""
    if writes_later.get():
        db.session.rollback()
        writes_later.set(False)


@contextmanager
def writing_beside_others(*names: str) -> Iterator[None]:
    """On PostgreSQL, transactions that begin here share the write lock: others may write at the same moment, but for
    whoever writes alone, and for those who name one of the same things. Only for a verb that changes nothing that
    another one of them may read or change under another name. SQLite has one writer at a time."""
    before = lock_names.set(names)
    try:
        yield
    finally:
        lock_names.reset(before)


def stop_writing() -> None:
    """Takes back what is not committed, gives the write lock back and only reads from here on. What the session has
    loaded stays loaded: a page of a hundred cases that was just previewed is not read anew."""
    writes_later.set(False)
    reading_only.set(True)
    session = db.session()
    if not session.is_active:  # a flush has failed
        session.rollback()
    if session.in_transaction():
        connection = session.connection()
        connection.connection.dbapi_connection.rollback()
        _give_write_lock_on(None, connection.connection)
        session.autoflush = False
        _begin(connection)


class WriteQueue:
    """Whoever waits in this process for SQLite's write lock, first come, first served. SQLite itself has no queue: it
    lets in whoever happens to ask when the lock is free, and who asked first may ask in vain for half a minute."""

    def __init__(self):
        self._mutex = Lock()
        self._turns = deque()

    def enter(self) -> Event:
        """Returns the caller's turn, once it has come, or after LOCK_TIMEOUT seconds: then SQLite decides."""
        turn = Event()
        with self._mutex:
            self._turns.append(turn)
            self._turns[0].set()
        turn.wait(LOCK_TIMEOUT)
        return turn

    def leave(self, turn: Event) -> None:
        with self._mutex:
            self._turns.remove(turn)
            if self._turns:
                self._turns[0].set()


_queues: dict[str, WriteQueue] = {}  # by the file of the database


def settle_state_attributes(row: Base) -> None:
    """Gives places to the attributes that SQLAlchemy sets when a session lets a row go; to be called with a row that is
    never stored, before any is loaded.

    Python has places for the attributes of a class's first objects and puts later ones into a dictionary. Until Python
    3.11 a garbage collection may run while it makes that dictionary. Where it frees the very row, SQLAlchemy sets the
    same attribute once more within it, and the same memory is freed twice: a process whose first query loaded sixty
    rows died of it.
    """
    with Session() as session:
        session.add(row)
        session.expunge(row)


@event.listens_for(Engine, "connect")
def _set_up(connection, _record):
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON",
                       f"busy_timeout = {LOCK_TIMEOUT * 1000}"):
            connection.execute(f"PRAGMA {pragma}")
        if file := connection.execute("PRAGMA database_list").fetchone()[2]:  # none where all is in memory
            make_private(file)
    else:
        from .postgresql import PrintableDumper  # with the driver, which SQLite does not need

        connection.adapters.register_dumper(str, PrintableDumper)
        connection.autocommit = True  # a lock held by a client that hangs ends after five minutes
        connection.execute("SET lock_timeout = '30s'; SET statement_timeout = '60s'; SET datestyle = 'ISO'; "
                           "SET idle_in_transaction_session_timeout = '5min'")
        connection.autocommit = False


@event.listens_for(Engine, "begin")
def _begin(connection):
    """A transaction that writes acquires the write lock before it reads, so what it read is still true when it writes,
    and numbers grow in the order of the changes: the chain of the access log and the versions of pages rest on that.
    On SQLite the lock is BEGIN IMMEDIATE, in the order of a WriteQueue; on PostgreSQL advisory locks that end with
    the transaction (_locks_of). It is not held while a mail is sent, a body arrives, a password is hashed, a picture is
    scaled or a page is rendered. Should it ever fail, PostgreSQL's constraints still refuse the worst: a crew in two
    places, a form that counts twice, two entries of the log after the same one.

    Reading needs no lock, and all that one page reads is of one moment. While reading_only holds, the database refuses
    every write that is not autonomous_transaction(): a GET changes nothing, by construction.
    """
    guarded = reading_only.get() or writes_later.get()
    autonomous = connection.get_execution_options().get("autonomous", False)
    reading = guarded and not autonomous
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        if not reading and "turn" not in connection.info:  # a migration begins again on the connection that it has
            queue = _queues.setdefault(connection.engine.url.database, WriteQueue())
            connection.info["turn"] = queue, queue.enter()
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
    elif reading:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        connection.exec_driver_sql("; ".join(f"SELECT {lock}" for lock in _locks_of(autonomous)))


def _locks_of(autonomous: bool) -> list[str]:
    """PostgreSQL's locks of a transaction, always in the same order, so that no two wait for each other. What a page
    writes down autonomously, in the access log alone, keeps no booking waiting. Whoever waits to write alone is let in
    before those who come later."""
    names = lock_names.get()
    if autonomous:
        return [f"pg_advisory_xact_lock({LOG_LOCK_ID})"]
    if names is None:
        return [f"pg_advisory_xact_lock({LOG_LOCK_ID})", f"pg_advisory_xact_lock({WRITE_LOCK_ID})"]
    digests = sorted({blake2b(name.encode(), digest_size=8).digest() for name in names})
    return [f"pg_advisory_xact_lock_shared({WRITE_LOCK_ID})", *(
        f"pg_advisory_xact_lock({int.from_bytes(digest, signed=True)})" for digest in digests)]


@event.listens_for(Engine, "checkin")
def _give_write_lock_on(_connection, pooled):
    """When a writer's connection goes back to its pool, its transaction has ended, one way or the other."""
    if "turn" in pooled.info:
        queue, turn = pooled.info.pop("turn")
        queue.leave(turn)


def restart_sequence(connection: Connection, table: Table) -> None:
    """After rows that brought their numbers along, the next new one gets the next number. SQLite sees to it itself."""
    key = table.autoincrement_column
    if key is not None and connection.dialect.name == "postgresql":
        connection.execute(select(func.setval(
            func.pg_get_serial_sequence(table.name, key.name), func.coalesce(func.max(key), 0) + 1, False)))


def is_temporary(error: Exception) -> bool:
    """Whether the database says no only for now: it is full, held by somebody, stopped, or out of reach."""
    if isinstance(error, sqlite3.Error):
        return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    # Connection, resources, lock, intervention, system; without a code, there was nobody to answer.
    return error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "55", "57", "58")
