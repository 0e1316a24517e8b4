"""Days of a busy company in the ledger, written at once: what event passes leave behind.

Put here how a day's rows are made. Their sizes are those of real ones: a waterfall of a kilobyte
and a half, a report of an event pass of six.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, create_engine, text

FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)

_WATERFALL: Final = json.dumps(
    {
        "physical_micros": 120_000_000,
        "atp_micros": 40_000_000,
        "pool_micros": 38_000_000,
        "offer_units": 36,
        "rules": {"share": "1.0", "buffer_units": 2, "hide_below_units": 0, "cap_units": 500},
        "commitments": [
            {"commitment_id": f"SO-{n}/1", "kind": "order", "location": "NYC", "micros": 4_000_000}
            for n in range(15)
        ],
    }
)

# Of the levels, each is written in turn; a pass has ten writes.
_WRITES: Final = text("""
    insert into inventory_sync.write_intents (store, inventory_item_id, store_location_id, sku,
        pass_id, idempotency_key, row_in_call, version, expected_units, quantity_units, taken_units,
        relative, as_of, waterfall, status, created_at, settled_at, settled_by)
    select 'b2b-us', 'gid://shopify/InventoryItem/' || n % :levels,
        'gid://shopify/Location/1001', 'SKU-' || n % :levels, gen_random_uuid()::text,
        gen_random_uuid()::text, 0, n / :levels + 1, 40, 36, 4, false, at, cast(:fall as jsonb),
        'applied', at, at, 'answer'
    from generate_series(cast(:first as bigint), :last) as n,
        lateral (select cast(:midnight as timestamptz)
            + (n - :first) * interval '1 day' / :writes as at) as moment""")
_PASSES: Final = text("""
    insert into inventory_sync.passes (pass_id, kind, code_version, started_at, finished_at, status,
        counts)
    select gen_random_uuid()::text, 'event', '1.0', at, at, 'done', '{"b2b-us.applied": 10}'
    from generate_series(cast(:first as bigint), :last, 10) as n,
        lateral (select cast(:midnight as timestamptz)
            + (n - :first) * interval '1 day' / :writes as at) as moment""")
_REPORTS: Final = text("""
    insert into event_logs (run_id, event, dagster_event_type, asset_key, timestamp)
    select '', repeat('x' || n, 6000 / (1 + length(n::text))), 'ASSET_MATERIALIZATION',
        '["stores", "b2b-us", "published_quantities"]', at
    from generate_series(cast(:first as bigint), :last, 10) as n,
        lateral (select (cast(:midnight as timestamptz)
            + (n - :first) * interval '1 day' / :writes) at time zone 'utc' as at) as moment""")
DAGSTERS: Final = """
    create table event_logs (id bigserial primary key, run_id varchar(255), event text,
        dagster_event_type text, asset_key text, timestamp timestamp);
    create index on event_logs (dagster_event_type, id);
    create index on event_logs (asset_key, dagster_event_type, id);
    create table asset_check_executions (id bigserial primary key, run_id text, asset_key text,
        check_name text, create_timestamp timestamp)"""
TABLES: Final = ("inventory_sync.write_intents", "inventory_sync.passes", "event_logs")


def midnight(day: int) -> datetime:
    """When a day begins."""
    return FIRST_DAY + timedelta(days=day)


def a_day(connection: Connection, day: int, *, writes: int, levels: int) -> None:
    """All that happens on a day."""
    numbers = {"first": day * writes, "last": (day + 1) * writes - 1, "writes": writes}
    about = {**numbers, "midnight": midnight(day)}
    connection.execute(_WRITES, {**about, "levels": levels, "fall": _WATERFALL})
    connection.execute(_PASSES, about)
    connection.execute(_REPORTS, about)


def sizes(database: str) -> dict[str, tuple[int, int]]:
    """Rows, and bytes with indexes, of each table; what was deleted is free for new rows first."""
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    found = {}
    with engine.connect() as connection:
        for table in TABLES:
            # As autovacuum does, some time later.
            connection.execute(text(f"vacuum (analyze) {table}"))
            row = connection.execute(
                text(f"select count(*), pg_total_relation_size('{table}') from {table}")
            ).one()
            found[table] = (int(row[0]), int(row[1]))
    engine.dispose()
    return found
