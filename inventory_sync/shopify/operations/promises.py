"""Showing dates: metafields of variants and orders, deadlines of fulfilment orders (facts 5)."""

from inventory_sync.shopify.operations.operation import Operation

NAMESPACE = "$app:inventory_sync"
AVAILABILITY_KEY = "availability"
ORDER_KEY = "promise_dates"

# Variants and not items: only they carry metafields that a product page and the checkout can read.
VARIANTS = Operation(
    "InventorySyncVariants",
    """
query InventorySyncVariants($pageSize: Int!, $after: String, $query: String) {
  productVariants(first: $pageSize, after: $after, query: $query) {
    nodes {
      id
      inventoryItem { id sku }
      metafield(namespace: "$app:inventory_sync", key: "availability") { value compareDigest }
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    estimate_points=760,
    sizes={"pageSize": 250},
)

VARIANTS_BY_ID = Operation(
    "InventorySyncVariantsById",
    """
query InventorySyncVariantsById($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on ProductVariant {
      id
      inventoryItem { id sku }
      metafield(namespace: "$app:inventory_sync", key: "availability") { value compareDigest }
    }
  }
}
""",
    estimate_points=160,
    sizes={"ids": 50},
)

_ORDERS = """
query NAME($ids: [ID!]!, $lines: Int!, $fulfillmentOrders: Int!) {
  nodes(ids: $ids) {
    ... on Order {
      id
      metafield(namespace: "$app:inventory_sync", key: "promise_dates") { value compareDigest }
      fulfillmentOrders(first: $fulfillmentOrders) {
        nodes {
          id
          status
          fulfillBy
          lineItems(first: $lines) { nodes { lineItem { id } } pageInfo { hasNextPage } }
        }
        pageInfo { hasNextPage }
      }
    }
  }
}
"""

ORDERS_WITH_DATES = Operation(
    "InventorySyncOrdersWithDates",
    _ORDERS.replace("NAME", "InventorySyncOrdersWithDates"),
    estimate_points=640,
    sizes={"ids": 5, "lines": 20, "fulfillmentOrders": 3},
)

# The same for an order that is larger than a usual one.
LARGE_ORDER_WITH_DATES = Operation(
    "InventorySyncLargeOrderWithDates",
    _ORDERS.replace("NAME", "InventorySyncLargeOrderWithDates"),
    estimate_points=910,
    sizes={"ids": 1, "lines": 150, "fulfillmentOrders": 3},
)

DEFINE = Operation(
    "InventorySyncDefine",
    """
mutation InventorySyncDefine($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id }
    userErrors { code field message }
  }
}
""",
    estimate_points=15,
)

SET_METAFIELDS = Operation(
    "InventorySyncSetMetafields",
    """
mutation InventorySyncSetMetafields($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields {
      compareDigest
      owner {
        ... on ProductVariant { id }
        ... on Order { id }
      }
    }
    userErrors { code field message }
  }
}
""",
    estimate_points=15,
)

SET_DEADLINE = Operation(
    "InventorySyncSetDeadline",
    """
mutation InventorySyncSetDeadline($ids: [ID!]!, $deadline: DateTime!) {
  fulfillmentOrdersSetFulfillmentDeadline(
    fulfillmentOrderIds: $ids, fulfillmentDeadline: $deadline
  ) {
    success
    userErrors { code field message }
  }
}
""",
    estimate_points=15,
)
