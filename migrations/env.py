"""How Alembic reaches our database: through the application, so that there is one place that says which one it is."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from models.places import INDEX

database = current_app.extensions["migrate"].db


def _only_if_something_changed(_context, _revision, directives):
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def _plain(kind, thing, _context):
    """Our own kinds of columns by what they are in the database, so that old migrations outlive the model."""
    if kind == "type" and isinstance(thing, sa.Enum):
        return f"sa.String(length={thing.length})"
    return "sa.DateTime()" if kind == "type" and isinstance(thing, sa.TypeDecorator) else False


def _is_ours(name, kind, _parents):
    """The index of words is neither a table nor an index of the model."""
    return not str(name).startswith(INDEX)


with database.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=database.metadata, render_as_batch=True,
                      compare_type=True, render_item=_plain, include_name=_is_ours,
                      process_revision_directives=_only_if_something_changed)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":  # a big table may take its time
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        context.run_migrations()
    connection.commit()
