"""A road or venue that citizens ask about."""

from datetime import date, datetime
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Optional

from sqlalchemy import Date, Float, ForeignKey, Index, String, Text, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from .base import NotAllowed, UTCDateTime, db, fold, now
from .booking import Booking
from .event import Event, Kind, record
from .status import OPEN, Status

if TYPE_CHECKING:
    from .officer import Officer
    from .visit import Visit

NEAR = 250  # metres within which two pins are one place
_METRES_PER_DEGREE = 111_320


class Place(db.Model):
    """One place as the police know it; several bookings may ask for it.

    For officers only: `suits` is whether it suits a control, `suitability` where and how; `again_on` is the day of the
    next control that an officer means to make. `merged_into_id` is the place that it turned out to be.
    """

    __tablename__ = "places"
    __table_args__ = (Index(None, "postcode", "road_key"), Index(None, "lat", "lng"))

    id: Mapped[int] = mapped_column(primary_key=True)
    road: Mapped[str] = mapped_column(String(120))
    road_key: Mapped[str] = mapped_column(String(120))
    from_to: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(4))
    town: Mapped[str] = mapped_column(String(80))
    municipality: Mapped[str] = mapped_column(String(80), index=True)
    lat: Mapped[float | None] = mapped_column(Float)
    lng: Mapped[float | None] = mapped_column(Float)
    suits: Mapped[str] = mapped_column(String(16), default="")
    suitability: Mapped[str] = mapped_column(Text, default="")
    again_on: Mapped[date | None] = mapped_column(Date, index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    bookings: Mapped[list[Booking]] = relationship(back_populates="place", order_by=Booking.id)
    visits: Mapped[list["Visit"]] = relationship(back_populates="place", order_by="Visit.starts_at.desc()")
    merged_into: Mapped[Optional["Place"]] = relationship(remote_side=[id])
    events: Mapped[list[Event]] = relationship(back_populates="place", order_by="Event.id")

    def __init__(self, **columns):
        super().__init__(**columns)
        self.road_key = fold(self.road)

    def __str__(self) -> str:
        return f"{self.road}, {self.postcode} {self.town}"

    @classmethod
    def near(cls, road: str, postcode: str, lat: float | None = None, lng: float | None = None) -> list["Place"]:
        """Places that may be this one: the same road and postcode first, then those whose pin is within NEAR metres."""
        same_road = and_(cls.postcode == postcode, cls.road_key == fold(road))
        if lat is None or lng is None:
            known = db.session.scalars(select(cls).where(same_road).order_by(cls.id))
            return list(dict.fromkeys(place.standing for place in known))
        high, wide = NEAR / _METRES_PER_DEGREE, NEAR / (_METRES_PER_DEGREE * cos(radians(lat)))
        in_the_box = and_(cls.lat.between(lat - high, lat + high), cls.lng.between(lng - wide, lng + wide))
        found = db.session.scalars(select(cls).where(or_(same_road, in_the_box)).order_by(cls.id))
        key = (postcode, fold(road))
        near = [p for p in found if (p.postcode, p.road_key) == key or p.metres_to(lat, lng) <= NEAR]
        near.sort(key=lambda p: (p.postcode, p.road_key) != key)
        return list(dict.fromkeys(place.standing for place in near))

    @classmethod
    def at(cls, *, road: str, postcode: str, town: str, municipality: str, from_to: str = "",
           lat: float | None = None, lng: float | None = None) -> "Place":
        """The place of this road and postcode, or a new one. Several bookings for one road meet in it.

        A pin close to another road makes the two neighbours, not one: only an officer can tell whether they are.
        """
        known = next(iter(cls.near(road, postcode)), None)
        if known is None:
            known = cls(road=road, postcode=postcode, town=town, municipality=municipality, from_to=from_to)
            db.session.add(known)
        if known.lat is None:
            known.lat, known.lng = lat, lng
        return known

    @property
    def standing(self) -> "Place":
        """This place, or the one that it has been merged into."""
        return self.merged_into.standing if self.merged_into else self

    # What an officer does with it.

    def describe(self, officer: "Officer", suits: str, suitability: str, from_to: str, again_on: date | None) -> Event:
        """What officers know of it: whether and where one can stand, which stretch is meant, not before when."""
        before = {"suits": self.suits, "suitability": self.suitability, "from_to": self.from_to}
        self.suits, self.suitability, self.from_to, self.again_on = suits, suitability, from_to, again_on
        return record(Kind.DESCRIBED, place=self, officer=officer, words=suitability, was=before)

    def merge_into(self, officer: "Officer", other: "Place") -> Event:
        """It turned out to be `other`: its bookings, visits and notes go there, and so do wishes yet to come."""
        if self.standing is not self or other.standing is not other or other is self:
            raise NotAllowed(f"place {self.id} cannot be merged into {other.id}")
        for booking in list(self.bookings):
            booking.move(officer, other)
        for visit in list(self.visits):
            visit.place = other
            record(Kind.MOVED, visit=visit, officer=officer, before=self.in_full, after=other.in_full)
        other.suits = other.suits or self.suits
        other.suitability = "\n".join(filter(None, (other.suitability, self.suitability)))
        other.again_on = max(filter(None, (other.again_on, self.again_on)), default=None)
        if other.lat is None:
            other.lat, other.lng = self.lat, self.lng
        self.merged_into = other
        record(Kind.MERGED, place=other, officer=officer, before=self.in_full, after=other.in_full)
        return record(Kind.MERGED, place=self, officer=officer, before=self.in_full, after=other.in_full)

    def part(self, officer: "Officer", bookings: list[Booking], from_to: str) -> "Place":
        """Another stretch of the same road becomes a place of its own, with those who asked about it."""
        apart = Place(road=self.road, from_to=from_to, postcode=self.postcode, town=self.town,
                      municipality=self.municipality)
        apart.lat, apart.lng = next(((b.lat, b.lng) for b in bookings if b.lat is not None), (None, None))
        db.session.add(apart)
        for booking in bookings:
            booking.move(officer, apart)
        for place in (self, apart):
            record(Kind.PARTED, place=place, officer=officer, before=self.in_full, after=apart.in_full)
        return apart

    # What can be read off it.

    @property
    def in_full(self) -> str:
        """With its stretch, by which officers tell places of one road apart."""
        return f"{self.road}, {self.from_to}, {self.postcode} {self.town}" if self.from_to else str(self)

    def neighbours(self) -> list["Place"]:
        """Other places near this one, whose bookings one visit may answer as well."""
        return [p for p in Place.near(self.road, self.postcode, self.lat, self.lng) if p is not self]

    def waiting_for_visit(self, service: str, undecided: bool = False) -> list[Booking]:
        """Accepted bookings here and close by that no visit is going to answer yet, and perhaps those that are open
        and `undecided`: nobody has said yes or no to them."""
        found = db.session.scalars(select(Booking).where(
            Booking.place_id.in_([place.id for place in (self, *self.neighbours())]), Booking.service == service,
            Booking.status.in_(OPEN if undecided else (Status.ACCEPTED,)))
            .order_by(Booking.place_id != self.id, Booking.id)
            .options(selectinload(Booking.visits), selectinload(Booking.events)))
        return [b for b in found if b.awaits_visit or b.status is not Status.ACCEPTED]

    def metres_to(self, lat: float, lng: float) -> float:
        """Distance along the surface; infinite where this place has no pin."""
        if self.lat is None or self.lng is None:
            return float("inf")
        here, there = radians(self.lat), radians(lat)
        half = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(radians(lng - self.lng) / 2) ** 2
        return 2 * 6_371_000 * asin(sqrt(half))
