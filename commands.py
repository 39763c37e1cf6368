"""The operator's commands: flask officer ..., audit, worker, backup, restore, drill, remove, move-to, demo, seed."""

import secrets
import signal
import sys
import time
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import upgrade
from sqlalchemy import select

import backups
import letters
import moving
import removal
import sending
from duties import DUTIES
from models import (
    Booking,
    Deed,
    Invite,
    LogIn,
    NotAllowed,
    Officer,
    Permit,
    Role,
    Visit,
    broken_at,
    db,
    in_hand,
    today,
)

ONCE = "\nIt is good for choosing another one, at the first log-in."
officer = AppGroup("officer", help="Who may log in to the office.")


def _keep(command: str, concerned: Officer | None = None) -> None:
    """Commit, with an entry in the log: the office sees what the operator has done, and to whose account."""
    db.session.flush()  # a new officer has a number now
    in_hand(Deed(concerned and concerned.id, "operator", f"flask {command}"))
    db.session.commit()


@officer.command("add")
@click.argument("email")
@click.option("--name", default="", help="As it stands in the history; the part before the @ by default.")
@click.option("--password", help="Made and printed if it is not given.")
def add(email: str, name: str, password: str | None) -> None:
    """Let somebody in."""
    password, made, known = password or secrets.token_urlsafe(16), not password, Officer.by_email(email)
    if known and known.active:
        sys.exit(f"{email} is there already.")
    if known:  # somebody who comes back
        known.active = True
        known.set_password(password, temporary=made)
    else:
        known = Officer.add(email, name or email.partition("@")[0], password, temporary=made)
    _keep("officer add", known)
    click.echo(f"{email} can log in at {letters.office_address()} with the password {password}{ONCE if made else ''}")


@officer.command("password")
@click.argument("email")
@click.option("--password", help="Made and printed if it is not given.")
def password(email: str, password: str | None) -> None:
    """Give a new password; all sessions with the old one end, and a lock is lifted."""
    found = Officer.by_email(email) or sys.exit(f"There is no {email}.")
    if not found.active:
        sys.exit(f"{email} cannot log in any more: flask officer add lets them in again.")
    password, made = password or secrets.token_urlsafe(16), not password
    found.set_password(password, temporary=made)
    _keep("officer password", found)
    click.echo(f"{email} has the new password {password}{ONCE if made else ''}")


@officer.command("second-factor")
@click.argument("email")
@click.option("--reset", is_flag=True, required=True, help="Forget the phone and the recovery codes.")
def second_factor(email: str, reset: bool) -> None:
    """Help with a lost phone: the next log-in sets up another. All sessions end. Ring back before you do it."""
    found = Officer.by_email(email) or sys.exit(f"There is no {email}.")
    found.drop_second_factor()
    _keep("officer second-factor --reset", found)
    click.echo(f"{email} sets up a new second factor at the next log-in.")


@officer.command("invite")
@click.argument("email")
@click.option("--role", type=click.Choice([r.value for r in Role]), default=Role.COORDINATOR.value, show_default=True)
def invite(email: str, role: str) -> None:
    """Mail a link by which somebody lets themselves in, once, within three days."""
    try:
        Invite.send(None, email, Role(role))
    except NotAllowed:
        sys.exit(f"{email} is there already.")
    _keep("officer invite")
    click.echo(f"A letter to {email} is on its way.")


@officer.command("remove")
@click.argument("email")
def remove(email: str) -> None:
    """Close somebody's account. What they did stays in the history under their name."""
    found = Officer.by_email(email) or sys.exit(f"There is no {email}.")
    found.active = False
    found.log_ins.clear()
    _keep("officer remove", found)
    click.echo(f"{email} can no longer log in.")


@officer.command("list")
def list_() -> None:
    """Everybody who can log in."""
    for one in Officer.in_use():
        click.echo("\t".join([one.email, one.name, *(["locked"] if one.is_locked else [])]))


@officer.command("first")
def first() -> None:
    """On the very first start: one account, so that somebody can get in."""
    if db.session.scalar(select(Officer.id).limit(1)) is None:
        add.callback(email=f"officer@{current_app.config['SERVER_NAME'].partition(':')[0]}", name="", password=None)


audit = AppGroup("audit", help="The log of what officers do.")


@audit.command("verify")
@click.option("--knows", metavar="HASH", help="One that was printed earlier: must still be there.")
def verify(knows: str | None) -> None:
    """Walk the log, and say whether anything was changed or taken out of it."""
    number, count, hashes, last = broken_at()
    if number:
        sys.exit(f"The log breaks at entry {number}: it, or one before it, was changed or taken out.")
    if knows and knows not in hashes:
        sys.exit(f"The log has lost its newest entries: none of {count} has that hash.")
    click.echo(f"{count} entries, unbroken. The last hash, to be kept elsewhere: {last}")


