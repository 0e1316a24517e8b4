"""Locations, items and inventory levels of one shop, and the states that units can be in.

Put what holds of quantities as such here: which states make up ``on_hand``, how levels are found.
Keep out who may write what (``writes.py``, ``activation.py``) and what an order does
(``order_units.py``).

The states follow Shopify's own page on inventory states
(https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps).
"""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from inventory_sync.sandbox.standin.seed import Policy

ON_HAND_STATES = (
    "available",
    "committed",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
)
STATES = (*ON_HAND_STATES, "incoming")
QUANTITY_NAMES = (*STATES, "on_hand")

# Level gids carry a number per location that is not the location's own.
_LEVEL_NUMBER_OFFSET = 90_000_000


def gid(kind: str, number: int) -> str:
    """Shopify's global id of an object."""
    return f"gid://shopify/{kind}/{number}"


def gid_number(text: str, kind: str) -> int | None:
    """The number at the end of a gid of this kind; ``None`` when it is anything else."""
    tail = text.removeprefix(f"gid://shopify/{kind}/")
    return int(tail) if tail != text and tail.isascii() and tail.isdigit() else None


@dataclass(slots=True)
class Location:
    """A place of the shop. A deactivated location sells nothing and takes no writes."""

    id: int
    name: str
    is_active: bool
    fulfills_online_orders: bool

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("Location", self.id)


@dataclass(slots=True)
class Item:
    """An inventory item, and the product variant that sells it (one to one here)."""

    id: int
    sku: str | None
    tracked: bool
    policy: Policy
    created_at: datetime
    updated_at: datetime

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("InventoryItem", self.id)


@dataclass(slots=True)
class Level:
    """The units of one item at one location, by state. Units in no state are 0.

    An inactive level keeps its units, but they are not for sale and default reads hide it.
    """

    item_id: int
    location_id: int
    is_active: bool
    created_at: datetime
    updated_at: datetime
    units: dict[str, int] = field(default_factory=dict)

    @property
    def gid(self) -> str:
        """Its global id: a number that all levels of the location share, and the item's."""
        number = _LEVEL_NUMBER_OFFSET + self.location_id
        return f"{gid('InventoryLevel', number)}?inventory_item_id={self.item_id}"

    def quantity(self, name: str) -> int:
        """The units in a state, or ``on_hand``."""
        if name == "on_hand":
            return sum(self.units.get(state, 0) for state in ON_HAND_STATES)
        return self.units.get(name, 0)

    def add(self, state: str, units: int, *, now: datetime) -> None:
        """Add units to (or take them from) one state; ``on_hand`` follows."""
        self.units[state] = self.units.get(state, 0) + units
        self.updated_at = now


class Stock:
    """All locations, items and levels of one shop, found by number."""

    def __init__(self) -> None:
        self.locations: dict[int, Location] = {}
        self.items: dict[int, Item] = {}
        self.item_list: list[Item] = []
        self._levels_of: dict[int, dict[int, Level]] = {}
        self._levels_at: dict[int, list[Level]] = {}
        self._by_sku: dict[str, list[Item]] = {}

    def add_location(self, location: Location) -> None:
        """Open a location."""
        self.locations[location.id] = location
        self._levels_at[location.id] = []

    def add_item(self, item: Item) -> None:
        """Add an item; ids ascend in the order of adding."""
        self.items[item.id] = item
        self.item_list.append(item)
        self._levels_of[item.id] = {}
        if item.sku is not None:
            self._by_sku.setdefault(item.sku, []).append(item)

    def add_level(self, level: Level) -> Level:
        """Connect an item and a location."""
        self._levels_of[level.item_id][level.location_id] = level
        insort(self._levels_at[level.location_id], level, key=lambda each: each.item_id)
        return level

    def rename(self, item: Item, sku: str | None) -> None:
        """Give an item another SKU."""
        if item.sku is not None:
            self._by_sku[item.sku].remove(item)
        item.sku = sku
        if sku is not None:
            self._by_sku.setdefault(sku, []).append(item)

    def with_sku(self, sku: str) -> list[Item]:
        """The items that have exactly this SKU, oldest first."""
        return self._by_sku.get(sku, [])

    def item(self, item_gid: str) -> Item | None:
        """The item of a gid."""
        return self.items.get(gid_number(item_gid, "InventoryItem") or 0)

    def location(self, location_gid: str) -> Location | None:
        """The location of a gid."""
        return self.locations.get(gid_number(location_gid, "Location") or 0)

    def level(self, item_id: int, location_id: int) -> Level | None:
        """The level of an item at a location, active or not."""
        return self._levels_of[item_id].get(location_id)

    def level_of_gid(self, level_gid: str) -> Level | None:
        """The level of a gid."""
        base, _, item_number = level_gid.partition("?inventory_item_id=")
        number = gid_number(base, "InventoryLevel")
        if number is None or not (item_number.isascii() and item_number.isdigit()):
            return None
        levels = self._levels_of.get(int(item_number), {})
        return levels.get(number - _LEVEL_NUMBER_OFFSET)

    def levels_of(self, item_id: int) -> list[Level]:
        """The levels of an item, by location number."""
        levels = self._levels_of[item_id]
        return [levels[location_id] for location_id in sorted(levels)]

    def levels_at(self, location_id: int) -> list[Level]:
        """The levels at a location, by item number."""
        return self._levels_at[location_id]

    def all_levels(self) -> Iterator[Level]:
        """Every level, by item and then by location."""
        for item in self.item_list:
            yield from self.levels_of(item.id)
