"""The rules that hold for every page in the browser, looked at in one load: at both widths, in the font that is there,
and in a made-up wide one, so that a narrow font hides nothing."""

from collections.abc import Iterator

from axe_playwright_python.base import AXE_SCRIPT
from browser import DESKTOP, FOCUS, Visitor

NARROW = {"width": 320, "height": 740}  # what 400 % zoom leaves of DESKTOP: WCAG 1.4.10
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# The text spacing of WCAG 1.4.12 on letters that are a quarter larger.
WIDE_FONT = """
  html { font-size: 125% !important; }
  * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
  p { margin-bottom: 2em !important; }
"""

# What a reader would lose, one line for each fault. A map draws its own layers, and what is only read aloud is clipped.
LAYOUT = """() => {
  const found = [], room = document.documentElement.clientWidth;
  const show = (element) => element.outerHTML.replace(/\\s+/g, " ").slice(0, 120);
  const unseen = (element) => !element.checkVisibility({ visibilityProperty: true })
    || element.closest("[data-map], .visually-hidden, .corner, .skip-link")
    || (element.closest("thead") && getComputedStyle(element.closest("thead")).clipPath !== "none");
  const spills = (element) => element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1
    && getComputedStyle(element).display !== "inline" && getComputedStyle(element).overflowX === "visible";

  const seen = [...document.querySelectorAll("body *")].filter((element) => !unseen(element));
  const shown = new Set([document.body, ...seen]);
  if (document.documentElement.scrollWidth > room) {
    const wide = seen.filter((element) => element.getBoundingClientRect().right > room + 1);
    found.push(`wider than the window: ${document.documentElement.scrollWidth}; ${wide.slice(-3).map(show).join(" ")}`);
  }
  const boxes = seen.filter((element) => !element.matches("input, select, textarea, svg *"));
  const spilling = new Set(boxes.filter(spills));
  for (const element of spilling) {
    const deeper = [...element.querySelectorAll("*")].some((child) => spilling.has(child));
    if (!deeper) found.push(`spills: ${element.scrollWidth} > ${element.clientWidth} ${show(element)}`);
  }

  const lines = [], range = document.createRange();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const parent = text.parentElement;
    if (!text.data.trim() || !shown.has(parent) || parent.closest("option, textarea, script, .tick-bar")) continue;
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      if (box.width < 2) continue;
      const air = box.height / 4;
      lines.push({ text, left: box.left + 1, right: box.right - 1, top: box.top + air, bottom: box.bottom - air });
    }
  }
  const cutting = new Map(); // what is asked of the browser once for each box
  const edges = (box) => {
    if (!cutting.has(box)) {
      const { overflowX, overflowY } = getComputedStyle(box);
      const [across, down] = [overflowX !== "visible", overflowY !== "visible"];
      cutting.set(box, (across || down) && { across, down, edge: box.getBoundingClientRect() });
    }
    return cutting.get(box);
  };
  for (const line of lines) {
    for (let box = line.text.parentElement; box !== document.body; box = box.parentElement) {
      const { across, down, edge } = edges(box) || {};
      const cut = (across && (line.left < edge.left || line.right > edge.right))
        || (down && (line.top < edge.top || line.bottom > edge.bottom));
      if (cut) found.push(`cut off: ${line.text.data.trim().slice(0, 60)}`);
    }
  }
  lines.sort((one, other) => one.top - other.top);
  lines.forEach((one, index) => {
    for (let next = index + 1; next < lines.length && lines[next].top < one.bottom; next++) {
      const other = lines[next];
      if (one.text !== other.text && one.left < other.right && other.left < one.right) {
        found.push(`overlaps: ${one.text.data.trim().slice(0, 60)} / ${other.text.data.trim().slice(0, 60)}`);
      }
    }
  });
  return [...new Set(found)].slice(0, 8);
}"""


# What the contrast of a text rests on, of every text that can be seen: its colour, size and weight, and all behind it.
COLOURS = """() => {
  const behind = new Map([[null, ""]]);
  const backgroundOf = (element) => {
    if (!behind.has(element)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      const own = backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none" && opacity === "1" ? ""
        : `${backgroundColor} ${backgroundImage} ${opacity} / `;
      behind.set(element, own + backgroundOf(element.parentElement));
    }
    return behind.get(element);
  };
  const hasText = (element) => element.matches("input, select, textarea")
    || [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
  const texts = [...document.querySelectorAll("body *")].filter(
    (element) => hasText(element) && element.checkVisibility({ visibilityProperty: true }));
  return [...new Set(texts.map((element) => {
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    return `${color} ${fontSize} ${fontWeight} / ${backgroundOf(element)}`;
  }))];
}"""
_seen_colours: set[str] = set()  # by axe, in this process, which found nothing wrong with them


