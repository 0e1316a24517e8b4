"""Reading everything that a store shows as one bulk operation (facts 3).

https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

import json
from collections.abc import Sequence

from inventory_sync.shopify.operations.operation import Operation

# Asked before an export: how much there is to read, and whether the locations are there.
STORE_SIZE = Operation(
    "InventorySyncStoreSize",
    """
query InventorySyncStoreSize($locationIds: [ID!]!) {
  productVariantsCount(limit: null) { count }
  nodes(ids: $locationIds) { ... on Location { id isActive } }
}
""",
    estimate_points=20,
)

# Not grouped: our lines have no children, and grouping makes an operation slow.
BEGIN_EXPORT = Operation(
    "InventorySyncBeginExport",
    """
mutation InventorySyncBeginExport($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status }
    userErrors { code field message }
  }
}
""",
    estimate_points=15,
)

EXPORT_STATE = Operation(
    "InventorySyncExportState",
    """
query InventorySyncExportState($id: ID!) {
  bulkOperation(id: $id) { id status errorCode rootObjectCount url }
}
""",
    estimate_points=5,
)

CANCEL_EXPORT = Operation(
    "InventorySyncCancelExport",
    """
mutation InventorySyncCancelExport($id: ID!) {
  bulkOperationCancel(id: $id) {
    bulkOperation { id status }
    userErrors { field message }
  }
}
""",
    estimate_points=15,
)


def level_name(place: int) -> str:
    """What a line of the export calls the level at the n-th location."""
    return f"level{place}"


def export_query(location_ids: Sequence[str]) -> str:
    """The query of an export: a line per item, with its level at each of the locations.

    The levels are named fields and no list, so that a line is whole by itself.
    """
    levels = "\n".join(
        f"{level_name(place)}: inventoryLevel(locationId: {json.dumps(gid)}, includeInactive: true)"
        ' { isActive quantities(names: ["available"]) { name quantity } }'
        for place, gid in enumerate(location_ids)
    )
    return f"{{ inventoryItems {{ edges {{ node {{ id sku tracked\n{levels}\n}} }} }} }}"
