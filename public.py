"""The citizen's pages: what can be booked, booking it, and following one's own booking by its secret link."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

import services
from figures import asked_here
from forms import ContactForm, FindForm, Form, InformationForm, ReopenForm, WithdrawForm
from letters import link_to, stuck
from models import Booking, Place, db
from services import Service
from throttle import limiter
from words import status_for_citizen

public = Blueprint("public", __name__)


@public.get("/")
def index():
    return render_template("public/index.html")


@public.get("/saadan-virker-det")
def how():
    return render_template("public/how.html")


@public.get("/privatliv")
def privacy():
    return render_template("public/privacy.html")


@public.get("/was")
def accessibility():
    """The short address that Danish public sites give their accessibility statement."""
    return redirect(current_app.config["DISTRICT"].accessibility_statement)


@public.route("/bestil/<slug>", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"], exempt_when=lambda: "send" not in request.form)
def book(slug: str):
    """Fill in, check, send. What was typed travels in the form itself, so nothing is kept before it is sent."""
    service = services.by_slug(slug) or abort(404)
    form = service.questions()
    form.once.data = (form.once.data or "")[:64] or secrets.token_urlsafe(18)
    form.language.data = form.language.data or str(get_locale())
    if request.method != "POST" or "change" in request.form:
        return render_template("public/book.html", service=service, form=form)
    if not form.validate():
        return render_template("public/book.html", service=service, form=form), 422
    if "send" not in request.form:
        place = form.place()
        asked = asked_here(service.key, road=place["road"], postcode=place["postcode"], **form.pin())
        return render_template("public/check.html", service=service, form=form, place=place, asked=asked,
                               elsewhere=current_app.config["DISTRICT"].neighbour(place["postcode"]))
    return _send(service, form)


def _send(service, form):
    booking = Booking.once_received(form.once.data)
    if booking:
        flash(gettext("We already have this booking. If there is anything to add, write it on your page."))
    else:
        booking = Booking.receive(
            once=form.once.data, place=Place.at(**form.place()), answer_within=service.answer_within,
            service=service.key, answers=form.own_answers(), **form.columns())
        try:
            db.session.commit()
        except IntegrityError:  # the same form, sent twice at the same moment
            db.session.rollback()
            booking = Booking.once_received(form.once.data) or abort(500)
    return redirect(url_for(".receipt", reference=booking.reference, secret=booking.secret), 303)


@public.get("/sag/<reference>/<secret>/kvittering")
def receipt(reference: str, secret: str):
    booking = _own(reference, secret)
    return render_template("public/receipt.html", booking=booking, service=services.SERVICES[booking.service],
                           link=link_to(booking))


@public.get("/sag/<reference>/<secret>")
def case(reference: str, secret: str):
    return _case_page(_own(reference, secret))


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
    "traek-tilbage": Step(lambda b: b.is_open, WithdrawForm,
                          lambda b, form, service: b.withdraw(),
                          _l("Your booking has been withdrawn.")),
    "tag-op-igen": Step(lambda b: b.may_reopen, ReopenForm,
                        lambda b, form, service: b.reopen(form.words.data, service.answer_within),
                        _l("We look at your case again.")),
}


@public.route("/sag/<reference>/<secret>/<any(besked, kontakt, 'traek-tilbage', 'tag-op-igen'):step>",
              methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def change(reference: str, secret: str, step: str):
    booking = _own(reference, secret)
    back = url_for(".case", reference=reference, secret=secret)
    if request.method != "POST":  # somebody reloads, or changes the language, after an error
        return redirect(back)
    todo = STEPS[step]
    if not todo.allowed(booking):
        if step == "besked" and booking.may_reopen:  # closed while the citizen wrote: the words are kept
            flash(gettext("Your case has been closed meanwhile. "
                          "You can send your message and ask us to take it up again."))
            return _case_page(booking, {"tag-op-igen": ReopenForm()}), 409
        flash(gettext("That is not possible any more. Below you see how your case stands now."))
        return redirect(back, 303)
    form = todo.form()
    if not form.validate():
        return _case_page(booking, {step: form}), 422
    todo.verb(booking, form, services.SERVICES[booking.service])
    db.session.commit()
    flash(str(todo.thanks))
    return redirect(back, 303)


def _case_page(booking: Booking, typed: dict | None = None):
    service = services.SERVICES[booking.service]
    shown = {step: todo.form(None, obj=booking) for step, todo in STEPS.items()}
    return render_template("public/case.html", booking=booking, service=service, forms={**shown, **(typed or {})},
                           typed=next(iter(typed), None) if typed else None, status=status_for_citizen(booking),
                           answers=service.questions.describe(booking.answers))


def _own(reference: str, secret: str) -> Booking:
    return Booking.by_link(reference, secret) or abort(404)


@public.route("/find", methods=["GET", "POST"])
@limiter.limit("10 per 10 minutes; 30 per day", methods=["POST"])
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


@public.get("/health")
def health():
    """For whoever watches the machine: the database answers and letters are not stuck."""
    try:
        late = stuck()
    except SQLAlchemyError:
        return {"database": "gone", "letters": "unknown"}, 503
    return {"database": "ok", "letters": "stuck" if late else "ok"}, 503 if late else 200
