"""The officer's pages. Everything here is locked; the few doors that are not are named in OPEN_DOORS."""

import re

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext
from sqlalchemy import inspect, update
from sqlalchemy.exc import OperationalError

from forms import ON_THE_DAY, PressForm
from models import Booking, Deed, Entry, LogIn, aside, db, hide_contact, in_hand, newest_event, now
from sending import by_mail_server

office = Blueprint("office", __name__, url_prefix="/kontor")

OPEN_DOORS = {"office.log_in", "office.feed", "office.field", "office.invitation"}
# All that a reader may open; what they may change is their own way in.
OWN_ACCOUNT = {"office.account", "office.end_session", "office.second_factor", "office.recovery_codes",
               "office.log_out", "office.password"}
READERS_MAY = OWN_ACCOUNT | {"office.desk", "office.booking", "office.figures", "office.take_out"}


@office.before_request
def lock():
    """Whoever comes further is known, has a second factor where one is asked for, and is in the log."""
    if request.endpoint in OPEN_DOORS:
        return None
    g.log_in = log_in_of_session()
    if g.log_in is None:
        if (request.method == "POST" and request.origin == request.host_url.rstrip("/")  # typed here, not foisted on us
                and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"):  # a script looks after itself
            return render_template("error.html", code=401), 401
        query = request.query_string.decode()
        here = request.script_root + request.path + (f"?{query}" if query else "")
        return redirect(url_for("office.log_in", next=here if request.method == "GET" else None))
    g.officer = g.log_in.officer
    if (first := _comes_first()) and request.endpoint not in (first, "office.log_out"):
        return redirect(url_for(first), 303)
    may = not g.officer.is_reader or request.endpoint in READERS_MAY
    reference = request.view_args.get("reference", "")
    about = request.path.removeprefix("/kontor/").replace(
        reference, "".join(c for c in reference.upper() if c.isalnum()))
    in_hand(Deed(g.officer.id, request.endpoint if may else "turned_away", about))
    if not may:
        return render_template("office/readers_not.html"), 403
    if g.officer.is_reader:
        hide_contact(ON_THE_DAY)
    return None


def _comes_first() -> str:
    """The page that stands before all others: whose password is not yet their own, or who has no phone set up."""
    if g.officer.temporary:
        return "office.password"
    return "office.second_factor" if current_app.config["SECOND_FACTOR"] and not g.officer.totp_secret else ""


def also_about(cases: list[Booking]) -> None:
    """The log names the cases that an address alone does not tell."""
    db.session.info["deed"].about += "".join(f" {b.reference}" for b in cases)


@office.after_request
def _log_what_was_read(response):
    """What was done is in the log with its commit. What was only shown is written now, before it goes out: no page
    leaves unlogged."""
    deed = db.session.info.pop("deed", None)
    if deed and response.status_code in (200, 403):
        if request.method == "POST":
            db.session.rollback()  # a preview: nobody else can write while we hold the door
        try:
            with aside() as own:
                Entry.append(own, deed, changed=False)
                if "log_in" in g:
                    (id,) = inspect(g.log_in).identity  # known without asking the database
                    own.execute(update(LogIn).where(LogIn.id == id).values(seen=now()))
        except OperationalError as error:  # a full disk, or somebody who holds the database: nothing is shown unlogged
            return current_app.make_response(current_app.handle_user_exception(error))
    return response


@office.context_processor
def _for_every_page() -> dict:
    return {"press": PressForm(None), "by_mail_server": by_mail_server(), "officer": g.get("officer"),
            "newest_event": newest_event}


def pressed() -> bool:
    """Whether a single button was pressed on a page of this session; if not, the officer is told to press again."""
    valid = PressForm().validate()
    if not valid:
        flash(gettext("The page had been open for too long. Nothing is lost: please press the button again."),
              "warning")
    return valid


def happened_since(cases: list[Booking]) -> list[Booking]:
    """Those in which something has happened since the page was shown that the officer has pressed on: another officer
    was quicker, the same press came twice, or the citizen wrote."""
    seen = request.form.get("seen", type=int)
    return [b for b in cases if seen is not None and b.newest > seen]


def safe_next(address: str | None) -> str | None:
    """Only pages of the office: an address of another site, however it is dressed up, is not followed."""
    inside = re.compile(r"(/en)?/kontor/[\w/-]*(\?[\w=&%.+-]*)?", re.ASCII)
    return address if address and inside.fullmatch(address) else None


from . import (  # noqa: E402  (their pages hang on the blueprint above)
    away,
    backups,
    bookings,
    calendar,
    data,
    desk,
    door,
    field,
    figures,
    intake,
    places,
    post,
    staff,
    tasks,
    visits,
    wordings,
)
from .door import log_in_of_session  # noqa: E402
