"""What can be booked: the catalogue. What differs between services stands here and in the files beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask_babel import lazy_gettext as _l

from forms import BookingForm, Form
from models import Visit

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
    "report": (_l("Must be reported"), _l(
        "What you describe has to be reported to the police as such: call 114, or report it at politi.dk.")),
    "outside": (_l("Outside the scheme"), _l("The wish is for something that this service cannot be used for.")),
    "information": (_l("Information missing"), _l(
        "We lack information, and without it we cannot find the place or judge the problem.")),
}


@dataclass(frozen=True)
class Service:
    """One thing that can be booked.

    `answer_within` and `act_within` are working days from receipt: to a yes or no, and to the outcome.
    `date_is_told` is false where a coming visit must stay unknown outside the office.
    `topic` names the question that says in a word what a booking is about, `topics` are its answers.
    `findings_text` is the template that tells the findings, in letters and on pages.
    `in_short(findings)` is one line of them; `keeps_open(findings)` is true where nothing was carried out and the
    wishes stand; `start_findings(visit)` is what the form of findings starts with.
    """

    key: str
    slug: str
    name: str
    book: str
    summary: str
    visit: str
    not_for: tuple[str, ...]
    questions: type[BookingForm]
    findings: type[Form]
    topic: str
    topics: dict[str, str]
    methods: dict[str, str]
    reasons: tuple[str, ...]
    answer_within: int
    act_within: int
    findings_text: str
    in_short: Callable[[dict], str]
    keeps_open: Callable[[dict], bool]
    start_findings: Callable[[Visit], dict]
    date_is_told: bool = False
    advice: tuple[str, ...] = field(default=())

    def about(self, answers: dict) -> str:
        """What a booking is about, in a word or two."""
        return str(self.topics[answers[self.topic]])

    def reason_names(self) -> dict[str, str]:
        return {code: REASONS[code][0] for code in self.reasons}


def catalogue(*services: Service) -> dict[str, Service]:
    return {s.key: s for s in services}


def by_slug(slug: str) -> Service | None:
    return next((s for s in SERVICES.values() if s.slug == slug), None)


from .traffic import TRAFFIC  # noqa: E402  (the services are made of what stands above)

SERVICES = catalogue(TRAFFIC)
