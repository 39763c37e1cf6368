"""The rules for what may be typed, each with words that say what to do instead: a class where a rule is told
something or is made of one of WTForms' own, else a function."""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import NamedTuple, Self
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import idna
from flask import current_app, request
from flask_babel import get_locale, get_timezone, gettext, lazy_gettext as _l
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.validators import Email, Length, StopValidation, ValidationError

from languages import in_language

from .typed import narrow

DENMARK = 45  # its country code
LONGEST_MAILBOX = 64  # octets before the @ (RFC 5321, 4.5.3.1.1)
MOST_DIGITS = 15  # of a phone number, the country code among them (ITU-T E.164)


def stop_where_unreadable(_form, field) -> None:
    """What could not be read has its message and needs no other: one fault is told once."""
    if field.process_errors:
        raise StopValidation()


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


class Condition(NamedTuple):
    """That `question` has one of `answers`."""

    question: str
    answers: tuple[str, ...]

    @classmethod
    def parse(cls, words: str) -> Self:
        """As a field's `when` says it: purpose=event|other."""
        question, _, answers = words.partition("=")
        return cls(question, tuple(answers.split("|")))

    def holds(self, form) -> bool:
        return any(f"{answer}" in self.answers for answer in _as_list(form[self.question]))


def _as_list(field) -> list:
    """The answers to a question, one or several; a tick is y."""
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    return field.data if isinstance(field.data, list) else [field.data]


class RequiredWhen:
    """Must be answered when `other` has one of `values`; otherwise it may be left."""

    def __init__(self, other: str, *values: str, message=None):
        self.condition, self.message = Condition(other, values), message

    def __call__(self, form, field):
        if field.data not in (None, "", []):
            return
        if self.condition.holds(form) and not field.process_errors:
            raise StopValidation(str(self.message or _missing(field)))
        raise StopValidation()


class NotTooLong(Length):
    """Too long is too long: what comes after is not looked through."""

    def __init__(self, longest: int):
        super().__init__(max=longest)
        self.field_flags = {}  # no maxlength: a browser would cut in silence what is pasted

    def __call__(self, form, field):
        length = len(field.data or "")
        if length > self.max:
            raise StopValidation(gettext(
                "Write at most %(max)d characters. These are %(length)d, which is %(more)d too many.",
                max=self.max, length=length, more=length - self.max))


def one_line(_form, field) -> None:
    """What ends in a heading or an address must not carry a break; typed.tidied has made every kind of it a \\n."""
    if "\n" in (field.data or ""):
        raise ValidationError(gettext("Write this on one line."))


CONFIRMED = "confirmed"  # what a browser sends along of what somebody was asked about, and means as it stands


def ask_once(field, typed: str, question: str) -> None:
    """Refuse what is probably a slip, and tell why, until the same is sent again: then it is meant as it stands. The
    page of the form sends along what it has asked about (templates/_form.html)."""
    if typed not in request.form.getlist(CONFIRMED):
        field.asked_about = [*getattr(field, "asked_about", ()), typed]
        field.errors.append(question)


