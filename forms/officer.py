"""What an officer may type."""

from datetime import date, timedelta
from typing import Self

from flask_babel import gettext, lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import StopValidation

from languages import LANGUAGE_NAMES, MAIN
from models.enums import Channel
from models.limits import CONTROL_WEEKS, KNOWN_SPOTS, RELEASE_DAYS
from models.working_days import add_working_days, is_closed

from .citizen import NAMED, WAYS, BookingForm, ContactForm, PlaceForm, PostcodeOrTown
from .fields import NO_PERSONAL_DATA, AnyOf, Day, InEachLanguage, Line, OneOf, Select, Text
from .form import Form, as_more, day_in_words, flat, refuse_if
from .validators import EmailAddress, NoPersonalData, day_here, in_district, in_my_language, unless_stored

CHANNELS = {"phone": _l("Phone"), "paper": _l("Letter or in person")}


class PressForm(Form):
    """A single button."""


# An officer tells whom to ask, and how to reach them.
ANYBODY_TO_ASK = NoPersonalData(contacts_too=False)


def must_be_coming(_form, field) -> None:
    """A day to come, within two years."""
    latest = day_here() + timedelta(days=730)
    if field.data and not day_here() < field.data <= latest:
        raise StopValidation(gettext("Write a date that lies ahead, %(day)s at the latest.",
                                     day=day_in_words(latest)))


def own_words() -> Text:
    return Text(_l("Your own words to the citizen"), 1500, required=False, rules=[ANYBODY_TO_ASK],
                render_kw={"rows": 4}, description=_l(
                    "Is put into the letter as it stands, in the citizen’s language. No names and no number plates."))


class SpamForm(Form):
    block = BooleanField(_l("From now on send no receipts to this e-mail address"), description=_l(
        "What is booked under it still comes to the work list, and your own answers still go to it."))


class MessageForm(Form):
    """An action whose letter may carry a few words of the officer's own."""

    words = own_words()


class WithholdForm(Form):
    """Why a result is kept from the public."""

    withhold = Text(_l("Hold the result back from the public, because …"), 500, rules=[], render_kw={"rows": 2},
                    description=_l("Only officers read the reason."))


class ReportForm(Form):
    """The findings are sent; they may be held back from the public."""

    withhold = Text(_l("Hold the result back from the public, because …"), 500, required=False, rules=[],
                    render_kw={"rows": 2}, description=_l(
        "Left empty, everybody can read the result %(days)s working days after the letters; of a meeting, walk or van, "
        "only if the organiser has agreed. Only officers read the reason.", days=RELEASE_DAYS))


class AskForm(Form):
    words = Text(_l("What do you need to know?"), 1500, rules=[ANYBODY_TO_ASK], render_kw={"rows": 4}, description=_l(
        "Is put into the letter as it stands, in the citizen’s language. No names and no number plates."))
    answer_by = Day(_l("Answer wanted by"), rules=[must_be_coming])


class DelayForm(Form):
    words = Text(_l("What does the case wait for?"), 600, rules=[ANYBODY_TO_ASK], render_kw={"rows": 3}, description=_l(
        "Is put into the letter as it stands, in the citizen’s language. Never write when or that a control is "
        "planned."))
    due_on = Day(_l("New date for the answer"), rules=[must_be_coming])

    def after(self, promised: date, expected: date | None = None) -> "DelayForm":
        """A delay is later than what was promised; `expected` is the day that the queue gives. What is proposed is the
        later of that and the first working day on which it would be a delay at all."""
        self.promised = promised
        self.due_on.object_data, self.due_on.is_stored = promised, True
        first = add_working_days(max(promised, day_here()), 1)
        self.due_on.data = self.due_on.data or max(first, expected or first)
        return self

    def validate_due_on(self, field):
        refuse_if(field.data <= self.promised, gettext(
            "Write a day after the one that was promised: %(day)s.", day=day_in_words(self.promised)))
        refuse_if(is_closed(field.data), gettext("The office is shut on that day. Write another one."))


class DeclineForm(Form):
    """`reasons` and their words belong to the service, so the choices are set by whoever shows the form; `reworded`
    are the officer's own sentences, by service, reason and language."""

    reason = OneOf(_l("Reason"))
    words = own_words()
    instead = Text(_l("What the citizen can do instead"), 600, required=False, rules=[ANYBODY_TO_ASK],
                   render_kw={"rows": 3}, description=_l("Another way, if there is one."))

    def with_reasons(self, reasons: dict, reworded: dict) -> Self:
        self.reworded = reworded
        return self.offer(reason=reasons)


class ReferForm(Form):
    authority = OneOf(_l("To whom?"))
    words = own_words()


class DeclineReasonForm(Form):
    """The sentence of one reason. `name` is asked where the reason is the officers' own."""

    name = Line(_l("What officers call it"), 60)
    texts = InEachLanguage(_l("What the citizen reads"), 1000, rules=[ANYBODY_TO_ASK], rows=4)
    put_away = BooleanField(_l("Put away: do not offer it for now"))


class NoteForm(Form):
    words = Text(_l("Internal note"), 4000, rules=[], render_kw={"rows": 3},
                 description=_l("Is never sent and never shown outside the office."))


class JournalForm(Form):
    journal = Line(_l("Journal number"), 40, required=False)


SUITS = {"": _l("Not known"), "suitable": _l("Suitable"), "nearby": _l("Suitable nearby"),
         "unsuitable": _l("Not suitable")}


