"""Forms for meetings and walks: a file of figures, what is handed out, advice; what a phone answers in a poll, and what
an officer counted in the room."""

from flask import request
from flask_babel import gettext, lazy_gettext as _l
from wtforms import FileField, HiddenField
from wtforms.validators import URL

from languages import LANGUAGE_NAMES
from models.limits import FEWEST_FACTS, MOST_FACTS

from .fields import AnyOf, Count, InEachLanguage, Line, OneOf
from .form import Form, refuse_if

MOST_OCTETS = 20_000_000  # of a file: all areas and offences of StatBank for many years


class SentFile(FileField):
    """A file to send along; `data` are its octets, none where there is no file."""

    def process_formdata(self, _typed):
        sent = request.files.get(self.name)
        self.data = sent.stream.read() if sent else b""


class FigureFileForm(Form):
    """A file from StatBank; when it has been looked through, `rows` carries what it says to the storing press."""

    file = SentFile(_l("File from StatBank (CSV)"), render_kw={"accept": ".csv,text/csv"})
    rows = HiddenField()


class HandoutForm(Form):
    """What stands on the page that is handed out at a meeting."""

    measures = AnyOf(_l("Facts about"), description=_l("From %(least)s to %(most)s.", least=FEWEST_FACTS,
                                                       most=MOST_FACTS))
    topics = AnyOf(_l("Advice about"), required=False)
    words = InEachLanguage(_l("A line of your own"), 300, required=False, rows=2)
    languages = AnyOf(_l("Language of the page"), LANGUAGE_NAMES)

    def validate_measures(self, field):
        refuse_if(not FEWEST_FACTS <= len(field.data) <= MOST_FACTS, gettext(
            "Choose from %(least)s to %(most)s.", least=FEWEST_FACTS, most=MOST_FACTS))


class AdviceForm(Form):
    """The advice about one topic."""

    texts = InEachLanguage(_l("What people read"), 400, rows=4, rules=[])
    link = Line(_l("Where the official advice stands"), 200, rules=[
        URL(message=_l("Write the whole address, such as https://dkr.dk."))])


def poll_form(questions) -> type[Form]:
    """One choice for each question (catalogue/polls.py)."""
    return type("PollForm", (Form,), {question.key: OneOf(question.text, question.options) for question in questions})


class _CountsForm(Form):
    def numbers(self) -> dict[tuple[str, str], int]:
        """How many for each (question, option); none, where nothing is written."""
        return {tuple(field.short_name.split("-")): field.data or 0 for field in self if isinstance(field, Count)}


def counts_form(questions) -> type[_CountsForm]:
    """A number for each option of each question."""
    fields = {f"{question.key}-{option}": Count(words, required=False, most=1000)
              for question in questions for option, words in question.options.items()}
    groups = tuple((question.text, (tuple(f"{question.key}-{option}" for option in question.options),))
                   for question in questions)
    return type("CountsForm", (_CountsForm,), {**fields, "groups": groups})
