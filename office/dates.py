"""Dates that are agreed: what would suit, who else would lose by it, and dates to choose from."""

from datetime import timedelta

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

import services
from forms import OfferForm
from letters import previewed
from models import (
    COPENHAGEN,
    Booking,
    Clash,
    Officer,
    Proposal,
    Taken,
    Visit,
    add_working_days,
    db,
    free_times,
    is_within_hours,
    local,
    now,
    today,
)
from services import Service
from words import moment, until

from . import office


@office.route("/sag/<reference>/tider", methods=["GET", "POST"])
def offer(reference: str):
    """Propose up to three dates. The form starts with the nearest at which the officer is free."""
    booking = Booking.by_reference(reference) or abort(404)
    service = services.SERVICES[booking.service]
    if not (service.date_is_told and booking.may_be_visited(told=True)):
        flash(gettext("That is not possible any more. Below you see how the case stands now."))
        return redirect(url_for(".booking", reference=reference))
    kind = OfferForm.for_service(service.takes, current_app.config["DISTRICT"].units)
    form, preview = kind(data=_start(booking, service)), None
    if form.validate_on_submit():
        def change():
            return booking.offer(g.officer, **form.offered(COPENHAGEN))
        try:
            if "send" not in request.form:
                preview = previewed(change)
            else:
                change()
                db.session.commit()
                flash(gettext("Done. The letter goes by e-mail, or waits for you under “Letters to see to”."))
                return redirect(url_for(".booking", reference=reference), 303)
        except Clash as clash:
            db.session.rollback()
            form.times.errors = [clash_in_words(clash)]
    return (render_template("office/offer.html", form=form, booking=booking, service=service, preview=preview,
                            wishes=wished(booking), units=known_units()), 422 if form.errors else 200)


def _start(booking: Booking, service: Service) -> dict:
    wish = next(iter(booking.proposals), None)
    near = wish.starts_at if wish and wish.starts_at > now() else now()
    length = wish.ends_at - wish.starts_at if wish else timedelta(hours=1)
    starts = free_times([g.officer.name], near, length, timedelta(minutes=service.travel))
    return {"times": [{"day": local(s).date(), "starts": local(s).time(), "ends": local(s + length).time()}
                      for s in starts],
            "crew": g.officer.name, "travel": service.travel, "place_told": str(booking.place),
            "answer_by": add_working_days(today(), service.choose_within)}


def wished(booking: Booking) -> list[tuple[Proposal, list[str]]]:
    """The dates that the citizen wishes, each with what speaks against it."""
    return [(wish, _against(wish)) for wish in booking.wishes]


def _against(wish: Proposal) -> list[str]:
    travel = timedelta(minutes=services.SERVICES[wish.booking.service].travel)
    taken = Taken.between(wish.starts_at - travel, wish.ends_at + travel)
    words = [clash_in_words(Clash(t)) for t in taken]
    return words if is_within_hours(wish.starts_at, wish.ends_at) else [gettext("Outside our hours."), *words]


def clash_in_words(clash: Clash) -> str:
    taken = clash.other
    times = {"start": moment(taken.starts_at), "end": until(taken.starts_at, taken.ends_at)}
    if taken.visit is None:
        return gettext("%(crew)s is away from %(start)s to %(end)s.", crew=taken.unit or gettext("Everybody"), **times)
    return gettext("%(crew)s is at %(place)s from %(start)s to %(end)s.", crew=taken.unit, place=taken.visit.place,
                   **times)


def losers(visit: Visit) -> dict[Booking, list[Proposal]]:
    """Whose proposed dates could not be kept any more if the visit takes its units, and which dates."""
    db.session.flush()
    units, (first, *_) = [t.unit for t in visit.takes], visit.takes
    lost: dict[Booking, list[Proposal]] = {}
    for proposal in Proposal.overlapping(first.starts_at, first.ends_at, units, visit.bookings):
        lost.setdefault(proposal.booking, []).append(proposal)
    return lost


def offer_others(visit: Visit, lost: dict[Booking, list[Proposal]]) -> None:
    """Offer other dates, by the same units, to whoever has no other one left. What another service would take, nobody
    knows yet, so an officer looks at it."""
    answer_by = add_working_days(today(), services.SERVICES[visit.service].choose_within)
    for booking, proposals in lost.items():
        others = [p for p in (*booking.wishes, *booking.offers) if p not in proposals]
        if booking.service == visit.service and not others:
            booking.offer_instead(proposals[0], answer_by, g.officer, visit.parts, visit.travel)


def known_units() -> list[str]:
    """Whom a visit may take, to choose from while typing: officers, vans, and who was sent before."""
    fixed = [unit for units in current_app.config["DISTRICT"].units.values() for unit in units]
    before = db.session.scalars(select(Taken.unit).where(Taken.starts_at > now() - timedelta(days=90)).distinct())
    return sorted({*(o.name for o in Officer.in_use()), *before} - {"", *fixed})
