"""Visits: planned for bookings, carried out, and reported to everyone who asked."""

from collections.abc import Callable
from datetime import timedelta

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext

import services
from forms import AgreedVisitForm, CallOffForm, CancelForm, FieldLinkForm, Form, VisitForm
from letters import previewed
from models import (
    COPENHAGEN,
    Booking,
    Clash,
    Letter,
    Place,
    Proposal,
    State,
    Status,
    Visit,
    add_working_days,
    db,
    fold,
    local,
    newest_event,
    now,
    today,
)
from services import Service
from words import day
from words import reference as in_halves

from . import happened_since, office, pressed, safe_next
from .bookings import none_ticked, ticked
from .dates import clash_in_words, known_units, losers, offer_others, to_be_offered, usual_units


@office.route("/sag/<reference>/besoeg", methods=["GET", "POST"])
def plan(reference: str):
    """Plan a visit for a booking, and for those nearby that wait for one, or for an answer: they are accepted by it."""
    first = Booking.by_reference(reference) or abort(404)
    service, place = services.SERVICES[first.service], first.place
    if not _may_be_planned(first):
        flash(gettext("That is not possible any more. Below you see how the case stands now."), "warning")
        return redirect(url_for(".booking", reference=reference))
    waiting = _together(first)
    return _plan_page(service, place, waiting, _start(service, first, place), request.args.getlist("sag") or [
        b.reference for b in waiting if b is first or b.place is place and b.status is Status.ACCEPTED], booking=first)


@office.route("/flere/besoeg", methods=["GET", "POST"])
def plan_for_many():
    """Plan one visit for those ticked, as far as one can answer them: at the place of the first and close by."""
    back, bookings = safe_next(request.form.get("back")) or url_for(".desk"), ticked()
    first = next(filter(_may_be_planned, bookings), None)
    if first is None:
        return none_ticked(back)
    together = [b for b in _together(first) if b in bookings]
    left_out = [in_halves(b.reference) for b in bookings if b not in together]
    if left_out:
        flash(gettext("Left out, because one visit cannot answer them too: %(cases)s", cases=", ".join(left_out)),
              "warning")
    return redirect(url_for(".plan", reference=first.reference, sag=[b.reference for b in together]), 303)


def _may_be_planned(booking: Booking) -> bool:
    """A date that is told must be new to the booking; of one that is not, no open booking knows."""
    told = services.SERVICES[booking.service].date_is_told
    return booking.may_be_visited(told=True) if told else booking.is_open


def _together(first: Booking) -> list[Booking]:
    """Those that one visit with `first` can answer. Where the date is not told, the yes may come with the plan."""
    undecided = not services.SERVICES[first.service].date_is_told
    return list(dict.fromkeys([first, *first.place.waiting_for_visit(first.service, undecided)]))


def _undecided(service: Service, bookings: list[Booking]) -> list[Booking]:
    """Those that are yet to be accepted; a date that is told is itself the acceptance."""
    return [] if service.date_is_told else [
        b for b in bookings if b.is_open and b.status is not Status.ACCEPTED]


@office.route("/besoeg/<int:id>/igen", methods=["GET", "POST"])
def again(id: int):
    """Plan the next control at the same place. Those who were answered hear of it as well, unless they do not want to;
    how often it is worth while, the officer decides: `?uger=` weeks after this one, twelve unless told."""
    before = _found(id)
    service, place = services.SERVICES[before.service], before.place
    if service.date_is_told or not before.findings:
        return redirect(url_for(".visit", id=id))
    asking = list(dict.fromkeys([*(b for b in before.bookings if b.may_hear_more),
                                 *place.waiting_for_visit(service.key, undecided=True)]))
    day = local(before.starts_at).date() + timedelta(weeks=max(0, min(request.args.get("uger", 12, int), 104)))
    return _plan_page(service, place, asking, _plan_of(before) | {"day": max(day, today())},
                      [b.reference for b in asking], visit=before, again=True)


@office.get("/besoeg/<int:id>")
def visit(id: int):
    return visit_page(_found(id))


@office.route("/besoeg/<int:id>/flyt", methods=["GET", "POST"])
def reschedule(id: int):
    visit = _found(id)
    service = services.SERVICES[visit.service]
    if not visit.is_planned:
        return redirect(url_for(".visit", id=id))
    waiting = list(dict.fromkeys([*visit.bookings, *visit.place.waiting_for_visit(
        service.key, undecided=not service.date_is_told)]))
    form = _visit_form(service, waiting, obj=visit.place, data=_plan_of(visit))
    form.agreed = frozenset(b.reference for b in visit.bookings)
    if request.method != "POST":
        form.bookings.data = [*form.agreed, *request.args.getlist("sag")]

    def change() -> Visit:
        plan = form.plan(COPENHAGEN)
        visit.reschedule(g.officer, place=_place(form, visit.place), report_within=service.report_within, **plan)
        visit.choose(g.officer, _accepted(form, waiting, service), service.report_within, plan.get("words", ""))
        visit.show(_is_public(form))
        return visit

    return _change_page(form, change, waiting, service=service, place=visit.place, visit=visit)


