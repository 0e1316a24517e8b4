"""Write intents: what a call is about to do, on disk before the call, and what came of it.

Put here what makes a crash between two steps harmless (protocol B.3, fence). Keep out what a store
should show now (``publications``), the decision what to write, and the sending.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Connection, Engine, select, text

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import Applied, LevelKey, Refused, SetQuantities
from inventory_sync.ledger.frames import as_rows, given, read_frame
from inventory_sync.ledger.levels import LEVEL, level_keys, same_level
from inventory_sync.ledger.schema import write_intents

SettledAs = Literal["applied", "refused", "not_applied", "superseded"]
SettledBy = Literal["answer", "read"]

_CHANGE: Final = {
    **LEVEL,
    "sku": "text",
    "row_in_call": "bigint",
    "expected_units": "bigint",
    "quantity_units": "bigint",
    "taken_units": "bigint",
    "waterfall": "jsonb",
}

# A level with an open intent yields no row. Sorted, so that two calls over the same levels wait
# for each other instead of dead-locking.
_PREPARE: Final = text(f"""
    insert into inventory_sync.write_intents (
        store, inventory_item_id, store_location_id, sku, pass_id, idempotency_key, row_in_call,
        version, expected_units, quantity_units, taken_units, waterfall, status, created_at)
    select :store, inventory_item_id, store_location_id, sku, :pass_id, :idempotency_key,
        row_in_call,
        1 + coalesce((
            select max(earlier.version) from inventory_sync.write_intents as earlier
            where {same_level("earlier")}), 0),
        expected_units, quantity_units, taken_units, waterfall, 'open', :created_at
    from {given(**_CHANGE)}
    order by inventory_item_id, store_location_id
    on conflict do nothing
    returning inventory_item_id, store_location_id""")

_VERSION: Final = {**LEVEL, "version": "bigint"}
_WRITTEN_SINCE: Final = text(f"""
    select given.inventory_item_id, given.store_location_id
    from {given(**_VERSION)}
    join inventory_sync.publications as published on {same_level("published")}
    where published.version <> given.version""")

# One statement, so that an intent is never settled as applied without its publication.
_APPLY: Final = """
    with settled as (
        update inventory_sync.write_intents
        set status = 'applied', settled_at = :at, settled_by = :settled_by
        where store = :store and status = 'open' and {which}
        returning *)
    insert into inventory_sync.publications (
        store, inventory_item_id, store_location_id, sku, quantity_units, taken_units, origin,
        version, intent_id, pass_id, published_at, waterfall)
    select store, inventory_item_id, store_location_id, sku, quantity_units, taken_units,
        'published', version, intent_id, pass_id, :at, waterfall
    from settled
    order by inventory_item_id, store_location_id
    on conflict (store, inventory_item_id, store_location_id) do update
    set sku = excluded.sku, quantity_units = excluded.quantity_units,
        taken_units = excluded.taken_units, origin = excluded.origin, version = excluded.version,
        intent_id = excluded.intent_id, pass_id = excluded.pass_id,
        published_at = excluded.published_at, waterfall = excluded.waterfall,
        observed_units = null, observed_at = null"""
_APPLY_CALL: Final = text(_APPLY.format(which="idempotency_key = :idempotency_key"))
_APPLY_LEVEL: Final = text(
    _APPLY.format(which="inventory_item_id = :item and store_location_id = :location")
)

_SETTLE_LEVEL: Final = text("""
    update inventory_sync.write_intents
    set status = :status, settled_at = :at, settled_by = :settled_by
    where store = :store and status = 'open'
        and inventory_item_id = :item and store_location_id = :location""")

_REFUSAL: Final = {"row_in_call": "bigint", "code": "text", "message": "text"}
_REFUSE_NAMED: Final = text(f"""
    update inventory_sync.write_intents as intent
    set status = 'refused', refusal_code = given.code, refusal_message = given.message,
        settled_at = :at, settled_by = :settled_by
    from {given(**_REFUSAL)}
    where store = :store and status = 'open' and idempotency_key = :idempotency_key
        and intent.row_in_call = given.row_in_call""")
_REFUSE_OTHERS: Final = text("""
    update inventory_sync.write_intents
    set status = 'not_applied', refusal_code = :code, refusal_message = :message,
        settled_at = :at, settled_by = :settled_by
    where store = :store and status = 'open' and idempotency_key = :idempotency_key""")


class Intents:
    """The part of the ledger that knows every write: planned, under way or settled."""

    _engine: Engine

    def prepare(
        self,
        store: str,
        pass_id: str,
        call: SetQuantities,
        *,
        taken_units: Mapping[LevelKey, int],
        waterfalls: Mapping[LevelKey, Mapping[str, Any]],
        versions: Mapping[LevelKey, int],
        created_at: datetime,
    ) -> None:
        """Write down what a call is about to do; it is on disk when this returns.

        ``taken_units`` are the sums of order lines that the quantities were computed with (absent:
        0), and ``versions`` are those that ``publications`` told then (absent: never published).

        Raises ``WriteInFlight`` and writes nothing when a level has an open intent, or was written
        after its version was read: the store compares quantities and cannot tell that two
        publishers computed the same step (protocol B.2, C2).
        """
        rows = as_rows(_change_rows(call, taken_units, waterfalls))
        facts = {
            "store": store,
            "pass_id": pass_id,
            "idempotency_key": call.idempotency_key,
            "created_at": created_at,
        }
        keys = {change.key for change in call.changes}
        with self._engine.begin() as connection:
            written = connection.execute(_PREPARE, {**facts, "rows": rows})
            ours = level_keys(written.all())
            # Asked in a later statement: now that the levels are ours, no version can change.
            stale = _written_since(connection, store, {key: versions.get(key, 0) for key in ours})
            if lost := (keys - ours) | stale:
                raise WriteInFlight(store, lost)  # which also takes back what was inserted

    def settle(
        self,
        store: str,
        idempotency_key: str,
        outcome: Applied | Refused,
        *,
        at: datetime,
        settled_by: SettledBy = "answer",
    ) -> None:
        """Record the definite outcome of a call. Rows settled before stay as they are.

        Applied rows become publications. A refused call applied nothing: the rows that the answer
        names are ``refused``, the others ``not_applied``.
        """
        facts = {
            "store": store,
            "idempotency_key": idempotency_key,
            "at": at,
            "settled_by": settled_by,
        }
        with self._engine.begin() as connection:
            if isinstance(outcome, Applied):
                connection.execute(_APPLY_CALL, facts)
            else:
                _refuse(connection, facts, outcome)

    def settle_key(
        self, store: str, key: LevelKey, status: SettledAs, *, at: datetime, settled_by: SettledBy
    ) -> None:
        """Record the outcome of the open write of one level; without an open one, do nothing."""
        facts = {
            "store": store,
            "item": key.inventory_item_id,
            "location": key.store_location_id,
            "at": at,
            "settled_by": settled_by,
        }
        with self._engine.begin() as connection:
            if status == "applied":
                connection.execute(_APPLY_LEVEL, facts)
            else:
                connection.execute(_SETTLE_LEVEL, {**facts, "status": status})

    def open_intents(self, store: str) -> pd.DataFrame:
        """Every write of the store whose outcome is not known, oldest first."""
        table = write_intents.c
        query = (
            select(
                table.inventory_item_id,
                table.store_location_id,
                table.sku,
                table.pass_id,
                table.idempotency_key,
                table.version,
                table.expected_units,
                table.quantity_units,
                table.taken_units,
                table.created_at,
            )
            .where(table.store == store, table.status == "open")
            .order_by(table.intent_id)
        )
        with self._engine.connect() as connection:
            return read_frame(connection, query)


def _change_rows(
    call: SetQuantities,
    taken_units: Mapping[LevelKey, int],
    waterfalls: Mapping[LevelKey, Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    for row, change in enumerate(call.changes):
        yield {
            **_named(change.key),
            "sku": change.sku,
            "row_in_call": row,
            "expected_units": change.expected_units,
            "quantity_units": change.quantity_units,
            "taken_units": taken_units.get(change.key, 0),
            "waterfall": dict(waterfalls.get(change.key, {})),
        }


def _written_since(
    connection: Connection, store: str, versions: Mapping[LevelKey, int]
) -> set[LevelKey]:
    """The levels whose last applied write is another one than ``versions`` says."""
    rows = as_rows({**_named(key), "version": version} for key, version in versions.items())
    return level_keys(connection.execute(_WRITTEN_SINCE, {"store": store, "rows": rows}).all())


def _named(key: LevelKey) -> dict[str, str]:
    return {
        "inventory_item_id": key.inventory_item_id,
        "store_location_id": key.store_location_id,
    }


def _refuse(connection: Connection, facts: dict[str, Any], outcome: Refused) -> None:
    rows = as_rows(
        {"row_in_call": row, "code": refusal.code, "message": refusal.message}
        for row, refusal in outcome.rows.items()
    )
    connection.execute(_REFUSE_NAMED, {**facts, "rows": rows})
    general = {
        "code": ", ".join(refusal.code for refusal in outcome.general) or None,
        "message": "; ".join(refusal.message for refusal in outcome.general) or None,
    }
    connection.execute(_REFUSE_OTHERS, {**facts, **general})
