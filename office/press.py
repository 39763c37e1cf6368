"""An answer to the press: what is public of a period, a municipality or a road, ready to copy in every language."""

from flask import current_app, render_template, request
from flask_babel import get_locale
from werkzeug.datastructures import MultiDict

from forms import PressReleaseForm
from languages import in_each_language, prefix
from models import QuarterAccount, Result, db, today
from reporting import Account
from reporting.results import Wanted
from web import form_page

from .blueprint import office

MOST_LISTED = 100  # results, one line each; all of them count in the sums


@office.get("/tal/presse")
def press():
    """Reads what everybody may read, results and accounts, and nothing else."""
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
    counted = [result for result in results if result.measured is not None and result.charged is not None]
    return render_template(
        "office/press.txt", prefix=prefix(str(get_locale())), form=form, results=results, counted=counted,
        account=account, most=MOST_LISTED).strip()
