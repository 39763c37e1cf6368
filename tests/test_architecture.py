"""The rooms of the house and the arrows between them, read from the imports, so that they stay as drawn."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import size
from helpers_code import FILES, PRODUCT, PYTHON, ROOT, named, room, where

import catalogue

# What a room may import of ours. The arrows go one way, from what people see down to what is known.
FACTS = {"backups", "district", "ratelimits"}  # what stands beside the packages
BELOW_LABELS = {"models", "forms", "labels", "catalogue"}
BELOW_PAGES = BELOW_LABELS | {"reporting", "mail", "privacy", "facts"} | FACTS
MAY_IMPORT = {
    "app": BELOW_PAGES | {"citizen", "office", "ops", "web", "static_files", "street_map"},
    "letter_worker": {"app", "ops"},
    "citizen": BELOW_PAGES | {"web", "page_cache", "street_map"},
    "office": BELOW_PAGES | {"web"},
    "web": {"ratelimits", "labels", "forms", "models", "templating"},
    "templating": {"models"},
    "page_cache": {"forms", "models", "street_map"},
    "ops": BELOW_PAGES | {"demo"},
    "demo": BELOW_PAGES,
    "privacy": BELOW_LABELS | {"mail", "backups"},
    "facts": BELOW_LABELS | {"reporting"},
    "mail": BELOW_LABELS,
    "reporting": BELOW_LABELS,
    "catalogue": {"labels", "forms", "models"},
    "labels": {"forms", "models"},
    "forms": {"models"},
    "backups": {"models"},
    "models": set(),
    "ratelimits": set(),
    "district": {"models"},
    "static_files": set(),
    "street_map": set(),
    "languages": set(),
    "server": set(),
    "gunicorn.conf": set(),
}
EVERYWHERE = {"languages"}  # which anybody may know
LEAVES = {"models.enums", "models.limits", "models.working_days"}  # what forms may know of the models
DEMO = {"demo"}
MAY_NAME_A_SERVICE = {"catalogue", *DEMO}
MOST_STATEMENTS, LONGEST_FUNCTION = 11_430, 40  # statements, as bin/size counts them
LONGEST_FILE, GLANCE = 400, 15  # lines
LONGEST_TEMPLATE_LINE = 140  # characters
WITH_WORDS = {".py", ".html", ".txt", ".md", ".toml", ".cfg", ".js", ".css", ".svg", ".po", ".mako", ".geojson", ".yml",
              ".yaml", ".sh", ".service", ".ini", ".json", ""}


@cache
def code_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> dict[str, int]:
    """The modules that a file imports, wherever in it, and the line; its own package is left out."""
    found = {}
    for node in ast.walk(code_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name: node.lineno for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found[node.module] = node.lineno
    return {name: line for name, line in found.items() if name.partition(".")[0] != room(path)}


def calls(path: Path, *names: str) -> list[str]:
    """Where one of `names` is called, as a function or as a method."""
    return [where(path, n) for n in ast.walk(code_of(path)) if isinstance(n, ast.Call)
            and (getattr(n.func, "attr", None) in names or getattr(n.func, "id", None) in names)]


def test_every_python_file_has_its_room():
    homeless = {room(p) for p in PYTHON} - set(MAY_IMPORT) - {"migrations", "tests"}
    assert not homeless, f"no room of the house: {homeless}; say in MAY_IMPORT what it may know"


@pytest.mark.parametrize("path", [p for p in PYTHON if room(p) == "tests"], ids=named)
def test_what_tests_share_is_in_no_test_file(path):
    """It stands in tests/helpers*.py, or is a fixture."""
    lent = {name for name in imports(path) if name.startswith("test_")} - {"test_browser"}
    assert not lent, f"{named(path)} imports {lent}"


@pytest.mark.parametrize("path", PRODUCT, ids=named)
def test_the_arrows_go_one_way(path):
    rooms = {name.partition(".")[0]: line for name, line in imports(path).items()}
    wrong = {name: line for name, line in rooms.items() if name in MAY_IMPORT.keys(
        ) - MAY_IMPORT[room(path)] - EVERYWHERE}
    assert not wrong, f"{named(path)} may not import {wrong}"


def has_views(path: Path) -> bool:
    return bool(re.search(r"^@(office|citizen)\.(get|post|route)\(", path.read_text("utf-8"), re.M))


@pytest.mark.parametrize("path", [p for p in PRODUCT if has_views(p)], ids=named)
def test_no_view_module_imports_another_view_module(path):
    """What two pages share stands in a module of the package without pages, or further down."""
    siblings = {p.stem for p in path.parent.glob("*.py") if has_views(p)}
    relative = [node for node in ast.walk(code_of(path)) if isinstance(node, ast.ImportFrom) and node.level == 1]
    used = {node.module for node in relative} | {
        alias.name for node in relative if node.module is None for alias in node.names}
    absolute = {name.rpartition(".")[2] for name in imports(path) if name.startswith(("office.", "citizen."))}
    assert not (used | absolute) & siblings


@pytest.mark.parametrize("path", [p for p in PRODUCT if room(p) == "models"], ids=named)
def test_the_model_knows_no_web_no_form_and_no_mail_and_never_commits(path):
    used = {name.partition(".")[0] for name in imports(path)} | {n for n in imports(path) if n.startswith("werkzeug")}
    refused = {n for n in used if re.match(r"(flask|wtforms|werkzeug|jinja2|smtplib|email)", n)}
    assert refused <= {"flask_sqlalchemy", "werkzeug", "werkzeug.security"}
    assert not calls(path, "commit")


@pytest.mark.parametrize("path", [p for p in PRODUCT if room(p) == "forms"], ids=named)
def test_forms_never_query(path):
    assert {n for n in imports(path) if n.partition(".")[0] == "models"} <= LEAVES
    assert not {n for n in imports(path) if n.partition(".")[0] in {"sqlalchemy", "flask_sqlalchemy"}}
    names = {n.id for n in ast.walk(code_of(path)) if isinstance(n, ast.Name)}
    assert not names & {"db", "session", "select"}
    assert not calls(path, "scalar", "scalars", "execute", "commit")


@pytest.mark.parametrize("path", [p for p in PRODUCT if room(p) == "reporting"], ids=named)
def test_reporting_only_reads(path):
    """What is called on the session, or on a table; a set may grow."""
    written = [where(path, node) for node in ast.walk(code_of(path)) if isinstance(node, ast.Attribute)
               and node.attr in ("add", "add_all", "delete", "flush", "merge")
               and ast.unparse(node.value).endswith("session")]
    assert not written and not calls(path, "commit", "create")
    assert not {"insert", "update", "delete"} & {n.id for n in ast.walk(code_of(path)) if isinstance(n, ast.Name)}


def test_only_the_model_says_how_things_stand():
    def assigned(node):
        if isinstance(node, ast.Assign):
            return [part for target in node.targets for part in ast.walk(target)]
        if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            return [node.target]
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "setattr" and len(node.args) > 1:
            return [node.args[1]]
        return []

    def name(part):
        return part.attr if isinstance(part, ast.Attribute) else getattr(part, "value", None)

    wrong = [where(p, n) for p in PRODUCT if room(p) != "models" for n in ast.walk(code_of(p))
             for part in assigned(n) if name(part) in ("status", "delivery_status")]
    assert not wrong


def test_only_the_outbox_sends_mail():
    senders = {named(p) for p in PRODUCT if imports(p).keys() & {"flask_mail", "smtplib"}}
    assert senders == {"mail/outbox.py"}


def test_only_the_catalogue_names_a_service():
    """By its address anywhere; by its key, which may be an everyday word, as a value or a name in the code."""
    slugs, keys = ({getattr(s, name) for s in catalogue.SERVICES.values()} for name in ("slug", "key"))
    for path in PRODUCT:
        if room(path) not in MAY_NAME_A_SERVICE:
            nodes = list(ast.walk(code_of(path)))
            used = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)} | {
                str(getattr(n, "attr", getattr(n, "id", ""))).casefold() for n in nodes}
            said = set(re.findall(r"[\w-]+", path.read_text("utf-8").casefold())) & slugs | used & keys
            assert not said, f"{named(path)} names {said}"


def test_nothing_asks_which_service_it_is():
    def is_kind(node):
        """booking.service, or the key or slug of what is called a service."""
        name = getattr(node, "attr", getattr(node, "id", None))
        of = ast.unparse(node.value) if isinstance(node, ast.Attribute) else ""
        return name == "service" or name in ("key", "slug") and (of == "s" or "service" in of.casefold())

    def is_constant(node):
        return isinstance(node, ast.Constant) and isinstance(node.value, str) or (
            isinstance(node, (ast.Tuple, ast.List, ast.Set)) and any(is_constant(e) for e in node.elts))

    asked = [where(p, n) for p in PRODUCT if room(p) != "catalogue" for n in ast.walk(code_of(p))
             if isinstance(n, ast.Compare) and any(map(is_kind, [n.left, *n.comparators]))
             and any(map(is_constant, [n.left, *n.comparators]))]
    in_templates = [named(p) for p in FILES if room(p) == "templates" and re.search(
        r"\b(service|s|booking|visit)\.(service|key|slug)\s*([!=]=|in)\s*[(\[]?[\"']", p.read_text("utf-8"))]
    assert not asked + in_templates


def test_the_product_has_no_more_statements_than_somebody_can_hold_in_mind():
    assert size.by_room().total() <= MOST_STATEMENTS, "see bin/size: what is new is paid for by what is simpler"


def test_no_function_has_too_many_statements():
    assert [where for number, where in size.longest_functions() if number > LONGEST_FUNCTION] == []


def test_no_file_has_too_many_lines():
    """The one stylesheet and data (translations, the district, the map's land) are looked up, not read through."""
    read = [p for p in FILES if p.suffix in (".html", ".txt", ".js") and room(p) != "tests"]
    lines = [(len(p.read_text("utf-8").splitlines()), named(p)) for p in read] + size.longest_files()
    assert {name for number, name in lines if number > LONGEST_FILE} == set()


def test_no_template_line_has_too_many_characters():
    assert [where for number, where in size.longest_template_lines() if number > LONGEST_TEMPLATE_LINE] == []


def test_nothing_is_left_for_later():
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    left = [where(p, i) for p in FILES if p.suffix in WITH_WORDS
            for i, line in enumerate(p.read_text("utf-8").splitlines(), 1) if later.search(line)]
    assert not left


def test_what_cannot_be_taken_in_at_a_glance_says_what_it_is_for():
    """Every file; and every public class or function of more than GLANCE lines, unless it says it otherwise: a page by
    its address, a command by its help, a form or record by its fields."""

    def says_it_otherwise(node):
        decorated = {ast.unparse(d).partition("(")[0].rpartition(".")[2] for d in node.decorator_list}
        bases = {ast.unparse(b).rpartition(".")[2] for b in getattr(node, "bases", ())}
        return decorated & {"get", "post", "route", "command", "dataclass"} or any(
            re.search(r"(Form|Field|Row|Enum)$", base) for base in bases)

    def public(node):
        """Classes and functions at the top and in public classes; what is inside a function is its own affair."""
        for part in node.body:
            if isinstance(part, (ast.ClassDef, ast.FunctionDef)) and not part.name.startswith("_"):
                yield part
                if isinstance(part, ast.ClassDef):
                    yield from public(part)

    silent = [named(p) for p in PRODUCT if not ast.get_docstring(code_of(p))]
    silent += [f"{where(p, n)} {n.name}" for p in PRODUCT for n in public(code_of(p))
               if n.end_lineno - n.lineno >= GLANCE and not ast.get_docstring(n) and not says_it_otherwise(n)]
    assert not silent


def test_static_holds_nothing_copied():
    copied = re.compile(r"/\*!|@license|@preserve|\bcopyright\b|sourceMappingURL|\.min\.", re.I)
    for path in (p for p in FILES if room(p) == "static"):
        words = path.read_text("utf-8")  # no font, no picture, no archive: text that people wrote
        assert not copied.search(words) and ".min." not in path.name, named(path)
        if path.suffix in (".js", ".css"):
            assert max(map(len, words.splitlines())) <= 400, f"{named(path)} was written by a machine"


def test_the_tree_runs_anywhere():
    """No file names the host of a package registry, or a folder of the machine that it was written on."""
    hosts = [".".join(parts) for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
        ("unpkg", "com"), ("jsdelivr", "net"), ("cdnjs", "cloudflare", "com"), ("googleapis", "com"),
        ("proxy", "golang", "org"), ("crates", "io"), ("rubygems", "org"))]
    folders = [f"/{name}/" for name in ("work", "home", "root", "Users")]
    # A folder is absolute where nothing that belongs to an address or a longer path stands before it.
    forbidden = re.compile("|".join(map(re.escape, hosts)) + "|" + "|".join(rf"(?<![\w.}}/-]){f}" for f in folders))
    found = [f"{where(p, i)} {line.strip()[:80]}" for p in FILES if p.suffix in WITH_WORDS
             for i, line in enumerate(p.read_text("utf-8").splitlines(), 1) if forbidden.search(line)]
    assert not found


