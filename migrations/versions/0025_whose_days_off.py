"""taken: whose absence keeps these days free, so that the end of one frees no day off of another"""

from datetime import timedelta

from alembic import op
import sqlalchemy as sa


revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('taken') as batch_op:
        batch_op.add_column(sa.Column('away_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_taken_away_id'), 'aways', ['away_id'], ['id'])
    _name_what_is_known()


def _name_what_is_known():
    """What an absence has made so far bears its officer's name and has its days, and no words."""
    from models.base import UTCDateTime
    from models.working_days import midnight

    taken = sa.table('taken', *map(sa.column, ('visit_id', 'unit', 'words', 'away_id')),
                     sa.column('starts_at', UTCDateTime), sa.column('ends_at', UTCDateTime))
    aways = sa.table('aways', sa.column('id'), sa.column('officer_id'), sa.column('first', sa.Date),
                     sa.column('last', sa.Date))
    officers = sa.table('officers', sa.column('id'), sa.column('name'))
    connection = op.get_bind()
    for id, name, first, last in connection.execute(sa.select(aways.c.id, officers.c.name, aways.c.first, aways.c.last)
                                                    .join(officers, officers.c.id == aways.c.officer_id)).all():
        connection.execute(taken.update().values(away_id=id).where(
            taken.c.visit_id.is_(None), taken.c.unit == name, taken.c.words == '',
            taken.c.starts_at == midnight(first), taken.c.ends_at == midnight(last + timedelta(days=1))))


def downgrade():
    with op.batch_alter_table('taken') as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_taken_away_id'), type_='foreignkey')
        batch_op.drop_column('away_id')
