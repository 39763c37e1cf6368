"""What is sent or kept is what was shown: the form of every page carries the version of what it is about, and a press
on what has changed since gets the page anew, with status 409, and does nothing. A press that comes twice has changed
the page itself: the second one is answered as the first, as long as what that one has left behind is what is stored.

A preview carries digests of what was typed and of every letter that it has shown, too. The press that sends writes the
letters once more, under the write lock, and only what was shown goes: whatever else would go, because the officer has
changed something beside the button, a colleague a date, or the operator a template, is shown first.
A version is a digest of what is stored: the newest event of a case or visit, and whatever a form of the page could
overwrite. ABOUT names, for each page and each press, what it is about. What only adds a row that nothing else rests on
is about nothing that could have changed; so are the log-in and an officer's own account.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import file_digest, sha256

from flask import abort, current_app, flash, g, request
from flask_babel import gettext, ngettext
from sqlalchemy import func, inspect, select
from werkzeug.datastructures import FileStorage, ImmutableMultiDict
from wtforms import Field

from catalogue import by_slug
from forms import Form, in_words
from mail.letters import said_alike, write_letters
from models import (
    AdviceText,
    BlockedAddress,
    Booking,
    Channel,
    DeclineReason,
    EventKind,
    Feedback,
    Figure,
    FindingsLink,
    IntakePause,
    Invite,
    Letter,
    LogIn,
    Officer,
    OfficerAbsence,
    OpeningHours,
    Place,
    PrivacyNotice,
    Reservation,
    RetentionDecision,
    Task,
    Visit,
    VisitStatus,
    WaitlistEntry,
    db,
    now,
    reading_only,
    today,
)
from web import lead_on, say_stale

from .actions import selected_cases
from .blueprint import booking_or_404, office


@dataclass(frozen=True)
class Subject:
    """What a page is about: its stored `values`, and the page that shows it, by endpoint and arguments."""

    values: list
    page: str
    arguments: dict = field(default_factory=dict)


def _row(row: object) -> list:
    """What is stored of it, in its table's columns."""
    return [getattr(row, column.key) for column in inspect(type(row)).column_attrs]


def _rows(rows) -> list[list]:
    return [_row(row) for row in rows]


def _last(table: type, *rules) -> int | None:
    """The newest number of a table that is only added to: SQLite gives the number of a row that is gone to another."""
    return db.session.scalar(select(func.max(table.id)).where(*rules))


def _case(reference: str, **_more) -> Subject:
    """The case, its place with those close by, its visits, and the sentences that a no to it would say."""
    booking = booking_or_404(reference)
    return Subject([_row(booking), booking.newest, _row(booking.place), _rows(booking.place.neighbours()),
                    _rows(booking.proposals), _rows(booking.visits),
                    _last(DeclineReason, DeclineReason.service == booking.service)],
                   "office.booking", {"reference": reference})


def _many(name: str) -> Subject:
    """What a no would say, and the places that a move may give another name."""
    places = dict.fromkeys(b.place for b in selected_cases()) if name == "flyt" else ()
    return Subject([_last(DeclineReason), *_rows(places)], "office.work_list")


def _visit(id: int, **_more) -> Subject:
    """The visit with its tasks, and whoever hears of it."""
    visit = db.get_or_404(Visit, id)
    return Subject([_row(visit), visit.events[-1:] and visit.events[-1].id, _row(visit.place),
                    _rows(visit.reservations), _rows(visit.tasks), _rows(visit.assignees),
                    [(link.id, link.withdrawn_at) for link in visit.field_links],
                    [(_row(b), b.newest) for b in visit.bookings]], "office.visit", {"id": id})


def _planned(subject: Subject, place: Place) -> Subject:
    """What a new plan changes, whoever it is for, is besides which visits are planned at its place and close by."""
    here = [place.id, *(other.id for other in place.neighbours())]
    planned = select(Visit).where(Visit.status == VisitStatus.PLANNED, Visit.place_id.in_(here)).order_by(Visit.id)
    return replace(subject, values=[*subject.values, *map(_when_and_where, db.session.scalars(planned))])


def _when_and_where(visit: Visit) -> tuple:
    """What a page says of a visit that is planned already."""
    return visit.id, visit.starts_at, visit.ends_at, visit.place_id