def faults(person: Visitor, language: str) -> list[str]:
    """What is wrong with the page in front, by every rule. The page is left in the wide font, with all unfolded.

    axe takes longest, and what it finds hardly depends on the language: it looks at the wide window in Danish, and at
    the narrow one in English.
    """
    page = person.page
    page.set_viewport_size(DESKTOP)
    found = [*structure(person, language), *layout(person)]
    if language == "da":
        found += accessibility(person)
    page.set_viewport_size(NARROW)
    found += [*layout(person), *targets(person)]
    if language == "en":
        found += accessibility(person)
    found += [*focus(person), *summary(person)]
    unfold(person)
    found += [*layout(person, "unfolded"), *targets(person)]
    widen_font(person)
    found += layout(person, "wide font")
    page.set_viewport_size(DESKTOP)
    found += layout(person, "wide font")
    return found


def structure(person: Visitor, language: str) -> Iterator[str]:
    page = person.page
    if page.locator("h1").count() != 1:
        yield f"{page.locator('h1').count()} h1"
    if not page.title().strip(" –"):
        yield "no title"
    if page.locator("html").get_attribute("lang") != language:
        yield "another language than the address says"


def layout(person: Visitor, how: str = "plain") -> Iterator[str]:
    """Nothing is wider than the window, nothing is cut off, and no text stands on another."""
    for fault in person.page.evaluate(LAYOUT):
        yield f"{how} at {person.page.viewport_size['width']}: {fault}"


def unfold(person: Visitor) -> None:
    person.page.evaluate("() => document.querySelectorAll('main details').forEach((folded) => { folded.open = true; })")


def widen_font(person: Visitor) -> None:
    person.page.evaluate("""(rules) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(rules);
      document.adoptedStyleSheets.push(sheet);
    }""", WIDE_FONT)


def wait_for_maps(person: Visitor) -> None:
    for drawn in person.page.locator("[data-map]").all():
        drawn.locator(".map-land").first.wait_for(state="attached")


def accessibility(person: Visitor) -> Iterator[str]:
    """What axe finds against WCAG. Contrast takes it as long as all else together, and is the same wherever text and
    background are: it looks at each of them once."""
    if not person.page.evaluate("'axe' in window"):
        person.page.evaluate(AXE_SCRIPT)
    colours = set(person.page.evaluate(COLOURS))
    results = person.page.evaluate("async (options) => (await axe.run(options)).violations", {
        "resultTypes": ["violations"], "runOnly": WCAG,
        "rules": {"color-contrast": {"enabled": not colours <= _seen_colours}}})
    if not results:
        _seen_colours.update(colours)
    for rule in results:
        where = "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:160]} {node['failureSummary']}"
                          for node in rule["nodes"][:4])
        yield f"axe at {person.page.viewport_size['width']}: {rule['id']} ({rule['help']}): {where}"


def targets(person: Visitor) -> Iterator[str]:
    """Buttons, fields and choices can be hit with a thumb."""
    small = person.page.evaluate("""() => [...document.querySelectorAll(
        "button, .button, summary, input:not([type=hidden]), select, textarea")].flatMap((e) => {
      const box = (e.closest(".choice") ?? e).getBoundingClientRect();
      return !e.checkVisibility() || box.height >= (e.matches("summary") ? 40 : 44) ? [] :
        [`${Math.round(box.width)} x ${Math.round(box.height)} ${e.outerHTML.slice(0, 120)}`];
    })""")
    if small:
        yield f"too small for a thumb: {small}"


def focus(person: Visitor) -> Iterator[str]:
    """Whoever goes by keyboard sees where they are, from the skip link on."""
    person.page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    for _ in range(4):
        person.page.keyboard.press("Tab")
        seen = person.page.evaluate(FOCUS)
        if not (seen["ring"] and seen["inside"]):
            yield f"focus is not seen: {seen}"


def summary(person: Visitor) -> Iterator[str]:
    """Each link of the error summary leads to the field that it is about, and they stand in the page's order."""
    followed = person.page.evaluate("""async () => {
      const followed = [];
      for (const link of document.querySelectorAll(".error-summary a")) {
        const target = link.hash.slice(1);
        link.click();
        for (let frame = 0; frame < 60 && document.activeElement.id !== target; frame++) {
          await new Promise(requestAnimationFrame);
        }
        const reached = document.activeElement;
        followed.push([target, reached.id, reached.getBoundingClientRect().top + scrollY]);
      }
      return followed;
    }""")
    for target, reached, _height in followed:
        if target != reached:
            yield f"the error summary does not lead to {target}"
    heights = [height for _target, _reached, height in followed]
    if heights != sorted(heights):
        yield "the error summary has another order than the page"
