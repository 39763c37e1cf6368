"""The operator's commands: flask officer ..., audit, facts, roads, worker, backup, restore, drill, remove, ..."""

import csv
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Blueprint, current_app
from flask.cli import AppGroup, with_appcontext
from flask_babel import force_locale
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from werkzeug.datastructures import MultiDict

import backups
import facts
from district import District
from forms import CONFIRMED, AcceptForm, Form, InviteForm
from languages import SOURCE
from mail import letters, outbox
from models import (
    Booking,
    Figure,
    Invite,
    LogIn,
    NotAllowed,
    Officer,
    RetentionDecision,
    Road,
    Role,
    db,
    require,
    road_key,
    start_audit,
    today,
    verify_audit_chain,
)
from privacy import removal

from .jobs import DAILY, JOBS, Daily

LONGEST_PAUSE = 3600  # seconds; letters wait for it
ONE_TIME_NOTE = "\nIt is good for choosing another one, at the first log-in."
ops = Blueprint("ops", __name__, cli_group=None)  # it has no pages: its commands stand beside flask's own
officer = AppGroup("officer", help="Who may log in to the office.")
audit = AppGroup("audit", help="The log of what officers do.")
figures = AppGroup("facts", help="Figures of crime and safety, for meetings.")
roads = AppGroup("roads", help="The list of the district's roads.")
NEWEST = max(file.stem[:4] for file in (backups.HERE / "migrations" / "versions").glob("*.py"))
AT_ANY_VERSION = {"backup", "backup-key", "db", "drill", "move-to", "rehearse", "restore"}


class OnDatabase(click.Command):
    """Says in a sentence why it is not done: where there is no database, as where the name of a district has a slip, or
    one that is damaged or of an older version. It is looked for when the command runs, not when its help is read."""

    @with_appcontext
    def invoke(self, context: click.Context):
        """Python keeps octets that are no UTF-8 as surrogates: good in the name of a file, but a text with them cannot
        be stored, and is refused."""
        typed = "".join(value for value in context.params.values() if isinstance(value, str))
        require(typed.encode(errors="ignore").decode() == typed, "what was typed is not UTF-8. Set the terminal to "
                "UTF-8, or write without letters such as ø.", click.BadParameter)
        try:
            if self.name not in AT_ANY_VERSION:
                with db.engine.connect() as connection:
                    version = connection.scalar(text("SELECT version_num FROM alembic_version")) or "0"
                require(version >= NEWEST, f"the database is of version {version}, and this site of {NEWEST}: "
                        "flask db upgrade brings it up to date.", backups.Unfit)
            return super().invoke(context)
        except (backups.Unfit, OSError) as error:
            sys.exit(f"Not done: {error}")
        except DatabaseError as error:
            sys.exit(f"Not done: there is no database in {current_app.instance_path} yet, or it cannot be used "
                     f"({error.orig}): flask db upgrade makes one, and flask restore puts a backup in the place of one "
                     "that is damaged.")


ops.cli.command_class = OnDatabase
for group in (officer, audit, figures, roads):
    group.command_class = OnDatabase
    ops.cli.add_command(group)


def _commit_with_audit(command: str, concerned: Officer | None = None) -> None:
    """Commit, with an entry in the log: the office sees what the operator has done, and to whose account."""
    db.session.flush()  # a new officer has a number now
    start_audit(concerned and concerned.id, "operator", f"flask {command}")
    db.session.commit()


def _checked(form: type[Form], about: tuple[str, ...] = (), **typed: str) -> Form:
    """What a command is given, as the office's pages would take it. Ends the command where they would not, and says
    why; what they would only ask about is meant as it stands."""
    with current_app.test_request_context(method="POST", data={CONFIRMED: [*typed.values()]}), force_locale(SOURCE):
        sent = form(MultiDict(typed), meta={"csrf": False})
        sent.about = about
        for name in sent.data.keys() - typed.keys():
            del sent[name]
        if not sent.validate():
            sys.exit("\n".join(["Nothing was changed.", *(f"{label} {words}" for _, label, words in sent.faults())]))
    return sent


@officer.command("add")
@click.argument("email")
@click.option("--name", default="", help="As it stands in the history; the part before the @ by default.")
@click.option("--password", help="Made and printed if it is not given.")
def add(email: str, name: str, password: str | None) -> None:
    """Let somebody in."""
    _let_in(email if Officer.by_email(email) else _checked(InviteForm, email=email).email.data, name, password)


