"""What surrounds every request: its language, the hosts that are answered, what a GET may do, headers, error pages.

`init_app` registers all of it, in the order in which it happens. The views' common endings stand here as well.
"""

import gzip
import logging
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache, wraps
from pathlib import Path
from urllib.parse import quote, urlsplit

from flask import (
    Flask,
    Request,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    stream_with_context,
    url_for,
)
from flask.globals import request_ctx
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel, gettext
from flask_wtf.csrf import generate_csrf
from jinja2 import PrefixLoader
from sqlalchemy.exc import DataError, OperationalError
from werkzeug import formparser
from werkzeug.exceptions import BadRequest, Conflict, HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Response

from forms import Form, PressForm, is_without_cookie
from labels import until
from languages import LANGUAGES, MAIN, prefix
from models import NotAllowed, db, is_temporary, now, reading_only, stop_writing, writes_later
from templating import CompiledTemplates, TemplatesByLanguage

MOST_TO_FORGET, PIECE = 200_000_000, 65_536  # octets of a body that is too large, and read at once
# Servers write to these by themselves: of what they cannot read, and of what fails before Flask is asked.
SERVER_LOGS = ("gunicorn.error", "waitress")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# What mail programs and people add to the end of a link: no address of ours ends in it, and none has a & or ; or a <,
# with which a tag begins or the same link again; behind a stroke, a < may stand around a reference, too. Behind a
# secret, all is added; behind other addresses, a ? that was written as %3F may have meant something. What is possessive
# is not tried once more in smaller pieces, which would take seconds for a few dozen signs.
_TAG = r"(?:(?<!/)<|<(?=https?:|/|br\b))[^\0]*+"
ADDED_TO_A_LINK = re.compile(rf"(?<=[\w/-])(?!/$)(?:[&;][^/\0]*+|{_TAG}|[^\w\0-])++$|"
                             r"(?:(?<=[\w-]{24})|(?<=[\w-]{24}\.ics))[^\w/.\0-][^\0]*+$", re.ASCII)
