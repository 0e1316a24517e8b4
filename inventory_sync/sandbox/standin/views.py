"""A shop as the control interface shows it: plain dictionaries, ready for JSON.

Put what a test or a person wants to look at here. What the Admin API shows is in the ``resolve_*``
modules.
"""

from typing import Any

from inventory_sync.sandbox.standin.orders import DraftOrder, Order
from inventory_sync.sandbox.standin.shop import Adjustment, Shop
from inventory_sync.sandbox.standin.stock import QUANTITY_NAMES, Item, Level

View = dict[str, Any]


def shop_view(shop: Shop) -> View:
    """What kind of shop it is, and how much is in it. Tells no token."""
    return {
        "handle": shop.handle,
        "myshopify_domain": shop.domain,
        "plan": shop.plan,
        "idempotency_mode": shop.idempotency_mode,
        "locked": shop.locked,
        "scopes": sorted(shop.scopes),
        "locations": [
            {
                "id": place.id,
                "gid": place.gid,
                "name": place.name,
                "active": place.is_active,
                "fulfills_online_orders": place.fulfills_online_orders,
            }
            for place in shop.stock.locations.values()
        ],
        "items": len(shop.stock.items),
        "orders": len(shop.orders),
        "drafts": len(shop.drafts),
    }


def state_view(shop: Shop, sku: str | None = None) -> View:
    """All items, or those with a SKU, with their levels (inactive ones too) in every state."""
    items = shop.stock.item_list if sku is None else shop.stock.with_sku(sku)
    return {
        "items": [
            {**item_view(item), "levels": [*map(level_view, shop.stock.levels_of(item.id))]}
            for item in items
        ]
    }


def item_view(item: Item) -> View:
    """An item without its levels."""
    return {"sku": item.sku, "gid": item.gid, "tracked": item.tracked, "policy": item.policy}


def level_view(level: Level) -> View:
    """A level with its units in every state."""
    units = {name: level.quantity(name) for name in QUANTITY_NAMES}
    return {"location_id": level.location_id, "active": level.is_active, **units}


def order_view(order: Order) -> View:
    """An order with its lines, who ships them, and refunds."""
    return {
        "id": order.id,
        "gid": order.gid,
        "name": order.name,
        "status": order.status,
        "updated_at": order.updated_at.isoformat(),
        "test": order.test,
        "paid": order.paid,
        "on_hold": any(work.status == "ON_HOLD" for work in order.fulfillment_orders),
        "lines": [
            {
                "gid": line.gid,
                "sku": line.sku,
                "quantity": line.quantity,
                "current_quantity": line.current_quantity,
                "unfulfilled_quantity": order.unfulfilled(line),
                "location_ids": [
                    work.location_id for work, part in order.parts(line) if part.total_quantity
                ],
            }
            for line in order.lines
        ],
        "refunds": [
            [
                {
                    "sku": order.line(line.line_id).sku,
                    "quantity": line.quantity,
                    "restock_type": line.restock_type,
                    "location_id": line.location_id,
                }
                for line in refund.lines
            ]
            for refund in order.refunds
        ],
    }


def draft_view(draft: DraftOrder) -> View:
    """A draft with its lines; ``reserved_at`` is a location number."""
    until = draft.reserve_inventory_until
    return {
        "id": draft.id,
        "gid": draft.gid,
        "name": draft.name,
        "status": draft.status,
        "order_id": draft.order_id,
        "updated_at": draft.updated_at.isoformat(),
        "reserve_until": until.isoformat() if until else None,
        "lines": [
            {
                "gid": line.gid,
                "sku": line.sku,
                "quantity": line.quantity,
                "reserved_at": line.reserved_at,
            }
            for line in draft.lines
        ],
    }


def adjustment_view(shop: Shop, group: Adjustment) -> View:
    """An accepted write, as the inventory history shows it."""
    return {
        "gid": group.gid,
        "created_at": group.created_at.isoformat(),
        "reason": group.reason,
        "reference_document_uri": group.reference_document_uri,
        "changes": [
            {
                "sku": shop.stock.items[change.item_id].sku,
                "location_id": change.location_id,
                "name": change.name,
                "delta": change.delta,
            }
            for change in group.changes
        ],
    }


def statistics_view(shop: Shop) -> View:
    """What callers did so far, and what the bucket holds now."""
    counted = shop.statistics
    return {
        "requests": dict(counted.requests),
        "statuses": {str(status): times for status, times in counted.statuses.items()},
        "throttled": counted.throttled,
        "throttled_in_a_row": counted.throttled_in_a_row,
        "max_throttled_in_a_row": counted.max_throttled_in_a_row,
        "points_spent": counted.points_spent,
        "max_deficit_points": counted.max_deficit_points,
        "bucket": shop.bucket.status(),
    }


def webhooks_view(shop: Shop) -> View:
    """Who subscribes to what, and how deliveries went; ``under_way`` counts those not ended."""
    counted = shop.statistics
    return {
        "subscriptions": [
            {
                "gid": each.gid,
                "topic": each.topic,
                "uri": each.uri,
                "include_fields": [*each.include_fields],
            }
            for each in shop.subscriptions.values()
        ],
        "under_way": shop.deliveries_under_way,
        "deliveries": counted.deliveries,
        "failures": counted.delivery_failures,
        "lost": counted.webhooks_lost,
        "last_delivery_seconds": counted.last_delivery_seconds,
    }
