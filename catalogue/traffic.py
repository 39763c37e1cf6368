"""Traffic control: citizens name a stretch, the police measure it, everyone who asked hears what was found."""

from datetime import time
from itertools import chain, product
from operator import itemgetter

from flask_babel import format_decimal, gettext, lazy_gettext as _l, ngettext
from wtforms import BooleanField, Field

from forms import (
    YES_NO,
    AnyOf,
    BookingForm,
    Clock,
    Count,
    Day,
    Form,
    InEachLanguage,
    Line,
    Measure,
    NoPersonalData,
    OneOf,
    Repeat,
    RequiredWhen,
    Row,
    Select,
    Text,
    has_been,
    in_words,
    refuse_if,
)
from models import local, today

from .service import HARMS, Service
from .shared import when_found

LIMITS = {str(n): _l("%(speed)s\xa0km/h", speed=n) for n in (20, 30, 40, 50, 60, 70, 80, 90, 110, 130)}
PROBLEMS = {
    "speeding": _l("Speeding"),
    "school": _l("School road"),
    "noise": _l("Noisy or reckless driving"),
    "mopeds": _l("Mopeds"),
    "heavy": _l("Heavy vehicles"),
    "other": _l("Other"),
}
FORMER_PROBLEMS = {
    "red_light": _l("Red light, illegal overtaking"),
    "mobile": _l("Hand-held phone"),
    "intoxicated": _l("Alcohol or drugs in traffic"),
}
# When it is worst: what is offered, on which weekdays, and from which hour to before which.
WORST = {
    "morning": (_l("Weekdays 6–9"), range(5), range(6, 9)),
    "midday": (_l("Weekdays 9–14"), range(5), range(9, 14)),
    "afternoon": (_l("Weekdays 14–18"), range(5), range(14, 18)),
    "evening": (_l("Evenings 18–23"), range(7), range(18, 23)),
    "night": (_l("Nights 23–6"), range(7), range(23, 30)),
    "weekend": (_l("Saturday and Sunday"), (5, 6), range(24)),
    "always": (_l("All the time"), range(7), range(24)),
}
METHODS = {
    "atk": _l("Speed camera van"),
    "laser": _l("Laser"),
    "video": _l("Video"),
    "manual": _l("Manual stop"),
    "mopeds": _l("Moped rolling road"),
    "patrol": _l("Patrol"),
    "inspection": _l("Inspection without measuring"),
}
SPEED = ("atk", "laser", "video")


class FormerTrafficQuestions(Form):
    """What was asked until November 2026, and changed no answer of ours or is asked in another way now."""

    direction = OneOf(_l("Direction of travel"), {
        "both": _l("Both"), "towards": _l("Towards …"), "unknown": _l("Don’t know")})
    limit = Select(_l("Speed limit"), {**LIMITS, "unknown": _l("Don’t know")})
    roadtype = OneOf(_l("Type of road"), {
        "residential": _l("Residential street"), "through": _l("Main road through town"), "country": _l("Country road"),
        "motorway": _l("Motorway"), "private": _l("Private shared road (privat fællesvej)"),
        "unknown": _l("Don’t know")})
    days = AnyOf(_l("Which days?"), {
        "weekdays": _l("Weekdays"), "saturday": _l("Saturday"), "sunday": _l("Sunday"), "all": _l("Every day")})
    times = AnyOf(_l("What time of day?"), {
        "06-09": "06–09", "09-14": "09–14", "14-18": "14–18", "18-23": "18–23", "23-06": "23–06",
        "all": _l("All day")})
    frequency = OneOf(_l("How often?"), {
        "daily": _l("Daily"), "often": _l("Several times a week"), "weekly": _l("Weekly"), "seldom": _l("Less often")})
    since = OneOf(_l("For how long?"), {
        "month": _l("Less than 1 month"), "half_year": _l("1–6 months"), "longer": _l("More than 6 months")})
    who = AnyOf(_l("Who is at risk?"), {
        "schoolchildren": _l("Children on their way to school"), "cyclists": _l("Cyclists"),
        "pedestrians": _l("Pedestrians"), "elderly": _l("Elderly people"), "workers": _l("Road workers"),
        "motorists": _l("Motorists"), "animals": _l("Animals")})
    ground = OneOf(_l("May the police use your land or driveway?"), {
        **YES_NO, "irrelevant": _l("Not relevant")})
    contacted = OneOf(_l("Have you contacted the municipality?"), YES_NO)


