"""What is typed about people's data, the notice on it, and what somebody cannot use on our site."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import Email

from .fields import AnyOf, Count, Day, Form, Line, Text
from .officer import ANYBODY_TO_ASK, must_be_coming
from .open import OpenForm


class PermitForm(Form):
    decision = Line(_l("The decision of the National Archives: its number and date"), 200, description=_l(
        "It stands on the public page about personal data."))
    months = Count(_l("How many months after the case is closed?"), least=2, most=600)
    first = Day(_l("Nothing is removed before"))

    def validate_first(self, field):
        must_be_coming(field)


class PersonForm(Form):
    """Whose data it is, and which of the cases found are theirs."""

    q = Line(_l("E-mail, phone, name or reference"), 254, render_kw={"autocomplete": "off"})
    sag = AnyOf(_l("Which of these are the same person?"), required=False)


class NoticeForm(Form):
    da = Text(_l("In Danish"), 12_000, rules=[ANYBODY_TO_ASK], render_kw={"rows": 16, "lang": "da"}, description="")
    en = Text(_l("In English"), 12_000, rules=[ANYBODY_TO_ASK], render_kw={"rows": 16, "lang": "en"}, description="")


class RightForm(Form):
    right = Text(_l("What is right?"), 2000, rules=[], render_kw={"rows": 3}, description=_l(
        "Answers stay as they were given. This stands beside them, wherever officers read them."))


class FeedbackForm(OpenForm):
    page = Line(_l("On which page?"), 200, description=_l("Its address or its heading."))
    words = Text(_l("What can you not use or not understand?"), 2000, render_kw={"rows": 5})
    email = Line(_l("E-mail, if you want an answer"), 254, required=False, rules=[Email(allow_smtputf8=False)],
                 render_kw={"autocomplete": "email", "type": "email", "inputmode": "email"})


class FeedbackAnswerForm(Form):
    words = Text(_l("Your answer"), 2000, rules=[ANYBODY_TO_ASK], render_kw={"rows": 5}, description=_l(
        "Is put into the letter as it stands, in the reader’s language. Without an address, it is kept as a note."))
