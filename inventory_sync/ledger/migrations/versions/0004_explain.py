"""Explanations need no table: a waterfall holds the rows behind it (docs/decisions/0014)."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The rows stand in ``write_intents.waterfall``, a document without fixed fields."""
