"""Dates as calendar programs read them: attached to a letter, or as a feed that is fetched again and again.

All of it is in the language of the moment. Only what those who asked were told is ever here. A feed's address can be
passed on, and other companies' servers read it; so the officer's own feed, too, is without the visits that nobody may
know of.

It needs a package of 3 MB, which a process loads when it writes its first entry or feed, and not before.
"""

from datetime import timedelta

from flask import current_app
from flask_babel import gettext
from icalendar import Calendar, Event as Entry, Timezone, vCalAddress, vDuration

from catalogue import SERVICES
from forms import in_my_language
from labels import reference
from models import Visit, VisitStatus, in_ascii, local, now, require

PAST = timedelta(days=30)  # for so long, a feed still shows what is over
AGAIN = timedelta(hours=2)  # so often, a feed is to be fetched anew
# The rule by which Denmark's clocks change, good for any year; icalendar itself would list the changes one by one.
DANISH_TIME = Timezone.from_ical("""BEGIN:VTIMEZONE
TZID:Europe/Copenhagen
BEGIN:DAYLIGHT
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
""")


def entry(visit: Visit, off: bool = False) -> str:
    """A visit as its letter carries it: the same entry each time, changed or taken out again. For its reader alone it
    may be `off` while it takes place for others."""
    made = _entry(visit, _what_to_know(), off)
    return _calendar([made], method="CANCEL" if made.status == "CANCELLED" else "PUBLISH")


def public_feed() -> str:
    """What anybody may know: the dates that everyone who asked agreed to show."""
    visits = Visit.agreed_after(now() - PAST, Visit.public.is_(True))
    return _feed([_entry(visit, _what_to_know()) for visit in visits], gettext("Meet the police"))


def officer_feed(officer) -> str:
    """The office's agreed visits, with who goes and the cases' references, without anybody's name."""
    return _feed([_entry(visit, " · ".join([visit.crew, *(reference(b.reference) for b in visit.bookings)]))
                  for visit in Visit.agreed_after(now() - PAST)], gettext("Visits: %(name)s", name=officer.name))


def _what_to_know() -> str:
    return gettext("An urgent duty may have to come first; then this entry says so. Questions: call 114.")


def _entry(visit: Visit, words: str, off: bool = False) -> Entry:
    require(visit.date_agreed, f"nobody may know of visit {visit.id}")
    off = off or visit.status is VisitStatus.CANCELLED
    config = current_app.config
    district = in_my_language(config["DISTRICT"].name)
    what = f"{SERVICES[visit.service].name}, {district}"
    return Entry.new(
        uid=f"{visit.uid}@{config['SERVER_NAME'].partition(':')[0]}", sequence=visit.sequence, stamp=now(),
        last_modified=visit.events[-1].at, start=local(visit.starts_at), end=local(visit.ends_at),
        summary=gettext("Cancelled: %(what)s", what=what) if off else what, location=visit.public_place,
        description=words, organizer=vCalAddress.new(in_ascii(config["DISTRICT"].email), cn=district),
        status="CANCELLED" if off else "CONFIRMED")


def _feed(entries: list[Entry], name: str) -> str:
    again = vDuration(AGAIN, {"value": "DURATION"})
    return _calendar(entries, name=name, **{"x-wr-calname": name, "refresh-interval": again, "x-published-ttl": again})


def _calendar(entries: list[Entry], **said) -> str:
    calendar = Calendar()
    for name, value in {"prodid": "-//Book en betjent//DA", "version": "2.0", **said}.items():
        calendar.add(name, value)
    for part in (DANISH_TIME, *entries):
        calendar.add_component(part)
    return calendar.to_ical().decode()
