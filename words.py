"""What the model's states and events are called, for citizens and for officers, and how dates and numbers are said."""

import re
from datetime import date, datetime, timedelta

from flask_babel import format_date, format_percent, gettext, ngettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from forms import NOBODY, OWNERS, day_in_words, in_my_language, weekday_name
from models import Booking, Fate, Kind, Letter, State, Status, Task, Visit, Way, local, now, today, working_days_until

STATUSES = {
    Status.RECEIVED: _l("Received"),
    Status.NEEDS_INFORMATION: _l("We need information"),
    Status.ACCEPTED: _l("Accepted"),
    Status.ANSWERED: _l("Answered with result"),
    Status.DECLINED: _l("Cannot be met"),
    Status.REFERRED: _l("Referred"),
    Status.WITHDRAWN: _l("Withdrawn"),
    Status.SPAM: _l("Set aside"),
}
STATES = {
    State.PLANNED: _l("Planned"),
    State.DONE: _l("Findings not sent"),
    State.REPORTED: _l("Findings sent"),
    State.CANCELLED: _l("Cancelled"),
}
HAPPENED = {
    Kind.RECEIVED: _l("Booking received"),
    Kind.INFORMATION_ASKED: _l("The police asked for information"),
    Kind.INFORMATION_GIVEN: _l("Message from the citizen"),
    Kind.CONTACT_CHANGED: _l("Contact details changed"),
    Kind.ACCEPTED: _l("Accepted"),
    Kind.DELAYED: _l("New date for the answer"),
    Kind.POSTPONED: _l("Could not be carried out; the wish stands"),
    Kind.ANSWERED: _l("Answered with findings"),
    Kind.CORRECTED: _l("Corrected findings sent"),
    Kind.DECLINED: _l("Could not be met"),
    Kind.REFERRED: _l("Referred to somebody else"),
    Kind.WITHDRAWN: _l("Withdrawn by the citizen"),
    Kind.REOPENED: _l("The citizen asked for it to be taken up again"),
    Kind.NOTED: _l("Internal note"),
    Kind.SEEN: _l("Message read"),
    Kind.MOVED: _l("Moved to another place"),
    Kind.PLANNED: _l("Visit planned"),
    Kind.RESCHEDULED: _l("Visit moved"),
    Kind.UNPLANNED: _l("Taken out of the visit"),
    Kind.CANCELLED: _l("Visit cancelled"),
    Kind.FINDINGS_ENTERED: _l("Findings entered"),
    Kind.REPORTED: _l("Findings sent"),
    Kind.DATES_OFFERED: _l("The police proposed dates"),
    Kind.DATES_REFUSED: _l("None of the dates fits"),
    Kind.DATES_LAPSED: _l("The proposed dates were not answered"),
    Kind.AGREED: _l("Date agreed"),
    Kind.AGREED_ANEW: _l("Moved to another date"),
    Kind.CALLED_OFF: _l("Called off by the police"),
    Kind.REMINDED: _l("Reminder of the date"),
    Kind.LED_TO: _l("It led to another case"),
    Kind.TASK_KEPT: _l("Task entered"),
    Kind.TASKS_SENT: _l("Tasks sent to whoever is responsible"),
    Kind.TASKS_DUE: _l("Asked how the tasks are going"),
    Kind.TASK_ANSWERED: _l("Answer about a task"),
    Kind.PUBLISHED: _l("Protocol made public"),
    Kind.UNPUBLISHED: _l("Protocol no longer public"),
    Kind.FOLLOWED_UP: _l("Findings of a further visit sent"),
    Kind.UNFOLLOWED: _l("No further findings wanted"),
    Kind.MERGED: _l("Places made one"),
    Kind.PARTED: _l("Place parted in two"),
    Kind.DESCRIBED: _l("Notes on the place changed"),
    Kind.FIELD_ASKED: _l("Link to the findings sent to a colleague"),
    Kind.FIELD_WITHDRAWN: _l("Link to the findings withdrawn"),
    Kind.SPAM: _l("Set aside as not genuine"),
    Kind.WAITER_ASKED: _l("Asked whether somebody wants to be told when the form opens"),
    Kind.WAITER_LET_IN: _l("The form opened for somebody on the list"),
    Kind.WAITER_TOLD: _l("Told that the form is open"),
    Kind.RATED: _l("Did the answer help?"),
    Kind.JOURNALISED: _l("Journal number"),
    Kind.INVITED: _l("Somebody was invited to the office"),
    Kind.BLOCKED: _l("No more receipts to the e-mail address"),
    Kind.UNBLOCKED: _l("Receipts to the e-mail address again"),
    Kind.PUT_RIGHT: _l("What is right"),
    Kind.FEEDBACK_GIVEN: _l("Message about accessibility"),
    Kind.FEEDBACK_ANSWERED: _l("Message about accessibility answered"),
    Kind.ACCESS_CHANGED: _l("An officer’s way in was changed"),
}
FATES = {
    Fate.WAITING: _l("waiting to be sent"),
    Fate.SENDING: _l("being sent"),
    Fate.SENT: _l("sent"),
    Fate.FAILED: _l("not delivered"),
    Fate.HELD: _l("held back"),
}
WAYS = {Way.EMAIL: _l("E-mail"), Way.PHONE: _l("Phone"), Way.POST: _l("Letter by post")}
# The first word of Letter.error, as letters.py writes it.
ERRORS = {
    "refused": _l("The receiving mail server refused the letter. Is the address right?"),
    "address": _l("The address cannot be used."),
    "unreachable": _l("The mail server could not be reached."),
    "timeout": _l("The mail server did not answer in time."),
    "certificate": _l("The mail server’s certificate could not be trusted."),
    "login": _l("The mail server refused our log-in."),
    "server": _l("The mail server refused to take letters from us."),
    "enough": _l("Three letters that only a form called for had gone to the address that day. The booking stands."),
    "blocked": _l("The address is to get no receipts. The booking stands."),
    "aside": _l("The booking was set aside before the letter went."),
}


