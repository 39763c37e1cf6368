"""Copies of the database that are known to work: made while everybody goes on, checked, packed, sealed, and tried out.

They are of SQLite alone; another database brings its own tools. What became of the last backup and of the last drill
stands in a file beside them, so that it outlives the database.
"""

import fcntl
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import current_app

from models import COPENHAGEN, db, make_private, months_after, now, require

HERE = Path(__file__).parent
STAMP, SEALED = "bookings-%Y%m%dT%H%M%SZ", ".sealed"
OLD = timedelta(hours=36)  # after which the office is told that something is wrong
AGAIN = timedelta(hours=1)  # after which what failed is tried again
# Tables that our database has had from the first
OURS = {"alembic_version", "bookings", "events", "officers", "places"}
# What is asked to see whether one database knows of more than another.
TIMES = [f"SELECT coalesce(max({column}), '') FROM {table}" for table, column in (  # noqa: S608
    ("events", "at"), ("audit", "at"), ("letters", "sent_at"), ("waiters", "confirmed_at"), ("blocks", "at"))]
WAITERS, POLLED = "SELECT id FROM waiters", "SELECT poll_id, phone, answers FROM poll_answers"


class Unfit(Exception):
    """A backup, or a way to use one, that cannot be relied on, and why."""


def database() -> Path | None:
    """The file that everything stands on; None where it is no file of SQLite's."""
    url = db.engine.url
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _database() -> Path:
    if found := database():
        return found
    address = db.engine.url.set(drivername="postgresql", password=None).render_as_string()
    raise Unfit("only a file of SQLite's is copied here. PostgreSQL has tools of its own; see that one of them runs "
                f"each night, and try its copies out: pg_dump --format=custom --file=bookings.dump '{address}'")


def new_keys() -> tuple[str, str]:
    """A private key, to be kept elsewhere, and its public one, to which backups are sealed."""
    from nacl import encoding, public  # 1 MB, which neither a page nor a letter needs

    key = public.PrivateKey.generate()
    return tuple(k.encode(encoding.Base64Encoder).decode() for k in (key, key.public_key))


def _seal(data: bytes, key: str) -> bytes:
    from nacl import encoding, public

    return public.SealedBox(public.PublicKey(key, encoding.Base64Encoder)).encrypt(data)


def _unseal(data: bytes, key: str) -> bytes:
    """ValueError where another key has sealed it, or it is broken."""
    from nacl import encoding, exceptions, public

    try:
        return public.SealedBox(public.PrivateKey(key, encoding.Base64Encoder)).decrypt(data)
    except exceptions.CryptoError as error:
        raise ValueError(error) from error


def list_backups() -> dict[Path, datetime]:
    """Every backup that there is and when it was made, the newest first."""
    found = {}
    for file in sorted(_folder().glob("bookings-*.sqlite.gz*"), reverse=True):
        with suppress(ValueError):
            found[file] = datetime.strptime(file.name.partition(".")[0], STAMP).replace(tzinfo=UTC)
    return found


def make(drilled: bool = False) -> Path:
    """A copy of the database as it is at this moment; where `drilled`, it is tried out as it was before the sealing."""
    at, key, source = now(), current_app.config["BACKUP_PUBLIC_KEY"], _database()
    with _workshop() as room:
        with _noted("backup") as note:
            copy, packed = room / "bookings.sqlite", room / f"{at:{STAMP}}.sqlite.gz"
            note["rows"] = _copy(source, copy)
            require(OURS <= note["rows"].keys(), "the database is empty: flask db upgrade makes it ready", Unfit)
            with copy.open("rb") as plain, gzip.open(packed, "wb") as small:
                shutil.copyfileobj(plain, small)
            ready = packed
            if key:
                ready = packed.with_name(packed.name + SEALED)
                ready.write_bytes(_seal(packed.read_bytes(), key))
            note["file"] = ready.name
            target = _put(ready)
            for old in list_backups().keys() - _worth_keeping(list_backups()):
                old.unlink()
        if drilled:
            with _noted("drill") as tried:
                _drill(packed if key else target, "", note["rows"], tried)
    return target


def drill(file: Path | None = None, key: str = "") -> Path:
    """Try a backup out, the newest unless told: restore it elsewhere, bring it up to date, open its pages. How another
    one fares, or a sealed one with the key that is given here, says nothing of the last night's."""
    known, tried = last_result("backup"), file or next(iter(list_backups()), None)
    with nullcontext({}) if file or tried and tried.name.endswith(SEALED) else _noted("drill") as note:
        _drill(tried, key, known.get("rows") if tried and known.get("file") == tried.name else None, note)
    return tried


def _drill(file: Path | None, key: str, rows: dict | None, note: dict) -> None:
    with TemporaryDirectory(dir=_made_folder(), prefix=".drill-") as room:
        require(file, "there is no backup", Unfit)
        note["file"] = file.name
        found = _known(_unpacked(file, Path(room), key))
        require(rows in (None, found), "its tables have other numbers of rows than when it was made", Unfit)
        config = {"INSTANCE": room, "DISTRICT_FILE": current_app.config["DISTRICT_FILE"], "RATELIMIT_ENABLED": "false",
                  "SECOND_FACTOR": "false"}
        if subprocess.run(flask_command("rehearse"), cwd=HERE, env=_clean(config), timeout=600).returncode:  # noqa: S603
            raise Unfit("the site does not run on it; the log says why")


