"""What anybody may read: what can be booked, how it works, how the machine is; and what is hard to use here."""


from flask import Response, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.exc import SQLAlchemyError

import retention
import throttle
from calendars import by_day, public_feed, public_visits
from figures import waits
from forms import FeedbackForm
from letters import feed_address
from models import FIRST, Feedback, Intake, Notice, Permit, db, now
from sending import stuck

from . import public


@public.get("/")
def index():
    return render_template("public/index.html", pauses=Intake.pauses(), waits=waits())


@public.get("/saadan-virker-det")
def how():
    return render_template("public/how.html")


@public.get("/kalender")
def calendar():
    return render_template("public/calendar.html", days=by_day(public_visits(now())),
                           address=feed_address(str(get_locale())))


@public.get("/kalender.ics")
def feed():
    return Response(public_feed(str(get_locale())), mimetype="text/calendar")


@public.get("/privatliv")
def privacy():
    """The notice as it is now, with the table of what is kept."""
    return _notice(Notice.number())


@public.get("/privatliv/<int:version>")
def notice(version: int):
    """As it was when somebody was given it."""
    return _notice(version)


def _notice(number: int) -> str:
    versions = {v.id: v for v in Notice.versions()} | {FIRST: None}
    if number not in versions:
        abort(404)
    permit = Permit.present()
    return render_template("public/privacy.html", text=retention.notice(str(get_locale()), versions[number]),
                           number=number, versions=versions, table=retention.TABLE, permit=permit,
                           period=permit and retention.period(permit))


@public.get("/was")
def accessibility():
    """The short address that Danish public sites give their accessibility statement."""
    return redirect(current_app.config["DISTRICT"].accessibility_statement)


@public.route("/tilgaengelighed", methods=["GET", "POST"])
@throttle.telling
def feedback():
    """What somebody cannot use here, told without saying who one is."""
    form = FeedbackForm()
    if not form.validate_on_submit():
        return render_template("public/feedback.html", form=form), 422 if form.errors else 200
    Feedback.receive(language=str(get_locale()), **{f.name: f.data or "" for f in (
        form.once, form.page, form.words, form.email)})
    db.session.commit()
    flash(gettext("Thank you. We have your message and see to it within ten working days."))
    return redirect(url_for(".feedback"), 303)


@public.get("/health")
def health():
    """For whoever watches the machine: the database answers and letters are not stuck."""
    try:
        late = stuck()
    except SQLAlchemyError:
        return {"database": "gone", "letters": "unknown"}, 503
    return {"database": "ok", "letters": "stuck" if late else "ok"}, 503 if late else 200
