"""Templates and a stylesheet that people can read: formatted by a tool, and no line that runs out of the window."""

import subprocess
import sys

from conftest import ROOT

LONGEST = 140
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt"))


def test_templates_are_formatted_as_djlint_does_it():
    check = subprocess.run([sys.executable, "-m", "djlint", "templates", "--check", "--quiet"], cwd=ROOT,
                           capture_output=True, text=True)
    assert check.returncode == 0, f".venv/bin/djlint templates --reformat\n{check.stdout}"


def test_no_line_of_a_template_or_the_stylesheet_is_longer_than_a_window_is_wide():
    long = [f"{path.relative_to(ROOT)}:{number}" for path in [*TEMPLATES, ROOT / "static" / "style.css"]
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if len(line) > LONGEST]
    assert not long
