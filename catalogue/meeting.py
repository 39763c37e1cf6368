"""Dialogue meeting: an association, a school, a youth centre asks the police to come and talk, and to listen."""

from datetime import timedelta

from flask_babel import gettext, lazy_gettext as _l

from forms import (
    ON_THE_DAY,
    PUBLISHED,
    AnyOf,
    BookingForm,
    Count,
    DatedForm,
    Form,
    Line,
    NoPersonalData,
    OneOf,
    Select,
    TaskForm,
    Text,
)

from .polls import LEARNED, LEVEL, SAFE, TREND
from .service import Service
from .shared import (
    AGREED,
    IF_HELD,
    NO_GUARDS,
    NO_REPORTS,
    NOT_KNOWN,
    TOPIC_MEASURES,
    TOPICS,
    Heard,
    area,
    published,
    took_part,
    was_held,
)

AGES = {"children": _l("Children"), "teens": _l("Young people 13–17"), "young": _l("Young people 18–25"),
        "adults": _l("Adults"), "elderly": _l("Elderly people")}


OFFERED_TOPICS = {key: words for key, words in TOPICS.items() if key not in ("drugs", "watch", "hate")}
FORMER_TOPICS = {key: words for key, words in TOPICS.items() if key not in OFFERED_TOPICS}


class FormerMeetingQuestions(Form):
    """What was asked until November 2026, beside whether the meeting may be in the calendar."""

    open = OneOf(_l("Is the meeting open to all?"), {
        "yes": _l("Yes"), "no": _l("No"), "members": _l("Members only")})


class MeetingQuestions(DatedForm):
    """What is to be talked about, with whom, and where. The area of `from_to` need not be that of the venue."""

    kind = OneOf(_l("Kind of meeting"), {
        "public": _l("Public meeting"), "association": _l("Association meeting"),
        "young": _l("Meeting for young people"), "parents": _l("Parents’ meeting"),
        "residents": _l("Residents’ meeting"), "other": _l("Other")})
    topics = AnyOf(_l("Topics"), OFFERED_TOPICS, former=FORMER_TOPICS)
    why = Text(_l("What makes you feel unsafe?"), 1000, required=False, render_kw={"rows": 4})
    road = Line(_l("Venue (name and address)"), 120, rules=[NoPersonalData()])
    from_to = area(_l("Which area is it about?"), required=False, more=True)
    facilities = AnyOf(_l("The room has"), {
        "projector": _l("Projector"), "sound": _l("Sound system"), "access": _l("Step-free access"),
        "loop": _l("Hearing loop"), "interpreter": _l("Interpreter")}, required=False, more=True)
    way = OneOf(_l("In person or online?"), {"room": _l("In person"), "online": _l("Online")}, required=False,
                more=True)
    duration = Select(_l("Duration"), {
        "45": _l("45 minutes"), "60": _l("1 hour"), "90": _l("1½ hours"), "120": _l("2 hours")}, default="90")
    number = Count(_l("Expected number of participants"), least=1, most=1000)
    age = AnyOf(_l("Age group"), AGES, required=False, more=True)
    public = OneOf(_l("Open to all, and in the calendar?"), {
        "yes": _l("Yes, and it may be shown in the public calendar"),
        "open": _l("Yes, but keep it out of the calendar"), "closed": _l("No")},
        former={"no": _l("Not in the calendar")}, description=PUBLISHED)
    press = OneOf(_l("Will the press be there?"), NOT_KNOWN, required=False, more=True)

    former = FormerMeetingQuestions
    groups = (
        (_l("The meeting"), ("kind", "topics", "why", "way")),
        (_l("The place"), ("road", "postcode", "from_to", "facilities")),
        (_l("When, and who comes"), ("dates", "duration", "number", "public", "age", "press")),
        (_l("You and your answer"), (ON_THE_DAY, *BookingForm.who_asks)),
    )

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=int(self.duration.data))


class MeetingFindings(Heard):
    """Who came, what was talked about, and what was learnt, by both sides."""

    number = Count(_l("Participants"), when=IF_HELD)
    ages = AnyOf(_l("Age groups"), AGES, required=False, when=IF_HELD)
    topics = AnyOf(_l("Topics covered"), TOPICS, when=IF_HELD)
    facts = Text(_l("Facts that surprised"), 1000, required=False, render_kw={"rows": 3}, when=IF_HELD)
    advice = AnyOf(_l("Advice given"), {
        "burglary": _l("Burglary protection"), "watch": _l("Neighbourhood watch"), "online": _l("Online safety"),
        "report": _l("Report to 114"), "other": _l("Other")}, required=False, when=IF_HELD)

    groups = (
        (_l("The meeting"), (*Heard.what_happened, "number", "ages")),
        (_l("What was talked about"), ("topics", "worries", "worries_text", "facts", "advice", "summary")),
        (_l("For the office only"), Heard.for_the_office),
    )


def participants(findings: dict) -> int | None:
    return findings.get("number")


def in_short(findings: dict) -> str:
    return took_part(participants(findings)) if was_held(findings) else gettext("The meeting was not held.")


MEETING = Service(
    key="meeting",
    slug="dialogmoede",
    need=_l("We want to talk with the police about what makes us feel unsafe"),
    name=_l("Dialogue meeting"),
    book=_l("Book a dialogue meeting"),
    summary=_l("For associations, schools, youth centres and housing areas. An officer comes, tells what really "
               "happens where you live, and hears what makes you feel unsafe. Together you agree on what to do."),
    visit=_l("Meeting"),
    not_for=(NO_REPORTS, _l("A case that the police are working on already: call 114 and ask there."), NO_GUARDS),
    questions=MeetingQuestions,
    findings=MeetingFindings,
    topic="kind",
    resources={"crew": _l("Who comes to the meeting?")},
    travel=30,
    in_short=in_short,
    poll=(TREND, LEVEL, SAFE, LEARNED),
    participants=participants,
    tasks=TaskForm,
    published=published("topics", "worries", "number", "advice"),
    follow_up=(30, 90),
    leads_to=("walk", "traffic", "van", "meeting"),
    facts_about=TOPIC_MEASURES,
    **AGREED,
)