class NoPersonalData:
    """Refuses CPR numbers and e-mail addresses. What looks like a number plate or a phone number may be something else:
    there the person is asked once.

    We do not collect data on suspected persons, and nobody should send it to us (GDPR, data minimisation).
    """

    def __init__(self, contacts_too: bool = True):
        """An officer may name the phone number or address of whoever can help: `contacts_too` is false there."""
        self.refused = (self.CPR, self.EMAIL) if contacts_too else (self.CPR,)
        self.doubtful = (self.CPR_IN_PARTS, self.PLATE, *[self.PHONE] * contacts_too)

    _DASH = "\u2010-\u2015\u2212-"  # as word processors make them of a stroke
    _DAY, _MONTH = r"(?<!\d)(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
    CPR = (re.compile(rf"{_DAY}{_MONTH}\d\d ?[{_DASH}]? ?\d{{4}}(?!\d)"),
           _l("This looks like a CPR number: “%(found)s”. Please take it out; we do not need it."))
    # In parts, it may be a date with a time or a count behind it.
    CPR_IN_PARTS = (re.compile(rf"{_DAY}([ ./{_DASH}]){_MONTH}\1\d\d(?: ?[{_DASH}] ?|\1)\d{{4}}(?!\d)"
                               rf"|{_DAY}{_MONTH}\d\d[./]\d{{4}}(?!\d)"),
                    _l("Is “%(found)s” a CPR number? Then please take it out; we do not need it. If it is none, just "
                       "press the button again."))
    # A capital pair of letters before five digits is a plate; a small one is often a word: "de 12000 biler".
    _WORDS = "af|at|ca|de|du|en|er|et|for|in|kl|km|kr|no|nr|nu|of|og|om|op|på|so|st|så|to|vi"
    PLATE = (re.compile(rf"\b(?!(?i:ca|kl|km|kr|nr)[ .{_DASH}]?\d)"
                        rf"(?:[A-ZÆØÅ]{{2}}|(?!(?i:{_WORDS})[ .{_DASH}]?\d)(?i:[a-zæøå]{{2}}))"
                        rf"(?: ?\d\d ?|([.{_DASH}])\d\d\1)\d{{3}}\b"),
             _l("Is “%(found)s” a number plate? Then please take it out: a control is about the place, not about one "
                "driver. You can report what you saw: call 114. If it is none, just press the button again."))
    EMAIL = (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
             _l("This looks like an e-mail address: “%(found)s”. Please write it under your contact details only."))
    PHONE = (re.compile(r"(?<![\d+])(?:\+|00)[1-9](?:[ .-]?\d){7,14}(?!\d)"
                        rf"|(?<![\d.{_DASH}])\d\d([ .{_DASH}])\d\d\1\d\d\1\d\d(?![\d{_DASH}])|(?<!\d)\d{{8}}(?!\d)"
                        r"|(?<!\d)(?!(?:19|20)\d\d (?:19|20)\d\d)\d{4} \d{4}(?!\d)"),
             _l("Is “%(found)s” a phone number? Then please write it under your contact details only. If it is none, "
                "just press the button again."))

    def __call__(self, form, field):
        for pattern, words in self.refused:
            field.errors += [str(words) % {"found": found} for found in found_by(pattern, field.data)]
        for pattern, words in self.doubtful:
            for found in found_by(pattern, field.data):
                ask_once(field, found, str(words) % {"found": found})
        if field.errors:
            raise StopValidation()

    @classmethod
    def doubts(cls, text: str) -> list[str]:
        """What a citizen was asked about, and has sent all the same, or what an officer has taken in by phone."""
        return [found for pattern, _ in (cls.CPR, cls.CPR_IN_PARTS, cls.PLATE, cls.PHONE)
                for found in found_by(pattern, text)]


def found_by(pattern: re.Pattern, text: str | None) -> list[str]:
    """What the pattern finds in a text, each once."""
    return list(dict.fromkeys(match.group() for match in pattern.finditer(text or "")))


def in_our_time(_form, field) -> None:
    """A year that a calendar can reckon with; anything else is a slip of the finger."""
    if field.data and not 2000 <= field.data.year < 2100:
        raise StopValidation(str(field.invalid_value_message))


def has_been(_form, field) -> None:
    """A day that is not ahead: what was done, not what is planned."""
    if field.data and field.data > day_here():
        raise ValidationError(gettext("Write a day that has been."))


# An address as mail programs give it away, and as links have it: Åse <aase@x.dk>, aase@x.dk <mailto:aase@x.dk>,
# mailto:aase%40x.dk?subject=Hej.
_PASTED_ADDRESS = re.compile(
    r"(?:[^<>@]*<|\W*(?P<same>[^<>\s:@]+@[^<>\s@]*\w)\W*<(?=(?:mailto:)?(?P=same)[>?]))?\s*"
    r"(?:(?:mailto|e-?mail|mail):\s*(?://)?(?:\?to=)?)?"
    r"(?P<one>[^<>\s:@]+(?:@|%40)[^<>\s?&@]*[^<>\s?&@.,;])(?:[?&]\S*?)?\s*>?[.,;]?", re.I)

_AROUND_AN_ADDRESS = " '\"“”„‘’´`()[]"  # as sentences and mail programs have it


