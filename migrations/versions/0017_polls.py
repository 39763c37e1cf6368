"""polls: what people at a meeting or on a walk believe"""

from alembic import op
import sqlalchemy as sa


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'polls',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('visit_id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(8), nullable=False),
        sa.Column('secret', sa.String(32), nullable=False),
        sa.Column('status', sa.String(32), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_polls_visit_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_polls')),
        sa.UniqueConstraint('visit_id', name=op.f('uq_polls_visit_id')),
        sa.UniqueConstraint('code', name=op.f('uq_polls_code')),
    )
    op.create_table(
        'poll_answers',
        sa.Column('poll_id', sa.Integer(), nullable=False),
        sa.Column('phone', sa.String(64), nullable=False),
        sa.Column('answers', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['poll_id'], ['polls.id'], name=op.f('fk_poll_answers_poll_id')),
        sa.PrimaryKeyConstraint('poll_id', 'phone', name=op.f('pk_poll_answers')),
    )
    op.create_table(
        'poll_counts',
        sa.Column('poll_id', sa.Integer(), nullable=False),
        sa.Column('round', sa.String(32), nullable=False),
        sa.Column('question', sa.String(32), nullable=False),
        sa.Column('option', sa.String(32), nullable=False),
        sa.Column('by_phone', sa.Integer(), nullable=False),
        sa.Column('by_hand', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['poll_id'], ['polls.id'], name=op.f('fk_poll_counts_poll_id')),
        sa.PrimaryKeyConstraint('poll_id', 'round', 'question', 'option', name=op.f('pk_poll_counts')),
    )


def downgrade():
    for table in ('poll_counts', 'poll_answers', 'polls'):
        op.drop_table(table)
