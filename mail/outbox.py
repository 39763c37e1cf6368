"""That letters go: a worker takes what waits (`send_due`), and may be killed at any moment."""

import re
import smtplib
import ssl
import textwrap
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import Message as StandardMessage
from email.policy import SMTP, compat32
from email.utils import parseaddr, quote
from itertools import groupby
from pathlib import Path

from flask import current_app, render_template
from flask_mail import BadHeaderError, Connection, Mail, Message
from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import defer

from forms import redact_links
from languages import in_language
from models import UNSENT, Channel, DeliveryStatus, Letter, Officer, db, in_ascii, now, writing_beside_others
from models.letters import READERS_ERRORS

from .letters import sign_for_reader, why_not_to_send

mail = Mail()
SHORT_LINES = Charset("utf-8")  # however long a paragraph is, a line of a mail has at most 998 octets
SHORT_LINES.body_encoding = QP
# Codes of a refusal (RFC 3463) that is about us or the route, and not about this reader or this letter: the mail
# system, the network, the protocol, what our letters are made of, the permission to send.
ABOUT_US = re.compile(r"[45]\.[3-7]\.\d+")
ENHANCED = re.compile(r"(?<![\d.])[45]\.(?![01]\.0\b)[0-7]\.\d{1,3}(?!\.?\d)")  # x.0.0 and x.1.0 say nothing
# The same of servers that give no such code (RFC 5321, 4.2.3; RFC 4954, section 6). 450 is the mailbox's.
ABOUT_US_CODES = {421, 432, 451, 452, 454, 455, 530, 534, 535, 538, 571}
# Servers choose their codes freely, so their words are read, too. These are about us whatever the code, and so are the
# codes of our own address.
ABOUT_US_WORDS = re.compile(
    r"send ?as ?denied|\bsubmission\b|on behalf|(?:allowed|authori[sz]ed) to send(?! to)|dnsbl|spamhaus|"
    r"(?:black|block) ?list|(?<!not )\blisted\b|\bsender (?:address|rejected|denied|verify|mailbox)|"
    r"\b(?:spf|dkim|dmarc|ptr)\b|(?<![\d.])[45]\.1\.[78](?!\.?\d)|authentication (?:is )?required|unable to relay|"
    r"\brelay(?:ing)?(?: access)?(?: is)? (?:denied|prohibited|disallowed|not (?:allowed|permitted|authorized))", re.I)
# And these, where the code is not the reader's own: it may be their machine that is named, or the way back to us.
PERHAPS_ABOUT_US_WORDS = re.compile(
    r"\brelay(?! recipient table)|authenti|client host|\bauth\b|reverse dns|dns mx|\bsender|\bmail from\b|"
    r"\bfrom (?:address|header)|\b(?:he|eh)lo\b|rcpthosts|gateway|not verified|administrative prohibition|"
    r"server configuration|policy rejection|logged in|\byour (?:smtp )?account|lookup failed|"
    r"too many(?! messages on)|max emails|send limit|rate.?limit|\bdaily\b|throttl|frequency|\bsending\b", re.I)
THE_READERS_CODE = re.compile(r"[45]\.(?:1\.(?:[1236]|10)|2\.[1-4])")
# With these a code that is about us is about one reader after all, who is perhaps only busy, full or guarded.
ABOUT_THE_READER_WORDS = re.compile(
    r"mailbox|quota|recipient|\buser\b(?! complaints)|gr[ae]y.?list|not yet authorized to deliver|domain|"
    r"host not found", re.I)
# And with these, whatever else is said of senders and lists: this reader takes mail from few, as Exchange's groups do,
# or may be nobody.
GUARDED = re.compile(
    r"resolver\.rst|(?:allowed.|list of )senders|receive limit|by (?:the )?recipient|"
    r"(?:account|domain) may not exist(?!.*sender verify)|5\.7\.(?:12\d|13[3-6]|193)\b", re.I)
