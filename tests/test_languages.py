"""A third language: nothing but its folder is needed, and no sentence is said in another one."""

import ast
import re
import threading
from datetime import timedelta
from html import unescape

import databases
import furnished
import pseudo
import pytest
from babel import Locale
from conftest import OFFICER, PASSWORD, ROOT, Person, book, build, logged_in
from flask_migrate import downgrade, upgrade
from helpers_code import PRODUCT, named, room
from test_browser import PAGES
from werkzeug.serving import make_server

from app import create_app
from citizen.results import FIELDS
from languages import LANGUAGE_NAMES, LANGUAGES, MAIN, SOURCE, in_language, name_of
from models import Event, IntakePause, Letter, OfficerAbsence, PrivacyNotice, Visit, db, today

# What is no sentence: names, units, a key of the keyboard, and what officers type to have it filled in.
NO_SENTENCES = {"politi", "dk", "km", "csv", "json", "enter", "banedanmark", "dsb", "sag", "by", "kommune", "modtaget",
                "null", "resultater"}

WIDER_THAN_THE_WINDOW = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > room + 1)
    .slice(0, 5).map((e) => e.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module")
def third(template, tmp_path_factory):
    """A site that speaks a third language as well, with something on every page."""
    folder = pseudo.written(tmp_path_factory.mktemp("translations"))
    LANGUAGES[pseudo.CODE] = LANGUAGE_NAMES[pseudo.CODE] = pseudo.NAME
    app = build(databases.copied(template, tmp_path_factory.mktemp("third")),
                BABEL_TRANSLATION_DIRECTORIES=f"translations;{folder}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(furnished, "book", lambda person, **wish: book(person, **{**wish, "language": f"/{pseudo.CODE}"}))
        app.known = furnished.furnish(app)
    yield app
    del LANGUAGES[pseudo.CODE], LANGUAGE_NAMES[pseudo.CODE]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def said(html: str) -> str:
    """What a page says, in its text and in those attributes that are read to people, without addresses and without
    what is in another language by choice."""
    html = re.sub(r"<article\b[^>]* lang=\"(?!eo).*?</article>", " ", html, flags=re.S)
    html = re.sub(r"<(script|style|textarea|code)\b.*?</\1>|<[^>]* lang=\"(?!eo)[^>]*>[^<]*<", " <", html, flags=re.S)
    attributes = re.findall(r'(?:title|aria-label|alt|placeholder|data-label|data-words-[\w-]+)="([^"]*)"', html)
    return without_addresses(unescape(" ".join([re.sub(r"<[^>]+>", " ", html), *attributes])))


def without_addresses(text: str) -> str:
    return re.sub(rf"\b(https?|webcal)://[^\s{pseudo.CLOSE}]+", " ", text)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", text.casefold()))


@pytest.fixture(scope="module")
def data(third) -> set[str]:
    """The words that are data: what stands in the database and in the district's file, names of days and months."""
    locale, found = Locale(pseudo.CODE), set(NO_SENTENCES)
    with third.app_context():
        for table in db.metadata.sorted_tables:
            for row in db.session.execute(table.select()).mappings():
                found |= words(" ".join(str(value) for name, value in row.items() if (table.name, name) != (
                    "letters", "text") and isinstance(value, (str, dict, list))))
        found |= words(" ".join(letter.text for letter in db.session.query(Letter) if letter.language == MAIN))
    calendar = [names for part in (locale.days, locale.months, locale.quarters) for names in part["format"].values()]
    found |= words(" ".join(name for names in (*calendar, LANGUAGES) for name in names.values()))
    found |= words(f"Creative Commons, Atom, GeoJSON, {' '.join(FIELDS).replace('_', ' ')}")
    found |= words(" ".join(name_of(language, locale) for language in LANGUAGES))
    return found | words("".join((ROOT / name).read_text("utf-8") for name in (
        "district.toml", "facts/sources.toml")))


def unmarked(text: str, data: set[str]) -> set[str]:
    return words(pseudo.outside(text)) - data


FURTHER = ("bestil/dialogmoede", "kontor/indtag", "kontor/indtag/faerdselskontrol", "kontor/indtag/dialogmoede",
           "kontor/fravaer", "kontor/overlevering", "kontor/?bunke=alle", "kontor/?bunke=opgaver",
           "kontor/sted/1", "kontor/breve/1")
WHERE = sorted({(page.who, page.path) for page in PAGES} | {("officer", f"/{path}") for path in FURTHER})


def test_no_sentence_of_a_page_is_left_unmarked_for_translation(third, data):
    people = {"citizen": Person(third), "officer": logged_in(third), "reader": logged_in(third, furnished.READER)}
    found = {}
    for who, path in WHERE:
        path = f"/{pseudo.CODE}{path.format_map(third.known)}"
        page = people[who].get(path, check=False)
        if page.response.mimetype == "text/html":
            assert page.status < 500 and f'<html lang="{pseudo.CODE}"' in page.html, path
            made = r"\b[A-Z\d]{4} ?[A-Z\d]{4}\b" if "foerer-til" in path else "$^"  # references that no case has
            left = unmarked(said(re.sub(made, "", page.html)), data)
            found |= {path: left} if left else {}
    assert not found


def test_no_sentence_of_a_letter_is_left_unmarked_for_translation(third, data):
    with third.app_context():
        letters = [letter for letter in db.session.query(Letter) if letter.language == pseudo.CODE]
        found = {(letter.id, letter.kind): left for letter in letters
                 if (left := unmarked(without_addresses(f"{letter.subject}\n{letter.text}"), data))}
    assert len({letter.kind for letter in letters}) >= 12 and not found


def test_a_form_asks_for_its_texts_in_every_language_and_a_missing_one_falls_back_to_english(third):
    officer, citizen = logged_in(third), Person(third)
    path = f"/{pseudo.CODE}/kontor/indtag/dialogmoede"
    typed = {f"texts-{code}": "Travlt." for code in LANGUAGES if code != pseudo.CODE}
    typed |= {"until": (today() + timedelta(days=9)).isoformat(), "texts-en": "Busy."}
    page = officer.post(path, typed)
    assert page.status == 422 and 'href="#texts-eo"' in page.html and "Esperanto" in page.text
    officer.post(path, {**typed, "texts-eo": "Okupita."})
    for language, text in (("", "Travlt."), ("/en", "Busy."), (f"/{pseudo.CODE}", "Okupita.")):
        assert text in citizen.get(f"{language}/bestil/dialogmoede", check=False).text
    district = third.config["DISTRICT"]
    assert district.name[SOURCE] in citizen.get(f"/{pseudo.CODE}/", check=False).text
    assert in_language({"da": "Kun dansk"}, SOURCE) == "Kun dansk" and in_language({}, SOURCE) == ""


def test_every_page_leads_to_its_twin_in_each_language_and_letters_lead_back(third):
    page = Person(third).get(f"/{pseudo.CODE}/kalender?a=1", check=False)
    for address in ("/kalender?a=1", "/en/kalender?a=1", f"/{pseudo.CODE}/kalender?a=1"):
        assert f'href="{address}"' in page.html
    with third.app_context():
        assert all(f"/{pseudo.CODE}/sag/" in letter.text for letter in db.session.query(Letter)
                   if letter.language == pseudo.CODE and letter.kind == "received")


@pytest.fixture(scope="module")
def address(third):
    server = make_server("127.0.0.1", 0, third, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize(("who", "email"), [("citizen", ""), ("officer", OFFICER), ("reader", furnished.READER)])
def test_the_layout_takes_words_that_are_two_fifths_longer_at_320_pixels(third, address, chromium, who, email):
    context = chromium.new_context(base_url=address, viewport={"width": 320, "height": 740})
    page = context.new_page()
    if email:
        page.goto(f"/{pseudo.CODE}/kontor/log-ind")
        page.fill("[name=email]", email)
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
    found = []
    for path in (path for whose, path in WHERE if whose == who and not path.endswith((".csv", ".json", ".zip"))):
        page.goto(f"/{pseudo.CODE}{path.format_map(third.known)}", wait_until="load")
        found += [f"{path}: {wide}" for wide in page.evaluate(WIDER_THAN_THE_WINDOW)]
    context.close()
    assert not found, "\n".join(found)


def test_only_the_list_of_languages_names_one():
    codes = {MAIN, SOURCE}
    named_in = [f"{named(path)}:{node.lineno}" for path in PRODUCT if room(path) not in {"languages", "demo"}
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.Constant) and node.value in codes]
    assert not named_in


def test_texts_that_had_a_column_for_each_language_keep_every_word(tmp_path):
    """From the version before to the newest, back, and forth again."""
    folder = databases.made_in(tmp_path / "before")
    app = create_app({"INSTANCE": str(folder), "TESTING": True})
    at = "'2026-05-11 07:00:00'"
    findings = '{"performed": "no", "msg": "Hej \u00e6", "msg_en": "Hello"}'
    rows = [
        "INSERT INTO officers (id, email, name, active, wrong_tries, feed_key, password_hash, role) VALUES "
        "(1, 'a@politi.example', 'Ida', true, 0, '', 'x', 'coordinator')",
        "INSERT INTO places (id, road, road_key, from_to, postcode, town, municipality, suitability, made_at, suits) "
        f"VALUES (1, 'Bygaden', 'bygaden', '', '4690', 'Haslev', 'Faxe', '', {at}, '')",
        "INSERT INTO visits (id, service, place_id, crew, method, state, starts_at, ends_at, travel, told, public, "
        f"place_told, uid, sequence, draft, findings) VALUES (1, 'traffic', 1, '', 'atk', 'reported', {at}, {at}, 0, "
        f"false, false, '', '', 0, 'null', '{findings}')",
        "INSERT INTO aways (id, officer_id, first, last, words_da, words_en) VALUES "
        "(1, 1, '2026-05-11', '2026-05-12', 'Ferie', ''), (2, 1, '2026-05-11', '2026-05-12', '', '')",
        f"INSERT INTO intakes (id, service, at, officer_id, until, words_da, words_en) VALUES "
        f"(1, 'traffic', {at}, 1, '2026-06-01', 'Travlt', 'Busy')",
        f"INSERT INTO notices (id, at, officer_id, da, en) VALUES (1, {at}, 1, '# Hvem', '# Who')",
        f"INSERT INTO events (id, at, kind, visit_id, words, facts) VALUES "
        f"(1, {at}, 'answered', 1, '', '{{\"findings\": {findings}}}'), (2, {at}, 'noted', 1, '', '{{}}')",
    ]
    with app.app_context():
        upgrade(revision="0012")
        with databases.outside(folder) as one:
            for row in rows:
                one.execute(row)
        upgrade()
        downgrade(revision="0012")
        upgrade()
        assert {a.id: a.texts for a in db.session.query(OfficerAbsence)} == {1: {"da": "Ferie"}, 2: {}}
        assert db.session.get(IntakePause, 1).texts == {"da": "Travlt", "en": "Busy"}
        assert db.session.get(PrivacyNotice, 1).texts == {"da": "# Hvem", "en": "# Who"}
        said = {"performed": "no", "msg": {"da": "Hej æ", "en": "Hello"}}
        assert db.session.get(Visit, 1).findings == said and db.session.get(Visit, 1).draft is None
        assert [e.facts for e in db.session.query(Event).order_by(Event.id)] == [{"findings": said}, {}]
        db.session.remove()
        db.engine.dispose()
    databases.forgotten(folder)


def test_the_front_page_is_called_by_the_name_of_the_site_alone(app):
    html = Person(app).get("/", check=False).html
    title = " ".join(re.search(r"<title>(.*?)</title>", html, re.S)[1].split())
    assert title.startswith("Book en betjent – ") and "Forside" not in title and title.count("Book en betjent") == 1
    assert '<meta property="og:title" content="Book en betjent">' in html
