"""What it all adds up to. Reads only."""

from .account import Account, in_tables, over_time, periods
from .account_counts import count_people, count_work
from .hotspots import Hotspot, at_place, effect, hotspots, how_we_choose, share_charged
from .months import Chosen, count_months
from .polls import PollYear, polled
from .tables import Table, cases, report, said_of_answers
from .waits import (
    KnownHere,
    PromiseWeek,
    WaitEstimate,
    answer_by,
    answers_per_day,
    estimate,
    estimate_for_booking,
    estimate_for_service,
    estimates,
    kept_promises,
    known_here,
    should_pause,
)
