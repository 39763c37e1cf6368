"""What a service is: everything that may differ between the things that can be booked."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from flask_babel import gettext, lazy_gettext as _l

from forms import BookingForm, Form, TaskForm
from models import PollRound, ServiceRules, Visit

from .polls import PollQuestion
from .reasons import REASONS

# What makes a place more pressing than another.
HARMS = {"accident": _l("accidents named"), "school": _l("school road"), "works": _l("road works")}


@dataclass(frozen=True, kw_only=True)
class Service(ServiceRules):
    """One thing that can be booked: its rules in numbers, and all else that may differ.

    `need` is what people come with, in their own words: the front page leads by it.
    `resources` are what a visit occupies, {resource: question}, such as a crew and a van; `travel` is how many
    minutes each way they are on the road.
    `tasks` is the form of one thing that somebody is asked to do after a visit.
    `leads_to` names the services that an outcome may start.
    `topic` names the question, one choice, that says in a word what a booking is about.
    `times` names the question, several choices, that says when a visit helps most.
    `findings_text` is the template that tells the findings, in letters and on pages; the plain one lists them.
    `hours(answers)` are the (weekday, hour) that a wish names, Monday being 0; `harms(answers)` which of HARMS.
    `poll` are the questions that those who take part may be asked on their phones; `participants(findings)` is how
    many they were, None where it is not known.
    `facts_about` are the figures that tell of a topic, of those that the question `topics` asks for; where there are
    any, the office prepares a page of facts for the visit.
    `in_short(findings)` is one line of them; `start_findings(visit)` is what the form of findings starts with.
    """

    slug: str
    name: str
    book: str
    summary: str
    visit: str
    not_for: tuple[str, ...]
    questions: type[BookingForm]
    findings: type[Form]
    topic: str
    times: str = ""
    methods: dict[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = tuple(REASONS)
    findings_text: str = "findings/plain.txt"
    in_short: Callable[[dict], str] = lambda findings: gettext("The place was visited.")
    hours: Callable[[dict], frozenset[tuple[int, int]]] = lambda answers: frozenset()
    harms: Callable[[dict], set[str]] = lambda answers: set()
    start_findings: Callable[[Visit], dict] = lambda visit: {}
    poll: tuple[PollQuestion, ...] = ()
    participants: Callable[[dict], int | None] = lambda findings: None
    need: str = ""
    resources: dict[str, str] = field(default_factory=lambda: {"crew": _l("Who carries it out?")})
    travel: int = 0
    tasks: type[TaskForm] | None = None
    leads_to: tuple[str, ...] = ()
    facts_about: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def polled_in(self, poll_round: PollRound) -> list[PollQuestion]:
        """The questions that a poll asks in one round."""
        return [question for question in self.poll if poll_round in question.rounds]

    def about(self, answers: dict) -> str:
        """What a booking is about, in a word or two; the service's name where the question is not answered yet."""
        question = getattr(self.questions, self.topic)
        options = question.args[1] | question.kwargs.get("former", {})
        return str(options.get(answers.get(self.topic), self.name))

    def times_named(self, wishes: Iterable[dict]) -> dict[str, int]:
        """How many of these wishes, each the answers of one, name which time: in the words and order of the form."""
        named = Counter(time for answers in wishes for time in answers.get(self.times, ()))
        options = getattr(self.questions, self.times).args[1] if named else {}
        return {str(words): named[time] for time, words in options.items() if time in named}
