"""One booking, and what an officer can do with it."""

from contextlib import nullcontext
from datetime import datetime, time, timedelta

from flask import abort, current_app, g, render_template, request, url_for
from flask_babel import gettext, ngettext

from catalogue import SERVICES, Service, by_slug
from forms import (
    CitizenContactForm,
    JournalForm,
    MaskForm,
    MoveForm,
    NoteForm,
    OfferForm,
    RectifyForm,
    SpamForm,
    phone_form,
    redact_links,
)
from labels import reference as in_halves
from mail.letters import OFFICE_PATHS, preview_letters, said_alike
from models import (
    COPENHAGEN,
    Booking,
    Letter,
    Place,
    free_times,
    local,
    newest_event,
    today,
    visits_to_join,
)
from reporting.export import case_as_json
from web import commit_and_redirect, download, form_page, needs_press, redirect_unchanged

from .actions import ACTIONS, FOR_MANY, NONE_TICKED, CaseAction, changed_in_words, in_full, refusals_at, selected_cases
from .blueprint import audit_also, booking_or_404, changed_since, not_any_more, office, safe_next
from .dates import known_units, usual_units, weighed
from .versions import answer_again, is_done, letters_in_words


@office.get(OFFICE_PATHS["booking"])
def booking(reference: str):
    return _booking_page(booking_or_404(reference))


def _rule(names) -> str:
    return f"<any({', '.join(name if name.isalpha() else repr(name) for name in names)}):name>"


@office.route(f"/sag/<reference>/{_rule(ACTIONS)}", methods=["GET", "POST"])
def decide(reference: str, name: str):
    booking, back = booking_or_404(reference), url_for(".booking", reference=reference)
    if not ACTIONS[name].allowed(booking):
        return not_any_more(ACTIONS[name].form([booking], request.form), back)
    return _decide(ACTIONS[name], [booking], back)


@office.post(f"/flere/{_rule(FOR_MANY)}")
def decide_many(name: str):
    """The same for all that are ticked on a list, all or none: one transaction, one event and one letter each."""
    back, bookings = safe_next(request.form.get("back")) or url_for(".work_list"), selected_cases()
    audit_also(bookings)
    return _decide(ACTIONS[name], bookings, back, many=True) if bookings else redirect_unchanged(back, NONE_TICKED)


def _decide(action: CaseAction, bookings: list[Booking], back: str, many: bool = False):
    """One booking in which something has happened since it was shown is shown anew; among many, it is left out."""
    newest, posted = newest_event(), request.method == "POST"
    since = changed_since(bookings) if many or "stale" in g else []
    chosen = [b for b in bookings if action.allowed(b) and not (many and b in since)]
    shown = {"action": action, "chosen": chosen, "left_out": [b for b in bookings if b not in chosen], "since": since,
             "back": back, "many": many, "newest": newest, "letters": None,
             "writes": action.writes(chosen), "planned": visits_to_join(chosen)}
    typed = request.form if posted and (not many or {"send", "show"} & request.form.keys()) else None
    if not chosen:
        answer_again()
        unsent = action.form(bookings, typed).typed() if typed else []
        return render_template("office/decide.html", **shown, form=None, unsent=unsent)
    form, named = action.form(chosen, typed), [b.reference for b in bookings]

    def change() -> None:
        for booking in chosen:
            with booking.kept_unread() if many else nullcontext():
                action.verb(booking, form)

    if typed is None or form.validate():
        with refusals_at(form):
            if is_done(form, change, fewer=many, planned=shown["planned"]):
                return commit_and_redirect(back, *_what_was_done(action, shown))
            if posted and shown["writes"] and (typed is not None or not any(f.flags.required for f in form)):
                letters = preview_letters(change)
                in_full(named)  # again, all at once: what a preview has changed is not known any more
                shown["letters"] = _alike(letters)
    return form_page("office/decide.html", form, **shown)


def _alike(letters: list[Letter]) -> list[list[Letter]]:
    """The letters by what they say: those alike go the same way, and differ in reference and link alone."""
    alike: dict[tuple, list[Letter]] = {}
    for letter in letters:
        alike.setdefault((letter.channel, letter.language, said_alike(letter)), []).append(letter)
    return list(alike.values())


def _what_was_done(action: CaseAction, shown: dict) -> tuple[str, str]:
    """In words; and which cases it was not done for."""
    count = len(shown["chosen"])
    if not g.letters_of_press:
        done = ngettext("Done for %(num)s case.", "Done for %(num)s cases.", count)
    elif not shown["many"]:
        done = letters_in_words()
    else:
        done = ngettext("Done for %(num)s case. The letter goes by e-mail, or waits for you under “Letters to see to”.",
                        "Done for %(num)s cases. The letters go by e-mail, or wait for you under “Letters to see to”.",
                        count)
    return done, changed_in_words(shown["left_out"])


@office.get("/sag/<reference>/eksport.json")
def export(reference: str):
    return download(case_as_json(booking_or_404(reference)), "application/json", f"{reference}.json")


