"""field_links: the last press that changed something, as log_ins have it"""

from alembic import op
import sqlalchemy as sa


revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('field_links', sa.Column('last_press', sa.JSON(), nullable=True))


def downgrade():
    op.drop_column('field_links', 'last_press')
