"""Visits: planned for bookings, moved or called off, who enters and who reads their findings, and what they lead to."""

from collections.abc import Callable
from datetime import timedelta

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext

from catalogue import SERVICES, Service, by_slug
from forms import (
    AgreedVisitForm,
    CallOffForm,
    CancelForm,
    ColleagueForm,
    Form,
    PressForm,
    VisitForm,
    WithholdForm,
)
from labels import day, reference as in_halves
from mail.letters import preview_letters
from models import (
    Booking,
    BookingStatus,
    FindingsLink,
    Letter,
    Place,
    Proposal,
    Task,
    Visit,
    db,
    limits,
    local,
    newest_event,
    now,
    today,
    visits_to_join,
)
from web import commit_and_redirect, form_page, needs_press, reads_first, redirect_unchanged

from .actions import NONE_TICKED, changed_in_words, in_full, listed, named_place, refusals_at, selected_cases
from .blueprint import booking_or_404, changed_since, not_any_more, office, safe_next
from .dates import known_units, usual_units
from .versions import is_done, letters_in_words


@office.route("/sag/<reference>/besoeg", methods=["GET", "POST"])
def plan(reference: str):
    """Plan a visit for a booking, and for those nearby that wait for one, or for an answer: they are accepted by it."""
    first = booking_or_404(reference)
    service, place = SERVICES[first.service], first.place
    if not first.may_be_planned:
        return not_any_more(_visit_form(service, [first], place), url_for(".booking", reference=reference))
    waiting = place.candidates_for_visit(service.key, first)
    # A date is agreed with who named it; who was offered others may join, but is not asked here.
    others = [] if service.date_is_agreed else [
        b for b in waiting if b.place is place and b.status is BookingStatus.ACCEPTED]
    return _plan_page(service, place, waiting, _start(service, first, place), request.args.getlist("sag") or [
        b.reference for b in (first, *others)], booking=first)


@office.post("/flere/besoeg")
@reads_first()
def plan_for_many():
    """Plan one visit for those ticked, as far as one can answer them: at the place of the first and close by. Where
    something has happened since the list was shown, the case is left out, as from all that is done for many."""
    back, ticked = safe_next(request.form.get("back")) or url_for(".work_list"), selected_cases()
    since = changed_since(ticked)
    bookings = [b for b in ticked if b not in since]
    first = next((b for b in bookings if b.may_be_planned), None)
    if first is None:
        return redirect_unchanged(back, changed_in_words(since) or NONE_TICKED)
    together = [b for b in first.place.candidates_for_visit(first.service, first) if b in bookings]
    apart = [b for b in bookings if b not in together]
    left_out = [changed_in_words(since), apart and gettext(
        "Left out, because one visit cannot answer them too: %(cases)s", cases=listed(apart))]
    for words in filter(None, left_out):
        flash(words, "warning")
    return redirect(url_for(".plan", reference=first.reference, sag=[b.reference for b in together]), 303)


@office.route("/besoeg/<int:id>/igen", methods=["GET", "POST"])
def again(id: int):
    """Plan the next control at the same place. Those who were answered hear of it as well, unless they do not want to;
    how often it is worth while, the officer decides: `?uger=` weeks after this one, as usual unless told."""
    before = db.get_or_404(Visit, id)
    service, place = SERVICES[before.service], before.place
    if service.date_is_agreed or not before.findings:
        return redirect(url_for(".visit", id=id))
    asking = place.candidates_for_visit(service.key)
    weeks = max(0, min(request.args.get("uger", limits.CONTROL_WEEKS, int), 104))
    day = before.found_on + timedelta(weeks=weeks)
    return _plan_page(service, place, asking, _plan_of(before) | {"day": max(day, today())},
                      [b.reference for b in asking], visit=before, again=True)


@office.get("/besoeg/<int:id>")
def visit(id: int):
    return visit_page(db.get_or_404(Visit, id))


@office.route("/besoeg/<int:id>/flyt", methods=["GET", "POST"])
def reschedule(id: int):
    visit = db.get_or_404(Visit, id)
    service = SERVICES[visit.service]
    waiting = visit.place.candidates_for_visit(service.key, *visit.bookings)
    form = _visit_form(service, waiting, visit.place, stored=_plan_of(visit))
    if not visit.is_planned:
        return not_any_more(form, url_for(".visit", id=id))
    form.agreed, form.stays = frozenset(b.reference for b in visit.bookings), not visit.is_movable
    if request.method != "POST":
        form.bookings.data += request.args.getlist("sag")

    def change() -> Visit:
        plan = form.plan()
        visit.reschedule(g.officer, place=named_place(form, visit.place), **plan)
        visit.choose(g.officer, _chosen(form, waiting), plan.get("words", ""))
        visit.show(_is_public(form))
        return visit

    return _change_page(form, change, waiting, service=service, place=visit.place, visit=visit)


