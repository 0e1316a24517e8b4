"""Reading orders: ids, quantities and time stamps only, no field holds personal data."""

from inventory_sync.shopify.operations.operation import Operation

_LINE = (
    "fragment Line on LineItem "
    "{ id sku quantity currentQuantity variant { inventoryItem { id sku } } }"
)
_PORTION = (
    "fragment Portion on FulfillmentOrderLineItem "
    "{ totalQuantity remainingQuantity lineItem { id } }"
)
_REFUND_LINE = (
    "fragment RefundLine on RefundLineItem { quantity restockType location { id } lineItem { id } }"
)
_ORDER = """
fragment Order on Order {
  id
  name
  createdAt
  updatedAt
  cancelledAt
  test
  lineItems(first: $lines) { nodes { ...Line } pageInfo { hasNextPage } }
  fulfillmentOrders(first: $fulfillmentOrders) {
    nodes {
      status
      assignedLocation { location { id } }
      lineItems(first: $lines) { nodes { ...Portion } pageInfo { hasNextPage } }
    }
    pageInfo { hasNextPage }
  }
  refunds {
    refundLineItems(first: $lines) { nodes { ...RefundLine } pageInfo { hasNextPage } }
  }
}
"""
_WHOLE_ORDER = _ORDER + "\n".join((_LINE, _PORTION, _REFUND_LINE))

# A usual order fits; a larger one is read again piece by piece with the operations below.
_ORDER_SIZES = {"lines": 5, "fulfillmentOrders": 3}

ORDERS = Operation(
    "InventorySyncOrders",
    """
query InventorySyncOrders(
  $query: String!, $after: String, $pageSize: Int!, $lines: Int!, $fulfillmentOrders: Int!
) {
  orders(first: $pageSize, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { ...Order }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + _WHOLE_ORDER,
    estimate_points=800,
    sizes={"pageSize": 10, **_ORDER_SIZES},
)

ORDERS_BY_ID = Operation(
    "InventorySyncOrdersById",
    """
query InventorySyncOrdersById($ids: [ID!]!, $lines: Int!, $fulfillmentOrders: Int!) {
  nodes(ids: $ids) { ...Order }
}
"""
    + _WHOLE_ORDER,
    estimate_points=800,
    sizes={"ids": 10, **_ORDER_SIZES},
)

ORDERS_OF_FULFILLMENT_ORDERS = Operation(
    "InventorySyncOrdersOfFulfillmentOrders",
    """
query InventorySyncOrdersOfFulfillmentOrders($ids: [ID!]!) {
  nodes(ids: $ids) { ... on FulfillmentOrder { id order { id } } }
}
""",
    estimate_points=200,
    sizes={"ids": 100},
)

ORDER_LINES = Operation(
    "InventorySyncOrderLines",
    """
query InventorySyncOrderLines(
  $id: ID!, $after: String, $pageSize: Int!, $refundLines: Int!
) {
  order(id: $id) {
    id
    name
    createdAt
    updatedAt
    cancelledAt
    test
    lineItems(first: $pageSize, after: $after) {
      nodes { ...Line }
      pageInfo { hasNextPage endCursor }
    }
    refunds {
      id
      refundLineItems(first: $refundLines) { nodes { ...RefundLine } pageInfo { hasNextPage } }
    }
  }
}
"""
    + "\n".join((_LINE, _REFUND_LINE)),
    estimate_points=620,
    sizes={"pageSize": 100, "refundLines": 100},
)

# One fulfillment order at a time, because a cursor continues one connection only.
ORDER_PORTIONS = Operation(
    "InventorySyncOrderPortions",
    """
query InventorySyncOrderPortions(
  $id: ID!, $previous: String, $pageSize: Int!, $after: String
) {
  order(id: $id) {
    id
    updatedAt
    fulfillmentOrders(first: 1, after: $previous) {
      nodes {
        status
        assignedLocation { location { id } }
        lineItems(first: $pageSize, after: $after) {
          nodes { ...Portion }
          pageInfo { hasNextPage endCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
    + _PORTION,
    estimate_points=320,
    sizes={"pageSize": 100},
)

REFUND_LINES = Operation(
    "InventorySyncRefundLines",
    """
query InventorySyncRefundLines($id: ID!, $pageSize: Int!, $after: String) {
  node(id: $id) {
    ... on Refund {
      id
      refundLineItems(first: $pageSize, after: $after) {
        nodes { ...RefundLine }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
    + _REFUND_LINE,
    estimate_points=320,
    sizes={"pageSize": 100},
)
