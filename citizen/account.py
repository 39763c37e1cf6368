"""The honest account: what came of the wishes of a quarter or year, for everybody, and as a file."""

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from forms import AccountForm
from models import QuarterAccount
from page_cache import rendered_once
from reporting import Account, how_we_choose, in_tables, over_time, periods
from reporting.export import csv_stream, tables_in_rows
from web import download, form_page

from .blueprint import citizen

QUARTERS_DRAWN = 8


@citizen.get("/regnskab")
@rendered_once("periode", "kommune")
def account():
    form, chosen = _chosen()
    shown = {"how": how_we_choose(), "query": request.args.to_dict()}
    if chosen is None:
        return form_page("citizen/account.html", form, **shown)
    drawn = over_time(QuarterAccount.history()[-QUARTERS_DRAWN:], chosen.area)
    return render_template("citizen/account.html", form=form, account=chosen, drawn=drawn,
                           tables=in_tables(chosen, current_app.config["DISTRICT"].municipality_names), **shown)


@citizen.get("/regnskab.csv")
def account_file():
    """The same tables, as they stand on the page."""
    form, chosen = _chosen()
    if chosen is None:
        return redirect(url_for(".account", **request.args.to_dict()))
    file = list(csv_stream(tables_in_rows(in_tables(chosen, current_app.config["DISTRICT"].municipality_names))))
    return download(file, "text/csv", f"regnskab-{form.period.data}.csv")


def _chosen() -> tuple[AccountForm, Account | None]:
    """What the address asks for, else the newest year; None where there is nothing, or the form has to say so."""
    known = periods(QuarterAccount.history())
    form = AccountForm(MultiDict({"periode": next(iter(known), "")} | request.args.to_dict()), meta={"csrf": False})
    municipalities = {name: name for name in current_app.config["DISTRICT"].municipality_names}
    form.offer(period={key: name for key, (name, _) in known.items()}, municipality=municipalities)
    if not known or not form.validate():
        return form, None
    name, quarters = known[form.period.data]
    return form, Account(quarters, form.municipality.data or "", name)
