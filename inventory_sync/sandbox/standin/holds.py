"""Fulfillment holds: work on an order that must wait, for money or for a decision.

Put what holds do here. A hold moves no stock: the units stay committed
(https://shopify.dev/docs/apps/build/orders-fulfillment).
"""

from typing import Literal

from inventory_sync.sandbox.standin.order_changes import open_order
from inventory_sync.sandbox.standin.orders import (
    FulfillmentHold,
    FulfillmentOrder,
    Order,
    OrderRefused,
)
from inventory_sync.sandbox.standin.shop import Shop

HoldReason = Literal[
    "AWAITING_PAYMENT",
    "HIGH_RISK_OF_FRAUD",
    "INCORRECT_ADDRESS",
    "INVENTORY_OUT_OF_STOCK",
    "OTHER",
    "UNKNOWN_DELIVERY_DATE",
]


def hold_order(
    shop: Shop, order_id: int, reason: HoldReason = "OTHER", notes: str | None = None
) -> Order:
    """Put everything that is still to ship of an order on hold."""
    with shop.lock:
        order = open_order(shop, order_id)
        works = [
            work for work in order.fulfillment_orders if work.status in {"OPEN", "IN_PROGRESS"}
        ]
        if not works:
            raise OrderRefused(f"order {order.name} has nothing left that could be put on hold")
        for work in works:
            hold = FulfillmentHold(shop.next_id(), reason, notes)
            work.holds.append(hold)
            _touch(shop, order, work, "placed_on_hold", hold)
        shop.tell(order, "orders/updated")
        return order


def release_order(shop: Shop, order_id: int) -> Order:
    """Let work on an order go on."""
    with shop.lock:
        order = open_order(shop, order_id)
        works = [work for work in order.fulfillment_orders if work.status == "ON_HOLD"]
        if not works:
            raise OrderRefused(f"order {order.name} is not on hold")
        for work in works:
            hold = work.holds.pop()
            _touch(shop, order, work, "hold_released", hold)
        shop.tell(order, "orders/updated")
        return order


def _touch(
    shop: Shop, order: Order, work: FulfillmentOrder, happened: str, hold: FulfillmentHold
) -> None:
    work.updated_at = order.updated_at = shop.now()
    shop.tell(order, f"fulfillment_orders/{happened}", detail={"work": work, "hold": hold})
