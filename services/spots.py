"""Spots: what is seen on a walk, one place after the other, and who could do something about it."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from forms import (
    NOBODY,
    OWNERS,
    AnyOf,
    Day,
    Line,
    NoPersonalData,
    OneOf,
    RequiredWhen,
    Select,
    TaskForm,
    Text,
    day_here,
)

UNSAFE, BEHAVIOUR = "unsafe", "behaviour"
_WHEN_UNSAFE = RequiredWhen("feel", UNSAFE)


# What each condition of an unsafe spot says about why people feel unsafe.
CAUSES_UNEASE = {
    "dark": "lighting", "broken": "lighting", "glare": "lighting", "plants": "planting", "sight": "planting",
    "litter": "litter", "graffiti": "graffiti", "vandalism": "graffiti", "traffic": "traffic", "hiding": "path",
    "empty": "empty", BEHAVIOUR: "people",
}


def unease_at(spots) -> list[str]:
    """What the unsafe ones among `spots` have in common with other causes of unease."""
    conditions = (cat for spot in spots if spot.details.get("feel") == UNSAFE for cat in spot.details.get("cat", ()))
    return sorted({CAUSES_UNEASE.get(cat, "other") for cat in conditions})


def _half_a_year() -> date:
    return day_here() + timedelta(weeks=26)


class SpotForm(TaskForm):
    """A pleasant spot is worth keeping, too, and then nobody need do anything."""

    place = Line(_l("Place"), 120, rules=[NoPersonalData()])
    feel = OneOf(_l("Experience"), {UNSAFE: _l("Unsafe"), "safe": _l("Safe"), "pleasant": _l("Pleasant")})
    cat = AnyOf(_l("Condition"), {
        "dark": _l("Light missing"), "broken": _l("Light broken"), "glare": _l("Glare"), "plants": _l("Planting"),
        "sight": _l("Poor sight"), "litter": _l("Litter"), "graffiti": _l("Graffiti"), "vandalism": _l("Vandalism"),
        "surface": _l("Surface"), "snow": _l("Snow clearing"), "signs": _l("Signs"), "traffic": _l("Traffic"),
        "hiding": _l("Hiding places"), "empty": _l("Empty building"), BEHAVIOUR: _l("Behaviour"),
        "lifeless": _l("Lack of life"), "other": _l("Other")}, required=_WHEN_UNSAFE)
    what = Text(_l("Description"), 500, render_kw={"rows": 3})
    when = OneOf(_l("Mostly at"), {"day": _l("Day"), "night": _l("Evening, night"), "always": _l("Always")},
                 required=False)
    proposal = Text(_l("Proposal"), 500, required=_WHEN_UNSAFE, render_kw={"rows": 2})
    owner = Select(_l("Who is responsible?"), OWNERS, required=_WHEN_UNSAFE)
    prio = OneOf(_l("Priority"), {"now": _l("At once"), "half_year": _l("Within 6 months"), "later": _l("Later")},
                 required=_WHEN_UNSAFE)
    due_on = Day(_l("Due"), required=False, default=_half_a_year)
    public = OneOf(_l("Show it in the public protocol?"), {"yes": _l("Yes"), "no": _l("No")}, required=False,
                   description=_l("Without an answer: yes, but no if it is about behaviour."))

    one, many = _l("Spot"), _l("Spots")
    groups = (
        ("", ("place", "feel", "what", "photo", "cat", "proposal", "owner", "prio")),
        (_l("More"), ("when", "due_on", "status", "reason", "public")),
    )

    @staticmethod
    def in_short(task) -> str:
        return f"{task.details['place']}: {task.what}"

    @classmethod
    def describe(cls, answers: dict, internal: bool = False) -> list[tuple[str, str]]:
        """The place stands before the description, as in_short says it."""
        return super().describe({name: value for name, value in answers.items() if name != "place"}, internal)

    def is_public(self) -> bool:
        return self.public.data == "yes" or not self.public.data and BEHAVIOUR not in (self.cat.data or ())

    def columns(self) -> dict:
        """Where nobody need do anything, nothing is due."""
        nothing = self.feel.data != UNSAFE and self.owner.data in ("", NOBODY)
        return super().columns() | ({"due_on": None} if nothing else {})
