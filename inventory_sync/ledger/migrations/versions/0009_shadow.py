"""Shadow mode: where stores in dry run differ from what we would show, and who was right."""

from alembic import op

revision = "0009"
down_revision = "0008"

_STEPS = """
create table inventory_sync.shadow (
    shadow_id bigint generated always as identity,
    store text not null,
    inventory_item_id text not null,
    store_location_id text not null,
    sku text not null,
    began_at timestamptz not null,
    first_shown_units bigint not null,
    first_wanted_units bigint not null,
    seen_at timestamptz not null,
    shown_units bigint not null,
    wanted_units bigint not null,
    taken_units bigint not null,
    is_right text,
    reason text,
    ended_at timestamptz,
    constraint shadow_pkey primary key (shadow_id),
    constraint shadow_is_right_check check (is_right in ('ours', 'theirs', 'neither'))
);
create unique index shadow_open_key on inventory_sync.shadow
    (store, inventory_item_id, store_location_id) where ended_at is null;
create index shadow_began_at_idx on inventory_sync.shadow (began_at);
"""


def upgrade() -> None:
    """Create what this step adds."""
    op.execute(_STEPS)
