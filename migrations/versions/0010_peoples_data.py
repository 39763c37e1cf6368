"""what may be removed and what was, the privacy notice, accessibility"""

from alembic import op
import sqlalchemy as sa


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

APPENDED_TO = ('permits', 'removals')


def upgrade():
    op.add_column('bookings', sa.Column('notice', sa.Integer(), server_default='0', nullable=False))
    op.add_column('bookings', sa.Column('removed_on', sa.Date(), nullable=True))
    op.add_column('visits', sa.Column('removed_on', sa.Date(), nullable=True))
    op.create_table('permits',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('decision', sa.String(length=200), nullable=False),
    sa.Column('months', sa.Integer(), nullable=True),
    sa.Column('first', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_permits_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_permits'))
    )
    op.create_table('removals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('permit_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=16), nullable=False),
    sa.Column('reference', sa.String(length=16), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('copies_until', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['permit_id'], ['permits.id'], name=op.f('fk_removals_permit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_removals'))
    )
    op.create_table('notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('da', sa.Text(), nullable=False),
    sa.Column('en', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_notices_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    op.create_table('feedbacks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('once', sa.String(length=64), nullable=False),
    sa.Column('page', sa.String(length=200), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('officer_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_feedbacks_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedbacks')),
    sa.UniqueConstraint('once', name=op.f('uq_feedbacks_once'))
    )
    op.create_index(op.f('ix_feedbacks_closed_at'), 'feedbacks', ['closed_at'])
    if op.get_bind().dialect.name == 'sqlite':
        for table in APPENDED_TO:
            for verb in ('update', 'delete'):
                op.execute(f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{table} are only appended to'); END")


def downgrade():
    for table in ('feedbacks', 'notices', 'removals', 'permits'):
        op.drop_table(table)
    op.drop_column('visits', 'removed_on')
    for column in ('removed_on', 'notice'):
        op.drop_column('bookings', column)
