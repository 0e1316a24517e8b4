"""How metafields and deadlines are answered, and the mutations that set them.

Put a new field about metafields here, and what it does to the shop into ``metafields.py``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from inventory_sync.sandbox.standin.access import check_owner_access
from inventory_sync.sandbox.standin.idempotency import Payload
from inventory_sync.sandbox.standin.metafields import (
    Metafield,
    define,
    metafield_of,
    set_metafields,
)
from inventory_sync.sandbox.standin.resolve_orders import find_in_orders
from inventory_sync.sandbox.standin.resolving import Info, Resolver, shop_of
from inventory_sync.sandbox.standin.writes import UserError


def _metafield(owner: Any, info: Info, key: str, namespace: str | None = None) -> Metafield | None:
    return metafield_of(shop_of(info), owner, namespace, key)


def _set_metafields(_: Any, info: Info, metafields: Sequence[Mapping[str, Any]]) -> Payload:
    shop = shop_of(info)
    for kind in ("ProductVariant", "Order"):
        if any(row["ownerId"].startswith(f"gid://shopify/{kind}/") for row in metafields):
            check_owner_access("metafieldsSet", kind, shop.scopes)
    rows, errors = set_metafields(shop, metafields)
    return {"metafields": rows, "user_errors": errors}


def _define(_: Any, info: Info, definition: Mapping[str, Any]) -> Payload:
    shop = shop_of(info)
    kind = "Order" if definition["ownerType"] == "ORDER" else "ProductVariant"
    check_owner_access("metafieldDefinitionCreate", kind, shop.scopes)
    made, errors = define(shop, definition)
    return {"created_definition": made, "user_errors": errors}


def _element_index(error: UserError, info: Info) -> int | None:
    path = error.field or ()
    return int(path[1]) if len(path) > 1 else None


def _set_deadline(
    _: Any, info: Info, fulfillmentDeadline: datetime, fulfillmentOrderIds: Sequence[str]
) -> Payload:
    find = find_in_orders("FulfillmentOrder")
    found = [find(shop_of(info), each) for each in fulfillmentOrderIds]
    work = [each for each in found if each is not None]
    if len(work) < len(found):
        message = "The fulfillment orders could not be found."
        code = "FULFILLMENT_ORDERS_NOT_FOUND"
        error = UserError(("fulfillmentOrderIds",), message, code)
        return {"success": False, "user_errors": [error]}
    for each in work:
        each.row.fulfill_by = fulfillmentDeadline
    return {"success": True, "user_errors": []}


RESOLVERS: dict[str, Resolver] = {
    "ProductVariant.metafield": _metafield,
    "Order.metafield": _metafield,
    "MetafieldsSetUserError.elementIndex": _element_index,
    "Mutation.metafieldsSet": _set_metafields,
    "Mutation.metafieldDefinitionCreate": _define,
    "Mutation.fulfillmentOrdersSetFulfillmentDeadline": _set_deadline,
}
