"""The citizen's pages. Each booking is reached by its secret link alone."""

from flask import Blueprint

public = Blueprint("public", __name__)

from . import booking, case, owner, pages  # noqa: E402, F401  (their pages hang on the blueprint above)
