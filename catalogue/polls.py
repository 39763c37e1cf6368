"""What a poll asks at a meeting or on a walk, and what came of it in words."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext, lazy_gettext as _l

from forms import YES_NO, in_my_language
from models import Poll, PollRound

BOTH = (PollRound.BEFORE, PollRound.AFTER)
ROUNDS = {PollRound.BEFORE: _l("Before"), PollRound.AFTER: _l("Afterwards")}
UNKNOWN = "unknown"
TREND_YEARS = 5  # over which a poll asks what has changed
BANDS = (5, 10, 25, 50)  # of a thousand homes, where each band of guesses begins; the first one begins at none


@dataclass(frozen=True, kw_only=True)
class PollQuestion:
    """One question, answered by choosing one of `options`, which go from the best to the worst.

    `counted` are the options whose share letters and figures tell, in the sentence `said`. Where it is empty, they are
    those that make it worse than it is. `fact` names the figure that answers a guess (facts/), and `right(value)` is
    the option that holds by it.
    """

    key: str
    text: str
    options: dict[str, str]
    said: str
    counted: tuple[str, ...] = ()
    rounds: tuple[PollRound, ...] = (PollRound.BEFORE,)
    fact: str = ""
    right: Callable[[float], str] | None = None

    def worse_than(self, option: str) -> tuple[str, ...]:
        """The options that make it worse than `option` does; not to know is none of them."""
        order = [key for key in self.options if key != UNKNOWN]
        return tuple(order[order.index(option) + 1:])


BAND_NAMES = {
    "0": _l("Fewer than %(number)s", number=BANDS[0]),
    **{str(low): _l("%(first)s–%(last)s", first=low, last=high - 1)
       for low, high in zip(BANDS, BANDS[1:], strict=False)},
    str(BANDS[-1]): _l("%(number)s or more", number=BANDS[-1])}
NOT_KNOWN = {UNKNOWN: _l("Don’t know")}
TREND = PollQuestion(
    key="trend", fact="burglary_trend", right=lambda value: ("fewer", "same", "more")[int(value) + 1],
    text=_l("Are there more or fewer reported burglaries in homes in our municipality than %(years)s years ago?",
            years=TREND_YEARS),
    options={"fewer": _l("There are fewer"), "same": _l("About as many"), "more": _l("There are more")} | NOT_KNOWN,
    counted=("more",),
    said=_l("%(number)s of %(total)s believed that there are more burglaries in homes than %(years)s years ago."))
LEVEL = PollQuestion(
    key="level", fact="burglary_level", right=lambda value: str(max(low for low in (0, *BANDS) if low <= value)),
    text=_l("Of a thousand homes in our municipality, how many have a burglary reported in a year?"),
    options=BAND_NAMES | NOT_KNOWN,
    said=_l("%(number)s of %(total)s believed that burglaries hit more homes than they do."))
SAFE = PollQuestion(
    key="safe", rounds=BOTH, text=_l("How safe do you feel here?"),
    options={"very_safe": _l("Very safe"), "safe": _l("Safe"), "neither": _l("Neither safe nor unsafe"),
             "unsafe": _l("Unsafe"), "very_unsafe": _l("Very unsafe")},
    counted=("very_safe", "safe"), said=_l("%(number)s of %(total)s felt safe or very safe."))
LEARNED = PollQuestion(
    key="learned", rounds=(PollRound.AFTER,), text=_l("Did you learn something that you did not know?"),
    options=YES_NO, counted=("yes",), said=_l("%(number)s of %(total)s learned something that they did not know."))


def counted(question: PollQuestion, poll: Poll) -> tuple[str, ...]:
    """The options whose share is told of `poll`; none where that hangs on a figure that was not shown."""
    fact = poll.facts.get(question.key)
    return question.counted or (question.worse_than(fact["right"]) if fact else ())


def fact_in_words(question: PollQuestion, poll: Poll) -> str:
    """What the figures say to it, with their source, as it was shown; empty where nothing was."""
    fact = poll.facts.get(question.key)
    return gettext("%(fact)s Source: %(source)s.", fact=in_my_language(fact["texts"]),
                   source=in_my_language(fact["sources"])) if fact else ""


def results_in_words(questions: tuple[PollQuestion, ...], poll: Poll | None) -> list[str]:
    """What came of a poll, a line for each question and round that enough have answered."""
    return [_line(question, poll, poll_round) for question in questions for poll_round in question.rounds
            if poll and poll.results(poll_round, question.key) and counted(question, poll)]


def _line(question: PollQuestion, poll: Poll, poll_round: PollRound) -> str:
    results = poll.results(poll_round, question.key)
    said = str(question.said) % {"number": sum(results.get(option, 0) for option in counted(question, poll)),
                                 "total": sum(results.values()), "years": TREND_YEARS}
    return " ".join(filter(None, (f"{ROUNDS[poll_round]}: {said}", fact_in_words(question, poll))))
