"""What those at a meeting or on a walk open: the poll, by the code on the wall, and the wall itself; and the page of
facts that is handed out."""

from flask import abort, g, render_template, request, session, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup

import ratelimits
from catalogue import SERVICES
from facts import sheet
from forms import poll_form
from languages import in_each_language
from mail.letters import CITIZEN_PATHS, address_of
from models import Handout, Poll, PollRound, is_same_secret, new_secret
from web import commit_and_redirect, form_page, redirect_unchanged

from .blueprint import citizen

REFRESH_SECONDS = 5  # of the projector's page, by the browser itself


@citizen.route(CITIZEN_PATHS["poll"], methods=["GET", "POST"])
@ratelimits.poll_code_limit
@ratelimits.poll_answer_limit
def poll(code: str):
    """A code that is wrong and one that is not open get the same page, and nothing tells which it was."""
    found = Poll.by_code(code)
    if found is None:
        g.wrong_code = True  # which the limit counts
    if found is None or found.open_round is None:
        return render_template("citizen/poll.html", form=None), 404
    if request.method == "POST" and request.form.get("round") != found.open_round:
        return redirect_unchanged(url_for(".poll", code=code), gettext(
            "That round was over, so your answers were not counted. Here are the questions that are asked now."))
    questions = SERVICES[found.visit.service].polled_in(found.open_round)
    phone = session.setdefault("phone", new_secret())
    form = poll_form(questions)(data=found.answers_of(phone))
    if not form.validate_on_submit():
        return form_page("citizen/poll.html", form, poll=found, questions=questions)
    found.answer(phone, form.answers())
    return commit_and_redirect(url_for(".poll", code=found.code), gettext(
        "Thank you. Your answer counts. Until the poll is closed, you can change it here."))


@citizen.get("/m/<code>/<secret>")
def poll_wall(code: str, secret: str):
    """For the projector: it needs no log-in, because the machine that it runs on is often somebody else's."""
    found = Poll.by_code(code)
    if found is None or not is_same_secret(found.secret, secret):
        abort(404)
    last_round = (found.shown_rounds or [*PollRound])[-1]
    address = address_of("citizen.poll", str(get_locale()), code=found.code)
    import segno  # which only this page and one of the office need

    picture = segno.make(address, error="m").svg_inline(border=2, light="#fff", omitsize=True)
    return render_template(
        "citizen/poll_wall.html", poll=found, address=address.partition("://")[2],
        questions=SERVICES[found.visit.service].polled_in(last_round), picture=Markup(picture),  # noqa: S704
    ), {"Refresh": str(REFRESH_SECONDS)}


@citizen.get("/faktaark/<secret>")
def handout(secret: str):
    """Whoever has its address may read and print it, in each language that the officer has chosen, whatever that of the
    page around it."""
    found = Handout.one_by(secret=secret) or abort(404)
    return render_template("citizen/handout.html", handout=found,
                           sheets=in_each_language(lambda: _sheet(found), found.languages))


def _sheet(found: Handout) -> Markup:
    return Markup(render_template(  # a template's own output, which is escaped already
        "citizen/_handout_sheet.html", sheet=sheet(found), language=str(get_locale())))
