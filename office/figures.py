"""What it all adds up to, to be looked at and to be taken out; every case of a period, too."""

import csv
import io
import json
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import timedelta

from flask import Response, current_app, g, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

import services
import wording
from figures import Chosen, cases, report, said_of_answers
from forms import HELPED, HELPED_WHY, LANGUAGES, FiguresForm
from models import Booking, today
from words import STATUSES, WAYS, moment

from . import office

LAST_YEAR = timedelta(days=334)  # this month and the eleven before it
# What a table of cases tells of each; the answers stand in words, one to a line.
CASE = {
    "reference": _l("Case"), "journal": _l("Journal number"), "service": _l("Service"), "status": _l("Status"),
    "received": _l("Received"), "decided": _l("Decided"), "wait": _l("Wait in working days"), "promise": _l("Promise"),
    "closed": _l("Closed"), "reason": _l("Reason"), "helped": _l("Did the answer help?"), "why": _l("Why"),
    "name": _l("Name"), "organisation": _l("Name of the organisation"), "email": _l("E-mail"), "phone": _l("Phone"),
    "address": _l("Postal address"), "reply": _l("How do you want the answer?"), "language": _l("Language"),
    "road": _l("Road"), "stretch": _l("Stretch"), "postcode": _l("Postcode"), "town": _l("Town"),
    "municipality": _l("Municipality"), "answers": _l("Answers"),
}


@office.get("/tal")
def figures():
    form, chosen = _chosen()
    if chosen is None:
        return render_template("office/figures.html", form=form, tables=[], query={}), 422
    return render_template("office/figures.html", form=form, tables=report(chosen), query=_query(form),
                           said=[] if g.officer.is_reader else said_of_answers(chosen))


@office.get("/<any(tal, sager):what>.<any(csv, json):kind>")
def take_out(what: str, kind: str):
    """The same figures, or the cases behind them, as a file."""
    form, chosen = _chosen()
    if chosen is None:
        return redirect(url_for(".figures", **_query(form)))
    if kind == "csv":
        rows = _figures_in_rows(chosen) if what == "tal" else _cases_in_rows(chosen)
        file, mimetype = csv_lines(rows), "text/csv"
    else:
        file, mimetype = _figures_as_json(chosen) if what == "tal" else _cases_as_json(chosen), "application/json"
    if g.officer.is_reader:
        file = list(file)  # what streams is read after the request, when nothing is hidden any more
    name = f"{what}-{chosen.first:%Y-%m}-{chosen.last:%Y-%m}.{kind}"
    return Response(stream_with_context(file), mimetype=mimetype, headers={
        "Content-Disposition": f"attachment; filename={name}"})


def _chosen() -> tuple[FiguresForm, Chosen | None]:
    """What the address asks for; None where the form has something to say about it."""
    usual = {"fra": f"{today().replace(day=1) - LAST_YEAR:%Y-%m}", "til": f"{today():%Y-%m}"}
    form = FiguresForm(MultiDict(usual | request.args.to_dict()), meta={"csrf": False})
    municipalities = tuple(m.name for m in current_app.config["DISTRICT"].municipalities)
    form.ydelse.offer({"": gettext("All"), **{s.key: s.name for s in services.SERVICES.values()}})
    form.kommune.offer({"": gettext("All"), **{name: name for name in municipalities}})
    if not form.validate():
        return form, None
    last = form.til.data.replace(day=monthrange(form.til.data.year, form.til.data.month)[1])
    return form, Chosen(form.fra.data, last, municipalities, form.ydelse.data, form.kommune.data)


def _query(form: FiguresForm) -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name in form}


def _figures_in_rows(chosen: Chosen) -> Iterator[list]:
    for table in report(chosen):
        yield [table.title]
        yield [table.head, *table.columns]
        yield from ([words, *values] for _, words, values in table.rows)
        if table.total:
            yield [gettext("In all"), *table.total]
        yield []


def _figures_as_json(chosen: Chosen) -> Iterator[str]:
    yield json.dumps({
        "from": chosen.first.isoformat(), "to": chosen.last.isoformat(), "service": chosen.service,
        "municipality": chosen.municipality,
        "tables": [{"key": table.key, "title": table.title, "columns": [str(c) for c in table.columns],
                    "rows": [{"key": key, "name": words, "values": values} for key, words, values in table.rows],
                    "total": table.total} for table in report(chosen)]}, ensure_ascii=False, indent=1)


def _cases_in_rows(chosen: Chosen) -> Iterator[list]:
    yield list(CASE.values())
    for booking in cases(chosen):
        case = _case(booking)
        case["answers"] = "\n".join(f"{asked} {said}" for asked, said in case["answers"])
        yield [case[name] for name in CASE]


def _cases_as_json(chosen: Chosen) -> Iterator[str]:
    before = "[\n"
    for booking in cases(chosen):
        yield before + json.dumps(_case(booking), ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


def _case(booking: Booking) -> dict:
    """One case in words, without its secret."""
    service, place = services.SERVICES[booking.service], booking.place
    return {
        "reference": booking.reference, "journal": booking.journal, "service": str(service.name),
        "status": str(STATUSES[booking.status]), "received": moment(booking.received_at),
        "decided": booking.decided_on.isoformat() if booking.decided_on else "", "wait": booking.wait,
        "promise": booking.due_on.isoformat(), "closed": moment(booking.closed_at) if booking.closed_at else "",
        "reason": wording.name_of(booking.reason) if booking.reason else "",
        "helped": str(HELPED.get(booking.helped, "")), "why": str(HELPED_WHY.get(booking.helped_why, "")),
        "name": booking.name, "organisation": booking.org, "email": booking.email, "phone": booking.phone,
        "address": booking.address, "reply": str(WAYS[booking.reply]), "language": LANGUAGES[booking.language],
        "road": booking.road, "stretch": booking.from_to, "postcode": place.postcode, "town": place.town,
        "municipality": place.municipality,
        "answers": [list(said) for said in service.questions.describe(booking.answers)],
    }


def csv_lines(rows: Iterable[list]) -> Iterator[str]:
    """As spreadsheets here open it: semicolons, a mark that says UTF-8, and a comma before decimals."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")
    yield "\ufeff"
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _cell(value) -> str | int:
    """Numbers stay numbers. What somebody typed is never a formula, whatever it begins with."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    if isinstance(value, float):
        return f"{value:.4f}".replace(".", ",")
    words = str(value)
    return f"'{words}" if words.startswith(tuple("=+-@\t\r\n＝＋－＠")) else words  # noqa: RUF001 (so do wide ones)
