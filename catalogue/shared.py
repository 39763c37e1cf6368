"""What the services with an agreed date have in common: their lists, and what came of it."""

from collections.abc import Callable
from datetime import date, timedelta

from flask_babel import format_decimal, gettext, lazy_gettext as _l, ngettext
from wtforms import BooleanField

from forms import (
    YES_NO,
    AnyOf,
    Clock,
    Day,
    Form,
    Line,
    NoPersonalData,
    OneOf,
    Text,
    ask_once,
    at_time,
    has_been,
    refuse_if,
)
from models import Visit, local, now
from models.results import part_of_day

TOPICS = {
    "facts": _l("Crime where we live (facts and figures)"), "unease": _l("Feeling unsafe"),
    "burglary": _l("Burglary"), "fraud": _l("Online fraud"), "young": _l("Young people, online behaviour"),
    "drugs": _l("Drugs and alcohol"), "traffic": _l("Traffic"), "disorder": _l("Vandalism and disorder"),
    "watch": _l("Neighbourhood watch"), "hate": _l("Hate crime"), "other": _l("Other"),
}
# Which figures of the facts package tell of a topic, the most telling first.
TOPIC_MEASURES = {
    "facts": ("penal_code", "burglary_homes", "violence"), "unease": ("violence", "vandalism"),
    "burglary": ("burglary_homes", "burglary_businesses"), "young": ("violence", "shoplifting"), "drugs": ("drugs",),
    "disorder": ("vandalism",), "watch": ("burglary_homes",), "hate": ("violence",),
}
UNEASE = {
    "lighting": _l("Lighting"), "planting": _l("Planting, sight lines"), "litter": _l("Litter, disorder"),
    "graffiti": _l("Graffiti, vandalism"), "empty": _l("Empty buildings"), "traffic": _l("Traffic"),
    "people": _l("Groups hanging about"), "path": _l("Underpass, path"), "incidents": _l("Earlier incidents"),
    "other": _l("Other"),
}
WORRIES = {"burglary": _l("Burglary"), "fraud": _l("Online fraud"), "young": _l("Young people"), **UNEASE}
NOT_KNOWN = {**YES_NO, "unknown": _l("Don’t know")}
SSP = _l("SSP (school, social services, police)")
HELD = {"yes": _l("Yes"), "police": _l("Cancelled by the police"), "organiser": _l("Cancelled by the organiser"),
        "moved": _l("Moved to another date")}
IF_HELD = "held=yes|short"
NO_REPORTS = _l("Reporting a crime or giving a tip about somebody: call 114, or report it at politi.dk.")
NO_GUARDS = _l("Private parties, or guarding an event.")


def area(label, required: bool = True, **kwargs) -> Line:
    """The second half of a place, in the service's own words."""
    return Line(label, 200, required=required, rules=[NoPersonalData()], **kwargs)


def to_the_organiser(label) -> Text:
    return Text(label, 3000, render_kw={"rows": 5}, description=_l(
        "Is put into the letter as it stands, in the citizen’s language. No names and no number plates."))


class Heard(Form):
    """What came of a visit whose date was agreed, and what people said makes them feel unsafe. Where it was not held
    there is nothing more to tell."""

    held = OneOf(_l("Held?"), HELD)
    again = OneOf(_l("Is a new date to be found?"), YES_NO, when="held=police|organiser")
    day = Day(_l("Date"), rules=[has_been], when=IF_HELD)
    starts = Clock(_l("From"), day="day", when=IF_HELD)
    ends = Clock(_l("To"), day="day", when=IF_HELD)
    place = Line(_l("Place"), 160, when=IF_HELD)
    summary = to_the_organiser(_l("Summary for the organiser"))
    public_outcome = BooleanField(
        _l("The organiser has agreed that everybody may read the outcome"), when=IF_HELD, description=_l(
            "The place without its house number, the day, what it was about, what makes people feel unsafe as ticked, "
            "and what was agreed. No names, and nothing of what anybody wrote."))
    note = Text(_l("Internal note"), 2000, required=False, rules=[], render_kw={"rows": 2},
                description=_l("Is never sent."))
    by = Line(_l("Carried out by (initials)"), 40, required=False, description=_l("For officers only."))
    worries = AnyOf(_l("What made people feel unsafe?"), WORRIES, when=IF_HELD)
    worries_text = Text(_l("In their own words"), 1000, required=False, render_kw={"rows": 3}, when=IF_HELD)

    internal = frozenset({"again", "public_outcome", "note", "by"})
    what_happened = ("held", "again", ("day", "starts", "ends"), "place")
    for_the_office = ("public_outcome", "note", "by")

    def validate_ends(self, field):
        """What ends before it starts has ended the next morning, as in its plan: by now, or it is a slip. After half a
        day it may be one."""
        if self.day.data and self.starts.data and field.data and field.data <= self.starts.data:
            starts = at_time(self.day.data, self.starts.data)
            ends = at_time(self.day.data + timedelta(days=1), field.data)
            refuse_if(field.data == self.starts.data or ends > now(), gettext("The end must be after the start."))
            if ends - starts > timedelta(hours=12):
                ask_once(field, f"{field.data:%H:%M}", gettext(
                    "Did it last until the next day? If it did, just press the button again."))


def was_held(findings: dict) -> bool:
    return findings.get("held") in ("yes", "short")


def statistics(findings: dict) -> dict[str, int]:
    """What people said makes them feel unsafe, each worry once for each visit."""
    if not was_held(findings):
        return {}
    return {"done": 1, **{f"worry-{worry}": 1 for worry in findings.get("worries", ())}}


def published(*names: str) -> Callable[[dict], dict]:
    """What everybody may know where the organiser has agreed: the answers to these questions, none typed freely."""
    def of(findings: dict) -> dict:
        if not (was_held(findings) and findings.get("public_outcome")):
            return {}
        return {**when_found(findings), "details": {name: findings[name] for name in names if findings.get(name)}}
    return of


def when_found(found: dict) -> dict:
    """The day of what was `found`, and which part of it: not that for which it was planned, if it was another."""
    return {"day": date.fromisoformat(found["day"]), "part_of_day": part_of_day(int(found["starts"][:2]))}


def keeps_open(findings: dict) -> bool:
    """It was not held, and another date is to be found."""
    return findings["held"] == "moved" or (not was_held(findings) and findings.get("again") == "yes")


def took_part(count: int) -> str:
    return ngettext("%(count)s took part.", "%(count)s took part.", count, count=format_decimal(count))


def start_findings(visit: Visit) -> dict:
    """What the findings form already knows from the plan."""
    start, end = local(visit.starts_at), local(visit.ends_at)
    return {"held": "yes", "day": start.date(), "starts": start.time(), "ends": end.time(), "place": visit.public_place}


# What differs between the services is the entry; this much of it is the same.
AGREED = {"answer_within": 10, "act_within": 20, "report_within": 10, "date_is_agreed": True,
          "reasons": ("resources", "no_date", "too_few", "authority", "district", "report", "outside", "information"),
          "statistics": statistics, "found_on": lambda findings: findings.get("day"), "keeps_open": keeps_open,
          "start_findings": start_findings, "findings_text": "findings/agreed.txt"}
