"""The switch of the intake: pausing a service, opening it, and letting in those who wait a few at a time."""

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext, ngettext

from catalogue import SERVICES, Service, by_slug
from forms import AdmitForm, Form, PauseForm
from languages import in_each_language
from models import IntakePause, WaitlistEntry, add_working_days, today
from reporting import WaitEstimate, estimate_for_service, estimates
from web import commit_and_redirect, needs_press, redirect_unchanged

from .blueprint import office


@office.get("/indtag")
def intakes():
    return render_template("office/intakes.html", pauses=IntakePause.pauses(), waits=estimates(), waiters={
        key: WaitlistEntry.waiting(key) for key in SERVICES})


@office.route("/indtag/<slug>", methods=["GET", "POST"])
def intake(slug: str):
    service = by_slug(slug) or abort(404)
    form = PauseForm(obj=IntakePause.pauses().get(service.key))
    if request.method != "POST":
        return _intake_page(service)
    if not form.validate():
        return _intake_page(service, pause=form)
    IntakePause.pause(g.officer, service.key, form.until.data, form.texts.data)
    return commit_and_redirect(url_for(".intake", slug=slug), gettext(
        "The intake is paused. It opens by itself on the date."))


@office.post("/indtag/<slug>/aabn")
@needs_press
def open_intake(slug: str):
    service, back = by_slug(slug) or abort(404), url_for(".intake", slug=slug)
    if service.key not in IntakePause.pauses():
        return redirect_unchanged(back, gettext("The pause is over already."))
    IntakePause.open(g.officer, service.key)
    return commit_and_redirect(back, gettext(
        "The intake is open. Whoever waits for it is told."))


@office.post("/indtag/<slug>/luk-ind")
def admit_waiting(slug: str):
    service, form, back = by_slug(slug) or abort(404), AdmitForm(), url_for(".intake", slug=slug)
    if service.key not in IntakePause.pauses():
        return redirect_unchanged(back, gettext("The pause is over already."))
    if not form.validate():
        return _intake_page(service, batch=form)
    return commit_and_redirect(back, ngettext(
        "One letter is on its way.", "%(num)s letters are on their way.",
        WaitlistEntry.admit(g.officer, service.key, form.count.data, form.days.data)))


def _intake_page(service: Service, **typed: Form):
    pause, wait = IntakePause.pauses().get(service.key), estimate_for_service(service.key)
    forms = {"pause": PauseForm(None, obj=pause) if pause else _proposal(service, wait),
             "batch": AdmitForm(None, count=10, days=5), **typed}
    return render_template("office/intake.html", service=service, pause=pause, wait=wait, forms=forms,
                           typed=next(iter(typed.values()), None), waiters=WaitlistEntry.waiting(service.key),
                           history=IntakePause.history(service=service.key)), 422 if typed else 200


def _proposal(service: Service, wait: WaitEstimate) -> PauseForm:
    """A pause for as long as the queue is too long, with words that may stay as they are."""
    too_long = max(1, (wait.most or 0) - service.answer_within)
    return PauseForm(None, until=add_working_days(today(), too_long), texts=in_each_language(lambda: gettext(
        "More people have asked than we can answer in time. We answer them first.")))
