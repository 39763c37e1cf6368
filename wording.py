"""How a no is worded: the catalogue's sentences, or what the officer has written in their place."""

import re

from flask_babel import force_locale

from models import Booking, Wording
from services import REASONS, Service
from words import day, reference

# What may be filled in, each from what we know ourselves: nothing that a citizen wrote.
FIELDS = {
    "sag": lambda booking: reference(booking.reference),
    "by": lambda booking: booking.place.town,
    "kommune": lambda booking: booking.place.municipality,
    "modtaget": lambda booking: day(booking.received_at),
}
_FIELD = re.compile(r"\{(\w+)\}")


def offered(service: Service) -> dict[str, str]:
    """The reasons that can be given now, with what officers call them: the catalogue's, then the officers' own."""
    versions = Wording.newest(service.key)
    own = {reason: version.name for reason, version in versions.items() if reason not in REASONS}
    return {reason: name for reason, name in (service.reason_names() | own).items()
            if reason not in versions or not versions[reason].put_away}


def texts(service: Service, reason: str) -> dict[str, str]:
    """The sentence in each language, as it stands now, with its fields unfilled."""
    version = Wording.newest(service.key).get(reason)
    if version:
        return version.texts
    return {language: _catalogues(reason, language) for language in ("da", "en")}


def reworded(service: Service) -> dict[str, dict[str, str]]:
    """The sentences that are not the catalogue's, by reason and language, with their fields unfilled."""
    return {reason: version.texts for reason, version in Wording.newest(service.key).items()}


def sentence(texts: dict[str, str], booking: Booking) -> str:
    """What the citizen reads; empty where the catalogue says it as it stands."""
    return filled_in(texts[booking.language], booking) if texts else ""


def filled_in(text: str, booking: Booking, language: str = "") -> str:
    with force_locale(language or booking.language):
        return _FIELD.sub(lambda found: str(FIELDS[found[1]](booking)), text)


def unknown_fields(text: str) -> list[str]:
    """What stands in braces and is none of FIELDS, or a brace that stands alone."""
    return [name for name in _FIELD.findall(text) if name not in FIELDS] + re.findall(r"[{}]", _FIELD.sub("", text))


def name_of(reason: str) -> str:
    """What officers call a reason, one of their own, too."""
    return str(REASONS[reason][0]) if reason in REASONS else Wording.name_of(reason)


def _catalogues(reason: str, language: str) -> str:
    if reason not in REASONS:
        return ""
    with force_locale(language):
        return str(REASONS[reason][1])
