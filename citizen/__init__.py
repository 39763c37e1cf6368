"""The citizen's pages. Each booking is reached by its secret link alone."""

from . import account, assignee, booking, case, meetings, not_me, pages, results
from .blueprint import citizen
