"""Where it is: the map with streets out of a file of our own, one's own position, and roads to choose from."""

import io
import math
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from browser import Citizen, Visitor, running
from conftest import book
from furnished import furnish
from helpers_browser import send_off
from PIL import Image, ImageDraw
from ways import fill_in

from models import Booking, Place, Road, db
from street_map import FILE_NAME, StreetMap

HERE = (55.3220, 11.9680)
BOUNDS = (11.88, 55.28, 12.06, 55.37)  # west, south, east, north
ZOOMS = range(10, 16)
STREET = (200, 30, 30)


@cache
def picture() -> bytes:
    tile, kept = Image.new("RGB", (256, 256), (240, 240, 230)), io.BytesIO()
    ImageDraw.Draw(tile).line([(0, 128), (256, 128)], STREET, width=24)
    tile.save(kept, "PNG")
    return kept.getvalue()


def tile_of(lat: float, lng: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile in which a point lies, counted from the north-west."""
    across = 2**zoom
    return (int((lng + 180) / 360 * across),
            int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * across))


def make_map(folder, **metadata) -> None:
    """A file as the standard has it: rows are counted from the south."""
    told = {"name": "Streets", "format": "png", "bounds": ",".join(map(str, BOUNDS)),
            "attribution": 'Streets of <a href="https://example.dk">nobody</a><script>x</script>', **metadata}
    west, south, east, north = BOUNDS
    with closing(sqlite3.connect(folder / FILE_NAME)) as one, one:
        one.executescript("CREATE TABLE metadata (name text, value text); CREATE TABLE tiles (zoom_level integer, "
                          "tile_column integer, tile_row integer, tile_data blob);")
        one.executemany("INSERT INTO metadata VALUES (?, ?)", told.items())
        for zoom in ZOOMS:
            (first, top), (last, bottom) = tile_of(north, west, zoom), tile_of(south, east, zoom)
            one.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", (
                (zoom, column, 2**zoom - 1 - row, picture()) for column in range(first, last + 1)
                for row in range(top, bottom + 1)))


@pytest.fixture
def streets(app):
    """The site with a map of its own; where its file is."""
    make_map(Path(app.instance_path))
    return Path(app.instance_path) / FILE_NAME


def get(app, zoom, column, row, **how):
    return app.test_client().get(f"/kort/{zoom}/{column}/{row}", **how)


# The file.

def test_a_tile_is_served_from_the_file_and_may_be_kept(app, streets):
    at = tile_of(*HERE, 14)
    tile = get(app, 14, *at)
    assert tile.status_code == 200 and tile.mimetype == "image/png" and tile.data == picture()
    assert "max-age=604800" in tile.headers["Cache-Control"] and "no-store" not in tile.headers["Cache-Control"]
    assert get(app, 14, *at, headers={"If-None-Match": tile.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("zoom, column, row", [
    (14, 0, 0), (14, 2**31 - 1, 2**31 - 1), (9, *tile_of(*HERE, 9)), (16, *tile_of(*HERE, 16)), (2**31 - 1, 1, 1),
    (0, 1, 1)])
def test_outside_its_bounds_and_zooms_there_is_nothing_and_no_error(app, streets, zoom, column, row):
    found = get(app, zoom, column, row)
    assert (found.status_code, found.data) == (204, b"")


@pytest.mark.parametrize("address", [
    "/kort/14/../../config.py", "/kort/14/%2e%2e/secret_key", "/kort/14/8735/x", "/kort/-1/0/0",
    "/kort/14/8735/5128.png", "/kort/1e3/0/0", "/kort/14/8735/" + "9" * 400, "/kort/14/8735/5128%00", "/kort/;/'/\"",
    "/kort/14/8735"])
def test_an_address_is_three_numbers_and_never_a_path(app, streets, address):
    assert app.test_client().get(address).status_code == 404


def test_without_a_file_the_form_has_no_map_and_asks_for_none(app, citizen):
    page = citizen.get("/en/bestil/faerdselskontrol")
    assert "data-map" not in page.html and "leaflet" not in page.html and "I am there now" in page.text
    assert get(app, 14, *tile_of(*HERE, 14)).status_code == 204


@pytest.mark.parametrize("broken", ["no database", "empty", "vector tiles", "no tiles", "odd bounds"])
def test_a_file_that_cannot_be_used_is_named_in_the_log_and_no_map_is_shown(app, streets, citizen, caplog, broken):
    if broken in ("no database", "empty"):
        streets.write_bytes(b"" if broken == "empty" else b"SQLite format 3\0" + b"x" * 5000)
    else:
        with closing(sqlite3.connect(streets)) as one, one:
            one.execute({"vector tiles": "UPDATE metadata SET value = 'pbf' WHERE name = 'format'",
                         "no tiles": "DELETE FROM tiles",
                         "odd bounds": "UPDATE metadata SET value = 'here' WHERE name = 'bounds'"}[broken])
    page = citizen.get("/en/bestil/faerdselskontrol")
    assert page.status == 200 and "data-map" not in page.html
    assert f"{FILE_NAME} cannot be used as a map" in caplog.text
    assert get(app, 14, *tile_of(*HERE, 14)).status_code == 204


def test_a_file_that_breaks_later_costs_its_tiles_and_no_page(app, streets, caplog):
    assert get(app, 14, *tile_of(*HERE, 14)).status_code == 200
    with app.app_context():
        opened = StreetMap.at_hand()
        streets.write_bytes(streets.read_bytes()[:5000])
        assert opened.tile(14, *tile_of(*HERE, 14)) is None and "cannot be read" in caplog.text


def test_a_new_file_is_used_at_once_and_its_attribution_is_words_alone(app, streets, citizen):
    assert 'data-attribution="Streets of nobodyx"' in citizen.get("/bestil/faerdselskontrol").html
    streets.unlink()
    assert "data-map" not in citizen.get("/bestil/faerdselskontrol").html


# The pin.

@pytest.mark.parametrize("accuracy, point", [("12", HERE), ("50", HERE), ("51", None), ("", None), ("x", None)])
def test_only_a_pin_that_is_right_within_50_metres_becomes_the_point_of_its_place(app, citizen, accuracy, point):
    reference, _ = book(citizen, lat=str(HERE[0]), lng=str(HERE[1]), accuracy=accuracy)
    with app.app_context():
        booking = Booking.by_reference(reference)
        assert (booking.lat, booking.lng) == HERE, "the booking keeps what was set"
        assert (booking.place.lat, booking.place.lng) == (point or (None, None))


def test_an_officer_has_the_map_too_where_it_shows_streets(app, officer, streets):
    page = officer.get("/kontor/ny/faerdselskontrol")
    assert page.status == 200 and "data-map" in page.html and 'name="accuracy"' in page.html
    streets.unlink()
    assert "data-map" not in officer.get("/kontor/ny/faerdselskontrol").html


# Roads.

ADDRESSES = ("vejnavn,husnr,postnr,wgs84koordinat_bredde,wgs84koordinat_længde\n"
             "Terslev Bygade,1,4690,55.3000,11.9000\nTerslev Bygade,2,4690,55.3220,11.9680\n"
             "Terslev Bygade,3,4690,55.3400,12.0000\nAlgade,1,4690,55.33,11.95\nNørregade,1,1165,55.68,12.57\n"
             "Stien,1,4690,,\n")


def imported(app, tmp_path, words: str):
    (tmp_path / "roads.csv").write_text(words, "utf-8-sig")
    return app.test_cli_runner().invoke(args=["roads", "import", str(tmp_path / "roads.csv")])


@pytest.mark.parametrize("form", ["of the register", "with semicolons", "short"])
def test_roads_are_imported_suggested_by_postcode_and_give_a_place_its_point(app, citizen, tmp_path, form):
    words = {"of the register": ADDRESSES, "with semicolons": ADDRESSES.replace(",", ";"),
             "short": ADDRESSES.replace("wgs84koordinat_bredde,wgs84koordinat_længde", "y,x")}[form]
    done = imported(app, tmp_path, words)
    assert done.exit_code == 0 and "2 roads. 2 addresses" in done.output, done.output
    found = app.test_client().get("/veje/4690").json
    assert found["roads"] == ["Algade", "Terslev Bygade"] and found["town"] == "Haslev" and found["middle"]
    assert app.test_client().get("/veje/0000").json == {"roads": [], "middle": None, "town": ""}
    first, _ = book(citizen, road="Terslev bygade 12")
    with app.app_context():
        place = Booking.by_reference(first).place
        assert (place.lat, place.lng) == HERE, "the middle of the road"
        near = Place.near("Skolevej", "4683", HERE[0] + 0.001, HERE[1])
        assert near == [place], "neighbours are found without any pin"


HEADING = "vejnavn,postnr,y,x\n"


@pytest.mark.parametrize("wrong", [
    "", "\n", HEADING, "navn,sted\n", "navn,sted\nx,y\n", "vejnavn\nAlgade\n", f"{HEADING}Algade,4690,,\n",
    f"{HEADING}Algade,1165,55.33,11.95\n", f"{HEADING}Algade,4690,nan,inf\n", f"{HEADING}Algade,4690,6131234,681234\n",
    f"{HEADING},4690,55.33,11.95\n", f"{HEADING}?,4690,55.33,11.95\n", f"{HEADING}Algade\n", "a\0b,c\n",
    f'{HEADING}Algade,4690,55.33,11.95\n"Bredgade,4690,55.33,11.95\nCirkelvej,4690,55.33,11.95\n'])
def test_a_second_import_takes_the_place_of_the_first_and_a_file_without_roads_changes_nothing(app, tmp_path, wrong):
    imported(app, tmp_path, ADDRESSES)
    assert imported(app, tmp_path, ADDRESSES.replace("Algade", "Storegade")).exit_code == 0
    refused = imported(app, tmp_path, wrong)
    assert refused.exit_code == 1 and "Nothing was changed" in refused.output, refused.output
    with app.app_context():
        assert {road.name for road in db.session.query(Road)} == {"Storegade", "Terslev Bygade"}


@pytest.mark.parametrize("line", [",4690,55.33,11.95", "-,4690,55.33,11.95", "Nanvej,4690,nan,inf",
                                  "Fjernvej,4690,999,12", "Halvvej,4690", "x",
                                  f"{'V' * 121},4690,55.33,11.95", '"Søvej\nÅvej",4690,55.33,11.95',
                                  "Nul\0vej,4690,55.33,11.95"])
def test_a_line_that_is_no_road_is_left_out_and_counted(app, tmp_path, line):
    done = imported(app, tmp_path, f"{HEADING}Algade,4690,55.33,11.95\n{line}\n")
    assert done.exit_code == 0 and "1 roads. 1 addresses" in done.output, done.output


# In a browser.

@pytest.mark.browser
def test_streets_are_seen_and_a_pin_is_set_by_click_keyboard_and_position(chromium, template, tmp_path):
    with running(tmp_path, template, furnish) as site:
        make_map(site.folder)
        with site.app.app_context():
            Road.replace_all([("Terslev Bygade", "4690", "Haslev", *HERE)])
            db.session.commit()
        anna = Visitor(chromium, site)
        anna.context.grant_permissions(["geolocation"], origin=site.url)
        anna.open("/bestil/faerdselskontrol")
        fill_in(anna, Citizen("Anna Jensen", "anna.jensen@example.dk", "Bilerne suser forbi."), "Havnegade")
        anna.page.locator("#roads option[value='Terslev Bygade']").wait_for(state="attached")
        assert not anna.page.locator(".map-canvas").is_visible(), "the reader opens it"
        anna.page.locator(".place-map > summary").click()
        canvas = anna.page.locator(".map-canvas")
        anna.page.locator(".leaflet-tile-loaded[src*='/kort/14/']").first.wait_for(state="attached")
        colours = Image.open(io.BytesIO(canvas.screenshot())).convert("RGB").getcolors(1_000_000)
        assert STREET in {colour for _, colour in colours}, "streets, at the typed postcode"
        canvas.click(position={"x": 200, "y": 150})
        first = pin(anna)
        assert BOUNDS[1] < first[0] < BOUNDS[3] and BOUNDS[0] < first[1] < BOUNDS[2]
        rough = float(value(anna, "accuracy"))
        for _ in range(3):
            anna.page.locator(".leaflet-control-zoom-in").click()
        assert anna.page.locator(".map-pin").is_visible(), "it zooms around the pin"
        anna.press("Remove the pin")
        assert pin(anna) is None and value(anna, "accuracy") == ""
        canvas.focus()  # the same without a mouse
        anna.page.keyboard.press("ArrowRight")
        anna.page.locator(".map-middle:not(:empty)").wait_for()
        anna.page.keyboard.press("Enter")
        assert pin(anna) and float(value(anna, "accuracy")) < rough / 4, "closer by, it is known better"
        # One's own position, if it is known well enough.
        for accuracy, kept in ((300, False), (12, True)):
            anna.context.set_geolocation({"latitude": HERE[0], "longitude": HERE[1], "accuracy": accuracy})
            anna.press("I am there now: use my position")
            anna.page.locator("[data-place] [role=status]", has_text=f" {accuracy} ").wait_for()
            assert (pin(anna) == HERE) is kept
        anna.press("Go on and check")
        anna.press("Go back and change")
        anna.page.locator("[data-place] [role=status]", has_text=" 12 ").wait_for()
        assert anna.page.locator(".place-away").is_visible(), "and can still be taken off"
        anna.press("Go on and check")
        told = anna.say("Set, right within about %(metres)s metres", metres=12)
        assert told in anna.page.locator("main").inner_text()
        send_off(anna)
        with site.app.app_context():
            booking = db.session.query(Booking).filter_by(road="Havnegade").one()
            assert (booking.place.lat, booking.place.lng, booking.accuracy) == (*HERE, 12)
        anna.leave()
        bo = Visitor(chromium, site)  # with no tile in his browser yet
        bo.open("/bestil/faerdselskontrol")
        bo.write("Postcode or town", "4690")
        (site.folder / FILE_NAME).unlink()
        bo.page.locator(".place-map > summary").click()
        bo.page.locator(".map-failed").wait_for()
        bo.leave()


def pin(person: Visitor) -> tuple[float, float] | None:
    lat, lng = value(person, "lat"), value(person, "lng")
    assert bool(lat) == bool(lng)
    return (float(lat), float(lng)) if lat else None


def value(person: Visitor, name: str) -> str:
    return person.page.locator(f"input[name={name}]").input_value()
