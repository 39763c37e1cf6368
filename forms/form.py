"""The form that all others are made of.

A form knows how to put its answers away as JSON (`answers`) and how to say them in words (`describe`), so that no
page, letter or export needs to know which service it shows. It also knows which of its questions matter (`when`) and
which are more than is needed (`more`), so that its page shows no others at first sight.
"""

from datetime import date, time
from decimal import Decimal
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Self

from flask import current_app, g, request
from flask_babel import format_date, format_decimal, get_locale, gettext, lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Field,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TimeField,
)
from wtforms.fields.core import UnboundField
from wtforms.validators import Optional, ValidationError

from languages import SOURCE

from .typed import Typed, is_without_cookie
from .validators import Condition, RequiredWhen

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

    Any field may say `when="purpose=event|other"`: it matters only while the question `purpose` has one of these
    answers (and matters itself). Else it is neither shown, nor demanded, nor kept. And any may say `more=True`: it is
    never demanded, and stands with its like in one fold below the others, which is headed `fold`.
    """

    groups: tuple = ()
    internal: frozenset = frozenset()  # names of fields whose answers never leave the office
    fold: str = _l("More that can help us")
    former: "type[Form] | None" = None  # questions that are asked no more; what was answered is still shown

    class Meta:
        """How WTForms reads and makes our fields. A form that is `only_read` has no blank rows."""

        only_read = False

        def wrap_formdata(self, form, formdata):
            """Only what a form sends is an answer; JSON and files in its place are none. A row of a form gets what the
            form has read, and reads it anew by its own fields."""
            sent = formdata.sent if isinstance(formdata, Typed) else formdata
            if sent is not None and not hasattr(sent, "getlist"):
                sent = request.form if form.is_submitted() else None
            return None if sent is None else Typed(sent, form)

        def get_translations(self, form):
            return _Words()

        def bind_field(self, form, unbound_field, options):
            """Take out what only we know of, before WTForms makes the field."""
            kwargs = dict(unbound_field.kwargs)
            when, more = kwargs.pop("when", ""), kwargs.pop("more", False)
            field = UnboundField(unbound_field.field_class, *unbound_field.args, **kwargs).bind(form=form, **options)
            field.on_form, field.when, field.more = form, Condition.parse(when) if when else None, more
            field.needed_when = next((v.condition for v in field.validators if isinstance(v, RequiredWhen)), None)
            return field

    def process(self, formdata=None, obj=None, data=None, **proposed):
        """Fill in the fields. `obj` and `data` are what is stored, `proposed` what a field starts with otherwise: each
        field knows whether it was given what is stored, which a page that has changed shows (office/versions.py)."""
        super().process(formdata, obj, {**proposed, **(data or {})})
        for name, field in self._fields.items():
            for part in getattr(field, "form", [field]):
                part.is_stored = name in (data or ()) or hasattr(obj, name)

    def validate(self, extra_validators=None) -> bool:
        """Each question that matters alone, then what their answers say together."""
        for field in self:
            if not self.matters(field):
                stored = field.object_data
                field.process(MultiDict())
                field.object_data = stored
                field.validators = [Optional()]
        valid = super().validate(extra_validators) and "kept_back" not in g  # see office/versions.py
        g.typed = self  # the rows of a form have been looked at by now
        for wrong, field, words in self.contradictions():
            if wrong:
                field.errors = [*field.errors, words]
                valid = False
        if "csrf_token" in self.errors and is_without_cookie():
            self.csrf_token.errors = [gettext(
                "Your browser has sent no cookie, and without one we cannot take this. Nothing is lost: please press "
                "the button again. If you read this once more, allow cookies for this site, or call us: %(phone)s.",
                phone=current_app.config["DISTRICT"].phone)]
        elif "csrf_token" in self.errors:
            self.csrf_token.errors = [_WTFORMS["CSRF token missing"]]
        return valid

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        """What answers may not say together, or leave out together: whether they do, the field to look at, and why."""
        return []

    @property
    def errors(self) -> dict:
        """What is wrong, in the order of the page."""
        names = self.in_order()
        return dict(sorted(super().errors.items(), key=lambda e: names.index(e[0]) if e[0] in names else len(names)))

    def faults(self) -> list[tuple[str, str, str]]:
        """Each thing that is wrong, in the order of the page: the id of its input, the question, and what is said."""
        return [fault for name in self.errors if name for fault in _faults_of(self[name])]

    @property
    def sent_as(self) -> str:
        """The name under which a form is kept that must not count twice: its token (`once`), and a digest of what it
        says. The same form again is a repeat; with other words in it, from a page that somebody went back to, it is
        another one."""
        said = [(f.name, f.data) for f in self if f.name not in ("csrf_token", "once", "homepage")]
        return f"{self.token}.{sha256(repr(said).encode()).hexdigest()[:32]}"

    @property
    def token(self) -> str:
        return self.once.data.partition(".")[0][:31]

    def matters(self, field: Field) -> bool:
        """Whether an answer to the question counts: see `when`."""
        return field.when is None or self.matters(self[field.when.question]) and field.when.holds(self)

    def conditions(self, field: Field) -> set[int]:
        """The numbers of what must be answered so that the question is shown. The stylesheet knows conditions by
        number, so that it need know of no form."""
        if field.when is None:
            return set()
        return {self._numbers[field.when]} | self.conditions(self[field.when.question])

    def common_conditions(self, names: list) -> set[int]:
        """What must be answered so that any of these questions is shown."""
        return set.intersection(*(self.conditions(self[name]) for name in flat(names)))

    def fulfilled_by(self, field: Field, answer: str) -> list[int]:
        """The numbers of the conditions that this answer fulfils."""
        return [number for condition, number in self._numbers.items()
                if condition.question == field.short_name and answer in condition.answers]

    def optional_unless(self, field: Field) -> int | None:
        """The number of the condition under which the question must be answered. None: there is no such condition, or
        none that the stylesheet could see, as it sees what is ticked and not what a list has chosen."""
        other = field.needed_when and self._fields.get(field.needed_when.question)
        return self._numbers[field.needed_when] if isinstance(other, (RadioField, SelectMultipleField)) else None

    @cached_property
    def _numbers(self) -> dict[Condition, int]:
        conditions = [f.when for f in self] + [f.needed_when for f in self]
        return {condition: n for n, condition in enumerate(dict.fromkeys(filter(None, conditions)), 1)}

    def sections(self, more: bool = False) -> list[tuple[str, list]]:
        """The groups as the page shows them, either of what is needed or of what is `more`."""
        parts = [(heading, [item for item in names if self[flat([item])[0]].more is more])
                 for heading, names in self.groups]
        return [(heading, names) for heading, names in parts if names]

    @property
    def says_more(self) -> bool:
        """Whether the fold has something in it that must be seen: an answer, or an error."""
        return any(field.errors or field.data not in (None, "", [], {}, False, field.object_data)
                   for field in self if field.more)

    def answers(self) -> dict:
        """What was answered, ready to be stored as JSON; empty answers are left out."""
        told = {f.name: _plain(f.data) for f in self if not isinstance(f, HiddenField) and self.matters(f)}
        return {name: value for name, value in told.items() if value not in (None, "", [], {})}

    def described(self, names) -> list[tuple[str, str, str]]:
        """What is filled in, as (name, question, answer) in words."""
        return [(name, str(self[name].label.text), in_words(self[name])) for name in flat(names)
                if self[name].data not in (None, "", [], {}) and self[name].data is not False]

    def typed(self) -> list[tuple[str, str]]:
        """What was sent by this form, as (question, answer) in words, for whoever cannot send it any more: no passwords
        and no files."""
        names = [f.name for f in self if not isinstance(f, (FileField, HiddenField, PasswordField))]
        return [(question, answer) for _, question, answer in self.described(names)] if self.is_submitted() else []

    @classmethod
    def describe(cls, answers: dict, internal: bool = False) -> list[tuple[str, str]]:
        """Stored answers as (question, answer) in words, in the form's order; `internal` ones only if asked for."""
        form = cls.of_answers(answers)
        told = [(label, words) for _, label, words in form.described(
            [name for name in cls.in_order() or form._fields if name in form and (
                internal or name not in cls.internal)])]
        return told + (cls.former.describe(answers) if cls.former else [])

    @classmethod
    def unanswered(cls) -> dict:
        """What `answers` leaves out: none to any question. One that has a default is not among them: where it is not
        answered, it does not matter yet, and starts with that."""
        return {name: None for name in cls.in_order() if "default" not in getattr(cls, name).kwargs}

    @classmethod
    @lru_cache(500)
    def only(cls, *names: str) -> type["Form"]:
        """A form of these questions alone: where few are answered, it is made much sooner than the whole."""
        return type(cls.__name__, (Form,), {name: getattr(cls, name) for name in names})

    @classmethod
    def in_order(cls) -> list[str]:
        """The names of the fields as the page shows them; none where there are no groups."""
        return [name for _, names in cls.groups for name in flat(names)]

    @classmethod
    def words(cls, answers: dict) -> dict[str, str]:
        """Stored answers in words, by the name of the question."""
        return {f.name: in_words(f) for f in cls.of_answers(answers)}

    def offer(self, **choices: dict) -> Self:
        """The choices of its fields, {value: label}, where they are known only when the form is shown."""
        for name, options in choices.items():
            self[name].offer(options)
        return self

    @classmethod
    def of_answers(cls, answers: dict) -> "Form":
        """Of those questions alone that are answered."""
        asked = sorted(name for name in answers if isinstance(getattr(cls, name, None), UnboundField))
        return cls.only(*asked)(formdata=None, data=answers, meta={"csrf": False, "only_read": True})


