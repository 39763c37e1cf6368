"""roads: compared by their name alone, without spaces, house number and town; a list of them; how right a pin is"""

import re
import unicodedata

from alembic import op
import sqlalchemy as sa


revision = '0019'
down_revision = '0017'
branch_labels = None
depends_on = None

HOUSE_NUMBER = re.compile(r'(\d+[a-zæøå]?|(nr|no|nummer|ved|og|til|sal|st|tv|th|mf)\b| )*')
NUMBERED = {'rute', 'primærrute', 'sekundærrute', 'hovedvej', 'motorvej', 'motorring', 'ring', 'vej', 'e', 'afkørsel',
            'frakørsel', 'tilkørsel', 'række', 'plads', 'havelod'}
PLACES = sa.table('places', sa.column('id'), sa.column('road'), sa.column('road_key'), sa.column('town'))
BOOKINGS = sa.table('bookings', sa.column('id'), sa.column('place_id'), sa.column('search'))


def upgrade():
    """No place becomes one with another: those that share a key now are shown to officers as neighbours, who know
    whether somebody has parted them."""
    op.create_table(
        'roads',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('road_key', sa.String(length=120), nullable=False),
        sa.Column('postcode', sa.String(length=4), nullable=False),
        sa.Column('lat', sa.Float(), nullable=False),
        sa.Column('lng', sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_roads')),
        sa.UniqueConstraint('postcode', 'road_key', name=op.f('uq_roads_postcode_road_key')),
    )
    op.add_column('bookings', sa.Column('accuracy', sa.Float()))
    for place in op.get_bind().execute(sa.select(PLACES)).all():
        key = _road_key(place.road, place.town)
        op.execute(PLACES.update().where(PLACES.c.id == place.id).values(road_key=key))
        op.execute(BOOKINGS.update().where(
            BOOKINGS.c.place_id == place.id, BOOKINGS.c.search != '', BOOKINGS.c.search.not_like(f'%{key}%')).values(
                search=BOOKINGS.c.search + f' {key}'))


def downgrade():
    """What bookings are found by keeps the word that it has got."""
    for place in op.get_bind().execute(sa.select(PLACES)).all():
        op.execute(PLACES.update().where(PLACES.c.id == place.id).values(road_key=_fold(place.road)))
    op.drop_column('bookings', 'accuracy')
    op.drop_table('roads')


def _road_key(road, town):
    words, in_town = [_fold(word) for word in road.split()], _fold(town).split()
    while len(words) > 1:
        if in_town and len(words) > len(in_town) and words[-len(in_town):] == in_town:
            del words[-len(in_town):]
        elif HOUSE_NUMBER.fullmatch(words[-1]) and words[-2] not in NUMBERED:
            del words[-1:]
        elif len(words) > 2 and re.fullmatch('[a-zæøå]', words[-1]) and re.fullmatch(r'\d+', words[-2]):
            del words[-2:]
        else:
            break
    return ''.join(words).replace(' ', '')


def _fold(words):
    kept = unicodedata.normalize('NFC', words).casefold().split()
    plain = (''.join(c if c.isalnum() or '@' in word else ' ' for c in word) for word in kept)
    return ' '.join(' '.join(plain).split())
