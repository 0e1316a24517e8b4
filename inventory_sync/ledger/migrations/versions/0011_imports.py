"""Orders are brought into the ERP: how far each line is, and what of it is still to be shipped."""

from alembic import op

revision = "0011"
down_revision = "0010"

_STEPS = """
alter table inventory_sync.order_lines add column to_ship_units bigint;
alter table inventory_sync.order_lines add column created_at timestamptz;
create index order_lines_to_ship_idx on inventory_sync.order_lines (created_at)
    where to_ship_units > 0;
create table inventory_sync.order_imports (
    store text not null,
    order_id text not null,
    line_id text not null,
    order_name text not null,
    state text not null,
    changed_at timestamptz not null,
    version bigint not null,
    tries bigint not null,
    booked_units bigint not null,
    asked_units bigint not null,
    seen_units bigint not null,
    erp_location text,
    look_at timestamptz,
    reason text,
    changes bigint not null,
    constraint order_imports_pkey primary key (store, line_id, order_id),
    constraint order_imports_state_check
        check (state in ('waiting', 'asked', 'answered', 'done', 'parked', 'theirs', 'closed'))
);
create index order_imports_active_idx on inventory_sync.order_imports (changed_at)
    where state in ('waiting', 'asked', 'answered', 'done', 'parked');
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_STEPS)
