"""Book a Police Officer: the parts, put together."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from traceback import walk_tb
from typing import Annotated, Literal

import msgspec
from flask import Flask
from sqlalchemy import URL
from sqlalchemy.event import contains, listen
from werkzeug.local import LocalProxy
from werkzeug.routing import IntegerConverter

import web
from catalogue import REASONS, ROUNDS, SERVICES, TOPICS, fact_in_words, reasons, results_in_words
from district import MAILBOX, District
from forms import ASSIGNEES, CAUSES, HELPED, HELPED_WHY, ROLES, SUITS, TASK_STATUSES, WAYS, redact_links
from labels import EVENT_LABELS, FILTERS, PARTS_OF_DAY, STATUSES
from languages import LANGUAGE_NAMES, LANGUAGES, MAIN
from mail import letters, outbox
from models import (
    COPENHAGEN,
    OpeningHours,
    Result,
    append_audit_entry,
    close_on,
    db,
    drop_pending_events,
    in_ascii,
    limits,
    settle_state_attributes,
)
from ops.cli import ops
from privacy import retention
from street_map import StreetMap

HERE = Path(__file__).parent
BIGGEST = 2**31 - 1  # no row of ours has a higher number, and a database may not know one
# What every commit does besides, in this order and in its transaction; and what a rollback forgets.
SESSION_HOOKS = (("before_commit", append_audit_entry), ("before_commit", letters.write_letters),
                 ("after_soft_rollback", drop_pending_events))

DEFAULTS = {
    "SERVER_NAME": "127.0.0.1:8000",  # what links in letters begin with
    "PREFERRED_URL_SCHEME": "http",
    "DISTRICT_FILE": str(HERE / "district.toml"),
    "SECRET_KEY": "",  # the one in instance/secret_key, where nothing else is said
    "DEMO": False,  # says on every page that nothing here is real
    "PROXIES": 0,  # how many proxies of our own stand in front
    "MAIL_SERVER": "",  # without one, letters become files in instance/letters/
    "MAIL_PORT": 25,
    "MAIL_USE_TLS": False,
    "MAIL_USE_SSL": False,
    "MAIL_USERNAME": "",
    "MAIL_PASSWORD": "",
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
    "BOT_CHECK": None,  # whether forms that anybody may send want people and no programs; yes, but in tests
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
    "BABEL_DEFAULT_LOCALE": MAIN,
    "BABEL_DEFAULT_TIMEZONE": "Europe/Copenhagen",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "RATELIMIT_STORAGE_URI": "memory://",  # counts per process; redis://... for several
    "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},  # nobody waits for Redis
    "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,  # where it is gone, each process counts for itself
}
# More days, hours or minutes would reach behind the last day that there is.
COUNT, AT_LEAST_ONE = Annotated[int, msgspec.Meta(ge=0, le=10_000)], Annotated[int, msgspec.Meta(ge=1, le=10_000)]
SIZE = Annotated[int, msgspec.Meta(ge=1)]
# What those may be of which the default does not tell it.
KINDS = {
    "SERVER_NAME": Annotated[str, msgspec.Meta(  # as DNS can have it, and a port
        pattern=r"^(?!.*[^.:]{64})[^\W_]+((\.|-+)[^\W_]+)*(:([0-5]?\d{1,4}|6[0-4]\d{3}))?\Z")],
    # Whatever happens is reckoned by this clock, and told in this language where nothing else is asked for.
    "BABEL_DEFAULT_TIMEZONE": Literal[str(COPENHAGEN)], "BABEL_DEFAULT_LOCALE": Literal[MAIN],
    "PREFERRED_URL_SCHEME": Literal["http", "https"], "SESSION_COOKIE_SAMESITE": Literal["Lax", "Strict"],
    **dict.fromkeys(("MAX_CONTENT_LENGTH", "MAX_FORM_MEMORY_SIZE", "MAX_FORM_PARTS"), SIZE),
    **dict.fromkeys(("IDLE_MINUTES", "SESSION_HOURS", "BACKUP_DAYS"), AT_LEAST_ONE),
    "MAIL_PORT": Annotated[int, msgspec.Meta(ge=1, le=65_535)],
    "BACKUP_HOUR": Annotated[int, msgspec.Meta(ge=0, le=23)] | None,
    # To zeros, as they may stand where a key is still to come, nothing can be sealed.
    "BACKUP_PUBLIC_KEY": Annotated[str, msgspec.Meta(pattern=r"^(?!A{43})([A-Za-z0-9+/]{43}=)?\Z")],
    "BOT_CHECK": bool | None, "SECOND_FACTOR": bool | None,
    # An address, alone or behind a name. In a name without quotation marks a comma would begin another address, and a
    # colon, a bracket or a parenthesis mean something else, too (RFC 5322, 3.4).
    "MAIL_DEFAULT_SENDER": Annotated[str, msgspec.Meta(
        pattern=rf'^(?!.*[\x00-\x1f\x7f\\])(("[^"]*" ?|[^]["<>@,;:()]*)<{MAILBOX}>|{MAILBOX})?\Z')]
    | tuple[str, Annotated[str, msgspec.Meta(pattern=rf"^{MAILBOX}\Z")]] | None,
    "TRUSTED_HOSTS": list[str] | None, "WTF_CSRF_TIME_LIMIT": int | None}


def create_app(config: dict | None = None, pages: bool = True) -> Flask:
    """The application. `config` comes last, after defaults, instance/config.py and BOOKING_... in the environment.
    Without `pages` it answers no request, and is 7 MB smaller: so it is for the worker that sends letters."""
    app = _configured(config or {})
    with _named("SQLALCHEMY_DATABASE_URI"):
        db.init_app(app)
    settle_state_attributes(OpeningHours())
    for moment, hook in SESSION_HOOKS:
        if not contains(db.session, moment, hook):  # the session is shared by all applications of a process
            listen(db.session, moment, hook)
    app.extensions["migrate"] = LocalProxy(partial(_load_migrations, app))
    outbox.mail.init_app(app)
    web.init_app(app)
    app.register_blueprint(ops)
    if pages:
        import static_files
        from citizen import citizen
        from office import office
        from ratelimits import limiter

        with _named("RATELIMIT_STORAGE_URI"):
            limiter.init_app(app)
        app.url_map.converters["int"] = partial(IntegerConverter, max=BIGGEST)
        app.register_blueprint(citizen)
        app.register_blueprint(office)
        static_files.init_app(app)
    _register_template_globals(app)
    return app


def _configured(config: dict) -> Flask:
    instance = Path(config.get("INSTANCE") or os.environ.get("BOOKING_INSTANCE") or HERE / "instance").absolute()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = web.Site(__name__, instance_path=str(instance))
    app.config.from_mapping(DEFAULTS)
    app.config["SQLALCHEMY_DATABASE_URI"] = str(URL.create("sqlite", database=f"{instance}/bookings.sqlite"))
    _read_file(app, instance / "config.py")
    app.config.from_prefixed_env("BOOKING")
    app.config.update(config)
    _check_kinds(app)
    app.config["SQLALCHEMY_DATABASE_URI"] = re.sub(  # as people and hosting services write it
        r"^postgres(ql)?://", "postgresql+psycopg://", str(app.config["SQLALCHEMY_DATABASE_URI"]))
    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or _own_secret_key(instance / "secret_key")
    if app.config["PREFERRED_URL_SCHEME"] == "https":  # __Host-: no neighbour under the same domain can set it
        app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_NAME="__Host-session")
    app.config["SERVER_NAME"] = _as_in_dns(app.config["SERVER_NAME"])
    app.config["TRUSTED_HOSTS"] = [*map(_as_in_dns, app.config["TRUSTED_HOSTS"] or ("localhost", "127.0.0.1")),
                                   app.config["SERVER_NAME"]]  # their ports do not matter
    if app.config["SECOND_FACTOR"] is None:
        app.config["SECOND_FACTOR"] = not (app.config["DEMO"] or app.config["TESTING"])
    if app.config["BOT_CHECK"] is None:
        app.config["BOT_CHECK"] = not app.config["TESTING"]
    app.config["DISTRICT"] = District.load(app.config["DISTRICT_FILE"])
    close_on(app.config["DISTRICT"].closed)
    return app


def _read_file(app: Flask, file: Path) -> None:
    """A mistake in config.py is told by its line's number alone: the line may hold a password."""
    try:
        app.config.from_pyfile(str(file), silent=True)
    except Exception as error:
        lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == str(file)]
        where = getattr(error, "lineno", None) or (lines or ["?"])[-1]
        raise RuntimeError(f"{file}, line {where}: {type(error).__name__}") from None


