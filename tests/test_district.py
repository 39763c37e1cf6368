"""Whose road is it? What a citizen is told after typing a postcode, and what a wrong file is told."""

import tomllib
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Person, logged_in
from helpers import as_sent, wish

from catalogue import SERVICES
from district import District
from facts import load_shipped
from facts.meetings import facts_beside
from languages import in_language
from models import Booking, Officer, Place, db, today

FILE = Path(__file__).parent.parent / "district.toml"


@pytest.fixture(scope="module")
def district():
    return District.load(FILE)


# --- Our own postcodes

@pytest.mark.parametrize("postcode, town, municipality", [
    ("4160", "Herlufmagle", "Næstved"),
    ("4180", "Sorø", "Sorø"),
    ("4200", "Slagelse", "Slagelse"),
    ("4220", "Korsør", "Slagelse"),
    ("4250", "Fuglebjerg", "Næstved"),
    ("4291", "Ruds Vedby", "Sorø"),
    ("4293", "Dianalund", "Sorø"),
    ("4295", "Stenlille", "Sorø"),
    ("4640", "Faxe", "Faxe"),
    ("4683", "Rønnede", "Faxe"),
    ("4690", "Haslev", "Faxe"),  # and Terslev
    ("4700", "Næstved", "Næstved"),
    ("4750", "Lundby", "Vordingborg"),  # and Udby
    ("4760", "Vordingborg", "Vordingborg"),  # and Nyråd
    ("4780", "Stege", "Vordingborg"),
    ("4800", "Nykøbing F", "Guldborgsund"),
    ("4900", "Nakskov", "Lolland"),
    ("4944", "Fejø", "Lolland"),
    ("4990", "Sakskøbing", "Guldborgsund"),
])
def test_a_postcode_of_ours_gives_town_and_municipality_and_no_other_district(
        district, postcode, town, municipality):
    ours = district.postcode(postcode)
    assert (ours.town, ours.municipality) == (town, municipality)
    assert district.neighbour(postcode) is None


def test_every_municipality_has_postcodes_and_there_are_seven(district):
    first = {each.municipality for each in district.postcodes}
    assert first == {each.name for each in district.municipalities}
    assert first == {"Faxe", "Guldborgsund", "Lolland", "Næstved", "Slagelse", "Sorø", "Vordingborg"}


def test_a_postcode_across_a_border_names_all_its_municipalities_of_ours(district):
    assert district.postcode("4733").municipalities == ("Næstved", "Faxe", "Vordingborg")


@pytest.mark.parametrize(("town", "postcode"), [
    ("Roskilde", "4000"), ("Køge", "4600"), ("holbæk", "4300"), ("Nykøbing Sjælland", "4500"), ("Store Heddinge", "4660"),
    ("Gørlev", "4281"), ("Helsingør", "3000"), ("Taastrup", "2630"), ("Kastrup", "2770"), ("Dragør", "2791"),
    ("Rønne", "3700"), ("Odense", "5000"), ("Kolding", "6000"), ("Fredericia", "7000"), ("Haderslev", "6100"),
    ("Randers", "8900"), ("Silkeborg", "8600"), ("Hjørring", "9800")])
def test_a_town_of_another_district_has_the_neighbour_of_its_postcode(district, town, postcode):
    assert district.neighbour_of_town(town) is district.neighbour(postcode) is not None


def test_no_town_is_named_as_anothers_that_is_ours(district):
    named = [town for each in district.neighbours for town in each.towns]
    assert len(set(named)) == len(named) and not any(district.postcodes_of(town) for town in named)


@pytest.mark.parametrize("postcode", ["4100", "4270", "4370", "4652", "4682"])
def test_a_postcode_mostly_in_the_next_district_is_taken_and_the_other_district_named(
        district, postcode):
    assert district.postcode(postcode).mainly_elsewhere
    assert district.neighbour(postcode).name["da"] == "Midt- og Vestsjællands Politi"


# --- Everybody else's

