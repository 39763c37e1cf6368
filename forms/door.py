"""What is typed to get in, and to let others in."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import Email, Length

from .citizen import LANGUAGES
from .fields import Day, Form, Line, OneOf, Select
from .rules import Required

ROLES = {"coordinator": _l("Coordinator"), "reader": _l("Reader")}
CODE = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}


def old_password() -> PasswordField:
    return PasswordField(_l("Password"), validators=[Required(), Length(max=200)],
                         render_kw={"autocomplete": "current-password"})


class LoginForm(Form):
    email = Line(_l("E-mail"), 254, render_kw={"autocomplete": "username", "type": "email"})
    password = old_password()
    code = Line(_l("Code from your phone"), 40, required=False, render_kw=CODE, description=_l(
        "The six digits that your app shows now, or one of your recovery codes. The first time, leave it empty."))


class PasswordForm(Form):
    """Before something grave, also by whoever is logged in: an unlocked screen is not enough."""

    password = old_password()


class SecondFactorForm(PasswordForm):
    code = Line(_l("Code from your phone"), 10, render_kw=CODE | {"inputmode": "numeric", "class": "form-input-short"})


class InviteForm(Form):
    email = Line(_l("The colleague’s e-mail"), 254, rules=[Email(allow_smtputf8=False)],
                 render_kw={"type": "email", "inputmode": "email", "autocomplete": "off"})
    role = OneOf(_l("Access"), {"coordinator": _l("Coordinator: does everything"),
                                "reader": _l("Reader: figures and bookings, without anybody’s contact data")})
    language = OneOf(_l("Language of the letter"), LANGUAGES, default="da")


class AcceptForm(Form):
    name = Line(_l("Your name, as it stands in the history"), 80, render_kw={"autocomplete": "name"})
    password = PasswordField(_l("Choose a password"), description=_l("At least 12 characters; a few words will do."),
                             validators=[Required(), Length(12, 200, _l("At least 12 characters, and at most 200."))],
                             render_kw={"autocomplete": "new-password"})


class LogForm(Form):
    """Which part of the log; the address is made of it."""

    betjent = Select(_l("Officer"), required=False)
    sag = Line(_l("Case"), 20, required=False)
    dag = Day(_l("Day"), required=False)
