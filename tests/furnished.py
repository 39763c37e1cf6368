"""A district in which every page has something to show."""

import re
from datetime import date, datetime, time, timedelta

from conftest import OFFICER, PASSWORD, WISHES, Person, book, times_ahead

from catalogue import REASONS
from facts import load_shipped
from models import (
    COPENHAGEN,
    BlockedAddress,
    Booking,
    EventKind,
    Feedback,
    FindingsLink,
    Handout,
    Invite,
    Letter,
    Officer,
    Poll,
    PollStatus,
    PrivacyNotice,
    QuarterAccount,
    Reservation,
    RetentionDecision,
    Role,
    Visit,
    add_working_days,
    clock,
    db,
    local,
    now,
    today,
)
from privacy.retention import anonymised

READER = "lea@politi.example"
WORDS = "Vi ser på strækningen ved skolen. Tak for de gode oplysninger om tidspunkterne."
LONG = ("Ved indkørslen til Hovedgårdsvej kommer bilerne med meget høj fart over bakken, og børnene skal krydse vejen "
        "til bussen kl. 7:40. Der er hverken fortov, cykelsti eller belysning på de sidste 400 meter.\n\n"
        "Om eftermiddagen er det især varevogne til industrikvarteret Speditionsgodsterminalbanegårdspladsen.")
FOUND = {"performed": "yes", "method": "atk", "place": "Bygaden, Terslev", "limit": "50", "passed": 412, "charged": 31,
         "fine": 24, "klip": 5, "cond": 1, "uncond": 1, "reckless": 1, "top": 118, "avg": 52, "avg_source": "police",
         "other": [{"kind": "phone", "count": 3}, {"kind": "belt", "count": 2}], "prelim": True, "visible": "hidden",
         "suit": "suitable", "next": ["patrol", "municipality"], "note": "Stå ved gavlen af nr. 12.",
         "msg": {"da": "Tak, fordi I skrev. Det hjalp os til at måle, hvor det betyder noget."}}


def yesterday() -> date:
    return today() - timedelta(days=1)