class TrafficQuestions(BookingForm):
    """Where, what and when; what makes a place more pressing, and where one can stand, are more than is needed."""

    problem = OneOf(_l("What is the problem?"), PROBLEMS, former=FORMER_PROBLEMS)
    worst = AnyOf(_l("When is it worst?"), {key: label for key, (label, *_) in WORST.items()})
    text = Text(_l("Would you like to tell us more?"), 1000, render_kw={"rows": 4}, required=RequiredWhen(
        "problem", "other", message=_l("Describe briefly what the problem is.")))
    special = AnyOf(_l("Is any of this so?"), {
        "school": _l("School or institution nearby"), "works": _l("Road works"), "accident": _l("Recent accident"),
        "measured": _l("The municipality has measured")}, required=False, more=True)
    towards = Line(_l("Towards"), 80, rules=[NoPersonalData()], required=False, more=True, description=_l(
        "If it is one direction, such as “Haslev”."))
    place_van = Text(_l("Is there a safe place to stop?"), 200, required=False, more=True, render_kw={"rows": 2},
                     description=_l("A straight and flat stretch is needed. If it is your own land, say whether we may "
                                    "use it: we do not write in our answers where we parked."))

    former = FormerTrafficQuestions
    groups = (
        (_l("The place"), BookingForm.where),
        (_l("The problem"), ("problem", "worst", "text", "special", "towards", "place_van")),
        (_l("You and your answer"), ("name", "email", "org", "phone", "reply", "address", "language")),
    )


class Period(Row):
    day = Day(_l("Date"), rules=[has_been])
    starts = Clock(_l("From"), day="day")
    ends = Clock(_l("To"), day="day")
    direction = Line(_l("Direction"), 60, required=False)

    def in_words(self) -> str:
        direction = f" ({self.direction.data})" if self.direction.data else ""
        return f"{in_words(self.day)} {in_words(self.starts)}–{in_words(self.ends)}{direction}"

    def validate_ends(self, field):
        refuse_if(self.starts.data and field.data and field.data <= self.starts.data, gettext(
            "The end must be after the start. A control past midnight is two periods."))


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
    day = Day(_l("Date"), rules=[has_been])


IF_CARRIED_OUT, IF_MEASURED, IF_MOPEDS = "performed=yes|partly", "method=" + "|".join(SPEED), "method=mopeds"


