"""What may be typed: kinds of fields and rules, the citizen's forms, the officer's forms."""

from .access import ROLES, AcceptForm, InviteForm, LogForm, LoginForm, NewPasswordForm, PasswordForm, SecondFactorForm
from .bot_check import new_form_token
from .citizen import (
    HELPED,
    HELPED_WHY,
    NAMED,
    ON_THE_DAY,
    PUBLISHED,
    WAYS,
    BookingForm,
    ContactForm,
    DatedForm,
    FindForm,
    InformationForm,
    LostForm,
    NoneFitsForm,
    RateForm,
    ReopenForm,
    WishedHours,
    WishedTime,
    WithdrawForm,
    preferred_times,
)
from .fields import (
    YES_NO,
    AnyOf,
    Clock,
    Count,
    Day,
    InEachLanguage,
    Line,
    Measure,
    OneOf,
    Repeat,
    Row,
    Select,
    Text,
)
from .figures import AccountForm, FiguresForm, PressReleaseForm, ResultsForm
from .form import Form, day_in_words, flat, in_words, refuse_if, weekday_name
from .intake import AdmitForm, JoinForm, OfficerAbsenceForm, PauseForm, TellMeForm
from .meetings import MOST_OCTETS, AdviceForm, FigureFileForm, HandoutForm, counts_form, poll_form
from .officer import (
    SUITS,
    AskForm,
    CitizenContactForm,
    ColleagueForm,
    DeclineForm,
    DeclineReasonForm,
    DelayForm,
    JournalForm,
    MergeForm,
    MessageForm,
    MoveForm,
    NoteForm,
    PlaceNotesForm,
    PressForm,
    ReferForm,
    ReportForm,
    SpamForm,
    SplitForm,
    WithholdForm,
    authorities,
    must_be_coming,
    phone_form,
)
from .planning import (
    CAUSES,
    AbsenceForm,
    AgreedVisitForm,
    CallOffForm,
    CancelForm,
    OfferForm,
    OpeningHoursForm,
    VisitForm,
)
from .privacy import (
    FeedbackAnswerForm,
    FeedbackForm,
    MaskForm,
    PersonForm,
    PrivacyNoticeForm,
    RectifyForm,
    RetentionDecisionForm,
)
from .tasks import ASSIGNEES, NOBODY, TASK_STATUSES, AssigneeForm, TaskAnswerForm, TaskForm
from .typed import is_without_cookie, redact_links, tidied
from .validators import (
    CONFIRMED,
    NoPersonalData,
    RequiredWhen,
    as_stored,
    ask_once,
    at_time,
    day_here,
    has_been,
    in_my_language,
)
