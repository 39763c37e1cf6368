"""What is known of a place: who asked, what was found, whether it suits."""

from flask import abort, redirect, render_template, url_for

import services
from forms import SuitabilityForm
from models import Place, db

from . import office


@office.get("/sted/<int:id>")
def place(id: int):
    return _place_page(db.session.get(Place, id) or abort(404))


@office.post("/sted/<int:id>")
def suit(id: int):
    place, form = db.session.get(Place, id) or abort(404), SuitabilityForm()
    if not form.validate():
        return _place_page(place, form), 422
    place.suitability = form.suitability.data or ""
    db.session.commit()
    return redirect(url_for(".place", id=id), 303)


def _place_page(place: Place, form: SuitabilityForm | None = None):
    return render_template("office/place.html", place=place, services=services.SERVICES,
                           form=form or SuitabilityForm(None, obj=place))
