"""What may be typed: kinds of fields and rules, the citizen's forms, the officer's forms."""

from .citizen import (
    HELPED,
    HELPED_WHY,
    LANGUAGES,
    REPLIES,
    BookingForm,
    ContactForm,
    FindForm,
    InformationForm,
    NoneFitsForm,
    RateForm,
    ReopenForm,
    WithdrawForm,
)
from .data import FeedbackAnswerForm, FeedbackForm, NoticeForm, PermitForm, PersonForm, RightForm
from .dates import CAUSES, AbsenceForm, AgreedVisitForm, CallOffForm, CancelForm, HoursForm, OfferForm, VisitForm
from .door import ROLES, AcceptForm, InviteForm, LogForm, LoginForm, NewPasswordForm, PasswordForm, SecondFactorForm
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
    weekday_name,
)
from .intake import AwayForm, JoinForm, LetInForm, PauseForm, TellMeForm
from .officer import (
    SUITS,
    AskForm,
    DeclineForm,
    DelayForm,
    FieldLinkForm,
    FiguresForm,
    JournalForm,
    MergeForm,
    MoveForm,
    NoteForm,
    PartForm,
    PlaceNotesForm,
    PressForm,
    ReferForm,
    SpamForm,
    WordingForm,
    WordsForm,
    authorities,
    must_be_coming,
    taken_in,
)
from .rules import HasBeen, NoPersonalData, RequiredWhen, day_here, in_my_language
from .tasks import NOBODY, OWNERS, TASK_STATUSES, OwnerForm, TaskAnswerForm, TaskForm
from .wishes import ON_THE_DAY, DatedForm, WishedHours, there_on_the_day, wished
