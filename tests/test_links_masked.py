"""Links are keys: no page of the office shows anybody's secret link, but an officer's own calendar."""

import re
from html import unescape

import pytest
from conftest import OFFICER, Person, form_name, logged_in
from helpers import as_sent, filled, wish
from helpers_cases import link, seen_now
from helpers_district import crawl, posts, version_at

from forms import redact_links
from models import Assignee, Booking, Feedback, FindingsLink, Invite, Officer, WaitlistEntry, db

pytestmark = pytest.mark.usefixtures("clock_of_the_district", "tasks_after_controls")


def secrets(district) -> set[str]:
    with district.app.app_context():
        keys = {key for kind in (Booking, FindingsLink, Invite, Assignee, WaitlistEntry) for key in db.session.scalars(
            db.select(kind.secret))}
        others = db.session.scalars(db.select(Officer.feed_key).where(Officer.email != OFFICER))
        return {*keys, *filter(None, others)}


def test_no_page_or_file_of_the_office_shows_a_secret_link_and_each_form_the_version_of_where_its_press_leads(district):
    """Of one crawl. The version is not that of the page on which a form stands, which may be about something else: such
    a press never went through."""
    posts(district)  # whatever else has a link: an invitation, a waiting list, a field link
    keys, officer = secrets(district), logged_in(district.app)
    assert len(keys) > 10
    read, seen = set(), set()
    starts = ("/kontor/", "/kontor/?bunke=alle", "/kontor/breve/tilbageholdt")
    for path, response in crawl(officer.client, *starts, within="/kontor/"):  # in one language: links have none
        shown = response.get_data(as_text=True)
        assert not [key for key in keys if key in shown], path
        read.add(response.request.path)
        assert_versions(district.app, path.partition("?")[0], shown, seen)
    assert len(read) > 100 and len(seen) > 70, (len(read), len(seen))


def assert_versions(app, on: str, html: str, seen: set) -> None:
    """Each form of the page carries the version of where its press leads; `seen` are pairs that were looked at."""
    to = app.url_map.bind("localhost")
    for form in re.findall(r'<form method="post".*?</form>', html, re.S):
        version_carried = re.search(r'name="version" value="(.*?)"|$', form)[1] or ""
        addresses = re.findall(r'<form[^>]* action="([^"#]+)', form) or [on]
        for address in map(unescape, addresses + re.findall(r'formaction="([^"#]+)', form)):
            address = address.partition("?")[0]
            leads = to.match(on)[0], to.match(address, "POST")[0]
            if leads not in seen and leads[1].startswith("office."):
                seen.add(leads)
                due = version_at(app, address)
                assert not due or version_carried in ("", due), f"{on} leads to {leads[1]}"


def test_every_letter_of_the_office_is_shown_without_its_link(district):
    posts(district)
    keys, officer = secrets(district), logged_in(district.app)
    with district.app.app_context():
        letters = db.session.execute(db.text("SELECT id, text FROM letters")).all()
    assert sum(any(key in text for key in keys) for _, text in letters) > 5
    for id, text in letters:
        page = officer.client.get(f"/kontor/breve/{id}").get_data(as_text=True)
        assert not [key for key in keys if key in page], text
        assert "/ikke-mig/" not in page or "/ikke-mig/…" in page


def test_the_secret_of_a_link_that_somebody_pastes_into_a_form_is_not_kept(app):
    citizen, case = Person(app), wish(app)
    own = f"http://127.0.0.1:8000/sag/{case.reference}/{case.secret}"
    said = citizen.post(link(case, "besked"), {"words": f"Se {own}"})
    kept = f"http://127.0.0.1:8000/sag/{case.reference}/…"
    assert said.status == 200 and seen_now(app, case).events[-1].words == f"Se {kept}"
    for wrapped in (own.replace("/", "%2F"), own.replace("/", "%252F"), own.replace("/sag/", "/sag/\n"),
                    f"/bestil/faerdselskontrol?adgang=1-{case.secret}", f"/kontor/kalender/{case.secret}.ics"):
        assert case.secret not in redact_links(f"https://safe.example/?url={wrapped}&data=1"), wrapped
    citizen.post("/en/tilgaengelighed", {"page": own, "words": "Kan ikke læses.", "email": "", "once": form_name(app)})
    with app.app_context():
        assert db.session.query(Feedback).one().page == kept
    found = citizen.post("/en/find", {"reference": own, "contact": case.email})
    assert found.status == 200 and case.reference[:4] in found.text, "which find needs no secret of"


