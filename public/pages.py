"""What anybody may read: what can be booked, how it works, how the machine is."""

from flask import Response, current_app, redirect, render_template
from flask_babel import get_locale
from sqlalchemy.exc import SQLAlchemyError

from calendars import by_day, public_feed, public_visits
from figures import waits
from letters import feed_address, stuck
from models import Intake, now

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
    return render_template("public/privacy.html")


@public.get("/was")
def accessibility():
    """The short address that Danish public sites give their accessibility statement."""
    return redirect(current_app.config["DISTRICT"].accessibility_statement)


@public.get("/health")
def health():
    """For whoever watches the machine: the database answers and letters are not stuck."""
    try:
        late = stuck()
    except SQLAlchemyError:
        return {"database": "gone", "letters": "unknown"}, 503
    return {"database": "ok", "letters": "stuck" if late else "ok"}, 503 if late else 200
