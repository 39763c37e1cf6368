"""What an officer types about dates: a visit, dates to choose from, why one is off, and when nobody comes."""

import re
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import gettext, lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import BooleanField, Field

from models.limits import CREW_LENGTH

from .fields import AnyOf, Clock, Count, Day, Line, OneOf, Repeat, Row, Select, Text, no_time_twice
from .form import Form, day_in_words, flat, refuse_if, weekday_name
from .officer import MoveForm, must_be_coming, own_words
from .validators import at_time, day_here, must_be_on_the_clock, unless_stored

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
    def for_service(cls, resources: dict[str, str], units: dict[str, tuple[str, ...]]) -> type:
        """This form with the parts that a service's visits take; a part of which we have so many, such as vans, is
        chosen among them: a slip of the pen must not make a second van."""
        fields = {part: Select(label, {u: u for u in units[part]}) if units.get(part) else Line(
            label, 80, rules=[_names_units], render_kw={"list": "units"}, description=_l(
                "Initials or the name of the unit, several parted by commas. "
                "One unit can only be in one place at a time.")) for part, label in resources.items()}
        groups = (("", (*cls.above, *resources, *cls.below)),)
        return type(cls.__name__, (cls,), {"parts": tuple(resources), "groups": groups, **fields})

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        units = (unit for part in self.parts for unit in _units(self[part].data))
        length, first = len(", ".join(dict.fromkeys(units))), self[self.parts[0]]
        return [(length > CREW_LENGTH and not first.errors, first, gettext(
            "All names together can have %(most)s characters at most. These have %(length)s: write initials.",
            most=CREW_LENGTH, length=length))]

    def resource_units(self) -> dict[str, str]:
        return {part: ", ".join(_units(self[part].data)) for part in self.parts}


class _EndsNextMorning(Form):
    """A day with its times. What ends before it starts ends the next morning."""

    def validate_ends(self, field):
        if self.starts.data and self.day.data and not self.day.errors:
            must_be_on_the_clock(self._last_day(), field)

    def _last_day(self) -> date:
        ends_that_day = at_time(self.day.data, self.ends.data) > at_time(self.day.data, self.starts.data)
        return self.day.data if ends_that_day else self.day.data + timedelta(days=1)

    def span(self) -> tuple[datetime, datetime]:
        return at_time(self.day.data, self.starts.data), at_time(self._last_day(), self.ends.data)


class VisitForm(_Units, MoveForm, _EndsNextMorning):
    day = Day(_l("Date"))
    starts = Clock(_l("From"), day="day")
    ends = Clock(_l("To"))
    method = Select(_l("Method"), required=False)
    bookings = AnyOf(_l("Which bookings does it answer?"), required=False)

    above, below = ("day", "starts", "ends"), ("method", "road", "from_to", "postcode", "bookings")
    stays = False  # its time, where tasks are noted for it

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        return [*super().contradictions(), (self.stays and _changed(*self.times), self.day, gettext(
            "Tasks are noted for this visit, so its time stays."))]

    @property
    def times(self) -> tuple[Field, ...]:
        """The fields of its time, unless there is a slip in one."""
        times = self.day, self.starts, self.ends
        return () if any(field.errors for field in times) else times

    def plan(self) -> dict:
        """What Visit.plan and Visit.reschedule need to know."""
        starts, ends = self.span()
        return {"starts_at": starts, "ends_at": ends, "resource_units": self.resource_units(),
                "method": self.method.data or ""}


def _changed(*fields: Field) -> bool:
    """Whether another answer stands in one of them than is stored."""
    return any(field.data != field.object_data for field in fields)


class _AnnouncedDate(Form):
    """What belongs to a date that those who asked are told."""

    travel = Count(_l("Travel each way, in minutes"), most=600)
    place_told = Line(_l("The place, as letters and calendars say it"), 160, description=_l(
        "In your own words, such as “Haslev Hallen, Jernbanegade 1, 4690 Haslev”."))
    words = own_words()

    def told(self) -> dict:
        return {"travel": self.travel.data, "public_place": self.place_told.data, "words": self.words.data or ""}


class AgreedVisitForm(VisitForm, _AnnouncedDate):
    """A visit whose date is told: those who asked get a letter."""

    agreed: frozenset[str] = frozenset()  # references of those who know the date already
    private: frozenset[str] = frozenset()  # of those who have not agreed to stand in the public calendar
    # On the very day, others may still have to come, or meet elsewhere.
    day = Day(_l("Date"), rules=[unless_stored(must_be_coming)])
    road = Line(_l("Place"), 120)
    from_to = Line(_l("More about the place"), 200, required=False)
    public = BooleanField(_l("Show it in the public calendar"))
    offer_others = BooleanField(_l("Offer other dates to those who lose this one"), default=True)

    below = ("travel", "road", "from_to", "postcode", "bookings", "place_told", "public", "words", "offer_others")

    def validate_bookings(self, field):
        refuse_if(self.agreed - set(field.data or ()), gettext(
            "Those who know the date stay. Call it off, or withdraw their booking."))

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        nobody = self.bookings.choices and not self.bookings.data
        return [*super().contradictions(),
                (self.times and self._is_over(), self.starts, gettext("This time is over.")),
                (nobody, self.bookings, gettext("Choose at least one answer."))]

    def _is_over(self) -> bool:
        """Whether people would be told of a time that is over: asked to one that has begun, or that one which has
        ended is longer, or elsewhere. Who comes is told to nobody."""
        begins, ends = self.span()
        if _changed(self.day, self.starts) or set(self.bookings.data or ()) - self.agreed:
            return begins <= datetime.now(UTC)
        return ends <= datetime.now(UTC) and _changed(self.ends, self.place_told)

    def validate_public(self, field):
        refuse_if(field.data and self.private.intersection(self.bookings.data or ()), gettext(
            "Not all of those who are chosen have agreed to that."))

    def plan(self) -> dict:
        return {**super().plan(), **self.told()}


