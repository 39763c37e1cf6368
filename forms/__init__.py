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
from .dates import (
    CAUSES,
    AbsenceForm,
    AgreedVisitForm,
    CallOffForm,
    CancelForm,
    HoursForm,
    OfferForm,
    VisitForm,
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
    DeclineForm,
    DelayForm,
    LoginForm,
    MoveForm,
    NoteForm,
    PressForm,
    ReferForm,
    SuitabilityForm,
    WordsForm,
    authorities,
    taken_in,
)
from .rules import HasBeen, NoPersonalData, RequiredWhen, in_my_language

__all__ = [
    "AbsenceForm", "AgreedVisitForm", "AnyOf", "AskForm", "BookingForm", "CAUSES", "CallOffForm", "CancelForm", "Clock",
    "ContactForm", "Count", "Day", "DeclineForm", "DelayForm", "FindForm", "Form", "HasBeen", "HoursForm",
    "InformationForm", "LANGUAGES", "Line", "LoginForm", "Measure", "MoveForm", "NoPersonalData", "NoteForm",
    "OfferForm", "OneOf", "PressForm", "REPLIES", "ReferForm", "ReopenForm", "Repeat", "RequiredWhen", "Row", "Select",
    "SuitabilityForm", "Text", "VisitForm", "WithdrawForm", "WordsForm", "authorities", "day_in_words", "flat",
    "in_my_language", "in_words", "taken_in",
]
