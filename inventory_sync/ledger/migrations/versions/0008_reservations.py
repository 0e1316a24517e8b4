"""What is still to be done about a reservation: a crash or an ERP that is away forgets nothing."""

from alembic import op

revision = "0008"
down_revision = "0007"

_STEPS = """
alter table inventory_sync.reservations
    add column next_step text,
    add constraint reservations_next_step_check
        check (next_step in ('secure', 'reserve', 'confirm', 'release'));
create index reservations_unfinished_idx on inventory_sync.reservations (created_at)
    where next_step is not null;
create index reservations_order_id_idx on inventory_sync.reservations (order_id);
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_STEPS)
