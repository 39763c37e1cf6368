"""The files that are the same for everybody: kept for good under the hash in their address, sent packed, and few."""

import gzip
import re

import pytest
from conftest import Person, book, logged_in

import static_files

FORM = "/bestil/faerdselskontrol"
FILES = ["/static/style.css", "/static/booking.js", "/static/land.geojson", "/leaflet/leaflet.js",
         "/leaflet/leaflet.css"]
IN_GZIP = {"Accept-Encoding": "br, gzip"}


def fetch(app, path: str, **headers: str):
    return app.test_client().get(path, headers=headers, buffered=True)


def address_of(app, path: str) -> str:
    endpoint, _, filename = path.strip("/").partition("/")
    with app.test_request_context():
        return app.url_for(endpoint, filename=filename)


@pytest.mark.parametrize("path", FILES)
def test_a_static_file_is_kept_for_good_under_its_own_hash_only(app, path):
    address = address_of(app, path)
    assert re.fullmatch(re.escape(path) + r"\?v=[0-9a-f]{16}", address)
    assert fetch(app, address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (path, f"{path}?v=", f"{path}?v=0123456789abcdef"):  # such as a page of the version before
        answer = fetch(app, other)
        assert answer.status_code == 200 and "immutable" not in answer.headers["Cache-Control"]
        wanted = "no-cache" if path.startswith("/static/") else "public, max-age=86400"
        assert answer.headers["Cache-Control"] == wanted


@pytest.mark.parametrize("path", FILES)
def test_a_static_file_is_sent_with_gzip_where_the_browser_takes_it_and_is_the_same(app, path):
    plain, packed = fetch(app, path), fetch(app, path, **IN_GZIP)
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data and len(packed.data) < len(plain.data)
    assert packed.mimetype == plain.mimetype and packed.headers["ETag"] != plain.headers["ETag"]
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert int(answer.headers["Content-Length"]) == len(answer.data)
    for answer, asked in ((plain, {}), (packed, IN_GZIP)):
        again = fetch(app, path, **asked, **{"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304 and not again.data and again.headers["Vary"] == "Accept-Encoding"
    for refused in ("identity", "gzip;q=0", "gzip;q=0, *", "br"):
        assert "Content-Encoding" not in fetch(app, path, **{"Accept-Encoding": refused}).headers


@pytest.mark.parametrize("path", [f"/static/{'x' * 300}", f"/leaflet/{'x' * 300}", "/static/a%00b", "/static/.."])
def test_a_name_that_no_file_can_have_is_not_found(app, path):
    assert app.test_client().get(path).status_code == 404


def test_a_picture_that_packing_does_not_make_smaller_is_sent_as_it_is(app):
    answer = fetch(app, "/leaflet/images/marker-icon.png", **IN_GZIP)
    assert answer.status_code == 200 and "Content-Encoding" not in answer.headers


def test_a_static_file_that_changes_gets_another_address_at_once(app, tmp_path, monkeypatch):
    monkeypatch.setitem(static_files.FOLDERS, "static", tmp_path)
    addresses = set()
    for words in ("a", "ab", "abc"):
        (tmp_path / "x.css").write_text(words)
        address = address_of(app, "/static/x.css")
        assert fetch(app, address).text == words
        addresses.add(address)
    assert len(addresses) == 3
    assert address_of(app, "/static/none.css") == "/static/none.css"
    assert fetch(app, "/static/none.css").status_code == 404


def test_the_first_view_of_the_form_asks_for_a_style_and_a_script_and_the_map_comes_when_it_is_opened(make_app):
    app = make_app(MAP_TILE_URL="https://tiles.example/{z}/{x}/{y}.png")
    page = fetch(app, FORM)
    assert [path.partition("?")[0] for path in asked_at_once(page.text)] == ["/static/style.css", "/static/booking.js"]
    [fold] = re.findall(r'<details class="place-map"[^>]+>', page.text)
    for path in ("/leaflet/leaflet.css", "/leaflet/leaflet.js", "/static/map.js"):
        assert address_of(app, path) in fold


def test_a_static_file_has_one_address_for_all_languages(app):
    danish, english = (re.findall(r'"(/[^" ]*\?v=[^" ]*)[" ]', fetch(app, root + FORM).text) for root in ("", "/en"))
    assert danish == english and len(danish) >= 2


def test_only_a_page_without_a_secret_that_comes_again_is_sent_with_gzip(app):
    person = Person(app)
    first = person.client.get(FORM, headers=IN_GZIP)  # whoever has no cookie gets fresh tokens
    assert first.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in first.headers["Vary"]
    assert int(first.headers["Content-Length"]) == len(first.data)
    assert 'name="csrf_token"' in gzip.decompress(first.data).decode()
    reference, secret = book(person)
    answers = [person.client.get(path, headers=IN_GZIP) for path in (
        f"{FORM}?vej=x", "/find?x", f"/sag/{reference}/{secret}")]
    answers += [logged_in(app).client.get(path, headers=IN_GZIP) for path in ("/kontor/", f"/kontor/sag/{reference}")]
    answers += [fetch(app, path, **IN_GZIP) for path in (
        f"/sag/{reference}/{secret}", f"/sag/{reference}/guessed", "/ikke-mig/guessed",
        f"/sag/{reference}/{secret}/x", "/m/123456", "/kalender.ics")]
    answers.append(app.test_client().post("/find", headers=IN_GZIP))
    for answer in answers:
        assert "Content-Encoding" not in answer.headers, answer.request.path


def test_the_first_view_of_the_form_is_25_kilobytes_at_the_most_and_the_next_page_only_its_html(make_app):
    client = make_app(MAP_TILE_URL="https://tiles.example/{z}/{x}/{y}.png").test_client()
    page = client.get(FORM, headers=IN_GZIP)
    html = gzip.decompress(page.data).decode()
    files = [client.get(path, headers=IN_GZIP, buffered=True) for path in asked_at_once(html)]
    assert len(files) == 2 and sum(len(answer.data) for answer in [page, *files]) <= 25_000
    next_page = client.get("/saadan-virker-det", headers=IN_GZIP)
    assert set(asked_at_once(gzip.decompress(next_page.data).decode())) <= set(asked_at_once(html))
    assert all("immutable" in answer.headers["Cache-Control"] for answer in files)


def asked_at_once(html: str) -> list[str]:
    """The addresses of styles and scripts; the sign of the tab is asked for later, and also kept."""
    return re.findall(r'<(?:link rel="stylesheet" href|script src)="([^"]+)"', html)
