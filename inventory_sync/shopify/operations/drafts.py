"""Reading draft orders: what they ask for and whether they still may; nothing about the buyer."""

from inventory_sync.shopify.operations.operation import Operation

_DRAFT_LINE = (
    "fragment DraftLine on DraftOrderLineItem "
    "{ id sku quantity variant { inventoryItem { id sku } } }"
)
_DRAFT = (
    """
fragment Draft on DraftOrder {
  id
  name
  status
  updatedAt
  reserveInventoryUntil
  order { id }
  lineItems(first: $lines) { nodes { ...DraftLine } pageInfo { hasNextPage } }
}
"""
    + _DRAFT_LINE
)

DRAFTS = Operation(
    "InventorySyncDrafts",
    """
query InventorySyncDrafts($query: String!, $after: String, $pageSize: Int!, $lines: Int!) {
  draftOrders(first: $pageSize, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { ...Draft }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + _DRAFT,
    estimate_points=820,
    # A usual draft fits; the lines of a larger one are read again with the operation below.
    sizes={"pageSize": 25, "lines": 10},
)

DRAFTS_BY_ID = Operation(
    "InventorySyncDraftsById",
    """
query InventorySyncDraftsById($ids: [ID!]!, $lines: Int!) {
  nodes(ids: $ids) { ...Draft }
}
"""
    + _DRAFT,
    estimate_points=820,
    sizes={"ids": 25, "lines": 10},
)

DRAFT_LINES = Operation(
    "InventorySyncDraftLines",
    """
query InventorySyncDraftLines($id: ID!, $after: String, $pageSize: Int!) {
  draftOrder(id: $id) {
    id
    name
    status
    updatedAt
    reserveInventoryUntil
    order { id }
    lineItems(first: $pageSize, after: $after) {
      nodes { ...DraftLine }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
    + _DRAFT_LINE,
    estimate_points=320,
    sizes={"pageSize": 100},
)