def _poll(id: int, **_more) -> Subject:
    """The poll as the officer has brought it along; what phones answer meanwhile changes nothing of it."""
    poll = db.get_or_404(Visit, id).poll
    return Subject([id, poll and _row(poll), _rows(poll.counts) if poll else []], "office.poll", {"id": id})


def _findings_by_link(id: int, secret: str) -> Subject | None:
    """None where no press counts any more, and the page says that and no more."""
    link = FindingsLink.by_link(id, secret)
    return Subject([link.visit.status, link.visit.draft, link.visit.place_id, _rows(link.visit.reservations)],
                   "office.findings_by_link", {"id": id, "secret": secret}) if link and link.works else None


def _task(id: int) -> Subject:
    return _visit(db.get_or_404(Task, id).visit_id)


def _place(id: int, **_more) -> Subject:
    place = db.get_or_404(Place, id).canonical  # which a press acts on
    return Subject([_row(place), _rows(place.neighbours()), [b.id for b in place.bookings]], "office.place", {"id": id})


def _calendar(**_more) -> Subject:
    return Subject([OpeningHours.week(), _rows(Reservation.absences(now())), g.officer.feed_key],
                   "office.calendar_settings")


def _intake(slug: str) -> Subject:
    service = by_slug(slug)
    known = [_last(IntakePause, IntakePause.service == service.key),
             _rows(WaitlistEntry.waiting(service.key))] if service else []
    return Subject(known, "office.intake", {"slug": slug})


def _letter(id: int) -> Subject:
    """The letter and how its reader is reached, what has happened by which its words may be false, the tasks that it is
    about, and what says to its reader how it is now."""
    letter = db.get_or_404(Letter, id)
    reader, about = letter.reader, letter.about
    told = [e.id for e in about.events if e.kind.type.visible or e.kind.type.voids] if about else []
    tasks = [t for t in letter.assignee.tasks if t.number in letter.event.facts["numbers"]] if letter.assignee else []
    reached = [reader.name, reader.reply, *map(reader.reached_by, Channel)] if reader else []
    return Subject([_row(letter), reached, told[-1:], _rows(tasks), [newer.id for newer in letter.newer]],
                   "office.letter", {"id": id})


ABOUT: dict[str, Callable[..., Subject | None]] = {
    **dict.fromkeys(("booking", "decide", "offer", "save", "mark_read", "belongs"), _case),
    "plan": lambda reference: _planned(_case(reference), booking_or_404(reference).place),
    "again": lambda id: _planned(_visit(id), db.get_or_404(Visit, id).place),
    **dict.fromkeys(("visit", "reschedule", "cancel", "findings", "report", "lead_to", "send_field_link",
                     "tasks", "assignee", "send_tasks", "protocol", "withhold_result", "allow_result"), _visit),
    **dict.fromkeys(("poll", "open_poll", "close_poll", "show_poll_facts", "poll_counts"), _poll),
    **dict.fromkeys(("task", "mark_task_read"), _task),
    "withdraw_field_link": lambda id: _visit(db.get_or_404(FindingsLink, id).visit_id),
    "findings_by_link": _findings_by_link,
    **dict.fromkeys(("place", "describe", "merge", "merge_into", "split"), _place),
    **dict.fromkeys(("calendar_settings", "absence", "end_absence", "hours", "renew_feed"), _calendar),
    **dict.fromkeys(("officer_absence", "end_officer_absence"), lambda **_more: Subject(
        _rows(OfficerAbsence.coming()), "office.officer_absence")),
    **dict.fromkeys(("intake", "open_intake", "admit_waiting"), _intake),
    **dict.fromkeys(("letter", "resolve_letter"), _letter),
    **dict.fromkeys(("held_back", "lift_block"), lambda **_more: Subject(
        _rows(db.session.scalars(select(BlockedAddress))), "office.held_back")),
    **dict.fromkeys(("users", "withdraw_invite"), lambda **_more: Subject(
        [_rows(Invite.open()), [(o.id, o.role) for o in Officer.in_use()]], "office.users")),
    **dict.fromkeys(("retention", "withdraw_permit"), lambda: Subject([_last(RetentionDecision)], "office.retention")),
    "feedback": lambda id: Subject(_row(db.get_or_404(Feedback, id)), "office.feedback", {"id": id}),
    "edit_decline_reason": lambda slug, reason: Subject(
        [_last(DeclineReason)], "office.edit_decline_reason", {"slug": slug, "reason": reason}),
    "edit_notice": lambda: Subject([PrivacyNotice.number()], "office.edit_notice"),
    "handout": lambda id: Subject(
        _rows(filter(None, [db.get_or_404(Visit, id).handout])), "office.handout", {"id": id}),
    "edit_advice": lambda topic: Subject([_last(AdviceText, AdviceText.topic == topic)], "office.edit_advice",
                                         {"topic": topic}),
    "facts": lambda: Subject(sorted(map(_row, Figure.all())), "office.facts"),
    "decide_many": _many,
}
# A press of these shows what it would do; another one, named "send", does it.
SHOWN_FIRST = {"office.decide", "office.decide_many", "office.plan", "office.again", "office.reschedule",
               "office.cancel", "office.lead_to", "office.offer", "office.edit_decline_reason", "office.edit_notice",
               "office.facts"}
