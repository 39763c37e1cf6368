"""Kinds of fields, and the form that all others are made of.

A form knows how to put its answers away as JSON (`answers`) and how to say them in words (`describe`), so that no
page, letter or export needs to know which service it shows.
"""

from datetime import date, time
from decimal import Decimal

from flask import request
from flask_babel import format_date, format_decimal, get_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.utils import unset_value
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, MonthInput

from .rules import InOurTime, NoPersonalData, NotTooLong, OneLine, Required, RequiredWhen

YES_NO = {"yes": _l("Yes"), "no": _l("No")}
NO_PERSONAL_DATA = _l("Do not write names, CPR numbers or number plates.")

# WTForms speaks no Danish: these are all of its own sentences that a person can meet here.
_WTFORMS = {
    "This field is required.": _l("This must be filled in."),
    "Not a valid choice.": _l("Choose one of the answers."),
    "Invalid Choice: could not coerce.": _l("Choose one of the answers."),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose among the answers."),
    "'%(value)s' is not a valid choice for this field.": _l("Choose among the answers."),
    "'%(value)s' are not valid choices for this field.": _l("Choose among the answers."),
    "Not a valid integer value.": _l("Write a whole number, such as 94."),
    "Not a valid decimal value.": _l("Write a number, such as 52."),
    "Not a valid date value.": _l("Write a date, such as 12.5.2026."),
    "Not a valid time value.": _l("Write a time, such as 14:30."),
    "Invalid email address.": _l("Write an e-mail address such as anna@example.dk."),
    "Number must be at least %(min)s.": _l("Write %(min)s or more."),
    "Number must be at most %(max)s.": _l("Write %(max)s or less."),
    "Number must be between %(min)s and %(max)s.": _l("Write a number from %(min)s to %(max)s."),
    "Field cannot be longer than %(max)d character.": _l("Write at most %(max)d characters."),
    "Field cannot be longer than %(max)d characters.": _l("Write at most %(max)d characters."),
    "CSRF token missing": _l("The page had been open for too long. Nothing is lost: please press the button again."),
}


class _Words:
    """WTForms' own sentences in the reader's language. What it says about a token is one and the same to a person."""

    def gettext(self, sentence: str) -> str:
        return str(_WTFORMS.get(sentence, sentence))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


class Form(FlaskForm):
    """The base of every form.

    `groups` divides a long one into headed parts: (heading, names of fields); a tuple of names stands on one line.
    """

    groups: tuple = ()
    internal: frozenset = frozenset()  # names of fields whose answers never leave the office

    class Meta:
        def wrap_formdata(self, form, formdata):
            """Only what a form sends is an answer; JSON and files in its place are none."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            return request.form if form.is_submitted() else None

        def get_translations(self, form):
            return _Words()

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        if "csrf_token" in self.errors:
            self.csrf_token.errors = [_WTFORMS["CSRF token missing"]]
        return valid

    @property
    def errors(self) -> dict:
        """What is wrong, in the order of the page."""
        names = self.in_order()
        return dict(sorted(super().errors.items(), key=lambda e: names.index(e[0]) if e[0] in names else len(names)))

    def answers(self) -> dict:
        """What was answered, ready to be stored as JSON; empty answers are left out."""
        told = {f.name: _plain(f.data) for f in self if not isinstance(f, HiddenField)}
        return {name: value for name, value in told.items() if value not in (None, "", [], {})}

    def described(self, names) -> list[tuple[str, str, str]]:
        """What is filled in, as (name, question, answer) in words."""
        return [(name, str(self[name].label.text), in_words(self[name])) for name in flat(names)
                if self[name].data not in (None, "", []) and self[name].data is not False]

    @classmethod
    def describe(cls, answers: dict, internal: bool = False) -> list[tuple[str, str]]:
        """Stored answers as (question, answer) in words, in the form's order; `internal` ones only if asked for."""
        form = cls.of_answers(answers)
        names = cls.in_order() or list(form._fields)
        return [(label, words) for _, label, words in form.described(
            [name for name in names if name in answers and (internal or name not in cls.internal)])]

    @classmethod
    def in_order(cls) -> list[str]:
        """The names of the fields as the page shows them; none where there are no groups."""
        return [name for _, names in cls.groups for name in flat(names)]

    @classmethod
    def words(cls, answers: dict) -> dict[str, str]:
        """Stored answers in words, by the name of the question."""
        return {f.name: in_words(f) for f in cls.of_answers(answers) if f.name in answers}

    @classmethod
    def of_answers(cls, answers: dict) -> "Form":
        return cls(formdata=None, data=answers, meta={"csrf": False})


