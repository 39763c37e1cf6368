"""The sentences of a no, which the officer may word anew, for each service, reason and language."""

from flask import abort, g, render_template, url_for
from flask_babel import gettext
from sqlalchemy import select

from catalogue import REASONS, SERVICES, by_slug, reasons
from forms import DeclineReasonForm
from models import Booking, DeclineReason, db
from web import commit_and_redirect, form_page

from .blueprint import office
from .versions import is_done


@office.get("/tekster")
def decline_reasons():
    """All reasons of all services, with what has been put away."""
    return render_template("office/decline_reasons.html", services=SERVICES, offered=reasons.offered, away={
        key: [w for w in DeclineReason.newest(key).values() if w.put_away] for key in SERVICES})


@office.route("/tekster/<slug>/<reason>", methods=["GET", "POST"])
def edit_decline_reason(slug: str, reason: str):
    """A new version; `ny` is a reason of the officer's own."""
    service = by_slug(slug) or abort(404)
    reason = "" if reason == "ny" else reason
    versions = DeclineReason.history(service=service.key, reason=reason) if reason else []
    if reason and not versions and reason not in service.reasons:
        abort(404)
    form = DeclineReasonForm(data={"texts": reasons.texts(service, reason), "name": reasons.name_of(reason),
                                   "put_away": bool(versions) and versions[0].put_away} if reason else None)
    if reason in REASONS:
        del form.name
    ready = form.validate_on_submit()
    for field in form.texts if form.is_submitted() else ():
        field.errors = [*field.errors, *(gettext("This cannot be filled in: %(field)s.", field=name)
                                         for name in reasons.unknown_fields(field.data or ""))]

    def change() -> None:
        DeclineReason.write(g.officer, service=service.key, reason=reason, texts=form.texts.data,
                            name=form.name.data if "name" in form else "", put_away=form.put_away.data)

    if ready and not form.errors and is_done(form, change):
        return commit_and_redirect(url_for(".decline_reasons"), gettext("Saved. From now on letters say it like this."))
    return form_page("office/edit_decline_reason.html", form, service=service, reason=reason, versions=versions,
                     fields=reasons.FIELDS, example=_examples(service, form) if ready and not form.errors else {})


def _examples(service, form) -> dict[str, str]:
    """The sentences filled in for the newest case of the service."""
    booking = db.session.scalar(select(Booking).where(Booking.service == service.key)
                                .order_by(Booking.id.desc()).limit(1))
    if booking is None:
        return {}
    return {language: reasons.filled_in(text, booking, language) for language, text in form.texts.data.items()}
