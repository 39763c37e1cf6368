"""What most would write: a form of Flask-WTF with as many fields, a template that goes through them, one row a wish."""

import os

from flask import Flask, redirect, render_template
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from jinja2 import DictLoader
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional

FIELDS = 26  # of which two are chosen from lists
CHOICES = [(f"choice-{n}", f"One of the things to choose from, number {n}") for n in range(8)]
PAGE = """<!doctype html><html lang="en"><title>A wish</title><h1>A wish</h1>
<form method="post">{{ form.hidden_tag() }}
{% for field in form if field.widget.input_type != "hidden" %}
  <p>{{ field.label }} {{ field(class="field", aria_describedby=field.id ~ "-hint") }}
    <span id="{{ field.id }}-hint">{{ field.description }}</span></p>
  {% for error in field.errors %}<p class="error">{{ error }}</p>{% endfor %}
{% endfor %}
<button>Send</button></form></html>"""

db = SQLAlchemy()


class Wish(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    road: Mapped[str]
    answers: Mapped[dict] = mapped_column(db.JSON)


class WishForm(FlaskForm):
    road = StringField("Road", [InputRequired(), Length(max=120)])
    problem = SelectField("What is the problem?", [Optional()], choices=CHOICES)
    worst = SelectMultipleField("When is it worst?", choices=CHOICES)


for number in range(FIELDS - 3):
    setattr(WishForm, f"field_{number}", StringField(
        f"Question {number}", [Optional(), Length(max=200)], description="A sentence that says what is meant by it."))


def _pragmas(connection, _record):
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 60000")


def create_app() -> Flask:
    app = Flask("plain_form")
    app.jinja_loader = DictLoader({"wish.html": PAGE})
    app.config.update(SECRET_KEY="bench", WTF_CSRF_TIME_LIMIT=None,
                      SQLALCHEMY_DATABASE_URI=f"sqlite:///{os.environ['BOOKING_INSTANCE']}/plain.sqlite")
    db.init_app(app)
    with app.app_context():
        event.listen(db.engine, "connect", _pragmas)
        db.create_all()

    @app.route("/wish", methods=["GET", "POST"])
    def wish():
        form = WishForm()
        if not form.validate_on_submit():
            return render_template("wish.html", form=form)
        db.session.add(Wish(road=form.road.data, answers={
            name: value for name, value in form.data.items() if name != "csrf_token"}))
        db.session.commit()
        return redirect("/thanks", 303)

    return app
