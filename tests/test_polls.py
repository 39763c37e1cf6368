"""The poll of a meeting or walk: opened by an officer, answered by phones, counted, shown, told and added up."""

import re
from datetime import timedelta

import pytest
from conftest import OFFICER, Person, logged_in
from helpers_polls import HELD, answer, code_of, meeting_today, poll_of

from facts import load_shipped
from mail.letters import address_of
from models import (
    Letter,
    NotAllowed,
    Officer,
    PollAnswer,
    PollRound,
    PollStatus,
    QuarterAccount,
    Visit,
    VisitStatus,
    db,
    limits,
    local,
    now,
    today,
)
from ops.jobs import JOBS
from reporting import Account, count_work, in_tables

MORE = {"trend": "more", "level": "10", "safe": "unsafe"}


def page_of(visit: int, step: str = "") -> str:
    return f"/en/kontor/besoeg/{visit}/afstemning{step}"


def opened(app, ida, service: str = "meeting") -> tuple[int, str]:
    """A visit whose poll is open, and its code."""
    visit = meeting_today(app, service)
    assert "The poll is open" in ida.post(page_of(visit, "/foer")).text
    return visit, code_of(app, visit)


def rows(app) -> list[tuple]:
    with app.app_context():
        return db.session.query(PollAnswer.phone, PollAnswer.answers).all()


@pytest.mark.postgres
def test_a_poll_goes_from_opening_to_the_letter_and_the_figures(app, ida):
    visit, code = opened(app, ida)
    for phone in range(7):
        answer(app, code, "before", **MORE | {"safe": "safe"} if phone < 2 else MORE)
    answer(app, code, "before", trend="same", level="5", safe="safe")
    assert "8 phones have answered" in ida.get(page_of(visit)).text
    assert "8 answers" not in ida.get(page_of(visit)).text, "nothing is shown while it is open"
    assert "those of each phone deleted" in ida.post(page_of(visit, "/luk")).text
    assert rows(app) == []
    assert "There are no figures for this municipality yet" in ida.post(page_of(visit, "/fakta")).text
    with app.app_context():
        load_shipped()
        db.session.commit()
    ida.post(page_of(visit, "/fakta"))
    ida.post(page_of(visit, "/efter"))
    for _ in range(6):
        answer(app, code, "after", safe="very_safe", learned="yes")
    ida.post(page_of(visit, "/luk"))
    with app.app_context():
        found, officer = db.session.get(Visit, visit), Officer.by_email(OFFICER)
        found.enter_findings(officer, HELD)
        found.report(officer)
        db.session.commit()
        text = " ".join(db.session.query(Letter).filter_by(kind="answered").one().text.split())
    for line in ("Before: 7 of 8 believed that there are more burglaries in homes than 5 years ago. The number of "
                 "reports is about the same as in 2020 (262). Source: Statistics Denmark",
                 "Before: 7 of 8 believed that burglaries hit more homes than they do. Of 1,000 homes in Næstved "
                 "Municipality, 5.8 had a reported burglary",
                 "Before: 3 of 8 felt safe or very safe.", "Afterwards: 6 of 6 felt safe or very safe.",
                 "Afterwards: 6 of 6 learned something that they did not know."):
        assert line in text
    assert "Participants by the findings: 38." in ida.get(page_of(visit)).text
    tables = {table["key"]: table for table in ida.get("/en/kontor/tal.json").response.json["tables"]}
    with app.app_context():
        day = local(db.session.get(Visit, visit).starts_at).date()  # an hour ago, which may be the year before
    year = day.year
    assert {row["key"]: row["values"] for row in tables["guesses"]["rows"]} == {
        f"trend-{year}": [1, 38, 8, 1, 7, 7 / 8], f"level-{year}": [1, 38, 8, 1, 7, 7 / 8]}
    assert {row["key"]: row["values"] for row in tables["felt"]["rows"]} == {
        f"safe-{year}": [1, 38, 8, 3, 3 / 8, 6, 6, 1.0], f"learned-{year}": [1, 38, 0, 0, None, 6, 6, 1.0]}
    with app.test_request_context():
        first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        quarter = QuarterAccount(first=first, people={}, work=count_work(first))
        public = {table.key: table.rows for table in in_tables(Account([quarter]), ())}
        assert "guesses" not in public, "1 of 8 was right, and 3 of 8 felt safe: too few to be told"
        assert [(key, values) for key, _, values in public["felt"]] == [
            (row["key"], row["values"]) for row in tables["felt"]["rows"] if row["key"].startswith("learned")]