class TrafficFindings(Form):
    """What a control found. The sub-counts add up to one total, because published figures count klip in two ways."""

    performed = OneOf(_l("Carried out?"), {"yes": _l("Yes"), "partly": _l("Partly"), "no": _l("No")})
    cause = OneOf(_l("Cause, if not or only partly"), {
        "unsuitable": _l("The place does not suit a control"), "nearby": _l("Measured on a stretch nearby"),
        "weather": _l("Weather"), "technical": _l("Technical fault"), "urgent": _l("Urgent duty elsewhere"),
        "signs": _l("Unclear signs"), "works": _l("Road works")}, when="performed=partly|no")
    method = OneOf(_l("Method"), METHODS, when=IF_CARRIED_OUT)
    place = Line(_l("Place measured (road, roughly)"), 120, when=IF_CARRIED_OUT,
                 description=_l("The citizen reads it. Never the exact spot."))
    nearby = BooleanField(_l("Another place than the one asked for"), when=IF_CARRIED_OUT)
    periods = Repeat(_l("Measuring periods"), Period, when=IF_CARRIED_OUT, required=RequiredWhen(
        "performed", "yes", "partly", message=_l("Fill in at least one period.")))
    limit = Select(_l("Speed limit"), LIMITS, when=IF_MEASURED)
    temporary = BooleanField(_l("Temporary limit"), when=IF_MEASURED)
    passed = Count(_l("Vehicles measured"), required=False, when=IF_MEASURED)
    uncounted = BooleanField(_l("Vehicles were not counted"), when=IF_MEASURED)
    charged = Count(_l("Charged with speeding, in total"), when=IF_MEASURED)
    fine = Count(_l("of these, fine only"), required=False, when=IF_MEASURED)
    klip = Count(_l("of these, penalty points (klip)"), required=False, when=IF_MEASURED)
    cond = Count(_l("of these, conditional driving ban"), required=False, when=IF_MEASURED)
    uncond = Count(_l("of these, unconditional driving ban"), required=False, when=IF_MEASURED)
    reckless = Count(_l("of the unconditional, reckless driving"), required=False, when=IF_MEASURED)
    top = Count(_l("Highest speed, km/h"), required=False, most=299, when=IF_MEASURED)
    avg = Measure(_l("Average speed, km/h"), required=False, most=299, when=IF_MEASURED)
    avg_source = OneOf(_l("Source of the average"), {"police": _l("Police"), "municipality": _l("Municipality")},
                       required=False, when=IF_MEASURED)
    mopeds_checked = Count(_l("Mopeds checked"), when=IF_MOPEDS)
    mopeds_fast = Count(_l("Mopeds too fast"), when=IF_MOPEDS)
    mopeds_top = Count(_l("Fastest moped, km/h"), required=False, most=299, when=IF_MOPEDS)
    other = Repeat(_l("Other offences, and how many"), Offence, when=IF_CARRIED_OUT)
    prelim = BooleanField(_l("Preliminary figures"), default=True, when=IF_CARRIED_OUT,
                          description=_l("A case only becomes a fine once it has been dealt with."))
    visible = OneOf(_l("Placement"), {"visible": _l("Visible"), "hidden": _l("Hidden")}, required=False,
                    when=IF_CARRIED_OUT, description=_l("For officers only."))
    suit = OneOf(_l("Suitability in future"), {
        "suitable": _l("Suitable"), "nearby": _l("Suitable nearby"), "unsuitable": _l("Not suitable")},
        description=_l("For officers only."))
    next = AnyOf(_l("What next?"), {
        "repeat": _l("Another control"), "regular": _l("Regular place"), "closed": _l("Closed"),
        "municipality": _l("Referred to the municipality"), "patrol": _l("A patrol keeps an eye on it")},
        description=_l("Another control is never told outside the office. If nothing was carried out and another "
                       "control is needed, the bookings stay open."))
    patrols = Repeat(_l("Days on which a patrol was there"), Patrol, when="next=patrol", required=RequiredWhen(
        "next", "patrol", message=_l("Write at least one day: “we keep an eye on it” counts only when it was done.")))
    msg = InEachLanguage(_l("Message to those who asked"), 600, required=False, description=_l(
        "Where it is missing in somebody’s language, they get it in another one."))
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
        (_l("What it leads to"), ("prelim", "next", "patrols", "msg")),
        (_l("For the office only"), ("visible", "suit", "note", "by")),
    )

    def contradictions(self) -> list[tuple[bool, Field, str]]:
        """Numbers that cannot be true together, or that nobody has written."""
        if any(field.process_errors for field in self):  # a number that is no number contradicts nothing
            return []
        charged, passed = self.charged.data, self.passed.data
        top, limit, average = self.top.data, self.limit.data, self.avg.data
        checked, fast = self.mopeds_checked.data, self.mopeds_fast.data
        parts = sum(f.data or 0 for f in (self.fine, self.klip, self.cond, self.uncond))
        return [
            (charged is not None and parts != charged, self.charged, gettext(
                "The parts below add up to %(parts)s, not to %(total)s.", parts=parts, total=charged)),
            (self.method.data == "atk" and passed is None and not self.uncounted.data, self.passed, gettext(
                "Write how many vehicles were measured, or tick that they were not counted.")),
            (passed is not None and charged is not None and charged > passed, self.charged, gettext(
                "More vehicles are charged than were measured.")),
            ((self.reckless.data or 0) > (self.uncond.data or 0), self.reckless, gettext(
                "Reckless driving is part of the unconditional driving bans.")),
            (charged and top is not None and limit in LIMITS and top <= int(limit), self.top, gettext(
                "Somebody was charged, so the highest speed is above the limit.")),
            (average is not None and top is not None and average > top, self.avg, gettext(
                "The average cannot be above the highest speed.")),
            ((fast or 0) > (checked or 0), self.mopeds_fast, gettext("More mopeds were too fast than were checked.")),
        ]


