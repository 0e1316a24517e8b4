from typing import Any

import pytest

from inventory_sync.sandbox.standin import Wanted, place_order
from inventory_sync_tests.sandbox.standin.shops import (
    EWR,
    LAX,
    NYC,
    SET,
    ask,
    data,
    fresh_key,
    item_gid,
    location_gid,
    open_shop,
    row,
    set_input,
    set_quantities,
    units,
)

ADJUST = """
mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta } }
    userErrors { code field message }
  }
}
"""


def test_setting_available_keeps_committed_and_lets_on_hand_follow() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    payload = set_quantities(shop, row(shop, "RETRO-CLOCK", 10, 3))
    assert units(shop, "RETRO-CLOCK", NYC) == (10, 2, 12)
    clock_in_new_york = {
        "quantityAfterChange": None,
        "item": {"sku": "RETRO-CLOCK"},
        "location": {"id": location_gid(NYC)},
    }
    assert payload["inventoryAdjustmentGroup"]["changes"] == [
        {"name": "available", "delta": 7, **clock_in_new_york},
        {"name": "on_hand", "delta": 7, **clock_in_new_york},
    ]


def test_setting_on_hand_leaves_what_is_not_committed_available() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    set_quantities(shop, row(shop, "RETRO-CLOCK", 10, 5), name="on_hand")
    assert units(shop, "RETRO-CLOCK", NYC) == (8, 2, 10)


def test_available_may_be_set_below_zero() -> None:
    shop = open_shop()
    assert set_quantities(shop, row(shop, "RETRO-CLOCK", -5))["userErrors"] == []
    assert units(shop, "RETRO-CLOCK", NYC) == (-5, 0, -5)


def test_setting_the_same_quantity_succeeds_without_a_group() -> None:
    shop = open_shop()
    payload = set_quantities(shop, row(shop, "RETRO-CLOCK", 5, 5))
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_the_history_shows_the_reference_document() -> None:
    shop = open_shop()
    request = set_input(row(shop, "RETRO-CLOCK", 9))
    request["referenceDocumentUri"] = "gid://acme-sync/Pass/42"
    data(shop, SET, input=request, key=fresh_key())
    assert [group.reference_document_uri for group in shop.history] == ["gid://acme-sync/Pass/42"]


def _wrong_rows(shop: Any) -> list[tuple[str, dict[str, Any], str, dict[str, Any]]]:
    good = row(shop, "RETRO-CLOCK", 9)
    index = ["input", "quantities", "0"]
    return [
        (
            "available",
            {**good, "inventoryItemId": "gid://shopify/InventoryItem/1"},
            "available",
            {
                "code": "INVALID_INVENTORY_ITEM",
                "field": [*index, "inventoryItemId"],
                "message": "The specified inventory item could not be found.",
            },
        ),
        (
            "available",
            {**good, "locationId": "gid://shopify/Location/1"},
            "available",
            {
                "code": "INVALID_LOCATION",
                "field": [*index, "locationId"],
                "message": "The specified location could not be found.",
            },
        ),
        (
            "on_hand",
            {**good, "quantity": -5},
            "on_hand",
            {
                "code": "INVALID_QUANTITY_NEGATIVE",
                "field": [*index, "quantity"],
                "message": "The quantity can't be negative.",
            },
        ),
        (
            "too low",
            {**good, "quantity": -1_000_000_001},
            "available",
            {
                "code": "INVALID_QUANTITY_TOO_LOW",
                "field": [*index, "quantity"],
                "message": "The quantity can't be lower than -1,000,000,000.",
            },
        ),
        (
            "too high",
            {**good, "quantity": 1_000_000_001},
            "available",
            {
                "code": "INVALID_QUANTITY_TOO_HIGH",
                "field": [*index, "quantity"],
                "message": "The quantity can't be higher than 1,000,000,000.",
            },
        ),
        (
            "stale",
            {**good, "changeFromQuantity": 4},
            "available",
            {
                "code": "CHANGE_FROM_QUANTITY_STALE",
                "field": [*index, "changeFromQuantity"],
                "message": (
                    "The changeFromQuantity argument no longer matches the persisted quantity."
                ),
            },
        ),
        (
            "damaged",
            good,
            "damaged",
            {
                "code": "INVALID_NAME",
                "field": ["input", "name"],
                "message": "The quantity name must be either 'available' or 'on_hand'.",
            },
        ),
    ]


@pytest.mark.parametrize("case", range(7))
def test_a_wrong_row_is_answered_in_shopifys_words_and_sinks_the_whole_call(case: int) -> None:
    shop = open_shop()
    _, wrong, name, error = _wrong_rows(shop)[case]
    good = {**row(shop, "OAK-TABLE", 1), "locationId": location_gid(EWR)}
    payload = set_quantities(shop, wrong, good, name=name)
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": [error]}
    assert shop.stock.level(shop.stock.with_sku("OAK-TABLE")[0].id, EWR) is None
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 5)


def test_a_repeated_pair_gives_one_error_per_row() -> None:
    shop = open_shop()
    payload = set_quantities(
        shop, row(shop, "RETRO-CLOCK", 1), row(shop, "OAK-TABLE", 1), row(shop, "RETRO-CLOCK", 2)
    )
    assert [error["field"] for error in payload["userErrors"]] == [
        ["input", "quantities", "0", "locationId"],
        ["input", "quantities", "2", "locationId"],
    ]
    assert {error["code"] for error in payload["userErrors"]} == {
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    }


