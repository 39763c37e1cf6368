"""Tasks: entered on a phone during the visit or afterwards, sent to whoever is responsible, printed as a protocol."""

import secrets

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext

import services
from forms import NOBODY, OwnerForm, TaskForm
from letters import previewed
from models import Owner, Task, Visit, db
from services import Service

from . import office, pressed

ROOM_FOR_A_PHOTO = 25_000_000  # octets: what is too large is read, so that we can say so beside its field


@office.route("/besoeg/<int:id>/opgaver", methods=["GET", "POST"])
def tasks(id: int):
    """All that is to be done after a visit, and the form for one thing more. The same form sent twice is one task."""
    visit, service = _begun(id)
    form = _form(service)
    form.once.data = (form.once.data or "")[:64] or secrets.token_urlsafe(18)
    if not form.validate_on_submit():
        return _tasks_page(visit, service, form)
    task = Task.enter(g.officer, visit, once=form.once.data, **_said(visit, service, form))
    db.session.commit()
    flash(gettext("Kept as no. %(number)s.", number=task.number))
    return redirect(url_for(".tasks", id=id), 303)


@office.route("/opgave/<int:id>", methods=["GET", "POST"])
def task(id: int):
    task = _found(id)
    visit, service = _begun(task.visit_id)
    form = _form(service, task)
    if form.validate_on_submit():
        task.keep(g.officer, **_said(visit, service, form))
        db.session.commit()
        return redirect(url_for(".tasks", id=visit.id, _anchor=f"no-{task.number}"), 303)
    return (render_template("office/task.html", visit=visit, service=service, task=task, form=form),
            422 if form.errors else 200)


@office.post("/opgave/<int:id>/laest")
def task_seen(id: int):
    task = _found(id)
    if pressed():
        task.see(g.officer)
        db.session.commit()
    return redirect(url_for(".tasks", id=task.visit_id, _anchor=f"no-{task.number}"), 303)


@office.get("/opgave/<int:id>/foto")
def task_photo(id: int):
    photo = _found(id).photo or abort(404)
    return photo.jpeg, {"Content-Type": "image/jpeg"}


@office.route("/ansvarlig/<int:id>", methods=["GET", "POST"])
def owner(id: int):
    """Whom we write to about the tasks of one kind."""
    owner = db.session.get(Owner, id) or abort(404)
    if request.method == "POST":
        form = OwnerForm().numbered(id)
        if not form.validate():
            return _tasks_page(*_begun(owner.visit_id), typed={id: form})
        owner.change_contact(name=form.name.data or "", email=form.email.data or "", language=form.language.data)
        db.session.commit()
    return redirect(url_for(".tasks", id=owner.visit_id), 303)


@office.route("/besoeg/<int:id>/opgaver/send", methods=["GET", "POST"])
def send_tasks(id: int):
    """Every letter as it will be sent to those responsible; one press sends them all."""
    visit, service = _begun(id)

    def send() -> None:
        for owner in visit.owners:
            owner.send(g.officer, service.follow_up)

    if request.method == "POST" and pressed():
        send()
        db.session.commit()
        flash(gettext("Done. The letters go by e-mail, or wait for you under “Letters to see to”."))
        return redirect(url_for(".tasks", id=id), 303)
    return render_template("office/send_tasks.html", visit=visit, service=service, preview=previewed(send))


@office.route("/besoeg/<int:id>/protokol", methods=["GET", "POST"])
def protocol(id: int):
    """The protocol on paper, and the press that lets anybody read what is public of it, or nobody any more."""
    visit, service = _begun(id)
    if request.method == "POST":
        if pressed():
            visit.publish(g.officer, "show" in request.form)
            db.session.commit()
        return redirect(url_for(".protocol", id=id), 303)
    found = visit.draft or visit.findings
    return render_template("office/protocol.html", visit=visit, service=service, tasks=visit.tasks,
                           answers=service.findings.describe(found) if found else [])


def _found(id: int) -> Task:
    return db.session.get(Task, id) or abort(404)


def _begun(id: int) -> tuple[Visit, Service]:
    """A visit that may have tasks. Before it begins there is nothing to be done after it."""
    visit = db.session.get(Visit, id) or abort(404)
    service = services.SERVICES[visit.service]
    if not service.tasks:
        abort(404)
    if not visit.has_begun:
        flash(gettext("That can be entered once the visit has begun."))
        abort(redirect(url_for(".visit", id=id)))
    return visit, service


def _form(service: Service, task: Task | None = None) -> TaskForm:
    """Officers alone may send a photo, so only here there is room for one."""
    request.max_content_length = ROOM_FOR_A_PHOTO
    return service.tasks.of(task)


def _said(visit: Visit, service: Service, form: TaskForm) -> dict:
    """What Task.keep takes."""
    owner = None if form.owner.data in ("", NOBODY) else Owner.of(visit, form.owner.data)
    return {**form.columns(), "owner": owner, "follow_up": service.follow_up}


def _tasks_page(visit: Visit, service: Service, form: TaskForm | None = None, typed: dict | None = None):
    if form is None:
        form = service.tasks.of()
    owners = {o.id: OwnerForm(None, obj=o).numbered(o.id) for o in visit.owners if o.tasks} | (typed or {})
    wrong = next((f for f in (form, *owners.values()) if f.errors), form)
    return (render_template("office/tasks.html", visit=visit, service=service, form=form, owners=owners, wrong=wrong),
            422 if wrong.errors else 200)
