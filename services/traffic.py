"""Traffic control: citizens name a stretch, the police measure it, everyone who asked hears what was found."""

from datetime import time
from itertools import product

from flask_babel import format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import ValidationError

from forms import (
    YES_NO,
    AnyOf,
    BookingForm,
    Clock,
    Count,
    Day,
    Form,
    HasBeen,
    Line,
    Measure,
    NoPersonalData,
    OneOf,
    Repeat,
    RequiredWhen,
    Row,
    Select,
    Text,
    in_words,
)
from models import local

from .service import HARMS, Service

LIMITS = {str(n): _l("%(speed)s km/h", speed=n) for n in (20, 30, 40, 50, 60, 70, 80, 90, 110, 130)}
PROBLEMS = {
    "speeding": _l("Speeding"),
    "mopeds": _l("Mopeds"),
    "noise": _l("Noisy or reckless driving"),
    "red_light": _l("Red light, illegal overtaking"),
    "mobile": _l("Hand-held phone"),
    "heavy": _l("Heavy vehicles"),
    "intoxicated": _l("Alcohol or drugs in traffic"),
    "school": _l("School road"),
    "other": _l("Other"),
}
METHODS = {
    "atk": _l("Photo van"),
    "laser": _l("Laser"),
    "video": _l("Video"),
    "manual": _l("Manual stop"),
    "mopeds": _l("Moped roller bench"),
    "patrol": _l("Patrol"),
    "inspection": _l("Inspection without measuring"),
}
SPEED = ("atk", "laser", "video")


class TrafficQuestions(BookingForm):
    problem = OneOf(_l("What is the problem?"), PROBLEMS)
    text = Text(_l("Describe briefly"), 1000, render_kw={"rows": 5})
    direction = OneOf(_l("Direction of travel"), {
        "both": _l("Both"), "towards": _l("Towards …"), "unknown": _l("Don’t know")}, required=False)
    towards = Line(_l("Towards"), 80, rules=[NoPersonalData()], required=RequiredWhen(
        "direction", "towards", message=_l("Write which way, such as “Haslev”.")),
        description=_l("Only if it is one direction."))
    limit = Select(_l("Speed limit"), {**LIMITS, "unknown": _l("Don’t know")}, required=False)
    roadtype = OneOf(_l("Type of road"), {
        "residential": _l("Residential street"), "through": _l("Through road in town"), "country": _l("Country road"),
        "motorway": _l("Motorway"), "private": _l("Private shared road"), "unknown": _l("Don’t know")}, required=False)
    days = AnyOf(_l("Which days?"), {
        "weekdays": _l("Weekdays"), "saturday": _l("Saturday"), "sunday": _l("Sunday"), "all": _l("Every day")})
    times = AnyOf(_l("What time of day?"), {
        "06-09": "06–09", "09-14": "09–14", "14-18": "14–18", "18-23": "18–23", "23-06": "23–06",
        "all": _l("All day")})
    frequency = OneOf(_l("How often?"), {
        "daily": _l("Daily"), "often": _l("Several times a week"), "weekly": _l("Weekly"), "seldom": _l("Less often")})
    since = OneOf(_l("For how long?"), {
        "month": _l("Less than 1 month"), "half_year": _l("1–6 months"), "longer": _l("More than 6 months")},
        required=False)
    who = AnyOf(_l("Who is at risk?"), {
        "schoolchildren": _l("Children on their way to school"), "cyclists": _l("Cyclists"),
        "pedestrians": _l("Pedestrians"), "elderly": _l("Elderly people"), "workers": _l("Road workers"),
        "motorists": _l("Motorists"), "animals": _l("Animals")}, required=False)
    special = AnyOf(_l("Special conditions"), {
        "school": _l("School or institution nearby"), "works": _l("Road works"), "accident": _l("Recent accident"),
        "measured": _l("The municipality has measured")}, required=False)
    place_van = Text(_l("Is there a safe place to stop?"), 200, required=False, render_kw={"rows": 2},
                     description=_l("A straight and flat stretch is needed. Do not write names or number plates."))
    ground = OneOf(_l("May the police use your ground or driveway?"), {
        **YES_NO, "irrelevant": _l("Not relevant")}, required=False,
        description=_l("We never tell anybody where we stood."))
    contacted = OneOf(_l("Have you contacted the municipality?"), YES_NO, required=False)

    groups = (
        (_l("The problem"), ("problem", "text")),
        (_l("The place"), ("road", "from_to", "postcode", "direction", "towards", "limit", "roadtype")),
        (_l("When it happens"), ("days", "times", "frequency", "since")),
        (_l("Good to know"), ("who", "special", "place_van", "ground", "contacted")),
        (_l("You and your answer"), BookingForm.who_asks),
    )


