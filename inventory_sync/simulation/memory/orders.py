"""Order lines in memory: the newest state of every order (protocol B.9, S6).

Put the rules of ``ledger/orders.py`` here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import pandas as pd

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.known import KnownLine
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.reservations import Reservation
from inventory_sync.simulation.memory.dirty import MemoryDirtyList
from inventory_sync.simulation.memory.frames import INSTANT, TEXT, TRUTH, WHOLE, typed
from inventory_sync.simulation.memory.reservations import MemoryReservations

OrderKey = tuple[str, str]
"""(store, order_id)."""

_LINES: Final = {
    "store": TEXT,
    "order_id": TEXT,
    "order_name": TEXT,
    "line_id": TEXT,
    "sku": TEXT,
    "inventory_item_id": TEXT,
    "store_location_id": TEXT,
    "current_units": WHOLE,
    "taken_units": WHOLE,
    "is_on_hold": TRUTH,
    "updated_at": INSTANT,
    "first_seen_at": INSTANT,
}
_TAKEN: Final = {"inventory_item_id": TEXT, "store_location_id": TEXT, "taken_units": WHOLE}


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """All lines of an order as one answer told them."""

    lines: tuple[OrderLine, ...]
    updated_at: datetime
    read_at: datetime
    first_seen_at: datetime


class MemoryOrders(MemoryReservations, MemoryDirtyList):
    """The part of the ledger that remembers orders."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[OrderKey, StoredOrder] = {}
        self._orders_of_sku: dict[str, set[OrderKey]] = defaultdict(set)
        self._orders_of_item: dict[tuple[str, str], set[OrderKey]] = defaultdict(set)
        self._order_cursors: dict[str, datetime] = {}

    def record_order_lines(
        self,
        store: str,
        lines: Sequence[OrderLine],
        *,
        read_at: datetime,
        reservations: Sequence[Reservation] = (),
    ) -> set[str]:
        """As ``Ledger.record_order_lines``."""
        self.save_reservations(reservations)
        changed: dict[str, datetime] = {}
        for order_id, told in newest_states(lines).items():
            for sku in self._replace_older((store, order_id), told, read_at):
                updated_at = told[0].updated_at
                changed[sku] = min(updated_at, changed.get(sku, updated_at))
        self.mark(
            "store_orders",
            [Mark(sku, at, read_at, "order of a store") for sku, at in changed.items()],
        )
        return set(changed)

    def _replace_older(
        self, key: OrderKey, told: Sequence[OrderLine], read_at: datetime
    ) -> set[str]:
        before = self.orders.get(key)
        updated_at = told[0].updated_at
        seen_at = min(read_at, before.first_seen_at) if before else read_at
        if before is not None and (updated_at, read_at) < (before.updated_at, before.read_at):
            self.orders[key] = replace(before, first_seen_at=seen_at)
            return set()
        self.orders[key] = StoredOrder(tuple(told), updated_at, read_at, seen_at)
        for line in told:
            self._orders_of_sku[line.sku or ""].add(key)
            self._orders_of_item[key[0], line.inventory_item_id or ""].add(key)
        then = set(map(_state, before.lines)) if before else set()
        return {sku for _, _, sku, _, _ in then ^ set(map(_state, told)) if sku}

    def rename_item(self, store: str, inventory_item_id: str, sku: str) -> None:
        """As ``Ledger.rename_item``."""
        for key in self._orders_of_item[store, inventory_item_id]:
            order = self.orders[key]
            lines = tuple(
                replace(line, sku=sku) if line.inventory_item_id == inventory_item_id else line
                for line in order.lines
            )
            self.orders[key] = replace(order, lines=lines)
            self._orders_of_sku[sku].add(key)

    def order_cursor(self, store: str) -> datetime | None:
        """As ``Ledger.order_cursor``."""
        return self._order_cursors.get(store)

    def advance_order_cursor(self, store: str, updated_at: datetime) -> None:
        """As ``Ledger.advance_order_cursor``."""
        known = self._order_cursors.get(store, updated_at)
        self._order_cursors[store] = max(known, updated_at)

    def order_lines(self) -> pd.DataFrame:
        """As ``Ledger.order_lines``."""
        rows = (
            (
                store,
                line.order_id,
                line.order_name,
                line.line_id,
                line.sku,
                line.inventory_item_id,
                line.store_location_id or None,
                line.current_units,
                line.taken_units,
                line.is_on_hold,
                line.updated_at,
                order.first_seen_at,
            )
            for (store, _), order in self.orders.items()
            for line in order.lines
        )
        return typed(rows, _LINES)

    def taken_units(
        self, store: str, inventory_item_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """As ``Ledger.taken_units``."""
        wanted = None if inventory_item_ids is None else set(inventory_item_ids)
        taken: dict[tuple[str, str | None], int] = defaultdict(int)
        for (at, _), order in self.orders.items():
            for line in order.lines if at == store else ():
                item = line.inventory_item_id
                if item is not None and (wanted is None or item in wanted):
                    taken[item, line.store_location_id or None] += line.taken_units
        return typed(((*level, units) for level, units in taken.items()), _TAKEN)

    def taken_from(self, store: str, inventory_item_id: str, store_location_id: str) -> int:
        """What order lines have taken from one level."""
        return sum(
            line.taken_units
            for key in self._orders_of_item[store, inventory_item_id]
            for line in self.orders[key].lines
            if line.inventory_item_id == inventory_item_id
            and line.store_location_id == store_location_id
        )

    def _lines_of(
        self, skus: Collection[str], items: Collection[tuple[str, str]]
    ) -> list[KnownLine]:
        """The lines of one of the SKUs or of one of the items (store, id), in a fixed order."""
        found = [
            KnownLine(
                store,
                line.order_id,
                line.line_id,
                line.sku,
                line.inventory_item_id,
                line.store_location_id or None,
                line.current_units,
                line.taken_units,
                self.orders[store, order_id].first_seen_at,
            )
            for store, order_id in self._order_keys(skus, items)
            for line in self.orders[store, order_id].lines
            if line.sku in skus or (store, line.inventory_item_id) in items
        ]
        found.sort(key=lambda x: (x.store, x.order_id, x.line_id, x.store_location_id or ""))
        return found

    def _order_keys(
        self, skus: Collection[str], items: Collection[tuple[str, str]]
    ) -> Iterator[OrderKey]:
        by_sku = (self._orders_of_sku[sku] for sku in skus)
        yield from set().union(*by_sku, *(self._orders_of_item[item] for item in items))


def newest_states(lines: Sequence[OrderLine]) -> dict[str, list[OrderLine]]:
    """The lines of each order's last update, one per line and location."""
    orders: dict[str, list[OrderLine]] = defaultdict(list)
    for line in lines:
        orders[line.order_id].append(line)
    newest = {}
    for order_id, told in orders.items():
        last = max(line.updated_at for line in told)
        states = {(x.line_id, x.store_location_id): x for x in told if x.updated_at == last}
        newest[order_id] = list(states.values())
    return newest


def _state(line: OrderLine) -> tuple[str, str, str | None, int, int]:
    place = line.store_location_id or ""
    return line.line_id, place, line.sku, line.current_units, line.taken_units
