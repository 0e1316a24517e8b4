"""A company of 100 tables in one store: large enough for the guard to count shares.

Put here how tests of the guard fill and empty it. What is asserted belongs into the tests.
"""

from collections.abc import Mapping
from dataclasses import replace

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.publication import StoreLocation
from inventory_sync.flow.parts import Parts, StorePolicy
from inventory_sync.ledger.ledger import Ledger
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import dataset_rows, location, product, stock
from inventory_sync_tests.flow.world import B2B, Shop, World

TABLES = tuple(f"OAK-TABLE-{number:02}" for number in range(100))


class WideWorld(World):
    """20 of each table in NYC; ``limits`` are those of the guard."""

    limits = GuardLimits()

    @property
    def parts(self) -> Parts:
        return replace(super().parts, limits=self.limits)

    def fill(self, units: int = 20, *, but: Mapping[str, int] | None = None) -> None:
        """So many of each table stand in NYC, ``but`` of some."""
        there = dict.fromkeys(TABLES, units) | dict(but or {})
        self.erp.rows = {
            **self.erp.rows,
            "stock": [stock(sku, str(n), location="NYC") for sku, n in there.items()],
        }

    def empty(self, count: int, units: int = 0) -> None:
        """The first so many tables are gone, or all but some ``units`` of each."""
        self.fill(but=dict.fromkeys(TABLES[:count], units))

    def shows(self) -> list[int]:
        """What the store shows of each table."""
        return [self.shown("b2b", sku) for sku in TABLES]

    def zeroed(self) -> int:
        """How many tables the store does not sell any more."""
        return self.shows().count(0)


def build_wide_world(ledger: Ledger) -> WideWorld:
    """The store shows 3 of each table at first."""
    erp = FakeErp(
        dataset_rows(locations=[location("NYC")], products=[product(sku) for sku in TABLES])
    )
    front = Shop(store="b2b", locations=(StoreLocation(B2B, "b2b", True),))
    for sku in TABLES:
        front.add_level(front.add_item(sku), B2B, 3)
    policies = {"b2b": StorePolicy({B2B: ["NYC"]}, OfferRules(), live=True)}
    world = WideWorld(ledger, erp, {"b2b": front}, policies)
    world.fill()
    return world
