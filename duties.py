"""What time itself does, with nobody at the keyboard: the worker sees to each of these, again and again."""

import services
from models import Task, today


def follow_up() -> None:
    """Ask those who were to do something how it goes."""
    for owner in Task.owners_due(today()):
        owner.remind(services.SERVICES[owner.visit.service].follow_up)


DUTIES = (follow_up,)
