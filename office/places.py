"""Places instead of mails: where most is at stake, what is known of a place, and which places are one."""

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import and_, or_, select

from catalogue import SERVICES
from forms import Form, MergeForm, PlaceNotesForm, SplitForm, tidied
from labels import day, reference
from models import Place, db, fold, road_key
from reporting import at_place, effect, hotspots, share_charged
from web import commit_and_redirect, needs_press

from .actions import FOR_MANY, for_many
from .blueprint import booking_or_404, not_any_more, office

PAGE = 50  # places


@office.get("/steder")
def places():
    """The places that somebody asks about, the most pressing first; or those that a search finds, whoever asks."""
    query = " ".join(tidied(request.args.get("q", ""))[:100].split())
    if query:
        return render_template("office/places.html", query=query, found=_search(query) if fold(query) else [])
    spots, start = hotspots(), max(0, request.args.get("fra", 0, int))
    points = [{"lat": s.place.lat, "lng": s.place.lng, "number": s.asking, "text": str(s.place),
               "href": url_for(".place", id=s.place.id)} for s in spots if s.place.lat is not None]
    return render_template("office/places.html", query="", spots=spots[start:start + PAGE], points=points,
                           actions=FOR_MANY, after=start + PAGE if len(spots) > start + PAGE else None)


@office.get("/sted/<int:id>")
def place(id: int):
    place = db.get_or_404(Place, id)
    return redirect(url_for(".place", id=place.canonical.id)) if place.merged_into else _place_page(place)


@office.post("/sted/<int:id>")
def describe(id: int):
    place = _standing(id)
    form = PlaceNotesForm(obj=place)
    if not form.validate():
        return _place_page(place, notes=form)
    place.describe(g.officer, form.suits.data or "", form.suitability.data or "", form.from_to.data or "",
                   form.again_on.data)
    return commit_and_redirect(url_for(".place", id=id), gettext("Saved."))


@office.post("/sted/<int:id>/saml")
def merge(id: int):
    """Make this place one with another that is known by its road and postcode."""
    place, form = _standing(id), MergeForm()
    if not form.validate():
        return _place_page(place, merge=form)
    others = [p for p in Place.near(form.road.data, form.postcode.data) if p is not place]
    if len(others) == 1:
        return _merge(place, others[0])
    form.road.errors = [gettext(
        "This road has several parts: %(places)s. Open the page of the one that is meant, and write the road of "
        "this place there.",
        places=" · ".join(p.in_full for p in others)) if others else gettext(
        "No place of this road and postcode is known.")]
    return _place_page(place, merge=form)


@office.post("/sted/<int:id>/saml/<int:other>")
@needs_press
def merge_into(id: int, other: int):
    place, other = _standing(id), db.get_or_404(Place, other)
    if other.merged_into:  # into a place that nobody has been shown
        return not_any_more(None, url_for(".place", id=place.id))
    return _merge(place, other) if place is not other else redirect(url_for(".place", id=place.id), 303)


@office.post("/sted/<int:id>/del")
def split(id: int):
    """Another stretch of the road becomes a place of its own."""
    place = _standing(id)
    form = _part_form(place)
    if not form.validate():
        return _place_page(place, part=form)
    apart = place.split(g.officer, [b for b in place.bookings if b.reference in form.asked.data], form.stretch.data)
    db.session.flush()  # it has a number now
    return commit_and_redirect(url_for(".place", id=apart.id), gettext(
        "Two places now: %(place)s.", place=apart.in_full))


@office.post("/sag/<reference>/sted/<int:id>")
@needs_press
def belongs(reference: str, id: int):
    """The booking belongs to a place close by."""
    booking, place, back = booking_or_404(reference), db.get_or_404(Place, id), url_for(".booking", reference=reference)
    if place.merged_into or booking.offers:  # a letter takes those back, and is shown first
        return not_any_more(None, back)
    if booking.place is place:
        return redirect(back, 303)
    booking.move(g.officer, place)
    return commit_and_redirect(back, gettext("Moved to %(place)s.", place=place.in_full))


def _merge(place: Place, other: Place):
    place.merge_into(g.officer, other)
    return commit_and_redirect(url_for(".place", id=other.id), gettext(
        "Now one place: %(place)s.", place=other.in_full))


def _search(query: str) -> list[Place]:
    """By road and postcode, or by an address. Towns are folded here, for SQLite's lower() knows no Æ, Ø and Å."""
    folded = {town: fold(town) for town in db.session.scalars(select(Place.town).distinct())}
    words = and_(*(or_((Place.road_key + " " + Place.postcode).contains(word, autoescape=True),
                       Place.town.in_([town for town in folded if word in folded[town]]))
                   for word in fold(query).split()))
    return list(db.session.scalars(select(Place).where(
        Place.merged_into_id.is_(None), or_(words, Place.road_key.in_({road_key(query, town) for town in folded}))
    ).order_by(Place.road_key, Place.id).limit(PAGE)))


def _standing(id: int) -> Place:
    return db.get_or_404(Place, id).canonical


def _part_form(place: Place, *typed) -> SplitForm:
    return SplitForm(*typed).offer(asked={
        b.reference: f"{reference(b.reference)} · {b.from_to or b.road} · {day(b.received_at)}"
        for b in place.bookings})


def _place_page(place: Place, **typed: Form):
    forms = {"notes": PlaceNotesForm(None, obj=place), "merge": MergeForm(None), "part": _part_form(place, None)}
    return render_template("office/place.html", place=place, services=SERVICES, forms=forms | typed,
                           typed=typed, neighbours=place.neighbours(), spots=at_place(place),
                           effect=effect, share_of=share_charged,
                           actions=for_many([b for b in place.bookings if b.is_open])), 422 if typed else 200