# What is no word about us: an address, and what our server's own server has heard at the reader's (Postfix).
HEARSAY = re.compile(r"\S+@\S+|\b(?:unverified|undeliverable) address:.*", re.I | re.S)
# A no for good that says this will not become a yes, even where its code says something else.
NO_SUCH_READER = re.compile(
    r"\b(?:mailbox|recipient|user) (?:unavailable|unknown|rejected|is (?:disabled|inactive|unknown)|doesn.t|does not|"
    r"not (?:found|known|local|available))|\bno (?:such )?mailbox|unknown (?:user|address|local|recipient)|"
    r"no such (?:user|recipient|address)|address (?:does not|doesn.t) exist|unrout|bad destination", re.I)
# However it is numbered, this passes.
PASSES = re.compile(r"per (?:hour|day)|(?:exceeded|over) (?:their|its|the) limit|receiving mail|\blater\b", re.I)
# How errors begin that do not pass by waiting: somebody must see to the mail server.
NEEDS_REPAIR = ("server 5", "login 5", "certificate", "configuration")
SUBJECT_LINE = 70  # characters of its lines: an encoded word has at most 75 (RFC 2047, section 2)
MANY_READERS = 5  # so many have no full mailbox at one time
NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # before any letter of ours
TIMEOUT = 60  # seconds to wait for a mail server, which may look a letter through before it answers
# That these get theirs says nothing of the others, and the other way round: a relay may deny what goes to other
# domains, and take what goes to ours.
TO_OFFICERS = Letter.recipient.in_(select(Officer.email))


@writing_beside_others()
def send_due(stopped: Callable[[], bool] = lambda: False) -> int:
    """Send what is due until nothing is left, the mail server is gone or `stopped` says so; how many letters went.

    Each letter is claimed and the claim committed before it is sent. What a killed worker had in hand is sent once
    more after a while, under the same Message-ID: better recognisably twice than not at all. While a letter is on its
    way no lock is held: a slow mail server keeps nobody waiting. That two workers claim two letters, its row sees to.
    """
    sent, transport = 0, _Transport()
    Letter.hold_back_past()
    db.session.commit()
    try:
        while not stopped() and (letter := Letter.claim()):
            error = None
            letter.follow_reader()  # who may have moved while a worker had it in hand that was killed
            if letter.delivery_status is not DeliveryStatus.SENDING:
                db.session.commit()
                continue
            if why := why_not_to_send(letter):
                letter.suppress(why)
            # What another worker had in hand when it was killed may be idle by now.
            elif not (letter.assignee and letter.assignee.hold_back_if_idle(letter)):
                error = _try(letter, transport)
            db.session.commit()
            if letter.delivery_status is DeliveryStatus.SENT:
                sent += 1
                _try_others_earlier(letter)
                db.session.commit()
            if error and error.is_the_servers:
                break
    finally:
        transport.close()
        db.session.rollback()
    return sent


def _try(letter: Letter, transport: "_Transport") -> "_SendError | None":
    """Send a letter that is held for this worker, and note what became of it; what stood in the way, or None."""
    sign_for_reader(letter)
    db.session.commit()
    try:
        message, file = _as_mail(letter), f"{letter.id:06}-{letter.kind}.eml"
        db.session.rollback()
        error = transport.send(message, file)
    except Exception:  # unforeseen, so tried again like any other until it counts as failed
        current_app.logger.exception("a letter could not be sent")
        db.session.rollback()
        error = _SendError("server")
    if error is None:
        letter.mark_sent()
    elif why := why_not_to_send(letter):  # by now
        letter.suppress(why)
    elif error.for_good:
        letter.mark_failed(error.words)
    else:
        letter.retry_later(error.words)
    if letter.assignee:
        letter.assignee.hold_back_idle_letters()
    return error