@office.post("/besoeg/<int:id>/aflys")
def cancel(id: int):
    """Those who know the date hear at once that it is off, and why; the officer sees the letters first."""
    visit = db.get_or_404(Visit, id)
    form = _cancel_form(visit)
    if not visit.may_be_called_off:
        return not_any_more(form, url_for(".visit", id=id))
    if not form.validate():
        return visit_page(visit, cancel=form), 422

    def change() -> None:
        visit.cancel(g.officer, form.cause.data if visit.date_agreed else "", form.words.data or "")

    if not is_done(form, change, at_once=not visit.date_agreed):
        return visit_page(visit, cancel=form, preview=preview_letters(change))
    return commit_and_redirect(url_for(".visit", id=id), gettext(
        "The visit is cancelled. Its bookings wait for another one."))


@office.post("/besoeg/<int:id>/resultat/tilbagehold")
def withhold_result(id: int):
    """Keep the findings from the public: not yet, or not any more."""
    visit, form = db.get_or_404(Visit, id), WithholdForm()
    if visit.withheld:
        return not_any_more(form, url_for(".visit", id=id))
    if not form.validate():
        return visit_page(visit, withhold=form), 422
    visit.withhold(g.officer, form.withhold.data)
    return commit_and_redirect(url_for(".visit", id=id), gettext("Held back. Nobody outside the office reads it."))


@office.post("/besoeg/<int:id>/resultat/frigiv")
@needs_press
def allow_result(id: int):
    db.get_or_404(Visit, id).allow_release(g.officer)
    return commit_and_redirect(url_for(".visit", id=id), gettext("The result is no longer held back."))


@office.post("/besoeg/<int:id>/feltlink")
def send_field_link(id: int):
    visit, form = db.get_or_404(Visit, id), ColleagueForm()
    if not visit.is_open:
        return not_any_more(form, url_for(".visit", id=id))
    if not form.validate():
        return visit_page(visit, field_link=form), 422
    FindingsLink.send(g.officer, visit, form.email.data, form.language.data)
    return commit_and_redirect(url_for(".visit", id=id), gettext("Done. The link goes by e-mail."))


@office.post("/feltlink/<int:id>/traek-tilbage")
@needs_press
def withdraw_field_link(id: int):
    link = db.get_or_404(FindingsLink, id)
    link.withdraw(g.officer)
    return commit_and_redirect(url_for(".visit", id=link.visit_id), gettext("The link no longer works."))


@office.route("/besoeg/<int:id>/foerer-til/<slug>", methods=["GET", "POST"])
@needs_press
def lead_to(id: int, slug: str):
    """Another case for each who asked: a meeting's outcome starts a walk, a walk's spot a control. Every receipt is
    shown before it goes."""
    visit, service, started = db.get_or_404(Visit, id), by_slug(slug) or abort(404), []
    if not visit.recipients or service.key not in SERVICES[visit.service].leads_to:
        abort(404)
    task = next((t for t in visit.tasks if str(t.number) == request.values.get("task")), None)
    words = task.what if task else (visit.findings or {}).get("summary", "")

    def change() -> None:
        place, number = (_place_of(task), task.number) if task else (visit.place, 0)
        started[:] = visit.lead_to(g.officer, service=service.key, place=place, number=number, words=words)

    if request.method == "POST" and is_done(PressForm(), change) and started:
        return commit_and_redirect(url_for(".booking", reference=started[0].reference), letters_in_words())
    preview = preview_letters(change)
    if not started:
        return redirect_unchanged(url_for(".visit", id=id), gettext(
            "This was started before: it is open still, or has been withdrawn."))
    return render_template("office/lead_to.html", visit=visit, service=service, task=task, preview=preview,
                           words=words)


def _place_of(task: Task) -> Place:
    at = task.visit.place
    return Place.at(road=task.details.get("place") or at.road, postcode=at.postcode, town=at.town,
                    municipality=at.municipality, lat=task.lat, lng=task.lng)


@office.get("/besoeg/<int:id>/jobark")
def job_sheet(id: int):
    """For the field: the place and what is asked. Of people, only who is there on an agreed day stands on it."""
    visit = db.get_or_404(Visit, id)
    service = SERVICES[visit.service]
    return render_template("office/job_sheet.html", visit=visit, service=service,
                           wishes=[(b, service.questions.describe(b.answers)) for b in visit.bookings])


def visit_page(visit: Visit, cancel: Form | None = None, preview: list[Letter] | None = None,
               field_link: Form | None = None, withhold: Form | None = None):
    """One visit; `cancel`, `field_link` and `withhold` are forms of it that came back with errors."""
    service = SERVICES[visit.service]
    told = visit.draft or visit.findings
    return render_template("office/visit.html", visit=visit, service=service, preview=preview,
                           cancel=cancel or _cancel_form(visit, None), field_link=field_link or ColleagueForm(None),
                           withhold=withhold or WithholdForm(None), begun=visit.starts_at <= now(),
                           answers=service.findings.describe(told, internal=True) if told else [])


def _cancel_form(visit: Visit, *typed) -> Form:
    return CallOffForm(*typed) if visit.date_agreed else CancelForm(*typed)


