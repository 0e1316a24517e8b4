from typing import Any

import pytest

from inventory_sync.sandbox.standin import Shop, Wanted, place_order
from inventory_sync_tests.sandbox.standin.shops import (
    EWR,
    LAX,
    NYC,
    data,
    fresh_key,
    item_gid,
    location_gid,
    open_shop,
    units,
)

ACTIVATE = """
mutation Activate($item: ID!, $at: ID!, $available: Int, $onHand: Int, $key: String!) {
  inventoryActivate(
    inventoryItemId: $item, locationId: $at, available: $available, onHand: $onHand
  ) @idempotent(key: $key) {
    inventoryLevel { isActive quantities(names: ["available"]) { quantity } }
    userErrors { field message }
  }
}
"""
DEACTIVATE = """
mutation ($level: ID!) {
  inventoryDeactivate(inventoryLevelId: $level) { userErrors { field message } }
}
"""


def _activate(shop: Shop, sku: str, location_id: int, **quantities: int) -> Any:
    return data(
        shop,
        ACTIVATE,
        item=item_gid(shop, sku),
        at=location_gid(location_id),
        key=fresh_key(),
        **quantities,
    )["inventoryActivate"]


def _level_gid(shop: Shop, sku: str, location_id: int) -> str:
    level = shop.stock.level(shop.stock.with_sku(sku)[0].id, location_id)
    assert level is not None
    return level.gid


def test_activating_without_a_quantity_brings_the_old_units_back() -> None:
    shop = open_shop()
    level = _activate(shop, "ATTIC-LAMP", NYC)["inventoryLevel"]
    assert level == {"isActive": True, "quantities": [{"quantity": 7}]}


def test_activating_with_a_quantity_replaces_the_old_units() -> None:
    shop = open_shop()
    _activate(shop, "ATTIC-LAMP", NYC, available=0)
    assert units(shop, "ATTIC-LAMP", NYC) == (0, 0, 0)


def test_an_unconnected_location_starts_with_the_units_on_hand() -> None:
    shop = open_shop()
    _activate(shop, "OAK-TABLE", LAX, onHand=4)
    assert units(shop, "OAK-TABLE", LAX) == (4, 0, 4)


def test_a_quantity_for_an_active_level_is_refused_but_the_level_comes_back() -> None:
    shop = open_shop()
    payload = _activate(shop, "RETRO-CLOCK", NYC, available=0)
    assert payload["inventoryLevel"] == {"isActive": True, "quantities": [{"quantity": 5}]}
    assert payload["userErrors"] == [
        {
            "field": ["available"],
            "message": (
                "Not allowed to set available quantity when the item is already active at the"
                " location."
            ),
        }
    ]


def test_both_quantities_at_once_are_refused() -> None:
    shop = open_shop()
    payload = _activate(shop, "OAK-TABLE", LAX, available=1, onHand=1)
    assert payload["inventoryLevel"] is None
    assert len(payload["userErrors"]) == 1


def test_an_untracked_item_is_connected_without_a_quantity() -> None:
    shop = open_shop()
    level = _activate(shop, "GIFT-CARD", EWR, available=9)["inventoryLevel"]
    assert level == {"isActive": True, "quantities": [{"quantity": 0}]}


def test_a_deactivated_level_keeps_its_units_and_leaves_the_variants_sum() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("RETRO-CLOCK", 1)])
    query = """query ($id: ID!) { inventoryItem(id: $id) {
      variant { inventoryQuantity } inventoryLevels(first: 5) { nodes { location { name } } } } }"""
    before = data(shop, query, id=item_gid(shop, "RETRO-CLOCK"))["inventoryItem"]
    assert before["variant"] == {"inventoryQuantity": 24}
    level = _level_gid(shop, "RETRO-CLOCK", NYC)
    assert data(shop, DEACTIVATE, level=level)["inventoryDeactivate"]["userErrors"] == []
    after = data(shop, query, id=item_gid(shop, "RETRO-CLOCK"))["inventoryItem"]
    assert after["variant"] == {"inventoryQuantity": 20}
    assert after["inventoryLevels"]["nodes"] == [{"location": {"name": "Newark"}}]
    assert units(shop, "RETRO-CLOCK", NYC) == (4, 1, 5)


def test_the_last_active_level_cannot_be_deactivated() -> None:
    shop = open_shop()
    level = _level_gid(shop, "OAK-TABLE", NYC)
    (error,) = data(shop, DEACTIVATE, level=level)["inventoryDeactivate"]["userErrors"]
    assert error["message"] == (
        "The product couldn't be unstocked from New York because products need to be stocked at a"
        " minimum of 1 location."
    )


@pytest.mark.parametrize(
    ("location_id", "activate", "codes", "active_at"),
    [
        (NYC, True, [], ["New York", "Newark"]),
        (EWR, False, ["CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"], None),
        (77, True, ["LOCATION_NOT_FOUND"], None),
    ],
)
def test_bulk_toggle_activates_and_deactivates(
    location_id: int, activate: bool, codes: list[str], active_at: list[str] | None
) -> None:
    shop = open_shop()
    mutation = """mutation ($item: ID!, $updates: [InventoryBulkToggleActivationInput!]!) {
      inventoryBulkToggleActivation(inventoryItemId: $item, inventoryItemUpdates: $updates) {
        inventoryLevels { location { name } } userErrors { code } } }"""
    updates = [{"locationId": location_gid(location_id), "activate": activate}]
    asked = data(shop, mutation, item=item_gid(shop, "ATTIC-LAMP"), updates=updates)
    payload = asked["inventoryBulkToggleActivation"]
    assert [error["code"] for error in payload["userErrors"]] == codes
    levels = payload["inventoryLevels"]
    assert (levels and [level["location"]["name"] for level in levels]) == active_at


def test_an_item_can_become_tracked_and_renamed() -> None:
    shop = open_shop()
    mutation = """mutation ($id: ID!, $input: InventoryItemInput!) {
      inventoryItemUpdate(id: $id, input: $input) {
        inventoryItem { sku tracked } userErrors { message } } }"""
    change = {"tracked": True, "sku": "GIFT-BOX"}
    payload = data(shop, mutation, id=item_gid(shop, "GIFT-CARD"), input=change)
    assert payload["inventoryItemUpdate"] == {
        "inventoryItem": {"sku": "GIFT-BOX", "tracked": True},
        "userErrors": [],
    }
    assert shop.stock.with_sku("GIFT-CARD") == []
    assert len(shop.stock.with_sku("GIFT-BOX")) == 1


def test_a_level_is_found_by_its_gid_which_names_its_item() -> None:
    shop = open_shop()
    level = _level_gid(shop, "RETRO-CLOCK", NYC)
    query = "query ($id: ID!) { inventoryLevel(id: $id) { id item { sku } location { name } } }"
    assert data(shop, query, id=level)["inventoryLevel"] == {
        "id": level,
        "item": {"sku": "RETRO-CLOCK"},
        "location": {"name": "New York"},
    }
