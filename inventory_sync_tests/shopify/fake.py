"""A Shopify store in memory behind the ``Storefront`` port, for tests of what stands above it.

It keeps the same law as the real adapter, because both pass ``contract.py``: compare-and-swap, all
rows or none, no effect on untracked items. ``buy``, ``edit`` and ``lose_next_answer`` are what the
world does to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    Applied,
    CatalogItem,
    Level,
    LevelKey,
    Outcome,
    Refusal,
    Refused,
    SetQuantities,
    StoreFacts,
    StoreLocation,
    Unknown,
)

_STALE = Refusal(
    "CHANGE_FROM_QUANTITY_STALE",
    "The changeFromQuantity argument no longer matches the persisted quantity.",
)
_TWICE = Refusal(
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
    "The combination of inventoryItemId and locationId must be unique.",
)
_NO_ITEM = Refusal("INVALID_INVENTORY_ITEM", "The specified inventory item could not be found.")
_NO_LOCATION = Refusal("INVALID_LOCATION", "The specified location could not be found.")


@dataclass
class FakeLevel:
    """Units at one location; a connected level may be asleep."""

    available_units: int
    is_active: bool = True


@dataclass
class FakeStorefront:
    """One store. ``calls`` keeps every call that arrived, whatever became of it."""

    store: str = "b2b-us"
    locations: tuple[StoreLocation, ...] = ()
    items: dict[str, CatalogItem] = field(default_factory=dict)
    stock: dict[LevelKey, FakeLevel] = field(default_factory=dict)
    orders: list[list[OrderLine]] = field(default_factory=list)
    calls: list[SetQuantities] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    stopped: StoreStopped | None = None
    unreachable: StoreUnreachable | None = None
    parallel_calls: int = 4
    _lost: bool | None = None

    # --- what the world does ---

    def add_item(self, sku: str | None, *, tracked: bool = True) -> str:
        """Add an inventory item and return its id."""
        item_id = f"gid://shopify/InventoryItem/{501 + len(self.items)}"
        self.items[item_id] = CatalogItem(item_id, sku, tracked)
        return item_id

    def add_level(
        self, item_id: str, location_id: str, available_units: int, *, active: bool = True
    ) -> LevelKey:
        """Connect an item to a location."""
        key = LevelKey(item_id, location_id)
        self.stock[key] = FakeLevel(available_units, active)
        return key

    def buy(self, key: LevelKey, units: int) -> OrderLine:
        """A shopper orders, and the units leave ``available``."""
        self.now += timedelta(seconds=1)
        number = 1001 + len(self.orders)
        line = OrderLine(
            order_id=f"gid://shopify/Order/{number}",
            order_name=f"#{number}",
            line_id=f"gid://shopify/LineItem/{number}",
            sku=self.items[key.inventory_item_id].sku,
            inventory_item_id=key.inventory_item_id,
            store_location_id=key.store_location_id,
            current_units=units,
            taken_units=units,
            updated_at=self.now,
        )
        self.orders.append([line])
        if self.items[key.inventory_item_id].tracked:
            self.stock[key].available_units -= units
        return line

    def cancel(self, line: OrderLine) -> None:
        """The order of a line is cancelled and its units are restocked."""
        self.now += timedelta(seconds=1)
        for index, order in enumerate(self.orders):
            if order[0].order_id == line.order_id:
                self.orders[index] = [
                    replace(each, current_units=0, taken_units=0, updated_at=self.now)
                    for each in order
                ]
                key = LevelKey(str(line.inventory_item_id), str(line.store_location_id))
                self.stock[key].available_units += line.taken_units

    def rename(self, item_id: str, sku: str | None) -> None:
        """A clerk gives an item another SKU; orders keep the one that was sold."""
        self.items[item_id] = replace(self.items[item_id], sku=sku)

    def edit(self, key: LevelKey, available_units: int) -> None:
        """A clerk sets a quantity by hand."""
        self.stock[key].available_units = available_units

    def lose_next_answer(self, *, applied: bool) -> None:
        """The next call is applied or not, and its answer never comes."""
        self._lost = applied

    # --- the port ---

    def facts(self) -> StoreFacts:
        self._reach()
        return StoreFacts(
            myshopify_domain=f"{self.store}.myshopify.com",
            plan="Basic",
            api_version="2026-10",
            scopes=frozenset({"read_inventory", "write_inventory", "read_orders"}),
            supported_versions=("2026-07", "2026-10"),
            locations=self.locations,
        )

    def catalog(self) -> Iterator[CatalogItem]:
        self._reach()
        yield from list(self.items.values())

    def levels(self, store_location_id: str) -> Iterator[Level]:
        self._place(store_location_id)
        for key in list(self.stock):
            if key.store_location_id == store_location_id:
                yield self._level(key)

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        self._place(store_location_id)
        for item_id in inventory_item_ids:
            yield self._level(LevelKey(item_id, store_location_id))

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        self._reach()
        since = updated_since.replace(microsecond=0)
        recent = [order for order in self.orders if order[0].updated_at >= since]
        for order in sorted(recent, key=lambda order: order[0].updated_at):
            yield tuple(replace(line, sku=self._sku_now(line)) for line in order)

    def set_quantities(self, call: SetQuantities) -> Outcome:
        self._reach()
        self.calls.append(call)
        lost, self._lost = self._lost, None
        if lost is False:
            return Unknown("ConnectError: the request was lost")
        outcome = self._apply(call)
        return Unknown("ReadTimeout: the answer was lost") if lost else outcome

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        self._reach()
        level = self.stock.get(key)
        if level is not None and level.is_active:
            return "Not allowed to set available quantity when the item is already active"
        if key.inventory_item_id not in self.items:
            return "The product couldn't be stocked because the product was deleted."
        self.stock[key] = FakeLevel(0)
        return None

    # --- the law ---

    def _apply(self, call: SetQuantities) -> Outcome:
        assert 0 < len(call.changes) <= 250
        keys = [change.key for change in call.changes]
        known = {place.store_location_id for place in self.locations}
        rows: dict[int, Refusal] = {}
        for index, change in enumerate(call.changes):
            level = self.stock.get(change.key, FakeLevel(0))
            if change.key.inventory_item_id not in self.items:
                rows[index] = _NO_ITEM
            elif change.key.store_location_id not in known:
                rows[index] = _NO_LOCATION
            elif keys.count(change.key) > 1:
                rows[index] = _TWICE
            elif level.available_units != change.expected_units:
                rows[index] = _STALE
        if rows:
            return Refused(rows=rows)
        for change in call.changes:
            if self.items[change.key.inventory_item_id].tracked and change.key in self.stock:
                self.stock[change.key].available_units = change.quantity_units
        return Applied()

    def _level(self, key: LevelKey) -> Level:
        item = self.items.get(key.inventory_item_id)
        level = self.stock.get(key)
        tracked = item is None or item.tracked
        active = level is not None and level.is_active and self._is_open(key.store_location_id)
        units = level.available_units if level and active and tracked else None
        return Level(key, tracked, level is not None, active, units)

    def _sku_now(self, line: OrderLine) -> str | None:
        item = self.items.get(line.inventory_item_id or "")
        return (item.sku if item else None) or line.sku

    def _is_open(self, store_location_id: str) -> bool:
        return any(
            place.is_active
            for place in self.locations
            if place.store_location_id == store_location_id
        )

    def _place(self, store_location_id: str) -> None:
        self._reach()
        if store_location_id not in {place.store_location_id for place in self.locations}:
            raise StoreStopped(
                store=self.store,
                reason=f"it has no location {store_location_id}",
                way_out="correct the store's locations in the settings",
            )

    def _reach(self) -> None:
        if self.stopped is not None:
            raise self.stopped
        if self.unreachable is not None:
            raise self.unreachable
