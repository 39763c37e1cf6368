"""That letters go: a worker takes what waits (`send_due`), and may be killed at any moment."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.charset import QP, Charset
from email.utils import formataddr
from pathlib import Path

from flask import current_app, render_template
from flask_mail import BadHeaderError, Connection, Mail, Message
from markupsafe import Markup
from sqlalchemy import and_, or_, select

from models import (
    Fate,
    Letter,
    Way,
    db,
    now,
)
from words import linked

mail = Mail()
SHORT_LINES = Charset("utf-8")  # however long a paragraph is, a line of a mail has at most 998 octets
SHORT_LINES.body_encoding = QP
TIMEOUT = 60  # seconds to wait for a mail server, which may look a letter through before it answers


def send_due(stopped: Callable[[], bool] = lambda: False) -> int:
    """Send what is due until nothing is left, the mail server is gone or `stopped` says so; how many letters went.

    Each letter is claimed and the claim committed before it is sent. What a killed worker had in hand is sent once
    more after a while, under the same Message-ID: better recognisably twice than not at all. While a letter is on its
    way no lock is held: a slow mail server keeps nobody waiting.
    """
    went, postman = 0, _Postman()
    try:
        while not stopped() and (letter := Letter.claim()):
            db.session.commit()
            try:
                message, file = _as_mail(letter), f"{letter.id:06}-{letter.kind}.eml"
                db.session.rollback()
                refusal = postman.carry(message, file)
            except Exception:  # unforeseen, so tried again like any other until it counts as failed
                current_app.logger.exception("a letter could not be carried")
                db.session.rollback()
                refusal = _Refusal("server")
            if refusal is None:
                letter.went()
                went += 1
            elif refusal.for_good:
                letter.refused(refusal.words)
            else:
                letter.put_off(refusal.words)
            db.session.commit()
            if refusal and refusal.is_the_servers:
                break
    finally:
        postman.leave()
        db.session.rollback()
    return went


def stuck() -> bool:
    """Whether letters wait that a living worker would have sent, or that a living mail server would have taken."""
    overdue, long_ago = now() - timedelta(minutes=15), now() - timedelta(hours=2)
    servers = and_(Letter.tries > 0, Letter.made_at < long_ago, Letter.error.not_like("refused%"))
    return db.session.scalar(select(Letter.id).where(
        Letter.way == Way.EMAIL, Letter.fate.in_((Fate.WAITING, Fate.SENDING)),
        or_(Letter.next_try_at < overdue, servers)).limit(1)) is not None


def by_mail_server() -> bool:
    """Whether letters go to a mail server; otherwise they become files in instance/letters/."""
    return bool(current_app.config["MAIL_SERVER"])


@dataclass(frozen=True)
class _Refusal:
    """Why a letter did not go: `words` begin with a key of words.ERRORS."""

    words: str
    for_good: bool = False

    @property
    def is_the_servers(self) -> bool:
        """Whether the next letter would fare no better."""
        return not self.words.startswith(("refused", "address"))


class _Postman:
    """Carries letters over one connection, opened when the first is handed over."""

    def __init__(self):
        self.connection: _Connection | None = None

    def carry(self, message: Message, file: str) -> _Refusal | None:
        """Hand over one letter; what stood in the way, or None."""
        try:
            if not by_mail_server():
                return _keep_as_file(message, file)
            if self.connection is None:
                self.connection = _Connection(current_app.extensions["mail"]).__enter__()
            self.connection.send(message)
            return None
        except (smtplib.SMTPException, OSError) as error:
            self.leave()  # the next letter starts on a connection of its own
            return _refusal(error)
        except (BadHeaderError, ValueError):  # an address that no mail server could read
            return _Refusal("address", for_good=True)

    def leave(self) -> None:
        if self.connection:
            self.connection.__exit__(None, None, None)
            self.connection = None


def _refusal(error: Exception) -> _Refusal:
    """What a mail server's no means: 5xx for this reader or this letter is for good, all else may pass."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return _Refusal(_reply("refused", code, words), for_good=code >= 500)
        case smtplib.SMTPDataError():
            return _Refusal(_reply("refused", error.smtp_code, error.smtp_error), for_good=error.smtp_code >= 500)
        case smtplib.SMTPAuthenticationError():
            return _Refusal(_reply("login", error.smtp_code, error.smtp_error))
        case smtplib.SMTPResponseException():  # of the sender or the greeting: our set-up, not the letter
            return _Refusal(_reply("server", error.smtp_code, error.smtp_error))
        case ssl.SSLCertVerificationError():
            return _Refusal("certificate")
    # smtplib takes a read that timed out for a broken connection; the cause stands behind it.
    slow = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    return _Refusal("timeout" if slow else "unreachable")


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
    return f"{what} {code} {' '.join(words.split())}"


def _as_mail(letter: Letter) -> Message:
    district = current_app.config["DISTRICT"]
    message = Message(
        letter.subject, recipients=[letter.recipient], body=letter.text, html=html_twin(letter),
        sender=current_app.config["MAIL_DEFAULT_SENDER"] or formataddr(
            (str(district.name.in_language(letter.language)), district.email)),
        charset=SHORT_LINES, reply_to=district.email, date=letter.made_at.timestamp(),
        extra_headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
                       "Content-Language": letter.language})
    message.msgId = letter.message_id
    if letter.calendar:
        method = "CANCEL" if "METHOD:CANCEL" in letter.calendar else "PUBLISH"
        message.attach("aftale.ics", f"text/calendar; method={method}; charset=utf-8", letter.calendar)
    return message


def html_twin(letter: Letter) -> str:
    """The same words as simple HTML: paragraphs, and links where the text has addresses."""
    paragraphs = [Markup("<br>\n").join(linked(line) for line in p.split("\n"))
                  for p in letter.text.strip().split("\n\n")]
    return render_template("letters/twin.html", letter=letter, paragraphs=paragraphs)


def forget_files(letters: list[Letter]) -> None:
    """Where letters are written as files, these are gone, too."""
    folder = Path(current_app.instance_path, "letters")
    for name in (f"{letter.id:06}-{letter.kind}.eml" for letter in letters):
        (folder / name).unlink(missing_ok=True)
        (folder / f".{name}").unlink(missing_ok=True)  # what a killed worker had begun


def _keep_as_file(message: Message, file: str) -> None:
    folder = Path(current_app.instance_path, "letters")
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f".{file}").write_bytes(message.as_bytes())
    (folder / f".{file}").rename(folder / file)
