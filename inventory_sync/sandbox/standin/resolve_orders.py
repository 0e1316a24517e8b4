"""How the fields of orders, what ships them, refunds and drafts are answered.

Put the resolver of a new query field about orders here.
"""

from collections.abc import Callable
from typing import Any

from inventory_sync.sandbox.standin.orders import DraftOrder, Order
from inventory_sync.sandbox.standin.paging import Key, Page, page
from inventory_sync.sandbox.standin.resolving import (
    Info,
    InOrder,
    Resolver,
    Variant,
    by_id,
    paging_of,
    shop_of,
)
from inventory_sync.sandbox.standin.search import Fields, matcher
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import Location, gid

_ORDER_FIELDS: Fields = {
    "id": lambda order: order.id,
    "name": lambda order: order.name,
    "status": lambda order: order.status,
    "created_at": lambda order: order.created_at,
    "processed_at": lambda order: order.created_at,
    "updated_at": lambda order: order.updated_at,
    "test": lambda order: order.test,
}
_DRAFT_FIELDS: Fields = {
    "id": lambda draft: draft.id,
    "name": lambda draft: draft.name,
    "status": lambda draft: draft.status,
    "updated_at": lambda draft: draft.updated_at,
}
_ORDER_KEYS: dict[str, Callable[[Order], Key]] = {
    "ID": by_id,
    "CREATED_AT": lambda order: (order.created_at.isoformat(), order.id),
    "PROCESSED_AT": lambda order: (order.created_at.isoformat(), order.id),
    "UPDATED_AT": lambda order: (order.updated_at.isoformat(), order.id),
}
_DRAFT_KEYS: dict[str, Callable[[DraftOrder], Key]] = {
    "ID": by_id,
    "UPDATED_AT": lambda draft: (draft.updated_at.isoformat(), draft.id),
}


def _orders(
    _: Any, info: Info, sortKey: str, query: str | None = None, **paging: Any
) -> Page[Order]:
    key = _ORDER_KEYS[sortKey]
    wanted = matcher(query, _ORDER_FIELDS, default="name")
    rows = sorted(shop_of(info).orders.values(), key=key)
    return page(rows, key, paging_of(**paging), keep=wanted)


def _drafts(
    _: Any, info: Info, sortKey: str, query: str | None = None, **paging: Any
) -> Page[DraftOrder]:
    key = _DRAFT_KEYS[sortKey]
    wanted = matcher(query, _DRAFT_FIELDS, default="name")
    rows = sorted(shop_of(info).drafts.values(), key=key)
    return page(rows, key, paging_of(**paging), keep=wanted)


def _part_of_order(name: str) -> Resolver:
    """A connection over one of the order's own lists."""

    def resolve(order: Order, info: Info, **paging: Any) -> Page[InOrder]:
        rows = [InOrder(order, row) for row in getattr(order, name)]
        return page(rows, by_id, paging_of(**paging))

    return resolve


def _lines_of_part(part: InOrder, info: Info, **paging: Any) -> Page[InOrder]:
    rows = [InOrder(part.order, row) for row in part.lines]
    return page(rows, by_id, paging_of(**paging))


def _fulfillments(order: Order, info: Info, first: int | None = None) -> list[InOrder]:
    return [InOrder(order, row) for row in order.fulfillments[:first]]


def _refunds(order: Order, info: Info, first: int | None = None) -> list[InOrder]:
    return [InOrder(order, row) for row in order.refunds[:first]]


def _line_item(part: InOrder, info: Info) -> InOrder:
    return InOrder(part.order, part.order.line(part.line_id))


def _line_name(line: InOrder, info: Info) -> str:
    return line.sku or "Custom item"


def _variant(line: Any, info: Info) -> Variant | None:
    return Variant(shop_of(info).stock.items[line.item_id]) if line.item_id else None


def _item_gid(part: InOrder, info: Info) -> str | None:
    item_id = part.order.line(part.line_id).item_id
    return gid("InventoryItem", item_id) if item_id else None


def _location(part: InOrder, info: Info) -> Location | None:
    return shop_of(info).stock.locations.get(part.location_id)


def _assigned(work: InOrder, info: Info) -> dict[str, Any]:
    location = _location(work, info)
    return {"name": location.name if location else "", "location": location}


def _draft_lines(draft: Any, info: Info, **paging: Any) -> Page[Any]:
    return page(draft.lines, by_id, paging_of(**paging))


def find_in_orders(kind: str) -> Callable[[Shop, str], InOrder | None]:
    """How to find a part of an order by its gid: line, shipment, refund, fulfilment order."""
    lists = {
        "LineItem": "lines",
        "FulfillmentOrder": "fulfillment_orders",
        "Fulfillment": "fulfillments",
        "Refund": "refunds",
    }

    def find(shop: Shop, part_gid: str) -> InOrder | None:
        for order in shop.orders.values():
            for row in getattr(order, lists[kind]):
                if row.gid == part_gid:
                    return InOrder(order, row)
        return None

    return find


RESOLVERS: dict[str, Resolver] = {
    "QueryRoot.orders": _orders,
    "QueryRoot.draftOrders": _drafts,
    "Order.processedAt": lambda order, info: order.created_at,
    "Order.lineItems": _part_of_order("lines"),
    "Order.fulfillmentOrders": _part_of_order("fulfillment_orders"),
    "Order.fulfillments": _fulfillments,
    "Order.refunds": _refunds,
    "LineItem.name": _line_name,
    "LineItem.title": _line_name,
    "LineItem.unfulfilledQuantity": lambda line, info: line.order.unfulfilled(line.row),
    "LineItem.variant": _variant,
    "FulfillmentOrder.fulfillmentHolds": lambda work, info: work.holds,
    "FulfillmentOrder.orderId": lambda work, info: work.order.gid,
    "FulfillmentOrder.orderName": lambda work, info: work.order.name,
    "FulfillmentOrder.assignedLocation": _assigned,
    "FulfillmentOrder.lineItems": _lines_of_part,
    "FulfillmentOrderLineItem.sku": lambda part, info: part.order.line(part.line_id).sku,
    "FulfillmentOrderLineItem.inventoryItemId": _item_gid,
    "FulfillmentOrderLineItem.lineItem": _line_item,
    "Fulfillment.status": lambda shipment, info: "SUCCESS",
    "Fulfillment.updatedAt": lambda shipment, info: shipment.created_at,
    "Fulfillment.location": _location,
    "Fulfillment.fulfillmentLineItems": _lines_of_part,
    "FulfillmentLineItem.lineItem": _line_item,
    "Refund.updatedAt": lambda refund, info: refund.created_at,
    "Refund.refundLineItems": _lines_of_part,
    "RefundLineItem.location": _location,
    "RefundLineItem.lineItem": _line_item,
    "DraftOrder.order": lambda draft, info: shop_of(info).orders.get(draft.order_id),
    "DraftOrder.lineItems": _draft_lines,
    "DraftOrderLineItem.variant": _variant,
}
