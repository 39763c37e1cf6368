"""The poll of a visit: opened and closed, its facts shown, and what was counted by hand."""

from flask import abort, g, render_template, url_for
from flask_babel import gettext

from catalogue import ROUNDS, SERVICES
from facts import facts_beside
from forms import counts_form
from models import OPEN_ROUND, Poll, PollStatus, Visit, db
from web import commit_and_redirect, form_page, needs_press, redirect_unchanged

from .blueprint import office

STEPS = {"foer": PollStatus.BEFORE_OPEN, "efter": PollStatus.AFTER_OPEN}


@office.get("/besoeg/<int:id>/afstemning")
def poll(id: int):
    visit = _polled(id)
    service, steps = SERVICES[visit.service], (visit.poll or PollStatus.NEW).next_steps
    return render_template("office/poll.html", visit=visit, service=service, poll=visit.poll,
                           steps=[step for step in steps if step is not PollStatus.FACTS_SHOWN
                                  or any(question.fact for question in service.poll)])


@office.post("/besoeg/<int:id>/afstemning/<any(foer, efter):step>")
@needs_press
def open_poll(id: int, step: str):
    Poll.of(_polled(id)).open(g.officer, STEPS[step])
    return commit_and_redirect(url_for(".poll", id=id), gettext("The poll is open. Show the code on the wall."))


@office.post("/besoeg/<int:id>/afstemning/luk")
@needs_press
def close_poll(id: int):
    Poll.of(_polled(id)).close(g.officer)
    return commit_and_redirect(url_for(".poll", id=id), gettext(
        "The poll is closed. The answers are counted, and those of each phone deleted."))


@office.post("/besoeg/<int:id>/afstemning/fakta")
@needs_press
def show_poll_facts(id: int):
    visit = _polled(id)
    facts = facts_beside(SERVICES[visit.service].poll, visit.place.municipality)
    if not facts:
        return redirect_unchanged(url_for(".poll", id=id), gettext("There are no figures for this municipality yet."))
    Poll.of(visit).show_facts(g.officer, facts)
    return commit_and_redirect(url_for(".poll", id=id), gettext("The facts stand on the wall."))


@office.route("/besoeg/<int:id>/afstemning/<any(foer, efter):step>/optalt", methods=["GET", "POST"])
def poll_counts(id: int, step: str):
    """What a show of hands or paper slips came to."""
    visit, poll_round = _polled(id), OPEN_ROUND[STEPS[step]]
    stored = visit.poll.counts if visit.poll else []
    form = counts_form(SERVICES[visit.service].polled_in(poll_round))(data={
        f"{count.question}-{count.option}": count.by_hand for count in stored if count.round is poll_round})
    if not form.validate_on_submit():
        return form_page("office/poll_counts.html", form, visit=visit, round=ROUNDS[poll_round])
    Poll.of(visit).enter_counts(g.officer, poll_round, form.numbers())
    return commit_and_redirect(url_for(".poll", id=id), gettext("The counted answers are saved."))


@office.get("/besoeg/<int:id>/afstemning/<any(foer, efter):step>/seddel")
def poll_slip(id: int, step: str):
    """To be printed: the same questions on paper."""
    visit, poll_round = _polled(id), OPEN_ROUND[STEPS[step]]
    service = SERVICES[visit.service]
    return render_template("office/poll_slip.html", visit=visit, service=service,
                           questions=service.polled_in(poll_round), round=ROUNDS[poll_round])


def _polled(id: int) -> Visit:
    visit = db.get_or_404(Visit, id)
    return visit if SERVICES[visit.service].poll else abort(404)
