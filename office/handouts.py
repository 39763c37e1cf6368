"""What is handed out at a meeting, and the advice that stands on it."""

from flask import abort, g, render_template, url_for
from flask_babel import gettext

import facts
from catalogue import SERVICES, TOPICS
from catalogue.advice import advice
from forms import AdviceForm, HandoutForm
from models import AdviceText, Handout, Visit, db
from web import commit_and_redirect, form_page

from .blueprint import office


@office.route("/besoeg/<int:id>/faktaark", methods=["GET", "POST"])
def handout(id: int):
    """Choose what stands on the page; what the organiser asked for is ticked."""
    visit = db.get_or_404(Visit, id)
    service = SERVICES[visit.service]
    if not service.facts_about:
        abort(404)
    known = facts.handout.known_measures(visit.place.municipality)
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
    return start | facts.handout.suggested(SERVICES[visit.service], visit.bookings, known)


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
    return commit_and_redirect(url_for(".all_advice"), gettext("Kept. From now on handouts say it like this."))
