"""figures of crime and safety, and handouts for meetings"""

from alembic import op
import sqlalchemy as sa


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('figures',
    sa.Column('area', sa.String(length=8), nullable=False),
    sa.Column('measure', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('value', sa.Float(), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('stored_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('area', 'measure', 'year', name=op.f('pk_figures'))
    )
    op.create_table('handouts',
    sa.Column('visit_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('secret', sa.String(length=32), nullable=False),
    sa.Column('measures', sa.JSON(), nullable=False),
    sa.Column('topics', sa.JSON(), nullable=False),
    sa.Column('words', sa.JSON(), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_handouts_visit_id')),
    sa.PrimaryKeyConstraint('visit_id', name=op.f('pk_handouts')),
    sa.UniqueConstraint('secret', name=op.f('uq_handouts_secret'))
    )
    op.create_table('advice_texts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('topic', sa.String(length=32), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('link', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_advice_texts_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_advice_texts'))
    )
    op.create_index(op.f('ix_advice_texts_topic'), 'advice_texts', ['topic'])


def downgrade():
    op.drop_table('advice_texts')
    op.drop_table('handouts')
    op.drop_table('figures')
