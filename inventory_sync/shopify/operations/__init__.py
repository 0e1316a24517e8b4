"""Every GraphQL operation that we send to Shopify, and nothing else.

Put a new query or mutation into the module of its subject, and into ``OPERATIONS``, so that one
test can validate all of them against the real 2026-10 Admin schema. Keep request building and
answer reading out: that is ``requests.py`` and ``answers.py``.

Sizes are variables, because a query whose cost exceeds the single-query limit is asked again with
a smaller one.
"""

from inventory_sync.shopify.operations.bulk import (
    BEGIN_EXPORT,
    CANCEL_EXPORT,
    EXPORT_STATE,
    STORE_SIZE,
    export_query,
    level_name,
)
from inventory_sync.shopify.operations.drafts import DRAFT_LINES, DRAFTS, DRAFTS_BY_ID
from inventory_sync.shopify.operations.operation import Operation
from inventory_sync.shopify.operations.orders import (
    ORDER_LINES,
    ORDER_PORTIONS,
    ORDERS,
    ORDERS_BY_ID,
    ORDERS_OF_FULFILLMENT_ORDERS,
    REFUND_LINES,
)
from inventory_sync.shopify.operations.promises import (
    DEFINE,
    LARGE_ORDER_WITH_DATES,
    ORDERS_WITH_DATES,
    SET_DEADLINE,
    SET_METAFIELDS,
    VARIANTS,
    VARIANTS_BY_ID,
)
from inventory_sync.shopify.operations.stock import (
    CATALOG,
    LEVELS_AT_LOCATION,
    LEVELS_OF_ITEMS,
    LOCATIONS,
    SHOP,
)
from inventory_sync.shopify.operations.subscriptions import SUBSCRIBE, SUBSCRIPTIONS, UNSUBSCRIBE
from inventory_sync.shopify.operations.writes import ACTIVATE, ADJUST_QUANTITIES, SET_QUANTITIES

OPERATIONS = (
    SHOP,
    LOCATIONS,
    CATALOG,
    LEVELS_AT_LOCATION,
    LEVELS_OF_ITEMS,
    STORE_SIZE,
    BEGIN_EXPORT,
    EXPORT_STATE,
    CANCEL_EXPORT,
    ORDERS,
    ORDERS_BY_ID,
    ORDERS_OF_FULFILLMENT_ORDERS,
    ORDER_LINES,
    ORDER_PORTIONS,
    REFUND_LINES,
    DRAFTS,
    DRAFTS_BY_ID,
    DRAFT_LINES,
    SET_QUANTITIES,
    ADJUST_QUANTITIES,
    ACTIVATE,
    SUBSCRIPTIONS,
    SUBSCRIBE,
    UNSUBSCRIBE,
    VARIANTS,
    VARIANTS_BY_ID,
    ORDERS_WITH_DATES,
    LARGE_ORDER_WITH_DATES,
    DEFINE,
    SET_METAFIELDS,
    SET_DEADLINE,
)

__all__ = [
    "ACTIVATE",
    "ADJUST_QUANTITIES",
    "BEGIN_EXPORT",
    "CANCEL_EXPORT",
    "CATALOG",
    "DEFINE",
    "DRAFTS",
    "DRAFTS_BY_ID",
    "DRAFT_LINES",
    "EXPORT_STATE",
    "LARGE_ORDER_WITH_DATES",
    "LEVELS_AT_LOCATION",
    "LEVELS_OF_ITEMS",
    "LOCATIONS",
    "OPERATIONS",
    "ORDERS",
    "ORDERS_BY_ID",
    "ORDERS_OF_FULFILLMENT_ORDERS",
    "ORDERS_WITH_DATES",
    "ORDER_LINES",
    "ORDER_PORTIONS",
    "REFUND_LINES",
    "SET_DEADLINE",
    "SET_METAFIELDS",
    "SET_QUANTITIES",
    "SHOP",
    "STORE_SIZE",
    "SUBSCRIBE",
    "SUBSCRIPTIONS",
    "UNSUBSCRIBE",
    "VARIANTS",
    "VARIANTS_BY_ID",
    "Operation",
    "export_query",
    "level_name",
]
