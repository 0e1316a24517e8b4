"""Web orders reach the ERP: some seconds or an hour later, as they are by then.

Put here what the ERP books of an order of a store, and what it tells about it.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inventory_sync.simulation.checks import Checks
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import Company
from inventory_sync.simulation.erp import Promise, SimErp
from inventory_sync.simulation.faults import Faults
from inventory_sync.simulation.played_shop import SoldLine

LONGEST_EVENT_DELAY_SECONDS: Final = 45.0
"""An event of the ERP is to be seen so much later than one with a higher id."""


@dataclass(frozen=True)
class Scene:
    """What traffic happens to, and the chance behind it."""

    company: Company
    clock: Clock
    erp: SimErp
    checks: Checks
    faults: Faults
    rng: random.Random


class Imports:
    """The way of orders into the ERP. ``about`` narrows traffic to some SKUs for a while."""

    def __init__(self, scene: Scene) -> None:
        self._company, self._clock, self._erp = scene.company, scene.clock, scene.erp
        self._checks, self._faults, self._rng = scene.checks, scene.faults, scene.rng
        self._shipped: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._placed: dict[str, str] = {}
        self.about: tuple[str, ...] = ()

    def _import_later(self, line: SoldLine) -> None:
        fast, slow = self._rng.uniform(2.0, 60.0), self._rng.uniform(60.0, 3600.0)
        delay = fast if self._rng.random() < 0.7 else slow
        self._clock.after(delay, lambda: self.take_over(line))

    def take_over(self, line: SoldLine) -> None:
        """The ERP books an order as it is now: what is open, shipped, sent back or written off."""
        order = (line.order_id, line.line_id)
        known = self._erp.promises.get(line.order_id)
        places = self._company.places[line.store][line.key.store_location_id]
        atp = self._erp.books().atp
        best = max(places, key=lambda at: min(atp.get((p, at), 0) for p in self._parts(line.sku)))
        place = self._placed.setdefault(line.order_id, best)
        is_new = order not in self._erp.acknowledged
        shipped = line.shipped_units - self._shipped.get(line.order_id, 0)
        lost = line.lost_units - self._lost.get(line.order_id, 0)
        written_off = self._rng.randint(0, lost)
        self._shipped[line.order_id], self._lost[line.order_id] = (
            line.shipped_units,
            line.lost_units,
        )
        taken = shipped + written_off
        self._take(line.sku, place, taken)
        self._erp.promise(
            Promise(line.order_id, line.order_id, line.sku, place, line.unshipped_units, "order",
                    None, order)
        )  # fmt: skip
        same = known is not None and known.units == line.unshipped_units
        if same and self._erp.acknowledged.get(order) == line.wanted_units and not taken:
            return
        self._erp.acknowledged[order] = line.wanted_units
        kind = "order_created" if is_new else "order_changed"
        sku = line.sku if self._rng.random() < 0.95 else None
        self._tell("order_cancelled" if line.is_cancelled else kind, sku, line.order_id)

    def _tell(self, kind: str, sku: str | None, document: str | None) -> None:
        late = 0.0
        if self._faults.strikes("event_late"):
            late = self._rng.uniform(0.0, LONGEST_EVENT_DELAY_SECONDS)
        self._erp.tell(kind, sku, document, late_seconds=late)

    def _take(self, sku: str, place: str, units: int) -> None:
        """Units leave a place; those that are not there were bought elsewhere meanwhile."""
        for part, times in self._company.parts(sku).items():
            left = self._erp.physical[part, place] - times * units
            self._erp.physical[part, place] = max(0, left)

    def _parts(self, sku: str) -> Mapping[str, int]:
        return self._company.parts(sku)
