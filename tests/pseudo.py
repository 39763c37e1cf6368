"""A third language that nobody speaks: every sentence in brackets and two fifths longer.

What stands on a page outside of brackets was not marked for translation. Its code is Esperanto's, so that Babel knows
how it writes dates and numbers; of the site's own sentences it gets none but these.
"""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from helpers_code import in_the_code

CODE, NAME = "eo", "Esperanto"
OPEN, CLOSE = "⟦", "⟧"
# What takes a value stays as it is, and so does what a sentence is only a vessel for.
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|\{\w+\})")


def pseudo(sentence: str) -> str:
    parts = _KEPT.split(sentence)
    longer = "".join(part if n % 2 else re.sub(r"[^\W\d_]{2,}", _longer, part) for n, part in enumerate(parts))
    return f"{OPEN}{longer}{CLOSE}"


def _longer(word: re.Match) -> str:
    return word[0] + "ö" * round(len(word[0]) * 0.4)


def written(folder: Path) -> Path:
    """A folder of translations with the one language in it."""
    catalogue = Catalog(locale=CODE)
    for message in in_the_code():
        if message.id:
            several = message.pluralizable
            catalogue.add(message.id, tuple(map(pseudo, message.id)) if several else pseudo(message.id))
    file = folder / CODE / "LC_MESSAGES" / "messages.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as compiled:
        write_mo(compiled, catalogue)
    return folder


def outside(text: str) -> str:
    """What is left of a text without what stands in brackets, or in those that were cut off."""
    before = ""
    while text != before:
        before, text = text, re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", text)
    return re.sub(rf"{OPEN}[^{CLOSE}]*?(…|\.\.\.)", " ", text)
