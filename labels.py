"""What the model's states and events are called, for citizens and for officers, and how dates and numbers are said."""

import re
from datetime import date, datetime, timedelta

from flask_babel import format_date, format_percent, get_locale, gettext, lazy_gettext as _l, ngettext
from markupsafe import Markup, escape

from forms import ASSIGNEES, NOBODY, day_in_words, in_my_language, weekday_name
from models import (
    Booking,
    BookingStatus,
    Channel,
    DeliveryStatus,
    EventKind,
    Letter,
    PartOfDay,
    Task,
    Visit,
    VisitStatus,
    local,
    now,
    today,
    working_days_until,
)

STATUSES = {
    BookingStatus.RECEIVED: _l("Received"),
    BookingStatus.NEEDS_INFORMATION: _l("We need information"),
    BookingStatus.ACCEPTED: _l("Accepted"),
    BookingStatus.ANSWERED: _l("Answered with result"),
    BookingStatus.DECLINED: _l("Cannot be met"),
    BookingStatus.REFERRED: _l("Referred"),
    BookingStatus.WITHDRAWN: _l("Withdrawn"),
    BookingStatus.SPAM: _l("Set aside"),
}
STATES = {
    VisitStatus.PLANNED: _l("Planned"),
    VisitStatus.DONE: _l("Findings not sent"),
    VisitStatus.REPORTED: _l("Findings sent"),
    VisitStatus.CANCELLED: _l("Cancelled"),
}
HOLIDAYS = {
    "01-01": _l("New Year’s Day"),
    "easter-3": _l("Maundy Thursday"),
    "easter-2": _l("Good Friday"),
    "easter+0": _l("Easter Sunday"),
    "easter+1": _l("Easter Monday"),
    "easter+26": _l("Great Prayer Day"),
    "easter+39": _l("Ascension Day"),
    "easter+49": _l("Whit Sunday"),
    "easter+50": _l("Whit Monday"),
    "12-25": _l("Christmas Day"),
    "12-26": _l("Boxing Day"),
}
PARTS_OF_DAY = {
    PartOfDay.NIGHT: _l("at night"),
    PartOfDay.MORNING: _l("in the morning"),
    PartOfDay.MIDDAY: _l("around midday"),
    PartOfDay.AFTERNOON: _l("in the afternoon"),
    PartOfDay.EVENING: _l("in the evening"),
}
EVENT_LABELS = {kind: _l(kind.type.label) for kind in EventKind}
DELIVERY_STATUSES = {
    DeliveryStatus.WAITING: _l("waiting to be sent"),
    DeliveryStatus.SENDING: _l("being sent"),
    DeliveryStatus.SENT: _l("sent"),
    DeliveryStatus.FAILED: _l("not delivered"),
    DeliveryStatus.SUPPRESSED: _l("held back"),
}
# The first word of Letter.error, as mail/letters.py and mail/outbox.py write it.
ERRORS = {
    "refused": _l("The receiving mail server refused the letter. Is the address right?"),
    "address": _l("The address cannot be used."),
    "unreachable": _l("The mail server could not be reached."),
    "timeout": _l("The mail server did not answer in time."),
    "certificate": _l("The mail server’s certificate could not be trusted."),
    "login": _l("The mail server refused our log-in."),
    "server": _l("The mail server refused to take letters from us."),
    "configuration": _l("The mail server cannot be used with our settings."),
    "enough": _l("As many letters as a form may send an address in a day had gone there. The booking stands."),
    "blocked": _l("The address is to get no receipts. The booking stands."),
    "aside": _l("The booking was set aside before the letter went."),
    "withdrawn": _l("The booking was withdrawn before the letter went."),
    "void": _l("What it says did not hold any more before the letter went."),
    "idle": _l("What it was about was theirs no more, done, or changed before the letter went."),
    "unreached": _l("The address was taken off before the letter went, and it may go nowhere else."),
}


def state_in_words(visit: Visit) -> str:
    if visit.is_overdue:
        return gettext("Findings missing")
    return str(STATES[VisitStatus.DONE if visit.draft else visit.status])  # a correction, too, may wait to be sent


def delivery_in_words(letter: Letter) -> str:
    """What has become of a letter; one by phone or by post is done by a person."""
    if letter.is_task:
        return gettext("waits for you")
    if letter.delivery_status is DeliveryStatus.SENT and (letter.done_by or letter.channel is not Channel.EMAIL):
        return gettext("done")
    return str(DELIVERY_STATUSES[letter.delivery_status])


def status_for_citizen(booking: Booking) -> str:
    """The status as a citizen reads it. A visit whose date was not agreed shows only when it is over and
    its findings are entered; one that was not carried out, only in its letter."""
    if booking.status is BookingStatus.ACCEPTED and any(
            v.status is VisitStatus.DONE and v.ends_at <= now() and "done" in v.rules.statistics(v.draft)
            for v in booking.visits):
        return gettext("Carried out – the answer is on its way")
    if booking.offers and not booking.agreed_visit:
        return gettext("Choose a date")
    return _status(booking)


def status_for_officer(booking: Booking) -> str:
    return gettext("Not genuine") if booking.status is BookingStatus.SPAM else _status(booking)


def _status(booking: Booking) -> str:
    """The status; where a date has been proposed or agreed, how that stands."""
    if booking.status is BookingStatus.ACCEPTED and booking.agreed_visit:
        return str(EVENT_LABELS[EventKind.AGREED])
    if booking.status is BookingStatus.ACCEPTED and booking.proposals and booking.standing:
        return str(EVENT_LABELS[booking.standing.kind])
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
    return ngettext("%(num)s working day left", "%(num)s working days left", left), "soon" if left <= 3 else "ok"


def age(since: datetime) -> str:
    """How long ago, in days."""
    days = (today() - local(since).date()).days
    return ngettext("%(num)s day ago", "%(num)s days ago", days) if days else gettext("today")


def day(value: date | str | None) -> str:
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if isinstance(value, datetime):
        value = local(value).date()
    return day_in_words(value) if value else ""


def moment(value: datetime) -> str:
    return gettext("%(day)s at %(time)s", day=day(value), time=clock(value))


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


def reference(value: str) -> str:
    """In two halves, as it is read over the phone."""
    return f"{value[:4]} {value[4:]}"


def responsible(task: Task) -> str:
    """Who is to do something, as everybody may know it."""
    return str(ASSIGNEES[task.assignee.kind if task.assignee else NOBODY])


def share(value: float) -> str:
    """In per cent with one decimal, and with a space before the sign where the language has one."""
    return format_percent(value, get_locale().percent_formats[None].pattern.replace("0", "0.0"))


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
    """A line of text with its addresses as links. Brackets belong to an address in pairs; quotation marks behind it and
    the end of the sentence do not."""
    parts = re.split(r"(https?://(?:\([^\s<>()]*\)|[^\s<>()])*(?:\([^\s<>()]*\)|[^\s<>().,;:!?\]\"'”“’«»]))", line)
    return Markup("").join(Markup('<a href="{0}">{0}</a>').format(p) if i % 2 else escape(p)
                           for i, p in enumerate(parts))


FILTERS = {f.__name__: f for f in (
    age, day, moment, period, clock, until, weekday, weekday_name, weekdays, span, reference, responsible,
    share, paragraphs, headed, text_blocks, due_words, error_in_words, state_in_words, delivery_in_words,
    status_for_officer)} | {"words": in_my_language}