class Period(Row):
    day = Day(_l("Date"), rules=[HasBeen()])
    starts = Clock(_l("From"))
    ends = Clock(_l("To"))
    direction = Line(_l("Direction"), 60, required=False)

    def in_words(self) -> str:
        direction = f" ({self.direction.data})" if self.direction.data else ""
        return f"{in_words(self.day)} {in_words(self.starts)}–{in_words(self.ends)}{direction}"

    def validate_ends(self, field):
        if self.starts.data and field.data and field.data <= self.starts.data:
            raise ValidationError(gettext("The end must be after the start. A control past midnight is two periods."))


class Offence(Row):
    kind = Select(_l("Offence"), {
        "drink": _l("Drink driving"), "drugs": _l("Drug driving"), "phone": _l("Mobile phone"),
        "belt": _l("Seat belt"), "red_light": _l("Red light"), "overtaking": _l("Illegal overtaking"),
        "licence": _l("No licence"), "altered": _l("Altered moped"), "helmet": _l("No helmet"),
        "insurance": _l("No insurance"), "unregistered": _l("Unregistered"), "defect": _l("Vehicle defect"),
        "seized": _l("Vehicle seized")})
    count = Count(_l("Number"))

    def in_words(self) -> str:
        return f"{in_words(self.kind)} ({in_words(self.count)})"


class Patrol(Row):
    day = Day(_l("Date"), rules=[HasBeen()])


