"""What Shopify does with ``inventorySetQuantities`` and ``inventoryAdjustQuantities``.

Put the checks of those two mutations here, with the texts that the real server answers, and their
effect on the stock. Keep GraphQL out: requests come as plain mappings. A call is all or nothing:
with one error nothing is written.

Three traps are kept as they are on the real server: a write at a location that does not stock the
item succeeds and stays hidden; an untracked item accepts a write and ignores it; a write that
changes nothing succeeds without an adjustment group.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory_sync.sandbox.standin.shop import Adjustment, Change, Shop
from inventory_sync.sandbox.standin.stock import Item, Location

REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)
ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
SET_BOUND = 1_000_000_000
ADJUST_BOUND = 2_000_000_000


@dataclass(frozen=True, slots=True)
class UserError:
    """One entry of ``userErrors``. List positions in ``field`` are strings, as Shopify has them."""

    field: Sequence[str] | None
    message: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a write: the group, which is ``None`` when nothing changed, or the errors."""

    group: Adjustment | None
    errors: Sequence[UserError] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    path: tuple[str, ...]
    item: Item | None
    location: Location | None
    request: Mapping[str, Any]


def set_quantities(shop: Shop, request: Mapping[str, Any]) -> Written:
    """Set ``available`` or ``on_hand`` of up to 250 levels to absolute units."""
    rows = _rows(shop, request["quantities"], "quantities")
    name = request["name"]
    errors = [*_document_errors(request)]
    if name not in {"available", "on_hand"}:
        message = "The quantity name must be either 'available' or 'on_hand'."
        errors.append(UserError(("input", "name"), message, "INVALID_NAME"))
    for row in rows:
        errors += _place_errors(row)
        errors += _set_errors(row, name)
        errors += _stale_errors(shop, row, name)
    errors += _duplicate_errors(rows)
    if errors:
        return Written(None, errors)
    changes = [change for row in rows for change in _set_row(shop, row, name)]
    return Written(_record(shop, request, changes))


def adjust_quantities(shop: Shop, request: Mapping[str, Any]) -> Written:
    """Add to (or take from) one state of up to 250 levels."""
    rows = _rows(shop, request["changes"], "changes")
    name = request["name"]
    errors = [*_document_errors(request)]
    if name not in ADJUSTABLE:
        message = f"The specified quantity name is invalid. Valid values are: {_list(ADJUSTABLE)}."
        errors.append(UserError(("input", "name"), message, "INVALID_QUANTITY_NAME"))
    for row in rows:
        errors += _place_errors(row)
        errors += _ledger_errors(row, name)
        errors += _adjust_errors(shop, row, name)
        errors += _stale_errors(shop, row, name)
    if errors:
        return Written(None, errors)
    changes = [change for row in rows for change in _apply(shop, row, name, row.request["delta"])]
    return Written(_record(shop, request, changes))


def _rows(shop: Shop, requests: Sequence[Mapping[str, Any]], name: str) -> list[_Row]:
    return [
        _Row(
            ("input", name, str(index)),
            shop.stock.item(request["inventoryItemId"]),
            shop.stock.location(request["locationId"]),
            request,
        )
        for index, request in enumerate(requests)
    ]


def _document_errors(request: Mapping[str, Any]) -> Iterator[UserError]:
    if request["reason"] not in REASONS:
        message = f"The specified reason is invalid. Valid values are: {_list(REASONS)}."
        yield UserError(("input", "reason"), message, "INVALID_REASON")
    uri = request.get("referenceDocumentUri")
    if uri is not None and not _is_document(uri):
        message = "The specified reference document is invalid."
        yield UserError(("input", "referenceDocumentUri"), message, "INVALID_REFERENCE_DOCUMENT")


def _is_document(uri: str) -> bool:
    """A URI; a gid needs an app, a kind and an id."""
    pattern = r"gid://[^/\s]+/[^/\s]+/\S+" if uri.startswith("gid:") else r"[a-z][\w+.-]*://\S+"
    return re.fullmatch(pattern, uri) is not None


def _place_errors(row: _Row) -> Iterator[UserError]:
    if row.item is None:
        message = "The specified inventory item could not be found."
        yield UserError((*row.path, "inventoryItemId"), message, "INVALID_INVENTORY_ITEM")
    if row.location is None or not row.location.is_active:
        message = "The specified location could not be found."
        yield UserError((*row.path, "locationId"), message, "INVALID_LOCATION")


