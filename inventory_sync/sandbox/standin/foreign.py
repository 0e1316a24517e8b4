"""What others do to a shop behind the caller's back: clerks, other apps, the merchant.

Put direct changes here that come neither from an order nor through this API.
"""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.metafields import Metafield
from inventory_sync.sandbox.standin.orders import OrderRefused
from inventory_sync.sandbox.standin.placing import item_of_sku
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync.sandbox.standin.seed import STRICT
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import Item, Level, Location


@dataclass(frozen=True, slots=True)
class LevelEdit:
    """Changes to one level; what is ``None`` stays. ``available`` and ``delta`` exclude each other.

    ``active`` connects or disconnects the level, ``tracked`` concerns the whole item.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    sku: str
    location_id: int
    available: int | None = None
    delta: int | None = None
    active: bool | None = None
    tracked: bool | None = None


@dataclass(frozen=True, slots=True)
class LocationEdit:
    """Changes to one location; what is ``None`` stays."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    location_id: int
    active: bool | None = None
    fulfills_online_orders: bool | None = None


@dataclass(frozen=True, slots=True)
class MetafieldEdit:
    """Another value for a metafield of a variant."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    sku: str
    namespace: str
    key: str
    value: str
    type: str = "json"


def edit_level(shop: Shop, edit: LevelEdit) -> tuple[Item, Level]:
    """Change a level, also of an untracked item. A level that did not exist becomes active."""
    with shop.lock:
        if edit.available is not None and edit.delta is not None:
            raise OrderRefused("give either available or delta, not both")
        item = item_of_sku(shop, edit.sku)
        _location(shop, edit.location_id)
        is_new = shop.stock.level(item.id, edit.location_id) is None
        level = shop.level_or_hidden(item.id, edit.location_id)
        if edit.active is not None or is_new:
            level.is_active = edit.active is not False
        if edit.tracked is not None:
            item.tracked = edit.tracked
        delta = edit.delta or 0
        if edit.available is not None:
            delta = edit.available - level.quantity("available")
        shop.add_units(level, "available", delta)
        return item, level


def edit_location(shop: Shop, edit: LocationEdit) -> Location:
    """Change a location."""
    with shop.lock:
        location = _location(shop, edit.location_id)
        if edit.active is not None:
            location.is_active = edit.active
        if edit.fulfills_online_orders is not None:
            location.fulfills_online_orders = edit.fulfills_online_orders
        return location


def edit_metafield(shop: Shop, edit: MetafieldEdit) -> Metafield:
    """Write a metafield over whatever is there."""
    with shop.lock:
        owner = Variant(item_of_sku(shop, edit.sku))
        held = shop.metafields.setdefault(owner.gid, {})
        held[f"{edit.namespace}.{edit.key}"] = (edit.type, edit.value)
        return Metafield(owner, edit.namespace, edit.key, edit.type, edit.value)


def _location(shop: Shop, location_id: int) -> Location:
    if location_id not in shop.stock.locations:
        raise OrderRefused(f"shop {shop.handle!r} has no location {location_id}")
    return shop.stock.locations[location_id]
