"""Forms that anybody may send, without a link or a log-in: people are told from programs, and are asked no riddle."""

import secrets
from datetime import UTC, datetime, timedelta

import flask
from flask_babel import gettext, lazy_gettext as _l
from itsdangerous import BadSignature, TimestampSigner
from wtforms import HiddenField, StringField
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from .form import Form


def _signer() -> TimestampSigner:
    return TimestampSigner(flask.current_app.secret_key, salt="once")


def new_form_token() -> str:
    """The name of a form that is first shown now."""
    return _signer().sign(secrets.token_urlsafe(18)).decode()


class FormToken(HiddenField):
    """The name of one form in somebody's hands, signed with the moment in which it was first shown, and carried on
    when it is shown again. One name is one booking, so a program needs a new form for each, as a person does.

    Nobody is ever too slow. Who has been patient once in a session may be quick: they went back, say, and on again.
    `shown_at` is that moment, at the end of its second; None for a name that is new.
    """

    shown_at: datetime | None = None

    def process(self, formdata, data=unset_value, extra_filters=None):
        super().process(formdata, data, extra_filters)
        try:
            signed_at = _signer().unsign(self.data or "", return_timestamp=True)[1]
            self.shown_at = signed_at + timedelta(seconds=1)
            self.age = abs((datetime.now(UTC) - signed_at).total_seconds())  # the clock may have been set back meanwhile
        except BadSignature:
            self.age = -1
            self.renew()  # a name that anybody could choose would be somebody else's, too, and lead to their booking

    def renew(self) -> None:
        """From here on this is another form."""
        self.data = new_form_token()

    def pre_validate(self, form):
        if self.age >= form.min_seconds:
            flask.session.setdefault("patient", True)
        elif flask.current_app.config["BOT_CHECK"] and (self.age < 0 or "patient" not in flask.session):
            raise StopValidation(gettext("We could not tell whether a person sent this. Nothing is lost: please press "
                                         "the button once more."))


class Honeypot(StringField):
    """Nobody sees or hears it, so only programs fill it in. Once it was filled in, it is shown empty: whoever is a
    person sees what their browser has done, and goes on."""

    def pre_validate(self, form):
        if self.data:
            self.data = ""
            raise StopValidation(gettext("Something was filled in here, perhaps by your browser. We have emptied it: "
                                         "please press the button once more."))


class PublicForm(Form):
    """`min_seconds` is in how many seconds a person could fill it in at best, by autofill and with luck."""

    min_seconds = 1
    once, homepage = FormToken(), Honeypot(_l("Leave this field empty"))

    def validate(self, extra_validators=None) -> bool:
        """Whoever has something to mend presses the button once more anyway: then nothing is said of their haste."""
        valid = super().validate(extra_validators)
        if self.errors.keys() - {"once"}:
            self.once.errors = ()
        return valid
