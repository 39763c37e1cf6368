"""Letters as the officer sees them: their fate, and those that somebody must phone, post or send again. And what people
write who cannot use our site."""

from flask import g, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from forms import FeedbackAnswerForm
from models import BlockedAddress, Channel, DeliveryStatus, Feedback, Letter, db
from web import commit_and_redirect, form_page, needs_press

from .blueprint import not_any_more, office

PAGE = 100


@office.get("/breve/<int:id>")
def letter(id: int):
    return render_template("office/letter.html", letter=db.get_or_404(Letter, id))


@office.get("/breve/tilbageholdt")
def held_back():
    """The newest first: letters that were not sent, and the addresses that get no receipts."""
    letters = select(Letter).where(Letter.delivery_status == DeliveryStatus.SUPPRESSED).options(
        selectinload(Letter.booking))
    return render_template("office/held_back.html", letters=db.session.scalars(
        letters.order_by(Letter.id.desc()).limit(PAGE)).all(), blocks=db.session.scalars(
        select(BlockedAddress).order_by(BlockedAddress.id.desc())).all())


@office.post("/breve/spaerret/<int:id>/ophaev")
@needs_press
def lift_block(id: int):
    db.get_or_404(BlockedAddress, id).lift(g.officer)
    return commit_and_redirect(url_for(".held_back"), gettext("The address gets receipts again."))


@office.post("/breve/<int:id>")
@needs_press
def resolve_letter(id: int):
    """Send it again, where the citizen can be reached now, or note that it was phoned or posted."""
    letter, back = db.get_or_404(Letter, id), url_for(".letter", id=id)
    if "again" in request.form:
        letter.send_again()
        by_mail = letter.delivery_status is DeliveryStatus.WAITING and letter.channel is Channel.EMAIL
        return commit_and_redirect(back, gettext("The letter is sent again.") if by_mail else "")
    letter.do_by_hand(g.officer)
    return commit_and_redirect(back, gettext("Noted as done."))


@office.route("/tilgaengelighed/<int:id>", methods=["GET", "POST"])
def feedback(id: int):
    """The answer goes by letter where there is an address; else the message is seen to."""
    message, form = db.get_or_404(Feedback, id), FeedbackAnswerForm()
    if message.closed_at and form.typed():
        return not_any_more(form, url_for(".feedback", id=id))
    if message.closed_at or not form.validate_on_submit():
        return form_page("office/feedback.html", form, message=message)
    message.answer(g.officer, form.words.data)
    return commit_and_redirect(url_for(".work_list", bunke="tilgaengelighed"), gettext(
        "The answer is on its way.") if message.email else gettext("Noted as done."))
