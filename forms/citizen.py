"""What a citizen may type: the questions common to every booking, and what is said about one afterwards."""

from datetime import datetime

from flask import current_app
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FloatField
from wtforms.validators import Email
from wtforms.widgets import HiddenInput

from .fields import Form, Line, OneOf, Text
from .open import OpenForm
from .rules import Confirmed, InDistrict, NoPersonalData, PhoneNumber, RequiredWhen

PRIVATE = "private"
CAPACITIES = {
    PRIVATE: _l("Private person"),
    "residents": _l("Residents' association"),
    "association": _l("Association"),
    "school": _l("School or institution"),
    "youth": _l("Youth centre"),
    "housing": _l("Housing organisation"),
    "business": _l("Business"),
    "authority": _l("Municipality or authority"),
}
REPLIES = {"email": _l("E-mail"), "phone": _l("Phone"), "letter": _l("Letter by post")}
# Whether an answer helped, and the reasons that may be given.
HELPED = {"yes": _l("Yes"), "partly": _l("Partly"), "no": _l("No")}
HELPED_WHY = {
    "clear": _l("It was clear and useful"),
    "treated": _l("I was treated well"),
    "late": _l("It came too late"),
    "unclear": _l("I do not understand it"),
    "still": _l("The problem is still there"),
    "other": _l("Something else"),
}
# Each language by its own name, whatever the page is in.
LANGUAGES = {"da": "Dansk", "en": "English"}


class Pin(FloatField):
    """Half of the pin on the map. It is an addition: where it is missing or makes no sense, the words suffice."""

    widget = HiddenInput()

    def __init__(self, furthest: float, **kwargs):
        super().__init__(**kwargs)
        self.furthest = furthest

    def process_formdata(self, valuelist):
        try:
            degrees = float(valuelist[0])
        except (IndexError, ValueError):
            degrees = float("nan")
        self.data = degrees if abs(degrees) <= self.furthest else None


class ContactForm(Form):
    """Who asks, and how they are answered."""

    name = Line(_l("Name"), 80, render_kw={"autocomplete": "name"})
    email = Line(_l("E-mail"), 254, required=RequiredWhen("reply", "email", message=_l(
        "You want the answer by e-mail: write your e-mail address.")), rules=[Email(allow_smtputf8=False)],
        render_kw={"autocomplete": "email", "type": "email", "inputmode": "email"})
    phone = Line(_l("Phone"), 30, required=RequiredWhen("reply", "phone", message=_l(
        "You want the answer by phone: write your phone number.")), rules=[PhoneNumber()],
        render_kw={"autocomplete": "tel", "type": "tel", "inputmode": "tel"},
        description=_l("Write an e-mail address or a phone number, or both."))
    reply = OneOf(_l("How do you want the answer?"), REPLIES, default="email")
    address = Text(_l("Postal address"), 300, required=RequiredWhen("reply", "letter", message=_l(
        "You want the answer by post: write your address.")), rules=[],
        description=_l("Only if you want the answer by post."), render_kw={"rows": 3, "autocomplete": "street-address"})

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        if self.may_be_reached() or self.email.errors or self.phone.errors:
            return valid
        self.email.errors = [*self.email.errors, str(_l("Write an e-mail address or a phone number."))]
        return False

    def may_be_reached(self) -> bool:
        return bool(self.email.data or self.phone.data)

    def contact(self) -> dict:
        """Booking's columns for whom to answer."""
        return {f.name: f.data or "" for f in (self.name, self.email, self.phone, self.address, self.reply)}


class PlaceForm(Form):
    """Where. The words are enough; a pin may be added."""

    lat, lng = Pin(90), Pin(180)
    road = Line(_l("Road"), 120, rules=[NoPersonalData()])
    from_to = Line(_l("Stretch (from – to, or house number)"), 200, rules=[NoPersonalData()],
                   description=_l("For example “from the school to the church” or “by no. 12–20”."))
    postcode = Line(_l("Postcode"), 40, rules=[InDistrict()],
                    description=_l("Four digits. Town and municipality follow from it."),
                    render_kw={"inputmode": "numeric", "autocomplete": "postal-code", "class": "form-input-short"})

    def pin(self) -> dict:
        if "lat" not in self:
            return {"lat": None, "lng": None}
        whole = self.lat.data is not None and self.lng.data is not None
        return {"lat": self.lat.data, "lng": self.lng.data} if whole else {"lat": None, "lng": None}

    def place(self) -> dict:
        """Place's columns; town and municipality follow from the postcode."""
        known = current_app.config["DISTRICT"].postcode(self.postcode.data)
        return {"road": self.road.data, "from_to": self.from_to.data or "", "postcode": known.postcode,
                "town": known.town, "municipality": known.municipality, **self.pin()}


class BookingForm(OpenForm, ContactForm, PlaceForm):
    """The questions common to every service; a service adds its own and puts all of them into groups."""

    quickest = 3
    capacity = OneOf(_l("I am writing as"), CAPACITIES, default=PRIVATE)
    org = Line(_l("Name of the organisation"), 120, required=RequiredWhen(
        "capacity", *(set(CAPACITIES) - {PRIVATE}), message=_l("Write the name of the organisation.")),
        description=_l("Only if you do not write as a private person."), render_kw={"autocomplete": "organization"})
    language = OneOf(_l("Language of the answer"), LANGUAGES)
    emergency = BooleanField(_l("This is not urgent"), validators=[Confirmed(_l(
        "Please confirm that it is not urgent. If it is: call 112 at once."))],
        description=_l("Urgent: call 112. Anything else the police should know now: call 114."))

    where = ("road", "from_to", "postcode")
    who_asks = ("capacity", "org", "name", "email", "phone", "reply", "address", "language")
    common = {"once", "homepage", "lat", "lng", "emergency", *where, *who_asks}

    def columns(self) -> dict:
        """Booking's columns, as far as a form can know them."""
        return {**self.contact(), "capacity": self.capacity.data, "org": self.org.data or "",
                "language": self.language.data, "road": self.road.data, "from_to": self.from_to.data or "",
                "public": False, **self.pin()}

    def wishes(self) -> list[tuple[datetime, datetime]]:
        """The dates that would suit, from when to when; none where the service agrees on no date."""
        return []

    def own_answers(self) -> dict:
        """The answers to the service's own questions."""
        return {name: value for name, value in self.answers().items() if name not in self.common}


class FindForm(OpenForm):
    """Finding one's own booking without the link."""

    reference = Line(_l("Case reference"), 20, description=_l("Eight letters and digits, such as K7MD PXQA."),
                     render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})
    contact = Line(_l("Your e-mail address, or the last four digits of your phone number"), 254,
                   render_kw={"autocomplete": "off"})


class InformationForm(Form):
    words = Text(_l("Your message to the police"), 2000, render_kw={"rows": 5})


class NoneFitsForm(Form):
    when = Text(_l("When would it suit you, then?"), 1000, required=False, render_kw={"rows": 3})


class WithdrawForm(Form):
    sure = BooleanField(_l("Yes, withdraw my booking"), validators=[Confirmed(_l(
        "Tick the box if you want to withdraw the booking."))])


class ReopenForm(Form):
    words = Text(_l("What is still missing?"), 2000, render_kw={"rows": 5})


class RateForm(Form):
    helped = OneOf(_l("Did this answer help you?"), HELPED)
    helped_why = OneOf(_l("What fits best?"), HELPED_WHY, required=False)
    more = Text(_l("Would you like to tell us more?"), 1000, required=False, render_kw={"rows": 3}, description=_l(
        "Only the police read it. Do not write names, CPR numbers or number plates."))
