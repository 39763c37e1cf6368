"""On a phone, where the network comes and goes: what is typed is never lost, and arrives once."""

import re
import threading
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import databases
import pytest
from browser import DESKTOP, PHONE, Visitor
from conftest import OFFICER, PASSWORD
from flask_babel import force_locale, gettext
from helpers_page import faults, wait_for_maps
from helpers_services import ENTRY
from PIL import Image
from werkzeug.serving import WSGIRequestHandler, make_server

import catalogue
from app import create_app
from catalogue.spots import SpotForm
from models import Assignee, Booking, Officer, Place, Task, TaskStatus, Visit, db, now

pytestmark = pytest.mark.browser
IDA = "Ida Betjent"  # whose address is OFFICER


class Quiet(WSGIRequestHandler):
    def log(self, *_what):
        pass


class Site:
    """The site with an invented walk, in a thread of the test: the walk is in no catalogue that another process has."""

    def __init__(self, folder):
        self.server = make_server("127.0.0.1", 0, None, threaded=True, request_handler=Quiet)
        self.host = f"127.0.0.1:{self.server.port}"
        self.url = f"http://{self.host}"
        self.app = self.server.app = create_app({"INSTANCE": str(folder), "TESTING": True, "SERVER_NAME": self.host,
                                                 "RATELIMIT_ENABLED": False})

    def words(self, sentence: str, language: str, **values) -> str:
        with self.app.app_context(), force_locale(language):
            return gettext(sentence, **values)

    def walk(self) -> int:
        """A walk that has begun."""
        with self.app.app_context():
            ida, n = Officer.by_email(OFFICER), db.session.query(Visit).count()
            place = Place.at(road=f"Skolevej {n}", postcode="4690", town="Haslev", municipality="Faxe", lat=55.32,
                             lng=11.96)
            booking = Booking.receive(
                form_token=f"walk {n}", place=place, service="stroll", language="da", name="Anna Jensen",
                email="anna@example.dk", phone="", capacity="private", org="", from_to="", reply="email",
                road=f"Skolevej {n}", answers={"kind": "bikes", "text": "x"})
            booking.accept(ida, "")
            db.session.flush()
            walk = Visit.plan(ida, service="stroll", place=place, starts_at=now() - timedelta(hours=1),
                              ends_at=now() + timedelta(hours=1), resource_units={"crew": f"Hold {n}"},
                              bookings=[booking])
            db.session.commit()
            return walk.id

    def spots(self, walk: int) -> list[str]:
        with self.app.app_context():
            return [task.details["place"] for task in db.session.get(Visit, walk).tasks]

    def photo(self, walk: int, number: int) -> Image.Image:
        with self.app.app_context():
            return Image.open(BytesIO(db.session.query(Task).filter_by(visit_id=walk, number=number).one().photo.jpeg))


@pytest.fixture(scope="module")
def site(chromium, template, tmp_path_factory):  # noqa: F811
    catalogue.SERVICES["stroll"] = replace(ENTRY, key="stroll", slug="stroll", tasks=SpotForm)
    folder = tmp_path_factory.mktemp("walk") / "instance"
    databases.copied(template, folder)
    site = Site(folder)
    thread = threading.Thread(target=site.server.serve_forever)
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
    del catalogue.SERVICES["stroll"]


