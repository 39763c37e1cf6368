"""What the services with an agreed date have in common: their lists, and what came of it."""

from flask_babel import format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from forms import YES_NO, AnyOf, Clock, Day, Form, HasBeen, Line, NoPersonalData, OneOf, RequiredWhen, Text
from models import Visit, local

TOPICS = {
    "facts": _l("Crime where we live (facts and figures)"), "unease": _l("Feeling unsafe"),
    "burglary": _l("Burglary"), "fraud": _l("Online fraud"), "young": _l("Young people, online behaviour"),
    "drugs": _l("Drugs and alcohol"), "traffic": _l("Traffic"), "disorder": _l("Vandalism and disorder"),
    "watch": _l("Neighbourhood watch"), "hate": _l("Hate crime"), "other": _l("Other"),
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
WHEN_HELD = RequiredWhen("held", "yes", "short")
NO_REPORTS = _l("Reporting a crime or giving a tip about somebody: call 114, or report it at politi.dk.")
NO_GUARDS = _l("Private parties, and guards for an event.")


def area(label, required: bool = True, **kwargs) -> Line:
    """The second half of a place, in the service's own words."""
    return Line(label, 200, required=required, rules=[NoPersonalData()], **kwargs)


def to_the_organiser(label) -> Text:
    return Text(label, 3000, render_kw={"rows": 5}, description=_l(
        "Is put into the letter as it stands, in the citizen's language. No names and no number plates."))


class Outcome(Form):
    """What came of a visit whose date was agreed. Where it was not held there is nothing more to tell."""

    held = OneOf(_l("Held?"), HELD)
    again = OneOf(_l("Is a new date to be found?"), YES_NO, required=RequiredWhen("held", "police", "organiser"))
    day = Day(_l("Date"), required=WHEN_HELD, rules=[HasBeen()])
    starts = Clock(_l("From"), required=WHEN_HELD)
    ends = Clock(_l("To"), required=WHEN_HELD)
    place = Line(_l("Place"), 160, required=WHEN_HELD)
    summary = to_the_organiser(_l("Summary for the organiser"))
    note = Text(_l("Internal note"), 2000, required=False, rules=[], render_kw={"rows": 2},
                description=_l("Is never sent."))
    by = Line(_l("Carried out by (initials)"), 40, required=False, description=_l("For officers only."))

    internal = frozenset({"again", "note", "by"})
    what_happened = ("held", "again", ("day", "starts", "ends"), "place")
    for_the_office = ("note", "by")
    told_anyway = frozenset({"held", "cause", "again", "summary", "note", "by"})

    def validate_ends(self, field):
        if self.starts.data and field.data and field.data <= self.starts.data:
            raise ValidationError(gettext("The end must be after the start."))

    def answers(self) -> dict:
        told = super().answers()
        return told if was_held(told) else {name: told[name] for name in told if name in self.told_anyway}


class Heard(Outcome):
    """An outcome where people said what makes them feel unsafe."""

    worries = AnyOf(_l("What made people feel unsafe?"), WORRIES, required=WHEN_HELD)
    worries_text = Text(_l("In their own words"), 1000, required=False, render_kw={"rows": 3})


def was_held(findings: dict) -> bool:
    return findings.get("held") in WHEN_HELD.values


def adds(findings: dict) -> dict[str, int]:
    """What people said makes them feel unsafe, each worry once for each visit."""
    if not was_held(findings):
        return {}
    return {"done": 1, **{f"worry-{worry}": 1 for worry in findings.get("worries", ())}}


def keeps_open(findings: dict) -> bool:
    """It was not held, and another date is to be found."""
    return findings["held"] == "moved" or (not was_held(findings) and findings.get("again") == "yes")


def took_part(count: int) -> str:
    return ngettext("%(count)s took part.", "%(count)s took part.", count, count=format_decimal(count))


def start_findings(visit: Visit) -> dict:
    """What the findings form already knows from the plan."""
    start, end = local(visit.starts_at), local(visit.ends_at)
    return {"held": "yes", "day": start.date(), "starts": start.time(), "ends": end.time(), "place": visit.place_told}


# What differs between the services is the entry; this much of it is the same.
AGREED = {"answer_within": 10, "act_within": 20, "report_within": 10, "date_is_told": True,
          "reasons": ("resources", "no_date", "too_few", "authority", "district", "report", "outside", "information"),
          "adds": adds, "keeps_open": keeps_open, "start_findings": start_findings}