def furnish(app) -> dict:
    """One booking for each way that a case can go; where each is, for the paths of PAGES."""
    ways = {
        "received": {"road": "Hovedgårdsvej", "from_to": "fra Speditionsgodsterminalbanegårdspladsen til no. 112",
                     "text": LONG, "lat": "55.2345", "lng": "11.9876", "capacity": "residents", "postcode": "4700",
                     "org": "Grundejerforeningen Hovedgårdsvænget og Omegn af 1967", "phone": "20304050",
                     "name": "Anne-Katrine Sommerfeldt-Bartholomæussen", "place_van": "Grusplads ved nr. 98, lige vej.",
                     "email": "anne-katrine.sommerfeldt-bartholomaeussen@hovedgaardsvaengets-grundejerforening.dk",
                     "address": "Hovedgårdsvej 98\n4700 Næstved"},
        "asked": {}, "news": {"language": "/en"}, "accepted": {"road": "Ringstedvej"}, "delayed": {"road": "Nygade"},
        "coming": {"road": "Ringstedvej"}, "over": {"road": "Algade", "problem": "mopeds"}, "drafted": {},
        "answered": {}, "postponed": {"road": "Ringstedvej"}, "declined": {"road": "Skovvej"},
        "referred": {"language": "/en"}, "withdrawn": {}, "spam": {"road": "Skovvej"}, "removed": {},
        "phone": {"email": "", "phone": "+4520304050", "reply": "phone", "road": "Østergade"},
        "failed": {"email": "nobody@example.dk", "road": "Vestergade"},
    }
    cases = {way: book(Person(app), **wish) for way, wish in ways.items()}
    known = {way: reference for way, (reference, _) in cases.items()}
    known |= {f"{way}_case": f"{reference}/{secret}" for way, (reference, secret) in cases.items()}
    with app.app_context():
        officer = Officer.by_email(OFFICER)
        bookings = {way: Booking.by_reference(known[way]) for way in ways}
        soon, later = add_working_days(today(), 8), add_working_days(today(), 30)
        for way in ("asked", "news"):
            bookings[way].ask(officer, "På hvilken side af kirken er det, og hvor langt fra skolen?", soon)
        bookings["news"].give_information("On the north side, about 200 m from the school.")
        for way in ("accepted", "delayed", "coming", "over", "drafted", "answered", "postponed", "phone"):
            bookings[way].accept(officer, WORDS)
        bookings["delayed"].delay(officer, "Udstyret er til eftersyn, og vi vil måle ordentligt.", later)
        bookings["declined"].decline(officer, next(iter(REASONS)), WORDS, "Kommunen kan måle farten med en slange.")
        bookings["referred"].refer(officer, "municipality", "")
        bookings["withdrawn"].withdraw()
        bookings["spam"].mark_as_spam(officer)
        BlockedAddress.add("the key of an address", bookings["spam"], officer)
        known |= {name: re.search(r"/ikke-mig/\S+", bookings[way].letters[0].text)[0]
                  for name, way in (("not_me", "received"), ("not_me_closed", "spam"))}
        bookings["received"].rectify(officer, LONG)
        bookings["removed"].withdraw()
        bookings["removed"].journalise(officer, "2026-0017")
        bookings["removed"].anonymise(anonymised(bookings["removed"]))
        RetentionDecision.enter(officer, "Rigsarkivet, j.nr. 26/12345 af 1. juni 2026", 12, today() + timedelta(days=1))
        PrivacyNotice.add(officer, texts={"da": "# Hvem\n\nKun os.", "en": "# Who\n\nOnly we."})
        known["feedback"] = Feedback.receive(form_token="1", page="Forsiden", words=LONG, email="kim@example.dk",
                                             language="da").id
        bookings["received"].note(officer, "Samme vej som i 2024, se journalen.")
        bookings["received"].place.suitability = "Grusplads ved nr. 98. Hold afstand til stien."
        visits = {way: control(officer, bookings[way], hours, crew) for way, hours, crew in (
            ("coming", 24, "ATK 1"), ("over", -24, "ATK 2"), ("drafted", -48, "ATK 3"), ("answered", -72, "ATK 4"),
            ("postponed", -96, "ATK 5"))}
        visits["cancelled"] = control(officer, bookings["accepted"], 48, "ATK 6")
        visits["cancelled"].cancel(officer, "Vognen er på værksted.")
        day = {"periods": [{"day": local(visits["answered"].starts_at).date().isoformat(), "starts": "10:00",
                            "ends": "12:00", "direction": "mod Haslev"}]}
        visits["drafted"].enter_findings(officer, {**FOUND, **day, "patrols": [{"day": yesterday().isoformat()}]})
        visits["answered"].enter_findings(officer, {**FOUND, **day, "patrols": [{"day": yesterday().isoformat()}]})
        visits["answered"].report(officer)
        publish(visits["answered"])
        visits["postponed"].enter_findings(officer, {"performed": "no", "cause": "weather", "suit": "suitable",
                                                     "next": ["repeat"], "prelim": True})
        visits["postponed"].report(officer)
        db.session.commit()
        letters = db.session.query(Letter)
        failed = letters.filter_by(recipient="nobody@example.dk").one()
        failed.mark_failed("refused 550 No such user here")
        known |= {"letter_sent": letters.filter_by(kind=EventKind.ANSWERED).first().id, "letter_failed": failed.id,
                  "letter_task": letters.filter_by(channel="phone").first().id, "place": bookings["asked"].place_id}
        known |= {f"visit_{way}": visit.id for way, visit in visits.items()}
        known["coming_day"] = local(visits["coming"].starts_at).date().isoformat()
        for name, way in (("field_link", "over"), ("field_link_closed", "drafted")):
            link = FindingsLink.send(officer, visits[way], f"{way}@politi.example", "da")
            known[name] = f"/kontor/felt/{link.id}/{link.secret}"
        link.withdraw(officer)
        Officer.add(READER, "Lea Speditionsgodsterminalbanegårdsen", PASSWORD, Role.READER)
        for name in ("invitation_closed", "invitation"):
            invite = Invite.send(officer, "ny@speditionsgodsterminalbanegaardspladsen.example", Role.READER)
            known[name] = f"/kontor/invitation/{invite.id}/{invite.secret}"
        furnish_account()
        db.session.commit()
    return known | furnish_dates(app)


