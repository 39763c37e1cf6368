"""dates that are agreed"""

from alembic import op
import sqlalchemy as sa


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('hours',
    sa.Column('weekday', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.PrimaryKeyConstraint('weekday', name=op.f('pk_hours'))
    )
    op.create_table('proposals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(), nullable=False),
    sa.Column('ends_at', sa.DateTime(), nullable=False),
    sa.Column('answer_by', sa.Date(), nullable=True),
    sa.Column('takes', sa.JSON(), nullable=False),
    sa.Column('travel', sa.Integer(), nullable=False),
    sa.Column('where', sa.String(length=160), nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_proposals_booking_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposals'))
    )
    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposals_booking_id_closed_at'), ['booking_id', 'closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_proposals_closed_at_starts_at'), ['closed_at', 'starts_at'], unique=False)

    op.create_table('taken',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=True),
    sa.Column('part', sa.String(length=16), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('unit_key', sa.String(length=80), nullable=False),
    sa.Column('starts_at', sa.DateTime(), nullable=False),
    sa.Column('ends_at', sa.DateTime(), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_taken_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_taken'))
    )
    with op.batch_alter_table('taken', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_taken_starts_at'), ['starts_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_taken_unit_key_starts_at'), ['unit_key', 'starts_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_taken_visit_id'), ['visit_id'], unique=False)

    # No table is built anew: SQLite would delete and check what hangs on it, and a full one takes its time.
    op.add_column('bookings', sa.Column('public', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('officers', sa.Column('feed_key', sa.String(length=32), nullable=False, server_default=''))
    op.add_column('letters', sa.Column('calendar', sa.Text(), nullable=False, server_default=''))
    op.add_column('visits', sa.Column('travel', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('visits', sa.Column('told', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('visits', sa.Column('public', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('visits', sa.Column('place_told', sa.String(length=160), nullable=False, server_default=''))
    op.add_column('visits', sa.Column('uid', sa.String(length=32), nullable=False, server_default=''))
    op.add_column('visits', sa.Column('sequence', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('visits', sa.Column('reminded_at', sa.DateTime(), nullable=True))
    # What crews were already planned for is taken, as before.
    op.execute("""INSERT INTO taken (visit_id, part, unit, unit_key, starts_at, ends_at, words)
        SELECT id, 'crew', crew, crew_key, starts_at, ends_at, '' FROM visits
        WHERE state <> 'cancelled' AND crew <> ''""")
    op.drop_index('ix_visits_crew_key_starts_at', table_name='visits')
    op.drop_column('visits', 'crew_key')
    op.create_index('ix_visits_starts_at', 'visits', ['starts_at'], unique=False)



def downgrade():
    raise NotImplementedError("Back to an earlier version is by restoring the backup made before.")
