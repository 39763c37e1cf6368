"""The process that sends letters: `flask worker` without pages, and without what other packages add to `flask`, which
together would take 10 MB more."""

from functools import partial

from flask.cli import ScriptInfo

from app import create_app
from ops.cli import worker

worker.main(obj=ScriptInfo(create_app=partial(create_app, pages=False)))
