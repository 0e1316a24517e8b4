"""Fulfillment holds: work waits, units stay committed."""

from typing import Any

import httpx
import pytest

from inventory_sync.sandbox.standin import (
    OrderRefused,
    Shop,
    Wanted,
    cancel_order,
    fulfill_order,
    hold_order,
    move_order,
    place_order,
    release_order,
    running,
)
from inventory_sync_tests.sandbox.standin.shops import ACME, EWR, NYC, Clock, data, open_shop, units

NODES = """
query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on FulfillmentOrder {
      status
      fulfillmentHolds { reason reasonNotes displayReason }
      order { id name updatedAt }
    }
  }
}
"""


def _held(shop: Shop) -> Any:
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    return hold_order(shop, order.id, "HIGH_RISK_OF_FRAUD", "call the bank")


def test_a_fulfillment_order_tells_its_hold_and_its_order() -> None:
    clock = Clock()
    shop = open_shop(clock)
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    clock.seconds = 90
    hold_order(shop, order.id, "HIGH_RISK_OF_FRAUD", "call the bank")
    work = order.fulfillment_orders[0]
    assert data(shop, NODES, ids=[work.gid])["nodes"] == [
        {
            "status": "ON_HOLD",
            "fulfillmentHolds": [
                {
                    "reason": "HIGH_RISK_OF_FRAUD",
                    "reasonNotes": "call the bank",
                    "displayReason": "High risk of fraud",
                }
            ],
            "order": {"id": order.gid, "name": "#1001", "updatedAt": "2026-11-23T10:01:30Z"},
        }
    ]


def test_a_hold_keeps_the_units_committed() -> None:
    shop = open_shop()
    order = _held(shop)
    assert units(shop, "RETRO-CLOCK", NYC) == (3, 2, 5)
    release_order(shop, order.id)
    assert units(shop, "RETRO-CLOCK", NYC) == (3, 2, 5)


def test_nothing_ships_or_moves_before_the_hold_is_released() -> None:
    shop = open_shop()
    order = _held(shop)
    with pytest.raises(OrderRefused, match="on hold"):
        fulfill_order(shop, order.id)
    with pytest.raises(OrderRefused, match="on hold"):
        move_order(shop, order.id, EWR)
    release_order(shop, order.id)
    fulfill_order(shop, order.id)
    assert units(shop, "RETRO-CLOCK", NYC) == (3, 0, 3)


def test_an_order_on_hold_can_be_cancelled() -> None:
    shop = open_shop()
    order = _held(shop)
    cancel_order(shop, order.id, restock_units=True)
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 5)
    assert [work.status for work in order.fulfillment_orders] == ["CLOSED"]


def test_a_hold_is_placed_and_released_once() -> None:
    shop = open_shop()
    order = _held(shop)
    with pytest.raises(OrderRefused, match="nothing left"):
        hold_order(shop, order.id)
    release_order(shop, order.id)
    with pytest.raises(OrderRefused, match="not on hold"):
        release_order(shop, order.id)


def test_the_control_interface_holds_and_releases() -> None:
    with running([ACME]) as stand_in:
        orders = f"{stand_in.url}/control/{ACME.handle}/orders"
        lines = [{"sku": "RETRO-CLOCK", "quantity": 1}]
        placed = httpx.post(orders, json={"lines": lines, "paid": False}).json()
        assert (placed["paid"], placed["on_hold"]) == (False, False)
        order = f"{orders}/{placed['id']}"
        reason = {"reason": "AWAITING_PAYMENT"}
        assert httpx.post(f"{order}/hold", json=reason).json()["on_hold"] is True
        assert httpx.post(f"{order}/pay", json={}).json()["paid"] is True
        assert httpx.post(f"{order}/pay", json={}).status_code == 409
        assert httpx.post(f"{order}/release", json={}).json()["on_hold"] is False
