"""Write intents: what a call is about to do, on disk before the call, and what came of it.

Put here what makes a crash between two steps harmless (protocol B.3, fence). Keep out what a store
should show now (``publications``), the decision what to write, and the sending.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Connection, Engine, Row, select, text

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import Applied, Decided, LevelKey, Refused, SetQuantities
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
        version, expected_units, quantity_units, taken_units, relative, as_of, waterfall, status,
        created_at)
    select :store, inventory_item_id, store_location_id, sku, :pass_id, :idempotency_key,
        row_in_call,
        1 + coalesce((
            select max(earlier.version) from inventory_sync.write_intents as earlier
            where {same_level("earlier")}), 0),
        expected_units, quantity_units, taken_units, :relative, :as_of, waterfall, 'open',
        :created_at
    from {given(**_CHANGE)}
    order by inventory_item_id, store_location_id
    on conflict do nothing
    returning inventory_item_id, store_location_id""")

# Locked in the order of the key. Who stamps a level locks it too and looks for intents afterwards,
# so whichever comes second sees the first. What is returned is the newest state of each row.
_VERSION: Final = {**LEVEL, "version": "bigint"}
_LOCK: Final = text(f"""
    select published.inventory_item_id, published.store_location_id, published.version,
        published.as_of
    from {given(**LEVEL)}
    join inventory_sync.publications as published on {same_level("published")}
    order by published.inventory_item_id, published.store_location_id
    for update of published""")

_STAMP: Final = text(f"""
    update inventory_sync.publications as published
    set as_of = greatest(published.as_of, :as_of)
    from {given(**_VERSION)}
    where {same_level("published")} and published.version = given.version and not exists (
        select from inventory_sync.write_intents as intent
        where {same_level("intent")} and intent.status = 'open')
    returning published.inventory_item_id, published.store_location_id""")

# One statement, so that an intent is never settled as applied without its publication.
_APPLY: Final = """
    with settled as (
        update inventory_sync.write_intents
        set status = 'applied', settled_at = :at, settled_by = :settled_by
        where store = :store and status = 'open' and {which}
        returning *)
    insert into inventory_sync.publications (
        store, inventory_item_id, store_location_id, sku, quantity_units, taken_units, origin,
        version, intent_id, pass_id, published_at, waterfall, as_of)
    select store, inventory_item_id, store_location_id, sku, quantity_units, taken_units,
        'published', version, intent_id, pass_id, :at, waterfall, as_of
    from settled
    order by inventory_item_id, store_location_id
    on conflict (store, inventory_item_id, store_location_id) do update
    set sku = excluded.sku, quantity_units = excluded.quantity_units,
        taken_units = excluded.taken_units, origin = excluded.origin, version = excluded.version,
        intent_id = excluded.intent_id, pass_id = excluded.pass_id,
        published_at = excluded.published_at, waterfall = excluded.waterfall,
        as_of = excluded.as_of, observed_units = null, observed_at = null"""
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
        decided: Mapping[LevelKey, Decided],
        as_of: datetime,
        created_at: datetime,
    ) -> None:
        """Write down what a call is about to do; it is on disk when this returns.

        ``as_of`` is the instant of the ERP's figures behind it, by the ERP's clock.

        Raises ``WriteInFlight`` and writes nothing when a level has an open intent, was written
        after its version was read, or was decided from later figures: the store compares quantities
        and cannot tell that two publishers computed the same step (protocol B.2, C2).
        """
        facts = {
            "store": store,
            "pass_id": pass_id,
            "idempotency_key": call.idempotency_key,
            "relative": call.relative,
            "as_of": as_of,
            "created_at": created_at,
            "rows": as_rows(_change_rows(call, decided)),
        }
        keys = {change.key for change in call.changes}
        with self._engine.begin() as connection:
            ours = level_keys(connection.execute(_PREPARE, facts).all())
            # Asked in a later statement: now that the levels are ours, no version can change.
            levels = {"store": store, "rows": as_rows(_named(key) for key in ours)}
            overtaken = {
                key
                for key, version, newest in map(_published, connection.execute(_LOCK, levels))
                if version != decided[key].version or (newest is not None and newest > as_of)
            }
            if lost := (keys - ours) | overtaken:
                raise WriteInFlight(store, lost)  # which also takes back what was inserted

    def stamp(
        self, store: str, versions: Mapping[LevelKey, int], *, as_of: datetime
    ) -> set[LevelKey]:
        """Note that levels were found right as of an ERP instant; returns those that were stamped.

        A level is not, when it was written since its version was read, or is being written: what
        was found is then no longer what it shows.
        """
        if not versions:
            return set()
        rows = as_rows({**_named(key), "version": version} for key, version in versions.items())
        with self._engine.begin() as connection:
            connection.execute(_LOCK, {"store": store, "rows": rows})
            found = connection.execute(_STAMP, {"store": store, "rows": rows, "as_of": as_of})
            return level_keys(found.all())

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
    call: SetQuantities, decided: Mapping[LevelKey, Decided]
) -> Iterator[dict[str, Any]]:
    for row, change in enumerate(call.changes):
        beside = decided[change.key]
        yield {
            **_named(change.key),
            "sku": change.sku,
            "row_in_call": row,
            "expected_units": change.expected_units,
            "quantity_units": change.quantity_units,
            "taken_units": beside.taken_units,
            "waterfall": dict(beside.waterfall),
        }


def _published(row: Row[Any]) -> tuple[LevelKey, int, datetime | None]:
    key = LevelKey(row.inventory_item_id, row.store_location_id)
    return key, row.version, row.as_of


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
