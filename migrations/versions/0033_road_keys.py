"""roads: the keys by which they are compared, now also without accents and abbreviations"""

from alembic import op
import sqlalchemy as sa


revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade():
    from models.results import search_key
    from models.road_names import road_key

    connection = op.get_bind()
    places = sa.table('places', *map(sa.column, ('id', 'road', 'town', 'road_key')))
    for id, road, town, before in connection.execute(sa.select(places)).all():
        if road_key(road, town) != before:
            connection.execute(places.update().where(places.c.id == id).values(road_key=road_key(road, town)))
    results = sa.table('results', *map(sa.column, ('id', 'road', 'postcode', 'town', 'municipality', 'search')))
    for id, road, postcode, town, municipality, before in connection.execute(sa.select(results)).all():
        search = search_key(f"{road} {road_key(road, town)} {postcode} {town} {municipality}")
        if search != before:
            connection.execute(results.update().where(results.c.id == id).values(search=search))
    roads = sa.table('roads', *map(sa.column, ('id', 'name', 'postcode', 'road_key')))
    rows = connection.execute(sa.select(roads).order_by(roads.c.id)).all()
    known = {(postcode, key) for _, _, postcode, key in rows}
    for id, name, postcode, before in rows:
        key = road_key(name, '')
        if key != before and (postcode, key) not in known:  # else the next import makes them one
            known.add((postcode, key))
            connection.execute(roads.update().where(roads.c.id == id).values(road_key=key))


def downgrade():
    """The next import of roads brings their keys back."""