def test_the_map_in_the_readme_names_every_file_and_folder():
    """Those whose names begin with a dot are their tools' own affair."""
    readme = (ROOT / "README.md").read_text("utf-8")
    maps = "\n".join(re.findall(r"```.*?```", readme, re.S))
    top = {p.relative_to(ROOT).parts[0] for p in FILES} - {"README.md"}
    missing = {name for name in top if not name.startswith(".")
               and not re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w.-])", maps)}
    assert not missing, f"the map of README.md does not name {missing}"


def test_the_map_in_the_readme_names_every_module_of_a_package():
    parts = re.split(r"^(\w+)/ ", (ROOT / "README.md").read_text("utf-8"), flags=re.M)
    said = dict(zip(parts[1::2], parts[2::2], strict=True))
    modules = [path for path in PRODUCT if path.parent != ROOT and path.stem != "__init__"]
    assert [str(path) for path in modules if not re.search(rf"\b{path.stem}\b", said[path.parent.name])] == []


def test_the_glossary_and_the_how_to_of_the_readme_name_what_is_there():
    readme = (ROOT / "README.md").read_text("utf-8")
    words = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|[^|]*\|([^|]*)\|", readme, re.M))))
    code = "\n".join(path.read_text("utf-8") for path in PRODUCT)
    assert len(words) > 25
    assert {word for word in words if not re.search(rf"^ *(class |def |){word}\b *[(:=]", code, re.M)} == set()
    how_to = readme.partition("## How to")[2].partition("\n## ")[0]
    paths = set(re.findall(r"`((?:catalogue|forms|models|ops|bin|translations|app)\b[\w/.]*)`", how_to))
    assert len(paths) > 6 and {path for path in paths if not (ROOT / path).exists()} == set()
