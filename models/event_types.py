"""The table of event types: what can happen, and what follows from it.

The history, the letters, the digest, the citizen's page and the removal read it. A new type is one entry here and,
where it calls for a letter, one template. The keys are stored and never change.
"""

import enum
from dataclasses import dataclass
from typing import Literal


def N_(message: str) -> str:
    """Marks a text for translation; labels.py and the templates translate it where it is shown."""
    return message


# Letters by the keys of their types, as events make them void. What tells that a date is off is in none of these: it
# still goes, however the case goes on. So does what tells of another date, until that has come.
OFFERS = ("dates_offered", "dates_lapsed", "dates_taken_back", "information_asked")  # ask, or say that dates lapsed
AGREEMENTS = ("agreed", "reminded")  # of a date that stood then
DATED = (*AGREEMENTS, "agreed_anew")  # of a date, which comes
REMINDER = "reminder"  # of a date, to every officer; no type of its own calls for it
PROMISES = ("delayed", "reopened")  # say by when we answer, and little else
UNTIL_ANSWERED = (*OFFERS, *AGREEMENTS, *PROMISES, "accepted", "postponed")


@dataclass(frozen=True)
class LetterRule:
    """The letter that a type of events calls for; its text is templates/letters/<key>.txt."""

    # The citizen whose booking it is, the officer of the event, or whoever has the number in the fact of this name.
    to: Literal["citizen", "officer", "owner", "waiter", "link", "invite", "feedback"] = "citizen"
    confirms: bool = False  # no answer yet: it goes by e-mail where there is an address, whatever way is wanted
    entry: bool = False  # may change what stands in the reader's calendar: an e-mail brings its visit along
    limited: bool = False  # a form alone calls for it, perhaps not its reader: an address gets only so many a day
    lasts: bool = False  # it is still to be read when its wish has been withdrawn


@dataclass(frozen=True, kw_only=True)
class EventType:
    """What is true of all events of one type. Where nothing else is said, only the office reads of it."""

    label: str  # what happened
    own_label: str = ""  # what happened, on the page of the citizen who did it
    by: Literal["citizen", "owner", "system"] = "system"  # who did it where the event names no officer
    facts: tuple[str, ...] = ()  # the names of what it carries beside its words, and that quotes nobody
    quotes: tuple[str, ...] = ()  # the names of what else a person has written, and that is removed with its words
    # What the citizen may read about. The rest would tell of a coming control or of the officer's own work.
    visible: bool = False
    disclosed: bool = False  # though not shown, handed out when a person asks what is stored about them
    message: bool = False  # its words are what the citizen wants the office to know
    new_promise: bool = False  # the citizen's page says by when we answer now
    is_standing: bool = False  # the newest of such events says how an accepted booking stands
    # The letters whose words hold no more, by the keys of their types: those that have not gone yet go no more.
    voids: tuple[str, ...] = ()
    digest: str = ""  # its line in the digest, which counts what nobody in the office did
    tells_again: bool = False  # what is known already: nothing has changed by it
    after_removal: bool = False  # may still happen where it is removed who asked, and what was written
    letter: LetterRule | None = None