LONGEST_ADDRESS = 1_000  # characters of a path; ours have a tenth of that
# The variable parts of an address that are no secret, where a page may be sent packed.
PUBLIC_PARTS = {"slug", "number"}
# Where one is, for the pin of a spot (static/spots.js); nothing else that a browser could give.
PERMISSIONS = "geolocation=(self), " + ", ".join(f"{power}=()" for power in (
    "accelerometer", "autoplay", "camera", "display-capture", "fullscreen", "gyroscope", "hid", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb"))
HEADERS = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": PERMISSIONS}


def init_app(app: Flask) -> None:
    """Register what surrounds every request: middleware, what comes before and after it, and the error pages."""
    for name in SERVER_LOGS:
        logging.getLogger(name).addFilter(leave_address_out)
    Babel(app, locale_selector=language)
    app.wsgi_app = ProxyFix(LanguagePrefix(app.wsgi_app), *[app.config["PROXIES"]] * 3)
    app.url_map.strict_slashes = False  # a stroke at its end leads nowhere else
    app.before_request(reject_foreign_host)
    app.before_request(read_body_early)
    app.before_request(only_read_unless_posted)
    app.teardown_request(may_write_again)
    app.after_request(add_headers)
    app.after_request(pack_page)
    for code in (400, 403, 404, 409, 413, 429, 500):
        app.register_error_handler(code, error_page)
    app.register_error_handler(405, method_not_allowed)
    app.register_error_handler(OperationalError, database_unavailable)
    app.register_error_handler(DataError, lambda _error: error_page(BadRequest()))  # longer than its column
    app.register_error_handler(NotAllowed, lambda _error: error_page(Conflict()))


# The language


class LanguagePrefix:
    """WSGI middleware that moves a leading /en out of the path: every address has a twin in each language, and url_for
    stays in its own.

    Octets in a query that no browser would send are written as browsers write them, so that no page trips over them;
    and what was added to a link on its way is left off: signs at its end, a second stroke at its beginning.
    """

    def __init__(self, wsgi_app):
        self.wsgi_app = wsgi_app

    def __call__(self, environ, start_response):
        path = f"/{environ.get('PATH_INFO', '').lstrip('/')}"
        path = environ["PATH_INFO"] = ADDED_TO_A_LINK.sub("", path) if len(path) < LONGEST_ADDRESS else path
        first = path.removeprefix("/").partition("/")[0]
        if first in LANGUAGES and first != MAIN:
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix(first)
            environ["PATH_INFO"] = path.removeprefix(prefix(first)) or "/"
        environ["QUERY_STRING"] = re.sub(r"[^!-~]", lambda c: f"%{ord(c[0]):02X}", environ.get("QUERY_STRING", ""))
        return self.wsgi_app(environ, start_response)


def language() -> str:
    named = request.script_root.rpartition("/")[2] if request else MAIN
    return named if named in LANGUAGES else MAIN


def switch_to(other: str, path: str = "") -> str:
    """This page in another language, or the one with this path."""
    root = request.script_root.removesuffix(prefix(language()))
    query = request.query_string.decode()
    return root + prefix(other) + (path or quote(request.path) + (f"?{query}" if query else ""))


def file_address(filename: str, endpoint: str = "static") -> str:
    """Of a static file, the same in all languages: who reads on in another one has it already."""
    return switch_to(MAIN, url_for(endpoint, filename=filename).removeprefix(request.script_root))


# Before a request


class MultipartParts(formparser.MultipartDecoder):
    """The parts of a body with files. A name that is no UTF-8, for which Werkzeug takes the whole form for empty, is
    read as well as it can be; a part without a name, with which nothing else here could deal, gets an empty one."""

    def _parse_headers(self, data):
        headers = super()._parse_headers(data.decode(errors="replace").encode())
        options = headers.get("Content-Disposition", "").partition(";")[2]
        headers["Content-Disposition"] = f'form-data; name=""; {options}'  # of two names, the later one counts
        return headers


formparser.MultipartDecoder = MultipartParts  # Werkzeug asks for no other anywhere


class SiteRequest(Request):
    def _load_form_data(self):
        """A body that the server itself cannot read, such as chunks without a length, is no error of ours."""
        try:
            super()._load_form_data()
        except HTTPException:
            raise
        except Exception as error:
            raise BadRequest from error


def leave_address_out(record: logging.LogRecord) -> bool:
    """A filter for logs: what a server says of a request keeps its kind and where in the code it was. Its address,
    which may carry a secret, and what an exception quotes of it or its headers are left out."""
    kind = re.match(r"[\w /]*?\b(request|serving)\b", record.getMessage(), re.IGNORECASE)
    if kind:
        error, _, code = sys.exc_info()
        record.msg = f"{kind[0]}: {error.__name__ if error else 'refused'}"
        record.args, record.exc_info = (), None
        record.exc_text = "".join(traceback.format_tb(code)).rstrip()
    return True


class Sessions(SecureCookieSessionInterface):
    @lru_cache(1)
    def get_signing_serializer(self, app):
        """Made once, and not twice for each request."""
        return super().get_signing_serializer(app)


class Site(Flask):
    """Flask with our requests, our templates, and no address in its log."""

    request_class, jinja_environment, session_interface = SiteRequest, TemplatesByLanguage, Sessions()

    def create_jinja_environment(self):
        kept = CompiledTemplates(Path(self.instance_path) / "compiled")
        self.jinja_options = {"bytecode_cache": kept, **self.jinja_options}
        return super().create_jinja_environment()

    def create_global_jinja_loader(self):
        return PrefixLoader(dict.fromkeys(LANGUAGES, super().create_global_jinja_loader()))

    def create_url_adapter(self, request):
        """A request for a foreign host gets its error page from this one, because that page needs addresses, too."""
        if request:
            host = request.environ.get("HTTP_HOST", "").lower()
            ours = host_is_trusted(host, self.config["TRUSTED_HOSTS"])
            request.environ["booking.elsewhere"] = host and not ours
            request.environ["HTTP_HOST"] = host if ours else self.config["SERVER_NAME"]
        return super().create_url_adapter(request)

    def log_exception(self, exc_info):
        """By the name of the page, never by its address, which may carry a secret."""
        self.logger.error("failed: %s", request.endpoint, exc_info=exc_info)


def reject_foreign_host():
    if request.environ.get("booking.elsewhere"):
        abort(400)


def reads_first(body: int | None = None) -> Callable:
    """For a view that does what takes long before it writes, such as hashing a password. Its POST reads, as a GET does,
    until it or a verb of its model says start_writing(). `body`: so many octets may be sent by whoever is logged in."""
    def marked(view: Callable) -> Callable:
        view.reads_first, view.body = True, body
        return view
    return marked


def read_body_early():
    """Read the body before the first query, so that a slow upload does not hold the database's write lock. That
    somebody is logged in is taken from the signed cookie here; the office's guards ask the database."""
    body = getattr(current_app.view_functions.get(request.endpoint), "body", None)
    if body and "log_in" in session:
        request.max_content_length = body
    request.form  # noqa: B018  (reads it)


def only_read_unless_posted():
    posted = request.method not in SAFE_METHODS
    if posted:
        current_app.jinja_env.compile_letters()
    reading_only.set(not posted)
    writes_later.set(posted and hasattr(current_app.view_functions.get(request.endpoint), "reads_first"))


# After a request


def may_write_again(_error):
    reading_only.set(False)
    writes_later.set(False)


def add_headers(response):
    """One policy for all pages: nothing from elsewhere, and nothing about people is kept by a browser or a search."""
    tiles = urlsplit(current_app.config["MAP_TILE_URL"])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; img-src 'self' data: {tiles.scheme and f'{tiles.scheme}://{tiles.netloc}'}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
    response.headers.update(HEADERS)
    if current_app.config["PREFERRED_URL_SCHEME"] == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in ("static", "leaflet", "citizen.tile"):
        response.headers["Cache-Control"] = "no-store"
    return response


def pack_page(response):
    """With gzip, only a page without a secret that a second answer would hold again: packed, its size would tell what
    of the request is like the secret (BREACH). So only somebody's first page of a visit is, who sends no cookie yet and
    gets fresh tokens; never a page whose address has a secret part, no answer to a POST, and none of an error. Pages
    that are the same for everybody come packed from page_cache.py."""
    repeats_secret = request.cookies or set(request.view_args or ()) - PUBLIC_PARTS
    is_page = request.method == "GET" and response.status_code == 200 and response.mimetype == "text/html"
    response.vary.add("Accept-Encoding")
    if is_page and not (repeats_secret or response.content_encoding) and request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), compresslevel=6))
        response.content_encoding = "gzip"
    return response


