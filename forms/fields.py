"""Kinds of fields. Any of them may say `when` it matters and that it is `more` than is needed: see Form."""

import re
from datetime import date, time

from flask_babel import format_decimal, gettext, lazy_gettext as _l
from wtforms import (
    DateField,
    DecimalField,
    FieldList,
    FormField,
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
from wtforms.widgets import CheckboxInput, MonthInput, TextInput

from languages import LANGUAGE_NAMES

from .form import Form, in_words, refuse_if
from .validators import (
    NoPersonalData,
    NotTooLong,
    OnTheClock,
    Required,
    RequiredWhen,
    in_our_time,
    one_line,
    stop_where_unreadable,
)

YES_NO = {"yes": _l("Yes"), "no": _l("No")}
NO_PERSONAL_DATA = _l("Do not write names, CPR numbers or number plates.")


# `required` is a word of the label as well as a rule, so the kind sets both.
def _rules(required: bool | RequiredWhen, *others) -> list:
    first = required if isinstance(required, RequiredWhen) else Required() if required else Optional()
    return [first, stop_where_unreadable, *others]


class _Choosing:
    """What one choice and several have in common: options as {value: label}, and none chosen where none is needed.

    `former` are options that are offered no more, but that somebody has once chosen.
    """

    nothing: dict = {}  # the option that stands before the others, and that is no answer

    def __init__(self, label, options: dict | None = None, required: bool | RequiredWhen = True,
                 former: dict | None = None, **kwargs):
        self.former = former or {}
        super().__init__(label, validators=_rules(required),
                         choices=self._as_choices((options or {}) | self.former), **kwargs)

    def offered(self) -> list:
        """The options that the page shows."""
        return [option for option in self if option.data not in self.former or option.checked]

    def offer(self, options: dict) -> None:
        """Choices that are known only when the form is shown."""
        self.choices = self._as_choices(options)

    def pre_validate(self, form):
        if self.data:
            super().pre_validate(form)

    def _as_choices(self, options: dict) -> list[SelectChoice]:
        return [SelectChoice(value=str(value), label=words) for value, words in (self.nothing | options).items()]


class OneOf(_Choosing, RadioField):
    pass


class Select(_Choosing, SelectField):
    """A drop-down list, which starts at the option `none`: no answer, or no filter."""

    def __init__(self, *args, none: str = "—", **kwargs):
        self.nothing = {"": none}
        super().__init__(*args, **kwargs)


class AnyOf(_Choosing, SelectMultipleField):
    """Check boxes, of which several may be ticked."""

    option_widget = CheckboxInput()


class Line(StringField):
    def __init__(self, label, longest: int, required: bool = True, rules=(), **kwargs):
        super().__init__(label, validators=_rules(required, NotTooLong(longest), one_line, *rules), **kwargs)


class Text(TextAreaField):
    """Free text. It is never about a person we could name, so what looks like personal data is refused."""

    def __init__(self, label, longest: int = 1000, required: bool = True, description=NO_PERSONAL_DATA, rules=None,
                 **kwargs):
        rules = [NoPersonalData()] if rules is None else rules
        super().__init__(label, validators=_rules(required, NotTooLong(longest), *rules), description=description,
                         **kwargs)


class _Number:
    """Typed as text: a browser's own field for numbers changes under the mouse wheel, and sends nothing at all where
    something else stands in it. `written` is how it may be written, `example` what is said otherwise; `points` turns
    the signs between its digits into Python's."""

    widget = TextInput()

    def process_formdata(self, valuelist):
        typed = valuelist[0] if valuelist else ""
        self.data = None  # what stood there before is gone when the field is emptied
        if typed and not re.fullmatch(self.written, typed):
            raise ValueError(str(self.example))
        super().process_formdata([typed.translate(self.points)] if typed else [])


class InEachLanguage(FormField):
    """One text in every language of the site, as {language: text}; languages in which nothing is written are left out.

    `rows` is how many lines of it are seen; all else as in Text.
    """

    def __init__(self, label, longest: int, required: bool = True, rules=None, rows: int = 3, **kwargs):
        fields = {language: Text(name, longest, required, "", rules, render_kw={"rows": rows, "lang": language})
                  for language, name in LANGUAGE_NAMES.items()}
        super().__init__(type("Texts", (Row,), fields), label, **kwargs)

    @property
    def data(self) -> dict[str, str]:
        return {language: text for language, text in self.form.data.items() if text}


class Count(_Number, IntegerField):
    """How many: zero is an answer, nothing is not. Thousands may be parted, as our own pages show them."""

    written, points = r"[+-]?(\d{1,12}|[1-9]\d{0,2}([., ]\d{3})+)", str.maketrans("", "", "., ")
    example = _l("Write a whole number, such as 94.")

    def __init__(self, label, required: bool = True, least: int = 0, most: int = 1_000_000, **kwargs):
        super().__init__(label, validators=_rules(required, NumberRange(least, most)),
                         render_kw={"inputmode": "numeric"}, **kwargs)


class Measure(_Number, DecimalField):
    """A number with perhaps a decimal, by comma or point."""

    written, points = r"[+-]?\d{1,9}([.,]\d{0,3})?", str.maketrans(",", ".")
    example = _l("Write a number, such as 52.")

    def __init__(self, label, required: bool = True, most: int = 1_000_000, **kwargs):
        super().__init__(label, validators=_rules(required, NumberRange(0, most)),
                         render_kw={"inputmode": "decimal"}, **kwargs)

    def _value(self):
        return super()._value() if self.raw_data or self.data is None else format_decimal(self.data)


class Day(DateField):
    """A date, by the browser's own field or typed as people write it."""

    def __init__(self, label, required: bool = True, rules=(), **kwargs):
        super().__init__(label, format=["%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%d/%m-%Y"],
                         validators=_rules(required, in_our_time, *rules),
                         invalid_value_message=_l("Write a date, such as 12.5.2026."), **kwargs)

    def process_data(self, value):
        self.data = date.fromisoformat(value) if isinstance(value, str) else value


class Month(DateField):
    """A month by its first day; where the browser has no field of its own, as 2026-05 or 05.2026."""

    widget = MonthInput()

    def __init__(self, label, **kwargs):
        super().__init__(label, format=["%Y-%m", "%m.%Y", "%m-%Y", "%m/%Y"], validators=_rules(True, in_our_time),
                         invalid_value_message=_l("Write a month, such as 2026-05."), **kwargs)


class Clock(TimeField):
    """A time of day, 14:30 or 14.30; `day` names the field with its day."""

    def __init__(self, label, required: bool = True, day: str = "", **kwargs):
        rules = [OnTheClock(day)] if day else []
        super().__init__(label, format=["%H:%M", "%H.%M", "%H:%M:%S"], validators=_rules(required, *rules), **kwargs)

    def process_data(self, value):
        self.data = time.fromisoformat(value) if isinstance(value, str) else value

    def process_formdata(self, valuelist):
        """17.3 is half past five to one, and three minutes past to another."""
        super().process_formdata([re.sub(r"(?<=[:.])\d$", "?", typed) for typed in valuelist])


class Repeat(FieldList):
    """Rows of the same questions, with a few blank ones below those filled in. Blank rows are no answers.

    Those after the first `shown` are folded away under the words `others`. Each is headed by `row_label`, which is told
    its `number`.
    """

    def __init__(self, label, row: type, required: bool | RequiredWhen = False, blank: int = 2, most: int = 24,
                 shown: int = 24, others: str = "", row_label=_l("Row %(number)s"), **kwargs):
        super().__init__(FormField(row), label, validators=_rules(required)[:1] if required else [],
                         max_entries=most, **kwargs)
        self.blank, self.flags.optional, self.shown, self.others = blank, not required, shown, others
        self.row_label = row_label

    def process(self, formdata, data=unset_value, **kwargs):
        super().process(formdata, data, **kwargs)
        filled_in = max(len(self.rows), len(self.object_data))  # there is room for all that is stored
        missing = 0 if self.meta.only_read else self.blank + filled_in - len(self.entries)
        for _ in range(min(missing, self.max_entries - len(self.entries))):
            self.append_entry()

    def validate(self, form, extra_validators=()):
        for entry in self.entries:
            entry.form.is_blank = not any(str(v).strip() for f in entry.form for v in f.raw_data or ())
        if not all(entry.form.is_blank for entry in self.entries):
            self.validators = []  # what could not be read is told beside its field; it is not missing
        return super().validate(form, extra_validators)

    @property
    def rows(self) -> list["Row"]:
        """Those that are filled in."""
        return [e.form for e in self.entries if any(v not in (None, "") for v in e.data.values())]

    @property
    def says_other(self) -> bool:
        """Whether something stands in the rows that are folded away."""
        return any(entry.errors or any(entry.data.values()) for entry in self.entries[self.shown:])

    @property
    def data(self):
        return [row.data for row in self.rows]


def no_time_twice(_form, repeat) -> None:
    """A rule for rows with a day and a time."""
    times = [(row.day.data, row.starts.data) for row in repeat.rows if row.day.data]
    refuse_if(len(set(times)) < len(times), gettext("The same time stands there twice."))


class Row(Form):
    """The questions of one row of a Repeat."""

    is_blank = False

    class Meta:
        csrf = False

    def in_words(self) -> str:
        return " ".join(in_words(f) for f in self if f.data not in (None, ""))

    def validate(self, extra_validators=None) -> bool:
        return self.is_blank or super().validate(extra_validators)
