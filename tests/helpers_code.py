"""What tests of the source share: which files are product, how rooms are named, the schema that migrations make."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "translations/da/LC_MESSAGES/messages.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
ELSEWHERE = {"tests", "migrations", "translations", "instance", "static"}

NOT_OURS = {".git", ".venv", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__", "node_modules"}


def tree() -> list[Path]:
    """Every file of the tree that is ours: not what tools, tests and a running site leave beside it."""
    found, folders = [], [ROOT]
    while folders:
        for path in folders.pop().iterdir():
            if path.name in NOT_OURS:  # .git is a file where the tree is one of several
                continue
            if path.is_dir():
                folders.append(path)
            elif path.suffix != ".mo" and (path.parent != ROOT / "instance" or path.name == ".gitignore"):
                found.append(path)
    return sorted(p for p in found if ROOT / "instance" not in p.parents or p.name == ".gitignore")


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")

FILES = tree()

PYTHON = [p for p in FILES if p.suffix == ".py"]

PRODUCT = [p for p in PYTHON if room(p) not in ("migrations", "tests")]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def where(path: Path, node) -> str:
    return f"{named(path)}:{getattr(node, 'lineno', node)}"

VERSIONS = sorted(r.revision for r in ScriptDirectory(str(ROOT / "migrations")).walk_revisions())


def schema(path: Path) -> dict[str, tuple]:
    """Every table with its columns, keys and indexes, and every trigger; in whatever order its columns came."""
    with closing(sqlite3.connect(path)) as one:
        kinds = one.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").fetchall()
        found = {f"{kind} {name}": sql for kind, name, sql in kinds if kind != "table"}
        return found | {f"table {name}": (
            sorted(row[1:] for row in one.execute(f"PRAGMA table_info({name})")),
            sorted(row[2:] for row in one.execute(f"PRAGMA foreign_key_list({name})")))
            for kind, name, _ in kinds if kind == "table"}


def is_ours(folder: str) -> bool:
    name = Path(folder).name
    return name not in ELSEWHERE and not name.startswith(".")


@cache
def in_the_code() -> Catalog:
    """Extracted as bin/words does it."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = Catalog(locale="da")
    for _, _, words, _, context in extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=is_ours):
        found.add(words, context=context)
    return found


@cache
def in_danish() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="da", abort_invalid=True)


def pairs(message: Message) -> list[tuple[str, str]]:
    """English and Danish side by side: one pair, or singular and plural."""
    if message.pluralizable:
        return list(zip(message.id, message.string, strict=True))
    return [(message.id, message.string)]
