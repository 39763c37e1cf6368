"""The officer's pages. All of them need a log-in but those that PUBLIC_ENDPOINTS names."""

import re
from datetime import timedelta
from functools import cache

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext
from sqlalchemy import inspect, update
from sqlalchemy.exc import OperationalError

from forms import ON_THE_DAY, Form, PressForm
from languages import LANGUAGES, prefix
from mail.outbox import by_mail_server
from models import (
    Booking,
    LogIn,
    autonomous_transaction,
    db,
    newest_event,
    now,
    redact_contact,
    start_audit,
)
from web import SAFE_METHODS, language, redirect_unchanged, switch_to

from .page_keys import PAGE_KEYS

office = Blueprint("office", __name__, url_prefix="/kontor")

PUBLIC_ENDPOINTS = {"office.log_in", "office.feed", "office.findings_by_link", "office.invitation"}
# All that a reader may open; what they may change is their own way in.
OWN_ACCOUNT = {"office.account", "office.end_session", "office.second_factor", "office.recovery_codes",
               "office.log_out", "office.password"}
READER_ENDPOINTS = OWN_ACCOUNT | {"office.work_list", "office.booking", "office.figures", "office.export_figures",
                                  "office.press"}


@office.before_request
def require_login():
    """Who is this, what comes first, may they; and it is logged. The first that answers ends the request."""
    if request.endpoint in PUBLIC_ENDPOINTS:
        return None
    return authenticate() or require_set_up() or authorize()


def authenticate():
    """Who is this: the officer of a log-in that still lasts. Whoever has none is asked to log in."""
    g.log_in = log_in_of_session()
    if g.log_in:
        g.officer = g.log_in.officer
        return None
    is_typed_here = request.origin == request.host_url.rstrip("/")  # and not foisted on us
    if (request.method == "POST" and is_typed_here
            and request.endpoint not in OWN_ACCOUNT  # which end the log-in themselves, and have come twice then
            and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"):  # a script looks after itself
        return render_template("error.html", code=401), 401
    return redirect(url_for("office.log_in", next=_wanted()))


def _wanted() -> str | None:
    """The address of this page, which is shown after what comes first, without what mail programs add to a link."""
    found = _pages().match(switch_to(language())) if request.method in SAFE_METHODS else None
    return found and found[0]


def require_set_up():
    """What comes first: a password of one's own, then a second factor where one is asked for."""
    first = None
    if g.officer.temporary:
        first = "office.password"
    elif current_app.config["SECOND_FACTOR"] and not g.officer.totp_secret:
        first = "office.second_factor"
    if first and request.endpoint not in (first, "office.log_out"):
        return redirect(url_for(first, next=_wanted()), 303)
    return None


def authorize():
    """May they: a reader opens only what READER_ENDPOINTS names, without contact data. Either way it is logged."""
    if g.officer.is_reader:
        redact_contact(ON_THE_DAY)  # before the first case is loaded, which is to be logged
    if g.officer.is_reader and request.endpoint not in READER_ENDPOINTS:
        start_log_entry("turned_away")
        g.version = ""  # office/versions.py: the page that says no is about nothing that changes
        return render_template("office/not_for_readers.html"), 403
    start_log_entry(page_key())
    return None


def start_log_entry(what: str) -> None:
    """What this request is about: the one address of what was found, however it was typed, so that the log knows each
    case and number by one spelling. It is written with the commit, or else when the page goes out."""
    named = request.view_args
    if "reference" in named:
        named["reference"] = booking_or_404(named["reference"]).reference
    _, path = request.url_rule.build(named)
    about = path.removeprefix("/kontor").lstrip("/")
    start_audit(g.officer.id, what, about)


def page_key() -> str:
    """Under which key the access log keeps this page."""
    return PAGE_KEYS[request.endpoint]


def audit_also(cases: list[Booking]) -> None:
    """Add these cases to this request's entry in the access log: its address does not name them."""
    db.session.info["audit_entry"].about += "".join(f" {b.reference}" for b in cases)


@office.after_request
def _audit_reading(response):
    """What was done is in the access log with its commit. What was only shown is written there now, before the answer
    goes out."""
    entry = db.session.info.pop("audit_entry", None)
    if entry and response.status_code in (200, 403, 409):
        try:
            with autonomous_transaction() as own:
                entry.append(own, changed=False)
                if "log_in" in g:
                    (id,) = inspect(g.log_in).identity  # known without asking the database
                    own.execute(update(LogIn.__table__).where(LogIn.id == id).values({LogIn.last_seen_at: now()}))
        except OperationalError as error:  # a full disk, or somebody who holds the database: nothing is shown unlogged
            return current_app.make_response(current_app.handle_user_exception(error))
    return response


@office.context_processor
def _for_every_page() -> dict:
    return {"press": PressForm(None), "by_mail_server": by_mail_server(), "officer": g.get("officer"),
            "newest_event": cache(newest_event)}  # asked once for a page


def booking_or_404(reference: str) -> Booking:
    """Looked up once for a request: the log, the version and the page ask for the same."""
    if "case" not in g or g.case.reference != reference:
        g.case = Booking.by_reference(reference) or abort(404)
    return g.case


def not_any_more(form: Form | None, address: str):
    """To the page of what does not allow any more what was pressed, past what was typed into `form`."""
    return redirect_unchanged(address, gettext(
        "That is not possible any more. Below you see how the case stands now."), form)


def changed_since(cases: list[Booking]) -> list[Booking]:
    """Those in which something has happened since the page was shown that the officer has pressed on, or to their
    visits: another officer was quicker, the same press came twice, findings were entered, or the citizen wrote."""
    seen = request.form.get("seen", type=int)
    return [b for b in cases if seen is not None and any(
        not event.kind.type.tells_again for event in b.events_since(seen))]


def safe_next(address: str | None) -> str | None:
    """Only pages of the office: an address of another site, however it is dressed up, is not followed. Nor is what a
    query could only hold for such an address: two strokes. Of what is written in octets, a path may have a space and
    letters that are not ASCII, as they stand in a reference."""
    return address if address and _pages().fullmatch(address) else None


def _pages() -> re.Pattern:
    languages = "|".join(map(prefix, LANGUAGES))
    return re.compile(rf"({languages})/kontor(/(?:[\w/-]|%(?:20|[89A-F][\dA-F]))*+(\.\w+)?)?"
                      r"(\?(?!.*//)[\w=&%.+,:;@!*'()~/?|$-]*)?", re.ASCII)


def log_in_of_session() -> LogIn | None:
    """Whose session it is, where it is neither idle nor old nor ended."""
    key = session.get("log_in")
    if not isinstance(key, str):
        return None
    found = LogIn.by_key(key)
    if found and found.officer.active and session_lasts(found):
        return found
    session.clear()
    flash(gettext("You have been logged out. Log in to go on."))
    return None


def session_lasts(found: LogIn) -> bool:
    config = current_app.config
    return found.lasts(timedelta(minutes=config["IDLE_MINUTES"]), timedelta(hours=config["SESSION_HOURS"]))
