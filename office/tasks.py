"""Tasks: entered on a phone during the visit or afterwards, sent to whoever is responsible, printed as a protocol."""

import secrets

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from catalogue import SERVICES, Service
from forms import NOBODY, AssigneeForm, PressForm, TaskForm
from mail.letters import preview_letters
from models import Assignee, Task, Visit, db, start_writing
from web import commit_and_redirect, form_page, needs_press, reads_first, redirect_unchanged

from .blueprint import office
from .versions import has_changed, is_done, letters_in_words

# Octets: what is too large is read, so that we can say so beside its field. Only officers may send as much.
ROOM_FOR_A_PHOTO = 25_000_000

@office.route("/besoeg/<int:id>/opgaver", methods=["GET", "POST"])
@reads_first(ROOM_FOR_A_PHOTO)
def tasks(id: int):
    """All that is to be done after a visit, and the form for one thing more. The same form sent twice is one task."""
    visit, service = _begun(id)
    form = service.tasks.of()
    form.once.data = (form.once.data or "")[:64] or secrets.token_urlsafe(18)
    if not form.validate_on_submit():
        return _tasks_page(visit, service, form)
    start_writing()
    task = Task.enter(g.officer, visit, form_token=form.sent_as, **_said(visit, form))
    return commit_and_redirect(url_for(".tasks", id=id), gettext("Saved as no. %(number)s.", number=task.number))


@office.route("/opgave/<int:id>", methods=["GET", "POST"])
@reads_first(ROOM_FOR_A_PHOTO)
def task(id: int):
    task = db.get_or_404(Task, id)
    visit, service = _begun(task.visit_id)
    form = service.tasks.of(task)
    if form.validate_on_submit():
        start_writing()
        if not has_changed():
            task.update(g.officer, **_said(visit, form))
            return commit_and_redirect(_address_of(task))
        form = service.tasks.of(task)  # beside what is stored now
    return form_page("office/task.html", form, visit=visit, service=service, task=task)


@office.post("/opgave/<int:id>/laest")
@needs_press
def mark_task_read(id: int):
    task = db.get_or_404(Task, id)
    task.mark_read(g.officer)
    return commit_and_redirect(_address_of(task))


@office.get("/opgave/<int:id>/foto")
def task_photo(id: int):
    photo = db.get_or_404(Task, id).photo or abort(404)
    return photo.jpeg, {"Content-Type": "image/jpeg"}


@office.post("/besoeg/<int:id>/opgaver/ansvarlig/<int:owner_id>")
def assignee(id: int, owner_id: int):
    """Whom we write to about the tasks of one kind."""
    owner = db.one_or_404(select(Assignee).filter_by(id=owner_id, visit_id=id))
    form = AssigneeForm(obj=owner).numbered(owner_id)
    if not form.validate():
        return _tasks_page(*_begun(id), typed={owner_id: form})
    owner.change_contact(name=form.name.data or "", email=form.email.data or "", language=form.language.data)
    return commit_and_redirect(url_for(".tasks", id=id))


@office.route("/besoeg/<int:id>/opgaver/send", methods=["GET", "POST"])
@needs_press
def send_tasks(id: int):
    """Every letter as it will be sent to those responsible; one press sends them all."""
    visit, service = _begun(id)

    def send() -> None:
        for owner in visit.assignees:
            owner.send(g.officer)

    if request.method == "POST" and is_done(PressForm(), send, at_once=True):
        return commit_and_redirect(url_for(".tasks", id=id), letters_in_words())
    return render_template("office/send_tasks.html", visit=visit, service=service, preview=preview_letters(send))


@office.route("/besoeg/<int:id>/protokol", methods=["GET", "POST"])
@needs_press
def protocol(id: int):
    """The protocol on paper, and the press that lets anybody read what is public of it, or nobody any more."""
    visit, service = _begun(id)
    if request.method == "POST":
        visit.publish(g.officer, "show" in request.form)
        return commit_and_redirect(url_for(".protocol", id=id))
    found = visit.draft or visit.findings
    return render_template("office/protocol.html", visit=visit, service=service, tasks=visit.tasks,
                           answers=service.findings.describe(found) if found else [])


def _address_of(task: Task) -> str:
    return url_for(".tasks", id=task.visit_id, _anchor=f"no-{task.number}")


def _begun(id: int) -> tuple[Visit, Service]:
    """A visit that may have tasks. Before it begins there is nothing to be done after it."""
    visit = db.get_or_404(Visit, id)
    service = SERVICES[visit.service]
    if not service.tasks:
        abort(404)
    if not visit.has_begun:
        abort(redirect_unchanged(url_for(".visit", id=id), gettext(
            "That can be entered once the visit has begun, and not where it has been called off."), service.tasks.of()))
    return visit, service


def _said(visit: Visit, form: TaskForm) -> dict:
    """What Task.update takes."""
    return {**form.columns(), "assignee": (
        None if form.owner.data in ("", NOBODY) else Assignee.for_visit(visit, form.owner.data))}


def _tasks_page(visit: Visit, service: Service, form: TaskForm | None = None, typed: dict | None = None):
    form = form or service.tasks.of()
    owners = {o.id: AssigneeForm(None, obj=o).numbered(o.id) for o in visit.assignees if o.tasks} | (typed or {})
    wrong = next((f for f in (form, *owners.values()) if f.errors), form)
    return (render_template("office/tasks.html", visit=visit, service=service, form=form, owners=owners, wrong=wrong),
            422 if wrong.errors else 200)
