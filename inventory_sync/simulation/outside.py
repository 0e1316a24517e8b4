"""What the processes of the product share, and who looks on when they use the ledger.

Put here what survives a process, and what is noted for the checks while it works.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inventory_sync.domain.publication import LevelKey, level_keys
from inventory_sync.flow.parts import StorePolicy
from inventory_sync.simulation.checks import Checks
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.faults import Faults
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync.simulation.memory.orders import OrderKey, StoredOrder
from inventory_sync.simulation.quiet import Quiet
from inventory_sync.simulation.road import Road


@dataclass
class Outside:
    """What the processes share, and what survives them."""

    clock: Clock
    faults: Faults
    ledger: MemoryLedger
    erp: SimErp
    roads: Mapping[str, Road]
    policies: Mapping[str, StorePolicy]
    checks: Checks
    quiet: Quiet
    happened: Callable[[str], None]


class Onlooker:
    """Sees what one actor reads and writes in the ledger, for the checks.

    ``reads_stores``: it decides from what stores show, so it may misread what it has not heard of.
    """

    def __init__(self, outside: Outside, *, reads_stores: bool) -> None:
        self._ledger, self._checks = outside.ledger, outside.checks
        self._reads_stores = reads_stores
        self._known: dict[OrderKey, StoredOrder] = {}
        self._unheard: dict[str, Mapping[LevelKey, int]] = {}

    def seen(
        self, name: str, arguments: tuple[Any, ...], named: dict[str, Any], result: Any
    ) -> None:
        """One call to the ledger, and what came of it."""
        if name in {"known", "order_lines"}:
            self._known = dict(self._ledger.orders)
        elif name == "taken_units":
            self._unheard[arguments[0]] = self._checks.unheard(arguments[0])
        elif name == "prepare":
            store, _, call = arguments
            self._checks.prepared(store, call, named["as_of"], self._known)
            self._decided(store, {change.key for change in call.changes})
        elif name == "adopt":
            self._decided(arguments[0], set(level_keys(arguments[1])))
        elif name == "settle_key":
            store, key, verdict = arguments
            unheard = self._unheard.get(store, {})
            self._checks.settled_by_reading(store, key, verdict, unheard)

    def _decided(self, store: str, keys: set[LevelKey]) -> None:
        """An unheard order is carried as demand that has no name yet; what came back is not."""
        for key, units in self._unheard.get(store, {}).items() if self._reads_stores else ():
            if key in keys and units < 0:
                self._checks.misread(store, key)