ELSEWHERE = {
    "Midt- og Vestsjællands Politi":
        "2670 2680 2690 4000 4030 4040 4060 4070 4130 4140 4174 4281 4300 4320 4330 4360 4400 4440"
        " 4500 4581 4592 4600 4621 4632 4660 4671 4672 4673 4681",
    "Nordsjællands Politi":
        "2765 2800 2820 2840 2870 2900 2920 2970 2990 3000 3050 3120 3200 3300 3400 3460 3500 3520"
        " 3600 3670 4050",
    "Københavns Vestegns Politi":
        "2600 2605 2610 2620 2625 2630 2635 2640 2650 2660 2665 2730 2740 2750 2760 2860 2880",
    "Københavns Politi":
        "0999 1050 1301 1560 1799 1850 1970 2000 2100 2150 2200 2300 2400 2450 2500 2700 2720 2770 2791",
    "Bornholms Politi": "3700 3720 3730 3751 3760 3770 3782 3790",
    "Fyns Politi": "5000 5220 5300 5400 5500 5600 5610 5700 5800 5900 5960 5985",
    "Sydøstjyllands Politi":
        "6000 6070 6580 6640 7000 7100 7190 7200 7323 8362 8464 8660 8680 8700 8722 8740 8789",
    "Syd- og Sønderjyllands Politi":
        "6100 6200 6270 6300 6400 6500 6600 6630 6650 6700 6720 6760 6792 6800 6870",
    "Østjyllands Politi":
        "8000 8220 8300 8305 8382 8400 8450 8500 8592 8799 8860 8870 8881 8900 8963 8990",
    "Midt- og Vestjyllands Politi":
        "6880 6900 6950 6990 7280 7330 7400 7430 7500 7600 7620 7700 7760 7800 7900 8600 8620 8654"
        " 8766 8800 8850 8883 9632",
    "Nordjyllands Politi":
        "9000 9220 9300 9400 9460 9500 9550 9560 9600 9620 9640 9690 9700 9800 9850 9900 9940 9990",
    "Færøernes Politi": "100 188 350 800 970",
    "Grønlands Politi": "3900 3911 3952 3992",
}


@pytest.mark.parametrize("name, postcodes", ELSEWHERE.items())
def test_a_postcode_outside_is_not_ours_and_its_district_is_named(district, name, postcodes):
    for postcode in postcodes.split():
        assert district.postcode(postcode) is None, postcode
        assert district.neighbour(postcode).name["da"] == name, postcode


def test_no_number_is_claimed_by_two_other_districts(district):
    numbers = [f"{number:04}" for number in range(10_000)] + [str(number) for number in range(100, 1000)]
    for number in numbers:
        assert sum(each.covers(number) for each in district.neighbours) <= 1, number


@pytest.mark.parametrize("postcode", ["4999", "4701", "0000", "99", "47000", "", "Faxe"])
def test_a_number_that_is_no_postcode_is_nobodys(district, postcode):
    assert district.postcode(postcode) is None
    assert district.neighbour(postcode) is None


# --- Names, numbers and links

def test_texts_come_in_both_languages(district):
    assert in_language(district.name, "da") == "Sydsjællands og Lolland-Falsters Politi"
    assert in_language(district.name, "en") == "South Sealand and Lolland-Falster Police"


def test_a_wish_can_be_referred_to_all_that_the_officer_may_choose(district):
    assert [each.key for each in district.authorities] == [
        "municipality", "vejdirektoratet", "other_district", "police_114", "report", "housing"]
    assert district.authority("vejdirektoratet").phone == "72 44 33 33"
    assert "motorways" in district.authority("vejdirektoratet").for_["en"]
    assert district.authority("housing").link == ""
    assert district.municipality("Guldborgsund").phone == "54 73 10 00"


def test_who_is_not_in_the_file_any_more_is_a_name_alone(district):
    assert (district.municipality("Ringsted").name, district.municipality("Ringsted").roads) == ("Ringsted", "")
    assert district.authority("mayor") is None


@pytest.mark.parametrize("right, wrong, shown", [
    ('"Faxe"', '"Ny Faxe"', "Faxe Municipality"), ('key = "municipality"', 'key = "kommune"', "Somebody else")])
def test_pages_of_before_a_reform_stay_open(make_app, tmp_path, right, wrong, shown):
    """A municipality, or an authority, has another name since a wish was referred to it."""
    text = FILE.read_text("utf-8")
    assert right in text
    file = tmp_path / "reformed.toml"
    file.write_text(text.replace(right, wrong), "utf-8")
    app = make_app(DISTRICT_FILE=str(file))
    referred, other = wish(app), wish(app)
    with app.app_context():
        load_shipped()
        Booking.by_reference(referred.reference).refer(db.session.get(Officer, 1), "municipality", "")
        db.session.commit()
        assert facts_beside(SERVICES["meeting"].poll, "Faxe") is not None
    assert shown in Person(app).get(f"/en/sag/{referred.reference}/{referred.secret}").text
    ida = logged_in(app)
    for case in (referred, other):
        assert ida.get(f"/en/kontor/sag/{case.reference}").status == 200
    assert ida.get(f"/en/kontor/sag/{other.reference}/henvis").status == 200


@pytest.fixture
def reformed(make_app, tmp_path):
    """Of a district that has given 4690 away."""
    file = tmp_path / "reformed.toml"
    file.write_text("".join(line for line in FILE.read_text("utf-8").splitlines(keepends=True)
                            if 'postcode = "4690"' not in line), "utf-8")
    return make_app(DISTRICT_FILE=str(file))