def narrowed(_form, field) -> None:
    """Keep it in ordinary letters and digits."""
    field.data = narrow(field.data or "")


def pasted_address(_form, field) -> None:
    """Keep the e-mail address alone of what was pasted around it."""
    field.data = _address_in(field.data or "")


def _address_in(typed: str) -> str:
    found = _PASTED_ADDRESS.fullmatch(narrow(typed).strip(_AROUND_AN_ADDRESS))
    return _in_letters(unquote(found["one"])) if found else typed


def _in_letters(address: str) -> str:
    """With the domain as people read it: browsers send it as DNS has it, xn--blbr-roah.dk for blåbær.dk."""
    name, _, host = address.rpartition("@")
    if "xn--" in host.lower():
        with suppress(idna.IDNAError):
            return f"{name}@{idna.decode(host)}"
    return address


class EmailAddress(Email):
    """An address that every mail server can write to: letters such as ø stand behind the @ alone."""

    def __init__(self):
        super().__init__(allow_smtputf8=False)

    def __call__(self, form, field):
        pasted_address(form, field)
        name, at, _ = (field.data or "").partition("@")
        if at and not name.isascii() and not re.search(r"[\s()<>\[\]:]", name):
            odd = ", ".join(dict.fromkeys(c for c in name if not c.isascii()))
            raise ValidationError(gettext(
                "Mail cannot reach an address with “%(letters)s” before the @. Perhaps it is spelled with ae, oe or "
                "aa; otherwise write another address.", letters=odd))
        # An encoded word of a mail's head (RFC 2047) is no name, and mail takes none that is longer.
        if "=?" in name or len(name) > LONGEST_MAILBOX:
            raise ValidationError(gettext("Write an e-mail address such as anna@example.dk."))
        super().__call__(form, field)
        if domain := _likely_domain(field.data.rpartition("@")[2].lower()):
            ask_once(field, field.data, gettext(
                "Should the end be “%(domain)s”? Then put it right. If the address is right as it stands, just press "
                "the button again.", domain=domain))


# What many write behind the @; an address that is nearly one of these is probably a slip of the finger.
_MAIL_DOMAINS = ("gmail.com", "hotmail.com", "hotmail.dk", "outlook.com", "outlook.dk", "live.dk", "live.com",
                 "icloud.com", "yahoo.com", "yahoo.dk", "msn.com", "mail.dk", "mail.com", "ymail.com", "gmx.com",
                 "jubii.dk", "ofir.dk", "email.dk", "email.com", "me.com", "proton.me", "protonmail.com")
_SLIPS_AT_THE_END = {"con": "com", "cmo": "com", "vom": "com", "comm": "com", "dkk": "dk", "ddk": "dk"}


def _likely_domain(typed: str) -> str:
    """What was meant behind the @, where something else stands there; else nothing."""
    if typed in _MAIL_DOMAINS:
        return ""
    name, _, end = typed.rpartition(".")
    if end in _SLIPS_AT_THE_END:
        return f"{name}.{_SLIPS_AT_THE_END[end]}"
    close = get_close_matches(typed, _MAIL_DOMAINS, n=1, cutoff=0.88)
    same_name = [domain for domain in _MAIL_DOMAINS if domain.startswith(f"{name}.")]  # gmail.dk is not mail.dk
    return next(iter(close and same_name or close), "")


class OnTheClock:
    """A time that the clock shows on its day, which stands in the field `day`: in the night to summer time, an hour is
    left out."""

    def __init__(self, day: str):
        self.day = day

    def __call__(self, form, field):
        day = form[self.day]
        if day.data and field.data and not day.errors:
            must_be_on_the_clock(day.data, field)


def must_be_on_the_clock(day: date, field) -> None:
    meant = at_time(day, field.data)
    if meant.astimezone(zone_here()).time() != field.data:
        raise ValidationError(gettext("There is no %(time)s in that night, because summer time begins. Write another "
                                      "time.", time=f"{field.data:%H:%M}"))


def phone_number(_form, field) -> None:
    """A number that can be called. It is kept as eight digits where it is Danish, otherwise with + and country code.

    Whether a number has the digits that its country's numbers have is checked, whether it is in use is not: new ranges
    are opened all the time.
    """
    field.data = _number_in(unicodedata.normalize("NFKC", field.data))


