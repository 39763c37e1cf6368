"""What an officer can do with bookings, one or many at once, and which are ticked on a list."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app, g, request
from flask_babel import gettext, lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import MultiDict

from catalogue import SERVICES, Service, reasons as decline_reasons
from forms import (
    AskForm,
    DeclineForm,
    DelayForm,
    Form,
    InformationForm,
    MessageForm,
    MoveForm,
    PressForm,
    ReferForm,
    ReopenForm,
    SpamForm,
    authorities,
)
from labels import reference as in_halves
from mail.letters import address_key
from models import UNDECIDED, BlockedAddress, Booking, BookingStatus, Clash, Place, Visit, db
from reporting import answer_by

from .dates import clash_in_words


@dataclass(frozen=True)
class CaseAction:
    """What an officer can do with one booking, or with many at once. `form` is made for all of them, out of what was
    typed. Where it `writes` to some of the citizens, the letters are shown before the officer sends them."""

    name: str
    allowed: Callable[[Booking], bool]
    form: Callable[[list[Booking], MultiDict | None], Form]
    verb: Callable[[Booking, Form], object]
    many: bool = True
    writes: Callable[[list[Booking]], bool] = lambda bookings: True


def _services_of(bookings: list[Booking]) -> list[Service]:
    return [SERVICES[key] for key in dict.fromkeys(b.service for b in bookings)]


def _reasons_for(bookings: list[Booking]) -> dict:
    """The reasons for a no that fit all of them."""
    first, *others = [decline_reasons.offered(service) for service in _services_of(bookings)]
    return {code: name for code, name in first.items() if all(code in reasons for reasons in others)}


def _mark_as_spam(booking: Booking, block: bool) -> None:
    booking.mark_as_spam(g.officer)
    if block and booking.email:
        BlockedAddress.add(address_key(booking.email), booking, g.officer)


class NamedOtherwise(Exception):
    """The stretch of a place has a name, and the form with another one was not filled in with it: whoever typed that
    has not seen what it would overwrite, nor the cases that are in it. `words` say so to them."""

    def __init__(self, place: Place):
        super().__init__(f"place {place.id} is called otherwise")
        self.words = gettext(
            "%(place)s is called “%(stretch)s” already, and other cases may belong to it. Write that here, or leave "
            "this field as it was. On the page of the place you can give it another name, or part it.",
            place=place, stretch=place.from_to)


@contextmanager
def refusals_at(form: Form):
    """What the model does not take of a press, or of its preview, stands at its field, and nothing is done."""
    try:
        yield
    except Clash as clash:
        db.session.rollback()
        field = form["times"] if "times" in form else form[form.parts[0]]
        field.errors = [clash_in_words(clash)]
    except NamedOtherwise as other:
        db.session.rollback()
        form["from_to"].errors = [other.words]


def named_place(form: MoveForm, at_hand: Place) -> Place:
    """The part of the road whose stretch the officer types; where none is called so, the one at hand is from now on, or
    the known one of another road, if that had no name. What is not typed names none: the form was filled in with the
    place at hand, unless it is about several."""
    place, stretch, shown = Place.at(**form.place(at_hand)), form.from_to.data or "", form.from_to.object_data or ""
    same_road = (place.postcode, place.road_key) == (at_hand.postcode, at_hand.road_key)
    is_typed = stretch != shown
    if same_road and (not is_typed or place.from_to != stretch):
        place = at_hand
    if is_typed and (same_road or stretch) and place.from_to != stretch:
        if place.from_to and (place is not at_hand or place.from_to != shown):
            raise NamedOtherwise(place)
        place.describe(g.officer, place.suits, place.suitability, stretch, place.again_on)
    return place


def _move_form(bookings: list[Booking], typed: MultiDict | None) -> MoveForm:
    """Filled in with their place, unless they are of several. Where some of many have fallen out since, a stretch that
    is blank was shown blank, and takes no name away."""
    first, *others = dict.fromkeys(b.place for b in bookings)
    form = MoveForm(typed, obj=None if others else first)
    if typed and "sag" in typed and not form.from_to.data:
        form.from_to.object_data = ""
    return form


ACTIONS = {
    "imoedekom": CaseAction(
        _l("Accept"), lambda b: b.allows(BookingStatus.ACCEPTED), lambda bs, typed: MessageForm(typed),
        lambda b, form: b.accept(g.officer, form.words.data or "")),
    "spoerg": CaseAction(
        _l("Ask for information"), lambda b: b.allows(BookingStatus.NEEDS_INFORMATION),
        lambda bs, typed: AskForm(typed, answer_by=max(b.rules.answer_due() for b in bs)),
        lambda b, form: b.ask(g.officer, form.words.data, form.answer_by.data)),
    "afslag": CaseAction(
        _l("Decline"), lambda b: b.allows(BookingStatus.DECLINED),
        lambda bs, typed: DeclineForm(typed).with_reasons(_reasons_for(bs), {
            s.key: decline_reasons.reworded(s) for s in _services_of(bs)}),
        lambda b, form: b.decline(g.officer, form.reason.data, form.words.data or "", form.instead.data or "",
                                  decline_reasons.sentence(form.reworded[b.service].get(form.reason.data, {}), b))),
    "henvis": CaseAction(
        _l("Refer to somebody else"), lambda b: b.allows(BookingStatus.REFERRED),
        lambda bs, typed: ReferForm(typed).offer(authority=authorities(
            current_app.config["DISTRICT"], ", ".join(sorted({b.place.municipality for b in bs})))),
        lambda b, form: b.refer(g.officer, form.authority.data, form.words.data or "")),
    "oplys": CaseAction(
        _l("The citizen has phoned or written"), lambda b: b.is_open, lambda bs, typed: InformationForm(typed),
        lambda b, form: b.give_information(form.words.data, g.officer), many=False, writes=lambda bs: False),
    "traek-tilbage": CaseAction(
        _l("Withdraw for the citizen"), lambda b: b.is_open, lambda bs, typed: PressForm(typed),
        lambda b, form: b.withdraw(g.officer), many=False),
    "genoptag": CaseAction(
        _l("Take up again"), lambda b: b.may_reopen, lambda bs, typed: ReopenForm(typed),
        lambda b, form: b.reopen(form.words.data, g.officer), many=False),
    "udsaet": CaseAction(
        _l("Tell of a delay"), lambda b: b.is_open, lambda bs, typed: DelayForm(typed).after(
            max(b.due_on for b in bs), answer_by(max(bs, key=lambda b: b.id))),
        lambda b, form: b.delay(g.officer, form.words.data, form.due_on.data)),
    "flyt": CaseAction(
        _l("Move to another place"), lambda b: True,
        _move_form,
        lambda b, form: b.move(g.officer, named_place(form, b.place)), writes=lambda bs: any(b.offers for b in bs)),
    "spam": CaseAction(
        _l("Mark as spam and set aside"), lambda b: b.status in UNDECIDED, lambda bs, typed: SpamForm(typed),
        lambda b, form: _mark_as_spam(b, form.block.data), writes=lambda bs: False),
}
FOR_MANY = {name: action for name, action in ACTIONS.items() if action.many}
NONE_TICKED = _l("Nothing is ticked. Tick the cases, or “All on this page”, and then press a button.")


def listed(cases: list[Booking]) -> str:
    return ", ".join(in_halves(b.reference) for b in cases)


def changed_in_words(cases: list[Booking]) -> str:
    """What is said of those that are left out of what is done for many."""
    return gettext("Left out, because something has happened there meanwhile: %(cases)s",
                   cases=listed(cases)) if cases else ""


def selected_cases() -> list[Booking]:
    """The bookings that are ticked on a list, alone or by their place, or all of its page."""
    page = request.form.get("page", "").split()
    if "all" in request.form:
        return in_full(page)
    here, asked = request.form.getlist("sted"), select(Booking.reference, Booking.place_id)
    places = dict(db.session.execute(asked.where(Booking.reference.in_(page))).all()) if here else {}
    return in_full([*request.form.getlist("sag"), *(r for r in page if str(places.get(r)) in here)])


def in_full(named: list[str]) -> list[Booking]:
    """The bookings of these references with what deciding on them needs, read at once however many they are."""
    if not named:
        return []
    found = db.session.scalars(select(Booking).where(Booking.reference.in_(named)).options(
        selectinload(Booking.visits).selectinload(Visit.events),
        *map(selectinload, (Booking.place, Booking.proposals, Booking.events))))
    return sorted(found, key=lambda b: named.index(b.reference))


def for_many(bookings: list[Booking]) -> dict[str, CaseAction]:
    """What can be done with at least one of them when it is ticked."""
    return {n: a for n, a in FOR_MANY.items() if any(a.allowed(b) for b in bookings)}
