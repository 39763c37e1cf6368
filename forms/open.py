"""Forms that anybody may send, without a link or a log-in: people are told from programs, and are asked no riddle."""

import secrets
from datetime import UTC, datetime

import flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, TimestampSigner
from wtforms import HiddenField, StringField
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from .fields import Form


class Once(HiddenField):
    """The name of one form in somebody's hands, signed with the moment in which it was first shown, and carried on
    when it is shown again. One name is one booking, so a program needs a new form for each, as a person does.

    Nobody is ever too slow. Who has been patient once in a session may be quick: they went back, say, and on again.
    """

    def process(self, formdata, data=unset_value, extra_filters=None):
        super().process(formdata, data, extra_filters)
        name, signer = self.data or "", TimestampSigner(flask.current_app.secret_key, salt="once")
        try:
            self.age = (datetime.now(UTC) - signer.unsign(name, return_timestamp=True)[1]).total_seconds()
        except BadSignature:
            self.age = -1
        made_by_us = self.age >= 0 or name and not flask.current_app.config["WARY"]
        self.data = name[:64] if made_by_us else signer.sign(secrets.token_urlsafe(18)).decode()

    def pre_validate(self, form):
        if self.age >= form.quickest:
            flask.session.setdefault("patient", True)
        elif flask.current_app.config["WARY"] and (self.age < 0 or "patient" not in flask.session):
            raise StopValidation(gettext("We could not tell whether a person sent this. Nothing is lost: please press "
                                         "the button once more."))


class Trap(StringField):
    """Nobody sees or hears it, so only programs fill it in. Once it was filled in, it is shown empty: whoever is a
    person sees what their browser has done, and goes on."""

    def pre_validate(self, form):
        if self.data:
            self.data = ""
            raise StopValidation(gettext("Something was filled in here, perhaps by your browser. We have emptied it: "
                                         "please press the button once more."))


class OpenForm(Form):
    """`quickest` is in how many seconds a person could fill it in at best, by autofill and with luck."""

    quickest = 1
    once, homepage = Once(), Trap(_l("Leave this field empty"))
