"""Facts for meetings: figures of Statistics Denmark, how a file of StatBank comes in, and what the figures say."""

import io
import re
from math import sqrt

import msgspec
import pytest
from conftest import Page, logged_in
from flask_babel import force_locale
from hypothesis import given, settings, strategies as st

import facts
from facts import COUNTRY, DISTRICT, FigureTable, Unreadable, sentences, statbank
from facts.measures import MOST_DIGITS
from models import Figure, FigureRow, db

NAESTVED, FAXE = "370", "320"
API = """OMRÅDE;OVERTRÆD;TID;INDHOLD
Hele landet;Indbrud i beboelser;2027K1;4000
Hele landet;Indbrud i beboelser;2027K2;3500
Hele landet;Indbrud i beboelser;2027K3;3000
Hele landet;Indbrud i beboelser;2027K4;4500
Næstved;Indbrud i beboelser;2027K1;71
Næstved;Indbrud i beboelser;2027K2;52
Næstved;Indbrud i beboelser;2027K3;48
Næstved;Indbrud i beboelser;2027K4;80
"""
READ = {(COUNTRY, "burglary_homes", 2027): 15_000, (NAESTVED, "burglary_homes", 2027): 251}
MATRIX = '''"Anmeldte forbrydelser efter område, overtrædelsens art og tid"

" "," ","2027K1","2027K2","2027K3","2027K4"
"Hele landet"
" ","Indbrud i beboelser",4000,3500,3000,4500
"Næstved"
" ","Indbrud i beboelser",71,52,48,80

"Tallene er foreløbige for de seneste kvartaler, "
"og de rettes bagud: https://www.statistikbanken.dk/default.asp?w=1920"
'''


def rows_of(octets: bytes) -> dict:
    return {row.key: row.value for row in statbank.read(octets).rows}


@pytest.fixture
def in_english(app):
    with app.test_request_context("/"), force_locale("en"):
        yield app


@pytest.fixture
def table(app):
    """What comes with the product."""
    with app.test_request_context("/"), force_locale("en"):
        assert facts.load_shipped() > 900
        yield FigureTable.load()


# --- A file of StatBank

@pytest.mark.parametrize("text", [
    API,
    API.replace("Hele landet", "000").replace("Næstved", "370").replace("Indbrud i beboelser", "1320"),
    API.replace("Hele landet", "000 Hele landet").replace("Næstved", "370 Næstved").replace(
        "Indbrud i beboelser", "1320 Indbrud i beboelser"),
    re.sub("(?m)^(.*);(.*);(.*);(.*)$", r"\3;\2;\1;\4", API).replace(
        "TID;OVERTRÆD;OMRÅDE;INDHOLD", "tid;overtrædelsens art;område;Anmeldte forbrydelser"),
    re.sub("(?m)^(.*);(.*);(.*);(.*)$", r"\4;\1;\3;\2", API),
    API.replace("Hele landet", "All Denmark").replace("Indbrud i beboelser", "Residential burglaries").replace(
        "OMRÅDE;OVERTRÆD;TID;INDHOLD", "region;type of offence;time;Reported criminal offences").replace("K", "Q"),
    API.replace(";", "\t"), "\ufeff" + API.replace("\n", "\r\n"), MATRIX, MATRIX.replace(",", ";"),
    '" "," ","2027K1","2027K2","2027K3","2027K4"\n"Indbrud i beboelser"\n" ","Hele landet",4000,3500,3000,4500\n'
    '" ","Næstved",71,52,48,80\n',
    '" "," ","Hele landet","Næstved"\n"1320 Indbrud i beboelser","2027K1",4000,71\n" ","2027K2",3500,52\n'
    '" ","2027K3",3000,48\n" ","2027K4",4500,80\n'])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_statbank_file_is_read_in_either_form_language_and_order(in_english, text, encoding):
    if encoding == "utf-8" or "\ufeff" not in text:
        assert rows_of(text.encode(encoding)) == READ


