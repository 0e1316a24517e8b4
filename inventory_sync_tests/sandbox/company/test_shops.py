"""The demo's shops fit the company, the settings and the orders that will be placed in them."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

import inventory_sync.sandbox
from inventory_sync.sandbox.company.acme import Acme, Line
from inventory_sync.sandbox.company.catalog import items
from inventory_sync.sandbox.company.demo_orders import DEMO_ORDERS, SHOP_OF_STORE
from inventory_sync.sandbox.company.seed import write_books
from inventory_sync.sandbox.company.seed_books import parts_of
from inventory_sync.sandbox.company.shops import shops
from inventory_sync.sandbox.standin.placing import Wanted, place_order
from inventory_sync.sandbox.standin.seed import ItemSeed, ShopSeed
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.settings import load_settings
from inventory_sync_tests.sandbox.company.watch import NOW, SEED, watching

SETTINGS_FILE = Path(inventory_sync.sandbox.__file__).with_name("inventory_sync.yaml")
ERP_SKUS = {item.sku: item for item in items()}


@pytest.fixture(scope="module")
def by_store() -> dict[str, ShopSeed]:
    return dict(zip(SHOP_OF_STORE, shops(SEED, NOW), strict=True))


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(SETTINGS_FILE.read_text(encoding="utf-8"))
    return loaded


def skus(shop: ShopSeed) -> Counter[str | None]:
    return Counter(item.sku for item in shop.items)


def item_of(shop: ShopSeed, sku: str) -> ItemSeed:
    return next(item for item in shop.items if item.sku == sku)


def test_the_settings_file_is_valid_and_needs_no_environment() -> None:
    assert set(load_settings(SETTINGS_FILE, {}).stores) == set(SHOP_OF_STORE)


def test_the_settings_lead_to_the_shops(
    by_store: dict[str, ShopSeed], settings: dict[str, Any]
) -> None:
    for store, shop in by_store.items():
        configured = settings["stores"][store]
        assert configured["shop"] == shop.myshopify_domain
        assert configured["access_token"] == shop.access_token
        assert configured["admin_url"].endswith(f"/{shop.handle}")
        assert set(configured["locations"]) == {
            f"gid://shopify/Location/{location.id}" for location in shop.locations
        }


def test_the_shops_are_the_same_every_time(by_store: dict[str, ShopSeed]) -> None:
    assert shops(SEED, NOW) == tuple(by_store.values())


def test_shops_carry_most_skus_and_consumers_no_bulk(by_store: dict[str, ShopSeed]) -> None:
    assert len(by_store["b2b-us"].items) > 0.9 * len(ERP_SKUS)
    for store in ("b2c-us", "b2c-eu"):
        assert 0.5 * len(ERP_SKUS) < len(by_store[store].items) < 0.9 * len(ERP_SKUS)
        known = [ERP_SKUS[item.sku] for item in by_store[store].items if item.sku in ERP_SKUS]
        assert not [item.sku for item in known if item.bulk]


def test_one_sku_is_shared_by_two_items(by_store: dict[str, ShopSeed]) -> None:
    twins = {sku for shop in by_store.values() for sku, count in skus(shop).items() if count > 1}
    assert twins == {"RETRO-CLOCK-MINT"}


def test_one_item_has_no_sku_one_is_unknown_and_one_differs_in_case(
    by_store: dict[str, ShopSeed],
) -> None:
    strange = [
        item.sku for shop in by_store.values() for item in shop.items if item.sku not in ERP_SKUS
    ]
    assert sorted(strange, key=str) == sorted([None, "GIFT-CARD-50", "oak-stool-45"], key=str)
    assert "OAK-STOOL-45" in ERP_SKUS


def test_two_items_are_untracked(by_store: dict[str, ShopSeed]) -> None:
    untracked = [item.sku for shop in by_store.values() for item in shop.items if not item.tracked]
    assert untracked == ["PAPER-LAMP-30", "GIFT-WRAP"]


def test_one_level_is_inactive_and_one_is_missing(by_store: dict[str, ShopSeed]) -> None:
    inactive, missing = [], []
    for shop in by_store.values():
        for item in shop.items:
            inactive += [(item.sku, level.location_id) for level in item.levels if not level.active]
            connected = {level.location_id for level in item.levels}
            missing += [
                (item.sku, place.id) for place in shop.locations if place.id not in connected
            ]
    assert inactive == [("WALNUT-DESK-140", 1002)]
    assert missing == [("TEAK-BED-180", 1003)]


def offers(shop: ShopSeed, configured: dict[str, Any]) -> list[tuple[int, int]]:
    """(available now, right offer) of every level whose SKU the ERP knows, the naive way."""
    free = write_books(SEED, NOW).free
    rules = configured["rules"]

    def atp(sku: str, warehouse: str) -> int:
        parts = parts_of(sku).items()
        return min(int(free.get((part, warehouse), Decimal(0)) // n) for part, n in parts)

    pairs = []
    for item in shop.items:
        for level in item.levels:
            if item.sku is None or item.sku not in ERP_SKUS:
                continue
            warehouses = configured["locations"][f"gid://shopify/Location/{level.location_id}"]
            pool = sum(atp(item.sku, warehouse) for warehouse in warehouses)
            units = int(Decimal(str(rules["share"])) * max(0, pool)) - rules["buffer_units"]
            shown = 0 if units < rules["hide_below_units"] else min(units, rules["cap_units"])
            pairs.append((level.available, max(0, shown)))
    return pairs


@pytest.mark.parametrize("store", SHOP_OF_STORE)
def test_the_first_pass_has_much_to_correct_but_does_not_trip_a_guard(
    by_store: dict[str, ShopSeed], settings: dict[str, Any], store: str
) -> None:
    pairs = offers(by_store[store], settings["stores"][store])
    wrong = sum(now != right for now, right in pairs) / len(pairs)
    raised = sum(right > now for now, right in pairs) / len(pairs)
    zeroed = sum(right == 0 < now for now, right in pairs) / len(pairs)
    assert wrong > 0.4
    assert raised < 0.8 * settings["guard"]["max_raised_share"]
    assert zeroed < 0.5 * settings["guard"]["max_zeroed_share"]


def test_demo_orders_can_be_sold_and_shipped(
    by_store: dict[str, ShopSeed], settings: dict[str, Any]
) -> None:
    free = write_books(SEED, NOW).free
    for order in DEMO_ORDERS:
        shop = by_store[order.store]
        assert shop.handle == order.shop
        gid = f"gid://shopify/Location/{order.location_id}"
        assert order.warehouse in settings["stores"][order.store]["locations"][gid]
        for sku, units in order.lines:
            levels = item_of(shop, sku).levels
            (available,) = (
                level.available for level in levels if level.location_id == order.location_id
            )
            assert available >= 3 * units
            for part, quantity in parts_of(sku).items():
                assert free[part, order.warehouse] >= quantity * units


def test_some_demo_orders_are_in_flight_and_some_acknowledged() -> None:
    names = [(order.store, order.name) for order in DEMO_ORDERS]
    assert 6 <= len(names) == len(set(names)) <= 10
    for store in SHOP_OF_STORE:
        states = {order.acknowledged_by_erp for order in DEMO_ORDERS if order.store == store}
        assert states == {True, False}


def test_demo_orders_go_through_the_stand_in_into_the_erp(
    by_store: dict[str, ShopSeed], company: Engine
) -> None:
    open_shops = {shop.handle: Shop(shop) for shop in by_store.values()}
    acme = Acme(company)
    for demo in DEMO_ORDERS:
        wanted = [Wanted(sku, units, demo.location_id) for sku, units in demo.lines]
        order = place_order(open_shops[demo.shop], wanted)
        assert order.name == demo.name
        if not demo.acknowledged_by_erp:
            continue
        lines = [
            Line(sku, demo.warehouse, units, line.gid)
            for (sku, units), line in zip(demo.lines, order.lines, strict=True)
        ]
        with watching(company) as change:
            acme.import_web_order(order.gid, lines, channel=demo.store)
        assert change.new["acknowledged_orders"] == {
            (order.gid, line.external_line_id, line.units) for line in lines
        }