@office.route("/besoeg/<int:id>/aflys", methods=["GET", "POST"])
def cancel(id: int):
    """Those who know the date hear at once that it is off, and why; the officer sees the letters first."""
    visit = _found(id)
    service, form = services.SERVICES[visit.service], _cancel_form(visit)
    if request.method != "POST":
        return redirect(url_for(".visit", id=id))
    if not form.validate():
        return visit_page(visit, cancel=form), 422

    def change() -> None:
        cause = form.cause.data if visit.told else ""
        visit.cancel(g.officer, cause, form.words.data or "", service.answer_within)

    if visit.told and "send" not in request.form:
        return visit_page(visit, cancel=form, preview=previewed(change))
    change()
    db.session.commit()
    flash(gettext("The visit is cancelled. Its bookings wait for another one."))
    return redirect(url_for(".visit", id=id), 303)


@office.route("/besoeg/<int:id>/resultat", methods=["GET", "POST"])
def findings(id: int):
    """Enter what was found. Nobody is told before the officer has seen the letters."""
    visit = _found(id)
    service = services.SERVICES[visit.service]
    if visit.starts_at > now() or visit.state is State.CANCELLED:
        flash(gettext("Findings can be entered when the visit has taken place."))
        return redirect(url_for(".visit", id=id))
    form = service.findings(data=visit.draft or visit.findings or service.start_findings(visit))
    if form.validate_on_submit():
        visit.enter_findings(g.officer, form.answers())
        db.session.commit()
        return redirect(url_for(".report", id=id), 303)
    return (render_template("office/findings.html", visit=visit, service=service, form=form),
            422 if form.errors else 200)


@office.route("/besoeg/<int:id>/svar", methods=["GET", "POST"])
def report(id: int):
    """Every letter as it will be sent; one press sends them all."""
    visit = _found(id)
    service = services.SERVICES[visit.service]
    if visit.draft is None:
        if request.method == "POST" and visit.findings:  # pressed twice
            flash(gettext("Done. The letters go by e-mail, or wait for you under “Letters to see to”."))
        return redirect(url_for(".visit", id=id))
    retry_by = add_working_days(today(), service.act_within) if service.keeps_open(visit.draft) else None
    if request.method == "POST" and pressed():
        visit.report(g.officer, retry_by, service.adds(visit.draft))
        db.session.commit()
        flash(gettext("Done. The letters go by e-mail, or wait for you under “Letters to see to”."))
        return redirect(url_for(".visit", id=id), 303)
    preview = previewed(lambda: visit.report(g.officer, retry_by))
    return render_template("office/report.html", visit=visit, service=service, preview=preview,
                           answers=service.findings.describe(visit.draft, internal=True))


@office.post("/besoeg/<int:id>/foerer-til/<slug>")
def lead_to(id: int, slug: str):
    """One press starts another case for those who asked: a meeting's outcome a walk, a walk's spot a control."""
    visit, service = _found(id), services.by_slug(slug) or abort(404)
    if not visit.bookings or service.key not in services.SERVICES[visit.service].leads_to:
        abort(404)
    if not pressed():
        return redirect(url_for(".visit", id=id), 303)
    number, place, words = 0, visit.place, (visit.findings or {}).get("summary", "")
    for task in (t for t in visit.tasks if str(t.number) == request.form.get("task")):
        number, words = task.number, task.what
        place = Place.at(road=task.details.get("place") or place.road, postcode=place.postcode, town=place.town,
                         municipality=place.municipality, lat=task.lat, lng=task.lng)
    started = visit.bookings[0].lead_to(
        g.officer, visit, service=service.key, answer_within=service.answer_within, place=place, number=number,
        answers=service.started_by(words))
    db.session.commit()
    flash(gettext("Started. Those who asked get a receipt."))
    return redirect(url_for(".booking", reference=started.reference), 303)


@office.get("/besoeg/<int:id>/jobark")
def job_sheet(id: int):
    """For the field: the place and what is asked. Of people, only who is there on an agreed day stands on it."""
    visit = _found(id)
    service = services.SERVICES[visit.service]
    return render_template("office/job_sheet.html", visit=visit, service=service,
                           wishes=[(b, service.questions.describe(b.answers)) for b in visit.bookings])


def _found(id: int) -> Visit:
    return db.session.get(Visit, id) or abort(404)


def visit_page(visit: Visit, cancel: Form | None = None, preview: list[Letter] | None = None,
               field_link: Form | None = None):
    """One visit; `cancel` and `field_link` are forms of it that came back with errors."""
    service = services.SERVICES[visit.service]
    told = visit.draft or visit.findings
    return render_template("office/visit.html", visit=visit, service=service, preview=preview,
                           cancel=cancel or _cancel_form(visit, None), field_link=field_link or FieldLinkForm(None),
                           begun=visit.starts_at <= now(),
                           answers=service.findings.describe(told, internal=True) if told else [])


