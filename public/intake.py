"""While a service takes in nothing: why and until when, and being told when the form opens."""

import re

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext

import services
import throttle
from figures import asked_here
from forms import Form, JoinForm, PressForm, TellMeForm
from models import Intake, Waiter, db
from services import Service
from words import day

from . import public


def let_in(service: Service) -> Waiter | None:
    """Whoever came by the link of their letter, while the form is open for them."""
    found = re.fullmatch(r"([0-9]{1,9})-(.+)", request.args.get("adgang", ""))
    waiter = Waiter.by_link(int(found[1]), found[2]) if found else None
    return waiter if waiter and waiter.service == service.key and waiter.is_let_in else None


def ensure_joins(service: Service, form: Form, pause: Intake) -> bool:
    """Whether others wait for an answer at this place, so that one more costs us nothing; else the form says it."""
    if may_join(service) and asked_here(service.key, road=form.road.data, postcode=form.postcode.data).waiting:
        return True
    form.road.errors = [gettext("Nobody waits for an answer at this place, so we can take in your wish from %(day)s.",
                                day=day(pause.until))]
    return False


def may_join(service: Service) -> bool:
    """Where a date is agreed, nobody is told who else has asked, and one visit answers one wish."""
    return not service.date_is_told


def paused_page(service: Service, pause: Intake, **typed: Form) -> str:
    forms = {"join": JoinForm(None), "tell": TellMeForm(None), **typed}
    return render_template("public/paused.html", service=service, pause=pause, forms=forms,
                           typed=next(iter(typed.values()), None), may_join=may_join(service))


@public.route("/bestil/<slug>/besked", methods=["GET", "POST"])
@throttle.waiting
def tell_me(slug: str):
    """An address for the list. Whether it stood there before is nobody's business, so the answer is always the same."""
    service = services.by_slug(slug) or abort(404)
    pause, form = Intake.pauses().get(service.key), TellMeForm()
    if pause is None or request.method != "POST":
        return redirect(url_for(".book", slug=slug), 303)
    if not form.validate():
        return paused_page(service, pause, tell=form), 422
    Waiter.ask(service.key, form.email.data, str(get_locale()))
    db.session.commit()
    flash(gettext("Thank you. If the address is not on the list yet, there is a letter on its way to it, unless it "
                  "has had three from us today or wants none. "
                  "It counts from when you have pressed the link in the letter."))
    return redirect(url_for(".book", slug=slug), 303)


@public.route("/besked/<int:id>/<secret>", methods=["GET", "POST"])
@throttle.writing
def waiter(id: int, secret: str):
    """One's own place on the list, by the link of the letter: looking changes nothing, a button does."""
    waiter = Waiter.by_link(id, secret) or abort(404)
    service = services.SERVICES[waiter.service]
    if request.method == "POST" and PressForm().validate():
        if "leave" in request.form:
            waiter.leave()
            db.session.commit()
            flash(gettext("You are off the list."))
            return redirect(url_for(".book", slug=service.slug), 303)
        waiter.confirm()
        db.session.commit()
        return redirect(url_for(".waiter", id=id, secret=secret), 303)
    return render_template("public/waiter.html", waiter=waiter, service=service, press=PressForm(None),
                           pause=Intake.pauses().get(service.key))
