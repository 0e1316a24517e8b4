"""Connecting items and locations, and the ``tracked`` switch.

Put what makes a level or an item count here. Quantities as such are written in ``writes.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import Item, Level, Location
from inventory_sync.sandbox.standin.writes import UserError


@dataclass(frozen=True, slots=True)
class Activated:
    """What came of ``inventoryActivate``; an error may come with the level."""

    level: Level | None
    errors: Sequence[UserError] = ()


def activate(
    shop: Shop,
    item: Item | None,
    location: Location | None,
    *,
    available: int | None = None,
    on_hand: int | None = None,
) -> Activated:
    """Stock an item at a location.

    Without a quantity, the units that the level held before it was deactivated come back
    (https://shopify.dev/changelog/inventoryactivate-now-preserves-available-quantity). An untracked
    item is connected but its quantity stays. A level that is active already comes back as it is,
    with an error if a quantity was given.
    """
    if item is None or location is None or not location.is_active:
        return Activated(None, _not_found(item, location))
    if available is not None and on_hand is not None:
        message = "Only one of available and onHand can be given."
        return Activated(None, [UserError(("onHand",), message)])
    level = shop.stock.level(item.id, location.id)
    if level is not None and level.is_active:
        return Activated(level, _already_active(available, on_hand))
    level = shop.level_or_hidden(item.id, location.id)
    level.is_active = True
    if item.tracked:
        _start_with(shop, level, available, on_hand)
    return Activated(level)


def _not_found(item: Item | None, location: Location | None) -> list[UserError]:
    errors = []
    if item is None:
        message = "The product couldn't be stocked because it wasn't found."
        errors.append(UserError(("inventoryItemId",), message))
    if location is None or not location.is_active:
        message = "The product couldn't be stocked because the location wasn't found."
        errors.append(UserError(("locationId",), message))
    return errors


def _already_active(available: int | None, on_hand: int | None) -> list[UserError]:
    for name, given in (("available", available), ("onHand", on_hand)):
        if given is not None:
            words = "available" if name == "available" else "on hand"
            message = (
                f"Not allowed to set {words} quantity when the item is already active at the"
                " location."
            )
            return [UserError((name,), message)]
    return []


def _start_with(shop: Shop, level: Level, available: int | None, on_hand: int | None) -> None:
    if available is not None:
        shop.add_units(level, "available", available - level.quantity("available"))
    if on_hand is not None:
        shop.add_units(level, "available", on_hand - level.quantity("on_hand"))


def deactivate(shop: Shop, level: Level | None) -> list[UserError]:
    """Stop stocking an item at a location; its units stay and are hidden.

    Refused when it is the item's last active level.
    """
    if level is None:
        message = "The product couldn't be unstocked because it wasn't stocked at the location."
        return [UserError(("inventoryLevelId",), message)]
    if level.is_active and _is_last(shop, level):
        place = shop.stock.locations[level.location_id].name
        message = (
            f"The product couldn't be unstocked from {place} because products need to be stocked"
            " at a minimum of 1 location."
        )
        return [UserError(None, message)]
    level.is_active = False
    level.updated_at = shop.now()
    return []


def _is_last(shop: Shop, level: Level) -> bool:
    return sum(each.is_active for each in shop.stock.levels_of(level.item_id)) == 1


def toggle(shop: Shop, item: Item | None, updates: Sequence[Mapping[str, Any]]) -> list[UserError]:
    """Activate and deactivate an item at many locations; stops at the first error."""
    if item is None:
        message = "The inventory item couldn't be found."
        return [UserError(("inventoryItemId",), message, "INVENTORY_ITEM_NOT_FOUND")]
    for index, update in enumerate(updates):
        path = ("inventoryItemUpdates", str(index), "locationId")
        location = shop.stock.location(update["locationId"])
        if location is None or not location.is_active:
            message = "The location couldn't be found."
            return [UserError(path, message, "LOCATION_NOT_FOUND")]
        if update["activate"]:
            activate(shop, item, location)
        elif refused := _unstock(shop, item, location):
            code = "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"
            return [UserError(path, refused[0].message, code)]
    return []


def _unstock(shop: Shop, item: Item, location: Location) -> list[UserError]:
    """Unstocking an item where it never was stocked is no error here."""
    level = shop.stock.level(item.id, location.id)
    return deactivate(shop, level) if level is not None else []


def update_item(shop: Shop, item: Item | None, request: Mapping[str, Any]) -> list[UserError]:
    """Change an item's SKU or whether its quantity is tracked."""
    if item is None:
        return [UserError(("id",), "The inventory item couldn't be found.")]
    if "sku" in request:
        shop.stock.rename(item, request["sku"])
    if request.get("tracked") is not None:
        item.tracked = request["tracked"]
    item.updated_at = shop.now()
    return []