ADDS_ONLY = {"office.tasks"}  # a row that nothing else rests on: two officers may enter tasks at one time
# What is new each time that an entry for the calendar is made.
STAMPS = re.compile(r"^(?:DTSTAMP|LAST-MODIFIED|UID)\b[^\r\n]*(?:\r\n [^\r\n]*)*", re.MULTILINE)


@office.app_template_global()
def version() -> str:
    """The version of what this page is about, as its forms carry it; empty where it is about nothing that changes. A
    POST reckons it before its view does, or previews, anything."""
    if "version" not in g:
        subject = subject_of_page()
        g.version = "" if subject is None else _digest(subject.values)
    return g.version


def _digest(values) -> str:
    return sha256(repr(values).encode()).hexdigest()[:32]


@office.app_template_global()
def digests_of(form: Form, letters: Iterable[Letter] = (), lost: Iterable[Booking] = (),
               planned: Iterable[Visit] = ()) -> list[str]:
    """Of what a form says, with the day from which its periods are counted, whose dates are `lost` by it, and when and
    where visits are `planned` already, and of each letter: a preview carries them to the press that sends what was
    shown."""
    said = [(answer.name, in_words(answer)) for answer in form if answer.data and answer.type != "CSRFTokenField"]
    return [_digest((today(), said, [b.reference for b in lost], [*map(_when_and_where, planned)])),
            *(_digest(_as_read(letter)) for letter in letters)]


def _as_read(letter: Letter) -> list[str]:
    """All that its reader reads, but for what is new each time: stamps, and the reference of a case that is made."""
    said = said_alike(letter) if letter.kind == EventKind.RECEIVED else f"{letter.subject}\n{letter.text}"
    return [letter.recipient, letter.channel, letter.language, said, STAMPS.sub("", letter.calendar)]


def is_done(form: Form, change: Callable[[], object], at_once: bool = False, fewer: bool = False,
            lost: Iterable[Booking] = (), planned: Iterable[Visit] = ()) -> bool:
    """Do `change` and say so, where this press is to do it, and its letters are those that were shown; else nothing is
    done, and they are to be shown. `at_once`: the press need not be the one named "send". `fewer`: of the letters that
    were shown, some may stay here; the page says which. `lost` is known when it is done, `planned` before."""
    if "stale" in g or not (at_once or "send" in request.form):
        return False
    change()
    letters = write_letters()
    go = set(digests_of(form, letters, lost, planned))
    shown = set(request.form["preview"].split()) if "preview" in request.form else go
    if go == shown or fewer and go < shown:
        g.letters_of_press = [letter for letter in letters if not _is_told(letter)]
        return True
    db.session.rollback()
    g.shown_anew = True
    flash(gettext("Nothing was sent or saved: since this was shown to you, you have changed something, the letters "
                  "have changed, or a new day has begun. Here it is as it would go now. If it is right, press once "
                  "more."), "warning")
    return False


def _is_told(letter: Letter) -> bool:
    """Whether this press says that the officer has told it on the phone already; it is noted."""
    is_told = letter.channel is Channel.PHONE and _digest(_as_read(letter)) in request.form.getlist("phoned")
    if is_told:
        letter.do_by_hand(g.officer)
    return is_told