def refuse_if(wrong: object, words: str) -> None:
    """How a rule says no to an answer: with `words`, where it is `wrong`."""
    if wrong:
        raise ValidationError(words)


def as_more(field: UnboundField, more: bool = True) -> UnboundField:
    """The same question of another form, as more than is needed, or as what is."""
    return UnboundField(field.field_class, *field.args, **field.kwargs | {"more": more})


def flat(names) -> list[str]:
    """The names of a group, whether they stand alone or several on a line."""
    return [name for item in names for name in ([item] if isinstance(item, str) else item)]


def _faults_of(field: Field, part_of: str = "") -> list[tuple[str, str, str]]:
    question = f"{part_of}, {field.label.text}" if part_of else f"{field.label.text}"
    forms = [field.form] if isinstance(field, FormField) else [e.form for e in getattr(field, "entries", ())]
    parts = [fault for form in forms for part in form for fault in _faults_of(part, question)]
    if isinstance(field, HiddenField):  # a token, which nobody can put right
        return [("", "", error) for error in field.errors]
    asked = question if question.endswith("?") else f"{question}:"
    own = [] if isinstance(field, FormField) else field.errors  # those of a FormField are its parts' alone
    return [(_first_input(field), asked, error) for error in own if isinstance(error, str)] + parts