@pytest.mark.parametrize(("step", "typed", "done"), [
    ("besoeg", {}, True), ("besoeg", {"road": "Kirkevej"}, True), ("besoeg", {"postcode": "4691"}, False),
    ("flyt", {"road": "Kirkevej"}, True)])
def test_a_place_whose_postcode_was_given_away_keeps_it_in_the_officers_forms(reformed, step, typed, done):
    booking = wish(reformed)
    ida, path = logged_in(reformed), f"/en/kontor/sag/{booking.reference}/{step}"
    plan = {"day": (today() + timedelta(days=7)).isoformat(), "starts": "17:00", "ends": "19:00", "crew": "ATK 1",
            "method": "atk"} if step == "besoeg" else {}
    shown = ida.post(path, {**as_sent(ida.get(path), "postcode"), **plan, **typed, "send": "1"})
    assert shown.status == (200 if done else 422), shown.errors
    with reformed.app_context():
        moved = Place.one_by(road="Kirkevej")
        assert (moved is not None) is ("road" in typed)
        assert moved is None or (moved.postcode, moved.town, moved.municipality) == ("4690", "Haslev", "Faxe")


def test_several_cases_at_a_place_whose_postcode_was_given_away_are_moved_together(reformed):
    cases = {"sag": [wish(reformed).reference, wish(reformed).reference]}
    ida, path = logged_in(reformed), "/en/kontor/flere/flyt"
    page = ida.post(path, cases)
    ida.post(path, {**as_sent(page, "seen"), "road": "Kirkevej", "send": "1"})
    with reformed.app_context():
        assert {b.place.in_full for b in db.session.query(Booking)} == {"Kirkevej, 4690 Haslev"}


def test_every_link_is_encrypted(district):
    links = [district.website, district.accessibility_statement, district.data_protection_officer,
             district.complaints.link, district.complaints.behaviour]
    links += [link for each in district.municipalities for link in (each.website, each.roads)]
    links += [each.website for each in district.neighbours]
    links += [each.link for each in district.authorities if each.link]
    assert [link for link in links if not link.startswith("https://")] == []


def test_the_first_corner_of_the_map_lies_south_west_of_the_other(district):
    (south, west), (north, east) = district.bounds
    assert 54 < south < north < 58 and 8 < west < east < 16


def test_nobody_changes_the_district_while_the_site_runs(district):
    with pytest.raises(AttributeError):
        district.postcode("4700").town = "Nestved"


# --- A file that is written in another way

@pytest.mark.parametrize("written", [
    lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n"),
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: text.replace('"2670-2699"', '"2699-2670"')])
def test_a_file_says_the_same_whatever_editor_has_saved_it_and_whichever_end_comes_first(district, tmp_path, written):
    file = tmp_path / "other.toml"
    file.write_bytes(written(FILE.read_text("utf-8")).encode())
    other = District.load(file)
    assert other.postcodes_of("Hårlev") == district.postcodes_of("Hårlev") == ["4652"]
    assert other.neighbour("2680").website == district.neighbour("2680").website
    assert (other.bounds, other.municipalities, other.address) == (
        district.bounds, district.municipalities, district.address)


# --- A wrong file

BOUNDS = "[[54.53, 10.90], [55.62, 12.60]]"
FIRST = tomllib.loads(FILE.read_text("utf-8"))  # what stands there before it is made wrong


