"""Who works here: letting colleagues in, and the log of what everybody did."""

from datetime import timedelta

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import MultiDict

from forms import InviteForm, LogForm
from models import Booking, Entry, Invite, NotAllowed, Officer, Role, db, midnight

from . import office, pressed

PAGE = 100


@office.route("/medarbejdere", methods=["GET", "POST"])
def staff():
    form = InviteForm()
    if form.validate_on_submit():
        try:
            Invite.send(g.officer, form.email.data, Role(form.role.data), form.language.data)
        except NotAllowed:
            form.email.errors = [gettext("Somebody with this address can log in already.")]
        else:
            db.session.commit()
            flash(gettext("Done. The link goes by e-mail."))
            return redirect(url_for(".staff"), 303)
    return (render_template("office/staff.html", form=form, officers=Officer.in_use(), invites=Invite.open()),
            422 if form.errors else 200)


@office.post("/medarbejdere/invitation/<int:id>/traek-tilbage")
def withdraw_invite(id: int):
    invite = db.session.get(Invite, id) or abort(404)
    if pressed() and invite.works:
        invite.close()
        db.session.commit()
        flash(gettext("The link opens nothing any more."))
    return redirect(url_for(".staff"), 303)


@office.get("/log")
def audit():
    """The newest first."""
    form = LogForm(MultiDict(request.args), meta={"csrf": False})
    form.betjent.offer({str(o.id): o.name for o in db.session.scalars(select(Officer).order_by(Officer.name))})
    if not form.validate():
        return render_template("office/audit.html", form=form, entries=[], after=None), 422
    found, after = _found(form), request.args.get("efter", type=int)
    found = found.where(Entry.id < after) if after and 0 < after < 2**31 else found
    entries = list(db.session.scalars(found.order_by(Entry.id.desc()).limit(PAGE + 1)))
    return render_template("office/audit.html", form=form, entries=entries[:PAGE],
                           after=entries[PAGE - 1].id if len(entries) > PAGE else None)


def _found(form: LogForm) -> Select:
    found = select(Entry).options(selectinload(Entry.officer))
    if form.betjent.data:
        found = found.where(Entry.officer_id == int(form.betjent.data))
    if form.dag.data:
        day = midnight(form.dag.data)
        found = found.where(Entry.at >= day, Entry.at < midnight(form.dag.data + timedelta(days=1)))
    if form.sag.data:
        booking = Booking.by_reference(form.sag.data)
        found = found.where(or_(*_about(booking)) if booking else False)
    return found


def _about(booking: Booking) -> list:
    """What is about a case: its own pages, its letters and visits, and what was done to it among others."""
    pages = [f"sag/{booking.reference}", *(f"breve/{letter.id}" for letter in booking.letters),
             *(f"besoeg/{visit.id}" for visit in booking.visits)]
    return [Entry.about.contains(f" {booking.reference}"), Entry.about.in_(pages),
            *(Entry.about.startswith(f"{page}/") for page in pages)]
