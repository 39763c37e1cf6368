"""visits: what was removed has no correction left that is to be sent"""

from alembic import op


revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade():
    op.execute('UPDATE visits SET draft = NULL WHERE removed_on IS NOT NULL')


def downgrade():
    """What was taken out stays so."""
