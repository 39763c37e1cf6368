"""A road or venue that citizens ask about."""

from collections.abc import Iterable
from datetime import date, datetime
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Optional

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    column,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from .base import HasPoint, Numbered, UTCDateTime, db, fold, now, require
from .bookings import Booking
from .enums import OPEN, BookingStatus, VisitStatus
from .events import Event, EventKind, masked, record_event
from .publication import file_results
from .road_names import KEY_LENGTH, road_key, road_name
from .roads import Road
from .rules import SERVICE_RULES
from .visits import Visit

if TYPE_CHECKING:
    from . import Officer

NEIGHBOUR_METRES = 250  # metres within which two places are neighbours, whose wishes one visit may answer
_METRES_PER_DEGREE = 111_320


class Place(HasPoint, Numbered, db.Model):
    """One place as the police know it; several bookings may ask for it.

    `road` is its name alone: house numbers and stretches stay in the words of each booking. `road_key` is not unique,
    because an officer may have parted a road. For officers only: `suits` is whether it suits a control, `suitability`
    where and how; `again_on` is the day of the next control that an officer means to make. `merged_into_id` is the
    place that it turned out to be.
    """

    __table_args__ = (Index(None, "postcode", "road_key"), Index(None, "lat", "lng"))

    road: Mapped[str] = mapped_column(String(120))
    road_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    from_to: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(4))
    town: Mapped[str] = mapped_column(String(80))
    municipality: Mapped[str] = mapped_column(String(80), index=True)
    suits: Mapped[str] = mapped_column(String(16), default="")
    suitability: Mapped[str] = mapped_column(Text, default="")
    again_on: Mapped[date | None] = mapped_column(Date, index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    bookings: Mapped[list[Booking]] = relationship(back_populates="place", order_by=Booking.id)
    visits: Mapped[list[Visit]] = relationship(back_populates="place", order_by="Visit.starts_at.desc()")
    merged_into: Mapped[Optional["Place"]] = relationship(remote_side="Place.id")
    events: Mapped[list[Event]] = relationship(back_populates="place", order_by="Event.id")

    def __init__(self, **columns):
        super().__init__(**columns)
        self.road, self.road_key = road_name(self.road, self.town), road_key(self.road, self.town)

    def __str__(self) -> str:
        return f"{self.road}, {self.postcode} {self.town}"

    @classmethod
    def near(cls, road: str, postcode: str, lat: float | None = None, lng: float | None = None,
             town: str | None = None) -> list["Place"]:
        """Places that may be this one: the same road and postcode first, as it is written before others, then those
        whose pin is within NEIGHBOUR_METRES. Who knows the postcode's `town` says it; else a place there does."""
        if town is None:
            town = db.session.scalar(select(cls.town).where(cls.postcode == postcode).limit(1)) or ""
        key = (postcode, road_key(road, town))
        wanted = and_(cls.postcode == postcode, cls.road_key == key[1], cls.road_key != "")  # "???" is no road
        if lat is not None and lng is not None:
            high, wide = NEIGHBOUR_METRES / _METRES_PER_DEGREE, NEIGHBOUR_METRES / (
                _METRES_PER_DEGREE * cos(radians(lat)))
            in_the_box = and_(cls.lat.between(lat - high, lat + high), cls.lng.between(lng - wide, lng + wide))
            wanted = or_(wanted, in_the_box)
        found = db.session.scalars(select(cls).where(wanted).order_by(cls.id))
        near = [p for p in found if (p.postcode, p.road_key) == key or p.metres_to(lat, lng) <= NEIGHBOUR_METRES]
        near.sort(key=lambda p: ((p.postcode, p.road_key) != key, fold(p.road) != fold(road)))
        return list(dict.fromkeys(place.canonical for place in near))

    @classmethod
    def at(cls, *, road: str, postcode: str, town: str, municipality: str, from_to: str = "",
           lat: float | None = None, lng: float | None = None) -> "Place":
        """The place of this road and postcode, or a new one. Several bookings for one road meet in it; where it has
        been parted, in the one of this stretch.

        A pin close to another road makes the two neighbours, not one: only an officer can tell whether they are.
        Without a pin, its point is the middle of the road where the list of roads has it.
        """
        near = cls.near(road, postcode, town=town)
        known = min(near, key=lambda place: place.from_to != from_to, default=None) or cls.create(
            road=road, postcode=postcode, town=town, municipality=municipality, from_to=from_to)
        if known.lat is None:
            middle = Road.one_by(postcode=postcode, road_key=known.road_key) if lat is None else None
            known.lat, known.lng = (middle.lat, middle.lng) if middle else (lat, lng)
        return known

    @property
    def canonical(self) -> "Place":
        """This place, or the one that it has been merged into."""
        return self.merged_into.canonical if self.merged_into else self

    # What an officer does with it.

    def describe(self, officer: "Officer", suits: str, suitability: str, from_to: str, again_on: date | None) -> Event:
        """What officers know of it: whether and where one can stand, which stretch is meant, not before when."""
        before = {"suits": self.suits, "suitability": self.suitability, "from_to": self.from_to}
        self.suits, self.suitability, self.from_to, self.again_on = suits, suitability, from_to, again_on
        return record_event(EventKind.DESCRIBED, place=self, officer=officer, words=suitability, was=before)

    def merge_into(self, officer: "Officer", other: "Place") -> Event:
        """It turned out to be `other`: its bookings, visits and notes go there, and so do wishes yet to come."""
        require(self.canonical is self and other.canonical is other and other is not self,
                f"place {self.id} cannot be merged into {other.id}")
        for booking in list(self.bookings):
            booking.file_under(officer, other)
        for visit in list(self.visits):
            visit.place = other
            record_event(EventKind.MOVED, visit=visit, officer=officer, before=self.in_full, after=other.in_full)
        other.suits = other.suits or self.suits
        other.suitability = "\n".join(filter(None, (other.suitability, self.suitability)))
        other.again_on = max(filter(None, (other.again_on, self.again_on)), default=None)
        if other.lat is None:
            other.lat, other.lng = self.lat, self.lng
        self.merged_into = other
        file_results(other)
        record_event(EventKind.MERGED, place=other, officer=officer, before=self.in_full, after=other.in_full)
        return record_event(EventKind.MERGED, place=self, officer=officer, before=self.in_full, after=other.in_full)

    def split(self, officer: "Officer", bookings: list[Booking], from_to: str) -> "Place":
        """Another stretch of the same road becomes a place of its own, with those who asked about it."""
        apart = Place.create(road=self.road, from_to=from_to, postcode=self.postcode, town=self.town,
                             municipality=self.municipality)
        apart.lat, apart.lng = next(((b.lat, b.lng) for b in bookings if b.lat is not None), (None, None))
        for booking in bookings:
            booking.file_under(officer, apart)
        for place in (self, apart):
            record_event(EventKind.PARTED, place=place, officer=officer, before=self.in_full, after=apart.in_full)
        return apart

    @classmethod
    def named_by(cls, words: Iterable[str]) -> list["Place"]:
        """Those whose name has one of `words` in it. A comma ends a name, as where its town stands behind it."""
        return db.session.scalars(select(cls).where(or_(*(part.concat(",").contains(
            word, autoescape=True) for part in (cls.road, cls.from_to) for word in words)))).all()

    def mask(self, masks: dict[str, str]) -> None:
        """Its name is what the first to ask has written; Booking.mask calls it."""
        self.road, self.from_to = (masked(f"{part},", masks)[:-1] for part in (self.road, self.from_to))
        self.road_key = road_key(self.road, self.town)
        file_results(self)
        for booking in self.bookings:
            booking.refresh_search()

    # What can be read off it.

    @property
    def in_full(self) -> str:
        """With its stretch, by which officers tell places of one road apart."""
        return f"{self.road}, {self.from_to}, {self.postcode} {self.town}" if self.from_to else str(self)

    def neighbours(self) -> list["Place"]:
        """Other places near this one, whose bookings one visit may answer as well."""
        return [p for p in Place.near(self.road, self.postcode, self.lat, self.lng, self.town) if p is not self]

    def candidates_for_visit(self, service: str, *first: Booking) -> list[Booking]:
        """`first`, and whom else a visit here can answer: accepted bookings here and close by that no visit is going to
        answer yet; where planning one is the yes, those that nobody has decided; and whoever was answered and hears of
        further visits, having asked about this place, or been answered by a visit to it."""
        waits = and_(Booking.place_id.in_([place.id for place in (self, *self.neighbours())]), Booking.status.in_(
            (BookingStatus.ACCEPTED,) if SERVICE_RULES[service].date_is_agreed else OPEN))
        answered_here = {b.id for visit in self.visits if visit.status is VisitStatus.REPORTED for b in visit.bookings}
        follows = and_(Booking.status == BookingStatus.ANSWERED, Booking.follows,
                       or_(Booking.place_id == self.id, Booking.id.in_(answered_here)))
        found = db.session.scalars(
            select(Booking).where(Booking.service == service, or_(waits, follows))
            .order_by(Booking.place_id != self.id, Booking.id)
            .options(selectinload(Booking.visits), selectinload(Booking.events)))
        return list(dict.fromkeys([*first, *(b for b in found if b.may_join_visit)]))

    def is_close_to(self, other: "Place") -> bool:
        """Whether one visit may answer those who ask about either of them: near() finds the one for the other."""
        same_road = self.road_key and (self.postcode, self.road_key) == (other.postcode, other.road_key)
        return self is other or same_road or self.metres_to(other.lat, other.lng) <= NEIGHBOUR_METRES

    def metres_to(self, lat: float | None, lng: float | None) -> float:
        """Distance along the surface; infinite where either has no pin."""
        if None in (self.lat, self.lng, lat, lng):
            return float("inf")
        here, there = radians(self.lat), radians(lat)
        half = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(radians(lng - self.lng) / 2) ** 2
        return 2 * 6_371_000 * asin(sqrt(half))


def visits_to_join(bookings: Iterable[Booking]) -> dict[Visit, list[Booking]]:
    """The planned visits of whose dates nobody outside the office knows, each with those of these bookings that it
    could answer as well, as they are about its place or one close by."""
    asking, found = [booking for booking in bookings if booking.may_join_visit], {}
    coming = db.session.scalars(select(Visit).where(
        Visit.service.in_({booking.service for booking in asking}), Visit.date_agreed.is_(False),
        Visit.status == VisitStatus.PLANNED, Visit.ends_at > now(),
    ).order_by(Visit.starts_at, Visit.id).options(selectinload(Visit.place)))
    for visit in coming:
        joining = [booking for booking in asking if booking.service == visit.service and visit not in booking.visits
                   and booking.place.is_close_to(visit.place)]
        if joining:
            found[visit] = joining
    return found


INDEX = "booking_words"  # its own tables begin with this name, too
TIDY_INDEX = f"INSERT INTO {INDEX}({INDEX}) VALUES ('optimize')"  # noqa: S608  (what was deleted is gone from it)
_index = table(INDEX, column("rowid"), column("search"))


def containing(found: Select, typed: str) -> tuple[Select, ColumnElement[int]]:
    """Those of `found` in which every word of `typed` stands somewhere, and the number that puts them in order. A
    reference in the midst of other words, such as a letter's, is looked for alone.

    Whatever the index can put in order, newest first, costs no more than the page that is shown.
    """
    named = Booking.by_reference(typed)
    words = fold(named.reference if named else typed).split()[:50]  # no database takes conditions without end
    indexed = [w for w in words if len(w) >= 3 and "\0" not in w] if db.engine.dialect.name == "sqlite" else []
    for word in words:
        if word not in indexed:
            found = found.where(Booking.search.contains(word, autoescape=True))
    if not indexed:
        return found, Booking.id
    phrases = ('"{}"'.format(word.replace('"', '""')) for word in indexed)
    return (found.join(_index, _index.c.rowid == Booking.id).where(_index.c.search.match(" AND ".join(phrases))),
            _index.c.rowid)
