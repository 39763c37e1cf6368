"""What figures are to be about: the addresses of pages and files are made of these fields."""

from calendar import monthrange
from datetime import date, timedelta

from flask_babel import gettext, lazy_gettext as _l

from .fields import Line, Month, Select
from .form import Form, refuse_if

MOST_YEARS = 20  # that one page of figures counts


class PeriodForm(Form):
    """From which month to which, and where."""

    first = Month(_l("From month"), name="fra")
    last = Month(_l("To month"), name="til")
    municipality = Select(_l("Municipality"), required=False, name="kommune", none=_l("All"))

    @property
    def last_day(self) -> date:
        """Of the last month."""
        return self.last.data.replace(day=monthrange(self.last.data.year, self.last.data.month)[1])

    def validate_last(self, field):
        longest = MOST_YEARS * timedelta(days=366)
        refuse_if(self.first.data and not timedelta() <= field.data - self.first.data < longest, gettext(
            "Choose a month after the first one, and at most %(years)s years.", years=MOST_YEARS))


class FiguresForm(PeriodForm):
    service = Select(_l("Service"), required=False, name="ydelse", none=_l("All"))


class PressReleaseForm(PeriodForm):
    road = Line(_l("Road"), 120, required=False, name="vej")


class AccountForm(Form):
    """One quarter or year of the public account, and where."""

    period = Select(_l("Period"), name="periode")
    municipality = Select(_l("Municipality"), required=False, name="kommune", none=_l("The whole district"))


class ResultsForm(Form):
    """Which public results are looked for; the addresses of the list, the map and the files are made of it."""

    words = Line(_l("Road, town or postcode"), 100, required=False, name="q")
    municipality = Select(_l("Municipality"), required=False, name="kommune", none=_l("All"))
    service = Select(_l("Service"), required=False, name="ydelse", none=_l("All"))
    year = Select(_l("Year"), required=False, name="aar", none=_l("All"))