class EventKind(enum.StrEnum):
    """What can happen to a booking, a visit or a place: the key that is stored, and its `type`."""

    def __new__(cls, key: str, type: EventType):
        kind = str.__new__(cls, key)
        kind._value_ = key
        kind.type = type
        return kind

    RECEIVED = "received", EventType(
        label=N_("Booking received"), by="citizen", facts=("due_on", "origin"), visible=True,
        digest=N_("New bookings: %(number)s"), letter=LetterRule(confirms=True, limited=True))
    INFORMATION_ASKED = "information_asked", EventType(
        label=N_("The police asked for information"), facts=("answer_by",), visible=True, letter=LetterRule())
    INFORMATION_GIVEN = "information_given", EventType(
        label=N_("Message from the citizen"), own_label=N_("Your message"), by="citizen", visible=True,
        message=True, voids=("information_asked",), digest=N_("Information from citizens: %(number)s"))
    CONTACT_CHANGED = "contact_changed", EventType(
        label=N_("Contact details changed"), by="citizen", visible=True)
    ACCEPTED = "accepted", EventType(
        label=N_("Accepted"), facts=("due_on",), visible=True, is_standing=True,
        voids=("information_asked", *PROMISES), letter=LetterRule())
    DELAYED = "delayed", EventType(
        label=N_("New date for the answer"), facts=("due_on",), visible=True, new_promise=True,
        voids=("delayed",), letter=LetterRule(confirms=True))
    POSTPONED = "postponed", EventType(
        label=N_("Could not be carried out; the wish stands"), facts=("due_on",), visible=True, new_promise=True,
        is_standing=True, voids=(*AGREEMENTS, "accepted", "delayed", "postponed"), letter=LetterRule())
    ANSWERED = "answered", EventType(
        label=N_("Answered with findings"), visible=True, voids=(*UNTIL_ANSWERED, *DATED),
        letter=LetterRule(lasts=True))
    CORRECTED = "corrected", EventType(
        label=N_("Corrected findings sent"), visible=True, letter=LetterRule(lasts=True))
    DECLINED = "declined", EventType(
        label=N_("Could not be met"), facts=("reason", "starts_at"), quotes=("instead", "said"), visible=True,
        voids=UNTIL_ANSWERED, letter=LetterRule(entry=True))
    REFERRED = "referred", EventType(
        label=N_("Referred to somebody else"), facts=("authority", "starts_at"), visible=True, voids=UNTIL_ANSWERED,
        letter=LetterRule(entry=True))
    WITHDRAWN = "withdrawn", EventType(
        label=N_("Withdrawn by the citizen"), own_label=N_("You withdrew the booking"), by="citizen",
        facts=("starts_at",), visible=True, digest=N_("Withdrawn: %(number)s"),
        letter=LetterRule(confirms=True, entry=True, limited=True))
    REOPENED = "reopened", EventType(
        label=N_("The citizen asked for it to be taken up again"), own_label=N_("You asked us to take it up again"),
        by="citizen", facts=("due_on",), visible=True, message=True,
        digest=N_("Asked to be taken up again: %(number)s"), letter=LetterRule(confirms=True, limited=True))
    NOTED = "noted", EventType(label=N_("Internal note"))
    SEEN = "seen", EventType(label=N_("Message read"), facts=("number", "status"))
    MOVED = "moved", EventType(label=N_("Moved to another place"), facts=("before", "after"), after_removal=True)
    PLANNED = "planned", EventType(label=N_("Visit planned"), facts=("starts_at", "crew"))
    RESCHEDULED = "rescheduled", EventType(label=N_("Visit moved"), facts=("starts_at", "crew"))
    UNSTAFFED = "unstaffed", EventType(
        label=N_("Who was to come has left"), digest=N_("Who was to come has left: %(number)s"))
    UNPLANNED = "unplanned", EventType(label=N_("Taken out of the visit"))
    CANCELLED = "cancelled", EventType(label=N_("Visit cancelled"), facts=("cause",), voids=(REMINDER,))
    FINDINGS_ENTERED = "findings_entered", EventType(label=N_("Findings entered"))
    REPORTED = "reported", EventType(label=N_("Findings sent"), facts=("corrects",))
    RESULT_RELEASED = "result_released", EventType(label=N_("Result made public"), after_removal=True)
    RESULT_WITHHELD = "result_withheld", EventType(label=N_("Result held back from the public"), after_removal=True)
    RESULT_ALLOWED = "result_allowed", EventType(label=N_("Result no longer held back"), after_removal=True)
    DATES_OFFERED = "dates_offered", EventType(
        label=N_("The police proposed dates"), facts=("answer_by", "times", "instead_of"), visible=True,
        is_standing=True, voids=OFFERS, letter=LetterRule())
    DATES_REFUSED = "dates_refused", EventType(
        label=N_("None of the dates fits"), own_label=N_("None of the dates fits you"), by="citizen",
        facts=("instead_of",), visible=True, message=True, is_standing=True, voids=("dates_offered",),
        digest=N_("No date fits: %(number)s"))
    DATES_LAPSED = "dates_lapsed", EventType(
        label=N_("The proposed dates were not answered"), facts=("due_on",), visible=True, is_standing=True,
        voids=("dates_offered", *PROMISES), digest=N_("Dates not answered: %(number)s"),
        letter=LetterRule(confirms=True))
    DATES_TAKEN_BACK = "dates_taken_back", EventType(
        label=N_("The police took back the proposed dates"), facts=("due_on",), visible=True, new_promise=True,
        is_standing=True, voids=("dates_offered", *PROMISES), digest=N_("Proposed dates taken back: %(number)s"),
        letter=LetterRule())
    AGREED = "agreed", EventType(
        label=N_("Date agreed"), own_label=N_("You chose a date"), by="citizen", facts=("starts_at", "ends_at"),
        visible=True, is_standing=True, voids=(*OFFERS, "accepted", *PROMISES),
        letter=LetterRule(entry=True))
    AGREED_ANEW = "agreed_anew", EventType(
        label=N_("Another date, time or place"), facts=("before", "starts_at", "ends_at"), visible=True,
        voids=("reminded", REMINDER), letter=LetterRule(entry=True))
    CALLED_OFF = "called_off", EventType(
        label=N_("Called off by the police"), facts=("cause", "due_on", "starts_at"), visible=True, is_standing=True,
        voids=AGREEMENTS, letter=LetterRule(entry=True))
    REMINDED = "reminded", EventType(
        label=N_("Reminder of the date"), visible=True, tells_again=True, letter=LetterRule(confirms=True))
    LED_TO = "led_to", EventType(label=N_("It led to another case"), facts=("led_to", "task"))
    TASK_KEPT = "task_kept", EventType(label=N_("Task entered"), facts=("number", "status", "reworded"))
    TASKS_SENT = "tasks_sent", EventType(
        label=N_("Tasks sent to whoever is responsible"), facts=("owner", "who", "numbers"),
        letter=LetterRule("owner"))
    TASKS_DUE = "tasks_due", EventType(
        label=N_("Asked how the tasks are going"), facts=("owner", "who", "numbers"),
        letter=LetterRule("owner"))
    TASK_ANSWERED = "task_answered", EventType(
        label=N_("Answer about a task"), by="owner", facts=("number", "status", "owner", "who"),
        digest=N_("Answers about tasks: %(number)s"))
    PUBLISHED = "published", EventType(label=N_("Protocol made public"))
    UNPUBLISHED = "unpublished", EventType(label=N_("Protocol no longer public"))
    FOLLOWED_UP = "followed_up", EventType(
        label=N_("Findings of a further visit sent"), visible=True, letter=LetterRule(lasts=True))
    UNFOLLOWED = "unfollowed", EventType(label=N_("No further findings wanted"), visible=True)
    MERGED = "merged", EventType(label=N_("Places made one"), facts=("before", "after"))
    PARTED = "parted", EventType(label=N_("Place parted in two"), facts=("before", "after"))
    DESCRIBED = "described", EventType(label=N_("Notes on the place changed"), quotes=("was",))
    FIELD_ASKED = "field_asked", EventType(
        label=N_("Link to the findings sent to a colleague"), facts=("link",), letter=LetterRule("link"))
    FIELD_WITHDRAWN = "field_withdrawn", EventType(label=N_("Link to the findings withdrawn"))
    SPAM = "spam", EventType(
        label=N_("Set aside as not genuine"), by="citizen", facts=("starts_at",), visible=True,
        digest=N_("Not booked by the reader of the address: %(number)s"))
    WAITER_ASKED = "waiter_asked", EventType(
        label=N_("Asked whether somebody wants to be told when the form opens"), facts=("waiter", "service"),
        letter=LetterRule("waiter", limited=True))
    WAITER_LET_IN = "waiter_let_in", EventType(
        label=N_("The form opened for somebody on the list"), facts=("waiter", "service", "until"),
        letter=LetterRule("waiter"))
    WAITER_TOLD = "waiter_told", EventType(
        label=N_("Told that the form is open"), facts=("waiter", "service"), letter=LetterRule("waiter"))
    LINKS_SENT = "links_sent", EventType(
        label=N_("Links sent to whoever had lost them"), by="citizen",
        letter=LetterRule(confirms=True, limited=True, lasts=True))
    RATED = "rated", EventType(
        label=N_("Did the answer help?"), by="citizen", facts=("helped", "why"), disclosed=True)
    JOURNALISED = "journalised", EventType(label=N_("Journal number"), facts=("journal",), after_removal=True)
    INVITED = "invited", EventType(
        label=N_("Somebody was invited to the office"), facts=("invite",), letter=LetterRule("invite"))
    BLOCKED = "blocked", EventType(
        label=N_("No more receipts to the e-mail address"), by="citizen", after_removal=True)
    UNBLOCKED = "unblocked", EventType(label=N_("Receipts to the e-mail address again"), after_removal=True)
    MASKED = "masked", EventType(label=N_("Personal data masked"), disclosed=True)
    PUT_RIGHT = "put_right", EventType(label=N_("What is right"), disclosed=True)
    FEEDBACK_GIVEN = "feedback_given", EventType(
        label=N_("Message about accessibility"), facts=("feedback",),
        digest=N_("Messages about accessibility: %(number)s"))
    FEEDBACK_ANSWERED = "feedback_answered", EventType(
        label=N_("Message about accessibility answered"), facts=("feedback",), letter=LetterRule("feedback"))
    POLL_OPENED = "poll_opened", EventType(label=N_("Poll opened"), facts=("status",))
    POLL_CLOSED = "poll_closed", EventType(
        label=N_("Poll closed: the answers are counted, and those of each phone deleted"), facts=("status",))
    POLL_FACTS_SHOWN = "poll_facts_shown", EventType(label=N_("Facts shown in the poll"), facts=("status",))
    POLL_COUNTED = "poll_counted", EventType(label=N_("Answers to the poll counted by hand"), facts=("round",))
    ACCESS_CHANGED = "access_changed", EventType(
        label=N_("An officer’s way in was changed"), facts=("what",), letter=LetterRule("officer"))
