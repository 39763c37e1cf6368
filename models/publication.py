"""Of which day the findings of a visit are, when they become public, and when not: a part of Visit."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Date, Text, func, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from . import limits
from .base import db, require
from .enums import DONE_WITH, VisitStatus
from .events import Event, EventKind, record_event
from .history import TELLS_FINDINGS
from .results import Result
from .working_days import add_working_days, local, today

if TYPE_CHECKING:
    from . import Officer, Place

MOST_AT_ONCE = 50  # results that one run of the job makes: nobody who writes waits for longer


class HasResult:
    """`release_on` is the day on which the findings become public, unless a letter that tells them is still to be
    seen to; it is empty where nothing is to become public any more. `withheld` is why an officer keeps them from the
    public, for officers only."""

    release_on: Mapped[date | None] = mapped_column(Date, index=True)
    withheld: Mapped[str] = mapped_column(Text, default="")

    @declared_attr
    def result(cls) -> Mapped["Result | None"]:
        return relationship(Result)

    @property
    def found_on(self) -> date:
        """The day on which it took place, as its findings say; until they do, that for which it is planned."""
        found_on = self.rules.found_on(self.findings or {})
        return date.fromisoformat(found_on) if found_on else local(self.starts_at).date()

    @classmethod
    def release_due(cls) -> None:
        """Make public what those who asked have had for limits.RELEASE_DAYS working days."""
        for visit in db.session.scalars(select(cls).where(cls.release_on <= today()).order_by(
                cls.release_on, cls.id).limit(MOST_AT_ONCE)).all():
            visit.release()

    def release(self) -> None:
        """Make the findings public, or put it off where somebody has not had them for so long."""
        self.release_on = self._earliest_release
        if self.release_on > today():
            return
        self.release_on, published = None, self.rules.published(self.findings)
        if published:
            self.result = self._new_result(published)
            self.result.usual_share = Result.usual(self.service, self.result.day)
            record_event(EventKind.RESULT_RELEASED, visit=self)

    def withhold(self, officer: "Officer", reason: str) -> Event:
        """Keep the findings from the public: not yet, or not any more."""
        require(self.status is VisitStatus.REPORTED and not self.removed_on, f"visit {self.id} has nothing to withhold")
        self.withheld = reason
        self.schedule_release()
        return record_event(EventKind.RESULT_WITHHELD, visit=self, officer=officer, words=reason)

    def allow_release(self, officer: "Officer") -> Event:
        """What was withheld may become public after all; what was public before is so at once."""
        require(self.withheld, f"the findings of visit {self.id} are not withheld")
        self.withheld = ""
        self.schedule_release()
        return record_event(EventKind.RESULT_ALLOWED, visit=self, officer=officer)

    def schedule_release(self) -> None:
        """After the findings or the officer's mind have changed. What is public is corrected at once."""
        if self.result:
            published = self.rules.published(self.findings)
            self.result.correct(published)
            self.result.withdrawn_on = None if published and not self.withheld else today()
            self.refresh_result()
        else:
            self.release_on = None if self.withheld else add_working_days(
                local(self.reported_at).date(), limits.RELEASE_DAYS)

    def refresh_result(self) -> None:
        """What is to be done, as it stands today, where the result is public."""
        if self.result:
            self.result.renew(self._public_tasks, self.uid if self.protocol_public else "")

    @property
    def _earliest_release(self) -> date:
        """So many days after the last of those who asked had the letter. One that lies undone is looked at anew the
        next day."""
        letters = [letter for booking in self.bookings for letter in booking.letters_on(self)]
        if any(letter.delivery_status not in DONE_WITH for letter in letters):
            return today() + timedelta(days=1)
        told = max((letter.sent_at for letter in letters if letter.sent_at), default=self.reported_at)
        return add_working_days(local(max(told, self.reported_at)).date(), limits.RELEASE_DAYS)

    def _new_result(self, published: dict) -> Result:
        told = [{e.kind for e in b.events if e.visit is self} & set(TELLS_FINDINGS) for b in self.bookings]
        result = Result(
            visit_id=self.id, service=self.service,
            asked=_unless_few(sum(EventKind.ANSWERED in kinds for kinds in told)),
            heard=_unless_few(sum(map(bool, told))),
            tasks=self._public_tasks, protocol=self.uid if self.protocol_public else "", **published)
        result.locate(**_where(self.place))
        db.session.add(result)
        db.session.flush()  # it has a number now
        result.place_number = db.session.scalar(select(func.min(Result.id)).where(
            Result.visit_id.in_(visit.id for visit in self.place.visits)))
        return result

    @property
    def _public_tasks(self) -> list[dict]:
        """Of what those who asked were told of, the tasks that everybody may read; who answers for one, as a kind."""
        return [{"number": task.number, "what": task.what, "place": task.details.get("place", ""),
                 "owner": task.assignee.kind if task.assignee else "", "status": task.status, "reason": task.reason}
                for task in self.agreed if task.public]


def _unless_few(people: int) -> int | None:
    return None if 0 < people < limits.FEWEST_PEOPLE else people


def file_results(place: "Place") -> None:
    """All results of the visits at this place stand under its name and one number, as after two places became one."""
    results = db.session.scalars(select(Result).where(Result.visit_id.in_(visit.id for visit in place.visits))).all()
    number = min((result.place_number for result in results), default=0)
    for result in results:
        result.locate(place_number=number, **_where(place))


def _where(place: "Place") -> dict:
    return {name: getattr(place, name) for name in ("road", "postcode", "town", "municipality", "lat", "lng")}
