"""The history of drift: found, explained, repaired."""

from alembic import op

revision = "0006"
down_revision = "0005"

_STEPS = """
create table inventory_sync.reconciliations (
    pass_id  text not null,
    store    text not null,
    at       timestamptz not null,
    levels   bigint not null,
    drifted  bigint not null,
    constraint reconciliations_pkey primary key (pass_id, store)
);
create index reconciliations_store_at_idx on inventory_sync.reconciliations (store, at);

create table inventory_sync.drift (
    drift_id           bigint not null generated always as identity,
    store              text not null,
    subject            text not null,
    sku                text,
    store_location_id  text,
    cause              text not null,
    owner              text not null,
    shown_units        bigint,
    explained_units    bigint,
    wanted_units       bigint,
    good_at            timestamptz,
    found_at           timestamptz not null,
    last_seen_at       timestamptz not null,
    repaired_at        timestamptz,
    repaired_by        text,
    pass_id            text not null,
    constraint drift_pkey primary key (drift_id),
    constraint drift_repaired_by_check check (repaired_by in ('reconcile', 'others'))
);
create unique index drift_open_key on inventory_sync.drift (store, subject)
    where repaired_at is null;
create index drift_store_found_at_idx on inventory_sync.drift (store, found_at);
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_STEPS)
