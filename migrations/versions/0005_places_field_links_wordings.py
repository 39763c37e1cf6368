"""field links, wordings, and who hears of further controls"""

from alembic import op
import sqlalchemy as sa


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('field_links',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('secret', sa.String(length=32), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_field_links_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_links'))
    )
    op.create_index(op.f('ix_field_links_visit_id'), 'field_links', ['visit_id'])
    op.create_table('wordings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('service', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('put_away', sa.Boolean(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_wordings_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wordings'))
    )
    op.create_index(op.f('ix_wordings_service_reason_id'), 'wordings', ['service', 'reason', 'id'])
    op.add_column('bookings', sa.Column('follows', sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade():
    op.drop_column('bookings', 'follows')
    op.drop_index(op.f('ix_wordings_service_reason_id'), 'wordings')
    op.drop_table('wordings')
    op.drop_index(op.f('ix_field_links_visit_id'), 'field_links')
    op.drop_table('field_links')