def _let_in(email: str, name: str = "", password: str | None = None) -> None:
    made, known = not password, Officer.by_email(email)
    if known and known.active:
        sys.exit(f"{email} is there already.")
    name = name or (known.name if known else email.partition("@")[0])
    sent = _checked(AcceptForm, (email, name), name=name, password=password or secrets.token_urlsafe(16))
    password = sent.password.data
    _commit_with_audit("officer add", Officer.add(email, sent.name.data, password, temporary=made))
    click.echo(f"{email} can log in at {letters.office_address()} with the password {password}"
               f"{ONE_TIME_NOTE if made else ''}")


def _who_logs_in(email: str) -> Officer:
    found = Officer.by_email(email)
    return found if found and found.active else sys.exit(
        f"There is no {email} who can log in: flask officer add lets them in.")


@officer.command("password")
@click.argument("email")
@click.option("--password", help="Made and printed if it is not given.")
def password(email: str, password: str | None) -> None:
    """Give a new password; all sessions with the old one end, and a lock is lifted."""
    found = _who_logs_in(email)
    made, about = not password, (found.email, found.name)
    password = _checked(AcceptForm, about, password=password or secrets.token_urlsafe(16)).password.data
    found.set_password(password, temporary=made)
    _commit_with_audit("officer password", found)
    click.echo(f"{email} has the new password {password}{ONE_TIME_NOTE if made else ''}")


@officer.command("second-factor")
@click.argument("email")
@click.option("--reset", is_flag=True, required=True, help="Forget the phone and the recovery codes.")
def second_factor(email: str, reset: bool) -> None:
    """Help with a lost phone: the next log-in sets up another. All sessions end. Ring back before you do it."""
    found = _who_logs_in(email)
    found.drop_second_factor()
    _commit_with_audit("officer second-factor --reset", found)
    click.echo(f"{email} sets up a new second factor at the next log-in." if current_app.config["SECOND_FACTOR"] else
               f"The second factor of {email} is forgotten. This site asks nobody for one.")


@officer.command("invite")
@click.argument("email")
@click.option("--role", type=click.Choice([r.value for r in Role]), default=Role.COORDINATOR.value, show_default=True)
def invite(email: str, role: str) -> None:
    """Mail a link by which somebody lets themselves in, once, while the invitation lasts."""
    email = _checked(InviteForm, email=email).email.data
    try:
        Invite.send(None, email, Role(role))
    except NotAllowed:
        sys.exit(f"{email} is there already.")
    _commit_with_audit("officer invite")
    click.echo(f"A letter to {email} is on its way.")


@officer.command("remove")
@click.argument("email")
def remove(email: str) -> None:
    """Close somebody's account. What they did stays in the history under their name."""
    found = Officer.by_email(email) or sys.exit(f"There is no {email}.")
    visits = found.leave()
    _commit_with_audit("officer remove", found)
    click.echo(f"{email} can no longer log in.")
    for visit in visits:
        click.echo(f"Somebody else must go: {letters.office_address()}besoeg/{visit.id}")
    if not Officer.coordinators():
        click.echo("Nobody else can, but for readers: flask officer add lets somebody in.")


@officer.command("list")
def list_() -> None:
    """Everybody who can log in."""
    for one in Officer.in_use():
        click.echo("\t".join([one.email, one.name, *(["locked"] if one.is_locked else [])]))


@officer.command("first")
def first() -> None:
    """On the very first start: one account, so that somebody can get in."""
    if db.session.scalar(select(Officer.id).limit(1)) is None:
        _let_in(f"officer@{current_app.config['SERVER_NAME'].partition(':')[0]}")


@audit.command("verify")
@click.option("--knows", metavar="HASH", help="One that was printed earlier: must still be there.")
def verify(knows: str | None) -> None:
    """Walk the log, and say whether anything was changed or taken out of it."""
    number, count, hashes, last = verify_audit_chain()
    if number:
        sys.exit(f"The log breaks at entry {number}: it, or one before it, was changed or taken out.")
    if knows and knows not in hashes:
        sys.exit(f"The log has lost its newest entries: none of {count} has that hash.")
    click.echo(f"{count} entries, unbroken. The last hash, to be kept elsewhere: {last}")


