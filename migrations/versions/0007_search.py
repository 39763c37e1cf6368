"""search, and what the work list and the figures look up"""

from alembic import op
import sqlalchemy as sa


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

TAKE_OUT = "INSERT INTO booking_words(booking_words, rowid, search) VALUES ('delete', old.id, old.search)"
PUT_IN = "INSERT INTO booking_words(rowid, search) VALUES (new.id, new.search)"
# An index of bookings.search that stores nothing of its own. Whoever builds bookings anew makes the triggers again.
SEARCH = (
    "CREATE VIRTUAL TABLE booking_words USING fts5(search, content='bookings', content_rowid='id', "
    "tokenize='trigram case_sensitive 1')",
    "INSERT INTO booking_words(booking_words) VALUES ('rebuild')",
    f"CREATE TRIGGER booking_words_insert AFTER INSERT ON bookings BEGIN {PUT_IN}; END",
    f"CREATE TRIGGER booking_words_delete AFTER DELETE ON bookings BEGIN {TAKE_OUT}; END",
    f"CREATE TRIGGER booking_words_update AFTER UPDATE OF search ON bookings WHEN old.search <> new.search "
    f"BEGIN {TAKE_OUT}; {PUT_IN}; END",
)


def upgrade():
    op.drop_index(op.f('ix_bookings_news_due_on_id'), 'bookings')
    op.create_index(op.f('ix_bookings_news_due_on_id'), 'bookings', ['news', 'due_on', 'id'],
                    sqlite_where=sa.text('news IS 1'), postgresql_where=sa.text('news IS TRUE'))
    op.create_index('ix_bookings_figures_received', 'bookings', ['received_on', 'service', 'place_id', 'status'])
    op.create_index('ix_bookings_figures_decided', 'bookings', ['decided_on', 'service', 'status', 'wait', 'place_id',
                                                                'reason', 'helped', 'helped_why'])
    op.create_index(op.f('ix_bookings_place_id_status'), 'bookings', ['place_id', 'status'])
    op.create_index(op.f('ix_visits_reported_at'), 'visits', ['reported_at'],
                    sqlite_where=sa.text('draft IS NOT NULL'), postgresql_where=sa.text('draft IS NOT NULL'))
    if op.get_bind().dialect.name == 'sqlite':
        for statement in SEARCH:
            op.execute(statement)


def downgrade():
    if op.get_bind().dialect.name == 'sqlite':
        for name in ('insert', 'delete', 'update'):
            op.execute(f'DROP TRIGGER booking_words_{name}')
        op.execute('DROP TABLE booking_words')
    op.drop_index('ix_bookings_figures_decided', 'bookings')
    op.drop_index('ix_bookings_figures_received', 'bookings')
    op.drop_index(op.f('ix_bookings_news_due_on_id'), 'bookings')
    op.create_index(op.f('ix_bookings_news_due_on_id'), 'bookings', ['news', 'due_on', 'id'])
    op.drop_index(op.f('ix_visits_reported_at'), 'visits')
    op.drop_index(op.f('ix_bookings_place_id_status'), 'bookings')
