"""What tests of pages share: forms as a browser sends them, wishes without the walk through the form, letters."""

import re
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import databases
from conftest import OFFICER, PASSWORD, WISH, Page, Person, build, check_page
from werkzeug.datastructures import MultiDict

from models import Booking, Place, db, today
from ops.jobs import renew_month

PIN = (55.3220, 11.9680)  # where the pins below are measured from

METRES = 1 / 111_195  # degrees of latitude


class _Controls(HTMLParser):
    """What a browser would send from each form of a page."""

    def __init__(self):
        super().__init__()
        self.forms, self._area, self._select, self._fresh = [], None, None, False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append([])
        if not self.forms:
            return
        name, kind = attrs.get("name"), attrs.get("type", "text")
        if (
            tag == "input"
            and name
            and kind not in ("submit", "button")
            and (kind not in ("checkbox", "radio") or "checked" in attrs)
        ):
            self.forms[-1].append((name, attrs.get("value", "on" if kind in ("checkbox", "radio") else "")))
        if tag == "textarea":
            self._area, self._fresh = [name, ""], True
        if tag == "select":
            self._select = [name, None, None]
        if tag == "option" and self._select:
            value = attrs.get("value", "")
            self._select[1] = value if self._select[1] is None else self._select[1]
            self._select[2] = value if "selected" in attrs else self._select[2]

    def handle_data(self, data):
        if self._area:
            self._area[1] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._area:
            # A browser drops the first line break of a text area.
            self.forms[-1].append((self._area[0], re.sub(r"^\r?\n", "", self._area[1])))
            self._area = None
        if tag == "select" and self._select:
            name, first, chosen = self._select
            self.forms[-1].append((name, first if chosen is None else chosen))
            self._select = None


def as_sent(page: Page, having: str) -> dict[str, list[str]]:
    """What a browser would send if the page's form that has the field `having` were sent as it stands."""
    controls = _Controls()
    controls.feed(page.html)
    form = next(f for f in controls.forms if having in {name for name, _ in f})
    return MultiDict(form).to_dict(flat=False)

_count = iter(range(10**9))


def wish(
    app,
    *,
    road="Bygaden",
    postcode="4690",
    town="Haslev",
    municipality="Faxe",
    lat=None,
    lng=None,
    answers=None,
    **changes,
) -> Booking:
    """A booking as the form would have made it, without the walk through its pages. Detached, to be read only."""
    with app.app_context():
        columns = {
            "name": "Anna Jensen",
            "email": "anna@example.dk",
            "phone": "",
            "address": "",
            "capacity": "private",
            "org": "",
            "reply": "email",
            "language": "en",
            "from_to": "fra kirken til skolen",
            "service": "traffic",
            **changes,
        }
        booking = Booking.receive(
            form_token=f"once-{next(_count)}",
            road=road,
            lat=lat,
            lng=lng,
            place=Place.at(road=road, postcode=postcode, town=town, municipality=municipality, lat=lat, lng=lng),
            answers=answers
            or {
                "problem": "speeding",
                "text": "De kører stærkt.",
                "days": ["weekdays"],
                "times": ["06-09"],
                "frequency": "daily",
            },
            **columns,
        )
        db.session.commit()
        db.session.refresh(booking)
        _ = booking.place.road
        db.session.expunge_all()
    return booking


def how_many(app, kind) -> int:
    with app.app_context():
        return db.session.query(kind).count()


@contextmanager
def one_app(template, tmp_path_factory, **config):
    """An application that many tests share."""
    folder = tmp_path_factory.mktemp("shared") / "instance"
    databases.copied(template, folder)
    app = build(folder, **config)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def filled(**changes) -> dict:
    return {
        k: v for k, v in {**WISH, "language": "en", "once": f"form-{next(_count)}", **changes}.items() if v is not None
    }


def error_at(page: Page, field: str) -> str:
    """The message that stands at this field."""
    found = re.search(rf'<p class="form-error-message" id="{field}-error">(.*?)</p>', page.html, re.S)
    assert found, f"no message at {field}: {page.errors}"
    return found[1].strip()

SOON = (today() + timedelta(days=30)).isoformat()

LATER = (today() + timedelta(days=90)).isoformat()  # than any promise or question here


def case(booking: Booking, step: str = "") -> str:
    return f"/en/kontor/sag/{booking.reference}{step and '/' + step}"


def letters_shown(page: Page) -> list[str]:
    return [unescape(t) for t in re.findall(r'<pre class="letter-text">(.*?)</pre>', page.html, re.S)]

DESK = "/en/kontor/"


def listed(person: Person, query: str = "") -> list[str]:
    """The references on the page, in its order."""
    page = person.get(DESK + query)
    assert page.status == 200
    return re.findall(r'<th scope="row"><a href="[^"]*/sag/(\w{8})"', page.html)


def counts(person: Person) -> dict[str, int]:
    page = person.get(DESK)
    return {
        key: int(number)
        for key, number in re.findall(
            r'href="[^"]*bunke=(\w+)[^"]*"[^>]*>[^<]*<span class="count">(\d+)</span>', page.html
        )
    }

LOG_IN = "/en/kontor/log-ind"


def try_in(person: Person, email=OFFICER, password=PASSWORD, query="", follow=False) -> Page:
    """A try, with a token of this person's present session."""
    page = Page(person.client.get(LOG_IN))
    token = page.token if page.status == 200 else ""
    page = Page(
        person.client.post(
            LOG_IN + query, data={"csrf_token": token, "email": email, "password": password}, follow_redirects=follow
        )
    )
    if page.status in (200, 422):
        check_page(page, LOG_IN)
    return page


def count_months_over() -> None:
    """As the worker does it, a month in each round."""
    while renew_month():
        db.session.commit()
    db.session.rollback()
