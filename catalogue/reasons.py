"""How a no is worded: the catalogue's sentences, or what the officer has written in their place."""

import re
from functools import partial
from typing import TYPE_CHECKING

from flask_babel import force_locale, lazy_gettext as _l

from labels import day, reference
from languages import in_each_language, in_language
from models import Booking, DeclineReason

if TYPE_CHECKING:
    from .service import Service

# Why a wish cannot be met: the officer's name for it, and the sentence that the citizen reads.
REASONS = {
    "resources": (_l("Resources"), _l(
        "We do not have the officers and equipment for it at present, and other tasks have to come first.")),
    "unsuitable": (_l("Site unsuitable"), _l(
        "The place does not suit a control: there must be a straight, flat stretch where the equipment can stand "
        "safely and block nobody’s view or way.")),
    "unlikely": (_l("Not likely enough"), _l(
        "From what we know of the place it is not likely enough that a control would find the problem.")),
    "priority": (_l("Other places have priority"), _l(
        "Other places have to come first: those with many accidents, by schools, by road works, "
        "or where many have asked.")),
    "recently": (_l("Recently measured"), _l("We have recently been at the place.")),
    "regular": (_l("Already a regular place"), _l("We already come to this place at intervals.")),
    "authority": (_l("Other authority"), _l("Another authority decides on this.")),
    "district": (_l("Other police district"), _l("The place lies in another police district.")),
    "report": (_l("For a report to the police"), _l(
        "What you describe may be an offence, and this service cannot deal with that. If you want to report it, call "
        "114, or report it at politi.dk. If it is urgent, call 112.")),
    "outside": (_l("Outside the scheme"), _l("The wish is for something that this service cannot be used for.")),
    "no_date": (_l("No free date"), _l("We have no free date at the times that would suit you.")),
    "too_few": (_l("Too few participants"), _l(
        "Too few would take part. If several of you join together, you are welcome to book again.")),
    "van": (_l("Van not free"), _l("The mobile police station, or somebody to drive and staff it, is not free.")),
    "ground": (_l("Ground unsuitable"), _l(
        "The van cannot stand there: it needs firm ground, about 8 × 4 metres, and free headroom.")),
    "information": (_l("Information missing"), _l(
        "We lack information, and without it we cannot find the place or judge the problem.")),
}
# What may be filled in, each from what we know ourselves: nothing that a citizen wrote.
FIELDS = {
    "sag": lambda booking: reference(booking.reference),
    "by": lambda booking: booking.place.town,
    "kommune": lambda booking: booking.place.municipality,
    "modtaget": lambda booking: day(booking.received_at),
}
_FIELD = re.compile(r"\{(\w+)\}")


def offered(service: "Service") -> dict[str, str]:
    """The reasons that can be given now, with what officers call them: the catalogue's, then the officers' own."""
    versions = DeclineReason.newest(service.key)
    own = {reason: version.name for reason, version in versions.items() if reason not in REASONS}
    names = {reason: REASONS[reason][0] for reason in service.reasons} | own
    return {reason: name for reason, name in names.items()
            if reason not in versions or not versions[reason].put_away}


def texts(service: "Service", reason: str) -> dict[str, str]:
    """The sentence in each language, as it stands now, with its fields unfilled."""
    version = DeclineReason.newest(service.key).get(reason)
    return version.texts if version else in_each_language(partial(str, REASONS[reason][1]))


def reworded(service: "Service") -> dict[str, dict[str, str]]:
    """The sentences that are not the catalogue's, by reason and language, with their fields unfilled."""
    return {reason: version.texts for reason, version in DeclineReason.newest(service.key).items()}


def sentence(texts: dict[str, str], booking: Booking) -> str:
    """What the citizen reads; empty where the catalogue says it as it stands."""
    return filled_in(in_language(texts, booking.language), booking)


def filled_in(text: str, booking: Booking, language: str = "") -> str:
    with force_locale(language or booking.language):
        return _FIELD.sub(lambda found: str(FIELDS[found[1]](booking)), text)


def unknown_fields(text: str) -> list[str]:
    """What stands in braces and is none of FIELDS, or a brace that stands alone."""
    return [name for name in _FIELD.findall(text) if name not in FIELDS] + re.findall(r"[{}]", _FIELD.sub("", text))


def name_of(reason: str) -> str:
    """What officers call a reason, one of their own, too."""
    return str(REASONS[reason][0]) if reason in REASONS else DeclineReason.name_of(reason)
