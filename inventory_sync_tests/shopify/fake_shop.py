"""What the fake store holds, and what the world does to it: shoppers, clerks and lost answers.

``fake.py`` puts the ``Storefront`` port in front of it.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import CatalogItem, LevelKey, SetQuantities, StoreLocation
from inventory_sync.domain.reservations import Draft, DraftLine
from inventory_sync.domain.webhooks import Subscription


@dataclass
class FakeLevel:
    """Units at one location; a connected level may be asleep."""

    available_units: int
    is_active: bool = True


@dataclass
class FakeShop:
    """One store. ``calls`` keeps every call that arrived, whatever became of it.

    ``drafts`` keeps beside each the level that it would take from. One that ``is_large`` is read by
    an export.
    """

    store: str = "b2b-us"
    locations: tuple[StoreLocation, ...] = ()
    items: dict[str, CatalogItem] = field(default_factory=dict)
    stock: dict[LevelKey, FakeLevel] = field(default_factory=dict)
    orders: list[list[OrderLine]] = field(default_factory=list)
    drafts: dict[str, tuple[Draft, LevelKey]] = field(default_factory=dict)
    subscriptions: list[Subscription] = field(default_factory=list)
    scopes: frozenset[str] = frozenset(
        {"read_inventory", "write_inventory", "read_orders", "read_draft_orders"}
    )
    calls: list[SetQuantities] = field(default_factory=list)
    turns_awaited: int = 0
    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    stopped: StoreStopped | None = None
    unreachable: StoreUnreachable | None = None
    parallel_calls: int = 4
    is_large: bool = False
    _lost: bool | None = None
    _last_number: int = 0

    # --- items and levels ---

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

    def rename(self, item_id: str, sku: str | None) -> None:
        """A clerk gives an item another SKU; orders keep the one that was sold."""
        self.items[item_id] = replace(self.items[item_id], sku=sku)

    def edit(self, key: LevelKey, available_units: int) -> None:
        """A clerk sets a quantity by hand."""
        self.stock[key].available_units = available_units

    # --- orders ---

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
        self._put(key, -units)
        return line

    def cancel(self, line: OrderLine) -> None:
        """The order of a line is cancelled and its units are restocked."""
        key = LevelKey(str(line.inventory_item_id), str(line.store_location_id))
        self._put(key, line.taken_units)
        self._change(line.order_id, current_units=0, taken_units=0)

    def hold(self, order_id: str, *, on: bool = True) -> str:
        """A clerk holds the order back, or lets it go. Returns its fulfillment order."""
        self._change(order_id, is_on_hold=on)
        return order_id.replace("/Order/", "/FulfillmentOrder/")

    def lose_next_answer(self, *, applied: bool) -> None:
        """The next call is applied or not, and its answer never comes."""
        self._lost = applied

    # --- draft orders ---

    def draft(self, key: LevelKey, units: int, reserves_until: datetime | None = None) -> Draft:
        """A clerk writes a draft; it takes its units only when it reserves them."""
        self.now += timedelta(seconds=1)
        number = self._next_number()
        line = DraftLine(
            line_id=f"gid://shopify/DraftOrderLineItem/{number}",
            sku=self.items[key.inventory_item_id].sku or "",
            inventory_item_id=key.inventory_item_id,
            quantity_units=units,
        )
        draft = Draft(
            draft_id=f"gid://shopify/DraftOrder/{number}",
            name=f"#D{number}",
            is_open=True,
            order_id=None,
            reserves_until=reserves_until,
            updated_at=self.now,
            lines=(line,),
        )
        self.drafts[draft.draft_id] = draft, key
        self._put(key, -units if reserves_until else 0)
        return draft

    def complete(self, draft_id: str) -> OrderLine:
        """A draft becomes an order, which takes over what it reserved."""
        draft, key = self.drafts[draft_id]
        self._release(draft_id)
        line = self.buy(key, draft.lines[0].quantity_units)
        done = replace(draft, is_open=False, order_id=line.order_id, updated_at=self.now)
        self.drafts[draft_id] = done, key
        return line

    def discard(self, draft_id: str) -> None:
        """A clerk deletes a draft, which gives back what it reserved."""
        self._release(draft_id)
        del self.drafts[draft_id]

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _release(self, draft_id: str) -> None:
        draft, key = self.drafts[draft_id]
        if draft.is_open and draft.reserves_until:
            self._put(key, draft.lines[0].quantity_units)

    def _put(self, key: LevelKey, units: int) -> None:
        if self.items[key.inventory_item_id].tracked:
            self.stock[key].available_units += units

    def _change(self, order_id: str, **changes: object) -> None:
        self.now += timedelta(seconds=1)
        self.orders = [
            [replace(line, updated_at=self.now, **changes) for line in order]
            if order[0].order_id == order_id
            else order
            for order in self.orders
        ]
