"""What is kept of whom, why, and from when on it is removed: the one table of it.

The privacy page, the receipt and docs/data-protection.md show it, and removal.py does what it says. A column that
stands nowhere here fails a test: nobody can begin to keep something without saying what it is.
"""

from dataclasses import dataclass

from flask import render_template
from flask_babel import force_locale, gettext, lazy_gettext as _l, ngettext
from wtforms import BooleanField

from catalogue import SERVICES
from forms import AnyOf, Clock, Count, Day, Line, Measure, OneOf, Repeat, Select
from labels import day
from languages import in_language
from models import Booking, PrivacyNotice, RetentionDecision, Task, limits, local, today

CHOSEN = (AnyOf, BooleanField, Clock, Count, Day, Measure, OneOf, Select)  # nobody can write a name into these
FOUND = (*CHOSEN, Line)  # what an officer writes on one line is a place, the weather, or initials


@dataclass(frozen=True)
class RetentionRule:
    """One thing that is kept. `columns` are where, by table; `since` is when its period begins, empty where it stays.
    `kind` is contact, words, kept (place, time, finding, count), staff or technical."""

    kind: str
    what: str
    why: str
    since: str
    columns: dict[str, str]


CLOSED = _l("When the case is closed")
VISITED = _l("When the visit is done with, and nobody’s details are left in its cases")
RETENTION_RULES = (
    RetentionRule("contact", _l("Who asks: name, organisation, e-mail, phone and postal address"),
                  _l("To answer"), CLOSED,
                  {"bookings": "name org email phone address"}),
    RetentionRule("words", _l("What you write and what we write to you: answers in your own words, messages, letters; "
                              "and officers’ notes on the case"),
                  _l("To understand the wish, to deal with it, and to be able to say later what was said"), CLOSED,
                  {"bookings": "answers search", "events": "words facts",
                   "letters": "recipient mailbox subject text calendar error"}),
    RetentionRule("contact", _l("Who answers for a task after a visit, and colleagues who enter what was found: "
                                "name and e-mail"),
                  _l("To ask them, and to hear how it goes"), VISITED,
                  {"owners": "name email", "field_links": "email"}),
    RetentionRule("words", _l("What officers write about a visit and its tasks, and photos of places"),
                  _l("To tell those who asked, and those who can do something about it"), VISITED,
                  {"visits": "draft findings withheld", "results": "tasks", "tasks": "what details reason",
                   "photos": "jpeg", "handouts": "words"}),
    RetentionRule("words", _l("What a phone answers in the poll of a meeting or walk, without anything that tells "
                              "whose it is"),
                  _l("To count it; the counts stay"),
                  _l("No period: deleted when the round is closed, or the day is over"),
                  {"poll_answers": "phone answers"}),
    RetentionRule("contact", _l("E-mail addresses of those who want to be told when a form opens"),
                  _l("To tell them"),
                  _l("When they are told, or the form has been open for them; %(days)s days later the address is off "
                     "the list in any case",
                     days=limits.WAITING_LIST_DAYS),
                  {"waiters": "email"}),
    RetentionRule("words", _l("Messages about the accessibility of this site, with an e-mail address for the answer"),
                  _l("To put the site right, and to answer"), _l("When we have answered"),
                  {"feedbacks": "page words email"}),
    RetentionRule("contact", _l("E-mail addresses of colleagues who are invited to the office"),
                  _l("To let them in"), _l("When the invitation is used or has expired"),
                  {"invites": "email"}),
    RetentionRule("contact",
                  _l("A code made from an e-mail address to which our forms send no receipts; the address itself is "
                     "not kept"),
                  _l("So that we send none"), _l("When an officer lifts it"),
                  {"blocks": "key"}),
    RetentionRule("kept",
                  _l("What was asked for, where and when, how long it took, what came of it, and what was found, as "
                     "ticked answers and numbers"),
                  _l("To know the places, and to account for what we do with the wishes"), "",
                  {"bookings": "reference service status news read_until place_id received_at due_on closed_at "
                   "received_on decided_on wait stated reason helped helped_why journal follows notice removed_on "
                   "capacity reply language channel road from_to lat lng accuracy public",
                   "events": "at kind booking_id visit_id place_id",
                   "letters": "booking_id owner_id event_id kind way language fate tries made_at next_try_at "
                              "first_tried_at refused_since give_up_at sent_at",
                   "places": "road road_key from_to postcode town municipality lat lng suits suitability again_on "
                             "merged_into_id made_at",
                   "visits": "service place_id state starts_at ends_at travel method told public place_told sequence "
                             "reminded_at reported_at protocol_public removed_on release_on",
                   "results": "visit_id service place_number day part_of_day road postcode town municipality lat lng "
                              "method speed_limit measured charged top_speed preliminary details protocol asked heard "
                              "usual_share released_on updated_on corrected_on before withdrawn_on search",
                   "polls": "visit_id status facts", "poll_answers": "poll_id",
                   "poll_counts": "poll_id round question option by_phone by_hand",
                   "roads": "name road_key postcode lat lng",
                   "visit_bookings": "visit_id booking_id", "sums": "visit_id what number",
                   "proposals": "booking_id starts_at ends_at answer_by takes travel where closed_at",
                   "owners": "visit_id kind language",
                   "tasks": "visit_id number owner_id status news public due_on lat lng entered_at sent_on ask_on",
                   "field_links": "visit_id language expires_at withdrawn_at last_press",
                   "waiters": "service language asked_on confirmed_at open_until told_on",
                   "feedbacks": "language received_at due_on closed_at",
                   "accounts": "first people made_on work renewed_on", "month_counts": "month counts as_of",
                   "figures": "area measure year value source stored_on",
                   "handouts": "visit_id measures topics languages",
                   "removals": "at permit_id what reference number copies_until"}),
    RetentionRule("staff", _l("Who works here, and what they did"),
                  _l("So that every step can be accounted for"), "",
                  {"officers": "email name active role", "events": "officer_id", "letters": "done_by_id",
                   "feedbacks": "officer_id", "visits": "crew",
                   "taken": "visit_id part unit unit_key starts_at ends_at words away_id",
                   "blocks": "at officer_id booking_id", "aways": "officer_id stand_in_id first last texts",
                   "intakes": "service at officer_id until texts",
                   "wordings": "service reason name texts put_away officer_id at", "notices": "at officer_id texts",
                   "advice_texts": "at officer_id topic texts link",
                   "permits": "at officer_id decision months first", "hours": "opens closes",
                   "invites": "role language officer_id expires_at closed_at",

                   "audit": "at officer_id what about changed"}),
    RetentionRule("technical", _l("Numbers, and the keys to links and log-ins"), _l("The site works by them"), "",
                  {"bookings": "id secret once", "events": "id", "letters": "id message_id", "places": "id",
                   "roads": "id", "visits": "id uid", "results": "id", "proposals": "id", "owners": "id secret",
                   "tasks": "id once",
                   "photos": "task_id",
                   "field_links": "id secret", "waiters": "id secret", "feedbacks": "id once", "invites": "id secret",
                   "polls": "id code secret", "taken": "id", "aways": "id", "intakes": "id", "wordings": "id",
                   "advice_texts": "id", "handouts": "secret", "notices": "id", "permits": "id",
                   "removals": "id", "blocks": "id", "hours": "weekday", "audit": "id before hash",
                   "officers": "id password_hash feed_key wrong_tries locked_until totp_secret totp_step recovery "
                   "temporary",
                   "log_ins": "id key_hash officer_id since seen browser last_press"}),
)


