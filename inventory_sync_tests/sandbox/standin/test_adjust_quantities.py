"""inventoryAdjustQuantities: deltas, compare-and-swap, idempotency."""

from typing import Any

import pytest

from inventory_sync.sandbox.standin import Shop
from inventory_sync_tests.sandbox.standin.shops import (
    NYC,
    ask,
    data,
    fresh_key,
    item_gid,
    location_gid,
    open_shop,
    units,
)

ADJUST = """
mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { reason changes { name delta quantityAfterChange } }
    userErrors { code field message }
  }
}
"""
BARE = ADJUST.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
LEVEL = ("RETRO-CLOCK", NYC)


def _row(shop: Shop, delta: int, sku: str = "RETRO-CLOCK", **more: Any) -> dict[str, Any]:
    place = {"inventoryItemId": item_gid(shop, sku), "locationId": location_gid(NYC)}
    return {**place, "delta": delta, "changeFromQuantity": None, **more}


def _input(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"name": "available", "reason": "correction", "changes": [*rows]}


def _adjust(shop: Shop, *rows: dict[str, Any], key: str | None = None) -> Any:
    content = data(shop, ADJUST, input=_input(*rows), key=key or fresh_key())
    return content["inventoryAdjustQuantities"]


def test_a_delta_is_added_whatever_the_quantity_if_nothing_is_expected() -> None:
    shop = open_shop()
    assert _adjust(shop, _row(shop, -2)) == {
        "inventoryAdjustmentGroup": {
            "reason": "correction",
            "changes": [
                {"name": "available", "delta": -2, "quantityAfterChange": None},
                {"name": "on_hand", "delta": -2, "quantityAfterChange": None},
            ],
        },
        "userErrors": [],
    }
    assert units(shop, *LEVEL) == (3, 0, 3)


def test_a_stale_expectation_stops_the_whole_call() -> None:
    shop = open_shop()
    rows = [_row(shop, -1, "OAK-TABLE"), _row(shop, -1, changeFromQuantity=4)]
    assert _adjust(shop, *rows) == {
        "inventoryAdjustmentGroup": None,
        "userErrors": [
            {
                "code": "CHANGE_FROM_QUANTITY_STALE",
                "field": ["input", "changes", "1", "changeFromQuantity"],
                "message": "The changeFromQuantity argument no longer matches the persisted"
                " quantity.",
            }
        ],
    }
    assert units(shop, *LEVEL) == (5, 0, 5)
    assert units(shop, "OAK-TABLE", NYC) == (3, 0, 3)
    _adjust(shop, *rows[:1], _row(shop, -1, changeFromQuantity=5))
    assert units(shop, *LEVEL) == (4, 0, 4)


@pytest.mark.parametrize("document", [ADJUST, BARE])
def test_the_missing_key_is_told_before_the_missing_directive(document: str) -> None:
    shop = open_shop()
    row = _row(shop, 1)
    del row["changeFromQuantity"]
    (error,) = ask(shop, document, input=_input(row), key="k")["errors"]
    assert error["message"] == (
        "InventoryChangeInput must include the following argument: changeFromQuantity."
    )
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


def test_a_valid_input_without_the_directive_is_a_bad_request() -> None:
    shop = open_shop()
    content = ask(shop, BARE, input=_input(_row(shop, 1)))
    assert content["data"] == {"inventoryAdjustQuantities": None}
    assert content["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert units(shop, *LEVEL) == (5, 0, 5)


@pytest.mark.parametrize(("mode", "available"), [("replay", 3), ("reprocess", 1)])
def test_a_repeated_delta_is_answered_from_memory_or_applied_again(
    mode: str, available: int
) -> None:
    shop = open_shop(idempotency_mode=mode)
    answers = [_adjust(shop, _row(shop, -2), key="again") for _ in range(2)]
    assert answers[0] == answers[1]
    assert units(shop, *LEVEL)[0] == available


def test_an_expectation_saves_the_repeated_delta_where_it_is_applied_again() -> None:
    shop = open_shop(idempotency_mode="reprocess")
    first, second = (
        _adjust(shop, _row(shop, -2, changeFromQuantity=5), key="again") for _ in range(2)
    )
    assert first["userErrors"] == []
    assert [error["code"] for error in second["userErrors"]] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert units(shop, *LEVEL)[0] == 3


def test_a_key_with_other_deltas_is_a_mismatch() -> None:
    shop = open_shop()
    _adjust(shop, _row(shop, -2), key="again")
    (error,) = _adjust(shop, _row(shop, -1), key="again")["userErrors"]
    assert error["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"


@pytest.mark.parametrize(
    ("delta", "code", "message"),
    [
        (2_000_000_000, "INVALID_QUANTITY_TOO_HIGH", "higher than 2,000,000,000."),
        (-2_000_000_006, "INVALID_QUANTITY_TOO_LOW", "lower than -2,000,000,000."),
    ],
)
def test_a_quantity_stays_within_the_bounds(delta: int, code: str, message: str) -> None:
    shop = open_shop()
    (error,) = _adjust(shop, _row(shop, delta))["userErrors"]
    assert (error["code"], error["message"]) == (code, f"The quantity can't be {message}")


def test_only_rows_that_change_something_are_in_the_group() -> None:
    shop = open_shop()
    assert _adjust(shop, _row(shop, 0), _row(shop, 0, "OAK-TABLE")) == {
        "inventoryAdjustmentGroup": None,
        "userErrors": [],
    }
    payload = _adjust(shop, _row(shop, 0), _row(shop, 1, "OAK-TABLE"))
    assert len(payload["inventoryAdjustmentGroup"]["changes"]) == 2
