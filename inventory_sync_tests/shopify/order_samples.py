"""Orders as Shopify answers them, to be damaged one field at a time."""

from typing import Any

NYC, LAX = "gid://shopify/Location/1001", "gid://shopify/Location/1002"
CLOCK = "gid://shopify/LineItem/11"
ITEM = "gid://shopify/InventoryItem/501"


def page(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}


def line(quantity: int, current: int | None = None, **others: Any) -> dict[str, Any]:
    return {
        "id": CLOCK,
        "sku": "RETRO-CLOCK",
        "quantity": quantity,
        "currentQuantity": quantity if current is None else current,
        "variant": variant("RETRO-CLOCK"),
    } | others


def variant(sku: str | None) -> dict[str, Any]:
    """The variant of a line, whose item has this SKU now."""
    return {"inventoryItem": {"id": ITEM, "sku": sku}}


def portion(units: int, remaining: int | None = None, line_id: str = CLOCK) -> dict[str, Any]:
    return {
        "totalQuantity": units,
        "remainingQuantity": units if remaining is None else remaining,
        "lineItem": {"id": line_id},
    }


def ships(
    location: str | None, units: int, status: str = "OPEN", remaining: int | None = None
) -> dict[str, Any]:
    return {
        "status": status,
        "assignedLocation": {"location": {"id": location} if location else None},
        "lineItems": page([portion(units, remaining)]),
    }


def refund(units: int, kind: str = "CANCEL", location: str | None = None) -> dict[str, Any]:
    place = {"id": location} if location else None
    row = {"quantity": units, "restockType": kind, "location": place, "lineItem": {"id": CLOCK}}
    return {"refundLineItems": page([row])}


def order_node(
    lines: list[dict[str, Any]],
    work: list[dict[str, Any]] | None = None,
    refunds: list[dict[str, Any]] | None = None,
    **others: Any,
) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/9007199254740993",
        "name": "#1001",
        "createdAt": "2026-11-23T08:00:00Z",
        "updatedAt": "2026-11-23T09:00:00Z",
        "cancelledAt": None,
        "test": False,
        "lineItems": page(lines),
        "fulfillmentOrders": page(work or []),
        "refunds": refunds or [],
    } | others
