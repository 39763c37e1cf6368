"""Who works here: letting colleagues in, and the log of what everybody did."""

from datetime import timedelta

from flask import g, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import MultiDict

from forms import InviteForm, LogForm
from models import AuditEntry, Booking, Invite, NotAllowed, Officer, Role, db, midnight
from reporting.paging import page_after, row_number
from web import commit_and_redirect, form_page, needs_press

from .blueprint import office

PAGE = 100


@office.route("/medarbejdere", methods=["GET", "POST"])
def users():
    form = InviteForm()
    if form.validate_on_submit():
        try:
            Invite.send(g.officer, form.email.data, Role(form.role.data), form.language.data)
        except NotAllowed:
            form.email.errors = [gettext("Somebody with this address can log in already.")]
        else:
            return commit_and_redirect(url_for(".users"), gettext("Done. The link goes by e-mail."))
    return form_page("office/users.html", form, officers=Officer.in_use(), invites=Invite.open())


@office.post("/medarbejdere/invitation/<int:id>/traek-tilbage")
@needs_press
def withdraw_invite(id: int):
    db.get_or_404(Invite, id).close()
    return commit_and_redirect(url_for(".users"), gettext("The link no longer works."))


@office.get("/log")
def audit():
    """The newest first."""
    form = LogForm(MultiDict(request.args), meta={"csrf": False})
    form.officer.offer({str(o.id): o.name for o in db.session.scalars(select(Officer).order_by(Officer.name))})
    if not form.validate():
        return form_page("office/audit.html", form, entries=[], after=None)
    end = request.args.get("efter", type=row_number)
    entries, last = page_after(_found(form), [AuditEntry.id], end and (end,), PAGE)
    return render_template("office/audit.html", form=form, entries=entries, after=last and last.id)


def _found(form: LogForm) -> Select:
    found = select(AuditEntry).options(selectinload(AuditEntry.officer))
    if form.officer.data:
        found = found.where(AuditEntry.officer_id == int(form.officer.data))
    if form.day.data:
        day = midnight(form.day.data)
        found = found.where(AuditEntry.at >= day, AuditEntry.at < midnight(form.day.data + timedelta(days=1)))
    if form.case.data:
        booking = Booking.by_reference(form.case.data)
        found = found.where(or_(*_about(booking)) if booking else False)
    return found


def _about(booking: Booking) -> list:
    """What is about a case: its own pages and what was done to it among others, which all name it, and the pages of its
    letters and visits."""
    pages = [*(f"breve/{letter.id}" for letter in booking.letters), *(f"besoeg/{visit.id}" for visit in booking.visits)]
    return [AuditEntry.about.contains(booking.reference), AuditEntry.about.in_(pages),
            *(AuditEntry.about.startswith(f"{page}/") for page in pages)]
