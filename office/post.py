"""Letters as the officer sees them: their fate, and those that somebody must phone, post or send again. And what people
write who cannot use our site."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from forms import FeedbackAnswerForm
from models import Block, Fate, Feedback, Letter, Way, db

from . import office, pressed

PAGE = 100


@office.get("/breve/<int:id>")
def letter(id: int):
    return render_template("office/letter.html", letter=db.session.get(Letter, id) or abort(404))


@office.get("/breve/tilbageholdt")
def held_back():
    """The newest first: letters that were not sent, and the addresses that get no receipts."""
    letters = select(Letter).where(Letter.fate == Fate.HELD).options(selectinload(Letter.booking))
    return render_template("office/held_back.html", letters=db.session.scalars(
        letters.order_by(Letter.id.desc()).limit(PAGE)).all(), blocks=db.session.scalars(
        select(Block).order_by(Block.id.desc())).all())


@office.post("/breve/spaerret/<int:id>/ophaev")
def lift_block(id: int):
    block = db.session.get(Block, id) or abort(404)
    if pressed():
        block.lift(g.officer)
        db.session.commit()
        flash(gettext("The address gets receipts again."))
    return redirect(url_for(".held_back"), 303)


@office.post("/breve/<int:id>")
def see_to(id: int):
    """Send it again, to the address that the citizen has now, or note that it was phoned or posted."""
    letter = db.session.get(Letter, id) or abort(404)
    if pressed():
        if "again" in request.form:
            reader = letter.booking or letter.owner
            now_at = reader.email if reader and letter.way is Way.EMAIL else ""
            letter.send_again(now_at or letter.recipient)
            flash(gettext("The letter is sent again."))
        else:
            letter.do_by_hand(g.officer)
            flash(gettext("Noted as done."))
        db.session.commit()
    return redirect(url_for(".letter", id=id), 303)


@office.route("/tilgaengelighed/<int:id>", methods=["GET", "POST"])
def feedback(id: int):
    """The answer goes by letter where there is an address; else the message is seen to."""
    message, form = db.session.get(Feedback, id) or abort(404), FeedbackAnswerForm()
    if message.closed_at is None and form.validate_on_submit():
        message.answer(g.officer, form.words.data)
        db.session.commit()
        flash(gettext("The answer is on its way.") if message.email else gettext("Noted as done."))
        return redirect(url_for(".desk", bunke="tilgaengelighed"), 303)
    return render_template("office/feedback.html", message=message, form=form), 422 if form.errors else 200
