"""Stopped passes that wait for a person, approvals and canaries."""

from alembic import op

revision = "0005"
down_revision = "0004"

_STEPS = ""


def upgrade() -> None:
    """Create what this step adds."""
    if _STEPS:
        op.execute(_STEPS)
