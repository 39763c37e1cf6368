"""What each page of the office is about, in parts: office/versions.py makes the version of a page out of them.

ABOUT names, for each page and each press, what it is about, and of that the parts on which the press rests: what it
could overwrite, and what its letters say. So nobody at work elsewhere stops a press that overwrites nothing of theirs.
What only adds a row that nothing else rests on is about nothing that could have changed; so are the log-in and an
officer's own account.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from flask import g, request
from sqlalchemy import func, inspect, select

from catalogue import by_slug
from models import (
    CHANGES_VISIT,
    AdviceText,
    BlockedAddress,
    Channel,
    DeclineReason,
    EventKind,
    Feedback,
    Figure,
    FindingsLink,
    IntakePause,
    Invite,
    Letter,
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
    midnight,
    today,
)

from .actions import selected_cases
from .blueprint import booking_or_404

CHANGES_RESULT = {EventKind.RESULT_RELEASED, EventKind.RESULT_WITHHELD, EventKind.RESULT_ALLOWED}


@dataclass(frozen=True)
class Subject:
    """What a page is about: what is stored, in named `parts`, and the page that shows it, by endpoint and arguments. A
    press may rest on some of them only."""

    parts: dict[str, list]
    page: str
    arguments: dict = field(default_factory=dict)
    rests_on: Collection[str] = ()

    def only(self, *parts: str) -> "Subject":
        """The same for a press that minds a change of these parts alone."""
        return replace(self, rests_on=parts)

    def minds(self, part: str) -> bool:
        """A press may rest on all parts of one kind, such as `task`, or on one of them, such as `task-12`."""
        return not self.rests_on or part in self.rests_on or part.partition("-")[0] in self.rests_on


def _row(row: object) -> list:
    """What is stored of it, in its table's columns; but for when somebody is reminded, which changes nothing of it."""
    return [getattr(row, column.key) for column in inspect(type(row)).column_attrs
            if column.key not in ("reminded_at", "ask_on")]


def _rows(rows) -> list[list]:
    return [_row(row) for row in rows]


def _last(table: type, *rules) -> list[int | None]:
    """The newest number of a table that is only added to: SQLite gives the number of a row that is gone to another."""
    return [db.session.scalar(select(func.max(table.id)).where(*rules))]


def _places(*places: Place) -> dict[str, list]:
    """What each is called, and what it has become. What is known of it stands in no letter."""
    return {f"place-{place.id}": [place.in_full, place.municipality, place.merged_into_id] for place in places}


def _case(reference: str, **_more) -> Subject:
    """The case, its place and those close by, its dates and visits, and the sentences that a no to it would say."""
    booking = booking_or_404(reference)
    happened = [event.id for event in booking.events if not event.kind.type.tells_again]
    return Subject({
        "case": [_row(booking), happened[-1:]], "dates": _rows(booking.proposals), "visits": _rows(booking.visits),
        "reasons": _last(DeclineReason, DeclineReason.service == booking.service),
        **_places(booking.place, *booking.place.neighbours())}, "office.booking", {"reference": reference})


def _decision(reference: str, name: str = "", to: int | None = None) -> Subject:
    """A no rests on its sentences, too, and a move on the place that it is `to`."""
    places = [f"place-{id}" for id in (booking_or_404(reference).place_id, to) if id]
    reasons = ["reasons"] if name == "afslag" else []
    return _case(reference).only("case", "dates", "visits", *places, *reasons)


def _many(name: str) -> Subject:
    """What a no would say, and the places that a move may give another name."""
    parts = {"reasons": _last(DeclineReason)} if name == "afslag" else {}
    if name == "flyt":
        parts |= _places(*dict.fromkeys(b.place for b in selected_cases()))
    return Subject(parts, "office.work_list").only(*parts)  # the page before may have been about more of them


def _visit(id: int, **_more) -> Subject:
    """The visit, its tasks, and whoever hears of it. What happens to a task, or to the link of a colleague, does not
    change the visit."""
    visit = db.get_or_404(Visit, id)
    changed = [event.id for event in visit.events if event.kind in CHANGES_VISIT | CHANGES_RESULT]
    return Subject({
        "visit": [_row(visit), changed[-1:], _rows(visit.reservations)], **_places(visit.place),
        **{f"task-{task.number}": [_row(task), task.newest] for task in visit.tasks},
        "untold": [task.number for task in visit.tasks if task.is_open and not task.sent_on],
        **{f"assignee-{owner.id}": _row(owner) for owner in visit.assignees},
        "links": [(link.id, link.withdrawn_at) for link in visit.field_links],
        "cases": [b.id for b in visit.bookings],
        "led_to": [event.id for event in visit.events if event.kind is EventKind.LED_TO]}, "office.visit", {"id": id})


