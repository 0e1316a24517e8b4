"""A store's metafields in memory behind the ``PromiseStorefront`` port.

It keeps the same law as the real adapter: both pass ``contract_promises.py``. Put faults of the
store here; the shop itself is a ``FakeShop``.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.metafields import (
    MAX_METAFIELDS,
    MAX_VALUE_BYTES,
    Metafield,
    MetafieldsOutcome,
    MetafieldWrite,
    Owner,
    Stored,
    StoreOrder,
    StoreVariant,
    Work,
)
from inventory_sync.domain.publication import Refusal, Refused, Unknown
from inventory_sync_tests.shopify.fake_shop import FakeShop

_STALE = Refusal("STALE_OBJECT", "The resource has been updated since it was loaded.")
_NO_OWNER = Refusal("INVALID_VALUE", "Owner does not exist.")
_NO_JSON = Refusal("INVALID_VALUE", "Value is invalid JSON.")
_TOO_LONG = Refusal("TOO_LONG", "Value is larger than 128 KB.")


def digest_of(value: str) -> str:
    """Another one for every value."""
    return hashlib.sha256(value.encode()).hexdigest()


def variant_of(item_id: str) -> str:
    """The variant that sells an item."""
    return item_id.replace("/InventoryItem/", "/ProductVariant/9")


@dataclass
class FakePromises:
    """The port in front of a ``FakeShop``. ``calls`` holds what was written, call by call."""

    shop: FakeShop
    held: dict[str, str] = field(default_factory=dict)
    deadlines: dict[str, datetime] = field(default_factory=dict)
    defined: list[Owner] = field(default_factory=list)
    calls: list[Sequence[MetafieldWrite]] = field(default_factory=list)
    lost_answers: int = 0
    unreachable_after_calls: int | None = None

    def variants(self) -> Iterator[StoreVariant]:
        return self.variants_of({variant_of(item) for item in self.shop.items})

    def variants_of(self, variant_ids: Collection[str]) -> Iterator[StoreVariant]:
        for item in self.shop.items.values():
            name = variant_of(item.inventory_item_id)
            if name in variant_ids:
                yield StoreVariant(name, item.inventory_item_id, item.sku, self.metafield(name))

    def orders_with_dates(self, order_ids: Collection[str]) -> Iterator[StoreOrder]:
        for order in self.shop.orders:
            order_id = order[0].order_id
            if order_id in order_ids:
                work_id = order_id.replace("/Order/", "/FulfillmentOrder/")
                lines = frozenset(line.line_id for line in order)
                work = Work(work_id, True, self.deadlines.get(work_id), lines)
                yield StoreOrder(order_id, self.metafield(order_id), (work,))

    def define_promises(self, owner: Owner) -> str | None:
        self.defined.append(owner)
        return None

    def set_promises(self, owner: Owner, writes: Sequence[MetafieldWrite]) -> MetafieldsOutcome:
        if not 0 < len(writes) <= MAX_METAFIELDS:
            raise ValueError(f"a call sets 1 to {MAX_METAFIELDS} metafields, not {len(writes)}")
        if self.unreachable_after_calls == len(self.calls):
            raise StoreUnreachable(store=self.shop.store, cause="connection refused")
        self.calls.append(writes)
        refused = {
            index: refusal
            for index, write in enumerate(writes)
            if (refusal := self._refusal(write)) is not None
        }
        if refused:
            return Refused(refused)
        self.held |= {write.owner_id: write.value for write in writes}
        if self.lost_answers:
            self.lost_answers -= 1
            return Unknown("the answer was lost")
        return Stored({write.owner_id: digest_of(write.value) for write in writes})

    def set_deadline(self, work_ids: Sequence[str], ships_by: datetime) -> str | None:
        known = {order[0].order_id for order in self.shop.orders}
        if {each.replace("/FulfillmentOrder/", "/Order/") for each in work_ids} - known:
            return "The fulfillment orders could not be found."
        self.deadlines |= dict.fromkeys(work_ids, ships_by)
        return None

    def metafield(self, owner_id: str) -> Metafield | None:
        value = self.held.get(owner_id)
        return Metafield(value, digest_of(value)) if value is not None else None

    def _refusal(self, write: MetafieldWrite) -> Refusal | None:
        owners = {variant_of(item) for item in self.shop.items}
        owners |= {order[0].order_id for order in self.shop.orders}
        if write.owner_id not in owners:
            return _NO_OWNER
        if len(write.value.encode()) > MAX_VALUE_BYTES:
            return _TOO_LONG
        try:
            json.loads(write.value)
        except ValueError:
            return _NO_JSON
        held = self.metafield(write.owner_id)
        if held and held.value == write.value:
            return None
        return None if (held.digest if held else None) == write.expected_digest else _STALE
