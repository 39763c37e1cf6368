"""Long lists a page at a time, by where the page before ended: the last page costs no more than the first."""

from datetime import date

from sqlalchemy import ColumnElement, Select, tuple_

from models import db, require


def page_after(query: Select, columns: list[ColumnElement], end: tuple | None, size: int, descending: bool = True):
    """The rows of one page in the order of `columns`, and the last of them where more follow, else None.

    `end` holds the values of `columns` with which the page before ended.
    """
    order = tuple_(*columns)
    query = query.order_by(*(column.desc() if descending else column for column in columns)).limit(size + 1)
    if end:
        query = query.where(order < end if descending else order > end)
    rows = list(db.session.scalars(query))
    return rows[:size], rows[size - 1] if len(rows) > size else None


# What an address may carry: each reader is a `type` of request.args.get and raises ValueError for all else.


def row_number(typed: str) -> int:
    """The number of a row."""
    number = int(typed)
    require(0 < number < 2**31, "no row has this number", ValueError)
    return number


def day(typed: str, kind: type[date] = date) -> date:
    """A day such as 2026-12-24, or with `kind` a moment, of this century."""
    at = kind.fromisoformat(typed)
    require(2000 <= at.year < 2100, "not of this century", ValueError)
    return at


def month(typed: str) -> date:
    """The first day of a month such as 2026-12."""
    return day(f"{typed}-01")


def dated_row(typed: str, kind: type[date] = date) -> tuple[date, int]:
    """A day, or with `kind` a moment, and the number of a row, such as 2026-12-24_17."""
    when, _, number = typed.partition("_")
    return day(when, kind), row_number(number)
