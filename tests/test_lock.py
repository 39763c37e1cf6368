"""The packages that the site and its tests run on: all of them named, each file with its hash."""

import re
import subprocess
from importlib.metadata import version

import pytest
from conftest import ROOT
from packaging.markers import Marker
from packaging.utils import canonicalize_name

LOCKS = ["requirements", "requirements-test"]


def pinned(name: str) -> dict[str, str]:
    """What requirements.txt asks for, or requirements-test.txt, which asks for all of the former as well."""
    words = (ROOT / f"{name}.txt").read_text()
    found = dict(re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", words, re.M))
    return found | (pinned("requirements") if "-r requirements.txt" in words else {})


def locked(name: str) -> dict[str, tuple[str, str]]:
    """The version of each package and for whom it is, where that is not everybody."""
    entries = re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)(?: ; (.*?))? \\\n((?:    --hash=.*\n)+)",
                         (ROOT / f"{name}.lock").read_text(), re.M)
    return {name: (number, marker) for name, number, marker, _ in entries}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_what_requirements_txt_names_in_that_version(name):
    lock = locked(name)
    assert {package: lock.get(canonicalize_name(package), ("none",))[0] for package in pinned(name)} == pinned(name)


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_the_lock_is_a_package_a_hash_or_says_who_wants_it(name):
    """So no address of a place to fetch from, and no package without a hash, which pip would refuse."""
    lines = (ROOT / f"{name}.lock").read_text().splitlines()
    assert all(re.match(r"[\w.-]+(\[\w+\])?==|    --hash=sha256:[0-9a-f]{64}|\s*#", line) for line in lines)
    assert len(locked(name)) == sum(re.match(r"[\w.-]+(\[\w+\])?==", line) is not None for line in lines) > 40


def test_both_locks_agree():
    """What has been tested is what runs."""
    ours, tested = ({name: number for name, (number, _) in locked(name).items()} for name in LOCKS)
    assert ours.items() <= tested.items()


def test_what_is_installed_here_is_what_is_locked():
    here = {name: number for name, (number, marker) in locked("requirements-test").items()
            if not marker or Marker(marker).evaluate()}
    assert {name: version(name) for name in here} == here


@pytest.mark.system
def test_setup_installs_nothing_without_its_hash(tmp_path):
    """bin/setup on a tree in which one hash is wrong."""
    for path in ROOT.iterdir():
        if path.name not in (".venv", "bin", "requirements.lock", "instance", "translations"):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "setup").write_bytes((ROOT / "bin" / "setup").read_bytes())
    (tmp_path / "requirements.lock").write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", re.search(
        r"^zxcvbn==.*?(?=\n\S|\Z)", (ROOT / "requirements.lock").read_text(), re.M | re.S)[0]) + "\n")
    done = subprocess.run(["bash", "bin/setup", "requirements.txt"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode and "HASH" in done.stderr.upper(), done.stderr
    assert not (tmp_path / ".venv" / ".installed-requirements.txt").exists()
