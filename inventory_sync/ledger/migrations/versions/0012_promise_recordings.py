"""Recordings of promises have an order: the instant of the figures they come from."""

from alembic import op

revision = "0012"
down_revision = "0011"

_RECORDINGS = """
create table inventory_sync.promise_recordings (
    sku         text not null,
    location    text not null,
    figures_of  timestamptz not null,
    constraint promise_recordings_pkey primary key (sku, location)
);
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_RECORDINGS)
