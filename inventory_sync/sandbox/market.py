"""Where Acme trades: its shops, the warehouses behind them, and what the ERP has free.

Put here what traffic has to know about the places it plays in, and what it asks of the ERP. Keep
what happens there out: that is ``traffic.py``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, text

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
    """What is traded and where. Kits are sold one at a time, as one warehouse must have it all."""

    outlets: tuple[Outlet, ...]
    skus: tuple[str, ...]
    kits: tuple[str, ...] = ()

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


@dataclass(frozen=True, slots=True)
class Oversold:
    """Units that were sold online and that the ERP cannot ship from where they are committed."""

    sku: str
    warehouse: str
    units: int


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


def skus_in(engine: Engine, warehouse: str) -> list[str]:
    """Everything that has a place in a warehouse, sorted."""
    query = text("SELECT sku FROM erp_contract.stock WHERE location = :warehouse ORDER BY sku")
    with engine.connect() as connection:
        return list(connection.scalars(query, {"warehouse": warehouse}))


def free_units(engine: Engine, sku: str) -> dict[str, int]:
    """Whole units of an item or kit that are uncommitted at each warehouse that stocks it."""
    with engine.connect() as connection:
        rows = connection.execute(text(_FREE), {"sku": sku})
        return {warehouse: int(units) for warehouse, units in rows}


def oversold_units(engine: Engine, order_ids: Collection[str]) -> list[Oversold]:
    """What is committed beyond an item's stock at a warehouse, as far as these orders do it.

    A reservation made for a web order does not count: while it waits to be released, the order
    itself may be there already.
    """
    with engine.connect() as connection:
        rows = connection.execute(text(_OVERSOLD), {"order_ids": [*order_ids]})
        return [Oversold(sku, warehouse, int(units)) for sku, warehouse, units in rows]


_OPEN = "expires_at IS NULL OR expires_at > now()"

_FREE = f"""
WITH parts AS (SELECT part_sku AS sku, quantity FROM acme.stock_parts WHERE sku = :sku),
committed AS (
    SELECT sku, location, sum(quantity) AS units FROM erp_contract.commitments
    WHERE sku = ANY (ARRAY(SELECT sku FROM parts)) AND ({_OPEN}) GROUP BY sku, location
)
SELECT location,
       floor(min((physical - unavailable - coalesce(units, 0)) / parts.quantity)) AS free
FROM erp_contract.stock
JOIN parts USING (sku)
LEFT JOIN committed USING (sku, location)
GROUP BY location
HAVING count(*) = (SELECT count(*) FROM parts)
"""

_OVERSOLD = f"""
WITH online AS (
    SELECT sku, location, sum(quantity) AS units FROM erp_contract.commitments
    WHERE external_order_id = ANY (:order_ids) GROUP BY sku, location
),
committed AS (
    SELECT sku, location, sum(quantity) AS units FROM erp_contract.commitments
    WHERE sku = ANY (ARRAY(SELECT sku FROM online)) AND ({_OPEN})
      AND (kind <> 'reservation' OR external_order_id IS NULL)
    GROUP BY sku, location
)
SELECT sku, location,
       ceil(least(online.units, committed.units - coalesce(physical - unavailable, 0)))
FROM online
JOIN committed USING (sku, location)
LEFT JOIN erp_contract.stock USING (sku, location)
WHERE committed.units > coalesce(physical - unavailable, 0)
ORDER BY sku, location
"""
