"""bookings: up to which event an officer has read what the citizen said; of what is unread today, all is shown"""

from alembic import op
import sqlalchemy as sa


revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('bookings', sa.Column('read_until', sa.Integer(), nullable=False, server_default='0'))
    bookings = sa.table('bookings', *map(sa.column, ('id', 'news', 'read_until')))
    events = sa.table('events', *map(sa.column, ('id', 'booking_id')))
    newest = sa.select(sa.func.max(events.c.id)).where(events.c.booking_id == bookings.c.id).scalar_subquery()
    op.execute(bookings.update().where(bookings.c.news.is_(sa.false())).values(
        read_until=sa.func.coalesce(newest, 0)))


def downgrade():
    op.drop_column('bookings', 'read_until')
