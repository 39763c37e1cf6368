"""A link on its way: programs open it first, mail programs cut or add a sign, Office hands it on by another route."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from conftest import OFFICER, PASSWORD, Person, book, logged_in
from helpers import one_app, wish
from helpers_cases import planned

from forms.typed import redact_links
from mail.letters import ADDRESSES, _held_back, address_of, named_in
from models import Booking, Event, FindingsLink, Invite, Letter, Officer, Role, Visit, db, now
from models.base import is_same_secret, new_secret

ADDED = [".", ")", ">", "=", '"', "'", ",", ";", "!", "…", "”", "»", "/", "/.", ").", ">.", "%3E", "%22", "%0A", "%20",
         "&gt;", "&quot;", "%C2%A0", "%E2%80%8B", "_", "-", "%3D%0D%0A", "&amp;utm_source=post", "&utm_source=post",
         ";jsessionid=8A.b", "<br>", "%3Cbr%3E", "<br/>", "%3Cbr%20/%3E", "</a>", "%3C/p%3E.", "%3Futm_source%3Dx",
         "=20", "=20%0D%0AVenlig hilsen", "%22%20target=%22_blank%22%3Eher%3C/a%3E",
         "<http://127.0.0.1:8000/sag/x>", "%20tak", "](https://x/y)", ",og", "(x)", "'>x", "|https://x]", "»x"]
METHODS = ["HEAD", "OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE"]


@pytest.fixture(scope="module")
def site(template, tmp_path_factory):
    """Of those who only look at it."""
    with one_app(template, tmp_path_factory) as app:
        yield app


@pytest.fixture(scope="module")
def links(site) -> dict[str, str]:
    """One of each kind that opens a page without a log-in."""
    book(Person(site))
    visit = planned(site, wish(site), start=now() + timedelta(days=1))
    with site.app_context():
        ida = Officer.by_email(OFFICER)
        FindingsLink.send(ida, db.session.get(Visit, visit), "atk@politi.example", "da")
        Invite.send(ida, "ny@politi.example", Role.COORDINATOR)
        ida.renew_feed_key()
        db.session.commit()
        letters = "\n".join(db.session.scalars(db.select(Letter.text)))
        feed = address_of("office.feed", "da", key=ida.feed_key)
    found = {kind: re.search(rf"https?://[^/\s]+({path}\S+)", letters)[1] for kind, path in {
        "case": "/sag/", "not me": "/ikke-mig/", "field": "/kontor/felt/", "invitation": "/kontor/invitation/"}.items()}
    return {**found, "feed": re.sub("^https?://[^/]+", "", feed)}


@pytest.fixture(scope="module")
def shown(site, links) -> dict[str, str]:
    """What stands on the page of each."""
    return {kind: visible(Person(site).client.get(link).text) for kind, link in links.items()}


@pytest.mark.parametrize("added", ADDED)
def test_a_sign_added_to_the_end_of_a_link_leads_to_the_right_page(site, links, shown, added):
    for kind, link in links.items():
        if kind == "feed" and added in "_-":
            continue  # behind the ending of a file's name, a mail program adds no dash
        page = Person(site).client.get(link + added, follow_redirects=True)
        assert page.status_code == 200, (kind, page.request.path)
        assert visible(page.text) == shown[kind], kind


def visible(html: str) -> str:
    """Without what differs at every look: form tokens, and the way to the same page in the other language."""
    return re.sub(r'value="[^"]*"|href="[^"]*"|DTSTAMP:\S+', "", html)


@pytest.mark.parametrize("address, status", [
    ("/resultater</a>", 200), ("/bestil/faerdselskontrol<http://127.0.0.1:8000/>", 200), ("/resultater%3Fside=2", 404),
    ("/bestil/mobil-politistation%3Fadgang%3D12-abc", 404), ("/resultater%20og%20kort", 404), ("/resultater=20", 404),
    ("/resultater,og", 404), ("/bestil/faerdselskontrol(x)y", 404)])
def test_an_address_that_is_no_key_keeps_its_meaning(site, address, status):
    """A page is not shown as if nothing had been asked of it."""
    assert Person(site).client.get(address).status_code == status


@pytest.mark.parametrize("written", ["<{}>", '"{}"', "{} ", "sag {}"])
def test_a_reference_in_a_link_may_stand_in_signs(site, links, shown, written):
    _, start, reference, secret = links["case"].split("/")
    page = Person(site).client.get(f"/{start}/{quote(written.format(reference))}/{secret}", follow_redirects=True)
    assert visible(page.text) == shown["case"]


@pytest.mark.parametrize("root", ["/", "/en/"])
def test_a_second_stroke_before_a_link_leads_to_the_right_page(site, links, root):
    """As where a link was put together from an address that ends in one."""
    for kind, link in links.items():
        path = f"/{root}{link.removeprefix('/en').lstrip('/')}"
        page = site.test_client().get("/", environ_overrides={"PATH_INFO": path})
        assert page.status_code == 200, (kind, page.status_code)


def test_a_link_that_is_cut_leads_to_a_page_that_helps(site, links):
    for kind, link in links.items():
        for cut in (link[:-3], link.rpartition("/")[0] + "/", link[:-5] + "="):
            page = Person(site).client.get(cut)
            assert page.status_code in (404, 302) and (page.status_code == 302 or "/find" in page.text), (kind, cut)


@pytest.mark.parametrize("method", METHODS)
def test_a_program_that_opens_links_without_cookies_uses_nothing_up(site, links, method):
    with site.app_context():
        before = db.session.query(Event).count()
    for link in links.values():
        for _ in range(3):
            assert site.test_client(use_cookies=False).open(link, method=method).status_code < 500
    with site.app_context():
        assert db.session.query(Event).count() == before
        assert db.session.get(Invite, 1).works and db.session.get(FindingsLink, 1).works
    for link in links.values():
        assert Person(site).client.get(link).status_code == 200


def test_secrets_end_in_a_letter_or_digit_and_are_as_long_as_before(app, citizen):
    made = [new_secret() for _ in range(2000)]
    assert all(len(secret) == 24 and secret[0].isalnum() and secret[-1].isalnum() for secret in made)
    said = "Her er den:\nhttp://x.dk/sag/CNG8N3NT/{}\nThe address is secret."
    assert {redact_links(said.format(secret)) for secret in made} == {said.format("…")}, "with no word of the next line"
    reference, _ = book(citizen)
    with app.app_context():
        for n in range(300):
            booking = Booking.by_reference(reference)
            booking.email = f"{n}@example.dk"
            link = _held_back(booking.events[0], booking.email, "da")[1]["not_me"]
            assert link[-1].isalnum()
            assert named_in(link.rpartition("/")[2])[0] == reference


def test_an_older_secret_that_ends_in_a_dash_opens_with_it_and_without(app, citizen):
    reference, _ = book(citizen)
    with app.app_context():
        Booking.by_reference(reference).secret = "abcdefghijklmnopqrstu-_-"
        db.session.commit()
    for given, status in (("abcdefghijklmnopqrstu-_-", 200), ("abcdefghijklmnopqrstu", 200),
                          ("abcdefghijklmnopqrstu-.", 200), ("abcdefghijklmnopqrst", 404), ("-", 404)):
        assert citizen.client.get(f"/sag/{reference}/{given}").status_code == status, given
    assert not is_same_secret("", "x") and not is_same_secret("abc", "")


GOALS = ["/kontor/sag/{}", "/en/kontor/sag/{}", "/kontor/?bunke=breve", "/kontor/steder?q=vej:4,(by)!",
         "/kontor/tal.csv?fra=", "/kontor/?q=anna@example.dk", "/kontor/konto",
         "/kontor/sag/KJW4%20AC34", "/kontor/sag/KJW4%E2%80%93AC34"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("goal", GOALS)
def test_whoever_logs_in_or_is_logged_in_arrives_where_the_link_says(app, goal, method):
    """Office asks first, by itself and without cookies, and hands the browser the address to which it was led."""
    reference, _ = book(Person(app))
    goal = goal.format(reference)
    led = app.test_client(use_cookies=False).open(goal, method=method)
    if method == "OPTIONS" and led.status_code == 200:
        return  # nothing was asked for, and so it is led nowhere
    assert led.status_code == 302 and "/kontor/log-ind?next=" in led.location
    came = logged_in(app).client.get(led.location)
    assert (came.status_code, came.location) == (302, goal), "is logged in already"
    newcomer = Person(app)
    came = newcomer.post(led.location, {"email": OFFICER, "password": "en lang adgangskode"}, follow=False).response
    assert (came.status_code, came.location) == (303, goal), "logs in"


@pytest.mark.parametrize("added", [".", ")", "%3E", "/"])
def test_a_link_to_the_office_with_a_sign_added_leads_on_after_the_log_in(app, added):
    reference, _ = book(Person(app))
    led = Person(app).client.get(f"/kontor/sag/{reference}{added}")
    assert quote(f"/kontor/sag/{reference}", safe="/") in led.location
    came = logged_in(app).client.get(led.location, follow_redirects=True)
    assert came.status_code == 200 and came.request.path.rstrip("/") == f"/kontor/sag/{reference}"


def test_the_addresses_of_letters_are_those_of_pages(site):
    """Whoever writes letters knows them without the pages."""
    pages = {(rule.endpoint, rule.rule) for rule in site.url_map.iter_rules()}
    assert {(rule.endpoint, rule.rule) for rule in ADDRESSES.iter_rules()} <= pages


@pytest.mark.parametrize("root", ["", "/en"])
@pytest.mark.parametrize("added", ["<http://127.0.0.1:8000/kontor/>", "<br>", "</p>", "%3Cbr%3E"])
def test_the_work_lists_address_with_the_same_link_or_a_tag_behind_it_leads_to_it(app, root, added):
    assert logged_in(app).client.get(f"{root}/kontor/{added}").status_code == 200


@pytest.mark.parametrize("added", ["=20", "(x)", ",og", "'>x", "%3Futm_source%3Dx"])
def test_a_link_to_a_case_with_signs_added_leads_to_it_also_by_way_of_the_log_in(app, added):
    path = f"/kontor/sag/{wish(app).reference}"
    assert logged_in(app).client.get(path + added).status_code == 200
    led = Person(app).client.get(path + added).location
    came = Person(app).post(led, {"email": OFFICER, "password": PASSWORD}, follow=False)
    assert came.response.location == path
