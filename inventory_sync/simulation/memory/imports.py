"""Imports in memory. Put the rules of ``ledger/imports.py`` here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from inventory_sync.domain.imports import ACTIVE, LineToImport, OrderImport
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.reservations import RESERVATION_ORDERS
from inventory_sync.simulation.memory.orders import MemoryOrders

_Key = tuple[str, str, str]


class MemoryImports(MemoryOrders):
    """The part of the ledger that remembers what was brought into the ERP."""

    def __init__(self) -> None:
        super().__init__()
        self._imports: dict[_Key, OrderImport] = {}
        self._is_importing = False

    @contextmanager
    def import_lock(self, *, patience_seconds: float) -> Iterator[bool]:
        """As ``Ledger.import_lock``; yields false at once when it is held."""
        if self._is_importing:
            yield False
            return
        self._is_importing = True
        try:
            yield True
        finally:
            self._is_importing = False

    def lines_to_import(
        self,
        stores: Sequence[str],
        *,
        since: datetime,
        quiet_since: datetime,
        now: datetime,
        limit: int,
    ) -> list[LineToImport]:
        """As ``Ledger.lines_to_import``."""
        parts: dict[_Key, list[OrderLine]] = {
            key: [] for key, known in self._imports.items() if known.state in ACTIVE
        }
        new: set[_Key] = set()
        for (store, order_id), order in self.orders.items():
            is_quiet = max(order.first_seen_at, order.updated_at) <= quiet_since
            for line in order.lines:
                key = store, order_id, line.line_id
                is_in_time = is_quiet and line.created_at is not None and line.created_at >= since
                is_order = not order_id.startswith(RESERVATION_ORDERS)
                if is_in_time and is_order and line.to_ship_units:
                    new.add(key)
                if key in parts or is_in_time:
                    parts.setdefault(key, []).append(line)
        known = self._imports
        lines = [
            _line(key, told, known.get(key))
            for key, told in parts.items()
            if key[0] in stores and (key in new or key in known)
        ]
        due = [each for each in lines if _is_due(each, now)]
        due.sort(key=lambda e: (_look_at(e) is not None, _look_at(e) or now, e.order_id, e.line_id))
        return due[:limit]

    def save_import(self, new: OrderImport) -> OrderImport | None:
        """As ``Ledger.save_import``."""
        key = new.store, new.order_id, new.line_id
        before = self._imports.get(key)
        if (before.changes if before else 0) != new.changes:
            return None
        self._imports[key] = replace(new, changes=new.changes + 1)
        return self._imports[key]

    def imports(self, *, parked_only: bool = False) -> list[OrderImport]:
        """As ``Ledger.imports``."""
        states = ("parked",) if parked_only else ACTIVE
        found = [each for each in self._imports.values() if each.state in states]
        return sorted(found, key=lambda each: (each.changed_at, each.order_id, each.line_id))


def _look_at(line: LineToImport) -> datetime | None:
    return line.known.look_at if line.known else None


def _line(key: _Key, parts: Sequence[OrderLine], known: OrderImport | None) -> LineToImport:
    units = [part.to_ship_units for part in parts]
    told = [each for each in units if each is not None]
    return LineToImport(
        *key,
        order_name=parts[0].order_name if parts else known.order_name if known else "",
        sku=max((part.sku for part in parts if part.sku), default=None),
        store_location_ids=tuple(
            sorted(p.store_location_id for p in parts if p.current_units and p.store_location_id)
        ),
        wanted_units=sum(part.current_units for part in parts),
        to_ship_units=sum(told) if parts and len(told) == len(units) else None,
        is_on_hold=any(part.is_on_hold for part in parts),
        known=known,
    )


def _is_due(line: LineToImport, now: datetime) -> bool:
    known = line.known
    if known is None:
        return line.wanted_units > 0 and not line.is_on_hold
    if known.state == "done":
        return known.booked_units != line.wanted_units or line.to_ship_units == 0
    if known.state not in ACTIVE:
        return False
    is_changed = known.state == "parked" and known.seen_units != line.wanted_units
    return is_changed or (known.look_at is not None and known.look_at <= now)
