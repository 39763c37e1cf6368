"""texts by language: a further one needs no column of its own"""

from alembic import op
import sqlalchemy as sa


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

# The columns that a table had for its texts, by language.
COLUMNS = {'aways': {'da': 'words_da', 'en': 'words_en'},
           'intakes': {'da': 'words_da', 'en': 'words_en'},
           'notices': {'da': 'da', 'en': 'en'}}
# Where findings are kept, which had a message (`msg`) and its English (`msg_en`): themselves, or inside of facts.
FINDINGS = (('visits', 'draft'), ('visits', 'findings'), ('events', 'facts'))


def upgrade():
    for name, columns in COLUMNS.items():
        op.add_column(name, sa.Column('texts', sa.JSON(), server_default='{}', nullable=False))
        table = _table(name, sa.column('texts', sa.JSON()), *map(sa.column, columns.values()))
        for row in op.get_bind().execute(sa.select(table)).mappings().all():
            texts = {language: row[column] for language, column in columns.items() if row[column]}
            op.execute(table.update().where(table.c.id == row['id']).values(texts=texts))
        for column in columns.values():
            op.drop_column(name, column)
    _rewrite_messages(_by_language)


def downgrade():
    for name, columns in COLUMNS.items():
        for column in columns.values():
            op.add_column(name, sa.Column(column, sa.Text(), server_default='', nullable=False))
        table = _table(name, sa.column('texts', sa.JSON()), *map(sa.column, columns.values()))
        for row in op.get_bind().execute(sa.select(table)).mappings().all():
            values = {column: row['texts'].get(language, '') for language, column in columns.items()}
            op.execute(table.update().where(table.c.id == row['id']).values(values))
        op.drop_column(name, 'texts')
    _rewrite_messages(_by_name)


def _table(name, *columns):
    return sa.table(name, sa.column('id'), *columns)


def _rewrite_messages(rewritten):
    for name, column in FINDINGS:
        table = _table(name, sa.column(column, sa.JSON(none_as_null=True)))
        kept = table.c[column]
        rows = op.get_bind().execute(sa.select(table).where(sa.cast(kept, sa.Text()).like('%"msg%'))).all()
        for id, value in rows:
            inside = value.get('findings') if column == 'facts' else value
            if inside and {'msg', 'msg_en'} & inside.keys():
                inside['msg'] = rewritten(inside)
                op.execute(table.update().where(table.c.id == id).values({column: value}))


def _by_language(findings):
    texts = {'da': findings.pop('msg', ''), 'en': findings.pop('msg_en', '')}
    return {language: text for language, text in texts.items() if text}


def _by_name(findings):
    texts = findings.pop('msg')
    if texts.get('en'):
        findings['msg_en'] = texts['en']
    return texts.get('da') or texts.get('en', '')