def _cancel_form(visit: Visit, *typed) -> Form:
    return CallOffForm(*typed) if visit.told else CancelForm(*typed)


def _plan_page(service: Service, place: Place, asking: list[Booking], start: dict, ticked: list[str], **shown):
    """A new visit at `place`; those of `asking` whose references are in `ticked` are chosen to begin with."""
    form = _visit_form(service, asking, obj=place, data=start)
    if request.method != "POST":
        form.bookings.data = ticked

    def change() -> Visit:
        return Visit.plan(
            g.officer, service=service.key, place=_place(form, place), bookings=_accepted(form, asking, service),
            told=service.date_is_told, report_within=service.report_within, public=_is_public(form),
            **form.plan(COPENHAGEN))

    return _change_page(form, change, asking, service=service, place=place, **shown)


def _change_page(form: VisitForm, change: Callable[[], Visit], waiting: list[Booking], service: Service, **shown):
    """A plan, new or changed. Every letter is shown before it goes; where its date is told also whose proposals could
    not be kept any more: they are offered other dates by the same press."""
    preview, lost, offered, newest = None, {}, [], newest_event()
    chosen = _chosen(form, waiting) if request.method == "POST" else []
    since, undecided = happened_since(chosen), _undecided(service, waiting)
    told = [b.reference for b in (chosen if service.date_is_told else _undecided(service, chosen))]
    unseen = set(told) - set(request.form.getlist("shown"))  # whoever is ticked after the letters were shown
    if request.method == "POST" and form.validate():
        def whole() -> Visit:
            visit = change()
            lost.update(losers(visit) if service.date_is_told else {})
            offered.extend(to_be_offered(visit, lost))
            if offered and form.offer_others.data:
                offer_others(visit, lost)
            return visit

        try:
            if since or unseen or "send" not in request.form and (service.date_is_told or told):
                preview = previewed(whole)
            else:
                visit = whole()
                db.session.commit()
                return redirect(url_for(".visit", id=visit.id), 303)
        except Clash as clash:
            db.session.rollback()
            form[form.parts[0]].errors = [clash_in_words(clash)]
    return (render_template("office/plan.html", form=form, service=service, preview=preview, lost=lost, offered=offered,
                            units=known_units(), since=since, undecided=undecided, told=told, newest=newest,
                            **shown),
            422 if form.errors else 200)


def _visit_form(service: Service, bookings: list[Booking], **start) -> VisitForm:
    undecided = _undecided(service, bookings)
    words = {b.reference: " · ".join((
        in_halves(b.reference), f"{b.road}{', ' if b.from_to else ''}{b.from_to}", service.about(b.answers),
        day(b.received_at), *([gettext("gets a yes")] if b in undecided else []))) for b in bookings}
    kind = AgreedVisitForm if service.date_is_told else VisitForm
    form = kind.for_service(service.takes, current_app.config["DISTRICT"].units)(**start)
    if "public" in form and not all(b.public for b in bookings):
        del form.public
    return form.offer(service.methods, words)


def _start(service: Service, booking: Booking, place: Place) -> dict:
    """What a plan starts with: the date that the citizen wishes, where the officer has chosen one."""
    if not service.date_is_told:
        return {}
    wish = next((p for p in booking.proposals if str(p.id) == request.args.get("tid")), None)
    return {"travel": service.travel, "place_told": str(place), "public": booking.public, **usual_units(service),
            **(_times(wish) if wish else {})}


def _plan_of(visit: Visit) -> dict:
    return {**_times(visit), **visit.parts, "method": visit.method, "travel": visit.travel,
            "place_told": visit.place_told, "public": visit.public}


def _times(of: Visit | Proposal) -> dict:
    return {"day": local(of.starts_at).date(), "starts": local(of.starts_at).time(), "ends": local(of.ends_at).time()}


def _place(form: VisitForm, at_hand: Place) -> Place:
    """The place of the plan, with the stretch as the officer names it: the one at hand unless it is another road."""
    same = (fold(form.road.data), form.postcode.data) == (at_hand.road_key, at_hand.postcode)
    place = at_hand if same else Place.at(**form.place())
    place.from_to = form.from_to.data or place.from_to
    return place


def _chosen(form: VisitForm, waiting: list[Booking]) -> list[Booking]:
    return [b for b in waiting if b.reference in (form.bookings.data or ()) and (b.is_open or b.may_hear_more)]


def _accepted(form: VisitForm, waiting: list[Booking], service: Service) -> list[Booking]:
    """Those chosen, with a yes for whoever has none yet."""
    chosen = _chosen(form, waiting)
    for booking in _undecided(service, chosen):
        booking.accept(g.officer, "", service.act_within, service.answer_within)
    return chosen


def _is_public(form: VisitForm) -> bool:
    return "public" in form and form.public.data
