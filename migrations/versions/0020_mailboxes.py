"""letters: the reader's mailbox, by which an address's letters of a day are counted; tokens of forms are found by bounds"""

from alembic import op
import sqlalchemy as sa


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade():
    """Letters of before have no mailbox: on the day of the update the count of an address begins anew."""
    op.add_column('letters', sa.Column('mailbox', sa.Text(), nullable=False, server_default=''))
    op.create_index(op.f('ix_letters_mailbox_made_at'), 'letters', ['mailbox', 'made_at'])
    _compare_tokens('C')


def downgrade():
    _compare_tokens('default')
    op.drop_index(op.f('ix_letters_mailbox_made_at'), 'letters')
    op.drop_column('letters', 'mailbox')


def _compare_tokens(collation):
    """SQLite compares octets as it is; PostgreSQL compares as its language does, unless it is told."""
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f'ALTER TABLE bookings ALTER COLUMN once TYPE VARCHAR(64) COLLATE "{collation}"')
