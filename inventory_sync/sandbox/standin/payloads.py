"""What a webhook says: from a delivery to its body, with the keys of the real ones.

Put the body of a new topic here; those about orders are in ``payload_order.py``. A body is built at
the moment of sending.
"""

import json
from collections.abc import Callable

from inventory_sync.sandbox.standin.orders import DraftLine, DraftOrder, FulfillmentOrder
from inventory_sync.sandbox.standin.payload_order import edit_body, order_body, refund_body
from inventory_sync.sandbox.standin.payload_parts import (
    ADDRESS,
    EMAIL,
    PHONE,
    Body,
    customer,
    money,
    stamp,
)
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import Level, gid
from inventory_sync.sandbox.standin.subscriptions import Delivery


def payload(shop: Shop, delivery: Delivery) -> bytes:
    """The body of a delivery as of now; the caller holds the shop's lock."""
    body = _BODIES[delivery.topic](shop, delivery)
    if wanted := delivery.subscription.include_fields:
        names = {name.partition(".")[0] for name in wanted}
        body = {name: value for name, value in body.items() if name in names}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _order(shop: Shop, delivery: Delivery) -> Body:
    return order_body(shop, delivery.subject)


def _edited(shop: Shop, delivery: Delivery) -> Body:
    return edit_body(delivery.subject, delivery.detail["deltas"])


def _refund(shop: Shop, delivery: Delivery) -> Body:
    return refund_body(shop, delivery.subject, delivery.detail["refund"])


def _level(shop: Shop, delivery: Delivery) -> Body:
    level: Level = delivery.subject
    return {
        "inventory_item_id": level.item_id,
        "location_id": level.location_id,
        "available": level.quantity("available"),
        "updated_at": stamp(level.updated_at),
        "admin_graphql_api_id": level.gid,
    }


def _draft(shop: Shop, delivery: Delivery) -> Body:
    draft: DraftOrder = delivery.subject
    units = sum(line.quantity for line in draft.lines)
    return {
        "id": draft.id,
        "admin_graphql_api_id": draft.gid,
        "name": draft.name,
        "status": draft.status.lower(),
        "order_id": draft.order_id,
        "created_at": stamp(draft.created_at),
        "updated_at": stamp(draft.updated_at),
        "completed_at": stamp(draft.updated_at) if draft.order_id else None,
        "invoice_sent_at": None,
        "invoice_url": f"https://{shop.domain}/invoices/{draft.id}",
        "currency": "USD",
        "email": EMAIL,
        "note": "Quote for the new office of Buyer & Daughters",
        "note_attributes": [],
        "tags": "",
        "tax_exempt": False,
        "taxes_included": False,
        "subtotal_price": money(units),
        "total_price": money(units),
        "total_tax": money(0),
        "line_items": [_draft_line(shop, line) for line in draft.lines],
        "billing_address": ADDRESS,
        "shipping_address": ADDRESS,
        "customer": customer(shop.number + 7),
    }


def _draft_line(shop: Shop, line: DraftLine) -> Body:
    return {
        "id": line.id,
        "admin_graphql_api_id": line.gid,
        "variant_id": Variant(shop.stock.items[line.item_id]).id,
        "product_id": line.item_id,
        "sku": line.sku,
        "name": line.sku,
        "title": line.sku,
        "quantity": line.quantity,
        "requires_shipping": True,
        "taxable": True,
        "gift_card": False,
        "fulfillment_service": "manual",
        "grams": 100,
        "price": money(1),
        "custom": False,
        "properties": [],
    }


def _moved(shop: Shop, delivery: Delivery) -> Body:
    origin: FulfillmentOrder = delivery.detail["origin"]
    target: FulfillmentOrder = delivery.detail["target"]
    return {
        "original_fulfillment_order": {**_work(origin), "assigned_location_id": _place(origin)},
        "moved_fulfillment_order": {**_work(target), "assigned_location_id": _place(target)},
        "destination_location_id": _place(target),
        "fulfillment_order_line_items_requested": [
            {"id": line.gid, "quantity": line.remaining_quantity} for line in target.lines
        ],
        "source_location": {"id": _place(origin)},
    }


def _work(work: FulfillmentOrder) -> Body:
    return {"id": work.gid, "status": work.status.lower()}


def _place(work: FulfillmentOrder) -> str:
    return gid("Location", work.location_id)


def _held(shop: Shop, delivery: Delivery) -> Body:
    """It names the fulfillment order, never the order."""
    work: FulfillmentOrder = delivery.detail["work"]
    hold = delivery.detail["hold"]
    reason = {
        "id": hold.gid,
        "reason": hold.reason.lower(),
        "reason_notes": hold.reason_notes,
        "held_by_requesting_app": False,
    }
    return {
        "fulfillment_order": {**_work(work), "fulfillment_holds": [reason] if work.holds else []},
        "remaining_fulfillment_order": None,
        "held_fulfillment_order_line_items": [
            {"id": line.gid, "quantity": line.remaining_quantity} for line in work.lines
        ],
        "created_fulfillment_hold": reason,
    }


def _released(shop: Shop, delivery: Delivery) -> Body:
    return {"fulfillment_order": _work(delivery.detail["work"])}


def _shop(shop: Shop, delivery: Delivery) -> Body:
    return {
        "id": shop.number,
        "name": shop.handle,
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "email": EMAIL,
        "customer_email": EMAIL,
        "phone": PHONE,
        "shop_owner": ADDRESS["name"],
        "address1": ADDRESS["address1"],
        "city": ADDRESS["city"],
        "zip": ADDRESS["zip"],
        "country": "US",
        "country_code": "US",
        "currency": "USD",
        "iana_timezone": "America/New_York",
    }


def _gone(shop: Shop, delivery: Delivery) -> Body:
    subject: DraftOrder = delivery.subject
    return {"id": subject.id}


_BODIES: dict[str, Callable[[Shop, Delivery], Body]] = {
    "app/uninstalled": _shop,
    "draft_orders/create": _draft,
    "draft_orders/delete": _gone,
    "draft_orders/update": _draft,
    "fulfillment_orders/hold_released": _released,
    "fulfillment_orders/moved": _moved,
    "fulfillment_orders/placed_on_hold": _held,
    "inventory_levels/update": _level,
    "orders/edited": _edited,
    "refunds/create": _refund,
    **{
        f"orders/{happened}": _order
        for happened in (
            "cancelled",
            "create",
            "fulfilled",
            "paid",
            "partially_fulfilled",
            "updated",
        )
    },
}
