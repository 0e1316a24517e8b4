"""The schema with its resolvers: what graphql-core executes.

Put the rules by which fields find their values here; single resolvers are in the ``resolve_*``
modules.
"""

import re
from datetime import UTC, datetime
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLObjectType, execute_sync

from inventory_sync.sandbox.standin import (
    resolve_bulk,
    resolve_metafields,
    resolve_orders,
    resolve_stock,
    resolve_webhooks,
    resolve_writes,
)
from inventory_sync.sandbox.standin.access import check_access, needs_scope
from inventory_sync.sandbox.standin.bulk_state import BulkOperation
from inventory_sync.sandbox.standin.documents import SCHEMA, Operation
from inventory_sync.sandbox.standin.metafields import Definition, Metafield
from inventory_sync.sandbox.standin.orders import (
    DraftOrder,
    Fulfillment,
    FulfillmentOrder,
    Order,
    OrderLine,
    Refund,
)
from inventory_sync.sandbox.standin.resolving import (
    Asked,
    Info,
    InOrder,
    Resolver,
    Variant,
    shop_of,
)
from inventory_sync.sandbox.standin.stock import Item, Level, Location
from inventory_sync.sandbox.standin.subscriptions import Subscription

_RESOLVERS: dict[str, Resolver] = {
    **resolve_stock.RESOLVERS,
    **resolve_orders.RESOLVERS,
    **resolve_metafields.RESOLVERS,
    **resolve_writes.RESOLVERS,
    **resolve_webhooks.RESOLVERS,
    **resolve_bulk.RESOLVERS,
}
_KIND_OF: dict[type, str] = {
    Location: "Location",
    Item: "InventoryItem",
    Level: "InventoryLevel",
    Variant: "ProductVariant",
    Order: "Order",
    DraftOrder: "DraftOrder",
    OrderLine: "LineItem",
    FulfillmentOrder: "FulfillmentOrder",
    Fulfillment: "Fulfillment",
    Refund: "Refund",
    Subscription: "WebhookSubscription",
    Metafield: "Metafield",
    Definition: "MetafieldDefinition",
    BulkOperation: "BulkOperation",
}
# The model calls an object's global id `gid` and its number `id`.
_RENAMED = {"id": "gid", "legacyResourceId": "id"}


def execute_operation(asked: Asked, operation: Operation) -> ExecutionResult:
    """Execute a checked operation; the caller holds the shop's lock."""
    return execute_sync(
        SCHEMA,
        operation.document,
        context_value=asked,
        variable_values=operation.variables,
        operation_name=operation.definition.name.value if operation.definition.name else None,
    )


def _attribute(name: str) -> Resolver:
    """The value of the same name in snake_case."""
    snake = _RENAMED.get(name) or re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)

    def resolve(source: Any, info: Info) -> Any:
        return source.get(snake) if isinstance(source, dict) else getattr(source, snake)

    return resolve


def _guarded(field: str, resolve: Resolver) -> Resolver:
    """The same resolver for those who have the scope."""

    def checked(source: Any, info: Info, **arguments: Any) -> Any:
        check_access(field, shop_of(info).scopes)
        return resolve(source, info, **arguments)

    return checked


def _time_stamp(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"{value!r} is no time stamp such as 2026-12-03T20:00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _kind_of(value: Any, info: Info, kind: Any) -> str:
    return _KIND_OF[type(value.row if isinstance(value, InOrder) else value)]


def _make_executable() -> None:
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                resolve = _RESOLVERS.get(f"{kind.name}.{name}") or _attribute(name)
                field.resolve = _guarded(name, resolve) if needs_scope(name) else resolve
    kinds: dict[str, Any] = SCHEMA.type_map
    kinds["DateTime"].serialize = _time_stamp
    kinds["DateTime"].parse_value = _instant
    kinds["UnsignedInt64"].serialize = str
    for interface in ("Node", "HasMetafields"):
        kinds[interface].resolve_type = _kind_of


_make_executable()