MEETING, WALK, VAN = WISHES  # their slugs
HALL = "Speditionsgodsterminalbanegårdspladsens Forsamlingshus, Hovedgårdsvej 112, 4700 Næstved"
OUTCOME = {
    "held": "yes", "starts": "19:00", "ends": "21:00", "place": HALL, "number": 38,
    "ages": ["adults"], "topics": ["burglary", "unease"], "worries": ["lighting", "burglary"], "worries_text": LONG,
    "light": "dark", "route": "Fra skolen gennem tunnelen.", "people": [{"role": "residents", "count": 12}],
    "summary": "Tak for en god aften.\n\nVi vender tilbage om lyset i tunnelen.", "note": "Husk projektor næste gang.",
}


def furnish_dates(app) -> dict:
    """The same where the date is agreed: all but two proposed the same evening."""
    once = {**times_ahead(40), "dates-1-day": "", "dates-1-starts": "", "dates-1-ends": ""}
    ways = {
        "meeting": (MEETING, {"road": HALL, "org": "Grundejerforeningen Hovedgårdsvænget og Omegn af 1967"}),
        "walk": (WALK, {}), "loser": (WALK, once), "van": (VAN, {}), "offered": (MEETING, {}), "late": (MEETING, {}),
        "date": (MEETING, {}), "off": (VAN, {}), "meeting_over": (MEETING, {}), "walk_over": (WALK, {}),
        "van_over": (VAN, {}), "walked": (WALK, {}), "held": (MEETING, {}),
        "asking": (MEETING, {}), "polled": (MEETING, {}),
    }
    cases = {way: book(Person(app), slug=slug, **wish) for way, (slug, wish) in ways.items()}
    known = {way: reference for way, (reference, _) in cases.items()}
    known |= {f"{way}_case": f"{reference}/{secret}" for way, (reference, secret) in cases.items()}
    with app.app_context():
        officer, bookings = Officer.by_email(OFFICER), {way: Booking.by_reference(known[way]) for way in ways}
        visits = {way: agreed(officer, bookings[way], days, number) for number, (way, days) in enumerate((
            ("date", 12), ("off", 13), ("meeting_over", -1), ("walk_over", -2), ("van_over", -3), ("walked", -4),
            ("held", -5), ("asking", 0)))}
        visits["polled"] = agreed(officer, bookings["polled"], 0, 9, hour=14)
        visits["off"].cancel(officer, "urgent", WORDS)
        for way in ("offered", "late"):
            bookings[way].offer(officer, [(at(days), at(days, 20)) for days in (30, 31, 32)],
                                resource_units={"crew": "Hold Ø"},
                                travel=30, where=HALL, answer_by=add_working_days(today(), 5), words=WORDS)
        for way in ("walked", "held"):
            visits[way].enter_findings(officer, {**OUTCOME, "day": yesterday().isoformat()})
        visits["held"].report(officer)
        Reservation.absence("Hold 0", at(11), at(13), "Kursus i Speditionsgodsterminalbanegårdspladsen")
        Reservation.absence("", at(60, 0), at(61, 0), "")
        load_shipped()
        sheet = Handout.prepare(visits["date"], measures=["burglary_homes", "violence", "vandalism"],
                                topics=["burglary", "unease"], words={"da": WORDS, "en": WORDS},
                                languages=["da", "en"])
        db.session.commit()
        known |= furnish_polls(officer, visits["asking"], visits["polled"])
        known |= {f"visit_{way}": visit.id for way, visit in visits.items()}
        known |= {"handout": sheet.secret, "walk_wish": bookings["walk"].wishes[0].id, "month": f"{at(12):%Y-%m}"}
    return known