def _plan_page(service: Service, place: Place, asking: list[Booking], start: dict, selected_cases: list[str],
               booking: Booking | None = None, **shown):
    """A new visit at `place`; those of `asking` whose references are in `selected_cases` are chosen to begin with, and
    whoever was promised to hear of it. From the page of `booking`, what its citizen wrote has been read; what the
    others wrote has not."""
    chosen = [b for b in asking if b.reference in selected_cases or b.may_hear_more]
    form = _visit_form(service, asking, place, **start | {"bookings": [b.reference for b in chosen]})

    def change() -> Visit:
        if booking and booking.has_unread:
            booking.mark_read(g.officer)
        return Visit.plan(
            g.officer, service=service.key, place=named_place(form, place), bookings=_chosen(form, asking),
            date_agreed=service.date_is_agreed, public=_is_public(form), **form.plan())

    return _change_page(form, change, asking, service=service, place=place, booking=booking,
                        planned=visits_to_join(chosen), **shown)


def _change_page(form: VisitForm, change: Callable[[], Visit], waiting: list[Booking], service: Service, **shown):
    """A plan, new or changed. Every letter is shown before it goes; where its date is told also whose proposals could
    not be kept any more: they are offered other dates by the same press."""
    preview, made, lost, offered, newest = None, None, {}, [], newest_event()
    since, undecided = _changed_since(form, waiting), [b for b in waiting if b.is_accepted_by_plan]
    writes = service.date_is_agreed or any(b in undecided for b in _chosen(form, waiting))
    if request.method == "POST" and form.validate():
        def whole() -> None:
            nonlocal made, offered
            made = change()
            lost.update(made.displaced())
            offered = made.needing_new_offer(lost)
            if offered and form.offer_others.data:
                made.offer_others(g.officer, lost)

        with refusals_at(form):
            if is_done(form, whole, at_once=not writes, lost=lost):
                db.session.flush()  # a new one has a number now
                return commit_and_redirect(url_for(".visit", id=made.id))
            preview = preview_letters(whole)
    return form_page("office/plan.html", form, service=service, preview=preview, lost=lost, offered=offered,
                     units=known_units(), since=since, undecided=undecided, newest=newest,
                     times=service.times_named(b.answers for b in waiting), **shown)


def _visit_form(service: Service, asking: list[Booking], place: Place, stored: dict | None = None,
                **proposed) -> VisitForm:
    """Of a visit, `stored` is its plan; of a new one at `place`, what is known of that, and all else is proposed."""
    words = {b.reference: " · ".join((
        in_halves(b.reference), f"{b.road}{', ' if b.from_to else ''}{b.from_to}", service.about(b.answers),
        day(b.received_at), *([gettext("gets a yes")] if b.is_accepted_by_plan else []),
        *([gettext("answered before, hears of this visit, too")] if b.may_hear_more else []))) for b in asking}
    kind = AgreedVisitForm if service.date_is_agreed else VisitForm
    form = kind.for_service(service.resources, current_app.config["DISTRICT"].units)(
        data={"road": place.road, "from_to": place.from_to, "postcode": place.postcode} | (stored or {}), **proposed)
    if "public" in form:
        form.private = frozenset(b.reference for b in asking if not b.public)
        if len(form.private) == len(asking):
            del form.public
    return form.offer(method=service.methods, bookings=words)


def _start(service: Service, booking: Booking, place: Place) -> dict:
    """What a plan starts with: the date that the officer has chosen of those that are wished or offered. An offer also
    names who goes, and where to."""
    if not service.date_is_agreed:
        return {}
    start = {"travel": service.travel, "place_told": booking.in_own_words, "public": booking.public,
             **usual_units(service)}
    chosen = next((p for p in booking.proposals if str(p.id) == request.args.get("tid")), None)
    if chosen:
        start |= _times(chosen)
    if chosen and chosen.is_offer:
        start |= {**chosen.resource_units, "travel": chosen.travel, "place_told": chosen.where}
    return start


def _plan_of(visit: Visit) -> dict:
    return {**_times(visit), **visit.resource_units, "method": visit.method, "travel": visit.travel,
            "place_told": visit.public_place, "public": visit.public,
            "bookings": [booking.reference for booking in visit.bookings]}


def _times(of: Visit | Proposal) -> dict:
    return {"day": local(of.starts_at).date(), "starts": local(of.starts_at).time(), "ends": local(of.ends_at).time()}


def _chosen(form: VisitForm, waiting: list[Booking]) -> list[Booking]:
    return [b for b in waiting if b.reference in (form.bookings.data or ()) and (b.is_open or b.may_hear_more)]


def _changed_since(form: VisitForm, waiting: list[Booking]) -> list[Booking]:
    """Those ticked in which something has happened since. Those that the visit cannot answer any more, as they were
    withdrawn, decided or moved, are ticked no more, and the page says which."""
    ticked = in_full(form.bookings.data or []) if request.method == "POST" else []
    gone, changed = {b.reference for b in ticked if b not in waiting}, changed_since(ticked)
    form.bookings.data = [reference for reference in form.bookings.data or [] if reference not in gone]
    if gone or changed:
        g.stale = True
    return [b for b in ticked if b.reference in gone or b in changed]


def _is_public(form: VisitForm) -> bool:
    return "public" in form and form.public.data
