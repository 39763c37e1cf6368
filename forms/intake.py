"""What is typed about the switch of the intake, by the officer and by those who find it off; and about being away."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import Email, ValidationError

from .citizen import PlaceForm
from .fields import Count, Day, Form, Line, Select, Text
from .officer import ANYBODY_TO_ASK, must_be_coming
from .open import OpenForm
from .rules import day_here


def public_words(label, required: bool = True) -> Text:
    return Text(label, 600, required=required, rules=[ANYBODY_TO_ASK], render_kw={"rows": 3}, description=_l(
        "Stands on the public pages as you write it. No names, and never when or that a control is planned."))


class PauseForm(Form):
    until = Day(_l("The form opens again on"))
    words_da = public_words(_l("Why, in Danish"))
    words_en = public_words(_l("Why, in English"))

    def validate_until(self, field):
        must_be_coming(field)


class LetInForm(Form):
    count = Count(_l("How many?"), least=1, most=500)
    days = Count(_l("For how many days is the form open for them?"), least=1, most=30)


class TellMeForm(OpenForm):
    email = Line(_l("E-mail"), 254, rules=[Email(allow_smtputf8=False)],
                 render_kw={"autocomplete": "email", "type": "email", "inputmode": "email"})


class JoinForm(OpenForm, PlaceForm):
    """A place that somebody has asked about already."""

    lat = lng = from_to = None


class AwayForm(Form):
    first = Day(_l("First day"))
    last = Day(_l("Last day"))
    stand_in = Select(_l("Who stands in?"), required=False)
    words_da = public_words(_l("Notice on the public pages, in Danish"), required=False)
    words_en = public_words(_l("Notice on the public pages, in English"), required=False)
    off = BooleanField(_l("I go on no visits meanwhile: enter it in the calendar, too"))

    def validate_last(self, field):
        if field.data < day_here():
            raise ValidationError(gettext("This day is over."))
        if self.first.data and field.data < self.first.data:
            raise ValidationError(gettext("This is before it starts."))

    def validate(self, extra_validators=None) -> bool:
        """A notice stands in both languages or in none."""
        valid = super().validate(extra_validators)
        for mine, other in ((self.words_da, self.words_en), (self.words_en, self.words_da)):
            if other.data and not mine.data:
                mine.errors, valid = [gettext("Write it in both languages, or in none.")], False
        return valid
