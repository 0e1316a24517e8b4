"""The one write: its variables, and what Shopify's user errors say about each row."""

import json
from dataclasses import replace
from typing import Any

import pytest

from inventory_sync.domain.publication import (
    Applied,
    LevelKey,
    Outcome,
    QuantityChange,
    Refusal,
    Refused,
    SetQuantities,
    Unknown,
)
from inventory_sync.shopify.answers import UserError
from inventory_sync.shopify.writes import (
    adjust_quantities_variables,
    quantities_outcome,
    set_quantities_variables,
)

NYC = "gid://shopify/Location/1001"


def change(number: int, *, expected: int = 4, quantity: int = 9) -> QuantityChange:
    key = LevelKey(f"gid://shopify/InventoryItem/{number}", NYC)
    return QuantityChange(f"SKU-{number}", key, expected, quantity)


CALL = SetQuantities("key-1", "gid://inventory-sync/Pass/7", (change(1), change(2), change(3)))


def outcome(
    *errors: dict[str, Any], has_group: bool = False, call: SetQuantities = CALL
) -> Outcome:
    return quantities_outcome(
        call,
        has_group=has_group,
        user_errors=[UserError.model_validate(error) for error in errors],
    )


def row_error(
    index: str, code: str = "CHANGE_FROM_QUANTITY_STALE", rows: str = "quantities"
) -> dict[str, Any]:
    path = ["input", rows, index, "changeFromQuantity"]
    return {"code": code, "field": path, "message": "no longer matches"}


def general_error(code: str, field: list[str] | None = None) -> dict[str, Any]:
    return {"code": code, "field": field, "message": "no"}


def test_the_variables_carry_the_expected_quantity_and_the_pass() -> None:
    call = SetQuantities(
        "key-1", "gid://inventory-sync/Pass/7", (change(1), change(2, expected=-2))
    )
    assert set_quantities_variables(call) == {
        "key": "key-1",
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": "gid://inventory-sync/Pass/7",
            "quantities": [
                {
                    "inventoryItemId": "gid://shopify/InventoryItem/1",
                    "locationId": NYC,
                    "quantity": 9,
                    "changeFromQuantity": 4,
                },
                {
                    "inventoryItemId": "gid://shopify/InventoryItem/2",
                    "locationId": NYC,
                    "quantity": 9,
                    "changeFromQuantity": -2,
                },
            ],
        },
    }
    json.dumps(set_quantities_variables(call))


@pytest.mark.parametrize("count", [0, 251])
def test_a_call_that_shopify_would_not_take_is_a_mistake_of_the_caller(count: int) -> None:
    call = SetQuantities("key-1", "urn:x", tuple(change(number) for number in range(count)))
    with pytest.raises(ValueError, match="1 to 250"):
        set_quantities_variables(call)


def test_no_errors_means_applied_even_without_a_group() -> None:
    assert outcome(has_group=True) == Applied()
    assert outcome(has_group=False) == Applied()


def test_the_rows_at_fault_are_named_by_their_index() -> None:
    refused = outcome(row_error("0"), row_error("2", "INVALID_LOCATION"))
    assert refused == Refused(
        rows={
            0: Refusal("CHANGE_FROM_QUANTITY_STALE", "no longer matches"),
            2: Refusal("INVALID_LOCATION", "no longer matches"),
        }
    )


@pytest.mark.parametrize("index", ["3", "-1", "x", "", "1.0", "²", "1_0", "0000"])
def test_an_index_that_names_no_row_makes_the_error_a_general_one(index: str) -> None:
    refused = outcome(row_error(index))
    assert isinstance(refused, Refused)
    assert refused.rows == {}
    assert len(refused.general) == 1


@pytest.mark.parametrize(
    "field", [None, [], ["input"], ["input", "name"], ["input", "quantities"], ["1", "2", "3"]]
)
def test_an_error_without_a_row_is_a_general_one(field: list[str] | None) -> None:
    assert outcome(general_error("INVALID_REASON", field)) == Refused(
        rows={}, general=(Refusal("INVALID_REASON", "no"),)
    )


@pytest.mark.parametrize(
    "code", ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
)
def test_a_spent_key_is_a_definite_no(code: str) -> None:
    assert outcome(general_error(code)) == Refused(rows={}, general=(Refusal(code, "no"),))


def test_a_request_that_still_runs_is_unknown() -> None:
    assert isinstance(outcome(general_error("IDEMPOTENCY_CONCURRENT_REQUEST")), Unknown)
    assert isinstance(
        outcome(row_error("0"), general_error("IDEMPOTENCY_CONCURRENT_REQUEST")), Unknown
    )


def test_an_answer_that_contradicts_itself_is_unknown() -> None:
    assert isinstance(outcome(row_error("0"), has_group=True), Unknown)


@pytest.mark.parametrize("code", ["SERVICE_UNAVAILABLE", "IDEMPOTENCY_CONCURRENT_REQUEST"])
def test_a_service_that_failed_may_have_applied_the_call(code: str) -> None:
    assert isinstance(outcome(general_error(code)), Unknown)


class TestRelative:
    CALL = replace(CALL, relative=True)

    def test_each_level_is_changed_by_the_difference_without_a_comparison(self) -> None:
        call = SetQuantities(
            "key-2",
            "gid://inventory-sync/Pass/8",
            (change(1), change(2, expected=9, quantity=-1), change(3, expected=9)),
            relative=True,
        )
        variables = adjust_quantities_variables(call)
        assert variables["key"] == "key-2"
        head = {name: value for name, value in variables["input"].items() if name != "changes"}
        assert head == {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": "gid://inventory-sync/Pass/8",
        }
        assert variables["input"]["changes"] == [
            {
                "inventoryItemId": f"gid://shopify/InventoryItem/{number}",
                "locationId": NYC,
                "delta": delta,
                "changeFromQuantity": None,
            }
            for number, delta in ((1, 5), (2, -10), (3, 0))
        ]

    def test_a_level_named_twice_would_be_changed_twice_and_is_a_mistake(self) -> None:
        call = replace(self.CALL, changes=(change(1), change(2), change(1, quantity=5)))
        with pytest.raises(ValueError, match="twice"):
            adjust_quantities_variables(call)

    @pytest.mark.parametrize("count", [0, 251])
    def test_its_size_is_limited_too(self, count: int) -> None:
        call = replace(self.CALL, changes=tuple(change(number) for number in range(count)))
        with pytest.raises(ValueError, match="1 to 250"):
            adjust_quantities_variables(call)

    def test_a_group_means_applied(self) -> None:
        assert outcome(has_group=True, call=self.CALL) == Applied()

    def test_no_group_means_applied_only_when_nothing_had_to_change(self) -> None:
        still = replace(self.CALL, changes=(change(1, expected=9), change(2, expected=9)))
        assert outcome(has_group=False, call=still) == Applied()
        assert isinstance(outcome(has_group=False, call=self.CALL), Unknown)

    def test_the_rows_at_fault_are_named_by_their_index(self) -> None:
        refused = outcome(row_error("2", "INVALID_LOCATION", rows="changes"), call=self.CALL)
        assert refused == Refused(rows={2: Refusal("INVALID_LOCATION", "no longer matches")})