def _try_others_earlier(sent: Letter) -> None:
    """Now that the server takes mails to such readers again, what it has refused since the last one went is tried at
    once: its pause may be hours. What others have overtaken before is perhaps its reader's, and keeps its own time."""
    is_to_officer = db.session.scalar(select(Officer.id).where(Officer.email == sent.recipient).limit(1))
    readers = TO_OFFICERS if is_to_officer else ~TO_OFFICERS
    put_off = [readers, Letter.error != "", *(~Letter.error.startswith(word) for word in READERS_ERRORS)]
    if db.session.scalar(select(Letter.id).where(Letter.is_put_off(), *put_off).limit(1)):
        last = _newest_sent(readers, Letter.id != sent.id)
        Letter.try_earlier(*put_off, Letter.first_tried_at >= last)


def stuck() -> bool:
    """Whether letters wait that a living worker would have sent, or that a mail server that is set up rightly and well
    would have taken: its last word was no, to us for half an hour, to more than one reader for two hours, or in a way
    that does not pass by waiting. Readers whom others have overtaken may have themselves to thank, unless there are
    many."""
    overdue, a_while_ago, long_ago = (now() - timedelta(minutes=minutes) for minutes in (15, 30, 120))
    waits = db.session.scalar(select(Letter.id).where(Letter.is_to_be_mailed(), Letter.next_try_at < overdue).limit(1))
    if waits and _newest_sent(true()) < overdue:  # else the server is slow
        return True
    refused = _tried_in_vain(TO_OFFICERS) + _tried_in_vain(~TO_OFFICERS)
    if any(letter.error.startswith(NEEDS_REPAIR) or letter.refused_since < a_while_ago and not letter.error.startswith(
            "refused") for letter in refused):
        return True
    some = {letter.mailbox for letter in refused if letter.refused_since < long_ago}
    still_refused = db.session.scalar(select(func.count(Letter.mailbox.distinct())).where(
        Letter.channel == Channel.EMAIL, Letter.delivery_status.in_(UNSENT), Letter.error.not_in(("", "address")),
        Letter.refused_since < long_ago))
    return len(some) > 1 or still_refused > MANY_READERS  # one alone: it may be theirs


def _tried_in_vain(readers: ColumnElement[bool]) -> list[Letter]:
    """The mails to these readers that the server would not take, and since whose first try it has taken none of
    them."""
    in_vain = and_(Letter.channel == Channel.EMAIL, readers, Letter.tries > 0, Letter.error.not_in(("", "address")),
                   Letter.delivery_status.in_((*UNSENT, DeliveryStatus.FAILED)))
    if not db.session.scalar(select(Letter.id).where(in_vain).limit(1)):
        return []
    last = _newest_sent(readers)
    tried = db.session.scalars(select(Letter).where(
        in_vain, Letter.next_try_at >= last, Letter.first_tried_at >= last).options(
        defer(Letter.text), defer(Letter.calendar)))
    return [letter for letter in tried if last <= letter.tried_at <= now()]


def _newest_sent(readers: ColumnElement[bool], *rules: ColumnElement[bool]) -> datetime:
    """When the server has last taken a mail to one of these readers: of those, the one that was claimed last, which an
    index finds."""
    went = and_(Letter.delivery_status == DeliveryStatus.SENT, Letter.channel == Channel.EMAIL,
                Letter.done_by_id.is_(None), Letter.sent_at <= now())  # the clock may have been ahead
    return db.session.scalar(select(Letter.sent_at).where(went, readers, *rules).order_by(
        Letter.next_try_at.desc()).limit(1)) or NEVER


def by_mail_server() -> bool:
    """Whether letters go to a mail server; otherwise they become files in instance/letters/."""
    return bool(current_app.config["MAIL_SERVER"])


@dataclass(frozen=True)
class _SendError:
    """Why a letter did not go: `words` begin with a key of labels.ERRORS."""

    words: str
    for_good: bool = False

    @property
    def is_the_servers(self) -> bool:
        """Whether the next letter would fare no better."""
        return not self.words.startswith(READERS_ERRORS)