def restore(file: Path, key: str = "", force: bool = False) -> Path | None:
    """Put a backup in the database's place; where the old one now is.

    Without `force`, neither a database that is in use nor one that knows of more than the backup is replaced. One in
    use is replaced in one transaction: whoever has it open sees the old, and then the new.
    """
    here, aside = _database(), None
    with TemporaryDirectory(dir=here.parent, prefix=".restore-") as room:
        new = _unpacked(file, Path(room), key)
        _known(new)
        if here.exists():
            in_use = is_in_use(here)
            require(force or not in_use, "the database is in use: stop the site first, or say --force", Unfit)
            require(force or not _knows_more(here, new), "the database knows of more than the backup: "
                    "what came later would be gone; say --force if it is to be", Unfit)
            aside = here.with_name(f"{here.stem}-before-{now():%Y%m%dT%H%M%SZ}.sqlite")
            if in_use:
                _copy(here, aside)
                _copy(new, here)
                return aside
            for end in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{here}{end}").rename(f"{aside}{end}")
        _put(new.rename(new.with_name(here.name)))
    return aside


def gone_by(day: date) -> date:
    """When the last copy made before that day has been rotated away, as long as new ones are made."""
    keep = current_app.config
    return max(day + timedelta(days=keep["BACKUP_DAYS"] + 1, weeks=keep["BACKUP_WEEKS"]),
               months_after(day, keep["BACKUP_MONTHS"]))


def last_result(what: str) -> dict:
    """How the last backup or drill went: when (`at`), with which file, the error, and when it last went well."""
    try:
        return json.loads((_folder() / f"last-{what}.json").read_text())
    except (OSError, ValueError):
        return {}


def ages() -> dict[str, timedelta | None]:
    """How old the newest backup and the last good drill are; None where there has been none."""
    good, newest = last_result("drill").get("good_at"), next(iter(list_backups().values()), None)
    return {"backup": newest and now() - newest, "drill": now() - datetime.fromisoformat(good) if good else None}


def troubles() -> set[str]:
    """What the office must be told of: "backup" or "drill" that failed, is old, or was never made."""
    if database() is None or current_app.config["DEMO"]:
        return set()
    return {what for what, age in ages().items() if age is None or age > OLD or last_result(what).get("error")}


def health() -> dict:
    """What the work list warns of, and the page of the backups always shows."""
    last = {what: last_result(what) for what in ("backup", "drill")}
    return {"backup_troubles": troubles(), "backup_ages": ages(), "last": last,
            "backup_failed": {what for what, note in last.items() if note.get("error")}}


class Nightly:
    """Once a night a backup and its drill, in a process of their own: neither a letter nor a citizen waits for them."""

    def __init__(self):
        self.began, self.process = None, None

    def __call__(self) -> None:
        if self.process and self.process.poll() is None or self.began and now() - self.began < AGAIN:
            return
        hour = current_app.config["BACKUP_HOUR"]
        if hour is None or current_app.config["DEMO"] or database() is None or not _is_due(hour):
            return
        env = os.environ | {"BOOKING_INSTANCE": current_app.instance_path}
        self.began, self.process = now(), subprocess.Popen(flask_command("backup", "--drill"), cwd=HERE, env=env)  # noqa: S603


def _is_due(hour: int) -> bool:
    """Whether none was tried since the last time that it was `hour` o'clock, or that one failed a while ago."""
    note, here = last_result("backup"), now().astimezone(COPENHAGEN)
    if "at" not in note:
        return True
    night = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    tried = datetime.fromisoformat(note["at"])
    failed = note["error"] or last_result("drill").get("error")
    return tried < (night if night <= here else night - timedelta(days=1)) or bool(failed) and now() - tried > AGAIN


def _worth_keeping(backups: dict[Path, datetime]) -> set[Path]:
    """All of the newest day, and the newest of so many days, weeks and months in which there is one."""
    keep, config = set(), current_app.config
    newest = max(backups.values())
    for name, number in (("%Y-%m-%d", "DAYS"), ("%G-%V", "WEEKS"), ("%Y-%m", "MONTHS")):
        of_each = {}
        for file, at in backups.items():  # the newest first
            of_each.setdefault(f"{at.astimezone(COPENHAGEN):{name}}", file)
        keep |= set(list(of_each.values())[:config[f"BACKUP_{number}"]])
    return keep | {file for file, at in backups.items() if newest - at < timedelta(days=1)}


def _copy(source: Path, target: Path) -> dict[str, int]:
    """Copy a database that may be in use, by SQLite's own means. How many rows each table has, in both."""
    try:
        with closing(_opened(source)) as one, closing(sqlite3.connect(target, timeout=60)) as other:
            make_private(target)
            one.execute("BEGIN")  # what is counted and what is copied are of one moment
            rows = _rows(one)
            one.backup(other)
            one.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        raise Unfit(f"the database cannot be copied: {error}") from error
    require(_checked(target) == rows, "the copy has other numbers of rows than the database", Unfit)
    return rows