def test_statbank_file_of_inhabitants_counts_those_of_january(in_english):
    text = "OMRÅDE;KØN;TID;INDHOLD\nNæstved;I alt;2027K1;85500\nNæstved;I alt;2027K2;85400\nNæstved;Mænd;2027K1;42000\n"
    reading = statbank.read(text.encode())
    assert reading.rows == [FigureRow(NAESTVED, "population", 2027, 85_500, "folk1a")]
    assert reading.problems == ["Not used here: “Mænd”."]
    matrix = '"Folketal den 1. i kvartalet efter område og tid"\n\n" ","2027K1"\n"Næstved",85500\n'
    assert rows_of(matrix.encode("latin-1")) == {(NAESTVED, "population", 2027): 85_500}


def test_statbank_quarters_make_a_year_only_when_all_four_are_there(in_english):
    reading = statbank.read("\n".join(API.splitlines()[:-1]).encode())
    assert [row.area for row in reading.rows] == [COUNTRY]
    assert reading.problems == ["Left out, because quarters are missing: “Burglary in homes, Næstved, 2027”."]


def test_statbank_short_form_leaves_out_quarters_without_reports(in_english):
    """The API's form BULK has no line for a zero. Where a file says zero itself, nothing is left out of it."""
    rare = API + "Faxe;Røveri;2027K1;1\nFaxe;Røveri;2027K3;2\n"
    assert rows_of(rare.encode()) == READ | {(FAXE, "robbery", 2027): 3}
    assert rows_of((rare + "Faxe;Hærværk;2027K1;0\n").encode()) == READ
    assert rows_of((API + "Faxe;Hærværk;2027K1;40\nFaxe;Hærværk;2027K2;30\n").encode()) == READ


@pytest.mark.parametrize("octets, why", [
    (API.replace("æ", "\ufffd").encode(), "letters in this file were lost"),
    (API.replace("æ", "ï¿½").encode(), "near “027K4;4500 Nï¿½stved"),
    (API.replace("Næ", "N?").encode(), "letters in this file were lost"),
    (API.encode("utf-8").decode("latin-1").encode("utf-8"), "letters in this file were lost"),
    (MATRIX.encode("latin-1")[:-150], "breaks off in the middle"),
    (('"' + API).encode(), "quotation marks do not match"),
    (API.replace(";52", ";52;1").encode(), "more or fewer columns"),
    (API.replace("INDHOLD", "ANTAL").encode(), "no column with the figures"),
    ((API + "Næstved;Indbrud i beboelser;2027K1;72\n").encode(), "contradicts itself"),
    (API.replace("Indbrud i beboelser", "Brandstiftelse").encode(), "Not used here: “Brandstiftelse”"),
    (API.replace(";Indbrud i beboelser", "").replace(";OVERTRÆD", "").encode(), "figures without a kind of offence"),
    (API.replace("2027K1;", "2027K1;1.").encode(), None),
    (b"PK\x03\x04 xlsx", "a spreadsheet"), (API.encode("utf-16"), "a spreadsheet"), (b"", "no figures"),
    ("Kære kollega,\nher er tallene.\n".encode(), "no figures")])
def test_mangled_statbank_file_is_refused_with_the_reason(in_english, octets, why):
    if why is None:  # a spreadsheet's thousands: nothing is guessed
        problems = statbank.read(octets + API.replace("2027", "2026").partition("\n")[2].encode()).problems
        assert "Not a whole number, or far too large, so left out: “1.4000”, “1.71”." in problems
        return
    with pytest.raises(Unreadable, match=re.escape(why)):
        statbank.read(octets)


@settings(max_examples=150)
@given(st.binary(max_size=80), st.integers(0, len(API)), st.integers(0, 40))
def test_a_broken_statbank_file_is_read_or_refused_and_never_an_error(app, junk, at, cut):
    with app.test_request_context("/"):
        for text in (API.encode(), MATRIX.encode("latin-1")):
            try:
                statbank.read(text[:at] + junk + text[at + cut:])
            except Unreadable as refused:
                assert str(refused)


