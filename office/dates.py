"""Dates that are agreed: what would suit, who else would lose by it, and dates to choose from."""

from datetime import datetime, time, timedelta

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
    newest_event,
    now,
    today,
)
from services import Service
from words import moment, period, until

from . import happened_since, office


@office.route("/sag/<reference>/tider", methods=["GET", "POST"])
def offer(reference: str):
    """Propose up to three dates. The form starts with the nearest at which the officer is free."""
    booking = Booking.by_reference(reference) or abort(404)
    service = services.SERVICES[booking.service]
    if not (service.date_is_told and booking.may_be_visited(told=True)):
        flash(gettext("That is not possible any more. Below you see how the case stands now."), "warning")
        return redirect(url_for(".booking", reference=reference))
    kind = OfferForm.for_service(service.takes, current_app.config["DISTRICT"].units)
    form, preview = kind(data=_start(booking, service)), None
    newest, since = newest_event(), happened_since([booking])
    if form.validate_on_submit():
        def change():
            return booking.offer(g.officer, **form.offered(COPENHAGEN))
        try:
            if since or "send" not in request.form:
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
                            wishes=wished(booking), units=known_units(), newest=newest, since=since),
            422 if form.errors else 200)


def _start(booking: Booking, service: Service) -> dict:
    wish = next(iter(booking.wishes), None)
    near = wish.starts_at if wish else datetime.combine(today() + timedelta(days=14), time(17), COPENHAGEN)
    length = wish.ends_at - wish.starts_at if wish else timedelta(hours=1)
    usual = usual_units(service)
    starts = free_times(usual.values(), near, length, timedelta(minutes=service.travel))
    return {"times": [{"day": local(s).date(), "starts": local(s).time(), "ends": local(s + length).time()}
                      for s in starts],
            **usual, "travel": service.travel, "place_told": str(booking.place),
            "answer_by": add_working_days(today(), service.choose_within)}


def usual_units(service: Service) -> dict[str, str]:
    """Who goes unless somebody says otherwise: the officer at the desk, and the only unit of a part."""
    units = current_app.config["DISTRICT"].units
    only = {part: units[part][0] for part in service.takes if len(units.get(part, ())) == 1}
    return {next(iter(service.takes)): g.officer.name, **only}


def wished(booking: Booking) -> list[tuple[Proposal, list[str]]]:
    """The dates that the citizen wishes, each with what speaks against it."""
    return [(wish, _against(wish)) for wish in booking.wishes]


def _against(wish: Proposal) -> list[str]:
    service = services.SERVICES[wish.booking.service]
    road = timedelta(minutes=service.travel)
    taken = Taken.between(wish.starts_at - road, wish.ends_at + road, usual_units(service).values())
    words = [clash_in_words(Clash(t)) for t in taken]
    return words if is_within_hours(wish.starts_at, wish.ends_at) else [gettext("Outside our hours."), *words]


def clash_in_words(clash: Clash) -> str:
    taken = clash.other
    if taken.visit is None:
        when = " · ".join(filter(None, (period(taken.starts_at, taken.ends_at), taken.words)))
        return gettext("%(crew)s is away: %(when)s.", crew=taken.unit or gettext("Everybody"), when=when)
    return gettext("%(crew)s is at %(place)s from %(start)s to %(end)s.", crew=taken.unit, place=taken.visit.place,
                   start=moment(taken.starts_at), end=until(taken.starts_at, taken.ends_at))


def losers(visit: Visit) -> dict[Booking, list[Proposal]]:
    """Whose proposed dates could not be kept any more if the visit takes its units, and which dates."""
    db.session.flush()
    units, (first, *_) = [t.unit for t in visit.takes], visit.takes
    lost: dict[Booking, list[Proposal]] = {}
    for proposal in Proposal.overlapping(first.starts_at, first.ends_at, units, visit.bookings):
        lost.setdefault(proposal.booking, []).append(proposal)
    return lost


def to_be_offered(visit: Visit, lost: dict[Booking, list[Proposal]]) -> list[Booking]:
    """Those who have no other date left. What another service would take, nobody knows yet: an officer looks at it."""
    return [b for b, proposals in lost.items() if b.service == visit.service
            and all(p in proposals for p in (*b.wishes, *b.offers))]


def offer_others(visit: Visit, lost: dict[Booking, list[Proposal]]) -> None:
    """Offer other dates, by the same units, to whoever has none left."""
    answer_by = add_working_days(today(), services.SERVICES[visit.service].choose_within)
    for booking in to_be_offered(visit, lost):
        booking.offer_instead(lost[booking][0], answer_by, g.officer, visit.parts, visit.travel)


def known_units() -> list[str]:
    """Whom a visit may take, to choose from while typing: officers, vans, and who was sent before."""
    fixed = [unit for units in current_app.config["DISTRICT"].units.values() for unit in units]
    before = db.session.scalars(select(Taken.unit).where(Taken.starts_at > now() - timedelta(days=90)).distinct())
    return sorted({*(o.name for o in Officer.in_use()), *before} - {"", *fixed})