def _task(id: int) -> Subject:
    task = db.get_or_404(Task, id)
    return replace(_visit(task.visit_id).only(f"task-{task.number}"), page="office.tasks")


def _with_planned(subject: Subject, place: Place) -> Subject:
    """What a new plan changes, whoever it is for, is besides which visits are planned at its place and close by."""
    here = [place.id, *(other.id for other in place.neighbours())]
    planned = select(Visit).where(Visit.status == VisitStatus.PLANNED, Visit.place_id.in_(here)).order_by(Visit.id)
    return replace(subject, rests_on=[*subject.rests_on, "planned"], parts={
        **subject.parts, "planned": [*map(when_and_where, db.session.scalars(planned))]})


def when_and_where(visit: Visit) -> tuple:
    """What a page says of a visit that is planned already."""
    return visit.id, visit.starts_at, visit.ends_at, visit.place_id


def _poll(id: int, **_more) -> Subject:
    """The poll as the officer has brought it along, and what was counted by hand; what phones answer meanwhile changes
    nothing of it."""
    poll = db.get_or_404(Visit, id).poll
    counts = [(count.round, count.question, count.option, count.by_hand) for count in poll.counts] if poll else []
    return Subject({"poll": [id, poll and _row(poll)], "counted": sorted(c for c in counts if c[-1])},
                   "office.poll", {"id": id})


def _findings_by_link(id: int, secret: str) -> Subject | None:
    """None where no press counts any more, and the page says that and no more."""
    link = FindingsLink.by_link(id, secret)
    return Subject({"findings": [link.visit.status, link.visit.draft, link.visit.place_id,
                                 _rows(link.visit.reservations)]},
                   "office.findings_by_link", {"id": id, "secret": secret}) if link and link.works else None


def _place(id: int, **_more) -> Subject:
    """The place of the address, and what that has become: a press acts on the latter."""
    named = db.get_or_404(Place, id)
    place = named.canonical
    return Subject({
        **_places(named, place, *place.neighbours()), "cases": [b.id for b in place.bookings],
        "notes": [place.suits, place.suitability, place.again_on]}, "office.place", {"id": id})


def _reason(slug: str, reason: str) -> Subject:
    """The newest sentence of a reason; of one that is new, of any."""
    service = by_slug(slug)
    rules = [DeclineReason.service == (service and service.key)]
    if reason != "ny":
        rules.append(DeclineReason.reason == reason)
    return Subject({"reason": _last(DeclineReason, *rules)}, "office.edit_decline_reason", {
        "slug": slug, "reason": reason})


def _calendar(**_more) -> Subject:
    return Subject({"hours": OpeningHours.week(), "absences": _rows(Reservation.absences(midnight(today()))),
                    "feed": [g.officer.feed_key]}, "office.calendar_settings")


def _intake(slug: str, rests_on: Collection[str] = ()) -> Subject | None:
    """Who is the first to be let in, and not who joins behind."""
    service = by_slug(slug)
    return Subject({"pause": _last(IntakePause, IntakePause.service == service.key),
                    "first": _rows(WaitlistEntry.waiting(service.key)[:1])},
                   "office.intake", {"slug": slug}, rests_on) if service else None


def _letter(id: int) -> Subject:
    """The letter and how its reader is reached, what has happened by which its words may be false, the tasks that it is
    about, and what says to its reader how it is now."""
    letter = db.get_or_404(Letter, id)
    reader, about = letter.reader, letter.about
    told = [e.id for e in about.events if e.kind.type.visible or e.kind.type.voids] if about else []
    tasks = [t for t in letter.assignee.tasks if t.number in letter.event.facts["numbers"]] if letter.assignee else []
    reached = [reader.name, reader.reply, *map(reader.reached_by, Channel)] if reader else []
    return Subject({"letter": [_row(letter), reached, told[-1:], _rows(tasks), [newer.id for newer in letter.newer]]},
                   "office.letter", {"id": id})


