"""Facts for meetings: which figures are there, how old they are, and how new ones come in."""

from flask import request, url_for
from flask_babel import gettext, ngettext

from facts import MEASURES, Reading, Unreadable, area_name, read_rows, sources, statbank, write_rows
from forms import MOST_OCTETS, FigureFileForm
from models import Figure, start_writing
from web import commit_and_redirect, form_page, reads_first

from .blueprint import office


@office.route("/fakta", methods=["GET", "POST"])
@reads_first(MOST_OCTETS)
def facts():
    """A file is looked through first; another press stores what it says."""
    form = FigureFileForm()
    reading = _reading(form) if form.validate_on_submit() else None
    if reading and "send" in request.form:
        start_writing()
        count = Figure.store(reading.rows)
        return commit_and_redirect(url_for(".facts"), ngettext(
            "One figure is new or has changed.", "%(num)s figures are new or have changed.", count))
    new, changed = Figure.differences(reading.rows) if reading else ([], [])
    changes = [*changed, *((row, None) for row in new)]
    return form_page("office/facts.html", form, reading=reading, new=new, changed=changed, changes=changes,
                     rows=write_rows([row for row, _ in changes]), measures=MEASURES, sources=sources(),
                     overview=sorted(Figure.overview(), key=_order), area_name=area_name)


def _order(row) -> int:
    """The order of the catalogue of measures."""
    return list(MEASURES).index(row.measure)


def _reading(form: FigureFileForm) -> Reading | None:
    """What the file says, or what the last page has read from it; None where the form has something to say."""
    try:
        return statbank.read(form.file.data) if form.file.data else Reading(read_rows(form.rows.data or ""))
    except Unreadable as error:
        form.file.errors = [str(error)]
    except ValueError:
        form.file.errors = [gettext("Choose a file.")]
    return None
