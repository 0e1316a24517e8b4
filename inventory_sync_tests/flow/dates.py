"""A company whose stores tell dates, for tests of what renews them after an event.

Put here what such tests need to build. What is asserted belongs into the tests.
"""

import json
from datetime import timedelta
from typing import Any

import pandas as pd

from inventory_sync.domain.promise import Place
from inventory_sync.flow.away import Away
from inventory_sync.flow.event_dates import Renewed, renew_dates
from inventory_sync.flow.gather import read_erp
from inventory_sync.flow.parts import PromisePolicy
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.promise_publishing import (
    PromiseBasis,
    PromiseReport,
    publish_availability,
)
from inventory_sync.flow.promises_now import promise_basis
from inventory_sync_tests.domain.dated_worlds import supply
from inventory_sync_tests.domain.promises import calendar
from inventory_sync_tests.flow.lanes import Lanes, add_kit
from inventory_sync_tests.flow.world import World
from inventory_sync_tests.shopify.fake_promises import FakePromises, variant_of

LATER = supply("S-7", sku="OAK-TABLE", quantity="30", due_date="2026-12-01")


class Dates:
    """The small company with its lanes, whose stores tell dates. ``hour`` is the hourly renewal."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.away = Away()
        add_kit(world)
        world.erp.rows = {**world.erp.rows, "supply": [LATER]}
        world.erp.taken_at = world.now
        world.promises = PromisePolicy(places={"NYC": Place("NYC", calendar())})
        self.fronts = {name: FakePromises(front) for name, front in world.stores.items()}
        for front in world.stores.values():
            front.scopes |= {"write_products"}
        world.promise_fronts = dict(self.fronts)
        world.run()
        self.lanes = Lanes(world)
        self.lanes.restart()
        self.lanes.until_quiet()
        self.hour()
        for front in self.fronts.values():
            front.calls.clear()

    def basis(self) -> PromiseBasis:
        self.world.erp.taken_at = self.world.now
        parts, read_at = self.world.parts, self.world.now
        judged = read_erp(parts, "hour")
        return promise_basis(parts, judged.snapshot, Basis.of(parts, judged), read_at=read_at)

    def hour(self, basis: PromiseBasis | None = None) -> dict[str, PromiseReport]:
        basis = basis or self.basis()
        return {
            store: publish_availability(
                self.world.parts, store, basis, self.levels(store), pass_id="hour", live=True
            )
            for store in self.fronts
        }

    def levels(self, store: str) -> pd.DataFrame:
        front = self.world.stores[store]
        at = front.locations[0].store_location_id
        rows = [(each.inventory_item_id, at, each.sku) for each in front.items.values()]
        return pd.DataFrame(rows, columns=["inventory_item_id", "store_location_id", "sku"])

    def event(self, *skus: str) -> None:
        for sku in skus or ("OAK-TABLE",):
            self.lanes.event(sku)
        self.lanes.turn()

    def renew(self, *, after: float = 11, stay: float = 4) -> Renewed:
        self.lanes.later(after)
        renewed = renew_dates(self.world.parts, self.away, stay=timedelta(seconds=stay))
        assert renewed is not None
        return renewed

    def steps(self, sku: str = "OAK-TABLE", store: str = "b2b") -> Any:
        owner = self.owner(sku, store)
        (only,) = json.loads(self.fronts[store].held[owner])["places"]
        return only["steps"]

    def owner(self, sku: str = "OAK-TABLE", store: str = "b2b") -> str:
        return variant_of(self.world.key(store, sku).inventory_item_id)

    def written(self, store: str = "b2b") -> list[set[str]]:
        return [{each.owner_id for each in call} for call in self.fronts[store].calls]
