"""Templates that have been compiled lie on disk: the next start uses what still holds, and nothing else."""

import json
import os
import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from conftest import ROOT, WISH

pytestmark = [pytest.mark.system, pytest.mark.sqlite]
# One start of the site: a page, a booking and its letter, and what was compiled for them. The database is opened before
# the disk is full.
START = """
import json, os, re, resource, sys
from app import create_app
from labels import FILTERS
from models import Letter, db

folder, room, wish = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
app = create_app({"INSTANCE": folder, "TESTING": True, "WTF_CSRF_ENABLED": False, "RATELIMIT_ENABLED": False})
compiled, compile = [], app.jinja_env.compile
app.jinja_env.compile = lambda source, name=None, *others: compiled.append(name) or compile(source, name, *others)
with app.test_client() as client:
    assert client.get("/health").status_code == 200
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, most[1]))
    page = client.get("/saadan-virker-det")
    with app.test_request_context():
        app.jinja_env.compile_letters()
    resource.setrlimit(resource.RLIMIT_FSIZE, most)
    sent = client.post("/bestil/faerdselskontrol", data=wish | {"email": f"{os.getpid()}@example.dk", "send": "1"})
with app.app_context():
    letter = db.session.query(Letter).order_by(Letter.id.desc()).first()
    booking, words = letter.booking, re.sub(r"https?:\\S+", "", f"{letter.subject}: {letter.text}")
    for own in (letter.recipient, FILTERS["reference"](booking.reference), booking.reference):
        words = words.replace(own, "")
    print(json.dumps({"status": [page.status_code, sent.status_code], "page": page.text, "letter": words,
                      "compiled": sorted(compiled)}))
"""
HOW, SUBJECT = "How it works", "We have your booking. You will hear from us by %(day)s"
NEW = "Sådan går det"