def _number_in(typed: str) -> str:
    import phonenumbers  # 1 MB that the worker never needs

    try:
        number = phonenumbers.parse(typed, "DK")
    except phonenumbers.NumberParseException:
        number = phonenumbers.PhoneNumber()
    is_several = sum(sign.isdigit() for sign in typed) > MOST_DIGITS
    # Letters would be taken for the keys they stand on.
    if is_several or number.extension or re.search(r"\d.*[^\W\d_]", typed):
        raise ValidationError(gettext("Write one number and nothing else: no extension, and no words after it."))
    # The shorter numbers of a town, which its country code does not reach, are possible in another way; no Danish
    # number begins with a zero.
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or number.country_code == DENMARK and number.italian_leading_zero:
        raise ValidationError(gettext("Write eight digits, or + and the country code."))
    if number.country_code == DENMARK:
        return str(number.national_number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# What stands in front of a phone's or a journal's number: tlf. nr., sagsnr., case.
_NAMED = re.compile(r"(?:(?:(?:tlf|tel|telefon|mobil|mob|phone|sags?|case)(?:nr|no|nummer)?|nr|no|nummer)[\s.:#]+)*",
                    re.IGNORECASE)


def as_stored(typed: str) -> str:
    """What somebody is searched by, as it is kept: the eight digits of a phone number, an e-mail address alone."""
    if "@" in typed:
        return _address_in(typed)
    typed = typed[_NAMED.match(typed).end():]
    if re.fullmatch(r"[+\d() ]+|(?:\+|00)[\d() .-]+", typed):  # others with strokes may be a journal's
        with suppress(ValidationError):
            return _number_in(typed)
    return typed


def in_district(_form, field) -> None:
    """A postcode of our district, or the one town that is called so. Elsewhere, the citizen is told whom to ask."""
    district = current_app.config["DISTRICT"]
    typed = narrow(field.data).strip(" ,.")
    # "4700 Næstved", "Næstved 4700", "DK-4700" and "47 00", too; of two, none is taken in silence
    number = re.match(r"(?!.*\b(?:eller|or)\b)(?:DK\W?|\D*[^\W\d_]{3}[ ,]+)?([0-9] ?[0-9] ?[0-9] ?[0-9])(?!.*[0-9])",
                      typed, re.I)
    codes = [number[1].replace(" ", "")] if number else district.postcodes_of(typed)
    if len(codes) > 1:
        raise ValidationError(gettext("More than one postcode is called so: %(postcodes)s. Write which one.",
                                      postcodes=", ".join(codes)))
    if codes and district.postcode(codes[0]):
        field.data = codes[0]
        return
    field.neighbour = district.neighbour(codes[0]) if codes else district.neighbour_of_town(typed)
    if field.neighbour:
        raise ValidationError(gettext("%(postcode)s belongs to %(district)s. Please ask there.",
                                      postcode=codes[0] if codes else typed,
                                      district=in_my_language(field.neighbour.name)))
    if codes:
        raise ValidationError(gettext("There is no Danish postcode %(postcode)s.", postcode=codes[0]))
    raise ValidationError(gettext(
        "Write a postcode of four digits, such as 4700, or a town of ours. If the town lies in another district, "
        "its postcode shows us which, and we tell you whom to ask."))


def unless_stored(rule: Callable) -> Callable:
    """The rule, for what is another answer than the stored one that the form was filled in with."""
    return lambda form, field: field.data == field.object_data or rule(form, field)


def in_my_language(texts: dict[str, str]) -> str:
    """A text of the district's file or of an officer's, in the reader's language."""
    return in_language(texts, str(get_locale()))


def zone_here() -> ZoneInfo:
    return ZoneInfo(str(get_timezone()))


def at_time(day: date, at: time) -> datetime:
    """That point in time, by the clock of the reader. In UTC, so that what is reckoned from it counts hours as they
    pass, also in the nights in which the clock is changed."""
    return datetime.combine(day, at, zone_here()).astimezone(UTC)


def day_here() -> date:
    """Today, by the clock of the reader."""
    return datetime.now(get_timezone()).date()