def flat(names) -> list[str]:
    """The names of a group, whether they stand alone or several on a line."""
    return [name for item in names for name in ([item] if isinstance(item, str) else item)]


def _plain(value):
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v not in (None, "")}
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def in_words(field) -> str:
    """A field's answer as a person says it."""
    if isinstance(field, FieldList):
        return ", ".join(row.in_words() for row in field.rows)
    if isinstance(field, SelectField):
        return ", ".join(str(c.label) for c in field.iter_choices() if c.selected)
    if isinstance(field, BooleanField):
        return gettext("Yes") if field.data else gettext("No")
    if isinstance(field, DateField):
        return day_in_words(field.data)
    if isinstance(field, TimeField):
        return field.data.strftime("%H:%M")
    if isinstance(field, (IntegerField, DecimalField)):
        return format_decimal(field.data)
    return str(field.data)


def day_in_words(day: date) -> str:
    return format_date(day, "d. MMMM y" if str(get_locale()) == "da" else "d MMMM y")


def weekday_name(number: int) -> str:
    """As it is written within a sentence; Monday is 0."""
    return format_date(date(2024, 1, 1 + number), "EEEE")  # that year began on a Monday


# Kinds of fields. `required` is a word of the label as well as a rule, so the kind sets both.

def _rules(required: bool | RequiredWhen, *others) -> list:
    first = required if isinstance(required, RequiredWhen) else Required() if required else Optional()
    return [first, *others]


class _Choosing:
    """What one choice and several have in common: options as {value: label}, and none chosen where none is needed."""

    def __init__(self, label, options: dict | None = None, required: bool | RequiredWhen = True, **kwargs):
        super().__init__(label, validators=_rules(required), choices=_choices(options or {}), **kwargs)

    def offer(self, options: dict) -> None:
        """Choices that are known only when the form is shown."""
        self.choices = _choices(options)

    def pre_validate(self, form):
        if self.data:
            super().pre_validate(form)


def _choices(options: dict) -> list[SelectChoice]:
    return [SelectChoice(value=str(value), label=words) for value, words in options.items()]


class OneOf(_Choosing, RadioField):
    pass


class Select(_Choosing, SelectField):
    """A drop-down list, which starts at nothing."""

    def __init__(self, label, options: dict | None = None, **kwargs):
        super().__init__(label, {"": "—", **(options or {})}, **kwargs)

    def offer(self, options: dict) -> None:
        super().offer({"": "—", **options})


class AnyOf(_Choosing, SelectMultipleField):
    """Check boxes, of which several may be ticked."""

    option_widget = CheckboxInput()


def _strip(value):
    """Without what surrounds it; a space that cannot break, as phones insert it, is a space."""
    return value.replace("\xa0", " ").strip() if isinstance(value, str) else value


class Line(StringField):
    def __init__(self, label, longest: int, required: bool = True, rules=(), **kwargs):
        super().__init__(label, validators=_rules(required, NotTooLong(longest), OneLine(), *rules),
                         filters=[_strip], **kwargs)


