"""What models need to know of a service: its numbers and four answers. The catalogue registers them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from .working_days import add_working_days, local, today


@dataclass(frozen=True, kw_only=True)
class ServiceRules:
    """The rules of one service in numbers; days are working days.

    `answer_within` and `act_within` run from receipt: to a yes or no, and to the outcome. `report_within` runs from an
    agreed visit to its outcome, `choose_within` from our proposing dates to the citizen's choice.
    `date_is_agreed` is false where a coming visit must stay unknown outside the office. Where it is true, the date is
    agreed with whoever asks.
    `follow_up`: so many calendar days after they were told, those responsible for tasks are asked how it goes; where
    it is empty, at the due date.
    `statistics(findings)` is what findings add to the figures: {"passed": 94, "charged": 0}, or {"worry-lighting": 1};
    with {"done": 1} where the visit was carried out, or held.
    `published(findings)` is what of them everybody may know, as columns of Result, the day among them; empty where
    nothing is to be shown.
    `found_on(findings)` is the first day of what was found, as findings have it; None where nothing was
    carried out, or held.
    `keeps_open(findings)` is true where nothing was carried out and the wishes stand.
    """

    key: str
    answer_within: int
    act_within: int
    report_within: int = 10
    choose_within: int = 5
    date_is_agreed: bool = False
    follow_up: tuple[int, ...] = ()
    statistics: Callable[[dict], dict[str, int]] = lambda findings: {}
    published: Callable[[dict], dict] = lambda findings: {}
    found_on: Callable[[dict], str | None] = lambda findings: None
    keeps_open: Callable[[dict], bool] = lambda findings: False

    def answer_due(self, stated: int | None = None) -> date:
        """The day of the answer to what arrives today: within as many working days as ever, or as the form `stated`
        where that is more."""
        return add_working_days(today(), max(self.answer_within, stated or 0))

    def choice_due(self, starts: list[datetime]) -> date:
        """The day by which the dates that are proposed today, in order, are to be answered: no later than the last."""
        return min([add_working_days(today(), self.choose_within), *(local(last).date() for last in starts[-1:])])


# By the service's key. The catalogue fills it; whoever asks for a service that it has not registered gets a KeyError.
SERVICE_RULES: dict[str, ServiceRules] = {}


class HasServiceRules:
    """A row that is about one service, which it names by its key."""

    service: Mapped[str] = mapped_column(String(32))

    @property
    def rules(self) -> ServiceRules:
        return SERVICE_RULES[self.service]
