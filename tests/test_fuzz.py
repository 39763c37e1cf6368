"""Whatever is sent to whichever form: an answer, never an error of ours, never another's data (bin/ordeal: 100,000)."""

import shutil

import pytest
from fuzz import STRANGE, Input, fuzzed, quoted

pytestmark = pytest.mark.sqlite  # thousands of times, the file is put back as it was


@pytest.mark.slow
def test_strange_inputs_are_answered_and_learn_nothing(template, tmp_path):
    shutil.copytree(template, tmp_path / "site")
    with fuzzed(tmp_path / "site") as fuzz:
        takes_posts = {r.endpoint for r in fuzz.app.url_map.iter_rules() if "POST" in r.methods}
        assert {endpoint for endpoint, *_ in fuzz.forms["citizen"]} == takes_posts
        line = fuzz.run(300)
        assert fuzz.done >= 300 and fuzz.sound and "300 strange inputs" in line
        assert {303, 404, 422} <= fuzz.answers.keys(), "it came in at all"


@pytest.mark.slow
def test_every_strange_word_goes_into_every_field_of_a_citizens_forms(template, tmp_path):
    shutil.copytree(template, tmp_path / "site")
    with fuzzed(tmp_path / "site") as fuzz:
        for n, (endpoint, path, right) in enumerate(fuzz.forms["citizen"]):
            if endpoint.startswith("citizen."):
                for word in STRANGE[n % 3::3]:
                    body = "&".join(f"{quoted(name)}={quoted(word)}" for name in right)
                    fuzz.send(Input("citizen", path, f"csrf_token={fuzz.tokens['citizen']}&{body}".encode(),
                                    "application/x-www-form-urlencoded"))
        fuzz.look_and_begin_anew()


def test_a_marked_word_in_an_answer_would_be_found(template, tmp_path):
    """The net has no hole: on a page of somebody else's own, it finds their words."""
    shutil.copytree(template, tmp_path / "site")
    with fuzzed(tmp_path / "site") as fuzz:
        reference, secret = fuzz.district.people["new"]
        theirs = fuzz.people["citizen"].client.get(f"/sag/{reference}/{secret}")
        try:
            fuzz._assert_discreet(Input("citizen", "/find", b"", "x"), theirs)
        except AssertionError as error:
            assert "tells" in str(error)
        else:
            raise AssertionError("a page full of somebody's words went through")
