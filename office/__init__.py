"""The officer's pages. Everything here is locked; the few doors that are not are named in OPEN_DOORS."""

import re
from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext

from forms import LoginForm, PressForm
from letters import by_mail_server
from models import Booking, Officer, db, newest_event, now
from throttle import limiter

office = Blueprint("office", __name__, url_prefix="/kontor")

OPEN_DOORS = {"office.log_in", "office.feed", "office.field"}


@office.before_request
def lock():
    if request.endpoint in OPEN_DOORS:
        return None
    g.officer = _officer_in_session()
    if g.officer:
        return None
    query = request.query_string.decode()
    here = request.script_root + request.path + (f"?{query}" if query else "")
    return redirect(url_for("office.log_in", next=here if request.method == "GET" else None))


@office.route("/log-ind", methods=["GET", "POST"])
@limiter.limit("20 per 10 minutes", methods=["POST"])
def log_in():
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("office/log_in.html", form=form), 422 if request.method == "POST" else 200
    officer = Officer.log_in(form.email.data, form.password.data)
    db.session.commit()  # a wrong try counts, too
    if officer is None:
        form.password.errors = [gettext("E-mail and password do not go together, or the account is locked for a while "
                                        "after several wrong tries.")]
        return render_template("office/log_in.html", form=form), 422
    session.clear()  # whoever gave us a session before, this one is new
    at = now().isoformat()
    session.update(officer=officer.id, key=officer.pass_key, since=at, seen=at)
    return redirect(safe_next(request.args.get("next")) or url_for("office.desk"), 303)


@office.post("/log-ud")
def log_out():
    if pressed():
        session.clear()
    return redirect(url_for("office.log_in"), 303)


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


def _officer_in_session() -> Officer | None:
    """The officer whose session is neither idle nor old, and whose password has not changed since."""
    if "officer" not in session:
        return None
    config, at = current_app.config, now()
    since, seen = (datetime.fromisoformat(session[k]) for k in ("since", "seen"))
    officer = db.session.get(Officer, session["officer"])
    if (officer is None or not officer.active or officer.pass_key != session["key"]
            or at - seen > timedelta(minutes=config["IDLE_MINUTES"])
            or at - since > timedelta(hours=config["SESSION_HOURS"])):
        session.clear()
        flash(gettext("You have been logged out. Log in to go on."))
        return None
    if at - seen > timedelta(minutes=1):
        session["seen"] = at.isoformat()
    return officer


def safe_next(address: str | None) -> str | None:
    """Only pages of the office: an address of another site, however it is dressed up, is not followed."""
    inside = re.compile(r"(/en)?/kontor/[\w/-]*(\?[\w=&%.+-]*)?", re.ASCII)
    return address if address and inside.fullmatch(address) else None


from . import (  # noqa: E402  (their pages hang on the blueprint above)
    away,
    backups,
    bookings,
    calendar,
    desk,
    field,
    figures,
    intake,
    places,
    post,
    tasks,
    visits,
    wordings,
)
