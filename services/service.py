"""What a service is: everything that may differ between the things that can be booked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from forms import BookingForm, Form, TaskForm
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
    "no_date": (_l("No free date"), _l("We have no free date at the times that would suit you.")),
    "too_few": (_l("Too few participants"), _l(
        "Too few would take part. If several of you join together, you are welcome to book again.")),
    "van": (_l("Van not free"), _l("The mobile police station, or somebody to drive and staff it, is not free.")),
    "ground": (_l("Ground unsuitable"), _l(
        "The van cannot stand there: it needs firm ground, about 8 × 4 metres, and free headroom.")),
    "information": (_l("Information missing"), _l(
        "We lack information, and without it we cannot find the place or judge the problem.")),
}

# What makes a place more pressing than another.
HARMS = {"accident": _l("accidents named"), "school": _l("school road"), "works": _l("road works")}


@dataclass(frozen=True)
class Service:
    """One thing that can be booked.

    `need` is what people come with, in their own words: the front page leads by it.
    `answer_within` and `act_within` are working days from receipt: to a yes or no, and to the outcome; `report_within`
    are those from an agreed visit to its outcome, `choose_within` those to answer the dates that we propose.
    `date_is_told` is false where a coming visit must stay unknown outside the office. Where it is true, the date is
    agreed with whoever asks.
    `takes` are the parts that a visit occupies, {part: question}, such as a crew and a van; `travel` is how many
    minutes each way they are on the road.
    `tasks` is the form of one thing that somebody is asked to do after a visit; those who are to do it are asked again
    `follow_up` days after they were told, or else at the due date.
    `leads_to` names the services that an outcome may start; `started_by(words)` is what such a wish starts with.
    `topic` names the question, one choice, that says in a word what a booking is about.
    `findings_text` is the template that tells the findings, in letters and on pages; the plain one lists them.
    `hours(answers)` are the (weekday, hour) that a wish names, Monday being 0; `harms(answers)` which of HARMS.
    `adds(findings)` is what they add to the figures: {"passed": 94, "charged": 0}, or {"worry-lighting": 1}.
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
    answer_within: int
    act_within: int
    methods: dict[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = tuple(REASONS)
    findings_text: str = "findings/plain.txt"
    in_short: Callable[[dict], str] = lambda findings: gettext("The place was visited.")
    hours: Callable[[dict], frozenset[tuple[int, int]]] = lambda answers: frozenset()
    harms: Callable[[dict], set[str]] = lambda answers: set()
    adds: Callable[[dict], dict[str, int]] = lambda findings: {}
    keeps_open: Callable[[dict], bool] = lambda findings: False
    start_findings: Callable[[Visit], dict] = lambda visit: {}
    date_is_told: bool = False
    need: str = ""
    takes: dict[str, str] = field(default_factory=lambda: {"crew": _l("Who carries it out?")})
    travel: int = 0
    report_within: int = 10
    choose_within: int = 5
    tasks: type[TaskForm] | None = None
    follow_up: tuple[int, ...] = ()
    leads_to: tuple[str, ...] = ()
    started_by: Callable[[str], dict] = lambda words: {}

    def about(self, answers: dict) -> str:
        """What a booking is about, in a word or two; the service's name where the question is not answered yet."""
        _, options = getattr(self.questions, self.topic).args
        return str(options.get(answers.get(self.topic), self.name))

    def reason_names(self) -> dict[str, str]:
        return {code: REASONS[code][0] for code in self.reasons}
