"""Dates for a visit: who goes, and what speaks against a date. No page stands here."""

from datetime import timedelta

from flask import current_app, g
from flask_babel import gettext
from sqlalchemy import select

from catalogue import SERVICES, Service
from labels import moment, period, until
from models import (
    Clash,
    Officer,
    Proposal,
    Reservation,
    db,
    is_within_hours,
    now,
)


def usual_units(service: Service) -> dict[str, str]:
    """Who goes unless somebody says otherwise: the officer who is logged in, and the only unit of a resource."""
    units = current_app.config["DISTRICT"].units
    only = {part: units[part][0] for part in service.resources if len(units.get(part, ())) == 1}
    return {next(iter(service.resources)): g.officer.name, **only}


def weighed(proposals: list[Proposal]) -> list[tuple[Proposal, list[str]]]:
    """Dates that are wished or offered, each with what speaks against it."""
    return [(proposal, _against(proposal)) for proposal in proposals]


def _against(proposal: Proposal) -> list[str]:
    """For those whom an offer names; a wish names nobody, so for those who usually go."""
    service = SERVICES[proposal.booking.service]
    road = timedelta(minutes=proposal.travel if proposal.is_offer else service.travel)
    units = proposal.units or usual_units(service).values()
    taken = Reservation.between(proposal.starts_at - road, proposal.ends_at + road, units)
    words = [clash_in_words(Clash(t)) for t in taken]
    return words if is_within_hours(proposal.starts_at, proposal.ends_at) else [gettext("Outside our hours."), *words]


def clash_in_words(clash: Clash) -> str:
    taken = clash.other
    if taken.visit is None:
        when = " · ".join(filter(None, (period(taken.starts_at, taken.ends_at), taken.words)))
        return gettext("%(crew)s is away: %(when)s.", crew=taken.unit or gettext("Everybody"), when=when)
    return gettext("%(crew)s is at %(place)s from %(start)s to %(end)s.", crew=taken.unit, place=taken.visit.place,
                   start=moment(taken.starts_at), end=until(taken.starts_at, taken.ends_at))


def known_units() -> list[str]:
    """Whom a visit may take, to choose from while typing: officers, vans, and who was sent before."""
    fixed = [unit for units in current_app.config["DISTRICT"].units.values() for unit in units]
    before = db.session.scalars(select(Reservation.unit).where(Reservation.starts_at > now(
        ) - timedelta(days=90)).distinct())
    return sorted({*(o.name for o in Officer.coordinators()), *before} - {"", *fixed})
