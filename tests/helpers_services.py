"""Two services that the catalogue does not have: what a fifth one costs."""

import catalogue
from forms import BookingForm, Count, Form, OneOf, Text


class LostAndFoundQuestions(BookingForm):
    kind = OneOf("What is it about?", {"bikes": "Bicycles", "keys": "Keys"})
    text = Text("Tell us more", 500)
    groups = (("The day", ("kind", "text")), ("The place", BookingForm.where), ("You", BookingForm.who_asks))


class LostAndFoundFindings(Form):
    found = Count("How many things found their owner?")
    note = Text("Internal note", 200, required=False, rules=[])
    internal = frozenset({"note"})
    groups = (("The day", ("found", "note")),)

ENTRY = catalogue.Service(
    key="lost", slug="glemte-sager", name="Lost and found day", book="Book a lost and found day", visit="Lost day",
    summary="We bring what was found.", not_for=(), questions=LostAndFoundQuestions, findings=LostAndFoundFindings,
    topic="kind", answer_within=5, act_within=20)
