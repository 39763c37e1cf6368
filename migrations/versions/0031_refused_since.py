"""letters: since when each is refused as it is, by the mail server or for its reader"""

from alembic import op
import sqlalchemy as sa


revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('letters', sa.Column('refused_since', sa.DateTime(), nullable=True))
    letters = sa.table('letters', *map(sa.column, ('refused_since', 'first_tried_at', 'error')))
    op.execute(letters.update().where(letters.c.error != '').values(refused_since=letters.c.first_tried_at))


def downgrade():
    op.drop_column('letters', 'refused_since')
