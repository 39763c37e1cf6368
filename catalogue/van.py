"""Mobile police station: the police come with their van to a village or an event, and people come to them."""

from flask_babel import format_decimal, gettext, lazy_gettext as _l, ngettext

from forms import (
    ON_THE_DAY,
    YES_NO,
    AnyOf,
    BookingForm,
    Count,
    DatedForm,
    Form,
    Line,
    NoPersonalData,
    OneOf,
    RequiredWhen,
    Select,
    Text,
    WishedHours,
    preferred_times,
)

from .service import Service
from .shared import (
    AGREED,
    IF_HELD,
    NO_GUARDS,
    NO_REPORTS,
    SSP,
    TOPICS,
    Heard,
    area,
    published,
    to_the_organiser,
    was_held,
)

AT_EVENT = "purpose=event"


class FormerVanQuestions(Form):
    """What was asked until November 2026; `stand` asks it in one."""

    ground = OneOf(_l("Kind of surface"), {"asphalt": _l("Asphalt"), "gravel": _l("Gravel"), "grass": _l("Grass")})
    space = AnyOf(_l("Space"), {
        "room": _l("Room for a minibus (about 8 × 4 m)"), "headroom": _l("Free headroom")})
    owner_ok = OneOf(_l("Has the owner of the place agreed?"), {**YES_NO, "municipal": _l("It is a municipal square")})


class VanQuestions(DatedForm):
    """What the van is to do there, and whether it can stand there."""

    purpose = OneOf(_l("Purpose"), {
        "event": _l("Larger event"), "local": _l("Visit where people live"),
        "advice": _l("Advice (burglary, traffic, neighbourhood watch)"), "incident": _l("After an incident"),
        "other": _l("Other")})
    event = Line(_l("Name of the event"), 120, when=AT_EVENT, rules=[NoPersonalData()])
    organiser = Line(_l("Organiser of the event"), 120, when=AT_EVENT)
    permit = OneOf(_l("Permit for the event"), {
        "granted": _l("Granted"), "applied": _l("Applied for"), "none": _l("Not needed"), "unknown": _l("Don’t know")},
        when=AT_EVENT, description=_l("This booking is not a permit. You apply for that separately."))
    text = Text(_l("Would you like to tell us more?"), 1000, render_kw={"rows": 3}, required=RequiredWhen(
        "purpose", "other", message=_l("Describe briefly why we should come.")))
    themes = AnyOf(_l("Topics you would like"), TOPICS, required=False, more=True)
    road = Line(_l("Exact place"), 120, rules=[NoPersonalData()], description=_l(
        "The address, and where on it the van can stand."))
    from_to = area(_l("More about the place"), required=False, more=True)
    stand = OneOf(_l("Can a minibus stand there?"), {
        "yes": _l("Yes, and whoever owns the place has agreed"), "ask": _l("Yes, but nobody has asked the owner"),
        "unknown": _l("Don’t know")}, description=_l("Firm ground, about 8 × 4 metres, and free headroom."))
    power = OneOf(_l("Power"), {"yes": "230 V", "no": _l("None")}, required=False, more=True)
    wc = OneOf(_l("Is there a toilet for the staff?"), YES_NO, required=False, more=True)
    access = OneOf(_l("Is there step-free access for visitors?"), YES_NO, required=False, more=True)
    dates = preferred_times(WishedHours)
    visitors = Select(_l("Expected visitors"), {
        "49": _l("Fewer than 50"), "200": _l("50–200"), "1000": _l("200–1,000"), "5000": _l("1,000–5,000"),
        "more": _l("More than 5,000")})
    others = AnyOf(_l("Other authorities there"), {
        "fire": _l("Fire service"), "municipality": _l("Municipality"), "ssp": SSP,
        "ambulance": _l("Ambulance")}, required=False, more=True)

    former = FormerVanQuestions
    groups = (
        (_l("Why you ask"), ("purpose", "event", "organiser", "permit", "text", "visitors", "themes", "others")),
        (_l("The place"), ("road", "postcode", "stand", "from_to", "power", "wc", "access")),
        (_l("When"), ("dates", "public")),
        (_l("You and your answer"), (ON_THE_DAY, *BookingForm.who_asks)),
    )


class VanFindings(Heard):
    """Who came to the van and with what. What was reported is told by its number alone."""

    held = OneOf(_l("Carried out?"), {"yes": _l("Yes"), "short": _l("Cut short"), "no": _l("Cancelled")})
    cause = OneOf(_l("Cause, if cut short or cancelled"), {
        "urgent": _l("Urgent duty elsewhere"), "vehicle": _l("Fault of the van"), "weather": _l("Weather"),
        "staff": _l("Nobody to staff it"), "organiser": _l("Organiser")}, when="held=short|no")
    again = OneOf(_l("Is a new date to be found?"), YES_NO, when="held=no")
    staff = Count(_l("Staff (number)"), when=IF_HELD, most=100, description=_l("For officers only."))
    visitors = Count(_l("Visitors (about)"), when=IF_HELD)
    came = AnyOf(_l("Who came"), {
        "families": _l("Families"), "young": _l("Young people"), "elderly": _l("Elderly people"),
        "tourists": _l("Tourists"), "business": _l("Businesses")}, required=False, when=IF_HELD)
    topics = AnyOf(_l("Topics"), {
        **TOPICS, "report": _l("Crime report"), "tip": _l("Tip"), "praise": _l("Praise and criticism")},
        when=IF_HELD)
    reports = Count(_l("Reports taken (number)"), required=False, when=IF_HELD, description=_l(
        "How many. The reports themselves go into the police’s own system, never here."))
    site = OneOf(_l("How did the place suit?"), {
        "good": _l("Well"), "usable": _l("Usable"), "unsuitable": _l("Not suitable")}, when=IF_HELD)
    site_why = Text(_l("Why does it not suit?"), 300, when="site=unsuitable", render_kw={"rows": 2})
    summary = to_the_organiser(_l("Feedback to the organiser"))

    internal = Heard.internal | {"staff"}
    groups = (
        (_l("The visit"), ("held", "cause", *Heard.what_happened[1:], "staff")),
        (_l("Who came, and with what"), ("visitors", "came", "topics", "reports", "worries", "worries_text")),
        (_l("The place"), ("site", "site_why")),
        (_l("The answer"), ("summary",)),
        (_l("For the office only"), Heard.for_the_office),
    )


def in_short(findings: dict) -> str:
    if not was_held(findings):
        return gettext("The van did not come.")
    return ngettext("About %(count)s visitor.", "About %(count)s visitors.", findings["visitors"],
                    count=format_decimal(findings["visitors"]))


VAN = Service(
    key="van",
    slug="mobil-politistation",
    need=_l("We want the police to be where people are: in the village, on the square, at the event"),
    name=_l("Mobile police station"),
    book=_l("Book the mobile police station"),
    summary=_l("The police come with their van. People can ask, report something, get advice on burglary or traffic, "
               "or just come in and look. How often we can come depends on who can drive and staff the van."),
    visit=_l("Visit of the van"),
    not_for=(NO_REPORTS, _l("A permit for an event: you apply for that separately."), NO_GUARDS),
    questions=VanQuestions,
    findings=VanFindings,
    topic="purpose",
    resources={"crew": _l("Who staffs the van?"), "driver": _l("Who drives?"), "vehicle": _l("Which van?")},
    travel=45,
    published=published("visitors", "topics", "worries"),
    in_short=in_short,
    leads_to=("meeting", "walk", "traffic"),
    **AGREED | {"reasons": (
        "resources", "no_date", "van", "ground", "authority", "district", "report", "outside", "information")},
)