class TrafficFindings(Form):
    """What a control found. The sub-counts add up to one total, because published figures count klip in two ways."""

    performed = OneOf(_l("Carried out?"), {"yes": _l("Yes"), "partly": _l("Partly"), "no": _l("No")})
    cause = OneOf(_l("Cause, if not or only partly"), {
        "unsuitable": _l("The place does not suit a control"), "nearby": _l("Measured on a stretch nearby"),
        "weather": _l("Weather"), "technical": _l("Technical fault"), "urgent": _l("Urgent duty elsewhere"),
        "signs": _l("Unclear signs"), "works": _l("Road works")},
        required=RequiredWhen("performed", "partly", "no", message=_l("Say why.")))
    method = OneOf(_l("Method"), METHODS, required=RequiredWhen("performed", "yes", "partly"))
    place = Line(_l("Place measured (road, roughly)"), 120, required=RequiredWhen("performed", "yes", "partly"),
                 description=_l("The citizen reads it. Never the exact spot."))
    nearby = BooleanField(_l("Another place than the one asked for"))
    periods = Repeat(_l("Measuring periods"), Period, required=RequiredWhen("performed", "yes", "partly", message=_l(
        "Fill in at least one period.")))
    limit = Select(_l("Speed limit"), LIMITS, required=RequiredWhen("method", *SPEED))
    temporary = BooleanField(_l("Temporary limit"))
    passed = Count(_l("Vehicles measured"), required=False)
    uncounted = BooleanField(_l("Vehicles were not counted"))
    charged = Count(_l("Charged with speeding, in total"), required=RequiredWhen("method", *SPEED))
    fine = Count(_l("of these, fine only"), required=False)
    klip = Count(_l("of these, penalty clip"), required=False)
    cond = Count(_l("of these, conditional loss of licence"), required=False)
    uncond = Count(_l("of these, unconditional loss of licence"), required=False)
    reckless = Count(_l("of the unconditional, reckless driving"), required=False)
    top = Count(_l("Highest speed, km/h"), required=False, most=299)
    avg = Measure(_l("Average speed, km/h"), required=False, most=299)
    avg_source = OneOf(_l("Source of the average"), {"police": _l("Police"), "municipality": _l("Municipality")},
                       required=False)
    mopeds_checked = Count(_l("Mopeds checked"), required=RequiredWhen("method", "mopeds"))
    mopeds_fast = Count(_l("Mopeds too fast"), required=RequiredWhen("method", "mopeds"))
    mopeds_top = Count(_l("Fastest moped, km/h"), required=False, most=299)
    other = Repeat(_l("What, and how many"), Offence)
    prelim = BooleanField(_l("Preliminary figures"), default=True,
                          description=_l("Drivers have to be found before a case becomes a fine."))
    visible = OneOf(_l("Placement"), {"visible": _l("Visible"), "hidden": _l("Hidden")}, required=False,
                    description=_l("For officers only."))
    suit = OneOf(_l("Suitability in future"), {
        "suitable": _l("Suitable"), "nearby": _l("Suitable nearby"), "unsuitable": _l("Not suitable")},
        description=_l("For officers only."))
    next = AnyOf(_l("What next?"), {
        "repeat": _l("Another control"), "regular": _l("Regular place"), "closed": _l("Closed"),
        "municipality": _l("Referred to the municipality"), "patrol": _l("A patrol keeps an eye on it")},
        description=_l("Another control is never told outside the office. If nothing was carried out and another "
                       "control is needed, the bookings stay open."))
    patrols = Repeat(_l("Days on which a patrol was there"), Patrol, required=RequiredWhen("next", "patrol", message=_l(
        "Write at least one day: “we keep an eye on it” counts only when it was done.")))
    msg = Text(_l("Message to those who asked"), 600, required=False, render_kw={"rows": 3})
    msg_en = Text(_l("The same in English"), 600, required=False, render_kw={"rows": 3}, description=_l(
        "For those who want the answer in English. Without it they get the message as it stands."))
    note = Text(_l("Internal note"), 2000, required=False, rules=[], render_kw={"rows": 2},
                description=_l("Is never sent."))
    by = Line(_l("Carried out by (initials)"), 40, required=False, description=_l("For officers only."))

    internal = frozenset({"visible", "suit", "next", "note", "by"})
    groups = (
        (_l("The control"), ("performed", "cause", "method", ("place", "nearby"), "periods")),
        (_l("Speed"), (("limit", "temporary"), ("passed", "uncounted"), "charged", ("fine", "klip", "cond"),
                       ("uncond", "reckless"), ("top", "avg"), "avg_source")),
        (_l("Moped control"), (("mopeds_checked", "mopeds_fast", "mopeds_top"),)),
        (_l("Other offences"), ("other",)),
        (_l("What it leads to"), ("prelim", "next", "patrols", "msg", "msg_en")),
        (_l("For the office only"), ("visible", "suit", "note", "by")),
    )

    # What can be said of a control that was not carried out.
    without_control = frozenset({"performed", "cause", "next", "patrols", "msg", "msg_en", "suit", "note", "by"})

    def answers(self) -> dict:
        told = super().answers()
        if self.performed.data != "no":
            return told
        return {name: value for name, value in told.items() if name in self.without_control}

    def validate(self, extra_validators=None) -> bool:
        if self.performed.data == "no":
            self.method.data = ""  # as planned; it asks for no figures when nothing was measured
        super().validate(extra_validators)
        if self.performed.data == "no":
            for field in (f for f in self if f.name not in self.without_control and f.name != "csrf_token"):
                field.errors = []
        for field, words in self._contradictions():
            field.errors = [*field.errors, words]
        return not self.errors

    def _contradictions(self):
        """Numbers that cannot be true together, each with the field to look at."""
        charged, passed = self.charged.data, self.passed.data
        parts = sum(f.data or 0 for f in (self.fine, self.klip, self.cond, self.uncond))
        if charged is not None and parts != charged:
            yield self.charged, gettext("The parts below add up to %(parts)s, not to %(total)s.",
                                        parts=parts, total=charged)
        if charged is None and parts:
            yield self.charged, gettext("Write the total of the parts below.")
        if self.method.data == "atk" and passed is None and not self.uncounted.data:
            yield self.passed, gettext("Write how many vehicles were measured, or tick that they were not counted.")
        if passed is not None and charged is not None and charged > passed:
            yield self.charged, gettext("More vehicles are charged than were measured.")
        if (self.reckless.data or 0) > (self.uncond.data or 0):
            yield self.reckless, gettext("Reckless driving is part of the unconditional losses.")
        if charged and self.top.data is not None and self.limit.data and self.top.data <= int(self.limit.data):
            yield self.top, gettext("Somebody was charged, so the highest speed is above the limit.")
        if self.mopeds_checked.data is not None and self.mopeds_fast.data is None:
            yield self.mopeds_fast, gettext("Write how many of them were too fast, perhaps 0.")
        if self.avg.data is not None and self.top.data is not None and self.avg.data > self.top.data:
            yield self.avg, gettext("The average cannot be above the highest speed.")
        if (self.mopeds_fast.data or 0) > (self.mopeds_checked.data or 0):
            yield self.mopeds_fast, gettext("More mopeds were too fast than were checked.")


