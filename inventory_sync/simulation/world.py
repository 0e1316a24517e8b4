"""One simulated company with everything in it, from one seed.

Put here how its pieces are put together, and how news travel between them.
"""

import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.domain.publication import Applied, Outcome, SetQuantities
from inventory_sync.domain.webhooks import Hint
from inventory_sync.flow.parts import StorePolicy
from inventory_sync.simulation.checks import Checks
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import LARGE_ORDER_UNITS, Company
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.faults import FaultRates, Faults
from inventory_sync.simulation.imports import Scene
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync.simulation.outside import Outside
from inventory_sync.simulation.played_shop import PlayedShop
from inventory_sync.simulation.product import Product
from inventory_sync.simulation.quiet import Quiet
from inventory_sync.simulation.road import Road
from inventory_sync.simulation.shop_model import ShopTerms
from inventory_sync.simulation.sim_shop import SimShop
from inventory_sync.simulation.traffic import Traffic
from inventory_sync.simulation.truth import LAPSE, LAPSE_WINDOW_SECONDS

LAST_EVENTS: Final = 40
LONGEST_LAG_SECONDS: Final = 200.0
"""The list of orders may learn of an update so late; the product looks back further."""

OpenShop = Callable[[str, Mapping[str, Sequence[str]], Clock, random.Random], PlayedShop]
"""Opens a shop: its name, the SKUs of each store location, time and chance."""


@dataclass
class World:
    """The company, the product and the checks, with one clock and one source of chance."""

    company: Company
    rng: random.Random
    rates: FaultRates
    open_shop: OpenShop | None = None
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_EVENTS))
    events: int = 0

    def __post_init__(self) -> None:
        """Put the pieces together; nothing has happened yet."""
        company, self.clock = self.company, Clock()
        self.faults = Faults(self.rates, self.rng)
        self.ledger = MemoryLedger()
        self.erp = SimErp(
            self.clock,
            skus=company.skus,
            locations=company.locations,
            kits=company.kits,
            skew=timedelta(seconds=self.rng.uniform(-3.0, 3.0)),
        )
        self.erp.asked = self._asked
        opens = self.open_shop or self._sim_shop
        self.shops = {
            store: opens(store, stocked, self.clock, self.rng)
            for store, stocked in company.stocked.items()
        }
        self.checks = Checks(company, self.clock, self.erp, self.ledger, self.shops)
        self.quiet = Quiet(self.clock, self.erp, self.ledger, self.shops)
        self.roads = {
            store: Road(
                shop.front, self.clock, self.faults, self._execute, is_large=company.is_large
            )
            for store, shop in self.shops.items()
        }
        self.traffic = Traffic(
            Scene(company, self.clock, self.erp, self.checks, self.faults, self.rng)
        )
        self.product = Product(
            Outside(
                self.clock,
                self.faults,
                self.ledger,
                self.erp,
                self.roads,
                self._policies(),
                self.checks,
                self.quiet,
                self.happened,
            ),
            self.rng,
        )

    def _policies(self) -> dict[str, StorePolicy]:
        return {
            store: StorePolicy(places, OfferRules(), True, LARGE_ORDER_UNITS)
            for store, places in self.company.places.items()
        }

    def _sim_shop(
        self, store: str, stocked: Mapping[str, Sequence[str]], clock: Clock, rng: random.Random
    ) -> PlayedShop:
        terms = ShopTerms(
            replays=rng.random() < 0.5,
            tells_levels=rng.random() < 0.2,
            lag_seconds=self._lag,
        )
        return SimShop(store, stocked, now=clock.now, terms=terms)

    def _lag(self) -> float:
        late = self.faults.strikes("listed_late")
        return self.rng.uniform(0.0, LONGEST_LAG_SECONDS) if late else 0.0

    def happened(self, what: str) -> None:
        """Remember what happened last."""
        self.last.append(f"{_clock_time(self.clock.now())} {what}")

    def _execute(self, store: str, call: SetQuantities, execute: Callable[[], Outcome]) -> Outcome:
        """A call arrives at a shop."""
        self.checks.about_to_apply(store, call)
        outcome = execute()
        told = [(c.sku, c.expected_units, c.quantity_units) for c in call.changes]
        kind = "adjust" if call.relative else "set"
        self.happened(f"{store} {kind} {call.idempotency_key} {told}: {type(outcome).__name__}")
        if isinstance(outcome, Applied):
            self.checks.applied(store, call)
        return outcome

    def _asked(self, request: OrderRequest) -> None:
        delay = self.rng.uniform(0.5, 60.0)
        self.clock.after(delay, lambda: self.erp.answer(request))

    # --- news ---

    def deliver(self) -> None:
        """Send what the shops owe: in time, late, twice or never."""
        now = self.clock.now()
        for shop in self.shops.values():
            for draft in shop.lapsed(now):
                self.checks.demanded(draft.sku, LAPSE, window_seconds=LAPSE_WINDOW_SECONDS)
                self.happened(f"{shop.store}: the reservation of {draft.draft_id[-6:]} is over")
            for hint in shop.take_hints():
                if not self.faults.strikes("webhook_lost"):
                    self._send(hint)

    def _send(self, hint: Hint) -> None:
        delay = self.rng.uniform(0.05, 2.0)
        if self.faults.strikes("webhook_late"):
            delay = self.rng.uniform(2.0, 240.0)
        times = 2 if self.faults.strikes("webhook_doubled") else 1
        for _ in range(times):
            self.clock.after(delay, lambda: self._receive(hint))
            delay += self.rng.uniform(0.0, 120.0)

    def _receive(self, hint: Hint) -> None:
        self.ledger.receive([hint])

    def look(self) -> None:
        """After every event: deliver, and check what must hold now."""
        self.deliver()
        self.checks.explained()


def _clock_time(now: datetime) -> str:
    return now.strftime("%d %H:%M:%S.%f")[:-3]
