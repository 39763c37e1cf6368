"""The switch of the intake: pausing a service, opening it, and letting in those who wait a few at a time."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext, ngettext

import services
from figures import Waiting, wait_for, waits
from forms import Form, LetInForm, PauseForm
from models import Intake, Waiter, add_working_days, db, today
from services import Service

from . import office, pressed


@office.get("/indtag")
def intakes():
    return render_template("office/intakes.html", pauses=Intake.pauses(), waits=waits(), waiters={
        key: Waiter.waiting(key) for key in services.SERVICES})


@office.route("/indtag/<slug>", methods=["GET", "POST"])
def intake(slug: str):
    service, form = _found(slug), PauseForm()
    if request.method != "POST":
        return _intake_page(service)
    if not form.validate():
        return _intake_page(service, pause=form), 422
    Intake.pause(g.officer, service.key, form.until.data, form.words_da.data, form.words_en.data)
    return _done(slug, gettext("The intake is paused. It opens by itself on the date."))


@office.post("/indtag/<slug>/aabn")
def open_intake(slug: str):
    service = _found(slug)
    if not pressed():
        return redirect(url_for(".intake", slug=slug), 303)
    Intake.open(g.officer, service.key)
    return _done(slug, gettext("The intake is open. Whoever waits for it is told."))


@office.route("/indtag/<slug>/luk-ind", methods=["GET", "POST"])
def let_in(slug: str):
    service, form = _found(slug), LetInForm()
    if request.method != "POST" or service.key not in Intake.pauses():
        return redirect(url_for(".intake", slug=slug), 303)
    if not form.validate():
        return _intake_page(service, batch=form), 422
    waiting = len(Waiter.waiting(service.key))
    if request.form.get("waiting", waiting, int) != waiting:  # pressed twice, and the next batch is not meant
        flash(gettext("Nothing has been sent: something has happened meanwhile"), "warning")
        return redirect(url_for(".intake", slug=slug), 303)
    count = Waiter.let_in(g.officer, service.key, form.count.data, form.days.data)
    return _done(slug, ngettext("One letter is on its way.", "%(num)s letters are on their way.", count))


def should_pause() -> list[tuple[Service, Waiting]]:
    """The services of which an answer now takes longer than we promise. It is the officer who presses."""
    expected, pauses = waits(), Intake.pauses()
    return [(service, expected[key]) for key, service in services.SERVICES.items() if key not in pauses
            and key in expected and (expected[key].most or 0) > service.answer_within]


def _found(slug: str) -> Service:
    return services.by_slug(slug) or abort(404)


def _done(slug: str, words: str):
    db.session.commit()
    flash(words)
    return redirect(url_for(".intake", slug=slug), 303)


def _intake_page(service: Service, **typed: Form):
    pause, wait = Intake.pauses().get(service.key), wait_for(service.key)
    forms = {"pause": PauseForm(None, obj=pause) if pause else _proposal(service, wait),
             "batch": LetInForm(None, count=10, days=5), **typed}
    return render_template("office/intake.html", service=service, pause=pause, wait=wait, forms=forms,
                           typed=next(iter(typed.values()), None), waiters=Waiter.waiting(service.key),
                           history=Intake.history(service.key))


def _proposal(service: Service, wait: Waiting) -> PauseForm:
    """A pause for as long as the queue is too long, with words that may stay as they are."""
    words = {}
    for language in ("da", "en"):
        with force_locale(language):
            words[f"words_{language}"] = gettext(
                "More people have asked than we can answer in time. We answer them first.")
    too_long = max(1, (wait.most or 0) - service.answer_within)
    return PauseForm(None, until=add_working_days(today(), too_long), **words)
