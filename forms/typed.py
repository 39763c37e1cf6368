"""What a browser sends, as it was meant: without signs that nobody sees, with one kind of line break; or without its
cookie."""

import re
import unicodedata

from flask import current_app, request
from werkzeug.datastructures import MultiDict
from wtforms import DateTimeField, Field, PasswordField

from models.limits import REFERENCE_LENGTH

# What is left out of all that is typed. Joiners stay between signs of scripts that need them, Persian's, India's and
# emoji, and right behind a virama, as older Malayalam and Bengali end words; a sign that chooses how the one before it
# looks stays after an emoji or a letter that is not ASCII; and a flag keeps its tags.
_NEVER_SEEN = ("\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
               "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffc\U0001bca0-\U0001bca3"
               "\U0001d173-\U0001d17a"
               # What is no character, in no plane: XML takes none of them.
               "\ufdd0-\ufdef" + "".join(f"{chr(plane + 0xfffe)}{chr(plane + 0xffff)}"
                                         for plane in range(0, 0x110000, 0x10000)))
_JOINERS, _VARIATION = "\u200c\u200d", "\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_VIRAMAS = "".join(sign for sign in map(chr, range(0x0900, 0x1c00)) if unicodedata.combining(sign) == 9)
_INVISIBLE = re.compile("|".join((
    f"(?<![^\0-\x7f])[{_NEVER_SEEN}{_JOINERS}{_VARIATION}]+(?!\u20e3)",
    f"[{_NEVER_SEEN}]",
    f"(?<![\u0600-\u1fff\u2010-\U0010ffff])[{_JOINERS}]+",
    f"(?<![{_VIRAMAS}])[{_JOINERS}]+(?![\u0600-\u1fff\u2010-\U0010ffff])",
    "(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+")))
_LINE_BREAK = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACE = re.compile(r"[^\S\n]")
# Fixed and narrow spaces, and what chooses how a sign looks.
_PASTED_ALONG = re.compile(f"[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000{_VARIATION}]")
_WIDE = {code: code - 0xfee0 for code in range(0xff01, 0xff5f)}
# An address that lets somebody in, up to its secret: those of PAGES in mail/letters.py, that of whoever says that it
# was not them, that of a form for the waiting list, and an officer's calendar; also within another link, as mail
# programs wrap them: Proofpoint writes a stroke as _, and = as -3D. A reference may be written in parts, and a
# line may end in the middle, where a reader's mail program breaks it. Each run of strokes is tried once, from its
# beginning and whole: thousands of them would be looked at for minutes.
_WRAP = r"=?[ \t]*\n[> \t]*"
_BREAK = rf"(?:{_WRAP}|[ -]|%20)"
_STROKE = rf"(?<![/_])(?<!%2F)(?<!%252F)(?<!%25252F)(?:[/_]|%(?:25){{0,3}}2F)++(?:=\s|[\s>])*+"
_REFERENCE = rf"[a-z0-9](?:{_BREAK}?[a-z0-9]){{{REFERENCE_LENGTH - 1}}}"
_OPENED_BY_LINK = rf"(?:ansvar|besked|felt|invitation){_STROKE}\d+(?:{_BREAK}\d+)?"
# Other people's addresses have such strokes, too, and words behind them: /invitation/2026/generalforsamling-24-maj. Of
# 17 million secrets, one would look like that. What stands on the next line may be the rest of it.
_WORD = r"(?:[A-Z]?[a-z]++|\d++)"
_WORDS = rf"(?-i:{_WORD}(?:(?:[_.-]|{_WRAP})++{_WORD})*+[_.-]*+(?!(?:{_WRAP})?\w))"
_SECRET_LINK = re.compile(
    rf"({_STROKE}(?:sag{_STROKE}{_REFERENCE}|{_OPENED_BY_LINK}|ikke-(?:2D)?mig|kontor{_STROKE}kalender){_STROKE}|"
    rf"(?:\b|3F)adgang(?:=|[=%-](?:25){{0,3}}3D)\d+-(?:2D)?)(?!{_WORDS})"
    # A secret of new_secret() may be broken; a longer one is signed, with dots in it.
    rf"(?:[\w-](?:(?:{_WRAP})?[\w-]){{23}}(?:[\w.-]*[\w-])?|[\w.-]{{15,}}[\w-])", re.ASCII | re.IGNORECASE)
_FIELD_NAME = re.compile("[A-Za-z0-9_-]{1,80}")


def tidied(typed: str) -> str:
    """What a person sees of what they have typed or pasted, without spaces around it. Every kind of space becomes a
    space and every kind of line break a \\n; what cannot be seen is left out, and so are the secrets of links. What a
    Mac writes as a letter and its ring or accent is one letter."""
    plain = _SPACE.sub(" ", _LINE_BREAK.sub("\n", unicodedata.normalize("NFC", typed)))
    return redact_links(_INVISIBLE.sub("", plain).strip())


def redact_links(text: str) -> str:
    """For whoever may read a text and not act for the owner of a link in it: a secret link is its owner's key."""
    return _SECRET_LINK.sub(r"\1…", text)


def narrow(typed: str) -> str:
    """With ordinary letters, digits and signs for the wide ones that keyboards of East Asia write."""
    return typed.translate(_WIDE)


class Typed(MultiDict):
    """What was sent to a form or to a row of it, tidied; `sent` is what it was before. Names that no field of ours can
    have are left out: the number of a row is read from them, and not every sign that Unicode calls a digit can be
    read."""

    def __init__(self, sent: MultiDict, form):
        self.sent, start = sent, form._prefix
        fields = {f.name: f for f in form}
        super().__init__((name, _as_meant(value, fields.get(name))) for name, value in sent.items(multi=True)
                         if name.startswith(start) and _FIELD_NAME.fullmatch(name))


def _as_meant(typed: str, field: Field | None) -> str:
    if isinstance(field, PasswordField):
        return typed
    keyboard = (getattr(field, "render_kw", None) or {}).get("inputmode")
    # Nobody means such signs in these.
    if keyboard in ("email", "numeric", "decimal") or isinstance(field, DateTimeField):
        typed = narrow(_PASTED_ALONG.sub("", typed))
    return tidied(typed)


def is_without_cookie() -> bool:
    """Whether the browser sends back no cookie of ours: it keeps none, or has just been opened again."""
    return current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