class _Transport:
    """Sends letters over one connection, opened for the first of them."""

    def __init__(self):
        self.connection: _Connection | None = None

    def send(self, message: Message, file: str) -> _SendError | None:
        """Hand over one letter; what stood in the way, or None."""
        if not _is_address(*message.recipients):
            return _SendError("address", for_good=True)
        try:
            if not by_mail_server():
                return _keep_as_file(message, file)
            if self.connection is None:
                self.connection = _Connection(current_app.extensions["mail"]).__enter__()
            self.connection.send(message)
            return None
        except (smtplib.SMTPException, OSError, BadHeaderError, ValueError) as error:
            self.close()  # the next letter starts on a connection of its own
            return _refusal(error)

    def close(self) -> None:
        if self.connection:
            self.connection.__exit__(None, None, None)
            self.connection = None


def _refusal(error: Exception) -> _SendError:
    """What a mail server's no means: 5xx for this reader or this letter is for good, all else may pass."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return _refused(*next(iter(error.recipients.values())))
        case smtplib.SMTPDataError():
            return _refused(error.smtp_code, error.smtp_error)
        case smtplib.SMTPAuthenticationError():
            return _SendError(_reply("login", error.smtp_code, error.smtp_error))
        case smtplib.SMTPResponseException():  # of the sender or the greeting: our set-up, not the letter
            return _SendError(_reply("server", error.smtp_code, error.smtp_error))
        case ssl.SSLCertVerificationError():
            return _SendError("certificate")
        case smtplib.SMTPServerDisconnected():
            pass
        case smtplib.SMTPException() | BadHeaderError() | ValueError():
            # Our settings ask for STARTTLS or a log-in that the server does not offer, or hold a name or a password
            # that cannot be sent.
            return _SendError("configuration")
    # smtplib takes a read that timed out for a broken connection; the cause stands behind it.
    slow = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    return _SendError("timeout" if slow else "unreachable")


def _refused(code: int, words: bytes | str) -> _SendError:
    """A no after the sender was taken. A relay that is set up wrongly says it here, too: that is not the reader's.

    Where code and words do not agree, the letter waits: for good is only what is the reader's beyond doubt.
    """
    reply = _reply("", code, words)
    said = HEARSAY.sub("", reply)
    enhanced = ENHANCED.search(reply)
    names_nobody = NO_SUCH_READER.search(said) is not None
    code_is_ours = ABOUT_US.fullmatch(enhanced[0]) if enhanced else code in ABOUT_US_CODES
    code_is_theirs = enhanced and THE_READERS_CODE.fullmatch(enhanced[0])
    is_ours = ABOUT_US_WORDS.search(said) or PERHAPS_ABOUT_US_WORDS.search(said) and not code_is_theirs or (
        code_is_ours and not (names_nobody or ABOUT_THE_READER_WORDS.search(said)))
    if is_ours and not GUARDED.search(said):
        return _SendError(f"server{reply}")
    is_final = names_nobody or enhanced and not code_is_ours and not PASSES.search(said)
    return _SendError(f"refused{reply}", for_good=code >= 500 and bool(is_final))


class _Connection(Connection):
    """Flask-Mail's connection with what it lacks: a timeout, a checked certificate, a departure that cannot fail."""

    def configure_host(self):
        mail = self.mail
        context = ssl.create_default_context() if mail.use_ssl or mail.use_tls else None
        if mail.use_ssl:
            host = smtplib.SMTP_SSL(mail.server, mail.port, timeout=TIMEOUT, context=context)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=TIMEOUT)
        try:
            if mail.use_tls:
                host.starttls(context=context)
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        mail.max_emails = None  # else Flask-Mail may part and reconnect, and fail, after a letter was accepted
        return host

    def __exit__(self, *exception):
        with suppress(smtplib.SMTPException, OSError):  # what was accepted stays so, however the server says goodbye
            super().__exit__(*exception)


