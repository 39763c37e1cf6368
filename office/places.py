"""Places instead of mails: where most is at stake, what is known of a place, and which places are one."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import or_, select

import services
from figures import at_place, effect, hotspots, share_charged
from forms import Form, MergeForm, PartForm, PlaceNotesForm
from models import Booking, Place, db, fold
from words import day, reference

from . import office, pressed
from .bookings import FOR_MANY, for_many

PAGE = 50  # places


@office.get("/steder")
def places():
    """The places that somebody asks about, the most pressing first; or those that a search finds, whoever asks."""
    query = " ".join(request.args.get("q", "")[:100].split())
    if query:
        return render_template("office/places.html", query=query, found=_search(query))
    spots, start = hotspots(), max(0, request.args.get("fra", 0, int))
    points = [{"lat": s.place.lat, "lng": s.place.lng, "number": s.asking, "text": str(s.place),
               "href": url_for(".place", id=s.place.id)} for s in spots if s.place.lat is not None]
    return render_template("office/places.html", query="", spots=spots[start:start + PAGE], points=points,
                           actions=FOR_MANY, after=start + PAGE if len(spots) > start + PAGE else None)


@office.get("/sted/<int:id>")
def place(id: int):
    place = db.session.get(Place, id) or abort(404)
    return redirect(url_for(".place", id=place.standing.id)) if place.merged_into else _place_page(place)


@office.post("/sted/<int:id>")
def describe(id: int):
    place, form = _standing(id), PlaceNotesForm()
    if not form.validate():
        return _place_page(place, notes=form), 422
    place.describe(g.officer, form.suits.data or "", form.suitability.data or "", form.from_to.data or "",
                   form.again_on.data)
    db.session.commit()
    flash(gettext("Kept."))
    return redirect(url_for(".place", id=id), 303)


@office.route("/sted/<int:id>/saml", methods=["GET", "POST"])
def merge(id: int):
    """Make this place one with another that is known by its road and postcode."""
    place, form = _standing(id), MergeForm()
    if request.method != "POST":
        return redirect(url_for(".place", id=id))
    if not form.validate():
        return _place_page(place, merge=form), 422
    other = next((p for p in Place.near(form.road.data, form.postcode.data) if p is not place), None)
    if other is None:
        form.road.errors = [gettext("No place of this road and postcode is known.")]
        return _place_page(place, merge=form), 422
    return _merge(place, other)


@office.post("/sted/<int:id>/saml/<int:other>")
def merge_into(id: int, other: int):
    place, other = _standing(id), _standing(other)
    return _merge(place, other) if pressed() and place is not other else redirect(url_for(".place", id=id), 303)


@office.route("/sted/<int:id>/del", methods=["GET", "POST"])
def part(id: int):
    """Another stretch of the road becomes a place of its own."""
    place = _standing(id)
    form = _part_form(place)
    if request.method != "POST":
        return redirect(url_for(".place", id=id))
    if not form.validate():
        return _place_page(place, part=form), 422
    apart = place.part(g.officer, [b for b in place.bookings if b.reference in form.asked.data], form.stretch.data)
    db.session.commit()
    flash(gettext("Two places now: %(place)s.", place=apart.in_full))
    return redirect(url_for(".place", id=apart.id), 303)


@office.post("/sag/<reference>/sted/<int:id>")
def belongs(reference: str, id: int):
    """The booking belongs to a place close by."""
    booking, place = Booking.by_reference(reference) or abort(404), _standing(id)
    if pressed() and booking.place is not place:
        booking.move(g.officer, place)
        db.session.commit()
        flash(gettext("Moved to %(place)s.", place=place.in_full))
    return redirect(url_for(".booking", reference=reference), 303)


def _merge(place: Place, other: Place):
    place.merge_into(g.officer, other)
    db.session.commit()
    flash(gettext("Now one place: %(place)s.", place=other.in_full))
    return redirect(url_for(".place", id=other.id), 303)


def _search(query: str) -> list[Place]:
    """By road and postcode; towns are folded here, because SQLite's lower() knows no Æ, Ø and Å."""
    found = select(Place).where(Place.merged_into_id.is_(None))
    folded = {town: fold(town) for town in db.session.scalars(select(Place.town).distinct())}
    for word in fold(query).split():
        found = found.where(or_((Place.road_key + " " + Place.postcode).contains(word, autoescape=True),
                                Place.town.in_([town for town in folded if word in folded[town]])))
    return list(db.session.scalars(found.order_by(Place.road_key, Place.id).limit(PAGE)))


def _standing(id: int) -> Place:
    return (db.session.get(Place, id) or abort(404)).standing


def _part_form(place: Place, *typed) -> PartForm:
    return PartForm(*typed).offer({b.reference: f"{reference(b.reference)} · {b.from_to or b.road} · "
                                   f"{day(b.received_at)}" for b in place.bookings})


def _place_page(place: Place, **typed: Form):
    forms = {"notes": PlaceNotesForm(None, obj=place), "merge": MergeForm(None), "part": _part_form(place, None)}
    return render_template("office/place.html", place=place, services=services.SERVICES, forms=forms | typed,
                           typed=typed, neighbours=place.neighbours(), spots=at_place(place),
                           effect=effect, share_of=share_charged,
                           actions=for_many([b for b in place.bookings if b.is_open]))
