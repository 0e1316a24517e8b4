"""The order ledger: every Shopify order line that we have heard of, in its newest state.

Put recording and summing of order lines here. Keep out which of them the ERP knows already: that
comparison is ``domain/orders``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine, Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.reservations import Reservation
from inventory_sync.ledger.dirty import put_on_list
from inventory_sync.ledger.frames import as_rows, given, read_frame
from inventory_sync.ledger.levels import any_of
from inventory_sync.ledger.locks import wait_for_turn
from inventory_sync.ledger.reservations import put_reservations
from inventory_sync.ledger.schema import order_cursors, order_lines

_COLUMNS: Final = {
    "order_id": "text",
    "order_name": "text",
    "line_id": "text",
    "sku": "text",
    "inventory_item_id": "text",
    "store_location_id": "text",
    "current_units": "bigint",
    "taken_units": "bigint",
    "is_on_hold": "boolean",
    "to_ship_units": "bigint",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "first_seen_at": "timestamptz",
}

_FIELDS: Final = tuple(field.name for field in fields(OrderLine))

_AS_STORED: Final = text("""
    select order_id, line_id, store_location_id, sku, inventory_item_id, current_units,
        taken_units, is_on_hold, updated_at, read_at, first_seen_at
    from inventory_sync.order_lines
    where store = :store and order_id = any(:order_ids)""")

_FORGET: Final = text("""
    delete from inventory_sync.order_lines where store = :store and order_id = any(:order_ids)""")

_RECORD: Final = text(f"""
    insert into inventory_sync.order_lines (store, read_at, {", ".join(_COLUMNS)})
    select :store, :read_at, {", ".join(_COLUMNS)} from {given(**_COLUMNS)}""")

_SEEN_EARLIER: Final = text("""
    update inventory_sync.order_lines set first_seen_at = :read_at
    where store = :store and order_id = any(:order_ids) and first_seen_at > :read_at""")


class Orders:
    """The part of the ledger that remembers orders."""

    _engine: Engine

    def record_order_lines(
        self,
        store: str,
        lines: Sequence[OrderLine],
        *,
        read_at: datetime,
        reservations: Sequence[Reservation] = (),
    ) -> set[str]:
        """Remember whole orders, as an answer of the store at ``read_at`` told them.

        The newest state of an order replaces all its lines: the one updated last by Shopify's
        clock and, as that counts in seconds, read last among equals. So the same answers lead to
        the same ledger, in whatever order and however often they are delivered (protocol B.9, Q5).

        Returns the SKUs of lines that are not as before. They are marked in the lane
        ``store_orders`` by the same transaction, so that no other store is forgotten. It saves the
        ``reservations`` too that the lines stand for: neither is ever there without the other.
        """
        orders = _newest_states(lines)
        changed: dict[str, datetime] = {}
        with self._engine.begin() as connection:
            # Two deliveries of one order must not replace its lines at the same time.
            wait_for_turn(connection, f"order_lines {store}")
            put_reservations(connection, reservations)
            for order_ids in _in_parts(list(orders)):
                part = {order_id: orders[order_id] for order_id in order_ids}
                for sku, since in _replace_older(connection, store, part, read_at):
                    changed[sku] = min(since, changed.get(sku, since))
            if changed:
                marks = [Mark(sku, at, read_at, "order of a store") for sku, at in changed.items()]
                put_on_list(connection, "store_orders", marks)
        return set(changed)

    def rename_item(self, store: str, inventory_item_id: str, sku: str) -> None:
        """The item is called otherwise now: what was sold of it is owed under its new SKU."""
        statement = (
            update(order_lines)
            .where(
                order_lines.c.store == store,
                order_lines.c.inventory_item_id == inventory_item_id,
            )
            .values(sku=sku)
        )
        with self._engine.begin() as connection:
            connection.execute(statement)

    def order_cursor(self, store: str) -> datetime | None:
        """Up to which update all orders of the store have been recorded; ``None`` before any."""
        query = select(order_cursors.c.updated_at).where(order_cursors.c.store == store)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def advance_order_cursor(self, store: str, updated_at: datetime) -> None:
        """Move the cursor forward; an earlier instant than the known one changes nothing."""
        row = insert(order_cursors).values(store=store, updated_at=updated_at)
        newest = func.greatest(order_cursors.c.updated_at, row.excluded.updated_at)
        with self._engine.begin() as connection:
            connection.execute(
                row.on_conflict_do_update(index_elements=["store"], set_={"updated_at": newest})
            )

    def order_lines(self) -> pd.DataFrame:
        """Every line of every store; ``store_location_id`` is null while none is assigned."""
        table = order_lines.c
        query = select(
            table.store,
            table.order_id,
            table.order_name,
            table.line_id,
            table.sku,
            table.inventory_item_id,
            func.nullif(table.store_location_id, "").label("store_location_id"),
            table.current_units,
            table.taken_units,
            table.is_on_hold,
            table.updated_at,
            table.first_seen_at,
        )
        with self._engine.connect() as connection:
            return read_frame(connection, query)

    def taken_units(
        self, store: str, inventory_item_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Per level, the units that the store's orders have taken out of ``available``.

        Lines without a location are summed under a null ``store_location_id``; lines of no
        inventory item take nothing from any. ``inventory_item_ids`` restricts what is read.
        """
        table = order_lines.c
        location = func.nullif(table.store_location_id, "").label("store_location_id")
        taken = func.sum(table.taken_units).cast(table.taken_units.type).label("taken_units")
        query = (
            select(table.inventory_item_id, location, taken)
            .where(table.store == store, table.inventory_item_id.is_not(None))
            .group_by(table.inventory_item_id, table.store_location_id)
        )
        if inventory_item_ids is not None:
            query = query.where(table.inventory_item_id == any_of(inventory_item_ids))
        with self._engine.connect() as connection:
            return read_frame(connection, query)


