"""Safety walk: residents, the police and those who decide walk the area together and say what should change."""

from flask_babel import gettext, lazy_gettext as _l

from forms import (
    NAMED,
    ON_THE_DAY,
    PUBLISHED,
    YES_NO,
    AnyOf,
    BookingForm,
    Count,
    DatedForm,
    Day,
    Form,
    Line,
    NoPersonalData,
    OneOf,
    Repeat,
    RequiredWhen,
    Row,
    Select,
    Text,
    in_words,
    refuse_if,
)
from models.limits import KNOWN_SPOTS

from .polls import SAFE
from .service import Service
from .shared import (
    AGREED,
    IF_HELD,
    NO_REPORTS,
    NOT_KNOWN,
    SSP,
    UNEASE,
    Heard,
    area,
    published,
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
FEWEST, MOST = 5, 25  # who walk along: fewer see too little, more hear nobody
LIGHT = {"day": _l("Daylight"), "dark": _l("After dark"), "both": _l("Both")}


class KnownSpot(Row):
    place = Line(_l("Place"), 120, rules=[NoPersonalData()])
    feel = Select(_l("How is it?"), {"unsafe": _l("Unsafe"), "pleasant": _l("Pleasant")})
    why = Line(_l("Why?"), 200, required=False, rules=[NoPersonalData()])

    def in_words(self) -> str:
        why = f": {self.why.data}" if self.why.data else ""
        return f"{self.place.data} ({in_words(self.feel)}{why})"


class FormerWalkQuestions(Form):
    """What was asked until November 2026: the time says whether it is dark, and the rest is agreed by phone."""

    owners_names = Line(_l("Which owners?"), 200)
    invited = AnyOf(_l("Who will take part?"), ROLES)
    light = OneOf(_l("Time of day"), LIGHT)
    follow_day = Day(_l("Date of the follow-up meeting"))


class WalkQuestions(DatedForm):
    """Where it feels unsafe, and who walks along. A walk without anybody who decides raises hopes in vain."""

    areatype = Select(_l("Type of area"), {
        "housing": _l("Housing area"), "centre": _l("Town centre"), "station": _l("Station"),
        "school": _l("School and paths"), "park": _l("Park"), "harbour": _l("Harbour"), "other": _l("Other")})
    reasons = AnyOf(_l("What causes unease?"), UNEASE)
    text = Text(_l("Would you like to tell us more?"), 1000, render_kw={"rows": 3}, required=RequiredWhen(
        "reasons", "other", message=_l("Describe briefly what causes unease.")))
    spots = Repeat(_l("Places you already know"), KnownSpot, most=KNOWN_SPOTS, more=True, description=_l(
        "Up to %(most)s, pleasant places too. Do you need more rows? Go on to the next page and come back.",
        most=KNOWN_SPOTS))
    road = Line(_l("Area"), 120, rules=[NoPersonalData()], description=_l(
        "A road, a square or the name of the area."))
    from_to = area(_l("Where do you want to meet?"), required=False, more=True)
    owners = AnyOf(_l("Who owns or runs the area?"), {
        "municipality": _l("Municipality"), "housing": _l("Housing organisation"),
        "association": _l("Owners’ association"), "rail": "DSB, Banedanmark", "private": _l("Private"),
        "unknown": _l("Don’t know")}, required=False, more=True,
        description=_l("A private owner decides alone what is done on private land."))
    decision = OneOf(_l("Will somebody take part who can decide and pay?"), NOT_KNOWN, required=False, more=True,
                     description=_l("A walk raises hopes. It helps most when somebody walks along who can have things "
                                    "put right."))
    number = Count(_l("Number of participants"), description=_l(
        "From %(least)s to %(most)s.", least=FEWEST, most=MOST))
    access = OneOf(_l("Can wheelchairs use the route?"), NOT_KNOWN, required=False, more=True)
    follow = OneOf(_l("Can you hold a follow-up meeting?"), YES_NO, required=False, more=True, description=_l(
        "There the owners tell what they will do."))
    role = OneOf(_l("Role of the police"), {
        "part": _l("Take part"), "lead": _l("Lead the walk"), "advise": _l("Advise beforehand")}, required=False,
        more=True)
    public = OneOf(_l("May it be shown in the public calendar?"), YES_NO, required=False, more=True,
                   description=PUBLISHED)
    contact_day = Line(_l("Walk leader, if it is somebody else"), 80, required=False, more=True, description=NAMED)

    former = FormerWalkQuestions
    groups = (
        (_l("The place"), ("road", "postcode", "areatype", "from_to", "owners", "access")),
        (_l("The problem"), ("reasons", "text", "spots")),
        (_l("When, and who comes"), ("dates", "number", "decision", "role", "follow", "public")),
        (_l("You and your answer"), (ON_THE_DAY, *BookingForm.who_asks)),
    )

    def validate_number(self, field):
        refuse_if(field.data > MOST, gettext(
            "With more than %(most)s, please split into several walks, one booking for each.", most=MOST))
        refuse_if(field.data < FEWEST, gettext("A walk needs at least %(least)s who take part.", least=FEWEST))


class Party(Row):
    role = Select(_l("Who"), {**ROLES, "police": _l("Police"), "other": _l("Other")})
    count = Count(_l("Number"), least=1, most=500)

    def in_words(self) -> str:
        return f"{in_words(self.role)} ({in_words(self.count)})"


class WalkFindings(Heard):
    """The head of the protocol, in numbers and without names; what is to be done are tasks, spot by spot."""

    light = OneOf(_l("Light"), LIGHT, when=IF_HELD)
    weather = Line(_l("Weather"), 80, required=False, when=IF_HELD)
    route = Text(_l("Route"), 500, when=IF_HELD, render_kw={"rows": 2})
    people = Repeat(_l("Who took part, and how many"), Party, required=True, when=IF_HELD)
    worries = AnyOf(_l("What made people feel unsafe?"), UNEASE, required=False, when=IF_HELD)
    follow_day = Day(_l("Date of the follow-up meeting"), required=False, when=IF_HELD)

    groups = (
        (_l("The walk"), (*Heard.what_happened, ("light", "weather"), "route", "people", "worries", "worries_text")),
        (_l("What it leads to"), ("follow_day", "summary")),
        (_l("For the office only"), Heard.for_the_office),
    )


def participants(findings: dict) -> int | None:
    return sum(party["count"] for party in findings.get("people", ())) or None


def in_short(findings: dict) -> str:
    return took_part(participants(findings)) if was_held(findings) else gettext("The walk was not held.")


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
    resources={"crew": _l("Who walks along?")},
    travel=30,
    tasks=SpotForm,
    published=published("light", "worries", "people"),
    in_short=in_short,
    poll=(SAFE,),
    participants=participants,
    leads_to=("traffic", "meeting", "walk"),
    **AGREED | {"start_findings": lambda visit: start_findings(visit) | {"worries": unease_at(visit.tasks)}},
)