@pytest.mark.parametrize("path", ["sag/K7MDPXQA/", "ansvar/7/", "kontor/felt/7/", "ikke-mig/", "bestil/x?adgang=12-"])
@pytest.mark.parametrize("written", [
    {"-": "-2D", "_": "-5F", "/": "_", ":": "-3A", "?": "-3F", "=": "-3D"},  # Proofpoint's URL Defense
    {"=": "=3D"}], ids=["another link", "the source of a mail"])
def test_the_secret_of_a_link_is_masked_where_mail_programs_write_its_signs_in_another_way(path, written):
    link = f"https://book.example.dk/{path}aB3d-5gH7jK9_N1pQ3rS5tU7".translate(str.maketrans(written))
    assert redact_links(f"Se {link}&d=DwIF") == f"Se {link[:link.index('aB3d')]}…&d=DwIF"


SECRET = "aB3d-5gH7jK9_N1pQ3rS5tU7"


@pytest.mark.parametrize("written, shown", [
    (f"/sag/K7MD-PXQA/{SECRET} tak", "/sag/K7MD-PXQA/… tak"),
    (f"/sag/K7MD PXQA/{SECRET}", "/sag/K7MD PXQA/…"),
    (f"/sag/K7MD%20PXQA/{SECRET}.", "/sag/K7MD%20PXQA/…."),
    (f"> http://x/sag/K7MDPXQA/{SECRET[:9]}\n> {SECRET[9:]}\n> tak", "> http://x/sag/K7MDPXQA/…\n> tak"),
    (f"/sag/K7MDPX=\nQA/{SECRET[:9]}=\n{SECRET[9:]}\ntak", "/sag/K7MDPX=\nQA/…\ntak"),
    (f"https:__x_sag_K7MDPXQA_{SECRET}__;!!", "https:__x_sag_K7MDPXQA_…;!!"),
    ("/kontor/sag/K7MDPXQA/imoedekom\nHej igen", "/kontor/sag/K7MDPXQA/imoedekom\nHej igen"),
    # as a browser pastes it into one line
    (f"> /sag/K7MDPXQA/{SECRET[:9]} > {SECRET[9:]} > tak", "> /sag/K7MDPXQA/… > tak"),
    (f"/sag/K7MDPXQA/{SECRET[:3]} {SECRET[3:]}, tak", "/sag/K7MDPXQA/…, tak"),
    (f"/ansvar/7/{SECRET[:16]} {SECRET[16:]} tak", "/ansvar/7/… tak"),
    (f"kontor/kalender/{SECRET} 8signs_x.ics", "kontor/kalender/…"),
    (f"/sag/K7MDPXQA /{SECRET} venligst", "/sag/K7MDPXQA /… venligst"),
    (f"/kontor/sag/K7MDPXQA/imoedekom {SECRET}", f"/kontor/sag/K7MDPXQA/imoedekom {SECRET}"),
    # without its host
    (f"sag/K7MDPXQA/{SECRET}", "sag/K7MDPXQA/…"), (f"(ansvar/7/{SECRET})", "(ansvar/7/…)"),
    (f"(kontor/kalender/{SECRET}.ics)", "(kontor/kalender/…)"),
    # broken in other places
    (f"/sag/K7MDPXQA\n/{SECRET}", "/sag/K7MDPXQA\n/…"), (f"/sag\n/K7MDPXQA/{SECRET}", "/sag\n/K7MDPXQA/…"),
    (f"/sag/K7MDPXQA/{SECRET[:9]}\n\n{SECRET[9:]}\n\ntak", "/sag/K7MDPXQA/…\n\ntak"),
    (f"/sag/K7MDPXQA/{SECRET[:9]}\n| {SECRET[9:]}", "/sag/K7MDPXQA/…"),
    (f"/sag/K7MDPXQA/{SECRET[:9]}<br>{SECRET[9:]}<br>tak", "/sag/K7MDPXQA/…<br>tak"),
    (f"/bestil/x?adgang=\n12-{SECRET}", "/bestil/x?adgang=\n12-…"),
    (f"/bestil/x?adgang=12-2Dxmyoqw\n{SECRET[8:]}", "/bestil/x?adgang=12-…"),
    # in other signs
    (f"https:\\\\x\\sag\\K7MDPXQA\\{SECRET}", "https:\\\\x\\sag\\K7MDPXQA\\…"),
    (f"\\/ansvar\\/7\\/{SECRET}", "\\/ansvar\\/7\\/…"), (f"／sag／K7MDPXQA／{SECRET}", "／sag／K7MDPXQA／…"),
    (f"&#x2F;sag&#x2F;K7MDPXQA&#x2F;{SECRET}", "&#x2F;sag&#x2F;K7MDPXQA&#x2F;…"),
    (f"%26adgang%3D12-{SECRET}", "%26adgang%3D12-…"),
    *((f"/sag/K7MDPXQA/{SECRET.replace('-', dash)}", "/sag/K7MDPXQA/…") for dash in "\u2010\u2011\u2013")])