# --- What comes with the product, and what it says

def test_shipped_figures_are_whole_and_have_a_source(table):
    codes = facts.municipality_codes()
    for measure in ("violence", "burglary_homes", "burglary_businesses", "shoplifting", "drugs", "population"):
        for area in (*codes, COUNTRY, DISTRICT):
            assert set(range(2016, 2026)) <= table.series(measure, area).keys(), (measure, area)
    assert table.series("burglary_homes", DISTRICT)[2025] == sum(
        table.series("burglary_homes", code)[2025] for code in codes)
    assert all(facts.sources()[figure.source].address.startswith("https://") for figure in Figure.all())


def test_a_file_that_knows_of_no_inhabitants_breaks_no_sentence(in_english):
    """StatBank writes "-" for a zero, and a slip of somebody's hand is one, too."""
    people = "OMRÅDE;KØN;TID;INDHOLD\nNæstved;I alt;2027K1;-\n"
    for text in (API, people):
        Figure.store(statbank.read(text.encode()).rows)
    said = sentences.about(FigureTable.load(), "burglary_homes", NAESTVED)
    assert said[0] == ["In 2027, 251 burglaries in homes were reported in Næstved Municipality."]


def test_another_district_gets_the_countrys_figures_alone_and_imports_its_own(app):
    district = app.config["DISTRICT"]
    elsewhere = msgspec.structs.replace(district.municipalities[0], name="Odense", code="461")
    app.config["DISTRICT"] = msgspec.structs.replace(district, municipalities=(elsewhere,), postcodes=())
    with app.test_request_context("/"), force_locale("en"):
        facts.load_shipped()
        assert {figure.area for figure in Figure.all()} == {COUNTRY}
        Figure.store(statbank.read(API.replace("Næstved", "461 Odense").encode()).rows)
        db.session.flush()
        table = FigureTable.load()
        assert table.series("burglary_homes", DISTRICT) == {2027: 251}
        assert facts.guessed_level(table, facts.code_of("Odense")) is None


def test_sentences_say_what_was_reckoned_by_hand(table):
    """320 burglaries in homes were reported in Næstved in 2016 and 256 in 2025: 64 fewer, and 2 √576 is 48. In 2020
    they were 262: 6 more, and 2 √518 is 45. 256 among 84,895 is 3.0; 15,747 among 5,992,734 is 2.6. At the country's
    rate Næstved had 223.1: 32.9 fewer, and 2 √479.1 is 43.8."""
    def change(area, before, year=2025):
        return sentences.change(table, "burglary_homes", area, before, year)

    assert sentences.level(table, "burglary_homes", NAESTVED, 2025) == (
        "In 2025, 256 burglaries in homes were reported in Næstved Municipality: 3.0 for every 1,000 inhabitants.")
    assert change(NAESTVED, 2016) == "Since 2016 the number of reports has fallen by 20% (from 320 to 256)."
    assert change(NAESTVED, 2020) == "The number of reports is about the same as in 2020 (262)."
    assert change(NAESTVED, 2024) == "Since 2024 the number of reports has risen by 25% (from 205 to 256)."
    assert change(COUNTRY, 2016) == "Since 2016 the number of reports has fallen by 50% (from 31,777 to 15,747)."
    assert change(NAESTVED, 2010) == "" == change("district", 1999)
    assert sentences.beside(table, "burglary_homes", NAESTVED, COUNTRY, 2025) == (
        "That is about the same as in the whole country (2.6).")
    assert sentences.level(table, "robbery", FAXE, 2025) == (
        "In 2025, fewer than 10 robberies were reported in Faxe Municipality.")
    assert sentences.per_homes(table, NAESTVED) == (
        "Of 1,000 homes in Næstved Municipality, 5.8 had a reported burglary from July 2025 to June 2026.")
    assert sentences.per_homes(table, "340") == ""
    assert sentences.survey(table)[0] == (
        "In 2022, 88% of those asked in the whole police district felt safe in their neighbourhood.")


