"""How much there is to read, as bin/size prints it and as test_architecture limits it.

The measure is the statement (a node `ast.stmt`, docstrings included), because neither a blank line nor a denser one
changes the number.
"""

import ast
import sys
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
NO_PRODUCT = {"demo", "tests", "migrations", "instance"}


@cache
def product() -> dict[str, ast.Module]:
    """All Python that serves the site, by the name of the file."""
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
    ours = (path for path in files if path.parts[0] not in NO_PRODUCT and not path.parts[0].startswith("."))
    return {str(path): ast.parse((ROOT / path).read_text("utf-8")) for path in sorted(ours)}


def statements(node: ast.AST) -> int:
    """In a module or a function, those of what stands inside it included."""
    return sum(isinstance(part, ast.stmt) for part in ast.walk(node))


def by_room() -> Counter:
    rooms = Counter()
    for name, module in product().items():
        rooms[Path(name).parts[0]] += statements(module)
    return rooms


def longest_functions() -> list[tuple[int, str]]:
    return sorted(((statements(node), f"{name}:{node.lineno} {node.name}") for name, module in product().items()
                   for node in ast.walk(module) if isinstance(node, ast.FunctionDef)), reverse=True)


def longest_files() -> list[tuple[int, str]]:
    """In lines."""
    return sorted(((len((ROOT / name).read_text("utf-8").splitlines()), name) for name in product()), reverse=True)


def longest_template_lines() -> list[tuple[int, str]]:
    """In characters; letters are left out, because a paragraph of theirs is one line."""
    return sorted(((len(line), f"{path.relative_to(ROOT)}:{number}") for path in ROOT.glob("templates/**/*.html")
                   for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)), reverse=True)


def main(most: int) -> None:
    rooms = by_room()
    print(f"{rooms.total():6} product statements")
    for room, number in rooms.most_common():
        print(f"{number:6}   {room}")
    for title, found in (("statements: the longest functions", longest_functions()),
                         ("lines: the longest files", longest_files()),
                         ("characters: the longest template lines", longest_template_lines())):
        print(f"\n{title}")
        for number, where in found[:most]:
            print(f"{number:6}   {where}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
