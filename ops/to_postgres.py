"""Moving house: a district that has outgrown SQLite goes to PostgreSQL whole, or not at all."""

import os
import subprocess
from collections.abc import Iterator
from hashlib import sha256

import psycopg
from flask import current_app
from sqlalchemy import Connection, Table, create_engine, func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

import backups
from models import db, require, restart_sequence

VERSION = text("SELECT version_num FROM alembic_version")


def move(url: str) -> Iterator[str]:
    """Copy every table to the empty database at `url` and compare both sides; a line for each.

    The site must be stopped, and nobody can write here until it is over. There, all is one transaction: where one table
    differs, nothing stays. Here, nothing is changed.
    """
    here = backups.database()
    try:
        target = make_url(url)
    except (SQLAlchemyError, ValueError):  # which may quote its password
        raise backups.Unfit("that cannot be read as an address of a database") from None
    require(here and target.get_backend_name() == "postgresql", "it goes from SQLite to PostgreSQL, postgresql://...",
            backups.Unfit)
    require(not backups.is_in_use(here), "the database is in use: stop the site and its worker first", backups.Unfit)
    there = create_engine(target.set(drivername="postgresql+psycopg"), hide_parameters=True)
    try:
        with db.engine.begin() as source:  # which is the write lock
            _migrate(there.url.render_as_string(hide_password=False))
            with there.begin() as copy:
                copy.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a big table may take its time
                yield from _moved(source, copy)
    except SQLAlchemyError as error:
        raise backups.Unfit(str(error.__cause__ or error).strip()) from error
    finally:
        there.dispose()


def _moved(source: Connection, copy: Connection) -> Iterator[str]:
    tables = db.metadata.sorted_tables
    require(source.scalar(VERSION) == copy.scalar(VERSION),
            "this database is of an earlier version: flask db upgrade first", backups.Unfit)
    if full := [t.name for t in tables if copy.scalar(select(func.count()).select_from(t))]:
        raise backups.Unfit(f"the other database is not empty: {', '.join(full)}")
    for table in tables:
        _copy(table, source, copy)
        ours, theirs = _reckoned(table, source), _reckoned(table, copy)
        require(ours == theirs, f"{table.name} differs: {_said(ours)} here, {_said(theirs)} there; nothing was moved",
                backups.Unfit)
        yield f"{table.name:16}{_said(ours)}"


def _copy(table: Table, source: Connection, copy: Connection) -> None:
    """As the driver has it, so that no word of it is read and written anew. COPY is one statement: rows that refer to
    later ones of their table are checked at its end."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    try:
        with copy.connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as stream:
            for row in source.exec_driver_sql(f"SELECT {names} FROM {table.name}").yield_per(1000):  # noqa: S608
                stream.write_row(row)
    except psycopg.Error as error:  # such as a word that is longer than its column; by no means the word itself
        raise backups.Unfit(f"{table.name} cannot be moved: {error.diag.message_primary or error}") from error
    restart_sequence(copy, table)


def _reckoned(table: Table, where: Connection) -> tuple[int, str]:
    """How many rows, and a sum of what each of them means to the program, in the order of their keys."""
    number, sums = 0, sha256()
    for row in where.execute(select(table).order_by(*table.primary_key).execution_options(yield_per=1000)):
        number += 1
        sums.update(repr(tuple(row)).encode())
    return number, sums.hexdigest()


def _said(reckoned: tuple[int, str]) -> str:
    return "{:>8} rows  {:.16}".format(*reckoned)


def _migrate(url: str) -> None:
    env = os.environ | {"BOOKING_INSTANCE": current_app.instance_path, "BOOKING_SQLALCHEMY_DATABASE_URI": url}
    if subprocess.run(backups.flask_command("db", "upgrade"), cwd=backups.HERE, env=env).returncode:  # noqa: S603
        raise backups.Unfit("the other database could not be prepared; the reason is above")
