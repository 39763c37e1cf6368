"""officers, taken: a name without a comma, which parts those who go on a visit, so that its days off keep visits away"""

from alembic import op
import sqlalchemy as sa


revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade():
    from models.schedule import unit_key

    officers = sa.table('officers', *map(sa.column, ('id', 'name')))
    taken = sa.table('taken', *map(sa.column, ('visit_id', 'unit', 'unit_key')))
    connection = op.get_bind()
    named = sa.select(officers.c.id, officers.c.name).where(officers.c.name.contains(','))
    for id, name in connection.execute(named).all():
        plain = ' '.join(name.replace(',', ' ').split()) or name
        connection.execute(officers.update().values(name=plain).where(officers.c.id == id))
        connection.execute(taken.update().values(unit=plain, unit_key=unit_key(plain)).where(
            taken.c.visit_id.is_(None), taken.c.unit == name))


def downgrade():
    pass