def test_a_poll_has_one_answer_for_each_phone_which_can_change_it_until_the_round_is_closed(app, ida):
    visit, code = opened(app, ida)
    phone = answer(app, code, "before", **MORE)
    assert 'value="more" checked' in " ".join(phone.get(f"/m/{code}").html.split())
    changed = phone.post(f"/en/m/{code.lower()}", {"round": "before", **MORE, "trend": "fewer"})
    assert "Your answer counts" in changed.text
    [(key, answers)] = rows(app)
    with phone.client.session_transaction() as session:
        assert session["phone"] not in key
    assert answers == {**MORE, "trend": "fewer"}
    phone.client.delete_cookie("session")
    answer(app, code, "before", **MORE)
    assert len(rows(app)) == 2, "a phone that clears its cookies counts twice: docs/data-protection.md says so"


def test_a_poll_refuses_an_answer_with_a_message_at_the_question(app, ida):
    _, code = opened(app, ida)
    phone = Person(app)
    page = phone.post(f"/en/m/{code}", {"round": "before", "trend": "many", "safe": "safe"})
    assert page.status == 422 and set(page.errors) == {"Choose one of the answers.", "Choose an answer."}
    assert not rows(app)
    assert phone.client.post(f"/m/{code}", data={"round": "before", **MORE}).status_code == 422, "without a token"
    assert not rows(app)


def test_an_answer_to_a_poll_counts_in_the_round_that_its_page_was_about(app, ida):
    visit, code = opened(app, ida, "walk")
    phone = answer(app, code, "before", safe="unsafe")
    ida.post(page_of(visit, "/luk"))
    ida.post(page_of(visit, "/efter"))
    late = phone.post(f"/m/{code}", {"round": "before", "safe": "unsafe"})
    assert late.status == 200 and "blev dine svar ikke talt med" in late.text
    assert not re.search(r'value="unsafe"[^>]* checked|checked[^>]* value="unsafe"', late.html)
    assert not rows(app)
    assert phone.post(f"/m/{code}", {"round": "after", "safe": "safe"}).status == 200
    assert [answers for _, answers in rows(app)] == [{"safe": "safe"}]


def test_a_wrong_code_a_closed_poll_and_one_of_another_day_get_the_same_page(app, ida, monkeypatch):
    visit, code = opened(app, ida)
    phone = Person(app)
    assert phone.get(f"/en/m/{code[:2]}-{code[2:].lower()}").status == 200
    wrong = phone.get("/en/m/2222")
    assert wrong.status == 404 and "The poll is not open" in wrong.text
    ida.post(page_of(visit, "/luk"))
    for page in (phone.get(f"/en/m/{code}"), phone.post(f"/en/m/{code}", {"round": "before", **MORE})):
        assert (page.status, page.html) == (404, wrong.html.replace("2222", code))
    other, code = opened(app, ida)
    with app.app_context():
        moved = db.session.get(Visit, other)
        moved.starts_at, moved.ends_at = (time - timedelta(days=2) for time in (moved.starts_at, moved.ends_at))
        secret = moved.poll.secret
        db.session.commit()
    assert phone.get(f"/en/m/{code}").html == wrong.html.replace("2222", code)
    assert phone.get(f"/m/{code}/{secret}").status == 404
    with app.app_context():
        for job in JOBS:
            job()
        db.session.commit()
        assert poll_of(other).status is PollStatus.BEFORE_CLOSED, "the day's end closes it"


def test_the_wall_of_a_poll_opens_by_its_secret_and_comes_anew_by_itself(app, ida):
    visit, code = opened(app, ida)
    with app.app_context():
        secret = poll_of(visit).secret
        assert address_of("citizen.poll", "da", code=code) == f"http://{app.config['SERVER_NAME']}/m/{code}"
    stranger = Person(app)
    wall = stranger.get(f"/en/m/{code}/{secret}")
    assert wall.response.headers["Refresh"] == "5" and f"{app.config['SERVER_NAME']}/en/m/<wbr>{code}" in wall.html
    assert "<nav" not in wall.html and "<script" not in wall.html and "<svg" in wall.html
    assert stranger.get(f"/en/m/{code}/{secret[:-1]}").status == 404
    for _ in range(limits.LEAST_ANSWERS - 1):
        answer(app, code, "before", **MORE)
    ida.post(page_of(visit, "/luk"))
    few = stranger.get(f"/en/m/{code}/{secret}").text
    assert f"Fewer than {limits.LEAST_ANSWERS} have answered" in few and "10–24" not in few
    assert "10–24" not in ida.get(page_of(visit)).text


def test_a_poll_without_phones_is_counted_by_hand(app, ida):
    visit = meeting_today(app)
    page = ida.get(page_of(visit, "/foer/seddel"))
    assert page.text.count("How safe do you feel here?") == 2 and "Did you learn" not in page.text
    counts = page_of(visit, "/foer/optalt")
    assert "Write a whole number" in ida.post(counts, {"safe-safe": "ti"}).text
    ida.post(counts, {"safe-safe": "12", "safe-unsafe": "9"})
    ida.post(counts, {"safe-safe": "12", "safe-unsafe": "8", "trend-more": "4"})
    with app.app_context():
        poll = poll_of(visit)
        assert {o: n for o, n in poll.results(PollRound.BEFORE, "safe").items() if n} == {"safe": 12, "unsafe": 8}
        assert poll.results(PollRound.BEFORE, "trend") == {}, "four are too few"
    assert 'value="12"' in ida.get(counts).html and "20 answers" in ida.get(page_of(visit)).text


