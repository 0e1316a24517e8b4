"""Write intents: what a call is about to do, on disk before the call, and what came of it.

Put here what makes a crash between two steps harmless (protocol B.3, fence). Keep out what a store
should show now (``publications``), the decision what to write, and the sending.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Connection, Engine, select, text

from inventory_sync.domain.publication import Applied, LevelKey, Refused
from inventory_sync.ledger.frames import as_rows, given, read_frame
from inventory_sync.ledger.schema import write_intents
from inventory_sync.ledger.together import Together

SettledAs = Literal["applied", "refused", "not_applied", "superseded"]
SettledBy = Literal["answer", "read"]

# One statement, so that an intent is never settled as applied without its publication.
_APPLY: Final = """
    with settled as (
        update inventory_sync.write_intents as intent
        set status = 'applied', settled_at = given.at, settled_by = given.settled_by
        from {given}
        where intent.store = given.store and intent.status = 'open' and {which}
        returning intent.*)
    insert into inventory_sync.publications (
        store, inventory_item_id, store_location_id, sku, quantity_units, taken_units, origin,
        version, intent_id, pass_id, published_at, waterfall, as_of)
    select store, inventory_item_id, store_location_id, sku, quantity_units, taken_units,
        'published', version, intent_id, pass_id, settled_at, waterfall, as_of
    from settled
    order by store, inventory_item_id, store_location_id
    on conflict (store, inventory_item_id, store_location_id) do update
    set sku = excluded.sku, quantity_units = excluded.quantity_units,
        taken_units = excluded.taken_units, origin = excluded.origin, version = excluded.version,
        intent_id = excluded.intent_id, pass_id = excluded.pass_id,
        published_at = excluded.published_at, waterfall = excluded.waterfall,
        as_of = excluded.as_of, observed_units = null, observed_at = null"""
_SETTLING: Final = {"store": "text", "at": "timestamptz", "settled_by": "text"}
_APPLY_CALLS: Final = text(
    _APPLY.format(
        given=given(**_SETTLING, idempotency_key="text"),
        which="intent.idempotency_key = given.idempotency_key",
    )
)
_APPLY_LEVEL: Final = text(
    _APPLY.format(
        given=given(**_SETTLING, item="text", location="text"),
        which="intent.inventory_item_id = given.item and intent.store_location_id = given.location",
    )
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
        if isinstance(outcome, Applied):
            self._apply_together(facts)
        else:
            with self._engine.begin() as connection:
                _refuse(connection, facts, outcome)

    @cached_property
    def _apply_together(self) -> Together[dict[str, Any], None]:
        return Together(self._apply_all)

    def _apply_all(self, calls: Sequence[dict[str, Any]]) -> list[None]:
        with self._engine.begin() as connection:
            connection.execute(_APPLY_CALLS, {"rows": as_rows(calls)})
        return [None] * len(calls)

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
                connection.execute(_APPLY_LEVEL, {"rows": as_rows([facts])})
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
                table.relative,
                table.created_at,
            )
            .where(table.store == store, table.status == "open")
            .order_by(table.intent_id)
        )
        with self._engine.connect() as connection:
            return read_frame(connection, query)


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