def letters_in_words() -> str:
    """What becomes of the letters of the press that is_done has just done, but for what has been told already."""
    if not g.letters_of_press:
        return gettext("Done. Nobody gets a letter.")
    return ngettext("Done. The letter goes by e-mail, or waits for you under “Letters to see to”.",
                    "Done. The letters go by e-mail, or wait for you under “Letters to see to”.",
                    len(g.letters_of_press))


def subject_of_page() -> Subject | None:
    about = ABOUT.get((request.endpoint or "").removeprefix("office."))
    return about(**request.view_args) if about else None


@office.before_request
def show_anew_what_has_changed():
    """Let no press through that was meant for an older version. What is typed stays in the form."""
    if request.endpoint not in ADDS_ONLY and keeper():  # whose forms know themselves whether they come twice
        g.keep_press = keep_press  # as web.py ends a view
    if request.method != "POST" or request.endpoint in ADDS_ONLY or not has_changed():
        return None
    if request.endpoint in SHOWN_FIRST:
        request.form = ImmutableMultiDict([("show", "1"), *(
            (name, value) for name, value in request.form.items(multi=True) if name != "send")])
        return None
    if getattr(current_app.view_functions[request.endpoint], "is_press", False):
        return page_of_press()
    g.kept_back = True  # forms/form.py: no form of this request is valid
    return None


def has_changed() -> bool:
    """Whether this press was meant for an older version; the page says so. A press that is about nothing, such as to
    end another log-in, may stand on a page with a version, and it may come twice, too. A view that reads first asks
    once more when it holds the write lock."""
    g.pop("version", None)
    if version() and request.form.get("version", "") in ("", version()):
        return False
    answer_again()
    if version():
        say_stale()
    return bool(version())


def keeper() -> LogIn | FindingsLink | None:
    """What keeps this person's last press: their log-in, or the link by which a colleague in the field comes."""
    if request.endpoint == "office.findings_by_link":
        return FindingsLink.by_link(**request.view_args)
    return g.get("log_in")


def answer_again() -> None:
    """Where it is this person's own last press that has changed the page, and this is the same press once more, as by
    a double click: it is answered as the first one was, whose answer the browser has not shown, and does nothing. Where
    somebody has changed it again since, that answer is not true any more."""
    done = keeper() and keeper().last_press
    if done and done["press"] == _digest_of_press():
        abort(lead_on(*done["answer"]))


def keep_press(answer: list[str]) -> None:
    """Have its `keeper` keep this press and its answer, in the transaction of what it has changed."""
    db.session.flush()
    db.session.expire_all()  # it is to be read as the next press reads it
    keeper().last_press = {"press": _digest_of_press(), "answer": answer}


def _digest_of_press() -> str:
    """Of the address, of all that was typed, ticked and attached, and of what is stored of what it is about: the same
    for the same press of the same page, as long as nothing has changed since the first one."""
    files = [(name, _digest_of_file(file)) for name, file in request.files.items()]
    subject = subject_of_page()
    ticked = [(b.reference, [event.id for event in b.events_since(0)]) for b in selected_cases()]
    return _digest([request.url, *request.form.items(multi=True), files, subject and subject.values, ticked])


def _digest_of_file(file: FileStorage) -> bytes:
    """It may have been read, to make a picture of it, or may still have to be."""
    file.seek(0)
    digest = file_digest(file.stream, "sha256").digest()
    file.seek(0)
    return digest


def page_of_press():
    """The page on which a single button stands, opened as by a GET, so that nothing can be changed by it."""
    subject, endpoint, arguments = subject_of_page(), request.endpoint, request.view_args
    if "GET" not in request.url_rule.methods:
        endpoint, arguments = subject.page, subject.arguments
    db.session.rollback()
    reading_only.set(True)
    request.method = "GET"
    return current_app.view_functions[endpoint](**arguments)


@office.after_request
def say_what_has_changed(response):
    if ("stale" in g or "shown_anew" in g) and response.status_code in (200, 422):
        response.status_code = 409
    return response


@office.app_template_global()
def stored_now(field: Field) -> str:
    """What is stored, in words, where something else was typed into a page that is shown anew; else nothing. Nor is
    anything said of what the form was not given as stored, such as words that are new each time."""
    if "stale" not in g or not field.is_stored:
        return ""
    typed, in_the_form = dict(vars(field)), in_words(field)
    field.process(None, field.object_data)
    stored = in_words(field)
    vars(field).update(typed)
    return "" if stored == in_the_form else stored or gettext("nothing")