def _first_input(field: Field) -> str:
    if isinstance(field, FieldList):
        return next(iter(field.entries[0].form)).id
    return f"{field.id}-0" if isinstance(field, (RadioField, SelectMultipleField)) else field.id


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
    """A field's answer as a person says it; nothing where there is none, such as in a row that is half filled in."""
    if field.data in (None, ""):
        return ""
    if isinstance(field, FormField):  # one text in several languages
        return "\n".join(field.data.values())
    if isinstance(field, FieldList):
        return _listed([row.in_words() for row in field.rows])
    if isinstance(field, SelectField):
        return _listed([str(c.label) for c in field.iter_choices() if c.selected])
    if isinstance(field, BooleanField):
        return gettext("Yes") if field.data else gettext("No")
    if isinstance(field, DateField):
        return day_in_words(field.data)
    if isinstance(field, TimeField):
        return field.data.strftime("%H:%M")
    if isinstance(field, (IntegerField, DecimalField)):
        return format_decimal(field.data)
    return str(field.data)


def _listed(parts: list[str]) -> str:
    """With semicolons where a comma would leave it open how many there are."""
    return ("; " if any("," in part for part in parts) else ", ").join(parts)


def day_in_words(day: date) -> str:
    """As it is written out in the reader's language; in English as Europe writes it, 12 May 2027."""
    return _day_in_language(day, str(get_locale()))


@lru_cache(1000)
def _day_in_language(day: date, language: str) -> str:
    return format_date(day, "d MMMM y" if language == SOURCE else "long")


def weekday_name(number: int) -> str:
    """As it is written within a sentence; Monday is 0."""
    return format_date(date(2024, 1, 1 + number), "EEEE")  # that year began on a Monday
