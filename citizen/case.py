"""One's own booking, by its secret link: how it stands, and what the citizen can do."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from flask import Response, abort, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext as _l

import catalogue
import ratelimits
from forms import (
    ContactForm,
    FindForm,
    Form,
    InformationForm,
    LostForm,
    NoneFitsForm,
    PressForm,
    RateForm,
    ReopenForm,
    WithdrawForm,
)
from labels import status_for_citizen
from mail.letters import CITIZEN_PATHS
from models import Booking, Clash, Event, EventKind, Visit, db, limits
from page_cache import rendered_once
from reporting import estimate_for_booking
from web import commit_and_redirect, form_page, needs_press, reads_first, redirect_unchanged, say_stale, shown_version

from .blueprint import booking_of, citizen


@citizen.get(CITIZEN_PATHS["case"])
def case(reference: str, secret: str):
    return _case_page(booking_of(reference, secret))


@dataclass(frozen=True)
class Step:
    """Something the citizen can do on the case page: when, what is asked, the verb, and what is said afterwards.

    `is_kept` is whether what the form says is stored already: the button was pressed twice, or the page loaded again.
    It is given what has happened since the page was shown, and since the newest event of `rests_on`: the kinds of
    events of which the page must have told before its press counts. `words` is the name of the field that takes the
    citizen's own words, which are not lost where the step is not possible any more.
    """

    allowed: Callable[[Booking], bool]
    form: type[Form]
    verb: Callable[[Booking, Form], object]
    thanks: str
    is_kept: Callable[[Booking, Form, list[Event]], bool] = lambda b, form, since: False
    rests_on: tuple[EventKind, ...] = ()
    words: str = ""


def _events_since(booking: Booking) -> list[Event]:
    """What has happened since the page was shown, whose forms carry the number of the newest event on it."""
    shown = shown_version()
    return [event for event in booking.events if shown is not None and event.id > shown]


def _said_since(kind: EventKind, words: str = "") -> Callable[[Booking, Form, list[Event]], bool]:
    """Whether the citizen has done this since then, with what the field `words` says."""
    def is_kept(_booking: Booking, form: Form, since: list[Event]) -> bool:
        said = form[words].data or "" if words else ""
        return any(e.kind is kind and e.is_by_citizen and e.words == said for e in since)
    return is_kept


def _same_rating(booking: Booking, form: RateForm, since: list[Event]) -> bool:
    return (booking.helped, booking.helped_why) == (form.helped.data, form.helped_why.data or "") and (
        not form.more.data or _said_since(EventKind.RATED, "more")(booking, form, since))


# What its page tells of how the case stands: what we have done, and what became of dates.
HOW_IT_STANDS = tuple(kind for kind in EventKind
                      if kind.type.visible and (kind.type.by != "citizen" or kind.type.is_standing)
                      and not kind.type.tells_again)
STEPS = {
    "besked": Step(lambda b: b.is_open, InformationForm,
                   lambda b, form: b.give_information(form.words.data),
                   _l("Thank you. We have your message."),
                   is_kept=_said_since(EventKind.INFORMATION_GIVEN, "words"),
                   rests_on=(EventKind.INFORMATION_ASKED,), words="words"),
    "kontakt": Step(lambda b: True, ContactForm,
                    lambda b, form: b.change_contact(**form.contact()),
                    _l("Your contact details have been changed."),
                    is_kept=lambda b, form, since: all(
                        getattr(b, name) == said for name, said in form.contact().items()),
                    rests_on=(EventKind.CONTACT_CHANGED,)),
    "ingen-passer": Step(lambda b: b.is_open and bool(b.offers), NoneFitsForm,
                         lambda b, form: b.refuse_offers(form.when.data or ""),
                         _l("Thank you. We look for other dates."),
                         is_kept=_said_since(EventKind.DATES_REFUSED, "when"),
                         rests_on=(EventKind.DATES_OFFERED,), words="when"),
    "ikke-flere": Step(lambda b: b.may_hear_more, PressForm,
                       lambda b, form: b.unfollow(),
                       _l("You will hear of no further visits to the place."),
                       is_kept=lambda b, form, since: not b.follows),
    "traek-tilbage": Step(lambda b: b.is_open, WithdrawForm,
                          lambda b, form: b.withdraw(),
                          _l("Your booking has been withdrawn."), is_kept=_said_since(EventKind.WITHDRAWN),
                          rests_on=HOW_IT_STANDS),
    "tag-op-igen": Step(lambda b: b.may_reopen, ReopenForm,
                        lambda b, form: b.reopen(form.words.data),
                        _l("We will look at your case again."),
                        is_kept=_said_since(EventKind.REOPENED, "words"), rests_on=HOW_IT_STANDS, words="words"),
    "hjalp-det": Step(lambda b: b.may_rate, RateForm,
                      lambda b, form: b.rate(form.helped.data, form.helped_why.data or "",
                                             form.more.data or ""),
                      _l("Thank you for telling us."), is_kept=_same_rating, rests_on=HOW_IT_STANDS, words="more"),
}


NOT_ANY_MORE = _l("That is not possible any more. Below you see how your case stands now.")
# Where words can be said that came too late for another step, and how that is offered.
INSTEAD = {
    "besked": _l("That is not possible any more. What you wrote stands below: you can send it as a message."),
    "tag-op-igen": _l("Your case has been closed meanwhile. "
                      "You can send your message and ask us to take it up again."),
}
NAMES = ", ".join(map(repr, STEPS))  # as a rule of the address writes them


@citizen.post(f"/sag/<reference>/<secret>/<any({NAMES}):step>")
@ratelimits.change_limit
def change(reference: str, secret: str, step: str):
    booking = booking_of(reference, secret)
    back = url_for(".case", reference=reference, secret=secret)
    todo = STEPS[step]
    form = todo.form()
    is_valid, since = form.validate(), _events_since(booking)
    after_ours = list(takewhile(lambda event: event.kind not in todo.rests_on, reversed(since)))
    if todo.is_kept(booking, form, after_ours):
        return commit_and_redirect(back, todo.thanks)
    if booking.removed_on or not todo.allowed(booking):
        words = form[todo.words].data if todo.words else ""
        return _too_late(booking, words) if words else redirect_unchanged(back, NOT_ANY_MORE)
    if not is_valid:
        return _case_page(booking, {step: form}), 422
    if len(after_ours) < len(since):
        say_stale()
        return _case_page(booking, {step: todo.form(obj=booking)}), 409
    todo.verb(booking, form)
    return commit_and_redirect(back, todo.thanks)


def _too_late(booking: Booking, words: str):
    """The case as it stands now, with the words that came too late: in the form that can still take them, or to be
    copied."""
    for step, offer in INSTEAD.items():
        if STEPS[step].allowed(booking) and not booking.removed_on:
            flash(str(offer), "warning")
            return _case_page(booking, {step: STEPS[step].form(None, data={"words": words})}), 409
    flash(str(NOT_ANY_MORE), "warning")
    return _case_page(booking, unsent=words), 409


@citizen.post("/sag/<reference>/<secret>/tid/<int:id>")
@ratelimits.change_limit
@needs_press
def choose(reference: str, secret: str, id: int):
    """Take a date that we proposed. Whoever is a moment too late gets the nearest other ones at once."""
    booking = booking_of(reference, secret)
    back = url_for(".case", reference=reference, secret=secret)
    proposal = next((p for p in booking.proposals if p.id == id), None) or abort(404)
    if booking.agreed_visit and booking.agreed_visit.starts_at == proposal.starts_at:  # pressed twice
        return redirect(back, 303)
    if not (proposal.is_open and booking.awaits_visit):
        return redirect_unchanged(back, NOT_ANY_MORE)
    try:
        Visit.agree(proposal)
        return commit_and_redirect(back, gettext("Thank you. The date is agreed."))
    except Clash:
        db.session.rollback()
        booking.offer_instead(proposal)
        db.session.commit()
        flash(gettext("Sorry, that time is no longer possible. Nothing is lost: below are other times, or we look for "
                      "one."), "warning")
        return _case_page(booking), 409


@citizen.get("/sag/<reference>/<secret>/aftale.ics")
def entry(reference: str, secret: str):
    """The agreed date for one's own calendar."""
    from mail import ics

    visit = booking_of(reference, secret).agreed_visit or abort(404)
    return Response(ics.entry(visit), mimetype="text/calendar")


