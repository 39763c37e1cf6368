"""What the site leaves alone: means that attacks need, and that nothing here has a use for. docs/security.md names them."""

import ast
import logging
import re

import pytest
from conftest import OFFICER, PASSWORD, Person, book, logged_in
from helpers import LOG_IN
from helpers_code import PRODUCT, ROOT, room, where

RUNS_WORDS = {"eval", "exec", "compile", "__import__", "system", "popen", "render_template_string", "from_string", "literal_eval"}
READS_OBJECTS = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "ctypes", "cffi"}
CALLS_OUT = {"socket", "http", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "poplib", "imaplib", "telnetlib", "ldap3"}
MADE_UP = {"demo"}


def nodes(kind):
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, kind):
                yield path, node


def imported():
    for path, node in nodes(ast.Import):
        yield from ((path, node, alias.name) for alias in node.names)
    for path, node in nodes(ast.ImportFrom):
        yield from ((path, node, f"{node.module}.{alias.name}") for alias in node.names if node.level == 0)


def test_nothing_runs_or_unpacks_what_somebody_typed():
    called = [(path, node, getattr(node.func, "attr", getattr(node.func, "id", ""))) for path, node in nodes(ast.Call)]
    found = [where(path, node.lineno) for path, node, name in called if name in RUNS_WORDS
             and not (name == "compile" and ast.unparse(node.func) == "re.compile")]
    found += [where(path, node.lineno) for path, node, _ in called for word in node.keywords if word.arg == "shell"]
    found += [where(path, node.lineno) for path, node, name in imported() if name.partition(".")[0] in READS_OBJECTS]
    assert not found and len(called) > 1000


def test_the_site_calls_nobody_but_its_mail_server():
    found = {(room(path), name) for path, _, name in imported()
             if name.partition(".")[0] in CALLS_OUT | {"smtplib"} or name.startswith("urllib.request")}
    assert found == {("mail", "smtplib")}


def test_chance_comes_from_the_system_and_no_broken_hash_is_used():
    found = [where(path, node.lineno) for path, node, name in imported()
             if name.partition(".")[0] == "random" and room(path) not in MADE_UP]
    found += [where(path, node.lineno) for path, node in nodes((ast.Name, ast.Attribute))
              if getattr(node, "attr", getattr(node, "id", "")) in {"md5", "sha1", "uuid4", "uuid1"}]
    assert not found


def test_templates_escape_and_scripts_write_words():
    for path in ROOT.glob("templates/**/*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", path.read_text("utf-8")), path
    for path in ROOT.glob("static/*.js"):
        found = re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|postMessage|"
                          r"__proto__|[^=!]==[^=]|!=[^=]|WebSocket|https?://", path.read_text("utf-8"))
        assert not found, f"{path}: {found[0]}"
        assert '"use strict"' in path.read_text("utf-8"), path


@pytest.mark.parametrize("path", [
    "/.git/config", "/.git/", "/static/", "/static/../app.py", "/static/%2e%2e/app.py", "/leaflet/", "/leaflet/../../secret_key",
    "/leaflet/%2e%2e/%2e%2e/METADATA", "/instance/config.py", "/requirements.txt", "/templates/base.html", "/console", "/debug",
    "/metrics", "/openapi.json", "/swagger", "/server-status"])
def test_nothing_of_the_house_itself_is_shown(app, path):
    assert app.test_client().get(path).status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "MOVE"])
def test_a_method_that_no_page_has_is_refused(app, method):
    for path in ("/", LOG_IN, "/bestil/faerdselskontrol", "/find"):
        assert app.test_client().open(path, method=method).status_code == 405


def test_every_answer_says_what_it_is_and_in_which_letters(app):
    officer = logged_in(app)
    for path, kind in {"/": "text/html", "/health": "application/json", "/kalender.ics": "text/calendar",
                       "/kontor/tal.csv": "text/csv", "/kontor/tal.json": "application/json", "/findes-ikke": "text/html",
                       "/static/style.css": "text/css", "/static/map.js": "text/javascript",
                       "/static/land.geojson": "application/geo+json"}.items():
        with officer.client.get(path) as answer:
            said = answer.headers["Content-Type"]
        assert said.startswith(kind), path
        assert not any(name.startswith("Access-Control") for name, _ in answer.headers), "nobody else's page reads ours"
        assert not said.startswith("text/") or said.endswith("charset=utf-8"), path


