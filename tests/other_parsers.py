"""Calendar entries and feeds as two parsers of another make read them, vobject and ics: other_parsers.py FOLDER.

bin/judge starts it with an interpreter that has both; nothing else of ours is imported.
"""

import sys
from pathlib import Path

import ics
import vobject


def check(octets: bytes) -> int:
    """How many dates there are; AssertionError or the parser's own where something is wrong with one."""
    lines = octets.split(b"\r\n")
    assert not any(b"\n" in line or len(line) > 75 for line in lines), "a line is broken otherwise, or too long"
    text = octets.decode("utf-8")
    calendar = vobject.readOne(text)
    calendar.validate(raiseException=True)
    one = {(e.uid.value, e.dtstart.value, e.dtend.value, e.summary.value, e.location.value, e.description.value)
           for e in calendar.contents.get("vevent", [])}
    other = {(e.uid, e.begin.datetime, e.end.datetime, e.name, e.location, e.description)
             for e in ics.Calendar(text).events}
    assert one == other, f"they read {one ^ other} differently"
    assert all(starts.tzinfo and starts < ends for _, starts, ends, *_ in one)
    return len(one)


if __name__ == "__main__":
    files = sorted(Path(sys.argv[1]).glob("*.ics"))
    print(f"{sum(check(file.read_bytes()) for file in files)} dates in {len(files)} files")
