"""places and results: a house number behind a road in several words is none of its name, and public in no name"""

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade():
    """0024 does it, by rules that know more ways of writing a house number."""


def downgrade():
    """What was taken out stays so."""