def _newest_states(lines: Sequence[OrderLine]) -> dict[str, list[OrderLine]]:
    """The lines of each order's last update, one per line and location.

    Pages that were read one after the other may hold an order twice.
    """
    orders: defaultdict[str, list[OrderLine]] = defaultdict(list)
    for line in lines:
        orders[line.order_id].append(line)
    newest = {}
    for order_id, told in orders.items():
        last = max(line.updated_at for line in told)
        states = {(x.line_id, x.store_location_id): x for x in told if x.updated_at == last}
        newest[order_id] = list(states.values())
    return newest


def _replace_older(
    connection: Connection, store: str, orders: dict[str, list[OrderLine]], read_at: datetime
) -> Iterator[tuple[str, datetime]]:
    """Write the orders that are news, and note an earlier sight of those that are not.

    Yields the SKUs of lines that have changed, each with when its order was updated.
    """
    where = {"store": store, "order_ids": list(orders)}
    stored: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_AS_STORED, where):
        stored[row.order_id].append(row)
    news, rows = [], []
    for order_id, lines in orders.items():
        before = stored[order_id]
        known = max(((old.updated_at, old.read_at) for old in before), default=None)
        if known is not None and (lines[0].updated_at, read_at) < known:
            continue
        seen_at = min([read_at, *(old.first_seen_at for old in before)])
        news.append(order_id)
        rows += [_row(line, first_seen_at=seen_at) for line in lines]
        for sku in _changed_skus(before, lines):
            yield sku, lines[0].updated_at
    connection.execute(_FORGET, {"store": store, "order_ids": news})
    connection.execute(_RECORD, {"store": store, "read_at": read_at, "rows": as_rows(rows)})
    connection.execute(_SEEN_EARLIER, {**where, "read_at": read_at})


def _changed_skus(before: Sequence[Row[Any]], lines: Sequence[OrderLine]) -> set[str]:
    """The SKUs of all lines that are new, gone or another now; both names of a renamed one."""
    then = {
        (old.line_id, old.store_location_id, old.sku, old.current_units, old.taken_units)
        for old in before
    }
    now = {
        (new.line_id, new.store_location_id or "", new.sku, new.current_units, new.taken_units)
        for new in lines
    }
    return {sku for _, _, sku, _, _ in then ^ now if sku}


def _row(line: OrderLine, *, first_seen_at: datetime) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in _FIELDS}
    location = line.store_location_id or ""
    return values | {"store_location_id": location, "first_seen_at": first_seen_at}


def _in_parts(order_ids: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(order_ids), 10_000):
        yield order_ids[start : start + 10_000]