class PlaceNotesForm(Form):
    suits = Select(_l("Does the place suit?"), SUITS, required=False)
    suitability = Text(_l("Suitability of the place"), 2000, required=False, rules=[],
                       render_kw={"rows": 3}, description=_l("For officers only, such as where it is safe to stand."))
    from_to = Line(_l("Stretch"), 200, required=False)
    again_on = Day(_l("No control before"), required=False, description=_l(
        "Otherwise %(weeks)s weeks after the last one. It is advice, nothing is locked.", weeks=CONTROL_WEEKS))


class MergeForm(Form):
    road = Line(_l("Road"), 120)
    postcode = Line(_l("Postcode"), 4, render_kw={"inputmode": "numeric", "class": "form-input-short"})


class SplitForm(Form):
    """A stretch of the same road that is a place of its own, and those who asked about it."""

    stretch = Line(_l("The other stretch"), 200)
    asked = AnyOf(_l("Who asked about it?"))


class ColleagueForm(Form):
    """To whom a link is mailed, to the findings of a visit or to the office."""

    email = Line(_l("The colleague’s e-mail"), 254, rules=[EmailAddress()],
                 render_kw={"type": "email", "inputmode": "email", "autocomplete": "off"})
    language = OneOf(_l("Language of the letter"), LANGUAGE_NAMES, default=MAIN)


class MoveForm(PlaceForm):
    """The place that something is really about. An officer names it; pins are the citizens'."""

    lat = lng = accuracy = None
    postcode = PostcodeOrTown(rules=[unless_stored(in_district)])  # it may have become another district's since
    from_to = Line(_l("Stretch"), 200, required=False)


class CitizenContactForm(ContactForm):
    """Who asks, as an officer writes it down."""

    reply = OneOf(_l("How does the citizen want the answer?"), WAYS)


# What the questions say to a citizen, and what they say to an officer who answers them for one.
TO_THE_OFFICER = (
    (NO_PERSONAL_DATA, _l("Leave out names, CPR numbers and number plates that the citizen mentions.")),
    (NAMED, _l("Only the police see the name and the number. Ask the citizen to tell whoever it is.")),
    (_l("Would you like to tell us more?"), _l("What else does the citizen say?")),
    (_l("What makes you feel unsafe?"), _l("What makes people feel unsafe?")),
    (_l("Why you ask"), _l("Why the citizen asks")),
    (_l("Topics you would like"), _l("Topics that the citizen would like")),
    (_l("Places you already know"), _l("Places that the citizen already knows")),
    (_l("Where do you want to meet?"), _l("Where does the citizen want to meet?")),
    (_l("Can you hold a follow-up meeting?"), _l("Can the citizen hold a follow-up meeting?")),
    (_l("Up to %(most)s, pleasant places too. Do you need more rows? Go on to the next page and come back.",
        most=KNOWN_SPOTS),
     _l("Pleasant places too. What the rows do not hold, the words above do.")),
    (_l("This booking is not a permit. You apply for that separately."),
     _l("Tell the citizen that the booking is no permit: that is applied for separately.")),
    (_l("A straight and flat stretch is needed. If it is your own land, say whether we may use it: we do not write in "
        "our answers where we parked."),
     _l("A straight and flat stretch is needed. If it is the citizen’s own land, ask whether we may use it.")),
)
# How somebody is answered unless they choose.
ANSWERED_BY = {"phone": Channel.PHONE, "paper": Channel.POST}


def phone_form(questions: type[BookingForm]) -> type[BookingForm]:
    """A service's booking form as an officer fills it in for someone who phoned, wrote or came by: who it is comes
    first."""
    *others, (_, who_asks) = questions.groups
    first = ("name", ("phone", "email"), "channel", "reply", "address")

    class TakenInForm(questions):
        phone, address = (as_more(asked, more=False) for asked in (questions.phone, questions.address))
        channel = OneOf(_l("How did it come in?"), CHANNELS)
        reply = OneOf(_l("How does the citizen want the answer?"), WAYS, required=False, description=_l(
            "Otherwise we answer the way that it came in, or by what is written here."))
        groups = ((_l("Who asks"), (*first, *(item for item in who_asks if item not in flat(first)))), *others)
        fold = Form.fold
        min_seconds, homepage = 0, None  # whoever has logged in is a person
        lead_days = 1  # whoever takes it in knows what can be done in time
        common = questions.common | {"channel"}

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            retold = {str(asked): words for asked, words in TO_THE_OFFICER}
            self.groups = tuple((retold.get(str(heading), heading), names) for heading, names in self.groups)
            for field in self:
                field.label.text = retold.get(str(field.label.text), field.label.text)
                field.description = retold.get(str(field.description), field.description)

        def validate(self, extra_validators=None) -> bool:
            chosen = self.reply.data
            self.reply.data = chosen or self._way_of_answer()
            is_valid = super().validate(extra_validators)
            if not is_valid:
                self.reply.data = chosen  # what is corrected may lead to another way
            return is_valid

        def _way_of_answer(self) -> Channel | None:
            written = {Channel.PHONE: self.phone.data, Channel.EMAIL: self.email.data, Channel.POST: self.address.data}
            ways = [ANSWERED_BY.get(self.channel.data, Channel.EMAIL), *written]
            return next((way for way in ways if written[way]), None)

        def columns(self) -> dict:
            return {**super().columns(), "channel": self.channel.data}

    return TakenInForm


def authorities(district, municipality: str) -> dict[str, str]:
    """To whom a wish from `municipality` can be referred: key and name."""
    return {a.key: f"{in_my_language(a.name)}" + (f" ({municipality})" if a.key == "municipality" else "")
            for a in district.authorities}