@pytest.mark.parametrize("right, wrong, words", [
    ('"4171", town = "Glumsø"', '"4171"', "missing required field `town` - at `$.postcodes[2]`"),
    ('municipalities = ["Sorø"] }', 'municipalities = ["Soroe"] }',
     "'4173' names 'Soroe', no municipality of ours"),
    ('"4220", town = "Korsør", municipalities = ["Slagelse"]',
     '"4220", town = "Korsør", municipalities = []', "of length >= 1 - at `$.postcodes[7].municipalities`"),
    ('postcode = "4720"', 'postcode = "4700"', "'4700' is listed 2 times"),
    ('postcode = "4720"', 'postcode = 4720', "Expected `str`, got `int` - at `$.postcodes[32].postcode`"),
    ('postcode = "4720"', 'postcode = "DK-4720"', "at `$.postcodes[32].postcode`"),
    ('key = "housing"', 'key = "report"', "'report' is listed 2 times"),
    ('"4051-4699"', '"4301-4699"', "'4100' is mainly elsewhere, yet no neighbour has it"),
    ('["3700-3799"]', '["3700 to 3799"]', "at `$.neighbours[4].postcodes[0]`"),
    ('["3700-3799"]', '"3700-3799"', "Expected `array`, got `str` - at `$.neighbours[4].postcodes`"),
    ('link = "https://www.vejdirektoratet.dk"', 'lnik = "https://www.vejdirektoratet.dk"',
     "unknown field `lnik` - at `$.authorities[1]`"),
    ('name = { da = "Kommunen", en = "The municipality" }', 'name = { da = "Kommunen" }',
     "lacks {'en'}"),
    ('name = { da = "Kommunen", en = "The municipality" }', 'name = "Kommunen"',
     "at `$.authorities[0].name`"),
    ('email = "ssj@politi.dk"', '', "missing required field `email`"),
    *((rf'"{FIRST[field]}"', f'"{wrong}"', f"at `$.{field}`") for field, wrongs in {
        "email": ("", "ikke en adresse", "Politi <ssj@politi.dk>", "ssj@politi.dk, nord@politi.dk", "sønder@politi.dk",
                  r"ssj@politi.dk\nBcc: nord@politi.dk", r"ssj@politi.dk\n", "ssj@politi", "ssj@politi..dk"),
        "website": ("", "javascript:alert(1)", "http://politi.dk", "politi.dk", "https://", "https://politi.dk /x"),
        "accessibility_statement": ("/was", " "), "data_protection_officer": ("", " "),
    }.items() for wrong in wrongs),
    ('\nphone = "114"', '\nphone = ""', "at `$.phone`"), ('\nphone = "114"', '\nphone = " "', "at `$.phone`"),
    ('name = { da = "Sydsjællands og Lolland-Falsters Politi"', 'name = { da = ""', "at `$.name[...]`"),
    ('name = { da = "Kommunen"', 'name = { da = " "', "at `$.authorities[0].name[...]`"),
    ('"56 20 30 00", website = "https:', '"56 20 30 00", website = "http:', "at `$.municipalities[0].website`"),
    ('roads = "https://www.lolland.dk"', 'roads = "tlf. 54 67 67 67"', "at `$.municipalities[2].roads`"),
    ('link = "https://www.vejdirektoratet.dk"', 'link = "data:text/html,x"', "at `$.authorities[1].link`"),
    ('behaviour = "https:', 'behaviour = "http:', "at `$.complaints.behaviour`"),
    ('"4171", town = "Glumsø"', '"4171", town = ""', "at `$.postcodes[2].town`"),
    ('"4171", town = "Glumsø"', f'"4171", town = "{"G" * 81}"', "at `$.postcodes[2].town`"),
    ('postcode = "4720"', 'postcode = "٤٧٢٠"', "at `$.postcodes[32].postcode`"),
    ('postcode = "4720"', r'postcode = "4720\n"', "at `$.postcodes[32].postcode`"),
    ('code = "376"', 'code = "320"', "'320' is listed 2 times"),
    ('code = "376"', 'code = "000"', "at `$.municipalities[1].code`"),  # the whole country's
    ('"Parkvej 50"', '""', "at `$.address[1]`"),
    (f"bounds = {BOUNDS}", "bounds = [[54.53, 10.90]]", "of length 2, got 1 - at `$.bounds`"),
    (f"bounds = {BOUNDS}", "bounds = [[55.62, 12.60], [54.53, 10.90]]", "south-west"),
    (f"bounds = {BOUNDS}", "bounds = [[54.53, 12.60], [55.62, 10.90]]", "south-west"),
    (f"bounds = {BOUNDS}", "bounds = [[54.53, 10.90], [54.53, 10.90]]", "south-west"),
    (f"bounds = {BOUNDS}", "bounds = [[10.90, 54.53], [12.60, 55.62]]", "at `$.bounds[0][0]`"),
    (f"bounds = {BOUNDS}", "bounds = [[nan, 10.90], [55.62, 12.60]]", "at `$.bounds[0][0]`"),
    (f"bounds = {BOUNDS}", "bounds = [[54.53, 10.90], [55.62, inf]]", "at `$.bounds[1][1]`"),
    ('["Mobil politistation"]', '["Vogn 1", "vogn1"]', "'vogn1' is listed 2 times"),
    *(('["Mobil politistation"]', f'["{unit}"]', "at `$.vehicles[0]`") for unit in (
        "", " ", "-", "Vogn 1, stor", "Vogn 1 ", "Vogn  1", "Vogn\N{NO-BREAK SPACE}1", "V" * 41)),
    ('[complaints]', '[complaints', "at the end of a table declaration"),  # not TOML at all
])
def test_a_file_that_is_wrong_is_refused_with_the_place_and_the_reason(tmp_path, right, wrong, words):
    text = FILE.read_text("utf-8")
    assert right in text
    file = tmp_path / "other.toml"
    file.write_text(text.replace(right, wrong, 1), "utf-8")
    with pytest.raises(ValueError) as refusal:
        District.load(file)
    assert "other.toml" in str(refusal.value)
    assert words in str(refusal.value)