def furnish_account() -> None:
    """Two quarters, with numbers that are told, few or withheld."""
    answers = {"met": 1204, "declined": 310, "referred": "few", "other": 0, "": "withheld"}
    for first in (date(today().year - 1, 7, 1), date(today().year - 1, 10, 1)):
        QuarterAccount.create(
            first=first, made_on=today(), renewed_on=today(), people={
                "asked": {"": {"traffic": 1500, "meeting": 41, "walk": "few", "van": 7, "": "withheld"}},
                "answers": {"": answers, "Vordingborg": {**answers, "met": "few"}},
                "services": {"traffic": answers, "meeting": answers}, "waits": {"": [4, 9]},
                "waits_of_year": {"": [4, 8]}, "weeks": [9, 12], "promise": {"kept": 1470, "late": 52},
                "reasons": {"resources": 210, "own": 95, "district": "few"},
                "helped": {"yes": 80, "partly": 22, "no": "few", "": "withheld"}},
            work={"visits": {"": {"traffic": 640, "walk": 3}, "Vordingborg": {"traffic": 112}},
                  "measured": {"": {"passed": 1_234_567, "charged": 9_876, "of_passed": 9_800}},
                  "worries": {"lighting": 12, "path": 4}, "tasks": {"done": 31, "sent": 4, "refused": 2}})


def furnish_polls(officer: Officer, asking: Visit, polled: Visit) -> dict:
    """Of two meetings of today, one whose poll is open, and one whose answers stand beside the figures."""
    polls = {"open": Poll.of(asking), "shown": Poll.of(polled)}
    for poll in polls.values():
        db.session.flush()
        poll.open(officer, PollStatus.BEFORE_OPEN)
        for phone in range(9):
            poll.answer(str(phone), {"trend": "more", "level": "10" if phone else "5", "safe": "safe"})
    polls["shown"].close(officer)
    sentence = {"da": "I Næstved Kommune faldt antallet af anmeldte indbrud fra 320 til 256.",
                "en": "In Næstved Municipality, reported burglaries fell from 320 to 256."}
    sources = {"da": "Danmarks Statistik, STRAF11, CC BY 4.0", "en": "Statistics Denmark, STRAF11, CC BY 4.0"}
    polls["shown"].show_facts(officer, {"trend": {"right": "fewer", "texts": sentence, "sources": sources}})
    db.session.commit()
    return {f"poll_{name}": f"/m/{poll.code}" for name, poll in polls.items()}


def publish(visit: Visit) -> None:
    """Those who asked have had their letters, and some weeks have gone by."""
    db.session.commit()  # which writes the letters
    for letter in (letter for booking in visit.bookings for letter in booking.letters):
        letter.mark_sent()
    later = clock.set(now() + timedelta(days=30))
    Visit.release_due()
    clock.reset(later)
    assert visit.result


def at(days: int, hour: int = 19) -> datetime:
    return datetime.combine(today() + timedelta(days=days), time(hour), COPENHAGEN)


def agreed(officer: Officer, booking: Booking, days: int, number: int, hour: int = 19) -> Visit:
    takes = {"crew": f"Hold {number}, Ida Betjent"}
    return Visit.plan(officer, service=booking.service, place=booking.place, starts_at=at(days, hour),
                      ends_at=at(days, hour + 2), resource_units=takes, travel=30, bookings=[booking],
                      date_agreed=True, public_place=HALL, public=True, words=WORDS)


def control(officer: Officer, booking: Booking, hours: int, crew: str) -> Visit:
    """A control of two hours at ten o'clock, so many hours away."""
    start = datetime.combine(local(now() + timedelta(hours=hours)).date(), time(10), COPENHAGEN)
    return Visit.plan(officer, service=booking.service, place=booking.place, starts_at=start,
                      ends_at=start + timedelta(hours=2), resource_units={"crew": crew}, method="atk",
                      bookings=[booking])
