"""letters: the event that called for each, where it is known"""

from alembic import op
import sqlalchemy as sa


revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('letters') as batch_op:
        batch_op.add_column(sa.Column('event_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_letters_event_id'), 'events', ['event_id'], ['id'])
    _find_the_events()


def _find_the_events():
    """A letter was written at the commit of its event: of those of its type about its case, the newest before it, or,
    where a clock was set back meanwhile, the oldest. Of letters to those responsible for tasks, the event names to whom
    they went. Letters about no case keep none."""
    from models.base import UTCDateTime

    events = sa.table('events', sa.column('id'), sa.column('at', UTCDateTime), sa.column('kind'),
                      sa.column('booking_id'), sa.column('visit_id'), sa.column('facts', sa.JSON))
    letters = sa.table('letters', sa.column('id'), sa.column('event_id'), sa.column('kind'), sa.column('booking_id'),
                       sa.column('owner_id'), sa.column('made_at', UTCDateTime))
    owners = sa.table('owners', sa.column('id'), sa.column('visit_id'))
    connection = op.get_bind()
    about = sa.and_(events.c.kind == letters.c.kind, events.c.booking_id == letters.c.booking_id)
    newest = sa.select(sa.func.max(events.c.id)).where(about, events.c.at <= letters.c.made_at).scalar_subquery()
    oldest = sa.select(sa.func.min(events.c.id)).where(about).scalar_subquery()
    connection.execute(letters.update().where(letters.c.booking_id.is_not(None)).values(
        event_id=sa.func.coalesce(newest, oldest)))
    to_owners = sa.select(
        letters.c.id, letters.c.owner_id, letters.c.made_at, events.c.id, events.c.at, events.c.facts).join(
        owners, owners.c.id == letters.c.owner_id).join(events, sa.and_(
            events.c.visit_id == owners.c.visit_id, events.c.kind == letters.c.kind)).order_by(events.c.id)
    called_for = {}
    for letter, owner, made_at, event, at, facts in connection.execute(to_owners).all():
        if facts.get('owner') == owner and (letter not in called_for or at <= made_at):
            called_for[letter] = event
    for letter, event in called_for.items():
        connection.execute(letters.update().where(letters.c.id == letter).values(event_id=event))


def downgrade():
    with op.batch_alter_table('letters') as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_letters_event_id'), type_='foreignkey')
        batch_op.drop_column('event_id')
