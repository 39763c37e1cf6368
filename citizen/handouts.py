"""What is handed out at a meeting: a page of facts that whoever has its address may read and print."""

from flask import abort, render_template
from flask_babel import get_locale
from markupsafe import Markup

from facts.handout import sheet
from languages import in_each_language
from models import Handout

from .blueprint import citizen


@citizen.get("/faktaark/<secret>")
def handout(secret: str):
    """In each language that the officer has chosen, whatever the language of the page around it."""
    found = Handout.by_secret(secret) or abort(404)
    return render_template("citizen/handout.html", handout=found,
                           sheets=in_each_language(lambda: _sheet(found), found.languages))


def _sheet(found: Handout) -> Markup:
    page = render_template("citizen/_handout_sheet.html", sheet=sheet(found), language=str(get_locale()))
    return Markup(page)  # a template's own output, which is escaped already
