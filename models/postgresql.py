"""What is said to PostgreSQL's driver, which is loaded only where the database is PostgreSQL."""

from psycopg.types.string import StrDumper


class PrintableDumper(StrDumper):
    """PostgreSQL keeps no NUL in a text. Nobody types one, so where one comes it finds nothing and is shown as such."""

    def dump(self, words: str):
        return super().dump(words.replace("\0", "\N{REPLACEMENT CHARACTER}"))
