"""The findings of one visit, entered by a colleague in the field through a link of their own."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext

import services
import throttle
from forms import FieldLinkForm
from models import Deed, FieldLink, Visit, db, in_hand, now

from . import office, pressed
from .visits import visit_page


@office.post("/besoeg/<int:id>/feltlink")
def send_field_link(id: int):
    visit, form = db.session.get(Visit, id) or abort(404), FieldLinkForm()
    if not form.validate():
        return visit_page(visit, field_link=form), 422
    FieldLink.send(g.officer, visit, form.email.data, form.language.data)
    db.session.commit()
    flash(gettext("Done. The link goes by e-mail."))
    return redirect(url_for(".visit", id=id), 303)


@office.post("/feltlink/<int:id>/traek-tilbage")
def withdraw_field_link(id: int):
    link = db.session.get(FieldLink, id) or abort(404)
    if pressed() and link.withdrawn_at is None:
        link.withdraw(g.officer)
        db.session.commit()
        flash(gettext("The link opens nothing any more."))
    return redirect(url_for(".visit", id=link.visit_id), 303)


@office.route("/felt/<int:id>/<secret>", methods=["GET", "POST"])
@throttle.writing
def field(id: int, secret: str):
    """Nothing of the visit is shown before it begins, and nothing of those who asked at any time."""
    link = FieldLink.by_link(id, secret) or abort(404)
    visit = link.visit
    in_hand(Deed(None, request.endpoint, f"besoeg/{visit.id}/felt/{id}"))
    if not link.works or visit.starts_at > now():
        return render_template("office/field.html", link=link, form=None), 200 if link.works else 410
    service = services.SERVICES[visit.service]
    form = service.findings(data=visit.draft or service.start_findings(visit))
    if form.validate_on_submit():
        link.enter_findings(form.answers())
        db.session.commit()
        flash(gettext("Thank you. The findings are with the office. Until they are sent, you can correct them here."))
        return redirect(url_for(".field", id=id, secret=secret), 303)
    return (render_template("office/field.html", link=link, form=form, service=service),
            422 if request.method == "POST" else 200)
