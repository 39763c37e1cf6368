"""What it all adds up to, to be looked at and to be taken out; every case of a period, too."""

from datetime import timedelta

from flask import current_app, g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from catalogue import SERVICES
from forms import FiguresForm
from models import today
from reporting import Chosen, report, said_of_answers
from reporting.export import cases_as_json, cases_in_rows, csv_stream, figures_as_json, tables_in_rows
from web import download

from .blueprint import office

LAST_YEAR = timedelta(days=334)  # this month and the eleven before it


@office.get("/tal")
def figures():
    form, chosen = _chosen()
    if chosen is None:
        return render_template("office/figures.html", form=form, tables=[], query={}), 422
    return render_template("office/figures.html", form=form, tables=report(chosen), query=_query(form),
                           said=[] if g.officer.is_reader else said_of_answers(chosen))


@office.get("/<any(tal, sager):what>.<any(csv, json):kind>")
def export_figures(what: str, kind: str):
    """The same figures, or the cases behind them, as a file."""
    form, chosen = _chosen()
    if chosen is None:
        return redirect(url_for(".figures", **_query(form)))
    if kind == "csv":
        rows = tables_in_rows(report(chosen)) if what == "tal" else cases_in_rows(chosen)
        file, mimetype = csv_stream(rows), "text/csv"
    else:
        file, mimetype = figures_as_json(chosen) if what == "tal" else cases_as_json(chosen), "application/json"
    if g.officer.is_reader:
        file = list(file)  # what streams is read after the request, when nothing is hidden any more
    name = f"{what}-{chosen.first:%Y-%m}-{chosen.last:%Y-%m}.{kind}"
    return download(file, mimetype, name)


def _chosen() -> tuple[FiguresForm, Chosen | None]:
    """What the address asks for; None where the form has something to say about it."""
    usual = {"fra": f"{today().replace(day=1) - LAST_YEAR:%Y-%m}", "til": f"{today():%Y-%m}"}
    form = FiguresForm(MultiDict(usual | request.args.to_dict()), meta={"csrf": False})
    municipalities = current_app.config["DISTRICT"].municipality_names
    form.offer(service={s.key: s.name for s in SERVICES.values()},
               municipality={name: name for name in municipalities})
    if not form.validate():
        return form, None
    return form, Chosen(form.first.data, form.last_day, municipalities, form.service.data, form.municipality.data)


def _query(form: FiguresForm) -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name in {f.name for f in form}}