@click.command("worker", help="Send letters as they come, until told to stop.")
@click.option("--seconds", default=2.0, help="Pause between two looks at the outbox.")
@with_appcontext
def worker(seconds: float) -> None:
    told_to_stop, nightly, forget = [], backups.Nightly(), removal.Nightly()
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, lambda number, _frame: told_to_stop.append(number))
    while not told_to_stop:
        time.sleep(seconds)
        for duty in (lambda: sending.send_due(lambda: bool(told_to_stop)), letters.write_to_officers, *DUTIES, nightly,
                     forget):
            if told_to_stop:
                break
            try:
                duty()
                db.session.commit()
            except Exception:  # whatever it was, the other letters must go
                current_app.logger.exception("the letter worker goes on")
                db.session.rollback()


FILE = click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
KEY = click.option("--key", envvar="BACKUP_PRIVATE_KEY", help="The private key, where backups are sealed; better by "
                   "BACKUP_PRIVATE_KEY in the environment, which no list of processes shows.", default="")


@click.command("backup", help="Copy the database as it is now, while the site goes on, and check the copy.")
@click.option("--drill", is_flag=True, help="Also try it out.")
@with_appcontext
def backup(drill: bool) -> None:
    _said(lambda: f"{backups.make(drill)} is a checked copy of {sum(backups.last('backup')['rows'].values())} rows.")


@click.command("backup-key", help="Make a pair of keys; backups are sealed to the public one.")
def backup_key() -> None:
    private, public = backups.new_keys()
    click.echo(f"In config.py:          BACKUP_PUBLIC_KEY = \"{public}\"\nSomewhere else, safe:  {private}\n"
               "The second is shown this once. Without it nobody, we included, can open a backup.")


@click.command("restore", help="Put a backup in the database's place; the old database is kept beside it.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KEY
@click.option("--force", is_flag=True, help="Even if the database is in use, or knows of more than the backup.")
@with_appcontext
def restore(file: Path, key: str, force: bool) -> None:
    known = removal.remembered()
    _said(lambda: f"The old database is {backups.restore(file, key, force) or 'not there, so nothing was kept'}.")
    db.engine.dispose()
    upgrade()
    removal.recall(known)
    _keep("restore")
    click.echo(f"Restored and brought up to date. Of people who were due, {removal.run()} lines were removed again.\n"
               "Now start the site.")


@click.command("remove", help="Remove what tells of people and is due; the worker does so every night.")
@click.option("--dry-run", is_flag=True, help="Only say what would go, and what is held back.")
@with_appcontext
def remove_(dry_run: bool) -> None:
    if not dry_run:
        click.echo(f"{removal.run()} lines are new in the ledger.")
        return
    for booking in db.session.scalars(select(Booking).where(removal.cases(today())).order_by(Booking.id)):
        click.echo(f"goes\tcase {booking.reference}")
    for booking, owed in removal.held(today()):
        click.echo(f"held back\tcase {booking.reference}\t{', '.join(owed)}")
    for visit in db.session.scalars(select(Visit).where(removal.visits(today()))):
        click.echo(f"goes\tvisit {visit.id}")
    if not Permit.present():
        click.echo("Nothing goes: no decision of the National Archives has been entered in the office.")


@click.command("drill", help="Try a backup out, the newest unless told: restore it elsewhere, open its pages.")
@FILE
@KEY
@with_appcontext
def drill(file: Path | None, key: str) -> None:
    _said(lambda: f"{backups.drill(file, key).name} is sound, and the site runs on it.")


def _said(done) -> None:
    try:
        click.echo(done())
    except (backups.Unfit, OSError) as error:
        sys.exit(f"Not done: {error}")


@click.command("move-to", help="Copy SQLite's database to an empty one of PostgreSQL's, and compare both.")
@click.argument("url")
@with_appcontext
def move_to(url: str) -> None:
    _said(lambda: "\n".join(moving.move(url)) + "\nEvery row is there, and is the same. Now: the new address in "
          "config.py, as SQLALCHEMY_DATABASE_URI, and start the site. The old database stays as it was.")


@click.command("rehearse", hidden=True, help="What a drill does on its copy: bring it up to date, open its pages.")
@with_appcontext
def rehearse() -> None:
    upgrade()
    client, booking = current_app.test_client(), db.session.scalar(select(Booking).order_by(Booking.id.desc()).limit(1))
    officer, paths = next(iter(Officer.in_use()), None), {"/": "front page"}
    if booking:
        paths[f"/sag/{booking.reference}/{booking.secret}"] = "citizen's page"
    if officer:
        key = LogIn.start(officer)
        db.session.commit()
        with client.session_transaction() as session:
            session["log_in"] = key
        paths |= {"/kontor/": "work list"} | ({f"/kontor/sag/{booking.reference}": "booking"} if booking else {})
    db.session.rollback()
    wrong = [name for path, name in paths.items() if client.get(path).status_code != 200]
    if wrong:
        sys.exit(f"drill: does not open: {', '.join(wrong)}")


@click.command("demo", help="Fill an empty database with a believable district.")
@with_appcontext
def demo() -> None:
    import demo_district
    demo_district.fill()


@click.command("seed", help="Fill an empty database with a big made-up archive, to measure with.")
@click.option("--bookings", type=click.IntRange(100, 1_000_000), default=100_000, show_default=True)
@click.option("--visits", type=click.IntRange(20, 200_000), default=20_000, show_default=True)
@with_appcontext
def seed_(bookings: int, visits: int) -> None:
    import seed
    seed.fill(bookings, visits)
