"""What the ERP's people do: goods come and go, holds are placed and end, others buy offline.

Put a kind of event of the ERP here. Each books one thing and tells of it.
"""

from datetime import timedelta
from itertools import count

from inventory_sync.simulation.erp import Pair, Promise
from inventory_sync.simulation.imports import Imports, Scene


class ErpPeople(Imports):
    """The hands of the ERP."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._numbers = count(1)

    def _pair(self) -> Pair:
        pairs = [p for p in self._erp.physical if not self.about or p[0] in self.about]
        return self._rng.choice(pairs or list(self._erp.physical))

    def _receipt(self) -> str:
        sku, place = self._pair()
        promised = self._erp.books().atp[sku, place]
        units = self._rng.randint(1, 6) if promised < 8 else 0
        if not units:
            return f"{place} has enough {sku}"
        self._erp.physical[sku, place] += units
        self._tell("stock_received", sku, None)
        return f"{place} receives {units} {sku}"

    def _damage(self) -> str | None:
        sku, place = self._pair()
        if self._erp.books().atp[sku, place] < 1:
            return None
        self._erp.physical[sku, place] -= 1
        self._checks.demanded(sku, "the ERP")
        self._tell("stock_adjusted", sku, None)
        return f"{place} loses a {sku}"

    def _promised(self, kind: str) -> str | None:
        sku, place = self._pair()
        units = self._rng.randint(1, 3)
        if self._erp.books().atp[sku, place] < units:
            return None
        name = f"{kind}-{next(self._numbers)}"
        ends = None
        if kind == "hold":
            ends = self._erp.now() + timedelta(minutes=self._rng.uniform(1, 180))
        self._erp.promise(Promise(name, name, sku, place, units, kind, ends))
        self._checks.demanded(sku, "the ERP")
        self._tell("hold_placed" if kind == "hold" else "order_created", sku, name)
        return f"the ERP promises {units} {sku} at {place} ({name}, until {ends})"

    def _offline(self) -> str | None:
        return self._promised("order")

    def _hold(self) -> str | None:
        return self._promised("hold")

    def _own(self, kind: str) -> Promise | None:
        found = [
            p for p in self._erp.promises.values() if p.kind == kind and not p.order
            and self._erp.is_open(p)
        ]  # fmt: skip
        return self._rng.choice(found) if found else None

    def _hold_ends(self) -> str | None:
        hold = self._own("hold")
        if hold is None:
            return None
        del self._erp.promises[hold.name]
        confirmed = self._rng.random() < 0.5
        if confirmed:
            self._erp.promise(Promise(hold.name, hold.document, hold.sku, hold.location, hold.units,
                                      "order"))  # fmt: skip
        named = hold.sku if self._rng.random() < 0.8 else None
        self._tell("hold_confirmed" if confirmed else "hold_cancelled", named, hold.document)
        return f"{hold.name} is {'confirmed' if confirmed else 'cancelled'}"

    def _ship_offline(self) -> str | None:
        order = self._own("order")
        if order is None:
            return None
        del self._erp.promises[order.name]
        if self._rng.random() < 0.2:
            self._tell("order_cancelled", order.sku, order.document)
            return f"{order.name} is cancelled"
        self._take(order.sku, order.location, order.units)
        self._tell("order_shipped", order.sku, order.document)
        return f"{order.name} is shipped"
