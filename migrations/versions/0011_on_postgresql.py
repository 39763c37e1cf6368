"""what PostgreSQL keeps by itself: no unit twice at a time, the log, an index of words"""

from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

EXTENSIONS = ('btree_gist', 'pg_trgm')
# What SQLite has by its one writer, its triggers and its FTS5.
KEEPERS = (
    "ALTER TABLE taken ADD CONSTRAINT ex_taken_unit EXCLUDE USING gist "
    "(unit_key WITH =, visit_id WITH <>, tsrange(starts_at, ends_at) WITH &&) WHERE (visit_id IS NOT NULL)",
    "CREATE INDEX booking_words ON bookings USING gin (search gin_trgm_ops)",
    "CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || ' is only appended to'; END $$",
    *(f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} FOR EACH STATEMENT "
      "EXECUTE FUNCTION only_grows()"
      for table in ('audit', 'permits', 'removals') for verb in ('update', 'delete', 'truncate')),
)


def upgrade():
    if op.get_bind().dialect.name == 'postgresql':
        _ensure_extensions()
        for statement in KEEPERS:
            op.execute(statement)


def _ensure_extensions():
    there = {name for name, in op.get_bind().exec_driver_sql('SELECT extname FROM pg_extension')}
    for name in EXTENSIONS:
        if name not in there:
            try:
                op.execute(f'CREATE EXTENSION {name}')
            except Exception as error:
                raise SystemExit(
                    f'The database needs the extension {name}, and this account may not make it. Whoever runs the '
                    f'database server does it once, in this database: CREATE EXTENSION {name};') from error


def downgrade():
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION only_grows CASCADE')
        op.execute('DROP INDEX booking_words')
        op.execute('ALTER TABLE taken DROP CONSTRAINT ex_taken_unit')