class StepForms(dict):
    """The forms of the case page by step, each made when it is shown. What was typed into one stands in it."""

    def __init__(self, booking: Booking, typed: dict[str, Form]):
        super().__init__(typed)
        self.booking = booking

    def __missing__(self, step: str) -> Form:
        return self.setdefault(step, STEPS[step].form(None, obj=self.booking))


def _case_page(booking: Booking, typed: dict | None = None, unsent: str = ""):
    service = catalogue.SERVICES[booking.service]
    return render_template("citizen/case.html", booking=booking, service=service, forms=StepForms(booking, typed or {}),
                           typed=next(iter(typed), None) if typed else None, unsent=unsent,
                           status=status_for_citizen(booking), press=PressForm(None), decision=booking.decision,
                           standing=booking.standing,
                           answers=service.questions.describe(booking.answers),
                           waiting=estimate_for_booking(booking))


@citizen.route("/find", methods=["GET", "POST"])
@rendered_once()
@reads_first()
@ratelimits.lookup_limit
def find():
    """One's own booking without the link: the reference, and what only its owner knows."""
    form = FindForm()
    if not form.validate_on_submit():
        return form_page("citizen/find.html", form, lost=LostForm(None))
    booking = Booking.by_reference(form.reference.data)
    if booking is None or not booking.belongs_to(form.contact.data):
        form.reference.errors = [gettext("We find no booking with this reference and this address or number. "
                                         "Check both, or call 114.")]
        return form_page("citizen/find.html", form, lost=LostForm(None))
    return redirect(url_for(".case", reference=booking.reference, secret=booking.secret), 303)


@citizen.post("/find/links")
@ratelimits.lookup_limit
def send_links():
    """For whoever has lost it all. Whether an address has cases is nobody's business: the answer is always the same."""
    form = LostForm()
    if not form.validate():
        return render_template("citizen/find.html", form=FindForm(None), lost=form), 422
    Booking.send_links(form.email.data)
    return commit_and_redirect(url_for(".find"), gettext(
        "If there are open cases under this address, their links are on their way to it, unless it has had %(count)s "
        "letters from us today or wants none.", count=limits.RECEIPTS_A_DAY))
