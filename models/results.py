"""What everybody may know of a visit: a row of its own, made when its findings become public (models/publication.py).

Public pages, feeds and files read this table and no other. Nothing here leads to a visit, a booking or a place, so that
what is planned, asked or not yet told cannot be reached from here; a test reads the imports.
"""

import re
from datetime import date, timedelta

from sqlalchemy import JSON, Boolean, Date, Float, ForeignKey, Index, Integer, Select, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from . import limits
from .base import HasPoint, Numbered, db, fold, one_of
from .enums import PartOfDay
from .road_names import public_road, road_key
from .rules import HasServiceRules
from .working_days import today

# A point on the map is one of a grid, whose lines are more than 100 m apart at our latitude.
GRID = (0.001, 0.002)  # degrees of latitude and of longitude
PLAIN_LETTERS = str.maketrans("æøåäöéü", "aoaaoeu")
# By the hour at which they end.
PARTS_OF_DAY = {6: PartOfDay.NIGHT, 10: PartOfDay.MORNING, 14: PartOfDay.MIDDAY, 18: PartOfDay.AFTERNOON,
                24: PartOfDay.EVENING}


class Result(HasServiceRules, HasPoint, Numbered, db.Model):
    """One visit as everybody may know it.

    `place_number` is the same for all results of one place: the number of the first of them. `road` is without a house
    number, and `lat` and `lng` (degrees) are rounded to a grid. `measured` and `charged` count vehicles and drivers,
    `top_speed` and `speed_limit` are in km/h; they are empty where they were not counted. `details` are further
    findings, in choices and counts. `tasks` is what is to be done, with how it stands; `protocol` is the uid of the
    public protocol. `asked` were answered by it for the first time, `heard` are all who were told; None
    where they are so few that somebody might be seen behind the number (limits.FEWEST_PEOPLE). `usual_share` is
    which part of the vehicles was charged in the whole district in the year before. `before` holds what a correction
    has changed, as it was. From `withdrawn_on` on nobody reads it any more.
    """

    __table_args__ = (Index(None, "place_number", "day"), Index(None, "day", "id"),
                      Index(None, "municipality", "day", "id"), Index(None, "updated_on", "id"))

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), unique=True)
    place_number: Mapped[int] = mapped_column(Integer, default=0)
    day: Mapped[date] = mapped_column(Date)
    part_of_day: Mapped[PartOfDay] = mapped_column(one_of(PartOfDay))
    road: Mapped[str] = mapped_column(String(120))
    postcode: Mapped[str] = mapped_column(String(4))
    town: Mapped[str] = mapped_column(String(80))
    municipality: Mapped[str] = mapped_column(String(80))
    method: Mapped[str] = mapped_column(String(32), default="")
    speed_limit: Mapped[int | None] = mapped_column(Integer)
    measured: Mapped[int | None] = mapped_column(Integer)
    charged: Mapped[int | None] = mapped_column(Integer)
    top_speed: Mapped[int | None] = mapped_column(Integer)
    preliminary: Mapped[bool] = mapped_column(Boolean, default=False)
    details: Mapped[dict] = mapped_column(JSON, default=dict)
    tasks: Mapped[list] = mapped_column(JSON, default=list)
    protocol: Mapped[str] = mapped_column(String(32), default="")
    asked: Mapped[int | None] = mapped_column(Integer)
    heard: Mapped[int | None] = mapped_column(Integer)
    usual_share: Mapped[float | None] = mapped_column(Float)
    released_on: Mapped[date] = mapped_column(Date, default=today)
    updated_on: Mapped[date] = mapped_column(Date, default=today)
    corrected_on: Mapped[date | None] = mapped_column(Date)
    before: Mapped[dict] = mapped_column(JSON, default=dict)
    withdrawn_on: Mapped[date | None] = mapped_column(Date)
    search: Mapped[str] = mapped_column(Text)

    @classmethod
    def released(cls) -> Select:
        """What anybody may read: the one query on which all public pages, feeds and files build."""
        return select(cls).where(cls.withdrawn_on.is_(None))

    @classmethod
    def usual(cls, service: str, day: date) -> float | None:
        """Which part of the vehicles counted by this service was charged in the year up to `day`."""
        measured, charged = db.session.execute(select(func.sum(cls.measured), func.sum(cls.charged)).where(
            cls.service == service, cls.day.between(day - timedelta(days=limits.USUAL_SHARE_DAYS), day),
            cls.measured.is_not(None), cls.charged.is_not(None), cls.withdrawn_on.is_(None))).one()
        return round(charged / measured, 4) if (measured or 0) >= limits.USUAL_SHARE_FROM else None

    def locate(self, *, road: str, postcode: str, town: str, municipality: str, lat: float | None,
               lng: float | None, **number: int) -> None:
        """Say where it was, no closer than anybody may know; with the place's `place_number`, where that is known."""
        lat, lng = (None, None) if lat is None or lng is None else (
            round(round(x / step) * step, 3) for x, step in zip((lat, lng), GRID, strict=True))
        where = {"road": public_road(road, town), "postcode": postcode, "town": town, "municipality": municipality,
                 "lat": lat, "lng": lng, **number}
        if any(getattr(self, name) != value for name, value in where.items()):
            self.assign(updated_on=today(), **where)
        self.search = search_key(f"{self.road} {road_key(self.road, town)} {postcode} {town} {municipality}")

    def correct(self, columns: dict) -> None:
        """Other findings than were public: what they were stays beside them."""
        before = {name: getattr(self, name) for name in columns if getattr(self, name) != columns[name]}
        if before:
            before |= {"day": before["day"].isoformat()} if "day" in before else {}
            self.before, self.corrected_on, self.updated_on = before, today(), today()
        self.assign(**columns)

    def renew(self, tasks: list[dict], protocol: str) -> None:
        """The public tasks and the protocol, as they stand now."""
        if (tasks, protocol) != (self.tasks, self.protocol):
            self.tasks, self.protocol, self.updated_on = tasks, protocol, today()

    @property
    def share(self) -> float | None:
        """Which part of the vehicles was charged; of fewer than limits.SHARE_FROM, a share says nothing."""
        if self.charged is None or (self.measured or 0) < limits.SHARE_FROM:
            return None
        return self.charged / self.measured

    @property
    def slug(self) -> str:
        return place_slug(self.road, self.town)


def place_slug(road: str, town: str) -> str:
    """The end of a place's address, which a person can read."""
    return search_key(f"{road} {town}").replace(" ", "-")


def part_of_day(hour: int) -> PartOfDay:
    return next(part for end, part in PARTS_OF_DAY.items() if hour < end)


def search_key(words: str) -> str:
    """Words as somebody may type them who has no Æ, Ø and Å at hand, or writes them in two letters."""
    return re.sub(r"a[ae]", "a", fold(words).translate(PLAIN_LETTERS)).replace("oe", "o")


def search_words(typed: str) -> list[str]:
    """What is to be found of what was typed: a house number stands in no result."""
    return [word for word in search_key(typed).split() if not re.fullmatch(r"\d{1,3}[a-z]?|nr", word)]
