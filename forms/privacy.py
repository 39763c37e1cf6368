"""What is typed about people's data, the notice on it, and what somebody cannot use on our site."""

import json

from flask_babel import lazy_gettext as _l

from .bot_check import PublicForm
from .citizen import EMAIL, ON_THE_DAY
from .fields import AnyOf, Count, Day, InEachLanguage, Line, Text
from .form import Form
from .officer import ANYBODY_TO_ASK, must_be_coming
from .validators import EmailAddress, NoPersonalData


class RetentionDecisionForm(Form):
    decision = Line(_l("The decision of the National Archives: its number and date"), 200, description=_l(
        "It stands on the public page about personal data."))
    months = Count(_l("How many months after the case is closed?"), least=2, most=600)
    first = Day(_l("Nothing is removed before"), rules=[must_be_coming])


class PersonForm(Form):
    """Whose data it is, and which of the cases found are theirs."""

    q = Line(_l("E-mail, phone, name or reference"), 254, render_kw={"autocomplete": "off"})
    cases = AnyOf(_l("Which of these are the same person?"), required=False, name="sag")


class PrivacyNoticeForm(Form):
    texts = InEachLanguage(_l("The privacy notice"), 12_000, rules=[ANYBODY_TO_ASK], rows=16)


class RectifyForm(Form):
    right = Text(_l("What is right?"), 2000, rules=[], render_kw={"rows": 3}, description=_l(
        "Answers are not changed. The correction is shown beside them, wherever officers read them."))


class MaskForm(Form):
    """What looks like personal data in an answer or a later message, and was meant as it stood when the citizen was
    asked about it."""

    found = AnyOf(_l("What is to be masked?"))

    def __init__(self, *args, obj, **kwargs):
        super().__init__(*args, **kwargs)
        answers = {name: answer for name, answer in obj.answers.items() if name not in ON_THE_DAY}
        messages = [event.words for event in obj.events if event.is_by_citizen]
        answered = json.dumps(answers, ensure_ascii=False).replace(r"\n", "\n")  # a word begins behind a line's end
        texts = "\n".join((obj.road, obj.from_to, answered, *messages))
        self.found.offer({found: found for found in NoPersonalData.doubts(texts)})


class FeedbackForm(PublicForm):
    page = Line(_l("On which page?"), 200, description=_l("Its address or its heading."))
    words = Text(_l("What can you not use or not understand?"), 2000, render_kw={"rows": 5},
                 rules=[NoPersonalData(contacts_too=False)])
    email = Line(_l("E-mail, if you want an answer"), 254, required=False, rules=[EmailAddress()],
                 render_kw=EMAIL)


class FeedbackAnswerForm(Form):
    words = Text(_l("Your answer"), 2000, rules=[ANYBODY_TO_ASK], render_kw={"rows": 5}, description=_l(
        "Is put into the letter as it stands, in the reader’s language. Without an address, it is kept as a note."))
