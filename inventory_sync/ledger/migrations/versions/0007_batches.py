"""Up to when each batch has noted what changed in the ERP."""

from alembic import op

revision = "0007"
down_revision = "0006"

_STEPS = """
create table inventory_sync.batches (
    batch        text not null,
    noted_until  timestamptz not null,
    constraint batches_pkey primary key (batch)
);
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_STEPS)
