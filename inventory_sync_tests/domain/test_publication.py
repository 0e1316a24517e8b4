"""What Shopify's refusals say about the rest of their call."""

import pytest

from inventory_sync.domain.publication import Refusal


@pytest.mark.parametrize(
    "code",
    [
        "",
        "INVALID_INVENTORY_ITEM",
        "INVALID_LOCATION",
        "INVALID_QUANTITY_NEGATIVE",
        "INVALID_QUANTITY_TOO_HIGH",
        "CHANGE_FROM_QUANTITY_STALE",
        "NON_MUTABLE_INVENTORY_ITEM",
    ],
)
def test_without_the_row_at_fault_the_others_may_pass(code):
    assert Refusal(code, "no").concerns_a_row


@pytest.mark.parametrize(
    "code", ["INVALID_REASON", "BAD_REQUEST", "MAX_INPUT_SIZE_EXCEEDED", "IDEMPOTENCY_KEY_REUSED"]
)
def test_a_call_that_is_wrong_as_such_is_wrong_without_any_of_its_rows(code):
    assert not Refusal(code, "no").concerns_a_row
