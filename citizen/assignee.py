"""What somebody is asked to do after a visit, by their own secret link; and the protocol, where it is public."""

from flask import abort, flash, render_template, url_for
from flask_babel import gettext

import catalogue
import ratelimits
from forms import TaskAnswerForm
from mail.letters import CITIZEN_PATHS
from models import Assignee, EventKind, Visit
from web import commit_and_redirect, say_stale, shown_version

from .blueprint import citizen


@citizen.get(CITIZEN_PATHS["assignee"])
def assignee(id: int, secret: str):
    return _assignee_page(_own(id, secret))


@citizen.post("/ansvar/<int:id>/<secret>/<int:number>")
@ratelimits.change_limit
def answer(id: int, secret: str, number: int):
    owner, form = _own(id, secret), TaskAnswerForm().numbered(number)
    task = owner.notified_task(number)
    if task is None and not owner.letters_about(EventKind.TASKS_SENT, number):
        abort(404)
    if task is None:
        flash(gettext("No. %(number)s is not yours any more, so your answer was not sent.", number=number), "warning")
    if task is None or owner.visit.removed_on:
        return _assignee_page(owner, unsent=form.words.data or ""), 409
    back = url_for(".assignee", id=id, secret=secret)
    thanks = gettext("Thank you. We have your answer about no. %(number)s.", number=number)
    is_older = shown_version() not in (None, task.newest)
    if is_older and task.has_said(form.status.data, form.words.data or ""):  # pressed twice
        return commit_and_redirect(back, thanks)
    if not form.validate():
        return _assignee_page(owner, {number: form}), 422
    if is_older:
        say_stale()
        stored = {"status": task.status, "words": task.answers[-1].words if task.answers else ""}
        return _assignee_page(owner, {number: TaskAnswerForm(data=stored).numbered(number)}), 409
    task.answer(form.status.data, form.words.data or "")
    return commit_and_redirect(back, thanks)


@citizen.get("/ansvar/<int:id>/<secret>/<int:number>/foto")
def assignee_photo(id: int, secret: str, number: int):
    task = _own(id, secret).notified_task(number) or abort(404)
    photo = task.photo or abort(404)
    return photo.jpeg, {"Content-Type": "image/jpeg"}


@citizen.get("/protokol/<uid>")
def protocol(uid: str):
    """Where an officer has said so: the tasks that are public, in the officer's words."""
    visit = Visit.one_by(uid=uid)
    if visit is None or not (visit.protocol_public and visit.has_begun):
        abort(404)
    return render_template("citizen/protocol.html", visit=visit, service=catalogue.SERVICES[visit.service],
                           tasks=[task for task in visit.tasks if task.public])


def _own(id: int, secret: str) -> Assignee:
    return Assignee.by_link(id, secret) or abort(404)


def _assignee_page(owner: Assignee, typed: dict | None = None, unsent: str = ""):
    forms = {task.number: TaskAnswerForm(None).numbered(task.number) for task in owner.notified_tasks} | (typed or {})
    return render_template("citizen/assignee.html", owner=owner, service=catalogue.SERVICES[owner.visit.service],
                           forms=forms, typed=next(iter(typed.values())) if typed else None, unsent=unsent)
