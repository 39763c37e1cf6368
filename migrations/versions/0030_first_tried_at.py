"""letters: when each was tried first, by which one knows whether others have overtaken it"""

from alembic import op
import sqlalchemy as sa


revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('letters', sa.Column('first_tried_at', sa.DateTime(), nullable=True))
    letters = sa.table('letters', sa.column('first_tried_at'), sa.column('made_at'), sa.column('tries'))
    op.execute(letters.update().where(letters.c.tries > 0).values(first_tried_at=letters.c.made_at))


def downgrade():
    op.drop_column('letters', 'first_tried_at')
