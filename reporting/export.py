"""What is taken out as a file: one case, the figures of a period, and the cases behind them."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator

from flask_babel import gettext, lazy_gettext as _l

from catalogue import SERVICES, reasons
from forms import HELPED, HELPED_WHY, WAYS, redact_links
from labels import EVENT_LABELS, STATUSES, day, moment, span, state_in_words, status_for_officer
from languages import LANGUAGE_NAMES
from models import Booking

from .months import Chosen
from .tables import Table, cases, report

# What a spreadsheet makes a date, a time or a power of ten of: the houses 2-4-6, or a reference with seven digits.
LIKE_A_NUMBER = re.compile(r"\d{1,2}([-/.:]\d{1,4}){1,2}|\d+E\d+")
# What a table of cases tells of each; the answers stand in words, one to a line.
CASE = {
    "reference": _l("Case"), "journal": _l("Journal number"), "service": _l("Service"), "status": _l("Status"),
    "received": _l("Received"), "decided": _l("Decided"), "wait": _l("Wait in working days"), "promise": _l("Promise"),
    "closed": _l("Closed"), "reason": _l("Reason"), "helped": _l("Did the answer help?"), "why": _l("Why"),
    "name": _l("Name"), "organisation": _l("Name of the organisation"), "email": _l("E-mail"), "phone": _l("Phone"),
    "address": _l("Postal address"), "reply": _l("How do you want the answer?"), "language": _l("Language"),
    "road": _l("Road"), "stretch": _l("Stretch"), "postcode": _l("Postcode"), "town": _l("Town"),
    "municipality": _l("Municipality"), "answers": _l("Answers"),
}


def case_as_json(booking: Booking) -> str:
    """All of one case in words (offentlighedsloven § 15), without its secret link."""
    service = SERVICES[booking.service]
    whole = {
        "reference": booking.reference, "journal": booking.journal,
        "service": str(service.name), "status": status_for_officer(booking),
        "received": moment(booking.received_at), "promised": day(booking.due_on), "channel": booking.channel,
        "closed": moment(booking.closed_at) if booking.closed_at else "", "notice": booking.notice,
        "contact": {name: getattr(booking, name) for name in ("name", "org", "email", "phone", "address", "language")},
        "place": ", ".join(filter(None, (
            booking.road, booking.from_to, f"{booking.place.postcode} {booking.place.town}"))),
        "pin": [booking.lat, booking.lng] if booking.lat is not None else [],
        "visits": [f"{span(v.starts_at, v.ends_at)}: {state_in_words(v)}" for v in booking.visits],
        "answers": [list(said) for said in service.questions.describe(booking.answers)],
        "corrections": [[moment(e.at), e.words] for e in booking.corrections],
        "events": [{"at": moment(e.at), "what": str(EVENT_LABELS[e.kind]), "officer": e.officer.name if e.officer
                    else "",
                    "words": e.words, "instead": e.facts.get("instead", "")} for e in booking.events],
        "letters": [{"at": moment(letter.made_at), "way": letter.channel, "to": letter.recipient,
                     "subject": letter.subject,
                     "text": letter.text} for letter in booking.letters],
        "outcomes": [[list(found) for found in service.findings.describe(visit.findings)]
                     for visit in booking.outcomes]}
    return redact_links(json.dumps(whole, ensure_ascii=False, indent=1))


def tables_in_rows(found: Iterable[Table]) -> Iterator[list]:
    """One below the other."""
    for table in found:
        yield [table.title]
        yield [table.head, *table.columns]
        yield from ([words, *values] for _, words, values in table.rows)
        if table.total:
            yield [gettext("In all"), *table.total]
        yield []


def figures_as_json(chosen: Chosen) -> Iterator[str]:
    yield json.dumps({
        "from": chosen.first.isoformat(), "to": chosen.last.isoformat(), "service": chosen.service,
        "municipality": chosen.municipality,
        "tables": [{"key": table.key, "title": table.title, "columns": [str(c) for c in table.columns],
                    "rows": [{"key": key, "name": words, "values": values} for key, words, values in table.rows],
                    "total": table.total} for table in report(chosen)]}, ensure_ascii=False, indent=1)


def cases_in_rows(chosen: Chosen) -> Iterator[list]:
    yield list(CASE.values())
    for booking in cases(chosen):
        case = _case(booking)
        case["answers"] = "\n".join(f"{asked} {said}" for asked, said in case["answers"])
        yield [case[name] for name in CASE]


def cases_as_json(chosen: Chosen) -> Iterator[str]:
    return json_stream(map(_case, cases(chosen)))


def _case(booking: Booking) -> dict:
    """One case in words, without its secret."""
    service, place = SERVICES[booking.service], booking.place
    return {
        "reference": booking.reference, "journal": booking.journal, "service": str(service.name),
        "status": str(STATUSES[booking.status]), "received": moment(booking.received_at),
        "decided": booking.decided_on.isoformat() if booking.decided_on else "", "wait": booking.wait,
        "promise": booking.due_on.isoformat(), "closed": moment(booking.closed_at) if booking.closed_at else "",
        "reason": reasons.name_of(booking.reason) if booking.reason else "",
        "helped": str(HELPED.get(booking.helped, "")), "why": str(HELPED_WHY.get(booking.helped_why, "")),
        "name": booking.name, "organisation": booking.org, "email": booking.email, "phone": booking.phone,
        "address": booking.address, "reply": str(WAYS[booking.reply]),
        "language": str(LANGUAGE_NAMES[booking.language]),
        "road": booking.road, "stretch": booking.from_to, "postcode": place.postcode, "town": place.town,
        "municipality": place.municipality,
        "answers": [list(said) for said in service.questions.describe(booking.answers)],
    }


def json_stream(rows: Iterable[dict], before: str = "", after: str = "") -> Iterator[str]:
    """A list of which one row is made at a time, one to a line; what stands around it is JSON, too."""
    yield f"{before}["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False)
    yield f"\n]{after}\n"


def csv_stream(rows: Iterable[list]) -> Iterator[str]:
    """As spreadsheets here open it: semicolons, a mark that says UTF-8, and a comma before decimals."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")
    yield "\ufeff"
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _cell(value) -> str | int:
    """Numbers stay numbers. What somebody typed is never a formula, whatever it begins with, nor a date: 2-6."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    if isinstance(value, float):
        return f"{value:.4f}".replace(".", ",")
    words = str(value)
    taken_amiss = words.startswith(tuple("=+-@\t\r\n＝＋－＠")) or LIKE_A_NUMBER.fullmatch(words)  # noqa: RUF001
    return f"'{words}" if taken_amiss else words