def state_in_words(visit: Visit) -> str:
    if visit.is_overdue:
        return gettext("Findings missing")
    return str(STATES[State.DONE if visit.draft else visit.state])  # a correction, too, may wait to be sent


def fate_in_words(letter: Letter) -> str:
    """What has become of a letter; one by phone or by post is done by a person."""
    if letter.way is not Way.EMAIL or letter.done_by:
        return gettext("done") if letter.fate is Fate.SENT else gettext("waits for you")
    return str(FATES[letter.fate])


def status_for_citizen(booking: Booking) -> str:
    """The status as a citizen reads it. A visit whose date is not told shows only when it is over and
    its findings are entered."""
    if booking.status is Status.ACCEPTED and booking.visit_agreed:
        return str(HAPPENED[Kind.AGREED])
    if booking.status is Status.ACCEPTED and booking.offers:
        return gettext("Choose a date")
    if booking.status is Status.ACCEPTED and any(
            v.state is State.DONE and v.ends_at <= now() for v in booking.visits):
        return gettext("Carried out – the answer is on its way")
    return str(STATUSES[booking.status])


def status_for_officer(booking: Booking) -> str:
    """The status; where a date has been proposed or agreed, how that stands."""
    if booking.status is Status.SPAM:
        return gettext("Not genuine")
    if booking.status is Status.ACCEPTED and booking.visit_agreed:
        return str(HAPPENED[Kind.AGREED])
    last = booking.events[-1].kind if booking.status is Status.ACCEPTED and booking.proposals else None
    if last in (Kind.DATES_OFFERED, Kind.DATES_LAPSED, Kind.DATES_REFUSED, Kind.CALLED_OFF):
        return str(HAPPENED[last])
    return str(STATUSES[booking.status])


def error_in_words(error: str) -> str:
    """What a mail server said, in plain words, with its own answer behind."""
    what, _, answer = error.partition(" ")
    return " ".join(filter(None, (str(ERRORS.get(what, "")), f"({answer})" if answer else "")))


def due_words(due_on: date) -> tuple[str, str]:
    """A promise in words, and how urgent it is: late, soon or ok."""
    left = working_days_until(due_on)
    if left == 0 and due_on < today():  # Friday's promise, on a Saturday
        return gettext("late"), "late"
    if left < 0:
        return ngettext("%(num)s working day late", "%(num)s working days late", -left), "late"
    if left == 0:
        return gettext("today"), "soon"
    words = ngettext("%(num)s working day left", "%(num)s working days left", left)
    return words, "soon" if left <= 3 else "ok"


