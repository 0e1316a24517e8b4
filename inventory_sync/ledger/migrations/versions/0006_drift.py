"""The history of drift: found, explained, repaired."""

from alembic import op

revision = "0006"
down_revision = "0005"

_STEPS = ""


def upgrade() -> None:
    """Create what this step adds."""
    if _STEPS:
        op.execute(_STEPS)
