"""Reading what a store is, and what it shows of its items."""

from inventory_sync.shopify.operations.operation import Operation

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
