"""What an officer may type."""

from datetime import date, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import Email, ValidationError

from .citizen import LANGUAGES, BookingForm, PlaceForm
from .fields import AnyOf, Day, Form, Line, Month, OneOf, Select, Text, day_in_words
from .rules import NoPersonalData, day_here, in_my_language

CHANNELS = {"phone": _l("Phone"), "paper": _l("Letter or in person")}


class PressForm(Form):
    """A single button."""


# An officer tells whom to ask, and how to reach them.
ANYBODY_TO_ASK = NoPersonalData(contacts_too=False)


def own_words() -> Text:
    return Text(_l("Your own words to the citizen"), 1500, required=False, rules=[ANYBODY_TO_ASK],
                render_kw={"rows": 4}, description=_l(
                    "Is put into the letter as it stands, in the citizen's language. "
                    "No names and no number plates."))


class SpamForm(Form):
    block = BooleanField(_l("From now on send no receipts to this e-mail address"), description=_l(
        "What is booked under it still comes to the work list, and your own answers still go to it."))


class WordsForm(Form):
    """An action whose letter may carry a few words of the officer's own."""

    words = own_words()


class AskForm(Form):
    words = Text(_l("What do you need to know?"), 1500, rules=[ANYBODY_TO_ASK], render_kw={"rows": 4}, description=_l(
        "Is put into the letter as it stands, in the citizen's language. No names and no number plates."))
    answer_by = Day(_l("Answer wanted by"))

    def validate_answer_by(self, field):
        must_be_coming(field)


class DelayForm(Form):
    words = Text(_l("What does the case wait for?"), 600, rules=[ANYBODY_TO_ASK], render_kw={"rows": 3}, description=_l(
        "Is put into the letter as it stands, in the citizen's language. "
        "Never write when or that a control is planned."))
    due_on = Day(_l("New date for the answer"))

    def after(self, promised: date, expected: date | None = None) -> "DelayForm":
        """A delay is later than what was promised; `expected` is the day that the queue gives."""
        self.promised = promised
        if expected and expected > promised:
            self.due_on.data = self.due_on.data or expected
        return self

    def validate_due_on(self, field):
        must_be_coming(field)
        if field.data <= self.promised:
            raise ValidationError(gettext("Write a day after the one that was promised: %(day)s.",
                                          day=day_in_words(self.promised)))


class DeclineForm(Form):
    """`reasons` and their words belong to the service, so the choices are set by whoever shows the form; `reworded`
    are the officer's own sentences, by service, reason and language."""

    reason = OneOf(_l("Reason"))
    words = own_words()
    instead = Text(_l("What the citizen can do instead"), 600, required=False, rules=[ANYBODY_TO_ASK],
                   render_kw={"rows": 3},
                   description=_l("Another way, if there is one."))

    def offer(self, reasons: dict, reworded: dict) -> "DeclineForm":
        self.reason.offer(reasons)
        self.reworded = reworded
        return self


class ReferForm(Form):
    authority = OneOf(_l("To whom?"))
    words = own_words()

    def offer(self, authorities: dict) -> "ReferForm":
        self.authority.offer(authorities)
        return self


class WordingForm(Form):
    """The sentence of one reason in both languages. `name` is asked where the reason is the officers' own."""

    name = Line(_l("What officers call it"), 60)
    da = Text(_l("In Danish"), 1000, rules=[ANYBODY_TO_ASK], render_kw={"rows": 4, "lang": "da"})
    en = Text(_l("In English"), 1000, rules=[ANYBODY_TO_ASK], render_kw={"rows": 4, "lang": "en"})
    put_away = BooleanField(_l("Put away: do not offer it for now"))


class NoteForm(Form):
    words = Text(_l("Internal note"), 4000, rules=[], render_kw={"rows": 3},
                 description=_l("Is never sent and never shown outside the office."))


class JournalForm(Form):
    journal = Line(_l("Journal number"), 40, required=False)


class FiguresForm(Form):
    """From which month to which, and of what; the addresses of the page and of its files are made of it."""

    fra = Month(_l("From month"))
    til = Month(_l("To month"))
    ydelse = Select(_l("Service"), required=False)
    kommune = Select(_l("Municipality"), required=False)

    def validate_til(self, field):
        if self.fra.data and not timedelta() <= field.data - self.fra.data < timedelta(days=20 * 366):
            raise ValidationError(gettext("Choose a month after the first one, and at most 20 years."))


SUITS = {"": _l("Not known"), "suitable": _l("Suitable"), "nearby": _l("Suitable nearby"),
         "unsuitable": _l("Not suitable")}


class PlaceNotesForm(Form):
    """What officers know of a place."""

    suits = Select(_l("Does the place suit?"), SUITS, required=False)
    suitability = Text(_l("Suitability of the place"), 2000, required=False, rules=[],
                       render_kw={"rows": 3}, description=_l("For officers only, such as where it is safe to stand."))
    from_to = Line(_l("Stretch"), 200, required=False)
    again_on = Day(_l("No control before"), required=False, description=_l(
        "Otherwise twelve weeks after the last one. It is advice, nothing is locked."))


class MergeForm(Form):
    """The place that this one turned out to be."""

    road = Line(_l("Road"), 120)
    postcode = Line(_l("Postcode"), 4, render_kw={"inputmode": "numeric", "class": "form-input-short"})


class PartForm(Form):
    """A stretch of the same road that is a place of its own, and those who asked about it."""

    stretch = Line(_l("The other stretch"), 200)
    asked = AnyOf(_l("Who asked about it?"))

    def offer(self, bookings: dict) -> "PartForm":
        self.asked.offer(bookings)
        return self


class FieldLinkForm(Form):
    """To whom a link to a visit's findings goes."""

    email = Line(_l("The colleague’s e-mail"), 254, rules=[Email(allow_smtputf8=False)],
                 render_kw={"type": "email", "inputmode": "email"})
    language = OneOf(_l("Language of the letter"), LANGUAGES, default="da")


class MoveForm(PlaceForm):
    """The place that something is really about. An officer names it; pins are the citizens'."""

    lat = lng = None
    from_to = Line(_l("Stretch"), 200, required=False)


def taken_in(questions: type[BookingForm]) -> type[BookingForm]:
    """A service's booking form as an officer fills it in for someone who phoned, wrote or came by."""

    class TakenInForm(questions):
        channel = OneOf(_l("How did it come in?"), CHANNELS)
        groups = ((_l("Taken in"), ("channel",)), *questions.groups)
        quickest, homepage = 0, None  # whoever has logged in is a person
        lead_days = 1  # whoever takes it in knows what can be done in time
        common = questions.common | {"channel"}

        def may_be_reached(self) -> bool:
            return super().may_be_reached() or self.reply.data == "letter"

        def columns(self) -> dict:
            return {**super().columns(), "channel": self.channel.data}

    return TakenInForm


def must_be_coming(field) -> None:
    if field.data and not day_here() < field.data <= day_here() + timedelta(days=730):
        raise ValidationError(gettext("Write a date that lies ahead, within two years."))


def authorities(district, municipality: str) -> dict[str, str]:
    """To whom a wish from `municipality` can be referred: key and name."""
    return {a.key: f"{in_my_language(a.name)}" + (f" ({municipality})" if a.key == "municipality" else "")
            for a in district.authorities}
