"""The three Shopify shops that Acme sells in, as they look before the first synchronisation.

Put the shops' catalogues, their stale quantities and their blemishes here, as data for the
stand-in. Keep the demo's orders (``demo_orders.py``) out, and the rules that the stores shall
follow: those are settings, in ``inventory_sync.yaml``.
"""

import random
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from inventory_sync.sandbox.company.catalog import Item, items
from inventory_sync.sandbox.company.demo_orders import DEMO_ORDERS, SHOP_OF_STORE
from inventory_sync.sandbox.company.seed import write_books
from inventory_sync.sandbox.company.seed_books import Books, parts_of
from inventory_sync.sandbox.standin.seed import ItemSeed, LevelSeed, LocationSeed, ShopSeed

# What a demo or a page of documentation points at is in every shop.
_ALWAYS_CARRIED = {sku for order in DEMO_ORDERS for sku, _ in order.lines} | {
    "OAK-TABLE-180",
    "RETRO-CLOCK-BLUE",
    "RETRO-CLOCK-MINT",
    "BRASS-PENDANT-M",
    "OAK-DINING-ROOM",
    # The blemished ones, each in the shop that has it wrong.
    "TEAK-BED-180",
    "WALNUT-DESK-140",
    "OAK-STOOL-45",
    "PAPER-LAMP-30",
}


@dataclass(frozen=True, slots=True)
class _Habits:
    """How one shop was filled, some time ago and by hand."""

    warehouses: dict[int, tuple[str, ...]]  # location id -> the warehouses whose stock it shows
    carried_share: float
    shown_share: Decimal
    cap_units: int
    carries_bulk: bool = False


_HABITS = {
    "b2b-us": _Habits(
        {1001: ("NYC", "EWR"), 1002: ("LAX",), 1003: ("PLANT-1",)},
        carried_share=0.95,
        shown_share=Decimal(1),
        cap_units=500,
        carries_bulk=True,
    ),
    "b2c-us": _Habits(
        {2001: ("NYC", "EWR", "LAX")}, carried_share=0.8, shown_share=Decimal("0.8"), cap_units=200
    ),
    "b2c-eu": _Habits(
        {3001: ("EWR",)}, carried_share=0.6, shown_share=Decimal("0.5"), cap_units=50
    ),
}

# By store and location number: the warehouses whose stock the location offers.
WAREHOUSES_OF_STORE = {store: habits.warehouses for store, habits in _HABITS.items()}


def shops(seed: int, now: datetime) -> tuple[ShopSeed, ...]:
    """The shops of the company with this seed and ``now``, for the stand-in."""
    books = write_books(seed, now)
    return (_b2b_us(books), _b2c_us(books), _b2c_eu(books))


def _b2b_us(books: Books) -> ShopSeed:
    carried = _carried_items("b2b-us", books)
    bed, desk = carried["TEAK-BED-180"], carried["WALNUT-DESK-140"]
    never_at_the_plant = tuple(level for level in bed.levels if level.location_id != 1003)
    carried["TEAK-BED-180"] = replace(bed, levels=never_at_the_plant)
    switched_off = tuple(replace(level, active=level.location_id != 1002) for level in desk.levels)
    carried["WALNUT-DESK-140"] = replace(desk, levels=switched_off)
    return ShopSeed(
        handle=SHOP_OF_STORE["b2b-us"],
        myshopify_domain="acme-b2b.myshopify.com",
        access_token="sandbox-b2b-us",
        webhook_secret="sandbox-webhooks-b2b-us",
        plan="plus",
        locations=(
            LocationSeed(1001, "New York"),
            LocationSeed(1002, "Los Angeles"),
            LocationSeed(1003, "Plant pickup"),
        ),
        items=tuple(carried.values()),
    )


def _b2c_us(books: Books) -> ShopSeed:
    carried = _carried_items("b2c-us", books)
    twin, orphan, gift_card = (
        replace(carried["RETRO-CLOCK-MINT"], sku=sku)
        for sku in ("RETRO-CLOCK-MINT", None, "GIFT-CARD-50")
    )
    carried["OAK-STOOL-45"] = replace(carried["OAK-STOOL-45"], sku="oak-stool-45")
    return ShopSeed(
        handle=SHOP_OF_STORE["b2c-us"],
        myshopify_domain="acme-shop.myshopify.com",
        access_token="sandbox-b2c-us",
        webhook_secret="sandbox-webhooks-b2c-us",
        plan="advanced",
        locations=(LocationSeed(2001, "US Web"),),
        items=(*carried.values(), twin, orphan, gift_card),
    )


def _b2c_eu(books: Books) -> ShopSeed:
    carried = _carried_items("b2c-eu", books)
    carried["PAPER-LAMP-30"] = replace(carried["PAPER-LAMP-30"], tracked=False)
    service = ItemSeed("GIFT-WRAP", tracked=False, levels=(LevelSeed(3001, 0),))
    return ShopSeed(
        handle=SHOP_OF_STORE["b2c-eu"],
        myshopify_domain="acme-eu.myshopify.com",
        access_token="sandbox-b2c-eu",
        webhook_secret="sandbox-webhooks-b2c-eu",
        plan="advanced",
        locations=(LocationSeed(3001, "EU Web"),),
        items=(*carried.values(), service),
    )


def _carried_items(store: str, books: Books) -> dict[str, ItemSeed]:
    """What the shop carries, with the quantities of its last filling, by SKU."""
    habits = _HABITS[store]
    return {
        item.sku: ItemSeed(
            item.sku,
            levels=tuple(
                LevelSeed(location_id, _stale_units(books, habits, item.sku, warehouses))
                for location_id, warehouses in habits.warehouses.items()
            ),
        )
        for item in items()
        if _is_carried(item, habits, books.rng)
    }


def _is_carried(item: Item, habits: _Habits, rng: random.Random) -> bool:
    is_for_sale = item.kind != "service" and (habits.carries_bulk or not item.bulk)
    is_chosen = rng.random() < habits.carried_share
    return is_for_sale and (is_chosen or item.sku in _ALWAYS_CARRIED)


def _stale_units(books: Books, habits: _Habits, sku: str, warehouses: tuple[str, ...]) -> int:
    """A quantity that was right some time ago: near the truth, and mostly too high."""
    pool = sum(_free_units(books, sku, warehouse) for warehouse in warehouses)
    units = min(habits.cap_units, int(habits.shown_share * max(0, pool)))
    drift = books.rng.choice((0.0, 0.05, 0.1, 0.2, 0.4, -0.05, -0.1, -0.3))
    return round(units * (1 + drift))


def _free_units(books: Books, sku: str, warehouse: str) -> int:
    return min(
        int(books.free.get((part, warehouse), Decimal(0)) // quantity)
        for part, quantity in parts_of(sku).items()
    )
