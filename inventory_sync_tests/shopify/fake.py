"""A Shopify store in memory behind the ``Storefront`` port, for tests of what stands above it.

It keeps the same law as the real adapter, because both pass ``contract.py``: compare-and-swap, all
rows or none, no effect on untracked items. What the world does to it is in ``fake_shop.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    Applied,
    CatalogItem,
    Export,
    Level,
    LevelKey,
    Outcome,
    QuantityChange,
    Refusal,
    Refused,
    SetQuantities,
    StoreFacts,
    Unknown,
)
from inventory_sync.domain.reservations import Draft
from inventory_sync.domain.webhooks import SUBSCRIBED, Subscription
from inventory_sync_tests.shopify.fake_shop import FakeLevel, FakeShop

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
class FakeStorefront(FakeShop):
    """The port in front of a ``FakeShop``."""

    # --- reading ---

    def facts(self) -> StoreFacts:
        self._reach()
        return StoreFacts(
            myshopify_domain=f"{self.store}.myshopify.com",
            plan="Basic",
            api_version="2026-10",
            scopes=self.scopes,
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

    def export(self, store_location_ids: Sequence[str]) -> Export | None:
        self._reach()
        here = {place.store_location_id for place in self.locations}
        if not self.is_large or not here.issuperset(store_location_ids):
            return None
        wanted = set(store_location_ids)
        levels = [self._level(key) for key in self.stock if key.store_location_id in wanted]
        return Export(list(self.items.values()), levels)

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
            yield self._as_read(order)

    def orders_of(self, ids: Sequence[str]) -> Iterator[Sequence[OrderLine]]:
        self._reach()
        known = {order[0].order_id: order for order in self.orders}
        named = [gid.replace("/FulfillmentOrder/", "/Order/") for gid in ids]
        for gid in dict.fromkeys(named):
            if gid in known:
                yield self._as_read(known[gid])

    def drafts_of(self, ids: Sequence[str]) -> Sequence[Draft]:
        self._reach()
        wanted = [gid for gid in dict.fromkeys(ids) if gid in self.drafts]
        return [self.drafts[gid][0] for gid in wanted] if self._may_read_drafts else []

    def drafts_since(self, updated_since: datetime) -> Iterator[Sequence[Draft]]:
        self._reach()
        since = updated_since.replace(microsecond=0)
        found = [draft for draft, _ in self.drafts.values() if draft.updated_at >= since]
        if self._may_read_drafts:
            yield tuple(sorted(found, key=lambda draft: draft.updated_at))

    # --- writing ---

    def await_turn(self) -> None:
        self._reach()
        self.turns_awaited += 1

    def set_quantities(self, call: SetQuantities) -> Outcome:
        self._reach()
        if call.within_seconds <= 0:
            return Refused({}, (Refusal("NOT_SENT", "its time is over"),))
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

    # --- webhooks ---

    def webhooks(self) -> Sequence[Subscription]:
        self._reach()
        return list(self.subscriptions)

    def subscribe(self, topic: str, uri: str) -> str | None:
        self._reach()
        if topic not in SUBSCRIBED:
            raise ValueError(f"{topic} is no topic that we subscribe to")
        if any((each.topic, each.uri) == (topic, uri) for each in self.subscriptions):
            return "Address for this topic has already been taken."
        gid = f"gid://shopify/WebhookSubscription/{self._next_number()}"
        self.subscriptions.append(Subscription(gid, topic, uri))
        return None

    def unsubscribe(self, subscription_id: str) -> str | None:
        self._reach()
        kept = [each for each in self.subscriptions if each.subscription_id != subscription_id]
        if len(kept) == len(self.subscriptions):
            return "Webhook subscription does not exist"
        self.subscriptions = kept
        return None

    # --- the law ---

    def _apply(self, call: SetQuantities) -> Outcome:
        assert 0 < len(call.changes) <= 250
        keys = [change.key for change in call.changes]
        if call.relative and len(set(keys)) < len(keys):
            raise ValueError("a relative call names a level twice")
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
            elif not call.relative and level.available_units != change.expected_units:
                rows[index] = _STALE
        if rows:
            return Refused(rows=rows)
        for change in call.changes:
            if self.items[change.key.inventory_item_id].tracked and change.key in self.stock:
                self._write(change, relative=call.relative)
        return Applied()

    def _write(self, change: QuantityChange, *, relative: bool) -> None:
        level = self.stock[change.key]
        base_units = level.available_units if relative else change.expected_units
        level.available_units = base_units + change.quantity_units - change.expected_units

    def _level(self, key: LevelKey) -> Level:
        item = self.items.get(key.inventory_item_id)
        level = self.stock.get(key)
        tracked = item is None or item.tracked
        active = level is not None and level.is_active and self._is_open(key.store_location_id)
        units = level.available_units if level and active and tracked else None
        return Level(key, tracked, level is not None, active, units)

    @property
    def _may_read_drafts(self) -> bool:
        return "read_draft_orders" in self.scopes

    def _as_read(self, order: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
        return tuple(replace(line, sku=self._sku_now(line)) for line in order)

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
