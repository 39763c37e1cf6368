"""What can be booked: the catalogue. A new service is one entry here and one file beside it."""

from models import SERVICE_RULES

from .meeting import MEETING
from .polls import ROUNDS, TREND_YEARS, PollQuestion, counted, fact_in_words, results_in_words
from .reasons import REASONS
from .service import HARMS, Service
from .shared import TOPICS, WORRIES
from .traffic import TRAFFIC
from .van import VAN
from .walk import WALK

# The registry that models read: a service is known to both or to neither.
SERVICES: dict[str, Service] = SERVICE_RULES
SERVICES.update({service.key: service for service in (TRAFFIC, MEETING, WALK, VAN)})


def by_slug(slug: str) -> Service | None:
    return next((service for service in SERVICES.values() if service.slug == slug), None)
