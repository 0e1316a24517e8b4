"""The promise ledger, and what was published to the stores as promises."""

from alembic import op

revision = "0003"
down_revision = "0002"

_PUBLISHED = """
create table inventory_sync.published_promises (
    store         text not null,
    variant_id    text not null,
    sku           text,
    profile       jsonb not null,
    digest        text,
    pass_id       text not null,
    published_at  timestamptz not null,
    constraint published_promises_pkey primary key (store, variant_id)
);
create index published_promises_sku_idx on inventory_sync.published_promises (sku);

create table inventory_sync.promised_orders (
    store         text not null,
    order_id      text not null,
    dates         jsonb not null,
    digest        text,
    pass_id       text not null,
    published_at  timestamptz not null,
    constraint promised_orders_pkey primary key (store, order_id)
);
create index promised_orders_published_at_idx on inventory_sync.promised_orders (published_at);
"""

_PROMISES = """
create table inventory_sync.promises (
    promise_id   bigint not null generated always as identity,
    sku          text not null,
    location     text not null,
    units        bigint not null,
    ships_on     text not null,
    source       text not null,
    supply_ids   text not null,
    supply_kind  text not null,
    arrives_on   text not null,
    pass_id      text not null,
    made_at      timestamptz not null,
    ended_at     timestamptz,
    now_on       text,
    slip_reason  text,
    constraint promises_pkey primary key (promise_id)
);
create index promises_open_idx on inventory_sync.promises (sku, location) where ended_at is null;
create index promises_ended_at_idx on inventory_sync.promises (ended_at)
    where ended_at is not null;
create index promises_slipped_idx on inventory_sync.promises (ships_on)
    where slip_reason is not null;

create table inventory_sync.order_promises (
    store        text not null,
    order_id     text not null,
    line_id      text not null,
    sku          text not null,
    location     text not null,
    promised_on  date not null,
    source       text not null,
    supply_ids   text not null,
    supply_kind  text not null,
    made_at      timestamptz not null,
    pass_id      text not null,
    expected_on  date,
    reason       text not null,
    slipped_at   timestamptz,
    outcome      text,
    settled_on   date,
    constraint order_promises_pkey primary key (store, order_id, line_id),
    constraint order_promises_outcome_check check (outcome in ('shipped', 'cancelled'))
);
create index order_promises_open_idx on inventory_sync.order_promises (promised_on)
    where outcome is null;
create index order_promises_settled_on_idx on inventory_sync.order_promises (settled_on);
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_PUBLISHED)
    op.execute(_PROMISES)
