"""The rules for what may be typed, each with words that say what to do instead."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import get_locale, get_timezone, gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import Length, StopValidation, ValidationError


class Required:
    """Must be answered. Zero and False are answers; spaces are not."""

    field_flags = {"required": True}

    def __call__(self, form, field):
        if field.data in (None, "", []):
            # A process error ("write a whole number") says more than that something is missing.
            raise StopValidation(*([] if field.process_errors else [_missing(field)]))


def _missing(field) -> str:
    if isinstance(field, SelectMultipleField):
        return gettext("Choose at least one answer.")
    return gettext("Choose an answer.") if isinstance(field, SelectField) else gettext("This must be filled in.")


class Confirmed:
    """A box that must be ticked."""

    field_flags = {"required": True}

    def __init__(self, message):
        self.message = message

    def __call__(self, form, field):
        if not field.data:
            raise StopValidation(str(self.message))


class RequiredWhen:
    """Must be answered when `other` has one of `values`; otherwise it may be left."""

    def __init__(self, other: str, *values: str, message=None):
        self.other, self.values, self.message = other, values, message

    def __call__(self, form, field):
        if field.data not in (None, "", []):
            return
        answer = form[self.other].data
        wanted = any(v in self.values for v in (answer if isinstance(answer, list) else [answer]))
        if wanted and not field.process_errors:
            raise StopValidation(str(self.message or _missing(field)))
        raise StopValidation()


class NotTooLong(Length):
    """Too long is too long: what comes after is not looked through. Some letters are two when they are compared."""

    def __init__(self, longest: int):
        super().__init__(max=longest)

    def __call__(self, form, field):
        if len((field.data or "").casefold()) > self.max:
            raise StopValidation(gettext("Write at most %(max)d characters.", max=self.max))


class OneLine:
    """One line of ordinary letters: what ends in a heading or an address must not carry a break."""

    def __call__(self, form, field):
        if field.data and not str(field.data).isprintable():
            raise ValidationError(gettext("Write this on one line."))


class NoPersonalData:
    """Refuses what looks like a CPR number, a number plate, an e-mail address or a phone number.

    We do not collect data on suspected persons, and nobody should send it to us (GDPR, data minimisation).
    """

    def __init__(self, contacts_too: bool = True):
        """An officer may name the phone number or address of whoever can help: `contacts_too` is false there."""
        self.patterns = self.PERSONS + self.CONTACTS if contacts_too else self.PERSONS

    # A capital pair of letters before five digits is a plate; a small one is often a word: "de 12000 biler".
    _WORDS = "af|at|ca|de|du|en|er|et|for|in|kl|km|kr|no|nr|nu|of|og|om|op|på|so|st|så|to|vi"
    PERSONS = (
        (re.compile(r"(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d ?-? ?\d{4}(?!\d)"),
         _l("This looks like a CPR number: “%(found)s”. Please take it out; we do not need it.")),
        (re.compile(rf"\b(?!(?i:ca|kl|km|kr|nr) ?\d)(?:[A-ZÆØÅ]{{2}}|(?!(?i:{_WORDS}) ?\d)(?i:[a-zæøå]{{2}}))"
                    r" ?\d\d ?\d{3}\b"),
         _l("This looks like a number plate: “%(found)s”. Please take it out: a control is about the place, "
            "not about one driver. What you saw may be reported on 114.")),
    )
    CONTACTS = (
        (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
         _l("This looks like an e-mail address: “%(found)s”. Please write it under your contact details only.")),
        (re.compile(r"(?<![\d+])(?:\+|00)[1-9](?:[ .-]?\d){7,14}(?!\d)|(?<![\d.-])\d\d([ .-])\d\d\1\d\d\1\d\d(?![\d-])"
                    r"|(?<!\d)\d{8}(?!\d)|(?<!\d)(?!(?:19|20)\d\d (?:19|20)\d\d)\d{4} \d{4}(?!\d)"),
         _l("This looks like a phone number: “%(found)s”. Please write it under your contact details only.")),
    )

    def __call__(self, form, field):
        for pattern, words in self.patterns:
            found = pattern.search(field.data or "")
            if found:
                raise ValidationError(str(words) % {"found": found.group()})


class InOurTime:
    """A year that a calendar can reckon with; anything else is a slip of the finger."""

    def __call__(self, form, field):
        if field.data and not 2000 <= field.data.year < 2100:
            raise StopValidation(gettext("Write a date, such as 12.5.2026."))


class HasBeen:
    """A day that is not ahead: what was done, not what is planned."""

    def __call__(self, form, field):
        if field.data and field.data > day_here():
            raise ValidationError(gettext("Write a day that has been."))


class PhoneNumber:
    """Eight digits, or a foreign number with its country code. Kept as digits, with a plus where it is foreign."""

    def __call__(self, form, field):
        digits = re.sub(r"[\s().-]", "", field.data or "")
        digits = re.sub(r"^00", "+", digits)
        digits = re.sub(r"^\+45(?=[0-9]{8}$)", "", digits)
        if not re.fullmatch(r"[0-9]{8}|\+[1-9][0-9]{6,14}", digits):
            raise ValidationError(gettext("Write eight digits, or + and the country code."))
        field.data = digits


class InDistrict:
    """A postcode of our district. Elsewhere, the citizen is told who to ask."""

    def __call__(self, form, field):
        district = current_app.config["DISTRICT"]
        code = re.match(r"(?:DK[ -]?)?([0-9]{4})(?:\s|$)", field.data or "", re.I)  # "4700 Næstved" and "DK-4700", too
        if not code:
            raise ValidationError(gettext("Write a postcode of four digits, such as 4700."))
        field.data = code[1]
        if district.postcode(field.data):
            return
        neighbour = district.neighbour(field.data)
        if neighbour is None:
            raise ValidationError(gettext("There is no Danish postcode %(postcode)s.", postcode=field.data))
        raise ValidationError(gettext("%(postcode)s belongs to %(district)s. Please ask there: %(link)s",
                                      postcode=field.data, district=in_my_language(neighbour.name),
                                      link=neighbour.website))


def in_my_language(words) -> str:
    """Words of the district's data file, in the reader's language."""
    return words.in_language(str(get_locale()))


def zone_here() -> ZoneInfo:
    return ZoneInfo(str(get_timezone()))


def day_here() -> date:
    """Today, by the clock of the reader."""
    return datetime.now(get_timezone()).date()