class Walker(Visitor):
    """Whoever walks meets a network that fails, and answers that refuse: both are meant here."""

    def log_in(self, email: str = OFFICER) -> None:
        self.open("/kontor/log-ind")
        self.write("E-mail", email)
        self.write("Password", PASSWORD)
        self.press("Log in")
        self.page.locator("h1", has_text=self.say("Work list")).wait_for()

    def note(self, place: str, photo: bytes | None = None) -> None:
        """Fill in the form, without sending it."""
        self.write("Place", place)
        self.tick("Experience", "Unsafe")
        self.write("Description", "Man kan ikke se, hvem der kommer.")
        self.tick("Condition", "Light missing", "Planting")
        self.write("Proposal", "Sæt en lampe op.")
        self.choose("Who is responsible?", "municipality")
        self.tick("Priority", "At once")
        if photo:
            self.page.locator("[name=photo]").set_input_files(
                {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": photo})

    def keep(self) -> None:
        self.enter(self.page.locator("form[data-spots] .button-primary"))
        self.has_the_form()

    def has_the_form(self) -> None:
        """The script has done with what was sent: whoever typed earlier would see it emptied."""
        self.page.locator("form[data-spots]:not([inert])").wait_for()

    def hears(self, sentence: str, **values) -> None:
        self.page.locator("[data-said]", has_text=self.say(sentence, **values)).wait_for()

    def waits(self, number: int) -> None:
        self.page.wait_for_function("""(n) => { const box = document.querySelector("[data-waiting]");
          return n ? !box.hidden && box.querySelector("[data-number]").textContent == n : box.hidden; }""", arg=number)

    def _see_response(self, response) -> None:
        if response.request.is_navigation_request() or response.status != 422:
            super()._see_response(response)

    def _see_console(self, message) -> None:
        if not re.search(r"net::ERR_(INTERNET_DISCONNECTED|FAILED)", message.text):
            super()._see_console(message)


@pytest.fixture
def walker(chromium, site):  # noqa: F811
    people = []

    def arrive(**how) -> Walker:
        people.append(Walker(chromium, site, size=PHONE, **how))
        people[-1].log_in()
        return people[-1]

    yield arrive
    for person in people:
        person.leave()


def camera(size=(3000, 2000)) -> bytes:
    file = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


def test_a_spot_without_javascript(site, walker):
    ida, walk = walker(javascript=False), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    assert not ida.page.locator("[data-here]").is_visible() and not ida.page.locator("[data-waiting]").is_visible()
    ida.note("Stien", camera((900, 600)))
    ida.write("Proposal", "")
    ida.keep()
    assert ida.status == 422 and ida.field("Place").input_value() == "Stien"
    assert ida.page.get_by_text(ida.say("Choose the photo again: a browser does not keep it.")).is_visible()
    ida.write("Proposal", "Sæt en lampe op.")
    ida.page.locator("[name=photo]").set_input_files(
        {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": camera((900, 600))})
    ida.keep()
    ida.page.locator(".alert-success").wait_for()
    assert site.spots(walk) == ["Stien"] and site.photo(walk, 1).size == (900, 600)
    assert ida.field("Place").input_value() == "", "ready for the next"


def test_spots_one_after_the_other_with_a_network(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    for number, place in enumerate(("Stien", "Skuret", "Porten"), 1):
        ida.note(place)
        ida.keep()
        ida.hears("Saved as no. %(number)s.", number=number)
        ida.page.locator(f"#no-{number}", has_text=place).wait_for()
        assert ida.field("Place").input_value() == "" and not ida.page.locator("form[data-spots] :checked:not(option)").count()
    ida.waits(0)
    assert site.spots(walk) == ["Stien", "Skuret", "Porten"]


def test_what_is_sent_without_a_network_waits_and_arrives_once(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    ida.context.set_offline(True)
    for number, place in enumerate(("Stien", "Skuret"), 1):
        ida.note(place, camera())
        ida.keep()
        ida.hears("No network. It waits on this phone and is sent later.")
        ida.waits(number)
        assert ida.field("Place").input_value() == ""
    with ida.page.expect_event("requestfailed"):
        ida.press("Send now")
    ida.waits(2)
    assert site.spots(walk) == []
    ida.note("Under vejs")
    ida.context.set_offline(False)  # the browser says so, and the queue goes
    ida.waits(0)
    ida.page.locator("#no-2").wait_for()
    assert site.spots(walk) == ["Stien", "Skuret"]
    assert max(site.photo(walk, 2).size) == 1600, "small before it went"
    assert ida.field("Place").input_value() == "Under vejs", "what is being typed stays"
    ida.page.evaluate("dispatchEvent(new Event('online'))")
    ida.page.reload()
    ida.waits(0)
    assert site.spots(walk) == ["Stien", "Skuret"]


def test_what_waits_outlives_the_page(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    ida.context.set_offline(True)
    ida.note("Stien", camera((800, 800)))
    ida.keep()
    ida.waits(1)
    ida.page.close()
    ida.context.set_offline(False)
    ida.page = ida.context.new_page()
    ida.open(f"/en/kontor/besoeg/{site.walk()}/opgaver")  # of another walk
    ida.language = "en"
    ida.hears("Saved.")
    ida.waits(0)
    assert site.spots(walk) == ["Stien"] and site.photo(walk, 1).size == (800, 800)
    assert not ida.page.locator("#no-1").count(), "the list of this walk is as it was"


@pytest.mark.chief
def test_an_answer_that_got_lost_makes_no_second_spot(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")

    def lose(route):
        route.fetch()  # it arrives
        route.abort()  # and we never hear of it

    ida.page.route("**/opgaver", lose, times=1)
    ida.note("Stien")
    ida.keep()
    ida.hears("No network. It waits on this phone and is sent later.")
    assert site.spots(walk) == ["Stien"]
    ida.press("Send now")
    ida.waits(0)
    ida.hears("Saved as no. %(number)s.", number=1)
    assert site.spots(walk) == ["Stien"]


def test_a_slow_network_keeps_nobody_waiting(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    held = []
    ida.page.route("**/opgaver", lambda route: held.append(route), times=1)
    ida.note("Stien")
    ida.keep()
    ida.waits(1)
    ida.note("Skuret")
    held.pop().continue_()
    ida.waits(0)
    assert site.spots(walk) == ["Stien"] and ida.field("Place").input_value() == "Skuret"
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=2)
    assert site.spots(walk) == ["Stien", "Skuret"]


def test_a_reload_keeps_what_was_typed(site, walker):
    ida, walk = walker(), site.walk()
    ida.context.grant_permissions(["geolocation"])
    ida.context.set_geolocation({"latitude": 55.33, "longitude": 11.97, "accuracy": 12})
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    ida.note("Stien", camera((700, 500)))
    ida.press("Set the pin where I am")
    ida.page.locator("[data-said]", has_text="12").wait_for()
    ida.page.wait_for_function("""() => new Promise((done) => {
      const asked = indexedDB.open("spots");
      asked.onsuccess = () => {
        const kept = asked.result.transaction("queue").objectStore("queue").getAll();
        kept.onsuccess = () => { asked.result.close(); done(kept.result.some((entry) => entry.photo)); };
      };
    })""")
    ida.page.reload()
    ida.hears("What you had typed is back.")
    assert ida.field("Place").input_value() == "Stien" and ida.field("Who is responsible?").input_value() == "municipality"
    assert ida.group("Condition").get_by_role("checkbox", checked=True).count() == 2
    assert ida.page.locator("[name=lat]").input_value() == "55.33000"
    assert ida.page.locator("[name=photo]").evaluate("f => f.files.length") == 1
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=1)
    assert site.spots(walk) == ["Stien"] and site.photo(walk, 1).size == (700, 500)
    with site.app.app_context():
        assert (db.session.query(Task).filter_by(visit_id=walk).one().lat) == 55.33
    ida.page.reload()
    ida.waits(0)
    assert ida.field("Place").input_value() == ""


def test_what_is_refused_is_shown_with_its_words_and_its_photo(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    ida.note("Stien", camera((700, 500)))
    ida.write("Proposal", "")
    ida.keep()
    ida.page.locator(".error-summary").wait_for()
    assert ida.page.title().startswith(ida.say("Error:")) and ida.page.locator(".form-error").count() == 1
    assert ida.field("Place").input_value() == "Stien"
    assert ida.page.locator("[name=photo]").evaluate("f => f.files.length") == 1
    assert ida.page.evaluate("document.activeElement.className").startswith("alert alert-error")
    ida.waits(0)
    ida.page.reload()
    ida.page.wait_for_function("""() => document.querySelector("form[data-spots] [name=place]").value""")
    assert ida.field("Place").input_value() == "Stien", "nor does a reload take it away"
    ida.write("Proposal", "Sæt en lampe op.")
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=1)
    assert site.spots(walk) == ["Stien"] and site.photo(walk, 1).size == (700, 500)
    assert not ida.page.locator(".error-summary").count() and not ida.page.title().startswith(ida.say("Error:"))


def test_what_waited_and_is_refused_can_be_corrected(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    ida.context.set_offline(True)
    ida.note("Stien", camera((700, 500)))
    ida.write("Description", "")
    ida.keep()
    ida.waits(1)
    ida.note("Skuret")
    ida.keep()
    ida.waits(2)
    ida.context.set_offline(False)
    ida.waits(1)
    assert site.spots(walk) == ["Skuret"], "the one does not hold up the other"
    ida.write("Place", "Halvvejs")
    ida.press("Correct what was refused")
    ida.hears("First keep what stands in the form.")
    ida.note("Porten")
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=2)
    ida.press("Correct what was refused")
    ida.page.locator(".error-summary").wait_for()
    ida.has_the_form()
    assert ida.field("Place").input_value() == "Stien"
    ida.write("Description", "Her er mørkt.")
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=3)
    ida.waits(0)
    assert site.spots(walk) == ["Skuret", "Porten", "Stien"] and site.photo(walk, 3).size == (700, 500)


def test_what_was_refused_is_corrected_in_the_walk_to_which_it_belongs_and_keeps_its_photo(site, walker):
    ida, walk, other = walker(), site.walk(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    ida.context.set_offline(True)
    ida.note("Stien", camera((700, 500)))
    ida.write("Description", "")
    ida.keep()
    ida.waits(1)
    ida.context.set_offline(False)
    ida.page.locator("[data-correct]:visible").wait_for()
    ida.open(f"/kontor/besoeg/{other}/opgaver")
    ida.page.locator("[data-correct]:visible").wait_for()
    with ida.page.expect_navigation(url=f"**/besoeg/{walk}/opgaver"):
        ida.page.locator("[data-correct]").click()
    ida.page.locator("[data-correct]:visible").wait_for()
    ida.press("Correct what was refused")
    ida.page.locator(".error-summary").wait_for()
    ida.has_the_form()
    ida.page.reload()
    ida.page.wait_for_function("""() => document.querySelector("form[data-spots] [name=photo]").files.length""")
    ida.write("Description", "Her er mørkt.")
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=1)
    assert site.spots(walk) == ["Stien"] and site.photo(walk, 1).size == (700, 500) and not site.spots(other)


def test_whoever_was_logged_out_loses_nothing(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    ida.note("Stien", camera((700, 500)))
    ida.context.clear_cookies()
    ida.keep()
    ida.hears("You have been logged out. It waits on this phone until you have logged in.")
    ida.waits(1)
    ida.enter(ida.page.locator("[data-logged-out] a"))
    ida.write("E-mail", OFFICER)
    ida.write("Password", PASSWORD)
    ida.press("Log in")
    ida.page.locator("#no-1", has_text="Stien").wait_for()
    ida.waits(0)
    assert site.spots(walk) == ["Stien"] and site.photo(walk, 1).size == (700, 500)


def test_an_old_page_of_a_new_session_still_sends(site, walker):
    ida, walk = walker(), site.walk()
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    old = ida.page
    ida.context.clear_cookies()
    ida.page = ida.context.new_page()
    ida.log_in()
    ida.page.close()
    ida.page = old
    ida.note("Stien")
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=1)
    assert site.spots(walk) == ["Stien"]


def lets_in(site, name: str) -> str:
    """Another officer; the address."""
    with site.app.app_context():
        email = f"{name.lower()}@politi.example"
        Officer.by_email(email) or Officer.add(email, name, PASSWORD)
        db.session.commit()
        return email


def test_on_a_shared_phone_what_waits_goes_under_the_name_of_whoever_has_typed_it(site, walker):
    ida, walk, bo = walker(), site.walk(), lets_in(site, "Bo")
    page = f"/kontor/besoeg/{walk}/opgaver"
    ida.open(page)
    ida.context.set_offline(True)
    ida.note("Stien", camera((700, 500)))
    ida.keep()
    ida.waits(1)
    ida.note("Halvt skrevet")
    ida.page.close()
    ida.context.set_offline(False)
    ida.context.clear_cookies()
    ida.page = ida.context.new_page()
    ida.log_in(bo)
    ida.open(page)
    others = ida.page.locator("[data-others]", has_text=f"{IDA}: 1")
    others.wait_for()
    ida.waits(0)
    assert site.spots(walk) == [] and ida.field("Place").input_value() == "", "nor what was only begun"
    ida.note("Skuret")
    ida.keep()
    ida.hears("Saved as no. %(number)s.", number=1)
    assert site.spots(walk) == ["Skuret"] and others.is_visible()
    ida.context.clear_cookies()
    ida.log_in()
    ida.open(page)
    ida.page.locator("#no-2", has_text="Stien").wait_for()
    ida.waits(0)
    assert not ida.page.locator("[data-others]").is_visible() and ida.field("Place").input_value() == "Halvt skrevet"
    with site.app.app_context():
        assert [(event.facts["number"], event.officer.name) for event in db.session.get(Visit, walk).events
                if "number" in event.facts] == [(1, "Bo"), (2, IDA)]


def test_an_older_page_sends_nothing_under_the_name_of_whoever_has_logged_in_since(site, walker):
    ida, walk, bo = walker(), site.walk(), lets_in(site, "Bo")
    ida.open(f"/kontor/besoeg/{walk}/opgaver")
    old = ida.page
    ida.context.clear_cookies()
    ida.page = ida.context.new_page()
    ida.log_in(bo)
    ida.page.close()
    ida.page = old
    ida.note("Stien")
    ida.keep()
    ida.hears("You have been logged out. It waits on this phone until you have logged in.")
    ida.waits(1)
    assert site.spots(walk) == []


PAGES = ["/kontor/besoeg/{walk}/opgaver", "/kontor/opgave/{task}", "/kontor/besoeg/{walk}/opgaver/send",
         "/kontor/besoeg/{walk}/protokol", "/kontor/besoeg/{walk}", "/kontor/?bunke=opgaver", "/protokol/{uid}",
         "{own}"]


@pytest.fixture(scope="module")
def looked_at(chromium, site):  # noqa: F811
    """A walk in which everything is to be seen, and an officer who looks at it."""
    walk = site.walk()
    with site.app.app_context():
        ida, visit = Officer.by_email(OFFICER), db.session.get(Visit, walk)
        for n, kind in enumerate(("municipality", "municipality", "housing", None)):
            Task.enter(ida, visit, form_token=f"seen {n}", assignee=kind and Assignee.for_visit(visit, kind),
                status="new", reason="", jpeg=camera((400, 300)) if n < 2 else None, due_on=now().date(), public=n != 1,
                       lat=55.32 + n / 1000, lng=11.96 + n / 1000,
                       what=f"Ved {'Speditionsgodsterminal' * 2}en er her mørkt.",
                       details={"place": f"Sted {n}", "feel": "unsafe", "cat": ["dark"], "proposal": "Lys.",
                                "prio": "now"})
            db.session.flush()
        Assignee.for_visit(visit, "municipality").change_contact(name="Vej",
            email="vejogparkafdelingen@guldborgsund.example", language="da")
        for owner in visit.assignees:
            owner.send(ida)
        visit.tasks[0].answer(TaskStatus.REFUSED, "Ring til os.")
        visit.tasks[1].answer(TaskStatus.UNDER_WAY, "")
        visit.publish(ida, True)
        Task.enter(ida, visit, form_token="seen last", assignee=Assignee.for_visit(visit, "police"), status="new",
                   reason="",
                   what="x", details={"place": "y"}, due_on=None, public=True, lat=None, lng=None)
        db.session.commit()
        owner = visit.assignees[0]
        known = {"walk": walk, "uid": visit.uid, "task": visit.tasks[0].id, "own": f"/ansvar/{owner.id}/{owner.secret}"}
    ida = Walker(chromium, site)
    ida.log_in()
    yield ida, known
    ida.leave()


BROKEN = """() => [...document.querySelectorAll("main .choice label")].flatMap((label) => {
  const text = label.firstChild, range = document.createRange();
  return [...text.data.matchAll(/\\S+/g)].filter((word) => {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
  }).map((word) => word[0]);
})"""


@pytest.mark.parametrize("width", [360, 1280])
def test_no_word_of_a_choice_is_broken(looked_at, width):
    ida, known = looked_at
    ida.page.set_viewport_size({"width": width, "height": 900})
    ida.open(PAGES[0].format(**known))
    assert ida.page.evaluate(BROKEN) == []


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("path", [*PAGES, "errors", "owner errors", "contact errors"])
def test_every_page_is_for_everybody(looked_at, path, language):
    ida, known = looked_at
    ida.language = language
    page = ida.page
    page.set_viewport_size(DESKTOP)
    root = "/en" if language == "en" else ""
    ida.open(root + {"errors": PAGES[0], "contact errors": PAGES[0], "owner errors": "{own}"}.get(path, path).format(
        **known))
    if path == "errors":
        ida.keep()
    elif path == "owner errors":
        page.locator("main summary").first.click()
        page.locator("form[action*=ansvar] .button-primary").first.click()
    elif path == "contact errors":
        page.locator("main aside summary").first.click()
        page.locator("form[action*=ansvarlig] [name=email]").first.fill("vej@")
        page.locator("form[action*=ansvarlig] button").first.click()
    if "errors" in path:
        page.locator(".error-summary").wait_for()
    else:
        assert ida.status == 200
    if path in (PAGES[3], PAGES[6]):
        wait_for_maps(ida)
        assert page.locator(".map-pin-number").all_inner_texts()[0] == "1"
    found = faults(ida, language)
    assert not found, "\n".join(found)
    page.evaluate("localStorage.clear()")
