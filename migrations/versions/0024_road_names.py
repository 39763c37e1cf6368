"""places and results: a house number leaves the key and the public name of a road with all that leads to it, however it
is written, and names that own a number keep it"""

from alembic import op
import sqlalchemy as sa


revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade():
    from models.results import search_key
    from models.road_names import public_road, road_key

    connection = op.get_bind()
    places = sa.table('places', *map(sa.column, ('id', 'road', 'town', 'road_key')))
    for id, road, town, _ in connection.execute(sa.select(places)).all():
        connection.execute(places.update().where(places.c.id == id).values(road_key=road_key(road, town)))
    results = sa.table('results', *map(sa.column, ('id', 'road', 'postcode', 'town', 'municipality', 'search')))
    for id, road, postcode, town, municipality, _ in connection.execute(sa.select(results)).all():
        road = public_road(road, town)
        connection.execute(results.update().where(results.c.id == id).values(road=road, search=search_key(
            f"{road} {road_key(road, town)} {postcode} {town} {municipality}")))


def downgrade():
    """What was taken out stays so."""
