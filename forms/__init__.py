"""What may be typed: kinds of fields and rules, the citizen's forms, the officer's forms."""

from .citizen import (
    LANGUAGES,
    REPLIES,
    BookingForm,
    ContactForm,
    FindForm,
    InformationForm,
    ReopenForm,
    WithdrawForm,
)
from .fields import (
    AnyOf,
    Clock,
    Count,
    Day,
    Form,
    Line,
    Measure,
    OneOf,
    Repeat,
    Row,
    Select,
    Text,
    day_in_words,
    flat,
    in_words,
)
from .officer import (
    AskForm,
    CancelForm,
    DeclineForm,
    DelayForm,
    LoginForm,
    MoveForm,
    NoteForm,
    PressForm,
    ReferForm,
    SuitabilityForm,
    VisitForm,
    WordsForm,
    authorities,
    taken_in,
)
from .rules import HasBeen, NoPersonalData, RequiredWhen, day_here, in_my_language
from .tasks import NOBODY, OWNERS, TASK_STATUSES, OwnerForm, TaskAnswerForm, TaskForm

__all__ = [
    "AnyOf", "AskForm", "BookingForm", "CancelForm", "Clock", "ContactForm", "Count", "Day", "DeclineForm",
    "DelayForm", "FindForm", "Form", "HasBeen", "InformationForm", "LANGUAGES", "Line", "LoginForm", "Measure",
    "MoveForm", "NOBODY", "NoPersonalData", "NoteForm", "OWNERS", "OneOf", "OwnerForm", "PressForm", "REPLIES",
    "ReferForm", "ReopenForm", "Repeat", "RequiredWhen", "Row", "Select", "SuitabilityForm", "TASK_STATUSES",
    "TaskAnswerForm", "TaskForm", "Text", "VisitForm", "WithdrawForm", "WordsForm", "authorities", "day_here",
    "day_in_words", "flat", "in_my_language", "in_words", "taken_in",
]
