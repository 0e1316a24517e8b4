"""Ports of a scripted story: things happen there at the moment that the script has chosen.

Put here what stands between the product and the simulated ERP and shops of a script.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

from inventory_sync.domain.extract import ErpExtract
from inventory_sync.domain.publication import Outcome, SetQuantities, Unknown
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import Company
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.faults import Faults
from inventory_sync.simulation.process import Process
from inventory_sync.simulation.sim_shop import SimShop

Happening = Callable[[], object]


class Director(Process):
    """A process without faults, in which something may happen before or after one call."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        super().__init__("the script", clock, faults)
        self.cues: dict[str, deque[Happening]] = {}

    def step(self, what: str, seconds: float, *, durable: bool = True) -> None:
        """What the script has for this moment happens now, once."""
        waiting = self.cues.get(what)
        if waiting:
            waiting.popleft()()


class ScriptedErp(SimErp):
    """An ERP in which something happens while it is read."""

    def __init__(self, clock: Clock, company: Company) -> None:
        super().__init__(clock, skus=company.skus, locations=company.locations, kits=company.kits)
        self.meanwhile: list[Happening] = []

    def extract(
        self, skus: Collection[str], order_ids: Collection[str], *, dated: bool = False
    ) -> ErpExtract:
        """One snapshot: what happens meanwhile is not in it."""
        rows = super().extract(skus, order_ids, dated=dated)
        self.let_it_happen()
        return rows

    def let_it_happen(self) -> None:
        """What is to happen meanwhile happens now, once."""
        happenings, self.meanwhile = self.meanwhile, []
        for happen in happenings:
            happen()


class ScriptedRoad:
    """The way to a shop, on which the next calls meet a fate: ``request lost``, ``answer lost`` or
    ``request late``.
    """

    def __init__(self, front: SimShop) -> None:
        self._front = front
        self.fates: deque[str] = deque()
        self.under_way: deque[SetQuantities] = deque()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._front, name)

    def export(self, store_location_ids: Sequence[str]) -> None:
        """The shops of the stories are small: they are read in pages."""

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """The call meets its fate."""
        if not self.fates:
            return self._front.set_quantities(call)
        fate = self.fates.popleft()
        if fate == "answer lost":
            self._front.set_quantities(call)
        elif fate == "request late":
            self.under_way.append(call)
        return Unknown(fate)

    def arrive(self) -> None:
        """The late call arrives."""
        self._front.set_quantities(self.under_way.popleft())
