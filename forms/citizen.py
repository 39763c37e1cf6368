"""What a citizen may type: the questions common to every booking, and what is said about one afterwards."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import current_app
from flask_babel import get_locale, gettext, lazy_gettext as _l
from wtforms import BooleanField, Field, FloatField
from wtforms.validators import DataRequired
from wtforms.widgets import HiddenInput

from languages import LANGUAGE_NAMES
from models.enums import Channel
from models.limits import CONTACT_DIGITS, PIN_METRES, REFERENCE_LENGTH

from .bot_check import PublicForm
from .fields import YES_NO, Clock, Day, Line, OneOf, Repeat, Row, Text, no_time_twice
from .form import Form, as_more, day_in_words, in_words, refuse_if
from .validators import (
    EmailAddress,
    NoPersonalData,
    RequiredWhen,
    at_time,
    day_here,
    in_district,
    narrowed,
    pasted_address,
    phone_number,
)

EMAIL = {"autocomplete": "email", "type": "email", "inputmode": "email"}
PHONE = {"autocomplete": "tel", "type": "tel", "inputmode": "tel"}
WAYS = {Channel.EMAIL: _l("E-mail"), Channel.PHONE: _l("Phone"), Channel.POST: _l("Letter by post")}
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


class Pin(FloatField):
    """Half of the pin on the map, or how exact it is. It is an addition: where it is missing, makes no sense or lies
    outside its `reach`, from the least to the greatest, the words suffice."""

    widget = HiddenInput()

    def __init__(self, reach: Callable[[], tuple[float, ...]], **kwargs):
        super().__init__(**kwargs)
        self.reach = reach

    def process_formdata(self, valuelist):
        try:
            degrees = float(valuelist[0])
        except (IndexError, ValueError):
            degrees = float("nan")
        least, greatest = self.reach()
        self.data = degrees if least <= degrees <= greatest else None


def pin_on_map() -> tuple[Pin, Pin]:
    """Latitude and longitude, of a point of the district."""
    return tuple(Pin(lambda half=half: current_app.config["DISTRICT"].reach[half]) for half in (0, 1))


class ContactForm(Form):
    """Who asks, and how they are answered."""

    name = Line(_l("Name"), 80, render_kw={"autocomplete": "name"})
    email = Line(_l("E-mail"), 254, required=RequiredWhen("reply", "email", message=_l(
        "An answer by e-mail needs an e-mail address.")), rules=[EmailAddress()], render_kw=EMAIL)
    phone = Line(_l("Phone"), 30, required=RequiredWhen("reply", "phone", message=_l(
        "An answer by phone needs a phone number.")), rules=[phone_number], render_kw=PHONE)
    reply = OneOf(_l("How do you want the answer?"), WAYS, default=Channel.EMAIL)
    address = Text(_l("Postal address"), 300, when="reply=letter", rules=[], description="",
                   render_kw={"rows": 3, "autocomplete": "street-address"})

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        said = self.email.data or self.phone.data or self.address.data or self.email.errors or self.phone.errors
        return [(not said, self.email, gettext("Write an e-mail address or a phone number."))]

    def contact(self) -> dict:
        """Booking's columns for whom to answer."""
        return {f.name: f.data or "" for f in (self.name, self.email, self.phone, self.address, self.reply)}


class PostcodeOrTown(Line):
    """A postcode or a town of the district. `neighbour` is the district in charge, where it turns out to be another."""

    neighbour = None

    def __init__(self, rules=(in_district,), **kwargs):
        super().__init__(_l("Postcode or town"), 40, rules=rules, **kwargs)

    @property
    def suggestions(self) -> list[str]:
        return [f"{each.postcode} {each.town}" for each in current_app.config["DISTRICT"].postcodes]


