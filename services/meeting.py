"""Dialogue meeting: an association, a school, a youth centre asks the police to come and talk, and to listen."""

from datetime import timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from forms import AnyOf, BookingForm, Count, DatedForm, Line, NoPersonalData, OneOf, TaskForm, Text, wished

from .service import Service
from .shared import AGREED, NO_GUARDS, NO_REPORTS, NOT_KNOWN, TOPICS, WHEN_HELD, Heard, area, took_part, was_held

AGES = {"children": _l("Children"), "teens": _l("Young people 13–17"), "young": _l("Young people 18–25"),
        "adults": _l("Adults"), "elderly": _l("Elderly people")}


class MeetingQuestions(DatedForm):
    """What is to be talked about, with whom, and where. The area of `from_to` need not be that of the venue."""

    kind = OneOf(_l("Kind of meeting"), {
        "public": _l("Public meeting"), "association": _l("Association meeting"),
        "young": _l("Meeting for young people"), "parents": _l("Parents’ meeting"),
        "residents": _l("Residents’ meeting"), "other": _l("Other")})
    topics = AnyOf(_l("Topics"), TOPICS)
    why = Text(_l("What makes you feel unsafe?"), 1000, render_kw={"rows": 5})
    road = Line(_l("Venue (name and address)"), 120, rules=[NoPersonalData()])
    from_to = area(_l("Which area is it about?"))
    facilities = AnyOf(_l("The room has"), {
        "projector": _l("Projector"), "sound": _l("Sound system"), "access": _l("Step-free access"),
        "loop": _l("Hearing loop"), "interpreter": _l("Interpreter")}, required=False)
    way = OneOf(_l("In person or online?"), {"room": _l("In person"), "online": _l("Online")}, required=False)
    dates = wished(_l("Preferred times (at least two)"))
    duration = OneOf(_l("Duration"), {
        "45": _l("45 minutes"), "60": _l("1 hour"), "90": _l("1½ hours"), "120": _l("2 hours")})
    number = Count(_l("Expected number of participants"), least=1, most=1000)
    age = AnyOf(_l("Age group"), AGES)
    open = OneOf(_l("Is the meeting open to all?"), {
        "yes": _l("Yes"), "no": _l("No"), "members": _l("Members only")})
    press = OneOf(_l("Will the press be there?"), NOT_KNOWN, required=False)

    least_dates = 2
    groups = (
        (_l("The meeting"), ("kind", "topics", "why", "way")),
        (_l("The place"), (*BookingForm.where, "facilities")),
        (_l("When"), ("dates", "duration")),
        (_l("Who comes"), ("number", "age", "open", "press")),
        (_l("On the day"), DatedForm.on_the_day),
        (_l("You and your answer"), BookingForm.who_asks),
    )

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=int(self.duration.data))

    def validate_public(self, field):
        if field.data == "yes" and self.open.data in ("no", "members"):
            raise ValidationError(gettext("Only a meeting that is open to all can be shown. Please choose No."))


class MeetingFindings(Heard):
    """Who came, what was talked about, and what was learnt, by both sides."""

    number = Count(_l("Participants"), required=WHEN_HELD)
    ages = AnyOf(_l("Age groups"), AGES, required=False)
    topics = AnyOf(_l("Topics covered"), TOPICS, required=WHEN_HELD)
    facts = Text(_l("Facts that surprised"), 1000, required=False, render_kw={"rows": 3})
    advice = AnyOf(_l("Advice given"), {
        "burglary": _l("Burglary protection"), "watch": _l("Neighbourhood watch"), "online": _l("Online safety"),
        "report": _l("Report to 114"), "other": _l("Other")}, required=False)

    groups = (
        (_l("The meeting"), (*Heard.what_happened, "number", "ages")),
        (_l("What was talked about"), ("topics", "worries", "worries_text", "facts", "advice", "summary")),
        (_l("For the office only"), Heard.for_the_office),
    )


def in_short(findings: dict) -> str:
    return took_part(findings["number"]) if was_held(findings) else gettext("The meeting was not held.")


MEETING = Service(
    key="meeting",
    slug="dialogmoede",
    need=_l("We want to talk with the police about what makes us feel unsafe"),
    name=_l("Dialogue meeting"),
    book=_l("Book a dialogue meeting"),
    summary=_l("For associations, schools, youth centres and housing areas. An officer comes, tells what really "
               "happens where you live, and hears what makes you feel unsafe. Together you agree on what to do."),
    visit=_l("Meeting"),
    not_for=(NO_REPORTS, _l("One case that the police work on: call 114 and ask there."), NO_GUARDS),
    questions=MeetingQuestions,
    findings=MeetingFindings,
    topic="kind",
    takes={"crew": _l("Who comes to the meeting?")},
    travel=30,
    in_short=in_short,
    tasks=TaskForm,
    follow_up=(30, 90),
    leads_to=("walk", "traffic", "van", "meeting"),
    started_by=lambda words: {"kind": "other", "why": words},
    **AGREED,
)
