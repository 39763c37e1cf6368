"""One table says what is kept, why and how long; pages, the receipt, the document and the nightly job follow it."""


from models import db
from privacy import retention

KINDS = {"contact", "words", "kept", "staff", "technical"}


def test_every_column_of_every_table_is_classified_once(app):
    said = [(table, name) for kept in retention.RETENTION_RULES for table, names in kept.columns.items()
            for name in names.split()]
    there = {(table.name, column.name) for table in db.metadata.sorted_tables for column in table.columns}
    assert not there - set(said), f"say in retention.RETENTION_RULES what it is and when it goes: {there - set(said)}"
    assert not set(said) - there, f"these columns are not there any more: {set(said) - there}"
    assert len(said) == len(set(said)), "a column stands there twice"
    assert {kept.kind for kept in retention.RETENTION_RULES} == KINDS
    assert all(bool(kept.since) is (kept.kind in ("contact", "words")) for kept in retention.RETENTION_RULES)