def hours(answers: dict) -> frozenset[tuple[int, int]]:
    """The hours of the week that the wish names; what goes past midnight belongs to the day on which it started."""
    week = {"weekdays": range(5), "saturday": (5,), "sunday": (6,), "all": range(7)}
    weekdays = {day for name in answers.get("days", ()) for day in week[name]}
    named = {hour for name in answers.get("times", ()) for hour in _hours_of(name)}
    return frozenset(product(weekdays, named))


def _hours_of(name: str) -> list[int]:
    if name == "all":
        return list(range(24))
    first, last = map(int, name.split("-"))
    return [hour % 24 for hour in range(first, last if first < last else last + 24)]


def harms(answers: dict) -> set[str]:
    special = set(answers.get("special", ()))
    by_school = answers.get("problem") == "school" or "schoolchildren" in answers.get("who", ())
    return special & set(HARMS) | ({"school"} if by_school else set())


def in_short(findings: dict) -> str:
    if findings["performed"] == "no":
        return gettext("The control could not be carried out.")
    if findings["method"] not in SPEED:
        return gettext("The place was visited.")
    charged = ngettext("%(count)s driver charged with speeding", "%(count)s drivers charged with speeding",
                       findings["charged"], count=format_decimal(findings["charged"]))
    if not findings["charged"]:
        charged = gettext("nobody charged with speeding")
    if "passed" not in findings:
        return gettext("Measured, %(charged)s.", charged=charged)
    return ngettext("%(count)s vehicle measured, %(charged)s.", "%(count)s vehicles measured, %(charged)s.",
                    findings["passed"], count=format_decimal(findings["passed"]), charged=charged)


def adds(findings: dict) -> dict[str, int]:
    """`of_passed` are those charged where the vehicles were counted, too: only they make a share."""
    if findings["performed"] == "no":
        return {}
    sums = {"done": 1, "charged": findings.get("charged", 0)}
    if "passed" in findings:
        sums |= {"passed": findings["passed"], "of_passed": findings.get("charged", 0)}
    return sums


def start_findings(visit) -> dict:
    """What the findings form already knows from the plan."""
    start, end = local(visit.starts_at), local(visit.ends_at)
    periods = [{"day": start.date(), "starts": start.time(), "ends": end.time()}]
    if end.date() > start.date():  # past midnight
        periods = [{"day": start.date(), "starts": start.time(), "ends": time(23, 59)},
                   {"day": end.date(), "starts": time(0), "ends": end.time()}]
    return {"performed": "yes", "method": visit.method, "place": str(visit.place), "prelim": True, "periods": periods}


def keeps_open(findings: dict) -> bool:
    return findings["performed"] == "no" and "repeat" in findings["next"]


TRAFFIC = Service(
    key="traffic",
    slug="faerdselskontrol",
    need=_l("The traffic on my road worries me"),
    name=_l("Traffic control"),
    book=_l("Book a traffic control"),
    summary=_l("Do cars drive too fast on your road, or dangerously by the school? Name the stretch. We look at it, "
               "and you hear what we found, also when nothing was wrong."),
    visit=_l("Control"),
    not_for=(
        _l("One driver you have seen, or something that is happening now: call 114, or 112 if it is urgent."),
        _l("Signs, road surface, humps and parking: the municipality. On state roads and motorways: "
           "Vejdirektoratet (the Danish Road Directorate)."),
        _l("A private shared road in the country or an internal road on private ground is ours; "
           "a private shared road in town belongs to the municipality."),
    ),
    questions=TrafficQuestions,
    findings=TrafficFindings,
    topic="problem",
    reasons=("resources", "unsuitable", "unlikely", "priority", "recently", "regular", "authority", "district",
             "report", "outside", "information"),
    methods=METHODS,
    answer_within=10,
    act_within=22,
    findings_text="findings/traffic.txt",
    in_short=in_short,
    hours=hours,
    harms=harms,
    adds=adds,
    keeps_open=keeps_open,
    start_findings=start_findings,
    started_by=lambda words: {"problem": "other", "text": words},
)