def hours(answers: dict) -> frozenset[tuple[int, int]]:
    """The hours of the week that the wish names; what goes past midnight belongs to the day on which it started."""
    named = [product(days, hours) for _, days, hours in map(WORST.get, answers.get("worst", ()))]
    return frozenset((day, hour % 24) for day, hour in chain(*named, _former_hours(answers)))


def _former_hours(answers: dict) -> product:
    """As they were told while days and times were two questions."""
    week = {"weekdays": range(5), "saturday": (5,), "sunday": (6,), "all": range(7)}
    weekdays = {day for name in answers.get("days", ()) for day in week[name]}
    return product(weekdays, {hour for name in answers.get("times", ()) for hour in _hours_of(name)})


def _hours_of(name: str) -> range:
    if name == "all":
        return range(24)
    first, last = map(int, name.split("-"))
    return range(first, last if first < last else last + 24)


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


def statistics(findings: dict) -> dict[str, int]:
    """`of_passed` are those charged where the vehicles were counted, too: only they make a share."""
    if findings["performed"] == "no":
        return {}
    sums = {"done": 1, "charged": findings.get("charged", 0)}
    if "passed" in findings:
        sums |= {"passed": findings["passed"], "of_passed": findings.get("charged", 0)}
    return sums


# Findings that everybody may know besides the figures: choices and counts, none of them typed freely.
PUBLIC = ("temporary", "nearby", "fine", "klip", "cond", "uncond", "reckless", "mopeds_checked", "mopeds_fast",
          "mopeds_top", "other")


def published(findings: dict) -> dict:
    """Nothing of a control that was not carried out."""
    if findings["performed"] == "no":
        return {}
    first = min(findings["periods"], key=itemgetter("day", "starts"))
    return {**when_found(first), "method": findings["method"],
            "speed_limit": int(findings["limit"]) if "limit" in findings else None, "measured": findings.get("passed"),
            "charged": findings.get("charged"), "top_speed": findings.get("top"),
            "preliminary": bool(findings.get("prelim")),
            "details": {name: findings[name] for name in PUBLIC if findings.get(name)}}


def start_findings(visit) -> dict:
    """From the plan, in periods that the form takes: a minute before midnight or after it, and an hour that the clock
    has shown twice, are for the officer to write."""
    start, end = local(visit.starts_at), local(visit.ends_at)
    spans = [(start.date(), start.time(), end.time())] if start.date() == end.date() else [
        (start.date(), start.time(), time(23, 59)), (end.date(), time(0), end.time())]
    periods = [{"day": day, "starts": starts, "ends": ends} for day, starts, ends in spans
               if starts < ends and day <= today()]
    return {"performed": "yes", "method": visit.method, "place": str(visit.place), "prelim": True, "periods": periods}


def keeps_open(findings: dict) -> bool:
    return findings["performed"] == "no" and "repeat" in findings["next"]


TRAFFIC = Service(
    key="traffic",
    slug="faerdselskontrol",
    need=_l("The traffic on my road worries me"),
    name=_l("Traffic control"),
    book=_l("Book a traffic control"),
    summary=_l("Do cars drive too fast on your road, or dangerously by the school? Name the stretch. We will look at "
               "it, and you will hear what we found, even if nothing was wrong."),
    visit=_l("Control"),
    not_for=(
        _l("One driver you have seen, or something that is happening now: call 114, or 112 if it is urgent."),
        _l("Signs, road surface and humps: the municipality. On state roads and motorways: Vejdirektoratet (the Danish "
           "Road Directorate). Parking: the municipality, or the police on 114 where it has no parking wardens."),
        _l("Signs and humps on private shared roads: ask the municipality first. The police may have to approve them, "
           "too."),
    ),
    questions=TrafficQuestions,
    findings=TrafficFindings,
    topic="problem",
    times="worst",
    reasons=("resources", "unsuitable", "unlikely", "priority", "recently", "regular", "authority", "district",
             "report", "outside", "information"),
    methods=METHODS,
    answer_within=10,
    act_within=22,
    findings_text="findings/traffic.txt",
    in_short=in_short,
    hours=hours,
    harms=harms,
    statistics=statistics,
    published=published,
    found_on=lambda findings: min((period["day"] for period in findings.get("periods", ())), default=None),
    keeps_open=keeps_open,
    start_findings=start_findings,
)
