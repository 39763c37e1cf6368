"""passwords that are good once, and a log that has room for what no officer did"""

from alembic import op
import sqlalchemy as sa


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('officers', sa.Column('temporary', sa.Boolean(), server_default=sa.false(), nullable=False))
    _let_officer_be_empty(True)


def _let_officer_be_empty(empty):
    """SQLite makes the table anew, and its triggers go with the old one."""
    with op.batch_alter_table('audit') as table:
        table.alter_column('officer_id', existing_type=sa.Integer(), nullable=empty)
    if op.get_bind().dialect.name == 'sqlite':
        for verb in ('update', 'delete'):
            op.execute(f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit "
                       "BEGIN SELECT RAISE(ABORT, 'the log is only appended to'); END")


def downgrade():
    _let_officer_be_empty(False)
    op.drop_column('officers', 'temporary')
