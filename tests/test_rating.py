"""One question after the answer: who may answer it, who reads it, and that it disturbs nobody."""

import pytest
from conftest import OFFICER, Person, book
from helpers import wish as case_of
from helpers_cases import reported

from models import Booking, Event, EventKind, Letter, NotAllowed, Officer, db

INVITES = "Did this answer help you?"
WORDS = "Svaret var fint, men lampen er stadig slukket."


@pytest.fixture(params=["declined", "referred", "answered"])
def answered(request, app) -> tuple[str, str]:
    return close(app, request.param)


def close(app, how: str, **wish) -> tuple[str, str]:
    """A case that has its answer: its reference and secret."""
    if how == "answered":
        booking = case_of(app, **wish)
        reported(app, booking)
        return booking.reference, booking.secret
    reference, secret = book(Person(app), language="/en", **wish)
    with app.app_context():
        booking, officer = Booking.by_reference(reference), Officer.by_email(OFFICER)
        booking.decline(officer, "resources", "", "") if how == "declined" else booking.refer(
            officer, "municipality", "")
        db.session.commit()
    return reference, secret


def rate(app, case: tuple[str, str], **said):
    path = f"/en/sag/{case[0]}/{case[1]}"
    return Person(app).post(f"{path}/hjalp-det", said)


def kept(app, reference: str) -> tuple[str, str, list[str], bool]:
    with app.app_context():
        booking = Booking.by_reference(reference)
        said = [e.words for e in booking.events if e.kind is EventKind.RATED]
        return booking.helped, booking.helped_why, said, booking.has_unread


def test_whoever_has_an_answer_is_asked_and_says_whether_it_helped(app, answered, officer):
    page = Person(app).get("/en/sag/{}/{}".format(*answered))
    assert INVITES in page.text and "What fits best?" not in page.text, "one tap, and the rest unfolds"
    assert "What fits best?" in rate(app, answered, helped="no").text
    page = rate(app, answered, helped="partly", helped_why="still", more=WORDS)
    assert page.status == 200 and "Thank you for telling us." in page.text
    assert kept(app, answered[0]) == ("partly", "still", ["", WORDS], False), "it calls for no work"
    case = officer.get(f"/en/kontor/sag/{answered[0]}")
    assert WORDS in case.text and "Partly: The problem is still there" in case.text
    assert WORDS in officer.get("/en/kontor/tal").text, "the officer reads it in a calm hour"


def test_the_last_answer_counts(app, officer):
    case = close(app, "declined")
    rate(app, case, helped="no", helped_why="late", more="For sent.")
    page = rate(app, case, helped="yes")
    assert kept(app, case[0])[:3] == ("yes", "", ["For sent.", ""])
    assert "Thank you. You answered: Yes." in page.text and 'value="yes" checked' in page.html
    told = {t["key"]: t for t in officer.client.get("/kontor/tal.json").json["tables"]}
    assert [(r["key"], r["values"]) for r in told["helped"]["rows"]] == [("yes", [1, 1.0])]


@pytest.mark.parametrize(("said", "error"), [
    ({}, "Choose an answer."), ({"helped": "perhaps"}, "Choose one of the answers."),
    ({"helped": "yes", "helped_why": "x"}, "Choose one of the answers."),
    ({"helped": "yes", "more": "Ring 20 30 40 50"}, "phone number"), ({"helped": "no", "more": "x" * 1001}, "1000")])
def test_what_cannot_be_taken_is_said_beside_the_field_and_what_was_typed_stays(app, said, error):
    case = close(app, "declined")
    page = rate(app, case, **said)
    assert page.status == 422 and error in " ".join(page.errors).replace(",", "")
    assert said.get("more", "") in page.text and kept(app, case[0])[2] == []


@pytest.mark.parametrize("how", ["open", "withdrawn"])
def test_without_an_answer_nobody_is_asked(app, how):
    case = book(Person(app), language="/en")
    with app.app_context():
        booking = Booking.by_reference(case[0])
        if how == "withdrawn":
            booking.withdraw()
            db.session.commit()
        with pytest.raises(NotAllowed):
            booking.rate("yes", "", "")
    assert INVITES not in Person(app).get("/en/sag/{}/{}".format(*case)).text
    assert "not possible any more" in rate(app, case, helped="yes").text and kept(app, case[0])[2] == []


def test_a_case_taken_up_again_is_asked_about_after_its_next_answer(app):
    case = close(app, "declined")
    rate(app, case, helped="no")
    with app.app_context():
        booking = Booking.by_reference(case[0])
        booking.reopen("Se igen.")
        db.session.commit()
    assert INVITES not in Person(app).get("/en/sag/{}/{}".format(*case)).text
    with app.app_context():
        booking = Booking.by_reference(case[0])
        booking.refer(Officer.by_email(OFFICER), "municipality", "")
        db.session.commit()
        assert (booking.reason, booking.helped, booking.helped_why) == ("", "", ""), "that was the answer before"
    page = Person(app).get("/en/sag/{}/{}".format(*case)).text
    assert INVITES in page and "You answered" not in page


def test_the_words_are_for_officers_alone(app, answered):
    rate(app, answered, helped="no", more=WORDS)
    own = Person(app).get("/en/sag/{}/{}".format(*answered))
    assert WORDS not in own.text, "whoever gets hold of the link does not read it"
    for path in ("/", "/kalender", "/saadan-virker-det"):
        assert WORDS not in Person(app).get(path, check=False).text
    with app.app_context():
        assert not any(WORDS in letter.text for letter in db.session.query(Letter))
        before = db.session.query(Letter).count()
    rate(app, answered, helped="yes", more=WORDS)
    with app.app_context():
        assert db.session.query(Letter).count() == before and db.session.query(Event).filter_by(
            kind=EventKind.RATED).count() == 2


def test_the_answer_by_mail_invites_to_it_once_and_no_other_letter_does(app, answered):
    with app.app_context():
        letters = list(db.session.query(Letter).filter(Letter.booking.has(reference=answered[0])))
        asks = {"declined": 1, "referred": 1, "answered": 1}
        for letter in letters:
            asked = letter.text.count(INVITES) + letter.text.count("Hjalp svaret dig?")
            assert asked == asks.get(letter.kind, 0), letter.kind


@pytest.mark.parametrize("how", ["declined", "referred"])
def test_an_answer_by_phone_or_post_does_not(app, how):
    case = close(app, how, reply="phone", phone="20304050", email="")
    with app.app_context():
        letter = db.session.query(Letter).filter(Letter.kind == how, Letter.booking.has(reference=case[0])).one()
        assert letter.channel == "phone" and INVITES not in letter.text
