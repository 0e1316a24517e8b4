"""Old writes are found without looking at all of them: the clean-up of every night."""

from alembic import op

revision = "0010"
down_revision = "0009"

_STEPS = """
create index write_intents_settled_at_idx on inventory_sync.write_intents (settled_at)
    where settled_at is not null;
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_STEPS)
