"""What is typed to get in, and to let others in."""

import re

from flask import current_app
from flask_babel import gettext, lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import Length

from .fields import Day, Line, OneOf, Select
from .form import Form, refuse_if
from .officer import ColleagueForm
from .validators import Required, pasted_address

ROLES = {"coordinator": _l("Coordinator"), "reader": _l("Reader")}
CODE = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}


SHORTEST, LONGEST = 12, 200  # characters of a password


def old_password() -> PasswordField:
    return PasswordField(_l("Password"), validators=[Required(), Length(max=LONGEST)],
                         render_kw={"autocomplete": "current-password"})


# Words that whoever guesses tries first here; those of the district and of the officer come on top.
EASY = ("adgangskode", "kodeord", "password", "hemmelig", "velkommen", "sommer", "vinter", "danmark", "politi",
        "police", "betjent", "officer", "kontor", "faerdsel", "færdsel", "booking")
TOO_FEW_GUESSES, LONGEST_MEASURED = 10**8, 24  # characters; of odd signs, seventy would take ten seconds


def hard_to_guess(form, field) -> None:
    """What is left without the words that anybody would try must take long to guess: zxcvbn knows 30,000 common
    passwords, names, rows of keys, dates, and what people do to all of them. What it is made of is free."""
    from zxcvbn import zxcvbn  # with 12 MB of words, for the few who choose a password

    district = current_app.config["DISTRICT"]
    known = " ".join((*district.name.values(), district.email, *form.about))
    near = (word.removesuffix("s") for word in re.findall(r"[^\W\d_]{4,}", known))
    left = re.sub("|".join(sorted((*EASY, *near), key=len, reverse=True)), " ", field.data, flags=re.I)
    refuse_if(not field.errors and zxcvbn(left[:LONGEST_MEASURED])["guesses"] < TOO_FEW_GUESSES, gettext(
        "This one is soon guessed. Take a few words that have nothing to do with you, the police or each other."))


def fresh_password(label: str) -> PasswordField:
    return PasswordField(label, description=_l("At least %(least)s characters; a few words will do.", least=SHORTEST),
                         validators=[Required(), Length(SHORTEST, LONGEST, _l(
                             "At least %(least)s characters, and at most %(most)s.", least=SHORTEST, most=LONGEST)),
                             hard_to_guess], render_kw={"autocomplete": "new-password"})


class LoginForm(Form):
    email = Line(_l("E-mail"), 254, rules=[pasted_address], render_kw={
        "autocomplete": "username", "type": "email", "inputmode": "email"})
    password = old_password()
    code = Line(_l("Code from your phone"), 40, required=False, render_kw=CODE, description=_l(
        "The six digits that your app shows now, or one of your recovery codes. The first time, leave it empty."))


class PasswordForm(Form):
    """Before something grave, also by whoever is logged in: an unlocked screen is not enough."""

    password = old_password()
    now = Line(_l("Code from your present phone"), 40, render_kw=CODE, description=_l(
        "Or one of your recovery codes. Each works once: if you have just logged in, wait for the next one."))


class NewPasswordForm(PasswordForm):
    about: tuple[str, ...] = ()  # the officer, as others know them
    new_password = fresh_password(_l("New password"))


class SecondFactorForm(PasswordForm):
    code = Line(_l("The code that the app shows now"), 10,
                render_kw=CODE | {"inputmode": "numeric", "class": "form-input-short"})


class InviteForm(ColleagueForm):
    role = OneOf(_l("Access"), {"coordinator": _l("Coordinator: full access"),
                                "reader": _l("Reader: figures and bookings, without anybody’s contact data")})


class AcceptForm(Form):
    about: tuple[str, ...] = ()
    name = Line(_l("Your name, as it stands in the history"), 80, render_kw={"autocomplete": "name"})
    password = fresh_password(_l("Choose a password"))

    def validate_name(self, field):
        refuse_if("," in field.data, gettext("Write it without a comma: commas part those who go on a visit."))
        refuse_if(not any(map(str.isalnum, field.data)), gettext("Write your name in letters or digits."))


class LogForm(Form):
    """Which part of the log; the address is made of it."""

    officer = Select(_l("Officer"), required=False, name="betjent")
    case = Line(_l("Case"), 20, required=False, name="sag")
    day = Day(_l("Day"), required=False, name="dag")
