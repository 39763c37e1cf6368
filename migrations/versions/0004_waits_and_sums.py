"""waits, sums and places that are merged"""

from datetime import datetime
from zoneinfo import ZoneInfo

from alembic import op
import sqlalchemy as sa


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

COPENHAGEN = ZoneInfo('Europe/Copenhagen')


def upgrade():
    op.create_table('sums',
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_sums_visit_id')),
    sa.PrimaryKeyConstraint('visit_id', 'what', name=op.f('pk_sums'))
    )
    # No table is built anew: SQLite would delete and check what hangs on it, and a full one takes its time.
    for name, size in (('reason', 32), ('journal', 40), ('helped', 16), ('helped_why', 32)):
        op.add_column('bookings', sa.Column(name, sa.String(length=size), nullable=False, server_default=''))
    op.add_column('bookings', sa.Column('received_on', sa.Date(), nullable=False, server_default='2000-01-01'))
    op.add_column('bookings', sa.Column('decided_on', sa.Date(), nullable=True))
    op.add_column('bookings', sa.Column('wait', sa.Integer(), nullable=True))
    op.add_column('bookings', sa.Column('stated', sa.Integer(), nullable=True))
    op.add_column('places', sa.Column('suits', sa.String(length=16), nullable=False, server_default=''))
    op.add_column('places', sa.Column('again_on', sa.Date(), nullable=True))
    op.add_column('places', sa.Column('merged_into_id', sa.Integer(), sa.ForeignKey(
        'places.id', name=op.f('fk_places_merged_into_id')), nullable=True), inline_references=True)
    op.add_column('events', sa.Column('place_id', sa.Integer(), sa.ForeignKey(
        'places.id', name=op.f('fk_events_place_id')), nullable=True), inline_references=True)
    op.create_index(op.f('ix_events_place_id'), 'events', ['place_id'])
    op.create_index(op.f('ix_places_again_on'), 'places', ['again_on'])
    op.create_index(op.f('ix_places_merged_into_id'), 'places', ['merged_into_id'])
    _fill_in()


def _fill_in():
    """The days that older versions did not keep: they follow from what happened."""
    from models import working_days_until

    connection = op.get_bind()
    bookings = sa.table('bookings', *map(sa.column, ('id', 'received_on', 'decided_on', 'wait', 'reason')),
                        sa.column('received_at', sa.DateTime()))
    events = sa.table('events', *map(sa.column, ('id', 'booking_id', 'kind')), sa.column('at', sa.DateTime()),
                      sa.column('facts', sa.JSON()))
    first, reason = {}, {}
    for event in connection.execute(sa.select(events).where(events.c.kind.in_(
            ('accepted', 'declined', 'referred', 'dates_offered', 'agreed'))).order_by(events.c.id)):
        first.setdefault(event.booking_id, _day(event.at))
        if event.kind == 'declined':
            reason[event.booking_id] = event.facts['reason']
    for booking in connection.execute(sa.select(bookings.c.id, bookings.c.received_at)).all():
        received, decided = _day(booking.received_at), first.get(booking.id)
        connection.execute(bookings.update().where(bookings.c.id == booking.id).values(
            received_on=received.isoformat(), decided_on=decided and decided.isoformat(),
            wait=decided and working_days_until(decided, received), reason=reason.get(booking.id, '')))


def _day(at: datetime):
    return at.replace(tzinfo=ZoneInfo('UTC')).astimezone(COPENHAGEN).date()


def downgrade():
    for table, columns in (('events', ('place_id',)), ('places', ('again_on',)), ('places', ('merged_into_id',))):
        op.drop_index(op.f(f'ix_{table}_{"_".join(columns)}'), table)
    for table, columns in (('bookings', ('reason', 'journal', 'helped', 'helped_why', 'received_on', 'decided_on', 'wait',
                                         'stated')), ('places', ('suits', 'again_on'))):
        for column in columns:
            op.drop_column(table, column)
    with op.batch_alter_table('events') as batch_op:
        batch_op.drop_column('place_id')
    with op.batch_alter_table('places') as batch_op:
        batch_op.drop_column('merged_into_id')
    op.drop_table('sums')
