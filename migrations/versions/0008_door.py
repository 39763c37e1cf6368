"""second factor, sessions, invitations, roles, and the log"""

from alembic import op
import sqlalchemy as sa


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade():
    for column in (
        sa.Column('role', sa.String(length=32), server_default='coordinator', nullable=False),
        sa.Column('totp_secret', sa.String(length=64), server_default='', nullable=False),
        sa.Column('totp_step', sa.Integer(), server_default='0', nullable=False),
        sa.Column('recovery', sa.JSON(), server_default='[]', nullable=False),
    ):
        op.add_column('officers', column)
    op.create_table('log_ins',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(), nullable=False),
    sa.Column('seen', sa.DateTime(), nullable=False),
    sa.Column('browser', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_log_ins_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_ins')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_log_ins_key_hash'))
    )
    op.create_index(op.f('ix_log_ins_officer_id'), 'log_ins', ['officer_id'])
    op.create_table('invites',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('secret', sa.String(length=32), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_invites_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invites'))
    )
    op.create_table('audit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=64), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('changed', sa.Boolean(), nullable=False),
    sa.Column('before', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officers.id'], name=op.f('fk_audit_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit')),
    sa.UniqueConstraint('before', name=op.f('uq_audit_before'))
    )
    op.create_index(op.f('ix_audit_at'), 'audit', ['at'])
    op.create_index(op.f('ix_audit_officer_id'), 'audit', ['officer_id'])
    if op.get_bind().dialect.name == 'sqlite':
        for verb in ('update', 'delete'):
            op.execute(f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit "
                       "BEGIN SELECT RAISE(ABORT, 'the log is only appended to'); END")


def downgrade():
    for table in ('audit', 'invites', 'log_ins'):
        op.drop_table(table)
    for column in ('recovery', 'totp_step', 'totp_secret', 'role'):
        op.drop_column('officers', column)
