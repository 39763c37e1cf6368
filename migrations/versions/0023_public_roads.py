"""results: no house number in the middle of a road's name, where it was not taken out before"""

from alembic import op
import sqlalchemy as sa


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade():
    from models.results import public_road

    connection = op.get_bind()
    results = sa.table('results', *map(sa.column, ('id', 'road', 'town')))
    for number, road, town in connection.execute(sa.select(results)).all():
        connection.execute(results.update().where(results.c.id == number).values(road=public_road(road, town)))


def downgrade():
    """What was taken out stays so."""
