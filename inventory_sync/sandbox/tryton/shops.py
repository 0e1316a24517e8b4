"""Where the company in Tryton trades: three Shopify shops, and the orders that a demo begins with.

Put the shops and the market of the company here, as data for the stand-in and for traffic. The
rules that the stores shall follow are settings, in ``inventory_sync.yaml`` beside this file.
"""

from typing import Final

from inventory_sync.sandbox.company.demo_orders import SHOP_OF_STORE, DemoOrder
from inventory_sync.sandbox.market import Market, Outlet
from inventory_sync.sandbox.standin.seed import ItemSeed, LevelSeed, LocationSeed, ShopSeed
from inventory_sync.sandbox.tryton.books import CODES, KIT, OPENING

# By store and location number: the warehouses whose stock the location offers.
WAREHOUSES: Final[dict[str, dict[int, tuple[str, ...]]]] = {
    "b2b-us": {1001: ("WH", "EAST"), 1002: ("WEST",)},
    "b2c-us": {2001: ("WH", "EAST", "WEST")},
    "b2c-eu": {3001: ("EAST",)},
}
MARKET: Final = Market(
    tuple(Outlet(store, SHOP_OF_STORE[store], behind) for store, behind in WAREHOUSES.items()),
    skus=("SKU-01", "SKU-02", "SKU-03", "SKU-04", "SKU-05", "SKU-09", "SKU-10", "SKU-15", "SKU-19"),
    kits=("KIT-01",),
    made=("SKU-19",),
)
ORDERS: Final = (
    DemoOrder("b2b-us", "#1001", 1001, "WH", (("SKU-03", 8), ("SKU-02", 2)), True),
    DemoOrder("b2b-us", "#1002", 1002, "WEST", (("SKU-01", 2),), False),
    DemoOrder("b2c-us", "#1001", 2001, "WH", (("KIT-01", 1),), True),
    DemoOrder("b2c-us", "#1002", 2001, "WH", (("SKU-09", 12),), False),
    DemoOrder("b2c-eu", "#1001", 3001, "EAST", (("SKU-04", 2),), True),
)

_NAMES: Final = {1001: "Main", 1002: "West", 2001: "US Web", 3001: "EU Web"}
_CAP_UNITS: Final = {"b2b-us": 500, "b2c-us": 90, "b2c-eu": 10}


def shops() -> tuple[ShopSeed, ...]:
    """The shops as somebody filled them when the company opened, and never again."""
    return tuple(
        ShopSeed(
            handle=SHOP_OF_STORE[store],
            myshopify_domain=f"{SHOP_OF_STORE[store]}.myshopify.com",
            access_token=f"sandbox-{store}",
            webhook_secret=f"sandbox-webhooks-{store}",
            plan="plus",
            locations=tuple(LocationSeed(number, _NAMES[number]) for number in behind),
            items=tuple(_item(store, sku) for sku in (*CODES, KIT[0])),
        )
        for store, behind in WAREHOUSES.items()
    )


def _item(store: str, sku: str) -> ItemSeed:
    levels = [
        LevelSeed(number, min(_CAP_UNITS[store], sum(_opening(sku, code) for code in behind)))
        for number, behind in WAREHOUSES[store].items()
    ]
    return ItemSeed(sku, levels=tuple(levels))


def _opening(sku: str, warehouse: str) -> int:
    """Units of an item, or of the kit that can be put together."""
    kit, parts = KIT
    if sku == kit:
        return min(_opening(part, warehouse) // units for part, units in parts.items())
    return OPENING[{"WH": "MAIN"}.get(warehouse, warehouse)].get(sku, 0)
