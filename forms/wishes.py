"""Wishes for a visit whose date is agreed: the times that would suit, and who is there on the day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from .citizen import BookingForm
from .fields import YES_NO, Clock, Day, Line, OneOf, Repeat, Row, day_in_words, in_words
from .rules import PhoneNumber, day_here, zone_here


class WishedTime(Row):
    """A day and a time that would suit; `earliest` is the first day that is not too soon."""

    earliest = date.min
    day = Day(_l("Date"))
    starts = Clock(_l("Starts at"))

    def validate_day(self, field):
        if field.data < self.earliest:
            raise ValidationError(gettext("This is too soon. Write %(day)s or later.", day=day_in_words(self.earliest)))
        if field.data > day_here() + timedelta(days=365):
            raise ValidationError(gettext("Write a day within the coming year."))

    def times(self, zone: ZoneInfo, length: timedelta) -> tuple[datetime, datetime]:
        """From and to; hours count as they pass, also in the night when the clock is changed."""
        starts = datetime.combine(self.day.data, self.starts.data, zone)
        return starts, (starts.astimezone(UTC) + length).astimezone(zone)


class WishedHours(WishedTime):
    """A day with the hours that would suit."""

    most_hours = 8
    ends = Clock(_l("Ends at"))

    def in_words(self) -> str:
        return f"{in_words(self.day)} {in_words(self.starts)}–{in_words(self.ends)}"

    def validate_ends(self, field):
        if self.starts.data is None:
            return
        asked = datetime.combine(date.min, field.data) - datetime.combine(date.min, self.starts.data)
        if asked <= timedelta():
            raise ValidationError(gettext("The end must be after the start."))
        if asked > timedelta(hours=self.most_hours):
            raise ValidationError(gettext("Write at most %(hours)s hours.", hours=self.most_hours))

    def times(self, zone, length):
        starts, _ = super().times(zone, length)
        return starts, datetime.combine(self.day.data, self.ends.data, zone)


def wished(label, row: type[WishedTime] = WishedTime) -> Repeat:
    """The question for times that would suit: three rows, no more."""
    return Repeat(label, row, required=True, blank=3, most=3, description=_l(
        "Four weeks ahead at the earliest. You need not fill in every row, but with more times we find one sooner."))


def there_on_the_day(label) -> Line:
    """The question for a person, by name: whoever it is must know that we have it."""
    return Line(label, 80, description=_l(
        "Only the police see the name and the number. Please tell whoever it is that you give them to us."))


# Whom to call: the answers that say how somebody can be reached.
ON_THE_DAY = ("contact_day", "contact_day_phone")


class DatedForm(BookingForm):
    """The questions where the date is agreed with whoever asks.

    At least `least_dates` times are proposed, `lead_days` ahead or more; the visit then lasts `length`.
    """

    least_dates, lead_days, length = 1, 28, timedelta(hours=2)

    dates = wished(_l("Preferred times"))
    contact_day = there_on_the_day(_l("Contact on the day"))
    contact_day_phone = Line(_l("Phone on the day"), 30, rules=[PhoneNumber()],
                             render_kw={"type": "tel", "inputmode": "tel"})
    public = OneOf(_l("May it be shown in the public calendar?"), YES_NO, description=_l(
        "What it is, where and when: never who has booked it."))

    on_the_day = (ON_THE_DAY, "public")

    def validate(self, extra_validators=None) -> bool:
        for entry in self.dates.entries:
            entry.form.earliest = day_here() + timedelta(days=self.lead_days)
        return super().validate(extra_validators)

    def validate_dates(self, field):
        times = [(row.day.data, row.starts.data) for row in field.rows]
        if len(times) < self.least_dates:
            raise ValidationError(gettext("Propose at least %(count)s times.", count=self.least_dates))
        if len(set(times)) < len(times):
            raise ValidationError(gettext("The same time stands there twice."))

    def wishes(self) -> list[tuple[datetime, datetime]]:
        zone = zone_here()
        return [row.times(zone, self.length) for row in self.dates.rows]

    def columns(self) -> dict:
        return {**super().columns(), "public": self.public.data == "yes"}
