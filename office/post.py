"""Letters as the officer sees them: their fate, and those that somebody must phone, post or send again. And what people
write who cannot use our site."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext

from forms import FeedbackAnswerForm
from models import Feedback, Letter, Way, db

from . import office, pressed


@office.get("/breve/<int:id>")
def letter(id: int):
    return render_template("office/letter.html", letter=db.session.get(Letter, id) or abort(404))


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
