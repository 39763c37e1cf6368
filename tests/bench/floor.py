"""The least that it can cost: Flask alone, which sends octets that lie ready, or makes one durable insert."""

import os
import sqlite3
from functools import cache
from pathlib import Path
from threading import local

from flask import Flask, request

PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 60000"  # as in models/base.py


def create_app() -> Flask:
    app, folder, kept = Flask("floor", static_folder=None), Path(os.environ["BOOKING_INSTANCE"]), local()

    @cache
    def octets(name: str) -> bytes:
        return (folder / name).read_bytes()

    def database() -> sqlite3.Connection:
        """Each thread's own."""
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
            kept.connection.executescript(PRAGMAS)
            kept.connection.execute("CREATE TABLE IF NOT EXISTS wishes (id INTEGER PRIMARY KEY, road TEXT)")
        return kept.connection

    @app.get("/<name>")
    def page(name):
        return octets(name)

    @app.post("/")
    def insert():
        database().execute("INSERT INTO wishes (road) VALUES (?)", [request.form["road"]])
        return "", 303, {"Location": "/thanks"}

    return app