def test_a_poll_only_moves_forward_and_opens_on_the_day_alone(app, ida):
    visit, code = opened(app, ida)
    with app.app_context():
        load_shipped()
        db.session.commit()
    for step in ("/foer", "/efter", "/fakta"):
        assert ida.post(page_of(visit, step)).status == 409
    answer(app, code, "before", **MORE)
    assert ida.post(page_of(visit, "/luk")).status == 200
    assert "Open the poll before" not in ida.get(page_of(visit)).text
    assert ida.post(page_of(visit, "/luk")).status == ida.post(page_of(visit, "/foer")).status == 409
    with app.app_context():
        poll, officer = poll_of(visit), Officer.by_email(OFFICER)
        with pytest.raises(NotAllowed):
            poll.answer("phone", {"safe": "safe"})
        poll.visit.starts_at += timedelta(days=9)
        poll.visit.ends_at += timedelta(days=9)
        with pytest.raises(NotAllowed):
            poll.open(officer, PollStatus.AFTER_OPEN)


@pytest.mark.parametrize(("step", "button"), [("/foer", "Open the poll before"), ("/efter", "Open the poll afterwards")])
def test_a_round_that_nobody_has_answered_is_asked_on_the_day_to_which_the_meeting_is_moved(app, ida, step, button):
    visit = meeting_today(app)
    ida.post(page_of(visit, step))
    with app.app_context():
        moved = db.session.get(Visit, visit)
        moved.starts_at, moved.ends_at = (time + timedelta(days=7) for time in (moved.starts_at, moved.ends_at))
        db.session.flush()
        for job in JOBS:
            job()
        moved.starts_at, moved.ends_at = (time - timedelta(days=7) for time in (moved.starts_at, moved.ends_at))
        db.session.commit()  # and the day has come
    assert button in ida.get(page_of(visit)).text
    assert "The poll is open" in ida.post(page_of(visit, step)).text


def test_where_nobody_has_answered_either_round_both_may_be_asked_anew_the_first_one_first(app, ida):
    visit = meeting_today(app)
    for step in ("/foer", "/luk", "/efter", "/luk"):
        assert ida.post(page_of(visit, step)).status == 200
    page = ida.get(page_of(visit)).text
    assert page.index("Open the poll before") < page.index("Open the poll afterwards")
    assert "The poll is open" in ida.post(page_of(visit, "/foer")).text


def test_a_walk_asks_only_how_safe_it_is_and_a_control_has_no_poll(app, ida):
    visit, code = opened(app, ida, "walk")
    assert Person(app).get(f"/en/m/{code}").html.count("<fieldset") == 1
    ida.post(page_of(visit, "/luk"))
    assert "Show the facts" not in ida.get(page_of(visit)).text
    with app.app_context():
        db.session.get(Visit, visit).service = "traffic"
        db.session.commit()
    assert ida.get(page_of(visit)).status == 404 and "afstemning" not in ida.get(f"/en/kontor/besoeg/{visit}").html


def test_guessing_the_code_of_a_poll_is_limited_and_a_school_behind_one_address_is_not(make_app):
    app = make_app(RATELIMIT_ENABLED=True)
    _, code = opened(app, logged_in(app))
    for _ in range(201):
        assert Person(app).client.get(f"/m/{code}").status_code == 200
    guesser = app.test_client()
    tries = [guesser.get, guesser.head] * 100 + [guesser.get]
    assert [ask("/m/2222").status_code for ask in tries] == [404] * 200 + [429]


def test_what_is_called_off_or_removed_asks_nobody_and_what_has_not_begun_has_no_answers_to_count(app, ida):
    visit = meeting_today(app)
    assert "counted answers" in ida.get(page_of(visit)).text and "Poll" in ida.get(f"/en/kontor/besoeg/{visit}").text
    with app.app_context():
        found = db.session.get(Visit, visit)
        found.starts_at, found.ends_at = now() + timedelta(days=5), now() + timedelta(days=5, hours=1)
        db.session.commit()
    page = ida.get(page_of(visit)).text
    assert "paper slips" in page and "counted answers" not in page
    with app.app_context():
        db.session.get(Visit, visit).cancel(Officer.by_email(OFFICER), "weather")
        db.session.commit()
    assert "paper slips" not in ida.get(page_of(visit)).text
    with app.app_context():
        db.session.get(Visit, visit).status = VisitStatus.REPORTED
        db.session.get(Visit, visit).removed_on = today()
        db.session.commit()
    assert "/afstemning" not in ida.get(f"/en/kontor/besoeg/{visit}").html
