"""A small shop for the tests, and a way to ask it without HTTP."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from inventory_sync.sandbox.standin import ItemSeed, LevelSeed, LocationSeed, Shop, ShopSeed
from inventory_sync.sandbox.standin.admin_api import answer
from inventory_sync.sandbox.standin.answers import Answer

NYC, EWR, LAX = 1001, 1002, 1003
TOKEN = "shpat_acme_b2b"

ACME = ShopSeed(
    handle="acme-b2b-us",
    myshopify_domain="acme-b2b.myshopify.com",
    access_token=TOKEN,
    locations=(
        LocationSeed(NYC, "New York"),
        LocationSeed(EWR, "Newark"),
        LocationSeed(LAX, "Los Angeles", fulfills_online_orders=False),
    ),
    items=(
        ItemSeed("RETRO-CLOCK", levels=(LevelSeed(NYC, 5), LevelSeed(EWR, 20))),
        ItemSeed("OAK-TABLE", policy="CONTINUE", levels=(LevelSeed(NYC, 3),)),
        ItemSeed("GIFT-CARD", tracked=False, levels=(LevelSeed(NYC, 0),)),
        ItemSeed("ATTIC-LAMP", levels=(LevelSeed(NYC, 7, active=False), LevelSeed(EWR, 2))),
    ),
)


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(seconds=int(self.seconds))


def open_shop(clock: Clock | None = None, **changes: Any) -> Shop:
    clock = clock or Clock()
    return Shop(replace(ACME, **changes), clock=clock, now=clock.now)


def post(shop: Shop, document: str, variables: dict[str, Any] | None = None) -> Answer:
    body = json.dumps({"query": document, "variables": variables or {}}).encode()
    return answer(shop, version="2026-10", access_token=TOKEN, body=body)


def ask(shop: Shop, document: str, **variables: Any) -> dict[str, Any]:
    reply = post(shop, document, variables)
    assert reply.status == 200, reply.body
    content: dict[str, Any] = json.loads(reply.body)
    return content


def data(shop: Shop, document: str, **variables: Any) -> Any:
    content = ask(shop, document, **variables)
    assert "errors" not in content, content["errors"]
    return content["data"]


def item_gid(shop: Shop, sku: str) -> str:
    return shop.stock.with_sku(sku)[0].gid


def location_gid(location_id: int) -> str:
    return f"gid://shopify/Location/{location_id}"


def units(shop: Shop, sku: str, location_id: int) -> tuple[int, int, int]:
    """``available``, ``committed`` and ``on_hand``."""
    level = shop.stock.level(shop.stock.with_sku(sku)[0].id, location_id)
    assert level is not None
    return level.quantity("available"), level.quantity("committed"), level.quantity("on_hand")


SET = """
mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      reason
      referenceDocumentUri
      changes { name delta quantityAfterChange item { sku } location { id } }
    }
    userErrors { code field message }
  }
}
"""


def row(shop: Shop, sku: str, quantity: int, expected: int | None = None) -> dict[str, Any]:
    """One row of a set at New York."""
    return {
        "inventoryItemId": item_gid(shop, sku),
        "locationId": location_gid(NYC),
        "quantity": quantity,
        "changeFromQuantity": expected,
    }


def set_input(*rows: dict[str, Any], name: str = "available") -> dict[str, Any]:
    return {"name": name, "reason": "correction", "quantities": [*rows]}


_keys = iter(range(1_000_000))
fresh_key: Callable[[], str] = lambda: f"key-{next(_keys)}"  # noqa: E731


def set_quantities(shop: Shop, *rows: dict[str, Any], name: str = "available") -> Any:
    content = data(shop, SET, input=set_input(*rows, name=name), key=fresh_key())
    return content["inventorySetQuantities"]
