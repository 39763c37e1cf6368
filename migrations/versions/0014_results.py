"""results that everybody may read"""

from alembic import op
import sqlalchemy as sa


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('results',
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('place_number', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('part_of_day', sa.String(length=32), nullable=False),
    sa.Column('road', sa.String(length=120), nullable=False),
    sa.Column('postcode', sa.String(length=4), nullable=False),
    sa.Column('town', sa.String(length=80), nullable=False),
    sa.Column('municipality', sa.String(length=80), nullable=False),
    sa.Column('lat', sa.Float(), nullable=True),
    sa.Column('lng', sa.Float(), nullable=True),
    sa.Column('method', sa.String(length=32), nullable=False),
    sa.Column('speed_limit', sa.Integer(), nullable=True),
    sa.Column('measured', sa.Integer(), nullable=True),
    sa.Column('charged', sa.Integer(), nullable=True),
    sa.Column('top_speed', sa.Integer(), nullable=True),
    sa.Column('preliminary', sa.Boolean(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('tasks', sa.JSON(), nullable=False),
    sa.Column('protocol', sa.String(length=32), nullable=False),
    sa.Column('asked', sa.Integer(), nullable=True),
    sa.Column('heard', sa.Integer(), nullable=True),
    sa.Column('usual_share', sa.Float(), nullable=True),
    sa.Column('released_on', sa.Date(), nullable=False),
    sa.Column('updated_on', sa.Date(), nullable=False),
    sa.Column('corrected_on', sa.Date(), nullable=True),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.Column('search', sa.Text(), nullable=False),
    sa.Column('service', sa.String(length=32), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_results_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_results')),
    sa.UniqueConstraint('visit_id', name=op.f('uq_results_visit_id'))
    )
    op.create_index(op.f('ix_results_place_number_day'), 'results', ['place_number', 'day'])
    op.create_index(op.f('ix_results_day_id'), 'results', ['day', 'id'])
    op.create_index(op.f('ix_results_municipality_day_id'), 'results', ['municipality', 'day', 'id'])
    op.create_index(op.f('ix_results_updated_on_id'), 'results', ['updated_on', 'id'])
    op.add_column('visits', sa.Column('release_on', sa.Date(), nullable=True))
    op.add_column('visits', sa.Column('withheld', sa.Text(), server_default='', nullable=False))
    op.create_index(op.f('ix_visits_release_on'), 'visits', ['release_on'])
    # What was reported before is looked at by the same job, which counts from its letters.
    op.execute("UPDATE visits SET release_on = date(reported_at) WHERE state = 'reported'")


def downgrade():
    op.drop_index(op.f('ix_visits_release_on'), 'visits')
    op.drop_column('visits', 'withheld')
    op.drop_column('visits', 'release_on')
    op.drop_table('results')
