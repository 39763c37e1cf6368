"""What is typed about tasks: by the officer who enters them, and by whoever is to do them."""

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, HiddenField

from languages import LANGUAGE_NAMES
from models.enums import OURSELVES, REFUSALS

from .citizen import PlaceForm, pin_on_map
from .fields import Day, Line, OneOf, Select, Text
from .form import Form
from .validators import EmailAddress, NoPersonalData, RequiredWhen


class PhotoField(FileField):
    """A picture to send along. `data` is the new JPEG; None where there is no photo."""

    def __init__(self, label, **kwargs):
        # Phones that keep photos in a format of their own send one of these when they are asked to.
        super().__init__(label, render_kw={"accept": "image/jpeg,image/png,image/webp"}, **kwargs)
        self.flags.optional = True

    def process_formdata(self, _typed):
        from . import photos  # with Pillow, which only who sends one needs

        sent = request.files.get(self.name)
        self.data = photos.taken_anew(sent.stream.read(photos.MEGABYTES * 1_000_000 + 1)) if sent else None


NOBODY = "unknown"
ASSIGNEES = {
    "municipality": _l("Municipality, roads and parks"),
    "housing": _l("Housing organisation"),
    "home_owners": _l("Home owners’ association"),
    OURSELVES: _l("Police"),
    "railway": _l("Railway (DSB, Banedanmark)"),
    "roads": _l("The Danish Road Directorate"),
    "private": _l("Private owner"),
    "residents": _l("Residents"),
    "organiser": _l("The association or organiser"),
    NOBODY: _l("Not known"),
}
ANSWERS = {
    "accepted": _l("Taken on"),
    "under_way": _l("Under way"),
    "done": _l("Done"),
    "refused": _l("Refused"),
    "impossible": _l("Not possible"),
}
TASK_STATUSES = {"new": _l("New, not sent"), "sent": _l("Sent"), **ANSWERS}


class TaskForm(Form):
    """One thing that somebody is asked to do. A service may ask for more; what it adds are the details.

    The first group is what is needed on the spot, the rest is folded away. `one` and `many` are what the service calls
    them, and `in_short` says one on a line.
    """

    once = HiddenField()
    lat, lng = pin_on_map()
    what = Text(_l("What is to be done?"), 500, render_kw={"rows": 3})
    owner = Select(_l("Who is responsible?"), ASSIGNEES)
    due_on = Day(_l("Due"), required=False)
    photo = PhotoField(_l("Photo"), description=_l("No people and no number plates. Only officers and whoever is "
                                                   "responsible see it."))
    no_photo = BooleanField(_l("Take the photo away"))
    status = Select(_l("How does it stand?"), default="new")
    reason = Text(_l("Reason"), 500, render_kw={"rows": 2}, required=RequiredWhen("status", *REFUSALS, message=_l(
        "Write why it is not done.")), description=_l("If it is not done. It is shown with the task."))
    public = OneOf(_l("Show it in the public protocol?"), {"yes": _l("Yes"), "no": _l("No")}, required=False)

    one, many = _l("Agreed action"), _l("Agreed actions")
    groups = (("", ("what", "owner", "due_on")), (_l("More details"), ("photo", "status", "reason", "public")))
    columns_of_its_own = ("what", "due_on", "status", "reason", "lat", "lng")
    common = {*columns_of_its_own, "once", "owner", "photo", "no_photo", "public"}
    pin = PlaceForm.pin

    @staticmethod
    def in_short(task) -> str:
        return task.what

    @classmethod
    def of(cls, task=None) -> "TaskForm":
        """For a new task, or for this one."""
        details = dict.fromkeys(cls.unanswered().keys() - cls.common)
        form = cls(data=task and {
            **details, **task.details, **{name: getattr(task, name) for name in cls.columns_of_its_own},
            "owner": task.assignee.kind if task.assignee else NOBODY, "public": "yes" if task.public else "no"})
        first = "sent" if task and task.sent_on else "new"
        form["status"].offer({first: TASK_STATUSES[first], **ANSWERS})
        return form

    def is_public(self) -> bool:
        return self.public.data == "yes"

    def columns(self) -> dict:
        """What Task.update puts away, but for the owner."""
        return {"what": self.what.data, "due_on": self.due_on.data, "status": self.status.data,
                "reason": self.reason.data or "", "public": self.is_public(), **self.pin(),
                "jpeg": self.photo.data or (b"" if self.no_photo.data else None),
                "details": {name: value for name, value in self.answers().items() if name not in self.common}}


class _OneOfMany(Form):
    """A form that stands on its page several times, told apart by a number."""

    def numbered(self, number: int) -> "_OneOfMany":
        for field in self:
            field.id = field.label.field_id = f"{field.id}-{number}"
        return self


class AssigneeForm(_OneOfMany):
    name = Line(_l("Name"), 80, required=False)
    email = Line(_l("E-mail"), 254, required=False, rules=[EmailAddress()],
                 render_kw={"type": "email", "inputmode": "email"},
                 description=_l("Without an address, you tell them yourself."))
    language = OneOf(_l("Language"), LANGUAGE_NAMES)


class TaskAnswerForm(_OneOfMany):
    status = OneOf(_l("How is it going?"), ANSWERS)
    words = Text(_l("Your words to the police"), 1000, rules=[NoPersonalData(contacts_too=False)],
                 required=RequiredWhen("status", *REFUSALS, message=_l("Write why it cannot be done.")),
                 render_kw={"rows": 3}, description=_l("Only the police read them. No names and no number plates."))