@ops.cli.command("db", help="The database's changes from version to version: upgrade and the others of Flask-Migrate.",
                 add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def migrate(context: click.Context, words: tuple[str, ...]) -> None:
    from flask_migrate.cli import db as commands  # with Alembic, which no other command needs

    commands.main(words, prog_name="flask db", obj=context.obj)


def _pause(_context: click.Context, _option: click.Option, seconds: float) -> float:
    require(0 <= seconds <= LONGEST_PAUSE, f"a pause of 0 to {LONGEST_PAUSE} seconds", click.BadParameter)
    return seconds


@ops.cli.command("worker", help="Send letters as they come, until told to stop.")
@click.option("--seconds", default=2.0, callback=_pause, help="Pause between two looks at the outbox.")
def worker(seconds: float) -> None:
    told_to_stop, rarely = [], [backups.Nightly(), *map(Daily, DAILY)]
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, lambda number, _frame: told_to_stop.append(number))
    current_app.jinja_env.compile_letters()
    while not told_to_stop:
        time.sleep(seconds)
        for duty in (lambda: outbox.send_due(lambda: bool(told_to_stop)), letters.write_to_officers, *JOBS, *rarely):
            if told_to_stop:
                break
            try:
                duty()
                db.session.commit()
            except Exception:  # whatever it was, the other letters must go
                current_app.logger.exception("the letter worker goes on")
                db.session.rollback()


@roads.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_roads(file: Path) -> None:
    """Read the district's addresses, a CSV as of Danmarks Adresser, so that roads are suggested and places found."""
    district, left_out = current_app.config["DISTRICT"], []
    try:
        count = Road.replace_all(addresses_in(file, district, left_out))
    except (KeyError, UnicodeDecodeError, csv.Error, NotAllowed) as error:
        sys.exit(f"Nothing was changed: {file} is no list of roads. It needs the columns vejnavn, postnr, "
                 f"wgs84koordinat_bredde and wgs84koordinat_længde, or y and x: {error}")
    _commit_with_audit("roads import")
    click.echo(f"{count} roads. {len(left_out)} addresses of other districts, or without a road or a position, were "
               "left out.")


