"""first tables"""

from alembic import op
import sqlalchemy as sa


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('officers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('wrong_tries', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_officers')),
    sa.UniqueConstraint('email', name=op.f('uq_officers_email'))
    )
    op.create_table('places',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('road', sa.String(length=120), nullable=False),
    sa.Column('road_key', sa.String(length=120), nullable=False),
    sa.Column('from_to', sa.String(length=200), nullable=False),
    sa.Column('postcode', sa.String(length=4), nullable=False),
    sa.Column('town', sa.String(length=80), nullable=False),
    sa.Column('municipality', sa.String(length=80), nullable=False),
    sa.Column('lat', sa.Float(), nullable=True),
    sa.Column('lng', sa.Float(), nullable=True),
    sa.Column('suitability', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_places'))
    )
    with op.batch_alter_table('places', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_places_lat_lng'), ['lat', 'lng'], unique=False)
        batch_op.create_index(batch_op.f('ix_places_municipality'), ['municipality'], unique=False)
        batch_op.create_index(batch_op.f('ix_places_postcode_road_key'), ['postcode', 'road_key'], unique=False)

    op.create_table('bookings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=8), nullable=False),
    sa.Column('secret', sa.String(length=32), nullable=False),
    sa.Column('once', sa.String(length=64), nullable=False),
    sa.Column('service', sa.String(length=32), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('news', sa.Boolean(), nullable=False),
    sa.Column('place_id', sa.Integer(), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('capacity', sa.String(length=32), nullable=False),
    sa.Column('org', sa.String(length=120), nullable=False),
    sa.Column('reply', sa.String(length=32), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('road', sa.String(length=120), nullable=False),
    sa.Column('from_to', sa.String(length=200), nullable=False),
    sa.Column('lat', sa.Float(), nullable=True),
    sa.Column('lng', sa.Float(), nullable=True),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('search', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['place_id'], ['places.id'], name=op.f('fk_bookings_place_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bookings')),
    sa.UniqueConstraint('once', name=op.f('uq_bookings_once')),
    sa.UniqueConstraint('reference', name=op.f('uq_bookings_reference'))
    )
    with op.batch_alter_table('bookings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bookings_closed_at_id'), ['closed_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bookings_email'), ['email'], unique=False)
        batch_op.create_index(batch_op.f('ix_bookings_news_due_on_id'), ['news', 'due_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bookings_place_id'), ['place_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bookings_received_at_id'), ['received_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bookings_status_news_due_on_id'), ['status', 'news', 'due_on', 'id'], unique=False)

    op.create_table('visits',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('service', sa.String(length=32), nullable=False),
    sa.Column('place_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('starts_at', sa.DateTime(), nullable=False),
    sa.Column('ends_at', sa.DateTime(), nullable=False),
    sa.Column('crew', sa.String(length=80), nullable=False),
    sa.Column('crew_key', sa.String(length=80), nullable=False),
    sa.Column('method', sa.String(length=32), nullable=False),
    sa.Column('draft', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('findings', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('reported_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['place_id'], ['places.id'], name=op.f('fk_visits_place_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visits'))
    )
    with op.batch_alter_table('visits', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_visits_crew_key_starts_at'), ['crew_key', 'starts_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_visits_place_id'), ['place_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_visits_state_ends_at'), ['state', 'ends_at'], unique=False)

    op.create_table('events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=True),
    sa.Column('visit_id', sa.Integer(), nullable=True),
    sa.Column('officer_id', sa.Integer(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_events_booking_id')),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_events_officer_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_events_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events'))
    )
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_events_booking_id'), ['booking_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_events_kind_at'), ['kind', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_events_visit_id'), ['visit_id'], unique=False)

    op.create_table('letters',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('way', sa.String(length=32), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=False),
    sa.Column('fate', sa.String(length=32), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(), nullable=False),
    sa.Column('give_up_at', sa.DateTime(), nullable=False),
    sa.Column('sent_at', sa.DateTime(), nullable=True),
    sa.Column('done_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_letters_booking_id')),
    sa.ForeignKeyConstraint(['done_by_id'], ['officers.id'], name=op.f('fk_letters_done_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letters')),
    sa.UniqueConstraint('message_id', name=op.f('uq_letters_message_id'))
    )
    with op.batch_alter_table('letters', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letters_booking_id'), ['booking_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_letters_fate_way_next_try_at'), ['fate', 'way', 'next_try_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_letters_kind_made_at'), ['kind', 'made_at'], unique=False)

    op.create_table('visit_bookings',
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_visit_bookings_booking_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_bookings_visit_id')),
    sa.PrimaryKeyConstraint('visit_id', 'booking_id', name=op.f('pk_visit_bookings'))
    )
    with op.batch_alter_table('visit_bookings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_visit_bookings_booking_id'), ['booking_id'], unique=False)



def downgrade():
    with op.batch_alter_table('visit_bookings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_visit_bookings_booking_id'))

    op.drop_table('visit_bookings')
    with op.batch_alter_table('letters', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_letters_kind_made_at'))
        batch_op.drop_index(batch_op.f('ix_letters_fate_way_next_try_at'))
        batch_op.drop_index(batch_op.f('ix_letters_booking_id'))

    op.drop_table('letters')
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_events_visit_id'))
        batch_op.drop_index(batch_op.f('ix_events_kind_at'))
        batch_op.drop_index(batch_op.f('ix_events_booking_id'))

    op.drop_table('events')
    with op.batch_alter_table('visits', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_visits_state_ends_at'))
        batch_op.drop_index(batch_op.f('ix_visits_place_id'))
        batch_op.drop_index(batch_op.f('ix_visits_crew_key_starts_at'))

    op.drop_table('visits')
    with op.batch_alter_table('bookings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bookings_status_news_due_on_id'))
        batch_op.drop_index(batch_op.f('ix_bookings_received_at_id'))
        batch_op.drop_index(batch_op.f('ix_bookings_place_id'))
        batch_op.drop_index(batch_op.f('ix_bookings_news_due_on_id'))
        batch_op.drop_index(batch_op.f('ix_bookings_email'))
        batch_op.drop_index(batch_op.f('ix_bookings_closed_at_id'))

    op.drop_table('bookings')
    with op.batch_alter_table('places', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_places_postcode_road_key'))
        batch_op.drop_index(batch_op.f('ix_places_municipality'))
        batch_op.drop_index(batch_op.f('ix_places_lat_lng'))

    op.drop_table('places')
    op.drop_table('officers')
