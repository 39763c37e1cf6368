"""What can be booked: the catalogue. A new service is one entry here and one file beside it."""

from .meeting import MEETING
from .service import HARMS, REASONS, Service
from .shared import WORRIES
from .traffic import TRAFFIC
from .van import VAN
from .walk import WALK

SERVICES = {service.key: service for service in (TRAFFIC, MEETING, WALK, VAN)}


def by_slug(slug: str) -> Service | None:
    return next((service for service in SERVICES.values() if service.slug == slug), None)


__all__ = ["HARMS", "REASONS", "SERVICES", "WORRIES", "Service", "by_slug"]