class PlaceForm(Form):
    """Where. The words are enough; a pin may be added. No browser is asked to fill in where its owner lives: with
    script none does (static/booking.js), and to say so without would keep it from filling in the form after Back."""

    lat, lng = pin_on_map()
    accuracy = Pin(lambda: (0, 100_000))
    road = Line(_l("Road"), 120, rules=[NoPersonalData()])
    from_to = Line(_l("Where on the road?"), 200, rules=[NoPersonalData()],
                   description=_l("For example “from the school to the church” or “by no. 12–20”."))
    postcode = PostcodeOrTown()

    def validate_road(self, field):
        refuse_if(not any(letter.isalnum() for letter in field.data), gettext(
            "Write the name of the road or place, in letters or digits."))

    def pin(self) -> dict:
        whole = "lat" in self and self.lat.data is not None and self.lng.data is not None
        return {"lat": self.lat.data, "lng": self.lng.data} if whole else {"lat": None, "lng": None}

    def exact_pin(self) -> dict:
        """The pin where it is right within PIN_METRES; a guess is kept with the booking, and moves no place."""
        exact = "lat" in self and self.accuracy.data is not None and self.accuracy.data <= PIN_METRES
        return self.pin() if exact else {"lat": None, "lng": None}

    def place(self, at_hand=None) -> dict:
        """Place's columns; town and municipality follow from the postcode, or where it is ours no more, from the place
        `at_hand` that has it."""
        known = current_app.config["DISTRICT"].postcode(self.postcode.data) or at_hand
        return {"road": self.road.data, "from_to": self.from_to.data or "", "postcode": known.postcode,
                "town": known.town, "municipality": known.municipality, **self.exact_pin()}


class BookingForm(PublicForm, ContactForm, PlaceForm):
    """The questions common to every service; a service adds its own and puts all of them into groups."""

    min_seconds = 3
    org = Line(_l("Name of the organisation"), 120, required=False, more=True,
               render_kw={"autocomplete": "organization"})
    phone, reply, address = map(as_more, (ContactForm.phone, ContactForm.reply, ContactForm.address))
    language = OneOf(_l("Language of the answer"), LANGUAGE_NAMES, more=True, default=lambda: str(get_locale()))

    fold = _l("More that can help us, and an answer by phone or by post")
    where = ("road", "from_to", "postcode")
    who_asks = ("org", "name", "email", "phone", "reply", "address", "language")
    common = {"once", "homepage", "lat", "lng", "accuracy", *where, *who_asks}

    def columns(self) -> dict:
        """Booking's columns, as far as a form can know them."""
        return {**self.contact(), "org": self.org.data or "", "language": self.language.data, "road": self.road.data,
                "from_to": self.from_to.data or "", "public": False, "accuracy": self.accuracy.data, **self.pin()}

    def wishes(self) -> list[tuple[datetime, datetime]]:
        """The dates that would suit, from when to when; none where the service agrees on no date."""
        return []

    def own_answers(self) -> dict:
        """The answers to the service's own questions."""
        return {name: value for name, value in self.answers().items() if name not in self.common}


class FindForm(PublicForm):
    """Finding one's own booking without the link."""

    reference = Line(_l("Case reference"), 200, description=_l(
        "%(count)s letters and digits, such as K7MD PXQA.", count=REFERENCE_LENGTH),
                     rules=[narrowed],
                     render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})
    contact = Line(_l("Your e-mail address, or the last %(count)s digits of your phone number",
                      count=CONTACT_DIGITS), 254, rules=[narrowed, pasted_address])


class LostForm(PublicForm):
    """To whom the links of open cases are mailed, for want of any reference."""

    email = Line(_l("Your e-mail address"), 254, rules=[EmailAddress()], render_kw=EMAIL)


class InformationForm(Form):
    words = Text(_l("Your message to the police"), 2000, render_kw={"rows": 5})


class NoneFitsForm(Form):
    when = Text(_l("When would it suit you, then?"), 1000, required=False, render_kw={"rows": 3})


class WithdrawForm(Form):
    sure = BooleanField(_l("Yes, withdraw my booking"), validators=[DataRequired(_l(
        "Tick the box if you want to withdraw the booking."))])


class ReopenForm(Form):
    words = Text(_l("What is still missing?"), 2000, render_kw={"rows": 5})


class RateForm(Form):
    helped = OneOf(_l("Did this answer help you?"), HELPED)
    helped_why = OneOf(_l("What fits best?"), HELPED_WHY, required=False)
    more = Text(_l("Would you like to tell us more?"), 1000, required=False, render_kw={"rows": 3}, description=_l(
        "Only the police read it. Do not write names, CPR numbers or number plates."))


