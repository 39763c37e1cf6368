"""Finding bookings by any part of their words.

On SQLite, an index beside the bookings (FTS5, all runs of three letters) holds what `Booking.search` holds; triggers of
its own keep it right, whoever writes. PostgreSQL looks in the column itself, which has an index of the same kind there.
"""

from sqlalchemy import ColumnElement, Select, column, table

from .base import db, fold
from .booking import Booking

INDEX = "booking_words"  # its own tables begin with this name, too
TIDY_INDEX = f"INSERT INTO {INDEX}({INDEX}) VALUES ('optimize')"  # noqa: S608  (what was deleted is gone from it)
_index = table(INDEX, column("rowid"), column("search"))


def containing(found: Select, typed: str) -> tuple[Select, ColumnElement[int]]:
    """Those of `found` in which every word of `typed` stands somewhere, and the number that puts them in order.

    Whatever the index can put in order, newest first, costs no more than the page that is shown.
    """
    words = fold(typed).split()
    indexed = [w for w in words if len(w) >= 3 and "\0" not in w] if db.engine.dialect.name == "sqlite" else []
    for word in words:
        if word not in indexed:
            found = found.where(Booking.search.contains(word, autoescape=True))
    if not indexed:
        return found, Booking.id
    phrases = ('"{}"'.format(word.replace('"', '""')) for word in indexed)
    return (found.join(_index, _index.c.rowid == Booking.id).where(_index.c.search.match(" AND ".join(phrases))),
            _index.c.rowid)
