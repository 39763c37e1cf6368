"""What somebody is asked to do after a visit, by their own secret link; and the protocol, where it is public."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

import services
import throttle
from forms import TaskAnswerForm
from models import Owner, Task, Visit, db

from . import public


@public.get("/ansvar/<int:id>/<secret>")
def owner(id: int, secret: str):
    return _owner_page(_own(id, secret))


@public.route("/ansvar/<int:id>/<secret>/<int:number>", methods=["GET", "POST"])
@throttle.writing
def answer(id: int, secret: str, number: int):
    task, back = _own_task(id, secret, number), url_for(".owner", id=id, secret=secret)
    if request.method != "POST":  # somebody reloads, or changes the language, after an error
        return redirect(back)
    form = TaskAnswerForm().numbered(number)
    if not form.validate():
        return _owner_page(task.owner, {number: form}), 422
    task.answer(form.status.data, form.words.data or "")
    db.session.commit()
    flash(gettext("Thank you. We have your answer about no. %(number)s.", number=number))
    return redirect(back, 303)


@public.get("/ansvar/<int:id>/<secret>/<int:number>/foto")
def owner_photo(id: int, secret: str, number: int):
    photo = _own_task(id, secret, number).photo or abort(404)
    return photo.jpeg, {"Content-Type": "image/jpeg"}


@public.get("/protokol/<uid>")
def protocol(uid: str):
    """Where an officer has said so: the tasks that are public, in the officer's words."""
    visit = db.session.scalar(select(Visit).where(Visit.uid == uid))
    if visit is None or not (visit.protocol_public and visit.has_begun):
        abort(404)
    return render_template("public/protocol.html", visit=visit, service=services.SERVICES[visit.service],
                           tasks=[task for task in visit.tasks if task.public])


def _own(id: int, secret: str) -> Owner:
    return Owner.by_link(id, secret) or abort(404)


def _own_task(id: int, secret: str, number: int) -> Task:
    return next((task for task in _own(id, secret).told if task.number == number), None) or abort(404)


def _owner_page(owner: Owner, typed: dict | None = None):
    forms = {task.number: TaskAnswerForm(None).numbered(task.number) for task in owner.told} | (typed or {})
    return render_template("public/owner.html", owner=owner, service=services.SERVICES[owner.visit.service],
                           forms=forms, typed=next(iter(typed.values())) if typed else None)
