"""The product's door to the shop in memory: the ``Storefront`` port on the model.

Put here what the Admin API answers. How units move is ``shop_model.py``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    Applied,
    CatalogItem,
    Export,
    Level,
    LevelKey,
    Outcome,
    Refusal,
    Refused,
    SetQuantities,
    StoreFacts,
    StoreLocation,
)
from inventory_sync.domain.reservations import Draft
from inventory_sync.domain.webhooks import Subscription
from inventory_sync.flow.ports import Storefront
from inventory_sync.simulation.shop_model import ShopModel, ShopTerms

_STALE = Refusal(
    "CHANGE_FROM_QUANTITY_STALE",
    "The changeFromQuantity argument no longer matches the persisted quantity.",
)
_MIXED_UP = Refusal("INVALID_INVENTORY_ITEM", "The specified inventory item could not be found.")


class SimShop(ShopModel):
    """The model, and the ``Storefront`` in front of it."""

    parallel_calls = 1

    def __init__(
        self,
        store: str,
        places: Mapping[str, Sequence[str]],
        *,
        now: Callable[[], datetime],
        terms: ShopTerms | None = None,
    ) -> None:
        """``places``: store location (gid) -> the SKUs that it stocks."""
        super().__init__(store, places, now=now, terms=terms)
        self._answers: dict[str, Outcome] = {}

    @property
    def front(self) -> Storefront:
        """The product's door to the shop."""
        return self

    # --- the port: reading ---

    def facts(self) -> StoreFacts:
        """What the store says about itself."""
        locations = tuple(StoreLocation(gid, gid, True) for gid in self._places)
        return StoreFacts(
            f"{self.store}.myshopify.com", "Basic", "2026-10", frozenset(), (), locations
        )

    def catalog(self) -> Iterator[CatalogItem]:
        """Every item."""
        yield from [CatalogItem(item, sku, True) for sku, item in self._items.items()]

    def levels(self, store_location_id: str) -> Iterator[Level]:
        """Every level at a location."""
        here = [key for key in self._units if key.store_location_id == store_location_id]
        yield from [Level(key, True, True, True, self._units[key]) for key in here]

    def export(self, store_location_ids: Sequence[str]) -> Export:
        """Everything at some locations as it is now."""
        levels = [each for place in store_location_ids for each in self.levels(place)]
        return Export(list(self.catalog()), levels)

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        """The levels of some items at a location."""
        for item in inventory_item_ids:
            key = LevelKey(item, store_location_id)
            known = key in self._units
            yield Level(key, True, known, known, self._units.get(key))

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """Orders as far as the search index has them, oldest update first."""
        now, since = self._now().timestamp(), updated_since.replace(microsecond=0)
        found = [
            line
            for line in self._orders.values()
            if line.updated_at >= since and self._listed_at[line.order_id] <= now
        ]
        found.sort(key=lambda line: (line.updated_at, line.order_id))
        for start in range(0, len(found), 50):
            yield found[start : start + 50]

    def orders_of(self, ids: Sequence[str]) -> Iterator[Sequence[OrderLine]]:
        """Orders by their ids, as they are now."""
        found = [self._orders[gid] for gid in dict.fromkeys(ids) if gid in self._orders]
        if found:
            yield found

    def drafts_of(self, ids: Sequence[str]) -> Sequence[Draft]:
        """Drafts by their ids."""
        return [self._draft_list[gid] for gid in dict.fromkeys(ids) if gid in self._draft_list]

    def drafts_since(self, updated_since: datetime) -> Iterator[Sequence[Draft]]:
        """Drafts updated since, oldest update first."""
        since = updated_since.replace(microsecond=0)
        found = [draft for draft in self._draft_list.values() if draft.updated_at >= since]
        yield sorted(found, key=lambda draft: draft.updated_at)

    # --- the port: writing ---

    def await_turn(self) -> None:
        """The rate limit is generous here."""

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """One call, all or nothing."""
        known = self._answers.get(call.idempotency_key)
        if known is not None and self._terms.replays:
            return known
        outcome = self._answers[call.idempotency_key] = self._execute(call)
        return outcome

    def _execute(self, call: SetQuantities) -> Outcome:
        refused = {}
        for row, change in enumerate(call.changes):
            shown = self._units.get(change.key)
            if shown is None:
                refused[row] = _MIXED_UP
            elif not call.relative and shown != change.expected_units:
                refused[row] = _STALE
        if refused:
            return Refused(refused)
        for change in call.changes:
            base = self._units[change.key] if call.relative else change.expected_units
            after = base + change.quantity_units - change.expected_units
            self._move(change.key, after - self._units[change.key])
        return Applied()

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        """Every level is connected."""
        return "Not allowed to set available quantity when the item is already active"

    def webhooks(self) -> Sequence[Subscription]:
        """Nobody asks."""
        return ()

    def subscribe(self, topic: str, uri: str) -> str | None:
        """Every topic is subscribed to."""
        return "Address for this topic has already been taken."

    def unsubscribe(self, subscription_id: str) -> str | None:
        """There is no such subscription."""
        return "Webhook subscription does not exist"
