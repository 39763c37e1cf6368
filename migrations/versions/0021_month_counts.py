"""what each month adds to the office's figures; and indexes, so that the visits and weeks of other years cost nothing"""

from alembic import op
import sqlalchemy as sa


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade():
    """The months that there have been are counted by the letter worker, one after the other; until then, each page
    counts them itself."""
    op.create_table(
        'month_counts',
        sa.Column('month', sa.String(length=7), nullable=False),
        sa.Column('counts', sa.JSON(), nullable=False),
        sa.Column('as_of', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('month', name=op.f('pk_month_counts')),
    )
    op.drop_index('ix_bookings_figures_received', 'bookings')
    op.create_index('ix_bookings_figures_received', 'bookings',
                    ['received_on', 'service', 'place_id', 'status', 'stated', 'wait'])
    op.create_index('ix_visits_hotspots', 'visits', ['place_id', 'ends_at', 'service', 'state'])
    op.drop_index('ix_visits_place_id', 'visits')


def downgrade():
    op.create_index('ix_visits_place_id', 'visits', ['place_id'])
    op.drop_index('ix_visits_hotspots', 'visits')
    op.drop_index('ix_bookings_figures_received', 'bookings')
    op.create_index('ix_bookings_figures_received', 'bookings', ['received_on', 'service', 'place_id', 'status'])
    op.drop_table('month_counts')
