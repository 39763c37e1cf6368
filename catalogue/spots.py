"""Spots: what is seen on a walk, one place after the other, and who could do something about it."""

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from forms import (
    ASSIGNEES,
    NOBODY,
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

DUE_WEEKS = {"now": 2, "half_year": 26, "later": 52}  # by priority, where nobody has said otherwise
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


class SpotForm(TaskForm):
    """A pleasant spot is worth keeping, too, and then nobody need do anything."""

    place = Line(_l("Place"), 120, rules=[NoPersonalData()])
    feel = OneOf(_l("Experience"), {UNSAFE: _l("Unsafe"), "safe": _l("Safe"), "pleasant": _l("Pleasant")})
    cat = AnyOf(_l("Condition"), {
        "dark": _l("Light missing"), "broken": _l("Light broken"), "glare": _l("Glare"), "plants": _l("Planting"),
        "sight": _l("Poor visibility"), "litter": _l("Litter"), "graffiti": _l("Graffiti"),
        "vandalism": _l("Vandalism"), "surface": _l("Surface"), "snow": _l("Snow clearing"), "signs": _l("Signs"),
        "traffic": _l("Traffic"), "hiding": _l("Hiding places"), "empty": _l("Empty building"),
        BEHAVIOUR: _l("Behaviour"), "lifeless": _l("Lack of life"), "other": _l("Other")}, required=_WHEN_UNSAFE)
    what = Text(_l("Description"), 500, render_kw={"rows": 3})
    when = OneOf(_l("Mostly at"), {"day": _l("Day"), "night": _l("Evening, night"), "always": _l("Always")},
                 required=False)
    proposal = Text(_l("Proposal"), 500, required=_WHEN_UNSAFE, render_kw={"rows": 2})
    owner = Select(_l("Who is responsible?"), ASSIGNEES, required=_WHEN_UNSAFE)
    prio = OneOf(_l("Priority"), {"now": _l("At once"), "half_year": _l("Within 6 months"), "later": _l("Later")},
                 required=_WHEN_UNSAFE)
    due_on = Day(_l("Due"), required=False, description=_l(
        "Left empty: “At once” in %(now)s weeks, “Within 6 months” in %(half_year)s, “Later” in %(later)s.",
        **DUE_WEEKS))
    public = OneOf(_l("Show it in the public protocol?"), {"yes": _l("Yes"), "no": _l("No")}, required=False,
                   description=_l("Without an answer the spot is shown to the public, unless it is about behaviour."))

    one, many = _l("Spot"), _l("Spots")
    groups = (
        ("", ("place", "feel", "what", "photo", "cat", "proposal", "owner", "prio")),
        (_l("More details"), ("when", "due_on", "status", "reason", "public")),
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
        """How soon it is due follows from its priority; where nobody need do anything, nothing is due."""
        due_on = self.due_on.data
        if self.feel.data != UNSAFE and self.owner.data in ("", NOBODY):
            due_on = None
        elif self.prio.data and not due_on:
            due_on = day_here() + timedelta(weeks=DUE_WEEKS[self.prio.data])
        return super().columns() | {"due_on": due_on}
