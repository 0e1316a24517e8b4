"""Writing quantities. Shopify demands ``@idempotent`` on the field (facts 1.5)."""

from inventory_sync.shopify.operations.operation import Operation

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

# Without a compare-and-swap, so it is sent at most once (see ``client.py``).
ADJUST_QUANTITIES = Operation(
    "InventorySyncAdjustQuantities",
    """
mutation InventorySyncAdjustQuantities($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
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