def _set_errors(row: _Row, name: str) -> Iterator[UserError]:
    """``on_hand`` cannot be negative; ``available`` can, down to a bound."""
    quantity = row.request["quantity"]
    path = (*row.path, "quantity")
    if name == "on_hand" and quantity < 0:
        message = "The quantity can't be negative."
        yield UserError(path, message, "INVALID_QUANTITY_NEGATIVE")
    else:
        yield from _bound_errors(path, quantity, SET_BOUND)


def _adjust_errors(shop: Shop, row: _Row, name: str) -> Iterator[UserError]:
    after = _units(shop, row, name) + row.request["delta"]
    yield from _bound_errors((*row.path, "delta"), after, ADJUST_BOUND)


def _bound_errors(path: Sequence[str], quantity: int, bound: int) -> Iterator[UserError]:
    if quantity < -bound:
        message = f"The quantity can't be lower than -{bound:,}."
        yield UserError(path, message, "INVALID_QUANTITY_TOO_LOW")
    if quantity > bound:
        message = f"The quantity can't be higher than {bound:,}."
        yield UserError(path, message, "INVALID_QUANTITY_TOO_HIGH")


def _stale_errors(shop: Shop, row: _Row, name: str) -> Iterator[UserError]:
    """Compare-and-swap; an explicit null waives it."""
    expected = row.request.get("changeFromQuantity")
    if expected is not None and expected != _units(shop, row, name):
        message = "The changeFromQuantity argument no longer matches the persisted quantity."
        yield UserError((*row.path, "changeFromQuantity"), message, "CHANGE_FROM_QUANTITY_STALE")


def _duplicate_errors(rows: Sequence[_Row]) -> Iterator[UserError]:
    pairs = [(row.request["inventoryItemId"], row.request["locationId"]) for row in rows]
    times = Counter(pairs)
    message = "The combination of inventoryItemId and locationId must be unique."
    code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    for row, pair in zip(rows, pairs, strict=True):
        if times[pair] > 1:
            yield UserError((*row.path, "locationId"), message, code)


def _ledger_errors(row: _Row, name: str) -> Iterator[UserError]:
    """Every state but ``available`` needs a document, which cannot be one of Shopify's own."""
    uri = row.request.get("ledgerDocumentUri")
    path = (*row.path, "ledgerDocumentUri")
    if name == "available" and uri is not None:
        message = "A ledger document URI is not allowed when adjusting available."
        yield UserError(path, message, "INVALID_AVAILABLE_DOCUMENT")
    elif name != "available" and uri is None:
        message = "A ledger document URI is required except when adjusting available."
        yield UserError(path, message, "INVALID_QUANTITY_DOCUMENT")
    elif uri is not None and uri.startswith("gid://shopify/"):
        message = "Internal (gid://shopify/) ledger documents are not allowed."
        yield UserError(path, message, "INTERNAL_LEDGER_DOCUMENT")


def _units(shop: Shop, row: _Row, name: str) -> int:
    """The persisted quantity; a level that does not exist holds nothing."""
    if row.item is None or row.location is None:
        return 0
    level = shop.stock.level(row.item.id, row.location.id)
    return level.quantity(name) if level else 0


def _set_row(shop: Shop, row: _Row, name: str) -> Iterator[Change]:
    """``on_hand`` is set through ``available``, the only state that a set may move."""
    return _apply(shop, row, "available", row.request["quantity"] - _units(shop, row, name))


def _apply(shop: Shop, row: _Row, state: str, delta: int) -> Iterator[Change]:
    if row.item is None or row.location is None or not row.item.tracked:
        return
    level = shop.level_or_hidden(row.item.id, row.location.id)
    if delta == 0:
        return
    shop.add_units(level, state, delta)
    uri = row.request.get("ledgerDocumentUri")
    yield Change(state, delta, row.item.id, row.location.id, uri)
    if state != "incoming":
        yield Change("on_hand", delta, row.item.id, row.location.id)


def _record(shop: Shop, request: Mapping[str, Any], changes: Sequence[Change]) -> Adjustment | None:
    if not changes:
        return None
    group = Adjustment(
        shop.next_id(),
        shop.instant(),
        request["reason"],
        request.get("referenceDocumentUri"),
        tuple(changes),
    )
    shop.history.append(group)
    return group


def _list(values: Sequence[str]) -> str:
    return ", ".join(values)
