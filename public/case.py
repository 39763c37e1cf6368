"""One's own booking, by its secret link: how it stands, and what the citizen can do."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

import calendars
import services
import throttle
from figures import wait_of
from forms import (
    ContactForm,
    FindForm,
    Form,
    InformationForm,
    NoneFitsForm,
    PressForm,
    RateForm,
    ReopenForm,
    WithdrawForm,
)
from models import Booking, Clash, Kind, Visit, add_working_days, db, today
from services import Service
from words import status_for_citizen

from . import public


@public.get("/sag/<reference>/<secret>")
def case(reference: str, secret: str):
    return _case_page(own(reference, secret))


@dataclass(frozen=True)
class Step:
    """Something the citizen can do on the case page: when, what is asked, the verb, and what is said afterwards."""

    allowed: Callable[[Booking], bool]
    form: type[Form]
    verb: Callable[[Booking, Form, Service], object]
    thanks: str


STEPS = {
    "besked": Step(lambda b: b.is_open, InformationForm,
                   lambda b, form, service: b.give_information(form.words.data, service.answer_within),
                   _l("Thank you. We have your message.")),
    "kontakt": Step(lambda b: True, ContactForm,
                    lambda b, form, service: b.change_contact(**form.contact()),
                    _l("Your contact details have been changed.")),
    "ingen-passer": Step(lambda b: b.is_open and bool(b.offers), NoneFitsForm,
                         lambda b, form, service: b.refuse_offers(form.when.data or "", service.answer_within),
                         _l("Thank you. We look for other dates.")),
    "ikke-flere": Step(lambda b: b.may_hear_more, PressForm,
                       lambda b, form, service: b.unfollow(),
                       _l("You hear of no further visits to the place.")),
    "traek-tilbage": Step(lambda b: b.is_open, WithdrawForm,
                          lambda b, form, service: b.withdraw(),
                          _l("Your booking has been withdrawn.")),
    "tag-op-igen": Step(lambda b: b.may_reopen, ReopenForm,
                        lambda b, form, service: b.reopen(form.words.data, service.answer_within),
                        _l("We look at your case again.")),
    "hjalp-det": Step(lambda b: b.may_rate, RateForm,
                      lambda b, form, service: b.rate(form.helped.data, form.helped_why.data or "",
                                                      form.more.data or ""),
                      _l("Thank you for telling us.")),
}


NAMES = ", ".join(map(repr, STEPS))  # as a rule of the address writes them


@public.route(f"/sag/<reference>/<secret>/<any({NAMES}):step>", methods=["GET", "POST"])
@throttle.writing
def change(reference: str, secret: str, step: str):
    booking = own(reference, secret)
    back = url_for(".case", reference=reference, secret=secret)
    if request.method != "POST":  # somebody reloads, or changes the language, after an error
        return redirect(back)
    todo = STEPS[step]
    if booking.removed_on or not todo.allowed(booking):
        if step == "besked" and booking.may_reopen:  # closed while the citizen wrote: the words are kept
            flash(gettext("Your case has been closed meanwhile. "
                          "You can send your message and ask us to take it up again."), "warning")
            return _case_page(booking, {"tag-op-igen": ReopenForm()}), 409
        flash(gettext("That is not possible any more. Below you see how your case stands now."), "warning")
        return redirect(back, 303)
    form = todo.form()
    if not form.validate():
        return _case_page(booking, {step: form}), 422
    todo.verb(booking, form, services.SERVICES[booking.service])
    db.session.commit()
    flash(str(todo.thanks))
    return redirect(back, 303)


@public.route("/sag/<reference>/<secret>/tid/<int:id>", methods=["GET", "POST"])
@throttle.writing
def choose(reference: str, secret: str, id: int):
    """Take a date that we proposed. Whoever is a moment too late gets the nearest other ones at once."""
    booking = own(reference, secret)
    service, back = services.SERVICES[booking.service], url_for(".case", reference=reference, secret=secret)
    proposal = next((p for p in booking.proposals if p.id == id), None) or abort(404)
    if request.method != "POST":
        return redirect(back)
    if not PressForm().validate():
        flash(gettext("The page had been open for too long. Nothing is lost: please press the button again."),
              "warning")
        return redirect(back, 303)
    if booking.visit_agreed and booking.visit_agreed.starts_at == proposal.starts_at:  # pressed twice
        return redirect(back, 303)
    if not (proposal.is_open and booking.awaits_visit):
        flash(gettext("That is not possible any more. Below you see how your case stands now."), "warning")
        return redirect(back, 303)
    try:
        Visit.agree(proposal, service.report_within)
        db.session.commit()
        flash(gettext("Thank you. The date is agreed."))
        return redirect(back, 303)
    except Clash:
        db.session.rollback()
        booking.offer_instead(proposal, add_working_days(today(), service.choose_within))
        db.session.commit()
        flash(gettext("Sorry, that time has just been taken by somebody else. Nothing is lost: below are other times, "
                      "or we look for one."), "warning")
        return _case_page(booking), 409


@public.get("/sag/<reference>/<secret>/aftale.ics")
def entry(reference: str, secret: str):
    """The agreed date for one's own calendar."""
    visit = own(reference, secret).visit_agreed or abort(404)
    return Response(calendars.entry(visit, str(get_locale())), mimetype="text/calendar")


def _case_page(booking: Booking, typed: dict | None = None):
    service = services.SERVICES[booking.service]
    last = booking.events[-1]
    shown = {step: todo.form(None, obj=booking) for step, todo in STEPS.items()}
    return render_template("public/case.html", booking=booking, service=service, forms={**shown, **(typed or {})},
                           typed=next(iter(typed), None) if typed else None, status=status_for_citizen(booking),
                           press=PressForm(None), called_off=last if last.kind is Kind.CALLED_OFF else None,
                           answers=service.questions.describe(booking.answers),
                           waiting=wait_of(booking))


def own(reference: str, secret: str) -> Booking:
    return Booking.by_link(reference, secret) or abort(404)


@public.route("/find", methods=["GET", "POST"])
@throttle.finding
def find():
    """One's own booking without the link: the reference, and what only its owner knows."""
    form = FindForm()
    if not form.validate_on_submit():
        return render_template("public/find.html", form=form), 422 if request.method == "POST" else 200
    booking = Booking.by_reference(form.reference.data)
    if booking is None or not booking.belongs_to(form.contact.data):
        form.reference.errors = [gettext("We find no booking with this reference and this address or number. "
                                         "Check both, or call 114.")]
        return render_template("public/find.html", form=form), 422
    return redirect(url_for(".case", reference=booking.reference, secret=booking.secret), 303)
