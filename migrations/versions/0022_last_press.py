"""log_ins: the last press that changed something, so that the same one is known when it comes twice"""

from alembic import op
import sqlalchemy as sa


revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('log_ins', sa.Column('last_press', sa.JSON(), nullable=True))


def downgrade():
    op.drop_column('log_ins', 'last_press')