def addresses_in(file: Path, district: District, left_out: list[dict]) -> Iterator[tuple[str, str, str, float, float]]:
    """Road, postcode, town, latitude and longitude of each address of the district; the others go to `left_out`."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        separator = ";" if ";" in lines.readline() else ","
        lines.seek(0)
        table = csv.DictReader(lines, delimiter=separator, strict=True)
        short = "y" in (table.fieldnames or ())
        north, east = ("y", "x") if short else ("wgs84koordinat_bredde", "wgs84koordinat_længde")
        for row in table:
            code = district.postcode(row["postnr"])
            try:
                point = float(row[north]), float(row[east])
                inside = all(least <= at <= most for at, (least, most) in zip(point, district.reach, strict=True))
                is_name = row["vejnavn"].isprintable() and len(row["vejnavn"]) <= Road.name.type.length
                require(inside and is_name and road_key(row["vejnavn"], code.town), "not to be found by it", ValueError)
                yield row["vejnavn"], code.postcode, code.town, *point
            except (AttributeError, TypeError, ValueError):
                left_out.append(row)


FILE = click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
KEY = click.option("--key", envvar="BACKUP_PRIVATE_KEY", help="The private key, where backups are sealed; better by "
                   "BACKUP_PRIVATE_KEY in the environment, which no list of processes shows.", default="")


@figures.command("import")
@FILE
def import_figures(file: Path | None) -> None:
    """Store what a file of Statistics Denmark's StatBank says; without a file, what comes with the product, where
    there is nothing yet."""
    try:
        with force_locale(SOURCE):
            reading = facts.statbank.read(file.read_bytes()) if file else facts.Reading()
    except facts.Unreadable as error:
        sys.exit(f"Not stored: {error}")
    count = Figure.store(reading.rows) if file else facts.load_shipped()
    _commit_with_audit("facts import")
    click.echo("\n".join([*reading.problems, f"{count} figures are new or have changed."]))


@ops.cli.command("backup", help="Copy the database as it is now, while the site goes on, and check the copy.")
@click.option("--drill", is_flag=True, help="Also try it out.")
def backup(drill: bool) -> None:
    click.echo(f"{backups.make(drill)} is a checked copy of "
               f"{sum(backups.last_result('backup')['rows'].values())} rows.")


@ops.cli.command("backup-key", help="Make a pair of keys; backups are sealed to the public one.")
def backup_key() -> None:
    private, public = backups.new_keys()
    click.echo(f"In config.py:          BACKUP_PUBLIC_KEY = \"{public}\"\nSomewhere else, safe:  {private}\n"
               "The second is shown this once. Without it nobody, we included, can open a backup.")


@ops.cli.command("restore", help="Put a backup in the database's place; the old database is kept beside it.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KEY
@click.option("--force", is_flag=True, help="Even if the database is in use, or knows of more than the backup.")
def restore(file: Path, key: str, force: bool) -> None:
    from flask_migrate import upgrade

    known = removal.known_removals()
    click.echo(f"The old database is {backups.restore(file, key, force) or 'not there, so nothing was kept'}.")
    db.engine.dispose()
    upgrade()
    removal.restore_removals(known)
    _commit_with_audit("restore")
    click.echo(f"Restored and brought up to date. Of people who were due, {removal.run()} lines were removed again.\n"
               "Now start the site.")


@ops.cli.command("remove", help="Remove what tells of people and is due; the worker does so every night.")
@click.option("--dry-run", is_flag=True, help="Only say what would go, and what is held back.")
def remove_(dry_run: bool) -> None:
    if not dry_run:
        click.echo(f"{removal.run()} lines are new in the ledger.")
        return
    for line in removal.lines_due(today()):
        click.echo(f"goes\t{line}")
    for booking, owed in removal.blocked_cases(today()):
        click.echo(f"held back\tcase {booking.reference}\t{', '.join(owed)}")
    if not RetentionDecision.present():
        click.echo("Nothing goes: no decision of the National Archives has been entered in the office.")


@ops.cli.command("drill", help="Try a backup out, the newest unless told: restore it elsewhere, open its pages.")
@FILE
@KEY
def drill(file: Path | None, key: str) -> None:
    click.echo(f"{backups.drill(file, key).name} is sound, and the site runs on it.")


@ops.cli.command("move-to", help="Copy SQLite's database to an empty one of PostgreSQL's, and compare both.")
@click.argument("url")
def move_to(url: str) -> None:
    from . import to_postgres  # with PostgreSQL's driver, which few need

    click.echo("\n".join(to_postgres.move(url)) + "\nEvery row is there, and is the same. Now: the new address in "
               "config.py, as SQLALCHEMY_DATABASE_URI, and start the site. The old database stays as it was.")


@ops.cli.command("rehearse", hidden=True, help="What a drill does on its copy: bring it up to date, open its pages.")
def rehearse() -> None:
    from flask_migrate import upgrade

    upgrade()
    client, booking = current_app.test_client(), db.session.scalar(select(Booking).order_by(Booking.id.desc()).limit(1))
    paths = {"/": "front page", "/kontor/": "work list"}
    if booking:
        paths |= {f"/sag/{booking.reference}/{booking.secret}": "citizen's page",
                  f"/kontor/sag/{booking.reference}": "booking"}
    # An account of the drill's own: a real one may have to choose a password first, or be a reader's, or closed.
    key = LogIn.start(Officer.add("drill", "Drill", secrets.token_urlsafe()))
    db.session.commit()
    with client.session_transaction() as session:
        session["log_in"] = key
    db.session.rollback()
    wrong = [name for path, name in paths.items() if client.get(path).status_code != 200]
    if wrong:
        sys.exit(f"drill: does not open: {', '.join(wrong)}")


@ops.cli.command("demo", help="Fill an empty database with a believable district.")
def demo() -> None:
    from demo import story

    story.fill()


@ops.cli.command("seed", help="Fill an empty database with a big made-up archive, to measure with.")
@click.option("--bookings", type=click.IntRange(100, 1_000_000), default=100_000, show_default=True)
@click.option("--visits", type=click.IntRange(20, 200_000), default=20_000, show_default=True)
def seed_(bookings: int, visits: int) -> None:
    from demo import archive

    archive.fill(bookings, visits)
