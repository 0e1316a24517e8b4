"""The promise ledger, and what was published to the stores as promises."""

from alembic import op

revision = "0003"
down_revision = "0002"

_STEPS = ""


def upgrade() -> None:
    """Create what this step adds."""
    if _STEPS:
        op.execute(_STEPS)
