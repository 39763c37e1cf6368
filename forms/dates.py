"""What an officer types about dates: a visit, dates to choose from, why one is off, and when nobody comes."""

from datetime import datetime, time, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import BooleanField
from wtforms.validators import ValidationError

from .fields import AnyOf, Clock, Count, Day, Form, Line, OneOf, Repeat, Row, Select, Text, flat, weekday_name
from .officer import MoveForm, must_be_coming, own_words
from .rules import day_here

# Why an agreed date is called off: the office chooses, and the citizen reads it.
CAUSES = {
    "urgent": _l("An urgent duty has to come first."),
    "staff": _l("Those who should have come are not available."),
    "vehicle": _l("The vehicle is out of order."),
    "weather": _l("The weather does not allow it."),
    "organiser": _l("You have asked for it."),
}


class _Units(Form):
    """Who and what a visit takes. `for_service` adds a question for each part, between those `above` and `below`."""

    parts: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @classmethod
    def for_service(cls, takes: dict[str, str], units: dict[str, tuple[str, ...]]) -> type:
        """This form with the parts that a service's visits take; a part of which we have so many, such as vans, is
        chosen among them: a slip of the pen must not make a second van."""
        fields = {part: Select(label, {u: u for u in units[part]}) if part in units else Line(
            label, 80, rules=[_names_a_unit], render_kw={"list": "units"}, description=_l(
                "Initials or the name of the unit, several parted by commas. "
                "One unit can only be in one place at a time.")) for part, label in takes.items()}
        groups = (("", (*cls.above, *takes, *cls.below)),)
        return type(cls.__name__, (cls,), {"parts": tuple(takes), "groups": groups, **fields})

    def takes(self) -> dict[str, str]:
        return {part: self[part].data or "" for part in self.parts}


class VisitForm(_Units, MoveForm):
    """Where, when, how, who, and whose wishes."""

    day = Day(_l("Date"))
    starts = Clock(_l("From"))
    ends = Clock(_l("To"))
    method = Select(_l("Method"), required=False)
    bookings = AnyOf(_l("Which bookings does it answer?"), required=False)

    above, below = ("day", "starts", "ends"), ("method", "road", "from_to", "postcode", "bookings")

    def offer(self, methods: dict, bookings: dict) -> "VisitForm":
        self.method.offer(methods)
        self.bookings.offer(bookings)
        return self

    def plan(self, zone) -> dict:
        """What Visit.plan and Visit.reschedule need to know."""
        starts, ends = span(self, zone)
        return {"starts_at": starts, "ends_at": ends, "takes": self.takes(), "method": self.method.data or ""}


class _Told(Form):
    """What belongs to a date that those who asked are told."""

    travel = Count(_l("Travel each way, in minutes"), most=600)
    place_told = Line(_l("The place, as letters and calendars say it"), 160, description=_l(
        "In your own words, such as “Haslev Hallen, Jernbanegade 1, 4690 Haslev”."))
    words = own_words()

    def told(self) -> dict:
        return {"travel": self.travel.data, "place_told": self.place_told.data, "words": self.words.data or ""}


class AgreedVisitForm(VisitForm, _Told):
    """A visit whose date is told: those who asked get a letter."""

    agreed: frozenset[str] = frozenset()  # references of those who know the date already
    road = Line(_l("Place"), 120)
    from_to = Line(_l("More about the place"), 200, required=False)
    bookings = AnyOf(_l("Which bookings does it answer?"))
    public = BooleanField(_l("Show it in the public calendar"))
    offer_others = BooleanField(_l("Offer other dates to those who lose this one"), default=True)

    below = ("travel", "road", "from_to", "postcode", "bookings", "place_told", "public", "words", "offer_others")

    def validate_day(self, field):
        must_be_coming(field)

    def validate_bookings(self, field):
        if self.agreed - set(field.data or ()):
            raise ValidationError(gettext("Those who know the date stay. Call it off, or withdraw their booking."))

    def plan(self, zone) -> dict:
        return {**super().plan(zone), **self.told()}


class Slot(Row):
    day = Day(_l("Date"), rules=[lambda form, field: must_be_coming(field)])
    starts = Clock(_l("From"))
    ends = Clock(_l("To"))


