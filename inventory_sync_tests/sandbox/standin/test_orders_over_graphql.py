from typing import Any

from inventory_sync.sandbox.standin import (
    LineUnits,
    RefundUnits,
    Wanted,
    fulfill_order,
    place_draft,
    place_order,
    refund_order,
)
from inventory_sync_tests.sandbox.standin.shops import (
    NYC,
    data,
    item_gid,
    location_gid,
    open_shop,
)

ORDER = """
query ($id: ID!) { order(id: $id) {
  name cancelledAt displayFulfillmentStatus test edited closed
  lineItems(first: 5) { nodes { sku quantity currentQuantity unfulfilledQuantity
    variant { inventoryItem { id } } } }
  fulfillmentOrders(first: 5) { nodes { status orderName assignedLocation { location { id } }
    lineItems(first: 5) { nodes { totalQuantity remainingQuantity lineItem { sku } } } } }
  fulfillments { status totalQuantity location { id }
    fulfillmentLineItems(first: 5) { nodes { quantity lineItem { sku } } } }
  refunds { refundLineItems(first: 5) { nodes {
    quantity restockType restocked location { id } lineItem { sku } } } }
} }
"""


def test_an_order_shows_what_shipped_what_remains_and_what_was_refunded() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 5), Wanted(None, 1)], test=True)
    fulfill_order(shop, order.id, [LineUnits("RETRO-CLOCK", 2)])
    refund_order(shop, order.id, [RefundUnits("RETRO-CLOCK", 1, "CANCEL")])
    new_york = {"location": {"id": location_gid(NYC)}}
    clock = {"lineItem": {"sku": "RETRO-CLOCK"}}
    assert data(shop, ORDER, id=order.gid)["order"] == {
        "name": "#1001",
        "cancelledAt": None,
        "displayFulfillmentStatus": "PARTIALLY_FULFILLED",
        "test": True,
        "edited": False,
        "closed": False,
        "lineItems": {
            "nodes": [
                {
                    "sku": "RETRO-CLOCK",
                    "quantity": 5,
                    "currentQuantity": 4,
                    "unfulfilledQuantity": 2,
                    "variant": {"inventoryItem": {"id": item_gid(shop, "RETRO-CLOCK")}},
                },
                {
                    "sku": None,
                    "quantity": 1,
                    "currentQuantity": 1,
                    "unfulfilledQuantity": 1,
                    "variant": None,
                },
            ]
        },
        "fulfillmentOrders": {
            "nodes": [
                {
                    "status": "IN_PROGRESS",
                    "orderName": "#1001",
                    "assignedLocation": new_york,
                    "lineItems": {
                        "nodes": [
                            {"totalQuantity": 4, "remainingQuantity": 2, **clock},
                            {
                                "totalQuantity": 1,
                                "remainingQuantity": 1,
                                "lineItem": {"sku": None},
                            },
                        ]
                    },
                }
            ]
        },
        "fulfillments": [
            {
                "status": "SUCCESS",
                "totalQuantity": 2,
                **new_york,
                "fulfillmentLineItems": {"nodes": [{"quantity": 2, **clock}]},
            }
        ],
        "refunds": [
            {
                "refundLineItems": {
                    "nodes": [
                        {
                            "quantity": 1,
                            "restockType": "CANCEL",
                            "restocked": True,
                            **new_york,
                            **clock,
                        }
                    ]
                }
            }
        ],
    }


def test_a_large_order_can_be_read_piece_by_piece() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("OAK-TABLE", 1), Wanted("RETRO-CLOCK", 1)])
    document = """query ($id: ID!, $after: String) { order(id: $id) {
      lineItems(first: 1, after: $after) { nodes { sku } pageInfo { endCursor } } } }"""
    first = data(shop, document, id=order.gid)["order"]["lineItems"]
    assert first["nodes"] == [{"sku": "OAK-TABLE"}]
    after = first["pageInfo"]["endCursor"]
    second = data(shop, document, id=order.gid, after=after)["order"]["lineItems"]
    assert second["nodes"] == [{"sku": "RETRO-CLOCK"}]


def test_the_parts_of_an_order_are_nodes_of_their_own() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("OAK-TABLE", 2)])
    fulfill_order(shop, order.id, [LineUnits("OAK-TABLE", 1)])
    refund_order(shop, order.id, [RefundUnits("OAK-TABLE", 1, "CANCEL")])
    parts: list[Any] = [
        order.lines[0],
        order.fulfillment_orders[0],
        order.fulfillments[0],
        order.refunds[0],
    ]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    nodes = data(shop, document, ids=[part.gid for part in parts])["nodes"]
    assert nodes == [
        {"__typename": kind, "id": part.gid}
        for kind, part in zip(
            ["LineItem", "FulfillmentOrder", "Fulfillment", "Refund"], parts, strict=True
        )
    ]


def test_a_draft_shows_its_lines_and_no_order() -> None:
    shop = open_shop()
    place_draft(shop, [Wanted("OAK-TABLE", 2)])
    document = """{ draftOrders(first: 5, query: "status:open") { nodes {
      name status order { id } lineItems(first: 5) { nodes { sku quantity variant { sku } } } } } }
    """
    assert data(shop, document)["draftOrders"]["nodes"] == [
        {
            "name": "#D1",
            "status": "OPEN",
            "order": None,
            "lineItems": {
                "nodes": [{"sku": "OAK-TABLE", "quantity": 2, "variant": {"sku": "OAK-TABLE"}}]
            },
        }
    ]
