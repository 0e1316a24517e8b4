"""Rows of the contract as texts, small and vivid, for every kind of source under test."""

from collections.abc import Mapping, Sequence

from inventory_sync.domain.frames import DATASETS

Row = Mapping[str, str | None]
Rows = Mapping[str, Sequence[Row]]

NOON = "2026-03-02 12:00:00+00"


def location(name: str = "NYC", **changes: str | None) -> Row:
    return {"location": name, "name": name, "time_zone": "America/New_York"} | changes


def product(sku: str | None = "RETRO-CLOCK", **changes: str | None) -> Row:
    return {"sku": sku, "name": "A thing", "tracked": "1"} | changes


def stock(
    sku: str | None = "RETRO-CLOCK", physical: str | None = "5", **changes: str | None
) -> Row:
    return {
        "sku": sku,
        "location": "NYC",
        "physical": physical,
        "unavailable": "0",
        "updated_at": NOON,
    } | changes


def commitment(commitment_id: str = "C-1", **changes: str | None) -> Row:
    return {
        "commitment_id": commitment_id,
        "order_id": "SO-1",
        "sku": "RETRO-CLOCK",
        "location": "NYC",
        "quantity": "2",
        "kind": "hold",
        "due_date": "2026-03-09",
        "expires_at": "2026-03-02 18:30:00.25+00",
        "channel": None,
        "external_order_id": None,
        "external_line_id": None,
        "updated_at": NOON,
    } | changes


def supply(supply_id: str = "PO-1/1", **changes: str | None) -> Row:
    return {
        "supply_id": supply_id,
        "sku": "RETRO-CLOCK",
        "location": "NYC",
        "quantity": "40",
        "kind": "purchase",
        "due_date": "2026-03-09",
        "confirmed": "1",
        "updated_at": NOON,
    } | changes


def component(kit: str | None, part: str | None, quantity: str | None = "1") -> Row:
    return {"kit_sku": kit, "component_sku": part, "quantity": quantity}


def acknowledged(order_id: str, line_id: str = "L-1", quantity: str | None = "1") -> Row:
    return {
        "external_order_id": order_id,
        "external_line_id": line_id,
        "quantity": quantity,
        "updated_at": NOON,
    }


def event(event_id: int, sku: str | None = "RETRO-CLOCK", **changes: str | None) -> Row:
    return {
        "event_id": str(event_id),
        "occurred_at": NOON,
        "kind": "order_placed",
        "sku": sku,
        "location": "NYC",
        "document": "SO-1",
    } | changes


def dataset_rows(**rows: Sequence[Row]) -> Rows:
    """Rows for the named datasets; the other required ones are there and empty."""
    required = {name: () for name, dataset in DATASETS.items() if not dataset.optional}
    return {**required, **rows}
