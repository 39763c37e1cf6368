"""What anybody may read: what can be booked, how it works, how the machine is; and what is hard to use here."""

from statistics import median

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.exc import SQLAlchemyError

import ratelimits
from forms import FeedbackForm
from mail.letters import CITIZEN_PATHS, address_of
from mail.outbox import stuck
from models import (
    FIRST,
    Feedback,
    IntakePause,
    PrivacyNotice,
    RetentionDecision,
    Road,
    Visit,
    ensure_writable,
    limits,
    now,
    visits_by_day,
)
from page_cache import rendered_once
from privacy import retention
from reporting import estimates
from street_map import StreetMap
from web import commit_and_redirect, form_page

from .blueprint import citizen

MAP_DAYS = 7  # that a browser may keep a tile


@citizen.get("/")
@rendered_once()
def index():
    return render_template("citizen/index.html", pauses=IntakePause.pauses(), waits=estimates())


@citizen.get("/saadan-virker-det")
@rendered_once()
def how():
    return render_template("citizen/how.html", waits=estimates())


@citizen.get("/kort/<int:zoom>/<int:column>/<int:row>")
def tile(zoom: int, column: int, row: int):
    """A piece of the map with streets, out of our own file; 204 where it has none."""
    streets = StreetMap.at_hand()
    picture = streets and streets.tile(zoom, column, row)
    response = Response(picture, mimetype=streets.mime_type) if picture else Response(status=204)
    response.cache_control.max_age = MAP_DAYS * 86_400
    response.add_etag()
    return response.make_conditional(request)


@citizen.get("/veje/<postcode>")
def roads(postcode: str):
    """The names of the roads of a postcode, for suggestions while one types, and where the map opens: at their middle,
    or else at the town."""
    found = Road.of_postcode(postcode)
    middle = [median(road.lat for road in found), median(road.lng for road in found)] if found else None
    known = current_app.config["DISTRICT"].postcode(postcode)
    return {"roads": [road.name for road in found], "middle": middle, "town": known.town if known else ""}


@citizen.get("/kalender")
@rendered_once()
def calendar():
    return render_template(
        "citizen/calendar.html", address=address_of("citizen.feed", str(get_locale())),
        days=visits_by_day(Visit.agreed_after(now(), Visit.public.is_(True))))


@citizen.get(CITIZEN_PATHS["feed"])
def feed():
    from mail import ics

    return Response(ics.public_feed(), mimetype="text/calendar")


@citizen.get("/privatliv")
@citizen.get("/privatliv/<int:version>")
@rendered_once()
def privacy(version: int | None = None):
    """The notice as it is now, or as it was when somebody was given that version, with the table of what is kept."""
    versions = {v.id: v for v in PrivacyNotice.history()} | {FIRST: None}
    number = max(versions) if version is None else version
    if number not in versions:
        abort(404)
    permit = RetentionDecision.present()
    return render_template("citizen/privacy.html", text=retention.notice(str(get_locale()), versions[number]),
                           number=number, versions=versions, table=retention.RETENTION_RULES, permit=permit,
                           period=permit and retention.period(permit))


@citizen.get("/was")
def accessibility():
    """The short address that Danish public sites give their accessibility statement."""
    return redirect(current_app.config["DISTRICT"].accessibility_statement)


@citizen.route("/tilgaengelighed", methods=["GET", "POST"])
@rendered_once()
@ratelimits.feedback_limit
def feedback():
    """What somebody cannot use here, told without saying who one is."""
    form = FeedbackForm()
    if not form.validate_on_submit():
        return form_page("citizen/feedback.html", form)
    Feedback.receive(form_token=form.sent_as, language=str(get_locale()), **{f.name: f.data or "" for f in (
        form.page, form.words, form.email)})
    return commit_and_redirect(url_for(".feedback"), gettext(
        "Thank you. We have your message and see to it within %(days)s working days.",
        days=limits.FEEDBACK_DAYS))


@citizen.get("/health")
def health():
    """For whoever watches the machine: the database answers and takes what is written, and letters are not stuck."""
    try:
        said = {"database": "ok", "letters": "stuck" if stuck() else "ok"}
    except SQLAlchemyError:
        return {"database": "gone", "letters": "unknown"}, 503
    try:
        ensure_writable()
    except SQLAlchemyError:
        said["database"] = "cannot write"
    return said, 200 if set(said.values()) == {"ok"} else 503