def test_sentences_are_said_in_danish(table):
    with force_locale("da"):
        said = sentences.about(table, "burglary_homes", NAESTVED)
    assert said[0][0] == ("I 2025 blev der anmeldt 256 indbrud i private hjem i Næstved Kommune: "
                       "3,0 pr. 1.000 indbyggere.")
    assert "Siden 2016 er antallet af anmeldelser faldet med 20\xa0% (fra 320 til 256)." in said[1]


def test_guesses_of_a_poll_have_their_fact(table):
    naestved, soroe = facts.code_of("Næstved"), facts.code_of("Sorø")
    change = facts.guessed_change(table, naestved, "burglary_homes", 5)
    assert (change.value, change.sentence) == (0, "The number of reports is about the same as in 2020 (262).")
    assert facts.guessed_level(table, naestved).value == 5.8 and facts.guessed_level(table, soroe) is None
    assert facts.guessed_change(table, naestved, "vandalism", 5) is None


@settings(max_examples=300)
@given(st.integers(0, 50_000), st.integers(0, 50_000))
def test_a_sentence_never_claims_a_change_that_could_be_chance(app, old, new):
    rows = [FigureRow(NAESTVED, "violence", year, value, "straf11") for year, value in ((2020, old), (2025, new))]
    with app.test_request_context("/"), force_locale("en"):
        said = sentences.change(FigureTable(rows, [NAESTVED]), "violence", NAESTVED, 2020, 2025)
    by_chance = abs(old - new) <= 2 * sqrt(old + new)
    assert ("about the same" in said) == by_chance
    assert ("has risen" in said) == (new > old and not by_chance)
    assert ("has fallen" in said) == (new < old and not by_chance)
    assert all(int(n.replace(",", "")) >= 10 for n in re.findall(r"(?<=from |..to )[\d,]+", said))


# --- The page

def look_through(officer, octets: bytes) -> Page:
    officer.get("/en/kontor/fakta")
    return Page(officer.client.post("/en/kontor/fakta", data={
        "csrf_token": officer.token, "file": (io.BytesIO(octets), "straf11.csv")}))


def test_office_sees_what_a_statbank_file_changes_and_stores_it_by_one_press(app, officer):
    with app.app_context():
        Figure.store([FigureRow(NAESTVED, "burglary_homes", 2027, 250, "straf11")])
        db.session.commit()
    page = look_through(officer, (API + "Næstved;Brandstiftelse;2027K1;4\n").encode())
    assert page.status == 200 and "One figure is new. One figure changes." in page.text
    assert "Burglary in homes Næstved 2027 250 251" in page.text and "“Brandstiftelse”" in page.text
    done = officer.post("/en/kontor/fakta", {"rows": page.hidden["rows"][0], "send": "1"})
    assert "2 figures are new or have changed." in done.text
    assert "Burglary in homes 2027 2" in done.text
    again = look_through(officer, MATRIX.encode("latin-1"))
    assert "2 stay as they are." in again.text and 'name="send"' not in again.html


def test_what_a_colleague_has_stored_since_the_file_was_looked_through_is_shown_first(app, officer):
    with app.app_context():
        Figure.store([FigureRow(NAESTVED, "burglary_homes", 2027, 250, "straf11")])
        db.session.commit()
    page = look_through(officer, MATRIX.encode("latin-1"))
    with app.app_context():
        Figure.store([FigureRow(NAESTVED, "burglary_homes", 2027, 260, "straf11")])
        db.session.commit()
    form = {name: page.hidden[name][0] for name in ("rows", "version")}
    shown = officer.post("/en/kontor/fakta", {**form, "send": "1"})
    assert shown.status == 409
    with app.app_context():
        assert db.session.get(Figure, (NAESTVED, "burglary_homes", 2027)).value == 260


