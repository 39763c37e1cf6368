"""The sentences of a no, which the officer may word anew, for each service, reason and language."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

import services
import wording
from forms import WordingForm
from models import Booking, Wording, db

from . import office


@office.get("/tekster")
def wordings():
    """All reasons of all services, with what has been put away."""
    return render_template("office/wordings.html", services=services.SERVICES, offered=wording.offered, away={
        key: [w for w in Wording.newest(key).values() if w.put_away] for key in services.SERVICES})


@office.route("/tekster/<slug>/<reason>", methods=["GET", "POST"])
def reword(slug: str, reason: str):
    """A new version; `ny` is a reason of the officer's own."""
    service = services.by_slug(slug) or abort(404)
    reason = "" if reason == "ny" else reason
    versions = Wording.history(service.key, reason) if reason else []
    if reason and not versions and reason not in service.reasons:
        abort(404)
    form = WordingForm(data={**(wording.texts(service, reason) if reason else {}),
                             "name": wording.name_of(reason), "put_away": bool(versions) and versions[0].put_away})
    if reason in services.REASONS:
        del form.name
    ready = form.validate_on_submit()
    for field in (form.da, form.en) if form.is_submitted() else ():
        field.errors = [*field.errors, *(gettext("This cannot be filled in: %(field)s.", field=name)
                                         for name in wording.unknown_fields(field.data or ""))]
    if ready and not form.errors and "send" in request.form:
        Wording.keep(g.officer, service=service.key, reason=reason, name=form.name.data if "name" in form else "",
                     texts={"da": form.da.data, "en": form.en.data}, put_away=form.put_away.data)
        db.session.commit()
        flash(gettext("Kept. From now on letters say it like this."))
        return redirect(url_for(".wordings"), 303)
    example = _examples(service, form) if ready and not form.errors else {}
    return render_template("office/reword.html", service=service, form=form, reason=reason, versions=versions,
                           fields=wording.FIELDS, example=example), 422 if form.errors else 200


def _examples(service, form) -> dict[str, str]:
    """Both sentences filled in for the newest case of the service."""
    booking = db.session.scalar(select(Booking).where(Booking.service == service.key)
                                .order_by(Booking.id.desc()).limit(1))
    if booking is None:
        return {}
    return {language: wording.filled_in(form[language].data, booking, language) for language in ("da", "en")}