def test_what_is_taken_out_has_a_name_of_ours(app):
    reference, secret = book(Person(app), road="../../x\";filename=y")
    officer = logged_in(app)
    for path, name in {f"/kontor/sag/{reference}/eksport.json": f"{reference}.json", "/kontor/tal.csv?kommune=Faxe": None,
                       "/kontor/sager.json?q=%22%3Bx": None}.items():
        said = officer.client.get(path).headers["Content-Disposition"]
        assert re.fullmatch(rf"attachment; filename={name or r'[a-z]+[a-z0-9-]*.(csv|json)'}", said), said


def test_what_stands_in_the_address_is_no_part_of_a_form(app):
    person = Person(app)
    typed = f"?email={OFFICER}&password={PASSWORD.replace(' ', '+')}"
    page = person.client.post(LOG_IN + typed, data={"csrf_token": person.get(LOG_IN).token})
    assert page.status_code == 422
    token = person.get(LOG_IN).token
    page = person.client.post(LOG_IN, data={"csrf_token": token, "email": [OFFICER, "x@y.dk"], "password": ["x", PASSWORD]})
    assert page.status_code == 422, "of two, the first is meant"


@pytest.mark.parametrize("proxies, forged", [(0, "{n}.0.0.1"), (1, "{n}.0.0.1, 10.0.0.7")])
def test_nobody_chooses_the_address_that_they_are_counted_by(make_app, proxies, forged):
    person = Person(make_app(RATELIMIT_ENABLED=True, PROXIES=proxies))
    token = person.get(LOG_IN).token
    said = {person.client.post(LOG_IN, data={"csrf_token": token}, headers={"X-Forwarded-For": forged.format(n=n)}).status_code
            for n in range(1, 26)}
    assert said == {422, 429}


@pytest.mark.parametrize("written, counted_alone", [
    ("192.0.2.{n}:4{n:03}", True), ("[2001:db8:{n}::1]:443", True), ("[2001:db8:{n}::1]", True), ("198.51.100.{n}", True),
    ("192.0.2.1:4{n:03}", False), ("[2001:db8::{n:x}]:4{n:03}", False), ("[2001:db8::1]:4{n:03}", False),
    ("2001:db8::{n:x}", False), ("[::ffff:192.0.2.1]:4{n:03}", False), ("fe80::1%eth{n}", False),
    ("_hidden{n}", False), ("unknown:{n}", False), ("[{n}", False), ("999.{n}.0.1", False), ("2001:db8:0:0:0:0:0:1:{n}", False)])
def test_a_proxy_may_write_an_address_with_its_port_and_brackets(make_app, written, counted_alone):
    """Tries come from one address or network, or each from another; what is no address is counted as one."""
    person = Person(make_app(RATELIMIT_ENABLED=True, PROXIES=1))
    token = person.get(LOG_IN).token
    said = {person.client.post(LOG_IN, data={"csrf_token": token}, headers={"X-Forwarded-For": written.format(n=n)}).status_code
            for n in range(1, 26)}
    assert said == ({422} if counted_alone else {422, 429})


def test_what_is_refused_is_logged_by_the_page_and_nothing_else(make_app, caplog):
    person = Person(make_app(RATELIMIT_ENABLED=True))
    token = person.get(LOG_IN).token
    with caplog.at_level(logging.WARNING):
        for _ in range(21):
            person.client.post(LOG_IN, data={"csrf_token": token, "email": OFFICER, "password": ""})
        person.client.post("/find", data={"contact": "x" * 2_000_000})
        person.client.get("/sag/A2346789/gaettet"), person.client.get("/kontor/kalender/gaettet.ics"), person.client.get("/intet")
    assert "refused with 404: citizen.case" in caplog.text and "refused with 404: office.feed" in caplog.text
    assert "gaettet" not in caplog.text and "A2346789" not in caplog.text and caplog.text.count("404") == 2
    assert "refused with 429: office.log_in" in caplog.text and "refused with 413: citizen.find" in caplog.text
    assert OFFICER not in caplog.text and "127.0.0.1" not in caplog.text


def test_a_failure_of_ours_tells_a_stranger_nothing_and_the_log_the_rest(app, caplog, monkeypatch):
    def fail(**_):
        raise RuntimeError("the inner workings")

    monkeypatch.setitem(app.view_functions, "citizen.find", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    page = app.test_client().get("/find")
    assert page.status_code == 500 and "inner" not in page.get_data(True) and "Traceback" not in page.get_data(True)
    assert "failed: citizen.find" in caplog.text and "inner workings" in caplog.text
    assert app.test_client().get("/").status_code == 200 and not app.debug