class Slot(Row, _EndsNextMorning):
    day = Day(_l("Date"), rules=[must_be_coming])
    starts = Clock(_l("From"), day="day")
    ends = Clock(_l("To"))


class OfferForm(_Units, _AnnouncedDate):
    """Up to three dates for the citizen to choose from."""

    times = Repeat(_l("Dates to choose from"), Slot, required=True, blank=3, most=3,
                   row_label=_l("Suggestion %(number)s"))
    answer_by = Day(_l("Answer wanted by"), rules=[must_be_coming])

    above, below = ("times",), ("travel", "place_told", "answer_by", "words")

    validate_times = no_time_twice

    def validate_answer_by(self, field):
        last = max((row.day.data for row in self.times.rows if row.day.data), default=field.data)
        refuse_if(field.data > last, gettext(
            "The last of these dates is over by then. Write %(day)s or earlier.", day=day_in_words(last)))

    def offered(self) -> dict:
        """What Booking.offer needs to know."""
        told = self.told()
        return {"times": [row.span() for row in self.times.rows], "resource_units": self.resource_units(),
                "travel": told["travel"],
                "where": told["public_place"], "words": told["words"], "answer_by": self.answer_by.data}


_BETWEEN_UNITS = re.compile(r"[,;&+]|(?<!\d)/(?!\d)|\s(?:og|and)\s", re.IGNORECASE)


def _units(typed: str | None) -> list[str]:
    """Several are parted by commas, or as people part names otherwise: nobody is in two places because of it."""
    return [unit.strip() for unit in _BETWEEN_UNITS.split(typed or "") if unit.strip()]


def _names_units(_form, field) -> None:
    """Units are compared by their letters and digits; one without any would be whoever goes anywhere."""
    refuse_if(not all(any(map(str.isalnum, unit)) for unit in _units(field.data) or [""]),
              gettext("Write initials or the name of a unit."))


class CancelForm(Form):
    words = Text(_l("Why is it cancelled?"), 600, rules=[], render_kw={"rows": 2}, description=_l(
        "For the history only. Those who asked are not told; their bookings wait for another visit."))


class CallOffForm(Form):
    """An agreed date is off, and those who asked read why."""

    cause = OneOf(_l("Why is it called off?"), CAUSES, description=_l("Those who asked read it as it stands here."))
    words = own_words()


class AbsenceForm(Form):
    """When somebody, or nobody, can come. Without times, whole days are meant."""

    unit = Line(_l("Who or what?"), 80, required=False, rules=[_names_units], render_kw={"list": "units"},
                description=_l("Initials or the name of the unit, several parted by commas; nothing means everybody."))
    first = Day(_l("First day"))
    starts = Clock(_l("From"), required=False, day="first")
    last = Day(_l("Last day"))
    ends = Clock(_l("To"), required=False, day="last")
    words = Line(_l("Why?"), 200, required=False, description=_l(
        "Such as a holiday, a course or the workshop; nothing about anybody’s health."))
    groups = ((_l("Days off"), ("unit", ("first", "starts"), ("last", "ends"), "words")),)

    def validate_last(self, field):
        refuse_if(field.data < day_here(), gettext("This day is over."))
        starts = self.first.data, self.starts.data or time.min
        refuse_if(self.first.data and (field.data, self.ends.data or time.max) <= starts,
                  gettext("This is before it starts."))

    def units(self) -> list[str]:
        """One absence for each; everybody's is nobody's in particular."""
        return _units(self.unit.data) or [""]

    def period(self) -> tuple[datetime, datetime]:
        last = self.last.data if self.ends.data else self.last.data + timedelta(days=1)
        return (at_time(self.first.data, self.starts.data or time.min),
                at_time(last, self.ends.data or time.min))


class _Week(Form):
    """From when to when we come, for each day of the week."""

    groups = ((_l("Opening hours"), tuple((f"opens{n}", f"closes{n}") for n in range(7))),)

    @classmethod
    def of(cls, week: list[tuple[time, time]], *typed) -> "_Week":
        """Filled in with what is stored; blank where we do not come. What is `typed` stands before it."""
        names = flat(cls.groups[0][1])
        times = [at if opens < closes else None for opens, closes in week for at in (opens, closes)]
        return cls(*typed, data=dict(zip(names, times, strict=True)))

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        words = gettext("Write a time after the first one, or leave both out.")
        return [(not (opens.errors or closes.errors or _follow(opens.data, closes.data)), closes, words)
                for opens, closes in self._days()]

    def week(self) -> list[tuple[time, time]]:
        return [(opens.data or time.min, closes.data or time.min) for opens, closes in self._days()]

    def _days(self):
        return [(self[opens], self[closes]) for opens, closes in self.groups[0][1]]


def _follow(first: time | None, second: time | None) -> bool:
    """Whether one comes before the other, or both are left out."""
    if first is None or second is None:
        return first is second
    return first < second


def _weekday(number: int) -> LazyString:
    return LazyString(lambda: weekday_name(number).capitalize())


OpeningHoursForm = type("HoursForm", (_Week,), {
    name + str(n): Clock(words, required=False) for n in range(7) for name, words in (
        ("opens", _l("%(day)s, from", day=_weekday(n))), ("closes", _l("%(day)s, to", day=_weekday(n))))})
