"""Facts for meetings: which figures are there, how old they are, and how new ones come in; and what is handed out, with
the advice that stands on it."""

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext, ngettext

from catalogue import SERVICES, TOPICS
from catalogue.advice import advice
from facts import (
    MEASURES,
    Reading,
    Unreadable,
    area_name,
    known_measures,
    read_rows,
    sources,
    statbank,
    suggested,
    write_rows,
)
from forms import MOST_OCTETS, AdviceForm, FigureFileForm, HandoutForm
from models import AdviceText, Figure, Handout, Visit, db, start_writing
from web import commit_and_redirect, form_page, reads_first

from .blueprint import office
from .versions import has_changed


@office.route("/fakta", methods=["GET", "POST"])
@reads_first(MOST_OCTETS)
def facts():
    """A file is looked through first; another press stores what it says."""
    form = FigureFileForm()
    reading = _reading(form) if form.validate_on_submit() else None
    if reading and "send" in request.form:
        start_writing()
        if not has_changed():
            return commit_and_redirect(url_for(".facts"), ngettext(
                "One figure is new or has changed.", "%(num)s figures are new or have changed.",
                Figure.store(reading.rows)))
    new, changed = Figure.differences(reading.rows) if reading else ([], [])
    changes = [*changed, *((row, None) for row in new)]
    return form_page("office/facts.html", form, reading=reading, new=new, changed=changed, changes=changes,
                     rows=write_rows([row for row, _ in changes]), measures=MEASURES, sources=sources(),
                     overview=sorted(Figure.overview(), key=lambda row: list(MEASURES).index(row.measure)),
                     area_name=area_name)


def _reading(form: FigureFileForm) -> Reading | None:
    """What the file says, or what the last page has read from it; None where the form has something to say."""
    try:
        return statbank.read(form.file.data) if form.file.data else Reading(read_rows(form.rows.data or ""))
    except Unreadable as error:
        form.file.errors = [str(error)]
    except ValueError:
        form.file.errors = [gettext("Choose a file.")]
    return None


@office.route("/besoeg/<int:id>/faktaark", methods=["GET", "POST"])
def handout(id: int):
    """Choose what stands on the page; what the organiser asked for is ticked."""
    visit = db.get_or_404(Visit, id)
    service = SERVICES[visit.service]
    if not service.facts_about:
        abort(404)
    known = known_measures(visit.place.municipality)
    form = HandoutForm(data=_start(visit, known)).offer(measures=known, topics=TOPICS)
    if not form.validate_on_submit():
        return form_page("office/handout.html", form, visit=visit, service=service)
    made = Handout.prepare(visit, measures=form.measures.data, topics=form.topics.data, words=form.words.data,
                           languages=form.languages.data)
    db.session.flush()  # a new one has an address now
    return commit_and_redirect(url_for("citizen.handout", secret=made.secret))


def _start(visit: Visit, known: dict[str, str]) -> dict:
    """What was chosen before; else what was asked for, with the line of the last meeting in the municipality."""
    made = visit.handout
    last = made or Handout.last_in(visit.place.municipality)
    start = {"words": last.words if last else {}, "languages": sorted({b.language for b in visit.bookings})}
    if made:
        return start | {"measures": made.measures, "topics": made.topics, "languages": made.languages}
    return start | suggested(SERVICES[visit.service], visit.bookings, known)


@office.get("/fakta/raad")
def all_advice():
    return render_template("office/all_advice.html", advice=advice())


@office.route("/fakta/raad/<topic>", methods=["GET", "POST"])
def edit_advice(topic: str):
    """A new version of the advice about one topic."""
    known = advice().get(topic) or abort(404)
    form = AdviceForm(data={"texts": known.texts, "link": known.link})
    if not form.validate_on_submit():
        return form_page("office/edit_advice.html", form, advice=known, versions=AdviceText.history(topic=topic))
    AdviceText.add(g.officer, topic=topic, texts=form.texts.data, link=form.link.data)
    return commit_and_redirect(url_for(".all_advice"), gettext("Saved. From now on handouts say it like this."))
