"""The forms of a poll: what a phone answers, and what an officer counted in the room."""

from .fields import Count, OneOf
from .form import Form


def poll_form(questions) -> type[Form]:
    """One choice for each question (catalogue/polls.py)."""
    return type("PollForm", (Form,), {question.key: OneOf(question.text, question.options) for question in questions})


class _CountsForm(Form):
    def numbers(self) -> dict[tuple[str, str], int]:
        """How many for each (question, option); none, where nothing is written."""
        return {tuple(field.short_name.split("-")): field.data or 0 for field in self if isinstance(field, Count)}


def counts_form(questions) -> type[_CountsForm]:
    """A number for each option of each question."""
    fields = {f"{question.key}-{option}": Count(words, required=False, most=1000)
              for question in questions for option, words in question.options.items()}
    groups = tuple((question.text, (tuple(f"{question.key}-{option}" for option in question.options),))
                   for question in questions)
    return type("CountsForm", (_CountsForm,), {**fields, "groups": groups})