def _check_kinds(app: Flask) -> None:
    """Each setting is what its default is, a number or a text; "1" will do for 1. What will not is refused."""
    for name, default in DEFAULTS.items():
        kind = KINDS.get(name, COUNT if type(default) is int else type(default))
        try:
            app.config[name] = msgspec.convert(app.config[name], kind, strict=False)
        except msgspec.ValidationError as error:
            raise RuntimeError(f"{name}: {error}") from None


def _as_in_dns(host: str) -> str:
    """As browsers ask for it, and as it may stand in the head of a mail; with its port."""
    name, colon, port = host.partition(":")
    return in_ascii(f"@{name}")[1:] + colon + port


def _load_migrations(app: Flask):
    """Flask-Migrate, once somebody asks for it: it brings Alembic, 11 MB, which neither web nor worker needs."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(HERE / "migrations").replace("%", "%%"), render_as_batch=True)
    return app.extensions["migrate"]  # where it has put itself, instead of the proxy


@contextmanager
def _named(setting: str) -> Iterator[None]:
    """What is wrong with a setting is told by its name, and not by its words, in which a password may stand."""
    try:
        yield
    except Exception as error:
        raise RuntimeError(f"{setting} cannot be used: {type(error).__name__}") from None


def _register_template_globals(app: Flask) -> None:
    """What every template can say."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS, redact_links=redact_links)
    app.jinja_env.globals.update(
        catalogue=SERVICES, reasons=REASONS, reason_name=reasons.name_of, STATUSES=STATUSES,
        EVENT_LABELS=EVENT_LABELS, WAYS=WAYS, LANGUAGES=LANGUAGES, LANGUAGE_NAMES=LANGUAGE_NAMES,
        ASSIGNEES=ASSIGNEES, TASK_STATUSES=TASK_STATUSES,
        SUITS=SUITS, PARTS_OF_DAY=PARTS_OF_DAY, TOPICS=TOPICS,
        causes=CAUSES, HELPED=HELPED, HELPED_WHY=HELPED_WHY, ROLES=ROLES, promise=retention.promise,
        limits=limits, poll_results=results_in_words, POLL_ROUNDS=ROUNDS,
        poll_fact=fact_in_words, authority_for=letters.authority_for, link_to=letters.link_to,
        street_map=StreetMap.at_hand, usual_share=Result.usual, switch=web.switch_to,
        file_address=web.file_address)
    app.context_processor(lambda: {"district": app.config["DISTRICT"], "language": web.language()})


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
