"""The citizen's pages. Each booking is reached by its secret link alone."""

from flask import Blueprint

from models import Away

public = Blueprint("public", __name__)
public.context_processor(lambda: {"away_at_present": Away.at_present})

from . import booking, case, intake, not_me, owner, pages  # noqa: E402, F401  (their pages hang on the blueprint above)