def test_the_secret_of_a_link_is_masked_however_its_reference_is_written_and_its_lines_end(written, shown):
    assert redact_links(written) == shown


@pytest.mark.parametrize("written", [
    "https://www.faxe.dk/kalender/byfest-i-terslev-2026", "www.kultunaut.dk/kalender/fakkeltog_langs_aaen",
    "https://www.faxe.dk/kalender/550e8400-e29b-41d4-a716-446655440000", "/en/kontor/kalender/indstillinger/fravaer",
    "https://dagsordener.naestved.dk/sag/2026/hastighed-paa-bygaden", "https://x.dk/sag/2026/3f9a2b77c0d14e5598aa",
    "https://dagsordener.naestved.dk/sag/12345678/BilagTrafiksikkerhedsplan2026.pdf",
    "https://x.dk/sag/26001234/550e8400-e29b-41d4-a716-446655440000",
    "Scan_sag_20261130_Trafiksikkerhedsplan2026.pdf", "https://x.dk/felt/2026/kampprogram-for-u15drenge",
    "https://x.dk/invitation/2026/referat-fra-dialogmoede-i-SSP-raadet",
    "https://borgerforening.dk/invitation/2026/generalforsamling-24-maj", "/ansvar/2026/Politiets-forebyggelse.pdf",
    "https://borgerforening.dk/invitation/2026/generalforsamling-24-maj\nVi ses. Klokken 19",
    "/sag/12345678/referat.2026-05-24",
    "https://safe.example/?url=https%3A%2F%2Fx.dk%2Finvitation%2F2026%2Fgeneralforsamling-24-maj&data=1"])
def test_the_address_of_somebody_elses_page_is_kept(written):
    assert redact_links(f"Se {written} og kom.") == f"Se {written} og kom."


@pytest.mark.parametrize("path", ["sag/K7MDPXQA", "ansvar/7", "besked/7", "kontor/felt/7", "kontor/invitation/7",
                                  "kontor/kalender", "ikke-mig"])
@pytest.mark.parametrize("secret", [
    SECRET, "-B3d-5gH7jK9_N1pQ3rS5tU_", "abcdefghijklmnopqrstu4-_", "abcd-efgh_ijkl-mnop_QRst", SECRET * 2,
    "abc-defgh\nXYijklmnopqrstu", "abc-defgh\n> 1Yijklmnopqrstu"])
def test_a_secret_is_masked_on_whichever_host(path, secret):
    """Whoever is let in by a number or an alias, another time by a machine to test on, has a key, too."""
    for start in ("http://10.0.0.7", "https://www.faxe.dk", "https://book-example-dk.translate.goog",
                  "web.archive.org/2026"):
        assert redact_links(f"{start}/{path}/{secret}") == f"{start}/{path}/…"


def test_the_secret_of_a_broken_link_is_not_kept_where_a_browser_makes_one_line_of_it(app):
    pasted = f"> /sag/K7MDPXQA/{SECRET[:9]} > {SECRET[9:]}"
    Person(app).post("/en/bestil/faerdselskontrol", {**filled(from_to=pasted), "send": "1"}, follow=False)
    with app.app_context():
        assert db.session.query(Booking).one().from_to == "> /sag/K7MDPXQA/…"


def test_what_an_officer_writes_of_another_page_arrives(app, ida):
    booking, address = wish(app), "https://www.faxe.dk/kalender/tryghedsvandring-i-terslev-2026"
    path = f"/kontor/sag/{booking.reference}/imoedekom"
    shown = ida.post(path, {**as_sent(ida.get(path), "words"), "words": f"Se {address}"})
    ida.post(path, {**as_sent(shown, "words"), "send": "1"})
    assert f"Se {address}" in seen_now(app, booking).letters[-1].text
