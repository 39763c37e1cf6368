"""What a browser sends, as it was meant: without signs that nobody sees, with one kind of line break; or without its
cookie."""

import re
import unicodedata

from flask import current_app, request
from werkzeug.datastructures import MultiDict
from wtforms import DateTimeField, Field, PasswordField

from models.limits import REFERENCE_LENGTH, REFERENCE_LETTERS

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
# How else mail programs, word processors and people write the signs of a link: a stroke, in whatever spaces; a line
# break, with the marks of what is quoted; a space; a hyphen.
_A_STROKE = re.compile("[/\\\\\uff0f\u2044\u2215]|%(?:25){0,3}2F|&#(?:x2F|47);", re.IGNORECASE)
_A_BREAK = re.compile("\n|<br ?/?>", re.IGNORECASE)
_WRITTEN = re.compile(rf"(?:{_A_STROKE.pattern}|{_A_BREAK.pattern}|[\s>|]|=(?=\s)|%(?:25){{0,3}}20)++", re.IGNORECASE)
_HYPHENS = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
# What _plain_sign makes of them. Proofpoint writes a stroke as _, and = as -3D.
_GAP, _BREAK, _STROKE = r"[ \n]\0*+", r"\n\0*+", r"(?:[ \n]\0*+)?+(?:[/_]\0*+)++(?:[ \n]\0*+)?+"
_REFERENCE = rf"[{REFERENCE_LETTERS}](?:(?:{_GAP}|-)?+[{REFERENCE_LETTERS}]){{{REFERENCE_LENGTH - 1}}}"
_NUMBER = rf"\d++(?:(?:{_GAP}|-)\d++)?+"
# An address that lets somebody in, up to its secret: those of PAGES in mail/letters.py, that of whoever says that it
# was not them, an officer's calendar, and that of a form for the waiting list; also within another link.
_LINK = re.compile(
    rf"(?:(?<![a-z])|(?<=3F))(?:(?:sag{_STROKE}{_REFERENCE}|(?:ansvar|besked){_STROKE}{_NUMBER}|ikke-(?:2D)?mig|"
    rf"kontor{_STROKE}(?:kalender|(?:felt|invitation){_STROKE}{_NUMBER})){_STROKE}|"
    rf"adgang(?:(?:=|[=%](?:25){{0,3}}3D|{_GAP})\d++-|-(?:25){{0,3}}3D\d++-(?:2D)?))", re.ASCII | re.IGNORECASE)
# A secret of new_secret() may be broken; a longer one is signed, with dots in it. An older one may begin with _, which
# is taken for a stroke, or have lost a dash at its end.
_SECRET = re.compile(rf"[\w-](?:(?:{_BREAK})?[\w-]){{22,23}}(?:[\w.-]*[\w-])?|[\w.-]{{15,}}[\w-]", re.ASCII)
# In a field of one line, browsers make a space of a line break: what follows would be as long as a secret.
_IN_TWO = re.compile(rf"([\w-]{{1,31}}+){_GAP}([\w-]{{1,31}}+)(?![\w-])(\.ics)?", re.ASCII)
# Other people's addresses have such strokes, too, and words behind them: /ansvar/2026/generalforsamling-24-maj. Of 17
# million secrets, one would look like that. What stands on the next line may be the rest of it.
_WORD = r"(?:[A-Z]?[a-z]++|\d++)"
_WORDS = re.compile(rf"{_WORD}(?:(?:[_.-]|{_BREAK})++{_WORD})*+[_.-]*+(?!(?:{_BREAK})?\w)", re.ASCII)
_LONGEST_WORDS = 100  # characters: behind each of thousands of links, all the rest would be looked at for minutes
_FIELD_NAME = re.compile("[A-Za-z0-9_-]{1,80}")


def tidied(typed: str) -> str:
    """What a person sees of what they have typed or pasted, without spaces around it. Every kind of space becomes a
    space and every kind of line break a \\n; what cannot be seen is left out, and so are the secrets of links. What a
    Mac writes as a letter and its ring or accent is one letter."""
    plain = _SPACE.sub(" ", _LINE_BREAK.sub("\n", unicodedata.normalize("NFC", typed)))
    return redact_links(_INVISIBLE.sub("", plain).strip())


def redact_links(text: str) -> str:
    """For whoever may read a text and not act for the owner of a link in it: a secret link is its owner's key."""
    plain, kept, done = _WRITTEN.sub(_plain_sign, text.translate(_HYPHENS)), [], 0
    for link in _LINK.finditer(plain):
        start = link.end()
        if start >= done and (end := _end_of_secret(plain, start)):
            kept += text[done:start], "…"
            done = end
    return "".join(kept) + text[done:]


def _plain_sign(written: re.Match) -> str:
    """One sign for each way to write it, as long as that was: all others stay where they are."""
    run = written[0]
    sign = "/" if _A_STROKE.search(run) else "\n" if _A_BREAK.search(run) else " "
    return sign.ljust(len(run), "\0")


def _end_of_secret(plain: str, start: int) -> int | None:
    """Where the secret ends that begins here; None where words stand here, or nothing so long."""
    in_two = _IN_TWO.match(plain, start)
    if in_two and _is_secret(*in_two.groups()):
        return in_two.end()
    if _WORDS.match(plain, start, start + _LONGEST_WORDS):
        return None
    secret = _SECRET.match(plain, start)
    return secret.end() if secret else None


def _is_secret(first: str, rest: str, calendar: str | None) -> bool:
    lengths = (31, 32) if calendar else (23, 24)
    return len(first + rest) in lengths and not _WORDS.fullmatch(f"{first}-{rest}")


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
