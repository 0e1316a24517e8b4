"""The memory ledger as one object. Put here what reads several of its parts at one instant."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from inventory_sync.domain.dirty import Lane
from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.known import SUPPLY_SCOPE, Known, KnownLevel
from inventory_sync.simulation.memory.batches import MemoryBatches
from inventory_sync.simulation.memory.drift import MemoryDrift
from inventory_sync.simulation.memory.guard import MemoryGuard
from inventory_sync.simulation.memory.heard import MemoryHeard
from inventory_sync.simulation.memory.imports import MemoryImports
from inventory_sync.simulation.memory.journal import MemoryJournal
from inventory_sync.simulation.memory.levels import MemoryLevels
from inventory_sync.simulation.memory.promise_book import MemoryPromiseBook
from inventory_sync.simulation.memory.promises import MemoryPromises


class MemoryLedger(
    MemoryImports,
    MemoryHeard,
    MemoryBatches,
    MemoryDrift,
    MemoryGuard,
    MemoryPromises,
    MemoryPromiseBook,
    MemoryLevels,
    MemoryJournal,
):
    """The ``Ledger`` port in memory; what is in it survives the processes that use it.

    For one thread. A lock that is held is never waited for: whoever holds it stands still.
    """

    def __init__(self) -> None:
        super().__init__()
        self._doubts: dict[str, frozenset[str]] = {}
        self._locked: set[tuple[str, str]] = set()

    @contextmanager
    def store_lock(self, store: str) -> Iterator[None]:
        """As ``Ledger.store_lock``; raises at once when it is held."""
        if ("store", store) in self._locked:
            raise StoreUnreachable(store=store, cause="another pass is working on it")
        self._locked.add(("store", store))
        try:
            yield
        finally:
            self._locked.discard(("store", store))

    @contextmanager
    def promise_lock(self, store: str, *, patience_seconds: float) -> Iterator[None]:
        """As ``Ledger.promise_lock``; raises at once when it is held."""
        if ("promises", store) in self._locked:
            raise StoreUnreachable(store=store, cause="its dates are being renewed")
        self._locked.add(("promises", store))
        try:
            yield
        finally:
            self._locked.discard(("promises", store))

    @contextmanager
    def lane_lock(self, lane: Lane, *, patience_seconds: float) -> Iterator[bool]:
        """As ``Ledger.lane_lock``; yields false at once when it is held."""
        if ("lane", lane) in self._locked:
            yield False
            return
        self._locked.add(("lane", lane))
        try:
            yield True
        finally:
            self._locked.discard(("lane", lane))

    def published_as_of(self, store: str) -> datetime | None:
        """As ``Ledger.published_as_of``."""
        served_by = {base.pass_id for (at, _), base in self.published.items() if at == store}
        taken = [at for name, (at, _) in self._snapshots.items() if name in served_by]
        return max(taken, default=None)

    def order_ids_of(self, skus: Collection[str]) -> list[str]:
        """As ``Ledger.order_ids_of``."""
        wanted = set(skus)
        return sorted({line.order_id for line in self._lines_of(wanted, self._items_of(wanted))})

    def known(self, skus: Collection[str], *, stale_since: datetime) -> Known:
        """As ``Ledger.known``."""
        wanted = set(skus)
        levels = [
            KnownLevel(
                store,
                key,
                base.sku,
                base.quantity_units,
                base.taken_units,
                base.version,
                self._in_flight((store, key)),
                self._stale_answers((store, key), stale_since),
                base.as_of,
            )
            for (store, key), base in self.published.items()
            if base.sku in wanted
        ]
        levels.sort(key=lambda level: (level.store, level.key))
        lines = self._lines_of(wanted, self._items_of(wanted))
        unsure_supply = self._doubts.get(SUPPLY_SCOPE, frozenset()) & wanted
        others = (skus for scope, skus in self._doubts.items() if scope != SUPPLY_SCOPE)
        return Known(levels, lines, frozenset().union(*others) & wanted, unsure_supply)

    def record_doubts(self, scope: str, skus: Collection[str], *, pass_id: str) -> None:
        """As ``Ledger.record_doubts``."""
        self._doubts[scope] = frozenset(skus)

    def _items_of(self, skus: set[str]) -> set[tuple[str, str]]:
        """The items (store, id) that are published as one of the SKUs."""
        return {
            (store, key.inventory_item_id)
            for (store, key), base in self.published.items()
            if base.sku in skus
        }
