"""What anybody may read: what can be booked, how it works, how the machine is."""

from flask import current_app, redirect, render_template
from sqlalchemy.exc import SQLAlchemyError

from letters import stuck

from . import public


@public.get("/")
def index():
    return render_template("public/index.html")


@public.get("/saadan-virker-det")
def how():
    return render_template("public/how.html")


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
