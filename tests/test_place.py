"""Places: where citizens' wishes and the police's visits meet."""

import pytest

from models import NEIGHBOUR_METRES, Place, db

METRES = 1 / 111_195  # degrees of latitude
HERE = (55.3220, 11.9680)


@pytest.fixture
def inside(app):
    with app.app_context():
        yield app


def at(road="Bygaden", postcode="4690", lat=None, lng=None, **more) -> Place:
    place = Place.at(road=road, postcode=postcode, town="Haslev", municipality="Faxe", lat=lat, lng=lng, **more)
    db.session.flush()
    return place


def test_the_same_road_and_postcode_is_one_place_however_it_is_written(inside):
    first = at("Østre Åvej")
    for road in ("østre åvej", "ØSTRE ÅVEJ", "  Østre   Åvej ", "Østre A\u030avej", "Østre-Åvej", "Østre Åvej,"):
        assert at(road) is first, road


@pytest.mark.parametrize("written", [
    "Terslev Bygade 12", "Terslev Bygade, Haslev", "Terslevbygade", "Terslev bygade.", "TERSLEV BYGADE 12B",
    "Terslev Bygade 12 b", "Terslev Bygade 12-20", "Terslev Bygade 12 – 20, 4690 Haslev", "Terslev Bygade ved nr. 7",
    "Terslev Bygade 3, 1. tv", "Terslev Bygade v/nr.12", "Terslev Bygade ud for 12", "Terslev Bygade mellem 12 og 30",
    "Terslev Bygade ved matr. 12a", "Terslev Bygade fra 12 til 20", "Terslev Bygade 12 B og D",
    "Terslev Bygade12", "Terslev Bygade (nr. 12), Haslev"])
def test_house_numbers_towns_spaces_and_dots_make_no_other_road(inside, written):
    assert at("Terslev Bygade") is at(written)


def test_a_place_is_called_by_its_road_and_tells_nobody_the_house_of_who_asked_first(inside):
    assert at("Terslev Bygade 12, 4690 Haslev").road == "Terslev Bygade"


def test_roads_whose_names_hold_a_number_or_the_town_stay_apart(inside):
    roads = ["Rute 22", "Rute 57", "E 47", "E 55", "E20", "Vej 3", "Vej 4", "Ring 2", "4", "Haslev", "Haslevvej",
             "5. Juli Vej", "1. Østvej 4", "2. Østvej 4", "Industrivej A 12", "Industrivej B 12", "Vej nr. 5", "3 Kroner"]
    assert len({at(road).id for road in roads}) == len(roads)
    assert at("Rute 22, 4690 Haslev") is at("rute 22")


def test_of_places_with_one_key_a_wish_goes_to_the_one_that_is_written_alike(inside):
    """As after the migration, which makes no places one: an officer may have parted them."""
    at("Skolegade")
    old = Place.create(road="Skole Gade", postcode="4690", town="Haslev", municipality="Faxe")
    db.session.flush()
    assert at("skole gade") is old and at("Skolegade") is not old
    assert old.neighbours() == [at("Skolegade")]


def test_danish_letters_are_letters_of_their_own(inside):
    roads = ["Ågade", "Agade", "Aagade", "Ægade", "Aegade", "Øgade", "Ogade"]
    assert len({at(road).id for road in roads}) == len(roads)


def test_the_same_road_in_another_postcode_is_another_place(inside):
    assert at(postcode="4690") is not at(postcode="4683")


def test_the_key_follows_the_road(inside):
    assert Place(road="  ØSTRE  Åvej", postcode="4690", town="", municipality="").road_key == "østreåvej"


@pytest.mark.parametrize(
    "north, east, near",
    [
        (0, 0, True),
        (249, 0, True),
        (251, 0, False),
        (0, 249, True),
        (0, 251, False),
        (170, 170, True),
        (190, 190, False),
        (-249, 0, True),
        (0, -251, False),
    ],
)
def test_a_pin_is_near_within_250_metres_in_every_direction(inside, north, east, near):
    there = at("Skolevej", "4683", HERE[0] + north * METRES, HERE[1] + east * METRES / 0.5690)
    assert (there in Place.near("Bygaden", "4690", *HERE)) is near
    assert abs(there.metres_to(*HERE) - (north**2 + east**2) ** 0.5) < 2
    assert NEIGHBOUR_METRES == 250


def test_distances_are_those_on_a_map(inside):
    haslev, naestved = at(lat=55.3235, lng=11.9639), (55.2299, 11.7609)
    assert 16_400 < haslev.metres_to(*naestved) < 16_800


def test_a_place_without_a_pin_is_near_nothing_but_its_own_road(inside):
    here = at("Bygaden")
    assert here.metres_to(*HERE) == float("inf")
    assert Place.near("Skolevej", "4690", *HERE) == []
    assert Place.near("Bygaden", "4690", *HERE) == [here]


def test_half_a_pin_is_none(inside):
    at("Skolevej", lat=HERE[0], lng=HERE[1])
    assert Place.near("Bygaden", "4690", HERE[0], None) == []


def test_the_same_road_comes_before_what_is_close_by(inside):
    close, same = at("Skolevej", lat=HERE[0], lng=HERE[1]), at("Bygaden")
    assert Place.near("Bygaden", "4690", *HERE) == [same, close]
    assert at("Bygaden", lat=HERE[0], lng=HERE[1]) is same


def test_another_road_close_by_is_a_neighbour_and_not_the_same_place(inside):
    """Only an officer can tell whether two roads are one place."""
    known = at("Skolevej", "4683", *HERE)
    close = at("Bygaden", "4690", HERE[0] + 100 * METRES, HERE[1])
    assert close is not known and close.neighbours() == [known]


@pytest.mark.parametrize("written", ["Sdr Strandvej", "sdr.strandvej", "Sdr.  Strandvej"])
def test_the_dot_of_an_abbreviation_makes_no_other_road(inside, written):
    assert at("Sdr. Strandvej") is at(written)


def test_a_place_learns_its_pin_from_whoever_sets_one_first(inside):
    known = at("Bygaden")
    at("Bygaden", lat=HERE[0], lng=HERE[1])
    assert (known.lat, known.lng) == HERE
    at("Bygaden", lat=HERE[0] + 50 * METRES, lng=HERE[1])
    assert (known.lat, known.lng) == HERE, "and keeps it"


def test_neighbours_are_the_other_places_close_by(inside):
    here = at("Bygaden", lat=HERE[0], lng=HERE[1])
    close = Place(
        road="Skolevej", postcode="4683", town="Rønnede", municipality="Faxe", lat=HERE[0] + 200 * METRES, lng=HERE[1]
    )
    far = Place(
        road="Fjernvej", postcode="4690", town="Haslev", municipality="Faxe", lat=HERE[0] + 400 * METRES, lng=HERE[1]
    )
    db.session.add_all([close, far])
    db.session.flush()
    assert here.neighbours() == [close] and close.neighbours() == [here, far]


def test_what_has_no_name_never_meets(inside):
    """As a spot of a walk may, which starts another case."""
    assert len({at(road).id for road in ("???", "-", "?? ?", "\N{AUTOMOBILE}")}) == 4


@pytest.mark.parametrize("road", ["??? 12", "- Haslev", "-, 12, 4690 Haslev"])
def test_a_road_keeps_all_of_its_words_where_they_are_the_only_ones(inside, road):
    assert at(road) is at(road) and at(road) is not at("???")


def test_a_place_says_where_it_is(inside):
    assert str(at("Bygaden")) == "Bygaden, 4690 Haslev"
