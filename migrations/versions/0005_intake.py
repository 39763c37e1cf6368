"""intake, and being away"""

from alembic import op
import sqlalchemy as sa


revision = '0005_intake'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('intakes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('service', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('words_da', sa.Text(), nullable=False),
    sa.Column('words_en', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_intakes_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intakes'))
    )
    op.create_index(op.f('ix_intakes_service_id'), 'intakes', ['service', 'id'])
    op.create_table('waiters',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('service', sa.String(length=32), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('secret', sa.String(length=32), nullable=False),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(), nullable=True),
    sa.Column('open_until', sa.Date(), nullable=True),
    sa.Column('told_on', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiters')),
    sa.UniqueConstraint('service', 'email', name=op.f('uq_waiters_service_email'))
    )
    op.create_index(op.f('ix_waiters_email'), 'waiters', ['email'])
    op.create_table('aways',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('stand_in_id', sa.Integer(), nullable=True),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('words_da', sa.Text(), nullable=False),
    sa.Column('words_en', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_aways_officer_id')),
    sa.ForeignKeyConstraint(['stand_in_id'], ['officers.id'], name=op.f('fk_aways_stand_in_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_aways'))
    )
    op.create_index(op.f('ix_aways_last'), 'aways', ['last'])


def downgrade():
    for table in ('aways', 'waiters', 'intakes'):
        op.drop_table(table)