def _reply(what: str, code: int, words: bytes | str) -> str:
    words = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{what} {code} {redact_links(' '.join(words.split()))}"  # a filter may quote the link that it minds


class _Mail(Message):
    """Flask-Mail's message, but for three headers: it encodes a sender's name again, and folds without counting the
    header's own name, so that Python folds once more, in the middle of an encoded word (RFC 2047, section 5); and an
    address without brackets in front of per cent is a mark of spam to SpamAssassin (TO_NO_BRKTS_PCNT)."""

    sender_name = ""

    def _message(self) -> StandardMessage:
        message = super()._message()
        message.policy = compat32  # takes lines that are folded already
        message.replace_header("From", f"{_phrase(self.sender_name)}\n <{self.sender}>")
        message.replace_header("To", f"<{self.recipients[0]}>")
        message.replace_header("Subject", Header(self.subject, header_name="Subject", maxlinelen=SUBJECT_LINE).encode())
        message.policy = SMTP
        return message


def _is_address(recipient: str) -> bool:
    """Whether it is a single address that every mail server can read, and no line of the head besides."""
    try:
        Address(addr_spec=recipient)
    except (MessageError, ValueError, IndexError):
        return False
    return recipient.isascii()


def _phrase(name: str) -> str:
    """A name before an address (RFC 5322, 3.2.5): one encoded word (RFC 2047) where it fits; else what is plain ASCII
    in quotation marks, which some readers show, other words encoded once, and no line so long that it is folded
    again."""
    whole = Header(name, "utf-8", maxlinelen=70).encode()
    if not name.isascii() and '"' not in name and "\n" not in whole:
        return whole
    parts = []
    for plain, words in groupby(name.split(), lambda word: word.isascii() and "=?" not in word and len(word) < 60):
        run = " ".join(words)
        if plain:
            parts += [f'"{quote(line)}"' for line in textwrap.wrap(run, 60, break_on_hyphens=False)]
        else:
            parts.append(Header(run, "utf-8", maxlinelen=70).encode())
    return "\n ".join(parts)


def _as_mail(letter: Letter) -> Message:
    district, own = current_app.config["DISTRICT"], current_app.config["MAIL_DEFAULT_SENDER"]
    name, address = parseaddr(own) if own and isinstance(own, str) else own or ("", district.email)
    message = _Mail(
        letter.subject, recipients=[in_ascii(letter.recipient)], body=letter.text, html=html_twin(letter),
        sender=in_ascii(address), charset=SHORT_LINES, reply_to=in_ascii(district.email),
        date=letter.made_at.timestamp(),
        extra_headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
                       "Content-Language": letter.language})
    message.msgId, message.sender_name = letter.message_id, name or in_language(district.name, letter.language)
    if letter.calendar:
        method = "CANCEL" if "\nMETHOD:CANCEL" in letter.calendar else "PUBLISH"
        message.attach("aftale.ics", f"text/calendar; method={method}; charset=utf-8",
                       letter.calendar.encode())
    return message


def html_twin(letter: Letter) -> str:
    """The same words as simple HTML: paragraphs, and links where the text has addresses."""
    return render_template("letters/twin.html", letter=letter)


def delete_letter_file(letter: Letter) -> None:
    """Where letters are written as files, this one is gone, too, and what a killed worker had begun of it."""
    for hidden in ("", "."):
        name = f"{hidden}{letter.id:06}-{letter.kind}.eml"
        Path(current_app.instance_path, "letters", name).unlink(missing_ok=True)


def _keep_as_file(message: Message, file: str) -> None:
    folder = Path(current_app.instance_path, "letters")
    folder.mkdir(mode=0o700, exist_ok=True)
    octets = message.as_bytes()  # before there is a file: what is no mail leaves none behind
    (folder / f".{file}").touch(mode=0o600)
    (folder / f".{file}").write_bytes(octets)
    (folder / f".{file}").rename(folder / file)
