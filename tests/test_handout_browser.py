"""An officer prepares the facts for a meeting in a real browser without JavaScript: presses counted, one A4 printed."""

import re

import pytest
from helpers_browser import assert_text, log_in

pytestmark = pytest.mark.browser
MOST_PRESSES = 6


def test_handout_is_prepared_in_few_presses_and_prints_on_one_page(visit, site):
    ida = visit(javascript=False)
    log_in(ida)
    ida.open("/kontor/besoeg/{visit_meeting_over}".format_map(site.known))
    ida.follow("Facts for the meeting")
    ida.tick("Facts about", "Shoplifting")
    ida.tick("Advice about", "Neighbourhood watch")
    ida.press("Make the page")
    presses = 4
    assert presses <= MOST_PRESSES
    assert_text(ida, "h1", ida.say("Facts for the meeting"))
    assert ida.page.locator("article.handout h3", has_text=ida.say("Shoplifting")).count() == 1
    printed = visit()  # a browser prints only what is on a page, so a stranger with the address does
    printed.open(ida.page.url)
    paper = printed.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
