"""The languages of the site. A further one is one folder: translations/<code>/LC_MESSAGES/messages.po."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from babel import Locale
from flask_babel import LazyString, force_locale, get_locale

MAIN = "da"  # the office's own; its addresses have no prefix
SOURCE = "en"  # in which the code says its sentences; what has not been translated is read in it
Said = TypeVar("Said")


def name_of(language: str, reader: str = "") -> str:
    """What a language is called in the reader's language, that of the moment, such as Dansk or Danish."""
    return Locale.parse(language).get_language_name(reader or get_locale()).capitalize()


def prefix(language: str) -> str:
    """What the path of an address in that language begins with."""
    return "" if language == MAIN else f"/{language}"


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Of one text in several languages that in `language`, else the one in English, else any. Empty: there is none."""
    return texts.get(language) or texts.get(SOURCE) or next(filter(None, texts.values()), "")


_translated = sorted(folder.name for folder in Path(__file__).with_name("translations").iterdir())
# Each language by its own name, whatever the page is in: for whoever looks for theirs.
LANGUAGES = {language: name_of(language, language) for language in dict.fromkeys([MAIN, SOURCE, *_translated])}
# Each by the reader's name for it: within a page or a letter.
LANGUAGE_NAMES = {language: LazyString(name_of, language) for language in LANGUAGES}


def in_each_language(say: Callable[[], Said], languages: Iterable[str] = LANGUAGES) -> dict[str, Said]:
    """What `say` says, {language: said}; it speaks the language of the moment."""
    said = {}
    for language in languages:
        with force_locale(language):
            said[language] = say()
    return said
