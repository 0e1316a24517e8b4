"""Every GraphQL operation that we send to Shopify, and nothing else.

Put a new query or mutation here, so that one test can validate all of them against the real
2026-10 Admin schema. Keep request building and answer reading out: that is ``protocol.py``.

Sizes are variables, because a query whose cost exceeds the single-query limit is asked again with
a smaller one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Operation:
    """One document with what the shell has to know before it has ever sent it.

    ``estimate_points`` stands for the requested cost until Shopify has told it. ``sizes`` are the
    variables that say how much is asked for at once, in the order in which they are halved.
    """

    name: str
    document: str
    estimate_points: int
    sizes: Mapping[str, int] = field(default_factory=dict)


SHOP = Operation(
    "InventorySyncShop",
    """
query InventorySyncShop {
  shop { id myshopifyDomain plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } }
  publicApiVersions { handle supported }
}
""",
    estimate_points=10,
)

LOCATIONS = Operation(
    "InventorySyncLocations",
    """
query InventorySyncLocations($pageSize: Int!, $after: String) {
  locations(first: $pageSize, after: $after, includeInactive: true, includeLegacy: true) {
    nodes { id name isActive }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    estimate_points=60,
    sizes={"pageSize": 50},
)

CATALOG = Operation(
    "InventorySyncCatalog",
    """
query InventorySyncCatalog($pageSize: Int!, $after: String, $query: String) {
  inventoryItems(first: $pageSize, after: $after, query: $query) {
    nodes { id sku tracked }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    estimate_points=260,
    sizes={"pageSize": 250},
)

# Paged by item and not by `location.inventoryLevels`: only items can be filtered by id, which is
# what carries us past the 25,000 objects where Shopify ends a pagination (facts 3).
LEVELS_AT_LOCATION = Operation(
    "InventorySyncLevels",
    """
query InventorySyncLevels($locationId: ID!, $pageSize: Int!, $after: String, $query: String) {
  location(id: $locationId) { id isActive }
  inventoryItems(first: $pageSize, after: $after, query: $query) {
    nodes {
      id
      tracked
      inventoryLevel(locationId: $locationId, includeInactive: true) {
        isActive
        quantities(names: ["available"]) { name quantity }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    estimate_points=800,
    sizes={"pageSize": 250},
)

LEVELS_OF_ITEMS = Operation(
    "InventorySyncReadBack",
    """
query InventorySyncReadBack($itemIds: [ID!]!, $locationId: ID!) {
  location(id: $locationId) { id isActive }
  nodes(ids: $itemIds) {
    ... on InventoryItem {
      id
      tracked
      inventoryLevel(locationId: $locationId, includeInactive: true) {
        isActive
        quantities(names: ["available"]) { name quantity }
      }
    }
  }
}
""",
    estimate_points=800,
    sizes={"itemIds": 250},
)

# Ids, quantities and time stamps only: no field here holds personal data.
_LINE = (
    "fragment Line on LineItem "
    "{ id sku quantity currentQuantity variant { inventoryItem { id sku } } }"
)
_PORTION = "fragment Portion on FulfillmentOrderLineItem { totalQuantity lineItem { id } }"
_REFUND_LINE = (
    "fragment RefundLine on RefundLineItem { quantity restockType location { id } lineItem { id } }"
)

ORDERS = Operation(
    "InventorySyncOrders",
    """
query InventorySyncOrders(
  $query: String!, $after: String, $pageSize: Int!, $lines: Int!, $fulfillmentOrders: Int!
) {
  orders(first: $pageSize, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes {
      id
      name
      updatedAt
      cancelledAt
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
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + "\n".join((_LINE, _PORTION, _REFUND_LINE)),
    estimate_points=800,
    # A usual order fits; a larger one is read again piece by piece with the operations below.
    sizes={"pageSize": 10, "lines": 5, "fulfillmentOrders": 3},
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
    updatedAt
    cancelledAt
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

SET_QUANTITIES = Operation(
    "InventorySyncSetQuantities",
    """
mutation InventorySyncSetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id createdAt }
    userErrors { code field message }
  }
}
""",
    estimate_points=15,
)

# A level that is connected without `available` would wake up with the quantity it had when it was
# deactivated (facts 1.4); its user errors have no code.
ACTIVATE = Operation(
    "InventorySyncActivate",
    """
mutation InventorySyncActivate($itemId: ID!, $locationId: ID!, $key: String!) {
  inventoryActivate(inventoryItemId: $itemId, locationId: $locationId, available: 0)
    @idempotent(key: $key) {
    inventoryLevel { id isActive }
    userErrors { field message }
  }
}
""",
    estimate_points=15,
)

OPERATIONS = (
    SHOP,
    LOCATIONS,
    CATALOG,
    LEVELS_AT_LOCATION,
    LEVELS_OF_ITEMS,
    ORDERS,
    ORDER_LINES,
    ORDER_PORTIONS,
    REFUND_LINES,
    SET_QUANTITIES,
    ACTIVATE,
)
