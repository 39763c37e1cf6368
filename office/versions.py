"""What is sent or kept is what was shown: the form of every page carries the version of what it is about, and a press
on what has changed since gets the page anew, with status 409, and does nothing. A press that comes twice has changed
the page itself: the second one is answered as the first, as long as what that one has left behind is what is stored.

A preview carries digests of what was typed and of every letter that it has shown, too. The press that sends writes the
letters once more, under the write lock, and only what was shown goes: whatever else would go, because the officer has
changed something beside the button, a colleague a date, or the operator a template, is shown first.
A version is a digest of each part of what a page is about, as office/subjects.py names them, and a press minds those on
which it rests.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import file_digest, sha256

from flask import abort, current_app, flash, g, request
from flask_babel import gettext, ngettext
from werkzeug.datastructures import FileStorage, ImmutableMultiDict
from wtforms import Field, SelectField

from forms import Form, in_words
from mail.letters import said_alike, write_letters
from models import (
    Booking,
    Channel,
    EventKind,
    FindingsLink,
    Letter,
    LogIn,
    Visit,
    db,
    reading_only,
    today,
)
from web import lead_on, say_stale

from .actions import selected_cases
from .blueprint import office
from .subjects import ABOUT, Subject, when_and_where

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
        g.version = _version_of(subject_of_page())
    return g.version


def _version_of(subject: Subject | None) -> str:
    return " ".join(f"{name}:{_digest(values)[:16]}" for name, values in subject.parts.items()) if subject else ""


def _digest(values) -> str:
    return sha256(repr(values).encode()).hexdigest()[:32]


@office.app_template_global()
def digests_of(form: Form, letters: Iterable[Letter] = (), lost: Iterable[Booking] = (),
               planned: Iterable[Visit] = ()) -> list[str]:
    """Of what a form says, with the day from which its periods are counted, and whose dates are `lost` by it; of each
    letter; and of when and where each visit is `planned` already: a preview carries them to the press that sends what
    was shown. An option is called by its key: among many, its label may name those whom it is about."""
    said = [(answer.name, answer.data if isinstance(answer, SelectField) else in_words(answer))
            for answer in form if answer.data and answer.type != "CSRFTokenField"]
    return [_digest((today(), said, [b.reference for b in lost])), *(_digest(_as_read(letter)) for letter in letters),
            *map(_digest, map(when_and_where, planned))]


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
    subject, shown = subject_of_page(), request.form.get("version", "")
    g.version = _version_of(subject)
    if subject and (not shown or _minded(subject, shown) == _minded(subject, g.version)):
        return False
    answer_again()
    if subject:
        say_stale()
    return bool(subject)


def _minded(subject: Subject, version: str) -> set[str]:
    return {part for part in version.split() if subject.minds(part.partition(":")[0])}


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
    stored = subject and sorted(_minded(subject, _version_of(subject)))
    return _digest([request.url, *request.form.items(multi=True), files, stored, ticked])


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
