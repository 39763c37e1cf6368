"""The officer's pages. Each module hangs its pages on the blueprint, whose guards lock them."""

from . import (
    auth,
    calendar,
    cases,
    facts,
    figures,
    findings,
    intake,
    letters,
    places,
    polls,
    privacy,
    system,
    tasks,
    texts,
    users,
    versions,
    visits,
    work_list,
)
from .blueprint import office
