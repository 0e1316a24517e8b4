"""The shop that the contract is about: what is in it, and what the world can do to it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    Level,
    LevelKey,
    Outcome,
    QuantityChange,
    SetQuantities,
    StoreLocation,
)
from inventory_sync.flow.ports import Storefront

EVER = datetime(2000, 1, 1, tzinfo=UTC)


NYC = "gid://shopify/Location/1001"
LAX = "gid://shopify/Location/1002"
OLD = "gid://shopify/Location/1003"
LOCATIONS = (
    StoreLocation(NYC, "New York", True),
    StoreLocation(LAX, "Los Angeles", True),
    StoreLocation(OLD, "Old barn", False),
)


@dataclass(frozen=True)
class SampleItem:
    """An item of the sample shop; ``levels`` are (location, units, active)."""

    sku: str | None
    levels: tuple[tuple[str, int, bool], ...]
    tracked: bool = True


SAMPLE = (
    SampleItem("RETRO-CLOCK", ((NYC, 10, True), (LAX, 4, True))),
    SampleItem("OAK-TABLE", ((NYC, 5, True),)),
    SampleItem("OAK-TABLE", ((NYC, 1, True),)),
    SampleItem(None, ((NYC, 2, True),)),
    SampleItem("GIFT-BOX", ((NYC, 0, True),), tracked=False),
    SampleItem("SLEEPY-LAMP", ((NYC, 9, False), (LAX, 3, True))),
)


class SampleShop(ABC):
    """A storefront, and the hands of the world on its shop."""

    storefront: Storefront

    @abstractmethod
    def buy(self, sku: str, units: int, location_id: str) -> str:
        """A shopper orders units that a location ships. Returns the order."""

    @abstractmethod
    def hold(self, order_id: str) -> str:
        """A clerk holds an order back. Returns its fulfillment order."""

    @abstractmethod
    def let_go(self, order_id: str) -> None:
        """A clerk ends the hold."""

    @abstractmethod
    def draft(self, sku: str, units: int, reserves_until: datetime | None = None) -> str:
        """A clerk writes a draft order about the first item with a SKU in New York."""

    @abstractmethod
    def complete(self, draft_id: str) -> str:
        """The draft becomes an order. Returns the order."""

    @abstractmethod
    def discard(self, draft_id: str) -> None:
        """A clerk deletes the draft."""

    @abstractmethod
    def take_scope(self, scope: str) -> None:
        """The app may no longer do something."""

    @abstractmethod
    def rename(self, sku: str, new: str | None) -> None:
        """The first item with a SKU gets another one."""

    @abstractmethod
    def grow_large(self) -> None:
        """Its pages take too long from now on."""

    def item(self, sku: str) -> str:
        """The id of the first item with a SKU."""
        return next(each.inventory_item_id for each in self.storefront.catalog() if each.sku == sku)

    def key(self, sku: str, location_id: str = NYC) -> LevelKey:
        return LevelKey(self.item(sku), location_id)

    def level(self, sku: str, location_id: str = NYC) -> Level:
        (level,) = self.storefront.levels_of(location_id, [self.item(sku)])
        return level

    def change(
        self, sku: str, expected: int, quantity: int, location_id: str = NYC
    ) -> QuantityChange:
        return QuantityChange(sku, self.key(sku, location_id), expected, quantity)

    def set(self, *changes: QuantityChange, key: str = "8d1f5b1e-0001") -> Outcome:
        call = SetQuantities(key, "gid://inventory-sync/Pass/7", changes)
        return self.storefront.set_quantities(call)

    def adjust(self, *changes: QuantityChange, key: str = "8d1f5b1e-0011") -> Outcome:
        call = SetQuantities(key, "gid://inventory-sync/Pass/7", changes, relative=True)
        return self.storefront.set_quantities(call)

    def lines(self, since: datetime = EVER) -> list[OrderLine]:
        return [line for value in self.storefront.order_lines(since) for line in value]
