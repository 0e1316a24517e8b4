"""The event path: dirty SKUs, ERP events heard, the inbox, doubts, clocks and reservations."""

from alembic import op

revision = "0002"
down_revision = "0001"

# What is in the database already was never told to be on hold, nor written by a difference.
_COLUMNS = """
alter table inventory_sync.order_lines add column is_on_hold boolean not null default false;
alter table inventory_sync.order_lines alter column is_on_hold drop default;
create index order_lines_sku_idx on inventory_sync.order_lines (sku);

alter table inventory_sync.write_intents
    add column relative boolean not null default false,
    add column as_of timestamptz;
alter table inventory_sync.write_intents alter column relative drop default;
create index write_intents_stale_idx on inventory_sync.write_intents
    (store, inventory_item_id, store_location_id, settled_at)
    where refusal_code = 'CHANGE_FROM_QUANTITY_STALE';

alter table inventory_sync.publications add column as_of timestamptz;
create index publications_sku_idx on inventory_sync.publications (sku);
"""

_TABLES = """
create table inventory_sync.dirty_skus (
    lane         text not null,
    sku          text not null,
    generation   bigint not null generated always as identity,
    occurred_at  timestamptz not null,
    due_at       timestamptz not null,
    reason       text not null,
    marks        bigint not null,
    constraint dirty_skus_pkey primary key (lane, sku)
);

create table inventory_sync.erp_cursors (
    lane      text not null,
    event_id  bigint not null,
    constraint erp_cursors_pkey primary key (lane)
);

create table inventory_sync.erp_events_heard (
    lane      text not null,
    event_id  bigint not null,
    sku       text,
    document  text,
    heard_at  timestamptz not null,
    constraint erp_events_heard_pkey primary key (lane, event_id)
);
create index erp_events_heard_lane_heard_at_idx
    on inventory_sync.erp_events_heard (lane, heard_at);

create table inventory_sync.erp_documents (
    document       text not null,
    sku            text not null,
    last_heard_at  timestamptz not null,
    constraint erp_documents_pkey primary key (document, sku)
);
create index erp_documents_last_heard_at_idx on inventory_sync.erp_documents (last_heard_at);

create table inventory_sync.inbox (
    inbox_id      bigint not null generated always as identity,
    store         text not null,
    topic         text not null,
    subject       text not null,
    webhook_id    text not null,
    event_id      text,
    digest        text not null,
    ids           text[] not null,
    triggered_at  timestamptz,
    received_at   timestamptz not null,
    dead_reason   text,
    told_units    bigint,
    done_at       timestamptz,
    constraint inbox_pkey primary key (inbox_id),
    constraint inbox_store_webhook_id_key unique (store, webhook_id)
);
create unique index inbox_event_key on inventory_sync.inbox (store, event_id, topic)
    where event_id is not null;
create index inbox_store_digest_received_at_idx
    on inventory_sync.inbox (store, digest, received_at);
create index inbox_open_idx on inventory_sync.inbox (inbox_id)
    where done_at is null and dead_reason is null;
create index inbox_done_at_idx on inventory_sync.inbox (done_at);
create index inbox_dead_idx on inventory_sync.inbox (received_at) where dead_reason is not null;

create table inventory_sync.sku_doubts (
    scope    text not null,
    sku      text not null,
    pass_id  text not null,
    constraint sku_doubts_pkey primary key (sku, scope)
);

create table inventory_sync.commitment_clocks (
    commitment_id  text not null,
    sku            text not null,
    rings_at       timestamptz not null,
    set_at         timestamptz not null,
    constraint commitment_clocks_pkey primary key (commitment_id)
);
create index commitment_clocks_sku_idx on inventory_sync.commitment_clocks (sku);
create index commitment_clocks_rings_at_idx on inventory_sync.commitment_clocks (rings_at);

create table inventory_sync.reservations (
    reservation_id     text not null,
    store              text not null,
    order_id           text not null,
    line_id            text not null,
    sku                text not null,
    store_location_id  text not null,
    erp_location       text not null,
    quantity_units     bigint not null,
    state              text not null,
    expires_at         timestamptz,
    created_at         timestamptz not null,
    decided_at         timestamptz,
    reason             text,
    inventory_item_id  text,
    taken_units        bigint not null,
    constraint reservations_pkey primary key (reservation_id),
    constraint reservations_state_check
        check (state in ('held', 'confirmed', 'released', 'expired', 'refused'))
);
create index reservations_held_idx on inventory_sync.reservations (created_at)
    where state = 'held';
"""


def upgrade() -> None:
    op.execute(_COLUMNS)
    op.execute(_TABLES)
