from typing import Any

import pytest

from inventory_sync.sandbox.standin import Fault, Shop
from inventory_sync_tests.sandbox.standin.shops import (
    NYC,
    SET,
    ask,
    data,
    item_gid,
    location_gid,
    open_shop,
    row,
    set_input,
    units,
)


def _set(shop: Shop, quantity: int, expected: int | None, key: str) -> Any:
    request = set_input(row(shop, "RETRO-CLOCK", quantity, expected))
    return data(shop, SET, input=request, key=key)["inventorySetQuantities"]


def _codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def test_replay_answers_a_repeated_call_as_before_and_does_nothing() -> None:
    shop = open_shop(idempotency_mode="replay")
    first = _set(shop, 9, 5, "key")
    _set(shop, 30, 9, "another key")
    assert _set(shop, 9, 5, "key") == first
    assert units(shop, "RETRO-CLOCK", NYC) == (30, 0, 30)


def test_reprocess_lets_the_compare_and_swap_stop_a_repeated_call() -> None:
    shop = open_shop(idempotency_mode="reprocess")
    _set(shop, 9, 5, "key")
    assert _codes(_set(shop, 9, 5, "key")) == ["CHANGE_FROM_QUANTITY_STALE"]


def test_reprocess_does_a_repeated_call_again_when_nothing_compares() -> None:
    shop = open_shop(idempotency_mode="reprocess")
    _set(shop, 9, None, "key")
    _set(shop, 30, None, "another key")
    _set(shop, 9, None, "key")
    assert units(shop, "RETRO-CLOCK", NYC) == (9, 0, 9)


@pytest.mark.parametrize("mode", ["replay", "reprocess"])
def test_a_key_that_comes_with_other_parameters_is_refused(mode: str) -> None:
    shop = open_shop(idempotency_mode=mode)
    _set(shop, 9, 5, "key")
    payload = _set(shop, 10, 9, "key")
    assert payload["userErrors"] == [
        {
            "code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
            "field": None,
            "message": (
                "The request with this idempotency key has different parameters than the original"
                " request."
            ),
        }
    ]
    assert units(shop, "RETRO-CLOCK", NYC) == (9, 0, 9)


def test_keys_of_two_shops_do_not_meet() -> None:
    first, second = open_shop(), open_shop(handle="acme-b2c")
    _set(first, 9, 5, "key")
    assert _set(second, 10, 5, "key")["userErrors"] == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("concurrent_request", "IDEMPOTENCY_CONCURRENT_REQUEST"),
        ("previous_attempt_failed", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"),
    ],
)
def test_injected_idempotency_errors_write_nothing(kind: Any, code: str) -> None:
    shop = open_shop()
    shop.faults.add([Fault(kind)])
    assert _codes(_set(shop, 9, 5, "key")) == [code]
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 5)
    assert _codes(_set(shop, 9, 5, "key")) == []


WITHOUT_DIRECTIVE = SET.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")


def test_a_mutation_without_the_directive_is_refused_at_the_usual_cost() -> None:
    shop = open_shop()
    content = ask(shop, WITHOUT_DIRECTIVE, input=set_input(row(shop, "RETRO-CLOCK", 9)))
    (error,) = content["errors"]
    assert error["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["path"] == ["inventorySetQuantities"]
    assert error["locations"]
    assert content["data"] == {"inventorySetQuantities": None}
    assert content["extensions"]["cost"]["actualQueryCost"] == 10
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 5)


def test_a_row_without_change_from_quantity_is_refused_before_the_directive_is_looked_for() -> None:
    shop = open_shop()
    request = row(shop, "RETRO-CLOCK", 9)
    del request["changeFromQuantity"]
    (error,) = ask(shop, WITHOUT_DIRECTIVE, input=set_input(request))["errors"]
    assert error["message"] == (
        "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


ACTIVATE = """mutation M($i: ID!, $l: ID!, $k: String!) %s {
  inventoryActivate(inventoryItemId: $i, locationId: $l) %s { userErrors { message } } }"""


@pytest.mark.parametrize(
    ("on_operation", "on_field", "message", "code"),
    [
        (
            "@idempotent(key: $k)",
            "",
            "'@idempotent' can't be applied to mutations (allowed: fields)",
            None,
        ),
        (
            "",
            "@idempotent",
            "Directive 'idempotent' is missing required arguments: key",
            "missingRequiredArguments",
        ),
        ("", "@once(key: $k)", "Directive @once is not defined", "undefinedDirective"),
    ],
)
def test_a_wrong_directive_is_refused_in_shopifys_words(
    on_operation: str, on_field: str, message: str, code: str | None
) -> None:
    shop = open_shop()
    asked = {"i": item_gid(shop, "OAK-TABLE"), "l": location_gid(NYC), "k": "k"}
    errors = ask(shop, ACTIVATE % (on_operation, on_field), **asked)["errors"]
    found = next(error for error in errors if error["message"] == message)
    assert found.get("extensions", {}).get("code") == code
