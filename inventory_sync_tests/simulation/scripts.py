"""A stage for stories of a few steps, on the product's own flow and rules.

Put here what a script needs to tell what shoppers, the ERP and the product do, one after the other.
What must not come of it is asserted in the tests.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any, Final, cast

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.dirty import DirtySku, Lane
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync.flow.parts import Parts, StorePolicy
from inventory_sync.flow.ports import ErpSource, Storefront
from inventory_sync.flow.publish import Wishes
from inventory_sync.flow.store_hearing import StoreEar
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import Company
from inventory_sync.simulation.erp import Promise
from inventory_sync.simulation.faults import FaultRates, Faults
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync.simulation.played_shop import SoldLine
from inventory_sync.simulation.process import OneThread, Watched
from inventory_sync.simulation.shop_model import ShopTerms
from inventory_sync.simulation.sim_shop import SimShop
from inventory_sync_tests.simulation.scenarios import CLOCKS, CLOCKS_ALONE
from inventory_sync_tests.simulation.scripted_ports import (
    Director,
    Happening,
    ScriptedErp,
    ScriptedRoad,
)
from inventory_sync_tests.simulation.switches import Off

B2C: Final = "b2c-us"
B2B: Final = "b2b-us"
CLOCK: Final = "RETRO-CLOCK"
NEVER_LISTED: Final = 1e9


class Stage:
    """One company with ``units`` of everything, of which every store shows what it may.

    ``lists_orders``: whether a store's list of orders has new ones at once, or for now not at all.
    """

    def __init__(self, company: Company, units: int, *, lists_orders: bool = True) -> None:
        self.company, self.clock = company, Clock()
        self.lists_orders = lists_orders
        self.ledger = MemoryLedger()
        self.erp = ScriptedErp(self.clock, company)
        for pair in self.erp.physical:
            self.erp.physical[pair] = units
        self.exist = dict(self.erp.physical)
        terms = ShopTerms(lag_seconds=lambda: 0.0 if self.lists_orders else NEVER_LISTED)
        self.shops = {
            store: SimShop(store, places, now=self.clock.now, terms=terms)
            for store, places in company.stocked.items()
        }
        self.roads = {store: ScriptedRoad(shop) for store, shop in self.shops.items()}
        self.director = Director(self.clock, Faults(FaultRates.none(), cast(Any, None)))
        self.parts = self._parts()
        self.full_pass()
        self.ear = StoreEar(self.parts)
        self.ear.hear()

    def _parts(self) -> Parts:
        ids = map("id-{}".format, count(1))

        def watched(thing: object) -> Any:
            return Watched(thing, self.director, lambda name: 0.0)

        return Parts(
            erp=cast(ErpSource, watched(self.erp)),
            ledger=cast(Ledger, watched(self.ledger)),
            storefronts={
                store: cast(Storefront, watched(road)) for store, road in self.roads.items()
            },
            policies={
                store: StorePolicy(places, OfferRules(), True)
                for store, places in self.company.places.items()
            },
            limits=GuardLimits(),
            now=self.clock.now,
            sleep=self.clock.sleep,
            new_id=lambda: next(ids),
            code_version="script",
            threads=OneThread,
        )

    def when(self, moment: str, *happenings: Happening) -> None:
        """Let something happen at the next such moment, as in ``before prepare``."""
        self.director.cues.setdefault(moment, deque()).append(
            lambda: [happen() for happen in happenings]
        )

    # --- shoppers and the ERP ---

    def shown(self, store: str = B2C, sku: str = CLOCK) -> int:
        """What a store shows and sells."""
        shop = self.shops[store]
        return sum(shop.available(key) for (name, _), key in shop.keys.items() if name == sku)

    def buy(self, units: int = 1, *, store: str = B2C, sku: str = CLOCK) -> SoldLine | None:
        """Somebody buys if the store shows enough; nobody has heard of it yet."""
        shop = self.shops[store]
        for (name, _), key in shop.keys.items():
            if name == sku and shop.available(key) >= units:
                return shop.sell(sku, key, units, at=self.clock.seconds)
        return None

    def sell(self, units: int = 1) -> SoldLine:
        """The first buyer, who finds enough."""
        line = self.buy(units)
        assert line is not None
        return line

    def everybody_buys(self) -> None:
        """Shoppers come until no store shows anything."""
        for store, shop in self.shops.items():
            for sku, _ in shop.keys:
                while self.buy(store=store, sku=sku):
                    pass

    def receive(self, units: int, *, sku: str = CLOCK, place: str = "NYC") -> None:
        """Goods come in."""
        self.erp.physical[sku, place] += units
        self.exist[sku, place] += units

    def sell_offline(self, units: int, *, sku: str = CLOCK, place: str = "NYC") -> None:
        """The ERP promises units to somebody of its own."""
        name = f"offline-{len(self.erp.promises)}"
        self.erp.promise(Promise(name, name, sku, place, units, "order"))

    def import_order(self, line: SoldLine, *, place: str = "NYC") -> None:
        """The ERP books an order and acknowledges it."""
        order = (line.order_id, line.line_id)
        self.erp.promise(
            Promise(line.order_id, line.order_id, line.sku, place, line.wanted_units, "order",
                    None, order)
        )  # fmt: skip
        self.erp.acknowledged[order] = line.wanted_units

    # --- the product ---

    def hear(self) -> None:
        """The webhooks that are owed arrive, and are looked at."""
        for shop in self.shops.values():
            self.ledger.receive(list(shop.take_hints()))
        self.ear.hear()

    def lose_webhooks(self) -> None:
        """The webhooks that are owed never arrive."""
        for shop in self.shops.values():
            shop.take_hints()

    def event_pass(self, *skus: str) -> None:
        """What follows an event about some SKUs, or about the one that most stories are about."""
        EventPasses(self.parts).run([self._dirty("order_events", sku) for sku in skus or [CLOCK]])

    def careful_pass(self, *skus: str) -> None:
        """A look at what the stores show."""
        careful_pass(self.parts, [self._dirty("repair", sku) for sku in skus or [CLOCK]])

    def full_pass(self, wishes: Wishes | None = None) -> None:
        """The daily work."""
        full_pass(self.parts, wishes or Wishes())

    def _dirty(self, lane: Lane, sku: str) -> DirtySku:
        now = self.clock.now()
        return DirtySku(lane, sku, 0, now, now, "the script", 1)

    def come_to_rest(self) -> None:
        """All news arrives and everything is booked; then everything is looked at."""
        for shop in self.shops.values():
            for line in shop.book.sold.values():
                self.import_order(line)
        self.hear()
        self.clock.sleep(30.0)
        self.event_pass(*self.company.skus)
        self.full_pass()

    # --- the truth ---

    def oversold_units(self) -> int:
        """Units that were promised and do not exist."""
        left = dict(self.exist)
        wanted = [
            (line.sku, line.wanted_units)
            for shop in self.shops.values()
            for line in shop.book.sold.values()
        ]
        wanted += [(p.sku, p.units) for p in self.erp.promises.values() if p.order is None]
        for sku, units in wanted:
            for part, times in self.company.parts(sku).items():
                left[part, "NYC"] -= units * times
        return sum(max(0, -units) for units in left.values())

    def unexplained(self) -> Sequence[object]:
        """Levels that show something else than the ledger can tell why."""
        return [
            base
            for (store, key), base in self.ledger.published.items()
            if self.shops[store].available(key) + self.shops[store].taken(key)
            != base.quantity_units + base.taken_units
        ]


Story = Callable[[Stage], object]
Harm = Callable[[Stage], object]


def sold_twice(stage: Stage) -> int:
    """Everybody buys what is shown: how much of it does not exist?"""
    stage.everybody_buys()
    return stage.oversold_units()


def sold_from(stage: Stage, *, store: str = B2C, sku: str = CLOCK) -> int:
    """Somebody buys this alone: does it exist?"""
    stage.buy(store=store, sku=sku)
    return stage.oversold_units()


def prove(stage: Callable[[], Stage], story: Story, off: Off, harm: Harm = sold_twice) -> None:
    """The story does no harm and leaves nothing unexplained; without its protection it does."""
    good, bad = stage(), stage()
    story(good)
    assert not harm(good)
    good.come_to_rest()
    assert not good.unexplained()
    assert not good.ledger.open_writes
    with off():
        story(bad)
        assert harm(bad)


def stage_of(company: Company, units: int, *, lists_orders: bool = True) -> Callable[[], Stage]:
    """Opens the same stage again and again."""
    return partial(Stage, company, units, lists_orders=lists_orders)


def a_raise_beside_an_unheard_order(stage: Stage) -> None:
    """A clock is sold, which nobody has heard of, and another one comes in."""
    stage.buy()
    stage.receive(1)
    stage.event_pass()


ONE_CLOCK: Final = stage_of(CLOCKS_ALONE, 1)
TWO_CLOCKS: Final = stage_of(CLOCKS_ALONE, 2)
TWO_CLOCKS_UNLISTED: Final = stage_of(CLOCKS_ALONE, 2, lists_orders=False)
TWO_CLOCKS_IN_TWO_STORES: Final = stage_of(CLOCKS, 2)