LARGEST = "9" * (MOST_DIGITS - 1)


@pytest.mark.parametrize("digits", [MOST_DIGITS, 20, 29, 5_000])
def test_a_figure_that_cannot_be_is_left_out_by_page_and_command(app, officer, tmp_path, digits):
    """The page showed it and could not store it, or broke; the command stored it."""
    file = tmp_path / "straf11.csv"
    file.write_text(API.replace(";52", ";" + "9" * digits), "utf-8")
    page = look_through(officer, file.read_bytes())
    assert page.status == 200 and f"far too large, so left out: “{'9' * digits}”." in page.text
    assert "“Burglary in homes, Næstved, 2027”" in page.text
    assert "One figure is new" in officer.post("/en/kontor/fakta", {"rows": page.hidden["rows"][0], "send": "1"}).text
    said = app.test_cli_runner().invoke(args=["facts", "import", str(file)]).output
    assert "far too large, so left out" in said and "0 figures are new" in said
    with app.app_context():
        assert [(f.area, f.value) for f in Figure.all()] == [(COUNTRY, 15_000)]


def test_a_year_of_the_largest_quarters_is_stored_as_the_page_has_shown_it(app, officer):
    text = re.sub(r"(?m);\d+$", f";{LARGEST}", API)
    page = look_through(officer, text.encode())
    assert "2 figures are new" in officer.post("/en/kontor/fakta", {"rows": page.hidden["rows"][0], "send": "1"}).text
    with app.app_context():
        assert {f.value for f in Figure.all()} == {4 * int(LARGEST)}


@pytest.mark.parametrize("data", [{}, {"rows": "area;measure"}, {"rows": "area;measure;year;value;source\nx;y;z;1;2"},
                                  {"rows": "area;measure;year;value;source\n370;violence;2027;1;?", "send": "1"},
                                  {"rows": "area;measure;year;value;source\n370;violence;9999999;nan;straf11"}])
def test_office_is_asked_for_a_statbank_file_where_none_can_be_read(app, officer, data):
    assert officer.post("/en/kontor/fakta", data).errors == ["Choose a file."]
    with app.app_context():
        assert not Figure.overview()


def test_operator_imports_figures_by_command(app, tmp_path):
    command = app.test_cli_runner().invoke
    assert "995 figures are new" in command(args=["facts", "import"]).output
    assert command(args=["facts", "import"]).output == "0 figures are new or have changed.\n"
    file = tmp_path / "straf11.csv"
    file.write_text(API + "Faxe;Brandstiftelse;2027K1;4\n", "utf-8")
    assert command(args=["facts", "import", str(file)]).output == (
        "Not used here: “Brandstiftelse”.\n2 figures are new or have changed.\n")
    file.write_text(API.replace("æ", "\ufffd"), "utf-8")
    refused = command(args=["facts", "import", str(file)])
    assert refused.exit_code == 1 and "letters in this file were lost" in refused.output


def test_a_file_may_be_called_in_any_encoding(app):
    """Else the form came as if nothing had been filled in, and the page said that it had been open for too long."""
    ida = logged_in(app)
    parts = {"csrf_token": (b'name="csrf_token"', ida.token.encode()),
             "file": (b'name="file"; filename="bl\xe5b\xe6r.csv"', b"nonsense")}
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + name + b"\r\n\r\n" + what + b"\r\n"
                    for name, what in parts.values()) + b"--x--\r\n"
    page = Page(ida.client.post("/en/kontor/fakta", data=body, content_type="multipart/form-data; boundary=x"))
    assert page.status == 422 and page.errors == [
        "We found no figures in the file. Download it from StatBank as CSV, and send it as it is."]


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_two_links_to_sources_are_called_the_same(language):
    """Read out one after the other they would be one (WCAG 2.4.9)."""
    names = [source.name[language] for source in facts.sources().values()]
    assert len(names) == len(set(names)) > 5
