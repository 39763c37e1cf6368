"""The form in a browser that has never been here, and the page after it: octets as they came over the line, requests,
and how long nothing is seen on a slow phone."""

from dataclasses import dataclass
from statistics import median

from browser import PHONE, find_chromium
from playwright.sync_api import Browser, sync_playwright

from .visitors import FORM

LATENCY, BITS_A_SECOND, SLOWDOWN = 400, 400_000, 4  # ms; slow 3G, and a processor four times as slow
TIMES = 3
ICON_MS = 1500  # within which a browser that has all else has asked for the site's icon, too
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass
class View:
    """What a page cost on the line, heads included; `paint` is the time of its first contentful paint, in seconds."""

    octets: int = 0
    requests: int = 0
    paint: float = 0.0


def first_and_second_view(url: str) -> tuple[View, View]:
    """Of the booking form, and then of the page that tells how it works; the first paint is a median."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium())
        views = [_views(chromium, url) for _ in range(TIMES)]
        chromium.close()
    first, second = views[-1]
    first.paint = median(view.paint for view, _ in views)
    return first, second


def _views(chromium: Browser, url: str) -> list[View]:
    context = chromium.new_context(base_url=url, locale="da-DK", viewport=PHONE)
    page, views = context.new_page(), []
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": LATENCY, "downloadThroughput": BITS_A_SECOND / 8,
        "uploadThroughput": BITS_A_SECOND / 8})
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    line.on("Network.loadingFinished", lambda done: _add(views[-1], done["encodedDataLength"]))
    for path in (FORM, "/saadan-virker-det"):
        views.append(View())
        page.goto(path, wait_until="networkidle")
        page.wait_for_function(PAINT)
        page.wait_for_timeout(ICON_MS)
        views[-1].paint = page.evaluate(PAINT) / 1000
    context.close()
    return views


def _add(view: View, octets: int) -> None:
    """What comes out of the browser's own cache is no request."""
    view.octets += int(octets)
    view.requests += octets > 0
