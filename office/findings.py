"""What was found: entered in the office or in the field, reported to everyone who asked, and from then on public."""

from flask import abort, g, render_template, url_for
from flask_babel import gettext

import ratelimits
from catalogue import SERVICES
from forms import Form, PressForm, ReportForm
from mail.letters import OFFICE_PATHS, preview_letters
from models import FindingsLink, Visit, VisitStatus, db, now, start_audit
from web import commit_and_redirect, form_page, redirect_unchanged

from .blueprint import not_any_more, office, page_key
from .versions import is_done, letters_in_words


@office.route("/besoeg/<int:id>/resultat", methods=["GET", "POST"])
def findings(id: int):
    """Enter what was found. Nobody is told before the officer has seen the letters."""
    visit = db.get_or_404(Visit, id)
    service = SERVICES[visit.service]
    if visit.starts_at > now() or visit.status is VisitStatus.CANCELLED:
        return redirect_unchanged(url_for(".visit", id=id), gettext(
            "Findings can be entered when the visit has taken place."), service.findings())
    form = _findings_form(visit, visit.draft or visit.findings)
    if not form.validate_on_submit():
        return form_page("office/findings.html", form, visit=visit, service=service)
    visit.enter_findings(g.officer, form.answers())
    return commit_and_redirect(url_for(".report", id=id))


def _findings_form(visit: Visit, stored: dict | None) -> Form:
    """With the answers that are stored; else with what the plan proposes."""
    service = SERVICES[visit.service]
    answers = stored and service.findings.unanswered() | stored
    return service.findings(data=answers, **service.start_findings(visit))


@office.route("/besoeg/<int:id>/svar", methods=["GET", "POST"])
def report(id: int):
    """Every letter as it will be sent; one press sends them all, and the findings become public, unless withheld."""
    visit, back = db.get_or_404(Visit, id), url_for(".visit", id=id)
    service, form = SERVICES[visit.service], ReportForm()
    if visit.draft is None:
        return not_any_more(form, back)

    def change() -> None:
        visit.report(g.officer, form.withhold.data or "")

    if form.validate_on_submit() and is_done(PressForm(), change, at_once=True):  # why it is withheld changes no letter
        return commit_and_redirect(back, letters_in_words())
    preview = preview_letters(change)
    return form_page("office/report.html", form, visit=visit, service=service, preview=preview,
                     answers=service.findings.describe(visit.draft, internal=True))


@office.route(OFFICE_PATHS["findings_by_link"], methods=["GET", "POST"])
@ratelimits.change_limit
def findings_by_link(id: int, secret: str):
    """Nothing of the visit is shown before it begins, and nothing of those who asked at any time."""
    link = FindingsLink.by_link(id, secret) or abort(404)
    visit = link.visit
    start_audit(None, page_key(), f"besoeg/{visit.id}/felt/{id}")
    service = SERVICES[visit.service]
    if not link.works or visit.starts_at > now():  # of what is stored, such a page shows nothing
        unsent = service.findings().typed()
        return render_template("office/findings_link.html", link=link, form=None, unsent=unsent), (
            200 if link.works else 410)
    form = _findings_form(visit, visit.draft)
    if not form.validate_on_submit():
        return form_page("office/findings_link.html", form, link=link, service=service)
    link.enter_findings(form.answers())
    return commit_and_redirect(url_for(".findings_by_link", id=id, secret=secret), gettext(
        "Thank you. The findings are with the office. Until they are sent, you can correct them here."))