@pytest.fixture
def tree(tmp_path) -> Path:
    """The site, in a folder in which its templates, sentences and code may be changed."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for path in ROOT.iterdir():
        if path.name in ("templates", "translations"):
            shutil.copytree(path, tree / path.name)
        elif path.name not in (".venv", ".git", "instance", "labels.py"):
            (tree / path.name).symlink_to(path)
    shutil.copy(ROOT / "labels.py", tree)
    return tree


@pytest.fixture(scope="module")
def empty(template, tmp_path_factory) -> Path:
    """A folder of a site that has compiled nothing yet."""
    return shutil.copytree(template, tmp_path_factory.mktemp("empty") / "instance",
                           ignore=shutil.ignore_patterns("compiled"))


@pytest.fixture(scope="module")
def started(empty, tmp_path_factory) -> tuple[Path, SimpleNamespace]:
    """A folder of a site that has been started once, and what was seen then."""
    folder = shutil.copytree(empty, tmp_path_factory.mktemp("started") / "instance")
    return folder, seen(start(folder))


@pytest.fixture
def compiled(started, tmp_path) -> Path:
    """Where a site keeps what it has compiled at its first start."""
    return shutil.copytree(started[0], tmp_path / "instance") / "compiled"


def start(folder: Path, tree: Path = ROOT, room: int = resource.RLIM_INFINITY) -> subprocess.Popen:
    """As root is not stopped by permissions, root's starts go without that power."""
    lowered = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BOOKING_", "FLASK_"))}
    return subprocess.Popen([*lowered, sys.executable, "-c", START, folder, str(room), json.dumps(WISH)],
                            cwd=tree, env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def seen(process: subprocess.Popen) -> SimpleNamespace:
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    found = SimpleNamespace(**json.loads(said))
    assert found.status == [200, 303]
    return found


def files(compiled: Path) -> list[Path]:
    return [path for path in compiled.rglob("*") if path.is_file()]


def in_danish(tree: Path, sentences: dict[str, str]) -> None:
    for file in tree.glob("translations/da/LC_MESSAGES/messages.po"):
        with file.open("rb") as words, file.with_suffix(".mo").open("wb") as written:
            catalogue = read_po(words)
            for sentence, danish in sentences.items():
                catalogue[sentence].string = danish
            write_mo(written, catalogue)


def in_a_template(tree: Path, name: str, old: str, new: str) -> None:
    file = tree / "templates" / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_the_second_start_compiles_nothing_and_shows_the_same(started, compiled):
    first, second = started[1], seen(start(compiled.parent))
    assert "letters/received.txt" in first.compiled and "citizen/how.html" in first.compiled
    assert second.compiled == []
    assert (second.page, second.letter) == (first.page, first.letter)


def test_what_is_compiled_is_read_by_its_owner_alone(compiled):
    folder, = compiled.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and len(files(compiled)) == len(list(folder.iterdir())) > 50


@pytest.mark.parametrize("change", [
    lambda tree: in_danish(tree, {HOW: NEW, SUBJECT: f"{NEW} %(day)s"}),
    lambda tree: (in_a_template(tree, "citizen/how.html", f'_("{HOW}")', f'"{NEW}"'),
                  in_a_template(tree, "letters/received.txt", f'_("{SUBJECT}"', f'_("{NEW} %(day)s"'))],
    ids=["sentences", "templates"])
def test_what_has_changed_is_shown_after_the_next_start(empty, tmp_path, tree, change):
    folder = shutil.copytree(empty, tmp_path / "instance")
    before = seen(start(folder, tree))
    change(tree)
    after = seen(start(folder, tree))
    assert NEW not in before.page + before.letter and NEW in after.page and NEW in after.letter


def test_with_other_code_all_is_compiled_anew_and_what_was_compiled_before_is_gone(empty, tmp_path, tree):
    folder = shutil.copytree(empty, tmp_path / "instance")
    first, old = seen(start(folder, tree)), files(folder / "compiled")
    with (tree / "labels.py").open("a") as code:
        code.write("# a filter may make something else of a constant\n")
    second, new = seen(start(folder, tree)), files(folder / "compiled")
    assert second.compiled == first.compiled
    assert len(new) == len(old) and not {*new} & {*old}


def with_garbage(compiled: Path) -> None:
    """In each file another kind of it; of one wrong octet, Python itself may die."""
    for n, file in enumerate(files(compiled)):
        octets = bytearray(file.read_bytes())
        octets[n * 7919 % len(octets)] ^= 0xFF
        file.write_bytes([b"", b"\0" * 5000, os.urandom(5000), octets, octets[:n * 7919 % len(octets)]][n % 5])


def with_a_file_in_its_place(compiled: Path) -> None:
    shutil.rmtree(compiled)
    compiled.write_text("a file")


def with_folders_in_the_place_of_files(compiled: Path) -> None:
    for file in files(compiled):
        file.unlink()
        file.mkdir()


def without_permission(compiled: Path) -> None:
    compiled.chmod(0)


def without_permission_to_write(compiled: Path) -> None:
    with_garbage(compiled)
    for file in files(compiled):
        file.chmod(0o400)
    next(compiled.iterdir()).chmod(0o500)


@pytest.mark.parametrize("broken", [
    with_garbage, with_a_file_in_its_place, with_folders_in_the_place_of_files, without_permission,
    without_permission_to_write])
def test_a_broken_folder_breaks_no_page_and_no_letter(started, compiled, broken):
    broken(compiled)
    try:
        second = seen(start(compiled.parent))
    finally:
        for folder in (compiled, *compiled.glob("*")):
            folder.chmod(0o700)  # or the test's own folder cannot be removed
    assert second == started[1]


def test_a_full_disk_breaks_no_page_and_no_letter_nor_does_what_it_has_half_written(empty, started, tmp_path):
    folder = shutil.copytree(empty, tmp_path / "instance")
    assert seen(start(folder, room=3000)) == started[1]
    assert max(file.stat().st_size for file in files(folder / "compiled")) == 3000
    after = seen(start(folder))
    assert set() < {*after.compiled} < {*started[1].compiled}
    assert (after.page, after.letter) == (started[1].page, started[1].letter)


def test_processes_that_start_at_once_do_not_harm_each_other(empty, started, tmp_path):
    folder = shutil.copytree(empty, tmp_path / "instance")
    at_once = [seen(process) for process in [start(folder) for _ in range(3)]]
    for found in (*at_once, seen(start(folder))):
        assert (found.page, found.letter) == (started[1].page, started[1].letter)
