"""The mutations, as GraphQL sees them: arguments in, payload out.

Put a new mutation here, and what it does to the shop into ``writes.py`` or ``activation.py``. The
demands that the real server makes before it looks at the request are here as well: the key
``changeFromQuantity`` in every row, then the ``@idempotent`` directive.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError
from graphql.execution import get_directive_values

from inventory_sync.sandbox.standin.activation import activate, deactivate, toggle, update_item
from inventory_sync.sandbox.standin.documents import SCHEMA
from inventory_sync.sandbox.standin.idempotency import (
    MISMATCH,
    MISMATCH_MESSAGE,
    KeyMismatch,
    Payload,
)
from inventory_sync.sandbox.standin.resolving import Asked, Info, Resolver, shop_of
from inventory_sync.sandbox.standin.shop import Adjustment, Change
from inventory_sync.sandbox.standin.writes import (
    UserError,
    Written,
    adjust_quantities,
    set_quantities,
)

_FAULT_ERRORS = {
    "concurrent_request": UserError(
        None,
        "A request with this idempotency key is being processed.",
        "IDEMPOTENCY_CONCURRENT_REQUEST",
    ),
    "previous_attempt_failed": UserError(
        None,
        "The previous request with this idempotency key failed.",
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    ),
}


def _set_quantities(_: Any, info: Info, input: Mapping[str, Any]) -> Payload:
    _demand_change_from(input["quantities"], "InventoryQuantityInput")
    return _once(info, input, lambda: _written(set_quantities(shop_of(info), input)))


def _adjust_quantities(_: Any, info: Info, input: Mapping[str, Any]) -> Payload:
    _demand_change_from(input["changes"], "InventoryChangeInput")
    return _once(info, input, lambda: _written(adjust_quantities(shop_of(info), input)))


def _demand_change_from(rows: Sequence[Mapping[str, Any]], kind: str) -> None:
    """The key must be there, though its value may be null."""
    if any("changeFromQuantity" not in row for row in rows):
        raise GraphQLError(
            f"{kind} must include the following argument: changeFromQuantity.",
            extensions={"code": "INVALID_FIELD_ARGUMENTS"},
        )


def _written(written: Written) -> Payload:
    return {"inventory_adjustment_group": written.group, "user_errors": written.errors}


def _activate(_: Any, info: Info, **arguments: Any) -> Payload:
    stock = shop_of(info).stock

    def perform() -> Payload:
        activated = activate(
            shop_of(info),
            stock.item(arguments["inventoryItemId"]),
            stock.location(arguments["locationId"]),
            available=arguments.get("available"),
            on_hand=arguments.get("onHand"),
        )
        return {"inventory_level": activated.level, "user_errors": activated.errors}

    return _once(info, arguments, perform)


def _once(info: Info, arguments: Mapping[str, Any], perform: Callable[[], Payload]) -> Payload:
    """Perform a mutation that must carry ``@idempotent``; on an error no object comes back."""
    directive = SCHEMA.get_directive("idempotent")
    values = directive and get_directive_values(
        directive, info.field_nodes[0], info.variable_values
    )
    if not values:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not provided.",
            extensions={"code": "BAD_REQUEST"},
        )
    asked: Asked = info.context
    if asked.fault and asked.fault.kind in _FAULT_ERRORS:
        return {"user_errors": [_FAULT_ERRORS[asked.fault.kind]]}
    parameters = {"mutation": info.field_name, **arguments}
    shop = asked.shop
    try:
        return shop.keys.once(values["key"], parameters, perform, mode=shop.idempotency_mode)
    except KeyMismatch:
        return {"user_errors": [UserError(None, MISMATCH_MESSAGE, MISMATCH)]}


def _deactivate(_: Any, info: Info, inventoryLevelId: str) -> Payload:
    shop = shop_of(info)
    return {"user_errors": deactivate(shop, shop.stock.level_of_gid(inventoryLevelId))}


def _toggle(
    _: Any, info: Info, inventoryItemId: str, inventoryItemUpdates: Sequence[Mapping[str, Any]]
) -> Payload:
    shop = shop_of(info)
    item = shop.stock.item(inventoryItemId)
    errors = toggle(shop, item, inventoryItemUpdates)
    levels = shop.stock.levels_of(item.id) if item else []
    return {
        "inventory_item": item,
        "inventory_levels": None if errors else [level for level in levels if level.is_active],
        "user_errors": errors,
    }


def _update_item(_: Any, info: Info, id: str, input: Mapping[str, Any]) -> Payload:
    shop = shop_of(info)
    item = shop.stock.item(id)
    return {"inventory_item": item, "user_errors": update_item(shop, item, input)}


def _changes(
    group: Adjustment,
    info: Info,
    inventoryItemIds: Sequence[str] | None = None,
    locationIds: Sequence[str] | None = None,
    quantityNames: Sequence[str] | None = None,
) -> list[Change]:
    stock = shop_of(info).stock

    def wanted(change: Change) -> bool:
        item, location = stock.items[change.item_id], stock.locations[change.location_id]
        return (
            (inventoryItemIds is None or item.gid in inventoryItemIds)
            and (locationIds is None or location.gid in locationIds)
            and (quantityNames is None or change.name in quantityNames)
        )

    return [change for change in group.changes if wanted(change)]


RESOLVERS: dict[str, Resolver] = {
    "Mutation.inventorySetQuantities": _set_quantities,
    "Mutation.inventoryAdjustQuantities": _adjust_quantities,
    "Mutation.inventoryActivate": _activate,
    "Mutation.inventoryDeactivate": _deactivate,
    "Mutation.inventoryBulkToggleActivation": _toggle,
    "Mutation.inventoryItemUpdate": _update_item,
    "InventoryAdjustmentGroup.changes": _changes,
    # The real server answers null here, so a client cannot learn the quantity from the write.
    "InventoryChange.quantityAfterChange": lambda change, info: None,
    "InventoryChange.item": lambda change, info: shop_of(info).stock.items[change.item_id],
    "InventoryChange.location": lambda change, info: shop_of(info).stock.locations[
        change.location_id
    ],
}
