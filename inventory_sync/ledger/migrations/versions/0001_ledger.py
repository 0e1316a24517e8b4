"""The first ledger: passes, order lines, write intents, publications, findings, store states."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
create table inventory_sync.passes (
    pass_id         text not null,
    kind            text not null,
    dagster_run_id  text,
    code_version    text not null,
    started_at      timestamptz not null,
    finished_at     timestamptz,
    status          text not null,
    reason          text,
    counts          jsonb,
    constraint passes_pkey primary key (pass_id),
    constraint passes_status_check check (status in ('running', 'done', 'refused', 'failed'))
);
create index passes_started_at_idx on inventory_sync.passes (started_at);

create table inventory_sync.order_lines (
    store              text not null,
    line_id            text not null,
    store_location_id  text not null,
    order_id           text not null,
    order_name         text not null,
    sku                text,
    inventory_item_id  text,
    current_units      bigint not null,
    taken_units        bigint not null,
    updated_at         timestamptz not null,
    read_at            timestamptz not null,
    first_seen_at      timestamptz not null,
    constraint order_lines_pkey primary key (store, line_id, store_location_id)
);
create index order_lines_store_order_id_idx on inventory_sync.order_lines (store, order_id);
create index order_lines_store_inventory_item_id_store_location_id_idx
    on inventory_sync.order_lines (store, inventory_item_id, store_location_id);

create table inventory_sync.order_cursors (
    store       text not null,
    updated_at  timestamptz not null,
    constraint order_cursors_pkey primary key (store)
);

create table inventory_sync.write_intents (
    intent_id          bigint not null generated always as identity,
    store              text not null,
    inventory_item_id  text not null,
    store_location_id  text not null,
    sku                text not null,
    pass_id            text not null,
    idempotency_key    text not null,
    row_in_call        bigint not null,
    version            bigint not null,
    expected_units     bigint not null,
    quantity_units     bigint not null,
    taken_units        bigint not null,
    waterfall          jsonb not null,
    status             text not null,
    refusal_code       text,
    refusal_message    text,
    created_at         timestamptz not null,
    settled_at         timestamptz,
    settled_by         text,
    constraint write_intents_pkey primary key (intent_id),
    constraint write_intents_status_check
        check (status in ('open', 'applied', 'refused', 'not_applied', 'superseded')),
    constraint write_intents_settled_by_check check (settled_by in ('answer', 'read')),
    constraint write_intents_settled_check check ((status = 'open') = (settled_at is null)),
    constraint write_intents_version_key
        unique (store, inventory_item_id, store_location_id, version)
);
create index write_intents_store_idempotency_key_idx
    on inventory_sync.write_intents (store, idempotency_key);
create unique index write_intents_in_flight_key
    on inventory_sync.write_intents (store, inventory_item_id, store_location_id)
    where status = 'open';

create table inventory_sync.publications (
    store              text not null,
    inventory_item_id  text not null,
    store_location_id  text not null,
    sku                text not null,
    quantity_units     bigint not null,
    taken_units        bigint not null,
    origin             text not null,
    version            bigint not null,
    intent_id          bigint,
    pass_id            text not null,
    published_at       timestamptz not null,
    waterfall          jsonb,
    observed_units     bigint,
    observed_at        timestamptz,
    constraint publications_pkey primary key (store, inventory_item_id, store_location_id),
    constraint publications_origin_check check (origin in ('published', 'adopted'))
);

create table inventory_sync.findings (
    finding_id     bigint not null generated always as identity,
    identity       text not null,
    scope          text not null,
    subject        text not null,
    kind           text not null,
    severity       text not null,
    reason         text not null,
    value          text,
    first_seen_at  timestamptz not null,
    last_seen_at   timestamptz not null,
    pass_id        text not null,
    resolved_at    timestamptz,
    constraint findings_pkey primary key (finding_id),
    constraint findings_severity_check check (severity in ('error', 'warning'))
);
create unique index findings_open_key
    on inventory_sync.findings (identity) where resolved_at is null;
create index findings_scope_idx on inventory_sync.findings (scope) where resolved_at is null;

create table inventory_sync.snapshots (
    pass_id   text not null,
    dataset   text not null,
    rows      bigint not null,
    taken_at  timestamptz not null,
    constraint snapshots_pkey primary key (pass_id, dataset)
);

create table inventory_sync.store_states (
    store    text not null,
    status   text not null,
    reason   text,
    way_out  text,
    since    timestamptz not null,
    pass_id  text not null,
    constraint store_states_pkey primary key (store),
    constraint store_states_status_check check (status in ('ok', 'stopped'))
);
"""


def upgrade() -> None:
    op.execute(_TABLES)
