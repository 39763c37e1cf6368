"""docs/security.md leaves out no requirement of OWASP ASVS 5.0.0, and every test that it names exists."""

import ast
import re
from collections import Counter

import pytest
from helpers_code import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
# The levels of the requirements of each section, in their order: 1.2.3 is the third digit of "1.2".
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223", "6.7": "33",
    "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}
BY_LOOKING = {"1.4.3", "3.5.4", "4.2.1", "6.1.2", "6.2.10", "6.4.2", "12.1.2", "12.2.2", "13.2.5", "16.2.3"}
NUMBER = re.compile(r"(\d+\.\d+)\.(\d+)(?:–(\d+))?")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines()
        if re.match(r"\| \d+\.\d+\.\d+", line)]


def levels() -> dict[str, str]:
    """Each requirement of the two lower levels."""
    return {f"{section}.{n}": level for section, of in LEVELS.items() for n, level in enumerate(of, 1) if level != "3"}


def named(cell: str) -> list[str]:
    return [f"{section}.{n}" for section, first, last in NUMBER.findall(cell)
            for n in range(int(first), int(last or first) + 1)]


def test_the_list_is_that_of_the_standard():
    assert Counter("".join(LEVELS.values())) == {"1": 70, "2": 183, "3": 92}


def test_every_requirement_of_levels_1_and_2_is_there_once():
    found = Counter(number for row in ROWS for number in named(row[0]))
    assert set(found) == set(levels()) and set(found.values()) == {1}


def test_every_row_is_whole_and_names_its_level():
    for row in ROWS:
        number, level, _, met, test = row
        assert all(row), number
        assert set(level.split(", ")) == {levels()[n] for n in named(number)}, number
        assert test != "–" or number in BY_LOOKING or re.search(r"^Does not apply, because|NOT MET|\]\(#", met), number


def test_every_test_that_is_named_exists():
    known = {f"{path.name}::{node.name}" for path in ROOT.glob("tests/test_*.py")
             for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
    named = set(re.findall(r"`(test_\w+\.py::\w+)`", PAGE))
    assert len(named) > 80 and named <= known, f"no such test: {sorted(named - known)}"


@pytest.mark.parametrize("kind", [r"\]\(#([\w-]+)\)", r"`((?:models|forms|office|bin|tests)/[\w./]+\w)`"])
def test_what_it_points_to_is_there(kind):
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
                for line in PAGE.splitlines() if line.startswith("#")}
    for target in re.findall(kind, PAGE):
        assert target in headings or (ROOT / target).exists(), target
