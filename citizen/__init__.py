"""The citizen's pages. Each booking is reached by its secret link alone."""

from . import account, assignee, booking, case, handouts, not_me, pages, polls, results
from .blueprint import citizen