ABOUT: dict[str, Callable[..., Subject | None]] = {
    "booking": _case,
    **dict.fromkeys(("save", "mark_read"), lambda reference, **_more: _case(reference).only("case")),
    **dict.fromkeys(("decide", "offer"), _decision),
    "belongs": lambda reference, id: _decision(reference, to=id),
    "plan": lambda reference: _with_planned(_decision(reference), booking_or_404(reference).place),
    "again": lambda id: _with_planned(_visit(id).only("visit", "place"), db.get_or_404(Visit, id).place),
    **dict.fromkeys(("visit", "tasks"), _visit),
    **dict.fromkeys(("reschedule", "cancel", "report"), lambda id: _visit(id).only("visit", "place", "cases")),
    **dict.fromkeys(("findings", "withhold_result", "allow_result"), lambda id: _visit(id).only("visit", "place")),
    # With the task out of which it grows, if any.
    "lead_to": lambda id, slug: _visit(id).only(
        "visit", "place", "cases", "led_to", f"task-{request.values.get('task')}"),
    "send_field_link": lambda id: _visit(id).only("visit", "links"),
    "withdraw_field_link": lambda id: _visit(db.get_or_404(FindingsLink, id).visit_id).only("links"),
    "assignee": lambda id, owner_id: _visit(id).only(f"assignee-{owner_id}"),
    "send_tasks": lambda id: _visit(id).only("visit", "untold", "assignee"),
    "protocol": lambda id: _visit(id).only("visit", "task"),
    **dict.fromkeys(("task", "mark_task_read"), _task),
    "poll": _poll,
    **dict.fromkeys(("open_poll", "close_poll", "show_poll_facts"), lambda id, **_more: _poll(id).only("poll")),
    "poll_counts": lambda id, step: _poll(id).only("counted"),
    "findings_by_link": _findings_by_link,
    "place": _place,
    "describe": lambda id: _place(id).only(f"place-{id}", "notes"),
    "merge": lambda id: _place(id).only("place"),
    "merge_into": lambda id, other: _place(id).only(f"place-{id}", f"place-{other}"),
    "split": lambda id: _place(id).only(f"place-{id}", "cases"),
    "calendar_settings": _calendar,
    **dict.fromkeys(("absence", "end_absence"), lambda **_more: _calendar().only("absences")),
    "hours": lambda: _calendar().only("hours"),
    "renew_feed": lambda: _calendar().only("feed"),
    **dict.fromkeys(("officer_absence", "end_officer_absence"), lambda **_more: Subject(
        {"absences": _rows(OfficerAbsence.coming())}, "office.officer_absence")),
    **dict.fromkeys(("intake", "open_intake"), lambda slug: _intake(slug, ["pause"])),
    "admit_waiting": _intake,
    **dict.fromkeys(("letter", "resolve_letter"), _letter),
    **dict.fromkeys(("held_back", "lift_block"), lambda **_more: Subject(
        {"blocked": _rows(db.session.scalars(select(BlockedAddress)))}, "office.held_back")),
    **dict.fromkeys(("users", "withdraw_invite"), lambda **_more: Subject(
        {"users": [_rows(Invite.open()), [(o.id, o.role) for o in Officer.in_use()]]}, "office.users")),
    **dict.fromkeys(("retention", "withdraw_permit"), lambda: Subject(
        {"permit": _last(RetentionDecision)}, "office.retention")),
    "feedback": lambda id: Subject({"feedback": _row(db.get_or_404(Feedback, id))}, "office.feedback", {"id": id}),
    "edit_decline_reason": _reason,
    "edit_notice": lambda: Subject({"notice": [PrivacyNotice.number()]}, "office.edit_notice"),
    "handout": lambda id: Subject(
        {"handout": _rows(filter(None, [db.get_or_404(Visit, id).handout]))}, "office.handout", {"id": id}),
    "edit_advice": lambda topic: Subject({"advice": _last(AdviceText, AdviceText.topic == topic)},
                                         "office.edit_advice", {"topic": topic}),
    "facts": lambda: Subject({"facts": sorted(map(_row, Figure.all()))}, "office.facts"),
    "decide_many": _many,
}
