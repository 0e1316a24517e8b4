"""Stopped passes that wait for a person, and how far the ERP's figures reached."""

from alembic import op

revision = "0005"
down_revision = "0003"

# The last index serves the question what was changed lately; first publications do not count.
_STEPS = """
create table inventory_sync.stopped_passes (
    pass_id         text not null,
    store           text not null,
    stopped_at      timestamptz not null,
    last_seen_at    timestamptz not null,
    objections      jsonb not null,
    tally           jsonb not null,
    levels          bigint not null,
    changed_levels  bigint not null,
    changes         jsonb not null,
    state           text not null,
    decided_by      text,
    decided_at      timestamptz,
    carried_by      text,
    ended_at        timestamptz,
    constraint stopped_passes_pkey primary key (pass_id, store),
    constraint stopped_passes_state_check
        check (state in ('waiting', 'approved', 'refused', 'expired'))
);
create unique index stopped_passes_standing_key on inventory_sync.stopped_passes (store)
    where ended_at is null;
create index stopped_passes_carried_idx on inventory_sync.stopped_passes (carried_by)
    where carried_by is not null;

create table inventory_sync.erp_watermarks (
    dataset    text not null,
    newest_at  timestamptz not null,
    pass_id    text not null,
    constraint erp_watermarks_pkey primary key (dataset)
);

create index write_intents_recent_idx on inventory_sync.write_intents (created_at)
    where version > 1;
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_STEPS)
