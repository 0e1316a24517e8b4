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
    QuantityChange,
    Refusal,
    Refused,
    SetQuantities,
    Unknown,
)
from inventory_sync.shopify.answers import UserError
from inventory_sync.shopify.text import shown

MAX_ROWS_PER_CALL = 250  # https://shopify.dev/docs/api/usage/limits, input arrays

# Where the rows of a call are, absolute and relative.
_ROWS = (("input", "quantities"), ("input", "changes"))

# Neither says that nothing was applied: the first that an earlier request is still running, the
# second that Shopify's own service failed. They are settled by reading.
_OPEN_CODES = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": "Shopify is still working on an earlier request",
    "SERVICE_UNAVAILABLE": "Shopify's inventory service was not available",
}


def set_quantities_variables(call: SetQuantities) -> dict[str, Any]:
    """The variables of ``SET_QUANTITIES``. The same call always gives the same variables."""
    _check_size(call)
    rows = [
        {
            "inventoryItemId": change.key.inventory_item_id,
            "locationId": change.key.store_location_id,
            "quantity": change.quantity_units,
            "changeFromQuantity": change.expected_units,
        }
        for change in call.changes
    ]
    return {"key": call.idempotency_key, "input": {**_head(call), "quantities": rows}}


def adjust_quantities_variables(call: SetQuantities) -> dict[str, Any]:
    """The variables of ``ADJUST_QUANTITIES`` for a relative call.

    Shopify adds up rows of one level without complaint, so that is a mistake of the caller.
    """
    _check_size(call)
    if len({change.key for change in call.changes}) < len(call.changes):
        raise ValueError("a relative call names a level twice, which would change it twice")
    rows = [
        {
            "inventoryItemId": change.key.inventory_item_id,
            "locationId": change.key.store_location_id,
            "delta": _delta(change),
            "changeFromQuantity": None,  # has to be there, and null means no comparison (facts 1.2)
        }
        for change in call.changes
    ]
    return {"key": call.idempotency_key, "input": {**_head(call), "changes": rows}}


def _check_size(call: SetQuantities) -> None:
    if not 0 < len(call.changes) <= MAX_ROWS_PER_CALL:
        raise ValueError(f"a call sets 1 to {MAX_ROWS_PER_CALL} levels, not {len(call.changes)}")


def _delta(change: QuantityChange) -> int:
    return change.quantity_units - change.expected_units


def _head(call: SetQuantities) -> dict[str, str]:
    return {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": call.reference_uri,
    }


def quantities_outcome(
    call: SetQuantities, *, has_group: bool, user_errors: Sequence[UserError]
) -> Outcome:
    """Applied, refused or unknown. One user error means that no row was applied (facts 1.3).

    No errors and no adjustment group is what Shopify answers when nothing had to change.
    """
    if not user_errors:
        if call.relative and not has_group and any(_delta(each) for each in call.changes):
            return Unknown("Shopify reported neither an adjustment nor an error")
        return Applied()
    if has_group:
        return Unknown("Shopify reported both an adjustment and errors")
    for error in user_errors:
        if error.code in _OPEN_CODES:
            return Unknown(_OPEN_CODES[error.code])
    rows: dict[int, Refusal] = {}
    general: list[Refusal] = []
    for error in user_errors:
        refusal = Refusal(code=error.code or "", message=shown(error.message))
        index = _row_index(error.field, len(call.changes))
        if index is None:
            general.append(refusal)
        else:
            rows.setdefault(index, refusal)
    return Refused(rows=rows, general=tuple(general))


def _row_index(path: Sequence[str] | None, row_count: int) -> int | None:
    """The row in a path such as ``["input", "quantities", "3", "locationId"]``."""
    if path is None or len(path) < 3 or tuple(path[:2]) not in _ROWS:
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
