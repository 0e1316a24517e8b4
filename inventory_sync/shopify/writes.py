"""What we write to Shopify, and what its answer to a write means. Pure.

Put the variables of a mutation and the reading of its user errors here. When a write may be sent
again is in ``client.py``.
"""

from collections.abc import Sequence
from typing import Any

from inventory_sync.domain.publication import (
    Applied,
    LevelKey,
    Outcome,
    Refusal,
    Refused,
    SetQuantities,
    Unknown,
)
from inventory_sync.shopify.answers import UserError
from inventory_sync.shopify.text import shown

MAX_ROWS_PER_CALL = 250  # https://shopify.dev/docs/api/usage/limits, input arrays

# Another request with this key is still running: whether it applies is not known yet.
_STILL_RUNNING = "IDEMPOTENCY_CONCURRENT_REQUEST"


def set_quantities_variables(call: SetQuantities) -> dict[str, Any]:
    """The variables of ``SET_QUANTITIES``. The same call always gives the same variables."""
    if not 0 < len(call.changes) <= MAX_ROWS_PER_CALL:
        raise ValueError(f"a call sets 1 to {MAX_ROWS_PER_CALL} levels, not {len(call.changes)}")
    rows = [
        {
            "inventoryItemId": change.key.inventory_item_id,
            "locationId": change.key.store_location_id,
            "quantity": change.quantity_units,
            "changeFromQuantity": change.expected_units,
        }
        for change in call.changes
    ]
    return {
        "key": call.idempotency_key,
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": call.reference_uri,
            "quantities": rows,
        },
    }


def set_quantities_outcome(
    *, has_group: bool, user_errors: Sequence[UserError], row_count: int
) -> Outcome:
    """Applied, refused or unknown. One user error means that no row was applied (facts 1.3).

    No errors and no adjustment group is what Shopify answers when nothing had to change.
    """
    if not user_errors:
        return Applied()
    if has_group:
        return Unknown("Shopify reported both an adjustment and errors")
    if any(error.code == _STILL_RUNNING for error in user_errors):
        return Unknown("Shopify is still working on an earlier request with this key")
    rows: dict[int, Refusal] = {}
    general: list[Refusal] = []
    for error in user_errors:
        refusal = Refusal(code=error.code or "", message=shown(error.message))
        index = _row_index(error.field, row_count)
        if index is None:
            general.append(refusal)
        else:
            rows.setdefault(index, refusal)
    return Refused(rows=rows, general=tuple(general))


def _row_index(path: Sequence[str] | None, row_count: int) -> int | None:
    """The row in a path such as ``["input", "quantities", "3", "locationId"]``."""
    if path is None or len(path) < 3 or list(path[:2]) != ["input", "quantities"]:
        return None
    step = path[2]
    if not (step.isascii() and step.isdecimal() and len(step) <= 3):
        return None
    return int(step) if int(step) < row_count else None


def activate_variables(key: LevelKey, idempotency_key: str) -> dict[str, Any]:
    """The variables of ``ACTIVATE``."""
    return {
        "itemId": key.inventory_item_id,
        "locationId": key.store_location_id,
        "key": idempotency_key,
    }
