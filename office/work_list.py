"""The work list: what needs doing, the oldest promise first."""

from datetime import date, datetime
from functools import partial

from flask import current_app, g, render_template, request
from sqlalchemy import Select, exists, select
from sqlalchemy.orm import joinedload, selectinload

import backups
from catalogue import SERVICES
from forms import as_stored, tidied
from mail.letters import OFFICE_PATHS
from models import (
    Booking,
    Place,
    containing,
    db,
    fold,
)
from reporting import should_pause
from reporting.paging import dated_row, page_after, row_number
from reporting.work_list import (
    ARCHIVE,
    NEWEST_FIRST,
    ONLY_IF_ANY,
    OTHER_QUEUES,
    QUEUES,
    open_bookings_at,
    queue_counts,
)

from .actions import for_many
from .blueprint import office

PAGE = 50


@office.get(OFFICE_PATHS["work_list"])
def work_list():
    args = request.args
    if g.officer.is_reader:
        return _to_be_read(args)
    query = " ".join(tidied(args.get("q", ""))[:2000].split())  # a letter may be pasted whole
    queue = "alle" if query else args.get("bunke", "nye")
    queue = queue if queue in QUEUES or queue == "alle" else "nye"
    page = {"queue": queue, "queues": QUEUES, "counts": queue_counts(), "only_if_any": ONLY_IF_ANY, "query": query,
            "services": SERVICES, "should_pause": [] if query else should_pause(),
            "municipalities": current_app.config["DISTRICT"].municipality_names,
            "chosen": {k: args.get(k, "") for k in ("ydelse", "kommune")}, **backups.health()}
    if queue in OTHER_QUEUES:
        rows_are, rows = OTHER_QUEUES[queue]
        return render_template("office/work_list.html", **{rows_are: db.session.scalars(rows()).all()}, **page)
    found = _found(queue, args)
    bookings, after = _page_of_words(found, query) if fold(query) else _page_of(found, queue)
    return render_template("office/work_list.html", bookings=bookings, after=after, asking=open_bookings_at(bookings),
                           actions={} if queue in ARCHIVE else for_many(bookings), **page)


def _to_be_read(args) -> str:
    """A reader's list. It has no search, which would tell whose case it is by finding it under a name, and no queues,
    which would tell of a coming control."""
    bookings, after = _page_of(_found("alle", args), "alle")
    return render_template("office/cases.html", bookings=bookings, after=after)


def _found(queue: str, args) -> Select:
    found = select(Booking).options(joinedload(Booking.place))
    if queue not in {"nye", *ARCHIVE}:  # no case in these is accepted, so their rows say nothing of dates
        found = found.options(selectinload(Booking.proposals), selectinload(Booking.visits))
    if queue != "alle":
        found = found.where(QUEUES[queue][1])
    if args.get("ydelse") in SERVICES:
        found = found.where(Booking.service == args["ydelse"])
    if args.get("kommune"):
        found = found.where(exists().where(Place.id == Booking.place_id, Place.municipality == args["kommune"]))
    return found


def _page_of(found: Select, queue: str) -> tuple[list[Booking], str]:
    """One page, and where the next one starts."""
    column, newest_first = NEWEST_FIRST.get(queue, Booking.due_on), queue in NEWEST_FIRST
    end = request.args.get("efter", type=partial(dated_row, kind=datetime if newest_first else date))
    bookings, last = page_after(found, [column, Booking.id], end, PAGE, newest_first)
    return bookings, f"{getattr(last, column.key).isoformat()}_{last.id}" if last else ""


def _page_of_words(found: Select, query: str) -> tuple[list[Booking], str]:
    """One page of those that hold all the words, the newest first."""
    found, number = containing(found, as_stored(query))
    end = request.args.get("efter", type=row_number)
    bookings, last = page_after(found, [number], end and (end,), PAGE)
    return bookings, str(last.id) if last else ""
