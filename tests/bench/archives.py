"""Archives to measure by, each in a folder of its own: made once, and kept where BENCH_KEEP names a folder."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, make_url, select

from app import create_app
from demo import archive
from models import Booking, BookingStatus, Officer, db

SERVER = os.environ.get("BENCH_POSTGRES_URL", "")
EMAIL, PASSWORD = "bench@demo.example", "a long password"
NEIGHBOURS = 20  # bookings at the place of the case that is opened: as many in a small archive as in a big one


@dataclass
class Archive:
    """`case` is the (reference, secret) of a booking that was answered after a visit."""

    folder: Path
    app: Flask
    case: tuple[str, str]


def made(folder: Path, bookings: int, **settings: str) -> Archive:
    """In a folder that is called after its number of bookings; with a fifth as many visits."""
    return opened(folder / str(bookings), bookings, **settings)


def opened(folder: Path, bookings: int, **settings: str) -> Archive:
    """Brought up to date; with so many bookings and an officer who may log in, where it has none."""
    app = create_app({
        "INSTANCE": str(folder), "RATELIMIT_ENABLED": False, "DEMO": True, "BOT_CHECK": False, **settings})
    with app.app_context():
        upgrade()
        if Officer.by_email(EMAIL) is None:
            begun = time.perf_counter()
            archive.fill(bookings, bookings // 5)
            Officer.add(EMAIL, "Bench", PASSWORD)
            db.session.commit()
            _analyse()
            print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
        case = _case()
        db.session.remove()
        db.engine.dispose()
    return Archive(folder, app, case)


def on_server(database: str, anew: bool = False) -> dict[str, str]:
    """The setting that names this database of the server of BENCH_POSTGRES_URL, which is made where it is missing."""
    with psycopg.connect(SERVER, autocommit=True) as one:
        if anew:
            one.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        if not one.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            one.execute(f"CREATE DATABASE {database}")
    return {"SQLALCHEMY_DATABASE_URI": make_url(SERVER).set(database=database).render_as_string(hide_password=False)}


def _analyse() -> None:
    """PostgreSQL looks at new rows by itself, but only after a minute."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _case() -> tuple[str, str]:
    places = select(Booking.place_id).group_by(Booking.place_id).having(func.count() == NEIGHBOURS)
    return tuple(db.session.execute(select(Booking.reference, Booking.secret).where(
        Booking.place_id.in_(places), Booking.status == BookingStatus.ANSWERED).order_by(Booking.id).limit(1)).one())
