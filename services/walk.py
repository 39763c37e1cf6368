"""Safety walk: residents, the police and those who decide walk the area together and say what should change."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from forms import (
    YES_NO,
    AnyOf,
    BookingForm,
    Count,
    DatedForm,
    Day,
    Line,
    NoPersonalData,
    OneOf,
    Repeat,
    RequiredWhen,
    Row,
    Select,
    Text,
    in_words,
    must_be_coming,
    there_on_the_day,
)

from .service import Service
from .shared import (
    AGREED,
    NO_REPORTS,
    NOT_KNOWN,
    SSP,
    UNEASE,
    WHEN_HELD,
    Heard,
    area,
    start_findings,
    took_part,
    was_held,
)
from .spots import SpotForm, unease_at

ROLES = {
    "residents": _l("Residents"), "municipality": _l("Municipality"), "housing": _l("Housing organisation"),
    "ssp": SSP, "school": _l("School"), "disability": _l("Disability organisation"), "young": _l("Young people"),
    "elderly": _l("Elderly people"),
}
LIGHT = {"day": _l("Daylight"), "dark": _l("After dark"), "both": _l("Both")}


class KnownSpot(Row):
    place = Line(_l("Place"), 120, rules=[NoPersonalData()])
    feel = Select(_l("How is it?"), {"unsafe": _l("Unsafe"), "pleasant": _l("Pleasant")})
    why = Line(_l("Why?"), 200, required=False, rules=[NoPersonalData()])

    def in_words(self) -> str:
        why = f": {self.why.data}" if self.why.data else ""
        return f"{self.place.data} ({in_words(self.feel)}{why})"


class WalkQuestions(DatedForm):
    """Where it feels unsafe, and who walks along. A walk without anybody who decides raises hopes in vain."""

    areatype = OneOf(_l("Type of area"), {
        "housing": _l("Housing area"), "centre": _l("Town centre"), "station": _l("Station"),
        "school": _l("School and paths"), "park": _l("Park"), "harbour": _l("Harbour"), "other": _l("Other")})
    reasons = AnyOf(_l("What causes unease?"), UNEASE)
    text = Text(_l("Describe briefly"), 1000, required=RequiredWhen("reasons", "other"), render_kw={"rows": 3})
    spots = Repeat(_l("Places you already know"), KnownSpot, most=10, description=_l(
        "Up to ten, pleasant places too. Do you need more rows? Go on to the next page and come back."))
    road = Line(_l("Area"), 120, rules=[NoPersonalData()], description=_l(
        "A road, a square or the name of the area."))
    from_to = area(_l("Where do you want to meet?"), required=False)
    owners = AnyOf(_l("Who owns or runs the area?"), {
        "municipality": _l("Municipality"), "housing": _l("Housing organisation"),
        "association": _l("Owners’ association"), "rail": "DSB, Banedanmark", "private": _l("Private"),
        "unknown": _l("Don’t know")}, description=_l("A private owner decides alone what is done on private ground."))
    owners_names = area(_l("Which owners?"), required=False)
    invited = AnyOf(_l("Who will take part?"), ROLES)
    decision = OneOf(_l("Will somebody take part who can decide and pay?"), NOT_KNOWN, description=_l(
        "A walk raises hopes. It helps most when somebody walks along who can have things put right."))
    number = Count(_l("Number of participants"), description=_l("From 5 to 25."))
    light = OneOf(_l("Time of day"), LIGHT)
    access = OneOf(_l("Can wheelchairs use the route?"), NOT_KNOWN)
    follow = OneOf(_l("Can you hold a follow-up meeting?"), YES_NO, description=_l(
        "There the owners tell what they will do."))
    follow_day = Day(_l("Date of the follow-up meeting"), required=False)
    role = OneOf(_l("Role of the police"), {
        "part": _l("Take part"), "lead": _l("Lead the walk"), "advise": _l("Advise you before")})
    contact_day = there_on_the_day(_l("Walk leader"))

    groups = (
        (_l("The problem"), ("areatype", "reasons", "text", "spots")),
        (_l("The place"), (*BookingForm.where, "owners", "owners_names", "access")),
        (_l("Who comes"), ("invited", "decision", "number", "role")),
        (_l("When"), ("dates", "light", "follow", "follow_day")),
        (_l("On the day"), DatedForm.on_the_day),
        (_l("You and your answer"), BookingForm.who_asks),
    )

    def validate_number(self, field):
        if field.data > 25:
            raise ValidationError(gettext("With more than 25, please split into several walks, one booking for each."))
        if field.data < 5:
            raise ValidationError(gettext("A walk needs at least 5 who take part."))

    def validate_follow_day(self, field):
        must_be_coming(field)


class Party(Row):
    role = Select(_l("Who"), {**ROLES, "police": _l("Police"), "other": _l("Other")})
    count = Count(_l("Number"), least=1, most=500)

    def in_words(self) -> str:
        return f"{in_words(self.role)} ({in_words(self.count)})"


class WalkFindings(Heard):
    """The head of the protocol, in numbers and without names; what is to be done are tasks, spot by spot."""

    light = OneOf(_l("Light"), LIGHT, required=WHEN_HELD)
    weather = Line(_l("Weather"), 80, required=False)
    route = Text(_l("Route"), 500, required=WHEN_HELD, render_kw={"rows": 2})
    people = Repeat(_l("Who took part, and how many"), Party, required=WHEN_HELD)
    worries = AnyOf(_l("What made people feel unsafe?"), UNEASE, required=False)
    follow_day = Day(_l("Date of the follow-up meeting"), required=False)

    groups = (
        (_l("The walk"), (*Heard.what_happened, ("light", "weather"), "route", "people", "worries", "worries_text")),
        (_l("What it leads to"), ("follow_day", "summary")),
        (_l("For the office only"), Heard.for_the_office),
    )


def in_short(findings: dict) -> str:
    if not was_held(findings):
        return gettext("The walk was not held.")
    return took_part(sum(party["count"] for party in findings["people"]))


WALK = Service(
    key="walk",
    slug="tryghedsvandring",
    need=_l("There are places here where people feel unsafe, and we want them changed"),
    name=_l("Safety walk"),
    book=_l("Book a safety walk"),
    summary=_l("Residents, the police and those who can decide walk through the area together. You note where it is "
               "unsafe and where it is good to be, and afterwards everybody can see who does what about it."),
    visit=_l("Walk"),
    not_for=(
        NO_REPORTS,
        _l("A single lamp that is out, litter or a damaged path: tell the municipality, or whoever owns the place."),
    ),
    questions=WalkQuestions,
    findings=WalkFindings,
    topic="areatype",
    takes={"crew": _l("Who walks along?")},
    travel=30,
    tasks=SpotForm,
    in_short=in_short,
    leads_to=("traffic", "meeting", "walk"),
    started_by=lambda words: {"areatype": "other", "reasons": ["other"], "text": words},
    **AGREED | {"start_findings": lambda visit: start_findings(visit) | {"worries": unease_at(visit.tasks)}},
)
