"""what each quarter came to, as everybody may read it"""

from alembic import op
import sqlalchemy as sa


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'accounts',
        sa.Column('first', sa.Date(), nullable=False),
        sa.Column('people', sa.JSON(), nullable=False),
        sa.Column('made_on', sa.Date(), nullable=False),
        sa.Column('work', sa.JSON(), nullable=False),
        sa.Column('renewed_on', sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint('first', name=op.f('pk_accounts')))


def downgrade():
    op.drop_table('accounts')
