"""What can be booked: the catalogue. A new service is one entry here and one file beside it."""

from .service import REASONS, Service
from .traffic import TRAFFIC

SERVICES = {service.key: service for service in (TRAFFIC,)}


def by_slug(slug: str) -> Service | None:
    return next((service for service in SERVICES.values() if service.slug == slug), None)


__all__ = ["REASONS", "SERVICES", "Service", "by_slug"]
