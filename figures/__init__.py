"""What it all adds up to. Reads only."""

from .hotspots import Hotspot, at_place, effect, hotspots, share_charged
from .tables import Chosen, Table, cases, report, said_of_answers
from .waits import (
    LOOK_BACK,
    AskedHere,
    KeptWeek,
    Waiting,
    answer_by,
    asked_here,
    kept,
    pace,
    wait_for,
    wait_of,
    waiting,
    waits,
)
