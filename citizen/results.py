"""What was found, for everybody: a list, a map, a page for each place, a feed, and files to reckon with."""

import json
from collections.abc import Iterator
from datetime import date

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from catalogue import SERVICES
from forms import TASK_STATUSES, ResultsForm
from labels import PARTS_OF_DAY
from models import Result, db, limits
from page_cache import rendered_once
from reporting.export import csv_stream, json_stream
from reporting.paging import dated_row, page_after, row_number
from reporting.results import NEWEST_FIRST, Wanted, at_place, by_place, details, former, in_tables, places, years
from web import download, form_page

from .blueprint import citizen

PAGE = 25  # results
FEED = 50  # entries
START = date(2014, 1, 1)  # since when nothing has changed, where there is no result yet
# Endpoints of the pages that search programs are to know.
INDEXED = ("index", "how", "results", "results_map", "open_data", "calendar", "account", "privacy", "feedback")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# The fields of the files, by names that stay; the page about the files says what they mean.
FIELDS = {
    "id": _l("The number of the result, which stays"),
    "day": _l("The day of the visit"),
    "time_of_day": _l("About when it began: night, morning, midday, afternoon or evening"),
    "service": _l("What was booked, as a key"),
    "service_name": _l("What was booked, in words"),
    "place": _l("The number of the place, the same for all results there"),
    "road": _l("The road or the place, never with a house number"),
    "postcode": _l("Postcode"),
    "town": _l("Town"),
    "municipality": _l("Municipality"),
    "latitude": _l("Degrees north, rounded; empty where we have no point"),
    "longitude": _l("Degrees east, rounded; empty where we have no point"),
    "method": _l("How it was measured, as a key"),
    "method_name": _l("How it was measured, in words"),
    "speed_limit": _l("Speed limit, km/h"),
    "measured": _l("Vehicles measured; empty where they were not counted"),
    "charged": _l("Drivers charged with speeding"),
    "share_charged": _l("Charged of those measured, as a fraction; empty below %(least)s vehicles",
                        least=limits.SHARE_FROM),
    "usual_share": _l("The same in the whole district in the %(days)s days up to the visit",
                      days=limits.USUAL_SHARE_DAYS),
    "highest_speed": _l("Highest speed, km/h"),
    "preliminary": _l("Whether the figures are preliminary: a case only becomes a fine once it has been dealt with"),
    "details": _l("Further findings, in choices and counts"),
    "tasks": _l("What is to be done afterwards, and how it stands"),
    "asked": _l("How many asked for it, and were answered by it; empty where they are fewer than %(least)s",
                least=limits.FEWEST_PEOPLE),
    "heard": _l("How many were told of it in all; empty where they are fewer than %(least)s",
                least=limits.FEWEST_PEOPLE),
    "released_on": _l("The day on which everybody could read it"),
    "updated_on": _l("The day on which anything of it changed last"),
    "corrected_on": _l("The day of the last correction; empty where there was none"),
    "before": _l("What that correction has changed, as it was before"),
    "page": _l("The address of the page about the place"),
}
NAMES = {"part_of_day": "time_of_day", "top_speed": "highest_speed"}  # columns that are called otherwise in the files


@citizen.get("/resultater")
@rendered_once("kommune", "ydelse", "aar", "efter")
def results():
    form, wanted = _wanted()
    end = request.args.get("efter", type=dated_row)
    found, last = page_after(wanted.select(), NEWEST_FIRST, end, PAGE)
    return form_page("citizen/results.html", form, results=found, query=_query(), details_of=details,
                     after=last and f"{last.day}_{last.id}", begun=end is not None)


@citizen.get("/resultater/kort")
@rendered_once("kommune", "ydelse", "aar")
def results_map():
    """The places of the results: on a map with script, as a table without."""
    form, wanted = _wanted()
    found = by_place(wanted)
    points = [{"lat": one.lat, "lng": one.lng, "text": f"{one.road}, {one.town}", "href": _address_of(one)}
              for one, _ in found if one.lat is not None]
    return form_page("citizen/results_map.html", form, places=found, points=points, query=_query())


@citizen.get("/resultater/sted/<int:number>")
@citizen.get("/resultater/sted/<int:number>/<slug>")
@rendered_once()
def results_at_place(number: int, slug: str = ""):
    """All that was found at one place. Its number stays; one of a place that was merged leads to the other."""
    found = at_place(number) or abort(404)
    newest = found[0]
    if (number, slug) != (newest.place_number, newest.slug):
        return redirect(_address_of(newest), 301)
    return render_template("citizen/results_at_place.html", results=found, place=newest, tables=in_tables(found),
                           former=former, details_of=details, service=SERVICES[newest.service])