# Error pages


def take_the_rest() -> None:
    """Read on to the end of a body that is too large, and forget it: a browser that still sends when the answer comes
    shows no page but a broken line."""
    if request.environ.get("wsgi.input_terminated"):  # else reading on might wait for ever
        with suppress(Exception):  # whatever it is that is being sent
            for _ in range(MOST_TO_FORGET // PIECE):
                if not request.environ["wsgi.input"].read(PIECE):
                    break


def error_page(error):
    code = getattr(error, "code", 500)
    if code in (413, 500):
        stop_writing()
    if code == 413:
        take_the_rest()
    if code in (400, 413, 429) or code == 404 and {"secret", "key"} & set(request.view_args or ()):
        current_app.logger.warning("refused with %s: %s", code, request.endpoint)
    if code != 429:
        return render_template("error.html", code=code), code
    from ratelimits import limiter  # which has just said so

    again = datetime.fromtimestamp(limiter.current_limit.reset_at + 59, UTC)  # by a clock that shows minutes
    return render_template("error.html", code=code, again=until(now(), again)), code, {
        "Retry-After": str(int(again.timestamp() - now().timestamp()))}


def method_not_allowed(error):
    """A GET of an address that only takes a POST: somebody has reloaded the page, or changed its language, after an
    error in a form. They get the page on which the form stands, whose address is the nearest one above."""
    path = request.path
    while request.method in SAFE_METHODS and path:
        path = path.rstrip("/").rpartition("/")[0]
        if path and request_ctx.url_adapter.test(path, "GET"):
            return redirect(request.script_root + path)
    return error_page(error)


def database_unavailable(error):
    """503 where the database refuses for now: the disk is full, or another process has locked it for too long. Nothing
    was written, and the page hands back what was typed, to be sent again. Reading may still work."""
    db.session.rollback()
    if not is_temporary(error.orig):
        current_app.log_exception((type(error), error, error.__traceback__))
        return render_template("error.html", code=500), 500
    current_app.logger.error("could not write: %s: %s", request.endpoint, error.orig)
    return render_template("error.html", code=503), 503


# How views end


def form_page(template: str, form: Form, **shown):
    """The page of a form; with status 422 where an answer must be put right."""
    return render_template(template, form=form, **shown), 422 if form.errors else 200


def download(file, mimetype: str, name: str) -> Response:
    """A file to save. What streams is read after the end of the request, and still in a transaction that only reads."""
    def guarded():
        reading_only.set(True)  # until the context of the stream is torn down
        yield from file

    streams = not isinstance(file, (str, bytes, list))
    return Response(stream_with_context(guarded()) if streams else file, mimetype=mimetype, headers={
        "Content-Disposition": f"attachment; filename={name}"})


def commit_and_redirect(address: str, message: str = "", warning: str = "") -> Response:
    """Commit what the view has changed, say so, and lead on by a GET. In the office, who pressed has the press
    kept, and this answer to it: office/versions.py."""
    answer = [address, str(message), str(warning)]
    if "keep_press" in g:
        g.keep_press(answer)
    db.session.commit()
    return lead_on(*answer)


def lead_on(address: str, message: str = "", warning: str = "") -> Response:
    for category, words in (("message", message), ("warning", warning)):
        if words:
            flash(words, category)
    return redirect(address, 303)


def say_stale() -> None:
    """Have the page show what is stored beside what was typed (templates/_form.html), and say why."""
    g.stale = True
    flash(gettext("Nothing was sent or saved by this press: this has changed since the page was shown to you, perhaps "
                  "because the button was pressed twice. Here it is as it stands now. Press once more only if it is "
                  "still to be done."), "warning")


def shown_version() -> int | None:
    """The number of the newest event that the page in front of a citizen told of, as its form carries it."""
    return request.form.get("version", type=int)


def redirect_unchanged(address: str, message: str, form: Form | None = None) -> Response:
    """Lead on without any change, and say why; past what was typed into `form`, where that has come too late."""
    if form and form.typed():
        g.typed, g.back = form, address
        abort(409)
    return lead_on(address, warning=str(message))


def needs_press(view: Callable) -> Callable:
    """A view behind a single button: a POST without a valid token gets a page that asks for another press."""
    @wraps(view)
    def checked(**values):
        if request.method == "POST" and not PressForm().validate():
            return render_template("error.html", code="cookie" if is_without_cookie() else "token",
                                   token=generate_csrf()), 400
        return view(**values)
    checked.is_press = True
    return checked
