"""What an app has to be allowed in a store (https://shopify.dev/docs/api/usage/access-scopes).

Put a scope here with what it is for. Without a needed one the store cannot be worked with; without
an optional one it does less.
"""

from collections.abc import Collection
from typing import Final

NEEDED_SCOPES: Final = (
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_products",
    "read_orders",
    "read_merchant_managed_fulfillment_orders",
)

DRAFTS_SCOPE: Final = "read_draft_orders"

AVAILABILITY_SCOPE: Final = "write_products"
ORDER_DATES_SCOPE: Final = "write_orders"
DEADLINES_SCOPE: Final = "write_merchant_managed_fulfillment_orders"

OPTIONAL_SCOPES: Final = {
    DRAFTS_SCOPE: "draft orders of large_order_units reserve no stock",
    AVAILABILITY_SCOPE: "product pages show no dates",
    ORDER_DATES_SCOPE: "placed orders show no dates",
    DEADLINES_SCOPE: "fulfilment orders get no deadline",
}
"""Each with what is missing without it."""


def is_granted(scope: str, scopes: Collection[str]) -> bool:
    """Whether these scopes include it; the right to write brings the right to read."""
    return scope in scopes or scope.replace("read_", "write_", 1) in scopes
