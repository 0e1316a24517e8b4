"""Which access scopes a field needs.

Put the scopes of a new field here (Shopify's page on scopes:
https://shopify.dev/docs/api/usage/access-scopes). A field that is not listed needs none.
"""

from collections.abc import Collection

from graphql import GraphQLError

_DOCUMENTATION = "https://shopify.dev/api/usage/access-scopes"

# Any one of the scopes will do; a write scope brings the read scope with it.
_NEEDED: dict[str, tuple[str, ...]] = {
    "location": ("read_locations", "read_inventory"),
    "locations": ("read_locations", "read_inventory"),
    "inventoryItem": ("read_inventory", "read_products"),
    "inventoryItems": ("read_inventory", "read_products"),
    "inventoryLevel": ("read_inventory",),
    "inventoryLevels": ("read_inventory",),
    "productVariant": ("read_products",),
    "productVariants": ("read_products",),
    "productVariantsCount": ("read_products",),
    "order": ("read_orders",),
    "orders": ("read_orders",),
    "fulfillmentOrders": (
        "read_assigned_fulfillment_orders",
        "read_merchant_managed_fulfillment_orders",
        "read_third_party_fulfillment_orders",
    ),
    "draftOrder": ("read_draft_orders",),
    "draftOrders": ("read_draft_orders",),
    "inventorySetQuantities": ("write_inventory",),
    "inventoryAdjustQuantities": ("write_inventory",),
    "inventoryActivate": ("write_inventory",),
    "inventoryDeactivate": ("write_inventory",),
    "inventoryBulkToggleActivation": ("write_inventory",),
    "inventoryItemUpdate": ("write_inventory",),
    "fulfillmentOrdersSetFulfillmentDeadline": (
        "write_merchant_managed_fulfillment_orders",
        "write_third_party_fulfillment_orders",
        "write_marketplace_fulfillment_orders",
    ),
}

# A metafield needs what its owner needs.
_NEEDED_OF_OWNER = {"ProductVariant": ("write_products",), "Order": ("write_orders",)}

# What `node` and `nodes` need follows from the kind of object.
FIELD_OF_KIND = {
    "Location": "location",
    "InventoryItem": "inventoryItem",
    "InventoryLevel": "inventoryLevel",
    "ProductVariant": "productVariant",
    "Order": "order",
    "LineItem": "order",
    "FulfillmentOrder": "fulfillmentOrders",
    "Fulfillment": "order",
    "Refund": "order",
    "DraftOrder": "draftOrder",
}


def needs_scope(field: str) -> bool:
    """Whether a field of this name is for some only."""
    return field in _NEEDED


def check_access(field: str, scopes: Collection[str]) -> None:
    """Refuse a field whose scope was not granted. Raises ``GraphQLError`` ACCESS_DENIED."""
    _check(field, _NEEDED.get(field, ()), scopes)


def check_owner_access(field: str, kind: str, scopes: Collection[str]) -> None:
    """The same for what is kept with an object of this kind."""
    _check(field, _NEEDED_OF_OWNER[kind], scopes)


def _check(field: str, needed: Collection[str], scopes: Collection[str]) -> None:
    granted = {*scopes, *(scope.replace("write_", "read_", 1) for scope in scopes)}
    if needed and granted.isdisjoint(needed):
        required = " or ".join(f"`{scope}`" for scope in needed) + " access scope."
        raise GraphQLError(
            f"Access denied for {field} field. Required access: {required}",
            extensions={
                "code": "ACCESS_DENIED",
                "documentation": _DOCUMENTATION,
                "requiredAccess": required,
            },
        )
