"""What an officer may type."""

from datetime import date, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import Length, ValidationError

from .citizen import BookingForm, PlaceForm
from .fields import Day, Form, Line, Month, OneOf, Select, Text, day_in_words
from .rules import NoPersonalData, Required, day_here, in_my_language

CHANNELS = {"phone": _l("Phone"), "paper": _l("Letter or in person")}


class LoginForm(Form):
    email = Line(_l("E-mail"), 254, render_kw={"autocomplete": "username", "type": "email"})
    password = PasswordField(_l("Password"), validators=[Required(), Length(max=200)],
                             render_kw={"autocomplete": "current-password"})


class PressForm(Form):
    """A single button."""


# An officer tells whom to ask, and how to reach them.
ANYBODY_TO_ASK = NoPersonalData(contacts_too=False)


def own_words() -> Text:
    return Text(_l("Your own words to the citizen"), 1500, required=False, rules=[ANYBODY_TO_ASK],
                render_kw={"rows": 4}, description=_l(
                    "Is put into the letter as it stands, in the citizen's language. "
                    "No names and no number plates."))


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

    def after(self, promised: date) -> "DelayForm":
        """A delay is later than what was promised."""
        self.promised = promised
        return self

    def validate_due_on(self, field):
        must_be_coming(field)
        if field.data <= self.promised:
            raise ValidationError(gettext("Write a day after the one that was promised: %(day)s.",
                                          day=day_in_words(self.promised)))


class DeclineForm(Form):
    """`reasons` and their words belong to the service, so the choices are set by whoever shows the form."""

    reason = OneOf(_l("Reason"))
    words = own_words()
    instead = Text(_l("What the citizen can do instead"), 600, required=False, rules=[ANYBODY_TO_ASK],
                   render_kw={"rows": 3},
                   description=_l("Another way, if there is one."))

    def offer(self, reasons: dict) -> "DeclineForm":
        self.reason.offer(reasons)
        return self


class ReferForm(Form):
    authority = OneOf(_l("To whom?"))
    words = own_words()

    def offer(self, authorities: dict) -> "ReferForm":
        self.authority.offer(authorities)
        return self


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


class SuitabilityForm(Form):
    suitability = Text(_l("Suitability of the place"), 2000, required=False, rules=[],
                       render_kw={"rows": 3}, description=_l("For officers only, such as where it is safe to stand."))


class MoveForm(PlaceForm):
    """The place that something is really about. An officer names it; pins are the citizens'."""

    lat = lng = None
    from_to = Line(_l("Stretch"), 200, required=False)


def taken_in(questions: type[BookingForm]) -> type[BookingForm]:
    """A service's booking form as an officer fills it in for someone who phoned, wrote or came by."""

    class TakenInForm(questions):
        channel = OneOf(_l("How did it come in?"), CHANNELS)
        groups = ((_l("Taken in"), ("channel",)), *questions.groups)
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