def age(since: datetime) -> str:
    """How long ago, in days."""
    days = (today() - local(since).date()).days
    return ngettext("%(num)s day ago", "%(num)s days ago", days) if days else gettext("today")


def day(value: date | str | None) -> str:
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if isinstance(value, datetime):
        value = local(value).date()
    if value is None:
        return ""
    return day_in_words(value)


def moment(value: datetime) -> str:
    return f"{day(value)} {clock(value)}"


def clock(value: datetime) -> str:
    return local(value).strftime("%H:%M")


def until(start: datetime, end: datetime) -> str:
    """The end of a time, with its day where that is another one."""
    return clock(end) if local(start).date() == local(end).date() else moment(end)


def weekday(value: datetime | str) -> str:
    """The day with its name, as dates are agreed: Tuesday 12 May 2027."""
    value = local(datetime.fromisoformat(value) if isinstance(value, str) else value)
    return f"{format_date(value.date(), 'EEEE')} {day(value)}"


def weekdays(numbers: list[int]) -> str:
    """Days that follow each other as from and to: Monday–Friday."""
    if len(numbers) == 7:
        return gettext("Every day")
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        days = f"{weekday_name(numbers[0])}–{weekday_name(numbers[-1])}"
    else:
        days = ", ".join(map(weekday_name, numbers))
    return days[:1].upper() + days[1:]


def span(start: datetime | str, end: datetime | str) -> str:
    """From when to when, as dates are agreed."""
    start, end = (datetime.fromisoformat(v) if isinstance(v, str) else v for v in (start, end))
    return gettext("%(day)s at %(start)s–%(end)s", day=weekday(start), start=clock(start), end=until(start, end))


def period(start: datetime, end: datetime) -> str:
    """From when to when somebody is away; whole days as days."""
    if clock(start) == clock(end) == "00:00":
        return " – ".join(dict.fromkeys((day(start), day(local(end) - timedelta(days=1)))))
    return f"{moment(start)} – {until(start, end)}"


def month(value: datetime) -> str:
    return format_date(local(value).date(), "MMMM y")


def reference(value: str) -> str:
    """In two halves, as it is read over the phone."""
    return f"{value[:4]} {value[4:]}"


def responsible(task: Task) -> str:
    """Who is to do something, as everybody may know it."""
    return str(OWNERS[task.owner.kind if task.owner else NOBODY])


def share(value: float) -> str:
    return format_percent(value, "#,##0.0 %")


def paragraphs(text: str) -> Markup:
    """A person's words as HTML: escaped, with their line breaks."""
    return Markup("<br>").join(text.splitlines())


def text_blocks(text: str) -> Markup:
    """A letter's plain text as paragraphs: blank lines part them, single breaks stay."""
    blocks = [b.strip() for b in re.split(r"\n\s*\n", text) if b.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(Markup("<br>\n").join(map(linked, b.splitlines())))
                             for b in blocks)


def headed(text: str) -> Markup:
    """Text as officers write it for the public: empty lines part its paragraphs, and a line that begins with "# " is a
    heading. Nothing else has a meaning."""
    parts = re.split(r"^# +(.+)$", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    return Markup("\n").join(Markup("<h2>{}</h2>").format(part.strip()) if n % 2 else text_blocks(part)
                             for n, part in enumerate(parts))


def linked(line: str) -> Markup:
    """A line of text with its addresses as links."""
    parts = re.split(r"(https?://[^\s<>]+[^\s<>.,;:!?)])", line)
    return Markup("").join(Markup('<a href="{0}">{0}</a>').format(p) if i % 2 else escape(p)
                           for i, p in enumerate(parts))


FILTERS = {f.__name__: f for f in (
    age, day, moment, month, period, clock, until, weekday, weekday_name, weekdays, span, reference, responsible,
    share, paragraphs, headed, text_blocks, due_words, error_in_words, state_in_words, fate_in_words,
    status_for_officer)}
FILTERS["words"] = in_my_language