LATEST = timedelta(days=365)  # from today; who could say now what suits later


class WishedTime(Row):
    """A day and a time that would suit; `earliest` is the first day that is not too soon."""

    earliest = date.min
    day = Day(_l("Date"))
    starts = Clock(_l("Starts at"), day="day")

    def in_words(self) -> str:
        return gettext("%(day)s at %(time)s", day=in_words(self.day), time=in_words(self.starts))

    def validate_day(self, field):
        latest = day_here() + LATEST
        refuse_if(field.data < self.earliest, gettext(
            "This is too soon. Write %(day)s or later.", day=day_in_words(self.earliest)))
        refuse_if(field.data > latest, gettext(
            "This is too far ahead. Write %(day)s or earlier.", day=day_in_words(latest)))

    def times(self, length: timedelta) -> tuple[datetime, datetime]:
        """From and to."""
        starts = at_time(self.day.data, self.starts.data)
        return starts, starts + length


class WishedHours(WishedTime):
    """A day with the hours that would suit."""

    most_hours = 8
    ends = Clock(_l("Ends at"), day="day")

    def in_words(self) -> str:
        return f"{super().in_words()}–{in_words(self.ends)}"

    def validate_ends(self, field):
        if self.starts.data is None:
            return
        # By the clock of any day where the day itself is wrong
        day = self.day.data if self.day.data and not self.day.errors else day_here()
        asked = at_time(day, field.data) - at_time(day, self.starts.data)
        refuse_if(asked <= timedelta(), gettext("The end must be after the start."))
        refuse_if(asked > timedelta(hours=self.most_hours), gettext(
            "Write at most %(hours)s hours.", hours=self.most_hours))

    def times(self, length):
        starts, _ = super().times(length)
        return starts, at_time(self.day.data, self.ends.data)


# Whoever is named must know that we have it.
NAMED = _l("Only the police see the name and the number. Please tell whoever it is that you give them to us.")
PUBLISHED = _l("What it is, where and when: never who has booked it.")
# Whom to call: the answers that say how somebody can be reached.
ON_THE_DAY = ("contact_day", "contact_day_phone")


def preferred_times(row: type[WishedTime]) -> Repeat:
    return Repeat(_l("Preferred times"), row, required=True, blank=3, most=3, shown=1,
                  others=_l("Suggest more times: then we find one sooner"), row_label=_l("Suggestion %(number)s"))


class DatedForm(BookingForm):
    """The questions where the date is agreed with whoever asks.

    One time or more is proposed, `lead_days` ahead or later; the visit then lasts `length`. Whoever asks is the contact
    on the day, unless somebody else is named.
    """

    lead_days, length = 28, timedelta(hours=2)

    dates = preferred_times(WishedTime)
    org = Line(_l("Name of the organisation"), 120, required=False, render_kw={"autocomplete": "organization"})
    phone = Line(_l("Phone"), 30, rules=[phone_number], render_kw=PHONE)
    contact_day = Line(_l("Contact on the day, if it is somebody else"), 80, required=False, more=True,
                       description=NAMED)
    contact_day_phone = Line(_l("Phone on the day"), 30, rules=[phone_number], required=False, more=True,
                             render_kw={"type": "tel", "inputmode": "tel"})
    public = OneOf(_l("May it be shown in the public calendar?"), YES_NO, description=PUBLISHED)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        earliest = day_here() + timedelta(days=self.lead_days)
        self.dates.description = gettext("On %(day)s at the earliest.", day=day_in_words(earliest))
        for entry in self.dates.entries:
            entry.form.earliest = earliest
            entry.form.day.render_kw = {"min": earliest.isoformat(), "max": (day_here() + LATEST).isoformat()}

    validate_dates = no_time_twice

    def wishes(self) -> list[tuple[datetime, datetime]]:
        return [row.times(self.length) for row in self.dates.rows]

    def columns(self) -> dict:
        return {**super().columns(), "public": self.public.data == "yes"}