def anonymised(row) -> dict:
    """What stands in the columns of a row when what tells of people is taken out: of answers and findings, whatever
    was chosen, counted or dated is left, of any service that there is or will be."""
    return {name: _anonymised(row, name, getattr(row, name)) for kept in RETENTION_RULES if kept.since
            for name in kept.columns.get(row.__tablename__, "").split()}


def _anonymised(row, name: str, value):
    if isinstance(value, list):  # of public tasks: how many there are, whose, and how they stand
        return [task | dict.fromkeys(("what", "place", "reason"), "") for task in value]
    if not isinstance(value, dict):
        return None if value is None else ""
    if isinstance(row, Booking):
        return without_words(SERVICES[row.service].questions, value)
    form = SERVICES[row.visit.service].tasks if isinstance(row, Task) else SERVICES[
        row.service].findings
    return without_words(form, value, FOUND)


def without_words(form, answers: dict, kinds: tuple = CHOSEN) -> dict:
    """Stored answers without those to questions that are not of these kinds, or that the form does not know."""
    known, left = form.of_answers(answers), without_words(form.former, answers, kinds) if form.former else {}
    for name, value in answers.items():
        field = known._fields.get(name)
        if isinstance(field, Repeat):
            left[name] = [{part: said for part, said in row.items() if part in entry.form
                           and isinstance(entry.form[part], kinds)}
                          for row, entry in zip(value, field.entries, strict=False)]
        elif isinstance(field, kinds):
            left[name] = value
    return left


def notice(language: str, version: PrivacyNotice | None) -> str:
    """The text of a version of the privacy notice; without one, that with which the site begins."""
    with force_locale(language):
        return in_language(version.texts, language) if version else render_template("notice.txt")


def period(permit: RetentionDecision) -> str:
    return ngettext("%(num)s month", "%(num)s months", permit.months)


def promise(booking: Booking) -> str:
    """What the citizen is told of it, in one or two sentences that stay true."""
    permit = RetentionDecision.present()
    if booking.removed_on:
        return gettext("Your name, how to reach you and everything that was written were removed on %(day)s.",
                       day=day(booking.removed_on))
    if permit is None:
        return gettext("Your name, how to reach you and what was written are kept for now: a state authority may only "
                       "remove data when the Danish National Archives allow it, and no decision has been entered yet.")
    due = permit.due_on(local(booking.closed_at).date() if booking.closed_at else today())
    if booking.closed_at is None:
        return gettext("Your name, how to reach you and what was written are removed %(period)s after your case is "
                       "closed. If it were closed today, that would be on %(day)s.",
                       period=period(permit), day=day(due))
    if due < today():
        return gettext("Your name, how to reach you and what was written are removed as soon as we are done with your "
                       "case and it stands in our journal.")
    return gettext("Your name, how to reach you and what was written are removed on %(day)s, if nothing more happens "
                   "in your case.", day=day(due))
