"""The bodies of the webhooks about orders and refunds, with the keys of the real ones.

Put a field of an order's body here. A body tells the state of now, not that of the moment when
something happened (https://community.shopify.dev/t/32284); line items name neither their location
nor their inventory item, as in the real ones.
"""

from inventory_sync.sandbox.standin.orders import Order, OrderLine, Refund, RefundLine
from inventory_sync.sandbox.standin.payload_parts import (
    ADDRESS,
    EMAIL,
    PHONE,
    Body,
    customer,
    money,
    money_set,
    stamp,
)
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync.sandbox.standin.shop import Shop


def order_body(shop: Shop, order: Order) -> Body:
    """The whole order."""
    return {**_head(shop, order), **_amounts(order), **_people(shop, order), **_parts(shop, order)}


def refund_body(shop: Shop, order: Order, refund: Refund) -> Body:
    """One refund of an order."""
    return {
        "id": refund.id,
        "admin_graphql_api_id": refund.gid,
        "order_id": order.id,
        "created_at": stamp(refund.created_at),
        "processed_at": stamp(refund.created_at),
        "note": "Ada asked for it on the telephone",
        "user_id": None,
        "restock": any(line.restocked for line in refund.lines),
        "return": None,
        "duties": [],
        "order_adjustments": [],
        "refund_line_items": [_refund_line(shop, order, line) for line in refund.lines],
        "transactions": [],
    }


def edit_body(order: Order, deltas: dict[int, int]) -> Body:
    """What an edit changed; ``deltas`` are units by line number."""
    changes = [{"id": line_id, "delta": delta} for line_id, delta in deltas.items() if delta]
    return {
        "order_edit": {
            "id": order.id,
            "app_id": None,
            "created_at": stamp(order.updated_at),
            "committed_at": stamp(order.updated_at),
            "notify_customer": False,
            "order_id": order.id,
            "staff_note": "Ada changed her mind",
            "user_id": None,
            "line_items": {
                "additions": [change for change in changes if change["delta"] > 0],
                "removals": [
                    {**change, "delta": -change["delta"]}
                    for change in changes
                    if change["delta"] < 0
                ],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def _head(shop: Shop, order: Order) -> Body:
    ended = order.updated_at if order.closed and not order.cancelled_at else None
    return {
        "id": order.id,
        "admin_graphql_api_id": order.gid,
        "app_id": None,
        "name": order.name,
        "number": int(order.name[1:]) - 1000,
        "order_number": int(order.name[1:]),
        "created_at": stamp(order.created_at),
        "processed_at": stamp(order.created_at),
        "updated_at": stamp(order.updated_at),
        "cancelled_at": stamp(order.cancelled_at),
        "cancel_reason": "customer" if order.cancelled_at else None,
        "closed_at": stamp(ended),
        "confirmed": True,
        "test": order.test,
        "financial_status": "paid" if order.paid else "pending",
        "fulfillment_status": _shipped(order),
        "location_id": None,
        "source_name": "web",
        "currency": "USD",
        "presentment_currency": "USD",
        "po_number": None,
        "payment_terms": None,
        "tags": "",
        "token": f"token-{order.id}",
        "order_status_url": f"https://{shop.domain}/orders/token-{order.id}/authenticate",
    }


def _shipped(order: Order) -> str | None:
    if not order.fulfillments:
        return None
    return "fulfilled" if order.closed else "partial"


def _amounts(order: Order) -> Body:
    ordered = sum(line.quantity for line in order.lines)
    current = sum(line.current_quantity for line in order.lines)
    return {
        "subtotal_price": money(ordered),
        "total_line_items_price": money(ordered),
        "total_price": money(ordered),
        "total_price_set": money_set(ordered),
        "current_subtotal_price": money(current),
        "current_total_price": money(current),
        "current_total_price_set": money_set(current),
        "total_outstanding": money(0 if order.paid else current),
        "total_discounts": money(0),
        "total_tax": money(0),
        "taxes_included": False,
        "total_weight": 0,
    }


def _people(shop: Shop, order: Order) -> Body:
    return {
        "email": EMAIL,
        "contact_email": EMAIL,
        "phone": PHONE,
        "browser_ip": "203.0.113.7",
        "client_details": {"accept_language": "en", "browser_ip": "203.0.113.7"},
        "customer_locale": "en",
        "buyer_accepts_marketing": True,
        "landing_site": "/?utm_source=newsletter",
        "note": "Please ring twice",
        "note_attributes": [{"name": "gift_message", "value": "Happy birthday, Grace!"}],
        "billing_address": ADDRESS,
        "shipping_address": ADDRESS,
        "customer": customer(shop.number + 7),
    }


def _parts(shop: Shop, order: Order) -> Body:
    return {
        "line_items": [line_body(shop, order, line) for line in order.lines],
        "shipping_lines": [],
        "tax_lines": [],
        "discount_codes": [],
        "fulfillments": [
            {
                "id": shipment.id,
                "admin_graphql_api_id": shipment.gid,
                "order_id": order.id,
                "status": "success",
                "created_at": stamp(shipment.created_at),
                "location_id": shipment.location_id,
                "line_items": [
                    {"id": part.line_id, "quantity": part.quantity} for part in shipment.lines
                ],
            }
            for shipment in order.fulfillments
        ],
        "refunds": [refund_body(shop, order, refund) for refund in order.refunds],
        "returns": [],
    }


def line_body(shop: Shop, order: Order, line: OrderLine) -> Body:
    """One line of an order."""
    item = shop.stock.items.get(line.item_id or 0)
    name = line.sku or "Custom item"
    return {
        "id": line.id,
        "admin_graphql_api_id": line.gid,
        "sku": line.sku,
        "name": name,
        "title": name,
        "quantity": line.quantity,
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": order.unfulfilled(line),
        "fulfillment_status": None if order.unfulfilled(line) else "fulfilled",
        "fulfillment_service": "manual",
        "variant_id": Variant(item).id if item else None,
        "product_id": item.id if item else None,
        "variant_inventory_management": "shopify" if item and item.tracked else None,
        "product_exists": item is not None,
        "requires_shipping": True,
        "gift_card": False,
        "taxable": True,
        "grams": 100,
        "price": money(1),
        "price_set": money_set(1),
        "total_discount": money(0),
        "properties": [{"name": "engraving", "value": "For Grace"}],
        "sales_line_item_group_id": None,
    }


def _refund_line(shop: Shop, order: Order, line: RefundLine) -> Body:
    return {
        "id": line.id,
        "line_item_id": line.line_id,
        "quantity": line.quantity,
        "location_id": line.location_id,
        "restock_type": line.restock_type.lower(),
        "subtotal": float(money(line.quantity)),
        "total_tax": 0,
        "line_item": line_body(shop, order, order.line(line.line_id)),
    }
