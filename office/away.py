"""Being away: who stands in, what the public reads meanwhile, and what a stand-in must know."""

from datetime import timedelta

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import selectinload

from forms import AwayForm
from models import OPEN, Away, Booking, Officer, State, Status, Visit, db, midnight, today

from . import office, pressed
from .desk import letters_to_see_to

MOST = 100  # of each list: what is more, the work list shows


@office.route("/fravaer", methods=["GET", "POST"])
def away():
    form = AwayForm()
    form.stand_in.offer({str(o.id): o.name for o in Officer.coordinators() if o is not g.officer})
    if not form.validate_on_submit():
        return (render_template("office/away.html", form=form, coming=Away.coming()),
                422 if request.method == "POST" else 200)
    Away.enter(g.officer, form.first.data, form.last.data, form.off.data, words_da=form.words_da.data or "",
               words_en=form.words_en.data or "",
               stand_in=db.session.get(Officer, int(form.stand_in.data)) if form.stand_in.data else None)
    db.session.commit()
    flash(gettext("Kept."))
    return redirect(url_for(".away"), 303)


@office.post("/fravaer/<int:id>/fjern")
def end_away(id: int):
    away = db.session.get(Away, id) or abort(404)
    if pressed():
        away.end()
        db.session.commit()
        flash(gettext("Removed."))
    return redirect(url_for(".away"), 303)


@office.get("/overlevering")
def handover():
    """For the present or next time that somebody is away, or the one that is chosen; else for the coming two weeks."""
    coming = Away.coming()
    chosen = next((a for a in coming if str(a.id) == request.args.get("fravaer")), next(iter(coming), None))
    first, last = (chosen.first, chosen.last) if chosen else (today(), today() + timedelta(days=14))
    promised = _bookings(Booking.status.in_(OPEN), Booking.due_on <= last)
    return render_template(
        "office/handover.html", away=chosen, coming=coming, first=first, last=last, most=MOST,
        lists={gettext("Promises that fall due"): promised,
               gettext("Messages that nobody has read"): _bookings(Booking.news.is_(True)),
               gettext("New"): _bookings(Booking.status == Status.RECEIVED, Booking.decided_on.is_(None)),
               gettext("Waiting for the citizen"): _bookings(Booking.status == Status.NEEDS_INFORMATION)},
        visits=db.session.scalars(select(Visit).options(selectinload(Visit.place), selectinload(Visit.bookings)).where(
            or_(Visit.state == State.DONE, and_(
                Visit.state == State.PLANNED, Visit.starts_at < midnight(last + timedelta(days=1)))))
            .order_by(Visit.starts_at).limit(MOST)).all(),
        letters=db.session.scalars(letters_to_see_to().limit(MOST)).all())


def _bookings(*rules) -> list[Booking]:
    """The oldest promises first."""
    return list(db.session.scalars(select(Booking).options(*map(selectinload, (
        Booking.place, Booking.visits, Booking.proposals, Booking.events))).where(*rules).order_by(
        Booking.due_on, Booking.id).limit(MOST)))
