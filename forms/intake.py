"""What is typed about the switch of the intake, by the officer and by those who find it off; and about being away."""

from flask_babel import gettext, lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import BooleanField, Field

from .bot_check import PublicForm
from .citizen import EMAIL, PlaceForm
from .fields import Count, Day, InEachLanguage, Line, Select
from .form import Form, refuse_if
from .officer import ANYBODY_TO_ASK, must_be_coming
from .validators import EmailAddress, day_here

PUBLIC = _l("Stands on the public pages as you write it. No names, and never when or that a control is planned.")
ALL_OR_NONE = _l("Write it in every language, or in none.")


def public_words(label, required: bool = True) -> InEachLanguage:
    return InEachLanguage(label, 600, required=required, rules=[ANYBODY_TO_ASK], description=(
        PUBLIC if required else LazyString(lambda: f"{ALL_OR_NONE} {PUBLIC}")))


class PauseForm(Form):
    until = Day(_l("The form opens again on"), rules=[must_be_coming])
    texts = public_words(_l("Why"))


class AdmitForm(Form):
    count = Count(_l("How many?"), least=1, most=500)
    days = Count(_l("For how many days is the form open for them?"), least=1, most=30)


class TellMeForm(PublicForm):
    email = Line(_l("E-mail"), 254, rules=[EmailAddress()], render_kw=EMAIL)


class JoinForm(PublicForm, PlaceForm):
    """A place that somebody has asked about already."""

    lat = lng = accuracy = from_to = None


class OfficerAbsenceForm(Form):
    first = Day(_l("First day"))
    last = Day(_l("Last day"))
    stand_in = Select(_l("Who stands in?"), required=False)
    texts = public_words(_l("Notice on the public pages"), required=False)
    off = BooleanField(_l("I go on no visits meanwhile: enter it in the calendar, too"))

    def validate_last(self, field):
        refuse_if(field.data < day_here(), gettext("This day is over."))
        refuse_if(self.first.data and field.data < self.first.data, gettext("This is before it starts."))

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        return [(bool(self.texts.data) and not text.data, text, str(ALL_OR_NONE)) for text in self.texts]