# What is changed on the case page itself: the name of the form there, the form, the verb.
CASE_FORMS = {
    "notat": ("note", NoteForm, lambda b, form: b.note(g.officer, form.words.data)),
    "rettelse": ("right", RectifyForm, lambda b, form: b.rectify(g.officer, form.right.data)),
    "maskering": ("mask", MaskForm, lambda b, form: b.mask(g.officer, form.found.data)),
    "journal": ("journal", JournalForm, lambda b, form: b.journalise(g.officer, form.journal.data or "")),
    "kontakt": ("contact", CitizenContactForm, lambda b, form: b.change_contact(**form.contact(), officer=g.officer)),
}


@office.post(f"/sag/<reference>/{_rule(CASE_FORMS)}")
def save(reference: str, name: str):
    booking, (shown_as, kind, verb) = booking_or_404(reference), CASE_FORMS[name]
    form = kind(obj=booking)
    if booking.removed_on and kind is not JournalForm:
        return not_any_more(form, url_for(".booking", reference=reference))
    if not form.validate():
        return _booking_page(booking, **{shown_as: form}), 422
    secret, back = booking.secret, safe_next(request.form.get("back"))
    verb(booking, form)
    said = gettext("Saved.") if back else ""
    if booking.secret != secret:
        said = gettext("Saved. Links in the letters to the address before do not open the case any more. By the "
                       "reference and the new address, the citizen finds it.")
    return commit_and_redirect(back or url_for(".booking", reference=reference), said)


@office.get("/sag/<reference>/udskrift")
def print_out(reference: str):
    """The whole case on paper, without its secret link."""
    booking = booking_or_404(reference)
    service = SERVICES[booking.service]
    return redact_links(render_template("office/print_out.html", booking=booking, service=service,
                                        answers=service.questions.describe(booking.answers)))


@office.route("/sag/<reference>/tider", methods=["GET", "POST"])
def offer(reference: str):
    """Propose up to three dates. The form starts with the nearest at which the officer is free."""
    booking = booking_or_404(reference)
    service = SERVICES[booking.service]
    kind = OfferForm.for_service(service.resources, current_app.config["DISTRICT"].units)
    if not (service.date_is_agreed and booking.may_be_visited(date_agreed=True)):
        return not_any_more(kind(), url_for(".booking", reference=reference))
    form, preview = kind(**_first_offer(booking, service)), None
    newest, since = newest_event(), changed_since([booking]) if "stale" in g else []
    if form.validate_on_submit():
        def change():
            return booking.offer(g.officer, **form.offered())
        with refusals_at(form):
            if is_done(form, change):
                return commit_and_redirect(url_for(".booking", reference=reference), letters_in_words())
            preview = preview_letters(change)
    return form_page("office/offer.html", form, booking=booking, service=service, preview=preview,
                     wishes=weighed(booking.wishes), units=known_units(), newest=newest, since=since)


def _first_offer(booking: Booking, service: Service) -> dict:
    wish = next(iter(booking.wishes), None)
    near = wish.starts_at if wish else datetime.combine(today() + timedelta(days=14), time(17), COPENHAGEN)
    length = wish.ends_at - wish.starts_at if wish else timedelta(hours=1)
    usual = usual_units(service)
    starts = free_times(usual.values(), near, length, timedelta(minutes=service.travel))
    return {"times": [{"day": local(s).date(), "starts": local(s).time(), "ends": local(s + length).time()}
                      for s in starts],
            **usual, "travel": service.travel, "place_told": booking.in_own_words,
            "answer_by": service.choice_due(starts)}


@office.post("/sag/<reference>/laest")
@needs_press
def mark_read(reference: str):
    booking_or_404(reference).mark_read(g.officer)
    return commit_and_redirect(url_for(".booking", reference=reference))


@office.route("/ny/<slug>", methods=["GET", "POST"])
def register_by_phone(slug: str):
    """A booking made by phone or on paper."""
    service = by_slug(slug) or abort(404)
    form = phone_form(service.questions)()
    if not form.validate_on_submit():
        return form_page("office/register_by_phone.html", form, service=service)
    booking = Booking.one_by(form_token=form.sent_as) or Booking.receive(
        form_token=form.sent_as, place=Place.at(**form.place() | form.pin()), service=service.key, officer=g.officer,
        answers=form.own_answers(), wishes=form.wishes(), **form.columns())
    return commit_and_redirect(url_for(".booking", reference=booking.reference), gettext(
        "Taken in. Tell the citizen the reference: %(reference)s", reference=in_halves(booking.reference)))


def _booking_page(booking: Booking, **typed):
    service = SERVICES[booking.service]
    if g.officer.is_reader:
        return render_template("office/read.html", booking=booking, service=service,
                               answers=service.questions.describe(booking.answers))
    forms = {"note": NoteForm(None), "place": MoveForm(None, obj=booking.place),
             "contact": CitizenContactForm(None, obj=booking), "journal": JournalForm(None, obj=booking),
             "right": RectifyForm(None), "mask": MaskForm(None, obj=booking), "spam": SpamForm(None)}
    return render_template(
        "office/booking.html", booking=booking, service=service, forms=forms | typed, typed=typed,
        actions={n: a for n, a in ACTIONS.items() if a.allowed(booking)},
        answers=service.questions.describe(booking.answers), neighbours=booking.place.neighbours(),
        planned=visits_to_join([booking]),
        wishes=weighed(booking.wishes), offers=weighed(booking.offers))