class OfferForm(_Units, _Told):
    """Up to three dates for the citizen to choose from."""

    times = Repeat(_l("Dates to choose from"), Slot, required=True, blank=3, most=3)
    answer_by = Day(_l("Answer wanted by"))

    above, below = ("times",), ("travel", "place_told", "answer_by", "words")

    def validate_answer_by(self, field):
        must_be_coming(field)

    def offered(self, zone) -> dict:
        """What Booking.offer needs to know."""
        told = self.told()
        return {"times": [span(row, zone) for row in self.times.rows], "takes": self.takes(), "travel": told["travel"],
                "where": told["place_told"], "words": told["words"], "answer_by": self.answer_by.data}


def _names_a_unit(_form, field) -> None:
    if not field.data.strip(", "):
        raise ValidationError(gettext("This must be filled in."))


class CancelForm(Form):
    words = Text(_l("Why is it cancelled?"), 600, rules=[], render_kw={"rows": 2}, description=_l(
        "For the history only. Those who asked are not told; their bookings wait for another visit."))


class CallOffForm(Form):
    """An agreed date is off, and those who asked read why."""

    cause = OneOf(_l("Why is it called off?"), CAUSES, description=_l("Those who asked read it as it stands here."))
    words = own_words()


class AbsenceForm(Form):
    """When somebody, or nobody, can come. Without times, whole days are meant."""

    unit = Line(_l("Who or what?"), 80, required=False, render_kw={"list": "units"}, description=_l(
        "Initials or the name of the unit, several parted by commas; nothing means everybody."))
    first = Day(_l("First day"))
    starts = Clock(_l("From"), required=False)
    last = Day(_l("Last day"))
    ends = Clock(_l("To"), required=False)
    words = Line(_l("Why?"), 200, required=False, description=_l(
        "Such as a holiday, a course or the workshop; nothing about anybody’s health."))
    groups = ((_l("Days off"), ("unit", ("first", "starts"), ("last", "ends"), "words")),)

    def validate_last(self, field):
        if field.data < day_here():
            raise ValidationError(gettext("This day is over."))
        if self.first.data and (field.data, self.ends.data or time.max) <= (
                self.first.data, self.starts.data or time.min):
            raise ValidationError(gettext("This is before it starts."))

    def units(self) -> list[str]:
        """One absence for each; everybody's is nobody's in particular."""
        return [unit.strip() for unit in (self.unit.data or "").split(",") if unit.strip()] or [""]

    def period(self, zone) -> tuple[datetime, datetime]:
        ends = datetime.combine(self.last.data, self.ends.data or time.min, zone)
        return (datetime.combine(self.first.data, self.starts.data or time.min, zone),
                ends if self.ends.data else ends + timedelta(days=1))


class _Week(Form):
    """From when to when we come, for each day of the week."""

    groups = ((_l("Opening hours"), tuple((f"opens{n}", f"closes{n}") for n in range(7))),)

    @classmethod
    def of(cls, week: list[tuple[time, time]]) -> "_Week":
        """Filled in; blank where we do not come."""
        names = flat(cls.groups[0][1])
        times = [at if opens < closes else None for opens, closes in week for at in (opens, closes)]
        return cls(None, data=dict(zip(names, times, strict=True)))

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        for opens, closes in self._days():
            times = (opens.data, closes.data)
            if not (opens.errors or closes.errors) and any(times) and not (all(times) and times[0] < times[1]):
                closes.errors = [gettext("Write a time after the first one, or leave both out.")]
                valid = False
        return valid

    def week(self) -> list[tuple[time, time]]:
        return [(opens.data or time.min, closes.data or time.min) for opens, closes in self._days()]

    def _days(self):
        return [(self[opens], self[closes]) for opens, closes in self.groups[0][1]]


def _weekday(number: int) -> LazyString:
    return LazyString(lambda: weekday_name(number).capitalize())


HoursForm = type("HoursForm", (_Week,), {
    name + str(n): Clock(words, required=False) for n in range(7) for name, words in (
        ("opens", _l("%(day)s, from", day=_weekday(n))), ("closes", _l("%(day)s, to", day=_weekday(n))))})


def span(row, zone) -> tuple[datetime, datetime]:
    """A day with its times as points in time; what ends before it starts ends the next morning."""
    starts = datetime.combine(row.day.data, row.starts.data, zone)
    ends = datetime.combine(row.day.data, row.ends.data, zone)
    return starts, ends if ends > starts else ends + timedelta(days=1)
