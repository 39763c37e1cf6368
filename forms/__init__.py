"""What may be typed: kinds of fields and rules, the citizen's forms, the officer's forms."""

from .citizen import (
    LANGUAGES,
    REPLIES,
    BookingForm,
    ContactForm,
    FindForm,
    InformationForm,
    NoneFitsForm,
    ReopenForm,
    WithdrawForm,
)
from .wishes import DatedForm, WishedHours, there_on_the_day, wished
from .dates import CAUSES, AgreedVisitForm, CallOffForm, CancelForm, OfferForm, VisitForm
from .fields import (
    YES_NO,
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
    must_be_coming,
    taken_in,
)
from .rules import HasBeen, NoPersonalData, RequiredWhen, in_my_language

__all__ = [
    "AgreedVisitForm", "AnyOf", "AskForm", "BookingForm", "CAUSES", "CallOffForm", "CancelForm", "Clock", "ContactForm",
    "Count", "DatedForm", "Day", "DeclineForm", "DelayForm", "FindForm", "Form", "HasBeen", "InformationForm",
    "LANGUAGES", "Line", "LoginForm", "Measure", "MoveForm", "NoPersonalData", "NoneFitsForm", "NoteForm", "OfferForm",
    "OneOf", "PressForm", "REPLIES", "ReferForm", "ReopenForm", "Repeat", "RequiredWhen", "Row", "Select",
    "SuitabilityForm", "Text", "VisitForm", "WishedHours", "WithdrawForm", "WordsForm", "YES_NO", "authorities",
    "day_in_words", "flat", "in_my_language", "in_words", "must_be_coming", "taken_in", "there_on_the_day", "wished",
]
