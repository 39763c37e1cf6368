"""How long a booking takes on a phone, by the keystroke-level model: bin/klm prints it, test_klm.py keeps its limits.

A tap is 1.1 s, a key 0.28 s, and 250 words a minute are read: the front page down to the button, of the form all that
must be read, and the page to check. That is the text around the questions, every heading and every question in sight;
of those that are answered, the hint and the options, too. What only a screen reader says is left out, and so are the
buttons beside the answers that are checked. Thinking is not counted.
"""

from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 360, 740
TAP, KEY, WORDS_A_MINUTE = 1.1, 0.28, 250  # seconds, seconds
TAPS = {"date": 5, "time": 5, "select": 2}  # on a phone's own wheels and lists; 1 of all else

_WHO = {"name": "Anna Jensen", "email": "anna.jensen@mail.dk"}
_DAY = {"dates-0-day": "in a while", "dates-0-starts": "19:00"}
# What somebody answers who honestly answers what is asked, and no more.
ANSWERS = {
    "faerdselskontrol": {"road": "Terslev Bygade", "from_to": "fra kirken til skolen", "postcode": "4690",
                         "problem": "speeding", "worst": "morning", **_WHO},
    "dialogmoede": {"kind": "residents", "topics": "burglary", "road": "Forsamlingshuset, Bygaden 4",
                    "postcode": "4690", **_DAY, "number": "40", "public": "yes", **_WHO, "phone": "20304050"},
    "tryghedsvandring": {"road": "Stien ved stationen", "postcode": "4690", "areatype": "station",
                         "reasons": "lighting", **_DAY, "number": "12", **_WHO, "phone": "20304050"},
    "mobil-politistation": {"purpose": "local", "visitors": "200", "road": "Torvet ved kirken", "postcode": "4690",
                            "stand": "yes", **_DAY, "dates-0-ends": "21:00", "public": "yes", **_WHO,
                            "phone": "20304050"},
}

# The words on the front page down to the link of a service.
_FRONT = """slug => {
  const link = document.querySelector(`main a[href$="/bestil/${slug}"]`), range = document.createRange();
  range.setStart(document.querySelector("main"), 0); range.setEndAfter(link);
  return range.toString().split(/\\s+/).filter(Boolean).length;
}"""
# The words of the page to check.
_CHECK = """() => {
  const main = document.querySelector("main");
  for (const e of main.querySelectorAll(".visually-hidden, dl button")) e.remove();
  return main.innerText.split(/\\s+/).filter(Boolean).length;
}"""
# The words of the form that must be read, where questions of these names are answered.
_FORM = """answered => {
  for (const e of document.querySelectorAll("main .visually-hidden, main .corner")) e.remove();
  const words = (e) => e ? e.innerText.split(/\\s+/).filter(Boolean).length : 0;
  const seen = (e) => e.checkVisibility({ contentVisibilityAuto: true });
  const form = document.querySelector("main form"), main = document.querySelector("main");
  let count = [...main.children].filter((e) => e !== form && seen(e)).reduce((sum, e) => sum + words(e), 0);
  for (const e of form.querySelectorAll("h2, summary, form > :not(section, details, .corner) p, button"))
    if (seen(e)) count += words(e);
  for (const group of form.querySelectorAll(".form-group")) if (seen(group)) {
    const named = group.querySelector("input, select, textarea")?.name ?? "";
    count += words(answered.includes(named) ? group : group.querySelector(".form-label"));
  }
  return count;
}"""


@dataclass
class Effort:
    screens: float  # of the form, on a phone
    first: int  # where the first question ends, in pixels from above
    questions: int
    taps: int
    keys: int
    words: int

    @property
    def seconds(self) -> float:
        return self.taps * TAP + self.keys * KEY + self.words / WORDS_A_MINUTE * 60


def effort(page, slug: str) -> Effort:
    """Of one who books on this page of a browser, up to the page to check. Nothing is sent."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto("/")
    words, taps, keys = page.evaluate(_FRONT, slug), 3, 0  # to the form, on to check, and the booking is sent
    page.goto(f"/bestil/{slug}")
    height = page.evaluate("document.documentElement.scrollHeight")
    first = page.locator("main form .form-group :is(input, select):visible").first.bounding_box()
    questions = page.locator("main form .form-group:visible:not(.form-group .form-group)").count()
    for name, value in ANSWERS[slug].items():
        field = page.locator(f'[name="{name}"]')
        kind = field.first.evaluate("e => e.matches('select') ? 'select' : e.type")
        taps += TAPS.get(kind, 1)
        if kind in ("radio", "checkbox"):
            page.locator(f'[name="{name}"][value="{value}"]').check(force=True)
        elif kind == "select":
            field.select_option(value)
        elif kind == "date":
            field.fill((date.fromisoformat(field.get_attribute("min")) + timedelta(days=9)).isoformat())
        else:
            field.fill(value)
            keys += len(value) if kind != "time" else 0
    words += page.evaluate(_FORM, list(ANSWERS[slug]))
    page.locator("main form button.button-primary").click()
    page.locator("button[name=send]").wait_for()
    words += page.evaluate(_CHECK)
    return Effort(round(height / HEIGHT, 2), round(first["y"] + first["height"]), questions, taps, keys, words)
