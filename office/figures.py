"""What it all adds up to, to be looked at and to be taken out; every case of a period, too; and for the press, what is
public of it."""

from datetime import timedelta

from flask import current_app, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.datastructures import MultiDict

from catalogue import SERVICES
from forms import FiguresForm, PressReleaseForm
from languages import in_each_language, prefix
from models import QuarterAccount, Result, db, today
from reporting import Account, Chosen, report, said_of_answers
from reporting.export import cases_as_json, cases_in_rows, csv_stream, figures_as_json, tables_in_rows
from reporting.results import Wanted
from web import download, form_page

from .blueprint import office

LAST_YEAR = timedelta(days=334)  # this month and the eleven before it
MOST_LISTED = 100  # results, one line each; all of them count in the sums


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
    return download(file, mimetype, f"{what}-{chosen.first:%Y-%m}-{chosen.last:%Y-%m}.{kind}")


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


@office.get("/tal/presse")
def press():
    """An answer to the press: what is public of a period, a municipality or a road, ready to copy in every language. It
    reads what everybody may read, results and accounts, and nothing else."""
    usual = {"fra": f"{today().replace(month=1):%Y-%m}", "til": f"{today():%Y-%m}"}
    form = PressReleaseForm(MultiDict(usual | request.args.to_dict()), meta={"csrf": False})
    form.offer(municipality={name: name for name in current_app.config["DISTRICT"].municipality_names})
    if not form.validate():
        return form_page("office/press.html", form, texts={})
    public = {"results": _results(form), "account": _account(form)}
    return render_template("office/press.html", form=form, texts=in_each_language(lambda: _text(form, **public)))


def _results(form: PressReleaseForm) -> list[Result]:
    wanted = Wanted(words=form.road.data or "", municipality=form.municipality.data or "")
    return list(db.session.scalars(
        wanted.newest_first().where(Result.day.between(form.first.data, form.last_day))))


def _account(form: PressReleaseForm) -> Account | None:
    """Of the quarters that lie in the period; none where it is about one road."""
    quarters = [quarter for quarter in QuarterAccount.history()
                if form.first.data <= quarter.first and quarter.last <= form.last_day]
    return Account(quarters, form.municipality.data or "") if quarters and not form.road.data else None


def _text(form: PressReleaseForm, results: list[Result], account: Account | None) -> str:
    return render_template(
        "office/press.txt", prefix=prefix(str(get_locale())), form=form, results=results, account=account,
        most=MOST_LISTED).strip()
