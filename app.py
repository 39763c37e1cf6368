"""Book a Police Officer: the parts, put together."""

import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import files
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, render_template, request, send_from_directory
from flask_babel import Babel
from flask_migrate import Migrate
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from werkzeug.sansio.utils import host_is_trusted

import commands
import letters
import retention
import sending
import services
import wording
from district import District
from forms import CAUSES, HELPED, HELPED_WHY, LANGUAGES, OWNERS, ROLES, SUITS, TASK_STATUSES
from models import NotAllowed, db, now, reading_only, will_pass
from office import office
from public import public
from throttle import limiter
from words import FILTERS, HAPPENED, STATUSES, WAYS, until

HERE = Path(__file__).parent
BIGGEST = 2**31 - 1  # no row of ours has a higher number, and a database may not know one
# Where one is, for the pin of a spot (static/spots.js); nothing else that a browser could give.
PERMISSIONS = "geolocation=(self), " + ", ".join(f"{power}=()" for power in (
    "accelerometer", "autoplay", "camera", "display-capture", "fullscreen", "gyroscope", "hid", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb"))
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

DEFAULTS = {
    "SERVER_NAME": "127.0.0.1:8000",  # what links in letters begin with
    "PREFERRED_URL_SCHEME": "http",
    "DISTRICT_FILE": str(HERE / "district.toml"),
    "DEMO": False,  # says on every page that nothing here is real
    "PROXIES": 0,  # how many proxies of our own stand in front
    "MAIL_SERVER": "",  # without one, letters become files in instance/letters/
    "MAIL_PORT": 25,
    "MAIL_DEFAULT_SENDER": None,  # the district's own address
    "DIGEST_MINUTES": 240,  # at most so often, officers get a mail about what is new
    "WARN_DAYS": 2,  # working days before a promise breaks
    "BACKUP_FOLDER": "",  # another than instance/backups, such as another disk
    "BACKUP_PUBLIC_KEY": "",  # to which backups are sealed; flask backup-key makes it and its private twin
    "BACKUP_HOUR": 3,  # o'clock, when each night's backup is made and tried out; None for never
    "BACKUP_DAYS": 7,  # of each of so many days, weeks and months one backup is kept
    "BACKUP_WEEKS": 5,
    "BACKUP_MONTHS": 12,
    "IDLE_MINUTES": 30,  # after which an officer who does nothing is logged out
    "SESSION_HOURS": 10,  # after which an officer is logged out in any case
    "WARY": None,  # whether forms that anybody may send want people and no programs; yes, but in tests
    "SECOND_FACTOR": None,  # whether officers also need a code from their phone; yes, where nothing else is said
    "MAP_TILE_URL": "",  # street tiles would tell a third party who looks; none by default
    "MAP_ATTRIBUTION": "",
    "MAX_CONTENT_LENGTH": 1_000_000,
    "MAX_FORM_MEMORY_SIZE": 300_000,  # of what is typed beside a photo
    "MAX_FORM_PARTS": 2_000,
    "TRUSTED_HOSTS": None,  # by which other names than SERVER_NAME it may be asked; this machine's own
    # An error in the log quotes nobody; a connection that broke meanwhile is made anew.
    "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True, "pool_pre_ping": True},
    "WTF_CSRF_TIME_LIMIT": None,  # a citizen may take an afternoon over a form: its token lasts as the session does
    "BABEL_DEFAULT_LOCALE": "da",
    "BABEL_DEFAULT_TIMEZONE": "Europe/Copenhagen",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "RATELIMIT_STORAGE_URI": "memory://",  # counts per process; redis://... for several
    "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},  # nobody waits for Redis
    "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,  # where it is gone, each process counts for itself
}


def create_app(config: dict | None = None) -> Flask:
    """The application. `config` comes last, after defaults, instance/config.py and BOOKING_... in the environment."""
    app = _configured(config or {})
    db.init_app(app)
    Migrate(app, db, directory=str(HERE / "migrations"), render_as_batch=True)
    sending.mail.init_app(app)
    limiter.init_app(app)
    Babel(app, locale_selector=language)
    app.wsgi_app = ProxyFix(_English(app.wsgi_app), *[app.config["PROXIES"]] * 3)
    app.url_map.converters["int"] = partial(IntegerConverter, max=BIGGEST)
    app.register_blueprint(public)
    app.register_blueprint(office)
    app.add_url_rule("/leaflet/<path:filename>", "leaflet", _leaflet)
    for command in (commands.officer, commands.audit, commands.worker, commands.backup, commands.backup_key,
                    commands.restore, commands.drill, commands.move_to, commands.remove_, commands.rehearse,
                    commands.demo, commands.seed_):
        app.cli.add_command(command)
    _teach_words(app)
    app.before_request(_only_under_our_names)
    app.before_request(_only_read_unless_posted)
    app.before_request(_hear_the_public_out)
    app.teardown_request(lambda _error: reading_only.set(False))
    app.after_request(_headers)
    for error in (400, 403, 404, 405, 413, 429, 500):
        app.register_error_handler(error, _error_page)
    app.register_error_handler(OperationalError, _not_now)
    app.register_error_handler(DataError, lambda _error: _error_page(BadRequest()))  # longer than its column, folded
    app.register_error_handler(NotAllowed, lambda _error: (render_template("error.html", code=409), 409))
    return app


def _configured(config: dict) -> Flask:
    instance = Path(config.get("INSTANCE") or os.environ.get("BOOKING_INSTANCE") or HERE / "instance").absolute()
    instance.mkdir(parents=True, exist_ok=True)
    app = _Site(__name__, instance_path=str(instance))
    app.config.from_mapping(DEFAULTS)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{instance}/bookings.sqlite"
    app.config.from_pyfile(str(instance / "config.py"), silent=True)
    app.config.from_prefixed_env("BOOKING")
    app.config.update(config)
    app.config["SQLALCHEMY_DATABASE_URI"] = re.sub(  # as people and hosting services write it
        r"^postgres(ql)?://", "postgresql+psycopg://", str(app.config["SQLALCHEMY_DATABASE_URI"]))
    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or _own_secret_key(instance / "secret_key")
    if app.config["PREFERRED_URL_SCHEME"] == "https":  # __Host-: no neighbour under the same domain can set it
        app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_NAME="__Host-session")
    app.config["TRUSTED_HOSTS"] = [*(app.config["TRUSTED_HOSTS"] or ("localhost", "127.0.0.1")),
                                   app.config["SERVER_NAME"]]  # their ports do not matter
    if app.config["SECOND_FACTOR"] is None:
        app.config["SECOND_FACTOR"] = not (app.config["DEMO"] or app.config["TESTING"])
    if app.config["WARY"] is None:
        app.config["WARY"] = not app.config["TESTING"]
    app.config["DISTRICT"] = District.load(app.config["DISTRICT_FILE"])
    return app


def _teach_words(app: Flask) -> None:
    """What every template can say."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(
        catalogue=services.SERVICES, reasons=services.REASONS, reason_name=wording.name_of, STATUSES=STATUSES,
        HAPPENED=HAPPENED, WAYS=WAYS, LANGUAGES=LANGUAGES, OWNERS=OWNERS, TASK_STATUSES=TASK_STATUSES, SUITS=SUITS,
        causes=CAUSES, HELPED=HELPED, HELPED_WHY=HELPED_WHY, ROLES=ROLES,
        promise=retention.promise)
    app.context_processor(lambda: {"district": app.config["DISTRICT"], "language": language(), "switch": switch_to,
                                   "authority_for": letters.authority_for})


class _Site(Flask):
    def create_url_adapter(self, request):
        """Who asks for another site gets a page of this one: an error page needs addresses, too."""
        if request:
            host = request.environ.get("HTTP_HOST", "").lower()
            ours = host_is_trusted(host, self.config["TRUSTED_HOSTS"])
            request.environ["booking.elsewhere"] = host and not ours
            request.environ["HTTP_HOST"] = host if ours else self.config["SERVER_NAME"]
        return super().create_url_adapter(request)

    def log_exception(self, exc_info):
        """By the name of the page, never by its address, which may carry a secret."""
        self.logger.error("failed: %s", request.endpoint, exc_info=exc_info)


class _English:
    """Moves a leading /en out of the path: every address has an English twin, and url_for stays in its language.

    Bytes in a query that no browser would send are written as browsers write them, so that no page trips over them.
    """

    def __init__(self, wsgi_app):
        self.wsgi_app = wsgi_app

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path == "/en" or path.startswith("/en/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/en"
            environ["PATH_INFO"] = path[3:] or "/"
        environ["QUERY_STRING"] = re.sub(r"[^!-~]", lambda c: f"%{ord(c[0]):02X}", environ.get("QUERY_STRING", ""))
        return self.wsgi_app(environ, start_response)


def language() -> str:
    return "en" if request and request.script_root.endswith("/en") else "da"


def switch_to(other: str) -> str:
    """This page in the other language."""
    root = request.script_root.removesuffix("/en")
    query = request.query_string.decode()
    return root + ("/en" if other == "en" else "") + request.path + (f"?{query}" if query else "")


def _own_secret_key(file: Path) -> str:
    """Made once and kept beside the database, readable by its owner alone. Two that start at once agree on one."""
    if not file.exists():
        new = file.with_suffix(f".{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(new, file)
        new.unlink()
    key = file.read_text()
    if not key:
        raise RuntimeError(f"{file} is empty. Remove it, and a new key is made; whoever is logged in logs in again.")
    return key


def _only_under_our_names():
    if request.environ.get("booking.elsewhere"):
        abort(400)


def _only_read_unless_posted():
    reading_only.set(request.method in SAFE_METHODS)


def _hear_the_public_out():
    """What they send has all come before the first look at the database: a line that is slow, or holds back on purpose,
    does not hold the door at which writers queue."""
    if request.blueprint != "office":
        request.form  # noqa: B018  (reads it)


def _headers(response):
    """One policy for all pages: nothing from elsewhere, and nothing about people is kept by a browser or a search."""
    tiles = urlsplit(current_app.config["MAP_TILE_URL"])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; img-src 'self' data: {tiles.scheme and f'{tiles.scheme}://{tiles.netloc}'}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = PERMISSIONS
    if current_app.config["PREFERRED_URL_SCHEME"] == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in ("static", "leaflet"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _error_page(error):
    code = getattr(error, "code", 500)
    if code == 500:
        db.session.rollback()
    elif code in (400, 413, 429) or code == 404 and {"secret", "key"} & set(request.view_args or ()):
        current_app.logger.warning("refused with %s: %s", code, request.endpoint)
    if code != 429:
        return render_template("error.html", code=code), code
    again = datetime.fromtimestamp(limiter.current_limit.reset_at + 59, UTC)  # by a clock that shows minutes
    return render_template("error.html", code=code, again=until(now(), again)), code, {
        "Retry-After": str(int(again.timestamp() - now().timestamp()))}


def _not_now(error):
    """The disk is full, or somebody has held the database for too long. Nothing was written; what was typed is handed
    back to be sent again: a booking in its form, all else by a button. To read, the database may still do."""
    db.session.rollback()
    if not will_pass(error.orig):
        current_app.log_exception((type(error), error, error.__traceback__))
        return render_template("error.html", code=500), 500
    current_app.logger.error("could not write: %s: %s", request.endpoint, error.orig)
    reading_only.set(True)
    if request.endpoint == "public.book" and request.method == "POST" and "unsaved" not in g:
        g.unsaved = True
        with suppress(OperationalError):  # a server that is gone does not even let us read
            return current_app.view_functions["public.book"](**request.view_args), 503
    return render_template("error.html", code=503), 503


def _leaflet(filename: str):
    """Leaflet out of its own package, so that it is neither copied into ours nor fetched from elsewhere."""
    home = next(f for f in files("XStatic-Leaflet") if f.name == "leaflet.js").locate().parent
    return send_from_directory(home, filename, max_age=86400)