def test_a_wrong_reason_is_told_the_right_ones() -> None:
    shop = open_shop()
    request = {**set_input(row(shop, "RETRO-CLOCK", 1)), "reason": "because"}
    payload = data(shop, SET, input=request, key=fresh_key())["inventorySetQuantities"]
    (error,) = payload["userErrors"]
    assert error["code"] == "INVALID_REASON"
    assert error["field"] == ["input", "reason"]
    assert error["message"].startswith("The specified reason is invalid. Valid values are: corr")
    assert error["message"].endswith("safety_stock, shrinkage.")


@pytest.mark.parametrize(
    ("uri", "codes"),
    [
        ("gid://acme/Pass/1", []),
        ("https://acme.example/pass/1", []),
        ("gid://acme/Pass", ["INVALID_REFERENCE_DOCUMENT"]),
        ("pass 1", ["INVALID_REFERENCE_DOCUMENT"]),
    ],
)
def test_a_reference_document_is_a_uri(uri: str, codes: list[str]) -> None:
    shop = open_shop()
    request = {**set_input(row(shop, "RETRO-CLOCK", 1)), "referenceDocumentUri": uri}
    payload = data(shop, SET, input=request, key=fresh_key())["inventorySetQuantities"]
    assert [error["code"] for error in payload["userErrors"]] == codes


def test_a_write_where_the_item_is_not_stocked_succeeds_and_stays_hidden() -> None:
    shop = open_shop()
    request = {**row(shop, "OAK-TABLE", 8, 0), "locationId": location_gid(LAX)}
    assert set_quantities(shop, request)["userErrors"] == []
    query = """query ($id: ID!, $at: ID!, $all: Boolean!) { inventoryItem(id: $id) {
      inventoryLevel(locationId: $at, includeInactive: $all) {
        isActive quantities(names: ["available"]) { quantity }
      }
      variant { inventoryQuantity }
    } }"""
    asked = {"id": item_gid(shop, "OAK-TABLE"), "at": location_gid(LAX)}
    seen = data(shop, query, **asked, all=False)["inventoryItem"]
    assert seen == {"inventoryLevel": None, "variant": {"inventoryQuantity": 3}}
    hidden = data(shop, query, **asked, all=True)["inventoryItem"]["inventoryLevel"]
    assert hidden == {"isActive": False, "quantities": [{"quantity": 8}]}


def test_an_untracked_item_accepts_a_write_and_ignores_it() -> None:
    shop = open_shop()
    assert set_quantities(shop, row(shop, "GIFT-CARD", 9))["userErrors"] == []
    assert units(shop, "GIFT-CARD", NYC) == (0, 0, 0)


def test_a_deactivated_location_takes_no_writes() -> None:
    shop = open_shop()
    shop.stock.locations[NYC].is_active = False
    payload = set_quantities(shop, row(shop, "RETRO-CLOCK", 9))
    assert [error["code"] for error in payload["userErrors"]] == ["INVALID_LOCATION"]


def test_250_rows_are_the_most() -> None:
    shop = open_shop()
    content = ask(shop, SET, input=set_input(*[row(shop, "OAK-TABLE", 1)] * 251), key="k")
    (error,) = content["errors"]
    assert error["message"] == (
        "The input array size of 251 is greater than the maximum allowed of 250."
    )
    assert error["extensions"] == {"code": "MAX_INPUT_SIZE_EXCEEDED"}
    assert error["path"] == ["inventorySetQuantities", "input", "quantities"]
    assert "data" not in content


def _adjust(shop: Any, name: str, delta: int, **more: Any) -> Any:
    change = {
        "inventoryItemId": item_gid(shop, "RETRO-CLOCK"),
        "locationId": location_gid(NYC),
        "delta": delta,
        "changeFromQuantity": None,
        **more,
    }
    request = {"name": name, "reason": "correction", "changes": [change]}
    return data(shop, ADJUST, input=request, key=fresh_key())["inventoryAdjustQuantities"]


def test_adjusting_adds_to_a_state_and_to_on_hand() -> None:
    shop = open_shop()
    payload = _adjust(shop, "damaged", 2, ledgerDocumentUri="gid://acme/Damage/7")
    assert payload["inventoryAdjustmentGroup"]["changes"] == [
        {"name": "damaged", "delta": 2},
        {"name": "on_hand", "delta": 2},
    ]
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 7)


def test_adjusting_by_nothing_makes_no_group() -> None:
    shop = open_shop()
    assert _adjust(shop, "available", 0) == {"inventoryAdjustmentGroup": None, "userErrors": []}


@pytest.mark.parametrize(
    ("name", "more", "code"),
    [
        ("committed", {}, "INVALID_QUANTITY_NAME"),
        ("on_hand", {}, "INVALID_QUANTITY_NAME"),
        ("damaged", {}, "INVALID_QUANTITY_DOCUMENT"),
        ("available", {"ledgerDocumentUri": "gid://acme/A/1"}, "INVALID_AVAILABLE_DOCUMENT"),
        ("damaged", {"ledgerDocumentUri": "gid://shopify/A/1"}, "INTERNAL_LEDGER_DOCUMENT"),
        ("available", {"changeFromQuantity": 4}, "CHANGE_FROM_QUANTITY_STALE"),
    ],
)
def test_a_wrong_adjustment_is_refused(name: str, more: dict[str, Any], code: str) -> None:
    shop = open_shop()
    payload = _adjust(shop, name, 1, **more)
    assert code in [error["code"] for error in payload["userErrors"]]
    assert payload["inventoryAdjustmentGroup"] is None
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 5)
