"""What explain needs: the history of figures behind a number."""

from alembic import op

revision = "0004"
down_revision = "0003"

_STEPS = ""


def upgrade() -> None:
    """Create what this step adds."""
    if _STEPS:
        op.execute(_STEPS)