class Text(TextAreaField):
    """Free text. It is never about a person we could name, so what looks like personal data is refused."""

    def __init__(self, label, longest: int = 1000, required: bool = True, description=NO_PERSONAL_DATA, rules=None,
                 **kwargs):
        rules = [NoPersonalData()] if rules is None else rules
        super().__init__(label, validators=_rules(required, NotTooLong(longest), *rules), description=description,
                         filters=[_strip], **kwargs)


class Count(IntegerField):
    """How many: zero is an answer, nothing is not."""

    def __init__(self, label, required: bool = True, least: int = 0, most: int = 1_000_000, **kwargs):
        super().__init__(label, validators=_rules(required, NumberRange(least, most)), **kwargs)

    def process_formdata(self, valuelist):
        typed = [value for value in valuelist if value.strip()]  # an empty field is no wrong number
        if typed and len(typed[0]) > 12:
            raise ValueError(gettext("Write a whole number, such as 94."))
        self.data = None  # what stood there before is gone when the field is emptied
        super().process_formdata(typed)


class Measure(DecimalField):
    """A number with perhaps a decimal, by comma or point."""

    def __init__(self, label, required: bool = True, most: int = 1_000_000, **kwargs):
        super().__init__(label, validators=_rules(required, NumberRange(0, most)), **kwargs)

    def process_formdata(self, valuelist):
        self.data = None
        super().process_formdata([value.replace(",", ".")[:12] for value in valuelist if value.strip()])


class Day(DateField):
    """A date, by the browser's own field or typed as people write it."""

    def __init__(self, label, required: bool = True, rules=(), **kwargs):
        super().__init__(label, format=["%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y"],
                         validators=_rules(required, InOurTime(), *rules), **kwargs)

    def process_data(self, value):
        self.data = date.fromisoformat(value) if isinstance(value, str) else value


class Month(DateField):
    """A month by its first day; where the browser has no field of its own, as 2026-05 or 05.2026."""

    widget = MonthInput()

    def __init__(self, label, **kwargs):
        super().__init__(label, format=["%Y-%m", "%m.%Y", "%m-%Y", "%m/%Y"], validators=_rules(True, InOurTime()),
                         invalid_value_message=_l("Write a month, such as 2026-05."), **kwargs)


class Clock(TimeField):
    """A time of day, 14:30 or 14.30."""

    def __init__(self, label, required: bool = True, **kwargs):
        super().__init__(label, format=["%H:%M", "%H.%M", "%H:%M:%S"], validators=_rules(required), **kwargs)

    def process_data(self, value):
        self.data = time.fromisoformat(value) if isinstance(value, str) else value


class Repeat(FieldList):
    """Rows of the same questions, with a few blank ones below those filled in. Blank rows are no answers."""

    def __init__(self, label, row: type, required: bool | RequiredWhen = False, blank: int = 2, most: int = 24,
                 **kwargs):
        super().__init__(FormField(row), label, validators=_rules(required)[:1] if required else [],
                         max_entries=most, **kwargs)
        self.blank, self.flags.optional = blank, not required

    def process(self, formdata, data=unset_value, **kwargs):
        super().process(formdata, data, **kwargs)
        missing = self.blank + len(self.rows) - len(self.entries)
        for _ in range(min(missing, self.max_entries - len(self.entries))):
            self.append_entry()

    def validate(self, form, extra_validators=()):
        for entry in self.entries:
            entry.form.is_blank = not any(str(v).strip() for f in entry.form for v in f.raw_data or ())
        return super().validate(form, extra_validators)

    @property
    def rows(self) -> list["Row"]:
        """Those that are filled in."""
        return [e.form for e in self.entries if any(v not in (None, "") for v in e.data.values())]

    @property
    def data(self):
        return [row.data for row in self.rows]


class Row(Form):
    """The questions of one row of a Repeat."""

    is_blank = False

    class Meta:
        csrf = False

    def in_words(self) -> str:
        return " ".join(in_words(f) for f in self if f.data not in (None, ""))

    def validate(self, extra_validators=None) -> bool:
        return self.is_blank or super().validate(extra_validators)
