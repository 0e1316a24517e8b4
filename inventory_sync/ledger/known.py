"""What the ledger knows about a few SKUs, as plain rows: the fast half-second of an event pass.

Put reads here that an event pass makes for a handful of SKUs. Keep frames out: whole stores are
read in ``publications`` and ``orders``.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, Row, text

from inventory_sync.domain.known import SUPPLY_SCOPE, Known, KnownLevel, KnownLine
from inventory_sync.domain.publication import LevelKey
from inventory_sync.ledger.frames import as_rows, given
from inventory_sync.ledger.locks import wait_for_turn

_LEVELS: Final = text("""
    select store, inventory_item_id, store_location_id, sku, quantity_units, taken_units, version,
        exists (
            select from inventory_sync.write_intents as intent
            where intent.store = level.store and intent.status = 'open'
                and intent.inventory_item_id = level.inventory_item_id
                and intent.store_location_id = level.store_location_id),
        (
            select count(*) from inventory_sync.write_intents as intent
            where intent.store = level.store
                and intent.refusal_code = 'CHANGE_FROM_QUANTITY_STALE'
                and intent.inventory_item_id = level.inventory_item_id
                and intent.store_location_id = level.store_location_id
                and intent.settled_at >= :stale_since),
        as_of
    from inventory_sync.publications as level
    where sku = any(:skus)
    order by store, inventory_item_id, store_location_id""")

# Two halves, each with an index of its own. In a fixed order: parts of a line count in turn.
_LINES: Final = text("""
    select store, order_id, line_id, sku, inventory_item_id, nullif(store_location_id, ''),
        current_units, taken_units, first_seen_at
    from (
        select * from inventory_sync.order_lines where sku = any(:skus)
        union
        select line.* from inventory_sync.order_lines as line
        join (
            select distinct store, inventory_item_id from inventory_sync.publications
            where sku = any(:skus)) as item
            on item.store = line.store and item.inventory_item_id = line.inventory_item_id
        ) as line
    order by store, order_id, line_id, store_location_id""")

_ORDER_IDS: Final = text("""
    select order_id from inventory_sync.order_lines where sku = any(:skus)
    union
    select line.order_id from inventory_sync.order_lines as line
    join (
        select distinct store, inventory_item_id from inventory_sync.publications
        where sku = any(:skus)) as item
        on item.store = line.store and item.inventory_item_id = line.inventory_item_id
    order by order_id""")

_DOUBTS: Final = text("select scope, sku from inventory_sync.sku_doubts where sku = any(:skus)")
_NO_DOUBT: Final = text("delete from inventory_sync.sku_doubts where scope = :scope")
_DOUBT: Final = text(f"""
    insert into inventory_sync.sku_doubts (scope, sku, pass_id)
    select :scope, sku, :pass_id from {given(sku="text")}""")


class KnownRows:
    """The part of the ledger that an event pass reads."""

    _engine: Engine

    def record_doubts(self, scope: str, skus: Collection[str], *, pass_id: str) -> None:
        """Replace the SKUs about which a full pass has a doubt, because of ``erp`` or a store;
        ``SUPPLY_SCOPE``: about their supply alone.
        """
        rows = as_rows({"sku": sku} for sku in sorted(skus))
        with self._engine.begin() as connection:
            wait_for_turn(connection, f"sku_doubts {scope}")
            connection.execute(_NO_DOUBT, {"scope": scope})
            connection.execute(_DOUBT, {"scope": scope, "pass_id": pass_id, "rows": rows})

    def order_ids_of(self, skus: Collection[str]) -> list[str]:
        """The Shopify orders with a line of one of the SKUs, or of an item published as one."""
        with self._engine.connect() as connection:
            return list(connection.scalars(_ORDER_IDS, {"skus": list(skus)}))

    def known(self, skus: Collection[str], *, stale_since: datetime) -> Known:
        """Levels, order lines and doubts of some SKUs as of one instant.

        ``stale_answers`` counts writes of a level that a foreign change refused since
        ``stale_since``. Levels and lines come in a fixed order.
        """
        wanted = {"skus": list(skus)}
        with _one_instant(self._engine).connect() as connection:
            levels = connection.execute(_LEVELS, {**wanted, "stale_since": stale_since}).all()
            lines = connection.execute(_LINES, wanted).all()
            doubts = connection.execute(_DOUBTS, wanted).all()
        return Known(
            [_level(row) for row in levels],
            [KnownLine(*row) for row in lines],
            frozenset(row.sku for row in doubts if row.scope != SUPPLY_SCOPE),
            frozenset(row.sku for row in doubts if row.scope == SUPPLY_SCOPE),
        )


def _one_instant(engine: Engine) -> Engine:
    """Transactions that see one instant of the ledger; shares the pool."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _level(row: Row[Any]) -> KnownLevel:
    values = tuple(row)
    return KnownLevel(values[0], LevelKey(values[1], values[2]), *values[3:])
