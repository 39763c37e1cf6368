"""Roads of the district, and where they lie."""

from collections.abc import Iterable
from statistics import median

from sqlalchemy import Float, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from .base import Numbered, db, require
from .road_names import road_key


class Road(Numbered, db.Model):
    """A road of the district with the middle of its addresses, as the operator has imported it (flask roads import)."""

    __table_args__ = (UniqueConstraint("postcode", "road_key"),)

    name: Mapped[str] = mapped_column(String(120))
    road_key: Mapped[str] = mapped_column(String(120))
    postcode: Mapped[str] = mapped_column(String(4))
    lat: Mapped[float] = mapped_column(Float)
    lng: Mapped[float] = mapped_column(Float)

    @classmethod
    def of_postcode(cls, postcode: str) -> list["Road"]:
        return list(db.session.scalars(select(cls).filter_by(postcode=postcode).order_by(cls.name)))

    @classmethod
    def replace_all(cls, addresses: Iterable[tuple[str, str, str, float, float]]) -> int:
        """Put the roads of these addresses (road, postcode, town, latitude, longitude) in the place of all that are
        known. The middle of a road is the median of its addresses. Returns how many roads there are; NotAllowed where
        there is none, for then nothing would be known any more."""
        found: dict[tuple[str, str], list[tuple[str, float, float]]] = {}
        for road, postcode, town, lat, lng in addresses:
            found.setdefault((postcode, road_key(road, town)), []).append((road, lat, lng))
        require(found, "no line has a road, a postcode of the district and a position in it")
        db.session.execute(delete(cls))
        for (postcode, key), ones in found.items():
            names, lats, lngs = zip(*ones, strict=True)
            cls.create(name=names[0], road_key=key, postcode=postcode, lat=median(lats), lng=median(lngs))
        return len(found)