@citizen.get("/resultater/data")
@rendered_once()
def open_data():
    """What the files are, with their licence and an example."""
    newest = db.session.scalar(Wanted().newest_first().limit(1))
    return render_template("citizen/open_data.html", fields=FIELDS, licence=LICENCE,
                           example=newest and json.dumps(_record(newest), ensure_ascii=False, indent=2))


@citizen.get("/resultater.atom")
@rendered_once()
def results_feed():
    _, wanted = _wanted()
    found = wanted.latest_changes(FEED)
    return Response(render_template(
        "citizen/results.xml", results=found, wanted=wanted, query=_query(), licence=LICENCE, details_of=details,
        address_of=_address_of, at=lambda day: f"{day}T00:00:00Z", start=START,
        updated_on=found[0].updated_on if found else START), mimetype="application/atom+xml")


@citizen.get("/resultater.<any(csv, json, geojson):kind>")
def results_file(kind: str):
    """The results as a file; the address says which, as that of the list does."""
    _, wanted = _wanted()
    found = wanted.stream()
    features = f'{{"type": "FeatureCollection", "licence": "{LICENCE}", "features": '
    file, mimetype = {
        "csv": (csv_stream(_in_rows(found)), "text/csv"),
        "json": (json_stream(map(_record, found), f'{{"licence": "{LICENCE}", "results": ', "}"), "application/json"),
        "geojson": (json_stream(map(_feature, found), features, "}"), "application/geo+json")}[kind]
    return download(file, mimetype, f"resultater.{kind}")


@citizen.get("/sitemap.xml")
@rendered_once()
def sitemap():
    """What search programs are to know, in each language: the pages that are the same for all, and every place."""
    pages = [url_for(f"citizen.{name}") for name in INDEXED]
    pages += [url_for("citizen.results_at_place", **place) for place in places()]
    return Response(render_template("citizen/sitemap.xml", paths=[
        page.removeprefix(request.script_root) for page in pages]), mimetype="application/xml")


@citizen.get("/robots.txt")
def robots():
    return Response(render_template("citizen/robots.txt"), mimetype="text/plain")


def _wanted() -> tuple[ResultsForm, Wanted]:
    """What the address asks for; nothing that the form has something to say about."""
    form = ResultsForm(MultiDict(request.args), meta={"csrf": False})
    form.offer(municipality={name: name for name in current_app.config["DISTRICT"].municipality_names},
               service={s.key: s.name for s in SERVICES.values()}, year={year: year for year in years()})
    form.validate()
    words, municipality, service, year = ("" if field.errors else field.data or "" for field in form)
    return form, Wanted(words, municipality, service, int(year or 0), request.args.get("sted", 0, row_number))


def _query() -> dict[str, str]:
    """What of the address says which results are wanted."""
    return {name: value for name, value in request.args.items() if name in ("q", "kommune", "ydelse", "aar", "sted")}


def _address_of(result: Result, **more) -> str:
    return url_for("citizen.results_at_place", number=result.place_number, slug=result.slug, **more)


def _record(result: Result) -> dict:
    """One result by the names of FIELDS."""
    method = SERVICES[result.service].methods.get(result.method, "")
    known = {
        "time_of_day": result.part_of_day, "service_name": str(SERVICES[result.service].name),
        "place": result.place_number, "latitude": result.lat, "longitude": result.lng, "method_name": str(method),
        "before": {NAMES.get(name, name): value for name, value in result.before.items()},
        "share_charged": result.share and round(result.share, 4), "highest_speed": result.top_speed,
        "page": _address_of(result, _external=True, _anchor=f"nr-{result.id}")}
    plain = {name: known.get(name, getattr(result, name, None)) for name in FIELDS}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in plain.items()}


def _in_rows(found) -> Iterator[list]:
    """What is more than a number or a word, in words."""
    yield list(FIELDS)
    for result in found:
        words = {"time_of_day": PARTS_OF_DAY[result.part_of_day],
                 "preliminary": gettext("Yes") if result.preliminary else gettext("No"),
                 "details": _said(details(result, result.details)), "before": _said(former(result)),
                 "tasks": _said((task["what"], TASK_STATUSES[task["status"]]) for task in result.tasks)}
        yield list((_record(result) | words).values())


def _said(pairs) -> str:
    """Where what somebody wrote is removed, what was chosen stands alone."""
    return ". ".join(": ".join(filter(None, map(str, pair))) for pair in pairs)


def _feature(result: Result) -> dict:
    return {"type": "Feature", "id": result.id, "geometry": {
        "type": "Point", "coordinates": [result.lng, result.lat]} if result.lat is not None else None,
        "properties": _record(result)}
