"""Where is traded: the shops, the warehouses behind them, and what is sold.

Put here what traffic has to know about the places it plays in. What it asks of the ERP is
``office.py``, what happens is ``traffic.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory_sync.sandbox.company.bulk import BULK_STORES, bulk_location, bulk_sku
from inventory_sync.sandbox.company.demo_orders import SHOP_OF_STORE
from inventory_sync.sandbox.company.shops import WAREHOUSES_OF_STORE

# In every shop of the demo, sold by the piece, and of which Acme has plenty.
DEMO_SKUS = (
    "OAK-CHAIR-BLACK",
    "OAK-BENCH-160",
    "OAK-TABLE-180",
    "RETRO-CLOCK-BLUE",
    "RETRO-CLOCK-RED",
    "BULB-E27-6W-WARM",
    "VASE-CLAY-M",
    "BRASS-FLOOR-LAMP-L",
    "MINIMALIST-SPOON",
)
DEMO_KITS = ("LED-SHELF-KIT", "OAK-DINING-SET-4")


@dataclass(frozen=True, slots=True)
class Outlet:
    """A store: its handle in the stand-in, and by location number the warehouses that ship."""

    store: str
    shop: str
    warehouses: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Market:
    """What is traded and where. Kits are sold one at a time, as one warehouse must have it all.

    ``made``: what is also produced, if there is a plant.
    """

    outlets: tuple[Outlet, ...]
    skus: tuple[str, ...]
    kits: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    @property
    def warehouses(self) -> tuple[str, ...]:
        """All warehouses that ship for an outlet."""
        found = {
            warehouse: None
            for outlet in self.outlets
            for behind in outlet.warehouses.values()
            for warehouse in behind
        }
        return tuple(found)


def demo_market() -> Market:
    """The three shops of the demo."""
    outlets = tuple(
        Outlet(store, SHOP_OF_STORE[store], warehouses)
        for store, warehouses in WAREHOUSES_OF_STORE.items()
    )
    return Market(outlets, DEMO_SKUS, DEMO_KITS)


def bulk_market(skus: int) -> Market:
    """The four shops of a bulk company, trading its first ``skus`` items."""
    outlets = tuple(
        Outlet(store, store, {location_id: tuple(map(bulk_location, behind))})
        for store, (location_id, behind) in BULK_STORES.items()
    )
    return Market(outlets, tuple(bulk_sku(number) for number in range(1, skus + 1)))