def _checked(file: Path) -> dict[str, int]:
    """How many rows each table of a sound database has."""
    try:
        with closing(_opened(file)) as one:
            wrong = [found for found, in one.execute("PRAGMA integrity_check") if found != "ok"]
            if wrong or one.execute("PRAGMA foreign_key_check").fetchone():
                raise Unfit(f"it is damaged: {(wrong or ['a row refers to one that is not there'])[0]}")
            return _rows(one)
    except sqlite3.DatabaseError as error:
        raise Unfit(f"it is damaged: {error}") from error


def _known(file: Path) -> dict[str, int]:
    """The same of a backup; one that is empty, of another program or of a newer version than this one is refused."""
    from alembic.script import ScriptDirectory  # 11 MB, which neither a page nor the making of a backup needs

    rows = _checked(file)
    require(OURS <= rows.keys() and rows["alembic_version"] == 1,
            "it is empty, or of another program: the tables of this site are not in it", Unfit)
    with closing(_opened(file)) as one:
        [version] = one.execute("SELECT version_num FROM alembic_version").fetchone()
    if version not in {script.revision for script in ScriptDirectory(HERE / "migrations").walk_revisions()}:
        raise Unfit(f"it is of version {version}, which this version of the site does not know: it is newer")
    return rows


def _rows(one: sqlite3.Connection) -> dict[str, int]:
    tables = [name for name, in one.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {name: one.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=60, isolation_level=None)


def is_in_use(file: Path) -> bool:
    """Whether somebody else has it open: only who is alone may leave the WAL, which puts all into the one file."""
    try:
        with closing(_opened(file)) as one:
            one.execute("PRAGMA busy_timeout = 1000")
            one.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:  # or it is damaged, and nobody can use it
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


def _knows_more(here: Path, backup: Path) -> bool:
    """Whether anything was done here since: to a case, in the office or by the operator, with a letter, on the waiting
    list, by whoever wants no receipts; or what leaves nothing that has a time: somebody has left that list, or has
    answered a poll that is open. A damaged database knows of nothing."""
    newest = [max((at for query in TIMES for at, in _asked(file, query)), default="") for file in (here, backup)]
    left = _asked(backup, WAITERS) - _asked(here, WAITERS)
    return newest[0] > newest[1] or bool(newest[0] and left or _asked(here, POLLED) - _asked(backup, POLLED))


def _asked(file: Path, query: str) -> set[tuple]:
    """What a database answers; nothing where it is damaged, or older and without such a table."""
    with suppress(sqlite3.DatabaseError), closing(_opened(file)) as one:
        return set(one.execute(query))
    return set()


def _unpacked(file: Path, room: Path, key: str) -> Path:
    target, data = room / "bookings.sqlite", file
    try:
        if file.name.endswith(SEALED):
            require(key, f"{file.name} is sealed: it needs the private key", Unfit)
            data = BytesIO(_unseal(file.read_bytes(), key))
        with gzip.open(data) as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise Unfit(f"{file.name} cannot be opened: {error}") from error
    return target


def _put(file: Path) -> Path:
    """Move a file out of its temporary folder into the one above, so that it is there whole or not at all, also after
    a power cut. That takes no room, so a full disk does not stop it halfway."""
    file.chmod(0o600)
    _sync(file)
    target = file.replace(file.parent.parent / file.name)
    _sync(target.parent)
    return target


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


@contextmanager
def _workshop() -> Iterator[Path]:
    """A folder for one backup at a time; what a killed one left there is swept away."""
    with _private(_made_folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in _folder().glob(".making-*"):
            shutil.rmtree(left, ignore_errors=True)
        with TemporaryDirectory(dir=_folder(), prefix=".making-") as room:
            yield Path(room)


@contextmanager
def _noted(what: str) -> Iterator[dict]:
    """Write down how it went, for the office to see."""
    note = {"at": now().isoformat(), "error": "", "good_at": last_result(what).get("good_at")}
    try:
        yield note
        note["good_at"] = note["at"]
    except BaseException as error:
        note["error"] = str(error) or type(error).__name__
        raise
    finally:
        with suppress(OSError):  # on a full disk the age of the newest backup tells it all the same
            new = _private(_made_folder() / f".last-{what}.json")
            new.write_text(json.dumps(note))
            new.replace(_folder() / f"last-{what}.json")


def _folder() -> Path:
    return Path(current_app.config["BACKUP_FOLDER"] or Path(current_app.instance_path, "backups"))


def _made_folder() -> Path:
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    return _folder()


def _private(file: Path) -> Path:
    file.touch(mode=0o600)
    return file


def flask_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", *words]


def _clean(config: dict[str, str]) -> dict[str, str]:
    """The environment of a site of its own, which knows nothing of the mail server and the database of the real one."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BOOKING_")}
    return ours | {f"BOOKING_{name}": value for name, value in config.items()}
