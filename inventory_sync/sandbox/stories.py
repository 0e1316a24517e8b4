"""What people do, one story each: a generator that acts, and yields the seconds until it goes on.

Put a new story here. Keep out when stories begin (``traffic.py``) and how the ERP learns of online
orders (``importer.py``). Everybody is honest: clerks sell what the ERP has free, shops what they
show.
"""

import random
from collections import Counter
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
from sqlalchemy.exc import OperationalError

from inventory_sync.sandbox.importer import Answer, Importer, Refused, Shops
from inventory_sync.sandbox.market import Market, Outlet
from inventory_sync.sandbox.office import Line, Office

Story = Generator[float, None, None]
Result = TypeVar("Result")

OUTAGES = (httpx.TransportError, OperationalError)

_TRY_AGAIN_SECONDS = 1.0
_FEW_UNITS = 20
_LARGE_UNITS = 25
_SKUS_OF_A_CONTAINER = 260

# What becomes of an online order besides being shipped, with weights.
_FATES = {"nothing": 60, "cancel": 12, "edit": 10, "refund": 8, "hold": 10}


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class Stories:
    """The stories of one market. ``counts`` says how often what has happened."""

    def __init__(
        self,
        rng: random.Random,
        market: Market,
        office: Office,
        shops: Shops,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.importer = Importer(office, shops)
        self._rng = rng
        self._market = market
        self._office = office
        self._shops = shops
        self._now = now

    def any(self) -> Story:
        """One of the stories, by chance."""
        stories = {
            self.online_order: 50,
            self.offline_order: 20,
            self.credit_hold: 15,
            self.large_draft: 5,
            self.replenishment: 10,
        }
        if self._office.plant is not None and self._market.made:
            stories[self.production] = 10
        return self._rng.choices([*stories], [*stories.values()])[0]()

    def online_order(self) -> Story:
        """Somebody buys in a shop, which refuses what it does not show as available."""
        outlet = self._rng.choice(self._market.outlets)
        lines = [{"sku": sku, "quantity": units} for sku, units in self._basket().items()]
        try:
            order = self._shops.post(outlet, "orders", lines=lines)
        except Refused:
            self.counts["online refused"] += 1
            return
        self.counts["online accepted"] += 1
        yield from self._life_of(outlet, order)

    def large_draft(self) -> Story:
        """A company wants many: a draft that reserves its units becomes an order, or nothing."""
        outlet, sku = self._market.outlets[0], self._rng.choice(self._market.skus)
        units = self._rng.randint(_LARGE_UNITS, _LARGE_UNITS + 5)
        behind = max(outlet.warehouses.values(), key=len)
        free = self._office.free_units(sku)
        if sum(free.get(warehouse, 0) for warehouse in behind) < 2 * units:
            return
        until = self._now() + timedelta(seconds=self._soon(20, 60))
        lines = [{"sku": sku, "quantity": units}]
        draft = self._shops.post(outlet, "drafts", lines=lines, reserve_until=until.isoformat())
        self.counts["drafts placed"] += 1
        yield self._soon(5, 15)
        if self._rng.random() < 0.5:
            self._shops.post(outlet, f"drafts/{draft['id']}/delete")
            self.counts["drafts deleted"] += 1
            return
        order = self._shops.post(outlet, f"drafts/{draft['id']}/complete")
        self.counts["drafts completed"] += 1
        yield from self._life_of(outlet, order)

    def offline_order(self) -> Story:
        """A quotation over the telephone: accepted and shipped, or not."""
        order_no = self._sell_offline()
        if order_no is None:
            return
        yield self._soon(2, 10)
        if self._rng.random() < 0.25:
            self._office.cancel_order(order_no)
            self.counts["offline cancelled"] += 1
            return
        self._office.confirm_order(order_no)
        self.counts["offline confirmed"] += 1
        yield self._soon(5, 30)
        if self._rng.random() < 0.6:
            self._office.ship_order(order_no)
            self.counts["offline shipped"] += 1

    def credit_hold(self) -> Story:
        """An order waits for a decision. It may never come: then the hold lapses by itself."""
        order_no = self._sell_offline()
        if order_no is None:
            return
        until = self._now() + timedelta(seconds=self._soon(4, 20))
        self._office.hold_order(order_no, until=until if self._rng.random() < 0.5 else None)
        self.counts["holds placed"] += 1
        yield self._soon(3, 15)
        fate = self._rng.choice(("confirmed", "cancelled", "left alone"))
        if fate == "confirmed":
            self._office.release_hold(order_no)
        elif fate == "cancelled":
            self._office.cancel_hold(order_no)
        self.counts[f"holds {fate}"] += 1

    def replenishment(self) -> Story:
        """What runs short is bought; it arrives some time later."""
        sku = self._rng.choice(self._market.skus)
        warehouse = self._rng.choice(self._market.warehouses)
        if self._office.free_units(sku).get(warehouse, 0) >= _FEW_UNITS:
            return
        order_no = self._office.order_purchase(warehouse, {sku: 3 * _FEW_UNITS})
        yield self._soon(10, 40)
        self._office.receive_purchase(order_no)
        self.counts["purchases received"] += 1

    def production(self) -> Story:
        """Something is made out of its materials, which are set aside at once."""
        plant = self._office.plant
        if plant is None:
            return
        sku, warehouse = self._rng.choice(self._market.made), self._market.warehouses[0]
        production_no = plant.order_production(warehouse, sku, self._rng.randint(2, 6))
        self.counts["productions ordered"] += 1
        yield self._soon(10, 30)
        plant.complete_production(production_no)
        self.counts["productions completed"] += 1

    def container(self) -> Story:
        """A container is ordered and arrives: a little of everything, so a wave of events."""
        warehouse = self._market.warehouses[0]
        units = dict.fromkeys(self._office.skus_in(warehouse)[:_SKUS_OF_A_CONTAINER], 2)
        order_no = self._office.order_purchase(warehouse, units)
        yield self._soon(20, 40)
        self._office.receive_purchase(order_no)
        self.counts["containers received"] += 1

    def _life_of(self, outlet: Outlet, order: Answer) -> Story:
        """The ERP takes the order over; before or after that, somebody may change their mind."""
        path = f"orders/{order['id']}"
        fate = self._rng.choices([*_FATES], [*_FATES.values()])[0]
        is_early = self._rng.random() < 0.3
        if is_early:
            yield self._soon(1, 3)
            yield from self._change(outlet, path, fate)
        yield self._soon(2, 8)
        order_no = yield from self._until_done(lambda: self.importer.take_over(outlet, path))
        if order_no is None:
            return
        self.counts["online imported"] += 1
        yield self._soon(3, 15)
        if not is_early:
            yield from self._change(outlet, path, fate)
            yield self._soon(1, 4)
            yield from self._until_done(lambda: self.importer.follow(outlet, path, order_no))
        if is_early or fate != "cancel":
            yield self._soon(5, 20)
            self._office.ship_order(order_no)
            yield self._soon(1, 5)
            self._shops.post(outlet, f"{path}/fulfill")
            self.counts["online shipped"] += 1

    def _change(self, outlet: Outlet, path: str, fate: str) -> Story:
        """Somebody does something to the order in the shop, unless the shop is away."""
        try:
            yield from self._meet(outlet, path, fate)
        except OUTAGES:
            self.counts["outages"] += 1

    def _meet(self, outlet: Outlet, path: str, fate: str) -> Story:
        line = self._shops.get(outlet, path)["lines"][0]
        sku, units = line["sku"], line["unfulfilled_quantity"]
        if fate == "nothing" or (fate in {"edit", "refund"} and units < 2):
            return
        self.counts[f"online {fate}"] += 1
        if fate == "cancel":
            self._shops.post(outlet, f"{path}/cancel", restock=True)
        elif fate == "edit":
            self._shops.post(outlet, f"{path}/edit", lines=[{"sku": sku, "quantity": units - 1}])
        elif fate == "refund":
            row = {"sku": sku, "quantity": 1, "restock_type": "CANCEL"}
            self._shops.post(outlet, f"{path}/refund", lines=[row])
        else:
            self._shops.post(outlet, f"{path}/hold", reason="HIGH_RISK_OF_FRAUD")
            yield self._soon(2, 6)
            self._shops.post(outlet, f"{path}/release")

    def _until_done(self, action: Callable[[], Result]) -> Generator[float, None, Result]:
        """Try again while the ERP or the stand-in is away: the importer forgets no order."""
        while True:
            try:
                return action()
            except OUTAGES:
                self.counts["outages"] += 1
                yield _TRY_AGAIN_SECONDS

    def _sell_offline(self) -> str | None:
        """A quotation for what the ERP has free; ``None`` when that is too little."""
        sku, units = self._rng.choice(self._market.skus), self._rng.randint(1, 5)
        free = self._office.free_units(sku)
        places = [place for place in self._market.warehouses if free.get(place, 0) >= units]
        if not places:
            self.counts["offline refused"] += 1
            return None
        self.counts["offline placed"] += 1
        return self._office.place_offline_order([Line(sku, self._rng.choice(places), units)])

    def _basket(self) -> dict[str, int]:
        if self._market.kits and self._rng.random() < 0.1:
            return {self._rng.choice(self._market.kits): 1}
        skus = self._rng.sample(self._market.skus, self._rng.choice((1, 1, 1, 2)))
        return {sku: self._rng.choice((1, 1, 1, 2, 3)) for sku in skus}

    def _soon(self, least_seconds: float, most_seconds: float) -> float:
        return self._rng.uniform(least_seconds, most_seconds)
