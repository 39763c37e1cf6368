"""What time itself does, with nobody at the keyboard: the worker sees to each of these, again and again."""

from collections.abc import Callable
from functools import partial

from facts import load_shipped
from models import Assignee, Letter, MonthCount, Poll, Proposal, QuarterAccount, Visit, WaitlistEntry, today
from privacy import removal
from reporting import count_months, count_people, count_work


class Daily:
    """What falls due as a day begins: the job runs when the worker starts and then each day, a part in every round,
    until it says that nothing is left. What fails is tried again the next day, and when the worker starts."""

    def __init__(self, job: Callable[[], object]):
        self.job, self.done_on = job, None

    def __call__(self) -> None:
        if self.done_on == today():
            return
        self.done_on = today()
        if self.job():
            self.done_on = None


renew_account = partial(QuarterAccount.renew, count_people, count_work)
renew_month = partial(MonthCount.renew, count_months)
# In every round, because each of them holds the write lock for a moment: only what nobody should wait for.
JOBS = (Proposal.lapse_due, Visit.remind_due, Visit.release_due, Assignee.remind_due, WaitlistEntry.notify_all,
        Poll.close_due)
DAILY = (load_shipped, renew_account, renew_month, removal.remove_part, Letter.try_earlier)
