"""A small company for tests of the flow: one SKU-rich ERP, two stores, a real ledger, a set clock.

Put here what several flow tests need to build. What is asserted belongs into the tests.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pandas as pd

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    Export,
    Level,
    LevelKey,
    Outcome,
    Refusal,
    Refused,
    SetQuantities,
    StoreLocation,
)
from inventory_sync.flow.full_pass import PassReport, full_pass
from inventory_sync.flow.parts import Parts, PromisePolicy, StorePolicy
from inventory_sync.flow.promise_publishing_port import PromiseStorefront
from inventory_sync.flow.publish import Wishes
from inventory_sync.ledger.ledger import Ledger
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import commitment, dataset_rows, location, product, stock
from inventory_sync_tests.shopify.fake import FakeStorefront

B2B, B2C = "gid://shopify/Location/1001", "gid://shopify/Location/2001"
SKUS = ("OAK-TABLE", "RETRO-CLOCK", "MINIMALIST-SPOON")


@dataclass
class Shop(FakeStorefront):
    """A fake store in which something may happen at the worst moment.

    ``refuses`` is the answer to every call; ``watch`` is told of each before it counts.
    ``during_exports`` happens between the instant of an export and its answer, last first.
    """

    before_next_call: Callable[[], object] | None = None
    after_next_call: Callable[[], object] | None = None
    after_next_levels: Callable[[], object] | None = None
    during_exports: list[Callable[[], object]] = field(default_factory=list)
    read_by_id: list[str] = field(default_factory=list)
    watch: Callable[[SetQuantities], object] | None = None
    refused_items: set[str] = field(default_factory=set)
    refuses: Refusal | None = None

    def levels(self, store_location_id: str) -> Iterator[Level]:
        yield from super().levels(store_location_id)
        happening, self.after_next_levels = self.after_next_levels, None
        if happening is not None:
            happening()

    def export(self, store_location_ids: Sequence[str]) -> Export | None:
        found = super().export(store_location_ids)
        while self.during_exports:
            self.during_exports.pop()()
        return found

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        self.read_by_id += inventory_item_ids
        return super().levels_of(store_location_id, inventory_item_ids)

    def set_quantities(self, call: SetQuantities) -> Outcome:
        if self.watch is not None:
            self.watch(call)
        happening, self.before_next_call = self.before_next_call, None
        if happening is not None:
            happening()
        bad = [
            i for i, c in enumerate(call.changes) if c.key.inventory_item_id in self.refused_items
        ]
        if bad:
            self.calls.append(call)
            return Refused({i: Refusal("NON_MUTABLE_INVENTORY_ITEM", "a bundle") for i in bad})
        if self.refuses is not None:
            self.calls.append(call)
            return Refused({}, (self.refuses,))
        outcome = super().set_quantities(call)
        happening, self.after_next_call = self.after_next_call, None
        if happening is not None:
            happening()
        return outcome

    def buy_unlisted(self, key: LevelKey, units: int) -> list[OrderLine]:
        """An order takes its units, but is listed only once it is added to ``orders``."""
        self.buy(key, units)
        return self.orders.pop()


@dataclass
class World:
    """``erp`` and the two stores can be changed between passes; ``run`` makes a pass."""

    ledger: Ledger
    erp: FakeErp
    stores: dict[str, Shop]
    policies: dict[str, StorePolicy]
    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    slept_seconds: list[float] = field(default_factory=list)
    promises: PromisePolicy = field(default_factory=PromisePolicy)
    promise_fronts: dict[str, PromiseStorefront] = field(default_factory=dict)
    ids: Callable[[], str] = field(
        default_factory=lambda: map("id-{:06d}".format, count()).__next__
    )

    @property
    def parts(self) -> Parts:
        return Parts(
            erp=self.erp,
            ledger=self.ledger,
            storefronts=self.stores,
            policies=self.policies,
            limits=GuardLimits(),
            now=lambda: self.now,
            sleep=self._sleep,
            new_id=self.ids,
            code_version="test",
            promises=self.promises,
            promise_fronts=self.promise_fronts,
        )

    def run(self, *, after: timedelta = timedelta(minutes=1), **wishes: object) -> PassReport:
        self.now += after
        return full_pass(self.parts, Wishes(**wishes))

    def shown(self, store: str = "b2b", sku: str = "OAK-TABLE") -> int:
        return self.stores[store].stock[self.key(store, sku)].available_units

    def key(self, store: str, sku: str = "OAK-TABLE") -> LevelKey:
        front = self.stores[store]
        item = next(i.inventory_item_id for i in front.items.values() if i.sku == sku)
        return LevelKey(item, front.locations[0].store_location_id)

    def calls(self, store: str = "b2b") -> int:
        return len(self.stores[store].calls)

    def set_stock(self, **physical: str | None) -> None:
        """``OAK_TABLE="7"``: what stands in NYC from now on; other SKUs keep their 20 units."""
        units = {sku: physical.get(sku.replace("-", "_"), "20") for sku in SKUS}
        self.erp.rows = {
            **self.erp.rows,
            "stock": [stock(sku, there, location="NYC") for sku, there in units.items()],
        }

    def findings(self, scope: str) -> pd.DataFrame:
        return self.ledger.open_findings(scope)

    def _sleep(self, seconds: float) -> None:
        self.slept_seconds.append(seconds)
        self.now += timedelta(seconds=seconds)


def build_world(ledger: Ledger, *, rules: OfferRules | None = None) -> World:
    """20 of each SKU in NYC, which both stores offer whole; both shops show 3 of each."""
    erp = FakeErp(
        dataset_rows(
            locations=[location("NYC")],
            products=[product(sku) for sku in SKUS],
            stock=[stock(sku, "20", location="NYC") for sku in SKUS],
        )
    )
    stores = {"b2b": _store("b2b", B2B), "b2c": _store("b2c", B2C)}
    policies = {
        name: StorePolicy({gid: ["NYC"]}, rules or OfferRules(), live=True)
        for name, gid in (("b2b", B2B), ("b2c", B2C))
    }
    return World(ledger, erp, stores, policies)


def _store(name: str, gid: str) -> Shop:
    front = Shop(store=name, locations=(StoreLocation(gid, name, True),))
    for sku in SKUS:
        front.add_level(front.add_item(sku), gid, 3)
    return front


def held(units: str, sku: str = "OAK-TABLE", **changes: str | None):
    """A commitment of kind hold."""
    return commitment(f"HOLD-{sku}", sku=sku, quantity=units, expires_at=None, **changes)
